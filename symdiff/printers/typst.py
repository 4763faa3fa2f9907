"""Typst: the content of an equation `$ … $`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from symdiff.printers.layout import Piece
from symdiff.printers.names import GREEK
from symdiff.printers.typeset import Pieces, Typeset
from symdiff.syntax.tree import Program, Tree
from symdiff.table.operators import OPERATORS

_ACCENTS = {"ddot": "dot.double", "check": "caron"}


def typst(program: Program | Tree) -> str:
    """Bindings and the expression, for mathematics mode; declarations are left out."""
    return Typst().write(program)


class Typst(Typeset):
    """Words are quoted, so that none of them means anything to Typst; brackets grow by themselves."""

    row = "typst"
    signs: ClassVar[Mapping[str, str]] = {
        **{operator.kind: operator.typst for operator in OPERATORS.values() if operator.typst},
        "minus": "-", "plus": "+", "times": " dot ", "entrywise": "⊙ ", "transpose": "top", "ones": "bold(1)", "prime": "'", "by": " times ", "mod": " mod ",
        "comma": ", ", "at": ",", "from": "=", "to": " dots ", "and then": ", ", "body": " ", "beside": " ", ":": ":", "=": " = ", ";": "; quad ",
    }  # fmt: skip
    constants: ClassVar[Mapping[str, str]] = {
        "eye": "I",
        "ones": "bold(1)",
        "zeros": "bold(0)",
        "unit": "e",
        "commutation": "K",
        "duplication": "D",
    }
    second: ClassVar[Mapping[str, str]] = {"eye": '"Id"', "unit": "bold(e)"}
    big: ClassVar[Mapping[str, str]] = {"sum": "sum", "prod": "product"}
    letters: ClassVar[frozenset[str]] = frozenset(("sigma", "psi", "Gamma", "lambda"))
    beside: ClassVar[tuple[str, str, str]] = ('mat(delim: "[", ', ", ", ")")
    column: ClassVar[tuple[str, str, str]] = ('vec(delim: "[", ', ", ", ")")

    def letter(self, stem: str) -> str:
        return stem if (len(stem) == 1 and stem != "_") or stem in GREEK else json.dumps(stem, ensure_ascii=False)

    def word(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    def bar(self, name: str) -> str:
        return f"overline({name})"

    def accent(self, accent: str, name: str) -> str:
        return f"{_ACCENTS.get(accent, accent)}({name})"

    def number(self, digits: str) -> str:
        return digits

    def operator(self, name: str, *, limits: bool = False) -> str:
        return f"op({json.dumps(name, ensure_ascii=False)}{', limits: #true' if limits else ''})"

    def scripts(self, base: Pieces, below: Pieces = (), above: Pieces = (), *, limits: bool = False) -> list[Piece]:
        return [*base, *(["_(", *below, ")"] if below else []), *(["^(", *above, ")"] if above else [])]

    def fraction(self, above: Tree, below: Tree) -> list[Piece]:
        return ["frac(", above, ", ", below, ")"]

    def cases(self, condition: Tree, value: Tree, other: Tree) -> list[Piece]:
        return ["cases(", value, ' & "if " ', condition, ", ", other, ' & "otherwise")']
