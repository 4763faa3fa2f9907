"""A long run of test_random: random formulas, and no certificate contradicted by midpoints.

    python tests/curvature/many_formulas.py counts.json --count 100000 --minutes 60

The file holds the next seed and the counts; it is written every 50 formulas, whole or not at all, and when the run is stopped (Ctrl-C, SIGTERM);
the same command goes on from it. Every 1,000 formulas a line says how far it is, in CPU seconds; the last line is a row for record.md.
A contradiction is written down with its formula and makes the exit status 1; it does not stop the run. Every midpoint found against a formula without a
certificate is computed anew from its text, in exact numbers where it says that it is exact.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import symdiff as sd
from symdiff.convexity.exact import alike, values
from symdiff.convexity.search import Witness, find
from symdiff.convexity.verdict import certificates, plain
from symdiff.whole import write

sys.path.insert(0, str(Path(__file__).parent))
from random_formulas import formula

SECONDS, PLACES = 0.1, 12  # in which midpoints may contradict, and for how many values of the other letters, 40 pairs each
OTHERS = 10  # of the formulas without a certificate, every tenth is looked at

PROBLEMS = ("contradicted", "untrue", "failed")
START = {"seed": 0, "asked": 0, "certified": 0, "refuted": 0, "exact": 0, "open": 0, "unreadable": 0, "cpu": 0.0}


def holds(f: sd.Formula, w: Witness) -> bool:
    """Whether the midpoint lies on the wrong side, computed anew."""
    sizes: dict[str, int] = {}
    for name, node in f.variables.items():
        value = {**w.fixed, **w.a}.get(name)
        sizes.update({d: n for d, n in zip(node.shape, getattr(value, "shape", ()), strict=True) if isinstance(d, str)})
    fa, fb, fm = alike([values(f.expr, {**w.fixed, **p}, sizes).item() for p in (w.a, w.b, w.middle)])
    return bool(fm > (fa + fb) / 2 if w.against == "convex" else fm < (fa + fb) / 2)


def look(seed: int, told: dict[str, Any]) -> None:
    """One formula into the counts."""
    text = formula(Random(seed))
    try:
        f = sd.parse(text)
        nodes = f.nodes("x")
    except sd.SymdiffError:
        told["unreadable"] += 1
        return
    told["asked"] += 1
    expr, wrt = plain(f.expr, nodes)
    convex, concave, _, _ = certificates(expr, wrt)
    kinds = {kind for kind, known in (("convex", convex), ("concave", concave)) if known is not None and not known}
    told["certified"] += bool(kinds)
    if not kinds and seed % OTHERS:
        return
    against = find(expr, wrt, seconds=SECONDS, places=PLACES, **({"only": kinds, "both": False} if kinds else {}))
    if not kinds:
        told["refuted" if against else "open"] += 1
        told["exact"] += bool(against) and all(w.exact for w in against.values())
    if kinds & against.keys():
        told["contradicted"].append(text)
    told["untrue"] += [text for w in against.values() if w.exact and not holds(f, w)]


def row(told: dict[str, Any]) -> str:
    """The counts as a row of record.md."""
    checked = told["refuted"] + told["open"]
    each = told["cpu"] / max(1, told["asked"])
    return (
        f"| 0–{told['seed'] - 1:,} | {told['asked']:,} | {told['certified']:,} | {told['refuted']:,} of {checked:,} "
        f"| {len(told['contradicted'])} | {len(told['untrue'])} | {each:.4f} |"
    )


def stop(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def main() -> int:
    reader = argparse.ArgumentParser(description="Random formulas: certificates against midpoints.")
    reader.add_argument("file", type=Path)
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--minutes", type=float, default=60.0)
    given = reader.parse_args()
    told: dict[str, Any] = {**START, "contradicted": [], "untrue": [], "failed": []}
    if given.file.exists():
        told |= json.loads(given.file.read_text())
    begin, counts = time.monotonic(), told
    signal.signal(signal.SIGTERM, stop)
    try:
        while told["seed"] < given.count and time.monotonic() - begin < 60 * given.minutes:
            before, counts = time.process_time(), json.loads(json.dumps(told))
            try:
                look(told["seed"], told)
            except Exception as why:  # noqa: BLE001  a bug; the others are asked all the same
                told["failed"].append(f"{formula(Random(told['seed']))}: {why!r}")
            told["cpu"] += time.process_time() - before
            told["seed"] += 1
            if told["seed"] % 50 == 0:
                write(given.file, json.dumps(told, indent=1))
            if told["seed"] % 1000 == 0:
                print(row(told), flush=True)
    except KeyboardInterrupt:
        told = counts  # the formula that was interrupted is asked again
    write(given.file, json.dumps(told, indent=1))
    print(row(told))
    for kind in PROBLEMS:
        for text in told[kind]:
            print(f"{kind}: {text}")
    return int(any(told[kind] for kind in PROBLEMS))


if __name__ == "__main__":
    sys.exit(main())
