"""The derivative that a question asks for, verified and delivered: what the command without a name and `symdiff code` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from symdiff.cli import answers
from symdiff.cli.options import BY_ENTRIES
from symdiff.cli.question import Question, Values, fit_together
from symdiff.cli.streams import Screen, deliver

if TYPE_CHECKING:
    from symdiff.differentiate import Answer
    from symdiff.formula import Expressions


def solved(question: Question) -> list[Answer]:
    """The answers, one for each name, or one for a Hessian."""
    from symdiff import differentiate

    f = question.formula
    if question.higher:
        return [differentiate.ask(differentiate.derivative, f.expr, q, question.form) for q in question.questions]
    return differentiate.derivatives(f.expr, question.nodes, question.form)


def derived(
    question: Question,
    values: Values,
    form: str,
    verify: bool | None,
    output: str,
    written: Callable[[Expressions, str], str] | None = None,
) -> int:
    """Print the derivative, or its value; 1 if the verification refutes it, 3 if it was asked for and stays undecided.

    written: the answers as text of a form; without it any of the printers', JSON, or the values where there are any.
    """
    from symdiff.formula import Expressions, Formula
    from symdiff.names import shown

    screen = Screen()
    f = question.formula
    numeric = written is None and form not in BY_ENTRIES
    given = values.of(question, lines=False) if numeric else {}
    point = values.of(question) if numeric and not given else given  # of the formula's own line `# at:`
    if point:
        fit_together(f, point)
    form = answers.readable(form, output, screen)
    with screen.busy("differentiating"):
        found = solved(question)
        exprs = Expressions([Formula(a.expr, f, a) for a in found], question.answered)
        numbers = [answers.value_of(g, point) for g in exprs] if point else []
        if written is not None:
            text = written(exprs, form)
        elif form in BY_ENTRIES:
            text = answers.components(exprs, values.points, source=False)
        else:
            text = (
                answers.lines(exprs.names, [str(n) for n in numbers]) if given else "" if form == "json" else answers.printed(exprs, form)
            )
        assumed = {name: list(a.notes()) for name, a in zip(exprs.names, found, strict=True)}

    screen.types(f.reading)
    if question.form.kron:
        screen.note("this is the matrix over the stacked columns: d vec(f)/d vec(x)")
    elif f.shape:
        screen.note(f"the value is a {answers.describe(f)}: this is its Jacobian, the axes of the value first")
    screen.assumptions(assumed)
    verdicts = []
    if verify is not False:
        with screen.busy("verifying with SymPy"):
            verdicts = [a.verify() for a in found]
        if any(v.ok is False for v in verdicts):
            screen.verdicts(exprs.names, verdicts)
            return screen.withheld("the derivative")
    if form == "json" and written is None:
        text = answers.as_json(f, [shown(x) for x in question.nodes], exprs, verdicts, numbers, assumed)
    deliver(text, output, screen.bold)
    if numbers and not given:
        screen.note(
            "at the point of the file: "
            + ", ".join(f"{n}" if len(exprs) == 1 else f"{name}: {n}" for name, n in zip(exprs.names, numbers, strict=True))
        )
    screen.verdicts(exprs.names, verdicts)
    return 3 if verify and any(v.ok is None for v in verdicts) else 0
