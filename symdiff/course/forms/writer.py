"""What all forms share: how the blocks of a page follow one another.

In: a `Page`. Out: text. A writer has a method for each kind of block; gaps are shown empty or filled as the page says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from functools import lru_cache

from symdiff.course.blocks import Block, Figure, Formulas, Gap, Grid, Hint, Numbered, Page, Room, Said, Task, Way, Words
from symdiff.course.words import Paragraph, Stressed
from symdiff.teach.drawing import Drawing
from symdiff.teach.tables import Cell, cell_writer, number


def points(value: Fraction) -> str:
    """`1 point`, `2.5 points`, "" of none."""
    return f"{number(float(value), 3)} point{'' if value == 1 else 's'}" if value else ""


@lru_cache(maxsize=256)  # the empty graph is that of every variant
def svg(drawing: Drawing, theme: str) -> str:
    return drawing.svg(theme)


class PageWriter(ABC):
    """form: how cells are written."""

    form: str

    def __init__(self, page: Page) -> None:
        self.page = page
        self.say = cell_writer(self.form)

    def written(self) -> str:
        return self.whole([self.item(i) for i in self.page.items])

    def item(self, item: Numbered) -> str:
        return self.headed(item, [self.block(b) for b in item.blocks])

    def block(self, b: Block) -> str:
        match b:
            case Words():
                return self.words(b.paragraph)
            case Said():
                return self.line(b)
            case Formulas():
                return self.formulas(b)
            case Task():
                return self.part(b)
            case Figure():
                return self.figure(b)
            case Grid():
                return self.grid(b)
            case Room():
                return self.room(b)
            case Way():
                return self.steps(b)
            case Hint():
                return self.hint(b)

    def pieces(self, p: Paragraph) -> str:
        return "".join([self.stressed(x) if isinstance(x, Stressed) else self.say(x) for x in p.pieces])

    def cell(self, x: Cell | Gap) -> str:
        return self.gap(x) if isinstance(x, Gap) else self.say(x)

    @abstractmethod
    def whole(self, items: list[str]) -> str: ...

    @abstractmethod
    def headed(self, item: Numbered, blocks: list[str]) -> str: ...

    @abstractmethod
    def stressed(self, s: Stressed) -> str: ...

    @abstractmethod
    def words(self, p: Paragraph) -> str: ...

    @abstractmethod
    def line(self, b: Said) -> str: ...

    @abstractmethod
    def formulas(self, b: Formulas) -> str: ...

    @abstractmethod
    def part(self, b: Task) -> str: ...

    @abstractmethod
    def figure(self, b: Figure) -> str: ...

    @abstractmethod
    def grid(self, b: Grid) -> str: ...

    @abstractmethod
    def gap(self, b: Gap) -> str: ...

    @abstractmethod
    def room(self, b: Room) -> str: ...

    @abstractmethod
    def steps(self, b: Way) -> str: ...

    @abstractmethod
    def hint(self, b: Hint) -> str: ...
