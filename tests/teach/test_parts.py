"""Parts put together, functions of rows, names of backward values, and what the table of edges shows beside an adjoint."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import variables
from symdiff.printers import text
from symdiff.teach.record import ADJOINT, APART, OUTPUT, SLOT
from tests.printers.test_read_back import node
from tests.teach.truth import edge_faults, program_faults, step_faults, table_faults

PUT_TOGETHER = [
    ("x: vector(3); y: vector(2); z = concat(x, y, 2*x); z.z", {"x": [1, 2, -1], "y": [2, 3]}, "x", {"delta[1:3]", "delta[6:8]"}),
    ("x: vector(3); sum(concat(1, x, 2) .^ 2)", {"x": [1, 2, -1]}, "x", {"delta[2:4]"}),
    ("w: vector(3); sigma(w.[x, x^2, sin(x)])", {"w": [1, 2, -1], "x": 0.5}, "x", {"delta[1]", "delta[2]", "delta[3]"}),
    ("S: matrix(2,2); x: vector(2); B = hcat(S, x); norm2(B)^2", {"S": [[1, 2], [0, 1]], "x": [3, -1]}, "S", {"delta[:,1:2]"}),
    ("X: matrix(2,3); y: vector(3); B = vcat(y', X, ones(3)'); sum(B .* B)", {"X": [[1, 2, 0], [3, 1, 1]], "y": [1, 0, 2]}, "X", {"delta[2:3,:]"}),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "values", "name", "edges"), PUT_TOGETHER)
def test_parts_put_together_are_one_box(formula, values, name, edges):
    f = sd.parse(formula)
    lesson = f.lesson([name])
    put = [n for n in lesson.nodes if n.rule == "concat"]
    assert len(put) == 1 and not any(n.rule in ("matvec", "outer", "contraction") for n in lesson.nodes)
    assert edges <= {e.text for e in lesson.edges}
    program = f.backward([name])
    values = {k: np.asarray(v, dtype=float) for k, v in values.items()}
    for check in (program_faults, edge_faults):
        faults, count, _ = check(program, values)
        assert not faults and count
    for style in ("paths", "differential"):
        faults, count, _ = step_faults(f.steps(name, style=style, level="full"), program, values)
        assert not faults and count > 4


def test_what_is_put_together_two_by_two_is_written_as_one():
    for formula in ("x, y: vector(n); concat(x, y, 2*x, y)", "x: vector(n); vcat(x', x', x')", "x: vector(n); concat(1, x, 2)"):
        f = sd.parse(formula)
        assert str(f) == formula.split("; ")[1]
        assert sd.parse(str(f), given=f) == f


@pytest.mark.parametrize(
    "formula",
    [
        "x: vector(n); y: vector(m); z = concat(x, y, 2*x); z.z + sum(cumsum(x) .* x) + tr((x*x')*(x*x'))",
        "S = sum(i=1..n, y[i]*prod(j=2..i, t^(i-j+1)^2*x[j])); S - (2*S - S)",
        "x: vector(n); sum(i=1..n, prod(j=i..n, x[j]*t^j)) + prod(i=1..n, sum(j=1..i, x[j]^2))",
    ],
)
def test_letters_of_labels_are_all_replaced(formula):
    """Letters of one name and several shapes are kept apart while labels are written."""
    f = sd.parse(formula)
    for e in f.lesson(["x"]).edges:
        assert not any(str(name)[0] in (SLOT, OUTPUT, ADJOINT, APART) for name in variables([e.local]))
    given = {"y": [1, 2, 3], "x": [1, 0, 3], "t": 2}
    assert f.trace({name: given[name] for name in f.variables}, ["x"]).answers["x"].shape == (3,)


def test_running_sums_pass_down_sums():
    f = sd.parse("a: vector(n); sum(cumsum(a) .* a)")
    assert "delta + sum(delta) - cumsum(delta)" in {e.text for e in f.lesson(["a"]).edges}


def test_functions_of_rows_and_columns_are_said_of_one():
    f = sd.parse("A: matrix(m,n); sum(rowmax(A) .^ 2) + sum(colmean(A)) + sum(softmax(A) .* A)")
    shown = f.steps("A", level="normal").show("text")
    assert "rowmax(A)    (vector(m); largest entry, row by row)" in shown
    assert "colmean(A)    (vector(n); mean, column by column)" in shown
    assert "softmax(A)    (matrix(m, n); softmax, row by row)" in shown
    assert "mean(x) passes down delta/size(x), column by column" in shown


def test_a_softmax_of_a_label_is_one_line():
    program = sd.parse("z: vector(k); y: label(k); p = softmax(z); -log(p[y])").backward(["z"])
    assert [text(x.value and sd.notation.unparse.unparse(x.value)) for x in program.lines] == ["p - unit(y, k)"]


def test_an_adjoint_without_a_name_says_where_it_is_and_takes_no_other_name():
    f = sd.parse("[a, b, a*b].[b, a, 2*c]")
    program = f.backward(["a", "b"])
    names = {n.shown.name for n in program.lesson.nodes if n.shown.name}
    (line,) = [x for x in program.lines if not x.final]
    assert line.name.removeprefix("delta_") not in names
    assert "at a*b" in program.show("text") and "at $a \\, b$" in program.show("latex")
    assert "at a*b" in f.steps(["a", "b"]).show("text")


def test_kept_are_all_names_that_the_lines_read():
    program = sd.parse("S: matrix(n,n); x: vector(n); B = hcat(S, x); C = vcat(B, x'*B); sum(C .* C)").backward(["S", "x"])
    assert "kept: x, B, C" in program.show("text")


def test_transposes_of_transposes_are_left_out():
    f = sd.parse("X: matrix(n,d); u: vector(n); tr(expm(X'*X)) + u'*X*X'*u")
    assert not any("')'" in e.text for e in f.lesson(["X"]).edges)


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
def test_the_table_of_edges_shows_what_stands_beside_the_adjoint(layout):
    f = sd.parse("A: matrix(2,2); x, y: vector(2); z = A*x; z.y + softmax(x).y + (diag(y)*x).y")
    values = {"A": [[1, 2], [3, 4]], "x": [1, 1], "y": [3, 7]}
    trace = f.trace(values, wrt=["x"], layout=layout)
    faults, count = table_faults(trace, {k: np.asarray(v, dtype=float) for k, v in values.items()})
    assert not faults and count
    if layout == "denominator":
        (edges,) = [t for t in trace._tables() if t.title == "On the edges"]
        shown = [row[2].value for row in edges.rows if row[2]]
        assert [[1, 3], [2, 4]] in shown and [[1, 2], [3, 4]] not in shown


def test_examples_in_numerator_layout():
    f = sd.parse("X: matrix(m,n); w: vector(n); y: vector(m); r = X*w - y; r.r")
    shown = f.trace({"X": [[1, 2], [3, 4], [0, 1]], "w": [1, 1], "y": [1, 0, 1]}, wrt=["w"], layout="numerator").show("text")
    assert "2  14" in shown.split("backward\n", 2)[-1]


def test_names_behind_where_and_the_statement_carry_their_marks():
    f = sd.parse("X: matrix(m,n); E = exp(X - 2); sum(E .* E) + hinge(sum(X))")
    shown = f.steps("X").show("latex") + f.handout("X", verify=False).show("markdown")
    assert r"E = \exp^{\odot }" in shown and r"\exp(X" not in shown and "hinge" not in shown


def test_letters_within_a_name_look_as_they_do_alone():
    for typed, seen in (("delta_h1", "δ_h₁"), ("delta_mu", "δ_μ"), ("x_1", "x_1"), ("x_hat", "x_hat")):
        f = sd.parse(typed)
        assert f.unicode() == seen
        assert node(sd.parse(seen)) is node(f)
