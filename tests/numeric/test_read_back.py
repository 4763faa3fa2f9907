"""Derivatives at zeros of products and norms, in the code of the answer and in that of its text read back: against differences of the value."""

import numpy as np
import pytest

import symdiff as sd

ENTRIES = [[0, 1.0, 3], [2, 1, 3], [0, 0, 3], [0, 2, 3], [2, 2, 3], [0.5, 1, 3]]
ORIGIN = [[0, 0, 0.0], [1, 2, 0]]

FIRST = {
    "prod(2*x - x.^2)": ENTRIES,
    "prod(x.^2 - x.^3)": ENTRIES,
    "prod(x .* sin(x))": ENTRIES,
    "prod(abs(x).^3 + x.^3)": ENTRIES,
    "prod(x + 2)*prod(x)": ENTRIES,
    "norm2(norm2(x)*x - x)": ORIGIN,
    "norm2(norm2(x)*x - x)^2 + norm2(norm2(x)*x - x)": ORIGIN,
    "norm2(norm2(x)*x - x.^2)": ORIGIN,
    "exp(-norm2(norm2(x)*x - x))": ORIGIN,
    "norm2(x.^3 - x)": ORIGIN,
    "tanh(prod(x)) + prod(x*x')": ENTRIES,
}
SECOND = {
    text: ENTRIES
    for text in (
        "tanh(prod(x)) + prod(x)",
        "prod(2*x - x.^2)",
        "prod(x - x.^3)",
        "prod(4 - x.^2)",
        "prod(x + 2)*prod(x)",
        "prod(x .* exp(x))",
    )
}


def differences(f, x):
    h = 1e-5
    steps = [h * unit for unit in np.eye(len(x))]
    return np.stack([(np.asarray(f(x=x + s)) - np.asarray(f(x=x - s))) / (2 * h) for s in steps], axis=-1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("order", "text"), [(1, text) for text in FIRST] + [(2, text) for text in SECOND])
def test_the_text_of_an_answer_has_its_values_at_zeros(order, text):
    f = sd.parse(f"x: vector(n); {text}")
    g = sd.derivative(f, "x", order=order)
    below = (f if order == 1 else sd.grad(f, "x")).compile("numpy")
    for call in (g.compile("numpy"), sd.parse(str(g), given=f).compile("numpy")):
        for point in (FIRST if order == 1 else SECOND)[text]:
            x = np.array(point)
            np.testing.assert_allclose(call(x=x), differences(below, x), atol=1e-4, err_msg=f"{g} at {point}")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_norm_that_vanishes_beyond_its_letters():
    """norm2(x) = 1 makes the inner vector 0: code divides by the norm of it, as the rule of the norm does."""
    g = sd.grad(sd.parse("x: vector(n); norm2(norm2(x)*x - x)"), "x")
    assert np.array_equal(g.compile("numpy")(x=[1.0, 0, 0]), [0, 0, 0])
    rows = sd.grad(sd.parse("X: matrix(n, d); sum(i=1..n, norm2(norm2(X[i])*X[i] - X[i]))"), "X")
    found = rows.compile("numpy")(X=[[0, 0.0], [1, 2]])
    assert np.allclose(found, [[0, 0], [2 - 1 / 5**0.5, 4 - 2 / 5**0.5]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("text", ["norm2(y.^2 - norm2(x)*x)", "norm2(norm2(x)*x - norm2(y)*y)", "norm2(x .* y - norm2(x)*y)"])
@pytest.mark.parametrize("name", ["x", "y"])
def test_a_norm_that_vanishes_with_two_letters(text, name):
    f = sd.parse("x, y: vector(n); " + text)
    g = sd.grad(f, name)
    for call in (g.compile("numpy"), sd.parse(str(g), given=f).compile("numpy")):
        assert np.array_equal(call(x=[0.0, 0, 0], y=[0.0, 0, 0]), [0, 0, 0])


@pytest.mark.parametrize(
    ("formula", "at", "wanted"),
    [
        ("x: vector(n); y = x; norm2(y - x) + x.x", [1.0, 2], [2, 4]),
        ("x: vector(n); norm2(norm2(x)*x) - exp(-norm2(1*x - x))", [1.0, 2], [2, 4]),
        ("x: vector(n); prod(sin(x - x)) + x.x", [1.0, 2], [2, 4]),
        ("x: vector(n); prod(rowsum(x.^2*(x - x)'))", [1.0, 2], [0, 0]),
        ("if(0 < x - x, x/sqrt(x - x), 3*x)", 2.0, 3),
        ("[x < x]/(x - x) + x^2", 2.0, 4),
    ],
)
def test_what_is_0_or_cut_off_everywhere_is_no_reason_to_refuse(formula, at, wanted):
    f = sd.parse(formula)
    g = sd.grad(f, "x")
    for call in (g.compile("numpy"), sd.parse(str(g), given=f).compile("numpy")):
        assert np.array_equal(call({"x": at}), wanted)


def test_a_name_that_is_asked_is_not_written_out():
    with pytest.raises(sd.DomainError):
        sd.grad(sd.parse("x: vector(n); y = x; norm2(y - x) + x.x"), "y")
