"""A derivative to be checked, at one choice of sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod
from random import Random
from time import thread_time
from typing import Any

from symdiff.checking.components import STRIDE, Components, Flat, Undecided, Work, offset_of
from symdiff.checking.sampling import choose_sizes, entries, grown, size_of, sized
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, POW, PROD, VAR, Expr
from symdiff.expr.patterns import is_elementwise
from symdiff.expr.walk import topological
from symdiff.table import TABLE

# A function of a number in many digits takes as long as so many products.
FUNCTION = 6

Values = dict[Expr, list[Fraction]]  # the entries of every leaf at a point


class Problem:
    """A formula, what it is differentiated by, an answer; and sizes for the named dimensions.

    other: a second choice of sizes. sizes: these instead.
    """

    def __init__(
        self,
        f: Expr,
        wrt: Sequence[Expr],
        derivative: Expr,
        seed: int,
        deadline: float,
        *,
        unconstrained: bool = False,
        other: bool = False,
        sizes: dict[str, int] | None = None,
    ) -> None:
        self.f, self.wrt, self.derivative = f, tuple(wrt), derivative
        self.spaces = [() if unconstrained else space_of(x) for x in wrt]
        self.seed, self.deadline = seed, deadline
        self.since = 0  # operations of the formula since the clock was looked at
        nodes = topological([f, derivative, *wrt])
        self.length = len(nodes)
        self.sizes = choose_sizes(nodes, other=other) if sizes is None else grown(sizes, nodes)
        # What gets random values: the variables, and for each opaque function the offset that `Components` asks for.
        self.leaves = [n for n in nodes if n.op == VAR] + list(dict.fromkeys(offset_of(n) for n in nodes if n.op == OPAQUE))
        self.conditional = [n for n in topological([f]) if is_elementwise(n) and TABLE[n.data].where]
        self.cut = frozenset(x for x in wrt if x.op == NAME)
        self.entangled = any(x in below for y in self.cut for below in [set(topological([y])) - {y}] for x in wrt)
        self.axes = [self.shape(x) for x in wrt]
        self.misfit = ""
        if self.shape(derivative) != self.shape(f) + [n for axes in self.axes for n in axes]:
            expected = f.shape + tuple(d for x in wrt for d in x.shape)
            self.misfit = f"the derivative is a {build.describe(expected)}, not a {build.describe(derivative.shape)}"

    def shape(self, node: Expr) -> list[int]:
        return [size_of(d, self.sizes) for d in node.shape]

    @cached_property
    def work(self) -> tuple[int, int]:
        """The scalar operations of the formula, and those that the answer adds."""
        own = topological([self.f])
        mine = set(own)
        return effort(own, self.sizes), effort([n for n in topological([self.derivative]) if n not in mine], self.sizes)

    def components(self, arithmetic: Any, leaf: Callable[[Expr], Flat], cut: frozenset[Expr] = frozenset()) -> Components:
        # Every point counts its operations anew; the time of all of them together is looked at here.
        self.since += self.work[0]
        if self.since > STRIDE:
            self.since = 0
            if thread_time() > self.deadline:
                raise Undecided("the time is up")
        return Components(arithmetic, self.sizes, leaf, cut, seed=self.seed, work=Work(deadline=self.deadline))

    def draw(self, rng: Random, domains: Callable[[], str]) -> Values:
        return {x: entries(self.shape(x), sized(x.data[1], self.sizes), rng, domains()) for x in self.leaves}

    def project(self, values: Flat) -> Flat:
        """A derivative by all entries, row-major, within the spaces of the symmetric and diagonal variables of `wrt`."""
        outer, inner = prod(self.shape(self.f)), prod(n for axes in self.axes for n in axes)
        for space, axes in zip(self.spaces, self.axes, strict=True):
            inner //= prod(axes)
            for block in range(outer if space else 0):
                n = axes[0]
                for i, j, k in product(range(n), range(n), range(inner)):
                    here, there = ((block * n + a) * n + b for a, b in ((i, j), (j, i)))
                    p, q = here * inner + k, there * inner + k
                    if "diagonal" in space:
                        values[p] = values[p] if i == j else 0 * values[p]
                    elif i < j:
                        values[p] = values[q] = (values[p] + values[q]) / 2
            outer *= prod(axes)
        return values


def space_of(x: Expr) -> tuple[str, ...]:
    """The property by which the derivative by x is taken within a space of matrices, if there is one."""
    properties = x.data[1] if x.op == VAR else ()
    return ("diagonal",) if "diagonal" in properties else ("symmetric",) if {"symmetric", "psd"} & set(properties) else ()


def effort(nodes: Sequence[Expr], sizes: dict[str, int]) -> int:
    """The scalar operations of these nodes at these sizes, about."""
    total = 0
    for node in nodes:
        own = prod([size_of(d, sizes) for d in node.shape])
        if node.op == PROD:
            total += max(own, _of_product(node, sizes))
        elif node.op == CALL and not (node.data in TABLE and TABLE[node.data].elementwise):
            for a in node.args:  # of a matrix, its inverse or determinant
                axes = [size_of(d, sizes) for d in a.shape]
                total += prod(axes) * (max(axes) if len(axes) > 1 else 1)
        else:
            total += own * (FUNCTION if node.op in (CALL, POW) else max(1, len(node.args)))
    return total


def _of_product(node: Expr, sizes: dict[str, int]) -> int:
    """The multiplications of a product, factor by factor: a label is summed over as soon as no later factor has it."""
    labels, out = node.data
    size: dict[int, int] = {}
    total, have = 0, set[int]()
    for k, (factor, ls) in enumerate(zip(node.args, labels, strict=True)):
        size.update(zip(ls, [size_of(d, sizes) for d in factor.shape], strict=True))
        have.update(ls)
        total += prod([size[label] for label in have]) if k or len(node.args) == 1 else 0
        have.intersection_update(set(out).union(*labels[k + 1 :]))
    return total
