"""What a verdict says, and what it refuses to say."""

import random
import time
from fractions import Fraction

import pytest

import symdiff as sd
from symdiff.checking import Verdict, verify
from symdiff.checking.components import Undecided
from symdiff.checking.exactly import ByDifferences, BySymPy, Exactly
from symdiff.checking.verdict import Problem
from symdiff.errors import ShapeError
from symdiff.expr import build
from symdiff.expr.walk import bindings, variables
from symdiff.syntax import parse

HINGE = "max(1 - y*w.phi, 0)"
LAYERS = "h = sigma(V*phi); k = tanh(U*h); (w.k - y)^2"
BACK = "2*(w.k - y)*((U'*(w .* (1 - k.^2))) .* h .* (1 - h))*phi'"


def judge(formula: str, wrt: str, derivative: str, **options) -> Verdict:
    f = parse(formula).expr
    known = {**variables([f]), **bindings([f])}
    return verify(f, [known[name] for name in wrt.split(",")], parse(derivative, given=f).expr, **options)


def problem(formula: str, wrt: str, derivative: str, **options) -> Problem:
    f = parse(formula).expr
    xs = [variables([f])[name] for name in wrt.split(",")]
    return Problem(f, xs, parse(derivative, given=f).expr, 0, time.monotonic() + 20, **options)


def test_the_line_of_an_exact_verdict():
    verdict = judge("norm2(A*x - y)^2", "x", "2*A'*(A*x - y)")
    assert str(verdict) == f"verified by SymPy: exact; {verdict.points} points, sizes 2, 3, 4, 5"
    assert verdict and verdict.ok is True and verdict.method == "exact" and verdict.counterexample is None
    assert verdict.sizes == {"rows(A)": 2, "cols(A)": 3} and verdict.points >= 100 and verdict.max_error == 0
    assert verdict.looked == (2, 3, 4, 5) and verdict.regions == 1 and not verdict.unreached
    hinge = judge(HINGE, "w", "-[y*w.phi < 1]*y*phi")
    assert str(hinge) == f"verified by SymPy: exact; {hinge.points} points, both sides of 1 kink, sizes 2, 5"
    assert hinge.kinks == 1 and hinge.regions == 2


def test_the_line_of_a_numerical_verdict():
    verdict = judge("Q: orthogonal matrix(n,n); sum(exp(Q*x))", "x", "Q'*exp(Q*x)")
    assert (verdict.ok, verdict.method) == (True, "30 digits")
    assert str(verdict).startswith(f"verified by SymPy: 30 digits; {verdict.points} points, sizes 2, 5") and verdict.max_error < 1e-28


def test_the_line_of_a_refutation():
    verdict = judge("a*b", "a", "2*b")
    assert not verdict and verdict.ok is False
    values = verdict.counterexample["values"]
    assert verdict.counterexample == {"values": values, "entry": (), "expected": values["b"], "found": 2 * values["b"]}
    assert str(verdict) == (
        f"wrong: the derivative is {values['b']:.6g}, not {2 * values['b']:.6g}, at a = {values['a']:.4g}, b = {values['b']:.4g}"
    )


def test_the_counterexample_names_the_entry():
    f = parse("x: vector(n); sum(x.^2)").expr
    x = variables([f])["x"]
    wrong = build.add(build.scale(build.TWO, x), build.unit(2, "n"))
    verdict = verify(f, [x], wrong)
    assert verdict.counterexample["entry"] == (2,)
    assert verdict.counterexample["found"] == pytest.approx(verdict.counterexample["expected"] + 1)
    assert len(verdict.counterexample["values"]["x"]) == verdict.sizes["n"]


def test_a_wrong_shape_is_wrong():
    verdict = judge("A: matrix(m,n); x: vector(n); sum(A*x)", "A", "x")
    assert verdict.ok is False
    assert str(verdict) == "wrong: the derivative is a matrix(m, n), not a vector(n)"


def test_only_variables_and_names_are_differentiated_by():
    f = parse("x^2").expr
    with pytest.raises(ShapeError, match="by variables or by names"):
        verify(f, [f], f)


def test_a_name_is_an_independent_variable():
    formula = "score = w.phi; margin = y*score; max(1 - margin, 0)"
    assert judge(formula, "margin", "-[margin < 1]").ok is True
    assert judge(formula, "score", "-[margin < 1]*y").ok is True
    assert judge(formula, "score", "-[margin < 1]").ok is False
    assert judge("b = a^2; b^2", "b", "2*b").method == "exact"
    assert judge("b = a^2; b^2", "b", "2*a^2").method == "exact"


def test_a_name_and_what_it_is_computed_from():
    verdict = judge("b = a^2; b^2", "b,a", "0")
    assert verdict.ok is None and "computed from another" in verdict.reason


def test_no_point_of_the_domain():
    verdict = judge("log(-x^2 - 1)*abs(x)", "x", "sign(x)*log(-x^2 - 1)")
    assert verdict.ok is None
    assert str(verdict) == "not verified: too few points were found at which the formula and its derivative have real values"


def test_an_answer_without_a_value_is_no_answer():
    verdict = judge("abs(x)", "x", "log(-1)*x")
    assert verdict.ok is False and "has no value" in verdict.reason
    assert judge("x*log(abs(x))", "x", "log(abs(x)) + 1").ok is True
    assert judge("x*log(abs(x))", "x", "log(x) + 1").ok is False


def test_cancelled_digits_are_not_an_error():
    formula = "p = sigma(40 + x); -log(1 - p)"
    assert judge(formula, "x", "sigma(40 + x)").ok is True
    assert judge(formula, "x", "1").ok is False


@pytest.mark.parametrize(
    ("formula", "wrt", "derivative"),
    [
        ("sqrt(x)*log(-y)", "x", "log(-y)/(2*sqrt(x))"),  # each variable has a domain of its own
        ("arcsin(x)*arccosh(y)", "y", "arcsin(x)/sqrt(y^2 - 1)"),
        ("log(det(X))", "X", "inv(X)'"),
        ("sqrt(x'*A*x)", "x", "(A + A')*x/(2*sqrt(x'*A*x))"),
        ("p: positive vector(n); p.log(p)", "p", "log(p) + 1"),
    ],
)
def test_points_of_the_domain_are_found(formula, wrt, derivative):
    verdict = judge(formula, wrt, derivative)
    assert verdict.ok is True and verdict.points >= 3


def test_what_is_right_at_one_size_only():
    assert judge("x: vector(n); sum(x.^2)", "x", "n*x").ok is False
    assert judge("x: vector(n); var(x)", "x", "x - mean(x)").ok is False
    assert judge("A: matrix(n,n); det(A)", "A", "(tr(A)*eye(n) - A)'").ok is False


def test_a_zero_derivative():
    assert judge("x: vector(n); sum(x - x)", "x", "vector(0, n)").method == "exact"
    assert judge("floor(x) + round(x) + [x > 0]", "x", "0").ok is True
    assert judge("x*[x > 0]", "x", "0").ok is False


def test_a_jump_is_not_a_kink_of_the_answer():
    assert judge("if(x > 1, x^2, 2*x)", "x", "if(x > 1, 2*x, 2)").method == "exact"
    assert judge("if(x > 0, log(x), x)", "x", "if(x > 0, 1/x, 1)").ok is True
    assert judge("if(x > 0, log(x), x)", "x", "1/x").ok is False


def test_max_of_equal_arguments():
    assert judge("max(x, x)", "x", "1").ok is True
    assert judge("max(x, x)", "x", "0").ok is False


def test_opaque_functions():
    formula = "phi: vector(d) -> vector(n); x: vector(d); w.phi(x)"
    assert judge(formula, "w", "phi(x)").method == "exact"
    assert judge(formula, "x", "Dphi(x)'*w").method == "exact"
    assert judge("f: scalar -> scalar; f(x*y)", "x", "f'(x*y)").ok is False
    assert judge("f: scalar -> scalar; f(x*y)", "x", "y*f'(x*y)").ok is True
    assert set(judge("f: scalar -> scalar; f(x)", "x", "2*f'(x)").counterexample["values"]) == {"x"}


def test_the_space_of_symmetric_matrices():
    formula = "S: symmetric matrix(n,n); x'*S*y"
    assert judge(formula, "S", "0.5*(x*y' + y*x')").method == "exact"
    assert judge(formula, "S", "x*y'").ok is False
    assert found(ByDifferences(problem(formula, "S", "0.5*(x*y' + y*x')"))) == ["right"] * 3
    assert found(ByDifferences(problem(formula, "S", "x*y'"))) == ["wrong"] * 3


def found(judge: Exactly) -> list[str]:
    """What is said of three points that are drawn."""
    rng = random.Random(5)
    return [judge.at(judge.problem.draw(rng, lambda: "real")).outcome for _ in range(3)]


def test_differences_agree_with_sympy():
    right, wrong = problem(LAYERS, "V", BACK), problem(LAYERS, "V", BACK.replace("2*", "3*"))
    point = right.draw(random.Random(5), lambda: "real")
    for judge in (BySymPy, ByDifferences):
        finding = judge(right).at(point)
        assert finding.outcome == "right" and 0 < finding.error < judge.agree
        finding = judge(wrong).at(point)
        assert finding.outcome == "wrong" and finding.counterexample["entry"] == (1, 1)
        assert finding.counterexample["found"] == pytest.approx(1.5 * finding.counterexample["expected"])


def test_what_is_found_at_a_point():
    x = variables([parse("log(x)").expr])["x"]
    blank = ByDifferences(problem("log(x)", "x", "1/x")).at({x: [Fraction(-1)]})
    gone = ByDifferences(problem("x^2", "x", "2*exp(log(x))")).at({x: [Fraction(-1)]})
    faint = ByDifferences(problem("tanh(x)", "x", "1 - tanh(x)^2")).at({x: [Fraction(2000)]})
    flat = ByDifferences(problem("relu(x)", "x", "[x > 0]")).at({x: [Fraction(-2)]})
    assert [f.outcome for f in (blank, gone, faint, flat)] == ["blank", "gone", "faint", "right"]
    assert flat.zero and gone.counterexample["expected"] == pytest.approx(-2)


def test_second_differences():
    formula, hessian = "sum(log(1 + exp(A*x)))", "A'*diag(sigma(A*x) .* (1 - sigma(A*x)))*A"
    assert found(ByDifferences(problem(formula, "x,x", hessian))) == ["right"] * 3
    assert found(ByDifferences(problem(formula, "x,x", f"-{hessian}"))) == ["wrong"] * 3
    assert found(ByDifferences(problem("x^2*y^3", "x,y", "6*x*y^2"))) == ["right"] * 3


def chain(depth: int):
    """f_{k+1} = f_k + sin(a_k*f_k)/100 and its derivative by f_0."""
    x = build.var("x")
    f, g = x, build.ONE
    for k in range(depth):
        a = build.var(f"a{k % 10}")
        inner = build.scale(a, f)
        slope = build.scale(build.num(Fraction(1, 100)), build.scale(a, build.call("cos", inner)))
        g = build.scale(g, build.add(build.ONE, slope))
        f = build.add(f, build.scale(build.num(Fraction(1, 100)), build.call("sin", inner)))
    return f, x, g


def test_what_is_too_long_for_sympy_goes_to_differences():
    f, x, g = chain(200)
    with pytest.raises(Undecided, match="too long for SymPy"):
        BySymPy(Problem(f, [x], g, 0, time.monotonic() + 20))
    assert verify(f, [x], g).method == "differences"
    assert verify(f, [x], build.scale(build.num(2), g)).ok is False


def test_the_time_limit_is_kept():
    f, x, g = chain(30_000)
    start = time.monotonic()
    verdict = verify(f, [x], g, seconds=0.5)
    assert time.monotonic() - start < 3
    assert str(verdict) == "not verified: it is too long to be verified in 0.5 seconds"


def test_components_that_explode():
    x = build.var("x", ("n",))
    f = x
    for _ in range(30):
        f = build.elementwise(f, build.call("sigma", f))
    start = time.monotonic()
    assert verify(build.total(f), [x], x).ok is False
    assert time.monotonic() - start < 5


def test_too_small_to_tell():
    x = build.var("x")
    f, g = x, build.ONE
    for _ in range(60):
        f = build.call("sigma", f)
        g = build.scale(g, build.scale(f, build.sub(build.ONE, f)))
    # Some 1e-39, which 45 digits cannot tell from rounding: relative to itself it can be told in doubles.
    assert verify(f, [x], g, seconds=10).method == "9 digits"
    assert verify(f, [x], build.scale(build.num(2), g), seconds=10).ok is not True


def test_a_tie_half_way_between_two_sides_of_a_kink_is_no_point():
    f = parse("X: matrix(m,n); max(X)").expr
    answer = parse("[X == max(X)]", given=f).expr
    assert verify(f, [next(iter(variables([f]).values()))], answer).ok


@pytest.mark.parametrize(
    "formula, answer, method",
    [
        ("f(x)", "f'(x)", "opaque"),
        ("phi: vector(n) -> vector(m); x: vector(n); phi(x)", "Dphi(x)", "opaque"),
        ("x*f(x)", "f(x) + x*f'(x)", "exact"),
        ("phi: vector(n) -> vector(m); x: vector(n); w: vector(m); w.phi(x)", "Dphi(x)'*w", "exact"),
    ],
)
def test_an_opaque_derivative_alone_is_not_called_exact(formula, answer, method):
    verdict = judge(formula, "x", answer)
    assert verdict.ok and verdict.method == method
    assert ("exact" in str(verdict)) == (method == "exact")


@pytest.mark.parametrize("square", ["x'*S*x", "(x - y)'*S*(x - y)"])
@pytest.mark.parametrize("word", ["psd", "psd diagonal"])
def test_a_matrix_of_zeros_is_a_single_point_among_the_psd_ones(square, word):
    """The root of a quadratic form has no value of its derivative where S = 0: a gap, and beside it all is right."""
    f = sd.parse(f"S: {word} matrix(n, n); x, y: vector(n); sqrt({square})")
    assert sd.verify(f, "x", sd.grad(f, "x")).ok
    assert sd.verify(f, "x", sd.grad(f, "x") * 2).ok is False
