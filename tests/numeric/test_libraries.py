"""Formulas that users bring, with their derivatives: the same numbers from NumPy, JAX and PyTorch."""

from __future__ import annotations

import importlib.util
import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd

CASES = Path(__file__).parents[1] / "cases"


def read(name):
    return [json.loads(line) for line in (CASES / name).read_text(encoding="utf-8").splitlines()]


def program(name):
    spec = importlib.util.spec_from_file_location(name, CASES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = program("test_cases")
PUBLIC, OWN = read("public.jsonl"), [case for case in read("own.jsonl") if case["id"] not in cases.OPEN]


def numbers(case, target):
    """The value and the derivative at one draw, computed by one function."""
    library = pytest.importorskip({"jax": "jax.numpy"}.get(target, target))
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    f = sd.parse(case["formula"])
    derive = {"grad": sd.grad, "jacobian": sd.jacobian, "hessian": sd.hessian}[case["op"]]
    both = [f, derive(f, case["wrt"], *([case["wrt2"]] if "wrt2" in case else []))]
    values = cases.draw(case, 0)
    for name, texts in (case.get("functions") or {}).items():
        values[name] = eval(texts["torch" if target == "torch" else "numpy"], {"torch": library, "np": library})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [np.asarray(found) for found in sd.Expressions(both).compile(target)(values)]


def agree(case, target):
    for ours, theirs in zip(numbers(case, "numpy"), numbers(case, target), strict=True):
        assert ours.dtype == theirs.dtype == np.float64
        assert ours.shape == theirs.shape
        assert np.isfinite(ours).all()
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9 * np.abs(ours).max(initial=0))


@pytest.mark.parametrize("case", PUBLIC, ids=lambda case: case["id"])
def test_public_cases(case):
    agree(case, "torch")


@pytest.mark.parametrize("case", OWN, ids=lambda case: case["id"])
def test_own_cases_in_torch(case):
    agree(case, "torch")


@pytest.mark.parametrize(
    "case", [*PUBLIC, *OWN] if os.environ.get("SYMDIFF_LONG") else [*PUBLIC[::2], *OWN[::12]], ids=lambda case: case["id"]
)
def test_cases_in_jax(case):
    """A part of them, and all in .ci/long: JAX compiles every operation for every shape."""
    agree(case, "jax")


def test_the_cases_are_there():
    assert len(PUBLIC) == 128
    assert len(OWN) >= 500
