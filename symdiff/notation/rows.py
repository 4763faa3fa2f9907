"""Products entry by entry: sums over an index, their ranges, and what stands at an index as a number, a row or a vector.

In: a product that matrix notation cannot write, and the entry wanted of it. Out: its tree. Brackets of places (`expr/places.py`)
become places and ranges: `sum(l, x[l]*[l == i + j - 1])` is `x[i + j - 1]`, and `sum(j=1..n, [j <= i]*x[j])` is `sum(j=1..i, x[j])`.
An entry that keeps axes is written as a vector or matrix where that is possible: `sum(i=1..m, r[i]*phi(X[i]))` is the vector
`tensor(k=1..n, sum(i=1..m, r[i]*phi(X[i])[k]))`, and a sum of products of entries a dot product, `w.phi(X[i])`.
What never changes: values. It ends because every request is for a part of the node, or for an axis less of it.
"""

from __future__ import annotations

from symdiff.expr.build import Labels
from symdiff.expr.node import CALL, NAME, OPAQUE, POW, PROD, SUM, VAR, Expr
from symdiff.expr.operators import kind
from symdiff.expr.places import RELATIONS, bracket_of
from symdiff.notation.factors import hot_labels, inverse_of, is_ones, is_spread, spread_number
from symdiff.notation.forms import OF_A_ROW
from symdiff.notation.network import Factor, Kept, Network
from symdiff.notation.sums import EntryTrees, sums_nothing
from symdiff.notation.trees import (
    FAILED,
    KEPT,
    SIZED,
    Building,
    call,
    dim,
    number,
)
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE

SLICE = Tree("slice")


class Rows(EntryTrees):
    """Rows and vectors of products, as vectors and matrices where that is possible."""

    def rows(self, e: Expr, index: Kept, depth: int) -> Building:
        """What stands at the places that are given, with the other axes, at most two, kept; FAILED where no short text has it."""
        left = [k for k, t in enumerate(index) if t is None]
        if not left:
            return (yield (e, SIZED, index or None, depth))
        if len(left) > 2:
            return FAILED
        if len(left) == len(index) and e not in self.entangled and e.op not in (SUM, PROD):
            return (yield (e, SIZED, None, depth))
        if self.label(e) or e.op == VAR:
            t = yield (e, SIZED, None, depth)
            return t if len(left) == len(index) else self.sliced(t, index, kind(e))
        if len(left) == len(index) and e not in self.entangled:
            return (yield (e, SIZED, None, depth))
        if e.op == NAME:
            return (yield (e.args[0], KEPT, index, depth))
        if e.op == SUM:
            return (yield from self.row_of_sum(e, index, depth))
        if e.op == POW and not e.args[1].shape:
            base = yield from self.row_or_number(e.args[0], index, depth)
            exponent = yield (e.args[1], SIZED, None, depth)
            if base is FAILED or spread_number(e.args[0]) is not None:
                return FAILED
            return Tree("ediv", (number(1), base)) if inverse_of(e) is not None else Tree("epow", (base, exponent))
        if e.op == CALL:
            return (yield from self.row_of_call(e, index, depth))
        if e.op == OPAQUE and e.data[2] and None not in index[: e.data[2]]:
            t = yield (e, SIZED, index[: e.data[2]], depth)
            rest = index[e.data[2] :]
            return t if all(k is None for k in rest) else self.sliced(t, rest, "")
        if e.op == PROD and (e in self.knotted or sums_nothing(e)):
            return (yield from self.row_of_product(e, index, depth))
        if e.op == PROD and not is_spread(e):
            t = yield (e, SIZED, None, depth)
            return self.sliced(t, index, kind(e))
        return FAILED

    @staticmethod
    def sliced(t: Tree, index: Kept, what: str) -> Tree:
        """`X[i]`, `X[:,j]`; of a row its vector."""
        if what == "row":
            return FAILED
        places = [SLICE if k is None else k for k in index]
        while places and places[-1] is SLICE:
            places.pop()
        return Tree("index", (t, *places)) if places else t

    def row_or_number(self, e: Expr, index: Kept, depth: int) -> Building:
        """A row, or the number of which it consists."""
        c = spread_number(e)
        return (yield (c, SIZED, None, depth)) if c is not None else (yield (e, KEPT, index, depth))

    def row_of_sum(self, e: Expr, index: Kept, depth: int) -> Building:
        result: Tree | None = None
        if all(spread_number(t) is not None for t in e.args):
            return FAILED
        for c, t in zip(e.data, e.args, strict=True):
            row = yield from self.row_or_number(t, index, depth)
            if row is FAILED:
                return FAILED
            if abs(c) != 1:
                row = Tree("mul", (number(abs(c)), row))
            result = (Tree("neg", (row,)) if c < 0 else row) if result is None else Tree("sub" if c < 0 else "add", (result, row))
        assert result is not None
        return result

    def row_of_call(self, e: Expr, index: Kept, depth: int) -> Building:
        row = TABLE[e.data]
        labels = hot_labels(e)
        if labels is not None and index[-1] is None and None not in index[:-1]:
            t = yield (labels, SIZED, index[:-1] or None, depth)
            return call("unit", t, dim(e.shape[-1]))
        if row.elementwise:
            if e.data in RELATIONS or e.data in ("and", "or", "not", "if") or bracket_of(e) is not None:
                return FAILED
            kids = []
            if all(spread_number(a) is not None for a in e.args):
                return FAILED
            for a in e.args:
                kids.append((yield from self.row_or_number(a, index, depth)))
            return FAILED if FAILED in kids else call(row.spelled or e.data, *kids)
        ins, out = row.core()
        batch = len(e.shape) - len(out)
        if ins[0] == ("*",) or None in index[:batch] or len(e.args) != 1 or not all(k is None for k in index[batch:]) or e.data == "cumsum":
            return FAILED
        if e not in self.entangled and e.args[0] not in self.entangled:
            t = yield (e, SIZED, None, depth)
            return self.sliced(t, index, kind(e))
        inner = yield (e.args[0], KEPT, (*index[:batch], *[None] * len(ins[0])), depth)
        return FAILED if inner is FAILED else call(OF_A_ROW.get(e.data, row.spelled or e.data), inner)

    def row_of_product(self, e: Expr, index: Kept, depth: int) -> Building:
        """A product that keeps one axis or two: a sum of numbers times vectors, or times outer products."""
        network = Network(e, index, self.label, self.around, self.declared)
        if any(set(network.kept) & set(c.coefs) for c in network.conditions):
            return FAILED
        depth = yield from self.summed(network, depth)
        depth = yield from self.joined(network, depth)
        kept = set(network.kept)
        front: list[Factor] = []
        carriers: dict[tuple[int, ...], list[Factor]] = {}
        for f in network.factors:
            mine = tuple([k for k in f.labels if k in kept])
            if len(set(mine)) < len(mine):
                return FAILED
            if mine:
                carriers.setdefault(mine, []).append(f)
            else:
                front.append(f)
        if {k for mine in carriers for k in mine} != kept:
            return FAILED
        body: Tree | None = None
        for f in front:
            if f.ready is None and is_ones(f.node):
                continue
            below = inverse_of(f.node) if f.ready is None else None
            divide = below is not None and body is not None
            t = f.ready or (yield (below if divide and below is not None else f.node, SIZED, self.places(network, f.labels) or None, depth))
            body = t if body is None else Tree("div" if divide else "mul", (body, t))
        for t in (yield from self.brackets(network, depth)):
            body = t if body is None else Tree("mul", (body, t))
        vectors: dict[tuple[int, ...], Tree] = {}
        for mine, found in carriers.items():
            for f in found:
                below = inverse_of(f.node)
                t = yield (below or f.node, KEPT, tuple([None if k in kept else network.at[k] for k in f.labels]), depth)
                if t is FAILED:
                    return FAILED
                before = vectors.get(mine)
                if below is not None:
                    vectors[mine] = Tree("ediv", (before or number(1), t))
                else:
                    vectors[mine] = t if before is None else Tree("emul", (before, t))
        together = self.together(network.kept, vectors)
        if together is None:
            return FAILED
        return self.with_sums(network, together if body is None else Tree("mul", (body, together)))

    @staticmethod
    def together(kept: Labels, vectors: dict[tuple[int, ...], Tree]) -> Tree | None:
        """A vector, a matrix, a transposed one, or an outer product."""
        if len(vectors) == 1:
            ((mine, t),) = vectors.items()
            return t if mine == kept else Tree("transpose", (t,))
        if len(vectors) == 2 and all(len(mine) == 1 for mine in vectors):
            return Tree("mul", (vectors[kept[0],], Tree("transpose", (vectors[kept[1],],))))
        return None
