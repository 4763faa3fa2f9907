"""The trees that typeset notations are made of: what people write by hand where programs cannot."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from symdiff.expr.node import CALL, Expr, Shape
from symdiff.expr.operators import kind
from symdiff.notation.builder import Builder
from symdiff.notation.entangled import RUNNING, counts_up, entangled, entrywise_nodes, is_count, is_running, knotted_nodes
from symdiff.notation.factors import is_spread
from symdiff.notation.forms import is_open_chain
from symdiff.notation.network import Kept, filled
from symdiff.notation.pieces import ones_tree
from symdiff.notation.trees import (
    CONDITION,
    FIXED,
    KEPT,
    SIZED,
    Ask,
    Building,
    Index,
    number,
)
from symdiff.notation.trees import name as name_tree
from symdiff.notation.unparsing import MOST_NODES
from symdiff.syntax.tree import Tree

# Functions of a matrix as a whole in linear algebra, which are taken entry by entry here.
OF_MATRICES = frozenset(("exp", "log", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "abs", "sign"))


class Typesetter(Builder):
    """The same for readers who do not know the types: what text leaves to them is written out.

    A scalar beside a matrix is spread by ones, unless all happens entry by entry, `h ⊙ (1 - h)`; functions that matrices have, too, are
    marked where they are taken entry by entry; a number within a chain of matrices has brackets; a condition on an index is an entry's.
    """

    def __init__(self, order: list[Expr], expand: bool, given: bool) -> None:
        super().__init__(order, expand, given)
        self.entrywise = entrywise_nodes(order)
        plain, self.entangled = self.entangled, entangled(order, running=True)
        self.running = self.entangled - plain
        if len(order) <= MOST_NODES:
            self.knotted = knotted_nodes(order, self.entangled)

    def build(self, e: Expr, how: int, index: Kept | None, depth: int) -> Building:
        by_entries = e in self.running or (e.op == CALL and any(map(counts_up, e.args)))
        if by_entries and index is None and e.shape and how != CONDITION and not self.label(e):
            return (yield from self.tensor(e, (), depth, alone=False))
        if index is not None and how != KEPT and is_running(e) and not is_count(e) and not self.label(e):
            letter = self.letter(depth)
            inner = yield (e.args[0], SIZED, (name_tree(letter),), depth + 1)
            (upto,) = filled(index) or ()
            return Tree("over", (number(1), upto, inner), (RUNNING[e.data], letter))
        return (yield from super().build(e, how, index, depth))

    def terms(self, e: Expr, how: int, index: Index | None, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        if index is not None or not e.shape or e in self.entrywise or not any(map(is_spread, e.args)):
            return (yield from super().terms(e, how, index, depth))
        shown = how == FIXED or any(not is_spread(a) and a not in self.loose for a in e.args)
        found = []
        for a in e.args:
            if is_spread(a):
                found.append(ones_tree(a.args[0], (yield (a.args[0], SIZED, None, depth)), a.shape, sized=not shown))
            else:
                found.append((yield (a, FIXED if shown else SIZED, None, depth)))
        return found

    def call(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        tree = yield from super().call(e, how, index, depth)
        if tree.kind != "call" or index is not None:
            return tree
        if len(e.shape) == 2 and kind(e) != "row" and e.data in OF_MATRICES:
            return Tree("entrywise", tree.kids, tree.value)
        if e.data == "norm2" and len(e.args[0].shape) == 2:
            return Tree("frobenius", tree.kids)
        return tree

    def constant(self, c: Expr, inner: Tree, shape: Shape) -> Tree:
        return ones_tree(c, inner, shape, sized=True)

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int, inside: Index | None = None) -> Building:
        tree = yield from super().elementwise_product(args, how, index, depth, inside)
        kids = list(tree.kids)
        for k, a in enumerate(args):
            if tree.kind == "mul" and index is None and not a.shape and args[1 - k].shape and is_open_chain(a):
                kids[k] = Tree("bracket", (kids[k],))
        return Tree(tree.kind, tuple(kids), tree.value)
