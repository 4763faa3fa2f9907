"""The same expressions for many values of some variables at once: a further axis in front.

In: expressions, and the names of variables that get an axis in front, the same for all. Out: expressions whose values have that axis, too,
whatever else they have; what does not depend on these variables is the same along it. Functions over all entries of an array become those
over the last axis of what has its entries in a row.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.calculus.template import lift
from symdiff.errors import DomainError, UnknownNameError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, VAR, Expr, make
from symdiff.expr.walk import dimensions, substitute, topological, variables
from symdiff.numeric.inner import row_of
from symdiff.table import TABLE


def batched(exprs: Sequence[Expr], names: Sequence[str]) -> list[Expr]:
    """The expressions over an axis in front of these variables.

    UnknownNameError for a name that is no variable; DomainError where an opaque function depends on one.
    """
    known = variables(exprs)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownNameError(f"batch: there is no variable {unknown[0]}", hint="variables: " + ", ".join(known))
    axis = "batch"
    while axis in {*known, *dimensions(exprs)}:
        axis += "_"
    values = {name: (build.var(name, (axis, *x.shape), x.data[1]), (0,)) if name in names else (x, ()) for name, x in known.items()}
    made = []
    for e in by_rows(exprs, names):
        node, labels = lift(topological([e]), values, {0: axis}, {d: d for d in dimensions([e])})
        own = tuple(range(1, len(node.shape) + (0 if labels else 1)))
        made.append(node if labels else build.contract([node], [own], (0, *own), {0: axis}))
    return made


def by_rows(exprs: Sequence[Expr], names: Sequence[str]) -> list[Expr]:
    """The expressions without names, and without functions over all entries of what depends on these variables."""
    moving: set[Expr] = set()

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if (node.op == VAR and node.name in names) or any(a in moving for a in node.args):
            moving.add(node)
        if node.op == NAME:
            return args[0]
        if node not in moving or not args:
            return make(node.op, args, node.data, node.shape) if args else node
        if node.op == OPAQUE:
            raise DomainError(f"{node.name} is not known, and cannot take a further axis", hint="give its value as a variable")
        if node.op == CALL and TABLE[node.data].shape.startswith("*"):
            return _along_rows(node.data, *args)
        return make(node.op, args, node.data, node.shape)

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _along_rows(name: str, x: Expr, *more: Expr) -> Expr:
    """A function over all entries, of sums and of functions over the last axis, which take further axes in front."""
    entries = build.dim_product(x.shape)
    row = x if len(x.shape) == 1 else build.reshape(x, (entries,))
    size = build.dim(entries)
    square = build.total(build.elementwise(row, row))
    if by_row := row_of(name).by_row:
        return build.call(by_row, row)
    if name == "norminf":
        return build.call("rowmax", build.call("abs", row))
    if name == "norm1":
        return build.total(build.call("abs", row))
    if name == "normp":
        (p,) = more
        return build.power(build.total(build.power(build.call("abs", row), p)), build.divide(build.ONE, p))
    if name == "norm2":
        return build.call("sqrt", square)
    if name == "mean":
        return build.divide(build.total(row), size)
    if name in ("var", "std"):
        off = build.sub(row, build.divide(build.total(row), size))
        spread = build.divide(build.total(build.elementwise(off, off)), build.sub(size, *more))
        return spread if name == "var" else build.call("sqrt", spread)
    raise DomainError(f"{name} takes no axis in front", hint="vmap of JAX or PyTorch")
