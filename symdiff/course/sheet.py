"""A sheet: problems under one title, as data. A formula is read once, when it is asked for; `sheetfile.py` reads the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from symdiff.course.values import api_read, entries
from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.course.record import Solved
    from symdiff.formula import Formula

ASKS = ("edges", "values", "gradient", "hessian", "check", "convex")
NOTATIONS = ("delta", "bar", "grad")

# The sign that stands for a number that the program chooses.
OPEN = "?"

MAX_PROBLEMS = 500
MAX_BYTES = 4_000_000


@dataclass(frozen=True)
class Exercise:
    """One problem.

    id: the front of the names of its blanks, `p3` or what the file says. text: Markdown with formulas between dollar signs. formula: as it was typed.
    at: values by name; an entry that is None is chosen by the program. asks: what students do, out of ASKS. points: by what is asked.
    wrong: the derivation that "check" shows, as the derivative by the first of wrt. choose: of what the entries of a name are chosen.
    keep: names whose numbers no variant changes. vary: other letters of a name, under "formula" other formulas. kink: whether numbers may lie on one.
    source, line: where it stands.
    """

    id: str
    formula: str
    wrt: tuple[str, ...]
    title: str = ""
    text: str = ""
    at: Mapping[str, Any] = field(default_factory=dict)
    asks: tuple[str, ...] = ("edges", "gradient")
    points: Mapping[str, Fraction] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    wrong: str = ""
    choose: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    vary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kink: bool = False
    source: str = ""
    line: int = 0

    @property
    def total(self) -> Fraction:
        """The points of all that is asked."""
        return sum(self.points.values(), Fraction(0))

    @property
    def place(self) -> str:
        """The front of a message about it: `sheet.toml, line 12: `, "" of one that stands in no file."""
        return f"{self.source}, line {self.line}: " if self.source else ""

    @property
    def open(self) -> bool:
        """Whether numbers are to be chosen."""
        return any(v is None for value in self.at.values() for v in entries(value))

    @cached_property
    def parsed(self) -> Formula:
        """The formula with its reading. SymdiffError where it has none."""
        return api_read(self.formula)

    @cached_property
    def record(self) -> Solved:
        """The graph, both passes, the answers and the blanks: what every view shows. SymdiffError where a number is open, or an answer is refuted."""
        from symdiff.course.record import record

        return record(self)


@dataclass(frozen=True)
class Sheet:
    """Problems under one title. notation: how backward values are called: delta (`delta_h`), bar (`h_bar`), grad (`dh`). source: the file's name."""

    title: str
    problems: tuple[Exercise, ...]
    course: str = ""
    notation: str = "delta"
    source: str = ""

    @property
    def total(self) -> Fraction:
        """The points of all problems."""
        return sum([p.total for p in self.problems], Fraction(0))

    @property
    def names(self) -> dict[str, str]:
        """The problems by what people call them: by their names, and by the numbers that are printed in front of them."""
        return {str(k): p.id for k, p in enumerate(self.problems, 1)} | {p.id: p.id for p in self.problems}

    def problem(self, id: str) -> Exercise:
        """The problem of this name, or of this number as it is printed. SymdiffError, with the names that there are, for another."""
        id = self.names.get(id, id)
        for p in self.problems:
            if p.id == id:
                return p
        raise SymdiffError(f"the sheet has no problem {id!r}"[:200], hint="its problems are " + ", ".join([p.id for p in self.problems]))

    def chosen(self, seed: int = 0) -> Sheet:
        """The sheet with the numbers that it leaves open, `"?"`, chosen; all others stay."""
        from symdiff.course import vary

        return vary.chosen(self, seed)

    def variants(self, n: int, seed: int = 0) -> tuple[Sheet, ...]:
        """n sheets with other numbers, letters and formulas, as easy as this one; the same seed gives the same ones."""
        from symdiff.course import vary

        return vary.variants(self, n, seed)

    def rendered(self, form: str = "html", kind: str = "sheet", variant: int = 0) -> bytes:
        """The file: form "html", "pdf", "latex", "exam", "markdown", "notebook" or "typst"; kind "sheet", "key", "solutions" or "slides".

        variant: the number that stands in the title, 0 for none. SymdiffError for another form, and for slides in one but html, pdf and typst.
        """
        from symdiff.course.written import rendered

        return rendered(self, form, kind, variant)

    def html(self, kind: str = "sheet") -> str:
        """A page that needs nothing beside it. kind: as for `rendered`."""
        return self.rendered("html", kind).decode()

    def pdf(self, kind: str = "sheet") -> bytes:
        """Set by Typst; SymdiffError where its wheel is not installed. kind: as for `rendered`."""
        return self.rendered("pdf", kind)

    def latex(self, kind: str = "sheet", *, exam: bool = False) -> str:
        """An article, or a document of the class `exam`."""
        return self.rendered("exam" if exam else "latex", kind).decode()

    def markdown(self, kind: str = "sheet") -> str:
        """Markdown with TeX between dollars. kind: as for `rendered`."""
        return self.rendered("markdown", kind).decode()

    def notebook(self, kind: str = "sheet") -> str:
        """The JSON of a notebook for Jupyter. kind: as for `rendered`."""
        return self.rendered("notebook", kind).decode()

    def save(self, path: str | os.PathLike[str], kind: str = "sheet") -> None:
        """Write a file; its extension says what: html, pdf, tex, md, ipynb, typ."""
        from symdiff import whole

        whole.write(path, self.rendered(os.path.splitext(os.fspath(path))[1][1:].lower(), kind), hint="a file in a folder that exists")

    def _repr_html_(self) -> str:
        import html

        return f'<iframe title="{html.escape(self.title)}" srcdoc="{html.escape(self.html())}" style="width:100%;height:40em;border:0"></iframe>'
