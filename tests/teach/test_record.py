"""The lesson: what is drawn, what is folded, labels of edges, what is refused, depth."""

import pytest

import symdiff as sd
from symdiff.expr import build
from symdiff.names import resolve
from symdiff.printers import written
from symdiff.teach.numbers import trace
from symdiff.teach.record import lesson


def drawn(text, *names):
    f = sd.parse(text).expr
    return lesson(f, resolve(f, names))


BOXES = [
    ("max(1 - y*w.phi, 0)", "w", ["y", "w", "φ", "·", "*", "1 - ·", "max(·, 0)"]),
    ("(w.phi - y)^2", "w", ["w", "φ", "·", "y", "-", "·²"]),
    ("h = sigma(V*phi); w.h", "V", ["w", "V", "φ", "*", "σ", "·"]),
    ("score = w.phi(x); exp(-score)", "w", ["w", "φ(x)", "·", "-·", "exp"]),  # an opaque function is a leaf
    ("phi(x)^2", "x", ["x", "φ", "·²"]),  # unless it is differentiated
    ("a/b + 1/b", "a", ["a", "b", "1/·", "*", "+"]),  # a shared reciprocal is an operation of its own
    ("a/b", "a", ["a", "b", "/"]),
    ("sum(X*w + b)", "w", ["X", "w", "*", "b", "+", "sum"]),  # a spread scalar is part of its user
    ("x'*A*x", "x", ["x", "A", "·ᵀ*·", "*"]),  # so is a transpose
    ("norm2(x)", "x", ["x", "‖·‖"]),
    ("2*pi*x", "x", ["x", "2*π*·"]),
    ("c = 3; c*x", "x", ["c", "x", "*"]),
    ("y = x^2; y", "x", ["x", "·²"]),
    ("3", "", ["3"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "boxes"), BOXES, ids=[text for text, _, _ in BOXES])
def test_boxes(text, name, boxes):
    assert [n.symbol for n in drawn(text, *([name] if name else [])).nodes] == boxes


EDGES = [
    ("score = w.phi(x); margin = y*score; max(1 - margin, 0)", "w", ["[1 - margin > 0]", "-1", "score", "y", "phi(x)", "w"]),
    ("h = sigma(z); h", "z", ["h*(1 - h)"]),
    ("h = sigma(V*phi); w.h", "V", ["h", "w", "h .* (1 - h)", "delta*phi'", "V"]),
    ("g*sum(A*B)", "A", ["sum(A*B)", "g", "ones(rows(A), cols(B))", "delta*B'", "A'*delta"]),
    ("max(a, b)", "a", ["[a > b]", "[b > a]"]),
    ("x*x", "x", ["x", "x"]),
    ("a/b + 1/b", "b", ["1", "1", "1/b", "a", "-1/b^2"]),
    ("a/b", "b", ["1/b", "-a/b^2"]),
    ("sqrt(x)", "x", ["1/(2*L)"]),
    ("a^b", "a", ["b*a^(b - 1)", "L*log(a)"]),
    ("s = softmax(x); s.y", "x", ["y", "s", "diag(s) - s*s'"]),
    ("log(det(A))", "A", ["1/det(A)", "det(A)*inv(A)'"]),
    ("x'*A*y", "A", ["y'", "(x'*A)'", "A*delta'", "x*delta"]),
]


@pytest.mark.parametrize(("text", "name", "labels"), EDGES, ids=[text for text, _, _ in EDGES])
def test_local_derivatives(text, name, labels):
    assert [e.text for e in drawn(text, name).edges] == labels


def test_adjoints_answers_and_log_are_one_record():
    record = drawn("a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))", "w", "a")
    by_label = {n.text: written(record.adjoints[n.id]) for n in record.backward}
    assert by_label["w.x + b"] == "a - y"
    assert by_label["w"] == written(record.answers[0]) == "(a - y)*x"
    assert by_label["a"] == written(record.answers[1])
    assert [n.text for n in record.nodes if n.wrt] == ["w", "a"]
    assert record.log.fired
    (a,) = [n for n in record.nodes if n.name == "a"]
    assert sorted(written(record.contributions[e]) for e in record.incoming[a.id]) == ["(1 - y)/(1 - a)", "-y/a"]


def test_a_variable_that_no_edge_reaches():
    record = drawn("sign(x)", "x")
    assert [written(g) for g in record.adjoints.values()] == ["1", "0"]


def test_a_symmetric_variable():
    """The graph has the derivative by the entries, the answer the gradient among symmetric matrices."""
    record = drawn("S: symmetric matrix(n, n); x'*S*y", "S")
    (leaf,) = [n for n in record.nodes if n.wrt]
    assert written(record.adjoints[leaf.id]) == "x*y'"
    assert written(record.answers[0]) == "(x*y' + y*x')/2"
    t = trace(record, {"S": [[1, 2], [2, 3]], "x": [1, 2], "y": [3, 4]})
    for move in t.moves(1e-3):
        assert abs(move.after - move.before - move.predicted) < 1e-9


def test_what_is_refused():
    with pytest.raises(sd.DomainError, match="polygamma has no derivative by k"):
        drawn("polygamma(k, x)", "k")
    assert [e.local is None for e in drawn("polygamma(k, x)", "x").edges] == [True, False]


def test_a_deep_graph():
    x = build.var("x")
    f = x
    for _ in range(2000):
        f = build.call("tanh", f)
    record = lesson(f, [x])
    assert len(record.nodes) == 2001
    assert len({n.text for n in record.nodes}) == 2001
    t = trace(record, {"x": 0.5})
    assert 0 < t.backward[0] < 1e-3


def test_a_variable_below_a_function_that_no_edge_reaches_is_drawn():
    f = sd.parse("z: vector(n); eta: vector(n) -> vector(m); sum(ceil(eta(z)))")
    assert "d(L)/d(z) = zeros(n)" in sd.steps(f, "z", "brief", verify=False).show("text")
