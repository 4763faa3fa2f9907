"""Who owns a tie: maxima and minima of values that coincide.

Of two arguments that share no variable, as in `max(1 - m, 0)`, neither has one: they meet at a kink only. Arguments that share a
variable may coincide all over a region or on a diagonal (`max(x, relu(x))`, `sum(max(A, A'))`); there both have the same
derivative, and it must be counted once: the tie belongs to the first. Entries of one tensor share a tie, unless any two of them are
different functions at every size, as those of x and of A*x are, which meet at kinks only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from symdiff.calculus import template
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, VAR, Expr
from symdiff.expr.patterns import has_no_factor, has_number_exponent, is_multiple, is_plain_number
from symdiff.expr.walk import topological, unnamed
from symdiff.table import TABLE

# Sets of variables are numbers, a bit for each. With more variables than this, several share a bit, and what seems to be in common is looked
# for among the variables themselves, as long as that visits no more than this many nodes for the whole graph; then it is taken to be.
MAX_BITS = 1 << 13
MAX_VISITS = 1_000_000


def tied(order: Sequence[Expr]) -> dict[Expr, tuple[str, ...]]:
    """For the calls among the nodes in `order` (arguments first): those of their row's `ties` whose two sides share a variable."""
    users = Counter([a for e in order for a in e.args])
    bits: dict[Expr, int] = {}
    variables = visits = 0
    found: dict[Expr, tuple[str, ...]] = {}
    for e in order:
        if e.op == VAR:
            bits[e] = 1 << variables % MAX_BITS
            variables += 1
            continue
        union = 0
        for a in e.args:
            union |= bits[a]
        bits[e] = union
        if e.op == CALL and union and TABLE.names[e.data].ties:
            row = TABLE.names[e.data]
            sides = {tie: [row.args.index(letter) for letter in tie.split()[::2]] for tie in row.ties}
            ties = tuple([tie for tie, (i, j) in sides.items() if bits[e.args[i]] & bits[e.args[j]]])
            if ties and variables > MAX_BITS:
                visits, ties = _confirmed(e, {tie: sides[tie] for tie in ties}, visits)
            if ties:
                found[e] = ties
        for a in e.args:  # what has no user left is forgotten, so that few sets are alive at a time
            users[a] -= 1
            if not users[a]:
                del bits[a]
    return found


def local(e: Expr, k: int, equal: tuple[str, ...]) -> Expr:
    """The local derivative of such a call by its k-th argument, in terms of its arguments: brackets, with the equality in these of its ties."""
    letters = dict(zip(TABLE.names[e.data].args, e.args, strict=True))
    new: dict[Expr, Expr] = {}
    for node in template.edge(e.data, k, equal):
        new[node] = letters[node.name] if node.op == VAR else build.call(node.data, *[new[a] for a in node.args]) if node.args else node
    return new[node]


def shares(e: Expr) -> bool:
    """Whether the entries of the argument of a maximum over entries share a tie."""
    row = TABLE.names[e.data]
    if not row.shared:
        return False
    ins = row.core()[0][0]
    return not different(e.args[0], len(e.args[0].shape) if ins == ("*",) else len(ins), up_to_sign=row.name == "norminf")


def shared_local(x: Expr, y: Expr, name: str) -> Expr | None:
    """The local derivative of a maximum over all entries of x, whose value is y, where ties are shared; None for other rows."""
    if name not in ("max_entries", "min_entries", "norminf"):
        return None
    met = build.call("eq", build.call("abs", x) if name == "norminf" else x, y)
    part = build.divide(met, build.total(met))
    return build.elementwise(build.call("sign", x), part) if name == "norminf" else part


def _confirmed(e: Expr, sides: dict[str, list[int]], visits: int) -> tuple[int, tuple[str, ...]]:
    """The visits so far, and the ties whose sides have a variable in common; all of them where the budget is spent."""
    within: dict[int, set[Expr]] = {}
    for k in {k for pair in sides.values() for k in pair}:
        if visits > MAX_VISITS:
            return visits, tuple(sides)
        below = topological([e.args[k]])
        visits += len(below)
        within[k] = {x for x in below if x.op == VAR}
    return visits, tuple([tie for tie, (i, j) in sides.items() if not within[i].isdisjoint(within[j])])


# ---------------------------------------------------------------------------------------------- entries of a tensor

# What is known of the entries of a tensor that differ in their place, each level including those before:
UNKNOWN = 0
DIFFERENT = 1  # no two are the same function
SIGNED = 2  # nor is one the negative of another
OWN = 3  # each depends on a variable, or an entry of one, that the other does not depend on


class Known(NamedTuple):
    """A level. flat: on a region the entries may all have one constant value, as those of relu(x) have: harmless alone, not beside others."""

    level: int
    flat: bool = False


NOTHING = Known(UNKNOWN)

# A variable with one of these properties has entries that are equal, 0, or bound to each other.
BOUND = frozenset(("symmetric", "psd", "diagonal", "orthogonal", "onehot", "simplex"))

# Of larger values the entries are taken to be equal, and share.
MAX_NODES, MAX_DEPTH = 2_000, 40

# Functions that grow with the absolute value.
EVEN = frozenset(("abs", "cosh"))


def different(v: Expr, axes: int, *, up_to_sign: bool = False) -> bool:
    """Whether any two entries of v along its last `axes` axes are proven to be different functions of the formula's variables, at every size.

    up_to_sign: nor one the negative of another. False also where that is not known.
    """
    nodes = topological([v])
    if len(nodes) > MAX_NODES:
        return False
    ways: Counter[Expr] = Counter({v: 1})  # in how many places a node stands
    for node in reversed(nodes):
        for a in node.args:
            ways[a] += ways[node]
    return _Entries(ways).known(v, range(len(v.shape) - axes, len(v.shape)), MAX_DEPTH).level >= (SIGNED if up_to_sign else DIFFERENT)


class _Entries:
    def __init__(self, ways: Counter[Expr]) -> None:
        self.ways = ways

    def known(self, v: Expr, along: Sequence[int], depth: int) -> Known:
        """What is known of the entries of v that differ in their place along these axes."""
        v = unnamed(v)
        axes = [k for k in along if v.shape[k] != 1]
        if not axes:
            return Known(OWN)
        if depth == 0:
            return NOTHING
        if v.op in (VAR, OPAQUE):
            free = v.op == OPAQUE or BOUND.isdisjoint(v.data[1])
            return Known(OWN if self.ways[v] == 1 else SIGNED) if free else NOTHING
        if v.op == SUM:
            return self.of_sum(v, axes, depth)
        if v.op == PROD:
            return self.of_product(v, axes, depth)
        if v.op == RESHAPE and len(axes) == len(v.shape):
            return self.known(v.args[0], range(len(v.args[0].shape)), depth - 1)
        if has_number_exponent(v):
            return self.of_power(v, axes, depth)
        return self.of_call(v, axes, depth) if v.op == CALL else NOTHING

    def of_sum(self, v: Expr, axes: list[int], depth: int) -> Known:
        varying = [t for t in v.args if varies(t, axes)]
        found = [self.known(t, axes, depth - 1) for t in varying]
        if len(v.args) == 1:
            return found[0] if found else NOTHING
        if any(k.level == OWN and not k.flat for k in found):
            return Known(OWN)
        if len(varying) != 1:
            return NOTHING
        numbers = all(is_number(t) for t in v.args if t is not varying[0])
        if found[0].flat and not numbers:
            return NOTHING
        return Known(OWN if found[0].level == OWN else min(found[0].level, DIFFERENT), found[0].flat)

    def of_product(self, v: Expr, axes: list[int], depth: int) -> Known:
        labels, out = v.data
        mine = {out[k] for k in axes}
        pairs = list(zip(v.args, labels, strict=True))
        varying = [(f, ls) for f, ls in pairs if not mine.isdisjoint(ls)]
        others = [f for f, ls in pairs if mine.isdisjoint(ls)]
        covered: set[int] = set()
        flat = False
        for f, ls in varying:
            found = self.known(f, [k for k, label in enumerate(ls) if label in mine or label not in out], depth - 1)
            if found.level == OWN and not found.flat:
                covered.update(mine.intersection(ls))
            elif not (lasting := nonzero(f, depth)):
                return NOTHING
            else:
                flat |= lasting == ONLY_FLAT
        lasting = min([nonzero(f, depth) for f in others], default=NONZERO)
        if not lasting:
            return NOTHING
        flat |= lasting == ONLY_FLAT
        if covered == mine:
            return Known(OWN, flat)
        if len(varying) == 1 and mine.issubset(varying[0][1]) and all(label in out for label in varying[0][1]):
            f, ls = varying[0]
            found = self.known(f, [k for k, label in enumerate(ls) if label in mine], depth - 1)
            if found.flat and not all(is_number(g) for g in others):
                return NOTHING
            return Known(found.level, flat or found.flat)
        return NOTHING

    def of_power(self, v: Expr, axes: list[int], depth: int) -> Known:
        level, flat = self.known(v.args[0], axes, depth - 1)
        n = v.args[1].data
        if n == int(n) and n % 2 == 0:
            return Known(level if level >= SIGNED else UNKNOWN, flat)
        return Known(level if level == UNKNOWN or n == int(n) else max(level, SIGNED), flat)

    def of_call(self, v: Expr, axes: list[int], depth: int) -> Known:
        row = TABLE.names[v.data]
        if row.shape:
            return self.of_whole(v, axes, depth)
        varying = [a for a in v.args if varies(a, axes)]
        if len(varying) != 1 or row.relation or set(row.edge) == {"0"} or v.data == "if":
            return NOTHING
        level, flat = self.known(varying[0], axes, depth - 1)
        if row.kink and v.data != "abs":  # in pieces, of which one may be constant, or another argument
            if level != OWN or not all(is_number(a) for a in v.args if a is not varying[0]):
                return NOTHING
            return Known(OWN, True)
        if level == OWN:
            return Known(OWN, flat)
        if len(v.args) > 1:
            return NOTHING
        if v.data in EVEN:
            return Known(level if level >= SIGNED else UNKNOWN, flat)
        if row.increasing is None:
            return NOTHING
        positive = row.range.startswith(("y > 0", "y >= 0", "0 < y", "0 <= y"))
        return Known(SIGNED if positive and level else level if row.odd else min(level, DIFFERENT), flat)

    def of_whole(self, v: Expr, axes: list[int], depth: int) -> Known:
        last = len(v.shape) - 1
        if v.data not in ("softmax", "log_softmax", "cumsum"):
            return NOTHING
        level, flat = self.known(v.args[0], axes, depth - 1)
        if flat or (level < OWN and (axes != [last] or v.data == "cumsum")):
            return NOTHING
        return Known(min(level, DIFFERENT if v.data == "log_softmax" else SIGNED) if level != DIFFERENT or v.data != "softmax" else SIGNED)


def varies(v: Expr, axes: Sequence[int]) -> bool:
    """Whether entries of v may differ along one of these axes."""
    if v.op == NAME:
        return varies(v.args[0], axes) if v.args[0].op != NAME else True
    if is_multiple(v):
        v = v.args[0]
    if v.op != PROD:
        return bool(v.shape)
    used = {label for labels in v.data[0] for label in labels}
    return any(v.data[1][k] in used for k in axes)


def is_number(v: Expr) -> bool:
    """A number, a size or a constant, perhaps scaled or spread."""
    while v.op in (SUM, PROD, NAME) and len(v.args) == 1:
        v = v.args[0]
    return is_plain_number(v) or has_no_factor(v)


# Of a factor: it may be 0 identically; only on a region; nowhere but at points.
ZERO, ONLY_FLAT, NONZERO = 0, 1, 2


def nonzero(v: Expr, depth: int) -> int:
    """Whether the entries of a factor are functions other than 0; unknown is ZERO."""
    if depth == 0:
        return ZERO
    if v.op == NAME:
        return nonzero(v.args[0], depth - 1)
    if v.op == VAR:
        return NONZERO if {"onehot", "diagonal"}.isdisjoint(v.data[1]) else ZERO
    if v.op == NUM:
        return NONZERO if v.data else ZERO
    if v.op in (DIM, CONST, OPAQUE):
        return NONZERO
    if v.op in (POW, SUM, RESHAPE, PROD):
        args = v.args[:1] if v.op == POW else v.args
        found = [nonzero(a, depth - 1) for a in args]
        if v.op == SUM and found:
            return NONZERO if NONZERO in found else max(found)
        return min(found, default=NONZERO)
    if v.op != CALL:
        return ZERO
    row = TABLE.names[v.data]
    if row.relation or set(row.edge) == {"0"} or v.data == "if":
        return ZERO
    if row.kink and v.data != "abs":
        return ONLY_FLAT
    if row.range.startswith(("y > 0", "0 < y")):
        return NONZERO
    return min([nonzero(a, depth - 1) for a in v.args], default=NONZERO)
