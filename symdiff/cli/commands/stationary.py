"""`symdiff stationary`: where the gradient is zero."""

from __future__ import annotations

from symdiff.cli.options import command, formats, output, question
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff stationary "norm2(X*w - y)^2 + lambda*w.w" --wrt w
symdiff stationary "m/2*log(v) + sum(i=1..m, (x[i] - mu)^2)/(2*v)" --wrt v
"""


@command("stationary", examples=EXAMPLES)
@question(several=False)
@formats("text", "unicode", "latex", "mathml", "typst", "json", default="text", help="How the point is written.")
@output()
def stationary(question: Question, form: str, output: str) -> int:
    """Find where the gradient of FORMULA by a variable is zero, in closed form.

    The point goes to standard output; conditions, and whether it is a minimum, to standard error.

    Exit status: 0 with the point; 3 if there is no closed form, then standard output has the iteration.
    """
    import json

    from symdiff import api

    screen = Screen()
    with screen.busy("solving"):
        found = api.stationary_points(question.formula, question.names[0])
    screen.types(question.formula.reading)
    shown = found.points[0] if found.points else found.iteration
    assert shown is not None
    if form == "json":
        told = {"variable": found.variable, "point": str(shown) if found.points else None, "conditions": found.conditions, "kind": found.kind,
                "gradient": str(found.gradient), "iteration": None if found.points else str(shown)}  # fmt: skip
        deliver(json.dumps(told, ensure_ascii=False, indent=2), output)
    else:
        deliver(shown._written(form), output, screen.bold)
    if not found.points:
        screen.note(f"no closed form: iterate, this is the next value of {found.variable}", "33")
        return 3
    for line in found.conditions:
        screen.note(f"the only point, where {line}")
    if found.kind:
        screen.note(found.kind)
    screen.note("verified: the gradient is zero there", "32")
    return 0
