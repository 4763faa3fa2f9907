"""What stands on a page of a course: problems as blocks, in which everything that is filled in knows its answer.

In: the records of a sheet. Out: a `Page`; the worksheet shows its gaps empty, the key shows the same gaps filled, the solutions add how one gets
there. The writers in `forms/` decide nothing but how it looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symdiff.course.record import Solved, plain
from symdiff.course.values import claimed
from symdiff.course.words import Paragraph, paragraphs
from symdiff.errors import SymdiffError
from symdiff.expr.node import NAME
from symdiff.notation.unparse import unparse
from symdiff.syntax.parse import program
from symdiff.syntax.tree import Binding, Program
from symdiff.teach.drawing import Drawing, Label
from symdiff.teach.handout import in_words
from symdiff.teach.lines import Step
from symdiff.teach.numbers import entry_of_operation
from symdiff.teach.picture import Graph
from symdiff.teach.record import Lesson, Node
from symdiff.teach.steps import body_of, derive
from symdiff.teach.tables import Cell, Ratio, Value

if TYPE_CHECKING:
    from symdiff.course.sheet import Exercise, Sheet

KINDS = ("sheet", "key", "solutions")
CALLED = {"sheet": "", "key": "Key", "solutions": "Solutions"}

# A graph of more layers is drawn from left to right.
DEEP = 4

# What an empty label of an edge looks like: a line to write on, in Typst, Unicode and LaTeX.
EMPTY = Label("#box(width: 30pt, height: 13pt, stroke: (bottom: 0.7pt + luma(110)))", "____", r"\underline{\hspace{30pt}}")


@dataclass(frozen=True, slots=True)
class Gap:
    """A place that is filled in. id: of the blank; answer: what is right; rows, columns: how much room it takes in a table."""

    id: str
    answer: Cell
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph of the text of a problem."""

    paragraph: Paragraph


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph of cells. small: it is said beside the matter."""

    cell: Cell
    small: bool = False


@dataclass(frozen=True, slots=True)
class Formulas:
    """Equations that are displayed: left sides ("" without) and right sides. after: what a form may put into the same line."""

    lines: tuple[tuple[Cell, Program], ...]
    after: Said | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done: "(a)" where there are several parts, the words, the points."""

    letter: str
    words: Cell
    points: Fraction


@dataclass(frozen=True, slots=True)
class Figure:
    """The graph; filled and with gaps on its edges. gaps: of the edges, with what stands in front of each."""

    filled: Drawing
    empty: Drawing
    gaps: tuple[tuple[Cell, Gap], ...] = ()

    def drawing(self, key: bool) -> Drawing:
        return self.filled if key else self.empty


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with gaps in it."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell | Gap, ...], ...]


@dataclass(frozen=True, slots=True)
class Room:
    """Room to write: `left = …` on so many lines. answers: what stands there in the key, a line each, after `left`; id: of the blank."""

    id: str
    left: Cell
    answers: tuple[Cell, ...]
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Way:
    """How one gets there."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    words: tuple[Paragraph, ...]


Block = Words | Said | Formulas | Task | Figure | Grid | Room | Way | Hint


@dataclass(frozen=True, slots=True)
class Numbered:
    """One problem on the page."""

    number: int
    problem: Exercise
    record: Solved
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """kind: of KINDS. variant: its number, 0 where there is only one."""

    title: str
    course: str
    kind: str
    items: tuple[Numbered, ...]
    total: Fraction
    variant: int = 0

    @property
    def key(self) -> bool:
        """Whether gaps are filled."""
        return self.kind != "sheet"

    @property
    def heading(self) -> str:
        """`Backpropagation · variant 3 · Key`."""
        return " · ".join([s for s in (self.title, f"variant {self.variant}" if self.variant else "", CALLED[self.kind]) if s])


def page(sheet: Sheet, kind: str = "sheet", variant: int = 0) -> Page:
    """The page of a sheet. kind: "sheet", "key" or "solutions"."""
    items = []
    for k, p in enumerate(sheet.problems, 1):
        items.append(Numbered(k, p, p.record, tuple(_blocks(p.record, kind, sheet.notation))))
    return Page(sheet.title, sheet.course, kind, tuple(items), sheet.total, variant)


def _blocks(r: Solved, kind: str, notation: str) -> Iterator[Block]:
    p = r.problem
    yield from [Words(paragraph) for paragraph in paragraphs(p.text)]
    yield _statement(r)
    yield Said(_letters(r), small=True)
    parts = len(p.asks) > 1
    for k, ask in enumerate(p.asks):
        yield Task(f"({chr(97 + k)})" if parts else "", _TASKS[ask](r), p.points.get(ask, Fraction(0)))
        yield from _ASKED[ask](r, kind)
    if p.hints and kind != "key":
        yield Hint(tuple([paragraph for h in p.hints for paragraph in paragraphs(h)]))
    if kind == "solutions":
        yield from _worked(r, notation)


# ---------------------------------------------------------------------------------------------- the statement


def _statement(r: Solved) -> Formulas:
    """The formula with the bindings that it uses, as it was typed; the value has its letter in front."""
    value = r.formula.reading.program
    if value is None:
        value = unparse(r.formula.expr)
    bindings: list[tuple[Cell, Program]] = [("", Program(value.text, [s])) for s in value.statements if isinstance(s, Binding)]
    top = r.lesson.top
    left: Cell = (top.label, " = ") if top.shown.op == NAME and top.label.body is not value.body else ""
    return Formulas((*bindings, (left, Program(value.text, [], value.body))))


def _letters(r: Solved) -> Cell:
    """What the letters are, with their values: `w = [3, 1], φ = [1, 2]: vectors; y = 2: a number`."""
    groups: dict[str, list[Cell]] = {}
    for n in r.lesson.nodes:
        if n.leaf and n.rule in ("variable", "function"):
            value: tuple[Cell, ...] = (" = ", Value(plain(r.trace.shown_forward[n.id]))) if r.trace else ()
            groups.setdefault(in_words(n.shape, ""), []).append((n.label, *value))
    cells: list[Cell] = []
    for words, labels in groups.items():
        for k, shown in enumerate(labels):
            cells += [("; " if cells else "") if not k else ", ", shown]
        cells.append(f" ({_plural(words) if len(labels) > 1 else words})")
    return (*cells, ".") if cells else ""


def _plural(words: str) -> str:
    head, space, rest = words.partition(" ")
    return {"number": "numbers", "vector": "vectors", "matrix": "matrices", "array": "arrays"}.get(head, head) + space + rest


# ---------------------------------------------------------------------------------------------- what is asked


def _wrt(r: Solved) -> Cell:
    return tuple(
        [
            cell
            for k, x in enumerate(r.lesson.wrt)
            for cell in (((" and " if k == len(r.lesson.wrt) - 1 else ", ") if k else ""), unparse(x))
        ]
    )


def _edges_task(r: Solved) -> Cell:
    return "Write beside every solid line what it multiplies with the backward value that comes down."


def _values_task(r: Solved) -> Cell:
    return ("Fill in both passes: forward from the letters up, backward from ", r.lesson.top.label, " down, beginning with 1.")


def _gradient_task(r: Solved) -> Cell:
    return ("Give the derivative by ", _wrt(r), ", in the letters of the formula", " and in numbers" if r.trace and _small(r) else "", ".")


def _hessian_task(r: Solved) -> Cell:
    return ("Give the Hessian by ", _wrt(r), ".")


def _check_task(r: Solved) -> Cell:
    written, _ = claimed(r.problem.wrong, r.formula)
    return (
        "Somebody finds ",
        Ratio(r.lesson.top.label, unparse(r.lesson.wrt[0])),
        " = ",
        written,
        ". Is this right? If not, what went wrong?",
    )


def _convex_task(r: Solved) -> Cell:
    return ("Is ", r.lesson.top.label, " convex, concave, affine or neither in ", _wrt(r), "? Say why.")


_TASKS = {
    "edges": _edges_task,
    "values": _values_task,
    "gradient": _gradient_task,
    "hessian": _hessian_task,
    "check": _check_task,
    "convex": _convex_task,
}


def _small(r: Solved) -> bool:
    """Whether the gradient's numbers can be written down by hand."""
    import numpy as np

    assert r.trace is not None
    return all(np.size(v) <= 6 for v in r.trace.answers.values())


def _edges(r: Solved, kind: str) -> Iterator[Block]:
    across = _depth(r.lesson) > DEEP
    filled = Graph(r.lesson, gains=r.trace.shown_gains if r.trace else None, legend=False, across=across).drawing
    bare = Graph(r.lesson, legend=False, across=across).drawing  # the numbers of edges that are not asked for are forward values
    asked = {e: r.edge_id(e) for e in r.edges()}
    arcs = tuple([replace(a, local=EMPTY) if e in asked else a for a, e in zip(bare.arcs, r.lesson.edges, strict=True)])
    gaps = []
    for e, id in asked.items():
        effect, user, argument = r.lesson.effects.get(e), r.lesson.nodes[e.user], r.lesson.nodes[e.argument]
        gaps.append((("from ", user.label, " to ", argument.label), Gap(id, effect if effect is not None else "")))
    yield Figure(filled, replace(bare, arcs=arcs), tuple(gaps))


def _depth(lesson: Lesson) -> int:
    """The operations on the longest way from a letter to the value."""
    depth: dict[int, int] = {}
    for n in lesson.nodes:
        depth[n.id] = max([depth[e.argument] + 1 for e in lesson.outgoing[n.id]], default=0)
    return depth[lesson.top.id]


def _values(r: Solved, kind: str) -> Iterator[Block]:
    assert r.trace is not None
    id = r.problem.id
    rows = []
    inner, below = set(r.inner()), set(r.below())
    for n in r.lesson.nodes:
        if n in inner or n in below or n is r.lesson.top:
            up: Cell | Gap = _gap(f"{id}.value.{r.names[n.id]}", r.trace.shown_forward[n.id])
            down: Cell | Gap = ""
            if n in below:
                down = _gap(f"{id}.backward.{r.names[n.id]}", r.trace.shown_backward[n.id])
            elif n is r.lesson.top:
                down = Value(plain(r.trace.shown_backward[n.id]))
            rows.append((*_spoken(n), up if n in inner else Value(plain(r.trace.shown_forward[n.id])), down))
    yield Grid(("name", "operation", "forward", "backward"), tuple(rows))


def _spoken(n: Node) -> tuple[Cell, Cell]:
    """The name of a node and its operation."""
    return (n.label if n.leaf or n.shown.op == NAME else ""), ("" if n.leaf else entry_of_operation(n))


def _gap(id: str, value: Any) -> Gap:
    import numpy as np

    shape = np.shape(value)
    rows, columns = (shape if len(shape) == 2 else (1, shape[0]) if len(shape) == 1 else (1, 1))[:2]
    return Gap(id, Value(plain(value)), int(rows), int(columns))


def _gradient(r: Solved, kind: str) -> Iterator[Block]:
    for b in [b for b in r.blanks if b.ask == "gradient"]:
        assert b.formula is not None
        yield Room(b.id, (b.label, " ="), tuple(_told(r, b.formula.expr, b.value)), 1)


def _told(r: Solved, expr: Any, value: Any) -> Iterator[Cell]:
    """An answer, what its shared parts stand for, and the answer in numbers."""
    import numpy as np

    told = unparse(r.lesson.in_its_names(expr))
    parts = [Program("", [s]) for s in told.statements if isinstance(s, Binding)]
    plainly = told.body is not None and told.body.kind == "number"
    numbers: tuple[Cell, ...] = (" = ", Value(value)) if value is not None and np.size(value) <= 6 and not plainly else ()
    yield (Program("", [], told.body, body_of(told)), *numbers)
    for k, part in enumerate(parts):
        yield ("where " if not k else "and ", part)


def _hessian(r: Solved, kind: str) -> Iterator[Block]:
    (b,) = [b for b in r.blanks if b.ask == "hessian"]
    assert b.formula is not None
    yield Room(b.id, "", tuple(_told(r, b.formula.expr, b.value)), 2)


def _check(r: Solved, kind: str) -> Iterator[Block]:
    (b,) = [b for b in r.blanks if b.ask == "check"]
    assert r.grade is not None
    assert b.formula is not None
    if r.grade.correct:
        answers: tuple[Cell, ...] = ("It is right.",)
    else:
        answers = (
            ("It is wrong: ", _set(r.slip), "."),
            *([] if "right is `" in r.slip else [("Right is ", next(_told(r, b.formula.expr, None)), ".")]),
        )
        if kind == "solutions" and r.grade.shown:
            answers = (*answers, f"For instance, {r.grade.shown}.")
    yield Room(b.id, "", answers, 2)


def _set(text: str) -> Cell:
    """A sentence whose formulas stand between backticks, with these set."""
    cells: list[Cell] = []
    for k, piece in enumerate(text.split("`")):
        try:
            cells.append(program(piece) if k % 2 else piece)
        except SymdiffError:
            cells.append(piece)
    return tuple([c for c in cells if c])


def _convex(r: Solved, kind: str) -> Iterator[Block]:
    (b,) = [b for b in r.blanks if b.ask == "convex"]
    c = r.curvature
    assert c is not None
    said = c.headline()
    answers: list[Cell] = [said[:1].upper() + said[1:] + "."]
    if c.kind == "neither" or not c.reasons:
        answers += [str(w) + "." for w in c.counterexamples]
    else:
        reasons = [x for x in c.reasons if x.rule]
        answers += [(program(x.node), f" is {x.kind}: {x.rule}.") for x in (reasons if kind == "solutions" else reasons[-1:])]
    yield Room(b.id, "", tuple(answers), 2)


_ASKED = {"edges": _edges, "values": _values, "gradient": _gradient, "hessian": _hessian, "check": _check, "convex": _convex}


# ---------------------------------------------------------------------------------------------- solutions

_ELSEWHERE = ("types", "graph", "edges", "answer", "check")  # steps that the page shows already


def _worked(r: Solved, notation: str) -> Iterator[Block]:
    """How one gets to the derivative, and what the check said of it."""
    edges = () if "edges" in r.problem.asks else ("edges",)
    steps: Sequence[Step] = derive(r.lesson, names=notation).steps
    yield Way(tuple([s for s in steps if s.name not in _ELSEWHERE or s.name in edges]))
    said = dict.fromkeys([str(v) for v in r.verdicts.values()])
    yield Said(
        ("The derivative is " + next(iter(said)) if len(said) == 1 else "; ".join([f"by {n}: {v}" for n, v in r.verdicts.items()])) + ".",
        small=True,
    )


__all__ = [
    "KINDS",
    "Block",
    "Figure",
    "Formulas",
    "Gap",
    "Grid",
    "Hint",
    "Numbered",
    "Page",
    "Room",
    "Said",
    "Task",
    "Way",
    "Words",
    "page",
]

Item, Part, Line = Numbered, Task, Said
