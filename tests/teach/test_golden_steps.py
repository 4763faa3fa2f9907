"""The steps of twenty formulas, from scalar to matrix, at three levels and in three styles, as they are printed.

`SYMDIFF_UPDATE=1 pytest tests/teach/test_golden_steps.py` writes them anew; read the difference before it is kept.
"""

import os
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.teach.steps import LEVELS
from symdiff.teach.styles import STYLES

GOLDEN = Path(__file__).parent / "golden"

FORMULAS = {
    "square-of-square": ("(a^2)^2", "a"),
    "product-rule": ("x*sin(x)", "x"),
    "quotient": ("sin(x)/(1 + x^2)", "x"),
    "polynomial": ("3*x^2 + 2*x + 1", "x"),
    "paths": ("p = x*y; q = x + p; p*q + sin(q)", "x"),
    "logistic": ("-log(sigma(y*s))", "s"),
    "hinge": ("score = w.phi(x); margin = y*score; max(1 - margin, 0)", "w"),
    "squared-loss": ("residual = w.phi - y; residual^2", "w"),
    "neuron": ("a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))", "w,b"),
    "least-squares": ("norm2(A*x - y)^2", "x"),
    "quadratic-form": ("x'*A*x", "x"),
    "mean-square": ("X: matrix(m,n); y: vector(m); 1/m*sum(i=1..m, (w.X[i] - y[i])^2)", "w"),
    "softmax": ("softmax(x)", "x"),
    "affine": ("A*x + b", "x,b"),
    "cross-entropy": ("y: onehot vector(k); z = W*x + b; p = softmax(z); cross_entropy(p, y)", "W,b"),
    "trace": ("tr(A*X*B)", "X"),
    "logdet": ("X: matrix(n,n); logdet(X)", "X"),
    "two-layers": ("h = sigma(V*phi); r = w.h - y; r^2", "V,w"),
    "four-layers": ("h1 = sigma(V1*phi); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2", "w,V1,V2,V3"),
    "attention": (
        "Q: matrix(n,d); K: matrix(m,d); V: matrix(m,p); G: matrix(n,p); S = Q*K'/sqrt(d); P = softmax(S); O = P*V; sum(G .* O)",
        "Q,K,V",
    ),
}


def told(name):
    """All levels and styles of one formula; a style that it cannot be told in, with the reason."""
    text, wrt = FORMULAS[name]
    f = sd.parse(text)
    blocks = [f"{text}\nby {wrt}"]
    for style in STYLES:
        for level in LEVELS:
            try:
                shown = sd.steps(f, wrt.split(","), level, style=style, verify=False).show("text")
            except sd.SymdiffError as reason:
                blocks.append(f"======== {style}: {reason}")
                break
            blocks.append(f"======== {style}, {level}\n{shown}")
    return "\n\n".join(blocks) + "\n"


@pytest.mark.parametrize("name", FORMULAS)
def test_the_steps(name):
    stored = GOLDEN / f"{name}.txt"
    found = told(name)
    if os.environ.get("SYMDIFF_UPDATE"):
        stored.write_text(found, encoding="utf-8")
    assert found == stored.read_text(encoding="utf-8")


def test_every_formula_has_its_file():
    assert len(FORMULAS) == 20 and {p.stem for p in GOLDEN.glob("*.txt")} == set(FORMULAS)


@pytest.mark.parametrize(("name", "most"), [("two-layers", 12), ("four-layers", 20)])
def test_brief_is_short(name, most):
    """All printed lines, titles among them, with the check."""
    text, wrt = FORMULAS[name]
    for style in ("paths", "differential"):
        shown = sd.steps(sd.parse(text), wrt.split(","), "brief", style=style).show("text")
        assert len([line for line in shown.splitlines() if line]) <= most, shown
