"""`symdiff practice`: a sheet on the terminal, each entry marked at once."""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from symdiff.cli.options import File, command
from symdiff.cli.streams import Screen, printing
from symdiff.errors import SymdiffError

EXAMPLES = """
symdiff practice sheet.toml
symdiff practice sheet.toml --problem hinge
symdiff practice hinge.sd
"""

TONES = {"correct": "32", "loose": "32", "wrong": "31", "unreadable": "33", "undecided": "33"}


@command("practice", examples=EXAMPLES)
@click.argument("sources", metavar="FILE...", nargs=-1, required=True, type=File())
@click.option("--problem", default="", metavar="ID", help="Only this problem.")
@click.option(
    "--tries", type=click.IntRange(min=1), default=3, metavar="N", help="How often an entry may be wrong before the answer is told."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=None, metavar="S", help="Other numbers: those of the first variant of this seed."
)
def practice(sources: tuple[str, ...], problem: str, tries: int, seed: int | None) -> int:
    """Fill in the problems of FILE, edges and values in their order; each entry is marked, with what is wrong with it.

    An entry is a formula or numbers, in the text of the language, loose notation or LaTeX. `?` gives a hint, `!` the answer, an empty line goes on, q ends.

    Exit status: 0 at the end, at the end of the input and after q; 130 interrupted.
    """
    from symdiff.course import practice as room
    from symdiff.course.sheetfile import read_sheet

    sheet = read_sheet(*sources)
    if seed is not None:
        (sheet,) = sheet.variants(1, seed)
    if sys.stdin is None:
        raise SymdiffError("cannot read standard input: it is closed", hint="symdiff practice sheet.toml, on a terminal")
    screen = Screen()
    with screen.busy("working the problems out"):
        walk = room.practice(sheet, problem, tries)
    if sys.stdin.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401 - entries can be edited, and earlier ones come back

    def said(text: str, tone: str = "") -> None:
        with printing():
            print(f"\x1b[{tone}m{text}\x1b[0m" if tone and screen.colour and screen.terminal else text)

    said(room.HELP, "2")
    status, shown = 0, ""
    try:
        while not walk.over:
            if walk.item.problem.id != shown:
                shown = walk.item.problem.id
                said("\n" + walk.heading + "\n", "1" if walk.done else "")
            reply = walk.enter(input(walk.prompt))
            if reply.text:
                said(reply.text, TONES.get(reply.mark, "2"))
    except EOFError:
        said("")
    except KeyboardInterrupt:
        said("")
        status = 130
    said(walk.score)
    return status
