"""Derivatives by tangents: every scalar carries its rate of change along one direction, in any arithmetic.

In: a field, and leaves that carry a direction. Out: the value and its rate, by the rule of each scalar operation and nothing else: no
graph, no adjoint, no table of the engine. Nested, it gives higher orders. Where arguments of a maximum coincide, the rate is the
mean of theirs: the same for each of them wherever they coincide on a region.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any

from symdiff.checking.adjugates import by_minors
from symdiff.checking.components import Flat, Scalar, Undecided, own_way
from symdiff.expr.node import Expr, Number

# Determinants of larger matrices are differentiated by their inverse.
_COFACTORS = 4


class Rate:
    """A value with its rate; of the `Tangents` that made it."""

    __slots__ = ("owner", "rate", "value")

    def __init__(self, owner: Tangents, value: Scalar, rate: Scalar) -> None:
        self.owner, self.value, self.rate = owner, value, rate


class Tangents:
    """Scalars of `base`, some of them with a rate."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self.zero, self.one, self.pi = base.zero, base.one, base.pi

    def mark(self, node: Expr | None, counting: bool) -> None:
        self.base.mark(node, counting)

    def carrying(self, value: Scalar, rate: Scalar) -> Scalar:
        return Rate(self, value, rate)

    def parts(self, x: Scalar) -> tuple[Scalar, Scalar]:
        """The value, and the rate, which is None where there is none."""
        return (x.value, x.rate) if isinstance(x, Rate) and x.owner is self else (x, None)

    def _with(self, value: Scalar, terms: Sequence[tuple[Scalar, Scalar]]) -> Scalar:
        """value, with the sum of slope*rate over those that have a rate."""
        mul = self.base.mul
        rates = [mul(slope, rate) for slope, rate in terms if rate is not None]
        return Rate(self, value, self.base.add(rates)) if rates else value

    def admit(self, node: Expr | None, flat: Flat) -> None:
        """The base hears of nodes, not of entries: rates do not grow."""
        self.base.admit(node, [])

    def number(self, value: Number) -> Scalar:
        return self.base.number(value)

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        if len(terms) == 1:
            return terms[0]
        both = [self.parts(t) for t in terms]
        rates = [r for _, r in both if r is not None]
        value = self.base.add([v for v, _ in both])
        return Rate(self, value, self.base.add(rates)) if rates else value

    def mul(self, a: Scalar, b: Scalar) -> Scalar:
        if a is self.zero or b is self.zero:
            return self.zero
        (x, dx), (y, dy) = self.parts(a), self.parts(b)
        return self._with(self.base.mul(x, y), [(y, dx), (x, dy)])

    def power(self, base: Scalar, exponent: Scalar) -> Scalar:
        f = self.base
        (x, dx), (k, dk) = self.parts(base), self.parts(exponent)
        value = f.power(x, k)
        terms = []
        if dx is not None:
            slope = f.mul(k, f.power(x, f.add([k, f.number(-1)])))
            if dk is None and type(k) is not Rate and f.is_half(k):
                slope = f.choose(x, slope, f.zero)  # a norm has the derivative 0 at 0
            terms.append((slope, dx))
        if dk is not None:
            terms.append((f.mul(value, f.log(x)), dk))
        return self._with(value, terms)

    def is_half(self, k: Scalar) -> bool:
        return bool(self.base.is_half(k))

    def exp(self, x: Scalar) -> Scalar:
        v, d = self.parts(x)
        value = self.base.exp(v)
        return self._with(value, [(value, d)])

    def log(self, x: Scalar) -> Scalar:
        v, d = self.parts(x)
        return self._with(self.base.log(v), [] if d is None else [(self.base.power(v, self.base.number(-1)), d)])

    def abs(self, x: Scalar) -> Scalar:
        v, d = self.parts(x)
        return self._with(self.base.abs(v), [] if d is None else [(self.base.sign(v), d)])

    def sign(self, x: Scalar) -> Scalar:
        return self.base.sign(self.parts(x)[0])

    def flat(self, name: str, x: Scalar) -> Scalar:
        return self.base.flat(name, self.parts(x)[0])

    def still(self, x: Scalar) -> Scalar:
        return self.base.still(self.parts(x)[0])

    def top(self, values: Sequence[Scalar]) -> Scalar | None:
        """A constant here: what it is taken off and put back does not hang on it."""
        own = own_way(self.base, "top")
        return None if own is None else own([self.parts(v)[0] for v in values])

    def maximum(self, values: Sequence[Scalar]) -> Scalar:
        f = self.base
        best, rate = self.parts(values[0])
        for other in values[1:]:
            v, d = self.parts(other)
            if d is not None or rate is not None:
                a, b = f.zero if d is None else d, f.zero if rate is None else rate
                mean = f.mul(f.number(Fraction(1, 2)), f.add([a, b]))
                rate = f.choose(f.less(best, v, False), a, f.choose(f.less(v, best, False), b, mean))
            best = f.maximum([best, v])
        return best if rate is None else Rate(self, best, rate)

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        return self.base.less(self.parts(a)[0], self.parts(b)[0], equal)

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        return self.base.same(self.parts(a)[0], self.parts(b)[0])

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        return self.base.differ(self.parts(a)[0], self.parts(b)[0])

    def truth(self, x: Scalar) -> Scalar:
        return self.base.truth(self.parts(x)[0])

    def negated(self, x: Scalar) -> Scalar:
        return self.base.negated(self.parts(x)[0])

    def plain(self, x: Scalar) -> Scalar:
        v, d = self.parts(x)
        return self.base.plain(v) if d is None else x

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        f, c = self.base, self.parts(condition)[0]
        (x, dx), (y, dy) = self.parts(a), self.parts(b)
        value = f.choose(c, x, y)
        if dx is None and dy is None:
            return value
        return Rate(self, value, f.choose(c, f.zero if dx is None else dx, f.zero if dy is None else dy))

    def defined(self, x: Scalar) -> Any:
        return self.base.defined(self.parts(x)[0])

    def strictly(self) -> AbstractContextManager[None]:
        return self.base.strictly()  # type: ignore[no-any-return]

    def apply(self, name: str, args: Sequence[Scalar]) -> Scalar:
        f = self.base
        both = [self.parts(x) for x in args]
        values = [v for v, _ in both]
        value = f.apply(name, values)
        if all(d is None for _, d in both):
            return value
        slopes = _SLOPES.get(name)
        if slopes is None:
            raise Undecided(f"no rule for the rate of SymPy's {name}")
        return self._with(value, [(slope(f, value, *values), d) for slope, (_, d) in zip(slopes, both, strict=True) if d is not None])

    def det(self, rows: list[Flat]) -> Scalar:
        n = len(rows)
        if n <= 1:
            return rows[0][0] if rows else self.one
        if n <= _COFACTORS:
            minors = [self.det([r[:j] + r[j + 1 :] for r in rows[1:]]) for j in range(n)]
            return self.add([self.mul(self.mul(self.number((-1) ** j), rows[0][j]), m) for j, m in enumerate(minors)])
        f = self.base
        values = [[self.parts(x)[0] for x in row] for row in rows]
        value = f.det(values)
        # Singular matrices have cofactors, too; rates of these would take too long.
        cofactors = [[f.mul(value, x) for x in row] for row in f.inv(values)] if isinstance(f, Tangents) else f.adjugate(values)
        return self._with(value, [(cofactors[j][i], self.parts(rows[i][j])[1]) for i in range(n) for j in range(n)])

    def inv(self, rows: list[Flat]) -> list[Flat]:
        f, n = self.base, range(len(rows))
        inverse = f.inv([[self.parts(x)[0] for x in row] for row in rows])
        rates = [[self.parts(x)[1] for x in row] for row in rows]
        minus = f.number(-1)

        def sum_of(terms: list[Scalar]) -> Scalar:
            return f.add(terms) if terms else f.zero

        left = [[sum_of([f.mul(inverse[i][k], rates[k][j]) for k in n if rates[k][j] is not None]) for j in n] for i in n]
        return [[self.carrying(inverse[i][j], f.mul(minus, sum_of([f.mul(left[i][k], inverse[k][j]) for k in n]))) for j in n] for i in n]

    def _apart(self, rows: list[Flat]) -> tuple[list[Flat], list[Flat], bool]:
        """The values, the rates, and whether there are any."""
        both = [[self.parts(x) for x in row] for row in rows]
        moving = any(d is not None for row in both for _, d in row)
        return [[v for v, _ in row] for row in both], [[self.base.zero if d is None else d for _, d in row] for row in both], moving

    def adjugate(self, rows: list[Flat]) -> list[Flat]:
        return by_minors(rows, self.det, self.mul, self.number(-1))

    def of_matrix(self, name: str, rows: list[Flat]) -> list[Flat]:
        """The rate is the block above the diagonal of the function of [A, E; 0, A]."""
        values, rates, moving = self._apart(rows)
        if not moving:
            return list(self.base.of_matrix(name, values))
        n = len(rows)
        block = [[*r, *s] for r, s in zip(values, rates, strict=True)] + [[self.base.zero] * n + list(r) for r in values]
        found = self.base.of_matrix(name, block)[:n]
        return [[self.carrying(x, d) for x, d in zip(row[:n], row[n:], strict=True)] for row in found]

    def eigh(self, rows: list[Flat]) -> tuple[Flat, list[Flat]]:
        """Rates of simple eigenvalues and of their eigenvectors: with K = V'*E*V, K[i,i], and V*(K[i,j]/(l[j] - l[i]))."""
        f = self.base
        symmetric, rates, moving = self._apart(rows)
        values, vectors = f.eigh(symmetric)
        if not moving:
            return values, vectors
        n = range(len(rows))
        inside = [[f.add([f.mul(rates[i][k], vectors[k][j]) for k in n]) for j in n] for i in n]
        k = [[f.add([f.mul(vectors[m][i], inside[m][j]) for m in n]) for j in n] for i in n]
        turn = [[f.zero if i == j else f.mul(k[i][j], _inverse(f, f.add([values[j], _minus(f, values[i])]))) for j in n] for i in n]
        moved = [[f.add([f.mul(vectors[i][m], turn[m][j]) for m in n]) for j in n] for i in n]
        return [self.carrying(values[i], k[i][i]) for i in n], [[self.carrying(vectors[i][j], moved[i][j]) for j in n] for i in n]


def _minus(f: Any, x: Scalar) -> Scalar:
    return f.mul(f.number(-1), x)


def _one_plus(f: Any, x: Scalar) -> Scalar:
    return f.add([f.one, x])


def _root_inverse(f: Any, x: Scalar) -> Scalar:
    return f.power(x, f.number(Fraction(-1, 2)))


def _square(f: Any, x: Scalar) -> Scalar:
    return f.power(x, f.number(2))


def _inverse(f: Any, x: Scalar) -> Scalar:
    return f.power(x, f.number(-1))


def _gauss(f: Any, x: Scalar, c: int) -> Scalar:
    """c*2/sqrt(pi)*exp(-x^2)."""
    return f.mul(f.mul(f.number(2 * c), _root_inverse(f, f.pi)), f.exp(_minus(f, _square(f, x))))


def _norm(f: Any, a: Scalar, b: Scalar) -> Scalar:
    return f.add([_square(f, a), _square(f, b)])


def _spherical_slope(f: Any, n: Scalar, x: Scalar) -> Scalar:
    """j_n' = (n*j_(n-1) - (n+1)*j_(n+1))/(2*n + 1), without the first where n = 0; DLMF 10.51.2."""
    up = _one_plus(f, n)
    terms = [_minus(f, f.mul(up, f.apply("jn", [up, x])))]
    if n is not f.zero:
        terms.append(f.mul(n, f.apply("jn", [f.add([n, f.number(-1)]), x])))
    return f.mul(f.add(terms), _inverse(f, f.add([n, up])))


# The derivative by each argument: f is the arithmetic, y the value. By SymPy's names; sources: DLMF 4.20, 4.24, 4.34, 4.38, 5.15, 7.2.
Slope = Callable[..., Scalar]
_SLOPES: dict[str, tuple[Slope, ...]] = {
    "sin": (lambda f, y, x: f.apply("cos", [x]),),
    "cos": (lambda f, y, x: _minus(f, f.apply("sin", [x])),),
    "tan": (lambda f, y, x: _one_plus(f, _square(f, y)),),
    "cot": (lambda f, y, x: _minus(f, _one_plus(f, _square(f, y))),),
    "sec": (lambda f, y, x: f.mul(y, f.apply("tan", [x])),),
    "csc": (lambda f, y, x: _minus(f, f.mul(y, f.apply("cot", [x]))),),
    "asin": (lambda f, y, x: _root_inverse(f, _one_plus(f, _minus(f, _square(f, x)))),),
    "acos": (lambda f, y, x: _minus(f, _root_inverse(f, _one_plus(f, _minus(f, _square(f, x))))),),
    "atan": (lambda f, y, x: _inverse(f, _one_plus(f, _square(f, x))),),
    "acot": (lambda f, y, x: _minus(f, _inverse(f, _one_plus(f, _square(f, x)))),),
    "asec": (lambda f, y, x: _inverse(f, f.mul(f.abs(x), f.power(f.add([_square(f, x), f.number(-1)]), f.number(Fraction(1, 2))))),),
    "acsc": (
        lambda f, y, x: _minus(f, _inverse(f, f.mul(f.abs(x), f.power(f.add([_square(f, x), f.number(-1)]), f.number(Fraction(1, 2)))))),
    ),
    "atan2": (
        lambda f, y, a, b: f.mul(b, _inverse(f, _norm(f, a, b))),
        lambda f, y, a, b: _minus(f, f.mul(a, _inverse(f, _norm(f, a, b)))),
    ),
    "sinh": (lambda f, y, x: f.apply("cosh", [x]),),
    "cosh": (lambda f, y, x: f.apply("sinh", [x]),),
    "tanh": (lambda f, y, x: _square(f, f.apply("sech", [x])),),
    "coth": (lambda f, y, x: _minus(f, _square(f, f.apply("csch", [x]))),),
    "sech": (lambda f, y, x: _minus(f, f.mul(y, f.apply("tanh", [x]))),),
    "csch": (lambda f, y, x: _minus(f, f.mul(y, f.apply("coth", [x]))),),
    "asinh": (lambda f, y, x: _root_inverse(f, _one_plus(f, _square(f, x))),),
    "acosh": (lambda f, y, x: _root_inverse(f, f.add([_square(f, x), f.number(-1)])),),
    "atanh": (lambda f, y, x: _inverse(f, _one_plus(f, _minus(f, _square(f, x)))),),
    "acoth": (lambda f, y, x: _inverse(f, _one_plus(f, _minus(f, _square(f, x)))),),
    "asech": (lambda f, y, x: _minus(f, f.mul(_inverse(f, x), _root_inverse(f, _one_plus(f, _minus(f, _square(f, x)))))),),
    "acsch": (lambda f, y, x: _minus(f, f.mul(_inverse(f, f.abs(x)), _root_inverse(f, _one_plus(f, _square(f, x))))),),
    "erf": (lambda f, y, x: _gauss(f, x, 1),),
    "erfc": (lambda f, y, x: _gauss(f, x, -1),),
    "erfinv": (lambda f, y, x: f.mul(f.mul(f.number(Fraction(1, 2)), f.power(f.pi, f.number(Fraction(1, 2)))), f.exp(_square(f, y))),),
    "gamma": (lambda f, y, x: f.mul(y, f.apply("digamma", [x])),),
    "loggamma": (lambda f, y, x: f.apply("digamma", [x]),),
    "digamma": (lambda f, y, x: f.apply("polygamma", [f.one, x]),),
    "jn": (lambda f, y, n, x: f.zero, lambda f, y, n, x: _spherical_slope(f, n, x)),
    "polygamma": (
        lambda f, y, k, x: f.zero,
        lambda f, y, k, x: f.apply("polygamma", [f.add([k, f.one]), x]),
    ),
}
