"""One run of `unparse`: what it knows of its expression, and operands side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from symdiff.expr.node import CALL, NAME, OPAQUE, Expr
from symdiff.notation.entangled import entangled, knotted_nodes, loose_nodes
from symdiff.notation.factors import batch_of, is_spread
from symdiff.notation.network import Ends
from symdiff.notation.pieces import in_every_row, slices_tree
from symdiff.notation.repeated import fresh_names, names_taken, repeated_parts
from symdiff.notation.trees import (
    CONDITION,
    FAILED,
    FIXED,
    KEPT,
    SIZED,
    VALUE_OF,
    Ask,
    Building,
    Index,
    length,
    renumbered,
)
from symdiff.notation.trees import entry as entry_tree
from symdiff.notation.trees import name as name_tree
from symdiff.syntax.tree import Binding, Tree

MOST_NODES = 600  # of an expression whose rows are looked for: nobody reads longer ones
MOST_TRIES = 40  # of writing a product entry by entry, for one text: tries stand inside tries


class Unparsing:
    """One run of `unparse`: names, letters, and operands side by side."""

    def __init__(self, order: list[Expr], expand: bool, given: bool) -> None:
        self.order = order
        self.expand = expand
        self.given = given
        self.shared: dict[Expr, str] = {}
        self.taken = names_taken(order)
        self.letters: list[str] = []
        self.fresh_letters = fresh_names(("i", "j", "k", "l", "p", "q", "r", "s"), self.taken)
        self.loose = loose_nodes(order)
        self.entangled: set[Expr] = entangled(order)
        self.knotted = knotted_nodes(order, self.entangled) if len(order) <= MOST_NODES else self.entangled
        self.tries = MOST_TRIES
        self.trees: dict[Ask, Tree] = {}
        self.around: dict[int, Ends] = {}
        self.declared: dict[int, Ends] = {}
        self.alive: list[Tree] = []
        self.bindings: dict[str, Binding] = {}

    def share(self) -> None:
        """Names `t1`, `t2`, … for parts worth one; to be called before the program is built."""
        fresh = fresh_names((), self.taken, "t")
        self.shared = {e: next(fresh) for e in repeated_parts(self.order, self.expand)}
        self.taken |= set(self.shared.values())

    def letter(self, k: int) -> str:
        """The k-th index name."""
        while len(self.letters) <= k:
            self.letters.append(next(self.fresh_letters))
        return self.letters[k]

    def label(self, e: Expr) -> str:
        if e.op == NAME:
            return "" if self.expand else str(e.data[0])
        return self.shared.get(e, "")

    def operands(
        self, args: Sequence[Expr], how: int, index: Index | None, depth: int, *, conditions: int = 0, spreads: bool = True
    ) -> Generator[Ask, Tree, list[Tree]]:
        """Operands of one shape. A spread scalar is written as the scalar where another operand shows the shape.

        conditions: so many operands at the front are truth values. spreads: False where a scalar operand would scale.
        """
        tensors = [a for a in args if a.shape and not (spreads and is_spread(a))]
        fixed = how == FIXED or any(a not in self.loose for a in tensors)
        trees: list[Tree] = []
        shown = index is not None or bool(tensors)
        for k, a in enumerate(args):
            truth = k < conditions
            if spreads and is_spread(a) and (shown or truth):
                trees.append((yield (a.args[0], CONDITION if truth else SIZED, None, depth)))
            elif truth or not a.shape:
                trees.append((yield (a, CONDITION if truth else SIZED, index, depth)))
            else:
                trees.append((yield (a, FIXED if fixed else SIZED, index, depth)))
                fixed = shown = True
        return trees

    def at_places(self, args: Sequence[Expr], index: Index, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        """What stands at the first indices of the arguments of a function: numbers, vectors or matrices."""
        batch = len(index)
        rows: list[Tree] = []
        for a in args:
            constant = in_every_row(a, batch)
            if constant is not None:
                rows.append((yield (constant, SIZED, None, depth)))
            elif len(a.shape) == batch or (a.op == CALL and batch_of(a) == batch) or (a.op == OPAQUE and a.data[2] == batch):
                rows.append((yield (a, SIZED, index, depth)))
            elif a in self.entangled:
                rows.append((yield from self.tensor(a, index, depth)))
            else:
                rows.append(entry_tree((yield (a, SIZED, None, depth)), index))
        return rows

    def values(self, args: Sequence[Expr], depth: int) -> Generator[Ask, Tree, list[Tree]]:
        trees: list[Tree] = []
        for a in args:
            trees.append((yield (a, SIZED, None, depth)))
        return trees

    def tensor(self, e: Expr, first: Index, depth: int, how: int = SIZED, *, alone: bool = True) -> Building:
        """`tensor(i=1..m, …, entry)`: what stands at the first indices, all of it if there are none. how: VALUE_OF where a name for it is defined."""
        shape = e.shape[len(first) :]
        whole = (
            (yield from self.whole(e, depth)) if alone and not first and how != CONDITION and not (how == SIZED and self.label(e)) else None
        )
        letters = [self.letter(depth + k) for k in range(len(shape))]
        body = yield (e, how if how == VALUE_OF else SIZED, (*first, *[name_tree(i) for i in letters]), depth + len(letters))
        written = slices_tree(letters, shape, body)
        if written is None:
            limits: list[Tree] = []
            for letter, d in zip(letters, shape, strict=True):
                low, high, body = renumbered(letter, d, body)
                limits += (low, high)
            written = Tree("tensor", (*limits, body), tuple(letters))
        return whole if whole is not None and length(whole) <= length(written) else written

    def whole(self, e: Expr, depth: int) -> Generator[Ask, Tree, Tree | None]:
        """A value that matrix notation cannot write, as a sum of vectors or matrices; None where that is impossible."""
        if not 0 < len(e.shape) < 3 or len(self.order) > MOST_NODES:
            return None
        found = yield (e, KEPT, (None,) * len(e.shape), depth)
        return None if found is FAILED else found
