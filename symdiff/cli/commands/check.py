"""`symdiff check`: the mark of a derivative worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symdiff.cli.options import command, formats, layout, output, question
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
@question(several=False, higher=True, forms=(layout,))
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
        grade = question.formula.check(question.questions[0], transposed(question, answer) if question.form.numerator else answer)
    screen.types(question.formula.reading)
    deliver(json.dumps(asdict(grade), ensure_ascii=False, indent=2) if form == "json" else str(grade), output, screen.bold)
    if grade.correct is False:
        screen.note(f"the derivative is {grade.expected}")
        if question.form.numerator:
            screen.note("that is the gradient itself; the answer is read in the numerator layout, as its transpose")
    return 0 if grade else 1 if grade.correct is False else 3


def transposed(question: Question, answer: str) -> Formula:
    """An answer in the numerator layout as the gradient that it means. ShapeError if it is not laid out so."""
    from symdiff import api
    from symdiff.expr.build import describe
    from symdiff.formula import Formula

    f, nodes = question.formula, question.questions[0]
    given = api.read(answer, f)
    wanted = question.form.lay_out(nodes[0], len(f.shape), len(nodes))
    if given.shape != wanted.shape:
        raise ShapeError(f"the answer is a {describe(given.shape)}; in the numerator layout the derivative is a {describe(wanted.shape)}", hint="transpose it, or leave --layout out")
    return Formula(question.form.tensor(given.expr, f.expr, nodes), f)
