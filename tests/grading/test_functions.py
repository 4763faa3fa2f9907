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
