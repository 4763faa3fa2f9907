"""What stands at a place: numbers of indices, brackets that pick entries, places that are kept inside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

from symdiff.errors import ShapeError
from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import NUM, Dim, Expr
from symdiff.syntax import places
from symdiff.syntax.indexed import (
    Indexed,
    Value,
    elementwise,
    indexed,
    times,
)
from symdiff.syntax.places import ONE, Atom, Place
from symdiff.syntax.ranges import as_dims, bounds_of, extreme, inside, show_sizes
from symdiff.syntax.relations import S
from symdiff.syntax.tree import Tree
from symdiff.syntax.types import Typing


class PickedEntries(ABC):
    """Numbers of indices, and the brackets that pick what stands at a place."""

    def __init__(self, typing: Typing, names: dict[str, Expr], given: bool) -> None:
        """names: NAME nodes of bindings that exist; given: are the program's own bindings the formula's own?"""
        self.typing = typing
        self.given = given
        self.bindings: dict[str, Expr] = {}
        masks = typing.masks
        self.variables = {
            name: build.var(name, () if masks[s.var] == S else typing.shape(s.var), typing.properties(s))
            for name, s in typing.symbols.items()
        }
        self.names = self.variables | names
        self.values: list[Expr | None] = []
        self.functions: set[str] = set()  # the opaque ones that are called
        self.result = self._run()

    @abstractmethod
    def _run(self) -> Expr:
        """The node of the formula, those of all steps on the way."""

    def _index_value(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return self._number_of(tree.value)

    def _number_of(self, k: int) -> Value:
        """The index as a number: 1, 2, …, n along its axis."""
        leaves = tuple(places.leaves(k, self.typing.indices))
        count, offset = self._count(k), self.typing.indices[k].offset
        if offset:
            count = build.add(count, build.num(abs(offset)), 1 if offset > 0 else -1)
        if len(leaves) > 1 or not offset:  # an index alone is written as itself: `notation` knows it by this form
            count = build.reshape(count, [self._range(i) for i in leaves])
        return Indexed((count,), (leaves,), tuple(sorted(leaves)))

    def _count(self, k: int) -> Expr:
        """The numbers that index number k runs through, along its axis; outside its range the nearest number inside, if that matters."""
        index, n = self.typing.indices[k], self._range(k)
        count = build.call("cumsum", build.spread(build.ONE, (n,)))
        if index.total:
            return count
        if index.lower > 1:
            count = build.call("max", count, build.num(index.lower))
        return build.call("min", count, self._end(k)) if index.drop else count

    def _end(self, k: int) -> Expr:
        """The last number of a range."""
        n, drop = self._range(k), self.typing.indices[k].drop
        return build.num(n - drop) if isinstance(n, int) else build.sub(build.dim(n), build.num(drop)) if drop else build.dim(n)

    def _within(self, k: int) -> Expr | None:
        """1 where index number k is in its range, 0 elsewhere on its axis; None if it is everywhere."""
        index, n = self.typing.indices[k], self._range(k)
        if index.guarded:
            return None
        count = build.call("cumsum", build.spread(build.ONE, (n,)))
        bounds = [build.call("ge", count, build.num(index.lower))] if index.lower > 1 else []
        bounds += [build.call("le", count, self._end(k))] if index.drop else []
        return build.elementwise(*bounds) if len(bounds) == 2 else bounds[0] if bounds else None

    def _picked(self, k: int, shift: int, tree: Tree) -> Expr | None:
        """The matrix that takes the entries at index number k plus a shift; None if these are the entries in their order."""
        index, n = self.typing.indices[k], self._range(k)
        if (index.lower + shift < 1 or shift > index.drop) and not self._kept_inside(k, shift, tree):
            by, said = index.offset, shift - index.offset
            less = index.drop - by
            end = build.show_dim(n) + (f" {'-' if less > 0 else '+'} {abs(less)}" if less else "")
            where = index.lower + by if index.lower + shift < 1 else end
            raise ShapeError(
                f"`{index.name}{said:+d}` is no entry where `{index.name}` is {where}" if said else f"there is no entry {where}",
                span=(tree.start, tree.end),
                hint=f"let the range keep it inside: {index.name}={max(index.lower + by if index.begins is None else index.begins, 1 - said)}..{build.show_dim(n)}"
                + (f"-{said}" if said > 0 else f"+{-said}" if by and said < 0 else ""),
            )
        if not shift and index.total:
            return None
        count = build.call("cumsum", build.spread(build.ONE, (n,)))
        columns = build.contract((count,), ((1,),), (0, 1), {0: n})
        rows = build.contract((self._count(k),), ((0,),), (0, 1), {1: n})
        return build.call("eq", columns, build.add(rows, build.num(abs(shift)), 1 if shift > 0 else -1) if shift else rows)

    def _kept_inside(self, k: int, shift: int, tree: Tree) -> bool:
        """Whether brackets beside an entry at index number k plus a shift, or its branch, say 0 where it would be outside: `[i > 1]*x[i - 1]`."""
        typing = self.typing
        index, n = typing.indices[k], self._range(k)
        low, high = index.lower + shift >= 1, shift <= index.drop
        by = shift - index.offset
        for guard in typing.guards.get(id(tree), ()):
            sizes: dict[Atom, Tree] = {}
            for upper, value in bounds_of(guard, k, sizes):
                end = as_dims([*typing.sizes_in(value, sizes).items(), (1, by)])
                if inside(end, n, 1 if upper else -1) is True:
                    low, high = low or not upper, high or upper
        return low and high

    def _picked_sum(self, place: Place, n: Dim, tree: Tree) -> tuple[Expr, Labels]:
        """The tensor that takes the entries at a sum of indices and sizes from an axis of n, and the indices along its axes in front."""
        typing = self.typing
        assert place.sum is not None
        self._check_inside(place, n, tree)
        found = [k for i in place.indices for k in places.leaves(i, typing.indices)]
        value: Value = build.ZERO
        for atom, c in place.sum.items():
            term: Value = build.num(abs(c))
            if isinstance(atom, int):
                term = self._number_of(atom)
            elif atom != ONE:
                term = build.dim(next(iter(typing.sizes_in({atom: 1}, place.sizes or {}))))
            if atom != ONE and abs(c) != 1:
                term = times([build.num(abs(c)), term])
            if value is build.ZERO:
                value = term if c > 0 else elementwise(build.neg, [term])
            else:
                value = elementwise(build.add if c > 0 else build.sub, [value, term])
        columns = build.call("cumsum", build.spread(build.ONE, (n,)))
        sizes = {k: self._range(k) for k in found} | {-1: n}
        spread = [Indexed((columns,), ((-1,),), ()), value if isinstance(value, Indexed) else indexed(value, ())]
        aligned = [a.along((*found, -1), sizes) for a in spread]
        return build.call("eq", *aligned), tuple(found)

    def _check_inside(self, place: Place, n: Dim, tree: Tree) -> None:
        """ShapeError if a place is outside of an axis of n for certain, a note where the sizes decide."""
        typing = self.typing
        for sign in (-1, 1):
            sizes = dict(place.sizes or {})
            end = typing.sizes_in(extreme(place.sum or {}, typing.indices, sign, sizes), sizes)
            found = inside(end, n, sign)
            if found is True or (id(tree) in typing.guards and self._sum_kept_inside(place, n, sign, tree)):
                continue
            limit = f"<= {build.show_dim(n)}" if sign > 0 else ">= 1"
            shown = show_sizes(end)
            if found is False:
                where = f"it is {shown}" + (f", of {build.show_dim(n)} entries" if sign > 0 else "")
                raise ShapeError(
                    f"`{place.written}` is no entry where {where}",
                    span=(tree.start, tree.end),
                    hint=f"let the ranges keep {place.written} {limit}, or pick the entry by a bracket: `sum(k, x[k]*[k == {place.written}])`",
                )
            note = f"`{place.written}` is an entry only if {shown} {limit}; where it is not, 0 stands for it"
            if note not in typing.notes:
                typing.notes.append(note)

    def _sum_kept_inside(self, place: Place, n: Dim, sign: int, tree: Tree) -> bool:
        """Whether brackets beside an entry at a sum of indices, or its branch, keep its last (sign 1) or first (-1) place on the axis."""
        typing = self.typing
        indices, sizes = list(typing.indices), dict(place.sizes or {})
        for guard in typing.guards[id(tree)]:
            for k in place.indices:
                for upper, value in bounds_of(guard, k, sizes):
                    indices[k] = (
                        replace(indices[k], high=value, sizes=indices[k].sizes | sizes) if upper else replace(indices[k], low=value)
                    )
        end = typing.sizes_in(extreme(place.sum or {}, indices, sign, sizes), sizes)
        return inside(end, n, sign) is True

    def _range(self, k: int) -> Dim:
        index = self.typing.indices[k]
        dim = self.typing.range_of(k)
        if dim is None:
            raise ShapeError(f"nothing fixes the range of `{index.name}`", span=index.span, hint=f"write it: `{index.name}=1..n`")
        return dim

    def _terms(self, k: int) -> Expr:
        """How many numbers a range has."""
        lower = self.typing.indices[k].lower
        end = self._end(k)
        if end.op == NUM:
            if end.data < lower:
                index = self.typing.indices[k]
                raise ShapeError(f"the range of `{index.name}` is empty", span=index.span)
            return build.num(end.data - lower + 1)
        n, less = self._range(k), self.typing.indices[k].drop + lower - 1
        return build.sub(build.dim(n), build.num(less)) if less else end

    def _terms_of(self, tree: Tree) -> list[tuple[Dim, int]]:
        typing = self.typing
        return [(typing.sizes[typing._find(k)] or 0, c) for k, c in typing._terms(tree)]
