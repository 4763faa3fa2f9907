"""Tables of long runs: python -m tests.fuzz.record run1.jsonl run2.jsonl > record.md"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]  # one piece of a run, as run.py writes it
BAD = ("wrong", "text", "crashed", "slow")
VERDICTS = {
    "right": "right",
    "node": "right, text reads back as an equal value of another form",
    "refused": "refused",
    "wrong": "wrong",
    "text": "text reads back as another value",
    "crashed": "crashed",
    "slow": "more than 10 s",
}


def read(files: Iterable[Path]) -> list[Line]:
    """The lines of the files; one that was cut off while it was written is left out."""
    return [json.loads(text) for file in files for text in file.read_text().splitlines() if text.endswith("}")]


def total(lines: Sequence[Line], what: str) -> Counter[str]:
    """The counts of all lines together; places in the code without their line, which differs from commit to commit."""
    counts: Counter[str] = Counter()
    for line in lines:
        for key, n in line[what].items():
            if n:
                counts[re.sub(r"(\.py):\d+$", r"\1", key)] += n
    return counts


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def cell(x: object) -> str:
        return f"{x:,}" if isinstance(x, int) else str(x).replace("|", "\\|")

    return "\n".join("| " + " | ".join(map(cell, row)) + " |" for row in [heads, ["---"] * len(heads), *rows]) + "\n"


def seeds(lines: Sequence[Line]) -> str:
    """The ranges of seeds, joined where one begins at the end of another."""
    ranges: list[list[int]] = []
    for first, count in sorted((line["first"], line["count"]) for line in lines):
        if ranges and ranges[-1][1] == first:
            ranges[-1][1] += count
        else:
            ranges.append([first, first + count])
    return ", ".join(f"{first}–{end - 1}" for first, end in ranges)


def report(lines: Sequence[Line], examples: bool = True) -> str:
    """What was counted, as Markdown; examples: with the shortest formula of every kind that is not simply right."""
    commits = list(dict.fromkeys(line["commit"] for line in lines))
    parts = [[line for line in lines if line["commit"] == commit] for commit in commits]
    shown = [v for v in VERDICTS if v in ("right", "wrong", "crashed") or total(lines, "verdicts")[v]]

    def row(some: Sequence[Line]) -> list[object]:
        return [sum(x["count"] for x in some), *[total(some, "verdicts")[v] for v in shown], round(sum(x["seconds"] for x in some))]

    rows = [[f"`{commit}`", seeds(part), *row(part)] for commit, part in zip(commits, parts, strict=True)]
    heads = ["commit", "seeds", "formulas", *[VERDICTS[v] for v in shown], "seconds of one core"]
    texts = [table(heads, [*rows, ["all", "", *row(lines)]])]
    texts += [table(["compared at two points", "times"], total(lines, "compared").most_common())]
    texts += [table(["formulas with", "times"], total(lines, "mix").most_common())]
    texts += [table(["not simply right", "times"], total(lines, "groups").most_common())]
    shortest: dict[str, Line] = {}
    for failure in (failure for line in lines for failure in line["failures"] if examples):
        key = f"{failure['verdict']}: {failure['group']}"
        if key not in shortest or len(failure["formula"]) < len(shortest[key]["formula"]):
            shortest[key] = failure
    for key, failure in sorted(shortest.items(), key=lambda x: x[1]["verdict"] not in BAD):
        detail = failure["detail"].replace("\n", "\n    ")
        texts.append(f"* {key}\n  seed {failure['seed']}, {failure['stage']}\n\n    {failure['formula']}\n    {detail}\n")
    return "\n".join(texts)


if __name__ == "__main__":
    print(report(read(map(Path, sys.argv[1:])), examples=False))
