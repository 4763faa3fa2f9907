"""A long run of test_batches: many rows through `symdiff batch`, killed at random moments and asked again, beside a bare loop.

    python tests/batches/many_rows.py record.json --rows 100000 --kills 3

Every kill is SIGKILL to the command and all its processes, at a moment drawn by the seed. In the end the file must have every row once, in order, and
the very bytes that the bare loop gives (of the first rows, or of all with --loop 0). Each row is a formula of its own: numbers, letters and shape are drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from symdiff.batches import answer
from symdiff.whole import write

SHAPES = (
    "max({a} - y*{w}.{x}, 0)",
    "({a}*{w}.{x} - y)^2",
    "log({a} + exp(-y*{w}.{x}))",
    "norm2(A*{w} - {a}*{x})^2",
    "sum(exp({a}*{w}) .* {x})",
    "{a}*{w}.{w} + {x}.{w}",
    "sigma({a}*{w}.{x} + b)",
    "h = tanh(V*{w}); {a}*h.{x}",
)
BAD = ("({a}*{w}.{x} - y", "{w}*{x}*{a}")  # one row in a hundred


def request(k: int, rng: Random) -> dict[str, Any]:
    shape = rng.choice(BAD) if rng.random() < 0.01 else rng.choice(SHAPES)
    w, x = rng.choice("wvuq"), rng.choice(("x", "phi", "z", "r"))
    return {"id": k, "formula": shape.format(a=rng.randrange(1, 100_000), w=w, x=x), "wrt": w}


def run(source: Path, out: Path, seconds: float | None) -> tuple[float, bool]:
    """How long the command took, and whether it ended by itself, which it may for `seconds`."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "symdiff", "batch", str(source), "-o", str(out)]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
        return time.perf_counter() - begin, True
    except subprocess.TimeoutExpired:
        return time.perf_counter() - begin, False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def main() -> int:
    reader = argparse.ArgumentParser(description="Rows through `symdiff batch`, killed and asked again.")
    reader.add_argument("record", type=Path)
    reader.add_argument("--rows", type=int, default=100_000)
    reader.add_argument("--kills", type=int, default=3)
    reader.add_argument("--loop", type=int, default=5_000, help="rows of the bare loop; 0: all")
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    rng = Random(given.seed)
    requests = [request(k, rng) for k in range(given.rows)]
    looped = requests[: given.loop or None]
    begin = time.perf_counter()
    bare = [json.dumps(answer(r), ensure_ascii=False) for r in looped]
    speed = len(looped) / (time.perf_counter() - begin)
    told: dict[str, Any] = {"rows": given.rows, "bare loop, rows per second": round(speed, 1), "bare loop, rows": len(looped), "runs": []}
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        source.write_text("".join(json.dumps(r) + "\n" for r in requests), encoding="utf-8")
        for kill in range(given.kills + 1):
            before = lines_of(out)
            last = kill == given.kills
            took, ended = run(source, out, None if last else rng.uniform(0.1, 0.5) * given.rows / speed / given.kills)
            after = lines_of(out)
            told["runs"].append(
                {
                    "seconds": round(took, 1),
                    "from row": before,
                    "to row": after,
                    "killed": not ended,
                    "rows per second": round((after - before) / took, 1),
                }
            )
        found = out.read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["id"] for line in found]
    told["complete, once, in order"] = ids == list(range(given.rows))
    told["the bytes of the bare loop"] = found[: len(bare)] == bare
    told["errors"] = sum('"error": {' in line for line in found)
    write(given.record, json.dumps(told, indent=1))
    print(json.dumps(told, indent=1))
    return int(not (told["complete, once, in order"] and told["the bytes of the bare loop"]))


if __name__ == "__main__":
    sys.exit(main())
