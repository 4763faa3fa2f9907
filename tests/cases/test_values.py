"""Values where arguments coincide, indices meet and entries are 0: derivatives at points, in every library that is installed.

values.jsonl holds one row per line: formula, wrt, order or op, the point, the value there (`want`), its tolerance, and where it comes from.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd

ROWS = [json.loads(line) for line in Path(__file__).with_name("values.jsonl").read_text(encoding="utf-8").splitlines()]
TARGETS = ["numpy", *[target for target in ("jax", "torch") if importlib.util.find_spec(target)]]


def given(row, target):
    """The arguments of a row as arrays of the library, in double precision."""
    values = {name: np.asarray(value, dtype=float) for name, value in row["at"].items()}
    if target == "torch":
        torch = pytest.importorskip("torch")
        return {name: torch.as_tensor(value) for name, value in values.items()}
    if target == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        return {name: jax.numpy.asarray(value) for name, value in values.items()}
    return {name: value if value.shape else float(value) for name, value in values.items()}


def answer(row):
    f = sd.parse(row["formula"])
    order = row.get("order", 1)
    if row.get("op") == "value":
        return f
    if row.get("op") == "jacobian":
        return sd.jacobian(f, row["wrt"])
    return sd.grad(f, row["wrt"]) if order == 1 else sd.derivative(f, row["wrt"], order=order)


# Values are asked here; that code warns of nothing is asked of guards, in tests/numeric/test_guards.py.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_value(row, target):
    g = answer(row)
    found = np.asarray(g.compile(target)({**given(row, target), **row.get("sizes", {})}), dtype=float)
    want = np.asarray(row["want"], dtype=float)
    assert found.shape == want.shape
    np.testing.assert_allclose(found, want, rtol=row["tol"], atol=row["tol"], err_msg=str(g))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_text_of_the_answer_means_the_same_there(row):
    f, g = sd.parse(row["formula"]), answer(row)
    again = sd.parse(str(g), given=f)
    found = np.asarray(again.compile("numpy")({**given(row, "numpy"), **row.get("sizes", {})}), dtype=float)
    np.testing.assert_allclose(found, np.asarray(row["want"], dtype=float), rtol=row["tol"], atol=row["tol"], err_msg=str(g))
