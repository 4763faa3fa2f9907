"""Names taken apart for typesetting: `phi1` is the letter φ with the subscript 1, `W_2` is W with 2."""

from __future__ import annotations

import re

from symdiff.syntax.parse import GREEK as _LETTERS

GREEK = {name: letter for letter, name in _LETTERS.items() if letter != "ς"}

_PARTS = re.compile(r"(D*)(" + "|".join(sorted(GREEK, key=len, reverse=True)) + r"|[^\W\d_]+)(\d*)(?:_(\w+))?")


def parts(name: str) -> tuple[str, str, str, str] | None:
    """(`D`s of a Jacobian or the `d` of a differential, stem, digits, what follows `_`) of a name; None if it is not made like that.

    The stem is a Greek letter's name or a word; leading `D`s, or one `d`, count as such only in front of a Greek letter.
    """
    found = _PARTS.fullmatch(name)
    if found is None:
        return None
    ds, stem, digits, rest = found.groups(default="")
    if stem not in GREEK:
        ds, stem = ("d", stem[1:]) if not ds and stem[0] == "d" and stem[1:] in GREEK else ("", ds + stem)
    return ds, stem, digits, rest
