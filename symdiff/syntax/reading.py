"""How a formula was read: the types of its names and where each came from, remarks, the text.

In: what the parser knows, or a node that no text was read for. Out: a Reading, which is plain data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symdiff.expr.build import describe, describe_type, opaque_shape
from symdiff.expr.node import OPAQUE, VAR, Expr
from symdiff.expr.walk import preorder
from symdiff.syntax.tree import Program
from symdiff.syntax.types import TypeInfo

DECLARED = "declared"


@dataclass(frozen=True)
class Reading:
    """text: as it was typed, "" of what was built in Python. program: its statements, None of what was built.

    types: of every variable, functions: of every opaque function, each with its source ("declared", "inferred" or
    "convention: …", which says the rule), in order of appearance. described: the same as they are declared, `psd matrix(n, n)`,
    `opaque vector(n)`. notes: remarks of the parser. also: names of the formula that it was read beside, which may be given values, too.
    unused: variables that are declared and do not occur; their sizes may.
    question: the names that a ∇ in front of LaTeX asks for.
    """

    types: Mapping[str, TypeInfo]
    functions: Mapping[str, TypeInfo]
    described: Mapping[str, str]
    notes: tuple[str, ...] = ()
    text: str = ""
    program: Program | None = None
    also: frozenset[str] = frozenset()
    unused: tuple[Expr, ...] = ()
    question: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """Itself: a reading stands where the formula or the parse that has it may stand."""
        return self


def described(types: Mapping[str, TypeInfo], functions: Mapping[str, TypeInfo], properties: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The types as they are declared, properties in front; those of functions are called opaque.

    A function that has the name of a variable stands as `phi(…)`.
    """
    words = {name: describe_type(info.shape, properties.get(name, ())) for name, info in types.items()}
    return words | {f"{name}(…)" if name in words else name: f"opaque {describe(info.shape)}" for name, info in functions.items()}


def noted(reading: Reading, notes: Sequence[str]) -> Reading:
    """The reading with further remarks."""
    return replace(reading, notes=(*reading.notes, *notes))


def built(node: Expr, known: Reading | None = None) -> Reading:
    """The reading of a node that no text was read for; sources of names that `known` has are taken from there."""
    types: dict[str, TypeInfo] = {}
    functions: dict[str, TypeInfo] = {}
    properties: dict[str, Sequence[str]] = {}
    for e in preorder(node):
        if e.op == VAR and e.name not in types:
            types[e.name] = sourced(TypeInfo(e.shape, DECLARED), known.types.get(e.name) if known else None)
            properties[e.name] = e.data[1]
        elif e.op == OPAQUE and e.name not in functions:
            functions[e.name] = sourced(TypeInfo(opaque_shape(e), DECLARED), known.functions.get(e.name) if known else None)
    return Reading(types, functions, described(types, functions, properties))


def sourced(info: TypeInfo, known: TypeInfo | None) -> TypeInfo:
    """The type with the source that is known of it, if it is the same type."""
    return known if known is not None and known.shape == info.shape else info


def beside(node: Expr, reading: Reading, known: Reading) -> Reading:
    """The reading of a text that was read with the types and bindings of another formula: what it does not declare itself has its sources there."""
    both = replace(reading, types={**reading.types, **known.types}, functions={**reading.functions, **known.functions})
    found = built(node, both)
    also = known.also | {*known.types, *known.functions} | reading.also
    return replace(reading, types=found.types, functions=found.functions, described=found.described, also=also)


def guessed(reading: Reading) -> str:
    """For a hint, which names a convention made vectors and matrices, and how to say that one is a number; "" if there is none."""
    names = [name for name, info in reading.types.items() if info.shape and info.source.startswith("convention")]
    if not names:
        return ""
    kinds = " and ".join([f"`{name}` a {describe(reading.types[name].shape).partition('(')[0]}" for name in names[:3]])
    return f" By convention {kinds}: if one is a number, declare it, `{names[0]}: scalar`"
