"""Where a gradient is zero, in closed form: what lectures solve by hand.

In: a scalar formula and one of its variables. Out: the point, the condition under which it is the only one, and a check by substitution;
or the words "no closed form: iterate", with the iteration.

Three routes, each checked by putting the point into the gradient: a gradient that is linear in the variable (least squares, ridge,
means, Newton's step); one that becomes linear when it is multiplied by powers of a number (a variance, a rate, a share); one that
becomes linear between two factors S (a covariance). Nothing else is tried, and nothing unchecked is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any

from symdiff import numeric
from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, OPAQUE, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.operators import transpose
from symdiff.expr.walk import dimensions, substitute, topological, variables
from symdiff.grading import equal
from symdiff.notation import write
from symdiff.simplify import simplify
from symdiff.simplify.facts import DEPTH, POSITIVE, Facts

__all__ = ["Found", "stationary"]

TERMS = 64  # of a gradient that is multiplied out


@dataclass(frozen=True)
class Found:
    """What was found of one variable.

    point: where the gradient is zero; None if there is no closed form here. unique: the value (a number or a matrix) that must not be zero, or
    must have an inverse, for the point to exist and to be the only one; None if it always does. nonzero: numbers by which the gradient
    was multiplied, which must not be zero either. kind: "minimum" or "maximum" where that is known, else ""; where: numbers of which it
    is so if they are not negative. gradient: of the formula.
    iteration: in the place of a point, Newton's step for a vector or number, else a step along the gradient.
    """

    variable: Expr
    gradient: Expr
    point: Expr | None = None
    unique: Expr | None = None
    nonzero: tuple[Expr, ...] = ()
    kind: str = ""
    where: tuple[Expr, ...] = ()
    iteration: Expr | None = None


def stationary(f: Expr, x: Expr) -> Found:
    """Where the derivative of f by the variable x is zero. DomainError for what is no variable, or has no gradient that is known."""
    if x.op != VAR:
        raise DomainError(f"{x.name} is a value of the formula; points are found for variables", hint="a variable that it is computed from")
    if any(node.op == OPAQUE and x in topological([node]) for node in topological([f])):
        raise DomainError(f"{x.name} stands inside a function that is not known", hint="write the function out")
    fixed = {"orthogonal", "simplex", "onehot", "diagonal", "nonnegative"} & set(x.data[1])
    if fixed:
        raise DomainError(f"{x.name} is {min(fixed)}: where it moves freely is another question", hint="declare it without that")
    (answer,) = derivatives(plain(f), [x], Form(unconstrained=True))
    g = plain(answer.expr)
    for candidate in (*linear(g, x), *multiplied(g, x), *between(g, x)):
        point, unique, nonzero = candidate
        if x in topological([point]) or not _vanishes(g, x, point):
            continue
        (written,) = write([point], f, expand=True)
        if unique is not None:
            (unique,) = write([unique], f, expand=True)
        kind, where = kind_of(g, x, point)
        return Found(x, answer.expr, written, unique, nonzero, kind, tuple(write(where, f, expand=True)) if where else ())
    return Found(x, answer.expr, iteration=_iteration(f, g, x))


Candidate = tuple[Expr, Expr | None, tuple[Expr, ...]]


def linear(g: Expr, x: Expr) -> Iterator[Candidate]:
    """The solution of g = 0 where g is A*x + c with A and c free of x: x a number, a vector or a matrix (then A*x or x*B)."""
    (slope,) = simplify([plain(derivatives(g, [x], Form(unconstrained=True))[0].expr)])
    if x in topological([slope]):
        return
    (rest,) = simplify(replaced([g], {x: build.spread(build.ZERO, x.shape)}))
    if _is_zero(slope):
        return
    common = content(slope)
    slope, rest = simplify([build.scale(build.num(1 / common), e) for e in (slope, rest)])
    minus = build.neg(rest)
    if not x.shape:
        yield simplify([build.divide(minus, slope)])[0], _unless_constant(slope), ()
    elif len(x.shape) == 1:
        yield from _solved(slope, lambda inverse: build.matvec(inverse, minus), lambda number: build.divide(minus, number), x.shape[0])
    elif len(x.shape) == 2:
        m, n = x.shape
        left = _traced(slope, (0, 1, 2, 1), (0, 2), n)  # A of A*X: the tensor is A[i,k]*[j == l]
        yield from _solved(left, lambda inverse: build.matmul(inverse, minus), lambda number: build.divide(minus, number), m)
        right = _traced(slope, (0, 1, 0, 2), (2, 1), m)  # B of X*B: the tensor is [i == k]*B[l,j]
        yield from _solved(right, lambda inverse: build.matmul(minus, inverse), lambda number: build.divide(minus, number), n)


def multiplied(g: Expr, x: Expr) -> Iterator[Candidate]:
    """For a number x: the gradient times x, x^2, x^3 or x*(1 - x) may be linear."""
    if x.shape:
        return
    away = build.sub(build.ONE, x)
    for factor, zeros in ((x, (x,)), (build.power(x, build.num(2)), (x,)), (build.power(x, build.num(3)), (x,)), (build.scale(x, away), (x, away))):
        (product,) = simplify([build.scale(factor, g)])
        for point, unique, _ in linear(product, x):
            yield point, unique, zeros


def between(g: Expr, x: Expr) -> Iterator[Candidate]:
    """For a square matrix S in inverses: S*g*S, or S times g, may be linear."""
    if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
        return
    flipped = transpose(x)
    terms = expanded(simplify([g])[0])
    around: tuple[Callable[[Expr], Expr], ...] = (
        lambda e: build.matmul(build.matmul(flipped, e), flipped),
        lambda e: build.matmul(x, e),
        lambda e: build.matmul(flipped, e),
    )
    for put in around:
        (tidy,) = simplify([_sum(simplify([put(term) for term in terms]))])
        for point, unique, _ in linear(tidy, x):
            yield point, unique, (build.call("det", x),)


def _solved(slope: Expr, by_matrix: Callable[[Expr], Expr], by_number: Callable[[Expr], Expr], n: Dim) -> Iterator[Candidate]:
    """The candidates of slope*x = right side; a multiple of the identity is a number."""
    number = _traced(slope, (0, 0), (), n)
    if equal(slope, build.scale(number, build.eye(n))):
        yield by_number(number), _unless_constant(number), ()
    elif regular(slope):
        yield by_matrix(build.call("inv", slope)), slope, ()


def regular(matrix: Expr) -> bool:
    """Whether a square matrix has an inverse at some point: x*x' of a vector never has one. Its own axes are short, all others long."""
    import numpy as np

    rng = np.random.default_rng(0)
    short = {part for d in matrix.shape for part in (d if isinstance(d, tuple) else (d,))}

    def size(d: Dim) -> int:
        found = 1
        for part in d if isinstance(d, tuple) else (d,):
            found *= part if isinstance(part, int) else 2 if part in short else 5
        return found

    values = {}
    for name, x in variables([matrix]).items():
        value = rng.normal(size=tuple([size(d) for d in x.shape]))
        if {"symmetric", "psd"} & set(x.data[1]):
            value = value @ value.T
        elif "diagonal" in x.data[1]:
            value = np.diag(np.diag(value))
        values[name] = np.abs(value) if {"positive", "nonnegative"} & set(x.data[1]) else value
    sizes = {name: size(name) for name in dimensions([matrix]) if "(" not in name}
    with np.errstate(all="ignore"):
        try:
            found = np.asarray(numeric.compile([matrix])({**values, **sizes}))
        except (SymdiffError, ValueError):
            return True
    return not np.isfinite(found).all() or bool(np.linalg.cond(found) < 1e12)


def expanded(e: Expr) -> list[Expr]:
    """The terms of a sum, products of sums multiplied out; the expression itself beyond TERMS of them."""
    done, todo = list[Expr](), [e]
    while todo and len(done) + len(todo) <= TERMS:
        x = todo.pop()
        if x.op == SUM:
            todo += [build.scale(build.num(c), term) if c != 1 else term for c, term in zip(x.data, x.args, strict=True)]
            continue
        k = next((k for k, a in enumerate(x.args) if a.op == SUM), None) if x.op == PROD else None
        if k is None:
            done.append(x)
            continue
        labels, out = x.data
        sizes = dict(zip(out, x.shape, strict=True))
        for c, term in zip(x.args[k].data, x.args[k].args, strict=True):
            part = build.contract([*x.args[:k], term, *x.args[k + 1 :]], labels, out, sizes)
            todo.append(build.scale(build.num(c), part) if c != 1 else part)
    return [e] if todo else done


def _sum(terms: Sequence[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else make(SUM, tuple(terms), (1,) * len(terms), terms[0].shape)


def _traced(slope: Expr, labels: tuple[int, ...], out: tuple[int, ...], n: Dim) -> Expr:
    """The slope with two axes joined, divided by their size."""
    parts = slope.args if slope.op == SUM else (slope,)
    traced = [build.divide(build.contract([part], [labels], out), build.dim(n)) for part in parts]
    return simplify([make(SUM, tuple(traced), slope.data, traced[0].shape) if slope.op == SUM else traced[0]])[0]


def _vanishes(g: Expr, x: Expr, point: Expr) -> bool:
    """Whether the gradient is zero at the point, by normal forms or at random points in 30 digits."""
    there = replaced([g], {x: point})[0]
    try:
        if simplify([there])[0] is simplify([build.spread(build.ZERO, g.shape)])[0]:
            return True
    except SymdiffError:
        pass
    return _zero_in_numbers(there, g, x)


def _zero_in_numbers(there: Expr, g: Expr, x: Expr) -> bool:
    """Whether a value is zero, beside the gradient elsewhere, at random points of well-conditioned data in floats."""
    import numpy as np

    zero, other = numeric.compile([there]), numeric.compile([g])
    names = variables([there, g])
    for seed in range(5):
        rng = np.random.default_rng(seed)
        axes: dict[Dim, int] = {}
        for v in names.values():
            for d in v.shape:
                axes.setdefault(d, d if isinstance(d, int) else 2 + seed if d in x.shape else 7 + len(axes))
        values: dict[str, Any] = {str(d): n for d, n in axes.items() if isinstance(d, str) and "(" not in d}
        for name, v in names.items():
            value = rng.uniform(0.5, 2.0, size=tuple([axes[d] for d in v.shape]))
            values[name] = value @ value.T + np.eye(len(value)) if {"symmetric", "psd"} & set(v.data[1]) else np.diag(np.diag(value)) if "diagonal" in v.data[1] else value
        with np.errstate(all="ignore"):
            try:
                size, scale = float(np.abs(zero(values)).max()), float(np.abs(other(values)).max())
            except (SymdiffError, ValueError):
                return False
        if not size <= 1e-9 * (1 + scale):
            return False
    return True


def kind_of(g: Expr, x: Expr, point: Expr) -> tuple[str, list[Expr]]:
    """Minimum or maximum, by the second derivative: of one sign everywhere, or for a number at the point; and the numbers that must not
    be negative for it. The point is the only one, so that a form which is never negative has its minimum there.
    """
    facts = Facts()
    if not x.shape:
        (second,) = derivatives(g, [x], Form())
        (there,) = simplify(replaced([plain(second.expr)], {x: point}))
        for sign, word in ((1, "minimum"), (-1, "maximum")):
            if facts.sign(simplify([build.scale(build.num(sign), there)])[0], DEPTH) == POSITIVE:
                return word, []
    (slope,) = simplify([plain(derivatives(g, [x], Form(unconstrained=True))[0].expr)])
    if x in topological([slope]):
        return "", []
    for sign, word in ((1, "minimum"), (-1, "maximum")):
        where = _never_negative(simplify([build.scale(build.num(sign), slope)])[0], facts)
        if where is not None:
            return word, list(dict.fromkeys(where))
    return "", []


def _never_negative(e: Expr, facts: Facts) -> list[Expr] | None:
    """The numbers that must not be negative for this form to be never negative: sums of B'*D*B with D >= 0, of psd matrices and of the
    identity, the axes of a matrix variable in pairs. None where that is not known.
    """
    if e.op == SUM:
        found: list[Expr] = []
        for c, term in zip(e.data, e.args, strict=True):
            inside = _never_negative(term, facts) if c > 0 else None
            if inside is None:
                return None
            found += inside
        return found
    order = len(e.shape)
    if e.op == PROD:
        labels, out = e.data
        factors = list(zip(e.args, labels, strict=True))
    else:
        factors, out = [(e, tuple(range(order)))], tuple(range(order))
    half = order // 2
    mirror = dict(zip(out, out[half:] + out[:half], strict=True))
    side = {k: n >= half for n, k in enumerate(out)}
    for a, ls in factors:  # u'*S*u with a psd S between: its two axes are on two sides as well
        if len(ls) == 2 and ls[0] != ls[1] and not side.keys() & set(ls) and _is_psd(a):
            beside = next((side[k] for _, others in factors if ls[0] in others for k in others if k in side), False)
            mirror |= {ls[0]: ls[1], ls[1]: ls[0]}
            side |= {ls[0]: beside, ls[1]: not beside}
    wanted: list[Expr] = []
    while factors:
        a, ls = factors.pop()
        if not any(k in mirror for k in ls):  # a weight along axes that are summed, or a number
            if facts.nonnegative(a):
                continue
            if ls:
                return None
            wanted.append(a)
            continue
        twin = (a, tuple([mirror.get(k, k) for k in ls]))
        if len({side[k] for k in ls if k in side}) == 1 and twin in factors:  # B on both sides
            factors.remove(twin)
        elif not (len(ls) == 2 and mirror.get(ls[0]) == ls[1] and _is_psd(a)):
            return None
    return wanted


def _is_psd(a: Expr) -> bool:
    """Whether a matrix is known to be psd."""
    while a.op == CALL and a.data == "inv":
        (a,) = a.args
    return a.op == DELTA or (a.op == VAR and "psd" in a.data[1])


def content(e: Expr) -> Fraction:
    """The greatest number that divides all coefficients of a sum; 1 of anything else."""
    if e.op != SUM:
        return Fraction(1)
    over = gcd(*[Fraction(c).numerator for c in e.data])
    under = 1
    for c in e.data:
        under = under * Fraction(c).denominator // gcd(under, Fraction(c).denominator)
    return Fraction(over or 1, under) * (-1 if all(c < 0 for c in e.data) else 1)


def plain(f: Expr) -> Expr:
    """The formula without names."""

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME:
            return kids[0]
        return make(node.op, kids, node.data, node.shape) if node.args else node

    return substitute([f], put)[f]


def _iteration(f: Expr, g: Expr, x: Expr) -> Expr:
    """The next value: Newton's step for a number or vector, a step along the gradient for the rest."""
    eta = build.var("eta")
    if len(x.shape) > 1:
        return build.sub(x, build.scale(eta, write([g], f, expand=True)[0]))
    slope = plain(derivatives(g, [x], Form())[0].expr)
    if _is_zero(simplify([slope])[0]) or (x.shape and not regular(slope)):
        return build.sub(x, build.scale(eta, write([g], f, expand=True)[0]))
    step = build.divide(g, slope) if not x.shape else build.matvec(build.call("inv", slope), g)
    return write([build.sub(x, step)], f, expand=True)[0]


def _unless_constant(e: Expr) -> Expr | None:
    return e if any(node.op == VAR for node in topological([e])) else None


def _is_zero(e: Expr) -> bool:
    while e.op == PROD and len(e.args) == 1:
        (e,) = e.args
    return e is build.ZERO or (e.op == SUM and not e.args)


