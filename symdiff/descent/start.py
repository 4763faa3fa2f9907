"""Where descent starts: zeros, or random weights of a size that suits the layer.

    zeros     0
    normal    normal, standard deviation 0.1
    xavier    normal, variance 2/(fan in + fan out)     Glorot and Bengio 2010
    he        normal, variance 2/(fan in)               He et al. 2015

A matrix V in V*x has a column for each input: fan in is the number of its columns. A vector in w.h has as many inputs as
entries, and one output. What is only added (a bias) starts at 0 under xavier and he.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from symdiff.errors import SymdiffError
from symdiff.expr.node import SUM, Expr
from symdiff.expr.patterns import has_one_factor
from symdiff.expr.walk import topological

INITS = ("zeros", "normal", "xavier", "he")


def begin(
    f: Expr, wrt: Sequence[Expr], shapes: Sequence[tuple[int, ...]], init: str, seed: int, start: Mapping[str, Any]
) -> dict[str, Any]:
    """The starting weights by name; those of `start` as they are given."""
    import numpy as np

    if init not in INITS:
        raise SymdiffError(f"there is no initialisation {init!r}", hint="initialisations are " + ", ".join(INITS))
    biases = added(f)
    found = {}
    for k, (x, shape) in enumerate(zip(wrt, shapes, strict=True)):
        random = np.random.default_rng([seed, k])  # of its own, so that another variable's shape changes nothing here
        if x.name in start:
            found[x.name] = np.array(start[x.name], dtype=float)
            continue
        deviation = 0.0 if init == "zeros" or (x in biases and init != "normal") else spread(init, shape)
        value = random.normal(0.0, deviation, shape) if deviation else np.zeros(shape)
        found[x.name] = kept(value, x.data[1])
    return found


def spread(init: str, shape: tuple[int, ...]) -> float:
    """The standard deviation of a layer's first weights."""
    if init == "normal":
        return 0.1
    inputs = shape[-1] if shape else 1
    outputs = shape[-2] if len(shape) > 1 else 1
    return sqrt(2 / (inputs + outputs)) if init == "xavier" else sqrt(2 / inputs)


def kept(value: Any, properties: Sequence[str]) -> Any:
    """The value within the set that the variable is declared to lie in."""
    import numpy as np

    if "psd" in properties:
        return value @ value.T + np.eye(len(value))
    if "symmetric" in properties:
        return (value + value.T) / 2
    if "diagonal" in properties:
        return np.diag(np.diag(value))
    if "positive" in properties:
        return np.where(value == 0, 1.0, np.abs(value))
    return np.abs(value) if "nonnegative" in properties else value


def added(f: Expr) -> set[Expr]:
    """The variables that only stand in sums: biases. A scalar or vector that is spread along an axis counts as the sum's own term."""
    others: set[Expr] = set()
    plain: set[Expr] = set()
    for node in topological([f]):
        spreads = has_one_factor(node) and set(node.data[0][0]) <= set(node.data[1])
        for a in node.args:
            if node.op == SUM or spreads:
                plain.add(a)
            else:
                others.add(a)
    return plain - others - {f}
