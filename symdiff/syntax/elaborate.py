"""Typed trees to nodes as written: what each written form means is the table in docs/architecture.md.

In: a `Typing`. Out: the node of every step; the last is the formula. Only `symdiff.expr.build` makes nodes, operand
order is kept. Inside index sums values and operations are those of indexed.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import ParseError, ShapeError, SymdiffError
from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.dims import side
from symdiff.expr.node import CALL, NUM, PROD, Dim, Expr
from symdiff.syntax import hints, places
from symdiff.syntax.indexed import (
    Indexed,
    Value,
    at_places,
    elementwise,
    form,
    indexed,
    own_shape,
    parts,
    quotient,
    row,
    row_by_row,
    times,
    total,
)
from symdiff.syntax.places import ONE, Atom, Picked, Place
from symdiff.syntax.ranges import as_dims, bounds_of, extreme, inside, show_sizes
from symdiff.syntax.relations import M, R, S, V, forms
from symdiff.syntax.tree import Tree
from symdiff.syntax.types import Typing
from symdiff.table import TABLE
from symdiff.table.operators import OPERATORS, Operator


class Elaboration:
    """values: the node of every step (None for steps without one); result: the formula; variables, bindings: VARs and NAMEs by name."""

    def __init__(self, typing: Typing, names: dict[str, Expr], given: bool) -> None:
        """names: NAME nodes of bindings that exist; given: are the program's own bindings the formula's own?"""
        self.typing = typing
        self.given = given
        self.bindings: dict[str, Expr] = {}
        masks = typing.masks
        self.variables = {
            name: build.var(name, () if masks[s.var] == S else typing.shape(s.var), typing.properties(s)) for name, s in typing.symbols.items()
        }
        self.names = self.variables | names
        self.values: list[Expr | None] = []
        self.functions: set[str] = set()  # the opaque ones that are called
        self.result = self._run()

    def _run(self) -> Expr:
        typing = self.typing
        masks = typing.masks
        stack: list[Value] = []
        kinds: list[int] = []
        slots: dict[int, tuple[Value, int]] = {}
        values, names = self.values, self.names
        tree = typing.steps[-1]
        value: Value
        try:
            for tree, var in zip(typing.steps, typing.vars, strict=True):
                kind = tree.kind
                if kind == "name":
                    found = names.get(tree.value)
                    x = self._size_or_constant(tree.value) if found is None else found
                    stack.append(x)
                    values.append(x)
                elif kind == "number":
                    x = build.num(tree.value)
                    stack.append(x)
                    values.append(x)
                else:
                    if kind in _OF_TWO and type(a := stack[-2]) is type(b := stack[-1]) is Expr:
                        made: Callable[[Expr, Expr], Expr] | None = _OF_TWO[kind]
                        if (a.shape or b.shape) and kind not in ("add", "sub"):
                            made = _PRODUCTS_OF[kind].get((kinds[-2], kinds[-1]))
                        if made is not None:
                            del stack[-1], kinds[-1]
                            stack[-1] = x = made(a, b)
                            kinds[-1] = masks[var]
                            values.append(x)
                            continue
                    n = len(tree.kids)
                    if n:
                        args, arg_kinds = stack[-n:], tuple(kinds[-n:])
                        del stack[-n:], kinds[-n:]
                    else:
                        args, arg_kinds = [], ()
                    if kind == "bind":
                        self.bindings[tree.value] = names[tree.value] = x = build.name(tree.value, _closed(args[0]), self.given)
                        values.append(x)
                        continue
                    if kind == "slots":
                        for k, pair in enumerate(zip(args, arg_kinds, strict=True)):
                            slots[tree.value + k] = pair
                        values.append(None)
                        continue
                    value = slots[tree.value][0] if kind == "slot" else _ELABORATE[kind](self, tree, args, arg_kinds, var)
                    stack.append(value)
                    values.append(value if isinstance(value, Expr) else None)
                kinds.append(masks[var])
            return _closed(stack[-1])
        except SymdiffError as error:
            error.span = error.span or (tree.start, tree.end)
            error.text = error.text or typing.text
            raise

    def _size_or_constant(self, name: str) -> Expr:
        return build.dim(name) if name in self.typing.dims else build.const(name)

    # ------------------------------------------------------------------------------------------------ operations

    def _operator(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        """What the row of the operator says."""
        made = _FORMS[tree.kind].get(kinds)
        if not made:
            return _LIFTED[tree.kind](args)
        if made in build.FORMS:
            return form(made, args)
        return _constructor(made)(*[_closed(a, tree) for a in args])

    def _pow(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        if kinds[0] == S:
            return elementwise(_entry_power, args)
        if not hints.whole(tree.kids[1]):
            return row_by_row(lambda a, k: build.call("matrix_power", a, k), args)
        return self._matrix_power(args[0], _whole(tree.kids[1]), tree)

    def _matrix_power(self, base: Value, n: int, tree: Tree) -> Value:
        if abs(n) > LIMITS.power:
            raise exceeded("power", f"the power {n if abs(n) < 10**9 else 'above 10^9'} of a matrix", abs(n), span=(tree.start, tree.end))
        if n == 0:
            return build.eye(own_shape(base)[0])
        if n < 0:
            base = elementwise(lambda a: build.call("inv", a), [base])
        result = base
        for _ in range(abs(n) - 1):
            result = form("matmul", [result, base])
        return result

    def _transpose(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        if kinds[0] == S:
            return args[0]
        if kinds[0] == V:
            return row(args[0])
        return form("unrow" if kinds[0] == R else "transpose", args)

    def _iverson(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return args[0]

    def _bars(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return elementwise(lambda a: build.call("abs", a), args)

    def _norm(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return self._entries("norm2", args, tree)

    # ----------------------------------------------------------------------------------------------------- calls

    def _call(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        name = tree.value
        typing = self.typing
        if name in typing.functions:
            return self._opaque(name, (), args, tree)
        if name in ("max", "min"):
            if len(args) == 1:
                return self._entries(name + "_entries", args, tree)
            result = args[0]
            for arg in args[1:]:
                result = elementwise(lambda a, b: build.call(name, a, b), [result, arg])
            return result
        if name in TABLE:
            row = TABLE[name]
            if row.elementwise:
                return elementwise(lambda *xs: build.call(name, *xs), args)
            if row.name in ("det", "logdet") and isinstance(args[0], Expr) and args[0].op == CALL and args[0].data == "matrix_power":
                base, k = args[0].args
                value = build.call(row.name, base)
                return build.power(value, k) if row.name == "det" else build.scale(k, value)
            if row.name == "matrix_power" and hints.whole(tree.kids[1]):  # A^3, which has derivatives everywhere
                return self._matrix_power(args[0], _whole(tree.kids[1]), tree)
            if row.core()[0][0] == ("*",):
                return self._entries(row.name, args, tree)
            return row_by_row(lambda *xs: build.call(row.name, *xs), args)
        by = typing.derivative_of(name)
        if by is not None:
            return self._opaque(by[0], by[1], args, tree)
        return self._built_in(name, tree, args, kinds)

    def _prime(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        name, count = tree.value
        return self._opaque(name, (0,) * count, args, tree)

    def _opaque(self, name: str, by: tuple[int, ...], args: list[Value], tree: Tree) -> Value:
        self.functions.add(name)
        shape = self.typing.shape(self.typing.functions[name].var)
        return at_places(lambda batch, *xs: build.opaque(name, xs, shape, by, batch), args)

    def _built_in(self, name: str, tree: Tree, args: list[Value], kinds: tuple[int, ...]) -> Value:
        k = kinds[0]
        if name in ("size", "rows", "cols"):
            shape = own_shape(args[0])
            dims = {"size": shape, "rows": shape[:1], "cols": shape[1:]}[name]
            return build.dim(build.dim_product(dims))
        if name == "sum":
            return self._entries("sum", args, tree)
        if name == "transpose":
            return self._transpose(tree, args, kinds, 0)
        if name in ("tr", "trace"):
            return form("trace", args)
        if name == "diag" and k == M:
            return form("diag_part", args)
        if name == "diag":
            x = args[0]
            return build.diag_matrix(x) if isinstance(x, Expr) else form("diag_matrix", [x, build.eye(own_shape(x)[0])])
        if name in ("rowsum", "colsum", "dot", "outer"):
            return form(name, args)
        exprs = [_closed(a, tree) for a in args]
        if name in ("concat", "hcat", "vcat"):
            return self._joined(name, exprs)
        if name == "vec":
            return build.vec(exprs[0])
        if k == V:
            a, b = exprs
            return build.reshape(build.outer(a, b), (build.dim_product((a.shape[0], b.shape[0])),))
        return build.kron(*exprs)

    def _entries(self, name: str, args: list[Value], tree: Tree) -> Value:
        """A function of all entries; with free indices it is written out, since its row knows no leading axes."""
        value = args[0]
        if name == "sum":
            return total(value)
        if all(isinstance(a, Expr) for a in args):
            return build.call(name, *[_closed(a, tree) for a in args])
        if isinstance(value, Expr):  # only the other arguments depend on an index
            value = indexed(value, ())
        x, free = value.expr, value.free
        core = x.shape[len(free) :]
        if not core:
            raise ParseError(f"`{tree.value}` takes a vector or matrix", span=(tree.start, tree.end))
        count = build.dim(build.dim_product(core))
        if name == "mean":
            return quotient([total(value), count])
        if name == "norm2":
            return elementwise(lambda a: build.call("sqrt", a), [total(indexed(build.power(x, build.TWO), free))])
        if name == "norm1":
            return elementwise(lambda a: build.call("abs", a), [total(indexed(build.call("abs", x), free))])
        if name == "normp":
            powers = elementwise(_entry_power, [indexed(build.call("abs", x), free), args[1]])
            return elementwise(_entry_power, [total(powers), quotient([build.ONE, args[1]])])
        if name in ("var", "std"):
            mean = quotient([total(value), count])
            squares = elementwise(lambda a: build.power(a, build.TWO), [elementwise(build.sub, [value, mean])])
            less = args[1] if len(args) > 1 else build.ZERO
            count_less = count if less is build.ZERO else elementwise(build.sub, [count, less])
            result = quotient([total(squares), count_less])
            return elementwise(lambda a: build.call("sqrt", a), [result]) if name == "std" else result
        row = TABLE.names.get(name)
        by_row = "rowmax" if name == "norminf" else row.by_row if row is not None else ""  # of the absolute values
        if by_row:
            if len(core) > 1:
                x = build.reshape(x, (*x.shape[: len(free)], build.dim_product(core)))
            return indexed(build.call(by_row, build.call("abs", x) if name == "norminf" else x), free)
        raise ParseError(f"`{name}` of a value that depends on an index is not supported yet", span=(tree.start, tree.end))

    # ------------------------------------------------------------------------------------- constants and entries

    def _const(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        name, sizes = tree.value
        shape = self.typing.shape(var)
        if "?" in shape:
            raise ShapeError(
                f"nothing fixes the size of `{name}`",
                span=(tree.start, tree.end),
                hint=f"write it: `{'eye(n)' if name == 'eye' else 'ones(n)' if name == 'ones' else 'vector(c, n)'}`",
            )
        if name == "eye":
            return build.eye(shape[0])
        if name == "duplication":
            return build.duplication(side(shape[1]) or 1)
        if name == "commutation":
            return build.commutation(*[self.typing.size_of(size) for size in sizes])
        if name == "unit" and not args:
            return build.unit(int(sizes[0].value), shape[0])
        if name in ("ones", "zeros"):
            return build.spread(build.ONE if name == "ones" else build.ZERO, shape)
        value = args[0]
        if name == "unit":
            return at_places(lambda _, labels: build.one_hot(labels, shape[-1]), [value])
        if isinstance(value, Expr):
            return build.spread(value, shape)
        n, k = len(value.free), len(shape)
        out = tuple(range(n + k))
        return indexed(build.contract((value.expr,), (out[:n],), out, dict(zip(out[n:], shape, strict=True))), value.free)

    def _listed(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        closed = [a for a in args if isinstance(a, Expr)]
        if len(closed) == len(args):
            return build.listed(closed)
        value: Value = times([args[0], build.unit(1, len(args))])
        for i, a in enumerate(args[1:], 2):
            value = elementwise(build.add, [value, times([a, build.unit(i, len(args))])])
        return value

    def _joined(self, name: str, parts: list[Expr]) -> Expr:
        """Each part at its place among zeros: the transposed selector of its places times it. Parts that are 0 add nothing."""
        along = 1 if name == "hcat" else 0
        sizes: list[Dim] = [p.shape[along] if len(p.shape) == 2 else p.shape[0] if name == "concat" and p.shape else 1 for p in parts]
        whole = build.dim_sum([(d, 1) for d in sizes])
        total: Expr | None = None
        for k, p in enumerate(parts):
            if _is_zero(p):
                continue
            before = build.dim_sum([(d, 1) for d in sizes[:k]])
            if name == "concat":
                placed = build.matvec(build.transpose(build.selector(sizes[k], whole, before)), p) if p.shape else build.scale(p, _place(before, whole))
            elif name == "hcat":
                placed = build.matmul(p, build.selector(sizes[k], whole, before)) if len(p.shape) == 2 else build.outer(p, _place(before, whole))
            elif p.shape[0] == 1 and p.op == PROD and p.data == build.FORMS["row"]:
                placed = build.outer(_place(before, whole), p.args[0])
            else:
                placed = build.matmul(build.transpose(build.selector(sizes[k], whole, before)), p)
            total = placed if total is None else build.add(total, placed)
        if total is None:
            rest = parts[0].shape[1 - along :][:1] if len(parts[0].shape) == 2 else ()
            return build.spread(build.ZERO, (whole, *rest) if name != "hcat" else (*(rest or parts[0].shape), whole))
        return total

    def _sliced(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        x = _closed(args[0], tree)
        wanted = self.typing.shape(var)
        row_of = kinds[0] == R
        if row_of:
            x, wanted = build.unrow(x) if x.data != build.FORMS["row"] else x.args[0], wanted[1:]
        if len(x.shape) > 2:
            raise ParseError("slices are of vectors and matrices", span=(tree.start, tree.end), hint="write the entries: `tensor(i=1..m, …)`")
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

    def _terms_of(self, tree: Tree) -> list[tuple[Dim, int]]:
        typing = self.typing
        return [(typing.sizes[typing._find(k)] or 0, c) for k, c in typing._terms(tree)]

    def _check_slice(self, bound: tuple[Tree, Tree], n: Dim, tree: Tree) -> None:
        """ShapeError for a slice that ends behind the last entry for certain, a note where the sizes decide."""
        left = build.dim_sum([(n, 1), *[(d, -c) for d, c in self._terms_of(bound[1])]])
        if isinstance(left, int):
            if left < 0:
                raise ShapeError(f"there are {build.show_dim(n)} entries, and the slice ends {-left} behind", span=(tree.start, tree.end))
            return
        terms = build.sum_terms(left)
        if terms is None or all(c > 0 for c in terms.values()):
            return
        note = f"`{' '.join(self.typing.text[tree.start : tree.end].split())}` needs {build.show_dim(left)} >= 0"
        if note not in self.typing.notes:
            self.typing.notes.append(note)

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
                    indices[k] = replace(indices[k], high=value, sizes=indices[k].sizes | sizes) if upper else replace(indices[k], low=value)
        end = typing.sizes_in(extreme(place.sum or {}, indices, sign, sizes), sizes)
        return inside(end, n, sign) is True

    def _range(self, k: int) -> Dim:
        index = self.typing.indices[k]
        dim = self.typing.range_of(k)
        if dim is None:
            raise ShapeError(f"nothing fixes the range of `{index.name}`", span=index.span, hint=f"write it: `{index.name}=1..n`")
        return dim

    def _index(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        value, entries = args[0], list(tree.value)
        x, free = parts(value)
        if kinds[0] == R and not free:  # x'[i] is x[i]
            x = x.args[0] if x.op == PROD and x.data == build.FORMS["row"] else build.unrow(x)
        elif kinds[0] == R:
            entries = [1, *entries]
        entries += [None] * (len(x.shape) - len(free) - len(entries))
        if not free and not any(isinstance(e, Place | Picked) for e in entries):
            if all(e is None for e in entries):
                return x
            return build.entry(x, *entries)
        if not free and [e for e in entries if e is not None] == entries[:1] and isinstance(entries[0], Picked) and isinstance(args[1], Expr):
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
                    raise ParseError("a vector of labels that depends on an index picks nothing yet", span=(tree.start, tree.end))
                factors.append(build.one_hot(named, x.shape[axis]))
                factor_labels.append((*(among or ((next(own),) if named.shape else ())), labels[-1]))
                continue
            if isinstance(e, Place) and e.sum is None and len(e.indices) == 1 and not indices[e.indices[0]].parts and self._range(e.indices[0]) != x.shape[axis]:
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
                    raise ParseError("an index that counts with another is not shifted", span=(tree.start, tree.end))
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

    # ------------------------------------------------------------------------------------------------ index sums

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
        lost = [i for i in places.leaves(k, self.typing.indices) if i not in mine]  # of an index used by one part, the other: it counts as well
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

    def _tensor(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        value = args[0] if isinstance(args[0], Indexed) else indexed(args[0], ())
        mine = tuple([i for k in tree.value for i in places.leaves(k, self.typing.indices)])
        outer = tuple([f for f in value.free if f not in mine])
        x = value.along((*outer, *mine, *value.own), {k: self._range(k) for k in mine})
        if len(mine) > len(tree.value):
            front, back = x.shape[: len(outer)], x.shape[len(outer) + len(mine) :]
            x = build.reshape(x, (*front, *[self._range(k) for k in tree.value], *back))
        return indexed(x, outer) if outer else x


# --------------------------------------------------------------------------------------------------- small helpers


def _closed(value: Value, tree: Tree | None = None) -> Expr:
    if isinstance(value, Expr):
        return value
    raise ParseError("this may not depend on an index yet", span=(tree.start, tree.end) if tree else None)


def _is_zero(x: Expr) -> bool:
    while x.op == PROD and len(x.args) == 1:
        x = x.args[0]
    return x is build.ZERO


def _place(before: Dim, n: Dim) -> Expr:
    """The basis vector of n entries with 1 behind the first ones, of which there are `before`."""
    if isinstance(before, int):
        return build.unit(before + 1, n)
    count = build.call("cumsum", build.spread(build.ONE, (n,)))
    return build.call("eq", count, build.add(build.dim(before), build.ONE))


def _entry_power(a: Expr, b: Expr) -> Expr:
    return build.power(build.spread(a, b.shape) if b.shape and not a.shape else a, b)


def _whole(tree: Tree) -> int:
    sign = 1
    while tree.kind == "neg":
        sign, tree = -sign, tree.kids[0]
    return sign * int(tree.value)


def _constructor(name: str) -> Callable[..., Expr]:
    made: Callable[..., Expr] = getattr(build, name)
    return made


def _lifted(operator: Operator) -> Callable[[Sequence[Value]], Value]:
    """The operation on scalars, or entry by entry; products join in one contraction where the operands carry indices."""
    if operator.makes in ("scale", "elementwise"):
        return times
    if operator.makes == "divide":
        return quotient
    made: Callable[..., Expr] = _entry_power if operator.makes == "entry_power" else _constructor(operator.makes)
    return partial(elementwise, partial(made, operator.kind) if operator.makes == "call" else made)


_LIFTED = {operator.kind: _lifted(operator) for operator in OPERATORS.values() if operator.makes}
# For every operator the constructors by the kinds of its operands.
_FORMS = {operator.kind: {kinds[:-1]: made for kinds, made in forms(operator).items() if made} for operator in OPERATORS.values()}
# The short way of most steps of long formulas: of values without indices.
_OF_TWO: dict[str, Callable[[Expr, Expr], Expr]] = {
    kind: _constructor(OPERATORS[kind].makes) for kind in ("add", "sub", "mul", "dot", "div")
}
_PRODUCTS_OF: dict[str, dict[tuple[int, ...], Callable[[Expr, Expr], Expr]]] = {
    kind: {kinds: _constructor(made) for kinds, made in _FORMS[kind].items()} for kind in _OF_TWO
}
_ELABORATE: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(OPERATORS, Elaboration._operator),
    "pow": Elaboration._pow,
    "transpose": Elaboration._transpose,
    "iverson": Elaboration._iverson,
    "bars": Elaboration._bars,
    "norm": Elaboration._norm,
    "call": Elaboration._call,
    "prime": Elaboration._prime,
    "const": Elaboration._const,
    "listed": Elaboration._listed,
    "sliced": Elaboration._sliced,
    "index_value": Elaboration._index_value,
    "index": Elaboration._index,
    "over": Elaboration._over,
    "tensor": Elaboration._tensor,
}
