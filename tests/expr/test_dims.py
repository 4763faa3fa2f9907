"""Dimensions that are sums: one text for one size, and its value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdiff.expr import build, dims

SIZES = {"n": 11, "m": 5, "k": 3}
terms = st.lists(
    st.tuples(st.sampled_from(["n", "m", "k", 1, 4, ("m", "n"), (2, "k"), "n-k+1"]), st.integers(-3, 3)), min_size=1, max_size=5
)


def size(name: str) -> int:
    return SIZES[name]


@given(terms)
def test_a_sum_is_its_value_and_one_text(parts: list[tuple[object, int]]) -> None:
    d = dims.total(parts)
    assert dims.value(d, size) == sum(c * dims.value(part, size) for part, c in parts)
    assert dims.total(parts[::-1]) == d
    assert dims.total([(d, 1)]) == d
    assert dims.total([(d, 1), (d, -1)]) == 0


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("n", 1), ("k", -1), (1, 1)], "n-k+1"),
        ([("n-k+1", 1), ("k", 1), (1, -1)], "n"),
        ([("n", 2)], "2*n"),
        ([("n", 2), (1, -1)], "2*n-1"),
        ([(("m", "n"), 1), ("n", -1)], "m*n-n"),
        ([("size(x)", 1), (1, -1)], "size(x)-1"),
    ],
)
def test_show(parts: list[tuple[object, int]], text: str) -> None:
    assert dims.show(dims.total(parts)) == text


def test_products_of_sums_are_multiplied_out() -> None:
    d = build.dim_product(["k", "n-k+1"])
    assert dims.show(d) == "k*(n-k+1)"
    assert dims.value(d, size) == 27
    assert dict(dims.terms(d)) == {("k", "n"): 1, ("k", "k"): -1, "k": 1}
    assert dims.names(d) == ["k", "n"]


def test_a_sum_is_a_number_of_the_formula() -> None:
    e = build.dim("n-k+1")
    assert not e.shape
    assert dict(dims.terms("n-k+1")) == {"n": 1, "k": -1, 1: 1}


@pytest.mark.parametrize(
    ("total", "truth"),
    [({"n": 1, 1: -1}, True), ({"n": 1, 1: -2}, None), ({"n": -1}, False), ({"n": 1, "k": -1}, None), ({}, True), ({1: -1}, False)],
)
def test_never_negative(total: dict[object, int], truth: bool | None) -> None:
    assert dims.never_negative(total) is truth
