"""Sizes that tell dimensions apart, and values with the properties that were declared."""

from fractions import Fraction
from random import Random

import pytest

from symdiff.checking.sampling import DOMAINS, choose_sizes, draw, nested, size_of
from symdiff.expr import build
from symdiff.expr.walk import topological
from symdiff.syntax import parse

SIZES = {"m": 2, "n": 3}


def test_sizes_are_small_and_all_different():
    A, B = build.var("A", ("m", "n")), build.var("B", ("n", "k"))
    sizes = choose_sizes(topological([build.matmul(A, B)]))
    assert sorted(sizes.values()) == [2, 3, 5]
    assert sorted(choose_sizes(topological([build.matmul(A, B)]), other=True).values()) == [3, 4, 5]


def test_sizes_differ_from_dimensions_that_are_numbers():
    f = build.add(build.total(build.var("x", (3,))), build.total(build.var("y", ("n",))))
    assert choose_sizes(topological([f])) == {"n": 2}
    assert choose_sizes(topological([f]), other=True) == {"n": 5}


def test_costly_dimensions_are_smallest():
    A = build.var("A", ("n", "n"))
    x = build.var("x", ("m",))
    f = build.add(build.scale(build.total(x), build.total(x)), build.call("det", A))
    assert choose_sizes(topological([f])) == {"n": 2, "m": 3}


def test_sizes_hold_the_entries_that_are_asked_for():
    sizes = choose_sizes(topological([build.entry(build.var("x", ("n",)), 20)]))
    assert sizes["n"] >= 20


def test_products_of_dimensions():
    assert size_of(("m", "n", 4), SIZES) == 24
    with pytest.raises(KeyError):
        size_of("k", SIZES)


def test_nested():
    assert nested([1, 2, 3, 4, 5, 6], [2, 3]) == [[1, 2, 3], [4, 5, 6]]
    assert nested([7], []) == 7


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("seed", range(3))
def test_properties(domain, seed):
    rng = Random(seed)

    def value(shape, *properties):
        return draw(build.var("v", shape, properties), SIZES, rng, domain)

    low, high, signed = DOMAINS[domain]
    assert isinstance(value(()), Fraction)
    assert all(low - 0.001 <= abs(x) <= high + 0.001 for x in value(("n",)))
    assert signed or all(x > 0 for x in value(("n",)))
    assert all(x > 0 for x in value(("n",), "positive") + value(("n",), "nonnegative"))
    assert sorted(value(("n",), "onehot")) == [0, 0, 1]
    assert all(sorted(row) == [0, 0, 1] for row in value(("m", "n"), "onehot"))
    assert sum(value(("n",), "simplex")) == 1 and min(value(("n",), "simplex")) > 0
    S = value(("n", "n"), "symmetric")
    P = value(("n", "n"), "psd")
    D = value(("n", "n"), "diagonal")
    Q = value(("n", "n"), "orthogonal")
    for i in range(3):
        for j in range(3):
            assert S[i][j] == S[j][i] and P[i][j] == P[j][i]
            assert (D[i][j] == 0) == (i != j)
            assert sum(a * b for a, b in zip(Q[i], Q[j], strict=True)) == (i == j)
    assert P[0][0] > 0 and P[0][0] * P[1][1] - P[0][1] ** 2 > 0


def test_orthogonal_matrices_of_both_determinants():
    def det(q):
        return q[0][0] * q[1][1] - q[0][1] * q[1][0]

    Q = build.var("Q", ("m", "m"), ("orthogonal",))
    assert {det(draw(Q, SIZES, Random(seed))) for seed in range(20)} == {1, -1}


def test_draws_repeat_with_their_seed():
    x = build.var("x", ("m", "n"))
    assert draw(x, SIZES, Random(5)) == draw(x, SIZES, Random(5)) != draw(x, SIZES, Random(6))


@pytest.mark.parametrize(
    ("text", "expected"), [("sum(i=3..n, x[i] - x[i-2])", 5), ("sum(i=1..n-4, x[i+4]/x[i])", 6), ("sum(i=1..n, x[i])", 2)]
)
def test_ranges_inside_an_axis_have_several_terms(text, expected):
    nodes = topological([parse(text).expr])
    assert choose_sizes(nodes)["n"] == expected
    assert choose_sizes(nodes, other=True)["n"] >= expected


def test_entries_of_a_tensor_differ():
    for seed in range(200):
        rows = draw(build.var("X", ("m", "n")), {"m": 5, "n": 7}, Random(seed))
        assert len({abs(v) for row in rows for v in row}) == 35
    assert len(draw(build.var("x", ("n",)), {"n": 400}, Random(1), "small")) == 400  # more entries than values
