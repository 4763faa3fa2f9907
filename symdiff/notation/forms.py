"""Which form of matrix notation a product has."""

from __future__ import annotations

from symdiff.expr.build import (
    FORMS,
    Labels,
)
from symdiff.expr.node import CALL, DELTA, PROD, UNIT, Expr
from symdiff.expr.operators import kind
from symdiff.notation.factors import hot, is_whole
from symdiff.table import TABLE

_FORM = {pattern: form for form, pattern in FORMS.items() if form != "unrow" and not form.endswith("entry")}
for _axes in ((0,), (0, 1)):
    _FORM[((), _axes), _axes] = _FORM[(_axes, ()), _axes] = "scale"
    _FORM[(_axes, _axes), _axes] = "elementwise"


CALLS = {form: form for form in ("rowsum", "colsum", "outer")}
CALLS |= {"trace": "tr", "total": "sum", "matrix_total": "sum", "diag_part": "diag", "diag_matrix": "diag"}
PRODUCTS = {"dot": "dot", "matvec": "mul", "row_vec": "mul", "vec_row": "mul", "matmul": "mul"}  # the operator that writes the form
TRANSPOSED = frozenset(("transpose", "row", "unrow"))

# An entry of these is written behind them, `(A*x)[i]`; of the others, the entry is pushed inwards.
INDEXED = frozenset(("matvec", "matmul", "rowsum", "colsum"))

# Where their operand is written by entries, so are these; the sums become `sum(i=1..m, …)`.
_SUMS = frozenset(("total", "matrix_total", "trace", "rowsum", "colsum", "diag_part"))
SUMMED = _SUMS | {"dot"}
PUSHED = _SUMS | {"scale", "elementwise", "transpose"}

# Factors and labels of the identities that `build.commutation` reshapes.
COMMUTING = (((0, 1), (2, 3)), (0, 2, 3, 1))

# The same function of one row, where that has another name.
OF_A_ROW = {row.by_row: row.spelled or row.name for row in TABLE if row.by_row}


def form_of(e: Expr) -> str:
    """The written form of a PROD: a key of `build.FORMS`, "elementwise" or "entry"; "" if matrix notation has none."""
    args = e.args
    form = _FORM.get(e.data) or _FORM.get(_renumbered(*e.data), "")
    if len(args) > 1 and args[1].op == UNIT and _is_entry(e):
        return "entry"
    row = [kind(a) == "row" for a in args]
    if form == "diag_matrix":
        return form if args[1].op == DELTA else ""
    if form == "colsum":
        return "unrow" if row[0] else form
    if form == "rowsum":
        return "" if row[0] else form
    if form == "row":
        return form if e.shape[0] == 1 else ""
    if form in ("row_vec", "matvec"):
        return form if row[0] == (form == "row_vec") else ""
    if form == "vec_row":
        return form if row[1] else ""
    return form


def looked_up(e: Expr, form: str) -> tuple[Expr, Expr] | None:
    """What is looked up, and the label or labels: `z[y]`, `C[y]`, `z[ids]`, `C[ids]`, as their products with `unit(y, k)` are."""
    if form not in ("dot", "matvec", "matmul"):
        return None
    a, b = e.args
    if form == "dot" and hot(a) is not None and hot(b) is None:
        a, b = b, a
    label = hot(b)
    if form == "dot":
        return (a, label) if label is not None and is_whole(a) else None
    if form == "matvec" and label is not None:  # C'*unit(y, k) is C[y]
        return (a.args[0], label) if a.op == PROD and form_of(a) == "transpose" and is_whole(a.args[0]) else None
    label = hot(a)
    return (b, label) if label is not None and label.shape and is_whole(b) else None


def _renumbered(labels: tuple[Labels, ...], out: Labels) -> tuple[tuple[Labels, ...], Labels]:
    """Labels numbered in order of appearance, as FORMS has them."""
    new: dict[int, int] = {}
    return tuple([tuple([new.setdefault(k, len(new)) for k in ls]) for ls in labels]), tuple([new.setdefault(k, len(new)) for k in out])


def _is_entry(e: Expr) -> bool:
    """Whether unit vectors pick axes of a vector or matrix, in their order, and the others stay in theirs."""
    (base, *units), out = e.data
    picked = [ls[0] for ls in units if len(ls) == 1]
    return (
        len(base) < 3
        and all(a.op == UNIT for a in e.args[1:])
        and picked == [k for k in base if k in picked]
        and out == tuple([k for k in base if k not in picked])
    )


def is_open_chain(e: Expr) -> bool:
    """Whether a number is written as a product that has a row and a vector without brackets around them."""
    stack = [e]
    while stack:
        e = stack.pop()
        if e.op == PROD and not e.shape:
            form = form_of(e)
            if form == "row_vec":
                return True
            if form in ("scale", "elementwise"):
                stack.extend(e.args)
    return False


def is_added_up(e: Expr) -> bool:
    """Whether a number is a sum or mean of entries, which typeset notations write as a product with ones, or a product with one."""
    stack = [e]
    while stack:
        e = stack.pop()
        if (e.op == CALL and e.data == "mean") or (e.op == PROD and form_of(e) in ("total", "matrix_total")):
            return True
        if e.op == PROD and not e.shape and form_of(e) in ("scale", "elementwise"):
            stack.extend(e.args)
    return False
