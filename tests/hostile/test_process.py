"""The command as a process among others: interrupts, output files, closed pipes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symdiff.cli import main

# Its Hessian takes far longer than any test waits.
LONG = (
    "; ".join([f"a{k}: scalar" for k in range(60)])
    + "; "
    + "*".join(f"(a{k} + a{(k * 7 + 1) % 60}^2 + sin(a{k}*a{(k + 3) % 60}))" for k in range(60))
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and permissions")
rights = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")


def interrupted(folder: Path, *arguments: str, after: float = 1.5) -> tuple[int | None, bytes, bytes]:
    """The command, interrupted at its work; sooner where it had ended, or had its whole answer in place and was about to."""
    command = [sys.executable, "-m", "symdiff", *arguments]

    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in folder.iterdir()}

    files = content()
    for _ in range(4):
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(after)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
            left = content()
            if left != files:
                subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if left == files or left != content():
                return child.returncode, out, err
        else:
            child.communicate()
        for path in folder.iterdir():
            path.unlink()
        for path, text in files.items():
            path.write_bytes(text)
        after /= 1.6
    pytest.fail("it had always ended before the interrupt")


@posix
@pytest.mark.parametrize("word", [[], ["code"], ["steps"], ["handout"], ["graph"]], ids=lambda word: "".join(word) or "derivative")
def test_an_interrupt_during_work_is_quiet_and_leaves_nothing(tmp_path: Path, word: list[str]) -> None:
    target = tmp_path / "answer.html"
    target.write_text("old")
    name = "answer.svg" if word == ["graph"] else "answer.html"
    order = [] if word and word != ["code"] else ["--order", "6"]
    status, out, err = interrupted(tmp_path, *word, LONG, "--wrt", "a1", *order, "-o", name)
    assert (status, out) == (130, b"")
    assert b"Traceback" not in err
    assert b"KeyboardInterrupt" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["answer.html"]
    assert target.read_text() == "old"


@posix
def test_an_interrupt_while_verifying(tmp_path: Path) -> None:
    status, out, err = interrupted(
        tmp_path, "A: matrix(45,45); x: vector(45); x'*inv(A)*x", "--wrt", "A", "--limit", "seconds=600", after=2.5
    )
    assert (status, out) == (130, b"")
    assert b"Traceback" not in err


def answer(*arguments: str) -> int:
    return main(["x^2", "--wrt", "x", "--no-verify", *arguments])


@posix
def test_a_new_file_has_the_rights_that_the_umask_gives(tmp_path: Path) -> None:
    for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
        before = os.umask(mask)
        try:
            assert answer("-o", str(tmp_path / f"{mask}")) == 0
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mask}").stat().st_mode) == mode


@posix
def test_an_old_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "link").symlink_to("answer.txt")
    assert answer("-o", str(tmp_path / "link")) == 0
    assert (tmp_path / "link").is_symlink()
    assert target.read_text() == "2*x\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert len(list(tmp_path.iterdir())) == 2


@posix
def test_links_that_lead_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert answer("-o", str(tmp_path / "loop")) == 2
    (tmp_path / "far").symlink_to("no/such/file")
    assert answer("-o", str(tmp_path / "far")) == 2
    assert capsys.readouterr().err.count("cannot write") == 2
    (tmp_path / "new").symlink_to("made.txt")
    assert answer("-o", str(tmp_path / "new")) == 0
    assert (tmp_path / "made.txt").read_text() == "2*x\n"


@rights
def test_a_folder_that_may_not_be_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o555)
    try:
        assert answer("-o", str(tmp_path / "a.txt")) == 2
    finally:
        tmp_path.chmod(0o755)
    assert "Permission denied" in capsys.readouterr().err


@posix
def test_a_full_disk_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    assert answer("-o", "/dev/full") == 2
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "symdiff", "x^2", "--wrt", "x", "--no-verify"], check=False, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"No space left" in done.stderr
