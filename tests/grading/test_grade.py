"""Answers worked out by hand: right ones in any form are accepted, and the slip in a wrong one is named."""

import json
from importlib import import_module

import numpy as np
import pytest

import symdiff as sd
from symdiff.checking import Verdict
from symdiff.cli import main
from symdiff.expr.node import OPAQUE
from symdiff.expr.walk import topological

HINGE = "max(1 - y*w.phi, 0)"
NETWORK = "h = sigma(V*phi(x)); residual = w.h - y; residual^2"
LOGISTIC = "a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))"
BATCH = "X: matrix(m,n); y: vector(m); w: vector(n); 1/m*sum(max(1 - y .* (X*w), 0))"
TRACE = "tr(A*X'*B*X*C)"
ROSENBROCK = "(1 - x)^2 + 100*(y - x^2)^2"
GAUSS = "S: psd matrix(n,n); x, mu: vector(n); -1/2*(x - mu)'*inv(S)*(x - mu) - 1/2*logdet(S)"

# (formula, variable, right answer in an unusual form)
RIGHT = [
    (HINGE, "w", "if(y*dot(phi, w) >= 1, 0, -y)*phi"),
    (HINGE, "w", "-y*phi*step(1 - y*w.phi)"),
    ("norm2(A*x - y)^2", "x", "2*A'*A*x - 2*A'*y"),
    ("norm2(A*x - y)^2", "x", "((A*x - y)'*A + (A*x - y)'*A)'"),
    ("0.5*x'*A*x", "x", "A*x/2 + (x'*A)'/2"),
    ("sigma(x)", "x", "exp(-x)/(1 + exp(-x))^2"),
    (LOGISTIC, "w", "(sigma(w.x + b) - y)*x"),
    (NETWORK, "V", "2*residual*diag(h)*diag(1 - h)*w*phi(x)'"),
    ("x: vector(n); sum(x)", "x", "vector(1)"),
    ("x: vector(n); sum(x)", "x", "c = 1; ones;"),
    ("log(det(inv(X)))", "X", "-inv(X')"),
    ("softmax(z)", "z", "p = exp(z)/sum(exp(z)); diag(p) - outer(p, p)"),
    ("tan(x)", "x", "1 + tan(x)^2"),
    ("x - x", "x", "0"),
    ("sqrt(x^2)", "x", "x/abs(x)"),
]

# (formula, variable, wrong answer, kind of the slip, a part of the diagnosis)
SLIPS = [
    (HINGE, "w", "y*phi*[y*w.phi < 1]", "sign", "the negative of the derivative"),
    (HINGE, "w", "-y*phi*[y*w.phi > 1]", "indicator", "`[y*w.phi > 1]` is the wrong way round"),
    (HINGE, "w", "-y*phi*[y*w.phi < 0]", "indicator", "should be `[y*w.phi < 1]`, not `[y*w.phi < 0]`"),
    (HINGE, "w", "-y*phi", "indicator", "`[y*w.phi < 1]` is missing"),
    (HINGE, "w", "-phi*[y*w.phi < 1]", "missing factor", "the factor `y` is missing"),
    (HINGE, "w", "-y^2*phi*[y*w.phi < 1]", "exponent", "`y^2`"),
    (HINGE, "w", "-y*w*[y*w.phi < 1]", "variable", "the derivative by phi, not by w"),
    (HINGE, "w", "-y*[y*w.phi < 1]", "chain", "stops at `w.phi`"),
    (HINGE, "w", "max(1 - y*w.phi, 0)", "value", "not its derivative"),
    ("norm2(A*x - y)^2", "x", "A'*(A*x - y)", "factor", "a factor of 2 is missing"),
    ("norm2(A*x - y)^2", "x", "6*A'*(A*x - y)", "factor", "a factor of 3 is too much"),
    ("norm2(A*x - y)^2", "x", "-3*A'*(A*x - y)", "factor", "-3/2 times"),
    ("norm2(A*x - y)^2", "x", "2*A*(A*x - y)", "transposed", "`A'` belongs where `A` stands"),
    ("norm2(A*x - y)^2", "x", "2*A' .* (A*x - y)", "product", "`*` belongs where `.*` stands"),
    ("norm2(A*x - y)^2", "x", "2*(A*x - y)'*A", "transposed", "this is the transpose"),
    ("norm2(A*x - y)^2", "x", "2*(A*x - y)", "chain", "stops at `A*x - y`"),
    ("norm2(A*x - y)^2", "x", "2*A'*A*x", "missing term", "`y` is missing"),
    ("norm2(A*x - y)^2", "x", "2*A'*(A*x + y)", "sign", "the sign of the term `y`"),
    ("norm2(A*x - y)^2", "x", "2*A'*(A*x - y) + x", "extra term", "`x` does not belong"),
    ("norm2(A*x - y)", "x", "A'*(A*x - y)", "missing factor", "`1/norm2(A*x - y)`"),
    ("norm1(A*x - y)", "x", "A'*(A*x - y)", "other function", "right for `0.5*norm2(A*x - y)^2` in the place of `norm1(A*x - y)`"),
    ("0.5*x'*A*x", "x", "A*x", "condition", "only if A is symmetric"),
    ("x'*A*x", "x", "A*x", "missing term", "`A'*x` is missing"),
    (TRACE, "X", "B*X*C*A", "missing term", "`B'*X*A'*C'` is missing"),
    (TRACE, "X", "B*X*C*A + B*X*A'*C'", "transposed", "`B'` belongs there"),
    ("log(det(inv(X)))", "X", "-inv(X)", "transposed", "this is the transpose"),
    ("A: symmetric matrix(n,n); x'*A*z", "A", "x*z'", "unconstrained", "(G + G')/2"),
    ("D: diagonal matrix(n,n); x'*D*z", "D", "x*z'", "unconstrained", "its diagonal"),
    ("A, B, X: matrix(n,n); tr(A*X*B)", "X", "B'*A'", "order", "the wrong order"),
    ("A, B, X: matrix(n,n); sum(A .* B .* X)", "X", "A*B", "product", "`A*B` should be an elementwise product"),
    ("A, B, X: matrix(n,n); tr(A'*B*X)", "X", "A*B'", "order", "the wrong order"),
    (NETWORK, "V", "2*residual*w*phi(x)'", "chain", "the derivative of `sigma(V*phi(x))` by `V*phi(x)` is missing"),
    (NETWORK, "V", "2*residual*(w .* h)*phi(x)'", "missing factor", "`1 - h` is missing"),
    (NETWORK, "V", "2*residual*(w .* h .* (1 + h))*phi(x)'", "sign", "the sign of the term `h`"),
    (NETWORK, "V", "2*residual*(w .* h .* (1 - h))", "chain", "stops at `V*phi(x)`"),
    (NETWORK, "V", "2*residual*w", "chain", "stops at h"),
    (NETWORK, "w", "2*residual", "chain", "stops at residual"),
    (NETWORK, "w", "residual*h", "factor", "a factor of 2 is missing"),
    (LOGISTIC, "w", "a - y", "variable", "the derivative by b, not by w"),
    (LOGISTIC, "w", "(y - a)*x", "sign", "the negative"),
    (LOGISTIC, "w", "a*x", "missing term", "`y` is missing"),
    (BATCH, "w", "-X'*(y .* [y .* (X*w) < 1])", "factor", "the factor 1/m is missing"),
    ("x: vector(n); mean(x.^3)", "x", "3*x.^2", "factor", "the factor 1/n is missing"),
    ("x: vector(n); mean(x.^3)", "x", "3*x.^2/n^2", "factor", "a factor of n is missing"),
    ("-y.log(softmax(z))", "z", "softmax(z) - y", "condition", "only if the entries of y sum to 1"),
    ("s = x + y; s*x", "x", "s", "chain", "s is held constant, but it depends on x"),
    ("(y*x)^2/2", "x", "x", "missing factor", "`y^2` is missing"),
    ("(1 - y*x)^2", "x", "2*(x - y)", "condition", "only if y is 1 or -1"),
    ("relu(x) + x^2", "x", "1 + 2*x", "indicator", "`[x > 0]` is missing"),
    ("abs(x)*exp(x)", "x", "exp(x)*(1 + x)", "condition", "only if x is positive"),
    ("x^3", "x", "3*x", "exponent", "`x^2` belongs where `x` stands"),
    ("x^3", "x", "0", "zero", "not zero"),
    ("x - x + y", "x", "1", "zero", "the derivative is zero"),
    ("sin(a*x)", "x", "cos(a*x)", "chain", "stops at `a*x`"),
    (ROSENBROCK, "x", "-2*(1 - x)", "missing term", "`400*x*(x^2 - y)` is missing"),
    (ROSENBROCK, "x", "2*(1 - x) - 400*x*(y - x^2)", "sign", "the sign of the term `2*x - 2`"),
    (ROSENBROCK, "x", "-2*(1 - x) - 200*x*(y - x^2)", "factor", "in the term `400*x*(x^2 - y)` a factor of 2 is missing"),
    (GAUSS, "mu", "-inv(S)*(x - mu)", "sign", "the negative"),
    (GAUSS, "mu", "x - mu", "missing factor", "`inv(S)` is missing"),
    ("x: vector(n); sum(x)", "x", "1", "shape", "all its entries are this number"),
    ("x: vector(n); m: scalar; sum((x - m).^2)/2", "m", "m - x", "shape", "the sum of these entries"),
    ("softmax(z)", "z", "softmax(z) .* (1 - softmax(z))", "shape", "only its diagonal"),
    ("softmax(z)", "z", "diag(softmax(z)) - softmax(z) .* softmax(z)", "product", "softmax(z) * softmax(z)'"),
    ("A*x", "x", "A'", "transposed", "this is the transpose"),
]


@pytest.mark.parametrize(("formula", "wrt", "answer"), RIGHT)
def test_right_answers_in_unusual_forms(formula, wrt, answer):
    grade = sd.check(sd.parse(formula), wrt, answer)
    assert grade, str(grade)
    assert (grade.kind, grade.diagnosis, grade.counterexample, str(grade)) == ("", "", None, "correct")


@pytest.mark.parametrize(("formula", "wrt", "answer", "kind", "part"), SLIPS)
def test_planted_slips(formula, wrt, answer, kind, part):
    f = sd.parse(formula)
    grade = sd.check(f, wrt, answer)
    assert (grade.correct, grade.kind) == (False, kind), str(grade)
    assert part in grade.diagnosis
    assert sd.check(f, wrt, grade.expected)
    if grade.counterexample is not None:
        shown_by_numbers(f, wrt, answer, grade)


def shown_by_numbers(f, wrt, answer, grade):
    """The counterexample holds by another route: compiled functions in floating point."""
    values, entry, expected, found = (grade.counterexample[key] for key in ("values", "entry", "expected", "found"))
    assert abs(expected - found) > 1e-3
    sizes = {}
    for x in f.variables.values():
        if x.name in values:
            sizes |= {d: n for d, n in zip(x.shape, np.shape(values[x.name]), strict=True) if d.isidentifier()}
    for text, number in ((grade.expected, expected), (answer, found)):
        g = sd.parse(text, given=f)
        if not any(node.op == OPAQUE for node in topological([g.expr])):  # opaque functions have values of their own
            value = np.asarray(g(**values, **sizes))
            assert value[tuple(k - 1 for k in entry)] == pytest.approx(number)


# The whole line.
MESSAGES = [
    (HINGE, "w", "y*phi*[y*w.phi < 1]", "the sign is wrong: this is the negative of the derivative"),
    (HINGE, "w", "-y*phi*[y*w.phi > 1]", "the indicator `[y*w.phi > 1]` is the wrong way round"),
    (HINGE, "w", "-y*phi*[y*w.phi < 0]", "the indicator should be `[y*w.phi < 1]`, not `[y*w.phi < 0]`"),
    (HINGE, "w", "-y*phi*[y*w.phi < 1] + w", "the term `w` does not belong there"),
    ("norm2(A*x - y)^2", "x", "2*A*(A*x - y)", "`A'` belongs where `A` stands: right is `2*A'*(A*x - y)`"),
    ("norm2(A*x - y)^2", "x", "2*(A*x - y)", "the chain rule stops at `A*x - y`: this is the derivative by it, not by x"),
    ("norm2(A*x - y)^2", "x", "2*y*y", "the shapes do not fit: "),
    ("0.5*x'*A*x", "x", "A*x", "this is right only if A is symmetric"),
    (
        "A: symmetric matrix(n,n); x'*A*z",
        "A",
        "x*z'",
        "this is the gradient G by unconstrained entries; A is symmetric, so it is (G + G')/2",
    ),
    (NETWORK, "V", "2*residual*w*phi(x)'", "the derivative of `sigma(V*phi(x))` by `V*phi(x)` is missing"),
    (NETWORK, "V", "2*residual*w", "the chain rule stops at h: this is the derivative by h, not by V"),
    (BATCH, "w", "-X'*(y .* [y .* (X*w) < 1])", "the factor 1/m is missing"),
    ("x: vector(n); sum(x.^2)", "x", "2", "the factor `x` is missing"),
    ("x: vector(n); sum(x.^2)", "x", "exp(x)*x'", "the gradient is a vector(n), not a matrix(n, n)"),
    (ROSENBROCK, "x", "-2*(1 - x)", "the term `400*x*(x^2 - y)` is missing"),
]


@pytest.mark.parametrize(("formula", "wrt", "answer", "diagnosis"), MESSAGES)
def test_the_sentence(formula, wrt, answer, diagnosis):
    found = sd.check(sd.parse(formula), wrt, answer).diagnosis
    assert found.startswith(diagnosis) if diagnosis.endswith(" ") else found == diagnosis


def test_the_line():
    grade = sd.check(sd.parse("x^2"), "x", "-2*x")
    assert str(grade) == "wrong: the sign is wrong: this is the negative of the derivative; at x = -1 the derivative is -2, not 2"
    assert grade.counterexample == {"values": {"x": -1}, "entry": (), "expected": -2, "found": 2}
    assert not grade


def test_one_side_of_a_kink():
    grade = sd.check(sd.parse("max(x.w, 0)*y"), "w", "if(x.w > 0, y, 3)*x")
    assert (grade.kind, grade.diagnosis) == ("one side", "this is right only where `[x.w > 0]` is 1")


def test_a_branch_is_no_factor():
    grade = sd.check(sd.parse("if(x > 0, x^2, -x)"), "x", "2*x")
    assert (grade.kind, grade.diagnosis) == ("condition", "this is right only if x is positive")


def test_higher_orders_and_bound_names():
    f = sd.parse(NETWORK)
    assert sd.check(f, ["w", "w"], "2*h*h'")
    assert sd.check(f, ["w", "w"], "h*h'").diagnosis == "a factor of 2 is missing"
    assert sd.check(f, "h", "2*residual*w")
    assert sd.check(f, "w", sd.grad(f, "w"))


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ("2*A'*(A*x", sd.ParseError, "`(` is never closed"),
        ("2*q", sd.UnknownNameError, "'q' does not occur in the formula"),
        ("q*vector(1)", sd.UnknownNameError, "'q' does not occur in the formula"),
        ("psi(x)", sd.UnknownNameError, "'psi' does not occur in the formula"),
        ("", sd.ParseError, ""),
    ],
)
def test_what_is_no_answer(answer, error, message):
    with pytest.raises(error) as caught:
        sd.check(sd.parse("norm2(A*x - y)^2"), "x", answer)
    assert caught.value.message.startswith(message)


def test_what_cannot_be_decided(monkeypatch):
    unsure = Verdict(None, reason="the time is up")
    monkeypatch.setattr(import_module("symdiff.grading.grade"), "verify", lambda *args, **settings: unsure)
    monkeypatch.setattr(import_module("symdiff.grading.grade").Judge, "__call__", lambda *args, **settings: unsure)
    f = sd.parse("sin(x)^2")
    assert sd.check(f, "x", "sin(x)*cos(x)*2").correct  # the normal form says so
    assert str(sd.check(f, "x", "sin(2*x)")) == "undecided: the time is up"
    assert sd.check(f, "x", "sin(x)").correct is False  # numbers say so
    assert sd.parse("sin(2*x)").equals(sd.parse("2*sin(x)*cos(x)")) is None


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("(x + y)^2", "x^2 + 2*x*y + y^2", True),
        ("sin(2*x)", "2*sin(x)*cos(x)", True),
        ("x: vector(n); norm2(x)^2", "x: vector(n); x.x", True),
        ("[x > 0]", "[x >= 0]", True),
        ("sqrt(x^2)", "x", False),
        ("log(x^2)", "2*log(x)", False),
        ("A: matrix(n,n); A*A'", "A: matrix(n,n); A'*A", False),
        ("x: vector(n); x", "x", False),
    ],
)
def test_equal_functions(a, b, same):
    assert sd.parse(a).equals(sd.parse(b)) is same


@pytest.mark.parametrize(
    ("words", "status", "out", "err"),
    [
        (["check", "x^2", "--wrt", "x", "--answer", "x+x"], 0, "correct\n", "scalar"),
        (["check", "x^2", "--wrt", "x", "--answer", "-2*x"], 1, "wrong: the sign", "the derivative is 2*x"),
        (["check", "x^2", "--wrt", "x", "--answer", "2*("], 2, "", "symdiff: "),
        (["check", "x^2", "--wrt", "x", "--answer", "2*z"], 2, "", "'z' does not occur"),
        (["check", "x^2", "--wrt", "z", "--answer", "2*z"], 2, "", "'z' does not occur"),
        (["check", "x^2", "--wrt", "x"], 2, "", "--answer"),
        (["x^2", "--wrt", "x", "--answer", "2*x"], 2, "", "symdiff check"),
        (["check", "x*y", "--wrt", "x,y", "--answer", "y"], 2, "", "one variable at a time"),
        (["check", "x^2", "--wrt", "x", "--answer", "x+x", "--format", "latex"], 2, "", "is not one of 'text', 'json'"),
        (["check", "x^3", "--wrt", "x", "--order", "2", "--answer", "6*x"], 0, "correct\n", ""),
    ],
)
def test_the_command(capsys, words, status, out, err):
    assert main(words) == status
    printed = capsys.readouterr()
    assert printed.out.startswith(out) if out else printed.out == ""
    assert err in printed.err


def test_the_command_in_json(capsys):
    assert main(["check", "x^2", "--wrt", "x", "--answer", "x", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "correct": False,
        "kind": "factor",
        "diagnosis": "a factor of 2 is missing",
        "expected": "2*x",
        "counterexample": {"values": {"x": -1.0}, "entry": [], "expected": -2.0, "found": -1.0},
    }


@pytest.mark.parametrize(
    ("formula", "answer", "sentence"),
    [
        # what repairs an answer at the samples only is not said
        ("abs(x - 250)", "sign(x - 251)", "`250` belongs where `251` stands"),
        ("x: vector(n); sum(abs(x - 60))", "sign(x - 61)", "`60` belongs where `61` stands"),
        ("floor(x/70)*x", "floor(x/71)", "`70` belongs where `71` stands"),
        ("x^3/3 - 400*x", "x^2 - 400*[x < 400] - 400*[x >= 402]", "`400` belongs where `402` stands"),
        ("max(min(x, 800), -3)", "[x > -3]*[x < 801]", "the indicator should be `[x < 800]`, not `[x < 801]`"),
        ("relu(x - 40)", "[x > 41]", "the indicator should be `[x > 40]`, not `[x > 41]`"),
        # nor is what is lost beside 1 in all digits, as sech(10000)
        ("log(1 + x^2)", "2*x/(1 + x^2)*(1 + sech(1e4*(x - 77)))", "the factor `1 + sech(10000*(x - 77))` does not belong there"),
    ],
)
def test_what_is_said_holds_everywhere(formula, answer, sentence):
    grade = sd.check(formula, "x", answer)
    assert grade.correct is False and grade.diagnosis.endswith(sentence), grade


def test_an_identity_stands_in_no_answer():
    f = "X: matrix(m,n); Y: matrix(m,k); W: matrix(n,k); -sum(Y .* log_softmax(X*W))"
    assert sd.check(f, "W", "X'*(softmax(X*W) - Y)").diagnosis == "the factor `diag(rowsum(Y))` is missing"
