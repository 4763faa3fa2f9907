"""What is to be seen in a run, layer by layer: gradients that vanish or explode and why, units that stay equal, units that are not used.

In: the loss, the history, the weights at start and end. Out: lines for a reader. Everything is worked out from these, so that a run
that was taken up from its file says what one in one piece says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import isfinite, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

from symdiff import numeric
from symdiff.calculus.template import edge
from symdiff.descent.loss import Loss, plain
from symdiff.errors import SymdiffError
from symdiff.expr.node import CALL, PROD, Expr
from symdiff.expr.patterns import is_zero
from symdiff.expr.walk import bindings, topological, variables
from symdiff.printers import written
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.descent.outcome import Moment

SMALL = 1e-2  # of the largest entries of a gradient: a layer below this hardly moves while another does
LARGE = 1e3  # times the gradient at the start
HUGE = 1e4  # times the weights themselves: a step of 1e-4 would be as long as they are
LOOKED_AT = 1000  # examples, for units that are never used


class Watch:
    """The layers of a loss: how deep each stands, and what stands between it and the loss."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss
        self.depth, self.between = _paths(loss.expr, loss.wrt)

    def notes(self, history: Sequence[Moment], start: Mapping[str, Any], weights: Mapping[str, Any], init: str) -> tuple[str, ...]:
        """What a reader should know of the run so far."""
        finite = [m for m in history if all(isfinite(x) for x in (m.loss, *m.norms))]
        found = self._gradients(finite, start, weights) if finite else []
        found += self._outside(weights)
        if len(finite) > 1:
            found += self._equal_units(start, weights, init)
            found += self._unused(weights)
        return tuple(found)

    def broken(self, w: Any) -> str:
        """The first bound name of the formula whose value is not finite at these weights; "" if there is none."""
        import numpy as np

        rows = range(min(self.loss.examples, LOOKED_AT)) if self.loss.by_row else None
        for name, node in bindings([self.loss.formula]).items():
            try:
                if not np.isfinite(self.loss.each(node, w, rows)).all():
                    return name
            except (SymdiffError, ValueError):
                continue
        return ""

    # ------------------------------------------------------------------------------------------ gradients

    def _gradients(self, history: Sequence[Moment], start: Mapping[str, Any], weights: Mapping[str, Any]) -> list[str]:
        import numpy as np

        names = self.loss.names
        sizes = [max(1, s.stop - s.start) for s in self.loss.slices]
        lines = []
        zero = [name for k, name in enumerate(names) if all(m.norms[k] == 0 for m in history)]
        if len(zero) < len(names):
            for name in zero:
                lines.append(f"the gradient by {name} is exactly 0 in every epoch: {name} never moves{self._zero_why(name, weights)}")
        mean = [[m.norms[k] / sqrt(sizes[k]) for m in history] for k in range(len(names))]
        for k, name in enumerate(names):
            if name in zero:
                continue
            shares = [entry[e] / top for e in range(len(history)) if (top := max(entry[e] for entry in mean)) > 0 for entry in [mean[k]]]
            share = median(shares) if shares else 1.0
            deeper = any(self.depth[name] > self.depth[other] for other in names if other != name)
            if share < SMALL and deeper and len(self.loss.shapes[k]) > 1:
                most = max(names, key=lambda n: median(mean[names.index(n)]))
                lines.append(
                    f"the gradient vanishes in {name}: an entry is {share:.1e} of one of {most} (median over epochs){self._why(name)}"
                )
            norm = max(m.norms[k] for m in history)
            size = max(1.0, *[float(np.linalg.norm(w[name])) for w in (start, weights)])
            if norm > HUGE * size:
                behind = any(self.depth[other] < self.depth[name] for other in names)
                why = (
                    "the weights on the way multiply it: a smaller start, --init xavier or he"
                    if behind
                    else "data of mean 0 and deviation 1, or a smaller step"
                )
                lines.append(f"the gradient explodes in {name}: its norm is {norm:.1e}, that of {name} {size:.1e}; {why}")
                continue
            first = mean[k][0]
            worst = max(range(len(history)), key=lambda e: mean[k][e])
            if first > 0 and mean[k][worst] > LARGE * first:
                lines.append(
                    f"the gradient explodes in {name}: in epoch {worst + 1} it is {mean[k][worst] / first:.1e} times that of the start; a smaller step"
                )
        return lines

    def _why(self, name: str) -> str:
        """The bound of the slopes between a layer and the loss, from the ranges of the table."""
        functions = self.between[name]
        if not functions:
            return ""
        parts, together = [], Fraction(1)
        for function, count in functions.items():
            most = slope(function)
            assert most is not None
            together *= most**count
            rule = TABLE[function].edge[0]
            parts.append(f"{count} {function} with slope {rule}, at most {most}")
        return f": between {name} and the loss stand {' and '.join(parts)}: together at most {together}, times the weights on the way"

    def _zero_why(self, name: str, weights: Mapping[str, Any]) -> str:
        """What the layer is multiplied by on its way to the loss, where that is 0 in every example looked at."""
        import numpy as np

        (x,) = [v for v in self.loss.wrt if v.name == name]
        packed = self.loss.joined([weights[other] for other in self.loss.names])
        rows = range(min(self.loss.examples, LOOKED_AT)) if self.loss.by_row else None
        moving: set[Expr] = set()
        for node in topological([self.loss.formula]):
            if node is x or any(a in moving for a in node.args):
                moving.add(node)
            if node.op != PROD or node not in moving:
                continue
            for a in node.args:
                if a in moving or not variables([a]):
                    continue
                try:
                    if not np.any(self.loss.each(a, packed, rows)):
                        return f" (it reaches the loss multiplied by {written(a)}, which is 0)"
                except (SymdiffError, ValueError):
                    continue
        return ""

    # ------------------------------------------------------------------------------------------ units

    def _outside(self, weights: Mapping[str, Any]) -> list[str]:
        """Weights that are no longer what they are declared to be: a step knows nothing of a sign."""
        import numpy as np

        lines = []
        for x in self.loss.wrt:
            w = weights[x.name]
            kept = {
                "positive": lambda w: (w > 0).all(),
                "nonnegative": lambda w: (w >= 0).all(),
                "psd": lambda w: np.linalg.eigvalsh((w + w.T) / 2).min() > -1e-9 * (1 + np.abs(w).max()),
            }
            for word in [word for word in x.data[1] if word in kept]:
                if not kept[word](w):
                    lines.append(
                        f"{x.name} is declared {word}, and the steps have left that: write it as exp(u), u^2 or B'*B of free weights"
                    )
        return lines

    def _equal_units(self, start: Mapping[str, Any], weights: Mapping[str, Any], init: str) -> list[str]:
        """Rows of a weight matrix that started equal and are equal still: one unit, many times."""
        import numpy as np

        lines = []
        for name, x in zip(self.loss.names, self.loss.wrt, strict=True):
            if len(x.shape) != 2 or len(self.loss.names) < 2 or not any(self.depth[other] < self.depth[name] for other in self.loss.names):
                continue
            before, after = start[name], weights[name]
            if len(after) < 2:
                continue
            _, groups = np.unique(np.hstack([before, after]), axis=0, return_inverse=True)
            largest = int(np.bincount(groups.reshape(-1)).argmax())
            rows = [int(k) + 1 for k in np.flatnonzero(groups.reshape(-1) == largest)]
            if len(rows) < 2:
                continue
            which = (
                f"rows {rows[0]} to {rows[-1]}" if rows == list(range(rows[0], rows[-1] + 1)) else "rows " + ", ".join(map(str, rows[:8]))
            )
            remedy = "; start with --init xavier or he" if init == "zeros" else ""
            lines.append(
                f"{which} of {name} are equal from start to end: units that start alike get the same gradient and stay one unit{remedy}"
            )
        return lines

    def _unused(self, weights: Mapping[str, Any]) -> list[str]:
        """Units of a rectified layer that are 0 in every example that was looked at."""
        import numpy as np

        loss = self.loss
        names = {plain(node.args[0]): name for name, node in bindings([loss.formula]).items()}
        w = loss.joined([weights[name] for name in loss.names])
        rows = range(min(loss.examples, LOOKED_AT)) if loss.by_row else None
        layers = [x for x in topological([loss.expr]) if len(x.shape) >= (1 if loss.by_row else 2) and _rectified(x) and self._moves(x)]
        lines = []
        for k, layer in enumerate(layers[:50], 1):
            try:
                values = loss.each(layer, w, rows)
            except (SymdiffError, ValueError):
                continue
            used = np.any(values != 0, axis=tuple(range(values.ndim - 1)))
            dead = int((~used).sum())
            if dead:
                called = names.get(layer, f"rectified layer {k}")
                lines.append(
                    f"{dead} of {used.size} units of {called} are 0 in every example: they are not used, and no gradient reaches them"
                )
        return lines

    def _moves(self, x: Expr) -> bool:
        return any(name in self.loss.names for name in variables([x]))


def _rectified(x: Expr) -> bool:
    return x.op == CALL and (x.data == "relu" or (x.data == "max" and any(is_zero(a) for a in x.args)))


@cache
def slope(name: str) -> Fraction | None:
    """The largest absolute slope of a function, where its edge is a text about the output alone and the output is bounded; None otherwise.

    sigma has the edge y*(1 - y) with 0 < y < 1: at most 1/4.
    """
    import numpy as np

    row = TABLE[name]
    bounds = re.fullmatch(r"(-?[\d.]+)<=?y<=?(-?[\d.]+)", row.range.replace(" ", ""))
    if not row.elementwise or len(row.args) != 1 or bounds is None or not row.edge or row.edge[0] == "0":
        return None
    text = edge(name, 0)[-1]
    if set(variables([text])) - {"y"} or any(node.op == CALL for node in topological([text])):
        return None
    values = numeric.compile([text])
    most = max(abs(float(values(y=float(y)))) for y in np.linspace(float(bounds[1]), float(bounds[2]), 401))
    return Fraction(most).limit_denominator(1000)


def _paths(f: Expr, wrt: Sequence[Expr]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """For each variable how many operations lie between it and the value at most, and the bounded functions on the way where their
    slopes take least away: every path has these slopes or smaller ones.
    """
    order = topological([f])
    depth: dict[Expr, int] = {f: 0}
    best: dict[Expr, tuple[Fraction, tuple[Any, ...] | None]] = {f: (Fraction(1), None)}
    for node in reversed(order):
        if node not in depth:
            continue
        here, chain = best[node]
        most = slope(node.data) if node.op == CALL and len(node.args) == 1 else None
        if most is not None and most < 1:
            here, chain = here * most, (node.data, chain)
        for a in node.args:
            depth[a] = max(depth.get(a, 0), depth[node] + 1)
            if a not in best or best[a][0] < here:
                best[a] = (here, chain)
    between: dict[str, dict[str, int]] = {}
    for x in wrt:
        counts: dict[str, int] = {}
        link = best[x][1] if x in best else None
        while link is not None:
            counts[link[0]] = counts.get(link[0], 0) + 1
            link = link[1]
        between[x.name] = counts
    return {x.name: depth.get(x, 0) for x in wrt}, between
