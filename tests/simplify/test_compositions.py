"""One of many formulas of two functions: simplifying keeps their values (all of them: compositions.py)."""

from itertools import islice

import pytest

from symdiff.expr import build
from tests.simplify.compositions import altered, formulas, x

PARTS, STEP = 4, 173


@pytest.mark.parametrize("part", range(PARTS))
def test_values_are_kept(part):
    sample = list(islice(formulas(), part, None, STEP))
    assert len(sample) > 40
    assert not {str(f): points for f in sample if (points := altered(f))}


def test_another_value_is_seen(monkeypatch):
    monkeypatch.setattr("tests.simplify.compositions.simplify", lambda roots: [build.call("abs", f) for f in roots])
    assert altered(build.call("sin", x)) and not altered(build.call("exp", x))


def test_gamma_is_negative_below_0():
    assert not altered(build.call("abs", build.call("gamma", x)))
