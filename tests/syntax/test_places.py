"""Ranges, shifted entries, the index as a number, and indices that count an axis together, against loops in NumPy."""

import math

import numpy as np
import pytest

import symdiff as sd
from symdiff.numeric import evaluate
from symdiff.syntax import parse

M, N = 5, 4
rng = np.random.default_rng(11)
x, y = np.sort(rng.uniform(0.5, 2.0, M)) + np.arange(M), rng.standard_normal(M)
A, v = rng.standard_normal((M, N)), rng.standard_normal(M * N)
TYPES = "x, y: vector(m); A: matrix(m,n); z: vector(6); t: scalar; "
VALUES = {"x": x, "y": y, "A": A, "v": v, "z": np.arange(6.0), "t": 1.3, "m": M, "n": N}

CASES = [
    ("sum(i=2..m, (x[i] - x[i-1])^2)", np.sum(np.diff(x) ** 2)),
    ("sum(i=2..m, 1/(x[i] - x[i-1]))", np.sum(1 / np.diff(x))),
    ("sum(i=3..m, log(x[i] - x[i-2]))", np.sum(np.log(x[2:] - x[:-2]))),
    ("sum(i=1..m-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)),
    ("sum(i=2..m-1, sqrt(x[i+1] - x[i-1])*y[i])", np.sum(np.sqrt(x[2:] - x[:-2]) * y[1:-1])),
    ("mean(i=2..m, x[i]*x[i-1])", np.mean(x[1:] * x[:-1])),
    ("prod(i=2..m, x[i] - x[i-1])", np.prod(np.diff(x))),
    ("sum(i=1..m-1, norm2(A[i+1] - A[i]))", np.sum(np.linalg.norm(np.diff(A, axis=0), axis=1))),
    ("sum(i=2..m, sum(j=2..n, A[i,j]*A[i-1,j-1]))", np.sum(A[1:, 1:] * A[:-1, :-1])),
    ("sum(i=1..m, [i > 1]*(x[i] - x[i-1])^2)", np.sum(np.diff(x) ** 2)),
    ("sum(i=1..m, [i < m]*x[i]*x[i+1]/2)", np.sum(x[1:] * x[:-1]) / 2),
    ("sum(i=1..m, if(i == 1, 0, x[i-1]*y[i]))", np.sum(x[:-1] * y[1:])),
    ("sum(i=1..m, if(i <= m-2, x[i+1]*x[i+2], y[i]))", np.sum(x[1:-1] * x[2:]) + np.sum(y[-2:])),
    ("tensor(i=1..m, (x[i] - x[i - 1])*[i >= 2] - (x[i + 1] - x[i])*[i <= m-1])", np.diff(x, prepend=x[0]) - np.diff(x, append=x[-1])),
    ("sum(i=1..m, [i != 1]*x[i-1]*[i < m]*x[i+1])", np.sum(x[:-2] * x[2:])),
    ("sum(i=1..m, [i < m]*x[m-i]*y[i])", np.sum(x[-2::-1] * y[:-1])),
    ("sum(i=2..5, z[i-1]*z[i+1])", sum(k * (k + 2) for k in range(4))),
    ("sum(i=1..3, z[i]^2)", 5.0),
    ("sum(i=1..10, i)", 55.0),
    ("sum(i=3..m, t)", (M - 2) * 1.3),
    ("mean(i=2..m, t)", 1.3),
    ("prod(i=2..m, t)", 1.3 ** (M - 1)),
    ("sum(i=1..m, x[i]/i)", np.sum(x / np.arange(1, M + 1))),
    ("sum(i=2..m, x[i]/(i - 1))", np.sum(x[1:] / np.arange(1, M))),
    ("sum(i=1..m, sum(j=1..m, [i > j]*x[i]*y[j]))", sum(x[i] * y[j] for i in range(M) for j in range(i))),
    ("tensor(i=1..m, j=1..n, v[(i - 1)*n + j])", v.reshape(M, N)),
    ("tensor(r=1..m*n, A[floor((r - 1)/n) + 1, r - floor((r - 1)/n)*n])", A.reshape(-1)),
    ("tensor(r=1..n*m, A[r - floor((r - 1)/m)*m, floor((r - 1)/m) + 1])", A.T.reshape(-1)),
    ("sum(r=1..m*n, v[r]*A[floor((r - 1)/n) + 1, r - floor((r - 1)/n)*n])", v @ A.reshape(-1)),
    ("tensor(r=1..m*n, r*v[r] + y[floor((r - 1)/n) + 1])", np.arange(1, M * N + 1) * v + np.repeat(y, N)),
]


# fmt: off
PARTS = [  # an index that is used by one of its parts: the other part counts, too
    ("sum(j=1..2*size(x), x[floor((j - 1)/2) + 1] + t)",        20.0),
    ("sum(j=1..2*size(x), x[floor((j - 1)/2) + 1]*t)",          14.0),
    ("sum(j=1..2*size(x), x[floor((j - 1)/2) + 1]^2)",          42.0),
    ("mean(j=1..2*size(x), x[floor((j - 1)/2) + 1])",           7 / 3),
    ("prod(j=1..2*size(x), x[floor((j - 1)/2) + 1])",           64.0),
    ("sum(i=1..size(x), j=1..3*size(x), x[i]*x[floor((j - 1)/3) + 1])", 147.0),
    ("sum(kron(x*ones(1)', ones(1, 2)) + t)",                   20.0),
    ("sum(exp(kron(x*ones(1)', ones(1, 2)) - t))",              2 * (1 + math.e + math.exp(3))),
]
# fmt: on


@pytest.mark.parametrize(("text", "value"), PARTS)
def test_every_part_of_an_index_counts(text: str, value: float) -> None:
    f = sd.parse(text, t="scalar")
    at = {"x": [1.0, 2.0, 4.0], "t": 1.0}
    assert f(**{name: at[name] for name in f.variables}) == pytest.approx(value)
    scaled = sd.grad(sd.parse(f"s*({text})", t="scalar", s="scalar"), "s")
    assert scaled(**{name: at[name] for name in scaled.variables}) == pytest.approx(value), str(scaled)


@pytest.mark.parametrize(("text", "value"), [pytest.param(t, w, id=t) for t, w in CASES])
def test_place(text: str, value: object) -> None:
    got = np.asarray(evaluate(parse(TYPES + text).expr, VALUES))
    want = np.asarray(value, dtype=float)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("text", [text for text, _ in CASES if "x[i-1]" in text or "x[i+1]" in text])
def test_derivatives_of_shifted_entries(text: str) -> None:
    f = sd.parse(TYPES + text)
    g = sd.grad(f, "x")
    assert sd.verify(f, "x", g).ok
    assert sd.parse(str(g), given=f) == g
    slope = [(f.compile()(VALUES | {"x": x + e}) - f.compile()(VALUES | {"x": x - e})) / 2e-6 for e in 1e-6 * np.eye(M)]
    np.testing.assert_allclose(g.compile()(VALUES), slope, rtol=1e-5)


@pytest.mark.parametrize(
    ("formula", "wrt"),
    [
        ("X: matrix(m,n); A: matrix(p,m); B: matrix(n,q); vec(A*X*B)", "X"),
        ("x: vector(m); y: vector(n); kron(x, y)", "y"),
        ("X: matrix(m,n); A: matrix(p,q); kron(A, X)", "X"),
        ("X: matrix(m,n); softmax(vec(X))", "X"),
    ],
)
def test_answers_with_merged_axes_read_back(formula: str, wrt: str) -> None:
    f = sd.parse(formula)
    g = sd.jacobian(f, wrt)
    assert sd.parse(str(g), given=f) == g
    assert sd.verify(f, wrt, g).ok
