"""Cofactors by elimination against cofactors by minors, and what the rate of a determinant is where the matrix is singular."""

import time
from fractions import Fraction
from random import Random

import numpy as np
import pytest

import symdiff as sd
from symdiff.checking.adjugates import by_elimination, by_minors
from symdiff.checking.fields import Numeric
from symdiff.checking.floats import Floats
from symdiff.checking.problem import effort
from symdiff.checking.tangents import Tangents
from symdiff.expr.walk import topological


def det(rows):
    """By the first row."""
    if not rows:
        return Fraction(1)
    minors = [det([row[:j] + row[j + 1 :] for row in rows[1:]]) for j in range(len(rows))]
    return sum((-1) ** j * rows[0][j] * minor for j, minor in enumerate(minors))


def of_rank(n, rank, rng):
    left, right = ([[Fraction(rng.randint(-5, 5)) for _ in range(b)] for _ in range(a)] for a, b in ((n, rank), (rank, n)))
    return [[sum((left[i][k] * right[k][j] for k in range(rank)), Fraction(0)) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize(("n", "rank"), [(n, rank) for n in range(1, 6) for rank in range(n + 1)])
def test_by_elimination(n, rank):
    rng = Random(n * 10 + rank)
    for _ in range(4):
        rows = of_rank(n, rank, rng)
        assert (by_elimination(rows, 0) or [[0] * n] * n) == by_minors(rows, det, lambda a, b: a * b, -1)


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_in_many_digits(rank):
    """Also where rows and columns are of very different size, and the pivots that are lost are not 0 but rounding."""
    numeric, rng = Numeric(65), Random(rank)
    rows = of_rank(4, rank, rng)
    heights, widths = ([Fraction(10) ** rng.randint(-6, 6) for _ in rows] for _ in range(2))
    scaled = [[numeric.number(x * h * w / 3) for x, w in zip(row, widths, strict=True)] for row, h in zip(rows, heights, strict=True)]
    found = numeric.adjugate(scaled)
    right = by_minors(
        [[x * h * w / 3 for x, w in zip(row, widths, strict=True)] for row, h in zip(rows, heights, strict=True)],
        det,
        lambda a, b: a * b,
        -1,
    )
    for mine, exact in zip(found, right, strict=True):
        for a, b in zip(mine, exact, strict=True):
            assert abs(a - numeric.number(b)) <= abs(numeric.number(b)) * numeric.ctx.mpf(10) ** -50


def test_the_rate_of_a_determinant_of_a_singular_matrix():
    """The cofactors, in doubles and in many digits: the inverse has no value."""
    rng = Random(5)
    rows = of_rank(6, 5, rng)
    right = float(by_minors(rows, det, lambda a, b: a * b, -1)[1][0])
    for field, number in ((Floats(1), lambda x: np.array([float(x)])), (Numeric(65), None)):
        tangents = Tangents(field)
        entries = [[(number or field.number)(x) for x in row] for row in rows]
        entries[0][1] = tangents.carrying(entries[0][1], field.one)
        rate = tangents.det(entries).rate
        assert float(np.ravel(rate)[0]) == pytest.approx(right)


def test_large_cofactors_in_doubles():
    """By the inverse, where there is one at all points; the same numbers."""
    rng = np.random.default_rng(1)
    field = Floats(3)
    rows = [[rng.standard_normal(3) for _ in range(10)] for _ in range(10)]
    for mine, other in zip(field.adjugate(rows), by_minors(rows, field.det, field.mul, -1.0), strict=True):
        for a, b in zip(mine, other, strict=True):
            assert np.allclose(a, b)


def test_the_work_of_a_product_is_counted_factor_by_factor():
    """A*B*C takes two products of matrices, not the sum over four indices."""
    f = sd.parse("A: matrix(m,m); B: matrix(m,n); y: vector(n); A*B*y")
    (product,) = [n for n in topological([f.expr]) if n.op == "PROD" and len(n.args) == 3] or [f.expr]
    assert effort([product], {"m": 10, "n": 10}) <= 10**3 + 10**2


def test_what_takes_long_is_decided():
    """At sizes at which cofactors are 0 there is nothing but rounding to compare, in three numbers of digits."""
    f = sd.parse("A: psd matrix(m,m); X: matrix(m,n); det(X'*A*X)")
    verdict = sd.verify(f, "X", f"({sd.grad(f, 'X')})*(1 + [n == 5])")
    assert verdict.ok is False and verdict.sizes["n"] == 5


def test_sympy_does_not_look_for_imaginary_parts():
    """Two steps of a network with memory took SymPy ten seconds, in which it asked whether tanh of tanh is real."""
    gates = "c{k} = sigma(F*x + U*h{j}).*c{j} + sigma(P*x + V*h{j}).*tanh(Q*x + W*h{j}); h{k} = sigma(O*x + Y*h{j}).*tanh(c{k})"
    text = (
        "F, U, P, V, Q, W, O, Y: matrix(n,n); x, h0, c0, w: vector(n); "
        + "; ".join(gates.format(j=j, k=j + 1) for j in range(2))
        + "; w.h2"
    )
    f = sd.parse(text)
    start = time.thread_time()
    assert sd.verify(f, "V", sd.grad(f, "V")).method == "30 digits"
    assert time.thread_time() - start < 6.25
