"""Numbers of formula and answer that doubles do not see: 1e-40, 1 + 1e-25, exp(-100).

In: nodes. Out: the values of their constants that are so small, so large, or so near to a simple number; and how many digits more than doubles have
it takes to tell formulas apart that differ by them. It ends because every constant is computed once, in a number of digits that is fixed before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

from symdiff.checking.components import Components, Undecided, Work
from symdiff.checking.fields import Numeric
from symdiff.expr.node import CALL, CONST, NAME, NUM, POW, PROD, RESHAPE, SUM, Expr
from symdiff.expr.walk import topological
from symdiff.table import TABLE

# What is further from 1 than so many digits, or nearer to a fraction with so small a denominator, is not seen as what it is.
SEEN, DENOMINATOR = 9, 1000

# Digits of a number that is written with more than a double has.
LONGEST = 17

# Digits for all constants together, at most; operations to compute them; digits for a function of plain numbers.
MOST, OPERATIONS, PLAIN = 700, 20_000, 60


class Constants(NamedTuple):
    """digits: by how many they lie beyond doubles. values: what they are. lost: whether there are more than MOST digits."""

    digits: int
    values: tuple[Fraction, ...]
    lost: bool = False


def beyond(roots: Sequence[Expr]) -> Constants:
    """The constants of these formulas that lie beyond doubles."""
    pure = _pure(topological(roots))
    found = {value: digits for value in _written(pure) if (digits := max(distance(value), length(value)))}
    if found or any(node.op in (POW, CALL) for node in pure):
        found |= {value: digits for value in _computed(pure, sum(found.values()), list(found)) if (digits := distance(value))}
    total = sum(found.values())
    return Constants(min(total, MOST), tuple(found), total > MOST)


def distance(value: Fraction) -> int:
    """How many digits the size of a number is from 1, or its distance from a simple one, beyond what is seen; else 0."""
    value = abs(value)
    if not value:
        return 0
    size = abs(_exponent(value))
    plain = simple(value)
    near = -_exponent(abs(value - plain) / max(Fraction(1), value)) if value != plain else 0
    digits = max(size, near)
    return digits if digits > SEEN else 0


def length(value: Fraction) -> int:
    """How many digits a written number has, if these are more than a double's; else 0."""
    digits = _exponent(Fraction(min(abs(value.numerator), value.denominator) or 1))
    return digits + 1 if digits > LONGEST else 0


def simple(value: Fraction) -> Fraction:
    """The simple fraction nearest to a number."""
    return value.limit_denominator(DENOMINATOR)


def _exponent(value: Fraction) -> int:
    """The decimal exponent, about, of a number that no double needs to hold."""
    return int((value.numerator.bit_length() - value.denominator.bit_length()) * 0.30103)


def _pure(nodes: Sequence[Expr]) -> list[Expr]:
    """The nodes that are made of numbers alone, and of single ones."""
    pure: dict[Expr, None] = {}
    for node in nodes:
        made = node.op in (SUM, PROD, POW, CALL, NAME, RESHAPE) and all(a in pure for a in node.args)
        relation = node.op == CALL and (node.data not in TABLE or TABLE[node.data].relation)
        if not node.shape and not relation and (node.op in (NUM, CONST) or made):
            pure[node] = None
    return list(pure)


def _written(pure: Sequence[Expr]) -> list[Fraction]:
    numbers = [node.data for node in pure if node.op == NUM]
    return [Fraction(value) for value in (*numbers, *(c for node in pure if node.op == SUM for c in node.data))]


def _alike(a: Fraction, b: Fraction) -> bool:
    """Whether two numbers are the same up to rounding."""
    return bool(abs(a - b) <= abs(b) / 10**PLAIN)


def _computed(pure: Sequence[Expr], digits: int, known: Sequence[Fraction]) -> list[Fraction]:
    """The values of what is not written as a number, without those that are known."""
    numeric = Numeric(min(PLAIN + 20 + digits, 2 * MOST))

    def no_leaf(x: Expr) -> Any:
        raise Undecided(f"{x.name} is a variable")

    components = Components(numeric, {}, no_leaf, work=Work(OPERATIONS))
    values: list[Fraction] = []
    for node in pure:
        if node.op == NUM:
            continue
        try:
            found = [rational(v, numeric) for v in components(node) if numeric.ctx.isfinite(v)]
            values += [v for v in found if not any(_alike(v, w) for w in (*known, *values))]
        except (Undecided, ArithmeticError, ValueError):
            continue
    return values


def rational(value: Any, numeric: Numeric) -> Fraction:
    """The number as a fraction: a simple one, if it is that up to rounding."""
    sign, mantissa, exponent, _ = value._mpf_
    exact = Fraction(mantissa * (-1) ** sign) * Fraction(2) ** exponent if abs(exponent) < 40_000 else Fraction(0)
    plain = simple(exact)
    return plain if abs(exact - plain) <= abs(exact) * Fraction(1, 10 ** (numeric.digits - 10)) else exact


LARGEST_DOUBLE = Fraction(sys.float_info.max)


def beside(value: Fraction) -> list[Fraction]:
    """Numbers next to a constant at which a comparison with it may have another outcome than without."""
    plain = simple(value)
    if abs(value) < 1:
        root = _root(abs(value))
        return [value / 2, 2 * value, -value / 2, root / 2, 2 * root] if not plain else [(value + plain) / 2, 2 * value - plain]
    if value == plain or _exponent(abs(value)) > SEEN:
        return [value / 2, 2 * value]
    return [(value + plain) / 2, 2 * value - plain]


def _root(value: Fraction) -> Fraction:
    """The square root in a few digits."""
    shift = 2 * (value.denominator.bit_length() + 8)
    scaled = value.numerator * (1 << shift) // value.denominator
    return Fraction(isqrt(scaled), 1 << (shift // 2))


def worded(value: Fraction) -> str | None:
    """A number that a double does not hold, as the simple number next to it and what it differs by; None where a double shows it."""
    if abs(value) > LARGEST_DOUBLE:
        return decimal(value)
    plain = simple(value)
    if (
        Fraction(float(value)) == value
        or value == plain
        or not plain
        or -_exponent(abs(value - plain) / max(Fraction(1), abs(value))) <= SEEN
    ):
        return None
    rest = value - plain
    return f"{plain} {'-' if rest < 0 else '+'} {float(abs(rest)):.4g}"


def decimal(value: Fraction | int) -> str:
    """A number beyond doubles in six digits: 1e+330."""
    k = _exponent(abs(Fraction(value)))
    lead = Fraction(value) / Fraction(10) ** k
    while abs(lead) >= 10:
        lead, k = lead / 10, k + 1
    while abs(lead) < 1:
        lead, k = lead * 10, k - 1
    return f"{float(lead):.6g}e+{k}"


__all__ = ["Constants", "beside", "beyond", "decimal", "distance", "rational", "simple", "worded"]
