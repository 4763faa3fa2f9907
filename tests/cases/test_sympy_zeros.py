"""Formulas of machine learning on which SymPy 1.14's derivative by a MatrixSymbol is 0, lacks terms, or is refused.

Each line: formula, kind of derivative, variable, the formula in SymPy (for the Hessian its gradient), what SymPy makes of it in this
spelling. Ours is compared with central differences
and verified; of SymPy it is tested that the claim still holds, so that a release that mends a case is noticed here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Determinant, MatrixSymbol, OneMatrix, Trace, ZeroMatrix, exp, hadamard_product, log

import symdiff as sd

m, n, k = sympy.symbols("m n k", integer=True, positive=True)
t, c = sympy.symbols("t c")
a, p, q, w, x = (MatrixSymbol(name, n, 1) for name in "apqwx")
b, y = (MatrixSymbol(name, m, 1) for name in "by")
A, R, X = (MatrixSymbol(name, m, n) for name in "ARX")
Q, S = (MatrixSymbol(name, n, n) for name in "QS")
U, V, W, v = MatrixSymbol("U", m, k), MatrixSymbol("V", n, k), MatrixSymbol("W", k, n), MatrixSymbol("v", k, 1)


def number(matrix):
    """The entry of a 1 x 1 matrix: how a matrix product becomes a number in SymPy."""
    return matrix[0, 0]


def square(matrix):
    """The sum of squares of a column."""
    return number(matrix.T * matrix)


def total(column):
    return OneMatrix(1, column.shape[0]) * column


LOGISTIC = sympy.Lambda(t, log(1 + exp(t)))
SIGMA = sympy.Lambda(t, 1 / (1 + exp(-t)))
HINGE = sympy.Lambda(t, sympy.Max(1 - t, 0))

CASES = {
    # a constant, or a second term, makes the whole derivative vanish
    "quadratic form and a constant": ("S: matrix(n, n); x: vector(n); x'*S*x + 1", sd.grad, "x", lambda: number(x.T * S * x) + 1, "zero"),
    "trace and a constant": ("Q: matrix(n, n); tr(Q) + 1", sd.grad, "Q", lambda: Trace(Q) + 1, "zero"),
    "two norms": (
        "Q, S: matrix(n, n); norm2(Q)^2 + norm2(S - Q)^2",
        sd.grad,
        "Q",
        lambda: Trace(Q.T * Q) + Trace((S - Q).T * (S - Q)),
        "zero",
    ),
    "ridge": (
        "A: matrix(m, n); x: vector(n); y: vector(m); c: scalar; norm2(A*x - y)^2 + c*norm2(x)^2",
        sd.grad,
        "x",
        lambda: Trace((A * x - y).T * (A * x - y)) + c * Trace(x.T * x),
        "zero",
    ),
    "graphical lasso": ("Q, S: psd matrix(n, n); tr(S*Q) - logdet(Q)", sd.grad, "Q", lambda: Trace(S * Q) - log(Determinant(Q)), "zero"),
    # numbers made of matrix products
    "least squares": ("A: matrix(m, n); x: vector(n); y: vector(m); norm2(A*x - y)^2", sd.grad, "x", lambda: square(A * x - y), "zero"),
    "logdet": ("Q: matrix(n, n); logdet(Q)", sd.grad, "Q", lambda: log(Determinant(Q)), "zero"),
    "exponential of a square": ("x: vector(n); exp(x'*x)", sd.grad, "x", lambda: exp(square(x)), "zero"),
    "Gaussian kernel": ("x, a: vector(n); exp(-norm2(x - a)^2/2)", sd.grad, "x", lambda: exp(-Trace((x - a).T * (x - a)) / 2), "zero"),
    "Gaussian log-likelihood": (
        "Q: psd matrix(n, n); a: vector(n); -1/2*a'*inv(Q)*a - 1/2*logdet(Q)",
        sd.grad,
        "Q",
        lambda: -number(a.T * Q.I * a) / 2 - log(Determinant(Q)) / 2,
        "zero",
    ),
    "logistic loss": (
        "X: matrix(m, n); w: vector(n); y: vector(m); sum(log(1 + exp(-y .* (X*w))))",
        sd.grad,
        "w",
        lambda: number(total(hadamard_product(-y, X * w).applyfunc(LOGISTIC))),
        "zero",
    ),
    "hinge loss": ("w, a: vector(n); y: scalar; max(1 - y*w.a, 0)", sd.grad, "w", lambda: sympy.Max(1 - c * number(w.T * a), 0), "zero"),
    "absolute loss": ("w, a: vector(n); y: scalar; abs(w.a - y)", sd.grad, "w", lambda: abs(number(w.T * a) - c), "zero"),
    "sigmoid of a score": ("w, a: vector(n); sigma(w.a)", sd.grad, "w", lambda: SIGMA(number(w.T * a)), "zero"),
    "logsumexp": ("x: vector(n); logsumexp(x)", sd.grad, "x", lambda: log(number(total(x.applyfunc(exp)))), "zero"),
    "cross-entropy": (
        "a: onehot vector(n); x: vector(n); -a.log(softmax(x))",
        sd.grad,
        "x",
        lambda: log(number(total(x.applyfunc(exp)))) - number(a.T * x),
        "zero",
    ),
    "cosine similarity": (
        "x, a: vector(n); x.a/(norm2(x)*norm2(a))",
        sd.grad,
        "x",
        lambda: number(a.T * x) / sympy.sqrt(square(a) * square(x)),
        "zero",
    ),
    "two-layer network": (
        "W: matrix(k, n); v: vector(k); x: vector(n); y: scalar; (v.tanh(W*x) - y)^2",
        sd.grad,
        "W",
        lambda: (number(v.T * (W * x).applyfunc(sympy.tanh)) - c) ** 2,
        "zero",
    ),
    "matrix factorisation with decay": (
        "R: matrix(m, n); U: matrix(m, k); V: matrix(n, k); norm2(R - U*V')^2 + norm2(U)^2",
        sd.grad,
        "U",
        lambda: Trace((R - U * V.T).T * (R - U * V.T)) + Trace(U.T * U),
        "zero",
    ),
    # terms of a product or quotient are lost
    "softmax": ("x: vector(n); softmax(x)", sd.jacobian, "x", lambda: x.applyfunc(exp) / number(total(x.applyfunc(exp))), "lacks terms"),
    "unit vector": ("x: vector(n); x/norm2(x)", sd.jacobian, "x", lambda: x / sympy.sqrt(square(x)), "lacks terms"),
    # refused
    "batch hinge": (
        "X: matrix(m, n); w: vector(n); y: vector(m); sum(max(1 - y .* (X*w), 0))",
        sd.grad,
        "w",
        lambda: total(hadamard_product(y, X * w).applyfunc(HINGE)),
        "raises",
    ),
    "divergence": (
        "p, q: positive vector(n); sum(p .* log(p ./ q))",
        sd.grad,
        "q",
        lambda: total(hadamard_product(p, p.applyfunc(log)) - hadamard_product(p, q.applyfunc(log))),
        "raises",
    ),
    "root of a quadratic form": (
        "S: psd matrix(n, n); x: vector(n); sqrt(x'*S*x)",
        sd.grad,
        "x",
        lambda: sympy.sqrt(number(x.T * S * x)),
        "raises",
    ),
    "logistic Hessian": (
        "X: matrix(m, n); w: vector(n); sum(log(1 + exp(X*w)))",
        sd.hessian,
        "w",
        lambda: total((X * w).applyfunc(LOGISTIC)).diff(w),
        "raises",
    ),
    "log-barrier": (
        "A: matrix(m, n); b: vector(m); x: vector(n); -sum(log(b - A*x))",
        sd.grad,
        "x",
        lambda: -number(total((b - A * x).applyfunc(log))),
        "zero",
    ),
}
SIZES = {"m": 4, "n": 3, "k": 2}


@cache
def solved(name):
    formula, derive, wrt, _, _ = CASES[name]
    f = sd.parse(formula)
    return f, derive(f, wrt)


def draw(f, seed):
    """Values with the properties that the formula declares, inside its domain."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = dict(SIZES)
    for name, node in f.variables.items():
        value = rng.standard_normal([SIZES[d] for d in node.shape])
        if value.ndim == 2 and len(value) == len(value.T):
            value = value @ value.T + np.eye(len(value))
        if "positive" in node.properties:
            value = np.abs(value) + 0.5
        if "onehot" in node.properties:
            value = (value == value.max()) * 1.0
        values[name] = value + 9 if name == "b" else value
    return values


def differences(value, wrt, values, h=1e-6):
    """Central differences of value(values), the axes of the variable last."""
    found = []
    symmetric = wrt == "Q" and np.allclose(values[wrt], values[wrt].T)
    for place in np.ndindex(*values[wrt].shape):
        step = np.zeros(values[wrt].shape)
        step[place] = h
        step = (step + step.T) / 2 if symmetric else step
        found.append((value({**values, wrt: values[wrt] + step}) - value({**values, wrt: values[wrt] - step})) / (2 * h))
    rest = np.moveaxis(np.array(found), 0, -1)
    return rest.reshape(rest.shape[:-1] + values[wrt].shape)


@pytest.mark.parametrize("name", CASES)
def test_ours_is_right(name):
    f, g = solved(name)
    _, derive, wrt, _, _ = CASES[name]
    values = draw(f, len(name))
    first = (sd.grad(f, wrt) if derive is sd.hessian else f).compile()
    want = differences(lambda v: np.asarray(first(v), dtype=float), wrt, values)
    got = np.asarray(g.compile()(values))
    assert got.shape == want.shape and np.abs(want).max() > 1e-3
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6 * np.abs(want).max(), err_msg=str(g))


@pytest.mark.parametrize("name", CASES)
def test_ours_is_verified(name):
    f, g = solved(name)
    _, derive, wrt, _, _ = CASES[name]
    verdict = sd.verify(f, [wrt, wrt] if derive is sd.hessian else wrt, g)
    assert verdict.ok is True, verdict


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")  # SymPy's own
def test_sympy_still_is_not(name):
    _, _, wrt, formula, outcome = CASES[name]
    variable = globals()[wrt]
    if outcome == "raises":
        value = formula()
        with pytest.raises((AttributeError, IndexError, NotImplementedError, TypeError, ValueError)):
            value.diff(variable)
    elif outcome == "zero":
        assert formula().diff(variable) in (0, ZeroMatrix(*variable.shape))
    else:
        # the terms that are lost are outer products of the variable: what is left is a diagonal matrix
        value = formula().diff(variable).subs(n, 3).doit()
        assert all(value[i, j] == 0 for i in range(3) for j in range(3) if i != j)


def test_as_many_as_were_promised():
    assert len(CASES) >= 24
