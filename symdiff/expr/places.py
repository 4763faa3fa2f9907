"""Index arithmetic in nodes: numbers of indices, their sums, and the brackets that compare them.

An index as a number is `cumsum(ones(n))`: 1, 2, …, n along its axis. What is made of such numbers, sizes and whole numbers by
sums and whole multiples is *affine*: along some axes it counts, along the others it is constant. A comparison of two affine
values is a *bracket of places*, a tensor of zeros and ones without variables:

    [l == i + j - 1]      an equality, as a factor over which l is summed, takes the entries at i + j - 1: a window, a shift, a stride
    [j <= i]              an inequality is (part of) the range of a sum

Whoever writes text or code for a product looks at its factors with `bracket_of`: a window is then a view of an array, a shift a
slice, a stride a stride, and a range the bounds of a sum; a tensor of zeros and ones is never needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from symdiff.expr import build
from symdiff.expr.build import ONE
from symdiff.expr.dims import never_negative, terms, total
from symdiff.expr.node import DELTA, DIM, NAME, NUM, PROD, RESHAPE, SUM, Dim, Expr
from symdiff.expr.patterns import has_one_factor, is_call, is_call_of
from symdiff.table.operators import ABOVE, BELOW, STRICT

RELATIONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))


class Affine(NamedTuple):
    """The value `sum of axes[a] * (the place along axis a, counted from 1) + sum of rest[d] * d`, for places along the axes of a node."""

    axes: Mapping[int, int]
    rest: Mapping[Dim, int]


class Bracket(NamedTuple):
    """`value relation 0`: a comparison of places."""

    relation: str
    value: Affine


def bracket_of(e: Expr) -> Bracket | None:
    """The bracket of places that a node is; None for other nodes."""
    if e.op == NAME:
        return bracket_of(e.args[0])
    if has_one_factor(e) and len(set(e.data[0][0])) == len(e.data[0][0]) and set(e.data[0][0]) <= set(e.data[1]):
        inner = bracket_of(e.args[0])  # laid out along further axes
        if inner is None:
            return None
        place = [e.data[1].index(k) for k in e.data[0][0]]
        return Bracket(inner.relation, Affine({place[a]: c for a, c in inner.value.axes.items()}, inner.value.rest))
    if not is_call_of(e, RELATIONS) or not e.shape:
        return None
    left, right = affine(e.args[0]), affine(e.args[1])
    if left is None or right is None:
        return None
    value = Affine(_plus(left.axes, right.axes, -1), _plus(left.rest, right.rest, -1))
    return Bracket(e.data, value) if value.axes else None


def is_selection(e: Expr) -> bool:
    """Whether a value is made of brackets of places and identities alone, by sums and multiples: it takes entries of something."""
    stack = [e]
    found = False
    while stack:
        e = stack.pop()
        if e.op == DELTA or bracket_of(e) is not None:
            found = True
        elif e.op == SUM or (
            e.op == PROD
            and len(e.args) < 3
            and sum(bool(a.shape) for a in e.args) == 1
            and len(set(e.data[1])) == len(e.shape)
            and all(k in e.data[1] for ls in e.data[0] for k in ls)  # nothing is summed over
        ):
            stack += [a for a in e.args if a.shape]
        else:
            return False
    return found


def is_count(e: Expr) -> bool:
    """The numbers 1, 2, …, n: an index as a number."""
    if not is_call(e, "cumsum") or len(e.shape) != 1:
        return False
    ones = e.args[0]
    return ones.op == PROD and ones.args in ((), (ONE,)) and ones.data[0] in ((), ((),))


def affine(e: Expr) -> Affine | None:
    """A node as sums of places along its axes, sizes and whole numbers; None if it is something else.

    One look at the node and what it is made of; it ends because values of index arithmetic are shallow, and others are left at once.
    """
    if e.op == NUM:
        return Affine({}, {1: e.data} if e.data else {}) if isinstance(e.data, int) else None
    if e.op == DIM:
        return Affine({}, dict(terms(e.data)))
    if is_count(e):
        return Affine({0: 1}, {})
    if e.op == NAME or (e.op == RESHAPE and e.shape == e.args[0].shape):
        return affine(e.args[0])
    if e.op == SUM:
        axes: Mapping[int, int] = {}
        rest: Mapping[Dim, int] = {}
        for c, t in zip(e.data, e.args, strict=True):
            part = affine(t) if isinstance(c, int) else None
            if part is None:
                return None
            axes, rest = _plus(axes, part.axes, c), _plus(rest, part.rest, c)
        return Affine(axes, rest)
    if e.op == PROD:
        return _product(e)
    return None


def _product(e: Expr) -> Affine | None:
    """A value laid out along axes, times whole numbers and sizes."""
    labels, out = e.data
    number, value = 1, None
    size: dict[Dim, int] = {}
    at: tuple[int, ...] = ()
    for f, ls in zip(e.args, labels, strict=True):
        part = affine(f)
        if part is None or len(set(ls)) < len(ls) or any(k not in out and d != 1 for k, d in zip(ls, f.shape, strict=True)):
            return None
        for axis in [a for a in part.axes if ls[a] not in out]:  # of length 1, as that of a row: its only place is 1
            part = Affine({a: c for a, c in part.axes.items() if a != axis}, _plus(part.rest, {1: 1}, part.axes[axis]))
        if set(part.rest) <= {1} and not part.axes:  # a number, perhaps spread
            number *= part.rest.get(1, 0)
        elif not part.axes and not size and value is None:
            size = dict(part.rest)
        elif value is None and not size:
            value, at = part, ls
        else:
            return None
    if value is None:
        return Affine({}, _plus({}, size or {1: 1}, number))
    return Affine({out.index(at[a]): c * number for a, c in value.axes.items() if c * number}, _plus({}, value.rest, number))


def _plus(a: Mapping[Any, int], b: Mapping[Any, int], times: int) -> dict[Any, int]:
    found = dict(a)
    for k, c in b.items():
        found[k] = found.get(k, 0) + times * c
    return {k: c for k, c in found.items() if c}


def count_along(e: Expr, axis: int) -> Expr | None:
    """At how many places along an axis a bracket holds, for every place along the others; None where its range may leave the axis.

    `[k < i]` holds at i - 1 places k.
    """
    bracket = bracket_of(e)
    c = bracket.value.axes.get(axis, 0) if bracket is not None else 0
    if bracket is None or abs(c) != 1:
        return None
    n = e.shape[axis]
    relation = bracket.relation if c > 0 else {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(bracket.relation, bracket.relation)
    axes = {a: -c * v for a, v in bracket.value.axes.items() if a != axis}
    rest = {d: -c * v for d, v in bracket.value.rest.items()}
    if relation in STRICT:
        rest = _plus(rest, {1: 1}, -1 if relation == "lt" else 1)
    if relation in BELOW:  # 1 to this end
        low, high, count = _least(e, axes, rest), _least(e, axes, rest, -1, n), Affine(axes, rest)
    elif relation in ABOVE:  # from this one to n
        low, high = _least(e, axes, _plus(rest, {1: 1}, -1)), _least(e, axes, _plus(rest, {1: 1}, -1), -1, n)
        count = Affine({a: -v for a, v in axes.items()}, _plus(_plus({1: 1}, rest, -1), terms(n), 1))
    else:
        low, high = _least(e, axes, _plus(rest, {1: 1}, -1)), _least(e, axes, rest, -1, n)
        count = Affine({}, {1: 1} if relation == "eq" else _plus(terms(n), {1: 1}, -1))
    if never_negative(low) is not True or never_negative(high) is not True:
        return None
    return _built(count, [a for a in range(len(e.shape)) if a != axis], e)


def _least(e: Expr, axes: Mapping[int, int], rest: Mapping[Dim, int], sign: int = 1, n: Dim = 0) -> Mapping[Dim, int]:
    """n + sign times an affine value, at its smallest, for places along all of their axes."""
    parts: list[tuple[Dim, int]] = [(n, 1), *[(d, sign * c) for d, c in rest.items()]]
    parts += [(e.shape[a] if sign * c < 0 else 1, sign * c) for a, c in axes.items()]
    return terms(total(parts))


def _built(value: Affine, axes: Sequence[int], e: Expr) -> Expr:
    """The node of an affine value along these axes of a node."""
    shape = tuple([e.shape[a] for a in axes])
    parts: list[tuple[int, Expr]] = []
    for a, c in value.axes.items():
        count = build.call("cumsum", build.spread(ONE, (e.shape[a],)))
        parts.append((c, build.contract((count,), ((axes.index(a),),), tuple(range(len(axes))), dict(enumerate(shape)))))
    if value.rest:
        parts.append((1, build.spread(build.dim(total(value.rest.items())), shape)))
    return build.linear([c for c, _ in parts], [x for _, x in parts]) if parts else build.spread(build.ZERO, shape)
