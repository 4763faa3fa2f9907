"""Every equation of backward programs, edges and steps holds: over all cases, over random formulas, and planted untruths are seen."""

from __future__ import annotations

import warnings
from dataclasses import replace
from random import Random

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import build
from symdiff.expr.walk import variables
from symdiff.names import resolve
from symdiff.teach.backward import STYLES, backward
from symdiff.teach.record import lesson
from symdiff.teach.steps import derive
from tests.cases import test_cases as cases
from tests.printers.test_read_back import node
from tests.teach.truth import edge_faults, program_faults, step_faults


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


PARTS = 12  # of the cases, so that workers share them


@pytest.mark.parametrize("part", range(PARTS))
def test_every_line_of_every_case_is_true(part):
    faults = []
    lines = edges = steps = unread = 0
    for ident, case in list(cases.CASES.items())[part::PARTS]:
        if case["op"] == "hessian" or ident in cases.OPEN or ident in AT_A_NORM_OF_0:
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
    assert unread < 45, unread  # some 180 together


LETTERS = ("x", "y", "a", "b")
UNARY = ("sin({})", "exp(-({})^2)", "sigma({})", "tanh({})", "({})^2", "({})^3", "-({})", "relu({})", "log(1 + ({})^2)", "abs({})", "sqrt(1 + ({})^2)")
BINARY = ("({}) + ({})", "({}) - ({})", "({})*({})", "({})/(2 + ({})^2)", "max({}, {})", "({})*({}) - 1")
VECTORS = ("sigma({})", "({}) .* ({})", "({}) + ({})", "({}) - ({})", "A*({})", "A'*({})", "({}) .* (1 - ({}))", "softmax({})", "tanh({})", "c*({})")
ENDS = ("sum({})", "norm2({})^2", "u.({})", "({}).({})", "log(1 + sum(({}) .* ({})))", "mean({})")


def random_scalar(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(LETTERS)
    pattern = rng.choice(UNARY if rng.random() < 0.45 else BINARY)
    return pattern.format(*[random_scalar(rng, depth - 1) for _ in range(pattern.count("{}"))])


def random_vector(rng, depth):
    if depth == 0:
        return rng.choice(("u", "v", "w"))
    pattern = rng.choice(VECTORS)
    return pattern.format(*[random_vector(rng, depth - 1) for _ in range(pattern.count("{}"))])


def random_formula(seed):
    rng = Random(seed)
    if seed % 2:
        names = "".join(f"{n} = {random_scalar(rng, 2)}; " for n in ("h", "m")[: rng.randrange(3)])
        return names + (f"h*({random_scalar(rng, 2)}) + " if "h =" in names else "") + random_scalar(rng, 3), {n: () for n in LETTERS}
    end = rng.choice(ENDS)
    text = "u, v, w: vector(3); A: matrix(3,3); c: scalar; " + (f"h = {random_vector(rng, 2)}; " if rng.random() < 0.5 else "")
    body = end.format(*[random_vector(rng, 2) for _ in range(end.count("{}"))])
    return text + ("sum(h .* v) + " if "h =" in text else "") + body, {"u": (3,), "v": (3,), "w": (3,), "A": (3, 3), "c": ()}


def random_faults(seed):
    text, shapes = random_formula(seed)
    f = node(sd.parse(text))
    names = list(variables([f]))
    if not names or f.shape:
        return [], 0
    rng = np.random.default_rng(seed)
    values = {n: rng.standard_normal(shapes[n]) for n in names}
    try:
        taught = lesson(f, resolve(f, names))
        program = backward(taught, STYLES[seed % 3])
        found, lines, _ = program_faults(program, values)
        more, edges, _ = edge_faults(program, values)
        steps, count = [], 0
        for style in told_in(taught):
            found_, n, _ = step_faults(derive(taught, ("brief", "normal", "full")[seed % 3], style=style), program, values)
            steps += [f"{style}: {x}" for x in found_]
            count += n
    except sd.DomainError:  # norm2(x - x): a division by what is always 0
        return [], 0
    return [f"{text}: {x}" for x in (*found, *more, *steps)], lines + edges + count


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_every_line_of_random_formulas_is_true(first):
    """A hundred here; `python -m tests.teach.test_truth 2000` looks at as many as one likes."""
    faults, count = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(first, first + 25):
            found, n = random_faults(seed)
            faults += found
            count += n
    assert not faults, "\n".join(faults[:20])
    assert count > 250


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


def test_untrue_steps_are_seen():
    taught = lesson_of("p = x*y; q = x + p; p*q + sin(q)", "x")
    values = {"x": 0.7, "y": -1.3}
    derivation, program = derive(taught, "full"), backward(taught)
    assert step_faults(derivation, program, values)[0] == []
    seen = 0
    for k, s in enumerate(derivation.steps):
        for j, line in enumerate(s.lines):
            if line.sides is None:
                continue
            left, right = line.sides
            lines = (*s.lines[:j], replace(line, sides=(left, build.add(right, build.ONE))), *s.lines[j + 1 :])
            bad = replace(derivation, steps=(*derivation.steps[:k], replace(s, lines=lines), *derivation.steps[k + 1 :]))
            assert step_faults(bad, program, values)[0]
            seen += 1
    assert seen >= 8


if __name__ == "__main__":
    import sys

    warnings.simplefilter("ignore")
    for seed in range(int(sys.argv[1])):
        for fault in random_faults(seed)[0]:
            print(seed, fault)
