"""Answers written by hand, and the truth about them: python -m tests.checking.rows [--every N] [--first K]

wrong.txt: formula | variable | answer (of a second derivative `w,w`), none of which may be called correct, and none undecided but those that begin with ~. right.txt: none of
which may be called wrong, and at most 3 in 100 undecided. Each under the name of its kind.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import symdiff as sd

HERE = Path(__file__).parent
UNDECIDED = 0.03


class Row(NamedTuple):
    kind: str
    formula: str
    wrt: str
    answer: str
    open: bool  # it may be undecided


def rows(truth: str) -> list[Row]:
    found, kind = [], ""
    for line in (HERE / f"{truth}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line[3:]
        elif line and not line.startswith("#"):
            formula, wrt, answer = line.removeprefix("~ ").split(" | ")
            found.append(Row(kind, formula, wrt, answer, line.startswith("~ ")))
    return found


def marked(row: Row) -> tuple[bool | None, str]:
    """What is said of an answer, and in which words."""
    grade = sd.check(row.formula, row.wrt.split(","), row.answer)
    return grade.correct, str(grade)


def run(truth: str, every: int = 1, first: int = 0) -> Iterator[tuple[Row, bool | None, str]]:
    """Of one row in so many, what is said."""
    for row in rows(truth)[first::every]:
        yield (row, *marked(row))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="one of so many rows")
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    bad = 0
    for truth in ("wrong", "right"):
        counts: Counter[bool | None] = Counter()
        start = time.process_time()
        for row, ok, said in run(truth, options.every, options.first):
            counts[ok] += 1
            if ok is not (truth == "right") and not (row.open and ok is None):
                print(f"{truth}, but {ok}: {row.formula} | {row.wrt} | {row.answer} [{row.kind}]: {said[:300]}", flush=True)
        words = ", ".join(f"{counts[ok]} {word}" for ok, word in ((True, "correct"), (False, "wrong"), (None, "undecided")))
        print(f"{sum(counts.values())} {truth} answers: {words}; {time.process_time() - start:.0f} s")
        bad += counts[truth == "wrong"] + (truth == "right" and counts[None] > UNDECIDED * sum(counts.values()))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
