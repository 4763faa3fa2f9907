"""Points where something of the answer alone may be large in a small region without a kink: `exp(-1e6*(sum(x) - 50)^2)`.

In: the sums with a number in them that an answer has and the formula has not, if it has a large number of its own, too. Out: points next to where
one of these sums is 0, found between two points at which it has different signs, or along the line on which it would be 0 were it linear. Where the
derivative is 0 there, as where all units of a network are saturated, what the sum does not hang on is changed until it is not. It
ends because SUMS, WAYS, PAIRS and HALVINGS bound what is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from symdiff.checking.draws import Draws
from symdiff.checking.floats import Floats
from symdiff.checking.jointly import STARTS, movable, solved, subsets
from symdiff.checking.points import Array, Points, joined
from symdiff.checking.problem import Problem
from symdiff.expr.node import DIM, OPAQUE, SUM, VAR, Expr
from symdiff.expr.walk import topological

# Sums that are looked at, ways along which points are moved, pairs of points for each, halvings of the way between them.
SUMS, WAYS, BASES, PAIRS, HALVINGS = 5, 4, 3, 3, 45

# Numbers that are to be 0 together, and entries that are moved for it.
MOST_ENTRIES = 24

# A number of the answer that may make something narrow, as itself or as its inverse.
SHARP = 30

# How far from the place points are put, as a part of 1 or of the way.
OFFSETS = (0.0, 1e-7, -1e-5, 1e-4, -1e-3, 1e-2)


def sharp(numbers: Iterable[float]) -> bool:
    """Whether one of these may make something narrow."""
    return any(abs(c) >= SHARP or 0 < abs(c) <= 1 / SHARP for c in numbers)


def sums_of(derivative: Expr, f: Expr) -> list[Expr]:
    """The sums with a number in them that are the answer's own."""
    own = set(topological([f]))
    return [n for n in topological([derivative]) if n.op == SUM and n not in own and any(_plain(a) for a in n.args)][:SUMS]


def _plain(a: Expr) -> bool:
    """Whether this is a number: 50, pi, sqrt(2), spread over an axis or not."""
    return not any(node.op in (VAR, DIM, OPAQUE) for node in topological([a]))


# Points at which the derivative is not 0, from points at which it is, with the same values of some leaves; and from which rows they are.
Revive = Callable[[Points, set[Expr]], tuple[Points, Array] | None]


def bumps(
    problem: Problem,
    nodes: Sequence[Expr],
    points: Points,
    living: Array,
    ways: Sequence[Sequence[Expr]],
    rng: Draws,
    room: int,
    revive: Revive,
) -> Points | None:
    """Points next to the zeros of these nodes; those that are moved there are from the living ones."""
    good = np.flatnonzero(living)
    if not len(good):
        return None
    found: list[Points] = []
    for node in nodes:
        leaves = {x for x in topological([node]) if x in points.values}
        for entry in _entries(node, problem):
            at = _value(problem, node, entry)
            ends = _ends(at, points, good, [way for way in ways if not leaves.isdisjoint(way)], rng, room)
            if ends is not None:
                found += _beside(at, *ends, leaves, revive)
    return joined(found) if found else None


def zeros_together(problem: Problem, nodes: Sequence[Expr], points: Points, living: Array, room: int) -> Points | None:
    """Points at which two or more of these nodes are 0, or all entries of one: `exp(-1e5*((x - 2)^2 + (y - 7)^2))`."""
    good = np.flatnonzero(living)[:STARTS]
    sizes = [int(np.prod(problem.shape(node), dtype=int)) for node in nodes]
    groups = [[k] for k, size in enumerate(sizes) if 1 < size <= MOST_ENTRIES]
    groups += [list(s) for s in subsets(len(nodes)) if sum(sizes[k] for k in s) <= MOST_ENTRIES]
    if not len(good) or not groups:
        return None
    found: list[Points] = []
    for group in groups:
        of = {x for x in topological([nodes[k] for k in group]) if x in points.values}
        entries = movable(points, of, MOST_ENTRIES)
        if (len(entries) + 1) * len(good) > room:
            continue

        def at(there: Points, group: list[int] = group) -> Array:
            return np.concatenate([_values(problem, nodes[k], there) for k in group])

        found += solved(at, points[good], entries)[:1]
    return joined(found) if found else None


def _values(problem: Problem, node: Expr, points: Points) -> Array:
    """All entries of a node at the points."""
    field = Floats(points.count)
    field.listening = False
    with np.errstate(all="ignore"):
        flat = problem.components(field, points.columns)(node)
    return np.array([np.broadcast_to(np.asarray(v, float), (points.count,)) for v in flat])


def _entries(node: Expr, problem: Problem) -> list[int]:
    size = int(np.prod(problem.shape(node), dtype=int))
    return [0] if size == 1 else [0, size - 1]


def _value(problem: Problem, node: Expr, entry: int) -> Callable[[Points], Array]:
    def at(points: Points) -> Array:
        field = Floats(points.count)
        field.listening = False
        with np.errstate(all="ignore"):
            known = problem.components(field, points.columns)
            return np.broadcast_to(np.asarray(known(node)[entry], float), (points.count,))

    return at


def _ends(
    at: Callable[[Points], Array], points: Points, good: Array, ways: Sequence[Sequence[Expr]], rng: Draws, room: int
) -> tuple[Points, Points] | None:
    """Pairs of points at which the value has different signs: known ones, and on lines."""
    value = at(points)[good]
    below, above = (good[np.isfinite(value) & (side * value > 0)] for side in (-1, 1))
    lows, highs = [], []
    if len(below) and len(above):
        rows = [(int(rng.some(below, 1)[0]), int(rng.some(above, 1)[0])) for _ in range(PAIRS)]
        lows, highs = [points[[i for i, _ in rows]]], [points[[j for _, j in rows]]]
    bases = rng.some(good, BASES)
    for way in ways[:WAYS]:
        start = points[bases]
        first, second = at(start), at(start.scaled(way, np.full(len(bases), 3.0)))
        with np.errstate(all="ignore"):
            root = 1 - 2 * first / (second - first)
        fine = np.flatnonzero(np.isfinite(root) & (root != 0) & (np.abs(root) < 1e9))
        if len(fine):
            lows.append(start[fine].scaled(way, 0.97 * root[fine]))
            highs.append(start[fine].scaled(way, 1.031 * root[fine]))
    for x, j in points.single_entries(x for way in ways for x in way):
        start = points[bases]
        here = start.values[x][:, j]
        first, second = at(start), at(start.with_entry(x, j, here + 1))
        with np.errstate(all="ignore"):
            root = here - first / (second - first)
        fine = np.flatnonzero(np.isfinite(root) & (np.abs(root) < 1e9))
        if len(fine):
            reach = 0.03 * np.maximum(1.0, np.abs(root[fine]))
            lows.append(start[fine].with_entry(x, j, root[fine] - reach))
            highs.append(start[fine].with_entry(x, j, root[fine] + 1.03 * reach))
    if not lows:
        return None
    a, b = joined(lows), joined(highs)
    change = np.flatnonzero(np.sign(at(a)) * np.sign(at(b)) < 0)[: max(1, room // len(OFFSETS))]
    return (a[change], b[change]) if len(change) else None


def _beside(at: Callable[[Points], Array], a: Points, b: Points, leaves: set[Expr], revive: Revive) -> list[Points]:
    """Points next to the place between each of a and its b where the value, which hangs on these leaves, is 0."""
    low, high, negative = np.zeros(a.count), np.ones(a.count), at(a) < 0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        same = (at(a.towards(b, middle)) < 0) == negative
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    pairs = [(a, b, low)]
    alive = revive(a.towards(b, low), leaves)
    if alive is not None:
        made, rows = alive
        pairs.append((with_others(a[rows], leaves, made), with_others(b[rows], leaves, made), low[rows]))
    return [p.towards(q, np.clip(place + offset, 0, 1)) for p, q, place in pairs for offset in OFFSETS]


def with_others(points: Points, leaves: set[Expr], others: Points) -> Points:
    """The points, with what is none of these leaves from others."""
    values = {x: v if x in leaves else others.values[x] for x, v in points.values.items()}
    return Points(points.problem, values, np.ones(points.count, bool), points.exact | others.exact)


__all__ = ["bumps", "sharp", "sums_of", "zeros_together"]
