"""The derivation in named steps: graph, edges, products along the paths, sums, simplifications, answer, check.

In: a lesson. Out: steps of lines, as data and as text, Unicode, Markdown, LaTeX and HTML. Every formula in it is one of
the lesson's; nothing is differentiated or simplified here.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, PROD, VAR, Expr
from symdiff.expr.operators import kind
from symdiff.expr.walk import bindings, functions, topological, variables
from symdiff.notation.unparse import unparse
from symdiff.notation.writer import Writer
from symdiff.printers import text, written
from symdiff.simplify import Normalizer
from symdiff.simplify.rules import read_rules
from symdiff.syntax.tree import Program, Tree
from symdiff.teach.cheatsheet import SAME, entry_of, formula
from symdiff.teach.record import Edge, Lesson, Node, letter, put
from symdiff.teach.tables import Cell, Ratio, cell_writer, md, plain, tex, width

if TYPE_CHECKING:
    from symdiff.checking import Verdict

LEVELS = ("brief", "normal", "full")
FORMS = ("text", "unicode", "markdown", "latex", "html")


@dataclass(frozen=True, slots=True)
class Line:
    """`left = rights[0] = rights[1] …`, with a note behind it. shape: of the value, "" for scalars."""

    left: Cell
    rights: tuple[Cell, ...] = ()
    note: Cell = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """name: "types", "graph", "edges", "paths", "indices", "simplify", "answer" or "check". title: for people."""

    name: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """The steps of one lesson, at a level of LEVELS. verdicts: of the verification, one for each answer, if it was asked."""

    lesson: Lesson
    level: str
    steps: tuple[Step, ...]
    verdicts: tuple[Verdict, ...] = ()

    def show(self, form: str = "unicode") -> str:
        """As "text", "unicode", "markdown", "latex" (for the package amsmath), "html" or "json". SymdiffError for another form."""
        if form == "json":
            return json.dumps({"formula": written(self.lesson.formula), "steps": self.data()}, ensure_ascii=False, indent=2)
        if form not in FORMS:
            raise SymdiffError(f"no derivation in the format {form}", hint="the formats are " + ", ".join((*FORMS, "json")))
        write = {"markdown": _markdown, "latex": _latex, "html": _html}.get(form)
        return write(self.steps) if write else _plain(self.steps, form)

    def data(self) -> list[dict[str, Any]]:
        """The steps as plain data; formulas as text."""
        say = cell_writer("text")

        def line(x: Line) -> dict[str, Any]:
            return {"left": say(x.left), "right": [say(r) for r in x.rights], "note": say(x.note), "shape": x.shape}

        return [{"name": s.name, "title": s.title, "lines": [line(x) for x in s.lines]} for s in self.steps]

    def __str__(self) -> str:
        return self.show("text")

    def _repr_html_(self) -> str:
        return self.show("html")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.show("unicode"))


def derive(lesson: Lesson, level: str = "normal", verdicts: Sequence[Verdict] = ()) -> Derivation:
    """The derivation of the lesson's answers. verdicts: what the verification said of each, for the last step.

    level: "brief", "normal", or "full", with the edges that lead to no variable and every rule that was tried on the way.
    """
    if level not in LEVELS:
        raise SymdiffError(f"there is no level {level!r}", hint="the levels are " + ", ".join(LEVELS))
    teller = _Teller(lesson, level)
    steps = [teller.types(), teller.graph(), teller.edges()]
    if level != "brief":
        steps += [teller.paths(), teller.indices(), teller.simplifications()]
    steps += [teller.answer(), teller.check(verdicts)]
    return Derivation(lesson, level, tuple([s for s in steps if s.lines]), tuple(verdicts))


class _Teller:
    def __init__(self, lesson: Lesson, level: str) -> None:
        self.lesson = lesson
        self.level = level
        top = lesson.top
        taken = set(variables([lesson.formula])) | set(bindings([lesson.formula])) | set(functions([lesson.formula]))
        loss = next(c for c in ("L", *(f"L{k}" for k in range(1, len(taken) + 2))) if c not in taken)
        # The value is spoken of by its name; one that has none gets a letter.
        self.value = top.label if top.leaf or top.shown.op == NAME else formula(loss)

    def label(self, n: Node) -> Program:
        return self.value if n is self.lesson.top else n.label

    def adjoint(self, n: Node) -> Ratio:
        return Ratio(self.value, self.label(n))

    # ------------------------------------------------------------------------------------------ the steps

    def types(self) -> Step:
        lines = []
        for n in self.lesson.nodes:
            if n.leaf and n.rule in ("variable", "function"):
                lines.append(Line(n.label, note=build.describe_type(n.shape, n.expr.data[1] if n.expr.op == VAR else ())))
        return Step("types", "What is given", tuple(lines))

    def graph(self) -> Step:
        lines = []
        for n in self.lesson.nodes:
            if n.leaf:
                continue
            named = n is self.lesson.top or n.shown.op == NAME
            lines.append(Line(self.label(n) if named else unparse(n.formula), (unparse(n.formula),) if named else (), SAME.get(n.rule, n.rule), _shape(n.expr)))
        return Step("graph", "The graph, one operation after the other", tuple(lines))

    def edges(self) -> Step:
        lines = []
        for e in self.lesson.edges:
            if e.local is None or not (e.active or self.level == "full"):
                continue
            user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
            where = Ratio(self.label(user), self.label(argument))
            g = self.lesson.adjoint_name
            left: Cell = (formula(g), " is passed on to ", self.label(argument), " as") if e.form == "map" else where
            lines.append(Line(left, (unparse(e.local),), self.rule(user, e), _shape(e.local)))
        return Step("edges", "Edge by edge: the local derivatives", tuple(lines))

    def paths(self) -> Step:
        """The adjoint of every node, from the value down: products along the paths, sums where paths meet."""
        lesson = self.lesson
        lines = []
        for n in lesson.backward:
            paths = lesson.incoming[n.id]
            result = unparse(lesson.adjoints[n.id])
            if n is lesson.top:
                lines.append(Line(self.adjoint(n), (formula("1"),), "the value itself"))
            elif len(paths) == 1:
                through = self.product(paths[0])
                lines.append(Line(self.adjoint(n), _distinct([through, result]), "product along the path", _shape(n.expr)))
            elif paths:
                for e in paths:
                    note = ("the path through ", self.label(lesson.nodes[e.user]))
                    lines.append(Line("", _distinct([self.product(e), unparse(lesson.contributions[e])]), note, _shape(n.expr)))
                total = unparse(build.linear([1] * len(paths), [lesson.contributions[e] for e in paths]))
                lines.append(Line(self.adjoint(n), _distinct([total, result]), f"sum over {len(paths)} paths", _shape(n.expr)))
        return Step("paths", "Backward: products along the paths, sums where paths meet", tuple(lines))

    def product(self, e: Edge) -> Program:
        """The adjoint of the user times the local derivative, before it is simplified."""
        above, local = self.lesson.adjoints[e.user], e.local
        assert local is not None
        user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
        if e.form == "map":
            return unparse(put(local, {letter(self.lesson.adjoint_name, user.expr): above}))
        if e.form == "times":
            return unparse(local if above is build.ONE else above if local is build.ONE else build.elementwise(above, local))
        if argument.shape:
            return unparse(build.matvec(build.transpose(local), above))
        return unparse(build.dot(above, local) if len(user.shape) == 1 else build.total(build.elementwise(above, local)))

    def indices(self) -> Step:
        """Products of matrices in index notation: which index is summed says what is transposed."""
        lines = []
        for e in self.lesson.edges:
            line = self.in_indices(e) if e.active else None
            if line is not None:
                lines.append(line)
        return Step("indices", "Why something is transposed: the same edges entry by entry", tuple(lines))

    def in_indices(self, e: Edge) -> Line | None:
        user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
        slot, operation = user.slots[e.place], user.operation
        if operation.op != PROD or slot not in operation.args or max(len(a.shape) for a in operation.args) != 2 or not user.shape:
            return None
        place = operation.args.index(slot)
        labels, out = operation.data
        mine = labels[place]
        if len(set(mine)) < len(mine) or not set(mine) <= set(out).union(*[ls for k, ls in enumerate(labels) if k != place]):
            return None
        letters = _letters(self.lesson)
        arguments = {user.slots[x.place]: self.lesson.nodes[x.argument].shown for x in self.lesson.outgoing[user.id]}
        factors = [(letter(self.lesson.adjoint_name, user.expr), out)]
        factors += [(put(a, arguments), ls) for k, (a, ls) in enumerate(zip(operation.args, labels, strict=True)) if k != place]
        if any(kind(x) == "row" for x, _ in factors[1:]):
            return None  # a transpose that the formula itself has
        summed = sorted({label for _, ls in factors for label in ls} - set(mine))
        body = _product([_indexed(x, ls, letters) for x, ls in factors])
        for label in reversed(summed):
            body = Tree("over", (body,), ("sum", letters[label]))
        turned = [x for x, ls in factors if len(ls) == 2 and _turned(ls, mine)]
        g, local = factors[0][0], e.local
        assert local is not None
        if e.form == "jacobian" and argument.shape:
            local = build.matvec(build.transpose(local), g)
        elif e.form != "map":
            return None
        note: list[Cell] = ["that is ", unparse(local)]
        for k, x in enumerate(turned):
            note += [" and " if k else ": ", unparse(x)]
        if turned:
            note.append(" is transposed, so that the summed indices stand side by side")
        left = ("entry ", ", ".join(letters[i] for i in mine), " for ", argument.label)
        return Line(left, (body,), tuple(note), _shape(argument.expr))

    def simplifications(self) -> Step:
        """The rules that fired, by name and condition, on the way from the sweep's result to the answer; each once unless full."""
        lesson = self.lesson
        writer = Writer(Normalizer(), lesson.formula)
        conditions = {rule.name: rule.text.partition(" where ")[2] for rule in read_rules()}
        lines: dict[tuple[str, str], Line] = {}
        for name, before, after in lesson.log.fired:
            left, right = map(unparse, writer.write([before, after]))
            if text(left) != text(right):
                condition = conditions.get(name, "")
                key = (text(left), text(right)) if self.level == "full" else (name, "")
                if key not in lines:
                    lines[key] = Line(left, (right,), name + (f", since {condition}" if condition else ""))
        nonzero = [Line(unparse(x), note="is taken not to be 0") for x in writer.write(list(lesson.log.nonzero))]
        return Step("simplify", "Rules used in tidying up", (*lines.values(), *nonzero))

    def answer(self) -> Step:
        lines = []
        for x, g in zip(self.lesson.wrt, self.lesson.answers, strict=True):
            space = next((p for p in ("diagonal", "symmetric", "psd") if x.op == VAR and p in x.data[1]), "")
            note = f"the shape of {x.name}" if x.shape else ""
            if space and len(x.shape) == 2:
                note += "; the diagonal of it, so that a step stays diagonal" if space == "diagonal" else "; (G + G')/2, so that a step stays symmetric"
            lines.append(Line(Ratio(self.value, unparse(x)), (unparse(g),), note, _shape(g)))
        return Step("answer", "Answer", tuple(lines))

    def check(self, verdicts: Sequence[Verdict]) -> Step:
        return Step("check", "Check", tuple([Line(unparse(x), note=str(v)) for x, v in zip(self.lesson.wrt, verdicts, strict=False)]))

    # ------------------------------------------------------------------------------------------ words

    def rule(self, user: Node, e: Edge) -> Cell:
        """The row or operation that the local derivative comes from."""
        entry = entry_of(e.rule)
        if entry is None:
            return "the derivative of an opaque function" if user.expr.op == OPAQUE else e.rule
        if entry.words:
            return f"{entry.name}: {entry.words}"
        k = e.place if len(entry.edges) == 1 else self.argument_place(user, e)
        kink: Cell = f"; at the kink {entry.kink}" if entry.kink and self.level == "full" else ""
        if e.local is not None and e.local.op == CALL and e.local.data in ("le", "ge") and e.rule in ("max", "min"):
            kink = ", here with equality: both arguments may agree on a whole region"
        return (formula(entry.formula), " passes down " if entry.form == "pull" else ": ", formula(entry.edges[k]), kink)

    def argument_place(self, user: Node, e: Edge) -> int:
        """Which argument of the row it is: constants among them have no edge."""
        return user.operation.args.index(user.slots[e.place]) if user.slots[e.place] in user.operation.args else e.place


def _shape(x: Expr) -> str:
    if kind(x) == "row":
        return f"row({build.show_dim(x.shape[1])})"
    return build.describe(x.shape) if x.shape else ""


def _distinct(programs: Sequence[Program]) -> tuple[Program, ...]:
    """Each only once: what simplification left as it was is not repeated."""
    return tuple({text(p): p for p in programs}.values())


def _letters(lesson: Lesson) -> dict[int, str]:
    """Index names for labels, none of which the formula uses."""
    taken = {n.name for n in topological([lesson.formula]) if n.name} | {lesson.adjoint_name}
    free = [c for c in (*"ijklpqrs", *(f"i{k}" for k in range(1, len(taken) + 9))) if c not in taken]
    return dict(enumerate(free))


def _indexed(x: Expr, labels: tuple[int, ...], letters: dict[int, str]) -> Tree:
    body = unparse(x).body
    assert body is not None
    return Tree("index", (body, *[Tree("name", value=letters[i]) for i in labels])) if labels else body


def _product(trees: Sequence[Tree]) -> Tree:
    result = trees[0]
    for t in trees[1:]:
        result = Tree("mul", (result, t))
    return result


def _turned(labels: tuple[int, ...], mine: tuple[int, ...]) -> bool:
    """Whether a matrix with these labels is transposed beside the adjoint: a left factor keeps its first index."""
    kept = [k for k, label in enumerate(labels) if label in mine]
    return len(kept) == 1 and kept[0] != mine.index(labels[kept[0]])


# ---------------------------------------------------------------------------------------------- formats


def _plain(steps: Sequence[Step], form: str) -> str:
    say = cell_writer(form)
    blocks = []
    for number, s in enumerate(steps, 1):
        lefts = [say(x.left) for x in s.lines]
        column = max([width(left) for left, x in zip(lefts, s.lines, strict=True) if x.rights], default=0)
        lines = [f"{number}. {s.title}"]
        for left, x in zip(lefts, s.lines, strict=True):
            gap = " " * max(0, column - width(left))
            equation = left + (gap + " = " + " = ".join([say(r) for r in x.rights]) if x.rights else "")
            remarks = "; ".join(filter(None, (x.shape, say(x.note))))
            lines.append("   " + equation + (f"    ({remarks})" if remarks else ""))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _markdown(steps: Sequence[Step]) -> str:
    say = cell_writer("markdown")
    blocks = []
    for number, s in enumerate(steps, 1):
        lines = [f"### {number}\\. {md(s.title)}", ""]
        for x in s.lines:
            remarks = "; ".join(filter(None, (md(x.shape), say(x.note))))
            lines.append("- " + " = ".join(filter(None, [say(x.left), *map(say, x.rights)])) + (f" — {remarks}" if remarks else ""))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _latex(steps: Sequence[Step]) -> str:
    say = cell_writer("latex")

    def mathematics(cell: Cell) -> str:
        written = say(cell)
        whole = isinstance(cell, Program | Tree | Ratio)
        return written[1:-1] if whole else rf"\text{{{written}}}" if written else ""

    blocks = []
    for number, s in enumerate(steps, 1):
        lines = []
        for x in s.lines:
            remarks = "; ".join(filter(None, (tex(x.shape), say(x.note))))
            rights = r" \\ &= ".join([mathematics(r) for r in x.rights])
            left = mathematics(x.left) + (rf" &= {rights}" if rights else " &")
            lines.append(left + (rf" && \text{{{remarks}}}" if remarks else ""))
        body = " \\\\\n".join(lines)
        blocks.append(f"\\paragraph{{{number}. {tex(s.title)}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}")
    return "\n".join(blocks)


def _html(steps: Sequence[Step]) -> str:
    say = cell_writer("html")
    blocks = []
    for s in steps:
        lines = []
        for x in s.lines:
            shape = f'<span class="shape">{html.escape(x.shape)}</span>' if x.shape else ""
            note = f'<span class="note">{say(x.note)}</span>' if x.note else ""
            remarks = " ".join(filter(None, (shape, note)))
            lines.append(f"<li>{' = '.join(filter(None, [say(x.left), *map(say, x.rights)]))} {remarks}</li>")
        title = html.escape(plain(s.title))
        blocks.append(f'<li class="step {s.name}"><h3>{title}</h3>\n<ul>\n' + "\n".join(lines) + "\n</ul></li>")
    return '<ol class="derivation">\n' + "\n".join(blocks) + "\n</ol>"
