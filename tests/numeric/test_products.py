"""Products: every written form reads as people write it, and any contraction whatever has the value that loops give."""

from __future__ import annotations

import random

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import build as b
from symdiff.numeric import code, compile, evaluate

SIZES = {"m": 2, "n": 3, "p": 4, "q": 5}
x, y, v = b.var("x", ("n",)), b.var("y", ("n",)), b.var("v", ("m",))
A, B, C, S = b.var("A", ("m", "n")), b.var("B", ("n", "p")), b.var("C", ("m", "n")), b.var("S", ("n", "n"))
T, c = b.var("T", ("m", "n", "n")), b.var("c")


def values_of(expr, rng):
    from symdiff.numeric import variables

    return {name: 0.5 + rng.random([d if isinstance(d, int) else SIZES[d] for d in e.shape]) for name, e in variables([expr]).items()}


def body(expr, target="numpy"):
    """The last statement of the function."""
    return code([expr], target).splitlines()[-1].strip()


FORMS = [
    (b.scale(b.TWO, x), "2*x"),
    (b.scale(x, c), "x*c"),
    (b.elementwise(x, y), "x*y"),
    (b.divide(x, c), "x/c"),
    (b.divide(x, y), "x/y"),
    (b.divide(b.ONE, c), "1/c"),
    (b.power(x, b.MINUS_ONE), "1/x"),
    (b.transpose(A), "A.T"),
    (b.row(x), "x[None, :]"),
    (b.unrow(b.row(x)), "x"),
    (b.trace(S), "np.trace(S)"),
    (b.diag_part(S), "np.diagonal(S)"),
    (b.total(x), "x.sum()"),
    (b.total(A), "A.sum()"),
    (b.rowsum(A), "A.sum(axis=1)"),
    (b.colsum(A), "A.sum(axis=0)"),
    (b.dot(x, y), "x @ y"),
    (b.matvec(A, x), "A @ x"),
    (b.matvec(b.transpose(A), v), "A.T @ v"),
    (b.row_vec(b.row(x), y), "x @ y"),
    (b.vec_row(v, b.row(x)), "np.outer(v, x)"),
    (b.matmul(A, B), "A @ B"),
    (b.matmul(A, b.transpose(C)), "A @ C.T"),
    (b.matmul(b.row(v), A), "(v @ A)[None, :]"),
    (b.matmul(b.matmul(b.transpose(A), C), B), "np.linalg.multi_dot([A.T, C, B])"),
    (b.scale(c, b.outer(v, x)), "np.outer(c*v, x)"),
    (b.diag_matrix(x), "np.diag(x)"),
    (b.matmul(A, b.diag_matrix(x)), "A*x"),
    (b.matmul(b.diag_matrix(v), A), "v[:, None]*A"),
    (b.matvec(b.diag_matrix(x), y), "x*y"),
    (b.matvec(b.eye("n"), x), "x"),
    (b.matmul(b.eye("m"), A), "A"),
    (b.trace(b.matmul(A, b.transpose(C))), "(A*C).sum()"),
    (b.matvec(A, b.spread(b.ONE, ("n",))), "A.sum(axis=1)"),
    (b.vec_row(v, b.row(b.spread(b.ONE, ("n",)))), None),
    (b.add(A, b.vec_row(v, b.row(b.spread(b.ONE, ("n",))))), "A + v[:, None]"),
    (b.entry(x, 2), "x[1]"),
    (b.entry(A, 2, 1), "A[1, 0]"),
    (b.entry(A, 2), "A[1]"),
    (b.entry(A, None, 3), "A[:, 2]"),
    (b.matvec(b.call("inv", S), x), "np.linalg.solve(S, x)"),
    (b.matvec(b.transpose(b.call("inv", S)), x), "np.linalg.solve(S.T, x)"),
    (b.matmul(A, b.call("inv", S)), "np.linalg.solve(S.T, A.T).T"),
    (b.matmul(b.call("inv", S), B), "np.linalg.solve(S, B)"),
    (b.matmul(b.call("inv", S), b.transpose(b.call("inv", S))), None),
    (b.matvec(b.call("inv", S), b.spread(b.ONE, ("n",))), "np.linalg.inv(S).sum(axis=1)"),
    (b.trace(b.call("inv", S)), "np.trace(np.linalg.inv(S))"),
    (b.contract((b.call("inv", S), x, y), ((0, 1), (1,), (0,)), ()), "np.linalg.solve(S, x) @ y"),
    (b.kron(A, B), "np.kron(A, B)"),
    (b.vec(A), "A.T.reshape(-1)"),
    (b.neg(b.matvec(A, x)), "-(A @ x)"),
    (b.contract((A, C), ((0, 1), (0, 1)), ()), "(A*C).sum()"),
    (b.contract((A, C), ((0, 1), (0, 1)), (0,)), 'np.einsum("ij,ij->i", A, C)'),
    (b.contract((T, T), ((0, 1, 2), (0, 2, 3)), (0, 1, 3)), "T @ T"),
    (b.contract((T, T), ((0, 1, 2), (0, 3, 2)), (0, 3, 1)), "T @ np.transpose(T, (0, 2, 1))"),
    (b.contract((T, T), ((0, 1, 2), (0, 3, 2)), (1, 3, 0)), None),
    (b.contract((T, T), ((0, 1, 2), (0, 2, 1)), ()), None),
    (b.contract((A, x), ((0, 1), (2,)), (2, 0, 1)), None),
    (b.contract((A, B, x), ((0, 1), (1, 2), (1,)), (2, 0)), None),
    (b.contract((b.eye("n"), A), ((0, 1), (2, 3)), (0, 2, 1, 3)), None),
    (b.contract((b.eye("n"), x), ((0, 1), (2,)), (2, 1, 0)), None),
    (b.contract((b.unit(2, "n"), v), ((0,), (1,)), (1, 0)), None),
    (b.contract((b.eye("n"),), ((0, 0),), ()), "np.float64(n)"),
    (b.contract((b.unit(1, "n"), b.unit(2, "n")), ((0,), (0,)), ()), None),
    (b.contract((b.eye("n"), b.eye("n")), ((0, 1), (1, 2)), (0, 2)), None),
    (b.contract((b.eye("n"), b.eye("n"), x), ((0, 1), (1, 2), (0,)), (0, 1, 2)), None),
]


@pytest.mark.parametrize(("expr", "text"), FORMS, ids=[str(k) for k in range(len(FORMS))])
def test_form(expr, text, reference):
    if text is not None:
        assert body(expr) == f"return {text}"
    values = values_of(expr, np.random.default_rng(0))
    want = reference(expr, values, SIZES)
    got = evaluate(expr, {**SIZES, **values})
    assert np.shape(got) == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-12)


SOLVES = [
    ("x'*inv(A)*b", "b", "numpy", ["t1 = np.linalg.solve(A.T, x)", "return t1 @ b, t1"]),
    ("norm2(inv(A)*x)^2", "x", "numpy", ["t1 = np.linalg.solve(A, x)", "t2 = np.linalg.solve(A.T, t1)", "return t1 @ t1, 2*t2"]),
    (
        "norm2(inv(A + S)*x)^2",
        "x",
        "numpy",
        ["t1 = A + S", "t2 = np.linalg.solve(t1, x)", "t3 = np.linalg.solve(t1.T, t2)", "return t2 @ t2, 2*t3"],
    ),
    ("x'*inv(A)*b", "A", "numpy", ["t1 = np.linalg.solve(A.T, x)", "t2 = np.linalg.solve(A, b)", "return t1 @ b, -np.outer(t1, t2)"]),
    ("x'*inv(S)*x", "x", "numpy", ["t1 = np.linalg.solve(S, x)", "return x @ t1, 2*t1"]),
    (
        "x'*inv(S)*x",
        "x",
        "torch",
        ["L = torch.linalg.cholesky(S)", "t1 = torch.cholesky_solve(x[:, None], L)[:, 0]", "return x @ t1, 2*t1"],
    ),
    ("L'*inv(S)*L", "L", "jax", ["L_ = jnp.linalg.cholesky(S)", "t1 = jax.scipy.linalg.cho_solve((L_, True), L)", "return L @ t1, 2*t1"]),
    (
        "norm2(tanh(A*x) - b)^2",
        "A",
        "torch",
        ["h = torch.tanh(A @ x)", "t1 = h - b", "return t1 @ t1, torch.outer(2*torch.ops.aten.tanh_backward(t1, h), x)"],
    ),
    ("logdet(S)", "S", "torch", ["L = torch.linalg.cholesky(S)", "return 2*torch.log(torch.diagonal(L)).sum(), torch.cholesky_inverse(L)"]),
    (
        "logdet(S)/2",
        "S",
        "torch",
        ["L = torch.linalg.cholesky(S)", "return 2*torch.log(torch.diagonal(L)).sum()/2, torch.cholesky_inverse(L)/2"],
    ),
]
MATRICES = "A: matrix(n,n); S: psd matrix(n,n); x: vector(n); b: vector(n); L: vector(n); "


@pytest.mark.parametrize(("text", "wrt", "target", "lines"), SOLVES)
def test_inverses_that_meet_vectors_are_solved_with(text, wrt, target, lines):
    """Once for each right side; by Cholesky's method where the matrix is positive definite and the library has it."""
    pytest.importorskip(target)
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    both = sd.value_and_grad(sd.parse(MATRICES + text), wrt)
    assert both.code(target).rstrip().split("\n    ")[-len(lines) :] == lines
    r = np.random.default_rng(4)
    A = r.standard_normal((3, 3))
    values = {"A": A, "S": A @ A.T + np.eye(3), "x": r.standard_normal(3), "b": r.standard_normal(3), "L": r.standard_normal(3)}
    value, gradient = both.compile(target)(values)
    step = r.standard_normal(values[wrt].shape)
    step = step + step.T if wrt == "S" else step
    h = 1e-6
    f = sd.parse(MATRICES + text)
    moved = [f(**{**values, wrt: values[wrt] + sign * h * step}) for sign in (1, -1)]
    np.testing.assert_allclose(value, f(**values), rtol=1e-12)
    np.testing.assert_allclose(np.sum(np.asarray(gradient) * step), (moved[0] - moved[1]) / (2 * h), rtol=1e-6)


def test_what_scales_the_columns_waits_for_the_sum_and_a_binding_is_computed_once():
    f = sd.parse("X: matrix(m,n); y: vector(m); V: matrix(n,k); w: vector(k); h = tanh(X*V); norm2(h*w - y)^2")
    both = sd.value_and_grad(f, "V")
    assert both.code().rstrip().split("\n    ")[-3:] == [
        "h = np.tanh(X @ V)",
        "t1 = h @ w - y",
        "return t1 @ t1, 2*w*(X.T @ (t1[:, None]*(1 - h**2)))",
    ]
    r = np.random.default_rng(5)
    values = {"X": r.standard_normal((5, 3)), "y": r.standard_normal(5), "V": r.standard_normal((3, 2)), "w": r.standard_normal(2)}
    H = np.tanh(values["X"] @ values["V"])
    want = 2 * values["X"].T @ (np.outer(H @ values["w"] - values["y"], values["w"]) * (1 - H**2))
    np.testing.assert_allclose(both.compile()(values)[1], want, rtol=1e-12)


def test_no_number_comes_of_a_matrix_that_is_not_positive_definite():
    """It is an error in PyTorch, nan in JAX; NumPy solves by elimination, which is right for any matrix."""
    g = sd.grad(sd.parse(MATRICES + "x'*inv(S)*x + logdet(S)"), "x")
    bad = {"S": np.array([[1.0, 2.0], [2.0, 1.0]]), "x": np.array([1.0, 2.0])}
    np.testing.assert_allclose(g(**bad), 2 * np.linalg.solve(bad["S"], bad["x"]))
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    with pytest.raises(torch.linalg.LinAlgError):
        g.compile("torch")(bad)
    jax.config.update("jax_enable_x64", True)
    assert np.isnan(g.compile("jax")(bad)).all()


def random_product(rng, pool):
    """A contraction of up to four of the pool with random labels: traces, diagonals, sums, spreads, orders of all kinds."""
    factors = [rng.choice(pool) for _ in range(rng.randint(1, 4))]
    label_of: dict[object, list[int]] = {}
    labels, dims = [], {}
    for f in factors:
        ls = []
        for d in f.shape:
            known = label_of.setdefault(d, [])
            if not known or (rng.random() < 0.45 and len(known) < 2):
                known.append(len(dims))
                dims[known[-1]] = d
            ls.append(rng.choice(known))
        labels.append(tuple(ls))
    out = [s for s in dims if rng.random() < 0.45][:4]
    if len(out) < 3 and rng.random() < 0.2:
        d = rng.choice(["m", "n", 1])
        dims[len(dims)] = d
        out.append(len(dims) - 1)
    rng.shuffle(out)
    return b.contract(factors, labels, tuple(out), dims)


def random_graph(seed):
    """A graph of a dozen nodes with every operation, shared parts and bindings."""
    rng = random.Random(seed)
    pool = [c, x, v, A, S, B, b.eye("n"), b.eye("m"), b.unit(2, "n"), b.num(2), b.var("T", ("m", "n", "n")), b.dim("n"), b.row(x)]
    for k in range(12):
        e = rng.choice(pool[-8:])
        other = rng.choice([p for p in pool if p.shape in (e.shape, ())])
        kind = rng.randrange(12)
        if kind < 6:
            new = random_product(rng, pool)
        elif kind == 6:
            new = b.add(b.elementwise(e, b.num(rng.choice([1, -1, 3]))), other, rng.choice([1, -1]))
        elif kind == 7:
            new = b.call(rng.choice(["lt", "gt", "max", "and"]), e, other)
        elif kind == 8:
            new = b.call("tanh", e)
        elif kind == 9:
            new = b.power(b.add(b.power(e, b.TWO), b.ONE), rng.choice([b.MINUS_ONE, b.num(3), b.divide(b.ONE, b.TWO), other, b.neg(b.ONE)]))
        elif kind == 10:
            new = b.name(f"h{k}", e)
        else:
            new = b.call("if", b.call("lt", e, other), e, other)
        # Products of products of sums grow without bound: a bounded function keeps the numbers comparable.
        pool.append(b.call("tanh", new) if len(new.shape) < 4 and rng.random() < 0.5 else new)
    return pool[-1], pool[-2]


@pytest.mark.parametrize("seed", range(100))
def test_random_graphs(seed, reference):
    exprs = random_graph(seed)
    values = values_of(b.add(*[b.total(e) for e in exprs]), np.random.default_rng(seed))
    got = compile(exprs)(**SIZES, **values)
    for expr, g in zip(exprs, got, strict=True):
        want = reference(expr, values, SIZES)
        assert np.shape(g) == want.shape
        np.testing.assert_allclose(g, want, rtol=1e-9, atol=1e-9 * np.abs(want).max(initial=1))


@pytest.mark.parametrize("target", ["torch", "jax"])
def test_random_graphs_elsewhere(target, reference):
    """The other libraries agree with the loops too."""
    pytest.importorskip(target)
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    checked = 0
    for seed in range(15):
        exprs = random_graph(seed)
        values = values_of(b.add(*[b.total(e) for e in exprs]), np.random.default_rng(seed))
        for expr, g in zip(exprs, compile(exprs, target)(**SIZES, **values), strict=True):
            want = reference(expr, values, SIZES)
            assert tuple(g.shape) == want.shape
            np.testing.assert_allclose(np.asarray(g), want, rtol=1e-9, atol=1e-9 * np.abs(want).max(initial=1))
            checked += 1
    assert checked == 30
