"""Functions of one's own: checked at once, known downstream, and never registered."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.table import TABLE, OwnName

TOML = """
["softsign2(x)"]
value = "x/sqrt(1 + x^2)"
edge = "(1 + x^2)^(-3/2)"
latex = '\\varsigma'
source = "a lecture"

["hill(a, b)"]
value = "a^2/(a^2 + b^2)"
where = "a^2 + b^2 > 0"

["rms(x: vector)"]
value = "sqrt(mean(x.^2))"
"""


@pytest.fixture
def mine():
    return sd.define("softsign2(x)", "x/sqrt(1 + x^2)", edge="(1 + x^2)^(-3/2)")


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "mine.toml").write_text(TOML, encoding="utf-8")
    return str(tmp_path / "mine.toml")


def test_the_gradient_is_the_edge_that_was_given(mine):
    f = sd.parse("softsign2(w.x)", functions=[mine])
    g = sd.grad(f, "w")
    assert str(f) == "softsign2(w.x)" and str(g) == "x/sqrt((w.x)^2 + 1)^3"
    assert g.verify().method == "exact"
    assert sd.verify(f, "w", g).ok and sd.verify(f, "w", "2*x").ok is False
    assert mine.verdicts[0].ok and mine.edges == ("(1 + x^2)^(-3/2)",)


def test_everything_downstream_knows_it(mine):
    f = sd.parse("a*softsign2(w.x) + sum(softsign2(A*w))", functions=[mine])
    values = {"a": 2.0, "w": [0.3, -0.2], "x": [1.0, 2.0], "A": [[1.0, 0.5], [2.0, -1.0], [0.1, 0.2]]}

    def s(u):
        return u / np.sqrt(1 + np.asarray(u) ** 2)

    A, w, x = (np.array(values[name]) for name in "Awx")
    assert f(values) == pytest.approx(2 * s(w @ x) + s(A @ w).sum())
    g = sd.grad(f, "w")
    steps = [(f({**values, "w": w + h}) - f({**values, "w": w - h})) / 2e-6 for h in (np.array([1e-6, 0]), np.array([0, 1e-6]))]
    assert g(values) == pytest.approx(steps, rel=1e-6) == g.compile("numpy")(values)
    assert sd.hessian(f, "w").verify().ok and sd.jvp(f, "w", "v")({**values, "v": [1, 0]}) == pytest.approx(steps[0], rel=1e-6)
    assert str(sd.grad(f, "a")) == "softsign2(w.x)" and sd.parse("2*softsign2(w.x)", given=f).expr.args
    assert "softsign2" in sd.steps(f, "w", verify=False).show("text") and "softsign2" in sd.graph(f, "w").mermaid()
    assert sd.trace(f, values, "w").value == pytest.approx(f(values))
    assert sd.check(f, "a", "softsign2(w.x)").correct and not sd.check(f, "a", "softsign2(x.x)").correct
    assert "softsign2" in sd.handout(f, "w", verify=False).show("html") and "softsign2" in sd.backward(f, "w").show("text")
    for target in ("numpy", "math", "c"):
        one = sd.grad(sd.parse("softsign2(a)*softsign2(b)", functions=mine), "a")
        source = one.code(target)
        assert "softsign2(" not in source.replace(str(one), "").replace("softsign2(b)", "")
    assert one.compile("math")(a=0.3, b=0.7) == pytest.approx(s(0.7) / (1 + 0.09) ** 1.5)
    assert sd.curvature(sd.parse("sq(w.x)", functions=sd.define("sq(x)", "x^2")), "w").kind == "convex"


def test_edges_are_derived_where_none_are_given():
    assert sd.define("hill(a, b)", "a^2/(a^2 + b^2)").edges == ("2*a*b^2/(a^2 + b^2)^2", "-2*a^2*b/(a^2 + b^2)^2")
    assert sd.define("three(x)", "3").edges == ("0",)
    assert sd.define("logistic2(x)", "1/(1 + exp(-x))", "y*(1 - y)").edges == ("y*(1 - y)",)


def test_a_function_of_vectors_is_its_definition():
    rms = sd.define("rms(x: vector)", "sqrt(mean(x.^2))")
    f = sd.parse("rms(A*x - b)", functions=rms)
    assert str(f) == "sqrt(mean((A*x - b).^2))" and sd.grad(f, "x").verify().ok


def test_formulas_built_in_python(mine):
    w, x = sd.vectors("w x")
    assert str(mine(w @ x)) == "softsign2(w.x)"
    assert str(sd.grad(mine(w @ x), "w")) == "x/sqrt((w.x)^2 + 1)^3"
    with pytest.raises(sd.ShapeError, match="takes 1 argument, not 2"):
        mine(w, x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("s(x)", "x/sqrt(1 + x^2)", "(1 + x^2)^(-1/2)"), "is not the derivative of s(x) by x: at x = "),
        (("s(x)", "max(x, 0)", "[x > 1]"), "is not the derivative of s(x) by x: at x = "),
        (("h(a, b)", "a^2*b", ("2*a*b", "a")), "is not the derivative of h(a, b) by b: at a = "),
        (("h(a, b)", "a^2", ("2*a", "1")), "h does not hang on b"),
        (("h(a, b)", "a^2*b", "2*a*b"), "has 2 arguments and 1 edge"),
        (("s(x)", "x*z"), "`z` has no type here"),
        (("s(x)", "foo(x)"), "there is no function `foo`"),
        (("s(x)", "x +"), "the definition of s: the formula ends after `+`"),
        (("s(x)", 3), "the definition of s is a text"),
        (("s(x)", "vector(x, 3)"), "s of numbers is a vector(3)"),
        (("s(x: vector)", "x.x", "2*x"), "edges are for functions of numbers"),
        (("s(x: tensor)", "x"), "'tensor' is not a type of an argument"),
        (("exp(x)", "x"), "exp is a function of the language"),
        (("trace(x)", "x"), "trace is a function of the language"),
        (("s", "x"), "'s' is not the signature of a function"),
        (("s()", "1"), "names no argument"),
        (("s(x, x)", "x"), "x stands twice"),
        (("s(y)", "y"), "y is the value of the function"),
        ((3, "y"), "3 is not the signature"),
    ],
)
def test_refused(arguments, message):
    with pytest.raises(sd.SymdiffError) as caught:
        sd.define(*arguments)
    assert message in caught.value.message and caught.value.hint


def test_a_wrong_edge_is_refused_with_numbers_that_show_it():
    with pytest.raises(sd.SymdiffError) as caught:
        sd.define("s(x)", "x^3", "2*x^2")
    x, found, right = (
        float(part.split()[-1].rstrip(","))
        for part in (caught.value.message.split(" it is")[0], caught.value.message.split(", the derivative")[0], caught.value.message)
    )
    assert (found, right) == (pytest.approx(2 * x**2, rel=1e-4), pytest.approx(3 * x**2, rel=1e-4))
    assert "3*x^2" in caught.value.hint


def test_nothing_is_registered(mine):
    sd.grad(sd.parse("softsign2(w.x)", functions=[mine]), "w")
    assert "softsign2" not in TABLE and "softsign2" not in {row.name for row in sd.rules()}
    with pytest.raises(sd.UnknownNameError, match="there is no function `softsign2`"):
        sd.parse("softsign2(w.x)")
    other = sd.define("softsign2(x)", "x^3")
    one, two = (sd.parse("softsign2(a)", functions=m) for m in (mine, other))
    assert one.expr is not two.expr and one != two and one.expr.key != two.expr.key
    assert (one(a=2), two(a=2)) == (pytest.approx(2 / 5**0.5), 8)
    assert str(sd.grad(two, "a")) == "3*a^2"
    assert sd.parse("softsign2(a)", functions=[mine, mine]).expr is one.expr
    with pytest.raises(sd.SymdiffError, match="two functions softsign2"):
        sd.parse("softsign2(a)", functions=[mine, other])
    assert pickle.loads(pickle.dumps(one)).expr is one.expr


def test_structural_keys_are_the_same_in_every_process(mine):
    code = 'import symdiff as sd; print(sd.parse("softsign2(w.x)", functions=sd.define("softsign2(x)", "x/sqrt(1 + x^2)", edge="(1 + x^2)^(-3/2)")).expr.key)'
    keys = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        ).stdout
        for seed in "12"
    }
    assert keys == {f"{sd.parse('softsign2(w.x)', functions=mine).expr.key}\n".encode()}


def test_names_that_bring_rows(mine):
    name, other = OwnName(mine.row), OwnName(mine.row._replace(define="x^3"))
    assert name == OwnName(mine.row) and name != other and hash(name) != hash(other) and name != "softsign2" and str(name) == "softsign2"
    assert (
        TABLE[name].define == "x/sqrt(1 + x^2)"
        and name in TABLE
        and TABLE.names.get(name) is name.row
        and TABLE.names.get("softsign2") is None
    )
    assert pickle.loads(pickle.dumps(name)) == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("softsign2 = 3; softsign2(w.x)", "is a function of your own"),
        ("softsign2(w, x)", "takes 1 argument, not 2"),
        ("softsign2'(a)", "prime"),
    ],
)
def test_misuse_has_a_place(mine, text, message):
    with pytest.raises(sd.SymdiffError, match=message) as caught:
        sd.parse(text, functions=mine)
    assert caught.value.span and caught.value.text == text


# ---------------------------------------------------------------------------------------------- files and the command


def test_a_file_of_functions(file):
    f = sd.parse("softsign2(w.x)*hill(a, b) + rms(w)", functions=file)
    assert all(g.verify().ok for g in sd.grad(f, ["w", "a", "b"]))
    assert r"\varsigma" in sd.grad(f, "a").latex()
    assert [row.name for row in sd.rules(file)[-3:]] == ["softsign2", "hill", "rms"]
    assert str(sd.parse_latex(r"\operatorname{softsign2}(w^\top x)", functions=file)) == "softsign2(w'*x)"


def test_the_command(file, capsys):
    def call(*arguments):
        status = main(arguments)
        return status, *capsys.readouterr()

    status, out, err = call("softsign2(w.x)", "--functions", file, "--wrt", "w")
    assert (status, out) == (0, "x/sqrt((w.x)^2 + 1)^3\n") and "verified by SymPy: exact" in err
    assert call("check", "softsign2(a)", "--functions", file, "--wrt", "a", "--answer", "(1 + a^2)^(-3/2)")[:2] == (0, "correct\n")
    for word in ("steps", "backward", "graph", "handout", "code", "curvature"):
        assert call(word, "softsign2(a)", "--functions", file, "--wrt", "a")[0] in (0, 3)
    assert call("trace", "softsign2(a)", "--functions", file, "--at", "a=2")[0] == 0
    rules = json.loads(call("rules", "softsign2", "hill", "--functions", file, "--format", "json")[1])
    assert [(rule["name"], rule["source"]) for rule in rules] == [("softsign2", "a lecture"), ("hill", "sd.define")]
    assert call("softsign2(w.x)", "--wrt", "w")[0] == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = ", "is not TOML"),
        ('["s(x)"]\nedge = "1"', "s(x) has no value"),
        ('["s(x)"]\nvalue = "x^2"\nedge = "x"', "mine.toml: x is not the derivative of s(x)"),
        ('["s(x)"]\nvalue = "x^2"\nnumpy = "os.system"', "s(x) has numpy"),
        ('["s(x)"]\nvalue = 3', "what s(x) has are texts"),
        ('s = 3', "s has no value"),
        (None, "cannot read"),
    ],
)  # fmt: skip
def test_bad_files(content, message, tmp_path, capsys):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main(["s(w.x)", "--functions", str(path), "--wrt", "w"]) == 2
    out, err = capsys.readouterr()
    assert not out and message in err and "hint: " in err and "internal error" not in err
