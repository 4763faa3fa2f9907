"""Constants for descent: strong convexity, the gradient's Lipschitz constant, a safe step, of a convex function with a constant Hessian.

In: the formula, one variable, the condition under which it is convex. Out: m, L and a step as texts, "" where none follows. The Hessian is

    H = w*I + R_1 + R_2 + ...     R_p a symmetric matrix along the axis p of the variable, I along the others

and its eigenvalues are w plus those of the R_p. Terms of R_p that are negative semidefinite are left out of L, which stays an upper
bound; m = w is said only where every term of every R_p is psd.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.facts import Condition
from symdiff.convexity.mirror import Factor, Labels, flatten
from symdiff.convexity.regular import is_smooth
from symdiff.convexity.smooth import hessian, psd_term, smoothed
from symdiff.convexity.words import CUT, text_of
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import DELTA, NUM, PROD, SUM, UNIT, Dim, Expr, Number
from symdiff.expr.walk import variables
from symdiff.notation import write
from symdiff.simplify import simplify
from symdiff.simplify.shapes import is_zero, terms_of

MOST = 40  # terms of a Hessian

NOTHING = "", "", ""

SINGLE = re.compile(r"\w+|\w+\([^()]*\)")  # a name, a number, a call: 1/… needs no brackets


class HessianTerm(NamedTuple):
    """A term of the Hessian: a number times the identity (axis None), or a matrix along one axis. sign: 1 psd, -1 its negative is, 0 unknown."""

    axis: int | None
    value: Expr
    sign: int
    top: Expr | None = None  # its largest eigenvalue, where that is a formula: of u*u', norm2(u)^2


def constants(f: Expr, wrt: Sequence[Expr], known: Condition) -> tuple[str, str, str]:
    """m with H >= m*I, L with H <= L*I, and 1/L."""
    if len(wrt) != 1 or f.shape:
        return NOTHING
    (x,) = wrt
    try:
        short = smoothed(f)
        analysis = Analysis(short, wrt)
        if not is_smooth(analysis, [n for n in analysis.order if n in analysis.varying]):
            return NOTHING
        h = hessian(short, x)
        if x in variables([h]).values() or is_zero(h):
            return NOTHING
        if not x.shape:
            text = text_of(write([h], f)[0])
            return text if h.op == NUM else "", text, inverse(text, h, f)
        parts = parts_of(h, x, known)
        if parts is None:
            return NOTHING
        return spoken(parts, f, Analysis(h, [x]), known)
    except SymdiffError:
        return NOTHING


def spoken(parts: Sequence[HessianTerm], f: Expr, facts: Analysis, known: Condition) -> tuple[str, str, str]:
    weights = [p.value for p in parts if p.axis is None]
    weight = simplify([total(weights)])[0] if weights else build.ZERO
    tops: list[Expr | str] = []
    for axis in sorted({p.axis for p in parts if p.axis is not None and p.sign >= 0}):
        mine = [p for p in parts if p.axis == axis and p.sign >= 0]
        tops.append(mine[0].top if len(mine) == 1 and mine[0].top is not None else largest(total([p.value for p in mine]), f))
    strongly = ""
    if not is_zero(weight) and all(p.sign > 0 for p in parts if p.axis is not None):
        condition = facts.at_least_zero(weight)
        strongly = said(weight, f) if condition is not None and condition <= known else ""
    plain = [t for t in tops if not isinstance(t, str)]
    named = [t for t in tops if isinstance(t, str)]
    rest = total([*plain, weight])
    texts = [*named, *([said(rest, f)] if plain or not is_zero(weight) else [])]
    lipschitz = " + ".join(texts).replace("+ -", "- ")
    if any(CUT in text for text in texts):
        return strongly, "", ""
    return strongly, lipschitz, inverse(lipschitz, None if named else rest, f)


def said(e: Expr, f: Expr) -> str:
    return text_of(write(simplify([e]), f)[0])


def largest(matrix: Expr, f: Expr) -> str:
    """lambda_max(matrix), a positive number in front."""
    (matrix,) = simplify([matrix])
    terms = terms_of(matrix)
    if len(terms) == 1 and terms[0][0] > 0:
        ((c, matrix),) = terms
        front = "" if c == 1 else f"{c}*"
    else:
        front = ""
    return f"{front}lambda_max({text_of(write([matrix], f)[0])})"


def total(values: Sequence[Expr]) -> Expr:
    found = values[0]
    for v in values[1:]:
        found = build.add(found, v)
    return found


def parts_of(h: Expr, x: Expr, known: Condition) -> list[HessianTerm] | None:
    """The Hessian by its axes; None where a term joins several."""
    k = len(x.shape)
    facts = Analysis(h, [x])
    terms = multiplied_out(h)
    if terms is None:
        return None
    found = []
    for c, factors, out in terms:
        pairs = list(zip(out[:k], out[k:], strict=True))
        used = [label for _, ls in factors for label in ls]
        alone = [
            n for n, (a, ls) in enumerate(factors)
            if a.op == DELTA and tuple(sorted(ls)) in [tuple(sorted(p)) for p in pairs] and all(used.count(label) == 1 for label in ls)
        ]  # fmt: skip
        inner = [item for n, item in enumerate(factors) if n not in alone]
        open_ = [p for p, pair in enumerate(pairs) if not any(set(factors[n][1]) == set(pair) for n in alone)]
        if len(open_) > 1:
            return None
        if not open_:
            found.append(HessianTerm(None, scaled(c, inner, (), {}), 0))
            continue
        (axis,) = open_
        i, j = pairs[axis]
        sizes = dict.fromkeys((i, j), x.shape[axis])
        value = scaled(c, inner, (i, j), sizes)
        bare = (
            build.contract([a for a, _ in inner], [ls for _, ls in inner], (i, j), sizes)
            if inner
            else build.spread(build.ONE, (x.shape[axis],) * 2)
        )
        condition = psd_term(simplify([bare])[0], 1, facts)
        sign = 0 if condition is None or not condition <= known else 1 if c > 0 else -1
        found.append(HessianTerm(axis, value, sign, outer_top(c, inner, i, j, x.shape[axis]) if sign > 0 else None))
    return found


def scaled(c: Number, factors: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> Expr:
    if not factors and not out:
        return build.num(c)
    return build.scale(build.num(c), build.contract([a for a, _ in factors], [ls for _, ls in factors], out, sizes))


def outer_top(c: Number, factors: Sequence[Factor], i: int, j: int, size: Dim) -> Expr | None:
    """The largest eigenvalue of c*w*u*u' with c*w >= 0: c*w*norm2(u)^2; of ones, their number; of a diagonal, the largest entry."""
    here = [(a, ls) for a, ls in factors if i in ls or j in ls]
    rest = [item for item in factors if item not in here]
    weight = scaled(c, rest, (), {})
    if not here:
        return build.scale(weight, build.dim(size))
    if len(here) != 2 or here[0][0] is not here[1][0] or {ls for _, ls in here} != {(i,), (j,)}:
        weights = [a for a, ls in here if len(ls) == 1]
        if len(here) == 2 and len(weights) == 1 and any(a.op == DELTA for a, _ in here):
            return build.scale(weight, build.call("max_entries", weights[0]))  # a diagonal matrix
        return None
    u = here[0][0]
    return weight if u.op == UNIT else build.scale(weight, build.power(build.call("norm2", u), build.TWO))


def multiplied_out(h: Expr) -> list[tuple[Number, list[Factor], Labels]] | None:
    """The terms of a sum as factors with labels, without sums of matrices among the factors."""
    todo = [(c, term) for c, term in terms_of(h)]
    done: list[tuple[Number, list[Factor], Labels]] = []
    while todo:
        if len(todo) + len(done) > MOST:
            return None
        c, term = todo.pop()
        flat = flatten(term) if term.op == PROD else ([(term, tuple(range(len(term.shape))))], tuple(range(len(term.shape))))
        if flat is None:
            return None
        factors, out = flat
        n = next((n for n, (a, ls) in enumerate(factors) if a.op == SUM and len(ls) > 1), None)
        if n is None:
            done.append((c, factors, out))
            continue
        a, ls = factors[n]
        sizes = dict(zip(out, h.shape, strict=True))
        for d, t in zip(a.data, a.args, strict=True):
            others = [*factors[:n], (t, ls), *factors[n + 1 :]]
            todo.append((c * d, build.contract([b for b, _ in others], [m for _, m in others], out, sizes)))
    return done


def inverse(text: str, value: Expr | None, f: Expr) -> str:
    """1 over a text; value: what it says, where that is a formula."""
    if value is not None and simplify([value])[0].op != NUM:
        return said(build.power(value, build.MINUS_ONE), f)
    return f"1/{text}" if SINGLE.fullmatch(text) else f"1/({text})" if text else ""
