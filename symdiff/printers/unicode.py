"""Unicode: what a terminal can show of mathematics. It is a formula of the language too, and parses back."""

from __future__ import annotations

from symdiff.notation.numerals import decimal
from symdiff.notation.trees import postorder
from symdiff.printers.layout import Piece, separated
from symdiff.printers.names import GREEK, parts
from symdiff.printers.text import INFIX, Text
from symdiff.syntax.tree import Program, Tree
from symdiff.table import TABLE
from symdiff.table.operators import OPERATORS

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_BARS = {"abs": "|", "norm2": "‖"}
_WITH_BARS = ("abs", "norm2", "bars", "norm")


def unicode(program: Program | Tree) -> str:
    """The program on one line, statements separated by `; `."""
    return Unicode().write(program)


class Unicode(Text):
    """Text with Greek letters, subscripts, superscripts, bars and the operators `· ⊙ ᵀ ≤ ≥ ≠`."""

    infix = INFIX | {operator.kind: operator.unicode for operator in OPERATORS.values() if operator.unicode}

    def __init__(self) -> None:
        self.barred: set[int] = set()

    def write(self, program: Program | Tree) -> str:
        if isinstance(program, Tree):
            self.find_bars(program)
        return super().write(program)

    def find_bars(self, tree: Tree) -> None:
        """Trees that hold bars: of nested bars nobody could say which one closes."""
        for t in postorder([tree]):
            if t.kind in _WITH_BARS or t.value in _WITH_BARS or any(id(k) in self.barred for k in t.kids):
                self.barred.add(id(t))

    def name(self, name: str) -> str:
        found = parts(name)
        if found is None:
            return name
        ds, stem, digits, rest = found
        return (
            ds + GREEK.get(stem, stem) + digits.translate(_SUBSCRIPT) + "".join([f"_{_part(p)}" for p in rest.split("_")] if rest else "")
        )

    def spell(self, t: Tree) -> list[Piece]:
        exponent = _whole(t.kids[1]) if t.kind == "pow" and t.kids[0].kind != "number" else ""
        if exponent:
            return [*self.operand(t, 0), exponent.translate(_SUPERSCRIPT)]
        return super().spell(t)

    def operand(self, t: Tree, k: int) -> list[Piece]:
        if t.kind == "index" and t.kids[0].value in _BARS:
            return ["(", t.kids[k], ")"]  # after a bar, `[` would open an Iverson bracket
        return super().operand(t, k)

    def spell_transpose(self, t: Tree) -> list[Piece]:
        return [*self.operand(t, 0), "ᵀ"]

    def spell_call(self, t: Tree) -> list[Piece]:
        bar = _BARS.get(t.value)
        if bar and id(t.kids[0]) not in self.barred:
            return [bar, t.kids[0], bar]
        name = TABLE[t.value].unicode if t.value in TABLE else self.name(t.value)
        return [name if name and "#" not in name else t.value, "(", *separated(t.kids), ")"]


def _part(text: str) -> str:
    """`h1` or `mu` within `delta_h1`, `delta_mu`, as the letter is written elsewhere."""
    found = parts(text)
    if found is None or found[0] or found[3] or (len(found[1]) > 1 and found[1] not in GREEK):
        return text
    return GREEK.get(found[1], found[1]) + found[2].translate(_SUBSCRIPT)


def _whole(t: Tree) -> str:
    """The digits of a whole number, with its sign; "" of anything else."""
    sign, t = ("-", t.kids[0]) if t.kind == "neg" else ("", t)
    digits = decimal(t.value) if t.kind == "number" else ""
    return sign + digits if digits.isdigit() else ""
