"""What a condition speaks of: the simplest node whose sign decides."""

from __future__ import annotations

from symdiff.convexity.facts import OPPOSITE
from symdiff.convexity.ranges import range_of
from symdiff.expr.node import NAME, PROD, Expr
from symdiff.expr.patterns import has_one_factor, has_whole_exponent, is_multiple


def core_of(node: Expr) -> Expr:
    """The node that a spread or a name stands for."""
    while node.op == NAME or (has_one_factor(node) and set(node.data[0][0]) <= set(node.data[1])):
        node = node.args[0]
    return node


def atom(node: Expr, relation: str) -> tuple[Expr, str]:
    """The simplest node whose sign decides."""
    while True:
        node = core_of(node)
        if is_multiple(node):
            if node.data[0] < 0:
                relation = OPPOSITE[relation]
            node = node.args[0]
        elif has_whole_exponent(node) and node.args[1].data % 2:
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
