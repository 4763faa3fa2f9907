"""Entries, slices and tensors, and sums over an index."""

from __future__ import annotations

from typing import Any

from symdiff.errors import ParseError, ShapeError
from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import PROD, Dim, Expr
from symdiff.syntax import places
from symdiff.syntax.indexed import (
    Indexed,
    Value,
    closed,
    elementwise,
    indexed,
    parts,
    quotient,
    times,
)
from symdiff.syntax.picking import PickedEntries
from symdiff.syntax.places import ONE, Picked, Place
from symdiff.syntax.relations import R, V
from symdiff.syntax.tree import Tree


class EntriesAndSums(PickedEntries):
    """Entries, slices, sums over an index, tensors."""

    def _index(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        """Long: the kinds of places that may stand in brackets, in the order in which they are told apart."""
        value, entries = args[0], list(tree.value)
        x, free = parts(value)
        if kinds[0] == R and not free:  # x'[i] is x[i]
            x = x.args[0] if build.is_form(x, "row") else build.unrow(x)
        elif kinds[0] == R:
            entries = [1, *entries]
        entries += [None] * (len(x.shape) - len(free) - len(entries))
        if not free and not any(isinstance(e, Place | Picked) for e in entries):
            if all(e is None for e in entries):
                return x
            return build.entry(x, *entries)
        if (
            not free
            and [e for e in entries if e is not None] == entries[:1]
            and isinstance(entries[0], Picked)
            and isinstance(args[1], Expr)
        ):
            hot = build.one_hot(args[1], x.shape[0])  # C[y], C[ids]: products that have a form
            if len(x.shape) == 2:
                return build.matmul(hot, x) if args[1].shape else build.matvec(build.transpose(x), hot)
            return build.matvec(hot, x) if args[1].shape else build.dot(x, hot)
        indices = self.typing.indices
        labels = list(free)
        several = [isinstance(e, Picked) and kinds[e.kid] == V for e in entries]
        order = entries.count(None) + sum(several)
        own = iter(range(-1, -1 - order, -1))
        factors: list[Expr] = []
        factor_labels: list[Labels] = []
        shape = list(x.shape[: len(free)])
        for axis, e in enumerate(entries, len(free)):
            if isinstance(e, Picked):
                shape.append(x.shape[axis])
                labels.append(-1 - order - axis)
                named, among = parts(args[e.kid])
                if among and kinds[e.kid] == V:
                    raise ParseError(
                        "a vector of labels that depends on an index picks nothing yet",
                        span=(tree.start, tree.end),
                        hint="one label for each: z[i][y[i]]",
                    )
                factors.append(build.one_hot(named, x.shape[axis]))
                factor_labels.append((*(among or ((next(own),) if named.shape else ())), labels[-1]))
                continue
            if (
                isinstance(e, Place)
                and e.sum is None
                and len(e.indices) == 1
                and not indices[e.indices[0]].parts
                and self._range(e.indices[0]) != x.shape[axis]
            ):
                k = e.indices[0]
                by = e.shift - indices[k].offset
                e = Place((k,), 0, {k: 1, ONE: by} if by else {k: 1}, {}, f"{indices[k].name}{by:+d}" if by else indices[k].name)
            if isinstance(e, Place) and e.sum is not None:
                shape.append(x.shape[axis])
                labels.append(-1 - order - axis)
                chosen, across = self._picked_sum(e, x.shape[axis], tree)
                factors.append(chosen)
                factor_labels.append((*across, -1 - order - axis))
                continue
            if isinstance(e, Place):
                found = [k for i in e.indices for k in places.leaves(i, indices)]
                shape += [self._range(k) for k in found]
                picked = self._picked(found[0], e.shift, tree) if len(found) == 1 else None
                if len(found) > 1 and (e.shift or not all(indices[k].total for k in e.indices)):
                    raise ParseError(
                        "an index that counts with another is not shifted",
                        span=(tree.start, tree.end),
                        hint="shifts are whole numbers: x[i+1], x[i+j-1]",
                    )
                if picked is not None:
                    factors.append(picked)
                    factor_labels.append((found[0], -1 - order - axis))
                    found = [-1 - order - axis]
                labels += found
                continue
            shape.append(x.shape[axis])
            if e is None:
                labels.append(next(own))
            else:
                labels.append(-1 - order - axis)
                factors.append(build.unit(e, x.shape[axis]))
                factor_labels.append((labels[-1],))
        x = x if tuple(shape) == x.shape else build.reshape(x, shape)
        all_labels = [tuple(ls) for ls in (labels, *factor_labels)]
        now = tuple(sorted({k for ls in all_labels for k in ls if k >= 0}))
        result = Indexed((x, *factors), all_labels, now, order, bool(factors))
        return result if now else result.expr

    def _over(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        name, k = tree.value
        value = args[0]
        terms = self._terms(k)
        mine = tuple([i for i in places.leaves(k, self.typing.indices) if isinstance(value, Indexed) and i in value.free])
        if isinstance(value, Expr) or not mine:
            if name == "mean":
                return value
            return times([terms, value]) if name == "sum" else elementwise(build.power, [value, terms])
        within = self._within(k)
        lost = [
            i for i in places.leaves(k, self.typing.indices) if i not in mine
        ]  # of an index used by one part, the other: it counts as well
        mine = tuple(places.leaves(k, self.typing.indices))
        if name == "prod":
            return self._product_over(value, mine, within)
        factors, labels = list(value.factors), list(value.labels)
        for i in lost:
            factors.append(build.spread(build.ONE, (self._range(i),)))
            labels.append((i,))
        if within is not None:
            factors.append(within)
            labels.append(mine)
        left = Indexed(factors, labels, tuple([i for i in value.free if i not in mine]), value.order, True)
        result = left if left.free else left.expr
        return quotient([result, terms]) if name == "mean" else result

    def _product_over(self, value: Indexed, mine: Labels, within: Expr | None) -> Value:
        """The product of the values along the axes of an index; entry by entry for vectors and matrices."""
        outer = tuple([i for i in value.free if i not in mine])
        x = value.along((*outer, *value.own, *mine), {k: self._range(k) for k in mine})
        if within is not None:
            if within.op == PROD:  # two bounds: one condition
                within = build.call("and", *within.args)
            own = tuple(range(len(x.shape)))
            n = len(x.shape) - len(mine)
            spread = build.contract((within,), (own[n:],), own, dict(enumerate(x.shape))) if n else within
            x = build.call("if", spread, x, build.ONE)
        rest = len(outer) + value.order
        if len(mine) > 1:
            x = build.reshape(x, (*x.shape[:rest], build.dim_product(x.shape[rest:])))
        if not rest:
            return build.call("prod", x)
        result = build.call("rowprod", x)
        return indexed(result, outer) if outer else result

    def _tensor(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        value = args[0] if isinstance(args[0], Indexed) else indexed(args[0], ())
        mine = tuple([i for k in tree.value for i in places.leaves(k, self.typing.indices)])
        outer = tuple([f for f in value.free if f not in mine])
        x = value.along((*outer, *mine, *value.own), {k: self._range(k) for k in mine})
        if len(mine) > len(tree.value):
            front, back = x.shape[: len(outer)], x.shape[len(outer) + len(mine) :]
            x = build.reshape(x, (*front, *[self._range(k) for k in tree.value], *back))
        return indexed(x, outer) if outer else x

    def _sliced(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        x = closed(args[0], tree)
        wanted = self.typing.shape(var)
        row_of = kinds[0] == R
        if row_of:
            x, wanted = build.unrow(x) if x.data != build.FORMS["row"] else x.args[0], wanted[1:]
        if len(x.shape) > 2:
            raise ParseError(
                "slices are of vectors and matrices", span=(tree.start, tree.end), hint="write the entries: `tensor(i=1..m, …)`"
            )
        for axis, bound in enumerate(tree.value):
            if bound is None:
                continue
            self._check_slice(bound, x.shape[axis], tree)
            before = build.dim_sum([*self._terms_of(bound[0]), (1, -1)])
            chosen = build.selector(wanted[axis], x.shape[axis], before)
            if len(x.shape) == 1:
                x = build.matvec(chosen, x)
            else:
                x = build.matmul(chosen, x) if axis == 0 else build.matmul(x, build.transpose(chosen))
        return build.row(x) if row_of else x

    def _check_slice(self, bound: tuple[Tree, Tree], n: Dim, tree: Tree) -> None:
        """ShapeError for a slice that ends behind the last entry for certain, a note where the sizes decide."""
        left = build.dim_sum([(n, 1), *[(d, -c) for d, c in self._terms_of(bound[1])]])
        if isinstance(left, int):
            if left < 0:
                raise ShapeError(
                    f"there are {build.show_dim(n)} entries, and the slice ends {-left} behind",
                    span=(tree.start, tree.end),
                    hint="a slice ends within the entries: x[2:n]",
                )
            return
        terms = build.sum_terms(left)
        if terms is None or all(c > 0 for c in terms.values()):
            return
        note = f"`{' '.join(self.typing.text[tree.start : tree.end].split())}` needs {build.show_dim(left)} >= 0"
        if note not in self.typing.notes:
            self.typing.notes.append(note)
