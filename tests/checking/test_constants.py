"""Constants that doubles do not see."""

import re
from fractions import Fraction

import pytest

import symdiff as sd
from symdiff.checking import Judge
from symdiff.checking.constants import beside, beyond, distance, worded
from symdiff.checking.exactly import ByDifferences, untied
from symdiff.checking.problem import Problem
from symdiff.expr.walk import variables
from symdiff.syntax import parse


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("x^2", 0),
        ("pi*x/3 + 0.1", 0),
        ("1e-6*x + 1e5", 0),
        ("sqrt(2*pi)*x", 0),
        ("n: scalar; x^n*exp(-1)", 0),
        ("1e-40*x", 40),
        ("1e25*x", 25),
        ("x + 1 + 1e-30", 30),
        ("exp(-100)*x", 43),
        ("tanh(40)*x", 34),
        ("10^-40*x", 40),
        ("6.28318530717958647692528676655900576839*x", 38),
    ],
)
def test_how_far_constants_lie_beyond_doubles(text, digits):
    assert abs(beyond([parse(text).expr]).digits - digits) <= 2


def test_what_is_beyond_all_digits_is_known_to_be():
    assert beyond([parse("1e-1000*x").expr]).lost


def test_the_distance_of_a_number():
    assert distance(Fraction(1, 3)) == distance(Fraction(0)) == distance(Fraction(1, 10**8)) == 0
    assert distance(Fraction(1) + Fraction(1, 10**20)) in (19, 20)


def test_numbers_beside_a_constant():
    tiny = Fraction(1, 10**40)
    assert tiny / 2 in beside(tiny) and 2 * tiny in beside(tiny)
    assert 1 + tiny / 2 in beside(1 + tiny)
    assert all(v > 10**12 / 3 for v in beside(Fraction(10**12)))
    root = beside(tiny)[-1] / 2
    assert abs(root**2 / tiny - 1) < Fraction(1, 100)


def test_a_number_in_words():
    assert worded(1 + Fraction(1, 10**40)) == "1 + 1e-40"
    assert worded(Fraction(0.1)) is None and worded(Fraction(1, 3)) is None and worded(Fraction(1, 10**40)) is None


@pytest.mark.parametrize(
    ("formula", "answer", "said"),
    [
        ("x^2", "2*x*(1 + 1e-40)", r"the derivative is (\S+), not \1 [+-] \d.0e-40, at x = \S+"),
        ("x^2*1e-40", "0", r"the derivative is -?\S+e-40, not 0, at x = \S+"),
        ("relu(x)", "[x > 1e-40]", r"the derivative is 1, not 0, at x = 5e-41"),
        ("relu(x - 1)", "[x > 1 + 1e-40]", r"the derivative is 1, not 0, at x = 1 \+ 5e-41"),
    ],
)
def test_the_counterexample_shows_the_difference(formula, answer, said):
    f = sd.parse(formula)
    verdict = sd.verify(f, "x", sd.parse(answer, given=f))
    assert verdict.ok is False
    assert re.fullmatch(said, verdict.reason), verdict.reason
    assert verdict.counterexample["expected"] != verdict.counterexample["found"]
    assert "by less than doubles show" in str(sd.check(f, "x", answer)) or "in places" in str(sd.check(f, "x", answer))


def test_nine_digits_say_nothing_of_such_constants():
    f = sd.parse("x^2*y")
    mark = sd.checker(f, "x")
    assert mark("2*x*y*(1 + 1e-40)", prove=False).correct is False
    judge = Judge(f.expr, [variables([f.expr])["x"]])
    assert judge(parse("2*x*y*(1 + 1e-40)", given=f.expr).expr, prove=False).ok is False


def test_a_small_difference_is_no_tie():
    """exp(-924) and exp(-1560) are nearer to each other than the digits of 1, and not equal."""
    f = sd.parse("max(x, y)")
    for answer in ("[exp(x) > exp(y)]", "[sigma(x) > sigma(y)]"):
        assert sd.verify(f, "x", sd.parse(answer, given=f)).ok is True
    noise = Fraction(1, 10**118)
    assert untied([(Fraction(1, 10**270), True)], [(Fraction(1, 10**270), True)], noise)
    assert untied([(0, False)], [(Fraction(1, 10**68), True)], noise)
    assert not untied([(Fraction(1, 10**70), True)], [(Fraction(1, 10**140), True)], noise)


def test_a_number_that_was_left_out_decides_nothing():
    f = sd.parse("max(1 - y*w.phi, 0)")
    assert sd.verify(f, "w", sd.parse("-y*phi*[exp(1 - y*w.phi) > 1]", given=f)).ok is True


def test_an_empty_minor():
    f = sd.parse("A: matrix(n,n); det(A)")
    assert sd.check(f, "A", "det(A)*inv(A)'*(1 + [n == 1]*A[1,1])").correct is False


def test_differences_are_finer_by_as_many_digits():
    f = parse("x^3").expr
    x = variables([f])["x"]
    for answer, outcomes in (("3*x^2*(1 + 1e-30)", ("right", "wrong")), ("3*x^2", ("right", "right"))):
        problem = Problem(f, [x], parse(answer, given=f).expr, 0, float("inf"))
        found = [ByDifferences(problem, finer).at({x: [Fraction(2)]}).outcome for finer in (0, 30)]
        assert tuple(found) == outcomes
