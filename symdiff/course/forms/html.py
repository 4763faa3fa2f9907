"""A page as one HTML file without links: for a screen, a phone, a reader who listens, and paper.

The gaps of a worksheet are fields with the names of their blanks (`data-blank`), so that a script may mark what is typed; without one they are room to write.
"""

from __future__ import annotations

import html
from importlib.resources import files

from symdiff.course.blocks import Figure, Formulas, Gap, Grid, Hint, Numbered, Room, Said, Task, Way
from symdiff.course.forms.writer import PageWriter, points, svg
from symdiff.course.words import Paragraph, Stressed
from symdiff.printers import mathml
from symdiff.teach.lines import as_html
from symdiff.teach.tables import Cell, cell_writer

SECURE = (
    """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">"""
)


def head(title: str, *styles: str) -> list[str]:
    """The beginning of a file, up to its body. styles: names of files beside this one."""
    texts = [
        (files("symdiff.teach") / "page.css").read_text(encoding="utf-8"),
        *[(files("symdiff.course.forms") / s).read_text(encoding="utf-8") for s in styles],
    ]
    return [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        SECURE,
        f"<title>{html.escape(title)}</title>",
        f"<style>\n{''.join(texts)}</style>",
        "</head>",
    ]


class HtmlPage(PageWriter):
    form = "html"

    def whole(self, items: list[str]) -> str:
        page = self.page
        course = f'<p class="course">{html.escape(page.course)}</p>' if page.course else ""
        name = (
            ""
            if page.key
            else f'<p class="name"><label>Name <input></label> <label>Date <input class="date"></label> <span class="total">of {points(page.total)}</span></p>'
        )
        body = [
            "<body>",
            f'<main class="{page.kind}">',
            f"<h1>{html.escape(page.heading)}</h1>",
            course,
            name,
            *items,
            "</main>",
            "</body>",
            "</html>",
        ]
        return "\n".join([*head(page.heading, "page.css"), *body]) + "\n"

    def headed(self, item: Numbered, blocks: list[str]) -> str:
        p = item.problem
        worth = f' <span class="points">{points(p.total)}</span>' if p.total else ""
        title = f'<h2 id="{p.id}-title">{item.number}. {html.escape(p.title or "Problem")}{worth}</h2>'
        return "\n".join([f'<section class="problem" id="{p.id}" aria-labelledby="{p.id}-title">', title, *blocks, "</section>"])

    def stressed(self, s: Stressed) -> str:
        return f"<{s.kind}>{html.escape(s.words)}</{s.kind}>"

    def words(self, p: Paragraph) -> str:
        said = self.pieces(p)
        if p.displayed:
            return f'<div class="statement">{said}</div>'
        return f'<p class="item"><span>{html.escape(p.item)}</span> {said}</p>' if p.item else f"<p>{said}</p>"

    def line(self, b: Said) -> str:
        return f"<p{' class=' + chr(34) + 'small' + chr(34) if b.small else ''}>{self.say(b.cell)}</p>" if b.cell else ""

    def formulas(self, b: Formulas) -> str:
        inline = [self.say(left) + mathml(p).replace(' display="block"', "", 1) for left, p in b.lines]
        return '<div class="statement equations">' + "".join([f"<span>{x}</span>" for x in inline]) + "</div>"

    def part(self, b: Task) -> str:
        worth = f' <span class="points">{points(b.points)}</span>' if b.letter and b.points else ""
        return f'<p class="part">{f"<b>{b.letter}</b> " if b.letter else ""}{self.say(b.words)}{worth}</p>'

    def figure(self, b: Figure) -> str:
        drawing = b.drawing(self.page.key)
        picture = f'<figure aria-label="Computation graph">\n{svg(drawing, "auto")}</figure>'
        if self.page.key or not b.gaps:
            return picture
        rows = [f"<tr><td>{self.say(cell)}</td><td>{self.field(gap.id, cell)}</td></tr>" for cell, gap in b.gaps]
        table = '<table class="edges"><thead><tr><th scope="col">line</th><th scope="col">multiplies with</th></tr></thead><tbody>'
        return "\n".join(
            [
                picture,
                f'<details class="screen"><summary>Type here what stands beside the lines</summary>{table}',
                *rows,
                "</tbody></table></details>",
            ]
        )

    def grid(self, b: Grid) -> str:
        cells = "".join([f'<th scope="col">{html.escape(h)}</th>' for h in b.head])
        rows = []
        for row in b.rows:
            called = row[0] if row[0] else row[1]
            assert not isinstance(called, Gap)
            told = [
                self.field(c.id, (called, ", ", b.head[k]), c) if isinstance(c, Gap) and not self.page.key else self.cell(c)
                for k, c in enumerate(row)
            ]
            rows.append("<tr>" + "".join([f"<td>{x}</td>" for x in told]) + "</tr>")
        return "\n".join([f'<div class="wide"><table class="grid"><thead><tr>{cells}</tr></thead><tbody>', *rows, "</tbody></table></div>"])

    def field(self, id: str, called: Cell, gap: Gap | None = None) -> str:
        """Where something is typed, with its name for those who listen."""
        label = html.escape(cell_writer("unicode")(called))
        size = min(40, 8 + 6 * ((gap.columns * gap.rows if gap else 2) - 1))
        return f'<input class="gap" data-blank="{id}" aria-label="{label}" size="{size}" autocomplete="off" spellcheck="false">'

    def gap(self, b: Gap) -> str:
        return f'<span class="filled" data-blank="{b.id}">{self.say(b.answer)}</span>'

    def room(self, b: Room) -> str:
        left = self.say(b.left) + " " if b.left else ""
        if self.page.key:
            lines = [f"<div>{left if not k else ''}{self.say(a)}</div>" for k, a in enumerate(b.answers)]
            return f'<div class="answer filled" data-blank="{b.id}">' + "".join(lines) + "</div>"
        label = html.escape(cell_writer("unicode")(b.left).removesuffix(" =") if b.left else "your answer")
        return f'<div class="room">{left}<textarea class="gap" data-blank="{b.id}" aria-label="{label}" rows="{b.lines}" spellcheck="false"></textarea></div>'

    def steps(self, b: Way) -> str:
        return as_html(b.steps)

    def hint(self, b: Hint) -> str:
        said = " ".join([self.pieces(p) for p in b.words])
        return (
            f'<details class="hint" open><summary>Hint</summary> {said}</details>'
            if self.page.key
            else f'<details class="hint"><summary>Hint</summary> {said}</details>'
        )
