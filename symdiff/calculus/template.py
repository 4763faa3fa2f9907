"""Texts of the table, ready to be put in place.

In: a text such as "y*(1 - y)" and the types of its letters. Out: the expression with nodes in the place of the
letters, lifted over batch axes. A lifted value is a pair (node, labels): the node's leading axes carry the batch
labels, its remaining axes are those of the template. This one lifting serves elementwise rows on tensors of any
order, rows of whole tensors with batch axes, and Jacobians, whose adjoints have the value's axes in front.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from symdiff.errors import DomainError
from symdiff.expr import build
from symdiff.expr import dims as computed
from symdiff.expr.node import CALL, DELTA, DIM, POW, PROD, RESHAPE, SUM, UNIT, VAR, Dim, Expr, Shape, make, operation
from symdiff.expr.walk import substitute, topological
from symdiff.syntax import template
from symdiff.table import TABLE, OwnName

Lifted = tuple[Expr, tuple[int, ...]]


@cache
def parsed(text: str, types: tuple[tuple[str, Shape], ...]) -> list[Expr]:
    """The nodes of a template, arguments first; the last one is its value."""
    return topological([template(text, dict(types))])


@cache
def edge(name: str, k: int, ties: tuple[str, ...] = ()) -> list[Expr]:
    """The local derivative of an elementwise row by its k-th argument, over scalars named as in the signature and y.

    Arguments first. ties: those of the row's comparisons that have their equality. DomainError where there is none.
    """
    row = TABLE[name]
    if row.args[k] in row.integer:
        raise DomainError(
            f"{row.name} has no derivative by {row.args[k]}, which is a whole number",
            hint=f"differentiate by a name that is not in the {row.args[k]} of {row.name}",
        )
    if not row.edge:
        raise DomainError(f"the derivative of {row.name} is not known", hint="add a row with an edge for it")
    return parsed(row.edge_by(k, ties), tuple((letter, ()) for letter in (*row.args, "y")))


@cache
def pull(name: str, k: int, order: int, shared: bool = False) -> list[Expr]:
    """The adjoint that a row of whole tensors passes to its k-th argument.

    order: the number of axes of the first argument, for rows over all entries ("* -> "). shared: where its entries may be one function.
    """
    row = TABLE[name]
    ins, out = row.core()
    if ins[0] == ("*",):
        ins = (tuple(f"n{axis}" for axis in range(order)), *ins[1:])

    def shape(core: Sequence[str]) -> Shape:
        return tuple(int(axis) if axis.isdigit() else axis for axis in core)

    types = [(letter, shape(core)) for letter, core in zip(row.args, ins, strict=False)]
    return parsed((row.shared if shared else row.pull)[k], (*types, ("y", shape(out)), ("g", shape(out))))


@cache
def _define(name: str) -> list[Expr]:
    return parsed(TABLE[name].define, tuple((letter, ()) for letter in TABLE[name].args))


def written_out(roots: Sequence[Expr]) -> list[Expr]:
    """The same values with the definitions of functions of one's own in the place of their calls: for code, which has no word for them."""
    if not any(node.op == CALL and type(node.data) is OwnName for node in topological(roots)):
        return list(roots)

    def put_in(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op != CALL or type(node.data) is not OwnName:
            return make(node.op, args, node.data, node.shape)
        labels = tuple(range(len(node.shape)))
        values = {letter: (arg, labels) for letter, arg in zip(TABLE[node.data].args, args, strict=True)}
        made, batch = lift(_define(node.data), values, dict(enumerate(node.shape)), {})
        return made if batch == labels else build.spread(made, node.shape)

    done = substitute(roots, put_in)
    return [done[root] for root in roots]


Step = tuple[Callable[[list[Expr]], tuple[Expr, ...]], Callable[[tuple[Expr, ...]], Expr]]


@cache
def scalar_edge(name: str, k: int, ties: tuple[str, ...] = ()) -> tuple[list[Expr], list[Step], int]:
    """The local derivative of `edge` as constants, steps and the number of its value; for `put`.

    Values are numbered: the arguments, y, the constants, then what the steps make: a step takes its arguments from the
    values before and makes the node.
    """
    nodes = edge(name, k, ties)
    constants = [node for node in nodes if not node.args and node.op != VAR]
    numbers = {letter: i for i, letter in enumerate((*TABLE[name].args, "y"))}
    places = {node: numbers[node.data[0]] for node in nodes if node.op == VAR}
    places.update((node, len(numbers) + i) for i, node in enumerate(constants))
    steps: list[Step] = []
    for node in nodes:
        if node.args:
            places[node] = len(numbers) + len(constants) + len(steps)
            steps.append((_taking([places[a] for a in node.args]), _making(node.op, node.data)))
    return constants, steps, places[nodes[-1]]


def _taking(places: list[int]) -> Callable[[list[Expr]], tuple[Expr, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    (i,) = places
    return lambda values: (values[i],)


def _making(op: int, data: Any) -> Callable[[tuple[Expr, ...]], Expr]:
    table = operation(op, data)
    return (lambda args: make(op, args, data)) if table is None else table.__getitem__


def put(name: str, k: int, args: Sequence[Expr], y: Expr, ties: tuple[str, ...] = ()) -> Expr:
    """The local derivative of an elementwise row at scalar arguments: the common case, and the fast one."""
    constants, steps, last = scalar_edge(name, k, ties)
    values = [*args, y, *constants]
    for take, made in steps:
        values.append(made(take(values)))
    return values[last]


def lift(nodes: list[Expr], values: Mapping[str, Lifted], sizes: Mapping[int, Dim], dims: Mapping[str, Dim]) -> Lifted:
    """The template over batch axes.

    values: for each letter its node and the labels of its leading axes. sizes: the dimension of every batch label.
    dims: what the template's dimension names stand for.
    """
    new: dict[Expr, Lifted] = {}
    base = max(sizes, default=-1) + 1

    def size(d: Dim) -> Dim:
        return (
            computed.put(d, dims)
            if isinstance(d, str) and d not in dims
            else build.dim_product([dims[p] if isinstance(p, str) else p for p in (d if isinstance(d, tuple) else (d,))])
        )

    def core(node: Expr) -> Shape:
        return tuple([size(d) for d in node.shape])

    def spread(value: Lifted, batch: tuple[int, ...]) -> Expr:
        node, labels = value
        if labels == batch:
            return node
        rest = tuple(range(base, base + len(node.shape) - len(labels)))
        return build.contract([node], [labels + rest], batch + rest, dict(sizes))

    def union(group: Sequence[Lifted]) -> tuple[int, ...]:
        return tuple(sorted({label for _, labels in group for label in labels}))

    for node in nodes:
        group = [new[a] for a in node.args]
        if node.op == VAR:
            new[node] = values[node.data[0]]
        elif node.op == DIM:
            new[node] = (build.dim(size(node.data)), ())
        elif node.op in (DELTA, UNIT):
            new[node] = (make(node.op, (), node.data, core(node)), ())
        elif not node.args:
            new[node] = (node, ())
        elif node.op == PROD:
            batch = union(group)
            inner, out = node.data
            labels = [ls + tuple([base + i for i in own]) for (_, ls), own in zip(group, inner, strict=True)]
            known = dict(sizes) | {base + i: size(d) for i, d in zip(out, node.shape, strict=True)}
            result = build.contract([v for v, _ in group], labels, batch + tuple([base + i for i in out]), known)
            new[node] = (result, batch)
        elif node.op == POW and not node.args[1].shape and not group[1][1]:
            (x, batch), (k, _) = group
            new[node] = (build.power(x, k), batch)
        elif node.op in (SUM, POW, CALL, RESHAPE):
            batch = union(group)
            args = tuple([spread(value, batch) for value in group])
            shape = tuple([sizes[label] for label in batch]) + core(node)
            new[node] = (make(node.op, args, node.data, shape), batch)
        else:
            raise AssertionError(f"a template cannot hold {node.op}")
    return new[nodes[-1]]
