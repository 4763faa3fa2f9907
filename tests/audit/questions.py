"""What is compared: every function of the table, every operator and built-in function that a library has a word for.

A question is read off a row: its arguments with their shapes, where it holds, the intervals that its row draws samples from. A row more in the table is a
question more here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import symdiff as sd
from symdiff.table import TABLE, Row
from symdiff.table.known import SAME

Array = NDArray[np.float64]
Shape = tuple[int | str, ...]

SIZES = {"m": 2, "n": 3, "k": 4}
ANY = 4  # entries of a vector where any tensor will do
NUMBERS = (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0)  # of which the points are made at which edges of domains and kinks are looked for

# The operators, and built-in functions that are no rows: formula, names in libraries, shapes of the arguments.
OPERATORS: tuple[tuple[str, str, dict[str, Shape]], ...] = (
    ("a + b", "add Add", {"a": (), "b": ()}),
    ("a - b", "subtract", {"a": (), "b": ()}),
    ("-a", "negative", {"a": ()}),
    ("a*b", "multiply Mul", {"a": (), "b": ()}),
    ("a/b", "divide true_divide", {"a": (), "b": ()}),
    ("a^b", "pow power Pow", {"a": (), "b": ()}),
    ("a^2", "square", {"a": ()}),
    ("1/a", "reciprocal", {"a": ()}),
    ("A*x", "matmul", {"A": ("m", "n"), "x": ("n",)}),
    ("A*B", "matmul", {"A": ("m", "n"), "B": ("n", "k")}),
    ("x.y", "dot vdot", {"x": ("n",), "y": ("n",)}),
    ("x*y'", "outer", {"x": ("n",), "y": ("m",)}),
    ("A'", "transpose t", {"A": ("m", "n")}),
    ("sum(x)", "sum", {"x": ("n",)}),
    ("tr(A)", "trace", {"A": ("n", "n")}),
    ("diag(x)", "diag", {"x": ("n",)}),
    ("diag(A)", "diag diagonal", {"A": ("n", "n")}),
    ("kron(A, B)", "kron", {"A": ("m", "n"), "B": ("n", "k")}),
)

# Rows that are no functions of numbers: relations have derivatives nowhere that anybody asks for, `if` is a statement of programs.
LEFT_OUT = {row.name for row in TABLE if row.relation} | {"if"}


@dataclass(frozen=True)
class Question:
    """One function: what it is called here and in libraries, and how it is typed with these values of its whole-number arguments."""

    name: str
    formula: str
    shapes: dict[str, Shape]  # of the arguments that there is a derivative by
    row: Row | None
    names: tuple[str, ...]
    whole: dict[str, int]

    @cached_property
    def text(self) -> str:
        kinds = {0: "scalar", 1: "vector({})", 2: "matrix({}, {})"}
        types = "; ".join(f"{a}: {kinds[len(shape)].format(*[size(d) for d in shape])}" for a, shape in self.shapes.items())
        return f"{types}; {self.formula}"

    @cached_property
    def value(self) -> sd.Formula:
        return sd.parse(self.text)

    @property
    def elementwise(self) -> bool:
        return all(shape == () for shape in self.shapes.values()) and self.value.shape == ()

    @cached_property
    def slopes(self) -> dict[str, sd.Formula]:
        """The derivative by each argument that there is one by: of a value with axes that of the sum of all entries, each times one of `G`."""
        found = {}
        for a in self.shapes:
            try:
                found[a] = sd.grad(self.value, a) if self.value.shape == () else sd.vjp(self.value, a, "G")
            except sd.DomainError:  # the derivative is not known: `X^k` but under tr, det and logdet
                continue
        return found

    def inside(self, at: dict[str, Array], y: object) -> bool:
        """Whether the row holds at these values."""
        if self.row is None or not self.row.where or not self.elementwise:
            return bool(np.all(np.isfinite(np.asarray(y, float))))
        values = {**at, **self.whole, **({} if "y" in self.row.args else {"y": y})}
        return bool(self._holds({a: v for a, v in values.items() if a in self._condition.variables}))

    @cached_property
    def _condition(self) -> sd.Formula:
        assert self.row is not None
        return sd.parse(f"{'; '.join(f'{a}: scalar' for a in dict.fromkeys((*self.row.args, 'y')))}; [{self.row.where}]")

    @cached_property
    def _holds(self) -> Callable[..., Any]:
        return self._condition.compile("numpy")


def size(d: int | str) -> int:
    return d if isinstance(d, int) else SIZES[d]


def same_names(row: Row) -> tuple[str, ...]:
    """The names by which libraries may have this row's function."""
    own = (row.name, *row.aliases, *((row.spelled,) if row.spelled else ()))
    return tuple(dict.fromkeys([*own, *[name for name, other in SAME.items() if other in own]]))


def of_row(row: Row) -> Iterator[Question]:
    spelled = row.spelled or row.name
    if row.elementwise:
        axes: list[Shape] = [()] * len(row.args)
    else:
        axes = [tuple(ANY if d == "*" else int(d) if d.isdigit() else d for d in core) for core in row.core()[0]]
    # A whole number is each of those that its row draws; of the others that may be left out, the default and none else.
    left_out = dict(zip(row.args[len(row.args) - len(row.defaults) :], row.defaults, strict=True))
    ranges = []
    for a, (lo, hi) in zip(row.args, row.sample, strict=True):
        if a in row.integer:
            ranges.append([(a, k) for k in range(int(np.ceil(lo)), int(np.ceil(lo)) + (2 if hi > lo + 1 else 1))])
    for whole in itertools.product(*ranges):
        numbers = dict(whole)
        shown = [str(numbers[a]) if a in numbers else a for a in row.args if a not in left_out or a in numbers]
        shown = shown[: len(row.args) - len(left_out)] if left_out and all(a in row.integer for a in left_out) else [str(numbers.get(a, a)) for a in row.args]
        shapes = {a: axis for a, axis in zip(row.args, axes, strict=True) if a not in row.integer}
        yield Question(row.name, f"{spelled}({', '.join(shown)})", shapes, row, same_names(row), numbers)


def questions() -> list[Question]:
    found = [Question(formula, formula, shapes, None, tuple(names.split()), {}) for formula, names, shapes in OPERATORS]
    for row in TABLE:
        if row.name not in LEFT_OUT:
            found += of_row(row)
    return list({q.formula: q for q in found}.values())


# ---------------------------------------------------------------------------------------------- points


def numbers_of(text: str) -> int:
    """A seed that is the same in every process."""
    return sum(k * ord(c) for k, c in enumerate(text, 1))


def draws(q: Question, count: int, symmetric: bool = False) -> Iterator[dict[str, Array]]:
    """Random points of the question's domain. Square matrices are positive definite, symmetric or not."""
    rng = np.random.default_rng(numbers_of(q.formula))
    samples = dict(zip(q.row.args, q.row.sample, strict=True)) if q.row else {}
    found = 0
    for _ in range(60 * count):
        at = {}
        for a, shape in q.shapes.items():
            sizes = [size(d) for d in shape]
            drawn = np.asarray(rng.uniform(*samples.get(a, (-3, 3)), sizes))
            if len(sizes) == 2 and sizes[0] == sizes[1]:
                part = drawn @ drawn.T / sizes[0] + np.diag(np.arange(1.0, sizes[0] + 1))
                drawn = part if symmetric else part + (drawn - drawn.T) / 20
            at[a] = drawn
        if q.formula in ("a^b",):
            at["a"] = np.abs(at["a"])
        with np.errstate(all="ignore"):
            try:
                value = value_at(q, at)
            except (sd.SymdiffError, ArithmeticError, np.linalg.LinAlgError):
                continue
            if np.all(np.isfinite(value)) and q.inside(at, value):
                found += 1
                yield at
                if found == count:
                    return


def value_at(q: Question, at: dict[str, Array]) -> Array:
    return np.asarray(compiled(q, "")(at), float)


def slope_at(q: Question, a: str, at: dict[str, Array], plain: bool = False) -> Array:
    """Our derivative by an argument; plain: of the sum of the entries."""
    adjoint = {} if q.value.shape == () else {"G": adjoint_of(q, plain)}
    return np.asarray(compiled(q, a)({**at, **adjoint}), float)


def adjoint_of(q: Question, plain: bool = False) -> Array:
    """Weights of the entries of a value: all different, or 1."""
    sizes = [int(d) if isinstance(d, int) else SIZES[str(d)] for d in q.value.shape]
    return np.ones(sizes) if plain else np.cos(1.0 + np.arange(np.prod(sizes))).reshape(sizes)


_compiled: dict[tuple[str, str], Callable[..., Any]] = {}


def compiled(q: Question, a: str) -> Callable[..., Any]:
    """The value, or the derivative by an argument, as a function."""
    key = (q.text, a)
    if key not in _compiled:
        _compiled[key] = (q.slopes[a] if a else q.value).compile("numpy")
    return _compiled[key]


# ---------------------------------------------------------------------------------------------- kinks and edges


def candidates(q: Question) -> Iterator[dict[str, Array]]:
    """Simple points at which a function may have a kink, or its domain an end: simplest first."""
    choices = []
    for shape in q.shapes.values():
        sizes = [size(d) for d in shape]
        if not sizes:
            choices.append([np.asarray(v) for v in sorted(NUMBERS, key=lambda v: (v != 0, abs(v), -v))])
        elif len(sizes) == 1:
            n = sizes[0]
            choices.append([np.zeros(n), np.ones(n), np.eye(n)[0], np.arange(n) - 1.0])
        else:
            m, n = sizes
            choices.append([np.zeros((m, n)), np.ones((m, n)), np.eye(m, n)])
    found = [dict(zip(q.shapes, values, strict=True)) for values in itertools.product(*choices)]
    yield from sorted(found, key=lambda at: sum(np.count_nonzero(v) for v in at.values()))


def is_edge(q: Question, a: str, at: dict[str, Array]) -> bool:
    """Whether the value has a kink, a jump, an infinite slope or an end there, as the named argument moves. Found by differences of the value."""
    here = _value(q, at)
    for k in range(at[a].size):
        step = np.zeros(at[a].size)
        step[k] = 1.0
        step = step.reshape(at[a].shape)
        slopes = []
        for h in (1e-3, 1e-5):
            for sign in (1, -1):
                there = _value(q, {**at, a: at[a] + sign * h * step})
                slopes.append(None if there is None or here is None else (there - here) / (sign * h))
        if all(s is None for s in slopes):
            if any(_value(q, {**at, a: at[a] + sign * 1e-3 * step}) is not None for sign in (1, -1)):
                return True
            continue
        if any(s is None for s in slopes):
            return True
        right, left, close_right, close_left = [np.asarray(s) for s in slopes]
        scale = 1 + np.abs(right) + np.abs(left)
        if np.any(np.abs(close_right - close_left) > 0.02 * scale) or np.any(np.abs(close_right) > 3 * np.abs(right) + 5):
            return True
    return False


def _value(q: Question, at: dict[str, Array]) -> Array | None:
    with np.errstate(all="ignore"):
        try:
            value = value_at(q, at)
        except (sd.SymdiffError, ArithmeticError, ValueError, np.linalg.LinAlgError):
            return None
    return value if np.all(np.isfinite(value)) else None


def edges(q: Question) -> Iterator[tuple[str, dict[str, Array]]]:
    """The simple points that are edges, with the argument that moves."""
    for at in candidates(q):
        for a in q.slopes:
            if is_edge(q, a, at):
                yield a, at


def written(at: dict[str, Array]) -> str:
    """A point as one types it."""
    def number(v: float) -> str:
        return re.sub(r"\.0$", "", repr(float(v)))

    def array(v: Array) -> str:
        return number(float(v)) if v.ndim == 0 else "[" + ", ".join(array(row) for row in v) + "]"

    return ", ".join(f"{a} = {array(np.asarray(v))}" for a, v in at.items())
