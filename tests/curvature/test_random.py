"""No certificate is contradicted by midpoints: random formulas. SYMDIFF_RANDOM=100000 for a long run."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from random import Random

import pytest

import symdiff as sd
from symdiff.convexity.search import find
from symdiff.convexity.verdict import certificates, plain

HERE = Path(__file__).parent
COUNT = int(os.environ.get("SYMDIFF_RANDOM", "160"))
PARTS = 8

_spec = importlib.util.spec_from_file_location("random_formulas", HERE / "random_formulas.py")
assert _spec is not None and _spec.loader is not None
random_formulas = importlib.util.module_from_spec(_spec)
sys.modules["random_formulas"] = random_formulas
_spec.loader.exec_module(random_formulas)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_certificate_is_contradicted(part: int) -> None:
    certified = asked = 0
    for seed in range(part, COUNT, PARTS):
        text = random_formulas.formula(Random(seed))
        try:
            f = sd.parse(text)
            nodes = f.nodes("x")
        except sd.SymdiffError:
            continue
        asked += 1
        expr, wrt = plain(f.expr, nodes)
        convex, concave, _, _ = certificates(expr, wrt)
        kinds = {kind for kind, known in (("convex", convex), ("concave", concave)) if known is not None and not known}
        if not kinds:
            continue
        certified += 1
        against = find(expr, wrt, seconds=0.15, both=len(kinds) == 1)
        assert not kinds & against.keys(), (text, kinds, [str(w) for w in against.values()])
    assert asked > COUNT // PARTS // 2
    assert certified > asked // 10


def test_the_midpoints_can_contradict() -> None:
    """What the test above relies on: a wrong certificate would be caught."""
    for text, false in (
        ("x: scalar; x^3", "convex"),
        ("x: vector(n); norm1(x) - norm2(x)^2", "convex"),
        ("x: scalar; -abs(x)", "convex"),
        ("x: positive scalar; log(x)", "convex"),
    ):
        f = sd.parse(text)
        expr, wrt = plain(f.expr, f.nodes("x"))
        assert false in find(expr, wrt, seconds=1)


TERMS = ["p .* log(p)", "p .* log(q)", "q .* log(p ./ q)", "p .* log(p ./ q)", "p.^2 ./ q", "sqrt(p .* q)", "p .* q", "exp(p - q)", "log(p + q)", "p ./ q",
         "1 ./ (p .* q)", "(p - q).^2", "w .* p .* (log(p) - log(q))", "v .* (p - q).^2", "p", "q .* sum(p)", "w .* abs(p - 2*q)"]  # fmt: skip


def test_of_entries_of_two_variables() -> None:
    """Sums over the entries of p and q together; a weight v of either sign is no reason for a certificate."""
    certified = 0
    for seed in range(60):
        rng = Random(seed)
        body = " ".join(f"{rng.choice(('+', '+', '-'))} {rng.choice((1, 2))}*sum({t})" for t in rng.sample(TERMS, rng.choice((1, 2, 2, 3))))
        f = sd.parse("p, q, w: positive vector(n); v: vector(n); 0 " + body)
        expr, wrt = plain(f.expr, [x for name in ("p", "q") if name in f.variables for x in f.nodes(name)])
        convex, concave, _, _ = certificates(expr, wrt)
        kinds = {kind for kind, known in (("convex", convex), ("concave", concave)) if known is not None and not known}
        certified += bool(kinds) and len(wrt) == 2
        against = find(expr, wrt, seconds=1, both=False, only=kinds, places=12) if kinds else {}
        assert not against, (body, kinds, [str(w) for w in against.values()])
    assert certified > 8
