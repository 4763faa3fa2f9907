"""u/norm2(u) is 0 at u = 0: for the verdict, the notes and the code alike."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.checking.components import Components
from symdiff.checking.directions import directed
from symdiff.checking.fields import Numeric
from symdiff.expr.node import VAR
from symdiff.expr.walk import topological

# Derivatives that have a value where the norm is 0, and what they are by.
WHOLE = [
    ("norm2(x)", "x"),
    ("norm2(A*x - y)", "x"),
    ("norm2(A*x - y)", "A"),
    ("X: matrix(m,n); sum(rownorm2(X))", "X"),
    ("norm2(x)*norm2(y)", "x"),
    ("norm2(x)*(x.a)", "x"),
    ("exp(-norm2(x))", "x"),
    ("norm2(w) + norm2(w)^2", "w"),
    ("c*norm2(x)/norm2(y)", "x"),
    ("norm2(phi(x))", "x"),
    ("norm2(x - mean(x))", "x"),
    ("sqrt(sum((X*w - y).^2))", "w"),
]


@pytest.mark.parametrize(("formula", "name"), WHOLE)
def test_neither_verdict_nor_notes_except_the_origin(formula, name):
    f = sd.parse(formula)
    g = sd.grad(f, name)
    verdict = sd.verify(f, name, g)
    assert verdict.method == "exact" and not verdict.gaps
    assert not any("valid where" in str(note) for note in g.notes)


@pytest.mark.parametrize(
    ("formula", "answer", "values"),
    [
        ("norm2(x)", "x/norm2(x)", {"x": [0, 0]}),
        ("c*norm2(x)/norm2(y)", "c*x/(norm2(x)*norm2(y))", {"x": [0, 0], "y": [3, 4], "c": 2}),
        ("norm2(w) + norm2(w)^2", "(1/norm2(w) + 2)*w", {"w": [0, 0]}),
        ("norm2(x)*(x.a)", "norm2(x)*a + x.a*x/norm2(x)", {"x": [0, 0], "a": [1, 2]}),
    ],
)
def test_code_and_check_have_the_same_value_at_the_origin(formula, answer, values):
    f = sd.parse(formula)
    g = sd.parse(answer, given=f)
    assert np.array_equal(g(**values), [0, 0])
    numeric = Numeric(30)
    leaves = {x: [numeric.number(int(v)) for v in np.ravel(values[x.name])] for x in topological([g.expr]) if x.op == VAR}
    sizes = {d: np.shape(values[x.name])[0] for x in leaves for d in x.shape}
    found = Components(numeric, sizes, leaves.__getitem__)(directed(g.expr))
    assert [float(v) for v in found] == [0, 0]


def test_a_norm_that_vanishes_on_a_region_refutes_nothing():
    f = sd.parse("norm2(relu(A*x))")
    verdict = sd.verify(f, "x", sd.grad(f, "x"))
    assert verdict.ok is True and not verdict.gaps


@pytest.mark.parametrize(
    "answer",
    [
        "x/norm2(x)^2*norm2(x - y)",  # a pole
        "y/norm2(x)",  # of another vector
        "x*x.y/norm2(x)^2",  # no limit
    ],
)
def test_what_is_no_direction_keeps_its_divisor(answer):
    g = sd.parse(f"x, y: vector(n); {answer}").expr
    assert directed(g) is g


def test_places_of_rows_count():
    same = sd.parse("X: matrix(m,n); diag(1 ./ rownorm2(X))*X").expr
    other = sd.parse("X: matrix(m,m); X*diag(1 ./ rownorm2(X))").expr
    assert directed(same) is not same and directed(other) is other


def test_a_wrong_answer_stays_wrong_beside_a_direction():
    f = sd.parse("norm2(x)")
    for wrong in ("-x/norm2(x)", "2*x/norm2(x)", "x/norm2(x) + [norm2(x) > 900]*x"):
        assert sd.verify(f, "x", sd.parse(wrong, given=f)).ok is False
