"""Small steps that make code cheaper and never dearer: what the sweep leaves as it comes, put together.

In and out: expressions of the same values. A sum that is used once joins the sum that uses it, equal terms are one, terms that are zero
go; a product with the factor zero is zero. Parts that are used more than once stay as they are, so that they are computed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.build import ZERO
from symdiff.expr.node import NUM, PROD, SUM, Expr, Number, make
from symdiff.expr.walk import substitute, topological

# Longer sums are not made.
MAX_TERMS = 64


def tidied(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with sums joined and zeros gone."""
    uses = Counter(exprs)
    for node in topological(exprs):
        uses.update(node.args)
    once: set[Expr] = set()  # new nodes that are used once

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = _sum(node, args, once) if node.op == SUM else None if node.op == PROD and ZERO in args else make(node.op, args, node.data, node.shape)
        if made is None or made is ZERO:
            return build.spread(ZERO, node.shape)
        if uses[node] < 2:
            once.add(made)
        return made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _sum(node: Expr, args: tuple[Expr, ...], once: set[Expr]) -> Expr | None:
    terms: Counter[Expr] = Counter()
    parts: list[tuple[Number, Expr]] = []
    for c, a in zip(node.data, args, strict=True):
        if a.op == SUM and (len(a.args) == 1 or (1 < len(args) <= MAX_TERMS - len(a.args) and a in once)):
            parts += [(c * d, b) for d, b in zip(a.data, a.args, strict=True)]
        else:
            parts.append((c, a))
    for c, a in parts:
        if not is_zero(a):
            terms[a] += c  # type: ignore[assignment]  # exact numbers, not only whole ones
    left = [(c, a) for a, c in terms.items() if c]
    if not left:
        return None
    if len(left) == 1 and left[0][0] == 1:
        return left[0][1]
    return build.linear([c for c, _ in left], [a for _, a in left])


def is_zero(node: Expr) -> bool:
    """The number 0, perhaps spread."""
    while node.op == PROD and len(node.args) == 1:
        node = node.args[0]
    return node.op == NUM and node.data == 0
