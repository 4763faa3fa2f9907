"""v == max(v) is not rearranged: with terms moved, rounding would leave no entry equal to the largest."""

import numpy as np
import pytest

import symdiff as sd

FORMULAS = [
    "x: vector(n); max(sin(x) - 10*x)",
    "x: vector(n); max(1 - x)",
    "x: vector(n); min(x/3 - exp(x))",
    "x: vector(n); norminf(sin(x)/3 - 10*x)",
    "x: vector(n); m = max(sin(x) - 10*x); m^2",
    "x: vector(n); c: scalar; max(c*x - x/3)",
    "x: matrix(m, n); sum(rowmax(sin(x)/7 - x))",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_gradient_of_a_largest_entry(formula: str) -> None:
    f = sd.parse(formula)
    g = sd.grad(f, "x")
    rng = np.random.default_rng(0)
    value, derivatives = f.compile("numpy"), [e.compile("numpy") for e in (g, g.expand())]
    for _ in range(50):
        x, step = rng.normal(size=(2, 3, 4) if "matrix" in formula else (2, 5))
        difference = (value({"x": x + 1e-7 * step, "c": 0.37}) - value({"x": x - 1e-7 * step, "c": 0.37})) / 2e-7
        for derivative in derivatives:
            assert abs((derivative({"x": x, "c": 0.37}) * step).sum() - difference) < 1e-4 * (1 + abs(difference))
