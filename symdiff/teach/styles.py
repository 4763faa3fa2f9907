"""Two more ways to tell a derivation, from the same record: differentials, as courses of matrix calculus write it, and the rules of a
calculus course.

In: a lesson and its backward program. Out: steps of lines, as `steps.py` shows them. Nothing is differentiated but what stands on the edges
of the record: the differential of an operation is what its edges do to small changes of the arguments, the transpose of what they do to
adjoints. Every equation is kept as two nodes; the letters in it that the formula does not have are told in `letters`, so that a program can
check it at a point. Time is linear in the size of the graph for each of the variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from symdiff.calculus import derivative
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import DELTA, NAME, OPAQUE, PROD, VAR, Expr
from symdiff.expr.operators import kind, transpose
from symdiff.notation import write
from symdiff.notation.factors import is_spread
from symdiff.notation.spoken import in_program_words, spoken
from symdiff.notation.unparse import unparse
from symdiff.syntax.tree import Program, Tree
from symdiff.teach.backward import Assignment, Backward, backward, quotient, write_beside
from symdiff.teach.cheatsheet import called, entry_of
from symdiff.teach.lines import Line, Step, for_every, shape_of
from symdiff.teach.record import Edge, Lesson, Node, fresh, letter, put, symbols, unshared
from symdiff.teach.tables import Cell

STYLES = ("paths", "differential", "rules")


def own_name(n: Node) -> str:
    """A node's own name, or the letter that it was given; "" of one that is spoken of by its formula."""
    return n.name or (str(n.shown.name) if n.shown.op == NAME else "")


class Differentials:
    """The differential of every operation, and of the value, carried down to the variables.

    An operation without a name that is used once is written out where it is used. letters: for the name of a differential the node whose it is.
    """

    def __init__(self, lesson: Lesson, taken: set[str], since: Callable[[Assignment], str]) -> None:
        if lesson.formula.shape and (len(lesson.formula.shape) > 1 or any(len(n.shape) > 1 for n in lesson.backward)):
            raise SymdiffError(
                "differentials are written for numbers, and for vectors by vectors and numbers",
                hint="--style paths, or a number as the value, such as sum(…)",
            )
        self.lesson, self.since = lesson, since
        self.program = _plain_program(lesson)
        self.letters: dict[str, Node] = {}
        taken = taken | {x.name for x in self.program.lines}
        self.d: dict[int, Expr] = {}
        self.named: set[int] = set()
        raw: dict[Edge, Expr] = {}
        totals: dict[int, Expr] = {}
        for n in lesson.nodes:
            if not n.active:
                continue
            below = [e for e in lesson.outgoing[n.id] if e.active and e.local is not None]
            terms = [self.change(e) for e in below]
            raw.update(zip(below, terms, strict=True))
            if terms:
                totals[n.id] = build.linear([1] * len(terms), terms) if len(terms) > 1 else terms[0]
            if terms and not own_name(n) and n is not lesson.top and len(lesson.incoming[n.id]) == 1:
                self.d[n.id] = totals[n.id]
                continue
            label = fresh("d" + (own_name(n) or f"u{n.id}"), taken)
            taken.add(label)
            self.letters[label] = n
            self.named.add(n.id)
            self.d[n.id] = letter(label, n.expr)
        pairs = {n.id: self.paired(self.program.adjoints[n.id], n) for n in lesson.backward}
        own = {x.node.id: self.paired(x.value, x.node) for x in self.program.lines if x.paths}
        letters = [self.d[k] for k in self.named]
        reading = build.linear([1] * (len(letters) + 1), [build.total(x) if x.shape else x for x in (lesson.formula, *letters)])
        beside = [*self.symbols(), *[x for x in letters if kind(x) == "row"]]
        written = map(unshared, write_beside([*raw.values(), *totals.values(), *pairs.values(), *own.values()], beside, reading))
        self.parts = {e: next(written) for e in raw}
        self.totals, self.pairs, self.own = [{k: next(written) for k in group} for group in (totals, pairs, own)]

    def symbols(self) -> list[Expr]:
        return [x.symbol for x in self.program.lines if x.symbol.shape and (x.paths or x.final)]

    def change(self, e: Edge) -> Expr:
        """What a small change of an edge's argument does to its user, to first order."""
        lesson = self.lesson
        user, argument = lesson.nodes[e.user], lesson.nodes[e.argument]
        d, local = self.d[e.argument], e.local
        assert local is not None
        if e.form == "times" and (user.shape or not argument.shape):
            return d if local is build.ONE else build.neg(d) if local is build.MINUS_ONE else build.elementwise(local, d)
        if e.form == "times":  # a number out of many entries
            return build.total(build.elementwise(local, d))
        if e.form == "jacobian":
            return build.matvec(local, d) if argument.shape else build.scale(d, local)
        g = letter(lesson.adjoint_name, user.expr)  # <local(g), d> = <g, what is wanted>
        (turned,) = derivative(build.total(build.elementwise(local, d)), [g.args[0] if g.args else g], unconstrained=True)
        return turned

    def steps(self, level: str, rule: Callable[[Node, Edge], Cell]) -> list[Step]:
        """The differentials of the operations unless brief, the chain of equalities from the value down, and what is read off."""
        steps = [] if level == "brief" else [self.operations()]
        return [*steps, self.chain(summed=level != "brief"), *([] if self.lesson.numerator or level == "brief" else [self.read_off()])]

    def operations(self) -> Step:
        lesson = self.lesson
        lines = []
        for n in reversed(lesson.nodes):
            if n.id in self.named and n.id in self.totals:
                sides = self.d[n.id], self.totals[n.id]
                (left, right), index = spoken(sides)
                lines.append(Line(left, (right,), for_every(index, ", ".join(self.rules(n))), shape_of(n.expr), sides, index=index))
        still = [n.label for n in lesson.nodes if n.leaf and not n.active and n.rule in ("variable", "function", "binding")]
        if still:
            names = [cell for k, x in enumerate(still) for cell in (", " if k else "", x)]
            lines.append(
                Line(
                    (*names, " held fixed: no differential"),
                )
            )
        return Step("differentials", "Differentials: what a small change of the arguments does to every operation", tuple(lines))

    def rules(self, n: Node) -> list[str]:
        """The operation of a node, and those without a name that are written out in its differential, in words."""
        lesson, found, stack = self.lesson, [], [n]
        while stack:
            m = stack.pop()
            found.append(called(m.rule))
            below = [lesson.nodes[e.argument] for e in lesson.outgoing[m.id] if e.active and e.local is not None]
            stack += [x for x in reversed(below) if x.id not in self.named and not x.leaf]
        return list(dict.fromkeys(found))

    def chain(self, *, summed: bool) -> Step:
        """For every line of the backward program: the differentials above are put in, and what stands in front is collected."""
        lesson, program = self.lesson, self.program
        lines = []
        for x in program.lines:
            if not x.paths:
                if not x.final:
                    (name, told), index = spoken([x.symbol, x.value])
                    lines.append(Line(("with ", name), (told,), for_every(index), "", (x.symbol, x.value), index=index))
                continue
            n = x.node
            sums = [self.pair(self.pairs[e.user], self.parts[e], lesson.nodes[e.user]) for e in lesson.incoming[n.id]]
            left = sums[0]
            for more in sums[1:]:
                left = build.add(left, more)
            right = self.pair(self.own[n.id], self.d[n.id], n)
            words = ((f"; sum over {x.paths} paths" if x.paths > 1 else "") + self.since(x))[2:]
            first, second = spoken([left, right])[0]
            shown = [first, *([second] if _text(first) != _text(second) else [])]
            note: Cell = words
            if not x.final:
                shown += spoken([self.pair(self.paired(x.symbol, n), self.d[n.id], n)])[0]
                (name, told), index = spoken([x.symbol, x.value])
                places = (" ", for_every(index)) if index else ""
                note = ("with ", name, " = ", told, places, f"; {words}" if words else "")
            lines.append(Line(shown[0], tuple(shown[1:]), note, "", (left, right)))
        value = self.d[lesson.top.id]
        finals = [x for x in program.finals if x.paths]
        above = {e.user for x in finals for e in x.edges} & {x.node.id for x in finals}
        if len(lines) == 1 and finals:
            only = lines[0]
            assert only.sides is not None
            lines = [
                replace(only, left=unparse(value), rights=(only.left, *only.rights), sides=(value, only.sides[1]), between=only.sides[0])
            ]
        elif summed and finals and not above:  # what a name that was asked for hands on is in the terms of what stands below it
            total = self.pair(self.own[finals[0].node.id], self.d[finals[0].node.id], finals[0].node)
            for x in finals[1:]:
                total = build.add(total, self.pair(self.own[x.node.id], self.d[x.node.id], x.node))
            lines.append(Line(("so ", unparse(value)), tuple(spoken([total])[0]), "", "", (value, total)))
        pairing = (
            ""
            if lesson.formula.shape or all(len(n.shape) < 2 for n in lesson.backward)
            else ": tr(A'B) pairs the entries, and factors turn around within it"
        )
        return Step("trace", f"{value.name}, one operation after the other{pairing}", tuple(lines))

    def read_off(self) -> Step:
        lines = []
        for x in self.program.finals:
            (left, value), index = quotient(self.lesson, x.node.shown, x.value)
            shape = x.shape if x.symbol.shape else ""
            lines.append(Line(left, (value,), for_every(index), shape, (x.symbol, x.value), index=index))
        return Step("read", "Read off: what stands before the differential of a variable", tuple(lines))

    def paired(self, a: Expr, n: Node) -> Expr:
        """An adjoint as it stands beside a differential: turned where that is a row or a matrix."""
        return a if self.lesson.formula.shape or len(n.shape) < 2 or a is build.ONE else transpose(a)

    def pair(self, a: Expr, d: Expr, n: Node) -> Expr:
        """What stands beside a differential, with it: the part of the value's differential that comes through there."""
        if self.lesson.formula.shape:
            if n is self.lesson.top or a.op == DELTA or (a.op == PROD and all(x.op == DELTA for x in a.args)):
                return d
            return build.matvec(a, d) if n.shape else build.scale(d, a)
        if a is build.ONE:
            return d
        if not n.shape:
            return build.neg(d) if a is build.MINUS_ONE else build.scale(a, d)
        if is_spread(a):  # equal numbers beside all entries
            return build.total(d) if a.args[0] is build.ONE else build.scale(build.total(d), a.args[0])
        if len(n.shape) == 1:
            return build.dot(a, d)
        if len(a.shape) == 1:
            return build.row_vec(d, a)
        if len(n.shape) == 2 and not in_program_words(unparse(a)):
            return build.trace(build.matmul(a, d))
        if len(n.shape) == 2:  # sums over both indices
            a = transpose(a)
        return build.total(build.elementwise(a, d))


def _plain_program(lesson: Lesson) -> Backward:
    """The backward program in the layout of the sweep, with names that are no differentials."""
    return backward(replace(lesson, numerator=False), plain=True)


def unparse_text(n: Node) -> str:
    from symdiff.printers import text

    return text(unparse(n.formula))


def _text(p: Program) -> str:
    from symdiff.printers import text

    return text(p)


# ---------------------------------------------------------------------------------------------- rules of a calculus course


NAMED = {
    "sum": "sum rule", "difference": "difference rule", "negative": "constant multiple rule", "product": "product rule", "quotient": "quotient rule",
    "reciprocal": "reciprocal rule", "square": "power rule", "power": "power rule",
}  # fmt: skip


class Rules:
    """The derivative of every operation by x, from x up, as a calculus course writes it: scalars only.

    letters: for the name of a derivative the node whose derivative by x it is, and x.
    """

    def __init__(self, lesson: Lesson, taken: set[str]) -> None:
        shaped = next((n for n in lesson.nodes if n.active and n.shape), None)
        if shaped is not None:
            raise SymdiffError(
                f"the rules of a calculus course are for numbers; {unparse_text(shaped)} is a {build.describe(shaped.shape)}",
                hint="--style differential, or --style paths",
            )
        self.lesson = lesson
        self.taken = taken
        self.letters: dict[str, tuple[Node, Expr]] = {}
        self.tidied: list[tuple[Expr, Expr]] = []  # lines with the derivatives of their parts put in, and what these became

    def steps(self, level: str, rule: Callable[[Node, Edge], Cell]) -> list[Step]:
        return [self.by(x, level, rule) for x in self.lesson.wrt]

    def by(self, x: Expr, level: str, rule: Callable[[Node, Edge], Cell]) -> Step:
        lesson = self.lesson
        goal = next(n for n in lesson.nodes if n.wrt and (n.expr is x or n.name == x.name))
        moved = {goal.id}
        for n in lesson.nodes:
            if n is not goal and any(e.argument in moved and e.local is not None for e in lesson.outgoing[n.id]):
                moved.add(n.id)
        letters: dict[int, Expr] = {goal.id: build.ONE}
        shown: dict[Expr, Tree] = {}
        raw: dict[int, Expr] = {goal.id: build.ONE}
        equations: list[tuple[Node, Expr, list[Edge]]] = []
        for n in lesson.nodes:
            if n.id not in moved or n is goal:
                continue
            label = fresh(f"d{n.id}", self.taken)
            self.taken.add(label)
            self.letters[label] = (n, x)
            letters[n.id] = build.var(label, ())
            shown[letters[n.id]] = _quotient(n, x)
            edges = [e for e in lesson.outgoing[n.id] if e.argument in moved]
            terms = [_times(e.local, letters[e.argument]) for e in edges if e.local is not None]
            total = terms[0]
            for t in terms[1:]:
                total = build.add(total, t)
            equations.append((n, total, edges))
            values = symbols(
                [letters[e.argument] for e in edges if letters[e.argument].op == VAR],
                [raw[e.argument] for e in edges if letters[e.argument].op == VAR],
            )
            raw[n.id] = put(total, values) if values else total
        values_of = map(unshared, write([raw[n.id] for n, _, _ in equations], lesson.formula))
        written = dict(zip([n.id for n, _, _ in equations], values_of, strict=True))
        lines = []
        parts = symbols([letters[n.id] for n, _, _ in equations], list(written.values()))
        self.tidied += [(put(total, parts), written[n.id]) for n, total, _ in equations]
        for n, total, edges in equations:
            first = _with(unparse(total), shown)
            value = unparse(written[n.id])
            rights = (value,) if level == "brief" or _text(first) == _text(value) else (first, value)
            note: Cell = self.name(n, edges, goal) if level != "brief" else ""
            if level == "full" and n.rule not in NAMED and len(edges) == 1:
                note = (note, ": ", rule(n, edges[0]))
            left = letters[n.id]
            lines.append(Line(_quotient(n, x), rights, note, "", (left, written[n.id])))
            lines[-1] = replace(lines[-1], between=total)
        return Step(
            "rules",
            f"By {x.name}, from the inside out" if lines else f"By {x.name}",
            tuple(lines)
            or (Line(_quotient(lesson.top, x), (unparse(written.get(lesson.top.id, build.ONE if lesson.top is goal else build.ZERO)),)),),
        )

    def name(self, n: Node, edges: Sequence[Edge], goal: Node) -> str:
        """What a calculus course calls the rule."""
        lesson = self.lesson
        inner = any(lesson.nodes[e.argument] is not goal for e in edges)
        rule = NAMED.get(n.rule, "")
        if n.rule in ("product", "quotient") and len(edges) == 1:
            above = n.operation.args[0] is n.slots[edges[0].place]
            rule = "constant multiple rule" if n.rule == "product" or above else "reciprocal rule"
        if n.rule == "power" and edges[0].place == 1:
            rule = "derivative of an exponential"
        if not rule:
            entry = entry_of(n.rule)
            rule = (
                f"derivative of {n.rule if entry is None else called(entry.name)}"
                if n.expr.op != OPAQUE
                else f"derivative of {n.expr.name}"
            )
        chained = inner and rule not in ("sum rule", "difference rule", "product rule", "constant multiple rule", "quotient rule")
        return f"chain rule, {rule}" if chained else rule


def _times(local: Expr, d: Expr) -> Expr:
    if d is build.ONE:
        return local
    if local is build.ONE:
        return d
    return build.neg(d) if local is build.MINUS_ONE else build.elementwise(local, d)


def _quotient(n: Node, x: Expr) -> Tree:
    """d(u)/d(x), as syntax."""
    inner, outer = n.label.body, unparse(x).body
    assert inner is not None and outer is not None
    return Tree("div", (Tree("call", (inner,), "d"), Tree("call", (outer,), "d")))


def _with(program: Program, shown: Mapping[Expr, Tree]) -> Program:
    """A text with quotients in the place of the letters of derivatives."""
    from symdiff.teach.cheatsheet import replaced

    assert program.body is not None
    trees = {str(e.name): t for e, t in shown.items()}
    typeset = program.typeset
    return Program("", program.statements, replaced(program.body, trees),
                   None if typeset is None else lambda: _with(Program("", typeset().statements, typeset().body), shown))  # fmt: skip
