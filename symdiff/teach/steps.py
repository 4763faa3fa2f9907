"""The derivation in named steps: graph, edges, products along the paths, sums, simplifications, answer, check.

In: a lesson. Out: steps of lines, as data and as text, Unicode, Markdown, LaTeX and HTML. Every formula in it is one of
the lesson's; nothing is differentiated or simplified here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from symdiff.arguments import methods
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, PROD, SUM, VAR, Expr, make
from symdiff.expr.operators import kind
from symdiff.expr.walk import bindings, substitute, topological, variables
from symdiff.notation import write
from symdiff.notation.operations import BY_COLUMNS
from symdiff.notation.spoken import spoken
from symdiff.notation.trees import length, postorder
from symdiff.notation.unparse import unparse
from symdiff.notation.writer import Writer
from symdiff.printers import text, unicode, written
from symdiff.simplify import Normalizer
from symdiff.simplify.facts import Facts
from symdiff.simplify.rules import read_rules
from symdiff.syntax.tree import Binding, Program, Tree
from symdiff.table import TABLE
from symdiff.teach.backward import Assignment, Backward, backward, quotient
from symdiff.teach.cheatsheet import OF_ONE, Entry, called, entry_of, formula, kink_of
from symdiff.teach.cheatsheet import spoken as told_with
from symdiff.teach.lines import Line, Step, as_html, for_every, latex, markdown, plain_text, shape_of
from symdiff.teach.record import Edge, Lesson, Node, letter, put, symbols
from symdiff.teach.styles import STYLES, Differentials, Rules
from symdiff.teach.tables import Cell, Effect, cell_writer
from symdiff.teach.tidying import Rewriting, alike, changes

if TYPE_CHECKING:
    from symdiff.checking import Verdict

MAX_BEFORE = 40  # symbols and nodes of what is shown before it is simplified
MAX_SUMS = 1.5  # times as long as what it becomes may sums over an index be
LEVELS = ("brief", "normal", "full")
FORMS = ("text", "unicode", "terminal", "markdown", "latex", "html")


@methods
@dataclass(frozen=True, slots=True)
class Derivation:
    """The steps of one lesson, at a level of LEVELS. verdicts: of the verification, one for each answer, if it was asked.

    program: the backward program whose names the lines use. letters: what further names stand for: differentials and derivatives of nodes.
    """

    lesson: Lesson
    level: str
    steps: tuple[Step, ...]
    verdicts: tuple[Verdict, ...] = ()
    style: str = "paths"
    program: Backward | None = field(default=None, repr=False)
    letters: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def show(self, form: str = "unicode") -> str:
        """As "text", "unicode", "markdown", "latex" (for the package amsmath), "html" or "json". SymdiffError for another form."""
        if form == "json":
            return json.dumps({"formula": written(self.lesson.formula), "steps": self.data()}, ensure_ascii=False, indent=2)
        if form not in FORMS:
            raise SymdiffError(f"no derivation in the format {form}", hint="the formats are " + ", ".join((*FORMS, "json")))
        write = {"markdown": markdown, "latex": latex, "html": as_html}.get(form)
        return write(self.steps) if write else plain_text(self.steps, form)

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


def derive(
    lesson: Lesson, level: str = "normal", verdicts: Sequence[Verdict] = (), *, style: str = "paths", names: str = "delta"
) -> Derivation:
    """The derivation of the lesson's answers. verdicts: what the verification said of each, for the last step.

    level: "brief", the backward program and the answer; "normal", with the edges and the rules; "full", with the edges that lead to no
    variable, index notation where something is transposed, and the simplifications on the way.
    style: "paths", the backward program; "differential", dL = tr(A'dX) and what is read off; "rules", of a calculus course, for numbers.
    names: of backward values, "delta", "bar" or "grad".
    """
    if level not in LEVELS:
        raise SymdiffError(f"there is no level {level!r}", hint="the levels are " + ", ".join(LEVELS))
    if style not in STYLES:
        raise SymdiffError(f"there is no style {style!r}", hint="the styles are " + ", ".join(STYLES))
    teller = _Teller(lesson, level, names)
    steps = [] if level == "brief" else [teller.types()]
    other = (
        None
        if style == "paths"
        else Differentials(lesson, teller.own, teller.since)
        if style == "differential"
        else Rules(lesson, teller.taken)
    )
    teller.other = other
    if isinstance(other, Differentials):  # there dx is a differential
        teller.derivative = {x: lesson.laid_out(line.symbol) for x, line in zip(lesson.wrt, other.program.finals, strict=True)}
    if other is not None:
        steps += [teller.forward() if level == "brief" else teller.graph(), *other.steps(level, teller.rule)]
    else:
        steps += [teller.forward()] if level == "brief" else [teller.graph(), teller.edges()]
        steps += [teller.paths()]
    steps += [*([teller.indices()] if style != "rules" else []), teller.simplifications()] if level == "full" else [teller.assumed()]
    checked = teller.check(verdicts)
    answer = teller.answer()
    if level == "brief" and verdicts and all(v.ok for v in verdicts):  # one line less
        same = len({str(v) for v in verdicts}) == 1
        methods = ", ".join(dict.fromkeys([v.method for v in verdicts]))
        said = str(verdicts[0]) if same else f"verified by {methods}; at least {min(v.points for v in verdicts)} points"
        answer, checked = replace(answer, title=f"{answer.title}, {said}"), Step("check", "", ())
    steps += [answer, checked]
    letters = {} if other is None else dict(other.letters)
    program = other.program if isinstance(other, Differentials) else teller.program
    return Derivation(lesson, level, tuple([s for s in steps if s.lines]), tuple(verdicts), style, program, letters)


class _Teller:
    def __init__(self, lesson: Lesson, level: str, names: str = "delta") -> None:
        self.lesson = lesson
        self.level = level
        self.program = backward(lesson, names)
        self.own = {x.name for x in topological([lesson.formula]) if x.name} | {
            str(n.shown.name) for n in lesson.nodes if n.shown.op == NAME
        }
        self.taken = self.own | {x.name for x in self.program.lines}
        self.value = lesson.top.label
        self.other: Differentials | Rules | None = None
        self.derivative = {x: line.symbol for x, line in zip(lesson.wrt, self.program.finals, strict=True)}

    def label(self, n: Node) -> Program | Tree:
        """How lines speak of a node; of what only entries say it is the entry."""
        return spoken([n.shown])[0][0]

    # ------------------------------------------------------------------------------------------ the steps

    def types(self) -> Step:
        lines = []
        for n in self.lesson.nodes:
            if n.leaf and n.rule in ("variable", "function"):
                properties = n.expr.data[1] if n.expr.op == VAR else ()
                summed = "entries" if len(n.shape) == 1 else "rows"
                sums = f", its {summed} sum to 1" if {"onehot", "simplex"} & set(properties) else ""
                lines.append(Line(n.label, note=build.describe_type(n.shape, properties) + sums))
        return Step("types", "What is given", tuple(lines))

    def graph(self) -> Step:
        lines = [self.operation(n, ", ".join(filter(None, (called(n.rule), by_rows(n))))) for n in self.lesson.nodes if not n.leaf]
        return Step("graph", "The graph, one operation after the other", tuple(lines))

    def operation(self, n: Node, words: str) -> Line:
        """An operation, behind its name if it has one; an entry of it where only entries say it."""
        named = n is self.lesson.top or n.shown.op == NAME
        (left, right), index = spoken([n.shown, n.formula])
        note = for_every(index, words)
        return Line(left if named else right, (right,) if named else (), note, shape_of(n.expr), (n.expr, n.formula), index=index)

    def edges(self) -> Step:
        """What every edge does to the adjoint that comes down it; never a derivative of the whole."""
        lines, within = [], False
        for e in self.lesson.edges:
            if e.local is None or not (e.active or self.level == "full"):
                continue
            user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
            left, effect = (self.label(user), " → ", self.label(argument)), self.lesson.effects[e]
            index: tuple[str, ...] = ()
            if (shown := self.lesson.at_entries(e)) is not None:
                *ends, body, index = shown
                left, effect = (ends[0], " → ", ends[1]), Effect("", body, "")
            within = within or _within(effect, self.lesson.adjoint_name)
            lines.append(Line(left, (effect,), for_every(index, self.rule(user, e)), sign=": ", index=index))
        inside = f" (where it stands within, it is {unicode(formula(self.lesson.adjoint_name))})" if within else ""
        return Step("edges", "On the edges: what comes down is multiplied with" + inside, tuple(lines))

    def forward(self) -> Step:
        """The values that got a name here, as the lines of the backward program use them; those of the formula are in the formula."""
        own = {x.name for x in bindings([self.lesson.formula]).values()}
        lines = [self.operation(x.node, "") for x in self.program.forward if x.name not in own]
        return Step("graph", "Names" if own else "Forward", tuple(lines))

    def paths(self) -> Step:
        """The backward program: a line for every named adjoint; the rules that led to it behind, unless brief."""
        lines = []
        for x in self.program.lines:
            said = self.since(x)[2:] if self.level == "brief" else self.through(x) if x.paths else ""
            note: Cell = said if x.at is None else ("at ", x.at, "; " if said else "", said)
            left, rights, index = self.program.equation(x, self.worked(x))
            lines.append(Line(left, rights, for_every(index, note), x.shape if x.symbol.shape else "", (x.symbol, x.value), index=index))
        legend = _LEGEND[self.program.style] if any(not x.final and x.paths for x in self.program.lines) else ""
        return Step("backward", "Backward: along the paths, with a sum where paths meet" + legend, tuple(lines))

    def worked(self, x: Assignment) -> tuple[Expr, ...]:
        """The value of a line; in front of it, unless brief, what the edges multiply together, where that is short and something else."""
        if self.level == "brief" or x.before is None or len(topological([x.before])) > MAX_BEFORE:
            return (x.value,)
        (before, value), _ = spoken([x.before, x.value])
        alike = _signs(before) == _signs(value) or length(before) > MAX_BEFORE or bool(before.statements)
        alike = alike or _constants(before) or (_in_sums(before) and length(before) > MAX_SUMS * length(value))
        return (x.value,) if alike else (x.before, x.value)

    def through(self, x: Assignment) -> str:
        """The rules of the edges whose work a line does, and how many paths meet."""
        nodes = self.lesson.nodes
        working = [e for e in x.edges if e.local is not build.ONE] or x.edges
        words = dict.fromkeys([_said(nodes[e.user]) for e in working])
        sums = f"sum over {x.paths} paths; " if x.paths > 1 else ""
        return sums + "by " + ", ".join(words) + self.since(x)

    def since(self, x: Assignment) -> str:
        """The fact about given letters that the simplification of a line used: it comes out otherwise without it."""
        if x.before is None:
            return ""
        facts = [v for v in variables([x.before]).values() if v.op == VAR and {"onehot", "simplex"} & set(v.data[1])]
        said = ""
        for v in facts:
            plain = build.var(v.name, v.shape)
            (other,) = write([put(x.before, {v: plain})], put(self.lesson.formula, {v: plain}))
            if put(other, {plain: v}) is not x.value and text(unparse(other)) != text(unparse(x.value)):
                said += f"; the entries of {v.name} sum to 1" if len(v.shape) == 1 else f"; the rows of {v.name} sum to 1"
        return said

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

        def body(written: Callable[[Expr], Tree | None]) -> Tree:
            made = _product([_indexed(written(x), ls, letters) for x, ls in factors])
            for label in reversed(summed):
                made = Tree("over", (made,), ("sum", letters[label]))
            return made

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
        shown = Program("", [], body(lambda x: unparse(x).body), lambda: Program("", [], body(_typeset)))
        return Line(left, (shown,), tuple(note), shape_of(argument.expr))

    def simplifications(self) -> Step:
        """Every line from what its edges multiply together to what it says, rule by rule; then the lines put into the answers."""
        conditions = {rule.name: rule.text.partition(" where ")[2] for rule in read_rules()}
        lines: dict[tuple[str, str], Line] = {}
        sweep = {x.before for x in self.told.lines}
        for before, after, since in self.tidied():
            way = changes(before, after, self.lesson.formula)
            for k, c in enumerate(way):
                left, right = unparse(c.before), unparse(c.after)
                shown = text(left), text(right)
                plain = not c.rule and before in sweep and _constants(left)  # -1/m*ones(m) is the vector of -1/m
                if shown[0] == shown[1] or left.statements or right.statements or shown in lines or _entries(left) or plain:
                    continue
                lines[shown] = Line(
                    left, (right,), _reason(c, conditions, left, right) + since * (k == len(way) - 1), sides=(c.before, c.after)
                )
        return Step("simplify", "Simplified on the way", (*lines.values(), *self.assumed().lines)) if lines else self.assumed()

    @property
    def told(self) -> Backward:
        """The program whose letters the lines have: the differentials have one of their own."""
        return self.other.program if isinstance(self.other, Differentials) else self.program

    def tidied(self) -> Iterator[tuple[Expr, Expr, str]]:
        """What is simplified, what it becomes, and the fact about given letters that this uses."""
        if self.other is not None and isinstance(self.other, Rules):
            for before, after in self.other.tidied:
                yield before, after, ""
            return
        into: dict[Expr, Expr] = {}
        # Differentials have gradients, whatever the layout of the answer.
        turned = self.lesson.numerator and isinstance(self.other, Differentials)
        answers = {} if turned else dict(zip(self.lesson.names, self.lesson.told_answers, strict=True))
        for x in self.told.lines:
            if x.before is not None:
                yield x.before, x.value, self.since(x)
            value = put(x.value, into) if into else x.value
            into |= symbols([x.symbol], [value])
            answer = answers.get(str(x.node.name)) if x.final else None
            if (
                answer is not None
                and answer.shape == value.shape
                and length(unparse(plain := self.written_out(value))) <= MAX_BEFORE
                and not alike(plain, answer)
            ):
                yield plain, answer, "; the lines above put in" if value is not x.value else ""

    def written_out(self, x: Expr) -> Expr:
        """x without the names that the lesson gave, which an answer does not use."""
        own = set(bindings([self.lesson.formula]).values())
        return substitute(
            [x],
            lambda node, args: (
                args[0] if node.op == NAME and node not in own else make(node.op, args, node.data, node.shape) if args else node
            ),
        )[x]

    def assumed(self) -> Step:
        """What the answer takes not to be 0, without what never is: 1 - sigma(z)."""
        lesson = self.lesson
        home = Normalizer(keep_names=False)
        facts = Facts()
        terms = sorted(lesson.log.nonzero, key=lambda x: x.key)
        plain = home.run(terms)
        # The graph has no norm of a squared norm, and the derivative of a norm at 0 is 0 by the language's rule.
        squares = [n.expr for n in lesson.nodes if n.rule in ("squared_norm", "squared_root")]
        never = set(home.run([y for x in squares for y in (x, x.args[0], *(x.args[0].args if x.args[0].data == "sqrt" else ()))]))
        open_ = [x for x, y in zip(terms, plain, strict=True) if y not in never and not (facts.nonzero(y) or _below_one(home, y))]
        lines = []
        for x in Writer(Normalizer(), lesson.formula).write(open_):
            (shown,), index = spoken([x])
            lines.append(Line(shown, note=for_every(index, "is taken not to be 0"), index=index))
        return Step("assumed", "Assumed", tuple(lines))

    def answer(self) -> Step:
        lines: list[Line] = []
        parts: set[str] = set()
        for x, g in zip(self.lesson.wrt, self.lesson.told_answers, strict=True):
            space = next((p for p in ("diagonal", "symmetric", "psd") if x.op == VAR and p in x.data[1]), "")
            note = f"the shape of {x.name}" if x.shape else ""
            if self.lesson.formula.shape and x.shape:
                note = f"the axes of the value first, then those of {x.name}"
            elif self.lesson.numerator and x.shape:
                note = f"the shape of {x.name}, transposed"
            if space and len(x.shape) == 2:
                note += (
                    "; the diagonal of it, so that a step stays diagonal"
                    if space == "diagonal"
                    else "; (G + G')/2, so that a step stays symmetric"
                )
            (left, program), index = quotient(self.lesson, x, g)
            lines.append(
                Line(
                    left,
                    (Program("", [], program.body, body_of(program)),),
                    for_every(index, note),
                    shape_of(g),
                    (self.derivative[x], g),
                    index=index,
                )
            )
            for s in program.statements:
                if isinstance(s, Binding) and s.name not in parts:
                    parts.add(s.name)
                    lines.append(self.part(program, s.name, g))
        return Step("answer", "Answer", tuple(lines))

    def part(self, program: Program, label: str, g: Expr) -> Line:
        """What a name of an answer stands for."""
        named = next(n for n in topological([g]) if n.op == NAME and n.name == label)
        (right,), index = spoken([named.args[0]])
        if not index:
            return Line(("where ", formula(label)), (part_of(program, label),))
        left = Tree("index", (Tree("name", value=label), *[Tree("name", value=i) for i in index]))
        return Line(
            ("where ", left), (Program("", [], right.body, body_of(right)),), for_every(index), sides=(named.args[0],) * 2, index=index
        )

    def check(self, verdicts: Sequence[Verdict]) -> Step:
        return Step("check", "Check", tuple([Line(unparse(x), note=str(v)) for x, v in zip(self.lesson.wrt, verdicts, strict=False)]))

    # ------------------------------------------------------------------------------------------ words

    def rule(self, user: Node, e: Edge) -> Cell:
        """The row or operation that the local derivative comes from."""
        entry = line_of(e.rule)
        if e.rule == "squared_root":
            return f"{called(e.rule)}: what stands below the root is handed on"
        if entry is None:
            return "the derivative of an opaque function" if user.expr.op == OPAQUE else called(e.rule)
        if entry.words:
            if entry.name == "sum" and e.local is build.MINUS_ONE:
                return f"{called(entry.name)}: a sum hands on what comes down, with the sign of the term"
            words = "the other factors" if entry.words == "the other factor" and len(user.slots) > 2 else entry.words
            return f"{called(entry.name)}: {words}" + (", summed over the places where an entry stands" if self.spread(user, e) else "")
        k = e.place if len(entry.edges) == 1 else self.argument_place(user, e)
        kink: Cell = f"; at a kink, {kink_of(entry, self.taken)}" if entry.kink else ""
        if e.local is not None and e.local.op == CALL and e.local.data in ("le", "ge") and e.rule in ("max", "min"):
            kink = ", here with equality: both arguments may agree on a whole region"
        shown, told = told_with(entry, self.taken, self.lesson.adjoint_name)
        return (shown, " passes down " if entry.form == "pull" else ": ", told[k], kink, f", {by_rows(user)}" if by_rows(user) else "")

    def spread(self, user: Node, e: Edge) -> bool:
        """Whether an entry of the argument stands at several places of an operation that takes entry by entry: `x[i] - x[j]`."""
        argument = self.lesson.nodes[e.argument]
        return e.form == "map" and user.operation.op == SUM and 0 < len(argument.shape) < len(user.shape)

    def argument_place(self, user: Node, e: Edge) -> int:
        """Which argument of the row it is: constants among them have no edge."""
        return user.operation.args.index(user.slots[e.place]) if user.slots[e.place] in user.operation.args else e.place


_LEGEND = {
    "delta": " (δ: the derivative of the value by what is named)", "bar": " (a bar: the derivative of the value by what is below it)",
    "grad": " (d in front: the derivative of the value by what is named)",
}  # fmt: skip


def _signs(program: Program) -> list[str]:
    """The signs of a text without its brackets: what only changes order says nothing new."""
    return sorted(text(program).translate(str.maketrans("", "", "() ")))


def _constants(program: Program) -> bool:
    """Whether equal entries stand in a text as a factor of their own."""
    return program.body is not None and any(
        t.kind == "call" and t.value in ("ones", "zeros", "vector", "matrix", "eye") for t in postorder([program.body])
    )


def _in_sums(program: Program) -> bool:
    """Whether a sum over an index stands in a text."""
    return program.body is not None and any(t.kind in ("tensor", "over") for t in postorder([program.body]))


def _entries(program: Program) -> bool:
    """Whether a text is written entry by entry."""
    return program.body is not None and any(t.kind == "tensor" for t in postorder([program.body]))


def _reason(change: Rewriting, conditions: Mapping[str, str], left: Program, right: Program) -> str:
    """A rule by name and condition; of steps without a text of their own, what is seen of them."""

    def named(rule: str) -> str:
        return rule + (f", since {conditions[rule]}" if conditions.get(rule) else "")

    if _is_rule(change.rule, conditions):
        return f"because of {named(change.rule)}"
    before, after = left.body, right.body
    assert before is not None and after is not None
    sums = ("add", "sub")
    under = [sum(t.kind in ("div", "ediv") for t in postorder([x])) for x in (before, after)]
    if not change.rule:
        rules = [named(rule) for rule in change.others if _is_rule(rule, conditions)]
        said = "terms and factors put in order"
        if under[1] < under[0]:
            said = (
                "multiplied out, and what cancels is left out"
                if after.kind in sums and before.kind not in sums
                else "what cancels is left out"
            )
        return said + (f", because of {'; '.join(rules)}" if rules else "")
    if before.kind in sums and ((under[0] > 1 and under[1] < under[0]) or (under == [1, 1] and after.kind == "div")):
        return "on a common denominator"
    if before.kind in sums and after.kind == "div" and under[0]:
        return "a common divisor below all"
    if before.kind in sums and after.kind in ("mul", "emul", "matmul", "neg"):
        return "a common factor in front of the bracket"
    if after.kind in sums and before.kind in ("mul", "emul", "matmul", "neg"):
        return "the bracket multiplied out"
    return "terms and factors put in order"


def _is_rule(name: str, conditions: Mapping[str, str]) -> bool:
    """Whether a step is a rule of the rulebook or one of what it is called by: softmax-from-exp."""
    return name in conditions or bool(re.search(r"-(from|of|over)-", name))


def _said(user: Node) -> str:
    """The operation above an edge, as people say it."""
    entry = line_of(user.rule)
    if entry is None:
        return str(user.expr.name) if user.expr.op == OPAQUE else called(user.rule)
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


def part_of(program: Program, name: str) -> Program:
    """What a name of a program is bound to, in both forms of it."""
    return _picked(program, lambda made: next((s.value for s in made.statements if isinstance(s, Binding) and s.name == name), None))


def _picked(program: Program, pick: Callable[[Program], Tree | None]) -> Program:
    """A part of a program, as text has it and as it is typeset."""
    found, typeset = pick(program), program.typeset
    return Program("", [], found, None if typeset is None else lambda: Program("", [], pick(typeset()) or found))


def _letters(lesson: Lesson) -> dict[int, str]:
    """Index names for labels, none of which the formula uses."""
    taken = {n.name for n in topological([lesson.formula]) if n.name} | {lesson.adjoint_name}
    free = [c for c in (*"ijklpqrs", *(f"i{k}" for k in range(1, len(taken) + 9))) if c not in taken]
    return dict(enumerate(free))


def by_rows(user: Node) -> str:
    """Whether a function of vectors is taken of every row, or column, of a matrix; in words."""
    x = user.expr
    if x.op != CALL or TABLE[x.data].elementwise or len(x.shape) <= len(TABLE[x.data].core()[1]):
        return ""
    body = unparse(user.formula).body
    return "column by column" if body is not None and body.kind == "call" and body.value in BY_COLUMNS.values() else "row by row"


def line_of(rule: str) -> Entry | None:
    """The line of the cheat sheet for a node's rule; for a function of rows that of one row."""
    return entry_of(OF_ONE.get(rule, rule))


def _typeset(x: Expr) -> Tree | None:
    program = unparse(x)
    return (program.typeset() if program.typeset is not None else program).body


def _indexed(body: Tree | None, labels: tuple[int, ...], letters: dict[int, str]) -> Tree:
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
