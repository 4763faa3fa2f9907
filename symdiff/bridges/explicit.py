"""Expressions as SymPy's own: explicit components at sizes that are given.

In: an expression and a number for every dimension with a name. Out: a SymPy expression for a scalar, a matrix for a
matrix, a column for a vector, an array beyond. The entries of `A` are the symbols `A_1_2`, those of an opaque `phi(x)`
the symbols `phi(x)_1`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from keyword import iskeyword
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.checking.components import Components, Flat, Scalar, Undecided
from symdiff.checking.fields import Symbolic
from symdiff.errors import SymdiffError
from symdiff.expr.dims import names as names_in
from symdiff.expr.node import DIM, OPAQUE, Expr
from symdiff.expr.walk import preorder
from symdiff.numeric.python.pieces import identifier
from symdiff.numeric.targets import TARGETS as NUMERIC
from symdiff.numeric.targets import Target, find
from symdiff.numeric.targets.target import Exprs, Names
from symdiff.printers import written


class Readable(Symbolic):
    """What `Symbolic` writes for the sake of differentiation, in the words a reader of SymPy expects."""

    def abs(self, x: Scalar) -> Scalar:
        return self.sympy.Abs(x)

    def sign(self, x: Scalar) -> Scalar:
        return self.sympy.sign(x)

    def flat(self, name: str, x: Scalar) -> Scalar:
        if name == "round":
            raise Undecided("SymPy has no function that rounds to even")
        return self.sympy.floor(x) if name == "floor" else self.sympy.ceiling(x)

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        return self.sympy.Piecewise((1, a <= b if equal else a < b), (0, True))

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        return self.sympy.Piecewise((1, self.sympy.Eq(a, b)), (0, True))

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        return self.sympy.Piecewise((1, self.sympy.Ne(a, b)), (0, True))

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        return self.sympy.Piecewise((a, self.sympy.Ne(condition, 0)), (b, True))


def explicit(expr: Expr, sizes: Mapping[str, int]) -> Any:
    """The components of `expr`. Sizes go by name; those of inferred dimensions may have any names, in reading order.

    SymdiffError if a size is missing or no dimension has the name, LimitError for too many entries of one node.
    """
    field = Readable()
    nodes = preorder(expr)
    known = _sizes(nodes, sizes)
    opaque = frozenset(node for node in nodes if node.op == OPAQUE)
    components = Components(field, known, lambda node: _symbols(field, node, components.shape(node)), opaque)
    for node in nodes:
        entries = 1
        for n in components.shape(node):
            entries *= n
        if entries > LIMITS.components:
            raise exceeded("components", f"a part of the expression has {entries} components at these sizes", entries)
    try:
        flat = components(expr)
    except Undecided as reason:
        raise SymdiffError(f"this cannot be written out for SymPy: {reason}") from None
    shape = components.shape(expr)
    if not shape:
        return flat[0]
    if len(shape) > 2:
        return field.sympy.ImmutableDenseNDimArray(flat, tuple(shape))
    return field.sympy.ImmutableMatrix(shape[0], shape[1] if len(shape) == 2 else 1, flat)


def _sizes(nodes: list[Expr], given: Mapping[str, int]) -> dict[str, int]:
    wanted: dict[str, None] = {}
    for node in nodes:
        for d in (*node.shape, *([node.data] if node.op == DIM else [])):
            wanted |= dict.fromkeys(names_in(d))
    open_dims = [d for d in wanted if d not in given]
    spare = [name for name in given if name not in wanted]
    if len(open_dims) != len(spare):
        raise SymdiffError(
            f"the dimensions are {', '.join(wanted) or 'all numbers'}; the sizes given are {', '.join(given) or 'none'}",
            hint="g.to_sympy(" + ", ".join(f"{d}=2" if d.isidentifier() else f"n{k}=2" for k, d in enumerate(wanted, 1)) + ")",
        )
    chosen = {d: given[d] for d in wanted if d in given} | dict(zip(open_dims, (given[name] for name in spare), strict=True))
    for d, n in chosen.items():
        if type(n) is not int or n < 1:
            raise SymdiffError(f"the size {d} = {n!r} is not a whole number from 1")
    return chosen


def _symbols(field: Symbolic, node: Expr, shape: list[int]) -> Flat:
    """One symbol for every entry; the entries of symmetric and diagonal matrices share theirs or are 0."""
    if node.op == OPAQUE and node.data[2]:
        return _at_places(field, node, shape)
    label = written(node) if node.op == OPAQUE else node.name
    properties = () if node.op == OPAQUE else node.data[1]
    flat: Flat = []
    for index in product(*(range(1, n + 1) for n in shape)):
        if "diagonal" in properties and index[0] != index[1]:
            flat.append(field.zero)
            continue
        if {"symmetric", "psd"} & set(properties):
            index = tuple(sorted(index))
        flat.append(field.sympy.Symbol("_".join([label, *map(str, index)])))
    return flat


def _at_places(field: Symbolic, node: Expr, shape: list[int]) -> Flat:
    """One symbol for every entry of a function at every place: `phi(X[2])_1`."""
    name, by, batch = node.data
    called = f"D{'' if by == (0,) else ''.join([str(k + 1) for k in by])}{name}" if by else name
    args = [written(a) for a in node.args]
    flat: Flat = []
    for index in product(*(range(1, n + 1) for n in shape)):
        place = ",".join(map(str, index[:batch]))
        flat.append(field.sympy.Symbol("_".join([f"{called}({', '.join([f'{a}[{place}]' for a in args])})", *map(str, index[batch:])])))
    return flat


class SymPy(Target):
    """Python text that builds the values with SymPy, entry by entry, at sizes that are given. SymdiffError where one is not."""

    name = "sympy"
    shown = True

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self.sizes = sizes or {}

    def bare(self, exprs: Exprs, *, name: str = "f", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        return self.code(exprs)

    def code(self, exprs: Exprs, *, name: str = "f", doc: str = "", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        import sympy

        values = [explicit(e, self.sizes) for e in exprs]
        symbols = sorted({s for v in values for s in v.free_symbols}, key=lambda s: s.name)
        locals_: dict[Any, str] = {}
        for s in symbols:
            local = identifier(s.name)
            while hasattr(sympy, local) or iskeyword(local) or local in locals_.values():
                local += "_"
            locals_[s] = local
        texts = [sympy.sstr(v.xreplace({s: sympy.Symbol(local) for s, local in locals_.items()})) for v in values]
        used = {"symbols"} if symbols else set()
        used |= {word for text in texts for word in re.findall(r"(?<![\w.])[A-Za-z_]\w*", text) if hasattr(sympy, word)}
        lines = [f"from sympy import {', '.join(sorted(used))}", ""] if used else []
        if symbols:
            lines.append(f"{', '.join(locals_.values())} = symbols({' '.join(s.name for s in symbols)!r})")
        result = texts[0] if len(texts) == 1 else "(\n    " + ",\n    ".join(texts) + ",\n)"
        return "\n".join([*lines, f"f = {result}"]) + "\n"


TARGETS: dict[str, Target] = {**NUMERIC, SymPy.name: SymPy()}


def target(name: str) -> Target:
    """What code is written for, of this name. SymdiffError if there is none."""
    return TARGETS[name] if isinstance(name, str) and name in TARGETS else find(name)
