"""Where a second derivative decides: values that are smooth inside of a convex domain.

In: an analysis with the facts of the arguments. Out: True only where that is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.convexity.atoms import core_of
from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.facts import NONNEGATIVE, Range
from symdiff.convexity.ranges import domain
from symdiff.expr.node import CALL, NAME, POW, PROD, SUM, VAR, Expr, make
from symdiff.expr.patterns import is_whole_number
from symdiff.expr.walk import topological
from symdiff.table import TABLE
from symdiff.table.curvature import SMOOTH


def is_smooth(analysis: Analysis, nodes: Sequence[Expr]) -> bool:
    """Whether each is twice differentiable inside of a convex domain, whatever the others."""
    for n in nodes:
        if n.op == CALL:
            if n.data not in SMOOTH or (any(a in analysis.varying for a in n.args[1:]) and n.data not in ("logaddexp",)):
                return False
            limits = domain(n.data)
            if TABLE[n.data].where and limits is None:
                return False
            if limits is not None and not inside(analysis, n.args[0], limits):
                return False
        elif n.op == POW:
            base, exponent = n.args
            if base not in analysis.varying:
                if not analysis.learn(base).range.positive:
                    return False
                continue
            p = core_of(exponent)
            whole = is_whole_number(p)
            if whole and p.data > 0:
                continue
            if exponent in analysis.varying or not (
                analysis.learn(base).range.positive or (not whole and inside(analysis, base, NONNEGATIVE))
            ):
                return False
            if whole and not analysis.learn(base).range.positive:
                return False
        elif n.op not in (SUM, PROD, VAR, NAME):
            return False
    return True


def inside(analysis: Analysis, node: Expr, limits: Range) -> bool:
    """Whether a value stays off the ends of a domain, or is affine, so that it meets them at the border of a convex set only."""
    f = analysis.learn(node)
    if f.affine is not None:
        return f.range.within(limits.low, limits.high)
    r = f.range
    return bool(
        (r.low > limits.low or (r.low == limits.low and (r.open_low or limits.low == -float("inf"))))
        and (r.high < limits.high or (r.high == limits.high and (r.open_high or limits.high == float("inf"))))
    )


def replaced(roots: Sequence[Expr], values: dict[Expr, Expr]) -> list[Expr]:
    new: dict[Expr, Expr] = {}
    for n in topological(roots):
        new[n] = (
            values[n]
            if n in values
            else n
            if all(new[a] is a for a in n.args)
            else make(n.op, tuple([new[a] for a in n.args]), n.data, n.shape)
        )
    return [new[r] for r in roots]
