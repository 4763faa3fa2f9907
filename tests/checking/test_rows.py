"""Answers written by hand, a part of them; all: python -m tests.checking.rows."""

import pytest

from tests.checking.rows import UNDECIDED, rows, run


@pytest.mark.parametrize("truth", ["wrong", "right"])
def test_there_are_many_of_many_kinds(truth):
    found = rows(truth)
    assert len(found) >= {"wrong": 1120, "right": 820}[truth]
    assert len({row.kind for row in found}) >= {"wrong": 60, "right": 25}[truth]
    assert len({row[1:4] for row in found}) == len(found)
    assert sum(row.open for row in found) <= 5


def test_no_wrong_answer_is_called_correct():
    found = list(run("wrong", 7, 3))
    assert len(found) >= 60
    assert not [(row, said) for row, ok, said in found if ok or (ok is None and not row.open)]


def test_no_right_answer_is_called_wrong():
    found = list(run("right", 5, 2))
    assert len(found) >= 60
    assert not [(row, said) for row, ok, said in found if ok is False]
    assert sum(ok is None for _, ok, _ in found) <= max(1, UNDECIDED * len(found))
