"""Formulas with functions of the caller's own, as functions of PyTorch and JAX: what these are given and what is made of their values is ours.

In: a formula, and the maker of registered functions of formulas without such. Out: a function by keyword; a value for `phi` is a function of the
library, which differentiates it itself, or what it has for its value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from symdiff.errors import DomainError, OperandError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import OPAQUE, VAR, Expr, make
from symdiff.numeric.python.pieces import identifier

Registered = Callable[..., Any]


class _Call(NamedTuple):
    """A value of an unknown function: its stand-in, the function, and for each argument a variable, or the names that a function of it takes."""

    stand_in: str
    function: str
    arguments: tuple[tuple[Registered | None, tuple[str, ...]], ...]


def around(f: Expr, register: Callable[[Expr], Registered]) -> Registered:
    """f as a function by keyword, also where it has unknown functions."""
    unknown = [node for node in walk.topological([f]) if node.op == OPAQUE]
    if not unknown:
        return register(f)
    if any(node.data[1] or node.data[2] for node in unknown):
        raise DomainError(
            "the derivative of an unknown function, and its values at every row, are not computed here",
            hint="declare its value as a variable instead",
        )
    taken = {*walk.variables([f]), *walk.functions([f]), *walk.dimensions([f])}
    new: dict[Expr, Expr] = {}
    calls: list[_Call] = []
    for node in walk.topological([f]):
        args = tuple([new[a] for a in node.args])
        new[node] = node if args == node.args else make(node.op, args, node.data, node.shape)
        if node.op == OPAQUE:
            letter = next(name for k in range(len(taken) + 1) if (name := f"{node.data[0]}{k or ''}_") not in taken)
            taken.add(letter)
            given = tuple([(None if a.op == VAR else register(a), tuple(walk.variables([a]))) for a in args])
            calls.append(_Call(letter, node.data[0], given))
            new[node] = build.var(letter, node.shape)
    outer, names = register(new[f]), tuple(walk.variables([new[f]]))
    known = {*walk.variables([f]), *walk.functions([f])}
    allowed = {*known, *map(identifier, known), *walk.dimensions([f])}

    def function(**values: Any) -> Any:
        for name in values:
            if name not in allowed:
                raise UnknownNameError(
                    f"a value for {name!r}, which does not occur in the formula", hint="the arguments are " + ", ".join(sorted(known))
                )
        have = {name: values[name] if name in values else values.get(identifier(name)) for name in known}
        missing = [name for name in known if have[name] is None]
        if missing:
            raise UnknownNameError(f"the argument {missing[0]} is missing", hint="the arguments are " + ", ".join(sorted(known)))
        for call in calls:
            phi = have[call.function]
            if callable(phi):
                arguments = [have[own[0]] if g is None else g(**{name: have[name] for name in own}) for g, own in call.arguments]
                have[call.stand_in] = phi(*arguments)
            elif sum(other.function == call.function for other in calls) > 1:
                raise OperandError(f"{call.function} has several values here", hint=f"give {call.function} as a function")
            else:
                have[call.stand_in] = phi
        return outer(**{name: have[name] for name in names})

    return function
