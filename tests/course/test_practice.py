"""Practice on the terminal: entries are marked with their diagnosis, and whatever ends the input ends it cleanly, with the score."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.course.practice import practice
from symdiff.course.sheetfile import read_sheet

SMALL = Path(__file__).parent / "small.toml"
COMMAND = [sys.executable, "-m", "symdiff", "practice", str(SMALL)]


def run(*entries: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    text = "".join([e + "\n" for e in entries])
    return subprocess.run(
        [*COMMAND, *options],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )


def test_a_walk_through_a_problem() -> None:
    walk = practice(read_sheet(SMALL), "square")
    said = [walk.enter(text).text for text in ("2*b", "2*b", "2a", "3", "16", "8")]
    assert said == [
        "right",
        "this is the local derivative on another edge, L to b",
        "right: in loose notation: `2*a` is meant",
        "this is another number",
        "this is the forward value of L",
        said[5],
    ]
    assert "right is 4" in said[5] and not walk.over
    for text in ("16", "8", "32", "4*a^3"):
        assert walk.enter(text).text == "right"
    assert walk.over and walk.score == "6 of 7 right, 5.5 of 6 points"


def test_hints_answers_and_the_end() -> None:
    walk = practice(read_sheet(SMALL))
    assert walk.enter("?").text == "Start on top with 1." and "derivative of the upper value" in walk.enter("?").text
    assert walk.enter("(").mark == "unreadable" and walk.done == 0
    assert walk.enter("!").text == "2*b" and walk.enter("").text == "" and walk.done == 2
    assert walk.enter("q").over and walk.over and walk.score == "0 of 2 right, 0 of 2 points"
    with pytest.raises(sd.SymdiffError, match="no problem 'cube'"):
        practice(read_sheet(SMALL), "cube")


def test_the_end_of_the_input() -> None:
    done = run("2*b", options=("--problem", "square"))
    assert done.returncode == 0 and "1 of 1 right, 1 of 1 points" in done.stdout and not done.stderr
    done = run("b", "q", options=("--problem", "square"))
    assert done.returncode == 0 and "a factor of 2 is missing" in done.stdout and "0 of 0 right" in done.stdout


def test_other_numbers() -> None:
    done = run("q", options=("--seed", "4"))
    assert done.returncode == 0 and "A square of a square" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_an_interrupt_at_a_terminal() -> None:
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen([*COMMAND, "--problem", "square"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    seen = b""
    try:
        for entry in (b"2*b\n", None):
            end = time.monotonic() + 60
            while not seen.endswith(b" = ") and time.monotonic() < end:
                seen += os.read(master, 4096)
            if entry is not None:
                os.write(master, entry)
                seen += os.read(master, 4096)
        time.sleep(1.0)  # until it waits: between the prompt and the waiting, CPython's readline misses a signal
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        while True:
            try:
                more = os.read(master, 4096)
            except OSError:
                break
            if not more:
                break
            seen += more
    finally:
        process.kill()
        os.close(master)
    assert "1 of 1 right" in seen.decode() and "Traceback" not in seen.decode()
