"""The page docs/audit.md, written from what the comparison found."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.audit.compare import LARGE, SILENT, Audit, Convention, Entry
from tests.audit.peers import TITLES

HEAD = """# A second look

Made by `python -m tests.audit`; do not edit. {versions}; {date}.

Derivatives that other libraries define, compared with ours, and what everybody takes where there is none. The functions are the rows of the table, the operators, and built-in functions; a library has one of
them if it has a function under one of its names, or the table spells it as one call of the library, and if the values agree. What a library would have to be told in several calls is left out:
its derivative would not be the library's own. PyTorch, JAX and autograd differentiate by their own rules, SymPy by its own formulas; ours is the code that `symdiff code --target numpy` prints. Derivatives of values
with axes are those of a weighted sum of the entries, the weights all different. The data are in [audit.json](audit.json).

{count} derivatives of {functions} functions, each at up to {points} random points of its domain, in double precision. The largest relative difference is below {least} for {most} of them;
{large} more.

## Derivatives at points

The largest difference between a library's derivative and ours, relative to the larger of the two. An empty cell: the library has no such function of its own.
"""

KINKS = """
## At kinks and at the ends of domains

Points of simple numbers at which a function has a kink, a jump, an infinite slope or the end of its domain; found by differences of its value, not chosen by hand. `±inf` is SymPy's infinity without a sign, `nan` no number, `error`
that the library raises one. Of functions whose value has axes, the derivative is that of the sum of the entries; one number stands for entries that are all the same. None of these is wrong or right: where there is no
derivative, each is a convention, and [ours](answers.md#at-a-kink) are those of the table.

### Where not all take the same

"""

SAME = """
### Where all take the same

"""


def short(value: float) -> str:
    return "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]]) + "\n"


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def cell(e: Entry) -> str:
    """What stands in the table for one derivative."""
    if e.difference is None:
        return f"{code(e.call)}: {e.note}"
    return f"{code(e.call)} {short(e.difference)}" + (f", {e.note}" if e.note else "")


def points(entries: list[Entry]) -> str:
    libraries = [library for library in TITLES if any(e.library == library for e in entries)]
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for e in entries:
        rows.setdefault((e.function, e.by), {})[e.library] = cell(e)
    return table(["function", "by", *[TITLES[library] for library in libraries]], [[code(f), code(by), *[found.get(library, "") for library in libraries]] for (f, by), found in rows.items()])


def alike(c: Convention) -> bool:
    """Whether all who take something take the same; an infinity without a sign goes with either."""
    signless = "±inf" in c.taken.values()
    return len({answer.strip("±-") if signless else answer for answer in answering(c).values()}) == 1


def answering(c: Convention) -> dict[str, str]:
    """Who takes something, and what."""
    return {name: answer for name, answer in c.taken.items() if answer not in SILENT}


def taken(conventions: list[Convention]) -> str:
    names = ["ours", *[title for title in TITLES.values() if any(title in c.taken for c in conventions)]]
    rows = [[code(c.function), code(c.by), code(c.at), *[code(c.taken[name]) if name in c.taken else "" for name in names]] for c in conventions]
    return table(["function", "by", "at", *names], rows)


def page(found: Audit, versions: dict[str, str], date: str) -> str:
    compared = [e for e in found.entries if e.difference is not None]
    large = [e for e in compared if (e.difference or 0) > LARGE]
    text = HEAD.format(
        versions=", ".join(f"{name} {version}" for name, version in versions.items()),
        date=date,
        count=len(compared),
        functions=len({e.function for e in compared}),
        points=max(e.points for e in compared),
        least=short(LARGE),
        most=len(compared) - len(large),
        large="none differs" if not large else f"{len(large)} differ",
    )
    text += "\n" + points(found.entries)
    if large:
        text += f"\n### Differences beyond {short(LARGE)}\n\nWhere mpmath has the function, its derivative in 50 digits at the point of the largest difference says who is how far off.\n\n"
        text += table(
            ["function", "by", "library", "difference", "ours off", "theirs off", "at"],
            [[code(e.function), code(e.by), code(e.call), short(e.difference or 0), *[short(e.off[k]) if e.off else "" for k in ("ours", "theirs")], code(rounded(e.where))] for e in large],
        )
    if found.others:
        text += "\n### Other functions under the same name\n\nThe values differ, so that there is nothing to compare: other defaults, or another function.\n\n"
        text += table(["ours", "theirs"], [[code(f), ", ".join(code(name) for name in dict.fromkeys(names))] for f, names in found.others.items()])
    text += KINKS + taken([c for c in found.conventions if not alike(c)])
    same = [c for c in found.conventions if alike(c)]
    rows = [[code(c.function), code(c.by), code(c.at), code(next(iter(answering(c).values()))), ", ".join(answering(c))] for c in same]
    text += SAME + table(["function", "by", "at", "everybody", "who"], rows)
    return text


def rounded(point: str) -> str:
    """A point in few digits, for a table; the data have all."""
    import re

    return re.sub(r"-?\d+\.\d{4,}", lambda m: f"{float(m[0]):.4g}", point)


def data(found: Audit, versions: dict[str, str], date: str) -> str:
    facts: dict[str, Any] = {"made": date, "versions": versions, **found.data()}
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
