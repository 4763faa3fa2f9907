"""Cells that are formulas: `%load_ext symdiff`, then `%%symdiff --wrt w`. The options are those of the command.

The value of a cell is the object that the command shows: the answer, the graph, the steps, the trace. What cannot be done is said in one message, without a traceback.
"""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from symdiff.cli import main
from symdiff.cli.derivation import solved
from symdiff.cli.options import Command
from symdiff.cli.question import Question, Values, fit_together
from symdiff.cli.registry import load, no_such_option
from symdiff.cli.table import COMMANDS, DEFAULT
from symdiff.errors import SymdiffError
from symdiff.formula import Expressions, Formula

OF_QUESTION = ("words", "source", "wrt", "declarations", "functions", "hessian", "order", "layout", "unconstrained", "expand", "kron")


def load_ipython_extension(shell: Any) -> None:
    """Register `%symdiff` and `%%symdiff` with an IPython shell."""
    shell.register_magic_function(magic, magic_kind="line_cell", magic_name="symdiff")


def magic(line: str, cell: str | None = None) -> Any:
    """`%symdiff "w.x" --wrt w`, or a cell that holds the formula: the object that the command shows."""
    command: Command | None = None
    try:
        words = shlex.split(line)
        name = words.pop(0) if words and words[0] in COMMANDS else DEFAULT
        command = load(name)
        arguments = [*words, *(["--", cell.strip()] if cell is not None else [])]
        if "--help" in words or name not in MADE:
            main([*([] if name == DEFAULT else [name]), *arguments])
            return None
        with command.make_context(command.path, arguments) as context:
            return MADE[name](context.params)
    except SymdiffError as error:
        return _said(error)
    except click.NoSuchOption as error:
        return _said(no_such_option(error, command) if command else SymdiffError(error.format_message()))
    except click.ClickException as error:
        return _said(SymdiffError(error.format_message()))
    except ValueError as error:  # shlex: a quotation mark that is not closed
        return _said(SymdiffError(f"the line is not a command: {error}", hint="%%symdiff --wrt w"))


def _said(error: SymdiffError) -> None:
    print(error.render(), file=sys.stderr)


def _question(given: dict[str, Any], **more: Any) -> Question:
    return Question(**{name: given[name] for name in OF_QUESTION if name in given}, **more)


def _values(given: dict[str, Any], question: Question) -> dict[str, Any]:
    return Values(given["points"], given["files"]).of(question)


def _derivative(given: dict[str, Any]) -> Any:
    question = _question(given)
    numbers = Values(given["points"], given["files"]).of(question, lines=False)
    answers = solved(question)
    if given["verify"] is not False and any(a.verify().ok is False for a in answers):
        raise SymdiffError("the derivative is withheld, since the verification refutes it; please report the formula")
    found = Expressions([Formula(a.expr, question.formula, a) for a in answers], question.answered)
    if numbers:
        fit_together(question.formula, numbers)
        values = [g(numbers) for g in found]
        return values[0] if len(values) == 1 else values
    return found[0] if len(found) == 1 else found


def _steps(given: dict[str, Any]) -> Any:
    question = _question(given)
    f, wrt = question.lesson
    return f.steps(
        wrt,
        given["level"] or "normal",
        verify=given["verify"] is not False,
        style=given["style"],
        names=given["names"],
        layout=question.layout,
    )


def _backward(given: dict[str, Any]) -> Any:
    question = _question(given)
    f, wrt = question.lesson
    return f.backward(wrt, given["names"], layout=question.layout)


def _graph(given: dict[str, Any]) -> Any:
    question = _question(given)
    f, wrt = question.lesson
    shown = {name: given[name] for name in ("shapes", "across", "legend", "plates", "curvature")}
    return f.graph(wrt, _values(given, question) or None, layout=question.layout, **shown)


def _handout(given: dict[str, Any]) -> Any:
    question = _question(given)
    f, wrt = question.lesson
    return f.handout(
        wrt, _values(given, question) or None, title=given["title"], verify=given["verify"] is not False, optimum=given["optimum"]
    )


def _trace(given: dict[str, Any]) -> Any:
    question = _question(given, optional=True)
    f, wrt = question.lesson
    return f.trace(_values(given, question), wrt or None, layout=question.layout)


def _check(given: dict[str, Any]) -> Any:
    question = _question(given, several=False)
    return question.formula.check(question.questions[0], given["answer"])


def _curvature(given: dict[str, Any]) -> Any:
    question = _question(given)
    return question.formula.curvature(question.names)


def _stationary(given: dict[str, Any]) -> Any:
    from symdiff import api

    question = _question(given)
    return api.stationary_points(question.formula, question.names, given["equations"])


MADE = {
    DEFAULT: _derivative, "backward": _backward, "check": _check, "curvature": _curvature, "graph": _graph, "handout": _handout, "stationary": _stationary,
    "steps": _steps, "trace": _trace,
}  # fmt: skip
