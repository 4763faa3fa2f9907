"""Values that are constant along a diagonal or at an entry, without being rebuilt."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.calculus.diagonals import Diagonals
from symdiff.expr.node import CALL, POW
from symdiff.expr.walk import topological


def node(text):
    f = sd.parse(text)
    return getattr(f, "expr", f)


def root(text):
    """The root in a formula, and what is asked about its graph."""
    order = topological([node(text)])
    return next(e for e in reversed(order) if (e.op == CALL and e.data in ("sqrt", "arccosh")) or (e.op == POW and e.shape)), Diagonals(
        order
    )


STEEP = [
    "X: matrix(n,d); sum(i=1..n, j=1..n, norm2(X[i] - X[j]))",
    "x: vector(n); sum(sqrt(abs(x*ones(n)' - ones(n)*x')))",
    "A: matrix(n,n); sum(sqrt(abs(A - A')))",
    "X: matrix(n,d); sum(i=1..n, norm2(X[i] - X[1]))",
    "X: matrix(n,d); sum(i=1..n, j=1..n, sqrt(X[i].X[i] + X[j].X[j] - 2*X[i].X[j]))",
    "x: vector(n); sum(i=1..n, j=1..n, arccosh(1 + (x[i] - x[j])^2))",
    "x: vector(n); y = x; sum(i=1..n, j=1..n, sqrt(abs(y[i] - x[j])))",
    "x: vector(n); sum(i=1..n, j=2..n, sqrt(abs(x[i] - x[j-1])))",
    "x: vector(n); sum(i=2..n, j=1..n, sqrt(abs(x[i] - x[j])))",
]
FLAT = [
    "x: vector(n); sum(i=2..n, sqrt(abs(x[i] - x[i-1])))",
    "x, y: vector(n); sum(i=1..n, j=1..n, sqrt(abs(x[i] - y[j])))",
    "x: vector(n); sum(i=1..n, j=1..n, sqrt((x[i] - x[j])^2 + c))",
    "x: vector(n); sum(i=1..n, j=1..n, sqrt(x[i] + x[j]))",
    "x: vector(n); sum(sqrt(abs(x)))",
]


@pytest.mark.parametrize("text", STEEP)
def test_a_root_that_is_constant_where_it_has_no_slope(text):
    value, diagonals = root(text)
    assert diagonals.bracket(value) is not None


@pytest.mark.parametrize("text", FLAT)
def test_a_root_that_is_not(text):
    value, diagonals = root(text)
    assert diagonals.bracket(value) is None


def test_nothing_is_claimed_beyond_the_budget(monkeypatch):
    from symdiff.calculus import diagonals

    monkeypatch.setattr(diagonals, "MAX_VISITS", 1)
    value, asked = root(STEEP[0])
    assert asked.bracket(value) is None


ANSWERS = [
    ("X: matrix(n,d); sum(i=1..n, j=1..n, norm2(X[i] - X[j])^2)", "X", "4*(n*X - ones(n)*colsum(X)')"),
    ("X: matrix(n,d); sum(i=1..n, j=1..n, exp(-norm2(X[i] - X[j])^2/l))", "X", None),
]


@pytest.mark.parametrize(("text", "wrt", "answer"), ANSWERS)
def test_a_bracket_that_says_nothing_is_not_written(text, wrt, answer):
    found = str(sd.grad(sd.parse(text), wrt))
    assert "!=" not in found
    assert answer is None or found == answer


def test_a_bracket_stays_where_something_divides():
    assert "[i != " in str(sd.grad(sd.parse(STEEP[0]), "X"))


def test_what_one_term_hides_is_not_cancelled_with_another():
    """1/(x[j] - x[i]) is no common denominator of a term on the diagonal: 0/0 would count as 0 there, and a row sum be lost."""
    f = sd.parse("x, y: vector(n); sum(i=1..n, j=1..n, [i != j]*log(abs(x[i] - x[j]))*y[i])")
    x, y = [0.3, 1.0, -0.4], [1.0, 2.0, -1.5]
    want = [sum(y[k] / (x[k] - x[j]) for j in range(3) if j != k) - sum(y[i] / (x[i] - x[k]) for i in range(3) if i != k) for k in range(3)]
    g = sd.grad(f, "x")
    found = [sum(row) for row in [[v] for v in g.compile("numpy")(x=[0.3, 1.0, -0.4], y=y)]]
    assert found == pytest.approx(want)
