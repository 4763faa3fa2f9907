"""Sums of brackets and ifs, chosen at random: however they are joined, the values stay, also where a condition turns."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import variables
from symdiff.numeric import evaluate
from symdiff.simplify import Log, simplify

CONDITIONS = ["x > 0", "x <= 0", "x > 1", "1 >= x", "x > a", "a >= x", "x == 1", "x != 1", "0 > x"]
FACTORS = ["x", "y", "a*x", "x^2", "exp(x)", "1", "(x + y)"]
POINTS = [(x, y, a) for x in (-1.5, -1, 0, 0.5, 1, 2) for y in (0.75, -2) for a in (0.5, 1)]


def term(rng: Random, depth: int = 2) -> str:
    kind = rng.randrange(5)
    if kind == 0 or not depth:
        return rng.choice(FACTORS)
    if kind < 3:
        return f"[{rng.choice(CONDITIONS)}]*{term(rng, depth - 1)}"
    if kind == 3:
        return f"if({rng.choice(CONDITIONS)}, {term(rng, depth - 1)}, {term(rng, depth - 1)})"
    return f"{rng.choice(FACTORS)}*{term(rng, depth - 1)}"


def formula(rng: Random) -> str:
    terms = [term(rng) for _ in range(rng.randint(2, 5))]
    first = terms[0]
    if rng.random() < 0.5:  # a - [c]*a
        terms.append(f"[{rng.choice(CONDITIONS)}]*{first}")
    return terms[0] + "".join(rng.choice([" + ", " - "]) + t for t in terms[1:])


def joined(seed: int) -> bool:
    """Whether brackets were joined; the values are compared."""
    text = formula(Random(seed))
    f, log = sd.parse(text).expr, Log()
    (g,) = simplify([f], log)
    for x, y, a in POINTS:
        point = {"x": x, "y": y, "a": a}
        before, after = [evaluate(e, {name: point[name] for name in variables([e])}) for e in (f, g)]
        assert np.isclose(before, after, rtol=1e-12, atol=1e-12), f"{text} at {point}: {before}, and {after} of {g}"
    return "if-from-brackets" in {name for name, *_ in log.fired}


@pytest.mark.parametrize("part", range(4))
def test_values_stay(part):
    assert sum(joined(seed) for seed in range(50 * part, 50 * part + 50)) > 5


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("if(x > 0, x^2, x^3 + x)", "if(x > 0, 2*x, 3*x^2 + 1)"),
        ("if(x > 0, x^2/2, a*(exp(x) - x - 1))", "if(x > 0, x, exp(x)*a - a)"),
        ("if(a > x, x^2, x)", "if(a > x, 2*x, 1)"),
        ("if(x > 0, if(x > 1, x, x^2 + x), x^3 + x)", "if(x > 0, if(x > 1, 1, 2*x + 1), 3*x^2 + 1)"),
        ("x: vector(n); sum(if(x > 0, x.^2 + 3*x, exp(x) - x))", "if(x > 0, 2*x + 3, exp(x) - 1)"),
        ("y*x - y*x*[x > a]", "[x <= a]*y"),
        ("exp(x)*sin(x)*if(x > 0, x^2, x)", "exp(x)*(cos(x)*if(x > 0, x^2, x) + sin(x)*if(x > 0, x^2 + 2*x, x + 1))"),
    ],
)
def test_derivatives_by_cases(formula, expected):
    assert str(sd.grad(sd.parse(formula), "x")) == expected


BOTH_SIDES = [
    ("x: vector(n); sum(i=1..n, j=1..n, ([i<j] + [i>j])/(x[i]-x[j])^2)", "x"),
    ("x: vector(n); sum(i=1..n, j=1..n, [i<j]*log(abs(x[i]-x[j]))) + sum(i=1..n, j=1..n, [i>j]*log(abs(x[i]-x[j])))", "x"),
    ("x: vector(n); sum(i=1..n, j=1..n, (3*[j<i] + 3*[i<j])*log(abs(x[i]-x[j])))", "x"),
    ("D: matrix(n,n); sum(i<j, 1/D[i,j]) + sum(j<i, 1/D[i,j])", "D"),
]


@pytest.mark.parametrize(("text", "name"), BOTH_SIDES)
def test_two_sides_of_a_diagonal_keep_a_guard(text: str, name: str) -> None:
    f = sd.parse(text)
    point = {"x": np.array([0.3, 1.0, 2.2]), "D": np.array([[0, 1, 3], [2.5, 0, 0.7], [0.1, 0.5, 0]])}[name]
    moved = np.zeros(point.shape)
    for place in np.ndindex(point.shape):
        if name == "x" or place[0] != place[1]:
            step = np.zeros(point.shape)
            step[place] = 1e-6
            moved[place] = (f({name: point + step}) - f({name: point - step})) / 2e-6
    for g in (sd.grad(f, name), sd.parse(str(sd.grad(f, name)), given=f)):
        assert np.allclose(g({name: point}), moved, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x: vector(n); sum(i<j, x[i]*x[j])", "sum(x) - x"),
        ("x: vector(n); sum(i=1..n, j=1..n, ([i<j] + [i>j])*(x[i]-x[j])^2)", "4*(n*x - sum(x))"),
    ],
)
def test_two_sides_of_a_diagonal_without_poles(text: str, answer: str) -> None:
    assert str(sd.grad(text, "x")) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("[t > 0]*log(t)^2*relu(t)", "[t > 0]*log(t)*(log(t) + 2)"),
        ("if(t > 0, log(t)*relu(t), 0)", "[t > 0]*(log(t) + 1)"),
        ("[t > 0]*t^relu(t)", "[t > 0]*(log(t) + 1)*t^relu(t)"),
        ("[t > 0]*sqrt(t)*max(t, 0)", "1.5*[t > 0]*sqrt(t)"),
        ("relu(t)^2", "2*relu(t)"),
    ],
)
def test_a_bracket_stays_beside_what_has_no_value_beyond_it(text: str, answer: str) -> None:
    f = sd.parse(text)
    g = sd.grad(f, "t")
    assert str(g) == answer
    for here in (g, sd.parse(answer, given=f)):
        assert here(t=-2.0) == 0
