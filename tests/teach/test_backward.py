"""The backward program: named adjoints, each used; lengths beside published derivations; formats; PyTorch has the same derivatives."""

import importlib.util
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
from tests.teach.truth import program_faults

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


@pytest.mark.parametrize(("style", "names"), [("delta", ["delta_r", "dw", "delta_h", "dV"]), ("bar", ["r_bar", "dw", "h_bar", "dV"]), ("grad", ["dr", "dw", "dh", "dV"])])
def test_styles_of_names(style, names):
    assert [x.name for x in program(TWO, "V,w", style).lines] == names


def test_names_of_the_formula_are_not_taken():
    p = program("dV: vector(n); delta_r: scalar; " + TWO + " + delta_r + sum(dV)", "V,w")
    names = [x.name for x in p.lines]
    assert len(set(names)) == len(names) and not {"dV", "delta_r"} & set(names)


# By a paper or book: how many lines its backward pass has (adjoints and derivatives), with the values that it asks for.
PUBLISHED = [
    ("softmax cross-entropy", "y: onehot vector(k); z = W*x + b; p = softmax(z); cross_entropy(p, y)", "W,b", 3,
     "Goodfellow, Bengio, Courville, Deep Learning (2016), 6.5: p - y, then W and b"),
    ("attention", "Q: matrix(n,d); K: matrix(m,d); V: matrix(m,p); G: matrix(n,p); S = Q*K'/sqrt(d); P = softmax(S); O = P*V; sum(G .* O)", "Q,K,V", 6,
     "Dao et al., FlashAttention (2022), B.2: dV, dP, dS, dQ, dK, with the scale a line of its own"),
    ("layer norm", "x, gamma, beta, g: vector(n); mu = mean(x); c = x - mu; s = sqrt(sum(c.^2)/n + eps); xh = c/s; y = gamma .* xh + beta; g.y", "x,gamma,beta", 6,
     "Ioffe, Szegedy, Batch Normalization (2015), section 3: six lines"),
    ("rms norm", "x, gamma, g: vector(n); s = sqrt(sum(x.^2)/n + eps); xh = x/s; y = gamma .* xh; g.y", "x,gamma", 4,
     "Zhang, Sennrich, Root Mean Square Layer Normalization (2019), appendix"),
    ("two layers", "z = W1*x + b1; h = relu(z); q = W2*h + b2; r = q - y; norm2(r)^2", "W1,b1,W2,b2", 7,
     "Nielsen, Neural Networks and Deep Learning (2015), BP1-BP4 for two layers"),
    ("SwiGLU", "x: vector(n); W, V: matrix(m,n); U: matrix(k,m); g: vector(k); a = W*x; b = V*x; h = silu(a) .* b; y = U*h; g.y", "W,V,U,x", 7,
     "Shazeer, GLU Variants (2020), by hand"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "most"), [(text, wrt, most) for _, text, wrt, most, _ in PUBLISHED], ids=[name for name, *_ in PUBLISHED])
def test_no_longer_than_published(text, wrt, most):
    p = program(text, wrt)
    assert len(p.lines) <= most, p.show("text")


@pytest.mark.parametrize(("text", "wrt"), [(text, wrt) for _, text, wrt, _, _ in PUBLISHED] + [(TWO, "V,w"), (FOUR.replace("phi(x)", "phi"), "w,V1,V2,V3")])
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


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_values_are_those_of_pytorch():
    import torch

    rng = np.random.default_rng(5)
    values = {"Q": rng.standard_normal((3, 4)), "K": rng.standard_normal((5, 4)), "V": rng.standard_normal((5, 2)), "G": rng.standard_normal((3, 2)), "d": 4, "n": 3, "m": 5, "p": 2}
    text, wrt = next((t, w) for name, t, w, _, _ in PUBLISHED if name == "attention")
    p = program(text, wrt)
    assert program_faults(p, values)[0] == []
    Q, K, V, G = (torch.tensor(values[k], requires_grad=True) for k in "QKVG")
    (torch.softmax(Q @ K.T / 2, -1) @ V * G).sum().backward()
    for x, want in zip(p.finals, (Q, K, V), strict=True):
        found = sd.grad(sd.parse(text), x.node.name).compile()(values)
        np.testing.assert_allclose(found, want.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_formats(capsys):
    p = program(TWO, "V,w")
    assert r"\delta_{h} &= \delta_{r} \, w && \text{vector(rows(V))}" in p.show("latex")
    assert r"\frac{\partial L}{\partial V} &= (\delta_{h} \odot h \odot (1 - h)) \, \phi^{\top}" in p.show("latex")
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
