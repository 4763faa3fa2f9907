"""Long runs of the truth program: python -m tests.teach.run --count 2000 --seed 0 --jobs 2 --out run.jsonl

Every second formula is one of `tests/fuzz` (its tensors, functions, index sums, brackets, properties), the others are small ones, half of them of
numbers alone, which all styles can be told of. Of each: the backward program (its names delta, bar and grad in turn), the labels of the edges, the numbers
of the trace, and the steps in every style that tells the formula, at every level; a quarter in numerator layout. Every equation is looked at by
its nodes and as it is typeset (`truth.py`). With --out, every piece of the seeds is one line of the file; a run that was interrupted goes on where
the file ends. `python -m tests.teach.run --table run.jsonl` makes the table of record.md.
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
import traceback
import warnings
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from random import Random

import numpy as np

import symdiff as sd
from symdiff.expr import dims
from symdiff.expr.node import DIM
from symdiff.expr.walk import functions, topological, variables
from symdiff.names import resolve
from symdiff.teach.backward import STYLES as NAMES
from symdiff.teach.backward import backward
from symdiff.teach.numbers import trace
from symdiff.teach.record import lesson
from symdiff.teach.steps import LEVELS, derive
from symdiff.teach.styles import STYLES
from tests.deadline import TooLong, at_most
from tests.printers.test_read_back import node
from tests.teach.formulas import random_formula
from tests.teach.truth import edge_faults, passing_faults, program_faults, step_faults, table_faults
from tests.teach.values import Values

PIECE = 10  # seeds of one line in the file
SECONDS = 60  # of this process for one formula


def wide(seed):
    """A formula of tests/fuzz with values for its letters, and what it is differentiated by."""
    import torch

    from tests.fuzz.run import in_double, usable_formula

    with in_double():
        formula, envs = usable_formula(seed)
    values = {name: x.numpy() if isinstance(x, torch.Tensor) else x for name, x in envs[0].items()}
    free = formula.free()
    chosen = Random(seed).sample(free, min(2, len(free)))
    f = node(sd.parse(str(formula)))
    return str(formula), f, [v.name for v in chosen], values


def small(seed):
    text, shapes = random_formula(seed // 2)
    f = node(sd.parse(text))
    names = list(variables([f]))
    rng = np.random.default_rng(seed)
    for _ in range(50):
        values = {n: rng.standard_normal(shapes[n]) for n in names}
        if np.isfinite(Values(values, [f]).of(f)).all():
            return text, f, names, values
    return text, f, [], {}


def examined(seed, counts):
    """The text of a seed's formula and the faults of its lesson; counts: what was looked at."""
    try:
        text, f, names, values = wide(seed) if seed % 2 else small(seed)
    except sd.ParseError:  # |A| of a matrix may mean two things
        counts["refused: it may mean two things"] += 1
        return f"seed {seed}", []
    if not names:
        return text, []
    try:
        taught = lesson(f, resolve(f, names), numerator=seed // 2 % 4 == 3 and not f.shape)
        faults = looked_at(taught, values, counts, NAMES[seed // 2 % 3])
    except sd.DomainError:  # norm2(x - x): a division by what is always 0
        counts["refused: a division by 0, or no derivative"] += 1
        return text, []
    counts["formulas"] += 1
    return text, faults


def looked_at(taught, values, counts, names="delta"):
    """What is wrong with a lesson in all its forms."""
    faults, numbers = [], Values(values, [taught.formula])

    def note(what, found):
        wrong, count, *unread = found
        faults.extend([f"{what}: {x}" for x in wrong])
        counts[what.partition(",")[0]] += count
        counts["not read back"] += sum(unread)

    note(f"lines of programs, {names}", program_faults(backward(taught, names), numbers))
    note("edges, passed on", passing_faults(taught, numbers))
    if not taught.formula.shape:
        note("edges, labels", edge_faults(backward(taught, names), numbers))
    note("numbers of tables", table_faults(trace(taught, checked_names(taught, values)), numbers))
    for style in STYLES:
        for level in LEVELS:
            try:
                derivation = derive(taught, level, style=style, names=names)
            except sd.DomainError:
                raise
            except sd.SymdiffError:  # rules of a matrix, differentials of a matrix by a matrix
                counts[f"{style}: not for this value"] += 1
                break
            note(f"steps by {style}, {level}", step_faults(derivation, derivation.program or backward(taught, names), numbers))
    return faults


def checked_names(taught, values):
    """Values without those that the formula does not have, which a trace refuses."""
    f = taught.formula
    sizes = {part for n in topological([f]) for d in (*n.shape, *([n.data] if n.op == DIM else [])) for part in dims.names(d)}
    known = {*variables([f]), *functions([f]), *sizes}
    return {name: x for name, x in values.items() if name in known or re.sub(r"^D\d*", "", name) in known}


def piece(seeds):
    first, count = seeds
    counts, failures = Counter(), []
    start = time.process_time()
    for seed in range(first, first + count):
        try:
            with at_most(SECONDS, own=True), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with np.errstate(all="ignore"):
                    text, faults = examined(seed, counts)
        except TooLong:
            text, faults = f"seed {seed}", ["slow"]
        except Exception as error:  # noqa: BLE001
            text, faults = (
                f"seed {seed}",
                [f"crashed: {type(error).__name__}: {error} at {traceback.format_exc().splitlines()[-3].strip()}"],
            )
        failures += [{"seed": seed, "formula": text, "fault": x[:600]} for x in faults[:6]]
    return {"first": first, "count": count, "seconds": round(time.process_time() - start, 1), "looked": counts, "failures": failures}


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")] if path.exists() else []


def start_worker():
    import torch

    torch.set_num_threads(1)
    gc.set_threshold(100_000, 20, 50)  # formulas make many nodes that live long


def table(lines):
    """What was looked at, as Markdown."""
    commits = list(dict.fromkeys(line["commit"] for line in lines))
    rows = ["| commit | seeds | formulas | equations and labels | untrue | seconds of one core |", "|---|---|---|---|---|---|"]
    for commit in commits:
        part = [line for line in lines if line["commit"] == commit]
        looked = sum([Counter(line["looked"]) for line in part], Counter())
        equations = sum(n for what, n in looked.items() if what.startswith(("lines", "edges", "numbers", "steps")))
        low, high = min(x["first"] for x in part), max(x["first"] + x["count"] - 1 for x in part)
        seconds = round(sum(x["seconds"] for x in part))
        rows.append(
            f"| `{commit}` | {low}–{high} | {looked['formulas']:,} | {equations:,} | {sum(len(x['failures']) for x in part)} | {seconds:,} |"
        )
    looked = sum([Counter(line["looked"]) for line in lines], Counter())
    rows += ["", "| looked at | times |", "|---|---|", *[f"| {what} | {n:,} |" for what, n in looked.most_common()]]
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file of JSON lines; what it holds is not asked again")
    parser.add_argument("--table", type=Path, help="only the table of this file")
    options = parser.parse_args()
    if options.table:
        print(table(read(options.table)))
        return
    done = {line["first"] for line in read(options.out)} if options.out else set()
    end = options.seed + options.count
    todo = [(k, min(PIECE, end - k)) for k in range(options.seed, end, PIECE) if k not in done]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    start_worker()
    faults = 0
    with multiprocessing.Pool(options.jobs, start_worker) if options.jobs > 1 else nullcontext() as pool:
        for k, line in enumerate(pool.imap_unordered(piece, todo) if pool else map(piece, todo), 1):
            faults += len(line["failures"])
            for x in line["failures"]:
                print(f"{x['seed']}: {x['formula']}\n    {x['fault']}", flush=True)
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps({"commit": commit, **line}) + "\n")
            if sys.stderr.isatty():
                print(f"\r{k}/{len(todo)} ", end="", file=sys.stderr)
    print(f"{faults} untrue lines")


if __name__ == "__main__":
    main()
