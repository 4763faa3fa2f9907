"""Products that are psd by their shape: B'*D*B with D >= 0, c*v*v', Kronecker and entrywise products of psd matrices.

In: the factors of one Einstein product with their labels, and how the output labels are paired. Out: the condition under
which the product is a psd matrix from one half of the paired labels to the other (or, all labels summed, a number >= 0).

What is looked for is a mirror: an involution of the labels that maps the product to itself. Every factor is then

    one of a pair    B[l, k], B[l', k]: equal factors with mirrored labels; its moved labels stand on one side
    in the middle    P[l, l'] psd
    a weight         d[k] >= 0: all of its labels stay

so that the product is the sum over k of d[k] * L[k] * (P1 o P2 o …) * L[k]' , psd by Schur's product theorem
(Horn, Johnson, Matrix Analysis, 7.5.3). Bounded: a search of at most STEPS steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from symdiff.convexity.facts import ALWAYS, Condition, Known, both
from symdiff.expr.node import DELTA, PROD, VAR, Expr
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import unnamed

Labels = tuple[int, ...]
Factor = tuple[Expr, Labels]

STEPS = 3_000
MAX_FACTORS = 16


def flatten(node: Expr, limit: int = MAX_FACTORS) -> tuple[list[Factor], Labels] | None:
    """A product with the products among its factors put in their place: leaves with labels, and the output labels. None if it is long."""
    if node.op != PROD:
        own = tuple(range(len(node.shape)))
        return [(node, own)], own
    fresh = len(node.shape)
    out = tuple(range(fresh))
    todo: list[Factor] = [(node, out)]
    done: list[Factor] = []
    while todo:
        x, outer = todo.pop()
        x = unnamed(x)
        if x.op != PROD:
            done.append((x, outer))
            if len(done) > limit:
                return None
            continue
        labels, inner = x.data
        names = dict(zip(inner, outer, strict=True))
        for a, ls in zip(x.args, labels, strict=True):
            for label in ls:
                if label not in names:
                    names[label] = fresh
                    fresh += 1
            todo.append((a, tuple([names[label] for label in ls])))
    return done[::-1], out


def symmetric(node: Expr) -> bool:
    return (
        node.op == DELTA
        or (node.op == VAR and not {"symmetric", "psd", "diagonal"}.isdisjoint(node.data[1]))
        or (is_call(node, "inv") and symmetric(node.args[0]))
    )


def mirrored(
    factors: Sequence[Factor],
    paired: Sequence[tuple[int, int]],
    fixed: Sequence[int],
    weight: Callable[[Expr], Known],
    middle: Callable[[Expr], Known],
    pair: Callable[[Expr], Known] = lambda node: ALWAYS,
) -> Known:
    """The condition under which the product is psd; None if no mirror is found.

    weight, middle, pair: the condition under which a factor may take that part.

    Long: factors are matched from both ends until they meet; the loop has one state.
    """
    if len(factors) > MAX_FACTORS:
        return None
    sigma: dict[int, int] = {label: label for label in fixed}
    for a, b in paired:
        sigma[a], sigma[b] = b, a
    budget = [STEPS]
    found: list[Condition] = []

    def extended(sigma: dict[int, int], pairs: Sequence[tuple[int, int]]) -> dict[int, int] | None:
        new = dict(sigma)
        for a, b in pairs:
            if new.setdefault(a, b) != b or new.setdefault(b, a) != a:
                return None
        return new

    def search(rest: tuple[int, ...], sigma: dict[int, int], known: Condition, twins: tuple[Labels, ...]) -> None:
        budget[0] -= 1
        if budget[0] < 0 or (found and not found[-1]):
            return
        if not rest:
            if _sides(sigma, twins) and all(label in sigma for _, ls in factors for label in ls):
                found.append(known)
            return
        # the factor whose labels are known best comes first
        k = min(rest, key=lambda i: (sum(label not in sigma for label in factors[i][1]), -len(factors[i][1])))
        node, labels = factors[k]
        others = tuple([i for i in rest if i != k])
        for i in others:
            other, theirs = factors[i]
            if other is node:
                for turned in (theirs, theirs[::-1]) if len(theirs) == 2 and symmetric(node) else (theirs,):
                    new = extended(sigma, list(zip(labels, turned, strict=True)))
                    condition = both(known, pair(node)) if new is not None else None
                    if new is not None and condition is not None:
                        search(tuple([j for j in others if j != i]), new, condition, (*twins, labels, theirs))
        if len(labels) == 2 and labels[0] != labels[1]:
            new = extended(sigma, [labels]) if sigma.get(labels[0]) != labels[0] else None
            condition = both(known, middle(node)) if new is not None else None
            if new is not None and condition is not None:
                search(others, new, condition, twins)
        new = extended(sigma, [(label, label) for label in labels])
        if new is not None:
            repeated = len(labels) == 2 and labels[0] == labels[1]
            weights = [weight(node), middle(node)] if repeated else [weight(node)]
            for w in weights:
                condition = both(known, w)
                if condition is not None:
                    search(others, new, condition, twins)

    search(tuple(range(len(factors))), sigma, ALWAYS, ())
    return min(found, key=len) if found else None


def _sides(sigma: dict[int, int], twins: Sequence[Labels]) -> bool:
    """Whether the moved labels can be divided into two halves that the mirror exchanges, every paired factor in one of them."""
    moved = [label for label, image in sigma.items() if image != label]
    next_to: dict[int, list[tuple[int, int]]] = {label: [(sigma[label], 1)] for label in moved}
    for labels in twins:
        own = [label for label in labels if label in next_to]
        for a, b in pairwise(own):
            next_to[a].append((b, 0))
            next_to[b].append((a, 0))
    side: dict[int, int] = {}
    for start in moved:
        if start in side:
            continue
        side[start] = 0
        stack = [start]
        while stack:
            a = stack.pop()
            for b, other in next_to[a]:
                if b not in side:
                    side[b] = side[a] ^ other
                    stack.append(b)
                elif side[b] != side[a] ^ other:
                    return False
    return True
