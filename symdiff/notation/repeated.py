"""Names in an answer: those that are taken, and those given to parts that occur more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from symdiff.bounds import LIMITS
from symdiff.expr import dims as computed
from symdiff.expr.build import (
    selected,
)
from symdiff.expr.node import CALL, DIM, NAME, OPAQUE, VAR, Dim, Expr
from symdiff.notation.factors import inverse_of, is_spread
from symdiff.table.operators import CONDITIONS

# A part of fewer tokens is repeated rather than named.
SMALL = 5


def parts_of_sizes(dims: Iterable[Dim]) -> Iterator[str]:
    for d in dims:
        yield from computed.names(d)


def names_taken(order: Iterable[Expr]) -> set[str]:
    """Every name that the text may contain, so that fresh ones differ."""
    taken: set[str] = set()
    for e in order:
        if e.op in (VAR, NAME, OPAQUE):
            taken.add(e.data[0])
        if e.op == DIM:
            taken.update(parts_of_sizes((e.data,)))
        if e.shape:
            taken.update(parts_of_sizes(e.shape))
    return taken


def fresh_names(first: Iterable[str], taken: set[str], rest: str = "i") -> Iterator[str]:
    """Names that are not taken: the first ones offered, then `i1`, `i2`, …"""
    yield from (name for name in first if name not in taken)
    yield from (name for name in (f"{rest}{k}" for k in count(1)) if name not in taken)


def token_count(order: Iterable[Expr], expand: bool) -> int:
    """About how many tokens the text has if nothing is given a name."""
    cost: dict[Expr, int] = {}
    total = 0
    for e in order:
        tokens = 1 + sum([cost[a] for a in e.args if a in cost])
        if e.op == NAME and not expand:
            total += tokens
            tokens = 1
        cost[e] = min(tokens, LIMITS.tokens)
    return total + tokens


def repeated_parts(order: Iterable[Expr], expand: bool) -> list[Expr]:
    """The parts worth a name: met more than once, and of at least SMALL tokens."""
    uses: dict[Expr, int] = {}
    cost: dict[Expr, int] = {}
    repeated: list[Expr] = []
    for e in order:
        for a in e.args:
            uses[a] = uses.get(a, 0) + 1
    for e in order:
        tokens = 1 + sum([cost[a] for a in e.args if a in cost])
        if e.op == NAME and not expand:
            tokens = 1
        elif uses.get(e, 0) > 1 and tokens >= SMALL and _nameable(e):
            repeated.append(e)
            tokens = 1
        cost[e] = tokens
    return repeated


def _nameable(e: Expr) -> bool:
    """Not what its user writes in another way: a spread scalar, a divisor, a condition, `D` of an opaque function."""
    if e.op == CALL:
        return e.data not in CONDITIONS
    if selected(e) is not None:  # it is written where it selects: as a slice
        return False
    return e.op != NAME and not is_spread(e) and inverse_of(e) is None
