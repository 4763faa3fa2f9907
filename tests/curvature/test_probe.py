"""Points spare second derivatives and change no verdict: with them and without, many points at once and one after the other."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

import symdiff as sd
from symdiff.convexity import search, smooth, verdict
from symdiff.convexity.probe import Probe

sys.path.insert(0, str(Path(__file__).parent))
from random_formulas import formula

SEEDS = range(500_000, 500_050)


def asked() -> list[tuple[str, sd.Formula]]:
    found = []
    for seed in SEEDS:
        text = formula(Random(seed))
        try:
            f = sd.parse(text)
            f.nodes("x")
            found.append((text, f))
        except sd.SymdiffError:
            continue
    assert len(found) > len(SEEDS) * 0.8
    return found


def test_no_certificate_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = asked()
    with_points = [verdict.certificates(*verdict.plain(f.expr, f.nodes("x")))[:2] for _, f in formulas]
    monkeypatch.setattr(Probe, "values", {})
    for (text, f), found in zip(formulas, with_points, strict=True):
        convex, concave = verdict.certificates(*verdict.plain(f.expr, f.nodes("x")))[:2]
        if frozenset() in found:  # of a function that is certainly convex, under which conditions it is concave is not asked
            assert [k == frozenset() for k in found] == [k == frozenset() for k in (convex, concave)], text
        else:
            assert found == (convex, concave), text


def test_no_second_derivative_of_what_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(smooth, "hessian", lambda node, x: calls.append(node) or node)
    for text in (
        "w: vector(n); X: matrix(m,n); y: vector(m); norm2(sigma(X*w) - y)^2",
        "x: vector(n); A: symmetric matrix(n,n); x'*A*x/(x'*x)",
    ):
        assert sd.curvature(text, text[0]).kind == "neither"
    assert not calls
    assert sd.curvature("w: vector(n); phi: vector(n); y: scalar; log(1 + exp(-y*w.phi)) + sum(w.^4 + w.^3 + w.^2)", "w").kind == "convex"


def test_points_together_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same counterexamples."""
    formulas = [(text, *verdict.plain(f.expr, f.nodes("x"))) for text, f in asked()[:12]]
    once = [search.find(expr, wrt, seconds=10, places=2) for _, expr, wrt in formulas]
    monkeypatch.setattr(search, "together", lambda *given: None)
    for (text, expr, wrt), found in zip(formulas, once, strict=True):
        again = search.find(expr, wrt, seconds=10, places=2)
        assert {k: str(w) for k, w in again.items()} == {k: str(w) for k, w in found.items()}, text
    assert sum(len(found) == 2 for found in once) > 3


def test_no_reason_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rules alone certify a formula, its parts are explained all the same."""
    texts = (
        "x: scalar; log(1 + exp(x)) + exp(x^4 - x^3 + x^2)",
        "x: positive vector(n); prod(x)^(1/n)",
        "x: vector(n); max(logsumexp(x), (x.x)^2)",
    )
    formulas = [sd.parse(text) for text in texts] + [f for _, f in asked()[:20]]
    told = [sd.curvature(f, "x") for f in formulas]
    monkeypatch.setattr(Probe, "values", {})
    for f, found in zip(formulas, told, strict=True):
        again = sd.curvature(f, "x")
        assert (found.kind, found.condition) == (again.kind, again.condition)
        assert found.kind == "neither" or found.reasons == again.reasons


@pytest.mark.parametrize("text", ["if((x + 1)/(x + 1) > 0, 1 - x, x)", "if([x/x == 1] > 0, x^2, -x)"])
def test_a_comparison_with_what_has_no_value_is_no_counterexample(text: str) -> None:
    """At x = -1, or 0, there is nothing to compare; a program that goes on takes the other branch."""
    assert sd.curvature(text, "x").kind in ("affine", "convex", "unknown")
