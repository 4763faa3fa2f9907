"""Slides: a problem on each, both passes of its graph revealed by key, as one HTML file without links; or a page for each step, as PDF."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files

from symdiff.course.blocks import Numbered, Page, Room
from symdiff.course.forms.html import HtmlPage, head
from symdiff.course.forms.typst import TypstPage
from symdiff.course.forms.writer import svg
from symdiff.course.record import Solved
from symdiff.teach.backward import backward
from symdiff.teach.drawing import Drawing
from symdiff.teach.handout import Pass, passes
from symdiff.teach.picture import Graph
from symdiff.teach.tables import cell_writer, typ

# Slides that lie: a graph that is this much higher than wide is drawn from left to right.
LYING = 1.1

# Points of a slide in PDF: width and height of the picture beside words; the width of one that is so many times wider than high, which has the slide's.
WIDE, HIGH = 400.0, 300.0
LIES, ACROSS = 2.2, 640.0


def picture(r: Solved) -> Drawing:
    """The graph with the numbers of both passes."""
    t = r.trace
    upright, lying = [
        Graph(
            r.lesson,
            t.shown_forward if t else None,
            t.shown_backward if t else None,
            gains=t.shown_gains if t else None,
            legend=False,
            across=across,
        ).drawing
        for across in (False, True)
    ]
    found = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg(upright, "light"))
    assert found is not None
    return lying if float(found[2]) > LYING * float(found[1]) and float(found[2]) > HIGH else upright


def told(r: Solved) -> list[Pass]:
    """What happens in each step."""
    return list(passes(r.lesson, backward(r.lesson), r.trace))


# ---------------------------------------------------------------------------------------------- HTML


def as_html(page: Page) -> str:
    """page: of the kind "key"."""
    writer = HtmlPage(page)
    script = (files("symdiff.course.forms") / "slides.js").read_text(encoding="utf-8")
    course = f"<p>{html.escape(page.course)}</p>" if page.course else ""
    title = f'<section class="slide title" aria-label="Title"><h1>{html.escape(_title(page))}</h1>{course}</section>'
    keys = '<p class="keys"><button type="button" value="back">← Back</button> <span role="status"></span> <button type="button" value="next">Next →</button></p>'
    body = [
        "<body>",
        "<main>",
        title,
        *[_slide(writer, i) for i in page.items],
        "</main>",
        keys,
        f"<script>\n{script}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join([*head(_title(page), "page.css", "slides.css"), *body]) + "\n"


def _title(page: Page) -> str:
    return " · ".join([page.title, *([f"variant {page.variant}"] if page.variant else [])])


def _slide(writer: HtmlPage, item: Numbered) -> str:
    drawing = picture(item.record)
    steps = told(item.record)
    lines = [f'<li data-text="{html.escape(s.text)}">{writer.say(s.cell)}</li>' for s in steps]
    answers = [writer.room(b) for b in _answers(item)]
    statement = [writer.block(b) for b in item.blocks[: _asked(item)]]
    title = f"{item.number}. {item.problem.title or 'Problem'}"
    return "\n".join([
        f'<section class="slide" data-steps="{len(steps)}" aria-label="{html.escape(title)}">',
        f"<h2>{html.escape(title)}</h2>",
        *statement,
        '<div class="scene">',
        f'<figure aria-label="Computation graph">\n{svg(drawing, "auto")}</figure>',
        '<ol class="passes">', *lines, "</ol>",
        "</div>",
        '<div class="last">', *answers, "</div>",
        "</section>",
    ])  # fmt: skip


def _asked(item: Numbered) -> int:
    """Where the statement ends and the tasks begin."""
    from symdiff.course.blocks import Task

    return next((k for k, b in enumerate(item.blocks) if isinstance(b, Task)), len(item.blocks))


def _answers(item: Numbered) -> list[Room]:
    """What the slide says in the end; a wrong derivation is not shown, and so not judged."""
    return [b for b in item.blocks if isinstance(b, Room) and not b.id.endswith(".check")]


# ---------------------------------------------------------------------------------------------- pages


_HEAD = """#set page(width: 25.4cm, height: 14.29cm, margin: (x: 1.2cm, y: 0.9cm), numbering: "1")
#set text(size: 13pt)
#set par(leading: 0.5em, spacing: 0.6em)
#show heading: set text(size: 17pt)
#show heading: set block(below: 0.5em)
#let filled(body) = text(fill: rgb("#00549e"), body)"""


def as_typst(page: Page) -> str:
    """A page for the title, and for each problem one for every step of the two passes and one with the answers. page: of the kind "key"."""
    writer = TypstPage(page)
    title = f'#align(center + horizon)[#text(size: 28pt, weight: "bold")[{typ(_title(page))}]\n\n{typ(page.course)}]'
    pages = [title]
    for item in page.items:
        statement = "\n\n".join(
            [
                f"= {typ(f'{item.number}. {item.problem.title}' if item.problem.title else f'Problem {item.number}')}",
                *[writer.block(b) for b in item.blocks[: _asked(item)]],
            ]
        )
        answers = "\n\n".join([writer.room(b) for b in _answers(item)])
        drawing = picture(item.record)
        steps = told(item.record)
        say = cell_writer("typst")
        for k in range(len(steps) + 1):
            scene = drawing.svg("light", k) if k < len(steps) else drawing.svg("light")
            size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', scene)
            assert size is not None
            width, height = float(size[1]), float(size[2])
            lying = width > LIES * height
            scale = min(1.3, (ACROSS if lying else WIDE) / width, (190 if lying else 270) / height)
            image = f'#image(bytes({json.dumps(scene, ensure_ascii=False)}), format: "svg", width: {width * scale:.1f}pt)'
            words = say(steps[k - 1].cell) if k else ""
            last = f"\n\n{answers}" if k == len(steps) else ""
            if lying:
                pages.append(f"{statement}\n\n#v(8pt)\n#align(center)[{image}]\n\n{words}{last}")
                continue
            pages.append(
                f"{statement}\n\n#grid(columns: ({WIDE:.0f}pt, 1fr), column-gutter: 14pt, align: horizon, align(center)[{image}], [{words}{last}])"
            )
    info = f"#set document(title: {json.dumps(_title(page), ensure_ascii=False)}, date: none)"
    return "\n".join([info, _HEAD, "\n\n#pagebreak()\n\n".join(pages)]) + "\n"
