"""Tokens of LaTeX, and what is said where one has no meaning here."""

from __future__ import annotations

import re
from typing import NoReturn

from symdiff.errors import ParseError
from symdiff.syntax.latexvocabulary import REFUSED, SPELLED
from symdiff.table import BUILT_IN, TABLE


class Token:
    """kind: the terminal of the grammar. sort: what an ATOM is, how a MARK changes its base. value: its name, number or sign."""

    __slots__ = ("bold", "end", "kind", "sort", "start", "value")

    def __init__(self, kind: str, value: str, start: int, end: int, sort: str = "") -> None:
        self.bold = False
        self.kind = kind
        self.sort = sort
        self.value = value
        self.start = start
        self.end = end


def words() -> frozenset[str]:
    """Functions of the language, by their names there."""
    return frozenset((*TABLE.names, *BUILT_IN))


def function_of(word: str) -> str:
    """The function of the language that a word names, or ""."""
    spelled = re.sub(r"[\s\-]|\\_", "", word) if "_" not in word else word.replace("\\_", "_")
    known = TABLE.names
    for name in (spelled, word.replace("\\_", "_"), SPELLED.get(spelled.lower(), ""), spelled.lower()):
        if name and (name in known or name in BUILT_IN):
            return "log" if name == "ln" else name
    return ""


def refuse(what: str, start: int, end: int, hint: str = "") -> NoReturn:
    raise ParseError(what, span=(start, end), hint=hint)


def refused(key: str, start: int, end: int, written: str) -> NoReturn:
    what, hint = REFUSED[key]
    refuse(f"`{written}` is {what}", start, end, hint)
