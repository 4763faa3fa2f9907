"""Exact numbers as people write them: which fractions are decimals, and their digits."""

from __future__ import annotations

from decimal import Decimal

from symdiff.expr.node import Number


def decimal(value: Number) -> str:
    """An exact number with a terminating expansion, in digits: `0.5`, `12`, `1e-8`; "" if the expansion does not end."""
    p, q = abs(value.numerator), value.denominator
    twos = (q & -q).bit_length() - 1
    rest, fives = q >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return ""
    places = max(twos, fives)
    digits = format(Decimal(p * 10**places // q), "f")  # unlike str(int) without a limit of its own
    sign = "-" if value < 0 else ""
    short = digits.rstrip("0") or "0"
    exponent = len(digits) - len(short) - places  # value = short * 10^exponent
    if exponent > 14 or len(short) + 4 < -exponent:
        power = exponent + len(short) - 1
        return sign + short[0] + ("." + short[1:] if len(short) > 1 else "") + f"e{power}"
    if not places:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return sign + digits[:-places] + "." + digits[-places:]


def in_digits(value: Number) -> bool:
    """Whether a fraction is written as a decimal: 0.5 and 0.0447, but 1/8 and 2/3; 1.0507009873554805, which nobody knows as a quotient."""
    size = -value if value < 0 else value
    digits = decimal(size)
    if not digits:
        return False
    quotient = len(decimal(size.numerator)) + 1 + len(decimal(size.denominator))
    return len(digits.strip("0.")) <= 3 or len(digits) <= quotient


def terminates(value: Number) -> bool:
    """Whether a coefficient stands in front of a product as a decimal: one of at most four places, or of digits that say more than a quotient."""
    return 10_000 % value.denominator == 0 or (value.denominator > 1000 and in_digits(value))
