"""The streams of the command, one function at a time: terminals, streams that take nothing, and what is said of them."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from typing import Any

import pytest

from symdiff.cli import streams
from symdiff.errors import SymdiffError


class Terminal(io.StringIO):
    """A terminal of so many columns."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 7


class Failing(io.StringIO):
    """A stream that takes nothing."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What a test puts in the place of standard error itself: pytest changes that between a fixture and its test."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    return Terminal()


@pytest.fixture
def silenced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    numbers: list[int] = []
    monkeypatch.setattr(streams, "silence", numbers.append)
    return numbers


FULL, GONE = OSError(errno.ENOSPC, "No space left on device"), BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_a_reader_who_has_gone_is_told_nothing(silenced: list[int]) -> None:
    assert streams.unwritten(GONE) is GONE and silenced == []


def test_a_full_device_is_named_once(silenced: list[int]) -> None:
    said = streams.unwritten(FULL)
    assert isinstance(said, SymdiffError) and silenced == [1]
    assert (said.message, said.hint) == ("cannot write the answer to standard output: No space left on device", "-o FILE")


@pytest.mark.parametrize("error", [FULL, GONE, ValueError("I/O operation on closed file")], ids=["full", "gone", "closed"])
def test_what_stands_beside_the_answer_never_stands_in_the_way(
    error: Exception, silenced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    streams.aside("a note", Failing(error))
    assert silenced == [2]
    out = Failing(error)
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(type(error)):
        streams.aside("a note", out)
    assert silenced == [2]
    streams.aside("a note", None)


def test_an_answer_that_cannot_be_printed(silenced: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SymdiffError, match="cannot write the answer: standard output is closed"):
        streams.deliver("x", "-")
    monkeypatch.setattr(sys, "stdout", Failing(FULL))
    with pytest.raises(SymdiffError, match="cannot write the answer to standard output: No space left on device"):
        streams.deliver("x", "-")
    monkeypatch.setattr(sys, "stdout", Failing(GONE))
    with pytest.raises(BrokenPipeError):
        streams.deliver("x", "-")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\ufeffx^2\r\n".encode())))
    assert streams.read("-") == "x^2\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x\xff")))
    with pytest.raises(SymdiffError, match=r"- is not UTF-8 text \(byte 2\)"):
        streams.read("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SymdiffError, match="cannot read standard input: it is closed"):
        streams.read("-")
    with pytest.raises(SymdiffError, match="cannot read a\0b: embedded null byte"):
        streams.read("a\0b")


@pytest.mark.parametrize(("said", "width"), [("100", 100), ("5", 20), ("-3", 20), ("wide", 0), ("", 31)])
def test_the_width_of_messages(said: str, width: int, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", said)
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((31, 9)))
    assert streams.columns(terminal) == width
    if not said:
        assert streams.columns(io.StringIO()) == streams.columns(None) == 0

        def unknown(number: int) -> Any:
            raise OSError(errno.ENOTTY, "no terminal")

        monkeypatch.setattr(os, "get_terminal_size", unknown)
        assert streams.columns(terminal) == 0


def test_a_sign_of_life_after_half_a_second(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    with streams.Screen().busy("thinking"):
        time.sleep(1)
    shown = terminal.getvalue()
    assert shown.startswith("\r| thinking") and shown.endswith("\r\x1b[K")
    with streams.Screen().busy("quick"):
        pass
    assert terminal.getvalue() == shown


def test_a_bar(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    bar = streams.Bar()
    bar.show(1, 4, 0.123456789)
    bar.show(2, 4, 0.1)  # too soon
    bar.show(4, 4, 0.05)
    bar.clear()
    first, last = f"{'#' * 6}{'.' * 18}", "#" * 24
    assert terminal.getvalue() == f"\r[{first}] epoch 1/4  loss 0.123457\x1b[K\r[{last}] epoch 4/4  loss 0.05\x1b[K\r\x1b[K"


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = io.StringIO()
    monkeypatch.setattr(sys, "stderr", quiet)
    bar = streams.Bar()
    bar.show(1, 1, 0.5)
    bar.clear()
    with streams.Screen().busy("thinking"):
        pass
    assert quiet.getvalue() == ""


def test_streams_that_were_closed_are_occupied(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def state(number: int) -> None:
        if number != 1:
            raise OSError(errno.EBADF, "Bad file descriptor")

    def device(path: str, flags: int) -> int:
        assert path == os.devnull
        opened.append(flags)
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", state)
        patched.setattr(os, "open", device)
        streams.occupy_closed()
    assert opened == [os.O_RDONLY, os.O_WRONLY]


def test_windows_writes_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="cp1252"), io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    streams.prepare()
    assert (out.encoding, out.errors) == ("cp1252", "backslashreplace")
    monkeypatch.setattr(sys, "platform", "win32")
    streams.prepare()
    assert (out.encoding, out.errors, err.encoding) == ("utf-8", "backslashreplace", "utf-8")
