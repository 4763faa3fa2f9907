"""Hidden units, one by one: how much the loss rises without each. A network with more units than it needs ends up using some of them.

In: a loss and its weights. Out: for every hidden layer the rises, unit by unit: the loss with that unit's value put to 0, less the loss. Two units that do the same
are both needed this way, so that equal ones are told apart from idle ones by `layers.Watch`, which names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from symdiff.descent.loss import Loss, plain
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import Expr, make
from symdiff.expr.patterns import is_elementwise
from symdiff.expr.walk import bindings, substitute, topological, variables

LAYERS = 6
UNITS = 100  # of a layer, beyond which nothing is drawn: each costs a pass over the examples
LOOKED_AT = 500  # examples
SHARE = 0.01  # of the greatest rise in its layer, below which a unit counts as unused


@dataclass(frozen=True)
class Layer:
    """name: as the formula binds it, else `layer 1`. rises: of the loss without each of its units."""

    name: str
    rises: tuple[float, ...]

    @property
    def used(self) -> int:
        most = max(self.rises, key=abs, default=0.0)
        return sum(abs(r) > SHARE * abs(most) for r in self.rises)


def units(loss: Loss, weights: Mapping[str, Any]) -> list[Layer]:
    """The hidden layers, from the data on. [] where the formula has none, or one that is too wide."""
    import numpy as np

    names = {plain(node.args[0]): name for name, node in bindings([loss.formula]).items()}
    rows = range(min(loss.examples, LOOKED_AT)) if loss.by_row else None
    taken = variables([loss.expr])
    letter = "kept"
    while letter in taken:
        letter += "_"
    found = []
    for k, (node, axis) in enumerate(hidden(loss)[:LAYERS], 1):
        kept = build.var(letter, (node.shape[axis],))
        places = tuple(range(len(node.shape)))
        body = _put(loss.expr, node, build.contract([node, kept], [places, (axis,)], places))
        d = node.shape[axis]
        size = d if isinstance(d, int) else loss.sizes.get(str(d), 0)
        if not 0 < size <= UNITS:
            continue
        try:
            values = [loss.mean_of(body, {**weights, letter: mask}, rows) for mask in (*(1 - np.eye(size)), np.ones(size))]
        except (SymdiffError, ValueError, TypeError):
            continue
        if all(isfinite(v) for v in values):
            found.append(Layer(names.get(node, f"layer {k}"), tuple([v - values[-1] for v in values[:-1]])))
    return found


def _put(root: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with another node in the place of one."""

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return new if node is old else make(node.op, args, node.data, node.shape) if args else node

    return substitute([root], put)[root]


def hidden(loss: Loss) -> list[tuple[Expr, int]]:
    """The values of elementwise functions that a matrix of weights leads to, and the axis of their units: the one that the matrix's rows have."""
    rows = {x.shape[0]: x for x in loss.wrt if len(x.shape) == 2}
    found = []
    for node in topological([loss.expr]):
        if not is_elementwise(node) or len(node.shape) != (1 if loss.by_row else 2) or node is loss.expr:
            continue
        inside = {x.name for x in variables([node]).values()}
        axes = [
            k
            for k, d in enumerate(node.shape)
            if d in rows and any(x.name in inside for x in loss.wrt if x.shape[:1] == (d,) and len(x.shape) == 2)
        ]
        after = any(x.name not in inside for x in loss.wrt)  # otherwise this is the prediction itself
        if len(axes) == 1 and after:
            found.append((node, axes[0]))
    return found
