"""Derivatives by names that the formula does not have: what was meant is offered whole, as a formula that has the name."""

import pytest

import symdiff as sd

MEANT = [
    ("‖Ax − b‖²", "x", "‖A*x − b‖²"),
    ("σ(Wx + b)", "x", "σ(W*x + b)"),
    ("tr(AXB)", "X", "tr(A*X*B)"),
    ("2*xy + y^2", "x", "2*x*y + y^2"),
    ("(y - w1x1 - b)^2", "x1", "(y - w1*x1 - b)^2"),
    ("sinx", "x", "sin(x)"),
    ("sum(y_i*log(p_i))", "p", "sum(i, y[i]*log(p[i]))"),
    ("x(1)*x(2)", "x", "x[1]*x[2]"),
    ("w(x + b)", "w", "w*(x + b)"),
    ("w₁x₁ + w₂x₂", "w₁", "w1*x1 + w2*x2"),
    ("eˣ", "x", "exp(x)"),
    ("πr²", "r", "π*r²"),
]


@pytest.mark.parametrize(("text", "name", "meant"), MEANT)
def test_the_formula_that_was_meant_is_offered(text: str, name: str, meant: str) -> None:
    with pytest.raises(sd.SymdiffError) as caught:
        sd.jacobian(sd.parse(text), name)
    assert caught.value.hint == f"write `{meant}`"
    assert sd.jacobian(sd.parse(meant), name) is not None


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("a*b", "c", "its variables are a, b"),
        ("f(x) + g(y)", "z", "its variables are x, y"),
        ("score*x", "c", "its variables are score, x"),
        (r"\sigma(x)", r"\mu", "its variables are x"),
        (r"\sigma(x)", r"\foo{", "its variables are x"),
    ],
)
def test_nothing_is_offered_where_nothing_is_near(text: str, name: str, hint: str) -> None:
    with pytest.raises(sd.UnknownNameError) as caught:
        sd.jacobian(sd.parse(text), name)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        (r"J(\theta) = \frac{1}{2}(X\theta - y)^T(X\theta - y)", r"\theta", "theta"),
        (r"a_{11} x_1", "x_1", "x1"),
        (r"-\sum_k y_k \log \hat{y}_k", r"\hat{y}", "y_hat"),
        (r"\|W^{(1)} x\|^2", "W^{(1)}", "W1"),
    ],
)
def test_names_may_be_asked_for_as_latex_writes_them(text: str, asked: str, name: str) -> None:
    f = sd.parse(text)
    assert str(sd.grad(f, asked)) == str(sd.grad(f, name))
