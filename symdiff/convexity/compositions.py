"""Functions of the table whose curvature follows from more than the curvature of their arguments.

exp, log, roots and norms carry what is known of the logarithm, the roots and the geometric means of a value. In: the fact
that the columns of the table give, and those of the arguments. Out: the fact with what follows beyond.

Source: Boyd, Vandenberghe, Convex Optimization (2004), 3.5 (log-concave and log-convex functions).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symdiff.convexity.facts import Condition, Fact, both, either


def _exp(f: Fact, args: Sequence[Fact]) -> Fact:
    x = args[0]
    concave = either(f.concave, x.geometric[1]) if x.geometric is not None else f.concave
    return replace(f, log_convex=x.convex, log_concave=x.concave, concave=concave)


def _sigma(f: Fact, args: Sequence[Fact]) -> Fact:
    return replace(f, log_concave=args[0].concave)


def _log(f: Fact, args: Sequence[Fact]) -> Fact:
    x = args[0]
    geometric = (Fraction(1), x.concave) if x.concave is not None and x.range.nonnegative else None
    return replace(f, convex=either(f.convex, x.log_convex), concave=either(f.concave, x.log_concave), geometric=geometric)


def _logsumexp(f: Fact, args: Sequence[Fact]) -> Fact:
    return replace(f, convex=args[0].convex)


def _mean(f: Fact, args: Sequence[Fact]) -> Fact:
    x = args[0]
    return replace(f, root=x.root, power=x.power if x.power is not None and x.power[0] <= 1 else None, geometric=x.geometric)


def _sqrt(f: Fact, args: Sequence[Fact]) -> Fact:
    x = args[0]
    if x.root is not None and x.root[0] >= 2:
        f = replace(f, convex=either(f.convex, x.root[1]), root=(x.root[0] / 2, x.root[1]))
    if x.log_concave is not None:
        f = replace(f, log_concave=x.log_concave)
    if x.log_convex is not None:
        f = replace(f, log_convex=x.log_convex, convex=either(f.convex, x.log_convex))
    if x.power is not None:
        half = (x.power[0] / 2, x.power[1])
        if 0 < half[0] <= 1:
            f = replace(f, concave=either(f.concave, half[1]))
        elif half[0] < 0:
            f = replace(f, convex=either(f.convex, half[1]))
        f = replace(f, power=half)
    return f


def _var(f: Fact, args: Sequence[Fact]) -> Fact:
    return replace(f, root=(Fraction(2), args[0].affine) if args[0].affine is not None else None)


def _abs(f: Fact, args: Sequence[Fact]) -> Fact:
    root = args[0].root
    return f if root is None else replace(f, root=root, convex=either(f.convex, root[1]))


def _hypot(f: Fact, args: Sequence[Fact]) -> Fact:
    if not all(x.root or x.affine is not None or not x.varies for x in args):
        return f
    return replace(f, convex=either(f.convex, both(*[x.affine if x.affine is not None else x.root[1] if x.root else None for x in args])))


COMPOSED: dict[str, Callable[[Fact, Sequence[Fact]], Fact]] = {
    "exp": _exp, "sigma": _sigma, "log": _log, "logsumexp": _logsumexp, "mean": _mean, "sqrt": _sqrt, "var": _var, "abs": _abs, "hypot": _hypot,
}  # fmt: skip


def completed(f: Fact) -> Fact:
    """With what the range adds: a convex value >= 0 is its own root, a concave one > 0 has a concave logarithm."""
    if f.range.nonnegative and f.root is None and f.convex is not None:
        f = replace(f, root=(Fraction(1), f.convex))
    if f.range.positive and f.concave is not None:
        f = replace(f, log_concave=either(f.log_concave, f.concave))
    return f


def same_exponent(found: list[Any], allowed: bool) -> tuple[Any, Condition] | None:
    if not found or not allowed or any(f is None or f[0] != found[0][0] for f in found):
        return None
    condition = both(*[f[1] for f in found])
    return None if condition is None else (found[0][0], condition)
