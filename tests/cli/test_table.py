"""Command x option: what each command knows is in docs/command.md, refuses the rest, and honours what it knows.

`SYMDIFF_UPDATE=1 pytest tests/cli/test_table.py` writes the table of docs/command.md anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

from symdiff.cli import main
from symdiff.cli.registry import load
from symdiff.cli.table import COMMANDS, DEFAULT

PAGE = Path(__file__).parents[2] / "docs" / "command.md"
NAMES = [DEFAULT, *COMMANDS]


def options(name: str) -> list[str]:
    """The options of a command as they are typed."""
    return [max((*p.opts, *p.secondary_opts[:0]), key=len) for p in load(name).params if isinstance(p, click.Option)]


ALL = sorted({option for name in NAMES for option in options(name)}, key=lambda o: (-sum(o in options(name) for name in NAMES), o))


def table() -> str:
    shown = ["`" + ("symdiff" if name == DEFAULT else name) + "`" for name in NAMES]
    lines = ["| option | " + " | ".join(shown) + " |", "|---|" + ":-:|" * len(NAMES)]
    lines += [f"| `{option}` | " + " | ".join("•" if option in options(name) else "" for name in NAMES) + " |" for option in ALL]
    return "\n".join(lines)


def test_the_page_has_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    made = re.sub(r"<!-- table -->\n.*<!-- end -->", lambda m: f"<!-- table -->\n{table()}\n<!-- end -->", text, flags=re.DOTALL)
    if os.environ.get("SYMDIFF_UPDATE"):
        PAGE.write_text(made, encoding="utf-8")
        text = made
    assert text == made


VALUES = {
    "--at": "x=2",
    "--set": "mu=0.9",
    "--limit": "seconds=5",
    "--order": "2",
    "--perturb": "0.1",
    "--step": "0.1",
    "--epochs": "1",
    "--batch": "1",
    "--seed": "1",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_command_does_not_know_it_refuses(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["--wrt", "x"] if "--wrt" in options(name) else []
    words = [] if name == DEFAULT else [name]
    for option in ALL:
        if option in options(name) or (len(option) == 2 and "--wrt" not in options(name)):  # `-d` may be a word of rules
            continue
        owner = next(n for n in NAMES if option in options(n))
        (param,) = (p for p in load(owner).params if option in p.opts)
        value = [] if isinstance(param, click.Option) and param.is_flag else [VALUES.get(option, "x")]
        status = main([*words, "x^2", *asked, option, *value])
        out, err = capsys.readouterr()
        assert (status, out) == (2, ""), option
        assert f"has no option {option}\nhint: " in err, option
        assert ("`symdiff " + owner + "`" if owner != DEFAULT else "the derivative itself") in err, option
    assert list(tmp_path.iterdir()) == []


X = ["x: vector(2); y: vector(2); x.x*y.y", "--wrt", "x"]
Q = ["(x.y)^2", "--wrt", "x", "--at", "x=[1,2]", "--at", "y=[3,4]"]
# One question per command and option whose answer the option changes: arguments without it, and what is added.
HONOURED: list[tuple[list[str], list[str]]] = [
    (X, ["--order", "2"]), ([*X[:1], "--wrt", "x"], ["--layout", "numerator"]), (["S: symmetric matrix(2,2); tr(A*S)", "--wrt", "S"], ["--unconstrained"]),
    (["m = y*w.phi; max(1 - m, 0)", "--wrt", "w"], ["--expand"]), (["A: matrix(p,m); X: matrix(m,n); A*X", "--wrt", "X"], ["--kron"]), (X, ["--at", "x=[1,2]", "--at", "y=[3,4]"]),
    (X, ["--format", "latex"]), (["x.a", "--wrt", "x"], ["-d", "a: vector(3)"]),
    *[([word, *X], ["--order", "2"]) for word in ("code", "steps", "backward", "graph")],
    *[([word, *X], ["--layout", "numerator"]) for word in ("steps", "backward", "graph")], (["trace", *Q], ["--layout", "numerator"]),
    (["steps", "tr(A*X)", "--wrt", "X"], ["--style", "differential"]), (["steps", "h = sigma(V*x); h.h", "--wrt", "V"], ["--names", "bar"]),
    (["backward", "h = sigma(V*x); h.h", "--wrt", "V"], ["--names", "bar"]), (["graph", *X], ["--across"]), (["graph", *X], ["--no-legend"]),
    (["graph", "sum(i=1..n, (x[i] - a)^2)", "--wrt", "a"], ["--no-plates"]),
    (["code", *X], ["--layout", "numerator"]), (["code", *X], ["--target", "torch"]), (["code", "S: symmetric matrix(2,2); tr(A*S)", "--wrt", "S"], ["--unconstrained"]),
    (["code", "A: matrix(p,m); X: matrix(m,n); A*X", "--wrt", "X"], ["--kron"]),
    (["trace", *Q], ["--perturb", "0.1"]), (["trace", *Q], ["--format", "csv"]), (["trace", "(x*y)^2", "--wrt", "x", "--at", "x=1", "--at", "y=2"], ["--order", "2"]),
    (["graph", *Q[:3]], ["--at", "x=[1,2]", "--at", "y=[3,4]"]), (["graph", *X], ["--shapes"]), (["graph", *X], ["--theme", "dark"]),
    (["steps", *X], ["--brief"]), (["steps", *X], ["--full"]), (["steps", *X], ["--format", "html"]), (["steps", *X], ["--no-verify"]),
    (["backward", *X], ["--format", "json"]),
    (["handout", *X, "--no-verify"], ["--title", "Mine"]), (["handout", *Q[:3], "--no-verify"], ["--at", "x=[1,2]", "--at", "y=[3,4]"]), (["handout", *X], ["--no-verify"]),
    (["check", *X, "--answer", "2*y.y*x"], ["--format", "json"]), (["check", *X, "--answer", "2*y.y*x'"], ["--layout", "numerator"]), (["check", *X, "--answer", "2*y.y*x"], ["--order", "2"]),
    (["check", "S: symmetric matrix(2,2); tr(A*S)", "--wrt", "S", "--answer", "A'"], ["--unconstrained"]),
    (["check", "A: matrix(p,m); X: matrix(m,n); A*X", "--wrt", "X", "--answer", "kron(eye(n), A)"], ["--kron"]),
    (["curvature", *X], ["--format", "json"]), (["curvature", "x*y^2", "--wrt", "y"], ["-d", "x: positive scalar"]),
    (["rules"], ["--only", "exp"]), (["rules"], ["--format", "markdown"]),
    (["stationary", "(x - a)^2", "--wrt", "x"], ["--format", "json"]),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "more"), HONOURED, ids=[" ".join([*a[:1], *m])[:50] for a, m in HONOURED])
def test_what_a_command_knows_it_honours(asked: list[str], more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for arguments in (asked, [*asked, *more]):
        status = main(arguments)
        out, err = capsys.readouterr()
        assert status in (0, 1, 3) or arguments is not asked, err
        answers.append((status, out, err))
    assert answers[0] != answers[1]
    assert answers[1][0] in (0, 1, 3) or "--layout" in more, answers[1]


WITH_OUTPUT = [name for name in NAMES if "-o" in options(name)]


@pytest.mark.parametrize("name", WITH_OUTPUT)
def test_a_bad_output_is_found_before_the_work(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder, a folder in the place of a file: whatever else is wrong is not looked at yet, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = [] if name == DEFAULT else [name]
    for path, said in (("none/x.svg", "none"), ("folder.svg", "folder"), ("file/x.svg", "file"), ("\0.svg", "cannot"), ("", "")):
        status = main([*words, "this is no formula (", "-o", path])
        out, err = capsys.readouterr()
        assert (status, out) == (2, ""), path
        if path:
            assert said in err and "hint" in err and "no formula" not in err, (path, err)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.svg"]


def test_hessians_in_every_view(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("steps", "backward", "graph", "handout", "trace", "code", "check"):
        more = {"trace": ["--at", "x=2", "--at", "y=3"], "check": ["--answer", "6*x*y"]}.get(word, [])
        assert main([word, "x^3*y^2", "--hessian", "x,x", *(more if word != "check" else ["--answer", "6*x*y^2"])]) == 0
        out, err = capsys.readouterr()
        if word not in ("code", "check"):
            assert "the derivative of order 2 is that of 3*x^2*y^2 by x" in err
        assert out


def test_higher_derivatives_that_there_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps", "x*y", "--wrt", "x", "--order", "2"]) == 2
    assert "does not have x: that of the next order is 0\nhint: --order 1" in capsys.readouterr().err
    assert main(["steps", "x^2*y^2", "--wrt", "x,y", "--order", "2"]) == 2
    assert "one variable at a time" in capsys.readouterr().err
