"""Antiderivatives known from calculus: their derivatives are the integrands, at random points and mostly in form as well."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

import symdiff as sd
from symdiff.calculus import derivative
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.simplify import simplify
from symdiff.table import TABLE
from tests.antiderivatives.pairs import POINTS, Pair, read

PAIRS = read()

# Shares of the pairs: derivative and integrand have one normal form; or that of their difference is 0.
SAME, NO_DIFFERENCE = 0.81, 0.87

# Functions of one variable whose antiderivatives are no functions of the language, or too long to be of use.
ABSENT = {"gelu", "mish", "silu", "not", "exp2", "logit", "log_ndtr", "log_sigmoid", "sinc", "stop_gradient"}


def forms(pair: Pair) -> tuple[Expr, Expr, Expr]:
    """The normal forms of the derivative, the integrand, and their difference."""
    f, F, x = pair.parsed()
    found = derivative(F, [x])[0]
    a, b = simplify([found, f])
    return a, b, simplify([build.sub(found, f)])[0]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.integrand} => {pair.antiderivative}")
def test_the_derivative_has_the_integrand_s_values(pair):
    f, F, _ = pair.parsed()
    compared = list(pair.points(f, sd.grad(F, "x").expr))
    assert len(compared) == POINTS
    for expected, found in compared:
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


@cache
def shares() -> dict[str, Counter[str]]:
    """By subject: pairs, same normal form, difference 0."""
    counts: dict[str, Counter[str]] = {}
    for pair in PAIRS:
        a, b, difference = forms(pair)
        same, zero = a is b, difference is build.ZERO
        counts.setdefault(pair.subject, Counter()).update(pairs=1, same=same, zero=same or zero)
    return counts


def test_most_derivatives_simplify_to_the_integrand():
    total = sum(shares().values(), Counter())
    assert total["pairs"] == len(PAIRS) >= 400
    assert total["same"] / total["pairs"] >= SAME
    assert total["zero"] / total["pairs"] >= NO_DIFFERENCE


def test_every_function_of_one_variable_takes_part():
    used = {name for row in TABLE for name in (row.name, *row.aliases) for p in PAIRS if name + "(" in p.integrand + p.antiderivative}
    missing = {row.name for row in TABLE if row.elementwise and len(row.args) == 1 and not row.macro and row.name not in used}
    assert missing == ABSENT


@pytest.mark.parametrize("wrong", ["-cos(x)", "2*cos(x)", "cos(x) + 1", "sin(x)", "cos(x)^2"])
def test_a_wrong_pair_is_seen(wrong):
    pair = Pair("", wrong, "sin(x)", ())
    f, F, _ = pair.parsed()
    assert any(found != pytest.approx(expected, rel=1e-7, abs=1e-9) for expected, found in pair.points(f, sd.grad(F, "x").expr))
    a, b, difference = forms(pair)
    assert a is not b and difference is not build.ZERO


if __name__ == "__main__":
    for subject, count in shares().items():
        print(f"{subject:28}{count['pairs']:5}{count['same']:5}{count['zero']:5}")
    print(f"{'all':28}" + "".join(f"{sum(c[k] for c in shares().values()):5}" for k in ("pairs", "same", "zero")))
