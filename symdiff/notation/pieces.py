"""Trees of leaves, constants, blocks and indices, out of trees."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdiff.bounds import LIMITS
from symdiff.expr.build import (
    FORMS,
    ONE,
    ZERO,
    blocks,
    dim_product,
    dim_sum,
    place_of,
    selected,
)
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NUM, PROD, UNIT, VAR, Dim, Expr, Shape
from symdiff.notation.factors import is_ones, is_spread
from symdiff.notation.forms import COMMUTING, form_of, is_added_up, is_open_chain
from symdiff.notation.trees import (
    FIXED,
    Index,
    number,
    postorder,
)
from symdiff.notation.trees import call as call_tree
from symdiff.notation.trees import dim as dim_tree
from symdiff.notation.trees import entry as entry_tree
from symdiff.notation.trees import name as name_tree
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE


def selector_among(args: tuple[Expr, ...]) -> tuple[int, tuple[Dim, Dim, Dim, bool]] | None:
    """Which of two factors is a selector that takes entries from the other, or puts it among zeros, and what it says."""
    for k in (0, 1):
        if args[1 - k].op != CALL or args[1 - k].data != "eq":
            found = selected(args[k])
            if found is not None:
                return k, found
    return None


def placed_part(t: Expr) -> tuple[int, Dim, Expr] | None:
    """The axis, what comes before, and the vector that an outer product with a basis vector makes a column or a row of a matrix."""
    if t.op != PROD or len(t.args) != 2 or len(t.shape) != 2:
        return None
    if t.data == FORMS["outer"]:
        left, right = t.args
    elif t.data == FORMS["vec_row"] and t.args[1].op == PROD and t.args[1].data == FORMS["row"]:
        left, right = t.args[0], t.args[1].args[0]
    else:
        return None
    if (before := place_of(right)) is not None:
        return 1, before, left
    before = place_of(left)
    return None if before is None else (0, before, right)


def among_zeros(inner: Tree, shape: Shape, along: int, size: Dim, whole: Dim, before: Dim) -> Tree:
    """`concat(zeros(2), x, zeros(n - 5))`: a part at its place."""

    def zeros(d: Dim) -> list[Tree]:
        if d == 0:
            return []
        sizes = [dim_tree(d)] if len(shape) == 1 else [dim_tree(d), dim_tree(shape[1])] if along == 0 else [dim_tree(shape[0]), dim_tree(d)]
        return [call_tree("zeros", *sizes)]

    rest = dim_sum([(whole, 1), (before, -1), (size, -1)])
    parts = [*zeros(before), inner, *zeros(rest)]
    return inner if len(parts) == 1 else call_tree("concat" if len(shape) == 1 else "hcat" if along else "vcat", *parts)


def slices_tree(letters: Sequence[str], shape: Shape, body: Tree) -> Tree | None:
    """`tensor(i=1..4, x[i + 1])` as `x[2:5]`, where each index takes its own axis in turn; None for other entries."""
    if body.kind != "index" or len(body.kids) != 1 + len(letters) or any(not isinstance(d, int) for d in shape):
        return None
    base, *entries = body.kids
    if base.kind not in ("name", "call") or any(t.kind == "name" and t.value in letters for t in postorder([base])):
        return None
    found = []
    for letter, d, t in zip(letters, shape, entries, strict=True):
        first = 1
        if t.kind == "add" and t.kids[1].kind == "number" and isinstance(t.kids[1].value, int):
            t, first = t.kids[0], 1 + t.kids[1].value
        if t.kind != "name" or t.value != letter or not isinstance(d, int):
            return None
        found.append(Tree("slice", (number(first), number(first + d - 1)), "between"))
    return Tree("index", (base, *found))


def leaf_tree(e: Expr, how: int, index: Index | None) -> Tree:
    if e.op == NUM:
        return number(e.data)
    if e.op == DIM:
        return dim_tree(e.data)
    if e.op == CONST:
        return name_tree(e.data)
    if e.op == VAR:
        return entry_tree(name_tree(e.data[0]), index)
    if e.op == DELTA:
        return name_tree("eye") if how == FIXED and index is None else entry_tree(call_tree("eye", dim_tree(e.shape[0])), index)
    assert e.op == UNIT
    return entry_tree(call_tree("unit", number(e.data), dim_tree(e.shape[0])), index)


def matrix_power(left: Tree, right: Tree) -> int:
    """The k of `right^k * right`, else 0."""
    same = left.kind == "pow" and left.kids[0] is right and left.kids[1].value < LIMITS.power
    return int(left.kids[1].value) if same else 0


def constant_tree(c: Expr, inner: Tree, shape: Shape) -> Tree:
    """Equal entries: `ones(n)`, `zeros(m, n)`, `vector(c, n)`, `matrix(c, m, n)`; a row is `ones(n)'`."""
    if len(shape) == 2 and shape[0] == 1:
        return Tree("transpose", (constant_tree(c, inner, shape[1:]),))
    dims = [dim_tree(d) for d in shape]
    if c is ONE or c is ZERO:
        return call_tree("ones" if c is ONE else "zeros", *dims)
    return call_tree("vector" if len(dims) == 1 else "matrix", inner, *dims)


def ones_tree(c: Expr, inner: Tree, shape: Shape, *, sized: bool) -> Tree:
    """Equal entries by ones: `c 1`, `c 1 1'`; sized: with the sizes."""
    if c is ZERO:
        return constant_tree(c, inner, shape) if sized else call_tree("zeros")
    first, *second = [call_tree("ones", *([dim_tree(d)] if sized and d != 1 else ())) for d in shape]
    ones = Tree("mul", (first, Tree("transpose", (second[0],)))) if second else first
    if len(shape) == 2 and shape[0] == 1:
        ones = Tree("transpose", (second[0],))
    return ones if c is ONE else Tree("mul", (Tree("bracket", (inner,)) if is_open_chain(c) or is_added_up(c) else inner, ones))


def in_every_row(e: Expr, batch: int) -> Expr | None:
    """The value that stands at every place along the first axes."""
    if e.op != PROD:
        return None
    if form_of(e) == "vec_row":
        return e.args[1].args[0] if batch == 1 and is_ones(e.args[0]) and form_of(e.args[1]) == "row" else None
    labels, out = e.data
    return e.args[0] if len(e.args) == 1 and labels[0] and labels[0] == out[batch:] and len(set(out)) == len(out) else None


def without_defaults(e: Expr) -> tuple[Expr, ...]:
    """The arguments of a call, without those at the end that are what the row takes anyway."""
    args = e.args
    row = TABLE[e.data]
    for default in reversed(row.defaults):
        last = args[-1].args[0] if is_spread(args[-1]) else args[-1]
        if last.op != NUM or last.data != Fraction(default):
            break
        args = args[:-1]
    return args


def reindex(index: Index, outer: Shape, inner: Shape) -> Index:
    """Where in the inner shape the entry of the outer one lies; both in row-major order, indices counted from 1."""

    def offset(t: Tree) -> Tree:
        return Tree("sub", (t, number(1)))

    def times(t: Tree, d: Dim) -> Tree:
        return t if d == 1 else Tree("mul", (t, dim_tree(d)))

    result = []
    for axes, parts in blocks(inner, outer):
        place = index[parts[0]]
        for k in parts[1:]:
            if outer[k] != 1:
                whole = _put_together(place, index[k])
                place = whole or Tree("add", (times(offset(place), outer[k]), index[k]))
        for k in axes[:-1]:
            step = dim_product(inner[k + 1 : axes.stop])
            skipped = call_tree("floor", Tree("div", (offset(place), dim_tree(step))))
            result.append(Tree("add", (skipped, number(1))) if inner[k] != 1 else number(1))
            place = Tree("sub", (place, times(skipped, step))) if inner[k] != 1 else place
        result.append(place)
    return tuple(result)


def _put_together(a: Tree, b: Tree) -> Tree | None:
    """The index whose two parts a and b are: floor((r - 1)/n) + 1 and r - floor((r - 1)/n)*n."""
    if a.kind == "add" and b.kind == "sub" and b.kids[1].kind == "mul" and b.kids[1].kids[0] is a.kids[0]:
        return b.kids[0]
    return None


def reshaping(e: Expr) -> str:
    """The function that a RESHAPE is, of the arguments of its value: vec or kron; "" if it is neither."""
    (value,) = e.args
    if value.op != PROD:
        return ""
    if len(e.shape) == 2:
        if value.data == COMMUTING and value.args[0].op == value.args[1].op == DELTA:
            return "commutation"
        return "kron" if value.data == (((0, 1), (2, 3)), (0, 2, 1, 3)) else ""
    return {"transpose": "vec", "outer": "kron"}.get(form_of(value), "") if len(e.shape) == 1 else ""
