"""The second derivative: of a value that hangs on one affine value entry by entry, and the Hessian as a sum of psd terms.

In: an analysis and a node that the rules leave open. Out: its fact, or None. A second derivative decides only where it
exists: functions with kinks or jumps, roots that may reach 0, domains with holes are refused, since a psd Hessian
almost everywhere is no certificate (-abs(w) has one).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.calculus.sweep import derivative
from symdiff.convexity.disciplined import Analysis, core_of, domain
from symdiff.convexity.facts import ALWAYS, NONNEGATIVE, Fact, Known, Range, both
from symdiff.convexity.mirror import flatten, mirrored
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, POW, PROD, SUM, VAR, Expr, make
from symdiff.expr.walk import topological
from symdiff.simplify import simplify
from symdiff.simplify.shapes import is_zero, terms_of
from symdiff.table import TABLE
from symdiff.table.curvature import SMOOTH

MAX_NODES = 120  # of a value whose second derivative is looked at
MAX_TERMS = 40
ASKED = 60  # nodes of one formula that are looked at

Aligned = tuple[Expr, tuple[int, ...]]  # an affine value, and which axis of the node each of its axes is


def further(analysis: Analysis, node: Expr) -> Fact | None:
    """What the second derivative says of a node that the rules leave open."""
    asked = analysis.__dict__.setdefault("asked", [0])
    asked[0] += 1
    if asked[0] > ASKED:
        return None
    try:
        return by_one_value(analysis, node) or by_hessian(analysis, node)
    except SymdiffError:
        return None


def below(analysis: Analysis, node: Expr, stop: Expr | None = None) -> list[Expr] | None:
    """The varying nodes below, arguments first; None if there are many."""
    found = [n for n in topological([node], {stop} if stop is not None else frozenset()) if n in analysis.varying]
    return found if len(found) <= MAX_NODES else None


def is_smooth(analysis: Analysis, nodes: Sequence[Expr]) -> bool:
    """Whether each is twice differentiable inside of a convex domain, whatever the others."""
    for n in nodes:
        if n.op == CALL:
            if n.data not in SMOOTH or any(a in analysis.varying for a in n.args[1:]) and n.data not in ("logaddexp",):
                return False
            limits = domain(n.data)
            if TABLE[n.data].where and limits is None:
                return False
            if limits is not None and not inside(analysis, n.args[0], limits):
                return False
        elif n.op == POW:
            base, exponent = n.args
            if base not in analysis.varying:
                if not analysis.learn(base).range.positive:
                    return False
                continue
            p = core_of(exponent)
            whole = p.op == NUM and isinstance(p.data, int)
            if whole and p.data > 0:
                continue
            if exponent in analysis.varying or not (analysis.learn(base).range.positive or (not whole and inside(analysis, base, NONNEGATIVE))):
                return False
            if whole and not analysis.learn(base).range.positive:
                return False
        elif n.op not in (SUM, PROD, VAR, NAME):
            return False
    return True


def inside(analysis: Analysis, node: Expr, limits: Range) -> bool:
    """Whether a value stays off the ends of a domain, or is affine, so that it meets them at the border of a convex set only."""
    f = analysis.learn(node)
    if f.affine is not None:
        return f.range.low >= limits.low and f.range.high <= limits.high
    r = f.range
    return bool(
        (r.low > limits.low or (r.low == limits.low and (r.open_low or limits.low == -float("inf"))))
        and (r.high < limits.high or (r.high == limits.high and (r.open_high or limits.high == float("inf"))))
    )


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
        if n.op in (SUM, POW, NAME) or (n.op == CALL and TABLE[n.data].elementwise):
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
                if not bare.shape:
                    n2, at2 = bare, ()
                else:
                    n2, at2 = n, at
                key = (n2, at2)
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
        rest = [n for n in nodes if n is not core and n not in below_core(analysis, core)]
        if not is_smooth(analysis, rest):
            continue
        form = scalar_form(analysis, node, core, axes)
        if form is None:
            continue
        phi, t, ranges = form
        second = twice(phi, t)
        for form2 in second:
            if is_zero(form2):
                return Fact(True, ALWAYS, ALWAYS, rule="second derivative 0")
            signs = sign(form2, ranges)
            if signs[0] is not None or signs[1] is not None:
                return Fact(True, signs[0], signs[1], rule="second derivative in one affine value " + (">= 0" if signs[0] is not None else "<= 0"))
    return None


def below_core(analysis: Analysis, core: Expr) -> set[Expr]:
    return set(topological([core]))


def twice(phi: Expr, t: Expr) -> list[Expr]:
    """The second derivative in a few equal forms."""
    (first,) = simplify(derivative(phi, [t]))
    (second,) = simplify(derivative(first, [t]))
    return [second]


def sign(x: Expr, ranges: dict[Expr, Range]) -> tuple[Known, Known]:
    """(>= 0, <= 0) for all values in these ranges."""
    analysis = Analysis(x, list(ranges), None, ranges)
    r = analysis.verdict.range
    return ALWAYS if r.nonnegative else None, ALWAYS if r.nonpositive else None


# ---------------------------------------------------------------------------------------------- the Hessian


def hessian(node: Expr, x: Expr) -> Expr:
    """The second derivative of a number by x, entries free, simplified."""
    free = build.var(x.name, x.shape, [p for p in x.data[1] if p in ("positive", "nonnegative")]) if x.op == VAR else x
    back = {free: x}
    (moved,) = replaced([node], {x: free})
    (g,) = simplify(derivative(moved, [free], unconstrained=True))
    (h,) = simplify(derivative(g, [free], unconstrained=True))
    return replaced([h], back)[0]


def replaced(roots: Sequence[Expr], values: dict[Expr, Expr]) -> list[Expr]:
    new: dict[Expr, Expr] = {}
    for n in topological(roots):
        new[n] = values[n] if n in values else n if all(new[a] is a for a in n.args) else make(n.op, tuple([new[a] for a in n.args]), n.data, n.shape)
    return [new[r] for r in roots]


def smoothed(f: Expr) -> Expr:
    """norm2(u)^2 as the sum of squares that it is: a norm has a kink at 0, its square has none."""
    new: dict[Expr, Expr] = {}
    for n in topological([f]):
        args = tuple([new[a] for a in n.args])
        if n.op == POW and n.args[0].op == CALL and n.args[0].data == "norm2" and n.args[1].op == NUM and isinstance(n.args[1].data, int):
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
    if node.shape or len(analysis.wrt) != 1 or node.op not in (SUM, PROD, POW, CALL):
        return None
    plain = smoothed(node)
    if plain is not node:
        analysis = Analysis(plain, analysis.wrt, None)
        node = plain
    nodes = below(analysis, node)
    if nodes is None or not is_smooth(analysis, nodes):
        return None
    (x,) = analysis.wrt
    h = hessian(node, x)
    if is_zero(h):
        return Fact(True, ALWAYS, ALWAYS, rule="Hessian 0")
    up, down = definite(h, len(x.shape), x, analysis)
    if up is None and down is None:
        return None
    return Fact(True, up, down, rule="a Hessian that is a sum of " + ("psd terms" if up is not None else "negative psd terms"))


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
    if up is None and down is None and len(terms) == 2:
        (c1, a), (c2, b) = sorted(terms, key=lambda t: -t[0])
        if c1 > 0 > c2 and spread_out(c1, a, c2, b, k):
            up = ALWAYS
    return up, down


def psd_term(term: Expr, k: int, facts: Analysis, *, negative: bool = False) -> Known:
    """negative: the condition under which one weight <= 0 makes the term negative semidefinite."""
    flat = flatten(term) if term.op == PROD else ([(term, tuple(range(2 * k)))], tuple(range(2 * k)))
    if flat is None:
        return None
    factors, out = flat
    if negative:
        weights = [a for a, ls in factors if not ls and a not in facts.varying and not facts.learn(a).range.nonnegative]
        if len(weights) != 1:
            return None
        rest = [(a, ls) for a, ls in factors if a is not weights[0]]
        found = mirrored(rest, list(zip(out[:k], out[k:], strict=True)), (), facts.nonnegative, facts.psd)
        return both(found, facts.at_most_zero(weights[0]))
    return mirrored(factors, list(zip(out[:k], out[k:], strict=True)), (), facts.nonnegative, facts.psd)


def spread_out(c1: Any, a: Expr, c2: Any, b: Expr, k: int) -> bool:
    """c1*diag(p) - c2*p*p' with sum(p) = 1 and c1 >= c2, and eye - ones*ones'/n: a variance is not negative."""
    if k != 1:
        return False
    one, two = flatten(a), flatten(b)
    if one is None or two is None:
        return False
    diagonal = [f for f, _ in one[0] if f.op != PROD]
    outer = [f for f, ls in two[0]]
    probability = [f for f in outer if f.shape and ((f.op == CALL and f.data == "softmax") or (f.op == VAR and "simplex" in f.data[1]))]
    return len(probability) == 2 and probability[0] is probability[1] and len(outer) == 2 and probability[0] in diagonal and c1 >= -c2 and len(
        [f for f in diagonal if f is not probability[0]]
    ) <= 1 and {ls for _, ls in two[0]} == {(two[1][0],), (two[1][1],)}

