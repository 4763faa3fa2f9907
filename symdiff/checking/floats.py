"""Floating-point numbers, many points at once: the arithmetic of the first look at an answer.

A scalar is an array with one number per point, or a plain float where it is the same everywhere. Where a function has no real
value, or a number is too large for a double, it is nan or infinite. What is decided here is decided again in many digits
before it is said; the arithmetic of `fields` reads every function in the same way.

A bracket that is false is strongly zero: `strong` keeps, for arrays that have such zeros, where they are. Comparisons are noted as
`Site`s: the difference of the two sides at every point, so that points on both sides can be looked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from symdiff.checking.adjugates import by_minors
from symdiff.checking.components import Flat, Scalar, Undecided
from symdiff.checking.fields import Trees
from symdiff.expr.node import Expr, Number

# Relative to the operands (at least SMALLEST): nearer than TIE they are equal up to rounding; nearer than NEAR, too near to a kink.
TIE, NEAR, SMALLEST = 1e-12, 1e-7, 1e-3

# Of the product of the lengths of its rows, a determinant that rounding cannot tell from 0.
SINGULAR = 1e-14

# Cofactors of larger matrices are made of the inverse, where there is one.
_MINORS = 8

# The values of `Site.sides`: below, a tie, above; too near to tell; one of the two has no value.
CLOSE, NOTHING = 2, 3


class Site(NamedTuple):
    """A comparison of two scalars while a node was computed: the key tells comparisons of one kind from others."""

    key: tuple[Expr | None, int]
    difference: Any  # at every point
    sides: Any  # -1, 0, 1, CLOSE or NOTHING at every point


class Floats(Trees):
    """Doubles at `count` points."""

    zero, one, pi, nan = 0.0, 1.0, math.pi, math.nan

    def __init__(self, count: int, jumps: dict[tuple[Expr | None, int], float] | None = None) -> None:
        """jumps: of floor and its like, the one jump whose sides are told apart; made where it is missing, and kept for other points."""
        self.count = count
        self.jumps = {} if jumps is None else jumps
        self.strong: dict[int, tuple[Any, Any]] = {}  # id of an array: the array, and where it is strongly zero
        self.listening = True
        self.strict = False
        self.watch()

    @contextmanager
    def strictly(self) -> Iterator[None]:
        self.strict = True
        try:
            yield
        finally:
            self.strict = False

    def watch(self) -> None:
        """Forget the comparisons met so far."""
        self.sites: list[Site] = []
        self.mark(None, False)

    def mark(self, node: Expr | None, counting: bool) -> None:
        """What is computed next: one entry of a node (its comparisons are told apart), or a whole node (they are not); None: nothing with a kink."""
        self.node, self.ordinal, self.step = node, 0, int(counting)

    def admit(self, node: Expr | None, flat: Flat) -> None:
        """Numbers do not grow."""

    def number(self, value: Number) -> Scalar:
        if value == 0:
            return self.zero
        if value == 1:
            return self.one
        try:
            return float(value)
        except OverflowError:
            return math.inf

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        if len(terms) == 1:
            return terms[0]
        total = terms[0] + terms[1] if len(terms) > 1 else 0.0
        for t in terms[2:]:
            total = total + t
        return total + 0.0 if total is self.zero else total

    def mul(self, a: Scalar, b: Scalar) -> Scalar:
        if a is self.zero or b is self.zero:
            return self.zero
        if a is self.one:
            return b
        if b is self.one:
            return a
        strong = self.strong
        if strong:
            here, there = strong.get(id(a)), strong.get(id(b))
            if here is not None or there is not None:
                where = here[1] if there is None else there[1] if here is None else here[1] | there[1]  # type: ignore[index]
                value = np.where(where, 0.0, a * b)
                strong[id(value)] = value, where
                return value
        return a * b

    def power(self, base: Scalar, exponent: Scalar) -> Scalar:
        if not isinstance(exponent, np.ndarray):
            if exponent == 0.5:
                return self._sqrt(base)
            if exponent == -1:
                return self._inverse(base)
            if isinstance(base, np.ndarray) and exponent == int(exponent) if math.isfinite(exponent) else False:
                return base ** int(exponent) if 0 < exponent < 5 else base**exponent
        value = np.power(np.asarray(base, float), exponent)
        value = np.where(np.isnan(base), self.nan, value)
        return value if isinstance(base, np.ndarray) or isinstance(exponent, np.ndarray) else float(value)

    def is_half(self, k: Scalar) -> bool:
        return not isinstance(k, np.ndarray) and k == 0.5

    def _sqrt(self, x: Scalar) -> Scalar:
        return np.sqrt(x) if isinstance(x, np.ndarray) else math.sqrt(x) if x >= 0 else self.nan

    def _inverse(self, x: Scalar) -> Scalar:
        return 1.0 / x if isinstance(x, np.ndarray) else 1.0 / x if x else self.nan

    def exp(self, x: Scalar) -> Scalar:
        return self._one(np.exp, x)

    def log(self, x: Scalar) -> Scalar:
        return self._one(np.log, x)

    def _one(self, function: Callable[..., Any], *args: Scalar) -> Scalar:
        value = function(*args)
        return value if isinstance(value, np.ndarray) and value.ndim else float(value)

    # ------------------------------------------------------------------------------------------ comparisons

    def compare(self, a: Scalar, b: Scalar) -> Any:
        """-1, 0 or 1, for arrays at every point; noted unless both are the same everywhere."""
        if not (isinstance(a, np.ndarray) or isinstance(b, np.ndarray)):
            return 0 if a == b else 1 if a > b else -1
        difference = a - b
        scale = np.maximum(np.maximum(np.abs(a), np.abs(b)), SMALLEST)
        distance = np.abs(difference)
        side = np.sign(difference)
        if self.strict:
            return side
        side[(distance <= TIE * scale) & np.isfinite(distance)] = 0
        if self.listening and self.node is not None:
            sides = np.where(np.isfinite(difference), side, NOTHING)  # what overflows may be on either side
            sides[(distance > TIE * scale) & (distance < NEAR * scale)] = CLOSE
            self.sites.append(Site((self.node, self.ordinal), difference, sides.astype(np.int8)))
            self.ordinal += self.step
        return side

    def truth(self, x: Scalar) -> Scalar:
        """x as a bracket: where it is 0 it is strongly zero."""
        if not isinstance(x, np.ndarray):
            return self.one if x else self.zero
        self.strong[id(x)] = x, x == 0
        return x

    def negated(self, x: Scalar) -> Scalar:
        return self.truth(1.0 - x)

    def plain(self, x: Scalar) -> Scalar:
        """x as a number: where it is 0, that is an ordinary zero."""
        if not isinstance(x, np.ndarray):
            return float(str(x)) if x is self.zero else x
        return x + 0.0 if id(x) in self.strong else x

    def abs(self, x: Scalar) -> Scalar:
        self.compare(x, self.zero)
        return abs(x)

    def sign(self, x: Scalar) -> Scalar:
        return self._side(self.compare(x, self.zero), lambda s: s)

    def _side(self, side: Any, value: Callable[[Any], Any]) -> Scalar:
        return value(side) if isinstance(side, np.ndarray) else float(value(side))

    def flat(self, name: str, x: Scalar) -> Scalar:
        offset = 0.5 if name == "round" else 0.0
        jump = np.round(x - offset) + offset
        x = np.where(self._beside(x, jump, offset) if isinstance(x, np.ndarray) else self.compare(x, float(jump)) == 0, jump, x)
        functions: dict[str, Callable[..., Any]] = {"floor": np.floor, "ceil": np.ceil, "round": np.round}
        value = functions[name](x)
        return value if isinstance(value, np.ndarray) and value.ndim else float(value)

    def _beside(self, x: Any, jump: Any, offset: float) -> Any:
        """Where x is on a jump, by rounding.

        Noted: the nearest jump, where x is too near to it, else the side of one that all points share.
        """
        distance = np.abs(x - jump)
        scale = np.maximum(np.maximum(np.abs(x), np.abs(jump)), SMALLEST)
        tie = distance <= TIE * scale
        if self.listening and self.node is not None and not self.strict:
            key = (self.node, self.ordinal)
            if key not in self.jumps:
                self.jumps[key] = _dividing(x[np.isfinite(x)], offset)
            difference = x - self.jumps[key]
            sides = np.where(np.isnan(difference), NOTHING, np.sign(difference))
            sides[tie] = 0
            sides[~tie & (distance < NEAR * scale)] = CLOSE
            self.sites.append(Site(key, difference, sides.astype(np.int8)))
            self.ordinal += self.step
        return tie

    def still(self, x: Scalar) -> Scalar:
        return x

    def maximum(self, values: Sequence[Scalar]) -> Scalar:
        best, first, larger = values[0], len(self.sites), []
        for v in values[1:]:
            if v is not best:
                before = len(self.sites)
                self.compare(v, best)
                best = np.maximum(v, best) if isinstance(v, np.ndarray) or isinstance(best, np.ndarray) else max(v, best)
                larger += [best] * (len(self.sites) - before)
        for site, top in zip(self.sites[first:], larger[:-1], strict=False):
            # A tie of two entries below the largest is no kink.
            tied = (site.sides == 0) | (site.sides == CLOSE)
            if tied.any():
                site.sides[tied & (top < best - NEAR * np.maximum(np.abs(best), SMALLEST))] = -1
        return best

    def top(self, values: Sequence[Scalar]) -> Scalar:
        """The largest value, not noted: what exponents are kept in range by."""
        best = values[0]
        for v in values[1:]:
            best = np.maximum(best, v)
        return best

    def largest_size(self, values: Sequence[Scalar]) -> Scalar:
        """The largest absolute value. A zero below the largest is no kink: at a unit vector norminf has a derivative."""
        sizes, own = [], []
        for v in values:
            before = len(self.sites)
            sizes.append(self.abs(v))
            own.append(self.sites[before:])
        best = self.maximum(sizes)
        for size, sites in zip(sizes, own, strict=True):
            for site in sites:
                tied = (site.sides == 0) | (site.sides == CLOSE)
                if tied.any():
                    site.sides[tied & (size < best - NEAR * np.maximum(np.abs(best), SMALLEST))] = 1
        return best

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        side = self.compare(a, b)
        value = side <= 0 if equal else side < 0  # false where one of them has no value
        return self.truth(value.astype(float) if isinstance(value, np.ndarray) else float(value))

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        value = self.compare(a, b) == 0
        return self.truth(value.astype(float) if isinstance(value, np.ndarray) else float(value))

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        side = self.compare(a, b)
        value = abs(side) == 1
        return self.truth(value.astype(float) if isinstance(value, np.ndarray) else float(value))

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        if not isinstance(condition, np.ndarray):
            return a if condition else b
        return np.where(condition != 0, a, b)

    def defined(self, x: Scalar) -> Any:
        return np.isfinite(x)

    # ------------------------------------------------------------------------------------------ functions

    def apply(self, name: str, args: Sequence[Scalar]) -> Scalar:
        function = _VECTOR.get(name)
        if function is not None:
            return self._one(function, *args)
        own = _SINGLE.get(name) or _single(name)
        if not any(isinstance(x, np.ndarray) for x in args):
            return own(*args)
        columns = np.broadcast_arrays(*(np.asarray(x, float) for x in args))
        return np.array([own(*row) for row in zip(*(c.tolist() for c in columns), strict=True)])

    def det(self, rows: list[Flat]) -> Scalar:
        """0 where rounding cannot tell it from 0."""
        return self._determinants(self._stacked(rows)) if rows else self.one

    def _determinants(self, matrices: Any) -> Any:
        with np.errstate(all="ignore"):
            value = np.linalg.det(matrices)
            if matrices.shape[-1] > 1:
                value[np.abs(value) < SINGULAR * np.prod(np.sqrt((matrices * matrices).sum(2)), axis=1)] = 0.0
        return value

    def inv(self, rows: list[Flat]) -> list[Flat]:
        matrices = self._stacked(rows)
        with np.errstate(all="ignore"):
            bad = ~np.isfinite(matrices).all((1, 2))
            bad |= self._determinants(np.where(bad[:, None, None], 0.0, matrices)) == 0
            matrices = np.where(bad[:, None, None], np.eye(len(rows)), matrices)
            inverse = np.where(bad[:, None, None], self.nan, np.linalg.inv(matrices))
        return [[np.ascontiguousarray(inverse[:, i, j]) for j in range(len(rows))] for i in range(len(rows))]

    def adjugate(self, rows: list[Flat]) -> list[Flat]:
        value = self.det(rows) if len(rows) > _MINORS else None
        if value is None or not value.all():
            return by_minors(rows, self.det, self.mul, self.number(-1))
        return [[value * x for x in row] for row in self.inv(rows)]

    def eigh(self, rows: list[Flat]) -> tuple[Flat, list[Flat]]:
        matrices = self._stacked(rows)
        bad = ~np.isfinite(matrices).all((1, 2))
        values, vectors = np.linalg.eigh(np.where(bad[:, None, None], 0.0, matrices))
        values[bad], vectors[bad] = self.nan, self.nan
        n = range(len(rows))
        return [np.ascontiguousarray(values[:, i]) for i in n], [[np.ascontiguousarray(vectors[:, i, j]) for j in n] for i in n]

    def singular(self, rows: list[Flat]) -> Flat:
        matrices = self._stacked(rows)
        bad = ~np.isfinite(matrices).all((1, 2))
        values = np.linalg.svd(np.where(bad[:, None, None], 0.0, matrices), compute_uv=False)
        values[bad] = self.nan
        return [np.ascontiguousarray(column) for column in values.T]

    def of_matrix(self, name: str, rows: list[Flat]) -> list[Flat]:
        matrices = self._stacked(rows)
        with np.errstate(all="ignore"):
            bad = ~np.isfinite(matrices).all((1, 2))
            value = _OF_MATRIX[name](np.where(bad[:, None, None], np.eye(len(rows)), matrices))
        value[bad] = self.nan
        return [[np.ascontiguousarray(value[:, i, j]) for j in range(len(rows))] for i in range(len(rows))]

    def _stacked(self, rows: list[Flat]) -> Any:
        matrices = np.empty((self.count, len(rows), len(rows[0])))
        for i, row in enumerate(rows):
            for j, x in enumerate(row):
                matrices[:, i, j] = x
        return matrices

    # ------------------------------------------------------------------------------------------ SymPy's trees

    def product(self, factors: Sequence[Scalar]) -> Scalar:
        value = factors[0]
        for f in factors[1:]:
            value = self.mul(value, f)
        return value


def _dividing(x: Any, offset: float) -> float:
    """Of the jumps at whole numbers and an offset, one that has points on both sides; else the nearest to any."""
    if not len(x):
        return offset
    low = float(np.floor(np.sort(x)[len(x) // 2] - offset)) + offset
    return max((low, low + 1), key=lambda j: (int(min((x < j).sum(), (x > j).sum())), -float(np.abs(x - j).min())))


def _guarded(function: Callable[..., float]) -> Callable[..., float]:
    def value(*args: float) -> float:
        try:
            result = function(*args)
        except (ArithmeticError, ValueError):
            return math.nan
        return float(result) if isinstance(result, (int, float)) else math.nan  # complex: no real value

    return value


def _single(name: str) -> Callable[..., float]:
    """A function of SymPy's that NumPy lacks, one number at a time."""
    from mpmath import fp

    names = {"loggamma": "loggamma", "polygamma": "psi", "digamma": "digamma"}
    function = getattr(fp, names.get(name, name), None)
    if function is None:
        raise Undecided(f"there is no number for SymPy's {name}")
    _SINGLE[name] = _guarded(lambda k, x: function(int(k), x)) if name == "polygamma" else _guarded(function)
    return _SINGLE[name]


def _matrix_exp(a: Any) -> Any:
    """By Taylor's series of a/2^k, squared k times."""
    k = max(0, int(np.ceil(np.log2(max(np.abs(a).sum(2).max(initial=0.0), 1e-300)))) + 1) if a.size else 0
    if k > 60:
        return np.full_like(a, math.nan)
    a = a / 2.0**k
    term = total = np.broadcast_to(np.eye(a.shape[1]), a.shape)
    for j in range(1, 19):
        term = term @ a / j
        total = total + term
    for _ in range(k):
        total = total @ total
    return total


def _matrix_sqrt(a: Any) -> Any:
    """By the scaled iteration of Denman and Beavers: Higham (2008), (6.28), (6.29); nan where there is no real principal root."""
    result = np.full_like(a, math.nan)
    values = np.linalg.eigvals(a)
    real = np.abs(values.imag) <= 1e-12 * np.abs(values)
    left = np.flatnonzero(~(real & (values.real <= 0)).any(1) & np.isfinite(values).all(1))
    n = a.shape[1]
    y, z = a[left], np.broadcast_to(np.eye(n), (len(left), n, n))
    for _ in range(30):
        if not len(left):
            break
        scale = np.abs(np.linalg.det(y) * np.linalg.det(z)) ** (-1 / (2 * n))
        scale = np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)[:, None, None]
        new = (scale * y + _inverses(z) / scale) / 2
        z = (scale * z + _inverses(y) / scale) / 2
        still = ~(np.abs(new - y).max((1, 2)) <= 1e-14 * np.abs(new).max((1, 2)))
        result[left[~still]] = new[~still]
        left, y, z = left[still], new[still], z[still]
    result[left] = y
    result[~(np.abs(result @ result - a).max((1, 2)) <= 1e-9 * np.abs(a).max((1, 2)))] = math.nan
    return result


def _inverses(a: Any) -> Any:
    bad = ~np.isfinite(a).all((1, 2))
    bad |= np.linalg.det(np.where(bad[:, None, None], 0.0, a)) == 0
    return np.where(bad[:, None, None], math.nan, np.linalg.inv(np.where(bad[:, None, None], np.eye(a.shape[1]), a)))


def _matrix_log(a: Any) -> Any:
    """Of the 2^k-th root by its integral, Gauss's rule with eight nodes: Higham (2008), 11.4."""
    for _ in range(6):
        good = np.isfinite(a).all((1, 2))
        roots = np.full_like(a, math.nan)
        roots[good] = _matrix_sqrt(a[good])
        a = roots
    one = np.eye(a.shape[1])
    x = a - one
    nodes, weights = np.polynomial.legendre.leggauss(8)
    return 64 * sum(w / 2 * x @ _inverses(one + (t + 1) / 2 * x) for t, w in zip(nodes, weights, strict=True))


_OF_MATRIX: dict[str, Callable[[Any], Any]] = {"exp": _matrix_exp, "log": _matrix_log, "sqrt": _matrix_sqrt}


def _spherical(n: int, x: float) -> float:
    """j_n(x): by its series where the recurrence loses digits."""
    if n < 0:
        return math.nan
    if abs(x) > n + 1:
        low, high = math.cos(x) / x, math.sin(x) / x
        for k in range(n):
            low, high = high, (2 * k + 1) / x * high - low
        return high
    term = x**n / math.prod(range(1, 2 * n + 2, 2))
    total = term
    for k in range(1, 30 + n):
        term *= -x * x / (2 * k * (2 * n + 2 * k + 1))
        total += term
    return total


_SINGLE: dict[str, Callable[..., float]] = {
    "erf": _guarded(math.erf),
    "erfc": _guarded(math.erfc),
    "gamma": _guarded(math.gamma),
    "loggamma": _guarded(lambda x: math.lgamma(x) if x > 0 else math.nan),
    "jn": _guarded(lambda n, x: _spherical(int(n), x)),
}

_VECTOR: dict[str, Callable[..., Any]] = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "cot": lambda x: 1 / np.tan(x), "sec": lambda x: 1 / np.cos(x), "csc": lambda x: 1 / np.sin(x),
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "acot": lambda x: np.arctan(1 / np.asarray(x)),
    "asec": lambda x: np.arccos(1 / np.asarray(x)), "acsc": lambda x: np.arcsin(1 / np.asarray(x)), "atan2": np.arctan2,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "coth": lambda x: 1 / np.tanh(x), "sech": lambda x: 1 / np.cosh(x), "csch": lambda x: 1 / np.sinh(x),
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "acoth": lambda x: np.arctanh(1 / np.asarray(x)), "asech": lambda x: np.arccosh(1 / np.asarray(x)),
    "acsch": lambda x: np.arcsinh(1 / np.asarray(x)),
}  # fmt: skip


def fraction(x: float) -> Fraction:
    """The number that the double is."""
    return Fraction(float(x))
