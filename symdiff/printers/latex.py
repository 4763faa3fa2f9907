r"""LaTeX for mathematics mode: fractions, subscripts, `\left( \right)` only around what is tall."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from symdiff.notation.trees import postorder
from symdiff.printers.layout import Piece, render
from symdiff.printers.names import GREEK
from symdiff.printers.typeset import Pieces, Typeset
from symdiff.syntax.tree import Program, Tree
from symdiff.table.operators import OPERATORS

_ESCAPED = str.maketrans({c: "\\" + c for c in "_%#$&{}"} | {"\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim "})
# Greek capitals that are Latin letters in TeX, and omicron.
_LATIN = {"Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N"}
_LATIN |= {"Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X", "omicron": "o"}


def latex(program: Program | Tree) -> str:
    """Bindings and the expression, for mathematics mode; declarations are left out."""
    return Latex().write(program)


def escape(text: str) -> str:
    """User text with the characters that mean something to TeX made plain."""
    return text.translate(_ESCAPED)


class Latex(Typeset):
    r"""Names are `w`, `\phi`, `h_{1}`, `\mathrm{margin}`, `\hat{x}`, `x_{\mathrm{old}}`."""

    row = "tex"
    signs: ClassVar[Mapping[str, str]] = {
        **{operator.kind: operator.tex for operator in OPERATORS.values() if operator.tex},
        "minus": "-", "plus": "+", "times": r" \cdot ", "entrywise": r"\odot ", "transpose": r"\top", "ones": r"\mathbf{1}", "prime": "'", "by": r" \times ", "mod": r" \bmod ",
        "comma": ", ", "at": ",", "from": "=", "to": r" \ldots ", "and then": r",\, ", "body": " ", "beside": "", ":": ":", "=": " = ", ";": r"; \quad ",
    }  # fmt: skip
    constants: ClassVar[Mapping[str, str]] = {
        "eye": "I",
        "ones": r"\mathbf{1}",
        "zeros": r"\mathbf{0}",
        "unit": "e",
        "commutation": "K",
        "duplication": "D",
    }
    second: ClassVar[Mapping[str, str]] = {"eye": r"\mathrm{Id}", "unit": r"\mathbf{e}"}
    big: ClassVar[Mapping[str, str]] = {"sum": r"\sum", "prod": r"\prod"}
    letters: ClassVar[frozenset[str]] = frozenset((r"\sigma", r"\psi", r"\Gamma", r"\lambda"))
    column: ClassVar[tuple[str, str, str]] = (r"\begin{bmatrix} ", r" \\ ", r" \end{bmatrix}")
    beside: ClassVar[tuple[str, str, str]] = (r"\begin{bmatrix} ", " & ", r" \end{bmatrix}")

    def __init__(self) -> None:
        super().__init__()
        self.tall: set[int] = set()

    def rendered(self, tree: Tree) -> str:
        tree = self.closed(tree)
        self.find_tall(tree)
        return render(tree, self.spell)

    def find_tall(self, tree: Tree) -> None:
        for t in postorder([tree]):
            if (
                t.kind in ("div", "over", "pairs", "listed")
                or t.value in ("if", "concat", "vcat")
                or any(id(k) in self.tall for k in t.kids)
            ):
                self.tall.add(id(t))

    def letter(self, stem: str) -> str:
        if stem == "ell":
            return r"\ell"
        if stem in GREEK:
            return _LATIN[stem] if stem in _LATIN else "\\" + stem
        return stem if len(stem) == 1 and stem != "_" else rf"\mathrm{{{escape(stem)}}}"

    def word(self, text: str) -> str:
        return rf"\mathrm{{{escape(text)}}}"

    def bar(self, name: str) -> str:
        return rf"\bar{{{name}}}" if re.match(r"\\?\w+(_|$)", name) else rf"\overline{{{name}}}"

    def accent(self, accent: str, name: str) -> str:
        return rf"\{accent}{{{name}}}"

    def number(self, digits: str) -> str:
        return digits

    def operator(self, name: str, *, limits: bool = False) -> str:
        return rf"\operatorname{'*' if limits else ''}{{{escape(name)}}}"

    def scripts(self, base: Pieces, below: Pieces = (), above: Pieces = (), *, limits: bool = False) -> list[Piece]:
        return [*base, *(["_{", *below, "}"] if below else []), *(["^{", *above, "}"] if above else [])]

    def fraction(self, above: Tree, below: Tree) -> list[Piece]:
        return [r"\frac{", above, "}{", below, "}"]

    def cases(self, condition: Tree, value: Tree, other: Tree) -> list[Piece]:
        return [r"\begin{cases} ", value, r" & \text{if } ", condition, r" \\ ", other, r" & \text{otherwise} \end{cases}"]

    def group(self, *trees: Tree, opening: str = "(", closing: str = ")") -> list[Piece]:
        if any(id(t) in self.tall for t in trees):
            opening, closing = rf"\left{opening}", rf"\right{closing}"
        return super().group(*trees, opening=opening, closing=closing)

    def template(self, notation: str, kids: Sequence[Tree]) -> list[Piece]:
        if any(id(k) in self.tall for k in kids):
            notation = re.sub(r"\\[lr](?=vert|Vert|floor|ceil)", lambda m: (r"\left" if m[0] == r"\l" else r"\right") + m[0], notation)
        return super().template(notation, kids)
