"""A long run of test_vary: variants of each of the lecture's ten problems, their keys verified, nothing equal, nothing unfriendly.

    python tests/course/many_variants.py counts.json --count 1000 --minutes 30

Five problems have numbers, which vary; of the other five the letters vary, out of LETTERS, so that the key of each variant is derived and verified
anew. The problems take turns, ten variants each, so that a run that is cut short is spread evenly. The file holds the counts; it is written whole or not
at all, and a run goes on from it. A fault is written down with the variant and makes the exit status 1; it does not stop the run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import symdiff as sd
from symdiff.course.marking import Marker
from symdiff.course.record import shown
from symdiff.course.sheet import Exercise
from symdiff.course.values import entries
from symdiff.course.vary import varied
from symdiff.expr.node import CALL
from symdiff.table import TABLE
from symdiff.whole import write

LECTURE = Path(__file__).parents[2] / "examples" / "course" / "sheet.toml"
SEED = 1
TURN = 10

# At least 1,000 choices for each problem without numbers.
LETTERS = {
    "four-layers": {"v": "v a f k", "x": "x b g m", "u": "u c j n", "t": "t d l p", "s": "s q r w", "y": "y o z"},
    "logistic": {"X": "X A D P S Z", "y": "y t c s b g", "w": "w v u a q r", "margins": "margins h z p k l"},
    "vectorised": {"X": "X A D P", "V": "V W B C", "w": "w v a u", "y": "y t b c", "H": "H Z G S", "r": "r e q z"},
    "softmax": {"W": "W A B C M V", "x": "x u v h phi a", "z": "z s o l r q", "y": "y t p c b g"},
    "convexity": {"X": "X A D P S Z", "y": "y t c s b g", "w": "w v u a q r", "lambda": "lambda alpha mu gamma rho tau"},
}

START = {"seconds": 0.0, "done": {}, "blanks": {}, "faults": []}


def problems() -> list[Exercise]:
    return [
        p if p.at else replace(p, vary={name: tuple(letters.split()) for name, letters in LETTERS[p.id].items()})
        for p in sd.sheet(LECTURE).problems
    ]  # fmt: skip


def hardness(p: Exercise) -> tuple[int, ...]:
    """The size of the graph, and how many local derivatives and backward values are not 0."""
    trace, lesson = p.record.trace, p.record.lesson
    if trace is None:
        return len(lesson.nodes), len(lesson.edges)
    gains = sum(int(np.count_nonzero(trace.gains[e])) for e in lesson.edges if e.active and trace.gains.get(e) is not None)
    return len(lesson.nodes), len(lesson.edges), gains, sum(int(np.count_nonzero(trace.backward[n.id])) for n in lesson.backward)


def faults(p: Exercise, like: tuple[int, ...]) -> list[str]:
    """What is wrong with a variant: its key, its numbers, its graph."""
    record, found = p.record, []
    if not record.verdicts or not all(v.ok for v in record.verdicts.values()):
        found.append("a key that is not verified")
    if hardness(p) != like:
        found.append(f"another graph, or other zeros: {hardness(p)}, not {like}")
    if record.trace is None:
        return found
    if any(v == 0 for value in p.at.values() for v in entries(value)):
        found.append("a number that is 0")
    if set(record.trace.compared) != set(p.wrt):
        found.append("a kink: differences on both sides do not agree with the derivative")
    for n in record.inner():
        flat = n.expr.op == CALL and bool(TABLE[n.expr.data].kink)
        if not flat and np.any(np.asarray(record.trace.forward[n.id], dtype=float) == 0):
            found.append(f"a forward value of {n.name or n.id} that is 0 by chance")
    marker = Marker(p)
    for b in record.blanks:
        if b.value is None:
            continue
        if not all(Fraction(v).denominator <= 2 for v in entries(b.value)):
            found.append(f"{b.id} is {shown(b.value)}, neither whole nor a half")
        if b.ask == "values" and marker(b.id, shown(b.value)).mark != "correct":
            found.append(f"{b.id}: its own number {shown(b.value)} is marked wrong")
    for name, g in record.gradients.items():  # the numbers of the key beside the verified formula
        number = next((b.value for b in record.blanks if b.ask == "gradient" and b.name == name and b.value is not None), None)
        if number is not None and not np.array_equal(
            np.asarray(g({k: v for k, v in p.at.items() if k in g.variables}), dtype=float), np.asarray(number, dtype=float)
        ):
            found.append(f"the derivative by {name} has another value than {shown(number)}")
    return found


def main() -> int:
    reader = argparse.ArgumentParser(description="Variants of the lecture's ten problems, each looked at.")
    reader.add_argument("file", type=Path)
    reader.add_argument("--count", type=int, default=1000, help="of each problem")
    reader.add_argument("--minutes", type=float, default=30.0)
    given = reader.parse_args()
    told: dict[str, Any] = json.loads(given.file.read_text()) if given.file.exists() else {**START, "done": {}, "blanks": {}, "faults": []}
    begin, before = time.process_time(), told["seconds"]

    def late() -> bool:
        return time.process_time() - begin > 60 * given.minutes

    made = {p.id: (varied(p, given.count, SEED), hardness(p)) for p in problems()}
    for id, (variants, _) in made.items():
        different = {(p.formula, repr(sorted(p.at.items()))) for p in variants}
        if len(different) != given.count:
            told["faults"].append([id, f"{len(different)} different variants of {given.count}"])
    while not late() and any(told["done"].get(id, 0) < given.count for id in made):
        for id, (variants, like) in made.items():
            first = told["done"].get(id, 0)
            for p in variants[first : first + TURN]:
                wrong = faults(p, like)
                told["faults"] += [[id, p.formula, repr(dict(p.at)), text] for text in wrong]
                told["done"][id] = told["done"].get(id, 0) + 1
                told["blanks"][id] = told["blanks"].get(id, 0) + len(p.record.blanks)
                p.__dict__.pop("record")  # one at a time in memory
        told["seconds"] = round(before + time.process_time() - begin, 1)
        write(given.file, json.dumps(told, indent=1).encode())
    print(json.dumps(told, indent=1))
    return int(bool(told["faults"]))


if __name__ == "__main__":
    sys.exit(main())
