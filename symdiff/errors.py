"""Every error a user can cause. All derive from SymdiffError and carry a place in the formula and a hint.

`str(error)` is the one-line message; `error.render()` adds the line of the formula with a caret under `span` and
the hint, which is what the command line prints.
"""

from __future__ import annotations


class SymdiffError(Exception):
    """Base of all errors that bad input or a refusal can cause.

    message: one sentence, what is wrong.
    span: (start, end) offsets into `text`, or None where the error has no place in a formula.
    hint: one sentence, what to do next ("did you mean `.*`?"), or "".
    text: the source the span points into, or "".
    """

    def __init__(self, message: str, *, span: tuple[int, int] | None = None, hint: str = "", text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint
        self.text = text

    def __str__(self) -> str:
        return self.message

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback: the message, the place, the hint."""
        return [f"{type(self).__name__}: {self.render()}"]

    def render(self, columns: int = 0, before: str = "") -> str:
        """The message, the offending line with a caret, and the hint, as several lines of plain text, none of them long.

        columns: how wide the reader's terminal is; sentences wrap at words, and of the formula's line that part is shown which fits.
        before: what stands in front of the message.
        """
        lines = [wrapped(before + printable(self.message), columns)]
        if self.span is not None and self.text:
            lines += _caret(self.text, *self.span, min(_WINDOW, columns - 2) if columns else _WINDOW)
        if self.hint:
            lines.append(wrapped(printable(f"hint: {self.hint}"), columns))
        return "\n".join(lines)


class ParseError(SymdiffError):
    """The text is not a formula of the language."""


class ShapeError(SymdiffError):
    """The shapes of two operands do not fit."""


class UnknownNameError(SymdiffError):
    """A name that the formula does not have, or a function that nobody knows."""


class DomainError(SymdiffError):
    """A value outside a function's domain, or a derivative that does not exist."""


class OperandError(SymdiffError, TypeError):
    """What is given is of a kind that means nothing here: a number for a text, a formula's condition for a truth value."""


class LimitError(SymdiffError):
    """A stated limit (size, nesting, digits, time, memory) is exceeded; the message names it and how to raise it."""


class RefutedError(SymdiffError):
    """What would have been shown is withheld: the verification refutes it."""


def printable(text: str) -> str:
    """A message of bounded length without control characters: whoever wrote the formula need not be who reads this on a terminal."""
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 4 :]}"
    return "".join([c if c.isprintable() or c == "\n" else " " if c.isspace() else "\ufffd" for c in text])


_LONGEST = 800


def wrapped(text: str, columns: int) -> str:
    """The text with its long lines broken at words to this width; 0: as it is."""
    if not columns or all(len(line) <= columns for line in text.split("\n")):
        return text
    from textwrap import fill

    return "\n".join(
        [
            fill(line, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False) if len(line) > columns else line
            for line in text.split("\n")
        ]
    )


# A caret line longer than a terminal helps nobody: the window of the source line that is shown around the span.
_WINDOW = 100


def _caret(text: str, start: int, end: int, window: int) -> list[str]:
    start = max(0, min(start, len(text)))
    left = text.rfind("\n", 0, start) + 1
    right = text.find("\n", start)
    right = len(text) if right < 0 else right
    end = max(start + 1, min(end, right))
    if right - left > window:
        left = max(left, start - window // 2, min(start, end - window))  # the whole of the place, if it fits
        right = min(right, left + window)
        end = min(end, max(right, start + 1))
    line = printable(text[left:right])
    return ["  " + line, "  " + " " * _cells(line[: start - left]) + "^" * max(1, _cells(line[start - left : end - left]))]


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes: accents take none, ideographs two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum([0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text])
