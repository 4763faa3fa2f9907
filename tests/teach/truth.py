"""Whether every line of a lesson is true: each printed equation at a point, by its nodes and by what is typeset.

In: a lesson, its backward program or derivation, and values. Out: what is wrong, line by line. Values of adjoints come from the sweep, whose
results other tests compare with PyTorch; the typeset side is read back by the independent reader of `tests/printers`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from symdiff.calculus import derivative
from symdiff.expr import build
from symdiff.expr.node import NAME, VAR, Expr
from symdiff.expr.walk import bindings
from symdiff.notation.trees import postorder
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, text
from symdiff.syntax.tree import Program, Tree
from symdiff.teach.tables import MAX_SHOWN, Value, show
from tests.printers.reader import Reader, Same, Unknown, Unreadable, column, elementwise, times
from tests.printers.test_read_back import look
from tests.teach.values import Values

UNCLEAR = (Unknown, TypeError, ValueError)  # notations that the reader does not know; identities and unit vectors whose size it cannot see


def same(a, b, tolerance=1e-7):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.size != b.size:
        return False
    a, b = a.reshape(-1), b.reshape(-1)
    scale = np.max(np.abs(b[np.isfinite(b)]), initial=0) + 1e-4  # 1/c - c/c^2 is 1e-12 beside numbers of some thousands
    return bool(np.all(np.isclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True)))


class Point:
    """The lesson's values: of letters, named values and adjoints, for nodes and for the reader."""

    def __init__(self, program, values):
        lesson = program.lesson
        numbers = values if isinstance(values, Values) else Values(values, [lesson.formula])
        self.program, self.numbers = program, numbers.more()
        self.values, values, evaluate = self.numbers.values, dict(numbers.values), self.numbers.of
        self.forward = {n.id: np.asarray(evaluate(n.expr), dtype=float) for n in lesson.nodes}
        self.backward = {k: np.asarray(evaluate(lesson.laid_out(g)), dtype=float) for k, g in lesson.raw_adjoints.items()}
        answers = dict(zip(lesson.names, lesson.raw_answers, strict=True))
        self.signs: dict[str, Any] = {look(name): float(size) for name, size in numbers.sizes.items() if isinstance(name, str)}
        self.signs |= {look(name): value for name, value in values.items()}
        for bound in bindings([lesson.formula]).values():
            self.signs[latex(unparse(bound))] = self.numbers.of(bound.args[0])
        for n in lesson.nodes:
            if n.shown.op in (NAME, VAR):
                self.signs[latex(n.label)] = self.forward[n.id]
        for x in program.lines:
            value: np.ndarray = self.backward[x.node.id] if x.paths or x.final else np.asarray(self.value(x.value), dtype=float)
            if x.final and x.node.name in answers:
                value = np.asarray(evaluate(lesson.laid_out(answers[x.node.name])), dtype=float)
            self.values[x.name] = value
            self.signs[latex(unparse(x.symbol))] = value

    def value(self, e: Expr):
        return self.numbers.of(e)

    def read(self, program, shape=None, index=()):
        """What is typeset; index: the letters of the entry that it is."""
        program = entries(program, index, shape)
        Reader.opaque = frozenset(sign for sign, value in self.signs.items() if callable(value))
        return Reader(self.signs).read(latex(program), shape)


def entries(program, index, shape):
    """The array of all entries of which a formula shows the one at the letters `index`."""
    if not index:
        return program
    assert len(index) == len(shape), (index, shape)
    limits = [Tree("number", value=x) for d in shape for x in (1, int(d))]

    def put(p):
        made = Program("", [], Tree("tensor", (*limits, p.body), tuple(index)))
        if p.typeset is not None:
            made.typeset = lambda: put(p.typeset())
        return made

    return put(program)


def program_faults(program, values):
    """What is wrong with the lines of a backward program; how many were looked at, and how many could not be read back."""
    point = Point(program, values)
    faults, count, unread = [], 0, 0
    for x in (*program.forward, *program.lines):
        want = point.forward[x.node.id] if x in program.forward else np.asarray(point.values[x.name])
        count += 1
        if unparse(x.symbol).statements or unparse(x.value).statements:
            faults.append(f"{x.name} = {latex(unparse(x.value))} has a binding within an equation")
        if len(x.symbol.shape) != len(x.value.shape):
            faults.append(f"{x.name}: {x.symbol.shape} = {x.value.shape}")
        if x.before is not None and not same(point.value(x.before), want):
            faults.append(f"{x.name} = {latex(unparse(x.before))} before it is simplified")
        found = point.value(x.value)
        if not same(found, want):
            faults.append(f"{x.name} = {latex(unparse(x.value))} is {found}, not {want}")
        _, rights, index = program.equation(x)
        for shown, letters in ((rights[0], index), *([(unparse(x.value), ())] if index else [])):
            try:
                found = point.read(shown, want.shape, letters)
                if not same(found, want):
                    faults.append(f"{x.name} = {latex(shown)} at {letters} reads as {found}, not {want}")
            except UNCLEAR:
                unread += 1
            except (Unreadable, IndexError) as reason:
                faults.append(f"{x.name} = {latex(shown)}: {reason}")
    return faults, count, unread


class Signs:
    """What signs stand for, and nothing else of a point."""

    def __init__(self, signs):
        self.signs = signs


def edge_faults(program, values):
    """What is wrong with what stands on the edges: applied to the adjoint that comes down it gives what the sweep passes on."""
    point = Point(program, values)
    lesson = program.lesson
    faults, count, unread = [], 0, 0
    for e, effect in lesson.effects.items():
        if not e.active or e.raw is None:
            continue
        want = np.asarray(point.value(e.raw), dtype=float)
        above = column(point.backward[e.user])
        count += 1
        if latex(effect.body) == "0" and not np.any(want):  # what comes down times 0, whatever its shape
            continue
        if (shown := lesson.at_entries(e)) is not None:
            *_, body, index = shown
            try:
                plain = Point.read(Signs({**point.signs, look(lesson.adjoint_name): point.backward[e.user]}), body, want.shape, index)
                if not same(plain, want):
                    faults.append(
                        f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {latex(body)} gives {plain}, not {want}"
                    )
            except UNCLEAR:
                unread += 1
            except (Unreadable, IndexError) as reason:
                faults.append(f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {latex(body)}: {reason}")
        try:
            reader = Reader({**point.signs, look(lesson.adjoint_name): above})
            if not effect.before and not effect.after and re.search(rf"\\{lesson.adjoint_name}(?![a-zA-Z])", latex(effect.body)):
                found = reader.read(latex(effect.body), want.shape)
            else:
                body = reader.value_of(latex(effect.body))
                if effect.after:
                    found = times(body, above, dot=False)
                elif effect.before == "times":
                    found = times(above, body, dot=False)
                elif effect.before == "emul":
                    found = elementwise(np.multiply, above, body)
                else:
                    found = times(above, body, dot=False)
            found = found.of((*want.shape, 1, 1)[:2] if want.ndim < 2 else want.shape) if isinstance(found, Same) else np.asarray(found)
            if not same(found, want) and not same(found.T, want) and not same(found, want.T):
                faults.append(
                    f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {effect.before} {latex(effect.body)} {effect.after} gives {found}, not {want}"
                )
        except UNCLEAR:  # unit vectors whose size the reader cannot see
            unread += 1
        except (Unreadable, IndexError) as reason:
            faults.append(
                f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {effect.before} {latex(effect.body)} {effect.after}: {reason}"
            )
    return faults, count, unread


class Told(Point):
    """The values of everything that a derivation speaks of: also differentials, in a random direction, and derivatives by a variable."""

    def __init__(self, derivation, values, seed=0):
        super().__init__(derivation.program, values)
        lesson = derivation.lesson
        rng = np.random.default_rng(seed)
        leaves = [n for n in lesson.nodes if n.leaf and n.active]
        moves = {n.id: rng.standard_normal(np.shape(self.forward[n.id])) for n in leaves}
        for n in leaves:
            if n.expr.op == VAR and {"symmetric", "psd", "diagonal"} & set(n.expr.data[1]):
                moves[n.id] = moves[n.id] + moves[n.id].T if "diagonal" not in n.expr.data[1] else np.diag(np.diag(moves[n.id]))
        for name, what in derivation.letters.items():
            node, by = what if isinstance(what, tuple) else (what, None)
            if by is not None:
                value = self.value(derivative(node.expr, [by])[0])
            elif node.id in moves:
                value = moves[node.id]
            else:
                value = np.zeros(np.shape(self.forward[node.id]))
                for n, g in zip(leaves, derivative(node.expr, [n.expr for n in leaves], unconstrained=True), strict=True):
                    move = moves[n.id]
                    value = value + np.tensordot(np.asarray(self.value(g), dtype=float), move, move.ndim)
            self.values[name] = np.asarray(value, dtype=float)
            self.signs[latex(unparse(build.var(name, self.values[name].shape)))] = self.values[name]


def quotients(cell):
    """Whether a cell has d(u)/d(x) in it, which the reader of mathematics does not know."""
    body = getattr(cell, "body", cell)
    return any(t.kind == "call" and t.value == "d" for t in postorder([body]))


def step_faults(derivation, program, values):
    """What is wrong with the equations of a derivation, by their nodes and by what is shown: every formula of a line has its value.

    Returns the faults, how many equations were looked at, and how many formulas could not be read back.
    """
    point = Told(derivation, values)
    faults, count, unread = [], 0, 0
    for s in derivation.steps:
        parts = {}
        for line in s.lines:
            if isinstance(line.left, tuple) and line.left[:1] == ("where ",):
                if line.index:
                    parts[latex(line.left[1].kids[0])] = entries(line.rights[0], line.index, np.shape(point.value(line.sides[0])))
                else:
                    parts[latex(line.left[1])] = line.rights[0]
        signs = {sign: value for sign, value in point.signs.items() if sign not in parts}
        for _ in parts:
            for sign, tree in parts.items():
                with suppress(*UNCLEAR, Unreadable, KeyError):  # of a part further down
                    signs[sign] = Reader(dict(signs)).read(latex(tree))
        unresolved = {sign for sign in parts if sign not in signs}
        for line in s.lines:
            if line.sides is None:
                continue
            count += 1
            nodes = [*line.sides, *([line.between] if line.between is not None else [])]
            left, *others = [np.asarray(point.value(side), dtype=float) for side in nodes]
            for side, right in zip(nodes[1:], others, strict=True):
                if not same(right, left):
                    faults.append(f"{s.name}: {latex(unparse(line.sides[0]))} = {latex(unparse(side))}: {left} is not {right}")
            for cell in (line.left, *line.rights):
                if not isinstance(cell, Program) or quotients(cell):
                    continue
                if cell.statements and s.name in ("backward", "trace", "answer"):
                    faults.append(f"{s.name}: {latex(cell)} has a binding within an equation")
                if unresolved and any(sign in latex(cell) for sign in unresolved):
                    unread += 1
                    continue
                try:
                    Reader.opaque = frozenset(sign for sign, value in signs.items() if callable(value))
                    found = Reader(dict(signs)).read(latex(entries(cell, line.index, left.shape)), left.shape)
                    if not same(found, left):
                        faults.append(f"{s.name}: {latex(cell)} reads as {found}, not {left}")
                except UNCLEAR:  # unit vectors whose size the reader cannot see
                    unread += 1
                except (Unreadable, IndexError) as reason:
                    if "e_{" in latex(cell):
                        unread += 1
                        continue
                    faults.append(f"{s.name}: {latex(cell)}: {reason}")
    return faults, count, unread


def passing_faults(lesson, values):
    """What is wrong with the edges of a lesson of any value: each takes the sweep's adjoint to what the sweep passes on."""
    faults, count, numbers = [], 0, values if isinstance(values, Values) else Values(values, [lesson.formula])
    for e in lesson.edges:
        if not e.active or e.raw is None or e.local is None:
            continue
        count += 1
        found, want = numbers.of(lesson.passed(e, lesson.raw_adjoints[e.user])), numbers.of(e.raw)
        if np.shape(found) != np.shape(want) or not same(found, want):
            faults.append(f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {found} is not {want}")
    return faults, count


def table_faults(trace, values):
    """What is wrong with the numbers of a trace's tables, as they are printed: values of nodes, what edges pass on, sums over paths."""
    lesson = trace.lesson
    faults, count, numbers = [], 0, values if isinstance(values, Values) else Values(values, [lesson.formula])

    def compare(what, cell, want):
        nonlocal count
        count += 1
        found = np.asarray([[float(x) for x in flat_of(cell.value)]], dtype=float)
        if not same(found, np.asarray(want, dtype=float), 1e-6):
            faults.append(f"{what}: {cell.value} is not {want}")
        if np.size(want) <= MAX_SHOWN:
            printed = [float(Fraction(x)) if "/" in x else float(x) for x in re.findall(r"[^\[\], ]+", show(*cell))]
            if not same(printed, want, 6e-4):
                faults.append(f"{what}: {show(*cell)} is not {want}")

    def wanted(g):
        return np.asarray(numbers.of(lesson.laid_out(g)), dtype=float)

    examples = trace._examples()
    tables = {t.title: t for t in trace._tables()}
    rest = [n for n in lesson.nodes if n not in examples]
    for n, row in zip(rest, tables["Forward and backward"].rows, strict=True):
        compare(n.text, row[2], numbers.of(n.expr))
        if n.id in lesson.raw_adjoints:
            compare(f"adjoint of {n.text}", row[3], wanted(lesson.raw_adjoints[n.id]))
    for k, title in enumerate(("Example by example, forward", "Example by example, backward")):
        if title not in tables:
            continue
        shown = [n for n in examples if not k or n.id in lesson.raw_adjoints]
        for j, n in enumerate(shown):
            want = np.asarray(wanted(lesson.raw_adjoints[n.id]) if k else numbers.of(n.expr), dtype=float)
            want = want if len(want) == len(tables[title].rows) else want.T  # of numerator layout
            for i, row in enumerate(tables[title].rows):
                compare(f"{n.text}, {i + 1}, {title}", row[j + 1], want[i])
    for e, row in zip(lesson.edges, tables["On the edges"].rows, strict=True):
        if isinstance(row[3], Value) and e.raw is not None:
            compare(f"passed on to {lesson.nodes[e.argument].text}", row[3], wanted(e.raw))
        if isinstance(row[2], Value) and e.local is not None and e.form != "map":
            beside = np.asarray([[float(x) for x in flat_of(row[2].value)]]).reshape(np.shape(row[2].value))
            above = wanted(lesson.raw_adjoints[e.user]) if e.user in lesson.raw_adjoints else None
            if above is None or e.raw is None:
                local = np.asarray(numbers.of(e.local), dtype=float)
                turned = e.form == "jacobian" and local.ndim == 2 and lesson.effects[e].after  # it stands in front of the adjoint
                compare(f"on the edge to {lesson.nodes[e.argument].text}", row[2], local.T if turned else local)
            else:
                count += 1
                found = applied(lesson.effects[e], beside, above)
                if not same(found.reshape(-1), wanted(e.raw).reshape(-1), 1e-6):
                    faults.append(f"on the edge to {lesson.nodes[e.argument].text}: {row[2].value} beside {above} is not {wanted(e.raw)}")
    for row in tables["Sums over paths"].rows:
        terms = [np.asarray([float(x) for x in flat_of(c.value)]) for c in row[1] if isinstance(c, Value)]
        compare(f"sum at {text(row[0])}", row[2], np.sum(terms, axis=0))
    return faults, count


def applied(effect, shown, above):
    """What an edge passes on, by the value that stands beside the adjoint in the table."""
    if effect.after:
        return shown @ above if shown.ndim == 2 and above.ndim else shown * above
    if effect.before == "times" and shown.ndim and above.ndim == 2:
        return above @ shown
    return above * shown


def flat_of(value):
    return [x for v in value for x in flat_of(v)] if isinstance(value, list) else [value]
