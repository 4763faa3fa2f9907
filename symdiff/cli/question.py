"""What a command is asked: the formula, the names it is differentiated by, the form of the answer, and values.

In: the values of options. Out: a Formula and canonical names. SymdiffError where they do not make a question. Lines `# wrt: w`, `# at: w=[3,1]`
of a formula that is read from a file or from standard input stand in for options that are not given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from symdiff import whole
from symdiff.bounds import LIMITS
from symdiff.cli import streams
from symdiff.errors import ShapeError, SymdiffError, UnknownNameError

if TYPE_CHECKING:
    from symdiff.differentiate import Form
    from symdiff.expr.node import Expr
    from symdiff.formula import Formula


class Question:
    """A formula, and the names it is differentiated by.

    formula: with its reading. names: those of --wrt, or of --hessian. order: of the derivative; hessian: whether it was asked for by --hessian.
    """

    def __init__(
        self,
        words: tuple[str, ...],
        source: str,
        wrt: str,
        declarations: tuple[str, ...],
        functions: tuple[str, ...] = (),
        hessian: str = "",
        order: int = 1,
        layout: str = "denominator",
        unconstrained: bool = False,
        expand: bool = False,
        kron: bool = False,
        several: bool = True,
        optional: bool = False,
    ) -> None:
        from symdiff import asking
        from symdiff.formula import read_text
        from symdiff.names import what_there_is

        text, read = text_of(words, source)
        self.lines = lines_of(text) if read else {}
        self.declarations = declarations
        own: Sequence[Any] = ()
        if functions:
            from symdiff.own import names_of

            own = names_of(functions)
        self.formula: Formula = read_text(text, None, declarations, asked=True, own=own)
        if self.formula.reading.question:  # \nabla_w in front of LaTeX
            asked = ",".join(self.formula.reading.question)
            if (wrt or hessian) and wrt != asked:
                raise SymdiffError("the formula asks another question than --wrt", hint="leave the derivative in front of it out, or --wrt")
            wrt = asked
        if hessian and (wrt or order > 1):
            raise SymdiffError("--hessian stands in the place of --wrt and --order", hint="--hessian x,y, or --wrt x --order 2")
        if not wrt and not hessian:
            wrt = self.lines.get("wrt", "")
        self.names = asking.names(hessian or wrt, "--hessian" if hessian else "--wrt", twice=bool(hessian))
        if not self.names and not optional:
            raise UnknownNameError("by which variable?", hint=f"--wrt NAME; {what_there_is(self.formula.expr)}")
        if words and words[0].endswith(".sd") and not read and not set(self.names) <= set(self.formula.variables):
            raise SymdiffError(f"cannot read {words[0]}: there is no such file", hint="-f FILE reads a file of any name")
        if len(self.names) > 1 and not several and not hessian:
            raise SymdiffError(f"one variable at a time, not {len(self.names)}", hint=f"--wrt {self.names[0]}")
        if hessian and len(self.names) > 2:
            raise SymdiffError(f"a second derivative is by one or two names, not {len(self.names)}", hint="--hessian x,y")
        if kron and layout == "numerator":
            raise SymdiffError("--kron has a layout of its own", hint="--kron or --layout numerator")
        self.hessian = bool(hessian)
        self.order = order
        self.layout = layout
        self._form = {"expand": expand, "unconstrained": unconstrained, "numerator": layout == "numerator", "kron": kron}

    def require_declared(self) -> None:
        """UnknownNameError for a name in -d that the formula does not have: it is a slip, and would change nothing."""
        from symdiff.names import what_there_is
        from symdiff.syntax.parse import canonical

        reading = self.formula.reading
        there = {*reading.types, *reading.functions}
        for text in self.declarations:
            for name in text.partition(":")[0].split(","):
                if canonical(name.strip()) not in there:
                    functions = f"; its functions are {', '.join(reading.functions)}" if reading.functions else ""
                    raise UnknownNameError(
                        f"-d {text!r}: {name.strip()!r} does not occur in the formula", hint=what_there_is(self.formula.expr) + functions
                    )

    @property
    def higher(self) -> bool:
        """Whether more than first derivatives are asked for."""
        return self.order > 1 or self.hessian

    @cached_property
    def form(self) -> Form:
        """How derivatives are laid out."""
        from symdiff.differentiate import Form

        return Form(**self._form)

    @cached_property
    def nodes(self) -> list[Expr]:
        """The variables and bound names that are meant. UnknownNameError, listing what there is."""
        return self.formula.nodes(self.names)

    @property
    def questions(self) -> list[list[Expr]]:
        """What each answer is differentiated by, one node per order."""
        if self.hessian:
            return [[self.nodes[0], self.nodes[-1]]]
        return [[x] * min(self.order, LIMITS.order + 1) for x in self.nodes]

    @cached_property
    def lesson(self) -> tuple[Formula, list[str]]:
        """What the teaching views show, and by which names; of a higher derivative the one before it, by the last name.

        SymdiffError for several answers of a higher order, each of which is a lesson of its own, and where there is nothing left to derive.
        """
        if not self.higher:
            return self.formula, self.names
        from symdiff import differentiate
        from symdiff.expr import walk
        from symdiff.formula import Formula

        if len(self.questions) > 1:
            raise SymdiffError(
                "derivatives of a higher order are shown for one variable at a time", hint=f"--wrt {self.names[0]} --order {self.order}"
            )
        (*before, last) = self.questions[0]
        answer = differentiate.ask(differentiate.derivative, self.formula.expr, before, differentiate.Form())
        g = Formula(answer.expr, self.formula, answer)
        if last.name not in {**walk.variables([g.expr]), **walk.bindings([g.expr])}:
            raise SymdiffError(
                f"the derivative of order {len(before)}, {g!r}, does not have {last.name}: that of the next order is 0",
                hint=f"--order {len(before)}",
            )
        return g, [last.name]

    @property
    def lead(self) -> str:
        """What a reader must know of a lesson on a higher derivative; "" of a first one."""
        return (
            f"the derivative of order {len(self.questions[0])} is that of {self.lesson[0]!r} by {self.lesson[1][0]}" if self.higher else ""
        )

    @property
    def answered(self) -> list[str]:
        """The names of the answers."""
        from symdiff.names import shown

        return [",".join(self.names)] if self.hessian else [shown(x) for x in self.nodes]


class Values:
    """Values by name, as the command line gives them."""

    def __init__(self, points: tuple[str, ...], files: tuple[str, ...]) -> None:
        from symdiff import asking

        self.points = asking.points(points)
        self.files = files

    def __bool__(self) -> bool:
        return bool(self.points or self.files)

    def of(self, question: Question, *, lines: bool = True) -> dict[str, Any]:
        """The values of --values and --at, the latter in front of the former. lines: without either those of the formula's own line `# at:`."""
        f = question.formula
        values: dict[str, Any] = {}
        if self.files:
            from symdiff.teach.values import read

            for path in self.files:
                values |= read(path, f.expr)
        values |= self.points
        if not self and lines:
            values = point_of(question.lines)
        if values:  # names are checked by the room of numbers, which a derivation alone does not need
            f.check_names(values)
        return values


def text_of(words: Sequence[str], source: str) -> tuple[str, bool]:
    """The text of the formula, and whether it was read from a file or from standard input."""
    words = (*words, "") if source else tuple(words)
    if len(words) > 1:
        raise SymdiffError(f"one formula, not {len(words)}", hint="put the formula in quotes")
    if not words:
        raise SymdiffError("no formula", hint=f"{_example()}; more with {_path()} --help")
    if source or words[0] == "-":
        return streams.read(source or "-"), True
    if words[0].endswith(".sd") and os.path.isfile(words[0]):
        return streams.read(words[0]), True
    return words[0], False


def _path() -> str:
    """How the command that runs is called."""
    context = click.get_current_context(silent=True)
    return context.info_name or "symdiff" if context else "symdiff"


def _example() -> str:
    """The first example of the command that runs."""
    context = click.get_current_context(silent=True)
    lines = (context.command.epilog or "").splitlines() if context else []
    return next((line.strip() for line in lines if line.strip().startswith("symdiff ")), 'symdiff "max(1 - y*w.phi, 0)" --wrt w')


_LINE = re.compile(r"^#[ \t]*(wrt|at)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def lines_of(text: str) -> dict[str, str]:
    """What a formula's file says of itself: `# wrt: w,V`, `# at: w=[3,1], y=2` (or as JSON, `# at: {"y": 2}`). SymdiffError if it says one twice."""
    found: dict[str, str] = {}
    for word, value in _LINE.findall(text):
        if word in found:
            raise SymdiffError(f"the formula has two lines `# {word}:`", hint="one line, with commas")
        found[word] = value
    return found


def point_of(lines: Mapping[str, str]) -> dict[str, Any]:
    """The values of a line `# at:`."""
    from symdiff import asking

    return asking.line(lines["at"]) if lines.get("at") else {}


def require_output(path: str, endings: Sequence[str]) -> None:
    """SymdiffError unless the answer can be written here, in a form that the name's end says."""
    ending = os.path.splitext(path)[1][1:].lower()
    if endings and ending not in endings:
        named = f"a file .{ending}" if ending else "a file without an ending"
        raise SymdiffError(
            f"cannot write {path[:80]}: {named} is not written here",
            hint="the name's end says what is written: " + ", ".join([f".{e}" for e in endings]),
        )
    whole.require_writable(path)


def fit_together(f: Formula, values: Mapping[str, Any]) -> None:
    """ShapeError unless these values have the shapes and sizes that the formula has, whichever of them its derivative needs."""
    from symdiff import numeric
    from symdiff.expr import build
    from symdiff.expr.walk import dimensions
    from symdiff.names import leaves

    given = {name: x for name, x in leaves([f.expr]).items() if name in values and not x.args}
    sizes = {name: build.dim(name) for name in sorted(dimensions([f.expr])) if name in values}
    for name in sizes:
        if isinstance(values[name], list):
            raise ShapeError(f"{name} is a size, a whole number", hint=f"--at {name}=3")
    found = numeric.compile([*given.values(), *sizes.values()], several=True)(values)[len(given) :]
    for name, size in zip(sizes, found, strict=True):
        if size != values[name]:
            raise ShapeError(f"{name} is {values[name]:g}, but the values have the size {size:g}", hint=f"leave --at {name}=… out")
