"""With a wrong rule planted, nothing is shown: no trace, no picture, no backward program, no steps, no handout."""

import pytest

import symdiff as sd
from symdiff.calculus import template
from symdiff.cli import main
from symdiff.table.row import Row

QUESTIONS = [
    ("sigma(w.x)", "w", {"w": [0.5, -1], "x": [1, 2]}),
    ("max(1 - y*sigma(w.phi), 0)", "w", {"w": [3, 1], "phi": [1, 2], "y": -2}),
    ("h = sigma(V*phi); residual = w.h - y; residual^2", "V", {"V": [[1, 2], [0, 1]], "phi": [1, -1], "w": [1, 2], "y": 1}),
    ("sum(sigma(X*w))", "X", {"X": [[1, 2], [3, 4], [0, 1]], "w": [1, -1]}),
    ("log(1 + sigma(x)^2)", "x", {"x": 0.7}),
]
SHOWN = {
    "trace": lambda f, x, values: f.trace(values, x),
    "graph": lambda f, x, values: f.graph(x),
    "graph with numbers": lambda f, x, values: f.graph(x, values),
    "backward": lambda f, x, values: f.backward(x),
    "steps": lambda f, x, values: f.steps(x),
    "handout": lambda f, x, values: f.handout(x),
    "handout with numbers": lambda f, x, values: f.handout(x, values, verify=False),
}


WRONG = {
    "sign": "-({})",
    "factor": "2*({})",
    "half": "({})/2",
    "two in a hundred": "0.98*({})",
    "zero": "0*({})",
    "square": "({})^2",
    "argument": "x*(1 - x)",
}


@pytest.fixture(params=list(WRONG))
def planted(request, monkeypatch):
    """The sweep passes something wrong through sigma."""
    right = Row.edge_by

    def edge_by(row, k, *more):
        return WRONG[request.param].format(right(row, k, *more)) if row.name == "sigma" else right(row, k, *more)

    caches = (template.edge, template.scalar_edge)
    monkeypatch.setattr(Row, "edge_by", edge_by)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize("way", list(SHOWN))
@pytest.mark.parametrize(("formula", "x", "values"), QUESTIONS[:3], ids=[q[0] for q in QUESTIONS[:3]])
def test_a_wrong_rule_shows_nothing(planted, formula, x, values, way):
    with pytest.raises(sd.RefutedError, match="withheld"):
        SHOWN[way](sd.parse(formula), x, values)


@pytest.mark.parametrize("way", list(SHOWN))
@pytest.mark.parametrize(("formula", "x", "values"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
def test_right_rules_are_shown(formula, x, values, way):
    assert SHOWN[way](sd.parse(formula), x, values)


@pytest.mark.parametrize("command", ["trace", "graph", "backward", "steps", "handout"])
def test_the_command_says_no(capsys, planted, command):
    values = ["--at", "w=[1,2]", "--at", "x=[1,-1]"] if command == "trace" else []
    status = main([command, "sigma(w.x)", "--wrt", "w", *values])
    out, err = capsys.readouterr()
    assert (status, out) == (1, "")
    assert "withheld" in err


AT_KINKS = [
    ("X: matrix(m,n); b: scalar; norm2(X*w + b)^2", {"X": [[1, 2]], "w": [0.1, -0.2], "b": 0.3}),
    ("(w.phi - y)^2", {"w": [0.1, 0.2], "phi": [1, 2], "y": 0.5}),
    ("norm2(A*x - b)", {"A": [[0.1, 0.2], [0.3, 0.7]], "x": [1, 1], "b": [0.3, 1]}),
    ("relu(x)", {"x": 0}),
    ("abs(x - 1)*y", {"x": 1, "y": 3}),
    ("max(1 - y*w.phi, 0)", {"w": [1, 0], "phi": [1, 2], "y": 1}),
    ("norm2(w)", {"w": [0, 0]}),
    ("floor(x)*x", {"x": 2}),
    ("max(x)", {"x": [1, 1]}),
    ("tanh(1e6*x)", {"x": 1e-3}),
    ("1e20 + x", {"x": 1}),
    ("x^2", {"x": 0}),
    ("sqrt(x)", {"x": 0}),
    ("x: positive scalar; log(x)", {"x": 1e-9}),
    ("exp(x)", {"x": 700}),
    ("sin(1e5*x)", {"x": 1}),
]


@pytest.mark.parametrize(("formula", "values"), AT_KINKS, ids=[c[0] for c in AT_KINKS])
def test_what_does_not_settle_refutes_nothing(formula, values):
    assert sd.trace(sd.parse(formula), values)


def test_the_trace_says_what_was_compared(capsys):
    values = ["--at", "w=[3,1]", "--at", "phi=[1,2]", "--at", "y=2"]
    assert main(["trace", "residual = w.phi - y; residual^2", "--wrt", "w", *values]) == 0
    assert "the derivative by w agrees with a central difference of the value" in capsys.readouterr().err
