"""A Python function as an answer: marked by numbers, right and wrong ones."""

import functools

import numpy as np
import pytest

import symdiff as sd

HINGE = "max(1 - y*w.phi, 0)"
LOGISTIC = "X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))"


def by_name(w, phi, y):
    return -y * phi * (y * (w @ phi) < 1)


def with_defaults(w, phi, y, eta=0.5):
    return by_name(w, phi, y) * (eta == 0.5)


@pytest.mark.parametrize(
    ("formula", "wrt", "function"),
    [
        (HINGE, "w", by_name),
        (HINGE, "w", with_defaults),
        (HINGE, "w", lambda *, phi, w, y: by_name(w, phi, y)),
        (HINGE, "w", lambda **values: by_name(**values)),
        (HINGE, "w", lambda *values: by_name(values[1], values[2], values[0])),
        (HINGE, "w", lambda a, b, c: by_name(b, c, a)),
        (HINGE, "y", lambda y, w, phi: -(w @ phi) * (y * (w @ phi) < 1)),
        (LOGISTIC, "w", lambda X, y, w: -X.T @ (y / (1 + np.exp(y * (X @ w))))),
        ("x: vector(n); mean(x.^2)", "x", lambda x: 2 * x / len(x)),
        ("x: vector(n); sum(x.^2)/n", "x", lambda x, n: 2 * x / n),
        ("lambda*x", "x", lambda lambda_, x: lambda_),
        (
            "x: vector(n); softmax(x)",
            "x",
            lambda x: np.diag(np.exp(x) / np.exp(x).sum()) - np.outer(np.exp(x), np.exp(x)) / np.exp(x).sum() ** 2,
        ),
    ],
)
def test_right_functions(formula, wrt, function):
    grade = sd.check(sd.parse(formula), wrt, function)
    assert (grade.correct, grade.kind) == (True, "numbers"), str(grade)
    assert str(grade).startswith("correct, by numbers at ")


@pytest.mark.parametrize(
    ("formula", "wrt", "function"),
    [
        (HINGE, "w", lambda w, phi, y: -y * phi),
        (HINGE, "w", lambda w, phi, y: y * phi * (y * (w @ phi) < 1)),
        (HINGE, "w", lambda w, phi, y: -y * phi * (y * (w @ phi) < 1.5)),
        (LOGISTIC, "w", lambda X, y, w: -X.T @ (y / (1 + np.exp(-y * (X @ w))))),
        ("x: vector(n); mean(x.^2)", "x", lambda x: 2 * x),
        ("x: vector(n); mean(x.^2)", "x", lambda x: x),
        ("relu(x - 10)", "x", lambda x: 0.0),
        ("max(income - 9000, 0)*0.3", "income", lambda income: 0.3 * (income > 10000)),
        ("x^2", "x", lambda x: 2 * x * (1 + 1e-5)),
        ("x^2", "x", lambda x: 2 * x if x > 0 else float("nan")),
    ],
)
def test_wrong_functions(formula, wrt, function):
    f = sd.parse(formula)
    grade = sd.check(f, wrt, function)
    assert (grade.correct, grade.kind) == (False, "wrong"), str(grade)
    values, entry, expected, found = (grade.counterexample[k] for k in ("values", "entry", "expected", "found"))
    at = tuple(k - 1 for k in entry)
    numbers = {name: np.array(v) if isinstance(v, list) else v for name, v in values.items()}
    assert np.asarray(sd.jacobian(f, wrt)(**numbers))[at] == pytest.approx(expected, rel=1e-9)
    assert np.asarray(function(**numbers))[at] == pytest.approx(found, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("function", "kind", "part"),
    [
        (lambda w, phi, y: 1 / 0, "raises", "raises ZeroDivisionError: division by zero, at y = "),
        (lambda w, phi, y: 3.0, "shape", "the derivative has the shape (2,) where that of the function's value is ()"),
        (lambda w, phi, y: "text", "shape", "returns str, not numbers"),
        (lambda w, phi, y: None, "shape", ""),
    ],
)
def test_functions_without_numbers(function, kind, part):
    grade = sd.check(sd.parse(HINGE), "w", function)
    assert (grade.correct, grade.kind) == (False, kind)
    assert part in grade.diagnosis
    assert isinstance(str(grade), str)


@pytest.mark.parametrize("answer", [lambda q: q, lambda: 0, 7, [1, 2]])
def test_what_cannot_be_called(answer):
    with pytest.raises(sd.DomainError if callable(answer) else sd.OperandError):
        sd.check(sd.parse(HINGE), "w", answer)


def test_opaque_functions_are_refused():
    with pytest.raises(sd.DomainError, match="opaque"):
        sd.check(sd.parse("w.phi(x)"), "w", lambda w, x: w)


def test_a_prepared_checker():
    mark = sd.checker(sd.parse(HINGE), "w")
    assert mark("-y*phi*[y*w.phi < 1]")
    assert mark("-y*phi").kind == "indicator"
    assert mark("-y*phi", diagnose=False).kind == "wrong"
    assert mark("-y*phi", diagnose=False).counterexample
    assert mark(by_name)
    assert mark("-[y*dot(w, phi) < 1]*phi*y", prove=False)
    for answer in ("y*phi*[y*w.phi < 1]", "-y*phi*[y*w.phi < 0]", "2*(", "-y*phi*[y*w.phi < 1]"):
        try:
            again = mark(answer)
        except sd.ParseError:
            continue
        assert again == sd.check(sd.parse(HINGE), "w", answer)


@pytest.mark.parametrize(
    "fault",
    [
        lambda w, x: len(x) == 1,
        lambda w, x: len(x) == 7,
        lambda w, x: len(x) == 12,
        lambda w, x: x[0] < -300,
        lambda w, x: np.abs(w).sum() == 1,
        lambda w, x: w[0] == w[-1] != 0,
    ],
)
def test_faults_at_special_places(fault):
    grade = sd.check("w, x: vector(n); (w.x)^2", "w", lambda w, x: 2 * (w @ x) * x * (1 + fault(w, x)))
    assert grade.correct is False and grade.counterexample


def test_a_singular_matrix():
    assert not sd.check("A: matrix(n,n); tr(A*A)", "A", lambda A: 2 * A.T * (1 + (abs(np.linalg.det(A)) < 1e-12)))


@pytest.mark.parametrize(
    ("formula", "wrt", "function"),
    [
        ("log(1 + exp(x))", "x", lambda x: np.exp(x) / (1 + np.exp(x))),
        ("z: vector(k); y: label(k); logsumexp(z) - z[y]", "z", lambda z, y: np.exp(z) / np.exp(z).sum() - np.eye(len(z))[int(y) - 1]),
        ("relu(x)", "x", lambda x: float(x >= 0)),  # another value at the kink itself
        ("x: vector(n); norm2(x)", "x", lambda x: x / np.sqrt(x @ x)),
        ("x: vector(n); max(x)", "x", lambda x: np.eye(len(x))[np.argmax(x)]),
    ],
)
def test_what_doubles_cannot_hold_is_no_fault(formula, wrt, function):
    grade = sd.check(formula, wrt, function)
    assert grade.correct, grade


RELATIVE = [
    (HINGE, "w", by_name),
    (LOGISTIC, "w", lambda X, y, w: -X.T @ (y / (1 + np.exp(y * (X @ w))))),
    ("X: matrix(n,n); logdet(X)", "X", lambda X: np.linalg.inv(X).T),
    ("x: vector(n); std(x)", "x", lambda x: (x - x.mean()) / (len(x) * x.std())),
    ("x^2", "x", lambda x: ((x + 100) ** 2 - (x - 100) ** 2) / 200),  # digits cancel
    ("tanh(x)", "x", lambda x: 1 - np.tanh(x) ** 2),
]


@pytest.mark.parametrize(("formula", "wrt", "right"), RELATIVE)
@pytest.mark.parametrize("error", [1e-7, 1e-8])
def test_small_relative_errors(formula, wrt, right, error):
    assert sd.check(formula, wrt, right).correct

    @functools.wraps(right)
    def wrong(*args, **named):
        return right(*args, **named) * (1 + error)

    grade = sd.check(formula, wrt, wrong)
    assert (grade.correct, grade.kind) == (False, "digits"), grade
    assert grade.diagnosis == f"this agrees with the derivative in about {round(-np.log10(error))} digits only"
    assert grade.counterexample["expected"] != grade.counterexample["found"]


def test_digits_that_double_precision_does_not_have_are_not_asked_for():
    grade = sd.check("x: vector(n); sin(x).x", "x", lambda x: (np.sin(x) + x * np.cos(x)).astype(np.float32))
    assert grade.correct, grade
    mean = "x: vector(n); var(x)"  # of equal entries the derivative is 0, up to rounding
    assert sd.check(mean, "x", lambda x: 2 * (x - np.dot(x, np.full(len(x), 1 / len(x)))) / len(x)).correct


# The weights are nearly one-hot at many points, and what the values differ by from their mean is lost.
ATTENTION = "q: vector(d); K: matrix(n,d); v: vector(n); p = softmax(K*q); v.p"

FAR = 177.3
SQUARES = "A: matrix(m,n); b: vector(m); x: vector(n); norm2(A*x - b)^2"


def of_squares(A, b, x):
    return 2 * A.T @ (A @ x - b)


@pytest.mark.parametrize(
    ("formula", "wrt", "function", "kind"),
    [
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x) * (1 + (A.shape[0] > A.shape[1])), "wrong"),
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x) * (1 + (A.shape[0] == A.shape[1])), "wrong"),
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x) * (1 + (len(x) == 4)), "wrong"),
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x) * (1 + (len(x) > 20)), "wrong"),
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x) * (1 + 1e-8 * (np.abs(x).max() > 50)), "digits"),
        (SQUARES, "x", lambda A, b, x: [str(v) for v in of_squares(A, b, x)], "shape"),
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x) * (1 + 1j), "shape"),
        ("X: matrix(m,n); sum(X.^2)", "X", lambda X: 2 * np.triu(X) if X.shape[0] == X.shape[1] else 2 * X, "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 * (1 + (x < -1000)), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 * (1 + (20 < x < 30)), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 * (1 + (x == round(x) and x > 1)), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 * (1 + (abs(x) < 1e-3)), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 * (1 + (30 < x < 31)), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 + (abs(x + 141.7) < 0.01), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 + np.exp(-1e4 * (x - 112.34) ** 2), "wrong"),
        ("x^3", "x", lambda x: 3 * x**2 * (1 + (abs(x - FAR) < 0.2)), "wrong"),
        ("x: vector(n); x.x", "x", lambda x: 2 * x * (1 + (160 < np.linalg.norm(x) < 161)), "wrong"),
        ("x: vector(n); x.x", "x", lambda x: 2 * x * (1 + (abs(x.sum() - 250) < 0.2)), "wrong"),
        ("exp(x)", "x", lambda x: np.exp(min(x, 20)), "wrong"),
        ("log(x)", "x", lambda x: 1 / max(x, 1e-4), "wrong"),
        ("max(1 - y*w.phi, 0)", "w", lambda y, w, phi: -y * phi * (y * w @ phi < 1.001), "wrong"),
        ("x: vector(n); norm2(x)", "x", lambda x: x / np.sqrt(x @ x + 1e-12), "wrong"),
        ("1e-200*x^2", "x", lambda x: 2.1e-200 * x, "wrong"),
    ],
)
def test_functions_that_are_wrong_in_places(formula, wrt, function, kind):
    """At some sizes, in a region, at whole numbers, by digits that differ for large numbers only."""
    grade = sd.check(formula, wrt, function)
    assert (grade.correct, grade.kind) == (False, kind), str(grade)


@pytest.mark.parametrize(
    ("formula", "wrt", "function"),
    [
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x).astype(complex)),
        (SQUARES, "x", lambda A, b, x: of_squares(A, b, x).astype(np.float32)),
        (SQUARES, "x", lambda A, b, x: 2 * (A.T @ A @ x - A.T @ b)),
        ("1e-200*x^2", "x", lambda x: 2e-200 * x),
        ("1e30*x^2", "x", lambda x: 2e30 * x),
        ("mish(x)", "x", sd.grad("mish(x)", "x").compile("numpy")),
        ("sigma(x)", "x", lambda x: 1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x)))),
        ("x: vector(n); var(x)", "x", lambda x: 2 * x / len(x) - 2 * x.sum() / len(x) ** 2),
        (ATTENTION, "K", sd.grad(ATTENTION, "K").compile("numpy")),
    ],
)
def test_functions_that_are_right_everywhere(formula, wrt, function):
    """Though rounding, overflow and single precision leave their marks on them."""
    grade = sd.check(formula, wrt, function)
    assert grade.correct is True, str(grade)
