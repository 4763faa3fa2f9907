"""`symdiff handout`: a page on one derivative."""

from __future__ import annotations

import os

import click

from symdiff.cli.options import at, command, formats, output, question, verify
from symdiff.cli.question import Question, Values
from symdiff.cli.streams import Screen, deliver
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff handout "max(1 - y*w.phi, 0)" --wrt w --title "The hinge loss" -o hinge.html
symdiff handout "residual = w.phi - y; residual^2" --wrt w --at w=[3,1] --at phi=[1,2] --at y=2 -o squared.md
symdiff handout "max(1 - y*w.phi, 0)" --wrt w --optimum -o optimum.html
symdiff handout "h = sigma(V*phi); r = w.h - y; r^2" --wrt V,w -o layers.pdf
"""

ENDINGS = ("html", "htm", "md", "markdown", "tex", "latex", "typ", "pdf")
FORMS = ("auto", "html", "markdown", "latex", "typst", "pdf")


@command("handout", examples=EXAMPLES)
@question(higher=True)
@at
@click.option("--title", default="", metavar="TEXT", help="Title of the page.")
@click.option("--optimum", is_flag=True, help="Add a section: does descent reach the optimum?")
@verify
@formats(*FORMS, help="What is written; without it what the ending of FILE says, HTML on standard output.")
@output("Write the page to FILE: .html, .pdf, .md, .tex, .typ; HTML on standard output without it.", endings=ENDINGS)
def handout(question: Question, values: Values, title: str, optimum: bool, verify: bool | None, form: str, output: str) -> int:
    """Write a page on the derivative of FORMULA: statement, graph, rules, steps, answer, numbers and check.

    With values (--at, --values) both passes stand there in numbers.

    Exit status: 0 fine, 1 the verification refutes the answer; then there is no page.
    """
    f, names = question.lesson
    numbers = values.of(question)
    screen = Screen()
    form = form if form != "auto" else "html" if output == "-" else os.path.splitext(output)[1][1:].lower()
    if form == "pdf" and output == "-":
        raise SymdiffError("a pdf is written to a file", hint="-o handout.pdf")
    with screen.busy("writing"):
        page = f.handout(names, numbers or None, title=title, verify=verify is not False, optimum=optimum)
        content = page.rendered(form)
    screen.types(f.reading)
    screen.lead(question.lead)
    refuted = any(v.ok is False for v in page.verdicts.values())
    if not refuted:
        deliver(content if form == "pdf" else content.decode().rstrip("\n"), output)
    screen.verdicts(list(page.verdicts), list(page.verdicts.values()))
    return 1 if refuted else 0
