"""Whether every line of a lesson is true: each printed equation at a point, by its nodes and by what is typeset.

In: a lesson, its backward program or derivation, and values. Out: what is wrong, line by line. Values of adjoints come from the sweep, whose
results other tests compare with PyTorch; the typeset side is read back by the independent reader of `tests/printers`.
"""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np

from symdiff.calculus import derivative
from symdiff.expr import build
from symdiff.expr.node import NAME, VAR, Expr
from symdiff.notation.trees import postorder
from symdiff.notation.unparse import unparse
from symdiff.numeric import evaluate
from symdiff.printers import latex
from symdiff.syntax.tree import Program
from tests.printers.reader import Reader, Same, Unknown, Unreadable, column, elementwise, times
from tests.printers.test_read_back import look


def same(a, b, tolerance=1e-7):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.size != b.size:
        return False
    a, b = a.reshape(-1), b.reshape(-1)
    scale = np.max(np.abs(b[np.isfinite(b)]), initial=0) + 1e-6
    return bool(np.all(np.isclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True)))


class Point:
    """The lesson's values: of letters, named values and adjoints, for nodes and for the reader."""

    def __init__(self, program, values):
        self.program, self.values = program, dict(values)
        lesson = program.lesson
        self.forward = {n.id: np.asarray(evaluate(n.expr, values), dtype=float) for n in lesson.nodes}
        self.backward = {k: np.asarray(evaluate(lesson.laid_out(g), values), dtype=float) for k, g in lesson.raw_adjoints.items()}
        answers = dict(zip(lesson.names, lesson.raw_answers, strict=True))
        self.signs = {look(name): value for name, value in values.items()}
        for n in lesson.nodes:
            if n.shown.op in (NAME, VAR):
                self.signs[latex(n.label)] = self.forward[n.id]
        for x in program.lines:
            value = self.backward[x.node.id] if x.paths or x.final else np.asarray(self.value(x.value), dtype=float)
            if x.final and x.node.name in answers:
                value = np.asarray(evaluate(lesson.laid_out(answers[x.node.name]), values), dtype=float)
            self.values[x.name] = value
            self.signs[latex(unparse(x.symbol))] = value

    def value(self, e: Expr):
        return evaluate(e, dict(self.values))

    def read(self, program, shape=None):
        Reader.opaque = frozenset(sign for sign, value in self.signs.items() if callable(value))
        return Reader(self.signs).read(latex(program), shape)


def program_faults(program, values):
    """What is wrong with the lines of a backward program; how many were looked at, and how many could not be read back."""
    point = Point(program, values)
    faults, count, unread = [], 0, 0
    for x in (*program.forward, *program.lines):
        want = point.forward[x.node.id] if x in program.forward else np.asarray(point.values[x.name])
        count += 1
        if len(x.symbol.shape) != len(x.value.shape):
            faults.append(f"{x.name}: {x.symbol.shape} = {x.value.shape}")
        if x.before is not None and not same(point.value(x.before), want):
            faults.append(f"{x.name} = {latex(unparse(x.before))} before it is simplified")
        found = point.value(x.value)
        if not same(found, want):
            faults.append(f"{x.name} = {latex(unparse(x.value))} is {found}, not {want}")
        try:
            found = point.read(unparse(x.value), want.shape)
            if not same(found, want):
                faults.append(f"{x.name} = {latex(unparse(x.value))} reads as {found}, not {want}")
        except Unknown:
            unread += 1
        except Unreadable as reason:
            faults.append(f"{x.name} = {latex(unparse(x.value))}: {reason}")
    return faults, count, unread


def edge_faults(program, values):
    """What is wrong with what stands on the edges: applied to the adjoint that comes down it gives what the sweep passes on."""
    point = Point(program, values)
    lesson = program.lesson
    faults, count, unread = [], 0, 0
    for e, effect in lesson.effects.items():
        if not e.active or e.raw is None:
            continue
        want = np.asarray(evaluate(e.raw, values), dtype=float)
        above = column(point.backward[e.user])
        count += 1
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
                faults.append(f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {effect.before} {latex(effect.body)} {effect.after} gives {found}, not {want}")
        except (Unknown, TypeError):  # unit vectors whose size the reader cannot see
            unread += 1
        except Unreadable as reason:
            faults.append(f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {effect.before} {latex(effect.body)} {effect.after}: {reason}")
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
                value = evaluate(derivative(node.expr, [by])[0], values)
            elif node.id in moves:
                value = moves[node.id]
            else:
                value = np.zeros(np.shape(self.forward[node.id]))
                for n, g in zip(leaves, derivative(node.expr, [n.expr for n in leaves], unconstrained=True), strict=True):
                    move = moves[n.id]
                    value = value + np.tensordot(np.asarray(evaluate(g, values), dtype=float), move, move.ndim)
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
                parts[latex(line.left[1])] = line.rights[0]
        signs = {sign: value for sign, value in point.signs.items() if sign not in parts}
        for _ in parts:
            for sign, tree in parts.items():
                with suppress(Unknown, Unreadable, KeyError):  # of a part further down
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
                if unresolved and any(sign in latex(cell) for sign in unresolved):
                    unread += 1
                    continue
                try:
                    Reader.opaque = frozenset(sign for sign, value in signs.items() if callable(value))
                    found = Reader(dict(signs)).read(latex(cell), left.shape)
                    if not same(found, left):
                        faults.append(f"{s.name}: {latex(cell)} reads as {found}, not {left}")
                except (Unknown, TypeError):  # unit vectors whose size the reader cannot see
                    unread += 1
                except Unreadable as reason:
                    if "e_{" in latex(cell):
                        unread += 1
                        continue
                    faults.append(f"{s.name}: {latex(cell)}: {reason}")
    return faults, count, unread


def passing_faults(lesson, values):
    """What is wrong with the edges of a lesson of any value: each takes the sweep's adjoint to what the sweep passes on."""
    faults, count = [], 0
    for e in lesson.edges:
        if not e.active or e.raw is None or e.local is None:
            continue
        count += 1
        found, want = evaluate(lesson.passed(e, lesson.raw_adjoints[e.user]), values), evaluate(e.raw, values)
        if np.shape(found) != np.shape(want) or not same(found, want):
            faults.append(f"{lesson.nodes[e.user].text} -> {lesson.nodes[e.argument].text}: {found} is not {want}")
    return faults, count
