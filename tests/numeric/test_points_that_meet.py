"""Stress and its relatives where points meet: u/norm2(u) is 0 at u = 0, also where an answer has multiplied it out."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import symdiff as sd

STRESS = "X: matrix(n,d); sum(i=1..n, j=1..n, (D[i,j] - norm2(X[i] - X[j]))^2)"
MEETING = np.array([[0.5, -1.0], [0.5, -1.0], [2.0, 0.3], [-1.0, 0.4]])
APART = np.array([[0.3, 0.1], [1.0, -0.4], [0.2, 2.0]])


def gradient_of_stress(x, d):
    """Entry by entry, where what stands between two points that meet has the derivative 0."""
    g = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(len(x)):
            r = np.linalg.norm(x[i] - x[j])
            if r:
                step = -2 * (d[i, j] - r) * (x[i] - x[j]) / r
                g[i] += step
                g[j] -= step
    return g


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("x", [MEETING, APART], ids=["meeting", "apart"])
def test_the_gradient_of_stress(x, target):
    library = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
    given = {"numpy": np.asarray, "jax": lambda v: library.numpy.asarray(v), "torch": lambda v: library.as_tensor(v)}[target]
    d = np.ones((len(x), len(x))) - np.eye(len(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = sd.grad(STRESS, "X").compile(target)(X=given(x), D=given(d))
    np.testing.assert_allclose(np.asarray(found), gradient_of_stress(x, d), rtol=1e-9)


def test_the_second_derivative_of_stress():
    """Every point meets itself."""
    d = np.ones((3, 3)) - np.eye(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = sd.hessian(STRESS, "X").compile("numpy")(X=APART, D=d)
    step = 1e-6
    for k in np.ndindex(APART.shape):
        e = np.zeros_like(APART)
        e[k] = step
        rate = (gradient_of_stress(APART + e, d) - gradient_of_stress(APART - e, d)) / (2 * step)
        np.testing.assert_allclose(found[(..., *k)], rate, atol=1e-6)
