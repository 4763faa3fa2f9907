"""A product by entries on its way to a text: factors and conditions, and where the places of its letters may stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from symdiff.expr import dims
from symdiff.expr.build import ONE, Labels
from symdiff.expr.node import CALL, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, UNIT, Dim, Expr
from symdiff.expr.patterns import is_call
from symdiff.expr.places import Bracket, bracket_of, is_selection
from symdiff.notation.factors import batch_of, is_zero
from symdiff.notation.trees import (
    Index,
    dim,
    number,
    sum_tree,
)
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE

Kept = tuple[Tree | None, ...]

Ends = tuple[Mapping[Any, int], Mapping[Any, int]]  # the first and the last number of a range, as sums of sizes


class Factor(NamedTuple):
    """A factor with the labels of its axes; ready: the tree of what it is at these labels already."""

    node: Expr
    labels: Labels
    ready: Tree | None = None


class Condition(NamedTuple):
    """A bracket of places as a factor: `sum of coefs[label]*place + sum of rest[d]*d  relation  0`. ready: its tree, where it stands in no factor."""

    factor: Factor
    relation: str
    coefs: Mapping[int, int]
    rest: Mapping[Dim, int]
    ready: Tree | None = None


class Network:
    """A product on its way to a text.

    at: what stands for a label: the tree of an index. kept: labels of the output that stay axes. sums: labels that are summed over,
    in the order of their sums. ends: first and last number of each, where it is not its whole axis. size: dimension of every label.
    """

    def __init__(
        self, e: Expr, index: Kept, named: Callable[[Expr], str], around: Mapping[int, Ends], declared: Mapping[int, Ends]
    ) -> None:
        """named: the name of a value that has one, which stays a factor. around: ends of the ranges of letters outside, by the ids of their trees.

        declared: the ends of their ranges alone, where brackets say more.
        """
        labels, out = e.data
        self.around = around
        self.declared = declared
        self.size: dict[int, Dim] = dict(zip(out, e.shape, strict=True))
        self.at: dict[int, Tree] = {k: t for k, t in zip(out, index, strict=True) if t is not None}
        self.kept = tuple([k for k, t in zip(out, index, strict=True) if t is None])
        self.factors: list[Factor] = []
        self.conditions: list[Condition] = []
        self.sums: list[int] = []
        self.ends: dict[int, tuple[Tree | None, Tree | None]] = {}
        self.bounds: dict[int, tuple[Mapping[Any, int], Mapping[Any, int]]] = {}
        waiting = list(zip(e.args, labels, strict=True))[::-1]
        while waiting:
            f, ls = waiting.pop()
            self.size.update(zip(ls, f.shape, strict=True))
            if f.op == PROD and len(f.args) > 1 and not named(f) and all(own in ((), f.data[1]) for own in f.data[0]):  # entry by entry
                waiting += [(a, ls if own else ()) for a, own in zip(f.args, f.data[0], strict=True)][::-1]
                continue
            if f.op == PROD and len(f.args) > 1 and not named(f) and is_selection(f):  # a multiple of one that stands transposed
                label = dict(zip(f.data[1], ls, strict=True))
                waiting += [(a, tuple([label[k] for k in own])) for a, own in zip(f.args, f.data[0], strict=True)][::-1]
                continue
            if f.op == UNIT and ls[0] not in self.at and ls[0] not in self.kept:
                self.at[ls[0]] = number(f.data)
                continue
            if named(f):
                self.factors.append(Factor(f, ls))
                continue
            if is_call(f, "if") and is_zero(f.args[2]) and bracket_of(f.args[0]) is not None:  # a guarded body
                self.conditions.append(self.condition(Factor(f.args[0], ls), bracket_of(f.args[0]), ls))  # type: ignore[arg-type]
                f = f.args[1]
            for part in f.args if is_call(f, "and") and all(map(bracket_of, f.args)) else (f,):
                bracket = bracket_of(part)
                if bracket is None:
                    self.factors.append(Factor(part, ls))
                else:
                    self.conditions.append(self.condition(Factor(part, ls), bracket, ls))
        self.factors.sort(key=lambda f: f.node.op != NUM)

    @staticmethod
    def condition(factor: Factor, bracket: Bracket, ls: Labels) -> Condition:
        coefs: dict[int, int] = {}
        for axis, c in bracket.value.axes.items():
            coefs[ls[axis]] = coefs.get(ls[axis], 0) + c
        return Condition(factor, bracket.relation, {k: c for k, c in coefs.items() if c}, bracket.value.rest)

    def extreme(self, coefs: Mapping[int, int], rest: Mapping[Dim, int], sign: int, ranges: bool = False) -> dict[Dim, int] | None:
        """The largest (sign 1) or smallest (-1) value of a sum of places and sizes, every place at the end of its range.

        ranges: of their ranges alone, without what brackets say.
        """
        total = dict(rest)
        left = dict(coefs)
        while left:
            label = next(
                (k for k in reversed(self.sums) if k in left), next(iter(left))
            )  # inner ones first: their ends may depend on outer ones
            c = left.pop(label)
            if not c:
                continue
            tree = self.at.get(label)
            if tree is not None and tree.kind == "number":
                total[1] = total.get(1, 0) + c * tree.value
                continue
            top = (c > 0) == (sign > 0)
            ends = self.bounds.get(label) or (self.declared.get(id(tree)) if ranges else None) or self.around.get(id(tree))
            if ends is None and tree is not None and tree.kind != "name":
                return None
            bound = (ends or ({1: 1}, {self.size[label]: 1}))[top]
            for atom, times in bound.items():
                if isinstance(atom, tuple) and atom and atom[0] == "label":
                    left[atom[1]] = left.get(atom[1], 0) + c * times
                else:
                    total[atom] = total.get(atom, 0) + c * times
        return {d: c for d, c in dims.terms(dims.total(list(total.items()))).items()} if total else {}

    def holds(self, c: Condition) -> bool:
        """Whether a bracket is 1 at all places in the ranges."""
        low, high = self.extreme(c.coefs, c.rest, -1), self.extreme(c.coefs, c.rest, 1)
        above = low is not None and dims.never_negative(dims.terms(dims.total([*low.items(), (1, -int(c.relation in ("gt", "ne")))])))
        below = high is not None and dims.never_negative(
            dims.terms(dims.total([*[(d, -v) for d, v in high.items()], (1, -int(c.relation in ("lt", "ne")))]))
        )
        return bool({"ne": above or below, "ge": above, "gt": above, "le": below, "lt": below}.get(c.relation, False))

    def guards(self, coefs: Mapping[int, int], rest: Mapping[Dim, int], label: int) -> list[Condition] | None:
        """The conditions under which a place is in the range of a label, beyond those that always hold; None where one is not of one index alone."""
        found: list[Condition] = []
        if not set(rest) <= {1}:
            return None  # by a size: not read beside a bracket
        low, high = self.bounds.get(label, ({1: 1}, {self.size[label]: 1}))
        for sign, bound in ((1, low), (-1, high)):
            if any(isinstance(atom, tuple) and atom and atom[0] == "label" for atom in bound):
                return None
            places = {k: sign * c for k, c in coefs.items()}
            left = dict(dims.terms(dims.total([*[(d, sign * c) for d, c in rest.items()], *[(d, -sign * c) for d, c in bound.items()]])))
            c = Condition(Factor(ONE, tuple(places)), "ge", places, left)
            if self.holds(c):
                continue
            if len(places) != 1 or abs(next(iter(places.values()))) != 1:
                return None
            ((k, times),) = places.items()
            if self.at[k].kind != "name":
                return None
            end = sum_tree([(-times * v, dim(d) if d != 1 else number(1)) for d, v in left.items() if v])
            found.append(c._replace(ready=Tree("ge" if times > 0 else "le", (self.at[k], end))))
        return found

    @staticmethod
    def implies(c: Condition, guard: Condition) -> bool:
        """Whether a bracket of one index says at least what a guard, `… >= 0`, says of it."""
        sign = {"ge": 1, "gt": 1, "le": -1, "lt": -1}.get(c.relation)
        if sign is None or {k: sign * v for k, v in c.coefs.items()} != dict(guard.coefs):
            return False
        slack = [*guard.rest.items(), *[(d, -sign * v) for d, v in c.rest.items()], (1, int(c.relation in ("gt", "lt")))]
        return dims.never_negative(dims.terms(dims.total(slack))) is True

    def is_inside(self, coefs: Mapping[int, int], rest: Mapping[Dim, int], n: Dim) -> tuple[bool | None, bool | None]:
        """Is a place 1 or more, and is it n or less? None where that depends on sizes, or is not known."""
        low, high = self.extreme(coefs, rest, -1), self.extreme(coefs, rest, 1)
        return (
            None if low is None else dims.never_negative(dims.terms(dims.total([*low.items(), (1, -1)]))),
            None if high is None else dims.never_negative(dims.terms(dims.total([(n, 1), *[(d, -c) for d, c in high.items()]]))),
        )


def filled(index: Kept | None) -> Index | None:
    """An index all of whose places are given."""
    return None if index is None else tuple([t for t in index if t is not None])


def is_bound(network: Network, coefs: Mapping[int, int], rest: Mapping[Dim, int], n: Dim, upper: bool) -> bool:
    """Whether the language reads this as an end of a range on an axis of n: it stays on the axis, and is a sum of at most one size."""
    if any(abs(c) > 1 for c in coefs.values()) or any(isinstance(d, tuple) or (d != 1 and abs(c) > 1) for d, c in rest.items()):
        return False
    if not coefs and upper and not (set(rest) <= {1} or (dict(rest).get(n) == 1 and set(rest) <= {n, 1})):
        return False  # another size: the range would be an axis of its own
    if not coefs and upper and set(rest) <= {1} and not isinstance(n, int):
        return False  # a range that ends at a number fixes the size of its axis
    if not coefs and not upper and not set(rest) <= {1}:
        return False
    end = network.extreme(coefs, rest, 1 if upper else -1, ranges=True)
    if end is None:
        return False
    slack = dims.total([(n, 1), *[(d, -c) for d, c in end.items()]]) if upper else dims.total([*end.items(), (1, -1)])
    return dims.never_negative(dims.terms(slack)) is True


def is_place(network: Network, coefs: Mapping[int, int], rest: Mapping[Dim, int], n: Dim) -> bool:
    """Whether the language reads this in the brackets of an axis of n: an index alone counts the axis, unless its range is its own."""
    if not coefs:
        return any(d != 1 for d in rest)  # a number is a unit vector's
    alone = len(coefs) == 1 and set(rest) <= {1} and set(coefs.values()) == {1}
    (first, *_) = coefs
    own = network.size[first]
    if alone and not rest and (first in network.bounds or id(network.at.get(first)) in network.around):
        return True
    return not alone or own == n or isinstance(own, tuple) or dims.is_sum(own)


def is_total(e: Expr) -> bool:
    """Whether a value and its derivative are finite whatever its entries are, as the text of it says."""
    stack = [e]
    while stack:
        e = stack.pop()
        if e.op == NAME:
            continue
        if e.op == OPAQUE or (e.op == POW and not (e.args[1].op == NUM and isinstance(e.args[1].data, int) and e.args[1].data > 0)):
            return False
        if e.op == CALL and (TABLE[e.data].where or TABLE[e.data].macro):
            return False
        stack.extend(e.args)
    return True


def pushes(f: Factor) -> bool:
    """Whether any place may stand in the brackets of all parts of a factor: of those whose entries fall into parts only whole ones."""
    stack = [f.node]
    while stack:
        e = stack.pop()
        if e.op == CALL and not TABLE[e.data].elementwise and batch_of(e):
            return False
        if e.op in (OPAQUE, UNIT) or (e.op == RESHAPE and e.shape != e.args[0].shape):
            return False
        if e.op != NAME:
            stack.extend(e.args)
    return True
