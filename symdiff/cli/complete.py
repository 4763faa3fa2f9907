"""Completion in shells: commands, options, values of options, files, and the names of the formula that is typed.

The shell asks by running `symdiff` with `_SYMDIFF_COMPLETE` set, as click's scripts do; the script is printed by `symdiff completion SHELL`.
"""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete

from symdiff.cli.registry import load
from symdiff.cli.table import COMMANDS, DEFAULT

VARIABLE = "_SYMDIFF_COMPLETE"


class Routed(ShellComplete):
    """Completion for the command that the words typed so far name."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        named = bool(args) and args[0] in COMMANDS
        self.cli = load(args[0] if named else DEFAULT)
        return super().get_completions(args[1:] if named else args, incomplete)


class Bash(Routed, BashComplete):
    @staticmethod
    def _check_version() -> None:
        """Bash is not asked for its version, which would run it: the script says what it needs."""


class Zsh(Routed, ZshComplete):
    pass


class Fish(Routed, FishComplete):
    pass


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(shell: str) -> str:
    """The script of a shell."""
    return SHELLS[shell](load(DEFAULT), {}, "symdiff", VARIABLE).source().rstrip("\n")


def answer(instruction: str) -> int:
    """Print the completions that a shell's script asks for (`bash_complete`, …); 1 for another instruction."""
    shell, _, what = instruction.partition("_")
    if shell not in SHELLS or what not in ("complete", "source"):
        return 1
    asked = SHELLS[shell](load(DEFAULT), {}, "symdiff", VARIABLE)
    click.echo(asked.complete() if what == "complete" else asked.source())
    return 0
