"""Verification is put to the test: python -m tests.checking.planted [--every]

The answers to all first derivatives of tests/cases, and to antiderivatives, are verified; then one slip is planted in each, of the
kinds in turn, and verified again. A slip is planted only where it shows: the value differs from the answer's at the case's own
points. No right answer may be rejected, and no wrong one confirmed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

import symdiff as sd
from symdiff.checking import verify
from symdiff.errors import SymdiffError
from symdiff.expr.node import VAR, Expr
from symdiff.expr.walk import bindings, topological, variables
from symdiff.numeric import evaluate
from tests.antiderivatives.pairs import read
from tests.cases import test_cases as cases
from tests.mutants import KINDS, mutants

SECONDS = 20.0
DRAWS = 3
SHOWS = 1e-6  # relative to the largest entry
PAIR_EVERY = 5

Outcome = tuple[str, str, str, str]  # answer, kind of slip ("" for none), what was verified, what came of it


class Answer(NamedTuple):
    name: str
    f: Expr
    x: Expr
    g: Expr
    draw: Callable[[int], Mapping[str, Any]]


def answers() -> Iterator[str]:
    """Names of the answers."""
    yield from (ident for ident, case in cases.CASES.items() if case["op"] != "hessian" and ident not in cases.OPEN)
    yield from (pair.antiderivative for pair in read()[::PAIR_EVERY])


def answer(name: str) -> Answer:
    case = cases.CASES.get(name)
    if case is not None:
        f, g = cases.solved(name)
        return Answer(name, f, ({**variables([f]), **bindings([f])})[case["wrt"]], g, lambda k: cases.draw(case, k))
    pair = next(p for p in read() if p.antiderivative == name)
    _, f, x = pair.parsed()
    g = sd.grad(f, "x")

    def draw(k: int) -> Mapping[str, Any]:
        rng = Random(crc32(name.encode()) + k)
        return {v: rng.uniform(0.2, 0.9) for v in sorted({*f.variables, "x"})}

    return Answer(name, f, x, g, draw)


def shows(right: Answer, wrong: Expr) -> bool:
    """Whether the two have different values at one of the case's points."""
    for k in range(DRAWS):
        try:
            with np.errstate(all="ignore"):
                a, b = [np.asarray(evaluate(e, right.draw(k)), float) for e in (right.g, wrong)]
        except (SymdiffError, ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
            return False
        if np.isfinite(a).all() and np.isfinite(b).all() and np.abs(a - b).max(initial=0) > SHOWS * (1 + np.abs(a).max(initial=0)):
            return True
    return False


def planted(right: Answer, turn: int | None) -> Iterator[tuple[str, Expr]]:
    """One slip that shows: of the kind whose turn it is, or of another if that kind does not fit. One of each kind if turn is None."""
    rng = Random(crc32(right.name.encode()))
    letters = tuple(n for n in topological([right.f, right.g]) if n.op == VAR)
    found: dict[str, list[Expr]] = {}
    for kind, new in mutants(right.g, letters):
        found.setdefault(kind, []).append(new)
    for kind in KINDS if turn is None else (KINDS[turn % len(KINDS)], *rng.sample(KINDS, len(KINDS))):
        options = found.get(kind, [])
        slip = next((new for new in rng.sample(options, min(8, len(options))) if shows(right, new)), None)
        if slip is not None:
            yield kind, slip
            if turn is not None:
                return


def examined(task: tuple[str, int | None]) -> list[Outcome]:
    """The verdicts on an answer and on the same with slips."""
    name, turn = task
    right = answer(name)
    found = []
    for kind, g in [("", right.g), *planted(right, turn)]:
        verdict = verify(right.f, [right.x], g, seconds=SECONDS)
        found.append((name, kind, str(g), {True: "confirmed", False: "rejected", None: "undecided"}[verdict.ok]))
    return found


def run(step: int = 1, jobs: int = 1, *, every: bool = False) -> Iterator[Outcome]:
    """The outcomes for one of `step` answers; every: with a slip of every kind, not of one."""
    tasks = [(name, None if every else turn) for turn, name in enumerate(answers())][::step]
    if jobs == 1:
        for task in tasks:
            yield from examined(task)
    else:
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            for outcomes in pool.imap(examined, tasks, chunksize=4):
                yield from outcomes


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1, help="one of so many answers")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--every", action="store_true", help="a slip of every kind in each answer")
    options = parser.parse_args()
    start = time.monotonic()
    right: Counter[str] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for name, kind, text, verdict in run(options.step, options.jobs, every=options.every):
        if kind:
            wrong[kind, verdict] += 1
        else:
            right[verdict] += 1
        if verdict != ("rejected" if kind else "confirmed"):
            print(f"{verdict}: {name}: {kind or 'right'}: {text}", flush=True)
    print("right answers: " + ", ".join(f"{n} {v}" for v, n in right.items()))
    for kind in KINDS:
        print(f"{kind:12}" + "".join(f"{wrong[kind, v]:5} {v}" for v in ("rejected", "undecided", "confirmed")))
    total = Counter(v for (_, v), n in wrong.items() for _ in range(n))
    print("planted: " + ", ".join(f"{n} {v}" for v, n in total.items()) + f"; {time.monotonic() - start:.0f} s")
    return int(right["rejected"] + total["confirmed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
