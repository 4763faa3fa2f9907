"""The derivation in named steps: graph, edges, products along the paths, sums, simplifications, answer, check.

In: a lesson. Out: steps of lines, as data and as text, Unicode, Markdown, LaTeX and HTML. Every formula in it is one of
the lesson's; nothing is differentiated or simplified here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, PROD, VAR, Expr
from symdiff.expr.operators import kind
from symdiff.expr.walk import topological
from symdiff.notation.trees import length, postorder
from symdiff.notation.unparse import unparse
from symdiff.notation.writer import Writer
from symdiff.printers import text, written
from symdiff.simplify import Normalizer
from symdiff.simplify.facts import Facts
from symdiff.simplify.rules import read_rules
from symdiff.syntax.tree import Binding, Program, Tree
from symdiff.table import TABLE
from symdiff.teach.backward import Assignment, backward
from symdiff.teach.cheatsheet import called, entry_of, formula, spoken
from symdiff.teach.record import Edge, Lesson, Node, letter, put
from symdiff.teach.tables import Cell, Effect, Ratio, cell_writer, md, plain, tex, width

if TYPE_CHECKING:
    from symdiff.checking import Verdict

MAX_BEFORE = 40  # symbols and nodes of what is shown before it is simplified
LEVELS = ("brief", "normal", "full")
FORMS = ("text", "unicode", "markdown", "latex", "html")


@dataclass(frozen=True, slots=True)
class Line:
    """`left = rights[0] = rights[1] …`, with a note behind it. shape: of the value, "" for scalars.

    sides: both sides as nodes, where it is an equation; an adjoint is a letter with the name that the backward program gives it.
    """

    left: Cell
    rights: tuple[Cell, ...] = ()
    note: Cell = ""
    shape: str = ""
    sides: tuple[Expr, Expr] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """name: "types", "graph", "edges", "backward", "indices", "simplify", "assumed", "answer" or "check". title: for people."""

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

    level: "brief", the backward program and the answer; "normal", with the edges and the rules; "full", with the edges that lead to no
    variable, index notation where something is transposed, and the simplifications on the way.
    """
    if level not in LEVELS:
        raise SymdiffError(f"there is no level {level!r}", hint="the levels are " + ", ".join(LEVELS))
    teller = _Teller(lesson, level)
    steps = [teller.forward()] if level == "brief" else [teller.types(), teller.graph(), teller.edges()]
    steps += [teller.paths()]
    steps += [teller.indices(), teller.simplifications()] if level == "full" else [teller.assumed()]
    steps += [teller.answer(), teller.check(verdicts)]
    return Derivation(lesson, level, tuple([s for s in steps if s.lines]), tuple(verdicts))


class _Teller:
    def __init__(self, lesson: Lesson, level: str) -> None:
        self.lesson = lesson
        self.level = level
        self.program = backward(lesson)
        self.taken = {x.name for x in topological([lesson.formula]) if x.name} | {x.name for x in self.program.lines}
        self.value = lesson.top.label
        self.derivative = {x: line.symbol for x, line in zip(lesson.wrt, self.program.finals, strict=True)}

    def label(self, n: Node) -> Program:
        return n.label

    # ------------------------------------------------------------------------------------------ the steps

    def types(self) -> Step:
        lines = []
        for n in self.lesson.nodes:
            if n.leaf and n.rule in ("variable", "function"):
                properties = n.expr.data[1] if n.expr.op == VAR else ()
                sums = ", its entries sum to 1" if {"onehot", "simplex"} & set(properties) else ""
                lines.append(Line(n.label, note=build.describe_type(n.shape, properties) + sums))
        return Step("types", "What is given", tuple(lines))

    def graph(self) -> Step:
        lines = []
        for n in self.lesson.nodes:
            if n.leaf:
                continue
            named = n is self.lesson.top or n.shown.op == NAME
            lines.append(Line(self.label(n) if named else unparse(n.formula), (unparse(n.formula),) if named else (), called(n.rule), _shape(n.expr), (n.expr, n.formula)))
        return Step("graph", "The graph, one operation after the other", tuple(lines))

    def edges(self) -> Step:
        """What every edge does to the adjoint that comes down it; never a derivative of the whole."""
        lines = []
        for e in self.lesson.edges:
            if e.local is None or not (e.active or self.level == "full"):
                continue
            user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
            lines.append(Line((self.label(user), " → ", self.label(argument)), (self.lesson.effects[e],), self.rule(user, e)))
        return Step("edges", f"On the edges: what comes down is multiplied with (where it stands within, it is {self.lesson.adjoint_name})"
                    if any(_within(x, self.lesson.adjoint_name) for x in self.lesson.effects.values()) else
                    "On the edges: what comes down is multiplied with", tuple(lines))

    def forward(self) -> Step:
        """The named values, as the lines of the backward program use them."""
        lines = [Line(unparse(x.symbol), (unparse(x.value),), shape=x.shape if x.symbol.shape else "", sides=(x.node.expr, x.value)) for x in self.program.forward]
        return Step("graph", "Forward", tuple(lines))

    def paths(self) -> Step:
        """The backward program: a line for every named adjoint; the rules that led to it behind, unless brief."""
        lines = []
        for x in self.program.lines:
            note = "" if self.level == "brief" or not x.paths else self.through(x)
            lines.append(Line(self.program.left(x), self.worked(x), note, x.shape if x.symbol.shape else "", (x.symbol, x.value)))
        note = _LEGEND[self.program.style] if any(not x.final and x.paths for x in self.program.lines) else ""
        return Step("backward", "Backward: along the paths, with a sum where paths meet" + note, tuple(lines))

    def worked(self, x: Assignment) -> tuple[Program, ...]:
        """The value of a line; in front of it, unless brief, what the edges multiply together, where that is short and something else."""
        value = unparse(x.value)
        if self.level == "brief" or x.before is None or len(topological([x.before])) > MAX_BEFORE:
            return (value,)
        before = unparse(x.before)
        alike = _signs(before) == _signs(value) or length(before) > MAX_BEFORE or before.statements
        return (value,) if alike else (before, value)

    def through(self, x: Assignment) -> str:
        """The rules of the edges whose work a line does, and how many paths meet."""
        nodes = self.lesson.nodes
        working = [e for e in x.edges if e.local is not build.ONE] or x.edges
        words = dict.fromkeys([_said(nodes[e.user]) for e in working])
        sums = f"sum over {x.paths} paths; " if x.paths > 1 else ""
        return sums + "by " + ", ".join(words)

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
        """The rules that fired, by name and condition, on the way from the sweep's result to the answer."""
        lesson = self.lesson
        writer = Writer(Normalizer(), lesson.formula)
        conditions = {rule.name: rule.text.partition(" where ")[2] for rule in read_rules()}
        lines: dict[tuple[str, str], Line] = {}
        for name, before, after in lesson.log.fired:
            left, right = map(unparse, writer.write([before, after]))
            if text(left) != text(right):
                key = (text(left), text(right))
                if key not in lines:
                    lines[key] = Line(left, (right,), _reason(name, conditions), sides=(before, after))
        return Step("simplify", "Simplified on the way", (*lines.values(), *self.assumed().lines))

    def assumed(self) -> Step:
        """What the answer takes not to be 0, without what never is: 1 - sigma(z)."""
        lesson = self.lesson
        home = Normalizer(keep_names=False)
        facts = Facts()
        terms = sorted(lesson.log.nonzero, key=lambda x: x.key)
        plain = home.run(terms)
        # The graph has no norm of a squared norm, and the derivative of a norm at 0 is 0 by the language's rule.
        squares = [n.expr for n in lesson.nodes if n.rule == "squared_norm"]
        never = set(home.run([y for x in squares for y in (x, x.args[0])]))
        open_ = [x for x, y in zip(terms, plain, strict=True) if y not in never and not (facts.nonzero(y) or _below_one(home, y))]
        lines = [Line(unparse(x), note="is taken not to be 0") for x in Writer(Normalizer(), lesson.formula).write(open_)]
        return Step("assumed", "Assumed", tuple(lines))

    def answer(self) -> Step:
        lines = []
        for x, g in zip(self.lesson.wrt, self.lesson.answers, strict=True):
            space = next((p for p in ("diagonal", "symmetric", "psd") if x.op == VAR and p in x.data[1]), "")
            note = f"the shape of {x.name}" if x.shape else ""
            if space and len(x.shape) == 2:
                note += "; the diagonal of it, so that a step stays diagonal" if space == "diagonal" else "; (G + G')/2, so that a step stays symmetric"
            program = unparse(g)
            lines.append(Line(Ratio(self.value, unparse(x)), (Program("", [], program.body, body_of(program)),), note, _shape(g), (self.derivative[x], g)))
            for s in program.statements:
                if isinstance(s, Binding):
                    lines.append(Line(("where ", formula(s.name)), (s.value,)))
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
            return f"{called(entry.name)}: {entry.words}"
        k = e.place if len(entry.edges) == 1 else self.argument_place(user, e)
        kink: Cell = f"; at a kink, {entry.kink}" if entry.kink else ""
        if e.local is not None and e.local.op == CALL and e.local.data in ("le", "ge") and e.rule in ("max", "min"):
            kink = ", here with equality: both arguments may agree on a whole region"
        shown, told = spoken(entry, self.taken, self.lesson.adjoint_name)
        return (shown, " passes down " if entry.form == "pull" else ": ", told[k], kink)

    def argument_place(self, user: Node, e: Edge) -> int:
        """Which argument of the row it is: constants among them have no edge."""
        return user.operation.args.index(user.slots[e.place]) if user.slots[e.place] in user.operation.args else e.place


def _shape(x: Expr) -> str:
    if kind(x) == "row":
        return f"row({build.show_dim(x.shape[1])})"
    return build.describe(x.shape) if x.shape else ""


_LEGEND = {style: "" for style in ("delta", "bar", "grad")} | {"delta": " (δ: the derivative of the value by what is named)"}


def _signs(program: Program) -> list[str]:
    """The signs of a text without its brackets: what only changes order says nothing new."""
    return sorted(text(program).translate(str.maketrans("", "", "() ")))


def _reason(name: str, conditions: Mapping[str, str]) -> str:
    """A rule by name and condition; steps without a text of their own move terms and factors only."""
    if name not in conditions:
        return "terms and factors put in order"
    return f"because of {name}" + (f", since {conditions[name]}" if conditions[name] else "")


def _said(user: Node) -> str:
    """The operation above an edge, as people say it."""
    entry = entry_of(user.rule)
    if entry is None:
        return str(user.expr.name) if user.expr.op == OPAQUE else user.rule
    return called(entry.name)


def _within(x: Effect, g: str) -> bool:
    """Whether the adjoint stands within what an edge shows."""
    return x.body.body is not None and any(t.kind == "name" and t.value == g for t in postorder([x.body.body]))


def _below_one(home: Normalizer, x: Expr) -> bool:
    """Whether x is 1 - y of a y that is below 1, such as sigma(z)."""
    rest = home.sub(home.full(1, x.shape), x)
    return rest.op == CALL and rest.data in TABLE and bool(re.search(r"y < 1\b", TABLE[rest.data].range))


def body_of(program: Program) -> Callable[[], Program] | None:
    """The typeset form of a program without its bindings."""
    typeset = program.typeset
    return None if typeset is None else lambda: Program("", [], typeset().body)


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


def paragraphs(steps: Sequence[Step]) -> str:
    """LaTeX in lines that may be broken, for a page: no display that could run over it."""
    say = cell_writer("latex")
    blocks = []
    for s in steps:
        lines = []
        for x in s.lines:
            remarks = "; ".join(filter(None, (tex(x.shape), say(x.note))))
            equation = say(x.left) + "".join([f" $=$ {say(r)}" for r in x.rights])
            lines.append(equation + (rf" \hfill\mbox{{}}\penalty0\hfill{{\small ({remarks})}}" if remarks else ""))
        blocks.append(f"\\paragraph{{{tex(s.title)}}}\\mbox{{}}\\\\\n" + " \\\\\n".join(lines) + "\n")
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
