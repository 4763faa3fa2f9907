"""Brackets of places: recognised in what the parser and the simplifier make of them, and counted."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import build
from symdiff.expr.node import PROD
from symdiff.expr.places import affine, bracket_of, count_along, is_selection
from symdiff.simplify import Normalizer

BRACKETS = {
    "[l == i + j - 1]": ("eq", {"i": -1, "j": -1, "l": 1}, {1: 1}),
    "[i < j]": ("lt", {"i": 1, "j": -1}, {}),
    "[2*i - 1 >= j]": ("ge", {"i": 2, "j": -1}, {1: -1}),
    "[i == n + 1 - j]": ("eq", {"i": 1, "j": 1}, {"n": -1, 1: -1}),
}


@pytest.mark.parametrize("text", BRACKETS)
def test_a_bracket_says_how_its_axes_count(text: str) -> None:
    relation, coefs, rest = BRACKETS[text]
    letters = sorted(coefs)
    formula = f"tensor({', '.join(f'{i}=1..n' for i in letters)}, {text})"
    for e in (sd.parse(formula).expr, Normalizer().run([sd.parse(formula).expr])[0]):
        found = bracket_of(e)
        assert found is not None
        turned = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(relation, relation)
        sign = 1 if found.value.axes == {letters.index(i): c for i, c in coefs.items()} else -1
        assert found.relation in (relation, turned)
        assert {letters[a]: sign * c for a, c in found.value.axes.items()} == coefs
        assert {d: sign * c for d, c in found.value.rest.items()} == rest


@pytest.mark.parametrize("text", ["x", "x > 0", "[x > 0]", "tensor(i=1..n, [x[i] > i])", "cumsum(x)"])
def test_what_depends_on_variables_is_none(text: str) -> None:
    x = sd.parse(f"x: vector(n); y = {text}; y" if text != "x > 0" else "x: vector(n); [x > 0]").expr
    assert bracket_of(x) is None
    assert not is_selection(x)


def test_a_sum_over_an_axis_takes_no_entries() -> None:
    s, unit = build.var("s"), build.eye("n")
    assert is_selection(build.contract((s, unit), ((), (0, 1)), (1, 0)))
    assert not is_selection(build.contract((s, unit), ((), (0, 1)), (0,)))


def test_affine_values() -> None:
    e = sd.parse("tensor(i=1..m, j=1..n, 2*i - j + n - 3)").expr
    found = affine(e)
    assert found is not None
    assert (dict(found.axes), dict(found.rest)) == ({0: 2, 1: -1}, {"n": 1, 1: -3})


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("[j < i]", "i - 1"),
        ("[j <= i]", "i"),
        ("[j > i]", "n - i"),
        ("[j >= i]", "n - i + 1"),
        ("[j == n + 1 - i]", "1"),
        ("[i != j]", "n - 1"),
    ],
)
def test_places_are_counted(text: str, count: str) -> None:
    e = sd.parse(f"tensor(i=1..n, j=1..n, {text})").expr
    found = count_along(e, 1)
    assert found is not None
    want = sd.parse(f"tensor(i=1..n, {count})")
    assert affine(found) == affine(want.expr)
    np.testing.assert_array_equal(want(n=5), sd.parse(f"tensor(i=1..n, sum(j=1..n, {text}))")(n=5))


def test_places_that_may_leave_the_axis_are_not_counted() -> None:
    assert count_along(sd.parse("tensor(i=1..n, j=1..n, [j <= i + 1])").expr, 1) is None
    assert count_along(sd.parse("tensor(i=1..n, j=1..n, [j == 2*i])").expr, 1) is None


def test_a_window_is_a_factor() -> None:
    e = sd.parse("tensor(i=1..n-k+1, j=1..k, x[i+j-1])").expr
    assert e.op == PROD
    assert [bracket_of(f) is not None for f in e.args] == [False, True]
    assert e.shape == ("n-k+1", "k")
