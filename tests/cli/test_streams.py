"""Streams that are closed, full or read by nobody; files that are whole or not there; what a terminal is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symdiff.cli import main

SYMDIFF = f'"{sys.executable}" -m symdiff'
ASK = f"{SYMDIFF} x^2 --wrt x --no-verify"
HINGE = "max(1 - y*w.phi, 0)"


def shell(line: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True, timeout=120, env={**os.environ, **env})


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and permissions")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        (f"{ASK} >&-", 2, "", "cannot write the answer: standard output is closed"),
        (f"{ASK} <&-", 0, "2*x\n", "x: scalar"),
        (f"{ASK} 2>&-", 0, "2*x\n", ""),
        (f"{ASK} >&- 2>&-", 2, "", ""),
        (f"{SYMDIFF} - --wrt x <&-", 2, "", "cannot read standard input: it is closed"),
        (f"{SYMDIFF} - --wrt x <&- 2>&-", 2, "", ""),
        (f"{SYMDIFF} --help >&-", 2, "", "standard output is closed"),
        (f"{SYMDIFF} y^2 --wrt x 2>&-", 2, "", ""),
        (f"{SYMDIFF} check x^2 --wrt x --answer 2*x 2>&-", 0, "correct\n", ""),
        (f"{ASK} -o here.txt >&- 2>&- <&-; cat here.txt", 0, "2*x\n", ""),
    ],
)  # fmt: skip
def test_closed_streams(line: str, status: int, out: str, err: str, unbuffered: str, tmp_path: Path) -> None:
    done = shell(f"cd {tmp_path}; {line}", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stdout) == (status, out)
    assert err in done.stderr if err else not done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "status", "out"),
    [(f"{ASK} >/dev/full", 2, ""), (f"{ASK} 2>/dev/full", 0, "2*x\n"), (f"{SYMDIFF} rules --help >/dev/full", 2, "")],
)
def test_a_full_device(line: str, status: int, out: str, unbuffered: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    done = shell(line, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stdout) == (status, out)
    assert "internal error" not in done.stderr
    assert ("cannot write the answer to standard output: No space left on device" in done.stderr) is (status == 2)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_readers_that_leave(unbuffered: str) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    reader, writer = os.pipe()
    os.close(reader)
    ask = [sys.executable, "-m", "symdiff", "x^2", "--wrt", "x", "--no-verify"]
    done = subprocess.run(ask, check=False, stdout=writer, stderr=subprocess.PIPE, timeout=60, env=env)
    assert (done.returncode, done.stderr.count(b"\n")) == (141, 1)  # the types
    done = subprocess.run(ask, check=False, stdout=subprocess.PIPE, stderr=writer, timeout=60, env=env)
    assert (done.returncode, done.stdout) == (0, b"2*x\n")
    os.close(writer)


# ---------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "arguments",
    [
        ["x^2", "--wrt", "x", "-o", "no/such/place"],
        ["code", "x^2", "--wrt", "x", "-o", "folder"],
        ["graph", "x^2", "--wrt", "x", "-o", "picture.exe"],
        ["graph", "x^2", "--wrt", "x", "--frames", "pictures", "-o", "no/such/place.svg"],
        ["graph", "x^2", "--wrt", "x", "--frames", "file"],
        ["handout", "x^2", "--wrt", "x", "-o", "page.docx"],
        ["descend", "x^2", "--wrt", "x", "--data", "missing.csv", "--plot", "no/such/plot.svg"],
        ["rules", "-o", "file/rules.md"],
    ],
)
def test_a_bad_output_is_found_before_the_work(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from symdiff import api

    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setattr(api, "read", lambda *given, **named: 1 // 0)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert not out and "cannot write" in err and "hint: " in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_frames_are_all_there_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from symdiff.teach.picture import Graph

    folder = tmp_path / "pictures"
    assert main(["graph", "h = sigma(a*x); r = h - y; r^2", "--wrt", "a", "--frames", str(folder)]) == 0
    many = sorted(p.name for p in folder.iterdir())
    (folder / "mine.svg").touch()
    (folder / "99.svg").touch()
    assert main(["graph", "x^2", "--wrt", "x", "--frames", str(folder)]) == 0
    few = sorted(p.name for p in folder.iterdir())
    assert few == [*many[: len(few) - 2], "99.svg", "mine.svg"] and len(few) - 2 < len(
        many
    )  # what goes on behind the new ones goes, nothing else
    kept = {p.name: p.read_bytes() for p in folder.iterdir()}

    drawn = Graph.rendered
    monkeypatch.setattr(
        Graph,
        "rendered",
        lambda self, form, theme="auto", step=None: drawn(self, form, theme, step) if step is None or step < 4 else interrupt(),
    )

    def interrupt() -> bytes:
        raise KeyboardInterrupt

    for target in (folder, tmp_path / "new"):
        assert main(["graph", "h = sigma(a*x); r = h - y; r^2", "--wrt", "a", "--frames", str(target)]) == 130
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == kept
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pictures"]


def test_saved_pictures_and_pages_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import symdiff as sd

    for thing, name in ((sd.graph("x^2", "x"), "a.mmd"), (sd.handout("x^2", "x", verify=False), "a.md")):
        (tmp_path / name).write_text("old")
        monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            thing.save(tmp_path / name)
        assert (tmp_path / name).read_text() == "old"
        monkeypatch.undo()
        thing.save(tmp_path / name)
        assert (tmp_path / name).read_text() != "old"
        with pytest.raises(sd.SymdiffError, match="cannot write"):
            thing.save(tmp_path / "no" / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.md", "a.mmd"]


# ---------------------------------------------------------------------------------------------- what a reader sees


def test_messages_wrap_at_words_with_the_caret_in_its_place(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    long = "max(1 - y*w.phi, 0) + log(1 + exp(-y*w.phi)) + a b + norm2(w)^2 + norm1(w)"
    assert main([long, "--wrt", "w"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert all(len(line) <= 60 for line in lines)
    (caret,) = [k for k, line in enumerate(lines) if set(line) == {" ", "^"}]
    start, end = lines[caret].index("^"), len(lines[caret])
    assert lines[caret - 1][start:end] == "a b"
    words = " ".join(lines[caret + 1 :]).split()
    assert " ".join(words).startswith("hint: write `max(1 - y*w.phi, 0) + log(1 + exp(-y*w.phi)) + a*b")
    monkeypatch.delenv("COLUMNS")
    assert main([long, "--wrt", "w"]) == 2
    assert any(len(line) > 80 for line in capsys.readouterr().err.splitlines())  # programs read lines


def test_a_caret_under_wide_letters_and_accents(capsys: pytest.CaptureFixture[str]) -> None:
    from unicodedata import combining, east_asian_width

    for text, wide in (("変数 + a b", 4), ("x\u0302\u0304 + a b", 1)):
        assert main([text, "--wrt", "a"]) == 2
        line, caret = capsys.readouterr().err.splitlines()[1:3]
        if set(caret.strip()) == {"^"}:
            before = line[: line.index("a b")]
            cells = sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in before)
            assert caret.index("^") == cells == 2 + wide + 3


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("env", "plain"), [({}, False), ({"NO_COLOR": "1"}, True), ({"TERM": "dumb"}, True)])
def test_control_characters_ask_first(env: dict[str, str], plain: bool) -> None:
    """Spinner, colours and the bar of `descend` alike."""
    import pty

    outer, inner = pty.openpty()
    program = "from symdiff.cli import streams; s = streams.Screen()\nwith s.busy('thinking'):\n    import time; time.sleep(0.9)\ns.note('done')\nb = streams.Bar(); b.show(1, 2, 0.5); b.clear()"
    with subprocess.Popen([sys.executable, "-c", program], stdout=inner, stderr=inner, env={**os.environ, "TERM": "xterm", **env}) as child:
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
    assert child.returncode == 0
    assert b"done" in seen
    assert (b"\x1b" not in seen and b"thinking" not in seen and seen.strip() == b"done") is plain


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and permissions")
def test_an_interruption_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "symdiff", "-", "--wrt", "x", "-o", str(tmp_path / "a.txt")], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err, list(tmp_path.iterdir())) == (130, b"", [])
