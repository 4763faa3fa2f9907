"""What need not be asked: second derivatives of nodes that points in doubles say are neither convex nor concave.

In: a formula and its variables. Out: of every node, which of the two words some points contradict, and whether that is so whatever the signs of
the other letters. Points where the formula has no value are no points. Never a certificate: a wrong "neither" here would only lose one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from random import Random
from typing import Any

import numpy as np

from symdiff.checking.sampling import size_of
from symdiff.convexity.doubles import MARGIN, Pair, clear_gaps, together
from symdiff.convexity.search import drawn, pair_of, sizes_of
from symdiff.expr.node import OPAQUE, Expr
from symdiff.expr.walk import topological, variables

PAIRS = 64  # points and their midpoints, for each choice of the letters that are kept fixed
CHOICES = 8  # choices of the letters that are kept fixed
LETTERS = 3  # whose signs are all tried; with more, a condition on them may be missed, and nothing is said
SURE = 100 * MARGIN  # gaps that no rounding makes, relative to the values
PLAIN = frozenset(("positive", "nonnegative"))

Marks = Any  # an array of truth values, by choice and pair


class Probe:
    """Looked at when it is first asked."""

    def __init__(self, f: Expr, wrt: Sequence[Expr]) -> None:
        self.f, self.wrt = f, wrt
        self.found: dict[Expr, tuple[Marks, Marks]] = {}

    def neither(self, node: Expr) -> bool:
        """Whether both words are contradicted for every choice of the letters for which there are values."""
        above, below = self.gaps(node)
        chosen = self.valid.any(1)
        return bool(chosen.any() and above.any(1)[chosen].all() and below.any(1)[chosen].all())

    def hopeless(self) -> bool:
        """Whether there are points, and both words are contradicted for no choice of the letters."""
        above, below = self.gaps(self.f)
        return bool(self.valid.any()) and not (above.any(1) & below.any(1)).any()

    def contradicts(self, word: str) -> bool:
        """Whether the formula is not convex, not concave, for some choice of the letters."""
        return bool(self.gaps(self.f)[word == "concave"].any())

    def gaps(self, node: Expr) -> tuple[Marks, Marks]:
        """Where an entry of the node is above the mean of its ends, and where one is below."""
        if node not in self.found:
            above, below = np.zeros_like(self.valid), np.zeros_like(self.valid)
            for entry in self.values.get(node, ()):
                if isinstance(entry, np.ndarray):
                    gap = clear_gaps(entry, SURE).reshape(above.shape)
                    above |= self.valid & (gap > 0)
                    below |= self.valid & (gap < 0)
            self.found[node] = above, below
        return self.found[node]

    @cached_property
    def valid(self) -> Marks:
        """Where the formula has values at all three points."""
        if not self.values:
            return np.zeros((1, 1), dtype=bool)
        entry = self.values[self.f][0]
        return np.isfinite(np.broadcast_to(entry, (3 * PAIRS * CHOICES,))).reshape(-1, 3).all(1).reshape(CHOICES, PAIRS)

    @cached_property
    def values(self) -> Mapping[Expr, Sequence[Any]]:
        """The entries of all nodes; nothing where they are not to be had."""
        nodes = topological([self.f])
        names = variables([self.f])
        others = [v for v in names.values() if v not in self.wrt]
        moving = [v for v in self.wrt if v.op == names.get(v.name, v).op]
        signed = [v for v in others if not v.data[1]]
        if any(n.op == OPAQUE for n in nodes) or len(signed) > LETTERS or not moving:
            return {}
        sizes = sizes_of(nodes)[0]
        rng = Random(2)
        fixed: dict[str, list[Any]] = {v.name: [] for v in others}
        pairs: list[Pair] = []
        plain = all(PLAIN.issuperset(v.data[1]) for v in moving)
        for choice in range(CHOICES):
            values = {v.name: drawn(v, sizes, rng, choice) for v in others}
            for bit, v in enumerate(signed):
                values[v.name] = abs(values[v.name]) * (-1 if choice >> bit & 1 else 1)
            for name, value in values.items():
                fixed[name].append(value)
            if not plain:
                pairs += [pair_of(names, moving, sizes, rng, choice, k) for k in range(PAIRS)]
        ends = {v.name: spread_out(v, sizes) if plain else None for v in moving}
        known = together(nodes, sizes, {}, pairs, columns(fixed, ends))
        return known or {}


def columns(fixed: Mapping[str, Sequence[Any]], ends: Mapping[str, Any]) -> dict[str, Any]:
    """Of every name its entries at all points, the entries in rows."""
    found = {n: a for n, a in ends.items() if a is not None}
    for name, values in fixed.items():
        table = np.array([np.asarray(v, dtype=object).ravel() for v in values], dtype=float)
        found[name] = np.repeat(table, 3 * PAIRS, axis=0).T
    return found


def spread_out(v: Expr, sizes: Mapping[str, int]) -> Any:
    """Pairs of points of a variable without further properties: far from each other, opposite, near, on a line through 0; of several scales."""
    rng = np.random.default_rng(sum(map(ord, v.name)))
    shape = (CHOICES * PAIRS, int(np.prod([size_of(d, sizes) for d in v.shape], dtype=int)))
    scale = rng.choice([0.25, 1.0, 1.0, 3.0, 10.0], size=(shape[0], 1))
    a, b = rng.uniform(-1, 1, shape) * scale, rng.uniform(-1, 1, shape) * scale
    how = (np.arange(shape[0]) % 4)[:, None]
    b = np.where(how == 1, -a, np.where(how == 2, a + b / 8, np.where(how == 3, a * rng.choice([0, 2, 3, -2], size=(shape[0], 1)), b)))
    if v.data[1]:
        a, b = abs(a) + 1e-3, abs(b) + 1e-3
    return np.ascontiguousarray(np.stack([a, b, (a + b) / 2], axis=1).reshape(3 * shape[0], -1).T)
