"""Moodle XML: numbers as cloze, a gradient in numbers as numerical, formulas and words as multiple choice.

Numbers pass when they are right to three digits, as in the marking. Wrong numbers and choices that are slips have their explanation as feedback. The form
is that of Moodle's own export (question/format/xml); texts are CDATA, since they are HTML.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from xml.sax.saxutils import escape

from symdiff.course.answers import ROUNDED, form
from symdiff.course.blocks import Numbered
from symdiff.course.export import common
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet


def export(sheets: Sequence[Sheet]) -> bytes:
    """The file."""
    return quiz(sheets, questions)


def quiz(sheets: Sequence[Sheet], questions: Callable[[Numbered], Iterator[str]]) -> bytes:
    """The file of these questions of every problem, in folders."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    last = ""
    for folder, item in common.items(sheets):
        if folder != last:
            out.append(category(folder))
        last = folder
        out += questions(item)
    return ("\n".join([*out, "</quiz>"]) + "\n").encode()


def category(folder: str) -> str:
    return f'<question type="category"><category><text>$course$/top/{escape(folder)}</text></category></question>'


def questions(item: Numbered) -> Iterator[str]:
    """The questions of one problem."""
    blanks = item.record.blanks
    told = [b for b in blanks if common.numeric(b)]
    if told:
        yield cloze(item, told)
    for b in blanks:
        if b.word or (b.formula is not None and b.ask in ("gradient", "hessian")):
            yield multichoice(item, b)
        if b.ask == "gradient" and b.value is not None and form(b.value) == ():
            yield numerical(item, b)


def cdata(content: str) -> str:
    return "<![CDATA[" + content.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def text(tag: str, content: str, attributes: str = ' format="html"', files: str = "") -> str:
    return f"<{tag}{attributes}><text>{cdata(content)}</text>{files}</{tag}>"


def head(item: Numbered, what: str, body: str, points: Fraction, files: str = "") -> list[str]:
    """What every question begins with."""
    name = f"{common.title(item)}: {what}"
    grade = f"{float(points):.7f}"
    return [
        f"<name><text>{escape(name)}</text></name>",
        text("questiontext", body, files=files),
        text("generalfeedback", ""),
        f"<defaultgrade>{grade}</defaultgrade>",
        "<penalty>0.3333333</penalty>",
        "<hidden>0</hidden>",
    ]


def picture(item: Numbered) -> tuple[str, str]:
    """The empty graph: what shows it, and the file."""
    svg = common.figure(item)
    if not svg:
        return "", ""
    data = base64.b64encode(svg.encode()).decode()
    return (
        '<p><img src="@@PLUGINFILE@@/graph.svg" alt="The computation graph"/></p>',
        f'<file name="graph.svg" path="/" encoding="base64">{data}</file>',
    )


def cloze(item: Numbered, blanks: Sequence[Blank]) -> str:
    """All numbers of a problem in one question, a field for each."""
    shown, files = picture(item)
    lines = [common.statement(item), shown]
    points = sum([b.points for b in blanks], Fraction(0))
    for b in blanks:
        lines.append(f"<p>{common.label(b)} = {fields(item, b)}</p>")
    # Cloze has no grade of its own: it is the sum of its fields.
    return "\n".join(['<question type="cloze">', *head(item, "numbers", "\n".join([s for s in lines if s]), points, files), "</question>"])


def fields(item: Numbered, b: Blank) -> str:
    """One field, or as many as a vector or matrix has entries."""
    made = [f"{{1:NUMERICAL:{answers(e)}}}" for e in common.entries(item.problem, b)]
    shape = form(b.value)
    if len(shape) == 2:
        rows = [made[k : k + shape[1]] for k in range(0, len(made), shape[1])]
        return "<table>" + "".join(["<tr>" + "".join([f"<td>{f}</td>" for f in row]) + "</tr>" for row in rows]) + "</table>"
    return ", ".join(made) if not shape else "(" + ", ".join(made) + ")"


def answers(e: common.Entry) -> str:
    right = f"={common.decimal(e.value)}:{tolerance(e)}"
    return right + "".join([f"~%0%{common.decimal(v)}:{common.decimal(abs(v) * 1e-6)}#{cloze_text(why)}" for v, why in e.slips])


def tolerance(e: common.Entry) -> str:
    """Half of the third digit; of whole numbers, which nobody rounds, next to nothing."""
    return common.decimal(1e-6 if e.exact and e.value == int(e.value) else max(abs(e.value) * ROUNDED, 1e-9))


def cloze_text(words: str) -> str:
    """Words in a cloze field, where these signs have a meaning."""
    words = common.plain(words)
    for sign in ("\\", "}", "#", "~", "/", '"'):
        words = words.replace(sign, "\\" + sign)
    return words.replace("&", "and").replace("<", " less than ").replace(">", " greater than ")


def asked(b: Blank) -> str:
    return {"check": "Is the derivation right?", "convex": f"What is the curvature in {b.name}?"}.get(b.ask, "")


def multichoice(item: Numbered, b: Blank) -> str:
    """The right formula among named slips."""
    p = item.problem
    question = asked(b) or f"Which is {common.tex(b.label)}?"
    lines = [common.statement(item)]
    if b.ask == "check":
        lines.append(f"<p><code>{escape(p.wrong)}</code></p>")
    lines.append(f"<p>{question}</p>")
    out = ['<question type="multichoice">', *head(item, b.id.split(".", 1)[1], "\n".join(lines), b.points)]
    out += ["<single>true</single>", "<shuffleanswers>true</shuffleanswers>", "<answernumbering>abc</answernumbering>"]
    for c in common.choices(p, b):
        shown = escape(c.text) if b.word else common.formula(c.latex)
        out.append(
            f'<answer fraction="{100 if c.right else 0}" format="html"><text>{cdata(shown)}</text>{text("feedback", common.sentence(c.why))}</answer>'
        )
    return "\n".join([*out, "</question>"])


def numerical(item: Numbered, b: Blank) -> str:
    """The value of a gradient that is one number."""
    (e,) = common.entries(item.problem, b)
    body = f"{common.statement(item)}\n<p>{common.tex(b.label)} at these numbers:</p>"
    out = ['<question type="numerical">', *head(item, f"{b.id.split('.', 1)[1]} in numbers", body, b.points)]
    out.append(
        f'<answer fraction="100" format="moodle_auto_format"><text>{common.decimal(e.value)}</text>{text("feedback", "")}<tolerance>{tolerance(e)}</tolerance></answer>'
    )
    for v, why in e.slips:
        told = f'<answer fraction="0" format="moodle_auto_format"><text>{common.decimal(v)}</text>{text("feedback", common.sentence(why))}'
        out.append(f"{told}<tolerance>{common.decimal(abs(v) * 1e-6)}</tolerance></answer>")
    return "\n".join([*out, "</question>"])
