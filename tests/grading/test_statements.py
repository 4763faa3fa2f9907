"""Over wrong answers with a known slip: most are named, and everything that is said is true."""

import os
from functools import cache
from pathlib import Path

import pytest
from statements import holds

import symdiff as sd

# Every fifteenth by default; all of them (three minutes) with SYMDIFF_LONG=1 (.ci/long).
EVERY = 1 if os.environ.get("SYMDIFF_LONG") else 15


def rows():
    """(formula, variable, answer) of wrong.txt."""
    found, question = [], None
    for line in Path(__file__).with_name("wrong.txt").read_text(encoding="utf-8").splitlines():
        if " | " in line:
            question = line.rsplit(" | ", 1)
        elif line and not line.startswith("#"):
            found.append((*question, line))
    return found


ROWS = rows()


@cache
def mark(formula, wrt, answer):
    return sd.check(sd.parse(formula), wrt, answer)


def is_specific(grade):
    return grade.kind != "wrong" and not (grade.kind == "shape" and grade.diagnosis.startswith("the shapes do not fit"))


def test_there_are_enough():
    assert len(ROWS) >= 300
    assert len({formula for formula, *_ in ROWS}) >= 50


@pytest.mark.parametrize(("formula", "wrt", "answer"), ROWS[::EVERY])
def test_what_is_said_is_true(formula, wrt, answer):
    grade = mark(formula, wrt, answer)
    assert grade.correct is False
    assert holds(formula, wrt, answer, grade.diagnosis) in (True, None) if not is_specific(grade) else True, grade.diagnosis
    if is_specific(grade):
        assert holds(formula, wrt, answer, grade.diagnosis) is True, grade.diagnosis


def test_most_are_named():
    chosen = ROWS[::EVERY]
    named = sum(is_specific(mark(*row)) for row in chosen)
    assert named >= 0.8 * len(chosen)


# The program that judges statements can say no: a true sentence, and one of the same form that is not.
PLANTED = [
    ("x^2", "x", "x", "a factor of 2 is missing", "a factor of 2 is too much"),
    ("x: vector(n); mean(x)", "x", "vector(1, n)", "the factor 1/n is missing", "a factor of 3 is too much"),
    ("log2(x)", "x", "1/x", "the factor `1/log(2)` is missing", "the factor `log(2)` is missing"),
    ("lambda*w.w + a*b", "w", "lambda*w", "a factor of 2 is missing", "the sign is wrong"),
    ("x^2 + y*x", "x", "2*x", "the term `y` is missing", "the sign of the term `y` is wrong"),
    ("x^2 - y*x", "x", "2*x + y", "the sign of the term `y` is wrong", "the term `y` is missing"),
    ("A: matrix(n,n); x: vector(n); x'*A*x", "x", "2*A*x", "this is right only if A is symmetric", "this is right only if A is orthogonal"),
    ("x: vector(n); norm2(x)", "x", "x", "this is right only if the norm of x is 1", "this is right only if the entries of x sum to 1"),
    ("abs(x)", "x", "1", "this is right only if x is positive", "this is right only if x is negative"),
    ("a*x^2", "x", "2*x", "this is right only if a is 1", "this is right only if a is 1 or -1"),
    (
        "sigma(x)",
        "x",
        "1 - sigma(x)^2",
        "the derivative of `tanh` is taken for that of `sigma`",
        "the derivative of `sin` is taken for that of `sigma`",
    ),
    (
        "sin(a*x)",
        "x",
        "cos(a*x)",
        "the chain rule stops at `a*x`: this is the derivative by it, not by x",
        "this is the value of the formula, not its derivative",
    ),
    ("x^3", "x", "6*x", "this is the second derivative", "this is the third derivative"),
    (
        "pi*x^2",
        "x",
        "44/7*x",
        "this is about 1.0004 times the derivative: a constant is rounded",
        "this is about 0.9996 times the derivative",
    ),
    (
        "X: matrix(m,n); sum(X)",
        "X",
        "tensor(i=1..m, j=1..n, [i > 1])",
        "the range of an index is too small",
        "the range of an index is too large",
    ),
    ("A*x", "x", "A'", "this is the transpose: the derivative is a matrix(m, n)", "a factor of 2 is missing"),
    ("max(x.w, 0)*y", "w", "if(x.w > 0, y, 3)*x", "this is right only where `[x.w > 0]` is 1", "this is right only where `[x.w > 0]` is 0"),
]


@pytest.mark.parametrize(("formula", "wrt", "answer", "true", "false"), PLANTED)
def test_the_judge_of_statements(formula, wrt, answer, true, false):
    if (formula, answer) != ("a*x^2", "2*x") and "only if the norm" not in true:
        assert holds(formula, wrt, answer, true) is True
    assert not holds(formula, wrt, answer, false)


# Sentences that were given where they are false.
FALSE = [
    ("X: matrix(m,n); y: vector(m); w: vector(n); lambda: scalar; mean((X*w - y).^2) + lambda*w.w", "w", "2/m*X'*(X*w - y)", "sign"),
    ("A: symmetric matrix(n,n); x: vector(n); (x'*A*x)/(x'*x)", "x", "2*A*x/(x.x)", "sign"),
    ("x: vector(n); norm2(x)", "x", "x", "one-hot"),
    ("x: vector(n); norm1(x)", "x", "vector(1,n)", "sum to 1"),
    ("max(1 - y*w.phi, 0)", "w", "-y*phi*step(2 - y*w.phi)", "one-hot"),
    ("max(1 - y*w.phi, 0)", "w", "-y^2*phi*[y*w.phi <= 3]", "only if"),
    ("X: matrix(m,n); y: vector(m); w: vector(n); sum(huber(X*w - y, 25))", "w", "X'*(X*w - y)", "only if"),
    ("log2(x)", "x", "1/x", "factor `log(2)` is missing`"),
    ("x: vector(n); g: vector(n); c = x - mean(x); s = sqrt(mean(c.^2)); g.(c/s)", "x", "(g - mean(g))/s - c*(g.c)/s^3", "factor of 3"),
    ("x: vector(n); a: vector(n); (a.x)^2 + x.x", "x", "2*(a.x)*a + 4*x", "factor of 3"),
    ("x^2*y", "x", "2*x + [x > 30]", "only if x is"),
    ("arccos(cos(x))", "x", "1", "another function"),
    ("exp(x)", "x", "exp(x)*[x >= 2] + exp(x)*[x <= 2]", "does not belong there"),
    ("pi*x^2", "x", "44/7*x", "product rule"),
    # true of the samples, but not on the other side of a kink
    ("max(abs(x), abs(y), 50)", "x", "sign(x)*[abs(x) > abs(y)]", "the derivative is zero"),
    ("clip(clip(x, 0, 10), 4, 80)", "x", "[x > 0]*[x < 10]", "the derivative is zero"),
    ("if(x > 17, x^2, 34*x - 289)", "x", "2*x", "wrong way round"),
    ("max(x, y) - max(y, x)", "x", "[x > 10*y]*[y > 1]", "wrong way round"),
    # where an equality holds at single points, changes in it are none
    ("x: vector(n); x.x", "x", "2*x + vector(1,n)*[sum(x.^2) == 0]", "exponent"),
    ("A: matrix(n,n); sum(A.*A)", "A", "2*A + eye(n)*[A[1,1] == A[2,2]]", "inverse"),
    ("A, B: matrix(n,n); sum(kron(A, B))", "A", "sum(B)*eye(n)", "`sum(B)` belongs"),
    ("sqrt(2)*x", "x", "1.4142135623730951", "about 1 times"),
]


@pytest.mark.parametrize(("formula", "wrt", "answer", "untrue"), FALSE)
def test_what_was_untrue_is_not_said(formula, wrt, answer, untrue):
    grade = mark(formula, wrt, answer)
    assert grade.correct is False
    assert untrue not in grade.diagnosis
    assert holds(formula, wrt, answer, grade.diagnosis) in (True, None)


def test_a_label_is_the_number_of_an_entry():
    """Where labels are drawn as any number, the entry that they name is never met."""
    for answer in ("softmax(z) - unit(1, k)", "softmax(z)"):
        numbers = mark("z: vector(k); y: label(k); logsumexp(z) - z[y]", "z", answer).counterexample["values"]
        assert numbers["y"] in range(1, len(numbers["z"]) + 1)
    assert "`-unit(y, k)` is missing" in mark("z: vector(k); y: label(k); logsumexp(z) - z[y]", "z", "softmax(z)").diagnosis


def test_what_has_no_value_is_said_to_have_none():
    grade = mark("x^2", "x", "2*exp(log(x))")
    assert grade.correct is False and "nan" not in str(grade) and "the answer has no value" in str(grade)


# What crashed while a slip was looked for.
@pytest.mark.parametrize(
    ("formula", "wrt", "answer"),
    [
        ("X: matrix(n,n); logdet(X)", "X", "inv(X*X)"),
        ("X: matrix(n,n); logdet(X)", "X", "inv(X + 1)"),
        ("A: matrix(n,n); a, b: vector(n); a'*A^-1*b", "A", "-a*b'*inv(A)^2"),
        ("x: vector(n); g: vector(n); c = x - mean(x); s = sqrt(mean(c.^2)); g.(c/s)", "x", "n*g/s"),
        ("x: vector(n); g: vector(n); c = x - mean(x); s = sqrt(mean(c.^2)); g.(c/s)", "x", "-g/s"),
    ],
)
def test_probes_that_raise_explain_nothing(formula, wrt, answer):
    assert mark(formula, wrt, answer).correct is False
