r"""A page in LaTeX: an article, or a document of the class `exam`, whose `\printanswers` makes the key of the same file."""

from __future__ import annotations

from symdiff.course.blocks import Figure, Formulas, Gap, Grid, Hint, Numbered, Page, Room, Said, Task, Way
from symdiff.course.forms.writer import PageWriter, points
from symdiff.course.words import Paragraph, Stressed
from symdiff.printers import latex
from symdiff.teach import exports, lines
from symdiff.teach.tables import number, tex

_PACKAGES = [
    r"\usepackage[T1]{fontenc}",
    r"\usepackage{amsmath, amssymb, graphicx, tikz, xcolor}",
    r"\newsavebox{\fitted}",
    r"\newcommand{\fit}[1]{\sbox{\fitted}{#1}%",
    r"  \ifdim\wd\fitted>\linewidth\sbox{\fitted}{\resizebox{\linewidth}{!}{\usebox{\fitted}}}\fi",
    r"  \ifdim\ht\fitted>0.3\textheight\resizebox{!}{0.3\textheight}{\usebox{\fitted}}\else\usebox{\fitted}\fi}",
    r"\newcommand{\filled}[1]{{\color{blue!60!black}#1}}",
    r"\newcommand{\ruled}[1]{\par\vspace{6mm}\noindent#1\hrulefill\par}",
]


class LatexPage(PageWriter):
    form = "latex"

    def whole(self, items: list[str]) -> str:
        page = self.page
        head = [
            r"\documentclass{article}",
            r"\usepackage[a4paper, margin=2cm]{geometry}",
            *_PACKAGES,
            r"\setlength{\parindent}{0pt}",
            r"\begin{document}",
            r"\sloppy",
        ]
        head.append(rf"{{\Large\bfseries {tex(page.heading)}}}\hfill {tex(page.course)}\par\medskip")
        if not page.key:
            head.append(rf"Name \hrulefill{{}} Date \hrulefill{{}} \underline{{\hspace{{1.2cm}}}} of {tex(points(page.total))}\par")
        return "\n".join([*head, *items, r"\end{document}"]) + "\n"

    def headed(self, item: Numbered, blocks: list[str]) -> str:
        p = item.problem
        worth = points(p.total)
        title = tex(f"{item.number}. {p.title or 'Problem'}") + (rf"\hfill{{\normalfont\normalsize {worth}}}" if worth else "")
        return "\n".join([rf"\section*{{{title}}}", *blocks])

    def stressed(self, s: Stressed) -> str:
        return {"strong": r"\textbf{%s}", "em": r"\emph{%s}", "code": r"\texttt{%s}"}[s.kind] % tex(s.words)

    def words(self, p: Paragraph) -> str:
        said = self.pieces(p)
        if p.displayed:
            return rf"\begin{{center}}{said}\end{{center}}"
        return (rf"\hspace*{{1em}}{tex(p.item)} {said}" if p.item else said) + r"\par"

    def line(self, b: Said) -> str:
        said = self.say(b.cell)
        return (rf"{{\small {said}\par}}" if b.small else said + r"\par") if said else ""

    def formulas(self, b: Formulas) -> str:
        equations = [rf"{self.say(left)}$\displaystyle {latex(p)}$" for left, p in b.lines]
        return r"\begin{center}" + r" \qquad ".join(equations) + r"\end{center}"

    def part(self, b: Task) -> str:
        worth = rf"\hfill{{\small {tex(points(b.points))}}}" if b.letter and b.points else ""
        return (
            r"\par\medskip\noindent "
            + (rf"\textbf{{{tex(b.letter)}}} " if b.letter else "")
            + self.say(b.words)
            + worth
            + r"\par\nopagebreak"
        )

    def figure(self, b: Figure) -> str:
        return r"\begin{center}\fit{%" + "\n" + exports.tikz(b.drawing(self.page.key)).rstrip("\n") + "}\n" + r"\end{center}"

    def grid(self, b: Grid) -> str:
        head = " & ".join([rf"\textbf{{{tex(h)}}}" for h in b.head]) + r" \\ \hline"
        rows = [" & ".join([self.cell(c) for c in row]) + r" \\ \hline" for row in b.rows]
        columns = "|" + "l|" * len(b.head)
        return "\n".join(
            [
                r"\par\smallskip\noindent\fit{\renewcommand{\arraystretch}{1.25}\begin{tabular}{" + columns + r"}\hline",
                head,
                *rows,
                r"\end{tabular}}\par",
            ]
        )

    def gap(self, b: Gap) -> str:
        if self.page.key:
            return rf"\filled{{{self.say(b.answer)}}}"
        return rf"\hspace{{{min(60, 12 + 7 * (b.columns - 1))}mm}}\rule{{0pt}}{{{4 + 4 * (b.rows - 1)}mm}}"

    def room(self, b: Room) -> str:
        left = self.say(b.left) + " " if b.left else ""
        if self.page.key:
            return "\n".join([rf"\par\noindent {left if not k else ''}\filled{{{self.say(a)}}}\par" for k, a in enumerate(b.answers)])
        return "\n".join([rf"\ruled{{{left if not k else ''}}}" for k in range(b.lines)])

    def steps(self, b: Way) -> str:
        return lines.paragraphs(b.steps)

    def hint(self, b: Hint) -> str:
        return r"{\small\emph{Hint:} " + " ".join([self.pieces(p) for p in b.words]) + r"\par}"


class ExamPage(LatexPage):
    """For the class `exam`: questions, parts and points are its own, and answers stand in `solution` environments."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.open = False

    def whole(self, items: list[str]) -> str:
        page = self.page
        head = [
            r"\documentclass[addpoints]{exam}",
            *_PACKAGES,
            r"\printanswers" if page.key else r"\noprintanswers",
            r"\begin{document}",
            r"\sloppy",
        ]
        head.append(rf"{{\Large\bfseries {tex(page.heading)}}}\hfill {tex(page.course)}\par\medskip")
        if not page.key:
            head.append(r"Name \hrulefill{} Date \hrulefill{} \underline{\hspace{1.2cm}} of \numpoints{} points\par")
        return "\n".join([*head, r"\begin{questions}", *items, r"\end{questions}", r"\end{document}"]) + "\n"

    def item(self, item: Numbered) -> str:
        self.open = False
        return super().item(item)

    def headed(self, item: Numbered, blocks: list[str]) -> str:
        p = item.problem
        parts = len(p.asks) > 1
        worth = "" if parts else _worth(p.total)
        title = rf"\textbf{{{tex(p.title)}}}\par" if p.title else ""
        return "\n".join([rf"\question{worth} {title}", *blocks, *([r"\end{parts}"] if self.open else [])])

    def part(self, b: Task) -> str:
        if not b.letter:
            return self.say(b.words) + r"\par"
        begin = "" if self.open else "\\begin{parts}\n"
        self.open = True
        return f"{begin}\\part{_worth(b.points)} {self.say(b.words)}\\par"

    def room(self, b: Room) -> str:
        left = self.say(b.left) + " " if b.left else ""
        answers = r" \par ".join([(left if not k else "") + self.say(a) for k, a in enumerate(b.answers)])
        room = rf"{left}\par" if left and not self.page.key else ""
        return rf"{room}\begin{{solutionorlines}}[{8 * b.lines + 4}mm]" + "\n" + answers + "\n" + r"\end{solutionorlines}"


def _worth(points: object) -> str:
    """Points as `exam` takes them: whole ones and halves."""
    from fractions import Fraction

    value = Fraction(str(points))
    if not value:
        return ""
    halves = round(2 * value)
    return (
        f"[{halves // 2 or ''}{chr(92) + 'half' if halves % 2 else ''}]"
        if Fraction(halves, 2) == value
        else f"[{number(float(round(value)))}]"
    )
