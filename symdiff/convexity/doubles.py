"""All nodes of a formula at many pairs of points at once, in doubles: what midpoints seem to refute.

In: nodes, sizes, exact points. Out: their entries at every pair's two ends and middle; gaps; what is refuted of every node. Nothing is
certified here: what is refuted is only not looked at further, and a counterexample is computed again in exact numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdiff.checking.components import Components, Flat, Undecided, Work
from symdiff.checking.floats import Floats
from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr

MARGIN = 1e-7
LARGEST = 1e12  # values of f beyond which a gap is not believed
MANY = 20_000  # scalar operations for one look at all nodes: beyond, arrays are not taken apart

Point = Mapping[str, Any]
Pair = tuple[Point, Point]


def together(
    nodes: Sequence[Expr], sizes: Mapping[str, int], fixed: Point, pairs: Sequence[Pair], columns: Mapping[str, Any] | None = None
) -> dict[Expr, Flat] | None:
    """The entries of these nodes, arguments first, at a, b and the middle of each pair in turn; None where that is too much or not possible.

    columns: the entries of names at all these points, where they are not in the pairs.
    """
    columns = columns or {}
    count = 3 * len(pairs) or next(iter(columns.values())).shape[-1]

    def leaf(x: Expr) -> Flat:
        if x.name in columns:
            return list(columns[x.name])
        if x.name in fixed:
            return [float(v) for v in np.asarray(fixed[x.name], dtype=object).flat]
        ends = np.array([[np.asarray(p[x.name], dtype=object).ravel() for p in pair] for pair in pairs], dtype=float)
        a, b = ends[:, 0], ends[:, 1]
        points = np.stack([a, b, (a + b) / 2], axis=1).reshape(count, -1)
        return list(np.ascontiguousarray(points.T))

    components = Components(Floats(count), dict(sizes), leaf, work=Work(MANY))
    try:
        with np.errstate(all="ignore"):
            components.run(nodes)
    except (Undecided, SymdiffError, ArithmeticError, ValueError, TypeError, IndexError, np.linalg.LinAlgError):
        return None
    return components.known


def clear_gaps(values: Any, margin: float = MARGIN) -> Any:
    """f(middle) - (f(a) + f(b))/2 of values at a, b and the middle of each pair in turn; 0 where rounding may have made it."""
    va, vb, vm = np.asarray(values, dtype=float).reshape(-1, 3).T
    with np.errstate(all="ignore"):
        gap = vm - (va + vb) / 2
        size = np.abs(va) + np.abs(vb)
        clear = np.isfinite(gap) & (np.abs(gap) >= margin * (1 + size)) & (np.maximum(np.abs(va), np.abs(vb)) <= LARGEST)
    return np.where(clear, gap, 0.0)
