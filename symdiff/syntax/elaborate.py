"""Typed trees to nodes as written: what each written form means is the table in docs/architecture.md.

In: a `Typing`. Out: the node of every step; the last is the formula. Only `symdiff.expr.build` makes nodes, operand
order is kept. Inside index sums values and operations are those of indexed.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.syntax import hints
from symdiff.syntax.calling import CalledFunctions, entry_power, whole
from symdiff.syntax.indexed import (
    Value,
    closed,
    elementwise,
    form,
    quotient,
    row_by_row,
    times,
)
from symdiff.syntax.relations import S, forms
from symdiff.syntax.tree import Tree
from symdiff.table.operators import OPERATORS, Operator


class Elaboration(CalledFunctions):
    """values: the node of every step (None for steps without one); result: the formula; variables, bindings: VARs and NAMEs by name."""

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
                        self.bindings[tree.value] = names[tree.value] = x = build.name(tree.value, closed(args[0]), self.given)
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
            return closed(stack[-1])
        except SymdiffError as error:
            error.span = error.span or (tree.start, tree.end)
            error.text = error.text or typing.text
            raise

    def _size_or_constant(self, name: str) -> Expr:
        return build.dim(name) if name in self.typing.dims else build.const(name)

    def _operator(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        """What the row of the operator says."""
        made = _FORMS[tree.kind].get(kinds)
        if not made:
            return _LIFTED[tree.kind](args)
        if made in build.FORMS:
            return form(made, args)
        return _constructor(made)(*[closed(a, tree) for a in args])

    def _pow(self, tree: Tree, args: list[Value], kinds: tuple[int, ...], var: int) -> Value:
        if kinds[0] == S:
            return elementwise(entry_power, args)
        if not hints.whole(tree.kids[1]):
            return row_by_row(lambda a, k: build.call("matrix_power", a, k), args)
        return self._matrix_power(args[0], whole(tree.kids[1]), tree)

    def _iverson(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return args[0]

    def _bars(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return elementwise(lambda a: build.call("abs", a), args)

    def _norm(self, tree: Tree, args: list[Value], kinds: Any, var: int) -> Value:
        return self._entries("norm2", args, tree)


def _constructor(name: str) -> Callable[..., Expr]:
    made: Callable[..., Expr] = getattr(build, name)
    return made


def _lifted(operator: Operator) -> Callable[[Sequence[Value]], Value]:
    """The operation on scalars, or entry by entry; products join in one contraction where the operands carry indices."""
    if operator.makes in ("scale", "elementwise"):
        return times
    if operator.makes == "divide":
        return quotient
    made: Callable[..., Expr] = entry_power if operator.makes == "entry_power" else _constructor(operator.makes)
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
