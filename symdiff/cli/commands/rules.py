"""`symdiff rules`: the cheat sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from symdiff.cli.answers import readable
from symdiff.cli.options import command, formats, functions, output
from symdiff.cli.streams import Screen, deliver
from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.table import OwnName

EXAMPLES = """
symdiff rules
symdiff rules --only "sum product max sigma"
symdiff rules --format markdown -o rules.md
"""


@command("rules", examples=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[NAME]...")
@click.option("--only", default="", metavar="NAMES", help='Some of the rules: --only "sum product max sigma".')
@functions
@formats("auto", "text", "unicode", "markdown", "latex", "html", "typst", "csv", "json", help="How the table is written.")
@output("Write the table to FILE.")
def rules(words: tuple[str, ...], only: str, functions: tuple[str, ...], form: str, output: str) -> int:
    """Print the table of functions: value, derivative on each edge, where it holds, what is taken at a kink, source."""
    from symdiff.teach.cheatsheet import sheet, show

    if words and only:
        raise SymdiffError("names of rules stand behind the command or in --only", hint=f"symdiff rules {' '.join(words)}"[:200])
    own: Sequence[OwnName] = ()
    if functions:
        from symdiff.own import names_of

        own = names_of(functions)
    names = words or only.replace(",", " ").split()
    deliver(show(sheet(list(names), own), readable(form, output, Screen())), output)
    return 0
