"""Index notation and its text: what is read is the node that was written, and products are flat."""

import numpy as np
import pytest

import symdiff as sd

FORMULAS = [
    ("A: matrix(m, n); A", "A", ""),
    ("A: matrix(m, n); A'", "A", ""),
    ("Q: matrix(n, n); det(Q)", "Q", "Q"),
    ("x: vector(n); softmax(x)", "x", "x"),
    ("x: vector(n); x .* x .* x", "x", "x"),
    ("X: matrix(m, n); norm2(X)", "X", "X"),
    ("X: matrix(m, n); inv(X'*X)", "X", ""),
    ("X: matrix(m, n); softmax(X)", "X", ""),
    ("X: matrix(m, n); Y: matrix(n, k); sigma(X*Y)", "Y", ""),
    ("x: vector(n); A: matrix(n, n); (x'*A*x)*A", "x", ""),
    ("z: vector(n); tanh(z')", "z", ""),
    ("P: matrix(n, n); x: vector(n); mean(i=1..n, sum(P/x[i]))", "x", "P"),
    ("A: matrix(1, n); colsum(A + A)", "A", ""),
    ("x: vector(n); y: vector(m); vec(x*y')", "x", ""),
    ("X: matrix(m, n); kron(X, X)", "X", ""),
    ("a, b: vector(3); cross(a, exp(b))", "b", "b"),
    ("x: vector(n); P: matrix(n, 3); q: vector(3); sum(i=1..n, norm2(cross(P[i], q))^2*x[i])", "P", "q"),
    ("A: matrix(2, 3); cumsum(A)", "A", ""),
    ("t: scalar; x: vector(n); exp(vector(0.5, n)' - t)*x", "x", ""),
]


def derivative(formula: str, first: str, second: str) -> tuple[sd.Formula, sd.Formula]:
    f = sd.parse(formula)
    g = sd.jacobian(f, first)
    return f, sd.jacobian(g, second) if second else g


@pytest.mark.parametrize(("formula", "first", "second"), FORMULAS, ids=[f for f, *_ in FORMULAS])
def test_what_is_read_is_what_was_written(formula: str, first: str, second: str) -> None:
    f, g = derivative(formula, first, second)
    assert sd.parse(str(g), given=f) == g


@pytest.mark.parametrize(
    ("formula", "first", "second", "entry"),
    [
        ("x: vector(n); x .* x .* x", "x", "x", "6*x[i]*eye(n)[i,j]*eye(n)[i,k]"),
        ("X: matrix(m, n); sum(exp(X).^2)", "X", "X", "4*exp(2*X[i,j])*eye(m)[i,k]*eye(n)[j,l]"),
        ("X: matrix(m, n); X'", "X", "", "eye(n)[i,l]*eye(m)[j,k]"),
    ],
)
def test_products_are_flat(formula: str, first: str, second: str, entry: str) -> None:
    _, g = derivative(formula, first, second)
    assert str(g).endswith(f", {entry})")
    assert len(g.expr.args) == entry.count("*") + 1 - entry.count("2*X")


def test_rows_of_a_cross_product() -> None:
    _, g = derivative("a, b: vector(3); cross(a, b)", "a", "")
    assert str(g) == "tensor(i=1..3, j=1..3, cross(b, eye(3)[i])[j])"
    b = np.array([4.0, -1.0, 0.5])
    assert np.allclose(g(b=b), np.stack([np.cross(e, b) for e in np.eye(3)], axis=1))


def test_cross_products_of_cross_products_are_nested_in_index_notation() -> None:
    f, g = derivative("a, b, c: vector(3); cross(a, cross(b, c))", "c", "")
    assert str(g) == "tensor(i=1..3, j=1..3, cross(cross(eye(3)[i], a), b)[j])"
    a, b = np.array([4.0, -1.0, 0.5]), np.array([1.0, 2.0, -3.0])
    assert np.allclose(g(a=a, b=b), np.stack([np.cross(a, np.cross(b, e)) for e in np.eye(3)], axis=1))
    assert sd.parse(str(g), given=f) == g


@pytest.mark.parametrize(
    "formula",
    [
        "sum(i=2..n, c[i-1]*sum(j=1..i, y[j]))",
        "sum(i=1..n-1, c[i]*sum(j=2..i + 1, y[j]))",
        "sum(i=2..n, (c[i] - c[i-1])*sum(j=2..i, 2*y[j]))",
    ],
)
def test_a_range_ends_on_its_axis_whatever_brackets_say_beside_it(formula):
    f = sd.parse(f"y, c: vector(n); {formula}")
    for x in ("c", "y"):
        g = sd.grad(f, x)
        assert sd.parse(str(g), given=f).expr is g.expr
