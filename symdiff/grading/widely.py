"""A Python function as an answer, at many points and sizes: those of the verdict on the derivative, one variable at all magnitudes and next to the numbers
that stand in the function, equal and other sizes.

In: a function of a formula's variables. Out: points at which it seems to have other numbers than the derivative, and some at which a few digits
differ. Numbers are doubles here: whoever asks looks at what is found in many digits. It ends because MOST, SWEPT, SIZES and WORK bound what is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, pairwise
from random import Random
from typing import TYPE_CHECKING, Any

from symdiff.expr.node import Expr
from symdiff.expr.walk import topological
from symdiff.grading.points import MOVABLE, Budget, Setting, effort, grown, looked_at, settings

if TYPE_CHECKING:
    from symdiff.grading.grade import Checker

Values = dict[Expr, list[Fraction]]
Call = Callable[[Mapping[str, Any], Mapping[str, int]], Any]

# Leaves that are scaled, and the sizes of their largest entries, of either sign.
SWEPT, SWEEP = 6, [10 ** (k / 9) for k in range(-54, 46)]

# Numbers in the middle between whole ones up to this, too; and where points are put beside a number of the function, in parts of it and as it stands.
MIDDLES, PARTS, STEPS = 32, (0.98, 0.999999, 1.000001, 1.02), (-0.5, 0.5)

# Points of the verdict at one choice of sizes, at most.
MOST = 400

# Sizes of the first dimension, and the operations of formula and derivative up to which they are tried; what is drawn at each.
SIZES, WORK = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 24, 33), 20_000
DRAWN = ("real", "positive", "definite")

# Relative to an entry, to the largest one: what differs by more is wrong, or worth a look.
COARSE, FINE, BESIDE_LARGEST = 1e-6, 1e-9, 1e-12


def suspicious(
    checker: Checker, call: Call, entries: Callable[[Any], Sequence[float] | None], numbers: Sequence[float] = ()
) -> Iterator[tuple[Setting, Values, bool]]:
    """Points at which the function raises or has other numbers; and whether they differ by more than a few digits.

    entries: the numbers of what the function returned; None if it is none. numbers: those that stand in the function.
    """
    import numpy as np

    leaves = set(topological([checker.f]))
    for setting, columns in chain(_of_verdict(checker), _swept(checker, numbers), _of_sizes(checker)):
        right = setting.doubles(checker.expected, columns)
        for k in np.flatnonzero(np.isfinite(right).all(1)):
            named = {x.data[0]: setting.named(x, v[k]) for x, v in columns.items() if x in leaves}
            try:
                with np.errstate(all="ignore"):
                    got = entries(call(named, setting.sizes))
            except Exception:  # noqa: BLE001 - looked at again by whoever asks
                got = None
            gap = np.abs(right[k] - got) if got is not None and len(got) == len(right[k]) else np.full(1, np.inf)
            scale = np.abs(right[k]).max(initial=0.0)
            coarse = not (gap <= COARSE * scale).all()
            if coarse or (gap > np.maximum(FINE * np.abs(right[k]), BESIDE_LARGEST * scale)).any():
                yield setting, {x: [Fraction(u) for u in v[k].tolist()] for x, v in columns.items()}, coarse


def _of_verdict(checker: Checker) -> Iterator[tuple[Setting, dict[Expr, Any]]]:
    """The points that the verdict on the derivative looked at."""
    counted: dict[tuple[tuple[str, int], ...], int] = {}
    for sizes, columns in looked_at(checker.judge):
        key = tuple(sizes.items())
        rows = slice(0, max(0, MOST - counted.get(key, 0)))
        taken = {x: v[rows] for x, v in columns.items()}
        count = len(next(iter(taken.values()), ()))
        counted[key] = counted.get(key, 0) + count
        if count:
            yield Setting(checker.f, checker.wrt, checker.expected, dict(sizes), Budget(float("inf"))), taken


def _swept(checker: Checker, numbers: Sequence[float]) -> Iterator[tuple[Setting, dict[Expr, Any]]]:
    """One variable after the other at all magnitudes and next to these numbers, the others as they are."""
    import numpy as np

    budget = Budget(float("inf"))
    setting = next(iter(settings(checker.f, checker.wrt, checker.expected, budget)))
    base = setting.draw(Random(47), "positive")
    beside = [v for c in numbers for v in (*[c * p for p in PARTS], *[c + s for s in STEPS])]
    beside += [(a + b) / 2 for a, b in pairwise(sorted(numbers))]
    sizes = [*SWEEP, *[k + 0.5 for k in range(MIDDLES)], *beside]
    sweep = np.array([sign * size for size in sizes for sign in (1, -1)])
    places = np.array([sign * size for size in beside for sign in (1, -1)])
    for x in [x for x in setting.leaves if set(x.data[1]) <= MOVABLE][:SWEPT]:
        flat = np.array([float(v) for v in base[x]])
        scaled = (np.abs(sweep) if x.data[1] else sweep)[:, None] * (flat / np.abs(flat).max())
        # All entries, the sum of their squares or their sum are where the function may be another one.
        measures = (flat / np.linalg.norm(flat), flat / np.abs(flat).sum(), np.where(flat, 1 + 1e-9 * flat, 0.0)) if len(flat) > 1 else ()
        more = [(np.abs(places) if x.data[1] else places)[:, None] * unit for unit in measures if len(places)]
        made = np.concatenate([scaled, *more])
        columns = {y: np.repeat(np.array([[float(v) for v in row]]), len(made), axis=0) for y, row in base.items()}
        columns[x] = made
        yield setting, columns


def _of_sizes(checker: Checker) -> Iterator[tuple[Setting, dict[Expr, Any]]]:
    """Ordinary points at many sizes."""
    import numpy as np

    budget = Budget(float("inf"))
    first = next(iter(settings(checker.f, checker.wrt, checker.expected, budget)))
    nodes = topological([checker.f, checker.expected, *checker.wrt])
    rng = Random(41)
    tried: list[dict[str, int]] = []
    for n in SIZES if first.sizes else ():
        last = len(first.sizes) - 1
        for step, start in ((0, n), (1, n), (-1, n + last)):
            sizes = grown({d: start + step * k for k, d in enumerate(first.sizes)}, nodes)
            setting = Setting(checker.f, checker.wrt, checker.expected, sizes, budget)
            if sizes in tried or effort(nodes, sizes) > WORK or not (setting.takes(checker.expected) and setting.takes(checker.f)):
                continue
            tried.append(sizes)
            draws = [setting.draw(rng, domain) for domain in DRAWN]
            yield setting, {x: np.array([[float(v) for v in draw[x]] for draw in draws]) for x in setting.leaves}


__all__ = ["suspicious"]
