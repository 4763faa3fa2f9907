"""Exact values where they exist: whole numbers and fractions stay what they are, and what is 0 is 0.

In: expressions and values for their letters, of which decimals are meant as they are written. Out: arrays of fractions for those whose
operations lead from fractions to fractions (sums, products, whole powers, comparisons, max, min, abs, …); nothing for the others.
Bounded: arrays of more than MAX_ENTRIES entries and numbers of more than MAX_BITS bits have no exact value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from symdiff.expr import dims
from symdiff.expr.node import DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Dim, Expr
from symdiff.expr.patterns import is_call, is_call_of, is_opaque_derivative, is_squared
from symdiff.expr.walk import topological
from symdiff.table.groups import WITHIN_ENTRIES
from symdiff.table.operators import COMPARE

MAX_ENTRIES = 400
MAX_BITS = 200

_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    **COMPARE, "and": lambda a, b: bool(a and b), "or": lambda a, b: bool(a or b),
}  # fmt: skip
_CALLS: Mapping[str, Callable[..., Any]] = {
    **{name: (lambda a, b, f=f: Fraction(int(f(a, b)))) for name, f in _COMPARED.items()},
    "not": lambda a: Fraction(int(not a)), "max": max, "min": min, "abs": abs, "relu": lambda a: max(a, Fraction(0)),
    "sign": lambda a: Fraction((a > 0) - (a < 0)), "if": lambda c, a, b: a if c else b,
}  # fmt: skip


def exact(expressions: Iterable[Expr], values: Mapping[str, Any]) -> dict[Expr, Any]:
    """Arrays of fractions (of dtype object, without axes for scalars), for the expressions that have such a value."""
    import numpy as np

    roots = list(expressions)
    order = topological(roots)
    sizes: dict[str, int] = {name: v for name, v in values.items() if isinstance(v, int)}
    known: dict[Expr, Any] = {}
    for x in order:
        name = str(x.data[0]) if x.op in (VAR, OPAQUE) and not is_opaque_derivative(x) else ""
        if name in values and not callable(values[name]):
            array = np.asarray(values[name])
            if array.ndim == len(x.shape) and array.size <= MAX_ENTRIES and np.all(np.isfinite(np.asarray(array, dtype=float))):
                known[x] = _array([_fraction(v) for v in array.reshape(-1).tolist()], array.shape)
                sizes.update({d: n for d, n in zip(x.shape, array.shape, strict=True) if isinstance(d, str)})

    def size(d: Dim) -> int:
        return dims.value(d, sizes.__getitem__)

    for x in order:
        if x not in known:
            try:
                squared = is_squared(x) and is_call(x.args[0], "norm2")
                if squared:
                    found = _array([sum([v * v for v in known[x.args[0].args[0]].flat], Fraction(0))], ())
                else:
                    found = _value(x, [known[a] for a in x.args], size)
            except (KeyError, ZeroDivisionError, OverflowError):  # an argument without an exact value, a pole, a size that is not given
                continue
            if (
                found is not None
                and found.size <= MAX_ENTRIES
                and all(v.numerator.bit_length() + v.denominator.bit_length() < MAX_BITS for v in found.flat)
            ):
                known[x] = found
    return {x: known[x] for x in roots if x in known}


def _fraction(v: Any) -> Fraction:
    return Fraction(v) if isinstance(v, int | Fraction) else Fraction(repr(float(v)))


def _array(entries: list[Fraction], shape: tuple[int, ...]) -> Any:
    import numpy as np

    made = np.empty(len(entries), dtype=object)
    made[:] = entries
    return made.reshape(shape)


def _value(x: Expr, args: list[Any], size: Callable[[Dim], int]) -> Any:
    import numpy as np

    shape = tuple([size(d) for d in x.shape])
    if math.prod(shape) > MAX_ENTRIES:
        return None
    if x.op == NUM:
        return _array([Fraction(x.data)], ())
    if x.op == DIM:
        return _array([Fraction(size(x.data))], ())
    if x.op == DELTA:
        return _array([Fraction(int(i == j)) for i in range(shape[0]) for j in range(shape[1])], shape)
    if x.op == UNIT:
        return _array([Fraction(int(i + 1 == x.data)) for i in range(shape[0])], shape)
    if x.op == NAME:
        return args[0]
    if x.op == RESHAPE:
        return args[0].reshape(shape)
    if x.op == SUM:
        total = _array([Fraction(0)] * math.prod(shape), shape)
        for c, a in zip(x.data, args, strict=True):
            total = np.asarray(total + a * Fraction(c), dtype=object)
        return total
    if x.op == POW:
        base, exponent = args
        if exponent.size != 1 or exponent.reshape(-1)[0].denominator != 1 or abs(exponent.reshape(-1)[0]) > 64:
            return None
        return _array([v ** int(exponent.reshape(-1)[0]) for v in base.flat], shape)
    if x.op == PROD:
        return _product(x, args, size)
    if is_call_of(x, _CALLS):
        spread = np.broadcast_arrays(*args)
        return _array([Fraction(_CALLS[x.data](*vs)) for vs in zip(*[a.reshape(-1) for a in spread], strict=True)], shape)
    if is_call_of(x, WITHIN_ENTRIES):
        entries = list(args[0].flat)
        found = sum(entries, Fraction(0)) / len(entries) if x.data == "mean" else max(entries) if x.data == "max_entries" else min(entries)
        return _array([found], ())
    if is_call(x, "norm2"):
        square = sum([v * v for v in args[0].flat], Fraction(0))
        parts = [math.isqrt(k) for k in (square.numerator, square.denominator)]
        return _array([Fraction(*parts)], ()) if [p * p for p in parts] == [square.numerator, square.denominator] else None
    return None


def _product(x: Expr, args: list[Any], size: Callable[[Dim], int]) -> Any:
    """A contraction, one sum over all labels."""
    labels, out = x.data
    sizes = {k: n for ls, a in zip(labels, args, strict=True) for k, n in zip(ls, a.shape, strict=True)}
    sizes |= {k: size(d) for k, d in zip(out, x.shape, strict=True) if k not in sizes}
    order = [*dict.fromkeys(out), *[k for k in sizes if k not in out]]
    if math.prod(sizes[k] for k in order) > 20 * MAX_ENTRIES:
        return None
    total: Any = None
    for ls, a in zip(labels, args, strict=True):
        own = list(dict.fromkeys(ls))
        for k in own:  # a label met twice in one factor: its diagonal
            while ls.count(k) > 1:
                first, second = [j for j, other in enumerate(ls) if other == k][:2]
                a = a.diagonal(axis1=first, axis2=second)
                ls = (*[other for j, other in enumerate(ls) if j not in (first, second)], k)
        a = a.transpose([ls.index(k) for k in order if k in ls]) if len(ls) > 1 else a
        a = a.reshape([sizes[k] if k in ls else 1 for k in order])
        total = a if total is None else total * a
    import numpy as np

    total = np.broadcast_to(np.asarray(total, dtype=object), [sizes[k] for k in order])
    distinct = len(dict.fromkeys(out))
    for _ in range(len(order) - distinct):
        total = total.sum(axis=-1)
    total = np.asarray(total, dtype=object)
    if distinct == len(out):
        return total
    full = _array([Fraction(0)] * math.prod([sizes[k] for k in out]), tuple([sizes[k] for k in out]))
    places = dict.fromkeys(out)
    for place in np.ndindex(*full.shape):
        at = dict(zip(out, place, strict=True))
        if all(at[k] == p for k, p in zip(out, place, strict=True)):
            full[place] = total[tuple([at[k] for k in places])]
    return full
