"""The edges of the domains, in every library: no warning, no nan where the value is finite. And the pages of code."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd

EDGES = [
    ("logsumexp(x)", {"x": [1000.0, 999.0]}, 1000 + np.log1p(np.exp(-1))),
    ("logsumexp(x)", {"x": [-1000.0, -1001.0]}, -1000 + np.log1p(np.exp(-1))),
    ("log(sum(exp(x)))", {"x": [1000.0, 1000.0]}, 1000 + np.log(2)),
    ("sum(softmax(x) .* x)", {"x": [1000.0, -1000.0]}, 1000.0),
    ("sum(log_softmax(x))", {"x": [1000.0, 0.0]}, -1000.0),
    ("sigma(t)", {"t": 800.0}, 1.0),
    ("sigma(t)", {"t": -800.0}, 0.0),
    ("softplus(t)", {"t": 800.0}, 800.0),
    ("softplus(t)", {"t": -800.0}, 0.0),
    ("log(1 + exp(t))", {"t": 800.0}, 800.0),
    ("log(1 + exp(t))", {"t": -800.0}, 0.0),
    ("e = exp(t); log(e + 1)", {"t": 800.0}, 800.0),
    ("sum(log(1 + exp(-x')))", {"x": [-800.0, 800.0]}, 800.0),
    ("log(sigma(t))", {"t": -800.0}, -800.0),
    ("p = softmax(x); log(p).x", {"x": [1000.0, 1.0]}, -999.0),
    ("silu(t)", {"t": -800.0}, 0.0),
    ("xlogy(t, u)", {"t": 0.0, "u": 0.0}, 0.0),
    ("-sum(xlogy(p, p))", {"p": [0.0, 1.0, 0.0]}, 0.0),
]


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("text", "values", "wanted"), EDGES)
def test_values_at_the_edges(target, text, values, wanted):
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    elif target == "torch":
        pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(sd.parse(text).compile(target)(values)) == pytest.approx(wanted, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("text", "wrt", "values", "wanted"),
    [
        ("logsumexp(x)", "x", {"x": [1000.0, -1000.0]}, [1.0, 0.0]),
        ("log(sum(exp(x)))", "x", {"x": [1000.0, 1000.0]}, [0.5, 0.5]),
        ("log(1 + exp(t))", "t", {"t": 800.0}, 1.0),
        ("log(1 + exp(t))", "t", {"t": -800.0}, 0.0),
        ("softplus(t)", "t", {"t": -800.0}, 0.0),
        ("log(sigma(t))", "t", {"t": 800.0}, 0.0),
    ],
)
def test_gradients_at_the_edges(text, wrt, values, wanted):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(sd.grad(sd.parse(text), wrt)(**values), wanted, atol=1e-300)


def test_the_page_of_code_is_current():
    path = Path(__file__).parents[2] / "docs" / "code.py"
    spec = importlib.util.spec_from_file_location("docs_code", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "python docs/code.py"


PARALLEL = """
import jax, numpy as np, symdiff as sd
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
jax.config.update("jax_enable_x64", True)
assert len(jax.devices()) == 8
f = sd.parse("X: matrix(m,n); y: vector(m); w: vector(n); 1/m*sum(log(1 + exp(-y .* (X*w)))) + norm2(w)^2")
fn = jax.jit(sd.value_and_grad(f, "w").compile("jax"))
r = np.random.default_rng(0)
X, y, w = r.standard_normal((64, 5)), np.sign(r.standard_normal(64)), r.standard_normal(5)
mesh = Mesh(np.array(jax.devices()), ("data",))
put = lambda a, *spec: jax.device_put(a, NamedSharding(mesh, P(*spec)))
many = fn(X=put(X, "data"), y=put(y, "data"), w=put(w))
one = fn(X=X, y=y, w=w)
for a, b in zip(many, one):
    np.testing.assert_allclose(a, b, rtol=1e-12)
rows = jax.vmap(lambda v: fn(X=X, y=y, w=v)[1])(np.stack([w, 2*w]))
np.testing.assert_allclose(rows[1], fn(X=X, y=y, w=2*w)[1], rtol=1e-12)
again = jax.grad(lambda v: fn(X=X, y=y, w=v)[0])(w)
np.testing.assert_allclose(again, one[1], rtol=1e-9)
print("equal")
"""


def test_jax_on_eight_devices_under_jit_vmap_and_grad():
    pytest.importorskip("jax")
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", PARALLEL], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "equal\n", done.stderr[-3000:]


def test_torch_compiles_the_function_and_maps_it():
    torch = pytest.importorskip("torch")
    f = sd.parse("X: matrix(m,n); y: vector(m); w: vector(n); 1/m*sum(log(1 + exp(-y .* (X*w))))")
    fn = sd.grad(f, "w").compile("torch")
    r = np.random.default_rng(0)
    X, y, w = (torch.as_tensor(r.standard_normal(shape)) for shape in [(5, 3), 5, 3])
    traced = torch.compile(lambda X, y, w: fn(X=X, y=y, w=w), backend="eager", fullgraph=True)
    torch.testing.assert_close(traced(X, y, w), fn(X=X, y=y, w=w))
    rows = torch.func.vmap(lambda v: fn(X=X, y=y, w=v))(torch.stack([w, 2 * w]))
    torch.testing.assert_close(rows[1], fn(X=X, y=y, w=2 * w))
