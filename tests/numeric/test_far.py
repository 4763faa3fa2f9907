"""Values and derivatives at points where a part of a formula is beyond all doubles and the whole is not: lengths with 1 in them, exponentials."""

from __future__ import annotations

import math

import numpy as np
import pytest

import symdiff as sd

X = "x: vector(n); "
FIFTH = math.sqrt(0.2)

# formula, point, order, value
FAR = [
    (X + "sqrt(x.x + 1)", {"x": [1e200, 2e200]}, 0, 1e200 / FIFTH),
    (X + "sqrt(x.x + 1)", {"x": [1e200, 2e200]}, 1, [FIFTH, 2 * FIFTH]),
    (X + "1e200*sqrt(x.x + 1)", {"x": [1e200, 2e200]}, 2, [[0.8 * FIFTH, -0.4 * FIFTH], [-0.4 * FIFTH, 0.2 * FIFTH]]),
    (X + "sqrt(x.x + y.y)", {"x": [1e200, 0], "y": [0, 2e200]}, 1, [FIFTH, 0]),
    (X + "sqrt(2*x.x + 3)", {"x": [-1e200, 0]}, 1, [-math.sqrt(2), 0]),
    ("sqrt(1 + x^2)", {"x": -1e200}, 1, -1),
    ("sqrt(1 + x^2 + y^2)", {"x": 1e200, "y": 1e200}, 1, math.sqrt(0.5)),
    (X + "x.x/(1 + x.x)", {"x": [1e200, 2e200]}, 0, 1),
    (X + "x.x/(1 + x.x)", {"x": [1e-200, 2e-200]}, 0, 0),
    (X + "x.x/(1 + x.x)", {"x": [1e200, 2e200]}, 2, [[0, 0], [0, 0]]),
    ("x^2/(1 + x^2)", {"x": 1e200}, 0, 1),
    ("x^2/(1 + x^2)", {"x": 1e200}, 2, 0),
    ("log(1 + x^2)", {"x": 1e200}, 2, 0),
    (X + "x.y/(x.x + y.y)", {"x": [1e200, 2e200], "y": [2e200, 1e200]}, 0, 0.4),
    (X + "norm2(x)^2/(1 + norm2(x)^2)*x[1]/norm2(x)", {"x": [1e200, 2e200]}, 0, FIFTH),
    (X + "x[1]^2/norm2(x)^2", {"x": [1e200, 2e200]}, 0, 0.2),
    (X + "x[1]^2/norm2(x)^2", {"x": [1e-200, 2e-200]}, 0, 0.2),
    (X + "1e200*x[1]^2/norm2(x)^2", {"x": [1e200, 2e200]}, 1, [0.32, -0.16]),
    (X + "log(x.x)", {"x": [1e200, 2e200]}, 0, 400 * math.log(10) + math.log(5)),
    (X + "log(x.x)", {"x": [1e-200, 2e-200]}, 0, -400 * math.log(10) + math.log(5)),
    (X + "norm(x, 3)", {"x": [1e200, -2e200]}, 1, [9 ** (-2 / 3), -4 * 9 ** (-2 / 3)]),
    (X + "norm(x, 3)", {"x": [1e-200, -2e-200]}, 1, [9 ** (-2 / 3), -4 * 9 ** (-2 / 3)]),
    (X + "1e200*norm(x, 3)", {"x": [1e200, -2e200]}, 2, [[16 * 9 ** (-5 / 3), 8 * 9 ** (-5 / 3)], [8 * 9 ** (-5 / 3), 4 * 9 ** (-5 / 3)]]),
    (X + "norm(x, 4)", {"x": [1e200, -2e200]}, 1, [17**-0.75, -8 * 17**-0.75]),
    (X + "x.y/sqrt(x.x*y.y)", {"x": [1e200, 2e200], "y": [2e200, 1e200]}, 0, 0.8),
    (X + "x.y/sqrt(x.x*y.y)", {"x": [1e-200, 2e-200], "y": [2e-200, 1e-200]}, 1, [0.24e200, -0.12e200]),
    (X + "1e200*w.(x/sqrt(mean(x.^2) + 1e-6))", {"x": [1e200, 2e200], "w": [1.0, 0]}, 1, [0.8 / math.sqrt(2.5), -0.4 / math.sqrt(2.5)]),
    ("(exp(x) - 1)/(exp(x) + 1)", {"x": 1000.0}, 0, 1),
    ("(exp(x) - 1)/(exp(x) + 1)", {"x": -1000.0}, 0, -1),
    ("(1 - exp(-2*x))/(1 + exp(-2*x))", {"x": -1000.0}, 0, -1),
    (X + "log(prod(sigma(x)))", {"x": [-1000.0, 0]}, 0, -1000 - math.log(2)),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("text", "at", "order", "wanted"), FAR)
def test_far_points(text, at, order, wanted, target):
    f = sd.parse(text)
    g = f if order == 0 else sd.derivative(f, "x", order=order)
    calls = [g, sd.parse(str(g), given=f)] if order else [g]
    for call in calls:
        used = {name: v for name, v in at.items() if name in call.variables} or at
        found = np.asarray(call.compile(target)(at if order else used), dtype=float)
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-100, err_msg=str(call))


@pytest.mark.parametrize("text", ["sqrt(x.x + 1)", "x.x/(1 + x.x)", "x.y/(x.x + y.y)", "1/(1 + x.x)^2", "log(x.x)", "sqrt(x.x/n + 0.01)"])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_same_where_nothing_is_far(text, order):
    f = sd.parse(X + text)
    g = f if order == 0 else sd.derivative(f, "x", order=order)
    at = {"x": [0.3, -1.2, 2.0], "y": [1.0, 0.5, -2.0]}
    at = at if "y" in f.variables else {"x": at["x"]}
    np.testing.assert_allclose(g.compile("numpy")(at), g(at), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("text", ["log(1 + x^2)", "arctan(x)", "x/(1 + x^2)"])
def test_squares_of_floats_are_no_errors(text):
    """As the other targets have them, where x**2 of plain Python is an OverflowError."""
    f = sd.parse(text)
    for g in (f, sd.grad(f, "x")):
        with np.errstate(over="ignore"):
            np.testing.assert_equal(g.compile("math")(x=1e200), float(g.compile("numpy")(x=1e200)))


@pytest.mark.parametrize(("text", "wanted"), [("(1 - cos(x))/x^2", 0.5), ("(cosh(x) - 1)/x^2", 0.5), ("(1 - cos(2*x))/(1 - cosh(x))", -4)])
def test_differences_from_one_near_zero(text, wanted, target):
    np.testing.assert_allclose(float(sd.parse(text).compile(target)(x=1e-9)), wanted, rtol=1e-14)


# Ratios of sums of exponentials: the same at every shift of z.
RATIOS = [
    "sqrt(mean(exp(2*z)))/sum(exp(z))",
    "sqrt(sum(exp(2*z)))/sum(exp(z))",
    "norm2(exp(z))/sum(exp(z))",
    "mean(exp(z))/exp(mean(z))",
    "std(exp(z))/mean(exp(z))",
    "var(exp(z))/mean(exp(z))^2",
]


@pytest.mark.parametrize("text", RATIOS)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_ratio_of_exponentials_does_not_change_with_a_shift(text, order):
    f = sd.parse(text)
    g = f if order == 0 else sd.derivative(f, "z", order=order)
    z = np.array([0.5, -1.0, 2.0])
    for call in [g, sd.parse(str(g), given=f)] if order else [g]:
        code = call.compile("numpy")
        near = np.asarray(code({"z": z}), dtype=float)
        for shift in (400.0, -400.0, 1000.0, -1000.0):
            np.testing.assert_allclose(np.asarray(code({"z": z + shift}), dtype=float), near, rtol=1e-9, atol=1e-11, err_msg=str(call))
