"""Functions of arrays, by NumPy's names: entry by entry, of whole arrays, and what puts arrays together."""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from math import prod as product_of
from typing import Any

from symdiff.page.arrays import scalars
from symdiff.page.arrays.array import array, axis_of, broadcast_shapes, elementwise, ndarray, of, operate, spread, strides, unwrapped
from symdiff.page.arrays.scalars import PLAIN, common, dtype, generic, kind_of

inf, nan, pi, e, newaxis = math.inf, math.nan, math.pi, math.e, None


# ---------------------------------------------------------------------------------------------- entry by entry


class ufunc:
    """A function of numbers, of arrays entry by entry. where: 1 or 2 arguments; kind: of the value (None: at least a float)."""

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        arguments: int = 1,
        kind: str | None = None,
        objects: Callable[..., Any] | None = None,
    ) -> None:
        self.__name__ = name
        self.function, self.nin, self.kind = function, arguments, kind
        self.objects = objects or function

    def __call__(self, *args: Any, out: Any = None, where: Any = True, dtype: Any = None) -> Any:
        if self.nin == 1:
            x = array(args[0])
            function = self.objects if x.kind == "O" else self.function
            kind = self.kind or common(x.kind, "f")
            kind = x.kind if kind == "same" else kind
            entries = map(float, x.entries) if kind == "f" and x.kind in "biu" else x.entries
            found = unwrapped(ndarray(list(map(function, entries)), x.shape, kind))
        else:
            a, b = array(args[0]), array(args[1])
            both = common(a.kind, b.kind)
            kind = both if self.kind == "same" else self.kind or common(both, "f")
            if kind == "f":
                a, b = a.astype(float), b.astype(float)
            found = elementwise(self.function, a, b, kind, self.objects)
        if out is not None:
            out[0 if isinstance(out, tuple) else ...] = found
            return out
        return found

    def reduce(self, x: Any, axis: int | None = 0, keepdims: bool = False, initial: Any = None) -> Any:
        x = array(x)

        def folded(v: Sequence[Any]) -> Any:
            total = v[0] if initial is None else initial
            for item in v[1 if initial is None else 0 :]:
                total = self.function(total, item)
            return total

        return x.over(axis, keepdims, folded, "b" if self.kind == "b" else x.kind)

    def accumulate(self, x: Any, axis: int = 0) -> ndarray:
        x = array(x)
        return x.running(axis, self.function, x.kind)

    def outer(self, a: Any, b: Any) -> Any:
        a, b = array(a), array(b)
        return self(a.reshape(a.shape + (1,) * b.ndim), b)

    def at(self, x: ndarray, index: Any, values: Any = None) -> None:
        offsets, shape = x._chosen(index)
        if self.nin == 1:
            for o in offsets:
                x.entries[o] = self.function(x.entries[o])
            return
        new = array(values)
        for o, p in zip(offsets, spread(new.shape, shape), strict=True):
            x.entries[o] = self.function(x.entries[o], new.entries[p])


def guarded(function: Callable[[float], float], beyond: Callable[[float], float] = lambda x: nan) -> Callable[[Any], Any]:
    """A function of `math` whose exceptions are values. beyond: where the value is too large."""
    of_complex = getattr(cmath, getattr(function, "__name__", ""), None)

    def value(x: Any) -> Any:
        try:
            return function(x)
        except ValueError:
            return nan
        except OverflowError:
            return beyond(x)
        except TypeError:
            if isinstance(x, complex) and of_complex is not None:
                return of_complex(x)
            raise

    return value


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -inf if x == 0 else nan


def _log1p(x: float) -> float:
    return -inf if x == -1 else math.log1p(x)


def _sign(x: Any) -> Any:
    return x if x != x else type(x)((x > 0) - (x < 0))


def _larger(a: Any, b: Any) -> Any:
    return a if a != a or a >= b else b


def _smaller(a: Any, b: Any) -> Any:
    return a if a != a or a <= b else b


def _whole(function: Callable[[float], float]) -> Callable[[Any], Any]:
    return lambda x: float(function(x)) if math.isfinite(x) else x


def _logaddexp(a: float, b: float) -> float:
    if a == b:
        return a + math.log(2)
    high, low = (a, b) if a > b else (b, a)
    return nan if a != a or b != b else high if low == -inf or high == inf else high + math.log1p(math.exp(low - high))


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(pi * x) / (pi * x)


def _heaviside(x: float, middle: float) -> float:
    return x if x != x else 0.0 if x < 0 else 1.0 if x > 0 else middle


def _arctanh(x: float) -> float:
    return math.copysign(inf, x) if abs(x) == 1 else math.atanh(x)


def _cbrt(x: float) -> float:
    return math.copysign(abs(x) ** (1 / 3), x) if not hasattr(math, "cbrt") else math.cbrt(x)


def _finite(x: Any) -> bool:
    return math.isfinite(x) if not isinstance(x, complex) else cmath.isfinite(x)


def _ldexp(x: float) -> float:
    return scalars.power(2.0, x)


_signed = lambda x: math.copysign(inf, x)
_ONE: dict[str, tuple[Callable[..., Any], str | None]] = {
    "exp": (guarded(math.exp, lambda x: inf), None), "expm1": (guarded(math.expm1, lambda x: inf), None), "exp2": (_ldexp, None),
    "log": (guarded(_log), None), "log2": (guarded(lambda x: math.log2(x) if x > 0 else _log(x)), None),
    "log10": (guarded(lambda x: math.log10(x) if x > 0 else _log(x)), None), "log1p": (guarded(_log1p), None),
    "sqrt": (guarded(math.sqrt), None), "cbrt": (_cbrt, None), "square": (lambda x: x * x, "same"), "reciprocal": (lambda x: scalars.divide(1.0, x), None),
    "sin": (guarded(math.sin), None), "cos": (guarded(math.cos), None), "tan": (guarded(math.tan), None),
    "arcsin": (guarded(math.asin), None), "arccos": (guarded(math.acos), None), "arctan": (guarded(math.atan), None),
    "sinh": (guarded(math.sinh, _signed), None), "cosh": (guarded(math.cosh, lambda x: inf), None), "tanh": (guarded(math.tanh), None),
    "arcsinh": (guarded(math.asinh), None), "arccosh": (guarded(math.acosh), None), "arctanh": (guarded(_arctanh), None),
    "sinc": (guarded(_sinc), None), "floor": (_whole(math.floor), None), "ceil": (_whole(math.ceil), None), "rint": (_whole(round), None), "trunc": (_whole(math.trunc), None),
    "sign": (_sign, "same"), "negative": (operator.neg, "same"), "positive": (operator.pos, "same"), "conjugate": (lambda x: x.conjugate(), "same"),
    "isnan": (lambda x: x != x, "b"), "isfinite": (_finite, "b"), "isinf": (lambda x: not _finite(x) and x == x, "b"), "logical_not": (operator.not_, "b"),
    "signbit": (lambda x: math.copysign(1.0, x) < 0, "b"), "deg2rad": (math.radians, None), "rad2deg": (math.degrees, None),
}  # fmt: skip
_TWO: dict[str, tuple[Callable[..., Any], str | None]] = {
    "maximum": (_larger, "same"), "minimum": (_smaller, "same"), "fmax": (lambda a, b: b if a != a else a if b != b else max(a, b), "same"),
    "fmin": (lambda a, b: b if a != a else a if b != b else min(a, b), "same"), "arctan2": (math.atan2, None), "hypot": (math.hypot, None),
    "logaddexp": (_logaddexp, None), "copysign": (math.copysign, None), "heaviside": (_heaviside, None),
    "logical_and": (lambda a, b: bool(a) and bool(b), "b"), "logical_or": (lambda a, b: bool(a) or bool(b), "b"), "logical_xor": (lambda a, b: bool(a) != bool(b), "b"),
    "float_power": (scalars.power, None),
    "fmod": (lambda a, b: math.fmod(a, b) if b and math.isfinite(a) else nan, None),
}  # fmt: skip
_OPERATED = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "true_divide": "truediv", "power": "pow", "mod": "mod",
    "remainder": "mod", "floor_divide": "floordiv", "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "right_shift": "rshift", "left_shift": "lshift",
}  # fmt: skip
_PLAIN = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": scalars.divide,
    "pow": scalars.power,
    "mod": scalars.remainder,
    "floordiv": scalars.floor_divide,
}


class _Operator(ufunc):
    def __init__(self, name: str, sign: str) -> None:
        super().__init__(name, _PLAIN.get(sign) or getattr(operator, f"__{sign}__"), 2, "same")
        self.sign = sign

    def __call__(self, *args: Any, out: Any = None, where: Any = True, dtype: Any = None) -> Any:
        found = operate(self.sign, *args)
        if out is not None:
            out[...] = found
            return out
        return found


UFUNCS: dict[str, Any] = {name: ufunc(name, function, 1, kind) for name, (function, kind) in _ONE.items()}
UFUNCS |= {name: ufunc(name, function, 2, kind) for name, (function, kind) in _TWO.items()}
UFUNCS |= {name: _Operator(name, sign) for name, sign in _OPERATED.items()}
maximum, minimum, isfinite, isnan = UFUNCS["maximum"], UFUNCS["minimum"], UFUNCS["isfinite"], UFUNCS["isnan"]


def absolute(x: Any, out: Any = None) -> Any:
    return abs(array(x))


def round_(x: Any, decimals: int = 0) -> Any:
    """To even where two are equally near."""
    x = array(x)
    if x.kind in "biuO":
        return unwrapped(x.copy())
    return unwrapped(ndarray([float(round(v, decimals)) if math.isfinite(v) else v for v in x.entries], x.shape, x.kind))


def clip(x: Any, low: Any = None, high: Any = None, **_: Any) -> Any:
    found = x if low is None else maximum(x, low)
    return found if high is None else minimum(found, high)


def where(condition: Any, a: Any = None, b: Any = None) -> Any:
    condition = array(condition)
    if a is None:
        return condition.nonzero()
    a, b = array(a), array(b)
    shape = broadcast_shapes(condition.shape, a.shape, b.shape)
    kind = common(a.kind, b.kind)
    convert = PLAIN[kind]

    def laid(x: ndarray) -> list[Any]:
        return x.entries if x.shape == shape else [x.entries[o] for o in spread(x.shape, shape)]

    x = laid(a) if a.kind == kind else list(map(convert, laid(a)))
    y = laid(b) if b.kind == kind else list(map(convert, laid(b)))
    return ndarray([v if c else w for c, v, w in zip(laid(condition), x, y, strict=True)], shape, kind)


def select(conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0) -> Any:
    found: Any = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        found = where(condition, choice, found)
    return found


def nan_to_num(x: Any, nan: float = 0.0, posinf: float = 1.7976931348623157e308, neginf: float = -1.7976931348623157e308) -> Any:
    x = array(x)
    return unwrapped(ndarray([nan if v != v else posinf if v == inf else neginf if v == -inf else v for v in x.entries], x.shape, x.kind))


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    def near(x: Any, y: Any) -> bool:
        return x == y or (_finite(x) and _finite(y) and abs(x - y) <= atol + rtol * abs(y)) or (equal_nan and x != x and y != y)

    return elementwise(near, a, b, "b")


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    return bool(array(isclose(a, b, rtol, atol, equal_nan)).all())


def array_equal(a: Any, b: Any) -> bool:
    a, b = array(a), array(b)
    return a.shape == b.shape and all(x == y for x, y in zip(a.entries, b.entries, strict=True))


class vectorize:
    """A function of numbers as one of arrays; signature: "(n,n)->(n,n)", one of the last axes."""

    def __init__(self, function: Callable[..., Any], otypes: Sequence[Any] | None = None, signature: str = "", **_: Any) -> None:
        self.function, self.otypes, self.signature = function, otypes, signature

    def __call__(self, *args: Any) -> Any:
        arrays = [array(a) for a in args]
        if self.signature:
            axes = [part.count(",") + 1 if part.strip("() ") else 0 for part in self.signature.partition("->")[0].split("),")]
            front = broadcast_shapes(*[a.shape[: a.ndim - n] for a, n in zip(arrays, axes, strict=True)])
            spread_out = [broadcast_to(a, front + a.shape[a.ndim - n :]) for a, n in zip(arrays, axes, strict=True)]
            found = [array(self.function(*[a[place] for a in spread_out])) for place in _all_places(front)]
            return ndarray(
                [v for f in found for v in f.entries],
                front + (found[0].shape if found else arrays[0].shape[-axes[0] :]),
                found[0].kind if found else "f",
            )
        shape = broadcast_shapes(*[a.shape for a in arrays])
        columns = [a.entries if a.shape == shape else [a.entries[o] for o in spread(a.shape, shape)] for a in arrays]
        values = [self.function(*row) for row in zip(*columns, strict=True)] if columns else []
        kind = kind_of(self.otypes[0]) if self.otypes else common(*{array(v).kind for v in values})
        return ndarray(list(map(PLAIN[kind], values)) if kind != "O" else values, shape, kind)


def _all_places(shape: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    from itertools import product

    return product(*map(range, shape))


# ---------------------------------------------------------------------------------------------- making


def asarray(x: Any, dtype: Any = None, **_: Any) -> ndarray:
    return array(x, dtype)


def copied(x: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0, **_: Any) -> ndarray:
    """`numpy.array`: a copy."""
    found = array(x, dtype, ndmin=ndmin)
    return found.copy() if found is x or (isinstance(x, ndarray) and found.entries is x.entries) else found


def _sized(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, ndarray)) and not isinstance(shape, (list, tuple)) else tuple([int(n) for n in shape])


def full(shape: Any, value: Any, dtype: Any = None) -> ndarray:
    shape = _sized(shape)
    one = array(value, dtype)
    if one.shape:
        return broadcast_to(one, shape).copy()
    return ndarray(one.entries * product_of(shape), shape, one.kind)


def zeros(shape: Any, dtype: Any = float, **_: Any) -> ndarray:
    return full(shape, PLAIN[kind_of(dtype)](0), dtype)


def ones(shape: Any, dtype: Any = float, **_: Any) -> ndarray:
    return full(shape, PLAIN[kind_of(dtype)](1), dtype)


def empty(shape: Any, dtype: Any = float, **_: Any) -> ndarray:
    return full(shape, None, object) if kind_of(dtype) == "O" else zeros(shape, dtype)


def zeros_like(x: Any, dtype: Any = None) -> ndarray:
    x = array(x)
    return zeros(x.shape, dtype or x.dtype)


def ones_like(x: Any, dtype: Any = None) -> ndarray:
    x = array(x)
    return ones(x.shape, dtype or x.dtype)


def full_like(x: Any, value: Any, dtype: Any = None) -> ndarray:
    x = array(x)
    return full(x.shape, value, dtype or x.dtype)


def arange(*args: Any, dtype: Any = None) -> ndarray:
    if all(isinstance(a, int) for a in args):
        found = list(range(*args))
        return ndarray(found, (len(found),), "i").astype(dtype or int)
    start, stop, step = (0.0, args[0], 1.0) if len(args) == 1 else (*args, 1.0)[:3]
    count = max(0, math.ceil((stop - start) / step))
    return ndarray([float(start + k * step) for k in range(count)], (count,), "f")


def linspace(start: float, stop: float, count: int = 50) -> ndarray:
    step = (stop - start) / (count - 1) if count > 1 else 0.0
    return ndarray([float(start + k * step) if k < count - 1 or count == 1 else float(stop) for k in range(count)], (count,), "f")


def eye(n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> ndarray:
    n, m = int(n), int(n if m is None else m)
    one, zero = PLAIN[kind_of(dtype)](1), PLAIN[kind_of(dtype)](0)
    return ndarray([one if j == i + k else zero for i in range(n) for j in range(m)], (n, m), kind_of(dtype))


def tri(n: int, m: int | None = None, k: int = 0, dtype: Any = float) -> ndarray:
    m = n if m is None else m
    convert = PLAIN[kind_of(dtype)]
    return ndarray([convert(j <= i + k) for i in range(n) for j in range(m)], (n, m), kind_of(dtype))


def tril(x: Any, k: int = 0) -> ndarray:
    x = array(x)
    return where(tri(x.shape[-2:][0], x.shape[-1], k, bool), x, PLAIN[x.kind](0))


def triu(x: Any, k: int = 0) -> ndarray:
    x = array(x)
    return where(tri(x.shape[-2:][0], x.shape[-1], k - 1, bool), PLAIN[x.kind](0), x)


def indices(shape: Sequence[int]) -> ndarray:
    places = list(_all_places(tuple(shape)))
    return ndarray([p[k] for k in range(len(shape)) for p in places], (len(shape), *shape), "i")


def diag(x: Any, k: int = 0) -> ndarray:
    x = array(x)
    if x.ndim == 2:
        return x.diagonal(k)
    n = x.shape[0] + abs(k)
    found = zeros((n, n), x.dtype)
    for i, v in enumerate(x.entries):
        found[i + max(-k, 0), i + max(k, 0)] = v
    return found


def frombuffer(data: bytes, dtype: Any = float) -> ndarray:
    from struct import unpack

    kind = kind_of(dtype)
    count = len(data) // 8
    return ndarray(list(unpack(f"<{count}{'d' if kind == 'f' else 'Q' if kind == 'u' else 'q'}", data)), (count,), kind)


def broadcast_to(x: Any, shape: Any) -> ndarray:
    x = array(x)
    shape = _sized(shape)
    return x if x.shape == shape else ndarray([x.entries[o] for o in spread(x.shape, shape)], shape, x.kind)


def broadcast_arrays(*args: Any) -> list[ndarray]:
    arrays = [array(a) for a in args]
    shape = broadcast_shapes(*[a.shape for a in arrays])
    return [broadcast_to(a, shape) for a in arrays]


# ---------------------------------------------------------------------------------------------- together


def concatenate(parts: Iterable[Any], axis: int | None = 0, **_: Any) -> ndarray:
    arrays = [array(p) for p in parts]
    if not arrays:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        arrays, axis = [a.ravel() for a in arrays], 0
    kind = common(*{a.kind for a in arrays if a.size or len(arrays) == 1} or {arrays[0].kind})
    axis = axis_of(axis, arrays[0].ndim)
    rest = arrays[0].shape[:axis], arrays[0].shape[axis + 1 :]
    if any((a.shape[:axis], a.shape[axis + 1 :]) != rest for a in arrays):
        raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
    shape = (*rest[0], sum(a.shape[axis] for a in arrays), *rest[1])
    blocks = [a.shape[axis] * product_of(rest[1]) for a in arrays]
    found: list[Any] = []
    for k in range(product_of(rest[0])):
        for a, n in zip(arrays, blocks, strict=True):
            piece = a.entries[k * n : (k + 1) * n]
            found += piece if a.kind == kind else list(map(PLAIN[kind], piece))
    return ndarray(found, shape, kind)


def stack(parts: Iterable[Any], axis: int = 0) -> ndarray:
    arrays = [array(p) for p in parts]
    axis = axis_of(axis, arrays[0].ndim + 1)
    return concatenate([a.reshape((*a.shape[:axis], 1, *a.shape[axis:])) for a in arrays], axis)


def block(rows: Any) -> ndarray:
    if isinstance(rows, list) and rows and isinstance(rows[0], list):
        return concatenate([concatenate([atleast_2d(x) for x in row], -1) for row in rows], -2)
    return concatenate([array(x) for x in rows], -1)


def atleast_1d(x: Any) -> ndarray:
    x = array(x)
    return x if x.ndim else x.reshape(1)


def atleast_2d(x: Any) -> ndarray:
    x = array(x)
    return x if x.ndim >= 2 else x.reshape((1,) * (2 - x.ndim) + x.shape)


def tile(x: Any, times: Any) -> ndarray:
    x, times = array(x), _sized(times)
    x = x.reshape((1,) * max(0, len(times) - x.ndim) + x.shape)
    times = (1,) * (x.ndim - len(times)) + times
    for axis, n in enumerate(times):
        if n != 1:
            x = concatenate([x] * n, axis) if n else x[(slice(None),) * axis + (slice(0, 0),)]
    return x


def resize(x: Any, shape: Any) -> ndarray:
    x, shape = array(x), _sized(shape)
    count = product_of(shape)
    return ndarray((x.entries * (count // x.size + 1))[:count] if x.size else [0] * count, shape, x.kind)


def moveaxis(x: Any, source: Any, target: Any) -> ndarray:
    x = array(x)
    sources = [axis_of(a, x.ndim) for a in ((source,) if isinstance(source, int) else source)]
    targets = [axis_of(a, x.ndim) for a in ((target,) if isinstance(target, int) else target)]
    order = [a for a in range(x.ndim) if a not in sources]
    for there, here in sorted(zip(targets, sources, strict=True)):
        order.insert(there, here)
    return x.transpose(order)


def expand_dims(x: Any, axis: int) -> ndarray:
    x = array(x)
    axis = axis_of(axis, x.ndim + 1)
    return x.reshape((*x.shape[:axis], 1, *x.shape[axis:]))


def flip(x: Any, axis: Any = None) -> ndarray:
    x = array(x)
    axes = range(x.ndim) if axis is None else [axis_of(a, x.ndim) for a in ((axis,) if isinstance(axis, int) else axis)]
    return x[tuple([slice(None, None, -1) if k in axes else slice(None) for k in range(x.ndim)])]


def roll(x: Any, shift: int, axis: int | None = None) -> ndarray:
    x = array(x)
    if axis is None:
        return roll(x.ravel(), shift, 0).reshape(x.shape)
    n = x.shape[axis]
    return x.take([(k - shift) % n for k in range(n)], axis) if n else x


def pad(x: Any, width: Any, mode: str = "constant", constant_values: Any = 0) -> ndarray:
    x = array(x)
    around = [tuple(row) for row in broadcast_to(array(width), (x.ndim, 2)).tolist()]
    found = full([n + int(a) + int(b) for n, (a, b) in zip(x.shape, around, strict=True)], PLAIN[x.kind](constant_values), x.dtype)
    found[tuple([slice(int(a), int(a) + n) for n, (a, _) in zip(x.shape, around, strict=True)])] = x
    return found


def sliding_window_view(x: Any, window: Any, axis: Any = None) -> ndarray:
    x = array(x)
    axes = tuple(range(x.ndim)) if axis is None else (axis_of(axis, x.ndim),) if isinstance(axis, int) else tuple(axis)
    sizes = _sized(window)
    steps = strides(x.shape)
    counts = list(x.shape)
    for a, n in zip(axes, sizes, strict=True):
        counts[a] -= n - 1
        if counts[a] < 1:
            raise ValueError("window shape cannot be larger than input array shape")
    offsets = [0]
    for n, step in [*zip(counts, steps, strict=True), *[(n, steps[a]) for a, n in zip(axes, sizes, strict=True)]]:
        offsets = [o + k * step for o in offsets for k in range(n)]
    return ndarray([x.entries[o] for o in offsets], (*counts, *sizes), x.kind)


# ---------------------------------------------------------------------------------------------- whole arrays


def flatnonzero(x: Any) -> ndarray:
    return array(x).ravel().nonzero()[0]


def count_nonzero(x: Any) -> int:
    return sum(1 for v in array(x).entries if v)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    x = array(x)
    for _ in range(n):
        front = (slice(None),) * axis_of(axis, x.ndim)
        x = x[(*front, slice(1, None))] - x[(*front, slice(None, -1))]
    return x


def median(x: Any, axis: Any = None) -> Any:
    def middle(v: Sequence[Any]) -> Any:
        if any(x != x for x in v) or not v:
            return nan
        s = sorted(v)
        return float(s[len(s) // 2]) if len(s) % 2 else (s[len(s) // 2 - 1] + s[len(s) // 2]) / 2

    return array(x).over(axis, False, middle, "f")


def sort(x: Any, axis: int = -1) -> ndarray:
    found = array(x).copy()
    found.sort(axis)
    return found


def unique(x: Any) -> ndarray:
    found = sorted(set(array(x).entries))
    return ndarray(found, (len(found),), array(x).kind)


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> ndarray:
    places = [int(v) for v in array(x).entries]
    values = [1] * len(places) if weights is None else array(weights).entries
    found = [0 if weights is None else 0.0] * max(minlength, max(places, default=-1) + 1)
    for p, v in zip(places, values, strict=True):
        found[p] += v
    return ndarray(found, (len(found),), "i" if weights is None else "f")


def vdot(a: Any, b: Any) -> Any:
    a, b = array(a), array(b)
    kind = common(a.kind, b.kind)
    return scalars.made(
        sum(map(operator.mul, a.conj().entries if a.kind == "c" else a.entries, b.entries), PLAIN[kind](0) if kind != "O" else 0), kind
    )


def correlate(a: Any, b: Any, mode: str = "valid") -> ndarray:
    a, b = array(a), array(b)
    n, m = a.size, b.size
    if mode != "valid":
        side = m - 1 if mode == "full" else m // 2
        a = pad(a, (side, m - 1 if mode == "full" else m - 1 - side))
        n = a.size
    if n < m:
        return correlate(b, a, mode)[::-1]
    return array([sum(map(operator.mul, a.entries[k : k + m], b.entries)) for k in range(n - m + 1)], common(a.kind, b.kind))


def convolve(a: Any, b: Any, mode: str = "full") -> ndarray:
    return correlate(a, array(b)[::-1], mode)


def cross(a: Any, b: Any) -> ndarray:
    a, b = broadcast_arrays(a, b)
    (a1, a2, a3), (b1, b2, b3) = ([x[..., k] for k in range(3)] for x in (a, b))
    return stack([array(a2 * b3 - a3 * b2), array(a3 * b1 - a1 * b3), array(a1 * b2 - a2 * b1)], -1)


def outer(a: Any, b: Any) -> Any:
    return operate("mul", array(a).reshape(-1, 1), array(b).reshape(1, -1))


def kron(a: Any, b: Any) -> Any:
    a, b = array(a), array(b)
    axes = max(a.ndim, b.ndim)
    a, b = (x.reshape((1,) * (axes - x.ndim) + x.shape) for x in (a, b))
    left = a.reshape([n for k in a.shape for n in (k, 1)])
    right = b.reshape([n for k in b.shape for n in (1, k)])
    return operate("mul", left, right).reshape([m * n for m, n in zip(a.shape, b.shape, strict=True)])


def matmul(a: Any, b: Any) -> Any:
    a, b = array(a), array(b)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    x = a.reshape((1, *a.shape)) if a.ndim == 1 else a
    y = b.reshape((*b.shape, 1)) if b.ndim == 1 else b
    (m, k), (k2, n) = x.shape[-2:], y.shape[-2:]
    if k != k2:
        raise ValueError(f"matmul: Input operand 1 has a mismatch in its core dimension 0 (size {k2} is different from {k})")
    front = broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = broadcast_to(x, (*front, m, k)), broadcast_to(y, (*front, k, n))
    kind = common(x.kind, y.kind)
    zero = 0.0 if kind == "f" else 0
    found: list[Any] = []
    for p in range(product_of(front)):
        rows = [x.entries[p * m * k + i * k : p * m * k + (i + 1) * k] for i in range(m)]
        columns = [y.entries[p * k * n + j : (p + 1) * k * n : n] for j in range(n)]
        found += [sum(map(operator.mul, row, column), zero) for row in rows for column in columns]
    shape = (*front, *((m,) if a.ndim > 1 else ()), *((n,) if b.ndim > 1 else ()))
    return unwrapped(ndarray(found, shape, "i" if kind == "b" else kind))


def dot(a: Any, b: Any) -> Any:
    a, b = array(a), array(b)
    if not a.ndim or not b.ndim:
        return a * b
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, ([-1], [-2]))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = array(a), array(b)
    if isinstance(axes, int):
        left, right = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        left, right = ([axes[k]] if isinstance(axes[k], int) else list(axes[k]) for k in (0, 1))
        left, right = [k % a.ndim for k in left], [k % b.ndim for k in right]
    free_a, free_b = [k for k in range(a.ndim) if k not in left], [k for k in range(b.ndim) if k not in right]
    inner = product_of(a.shape[k] for k in left)
    x = a.transpose([*free_a, *left]).reshape(-1 if inner else product_of(a.shape[k] for k in free_a), inner) if a.ndim else a.reshape(1, 1)
    y = (
        b.transpose([*right, *free_b]).reshape(inner, -1 if inner else product_of(b.shape[k] for k in free_b))
        if b.ndim
        else b.reshape(1, 1)
    )
    return unwrapped(array(matmul(x, y)).reshape([*[a.shape[k] for k in free_a], *[b.shape[k] for k in free_b]]))


def einsum(subscripts: str, *operands: Any, **_: Any) -> Any:
    """Sums of products by the letters of axes; without an arrow the letters that stand once, in order; "..." for axes in front."""
    arrays = [array(x) for x in operands]
    text = subscripts.replace(" ", "")
    given, arrow, wanted = text.partition("->")
    parts = given.split(",")
    if "..." in text:
        spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in text]
        longest = max((x.ndim - len(p.replace("...", "")) for p, x in zip(parts, arrays, strict=True) if "..." in p), default=0)
        parts = [
            p.replace("...", "".join(spare[longest - (x.ndim - len(p.replace("...", ""))) : longest]))
            for p, x in zip(parts, arrays, strict=True)
        ]
        front = "".join(spare[:longest])
        wanted = wanted.replace("...", front)
    else:
        front = ""
    if not arrow:
        letters = "".join(parts)
        wanted = front + "".join(sorted(c for c in set(letters) - set(front) if letters.count(c) == 1))
    sizes: dict[str, int] = {}
    for p, x in zip(parts, arrays, strict=True):
        if len(p) != x.ndim:
            raise ValueError(f"einstein sum subscripts string {subscripts!r} does not fit the number of axes")
        for c, n in zip(p, x.shape, strict=True):
            if sizes.setdefault(c, n) == 1:
                sizes[c] = n
            elif n not in (1, sizes[c]):
                raise ValueError(f"operands could not be broadcast together: the axis {c} has the sizes {sizes[c]} and {n}")
    labels, value = parts[0], arrays[0]
    value, labels = _summed(
        [(labels, value)], "".join(dict.fromkeys(c for c in labels if len(parts) > 1 or c in wanted)) if len(parts) > 1 else wanted, sizes
    )
    for k in range(1, len(parts)):
        behind = set(wanted).union(*parts[k + 1 :])
        keep = wanted if k == len(parts) - 1 else "".join(c for c in dict.fromkeys(labels + parts[k]) if c in behind)
        value, labels = _summed([(labels, value), (parts[k], arrays[k])], keep, sizes)
    return unwrapped(value)


def _summed(operands: Sequence[tuple[str, ndarray]], keep: str, sizes: dict[str, int]) -> tuple[ndarray, str]:
    """The product of one or two arrays, summed over the letters that are not kept."""
    inside = [c for c in dict.fromkeys("".join(p for p, _ in operands)) if c not in keep]
    kind = common(*[x.kind for _, x in operands])
    columns: list[list[list[int]]] = []
    for labels, x in operands:
        steps = strides(x.shape)
        step = {c: sum(s for d, s, n in zip(labels, steps, x.shape, strict=True) if d == c and n > 1) for c in labels}
        both = []
        for letters in (keep, inside):
            offsets = [0]
            for c in letters:
                each = step.get(c, 0)
                offsets = [o + k * each for o in offsets for k in range(sizes[c])]
            both.append(offsets)
        columns.append(both)
    zero = 0.0 if kind == "f" else 0
    if len(operands) == 1:
        (outside, within), entries = columns[0], operands[0][1].entries
        found = [sum([entries[o + i] for i in within], zero) for o in outside] if inside else [entries[o] for o in outside]
    else:
        (outside, within), (outside2, within2) = columns
        left, right = operands[0][1].entries, operands[1][1].entries
        if inside:
            pairs = list(zip(within, within2, strict=True))
            found = [sum([left[o + i] * right[p + j] for i, j in pairs], zero) for o, p in zip(outside, outside2, strict=True)]
        else:
            found = [left[o] * right[p] for o, p in zip(outside, outside2, strict=True)]
    return ndarray(found, tuple([sizes[c] for c in keep]), "i" if kind == "b" else kind), keep


# ---------------------------------------------------------------------------------------------- about arrays


def result_type(*args: Any) -> dtype:
    kinds = {array(a).kind if isinstance(a, (ndarray, generic, int, float, complex)) else kind_of(a) for a in args}
    return dtype(common(*kinds))


def issubdtype(a: Any, b: Any) -> bool:
    kinds = {
        scalars.floating: "f", scalars.integer: "iu", scalars.signedinteger: "i", scalars.unsignedinteger: "u", scalars.inexact: "fc", scalars.number: "iufc",
        scalars.generic: "biufcO", float: "f", int: "i", bool: "b", complex: "c", object: "O",
    }  # fmt: skip
    return kind_of(a) in (kinds[b] if b in kinds else kind_of(b))


class finfo:
    """The bounds of doubles."""

    def __init__(self, of: Any = float) -> None:
        self.eps, self.tiny, self.max = scalars.float64(2.0**-52), scalars.float64(2.0**-1022), scalars.float64(1.7976931348623157e308)
        self.min, self.smallest_normal, self.dtype = -self.max, self.tiny, dtype(float)


def shape(x: Any) -> tuple[int, ...]:
    return array(x).shape


def size(x: Any, axis: int | None = None) -> int:
    x = array(x)
    return x.size if axis is None else x.shape[axis]


def ndim(x: Any) -> int:
    return array(x).ndim


def isscalar(x: Any) -> bool:
    return isinstance(x, (int, float, complex, generic))


def iscomplexobj(x: Any) -> bool:
    return array(x).kind == "c"


@contextmanager
def errstate(**_: Any) -> Any:
    """Nothing warns here."""
    yield


def seterr(**_: Any) -> dict[str, str]:
    return {}


METHODS: dict[str, Callable[..., Any]] = {
    name: of(getattr(ndarray, name))
    for name in ("sum", "prod", "mean", "var", "std", "max", "min", "any", "all", "argmax", "argmin", "ptp", "cumsum", "cumprod", "argsort", "nonzero", "reshape",
                 "ravel", "transpose", "swapaxes", "squeeze", "repeat", "take", "diagonal", "trace", "copy")
}  # fmt: skip
METHODS |= {"amax": METHODS["max"], "amin": METHODS["min"], "real": of(lambda x: x.real), "imag": of(lambda x: x.imag)}

_METHODS_HERE: dict[str, Callable[..., Any]] = {
    "clip": clip, "round": round_, "dot": dot, "__matmul__": matmul, "__rmatmul__": lambda self, other: matmul(other, self),
}  # fmt: skip
for _name, _method in _METHODS_HERE.items():
    setattr(ndarray, _name, _method)
