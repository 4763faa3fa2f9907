"""Derivatives as matrices d vec(f)/d vec(x): their words, their entries, and that they read back."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.differentiate import Form

TYPES = "A: matrix(p,m); X: matrix(m,n); B: matrix(n,q); C: matrix(m,m); D: matrix(n,n); u: vector(m); v: vector(n); c: scalar; "

# fmt: off
JACOBIANS = [
    ("A*X*B",          "X", "kron(B', A)"),
    ("A*X*B",          "A", "kron((X*B)', eye(p))"),
    ("X*v",            "X", "kron(v', eye(m))"),
    ("u'*X",           "X", "kron(eye(n), u')"),
    ("vec(X)",         "X", "eye(m*n)"),
    ("vec(A*X*B)",     "X", "kron(B', A)"),
    ("u*v'",           "v", "kron(eye(n), u')'"),
    ("v*u'",           "v", "kron(u', eye(n))'"),
    ("exp(X)",         "X", "diag(vec(exp(X)))"),
    ("inv(C)",         "C", "-kron(inv(C)', inv(C))"),
    ("c*X + 3*C*X",    "X", "c*eye + 3*kron(eye(n), C)"),
    ("A*X*v",          "X", "kron(v', A)"),
    ("A*u",            "u", "A"),
    ("u'*X*v",         "X", "vec(u*v')"),
    ("c*X",            "c", "vec(X)"),
]
HESSIANS = [
    ("norm2(X)^2",     "X", "2*eye(m*n)"),
    ("norm2(A*X)^2",   "X", "2*kron(eye(n), A'*A)"),
    ("tr(C*X*D*X')",   "X", "kron(D', C) + kron(D, C')"),
    ("(u'*X*v)^2",     "X", "2*(vec(u*v')*vec(u*v')')"),
    ("tr(C)^2",        "C", "2*(vec(eye(m))*vec(eye(m))')"),
    ("sum(exp(X))",    "X", "diag(vec(exp(X)))"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "expected", "order"), [(*c, 1) for c in JACOBIANS] + [(*c, 2) for c in HESSIANS])
def test_words(text: str, wrt: str, expected: str, order: int) -> None:
    f = sd.parse(TYPES + text)
    g = sd.jacobian(f, wrt, kron=True) if order == 1 else sd.hessian(f, wrt, kron=True)
    assert str(g) == expected
    assert sd.parse(expected, given=f) == g
    assert sd.verify(f, [wrt] * order, Form(kron=True).tensor(g.expr, f.expr, [f.variables[wrt].expr] * order)).ok


def test_columns_are_stacked() -> None:
    f = sd.parse(TYPES + "A*X*B")
    rng = np.random.default_rng(5)
    values = {"A": rng.standard_normal((2, 3)), "X": rng.standard_normal((3, 4)), "B": rng.standard_normal((4, 5))}
    matrix = sd.jacobian(f, "X", kron=True)(**values)
    step = rng.standard_normal((3, 4))
    moved = f(**(values | {"X": values["X"] + step})) - f(**values)
    np.testing.assert_allclose(matrix @ step.flatten("F"), moved.flatten("F"))


WITHOUT_WORDS = ["X'", "kron(A, X)", "X*X'", "X'*X", "exp(X)*B", "tril(X*X')", "hcat(X, E)", "vec(X)*vec(X)'", "kron(X, X)", "vec(X')"]


@pytest.mark.parametrize("text", WITHOUT_WORDS)
def test_without_words_it_is_written_by_entries(text: str) -> None:
    f = sd.parse("A: matrix(p,m); X, E: matrix(m,n); B: matrix(n,q); " + text)
    g = sd.jacobian(f, "X", kron=True)
    assert sd.parse(str(g), given=f).expr is g.expr
    rng, sizes = np.random.default_rng(5), {"p": 2, "m": 2, "n": 3, "q": 2}
    values = {name: rng.standard_normal([sizes[d] for d in x.shape]) for name, x in f.variables.items()}
    step = 1e-6 * rng.standard_normal((2, 3))
    moved = f(**(values | {"X": values["X"] + step})) - f(**(values | {"X": values["X"] - step}))
    matrix = g({k: v for k, v in (values | sizes).items() if k in {"A", "X", "E", "B", "m", "n", "p", "q"}})
    np.testing.assert_allclose(matrix @ step.flatten("F") * 2, moved.flatten("F"), atol=1e-14)


@pytest.mark.parametrize(
    "text", ["vec(X)", "vec(A*X*B)", "vec(X + c*X.^2)", "kron(A, X)", "2*c*kron(C, D)", "kron(u, v)", "exp(vec(X)) - vec(u*v')"]
)
def test_values_keep_their_words(text: str) -> None:
    f = sd.parse(TYPES + text)
    g = f.expand()
    assert sd.parse(str(g), given=f) == g
    assert "tensor" not in str(g)
