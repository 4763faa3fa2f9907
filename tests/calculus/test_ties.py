"""Who owns a tie: which edges have the equality, and which tensors have entries that are never one function."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.calculus import ties
from symdiff.expr.node import CALL
from symdiff.expr.walk import topological


def node(text):
    f = sd.parse(text)
    return getattr(f, "expr", f)


# fmt: off
BRACKETS = [
    ("max(a*x, x)",          "x", "if(a*x >= x, a, 1)"),
    ("max(1 - y*w.phi, 0)",  "w", "-[y*w.phi < 1]*y*phi"),
    ("max(a, b)",            "a", "[a > b]"),
    ("max(max(x, y), z)",    "z", "[z > max(x, y)]"),
    ("max(x, x)",            "x", "1"),
    ("min(x, x)",            "x", "1"),
    ("max(x, -x)",           "x", "if(x >= 0, 1, -1)"),
    ("A: matrix(n,n); sum(max(A, A'))", "A", "[A >= A'] + [A' > A]'"),
    ("x: vector(n); max(x)", "x", "[x == max(x)]"),
    ("max(A*x - b)",         "x", "A'*[A*x - b == max(A*x - b)]"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "answer"), BRACKETS)
def test_the_bracket_that_has_the_equality(text, wrt, answer):
    assert str(sd.grad(sd.parse(text), wrt)) == answer


def test_every_pair_of_a_clip_is_asked():
    def found(text):
        return next(iter(ties.tied(topological([node(text)])).values()), ())

    assert found("clip(x, 0, 1)") == ()
    assert found("clip(x, min(x, 3), 5)") == ("lo <= x",)
    assert found("clip(x, 0, relu(x))") == ("x <= hi",)
    assert found("clip(r, 1 - c, 1 + c)") == ("lo <= hi",)
    assert found("clip(x, x - 1, x + 1)") == ("lo <= x", "x <= hi", "lo <= hi")


def test_more_variables_than_bits_tie_only_where_they_share_one(monkeypatch):
    monkeypatch.setattr(ties, "MAX_BITS", 2)
    f = node("max(a + b, c) + max(p, p*r)")
    assert len(ties.tied(topological([f]))) == 1
    monkeypatch.setattr(ties, "MAX_VISITS", -1)  # nothing is looked up any more: what may be in common counts as that
    assert len(ties.tied(topological([f]))) == 2


# formula, whether no two entries are the same function, and whether none is the negative of another either
ENTRIES = [
    ("x: vector(n); max(x)", True, True),
    ("max(A*x)", True, True),
    ("max(A*x - b)", True, True),
    ("x: vector(n); max(x - mean(x))", True, False),
    ("x: vector(n); max(exp(x - mean(x)))", True, True),
    ("x: vector(n); max(abs(x - mean(x)))", False, False),
    ("x: vector(n); max(x - c)", True, True),
    ("x, y: vector(n); max(x*y')", True, True),
    ("x: vector(n); max(x*x')", False, False),
    ("x: vector(n); max(x*ones(n)' - ones(n)*x')", False, False),
    ("A: matrix(n,n); max(A + A')", False, False),
    ("S: symmetric matrix(n,n); max(S)", False, False),
    ("max(vector(x, 3))", False, False),
    ("x: vector(n); max(relu(x))", True, True),
    ("x: vector(n); max(relu(x) + c)", False, False),
    ("x: vector(n); max(min(x, c))", False, False),
    ("x: vector(n); max(x .* [x > 0])", False, False),
    ("x: vector(n); max(softmax(x))", True, True),
    ("x: vector(n); max(x.^2)", True, True),
    ("x: vector(n); max(cumsum(x))", True, True),
]


@pytest.mark.parametrize(("text", "different", "signed"), ENTRIES)
def test_entries_that_are_never_one_function(text, different, signed):
    (v,) = next(e for e in reversed(topological([node(text)])) if e.op == CALL and e.data == "max_entries").args
    assert ties.different(v, len(v.shape)) is different
    assert ties.different(v, len(v.shape), up_to_sign=True) is signed


def test_what_is_too_large_shares():
    x = sd.vectors("x")
    for _ in range(ties.MAX_NODES):
        x = sd.sin(x)
    assert not ties.different(getattr(x, "expr", x), 1)
