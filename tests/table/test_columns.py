"""What columns of the table say of a function holds of its values: groups of functions that rooms treat alike are read off them."""

import numpy as np
import pytest

from symdiff.expr import build
from symdiff.numeric import evaluate
from symdiff.table import TABLE
from symdiff.table.groups import EXTREME_ENTRIES, LENGTHS, LOGARITHM, PRODUCTS, TIED

RNG = np.random.default_rng(3)
DEFAULTS = {"d": 0.0, "a": 0.3}  # of arguments behind the first that are no tensors


def named(*columns):
    return [pytest.param(row, id=row.name) for row in TABLE if all(getattr(row, column) for column in columns)]


def value(row, *args):
    """The value of a function at arrays; arguments behind the tensors are small numbers."""
    shapes = [("m", "n")[2 - np.ndim(a) :] for a in args]
    nodes = [build.var(f"u{k}", shape) for k, shape in enumerate(shapes)]
    rest = [build.num(0) if name in row.integer else build.var(name) for name in row.args[len(args) :]]
    return evaluate(build.call(row.name, *nodes, *rest), {f"u{k}": a for k, a in enumerate(args)} | DEFAULTS | {"m": 4, "n": 3})


def tensors(row):
    """Arrays that a function may be taken of, all of one kind."""
    count = len(row.args) if row.elementwise else len([core for core in row.core()[0] if core])
    count -= row.rises_from_zero and len(row.args) > 1  # the slope of leaky_relu, the limit of elu
    return [RNG.uniform(-2, 2, (4, 3)) for _ in range(count)]


@pytest.mark.parametrize("row", named("scales"))
def test_what_scales_takes_a_positive_number_out(row):
    for c in (0.01, 7.0):
        args = tensors(row)
        assert np.allclose(value(row, *[c * a for a in args]), c * np.asarray(value(row, *args)))


@pytest.mark.parametrize("row", named("rises_from_zero"))
def test_what_rises_from_zero_is_zero_there_and_has_a_slope(row):
    assert not row.odd
    assert np.asarray(value(row, np.zeros((4, 3)))).tolist() == np.zeros((4, 3)).tolist()
    slopes = [value(row, np.full((4, 3), h))[0, 0] / h for h in (-1e-6, 1e-6)]
    assert max(map(abs, slopes)) > 0.1
    assert max(map(abs, slopes)) < 10


def test_what_overflows_says_so():
    found = set()
    for row in TABLE:
        if row.elementwise and len(row.args) == 1 and not row.macro:
            with np.errstate(all="ignore"):
                ends = value(row, np.asarray([[-1100.0, 1100.0]] * 2))
            found |= {row.name} if np.isinf(ends[:, 1]).any() or (np.isinf(ends).any() and not row.where) else set()
    assert found == {row.name for row in TABLE if row.overflows}


@pytest.mark.parametrize("row", named("of"))
def test_a_function_of_rows_is_that_of_all_entries_of_every_row(row):
    (x,) = tensors(row)
    assert np.allclose(value(row, x), [value(TABLE[row.of], line) for line in x])


def test_what_makes_a_matrix_of_a_letter_takes_a_matrix():
    rows = [row for row in TABLE if row.matrix]
    assert rows
    assert [row.name for row in rows if len(row.core()[0][0]) != 2] == []


def test_activations_are_taken_of_every_entry():
    rows = [row for row in TABLE if row.activation]
    assert rows
    assert [row.name for row in rows if not row.elementwise] == []


def test_groups_are_read_off_the_rows():
    assert {"prod", "rowprod"} == PRODUCTS
    assert {"norm2", "rownorm2"} == LENGTHS
    assert {"max_entries", "min_entries"} == EXTREME_ENTRIES
    assert {"max_entries", "min_entries", "rowmax", "rowmin", "norminf"} == TIED
    assert {"log", "ln"} == LOGARITHM
