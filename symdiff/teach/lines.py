"""Lines and steps of a derivation, and how they are written: text, Markdown, LaTeX, HTML, paragraphs of a page.

In: steps. Out: text of one form. Nothing is said here that the lines do not hold.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.expr.operators import kind
from symdiff.syntax.tree import Program, Tree
from symdiff.teach.tables import Cell, Ratio, cell_writer, md, plain, tex, toned, typ, width


@dataclass(frozen=True, slots=True)
class Line:
    """`left = rights[0] = rights[1] …`, with a note behind it. shape: of the value, "" for scalars.

    sides: both sides as nodes, where it is an equation; an adjoint is a letter with the name that the backward program gives it. between: what
    stands between them. sign: what stands between left and right. index: the letters of the entry that both sides show, none where they show the whole.
    """

    left: Cell
    rights: tuple[Cell, ...] = ()
    note: Cell = ""
    shape: str = ""
    sides: tuple[Expr, Expr] | None = None
    between: Expr | None = None
    sign: str = " = "
    index: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """name: "types", "graph", "edges", "backward", "differentials", "trace", "read", "rules", "indices", "simplify", "assumed", "answer" or "check".

    title: for people."""

    name: str
    title: str
    lines: tuple[Line, ...]


def shape_of(x: Expr) -> str:
    """The shape in words, "" of a number."""
    if kind(x) == "row":
        return f"row({build.show_dim(x.shape[1])})"
    return build.describe(x.shape) if x.shape else ""


def for_every(index: Sequence[str], note: Cell = "") -> Cell:
    """A note that an equation of entries holds at all places, behind another one."""
    if not index:
        return note
    letters = [cell for k, i in enumerate(index) for cell in (", " if k else "", Tree("name", value=i))]
    return (*((note, ", ") if note else ()), "for every ", *letters)


# ---------------------------------------------------------------------------------------------- formats

# Signs of LaTeX that stand side by side in a line of a display; a longer one is broken in front of an operator.
MAX_SIGNS = 60
_PIECE = re.compile(r"\\(?:left|right)(?![a-zA-Z])|\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
_UNSEEN = frozenset((r"\left", r"\right", r"\frac", r"\operatorname", r"\mathrm", r"\mathbf", r"\,", "{", "}", "_", "^"))
_BREAKS = ({"+", "-"}, {r"\odot", r"\oslash", r"\cdot"}, {r"\,"})


def broken(formula: str, most: int = MAX_SIGNS) -> str:
    """A formula for a line of an align, broken in front of operators that no bracket holds: of sums first, then of products."""
    for breaks in _BREAKS:
        rows = formula.split(_NEXT)
        if all(_signs_in(row) <= most for row in rows):
            break
        formula = _NEXT.join([row if _signs_in(row) <= most else _broken(row, breaks, most) for row in rows])
    return formula


_NEXT = r" \\ &\qquad {}"


def _signs_in(formula: str) -> int:
    return sum(p not in _UNSEEN and not p.isspace() for p in _PIECE.findall(formula))


def _broken(formula: str, breaks: set[str], most: int) -> str:
    rows, row, depth, count = [], "", 0, 0
    for p in _PIECE.findall(formula):
        if p in breaks and not depth and row.endswith(" ") and count > most // 2:
            rows.append(row.rstrip())
            row, count = "", 0
        depth += (p in ("{", "(", "[", r"\left", r"\begin")) - (p in ("}", ")", "]", r"\right", r"\end"))
        row += p
        count += p not in _UNSEEN and not p.isspace()
    return _NEXT.join([*rows, row])


def plain_text(steps: Sequence[Step], form: str) -> str:
    say = cell_writer(form)
    blocks = []
    for number, s in enumerate(steps, 1):
        lefts = [say(x.left) for x in s.lines]
        column = max([width(left) for left, x in zip(lefts, s.lines, strict=True) if x.rights], default=0)
        title = s.title if form != "text" else normalize("NFKC", s.title).replace("δ", "delta")
        heading = f"{number}. {title}"
        lines = [toned(heading, "title") if form == "terminal" else heading]
        for left, x in zip(lefts, s.lines, strict=True):
            gap = " " * max(0, column - width(left))
            equation = left + (
                (gap + x.sign if x.sign == " = " else x.sign + gap) + " = ".join([say(r) for r in x.rights]) if x.rights else ""
            )
            remarks = "; ".join(filter(None, (x.shape, say(x.note))))
            note = f"    ({remarks})" if remarks else ""
            lines.append("   " + equation + (toned(note, "faint") if form == "terminal" else note))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def markdown(steps: Sequence[Step]) -> str:
    say = cell_writer("markdown")
    blocks = []
    for number, s in enumerate(steps, 1):
        lines = [f"### {number}\\. {md(s.title)}", ""]
        for x in s.lines:
            remarks = "; ".join(filter(None, (md(x.shape), say(x.note))))
            lines.append(
                "- " + x.sign.join(filter(None, [say(x.left), " = ".join(map(say, x.rights))])) + (f" — {remarks}" if remarks else "")
            )
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def latex(steps: Sequence[Step]) -> str:
    say = cell_writer("latex")

    def mathematics(cell: Cell) -> str:
        written = say(cell)
        whole = isinstance(cell, Program | Tree | Ratio)
        return written[1:-1] if whole else rf"\text{{{written}}}" if written else ""

    blocks = []
    for number, s in enumerate(steps, 1):
        lines = []
        for x in s.lines:
            remarks = "; ".join(filter(None, (tex(x.shape), say(x.note))))
            rights = r" \\ &= ".join([broken(mathematics(r)) for r in x.rights])
            left = mathematics(x.left) + (rf" &{'=' if x.sign == ' = ' else ':'} {rights}" if rights else " &")
            lines.append(left + (rf" && \text{{{remarks}}}" if remarks else ""))
        body = " \\\\\n".join(lines)
        blocks.append(f"\\paragraph{{{number}. {tex(s.title)}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}")
    return "\n".join(blocks)


def paragraphs(steps: Sequence[Step]) -> str:
    """LaTeX in lines that may be broken, for a page: no display that could run over it."""
    say = cell_writer("latex")
    blocks = []
    for s in steps:
        lines = []
        for x in s.lines:
            remarks = "; ".join(filter(None, (tex(x.shape), say(x.note))))
            equation = say(x.left) + "".join([f"{' $=$ ' if k or x.sign == ' = ' else x.sign}{say(r)}" for k, r in enumerate(x.rights)])
            lines.append(equation + (rf" \hfill\mbox{{}}\penalty0\hfill{{\small ({remarks})}}" if remarks else ""))
        blocks.append(f"\\paragraph{{{tex(s.title)}}}\\mbox{{}}\\\\\n" + " \\\\\n".join(lines) + "\n")
    return "\n".join(blocks)


def as_html(steps: Sequence[Step]) -> str:
    say = cell_writer("html")
    blocks = []
    for s in steps:
        lines = []
        for x in s.lines:
            shape = f'<span class="shape">{html.escape(x.shape)}</span>' if x.shape else ""
            note = f'<span class="note">{say(x.note)}</span>' if x.note else ""
            remarks = " ".join(filter(None, (shape, note)))
            lines.append(f"<li>{x.sign.join(filter(None, [say(x.left), ' = '.join(map(say, x.rights))]))} {remarks}</li>")
        title = html.escape(plain(s.title))
        blocks.append(f'<li class="step {s.name}"><h3>{title}</h3>\n<ul>\n' + "\n".join(lines) + "\n</ul></li>")
    return '<ol class="derivation">\n' + "\n".join(blocks) + "\n</ol>"


def in_typst(steps: Sequence[Step]) -> str:
    """Typst's markup, for a page."""
    say = cell_writer("typst")
    blocks = []
    for s in steps:
        lines = [f"*{typ(s.title)}*"]
        for x in s.lines:
            remarks = [typ(x.shape), say(x.note)]
            note = typ("; ").join(filter(None, remarks))
            right = typ(" = ").join([say(r) for r in x.rights])
            lines.append(
                say(x.left)
                + (typ(x.sign) + right if right else "")
                + (f" #h(1em) #text(size: 0.9em, fill: luma(90))[({note})]" if note else "")
            )
        blocks.append(" \\\n".join(lines))
    return "\n\n".join(blocks) + "\n"
