"""Derivatives of products where factors are 0: gradients and Hessians beside differences of the function, which has no quotient in it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import symdiff as sd

KINDS = {"x": "vector(n)", "y": "vector(n)", "A": "matrix(m, n)", "t": "scalar"}
SIZES = {"n": 3, "m": 2}
FORMULAS = """
prod(x)
prod(x)^2
prod(x)^3*sum(x)
prod(x .* y)
prod(x - y)
prod(y - x)
prod(2*x)
prod(x .* x)
prod(x .^ 3)
prod(sin(x))
prod(cos(x) - 1)
prod(tan(x))
prod(sinh(x))
prod(x)*log(2 + prod(x))
sin(prod(x))
exp(prod(x))*prod(y)
prod(x)*prod(y)
sum(cumprod(x))
cumprod(x).y
sum(prod(x)*x)
prod(1 - x .* y)
prod(x)/(1 + t^2)
prod(t*x)
prod(t - x)
prod(A)
prod(rowprod(A))
sum(rowprod(A))
sum(rowprod(A) .^ 2)
sum(colprod(A))
prod(A*x)
sum(rowprod(A .* A))
sum(rowprod(A - ones(m)*x'))
prod(rowsum(A))
sum(rowprod(sin(A)))
sum(i=1..n, x[i]*prod(j=1..n, 1 + x[j]*y[i]))
prod(i=1..n, x[i] - y[i])
prod(i=1..n-1, x[i+1] - x[i])
prod(i=1..n, x[i]^2 - t^2)
prod(i=1..n, x[i]*(t - y[i]))
x[1]*prod(x)
prod(x)*x.y
prod(x)*norm2(y)^2
prod(x)^2*prod(y)^2
prod(x .* y .* (x + y))
prod(x*x')
prod(sum(x)*x)
prod(rowsum(x*x' + (x*x')'))
prod(x*ones(n)')
"""


def differences(f, at, name, h=1e-3):
    slope = np.empty(np.shape(f(at)) + np.shape(at[name]))
    for place in np.ndindex(np.shape(at[name])):

        def moved(k, place=place):
            x = np.array(at[name], float)
            x[place] += k * h
            return np.asarray(f({**at, name: x}), float)

        slope[(..., *place)] = (45 * (moved(1) - moved(-1)) - 9 * (moved(2) - moved(-2)) + moved(3) - moved(-3)) / (60 * h)
    return slope


def points(names):
    """At one zero, two zeros, all zeros, equal entries, and nothing of this."""
    rng = np.random.default_rng(4)
    for pattern in ((0, 1, 1), (0, 0, 1), (0, 0, 0), (1, 1, 1)):
        at = {}
        for name in names:
            dims = [SIZES[d] for d in KINDS[name].partition("(")[2].strip(")").split(", ") if d]
            at[name] = rng.uniform(0.4, 1.2, dims or None)
            if dims:
                at[name] = at[name] * np.resize(pattern, dims[-1])
        yield at
    if {"x", "y"} <= set(names):
        yield {**at, "y": np.array([at["x"][0], 0.3, at["x"][2]])}


CASES = [(text, name) for text, name in itertools.product(FORMULAS.strip().splitlines(), KINDS) if name in sd.parse(text, **KINDS).types]


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("text", "name"), CASES)
def test_a_gradient_and_a_second_derivative_at_zeros(text, name):
    whole = sd.parse(text, **KINDS)
    used = [k for k in KINDS if k in whole.types]
    f = sd.parse(text, **{k: KINDS[k] for k in used})
    value, slope = f.compile("numpy"), sd.grad(f, name).compile("numpy")
    for at in points(used):
        found = np.asarray(slope(**at), float)
        np.testing.assert_allclose(found, differences(lambda a: value(**a), at, name), rtol=1e-7, atol=1e-7)
    if KINDS[name].startswith("vector"):
        second = sd.hessian(f, name).compile("numpy")
        for at in points(used):
            np.testing.assert_allclose(np.asarray(second(**at), float), differences(lambda a: slope(**a), at, name), rtol=1e-6, atol=1e-6)
