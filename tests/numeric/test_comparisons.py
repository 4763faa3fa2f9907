"""A comparison with a side that has no value is false, `!=` too: in every target, and without a warning."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import symdiff as sd


def value(f, target, **at):
    library = pytest.importorskip(target) if target in ("jax", "torch") else np
    if target == "jax":
        library.config.update("jax_enable_x64", True)
    put = library.as_tensor if target == "torch" else np.asarray
    given = {name: x if target == "math" else put(np.asarray(x, dtype=float)) for name, x in at.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return np.asarray(f.compile(target)(given), dtype=float)


@pytest.mark.parametrize("target", ["numpy", "math", "jax", "torch"])
@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ("[log(x) != 0]*x", {-3.0: 0, 0.0: 0, 1.0: 0, 2.0: 2}),
        ("[1/x > 0.1]*x", {-3.0: 0, 0.0: 0, 1.0: 1, 20.0: 0}),
        ("if(sqrt(x) < 1, 1, 2)", {-3.0: 2, 0.0: 1, 4.0: 2}),
        ("if(log(x) <= 1, 1, 2)", {-3.0: 2, 0.0: 2, 1.0: 1, 9.0: 2}),
        ("[arcsin(x) < 5]", {-3.0: 0, -1.0: 1, 0.5: 1, 2.0: 0}),
        ("[not (log(x) > 0)]", {-3.0: 1, 0.5: 1, 3.0: 0}),
        ("[x/(x - 1) < 5]", {1.0: 0, 3.0: 1}),
        ("if(log(x) > 0, log(log(x)), 7)", {-1.0: 7, 1.0: 7, np.e: 0}),
        # a false bracket cuts off what has no value: then the side has one
        ("[[x > 0]*log(x) + 2 > 0]*3", {-1.0: 3, 1.0: 3, 0.1: 0}),
        ("if([x > 0.5]*log(x)^2*x <= 0, 1, 2)", {-1.0: 1, 0.25: 1, 3.0: 2}),
        ("max([x > 0]*log(x), -1) + [if(x > 0, 1/x, 0) < 1]", {-1.0: 1, 2.0: np.log(2) + 1, 0.5: np.log(0.5)}),
    ],
)
def test_values(formula, values, target):
    f = sd.parse(formula)
    for x, want in values.items():
        np.testing.assert_allclose(value(f, target, x=x), want, atol=1e-12, err_msg=f"{formula} at {x}")


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_entry_by_entry(target):
    g = sd.grad("x: vector(n); sum(i=1..n, if(1/x[i] > 0.5, x[i]^2, 0))", "x")
    np.testing.assert_array_equal(value(g, target, x=[-1.0, 0.0, 1.0, 3.0]), [0, 0, 2, 0])


def test_what_has_a_value_everywhere_is_compared_as_it_is():
    assert "&" not in sd.parse("[x^2 + 1 > 3]*x").code("numpy").rsplit("def f(", 1)[1]
