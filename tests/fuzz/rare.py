"""Long runs of random formulas of rare kinds: python -m tests.fuzz.rare --count 1000 --seed 0 --out rare.jsonl; then tests.fuzz.record.

A formula comes from coincidences.py or extremes.py with a value of its own; its derivative is taken of that by differences, of two stencils
that have to agree (else the point lies at a kink, and is left out). At points with zeros the differences to either side have to agree,
too, or the value has to be even there, as norms are. Compared are the value and the derivative in the code of every target, for a share of the
formulas the second derivative, the numbers of `trace`, those of a call and those of the text read back; none may be wrong, and none nan where the value is finite.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import symdiff as sd
from symdiff.expr.walk import topological
from symdiff.formula import Expressions

from . import coincidences, extremes
from .record import BAD, Line, read, report

PIECE = 250  # formulas of one line in the file
POINTS = 4
MOST = 100.0  # values and derivatives beyond this are not compared
KINDS = ("ties", "guards", "ranges", "zeros", "zeros", "extremes")

# Every so many formulas are asked in these ways, too.
SHARES = {"torch": 2, "math": 1, "jax": 16, "hessian": 12, "trace": 24, "call": 24, "text": 6}

Env = dict[str, Any]


class Wrong(Exception):
    """What an answer is, and what is right."""


def slopes(value: Callable[[Env], Any], env: Env, name: str, even: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values at all points and derivatives by a variable; nan where differences do not agree. even: differences to either side are asked."""
    shape = coincidences.SIZES[name]
    places = list(np.ndindex(*shape))
    count = len(env["s"])
    steps = [2e-3, 1e-3, -1e-3, -2e-3, 1e-5, -1e-5]
    moved = {k: np.repeat(v, 1 + len(places) * len(steps), axis=0) for k, v in env.items()}
    rows = np.arange(count) * (1 + len(places) * len(steps))
    for p, place in enumerate(places):
        for k, h in enumerate(steps):
            moved[name][(rows + 1 + p * len(steps) + k, *place)] += h
    all_values = np.asarray(value(moved), dtype=float).reshape(count, -1)
    start = all_values[:, 0]
    f = all_values[:, 1:].reshape(count, len(places), len(steps))
    wide = (8 * (f[..., 1] - f[..., 2]) - (f[..., 0] - f[..., 3])) / 12e-3
    close = (f[..., 4] - f[..., 5]) / 2e-5
    good = abs(wide - close) <= 1e-6 * (1 + abs(wide))
    if even:
        right, left = (f[..., 4] - start[:, None]) / 1e-5, (start[:, None] - f[..., 5]) / 1e-5
        # no kink, or the value is even in the entry: then the derivative of a norm is 0 by definition
        symmetric = abs(f - f[..., [3, 2, 1, 0, 5, 4]]).max(-1) <= 1e-13
        good &= (abs(right - left) <= 1e-3 * (1 + abs(right))) | symmetric
    good &= abs(wide) <= MOST
    return start, np.where(good, wide, np.nan).reshape(count, *shape)


def second(value: Callable[[Env], Any], env: Env, name: str, even: bool) -> np.ndarray:
    """Second derivatives by differences of the first ones at two step sizes."""
    shape = coincidences.SIZES[name]
    found = []
    for h in (1e-3, 3e-4):
        columns = []
        for place in np.ndindex(*shape):
            ends = []
            for step in (h, -h):
                moved = {**env, name: env[name].copy()}
                moved[name][(slice(None), *place)] += step
                ends.append(slopes(value, moved, name, even)[1])
            columns.append((ends[0] - ends[1]) / (2 * h))
        found.append(np.stack(columns, axis=-1).reshape(len(env["s"]), *shape, *shape))
    if even:  # of a second derivative that does not exist everywhere no part is asked
        bad = ~np.isfinite(found[1]).reshape(len(found[1]), -1).all(1)
        found[0][bad] = found[1][bad] = np.nan
    found[0][~(abs(found[0] - found[1]) <= 1e-4 * (1 + abs(found[0])))] = np.nan
    return np.where((abs(found[1]) <= MOST) & np.isfinite(found[0]), found[1], np.nan)


class Examination:
    """One formula: what was compared, and the first thing that is wrong."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.kind = Random(seed).choice(KINDS)
        self.counts: Counter[str] = Counter()
        self.text, self.stage = "", "parse"
        if self.kind == "extremes":
            self.text, value, self.name, point = extremes.formula(seed)
            self.sizes = {"n": 3, "m": 2}
            start, slope = extremes.exact(value, point, self.name)
            self.points = [point]
            self.starts = [start] if abs(start) < 1e300 else [np.nan]
            self.slopes = [np.where(abs(slope) < 1e300, slope, np.nan)]
            self.second: list[np.ndarray] | None = None
            self.scalar = not any(np.shape(v) for v in point.values())
        else:
            self.text, value, self.name = coincidences.formula(seed, self.kind)
            self.sizes = {"n": coincidences.N, "d": coincidences.D}
            env = coincidences.points(seed, self.kind, POINTS)
            even = self.kind == "zeros"
            with np.errstate(all="ignore"):
                starts, slope = slopes(value, env, self.name, even)
                starts[~(abs(starts) <= MOST)] = np.nan
                self.second = None
                plain = not even or not re.search(r"prod\((?![xy]\))|norm2", self.text)  # at zeros, of products of x and y themselves
                if self.asked("hessian") and coincidences.SIZES[self.name] != (3, 2) and plain:
                    self.second = list(second(value, env, self.name, even))
            self.points = [{k: v[p] for k, v in env.items()} for p in range(POINTS)]
            self.starts, self.slopes = list(starts), list(slope)
            used = coincidences.names(self.text[len(coincidences.HEADER) :])
            self.scalar = not used & {"x", "y", "X"}

    def asked(self, what: str) -> bool:
        return self.seed % SHARES[what] == 0

    def targets(self) -> list[str]:
        return ["numpy", *["torch"] * self.asked("torch"), *["jax"] * self.asked("jax"), *["math"] * self.scalar]

    def run(self) -> tuple[str, str]:
        """(verdict, what was found)."""
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                self.examine()
                if self.kind == "guards":
                    self.quietly()
        except Wrong as wrong:
            return "wrong", str(wrong)
        except sd.SymdiffError as error:
            return "refused", str(error).splitlines()[0]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted as a crash
            frame = traceback.extract_tb(error.__traceback__)[-1]
            return "crashed", f"{type(error).__name__} at {Path(frame.filename).name}: {error}"[:300]
        if not any(np.isfinite(s).all() for s in self.slopes):
            return "right", "no point"
        return "right", ""

    def examine(self) -> None:
        f = sd.parse(self.text)
        self.stage = "derivative"
        g = sd.grad(f, self.name)
        h = sd.hessian(f, self.name) if self.second is not None else None
        if self.scalar and any(node.shape for node in topological([f.expr, g.expr])):
            self.scalar = False
        asked = {"value": (f, self.starts), "derivative": (g, self.slopes)}
        if h is not None and self.second is not None:
            asked["second derivative"] = h, self.second
        for target in self.targets():
            self.compare(target, asked)
        if self.asked("text"):
            self.stage = "text"
            again = {"derivative, read back": (sd.parse(str(g), given=f), self.slopes)}
            if h is not None and self.second is not None:
                again["second derivative, read back"] = sd.parse(str(h), given=f), self.second
            self.compare("numpy", again)
        if self.asked("call"):
            self.stage = "call"
            for point, want in zip(self.points, self.slopes, strict=True):
                if np.isfinite(want).any():
                    self.judge(
                        "derivative in a call",
                        g,
                        numbers(g(**{name: v for name, v in point.items() if name in g.variables}, **self.sizes)),
                        want,
                        point,
                    )
        if self.asked("trace"):
            self.traced(f)

    def quietly(self) -> None:
        """Counts whether what is guarded is computed without a warning."""
        f = sd.parse(self.text)
        call = Expressions([f, sd.grad(f, self.name)]).compile("numpy")
        usable = [point for point, want in zip(self.points, self.slopes, strict=True) if np.isfinite(want).all()]
        with np.errstate(all="raise", under="ignore"):
            try:
                for point in usable:
                    call(given(point, "numpy") | self.sizes)
            except (FloatingPointError, ZeroDivisionError):
                self.counts["guards, with a warning of NumPy"] += 1

    def compare(self, target: str, asked: dict[str, tuple[Any, list[Any]]]) -> None:
        """What is asked, as one function of the target."""
        self.stage = f"code for {target}"
        call = Expressions([g for g, _ in asked.values()]).compile(target)
        for k, point in enumerate(self.points):
            if not any(np.isfinite(wanted[k]).any() for _, wanted in asked.values()):
                continue
            self.stage = f"call in {target}"
            for (what, (g, wanted)), found in zip(asked.items(), call(given(point, target) | self.sizes), strict=True):
                self.stage = f"{what} in {target}"
                if np.isfinite(wanted[k]).any():
                    self.judge(self.stage, g, numbers(found), wanted[k], point)

    def judge(self, stage: str, g: Any, found: np.ndarray, want: Any, point: Env) -> None:
        want = np.asarray(want)
        known = np.isfinite(want)
        tolerance = 1e-6 if self.kind == "extremes" else 1e-4 if stage.startswith("second") else 1e-5
        largest = abs(want[known]).max() if known.any() else 1.0
        scale = (
            largest
            if self.kind == "extremes" and not 1e-100 < max(abs(np.asarray(v)).max() for v in point.values()) < 1e100
            else max(largest, 1.0)
        )
        self.counts[stage] += 1
        if found.shape != want.shape:
            raise Wrong(f"{str(g)[:200]} has the shape {found.shape}")
        if not np.allclose(found[known], want[known], rtol=tolerance, atol=tolerance * scale):
            at = {name: np.asarray(v).tolist() for name, v in point.items()}
            raise Wrong(
                f"{'nan ' if np.isnan(found[known]).any() else ''}{str(g)[:200]} -> {found.tolist()}, right {want.tolist()} at {at}"
            )

    def traced(self, f: Any) -> None:
        self.stage = "trace"
        for k in [k for k, w in enumerate(self.slopes) if np.isfinite(w).any() and np.isfinite(self.starts[k])][:2]:
            names = f.variables
            found = sd.trace(f, {name: v for name, v in self.points[k].items() if name in names})
            self.judge("trace", f, np.asarray(found.answers[self.name], dtype=float), self.slopes[k], self.points[k])


def given(point: Env, target: str) -> Env:
    if target == "torch":
        import torch

        return {name: torch.as_tensor(v, dtype=torch.float64) for name, v in point.items()}
    if target == "jax":
        import jax

        return {name: jax.numpy.asarray(v) for name, v in point.items()}
    return {name: np.asarray(v, dtype=float) if np.shape(v) else float(v) for name, v in point.items()}


def numbers(found: Any) -> np.ndarray:
    return np.asarray(found, dtype=float)


def piece(first: int, count: int) -> Line:
    """What happened with so many formulas."""
    verdicts: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    mix: Counter[str] = Counter()
    failures = []
    start = time.process_time()
    for seed in range(first, first + count):
        case = Examination(seed)
        verdict, why = case.run()
        verdicts[verdict] += 1
        compared.update(case.counts)
        mix[case.kind] += 1
        if why == "no point":
            compared["no point"] += 1
        elif why:
            stage = case.stage
            groups[f"{verdict}: {stage}" if verdict in BAD else f"{verdict}: {why[:60]}"] += 1
            if verdict in BAD or groups[f"{verdict}: {why[:60]}"] == 1:
                failures.append(
                    {
                        "seed": seed,
                        "verdict": verdict,
                        "group": stage,
                        "stage": stage,
                        "formula": f"{case.text} by {case.name}",
                        "detail": why,
                    }
                )
    seconds = round(time.process_time() - start, 1)
    return {"first": first, "count": count, "seconds": seconds, "verdicts": verdicts, "groups": groups, "compared": compared, "mix": mix, "failures": failures}  # fmt: skip


def ready() -> None:
    """The libraries, in double precision on one thread; without them their share is not asked."""
    try:
        import torch

        torch.set_num_threads(1)
    except ImportError:
        SHARES["torch"] = 1 << 60
    try:
        import jax

        jax.config.update("jax_enable_x64", True)
    except ImportError:
        SHARES["jax"] = 1 << 60


def run(count: int, seed: int, piece_size: int = PIECE, done: frozenset[int] = frozenset()) -> Iterator[Line]:
    ready()
    for first in range(seed, seed + count, piece_size):
        if first not in done:
            yield piece(first, min(piece_size, seed + count - first))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a file of JSON lines; what it holds is not asked again")
    parser.add_argument("--repeat", type=Path, help="only the formulas that failed in this file")
    options = parser.parse_args()
    done = frozenset([line["first"] for line in read([options.out])] if options.out and options.out.exists() else [])
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    if options.repeat:
        ready()
        for seed in sorted({failure["seed"] for line in read([options.repeat]) for failure in line["failures"]}):
            case = Examination(seed)
            print(seed, *case.run(), case.stage, f"{case.text} by {case.name}"[:400], flush=True)
        return
    lines: list[Line] = []
    try:
        for line in run(options.count, options.seed, done=done):
            lines.append({"commit": commit, **line})
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
            for failure in line["failures"]:
                if failure["verdict"] in BAD:
                    print(
                        f"{failure['verdict']} [{failure['seed']}] {failure['stage']}: {failure['formula']}: {failure['detail']}",
                        flush=True,
                    )
    finally:
        print(report(lines, examples=False))


if __name__ == "__main__":
    main()
