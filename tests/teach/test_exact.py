"""Exact values: fractions stay fractions, an exact 0 is 0, and what is not exact has no exact value."""

from fractions import Fraction

import numpy as np
import pytest

import symdiff as sd
from symdiff.numeric import evaluate
from symdiff.teach.exact import exact
from tests.printers.test_read_back import node

VALUES = {
    "x": [1, 2, -3],
    "y": [Fraction(1, 3), 2, 5],
    "A": [[1, 2, 0], [0, -1, 4]],
    "S": [[2, 1], [1, 3]],
    "u": [1, 4],
    "a": Fraction(2, 7),
    "b": 3,
}
TYPES = "x, y: vector(3); A: matrix(2,3); S: matrix(2,2); u: vector(2); a, b: scalar; "


@pytest.mark.parametrize(
    "text",
    ["x.y", "A*x", "A'*u", "S*S*u", "tr(S)", "sum(x .* y)", "x*y'", "diag(x)", "diag(S)", "x ./ y", "a*x + b*y", "x .* [x > 0]", "max(x, 0)", "x[2]", "A[1,:]",
     "a^3/b", "a^-2", "sum(i=1..3, x[i]*y[i])", "rowsum(A)", "colsum(A)", "abs(x)", "relu(x)", "sign(x)", "mean(x)", "max(x)", "eye(2)*S - a*S'", "kron(u, x)",
     "vec(A)", "if(x > 0, x, -x)", "x - mean(x)", "norm2(x)^2", "norm2(4*u - 4*u + [3 > 2]*u .* [u > 1])"],
)  # fmt: skip
def test_exact_values_are_those_of_the_compiled_formula(text):
    f = node(sd.parse(TYPES + text))
    (found,) = exact([f], VALUES).values()
    assert all(isinstance(v, Fraction) for v in found.flat)
    floats = {name: np.asarray(value, dtype=float) for name, value in VALUES.items()}
    np.testing.assert_allclose(np.asarray(found, dtype=float), evaluate(f, floats), rtol=1e-12)


@pytest.mark.parametrize("text", ["exp(a)", "sqrt(a)", "norm2(x)", "a^0.5", "1/(a - a)", "sigma(x).y", "pi*a"])
def test_what_is_not_exact_has_no_exact_value(text):
    assert exact([node(sd.parse(TYPES + text))], VALUES) == {}


def test_traces_show_fractions_and_zeros():
    trace = sd.trace(sd.parse("(w.phi - y)^2"), {"w": [Fraction(1, 3), 1], "phi": [1, 2], "y": 2}, "w")
    assert "[2/3, 4/3]" in str(trace) and "1/9" in str(trace) and "0.333" not in str(trace)
    text = str(sd.trace(sd.parse("X: matrix(m,n); b: scalar; norm2(X*w + b)^2"), {"X": [[1, 2]], "w": [0.1, -0.2], "b": 0.3}, "w"))
    assert "e-1" not in text and "[0]" in text  # 0.1 - 0.4 + 0.3 is 0
    assert "0.5" in str(sd.trace(sd.parse("a*b"), {"a": 0.25, "b": 2}, "a"))


def test_the_command_takes_fractions(capsys):
    from symdiff.cli import main

    assert main(["trace", "(w.phi - y)^2", "--wrt", "w", "--at", "w=[1/3, 1]", "--at", "phi=[1,2]", "--at", "y=-1/2"]) == 0
    assert "[17/3, 34/3]" in capsys.readouterr().out
    for wrong in ("w=1/0", "w=1/x", 'w="a"'):
        assert main(["trace", "w^2", "--wrt", "w", "--at", wrong]) == 2
