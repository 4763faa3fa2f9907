"""Powers: the curvature of x^p from what is known of x, for a number p and for a letter.

Source: Boyd, Vandenberghe, Convex Optimization (2004), 3.1.5 and 3.2.4.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symdiff.convexity.facts import ALWAYS, NONNEGATIVE, POSITIVE, Condition, Fact, Known, either
from symdiff.convexity.ranges import power_range, range_of
from symdiff.expr.node import Expr


def number_power(f: Fact, p: Any) -> Fact:
    """x^p for a number p."""
    whole = isinstance(p, int) or p.denominator == 1
    even = whole and int(p) % 2 == 0
    r = power_range(f.range, p, whole)
    if p in (0, 1):
        return Fact(True, ALWAYS if p == 0 else f.convex, ALWAYS if p == 0 else f.concave, r, rule="a power")
    convex = concave = None
    root = power = None
    if p > 1:
        if f.range.nonnegative or (not whole and f.affine is not None):
            convex = f.convex
        elif even:
            convex = either(f.affine, f.concave if f.range.nonpositive else None)
        elif whole and f.range.nonpositive:
            concave = f.concave
        if even and f.affine is not None:
            convex = either(convex, f.affine)
        if convex is not None and (even or r.nonnegative):
            root = (Fraction(p), convex)
    elif p > 0:
        concave = f.concave
        if concave is not None and f.range.positive:
            power = (Fraction(p), concave)
    elif f.range.nonnegative:  # 0 is no value then
        convex = f.concave
        if convex is not None:
            power = (Fraction(p), convex)
    elif f.range.nonpositive and whole:
        if even:
            convex = f.convex
        else:
            concave = f.convex
    if f.root is not None:
        q = f.root[0] * p
        if q >= 1:
            convex, root = either(convex, f.root[1]), root or (q, f.root[1])
    if f.power is not None:
        q = f.power[0] * p
        if 0 < q <= 1:
            concave = either(concave, f.power[1])
        elif q < 0:
            convex = either(convex, f.power[1])
        power = power or (q, f.power[1])
    log_convex = f.log_convex if p > 0 else f.log_concave
    log_concave = f.log_concave if p > 0 else f.log_convex
    if not r.nonnegative:
        log_convex = log_concave = None
    return Fact(True, either(convex, log_convex), concave, r, log_convex, log_concave, root, power, rule="a power")


def letter_power(f: Fact, p: Expr) -> Fact:
    """x^p for a letter p: what holds hangs on it."""
    r = range_of(p)
    if not f.range.nonnegative and not (f.affine is not None and not r.within(0, 0)):
        return Fact(True, rule="a power whose base may be negative")
    positive = f.range.positive or f.range.nonnegative
    if not positive:
        return Fact(True, rule="a power whose base may be negative")
    convex: Known = None
    concave: Known = None
    if f.convex is not None and f.range.nonnegative and not r.high < 1:
        convex = f.convex | (ALWAYS if r.low >= 1 else frozenset([(p, ">= 1")]))
    if f.concave is not None and r.high <= 0:
        convex = f.concave
    if f.concave is not None and r.low < 1:
        low: Condition = ALWAYS if r.low >= 0 else frozenset([(p, ">= 0")])
        concave = f.concave | low | (ALWAYS if r.high <= 1 else frozenset([(p, "<= 1")]))
    return Fact(True, convex, concave, POSITIVE if f.range.positive else NONNEGATIVE, rule="a power")
