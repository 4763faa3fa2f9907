"""Products of a value and inverse norms that stay in range: x.y/(norm2(x)*norm2(y)) is (x/norm2(x)).y/norm2(y), whose parts are no larger than y.

In and out: expressions of the same values. One walk, arguments first; every rule looks at one product: a norm divides the vector that it is of, in the
dot product where that stands, and norms that divide a sum come in an order in which what is left is of the size of the rest. One vector is divided
in the place of a number, and no dot product is computed for a square. The norms of rows are those of vectors, with an axis in front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, ZERO, Labels
from symdiff.expr.node import POW, PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import (
    has_number_exponent,
    has_one_factor,
    has_scalar_factors,
    has_whole_exponent,
    is_call,
    is_call_of,
    is_multiple,
    is_squared,
)
from symdiff.expr.walk import substitute, topological, unnamed, variables
from symdiff.numeric.lengths import kept_from_zero, length
from symdiff.simplify.facts import Facts

Factor = tuple[Expr, Labels]
FactorsOf = Callable[[Expr], list[Factor]]

DEEP = 6

MAGNITUDES = ("abs",)
SIDES = ("hypot",)  # a length by those of parts
NORMS = ("norm2", "rownorm2", "_rownorm2")
SIZES = (*NORMS, "normp")  # no entry is larger

# Higher powers are left as they are.
MAX_POWER = 8


def scaled(exprs: Sequence[Expr], factors_of: FactorsOf) -> list[Expr]:
    """The expressions with such products. factors_of: the factors of a product that adds nothing up, with their labels; none of long ones."""
    if not any(n.op == POW and norm_of(n) is not None for n in topological(exprs)):
        return list(exprs)

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        made = make(node.op, kids, node.data, node.shape)
        return _product(made, factors_of) if node.op == PROD else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _product(e: Expr, factors_of: FactorsOf) -> Expr:
    """e with its norms where they keep it in range; e itself where they are."""
    factors = merged(opened(factors_of(e), factors_of))
    divisors = [
        (factor, found) for factor in factors if (found := norm_of(factor[0])) is not None and overflows(factors, found, factors_of)
    ]
    made = factors
    for divisor, found in divisors:
        made = _spread_over(made, divisor, found, e.data[1], factors_of)
    several = len(divisors) > 1
    last = _last(made) if several else []
    if not {label for _, ls in last for label in ls} <= set(e.data[1]):
        last = []
    if made is factors and not last:
        return e
    sizes = dict(zip(e.data[1], e.shape, strict=True)) | {label: d for f, ls in factors for label, d in zip(ls, f.shape, strict=True)}
    first = [factor for factor in made if factor not in last]
    inner = build.contract([f for f, _ in first], [ls for _, ls in first], e.data[1], sizes)
    return (
        build.contract([whole(inner, "rest"), *[f for f, _ in last]], [e.data[1], *[ls for _, ls in last]], e.data[1], sizes)
        if last
        else inner
    )


def opened(factors: list[Factor], factors_of: FactorsOf) -> list[Factor]:
    """The factors, those of the multiple of a quotient by norms among them: -x.y/(|x|*|y|)^3 beside another norm; (x.x + 1)*n as two to divide by."""
    found: list[Factor] = []
    for f, labels in factors:
        below = unnamed(f.args[0]) if has_whole_exponent(f) and not f.shape else f
        if f.op == POW and has_scalar_factors(below):
            powers = [build.power(g, f.args[1]) for g in below.args]
            found += [(g, ()) for g in powers] if any(norm_of(g) is not None for g in powers) else [(f, labels)]
            continue
        c, inner = multiple(f)
        parts = factors_of(inner) if c != 1 and inner.op == PROD and not inner.shape else []
        if any(norm_of(g) is not None for g, _ in parts) and not any(ls for _, ls in parts):
            found += [(build.num(c), ()), *parts]
        else:
            found.append((f, labels))
    return found


def merged(factors: list[Factor]) -> list[Factor]:
    """The factors, of which one alone divides by powers of a norm: 1/|y|^2*(1/|y|) is 1/|y|^3."""
    found: list[Factor] = []
    for f, labels in factors:
        k = next((k for k, (g, ls) in enumerate(found) if ls == labels and f.op == g.op == POW and f.args[0] is g.args[0]), None)
        both = None if k is None or norm_of(f) is None else build.power(f.args[0], build.num(f.args[1].data + found[k][0].args[1].data))
        if k is None or both is None or norm_of(both) is None:
            found.append((f, labels))
        else:
            found[k] = both, labels
    return found


def overflows(factors: list[Factor], divisor: Divisor, factors_of: FactorsOf) -> bool:
    """Whether a quotient is undefined where x is large: x.x/(1 + x.x) is, x/(1 + x.x) is 0."""
    if not divisor.plain:
        return True
    way = _Divided(divisor, factors_of)
    return len(divisor.unit.shape) == 0 and sum(max(way.degree(f, None, DEEP), 0) for f, _ in factors if norm_of(f) is None) > 1


def whole(e: Expr, label: str) -> Expr:
    """A product that is computed as it is, before what it is multiplied with."""
    return build.name(label, e, given=False)


def multiple(e: Expr) -> tuple[Number, Expr]:
    """The number in front of a value, and the value."""
    c: Number = 1
    e = unnamed(e)
    while is_multiple(e):
        c, e = c * e.data[0], unnamed(e.args[0])
    return c, e


def times(c: Number, e: Expr) -> Expr:
    return e if c == 1 else build.linear([c], [e])


class Divisor(NamedTuple):
    """One over |u|^times, of a vector, of all entries, or of every row, or over a length with |u| in it; unit: one over this length."""

    u: Expr
    times: int
    unit: Expr
    others: tuple[Expr, ...] = ()  # of the length of several: sqrt(x.x + y.y)
    bounds: bool = False  # the length is not 0 with u: sqrt(x.x + 1)
    plain: bool = False  # no root is taken of it: x.x + 1


def norm_of(divisor: Expr) -> Divisor | None:
    """Of what a factor is one over a power of the norm, or of the square of it; also where that is kept from being 0."""
    if not has_number_exponent(divisor) or divisor.args[1].data not in (-1, -2, -3, -4):
        return None
    times: int = -divisor.args[1].data
    norm = unnamed(divisor.args[0])
    below = kept_from_zero(norm)
    kept = below is not None
    if below is not None:
        norm = unnamed(below)
    if has_number_exponent(norm) and norm.args[1].data in (2, 3, 4):
        times, norm = times * norm.args[1].data, unnamed(norm.args[0])
    if is_call(norm, *SIZES):
        u, size = unnamed(norm.args[0]), norm
    elif (found := square_of(norm)) is not None:
        u, size, times = found, build.call("rownorm2" if norm.shape else "norm2", found), 2 * times
    else:
        return None if kept else length_of(norm, times)
    if len(norm.shape) > 1:
        return None
    return Divisor(u, times, build.power(build.call("if", build.call("eq", size, ZERO), ONE, size) if kept else size, MINUS_ONE))


def length_of(norm: Expr, times: int) -> Divisor | None:
    """Of hypot(norm2(x), 1), of sqrt(x.x + 1), and of what is the square of one."""
    plain = norm.op == SUM
    size = length(norm) if plain else norm
    if size is None or not is_call_of(size, SIDES) or len(size.shape) > 1:
        return None
    parts: list[Expr] = []
    facts = Facts()
    stack = [size]
    while stack:
        _, e = multiple(stack.pop())
        if is_call_of(e, SIDES):
            stack += e.args
        elif is_call(e, *NORMS):
            parts.append(unnamed(e.args[0]))
        elif has_scalar_factors(e) and sum(not facts.positive(f) for f in e.args) == 1:  # |x|*sqrt(1/n)
            stack += [f for f in e.args if not facts.positive(f)]
        elif variables([e]):
            parts.append(e)
    if len(parts) > 1 and not all(part.shape for part in parts):
        return None
    return Divisor(parts[0], 2 * times if plain else times, build.power(size, MINUS_ONE), tuple(parts[1:]), True, plain) if parts else None


def is_spread(e: Expr, number: Expr) -> bool:
    return e is number or (has_one_factor(e) and e.args[0] is number)


def pair_of(e: Expr) -> tuple[Expr, Expr] | None:
    """x and y, of the sum of all x[k]*y[k], or of these sums row by row."""
    if e.op != PROD or e.data[1] != tuple(range(len(e.shape))) or len(e.shape) > 1:
        return None
    own = e.data[0][0] if e.data[0] else ()
    if own != tuple(range(len(own))) or len(own) <= len(e.shape):
        return None
    if len(e.args) == 1:  # a sum of products, entry by entry
        inner = unnamed(e.args[0])
        if is_squared(inner):
            return inner.args[0], inner.args[0]
        return (inner.args[0], inner.args[1]) if inner.op == PROD and inner.data == ((own, own), own) else None
    return (e.args[0], e.args[1]) if e.data[0] == (own, own) else None


def square_of(e: Expr) -> Expr | None:
    """u, of u.u."""
    pair = pair_of(unnamed(e))
    return unnamed(pair[0]) if pair is not None and unnamed(pair[0]) is unnamed(pair[1]) else None


def _spread_over(factors: list[Factor], divisor: Factor, found: Divisor, out: Labels, factors_of: FactorsOf) -> list[Factor]:
    """The factors with u/|u| in the place of u: in u.v, where entries of u are summed over, and of higher powers everywhere."""
    by, labels = divisor
    left = found.times
    new = list(factors)
    way, far = _Divided(found, factors_of), found.times > 1 or len(factors) > 2
    alone = len([f for f, _ in factors if norm_of(f) is not None]) == 1

    def rank_of(f: Expr, ls: Labels) -> int | None:
        _, inner = multiple(f)
        if pair_of(inner) is not None and square_of(inner) is None:
            return 0
        if any(v in (inner, unnamed(f)) for v in way.vectors) and (far or (ls and ls[-1] not in out)):
            return 1
        return 2 if found.times > 1 or (far and inner.op == PROD) or (alone and inner.op == SUM and divides_by_norm(inner)) else None

    for rank in range(3):
        for k, (f, ls) in enumerate(factors):
            if (
                rank_of(f, ls) != rank
                or not left
                or f is by
                or new[k][0] is not f
                or norm_of(f) is not None
                or (labels and ls.count(labels[0]) != 1)
            ):
                continue
            axis = ls.index(labels[0]) if labels else None
            often = min(way.degree(f, axis, DEEP), left)
            if often > 0:
                new[k], left = (way.divided(f, axis, often, DEEP), ls), left - often
    if left == found.times:
        return factors
    rest = [(build.power(found.unit.args[0], build.num(-left)), labels)] if left else []
    return [f for f, old in zip(new, factors, strict=True) if old is not divisor] + rest


def divides_by_norm(total: Expr) -> bool:
    """Whether a term of a sum is divided by a norm."""
    parts = [unnamed(a) for t in total.args for a in ((unnamed(t), *unnamed(t).args) if unnamed(t).op == PROD else (t,))]
    return any(norm_of(a) is not None for a in parts)


class _Divided:
    """Values divided by powers of |u|, of which they have as many in every term."""

    def __init__(self, divisor: Divisor, factors_of: FactorsOf) -> None:
        self.u, self.unit, self.factors_of, self.bounds = divisor.u, divisor.unit, factors_of, divisor.bounds
        self.vectors = (divisor.u, *divisor.others)
        below = unnamed(divisor.unit.args[0])
        self.sizes = (below, unnamed(kept_from_zero(below) or below))

    def direction(self, u: Expr) -> Expr:
        own = tuple(range(len(u.shape)))
        made = build.contract([self.unit, u], [own[: len(self.unit.shape)], own], own)
        return whole(made, "unit" if own else f"unit{made.key % 10**6}")  # plain C has one variable for a name

    def is_norm(self, e: Expr) -> bool:
        if self.bounds:
            return e is unnamed(self.unit.args[0]) or (is_call(e, *NORMS) and self.is_vector(unnamed(e.args[0])))
        return is_call(e, *SIZES) and e in self.sizes

    def is_vector(self, e: Expr) -> bool:
        return any(e is v for v in self.vectors)

    def parts(self, e: Expr, axis: int | None) -> list[tuple[Expr, Labels, int | None]] | None:
        """The factors of a product with their labels, and the axes along which they have the rows."""
        place = None if axis is None else e.data[1][axis]
        found = self.factors_of(e)
        if not found or any(place is not None and ls.count(place) > 1 for _, ls in found):
            return None
        return [(f, ls, None if place is None or place not in ls else ls.index(place)) for f, ls in found]

    def degree(self, e: Expr, axis: int | None, depth: int) -> int:
        """How often e may be divided. axis: along which it has the rows."""
        e = unnamed(e)
        if self.unit.shape and axis is None:
            return 0
        if self.is_vector(e) or self.is_norm(e):
            return int(not axis)
        if e.op == POW and (found := norm_of(e)) is not None and found.u is self.u:
            return -found.times
        if not depth:
            return 0
        if e.op == SUM:
            degrees = [self.degree(a, axis, depth - 1) for a in e.args]
            return max(degrees) if self.bounds else min(degrees)
        if has_whole_exponent(e) and 0 < e.args[1].data <= MAX_POWER:
            return int(e.args[1].data) * self.degree(e.args[0], axis, depth - 1)
        if is_call_of(e, MAGNITUDES):
            return self.degree(e.args[0], axis, depth - 1)
        pair = pair_of(e)
        if pair is not None:
            return sum(self.degree(a, axis, depth - 1) for a in pair)
        if e.op == PROD and (parts := self.parts(e, axis)) is not None:
            return sum(self.degree(f, at, depth - 1) for f, _, at in parts)
        return 0

    def divided(self, e: Expr, axis: int | None, often: int, depth: int) -> Expr:
        """e/|u|^often."""
        c, inner = multiple(e)
        if self.is_vector(unnamed(e)):  # which may be a multiple itself, -(A*x)
            c, inner = 1, unnamed(e)
        if not often:
            return e
        if self.bounds and (least := max(self.degree(inner, axis, depth), 0)) < often:  # a term that grows less: 1 of 1 - x^2
            own = tuple(range(len(inner.shape)))
            less = build.power(self.unit.args[0], build.num(least - often))
            return build.contract([less, self.divided(e, axis, least, depth)], [own[axis or 0 :][: len(less.shape)], own], own)
        if self.is_vector(inner):
            return times(c, self.direction(inner))
        if self.is_norm(inner):
            if self.bounds and inner is not unnamed(self.unit.args[0]):
                own = tuple(range(len(inner.shape)))
                return times(c, build.contract([self.unit, inner], [own, own], own))
            return times(c, build.spread(ONE, inner.shape))
        if inner.op == SUM:
            return times(c, make(SUM, tuple([self.divided(a, axis, often, depth - 1) for a in inner.args]), inner.data, inner.shape))
        if is_call_of(inner, MAGNITUDES):
            return times(c, build.call(inner.data, self.divided(inner.args[0], axis, often, depth - 1)))
        if inner.op == POW:
            base, power = inner.args[0], int(inner.args[1].data)
            if often % power == 0 and power > 2:
                return times(c, build.power(self.divided(base, axis, often // power, depth - 1), inner.args[1]))
            shares = [often // power + (k < often % power) for k in range(power)]
            return times(c, reduce(build.elementwise, [self.divided(base, axis, k, depth - 1) if k else base for k in shares]))
        pair = pair_of(inner)
        if pair is not None:
            own = tuple(range(len(pair[0].shape)))
            args, left = [], often
            for a in pair:
                k = max(min(self.degree(a, axis, depth - 1), left), 0)
                args.append(self.divided(a, axis, k, depth - 1) if k else a)
                left -= k
            assert not left, "divided as often as its degree says"
            return times(c, build.contract(args, [own, own], own[: len(inner.shape)]))
        made, left = [], often
        for f, ls, at in self.parts(inner, axis) or []:
            k = max(min(self.degree(f, at, depth - 1), left), 0)
            made.append((self.divided(f, at, k, depth - 1) if k else f, ls))
            left -= k
        assert not left, "divided as often as its degree says"
        sizes = dict(zip(inner.data[1], inner.shape, strict=True))
        return times(c, build.contract([f for f, _ in made], [ls for _, ls in made], inner.data[1], sizes))


def _last(factors: list[Factor]) -> list[Factor]:
    """The norms of what the rest does not grow with, unless that is all of them: y - u*(u.y) is of the size of y."""
    rest = [f for f, _ in factors if norm_of(f) is None]
    of = [(factor, found.u) for factor in factors if (found := norm_of(factor[0])) is not None and factor[0].args[1] is MINUS_ONE]
    last = [factor for factor, u in of if not any(degree(r, u, DEEP) > 0 for r in rest)]
    return last if len(last) < len(of) else []


def degree(e: Expr, u: Expr, depth: int) -> float:
    """The least power of the size of u in the terms of e."""
    e = unnamed(e)
    if e is u:
        return 1
    if not depth:
        return 0
    if e.op == SUM:
        return min(degree(a, u, depth - 1) for a in e.args)
    if e.op == PROD:
        return sum(degree(a, u, depth - 1) for a in e.args)
    if has_number_exponent(e):
        return float(e.args[1].data) * degree(e.args[0], u, depth - 1)
    return degree(e.args[0], u, depth - 1) if is_call_of(e, NORMS) else 0
