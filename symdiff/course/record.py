"""The record of one problem: what worksheet, key, solutions, slides and marks are views of, so that none can disagree.

In: a `Exercise` without open numbers. Out: its graph (`Lesson`), both passes in numbers (`Trace`), the answers with their verdicts, and a `Blank` for
everything that a student fills in, with what is right there. Every answer is verified when the record is made: RefutedError withholds a key that numbers
refute, SymdiffError one that nobody could verify.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from symdiff.course.values import api_read, claimed
from symdiff.errors import SymdiffError
from symdiff.expr.node import NAME, Expr
from symdiff.formula import Formula
from symdiff.notation.unparse import unparse
from symdiff.teach.numbers import Trace
from symdiff.teach.record import Edge, Lesson, Node
from symdiff.teach.tables import Cell, Ratio, cell_writer

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.convexity import Curvature
    from symdiff.course.sheet import Exercise
    from symdiff.grading import Grade

# Seconds for the verdict on an answer: a key is made once and used for years.
PATIENCE = 60.0


@dataclass(frozen=True)
class Blank:
    """One place that a student fills in.

    id: `p3.edge.r.h`, `p3.value.r`, `p3.backward.r`, `p3.gradient` (`p3.gradient.w` where there are several), `p3.hessian`, `p3.check`, `p3.convex`.
    ask: which of ASKS it belongs to. label: what stands in front of it. points: what it is worth.
    formula: the right answer as a formula in the letters of the problem, None where it is a number alone or a word.
    form: of an edge, how the backward value is multiplied with it (`teach.record.Edge.form`), else "".
    value: the right answer in numbers, as a number or nested lists, fractions where it is exact; None where the problem has no numbers.
    word: the right answer as a word: "right" or "wrong" of a derivation, "convex", "concave", "affine", "neither" or "unknown" of a curvature.
    name: the variable of a derivative, the node of a value, "" of an edge.
    """

    id: str
    ask: str
    label: Cell
    points: Fraction
    formula: Formula | None = None
    form: str = ""
    value: Any = None
    word: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """What is right, as text that can be typed."""
        if self.word:
            return self.word
        return str(self.formula) if self.formula is not None else shown(self.value)


@dataclass(frozen=True)
class Solved:
    """A problem worked out. trace: None without numbers. gradients: the answers by name. grade: of the derivation that is to be checked."""

    problem: Exercise
    formula: Formula
    lesson: Lesson
    trace: Trace | None
    gradients: Mapping[str, Formula]
    verdicts: Mapping[str, Verdict]
    hessian: Formula | None = None
    curvature: Curvature | None = None
    grade: Grade | None = None

    @cached_property
    def slip(self) -> str:
        """What is wrong with the derivation that is to be checked, in words; "" where it is right or there is none."""
        if self.grade is None or self.grade.correct:
            return ""
        _, misfit = claimed(self.problem.wrong, self.formula)
        return f"the shapes do not fit: {misfit}; {self.grade.diagnosis}" if misfit and self.grade.kind != "shape" else self.grade.diagnosis

    @cached_property
    def names(self) -> dict[int, str]:
        """What every node of the graph is called in the names of blanks: its letter, or n4 where it has none."""
        found: dict[int, str] = {}
        for n in self.lesson.nodes:
            own = str(n.shown.name) if n.shown.op == NAME else n.name
            found[n.id] = own if re.fullmatch(r"\w+", own) and own not in found.values() else f"n{n.id}"
        return found

    def said(self, name: str) -> str:
        """A node of `names` in a sentence: its letter, or its formula where it has none, since `n4` stands on no page."""
        n = next(n for n in self.lesson.nodes if self.names[n.id] == name)
        return name if name != f"n{n.id}" or n.name == name else f"`{cell_writer('text')(n.label)}`"

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """Everything that is filled in, in the order of the sheet."""
        found: list[Blank] = []
        for ask in self.problem.asks:
            made = list(_BLANKS[ask](self))
            share = self.problem.points.get(ask, Fraction(0))
            found += [_worth(b, share / max(1, len(made))) for b in made]
        return tuple(found)

    def blank(self, id: str) -> Blank:
        """The blank of this name. SymdiffError, with some of the names that there are, for another."""
        for b in self.blanks:
            if b.id == id:
                return b
        raise SymdiffError(
            f"there is nothing to fill in that is called {id!r}"[:200], hint="for example " + ", ".join([b.id for b in self.blanks[:6]])
        )

    def edges(self) -> Iterator[Edge]:
        """The edges whose local derivatives are asked for, from the value down."""
        return (e for e in self.lesson.edges if e.active and e.local is not None)

    def inner(self) -> Iterator[Node]:
        """The nodes whose forward values are asked for."""
        return (n for n in self.lesson.nodes if not n.leaf)

    def below(self) -> Iterator[Node]:
        """The nodes whose backward values are asked for: all but the value, where the pass starts."""
        return (n for n in self.lesson.backward if n is not self.lesson.top)

    # ------------------------------------------------------------------------------------------ blanks

    def edge_id(self, e: Edge) -> str:
        same = [x for x in self.lesson.outgoing[e.user] if x.argument == e.argument]
        again = f".{same.index(e) + 1}" if len(same) > 1 else ""
        return f"{self.problem.id}.edge.{self.names[e.user]}.{self.names[e.argument]}{again}"

    def _edge_blanks(self) -> Iterator[Blank]:
        for e in self.edges():
            user, argument = self.lesson.nodes[e.user], self.lesson.nodes[e.argument]
            gain = plain(self.trace.shown_gains.get(e)) if self.trace else None
            yield Blank(
                self.edge_id(e), "edges", (user.label, " → ", argument.label), Fraction(0), _formula(e.local, self.formula), e.form, gain
            )

    def _value_blanks(self) -> Iterator[Blank]:
        assert self.trace is not None
        id = self.problem.id
        for n in self.inner():
            yield Blank(
                f"{id}.value.{self.names[n.id]}",
                "values",
                n.label,
                Fraction(0),
                value=plain(self.trace.shown_forward[n.id]),
                name=self.names[n.id],
            )
        for n in self.below():
            label = Ratio(self.lesson.top.label, n.label)
            yield Blank(
                f"{id}.backward.{self.names[n.id]}",
                "values",
                label,
                Fraction(0),
                value=plain(self.trace.shown_backward[n.id]),
                name=self.names[n.id],
            )

    def _gradient_blanks(self) -> Iterator[Blank]:
        several = len(self.gradients) > 1
        for x, (name, g) in zip(self.lesson.wrt, self.gradients.items(), strict=True):
            id = f"{self.problem.id}.gradient" + f".{name}" * several
            node = next(n for n in self.lesson.nodes if n.wrt and n.expr in (x, *x.args))
            value = plain(self.trace.shown_backward[node.id]) if self.trace else None
            yield Blank(id, "gradient", Ratio(self.lesson.top.label, unparse(x)), Fraction(0), g, value=value, name=name)

    def _hessian_blanks(self) -> Iterator[Blank]:
        assert self.hessian is not None
        (x,) = self.lesson.wrt
        value = plain(self.hessian(dict(self.trace.values))) if self.trace else None
        yield Blank(
            f"{self.problem.id}.hessian", "hessian", ("the Hessian by ", unparse(x)), Fraction(0), self.hessian, value=value, name=x.name
        )

    def _check_blanks(self) -> Iterator[Blank]:
        assert self.grade is not None
        name = self.lesson.names[0]
        yield Blank(
            f"{self.problem.id}.check",
            "check",
            "right or wrong",
            Fraction(0),
            self.gradients[name],
            word="right" if self.grade.correct else "wrong",
            name=name,
        )

    def _convex_blanks(self) -> Iterator[Blank]:
        assert self.curvature is not None
        yield Blank(
            f"{self.problem.id}.convex",
            "convex",
            "convex, concave, affine or neither",
            Fraction(0),
            word=self.curvature.kind,
            name=",".join(self.lesson.names),
        )


_BLANKS = {
    "edges": Solved._edge_blanks,
    "values": Solved._value_blanks,
    "gradient": Solved._gradient_blanks,
    "hessian": Solved._hessian_blanks,
    "check": Solved._check_blanks,
    "convex": Solved._convex_blanks,
}


def record(problem: Exercise) -> Solved:
    """A problem worked out and verified, once. SymdiffError, with the problem's place, where that cannot be done."""
    try:
        return _record(problem)
    except SymdiffError as error:
        error.message = f"{problem.place}{error.message}"
        raise


def _record(problem: Exercise) -> Solved:
    if problem.open:
        raise SymdiffError("the problem has numbers that are to be chosen", hint="symdiff.course.vary.chosen(problem, seed) chooses them")
    asks = [a for a in problem.asks if a in ("hessian", "convex", "check")]
    f, lesson, *answers = _answered(problem.formula, problem.wrt, tuple(asks), problem.wrong)
    trace = f.trace(problem.at, list(problem.wrt)) if problem.at else None
    return Solved(problem, f, trace.lesson if trace else lesson, trace, *answers)


@lru_cache(maxsize=1024)  # the variants of a problem differ in their numbers only
def _answered(formula: str, names: tuple[str, ...], asks: tuple[str, ...], wrong: str) -> tuple[Any, ...]:
    """What does not hang on numbers: the formula, its lesson, answers and verdicts, Hessian, curvature, grade."""
    from symdiff import api

    f, wrt = api_read(formula), list(names)
    lesson = f.lesson(wrt)
    gradients = dict(zip(lesson.names, api.derivatives(f, lesson.wrt), strict=True))
    verdicts = {name: verified(g, f"the derivative by {name}") for name, g in gradients.items()}
    hessian = curvature = grade = None
    if "hessian" in asks:
        hessian = api.hessian(f, wrt[0])
        verdicts["hessian"] = verified(hessian, "the Hessian")
    if "convex" in asks:
        curvature = f.curvature(wrt)
        if curvature.kind == "unknown":
            raise SymdiffError("whether the formula is convex could not be decided", hint='leave "convex" out of asks')
    if "check" in asks:
        grade = f.check(wrt[0], wrong, seconds=PATIENCE)
        if grade.correct is None:
            raise SymdiffError("whether the derivation is right could not be decided", hint="another one in wrong = …")
        if grade.correct and claimed(wrong, f)[1]:
            raise SymdiffError(
                "the derivation is right but for its notation, which does not fit", hint=f'wrong = "{grade.expected}", or one that is wrong'
            )
    return f, lesson, gradients, verdicts, hessian, curvature, grade


def verified(g: Formula, what: str) -> Verdict:
    """The verdict on an answer. RefutedError if it is refuted, SymdiffError if nobody could tell: a key has verified answers only."""
    from symdiff.errors import RefutedError

    verdict = g.verify(seconds=PATIENCE)
    if verdict.ok is False:
        raise RefutedError(f"{what} is withheld, since the verification refutes it: {verdict.reason}", hint="please report the formula")
    if verdict.ok is None:
        raise SymdiffError(
            f"{what} could not be verified: {verdict.reason}",
            hint="a key has verified answers only; another formula, or --limit seconds=60",
        )
    return verdict


# ---------------------------------------------------------------------------------------------- small things


def plain(value: Any) -> Any:
    """An array as a number or nested lists; fractions stay, and what is whole is an int."""
    import numpy as np

    def number(v: Any) -> Any:
        if isinstance(v, list):
            return [number(x) for x in v]
        if isinstance(v, Fraction):
            return v.numerator if v.denominator == 1 else v
        return int(v) if isinstance(v, float) and v.is_integer() and abs(v) < 2**53 else v

    return None if value is None else number(np.asarray(value).tolist())


def shown(value: Any) -> str:
    """Numbers as they are typed: `[3, 1/2]`, `0.7311`."""
    return (
        "[" + ", ".join([shown(v) for v in value]) + "]"
        if isinstance(value, list)
        else f"{value:.12g}"
        if isinstance(value, float)
        else str(value)
    )


def _formula(node: Expr | None, known: Formula) -> Formula | None:
    return None if node is None else Formula(node, known)


def _worth(b: Blank, points: Fraction) -> Blank:
    return replace(b, points=points)


__all__ = ["Blank", "Solved", "plain", "record", "shown", "verified"]

Record = Solved
