"""Maxima and minima whose arguments agree on whole regions, not only at a kink.

In `min(r*A, clip(r, 1 - e, 1 + e)*A)` or `max(relu(x), x)` the brackets [a > b] and [b > a] of the table are both 0 on the region,
where the derivative is not. There both arguments have the same derivative, so equality is given to one of the brackets.
Such a region needs a piece of one argument that equals the other: an argument in pieces, and a variable in common.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.node import CALL, Expr
from symdiff.table import TABLE

WITH_EQUALITY = {"max": "ge", "min": "le"}


def tied(order: Sequence[Expr], goals: Sequence[Expr]) -> frozenset[Expr]:
    """The calls of max and min, of the nodes in `order` (arguments first), that may have such a region."""
    # Which goals a node depends on, as bits: 1,024 of them, since sets of 10^5 goals at every node would take all memory. With more
    # goals some share a bit, and a region may be seen where there is none: then a kink has the derivative by the second argument.
    within: dict[Expr, int] = {x: 1 << k % 1024 for k, x in enumerate(goals)}
    pieces: set[Expr] = set()
    found = []
    for e in order:
        if e not in within:
            bits = 0
            for a in e.args:
                bits |= within[a]
            within[e] = bits
        if not pieces.isdisjoint(e.args):
            pieces.add(e)
            if e.op == CALL and e.data in WITH_EQUALITY and within[e.args[0]] & within[e.args[1]]:
                found.append(e)
        if e.op == CALL and TABLE[e.data].kink:
            pieces.add(e)
    return frozenset(found)


def second_bracket(e: Expr) -> Expr:
    """The local derivative by the second argument of a tied max or min: [b >= a], [b <= a]."""
    a, b = e.args
    return build.call(WITH_EQUALITY[e.data], b, a)
