"""Small questions about factors of written products."""

from __future__ import annotations

from symdiff.expr.build import ONE, one_hot_of
from symdiff.expr.node import CALL, NUM, PROD, UNIT, VAR, Expr
from symdiff.expr.patterns import is_letter, is_reciprocal, is_spread_number
from symdiff.table import TABLE


def spread_number(e: Expr) -> Expr | None:
    """The number that stands at all entries."""
    return e.args[0] if is_spread_number(e) and bool(e.shape) else e if not e.shape else None


def is_spread(e: Expr) -> bool:
    return is_spread_number(e) and 0 < len(e.shape) < 3


def inverse_of(e: Expr) -> Expr | None:
    """The x of x^-1."""
    return e.args[0] if is_reciprocal(e) else None


def is_zero(e: Expr) -> bool:
    c = spread_number(e)
    return c is not None and c.op == NUM and c.data == 0


def is_ones(e: Expr) -> bool:
    """Ones in a vector, matrix or row."""
    if e.op != PROD:
        return False
    return e.args[0] is ONE if is_spread(e) else len(e.args) == 1 and len(e.shape) == 2 and e.shape[0] == 1 and is_ones(e.args[0])


def is_whole(e: Expr) -> bool:
    """Whether an entry is written behind a value: of others it is that of each part, and of these a label may not be asked."""
    if e.op == CALL:
        return not TABLE[e.data].elementwise and not batch_of(e)
    return is_letter(e)


def batch_of(e: Expr) -> int:
    """How many axes a function of several vectors has in front of theirs: such a call is written row by row."""
    row = TABLE[e.data]
    if row.elementwise or (len(e.args) == 1 and row.name != "unvech"):
        return 0
    ins, out = row.core()
    if row.name == "unvech":  # of a matrix there is no text: each of its rows is the triangle of a matrix
        return len(e.shape) - len(out)
    if ins[0] == ("*",) or (sum(map(bool, ins)) == 1 and not any(a.shape for core, a in zip(ins, e.args, strict=True) if not core)):
        return 0
    return len(e.shape) - len(out)


def hot(e: Expr) -> Expr | None:
    """The label of which this is `unit(y, k)`: a vector, or a matrix with a row for each label. Not of labels that are shifted: these are written one by one."""
    label = hot_labels(e)
    return label if label is not None and (label.op == VAR or all(a.op in (VAR, UNIT) for a in label.args)) else None


def hot_labels(e: Expr) -> Expr | None:
    """The same, also where the labels have no text but each its own, `y[t - 1]`."""
    found = one_hot_of(e)
    return found[0] if found is not None and found[1] == len(e.shape) - 1 else None
