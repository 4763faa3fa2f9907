"""Marking an answer worked out by hand: correct, or wrong with the slip that explains it and numbers that show it.

In: a formula, what it is differentiated by, the right derivative, the answer as text. Whether the answer is right is
`verify`'s to say, from the formula alone; `slips` finds out what went wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from symdiff.bounds import LIMITS
from symdiff.checking.components import Undecided
from symdiff.checking.verdict import verify
from symdiff.errors import ShapeError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.grading.slips import Search, read
from symdiff.printers import written
from symdiff.simplify import simplify


@dataclass(frozen=True)
class Grade:
    """The mark of an answer: `correct` is True, False, or None if that could not be decided.

    kind: of the slip: "sign", "factor", "transposed", "missing term", …; "wrong" if it is none of those known.
    diagnosis: one sentence that names it. expected: the right derivative as text.
    counterexample: {"values", "entry" (from 1), "expected", "found"}, at small numbers where there are such; None where
    the answer has no value of the right shape.
    """

    correct: bool | None
    kind: str = ""
    diagnosis: str = ""
    expected: str = ""
    counterexample: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.correct is True

    def __str__(self) -> str:
        if self.correct:
            return "correct"
        if self.correct is None:
            return f"undecided: {self.diagnosis}"
        return f"wrong: {self.diagnosis}" + (f"; {self.shown}" if self.counterexample else "")

    @property
    def shown(self) -> str:
        """The counterexample as a phrase, or ""."""
        if self.counterexample is None:
            return ""
        values, entry, expected, found = (self.counterexample[key] for key in ("values", "entry", "expected", "found"))
        at = ", ".join(f"{name} = {_plain(value)}" for name, value in values.items())
        where = f"entry {', '.join(map(str, entry))} of the derivative" if entry else "the derivative"
        return (f"at {at} " if at else "") + f"{where} is {_plain(expected)}, not {_plain(found)}"


def equal(a: Expr, b: Expr, *, seconds: float | None = None) -> bool | None:
    """Whether a and b are the same function, by normal forms, else at random points in 30 digits; None if undecided."""
    if a.shape != b.shape:
        return False
    first, second = simplify([a, b])
    if first is second:
        return True
    # a is the derivative of t*a by t: the question goes to the judge of derivatives.
    t = build.var(" t")
    return verify(build.scale(t, a), [t], b, seconds=seconds).ok


def grade(f: Expr, wrt: Sequence[Expr], expected: Expr, answer: str | Expr, *, seconds: float | None = None) -> Grade:
    """Mark `answer`, a text or an expression, as the derivative of f by `wrt` (VAR or NAME nodes, one per order), written with f's names.

    expected: the right derivative. An answer whose shapes do not fit is wrong; SymdiffError if it is no formula, or
    has names that f lacks. seconds: for the verdict, and again for the search for the slip.
    """
    right = written(expected)
    seconds = seconds or LIMITS.seconds
    try:
        found = answer if isinstance(answer, Expr) else read(answer, f, expected)
    except ShapeError as error:
        kind, sentence = "shape", f"the shapes do not fit: {error.message}"
        with suppress(Undecided):
            kind, sentence = Search(f, wrt, expected, None, monotonic() + seconds).repaired(_text(answer)) or (kind, sentence)
        return Grade(False, kind, sentence, right)
    verdict = verify(f, wrt, found, seconds=seconds)
    if verdict.ok or (verdict.ok is None and equal(expected, found, seconds=seconds)):
        return Grade(True, expected=right)
    kind, sentence, numbers = "wrong", "this is not the derivative", verdict.counterexample
    with suppress(Undecided):
        search = Search(f, wrt, expected, found, monotonic() + seconds)
        numbers = search.counterexample() or numbers
        if verdict.ok is False or numbers is not None:
            kind, sentence = search.run(_text(answer))
    if verdict.ok is None and numbers is None:
        return Grade(None, diagnosis=verdict.reason, expected=right)
    return Grade(False, kind, sentence, right, numbers)


def _text(answer: str | Expr) -> str:
    return written(answer) if isinstance(answer, Expr) else answer


def _plain(value: Any) -> str:
    return "[" + ", ".join(map(_plain, value)) + "]" if isinstance(value, list) else f"{value:.6g}"
