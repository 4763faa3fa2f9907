"""A page in Typst's markup, and by it as PDF."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from symdiff.course.blocks import Block, Figure, Formulas, Gap, Grid, Hint, Numbered, Room, Said, Task, Way
from symdiff.course.forms.writer import PageWriter, points, svg
from symdiff.course.words import Paragraph, Stressed
from symdiff.printers import typst
from symdiff.teach.lines import in_typst
from symdiff.teach.tables import typ

# Points: how wide and high a graph may be, beside a table and alone.
BESIDE, ALONE, HIGH = 200.0, 430.0, 190.0
NARROW = 0.55  # below this part of its size a graph has the page's width for itself

_HEAD = """#set page(paper: "a4", margin: (x: 1.6cm, top: 1.2cm, bottom: 1.3cm), numbering: "1 / 1")
#set text(size: 9.5pt)
#set par(leading: 0.55em, spacing: 0.7em)
#show heading: set text(size: 11pt)
#show heading: set block(above: 1.5em, below: 0.6em, sticky: true)
#let gap(width, height) = box(width: width, height: height)
#let filled(body) = text(fill: rgb("#00549e"), body)
#let ruled(n) = for _ in range(n) { v(13pt); line(length: 100%, stroke: 0.4pt + luma(150)) }"""


class TypstPage(PageWriter):
    form = "typst"

    def whole(self, items: list[str]) -> str:
        page = self.page
        title = f'#grid(columns: (1fr, auto), text(size: 1.6em, weight: "bold")[{typ(page.heading)}], align(right + bottom)[{typ(page.course)}])'
        name = "#v(2pt)\n#grid(columns: (1fr, 5cm, auto), column-gutter: 12pt, [Name #box(width: 1fr, stroke: (bottom: 0.5pt), height: 10pt)], [Date #box(width: 1fr, stroke: (bottom: 0.5pt), height: 10pt)], "
        total = points(page.total)
        name += f"[#box(width: 1.2cm, stroke: (bottom: 0.5pt), height: 10pt) of {typ(total)}])"
        info = f"#set document(title: {json.dumps(page.heading, ensure_ascii=False)}, date: none)"
        return "\n".join([info, _HEAD, title, name if not page.key else "", *items]) + "\n"

    def item(self, item: Numbered) -> str:
        """The graph stands on the left, and what is to be done on the right, where both have room; else the table on the left. The steps follow below."""
        blocks = _joined(item.blocks)
        end = next((j for j, b in enumerate(blocks) if isinstance(b, Way)), len(blocks))
        k = next((k for k, b in enumerate(blocks) if isinstance(b, Figure)), None)
        figure = None if k is None else blocks[k]
        if isinstance(figure, Figure) and self.scale(figure, BESIDE)[2] >= NARROW and all(_slim(b) for b in blocks):
            first = next(j for j, b in enumerate(blocks) if isinstance(b, Task))
            right = self.below([b for b in blocks[first:end] if b is not figure])
            beside = f"#grid(columns: (auto, 1fr), column-gutter: 16pt, align: horizon, [{self.picture(figure, BESIDE)}], [{right}])"
            head = [*map(self.block, blocks[:first]), beside]
        elif k is not None:
            head = [*map(self.block, blocks[: k + 1]), self.halves(blocks[k + 1 : end])]
        else:
            first = next(j for j, b in enumerate(blocks) if isinstance(b, Task))
            head = [*map(self.block, blocks[:first]), self.halves(blocks[first:end])]
        return "\n\n".join([f"#block(breakable: false, above: 1.5em)[{self.headed(item, head)}]", *map(self.block, blocks[end:])])

    def below(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(map(self.block, blocks))

    def halves(self, blocks: Sequence[Block]) -> str:
        """A table with its task on the left, what else is asked on the right."""
        table = next((j for j, b in enumerate(blocks) if isinstance(b, Grid)), None)
        if table is None or not _slim(blocks[table]) or table + 1 == len(blocks):
            return self.below(blocks)
        return (
            f"#grid(columns: (0.9fr, 1fr), column-gutter: 16pt, [{self.below(blocks[: table + 1])}], [{self.below(blocks[table + 1 :])}])"
        )

    def headed(self, item: Numbered, blocks: list[str]) -> str:
        p = item.problem
        worth = points(p.total)
        title = f"= {typ(f'{item.number}. {p.title}' if p.title else f'Problem {item.number}')}" + (
            f' #h(1fr) #text(size: 9pt, weight: "regular")[{typ(worth)}]' if worth else ""
        )
        # The first lines stay with the title; what is short stays together.
        return "\n\n".join([title, *blocks])

    def stressed(self, s: Stressed) -> str:
        return {"strong": f"*{typ(s.words)}*", "em": f"_{typ(s.words)}_", "code": f"#raw({json.dumps(s.words, ensure_ascii=False)});"}[
            s.kind
        ]

    def words(self, p: Paragraph) -> str:
        said = self.pieces(p)
        if p.displayed:
            return f"#align(center)[{said}]"
        return f"#pad(left: 1em)[{typ(p.item + ' ')}{said}]" if p.item else said

    def line(self, b: Said) -> str:
        return f"#text(size: 0.92em, fill: luma(70))[{self.say(b.cell)}]" if b.small else self.say(b.cell)

    def formulas(self, b: Formulas) -> str:
        equations = [f"#box[{self.say(left)}${typst(p)}$]" for left, p in b.lines]
        after = [f"#box[{self.line(b.after)}]"] if b.after else []
        return "#pad(left: 1em)[" + " #h(1.6em) ".join([*equations, *after]) + "]"

    def part(self, b: Task) -> str:
        worth = points(b.points) if b.letter else ""
        return (
            f"#block(sticky: true, above: 1em)[{f'*{typ(b.letter)}* ' if b.letter else ''}{self.say(b.words)}"
            + (f" #h(1fr) #box(text(size: 0.9em, fill: luma(70))[{typ(worth)}])" if worth else "")
            + "]"
        )

    def scale(self, b: Figure, wide: float) -> tuple[str, float, float]:
        """The picture, its width on the page, and by what it is scaled."""
        picture = svg(b.drawing(self.page.key), "light")
        size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', picture)
        assert size is not None
        width, height = float(size[1]), float(size[2])
        scale = min(0.8, wide / width, HIGH / height)
        return picture, width * scale, scale

    def picture(self, b: Figure, wide: float) -> str:
        picture, width, _ = self.scale(b, wide)
        alt = json.dumps(b.filled.title + ". " + b.filled.description, ensure_ascii=False)
        return f'#image(bytes({json.dumps(picture, ensure_ascii=False)}), format: "svg", width: {width:.1f}pt, alt: {alt})'

    def figure(self, b: Figure) -> str:
        return f"#align(center)[{self.picture(b, ALONE)}]"

    def grid(self, b: Grid) -> str:
        cells = ["table.header(" + ", ".join([f"[*{typ(h)}*]" for h in b.head]) + ")"]
        cells += [", ".join([f"[{self.cell(c)}]" for c in row]) for row in b.rows]
        return f"#block(breakable: false)[#table(columns: {len(b.head)}, stroke: 0.4pt + luma(150), inset: (x: 5pt, y: 3.2pt), align: horizon, {', '.join(cells)})]"

    def gap(self, b: Gap) -> str:
        if self.page.key:
            return f"#filled[{self.say(b.answer)}]"
        return f"#gap({min(170, 34 + 18 * (b.columns - 1))}pt, {8 + 9 * (b.rows - 1)}pt)"

    def room(self, b: Room) -> str:
        if self.page.key:
            return " \\\n".join(
                [f"{self.say(b.left) + ' ' if b.left and not k else ''}#filled[{self.say(a)}]" for k, a in enumerate(b.answers)]
            )
        lines = f"#ruled({b.lines - 1})" if b.lines > 1 else ""
        return f"#block(breakable: false, above: 1.1em)[{self.say(b.left)} #box(width: 1fr, height: 16pt, stroke: (bottom: 0.4pt + luma(150)))\n{lines}]"

    def steps(self, b: Way) -> str:
        return f"#block(inset: (left: 8pt), stroke: (left: 1.2pt + luma(190)))[{in_typst(b.steps)}]"

    def hint(self, b: Hint) -> str:
        return f"#text(size: 0.92em, fill: luma(70))[_Hint:_ {' '.join([self.pieces(p) for p in b.words])}]"


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with the letters in the line of the formulas, where both are short."""
    found: list[Block] = []
    for b in blocks:
        if isinstance(b, Said) and b.small and found and isinstance(found[-1], Formulas) and not found[-1].after:
            found[-1] = replace(found[-1], after=b)
        else:
            found.append(b)
    return found


def _slim(b: Block) -> bool:
    """Whether a block has room beside a picture: a table without wide cells, anything else."""
    if not isinstance(b, Grid):
        return True
    return all(c.columns <= 3 and c.rows <= 3 for row in b.rows for c in row if isinstance(c, Gap)) and len(b.rows) <= 14
