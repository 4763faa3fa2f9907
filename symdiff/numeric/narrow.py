"""Sums over a part of an axis, over an axis of that length: `sum(i=3..n, x[i]*x[i-1])` runs over n - 2 entries, and nothing is computed for the others.

In and out: expressions of the same values, with entries taken as `places` leaves them. A product that sums over an axis along which brackets cut
off both the first and the last entries, or one of these, becomes one over a shorter axis without these brackets: what varies along it is
computed for the entries that are left, or, where others need it, too, is a slice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from symdiff.expr import build, dims
from symdiff.expr.build import ONE
from symdiff.expr.node import POW, PROD, SUM, Dim, Expr, make
from symdiff.expr.patterns import is_call, is_call_of
from symdiff.expr.walk import substitute, topological
from symdiff.numeric.inner import placed
from symdiff.numeric.places import SIGNS, Linear, between, is_index, windows
from symdiff.table import TABLE

MAX_DEPTH = 12  # deeper expressions are computed for all entries and cut
MAX_LOOKED_AT = 64


def narrowed(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with sums over parts of axes as sums over shorter ones."""
    nodes = topological(exprs)
    if not any(is_call(node, *SIGNS) for node in nodes):
        return list(exprs)
    uses = Counter([*exprs, *[a for node in nodes for a in node.args]])

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = make(node.op, args, node.data, node.shape) if args else node
        uses[made] = max(uses[made], uses[node])
        return _shortened(made, uses) if made.op == PROD else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _shortened(node: Expr, uses: Mapping[Expr, int]) -> Expr:
    labels, out = node.data
    for label in dict.fromkeys([ls[0] for f, ls in zip(node.args, labels, strict=True) if len(ls) == 1 and is_call(f, *SIGNS)]):
        own = [k for k, (f, ls) in enumerate(zip(node.args, labels, strict=True)) if ls == (label,) and between(f) is not None]
        others = [k for k, ls in enumerate(labels) if label in ls and k not in own]
        if (
            label in out
            or not own
            or not any(takes_entries(node.args[k]) for k in others)
            or any(labels[k][0] != label or labels[k].count(label) > 1 for k in others)
        ):
            continue
        size = node.args[own[0]].shape[0]
        ends = _ends(size, [node.args[k] for k in own])
        if ends is None:
            continue
        first, short = ends
        made = {k: _from(node.args[k], first, short, uses, 0) for k in others}
        kept = [k for k in range(len(node.args)) if k not in own]
        return build.contract(
            [made.get(k, node.args[k]) for k in kept], [labels[k] for k in kept], out, dict(zip(out, node.shape, strict=True))
        )
    return node


def takes(node: Expr) -> bool:
    """Entries of an array at other places."""
    return is_call(node, "_take0")


def takes_entries(node: Expr) -> bool:
    """Whether entries at other places are a part of a value, as far as that is seen near its top: of arrays that are given a slice is as short."""
    stack = [node]
    for _ in range(MAX_LOOKED_AT):
        if not stack:
            return False
        node = stack.pop()
        if takes(node):
            return True
        stack += node.args
    return False


def _ends(size: Dim, brackets: Sequence[Expr]) -> tuple[int, Dim] | None:
    """How many entries are cut off in front, and how many are left; None where sizes decide."""
    first = last = 0
    for bracket in brackets:
        low, high = between(bracket) or (None, None)
        if low is not None:
            if low.terms:
                return None
            first = max(first, low.const - 1)
        if high is not None:
            left = dims.total([*[(atom.data, c) for (atom, _), c in high.terms.items()], (1, high.const), (size, -1)])
            if not isinstance(left, int):
                return None
            last = max(last, -left)
    short = dims.total([(size, 1), (1, -first - last)])
    return (first, short) if (first or last) and not (isinstance(short, int) and short < 1) else None


def _from(node: Expr, first: int, short: Dim, uses: Mapping[Expr, int], depth: int) -> Expr:
    """The entries of a node along its first axis behind the first ones, `short` of them."""
    shape = (short, *node.shape[1:])
    if takes(node) and len(node.args[1].shape) == 1 and (inside := windows(node.args[1])) is not None:
        return placed("_take", 0, (node.args[0], _places(inside, first, short)), shape)
    if depth < MAX_DEPTH and uses.get(node, 1) < 2:
        if node.op == PROD and all(0 not in map(node.data[1].index, ls[1:]) for ls in node.data[0] if set(ls) <= set(node.data[1])):
            return _product(node, first, short, uses, depth)
        if is_index(node):
            return build.linear([1, 1], [build.call("cumsum", build.spread(ONE, shape)), build.spread(build.num(first), shape)])
        if node.op in (SUM, POW) or (is_call_of(node, TABLE) and TABLE.names[node.data].elementwise):
            args = tuple([_from(a, first, short, uses, depth + 1) if a.shape == node.shape else a for a in node.args])
            return make(node.op, args, node.data, shape)
    return placed("_take", 0, (node, _places(({0: 1}, Linear({}, 0)), first, short)), shape)


def _product(node: Expr, first: int, short: Dim, uses: Mapping[Expr, int], depth: int) -> Expr:
    labels, out = node.data
    args = [_from(a, first, short, uses, depth + 1) if ls and ls[0] == out[0] else a for a, ls in zip(node.args, labels, strict=True)]
    return build.contract(args, labels, out, dict(zip(out, (short, *node.shape[1:]), strict=True)))


def _places(inside: tuple[dict[int, int], Linear], first: int, short: Dim) -> Expr:
    """The places that follow each other as these do, from another one on."""
    (sign,), rest = inside[0].values(), inside[1]
    index = build.call("cumsum", build.spread(ONE, (short,)))
    parts = [(sign, index), *[(c, build.spread(atom, (short,))) for (atom, _), c in rest.terms.items()]]
    if const := rest.const + sign * first:
        parts.append((1, build.spread(build.num(const), (short,))))
    return build.linear([c for c, _ in parts], [a for _, a in parts])
