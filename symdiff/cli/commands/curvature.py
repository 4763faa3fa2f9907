"""`symdiff curvature`: convex, concave, affine or neither."""

from __future__ import annotations

from symdiff.cli.options import command, formats, output, question
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff curvature "norm2(X*w - y)^2 + lambda*norm1(w)" --wrt w
symdiff curvature "log(1 + exp(-y*w.x))" --wrt w --format json
"""


@command("curvature", examples=EXAMPLES)
@question()
@formats("text", "json", default="text", help="How the verdict is written.")
@output("Write the verdict to FILE.")
def curvature(question: Question, form: str, output: str) -> int:
    """Say whether FORMULA is convex, concave, affine or neither in the variables, and why.

    Several variables are taken together, everything else is fixed. A verdict has its reasons, or a counterexample.

    Exit status: 0 with a verdict, 3 if it stays unknown.
    """
    import json

    screen = Screen()
    with screen.busy("looking for a certificate"):
        verdict = question.formula.curvature(question.names)
    screen.types(question.formula.reading)
    deliver(json.dumps(verdict.as_dict(), ensure_ascii=False, indent=2) if form == "json" else str(verdict), output, screen.bold)
    return 3 if verdict.kind == "unknown" else 0
