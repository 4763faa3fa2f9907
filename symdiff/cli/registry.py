"""Which command the arguments mean.

Only the file of the command that was asked for is imported. Without a command's name in front, the arguments are those of `derivative`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

import click

from symdiff.cli.options import Command, first_word
from symdiff.cli.table import COMMANDS, DEFAULT, OTHER_WORDS
from symdiff.errors import SymdiffError, UnknownNameError


def load(name: str) -> Command:
    """The command of this name."""
    return cast(Command, getattr(import_module(f"symdiff.cli.commands.{name}"), name))


def find(arguments: Sequence[str]) -> tuple[Command, list[str]]:
    """The command that is meant, and its arguments. UnknownNameError for a word in front that is nearly one."""
    rest = list(arguments)
    if rest[:1] == ["help"]:
        if len(rest) > 1 and rest[1] not in COMMANDS:
            suggest(rest[1])
            raise UnknownNameError(f"there is no command {rest[1]!r}"[:200], hint="symdiff --help lists the commands")
        return load(rest[1] if len(rest) > 1 else DEFAULT), ["--help"]
    if rest[:1] and rest[0] in COMMANDS:
        return load(rest.pop(0)), rest
    default = load(DEFAULT)
    k, words = first_word(rest, default)
    if k is None:
        return default, rest
    if rest[k] in COMMANDS:
        return load(rest.pop(k)), rest
    asked = any(a in ("--wrt", "--hessian") or a.startswith(("--wrt=", "--hessian=")) for a in rest)
    if words > 1 or not asked:
        suggest(rest[k])
    return default, rest


def suggest(word: str) -> None:
    """UnknownNameError if this looks like a command's name, with what to type."""
    if not (word.isascii() and word.isalpha() and word.islower()) or len(word) < 3:
        return
    from difflib import get_close_matches

    close = get_close_matches(word, COMMANDS, n=2, cutoff=0.65)
    if close or word in OTHER_WORDS:
        hint = OTHER_WORDS.get(word) or f"did you mean `symdiff {close[0]}`?" + (f" or `symdiff {close[1]}`?" if len(close) > 1 else "")
        raise UnknownNameError(
            f"there is no command {word!r}",
            hint=f"{hint} (symdiff --help lists the commands; a formula of this name is asked for with --wrt {word})",
        )


def who_has(option: str) -> list[str]:
    """The commands that know an option."""
    return [name for name in (DEFAULT, *COMMANDS) if any(option in (*p.opts, *p.secondary_opts) for p in load(name).params)]


def no_such_option(error: click.NoSuchOption, command: Command) -> SymdiffError:
    """The message for an option that this command lacks: who has it, or what is nearly spelled like it."""
    owners = who_has(error.option_name)
    of = f"`{command.path}`"
    if owners:
        named = ["the derivative itself" if name == DEFAULT else f"`symdiff {name}`" for name in owners]
        if len(named) > 4:
            named[3:] = ["others"]
        return UnknownNameError(
            f"{of} has no option {error.option_name}",
            hint=f"{', '.join(named)} {'has' if len(named) == 1 else 'have'} it; {command.path} --help lists the options of {of}",
        )
    near = f"did you mean {' or '.join(error.possibilities)}?" if error.possibilities else f"{command.path} --help"
    if not error.possibilities:
        from difflib import get_close_matches

        known = {option for name in (DEFAULT, *COMMANDS) for p in load(name).params for option in p.opts if option.startswith("--")}
        for option in get_close_matches(error.option_name, known, 1, 0.7):
            owner = who_has(option)[0]
            near = f"{option} is an option of {'the derivative itself' if owner == DEFAULT else f'`symdiff {owner}`'}; {near} lists those of {of}"
    return UnknownNameError(f"{of} has no option {error.option_name}", hint=near)
