"""The trees that typeset notations are made of: what people write by hand where programs cannot."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from symdiff.expr.build import dim_product
from symdiff.expr.node import CALL, Expr, Shape
from symdiff.expr.operators import kind
from symdiff.notation.builder import Builder
from symdiff.notation.entangled import RUNNING, counts_up, entangled, entrywise_nodes, is_count, is_running, knotted_nodes
from symdiff.notation.factors import hot, is_spread
from symdiff.notation.forms import OF_A_ROW, SUMMED, form_of, is_added_up, is_open_chain
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
    postorder,
    renumbered,
)
from symdiff.notation.trees import call as call_tree
from symdiff.notation.trees import dim as dim_tree
from symdiff.notation.trees import name as name_tree
from symdiff.notation.unparsing import MOST_NODES
from symdiff.syntax.tree import Tree

# What of every row these take of all entries; programs have one word for it.
BY_ROWS = {**OF_A_ROW, "rowmean": "mean", "rownorm2": "norm2", "rowvar": "var", "rowstd": "std", "logsumexp": "logsumexp"}
# Functions of a matrix as a whole in linear algebra, which are taken entry by entry here.
OF_MATRICES = frozenset(("exp", "log", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "abs", "sign"))


class EntryBuilder(Builder):
    """The same by entries also where only programs have a word for the whole: numbers of an index, running sums and products.

    spreads: so are vectors beside ones, `x*ones(n)'`.
    """

    def __init__(self, order: list[Expr], expand: bool, given: bool, *, spreads: bool = False) -> None:
        super().__init__(order, expand, given)
        plain, self.entangled = self.entangled, entangled(order, running=True, spreads=spreads)
        self.running = self.entangled - plain
        if len(order) <= MOST_NODES:
            self.knotted = knotted_nodes(order, self.entangled)

    def build(self, e: Expr, how: int, index: Kept | None, depth: int) -> Building:
        by_entries = e in self.running or (e.op == CALL and any(map(counts_up, e.args)) and hot(e) is None)
        if by_entries and index is None and e.shape and how != CONDITION and not self.label(e):
            return (yield from self.tensor(e, (), depth, alone=False))
        if index is not None and how != KEPT and is_running(e) and not is_count(e) and not self.label(e):
            letter = self.letter(depth)
            *row, upto = filled(index) or ()
            inner = yield (e.args[0], SIZED, (*row, name_tree(letter)), depth + 1)
            return Tree("over", (number(1), upto, inner), (RUNNING[e.data], letter))
        return (yield from super().build(e, how, index, depth))

    def product(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        """The sum of what is written entry by entry is a sum over its index; an entry of a product with such parts is a sum, too."""
        tree = yield from super().product(e, how, index, depth)
        torn = (index is not None and tree.kind == "index") or (index is None and not e.shape and form_of(e) in SUMMED)
        if torn and any(t.kind == "tensor" for t in postorder([tree])) and tree.kids[0].kind != "tensor":
            tree = yield from self.contraction(e, how, index or (), depth)
        if tree.kind != "call" or tree.value != "sum" or len(tree.kids) != 1 or tree.kids[0].kind != "tensor":
            return tree
        *limits, body = tree.kids[0].kids
        for k, letter in reversed(list(enumerate(tree.kids[0].value))):
            body = Tree("over", (limits[2 * k], limits[2 * k + 1], body), ("sum", letter))
        return body

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int, inside: Index | None = None) -> Building:
        """A 1 among the entries says nothing."""
        tree = yield from super().elementwise_product(args, how, index, depth, inside)
        one = index is not None and tree.kind == "mul" and tree.kids[0].kind == "number" and tree.kids[0].value == 1
        return tree.kids[1] if one else tree

    def entry(self, letters: Sequence[str]) -> Tree:
        """The entry of the whole expression at these letters; of a number the number."""
        self.letters = list(letters)
        places = tuple(map(name_tree, letters))
        return self.tree((self.order[-1], SIZED, places or None, len(letters)))


class Typesetter(EntryBuilder):
    """The same for readers who do not know the types: what text leaves to them is written out.

    A scalar beside a matrix is spread by ones, unless all happens entry by entry, `h ⊙ (1 - h)`; functions that matrices have, too, are
    marked where they are taken entry by entry; a number within a chain of matrices has brackets; a condition on an index is an entry's.
    """

    def __init__(self, order: list[Expr], expand: bool, given: bool, *, spreads: bool = False) -> None:
        super().__init__(order, expand, given, spreads=spreads)
        self.entrywise = entrywise_nodes(order)

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
        if e.data in BY_ROWS and len(e.shape) == 1:
            return (yield from self.by_rows(e, index, depth))
        if e.data == "prod" and e.args[0].shape:
            return (yield from self.product_of_entries(e, (), depth))
        tree = yield from super().call(e, how, index, depth)
        if tree.kind != "call" or index is not None:
            return tree
        if e.data == "mean" and not e.shape and len(e.args[0].shape) in (1, 2):
            below = dim_tree(dim_product(e.args[0].shape))
            return Tree("mul", (Tree("div", (number(1), below)), added_up(tree.kids[0], len(e.args[0].shape))))
        if len(e.shape) == 2 and kind(e) != "row" and e.data in OF_MATRICES:
            return Tree("entrywise", tree.kids, tree.value)
        if e.data == "norm2" and len(e.args[0].shape) == 2:
            return Tree("frobenius", tree.kids)
        return tree

    def constant(self, c: Expr, inner: Tree, shape: Shape) -> Tree:
        return ones_tree(c, inner, shape, sized=True)

    def product(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        """The sum of all entries by ones: `1' x`, `1' A 1`."""
        tree = yield from super().product(e, how, index, depth)
        if tree.kind == "call" and tree.value == "sum" and len(tree.kids) == 1 and form_of(e) in ("total", "matrix_total"):
            return added_up(tree.kids[0], len(e.args[0].shape))
        return tree

    def by_rows(self, e: Expr, index: Index | None, depth: int) -> Building:
        """A number for every row: `[max(A_i)]_i`, the mean as `A 1/n`; columns likewise."""
        if index is None and e.data == "rowmean" and e.args[0] not in self.entangled:
            whole = yield (e.args[0], SIZED, None, depth)
            return Tree("mul", (Tree("div", (number(1), dim_tree(e.args[0].shape[1]))), Tree("mul", (whole, call_tree("ones")))))
        if index is None:
            letter = self.letter(depth)
            body = yield (e, SIZED, (name_tree(letter),), depth + 1)
            return Tree("tensor", (number(1), dim_tree(e.shape[0]), body), (letter,))
        if e.data == "rowprod":
            return (yield from self.product_of_entries(e, index, depth))
        tree = yield from super().call(e, SIZED, index, depth)
        called, places = tree.kids[0], tree.kids[1:]
        if tree.kind != "index" or called.kind != "call" or e.args[0] in self.entangled:
            return tree
        across = (Tree("slice"),) if called.value.startswith("col") else ()
        row = Tree("index", (called.kids[0], *across, *places))
        return call_tree(BY_ROWS[e.data], row, *called.kids[1:])

    def product_of_entries(self, e: Expr, index: Index, depth: int) -> Building:
        (x,) = e.args
        sizes = x.shape[len(index) :]
        letters = [self.letter(depth + k) for k in range(len(sizes))]
        tree = yield (x, SIZED, (*index, *map(name_tree, letters)), depth + len(letters))
        for letter, d in reversed(list(zip(letters, sizes, strict=True))):
            tree = Tree("over", renumbered(letter, d, tree), ("prod", letter))
        return tree

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int, inside: Index | None = None) -> Building:
        tree = yield from super().elementwise_product(args, how, index, depth, inside)
        if tree.kind != "mul" or index is not None:
            return tree
        kids = list(tree.kids)
        for k, a in enumerate(args):
            if not a.shape and args[1 - k].shape and (is_open_chain(a) or is_added_up(a)):
                kids[k] = Tree("bracket", (kids[k],))
        return Tree(tree.kind, tuple(kids), tree.value)


def added_up(x: Tree, axes: int) -> Tree:
    """The sum of the entries of a vector or matrix as a product with ones."""
    if x.kind in ("mul", "matmul") and _begins_with_number(x):
        x = Tree("bracket", (x,))
    one = call_tree("ones")
    made = Tree("mul", (Tree("transpose", (one,)), x))
    return made if axes == 1 else Tree("mul", (made, one))


def _begins_with_number(t: Tree) -> bool:
    while t.kind in ("mul", "matmul"):
        t = t.kids[0]
    return t.kind == "number"
