"""Matrices written out with their rows, `[a, b; c, d]`, as they are typed here: for messages."""

from __future__ import annotations

import re

LONGEST = 400  # characters of such a matrix

_SPACED = re.compile(r"(?<=[\w)\]'])\s+(?=[-\w(])")
_LETTER = re.compile(r"[A-Z]\w*'?")
_BEFORE = re.compile(r"[\w)\]']$")  # of a bracket that is an index

Span = tuple[int, int]


def around(text: str, place: int) -> tuple[str, Span] | None:
    """What to type for the matrix around a place of a text, and where that stands; None where there is none."""
    left, depth = place - 1, 0
    while left >= 0 and (depth or text[left] not in "(["):
        depth += (text[left] in ")]") - (text[left] in "([")
        left -= 1
    if left < 0 or text[left] != "[" or _BEFORE.search(text[:left]):
        return None
    rows = rows_of(text, left)
    if rows is None:
        return None
    end = left + len(_inside(text, left)) + 2
    items = ", ".join([row[0] for row in rows])
    if len(rows[0]) == 1:
        return f"of numbers `[{items}]`, of vectors `concat({items})`, of matrices `vcat({items})`", (left, end)
    return f"write `{stacked(rows)}`", (left, end)


def unrolled(text: str) -> str:
    """The text with its matrices as they are typed here."""
    at = 0
    while (at := text.find("[", at)) >= 0:
        rows = rows_of(text, at) if not _BEFORE.search(text[:at]) else None
        if rows is not None and len(rows[0]) > 1:
            text = text[:at] + stacked(rows) + text[at + len(_inside(text, at)) + 2 :]
        at += 1
    return text


def rows_of(text: str, left: int) -> list[list[str]] | None:
    """The entries in the bracket that opens here, by rows of one length; None where there are no two."""
    inside = _inside(text, left)
    if len(inside) > LONGEST or ";" not in inside:
        return None
    rows = [[item.strip() for item in _parts(row, ",")] for row in _parts(inside, ";")]
    rows = [row if len(row) > 1 else _SPACED.split(row[0]) for row in rows]
    return rows if len(rows) > 1 and all(map(all, rows)) and len(set(map(len, rows))) == 1 else None


def stacked(rows: list[list[str]]) -> str:
    """The rows below each other: of numbers, or of matrices where all entries are capital letters."""
    blocks = all(_LETTER.fullmatch(item) for row in rows for item in row)
    return "vcat(" + ", ".join([f"hcat({', '.join(row)})" if blocks else f"[{', '.join(row)}]'" for row in rows]) + ")"


def _inside(text: str, left: int) -> str:
    """What stands between the bracket that opens here and the one that closes it."""
    depth = 0
    for k in range(left + 1, len(text)):
        if text[k] == "]" and not depth:
            return text[left + 1 : k]
        depth += (text[k] in "([") - (text[k] in ")]")
    return ""


def _parts(text: str, sign: str) -> list[str]:
    parts, depth, last = [], 0, 0
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == sign and not depth:
            parts.append(text[last:k])
            last = k + 1
    return [*parts, text[last:]]
