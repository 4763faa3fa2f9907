"""A bracket stays where what it multiplies has no value without it, and goes where it says nothing."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

GUARDED = [
    ("s*[t > 0]*log(t)*relu(t)", "s", "[t > 0]*t*log(t)"),
    ("s*[t > 0]*sqrt(t)*relu(t)", "s", "[t > 0]*sqrt(t)^3"),
    ("if(t > 0, log(t)^2*relu(t), 0)", "t", "[t > 0]*log(t)*(log(t) + 2)"),
    ("([t > 0]*t^s)^2*relu(t)", "t", "[t > 0]*(2*s + 1)*t^(2*s)"),
    ("exp(-([t > 0]*t^relu(t))^2)", "t", "-2*[t > 0]*(log(t) + 1)*exp(-[t > 0]*t^(2*relu(t)))*t^(2*relu(t))"),
    ("s*max(t, 0)*[t > 0]*log(1 - 1/t)", "s", "[t > 0]*t*log(1 - 1/t)"),
    ("s*relu(t)*[t > 0]/t^2", "s", "[t > 0]/t"),
    ("x: vector(n); sum([x > 0] .* log(x) .* relu(x))", "x", "(log(x) + 1) .* [x > 0]"),
    ("x: vector(n); s*sum(sqrt(x) .* relu(x) .* [x > 0])", "s", "(sqrt(x).^3).[x > 0]"),
]

BARE = [
    ("s*[t > 0]*exp(t)*relu(t)", "s", "relu(t)*exp(t)"),
    ("s*[t > 0]*relu(t)*log(1 + t^2)", "s", "relu(t)*log(1 + t^2)"),
    ("relu(t - mu)^2/sd^2", "t", "2*relu(t - mu)/sd^2"),
    ("x: vector(n); log(sum(relu(x).^2))", "x", "2*relu(x)/relu(x).relu(x)"),
    ("s*[t > 0]*relu(t)*log(u)", "s", "relu(t)*log(u)"),
]


@pytest.mark.parametrize("formula, by, want", GUARDED, ids=lambda part: part)
def test_what_has_no_value_elsewhere_keeps_its_bracket(formula, by, want):
    g = sd.grad(formula, by)
    assert str(g) == want
    point = {name: np.full(2, -3.0) if name == "x" else -3.0 for name in g.variables}
    np.testing.assert_array_equal(g(**point), np.zeros(g.shape and (2,)))


@pytest.mark.parametrize("formula, by, want", BARE, ids=lambda part: part)
def test_a_bracket_that_says_nothing_goes(formula, by, want):
    assert str(sd.grad(formula, by)) == want
