"""The numbers of the lecture and of the courses that everybody knows; values from files; every format; what is refused."""

import csv
import io
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.expr.node import NAME
from symdiff.printers import written

SQUARED = "residual = w.phi - y; residual^2"
POINT = {"w": [3, 1], "phi": [1, 2], "y": 2}


def passes(t):
    """(label, forward, backward) of every node."""

    def plain(value):
        return None if value is None else np.asarray(value).tolist()

    return [(n.text, plain(t.forward[n.id]), plain(t.backward.get(n.id))) for n in t.lesson.nodes]


def test_squared_loss_of_the_lecture():
    t = sd.trace(sd.parse(SQUARED), POINT, "w")
    assert passes(t) == [
        ("w", [3, 1], [6, 12]),
        ("phi", [1, 2], None),
        ("w.phi", 5, 6),
        ("y", 2, None),
        ("residual", 3, 6),
        ("L", 9, 1),
    ]
    assert [(e.text, np.asarray(t.gains[e]).tolist()) for e in t.lesson.edges if e.active] == [("2*residual", 6), ("1", 1), ("phi", [1, 2])]


def test_the_circuit_of_cs231n():
    t = sd.trace(sd.parse("(x + y)*z"), {"x": -2, "y": 5, "z": -4})
    assert t.value == -12
    assert t.answers == {"x": -4, "y": -4, "z": 3}


def test_the_neuron_of_cs231n():
    f = sd.parse("sigma(w0*x0 + w1*x1 + w2)")
    t = sd.trace(f, {"w0": 2, "w1": -3, "w2": -3, "x0": -1, "x1": -2}, ["w0", "w1", "w2", "x0", "x1"])
    assert round(t.value, 2) == 0.73
    assert [round(float(v), 2) for v in t.answers.values()] == [-0.20, -0.39, 0.20, 0.39, -0.59]


def test_the_expression_of_micrograds_readme():
    text = (
        "c = a + b; d = a*b + b^3; c1 = c + c + 1; c2 = c1 + 1 + c1 + (-a); d1 = d + d*2 + relu(b + a); "
        "d2 = d1 + 3*d1 + relu(b - a); e = c2 - d2; f = e^2; g = f/2; g + 10/f"
    )
    t = sd.trace(sd.parse(text), {"a": -4, "b": 2})
    assert (round(t.value, 4), round(float(t.answers["a"]), 4), round(float(t.answers["b"]), 4)) == (24.7041, 138.8338, 645.5773)


def test_paths_are_added_where_they_meet():
    t = sd.trace(sd.parse("a = x*y; a*z + a^2"), {"x": 2, "y": 3, "z": 4}, ["x", "a"])
    a = next(n for n in t.lesson.nodes if n.name == "a")
    assert sorted(float(t.passed[e]) for e in t.lesson.incoming[a.id]) == [4, 12]
    assert t.answers == {"x": 48, "a": 16}
    assert "12 + 4" in t.show("text") or "4 + 12" in t.show("text")


def test_an_opaque_function_is_a_value():
    t = sd.trace(sd.parse("score = w.phi(x); margin = y*score; max(1 - margin, 0)"), {"w": [1, 0], "phi": [2, 5], "y": -1}, "w")
    assert t.value == 3
    assert t.answers["w"].tolist() == [2, 5]


def test_an_operation_of_a_node_with_itself_has_two_edges():
    t = sd.trace(sd.parse("x*x"), {"x": 3})
    assert [float(t.passed[e]) for e in t.lesson.edges] == [3, 3]
    assert t.answers == {"x": 6}


def test_long_nodes_have_letters():
    text = "sin(a*b + c*d + a)*cos(a - b + c*d) + u1*exp(sin(a*b + c*d + a)*cos(a - b + c*d) + u1*a)"
    lesson = sd.trace(sd.parse(text), dict.fromkeys(("a", "b", "c", "d", "u1"), 1.0)).lesson
    named = {n.text: written(n.formula) for n in lesson.nodes if n.shown.op == NAME}
    assert "u1" not in named  # u1 is the user's
    assert {"u2", "z1", "z2", "L"} <= set(named) and not set(named) & {"a", "b", "c", "d"}
    assert sd.trace(sd.parse("sin(a*b + c*d + a)*cos(L - b + c*d)"), dict.fromkeys("Labcd", 1.0)).lesson.top.text == "L1"
    assert sd.trace(sd.parse("sin(a*b + c*d + a)*cos(a - b + c*d)"), dict.fromkeys("abcd", 1.0)).lesson.top.text == "L"


@pytest.mark.parametrize("eps", [1e-3, -1e-3])
def test_a_small_change_beside_its_prediction(eps):
    t = sd.trace(sd.parse(SQUARED), POINT, "w")
    moves = t.moves(eps)
    assert [(m.through, m.entry) for m in moves] == [("edge", ""), ("edge", ""), ("formula", "[1]"), ("formula", "[2]")]
    for m in moves:
        assert abs(m.after - m.before - m.predicted) < 1e-5
    assert math.isclose(moves[2].predicted, 6 * eps)
    with pytest.raises(sd.DomainError, match="a change by 0 shows nothing"):
        t.moves(0)


@pytest.mark.parametrize(
    "formula", ["norm2(A*x - y)^2", "sum(x .^ 2)", "x: vector(n); A: matrix(n,n); x'*A*x", "sum(i=1..n, prod(j=1..i, x[j]))"]
)
def test_changes_are_the_same_in_either_layout(formula):
    given = {"A": [[1, 2], [3, 5]], "x": [2, -1], "y": [1, 1]}
    f = sd.parse(formula)
    values = {name: given[name] for name in f.variables}
    wide, long = (f.trace(values, layout=layout).moves(1e-3) for layout in ("numerator", "denominator"))
    assert [m.predicted for m in wide] == [m.predicted for m in long]
    assert all(m.predicted == pytest.approx(m.after - m.before, abs=1e-4) for m in wide)


# ---------------------------------------------------------------------------------------------- formats


def test_every_format_holds_the_numbers():
    t = sd.trace(sd.parse(SQUARED), POINT, "w")
    for form in ("text", "unicode", "markdown", "latex", "html"):
        shown = t.show(form, perturb=0.001).replace("\\[", "[").replace("\\]", "]")
        assert "[6, 12]" in shown and "0.012004" in shown, form
    with pytest.raises(sd.SymdiffError, match="no tables in the format pdf"):
        t.show("pdf")


def test_csv_is_read_back():
    t = sd.trace(sd.parse(SQUARED), POINT, "w")
    lines = [line for line in csv.reader(io.StringIO(t.show("csv"))) if line]
    assert lines[0] == ["table", "name", "operation", "forward", "backward"]
    assert ["Forward and backward", "residual", "w.phi - y", "3.0", "6.0"] in lines
    assert all(len(line) == 5 for line in lines)


def test_json_is_read_back():
    data = json.loads(sd.trace(sd.parse(SQUARED), POINT, "w").show("json", perturb=0.001))
    assert data["value"] == 9
    assert data["derivative"] == {"w": {"text": "2*residual*phi", "value": [6, 12]}}
    assert [n["backward"] for n in data["nodes"]] == [[6, 12], None, 6, None, 6, 1]
    assert len(data["perturb"]) == 4
    lost = sd.trace(sd.parse("log(x)"), {"x": -1})
    assert json.loads(lost.show("json"))["value"] == "nan"


def test_no_cell_breaks_its_table():
    """Bars, underscores and Greek letters of the formula in every format."""
    t = sd.trace(sd.parse("x_1 = abs(phi_hat); x_1*[x_1 < 2] + max(x_1, 3)"), {"phi_hat": 1.5})
    rows = [line for line in t.show("markdown").splitlines() if line.startswith("|")]
    heads = {line.replace("\\|", "").count("|") for line in rows}
    assert heads == {5, 4} or heads == {5}
    for line in t.show("latex").splitlines():
        if "&" in line:
            assert line.count(" & ") == 3 or line.count(" & ") == 2

    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Balanced()
    reader.feed(t.show("html"))
    assert reader.open == []


# ---------------------------------------------------------------------------------------------- values


def ask(capsys, *arguments):
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def test_values_from_files(tmp_path, capsys):
    (tmp_path / "all.json").write_text('{"w": [3, 1], "phi": [1, 2], "y": 2}')
    (tmp_path / "columns.csv").write_text("w,phi\n3,1\n1,2\n")
    (tmp_path / "one.csv").write_text("y\n2\n")
    np.savez(tmp_path / "all.npz", **{k: np.array(v, dtype=float) for k, v in POINT.items()})
    np.save(tmp_path / "y.npy", np.array(2.0))
    want = ask(capsys, "trace", SQUARED, "--wrt", "w", "--at", "w=[3,1]", "--at", "phi=[1,2]", "--at", "y=2")
    assert want[0] == 0 and "[6, 12]" in want[1]
    for files in (["all.json"], ["all.npz"], ["columns.csv", "one.csv"], ["columns.csv", "y.npy"]):
        arguments = [x for file in files for x in ("--values", str(tmp_path / file))]
        assert ask(capsys, "trace", SQUARED, "--wrt", "w", *arguments) == want, files


def test_a_matrix_from_columns_of_one_name(tmp_path, capsys):
    (tmp_path / "data.csv").write_text("X,X,y\n1,2,5\n3,4,6\n5,6,7\n")
    status, out, _ = ask(
        capsys, "trace", "X: matrix(m, n); sum(X*w - y)", "--values", str(tmp_path / "data.csv"), "--at", "w=[1,1]", "--format", "json"
    )
    assert status == 0
    assert json.loads(out)["value"] == 3


REFUSED = [
    (["--at", "w=[3,1]", "--at", "phi=[1,2]"], "no value for y"),
    (["--at", "w=[3,1]", "--at", "phi=[1,2]", "--at", "y=2", "--at", "z=1"], "a value for 'z', which does not occur in the formula"),
    (["--at", "w=[3,1]", "--at", "phi=[1,2]", "--at", "y=[1,2]"], "y is a scalar, its value is a vector"),
    (["--at", "w=[3,1]", "--at", "phi=[1,2,3]", "--at", "y=2"], "phi has shape (3,), but size(w) is 2"),
    (["--values", "none.json"], "cannot read none.json"),
    (["--values", "bad.json"], "bad.json is not JSON"),
    (["--values", "list.json"], "list.json holds no names"),
    (["--values", "words.csv"], "words.csv: line 2 has a cell that is not a number"),
    (["--values", "short.csv"], "short.csv: line 2 has 1 cells, the head has 2"),
    (["--values", "bad.npy"], "bad.npy is not a NumPy file of numbers"),
    (["--values", "text.json"], "the value of w is not a number or a rectangular list of numbers"),
    (["--values", "all.json", "--perturb", "nan"], "perturb is a number above 0, not nan"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_refused(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "all.json": '{"w": [3, 1], "phi": [1, 2], "y": 2}', "bad.json": "{", "list.json": "[1]", "words.csv": "w,phi\n1,x\n", "short.csv": "w,phi\n1\n",
        "bad.npy": "numbers", "text.json": '{"w": ["a", [1]], "phi": [1, 2], "y": 2}',
    }.items():  # fmt: skip
        (tmp_path / name).write_text(content)
    status, out, err = ask(capsys, "trace", SQUARED, "--wrt", "w", *arguments)
    assert (status, out) == (2, "")
    assert err.removeprefix("symdiff: ").startswith(message)


def test_pickled_objects_are_not_loaded(tmp_path, capsys):
    np.save(tmp_path / "w.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    status, _, err = ask(capsys, "trace", "w.w", "--values", str(tmp_path / "w.npy"))
    assert status == 2
    assert "is not a NumPy file of numbers" in err


def test_a_value_with_axes_has_jacobians():
    t = sd.trace(sd.parse("A: matrix(m, n); x: vector(n); A*x"), {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, 2]}, "x")
    assert t.value.tolist() == [5, 11, 17] and t.answers["x"].tolist() == [[1, 2], [3, 4], [5, 6]]
    with pytest.raises(sd.DomainError, match="shown of a number"):
        t.show("text", perturb=0.1)


def test_examples_are_lines_of_a_table():
    f = sd.parse("X: matrix(m,n); y: vector(m); 1/m*sum(i=1..m, (w.X[i] - y[i])^2)")
    shown = sd.trace(f, {"X": [[1, 2], [3, 4], [5, 6]], "w": [1, 1], "y": [1, 2, 3]}, "w").show("text")
    tables = dict(block.split("\n", 1) for block in shown.split("\n\n"))
    assert [line.split() for line in tables["Example by example, forward"].splitlines()[2:]] == [
        ["1", "[1,", "2]", "3", "1", "2", "4"], ["2", "[3,", "4]", "7", "2", "5", "25"], ["3", "[5,", "6]", "11", "3", "8", "64"],
    ]  # fmt: skip
    assert [line.split() for line in tables["Example by example, backward"].splitlines()[2:]] == [
        ["1", "4/3", "4/3", "1/3"], ["2", "10/3", "10/3", "1/3"], ["3", "16/3", "16/3", "1/3"],
    ]  # fmt: skip
    assert max(map(len, shown.splitlines())) < 80


def test_on_a_terminal_there_are_colours():
    t = sd.trace(sd.parse(SQUARED), POINT, "w")
    coloured, plain = t.show("terminal"), t.show("unicode")
    assert re.sub("\x1b\\[[0-9]*m", "", coloured).split() == plain.split() and "\x1b[32m" in coloured and "\x1b[33m" in coloured
    assert "\x1b" not in plain


def test_numerator_layout_turns_matrices():
    f = sd.parse("h = sigma(V*phi); r = w.h - y; r^2")
    values = {"V": [[1, 2], [3, 4], [5, 6]], "w": [1, 1, 1], "phi": [1, 0], "y": 1}
    plain, turned = [sd.trace(f, values, ["V", "w"], layout=layout) for layout in ("denominator", "numerator")]
    assert turned.answers["V"].shape == (2, 3) and (turned.answers["V"] == plain.answers["V"].T).all()
    assert turned.answers["w"].reshape(-1).tolist() == plain.answers["w"].tolist()


def test_an_opaque_function_of_two_arguments_comes_with_a_derivative_for_each():
    f = sd.parse("f: scalar, vector(2) -> scalar; x: vector(2); f(t, x)^2")
    given = {
        "t": 2,
        "x": [1, 3],
        "f": lambda t, x: t * x[0] * x[1],
        "D1f": lambda t, x: x[0] * x[1],
        "D2f": lambda t, x: t * np.array([x[1], x[0]]),
    }
    t = sd.trace(f, given, ["t", "x"])
    assert t.value == 36 and t.answers["t"] == 36 and np.allclose(t.answers["x"], [72, 24])


def test_what_underflows_has_its_value():
    """In doubles softmax([0, 1000]) is 0 where log(p) needs e^-1000, and 1 - sigma(1000) is 0 where log needs it: 0*inf."""
    t = sd.trace(sd.parse("y, z: vector(n); p = softmax(z); cross_entropy(p, y)"), {"z": [0, 1000], "y": [0, 1]}, "z")
    assert t.answers["z"].tolist() == [0, 0]
    assert "nan" not in str(t)
    t = sd.trace(
        sd.parse("X: matrix(m,n); y: vector(m); a = sigma(X*w); -sum(y .* log(a) + (1 - y) .* log(1 - a))"),
        {"X": [[1000, 0], [1, 2]], "w": [1, 1], "y": [1, 0]},
        "w",
    )
    np.testing.assert_allclose(t.answers["w"], np.array([1, 2]) / (1 + np.exp(-3)))
    assert "nan" not in str(t)


def test_what_has_no_value_has_none():
    t = sd.trace(sd.parse("x/x"), {"x": 0}, "x")
    assert np.isnan(t.value) and np.isnan(t.answers["x"])
