"""`symdiff steps`: the derivation."""

from __future__ import annotations

import click

from symdiff.cli.answers import readable
from symdiff.cli.options import adjoints, command, formats, layout, output, question, verify
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff steps "norm2(A*x - y)^2" --wrt x
symdiff steps "max(1 - y*w.phi, 0)" --wrt w --brief
symdiff steps "tr(A*X)" --wrt X --style differential
symdiff steps "x*sin(x)" --wrt x --style rules
symdiff steps "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w --full --format markdown
"""


@command("steps", examples=EXAMPLES)
@question(higher=True, forms=(layout,))
@click.option("--brief", "level", flag_value="brief", help="Fewer steps.")
@click.option("--full", "level", flag_value="full", help="All steps.")
@click.option(
    "--style",
    type=click.Choice(("paths", "differential", "rules")),
    default="paths",
    help="By paths in the graph, by differentials, or by the rules of a calculus course.",
)
@adjoints
@formats("auto", "text", "unicode", "markdown", "latex", "html", "json", help="How the steps are written.")
@verify
@output("Write the steps to FILE.")
def steps(question: Question, level: str | None, style: str, names: str, form: str, verify: bool | None, output: str) -> int:
    """Derive the derivative of FORMULA in named steps: graph, edges, paths, sums, rules, answer, check.

    Exit status: 0 fine, 1 the verification refutes the answer.
    """
    f, wrt = question.lesson
    screen = Screen()
    with screen.busy("deriving"):
        derivation = f.steps(wrt, level or "normal", verify=verify is not False, style=style, names=names, layout=question.layout)
        shown = derivation.show(readable(form, output, screen, tables=True))
    screen.types(f.reading)
    screen.lead(question.lead)
    deliver(shown, output)
    return 0
