"""Nonsense on the command line: one message, status 2, nothing on standard output, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from symdiff.cli import main

X = ["x^2", "--wrt", "x"]
NONSENSE: list[list[str]] = [
    *[["x^2", "--wrt", name] for name in ("nonsense", "x x", "__import__('os')", "x;y", "\u0301", "²", "x" * 10_000, "," * 1_000, "\x1b[2J")],
    ["a = b; b = a; a", "--wrt", "a"],
    ["x: scalar; x: vector(n); x", "--wrt", "x"],
    ["x = 1; x = 2; x", "--wrt", "x"],
    ["x: vector(x); x.x", "--wrt", "x"],
    ["n: scalar; x: vector(n); x.x", "--wrt", "x"],
    *[[*X, *rest] for rest in (["--frobnicate"], ["--order", "nan"], ["--order", "-1"], ["--order", "9" * 22], ["--format", "exe"], ["--wrt"], ["--layout", "diagonal"])],
    *[[*X, "--at", at] for at in ("x", "x=", "=3", "x=[", "x=" + "[" * 10_000, "x=[[1,2],[3]]", "x=" + "9" * 5_000, "x=__import__('os')", "y=1", "x=true", 'x="3"', "x={}")],
    *[[*X, "-d", d] for d in ("x", "x: foo", "", "x = 3", "x: vector(n); y", "x: vector(", "x: vector(" + "9" * 5_000 + ")")],
    *[[*X, "--limit", limit] for limit in ("a=1", "digits", "digits=-1", "digits=nan", "digits=inf", "=", "characters=2")],
    *[[*X, "--values", name] for name in ("missing.json", "bad.json", "list.json", "object.json", "bad.csv", "bad.npy", "bad.npz", "folder", "loop", "deep.json")],
    *[[*X, "-o", name] for name in ("folder", "no/such/a", "loop", "file.sd/a", "", "y" * 5_000)],
    *[["-f", name, "--wrt", "x"] for name in ("folder", "loop", "missing.sd", "a\x01b", "x" * 5_000, "binary.sd", "empty.sd")],
    *[["binary.sd", "--wrt", "x"], ["missing.sd", "--wrt", "x"], [""], ["--"], ["--wrt"], ["--", "--", "x"]],
    *[["check", *X, *rest] for rest in ([], ["--answer", ""], ["--answer", "2*"], ["--answer", "2*y"], ["--answer", "(" * 10_000])],
    ["check", "--answer", "2*x"],
    *[["code", *rest] for rest in ([*X, "--target", "rust"], ["x: vector(n); x.x", "--wrt", "x", "--target", "math"], ["phi(x)", "--wrt", "x", "--target", "c"], [])],
    *[["graph", *rest] for rest in ([*X, "-o", "a.exe"], [*X, "-o", "none"], ["x^2"], [*X, "--frames", "file.sd"], [*X, "--at", "x=[1]"], [*X, "--theme", "pink"])],
    *[["handout", *rest] for rest in ([*X, "-o", "a.docx"], ["x^2", "--wrt", "y"], [])],
    *[["trace", "x^2", *rest] for rest in (["--at", "y=2"], [], ["--at", "x=2", "--perturb", "nan"], ["--at", "x=2", "--perturb", "0"])],
    *[["steps", *rest] for rest in (["x^2"], [*X, "--order", "4"], [*X, "--format", "numpy"], [])],
    *[["rules", "--only", name] for name in ("nonsense", "'" * 10_000)],
    *[["x^2", "--hessian", names] for names in ("x,y,z", ",")],
    *[["w: vector(n); w.w", "--wrt", "w", "--no-verify", "--format", "sympy", "--at", at] for at in ("n=-2", "n=1e9", "n=1000000000", "n=[2]")],
    ["x: vector(" + "9" * 30 + "); x.x", "--wrt", "x"],
    ["A: matrix(n, n); A^101*x", "--wrt", "x"],
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    if hasattr(os, "symlink"):
        (tmp_path / "loop").symlink_to("loop")
    for name, content in {
        "file.sd": b"x^2", "binary.sd": b"\x00\xff\xfe", "empty.sd": b"", "bad.json": b'{"x":', "list.json": b"[1]", "object.json": b'{"x": {"y": 1}}',
        "bad.csv": b"x,y\n1,2,3\n", "bad.npy": b"no array", "bad.npz": bytes(range(256)), "deep.json": b"[" * 100_000,
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("arguments", NONSENSE, ids=[" ".join(a)[:40].encode("unicode_escape").decode() or "nothing" for a in NONSENSE])
def test_nonsense(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(p.name for p in folder.iterdir())
    status = main(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.count("symdiff: ") == 1
    assert "Traceback" not in err
    assert "internal error" not in err
    assert len(err) < 2_000
    assert all(c.isprintable() or c == "\n" for c in err)
    assert sorted(p.name for p in folder.iterdir()) == before


def test_there_are_many() -> None:
    assert len(NONSENSE) > 100


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"\x00\xff", 2), (b"", 2), (b"x^2\x00", 2), (b"\xef\xbb\xbf", 2), (b"#" * 100_000, 2), (b"(" * 100_000, 2), (b"x " * 50_000, 2), (b"\n" * 100_000 + b"x^2", 0)],
    ids=["bytes", "nothing", "NUL", "mark", "comment", "brackets", "no operators", "lines"],
)  # fmt: skip
def test_standard_input(data: bytes, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "symdiff", "-", "--wrt", "x", "--no-verify"],
        check=False, input=data, capture_output=True, timeout=60, env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    assert (done.stdout == b"") is (status == 2)


def test_a_device_without_end() -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("no /dev/zero")
    assert main(["-f", "/dev/zero", "--wrt", "x", "--limit", "characters=1000"]) == 2
    assert main([*X, "--values", "/dev/zero", "--limit", "bytes=1000"]) == 2
