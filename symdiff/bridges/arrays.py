"""Arrays of a program as texts of the formula language.

A `Value` is what an expression of NumPy, PyTorch or JAX stands for: a text, and the shape of the array, whose axes of length 1 the text does
not have: x[:, None] is the vector x with the shape (n, 1). Arrays are broadcast as these libraries do it, and written out: what is spread along
rows is `ones(m)*x'`. An array of three axes, X[:, None] - Y, has no text but that of its entries (`Entries`): a sum over one of its axes
is a matrix again, `tensor(i=…, j=…, sum(k=…, …))`. In: values; out: a value; `Unread` where the language has no such thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from symdiff.table import TABLE

Shape = tuple[str, ...]


class Unread(Exception):
    """Why an expression of a program is not read, and what to do instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Value:
    """text: the formula; atom: whether it stands without brackets beside any operator. shape: of the array.

    truth: the text is a condition. constant: a value of Python where it is known: numbers, texts, None, tuples. label: of how many.
    """

    text: str
    shape: Shape = ()
    atom: bool = False
    truth: bool = False
    constant: Any = ...
    label: str = ""

    @property
    def core(self) -> Shape:
        """The axes that the text has."""
        return tuple([d for d in self.shape if d != "1"])

    @property
    def inside(self) -> str:
        return self.text if self.atom else f"({self.text})"


class Entries(Value):
    """An array of three axes or more: the text of its entry at places along the axes that are not of length 1."""

    def __init__(self, shape: Shape, entry: Callable[[Sequence[str]], str], truth: bool = False) -> None:
        super().__init__("", shape, True, truth)
        object.__setattr__(self, "entry", entry)

    entry: Callable[[Sequence[str]], str]

    def __getattribute__(self, name: str) -> Any:
        if name in ("text", "inside"):
            raise Unread(
                "an array of three axes is read entry by entry and summed up, not here",
                "write the sum with its indices: `sum(i=1..m, j=1..n, …)`",
            )
        return super().__getattribute__(name)

    def with_shape(self, shape: Shape) -> Entries:
        return Entries(shape, self.entry, self.truth)


_LETTERS = count(1)


def letters(k: int) -> list[str]:
    """Names of indices that nothing else has."""
    return [f"q_{next(_LETTERS)}" for _ in range(k)]


def entries(values: Sequence[Value], shape: Shape, write: Callable[[list[str]], str], truth: bool = False) -> Entries:
    """The array of what is written of the entries of several."""
    real = [k for k, d in enumerate(shape) if d != "1"]
    if len(real) > 4:
        raise Unread("arrays of five axes and more are not read", "write the sum with its indices: `sum(i=1..m, j=1..n, …)`")

    def entry(v: Value, index: Sequence[str]) -> str:
        place = dict(zip(real, index, strict=True))
        full = ("1",) * (len(shape) - len(v.shape)) + v.shape
        mine = [place[k] for k, own in enumerate(full) if own != "1"]
        if isinstance(v, Entries):
            return f"[{v.entry(mine)}]" if v.truth else f"({v.entry(mine)})"
        v = number(v)
        return f"{v.inside}[{','.join(mine)}]" if mine else v.inside

    return Entries(shape, lambda index: write([entry(v, index) for v in values]), truth)


def by_entries(shape: Shape) -> bool:
    return sum(d != "1" for d in shape) > 2


def constant(value: Any) -> Value:
    """A value of Python: a number as it is written, others without a text."""
    if isinstance(value, bool) or value is None or not isinstance(value, int | float):
        return Value(str(int(value)) if isinstance(value, bool) else "", (), True, False, value)
    text = repr(value)
    return Value(text, (), not text.startswith("-"), False, value)


def number(v: Value) -> Value:
    """A condition as the numbers 0 and 1, a label as the number that it is in the program."""
    if isinstance(v, Entries):
        return Entries(v.shape, lambda index: f"[{v.entry(index)}]") if v.truth else v
    if v.label and not v.label.startswith("index"):
        return replace(v, text=f"({v.text} - 1)", atom=True, label="")
    return replace(v, text=f"[{v.text}]", atom=True, truth=False) if v.truth else v


def joined(shapes: Sequence[Shape]) -> Shape:
    """The shape that arrays have together."""
    order = max(map(len, shapes), default=0)
    result = []
    for k in range(order):
        here = {s[k - order] for s in shapes if len(s) >= order - k} - {"1"}
        if len(here) > 1:
            raise Unread(f"axes of {' and '.join(sorted(here))} do not fit")
        result.append(here.pop() if here else "1")
    return tuple(result)


def spread(v: Value, shape: Shape) -> str:
    """The text of a value beside others of this shape together; a number stays a number."""
    v = number(v)
    if not v.text:
        raise Unread("this is no number and no array")
    full = ("1",) * (len(shape) - len(v.shape)) + v.shape
    axes = [d for d in shape if d != "1"]
    mine = [k for k, (d, own) in enumerate(zip(shape, full, strict=True)) if own != "1"]
    if not mine or len(mine) == len(axes):
        return v.inside
    real = [k for k, d in enumerate(shape) if d != "1"]
    return f"({v.inside}*ones({axes[1]})')" if mine[0] == real[0] else f"(ones({axes[0]})*{v.inside}')"


def together(values: Sequence[Value]) -> tuple[list[str], Shape]:
    shape = joined([v.shape for v in values])
    return [spread(v, shape) for v in values], shape


def is_tensor(shape: Shape) -> bool:
    return any(d != "1" for d in shape)


def binary(sign: str, a: Value, b: Value) -> Value:
    """`+ - * / ** // %` and comparisons, entry by entry."""
    if all(isinstance(v.constant, int | float) for v in (a, b)) and sign in _ARITHMETIC:
        try:
            return constant(_ARITHMETIC[sign](a.constant, b.constant))
        except (ArithmeticError, ValueError):
            raise Unread("this has no value") from None
    if sign == "//":
        return call("floor", binary("/", a, b))
    if sign == "%":
        return elementwise("mod", [a, b])
    shape = joined([a.shape, b.shape])
    if by_entries(shape):
        mark = {"**": "^"}.get(sign, sign)
        return entries([a, b], shape, lambda texts: f"{texts[0]} {mark} {texts[1]}", sign in _COMPARE)
    (x, y), shape = together([a, b])
    tensors = [bool(a.core), bool(b.core)]
    if sign in _COMPARE:
        return Value(f"{x} {_COMPARE[sign]} {y}", shape, truth=True)
    if sign in ("+", "-"):
        return Value(f"{x} {sign} {y}", shape)
    if sign == "*":
        return Value(f"{x} .* {y}" if all(tensors) else f"{x}*{y}", shape)
    if sign == "/":
        return Value(f"{x} ./ {y}" if tensors[1] else f"{x}/{y}", shape)
    assert sign == "**"
    return Value(f"{x} .^ {y}" if any(tensors) else f"{x}^{y}", shape)


_COMPARE = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "==", "!=": "!="}
_ARITHMETIC: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b if abs(b) < 100 else float(a) ** b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def negative(v: Value) -> Value:
    if isinstance(v.constant, int | float):
        return constant(-v.constant)
    if isinstance(v, Entries):
        return entries([v], v.shape, lambda texts: f"-{texts[0]}")
    return Value(f"-{number(v).inside}", v.shape)


def call(name: str, *values: Value) -> Value:
    """A function of the language of the first value, whose shape the result has."""
    if any(isinstance(v, Entries) for v in values):
        if name not in TABLE or not TABLE[name].elementwise or len(values) > 1:
            raise Unread(f"`{name}` of an array of three axes is not read")
        return entries(values, values[0].shape, lambda texts: f"{name}({', '.join(texts)})")
    return Value(f"{name}({', '.join([number(v).text for v in values])})", values[0].shape, True)


def elementwise(name: str, values: Sequence[Value]) -> Value:
    """A function of several values, entry by entry."""
    shape = joined([v.shape for v in values])
    if by_entries(shape):
        return entries(values, shape, lambda texts: f"{name}({', '.join(texts)})")
    texts, shape = together(values)
    return Value(f"{name}({', '.join(texts)})", shape, True)


def choose(condition: Value, a: Value, b: Value) -> Value:
    if not condition.truth:
        if isinstance(condition, Entries):
            raise Unread("this condition is a comparison")
        condition = Value(f"{number(condition).inside} != 0", condition.shape, truth=True)
    shape = joined([condition.shape, a.shape, b.shape])
    if by_entries(shape):
        return entries([number(condition), a, b], shape, lambda texts: f"if({texts[0]} == 1, {texts[1]}, {texts[2]})")
    if is_tensor(shape) and len(condition.core) not in (0, len([d for d in shape if d != "1"])):
        texts = [f"{spread(condition, shape)} == 1", spread(a, shape), spread(b, shape)]
    else:
        texts = [condition.text, spread(a, shape), spread(b, shape)]
    return Value(f"if({', '.join(texts)})", shape, True)


# Functions of all entries, of each row and of each column.
REDUCED: dict[str, tuple[str, str, str]] = {
    "sum": ("sum", "rowsum", "colsum"),
    "mean": ("mean", "rowmean", "colmean"),
    "prod": ("prod", "rowprod", "colprod"),
    "max": ("max", "rowmax", "colmax"),
    "min": ("min", "rowmin", "colmin"),
    "norm": ("norm2", "rownorm2", "colnorm2"),
    "var": ("var", "rowvar", "colvar"),
    "std": ("std", "rowstd", "colstd"),
    "logsumexp": ("logsumexp", "rowlogsumexp", "collogsumexp"),
}


def reduce(name: str, v: Value, axis: Any = None, keep: bool = False, *more: str) -> Value:
    """A function of the entries along an axis, of all of them where it is None."""
    v = number(v)
    order = len(v.shape)
    if isinstance(v, Entries):
        return reduced(name, v, axis, keep)
    if isinstance(axis, tuple):
        if not all(isinstance(k, int) and -order <= k < order for k in axis):
            raise Unread("there is no such axis")
        axes = {k % order for k in axis}
        if axes != set(range(order)) and len(axis) > 1:
            raise Unread("this takes one axis, or all of them")
        axis = None if axes == set(range(order)) else axis[0]
    if axis is None:
        shape: Shape = ("1",) * order if keep else ()
        if not v.core:
            return replace(v, shape=shape, text="0", constant=...) if name in ("var", "std") else replace(v, shape=shape)
        text = f"vec({v.text})" if name == "logsumexp" and len(v.core) == 2 else v.text
        return Value(f"{REDUCED[name][0]}({', '.join([text, *more])})", shape, True)
    if not isinstance(axis, int) or not -order <= axis < order:
        raise Unread("there is no such axis")
    axis %= order
    shape = (*v.shape[:axis], *(["1"] if keep else []), *v.shape[axis + 1 :])
    if v.shape[axis] == "1":
        if name in ("var", "std"):
            raise Unread("the variance of one number is 0")
        return replace(v, shape=shape)
    rows = v.shape[axis] is not None and not any(d != "1" for d in v.shape[axis + 1 :])
    function = REDUCED[name][0 if len(v.core) == 1 else 1 if rows else 2]
    return Value(f"{function}({', '.join([v.text, *more])})", shape, True)


# How what is written at every place is put together over some of the axes: over an index, or of a tensor of it.
OVER = {"sum": "sum", "mean": "mean", "prod": "prod"}
WHOLE = {"max": "max", "min": "min", "logsumexp": "logsumexp", "norm": "norm2"}


def reduced(name: str, v: Entries, axis: Any, keep: bool) -> Value:
    """A function of the entries along axes of an array of three axes or more."""
    order = len(v.shape)
    axes = (
        set(range(order))
        if axis is None
        else {k % order for k in (axis if isinstance(axis, tuple) else (axis,)) if isinstance(k, int) and -order <= k < order}
    )
    if not axes or (axis is not None and len(axes) != (len(axis) if isinstance(axis, tuple) else 1)):
        raise Unread("there is no such axis")
    gone = [k for k in sorted(axes) if v.shape[k] != "1"]
    shape = tuple(["1" if k in axes else d for k, d in enumerate(v.shape) if k not in axes or keep])
    real = [k for k, d in enumerate(v.shape) if d != "1"]
    left = [k for k in real if k not in gone]
    inner = letters(len(gone))

    def write(index: Sequence[str]) -> str:
        place = dict(zip(gone, inner, strict=True)) | dict(zip(left, index, strict=True))
        text = v.entry([place[k] for k in real])
        ranges = ", ".join([f"{q}=1..{v.shape[k]}" for q, k in zip(inner, gone, strict=True)])
        if not gone:
            return text
        if name in OVER:
            return f"{OVER[name]}({ranges}, {text})"
        if name not in WHOLE or (name == "logsumexp" and len(gone) > 1):
            raise Unread(f"`{name}` along an axis of an array of three axes is not read")
        return f"{WHOLE[name]}(tensor({ranges}, {text}))"

    if len(left) > 2:
        return Entries(shape, write)
    outer = letters(len(left))
    text = write(outer)
    ranges = ", ".join([f"{q}=1..{v.shape[k]}" for q, k in zip(outer, left, strict=True)])
    return Value(f"tensor({ranges}, {text})" if left else text, shape, bool(left))


def whole(v: Value) -> Value:
    """A value with a text: of an array of three axes that of the tensor of its entries."""
    v = number(v)
    if not isinstance(v, Entries):
        return v
    names = letters(len(v.core))
    ranges = ", ".join([f"{q}=1..{d}" for q, d in zip(names, v.core, strict=True)])
    return Value(f"tensor({ranges}, {v.entry(names)})", v.shape, True)


def along(name: str, v: Value, axis: int | None) -> Value:
    """softmax and its like: of each row, or of each column."""
    if isinstance(axis, int) and (not -len(v.shape) <= axis < len(v.shape) or v.shape[axis] == "1"):
        raise Unread(f"`{name}` goes along an axis of several entries")
    if len(v.core) < 2:
        return call(name, v)
    order = len(v.shape)
    if axis is None:
        raise Unread(f"`{name}` of a matrix says along which axis", "axis=1, dim=1")
    if not any(d != "1" for d in v.shape[axis % order + 1 :]):
        return call(name, v)
    return Value(f"{name}({v.inside}')'", v.shape)


def transpose(v: Value) -> Value:
    if isinstance(v, Entries):
        raise Unread("axes of an array of three are not turned")
    return Value(f"{number(v).inside}'", v.shape[::-1]) if len(v.core) == 2 else replace(v, shape=v.shape[::-1])


def matmul(a: Value, b: Value) -> Value:
    a, b = number(a), number(b)
    if not a.shape or not b.shape or len(a.shape) > 2 or len(b.shape) > 2:
        raise Unread("a product of matrices and vectors is read, of more axes none")
    if a.shape[-1] != b.shape[0 if len(b.shape) == 1 else -2]:
        raise Unread(f"axes of {a.shape[-1]} and {b.shape[0]} do not fit")
    shape = a.shape[:-1] + b.shape[1:]
    if len(a.core) == len(b.core) == 2:
        return Value(f"{a.inside}*{b.inside}", shape)
    if a.shape[-1] == "1":
        if len(a.core) == len(b.core) == 1:
            return Value(f"outer({a.text}, {b.text})", shape, True)
        return Value(f"{a.inside}*{b.inside}", shape)
    if len(a.core) == 2:
        return Value(f"{a.inside}*{b.inside}", shape)
    if len(b.core) == 2:
        return Value(f"{b.inside}'*{a.inside}", shape)
    return Value(f"dot({a.text}, {b.text})", shape, True)
