"""Every equation of backward programs, edges and steps holds: over all cases, over random formulas, and planted untruths are seen."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import build
from symdiff.expr.node import NAME, NUM, PROD, SUM
from symdiff.expr.walk import variables
from symdiff.names import resolve
from symdiff.notation.unparse import unparse
from symdiff.syntax.tree import Program
from symdiff.teach.backward import backward
from symdiff.teach.numbers import trace
from symdiff.teach.record import lesson
from symdiff.teach.steps import derive
from symdiff.teach.tables import Value
from tests.cases import test_cases as cases
from tests.printers.test_read_back import node
from tests.teach.truth import edge_faults, passing_faults, program_faults, step_faults, table_faults


def lesson_of(text, *names):
    f = sd.parse(text)
    return lesson(node(f), resolve(node(f), names or list(variables([node(f)]))))


def told_in(taught):
    """The styles that a lesson can be told in."""
    found = ["paths"]
    for style in ("differential", "rules"):
        try:
            derive(taught, "brief", style=style)
            found.append(style)
        except sd.SymdiffError:
            pass
    return found


# The sweep goes through a norm whose vector is 0 there: its value is the numbers' matter, not that of the lines.
AT_A_NORM_OF_0 = {"tsne-q"}

# Roots of values with three axes: the reader takes them for roots of matrices.
THREE_AXES = {"range-open"}


PARTS = 12  # of the cases, so that workers share them; .ci/long asks for all


@pytest.mark.parametrize("part", range(PARTS) if os.environ.get("SYMDIFF_LONG") else range(0, PARTS, 2))
def test_every_line_of_every_case_is_true(part):
    faults = []
    lines = edges = steps = unread = 0
    for ident, case in list(cases.CASES.items())[part::PARTS]:
        if case["op"] == "hessian" or ident in cases.OPEN or ident in AT_A_NORM_OF_0 | THREE_AXES:
            continue
        f = node(sd.parse(case["formula"]))
        if f.shape:
            continue
        taught = lesson(f, resolve(f, [case["wrt"]]))
        values = cases.draw(case, 0)
        program = backward(taught)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for check in (program_faults, edge_faults):
                found, count, missed = check(program, values)
                faults += [f"{ident}: {x}" for x in found]
                unread += missed
                lines, edges = (lines + count, edges) if check is program_faults else (lines, edges + count)
            for style in told_in(taught):
                found, count, missed = step_faults(derive(taught, "full", style=style), program, values)
                faults += [f"{ident}, {style}: {x}" for x in found]
                steps += count
                unread += missed
    assert not faults, "\n".join(faults)
    assert lines > 100 and edges > 150 and steps > 250  # some 2,170, 3,300 and 5,500 together
    assert unread < 200, unread  # some 900 together, of 15,000 formulas that are read back


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_every_line_of_random_formulas_is_true(first):
    """Forty here, in every style and level; `python -m tests.teach.run` looks at as many as one likes (record.md)."""
    pytest.importorskip("torch")
    from tests.teach.run import piece

    line = piece((first, 10))
    assert not line["failures"], line["failures"][0]
    assert line["looked"]["formulas"] >= 9 and sum(line["looked"].values()) > 700


# ---------------------------------------------------------------------------------------------- planted untruths

TWO = "h = sigma(V*phi); r = w.h - y; r^2"
VALUES = {"V": [[0.3, -1.2], [0.8, 0.1], [-0.4, 0.9]], "phi": [0.7, -1.1], "w": [1.0, -0.5, 2.0], "y": 0.3}


def changed(program, name, value):
    """The program with another value on the line of a name."""
    lines = tuple([replace(x, value=value(x.value)) if x.name == name else x for x in program.lines])
    assert lines != program.lines
    return replace(program, lines=lines)


PLANTED = [
    ("dV", build.neg),
    ("dV", lambda g: build.scale(build.TWO, g)),
    ("dV", lambda g: build.elementwise(g, g)),
    ("dw", build.neg),
    ("dw", lambda g: build.scale(build.num(3), g)),
    ("delta_r", build.neg),
    ("delta_r", lambda g: build.add(g, build.ONE)),
    ("delta_r", lambda g: build.power(g, build.TWO)),
    ("delta_h", build.neg),
    ("delta_h", lambda g: build.add(g, build.spread(build.ONE, g.shape))),
    ("delta_h", lambda g: build.call("abs", g)),
    ("delta_h", lambda g: build.spread(build.ZERO, g.shape)),
]


@pytest.mark.parametrize(("name", "value"), PLANTED)
def test_an_untrue_line_is_seen(name, value):
    program = backward(lesson_of(TWO, "V", "w"))
    assert program_faults(program, VALUES)[0] == []
    assert program_faults(changed(program, name, value), VALUES)[0]


@pytest.mark.parametrize("k", range(5))
def test_an_untrue_edge_is_seen(k):
    """Each edge with the label of another, or without its operator."""
    program = backward(lesson_of(TWO, "V", "w"))
    effects = program.lesson.effects
    assert edge_faults(program, VALUES)[0] == []
    active = [e for e in effects if e.active]
    wrong = dict(effects)
    wrong[active[k]] = effects[active[k - 1]]
    program.lesson.__dict__["effects"] = wrong
    assert edge_faults(program, VALUES)[0]


PATHS = ("p = x*y; q = x + p; p*q + sin(q)", {"x": 0.7, "y": -1.3})
MATRIX = ("X: matrix(2,2); B: matrix(2,2); tr(B*X*X)", {"X": [[0.3, -1.2], [0.8, 0.4]], "B": [[0.5, 0.2], [-0.7, 1.1]]})
QUOTIENT = ("sin(x)/(1 + x^2)", {"x": 0.7})
# What one may get wrong in a derivation: a style, a step, and the change of a right side. Each is applied to every line of the step where it fits.
WRONG = {
    "a sign": build.neg,
    "a factor 2 too many": lambda g: build.scale(build.TWO, g) if g.shape else build.elementwise(build.TWO, g),
    "a factor 2 lost": lambda g: build.scale(build.num(Fraction(1, 2)), g) if g.shape else build.elementwise(build.num(Fraction(1, 2)), g),
    "a summand too many": lambda g: build.add(g, build.spread(build.ONE, g.shape)),
    "a function around it": lambda g: build.call("sinh", build.call("exp", g)),
    "a square": lambda g: build.power(g, build.TWO),
    "a reciprocal": lambda g: build.power(g, build.MINUS_ONE),
    "a zero": lambda g: build.spread(build.ZERO, g.shape),
    "a transpose": lambda g: build.transpose(g) if len(g.shape) == 2 and g.op != NAME else None,
    "a term left out": lambda g: g.args[0] if g.op == SUM and len(g.args) > 1 else None,
    "a term with the other sign": lambda g: (
        build.linear([1, *[-c for c in g.data[1:]]], list(g.args)) if g.op == SUM and len(g.args) > 1 and g.data[0] == 1 else None
    ),
    "a factor left out": lambda g: g.args[0] if g.op == PROD and len(g.args) > 1 and g.args[0].shape == g.shape else None,
    "another function": lambda g: build.call("cos", g) if not g.shape else None,
}


@pytest.mark.parametrize("kind_of", WRONG)
def test_an_untrue_step_is_seen(kind_of):
    """In every style: the right side of a line is changed, as nodes; then as it is shown, with the nodes left as they are."""
    seen = 0
    for (text, values), names in ((PATHS, ["x"]), (MATRIX, ["X"]), (QUOTIENT, ["x"]), ((TWO, VALUES), ["V", "w"])):
        taught = lesson_of(text, *names)
        for style in told_in(taught):
            derivation = derive(taught, "full" if text == QUOTIENT[0] else "normal", style=style)
            assert step_faults(derivation, backward(taught), values)[0] == []
            for k, s in enumerate(derivation.steps):
                for j, line in enumerate(s.lines):
                    wrong = None if line.sides is None else WRONG[kind_of](line.sides[1])
                    if wrong is None:
                        continue
                    shown = (
                        replace(line, rights=(*line.rights[:-1], unparse(wrong)))
                        if line.rights and isinstance(line.rights[-1], Program)
                        else None
                    )
                    for bad_line in filter(None, (replace(line, sides=(line.sides[0], wrong)), shown)):
                        lines = (*s.lines[:j], bad_line, *s.lines[j + 1 :])
                        bad = replace(derivation, steps=(*derivation.steps[:k], replace(s, lines=lines), *derivation.steps[k + 1 :]))
                        faults = step_faults(bad, backward(taught), values)[0]
                        assert faults or indistinct(line.sides[1], wrong), (style, s.name, kind_of, unparse(line.sides[1]))
                        seen += bool(faults)
    assert seen >= 3, kind_of


def indistinct(right, wrong):
    """A change that changes nothing: a zero of a zero, the transpose of a symmetric matrix."""
    return right is wrong or (not right.args and right.op == NUM and right.data in (0, 1))


def test_an_untrue_quotient_of_the_calculus_course_is_seen():
    """What stands between the sides: one term of the product rule left out, the inner derivative forgotten."""
    taught = lesson_of("x*sin(x)*exp(2*x)", "x")
    derivation = derive(taught, "normal", style="rules")
    assert step_faults(derivation, backward(taught), {"x": 0.7})[0] == []
    seen = 0
    for k, s in enumerate(derivation.steps):
        for j, line in enumerate(s.lines):
            if line.between is None or line.between.op not in (SUM, PROD):
                continue
            lines = (*s.lines[:j], replace(line, between=line.between.args[0]), *s.lines[j + 1 :])
            bad = replace(derivation, steps=(*derivation.steps[:k], replace(s, lines=lines), *derivation.steps[k + 1 :]))
            assert step_faults(bad, backward(taught), {"x": 0.7})[0]
            seen += 1
    assert seen >= 2


def test_an_untrue_jacobian_is_seen():
    """Values with axes: an edge that is transposed, or has another's local derivative."""
    taught = lesson_of("A: matrix(2,2); b: vector(2); h = sigma(A*x + b); h .* h", "x", "b")
    values = {"A": [[0.3, -1.2], [0.8, 0.1]], "b": [0.5, -0.2], "x": [0.7, -1.1]}
    assert passing_faults(taught, values)[0] == [] and program_faults(backward(taught), values)[0] == []
    seen = 0
    for k, e in enumerate(taught.edges):
        if e.form == "jacobian" and len(e.local.shape) == 2:
            wrong = replace(e, local=build.transpose(e.local))
        elif e.active and e.local.shape:
            wrong = replace(e, local=build.neg(e.local))
        else:
            continue
        bad = replace(taught, edges=(*taught.edges[:k], wrong, *taught.edges[k + 1 :]))
        assert passing_faults(bad, values)[0]
        seen += 1
    assert seen >= 3


def test_a_gradient_that_is_not_turned_is_seen_in_numerator_layout():
    f = node(sd.parse("A: matrix(2,3); x: vector(3); u: vector(2); u.(A*x)"))
    taught = lesson(f, resolve(f, ["A", "x"]), numerator=True)
    values = {"A": [[0.3, -1.2, 0.5], [0.8, 0.1, -0.4]], "x": [0.7, -1.1, 0.2], "u": [0.4, -0.9]}
    program = backward(taught)
    assert program_faults(program, values)[0] == [] and edge_faults(program, values)[0] == []
    plain = backward(replace(taught, numerator=False))
    turned = {x.name: x for x in program.lines}
    mixed = replace(program, lines=tuple([replace(turned[x.name], value=x.value) for x in plain.lines]))
    assert program_faults(mixed, values)[0]


def test_every_line_of_values_with_axes_and_of_numerator_layout_is_true():
    cases_ = [
        ("softmax(A*x + b)", "x,b"), ("A*x + b", "A,x"), ("h = tanh(A*x); h .* h - b", "x"), ("x ./ norm2(x)", "x"), ("A*x*(x.b)", "x,b"), ("exp(A)", "A"),
        ("c*x + A'*b", "c,x,b"), ("log_softmax(x)", "x"), ("cumsum(x .* b)", "x"), ("sum(x)*b", "x,b"), ("x*b'", "x"), ("A*A", "A"), ("max(x, b)", "x"),
    ]  # fmt: skip
    rng = np.random.default_rng(3)
    count = 0
    for text, wrt in cases_:
        f = node(sd.parse("A: matrix(3,3); x, b: vector(3); c: scalar; " + text))
        shapes = {"A": (3, 3), "x": (3,), "b": (3,), "c": ()}
        values = {n: rng.random(shapes[n]) + 0.2 for n in variables([f])}
        taught = lesson(f, resolve(f, wrt.split(",")))
        faults, n = passing_faults(taught, values)
        faults += program_faults(backward(taught), values)[0]
        for style in told_in(taught):
            found, more, _ = step_faults(derive(taught, "full", style=style), backward(taught), values)
            faults, n = faults + found, n + more
        assert not faults, (text, faults)
        count += n
    for text, wrt in (
        ("norm2(A*x - b)^2", "A,x"),
        ("x'*A*x", "x,A"),
        ("tr(A*A)", "A"),
        ("b.softmax(A*x)", "A,x"),
        ("sum(sigma(x*b'))", "x"),
        ("b'*A*A*x", "A,b"),
    ):
        f = node(sd.parse("A: matrix(3,3); x, b: vector(3); " + text))
        values = {n: rng.random({"A": (3, 3)}.get(n, (3,))) + 0.2 for n in variables([f])}
        taught = lesson(f, resolve(f, wrt.split(",")), numerator=True)
        program = backward(taught)
        faults = program_faults(program, values)[0] + edge_faults(program, values)[0]
        for style in told_in(taught):
            found, more, _ = step_faults(derive(taught, "full", style=style), program, values)
            faults, count = faults + found, count + more
        assert not faults, (text, faults)
    assert count > 200


def wrong_number(cell):
    return replace_value(cell, lambda v: v + 1)


def replace_value(cell, change):
    def walk(v):
        return [walk(x) for x in v] if isinstance(v, list) else change(v)

    return Value(walk(cell.value), cell.digits)


NUMBERS = {
    "a forward value": ("Forward and backward", 2), "a backward value": ("Forward and backward", 3), "the value of an edge": ("On the edges", 2),
    "what is passed on": ("On the edges", 3), "a sum over paths": ("Sums over paths", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind_of", NUMBERS)
def test_an_untrue_number_of_a_table_is_seen(kind_of, monkeypatch):
    f = node(sd.parse(PATHS[0]))
    found = trace(lesson(f, resolve(f, ["x"])), PATHS[1])
    assert table_faults(found, PATHS[1])[0] == []
    title, column = NUMBERS[kind_of]
    tables, seen = found._tables(), 0
    (k,) = [k for k, t in enumerate(tables) if t.title == title]
    for j, row in enumerate(tables[k].rows):
        if not isinstance(row[column], Value):
            continue
        rows = (*tables[k].rows[:j], (*row[:column], wrong_number(row[column]), *row[column + 1 :]), *tables[k].rows[j + 1 :])
        bad = [*tables[:k], replace(tables[k], rows=rows), *tables[k + 1 :]]
        monkeypatch.setattr(type(found), "_tables", lambda self, bad=bad: bad)
        seen += bool(table_faults(found, PATHS[1])[0])
    assert seen >= 1


def test_at_least_twenty_kinds_of_untruth_are_planted():
    """Of lines (what stands right, before it is simplified), edges, quotients, Jacobians, layouts and numbers."""
    assert (
        len(WRONG)
        + len(NUMBERS)
        + len({"another edge's label", "a quotient without a term", "a Jacobian transposed", "a layout not turned"})
        >= 20
    )
