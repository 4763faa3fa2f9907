"""The mark of an answer, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

from symdiff.grading.words import apart


@dataclass(frozen=True)
class Grade:
    """The mark of an answer: `correct` is True, False, or None if that could not be decided.

    kind: of the slip: "sign", "factor", "transposed", "missing term", …; "wrong" if it is none of those known; "notation" for
    a right answer in loose notation, "numbers" for a Python function that is right by numbers.
    diagnosis: one sentence that names it. expected: the right derivative as text.
    counterexample: {"values", "entry" (from 1), "expected", "found"}, at small numbers where there are such, as text where no double
    shows what they are; None where the answer has no value of the right shape.
    """

    correct: bool | None
    kind: str = ""
    diagnosis: str = ""
    expected: str = ""
    counterexample: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.correct is True

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        if self.correct:
            return "correct" + (f", {self.diagnosis}" if self.diagnosis else "")
        if self.correct is None:
            return f"undecided: {self.diagnosis}"
        return f"wrong: {self.diagnosis}" + (f"; {self.shown}" if self.counterexample else "")

    @property
    def shown(self) -> str:
        """The counterexample as a phrase, or ""."""
        if self.counterexample is None:
            return ""
        values, entry, expected, found = (self.counterexample[key] for key in ("values", "entry", "expected", "found"))
        at = ", ".join(f"{name} = {plain(value)}" for name, value in values.items())
        where = f"entry {', '.join(map(str, entry))} of the derivative" if entry else "the derivative"
        if entry is None:
            where = "along a random direction the derivative"
        if not isinstance(found, str) and isnan(found):
            return (f"at {at} " if at else "") + f"{where} is {expected:.6g}, and the answer has no value"
        right, mine = (expected, found) if isinstance(expected, str) else apart(expected, found)
        return (f"at {at} " if at else "") + f"{where} is {right}, not {mine}"


def plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "[" + ", ".join(map(plain, value)) + "]" if isinstance(value, list) else f"{value:.6g}"
