"""What a node is, in a word: the questions that every room asks of nodes.

A room's own questions stand with it (`simplify/shapes.py` of normal forms, `notation/written.py` of written ones). The walks that meet every node
of a large graph (`calculus/sweep.py`, `simplify/normal.py`) look at the fields themselves, since a call costs as much as what it asks.
"""

from __future__ import annotations

from symdiff.expr.node import CALL, NUM, POW, SUM, Expr


def is_call(e: Expr, *names: str) -> bool:
    """One of these functions of something."""
    return e.op == CALL and e.data in names


def is_multiple(e: Expr) -> bool:
    """A number times a value: a sum of one term."""
    return e.op == SUM and len(e.args) == 1


def has_number_exponent(e: Expr) -> bool:
    """A power whose exponent is a number and no expression."""
    return e.op == POW and e.args[1].op == NUM


def is_divisor(e: Expr) -> bool:
    """A power with a negative number as its exponent: what others are divided by."""
    return e.op == POW and e.args[1].op == NUM and bool(e.args[1].data < 0)


def are_opposite(a: Expr, b: Expr) -> bool:
    """Whether these are x - y and y - x."""
    return a.op == b.op == SUM and dict(zip(a.args, a.data, strict=True)) == {t: -c for t, c in zip(b.args, b.data, strict=True)}
