"""Trees of products, and the run that asks for trees until all are there."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr.build import (
    ONE,
    dim_sum,
)
from symdiff.expr.node import CALL, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, Expr
from symdiff.expr.operators import kind
from symdiff.expr.places import bracket_of
from symdiff.notation.factors import inverse_of, is_spread
from symdiff.notation.forms import CALLS, INDEXED, PRODUCTS, SUMMED, TRANSPOSED, form_of, looked_up
from symdiff.notation.network import Factor, Kept, filled
from symdiff.notation.pieces import among_zeros, leaf_tree, matrix_power, selector_among
from symdiff.notation.slabs import SlabTrees
from symdiff.notation.sums import selections
from symdiff.notation.trees import (
    FAILED,
    KEPT,
    SIZED,
    VALUE_OF,
    Ask,
    Building,
    Index,
    length,
    number,
    sum_tree,
)
from symdiff.notation.trees import call as call_tree
from symdiff.notation.trees import dim as dim_tree
from symdiff.notation.trees import entry as entry_tree
from symdiff.notation.trees import name as name_tree
from symdiff.notation.unparsing import MOST_NODES
from symdiff.syntax.tree import NUMBER, Binding, Program, Tree


class ProductTrees(SlabTrees):
    """Products in matrix notation, entry by entry, and tensors of entries."""

    def product(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        form = form_of(e)
        args = e.args
        if is_spread(e):
            inner = yield (args[0], SIZED, None, depth)
            return inner if index is not None else self.constant(args[0], inner, e.shape)
        if form in ("scale", "elementwise"):
            return (yield from self.elementwise_product(args, how, index, depth, self.narrower(e, index)))
        looked = looked_up(e, form)
        if looked is not None and (index is None or not looked[1].shape):  # x.unit(y, k) is x[y], unit(ids, k)*C is C[ids]
            t = entry_tree((yield (looked[0], SIZED, None, depth)), ((yield (looked[1], SIZED, None, depth)),))
            return entry_tree(t, index)
        if not form or (index is not None and form not in INDEXED) or (form in SUMMED and not self.entangled.isdisjoint(args)):
            return (yield from self.contraction(e, how, index or (), depth))
        if form == "entry":
            base = yield (args[0], SIZED, None, depth)
            at = {ls[0]: number(u.data) for ls, u in zip(e.data[0][1:], args[1:], strict=True)}
            return entry_tree(base, tuple([at.get(axis, Tree("slice")) for axis in e.data[0][0]]), kind(args[0]))
        if form in TRANSPOSED:
            return Tree("transpose", ((yield (args[0], how if form == "transpose" else SIZED, None, depth)),))
        if form in CALLS:
            kids = yield from self.values(args[:1] if form == "diag_matrix" else args, depth)
            return entry_tree(call_tree(CALLS[form], *kids), index)
        if form in ("matvec", "matmul") and (cut := selector_among(args)) is not None:
            k, (size, whole, before, turned) = cut
            x = args[1 - k]
            inner = yield (x, SIZED, None, depth)
            along = int(form == "matmul" and k == 1)
            if turned != bool(along):
                return entry_tree(among_zeros(inner, x.shape, along, size, whole, before), index, kind(e))
            if index is not None and inner.kind == "name" and isinstance(before, int):  # x[2:n][i] is x[i + 1]
                entries = list(index[-len(x.shape) :])
                entries[along] = sum_tree([(1, entries[along]), *([(before, number(1))] if before else [])])
                return Tree("index", (inner, *entries))
            place = Tree("slice", (dim_tree(dim_sum([(before, 1), (1, 1)])), dim_tree(dim_sum([(before, 1), (size, 1)]))), "between")
            places = (place,) if len(x.shape) == 1 else (place, Tree("slice")) if not along else (Tree("slice"), place)
            return entry_tree(Tree("index", (inner, *places)), index, kind(e))
        written = yield from self.matrix_product(e, form, how, index, depth)
        if len(self.order) > MOST_NODES or self.knotted.isdisjoint(args) or self.tries <= 0:
            return written
        self.tries -= 1
        picks = any(
            a in self.entangled and len(a.shape) == 2 and selections(Factor(a, (0, 1))) is not None for a in args
        )  # a matrix that only takes entries: nobody writes it
        if index is not None:
            other = yield from self.contraction(e, how, index, depth)
            return other if picks or length(other) <= length(written) else written
        if index is None:  # or entry by entry, if that is shorter
            others = [(yield from self.tensor(e, (), depth, alone=False) if e.shape else self.contraction(e, how, (), depth))]
            if e.shape:
                others.append((yield from self.row_of_product(e, (None,) * len(e.shape), depth)))
            others = [t for t in others if t is not FAILED]
            return min(others if picks and others else [written, *others], key=length)
        return written

    def matrix_product(self, e: Expr, form: str, how: int, index: Index | None, depth: int) -> Building:
        """A product that matrix notation has an operator for."""
        args = e.args
        kids = yield from self.operands(args, how if form == "matmul" else SIZED, None, depth, spreads=False)
        if form == "matmul":
            if args[0] is args[1]:
                return entry_tree(Tree("pow", (kids[0], number(2))), index)
            k = matrix_power(*kids)
            if k:
                return entry_tree(Tree("pow", (kids[1], number(k + 1))), index)
        scalar = NUMBER if form == "row_vec" and kids[0].kind == "mul" else None
        return entry_tree(Tree(PRODUCTS[form], tuple(kids), scalar), index, kind(e))

    def elementwise_product(self, args: Sequence[Expr], how: int, index: Index | None, depth: int, inside: Index | None = None) -> Building:
        """`c*x`, `x .* y`, `x/c`, `x ./ y`; here a spread scalar is written with its size, for `c .* x` scales. inside: see `narrower`."""
        a, b = args
        below = inverse_of(b)
        if below is not None and (a is ONE or a.op == below.op == NUM):
            below = None
        if inside is not None and below is None and any(bracket_of(x) is not None for x in args):
            trees = []
            for x in args:
                trees.append((yield (x, SIZED, index if bracket_of(x) is not None else inside, depth)))
        else:
            trees = yield from self.operands((a, b if below is None else below), how, index, depth, spreads=False)
        dotted = index is None and bool(b.shape) and (bool(a.shape) or below is not None)
        kinds = ("mul", "emul") if below is None else ("div", "ediv")
        return Tree(kinds[dotted], tuple(trees))


class Builder(ProductTrees):
    """Generators that ask for the trees of their operands, driven without recursion."""

    def program(self) -> Program:
        body = self.tree((self.order[-1], SIZED, None, 0))
        return Program("", list(self.bindings.values()), body)

    def tree(self, ask: Ask) -> Tree:
        """The tree that is asked for. A way of writing places that leads back to itself has failed: others are left to whoever asked for it."""
        answer: Tree | None = None
        stack: list[tuple[Ask, Building]] = [(ask, self.build(*ask))]
        begun = {ask}
        while stack:
            ask, building = stack[-1]
            try:
                wanted = building.send(answer)  # type: ignore[arg-type]  # None starts a generator
            except StopIteration as done:
                self.trees[ask] = answer = done.value
                begun.discard(ask)
                stack.pop()
                continue
            answer = self.trees.get(wanted)
            if answer is None:
                e, how, index, _ = wanted
                if how == KEPT and wanted in begun:
                    answer = FAILED
                elif e.args or how == KEPT:
                    begun.add(wanted)
                    stack.append((wanted, self.build(*wanted)))
                else:
                    self.trees[wanted] = answer = leaf_tree(e, how, filled(index) if e.shape else None)
        assert answer is not None
        return answer

    def build(self, e: Expr, how: int, places: Kept | None, depth: int) -> Building:
        if how == KEPT:
            return (yield from self.rows(e, places if e.shape and places else (), depth))
        index = filled(places) if e.shape else None
        op = e.op
        label = self.label(e) if how != VALUE_OF else ""
        if label:
            if label not in self.bindings and (op != NAME or self.given or not e.data[1]):
                ask = (e.args[0], SIZED, None, 0) if op == NAME else (e, VALUE_OF, None, 0)
                value = yield ask
                self.bindings.setdefault(label, Binding(label, value))  # a way that led back to the name has defined it already
            return entry_tree(name_tree(label), index, kind(e))
        if op == NAME:
            return (yield (e.args[0], how, index, depth))
        if index is None and e in self.entangled:
            return (yield from self.tensor(e, (), depth, how))
        if op == PROD:
            return (yield from self.product(e, how, index, depth))
        if op == SUM:
            return (yield from self.sum(e, how, index, depth))
        if op == POW:
            return (yield from self.power(e, how, index, depth))
        if op == CALL:
            return (yield from self.call(e, how, index, depth))
        if op == RESHAPE:
            return (yield from self.reshape(e, index, depth))
        if op == OPAQUE:
            return (yield from self.opaque(e, index, depth))
        return leaf_tree(e, how, index)
