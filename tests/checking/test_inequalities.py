"""What is proven is so at every point; what always holds is proven, as far as it is listed; what hardly ever fails is not."""

from __future__ import annotations

import random
from fractions import Fraction
from math import inf

import pytest

import symdiff as sd
from symdiff.checking.intervals import Bounds
from symdiff.checking.polynomials import nonnegative, nonnegative_on
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import topological

GIVEN = "x, y: scalar; p, q: positive scalar; u, v, w: vector(n); A: matrix(m,n); 0*(x + y + p + q + u.v + u.w + norm2(A)) + "


def proven(text):
    """Of `a >= b`."""
    e = sd.parse(f"{GIVEN}[{text}]").expr
    node = next(n for n in topological([e]) if is_call(n, "ge"))
    return Bounds().ordered(*node.args)


@pytest.mark.parametrize(
    "text",
    [
        "norm2(u - v) + norm2(v - w) >= norm2(u - w)",
        "norm1(u - v) + norm1(v) >= norminf(u)",
        "2*norm2(u) + 3*norm2(v) >= norm2(2*u - 3*v)",
        "norm2(u - v) + 1 >= abs(norm2(u) - norm2(v))",
        "normnuc(A) >= norminf(A)",
        "norm1(A) >= normnuc(A)",
        "sqrt(n)*norminf(u) >= norm2(u)",
        "n*norm2(u) >= norm1(u)",
        "abs(x) + abs(y) >= abs(x + y)/2",
        "max(x, y) >= (x + y)/2",
        "x/2 + y/2 >= min(x, y)",
        "abs(x - y) + 1 >= abs(abs(x) - abs(y))",
        "x^4 + 3 >= 4*x",
        "x^4 + y^4 + 2.1 >= 4*x*y",
        "x^4 + y^4 + 1 >= x^3*y + x*y^3",
        "1/2 >= x/(1 + x^2)",
        "p/q + q/p >= 2",
        "p + q + 1 >= 2*sqrt(p*q)",
        "sqrt(1 + x^2) >= abs(x)",
        "1 + abs(x) >= sqrt(1 + x^2)",
        "sin(x)^2 + cos(x)^2 >= 1/2",
        "1/2 >= sin(x)*cos(x)",
        "pi^2/4 >= arctan(x)^2",
        "2*arctan(x) + pi >= 0",
        "p - 1 >= log(p)",
        "exp(x) + exp(-x) >= 2",
    ],
)
def test_what_always_holds_is_proven(text):
    assert proven(text)


@pytest.mark.parametrize(
    "text",
    [
        "norm2(u - v) + norm2(v - w) >= norm2(u + w)",
        "norm2(u) + norm2(v) >= norm1(u + v)",
        "2*norm2(u) + 3*norm2(v) >= norm2(2*u - 3.01*v)",
        "norm2(A) >= normnuc(A)",
        "sqrt(n)*norminf(u) >= norm1(u)",
        "abs(x) + abs(y) >= abs(x + 1.01*y)",
        "max(x, y) >= (x + y)/2 + 1e-9",
        "min(x, y) >= x/2 + y/2",
        "x^4 + 2.999 >= 4*x",
        "x^4 + y^4 + 1.99 >= 4*x*y",
        "x^3 + 10 >= 0",
        "0.499 >= x/(1 + x^2)",
        "x/y + y/x >= 2",
        "p + q >= 2.01*sqrt(p*q)",
        "sqrt(1 + x^2) >= 1 + abs(x)",
        "0.499 >= sin(x)*cos(x)",
        "pi^2/4.01 >= arctan(x)^2",
        "2*arctan(x) + 3.14 >= 0",
        "log(p) >= p - 1",
        "x^8 >= p",
        "(p + 1)^2 >= q",
    ],
)
def test_what_fails_somewhere_is_not_proven(text):
    assert not proven(text)


def test_polynomials_of_one_number_are_what_they_are_at_many_points():
    rng = random.Random(4)
    counts = {True: 0, False: 0}
    for _ in range(400):
        p = [Fraction(1)]
        for _ in range(rng.randint(1, 3)):
            a, b, c = (Fraction(rng.randint(-3, 3)) for _ in range(3))
            factor = [a, Fraction(1)] if rng.random() < 0.4 else [a * a + b * b, 2 * a, Fraction(1)]
            p = [
                sum((p[i] * factor[k - i] for i in range(len(p)) if 0 <= k - i < len(factor)), Fraction(0))
                for k in range(len(p) + len(factor) - 1)
            ]
            p = [v * (c or 1) for v in p]
        low, high = rng.choice([(-inf, inf), (Fraction(-1), Fraction(2)), (Fraction(0), inf)])
        points = [Fraction(k, 8) for k in range(-80, 81) if low <= Fraction(k, 8) <= high]
        negative = any(sum(c * x**k for k, c in enumerate(p)) < 0 for x in points)
        found = nonnegative_on(p, low, high)
        assert found is not negative or not found, p
        assert not (found and negative), p
        counts[found] += 1
    assert min(counts.values()) > 50


def test_sums_of_squares_are_found_and_nothing_else():
    rng = random.Random(5)
    found = 0
    for _ in range(60):
        squares = [[Fraction(rng.randint(-2, 2)) for _ in range(4)] for _ in range(4)]
        bases = [(0, 0), (1, 0), (0, 1), (1, 1)]
        p = {}
        for coefficients in squares:
            for a, c in zip(bases, coefficients, strict=True):
                for b, d in zip(bases, coefficients, strict=True):
                    m = (a[0] + b[0], a[1] + b[1])
                    p[m] = p.get(m, Fraction(0)) + c * d
        least = min(sum(c * Fraction(x) ** m[0] * Fraction(y) ** m[1] for m, c in p.items()) for x in range(-3, 4) for y in range(-3, 4))
        found += nonnegative(dict(p))
        assert not nonnegative({**p, (0, 0): p.get((0, 0), Fraction(0)) - least - 1})
    assert found > 25


@pytest.mark.parametrize(
    ("formula", "wrt", "answer"),
    [
        ("A: matrix(m,n); norm2(A)^2", "A", "2*A*[normnuc(A) >= norminf(A)]"),
        ("A: matrix(m,n); norm2(A)^2", "A", "2*A*[normnuc(A) <= norm1(A)]"),
        ("A: matrix(m,n); normnuc(A)", "A", "polar(A)"),
        ("x^2", "x", "2*x*(cosh(x)^2 - sinh(x)^2)"),
        ("x^2", "x", "2*x*[cosh(x)^2 - sinh(x)^2 > 0.5]"),
    ],
)
def test_right_answers_are_not_refuted_where_rounding_decides(formula, wrt, answer):
    assert sd.check(formula, wrt, answer).correct is True


@pytest.mark.parametrize(
    ("formula", "wrt", "answer"),
    [
        ("x^2", "x", "2*x*(1 + [exp(x) < 1e-30])"),
        ("x^2", "x", "2*x*(1 + [1 - tanh(x) < 1e-20])"),
        ("x^2", "x", "2*x*(1 + [exp(-x^2 - 100) < 1e-60])"),
        ("x: vector(n); x.x", "x", "2*x*(1 + [logsumexp(x) > 750])"),
        ("x: vector(n); x.x", "x", "2*x*(1 + [cosh(x[1]) > 1e330])"),
        ("x^2", "x", "2*x*(1 + [x > 1e330])"),
        ("x: vector(n); norminf(x)", "x", "sign(x) .* [abs(x) == norminf(x)]*(1 + [sum(x) == 1 and sum(x.^2) == 1])"),
        ("x: vector(n); norminf(x)", "x", "sign(x) .* [abs(x) == norminf(x)]*(1 + [x[1] == 0])"),
        ("x: vector(n); norm1(x)", "x", "sign(x)*(1 + [sum(x) == 1 and sum(x.^2) == 1])"),
        ("x^2", "x", "2*x*(1 + [cosh(x)^2 - sinh(x)^2 == 1])"),
    ],
)
def test_wrong_answers_where_comparisons_are_small_large_or_beside_a_kink(formula, wrt, answer):
    assert sd.check(formula, wrt, answer).correct is False


def test_a_counterexample_is_on_no_kink():
    """At [1, 1] the derivative of norminf is what a convention says."""
    grade = sd.check("x: vector(n); norminf(x)", "x", "sign(x) .* [abs(x) == norminf(x)]/sum([abs(x) == norminf(x)])*(1 + [prod(x) == 0])")
    sizes = sorted(map(abs, grade.counterexample["values"]["x"]))
    assert grade.correct is False
    assert sizes[-1] > sizes[-2]
