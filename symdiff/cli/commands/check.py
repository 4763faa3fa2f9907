"""`symdiff check`: the mark of a derivative worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symdiff.cli.options import command, formats, kron, layout, output, question, unconstrained
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver
from symdiff.errors import ShapeError, SymdiffError

if TYPE_CHECKING:
    from symdiff.formula import Formula

EXAMPLES = """
symdiff check "norm2(A*x - y)^2" --wrt x --answer "2*A'*(A*x - y)"
symdiff check "x'*A*y" --hessian x,y --answer "A"
"""


@command("check", examples=EXAMPLES)
@question(several=False, higher=True, forms=(layout, unconstrained, kron))
@click.option("--answer", default="", metavar="FORMULA", help="The derivative that is marked.")
@formats("text", "json", default="text", help="How the mark is written.")
@output("Write the mark to FILE.")
def check(question: Question, answer: str, form: str, output: str) -> int:
    """Mark a derivative worked out by hand.

    The mark says whether --answer is the derivative of FORMULA; of a wrong one which slip was made, and numbers that show it.

    Exit status: 0 right, 1 wrong, 2 no formula, 3 undecided.
    """
    import json
    from dataclasses import asdict

    if not answer.strip():
        raise SymdiffError("which derivative is to be marked?", hint='symdiff check "x^2" --wrt x --answer "2*x"')
    screen = Screen()
    with screen.busy("checking"):
        given = tensor(question, answer) if question.form.numerator or question.form.kron else answer
        grade = question.formula.check(question.questions[0], given, unconstrained=question.form.unconstrained)
    screen.types(question.formula.reading)
    deliver(json.dumps(asdict(grade), ensure_ascii=False, indent=2) if form == "json" else str(grade), output, screen.bold)
    if grade.correct is False:
        screen.note(f"the derivative is {grade.expected}")
        if question.form.numerator:
            screen.note("that is the gradient itself; the answer is read in the numerator layout, as its transpose")
        if question.form.kron:
            screen.note("those are its entries, axes of the value first; the answer is read as the matrix d vec(f)/d vec(x)")
    return 0 if grade else 1 if grade.correct is False else 3


def tensor(question: Question, answer: str) -> Formula:
    """An answer in the numerator layout, or with columns stacked, as the derivative that it means. ShapeError if it is not laid out so."""
    from symdiff import api
    from symdiff.expr import build
    from symdiff.expr.build import describe
    from symdiff.formula import Formula

    f, nodes = question.formula, question.questions[0]
    given = api.read(answer, f)
    *others, last = nodes
    before = (*f.shape, *[d for x in others for d in x.shape])
    wanted = question.form.lay_out(build.spread(build.ONE, (*before, *last.shape)), len(before), len(nodes))
    if given.shape != wanted.shape:
        words = "with columns stacked" if question.form.kron else "in the numerator layout"
        hint = "leave --kron out for the derivative by its entries" if question.form.kron else "transpose it, or leave --layout out"
        raise ShapeError(f"the answer is a {describe(given.shape)}; {words} the derivative is a {describe(wanted.shape)}", hint=hint)
    return Formula(question.form.tensor(given.expr, f.expr, nodes), f)
