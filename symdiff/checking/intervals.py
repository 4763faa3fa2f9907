"""Between which numbers the entries of nodes lie, and which of two nodes is never the larger one.

In: nodes of formula or answer. Out: intervals, exact where their ends are finite fractions and rounded outwards elsewhere; and whether one
node is proven to be at least another: by their intervals, by their difference as a sum of squares, or by an inequality that has a name (`wholes`) or is made of such (`inequalities`). Nothing
is tried out: what is not proven is not known. It ends because every node is visited once, and forms have FORM atoms at most.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import inf, isfinite, isnan, nextafter
from typing import Any

from symdiff.checking.directions import LENGTH
from symdiff.checking.inequalities import never_less
from symdiff.checking.wholes import listed
from symdiff.expr import build
from symdiff.expr.build import ONE
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, POW, PROD, SUM, UNIT, VAR, Expr
from symdiff.expr.patterns import has_two_factors, is_call, is_call_of, is_declared, is_multiple, is_squared
from symdiff.expr.walk import topological, unnamed
from symdiff.table import TABLE
from symdiff.table.groups import LARGEST_OR_SMALLEST

End = Any  # a fraction or a whole number; a float is infinite, or rounded
Interval = tuple[End, End]
ANYTHING: Interval = -inf, inf

# Longer fractions are rounded; larger powers are not computed; atoms of a quadratic form at most.
BITS, LARGEST_POWER, FORM, DEEP = 900, 100, 8, 4

MAGNITUDES = frozenset(("abs",))

# Increasing functions of which doubles are good to a unit or two in the last place.
INCREASING: Mapping[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "log1p": math.log1p,
    "expm1": math.expm1,
    "sqrt": math.sqrt,
    "arctan": math.atan,
    "tanh": math.tanh,
    "sinh": math.sinh,
    "arcsinh": math.asinh,
    "erf": math.erf,
}
ULPS = 4


class Bounds:
    """The least and the greatest value that the entries of nodes may have; (-inf, inf) where nothing is known."""

    def __init__(self) -> None:
        self.known: dict[Expr, Interval] = {}

    def __call__(self, root: Expr) -> Interval:
        for node in topological([root], self.known):
            if node not in self.known:
                low, high = self._of(node)
                self.known[node] = _rounded(low, -inf), _rounded(high, inf)
        return self.known[root]

    def ordered(self, larger: Expr, smaller: Expr, depth: int = 2) -> bool:
        """Whether the entries of the first are proven to be at least those of the second, at the same places, wherever both have values."""
        low, high = self(larger)[0], self(smaller)[1]
        if low >= high:
            return True
        a, b = unnamed(larger), unnamed(smaller)
        if depth and self._by_arguments(a, b, depth - 1):
            return True
        if a is b or (a.op == SUM and b.op == SUM and a.args == b.args and a.data == b.data) or listed(a, b):
            return True
        mine, theirs = in_pi(a), in_pi(b)
        if mine is not None and theirs is not None and mine[0] >= theirs[1]:
            return True
        if not (a.shape or b.shape):
            form = SquareForm()
            if form.add(a, Fraction(1)) and form.add(b, Fraction(-1)) and form.never_negative():
                return True
        return never_less(a, b, self, in_pi_of_a_call, (lambda x, y: self.ordered(x, y, 0)) if depth else None)

    def _by_arguments(self, a: Expr, b: Expr, depth: int) -> bool:
        """Whether it is so by what max, min and abs are of."""
        if is_call_of(a, LARGEST_OR_SMALLEST) and (any if a.data == "max" else all)(self.ordered(arg, b, depth) for arg in a.args):
            return True
        if is_call_of(b, LARGEST_OR_SMALLEST) and (all if b.data == "max" else any)(self.ordered(a, arg, depth) for arg in b.args):
            return True
        return is_call_of(b, MAGNITUDES) and all(self.ordered(a, e, depth) for e in (b.args[0], build.neg(b.args[0])))

    # ------------------------------------------------------------------------------------------ intervals

    def _of(self, node: Expr) -> Interval:
        op, args = node.op, [self.known[a] for a in node.args]
        if op == NUM:
            return node.data, node.data
        if op == CONST:
            return nextafter(math.pi, 3), nextafter(math.pi, 4)
        if op == DIM:
            return 1, inf
        if op in (DELTA, UNIT):
            return 0, 1
        if op == NAME:
            return args[0]
        if op == VAR:
            words = set(node.data[1])
            return (0, 1) if words & {"onehot", "simplex"} else (0, inf) if words & {"positive", "nonnegative"} else ANYTHING
        if op == SUM:
            parts = [_times(i, (c, c)) for c, i in zip(node.data, args, strict=True)]
            return _sum([low for low, _ in parts], -inf), _sum([high for _, high in parts], inf)
        if op == PROD:
            return self._product(node, args)
        if op == POW:
            return self._power(node, args)
        if op == CALL:
            return self._call(node, args)
        return ANYTHING

    def _power(self, node: Expr, args: list[Interval]) -> Interval:
        exponent = unnamed(node.args[1])
        (low, high), k = args[0], exponent.data
        if exponent.op != NUM:
            return (0, inf) if low >= 0 else ANYTHING
        if isinstance(k, int) and abs(k) <= LARGEST_POWER:
            if k < 0:
                low, high, k = (*_inverse(low, high), -k)
            if k % 2 == 0:
                low, high = (0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
            return _whole_power(low, k, -inf), _whole_power(high, k, inf)
        if low >= 0 or (isinstance(k, Fraction) and k.denominator % 2 == 0):
            if k > 0 and low > 0 and isfinite(low) and k * 2 == 1:
                return _mapped(math.sqrt, low, high)
            return 0, inf
        return ANYTHING

    def _product(self, node: Expr, args: list[Interval]) -> Interval:
        labels, out = node.data
        found: Interval = 1, 1
        left = sorted(range(len(args)), key=lambda k: is_declared(unnamed(node.args[k]), "psd"))  # those are taken first
        while left:
            k = left.pop()
            twin = next((j for j in left if node.args[j] is node.args[k] and labels[j] == labels[k]), None)
            part = args[k]
            if twin is not None:
                left.remove(twin)
                part = 0, max(_times(part, part))
            elif (both := _around(node, k, left)) is not None:
                left = [j for j in left if j not in both]
                part = 0, inf
            found = _times(found, part)
        if set().union(*labels) - set(out):
            return (0 if found[0] >= 0 else -inf), (0 if found[1] <= 0 else inf)
        return found

    def _call(self, node: Expr, args: list[Interval]) -> Interval:
        if node.data == LENGTH:
            return 0, inf
        if node.data not in TABLE:  # an adjugate
            return ANYTHING
        row = TABLE[node.data]
        if node.data == "max":
            return max(args[0][0], args[1][0]), max(args[0][1], args[1][1])
        if node.data == "min":
            return min(args[0][0], args[1][0]), min(args[0][1], args[1][1])
        if node.data == "if":
            return min(args[1][0], args[2][0]), max(args[1][1], args[2][1])
        if node.data in ("max_entries", "min_entries", "rowmax", "rowmin", "mean", "rowmean"):
            return args[0]
        if node.data == "abs":
            low, high = args[0]
            return (low if low > 0 else -high if high < 0 else 0), max(abs(low), abs(high))
        if node.data == "relu":
            return max(args[0][0], 0), max(args[0][1], 0)
        low, high = _range(row.range)
        if node.data in INCREASING:
            below, above = _mapped(INCREASING[node.data], *args[0])
            low, high = max(low, below), min(high, above)
        return low, high


def _around(node: Expr, k: int, left: list[int]) -> list[int] | None:
    """Of a psd factor the others that stand on both sides of it alike, so that all is never negative: x'*P*x, P[1,1], tr(P)."""
    (labels, out), p = node.data, unnamed(node.args[k])
    if not is_declared(p, "psd"):
        return None
    a, b = labels[k]
    if a == b:
        return []
    sides = [[j for j in left if labels[j] == (label,)] for label in (a, b)]
    touching = [j for j in range(len(labels)) if j != k and {a, b} & set(labels[j])]
    alike = sorted(node.args[j].key for j in sides[0]) == sorted(node.args[j].key for j in sides[1])
    return [*sides[0], *sides[1]] if alike and len(touching) == sum(map(len, sides)) and not {a, b} & set(out) else None


def _range(text: str) -> Interval:
    """The range of a row, `-pi/2 < y < pi/2`."""
    match = re.fullmatch(r"(?:(\S+) <=? )?y(?: (<=?|>=?) (\S+))?", text)
    if not match:
        return ANYTHING
    ends = [_end(t) if t else None for t in (match[1], match[3])]
    if match[2] and match[2][0] == ">":
        ends = ends[::-1]
    low, high = ends
    return (-inf if low is None else low[0]), (inf if high is None else high[1])


def in_pi(node: Expr) -> Interval | None:
    """The interval of a number's multiples of arctan and the like, in parts of pi, whose ends no fraction is; None of what is none."""
    c, e = Fraction(1), unnamed(node)
    for _ in range(DEEP):
        if is_multiple(e):
            c, e = c * e.data[0], unnamed(e.args[0])
        elif e.op == PROD and not e.shape and not any(a.shape for a in e.args):
            d, factors = _factors(e)
            divided = [f for f in factors if f.op == POW and unnamed(f.args[0]).op == unnamed(f.args[1]).op == NUM and f.args[1].data == -1]
            for f in divided:
                d /= unnamed(f.args[0]).data
            rest = [f for f in factors if f not in divided]
            if len(rest) != 1:
                return None
            c, e = c * d, rest[0]
        else:
            break
    if e.op == CONST:
        return c, c
    if is_call_of(e, MAGNITUDES):
        inner = in_pi_of_a_call(unnamed(e.args[0]))
        return None if inner is None else _times((0, max(abs(end) for end in inner)), (c, c))
    inner = in_pi_of_a_call(e)
    return None if inner is None else _times(inner, (c, c))


def in_pi_of_a_call(e: Expr) -> Interval | None:
    """The range of a function, in parts of pi: (-1/2, 1/2) of arctan."""
    match = re.fullmatch(r"(\S+) <=? y <=? (\S+)", TABLE[e.data].range) if e.op == CALL and e.data in TABLE else None
    ends = [re.fullmatch(r"(?:(-?)pi(?:/(\d+))?|0)", t) for t in match.groups()] if match else [None]
    if not all(ends) or not any("pi" in m[0] for m in ends if m):
        return None
    low, high = (Fraction(0) if m[0] == "0" else Fraction(-1 if m[1] else 1, int(m[2] or 1)) for m in ends if m)
    return low, high


def _end(text: str) -> Interval:
    """A number of a range, between two numbers: what is made of pi is none of them."""
    match = re.fullmatch(r"(-?)pi(?:/(\d+))?", text)
    if not match:
        try:
            return Fraction(text), Fraction(text)
        except ValueError:
            return ANYTHING
    value = math.pi / int(match[2] or 1) * (-1 if match[1] else 1)
    return nextafter(value, -inf), nextafter(value, inf)


def _rounded(end: End, outwards: float) -> End:
    """An end that stays short."""
    if isinstance(end, float):
        return outwards if isnan(end) else end if not isfinite(end) else Fraction(end)
    size = end.numerator.bit_length() + end.denominator.bit_length()
    if size <= BITS:
        return end
    try:
        return Fraction(nextafter(float(end), outwards))
    except (OverflowError, ValueError):
        return outwards


def _sum(ends: list[End], outwards: float) -> End:
    if any(isinstance(e, float) and not isfinite(e) for e in ends):
        return outwards
    return sum(ends, Fraction(0))


def _times(a: Interval, b: Interval) -> Interval:
    ends = [_multiplied(x, y) for x in a for y in b]
    return min(ends), max(ends)


def _multiplied(x: End, y: End) -> End:
    if not x or not y:
        return 0
    if isfinite(x) and isfinite(y):
        return x * y
    return inf if (x > 0) == (y > 0) else -inf


def _inverse(low: End, high: End) -> Interval:
    if low < 0 < high:
        return ANYTHING
    return (
        (Fraction(1) / Fraction(high) if isfinite(high) and high else 0 if high else -inf),
        (Fraction(1) / Fraction(low) if isfinite(low) and low else 0 if low else inf),
    )


def _whole_power(end: End, k: int, outwards: float) -> End:
    """A power of an end that is at least 0, if k is even."""
    if not isfinite(end):
        return end if k % 2 else inf
    exact = Fraction(end)
    if (exact.numerator.bit_length() + exact.denominator.bit_length()) * k > BITS:
        return 0 if outwards < 0 and k % 2 == 0 else outwards
    return exact**k


def _mapped(function: Callable[[float], float], low: End, high: End) -> Interval:
    """An increasing function of an interval."""
    return _valued(function, low, -inf), _valued(function, high, inf)


def _valued(function: Callable[[float], float], end: End, outwards: float) -> End:
    try:
        x = float(end)
        value = function(x if x == end else nextafter(x, outwards))
    except (ValueError, OverflowError):  # outside the domain, or beyond doubles
        return outwards
    if isnan(value) or not isfinite(value):
        return outwards
    if end in (0, 1) and value == int(value):
        return int(value)  # exp(0), log(1), sqrt(1)
    for _ in range(ULPS):
        value = nextafter(value, outwards)
    return value


# ---------------------------------------------------------------------------------------------- squares


class SquareForm:
    """A number as a sum of c*<u, v> of nodes u and v of one shape, with <u, v> the sum of the products of their entries.

    It is never negative if the coefficients of each shape make a matrix without negative eigenvalues: x^2 - 2*x + 2, x.x - 2*x.y + y.y.
    """

    def __init__(self) -> None:
        self.coefficients: dict[tuple[Expr, Expr], Fraction] = {}
        self.atoms: dict[Expr, None] = {}

    def add(self, e: Expr, c: Fraction) -> bool:
        """Whether c*e could be added."""
        stack = [(e, c)]
        while stack:
            e, c = stack.pop()
            e = unnamed(e)
            if e.op == NUM:
                self.put(ONE, ONE, c * e.data)
            elif e.op == SUM:
                stack += [(a, c * d) for d, a in zip(e.data, e.args, strict=True)]
            elif is_squared(e):
                base = unnamed(e.args[0])
                square = _combination(base.args[0] if is_call(base, "norm2") else base)
                self.multiply(square, square, c)
            elif e.op == PROD and not e.shape and not any(a.shape for a in e.args):
                d, factors = _factors(e)
                if len(factors) < 2:
                    stack.append((factors[0] if factors else ONE, c * d))
                elif len(factors) == 2:
                    self.multiply(_combination(factors[0]), _combination(factors[1]), c * d)
                else:
                    self.put(e, ONE, c)
            elif e.op == PROD and not e.shape and (pair := self.contracted(e)) is not None:
                d, u, v = pair
                self.multiply(_combination(u), _combination(v), c * d)
            else:
                self.put(e, ONE, c)
            if len(self.atoms) > FORM or len(stack) > 4 * FORM:
                return False
        return True

    @staticmethod
    def contracted(e: Expr) -> tuple[Fraction, Expr, Expr] | None:
        """c, u and v of c*<u, v>, the square of entries included."""
        c, factors = Fraction(1), []
        for a, ls in zip(e.args, e.data[0], strict=True):
            if unnamed(a).op == NUM:
                c *= unnamed(a).data
            else:
                factors.append((a, ls))
        if any(len(set(ls)) < len(ls) for _, ls in factors):
            return None
        if len(factors) == 2 and factors[0][1] == factors[1][1]:
            return c, factors[0][0], factors[1][0]
        if len(factors) != 1:
            return None
        inner = unnamed(factors[0][0])
        if is_squared(inner) and inner.shape:
            return c, inner.args[0], inner.args[0]
        if has_two_factors(inner) and inner.data[0] == (inner.data[1],) * 2:
            return c, inner.args[0], inner.args[1]
        if inner.op == PROD and not inner.shape:
            pair = SquareForm.contracted(inner)
            return None if pair is None else (c * pair[0], *pair[1:])
        return None

    def multiply(self, u: dict[Expr, Fraction], v: dict[Expr, Fraction], c: Fraction) -> None:
        for a, p in u.items():
            for b, q in v.items():
                self.put(a, b, c * p * q)

    def put(self, u: Expr, v: Expr, c: Fraction) -> None:
        self.atoms |= {u: None, v: None}
        for pair in ((u, v), (v, u)):
            self.coefficients[pair] = self.coefficients.get(pair, Fraction(0)) + c / 2

    def never_negative(self) -> bool:
        """By elimination of one atom after the other, in fractions."""
        rest, left = dict(self.coefficients), list(self.atoms)
        while left:
            u = left.pop()
            d = rest.get((u, u), Fraction(0))
            beside = {v: rest[u, v] for v in left if rest.get((u, v))}
            if d < 0 or (not d and beside):
                return False
            for v, p in beside.items():
                for w, q in beside.items():
                    rest[v, w] = rest.get((v, w), Fraction(0)) - p * q / d
        return True


def _factors(product: Expr) -> tuple[Fraction, list[Expr]]:
    """A product of numbers: what of it is known, and the other factors, as far as there are few."""
    c, stack = Fraction(1), [product]
    found: list[Expr] = []
    while stack and len(found) <= FORM:
        e = unnamed(stack.pop())
        if e.op == NUM:
            c *= e.data
        elif e.op == PROD and not any(a.shape for a in e.args):
            stack += e.args
        elif is_multiple(e):
            c *= e.data[0]
            stack += e.args
        else:
            found.append(e)
    return c, found


def _combination(e: Expr) -> dict[Expr, Fraction]:
    """A node as a sum of multiples of others."""
    found: dict[Expr, Fraction] = {}
    stack = [(e, Fraction(1))]
    while stack and len(found) <= FORM:
        e, c = stack.pop()
        e = unnamed(e)
        if e.op == SUM:
            stack += [(a, c * d) for d, a in zip(e.data, e.args, strict=True)]
        elif e.op == NUM and not e.shape:
            found[ONE] = found.get(ONE, Fraction(0)) + c * e.data
        else:
            found[e] = found.get(e, Fraction(0)) + c
    return found


__all__ = ["Bounds"]
