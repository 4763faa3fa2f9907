"""Arrays: a flat list of numbers with a shape.

What is taken out of an array is a copy, but for `reshape` and `ravel`, whose entries are the same. Numbers follow IEEE 754, objects (fractions,
numbers of many digits) their own rules.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product as places
from math import prod
from typing import Any

from symdiff.page.arrays import scalars
from symdiff.page.arrays.scalars import PLAIN, common, dtype, generic, kind_of, made, scalar_kind

Shape = tuple[int, ...]


@lru_cache(maxsize=4096)
def strides(shape: Shape) -> Shape:
    found, step = [], 1
    for n in reversed(shape):
        found.append(step)
        step *= n
    return tuple(reversed(found))


@lru_cache(maxsize=2048)
def spread(shape: Shape, wanted: Shape) -> list[int]:
    """For every entry of the wanted shape the place of the entry that is repeated there. ValueError where one does not fit."""
    lead = len(wanted) - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, wanted[lead:], strict=True)):
        raise ValueError(f"an array of the shape {shape} cannot be broadcast to {wanted}")
    offsets = [0]
    for n, m, step in zip((1,) * lead + shape, wanted, (0,) * lead + strides(shape), strict=True):
        offsets = [o + k * step for o in offsets for k in range(m)] if n == m else [o for o in offsets for _ in range(m)]
    return offsets


@lru_cache(maxsize=4096)
def broadcast_shapes(*shapes: Shape) -> Shape:
    length = max(map(len, shapes), default=0)
    found = []
    for k in range(length):
        sizes = {s[k - length + len(s)] for s in shapes if k - length + len(s) >= 0} - {1}
        if len(sizes) > 1:
            raise ValueError(f"operands could not be broadcast together with shapes {' '.join(map(str, shapes))}")
        found.append(sizes.pop() if sizes else 1)
    return tuple(found)


class ndarray:
    """entries: in the order of the last axis first; shape; kind: see `scalars.dtype`."""

    __slots__ = ("__weakref__", "entries", "kind", "shape")
    __array_priority__ = 10
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, entries: list[Any], shape: Shape, kind: str) -> None:
        self.entries = entries
        self.shape = shape
        self.kind = kind

    # ------------------------------------------------------------------------------------------ what it is

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def dtype(self) -> dtype:
        return dtype(self.kind)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def T(self) -> ndarray:
        return self.transpose()

    @property
    def flat(self) -> Iterator[Any]:
        return iter([made(v, self.kind) for v in self.entries])

    @property
    def real(self) -> ndarray:
        return ndarray([v.real for v in self.entries], self.shape, "f" if self.kind == "c" else self.kind)

    @property
    def imag(self) -> ndarray:
        return ndarray([v.imag for v in self.entries], self.shape, "f" if self.kind == "c" else self.kind)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[k] for k in range(self.shape[0]))

    def _one(self) -> Any:
        if len(self.entries) != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()")
        return self.entries[0]

    def __bool__(self) -> bool:
        return bool(self._one())

    def __float__(self) -> float:
        if len(self.entries) != 1:
            raise TypeError("only size-1 arrays can be converted to Python scalars")
        return float(self.entries[0])

    def __int__(self) -> int:
        return int(self._one())

    def __complex__(self) -> complex:
        return complex(self._one())

    def __index__(self) -> int:
        if self.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self._one())

    def __contains__(self, value: Any) -> bool:
        return value in self.entries

    def __repr__(self) -> str:
        return f"array({self.tolist()!r})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self._one(), spec) if spec else str(self)

    def __reduce__(self) -> Any:
        return ndarray, (self.entries, self.shape, self.kind)

    def item(self, *index: Any) -> Any:
        return PLAIN[self.kind](self[index] if index else self._one())

    def tolist(self) -> Any:
        if not self.shape:
            return self.entries[0]
        rows = self.entries
        for axis, n in reversed(list(enumerate(self.shape[1:], 1))):
            rows = [rows[k : k + n] for k in range(0, len(rows), n)] if n else [[] for _ in range(prod(self.shape[:axis]))]
        return list(rows)

    def tobytes(self) -> bytes:
        """A key for what is equal, as NumPy's bytes are."""
        from struct import pack

        return pack(f"<{len(self.entries)}{'d' if self.kind == 'f' else 'q'}", *self.entries)

    def copy(self, order: str = "C") -> ndarray:
        return ndarray(list(self.entries), self.shape, self.kind)

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> ndarray:
        return self.copy()

    def astype(self, dtype: Any, copy: bool = True, casting: str = "unsafe") -> ndarray:
        kind = kind_of(dtype)
        if casting != "unsafe" and scalars.ORDER.index(self.kind) > scalars.ORDER.index(kind) and self.kind in "cO":
            raise TypeError(f"Cannot cast array data from {self.dtype!r} to {kind!r} according to the rule {casting!r}")
        return self.copy() if kind == self.kind else ndarray(list(map(_converter(kind), self.entries)), self.shape, kind)

    def fill(self, value: Any) -> None:
        self.entries[:] = [PLAIN[self.kind](value)] * self.size

    # ------------------------------------------------------------------------------------------ shape

    def reshape(self, *shape: Any, order: str = "C") -> ndarray:
        wanted = list(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else list(shape)
        wanted = [int(n) for n in wanted]
        if -1 in wanted:
            rest = prod(n for n in wanted if n != -1)
            wanted[wanted.index(-1)] = self.size // rest if rest else 0
        if prod(wanted) != self.size:
            raise ValueError(f"cannot reshape array of size {self.size} into shape {tuple(wanted)}")
        if order == "F":
            back = self.transpose().entries
            return ndarray(back, tuple(reversed(wanted)), self.kind).transpose()
        return ndarray(self.entries, tuple(wanted), self.kind)

    def ravel(self, order: str = "C") -> ndarray:
        return ndarray(self.entries if order == "C" else self.transpose().entries, (self.size,), self.kind)

    def flatten(self, order: str = "C") -> ndarray:
        return self.ravel(order).copy()

    def transpose(self, *axes: Any) -> ndarray:
        order = (
            tuple(axes[0])
            if len(axes) == 1 and not isinstance(axes[0], int) and axes[0] is not None
            else tuple(a for a in axes if a is not None)
        )
        order = tuple(a % self.ndim for a in order) if order else tuple(reversed(range(self.ndim)))
        if order == tuple(range(self.ndim)):
            return self.copy()
        steps = strides(self.shape)
        shape = tuple([self.shape[a] for a in order])
        offsets = [0]
        for a, n in zip(order, shape, strict=True):
            step = steps[a]
            offsets = [o + k * step for o in offsets for k in range(n)]
        entries = self.entries
        return ndarray([entries[o] for o in offsets], shape, self.kind)

    def swapaxes(self, a: int, b: int) -> ndarray:
        order = list(range(self.ndim))
        a, b = axis_of(a, self.ndim), axis_of(b, self.ndim)
        order[a], order[b] = order[b], order[a]
        return self.transpose(order)

    def squeeze(self, axis: Any = None) -> ndarray:
        gone = range(self.ndim) if axis is None else [a % self.ndim for a in ((axis,) if isinstance(axis, int) else axis)]
        return ndarray(self.entries, tuple([n for k, n in enumerate(self.shape) if not (n == 1 and k in gone)]), self.kind)

    def repeat(self, times: Any, axis: int | None = None) -> ndarray:
        if axis is None:
            return self.ravel().repeat(times, 0)
        axis = axis_of(axis, self.ndim)
        counts = array(times).ravel().entries
        counts = counts * self.shape[axis] if len(counts) == 1 else counts
        chosen = [k for k, n in enumerate(counts) for _ in range(int(n))]
        return self.take(chosen, axis)

    def take(self, chosen: Any, axis: int | None = None) -> Any:
        if axis is None:
            return self.ravel()[array(chosen)]
        return self[(slice(None),) * axis_of(axis, self.ndim) + (array(chosen).astype(int),)]

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
        axis1, axis2 = axis_of(axis1, self.ndim), axis_of(axis2, self.ndim)
        rest = [a for a in range(self.ndim) if a not in (axis1, axis2)]
        turned = self.transpose([*rest, axis1, axis2])
        m, n = turned.shape[-2:]
        at = [(i, i + offset) for i in range(m) if 0 <= i + offset < n]
        return turned[(..., array([i for i, _ in at]).astype(int), array([j for _, j in at]).astype(int))]

    def trace(self) -> Any:
        return self.diagonal().sum(-1)

    # ------------------------------------------------------------------------------------------ entries

    def _chosen(self, key: Any) -> tuple[list[int], Shape]:
        """The places that a key names, and their shape."""
        keys = list(key) if isinstance(key, tuple) else [key]
        keys = [array(k) if isinstance(k, (list, range, bool, scalars.bool_)) else k for k in keys]
        if len(keys) == 1 and isinstance(keys[0], ndarray) and keys[0].kind == "b" and keys[0].shape == self.shape:
            chosen = [k for k, v in enumerate(keys[0].entries) if v]
            return chosen, (len(chosen),)
        used = sum(k.ndim if isinstance(k, ndarray) and k.kind == "b" else 0 if k is None or k is Ellipsis else 1 for k in keys)
        if used > self.ndim:
            raise IndexError(f"too many indices for array: array is {self.ndim}-dimensional, but {used} were indexed")
        dots = next((k for k, v in enumerate(keys) if v is Ellipsis), None)
        rest = [slice(None)] * (self.ndim - used)
        keys = keys + rest if dots is None else keys[:dots] + rest + keys[dots + 1 :]
        parts: list[tuple[str, Any]] = []  # of every axis in the result, or array of places: its offsets
        axis = 0
        steps = strides(self.shape)
        fancy = any(isinstance(k, ndarray) for k in keys)
        for k in keys:
            if k is None:
                parts.append(("axis", [0]))
            elif isinstance(k, slice):
                parts.append(("axis", [i * steps[axis] for i in range(*k.indices(self.shape[axis]))]))
                axis += 1
            elif isinstance(k, ndarray) and k.kind == "b":
                found = [i for i, v in enumerate(k.entries) if v]
                if k.shape != self.shape[axis : axis + k.ndim]:
                    raise IndexError(f"boolean index did not match indexed array: the shape is {self.shape}, that of the index {k.shape}")
                step = steps[axis + k.ndim - 1] if k.ndim else 1
                if k.ndim:
                    parts.append(("places", ndarray([i * step for i in found], (len(found),), "i")))
                else:
                    parts.append(("axis", [0] * len(found)))
                axis += k.ndim
            else:
                whole = k if isinstance(k, ndarray) else ndarray([operator.index(k)], (), "i")
                if whole.kind not in "iu" and whole.size:
                    raise IndexError("arrays used as indices must be of integer (or boolean) type")
                n = self.shape[axis]
                moved = []
                for i in whole.entries:
                    i = int(i)
                    if not -n <= i < n:
                        raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
                    moved.append((i + n if i < 0 else i) * steps[axis])
                parts.append(("places" if fancy else "one", ndarray(moved, whole.shape, "i")))
                axis += 1
        offsets, shape = [0], list[int]()
        at = [k for k, (what, _) in enumerate(parts) if what == "places"]
        if at:
            together = broadcast_shapes(*[parts[k][1].shape for k in at])
            summed = [0] * prod(together)
            for k in at:
                own = parts[k][1]
                summed = [a + own.entries[o] for a, o in zip(summed, spread(own.shape, together), strict=True)]
            apart = at[-1] - at[0] + 1 != len(at)
            first = 0 if apart else at[0]
            parts = [p for k, p in enumerate(parts) if k not in at]
            parts.insert(first, ("places", ndarray(summed, together, "i")))
        for what, part in parts:
            own_offsets = part if what == "axis" else part.entries
            offsets = [o + p for o in offsets for p in own_offsets] if len(own_offsets) != 1 or own_offsets[0] else offsets
            shape += [len(part)] if what == "axis" else part.shape
        return offsets, tuple(shape)

    def __getitem__(self, key: Any) -> Any:
        if type(key) is int and len(self.shape) == 1:
            return made(self.entries[key], self.kind)
        offsets, shape = self._chosen(key)
        if shape or key is Ellipsis:
            entries = self.entries
            return ndarray([entries[o] for o in offsets], shape, self.kind)
        return made(self.entries[offsets[0]], self.kind)

    def __setitem__(self, key: Any, value: Any) -> None:
        offsets, shape = self._chosen(key)
        new = array(value)
        if new.size == 1:
            one = _converter(self.kind)(new.entries[0])
            for o in offsets:
                self.entries[o] = one
            return
        own = new.shape
        while len(own) > len(shape) and own[0] == 1:
            own = own[1:]
        convert = _converter(self.kind)
        for o, p in zip(offsets, spread(own, shape), strict=True):
            self.entries[o] = convert(new.entries[p])

    # ------------------------------------------------------------------------------------------ one number of many

    def over(self, axis: Any, keepdims: bool, function: Callable[[list[Any]], Any], kind: str) -> Any:
        """The value of a function of the entries along axes (None: of all)."""
        if axis is None:
            value = function(self.entries)
            return ndarray([value], (1,) * self.ndim, kind) if keepdims else made(value, kind)
        if not self.ndim and axis in (0, -1):  # NumPy takes a number for a list of one here
            return made(function(self.entries), kind)
        gone = {axis_of(a, self.ndim) for a in ((axis,) if isinstance(axis, int) else axis)}
        steps = strides(self.shape)
        outer, inner = [0], [0]
        for k, n in enumerate(self.shape):
            step = steps[k]
            if k in gone:
                inner = [o + i * step for o in inner for i in range(n)]
            else:
                outer = [o + i * step for o in outer for i in range(n)]
        shape = tuple([1 if k in gone else n for k, n in enumerate(self.shape) if keepdims or k not in gone])
        entries = self.entries
        found = [function([entries[o + i] for i in inner]) for o in outer]
        return ndarray(found, shape, kind) if shape else made(found[0], kind)

    def sum(self, axis: Any = None, keepdims: bool = False, dtype: Any = None, initial: Any = 0) -> Any:
        kind = "i" if self.kind == "b" else self.kind
        zero = initial if initial else 0.0 if kind == "f" else 0
        return self.over(axis, keepdims, lambda v: sum(v, zero), kind)

    def prod(self, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
        kind = kind_of(dtype) if dtype is not None else "i" if self.kind == "b" else self.kind
        return self.over(axis, keepdims, lambda v: PLAIN[kind](prod(v)), kind)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.over(axis, keepdims, lambda v: scalars.divide(sum(v), len(v)), common(self.kind, "f"))

    def var(self, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
        def function(v: list[Any]) -> Any:
            middle = scalars.divide(sum(v), len(v))
            return scalars.divide(sum([(x - middle) ** 2 for x in v]), len(v) - float(ddof))

        return self.over(axis, keepdims, function, common(self.kind, "f"))

    def std(self, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
        found = self.var(axis, ddof, keepdims)
        return (
            scalars.float64(math.sqrt(found))
            if not isinstance(found, ndarray)
            else ndarray([math.sqrt(v) if v >= 0 else math.nan for v in found.entries], found.shape, "f")
        )

    def max(self, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        return self.over(axis, keepdims, lambda v: _extreme(max, v, initial), self.kind)

    def min(self, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        return self.over(axis, keepdims, lambda v: _extreme(min, v, initial), self.kind)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.over(axis, keepdims, lambda v: any(v), "b")

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        return self.over(axis, keepdims, lambda v: all(v), "b")

    def argmax(self, axis: Any = None) -> Any:
        return self.over(axis, False, lambda v: _place(max, v), "i")

    def argmin(self, axis: Any = None) -> Any:
        return self.over(axis, False, lambda v: _place(min, v), "i")

    def ptp(self, axis: Any = None) -> Any:
        return self.max(axis) - self.min(axis)

    def running(self, axis: int | None, function: Callable[[Any, Any], Any], kind: str) -> ndarray:
        """Sums or products so far, along an axis."""
        if axis is None:
            return self.ravel().running(0, function, kind)
        if not self.ndim and axis in (0, -1):
            return self.reshape(1).running(0, function, kind)
        axis = axis_of(axis, self.ndim)
        step, n = strides(self.shape)[axis], self.shape[axis]
        found = list(self.entries)
        for o in range(len(found)):
            if (o // step) % n:
                found[o] = function(found[o - step], found[o])
        return ndarray(found, self.shape, kind)

    def cumsum(self, axis: int | None = None) -> ndarray:
        return self.running(axis, operator.add, "i" if self.kind == "b" else self.kind)

    def cumprod(self, axis: int | None = None) -> ndarray:
        return self.running(axis, operator.mul, "i" if self.kind == "b" else self.kind)

    def nonzero(self) -> tuple[ndarray, ...]:
        found = [k for k, v in enumerate(self.entries) if v]
        return tuple(
            [ndarray([(k // step) % n for k in found], (len(found),), "i") for step, n in zip(strides(self.shape), self.shape, strict=True)]
        )

    def argsort(self, axis: int = -1, kind: Any = None) -> ndarray:
        return self._by_line(axis, lambda v: sorted(range(len(v)), key=lambda k: _ordered(v[k])), "i")

    def sort(self, axis: int = -1) -> None:
        self.entries[:] = self._by_line(axis, lambda v: sorted(v, key=_ordered), self.kind).entries

    def _by_line(self, axis: int, function: Callable[[list[Any]], list[Any]], kind: str) -> ndarray:
        axis = axis_of(axis, self.ndim)
        turned = self.swapaxes(axis, -1) if axis != self.ndim - 1 else self
        n = turned.shape[-1]
        found = [x for k in range(0, turned.size, n) for x in function(turned.entries[k : k + n])] if n else []
        done = ndarray(found, turned.shape, kind)
        return done.swapaxes(axis, -1) if axis != self.ndim - 1 else done

    def conj(self) -> ndarray:
        return ndarray([v.conjugate() for v in self.entries], self.shape, self.kind)

    # ------------------------------------------------------------------------------------------ operators; functions.py adds @, clip, round, dot

    def __neg__(self) -> Any:
        if self.kind == "b":
            raise TypeError("the numpy boolean negative is not supported, use the `~` operator")
        return unwrapped(ndarray([-v for v in self.entries], self.shape, self.kind))

    def __pos__(self) -> Any:
        return unwrapped(self.copy())

    def __abs__(self) -> Any:
        return unwrapped(ndarray([abs(v) for v in self.entries], self.shape, "f" if self.kind == "c" else self.kind))

    def __invert__(self) -> Any:
        return unwrapped(ndarray([not v for v in self.entries] if self.kind == "b" else [~v for v in self.entries], self.shape, self.kind))

    def _assigned(self, value: Any) -> ndarray:
        new = array(value)
        if scalars.ORDER.index(new.kind) > scalars.ORDER.index(self.kind):
            raise TypeError(f"Cannot cast the result from {new.dtype!r} to {self.dtype!r} with casting rule 'same_kind'")
        convert = _converter(self.kind) if new.kind != self.kind else None
        entries = new.entries if new.shape == self.shape else [new.entries[o] for o in spread(new.shape, self.shape)]
        self.entries[:] = map(convert, entries) if convert else entries
        return self


def unwrapped(x: ndarray) -> Any:
    """The number of an array without axes, as NumPy's operations give it."""
    return x if x.shape else made(x.entries[0], x.kind)


def elementwise(
    function: Callable[[Any, Any], Any], a: Any, b: Any, kind: str | None = None, objects: Callable[[Any, Any], Any] | None = None
) -> Any:
    """A function of two numbers, of arrays that are spread over each other. kind: of the result; objects: the function of objects."""
    a, b = array(a), array(b)
    both = common(a.kind, b.kind)
    if both == "O" and objects is not None:
        function = objects
    x, y = a.entries, b.entries
    if a.shape == b.shape:
        shape = a.shape
        found = list(map(function, x, y))
    else:
        shape = broadcast_shapes(a.shape, b.shape)
        if len(y) == 1 and shape == a.shape:
            (one,) = y
            found = [function(v, one) for v in x]
        elif len(x) == 1 and shape == b.shape:
            (one,) = x
            found = [function(one, v) for v in y]
        else:
            left = x if a.shape == shape else [x[o] for o in spread(a.shape, shape)]
            right = y if b.shape == shape else [y[o] for o in spread(b.shape, shape)]
            found = list(map(function, left, right))
    kind = both if kind is None else kind
    return unwrapped(ndarray(found, shape, kind))


class AxisError(ValueError, IndexError):
    """An axis that an array does not have."""


def axis_of(a: int, n: int) -> int:
    """An axis counted from the front. AxisError for one that an array of n axes does not have."""
    if not -n <= a < n:
        raise AxisError(f"axis {a} is out of bounds for array of dimension {n}")
    return a % n


def _converter(kind: str) -> Callable[[Any], Any]:
    if kind == "f":
        return _real
    if kind in "iu":
        return lambda v: int(v.real if isinstance(v, complex) else v) if v == v and abs(v) != math.inf else -(2**63)
    return PLAIN[kind]


def _real(v: Any) -> float:
    return v if type(v) is float else float(v.real) if isinstance(v, complex) else float(v)


def _extreme(function: Callable[..., Any], v: Sequence[Any], initial: Any) -> Any:
    v = v if initial is None else [*v, initial]
    if not v:
        raise ValueError("zero-size array to reduction operation which has no identity")
    missing = [x for x in v if x != x]
    return missing[0] if missing else function(v)


def _place(function: Callable[..., Any], v: Sequence[Any]) -> int:
    if not v:
        raise ValueError("attempt to get argmax of an empty sequence")
    missing = next((k for k, x in enumerate(v) if x != x), None)
    return v.index(function(v)) if missing is None else missing


def _ordered(x: Any) -> Any:
    """What is no number comes last."""
    return (True, 0) if x != x else (False, x)


# ---------------------------------------------------------------------------------------------- making arrays


def array(value: Any, dtype: Any = None, copy: bool = False, ndmin: int = 0) -> ndarray:
    """An array of numbers, lists of numbers, or arrays; without `copy` an array is itself. ValueError for ragged lists."""
    kind = None if dtype is None else kind_of(dtype)
    if isinstance(value, ndarray):
        found = value
    elif isinstance(value, (list, tuple, range)):
        found = _nested(value, kind)
    elif isinstance(value, (set, dict)) or (
        isinstance(value, Iterable) and not isinstance(value, (str, bytes, generic)) and hasattr(value, "__next__")
    ):
        found = ndarray([value], (), "O")
    else:
        own = scalar_kind(value)
        found = ndarray([PLAIN[own](value) if own != "O" else value], (), own)
        if kind == "f" and own == "O":
            found = ndarray([float(value)], (), "f")
    if kind is not None and found.kind != kind:
        found = found.astype(dtype)
    elif copy and found is value:
        found = found.copy()
    return found if ndmin <= found.ndim else found.reshape((1,) * (ndmin - found.ndim) + found.shape)


def _nested(value: Sequence[Any], wanted: str | None) -> ndarray:
    """Lists within lists, all of one length on each level."""
    if not value:
        return ndarray([], (0,), wanted or "f")
    if all(type(v) in (float, int, bool) for v in value):
        kind = common(*{scalar_kind(v) for v in value})
        return ndarray(list(map(PLAIN[kind], value)), (len(value),), kind)
    parts = [array(v) for v in value]
    first = parts[0].shape
    if any(p.shape != first for p in parts):
        raise ValueError("setting an array element with a sequence. The requested array has an inhomogeneous shape")
    kind = common(*{p.kind for p in parts})
    return ndarray([PLAIN[kind](x) if p.kind != kind else x for p in parts for x in p.entries], (len(parts), *first), kind)


def of(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method of arrays, as a function of whatever can be one."""
    return lambda x, *args, **named: function(array(x), *args, **named)


_OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any], str | None]] = {
    "add": (operator.add, operator.add, None), "sub": (operator.sub, operator.sub, None), "mul": (operator.mul, operator.mul, None),
    "truediv": (scalars.divide, operator.truediv, None), "floordiv": (scalars.floor_divide, operator.floordiv, None),
    "mod": (scalars.remainder, operator.mod, None), "pow": (scalars.power, operator.pow, None),
    "eq": (operator.eq, operator.eq, "b"), "ne": (operator.ne, operator.ne, "b"), "lt": (operator.lt, operator.lt, "b"),
    "le": (operator.le, operator.le, "b"), "gt": (operator.gt, operator.gt, "b"), "ge": (operator.ge, operator.ge, "b"),
    "and": (operator.and_, operator.and_, None), "or": (operator.or_, operator.or_, None), "xor": (operator.xor, operator.xor, None),
    "lshift": (operator.lshift, operator.lshift, None), "rshift": (operator.rshift, operator.rshift, None),
}  # fmt: skip


def operate(name: str, a: Any, b: Any) -> Any:
    """`a name b`, name as in `__add__`."""
    function, objects, kind = _OPERATORS[name]
    if kind is None and name == "truediv":
        a, b = array(a), array(b)
        kind = common(a.kind, b.kind, "f")
    elif kind is None and name in ("add", "sub", "mul", "pow", "floordiv", "mod"):
        a, b = array(a), array(b)
        if a.kind == b.kind == "b":
            if name == "mul":
                function, kind = lambda x, y: x and y, "b"
            elif name == "add":
                function, kind = lambda x, y: x or y, "b"
            elif name == "sub":
                raise TypeError("numpy boolean subtract is not supported, use the bitwise_xor, the `^` operator")
            else:
                kind = "i"
        elif name == "pow" and "f" in (a.kind, b.kind) and "O" not in (a.kind, b.kind):
            a = a.astype(float) if a.kind in "biu" else a
    return elementwise(function, a, b, kind, objects)


def _install() -> None:
    for name in _OPERATORS:

        def forward(self: ndarray, other: Any, name: str = name) -> Any:
            return NotImplemented if not _operand(other) else operate(name, self, other)

        def turned(self: ndarray, other: Any, name: str = name) -> Any:
            return NotImplemented if not _operand(other) else operate(name, other, self)

        def inside(self: ndarray, other: Any, name: str = name) -> Any:
            return self._assigned(operate(name, self, other))

        setattr(ndarray, f"__{name}__", forward)
        if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            setattr(ndarray, f"__r{name}__", turned)
            setattr(ndarray, f"__i{name}__", inside)


def _operand(other: Any) -> bool:
    return other is not None and not isinstance(other, (str, bytes, dict, set)) and getattr(other, "__array_ufunc__", 0) is not None


_install()
generic.as_array = lambda self: ndarray([self.item()], (), self.kind)  # type: ignore[method-assign]
ndindex = lambda *shape: places(*[range(n) for n in (shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)])
