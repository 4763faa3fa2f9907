"""What goes in and out of the process: formulas are read, answers are written whole, and what stands beside them is shown.

The answer goes to standard output or into a file, at once or not at all. What is said beside it (types, notes, verdicts, progress) goes
to standard output if that is a terminal, else to standard error, and never stands in the way: where nobody can read it, it is dropped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from symdiff import whole
from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import SymdiffError, wrapped

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.syntax import Reading

SPINNER = "|/-\\"


def prepare() -> None:
    """Letters that a stream cannot hold are escaped; on Windows streams are UTF-8, as files are."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            if sys.platform == "win32" and "PYTHONIOENCODING" not in os.environ:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
            else:
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def occupy_closed() -> None:
    """Streams that were closed before the process began get a device behind them: a file that is opened later must not take their number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)  # the lowest number that is free


# ---------------------------------------------------------------------------------------------- in


def read(path: str) -> str:
    """The text of a file, or of standard input for `-`. SymdiffError if it cannot be read or is no text."""
    most = 4 * LIMITS.characters  # no character has more bytes; /dev/zero has no end
    try:
        if path == "-":
            if sys.stdin is None:
                raise SymdiffError("cannot read standard input: it is closed", hint="give the formula in quotes, or -f FILE")
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(most + 1)
    except (OSError, ValueError) as error:  # a name with a zero byte
        raise SymdiffError(
            f"cannot read {path}: {error.strerror if isinstance(error, OSError) else error}",
            hint="the formula itself, in quotes, or the name of a file that can be read",
        ) from None
    if len(data) > most:
        raise exceeded("characters", f"{path} is longer than {most} bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SymdiffError(f"{path} is not UTF-8 text (byte {error.start + 1})", hint="save the file as UTF-8") from None


# ---------------------------------------------------------------------------------------------- out


def deliver(answer: str | bytes, output: str, bold: str = "") -> None:
    """Print the answer, or put it into the file at once or not at all."""
    content = answer if isinstance(answer, bytes) else (answer + "\n").encode()
    if output != "-":
        whole.write(output, content)
        return
    text = content.decode().rstrip("\n")
    with printing():
        print(f"{bold}{text}\x1b[0m" if bold else text)


@contextmanager
def printing() -> Iterator[None]:
    """SymdiffError if standard output does not take what is printed; BrokenPipeError if its reader is gone."""
    if sys.stdout is None:
        raise SymdiffError("cannot write the answer: standard output is closed", hint="-o FILE")
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        raise unwritten(error) from None


def unwritten(error: OSError) -> OSError | SymdiffError:
    """What is said of standard output that does not take the answer; a reader who has gone is told nothing."""
    if isinstance(error, BrokenPipeError):
        return error
    silence(1)
    return SymdiffError(f"cannot write the answer to standard output: {error.strerror}", hint="-o FILE")


def silence(number: int) -> None:
    """A stream that failed takes everything from now on: the flush at exit must not fail a second time."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def complain(error: SymdiffError) -> int:
    """Say what is wrong on standard error; exit status 2."""
    aside(error.render(columns(sys.stderr), "symdiff: "), sys.stderr)
    return 2


def aside(text: str, stream: TextIO | None, end: str = "\n") -> None:
    """Show what is not the answer; where it cannot be shown, nothing happens."""
    if stream is None:
        return
    try:
        print(text, end=end, file=stream, flush=True)
    except (OSError, ValueError):  # a reader who has gone, a full device, a closed stream
        if stream is sys.stdout:
            raise
        silence(2)


def columns(stream: TextIO | None) -> int:
    """The width that messages are wrapped to: that of the terminal, or COLUMNS; 0 if there is none, since programs read messages as lines."""
    try:
        if given := int(os.environ.get("COLUMNS") or 0):
            return max(given, 20)
        return max(os.get_terminal_size(stream.fileno()).columns, 20) if stream is not None and stream.isatty() else 0
    except (OSError, ValueError):
        return 0


def decorated(stream: TextIO | None) -> bool:
    """Whether colours and control characters may go to a stream: a terminal that knows them, and nobody said no."""
    known = sys.platform == "win32" or os.environ.get("TERM", "dumb") not in ("dumb", "")
    return known and stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


class Screen:
    """What is said beside the answer: on standard output if that is a terminal, else on standard error."""

    def __init__(self) -> None:
        self.terminal = sys.stdout is not None and sys.stdout.isatty()
        self.stream: TextIO | None = sys.stdout if self.terminal else sys.stderr
        self.colour = decorated(self.stream)
        self.bold = "\x1b[1m" if self.colour and self.terminal else ""
        self.columns = columns(self.stream)

    def note(self, text: str, code: str = "2") -> None:
        text = wrapped(text, self.columns)
        aside(f"\x1b[{code}m{text}\x1b[0m" if self.colour else text, self.stream)

    def types(self, known: Reading) -> None:
        """The types that the answer rests on, those of one kind and source together, and the parser's notes."""
        groups: dict[tuple[str, str], list[str]] = {}
        for (name, kind), info in zip(known.described.items(), [*known.types.values(), *known.functions.values()], strict=True):
            groups.setdefault((kind, info.source), []).append(name)
        for (kind, source), names in groups.items():
            self.note(f"{', '.join(names)}: {kind}" + ("" if source == "declared" else f"  ({source})"))
        for text in known.notes:
            self.note(text)

    def lead(self, text: str) -> None:
        """A note, if there is something to say."""
        if text:
            self.note(text)

    def assumptions(self, assumed: Mapping[str, Sequence[str]]) -> None:
        """The notes of each answer; what is said of all of them once."""
        for note in common_first(assumed):
            self.note(note)

    def verdicts(self, names: Sequence[str], verdicts: Sequence[Verdict]) -> None:
        """A line for each answer, or one line where it is the same for all."""
        said = {str(v): v for v in verdicts}
        same = len(said) == 1
        for name, verdict in zip(names, said.values() if same else verdicts, strict=False):
            self.note(f"{verdict}" if same else f"{name}: {verdict}", {True: "32", False: "31", None: "33"}[verdict.ok])

    def withheld(self, what: str) -> int:
        """Why there is no answer: the verification refutes it; exit status 1."""
        aside(
            wrapped(f"symdiff: {what} is withheld, since the verification refutes it; please report the formula", columns(sys.stderr)),
            sys.stderr,
        )
        return 1

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """A sign of life on a terminal for work that takes more than half a second."""
        if not decorated(sys.stderr):
            yield
            return
        import threading

        done = threading.Event()

        def turn() -> None:
            turns = 0
            while not done.wait(0.1 if turns else 0.5):
                aside(f"\r{SPINNER[turns % 4]} {what}", sys.stderr, end="")
                turns += 1
            if turns:
                aside("\r\x1b[K", sys.stderr, end="")

        thread = threading.Thread(target=turn, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


class Bar:
    """Progress on a terminal: how many epochs are done, and the loss."""

    def __init__(self) -> None:
        self.on = decorated(sys.stderr)
        self.last = 0.0

    def show(self, epoch: int, epochs: int, loss: float) -> None:
        from time import monotonic

        if not self.on or (monotonic() - self.last < 0.1 and epoch < epochs):
            return
        self.last = monotonic()
        done = 24 * epoch // max(epochs, 1)
        aside(f"\r[{'#' * done}{'.' * (24 - done)}] epoch {epoch}/{epochs}  loss {loss:.6g}\x1b[K", sys.stderr, end="")

    def clear(self) -> None:
        if self.on:
            aside("\r\x1b[K", sys.stderr, end="")


def common_first(assumed: Mapping[str, Sequence[str]]) -> list[str]:
    """The notes of several answers: what is said of all of them once, the others with the name."""
    common = [note for note in next(iter(assumed.values())) if all(note in notes for notes in assumed.values())]
    return common + [f"{name}: {note}" for name, notes in assumed.items() for note in notes if note not in common]
