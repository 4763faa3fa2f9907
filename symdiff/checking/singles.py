"""Points on the kinks that an answer alone has: `if(x == 3, 7, 2*x)`, `2*x*([x > 5] + [x < 5])` are wrong there and nowhere else.

In: points, those with whole numbers before others, and comparisons. Out: points at which one entry of one variable, all of its entries as one number, or all by one step
(where one entry of softmax(z) is far above the others its derivative is 0), are moved to where
the two sides of a comparison are equal, exactly: what the secant rule finds is taken as a fraction with a small denominator. Where a kink has no such points nothing is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symdiff.checking.floats import Site
from symdiff.checking.points import TIED, Array, Points, words_of

# Points that are moved, comparisons, variables, points at most, and steps of the secant rule.
BASES, COMPARED, LEAVES, MOST, STEPS = 5, 6, 8, 200, 8

# The largest denominator, and how near its fraction has to be.
DENOMINATOR, SNAP = 64, 1e-6


def on_kinks(points: Points, bases: Sequence[int], sites: Sequence[int], sites_at: Callable[[Points], list[Site]]) -> Points | None:
    """Points on the kinks of these comparisons, moved from these rows; None if there are none."""
    free = [x for x in points.values if not words_of(x) & TIED][:LEAVES]
    sizes = [points.values[x].shape[1] for x in free]
    ways = [(x, slice(j, j + 1), False) for x, n in zip(free, sizes, strict=True) for j in sorted({0, n - 1})]
    ways += [(x, slice(0, n), step) for x, n in zip(free, sizes, strict=True) if n > 1 for step in (False, True)]
    plan = [(k, b, x, j, step) for k in sites[:COMPARED] for b in bases[:BASES] for x, j, step in ways][:MOST]
    if not plan:
        return None
    rows = np.array([b for _, b, *_ in plan])

    def moved(entries: Array) -> Points:
        made = points[rows]
        made.values.update({x: v.copy() for x, v in made.values.items()})
        for r, (_, _, x, j, step) in enumerate(plan):
            made.values[x][r, j] = made.values[x][r, j] + (entries[r] - before[r]) if step else entries[r]
        return made

    def distance(entries: Array) -> Array:
        found = sites_at(moved(entries))
        wide = {k: np.broadcast_to(found[k].difference, len(plan)) for k in {k for k, *_ in plan} if k < len(found)}
        return np.array([wide[k][r] if k in wide else np.nan for r, (k, *_) in enumerate(plan)])

    before = np.array([points.values[x][b, j][0] for _, b, x, j, _ in plan])
    with np.errstate(all="ignore"):
        last, now = before, before + 1.0
        far, near = distance(last), distance(now)
        for _ in range(STEPS):
            new = np.where(near == 0, now, now - near * (now - last) / (near - far))
            new = np.where(np.isfinite(new) & (np.abs(new) < 1e9), new, now)
            last, far, now = now, near, new
            near = distance(now)
        snapped = [Fraction(v).limit_denominator(DENOMINATOR) for v in now.tolist()]
        entries = np.array([float(v) for v in snapped])
        met = np.isfinite(near) & (np.abs(entries - now) <= SNAP * np.maximum(1.0, np.abs(now))) & np.isfinite(distance(entries))
    kept = np.flatnonzero(met & fits(plan, snapped))
    if not len(kept):
        return None
    made = moved(entries)[kept]
    exact = dict(made.exact)
    for r, k in enumerate(kept):
        _, b, x, j, step = plan[k]
        row = points.exact.get(points.values[x][b].tobytes()) or [Fraction(v) for v in points.values[x][b].tolist()]
        new_ones = [v + snapped[k] - row[j.start] for v in row[j]] if step else [snapped[k]] * (j.stop - j.start)
        exact[made.values[x][r].tobytes()] = [*row[: j.start], *new_ones, *row[j.stop :]]
    return Points(made.problem, made.values, np.zeros(len(kept), bool), exact)


def fits(plan: Sequence[tuple[int, int, Any, slice, bool]], entries: Sequence[Fraction]) -> Array:
    """Which entries their variables may have; those of variables with a sign take no step all together."""
    least = [0 if "nonnegative" in words_of(x) else None if "positive" not in words_of(x) else 1e-300 for _, _, x, *_ in plan]
    return np.array([low is None or (v >= low and not step) for low, v, (*_, step) in zip(least, entries, plan, strict=True)])


__all__ = ["on_kinks"]
