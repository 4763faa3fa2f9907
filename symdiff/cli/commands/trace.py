"""`symdiff trace`: both passes in numbers."""

from __future__ import annotations

import click

from symdiff.cli.answers import readable
from symdiff.cli.options import at, command, formats, layout, output, question
from symdiff.cli.question import Question, Values
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff trace "residual = w.phi - y; residual^2" --wrt w --at w=[3,1] --at phi=[1,2] --at y=2
symdiff trace "sigma(w*x + b)" --at w=2 --at x=-1 --at b=1 --perturb 0.01 --format markdown
"""


@command("trace", examples=EXAMPLES)
@question(optional=True, higher=True, forms=(layout,))
@at
@click.option("--perturb", type=float, metavar="EPS", help="Move the inputs by EPS and see what follows.")
@formats("auto", "text", "unicode", "markdown", "latex", "html", "typst", "csv", "json", help="How the tables are written.")
@output("Write the tables to FILE.")
def trace(question: Question, values: Values, perturb: float | None, form: str, output: str) -> int:
    """Show the forward and the backward pass of FORMULA in numbers, node by node.

    Values come from --at and --values. Without --wrt the backward pass goes to all variables.
    """
    f, names = question.lesson
    screen = Screen()
    numbers = values.of(question)
    with screen.busy("computing"):
        passes = f.trace(numbers, names or None, layout=question.layout)
        shown = passes.show(readable(form, output, screen, tables=True), perturb)
    screen.types(f.reading)
    screen.lead(question.lead)
    deliver(shown, output)
    if passes.compared:
        from symdiff.teach.truth import agreement

        screen.note(agreement(passes.compared))
    return 0
