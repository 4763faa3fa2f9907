"""The tables of the parser are kept in the user's cache; nothing depends on them."""

import os
import subprocess
import sys

import pytest


def ask(cache):
    command = [sys.executable, "-m", "symdiff", "a^2", "--wrt", "a", "--no-verify"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "XDG_CACHE_HOME": str(cache)})
    assert "Traceback" not in done.stderr
    return done.stdout


def test_they_are_written_once_and_read_again(tmp_path):
    assert ask(tmp_path) == "2*a\n"
    (saved,) = (tmp_path / "symdiff").iterdir()
    first = saved.stat().st_mtime_ns
    assert ask(tmp_path) == "2*a\n"
    assert saved.stat().st_mtime_ns == first


@pytest.mark.parametrize("content", [b"", b"no tables", b"x\n\x80\x04."])
def test_damaged_ones_are_built_anew(tmp_path, content):
    ask(tmp_path)
    (saved,) = (tmp_path / "symdiff").iterdir()
    whole = saved.read_bytes()
    saved.write_bytes(content)
    assert ask(tmp_path) == "2*a\n"
    assert len(saved.read_bytes()) > len(content) + len(whole) / 2


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert ask(tmp_path / "file") == "2*a\n"
