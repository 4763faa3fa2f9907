"""Functions of one number with kinks: smooth pieces between break points, and what happens at these.

In: phi(t) with abs, max, min, brackets, if and the like, whose arguments are affine in t piece by piece; ranges of the
letters. Out: (convex, concave), True where proven: every piece has phi'' >= 0, and at every break point the value is
continuous and the slope does not fall. Ends are exact expressions, so that a break point may be a letter (huber's d).
Ends: regions are split at most MAX_REGIONS times, a kink inside of one is resolved for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.calculus.sweep import derivative
from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.facts import ANY, INFINITY, Range
from symdiff.convexity.polynomial import sign_of_polynomial
from symdiff.convexity.regular import is_smooth, replaced
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import NUM, Expr, make
from symdiff.expr.patterns import is_call_of
from symdiff.expr.walk import topological
from symdiff.simplify import simplify
from symdiff.simplify.shapes import is_zero
from symdiff.table.groups import LARGEST_OR_SMALLEST
from symdiff.table.operators import COMPARE, COMPARISONS, EITHER_OR_BOTH

MAX_REGIONS = 24

KINKS = frozenset(("abs", "max", "min", "relu", "sign", "step", *COMPARISONS, "clip", "hardtanh", "leaky_relu", "huber", "elu", "selu"))
LOGICAL = frozenset(("and", "or", "not", "if"))
_SELU = Fraction("1.0507009873554805"), Fraction("1.7580993408473769")  # of the table's row


@dataclass(frozen=True)
class Region:
    """An interval of t; None: no end. A point where low is high."""

    low: Expr | None
    high: Expr | None


class Unsettled(Exception):
    """A sign or an order that is not known."""


class Pieces:
    """phi on its regions."""

    def __init__(self, phi: Expr, t: Expr, ranges: Mapping[Expr, Range]) -> None:
        self.phi, self.t, self.ranges = phi, t, dict(ranges)
        self.letters = {v: r for v, r in ranges.items() if v is not t}

    # ------------------------------------------------------------------------------------------ signs

    def sign(self, x: Expr) -> int:
        """-1, 0 or 1 of a value without t."""
        (x,) = simplify([x])
        if is_zero(x):
            return 0
        r = Analysis(x, list(self.letters), None, self.letters).verdict.range if x.op != NUM else Range(x.data, x.data)
        if r.positive:
            return 1
        if r.negative:
            return -1
        raise Unsettled

    def order(self, a: Expr, b: Expr) -> int:
        return self.sign(build.sub(a, b))

    def at(self, x: Expr, value: Expr) -> Expr:
        return simplify(replaced([x], {self.t: value}))[0]

    # ------------------------------------------------------------------------------------------ kinks

    def sign_in(self, d: Expr, region: Region) -> int | Expr:
        """The sign of a kink's argument inside of a region, or the point where it changes there."""
        (d,) = simplify([d])
        if self.t not in topological([d]):
            return self.sign(d)
        (slope,) = simplify(derivative(d, [self.t]))
        if self.t in topological([slope]):
            inside = self.range_of(d, region)
            if inside.positive or inside.negative:
                return 1 if inside.positive else -1
            raise Unsettled
        rising = self.sign(slope)
        (root,) = simplify([build.divide(build.neg(self.at(d, build.ZERO)), slope)])
        if region.low is not None and region.low is region.high:
            return rising * self.order(region.low, root)
        if region.high is not None and self.order(region.high, root) <= 0:
            return -rising
        if region.low is not None and self.order(region.low, root) >= 0:
            return rising
        r = self.ranges[self.t]
        if root.op == NUM and (root.data < r.low or (root.data == r.low and r.open_low)):
            return rising
        if root.op == NUM and (root.data > r.high or (root.data == r.high and r.open_high)):
            return -rising
        if root.op == NUM and root.data in (r.low, r.high):
            raise Unsettled  # a jump may lie at an end that belongs to the domain
        return root

    def range_of(self, x: Expr, region: Region) -> Range:
        return Analysis(x, list(self.ranges), None, {**self.ranges, self.t: self.interval(region)}).verdict.range

    def interval(self, region: Region) -> Range:
        r = self.ranges[self.t]
        if region.low is not None:
            r = r.meet(self.bound(region.low, 1))
        if region.high is not None:
            r = r.meet(self.bound(region.high, -1))
        return r

    def bound(self, end: Expr, side: int) -> Range:
        known = (
            Range(end.data, end.data)
            if end.op == NUM
            else Analysis(end, list(self.letters), None, self.letters).verdict.range
            if self.letters
            else ANY
        )
        return Range(known.low, INFINITY) if side > 0 else Range(-INFINITY, known.high)

    def settled(self, region: Region) -> Expr | Region:
        """phi in a region without its kinks, or the left part of the region if a kink lies inside."""
        new: dict[Expr, Expr] = {}
        for n in topological([self.phi]):
            args = [new[a] for a in n.args]
            value: Expr | None = None
            if is_call_of(n, LOGICAL):
                value = self.logical(n.data, args)
            elif is_call_of(n, KINKS):
                outcome = self.kink(n.data, args, region)
                if isinstance(outcome, Region):
                    return outcome
                value = outcome
            new[n] = value if value is not None else n if all(new[a] is a for a in n.args) else make(n.op, tuple(args), n.data, n.shape)
        return new[self.phi]

    def logical(self, name: str, args: list[Expr]) -> Expr:
        known = [a.data if a.op == NUM else None for a in args]
        if name == "if" and known[0] is not None:
            return args[1] if known[0] else args[2]
        if name == "not" and known[0] is not None:
            return build.num(1 - known[0])
        if name in EITHER_OR_BOTH and None not in known:
            return build.num(int(all(known) if name == "and" else any(known)))
        raise Unsettled

    def kink(self, name: str, args: list[Expr], region: Region) -> Expr | Region:
        def where(d: Expr) -> Any:
            s = self.sign_in(d, region)
            return s if isinstance(s, int) else Region(region.low, s)

        x = args[0]
        if name in ("abs", "relu", "sign", "step", "leaky_relu", "elu", "selu"):
            s = where(x)
            if isinstance(s, Region):
                return s
            if name == "abs":
                return x if s > 0 else build.neg(x) if s < 0 else build.ZERO
            if name == "sign":
                return build.num(s)
            if name == "step":
                return build.num(int(s > 0))
            if s > 0:
                return x if name != "selu" else build.scale(build.num(_SELU[0]), x)
            if name == "relu":
                return build.ZERO
            if name == "leaky_relu":
                return build.scale(args[1], x)
            a = args[1] if name == "elu" else build.num(_SELU[1])
            return build.scale(a, build.sub(build.call("exp", x), build.ONE))
        if name in LARGEST_OR_SMALLEST:
            s = where(build.sub(args[0], args[1]))
            return s if isinstance(s, Region) else args[0] if (s >= 0) == (name == "max") else args[1]
        if name in ("clip", "hardtanh"):
            low, high = (args[1], args[2]) if name == "clip" else (build.MINUS_ONE, build.ONE)
            if self.order(low, high) > 0:
                raise Unsettled
            for end, beyond in ((low, -1), (high, 1)):
                s = where(build.sub(x, end))
                if isinstance(s, Region):
                    return s
                if s == beyond or s == 0:
                    return end
            return x
        if name == "huber":
            d = args[1]
            for side in (1, -1):
                s = where(build.sub(build.scale(build.num(side), x), d))
                if isinstance(s, Region):
                    return s
                if s > 0:
                    return build.scale(d, build.sub(build.scale(build.num(side), x), build.divide(d, build.TWO)))
            return build.divide(build.power(x, build.TWO), build.TWO)
        s = where(build.sub(args[0], args[1]))
        if isinstance(s, Region):
            return s
        return build.num(int(COMPARE[name](s, 0)))

    # ------------------------------------------------------------------------------------------ the verdict

    def regions(self) -> list[tuple[Region, Expr]]:
        """From the left to the right."""
        todo = [Region(None, None)]
        done: list[tuple[Region, Expr]] = []
        while todo:
            region = todo.pop()
            outcome = self.settled(region)
            if isinstance(outcome, Region):
                if len(todo) + len(done) > MAX_REGIONS:
                    raise Unsettled
                todo += [Region(outcome.high, region.high), outcome]
            else:
                done.append((region, outcome))
        return done

    def verdict(self) -> tuple[bool, bool]:
        up = down = True
        pieces = self.regions()
        slopes = []
        for region, piece in pieces:
            (first,) = simplify(derivative(piece, [self.t])) if self.t in topological([piece]) else [build.ZERO]
            slopes.append(first)
            (second,) = simplify(derivative(first, [self.t])) if self.t in topological([first]) else [build.ZERO]
            inside = {**self.ranges, self.t: self.interval(region)}
            analysis = Analysis(piece, [self.t], None, inside)
            if not is_smooth(analysis, [n for n in analysis.order if n in analysis.varying]):
                return False, False
            r = Analysis(second, list(self.ranges), None, inside).verdict.range
            exact = sign_of_polynomial(second, self.t, inside[self.t]) if not (r.nonnegative or r.nonpositive) else (False, False)
            up, down = up and (r.nonnegative or exact[0]), down and (r.nonpositive or exact[1])
        for k in range(len(pieces) - 1):
            point = pieces[k][0].high
            assert point is not None
            left, right = self.at(pieces[k][1], point), self.at(pieces[k + 1][1], point)
            here = self.settled(Region(point, point))
            if (
                isinstance(here, Region)
                or not is_zero(simplify([build.sub(left, right)])[0])
                or not is_zero(simplify([build.sub(left, self.at(here, point))])[0])
            ):
                return False, False
            jump = self.sign(build.sub(self.at(slopes[k + 1], point), self.at(slopes[k], point)))
            up, down = up and jump >= 0, down and jump <= 0
        return up, down


def by_pieces(phi: Expr, t: Expr, ranges: Mapping[Expr, Range]) -> tuple[bool, bool]:
    """(convex, concave) of phi(t); False where it is not proven."""
    try:
        return Pieces(phi, t, ranges).verdict()
    except (Unsettled, SymdiffError):
        return False, False
