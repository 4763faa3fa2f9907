"""Tables of text, formulas and numbers for every format; the one place where teaching material is escaped.

A cell is a text (escaped), a formula (a Program or Tree, set by the printers), a number or array (`Value`), or a tuple
of cells that stand side by side.
"""

from __future__ import annotations

import csv
import html
import io
import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from symdiff.errors import SymdiffError
from symdiff.printers import latex, mathml, text, typst, unicode
from symdiff.printers.latex import Latex
from symdiff.printers.names import GREEK
from symdiff.syntax.tree import Program, Tree

FORMS = ("text", "unicode", "terminal", "markdown", "latex", "html", "typst", "csv")

# Lines of a table that stays on one page.
MAX_KEPT = 30

# Colours of a terminal: bold titles, faint notes, forward values, backward values, as in the pictures.
TONES = {"title": "1", "faint": "2", "forward": "32", "backward": "33"}

# An array with more entries is shown by its first ones and its size.
MAX_SHOWN = 24


class Value(NamedTuple):
    """A number, or nested lists of numbers; digits: significant ones, at most."""

    value: Any
    digits: int = 4


class Ratio(NamedTuple):
    """The derivative of one value by another."""

    top: Program
    bottom: Program


class Effect(NamedTuple):
    """What an edge does to the adjoint that comes down: `before` and `after` are "", "times" or "emul", the operator that meets it."""

    before: str
    body: Program
    after: str


Cell = str | Program | Tree | Value | Ratio | Effect | tuple[Any, ...]

_MEETS = {
    "text": ("*", ".*"),
    "csv": ("*", ".*"),
    "unicode": ("·", "⊙"),
    "terminal": ("·", "⊙"),
    "markdown": (r"$\cdot$", r"$\odot$"),
    "latex": (r"$\cdot$", r"$\odot$"),
    "html": ("·", "⊙"),
    "typst": ("$dot.op$", "$⊙$"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the heads of the columns, and rows of as many cells. tones: of the columns, of TONES or "", on a terminal."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tones: tuple[str, ...] = ()


def render(tables: Sequence[Table], form: str) -> str:
    """The tables one below the other in one of FORMS. SymdiffError for another form."""
    if form not in FORMS:
        raise SymdiffError(f"no tables in the format {form}", hint="the formats are " + ", ".join((*FORMS, "json")))
    return {
        "text": _plain,
        "unicode": _plain,
        "terminal": _coloured,
        "markdown": _markdown,
        "latex": _latex,
        "html": _html,
        "typst": _typst,
        "csv": _csv,
    }[form]([t for t in tables if t.rows], cell_writer(form))


# ---------------------------------------------------------------------------------------------- numbers


def number(value: float | Fraction, digits: int = 4) -> str:
    """Four significant digits, fewer where they suffice: `9`, `0.7311`, `1e-08`, `nan`; whole numbers stay whole, short fractions fractions: `1/3`."""
    if isinstance(value, Fraction):
        fraction = shown_fraction(value)
        if fraction:
            return fraction
        value = float(value)
    if float(value).is_integer() and abs(value) < 10**9:
        return str(int(value))
    short = f"{value:.{digits}g}"
    return "0" if short == "-0" else short


def shown_fraction(value: Fraction) -> str:
    """A whole number, or a fraction as it is said, `1/3`, `-1/2`; "" of one that decimals say better."""
    if value.denominator == 1:
        return str(value.numerator) if abs(value) < 10**9 else ""
    return str(value) if value.denominator < 100 and value.denominator % 5 and abs(value.numerator) < 1000 else ""


def show(value: Any, digits: int = 4) -> str:
    """A number or nested lists as `[3, 1]`; long ones are cut, with their size."""
    shape, flat = _shape(value), _flat(value)
    if math.prod(shape) <= MAX_SHOWN:
        return _nested(value, digits)
    return f"[{', '.join(number(v, digits) for v in flat[:6])}, …] ({'×'.join(map(str, shape))})"


def _nested(value: Any, digits: int) -> str:
    return "[" + ", ".join([_nested(v, digits) for v in value]) + "]" if isinstance(value, list) else number(value, digits)


def _shape(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else 0.0
    return tuple(shape)


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, list) else float(value)


def _flat(value: Any) -> list[float]:
    return [x for v in value for x in _flat(v)] if isinstance(value, list) else [value]


# ---------------------------------------------------------------------------------------------- cells


def cell_writer(form: str) -> Callable[[Cell], str]:
    """How one cell is written in this form."""
    words, formula, numbers = _WRITERS[form]

    def write(cell: Cell) -> str:
        if isinstance(cell, Value):
            return numbers(cell)
        if isinstance(cell, Ratio):
            return _ratio(cell, form)
        if isinstance(cell, Effect):
            return effect(cell, formula(cell.body), *_MEETS[form])
        if isinstance(cell, tuple):
            return "".join([write(part) for part in cell])
        if isinstance(cell, str):
            return words(cell)
        return formula(cell)

    return write


def effect(x: Effect, body: str, times: str, emul: str) -> str:
    """The operators around what is multiplied."""
    sign = {"times": times, "emul": emul}
    tree = x.body.body
    if (
        tree is not None
        and (x.before or x.after)
        and (tree.kind in ("add", "sub", "neg", "ediv") or (x.before == "emul" and _is_product(tree)))
    ):
        return f"{sign.get(x.before, '')} ({body}) {sign.get(x.after, '')}".strip()
    return f"{sign.get(x.before, '')} {body} {sign.get(x.after, '')}".strip()


def _is_product(t: Tree) -> bool:
    """Whether a product begins with something else than a number: `X*w`, which `.*` would tear apart."""
    first = t
    while first.kind == "mul":
        first = first.kids[0]
    return t.kind == "matmul" or (t.kind == "mul" and first.kind != "number")


def _ratio(r: Ratio, form: str) -> str:
    if form in ("text", "csv", "unicode", "terminal"):
        fine = form in ("unicode", "terminal")
        d, spelled = ("∂", unicode) if fine else ("d", text)
        return "/".join(
            [
                d + (s if fine and (s.isalnum() or (_is_name(p) and "_" not in s)) else f"({s})")
                for p, s in zip(r, map(spelled, r), strict=True)
            ]
        )
    if form == "typst":
        return f"${ratio_in_typst(r)}$"
    if form == "html":
        inner = [re.sub("^<math[^>]*>|</math>$", "", mathml(p)) for p in r]
        parts = [f"<mrow><mo>∂</mo>{x if _is_name(p) else f'<mo>(</mo>{x}<mo>)</mo>'}</mrow>" for x, p in zip(inner, r, strict=True)]
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac>{"".join(parts)}</mfrac></math>'
    above, below = [r"\partial " + (latex(p) if _is_name(p) else rf"\left({latex(p)}\right)") for p in r]
    return rf"$\frac{{{above}}}{{{below}}}$".replace("|", r"\vert " if form == "markdown" else "|")


def ratio_in_typst(r: Ratio) -> str:
    """The derivative of one value by another in Typst's mathematics."""
    above, below = ["∂ " + (typst(p) if _is_name(p) else f"({typst(p)})") for p in r]
    return f"frac({above}, {below})"


def _is_name(p: Program) -> bool:
    """Whether a formula is a name, or an entry of one."""
    body = p.body
    entry = body is not None and body.kind == "index" and body.kids[0].kind == "name" and "_" not in body.kids[0].value
    return body is not None and (body.kind == "name" or entry) and not p.statements


def plain(s: str) -> str:
    """Text without control characters, which could move a terminal's cursor or break a line of a table."""
    return "".join([" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in s])


_GREEK = {letter: name for name, letter in GREEK.items()}
_TEX = {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "·": r"$\cdot$", "→": r"$\to$", "×": r"$\times$", "…": r"\ldots{}",
    "∂": r"$\partial$", "−": "$-$", "ᵀ": r"$^\top$",
} | {c: "\\" + c for c in "&%$#_{}"}  # fmt: skip


def tex(s: str) -> str:
    """Text for LaTeX's text mode."""
    return "".join([_TEX.get(c) or (f"${Latex().letter(_GREEK[c])}$" if c in _GREEK else c) for c in plain(s)])


def md(s: str) -> str:
    """Text for Markdown, with or without HTML and mathematics in it."""
    s = re.sub(r"[\\`*_{}\[\]()#+\-.!|$~:@]", lambda found: "\\" + found[0], plain(s))
    return s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typ(s: str) -> str:
    """Text for Typst's markup, as a string of its code: nothing in it means anything."""
    return f"#{json.dumps(plain(s), ensure_ascii=False)};" if s else ""


def math_in_markdown(p: Program | Tree) -> str:
    """LaTeX in which nothing ends a table's cell or begins an HTML element; the printer has a space behind every comparison."""
    return re.sub(r"<(?! )", r"\\lt ", latex(p).replace("|", r"\vert "))


def _sheet(s: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    s = plain(s)
    return "'" + s if s[:1] in ("=", "+", "-", "@") and not re.fullmatch(r"-?[\d.]+", s) else s


_WRITERS: dict[str, tuple[Callable[[str], str], Callable[[Program | Tree], str], Callable[[Value], str]]] = {
    "text": (lambda s: plain(s).replace("→", "->"), text, lambda v: show(*v).replace("…", "...").replace("×", "x")),
    "unicode": (plain, unicode, lambda v: show(*v)),
    "terminal": (plain, unicode, lambda v: show(*v)),
    "markdown": (md, lambda p: f"${math_in_markdown(p)}$", lambda v: show(*v).replace("[", "\\[").replace("]", "\\]")),
    "latex": (tex, lambda p: f"${latex(p)}$", lambda v: "$" + show(*v).replace("…", r"\ldots").replace("×", r"\times ") + "$"),
    "html": (lambda s: html.escape(plain(s)), lambda p: mathml(p).replace(' display="block"', "", 1), lambda v: show(*v).replace("-", "−")),
    "typst": (typ, lambda p: f"${typst(p)}$", lambda v: typ(show(*v).replace("-", "−"))),
    "csv": (_sheet, lambda p: _sheet(text(p)), lambda v: str(_floats(v.value))),
}


# ---------------------------------------------------------------------------------------------- tables


def width(s: str) -> int:
    """Columns on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)


def toned(s: str, tone: str) -> str:
    """A text in a colour of the terminal."""
    return f"\x1b[{TONES[tone]}m{s}\x1b[0m" if tone and s.strip() else s


def _coloured(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    """The tables as they are written, with colours around what is written: they have no width."""
    blocks = []
    for t in tables:
        title, head, rule, *rows = _plain([t], write).split("\n") if t.title else ["", *_plain([t], write).split("\n"), ""]
        starts = [0]
        lines = [list(t.head), *[[write(c) for c in row] for row in t.rows]]
        for k in range(len(t.head)):
            starts.append(starts[-1] + max(width(line[k]) for line in lines) + 2)
        tones = (*t.tones, *[""] * len(t.head))[: len(t.head)]
        shown = [
            "".join([toned(_cut(row, a, b), tone) for a, b, tone in zip(starts, starts[1:], tones, strict=False)]).rstrip() for row in rows
        ]
        blocks.append("\n".join([toned(title, "title"), toned(head, "faint"), toned(rule, "faint"), *shown]))
    return "\n\n".join(blocks)


def _cut(row: str, a: int, b: int) -> str:
    """The columns a to b of a line on a terminal."""
    found, at = [], 0
    for c in row:
        if a <= at < b:
            found.append(c)
        at += width(c)
    return "".join(found)


def _plain(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    blocks = []
    for t in tables:
        lines = [list(t.head), *[[write(c) for c in row] for row in t.rows]]
        widths = [max(width(line[k]) for line in lines) for k in range(len(t.head))]
        shown = ["  ".join([s + " " * (w - width(s)) for s, w in zip(line, widths, strict=True)]).rstrip() for line in lines]
        blocks.append("\n".join([plain(t.title), shown[0], "-" * width(shown[0]), *shown[1:]] if t.title else shown))
    return "\n\n".join(blocks)


def _markdown(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    blocks = []
    for t in tables:
        lines = [list(map(md, t.head)), ["---"] * len(t.head), *[[write(c) for c in row] for row in t.rows]]
        title = [f"### {md(t.title)}", ""] if t.title else []
        blocks.append("\n".join([*title, *["| " + " | ".join(line) + " |" for line in lines]]))
    return "\n\n".join(blocks)


def _latex(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    blocks = []
    for t in tables:
        lines = [r" & ".join([write(c) for c in row]) + r" \\" for row in t.rows]
        head = " & ".join([rf"\textbf{{{tex(h)}}}" for h in t.head]) + r" \\ \hline"
        title = [rf"\paragraph{{{tex(t.title)}}}\mbox{{}}\\"] if t.title else []
        blocks.append("\n".join([*title, rf"\begin{{tabular}}{{{'l' * len(t.head)}}}", head, *lines, r"\end{tabular}"]))
    return "\n\n".join(blocks)


def _html(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    blocks = []
    for t in tables:
        caption = f"<caption>{html.escape(plain(t.title))}</caption>" if t.title else ""
        head = "".join([f'<th scope="col">{html.escape(h)}</th>' for h in t.head])
        rows = ["<tr>" + "".join([f"<td>{write(c)}</td>" for c in row]) + "</tr>" for row in t.rows]
        blocks.append("\n".join([f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>", *rows, "</tbody></table>"]))
    return "\n".join(blocks)


def _typst(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    blocks = []
    for t in tables:
        cells = [f"table.hline(), {', '.join([f'[*{typ(h)}*]' for h in t.head])}, table.hline()"] if any(t.head) else []
        cells += [", ".join([f"[{write(c)}]" for c in row]) for row in t.rows]
        title = [f"*{typ(t.title)}*\n"] if t.title else []
        table = f"#table(columns: {len(t.head)}, stroke: none, inset: (x: 5pt, y: 3pt), {', '.join(cells)})"
        blocks.append("\n".join([*title, f"#block(breakable: false)[{table}]" if len(t.rows) < MAX_KEPT else table]))
    return "\n\n".join(blocks)


def _csv(tables: Sequence[Table], write: Callable[[Cell], str]) -> str:
    """The tables with an empty line between; the first column of each says which table it is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for k, t in enumerate(tables):
        if k:
            out.write("\n")
        writer.writerow(["table", *t.head])
        writer.writerows([[_sheet(t.title), *[write(c) for c in row]] for row in t.rows])
    return out.getvalue().rstrip("\n")
