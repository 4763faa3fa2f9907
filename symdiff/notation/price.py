"""What a written value costs: how many symbols its reader sees."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, POW, PROD, SUM, Expr, Number
from symdiff.expr.patterns import is_letter, is_reciprocal
from symdiff.notation.numerals import terminates
from symdiff.notation.written import is_power
from symdiff.table.operators import NEGATION

FAR = 1 << 30


def price_of(w: Expr, prices: Sequence[int]) -> int:
    """Symbols of a written node, from those of its arguments."""
    op = w.op
    if op == NUM:
        value: Number = w.data
        return (1 if terminates(value) else 3) + (value < 0)
    if op == NAME:
        return 1
    if not w.args:
        return 1
    if op == SUM:
        return sum(prices) + len(prices) - (0 if w.data[0] < 0 else 1)
    if op == POW:
        if w.args[1] is build.MINUS_ONE:
            return prices[0] + 2
        return prices[0] + 1 + prices[1]
    if op == CALL and w.data == "eq" and build.one_hot_of(w) is not None:
        return 3  # unit(y, k)
    if op == CALL:
        return 1 + sum(prices) + (2 if w.data in NEGATION else 0)
    if op == PROD:
        if len(w.args) == 1:
            return prices[0] + (0 if not w.data[0][0] else 1)
        if w.args[1].op == DELTA:
            return prices[0] + 1
        if len(w.args) == 2 and w.shape and is_letter(w.args[1]) and w.args[0].op == CALL and build.one_hot_of(w.args[0]) is not None:
            return 2  # written C[ids]: the letter of the matrix and that of the labels
        if is_reciprocal(w.args[1]):
            return prices[0] + prices[1] - 1
        if is_power(w):
            return prices[0] + (0 if is_power(w.args[0]) else 2)
        if w.data[1] and max(w.data[1]) > 1 and len(w.shape) > 2:
            return sum(prices) + 6 * len(w.shape)
        return sum(prices) + len(prices) - 1
    return 1 + sum(prices)
