"""Gradients where a divisor of their text is 0: norms, rows, quotients of higher order, products of all entries."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import symdiff as sd

ZERO = [0.0, 0.0]
SINE = math.sin(1) * math.sin(3)

# formula, variable, point, derivative
NORMS = [
    ("norm2(w)", "w", {"w": ZERO}, ZERO),
    ("norm2(w)^2 + norm2(w)", "w", {"w": ZERO}, ZERO),
    ("norm2(w)^2/2 + l*norm2(w)", "w", {"w": ZERO, "l": 2.0}, ZERO),
    ("(norm2(w) + 1)^2", "w", {"w": ZERO}, ZERO),
    ("norm2(w)^1.5", "w", {"w": ZERO}, ZERO),
    ("norm2(w)/(1 + norm2(w))", "w", {"w": ZERO}, ZERO),
    ("log(1 + norm2(w))", "w", {"w": ZERO}, ZERO),
    ("sin(norm2(w))*c.w", "w", {"w": ZERO, "c": [1.0, 2.0]}, ZERO),
    ("norm2(w .* c)", "w", {"w": ZERO, "c": [1.0, 2.0]}, ZERO),
    ("norm2(w .* c)^2 + norm2(w .* c)", "w", {"w": ZERO, "c": [1.0, 2.0]}, ZERO),
    ("norm2((w .* c) .^ 2)", "w", {"w": ZERO, "c": [1.0, 2.0]}, ZERO),
    ("norm2(A*x - b)", "x", {"A": [[1.0, 2], [3, 4]], "x": [1.0, 1], "b": [3.0, 7]}, ZERO),
    ("norm2(A*x - b)^2 + norm2(A*x - b)", "x", {"A": [[1.0, 2], [3, 4]], "x": [1.0, 1], "b": [3.0, 7]}, ZERO),
    ("norm2(x - y)^2 + norm2(y - x)", "y", {"x": [1.0, 2], "y": [1.0, 2]}, ZERO),
]
ROWS = [
    ("sum(i=1..n, norm2(X[i]))", [[0.6, 0.8], ZERO]),
    ("sum(i=1..n, norm2(X[i])^2 + norm2(X[i]))", [[6.6, 8.8], ZERO]),
    ("sum(i=1..n, norm2(X[i])^3)", [[45, 60], ZERO]),
    ("sum(i=1..n, norm2(X[i]))^2", [[6, 8], ZERO]),
    ("sum(i=1..n, huber(norm2(X[i]), 1))", [[0.6, 0.8], ZERO]),
    ("sum(i=1..n, j=1..n, norm2(X[i]) + norm2(X[i] - X[j])^2)", [[13.2, 17.6], [-12, -16]]),
    ("sum(i=1..n, norm2(2*X[i]))", [[1.2, 1.6], ZERO]),
    ("sum(i=1..n, i*norm2(X[i]))", [[0.6, 0.8], ZERO]),
]
PRODUCTS = [
    ("prod(x)", "x", {"x": [0.0, 2, 3]}, [6, 0, 0]),
    ("prod(x)*sum(x)", "x", {"x": [0.0, 2, 3]}, [30, 0, 0]),
    ("prod(x)^2*sum(x)", "x", {"x": [0.0, 2, 3]}, [0, 0, 0]),
    ("prod(2*(x - mean(x)))", "x", {"x": [0.0, 1, 2]}, [8 / 3, -16 / 3, 8 / 3]),
    ("prod(sum(x)*x)", "x", {"x": [0.0, 1, 2]}, [54, 0, 0]),
    ("(prod(x) - 3)^2", "x", {"x": [0.0, 1, 2]}, [-12, 0, 0]),
    ("prod(x)*(prod(x) + sum(x))", "x", {"x": [0.0, 1, 2]}, [6, 0, 0]),
    ("prod(sum(x)*x)", "x", {"x": [0.0, 1, -1]}, [0, 0, 0]),
    ("prod(sin(x))", "x", {"x": [0.0, 1, 3]}, [SINE, 0, 0]),
    ("prod(i=1..n, c + x[i])", "c", {"x": [1.0, 0, 3], "c": 0.0}, 3),
    ("x: vector(n); prod(i=1..n, sum(j=1..i, x[j]))", "x", {"x": [1.0, -1, 3]}, [3, 3, 0]),
    ("prod(x*y')", "x", {"x": [0.0, 2], "y": [1.0, 3]}, ZERO),
    ("x, y: vector(n); prod(A*x - y)", "x", {"A": [[1.0, -1], [2, 1]], "x": [1.0, 1], "y": ZERO}, [3, -3]),
    ("sum(rowprod(A))", "A", {"A": [[0.0, 2], [3, 4]]}, [[2, 0], [4, 3]]),
    ("A: matrix(m,n); c: vector(m); c.rowprod(A)", "A", {"A": [[0.0, 2], [0, 0]], "c": [2.0, 3]}, [[4, 0], ZERO]),
    ("prod(rowprod(A))", "A", {"A": [[0.0, 2], [3, 4]]}, [[24, 0], ZERO]),
    ("A: matrix(m,n); prod(A)", "A", {"A": [[0.0, 2], [3, 0]]}, [ZERO, ZERO]),
    ("tr(A)*prod(diag(A))", "A", {"A": [[0.0, 2], [3, 4]]}, [[16, 0], ZERO]),
    ("x: vector(n); sum(sqrt(x.^6))", "x", {"x": [0.0, 1]}, [0, 3]),
    # what divides by sum(x) and by norms as well
    ("x: vector(n); prod(rowsum(norm2(x)*x*x' + (norm2(x)*x*x')'))", "x", {"x": [0.0, 1, 0.5]}, [27 * 5**1.5 / 16, 0, 0]),
    ("x: vector(n); softplus(prod(rowsum(x*x' + (x*x')')))^2", "x", {"x": [-1.0, 1, 0]}, [0, 0, 0]),
    ("x: vector(n); prod(x) + 2*prod(abs(x).^3)", "x", {"x": [0.0, 1, 0]}, [0, 0, 0]),
]  # fmt: skip
APART = ("prod(rowprod(A))",)
CASES = [*NORMS, *[("X: matrix(n,d); " + text, "X", {"X": [[3.0, 4.0], ZERO]}, want) for text, want in ROWS], *PRODUCTS]


@pytest.mark.parametrize(("text", "wrt", "at", "wanted"), CASES)
def test_gradients(text, wrt, at, wanted, target):
    g = sd.grad(sd.parse(text), wrt)
    values = {name: json.loads(json.dumps(v)) for name, v in at.items()}
    np.testing.assert_allclose(np.asarray(g.compile(target)(values)), wanted, rtol=1e-12, atol=1e-14, err_msg=str(g))


@pytest.mark.parametrize(("text", "wrt", "at", "wanted"), [case for case in CASES if case[0] not in APART])
def test_numbers_of_the_trace(text, wrt, at, wanted):
    """All but those in which one divides by entries before rows meet."""
    f = sd.parse(text)
    np.testing.assert_allclose(sd.trace(f, at).answers[wrt], wanted, rtol=1e-9, atol=1e-12)


# Slices whose rows meet others of the same vector, of which the derivative is that without them.
MEETING = [
    ("sum(i=2..n, y[i]*sum(j=1..i, sqrt(abs(x[i] - x[j]))))", "sum(i=2..n, y[i]*sum(j=1..i-1, sqrt(abs(x[i] - x[j]))))"),
    ("sum(i=2..n, y[i]*sum(j=2..i, cbrt(x[i] - x[j])))", "sum(i=2..n, y[i]*sum(j=2..i-1, cbrt(x[i] - x[j])))"),
    ("sum(i=1..n-1, sum(j=2..n, y[j]*sqrt(abs(x[i] - x[j]))))", "sum(i=1..n-1, sum(j=2..n, [i != j]*y[j]*sqrt(abs(x[i] - x[j]))))"),
]


@pytest.mark.parametrize(("text", "apart"), MEETING)
def test_rows_of_slices_that_meet(text, apart):
    f, without = [sd.parse("x, y: vector(n); " + t) for t in (text, apart)]
    at = {"x": np.array([0.3, 1.7, -0.4, 0.9]), "y": np.array([1.0, -2.0, 0.5, 3.0])}
    g = sd.grad(f, "x")
    wanted = sd.grad(without, "x")(at)
    np.testing.assert_allclose(g(at), wanted, rtol=1e-12)
    np.testing.assert_allclose(sd.parse(str(g), given=f)(at), wanted, rtol=1e-12)
    assert sd.verify(f, "x", g).ok
    with np.errstate(divide="ignore", invalid="ignore"):  # where a bracket lies across the slices
        np.testing.assert_allclose(sd.hessian(f, "x")(at), sd.hessian(without, "x")(at), rtol=1e-12)


POLES = [  # nothing is hidden: these have no value
    ("log(norm2(w))", "w", {"w": ZERO}),
    ("1/norm2(w)", "w", {"w": ZERO}),
    ("w.c/norm2(w)^2", "w", {"w": ZERO, "c": [1.0, 2.0]}),
    ("sqrt(norm2(w))", "w", {"w": ZERO}),
    ("prod(x)/x[1]^2", "x", {"x": [0.0, 2.0]}),
    ("sum(log(x)) + prod(x)", "x", {"x": [0.0, 2.0]}),
]


# Quotients that come with a name and without it, and denominators with a factor that is never 0.
TRACED = [
    ("prod(x*y')", "x", {"x": [0.0, 1.0], "y": [2.0, 1.0]}, ZERO),
    ("prod(x*y')^3 + prod(x*y')", "x", {"x": ZERO, "y": [2.0, 1.0]}, ZERO),
    ("abs(prod(y*x'))", "y", {"x": [0.0, 1.0], "y": [2.0, 1.0]}, ZERO),
    ("s = n*(x.x); s + sqrt(s^4)", "x", {"x": ZERO}, ZERO),
    ("s = sum(i=1..n, j=1..n, x[j]*x[j]); 1 + s + sqrt(s^4)", "x", {"x": ZERO}, ZERO),
]


@pytest.mark.parametrize(("text", "wrt", "at", "wanted"), TRACED)
def test_numbers_of_a_trace_with_quotients_that_nothing_simplifies(text, wrt, at, wanted):
    np.testing.assert_array_equal(sd.trace("x, y: vector(n); " + text, at).answers[wrt], wanted)


@pytest.mark.parametrize(("text", "wrt", "at"), POLES)
def test_poles_stay(text, wrt, at, target):
    with np.errstate(all="ignore"):
        assert not np.isfinite(np.asarray(sd.grad(sd.parse(text), wrt).compile(target)(at))).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("text", ["cos(norm2(w))", "log(cosh(norm2(w)))", "norm2(w .^ 2)"])
def test_a_second_derivative_that_stays_when_signs_change_is_not_0(text):
    """The true ones are -1, 1 and 2 on the diagonal; they have no value here, but not a wrong one."""
    found = np.asarray(sd.hessian(f"w: vector(n); {text}", "w")(w=[0.0, 0.0]))
    assert not np.any(np.diag(found) == 0)


@pytest.mark.parametrize(
    ("text", "point", "want"),
    [
        ("x: vector(n); prod(rowsum(x*x'))", [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        ("x: vector(n); norm2(2*x - norm2(x)*x)", [0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_code_follows_the_sweep_where_the_answer_divides_by_0(text, point, want):
    np.testing.assert_allclose(sd.grad(text, "x")(x=point), want)


POINTS = {"X": [[0.0, 0], [1, 0], [0, 2]], "Y": [[0.0, 0], [1, 1.5]]}
FLAT = [2.0, 2, 2]
ROOT, SLOPE = 1 / math.sqrt(3.25), 1 / math.sqrt(1.25)


@pytest.mark.parametrize(
    ("text", "wrt", "at", "wanted"),
    [
        (
            "X: matrix(n,d); Y: matrix(m,d); sum(i=1..n, j=1..m, norm2(X[i] - Y[j]))",
            "X",
            POINTS,
            [[-ROOT, -1.5 * ROOT], [1, -1], [-SLOPE, 1 + 0.5 * SLOPE]],
        ),
        ("X: matrix(n,d); c: vector(d); sum(i=1..n, norm2(X[i] - c))", "c", {"X": [[1.0, 0], [4, 4]], "c": [1.0, 0]}, [-0.6, -0.8]),
        ("x: vector(n); std(x)", "x", {"x": FLAT}, [0, 0, 0]),
        ("sum(rowstd(X))", "X", {"X": [[1.0, 1], [1, 3]]}, [[0, 0], [-0.5, 0.5]]),
        ("sum(colstd(X))", "X", {"X": [[1.0, 1], [1, 3]]}, [[0, -0.5], [0, 0.5]]),
        ("x, y: vector(n); sqrt(mean((x - y).^2))", "x", {"x": FLAT, "y": FLAT}, [0, 0, 0]),
        ("X: matrix(m,n); sqrt(sum((X*w - y).^2)/m)", "w", {"X": [[1.0, 2], [3, 4]], "w": [1.0, 1], "y": [3.0, 7]}, ZERO),
        ("x: vector(n); S: psd matrix(n,n); sqrt(x'*S*x)", "x", {"x": ZERO, "S": [[2.0, 1], [1, 2]]}, ZERO),
        ("x: vector(n); A: matrix(m,n); sqrt(x'*A'*A*x)", "x", {"x": ZERO, "A": [[2.0, 1], [1, 2]]}, ZERO),
        ("x: vector(n); norm(x, 3)", "x", {"x": ZERO}, ZERO),
        ("x: vector(n); norm(x, p)", "x", {"x": ZERO, "p": 2.5}, ZERO),
        ("x: vector(n); sum(abs(x).^3)^(1/3)", "x", {"x": ZERO}, ZERO),
    ],
)
def test_norms_however_they_are_written(text, wrt, at, wanted, target):
    g = sd.grad(sd.parse(text), wrt)
    np.testing.assert_allclose(np.asarray(g.compile(target)(at)), wanted, rtol=1e-12, atol=1e-14, err_msg=str(g))


@pytest.mark.parametrize("text", ["sqrt(a^2 + b^2)", "hypot(a, b)"])
def test_lengths_of_two_numbers(text):
    for target in ("numpy", "math", "torch"):
        assert float(sd.grad(sd.parse(text), "a").compile(target)(a=0.0, b=0.0)) == 0


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("sum(i=1..n, j=1..n, sqrt(abs(x[n+1-i] - x[j])))", lambda x: x[::-1]),
        ("sum(i=1..n-1, j=1..n, abs(x[i+1] - x[j])^0.3)", lambda x: x[1:]),
        ("sum(i=1..n-1, j=1..n, sqrt(abs(x[i+1] - x[j])))", lambda x: x[1:]),
    ],
)
def test_roots_of_distances_where_two_indices_meet(text, shift, target):
    """A pair of one entry with itself adds nothing, however its places are written."""
    x = np.asarray([0.3, -0.2, 0.9, 0.1])
    power = 0.3 if "0.3" in text else 0.5

    def value(x):
        return (abs(np.subtract.outer(shift(x), x)) ** power).sum()

    wanted = [(value(x + h) - value(x - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(np.asarray(sd.grad(sd.parse(text), "x").compile(target)(x=x)), wanted, rtol=1e-6)
