"""Long runs: python -m tests.fuzz.run --count 20000 --seed 7 --jobs 2 --out run.jsonl

Goes on after failures and prints the shortest formula of each kind of failure. With --out, every piece of the seeds is one
line of the file, with the commit and what was counted; a run that was interrupted goes on where the file ends when it is
asked for again. `python -m tests.fuzz.record FILE …` makes a table of such files.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from random import Random

import torch

from .check import Examination, Failure, points
from .formulas import Env, Formula, formula, smaller
from .record import BAD, Line, read, report

PIECE = 250  # seeds of one line in the file
SHRINKS = 250  # formulas tried to make a counterexample smaller

MIX = {  # what a formula holds, by its text
    "bindings": r"; \w+ = ",
    "index sums": r"\(i=",
    "opaque functions": r" -> ",
    "if, brackets, max, min": r"\b(if|max|min|relu|clip|huber)\(|\[not|\[.*[<>]",
    "norms": r"\bnorm",
    "softmax, logsumexp": r"softmax|logsumexp",
    "inverse, det, logdet": r"\binv\(|\bdet\(|logdet|\^-1",
    "symmetric, psd, diagonal": r"symmetric|psd|diagonal",
    "orthogonal, one-hot, simplex": r"orthogonal|onehot|simplex",
    "elementwise powers": r"\.\^",
    "kron, vec, hadamard": r"\bkron\(|\bvec\(|⊙",
    "entries and slices": r"\[[\d:]|,[\d:]",
}


@contextmanager
def in_double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def usable_formula(seed: int) -> tuple[Formula, list[Env]]:
    """The first formula of this seed with variables and smooth points, and its points."""
    rng = Random(seed)
    with in_double():
        while True:
            f = formula(rng)
            if f.free() and (envs := points(f, seed)):
                return f, envs


def run(count: int, seed: int, counts: Counter[str] | None = None) -> Iterator[tuple[int, Formula, Failure | None]]:
    """count formulas, each with its own seed and its failure; counts: what was compared."""
    with in_double():
        for k in range(seed, seed + count):
            f, envs = usable_formula(k)
            examination = Examination(f, k, envs)
            failure = examination.run()
            if counts is not None:
                counts.update(examination.counts)
            yield k, f, failure


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
            again = failure_of(other, seed)
            if again is not None and again.group == failure.group:
                f, failure, improving = other, again, True
                break
    return f, failure


def failure_of(f: Formula, seed: int) -> Failure | None:
    """A part that was cut out of an index sum does not stand alone: it has no failure."""
    try:
        envs = points(f, seed) if f.free() else None
    except (KeyError, IndexError, RuntimeError):
        return None
    return Examination(f, seed, envs).run() if envs else None


def piece(seeds: tuple[int, int, bool]) -> Line:
    """What happened with count formulas from a first seed on; failures are made smaller if asked for."""
    first, count, shrink = seeds
    verdicts: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    mix: Counter[str] = Counter()
    failures = []
    start = time.process_time()
    for k, f, failure in run(count, first, compared):
        text = str(f)
        mix.update(part for part, pattern in MIX.items() if re.search(pattern, text))
        mix["vectors and matrices as values"] += bool(f.term.shape)
        verdicts[failure.verdict if failure else "right"] += 1
        if failure is not None:
            groups[f"{failure.verdict}: {failure.group}"] += 1
            if failure.verdict in BAD or groups[f"{failure.verdict}: {failure.group}"] == 1:
                if shrink and failure.verdict != "slow":
                    f, failure = shrunk(f, k, failure)
                failures.append({"seed": k, "formula": str(f), **vars(failure)})
    return {
        "first": first, "count": count, "seconds": round(time.process_time() - start, 1),
        "verdicts": verdicts, "groups": groups, "compared": compared, "mix": mix, "failures": failures,
    }  # fmt: skip


def start_worker() -> None:
    """Formulas make many nodes that live long: fewer walks over all of them."""
    torch.set_num_threads(1)
    gc.set_threshold(100_000, 20, 50)


def pieces(todo: list[tuple[int, int, bool]], jobs: int) -> Iterator[Line]:
    """The outcomes, as they come, with a bar on a terminal."""
    start_worker()
    start = time.perf_counter()
    with multiprocessing.Pool(jobs, start_worker) if jobs > 1 else nullcontext() as pool:
        for k, line in enumerate(pool.imap_unordered(piece, todo) if pool else map(piece, todo), 1):
            if sys.stderr.isatty():
                left = (time.perf_counter() - start) / k * (len(todo) - k)
                print(f"\r[{'=' * (40 * k // len(todo)):40}] {k}/{len(todo)}, {left / 60:.0f} min left ", end="", file=sys.stderr)
            yield line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file of JSON lines; what it holds is not asked again")
    parser.add_argument("--no-shrink", action="store_true")
    options = parser.parse_args()
    done = {line["first"] for line in read([options.out])} if options.out and options.out.exists() else set()
    end = options.seed + options.count
    todo = [(k, min(PIECE, end - k), not options.no_shrink) for k in range(options.seed, end, PIECE) if k not in done]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    lines: list[Line] = []
    try:
        for line in pieces(todo, options.jobs):
            lines.append({"commit": commit, **line})
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    finally:  # also where the run is interrupted
        print(report(lines))


if __name__ == "__main__":
    main()
