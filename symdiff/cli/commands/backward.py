"""`symdiff backward`: the backward pass as straight lines."""

from __future__ import annotations

from symdiff.cli.answers import coloured
from symdiff.cli.options import adjoints, command, formats, layout, output, question
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff backward "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w
symdiff backward "max(1 - y*w.phi, 0)" --wrt w --format latex
symdiff backward "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w --names bar --format algorithm
symdiff backward "y: onehot vector(k); p = softmax(W*x + b); cross_entropy(p, y)" --wrt W,b --format torch
"""


@command("backward", examples=EXAMPLES)
@question(higher=True)
@adjoints
@layout
@formats("auto", "text", "unicode", "markdown", "latex", "algorithm", "json", "numpy", "torch", "jax", help="How the lines are written; as code, too.")
@output("Write the lines to FILE.")
def backward(question: Question, adjoints: str, layout: str, form: str, output: str) -> int:
    """Write the backward pass of FORMULA as straight lines with named adjoints, each used once.

    As code it is an autograd.Function of PyTorch, a custom_vjp of JAX, or two functions for NumPy.
    """
    f, by = question.lesson
    screen = Screen()
    with screen.busy("deriving"):
        shown = f.backward(by, adjoints, layout=layout).show(coloured(form, output, screen))
    screen.types(f.reading)
    screen.lead(question.lead)
    deliver(shown, output)
    return 0
