"""`symdiff grade`: a class graded."""

from __future__ import annotations

import os
import sys

import click

from symdiff.cli.options import File, command, formats, output
from symdiff.cli.streams import Screen, decorated, deliver
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff grade sheet.toml answers.csv -o marks.html
symdiff grade sheet.toml answers.csv --format json
"""

ENDINGS = ("csv", "html", "htm", "json")
MOST = 12  # slips that are told on the screen


@command("grade", examples=EXAMPLES)
@click.argument("words", nargs=-1, metavar="SHEET ANSWERS", type=File())
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; as many as there are processors without it.")
@click.option("--names", is_flag=True, help="Names of students on the page, which else has numbers in their place.")
@formats("auto", "csv", "json", "html", help="How the marks are written; without it what the ending of FILE says, CSV on standard output.")
@output("Write the marks to FILE: .csv, .html, .json.", endings=ENDINGS)
def grade(words: tuple[str, ...], jobs: int, names: bool, form: str, output: str) -> int:
    """Mark the answers of a class to the problems of SHEET.

    ANSWERS is a table (CSV) with the columns student, problem, answer. A problem is p3, p3.gradient.w where it asks for several
    derivatives, or one place of the sheet: p3.edge.L.r, p3.value.r, p3.backward.w. An answer is text, loose notation or LaTeX.

    Marks: correct, loose (right in loose notation), wrong with the slip that was made, unreadable with a hint, undecided, empty, failed.
    Equal slips are counted together.

    Exit status: 0 every row has its mark, 1 some rows failed, 130 interrupted.
    """
    from symdiff.course.grade import grade_class, read_answers
    from symdiff.course.sheetfile import read_sheet

    if len(words) != 2:
        raise SymdiffError("a sheet and a table of answers are needed", hint="symdiff grade sheet.toml answers.csv -o marks.html")
    form = (
        form
        if form != "auto"
        else "csv"
        if output == "-"
        else os.path.splitext(output)[1][1:].lower().replace("htm", "html").replace("htmll", "html")
    )
    sheet = read_sheet(words[0])
    rows = read_answers(words[1], sheet)
    with click.progressbar(length=max(len(rows), 1), file=sys.stderr, hidden=not decorated(sys.stderr), label="grading") as bar:

        def report(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        marks = grade_class(sheet, rows, workers=jobs, report=report)
    deliver(marks.show(form, names=names), output)
    screen = Screen()
    for slip in marks.slips[:MOST]:
        screen.note(f"{slip.problem}: {slip}")
    if len(marks.slips) > MOST:
        screen.note(f"and {len(marks.slips) - MOST} more")
    right = sum(r.mark.right for r in marks.counted)
    screen.note(f"{len(marks.totals)} students, {len(marks.counted)} answers, {right} right, {marks.failed} failed")
    for r in [r for r in marks.rows if r.mark.mark == "failed"][:MOST]:
        screen.note(f"line {r.row.line}: {r.mark.diagnosis}" + (f" ({r.mark.hint})" if r.mark.hint else ""), "31")
    return 1 if marks.failed else 0
