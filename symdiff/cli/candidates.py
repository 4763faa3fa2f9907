"""What a word that is being typed may become: commands, and the names of the formula that stands on the line."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem

from symdiff.cli.table import COMMANDS
from symdiff.errors import SymdiffError


def first(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """What the first word may be: a command, or a file with a formula."""
    names = [
        CompletionItem(name, help=what) for name, what in COMMANDS.items() if name.startswith(incomplete) and ctx.command.name == "symdiff"
    ]
    return names if incomplete and names else [*names, CompletionItem(incomplete, type="file")]


def names(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The variables and bound names of the formula that is typed, behind those that stand there already."""
    from symdiff.cli.question import text_of

    done, comma, begun = incomplete.rpartition(",")
    with suppress(SymdiffError, OSError):
        from symdiff import api
        from symdiff.expr import walk

        text, _ = text_of(ctx.params.get("words") or (), ctx.params.get("source") or "")
        f = api.read(text, declarations=ctx.params.get("declarations") or ())
        known: list[Any] = [*walk.variables([f.expr]), *walk.bindings([f.expr])]
        return [CompletionItem(f"{done}{comma}{name}") for name in known if name.startswith(begun) and name not in done.split(",")]
    return []
