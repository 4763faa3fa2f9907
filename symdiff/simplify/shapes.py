"""Small questions about normal forms: zeros, ones, terms, values spread along axes."""

from __future__ import annotations

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, PROD, SUM, VAR, Expr, Number, Shape, make

Term = tuple[Number, Expr]

MAX_PARTS = 50  # of a matrix, to be asked whether they are diagonal


def zero(shape: Shape) -> Expr:
    return build.spread(build.ZERO, shape)


def is_zero(x: Expr) -> bool:
    return x is build.ZERO or (x.op == PROD and len(x.args) == 1 and x.args[0] is build.ZERO)


def ones(shape: Shape) -> Expr:
    """The tensor of ones in normal form: a product of no factors."""
    return make(PROD, (), ((), tuple(range(len(shape)))), shape) if shape else build.ONE


def split(x: Expr) -> tuple[Number, Expr]:
    """Coefficient and rest of a term in normal form; the rest of a number is 1."""
    if x.op == SUM and len(x.args) == 1:
        return x.data[0], x.args[0]
    if x.op == NUM:
        return x.data, build.ONE
    return 1, x


def is_ones(x: Expr) -> bool:
    return x is build.ONE or (x.op == PROD and not x.args)


def terms_of(x: Expr) -> list[Term]:
    """The terms of a sum in normal form, a single term for anything else."""
    if x.op == SUM:
        return list(zip(x.data, x.args, strict=True))
    return [] if is_zero(x) else [split(x)]


def constant_along(x: Expr) -> bool:
    """Whether a tensor in normal form is a scalar spread over its axes."""
    _, rest = split(x)
    return bool(x.shape) and rest.op == PROD and not any(rest.data[0])


def is_count(x: Expr) -> bool:
    """1, 2, …, n."""
    return x.op == CALL and bool(x.data == "cumsum") and is_ones(x.args[0])


def is_index(x: Expr) -> bool:
    """1, 2, …, n along one of the axes."""
    return is_count(x) or (x.op == PROD and len(x.args) == 1 and is_count(x.args[0]) and len(x.data[0][0]) == 1)


def is_diagonal(x: Expr) -> bool:
    """Whether a matrix in normal form is known to be zero off the diagonal."""
    stack = [x]
    for _ in range(MAX_PARTS):
        if not stack:
            return True
        e = stack.pop()
        if e.op in (SUM, NAME) or (e.op == CALL and e.data == "inv"):
            stack += e.args
        elif e.op == PROD:
            stack += [a for a in e.args if a.shape]
            if sum(ls != () for ls in e.data[0]) != 1 or e.data[1] not in e.data[0]:
                return False
        elif e.op != DELTA and not (e.op == VAR and "diagonal" in e.data[1]):
            return False
    return False
