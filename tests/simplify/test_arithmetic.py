"""Arithmetic, roots, powers and brackets at random: simplifying keeps the value at whole, half-integer, negative and positive points."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

import symdiff as sd
from symdiff.simplify import simplify
from tests.table.conftest import evaluate

ATOMS = [
    "x", "y", "2", "1", "x^2", "x^3", "1/x", "x^(-2)", "sqrt(x)", "x^(3/2)", "x^(1/3)", "abs(x)", "sign(x)", "max(x,0)", "relu(x)",
    "[x>0]", "[x<=0]", "(x-1)", "(x+y)", "(1-x)", "exp(x)", "log(x)", "sqrt(x^2)", "(x^2-1)", "hypot(x,y)", "min(x,y)", "cbrt(x)",
    "sigma(x)", "exp(-x)", "(1+exp(x))", "x^y", "y^x", "p", "sqrt(p)", "p^x", "(x*y)^(1/2)", "(p*x)^(1/2)", "sin(x)", "cos(x)",
    "sin(x)^2", "cos(x)^2", "softplus(x)", "if(x>y,x,y)",
]  # fmt: skip
POWERS = ["2", "3", "4", "-1", "-2", "1/2", "3/2", "-1/2", "1/3", "y"]
CALLS = ["abs", "sqrt", "exp", "log", "sign", "relu", "sin", "tan", "arctan", "cbrt", "sigma"]

VALUES = [-2, -1.5, -1, -0.5, 0, 0.5, 0.75, 1, 2, 3]
X, Y, P = np.array(list(itertools.product(VALUES, [-1, -0.5, 0, 0.5, 3], [0.25, 4])), float).T  # rounding of p*x and sqrt(p) agrees
LARGEST = 1e9  # beyond it rounding is compared
ASIDE = 1e-5


def formula(rng: Random, depth: int = 3) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(ATOMS)
    kind, a, b = rng.randrange(9), formula(rng, depth - 1), formula(rng, depth - 1)
    if kind < 6:
        return f"({a} {rng.choice('+-**')} {b})"
    return (f"({a}/{b})", f"({a})^({rng.choice(POWERS)})", f"{rng.choice(CALLS)}({a})")[kind - 6]


def values(f: sd.Expr, x: np.ndarray, strict: bool = False) -> np.ndarray:
    return np.broadcast_to(evaluate(f, {"x": x, "y": Y, "p": P}, strict=strict), X.shape)


def altered(text: str) -> list[tuple[float, ...]] | None:
    """The points at which simplifying alters the value; None if the formula is refused, or has no values.

    A value that stands alone, as that of sqrt(x^2*y) at x = 0 and y < 0, is not judged: there is no derivative.
    """
    try:
        f = sd.parse("p: positive scalar; " + text).expr
        (g,) = simplify([f])
    except sd.SymdiffError:
        return None
    with np.errstate(all="ignore"):
        before, left, right = [values(f, X + step, strict=True) for step in (0, -ASIDE, ASIDE)]
        after = values(g, X)
    judged = np.isfinite(before) & (np.abs(before) < LARGEST) & (np.isfinite(left) | np.isfinite(right))
    wrong = judged & ~(np.abs(before - after) <= 1e-7 * (1 + np.abs(before)))
    return list(zip(X[wrong], Y[wrong], P[wrong], strict=True)) if judged.any() else None


@pytest.mark.parametrize("part", range(4))
def test_values_are_kept(part):
    judged = 0
    for seed in range(150 * part, 150 * part + 150):
        rng = Random(seed)
        text = f"{formula(rng)} + {formula(rng)}"
        points = altered(text)
        judged += points is not None
        assert not points, text
    assert judged > 100


@pytest.mark.parametrize("text", ["sqrt([x > 0]*y)", "x*[x != 1] + [1 >= x]*x^2 - x^2*exp(x)"])
def test_found(text):
    assert altered(text) == []
