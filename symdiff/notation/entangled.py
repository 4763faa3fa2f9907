"""Which parts of a graph index notation would tear apart, and which it can reach entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symdiff.expr.build import (
    ONE,
)
from symdiff.expr.node import CALL, DELTA, NAME, OPAQUE, POW, PROD, RESHAPE, SUM, Expr
from symdiff.expr.patterns import is_call
from symdiff.notation.factors import batch_of, hot, is_ones, is_spread
from symdiff.notation.forms import PUSHED, form_of
from symdiff.notation.pieces import reshaping
from symdiff.table import TABLE
from symdiff.table.operators import CONNECTIVES

RUNNING = {"cumsum": "sum", "cumprod": "prod"}


def entrywise_nodes(order: Sequence[Expr]) -> set[Expr]:
    """The values that are only used entry by entry, so that a scalar among them needs no ones."""
    found: set[Expr] = set()
    elsewhere = {order[-1]}
    for e in reversed(order):
        by_entries = e.op == POW or (e.op == CALL and TABLE[e.data].elementwise)
        if e.op == PROD and len(e.shape) > 0 and form_of(e) in ("scale", "elementwise"):
            by_entries = sum(bool(a.shape) for a in e.args) > 1
        passed = e.op == SUM or (e.op == PROD and form_of(e) in ("scale", "elementwise", "transpose"))
        for a in e.args:
            if by_entries or (passed and e in found and e not in elsewhere):
                found.add(a)
            else:
                elsewhere.add(a)
    return found - elsewhere


def is_running(e: Expr) -> bool:
    """Running sums or products of a vector, or of every row of a matrix; the numbers of an index are running sums of ones."""
    return e.op == CALL and e.data in RUNNING and len(e.shape) <= 2


def counts_up(e: Expr) -> bool:
    """The numbers of an index, or a sum with them."""
    return bool(e.shape) and (is_count(e) or (e.op == SUM and any(map(is_count, e.args))))


def loose_nodes(order: Iterable[Expr]) -> set[Expr]:
    """The nodes whose text does not fix their size unless `eye` is given one: made of identity matrices alone."""
    loose: set[Expr] = set()
    for e in order:
        if e.op == DELTA:
            loose.add(e)
        elif loose and e.op in (SUM, PROD, POW, CALL):
            tensors = [a for a in e.args if a.shape and not is_spread(a)]
            if tensors and all(a in loose for a in tensors):
                loose.add(e)
    return loose


def entangled(order: Iterable[Expr], *, running: bool = False, spreads: bool = False) -> set[Expr]:
    """The values that matrix notation cannot write: they and what is made of them entry by entry are written by entries.

    running: so are the numbers of an index, and running sums and products, for which only programs have words; spreads: so is a vector beside
    ones, `x*ones(n)'`.
    """
    found: set[Expr] = set()
    for e in order:
        if is_entangled(e, found) or (running and is_running(e)) or (spreads and _is_spread_out(e)):
            found.add(e)
    return found


def knotted_nodes(order: Iterable[Expr], knots: set[Expr]) -> set[Expr]:
    """The values in whose text something is written by entries."""
    found: set[Expr] = set()
    for e in order:
        if e in knots or (e.op != NAME and not found.isdisjoint(e.args)):
            found.add(e)
    return found


def is_entangled(e: Expr, found: set[Expr]) -> bool:
    """Whether matrix notation cannot write a value, where `found` are those of its arguments that it cannot write."""
    if (e.op == CALL and (batch_of(e) or of_matrices(e))) or (e.op == OPAQUE and e.data[2]):
        return True
    if hot(e) is not None:
        return False
    tested = () if e.op != CALL else e.args[:1] if e.data == "if" else e.args if e.data in CONNECTIVES else ()
    if any(
        a.op == PROD and a.shape and not is_spread(a) for a in tested
    ):  # conditions laid out along the axes of a matrix have no other text
        return True
    if not e.shape or not (e.op in (SUM, PROD, POW, RESHAPE) or (e.op == CALL and (TABLE[e.data].elementwise or len(e.shape) > 2))):
        return False
    form = form_of(e) if e.op == PROD else reshaping(e) if e.op == RESHAPE else "elementwise"
    return len(e.shape) > 2 or not form or (form in PUSHED and not found.isdisjoint(e.args)) or (form == "vec_row" and _is_laid_out(e))


def of_matrices(e: Expr) -> bool:
    """Whether a function of a matrix is taken at every place of a tensor: logdet of each W[i]."""
    return bool(e.shape) and any(len(a.shape) > 2 for a in e.args) and not TABLE[e.data].elementwise


def is_count(e: Expr) -> bool:
    """The numbers 1, 2, …, n: an index as a number."""
    return is_call(e, "cumsum") and is_spread(e.args[0]) and e.args[0].args[0] is ONE


def _is_spread_out(e: Expr) -> bool:
    """Whether an outer product has the same vector in every row or column."""
    if e.op != PROD or form_of(e) != "vec_row":
        return False
    x, row = e.args
    return is_ones(x) or is_ones(row) or (row.op == PROD and form_of(row) == "row" and is_ones(row.args[0]))


def _is_laid_out(e: Expr) -> bool:
    """Whether an outer product lays numbers of an index along the axes of a matrix: `[j == i + 1]` is easier to read by entries."""
    x, row = e.args
    vectors = (x, row.args[0] if row.op == PROD and form_of(row) == "row" else row)
    return any(map(is_ones, vectors)) and any(
        is_count(a) for v in vectors for a in (v, *v.args, *[b for a in v.args if a.op == RESHAPE for b in a.args])
    )
