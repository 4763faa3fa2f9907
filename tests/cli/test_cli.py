"""The command: what goes to which stream, and the exit status."""

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest

import symdiff as symdiff_package
from symdiff.cli import commands
from symdiff.cli.options import arrange
from symdiff.cli.registry import load
from symdiff.cli.table import COMMANDS, DEFAULT

HINGE = "max(1 - y*w.phi, 0)"
ANSWER = "-[y*w.phi < 1]*y*phi\n"


def examples(name):
    """The lines under "Examples" of a command's help."""
    return [line.strip() for line in load(name).epilog.splitlines() if line.strip().startswith("symdiff ")]


def process(*arguments, data=None, **env):
    return subprocess.run(
        [sys.executable, "-m", "symdiff", *arguments], check=False, input=data, capture_output=True, env={**os.environ, **env}, timeout=60
    )


# ---------------------------------------------------------------------------------------------- the answer


def test_the_answer_and_nothing_else(symdiff):
    status, out, err = symdiff(HINGE, "--wrt", "w")
    assert (status, out) == (0, ANSWER)
    assert "y: scalar" in err
    assert "vector" in err
    assert "SymPy" in err


def test_without_verification(symdiff):
    status, out, err = symdiff(HINGE, "--wrt", "w", "--no-verify")
    assert (status, out) == (0, ANSWER)
    assert "SymPy" not in err


def test_a_line_for_each_name_in_the_order_asked(symdiff):
    status, out, _ = symdiff("h = sigma(V*phi(x)); residual = w.h - y; residual^2", "--wrt", "V, w", "--no-verify")
    assert status == 0
    assert out == "V: 2*residual*(w .* h .* (1 - h))*phi(x)'\nw: 2*residual*h\n"


def test_greek_and_spelled_out_are_one_name(symdiff):
    assert symdiff("λ*φ^2", "--wrt", "φ", "--no-verify")[1] == symdiff("lambda*phi^2", "--wrt", "phi", "--no-verify")[1] == "2*lambda*phi\n"


@pytest.mark.parametrize(("formula", "answer"), [("-x^2", "-2*x\n"), ("-d*x^2", "-2*d*x\n"), ("--x", "1\n"), ("-o", "-1\n")])
def test_a_formula_may_begin_with_a_minus_sign(symdiff, formula, answer):
    name = "o" if formula == "-o" else "x"
    arguments = ["--", formula] if formula == "-o" else [formula]
    assert symdiff("--wrt", name, "--no-verify", *arguments)[:2] == (0, answer)


def test_arrange_leaves_values_with_their_flags():
    assert arrange(["-x^2", "--wrt", "x", "-d", "-x", "--no-verify"], load(DEFAULT)) == [
        "--wrt",
        "x",
        "-d",
        "-x",
        "--no-verify",
        "--",
        "-x^2",
    ]


def test_a_declaration(symdiff):
    status, out, _ = symdiff("0.5*x'*A*x", "-d", "A: symmetric matrix(n, n)", "--wrt", "x", "--no-verify")
    assert (status, out) == (0, "A*x\n")


def test_expand(symdiff):
    assert symdiff("b = a^2; b^2", "--wrt", "a", "--expand", "--no-verify")[:2] == (0, "4*a^3\n")


def test_a_value_that_is_no_scalar_gives_the_jacobian_and_says_so(symdiff):
    status, out, err = symdiff("A: matrix(m, n); x: vector(n); A*x", "--wrt", "x", "--no-verify")
    assert (status, out) == (0, "A\n")
    assert "Jacobian" in err


def test_second_order(symdiff):
    assert symdiff("x^3", "--wrt", "x", "--order", "2")[:2] == (0, "6*x\n")


def test_at_a_point(symdiff):
    status, out, _ = symdiff(HINGE, "--wrt", "w", "--at", "w=[3, 1]", "--at", "φ=[1,2]", "--at", "y=0.1")
    assert status == 0
    assert json.loads(out) == [-0.1, -0.2]


@pytest.mark.parametrize(
    ("arguments", "answer", "said"),
    [
        (["x'*A*y", "--hessian", "x,y"], "A\n", "verified"),
        (["x^3", "--hessian", "x"], "6*x\n", "verified"),
        (["x^7", "--wrt", "x", "--order", "6"], "5040*x\n", "verified"),
        (["a^2*b", "--wrt", "a,b", "--order", "2"], "a: 2*b\nb: 0\n", "verified"),
        (["norm2(A*x - y)^2", "--wrt", "x", "--layout", "numerator"], "2*(A*x - y)'*A\n", "numerator layout: the gradient is transposed"),
        (["tr(A*X)", "--wrt", "X", "--layout", "numerator"], "A\n", "numerator layout"),
        (["tr(A*X)", "--wrt", "X", "--layout", "denominator"], "A'\n", "verified"),
        (
            ["S: symmetric matrix(n, n); tr(A*S)", "--wrt", "S"],
            "(A + A')/2\n",
            "the derivative within the symmetric matrices; unconstrained takes",
        ),
        (["S: psd matrix(n, n); tr(A*S)", "--wrt", "S", "--unconstrained"], "A'\n", "S is psd: its entries are free here"),
        (["D: diagonal matrix(n, n); tr(A*D)", "--wrt", "D"], "diag(diag(A))\n", "within the diagonal matrices"),
        (["hypot(a, b)", "--wrt", "a"], "a/hypot(a, b)\n", "valid where hypot(a, b) != 0"),
        (["y: onehot vector(k); -y.log(softmax(z))", "--wrt", "z"], "softmax(z) - y\n", "uses: y onehot"),
        (["A: matrix(m, n); b: vector(m); A*x - b", "--wrt", "x,b"], "x: A\nb: -eye(m)\n", "this is its Jacobian"),
    ],
)
def test_forms_of_derivatives(symdiff, arguments, answer, said):
    status, out, err = symdiff(*arguments)
    assert (status, out) == (0, answer)
    assert said in err
    assert "verified by SymPy" in err


def test_what_is_assumed_of_one_answer_of_several(symdiff):
    _, _, err = symdiff("a*sqrt(x)", "--wrt", "a,x", "--no-verify")
    assert "x: valid where x != 0\n" in err
    assert "a: valid" not in err


def test_a_wrong_layout_is_withheld(symdiff, monkeypatch):
    """The verification sees the derivative through the layout."""
    from symdiff import differentiate

    monkeypatch.setattr(differentiate.Form, "remarks", lambda *arguments: [])
    right = vars(differentiate)["sweep"]
    monkeypatch.setattr(differentiate, "sweep", lambda f, wrt, unconstrained=False: right(f, wrt, unconstrained=not unconstrained))
    for flags in ([], ["--unconstrained"]):
        assert symdiff("S: symmetric matrix(n, n); tr(A*S)", "--wrt", "S", *flags)[:2] == (1, "")


# ---------------------------------------------------------------------------------------------- formats


def test_json(symdiff):
    status, out, err = symdiff("score = w.phi(x); margin = y*score; max(1 - margin, 0)", "--wrt", "w", "--format", "json")
    answer = json.loads(out)
    assert status == 0
    assert list(answer) == ["schema", "formula", "wrt", "types", "derivative", "where", "notes", "verified"]
    assert answer["wrt"] == ["w"]
    assert answer["derivative"]["w"]["text"] == "-[margin < 1]*y*phi(x)"
    assert set(answer["derivative"]["w"]) == {"text", "latex", "shape"}
    assert len(answer["derivative"]["w"]["shape"]) == 1
    assert answer["types"]["y"]["shape"] == []
    assert answer["types"]["w"]["source"]
    assert answer["where"]["margin"] == "y*score"
    assert answer["verified"]["ok"] is True
    assert set(answer["verified"]) == {"ok", "method", "sizes", "points", "kinks", "unreached", "max_error"}
    assert "SymPy" in err


def test_json_of_second_derivatives_and_assumptions(symdiff):
    answer = json.loads(symdiff("a*sqrt(x)", "--hessian", "a,x", "--format", "json")[1])
    assert answer["wrt"] == ["a", "x"]
    assert answer["derivative"]["a,x"]["text"] == "1/(2*sqrt(x))"
    assert answer["notes"] == ["valid where x != 0"]
    assert answer["verified"]["ok"] is True
    assert json.loads(symdiff("x^2", "--wrt", "x", "--format", "json", "--no-verify")[1])["notes"] == []


def test_json_without_verification(symdiff):
    assert json.loads(symdiff("x^2", "--wrt", "x", "--format", "json", "--no-verify")[1])["verified"] is None


@pytest.mark.parametrize(("form", "part"), [("latex", r"\phi"), ("unicode", "φ"), ("numpy", "import numpy as np"), ("text", "phi")])
def test_formats(symdiff, form, part):
    status, out, _ = symdiff(HINGE, "--wrt", "w", "--no-verify", "--format", form)
    assert status == 0
    assert part in out


def test_code_runs_alone(symdiff):
    status, source, _ = symdiff("code", "w.w", "--wrt", "w", "--no-verify")
    assert status == 0
    scope = {}
    exec(source, scope)
    assert scope["f"](w=[1.0, 2.0]).tolist() == [2.0, 4.0]


def test_rules(symdiff):
    status, out, _ = symdiff("rules")
    assert status == 0
    assert [line.split()[5:7] for line in out.splitlines() if line.startswith("exp ")] == [["x:", "y"]]


def test_sympy(symdiff):
    sympy = pytest.importorskip("sympy")
    status, out, _ = symdiff("sigma(a*x)", "--wrt", "x", "--format", "sympy")
    assert status == 0
    a, x = sympy.symbols("a x")
    assert sympy.simplify(sympy.sympify(out, {"a": a, "x": x}) - sympy.diff(1 / (1 + sympy.exp(-a * x)), x)) == 0
    assert symdiff("w: vector(n); n*w.x", "--wrt", "w", "--format", "sympy", "--at", "n=2")[:2] == (0, "Matrix([[2*x_1], [2*x_2]])\n")
    status, out, _ = symdiff("code", "w: vector(n); w.x", "--wrt", "w", "--target", "sympy", "--at", "n=2", "--no-verify")
    names = {}
    exec(out, names)
    assert status == 0
    assert names["f"] == sympy.Matrix(sympy.symbols("x_1 x_2"))


@pytest.mark.parametrize(("at", "message"), [([], "the dimensions are n; the sizes given are none"), (["--at", "n=0"], "the size n = 0")])
def test_sympy_needs_sizes(symdiff, at, message):
    status, out, err = symdiff("w: vector(n); w.w", "--wrt", "w", "--no-verify", "--format", "sympy", *at)
    assert (status, out) == (2, "")
    assert err.startswith(f"symdiff: {message}")
    assert "hint: --at n=2" in err


# ---------------------------------------------------------------------------------------------- files


def test_a_file_and_a_file_out(symdiff, tmp_path):
    formula, answer = tmp_path / "loss.sd", tmp_path / "answer.txt"
    formula.write_bytes(b"\xef\xbb\xbf# the hinge loss\r\nmargin = y*w.phi\r\nmax(1 - margin, 0)\r\n")
    for source in ([str(formula)], ["-f", str(formula)]):
        assert symdiff(*source, "--wrt", "w", "--no-verify", "-o", str(answer))[:2] == (0, "")
        assert answer.read_text() == "-[margin < 1]*y*phi\n"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["answer.txt", "loss.sd"]


def test_standard_input():
    done = process("-", "--wrt", "w", "--no-verify", data=HINGE.encode())
    assert (done.returncode, done.stdout.decode()) == (0, ANSWER)


def test_a_device_takes_the_answer(symdiff):
    assert symdiff("x^2", "--wrt", "x", "--no-verify", "-o", os.devnull)[:2] == (0, "")
    assert os.path.exists(os.devnull)


@pytest.mark.parametrize("path", ["", "no/such/place.txt"])
def test_an_answer_that_cannot_be_written(symdiff, tmp_path, path):
    status, out, err = symdiff("x^2", "--wrt", "x", "--no-verify", "-o", str(tmp_path / path))
    assert (status, out) == (2, "")
    assert f"cannot write {tmp_path / path}" in err
    assert list(tmp_path.iterdir()) == []


def test_a_failed_answer_leaves_the_file_alone(symdiff, tmp_path):
    file = tmp_path / "answer.txt"
    file.write_text("old")
    assert symdiff("x +", "--wrt", "x", "-o", str(file))[0] == 2
    assert file.read_text() == "old"


# ---------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], 'no formula\nhint: symdiff "max(1 - y*w.phi, 0)" --wrt w; more with symdiff --help'),
        (["graph"], 'no formula\nhint: symdiff graph "max(1 - y*w.phi, 0)" --wrt w -o hinge.svg; more with symdiff graph --help'),
        (["loss.sd", "--wrt", "w"], "cannot read loss.sd: there is no such file"),
        (["help", "nonsense"], "there is no command 'nonsense'"),
        (["help", "grpah"], "did you mean `symdiff graph`?"),
        (["completion"], "Missing argument"),
        (["a", "b"], "one formula, not 2"),
        (["a*b"], "by which variable?\nhint: --wrt NAME; its variables are a, b"),
        (["a*b", "--wrt", "c"], "'c' does not occur in the formula\nhint: its variables are a, b"),
        ([r"\frac{1}{2} (x - ab)^2", "--wrt", "ab"], "'ab' does not occur in the formula"),
        (["m = a*b; m^2", "--wrt", "n"], "hint: its variables are a, b and the names m"),
        (["phi(x)", "--wrt", "phi"], "phi is a function of the formula"),
        (["1/m*sum(i=1..m, x[i]^2)", "--wrt", "m"], "m is a dimension"),
        (["3", "--wrt", "x"], "the formula has no variables"),
        (["a*b", "--wtr", "a"], "`symdiff` has no option --wtr\nhint: did you mean --wrt"),
        (["a*b", "--wrt", "a", "--format", "word"], "'word' is not one of"),
        (["a*b", "--wrt", "a", "-o"], "requires an argument"),
        (["-f", "no such file.sd", "--wrt", "x"], "cannot read no such file.sd: No such file or directory"),
        (["-f", "/", "--wrt", "x"], "cannot read /: Is a directory"),
        (["a*b", "--wrt", "a", "--at", "b"], "--at b: this is not NAME=VALUE"),
        (["a*b", "--wrt", "a", "--at", "b=two"], "the value is not a number or a list of numbers"),
        (["a*b", "--wrt", "a", "--at", "b=[[1],[1,2]]"], "the value is not a number or a list of numbers"),
        (["a*b", "--wrt", "a", "--at", "b=true"], "the value is not a number or a list of numbers"),
        (["a*b", "--wrt", "a", "--at", "c=1"], "a value for 'c', which does not occur in the formula"),
        (["a*b", "--wrt", "a", "--at", "a=1", "--no-verify"], "b"),
        (["w.x", "--wrt", "w", "--at", "x=1", "--no-verify"], "x"),
        (["w.x", "--wrt", "w", "--at", "w=[1,2]", "--at", "x=[1,2,3]"], "x has shape (3,), but size(w) is 2"),
        (["w.x", "--wrt", "w", "--at", "w=[[1,2]]", "--at", "x=[1,2]"], "w should be a vector; its shape is (1, 2)"),
        (["w: vector(n); w.x/n", "--wrt", "w", "--at", "n=4", "--at", "x=[1,2]"], "n is 4, but the values have the size 2"),
        (["w: vector(n); s/n", "--wrt", "s", "--at", "n=[4]", "--at", "s=1"], "n is a size, a whole number"),
        (["x^2", "--wrt", "x", "--hessian", "x"], "--hessian stands in the place of --wrt and --order"),
        (["x^2", "--hessian", "x", "--order", "2"], "--hessian stands in the place of --wrt and --order"),
        (["x*y*z", "--hessian", "x,y,z"], "a second derivative is by one or two names, not 3"),
        (["x*y", "--hessian", "x,z"], "'z' does not occur in the formula"),
        (["h = a*b; h^2", "--hessian", "h,a"], "h is computed from a"),
        (["exp(x)", "--wrt", "x", "--order", "1000000000"], "the limit `order` is 30"),
        (["exp(x)", "--wrt", "x", "--order", "0"], "'--order'"),
        (["A*x", "--wrt", "x", "--kron", "--layout", "numerator"], "--kron has a layout of its own"),
        (["graph", "x^2", "--wrt", "x", "--brief"], "`symdiff graph` has no option --brief\nhint: `symdiff steps` has it"),
        (
            ["check", "x^2", "--wrt", "x", "--answer", "2*x", "--shapes"],
            "`symdiff check` has no option --shapes\nhint: `symdiff graph` has it",
        ),
        (["x^2", "--wrt", "x", "--answer", "2*x"], "`symdiff` has no option --answer\nhint: `symdiff check` has it"),
        (["graph", "x^2", "--wrt", "x", "--breif"], "has no option --breif\nhint: --brief is an option of `symdiff steps`"),
        (["check", "x^2", "--wrt", "x"], "which derivative is to be marked?"),
        (["grpah", "x^2", "--wrt", "x"], "there is no command 'grpah'\nhint: did you mean `symdiff graph`?"),
        (["grpah"], "did you mean `symdiff graph`?"),
        (["grad", "x^2", "--wrt", "x"], "the derivative needs no command: symdiff "),
        (["minimise", "x^2"], "hint: symdiff descend"),
        (["x: vector(n); y: vector(n); x*y", "--wrt", "x"], "`x .* y` goes entry by entry"),
        (["x: vector(n); x^2", "--wrt", "x"], "`x.^2` goes entry by entry"),
        (["", "--wrt", "x"], "the formula is empty"),
        (["x^2", "--wrt", ","], "by which variable?"),
        (["2x", "--wrt", "x"], "2*x"),
        (["x*(1 + y", "--wrt", "x"], "^"),
        (["sigmiod(x)", "--wrt", "x"], "sigmoid"),
    ],
)
def test_bad_input_is_one_message_and_status_2(symdiff, arguments, message):
    status, out, err = symdiff(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("symdiff: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("10^10^10*x", "10^10000000000\n"),
        ("1e400*x", "1e400\n"),
        ("2^2^2^2^2^2*x", "2^(2^65536)\n"),
        ("(" * 100_000 + "x" + ")" * 100_000, "1\n"),
    ],
    ids=["10^10^10", "1e400", "2^2^2^2^2^2", "brackets"],
)
def test_what_is_large_ends(symdiff, formula, answer):
    assert symdiff(formula, "--wrt", "x")[:2] == (0, answer)


def test_bytes_that_are_no_text(symdiff, tmp_path):
    (tmp_path / "x.sd").write_bytes(b"x^2 \xff")
    status, _, err = symdiff(str(tmp_path / "x.sd"), "--wrt", "x")
    assert status == 2
    assert "is not UTF-8 text (byte 5)" in err


def test_a_caret_stands_under_the_place(symdiff):
    _, _, err = symdiff("a + x y", "--wrt", "x")
    lines = err.splitlines()
    place = next(k for k, line in enumerate(lines) if set(line.strip()) == {"^"})
    assert lines[place - 1].endswith("a + x y")


def test_no_answer_where_the_verification_says_no(symdiff, monkeypatch):
    from dataclasses import replace

    from symdiff import differentiate
    from symdiff.expr.build import TWO, scale

    right = differentiate.derivatives
    monkeypatch.setattr(differentiate, "derivatives", lambda *arguments: [replace(g, expr=scale(TWO, g.expr)) for g in right(*arguments)])
    status, out, err = symdiff("w.w", "--wrt", "w")
    assert (status, out) == (1, "")
    assert "withheld" in err


def test_a_defect_is_no_traceback_and_not_status_1(symdiff, monkeypatch):
    from symdiff import differentiate

    monkeypatch.setattr(differentiate, "derivatives", lambda *arguments: 1 // 0)
    status, out, err = symdiff("w.w", "--wrt", "w")
    assert (status, out) == (2, "")
    assert "internal error: ZeroDivisionError" in err
    assert "Traceback" not in err


# ---------------------------------------------------------------------------------------------- the process


def test_help_and_version(symdiff):
    status, out, err = symdiff("--help")
    assert (status, err) == (0, "")
    assert "--wrt" in out
    assert 'symdiff "max(1 - y*w.phi, 0)" --wrt w' in out
    assert symdiff("--version") == (0, f"symdiff {symdiff_package.__version__}\n", "")


@pytest.mark.parametrize("name", [DEFAULT, *COMMANDS])
def test_every_help_has_a_text_options_and_examples(symdiff, name):
    asked = [] if name == DEFAULT else [name]
    status, out, err = symdiff(*asked, "--help")
    assert (status, err) == (0, "")
    assert out.startswith("Usage: symdiff")
    command = load(name)
    assert all(p.help for p in command.params if isinstance(p, click.Option))
    assert "  Examples:\n    symdiff " in out
    assert "\\b" not in out  # click's mark of a paragraph whose lines stay, typed as two characters
    assert max(map(len, out.partition("Options:")[0].splitlines())) <= 80
    assert symdiff(*asked, "-h")[1] == out
    if asked:
        assert symdiff("help", name)[1] == out
        assert f"  {name} " in symdiff("--help")[1]


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("name", "line"), [(name, line) for name in (DEFAULT, *COMMANDS) for line in examples(name)], ids=lambda x: x[:40])
def test_every_example_of_every_help_is_right(symdiff, tmp_path, monkeypatch, name, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loss.sd").write_text(HINGE)
    rows = ["phi[1],phi[2],y", *(f"{k % 5 - 2},{k % 3 - 1},{1 if k % 2 else -1}" for k in range(40))]
    (tmp_path / "train.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "test.csv").write_text("\n".join(rows[:20]) + "\n")
    np.savez(tmp_path / "train.npz", phi=np.ones((8, 2)), y=np.ones(8))
    (tmp_path / "requests.jsonl").write_text('{"formula": "w.x", "wrt": "w"}\n')
    (tmp_path / "sheet.toml").write_text(
        f'title = "Losses"\n[[problem]]\nid = "hinge"\nformula = "{HINGE}"\nwrt = "w"\nat = {{w = [3, 1], phi = [1, 2], y = 0.1}}\n'
    )
    for file in ("hinge.sd", "squared.sd"):
        (tmp_path / file).write_text(f"# wrt: w\n{HINGE}\n")
    (tmp_path / "answers.csv").write_text("student,problem,answer\nada,hinge,-y*phi*[y*w.phi < 1]\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    monkeypatch.setattr("socketserver.BaseServer.serve_forever", interrupted)  # Ctrl+C, as soon as the server waits
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    before = {p.name for p in tmp_path.iterdir()}
    status, out, _ = symdiff(*shlex.split(line)[1:])
    made = {p.name for p in tmp_path.iterdir()} - before
    assert status == 0
    assert out or made


def test_there_is_a_file_for_every_command():
    assert {p.stem for p in Path(commands.__file__).parent.glob("*.py")} - {"__init__"} == {DEFAULT, *COMMANDS}


def test_only_the_file_of_the_command_is_imported():
    code = "import sys; from symdiff.cli import main; main(['x^2', '--wrt', 'x', '--no-verify']); print([m for m in sys.modules if m.startswith('symdiff.cli.commands.')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "['symdiff.cli.commands.derivative']"


def test_a_reader_that_leaves():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-m", "symdiff", "rules"], check=False, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_is_quiet():
    child = subprocess.Popen([sys.executable, "-m", "symdiff", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.0)  # until it waits for the formula
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (130, b"", b"")


def test_a_stream_that_cannot_hold_the_letters():
    done = process(HINGE, "--wrt", "w", "--no-verify", "--format", "unicode", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert b"\\u03c6" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("env", "colour"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_shows_everything(env, colour):
    import pty

    outer, inner = pty.openpty()
    arguments = [sys.executable, "-m", "symdiff", HINGE, "--wrt", "w"]
    with subprocess.Popen(arguments, stdout=inner, stderr=inner, env={**os.environ, "TERM": "xterm", **env}) as child:
        os.close(inner)
        seen = b""
        while True:
            try:
                part = os.read(outer, 4096)
            except OSError:
                break
            if not part:
                break
            seen += part
    os.close(outer)
    text = seen.decode()
    assert child.returncode == 0
    assert "·φ < 1]" in text
    assert "scalar" in text
    assert "SymPy" in text
    assert ("\x1b[1m" in text) is colour


def test_kron_gives_the_matrix_over_stacked_columns(symdiff):
    status, out, err = symdiff("A: matrix(p,m); X: matrix(m,n); B: matrix(n,q); A*X*B", "--wrt", "X", "--kron")
    assert (status, out) == (0, "kron(B', A)\n")
    assert "d vec(f)/d vec(x)" in err
    assert "verified" in err
    status, out, err = symdiff("X: matrix(m,n); X'", "--wrt", "X", "--kron")
    assert (status, out) == (0, "commutation(m, n)\n")
    assert "verified" in err
