"""Ranges that depend on an index, begin at any whole number, or run over pairs; entries at sums of indices: against loops in Python."""

from math import exp, gamma, log

import numpy as np
import pytest

import symdiff as sd

N, M = 4, 3
rng = np.random.default_rng(17)
x = np.sort(rng.uniform(0.5, 2.0, N))
y, w = rng.uniform(0.5, 2.0, N), rng.uniform(0.5, 2.0, M)
A = rng.uniform(0.5, 2.0, (N, N))
t = 0.7
POINT = {"x": x, "y": y, "w": w, "A": A, "t": t, "n": N, "m": M}
TYPES = "x, y: vector(n); w: vector(m); A: matrix(n,n); t: scalar; "


def to(a, b):
    return range(a, b + 1)


# formula, variable, the loop; entries are counted from 1 there, too
CASES = [
    ("sum(i=1..n, sum(j=1..i, x[j]))", "x", lambda x: sum(x(j) for i in to(1, N) for j in to(1, i))),
    ("sum(i=1..n, j=1..i, x[i]*x[j])", "x", lambda x: sum(x(i) * x(j) for i in to(1, N) for j in to(1, i))),
    ("sum(i=1..n, sum(j=1..i-1, x[i]*x[j]))", "x", lambda x: sum(x(i) * x(j) for i in to(1, N) for j in to(1, i - 1))),
    ("sum(i=1..n, j=i+1..n, (x[i] - x[j])^2)", "x", lambda x: sum((x(i) - x(j)) ** 2 for i in to(1, N) for j in to(i + 1, N))),
    ("sum(i=1..n, j=i+1..n, log(x[j] - x[i]))", "x", lambda x: sum(log(x(j) - x(i)) for i in to(1, N) for j in to(i + 1, N))),
    ("sum(i=1..n, j=i+2..n, x[i]/x[j])", "x", lambda x: sum(x(i) / x(j) for i in to(1, N) for j in to(i + 2, N))),
    ("sum(i=1..n, j=1..n-i, x[i]*x[j]^2)", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(1, N - i))),
    ("sum(i=1..n, j=1..n+1-i, x[i]*x[j]^2)", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(1, N + 1 - i))),
    ("sum(i=2..n-1, sum(j=i-1..i+1, x[i]*x[j]))", "x", lambda x: sum(x(i) * x(j) for i in to(2, N - 1) for j in to(i - 1, i + 1))),
    ("sum(i=1..n-1, sum(j=i..i+1, exp(x[i]*x[j])))", "x", lambda x: sum(exp(x(i) * x(j)) for i in to(1, N - 1) for j in to(i, i + 1))),
    (
        "sum(i=1..n, sum(j=1..i, sum(k=j..i, x[k])*x[i]))",
        "x",
        lambda x: sum(x(k) * x(i) for i in to(1, N) for j in to(1, i) for k in to(j, i)),
    ),
    ("sum(i=1..n, mean(j=1..i, x[j]^2))", "x", lambda x: sum(sum(x(j) ** 2 for j in to(1, i)) / i for i in to(1, N))),
    ("sum(i=1..n, mean(j=i..n, x[j]^2))", "x", lambda x: sum(sum(x(j) ** 2 for j in to(i, N)) / (N + 1 - i) for i in to(1, N))),
    (
        "mean(i=1..n, j=i..n, x[i]*x[j]^2)",
        "x",
        lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(i, N)) / (N * (N + 1) / 2),
    ),
    ("prod(i=1..n, sum(j=1..i, x[j]))", "x", lambda x: np.prod([sum(x(j) for j in to(1, i)) for i in to(1, N)])),
    ("sum(i=1..n, prod(j=1..i, x[j]))", "x", lambda x: sum(np.prod([x(j) for j in to(1, i)]) for i in to(1, N))),
    ("sum(i=1..n, prod(j=i+1..n, x[j] - t))", "x", lambda x: sum(np.prod([x(j) - t for j in to(i + 1, N)]) for i in to(1, N))),
    ("prod(i=1..n, j=i+1..n, x[j] - x[i])", "x", lambda x: np.prod([x(j) - x(i) for i in to(1, N) for j in to(i + 1, N)])),
    ("sum(i=1..n, prod(j=1..n, A[i,j]*x[j]))", "x", lambda x: sum(np.prod([A[i - 1, j - 1] * x(j) for j in to(1, N)]) for i in to(1, N))),
    ("sum(i<j, x[i]*x[j]^2)", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(i + 1, N))),
    ("sum(i<=j, x[i]*x[j]^2)", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(i, N))),
    ("sum(i>j, log(x[i] - x[j]))", "x", lambda x: sum(log(x(i) - x(j)) for i in to(1, N) for j in to(1, i - 1))),
    ("sum(i != j, x[i]/x[j])", "x", lambda x: sum(x(i) / x(j) for i in to(1, N) for j in to(1, N) if i != j)),
    ("sum(i=1..n, sum(j<i, x[i]*x[j]^2))", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(1, i - 1))),
    ("sum(i=1..n, sum(i<j, x[i]*x[j]^2))", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(i + 1, N))),
    ("sum(i=1..n, j != i, x[i]*x[j]^2)", "x", lambda x: sum(x(i) * x(j) ** 2 for i in to(1, N) for j in to(1, N) if i != j)),
    (
        "sum(i=1..n, x[i]*prod(j != i, x[i] - x[j]))",
        "x",
        lambda x: sum(x(i) * np.prod([x(i) - x(j) for j in to(1, N) if j != i]) for i in to(1, N)),
    ),
    ("sum(k=0..n-1, x[k+1]*t^k)", "x", lambda x: sum(x(k + 1) * t**k for k in to(0, N - 1))),
    ("sum(k=0..n-1, x[n-k]*t^k)", "x", lambda x: sum(x(N - k) * t**k for k in to(0, N - 1))),
    ("sum(k=0..m, t^k/gamma(k+1))", "t", lambda t: sum(t**k / gamma(k + 1) for k in to(0, M))),
    ("prod(k=0..m, t + k)", "t", lambda t: np.prod([t + k for k in to(0, M)])),
    ("mean(k=0..m, exp(k*t))", "t", lambda t: sum(exp(k * t) for k in to(0, M)) / (M + 1)),
    ("sum(k=-2..2, exp(k*t))", "t", lambda t: sum(exp(k * t) for k in to(-2, 2))),
    ("sum(k=-1..m+1, exp(k*t))", "t", lambda t: sum(exp(k * t) for k in to(-1, M + 1))),
    ("sum(i=1..n, sum(j=0..i-1, x[j+1]*t^j))", "x", lambda x: sum(x(j + 1) * t**j for i in to(1, N) for j in to(0, i - 1))),
    ("sum(i=1..n, sum(j=0..i, x[i]*t^j))", "x", lambda x: sum(x(i) * t**j for i in to(1, N) for j in to(0, i))),
    ("sum(i=1..n, sum(j=0..i-2, x[i]*t^j))", "x", lambda x: sum(x(i) * t**j for i in to(1, N) for j in to(0, i - 2))),
    ("sum(i=1..3, sum(j=1..2*i, j*x[i]))", "x", lambda x: sum(j * x(i) for i in to(1, 3) for j in to(1, 2 * i))),
    ("sum(j=m..n, j*x[j]^2)", "x", lambda x: sum(j * x(j) ** 2 for j in to(M, N))),
    ("sum(i=1..n, x[i]^2*x[n+1-i])", "x", lambda x: sum(x(i) ** 2 * x(N + 1 - i) for i in to(1, N))),
    ("x[n]^2*x[1]", "x", lambda x: x(N) ** 2 * x(1)),
    ("sum(i=1..n-1, x[i]*x[n-i])", "x", lambda x: sum(x(i) * x(N - i) for i in to(1, N - 1))),
    ("sum(i=1..n, sum(j=1..i, y[j]*x[i-j+1]))", "x", lambda x: sum(y[j - 1] * x(i - j + 1) for i in to(1, N) for j in to(1, i))),
    (
        "sum(i=1..2, sum(j=1..m, w[j]*x[i+j-1])^2)",
        "x",
        lambda x: sum(sum(w[j - 1] * x(i + j - 1) for j in to(1, M)) ** 2 for i in to(1, 2)),
    ),
    ("sum(i=1..2, log(x[2*i-1])*x[2*i])", "x", lambda x: sum(log(x(2 * i - 1)) * x(2 * i) for i in to(1, 2))),
    (
        "sum(i=1..n-m+1, sum(j=1..m, w[j]*x[i+j-1])^2)",
        "x",
        lambda x: sum(sum(w[j - 1] * x(i + j - 1) for j in to(1, M)) ** 2 for i in to(1, N - M + 1)),
    ),
]


def loop(body, values):
    return body((lambda i: values[i - 1]) if np.ndim(values) else values)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")  # NumPy computes the branches that are not taken, too
@pytest.mark.parametrize(("text", "wrt", "body"), [pytest.param(*case, id=case[0]) for case in CASES])
def test_loop(text: str, wrt: str, body) -> None:
    declared = (
        TYPES if "3" not in text and "1..2," not in text else TYPES.replace("(n)", "(4)").replace("(m)", "(3)").replace("(n,n)", "(4,4)")
    )
    if "<" in text or "i=1..n, " in text or "m..n" in text or "!=" in text or ">" in text:
        declared = TYPES
    text = text.replace("1..m", "1..3") if "(3)" in declared else text
    f = sd.parse(declared + text)
    g = sd.grad(f, wrt)
    np.testing.assert_allclose(f.compile()(POINT), loop(body, POINT[wrt]), rtol=1e-10)
    base, step = np.asarray(POINT[wrt], dtype=float), 1e-6
    slope = np.zeros_like(base)
    for place in np.ndindex(base.shape):
        e = np.zeros_like(base)
        e[place] = step
        slope[place] = (loop(body, base + e) - loop(body, base - e)) / (2 * step)
    for target in ("numpy", "torch"):
        pytest.importorskip(target)
        got = g.compile(target)(
            {k: v if np.ndim(v) == 0 or target == "numpy" else pytest.importorskip("torch").tensor(v) for k, v in POINT.items()}
        )
        np.testing.assert_allclose(np.asarray(got), slope, rtol=1e-5, atol=1e-7)
    assert sd.verify(f, wrt, g).ok is not False
    assert sd.parse(str(g), given=f) == g


def test_jacobian_of_a_tensor_with_dependent_sums() -> None:
    f = sd.parse("tensor(i=1..n, sum(j=1..i, x[j]))")
    np.testing.assert_allclose(sd.jacobian(f, "x")(n=N), np.tril(np.ones((N, N))))


REDUCED = [  # reductions of a row, or of what an index makes, inside a sum over an index
    ("sum(i=1..n, min(A[i]))", lambda A: sum(min(r) for r in A)),
    ("sum(i=1..n, max(A[i])^2)", lambda A: sum(max(r) ** 2 for r in A)),
    ("sum(i=1..n, prod(A[i]))", lambda A: sum(np.prod(r) for r in A)),
    ("sum(i=1..n, var(A[i]))", lambda A: sum(np.var(r) for r in A)),
    ("sum(i=1..n, var(A[i], 1))", lambda A: sum(np.var(r, ddof=1) for r in A)),
    ("sum(i=1..n, std(A[i]))", lambda A: sum(np.std(r) for r in A)),
    ("sum(i=1..n, norm(A[i]))", lambda A: sum(np.linalg.norm(r) for r in A)),
    ("sum(i=1..n, ||A[i]||)", lambda A: sum(np.linalg.norm(r) for r in A)),
    ("sum(i=1..n, norm1(A[i])*norminf(A[i]))", lambda A: sum(np.abs(r).sum() * np.abs(r).max() for r in A)),
    ("sum(j=1..n, logsumexp(A[:,j]))", lambda A: sum(log(sum(np.exp(A[:, j]))) for j in range(N))),
    ("prod(i=1..n, mean(A[i]))", lambda A: np.prod([np.mean(r) for r in A])),
    (
        "sum(i=1..n, min(tensor(j=1..n, norm2(A[i] - x[j]*y)^2)))",
        lambda A: sum(min(np.sum((r - x[j] * y) ** 2) for j in range(N)) for r in A),
    ),
    (
        "sum(i=1..n, max(tensor(j=1..n, k=1..n, A[i,j]*y[k])))",
        lambda A: sum(max(r[j] * y[k] for j in range(N) for k in range(N)) for r in A),
    ),
    ("sum(i=1..n, var(A[i] + x))", lambda A: sum(np.var(r + x) for r in A)),
    ("sum(i=1..n, std(A[i] .* A[i+0*i]))", lambda A: sum(np.std(r * r) for r in A)),
    ("sum(prod(i=1..n, A[i]))", lambda A: np.sum(np.prod(A, axis=0))),
    ("sum(i=1..n, sum((A[i] - mean(A[i]))/std(A[i]) .* x))", lambda A: sum(np.sum((r - np.mean(r)) / np.std(r) * x) for r in A)),
    ("sum(i=1..n, -log(softmax(A[i])[2]))", lambda A: sum(-log(np.exp(r[1]) / np.exp(r).sum()) for r in A)),
]


@pytest.mark.parametrize(("text", "body"), [pytest.param(*case, id=case[0]) for case in REDUCED])
def test_reductions_inside_an_index(text, body) -> None:
    f = sd.parse(TYPES + text)
    g = sd.grad(f, "A")
    B = A + 0.1 * np.arange(N * N).reshape(N, N)
    at = POINT | {"A": B}
    np.testing.assert_allclose(f.compile()(at), body(B), rtol=1e-10)
    slope = np.zeros_like(B)
    for place in np.ndindex(B.shape):
        e = np.zeros_like(B)
        e[place] = 1e-6
        slope[place] = (body(B + e) - body(B - e)) / 2e-6
    np.testing.assert_allclose(g.compile()(at), slope, rtol=1e-5, atol=1e-7)
    assert sd.verify(f, "A", g).ok is not False
    assert sd.parse(str(g), given=f) == g


def test_what_depends_on_sizes_is_a_note() -> None:
    f = sd.parse("x: vector(n); w: vector(k); y: vector(m); sum(i=1..m, (sum(j=1..k, w[j]*x[i+j-1]) - y[i])^2)")
    g = sd.grad(f, "w")
    r = np.correlate(x, w, "valid") - y[:2]
    want = 2 * np.array([sum(r[i] * x[i + j] for i in range(2)) for j in range(3)])
    np.testing.assert_allclose(g(x=x, w=w, y=y[:2]), want)
