"""What is found: points with their conditions and kinds, an equation that the points obey, or an iteration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symdiff.expr.node import Expr

__all__ = ["Found", "Point"]


@dataclass(frozen=True)
class Point:
    """values: of the variables, then of the multipliers. kind: "minimum", "maximum", "saddle", with its condition ("minimum where lambda >= 0"), or ""."""

    values: Mapping[Expr, Expr]
    kind: str = ""


@dataclass(frozen=True)
class Found:
    """Where a gradient is zero.

    gradients: of the formula, or of its Lagrangian, by each of the variables. multipliers: one for each equation that was given. points:
    with no point there is an equation or an iteration. conditions: "X'*X has an inverse", "v != 0": what must hold for the points to exist and
    to be the only ones. equation: two sides, where the points are known by an equation only ("S*w = (w'*S*w)*w"). words: about the
    points, a line each. iteration: in the place of a point, Newton's step for a vector or number, else a step along the gradient.
    """

    variables: tuple[Expr, ...]
    gradients: tuple[Expr, ...]
    multipliers: tuple[Expr, ...] = ()
    points: tuple[Point, ...] = ()
    conditions: tuple[str, ...] = ()
    equation: tuple[Expr, Expr] | None = None
    words: tuple[str, ...] = ()
    iteration: Expr | None = None
