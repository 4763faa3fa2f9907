"""Hostile texts given to the reader: `python -m tests.hostile.run --count 1000000 --seed 0`.

Only a SymdiffError may come out of `parse`, with a message of bounded length, in bounded time. What is a formula is
printed and read again; of a sample the derivative is taken, printed in every form and read again.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

import symdiff as sd
from symdiff.errors import SymdiffError
from symdiff.syntax.parse import canonical
from tests.deadline import TooLong, at_most

from .texts import KINDS, text

SECONDS = 20.0  # for one text and all that is done with it
LONGEST = 2000  # characters of a message, however long the text is
SAMPLE = 20  # of so many formulas one is differentiated
FORMS = ("unicode", "latex", "mathml", "typst", "program")


@dataclass
class Report:
    """What became of the texts: outcomes by kind of text, what failed, and the slowest."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[tuple[int, str, str]] = field(default_factory=list)
    slowest: list[tuple[float, int, str]] = field(default_factory=list)
    total: float = 0.0

    def note(self, seconds: float, seed: int, source: str) -> None:
        self.total += seconds
        self.slowest = sorted([*self.slowest, (seconds, seed, source)], reverse=True)[:5]


def examine(source: str, deep: bool) -> str:
    """What becomes of a text. Raises whatever must not come out."""
    try:
        f = sd.parse(source)
    except SymdiffError as error:
        message = error.render()
        if len(message) > LONGEST:
            raise AssertionError(f"a message of {len(message)} characters") from error
        return type(error).__name__
    again = sd.parse(str(f), given=f)
    if again != f and str(again) != str(f) and f.equals(again) is False:  # index notation has several nodes for one text
        raise AssertionError(f"printed as {str(f)!r}, which reads back as {again!r}")
    if not deep:
        return "formula"
    for name in list(f.variables)[:3]:
        try:
            g = sd.jacobian(f, canonical(name))
            sd.parse(str(g), given=f)
            for form in FORMS:
                getattr(g, form)()
        except SymdiffError:
            return "refused derivative"
    return "derivative"


def run(count: int, seed: int, show: bool = False) -> Report:
    report, read = Report(), 0
    start = time.perf_counter()
    for k in range(seed, seed + count):
        source = text(k)
        begun = time.process_time()
        try:
            with at_most(SECONDS, own=True):
                outcome = examine(source, read % SAMPLE == 0)
            read += outcome not in ("ParseError", "ShapeError", "UnknownNameError", "LimitError", "DomainError")
        except (Exception, TooLong) as error:  # noqa: BLE001
            outcome = type(error).__name__
            place = traceback.extract_tb(error.__traceback__)[-1]
            report.failures.append((k, source, f"{outcome}: {str(error)[:300]} ({place.filename}:{place.lineno})"))
        report.outcomes[KINDS[k % len(KINDS)].__name__, outcome] += 1
        seconds = time.process_time() - begun
        if not report.slowest or len(report.slowest) < 5 or seconds > report.slowest[-1][0]:
            report.note(seconds, k, source)
        else:
            report.total += seconds
        if show and k % 1000 == 0:
            print(f"\r{k - seed} of {count}, {len(report.failures)} failed, {time.perf_counter() - start:.0f} s", end="", file=sys.stderr)
    return report


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = run(options.count, options.seed, sys.stderr.isatty())
    print(f"\n{options.count} texts from seed {options.seed} on in {report.total:.0f} s, {len(report.failures)} failed")
    for (kind, outcome), times in sorted(report.outcomes.items()):
        print(f"  {kind:8} {outcome:20} {times:9}")
    for seconds, seed, source in report.slowest:
        print(f"slow: {seconds:.3f} s, seed {seed}: {source!r}")
    for seed, source, what in report.failures[:100]:
        print(f"\nseed {seed}: {source!r}\n  {what}")
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
