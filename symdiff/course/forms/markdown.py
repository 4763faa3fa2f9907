"""A page in Markdown: mathematics between dollar signs, graphs as Mermaid."""

from __future__ import annotations

from symdiff.course.blocks import Figure, Formulas, Gap, Grid, Hint, Numbered, Room, Said, Task, Way
from symdiff.course.forms.writer import PageWriter, points
from symdiff.course.words import Paragraph, Stressed
from symdiff.teach import exports, lines
from symdiff.teach.tables import math_in_markdown, md

LINE = r"\_" * 24


class MarkdownPage(PageWriter):
    form = "markdown"

    def whole(self, items: list[str]) -> str:
        page = self.page
        head = [f"# {md(page.heading)}", ""]
        if page.course:
            head += [md(page.course), ""]
        if not page.key:
            head += [f"Name {LINE} · \\_\\_\\_\\_ of {points(page.total)}", ""]
        return "\n".join(head) + "\n" + "\n".join(items)

    def headed(self, item: Numbered, blocks: list[str]) -> str:
        p = item.problem
        worth = points(p.total)
        return "\n".join([f"## {item.number}\\. {md(p.title or 'Problem')}" + (f" ({worth})" if worth else ""), "", *blocks])

    def stressed(self, s: Stressed) -> str:
        return {"strong": f"**{md(s.words)}**", "em": f"*{md(s.words)}*", "code": f"`{s.words}`"}[s.kind]

    def words(self, p: Paragraph) -> str:
        said = self.pieces(p)
        if p.displayed:
            return f"$${said[1:-1]}$$\n" if said.count("$") == 2 else said + "\n"
        return (f"- {said}" if p.item == "•" else f"{p.item} {said}" if p.item else said) + "\n"

    def line(self, b: Said) -> str:
        return self.say(b.cell) + "\n"

    def formulas(self, b: Formulas) -> str:
        equations = [self.say(left).replace("$", "") + math_in_markdown(p) for left, p in b.lines]
        return "$$\n" + r" \qquad ".join(equations) + "\n$$\n"

    def part(self, b: Task) -> str:
        worth = f" ({points(b.points)})" if b.letter and b.points else ""
        return (f"**{md(b.letter)}** " if b.letter else "") + self.say(b.words) + worth + "\n"

    def figure(self, b: Figure) -> str:
        return "```mermaid\n" + exports.mermaid(b.drawing(self.page.key)) + "```\n"

    def grid(self, b: Grid) -> str:
        rows = ["| " + " | ".join([md(h) for h in b.head]) + " |", "|" + " --- |" * len(b.head)]
        rows += ["| " + " | ".join([self.cell(c) for c in row]) + " |" for row in b.rows]
        return "\n".join(rows) + "\n"

    def gap(self, b: Gap) -> str:
        return self.say(b.answer) if self.page.key else " "

    def room(self, b: Room) -> str:
        left = self.say(b.left) + " " if b.left else ""
        if self.page.key:
            return "> " + left + "  \n> ".join([self.say(a) for a in b.answers]) + "\n"
        return left + "\n\n".join([LINE * (1 if left else 2)] * b.lines) + "\n"

    def steps(self, b: Way) -> str:
        return lines.markdown(b.steps).replace("### ", "#### ") + "\n"

    def hint(self, b: Hint) -> str:
        return "*Hint:* " + " ".join([self.pieces(p) for p in b.words]) + "\n"
