"""Values of three axes and more in matrix notation at the places of all but two: `tensor(h=1..H, softmax(Q[h]*K[h]'))`, `sum(h=1..H, P[h]*V[h])`.

In: a node that matrix notation cannot write as a whole. Out: its tree, where what stands at a place has a text that is shorter than that of its entries.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from symdiff.expr.node import PROD, Expr
from symdiff.expr.walk import topological
from symdiff.notation.entangled import is_count
from symdiff.notation.network import Kept
from symdiff.notation.operations import CallTrees
from symdiff.notation.slices import MOST_PLACES, Slices, deep_nodes
from symdiff.notation.trees import CONDITION, FAILED, KEPT, SIZED, Ask, Building, Index, dim, length, number
from symdiff.notation.trees import name as name_tree
from symdiff.notation.unparsing import MOST_NODES
from symdiff.syntax.ranges import substituted
from symdiff.syntax.tree import Tree


class SlabTrees(CallTrees):
    """Tensors and sums whose body is a matrix, a vector or a number in matrix notation."""

    def __init__(self, order: list[Expr], expand: bool, given: bool) -> None:
        super().__init__(order, expand, given)
        self.deep = deep_nodes(order)

    def tensor(self, e: Expr, first: Index, depth: int, how: int = SIZED, *, alone: bool = True) -> Building:
        written = yield from super().tensor(e, first, depth, how, alone=alone)
        if first or not 0 < len(e.shape) <= MOST_PLACES + 2 or how == CONDITION or len(self.order) > MOST_NODES:
            return written
        if e not in self.deep:
            return written
        slices, inner = self.slices(e), e
        places = max(1, len(e.shape) - 2)
        for k in range(places):
            found = slices.at(inner, 0, k)
            if found is None:
                return written
            inner = found
        body = yield from self.slab(inner, slices, places, depth)
        if body is FAILED:
            return written
        letters = [self.letter(depth + k) for k in range(places)]
        limits = [t for d in e.shape[:places] for t in (number(1), dim(d))]
        other = Tree("tensor", (*limits, body), tuple(letters))
        return other if length(other) < length(written) else written

    def contraction(self, e: Expr, how: int, index: Kept, depth: int) -> Building:
        written = yield from super().contraction(e, how, index, depth)
        if e.shape or how == CONDITION:
            return written
        other = yield from self.added_up(e, depth)
        return other if other is not FAILED and length(other) < length(written) else written

    def whole(self, e: Expr, depth: int) -> Generator[Ask, Tree, Tree | None]:
        written = yield from super().whole(e, depth)
        if len(e.shape) not in (1, 2):
            return written
        other = yield from self.added_up(e, depth)
        return other if other is not FAILED and (written is None or length(other) < length(written)) else written

    def row_of_product(self, e: Expr, index: Kept, depth: int) -> Building:
        written = yield from super().row_of_product(e, index, depth)
        if any(k is not None for k in index):
            return written
        other = yield from self.added_up(e, depth)
        return other if other is not FAILED and (written is FAILED or length(other) < length(written)) else written

    def slices(self, e: Expr) -> Slices:
        """Places in e, up to values that have names."""
        return Slices(lambda node: node is not e and bool(self.label(node)))

    def added_up(self, e: Expr, depth: int) -> Building:
        """A sum over the labels that the factors with three axes share."""
        if e.op != PROD or len(self.order) > MOST_NODES or self.deep.isdisjoint(e.args):
            return FAILED
        slices = self.slices(e)
        found = slices.over(e, self.deep)
        if found is None:
            return FAILED
        inner, sizes = found
        body = yield from self.slab(inner, slices, len(sizes), depth, single=[k for k, d in enumerate(sizes) if d == 1])
        if body is not FAILED:
            for k in reversed([k for k, d in enumerate(sizes) if d != 1]):
                body = Tree("over", (number(1), dim(sizes[k]), body), ("sum", self.letter(depth + k)))
        return body

    def slab(self, inner: Expr, slices: Slices, letters: int, depth: int, *, single: Sequence[int] = ()) -> Building:
        """The tree of what stands at a place, with `Q[h]` where the variables that stand for it are; FAILED where it has more than two axes inside.

        single: places along an axis of size 1, which have no letter.
        """
        order = topological([inner], into_names=self.expand)
        if any(len(n.shape) > 2 for n in order):
            return FAILED
        body = self.part(order, (inner, SIZED, None, depth + letters))
        for stand_in, (of, places) in slices.leaves.items():
            if stand_in not in order:
                continue
            at = tuple([None if k is None else number(1) if k in single else name_tree(self.letter(depth + k)) for k in places])
            if is_count(of):
                t = at[0]
            else:
                t = yield (of, KEPT, at, depth + letters)
            if t is None or t is FAILED:
                return FAILED
            body, _ = substituted(body, stand_in.data[0], t)
        return body

    def part(self, order: Sequence[Expr], ask: Ask) -> Tree:
        """The tree of another run, for a part of the same text."""
        made = type(self)(list(order), self.expand, self.given)
        made.letters, made.fresh_letters = self.letters, self.fresh_letters
        made.shared, made.bindings, made.taken = self.shared, self.bindings, self.taken
        return made.tree(ask)

    def tree(self, ask: Ask) -> Tree:
        """The tree that is asked for; `Builder` drives the generators."""
        raise NotImplementedError
