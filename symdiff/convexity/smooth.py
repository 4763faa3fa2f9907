"""The second derivative: of a value that hangs on one affine value entry by entry, and the Hessian as a sum of psd terms.

In: an analysis and a node that the rules leave open. Out: its fact, or None. A second derivative decides only where it
exists: functions with kinks or jumps, roots that may reach 0, domains with holes are refused, since a psd Hessian
almost everywhere is no certificate (-abs(w) has one).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdiff.bounds import exceeded
from symdiff.calculus.sweep import derivative
from symdiff.convexity.atoms import core_of
from symdiff.convexity.definite import nonnegative, psd
from symdiff.convexity.differences import gram, of_vectors, spread_out
from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.entrywise import entry_of
from symdiff.convexity.facts import ALWAYS, Fact, Known, Range, both
from symdiff.convexity.mirror import flatten, mirrored
from symdiff.convexity.pieces import by_pieces
from symdiff.convexity.polynomial import sign_of_polynomial
from symdiff.convexity.regular import is_smooth, replaced
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, POW, PROD, SUM, VAR, Expr, make
from symdiff.expr.patterns import is_call, is_elementwise, is_whole_number
from symdiff.expr.walk import topological
from symdiff.simplify import simplify
from symdiff.simplify.shapes import is_zero, terms_of

MAX_NODES = 120  # of a value whose second derivative is looked at
MAX_TERMS = 40
ASKED = 60  # nodes of one formula that are looked at
SLOW = 2.0  # seconds, after which no further one is
MAX_CURVED = 12  # nodes that are not affine, of a value whose Hessian is looked at
MAX_GRADIENT = 60  # nodes of a gradient that is differentiated once more

Aligned = tuple[Expr, tuple[int, ...]]  # an affine value, and which axis of the node each of its axes is


def further(analysis: Analysis, node: Expr) -> Fact | None:
    """What the second derivative says of a node that the rules leave open."""
    analysis.asked += 1
    if analysis.asked > ASKED or time.process_time() - analysis.begun > SLOW:
        return None
    try:
        return by_one_value(analysis, node) or by_hessian(analysis, node)
    except SymdiffError:
        return None


def below(analysis: Analysis, node: Expr, stop: Expr | None = None) -> list[Expr] | None:
    """The varying nodes below, arguments first; None if there are many."""
    found = [n for n in topological([node], {stop} if stop is not None else frozenset()) if n in analysis.varying]
    return found if len(found) <= MAX_NODES else None


# ---------------------------------------------------------------------------------------------- one value


def chains(analysis: Analysis, node: Expr) -> list[Aligned]:
    """The affine values that a node is a function of entry by entry, the nearest first."""
    nodes = below(analysis, node)
    if nodes is None:
        return []
    known: dict[Expr, list[Aligned]] = {}
    for n in nodes:
        own = tuple(range(len(n.shape)))
        common: list[Aligned] | None = None
        if n.op in (SUM, POW, NAME) or is_elementwise(n):
            for a in n.args:
                if a in analysis.varying:
                    mine = known[a] if a.shape == n.shape else []
                    common = mine if common is None else [c for c in common if c in mine]
        elif n.op == PROD:
            labels, out = n.data
            if all(set(ls) <= set(out) and len(set(ls)) == len(ls) for ls in labels):
                place = {label: k for k, label in enumerate(out)}
                for a, ls in zip(n.args, labels, strict=True):
                    if a in analysis.varying:
                        mine = [(c, tuple([place[ls[k]] for k in axes])) for c, axes in known[a]]
                        common = mine if common is None else [c for c in common if c in mine]
        common = common or []
        fact = analysis.facts.get(n)
        if fact is not None and fact.affine == ALWAYS:
            common = [(n, own), *common]
        known[n] = common
    return known[node]


def scalar_form(analysis: Analysis, node: Expr, core: Expr, axes: tuple[int, ...]) -> tuple[Expr, Expr, dict[Expr, Range]] | None:
    """The entry of a node as a formula of one number t, the entry of the core; t; the ranges of t and of the constants' entries."""
    ranges: dict[Expr, Range] = {}

    def letter(name: str, r: Range) -> Expr:
        v = build.var(name, (), ["positive"] if r.positive else ["nonnegative"] if r.nonnegative else [])
        ranges[v] = r
        return v

    t = letter(" t", analysis.learn(core).range)
    constants: dict[tuple[Expr, tuple[int, ...]], Expr] = {}
    memo: dict[tuple[Expr, tuple[int, ...]], Expr] = {}
    stack: list[tuple[Expr, tuple[int, ...]]] = [(node, tuple(range(len(node.shape))))]
    while stack:
        n, at = stack[-1]
        if (n, at) in memo:
            stack.pop()
            continue
        if n is core:
            memo[n, at] = t
            continue
        if n not in analysis.varying:
            bare = core_of(n)
            if bare.op == NUM:
                memo[n, at] = bare
            else:
                key: tuple[Expr, tuple[int, ...]] = (n, at) if bare.shape else (bare, ())
                if key not in constants:
                    constants[key] = letter(f" c{len(constants)}", analysis.learn(n).range)
                memo[n, at] = constants[key]
            continue
        if n.op == PROD:
            labels, out = n.data
            place = dict(zip(out, at, strict=True))
            needs = [(a, tuple([place[label] for label in ls])) for a, ls in zip(n.args, labels, strict=True)]
        else:
            needs = [(a, at if a.shape else ()) for a in n.args]
        waiting = [need for need in needs if need not in memo]
        if waiting:
            stack += waiting
            if len(memo) > 4 * MAX_NODES:
                return None
            continue
        args = tuple([memo[need] for need in needs])
        if n.op == PROD:
            value = args[0]
            for a in args[1:]:
                value = build.scale(value, a)
            memo[n, at] = value
        elif n.op == NAME:
            memo[n, at] = args[0]
        else:
            memo[n, at] = make(n.op, args, n.data)
        stack.pop()
    return memo[node, tuple(range(len(node.shape)))], t, ranges


def by_one_value(analysis: Analysis, node: Expr) -> Fact | None:
    """phi(t) entry by entry with t affine: convex where phi'' >= 0."""
    if node.op not in (SUM, PROD, POW, CALL):
        return None
    for core, axes in chains(analysis, node)[:3]:
        nodes = below(analysis, node, core)
        if nodes is None or core is node:
            continue
        form = scalar_form(analysis, node, core, axes)
        if form is None:
            continue
        phi, t, ranges = form
        if not is_smooth(analysis, [n for n in nodes if n is not core and n not in below_core(analysis, core)]):
            convex, concave = by_pieces(phi, t, ranges)
            if convex or concave:
                return Fact(
                    True,
                    ALWAYS if convex else None,
                    ALWAYS if concave else None,
                    rule="pieces with phi'' " + (">= 0, slopes that rise" if convex else "<= 0, slopes that fall"),
                )
            continue
        second = twice(phi, t)
        if is_zero(second):
            return Fact(True, ALWAYS, ALWAYS, rule="second derivative 0")
        signs = sign(second, t, ranges)
        if signs[0] is not None or signs[1] is not None:
            return Fact(
                True, signs[0], signs[1], rule="second derivative in one affine value " + (">= 0" if signs[0] is not None else "<= 0")
            )
    return None


def below_core(analysis: Analysis, core: Expr) -> set[Expr]:
    return set(topological([core]))


def twice(phi: Expr, t: Expr) -> Expr:
    (first,) = simplify(derivative(phi, [t]))
    if len(topological([first])) > MAX_GRADIENT:
        raise exceeded("nodes", "a second derivative of a long first one")
    (second,) = simplify(derivative(first, [t]))
    return second


def sign(x: Expr, t: Expr, ranges: dict[Expr, Range]) -> tuple[Known, Known]:
    """(>= 0, <= 0) for all values in these ranges."""
    r = Analysis(x, list(ranges), None, ranges).verdict.range
    if r.nonnegative or r.nonpositive:
        return ALWAYS if r.nonnegative else None, ALWAYS if r.nonpositive else None
    up, down = sign_of_polynomial(x, t, ranges[t])
    return ALWAYS if up else None, ALWAYS if down else None


# ---------------------------------------------------------------------------------------------- the Hessian


def hessian(node: Expr, x: Expr) -> Expr:
    """The second derivative of a number by x, entries free, simplified."""
    free = build.var(x.name, x.shape, [p for p in x.data[1] if p in ("positive", "nonnegative")]) if x.op == VAR else x
    back = {free: x}
    (moved,) = replaced([node], {x: free})
    (g,) = simplify(derivative(moved, [free], unconstrained=True))
    if len(topological([g])) > MAX_GRADIENT:
        raise exceeded("nodes", "a Hessian of a long gradient")
    (h,) = simplify(derivative(g, [free], unconstrained=True))
    return replaced([h], back)[0]


def smoothed(f: Expr) -> Expr:
    """norm2(u)^2 as the sum of squares that it is: a norm has a kink at 0, its square has none."""
    new: dict[Expr, Expr] = {}
    for n in topological([f]):
        args = tuple([new[a] for a in n.args])
        if n.op == POW and is_call(n.args[0], "norm2") and is_whole_number(n.args[1]):
            p = n.args[1].data
            if p > 0 and p % 2 == 0:
                u = args[0].args[0]
                own = tuple(range(len(u.shape)))
                square = build.contract([u, u], [own, own], ())
                new[n] = square if p == 2 else build.power(square, build.num(p // 2))
                continue
        new[n] = n if all(a is b for a, b in zip(args, n.args, strict=True)) else make(n.op, args, n.data, n.shape)
    return new[f]


def by_hessian(analysis: Analysis, node: Expr) -> Fact | None:
    """A number whose Hessian is a sum of psd terms, or of negatives of such."""
    if not node.shape and len(analysis.wrt) > 1:
        return of_numbers(analysis, node) or by_entries(analysis, node)
    if node.shape or len(analysis.wrt) != 1 or node.op not in (SUM, PROD, POW, CALL):
        return None
    plain = smoothed(node)
    if plain is not node:
        analysis = Analysis(plain, analysis.wrt, None)
        node = plain
    nodes = below(analysis, node)
    if (
        nodes is None
        or not is_smooth(analysis, nodes)
        or sum(n not in analysis.facts or analysis.facts[n].affine is None for n in nodes) > MAX_CURVED
    ):
        return None
    (x,) = analysis.wrt
    h = hessian(node, x)
    if is_zero(h):
        return Fact(True, ALWAYS, ALWAYS, rule="Hessian 0")
    up, down = definite(h, len(x.shape), x, analysis)
    if up is None and down is None:
        return None
    return Fact(True, up, down, rule="a Hessian that is a sum of " + ("psd terms" if up is not None else "negative psd terms"))


def of_numbers(analysis: Analysis, node: Expr) -> Fact | None:
    """A function of several numbers: the minors of its Hessian, of two numbers; its elimination, where it is constant."""
    wrt = sorted(analysis.wrt, key=lambda x: x.name)
    plain = smoothed(node)
    if plain is not node:
        analysis, node = Analysis(plain, wrt), plain
    nodes = below(analysis, node)
    if len(wrt) > 6 or any(x.shape or x.op != VAR for x in wrt) or nodes is None or not is_smooth(analysis, nodes):
        return None
    first = simplify(derivative(node, wrt))
    rows = [simplify(derivative(g, wrt)) if set(wrt) & set(topological([g])) else [build.ZERO for _ in wrt] for g in first]
    if all(h.op == NUM for row in rows for h in row):
        up, down = gram([[Fraction(h.data) for h in row] for row in rows])
    elif len(wrt) == 2:
        (determinant,) = simplify([build.sub(build.scale(rows[0][0], rows[1][1]), build.scale(rows[0][1], rows[1][0]))])
        r, s, d = [
            Analysis(h, wrt, None, {x: analysis.learn(x).range for x in wrt if x in analysis.facts}).verdict.range
            for h in (rows[0][0], rows[1][1], determinant)
        ]
        up = r.nonnegative and s.nonnegative and d.nonnegative
        down = r.nonpositive and s.nonpositive and d.nonnegative
    else:
        return None
    if not up and not down:
        return None
    return Fact(True, ALWAYS if up else None, ALWAYS if down else None, rule="the minors of the Hessian")


def by_entries(analysis: Analysis, node: Expr) -> Fact | None:
    """A sum over the entries of several variables: what the function of their entries is, whatever the constants."""
    entry = entry_of(analysis, node)
    if entry is None:
        return None
    verdict = Analysis(entry.phi, entry.letters, further, entry.ranges).verdict
    up, down = [ALWAYS if k == ALWAYS else None for k in (verdict.convex, verdict.concave)]
    if up is None and down is None:
        return None
    return Fact(True, up, down, rule=f"the sum over the entries of a {verdict.word} function: {verdict.rule}")


def definite(h: Expr, k: int, x: Expr, analysis: Analysis) -> tuple[Known, Known]:
    """Conditions under which a Hessian with k axes in front and k behind is psd, and its negative is."""
    terms = terms_of(h)
    if len(terms) > MAX_TERMS:
        return None, None
    facts = Analysis(h, [x], None, {n: r for n, r in analysis.inside.items() if n.op == VAR})
    if not k:
        if x in facts.varying:
            r = facts.verdict.range
            if r.nonnegative or r.nonpositive:
                return ALWAYS if r.nonnegative else None, ALWAYS if r.nonpositive else None
        else:
            return facts.at_least_zero(h), facts.at_most_zero(h)
    signs: list[tuple[Known, Known]] = []
    for c, term in terms:
        psd = psd_term(term, k, facts)
        signs.append((psd, None) if c > 0 else (None, psd))
        if psd is None or psd:
            nsd = psd_term(term, k, facts, negative=True)
            if nsd is not None:
                up, down = signs[-1]
                signs[-1] = (up, nsd) if c > 0 else (nsd, down)
    up = both(*[s[0] for s in signs])
    down = both(*[s[1] for s in signs])
    if up is None and down is None and k == 1:
        as_numbers = of_vectors(terms)
        up, down = ALWAYS if as_numbers[0] else None, ALWAYS if as_numbers[1] else None
    if up is None:
        up = without_variances(terms, [s[0] for s in signs], k, 1)
    if down is None:
        down = without_variances(terms, [s[1] for s in signs], k, -1)
    return up, down


def without_variances(terms: Sequence[tuple[Any, Expr]], signs: Sequence[Known], k: int, side: int) -> Known:
    """The condition of all terms together, where each that fails is paired with another that outweighs it."""
    failing = [i for i, known in enumerate(signs) if known is None]
    used: set[int] = set()
    if len(failing) > 3:
        return None
    for i in failing:
        c2, b = terms[i]
        partner = next(
            (j for j, (c1, a) in enumerate(terms) if j not in used and signs[j] == ALWAYS and spread_out(side * c1, a, side * c2, b, k)),
            None,
        )
        if partner is None or side * c2 > 0:
            return None
        used.add(partner)
    return both(*[known for i, known in enumerate(signs) if i not in failing and i not in used])


def psd_term(term: Expr, k: int, facts: Analysis, *, negative: bool = False) -> Known:
    """negative: the condition under which one weight <= 0 makes the term negative semidefinite."""
    flat = flatten(term) if term.op == PROD else ([(term, tuple(range(2 * k)))], tuple(range(2 * k)))
    if flat is None:
        return None
    factors, out = flat
    pairs = list(zip(out[:k], out[k:], strict=True))
    fixed: list[int] = []
    for i, j in pairs:
        diagonal = [f for f in factors if f[0].op == DELTA and set(f[1]) == {i, j}]
        if (
            diagonal and sum(i in ls or j in ls for _, ls in factors) > 1
        ):  # of the rest only the diagonal counts: its entries have to be >= 0
            factors = [(a, tuple([i if label == j else label for label in ls])) for a, ls in factors if (a, ls) is not diagonal[0]]
            fixed.append(i)
    pairs = [(i, j) for i, j in pairs if i not in fixed]
    if negative:
        weights = [a for a, ls in factors if not ls and a not in facts.varying and not facts.learn(a).range.nonnegative]
        if len(weights) != 1:
            return None
        rest = [(a, ls) for a, ls in factors if a is not weights[0]]
        found = mirrored(rest, pairs, fixed, lambda a: nonnegative(facts, a), lambda a: psd(facts, a))
        return both(found, facts.at_most_zero(weights[0]))
    return mirrored(factors, pairs, fixed, lambda a: nonnegative(facts, a), lambda a: psd(facts, a))
