"""What random numbers say: whether a matrix ever has an inverse, whether values are zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdiff import numeric
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import Dim, Expr
from symdiff.expr.walk import dimensions, variables
from symdiff.simplify import simplify

Condition = tuple[Expr, str]  # a value and what it must be: "!= 0", "> 0", ">= 0"


def regular(matrix: Expr) -> bool:
    """Whether a square matrix has an inverse at some point: x*x' of a vector never has one. Its own axes are short, all others long."""
    import numpy as np

    rng = np.random.default_rng(0)
    short = {part for d in matrix.shape for part in (d if isinstance(d, tuple) else (d,))}

    def size(d: Dim) -> int:
        found = 1
        for part in d if isinstance(d, tuple) else (d,):
            found *= part if isinstance(part, int) else 2 if part in short else 5
        return found

    values = {}
    for name, x in variables([matrix]).items():
        value = rng.normal(size=tuple([size(d) for d in x.shape]))
        if {"symmetric", "psd"} & set(x.data[1]):
            value = value @ value.T
        elif "diagonal" in x.data[1]:
            value = np.diag(np.diag(value))
        values[name] = np.abs(value) if {"positive", "nonnegative"} & set(x.data[1]) else value
    sizes = {name: size(name) for name in dimensions([matrix]) if "(" not in name}
    with np.errstate(all="ignore"):
        try:
            found = np.asarray(numeric.compile([matrix])({**values, **sizes}))
        except (SymdiffError, ValueError):
            return True
    return not np.isfinite(found).all() or bool(np.linalg.cond(found) < 1e12)


def draw(names: Mapping[str, Expr], sizes: Mapping[Dim, int], rng: Any) -> dict[str, Any]:
    """Well-conditioned values: positive numbers, psd matrices with a multiple of the identity in them."""
    import numpy as np

    values: dict[str, Any] = {str(d): n for d, n in sizes.items() if isinstance(d, str) and "(" not in d}
    for name, v in names.items():
        shape = tuple([sizes[d] for d in v.shape])
        value = rng.uniform(0.5, 2.0, size=shape)
        if {"symmetric", "psd"} & set(v.data[1]):
            value = value @ value.T + np.eye(len(value))
        elif "orthogonal" in v.data[1]:
            value = np.linalg.qr(value)[0]
        elif "diagonal" in v.data[1]:
            value = np.diag(np.diag(value))
        elif "simplex" in v.data[1]:
            value = value / value.sum()
        elif "onehot" in v.data[1]:
            value = np.eye(len(value))[0]
        values[name] = value
    return values


def sizes_for(names: Mapping[str, Expr], small: Sequence[Dim], smaller: Sequence[Dim], seed: int) -> dict[Dim, int]:
    """Sizes that differ: few equations, more unknowns, most data. Those of products and sums follow from their parts where they can."""
    axes: dict[Dim, int] = {}
    for v in names.values():
        for d in v.shape:
            axes.setdefault(d, d if isinstance(d, int) else 2 if d in smaller else 3 + seed if d in small else 9 + len(axes) + seed)
    return axes


def vanish(equations: Sequence[Expr], there: Sequence[Expr], small: Sequence[Dim], smaller: Sequence[Dim] = ()) -> bool:
    """Whether the equations, with the point put in (there), are zero: by normal forms, else at random points of data, beside their own size elsewhere."""
    for equation, value in zip(equations, there, strict=True):
        try:
            if simplify([value])[0] is simplify([build.spread(build.ZERO, equation.shape)])[0]:
                continue
        except SymdiffError:
            pass
        if not _zero_in_numbers(value, equation, small, smaller):
            return False
    return True


def _zero_in_numbers(there: Expr, equation: Expr, small: Sequence[Dim], smaller: Sequence[Dim]) -> bool:
    import numpy as np

    try:
        zero, other = numeric.compile([there]), numeric.compile([equation])
    except SymdiffError:
        return False
    names = variables([there, equation])
    for seed in range(5):
        values = draw(names, sizes_for(names, small, smaller, seed), np.random.default_rng(seed))
        with np.errstate(all="ignore"):
            try:
                size, scale = float(np.abs(zero(values)).max()), float(np.abs(other(values)).max())
            except (SymdiffError, ValueError, np.linalg.LinAlgError):
                return False
        if not size <= 1e-9 * (1 + scale):
            return False
    return True
