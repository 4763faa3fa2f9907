"""Loose notation: what is forgiven where it makes the answer right, and what never is; unknown names; hints that stay."""

import pytest

import symdiff as sd
from symdiff.grading.reading import Names, supplied

LEAST_SQUARES = "norm2(A*x - b)^2"
LOGISTIC = "X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))"

# (formula, variable, answer, what is meant)
# fmt: off
MEANT = [
    ("sum(log(x))", "x", "1/x", "1 ./ x"),
    ("sum(x.^3)", "x", "3*x^2", "3*x.^2"),
    ("sum(x.^3)", "x", "3*x²", "3*x.^2"),
    ("x, w: vector(n); h = w .* x; sum(tanh(h))", "x", "w .* (1 - tanh(h)^2)", "w .* (1 - tanh(h).^2)"),
    ("x, w: vector(n); h = w .* x; sum(tanh(h))", "x", "w*(1 - tanh(h)^2)", "w .* (1 - tanh(h).^2)"),
    (LEAST_SQUARES, "x", "2*A^T(A*x - b)", "2*A'*(A*x - b)"),
    (LEAST_SQUARES, "x", "2A'(Ax - b)", "2*A'*(A*x - b)"),
    (LEAST_SQUARES, "x", "2 A' (A x - b)", "2*A'*(A*x - b)"),
    (LOGISTIC, "w", "-X'*(y/(1 + exp(y*(X*w))))", "-X'*(y ./ (1+exp(y .* (X*w))))"),
    ("x^2*y", "x", "2x y", "2*x*y"),
    ("x^2*y", "x", "2xy", "2*x*y"),
    ("max(1 - y*w.phi, 0)", "w", "-y phi [y w.phi < 1]", "-y*phi*[y*w.phi < 1]"),
    ("f(x)^2", "x", "2 f(x) f'(x)", "2*f(x)*f'(x)"),
    ("w, x: vector(n); sigma(w.x)", "w", "sigma(w*x)*(1 - sigma(w*x))*x", "sigma(w.x)*(1 - sigma(w.x))*x"),
    ("A: matrix(n,n); x: vector(n); x'*A*x", "x", "tensor(i=1..n, A[i,:]*x + x'*A[:,i])", "tensor(i=1..n, A[i,:]'*x + x'*A[:,i])"),
    (f"A: matrix(m,n); x: vector(n); b: vector(m); {LEAST_SQUARES}", "x", "2*sum(i=1..m, A[i,:]'*(A[i,:]*x - b[i]))",
     "2*sum(i=1..m, A[i,:]*(A[i,:]'*x - b[i]))"),
]
# fmt: on


@pytest.mark.parametrize(("formula", "wrt", "answer", "meant"), MEANT)
def test_right_in_loose_notation(formula, wrt, answer, meant):
    grade = sd.check(sd.parse(formula), wrt, answer)
    assert (grade.correct, grade.kind) == (True, "notation")
    assert str(grade).replace(" ", "") == f"correct, in loose notation: `{meant}` is meant".replace(" ", "")
    assert sd.check(sd.parse(formula), wrt, grade.diagnosis.split("`")[1]).kind == ""


# What looks alike and is wrong: factors would have to change places, something be transposed, a row be a vector.
@pytest.mark.parametrize(
    ("formula", "wrt", "answer"),
    [
        (LEAST_SQUARES, "x", "2*(A*x - b)*A'"),
        (LEAST_SQUARES, "x", "2*A*(A*x - b)"),
        (LEAST_SQUARES, "x", "2*(A*x - b)'*A"),
        ("A: matrix(n,n); x: vector(n); x'*A*x", "x", "x'*A + A*x"),
        ("sum(log(x))", "x", "-1/x"),
        ("sum(x.^3)", "x", "2*x^3"),
        ("A, B, X: matrix(n,n); sum(A .* B .* X)", "X", "A*B"),
        ("x^2*y", "x", "3xy"),
    ],
)
def test_wrong_in_any_notation(formula, wrt, answer):
    assert sd.check(sd.parse(formula), wrt, answer).correct is False


def test_what_is_wrong_is_taken_apart_as_it_was_meant():
    grade = sd.check(sd.parse("sum(log(x))"), "x", "-1/x")
    assert grade.diagnosis == "read as `-1 ./ x`: the sign is wrong: this is the negative of the derivative"
    assert grade.counterexample is not None


def test_hints_of_the_parser_stay():
    grade = sd.check(sd.parse("A: matrix(m,n); x: vector(n); b: vector(m); norm2(A*x - b)^2"), "x", "A*x - x")
    assert grade.kind == "shape"
    grade = sd.check(sd.parse("A: matrix(m,n); c: vector(k); x: vector(n); b: vector(m); norm2(A*x - b)^2 + c.c"), "x", "c*(A*x)")
    assert (grade.kind, "dot product" in grade.diagnosis) == ("shape", True)


@pytest.mark.parametrize(
    ("formula", "answer", "name", "hint"),
    [
        (LEAST_SQUARES, "2*a'*(a*x - b)", "a", "did you mean `A`?"),
        (LEAST_SQUARES, "2*A'*(A*x - y)", "y", "its names are A, x, b"),
        (LEAST_SQUARES, "2*A'*(A*X - b)", "X", "did you mean `x`?"),
        ("exp(-x)", "-e^(-x)", "e", "`exp(x)`"),
        (LEAST_SQUARES, "2*I*A'*(A*x - b)", "I", "`eye(n)`"),
        ("margin = y*x; margin^2", "2*marign*y", "marign", "did you mean `margin`?"),
    ],
)
def test_an_unknown_letter_is_no_clash_of_shapes(formula, answer, name, hint):
    with pytest.raises(sd.UnknownNameError) as caught:
        sd.check(sd.parse(formula), "x", answer)
    assert caught.value.message == f"'{name}' does not occur in the formula"
    assert hint in caught.value.hint


@pytest.mark.parametrize("answer", ["2*A'*(A*x", "2*(", "", "x = ", "2*A'*(A*x - b))", "§", "2**"])
def test_what_is_no_formula_raises(answer):
    with pytest.raises(sd.SymdiffError):
        sd.check(sd.parse(LEAST_SQUARES), "x", answer)


@pytest.mark.parametrize(
    "text",
    [
        "sum(i=1..n, x[i]*y[i])", "if(x > 0, y, 2)", "[x > 0 and y > 1]*x", "1e-3*x.^2", "exp(x)*sigma(x)", "x'*A*y", "A[1,2]*x[3]",
        "c = x + y; c*2", "2 .* x ./ y", "mean(i, x[i])", "x[1:2]", "tensor(i=1..n, x[i])", "norm2(x)^2", "# 2x\nx", "log2(x)",
    ],
)  # fmt: skip
def test_nothing_is_supplied_where_nothing_is_missing(text):
    f = sd.parse("A: matrix(n,n); x, y: vector(n); x'*A*y")
    assert supplied(text, Names(getattr(f, "expr", f))) == text
