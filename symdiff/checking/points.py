"""Points by design: where an answer is looked at.

Every variable has both signs and sizes from 1/1000 to 1000, alone and together with the others; there are zeros and small whole
numbers, and points for the domains that formulas of logarithms, roots and inverses have. The values are doubles; those of a declared
property have it exactly, also as fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from symdiff.checking.problem import Problem, Values
from symdiff.checking.sampling import DOMAINS, entries, sized
from symdiff.expr.node import NUM, POW, Expr
from symdiff.expr.walk import topological

Array = Any

# Segments of a design: what is drawn, how many points. First the domains of `sampling`, in their order.
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
    ("special", 0),
)
SCALES = (1e-3, 1e-2, 1e-1, 10.0, 100.0, 1000.0)
MOST_LEAVES = 8  # that are given sizes one at a time
SPECIAL = (
    "zero",
    "first",
    "last",
    "equal",
    "identity",
)  # what leaves are one at a time: nothing, unit vectors, of equal entries; and all are 0
MOST_SPECIAL = 6  # at most so many leaves are special one at a time
FINE = 2.0**40  # entries of a simplex are multiples of 1/FINE, so that they sum to 1 in doubles
MOST_EXACT = 12  # different values of a leaf whose properties cannot be had in doubles
STEP = 1e-4  # from a point to its neighbours, relative to its entries
FIXED = frozenset({"onehot", "orthogonal", "label"})
TIED = FIXED | {"simplex", "psd", "symmetric", "diagonal"}  # a property that one moved entry would break
SIGNED = frozenset({"positive", "nonnegative"})
MOST_SINGLE = 2  # leaves that are moved in one entry alone


def words_of(x: Expr) -> set[str]:
    """The properties of a leaf; of a label, which is declared with what it picks from (`label(k)`), the word alone."""
    return {word.partition("(")[0] for word in x.data[1]}


class Points:
    """Values of a problem's leaves at `count` points: for each leaf an array of one row per point.

    generic: the points without special values. exact: rows of orthogonal matrices, as the fractions that they stand for.
    """

    def __init__(self, problem: Problem, values: dict[Expr, Array], generic: Array, exact: dict[bytes, list[Fraction]]) -> None:
        self.problem, self.values, self.generic, self.exact = problem, values, generic, exact
        self.count = len(generic)

    def __getitem__(self, rows: Any) -> Points:
        return Points(self.problem, {x: v[rows] for x, v in self.values.items()}, self.generic[rows], self.exact)

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
            words = words_of(x)
            if not words & (FIXED | {"simplex"}):
                values[x] = values[x] * (np.abs(factors) if words & {*SIGNED, "psd"} else factors)[:, None]
        return Points(self.problem, values, self.generic, self.exact)

    def single_entries(self, leaves: Iterable[Expr]) -> list[tuple[Expr, int]]:
        """The first and the last entry of leaves that may be moved in one alone.

        The derivative may hang on the others, as that of sum(clip(x, 0, 1).^2) does where x[1] is 20.
        """
        found = dict.fromkeys(x for x in leaves if not words_of(x) & (TIED | SIGNED) and self.values[x].shape[1] > 1)
        return [(x, j) for x in list(found)[:MOST_SINGLE] for j in (0, self.values[x].shape[1] - 1)]

    def with_entry(self, x: Expr, j: int, entry: Array) -> Points:
        """The points with this in one entry of a leaf."""
        moved = self.values[x].copy()
        moved[:, j] = entry
        return Points(self.problem, {**self.values, x: moved}, self.generic, self.exact)

    def towards(self, other: Points, part: Array) -> Points:
        """Points on the way to others: the part of it that is given for each."""
        values = {}
        for x, v in self.values.items():
            values[x] = v if FIXED & words_of(x) else v + part[:, None] * (other.values[x] - v)
            if "simplex" in x.data[1]:
                values[x] = _onto_simplex(values[x], self.problem.shape(x)[-1])
        return Points(self.problem, values, np.ones(self.count, bool), self.exact | other.exact)

    def neighbours(self, rng: Any) -> Points:
        """A point close to each, with the same properties."""
        values = {}
        for x, v in self.values.items():
            words = words_of(x)
            if words & FIXED:
                values[x] = v
                continue
            if "psd" in words:
                n = self.problem.shape(x)[0]
                largest = np.abs(v).max(1, keepdims=True)
                diagonal = np.eye(n).reshape(1, n * n) * np.repeat(rng.uniform(0.5, 1, (self.count, n)), n, axis=1)
                # A multiple of a matrix without an inverse, such as 0, has none either: something is added to the diagonal.
                values[x] = v * (1 + STEP * rng.uniform(0.5, 1, (self.count, 1))) + STEP * np.where(largest == 0, 1, largest) * diagonal
                continue
            largest = np.abs(v).max(1, keepdims=True)
            # Zeros move by as much as the others, and all zeros by as much as ones: what is a product of two of them has to move, too.
            size = np.where(v == 0, np.where(largest == 0, 1, largest), np.maximum(np.abs(v), np.maximum(largest * 1e-2, 1e-5)))
            values[x] = _with(words, v + STEP * size * rng.uniform(0.5, 1, v.shape) * rng.choice((-1, 1), v.shape), self.problem.shape(x))
        return Points(self.problem, values, np.ones(self.count, bool), self.exact)


def joined(parts: Sequence[Points]) -> Points:
    """The points of all parts, in order; of one problem."""
    first = parts[0]
    if len(parts) == 1:
        return first
    values = {x: np.concatenate([p.values[x] for p in parts]) for x in first.values}
    exact = {key: row for p in parts for key, row in p.exact.items()}
    return Points(first.problem, values, np.concatenate([p.generic for p in parts]), exact)


def design(problem: Problem, rng: Any, most: int) -> Points:
    """Points for the leaves of a problem, at most so many."""
    turns = min(len(problem.leaves), MOST_LEAVES)
    counted = {"each": 2 * len(SCALES) * turns, "all": 3 * len(SCALES), "special": 1 + len(SPECIAL) * min(turns, MOST_SPECIAL)}
    counts = {name: counted.get(name, n) for name, n in SEGMENTS}
    if any(node.op == POW and node.args[1].op != NUM for node in topological([problem.f])):
        counts["whole"] *= 4  # x^p has a value for negative x at whole numbers p alone, even and odd ones
    total = sum(counts.values())
    if total > most:
        counts = {name: max(1, n * most // total) if n else 0 for name, n in counts.items()}
    names = np.repeat(np.arange(len(SEGMENTS)), [counts[name] for name, _ in SEGMENTS])
    rows = {name: np.flatnonzero(names == k) for k, (name, _) in enumerate(SEGMENTS)}
    exact: dict[bytes, list[Fraction]] = {}
    values = {}
    for k, x in enumerate(problem.leaves):
        turn = rows["each"][np.arange(len(rows["each"])) % turns == k]
        values[x] = _leaf(x, problem, names, rows, turn, rng, exact)
        if not words_of(x) & FIXED:
            _put_special(values[x], rows["special"], k, words_of(x), problem.shape(x))
    generic = np.ones(len(names), bool)
    generic[rows["whole"]] = generic[rows["zeros"]] = generic[rows["special"]] = False
    return Points(problem, values, generic, exact)


_LOW, _HIGH = (np.array([d[i] for d in DOMAINS.values()]) for i in (0, 1))
_SIGNED = np.array([d[2] for d in DOMAINS.values()])
_DEFINITE = list(DOMAINS).index("definite")


def _leaf(
    x: Expr, problem: Problem, names: Array, rows: dict[str, Array], turn: Array, rng: Any, exact: dict[bytes, list[Fraction]]
) -> Array:
    """The values of a leaf. names: the segment of each point, by number; turn: the points at which the leaf has a size of its own."""
    shape = problem.shape(x)
    count, size = len(names), int(np.prod(shape, dtype=int))
    words = words_of(x)
    if words & FIXED:
        draws = [
            entries(shape, sized(x.data[1], problem.sizes), Random(int(rng.integers(0, 2**31, 1)[0])), "real")
            for _ in range(min(count, MOST_EXACT))
        ]
        for row in draws if "orthogonal" in words else ():
            exact[np.array([float(v) for v in row]).tobytes()] = row
        return np.array([[float(v) for v in row] for row in draws])[np.arange(count) % len(draws)].reshape(count, size)
    # The first segments are the domains by name; what is no domain is drawn as the first.
    domains = np.where(names < len(DOMAINS), names, 0)
    domains[rows["mixed"]] = rng.integers(0, len(DOMAINS), len(rows["mixed"]))
    sign = np.where(_SIGNED[domains], rng.choice((0, 0, 1, -1), count), 1)
    scale = np.ones(count)
    scale[rows["sizes"]] = 10.0 ** rng.uniform(-3, 3, len(rows["sizes"]))
    scale[rows["all"]] = np.resize(np.repeat(SCALES, 3), len(rows["all"]))
    sign[rows["all"]] = np.resize((0, 1, -1), len(rows["all"]))
    scale[turn] = np.resize(np.repeat(SCALES, 2), len(turn))
    sign[turn] = np.resize((1, -1), len(turn))
    low, high = _LOW[domains][:, None], _HIGH[domains][:, None]
    values = (low + (high - low) * rng.random((count, size))) * scale[:, None]
    values *= np.where(sign[:, None] == 0, 2.0 * rng.integers(0, 2, (count, size)) - 1, sign[:, None])
    values[rows["whole"]] = rng.integers(-3, 4, (len(rows["whole"]), size))
    values[rows["zeros"]] *= rng.random((len(rows["zeros"]), size)) > 0.4
    return _with(words, values, shape, domains == _DEFINITE, scale)


def _put_special(values: Array, rows: Array, turn: int, words: set[str], shape: list[int]) -> None:
    """The special values of a leaf, at the points where it has its turn; at the first of these points all leaves are 0."""
    n = shape[-1] if shape else 1
    own = [(rows[0], "zero")] if len(rows) else []
    own += [(row, SPECIAL[k % len(SPECIAL)]) for k, row in enumerate(rows[1:]) if k // len(SPECIAL) == turn]
    for row, word in own:
        line = values[row].reshape(-1, n)
        if "simplex" in words:
            line[:] = 1 / n if word == "equal" else np.eye(n)[-1 if word == "last" else 0]
            continue
        line[:] = word == "equal"
        if word == "identity":
            line[:] = np.eye(len(line), n)
        elif word in ("first", "last"):
            values[row, -1 if word == "last" else 0] = 1.0
    values[rows] = values[rows] if "simplex" in words else _with(words, values[rows], shape)


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
