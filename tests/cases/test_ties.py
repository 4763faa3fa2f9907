"""Maxima whose arguments agree on whole regions: the derivative is theirs, not 0."""

from __future__ import annotations

import pytest

import symdiff as sd

# formula, variable, point, derivative there
AGREEING = [
    ("min(r*A, clip(r, 1 - c, 1 + c)*A)", "r", {"r": 1.1, "A": 3.0, "c": 0.2}, 3.0),
    ("min(r*A, clip(r, 1 - c, 1 + c)*A)", "r", {"r": 0.7, "A": 3.0, "c": 0.2}, 3.0),
    ("min(r*A, clip(r, 1 - c, 1 + c)*A)", "r", {"r": 1.3, "A": 3.0, "c": 0.2}, 0.0),
    ("min(r*A, clip(r, 1 - c, 1 + c)*A)", "A", {"r": 1.1, "A": 3.0, "c": 0.2}, 1.1),
    ("max(relu(x), x)", "x", {"x": 2.0}, 1.0),
    ("max(x, abs(x))", "x", {"x": 2.0}, 1.0),
    ("h = max(x, 0); max(h, x^3)", "x", {"x": 0.5}, 1.0),
    ("max([x > 0]*x, x)", "x", {"x": 2.0}, 1.0),
    ("max(max(x, y), x)", "x", {"x": 2.0, "y": 1.0}, 1.0),
]


@pytest.mark.parametrize(("formula", "name", "point", "slope"), AGREEING)
def test_where_both_arguments_agree_the_derivative_is_theirs(formula, name, point, slope):
    f = sd.parse(formula)
    g = sd.grad(f, name)
    assert float(g(**point)) == pytest.approx(slope)
    assert sd.verify(f, name, g)


def test_entry_by_entry():
    f = sd.parse("x: vector(n); sum(max(x, clip(x, 0, 1)))")
    assert list(sd.grad(f, "x")(x=[-1.0, 0.5, 3.0])) == [0.0, 1.0, 1.0]


def test_a_tie_of_values_that_share_a_variable_is_of_the_first():
    assert str(sd.grad(sd.parse("max(max(x, y), z)"), "z")) == "[z > max(x, y)]"
    assert str(sd.grad(sd.parse("max(a*x, x)"), "x")) == "if(a*x >= x, a, 1)"


def test_a_tie_here_and_not_there_is_no_obstacle_to_verification():
    f = sd.parse("max(relu(x), x)")
    wrong = sd.parse("[x > 1]", x="scalar")
    assert sd.verify(f, "x", wrong).ok is False
