"""Quotients by norms stay in range where a product of norms, or a square, does not."""

import numpy as np
import pytest

import symdiff as sd

X, Y = np.array([1.0, 2, -1]), np.array([2.0, 1, 0])
LENGTHS = [(a, b) for a in (1e200, 1.0, 1e-200) for b in (1e200, 1.0, 1e-200)]

# The formula, and of what degree its value is in x and in y.
QUOTIENTS = [
    ("x.y/(norm2(x)*norm2(y))", 0, 0),
    ("1 - x.y/norm2(x)/norm2(y)", 0, 0),
    ("(x.y/(norm2(x)*norm2(y)) - 1/4)^2", 0, 0),
    ("exp(-x.y/(norm2(x)*norm2(y)))", 0, 0),
    ("x.y/norm2(x)", 0, 1),
    ("x.y/norm2(y)", 1, 0),
]


def converted(target, v):
    if target == "torch":
        torch = pytest.importorskip("torch")
        return torch.as_tensor(v, dtype=torch.float64)
    if target == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        return jax.numpy.asarray(v)
    return v


@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
@pytest.mark.parametrize(("formula", "p", "q"), QUOTIENTS)
def test_values_and_gradients_at_every_length(formula, p, q, target):
    f = sd.parse(formula)
    g = sd.grad(f, "x")
    plain_value, plain = f(x=X, y=Y), g(x=X, y=Y)
    value, gradient = f.compile(target), g.compile(target)
    for a, b in LENGTHS:
        given = {"x": converted(target, a * X), "y": converted(target, b * Y)}
        if abs(np.log10(a) * p + np.log10(b) * q) < 300:
            assert np.allclose(float(value(**given)) / a**p / b**q, plain_value, rtol=1e-12)
        if abs(np.log10(a) * (p - 1) + np.log10(b) * q) < 300:
            found = np.asarray(gradient(**given))
            assert np.allclose(found * a ** (1 - p) / b**q, plain, rtol=1e-12, atol=1e-13)


def test_the_origin_keeps_its_value():
    f = sd.parse("x.y/(norm2(x)*norm2(y))")
    assert f.compile("numpy")(x=np.zeros(3), y=Y) == 0
    assert sd.grad(sd.parse("x.y/norm2(x)"), "y").compile("numpy")(x=np.zeros(3), y=Y).tolist() == [0, 0, 0]


def test_names_of_parts_leave_those_of_the_formula_alone():
    f = sd.parse("x.rest/(norm2(x)*norm2(rest))")
    other = sd.parse("x.y/(norm2(x)*norm2(y))")
    assert np.allclose(sd.grad(f, "x").compile("numpy")(x=X, rest=Y), sd.grad(other, "x")(x=X, y=Y))


ROWS = np.array([[1.0, 2], [3, 4]]), np.array([[1.0, -2], [2, 1]])


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
@pytest.mark.parametrize(
    "formula",
    [
        "sum(rowsum(X .* Y) ./ (rownorm2(X) .* rownorm2(Y)))",
        "mean(i=1..n, 1 - X[i].Y[i]/norm2(X[i])/norm2(Y[i]))",
        "sum((rowsum(X .* Y) ./ rownorm2(X) ./ rownorm2(Y) - 0.25).^2)",
        "sum(exp(diag(1 ./ rownorm2(X))*X*Y'*diag(1 ./ rownorm2(Y))))",
        "sum(X .* Y)/(norm2(X)*norm2(Y))",
        "tr(X'*Y)/(norm2(X)*norm2(Y))",
    ],
)
def test_rows_and_matrices_at_every_length(formula, target):
    f = sd.parse(f"X, Y: matrix(n, d); {formula}")
    value, gradient = f.compile(target), sd.grad(f, "X").compile(target)
    x, y = ROWS
    plain_value, plain = f(X=x, Y=y), sd.grad(f, "X")(X=x, Y=y)
    for a, b in LENGTHS:
        given = {"X": converted(target, a * x), "Y": converted(target, b * y)}
        assert np.allclose(float(value(**given)), plain_value, rtol=1e-12)
        assert np.allclose(np.asarray(gradient(**given)) * a, plain, rtol=1e-11, atol=1e-13)


WIDE = np.array([[0.6, 1.2, -1.4], [-0.9, 1.4, 1.1]])
FIRST = np.array([0.5, -2.0, 1.5])
SECOND = np.array([1.0, 0.25, -3.0])
MULTIPLES = {
    "r = -(C*x); r/norm2(r)": -(WIDE @ FIRST) / np.linalg.norm(WIDE @ FIRST),
    "r = -x; s = r/norm2(r); s.y": -(FIRST @ SECOND) / np.linalg.norm(FIRST),
    "r = 2*x; r.y/norm2(r)": FIRST @ SECOND / np.linalg.norm(FIRST),
    "r = -2*x; r.y*r/norm2(r)^2": (FIRST @ SECOND) * FIRST / (FIRST @ FIRST),
    "r = -x; c*r*(r.y)/norm2(r)": 1.5 * FIRST * (FIRST @ SECOND) / np.linalg.norm(FIRST),
    "r = -3*x; (c*r - y)/norm2(r)": (-4.5 * FIRST - SECOND) / (3 * np.linalg.norm(FIRST)),
    "r = -3*x; c*r*r.y/norm2(r)^3": 1.5 * FIRST * (FIRST @ SECOND) / (3 * np.linalg.norm(FIRST) ** 3),
    "R = -C; c*R ./ (rownorm2(R)*ones(3)')": -1.5 * WIDE / np.linalg.norm(WIDE, axis=1)[:, None],
    "R = -2*C; sum((R*y) ./ rownorm2(R))": -(WIDE @ SECOND / np.linalg.norm(WIDE, axis=1)).sum(),
    "R = -2*C; (R*y) .* (R*x) ./ rownorm2(R).^2": (WIDE @ SECOND) * (WIDE @ FIRST) / (WIDE**2).sum(1),
}


@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
@pytest.mark.parametrize("formula", MULTIPLES)
def test_a_multiple_is_divided_by_its_own_norm(formula, target):
    """-(A*x) is a vector with a number in front, and the vector of its norm: it was left as it was, without the norm."""
    f = sd.parse(f"C: matrix(2,3); x: vector(3); y: vector(3); c: scalar; {formula}")
    given = {
        name: v for name, v in {"C": WIDE, "x": FIRST, "y": SECOND, "c": np.float64(1.5)}.items() if name in formula.replace("rownorm2", "")
    }
    given = {name: converted(target, v) for name, v in given.items()}
    np.testing.assert_allclose(np.asarray(f.compile(target)(given)), MULTIPLES[formula], rtol=1e-12)
