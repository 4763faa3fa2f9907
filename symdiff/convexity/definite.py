"""Quadratic forms and psd matrices among the varying products of a formula.

In: the facts found so far, and a node. Out: the condition under which it is psd, or convex; None where that is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symdiff.convexity.atoms import core_of
from symdiff.convexity.differences import is_variance
from symdiff.convexity.facts import ALWAYS, Condition, FactsSoFar, Known, both, either
from symdiff.convexity.mirror import flatten, mirrored
from symdiff.expr import build
from symdiff.expr.node import DELTA, NAME, NUM, POW, PROD, SUM, Expr
from symdiff.expr.patterns import is_call, is_declared, is_multiple
from symdiff.expr.walk import variables


def network(facts: FactsSoFar, node: Expr) -> tuple[list[tuple[Expr, tuple[int, ...]]], tuple[int, ...], Any] | None:
    """A product as its factors with their labels, the output labels, and its number: products and squares inside taken apart."""
    flat = flatten(node)
    if flat is None:
        return None
    factors, out = flat
    number: Any = 1
    rest = []
    for a, ls in factors:
        while is_multiple(a):
            number, a = number * a.data[0], a.args[0]
        if a.op == NUM:
            number *= a.data
        elif a.op == POW and a in facts.varying and core_of(a.args[1]) is build.TWO:
            rest += [(a.args[0], ls), (a.args[0], ls)]
        else:
            inner = flatten(a, 8) if a.op == PROD else None
            if inner is None or a.op != PROD:
                rest.append((a, ls))
            else:
                names = dict(zip(inner[1], ls, strict=True))
                base = max([label for _, l2 in [*factors, *rest] for label in l2], default=0) + 1
                for b, l3 in inner[0]:
                    rest.append((b, tuple([names.setdefault(label, base + label) for label in l3])))
    return rest, out, number


def square(facts: FactsSoFar, node: Expr) -> tuple[int, Condition, bool] | None:
    """Of a product of varying factors that a mirror pairs: (sign, condition, whether it is a square of a norm)."""
    found_network = network(facts, node)
    if found_network is None:
        return None
    factors, out, number = found_network
    moving = [a for a, _ in factors if a in facts.varying]
    kinds = set(moving)
    inverses = {a for a in kinds if convex_inverse(facts, a) is not None}
    inner = kinds - inverses
    reciprocal = {a for a in inner if (p := facts.learn(a).power) is not None and p[0] == -1 and moving.count(a) == 1}
    inner -= reciprocal
    if len(inner) > 1 or len(moving) - len(inverses) - len(reciprocal) not in (0, 2) or len(inverses) + len(reciprocal) > 1 or not moving:
        return None
    if any(moving.count(a) > 1 for a in inverses):
        return None
    two: Known = ALWAYS
    plain = True
    for a in inner:
        f = facts.learn(a)
        two = f.affine
        if two is None:
            plain = False
            two = either(f.convex if f.range.nonnegative else None, f.concave if f.range.nonpositive else None)
        if two is None or ((inverses or reciprocal) and f.affine is None):
            return None

    def weight(a: Expr) -> Known:
        if a in reciprocal:
            return facts.learn(a).power[1] if inner else None  # type: ignore[index]
        return None if a in facts.varying else facts.at_least_zero(a)

    def middle(a: Expr) -> Known:
        if a in inverses:
            return convex_inverse(facts, a)
        # beyond affine values, the weights have to be >= 0 themselves
        return None if a in facts.varying else psd(facts, a) if plain else None

    def pair(a: Expr) -> Known:
        if a in inner:
            return ALWAYS
        return None if a in facts.varying else ALWAYS if plain else facts.at_least_zero(a)

    found = both(mirrored(factors, (), out, weight, middle, pair), two)
    if found is None:
        return None
    return (1 if number > 0 else -1), found, not inverses and not reciprocal and number > 0


def psd_form(facts: FactsSoFar, node: Expr) -> Known:
    """The condition under which a product is convex as a quadratic form."""
    form = square(facts, node)
    return form[1] if form is not None and form[0] > 0 else None


def convex_inverse(facts: FactsSoFar, node: Expr) -> Known:
    """The condition under which inv(S) of a varying S is convex as a matrix: S affine and psd."""
    if not is_call(node, "inv") or node not in facts.varying:
        return None
    return both(facts.learn(node.args[0]).affine, psd(facts, node.args[0]))


def psd(facts: FactsSoFar, node: Expr) -> Known:
    """The condition under which a matrix is psd (its symmetric part, that is)."""
    if len(node.shape) != 2 or node.shape[0] != node.shape[1]:
        return None
    if node.op == NAME:
        return psd(facts, node.args[0])
    if node.op == DELTA or is_declared(node, "psd"):
        return ALWAYS
    if is_declared(node, "diagonal"):
        return (
            ALWAYS
            if "positive" in node.data[1] or "nonnegative" in node.data[1]
            else None
            if node in facts.varying
            else frozenset([(node, "psd")])
        )
    if is_call(node, "inv"):
        return psd(facts, node.args[0])
    if node.op == SUM and len(node.args) <= 20:
        parts = [psd(facts, a) if c > 0 else None for c, a in zip(node.data, node.args, strict=True)]
        if all(p is not None for p in parts):
            return both(*parts)
        if node not in facts.varying and is_variance(node):
            return ALWAYS
    if node.op == PROD:
        found_network = network(facts, node)
        if found_network is not None and found_network[2] > 0:
            factors, out, _ = found_network
            if len(factors) == 1 and factors[0][1] in (out, out[::-1]):
                return psd(facts, factors[0][0])
            varying_pairs: Callable[[Expr], Known] = lambda a: ALWAYS
            found = mirrored(
                factors,
                [(out[0], out[1])],
                (),
                lambda a: nonnegative(facts, a),
                lambda a: psd(facts, a) if a.op != PROD else None,
                varying_pairs,
            )
            if found is not None:
                return found
    return None if node in facts.varying or not variables([node]) else frozenset([(node, "psd")])


def nonnegative(facts: FactsSoFar, node: Expr) -> Known:
    """The condition under which every entry is >= 0."""
    if node in facts.varying:
        return ALWAYS if facts.learn(node).range.nonnegative else None
    return facts.at_least_zero(node)
