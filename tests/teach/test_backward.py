"""The backward program: named adjoints, each used; lengths beside published derivations; formats; PyTorch has the same derivatives."""

import importlib.util
import inspect
import json

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.expr.node import NAME, VAR
from symdiff.expr.walk import topological
from symdiff.names import resolve
from symdiff.teach.backward import backward
from symdiff.teach.record import lesson
from tests.printers.test_read_back import node
from tests.teach.published import PUBLISHED
from tests.teach.truth import Point, program_faults

TWO = "h = sigma(V*phi); r = w.h - y; r^2"
FOUR = "h1 = sigma(V1*phi(x)); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2"


def program(text, wrt, style="delta"):
    f = node(sd.parse(text))
    return backward(lesson(f, resolve(f, wrt.split(","))), style)


def lines(p):
    return [f"{x['name']} = {x['value']}" for x in p.data()["backward"]]


def test_two_layers():
    p = program(TWO, "V,w")
    assert lines(p) == ["delta_r = 2*r", "dw = delta_r*h", "delta_h = delta_r*w", "dV = (delta_h .* h .* (1 - h))*phi'"]
    assert [f"{x['name']} = {x['value']}" for x in p.data()["forward"]] == ["h = sigma(V*phi)", "r = w.h - y", "L = r^2"]
    assert p.data()["kept"] == ["w", "phi", "h", "r"]


def test_four_layers_reuse_what_is_above():
    assert lines(program(FOUR, "w,V1,V2,V3")) == [
        "delta_residual = 2*residual",
        "dw = delta_residual*h3",
        "delta_h3 = delta_residual*w",
        "delta_z2 = delta_h3 .* h3 .* (1 - h3)",
        "dV3 = delta_z2*h2'",
        "delta_h2 = V3'*delta_z2",
        "delta_z1 = delta_h2 .* h2 .* (1 - h2)",
        "dV2 = delta_z1*h1'",
        "delta_h1 = V2'*delta_z1",
        "dV1 = (delta_h1 .* h1 .* (1 - h1))*phi(x)'",
    ]


@pytest.mark.parametrize(
    ("style", "names"),
    [("delta", ["delta_r", "dw", "delta_h", "dV"]), ("bar", ["r_bar", "dw", "h_bar", "dV"]), ("grad", ["dr", "dw", "dh", "dV"])],
)
def test_styles_of_names(style, names):
    assert [x.name for x in program(TWO, "V,w", style).lines] == names


def test_names_of_the_formula_are_not_taken():
    p = program("dV: vector(n); delta_r: scalar; " + TWO + " + delta_r + sum(dV)", "V,w")
    names = [x.name for x in p.lines]
    assert len(set(names)) == len(names) and not {"dV", "delta_r"} & set(names)


CASES = [(x.formula, x.wrt) for x in PUBLISHED.values()] + [(TWO, "V,w"), (FOUR.replace("phi(x)", "phi"), "w,V1,V2,V3")]


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_longer_than_published(name):
    published = PUBLISHED[name]
    p = program(published.formula, published.wrt)
    assert len(p.lines) <= published.lines, p.show("text")


@pytest.mark.parametrize(("text", "wrt"), CASES)
def test_every_adjoint_is_used_and_stands_in_front_of_its_use(text, wrt):
    p = program(text, wrt)
    there, used = set(), set()
    own = {x.name for x in p.lines}
    for x in p.lines:
        read = {e.data[0] for e in topological([x.value]) if e.op in (VAR, NAME)} & own
        assert read <= there, (x.name, read)
        used |= read
        there.add(x.name)
    assert {x.name for x in p.lines if not x.final} <= used
    assert [x.node.name for x in p.finals] == wrt.split(",")


@pytest.mark.parametrize(("text", "wrt"), CASES)
def test_nothing_is_computed_twice(text, wrt):
    """No two lines have the same value, and no part of a line is the value of another."""
    p = program(text, wrt)
    values = {x.value: x.name for x in p.lines if x.value.args}
    assert len(values) == len([x for x in p.lines if x.value.args])
    for x in p.lines:
        inside = {values[n] for n in topological([x.value]) if n in values and n is not x.value and n.op != NAME}
        assert not inside, (x.name, inside)


def drawn(shape, rng):
    """Random values of a shape, or of a kind: "onehot", "simplex", "positive (3,)"."""
    if shape == "onehot":
        return np.eye(4)[1]
    if shape == "simplex":
        value = rng.random(4) + 0.1
        return value / value.sum()
    if isinstance(shape, str):
        return rng.random(eval(shape.removeprefix("positive "), {})) + 0.5
    return rng.standard_normal(shape) if shape else np.asarray(rng.random() + 0.5)


def in_torch(published, values, code):
    """The gradients by PyTorch's own differentiation of the forward pass, and by the backward pass of the generated code."""
    import torch

    wrt = published.wrt.split(",")
    scope, plain = {}, {}
    exec(code, scope)
    exec(sd.parse(published.formula).code("torch"), plain)
    names = list(inspect.signature(scope["loss"]).parameters)
    found = []
    for function in (lambda t: plain["f"](**t), lambda t: scope["loss"](*[t[n] for n in names])):
        tensors = {k: torch.tensor(v, dtype=torch.float64, requires_grad=k in wrt) for k, v in values.items()}
        function(tensors).backward()
        found.append([tensors[x].grad.numpy() for x in wrt])
    return found


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("name", PUBLISHED)
def test_values_are_those_of_pytorch(name):
    """Lines and code, to 1e-10, beside PyTorch's own gradient of the formula."""
    published = PUBLISHED[name]
    rng = np.random.default_rng(5)
    values = {k: drawn(shape, rng) for k, shape in published.shapes.items()}
    p = program(published.formula, published.wrt)
    want, got = in_torch(published, values, p.show("torch"))
    types = sd.parse(published.formula).types
    values |= {
        d: n for k, v in values.items() if k in types for d, n in zip(types[k].shape, np.shape(v), strict=True) if str(d).isidentifier()
    }
    lines = Point(p, values)
    for x, w, g in zip(p.finals, want, got, strict=True):
        scale = 1 + np.max(np.abs(w))
        np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-10 * scale)
        np.testing.assert_allclose(np.asarray(lines.value(x.value), dtype=float), w, rtol=1e-10, atol=1e-10 * scale)
    assert program_faults(p, values)[0] == []


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
@pytest.mark.parametrize("name", ["attention", "layer norm", "KL divergence"])
def test_code_for_jax_and_numpy(name):
    import jax

    published = PUBLISHED[name]
    rng = np.random.default_rng(6)
    values = {k: drawn(shape, rng) for k, shape in published.shapes.items()}
    p = program(published.formula, published.wrt)
    wrt = published.wrt.split(",")
    scope = {}
    exec(p.show("numpy"), scope)
    names = list(inspect.signature(scope["loss"]).parameters)
    _, kept = scope["loss"](*[values[n] for n in names])
    found = scope["loss_backward"](kept)
    found = found if isinstance(found, tuple) else (found,)
    assert len(kept) == len(p.kept)
    with jax.enable_x64(True):
        scope = {}
        exec(p.show("jax"), scope)
        arrays = [jax.numpy.asarray(values[n]) for n in names]
        where = tuple(k for k, n in enumerate(names) if n in wrt)
        want = jax.grad(scope["loss"], argnums=where)(*arrays)
        plain = {}
        exec(sd.parse(published.formula).code("jax"), plain)
        own = jax.grad(lambda *a: plain["f"](**dict(zip(names, a, strict=True))), argnums=where)(*arrays)
    order = [names[k] for k in where]
    assert len(order) == len(found)
    for plain_numpy, mine, theirs in zip(found, want, own, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(plain_numpy, theirs, rtol=1e-9, atol=1e-11)


def test_what_code_refuses():
    for text, wrt, match in (("softmax(x)", "x", "the backward pass of a number"), ("phi(x)*2", "x", "opaque")):
        with pytest.raises(sd.SymdiffError, match=match):
            program(text, wrt).show("torch")


def test_names_in_code_do_not_clash():
    source = program("g*ctx*torch*kept", "g,ctx").show("torch")
    assert "def forward(ctx_, g, ctx, torch, kept):" in source and "return g_*dg, g_*dctx, None, None" in source


def test_in_numerator_layout():
    p = sd.backward(TWO, ["V", "w"], layout="numerator")
    assert lines(p) == ["delta_r = 2*r", "dw = delta_r*h'", "delta_h = delta_r*w'", "dV = phi*(delta_h' .* h .* (1 - h))'"]


def test_formats(capsys):
    p = program(TWO, "V,w")
    assert r"\delta_{h} &= \delta_{r} \, w && \text{vector(rows(V))}" in p.show("latex")
    assert r"\frac{\partial L}{\partial V} &= (\delta_{h} \odot h \odot (1 - h)) \, \phi^{\top}" in p.show("latex")
    assert r"\State $\delta_{r} \gets 2 \, r$ \Comment{scalar}" in p.show("algorithm")
    assert p.show("latex").startswith(r"\begin{align*}") and r"| $\delta_{r}$ | $2 \, r$ | scalar |" in p.show("markdown")
    assert json.loads(p.show("json"))["kept"] == ["w", "phi", "h", "r"]
    assert "δ_h = δ_r*w" in p.show("unicode")
    for wrong in (lambda: p.show("pdf"), lambda: program(TWO, "V", "hat")):
        with pytest.raises(sd.SymdiffError):
            wrong()
    assert main(["backward", TWO, "--wrt", "V,w", "--format", "text"]) == 0
    assert "delta_h = delta_r*w" in capsys.readouterr().out


def test_a_deep_network_has_lines_in_proportion():
    layers = 120
    text = "".join(f"h{k + 1} = tanh(W*h{k}); " for k in range(layers)).replace("W*h0", "W*x") + f"sum(h{layers})"
    p = program("W: matrix(n,n); x: vector(n); " + text, "x")
    assert len(p.lines) <= 2 * layers + 2


def test_a_part_that_the_simplifier_names_has_a_line_and_is_spoken_of_by_name():
    p = program("a/(b + c*exp(-k*t))", "k")
    assert p.show("text").splitlines()[-4:] == [
        "   E  = exp(-k*t)              scalar", "   dk = a*c*E*t/(b + c*E)^2    scalar", "", "kept: a, b, c, k, t",
    ]  # fmt: skip
    assert program_faults(p, {"a": 1.2, "b": 0.4, "c": 2.0, "k": 0.3, "t": 1.5})[0] == []
