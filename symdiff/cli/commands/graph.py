"""`symdiff graph`: the computation graph as a picture."""

from __future__ import annotations

import os

import click

<<<<<<< HEAD
from symdiff.cli.options import Folder, at, command, folder, layout, output, question
=======
from symdiff.cli.options import Folder, at, command, folder, formats, layout, output, question
>>>>>>> main
from symdiff.cli.question import Question, Values
from symdiff.cli.streams import Screen, deliver

EXAMPLES = """
symdiff graph "max(1 - y*w.phi, 0)" --wrt w -o hinge.svg
symdiff graph "max(1 - y*w.phi, 0)" --wrt w --at w=[3,1] --at phi=[1,2] --at y=2 -o hinge.png
symdiff graph "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w --shapes --theme dark -o net.svg
symdiff graph "max(1 - y*w.phi, 0)" --wrt w --frames pictures
"""

THEMES = ("auto", "light", "dark")
ENDINGS = ("svg", "png", "pdf", "dot", "gv", "tikz", "tex", "mmd")


@command("graph", examples=EXAMPLES)
@question(higher=True, forms=(layout,))
@at
@click.option("--shapes", is_flag=True, help="Write shapes beside the boxes.")
@click.option("--frames", default="", metavar="DIR", type=Folder(), callback=folder, help="Write a picture per step of the backward pass to DIR.")
@click.option("--theme", type=click.Choice(THEMES), default="auto", help="Colours.")
<<<<<<< HEAD
@output("Draw to FILE: .svg, .png, .pdf, .dot, .tikz, .mmd; SVG on standard output without it.", endings=ENDINGS)
def graph(question: Question, values: Values, shapes: bool, across: bool, legend: bool, plates: bool, frames: str, theme: str, output: str) -> int:
=======
@click.option("--across", is_flag=True, help="From left to right, the value at the right.")
@click.option("--legend/--no-legend", default=True, help="Say below the graph what its colours mean (the default).")
@click.option("--plates/--no-plates", default=True, help="Draw a sum over an index as one term in a frame (the default).")
@formats(*FORMS, help="What is drawn: svg, dot, tikz or mmd on standard output, png and pdf too in a file.")
@output("Draw to FILE: .svg, .png, .pdf, .dot, .tikz, .mmd; SVG on standard output without it.", endings=ENDINGS)
def graph(question: Question, values: Values, shapes: bool, frames: str, theme: str, across: bool, legend: bool, plates: bool, form: str, output: str) -> int:
>>>>>>> main
    """Draw the computation graph of FORMULA, a local derivative on every edge.

    With values (--at, --values) forward and backward values stand beside the boxes.
    """
    f, names = question.lesson
    numbers = values.of(question)
    screen = Screen()
    form = "svg" if output == "-" else os.path.splitext(output)[1][1:].lower()
    with screen.busy("drawing"):
        made = f.graph(names, numbers or None, shapes=shapes, layout=question.layout, across=across, legend=legend, plates=plates)
        picture = made.rendered(form, theme)
        paths = made.frames(frames, form, theme) if frames else []
    screen.types(f.reading)
    screen.lead(question.lead)
    if not frames or output != "-":
        deliver(picture, output)
    if frames:
        screen.note(f"{len(paths)} pictures in {frames}")
    return 0
