"""Practice: the blanks of a sheet one after the other, each entry marked at once.

In: a sheet. Out: a `Practice`, which says what is asked and what is to be said of an entry; who shows it, and reads what is typed, is the caller's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from symdiff.course.blocks import Formulas, Numbered, Said, Task, Words, page
from symdiff.course.marking import Mark, Marker
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet
from symdiff.course.values import number
from symdiff.course.words import Stressed
from symdiff.errors import SymdiffError
from symdiff.printers import unicode
from symdiff.syntax.tree import Program
from symdiff.teach.tables import Cell, cell_writer

TRIES = 3
HELP = "? a hint, ! the answer, an empty line the next one, q the end"


@dataclass(frozen=True)
class Reply:
    """What is said of an entry. over: the blank is done with, and the next one is asked."""

    text: str
    mark: str = ""
    over: bool = False


@dataclass
class Practice:
    """A walk through the blanks of a sheet. tries: how often an entry may be wrong before the answer is told."""

    sheet: Sheet
    tries: int = TRIES
    points: Fraction = Fraction(0)
    asked: Fraction = Fraction(0)  # points of what was asked and is over
    right: int = 0
    done: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    ended: bool = False

    def __post_init__(self) -> None:
        self.items = list(page(self.sheet).items)
        self.blanks: list[tuple[Numbered, Blank]] = [(item, b) for item in self.items for b in item.record.blanks]
        self._markers: dict[str, Marker] = {}
        self._hints = 0

    @property
    def over(self) -> bool:
        return self.ended or self.done >= len(self.blanks)

    @property
    def blank(self) -> Blank:
        """What is asked now."""
        return self.blanks[self.done][1]

    @property
    def item(self) -> Numbered:
        return self.blanks[self.done][0]

    @property
    def first(self) -> bool:
        """Whether another problem begins with this blank."""
        return self.done == 0 or self.blanks[self.done - 1][0] is not self.item

    @property
    def heading(self) -> str:
        """The problem that is asked now: title, words, formula, letters."""
        item = self.item
        lines = [f"{item.number}. {item.problem.title or item.problem.id}"]
        for b in item.blocks:
            if isinstance(b, Task):
                break
            if isinstance(b, Words):
                lines.append("".join([p.words if isinstance(p, Stressed) else _said(p) for p in b.paragraph.pieces]))
            elif isinstance(b, Formulas):
                lines += ["    " + (_said(left) if left else "") + _said(program) for left, program in b.lines]
                if b.after is not None:
                    lines.append("    " + _said(b.after.cell))
            elif isinstance(b, Said):
                lines.append("    " + _said(b.cell))
        if item.problem.wrong:
            lines.append(f"    a derivation: {item.problem.wrong}")
        return "\n".join(lines)

    @property
    def prompt(self) -> str:
        """What stands in front of an entry."""
        b = self.blank
        kind = b.id.split(".")[1]
        if kind in ("check", "convex"):
            return f"{b.label}? "
        before = {"edge": "edge ", "value": "forward ", "backward": "backward "}.get(kind, "")
        return f"{before}{_said(b.label)} = "

    def enter(self, text: str) -> Reply:
        """What is said of an entry. `?` asks for a hint, `!` for the answer, `q` ends; an empty entry goes on."""
        short = text.strip()
        if short in ("q", "quit", "exit") and short not in self.item.record.formula.variables:
            self.ended = True
            return Reply("", over=True)
        if short == "?":
            return Reply(self.hint())
        if short in ("", "!"):
            b = self.blank
            self._next()
            return Reply(f"{b.text}" if short else "", over=True)
        mark = self._marker()(self.blank.id, text)
        if mark.right:
            b = self.blank
            self.points += b.points
            self.right += 1
            self._next()
            return Reply("right" + (f": {mark.diagnosis}" if mark.diagnosis else ""), mark.mark, True)
        said = _told(mark)
        if mark.mark in ("unreadable", "undecided"):
            return Reply(said, mark.mark)
        count = self.wrong[self.blank.id] = self.wrong.get(self.blank.id, 0) + 1
        if count < self.tries:
            return Reply(said, mark.mark)
        right = self.blank.text
        self._next()
        return Reply(f"{said}\nright is {right}", mark.mark, True)

    def hint(self) -> str:
        """The next hint of the problem, then what kind of answer is asked for."""
        hints = self.item.problem.hints
        if self._hints < len(hints):
            self._hints += 1
            return hints[self._hints - 1].replace("$", "")
        kind = self.blank.id.split(".")[1]
        return {
            "edge": "the derivative of the upper value by the lower one, all else held fixed; a formula, or its value",
            "value": "the value at these numbers",
            "backward": "for every edge from above: the backward value there times the edge; the sum of these",
            "check": "right or wrong, or the right derivative",
            "convex": "convex, concave, affine or neither",
        }.get(kind, "a formula in the letters of the problem, in matrix notation")

    @property
    def score(self) -> str:
        """`5 of 12 right, 4 of 10 points`."""
        return f"{self.right} of {self.done} right, {number(self.points)} of {number(self.asked)} points"

    def _marker(self) -> Marker:
        p = self.item.problem
        if p.id not in self._markers:
            self._markers[p.id] = Marker(p)
        return self._markers[p.id]

    def _next(self) -> None:
        item = self.item
        self.asked += self.blank.points
        self.done += 1
        if self.done < len(self.blanks) and self.blanks[self.done][0] is not item:
            self._hints = 0


def practice(sheet: Sheet, problem: str = "", tries: int = TRIES) -> Practice:
    """A walk through a sheet, or through one of its problems. SymdiffError for a problem that it does not have."""
    if problem:
        from dataclasses import replace

        sheet = replace(sheet, problems=(sheet.problem(problem),))
    made = Practice(sheet.chosen(), tries)
    if not made.blanks:
        raise SymdiffError("there is nothing to fill in", hint='a problem asks for something: asks = ["values", "edges"]')
    return made


def _told(mark: Mark) -> str:
    said = mark.diagnosis + (f"; {mark.shown}" if mark.shown else "")
    return said + (f"\n{mark.hint}" if mark.hint else "")


def _said(x: Cell) -> str:
    return unicode(x) if isinstance(x, Program) else str(cell_writer("unicode")(x))
