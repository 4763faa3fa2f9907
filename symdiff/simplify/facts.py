"""What is known of the sign of a value. Unknown is never true.

In: a normal form. Out: True only where the fact is proven from the variables' properties, the ranges of the table and the
rules of signs, False where it is not known. Bounded depth: deep expressions are unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, POW, PROD, SUM, UNIT, VAR, Expr
from symdiff.expr.patterns import is_call, is_declared
from symdiff.table import TABLE
from symdiff.table.groups import WITHIN_ENTRIES
from symdiff.table.operators import CONDITIONS as INDICATORS

DEPTH = 25

POSITIVE, NONNEGATIVE, UNKNOWN = 2, 1, 0


@cache
def _range_sign(name: str) -> int:
    """What a row's range says of its output: "0 < y < 1" is positive, "y >= 0" nonnegative."""
    row = TABLE.names.get(name)  # None of functions that only code knows
    text = row.range.replace(" ", "") if row is not None else ""
    low = re.match(r"(-?[\d.]+)(<=?)y", text)
    if low is not None:
        bound, strict = float(low[1]), low[2] == "<"
    else:
        low = re.search(r"y(>=?)(-?[\d.]+)", text)
        if low is None:
            return UNKNOWN
        bound, strict = float(low[2]), low[1] == ">"
    if bound > 0 or (bound == 0 and strict):
        return POSITIVE
    return NONNEGATIVE if bound == 0 else UNKNOWN


class Facts:
    """Signs with a memo."""

    def __init__(self) -> None:
        self.memo: dict[Expr, int] = {}

    def positive(self, x: Expr) -> bool:
        return self.sign(x, DEPTH) == POSITIVE

    def nonnegative(self, x: Expr) -> bool:
        return self.sign(x, DEPTH) >= NONNEGATIVE

    def nonzero(self, x: Expr) -> bool:
        if x.op == NUM:
            return bool(x.data != 0)
        if x.op == SUM and all(c < 0 for c in x.data):
            return any(self.positive(t) for t in x.args) and all(self.nonnegative(t) for t in x.args)
        return self.positive(x)

    @staticmethod
    def idempotent(x: Expr) -> bool:
        """Whether every entry is 0 or 1."""
        if x.op == CALL:
            return x.data in INDICATORS
        return x.op in (DELTA, UNIT) or is_declared(x, "onehot")

    def lasting_zero(self, x: Expr, depth: int = 4) -> bool:
        """Whether a value may be 0 all over a region, as a bracket and relu(x) are; also where that is not known."""
        if x.op in (PROD, POW) or is_call(x, "abs", "sqrt"):
            args = x.args[:1] if x.op == POW else x.args
            return depth == 0 or any(self.lasting_zero(a, depth - 1) for a in args)
        if x.op == SUM:
            return depth == 0 or all(self.lasting_zero(t, depth - 1) for t in x.args)
        return x.op in (DELTA, UNIT) or is_declared(x, "onehot") or (x.op == CALL and not self.positive(x))

    def sign(self, x: Expr, depth: int) -> int:
        known = self.memo.get(x)
        if known is None:
            if depth == 0:
                return UNKNOWN
            known = self.memo[x] = self._sign(x, depth - 1)
        return known

    def _sign(self, x: Expr, depth: int) -> int:
        op = x.op
        if op == NUM:
            return POSITIVE if x.data > 0 else NONNEGATIVE if x.data == 0 else UNKNOWN
        if op in (DIM, CONST):
            return POSITIVE
        if op == VAR:
            if "positive" in x.data[1]:
                return POSITIVE
            return NONNEGATIVE if not {"nonnegative", "onehot", "simplex"}.isdisjoint(x.data[1]) else UNKNOWN
        if op in (DELTA, UNIT):
            return NONNEGATIVE
        if op == NAME:
            return self.sign(x.args[0], depth)
        if op == SUM:
            signs = [self.sign(t, depth) if c > 0 else UNKNOWN for c, t in zip(x.data, x.args, strict=True)]
            return UNKNOWN if UNKNOWN in signs else max(signs)
        if op == PROD:
            labels, out = x.data
            picked = [ls for a, ls in zip(x.args, labels, strict=True) if a.op == UNIT and ls[0] not in out]
            entry = len(set(picked)) == len(picked)  # a basis vector that is summed over takes an entry; two of them may give 0
            factors = Counter([(a, ls) for a, ls in zip(x.args, labels, strict=True) if not (entry and a.op == UNIT and ls in picked)])
            # x.x is a sum of squares, as sum(x.^2) is
            signs = [max(self.sign(a, depth), UNKNOWN if n % 2 else NONNEGATIVE) for (a, _), n in factors.items()]
            return min(signs, default=POSITIVE)
        if op == POW:
            base = self.sign(x.args[0], depth)
            exponent = x.args[1]
            if base == POSITIVE:
                return POSITIVE
            if exponent.op == NUM and (base == NONNEGATIVE or exponent.data % 2 == 0):
                return NONNEGATIVE
            return UNKNOWN
        if op == CALL:
            if x.data in INDICATORS:
                return NONNEGATIVE
            if x.data == "max":
                return max(self.sign(a, depth) for a in x.args)
            if x.data in ("if", "min"):
                return min(self.sign(a, depth) for a in x.args[-2:])
            if x.data in WITHIN_ENTRIES:
                return self.sign(x.args[0], depth)
            if x.data == "sqrt":
                return max(self.sign(x.args[0], depth), NONNEGATIVE)
            return _range_sign(x.data)
        return UNKNOWN
