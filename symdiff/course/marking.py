"""Marks: one answer to one blank of a sheet.

In: a `Exercise`, the name of a blank (`p3`, `p3.gradient`, `p3.edge.r.h`, `p3.value.s`), what a student typed. Out: a `Mark`. Derivatives are marked by
`grading.Checker`, whose slips are the diagnoses; edges by comparing formulas; values by numbers, with the slips that numbers show. What does not depend on
the answer is done once, by a `Marker`. Whatever is typed gets a mark: a text that cannot be read is "unreadable", with the reader's hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from symdiff.course.answers import Numbers, bare, flat, form, meant, numbers, require_short, same, verdict, word
from symdiff.course.record import Blank
from symdiff.course.sheet import Exercise
from symdiff.errors import LimitError, ShapeError, SymdiffError

if TYPE_CHECKING:
    from symdiff.expr.node import Expr
    from symdiff.formula import Formula
    from symdiff.grading import Checker, Grade
    from symdiff.grading.reading import Reading

# correct; right in loose notation; wrong; cannot be read; undecided (a person looks at it); nothing typed; no mark could be given.
MARKS = ("correct", "loose", "wrong", "unreadable", "undecided", "empty", "failed")
RIGHT = ("correct", "loose")

# What the names of blanks say in the place of what is asked.
_ASKED = {"edge": "edges", "value": "values", "backward": "values"}


@dataclass(frozen=True)
class Mark:
    """The mark of one answer.

    mark: one of MARKS. kind: of the slip, as `grading.Grade` has it. diagnosis: one sentence; of an unreadable answer what the reader says.
    shown: numbers that show a slip. hint: what to type instead. points: what the answer is worth.
    """

    mark: str
    kind: str = ""
    diagnosis: str = ""
    shown: str = ""
    hint: str = ""
    points: Fraction = Fraction(0)

    @property
    def right(self) -> bool:
        return self.mark in RIGHT

    def __str__(self) -> str:
        said = f"{self.mark}: {self.diagnosis}" if self.diagnosis else self.mark
        return said + (f"; {self.shown}" if self.shown else "") + (f" ({self.hint})" if self.hint else "")


class Marker:
    """Marks the answers to one problem."""

    def __init__(self, problem: Exercise, *, seconds: float | None = None) -> None:
        self.problem, self.seconds = problem, seconds
        self._checkers: dict[str, Checker] = {}

    def question(self, name: str) -> str:
        """The whole name of what is answered: a problem's own name stands for its derivative, or for all that it asks if that is one thing.

        SymdiffError for a name that the problem does not have.
        """
        p = self.problem
        name = name.strip()
        own = p.id + "."
        if name != p.id:
            name = name if name.startswith(own) else own + name
        several = len(p.wrt) > 1
        if name == p.id:
            (ask, *others) = [a for a in p.asks if a in ("gradient", "hessian", "check", "convex")] or [p.asks[0]]
            if ask in ("edges", "values") or (ask != "gradient" and others):
                raise SymdiffError(f"{p.id} asks several things", hint=f"say which, for example {self.examples()}")
            name = own + ask
        if name == f"{own}gradient" and several:
            raise SymdiffError(
                f"{p.id} asks for several derivatives", hint="say which: " + ", ".join([f"{own}gradient.{x}" for x in p.wrt])
            )
        if name.startswith(f"{own}gradient.") and not several and name == f"{own}gradient.{p.wrt[0]}":
            name = f"{own}gradient"
        return name

    def examples(self) -> str:
        return ", ".join([b.id for b in self.problem.record.blanks[:3]])

    def __call__(self, name: str, answer: str) -> Mark:
        """The mark of an answer. SymdiffError for a name that the problem does not have, or a problem that cannot be worked out; nothing else is raised."""
        name = self.question(name)
        ask = _ASKED.get(name.split(".")[1], name.split(".")[1])
        mark = self._by_ask(name, ask)
        points = self.points(name, ask)
        if not answer.strip():
            return Mark("empty")
        try:
            require_short(answer)
            found = mark(answer)
        except SymdiffError as error:
            found = unread(error)
        except (RecursionError, MemoryError, OverflowError):
            found = unread(LimitError("the answer is too large"))
        return replace(found, points=points if found.right else Fraction(0))

    def points(self, name: str, ask: str) -> Fraction:
        share = self.problem.points.get(ask, Fraction(0))
        if ask == "gradient":
            return share / len(self.problem.wrt)
        return share if ask in ("hessian", "check", "convex") else self.problem.record.blank(name).points

    def _by_ask(self, name: str, ask: str) -> Callable[[str], Mark]:
        p = self.problem
        if ask not in p.asks:
            raise SymdiffError(f"{p.id} does not ask for {name!r}"[:200], hint=f"what it asks is {self.examples()}, …")
        if ask == "gradient":
            wrt = name.split(".")[2] if len(p.wrt) > 1 else p.wrt[0]
            if wrt not in p.wrt:
                raise SymdiffError(f"{p.id} does not ask for {name!r}"[:200], hint=", ".join([f"{p.id}.gradient.{x}" for x in p.wrt]))
            return lambda answer: self.derivative(answer, [wrt])
        if ask == "hessian":
            return lambda answer: self.derivative(answer, [p.wrt[0], p.wrt[0]])
        blank = p.record.blank(name)
        if ask == "check":
            return lambda answer: self.derivation(answer, blank)
        if ask == "convex":
            return lambda answer: curved(answer, blank.word)
        return Edges(self, blank) if ask == "edges" else Numerals(self, blank)

    # ------------------------------------------------------------------------------------------ derivatives

    def checker(self, wrt: list[str]) -> Checker:
        key = ",".join(wrt)
        if key not in self._checkers:
            self._checkers[key] = self.problem.parsed.checker(wrt, seconds=self.seconds)
        return self._checkers[key]

    def derivative(self, answer: str, wrt: list[str]) -> Mark:
        checker = self.checker(wrt)
        first: SymdiffError | None = None
        for text in meant(answer):
            try:
                grade = checker(text)
            except SymdiffError as error:
                first = first or error
                continue
            return self.value_instead(text, graded(grade), wrt)
        assert first is not None
        raise first

    def value_instead(self, text: str, mark: Mark, wrt: list[str]) -> Mark:
        """Of a wrong answer without letters: whether it is the derivative's value at the numbers of the problem."""
        if mark.mark != "wrong" or not self.problem.at or len(wrt) > 1:
            return mark
        try:
            typed = numbers(text)
            blanks = [b for b in self.problem.record.blanks if b.ask == "gradient" and b.name == wrt[0]]
        except SymdiffError:
            return mark
        if any(b.value is not None and same(typed, b.value) for b in blanks):
            return Mark("wrong", "numbers", "this is the value of the derivative at the numbers of the problem; the formula is asked for")
        return mark

    def derivation(self, answer: str, blank: Blank) -> Mark:
        """Whether the shown derivation is right, in words; or the right derivative in its place, where it is wrong."""
        said = verdict(answer)
        if said in ("yes", "no"):
            right = (said == "yes") == (blank.word == "right")
            return Mark("correct") if right else Mark("wrong", "verdict", f"the derivation is {blank.word}")
        if said:
            raise SymdiffError("right or wrong is asked for", hint="right, or wrong")
        try:
            found = self.derivative(answer, [blank.name])
        except SymdiffError:
            raise SymdiffError("neither right nor wrong, nor a formula", hint="right, or wrong, or the right derivative") from None
        if found.right and blank.word == "right":
            return Mark("loose", "verdict", "the derivative itself; the derivation is right")
        return found


def graded(grade: Grade) -> Mark:
    """A grade as a mark."""
    if grade.correct is None:
        return Mark("undecided", grade.kind, grade.diagnosis)
    if grade.correct:
        return Mark("loose" if grade.kind == "notation" else "correct", grade.kind, grade.diagnosis)
    return Mark("wrong", grade.kind, grade.diagnosis, grade.shown)


def unread(error: SymdiffError) -> Mark:
    """What the reader says of a text that it cannot read."""
    from symdiff.errors import printable

    place = ""
    if error.span is not None and error.text:
        start, end = error.span
        place = f" at character {start + 1}" if end - start < 2 else f" at characters {start + 1} to {end}"
    return Mark("unreadable", type(error).__name__, printable(error.message) + place, hint=printable(error.hint))


def curved(answer: str, right: str) -> Mark:
    """The mark of a curvature in words."""
    said = word(answer)
    if not said:
        raise SymdiffError("no curvature", hint="convex, concave, affine or neither")
    convex, concave = right in ("convex", "affine"), right in ("concave", "affine")
    if said == right:
        return Mark("correct")
    true = {
        "yes": convex,
        "no": not convex,
        "convex": convex,
        "concave": concave,
        "not-convex": not convex,
        "not-concave": not concave,
    }.get(said, False)
    if not true:
        return Mark("wrong", "curvature", f"it is {right}" if right != "neither" else "it is neither convex nor concave")
    complete = (said == "yes" and right == "convex") or (said == "no" and right == "neither")
    return Mark(
        "loose",
        "curvature",
        "" if complete else f"true, and more: it is {right}" if right != "neither" else "true, and more: it is neither convex nor concave",
    )


# ---------------------------------------------------------------------------------------------- edges and values


def transposed(value: Any) -> Any:
    """A matrix turned, None for anything else."""
    return [list(row) for row in zip(*value, strict=True)] if len(form(value)) == 2 else None


RATIOS = tuple([sign * Fraction(n, d) for sign in (1, -1) for n, d in ((2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4))])


class Numerals:
    """Marks the numbers of one blank. Slips are those that the numbers show, and are named only where they give these very numbers."""

    def __init__(self, marker: Marker, blank: Blank) -> None:
        self.marker, self.record, self.blank = marker, marker.problem.record, blank

    def __call__(self, answer: str) -> Mark:
        return self.marked(numbers(answer))

    def marked(self, typed: Numbers) -> Mark:
        if same(typed, self.blank.value):
            return Mark("correct")
        if form(typed.value) != form(self.blank.value) and len(flat(typed.value)) != len(flat(self.blank.value)):
            return Mark("wrong", "shape", f"{_sized(self.blank.value)} is asked for, and this is {_sized(typed.value)}")
        kind, sentence = next(
            self.slips(typed), ("wrong", "this is another number" if not form(self.blank.value) else "these are other numbers")
        )
        return Mark("wrong", kind, sentence)

    def slips(self, typed: Numbers) -> Iterator[tuple[str, str]]:
        from symdiff.grading.words import constant

        right = self.blank.value
        if not any(flat(right)):
            yield from self.others(typed)
            return
        if same(typed, _times(right, -1)):
            yield "sign", "the sign is wrong"
        turned = transposed(right)
        if turned is not None and same(typed, turned):
            yield "transposed", "this is the transpose"
        yield from self.others(typed)
        for ratio in RATIOS:
            if same(typed, _times(right, ratio)):
                yield "factor", constant(ratio)
        mine, wanted = flat(typed.value), flat(right)
        if len(mine) == len(wanted) > 1:
            if all(same(replace(typed, value=abs(a)), abs(b)) for a, b in zip(mine, wanted, strict=True)):
                yield "sign", "the signs of some entries are wrong"
            off = [k for k, (a, b) in enumerate(zip(mine, wanted, strict=True)) if not same(replace(typed, value=a), b)]
            if len(off) == 1 and form(typed.value) == form(right) and len(form(right)) == 1:
                yield "entry", f"entry {off[0] + 1} is wrong, the others are right"

    def others(self, typed: Numbers) -> Iterator[tuple[str, str]]:
        """Numbers that belong elsewhere in the problem."""
        record, own = self.record, self.blank
        if own.id.split(".")[1] == "backward":
            for e in record.edges():
                if record.names[e.argument] != own.name:
                    continue
                gain = next((b.value for b in record.blanks if b.id == record.edge_id(e)), None)
                if gain is None and record.trace:
                    from symdiff.course.record import plain

                    gain = plain(record.trace.shown_gains.get(e))
                if gain is not None and same(typed, gain):
                    yield "chain", "this is the local derivative on the edge alone: it is multiplied with the backward value above it"
        for b in record.blanks:
            if b.id == own.id or b.value is None or b.ask != "values" or not same(typed, b.value) or _plain_value(b.value):
                continue
            what = "forward value" if b.id.split(".")[1] == "value" else "backward value"
            yield "elsewhere", f"this is the {what} of {record.said(b.name)}"


def _plain_value(value: Any) -> bool:
    """Whether a value is so common a number that meeting it says nothing."""
    return all(v in (-1, 0, 1) for v in flat(value))


def _times(value: Any, c: int | Fraction) -> Any:
    if isinstance(value, list):
        return [_times(v, c) for v in value]
    return c * value if isinstance(value, int | Fraction) else float(c) * value


def _sized(value: Any) -> str:
    """`a number`, `a vector with 2 entries`, `a 2 x 3 matrix`."""
    n = form(value)
    if not n:
        return "a number"
    return f"a vector with {n[0]} entries" if len(n) == 1 else f"a {' x '.join(map(str, n))} " + ("matrix" if len(n) == 2 else "tensor")


class Edges:
    """Marks the local derivative on one edge: a formula in the letters of the problem, or its value where the problem has numbers."""

    def __init__(self, marker: Marker, blank: Blank) -> None:
        self.marker, self.record, self.blank = marker, marker.problem.record, blank

    @cached_property
    def right(self) -> Formula:
        if self.blank.formula is None:
            raise SymdiffError("this edge has no formula")
        return self.blank.formula

    def __call__(self, answer: str) -> Mark:
        first: SymdiffError | None = None
        for text in meant(answer):
            try:
                return self.marked(text)
            except SymdiffError as error:
                first = first or error
            except _Turned:
                return Mark("wrong", "transposed", f"the transpose belongs there: `({text.strip()})'`")
        assert first is not None
        if isinstance(first, ShapeError):
            return Mark("wrong", "shape", f"the shapes do not fit: {first.message}")
        raise first

    def marked(self, text: str) -> Mark:
        if self.blank.value is not None:
            try:
                typed = numbers(text)
            except SymdiffError:
                pass
            else:
                values = replace(self.blank, id=self.blank.id.replace(".edge.", ".value.", 1))
                # A number on an edge may be its formula, too: `2` is the derivative of 2*x.
                verdicts = [self.equal(found.expr) for found in self.read(text)] if not form(self.blank.value) else []
                return Mark("correct") if any(verdicts) else Numerals(self.marker, values).marked(typed)
        found = self.read(text)
        verdicts = [self.equal(one.expr) for one in found]
        for right, one in zip(verdicts, found, strict=True):
            if right:
                return Mark("loose", "notation", f"in loose notation: `{one.text}` is meant") if one.loose else Mark("correct")
        if any(v is None for v in verdicts):
            return Mark("undecided", diagnosis="whether this is the local derivative could not be decided")
        kind, sentence = next(self.slips(found[0].expr), ("wrong", "this is not the local derivative"))
        return Mark("wrong", kind, sentence)

    @cached_property
    def context(self) -> Expr:
        """An expression with all names that an answer may speak of: those of the formula and of the graph's nodes, and the backward value."""
        from symdiff.expr import build
        from symdiff.expr.walk import bindings, variables

        f = build.total(self.record.formula.expr)
        for x in (variables([self.right.expr]) | bindings([self.right.expr])).values():
            f = build.scale(f, build.total(x))
        return f

    def read(self, text: str, turned: bool = False) -> list[Reading]:
        """What a text may mean on the edge. Where the edge maps the backward value, that may be left out: `phi'` for `delta*phi'`."""
        from symdiff.expr.build import describe
        from symdiff.grading.reading import readings

        texts, known = [text], self.right.expr
        own = self.delta
        if own and not re.search(rf"\b{own}\b", text):
            texts = [f"{own}*({text})", f"({text})*{own}", f"{own} .* ({text})"]
        found: list[Reading] = []
        first: SymdiffError | None = None
        for one in texts:
            try:
                for made in readings(one, self.context, known):
                    if made.expr.shape == known.shape or not made.expr.shape:
                        found.append(made)
                        break
                    first = first or ShapeError(
                        f"this is a {describe(made.expr.shape)}, and the local derivative a {describe(known.shape)}"
                    )
                    if self.jacobian(made.expr):
                        found.append(replace(made, expr=known))
            except SymdiffError as error:
                first = first or error
        if not found:
            assert first is not None
            if isinstance(first, ShapeError) and not turned:
                with suppress(SymdiffError):
                    if any(self.equal(one.expr) for one in self.read(f"({text})'", turned=True)):
                        raise _Turned
            raise first
        return found

    def jacobian(self, found: Expr) -> bool:
        """Whether an answer is the matrix whose diagonal an edge between vectors shows."""
        from symdiff.expr import build
        from symdiff.grading import equal

        right = self.right.expr
        return (
            self.blank.form == "times"
            and len(right.shape) == 1
            and found.shape == right.shape * 2
            and bool(equal(build.diag_matrix(right), found))
        )

    @cached_property
    def delta(self) -> str:
        """The name of the backward value in the formula of an edge that maps it."""
        if self.blank.form != "map":
            return ""
        return next((name for name in self.right.variables if name not in self.record.formula.variables), "")

    def equal(self, found: Expr) -> bool | None:
        from symdiff.expr import build
        from symdiff.grading import equal

        right = self.right.expr
        return equal(right, found if found.shape == right.shape else build.spread(found, right.shape))

    def slips(self, found: Expr) -> Iterator[tuple[str, str]]:
        from symdiff.expr import build
        from symdiff.grading import equal
        from symdiff.grading.words import constant

        right = self.right.expr
        if found.shape != right.shape:
            return
        for ratio in (Fraction(-1), *RATIOS):
            if equal(build.linear([ratio], [right]), found):
                yield "sign" if ratio == -1 else "factor", constant(ratio)
        for b in self.record.blanks:
            if (
                b.ask == "edges"
                and b.id != self.blank.id
                and b.formula is not None
                and b.form == self.blank.form
                and equal(b.formula.expr, found)
            ):
                user, argument = [self.record.said(name) for name in b.id.split(".edge.")[1].split(".")[:2]]
                yield "elsewhere", f"this is the local derivative on another edge, {user} to {argument}"


class _Turned(Exception):
    """The answer is right once it is transposed."""


__all__ = ["MARKS", "RIGHT", "Mark", "Marker", "bare", "unread"]
