"""Points at which several things of an answer are as they are nowhere yet: a bump in two variables, three entries of one vector between bounds.

In: numbers of which all have to be 0 at once, or on one side each, and points to start from. Out: points that Gauss and Newton's method leads to, moving the
entries that the numbers hang on, as little as it takes. Equations of an answer that hold together at single points (`[x == 5/2 and y == -1]`) are
solved by as many entries as there are equations, and taken as fractions with small denominators. It ends because STEPS, ENTRIES, STARTS and SUBSETS bound what is
tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from symdiff.checking.points import TIED, Array, Points, joined, words_of
from symdiff.checking.singles import DENOMINATOR, SNAP
from symdiff.expr.node import Expr

# Steps of the method, entries that are moved at most, points to start from, subsets of the numbers, and how large a step of a difference is.
STEPS, ENTRIES, STARTS, SUBSETS, PART = 10, 16, 2, 12, 1e-6

# What entries are that no number is solved by: (2, 2, 2, 2, -3)/5 has the sum 1, as its squares have.
FRACTIONS = np.array([p / q for q, ps in ((2, (1, -1)), (3, (1, 2, -1, -2)), (5, (2, 3, -2, -3)), (7, (-2, 3))) for p in ps])

# How far beyond a kink a point is put.
BEYOND = (1e-7, 1e-3)

Entry = tuple[Expr, int]
Numbers = Callable[[Points], Array]  # a row for each number, a column for each point


def movable(points: Points, of: set[Expr], most: int = ENTRIES) -> list[Entry]:
    """Entries of these leaves, as many of each as there is room for."""
    leaves = [x for x in points.values if x in of and not words_of(x) & TIED]
    share = max(1, most // max(1, len(leaves)))
    return [(x, j) for x in leaves for j in range(min(share, points.values[x].shape[1]))][:most]


def moved(points: Points, entries: Sequence[Entry], by: Array) -> Points:
    """The points with a number added to each of the entries; by: a row for each point."""
    made = Points(points.problem, dict(points.values), points.generic, points.exact)
    for x in dict.fromkeys(x for x, _ in entries):
        made.values[x] = made.values[x].copy()
    for e, (x, j) in enumerate(entries):
        made.values[x][:, j] += by[:, e]
        if words_of(x) & {"positive", "nonnegative"}:
            made.values[x][:, j] = np.abs(made.values[x][:, j])
    return made


def _slopes(at: Numbers, points: Points, entries: Sequence[Entry]) -> tuple[Array, Array, Array]:
    """The numbers, a row for each point; their rates by the entries, scaled; and the scales of these."""
    size = np.stack([np.maximum(np.abs(points.values[x][:, j]), 1e-2) for x, j in entries], axis=1)
    count, wide = points.count, len(entries)
    steps = np.zeros((wide + 1, count, wide))
    for e in range(wide):
        steps[e + 1, :, e] = PART * size[:, e]
    found = at(moved(points[np.tile(np.arange(count), wide + 1)], entries, steps.reshape(-1, wide)))
    found = np.asarray(found, float).reshape(len(found), wide + 1, count)
    here = found[:, 0].T
    rates = (found[:, 1:] - found[:, :1]).transpose(2, 0, 1) / PART
    return here, rates, size


def solved(at: Numbers, starts: Points, entries: Sequence[Entry], sides: Array | None = None, beyond: float = 0.0) -> list[Points]:
    """Where the numbers are 0, or on their sides (a row for each start; 0: anywhere), from each start: the points after each step, the last one first."""
    if not entries or not starts.count:
        return []
    points = starts
    found: list[Points] = []
    with np.errstate(all="ignore"):
        for turn in range(STEPS):
            here, rates, size = _slopes(at, points, entries)
            if turn % 2:  # the shortest way as it is, and not in parts of the entries: where a norm is to be small
                rates, size = rates / size[:, None, :], np.ones_like(size)
            if sides is not None:
                missing = np.where(np.sign(here) == sides, 0, here - beyond * sides) * (sides != 0)
                rates = rates * (missing != 0)[:, :, None]
                here = missing
            good = np.isfinite(here).all(1) & np.isfinite(rates).all((1, 2))
            if not good.any():
                break
            step = np.zeros((points.count, len(entries)))
            step[good] = -(np.linalg.pinv(rates[good], rcond=1e-9) @ here[good][:, :, None])[:, :, 0] * size[good]
            step = np.where(np.isfinite(step) & (np.abs(step) < 1e9), step, 0)
            if not step.any():
                break
            points = moved(points, entries, step)
            found.insert(0, points)
    return [Points(p.problem, p.values, np.ones(p.count, bool), p.exact) for p in found]


def subsets(count: int) -> list[tuple[int, ...]]:
    """Pairs first, then all together."""
    return [s for size in (2, count, *range(3, count)) for s in combinations(range(count), size) if count > 1][:SUBSETS]


def on_several(points: Points, bases: Sequence[int], sites: Sequence[int], at: Numbers, of: set[Expr]) -> Points | None:
    """Points on several kinks at once, moved from these rows, as fractions: one entry for each kink."""
    entries = movable(points, of)
    made: list[Points] = []
    for chosen in subsets(len(sites)):
        rows = list(chosen)

        def some(p: Points, rows: list[int] = rows) -> Array:
            return at(p)[rows]

        for b in bases[:STARTS]:
            start = points[[b]]
            own = [entries[e] for e in _pivots(_slopes(some, start, entries)[1][0])] if entries else []
            if len(own) < len(rows):
                continue
            others = [e for e in entries if e not in own]
            starts = joined([start, *([_with_fractions(start, others)] if others else [])])
            for last in solved(some, starts, own)[:1]:
                for k in range(starts.count):
                    made += _snapped(starts, k, last, own)
    return joined(made) if made else None


def _with_fractions(start: Points, entries: Sequence[Entry]) -> Points:
    """The point with a simple fraction in these entries, for each: where whole numbers are left the formula may have a kink, as norm1 at 0."""
    made = start[np.zeros(len(FRACTIONS), int)]
    values = dict(made.values)
    for x in dict.fromkeys(x for x, _ in entries):
        values[x] = values[x].copy()
    exact = dict(made.exact)
    for x, j in entries:
        values[x][:, j] = np.abs(FRACTIONS) if words_of(x) & {"positive", "nonnegative"} else FRACTIONS
    for x in dict.fromkeys(x for x, _ in entries):
        for row in values[x]:
            exact[row.tobytes()] = [Fraction(v).limit_denominator(DENOMINATOR) if v in FRACTIONS else Fraction(v) for v in row.tolist()]
    return Points(made.problem, values, made.generic, exact)


def _pivots(rates: Array) -> list[int]:
    """As many columns as there are rows, each the one that is farthest from those before."""
    left = np.array(rates, float)
    found: list[int] = []
    for _ in range(len(rates)):
        lengths = np.linalg.norm(left, axis=0)
        best = int(np.argmax(np.nan_to_num(lengths)))
        if not np.isfinite(lengths[best]) or lengths[best] < 1e-9:
            break
        found.append(best)
        unit = left[:, best] / lengths[best]
        left = left - np.outer(unit, unit @ left)
    return found


def _snapped(points: Points, row: int, last: Points, entries: Sequence[Entry]) -> list[Points]:
    """The point with these entries as fractions, if they are near to some."""
    exact: dict[bytes, list[Fraction]] = dict(points.exact)
    values: dict[Expr, Any] = {x: v.copy() for x, v in points[[row]].values.items()}
    flat = {x: list(exact.get(values[x][0].tobytes()) or [Fraction(v) for v in values[x][0].tolist()]) for x, _ in entries}
    for x, j in entries:
        found = float(last.values[x][row, j])
        if not np.isfinite(found):
            return []
        near = Fraction(found).limit_denominator(DENOMINATOR)
        if abs(float(near) - found) > SNAP * max(1.0, abs(found)):
            return []
        flat[x][j], values[x][0, j] = near, float(near)
    exact.update({values[x].tobytes(): numbers for x, numbers in flat.items()})
    return [Points(points.problem, values, np.zeros(1, bool), exact)]


__all__ = ["BEYOND", "STARTS", "movable", "on_several", "solved", "subsets"]
