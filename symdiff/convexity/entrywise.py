"""Sums over the entries of several variables of one shape: sum(p .* log(p)) - sum(p .* log(q)) is the sum of phi(p[i], q[i]).

In: an analysis and a number. Out: phi as a formula of numbers, its letters, and the ranges of what is constant in it; None where the number is
no such sum. The sum is convex where phi is, for all values of the constants in their ranges.
"""

from __future__ import annotations

from typing import NamedTuple

from symdiff.convexity.atoms import core_of
from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.facts import Range
from symdiff.convexity.ranges import range_of
from symdiff.expr import build
from symdiff.expr.node import NAME, NUM, POW, PROD, SUM, VAR, Expr, make
from symdiff.expr.patterns import is_elementwise
from symdiff.expr.walk import topological

MOST = 60  # nodes


class Entry(NamedTuple):
    """phi, the letters that stand for an entry of each variable, the ranges of those that stand for constants."""

    phi: Expr
    letters: list[Expr]
    ranges: dict[Expr, Range]


def entry_of(analysis: Analysis, node: Expr) -> Entry | None:
    wrt = sorted(analysis.wrt, key=lambda x: x.name)
    shape = wrt[0].shape
    if not shape or any(x.op != VAR or x.shape != shape or not {"positive", "nonnegative"}.issuperset(x.data[1]) for x in wrt):
        return None
    return Summands(analysis, wrt).sum_of(node)


class Summands:
    """One number taken apart."""

    def __init__(self, analysis: Analysis, wrt: list[Expr]) -> None:
        self.analysis, self.shape = analysis, wrt[0].shape
        self.letters = [build.var(f" {x.name}", (), x.data[1]) for x in wrt]
        self.entry: dict[Expr, Expr] = dict(zip(wrt, self.letters, strict=True))
        self.ranges: dict[Expr, Range] = {}

    def sum_of(self, node: Expr) -> Entry | None:
        """Terms that are sums over all entries; what does not vary adds nothing to the curvature."""
        todo = [(build.ONE, node)]
        parts: list[Expr] = []
        while todo:
            weight, x = todo.pop()
            if x not in self.analysis.varying:
                continue
            if x.op == NAME:
                todo.append((weight, x.args[0]))
            elif x.op == SUM:
                todo += [(build.scale(build.num(c), weight), a) for c, a in zip(x.data, x.args, strict=True)]
            elif x.op == PROD:
                part = self.total(x)
                if part is None:
                    return None
                parts.append(build.scale(weight, part))
            else:
                return None
            if len(parts) + len(todo) > MOST:
                return None
        if not parts:
            return None
        phi = parts[0]
        for part in parts[1:]:
            phi = build.add(phi, part)
        return Entry(phi, self.letters, self.ranges)

    def total(self, x: Expr) -> Expr | None:
        """The entry of what a product sums over; None where it is no sum over the entries of the variables' shape."""
        labels, _ = x.data
        own = {ls for a, ls in zip(x.args, labels, strict=True) if ls}
        if not own:  # numbers, one of which is such a sum
            moving = [a for a in x.args if a in self.analysis.varying]
            inner = core_of(moving[0])
            part = self.total(inner) if len(moving) == 1 and inner.op == PROD and any(inner.data[0]) else None
            return part and self.product([part, *[self.of(a) for a in x.args if a is not moving[0]]])
        if len(own) != 1 or len(set(*own)) != len(self.shape) or any(a.shape not in ((), self.shape) for a in x.args):
            return None
        return self.product([self.of(a) for a in x.args])

    def product(self, factors: list[Expr | None]) -> Expr | None:
        value: Expr | None = build.ONE
        for f in factors:
            value = None if value is None or f is None else build.scale(value, f)
        return value

    def of(self, root: Expr) -> Expr | None:
        """An entry of a node that is made entry by entry; None where it is not."""
        for n in topological([root]):
            if n not in self.entry:
                value = self.step(n)
                if value is None:
                    return None
                self.entry[n] = value
        return self.entry[root]

    def step(self, n: Expr) -> Expr | None:
        if n not in self.analysis.varying:
            bare = core_of(n)
            if bare.op == NUM:
                return bare
            letter = build.var(f" c{len(self.ranges)}", ())
            self.ranges[letter] = range_of(n)
            return letter
        args = [self.entry.get(a) for a in n.args]
        if any(a is None for a in args) or n.shape != self.shape:
            return None
        known = tuple([a for a in args if a is not None])
        if n.op == NAME:
            return known[0]
        if n.op == PROD:
            labels, out = n.data
            return self.product(list(known)) if all(ls in ((), out) for ls in labels) else None
        if n.op in (SUM, POW) or is_elementwise(n):
            return make(n.op, known, n.data)
        return None
