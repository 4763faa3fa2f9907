"""Formulas with indices, labels, windows and functions at every place: right, verified, read back, and as short as an expert writes them.

index.jsonl has the fields of own.jsonl, and `labels`: which variables are labels, and of how many entries. The oracle is PyTorch's automatic
differentiation where it is installed, else central differences of the compiled formula; the expert's form is checked, too.
"""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from tests.cases.test_cases import TORCH, draw, length, with_differences, with_torch

CASES = {case["id"]: case for case in map(json.loads, Path(__file__).with_name("index.jsonl").read_text(encoding="utf-8").splitlines())}
WITHIN_1, LONGEST = 0.85, 1.2  # the share of answers no longer than the expert's, and the longest of all


@cache
def solved(ident):
    """The formula and its derivative."""
    case = CASES[ident]
    f = sd.parse(case["formula"])
    return f, {"grad": sd.grad, "jacobian": sd.jacobian, "hessian": sd.hessian}[case["op"]](f, case["wrt"])


def values_of(case, k):
    values = draw(case, k)
    rng = np.random.default_rng(k)
    for name, count in case["labels"].items():
        values[name] = np.asarray(rng.integers(1, case["dims"][count] + 1, values[name].shape), dtype=float)
    return values


@pytest.mark.parametrize("ident", CASES)
def test_it_is_right_and_reads_back(ident):
    case = CASES[ident]
    f, g = solved(ident)
    compiled, alone = g.compile(), sd.parse(g.program()).compile()
    for k in range(2):
        values = values_of(case, k)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own, about its functions to come
            want, tolerance = (with_torch(case, values), 1e-7) if TORCH else with_differences(case, f, values)
        got = np.asarray(compiled(values), dtype=float)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance, err_msg=str(g))
        np.testing.assert_allclose(alone(values), got, err_msg=f"{g} reads back as something else")
        if case["expect"]:
            np.testing.assert_allclose(sd.parse(case["expect"], given=f).compile()(values), got, atol=1e-9, err_msg="the expert's form")
    assert sd.parse(str(g), given=f) == g


@pytest.mark.parametrize("ident", CASES)
def test_it_is_verified(ident):
    f, g = solved(ident)
    if CASES[ident]["op"] == "grad":
        assert sd.verify(f, CASES[ident]["wrt"], g).ok is True


def test_answers_are_as_short_as_an_expert_writes_them():
    ratios = {ident: length(str(solved(ident)[1])) / length(case["expect"]) for ident, case in CASES.items() if case["expect"]}
    longest = ", ".join(f"{ident} {ratios[ident]:.2f}" for ident in sorted(ratios, key=ratios.__getitem__)[-8:])
    assert np.mean([ratio <= 1 for ratio in ratios.values()]) >= WITHIN_1, longest
    assert max(ratios.values()) <= LONGEST, longest
