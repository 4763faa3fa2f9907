"""The handout: everything a lecture says of one formula, on one page, as HTML, Markdown or LaTeX.

A handout is a list of sections, each a list of blocks (text, formulas, tables, the picture, …); a writer turns them into a
page. In: one Lesson and the views made of it. The HTML is one file without links: MathML, the picture inline, and a
script that only adds stepping to a page that is complete without it.
"""

from __future__ import annotations

import html
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from symdiff import whole
from symdiff.arguments import methods
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import DIM, NAME, VAR, Expr, Shape
from symdiff.expr.walk import topological
from symdiff.notation.spoken import spoken
from symdiff.notation.unparse import unparse, unparse_program
from symdiff.printers import latex, mathml, typst
from symdiff.syntax.tree import Binding, Program
from symdiff.teach.backward import Backward, backward, quotient
from symdiff.teach.cheatsheet import called, formula, kink_of
from symdiff.teach.cheatsheet import spoken as told_with
from symdiff.teach.glyphs import page_as_pdf
from symdiff.teach.lines import for_every, in_typst, paragraphs
from symdiff.teach.picture import Graph
from symdiff.teach.record import Lesson, Node
from symdiff.teach.steps import Derivation, body_of, by_rows, line_of, part_of
from symdiff.teach.tables import Cell, Ratio, Table, Value, cell_writer, math_in_markdown, md, ratio_in_typst, render, tex, typ

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.syntax import Reading
    from symdiff.teach.numbers import Trace

FORMS = {
    "html": "html",
    "htm": "html",
    "md": "markdown",
    "markdown": "markdown",
    "tex": "latex",
    "latex": "latex",
    "typ": "typst",
    "typst": "typst",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Formula:
    """A displayed formula, of an equation if there is a left side; answer: it is what was asked for."""

    program: Program
    answer: bool = False
    left: Ratio | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """One step of the forward or backward pass."""

    text: str  # for those who listen
    cell: Cell


@dataclass(frozen=True, slots=True)
class Picture:
    """The graph, with what happens in each step of the two passes."""

    graph: Graph
    passes: tuple[Pass, ...]


class Rendered(Protocol):
    """A trace, a derivation, a cheat sheet: what can show itself as "html", "markdown", "latex"."""

    def show(self, form: str) -> str: ...


Block = Text | Formula | Table | Picture | Rendered


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    blocks: list[Block]


@methods
@dataclass(frozen=True)
class Handout:
    """A title and sections; `.show("html" | "markdown" | "latex" | "typst")`, `.save("hinge.html" | ".md" | ".tex" | ".typ" | ".pdf")`."""

    title: Cell
    sections: Sequence[Section] = field(repr=False)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict, repr=False)

    def show(self, form: str = "html") -> str:
        """The whole page. SymdiffError for another form."""
        if form not in FORMS:
            raise SymdiffError(f"a handout cannot be written as {form!r}", hint="html, md, tex, typ or pdf")
        writer = _WRITERS[FORMS[form]]()
        body = [piece for s in self.sections for piece in (writer.heading(s.heading), *map(writer.block, s.blocks))]
        return writer.page(self.title, body)

    def rendered(self, form: str) -> bytes:
        """The file in a form of `show`, or as "pdf". SymdiffError for another form."""
        return page_as_pdf(self.show("typst")) if form == "pdf" else self.show(form).encode()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file; its extension says what: html, md, tex, typ, pdf."""
        whole.write(path, self.rendered(os.path.splitext(os.fspath(path))[1][1:].lower()), hint="a file in a folder that exists")

    def __repr__(self) -> str:
        return f"<handout {self.title!r}: {', '.join(s.heading for s in self.sections)}>"

    def _repr_html_(self) -> str | None:
        try:
            shown = self.show("html")
        except SymdiffError:  # no picture, on a machine without typst: then the text is shown
            return None
        page, title = html.escape(shown), html.escape(cell_writer("unicode")(self.title))
        return f'<iframe title="{title}" srcdoc="{page}" style="width:100%;height:40em;border:0"></iframe>'


# ---------------------------------------------------------------------------------------------- what a handout says

_TOLD = ("types", "graph", "edges", "backward", "answer", "check")  # steps of a derivation that the page has elsewhere


def handout(
    lesson: Lesson,
    derivation: Derivation,
    known: Reading | None = None,
    trace: Trace | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
    title: str = "",
    more: Sequence[Section] = (),
) -> Handout:
    """The page about one lesson. known: types and notes of the reading; trace: the numbers; verdicts: by name of wrt; more: sections before the check."""
    names = tuple([cell for k, x in enumerate(lesson.wrt) for cell in (", " if k else "", unparse(x))])
    value = _value(lesson, known)
    statement: list[Block] = [Text(("Find the derivative by ", names, " of"))]
    statement += [*map(Formula, _bound(value)), Formula(Program(value.text, [], value.body, body_of(value)))]
    if known is not None:
        statement.append(Text(_letters(lesson)))
        statement += [Text(note) for note in known.notes]
    graph = Graph(
        lesson,
        trace.shown_forward if trace else None,
        trace.shown_backward if trace else None,
        shapes=all("(" not in build.show_dim(d) for n in lesson.nodes for d in n.shape),
        gains=trace.shown_gains if trace else None,
    )
    sections = [
        Section("The formula", statement),
        Section("The graph", [Text(_reading(lesson, trace)), Picture(graph, tuple(passes(lesson, backward(lesson), trace)))]),
        *_rules(lesson, derivation),
        Section("The answer", [block for x, g in zip(lesson.wrt, lesson.told_answers, strict=True) for block in _answer(lesson, x, g)]),
    ]
    if _is_mean(lesson.top):
        sections[-1].blocks.append(Text(_COURSES))
    sections += more
    if verdicts:
        same = len({str(v) for v in verdicts.values()}) == 1
        lines = [str(next(iter(verdicts.values())))] if same else ["; ".join([f"by {name}: {v}" for name, v in verdicts.items()])]
        sections.append(Section("The check", [Text(line[:1].upper() + line[1:] + ".") for line in lines]))
    return Handout(title or ("The derivative of ", Program("", [], value.body, body_of(value)), " by ", names), sections, verdicts or {})


def _value(lesson: Lesson, known: Reading | None) -> Program:
    """The formula with the bindings that it uses, as it was typed."""
    made = unparse_program(lesson.formula)
    used = [s.name for s in made.statements if isinstance(s, Binding)]
    value = made if known is None or known.program is None else known.program
    return Program(value.text, [s for s in value.statements if isinstance(s, Binding) and s.name in used], value.body, made.typeset)


def _bound(program: Program) -> list[Program]:
    """The bindings of a program, one by one, with what they are in its typeset form."""

    def alone(s: Binding) -> Program:
        value = part_of(program, s.name)
        typeset = value.typeset
        shown = None if typeset is None else lambda: Program("", [Binding(s.name, typeset().body or s.value)])
        return Program(program.text, [s], None, shown)

    return [alone(s) for s in program.statements if isinstance(s, Binding)]


def _rules(lesson: Lesson, derivation: Derivation) -> list[Section]:
    """Every rule that an edge of a path uses, once: the operation, what it does to what comes down, what is taken at a kink."""
    rows: dict[str, tuple[Cell, ...]] = {}
    for e in lesson.edges:
        entry = line_of(e.rule)
        if e.active and entry is not None and entry.name not in rows:
            taken = set(lesson.names) | {n.name for n in lesson.nodes}
            shown, told = told_with(entry, taken, lesson.adjoint_name)
            arguments = shown.body.kids if shown.body is not None else ()
            cells: list[Cell] = []
            for k, x in enumerate(told):
                if x is not None:
                    to = ("to ", arguments[k], ": ") if len([t for t in told if t is not None]) > 1 and k < len(arguments) else ()
                    cells += [", " if cells else "", *to, x]
            words = "; ".join(
                filter(None, (by_rows(lesson.nodes[e.user]), f"at a kink, {kink_of(entry, taken)}" if entry.kink else entry.words))
            )
            rows[entry.name] = (called(entry.name), shown, tuple(cells), words)
    others = [s for s in derivation.steps if s.name not in _TOLD]
    blocks: list[Block] = []
    if rows:
        blocks.append(Table("", ("operation", "", "on what comes down", ""), tuple(rows.values())))
        if any(re.search(rf"\b{lesson.adjoint_name}\b", cell_writer("text")(row[2])) for row in rows.values()):
            blocks.append(Text((formula(lesson.adjoint_name), " stands for what comes down, where its place matters.")))
    if others:
        blocks.append(replace(derivation, steps=tuple(others)))
    return [Section("The rules", blocks)] if blocks else []


def _is_mean(top: Node) -> bool:
    """Whether the value is a mean: the entries' mean, or something over a number of entries."""
    return top.rule == "mean" or (top.rule in ("product", "quotient") and any(n.op == DIM for n in topological([top.operation])))


_COURSES = (
    "These are the derivatives of the mean, so the factor of the mean is in all of them. Courses that count by examples leave it out of the "
    "intermediate derivatives and put it in front of those by weights; the latter are the same."
)


def _answer(lesson: Lesson, x: Expr, g: Expr) -> list[Block]:
    """The derivative as an equation, with the parts that have a name behind."""
    (left, program), index = quotient(lesson, x, g)
    parts = _bound(program)
    blocks: list[Block] = [Formula(Program("", [], program.body, body_of(program)), answer=True, left=left)]
    blocks += [Text(for_every(index))] if index else []
    return [*blocks, *([Text("where")] if parts else []), *map(Formula, parts)]


def _letters(lesson: Lesson) -> Cell:
    """What the letters are, in words: a number, a vector, a matrix."""
    groups: dict[str, list[Cell]] = {}
    for n in lesson.nodes:
        if n.leaf and n.rule in ("variable", "function"):
            properties = " ".join(n.expr.data[1]) if n.expr.op == VAR and n.expr.data[1] else ""
            groups.setdefault(in_words(n.shape, properties), []).append(n.label)
    cells: list[Cell] = []
    for words, labels in groups.items():
        for k, shown in enumerate(labels):
            cells += [("; " if cells else "") if not k else ", ", shown]
        cells.append(f": {words}")
    return (*cells, ".")


def in_words(shape: Shape, properties: str = "") -> str:
    """A type as students say it; sizes without a letter are left out."""
    sizes = [build.show_dim(d) for d in shape]
    plain = all("(" not in s for s in sizes)
    word = properties + " " if properties else ""
    if not shape:
        return f"{word}number"
    if len(shape) == 1:
        return f"{word}vector" + (f" of {sizes[0]} entries" if plain else "")
    if len(shape) == 2:
        return f"{word}matrix" + (f" of {sizes[0]} rows and {sizes[1]} columns" if plain else "")
    return f"{word}array" + (f" of {' by '.join(sizes)}" if plain else "")


def _reading(lesson: Lesson, trace: Trace | None) -> str:
    text = "The letters are at the bottom, the value is at the top. Beside each line stands what it multiplies with the backward value that comes down."
    text += f" Solid lines lead to what the derivative is taken by: start with {'the identity' if lesson.formula.shape else '1'} on top, go down each path, and add where paths meet."
    return text + (" Arrows up mark forward values, arrows down backward values." if trace else "")


def passes(lesson: Lesson, program: Backward, trace: Trace | None) -> Iterable[Pass]:
    """The steps in the order in which the picture numbers them."""
    for node in lesson.nodes:
        if not node.leaf:
            (left, right), index = spoken([node.shown, node.formula])
            value = _number(trace.shown_forward[node.id] if trace else None, node.label, index)
            name = (left, " = ") if node.shown.op == NAME else ()
            yield _pass("forward", (*name, right, *value))
    lines = {x.node.id: x for x in program.lines if x.paths or x.final}
    for node in lesson.backward:
        paths = len(lesson.incoming[node.id])
        note = f" (a sum over {paths} paths)" if paths > 1 else ""
        x = lines.get(node.id)
        line: tuple[Cell, ...]
        whole: Cell
        if x is not None:
            side, (right,), index = program.equation(x)
            line, whole = (side, " = ", right), program.left(x)
        else:
            (label, told), index = spoken([node.shown, program.spoken[node.id]])
            line, whole = ("at ", label, ": ", told), node.label
        value = _number(trace.shown_backward[node.id] if trace else None, whole, index)
        if node is lesson.top and x is None:
            line, value = ("start with the identity at " if node.shape else "start with 1 at ", node.label), ()
        yield _pass("backward", (*line, *value, note))


def _number(value: Any, whole: Cell, index: Sequence[str]) -> tuple[Cell, ...]:
    """A value behind an equation; behind one of entries it is that of the whole."""
    numbers = () if value is None else (" = ", Value(_plain(value)))
    return (" ", for_every(index), *(("; ", whole, *numbers) if numbers else ())) if index else numbers


def _pass(kind: str, cells: tuple[Cell, ...]) -> Pass:
    return Pass(f"{kind} pass, " + cell_writer("unicode")(cells), (f"{kind.capitalize()}: ", *cells))


def _plain(value: Any) -> Any:
    import numpy as np

    return np.asarray(value).tolist()


# ---------------------------------------------------------------------------------------------- writers


class _Writer(ABC):
    form: str

    def block(self, b: Block) -> str:
        if isinstance(b, Text):
            return self.paragraph(cell_writer(self.form)(b.cell))
        if isinstance(b, Formula):
            return self.formula(b)
        if isinstance(b, Table):
            return self.table(render([b], self.form))
        if isinstance(b, Picture):
            return self.picture(b)
        return self.table(b.show(self.form))

    def table(self, content: str) -> str:
        return content + "\n"

    @abstractmethod
    def page(self, title: Cell, body: Sequence[str]) -> str: ...

    @abstractmethod
    def heading(self, text: str) -> str: ...

    @abstractmethod
    def paragraph(self, content: str) -> str: ...

    @abstractmethod
    def formula(self, f: Formula) -> str: ...

    @abstractmethod
    def picture(self, p: Picture) -> str: ...


class _Html(_Writer):
    form = "html"

    def page(self, title: Cell, body: Sequence[str]) -> str:
        assets = files("symdiff.teach")
        style, script = [(assets / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")]
        return (
            "\n".join(
                [
                    "<!doctype html>",
                    '<html lang="en">',
                    "<head>",
                    '<meta charset="utf-8">',
                    '<meta name="viewport" content="width=device-width, initial-scale=1">',
                    """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">""",
                    f"<title>{html.escape(cell_writer('unicode')(title))}</title>",
                    f"<style>\n{style}</style>",
                    "</head>",
                    "<body>",
                    "<main>",
                    f"<h1>{cell_writer(self.form)(title)}</h1>",
                    *body,
                    "</main>",
                    f"<script>\n{script}</script>",
                    "</body>",
                    "</html>",
                ]
            )
            + "\n"
        )

    def heading(self, text: str) -> str:
        return f"<h2>{html.escape(text)}</h2>"

    def paragraph(self, content: str) -> str:
        return f"<p>{content}</p>"

    def formula(self, f: Formula) -> str:
        left = f"{cell_writer(self.form)(f.left)} = " if f.left is not None else ""
        shown = mathml(f.program)
        if left:
            shown = left + shown.replace(' display="block"', "", 1)
        return f'<div class="{"answer" if f.answer else "statement"}">{shown}</div>'

    def table(self, content: str) -> str:
        return f'<div class="wide">{content}</div>'

    def picture(self, p: Picture) -> str:
        write = cell_writer("html")
        buttons = "".join([f'<button type="button" value="{value}">{text}</button>' for value, text in _BUTTONS])
        passes = [f'<li data-text="{html.escape(s.text)}">{write(s.cell)}</li>' for s in p.passes]
        return "\n".join(
            [
                f'<figure data-steps="{len(p.passes)}" aria-label="Computation graph">',
                p.graph.svg("auto"),
                f'<div class="controls" role="group" aria-label="Steps of the two passes" hidden>{buttons}<span role="status"></span></div>',
                "</figure>",
                "<h3>The two passes</h3>",
                '<ol class="passes">',
                *passes,
                "</ol>",
            ]
        )


_BUTTONS = (("first", "Start"), ("back", "← Back"), ("next", "Next →"), ("all", "Everything"))


class _Markdown(_Writer):
    form = "markdown"

    def page(self, title: Cell, body: Sequence[str]) -> str:
        return "\n".join([f"# {cell_writer(self.form)(title)}", "", *body])

    def heading(self, text: str) -> str:
        return f"## {md(text)}\n"

    def paragraph(self, content: str) -> str:
        return content + "\n"

    def formula(self, f: Formula) -> str:
        left = cell_writer(self.form)(f.left)[1:-1] + " = " if f.left is not None else ""
        return f"$$\n{left}{math_in_markdown(f.program)}\n$$\n"

    def picture(self, p: Picture) -> str:
        write = cell_writer("markdown")
        passes = [f"{k}. {write(s.cell)}" for k, s in enumerate(p.passes, 1)]
        return "\n".join(["```mermaid", p.graph.mermaid() + "```", "", *passes, ""])


class _Latex(_Writer):
    form = "latex"

    def page(self, title: Cell, body: Sequence[str]) -> str:
        head = [
            r"\documentclass{article}",
            r"\usepackage[a4paper, margin=2.5cm]{geometry}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage{amsmath, amssymb, graphicx, tikz}",
            r"\newsavebox{\fitted}",
            r"\newcommand{\fit}[1]{\sbox{\fitted}{#1}%",
            r"  \ifdim\wd\fitted>\linewidth\sbox{\fitted}{\resizebox{\linewidth}{!}{\usebox{\fitted}}}\fi",
            r"  \ifdim\ht\fitted>0.55\textheight\resizebox{!}{0.55\textheight}{\usebox{\fitted}}\else\usebox{\fitted}\fi}",
            r"\begin{document}",
            r"\sloppy",
            rf"\begin{{center}}\Large {cell_writer(self.form)(title)}\end{{center}}",
        ]
        return "\n".join([*head, *body, r"\end{document}"]) + "\n"

    def heading(self, text: str) -> str:
        return rf"\section*{{{tex(text)}}}"

    def paragraph(self, content: str) -> str:
        return content + "\n"

    def formula(self, f: Formula) -> str:
        left = cell_writer(self.form)(f.left)[1:-1] + " = " if f.left is not None else ""
        return f"\\begin{{center}}$\\displaystyle {left}{latex(f.program)}$\\end{{center}}"  # broken between lines where it is long

    def table(self, content: str) -> str:
        return content.replace(r"\begin{tabular}", r"\fit{\begin{tabular}").replace(r"\end{tabular}", r"\end{tabular}}") + "\n"

    def block(self, b: Block) -> str:
        return paragraphs(b.steps) if isinstance(b, Derivation) else super().block(b)

    def picture(self, p: Picture) -> str:
        write = cell_writer("latex")
        passes = [rf"\item {write(s.cell)}".replace(", ", r", \allowbreak ") for s in p.passes]
        picture = [r"\begin{center}\fit{%", p.graph.tikz().rstrip("\n") + "}", r"\end{center}"]
        return "\n".join(
            [*picture, r"\begin{enumerate}\setlength{\itemsep}{1pt plus 1pt}\setlength{\parsep}{0pt}", *passes, r"\end{enumerate}"]
        )


class _Typst(_Writer):
    form = "typst"

    def page(self, title: Cell, body: Sequence[str]) -> str:
        head = [
            '#set page(paper: "a4", margin: 2cm, numbering: "1")',
            "#set text(size: 10.5pt)",
            "#set par(leading: 0.6em, spacing: 0.9em)",
            "#show heading: set block(above: 1.3em, below: 0.7em, sticky: true)",
            f'#align(center, text(size: 1.4em, weight: "bold")[{cell_writer(self.form)(title)}])',
        ]
        return "\n".join([*head, *body]) + "\n"

    def heading(self, text: str) -> str:
        return f"= {typ(text)}"

    def paragraph(self, content: str) -> str:
        return content + "\n"

    def formula(self, f: Formula) -> str:
        left = f"{ratio_in_typst(f.left)} = " if f.left is not None else ""
        shown = f"$ {left}{typst(f.program)} $"
        return f"#block(breakable: false, fill: luma(244), inset: 8pt, width: 100%)[{shown}]" if f.answer else shown

    def block(self, b: Block) -> str:
        return in_typst(b.steps) if isinstance(b, Derivation) else super().block(b)

    def picture(self, p: Picture) -> str:
        write = cell_writer(self.form)
        picture = p.graph.svg("light")
        size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', picture)
        assert size is not None
        width, height = float(size[1]), float(size[2])
        scale = min(1.0, 480 / width, 380 / height)
        shown = f'#align(center, image(bytes({json.dumps(picture, ensure_ascii=False)}), format: "svg", width: {width * scale:.1f}pt))'
        return "\n".join([shown, *[f"+ {write(s.cell)}" for s in p.passes], ""])


_WRITERS: dict[str, type[_Writer]] = {"html": _Html, "markdown": _Markdown, "latex": _Latex, "typst": _Typst}
