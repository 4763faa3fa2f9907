"""The value of a formula in exact rationals, or, where a function leaves them, in decimals of DIGITS digits.

In: a node, exact values of its variables as object arrays, sizes. Out: an array of Fractions, or of mpmath's numbers.
It shares nothing with compiled code, so that what the search finds in floats is looked at by other means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

import mpmath
import numpy as np

from symdiff.checking.sampling import size_of
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, POW, PROD, RESHAPE, SUM, UNIT, VAR, Expr
from symdiff.expr.walk import topological
from symdiff.table.operators import COMPARE

DIGITS = 50
NEAR = mpmath.mpf(10) ** -30  # beside the numbers: below it a difference of decimals may be rounding


class Irrational(Exception):
    """A value is no rational number."""


class NoValue(Exception):
    """There is no real value here, or none that is known."""


def _root(x: Any) -> Any:
    if x < 0:
        raise NoValue
    if isinstance(x, Fraction):
        n, d = isqrt(x.numerator), isqrt(x.denominator)
        if n * n != x.numerator or d * d != x.denominator:
            raise Irrational
        return Fraction(n, d)
    return mpmath.sqrt(x)


def _number(x: Any) -> Fraction:
    return Fraction(int(x))


def _above(low: Any, function: Callable[[Any], Any], high: Any = None) -> Callable[[Any], Any]:
    def checked(x: Any) -> Any:
        if not x > low or (high is not None and not x < high):
            raise NoValue
        return function(x)

    return checked


def _closed(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(x: Any) -> Any:
        if abs(x) > 1:
            raise NoValue
        return function(x)

    return checked


def _settled(a: Any, b: Any) -> None:
    """NoValue where decimals are so near to each other that rounding may have decided which is larger."""
    if not isinstance(a - b, Fraction) and 0 < abs(a - b) < NEAR * (1 + abs(a) + abs(b)):
        raise NoValue


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Fraction]:
    def checked(a: Any, b: Any) -> Fraction:
        _settled(a, b)
        return _number(compare(a, b))

    return checked


def _jumping(function: Callable[[Any], Any], twice: int = 1) -> Callable[[Any], Any]:
    """A function with jumps where twice*x is a whole number."""

    def checked(x: Any) -> Any:
        if not isinstance(x, Fraction):
            _settled(twice * x, mpmath.nint(twice * x))
        return function(x)

    return checked


_RATIONAL: dict[str, Callable[..., Any]] = {
    "abs": abs, "max": max, "min": min, "relu": lambda x: max(x, 0 * x), "sign": _jumping(lambda x: (x > 0) - (x < 0)), "step": _jumping(lambda x: _number(x > 0)),
    **{name: _compared(compare) for name, compare in COMPARE.items()}, "and": lambda a, b: _number(bool(a) and bool(b)), "or": lambda a, b: _number(bool(a) or bool(b)),
    "not": lambda a: _number(not a), "if": lambda c, a, b: a if c else b, "clip": lambda x, low, high: min(max(x, low), high),
    "leaky_relu": lambda x, a: x if x > 0 else a * x, "huber": lambda r, d: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2),
    "hardtanh": lambda x: max(-1 + 0 * x, min(x, 1 + 0 * x)), "floor": _jumping(lambda x: x // 1), "ceil": _jumping(lambda x: -(-x // 1)),
    "round": _jumping(lambda x: _number(round(x)) if isinstance(x, Fraction) else mpmath.nint(x), 2), "softsign": lambda x: x / (1 + abs(x)),
    "sqrt": _root, "hypot": lambda a, b: _root(a * a + b * b),
}  # fmt: skip
_REAL: dict[str, Callable[..., Any]] = {
    "exp": mpmath.exp, "expm1": mpmath.expm1, "log": _above(0, mpmath.log), "log2": _above(0, lambda x: mpmath.log(x) / mpmath.log(2)),
    "log10": _above(0, mpmath.log10), "log1p": _above(-1, mpmath.log1p), "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    "xlogy": lambda a, b: a * _above(0, mpmath.log)(b), "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "arcsin": _closed(mpmath.asin), "arccos": _closed(mpmath.acos), "arctan": mpmath.atan,
    "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh, "sech": mpmath.sech, "arcsinh": mpmath.asinh, "arccosh": _above(1, mpmath.acosh),
    "arctanh": _above(-1, mpmath.atanh, 1), "erf": mpmath.erf, "erfc": mpmath.erfc, "erfinv": _above(-1, mpmath.erfinv, 1),
    "gamma": _above(0, mpmath.gamma), "lgamma": _above(0, mpmath.loggamma), "digamma": _above(0, mpmath.digamma),
    "sigma": lambda x: 1 / (1 + mpmath.exp(-x)), "softplus": lambda x: mpmath.log1p(mpmath.exp(x)), "elu": lambda x, a: x if x > 0 else a * mpmath.expm1(x),
    "selu": lambda x: mpmath.mpf("1.0507009873554805") * x if x > 0 else mpmath.mpf("1.7580993408473769") * mpmath.expm1(x),
    "silu": lambda x: x / (1 + mpmath.exp(-x)), "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "gelu": lambda x: x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2, "atan2": mpmath.atan2,
}  # fmt: skip


def _whole(name: str, args: list[Any]) -> Any:
    """A function of whole vectors and matrices."""
    x = args[0]
    flat = list(x.flat)
    if name == "mean":
        return sum(flat) / len(flat)
    if name == "prod":
        return np.prod(x)
    if name in ("norm1", "norminf"):
        return sum(map(abs, flat)) if name == "norm1" else max(map(abs, flat))
    if name == "norm2":
        return _root(sum(v * v for v in flat))
    if name in ("max_entries", "min_entries"):
        return max(flat) if name == "max_entries" else min(flat)
    if name in ("var", "std"):
        middle = sum(flat) / len(flat)
        value = sum((v - middle) ** 2 for v in flat) / (len(flat) - args[1].item())
        return value if name == "var" else _root(value)
    if name == "cumsum":
        return np.cumsum(x, axis=-1)
    if name == "rowmax":
        return np.max(x, axis=-1)
    if name in ("softmax", "log_softmax", "logsumexp"):
        if isinstance(flat[0], Fraction):
            raise Irrational
        powers = np.vectorize(mpmath.exp, otypes=[object])(x)
        total = powers.sum(axis=-1, keepdims=True)
        if name == "softmax":
            return powers / total
        logs = np.vectorize(mpmath.log, otypes=[object])(total)
        return x - logs if name == "log_softmax" else logs[..., 0]
    if name in ("det", "logdet", "inv"):
        if x.ndim != 2:
            raise NoValue
        inverse, det = _eliminate(x)
        if name == "inv":
            if det == 0:
                raise NoValue
            return inverse
        if name == "det":
            return det
        if det <= 0:
            raise NoValue
        if isinstance(det, Fraction):
            raise Irrational
        return mpmath.log(det)
    raise NoValue


def _eliminate(matrix: Any) -> tuple[Any, Any]:
    n = len(matrix)
    one = matrix.flat[0] * 0 + 1
    rows = [[*matrix[i], *[one * int(i == j) for j in range(n)]] for i in range(n)]
    det = one
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if rows[best][k] == 0:
            return None, one * 0
        if best != k:
            rows[k], rows[best], det = rows[best], rows[k], -det
        det = det * rows[k][k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k:
                c = rows[i][k]
                rows[i] = [a - c * b for a, b in zip(rows[i], rows[k], strict=True)]
    inverse = np.empty((n, n), dtype=object)
    for i in range(n):
        for j in range(n):
            inverse[i, j] = rows[i][n + j]
    return inverse, det


def _power(a: Any, b: Any) -> Any:
    if isinstance(a, Fraction) and isinstance(b, Fraction) and b.denominator == 1 and abs(b) < 200:
        if a == 0 and b < 0:
            raise NoValue
        return a ** int(b)
    if isinstance(a, Fraction):
        if b == Fraction(1, 2):
            return _root(a)
        raise Irrational
    if b == int(b):
        if a == 0 and b < 0:
            raise NoValue
        return a ** int(b)
    if a < 0 or (a == 0 and b < 0):
        raise NoValue
    return a**b


def values(root: Expr, given: Mapping[str, Any], sizes: Mapping[str, int], digits: int = DIGITS) -> Any:
    """The value, exactly if every function on the way gives rationals. NoValue where there is none."""
    try:
        return _values(root, given, sizes, lambda x: Fraction(x))
    except Irrational:
        with mpmath.workdps(digits):
            return _values(root, given, sizes, lambda x: mpmath.mpf(Fraction(x).numerator) / Fraction(x).denominator)


def _values(root: Expr, given: Mapping[str, Any], sizes: Mapping[str, int], number: Callable[[Any], Any]) -> Any:
    exact = isinstance(number(0), Fraction)

    def lifted(x: Any) -> Any:
        return np.vectorize(number, otypes=[object])(np.asarray(x, dtype=object))

    known: dict[Expr, Any] = {}
    for node in topological([root]):
        shape = tuple([size_of(d, sizes) for d in node.shape])
        args = [known[a] for a in node.args]
        if node.op == NUM:
            value = lifted(node.data)
        elif node.op == DIM:
            value = lifted(size_of(node.data, sizes))
        elif node.op == CONST:
            if exact:
                raise Irrational
            value = np.asarray(mpmath.pi + 0, dtype=object)
        elif node.op == VAR:
            value = lifted(given[node.data[0]]).reshape(shape)
        elif node.op == DELTA:
            value = lifted(np.eye(shape[0], dtype=int))
        elif node.op == UNIT:
            value = lifted(np.eye(shape[0], dtype=int)[node.data - 1])
        elif node.op == NAME:
            value = args[0]
        elif node.op == RESHAPE:
            value = args[0].reshape(shape)
        elif node.op == SUM:
            value = sum([number(c) * a for c, a in zip(node.data, args, strict=True)])
        elif node.op == PROD:
            value = _contracted(args, node.data, shape, number)
        elif node.op == POW:
            value = np.vectorize(_power, otypes=[object])(args[0], args[1])
        elif node.op == CALL:
            value = _called(node.data, args, number, exact)
        else:
            raise NoValue
        known[node] = np.asarray(value, dtype=object)
    return known[root]


def _called(name: str, args: list[Any], number: Callable[[Any], Any], exact: bool) -> Any:
    function = _RATIONAL.get(name)
    if function is None:
        function = _REAL.get(name)
        if function is None:
            return _whole(name, args)
        if exact:
            raise Irrational
    return np.vectorize(
        lambda *v: number(function(*v)) if exact or isinstance(function(*v), int | Fraction) else function(*v), otypes=[object]
    )(*args)


def _contracted(args: list[Any], data: Any, shape: tuple[int, ...], number: Callable[[Any], Any]) -> Any:
    labels, out = data
    size: dict[int, int] = {}
    for a, ls in zip(args, labels, strict=True):
        size.update(zip(ls, a.shape, strict=True))
    size.update(zip(out, shape, strict=True))
    order = list(dict.fromkeys([*out, *[label for ls in labels for label in ls]]))
    total = np.asarray(number(1), dtype=object)
    for a, ls in zip(args, labels, strict=True):
        distinct = list(dict.fromkeys(ls))
        if len(distinct) < len(ls):
            index = np.indices([size[label] for label in distinct])
            a = a[tuple([index[distinct.index(label)] for label in ls])]
        turned = sorted(range(len(distinct)), key=lambda k: order.index(distinct[k]))
        a = np.transpose(a, turned) if distinct else a
        total = total * a.reshape(tuple([size[label] if label in distinct else 1 for label in order]))
    full = np.broadcast_to(total, [size[label] for label in order])
    inner = tuple(range(len(out), len(order)))
    return full.sum(axis=inner) if inner else full
