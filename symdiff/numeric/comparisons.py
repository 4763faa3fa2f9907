"""Comparisons with a side that has no value, which are false: [log(x) != 0] is computed as [x > 0 and log(x) != 0].

In and out: expressions of the same values. A side is followed down as far as its operations work entry by entry; what they need is said in front, so
that code computes the side at a harmless argument where it has no value. What sums over entries stays as it is: a library's nan is false, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from symdiff.expr import build
from symdiff.expr.build import ZERO
from symdiff.expr.node import CALL, NAME, NUM, POW, PROD, SUM, VAR, Expr, Shape, make
from symdiff.expr.patterns import is_call, is_zero
from symdiff.expr.walk import substitute, topological
from symdiff.numeric.inner import row_of
from symdiff.table.operators import FORWARD

# Comparisons whose sides need more are left as they are.
MAX_NEEDS = 4


def defined(exprs: Sequence[Expr], hazard: Callable[[Expr], bool]) -> list[Expr]:
    """The expressions with what the sides of comparisons need in front of these. hazard: whether an operation may have no value."""
    nodes = topological(exprs)
    needs: dict[Expr, tuple[Expr, ...]] = {}
    cutting: set[Expr] = set()  # brackets, and what is made of them: where it is 0, what stands beside it needs nothing
    for node in nodes:
        if (node.op == CALL and (row_of(node.data).relation or node.data == "if")) or not cutting.isdisjoint(node.args):
            cutting.add(node)
        cut = node.op == PROD and not cutting.isdisjoint(node.args)
        needs[node] = () if cut else _needs(node, needs, hazard)
    if not any(is_comparison(n) and any(needs[a] for a in n.args) for n in nodes):
        return list(exprs)

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = make(node.op, args, node.data, node.shape) if args else node
        said = list(dict.fromkeys([c for a in node.args for c in needs[a]])) if is_comparison(node) else []
        if len(said) > MAX_NEEDS or any(c.shape != node.shape for c in said):
            return made
        for c in reversed(said):
            made = build.call("and", c, made)
        return made

    new = substitute(exprs, put)
    return [new[e] for e in exprs]


def kept_where(e: Expr) -> tuple[Expr, Expr] | None:
    """c and a of if(c, a, 0)."""
    return (e.args[0], e.args[1]) if is_call(e, "if") and is_zero(e.args[2]) else None


def is_comparison(node: Expr) -> bool:
    return node.op == CALL and node.data in FORWARD | {"lt", "le"} and len(node.args) == 2


def _needs(node: Expr, needs: dict[Expr, tuple[Expr, ...]], hazard: Callable[[Expr], bool]) -> tuple[Expr, ...]:
    """Conditions, entry by entry, without which a node has no value."""
    entrywise = (
        node.op in (SUM, NAME, POW)
        or (node.op == PROD and all(ls in ((), node.data[1]) for ls in node.data[0]))
        or (node.op == CALL and row_of(node.data).elementwise and not row_of(node.data).relation and node.data != "if")
    )
    if not entrywise:
        return ()
    found = [_along(c, node.shape) for a in node.args for c in needs[a]]
    if hazard(node) and (own := _own(node)) is not None:
        found.append(own)
    return tuple(dict.fromkeys(found))[: MAX_NEEDS + 1]


def _along(x: Expr, shape: Shape) -> Expr:
    return build.spread(x, shape) if shape and not x.shape else x


def _own(node: Expr) -> Expr | None:
    """What the operation itself needs."""
    if node.op == POW:
        base, exponent = node.args
        if exponent.op != NUM:
            return None
        whole = type(exponent.data) is int
        relation = "ne" if whole else "gt" if exponent.data < 0 else "ge"
        return build.call(relation, _along(base, node.shape), _along(ZERO, node.shape))
    row = row_of(node.data)
    args = dict(zip(row.args, node.args, strict=True))
    made: dict[Expr, Expr] = {}
    for part in _condition(row.name):
        if part.op == VAR:
            made[part] = _along(args[part.name], node.shape)
        elif part.op == NUM:
            made[part] = _along(part, node.shape)
        elif part.op == CALL:
            made[part] = build.call(part.data, *[made[a] for a in part.args])
        else:
            return None
    return made[_condition(row.name)[-1]]


@cache
def _condition(name: str) -> tuple[Expr, ...]:
    """The nodes of where a row has a value, the whole last; its border belongs to the domain of a closed one."""
    from symdiff.syntax import template

    row = row_of(name)
    text = re.sub(r"([<>])(?!=)", r"\1=", row.where) if row.closed else row.where
    return tuple(topological([template(text, dict.fromkeys(row.args, ()))]))
