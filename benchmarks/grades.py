"""Marks and verdicts, beside what they are measured against: python -m benchmarks.grades [--beside FOLDER] [--turns N].

A prepared checker beside `sd.check`, over the public gradients (tests/cases/public.jsonl): CPU time of one answer, a right one as an expert writes it
and a slip (3/2 of it, with its diagnosis); and the right one in another form, which no normal form shows. Every turn has a checker of its own, which
has marked another answer before; SymPy's cache is empty at every start, and both take turns. The figure of a question is the median over the turns.

With `--beside` a checkout of another version: the verification of each version's own gradients, and the whole command for the hinge loss, in processes
that take turns. What one of them cannot read or derive is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import ONE_THREAD, ROOT
from benchmarks.starts import HINGE

CASES = os.path.join(ROOT, "tests", "cases", "public.jsonl")

# What runs in a checkout: the seconds that each verification takes, a line for each gradient.
VERIFYING = """
import json, sys, time
import symdiff as sd
from sympy.core.cache import clear_cache
def verdict(f, wrt):
    f = sd.parse(f)
    g = sd.grad(f, wrt)
    clear_cache()
    start = time.thread_time()
    ok = sd.verify(f, wrt, g).ok
    return time.thread_time() - start, ok
verdict("max(1 - y*w.phi, 0) + log(sigma(x))", "w")
for line in sys.stdin:
    case = json.loads(line)
    try:
        seconds, ok = verdict(case["formula"], case["wrt"])
    except Exception as error:
        seconds, ok = None, type(error).__name__
    print(json.dumps([case["id"], seconds, ok]), flush=True)
"""


def gradients() -> Iterator[dict[str, Any]]:
    """The public cases that ask for a gradient."""
    with open(CASES, encoding="utf-8") as file:
        yield from (case for case in map(json.loads, file) if case["op"] == "grad")


def seconds_of(work: Callable[..., object], *arguments: object) -> float:
    from sympy.core.cache import clear_cache

    clear_cache()
    start = time.thread_time()
    work(*arguments)
    return time.thread_time() - start


KINDS = ("right answers", "slips", "right answers in another form")


def answers(case: dict[str, Any]) -> tuple[Any, list[str], str]:
    """The formula, an answer of each kind (the right one as people write it), and another answer."""
    import symdiff as sd

    f = sd.parse(case["formula"])
    right = str(case["expect"] or sd.grad(f, case["wrt"]))
    if sd.check(f, case["wrt"], right).correct is not True:
        right = str(sd.grad(f, case["wrt"]))
    return f, [right, f"3/2*({right})", f"(sin(7)^2 + cos(7)^2)*({right})"], f"7/5*({right})"


def checking(turns: int, say: Callable[[str], None]) -> list[tuple[list[float], list[float]]]:
    """For each gradient the seconds of an answer of each kind, by `sd.check` and by a prepared checker."""
    import symdiff as sd

    found = []
    for case in gradients():
        wrt = case["wrt"]
        f, typed, other = answers(case)
        alone, prepared = [], []
        for _ in range(turns):
            alone.append([seconds_of(sd.check, f, wrt, answer) for answer in typed])
            mark = sd.checker(f, wrt).prepare()
            mark(other)
            prepared.append([seconds_of(mark, answer) for answer in typed])
        both = [[statistics.median(column) for column in zip(*times, strict=True)] for times in (alone, prepared)]
        found.append((both[0], both[1]))
        times = ", ".join(f"{1000 * a:.1f} and {1000 * b:.1f}" for a, b in zip(*both, strict=True))
        say(f"{case['id']}: {times} ms, ratio {ratio_of(both[0], both[1]):.2f}")
    return found


def ratio_of(alone: list[float], prepared: list[float]) -> float:
    """Of a right answer and a slip together."""
    return sum(prepared[:2]) / sum(alone[:2])


def verifying(folder: str) -> dict[str, float]:
    """Seconds of the verification of each gradient in a checkout."""
    lines = "\n".join(json.dumps(case) for case in gradients())
    env = {**os.environ, **ONE_THREAD, "PYTHONPATH": folder}
    done = subprocess.run([sys.executable, "-c", VERIFYING], input=lines, env=env, cwd=folder, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: seconds for name, seconds, ok in rows if ok is True}


def process_seconds(folder: str) -> float:
    """CPU seconds of the whole command for the hinge loss, system included, in a checkout."""
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}, **ONE_THREAD, "PYTHONPATH": folder}
    process = subprocess.Popen(
        [sys.executable, "-m", "symdiff", HINGE, "--wrt", "w"], env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def middle(ratios: list[float]) -> str:
    quartiles = statistics.quantiles(ratios, n=4)
    return f"median {quartiles[1]:.2f}, quartiles {quartiles[0]:.2f} and {quartiles[2]:.2f}, largest {max(ratios):.2f}, of {len(ratios)}"


def beside(folder: str, turns: int) -> None:
    """Verification and the hinge command, to those of another checkout."""
    both = [(verifying(ROOT), verifying(folder)) for _ in range(turns)]
    names = sorted(set.intersection(*(set(found) for pair in both for found in pair)))
    ratios = {name: statistics.median(mine[name] / theirs[name] for mine, theirs in both) for name in names}
    for name in sorted(ratios, key=lambda name: -ratios[name])[:20]:
        mine, theirs = (statistics.median(pair[k][name] for pair in both) for k in (0, 1))
        print(f"  {name}: {1000 * mine:.0f} ms, {1000 * theirs:.0f} ms, {ratios[name]:.2f}")
    print("verification, to that of the other version: " + middle(list(ratios.values())))
    for place in (ROOT, folder):  # byte code is written before, as an installation does
        process_seconds(place)
    pairs = [(process_seconds(ROOT), process_seconds(folder)) for _ in range(5 * turns)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"the hinge command: {1000 * mine:.0f} ms, {1000 * theirs:.0f} ms, median of the ratios {statistics.median(a / b for a, b in pairs):.2f}"
    )


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.grades", description=__doc__)
    options.add_argument("--beside", metavar="FOLDER", help="a checkout of another version")
    options.add_argument("--turns", type=int, default=3, metavar="N", help="how often everything is done (3)")
    chosen = options.parse_args()
    if chosen.beside:
        beside(os.path.abspath(chosen.beside), chosen.turns)
        return

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    found = checking(chosen.turns, say)
    print("a prepared checker, to sd.check: " + middle([ratio_of(alone, prepared) for alone, prepared in found]))
    for k, kind in enumerate(KINDS):
        print(f"  {kind}: {middle([prepared[k] / alone[k] for alone, prepared in found])}")


if __name__ == "__main__":
    main()
