"""Powers, entry by entry: a list of named steps, tried in their order.

In: a base in normal form and an exponent. Out: the first form that a step has, in normal form, else the POW after the rules of the rulebook.
It ends: every step leaves powers of smaller bases only, or of the same base without its coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt

from symdiff.errors import DomainError
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, NUM, POW, PROD, SUM, Expr, Number, make, rational
from symdiff.expr.patterns import has_no_factor, has_terms, is_call, is_whole_number
from symdiff.simplify import reshaping
from symdiff.simplify.conditions import INDICATORS
from symdiff.simplify.context import Context
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import along, is_zero, ones, split, spread_axes

MAX_POWER_BITS = 4_000  # numbers are multiplied out up to this size, beyond it 10^10^10 stays a power


class Powers(Context):
    """The operation POW."""

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """base^exponent, entry by entry; the exponent has the base's shape or is a scalar."""
        c, rest = split(exponent)
        if is_zero(exponent):
            return ones(base.shape)
        if rest is build.ONE or has_no_factor(rest):  # a number, perhaps spread
            return self.number_power(base, c)
        if exponent.op == PROD and exponent.shape and all(not ls for ls in exponent.data[0]):  # a scalar, spread
            exponent = self.product([(a, ()) for a in exponent.args], (), {})
        if is_call(base, "exp"):
            return self.call("exp", (self.times(base.args[0], exponent),), base.shape)
        if base is build.ONE or (has_no_factor(base) and base.shape):
            return base
        if base.op == POW and self.facts.nonnegative(base.args[0]):
            return self.power(base.args[0], self.times(base.args[1], exponent))
        return make(POW, (base, exponent), None, base.shape)

    def number_power(self, base: Expr, n: Number) -> Expr:
        """base^n. Remembered where no rule fires on the way: products of many powers are built again and again."""
        known = self._powers.get((base, n))
        if known is None:
            mark = self.log.mark()
            known = self._number_power(base, n)
            if self.log.mark() == mark:
                self._powers[base, n] = known
        return known

    def _number_power(self, base: Expr, n: Number) -> Expr:
        n = rational(n)
        if n == 1:
            return base
        if n == 0:
            return ones(base.shape)
        for step in STEPS:
            found = step(self, base, n)
            if found is not None:
                return found
        return self.ruled(make(POW, (base, build.num(n)), None, base.shape))

    def numeral(self, value: Number, n: Number) -> Expr:
        """value^n for numbers: exact where it is rational and of reasonable size, else a power."""
        if value == 0 and n < 0:
            raise DomainError("a division by zero", hint="the formula, or its derivative, divides by something that is always 0")
        value = Fraction(value)
        whole = Fraction(n).numerator
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if value not in (0, 1, -1) and abs(whole) * bits > MAX_POWER_BITS:
            return make(POW, (build.num(value), build.num(n)), None)
        if Fraction(n).denominator == 1:
            return build.num(value**whole)
        if Fraction(n).denominator == 2 and value >= 0:
            a, b = isqrt(value.numerator), isqrt(value.denominator)
            if a * a == value.numerator and b * b == value.denominator:
                return build.num(Fraction(a, b) ** whole)
        return make(POW, (build.num(value), build.num(n)), None)


# Each step: when it applies; what it leaves. None where it does not apply. n is neither 0 nor 1.


def of_number(home: Context, base: Expr, n: Number) -> Expr | None:
    """A number: its power, exact where that is rational."""
    return home.numeral(base.data, n) if base.op == NUM else None


def of_merged_axes(home: Context, base: Expr, n: Number) -> Expr | None:
    """Entries under merged axes: the power under the axes as they were."""
    return home.reshape(home.number_power(base.args[0], n), base.shape) if reshaping.merges(base) is not None else None


def of_zero(home: Context, base: Expr, n: Number) -> Expr | None:
    """Zeros: zeros, or a DomainError."""
    if not is_zero(base):
        return None
    if n < 0:
        raise DomainError("a division by zero", hint="the formula, or its derivative, divides by something that is always 0")
    return base


def of_coefficient(home: Context, base: Expr, n: Number) -> Expr | None:
    """c*x where c^n is a number, or n is whole: c^n*x^n. sqrt(2*pi) is sqrt(2)*sqrt(pi), and written as one root again."""
    c, rest = split(base)
    if c == 1 or not (type(n) is int or c > 0):
        return None
    front = home.numeral(c, n)
    return home.times(front, home.number_power(rest, n)) if type(n) is int or front.op == NUM or rest.op == CONST else None


def of_content(home: Context, base: Expr, n: Number) -> Expr | None:
    """A sum whose coefficients have a divisor in common, to a whole power: the divisor's power in front."""
    if not has_terms(base) or type(n) is not int:
        return None
    c, rest = home.primitive(base)
    return home.times(home.numeral(c, n), home.number_power(rest, n)) if c != 1 else None


def of_power(home: Context, base: Expr, n: Number) -> Expr | None:
    """(x^m)^n where n is whole or x is not negative: x^(m*n). Of an even m and any n: |x|^(m*n)."""
    if base.op != POW:
        return None
    inner, m = base.args
    if type(n) is int or home.facts.nonnegative(inner):
        return home.power(inner, home.scaled(n, m))
    if is_whole_number(m) and m.data % 2 == 0:
        return home.number_power(home.call("abs", (inner,), inner.shape), m.data * n)
    return None


def of_spread(home: Context, base: Expr, n: Number) -> Expr | None:
    """A value that is constant along axes, or a sum of spread numbers: the power of the value, spread."""
    if base.op == SUM and base.shape and all(a.op == PROD and len(spread_axes(a)) == len(a.shape) for a in base.args):
        value = home.sum([(c, along(home, a, ())) for c, a in zip(base.data, base.args, strict=True)], ())
        return home.product([(home.number_power(value, n), ())], tuple(range(len(base.shape))), dict(enumerate(base.shape)))
    if base.op != PROD or not base.args or not base.shape or not (axes := spread_axes(base)):
        return None
    kept = tuple([axis for axis in range(len(base.shape)) if axis not in axes])
    return home.product([(home.number_power(along(home, base, kept), n), kept)], tuple(range(len(base.shape))), dict(enumerate(base.shape)))


def of_product(home: Context, base: Expr, n: Number) -> Expr | None:
    """A product entry by entry: the product of the powers, of those factors that may be taken out of a root."""
    if base.op != PROD:
        return None
    labels, out = base.data
    outer = set(out)
    if not all(outer.issuperset(ls) for ls in labels):
        return None
    whole, factors = type(n) is int, list(zip(base.args, labels, strict=True))
    inside = [(a, ls) for a, ls in factors if not whole and not home.facts.nonnegative(a)]
    if inside:  # sqrt([x > 0]*y) has the value 0 where x < 0 and y < 0, [x > 0]*sqrt(y) has none there
        inside = [(a, ls) for a, ls in factors if (a, ls) in inside or home.facts.lasting_zero(a)]
    if len(inside) == len(base.args) and base.args:
        return None
    outside = [(home.number_power(a, n), ls) for a, ls in factors if (a, ls) not in inside]
    sizes = dict(zip(out, base.shape, strict=True))
    if inside:
        kernel = home.product(inside, out, sizes)
        outside.append((make(POW, (kernel, build.num(n)), None, base.shape), out))
    return home.product(outside, out, sizes)


def of_scaled_contraction(home: Context, base: Expr, n: Number) -> Expr | None:
    """A number times a product with sums, where the number's power is rational: (X*w/sqrt(2))^2 is (X*w)^2/2."""
    if base.op != PROD or type(n) is not int:
        return None
    labels, out = base.data
    numbers = [a for a, ls in zip(base.args, labels, strict=True) if not ls]
    front = home.number_power(home.scalar_product(numbers), n) if numbers else None
    if front is None or front.op != NUM:
        return None
    rest = [(a, ls) for a, ls in zip(base.args, labels, strict=True) if ls]
    return home.times(front, home.number_power(home.product(rest, out, dict(zip(out, base.shape, strict=True))), n))


def of_call(home: Context, base: Expr, n: Number) -> Expr | None:
    """exp(x)^n is exp(n*x), a bracket to a positive power the bracket, |x|^n of an even n x^n."""
    if base.op != CALL:
        return None
    if base.data == "exp":
        return home.call("exp", (home.scaled(n, base.args[0]),), base.shape)
    if base.data in INDICATORS and n > 0:
        return base
    if base.data == "abs" and type(n) is int and n % 2 == 0:
        return home.number_power(base.args[0], n)
    return None


def of_idempotent(home: Context, base: Expr, n: Number) -> Expr | None:
    """What is 0 or 1 in every entry, to a positive power: itself."""
    return base if n > 0 and home.facts.idempotent(base) else None


def of_ruled_reciprocal(home: Context, base: Expr, n: Number) -> Expr | None:
    """x^-n where a rule of the rulebook knows x^-1: the power of what it says."""
    if type(n) is not int or n >= -1:
        return None
    known = RULES.apply(home, make(POW, (base, build.MINUS_ONE), None, base.shape))
    return home.number_power(known, -n) if known is not None else None


STEPS: tuple[Callable[[Context, Expr, Number], Expr | None], ...] = (
    of_number,
    of_merged_axes,
    of_zero,
    of_coefficient,
    of_content,
    of_power,
    of_spread,
    of_product,
    of_scaled_contraction,
    of_call,
    of_idempotent,
    of_ruled_reciprocal,
)
