"""`compile(batch=…)`: a further axis in front of some variables; the oracle is the same function, example by example."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import SymdiffError
from symdiff.table import TABLE

SIZES = {"n": 4, "m": 3}
SHAPES = {"x": "vector(n)", "z": "positive vector(n)", "A": "matrix(m, n)", "S": "matrix(n, n)", "t": "scalar", "b": "vector(m)"}
FORMULAS = """
sum(x)
x.z
norm2(x)
norm1(x)
norminf(x)
norm(x, 3)
mean(x)
var(x)
std(x)
var(x, 1)
max(x)
min(x)
prod(z)
logsumexp(x)
softmax(x).z
kl(z, z .* exp(x))
entropy(z)
mse(x, z)
norm(A, 1.5)
norm(x, 2 + t^2)
sum(A)
norm2(A)
norm1(A)
norminf(A)
mean(A)
var(A)
std(A)
max(A)
prod(A)
A*x
b'*A*x
tr(S)
x*x'
t*x + z
t^2
sum(log(z))
cumsum(x)
h = A*x; sum(h .* h) + norm2(h)
sum(i=1..n-1, (x[i+1] - x[i])^2)
if(t > 0, t^2, -t)
A'
sigma(A*x - b)
"""


def values(f: Any, rng: np.random.Generator) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in f.types:
        dims = [SIZES[d] for d in SHAPES[name].partition("(")[2].strip(")").split(", ") if d]
        drawn = rng.standard_normal(dims or None)
        found[name] = np.abs(drawn) + 0.2 if name == "z" else drawn
    return found


@pytest.mark.parametrize("text", FORMULAS.strip().splitlines())
def test_a_batch_is_its_examples_one_by_one(text: str) -> None:
    used = [name for name in SHAPES if sd.parse(text, **SHAPES).types.get(name)]
    f = sd.parse(text, **{name: SHAPES[name] for name in used})
    rng = np.random.default_rng(2)
    examples = [values(f, rng) for _ in range(3)]
    for names in [[name] for name in used] + [used]:
        fixed = {name: examples[0][name] for name in used if name not in names}
        stacked = {name: np.stack([e[name] for e in examples]) for name in names}
        whole = np.asarray(f.compile("numpy", batch=names)(**stacked, **fixed))
        single = f.compile("numpy")
        wanted = np.stack([single(**{**e, **fixed}) for e in examples])
        assert whole.shape == wanted.shape
        np.testing.assert_allclose(whole, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("text", ["sum(log(1 + exp(-x .* z)))", "norm2(A*x - b)^2", "logsumexp(A*x)", "var(x)"])
def test_gradients_of_many_examples_at_once(text: str) -> None:
    f = sd.parse(text, **{name: kind for name, kind in SHAPES.items() if re.search(rf"\b{name}\b", text)})
    g = sd.grad(f, "x")
    rng = np.random.default_rng(3)
    examples = [values(f, rng) for _ in range(3)]
    fixed = {name: value for name, value in examples[0].items() if name != "x"}
    found = g.compile("numpy", batch="x")(x=np.stack([e["x"] for e in examples]), **fixed)
    np.testing.assert_allclose(found, np.stack([g(**{**e, **fixed}) for e in examples]), rtol=1e-9)


def test_functions_over_all_entries_are_all_tried() -> None:
    spelled = {"normp": "norm", "max_entries": "max", "min_entries": "min"}
    names = [name for name, row in TABLE.names.items() if row.shape.startswith("*")]
    missing = {name for name in names if f"{spelled.get(name, name)}(" not in FORMULAS}
    assert missing == set()


def test_an_axis_has_a_name_of_its_own() -> None:
    f = sd.parse("x: vector(batch); norm2(x)^2")
    np.testing.assert_allclose(f.compile("numpy", batch="x")(x=np.array([[1.0, 2.0], [3.0, 4.0]])), [5.0, 25.0])


def test_what_cannot_have_a_further_axis() -> None:
    f = sd.parse("phi(x) + sum(x)", x="vector(n)")
    with pytest.raises(SymdiffError, match="phi is not known, and cannot take a further axis"):
        f.compile("numpy", batch="x")
    with pytest.raises(SymdiffError, match="batch: there is no variable q"):
        f.compile("numpy", batch="q")
    with pytest.raises(SymdiffError, match="batch is a text, or a list of texts, not a value of the type list"):
        f.compile("numpy", batch=[3])
