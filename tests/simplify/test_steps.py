"""Every named step of the simplifier that is no rule of the rulebook: it fires, keeps the value, and shortens (a common denominator may cost as much)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff import simplify as package
from symdiff.calculus import derivative
from symdiff.expr.walk import variables
from symdiff.notation.writer import Writer
from symdiff.numeric import evaluate
from symdiff.simplify import Improver, Log, Normalizer, simplify
from tests.simplify.soundness import cost, plain

STEPS = [
    ("softmax-from-exp", "x: vector(n); exp(x)/sum(exp(x))"),
    ("softmax-from-exp", "X: matrix(m,n); diag(1 ./ rowsum(exp(X)))*exp(X)"),
    ("exp-over-softmax", "x: vector(n); exp(x) ./ softmax(x)"),
    ("logsumexp-from-log", "x: vector(n); log(sum(exp(x)))"),
    ("logsumexp-from-log", "X: matrix(m,n); log(rowsum(exp(X)))"),
    ("abs-of-nonnegative", "x: vector(n); abs(exp(x) + x.^2)"),
    ("if-from-brackets", "[x > 0]*a + [x <= 0]*b"),
    ("if-from-brackets", "x: vector(n); 3*([x > 1] .* x) - [x <= 1]"),
    ("sigma-complement", "a - a*sigma(-x)"),
    ("distribute", "p*(1 - y/p)"),
    ("distribute", "x: vector(n); sum(x - mean(x))"),
    ("distribute", "A: matrix(n,n); inv(A)*(A + eye(n))*x"),
    ("expand", "(a + b)*c - a*c"),
    ("expand", "A, B: matrix(n,n); (A + B)*x - B*x"),
    ("common-factor", "a*b + a*c"),
    ("common-factor", "A: matrix(n,n); A*x + A'*x"),
    ("common-denominator", "a/(x + y) + b/(x + y)^2"),
    ("common-denominator", "x: vector(n); a*x/norm2(x) + x/norm2(x)^3"),
    ("cancel", "(x^2 - 1)/(x - 1)"),
    ("cancel", "1/(x + 1) - 1/(x + 2)"),
    ("cancel", "x, y: vector(n); (x.^2 - y.^2) ./ (x - y)"),
    ("nested-fraction", "u/(d*(1 + v/d))"),
    ("nested-fraction", "x: vector(n); sum(x ./ (1 + x.^2/(a*b)))/(a*b)"),
    ("nested-fraction", "x, d: vector(n); x ./ (d.^3 .* (1 + x ./ d).^2)"),
    ("inverse-of-diagonal", "s: vector(n); inv(diag(s))"),
    ("inverse-of-diagonal", "s: vector(n); inv(2*diag(s) + eye(n)/8 + a*eye(n)/3)"),
    ("inverse-of-diagonal", "x, s: vector(n); x'*inv(diag(s)^2)*x"),
    ("inverse-of-kronecker", "A: matrix(m,m); B: matrix(n,n); tr(inv(kron(A, B)))"),
    ("inverse-of-kronecker", "A: matrix(m,m); B: matrix(n,n); tr(inv(kron(A', B))*kron(A, B))"),
    ("inverse-of-kronecker", "A: matrix(m,m); B, C: matrix(n,n); inv(kron(A, B*C))"),
    ("logdet-of-diagonal", "s: vector(n); logdet(diag(exp(s)))"),
    ("logdet-of-diagonal", "s: vector(n); logdet(diag(exp(s))^2 + eye(n))"),
    ("det-of-diagonal", "s: vector(n); det(diag(s))"),
    ("det-of-diagonal", "s: vector(n); det(diag(s)^2 + eye(n))"),
    ("det-of-multiple", "A: matrix(n,n); det(2*A)"),
    ("det-of-multiple", "A: matrix(n,n); det(-A)"),
    ("det-of-multiple", "A: matrix(n,n); det(t*A)"),
    ("det-of-multiple", "A: matrix(n,n); det(-2*s*t*A')"),
    ("comparison-of-clamped", "[max(x, 0) < 1]"),
    ("comparison-of-clamped", "[0 < max(x, 0)]"),
    ("comparison-of-clamped", "x: vector(n); [2*min(x, 1) + 1 > 0]"),
    ("comparison-of-clamped", "[relu(min(x, 1)) >= 1/2]"),
    ("if-of-shifted", "if(x > 0, a, a - 1)"),
    ("if-of-shifted", "x, y: vector(n); if(x > y, 2*y + 1, 2*y)"),
]
SIZES = {"n": 3, "m": 4}
WRITTEN = {
    "inverse-of-diagonal",
    "inverse-of-kronecker",
    "logdet-of-diagonal",
    "det-of-diagonal",
    "det-of-multiple",
    "comparison-of-clamped",
    "if-of-shifted",
}  # steps inside a function value, which counts as a name


def symbols(x):
    """Of the written form."""
    writer = Writer(Normalizer())
    return writer.price(writer.get(x))


def values(f, seed):
    rng = np.random.default_rng(seed)
    return {
        name: rng.uniform(0.2, 2, [SIZES[d] for d in x.shape]) * rng.choice([-1, 1], [SIZES[d] for d in x.shape])
        for name, x in variables([f]).items()
    }


@pytest.mark.parametrize("name, formula", STEPS, ids=lambda part: part)
def test_it_fires_keeps_the_value_and_shortens(name, formula):
    f, log = sd.parse(formula).expr, Log()
    (found,) = simplify([f], log)
    assert name in {step for step, *_ in log.fired}
    if name in WRITTEN:
        more = {"inverse-of-diagonal": 1, "inverse-of-kronecker": 1, "det-of-multiple": 4}  # diag(1 ./ s) has one more, and no inverse
        assert symbols(found) <= symbols(plain(f)) + more.get(name, 0)
    else:
        assert cost(found) <= cost(plain(f)) - (name not in ("abs-of-nonnegative", "common-denominator"))
    for seed in range(12):
        point = values(f, seed)
        known = {x: point[x] for x in variables([found])}
        np.testing.assert_allclose(evaluate(found, known | SIZES), evaluate(f, point | SIZES), rtol=1e-9, atol=1e-12)
    assert simplify([found]) == [found]


def test_every_step_takes_part():
    """The names are those that stand in the package's source; the rulebook's are tested with it."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(package.__file__).parent.glob("*.py"))
    named = set(re.findall(r'(?:fire|better)\("([a-z-]+)"', source)) | set(re.findall(r'"(common-[a-z]+)"', source))
    assert named == {name for name, _ in STEPS}


def test_a_vectorised_network_is_not_multiplied_out():
    """1 - A^2 has a term that is equal everywhere: at every layer the product was multiplied out for it, and the work grew as 3^layers."""
    layers = "; ".join(f"A{k} = tanh({f'A{k - 1}' if k else 'X'}*W{k})" for k in range(8))
    declared = ", ".join(f"W{k}" for k in range(8)) + ": matrix(n, n); X: matrix(m, n)"
    f = sd.parse(f"{declared}; {layers}; sum(A7)").expr
    home = Normalizer()
    improver = Improver(home)
    improver.run(home.run(derivative(f, [variables([f])["W0"]])))
    assert len(improver.offered) < 100
