"""A long run: python -m tests.fuzz.run --count 2000 --seed 7. Goes on after failures; prints the shortest of each group."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import torch

from .check import Examination, Failure, usable
from .formulas import Formula, formula, smaller

SHRINKS = 250  # formulas tried to make a counterexample smaller
KEPT = 3  # counterexamples of one group that are made smaller


def examine(f: Formula, seed: int) -> Failure | None:
    return Examination(f, seed).run()


def usable_formula(seed: int) -> Formula:
    """The first usable formula of this seed."""
    rng = Random(seed)
    while True:
        f = formula(rng)
        if usable(f, seed):
            return f


def shrunk(f: Formula, seed: int, failure: Failure) -> tuple[Formula, Failure]:
    """A smaller formula that fails in the same manner."""
    tried = 0
    improving = True
    while improving:
        improving = False
        for other in smaller(f):
            if len(str(other)) >= len(str(f)):
                continue
            tried += 1
            if tried > SHRINKS:
                return f, failure
            again = examine(other, seed) if safe(other, seed) else None
            if again is not None and again.group == failure.group:
                f, failure, improving = other, again, True
                break
    return f, failure


def safe(f: Formula, seed: int) -> bool:
    """A part that was cut out of an index sum does not stand alone."""
    try:
        return usable(f, seed)
    except (KeyError, IndexError, RuntimeError):
        return False


def run(count: int, seed: int) -> Iterator[tuple[int, Formula, Failure | None]]:
    """count formulas, each with its own seed and its failure."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        for k in range(seed, seed + count):
            f = usable_formula(k)
            yield k, f, examine(f, k)
    finally:
        torch.set_default_dtype(before)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-shrink", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    verdicts: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    shortest: dict[str, tuple[int, Formula, Failure]] = {}
    start = time.perf_counter()
    try:
        for k, f, failure in run(options.count, options.seed):
            verdicts[failure.verdict if failure else "right"] += 1
            if failure is None:
                continue
            group = failure.group
            groups[group] += 1
            if groups[group] <= KEPT and failure.verdict != "hang" and not options.no_shrink:
                f, failure = shrunk(f, k, failure)
            if group not in shortest or len(str(f)) < len(str(shortest[group][1])):
                shortest[group] = k, f, failure
    finally:  # also where the run is interrupted
        print(f"{dict(verdicts)} in {time.perf_counter() - start:.0f} s")
        for group, times in groups.most_common():
            k, f, failure = shortest[group]
            print(f"\n{times} x {group}\n  seed {k}, {failure.stage}\n  {f}\n  " + failure.detail.replace("\n", "\n  "))


if __name__ == "__main__":
    main()
