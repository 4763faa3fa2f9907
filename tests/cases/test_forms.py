"""Functions and forms beyond the elementary ones: second derivatives of matrix functions, vectors put together, slices, definitions, entries."""

from functools import cache

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import DomainError, LimitError, ParseError, ShapeError

pytest.importorskip("scipy")

N = 3


def general(rng):
    return rng.standard_normal((N, N)) * 0.4


def positive(rng):
    """Eigenvalues to the right of 0, and apart."""
    return rng.standard_normal((N, N)) * 0.3 + np.diag([1.0, 2.0, 4.0])


def definite(rng):
    z = rng.standard_normal((N, N))
    return z @ z.T / N + np.diag([1.0, 2.0, 3.0])


def wide(rng):
    return rng.standard_normal((2, N))


def tall(rng):
    return rng.standard_normal((4, N))


MATRICES = [
    ("tr(B*expm(A))", general, general),
    ("tr(B*logm(A))", positive, general),
    ("tr(B*sqrtm(A))", positive, general),
    ("sum((B*cholesky(A)) .^ 2 .* B)", definite, general),
    ("sum(B[1,:] .* eigvalsh(A) .^ 3)", definite, general),
    ("sum(eigvalsh(A) .^ 2)", definite, general),
    ("normnuc(A)^2", wide, wide),
    ("normnuc(A)", tall, tall),
    ("tr(B*pinv(A))", wide, wide),
    ("tr(B*pinv(A))", tall, tall),
    ("tr(B*tril(A)*triu(A))", general, general),
    ("sum(adjugate(A) .* B)", general, general),
    ("sum(solve(A, B[:,1]) .^ 2)", positive, general),
]


def differences(f, at, name, h=1e-5):
    x = at[name]
    found = None
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        slope = (np.asarray(f({**at, name: x + step}), float) - np.asarray(f({**at, name: x - step}), float)) / (2 * h)
        found = np.empty(slope.shape + x.shape) if found is None else found
        found[(..., *place)] = slope
    return found


@cache
def answers(text, target):
    f = sd.parse(text)
    return f.compile(target), sd.grad(f, "A").compile(target), sd.hessian(f, "A").compile(target)


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize(("text", "a", "b"), MATRICES, ids=[f"{m[0]}-{m[1].__name__}" for m in MATRICES])
def test_first_and_second_derivatives_of_matrix_functions(text, a, b, target):
    pytest.importorskip(target)
    value, gradient, hessian = answers(text, target)
    plain, slope, _ = answers(text, "numpy")
    rng = np.random.default_rng(7)
    for k in range(50 if target == "numpy" else 3):
        at = {"A": a(rng), "B": b(rng)}
        g = differences(plain, at, "A")
        np.testing.assert_allclose(float(value(at)), float(plain(at)), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(np.asarray(gradient(at)), g, rtol=1e-5, atol=1e-6 * (1 + np.abs(g).max()))
        if k < 2:
            h = differences(slope, at, "A")
            np.testing.assert_allclose(np.asarray(hessian(at)), h, rtol=1e-5, atol=1e-5 * (1 + np.abs(h).max()))


@pytest.mark.filterwarnings("ignore:Matrix is singular")  # SciPy's
def test_the_root_of_a_singular_matrix_has_a_value():
    np.testing.assert_allclose(sd.parse("sqrtm(A)")(A=[[4, 0], [0, 0]]), [[2, 0], [0, 0]], atol=1e-9)


def test_where_a_function_of_a_matrix_has_no_real_value_it_is_nan():
    assert np.isnan(sd.parse("logm(A)")(A=[[-1, 0], [0, -2]])).all()


def test_a_power_with_a_letter():
    g = sd.grad("tr(X^k)", "X")
    assert str(g) == "k*(X')^(k - 1)"
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(g(X=x, k=3), 3 * (x @ x).T)
    with pytest.raises(DomainError, match="under tr, det and logdet"):
        sd.grad("A, X: matrix(n, n); tr(A*X^k)", "X")
    with pytest.raises(ShapeError, match="whole number"):
        g.compile()(X=x, k=2.5)
    assert str(sd.grad("logdet(X^k)", "X")) == "k*inv(X)'"
    assert str(sd.parse("A: matrix(n, n); A^0")) == "eye(n)"


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.3, 1.0, -2.5, 7.0])
def test_sinc_and_its_derivatives_have_values_everywhere(x):
    h = 1e-3
    first, second = (
        (-np.sinc(x + 2 * h) + 8 * np.sinc(x + h) - 8 * np.sinc(x - h) + np.sinc(x - 2 * h)) / (12 * h),
        (np.sinc(x + h) - 2 * np.sinc(x) + np.sinc(x - h)) / h**2,
    )
    np.testing.assert_allclose(sd.grad("sinc(x)", "x")(x=x), first, atol=1e-8)
    np.testing.assert_allclose(sd.hessian("sinc(x)", "x")(x=x), second, atol=1e-4)


@pytest.mark.parametrize("text", ["sum(rownorm2(A))", "sum(colnorm2(A))", "sum(i, norm2(A[i]))"])
def test_rows_and_columns_of_zeros_have_the_slope_0(text):
    a = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
    g = np.asarray(sd.grad(text, "A")(A=a))
    assert np.isfinite(g).all() and not g[1].any()


# ------------------------------------------------------------------------------- put together, cut out

JOINED = [
    ("h: vector(n); x: vector(m); norm2(W*concat(h, x) - b)^2", {"h": 3, "x": 4, "W": (2, 7), "b": 2}),
    ("x: vector(n); norm2(x[2:n] - x[1:n-1])^2", {"x": 5}),
    ("norm2(A[:,2:3])^2", {"A": (3, 5)}),
    ("A: matrix(n, n); sum(inv(A[1:2,1:2]))", {"A": (4, 4)}),
    ("norm2(hcat(A, b)*concat(x, 1))^2", {"A": (3, 2), "b": 3, "x": 2}),
    ("norm2(vcat(A, lambda*eye(n))*x - concat(b, zeros(n)))^2", {"A": (4, 3), "lambda": (), "x": 3, "b": 4}),
    ("concat(1, x, x .* x).w", {"x": 3, "w": 7}),
    ("norm2(vcat(x', A)*y)^2", {"x": 3, "A": (2, 3), "y": 3}),
    ("[x[1], x[2]*x[3]].[x[3], 1]", {"x": 3}),
    ("x: vector(n); m: scalar; sum(sin(x[3:n]))*m", {"x": 6, "m": ()}),
]


@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
@pytest.mark.parametrize(("text", "shapes"), JOINED, ids=[text for text, _ in JOINED])
def test_vectors_put_together_and_cut_out(text, shapes, target):
    pytest.importorskip(target)
    f = sd.parse(text)
    rng = np.random.default_rng(5)
    at = {k: rng.standard_normal(s) + (4 * np.eye(4) if s == (4, 4) else 0) for k, s in shapes.items()}
    at = {k: np.asarray(v) for k, v in at.items()}
    for name in shapes:
        g = sd.grad(f, name)
        assert sd.parse(str(g), given=f).expr is g.expr
        exact = 1e-6 if target != "jax" else 1e-2
        np.testing.assert_allclose(np.asarray(g.compile(target)(at)), differences(f.compile(), at, name), rtol=exact, atol=exact)


def test_code_takes_slices_and_makes_no_matrix_of_zeros_and_ones():
    code = sd.grad("h: vector(n); x: vector(m); norm2(W*concat(h, x) - b)^2", "x").code("numpy")
    assert "arange" not in code and "==" not in code.split("def f(")[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x: vector(3); x[2:5]", "3 entries"),
        ("x[0:2]", "begins at 1"),
        ("x[5:2]", "begins at 1"),
        ("x[2:]", "says where it ends"),
        ("x: vector(n); W: matrix(k, p); W*concat(x, x)", "do not fit"),
        ("concat(x)", "two arguments"),
        ("f(z) = f(z - 1); f(x)", "before it is defined"),
        ("f(z, w) = z*w; f(x)", "takes 2 arguments"),
        ("f(2) = 3; x", "names"),
        ("f(z) = z; f(z) = 2*z; f(x)", "defined twice"),
        ("A: tensor(2, 3); A[1,2]", "three sizes"),
        ("A: tensor(2, 3, 4); A[1,2,3,1]", "3 axes"),
    ],
)
def test_what_is_refused(text, words):
    with pytest.raises((ParseError, ShapeError)) as caught:
        sd.parse(text)
    assert words in str(caught.value) and caught.value.span is not None


# ------------------------------------------------------------------------------- definitions, entries, tensors


def test_definitions():
    f = sd.parse("f(z) = z.z; g(a, b) = f(a - b) + lambda*f(a); g(A*x, b)")
    assert f.equals(sd.parse("norm2(A*x - b)^2 + lambda*norm2(A*x)^2"))
    assert sd.parse("h(z) = z^2; x: vector(n); sum(i=1..n, h(x[i] - 1))").equals(sd.parse("x: vector(n); sum((x - 1) .^ 2)"))
    assert sd.parse("c = 2; f(z) = c*z; f(x)").equals(sd.parse("2*x"))


def test_definitions_do_not_grow_without_end():
    lines = ["f0(z) = z*z"] + [f"f{k}(z) = f{k - 1}(z) + f{k - 1}(z + 1)" for k in range(1, 40)]
    with pytest.raises(LimitError):
        sd.parse("; ".join([*lines, "f39(x)"]))


@pytest.mark.parametrize(
    ("text", "wrt", "expected"),
    [
        ("x.x", "x[2]", "2*x[2]"),
        ("A*x", "x[2]", "A[:,2]"),
        ("x'*A*x", "A[1,:]", "x[1]*x"),
        ("logdet(A)", "A[1,2]", "inv(A)[2,1]"),
    ],
)
def test_derivatives_by_an_entry(text, wrt, expected):
    g = sd.jacobian(text, wrt)
    assert str(g) == expected
    assert g.verify().ok


def test_an_entry_beside_large_ones_is_verified():
    assert sd.grad("sum(exp(x) .* x)", "x[2]").verify().ok


@pytest.mark.parametrize(
    ("text", "wrt"), [("x.x", "x[0]"), ("x.x", "x[i]"), ("x.x", "x[1,2]"), ("S: symmetric matrix(n,n); x'*S*x", "S[1,2]")]
)
def test_what_is_no_entry(text, wrt):
    with pytest.raises(DomainError):
        sd.grad(text, wrt)


def test_tensors_of_three_axes():
    f = sd.parse("A: tensor(b, n, m); x: vector(m); sum(i=1..b, norm2(A[i,:,:]*x)^2)")
    a, x = np.random.default_rng(3).standard_normal((2, 3, 4)), np.arange(4.0)
    np.testing.assert_allclose(sd.grad(f, "x")(A=a, x=x), 2 * np.einsum("bnm,bnk,k->m", a, a, x))
    np.testing.assert_allclose(sd.grad(f, "A")(A=a, x=x), 2 * np.einsum("bnk,k,m->bnm", a, x, x))
    g = sd.grad(f, "A")
    assert sd.parse(g.program()).expr is g.expr


def test_a_number_that_is_spread_counts_as_often_as_it_is_summed():
    y = np.array([1.0, 2.0, 4.0, 9.0, 5.0])
    got = sd.parse("1/norm2(y - mean(y))^2 + p.p")(y=y, p=[1, 2])
    np.testing.assert_allclose(got, 1 / np.sum((y - y.mean()) ** 2) + 5)
    g = sd.grad("y: vector(m); p: vector(m); 1 - sum((y - p) .^ 2)/sum((y - mean(y)) .^ 2)", "p")(y=y, p=y + 1)
    np.testing.assert_allclose(g, -2 * np.ones(5) / np.sum((y - y.mean()) ** 2))
