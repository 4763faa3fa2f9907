"""`symdiff check`: the mark of a derivative worked out by hand."""

from __future__ import annotations

import click

from symdiff.cli.options import command, formats, output, question
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff check "norm2(A*x - y)^2" --wrt x --answer "2*A'*(A*x - y)"
symdiff check "x'*A*y" --hessian x,y --answer "A"
"""


@command("check", examples=EXAMPLES)
@question(several=False, higher=True)
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
        grade = question.formula.check(question.questions[0], answer)
    screen.types(question.formula.reading)
    deliver(json.dumps(asdict(grade), ensure_ascii=False, indent=2) if form == "json" else str(grade), output, screen.bold)
    if grade.correct is False:
        screen.note(f"the derivative is {grade.expected}")
    return 0 if grade else 1 if grade.correct is False else 3
