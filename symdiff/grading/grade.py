"""Marking an answer worked out by hand: correct, or wrong with the slip that explains it and numbers that show it.

In: a formula, what it is differentiated by, the right derivative, the answer: a text, an expression or a Python function.
Whether the answer is right is `checking`'s to say, from the formula alone; numbers refute at once what differs from a derivative
that was verified; `slips` finds out what went wrong. `Checker` does once what does not depend on the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from time import thread_time
from typing import Any

from symdiff.arguments import methods, public
from symdiff.bounds import LIMITS
from symdiff.checking import Judge, Verdict, verify
from symdiff.errors import ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.expr.walk import variables
from symdiff.grading.mark import Grade
from symdiff.grading.pieces import attempted
from symdiff.grading.points import GUARD, Sample, Undecided
from symdiff.grading.reading import Names, Reading, read, readings, supplied
from symdiff.grading.slips import IN_PLACES, Question, Search, corner_points, extra_point
from symdiff.grading.words import Finding, text_of
from symdiff.simplify import simplify

# The verdict on the right derivative, which all answers share, may take as long as that on so many of them.
FOR_ALL = 4

# A smaller difference is not seen beside 1.
FINE = 1e-12

Answer = str | Expr | Callable[..., Any]


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


@methods
class Checker:
    """Marks the answers to one question: what does not depend on the answer is done once, when it is first needed.

    f, wrt: VAR or NAME nodes, one per order. expected: the right derivative, written with f's names. seconds: for the verdict
    on each answer, and again for the search for its slip. prepared: the right derivative is verified, too, so that numbers which
    differ from its refute at once; that is worth while for more than one answer.
    unconstrained: the derivative is by the free entries of symmetric, psd and diagonal variables.
    """

    def __init__(
        self,
        f: Expr,
        wrt: Sequence[Expr],
        expected: Expr,
        *,
        seconds: float | None = None,
        prepared: bool = True,
        unconstrained: bool = False,
    ) -> None:
        self.unconstrained = unconstrained
        self.f, self.wrt, self.expected, self.prepared = f, tuple(wrt), expected, prepared
        self.seconds = seconds or LIMITS.seconds
        self.question = Question(f, wrt, expected)
        self.proving = True
        self.until = float("inf")

    def prepare(self) -> Checker:
        """Do now what all answers share: the verdict on the derivative, and points at which answers are compared with it."""
        assert self.prepared
        self.differs(self.expected)
        _ = self.verdict, self.right
        return self

    @cached_property
    def right(self) -> str:
        """The right derivative as text."""
        return text_of(self.expected)

    @cached_property
    def verdict(self) -> Verdict:
        """That on the right derivative itself. It serves many answers, and may take the time of some."""
        return self.judge(self.expected, seconds=FOR_ALL * self.seconds)

    @public
    def __call__(self, answer: Answer, *, prove: bool = True, diagnose: bool = True) -> Grade:
        """The mark of one answer. diagnose: whether the slip of a wrong one is looked for. prove: whether a right one is proven
        where that is possible; else numbers decide. Both may be asked for later, by another call.

        An answer whose shapes do not fit is wrong; SymdiffError if it is no formula, or has names that the formula lacks.
        """
        if hasattr(answer, "expr"):  # a formula wraps its expression
            answer = answer.expr
        self.proving = prove
        if isinstance(answer, Expr):
            self.require_names(answer)
            return self.mark(Reading(answer, ""), diagnose)
        if not isinstance(answer, str):
            from symdiff.grading.functions import mark_function

            return mark_function(self, answer)
        try:
            return self.read_and_mark(answer, diagnose)
        except ShapeError as error:
            return self.misfit(answer, error, diagnose)
        except SymdiffError:
            # Signs are left out, and the shapes do not fit: `2A(Ax - b)` for `2*A'*(A*x - b)`.
            text = supplied(answer, Names(self.f))
            try:
                if text == answer:
                    raise
                read(text, self.f, self.expected)
            except ShapeError as error:
                grade = self.misfit(text, error, diagnose)
                return replace(grade, diagnosis=f"read as `{text.strip()}`: {grade.diagnosis}")
            except SymdiffError:
                pass
            raise

    def require_names(self, answer: Expr) -> None:
        """UnknownNameError for a formula with variables that the question does not have: no numbers can be put in."""
        known = variables([self.f, self.expected])
        for name, x in variables([answer]).items():
            if known.get(name) is not x:
                raise UnknownNameError(
                    f"the formula has no variable {name!r}" + (" of this shape" if name in known else ""),
                    hint="its variables are " + ", ".join(known),
                )

    def misfit(self, answer: str, error: ShapeError, diagnose: bool) -> Grade:
        """The mark of a text whose shapes do not fit."""
        kind, sentence = "shape", f"the shapes do not fit: {error.message}" + (f"; {error.hint}" if error.hint else "")
        if diagnose:
            self.until = float("inf")
            with suppress(Undecided):
                search = self.search(None)
                kind, sentence = attempted(lambda: search.repaired(answer)) or (kind, sentence)
        return Grade(False, kind, sentence, self.right)

    def read_and_mark(self, answer: str, diagnose: bool) -> Grade:
        """The mark of the first reading that is right, else of the first one: loose notation is forgiven only where it is right."""
        first: Reading | None = None
        for reading in readings(answer, self.f, self.expected):
            if not reading.loose and reading.expr.shape == self.expected.shape:
                return self.mark(reading, diagnose)
            if reading.loose and self.differs(reading.expr) is not True:
                grade = self.mark(reading, diagnose=False)
                if grade:
                    return Grade(True, "notation", f"in loose notation: `{reading.text}` is meant", self.right)
            # What does not fit as it stands is taken apart as it was meant.
            if first is None or (first.expr.shape != self.expected.shape and reading.loose):
                first = reading
        assert first is not None  # `readings` raises where it yields nothing
        return self.mark(first, diagnose)

    def mark(self, reading: Reading, diagnose: bool) -> Grade:
        found = reading.expr
        verdict = self.judged(found)
        self.until = thread_time() + GUARD * self.seconds  # numbers and the search for the slip share what is left
        if verdict.ok or (verdict.ok is None and self.differs(found) is False and equal(self.expected, found, seconds=self.seconds)):
            return Grade(True, expected=self.right)
        numbers = verdict.counterexample
        kind, sentence = "wrong", "this is not the derivative"
        search: Search | None = None
        with suppress(Undecided):
            extra = extra_point(self.question, verdict.sizes, numbers["values"]) if numbers and verdict.method else []
            if diagnose:
                extra = [*extra, *corner_points(self.question, *self.judge.corners())]
            search = self.search(found, extra)
            numbers = search.counterexample() or numbers
        if verdict.ok is None and numbers is None:
            return Grade(None, diagnosis=verdict.reason, expected=self.right)
        if search is not None and diagnose:
            with suppress(Undecided):
                kind, sentence = search.run(reading.text or text_of(found))
        if numbers and sentence == IN_PLACES and fine(numbers):
            sentence = "this differs from the derivative by less than doubles show"
        if reading.loose:
            sentence = f"read as `{reading.text}`: {sentence}"
        return Grade(False, kind, sentence, self.right, numbers)

    def search(self, answer: Expr | None, extra: Sequence[Sample] = ()) -> Search:
        self.question.renew(self.seconds, self.until)
        return Search(self.question, answer, extra, self.refuted)

    def refuted(self, candidate: Expr, goal: Expr) -> bool:
        """Whether the verdict is that a repaired answer is not the derivative, or what a slip makes of this not the answer."""
        if goal is self.expected:
            return self.judge(candidate, seconds=self.seconds, prove=False).ok is False
        return equal(goal, candidate, seconds=self.seconds) is False

    def judged(self, found: Expr) -> Verdict:
        """The verdict on an answer, from the formula alone."""
        if found is self.expected:
            return self.verdict
        if self.prepared and self.differs(found) and self.verdict.ok:
            return Verdict(False, reason="it differs from the derivative, which was verified")
        return self.judge(found, seconds=self.seconds, prove=self.proving)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.f, self.wrt, unconstrained=self.unconstrained)

    def differs(self, found: Expr) -> bool | None:
        """Whether an answer has other numbers than the derivative at some of the prepared points; None where they do not say."""
        if found.shape != self.expected.shape:
            return True
        try:
            self.question.renew(self.seconds)
            fitting = [s for s in self.question.samples if s.setting.takes(found)]
            if not fitting:
                return None
            return not all(s.same(found, self.expected) for s in fitting)
        except Undecided:
            return None


def fine(numbers: dict[str, Any]) -> bool:
    """Whether the two numbers of a counterexample differ by less than doubles show."""
    expected, found = numbers["expected"], numbers["found"]
    return isinstance(expected, str) or abs(expected - found) < FINE


def grade(f: Expr, wrt: Sequence[Expr], expected: Expr, answer: Answer, *, seconds: float | None = None) -> Grade:
    """Mark one answer, as the derivative of f by `wrt` (VAR or NAME nodes, one per order); see `Checker`."""
    return Checker(f, wrt, expected, seconds=seconds, prepared=False)(answer)


__all__ = ["Answer", "Checker", "Finding", "Grade", "SymdiffError", "equal", "grade"]
