"""Brackets of an axis' own index in NumPy code: slices and zeros written in place of products with truth values."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

torch = pytest.importorskip("torch")

FORMULAS = [
    ("x, y: vector(n); sum(i=2..n-1, x[i]*y[i])", "x"),
    ("x: vector(n); sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", "x"),
    ("x: vector(n); a: scalar; b: scalar; sum(i=3..n, (x[i] - a*x[i-1] - b*x[i-2])^2)", "a"),
    ("x: vector(n); a: scalar; b: scalar; sum(i=3..n, (x[i] - a*x[i-1] - b*x[i-2])^2)", "x"),
    ("x: vector(n); a: scalar; a^2*sum(i=1..n, [i <= n - 3]*x[i]^3)", "a"),
    ("x: vector(n); a: scalar; a^2*sum(i=1..n, [i >= n - 3]*x[i]^3)", "a"),
    ("x: vector(n); a: scalar; a^2*sum(i=1..n, [i > n - 3]*[i < 4]*[i > 1]*x[i]^3)", "x"),
    ("x: vector(n); a: scalar; a^2*sum(i=1..n, [n - 2 >= i]*[i != 2]*exp(x[i]))", "x"),
    ("X: matrix(m,n); sum(i=2..m, sum(j=1..n, (X[i,j] - X[i-1,j])^2)) + sum(i=1..m, sum(j=2..n, (X[i,j] - X[i,j-1])^2))", "X"),
    ("X: matrix(m,n); v: vector(n); sum(i=1..m, j=2..n-1, exp(X[i,j])*v[j])", "X"),
    ("X: matrix(m,n); v: vector(n); sum(i=1..m, j=2..n-1, exp(X[i,j])*v[j])", "v"),
    ("X: matrix(m,n); sum(j=2..n, sum(i=1..m, X[i,j])^2)", "X"),
    ("x: vector(n); w: vector(n); sum(i=1..n, if(i > 2, x[i]*log(w[i]^2), 0))", "w"),
]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("formula, wrt", FORMULAS)
def test_it_is_what_products_with_the_brackets_are(formula, wrt, size):
    g = sd.grad(formula, wrt)
    if not size and "X[i-1" in formula:
        return
    rng = np.random.default_rng(size)
    sizes = {"n": size, "m": 3}
    shapes = {"x": ("n",), "y": ("n",), "w": ("n",), "v": ("n",), "a": (), "b": (), "X": ("m", "n")}
    names = [name for name in shapes if f"{name}: " in formula or f", {name}: " in formula or f"{name}, " in formula.partition(":")[0]]
    values = {name: rng.standard_normal([sizes[d] for d in shapes[name]]) for name in names}
    kept = {name: np.copy(value) for name, value in values.items()}
    found = g.compile("numpy")(**values)
    wanted = g.compile("torch")(**{name: torch.tensor(value) for name, value in values.items()})
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-12, atol=1e-12)
    for name, value in values.items():
        np.testing.assert_array_equal(value, kept[name], err_msg="an argument was written over")


@pytest.mark.parametrize(
    "formula, wrt, line",
    [
        ("x, y: vector(n); sum(i=2..n-1, x[i]*y[i])", "x", "return _only(y.copy(), 1, max(n - 1, 0))"),
        ("x, y: vector(n); a: scalar; a^2*sum(i=2..n, x[i]*y[i])", "a", "return 2*a*(x[1:] @ y[1:])"),
        ("X: matrix(m,n); sum(i=1..m, j=3..n, X[i,j]^3)", "X", "return _only(3*X**2, 2, None, 1)"),
    ],
)
def test_no_truth_values_are_made(formula, wrt, line):
    text = sd.grad(formula, wrt).code("numpy", bare=True)
    assert line in text
    assert "arange" not in text
