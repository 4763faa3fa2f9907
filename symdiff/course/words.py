"""The words of a problem: Markdown of a few signs, with formulas between dollar signs.

In: a text. Out: paragraphs of cells (`symdiff.teach.tables`): words, words that are stressed, code, formulas as trees, which any printer sets. A formula is
one of the language or LaTeX, read by the project's own readers: `$w.phi$`, `$\\max(0, 1 - m)$`, `$h = relu(V*phi)$`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symdiff.errors import SymdiffError
from symdiff.teach.tables import Cell


@dataclass(frozen=True, slots=True)
class Stressed:
    """Words in bold ("strong"), italics ("em") or typewriter letters ("code")."""

    kind: str
    words: str


Piece = Cell | Stressed


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Pieces side by side; item: it belongs to a list, "" or "•" or a number; formula: it is one displayed formula."""

    pieces: tuple[Piece, ...]
    item: str = ""
    displayed: bool = False


_PIECE = re.compile(
    r"\\([$*_`\\])|\$\$(.+?)\$\$|\$([^$]+?)\$|`([^`]+)`|\*\*(.+?)\*\*|(?<![\w*])\*(\S(?:[^*]*?\S)?)\*(?![\w*])|(?<!\w)_(\S(?:[^_]*?\S)?)_(?!\w)",
    re.DOTALL,
)
_ITEM = re.compile(r"(?:([-*])|(\d+)[.)])\s+")


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a text. SymdiffError for a formula that cannot be read and for a dollar sign without its other."""
    found: list[Paragraph] = []
    for block in re.split(r"\n[ \t]*\n", text.strip()):
        lines: list[str] = []
        for line in block.split("\n"):
            if _ITEM.match(line.strip()) or not lines:
                lines.append(line.strip())
            else:
                lines[-1] += " " + line.strip()
        for line in lines:
            item = _ITEM.match(line)
            if line:
                mark = ("•" if item[1] else f"{item[2]}.") if item else ""
                pieces = _pieces(line[item.end() :] if item else line)
                found.append(Paragraph(pieces, mark, len(pieces) == 1 and line.startswith("$$")))
    return tuple(found)


def _pieces(text: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    words = ""
    at = 0
    for m in _PIECE.finditer(text):
        words += text[at : m.start()]
        at = m.end()
        if m[1]:
            words += m[1]
            continue
        _no_dollar(words, text)
        if words:
            found.append(words)
        words = ""
        formula = m[2] or m[3]
        if formula:
            found.append(formula_of(formula))
        else:
            kind = "code" if m[4] else "strong" if m[5] else "em"
            found.append(Stressed(kind, m[4] or m[5] or m[6] or m[7]))
    words += text[at:]
    _no_dollar(text[at:], text)
    if words:
        found.append(words)
    return tuple(found)


def _no_dollar(words: str, text: str) -> None:
    if "$" in words:
        raise SymdiffError(
            "a dollar sign stands alone",
            text=text,
            span=(k := text.find(words) + words.find("$"), k + 1),
            hint=r"$w.phi$ around a formula, \$ for the sign itself",
        )


def formula_of(text: str) -> Cell:
    """A formula, or `name = formula`, as trees. SymdiffError where it has none."""
    from symdiff.syntax import latexin
    from symdiff.syntax.parse import program

    if not latexin.is_latex(text):
        return program(text.strip())
    sides = re.split(r"(?<![<>=!:])=(?!=)", text)
    cells: list[Cell] = []
    for side in sides:
        cells += [" = ", latexin.read_latex(side.strip(), {}).program]
    return cells[1] if len(sides) == 1 else tuple(cells[1:])
