"""`symdiff graph`: the computation graph as a picture."""

from __future__ import annotations

import os

import click

from symdiff.cli.options import Folder, at, command, folder, formats, layout, output, question
from symdiff.cli.question import Question, Values
from symdiff.cli.streams import Screen, deliver
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff graph "max(1 - y*w.phi, 0)" --wrt w -o hinge.svg
symdiff graph "max(1 - y*w.phi, 0)" --wrt w --at w=[3,1] --at phi=[1,2] --at y=2 -o hinge.png
symdiff graph "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w --shapes --theme dark -o net.svg
symdiff graph "max(1 - y*w.phi, 0)" --wrt w --frames pictures
symdiff graph "norm2(X*w - y)^2 + lambda*norm1(w)" --wrt w --curvature -o reasons.svg
symdiff graph "1/m*sum(i=1..m, (w.phi[i] - y[i])^2)" --wrt w --across --no-legend -o plate.svg
"""

THEMES = ("auto", "light", "dark")
FORMS = ("auto", "svg", "png", "pdf", "dot", "tikz", "mmd")
ENDINGS = ("svg", "png", "pdf", "dot", "gv", "tikz", "tex", "mmd")


@command("graph", examples=EXAMPLES)
@question(higher=True, forms=(layout,))
@at
@click.option("--shapes", is_flag=True, help="Write shapes beside the boxes.")
@click.option(
    "--frames", default="", metavar="DIR", type=Folder(), callback=folder, help="Write a picture per step of the backward pass to DIR."
)
@click.option("--theme", type=click.Choice(THEMES), default="auto", help="Colours.")
@click.option("--across", is_flag=True, help="From left to right, the value at the right.")
@click.option("--legend/--no-legend", default=True, help="Say below the graph what its colours mean (the default).")
@click.option("--plates/--no-plates", default=True, help="Draw a sum over an index as one term in a frame (the default).")
@click.option("--curvature", is_flag=True, help="Write beside the boxes whether they are convex, concave or affine in the variables.")
@formats(*FORMS, help="What is drawn: svg, dot, tikz or mmd on standard output, png and pdf too in a file.")
@output("Draw to FILE: .svg, .png, .pdf, .dot, .tikz, .mmd; SVG on standard output without it.", endings=ENDINGS)
def graph(
    question: Question,
    values: Values,
    shapes: bool,
    frames: str,
    theme: str,
    across: bool,
    legend: bool,
    plates: bool,
    curvature: bool,
    form: str,
    output: str,
) -> int:
    """Draw the computation graph of FORMULA, a local derivative on every edge.

    With values (--at, --values) forward and backward values stand beside the boxes.
    """
    f, names = question.lesson
    numbers = values.of(question)
    screen = Screen()
    form = form if form != "auto" else "svg" if output == "-" else os.path.splitext(output)[1][1:].lower()
    if form in ("png", "pdf") and output == "-" and not frames:
        raise SymdiffError(f"a {form} is written to a file", hint=f"-o graph.{form}")
    with screen.busy("drawing"):
        made = f.graph(
            names, numbers or None, shapes=shapes, layout=question.layout, across=across, legend=legend, plates=plates, curvature=curvature
        )
        picture = made.rendered(form, theme)
        paths = made.frames(frames, form, theme) if frames else []
    screen.types(f.reading)
    screen.lead(question.lead)
    if not frames or output != "-":
        deliver(picture, output)
    if frames:
        screen.note(f"{len(paths)} pictures in {frames}")
    return 0
