"""Small questions about normal forms: zeros, ones, terms, values spread along axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import DELTA, NAME, NUM, PROD, SUM, Expr, Number, Shape, make
from symdiff.expr.patterns import has_no_factor, has_one_factor, has_scalar_factors, is_call, is_declared, is_multiple

if TYPE_CHECKING:
    from symdiff.simplify.context import Context

Term = tuple[Number, Expr]

MAX_PARTS = 50  # of a matrix, to be asked whether they are diagonal


def zero(shape: Shape) -> Expr:
    return build.spread(build.ZERO, shape)


def is_zero(x: Expr) -> bool:
    return x is build.ZERO or (has_one_factor(x) and x.args[0] is build.ZERO)


def ones(shape: Shape) -> Expr:
    """The tensor of ones in normal form: a product of no factors."""
    return make(PROD, (), ((), tuple(range(len(shape)))), shape) if shape else build.ONE


def split(x: Expr) -> tuple[Number, Expr]:
    """Coefficient and rest of a term in normal form; the rest of a number is 1."""
    if is_multiple(x):
        return x.data[0], x.args[0]
    if x.op == NUM:
        return x.data, build.ONE
    return 1, x


def is_ones(x: Expr) -> bool:
    return x is build.ONE or has_no_factor(x)


def terms_of(x: Expr) -> list[Term]:
    """The terms of a sum in normal form, a single term for anything else."""
    if x.op == SUM:
        return list(zip(x.data, x.args, strict=True))
    return [] if is_zero(x) else [split(x)]


def constant_along(x: Expr) -> bool:
    """Whether a tensor in normal form is a scalar spread over its axes."""
    _, rest = split(x)
    return bool(x.shape) and has_scalar_factors(rest)


def is_count(x: Expr) -> bool:
    """1, 2, …, n."""
    return is_call(x, "cumsum") and is_ones(x.args[0])


def is_index(x: Expr) -> bool:
    """1, 2, …, n along one of the axes."""
    return is_count(x) or (has_one_factor(x) and is_count(x.args[0]) and len(x.data[0][0]) == 1)


def is_diagonal(x: Expr) -> bool:
    """Whether a matrix in normal form is known to be zero off the diagonal."""
    stack = [x]
    for _ in range(MAX_PARTS):
        if not stack:
            return True
        e = stack.pop()
        if e.op in (SUM, NAME) or is_call(e, "inv"):
            stack += e.args
        elif e.op == PROD:
            stack += [a for a in e.args if a.shape]
            if sum(ls != () for ls in e.data[0]) != 1 or e.data[1] not in e.data[0]:
                return False
        elif e.op != DELTA and not is_declared(e, "diagonal"):
            return False
    return False


def is_number(x: Expr) -> bool:
    """A number, perhaps spread."""
    _, rest = split(x)
    return is_ones(rest) or is_zero(rest)


def spread_axes(x: Expr) -> list[int]:
    """The axes of a product along which it is spread."""
    used = {i for ls in x.data[0] for i in ls}
    return [axis for axis, i in enumerate(x.data[1]) if i not in used]


def along(home: Context, x: Expr, kept: Sequence[int]) -> Expr:
    """A product that is spread along all axes but those kept, without the others."""
    labels, out = x.data
    sizes = dict(zip(out, x.shape, strict=True))
    return home.product(
        list(zip(x.args, labels, strict=True)), tuple([out[axis] for axis in kept]), {out[axis]: sizes[out[axis]] for axis in kept}
    )


def is_outer(x: Expr) -> bool:
    """Whether a matrix in normal form is made of outer products u*v' and diag(v) by sums and entry by entry: its own diagonal is shorter."""
    stack = [x]
    for _ in range(MAX_PARTS):
        if not stack:
            return True
        e = stack.pop()
        if e.op == SUM:
            stack += e.args
        elif e.op == PROD:
            labels, out = e.data
            whole = [set(ls) == set(out) for ls in labels]
            if any(is_whole and a.op == DELTA for a, is_whole in zip(e.args, whole, strict=True)):
                continue
            stack += [a for a, is_whole in zip(e.args, whole, strict=True) if is_whole]
            reached = {out[0]}
            parts = [set(ls) for ls, is_whole in zip(labels, whole, strict=True) if not is_whole]
            while more := [ls for ls in parts if not reached.isdisjoint(ls) and not reached.issuperset(ls)]:
                reached.update(*more)
            if out[1] in reached:
                return False
        elif e.op != DELTA:
            return False
    return False


def diagonal_of(home: Context, x: Expr) -> Expr | None:
    """v, where a matrix in normal form is diag(v), or a sum of such; None for an identity and for what is not known to be diagonal."""
    terms = []
    for c, t in terms_of(x) if len(x.shape) == 2 else ():
        if t.op == DELTA:
            terms.append((c, ones(x.shape[:1])))
            continue
        if t.op != PROD:
            return None
        labels, out = t.data
        own = [k for k, (f, ls) in enumerate(zip(t.args, labels, strict=True)) if f.op == DELTA and ls in (out, out[::-1])]
        if len(own) != 1:
            return None
        rest = [
            (f, tuple([out[0] if i == out[1] else i for i in ls]))
            for k, (f, ls) in enumerate(zip(t.args, labels, strict=True))
            if k not in own
        ]
        terms.append((c, home.product(rest, out[:1], {out[0]: x.shape[0]})))
    if not terms or x.op == DELTA:
        return None
    if all(constant_along(t) for _, t in terms):  # (1 + a)*eye
        return home.product([(home.sum([(c, home.without_axes(t)) for c, t in terms], ()), ())], (0,), {0: x.shape[0]})
    return home.sum(terms, x.shape[:1])
