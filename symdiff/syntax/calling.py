"""Calls of rows, of functions that have none, and of opaque ones; constants and lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import ParseError, ShapeError
from symdiff.expr import build
from symdiff.expr.dims import side
from symdiff.expr.node import Dim, Expr, Shape
from symdiff.expr.patterns import is_call, is_zero
from symdiff.expr.walk import unnamed
from symdiff.syntax import hints
from symdiff.syntax.entries import EntriesAndSums
from symdiff.syntax.indexed import (
    Value,
    at_places,
    closed,
    elementwise,
    form,
    indexed,
    own_shape,
    quotient,
    row,
    row_by_row,
    times,
    total,
)
from symdiff.syntax.relations import M, R, S, V
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE
from symdiff.table.groups import DETERMINANTS, LARGEST_OR_SMALLEST


class CalledFunctions(EntriesAndSums):
    """Calls, constants and lists."""

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

    def _call(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        name = tree.value
        typing = self.typing
        if name in typing.functions:
            return self._opaque(name, (), args, tree)
        if name in LARGEST_OR_SMALLEST:
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
            if row.name in DETERMINANTS and isinstance(args[0], Expr) and is_call(args[0], "matrix_power"):
                base, k = args[0].args
                value = build.call(row.name, base)
                return build.power(value, k) if row.name == "det" else build.scale(k, value)
            if row.name == "matrix_power" and hints.whole(tree.kids[1]):  # A^3, which has derivatives everywhere
                return self._matrix_power(args[0], whole(tree.kids[1]), tree)
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
        """A function without a row of its own: a form of products, a size, parts put together."""
        if name in SIZES:
            return build.dim(build.dim_product(SIZES[name](own_shape(args[0]))))
        if name == "sum":
            return self._entries("sum", args, tree)
        if name == "transpose":
            return self._transpose(tree, args, kinds, 0)
        if name == "diag":
            return form("diag_part", args) if kinds[0] == M else _diagonal(args[0])
        if name in PRODUCTS:
            return form(PRODUCTS[name], args)
        exprs = [closed(a, tree) for a in args]
        if name in ("concat", "hcat", "vcat"):
            return self._joined(name, exprs)
        return build.vec(exprs[0]) if name == "vec" else _kron(*exprs)

    def _entries(self, name: str, args: list[Value], tree: Tree) -> Value:
        """A function of all entries; with free indices it is written out, since its row knows no leading axes."""
        value = args[0]
        if name == "sum":
            return total(value)
        if name == "normp" and isinstance(args[1], Expr) and is_zero(unnamed(args[1])):
            raise ParseError(
                "`norm(x, 0)` counts entries that are not zero, which is no norm and has no power 1/0",
                span=(tree.start, tree.end),
                hint="sum([x != 0]) counts them; its derivative is 0",
            )
        if all(isinstance(a, Expr) for a in args):
            return build.call(name, *[closed(a, tree) for a in args])
        if isinstance(value, Expr):  # only the other arguments depend on an index
            value = indexed(value, ())
        x, free = value.expr, value.free
        core = x.shape[len(free) :]
        if not core:
            raise ParseError(f"`{tree.value}` takes a vector or matrix", span=(tree.start, tree.end), hint="x: vector(n) declares one")
        if name in WRITTEN_OUT:
            return WRITTEN_OUT[name](value, build.dim(build.dim_product(core)), *args[1:])
        row = TABLE.names.get(name)
        by_row = (
            "rowmax" if name == "norminf" else row.by_row if row is not None else ""
        )  # norm(x, inf) of every row is rowmax of the absolute values
        if by_row:
            if len(core) > 1:
                x = build.reshape(x, (*x.shape[: len(free)], build.dim_product(core)))
            return indexed(build.call(by_row, build.call("abs", x) if name == "norminf" else x), free)
        raise ParseError(
            f"`{name}` of a value that depends on an index is not supported yet",
            span=(tree.start, tree.end),
            hint="outside of the sum, or written entry by entry",
        )

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
            if is_zero(p):
                continue
            before = build.dim_sum([(d, 1) for d in sizes[:k]])
            if name == "concat":
                placed = (
                    build.matvec(build.transpose(build.selector(sizes[k], whole, before)), p)
                    if p.shape
                    else build.scale(p, place(before, whole))
                )
            elif name == "hcat":
                placed = (
                    build.matmul(p, build.selector(sizes[k], whole, before)) if len(p.shape) == 2 else build.outer(p, place(before, whole))
                )
            elif p.shape[0] == 1 and build.is_form(p, "row"):
                placed = build.outer(place(before, whole), p.args[0])
            else:
                placed = build.matmul(build.transpose(build.selector(sizes[k], whole, before)), p)
            total = placed if total is None else build.add(total, placed)
        if total is None:
            rest = parts[0].shape[1 - along :][:1] if len(parts[0].shape) == 2 else ()
            return build.spread(build.ZERO, (whole, *rest) if name != "hcat" else (*(rest or parts[0].shape), whole))
        return total


SIZES: dict[str, Callable[[Shape], Shape]] = {"size": lambda shape: shape, "rows": lambda shape: shape[:1], "cols": lambda shape: shape[1:]}
PRODUCTS = {"tr": "trace", "trace": "trace", **{name: name for name in ("rowsum", "colsum", "dot", "outer")}}  # and the form that each is


def _diagonal(x: Value) -> Value:
    return build.diag_matrix(x) if isinstance(x, Expr) else form("diag_matrix", [x, build.eye(own_shape(x)[0])])


def _kron(a: Expr, b: Expr) -> Expr:
    if len(a.shape) != len(b.shape):  # a column and a row, in either order
        return build.vec_row(*sorted((a, b), key=lambda e: len(e.shape)))
    if len(a.shape) == 1:
        return build.reshape(build.outer(a, b), (build.dim_product((a.shape[0], b.shape[0])),))
    return build.kron(a, b)


# Functions of all entries written out, where these depend on an index: of the value, how many entries it has, and the other arguments.


def _squared(value: Value) -> Value:
    return elementwise(lambda a: build.power(a, build.TWO), [value])


def _root(value: Value) -> Value:
    return elementwise(lambda a: build.call("sqrt", a), [value])


def _sizes(value: Value) -> Value:
    return elementwise(lambda a: build.call("abs", a), [value])


def _variance(value: Value, count: Expr, less: Value = build.ZERO) -> Value:
    squares = _squared(elementwise(build.sub, [value, quotient([total(value), count])]))
    return quotient([total(squares), count if less is build.ZERO else elementwise(build.sub, [count, less])])


def _norm_p(value: Value, count: Expr, p: Value) -> Value:
    return elementwise(entry_power, [total(elementwise(entry_power, [_sizes(value), p])), quotient([build.ONE, p])])


WRITTEN_OUT: dict[str, Callable[..., Value]] = {
    "mean": lambda value, count: quotient([total(value), count]),
    "norm1": lambda value, count: total(_sizes(value)),
    "norm2": lambda value, count: _root(total(_squared(value))),
    "normp": _norm_p,
    "var": _variance,
    "std": lambda value, count, *less: _root(_variance(value, count, *less)),
}


def entry_power(a: Expr, b: Expr) -> Expr:
    return build.power(build.spread(a, b.shape) if b.shape and not a.shape else a, b)


def place(before: Dim, n: Dim) -> Expr:
    """The basis vector of n entries with 1 behind the first ones, of which there are `before`."""
    if isinstance(before, int):
        return build.unit(before + 1, n)
    count = build.call("cumsum", build.spread(build.ONE, (n,)))
    return build.call("eq", count, build.add(build.dim(before), build.ONE))


def whole(tree: Tree) -> int:
    sign = 1
    while tree.kind == "neg":
        sign, tree = -sign, tree.kids[0]
    return sign * int(tree.value)
