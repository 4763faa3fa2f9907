"""Verdicts on formulas of lectures, with conditions; traps; counterexamples in exact numbers; constants; the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction

import pytest

import symdiff as sd
from symdiff.convexity.disciplined import Analysis
from symdiff.convexity.exact import alike, values
from symdiff.convexity.verdict import explained, plain
from symdiff.simplify import simplify

# formula | variables | kind | condition
FORMULAS = """
P: psd matrix(n,n); x: vector(n); x'*P*x | x | convex |
A: matrix(m,n); x: vector(n); x'*A'*A*x | x | convex |
x: scalar; log(1 + exp(-x)) | x | convex |
log(1 + exp(-y*w.x)) | w | convex |
w: vector(n); X: matrix(m,n); y: vector(m); sum(log(1 + exp(-y .* (X*w)))) | w | convex |
max(1 - y*w.x, 0)^2 | w | convex |
y: onehot vector(k); p = softmax(W*x + b); -y.log(p) | W | convex |
x, c: positive scalar; x*log(x/c) | x | convex |
p, q: positive vector(n); sum(p .* log(p ./ q)) | q | convex |
x: vector(n); var(x) | x | convex |
x: vector(n); sum(x.^2)/n - mean(x)^2 | x | convex |
x: vector(n); H = eye(n) - ones(n)*ones(n)'/n; x'*H*x | x | convex |
p: simplex vector(n); x: vector(n); sum(p .* x.^2) - (p.x)^2 | x | convex |
x: scalar; if(abs(x) <= 1, x^2/2, abs(x) - 1/2) | x | convex |
x: scalar; d: positive scalar; if(abs(x) <= d, x^2/2, d*(abs(x) - d/2)) | x | convex |
x: scalar; max(x, 0) + min(x, 0) | x | affine |
x: scalar; relu(x) + relu(-x) | x | convex |
x: scalar; x*[x > 0] | x | convex |
x: scalar; x^4 - x^3 + x^2 | x | convex |
x: scalar; (x + 1)^2 - x^2 | x | affine |
x: positive scalar; log(exp(x)) + exp(log(x)) | x | affine |
x: positive vector(n); exp(mean(log(x))) | x | concave |
x: positive vector(n); prod(x)^(1/n) | x | concave |
x: positive vector(n); 1/sum(1 ./ x) | x | concave |
x: positive vector(n); sum(x.^0.5)^2 | x | concave |
x: vector(n); sum(abs(x).^3)^(1/3) | x | convex |
x: scalar; y: positive scalar; x^2/y | x,y | convex |
x, y: positive scalar; sqrt(x*y) | x,y | concave |
S: psd matrix(n,n); -logdet(S) | S | convex |
S: psd matrix(n,n); log(det(S)) | S | concave |
S: psd matrix(n,n); x: vector(n); x'*inv(S)*x | S | convex |
S: psd matrix(n,n); tr(inv(S)) | S | convex |
U: matrix(m,k); V: matrix(k,n); Y: matrix(m,n); norm2(U*V - Y)^2 | U | convex |
s: vector(n); sum(i<j, log(1 + exp(s[j] - s[i]))) | s | convex |
s: vector(n); Y: matrix(n,n); -sum(i<j, max(0, 1 - Y[i,j]*(s[i] - s[j]))) | s | concave |
x, a: scalar; if(a > 0, x^2, exp(x)) | x | convex |
x: scalar; abs(x) | x | convex |
x: scalar; -abs(x) | x | concave |
x: scalar; x*log(x) | x | convex | on x > 0
lambda, k: scalar; lambda - k*log(lambda) | lambda | convex | if k >= 0, on lambda > 0
x: positive scalar; a: scalar; -a*log(x) | x | convex | if a >= 0
x: positive scalar; a: scalar; a*log(x) | x | concave | if a >= 0
x, y: scalar; x^2*y | x | convex | if y >= 0
a, b, c, x: scalar; a*x^2 + b*x + c | x | convex | if a >= 0
x: positive scalar; p: scalar; x^p | x | convex | if p >= 1
X: matrix(m,n); w: vector(n); y: vector(m); lambda: scalar; norm2(X*w - y)^2 + lambda*norm2(w)^2 | w | convex | if lambda >= 0
"""

TRAPS = """
(relu(w) - 1)^2 | w
norm2(relu(X*W)*v - y)^2 | W
x: scalar; x*[x > -1] | x
x: scalar; max(min(x, 1), -1) | x
x: scalar; abs(abs(x) - 1) | x
x: scalar; if(x > 0, x + 1, x) | x
x: scalar; exp(-x^2) | x
x: scalar; log(1 + x^2) | x
x: vector(n); norm2(x)^0.5 | x
x: vector(n); sum(sqrt(abs(x))) | x
y: vector(n); max(y) - norm2(y) | y
w: vector(n); X: matrix(m,n); y: vector(m); norm2(sigma(X*w) - y)^2 | w
A: symmetric matrix(n,n); x: vector(n); x'*A*x/(x'*x) | x
U: matrix(m,k); V: matrix(k,n); Y: matrix(m,n); norm2(U*V - Y)^2 | U,V
a, p, q: vector(n); max(0, norm2(a - p) - norm2(a - q) + 1) | a
x: scalar; 1/x | x
x: scalar; x^3 | x
x: scalar; x^4 - x^2 | x
x: scalar; (x^2 - 1)^2 | x
x: scalar; round(x) | x
x, y: scalar; x*y | x,y
"""


def rows(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in text.replace("||", "").strip().splitlines()]


@pytest.mark.parametrize(("formula", "by", "kind", "condition"), rows(FORMULAS), ids=lambda v: v[:60])
def test_certified(formula: str, by: str, kind: str, condition: str) -> None:
    verdict = sd.curvature(formula, by.split(","))
    assert (verdict.kind, verdict.condition) == (kind, condition)
    assert verdict.reasons and not verdict.counterexamples


@pytest.mark.parametrize(("formula", "by"), rows(TRAPS), ids=lambda v: v[:60])
def test_refuted_with_exact_points(formula: str, by: str) -> None:
    """Neither, and both counterexamples hold in exact numbers, computed anew."""
    f = sd.parse(formula)
    verdict = sd.curvature(f, by.split(","))
    assert verdict.kind == "neither"
    assert [w.against for w in verdict.counterexamples] == ["convex", "concave"]
    for w in verdict.counterexamples:
        sizes = {}
        for name, node in f.variables.items():
            value = {**w.fixed, **w.a}[name]
            sizes.update({d: n for d, n in zip(node.shape, getattr(value, "shape", ()), strict=True) if isinstance(d, str)})
        for name in w.a:
            assert ((w.a[name] + w.b[name]) / 2 == w.middle[name]) is True or ((w.a[name] + w.b[name]) / 2 == w.middle[name]).all()
        fa, fb, fm = alike([values(f.expr, {**w.fixed, **p}, sizes).item() for p in (w.a, w.b, w.middle)])
        assert fm > (fa + fb) / 2 if w.against == "convex" else fm < (fa + fb) / 2
        assert not w.exact or all(isinstance(v, Fraction) for v in (fa, fb, fm))


def test_weights_of_either_sign() -> None:
    """Neither in general, and the condition under which it is convex beside it."""
    verdict = sd.curvature("x, c: vector(n); sum(c .* x.^2)", "x")
    assert verdict.kind == "neither"
    assert verdict.also == ("convex if c >= 0", "concave if c <= 0")


def test_unknown_names_the_innermost_node() -> None:
    verdict = sd.curvature("exp(phi(x)) + x^2", "x")
    assert verdict.kind == "unknown"
    assert verdict.undecided.startswith("phi(x)")


@pytest.mark.parametrize(
    ("formula", "by", "strongly", "lipschitz", "step"),
    [
        ("norm2(A*x - b)^2", "x", "", "2*lambda_max(A'*A)", "1/(2*lambda_max(A'*A))"),
        ("norm2(X*W - Y)^2", "W", "", "2*lambda_max(X'*X)", "1/(2*lambda_max(X'*X))"),
        ("w: vector(n); norm2(w)^2", "w", "2", "2", "1/2"),
        ("x: scalar; 3*x^2 + x", "x", "6", "6", "1/6"),
        ("x: vector(n); norm1(x)", "x", "", "", ""),
    ],
)
def test_constants(formula: str, by: str, strongly: str, lipschitz: str, step: str) -> None:
    verdict = sd.curvature(formula, by)
    assert (verdict.strongly, verdict.lipschitz, verdict.step) == (strongly, lipschitz, step)


def test_bad_questions() -> None:
    with pytest.raises(sd.ShapeError):
        sd.curvature("A*x", "x")
    with pytest.raises(sd.UnknownNameError):
        sd.curvature("x^2", "z")


def test_a_bound_name_is_a_variable() -> None:
    assert sd.curvature("h = sigma(x); h^2", "h").kind == "convex"
    assert sd.curvature("h = sigma(x); h^2", "x").kind == "neither"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "symdiff", "curvature", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
        timeout=60,
    )


def test_command() -> None:
    known = run("norm2(X*w - y)^2 + lambda*norm1(w)", "--wrt", "w")
    assert known.returncode == 0
    assert known.stdout.startswith("convex in w if lambda >= 0\n")
    open_ = run("exp(phi(x))", "--wrt", "x", "--format", "json")
    assert open_.returncode == 3
    assert json.loads(open_.stdout)["kind"] == "unknown"
    assert run("x^2", "--wrt", "x", "--format", "latex").returncode == 2


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("S: symmetric matrix(n,n); max(eigvalsh(S))", "convex"),
        ("S, T: symmetric matrix(n,n); min(eigvalsh(S + 2*T))", "concave"),
        ("S: symmetric matrix(n,n); max(eigvalsh(S*S))", "unknown"),
    ],
)
def test_extreme_eigenvalues(formula: str, kind: str) -> None:
    assert sd.curvature(formula, "S").kind == kind


@pytest.mark.parametrize(
    "formula",
    [
        "X: matrix(n,d); M: matrix(k,d); sum(i=1..n, min(tensor(j=1..k, norm2(X[i] - M[j])^2)))",  # a function by rows
        "M: matrix(n,d); sum(i=1..n, logit(sigma(M[i,1]))^3)",
        "M: matrix(n,n); sum(i=1..n, prod(M[i]))",
        "M: matrix(3,3); norm2(cross(M[1], M[2]))^2 - norm2(M)^2",
    ],
)
def test_every_function_has_exact_values(formula: str) -> None:
    """The functions are those of the verification, by rows and of matrices too."""
    assert sd.curvature(formula, "M").kind == "neither"


def test_reasons_of_a_simplified_formula() -> None:
    """Its parts are in normal form, where 2 .* ones has no sign between: they are written all the same."""
    f = sd.parse("x: vector(n); p: positive vector(n); (p .* x - 2*x).(p .* x - 2*x)")
    expr, wrt = plain(f.expr, f.nodes("x"))
    (short,) = simplify([expr])
    assert [r.node for r in explained(Analysis(short, wrt))][-1] == "((2 - p).^2).(x.^2)"
