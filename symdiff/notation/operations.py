"""Trees of sums, powers, calls and reshaped values."""

from __future__ import annotations

from collections.abc import Generator

from symdiff.expr.build import (
    MINUS_ONE,
    ONE,
    dim_sum,
    listed_entries,
    place_of,
)
from symdiff.expr.node import NUM, PROD, SUM, Dim, Expr, Shape
from symdiff.expr.operators import kind
from symdiff.notation.entangled import is_count, of_matrices
from symdiff.notation.factors import batch_of, hot, is_spread
from symdiff.notation.forms import OF_A_ROW, form_of
from symdiff.notation.pieces import constant_tree, placed_part, reindex, reshaping, selector_among, without_defaults
from symdiff.notation.rows import Rows
from symdiff.notation.sums import norm_squared
from symdiff.notation.trees import (
    CONDITION,
    FAILED,
    KEPT,
    SIZED,
    Ask,
    Building,
    Index,
    derivative_name,
    number,
)
from symdiff.notation.trees import call as call_tree
from symdiff.notation.trees import dim as dim_tree
from symdiff.notation.trees import entry as entry_tree
from symdiff.notation.trees import name as name_tree
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE
from symdiff.table.operators import CONDITIONS, CONNECTIVES

# Functions of the rows of A', which are the columns of A.
BY_COLUMNS = {f"row{name}": f"col{name}" for name in ("mean", "max", "min", "prod", "norm2", "var", "std")} | {"logsumexp": "collogsumexp"}


class SumTrees(Rows):
    """Sums and powers."""

    def sum(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        entries = listed_entries(e)
        if entries is not None:
            if index is not None and index[0].kind == "number":
                return (yield (entries[index[0].value - 1], SIZED, None, depth))
            return entry_tree(Tree("listed", tuple((yield from self.values(entries, depth)))), index)
        if 0 < len(e.shape) < 3 and (whole := (yield from self.side_by_side(e, depth))) is not None:
            return entry_tree(whole, index)
        terms = yield from self.terms(e, how, index, depth)
        result: Tree | None = None
        for c, t in zip(e.data, terms, strict=True):
            minus = c < 0
            if abs(c) != 1:
                t = Tree("mul", (number(abs(c) if result else c), t))
                minus = minus and result is not None
            if result is None:
                result = Tree("neg", (t,)) if minus else t
                continue
            result = Tree("sub" if minus else "add", (result, t))
        assert result is not None
        return result

    def side_by_side(self, e: Expr, depth: int) -> Generator[Ask, Tree, Tree | None]:
        """A sum of parts among zeros that fill an axis: concat, hcat, vcat."""
        terms = self.added(e)
        if len(terms) > 50:
            return None
        found: list[tuple[Dim, Dim, Expr]] = []  # what comes before, the size, the part
        across = -1
        for t in terms:
            form = form_of(t) if t.op == PROD else ""
            cut = selector_among(t.args) if form in ("matvec", "matmul") else None
            if cut is not None:
                k, (size, _, before, turned) = cut
                along = int(form == "matmul" and k == 1)
                part = t.args[1 - k]
                if turned == bool(along):
                    return None
            elif len(t.shape) == 1 and (at := place_of(t)) is not None:
                along, size, before, part = 0, 1, at, ONE
            elif t.op == PROD and t.data == (((), (0,)), (0,)) and (at := place_of(t.args[1])) is not None:
                along, size, before, part = 0, 1, at, t.args[0]
            elif (place := placed_part(t)) is not None:
                along, before, part = place
                size = 1
            else:
                return None
            if across not in (-1, along):
                return None
            across = along
            found.append((before, size, part))
        ordered: list[Expr] = []
        end: Dim = 0
        while found:
            item = next((f for f in found if f[0] == end), None)
            if item is None:
                return None
            found.remove(item)
            ordered.append(item[2])
            end = dim_sum([(end, 1), (item[1], 1)])
        if end != e.shape[across] or len(ordered) < 2:
            return None
        name = "concat" if len(e.shape) == 1 else "vcat" if across == 0 else "hcat"
        kids = yield from self.values(ordered, depth)
        if name == "vcat":
            kids = [Tree("transpose", (t,)) if len(p.shape) == 1 else t for t, p in zip(kids, ordered, strict=True)]
        return call_tree(name, *kids)

    def added(self, e: Expr) -> list[Expr]:
        """The terms of a sum that is built two by two, as many as stand in front without a name; none if one is taken off or multiplied."""
        found: list[Expr] = []
        while e.op == SUM and all(c == 1 for c in e.data) and not (found and self.label(e)):
            found[:0] = e.args[1:]
            e = e.args[0]
        return [e, *found] if found else []

    def terms(self, e: Expr, how: int, index: Index | None, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        return (yield from self.operands(e.args, how, index, depth))

    def power(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        base, exponent = e.args
        whole = bool(e.shape) and index is None
        if exponent is MINUS_ONE and base.op != NUM:
            (below,) = yield from self.operands((base,), how, index, depth)
            return Tree("ediv" if whole else "div", (number(1), below))
        if whole and exponent.shape:  # `x .^ c` keeps its scalar exponent, so a spread one is written out
            above = yield (exponent, SIZED, None, depth)
            below = yield (base.args[0] if is_spread(base) and not is_spread(exponent) else base, how, None, depth)
        else:
            (below,) = yield from self.operands((base,), how, index, depth)
            norm = norm_squared(below) if index is not None and exponent.op == NUM else None
            if norm is not None:
                return Tree("pow", (norm, number(2 * exponent.data)))
            above = yield (exponent, SIZED, index, depth)
        return Tree("epow" if whole else "pow", (below, above))


class CallTrees(SumTrees):
    """Calls, values spread and reshaped."""

    def call(self, e: Expr, how: int, index: Index | None, depth: int) -> Building:
        name = e.data
        if name in CONDITIONS:
            label = hot(e) if how != CONDITION and index is None else None
            if label is not None:
                return call_tree("unit", (yield (label, SIZED, None, depth)), dim_tree(e.shape[-1]))
            if how != CONDITION:
                return Tree("iverson", ((yield (e, CONDITION, index, depth)),))
            conditions = len(e.args) if name in CONNECTIVES else 0
            kids = yield from self.operands(e.args, SIZED, index, depth, conditions=conditions)
            return Tree(name, tuple([t.kids[0] if k < conditions and t.kind == "iverson" else t for k, t in enumerate(kids)]))
        if name == "duplication_of" and len(e.shape) == 2:
            return entry_tree(call_tree("duplication", dim_tree(e.args[0].shape[0])), index)
        row = TABLE[name]
        spelling = row.spelled or name
        args = without_defaults(e)
        if name == "matrix_power":
            (below,) = yield from self.operands(args[:1], how, None, depth)
            return entry_tree(Tree("pow", (below, (yield (args[1], SIZED, None, depth)))), index)
        if row.elementwise:
            kids = yield from self.operands(args, how, index, depth, conditions=int(name == "if"))
            if name == "sqrt" and index is not None and (norm := norm_squared(kids[0])) is not None:
                return norm
            return call_tree(spelling, *kids)
        if index is not None and is_count(e):
            return index[-1]
        if name == "cumsum" and len(e.shape) > 2 and index is not None:  # the language knows it of vectors and matrices only
            letter = self.letter(depth)
            inner = yield (args[0], SIZED, (*index[:-1], name_tree(letter)), depth + 1)
            upto = Tree("iverson", (Tree("le", (name_tree(letter), index[-1])),))
            return Tree("over", (number(1), dim_tree(e.shape[-1]), Tree("mul", (upto, inner))), ("sum", letter))
        batch = len(e.shape) - len(row.core()[1])
        if index is not None and batch and len(args) == 1 and of_matrices(e):
            inner = yield (args[0], KEPT, (*index[:batch], *[None] * (len(args[0].shape) - batch)), depth)
            if inner is not FAILED:
                return entry_tree(call_tree(OF_A_ROW.get(name, spelling), inner), index[batch:] or None)
        if index is not None and batch and len(args) == 1 and args[0] in self.entangled and name != "cumsum":  # of one row
            inner = yield from self.tensor(args[0], index[:batch], depth)
            if name == "rowprod" and inner.kind == "tensor":
                return Tree("over", inner.kids, ("prod", inner.value[0]))
            return entry_tree(call_tree(OF_A_ROW.get(name, spelling), inner), index[batch:] or None)
        batch = batch_of(e)
        if index is not None and batch:
            rows = yield from self.at_places(args, index[:batch], depth)
            return entry_tree(call_tree(spelling, *rows), index[batch:] or None)
        if name in BY_COLUMNS and args[0].op == PROD and form_of(args[0]) == "transpose":
            spelling, args = BY_COLUMNS[name], (args[0].args[0], *args[1:])
        kids = yield from self.values(args, depth)
        return entry_tree(call_tree(spelling, *kids), index, kind(e))

    def constant(self, c: Expr, inner: Tree, shape: Shape) -> Tree:
        return constant_tree(c, inner, shape)

    def opaque(self, e: Expr, index: Index | None, depth: int) -> Building:
        name, by, batch = e.data
        places = index[:batch] if index is not None else ()
        args = yield from (self.at_places(e.args, places, depth) if batch else self.values(e.args, depth))
        if by and len(args) == 1 and len(e.shape) == len(e.args[0].shape) == batch:
            called = Tree("prime", tuple(args), (name, len(by)))
        else:
            called = call_tree(derivative_name(name, by) if by else name, *args)
        return entry_tree(called, index[batch:] or None if index is not None else None)

    def reshape(self, e: Expr, index: Index | None, depth: int) -> Building:
        (value,) = e.args
        function = reshaping(e)
        if function == "commutation":
            return entry_tree(call_tree(function, *map(dim_tree, e.args[0].shape[:2])), index, kind(e))
        if function:
            return entry_tree(call_tree(function, *(yield from self.values(value.args, depth))), index)
        assert index is not None
        return (yield (value, SIZED, reindex(index, e.shape, value.shape), depth))
