"""Derivations: what the steps say, that they agree with the answers, every format, user text as text."""

import json
import re
from html.parser import HTMLParser

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.printers import text as text_of
from symdiff.printers import written

HINGE = "score = w.phi(x); margin = y*score; max(1 - margin, 0)"

# formula, wrt, lines that must be there
LECTURE = [
    (HINGE, "w", [
        "d(L)/d(1 - margin)      = [1 - margin > 0]    (max(a, b): [a > b])",
        "d(margin)/d(score)      = y    (product: the other factor)",
        "d(score)/d(w)           = phi(x)    (vector(size(w)); dot: the other vector)",
        "d(L)/d(1 - margin) = [1 - margin > 0] = [margin < 1]    (product along the path)",
        "d(L)/d(w) = -[margin < 1]*y*phi(x)    (vector(size(w)); the shape of w)",
        "w    (verified by SymPy: exact; 468 points, both sides of 1 kink, sizes 2, 5)",
    ]),
    ("(a^2)^2", "a", [
        "d(L)/d(a^2) = 2*a^2    (square: twice the value)",
        "d(L)/d(a)   = 2*a^2*(2*a) = 4*a^3    (product along the path)",
        "d(L)/d(a) = 4*a^3",
    ]),
    ("h = sigma(V*phi); residual = w.h - y; residual^2", "V", [
        "d(h)/d(V*phi)          = h .* (1 - h)    (vector(rows(V)); sigma(x): y*(1 - y))",
        "g is passed on to V as = g*phi'    (matrix(rows(V), cols(V)); matvec: the other factor)",
        "d(L)/d(V) = 2*residual*(w .* h .* (1 - h))*phi'    (matrix(rows(V), cols(V)); the shape of V)",
    ]),
    ("a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))", "w,b", [
        "d(a)/d(w.x + b)                                            = a*(1 - a)    (sigma(x): y*(1 - y))",
        "d(L)/d(w.x + b)                           = (a - y)/(a*(1 - a))*(a*(1 - a)) = a - y    (product along the path)",
        "1 - a    (is taken not to be 0)",
        "d(L)/d(w) = (a - y)*x    (vector(size(w)); the shape of w)",
        "d(L)/d(b) = a - y",
    ]),
    ("tr(A*X*B)", "X", [
        "entry i, j for A*X = sum(k, g[i,k]*B[j,k])    (matrix(rows(A), cols(X)); that is g*B': B is transposed, so that the summed indices stand side by side)",
    ]),
    ("norm2(A*x - y)^2", "x", [
        "entry j for x = sum(i, g[i]*A[i,j])    (vector(cols(A)); that is A'*g: A is transposed, so that the summed indices stand side by side)",
        "d(L)/d(x) = 2*A'*(A*x - y)    (vector(cols(A)); the shape of x)",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "lines"), LECTURE, ids=[text for text, _, _ in LECTURE])
def test_the_lecture_step_by_step(text, wrt, lines):
    said = [re.sub(" +", " ", line.strip()) for line in str(sd.derive(sd.parse(text), wrt.split(","))).splitlines()]
    missing = [line for line in lines if re.sub(" +", " ", line) not in said]
    assert not missing, "\n".join(said)


def test_paths_are_shown_before_their_sum():
    said = str(sd.derive(sd.parse("a = x*y; a*z + a^2"), "x")).splitlines()
    first = next(k for k, line in enumerate(said) if "the path through" in line)
    assert "the path through" in said[first + 1]
    assert "sum over 2 paths" in said[first + 2]


def test_rules_come_with_their_conditions():
    said = str(sd.derive(sd.parse("x: positive scalar; exp(log(x)*2 - log(x))"), "x", "full"))
    rules = [line for line in said.splitlines() if "exp-of-log" in line]
    assert rules and all("exp-of-log, since a > 0" in line for line in rules)


def test_levels():
    f = sd.parse(HINGE)
    names = {level: [s.name for s in sd.derive(f, "w", level).steps] for level in ("brief", "normal", "full")}
    assert names["brief"] == ["types", "graph", "edges", "answer", "check"]
    assert names["normal"] == ["types", "graph", "edges", "paths", "answer", "check"]
    brief, normal, full = (sum(len(s.lines) for s in sd.derive(f, "w", level, verify=False).steps) for level in names)
    assert brief < normal < full
    with pytest.raises(sd.SymdiffError, match="there is no level 'long'"):
        sd.derive(f, "w", "long")


@pytest.mark.parametrize(
    ("text", "names"),
    [(HINGE, "w,y,margin"), ("norm2(A*x - y)^2", "A,x,y"), ("-log(softmax(W*x).y)", "W"), ("sum(i=1..m, max(1 - y[i]*w.phi[i], 0))", "w")],
)
def test_the_answer_is_that_of_grad(text, names):
    f = sd.parse(text)
    derivation = sd.derive(f, names.split(","), verify=False)
    (answer,) = [s for s in derivation.steps if s.name == "answer"]
    for name, g, line in zip(names.split(","), derivation.lesson.answers, answer.lines, strict=True):
        assert written(g) == str(sd.grad(f, name))
        assert text_of(line.rights[0]) == written(g)


def test_formats():
    d = sd.derive(sd.parse(HINGE), "w", verify=False)
    assert "∂margin/∂score        = y" in d.show("unicode")
    assert r"\frac{\partial \mathrm{margin}}{\partial \mathrm{score}} &= y && \text{product: the other factor}" in d.show("latex")
    assert r"- $\frac{\partial \mathrm{margin}}{\partial \mathrm{score}}$ = $y$ — product\: the other factor" in d.show("markdown")
    assert json.loads(d.show("json"))["steps"][1]["lines"][0] == {"left": "score", "right": ["w.phi(x)"], "note": "dot", "shape": ""}
    assert d.show("latex").count(r"\begin{align*}") == d.show("latex").count(r"\end{align*}") == len(d.steps)
    with pytest.raises(sd.SymdiffError, match="no derivation in the format pdf"):
        d.show("pdf")

    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.seen = [], set()

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)
            self.seen.add(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Balanced()
    reader.feed(d.show("html"))
    assert reader.open == []
    assert {"ol", "h3", "math", "mfrac"} <= reader.seen


def test_the_command(capsys):
    assert main(["steps", HINGE, "--wrt", "w", "--brief"]) == 0
    out, err = capsys.readouterr()
    assert "d(L)/d(w) = -[margin < 1]*y*phi(x)" in out
    assert "verified by SymPy" in out
    assert err.startswith("w: vector(size(w))")
    assert main(["steps", HINGE]) == 2
    assert "by which variable?" in capsys.readouterr().err


def test_where_a_maximum_agrees_on_a_region_the_second_edge_has_equality():
    text = sd.derive(sd.parse("max(relu(x), x)"), "x", verify=False).show("text")
    assert "d(L)/d(x)       = [x >= relu(x)]    (max(a, b): [b > a], here with equality: both arguments may agree on a whole region)" in text
    text = sd.derive(sd.parse("x'*y + max(x'*y, 2)"), "x", verify=False).show("text")
    assert "x'*y    (dot)" in text and "d(max(x'*y, 2))/d(x'*y) = [x'*y > 2]    (max(a, b): [a > b])" in text
