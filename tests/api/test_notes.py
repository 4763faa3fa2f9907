"""What is said with an answer: conditions, properties used, conventions."""

import pytest

import symdiff as sd
from symdiff.notation.conditions import MAX_NODES, conditions
from symdiff.printers import written


def notes(text, wrt, **options):
    return sd.grad(sd.parse(text), wrt, **options).notes


# fmt: off
STATED = [  # the derivative needs more than the value
    ("r: vector(T); sum(t=1..T, r[t]/gamma^(t - 1))", "gamma", "gamma != 0"),
    ("sqrt(x)",             "x", "x != 0"),
    ("cbrt(x)",             "x", "x != 0"),
    ("x^(2/3)",             "x", "x != 0"),
    ("if(x == 0, 1, (exp(x) - 1)/x)", "x", "x != 0"),
    ("if(x != y, (x^2 - y^2)/(x - y), 2*x)", "x", "x != y"),
    ("arcsin(x)",           "x", "1 - x^2 != 0"),
    ("hypot(a, b)",         "a", "hypot(a, b) != 0"),
    ("x: vector(n); sqrt(prod(x))", "x", "x != 0"),
    ("A: matrix(n,n); sum(sqrt(abs(A - A')))", "A", "i == j or abs(A[i,j] - A[j,i]) != 0"),
    ("std(x)",              "x", "std(x) != 0"),
    ("sqrt(a) + sqrt(a*b)", "a", "a != 0 and b != 0"),
]
SILENT = [  # the formula needs as much, it is known, or the answer does not need it
    ("r: vector(T); sum(t=1..T, gamma^(t - 1)*r[t])", "gamma"),  # gamma^0, gamma^1, … have values and derivatives everywhere
    ("r: vector(T); sum(t=1..T, r[t]/gamma^t)", "gamma"),
    ("sum(i=1..n, x^(i + 1)*sin(i))", "x"),
    ("1/x",                 "x"),
    ("x^2/x",               "x"),
    ("x/(a*b)",             "a"),
    ("log(a*x)",            "x"),
    ("log1p(x)",            "x"),
    ("x^n",                 "n"),
    ("x^1.5",               "x"),
    ("abs(x)",              "x"),
    ("norm2(A*x - y)^2",    "x"),
    ("log(det(A))",         "A"),
    ("logdet(A)",           "A"),
    ("a'*inv(A)*b",         "A"),
    ("sqrt(1 + x^2)",       "x"),
    ("log(1 + exp(x))",     "x"),
    ("a: positive scalar; sqrt(a)", "a"),
    ("log2(x)",             "x"),
    ("x.x/norm2(x)",        "x"),
    ("norm2(x)",            "x"),
    ("norm2(A*x - y)",      "x"),
    ("exp(-norm2(x - y))*b", "x"),
    ("norm2(w) + w.w",      "w"),
    ("X: matrix(m,n); sum(rownorm2(X))", "X"),
    ("det(A)*a'*inv(B)*b + norm2(A)", "A"),
    ("digamma(x)",          "x"),
    ("x: vector(n); prod(x)", "x"),
    ("x: vector(n); prod(x.^2)", "x"),
    ("sqrt(x^4)",           "x"),
    ("x: vector(n); sum(norm2(x)*x)", "x"),
    ("det(A)",              "A"),
    ("det(A)*tr(B)",        "A"),
    ("det(A)^2",            "A"),
    ("sum(rowprod(A))",     "A"),
    ("prod(rowprod(A))",    "A"),
    ("if(x == 0, y, y*x)",  "y"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "condition"), STATED)
def test_conditions_that_are_stated(text, wrt, condition):
    (note,) = notes(text, wrt)
    assert note.startswith("valid where ")
    assert set(note.removeprefix("valid where ").split(" and ")) == set(condition.split(" and "))


@pytest.mark.parametrize(("text", "wrt"), SILENT)
def test_conditions_that_are_not(text, wrt):
    assert notes(text, wrt) == ()


@pytest.mark.parametrize(("text", "wrt", "condition"), STATED)
def test_a_condition_is_a_formula(text, wrt, condition):
    f = sd.parse(text)
    for c in conditions(sd.grad(f, wrt).expr, f.expr):
        assert str(sd.parse(written(c), given=f)) == written(c)


def test_conditions_of_long_formulas_are_left_out():
    """Nobody reads them; nested factors are no recursion."""
    x = sd.scalars("x")
    f = x
    for _ in range(2_000):
        f = sd.sqrt(f)
    g = sd.grad(f, "x")
    assert conditions(g.expr, f.expr) == []
    short = sd.sqrt(sd.scalars("b") * (x**2 * x) ** 0.5)
    assert conditions(sd.grad(short, "x").expr, short.expr) != []
    assert MAX_NODES >= 1_000


# fmt: off
USED = [
    ("A: symmetric matrix(n, n); 0.5*x'*A*x",              "x", "uses: A symmetric"),
    ("P: psd matrix(n, n); x'*P*x",                        "x", "uses: P psd"),
    ("y: onehot vector(k); -y.log(softmax(z))",            "z", "uses: y onehot"),
    ("q: simplex vector(k); -q.log(softmax(z))",           "z", "uses: q simplex"),
    ("Q: orthogonal matrix(n, n); norm2(Q*x)^2",           "x", "uses: Q orthogonal"),
    ("y: onehot vector(k); A: symmetric matrix(n, n); x'*A*x - y.log(softmax(z))", "x", "uses: A symmetric"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "note"), USED)
def test_properties_that_are_used(text, wrt, note):
    assert notes(text, wrt) == (note,)


@pytest.mark.parametrize(
    ("text", "wrt"), [("A: symmetric matrix(n, n); sum(A)*x^2", "x"), ("y: onehot vector(k); y.z", "z"), ("a: positive scalar; a*x", "x")]
)
def test_properties_that_are_not(text, wrt):
    assert notes(text, wrt) == ()


def test_conventions_and_their_alternatives():
    text = "S: symmetric matrix(n, n); tr(A*S)"
    assert notes(text, "S") == (
        "uses: S symmetric",
        "S is symmetric: this is the derivative within the symmetric matrices; unconstrained takes its entries as free",
    )
    assert notes(text, "S", unconstrained=True) == (
        "S is symmetric: its entries are free here (unconstrained); otherwise within the symmetric matrices",
    )
    assert notes("w.x", "w", layout="numerator") == ("numerator layout: the gradient is transposed",)
    assert notes("a*x", "x", layout="numerator") == ()


def test_every_kind_of_answer_has_notes():
    f = sd.parse("x: vector(n); sum(sqrt(x))")
    for g in (
        sd.jacobian(f, "x"),
        sd.hessian(f, "x"),
        sd.jvp(f, "x", "v"),
        sd.vjp(f, "x", "v"),
        sd.hvp(f, "x", "v"),
        sd.value_and_grad(f, "x")[1],
    ):
        assert any(note.startswith("valid where ") for note in g.notes), g


def test_notes_belong_to_the_answer_and_do_not_expire():
    """The same expression is the answer to two questions, one of which needs a condition; hundreds of others come between."""
    g = sd.grad(sd.parse("2*sqrt(x)"), "x")
    h = sd.grad(sd.parse("a/sqrt(x)"), "a")
    assert g.expr is h.expr
    for k in range(300):
        sd.grad(sd.parse(f"{k + 2}*x^2"), "x")
    assert g.notes == ("valid where x != 0",)
    assert h.notes == ()
    assert sd.notes(g) == g.notes


def test_second_derivatives_of_norms_have_their_condition():
    assert sd.hessian("x: vector(n); norm2(x)", "x").notes == ("valid where x.x != 0",)


def test_what_was_read_has_the_remarks_of_the_parser():
    assert sd.parse("x^2").notes == ()
    assert any("exp(x)" in note for note in sd.parse("e^x").notes)
