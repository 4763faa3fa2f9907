"""What a condition speaks of: the simplest node whose sign decides."""

from __future__ import annotations

from symdiff.convexity.facts import OPPOSITE
from symdiff.convexity.ranges import range_of
from symdiff.expr.node import NAME, NUM, POW, PROD, SUM, Expr


def core_of(node: Expr) -> Expr:
    """The node that a spread or a name stands for."""
    while node.op == NAME or (node.op == PROD and len(node.args) == 1 and set(node.data[0][0]) <= set(node.data[1])):
        node = node.args[0]
    return node


def atom(node: Expr, relation: str) -> tuple[Expr, str]:
    """The simplest node whose sign decides."""
    while True:
        node = core_of(node)
        if node.op == SUM and len(node.args) == 1:
            if node.data[0] < 0:
                relation = OPPOSITE[relation]
            node = node.args[0]
        elif node.op == POW and node.args[1].op == NUM and isinstance(node.args[1].data, int) and node.args[1].data % 2:
            node = node.args[0]
        elif node.op == PROD:
            ranges = [range_of(a) for a in node.args]
            unknown = [a for a, r in zip(node.args, ranges, strict=True) if not r.positive and not r.negative]
            if len(unknown) != 1:
                return node, relation
            if sum(r.negative for r in ranges) % 2:
                relation = OPPOSITE[relation]
            node = unknown[0]
        else:
            return node, relation
