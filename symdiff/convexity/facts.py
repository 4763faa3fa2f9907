"""What is known of one value: its range, its curvature, and the curvature of its logarithm and its roots.

A condition is a set of atoms (node, relation), all of which have to hold: `lambda >= 0`, `S psd`. None: not known to hold
under any condition. Unknown is never true.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from symdiff.expr.node import Expr

Atom = tuple[Expr, str]
Condition = frozenset[Atom]
Known = Condition | None
Bound = Any  # a Fraction, an int, or an infinite float

INFINITY = float("inf")
ALWAYS: Condition = frozenset()

OPPOSITE = {">= 0": "<= 0", "<= 0": ">= 0"}


def both(*known: Known) -> Known:
    """All of these together; None if one is unknown or two exclude each other."""
    result: set[Atom] = set()
    for k in known:
        if k is None:
            return None
        result |= k
    if any((node, OPPOSITE.get(relation, "")) in result for node, relation in result):
        return None
    return frozenset(result)


def either(*known: Known) -> Known:
    """The weakest of these: the one with the fewest atoms, `>=` before `<=`."""
    found = [k for k in known if k is not None]
    return min(found, key=rank) if found else None


def rank(known: Condition) -> tuple[int, int]:
    return len(known), sum(relation != ">= 0" for _, relation in known)


@dataclass(frozen=True)
class Range:
    """Bounds of every entry of a value; open: the bound itself is not taken."""

    low: Bound = -INFINITY
    high: Bound = INFINITY
    open_low: bool = False
    open_high: bool = False

    @property
    def positive(self) -> bool:
        return bool(self.low > 0 or (self.low == 0 and self.open_low))

    @property
    def nonnegative(self) -> bool:
        return bool(self.low >= 0)

    @property
    def negative(self) -> bool:
        return bool(self.high < 0 or (self.high == 0 and self.open_high))

    @property
    def nonpositive(self) -> bool:
        return bool(self.high <= 0)

    @property
    def sign(self) -> Range:
        """What is left of it where only the sign is kept: of a sum of such values, whose number is not known."""
        return next(
            (r for r in (POSITIVE, NONNEGATIVE, -POSITIVE, -NONNEGATIVE) if self.within(r.low, r.high) and self._leaves_out(r)), ANY
        )

    def _leaves_out(self, other: Range) -> bool:
        """Whether it leaves out the ends that the other one, around it, leaves out."""
        low = not other.open_low or self.low > other.low or self.open_low
        return bool(low and (not other.open_high or self.high < other.high or self.open_high))

    def within(self, low: Bound, high: Bound) -> bool:
        return bool(self.low >= low and self.high <= high)

    def meet(self, other: Range) -> Range:
        low, open_low = max((self.low, self.open_low), (other.low, other.open_low))
        high, closed_high = min((self.high, not self.open_high), (other.high, not other.open_high))
        if low > high:  # there is no such value: the formula is defined nowhere
            return self
        return Range(low, high, open_low, not closed_high)

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low, self.open_high, self.open_low)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high, self.open_low or other.open_low, self.open_high or other.open_high)

    def scaled(self, c: Any) -> Range:
        if c == 0:
            return point(0)
        r = self if c > 0 else -self
        c = abs(c)
        return Range(r.low * c, r.high * c, r.open_low, r.open_high)

    def __mul__(self, other: Range) -> Range:
        ends = []
        for a, oa in ((self.low, self.open_low), (self.high, self.open_high)):
            for b, ob in ((other.low, other.open_low), (other.high, other.open_high)):
                value = Fraction(0) if a == 0 or b == 0 else a * b
                # 0 is taken where one of the factors takes it
                is_open = (oa if a == 0 else True) and (ob if b == 0 else True) if value == 0 else oa or ob
                ends.append((value, is_open))
        low = min(v for v, _ in ends)
        high = max(v for v, _ in ends)
        return Range(low, high, all(o for v, o in ends if v == low), all(o for v, o in ends if v == high))


def point(c: Any) -> Range:
    return Range(c, c)


ANY, POSITIVE, NONNEGATIVE = Range(), Range(0, INFINITY, True), Range(0)


@dataclass(frozen=True)
class Fact:
    """convex, concave: under which condition every entry is, as a function of the variables.

    of_log: (convex, concave) of the logarithm of a value that is positive.
    root: (p, condition), p >= 1: the value is g^p with g convex and nonnegative.
    power: (r, condition), r != 0: the value is g^r with g concave and positive.
    geometric: (weight, condition): exp of the value is concave, of degree `weight` <= 1.
    rule: the rule that says so.
    """

    varies: bool
    convex: Known = None
    concave: Known = None
    range: Range = ANY
    log_convex: Known = None
    log_concave: Known = None
    root: tuple[Any, Condition] | None = None
    power: tuple[Any, Condition] | None = None
    geometric: tuple[Any, Condition] | None = None
    rule: str = ""

    @property
    def affine(self) -> Known:
        return both(self.convex, self.concave)

    @property
    def word(self) -> str:
        if not self.varies:
            return "constant"
        if self.affine is not None and not self.affine:
            return "affine"
        choices = [(k, w) for k, w in ((self.convex, "convex"), (self.concave, "concave")) if k is not None]
        return min(choices, key=lambda c: rank(c[0]))[1] if choices else "unknown"


class Facts(Protocol):
    """What is asked of the facts about the nodes of a formula while those of one node are found."""

    varying: set[Expr]

    def learn(self, node: Expr) -> Fact: ...

    def at_least_zero(self, node: Expr) -> Known: ...
