"""`symdiff stationary`: where the gradient is zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from symdiff.cli.options import NOTATIONS, command, formats, output, question
from symdiff.cli.question import Question
from symdiff.cli.streams import Screen, deliver

if TYPE_CHECKING:
    from symdiff.api import Stationary

EXAMPLES = """
symdiff stationary "norm2(X*w - y)^2 + lambda*w.w" --wrt w
symdiff stationary "w'*S*w" -d "S: psd matrix(n, n)" --wrt w --subject-to "sum(w) = 1"
symdiff stationary "m/2*logdet(S) + 1/2*sum(i=1..m, (x[i] - mu)'*inv(S)*(x[i] - mu))" -d "S: psd matrix(n, n)" --wrt mu,S
symdiff stationary "w'*S*w" -d "S: psd matrix(n, n)" --wrt w --subject-to "w.w = 1"
"""


@command("stationary", examples=EXAMPLES)
@question(elsewhere=True)
@click.option(
    "--subject-to",
    "equations",
    multiple=True,
    metavar="EQUATION",
    help='An equation that holds: --subject-to "sum(w) = 1"; more than once for several.',
)
@formats(*NOTATIONS, "json", default="text", help="How the point is written.")
@output()
def stationary(question: Question, equations: tuple[str, ...], form: str, output: str) -> int:
    """Find where the gradient of FORMULA is zero, in closed form: a minimum, a maximum, a saddle.

    Several variables are solved for together. With --subject-to the points are those of the Lagrangian. The points go to standard output
    (an equation, where they are eigenvectors), conditions, and which of them is a minimum, to standard error.

    Exit status: 0 with a point or an equation; 3 if there is no closed form, then standard output has the iteration.
    """
    import json

    from symdiff import api

    if not equations:
        question.require_declared()
    screen = Screen()
    known = question.formula.variables
    own = "; ".join(
        [text for text in question.declarations if not known.keys() & {name.strip() for name in text.partition(":")[0].split(",")}]
    )
    with screen.busy("solving"):
        found = api.stationary_points(
            question.formula, question.names, [f"{own}; {equation}" if own else equation for equation in equations]
        )
    screen.types(question.formula.reading)
    solved = bool(found.points) or found.equation is not None
    shown = _lines(found, form)
    if form == "json":
        deliver(json.dumps(_told(found), ensure_ascii=False, indent=2), output)
    elif shown:
        deliver("\n".join(shown), output, screen.bold)
    if not solved:
        screen.note(
            f"no closed form: iterate, this is the next value of {found.variable}"
            if found.iteration is not None
            else found.words[0]
            if found.words
            else "no closed form was found",
            "33",
        )
        return 3
    for name, value in found.multipliers.items() if len(found.points) == 1 else ():
        screen.note(f"{name} = {value}")
    for line in found.conditions:
        screen.note(f"the only point, where {line}" if len(found.points) == 1 else f"where {line}")
    if found.kind:
        screen.note(found.kind)
    elif any(found.kinds):
        screen.note(", ".join(kind or "not known" for kind in found.kinds))
    for line in found.words:
        screen.note(line)
    screen.note("verified: the gradient is zero there", "32")
    return 0


def _lines(found: Stationary, form: str) -> list[str]:
    """The points, a line for each value; of one variable the value alone."""
    if form == "json":
        return []
    if found.iteration is not None:
        return [found.iteration._written(form)]
    if found.equation is not None:
        return [" = ".join([side._written(form) for side in found.equation])]
    lines = []
    for point in found.points:
        values = point if isinstance(point, dict) else {"": point}
        lines += [(f"{name}: " if name else "") + value._written(form) for name, value in values.items()]
    return lines


def _told(found: Stationary) -> dict[str, Any]:
    """Plain data, for JSON."""
    points = [{name: str(e) for name, e in point.items()} if isinstance(point, dict) else str(point) for point in found.points]
    return {
        "variable": found.variable,
        "point": points[0] if points else None,
        "points": points,
        "conditions": found.conditions,
        "kind": found.kind,
        "kinds": found.kinds,
        "multipliers": {name: str(e) for name, e in found.multipliers.items()},
        "equation": None if found.equation is None else [str(side) for side in found.equation],
        "words": found.words,
        "gradient": str(found.gradient),
        "iteration": None if found.iteration is None else str(found.iteration),
    }
