"""The edges of the domains, in every library: no warning, no nan where the value is finite. And the pages of code."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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
    ("-sum(p .* log(p))", {"p": [0.0, 1.0, 0.0]}, 0.0),
    ("-p.log(p)", {"p": [0.0, 1.0, 0.0]}, 0.0),
    ("sum(p .* log(p ./ q))", {"p": [0.0, 1.0, 0.0], "q": [0.5, 0.25, 0.25]}, np.log(4)),
    ("2*t*log(t)*u", {"t": 0.0, "u": 3.0}, 0.0),
    ("logsumexp(x)", {"x": [np.inf, 0.0, 1000.0]}, np.inf),
    ("logsumexp(x)", {"x": [-np.inf, -np.inf]}, -np.inf),
    ("logsumexp(x)", {"x": [-np.inf, 2.0]}, 2.0),
    ("softmax(x)[2]", {"x": [-np.inf, 2.0]}, 1.0),
    ("sum(rowsum(A)) + sum(log(rowsum(exp(A))))", {"A": [[1000.0, 1000.0], [-1000.0, -1000.0]]}, 2 * np.log(2)),
    ("sigma(t)", {"t": np.inf}, 1.0),
    ("softplus(t)", {"t": -np.inf}, 0.0),
    ("1/(1 + exp(-t))", {"t": -800.0}, 0.0),
    ("1/(exp(t) + 1)", {"t": -800.0}, 1.0),
    ("exp(t)/(1 + exp(t))", {"t": 800.0}, 1.0),
    ("u*exp(t)/(exp(t) + 2)", {"t": 800.0, "u": 3.0}, 3.0),
    ("exp(t)/(exp(t) + exp(u))", {"t": 800.0, "u": 801.0}, 1 / (1 + np.e)),
    ("log(exp(t) + exp(u))", {"t": 800.0, "u": 800.0}, 800 + np.log(2)),
    ("log(2 + exp(t))", {"t": -800.0}, np.log(2)),
    ("log(exp(t) + 2)", {"t": 800.0}, 800.0),
    ("log(1 - sigma(t))", {"t": 800.0}, -800.0),
    ("log(1/(1 + exp(-t)))", {"t": -800.0}, -800.0),
    ("log(cosh(t))", {"t": -800.0}, 800 - np.log(2)),
    ("y: vector(m); sigma(c)*exp(-m)*sum(y)", {"c": 0.0, "y": [1.0, 1.0]}, np.exp(-2)),
    ("log(1 + t)", {"t": 1e-20}, 1e-20),
    ("log(1 - t)", {"t": 1e-20}, -1e-20),
    ("exp(t) - 1", {"t": 1e-20}, 1e-20),
    ("1 - exp(t)", {"t": 1e-20}, -1e-20),
    ("p = exp(x)/sum(exp(x)); p.x", {"x": [1000.0, 1.0]}, 1000.0),
    ("sum(c .* exp(x))/sum(exp(x))", {"x": [1000.0, 1.0], "c": [2.0, 3.0]}, 2.0),
    ("c.exp(x)/sum(exp(x))", {"x": [1000.0, 1.0], "c": [2.0, 3.0]}, 2.0),
    ("if(t > 0, 1/t, 0)*u", {"t": 2.0, "u": 3.0}, 1.5),
    ("log(exp(x) - 1)", {"x": 800.0}, 800.0),
    ("exp(x)/(exp(x) - 1)", {"x": 800.0}, 1.0),
    ("exp(x)/(exp(x) - 1)", {"x": -800.0}, 0.0),
]


GRADIENTS = [
    ("logsumexp(x)", "x", {"x": [1000.0, -1000.0]}, [1.0, 0.0]),
    ("logsumexp(x)", "x", {"x": [-np.inf, 0.0]}, [0.0, 1.0]),
    ("log(sum(exp(x)))", "x", {"x": [1000.0, 1000.0]}, [0.5, 0.5]),
    ("log(sum(exp(x)))", "x", {"x": [-1000.0, -1000.0]}, [0.5, 0.5]),
    ("log(1 + exp(t))", "t", {"t": 800.0}, 1.0),
    ("log(1 + exp(t))", "t", {"t": -800.0}, 0.0),
    ("softplus(t)", "t", {"t": -800.0}, 0.0),
    ("softplus(t)", "t", {"t": np.inf}, 1.0),
    ("sigma(t)", "t", {"t": 800.0}, 0.0),
    ("sigma(t)", "t", {"t": -800.0}, 0.0),
    ("log(sigma(t))", "t", {"t": 800.0}, 0.0),
    ("1/(1 + exp(-t))", "t", {"t": -800.0}, 0.0),
    ("log(exp(t) + exp(u))", "t", {"t": 1000.0, "u": 999.0}, 1 / (1 + np.exp(-1))),
    ("log(exp(t) + 2)", "t", {"t": 800.0}, 1.0),
    ("log(cosh(t))", "t", {"t": 800.0}, 1.0),
    ("y = sigma(t); -(z*log(y) + (1 - z)*log(1 - y))", "t", {"t": 800.0, "z": 0.0}, 1.0),
    ("sum(log(1 + exp(-x)))", "x", {"x": [-800.0, 800.0]}, [-1.0, 0.0]),
    ("c.softmax(x)", "x", {"x": [1000.0, -1000.0], "c": [1.0, 2.0]}, [0.0, 0.0]),
    ("sum(c .* exp(x))/sum(exp(x))", "x", {"x": [1000.0, -1000.0], "c": [1.0, 2.0]}, [0.0, 0.0]),
    ("log1p(t)", "t", {"t": 1e-20}, 1.0),
    ("expm1(t)", "t", {"t": 1e-20}, 1.0),
    ("xlogy(t, u)", "u", {"t": 0.0, "u": 1.0}, 0.0),
    ("-sum(p .* log(p))", "p", {"p": [1.0, 1.0]}, [-1.0, -1.0]),
    ("prod(x)", "x", {"x": [0.0, 2.0, 3.0]}, [6.0, 0.0, 0.0]),
    ("prod(x)", "x", {"x": [0.0, 2.0, 0.0]}, [0.0, 0.0, 0.0]),
    ("prod(x)", "x", {"x": [-1.0, 2.0, 3.0]}, [6.0, -3.0, -2.0]),
    ("exp(prod(1 - x))", "x", {"x": [1.0, 0.5]}, [-0.5, 0.0]),
    ("prod(x)^3", "x", {"x": [0.0, 2.0]}, [0.0, 0.0]),
    ("prod(X)", "X", {"X": [[0.0, 2.0], [3.0, 5.0]]}, [[30.0, 0.0], [0.0, 0.0]]),
    ("sum(p .* log(p ./ q))", "q", {"p": [0.0, 1.0], "q": [0.5, 0.5]}, [0.0, -2.0]),
    ("sum(log(exp(x) - 1))", "x", {"x": [800.0, 1e-9]}, [1.0, 1000000000.5]),
    ("sum(log(1 - exp(x)))", "x", {"x": [-800.0, -1e-9]}, [0.0, -1000000000 + 0.5]),
    ("y, u: vector(m); sqrt(2 .^ u).(exp(y).^0)", "u", {"u": [2.0], "y": [3.0]}, [np.log(2)]),
    ("std(vector(7/2, 3).^t .* [1, 2, 3])", "t", {"t": 2.0}, 3.5**2 * np.log(3.5) * np.sqrt(2 / 3)),
    ("norm1(matrix(3, 2, 2).^t)", "t", {"t": -400.0}, 4 * 3.0**-400 * np.log(3)),
]


@pytest.mark.parametrize(("text", "values", "wanted"), EDGES)
def test_values_at_the_edges(target, quietly, text, values, wanted):
    np.testing.assert_allclose(quietly(sd.parse(text).compile(target), values), wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(("text", "wrt", "values", "wanted"), GRADIENTS)
def test_gradients_at_the_edges(target, quietly, text, wrt, values, wanted):
    np.testing.assert_allclose(quietly(sd.grad(sd.parse(text), wrt).compile(target), values), wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("if(t > 0, log(t), 0)", {"t": 0.0}, 0.0),
        ("if(t > 0, 3*sqrt(t), 0)", {"t": 0.0}, 0.0),
        ("if(t > 0, exp(-1/t), 0)", {"t": 0.0}, 0.0),
        ("if(t > 0, exp(-1/t), 0)", {"t": 0.5}, 4 * np.exp(-2)),
        ("sum(if(t > 0, log(t), 0))", {"t": [0.0, 2.0, -1.0]}, [0.0, 0.5, 0.0]),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_a_branch_that_is_not_taken_gives_no_nan(target, text, values, wanted):
    """NumPy computes both branches, and says so where one is not defined."""
    f = sd.parse(("t: vector(3); " if "sum" in text else "t: scalar; ") + text)
    np.testing.assert_allclose(np.asarray(sd.grad(f, "t").compile(target)(values)), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "log(1 + exp(x)*u)",
        "exp(x)/sum(exp(y))",
        "exp(y) ./ (1 + exp(x))",
        "exp(x) ./ (u + exp(x))",
        "y .* log(x ./ u)",
        "u*log(x)",
        "exp(x) .* softmax(x)",
        "log(exp(x) - exp(y))",
        "log(3 + x) + exp(x) - 2",
        "if(x > 1, y, 0) ./ x",
        "[x > 1 and y > 1] .* log(x)/u",
        "(exp(x).y)/sum(exp(y))*x",
        "norm2(x)^2*norm2(y)^3*x",
    ],
)
def test_what_only_looks_alike_keeps_its_value(text):
    """Each is close to a formula with a stable form; its value is that of the plain functions."""
    f = sd.parse("x: vector(3); y: vector(3); u: scalar; " + text)
    x, y, u = np.array([1.2, 0.7, 2.1]), np.array([0.4, 1.9, 0.3]), 1.7
    python = (
        text.replace(" .* ", "*")
        .replace(" ./ ", "/")
        .replace(".y)", "@y)")
        .replace("^", "**")
        .replace("x > 1 and y > 1", "(x > 1) & (y > 1)")
    )
    python = python.replace("[", "1.0*(").replace("]", ")").replace("if(", "np.where(")
    norm2, softmax = np.linalg.norm, lambda x: np.exp(x) / np.exp(x).sum()
    scope = {"np": np, "exp": np.exp, "log": np.log, "norm2": norm2, "softmax": softmax, "sum": np.sum, "x": x, "y": y, "u": u}
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(f(x=x, y=y, u=u), eval(python, scope), rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_overflow_inside_a_sigmoid_is_quiet_in_several_threads_and_where_the_caller_asks_for_errors():
    f = sd.parse("x: vector(n); sigma(-x)").compile("numpy")
    x = np.full(200_000, 800.0)
    with ThreadPoolExecutor(4) as pool:
        assert not any(value.any() for value in pool.map(lambda _: f(x=x), range(16)))
    with np.errstate(all="raise"):
        assert not f(x=x).any()
        with pytest.raises(FloatingPointError):  # the caller's own setting is as it was
            np.exp(x)


def test_a_function_compiled_where_errors_are_asked_for_is_as_quiet_as_any():
    text = "x: vector(n); sigma(x - 1)"
    with np.errstate(all="raise"):
        sd.parse(text).compile()
    assert sd.parse(text).compile()(x=np.array([1000.0, -1000])).tolist() == [1, 0]


def test_two_sources_in_one_file_keep_their_own_shapes():
    names = {}
    for name, text in (("a", "u: vector(n); v: vector(n); sum(u .* v)"), ("b", "u: vector(m); v: vector(n); sum(u)*v")):
        exec(sd.parse(text).code(), names)
        names[name] = names["f"]
    assert names["b"](u=np.ones(1), v=np.ones(3)).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="v has shape"):
        names["a"](u=np.ones(1), v=np.ones(3))


def test_shapes_that_fit_once_are_not_taken_for_others():
    f = sd.parse("X: matrix(m,n); w: vector(n); X*w").compile("numpy")
    for _ in range(2):
        assert f(X=np.ones((2, 3)), w=np.ones(3)).shape == (2,)
        with pytest.raises(sd.ShapeError, match="w has shape \\(2,\\), but n is 3"):
            f(X=np.ones((2, 3)), w=np.ones(2))
        assert f(X=np.ones((3, 2)), w=np.ones(2)).shape == (3,)


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


@pytest.mark.parametrize("start", ["x", "exp(x)", "sigma(x)"])
def test_a_chain_of_squares_takes_no_longer_than_it_is(start, target):
    """Every value is the square of the one before: 2^30 factors of the first, which nobody may go through one by one."""
    chain = "; ".join([f"a0 = {start}", *[f"a{k} = a{k - 1}*a{k - 1}" for k in range(1, 31)], "log(1 + a30)"])
    f = sd.parse(chain)
    found = float(np.asarray(f.compile(target)(x=-1e-12)))
    assert found == pytest.approx(math.log1p({"x": 0.0, "exp(x)": math.exp(-1e-12 * 2**30), "sigma(x)": 0.0}[start]), rel=1e-6)
