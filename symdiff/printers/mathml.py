"""MathML: presentation elements of MathML Core, which browsers render without help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from symdiff.notation.trees import postorder
from symdiff.printers.layout import Piece
from symdiff.printers.names import GREEK
from symdiff.printers.typeset import Pieces, Typeset
from symdiff.syntax.tree import Program, Tree
from symdiff.table.operators import OPERATORS, THIN


def mathml(program: Program | Tree) -> str:
    """Bindings and the expression as one `<math>` element; declarations are left out."""
    body = _LONE.sub(r"\1", MathML().write(program))
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{body}</math>'


def _escaped(text: str) -> str:
    """Importing `html` for this costs 2 ms, `xml.sax.saxutils`, which imports the network, 20 (`python -X importtime`)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# A row of one element is the element.
_LONE = re.compile(r"<mrow>(<(mi|mn|mo)>[^<]*</\2>)</mrow>")


_SIGNS = {
    "minus": "−", "plus": "+", "times": "⋅", "entrywise": "⊙", "transpose": "⊤", "prime": "′",
    "by": "×", "mod": "mod", "comma": ",", "at": ",", "from": "=", "to": "…", "and then": ",", ":": ":", "=": "=",
}  # fmt: skip


_ACCENTS = {"hat": "^", "tilde": "~", "dot": "˙", "ddot": "¨", "check": "ˇ"}


class MathML(Typeset):
    """Every letter, number and operator is an element; user text is escaped."""

    row = "mathml"
    signs: ClassVar[Mapping[str, str]] = {
        **{name: f"<mo>{_escaped(sign)}</mo>" for name, sign in _SIGNS.items()},
        **{
            operator.kind: operator.mathml if operator.mathml == THIN else f"<mo>{_escaped(operator.mathml)}</mo>"
            for operator in OPERATORS.values()
            if operator.mathml
        },
        "ones": "<mn>𝟏</mn>",
        "beside": "",
        "body": "",
        ";": '<mo>;</mo><mspace width="1em"/>',
    }
    constants: ClassVar[Mapping[str, str]] = {
        "eye": "<mi>I</mi>",
        "ones": "<mn>𝟏</mn>",
        "zeros": "<mn>𝟎</mn>",
        "unit": "<mi>e</mi>",
        "commutation": "<mi>K</mi>",
        "duplication": "<mi>D</mi>",
    }
    second: ClassVar[Mapping[str, str]] = {"eye": '<mi mathvariant="normal">Id</mi>', "unit": "<mi>𝐞</mi>"}
    big: ClassVar[Mapping[str, str]] = {"sum": "<mo>∑</mo>", "prod": "<mo>∏</mo>"}
    letters: ClassVar[frozenset[str]] = frozenset(("<mi>σ</mi>", "<mi>ψ</mi>", "<mi>Γ</mi>", "<mi>λ</mi>"))
    beside: ClassVar[tuple[str, str, str]] = (
        "<mrow><mo>[</mo><mtable><mtr><mtd>",
        "</mtd><mtd>",
        "</mtd></mtr></mtable><mo>]</mo></mrow>",
    )
    column: ClassVar[tuple[str, str, str]] = (
        "<mrow><mo>[</mo><mtable><mtr><mtd>",
        "</mtd></mtr><mtr><mtd>",
        "</mtd></mtr></mtable><mo>]</mo></mrow>",
    )

    def letter(self, stem: str) -> str:
        return f"<mi>{_escaped(GREEK.get(stem, stem))}</mi>"

    def word(self, text: str) -> str:
        return f'<mi mathvariant="normal">{_escaped(text)}</mi>'

    def bar(self, name: str) -> str:
        return f'<mover accent="true"><mrow>{name}</mrow><mo stretchy="true">‾</mo></mover>'

    def accent(self, accent: str, name: str) -> str:
        return f'<mover accent="true"><mrow>{name}</mrow><mo>{_ACCENTS[accent]}</mo></mover>'

    def number(self, digits: str) -> str:
        return f"<mn>{digits}</mn>"

    def operator(self, name: str, *, limits: bool = False) -> str:
        return f"<mi>{_escaped(name)}</mi>"

    def scripts(self, base: Pieces, below: Pieces = (), above: Pieces = (), *, limits: bool = False) -> list[Piece]:
        if not (below or above):
            return ["<mrow>", *base, "</mrow>"]
        under, over = ("under", "over") if limits else ("sub", "sup")
        element = "m" + (under if below else "") + (over if above else "")
        parts = [["<mrow>", *part, "</mrow>"] for part in (base, below, above) if part]
        return [f"<{element}>", *[piece for part in parts for piece in part], f"</{element}>"]

    def fraction(self, above: Tree, below: Tree) -> list[Piece]:
        return ["<mfrac><mrow>", above, "</mrow><mrow>", below, "</mrow></mfrac>"]

    def cases(self, condition: Tree, value: Tree, other: Tree) -> list[Piece]:
        first: list[Piece] = [value, "</mtd><mtd><mtext>if\u00a0</mtext>", condition]
        second: list[Piece] = [other, "</mtd><mtd><mtext>otherwise</mtext>"]
        return ["<mrow><mo>{</mo><mtable><mtr><mtd>", *first, "</mtd></mtr><mtr><mtd>", *second, "</mtd></mtr></mtable></mrow>"]

    def group(self, *trees: Tree, opening: str = "(", closing: str = ")") -> list[Piece]:
        tall = any(t.kind in ("div", "over", "pairs", "listed") or t.value in ("if", "concat", "vcat") for t in postorder(trees))
        fence = "<mo>" if tall else '<mo stretchy="false">'
        return super().group(*trees, opening=f"<mrow>{fence}{opening}</mo>", closing=f"{fence}{closing}</mo></mrow>")

    def apply(self, function: str, *kids: Tree) -> list[Piece]:
        return [function, "<mo>\u2061</mo>", *self.group(*kids)]
