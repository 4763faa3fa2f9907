"""Second derivatives of even functions of a norm where it is 0: multiples of the identity, or nothing where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

import symdiff as sd

# the function, and its second derivative by the norm at 0
EVEN = [
    ("cos(norm2(w))", -1),
    ("cosh(norm2(w))", 1),
    ("log(cosh(norm2(w)))", 1),
    ("norm2(w)*tanh(norm2(w))", 2),
    ("norm2(w)*sin(norm2(w))", 2),
    ("huber(norm2(w), 1)", 1),
    ("sin(norm2(w))^2", 2),
    ("sinc(norm2(w))", -(math.pi**2) / 3),
    ("exp(norm2(w)) - norm2(w)", 1),
    ("erf(norm2(w))*norm2(w)", 4 / math.sqrt(math.pi)),
    ("softplus(norm2(w)) + softplus(-norm2(w))", 0.5),
    ("3*cos(2*norm2(w)) + a.w", -12),
]


@pytest.mark.parametrize(("text", "second"), EVEN)
def test_even_functions_of_a_norm(text, second, target):
    h = sd.hessian(f"w, a: vector(n); {text}", "w")
    found = np.asarray(h.compile(target)(w=np.zeros(3), a=np.ones(3)))
    np.testing.assert_allclose(found, second * np.eye(3), rtol=1e-12, atol=1e-14, err_msg=str(h))


def test_of_residuals():
    a = np.asarray([[1.0, 2], [3, 4]])
    h = sd.hessian("A: matrix(m,n); cos(norm2(A*w - b))", "w").compile("numpy")
    np.testing.assert_allclose(h(A=a, w=[1.0, 1], b=[3.0, 7]), -a.T @ a, rtol=1e-12)


def test_of_letters():
    h = sd.hessian("w: vector(n); log(cosh(norm2(w)/s))*s^2", "w").compile("numpy")
    np.testing.assert_allclose(h(w=np.zeros(2), s=2.0), np.eye(2), rtol=1e-12)


@pytest.mark.parametrize("text", ["norm2(w)", "exp(-norm2(w))", "log(1 + norm2(w))"])
def test_without_a_second_derivative_there_is_no_number(text):
    """What is not even has none at 0, and its pole is not hidden."""
    with np.errstate(all="ignore"):
        assert not np.isfinite(sd.hessian(f"w: vector(n); {text}", "w").compile("numpy")(w=np.zeros(2))).all()


@pytest.mark.parametrize(("text", "second"), EVEN[:6])
def test_elsewhere_nothing_changes(text, second):
    h = sd.hessian(f"w, a: vector(n); {text}", "w").compile("numpy")
    g = sd.grad(f"w, a: vector(n); {text}", "w").compile("numpy")
    w = np.asarray([0.3, -0.4])
    given = {"a": np.ones(2)}
    wanted = [(g({"w": w + e, **given}) - g({"w": w - e, **given})) / 2e-6 for e in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(h({"w": w, **given}), wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("text, want", [("[s*s > 0.1]*(s*s)^-1.5", 0.125), ("if(s*s > 0, 3/sqrt(s*s), 0)", 1.5)])
def test_roots_of_a_number_times_itself_need_no_norm(text, want):
    f = sd.parse(text)
    for target in ("math", "numpy"):
        assert [float(f.compile(target)(s=s)) for s in (0.0, -2.0, 2.0)] == [0.0, want, want]
