"""Every function of the table at fifty points of its domain and more, edges included: value, gradient and Hessian in every target that has it.

The right values are those of `references.py`, in sixty digits, the derivatives those of their differences; a row without a reference fails, so that
a new one is asked, too. Functions of numbers are asked entry by entry, those of vectors and matrices by a random direction of the arguments.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import symdiff as sd
from symdiff.table import TABLE

from .references import ENTRIES, WHOLE, entries, rows_of

# Truth values and the choice by one: their values are the language's own, and no library's (tests/numeric/test_guards.py). A constant.
ELSEWHERE = {row.name for row in TABLE if row.relation} | {"if", "duplication_of"}
POINTS, DIGITS, ROW = 50, 50, 128
EDGES = (0, 1, -1, 1e-9, -1e-9, 1e-3, -1e-3, 1 - 1e-9, 1 + 1e-9, -1 - 1e-9, 1e-9 - 1, 0.5, -0.5, 2, -2, 30, -30, 1e4, -1e4)
WHOLE_NUMBERS = {"spherical_jn": (0, 1, 3), "polygamma": (1, 2)}
FAR = {"log_ndtr": 100}  # second derivatives farther out have lost their digits: 1 is what is left of two numbers of the size of x^2
FLAT = {"stop_gradient"}  # whose derivative is 0 by purpose
LIBRARIES = ("numpy", "jax", "torch")
COMPILED_LONG = {"expm_frechet", "logm_frechet"}  # for which JAX compiles a minute: with .ci/long alone, PyTorch is asked instead
CC = shutil.which("cc")
LONG = bool(os.environ.get("SYMDIFF_LONG"))  # .ci/long: all in every library; else all in NumPy, and each in one of the others


def test_every_row_has_a_reference() -> None:
    assert {row.name for row in TABLE} == ELSEWHERE | set(ENTRIES) | set(WHOLE)


@cache
def library(target: str) -> Callable[[Any], Any]:
    """What makes an array of the library's kind of one of NumPy."""
    if target == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        return jax.numpy.asarray
    if target == "torch":
        return pytest.importorskip("torch").as_tensor
    return np.asarray


def shared(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Every row with the libraries in which it is asked."""
    return [
        (*row, target)
        for k, row in enumerate(rows)
        for j, target in enumerate(LIBRARIES)
        if LONG or j in (0, 2 if row[0] in COMPILED_LONG else 1 + k % 2)
    ]


# ---------------------------------------------------------------------------------------------------- functions of numbers


def points(row: Any, free: list[str]) -> list[tuple[float, ...]]:
    """Points of the domain: drawn, and at its edges, for one argument after the other."""
    rng = np.random.default_rng(5)
    spans = [span for a, span in zip(row.args, row.sample, strict=True) if a in free]
    drawn = [tuple(float(rng.uniform(low, high)) for low, high in spans) for _ in range(POINTS + POINTS // 2)]
    edges = [(*at[:k], float(x), *at[k + 1 :]) for k, (low, high) in enumerate(spans) for at in drawn[:1]
             for x in (*EDGES, low + 1e-6, high - 1e-6, low, high)]  # fmt: skip
    return [at for at in (*drawn, *dict.fromkeys(edges)) if inside(row, dict(zip(free, at, strict=True)))]


def inside(row: Any, at: dict[str, float]) -> bool:
    """Whether the row's condition holds; what has a value at its border is asked for it there, too."""
    if not row.where or row.closed:
        return True
    return bool(eval(row.where, {"abs": abs, "cos": math.cos, "sin": math.sin}, at))  # the text is the table's own


def number(f: Callable[..., Any], at: list[Any]) -> Any:
    """The value of a reference; None where it has none, or none that a double could hold."""
    try:
        value = mpf(f(*at))
    except (ValueError, ZeroDivisionError, TypeError, OverflowError, NotImplementedError):
        return None
    return value if mp.isfinite(value) and abs(value) < 1e250 else None


def mixed(f: Callable[..., Any], at: tuple[float, ...], j: int, k: int) -> tuple[Any, Any, Any] | None:
    """None, None, and the second derivative by two arguments, at two distances that have to agree."""
    found = []
    if any((side := differences(f, at, [i])) is None or side[1] is None for i in (j, k)):
        return None
    for h in (mpf(10) ** -15, mpf(10) ** -14):
        corners = [number(f, [mpf(x) + h * (s * (i == j) + t * (i == k)) for i, x in enumerate(at)]) for s in (1, -1) for t in (1, -1)]
        if None in corners:
            return None
        a, b, c, d = corners
        found.append((a - b - c + d) / (4 * h * h))
    return (0, None, found[0]) if abs(found[0] - found[1]) <= 1e-9 * (1 + abs(found[0])) else None


def differences(f: Callable[..., Any], at: tuple[float, ...], directions: list[int]) -> tuple[Any, Any, Any] | None:
    """Value, first and second derivative along a sum of arguments; None of what does not exist, or at a kink."""
    h = mpf(10) ** -15
    middle, ahead, behind, far_ahead, far_behind = [
        number(f, [mpf(x) + k * h * (i in directions) for i, x in enumerate(at)]) for k in (0, 1, -1, 2, -2)
    ]
    if middle is None:
        return None
    if None in (ahead, behind, far_ahead, far_behind):
        return middle, None, None
    right, left = (ahead - middle) / h, (middle - behind) / h
    if max(abs(right - left), abs((far_ahead - middle) / (2 * h) - right)) > 1e-9 * (1 + abs(right)):
        return middle, None, None
    second, further = (
        (ahead - 2 * middle + behind) / h**2,
        [(far_ahead - 2 * ahead + middle) / h**2, (far_behind - 2 * behind + middle) / h**2],
    )
    smooth = all(abs(second - other) <= 1e-6 * (1 + abs(second)) for other in further)
    return middle, (ahead - behind) / (2 * h), second if smooth else None


Asked = tuple[str, Callable[[], sd.Formula], Callable[..., Any]]


class Numbers:
    """A function of numbers at its points: what is right, and what is asked."""

    def __init__(self, name: str, whole: int | None) -> None:
        self.row, self.found = TABLE[name], dict[bool, list[tuple[int, int, sd.Formula]]]()
        self.free = [a for a in self.row.args if a not in self.row.integer]
        self.text = f"{name}({', '.join([str(whole) if a in self.row.integer else a for a in self.row.args])})"
        reference = ENTRIES[name]
        self.f = reference if whole is None else lambda *at: reference(whole, *at)
        with mp.workdps(DIGITS):
            places = points(self.row, self.free)
            found = {
                at: [differences(self.f, at, way) if len(way) == 1 else mixed(self.f, at, *way) for way in self.ways()] for at in places
            }
            self.at = [at for at in places if found[at][0] is not None]
            self.right = [[found[at][k] for at in self.at] for k in range(len(self.ways()))]
        assert len(self.at) >= POINTS, f"{len(self.at)} points"

    def ways(self) -> list[list[int]]:
        """Arguments, and pairs of them."""
        count = len(self.free)
        return [[k] for k in range(count)] + [[j, k] for k in range(count) for j in range(k)]

    def expected(self, order: int, way: int) -> tuple[np.ndarray, np.ndarray]:
        """Values, nan where there are none, and what an error of the arguments in their last digit makes of them."""
        right = self.right[way]
        flat = order and self.row.name in FLAT
        values = [np.nan if p is None or p[order] is None else 0.0 if flat else float(p[order]) for p in right]
        if order == 2:
            values = [np.nan if max(map(abs, at)) > FAR.get(self.row.name, np.inf) else v for v, at in zip(values, self.at, strict=True)]
        steep = [
            0.0
            if order == 2 or p is None
            else 1e8 * abs(float(p[0]))
            if p[order + 1] is None
            else float(abs(p[order + 1])) * max(map(abs, at))
            for p, at in zip(right, self.at, strict=True)
        ]
        return np.array(values), np.array(steep) * 1e-14

    def asked(self, scalar: bool) -> list[tuple[int, int, sd.Formula]]:
        """Order, way, and the formula of a number or of a vector; found once for all targets."""
        if scalar not in self.found:
            self.found[scalar] = list(self.questions(scalar))
        return self.found[scalar]

    def questions(self, scalar: bool) -> Iterator[tuple[int, int, sd.Formula]]:
        types = f"{', '.join(self.free)}: {'scalar' if scalar else 'vector(k)'}; "
        f = sd.parse(f"{types}{self.text}")
        yield 0, 0, f
        f = f if scalar else sd.parse(f"{types}sum({self.text})")
        for k, a in enumerate(self.free):
            yield 1, k, sd.grad(f, a)
        for way, along in enumerate(self.ways()):
            yield 2, way, sd.hessian(f, *[self.free[k] for k in (along * 2)[:2]])


@cache
def numbers(name: str, whole: int | None) -> Numbers:
    return Numbers(name, whole)


NUMBERS = [(name, whole) for name in ENTRIES for whole in WHOLE_NUMBERS.get(name, (None,))]


def compared(case: Numbers, order: int, way: int, found: np.ndarray) -> None:
    expected, blur = case.expected(order, way)
    there = ~np.isnan(expected) & (abs(expected) < 1e150)
    wrong = there & ~(abs(found - expected) <= (1e-8, 1e-8, 1e-6)[order] * (1e-3 + abs(expected)) + blur)
    assert not wrong.any(), [(case.text, order, case.at[k], float(found[k]), float(expected[k])) for k in np.flatnonzero(wrong)[:4]]


@pytest.mark.parametrize(
    ("name", "whole", "target"), shared(NUMBERS), ids=[f"{t}-{n}{'' if w is None else w}" for n, w, t in shared(NUMBERS)]
)
def test_functions_of_numbers(name: str, whole: int | None, target: str) -> None:
    case, make = numbers(name, whole), library(target)
    places = [case.at[k % len(case.at)] for k in range(ROW * -(-len(case.at) // ROW))]  # of few lengths: JAX compiles for each
    values = {a: make(np.array([at[k] for at in places])) for k, a in enumerate(case.free)}
    for order, way, g in case.asked(scalar=False):
        with np.errstate(all="ignore"):
            found = np.asarray(g.compile(target)(values | {"k": len(places)}), dtype=float)
        if order == 2:
            assert not found[~np.eye(len(found), dtype=bool)].any(), "entries of others"
            found = np.diagonal(found)
        compared(case, order, way, np.broadcast_to(found, len(places))[: len(case.at)])


SCALAR = [pair for pair in NUMBERS if TABLE[pair[0]].macro or TABLE[pair[0]].math]


@pytest.mark.parametrize(("name", "whole"), SCALAR, ids=[f"{n}{'' if w is None else w}" for n, w in SCALAR])
def test_functions_of_numbers_in_math(name: str, whole: int | None) -> None:
    case = numbers(name, whole)
    for order, way, g in case.asked(scalar=True):
        try:
            f = g.compile("math")
        except sd.SymdiffError as refused:
            assert order and "target math" in str(refused)  # a derivative may need what only libraries have, as digamma
            assert "numpy" in refused.hint
            continue
        expected = case.expected(order, way)[0]
        found = []
        for at, right in zip(case.at, expected, strict=True):
            known = np.isfinite(right) and abs(right) < 1e150
            found.append(float(f(dict(zip(case.free, at, strict=True)))) if known else np.nan)
        compared(case, order, way, np.array(found))


@pytest.mark.skipif(CC is None, reason="no C compiler")
def test_functions_of_numbers_in_c(tmp_path: Any) -> None:
    """All in one file, which is compiled once."""
    texts, asked, refused = [], [], []
    for name, whole in NUMBERS:
        if not (TABLE[name].macro or TABLE[name].c):
            continue
        case = numbers(name, whole)
        for order, way, g in case.asked(scalar=True):
            try:
                text = g.code("c")
            except sd.SymdiffError as error:
                refused.append((name, order, f"{error}; {error.hint}"))
                continue
            label = f"f{len(asked)}"
            texts.append(text.replace(" f(", f" {label}(").replace("#include <math.h>", "").replace("static ", f"static /* {label} */ "))
            asked.append((label, case, order, way, list(g.variables)))
    assert len(asked) > 200 and all(order and "target c" in message and "numpy" in message for _, order, message in refused), refused
    (tmp_path / "f.c").write_text("#include <math.h>\n" + "\n".join(texts))
    done = subprocess.run(
        [CC, "-O1", "-std=c99", "-D_DEFAULT_SOURCE", "-shared", "-fPIC", "f.c", "-o", "f.so", "-lm"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:2000]
    functions = ctypes.CDLL(str(tmp_path / "f.so"))
    for label, case, order, way, letters in asked:
        f = getattr(functions, label)
        f.restype, f.argtypes = ctypes.c_double, [ctypes.c_double] * len(letters)
        compared(case, order, way, np.array([f(*[at[case.free.index(a)] for a in letters]) for at in case.at]))


# -------------------------------------------------------------------------------------- functions of vectors and matrices


def drawn(kind: str, rng: np.random.Generator) -> Any:
    """An argument of a kind of `references.WHOLE`."""
    if kind[-1].isdigit() or kind == "c":
        return rng.uniform(1.5, 3.5) if kind == "c" else rng.normal(size=int(kind)) if kind in ("2", "3") else int(kind[-1])
    if kind[0] == "v":
        x = rng.normal(size=4)
        return abs(x) + 1e-3 if kind == "v+" else x
    if kind == "m":
        return rng.normal(size=(2, 3))
    a = rng.normal(size=(2, 2))
    return a if kind == "s" else a @ a.T + 0.3 * np.eye(2) if kind == "d" else a / 2 + 1.5 * np.eye(2)


def exact(x: Any) -> Any:
    x = np.asarray(x)
    return mpf(float(x)) if not x.ndim else [mpf(v) for v in x.tolist()] if x.ndim == 1 else mp.matrix(x.tolist())


def edges(name: str, kinds: list[str], at: list[Any], k: int) -> list[Any]:
    """Every seventh point at an edge: a 0 among the entries, all entries large, all small."""
    if k % 7 or kinds[0] not in ("v", "m") or name in ("norm1", "normp", "pinv"):
        return at
    first = np.array(at[0])
    first = first * (1e3, 1e-3)[k % 2] if k % 3 else first
    if not k % 3:
        first.flat[k % first.size] = 0
    return [first, *at[1:]]


class Tensors:
    """A function of vectors and matrices at its points, along a direction for each."""

    def __init__(self, name: str) -> None:
        self.row, self.found = TABLE[name], list[sd.Formula]()
        kinds, self.f = WHOLE[name][0].split(), WHOLE[name][1]
        self.fixed = [a in self.row.integer for a in self.row.args]
        rng = np.random.default_rng(11)
        self.at = [edges(name, kinds, [drawn(kind, rng) for kind in kinds], k) for k in range(POINTS)]
        self.along = [[0 if fixed else rng.normal(size=np.shape(x)) for x, fixed in zip(at, self.fixed, strict=True)] for at in self.at]
        with mp.workdps(DIGITS):
            value = self.f(*[x if fixed else exact(x) for x, fixed in zip(self.at[0], self.fixed, strict=True)])
            self.shape = () if isinstance(value, mpf) else (len(value),) if isinstance(value, list) else (value.rows, value.cols)
            self.weights = rng.normal(size=self.shape)
            self.right = [self.derivatives(at, along) for at, along in zip(self.at, self.along, strict=True)]

    def weighed(self, value: Any) -> Any:
        if not self.shape:
            return value
        squares = self.row.name == "eigvecsh"  # a column may have either sign
        return mp.fsum(
            [
                mpf(w) * (v * v if squares else v)
                for w, v in zip(
                    self.weights.flat, entries(value) if isinstance(value, list) else itertools.chain(*rows_of(value)), strict=True
                )
            ]
        )

    def derivatives(self, at: list[Any], along: list[Any]) -> list[float]:
        """Value, first and second derivative along the direction."""
        h = mpf(10) ** -12
        f = []
        for k in (-1, 0, 1):
            moved = [x if fixed else exact(x) + k * h * exact(v) if np.ndim(x) != 1 else [p + k * h * q for p, q in zip(exact(x), exact(v), strict=True)]
                     for x, v, fixed in zip(at, along, self.fixed, strict=True)]  # fmt: skip
            f.append(self.weighed(self.f(*moved)))
        return [float(f[1]), float((f[2] - f[0]) / (2 * h)), float((f[2] - 2 * f[1] + f[0]) / h**2)]

    def formulas(self, most: int) -> list[sd.Formula]:
        """The value, its gradients, its Hessians by all arguments, up to this order."""
        letters = [a for a, fixed in zip(self.row.args, self.fixed, strict=True) if not fixed]

        def declared(names: list[str]) -> str:
            shapes = [np.shape(x) for x, fixed in zip(self.at[0], self.fixed, strict=True) if not fixed]
            return "".join(
                [
                    f"{n}: {'scalar' if not s else f'vector({s[0]})' if len(s) == 1 else f'matrix{s}'}; "
                    for n, s in zip(names, shapes, strict=True)
                ]
            )

        call = f"{self.row.spelled or self.row.name}({', '.join([str(x) if fixed else a for a, x, fixed in zip(self.row.args, self.at[0], self.fixed, strict=True)])})"
        powers = "weights .* (CALL .^ 2)" if self.row.name == "eigvecsh" else "weights .* CALL"
        text = declared(letters) + (
            f"weights: {'vector' if len(self.shape) == 1 else 'matrix'}{self.shape if len(self.shape) > 1 else f'({self.shape[0]})'}; sum({powers})"
            if self.shape
            else "CALL"
        )
        f = sd.parse(text.replace("CALL", call))
        first = [sd.grad(f, a) for a in letters] if most else []
        return [f, *first, *([sd.hessian(f, a, b) for a in letters for b in letters] if most > 1 else [])]

    def of_values(self, values: list[np.ndarray], k: int) -> list[float]:
        """Value, first and second derivative along the direction, of the value, the gradients and the Hessians."""
        along = [np.asarray(v, float) for v, fixed in zip(self.along[k], self.fixed, strict=True) if not fixed]
        count = len(along)
        if len(values) <= count:
            return [float(values[0])]
        first = sum(float(np.sum(g * v)) for g, v in zip(values[1 : 1 + count], along, strict=True))
        if len(values) == 1 + count:
            return [float(values[0]), first]
        second = 0.0
        for i, u in enumerate(along):
            for j, v in enumerate(along):
                h = values[1 + count + i * count + j]
                second += float(np.sum(h.reshape(u.size, v.size) * np.outer(u.ravel(), v.ravel())))
        return [float(values[0]), first, second]


@cache
def tensors(name: str) -> Tensors:
    return Tensors(name)


# How often a function can be differentiated: the derivative of polar_adjoint by its first argument is not known.
MOST = {"polar": 1, "polar_adjoint": 0}


@pytest.mark.parametrize(("name", "target"), shared([(name,) for name in WHOLE]))
def test_functions_of_vectors_and_matrices(name: str, target: str) -> None:
    case, make = tensors(name), library(target)
    case.found = case.found or case.formulas(MOST.get(name, 2))
    formulas = case.found
    run = sd.Expressions(formulas).compile(target)
    wrong = []
    for k, (at, right) in enumerate(zip(case.at, case.right, strict=True)):
        values = {a: make(np.asarray(x)) for a, x, fixed in zip(case.row.args, at, case.fixed, strict=True) if not fixed}
        with np.errstate(all="ignore"):
            found = [np.asarray(v, dtype=float) for v in run(values | {"weights": make(case.weights)})]
        for order, (a, b) in enumerate(zip(case.of_values(found, k), right, strict=False)):
            if not abs(a - b) <= (1e-9, 1e-8, 1e-6)[order] * (1 + abs(b)):
                wrong.append((order, k, a, b, np.asarray(at[0]).tolist()))
    assert not wrong, (str(formulas[0]), len(wrong), wrong[:3])
