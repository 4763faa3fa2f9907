"""Formulas from texts: what every other function of the library takes, and functions of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from symdiff.arguments import public
from symdiff.errors import OperandError
from symdiff.expr.node import Expr
from symdiff.formula import Formula, Wrt, built, node_of, read_text
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.own import Function, Functions
    from symdiff.table import Row

Asked = Formula | Expr | str
Names = list[str] | list[Formula] | list[Expr] | tuple[Wrt, ...]  # no Sequence: a text is one, too
Layout = Literal["denominator", "numerator"]


@public
def parse(text: str, /, given: Asked | None = None, functions: Functions = (), **declarations: str) -> Formula:
    """The formula, as it was written, with its reading.

    given: a formula whose types and bindings hold for this text too, so that answers read back. functions: of one's own, made by `sd.define`, or
    the path of a TOML file with some.
    declarations: types as in the language, `X="matrix(m, n)", w="positive vector(n)"`.
    ParseError, ShapeError, UnknownNameError with the place in the text; LimitError for texts beyond any use.
    """
    if given is not None and not isinstance(given, Formula | Expr | str):
        raise OperandError(
            f"given is a formula, not {given!r}", hint="a variable called `given` is declared in the text: `given: vector(n)`"
        )
    return read(text, given, declarations, functions=functions)


@public
def parse_latex(text: str, /, given: Asked | None = None, functions: Functions = (), **declarations: str) -> Formula:
    """The formula of a text in LaTeX, as papers write it, or in Unicode mathematics as a PDF gives it.

    given, functions, declarations: as for `parse`. Names are compared by their letters and digits: `W^{(1)}` is the declared `W1`.
    ParseError with the place in the LaTeX for what cannot be read with certainty.
    """
    return read(text, given, declarations, latex=True, functions=functions)


def read(
    text: str,
    given: Asked | None = None,
    declarations: Mapping[str, str] | Sequence[str] = (),
    *,
    latex: bool | None = None,
    asked: bool = False,
    functions: Functions = (),
) -> Formula:
    """As `parse`; declarations: {"X": "matrix(m, n)"} or ["X: matrix(m, n)"]. latex: whether the text is LaTeX; None: if it has a command of it.

    asked: a derivative in front of LaTeX is the question (`Formula.reading.question`), not an error.
    """
    if not isinstance(text, str):
        raise OperandError(f"a formula is a text, not {type(text).__name__}", hint='sd.parse("max(1 - y*w.phi, 0)")')
    known = None if given is None else formula(given)
    own: Sequence[Any] = ()
    if not isinstance(functions, tuple) or functions:
        from symdiff.own import names_of

        own = names_of(functions)
    return read_text(text, known, declarations, latex=latex, asked=asked, own=own)


def formula(f: Asked) -> Formula:
    """What is asked about: a formula, the text of one, a node or a number. SymdiffError for anything else."""
    if isinstance(f, Formula):
        return f
    if isinstance(f, str):
        return read(f)
    if isinstance(f, Expr | int | float):
        return built(node_of(f))
    raise OperandError(f"a formula or its text is wanted, not {type(f).__name__}", hint='sd.grad("w.x", "w"), or sd.parse first')


@public
def notes(g: Asked) -> tuple[str, ...]:
    """What an answer assumes: `g.notes`."""
    return formula(g).notes


@public
def rules(functions: Functions = ()) -> tuple[Row, ...]:
    """The rows of the table: every function with its local derivative, its domain and its source. functions: of one's own, behind them."""
    from symdiff.own import names_of
    from symdiff.teach.cheatsheet import Rules

    return Rules((*TABLE, *[name.row._replace(name=str(name)) for name in names_of(functions)]))


@public
def define(
    signature: str, value: str, edge: str | Sequence[str] = (), *, where: str = "", kink: str = "", latex: str = "", source: str = ""
) -> Function:
    """A function of one's own: `sd.define("softsign2(x)", "x/sqrt(1 + x^2)", edge="(1 + x^2)^(-3/2)")`, for `sd.parse(text, functions=[…])`.

    signature: name and arguments, numbers without more (the function then works entry by entry), or with their type: "rms(x: vector)".
    value: the definition, a formula of the arguments. edge: the derivative by the argument, one for each if there are several; `y` in it is the
    value of the function. Without it the edges are derived from the definition. where: the condition under which the function has a value, "x > 0".
    kink, source: in words, for the cheat sheet. latex: how it is typeset, `\\operatorname{s}` or with arguments, `\\lfloor #1 \\rfloor`.

    Every edge is compared with the definition at once: SymdiffError, with a counterexample, for one that is not its derivative. ParseError,
    ShapeError, UnknownNameError for texts that are no formulas of the arguments. Nothing is registered in the process.
    """
    from symdiff.own import define

    return define(signature, value, edge, where=where, kink=kink, latex=latex, source=source)
