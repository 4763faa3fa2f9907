"""A long run of test_random: random formulas, and no certificate contradicted by midpoints.

    python tests/curvature/many_formulas.py counts.json --count 100000 --minutes 60

The file holds the next seed and the counts; it is written every 50 formulas, whole or not at all, and a run goes on from it. A contradiction is
written down with its formula and makes the exit status 1; it does not stop the run. Every midpoint found against a formula without a
certificate is computed anew from its text, in exact numbers where it says that it is exact.
"""

from __future__ import annotations

import argparse
import json
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

START = {"seed": 0, "asked": 0, "certified": 0, "refuted": 0, "exact": 0, "open": 0, "unreadable": 0, "seconds": 0.0}


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


def main() -> int:
    reader = argparse.ArgumentParser(description="Random formulas: certificates against midpoints.")
    reader.add_argument("file", type=Path)
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--minutes", type=float, default=60.0)
    given = reader.parse_args()
    told: dict[str, Any] = json.loads(given.file.read_text()) if given.file.exists() else {**START, "contradicted": [], "untrue": []}
    begin, before = time.monotonic(), told["seconds"]
    while told["seed"] < given.count and time.monotonic() - begin < 60 * given.minutes:
        look(told["seed"], told)
        told["seed"] += 1
        if told["seed"] % 50 == 0 or told["seed"] == given.count:
            told["seconds"] = round(before + time.monotonic() - begin, 1)
            write(given.file, json.dumps(told, indent=1))
    print(json.dumps(told, indent=1))
    return int(bool(told["contradicted"] or told["untrue"]))


if __name__ == "__main__":
    sys.exit(main())
