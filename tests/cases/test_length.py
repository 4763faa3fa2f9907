"""Formulas whose derivative has a short form that people know: the answer is right, reads back, and is hardly longer than that form.

length.jsonl has the fields of own.jsonl. The values are compared with central differences of the compiled formula.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from tests.cases.test_cases import draw, length, with_differences

CASES = {case["id"]: case for case in map(json.loads, Path(__file__).with_name("length.jsonl").read_text(encoding="utf-8").splitlines())}
LONGEST = 1.2  # times the expert's form

# Longer than that, and why; a case that gets shorter has to leave this list.
LONGER: dict[str, str] = {}


@cache
def solved(ident):
    """The formula and its derivative."""
    case = CASES[ident]
    f = sd.parse(case["formula"])
    return f, {"grad": sd.grad, "hessian": sd.hessian}[case["op"]](f, case["wrt"])


@pytest.mark.parametrize("ident", CASES)
def test_it_is_right_and_reads_back(ident):
    case = CASES[ident]
    f, g = solved(ident)
    compiled, alone = g.compile(), sd.parse(g.program()).compile()
    for k in range(2):
        values = draw(case, k)
        want, tolerance = with_differences(case, f, values)
        got = np.asarray(compiled(values), dtype=float)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * max(1, np.abs(want).max(initial=0)) / 10, err_msg=str(g))
        np.testing.assert_allclose(np.broadcast_to(alone(values), got.shape), got, err_msg=f"{g} reads back as something else")
    assert sd.parse(str(g), given=f) == g


@pytest.mark.parametrize(
    "ident", [pytest.param(i, marks=[pytest.mark.xfail(strict=True, reason=LONGER[i])] if i in LONGER else []) for i in CASES]
)
def test_it_is_hardly_longer_than_the_form_people_know(ident):
    _, g = solved(ident)
    assert length(str(g)) <= LONGEST * length(CASES[ident]["expect"]), g
