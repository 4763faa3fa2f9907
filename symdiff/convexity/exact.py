"""The value of a formula in exact rationals, or, where a function leaves them, in decimals of DIGITS digits.

In: a node, exact values of its variables as object arrays, sizes. Out: an array of Fractions, or of mpmath's numbers.
Both are arithmetics for the components of `checking`, which share nothing with compiled code: what the search finds in floats is
looked at by other means.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any, NoReturn

import mpmath
import numpy as np

from symdiff.checking.adjugates import by_elimination
from symdiff.checking.components import Components, Flat, Scalar, Undecided
from symdiff.checking.fields import Numeric
from symdiff.checking.sampling import size_of
from symdiff.expr.node import Expr, Number

DIGITS = 50
NEAR = Fraction(1, 10**30)  # beside the numbers: below it a difference of decimals may be rounding
LARGEST = 200  # exponent of a rational


class Irrational(Exception):
    """A value is no rational number, or there is none."""


class NoValue(Exception):
    """There is no real value here, or none that is known."""


class Rationals:
    """Fractions, as long as every function gives them; Irrational otherwise, and where there is no value: decimals know both.

    A bracket that is false is `zero` itself, which stays zero whatever it is multiplied by; another 0 is another object.
    """

    zero, one = Fraction(0), Fraction(1)

    @property
    def pi(self) -> Scalar:
        raise Irrational

    def number(self, value: Number) -> Scalar:
        return Fraction(value)

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        return sum(terms, Fraction(0))

    def mul(self, a: Scalar, b: Scalar) -> Scalar:
        return self.zero if a is self.zero or b is self.zero else a * b

    def power(self, base: Scalar, exponent: Scalar) -> Scalar:
        if exponent == Fraction(1, 2) and base >= 0:
            n, d = isqrt(base.numerator), isqrt(base.denominator)
            if n * n == base.numerator and d * d == base.denominator:
                return Fraction(n, d)
        if exponent.denominator != 1 or abs(exponent) >= LARGEST or (base == 0 and exponent < 0):
            raise Irrational
        return base ** int(exponent)

    def exp(self, x: Scalar) -> Scalar:
        return self._only(x == 0, 1)

    def log(self, x: Scalar) -> Scalar:
        return self._only(x == 1, 0)

    def _only(self, known: bool, value: int) -> Scalar:
        if not known:
            raise Irrational
        return Fraction(value)

    def abs(self, x: Scalar) -> Scalar:
        return abs(x)

    def sign(self, x: Scalar) -> Scalar:
        return Fraction((x > 0) - (x < 0))

    def flat(self, name: str, x: Scalar) -> Scalar:
        return Fraction(floor(x) if name == "floor" else ceil(x) if name == "ceil" else round(x))

    def still(self, x: Scalar) -> Scalar:
        return x

    def maximum(self, values: Sequence[Scalar]) -> Scalar:
        return max(values)

    def _bracket(self, holds: bool) -> Scalar:
        return self.one if holds else self.zero

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        return self._bracket(a <= b if equal else a < b)

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        return self._bracket(a == b)

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        return self._bracket(a != b)

    def truth(self, x: Scalar) -> Scalar:
        return x if x else self.zero

    def negated(self, x: Scalar) -> Scalar:
        return self.zero if x == 1 else 1 - x

    def plain(self, x: Scalar) -> Scalar:
        return Fraction(x.numerator, x.denominator) if x is self.zero else x

    def mark(self, node: Expr | None, counting: bool) -> None:
        """Comparisons are not counted."""

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        return a if condition else b

    def apply(self, name: str, args: Sequence[Scalar]) -> Scalar:
        if name == "sqrt":
            return self.power(args[0], Fraction(1, 2))
        raise Irrational

    def admit(self, node: Expr | None, flat: Flat) -> None:
        """Powers are bounded; the points are small."""

    def defined(self, x: Scalar) -> bool:
        return True

    @contextmanager
    def strictly(self) -> Iterator[None]:
        yield

    def det(self, rows: list[Flat]) -> Scalar:
        return eliminated(rows)[1]

    def inv(self, rows: list[Flat]) -> list[Flat]:
        inverse, det = eliminated(rows)
        if not det:
            raise Irrational
        return inverse

    def adjugate(self, rows: list[Flat]) -> list[Flat]:
        return by_elimination(rows, 0) or [[0] * len(rows) for _ in rows]

    def eigh(self, rows: list[Flat]) -> NoReturn:
        raise Irrational

    def of_matrix(self, name: str, rows: list[Flat]) -> NoReturn:
        raise Irrational


class Decimals(Numeric):
    """Many digits; NoValue where two numbers are so near to each other that rounding may have decided which is larger.

    A comparison with what has no value has none itself: code takes it for false, a counterexample must not rest on that.
    """

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        return self.nan if self.ctx.isnan(a - b) else super().less(a, b, equal)

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        return self.nan if self.ctx.isnan(a - b) else super().same(a, b)

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        return self.nan if self.ctx.isnan(a - b) else super().differ(a, b)

    def _compare(self, a: Scalar, b: Scalar) -> int:
        if 0 < abs(a - b) < self.number(NEAR) * (1 + abs(a) + abs(b)):
            raise NoValue
        return super()._compare(a, b)


class Own(threading.local):
    """Decimals by their digits: an arithmetic costs more to make than a formula to compute, and it is no two threads' at a time."""

    def __init__(self) -> None:
        self.made: dict[int, Decimals] = {}

    def of(self, digits: int) -> Decimals:
        if digits not in self.made:
            self.made[digits] = Decimals(digits)
        self.made[digits].watch()
        return self.made[digits]


OWN = Own()


def values(root: Expr, given: Mapping[str, Any], sizes: Mapping[str, int], digits: int = DIGITS) -> Any:
    """The value, exactly if every function on the way gives rationals. NoValue where there is none."""
    try:
        return _entries(root, given, sizes, Rationals(), Fraction)
    except Irrational:
        decimals = OWN.of(digits)
        found = _entries(root, given, sizes, decimals, decimals.number)
    if not all(decimals.defined(v) for v in found.flat):
        raise NoValue
    return np.vectorize(lambda v: mpmath.make_mpf(v._mpf_), otypes=[object])(found)


def alike(found: Sequence[Any]) -> list[Any]:
    """All of them fractions, or all decimals: exp(0) is a fraction beside exp(1)."""
    if all(isinstance(v, Fraction) for v in found):
        return list(found)
    with mpmath.workdps(4 * DIGITS):
        return [mpmath.mpf(v.numerator) / v.denominator if isinstance(v, Fraction) else v for v in found]


def _entries(root: Expr, given: Mapping[str, Any], sizes: Mapping[str, int], field: Any, number: Any) -> Any:
    def leaf(x: Expr) -> Flat:
        return [number(Fraction(v)) for v in np.asarray(given[x.name], dtype=object).flat]

    try:
        flat = Components(field, dict(sizes), leaf)(root)
    except Undecided as why:
        raise NoValue from why
    found = np.empty(len(flat), dtype=object)
    found[:] = flat
    return found.reshape([size_of(d, sizes) for d in root.shape])


def eliminated(matrix: Sequence[Sequence[Fraction]]) -> tuple[list[list[Fraction]], Fraction]:
    """The inverse (nothing of a singular matrix) and the determinant, by elimination."""
    n = len(matrix)
    rows = [[*matrix[i], *[Fraction(i == j) for j in range(n)]] for i in range(n)]
    det = Fraction(1)
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if rows[best][k] == 0:
            return [], Fraction(0)
        if best != k:
            rows[k], rows[best], det = rows[best], rows[k], -det
        det *= rows[k][k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[n:] for row in rows], det
