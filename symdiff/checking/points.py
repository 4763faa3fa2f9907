"""Points by design: where an answer is looked at.

Every variable has both signs and sizes from 1/1000 to 1000, alone and together with the others; there are zeros and small whole
numbers, and points for the domains that formulas of logarithms, roots and inverses have. The values are doubles; those of a declared
property have it exactly, also as fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from symdiff.checking.problem import Problem, Values
from symdiff.checking.sampling import DOMAINS, entries
from symdiff.expr.node import Expr

Array = Any

# Segments of a design: what is drawn, how many points. Domains by their names in `sampling`.
SEGMENTS = (
    ("real", 40),
    ("positive", 16),
    ("unit", 16),
    ("definite", 12),
    ("large", 16),
    ("small", 10),
    ("mixed", 48),
    ("sizes", 48),
    ("each", 0),
    ("all", 0),
    ("whole", 24),
    ("zeros", 8),
)
SCALES = (1e-3, 1e-2, 1e-1, 10.0, 100.0, 1000.0)
MOST_LEAVES = 8  # that are given sizes one at a time
FINE = 2.0**40  # entries of a simplex are multiples of 1/FINE, so that they sum to 1 in doubles
STEP = 1e-4  # to a neighbour, relative
FIXED = frozenset({"onehot", "orthogonal"})


class Points:
    """Values of a problem's leaves at `count` points: for each leaf an array of one row per point.

    generic: the points without special values. exact: rows of orthogonal matrices, as the fractions that they stand for.
    """

    def __init__(self, problem: Problem, values: dict[Expr, Array], generic: Array, exact: dict[bytes, list[Fraction]]) -> None:
        self.problem, self.values, self.generic, self.exact = problem, values, generic, exact
        self.count = len(generic)

    def __getitem__(self, rows: Any) -> Points:
        return Points(self.problem, {x: v[rows] for x, v in self.values.items()}, self.generic[rows], self.exact)

    def __add__(self, other: Points) -> Points:
        values = {x: np.concatenate([v, other.values[x]]) for x, v in self.values.items()}
        return Points(self.problem, values, np.concatenate([self.generic, other.generic]), self.exact | other.exact)

    def columns(self, x: Expr) -> list[Any]:
        """The entries of a leaf, each at all points."""
        return [np.ascontiguousarray(c) for c in self.values[x].T]

    def at(self, k: int) -> Values:
        """The k-th point in fractions."""
        return {x: self.exact.get(v[k].tobytes()) or [Fraction(u) for u in v[k].tolist()] for x, v in self.values.items()}

    def scaled(self, leaves: Sequence[Expr], factors: Array) -> Points:
        """These leaves times a factor for each point."""
        values = dict(self.values)
        for x in leaves:
            words = set(x.data[1])
            if not words & (FIXED | {"simplex"}):
                values[x] = values[x] * (np.abs(factors) if words & {"positive", "nonnegative", "psd"} else factors)[:, None]
        return Points(self.problem, values, self.generic, self.exact)

    def towards(self, other: Points, part: Array) -> Points:
        """Points on the way to others: the part of it that is given for each."""
        values = {}
        for x, v in self.values.items():
            values[x] = v if FIXED & set(x.data[1]) else v + part[:, None] * (other.values[x] - v)
            if "simplex" in x.data[1]:
                values[x] = _onto_simplex(values[x], self.problem.shape(x)[-1])
        return Points(self.problem, values, np.ones(self.count, bool), self.exact | other.exact)

    def neighbours(self, rng: Any) -> Points:
        """A point close to each, with the same properties."""
        values = {}
        for x, v in self.values.items():
            words = set(x.data[1])
            if words & FIXED:
                values[x] = v
                continue
            if "psd" in words:
                values[x] = v * (1 + STEP * rng.uniform(0.5, 1, (self.count, 1)))
                continue
            size = np.maximum(np.abs(v), np.maximum(np.abs(v).max(1, keepdims=True), 1e-3) * 1e-2)
            values[x] = _with(words, v + STEP * size * rng.uniform(0.5, 1, v.shape) * rng.choice((-1, 1), v.shape), self.problem.shape(x))
        return Points(self.problem, values, np.ones(self.count, bool), self.exact)


def design(problem: Problem, rng: Any, most: int) -> Points:
    """Points for the leaves of a problem, at most so many."""
    segments = []
    for name, count in SEGMENTS:
        if name == "each":
            count = 2 * len(SCALES) * min(len(problem.leaves), MOST_LEAVES)
        if name == "all":
            count = 3 * len(SCALES)
        segments.append((name, count))
    total = sum(n for _, n in segments)
    if total > most:
        segments = [(name, max(1, n * most // total) if n else 0) for name, n in segments]
    drawn: dict[Expr, list[Array]] = {x: [] for x in problem.leaves}
    exact: dict[bytes, list[Fraction]] = {}
    generic = []
    for name, count in segments:
        generic.append(np.full(count, name not in ("whole", "zeros")))
        for k, x in enumerate(problem.leaves):
            turn = np.arange(count) % min(len(problem.leaves), MOST_LEAVES) == k if name == "each" else np.zeros(count, bool)
            drawn[x].append(_segment(name, count, turn, x, problem.shape(x), rng, exact))
    values = {x: np.concatenate(parts) for x, parts in drawn.items()}
    return Points(problem, values, np.concatenate(generic), exact)


def _segment(name: str, count: int, turn: Array, x: Expr, shape: list[int], rng: Any, exact: dict[bytes, list[Fraction]]) -> Array:
    """The values of a leaf at the points of a segment. turn: where it is the one that has a size of its own."""
    size = int(np.prod(shape, dtype=int))
    words = set(x.data[1])
    if words & FIXED:
        draws = [entries(shape, x.data[1], Random(int(rng.integers(2**31))), "real") for _ in range(min(count, 12))]
        for row in draws if "orthogonal" in words else ():
            exact[np.array([float(v) for v in row]).tobytes()] = row
        return np.array([[float(v) for v in draws[i % len(draws)]] for i in range(count)]).reshape(count, size)
    names = list(DOMAINS)
    domains = [name] * count if name in DOMAINS else [names[i] for i in rng.integers(len(names), size=count)] if name == "mixed" else ["real"] * count
    low, high, signed = (np.array([DOMAINS[d][i] for d in domains]) for i in range(3))
    sign = np.where(signed.astype(bool), rng.choice((0, 0, 1, -1), count), 1)
    scale = np.ones(count)
    if name == "sizes":
        scale = 10.0 ** rng.uniform(-3, 3, count)
    elif name == "all":
        scale, sign = np.resize(np.repeat(SCALES, 3), count), np.resize((0, 1, -1), count)
    elif name == "each":
        scale[turn] = np.resize(np.repeat(SCALES, 2), turn.sum())
        sign[turn] = np.resize((1, -1), turn.sum())
    values = rng.uniform(low[:, None], high[:, None], (count, size)) * scale[:, None]
    values = values * np.where(sign[:, None] == 0, rng.choice((-1, 1), (count, size)), sign[:, None])
    if name == "whole":
        values = rng.integers(-3, 4, (count, size)).astype(float)
    if name == "zeros":
        values = np.where(rng.random((count, size)) < 0.4, 0.0, values)
    definite = np.array([d == "definite" for d in domains])
    return _with(words, values, shape, definite, scale)


def _with(words: set[str], values: Array, shape: list[int], definite: Array | None = None, scale: Array | None = None) -> Array:
    """The values with the properties of the leaf."""
    count = len(values)
    if words & {"positive", "nonnegative"}:
        values = np.abs(values)
        if "positive" in words:
            values = np.where(values == 0, 1.0, values)
    if "simplex" in words:
        return _onto_simplex(values, shape[-1])
    square = len(shape) == 2 and shape[0] == shape[1]
    if square:
        n = shape[0]
        matrices = values.reshape(count, n, n)
        if definite is not None and ("psd" in words or definite.any()):
            size = np.ones((count, 1, 1)) if scale is None else scale[:, None, None]
            made = np.einsum("kia,kja->kij", matrices / size, matrices / size) + np.eye(n)
            made = (made + made.transpose(0, 2, 1)) / 2 * size
            matrices = made if "psd" in words else np.where(definite[:, None, None], made, matrices)
        if "diagonal" in words:
            matrices = matrices * np.eye(n)
        elif "symmetric" in words:
            matrices = np.where(np.tri(n, dtype=bool), matrices, matrices.transpose(0, 2, 1))
        values = matrices.reshape(count, n * n)
    return values


def _onto_simplex(values: Array, n: int) -> Array:
    count, size = values.shape
    rows = np.abs(values).reshape(count, size // n, n) + 1e-9
    rows = np.floor(rows / rows.sum(2, keepdims=True) * FINE) / FINE
    rows[:, :, -1] = 1 - rows[:, :, :-1].sum(2)
    return rows.reshape(count, size)
