"""Which pages the site has, and how a file of the checkout becomes one.

The files of docs/ are read on a code host as they are; what a site needs besides (an order, links that stay inside, links into the page) is put
into copies of them. A link to a file that is no page brings that file along, under `files/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]

# The order of the pages, under the headings of the sidebar: names of files in docs/ without their ending, and of pages that are made.
NAV: dict[str, tuple[str, ...]] = {
    "Start": ("tour", "student", "researcher", "teacher"),
    "The language": ("writing", "language", "answers", "library", "command"),
    "What it does": ("numbers-and-steps", "pictures", "code", "descent", "stationary", "course", "grading"),
    "Reference": ("reference/index", "commands/index", "rules", "glossary"),
    "Trust": ("trust", "audit", "comparison", "benchmarks"),
    "How it works": ("from-scratch", "architecture", "contributing", "decisions/index", "changelog"),
}

# Files of the checkout that have another name on the site.
RENAMED = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "docs/decisions/README.md": "decisions/index.md"}

FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<word>[^\n`]*)\n(?P<body>.*?)^(?P=ticks)[ ]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^)\s]+)(?=\))")
SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)


class Fault(Exception):
    """What stands in the way of a site."""


def sources() -> dict[str, str]:
    """For every file of the checkout that is a page, where it stands on the site."""
    found = {f"docs/{p.relative_to(ROOT / 'docs').as_posix()}": "" for p in (ROOT / "docs").rglob("*.md")}
    found = {path: RENAMED.get(path, path.removeprefix("docs/")) for path in sorted(found)}
    return {**found, "CONTRIBUTING.md": RENAMED["CONTRIBUTING.md"], "CHANGELOG.md": RENAMED["CHANGELOG.md"]}


def outside(text: str, *patterns: re.Pattern[str]) -> Iterator[tuple[bool, str]]:
    """The text in pieces, each with whether it stands outside of what the patterns match."""
    if not patterns:
        yield True, text
        return
    end = 0
    for match in patterns[0].finditer(text):
        yield from outside(text[end : match.start()], *patterns[1:])
        yield False, match[0]
        end = match.end()
    yield from outside(text[end:], *patterns[1:])


def relinked(text: str, source: str, made: Mapping[str, str], brought: set[str]) -> str:
    """A page's text with its links led to where things stand on the site. brought: gets the files that come along.

    Fault for a link to what is not there.
    """
    here = PurePosixPath(source).parent
    place = PurePosixPath(made[source]).parent.as_posix()

    def led(match: re.Match[str]) -> str:
        target, mark, part = match["target"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        path = os.path.normpath((here / target).as_posix())
        if path in made:
            end = made[path]
        elif path == "README.md":
            end = "index.md"
        elif (ROOT / path).is_file():
            brought.add(path)
            end = f"files/{path}"
        else:
            raise Fault(f"{source}: a link to {target}, which is not there")
        return f"{match['before']}{os.path.relpath(end, place)}{mark}{part}"

    return "".join(LINK.sub(led, piece) if free else piece for free, piece in outside(text, FENCE, SPAN))


def siblings(place: str, places: Iterable[str]) -> str:
    """The order of the other pages in the folder of this one, for its end."""
    folder = place.rpartition("/")[0]
    names = [p.rpartition("/")[2].removesuffix(".md") for p in places if p.startswith(f"{folder}/") and p != place]
    return "\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def trees() -> str:
    """The order of the pages, for the end of the first one."""
    return "".join(f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n" + "\n".join(names) + "\n```\n" for heading, names in NAV.items())
