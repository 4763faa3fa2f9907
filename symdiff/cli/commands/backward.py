"""`symdiff backward`: the backward pass as straight lines."""

from __future__ import annotations

from symdiff.cli.answers import readable
from symdiff.cli.options import adjoints, command, formats, layout, output, question
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff backward "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w
symdiff backward "max(1 - y*w.phi, 0)" --wrt w --format latex
symdiff backward "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w --names bar --format torch
"""


@command("backward", examples=EXAMPLES)
@question(higher=True, forms=(layout,))
@adjoints
@formats("auto", "text", "unicode", "markdown", "latex", "algorithm", "json", "numpy", "torch", "jax", help="How the lines are written.")
@output("Write the lines to FILE.")
def backward(question: Question, names: str, form: str, output: str) -> int:
    """Write the backward pass of FORMULA as straight lines with named adjoints, each used once."""
    f, wrt = question.lesson
    screen = Screen()
    with screen.busy("deriving"):
        shown = f.backward(wrt, names, layout=question.layout).show(readable(form, output, screen, tables=True))
    screen.types(f.reading)
    screen.lead(question.lead)
    deliver(shown, output)
    return 0
