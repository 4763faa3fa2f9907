"""Moodle XML: numbers as cloze, a gradient in numbers as numerical, formulas and words as multiple choice.

Numbers pass when they are right to three digits, as in the marking. Wrong numbers and choices that are slips have their explanation as feedback. The form
is that of Moodle's own export (question/format/xml); texts are CDATA, since they are HTML.
"""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from xml.sax.saxutils import escape

from symdiff.course.answers import flat, form
from symdiff.course.blocks import Numbered
from symdiff.course.export import common
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet


def export(sheets: Sequence[Sheet]) -> bytes:
    """The file."""
    return quiz(sheets, questions)


def quiz(sheets: Sequence[Sheet], questions: Callable[[Numbered], Iterator[str]]) -> bytes:
    """The file of what `questions` makes of each problem, with a category for the sheet or for each of its variants."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    last: tuple[str, ...] = ()
    for folders, item in common.items(sheets):
        if folders != last:
            out.append(category(folders))
        last = folders
        out += questions(item)
    return common.document([*out, "</quiz>"])


def category(folders: Sequence[str]) -> str:
    """The import splits the path at `/`; one in a name is doubled, and one at its end has a blank (question/format.php, assemble_category_path)."""
    names = [
        re.sub("^/|/$", lambda m: " " + m[0] if m.start() == 0 else m[0] + " ", escape(unmarked(f)).replace("/", "//")) for f in folders
    ]
    return f'<question type="category"><category><text>$course$/top/{"/".join(names)}</text></category></question>'


def unmarked(name: str) -> str:
    """A name from which the import takes nothing away: it cuts what looks like a tag, from a `<` with no blank behind it (clean_param, PARAM_TEXT)."""
    return re.sub(r"<(?=\S)", "< ", name)


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


def head(item: Numbered, what: str, body: str, points: Fraction | None, files: str = "") -> list[str]:
    """What every question begins with. points: None of a cloze, whose fields say what they count."""
    name = unmarked(f"{common.title(item)}: {what}")
    return [
        f"<name><text>{escape(name)}</text></name>",
        text("questiontext", body, files=files),
        text("generalfeedback", ""),
        *([] if points is None else [f"<defaultgrade>{float(points):.7f}</defaultgrade>"]),
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
    for b, weight in zip(blanks, weights(blanks), strict=True):
        lines.append(f"<p>{common.label(b)} = {fields(item, b, weight)}</p>")
    return "\n".join(['<question type="cloze">', *head(item, "numbers", "\n".join([s for s in lines if s]), None, files), "</question>"])


def weights(blanks: Sequence[Blank]) -> list[int]:
    """What a field of each blank counts. The import takes no grade of a cloze, which is the sum of its fields, and whole numbers are all that it reads there."""
    shares = [b.points / max(1, len(flat(b.value))) for b in blanks]
    whole = [int(s * math.lcm(*[s.denominator for s in shares])) for s in shares]
    if not any(whole):
        return [1] * len(blanks)
    short = [w // math.gcd(*whole) for w in whole]
    # Points that have no short ratio are rounded; a field of no points stays one of none.
    return short if max(short) <= 100 else [0 if not w else max(1, round(100 * w / max(short))) for w in short]


def fields(item: Numbered, b: Blank, weight: int) -> str:
    """One field, or as many as a vector or matrix has entries."""
    made = [f"{{{weight}:NUMERICAL:{answers(e)}}}" for e in common.entries(item.problem, b)]
    shape = form(b.value)
    if len(shape) == 2:
        rows = [made[k : k + shape[1]] for k in range(0, len(made), shape[1])]
        return "<table>" + "".join(["<tr>" + "".join([f"<td>{f}</td>" for f in row]) + "</tr>" for row in rows]) + "</table>"
    return ", ".join(made) if not shape else "(" + ", ".join(made) + ")"


def answers(e: common.Entry) -> str:
    right = f"={common.decimal(e.value)}:{tolerance(e.value, e)}"
    return right + "".join([f"~%0%{common.decimal(v)}:{tolerance(v, e)}#{cloze_text(why)}" for v, why in e.slips])


def tolerance(v: float, e: common.Entry) -> str:
    """Of a right number and of slips alike: a slip is known when it is right to three digits, too, and none is so near to another number (common.entries)."""
    return common.decimal(common.tolerance(v, exact=e.exact))


def cloze_text(words: str) -> str:
    """Words in a cloze field as HTML. The import decodes entities once, and takes away the stroke before `}` and `#` only (multianswer, extract_question)."""
    words = html.escape(common.plain(words), quote=False).replace("&", "&amp;").replace("\\", "&#92;").replace("~", "&#126;")
    return words.replace("}", "\\}").replace("#", "\\#").replace("&\\#", "&#")


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
        f'<answer fraction="100" format="moodle_auto_format"><text>{common.decimal(e.value)}</text>{text("feedback", "")}<tolerance>{tolerance(e.value, e)}</tolerance></answer>'
    )
    for v, why in e.slips:
        told = f'<answer fraction="0" format="moodle_auto_format"><text>{common.decimal(v)}</text>{text("feedback", common.sentence(why))}'
        out.append(f"{told}<tolerance>{tolerance(v, e)}</tolerance></answer>")
    return "\n".join([*out, "</question>"])
