"""Arrays and lists of numbers as nodes, and variables replaced by values: what Python code puts into formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdiff.errors import OperandError, ShapeError
from symdiff.expr import build, walk
from symdiff.expr.node import DELTA, DIM, NAME, NUM, OPAQUE, PROD, RESHAPE, UNIT, VAR, Dim, Expr, Shape, make
from symdiff.expr.operators import expression

ENTRIES = 400  # of an array that is written out in a formula; larger ones are variables that get their value when the formula is called


def is_array(value: Any) -> bool:
    """Whether this is an array, or a list of numbers."""
    return isinstance(value, list | tuple) or (hasattr(value, "__array__") and hasattr(value, "tolist"))


def constant(value: Any) -> Expr:
    """A vector or matrix of numbers as a node: the sum of its entries times basis vectors. OperandError for what is none, ShapeError for other orders."""
    entries = value if isinstance(value, list | tuple) else value.tolist()
    if not isinstance(entries, list | tuple):
        return expression(entries)
    rows = [list(row) for row in entries] if entries and all(isinstance(row, list | tuple) for row in entries) else None
    flat = [x for row in rows for x in row] if rows is not None else list(entries)
    if not flat or (rows is not None and len({len(row) for row in rows}) > 1):
        raise ShapeError("a list of numbers, or rows of one length, is wanted", hint="[1, 2], [[1, 2], [3, 4]]")
    if len(flat) > ENTRIES:
        raise OperandError(
            f"an array of {len(flat)} numbers is not written out in a formula",
            hint='A = sd.matrices("A"), and its value when the formula is called: f(A=…)',
        )
    try:
        numbers = [expression(x) for x in flat]
    except TypeError:
        raise OperandError(
            "a list of numbers, or rows of one length, is wanted", hint="formulas are put together by sd.vectors, and entries are x[1]"
        ) from None
    if any(x.op != NUM for x in numbers):
        raise OperandError(
            "a list holds numbers, not formulas",
            hint="a vector of formulas is put together with sd.unit: a*sd.unit(1, 2) + b*sd.unit(2, 2)",
        )
    m, n = (1, len(flat)) if rows is None else (len(rows), len(rows[0]))
    shape = (n,) if rows is None else (m, n)
    if len({x.data for x in numbers}) == 1:
        return build.spread(numbers[0], shape)
    terms = [(x.data, *divmod(k, n)) for k, x in enumerate(numbers) if x.data != 0]
    units = [build.unit(j + 1, n) if rows is None else build.outer(build.unit(i + 1, m), build.unit(j + 1, n)) for _, i, j in terms]
    return build.linear([c for c, _, _ in terms], units)


def substituted(root: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """The node with other nodes in the place of variables. Sizes follow: with x: vector(n) for w, what had w's size has the size n.

    ShapeError where shapes or sizes do not fit.
    """
    sizes: dict[str, Dim] = {}
    for x, value in values.items():
        if len(x.shape) != len(value.shape):
            raise ShapeError(
                f"{x.name} is a {build.describe(x.shape)}, not a {build.describe(value.shape)}", hint="a value of the same kind"
            )
        for old, new in zip(x.shape, value.shape, strict=True):
            known = sizes.setdefault(old, new) if isinstance(old, str) else old
            if known != new:
                raise ShapeError(
                    f"{x.name} is a {build.describe(x.shape)}, not a {build.describe(value.shape)}",
                    hint=f"the size {build.show_dim(old)} is {build.show_dim(known)} here",
                )

    def size(d: Dim) -> Dim:
        return build.dim_product([sizes.get(p, p) if isinstance(p, str) else p for p in (d if isinstance(d, tuple) else (d,))])

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node in values:
            return values[node]
        shape: Shape = tuple([size(d) for d in node.shape])
        if node.op == DIM:
            return build.dim(size(node.data))
        if node.op == VAR:
            return build.var(node.data[0], shape, [_sized(word, sizes) for word in node.data[1]])
        if node.op == NAME and args[0] is not node.args[0]:
            return args[0]  # the name meant another value
        if node.op in (DELTA, UNIT, PROD, RESHAPE, OPAQUE) or args:
            return make(node.op, args, node.data, shape)
        return node

    return walk.substitute([root], put)[root]


def _sized(word: str, sizes: Mapping[str, Dim]) -> str:
    """A property; of a label its number of kinds may be one of the sizes."""
    name, bracket, rest = word.partition("(")
    return f"{name}({build.show_dim(sizes[rest[:-1]])})" if bracket and rest[:-1] in sizes else word
