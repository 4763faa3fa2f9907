"""Conditions: comparisons with positive terms on both sides, and what is decided whatever the values are.

In: sides in normal form. Out: `gt`, `ge`, `eq`, `ne`, or the 0 or 1 that the condition always is.
"""

from __future__ import annotations

from fractions import Fraction

from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, PROD, SUM, Expr, Number, Shape, make
from symdiff.expr.patterns import is_call_of
from symdiff.simplify.context import Context
from symdiff.simplify.shapes import is_index, is_number, is_ones, is_zero, terms_of, zero
from symdiff.table import operators
from symdiff.table.groups import CLAMPS, TIED
from symdiff.table.operators import ABOVE, COMPARE, CONNECTIVES, EQUALITIES, FORWARD, MIRROR

# As the normal form has them, and whether the sides change places: `a < b` is `b > a`, and what holds where `a > b` does not is `b >= a`.
COMPARISONS = {name: (name, False) if name in FORWARD else (MIRROR[name], True) for name in operators.COMPARISONS}
NEGATION = {name: COMPARISONS[operators.NEGATION[name]] for name in FORWARD}
INDICATORS = FORWARD | CONNECTIVES


def is_extreme(x: Expr) -> bool:
    """The largest or smallest entry of something, perhaps spread, scaled, or by a name."""
    factors = [f.args[0] if f.op == NAME else f for f in (x.args if x.op == PROD else (x,))]
    return any(is_call_of(f, TIED) for f in factors)


class Conditions(Context):
    """Comparisons and connectives."""

    def comparison(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
        """a > b with positive terms on both sides, so that 1 - m > 0 and 1 > m are one condition.

        v == max(v) stays as it is: moved terms would round differently, and no entry would be found equal to the largest.
        """
        name, swap = COMPARISONS[name]
        a, b = args[::-1] if swap else args
        if self.rules and name in ABOVE:
            a, b = self.unclamped(name, a, b)
        if name in EQUALITIES and a is not b and (is_extreme(a) or is_extreme(b)):
            return make(CALL, (b, a) if is_extreme(a) else (a, b), name, shape)
        content, difference = self.primitive(self.sub(a, b), sign=name in EQUALITIES)
        if (known := self.of_count(name, content, difference)) is not None:
            return self.full(known, shape)
        if is_zero(difference):
            return self.product([(build.num(int(name in ("ge", "eq"))), ())], tuple(range(len(shape))), dict(enumerate(shape)))
        if difference.op == NUM:
            value = content * difference.data
            return build.num(int(COMPARE[name](value, 0)))
        if difference.op != SUM and content == -1:
            difference = self.scaled(-1, difference)
        terms = [(c * d, u) for c, t in terms_of(difference) for d, u in self.spread_terms(t)]
        left = [(c, t) for c, t in terms if c > 0]
        right = [(-c, t) for c, t in terms if c < 0]
        return make(CALL, (self.sum(left, shape), self.sum(right, shape)), name, shape)

    def unclamped(self, name: str, a: Expr, b: Expr) -> tuple[Expr, Expr]:
        """The sides of a > b or a >= b without the numbers in max and min that decide nothing: 6 > max(x, 0) is 6 > x, as 6 > 0."""
        while True:
            terms = terms_of(self.sub(a, b))
            clamps = [(c, t) for c, t in terms if not is_number(t)]
            if len(clamps) != 1 or not is_call_of(clamps[0][1], CLAMPS):
                return a, b
            (c, x), limit = clamps[0], self.full(-sum([d for d, t in terms if is_number(t)]) / Fraction(clamps[0][0]), a.shape)
            p, q = x.args if len(x.args) == 2 else (x.args[0], zero(x.shape))
            number, rest = (p, q) if is_number(p) else (q, p)
            if not is_number(number):
                return a, b
            # max(p, q) > b holds where one of p > b and q > b does; a > max(p, q) where both do; min the other way round
            one_is_enough = (c > 0) == (x.data != "min")
            holds = is_ones(self.call(name, (number, limit) if c > 0 else (limit, number), x.shape))
            if holds == one_is_enough:
                return a, b  # the number decides: left as it is
            before = make(CALL, (a, b), name, x.shape)
            a, b = (rest, limit) if c > 0 else (limit, rest)
            self.fire("comparison-of-clamped", before, make(CALL, (a, b), name, x.shape))

    @staticmethod
    def of_count(name: str, content: Number, difference: Expr) -> int | None:
        """Whether an index, which is 1 or more, stands in this relation to a number; None if that depends on the index."""
        terms = dict(zip(difference.args, difference.data, strict=True)) if difference.op == SUM else {difference: 1}
        numbers = [t for t in terms if is_ones(t)]
        counts = [t for t in terms if is_index(t)]
        if len(counts) != 1 or len(numbers) + 1 != len(terms):
            return None
        c = content * terms[counts[0]]
        least = Fraction(c + content * sum(terms[t] for t in numbers)) / c  # of the index itself less what it is compared with
        if least > 0:
            return int(c > 0) if name in ABOVE else int(name == "ne")
        if least == 0 and (name, c > 0) in (("ge", True), ("gt", False)):
            return int(c > 0)
        return int(name == "ne") if name in EQUALITIES and least.denominator != 1 else None
