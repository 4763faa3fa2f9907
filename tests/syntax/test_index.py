"""Index sums and entries against loops written out in NumPy."""

import re
from typing import Any

import numpy as np
import pytest

from symdiff.numeric import evaluate
from symdiff.syntax import parse

M, N = 3, 4
rng = np.random.default_rng(7)
VALUES: dict[str, Any] = {
    "x": rng.standard_normal(M),
    "u": rng.standard_normal(N),
    "y": rng.standard_normal(M),
    "A": rng.standard_normal((M, N)),
    "B": rng.standard_normal((N, N)),
    "c": 1.7,
}
TYPES = "x, y: vector(m); u: vector(n); A: matrix(m,n); B: matrix(n,n); c: scalar; "
x, u, y, A, B, c = VALUES.values()

CASES = [
    ("sum(i=1..m, x[i]^2)", sum(x[i] ** 2 for i in range(M))),
    ("sum(i, x[i])", x.sum()),
    ("mean(i=1..m, x[i]*y[i])", np.mean(x * y)),
    ("prod(i=1..m, x[i])", np.prod(x)),
    ("sum(i=1..m, sum(j=1..n, x[i]*A[i,j]*u[j]))", x @ A @ u),
    ("sum(j=1..n, sum(i=1..m, x[i]*A[i,j]*u[j]))", x @ A @ u),
    ("sum(i=1..m, j=1..n, exp(x[i] - u[j])/A[i,j]^2)", np.sum(np.exp(x[:, None] - u) / A**2)),
    ("sum(i=1..m, max(1 - y[i]*u.A[i], 0))", np.sum(np.maximum(1 - y * (A @ u), 0))),
    ("sum(i=1..m, (A[i,:].u - y[i])^2)", np.sum((A @ u - y) ** 2)),
    ("sum(j=1..n, A[:,j])", A.sum(axis=1)),
    ("sum(j=1..n, A[:,j].x*u[j])", x @ A @ u),
    ("sum(i=1..m, norm2(A[i] - u)^2)", np.sum((A - u) ** 2)),
    (
        "sum(i=1..m, norm1(A[i]) + norminf(A[i]) + max(A[i]) + mean(A[i]) + sum(A[i]))",
        np.sum(np.abs(A)) + np.abs(A).max(axis=1).sum() + A.max(axis=1).sum() + A.mean(axis=1).sum() + A.sum(),
    ),
    ("sum(i=1..m, A[i]'*B*A[i])", np.trace(A @ B @ A.T)),
    ("sum(i=1..m, A[i]*A[i]')", A.T @ A),
    ("sum(i=1..m, x[i]*(B*A[i]))", B @ A.T @ x),
    (
        "sum(i=1..m, logsumexp(A[i]) - softmax(A[i]).u)",
        np.sum(np.log(np.exp(A).sum(axis=1))) - np.sum((np.exp(A) / np.exp(A).sum(axis=1, keepdims=True)) @ u),
    ),
    ("sum(i=1..n, B[i,i])", np.trace(B)),
    ("sum(i=1..n, j=1..n, B[j,i]*u[i]*B[i,j])", np.einsum("ji,i,ij", B, u, B)),
    ("sum(i=1..m, c)", M * c),
    ("mean(i=1..m, c)", c),
    ("prod(i=1..m, c)", c**M),
    ("sum(i=1..m, c*x[i] + c)", c * x.sum() + M * c),
    ("sum(i=1..m, i*x[i])", np.arange(1, M + 1) @ x),
    ("sum(i=1..m, [x[i] > y[i]]*if(x[i] > 0, x[i], y[i]))", np.sum((x > y) * np.where(x > 0, x, y))),
    ("sum(i=1..m, A[i,2]*x[1])", A[:, 1].sum() * x[0]),
    ("sum(i=1..m, diag(A[i])*u)", A.sum(axis=0) * u),
    ("sum(i=1..m, tr(diag(A[i])))", A.sum()),
    ("sum(i=1..m, outer(u, A[i]))", np.outer(u, A.sum(axis=0))),
    ("sum(i=1..m, hinge(x[i]) + squared(y[i]))", np.sum(np.maximum(1 - x, 0)) + np.sum(y**2)),
    ("sum(i=1..m, vector(x[i], n))", np.full(N, x.sum())),
    ("sum(i=1..m, 2 .^ A[i])", (2**A).sum(axis=0)),
    ("sum(i=1..m, x[i]^2) + sum(i=1..n, u[i])", np.sum(x**2) + u.sum()),
    ("tensor(i=1..m, j=1..n, x[i]*u[j])", np.outer(x, u)),
    ("tensor(j=1..n, i=1..m, A[i,j])", A.T),
    ("tensor(i=1..m, j=1..n, k=1..n, A[i,j]*u[k])", np.einsum("ij,k->ijk", A, u)),
    ("tensor(i=1..m, j=1..n, x[i])", np.repeat(x[:, None], N, axis=1)),
    ("tensor(k=1..n, sum(i=1..m, A[i,k]*x[i]))", A.T @ x),
    ("tensor(i=1..m, A[i])", A),
    ("2*tensor(i=1..m, j=1..n, k=1..n, A[i,j]*u[k]) + tensor(i=1..m, j=1..n, k=1..n, c)", 2 * np.einsum("ij,k->ijk", A, u) + c),
    ("A[2,3] + x[1] + u[4]", A[1, 2] + x[0] + u[3]),
    ("A[1]", A[0]),
    ("A[:,2]", A[:, 1]),
    ("A[:,:]", A),
    ("x'[2]", x[1]),
    ("(A*u)[3]", (A @ u)[2]),
]


@pytest.mark.parametrize(("text", "value"), [pytest.param(t, v, id=t) for t, v in CASES])
def test_index(text: str, value: object) -> None:
    expr = parse(TYPES + text).expr
    got = np.asarray(evaluate(expr, VALUES | {"m": M, "n": N}))
    want = np.asarray(value, dtype=float)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_sums_of_whole_vectors_are_matrix_products_in_disguise() -> None:
    assert parse(TYPES + "sum(i=1..m, x[i]^2)").expr is parse(TYPES + "sum(x .^ 2)").expr
    one = parse(TYPES + "sum(i=1..m, max(1 - y[i]*x[i], 0))").expr
    assert one is parse(TYPES + "sum(max(1 - y .* x, 0))").expr


SUMS = [
    ("sum(i=1..2, k=1..3, y[k]*u[i+k-1])", sum(np.convolve(u, y[::-1], "valid"))),
    ("sum(i=1..2, u[2*i])", u[1] + u[3]),
    ("sum(i=1..2, (B*u)[2*i])", (B @ u)[1] + (B @ u)[3]),
    ("sum(i=1..2, B[i+1-0*i].u)", (B @ u)[1] + (B @ u)[2]),
    ("sum(i=1..2, j=1..2, x[i]*B[j, i+j])", x[0] * (B[0, 1] + B[1, 2]) + x[1] * (B[0, 2] + B[1, 3])),
]


@pytest.mark.parametrize(("text", "value"), SUMS)
def test_sums_of_indices_and_the_bracket_form_mean_the_same(text: str, value: float) -> None:
    types = "x, y: vector(3); u: vector(4); B: matrix(4,4); "
    np.testing.assert_allclose(evaluate(parse(types + text).expr, VALUES), value, rtol=1e-12)
    base = re.search(r"(\w|\([^()]*\))\[([^]]*[+*][^]]*)\]", text)
    entries = [e.strip() for e in base[2].split(",")]
    picked = next(e for e in entries if len(e) > 1)
    advised = f"sum(l, {base[1]}[{','.join('l' if e is picked else e for e in entries)}]*[l == {picked}])"
    mended = text[: base.start()] + ("(" + advised + ")" if text[base.end() :].startswith(".") else advised) + text[base.end() :]
    np.testing.assert_allclose(evaluate(parse(types + mended).expr, VALUES), value, rtol=1e-12)
