"""The normal form proves what is equal, and never what is not."""

import pytest
import sympy
from sympy import Abs, Heaviside, Max, Min, Rational, cos, cosh, exp, log, sign, sin, sinh, sqrt, tan, tanh

from symdiff.checking.zero import Prover, TooLong

x, y, z = sympy.symbols("x y z")
p = sympy.Symbol("p", positive=True)
r = sqrt(x**2 + y**2)
s = 1 / (1 + exp(-x * y))

EQUAL = [
    ((x + y) ** 2, x**2 + 2 * x * y + y**2),
    (x / y + y / x, (x**2 + y**2) / (x * y)),
    (1 / (x + y) - 1 / (x - y), -2 * y / (x**2 - y**2)),
    ((x**2 - y**2) / (x - y), x + y),
    (exp(x + y), exp(x) * exp(y)),
    (exp(2 * x) * exp(-x), exp(x)),
    (exp(z * log(x)), x**z),
    (x**z * x, x ** (z + 1)),
    (exp(-x) / (1 + exp(-x)), 1 / (1 + exp(x))),
    (sympy.diff(s, x), y * s * (1 - s)),
    (sympy.diff(log(1 - s), x), -y * s),
    (sympy.diff(tanh(x), x), 1 - tanh(x) ** 2),
    (cosh(x) ** 2 - sinh(x) ** 2, sympy.Integer(1)),
    (sin(x) ** 4 - cos(x) ** 4, sin(x) ** 2 - cos(x) ** 2),
    (sympy.diff(tan(x), x), 1 / cos(x) ** 2),
    (sympy.diff(x / r, x), y**2 / r**3),
    (r**3 / r, x**2 + y**2),
    (sqrt(2) * sqrt(2 + x) * sqrt(2 + x), 2 * sqrt(2) + sqrt(2) * x),
    (sqrt(p) * p ** Rational(3, 2), p**2),
    (sympy.diff(Max(x, y), x), Heaviside(x - y)),
    (Heaviside(x * y - 1) + Heaviside(1 - x * y), sympy.Integer(1)),
    (Heaviside(2 * x - 2 * y), Heaviside(x - y)),
    (Heaviside(x) ** 3, Heaviside(x)),
    (Abs(x) * sign(x), x),
    (Max(x, y) + Min(x, y), x + y),
    (Max(x, -x), x * (2 * Heaviside(x) - 1)),
]

DIFFERENT = [
    (x, 2 * x),
    (x / y, y / x),
    (sin(x), cos(x)),
    (exp(x), exp(-x)),
    (exp(x) * exp(y), exp(x * y)),
    (sqrt(x**2), x),
    (sqrt(x**2), -x),
    (cos(x), sqrt(1 - sin(x) ** 2)),
    (log(x * y), log(x) + log(y)),
    (Heaviside(x), Heaviside(-x)),
    (Heaviside(x - 1), Heaviside(x - 2)),
    (Heaviside(x) * Heaviside(y), Heaviside(x * y)),
    (Abs(x), x),
    (Max(x, y), x + y),
    (s * (1 - s), s),
    (x ** Rational(1, 3), x ** Rational(1, 2)),
]


@pytest.mark.parametrize(("a", "b"), EQUAL, ids=str)
def test_equal(a, b):
    assert Prover().equal(a, b)


@pytest.mark.parametrize(("a", "b"), DIFFERENT, ids=str)
def test_different(a, b):
    assert not Prover().equal(a, b)


@pytest.mark.parametrize(("a", "b"), EQUAL, ids=str)
def test_equal_and_a_little(a, b):
    assert not Prover().equal(a + x / 10**9, b)


def test_facts():
    assert Prover({y: x}).equal(x * y, x**2)
    assert Prover({z: 1 - x - y}).equal((x + y + z) * exp(x), exp(x))
    assert not Prover({y: x}).equal(x * z, x**2)


def test_the_limit():
    with pytest.raises(TooLong):
        Prover(limit=1000).equal((x + y + z + 1) ** 40, x)


@pytest.mark.parametrize("nothing", [sympy.zoo, sympy.nan, sympy.oo, 1 / ((x + 1) ** 2 - x**2 - 2 * x - 1)], ids=str)
def test_what_has_no_value_equals_nothing(nothing):
    with pytest.raises(TooLong):
        Prover().equal(nothing, nothing)
