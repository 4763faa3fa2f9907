"""Whole processes, from the shell's call to their end: a small derivative, with and without verification.

The processes take turns; medians of wall-clock time. Byte code is written before, as an installation does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

HINGE = "max(1 - y*w.phi, 0)"
SYMPY = """
import sympy
y, *xs = sympy.symbols("y w1 w2 w3 p1 p2 p3")
w, p = xs[:3], xs[3:]
f = sympy.Max(1 - y*sum(a*b for a, b in zip(w, p)), 0)
print([f.diff(a) for a in w])
"""
PROGRAM = "import sys; from symdiff.cli import process; process()"
COMMANDS = {
    "`symdiff`, not verified": ["-c", PROGRAM, HINGE, "--wrt", "w", "--no-verify"],
    "`import lark, click`": ["-c", "import lark, click"],
    "`symdiff`, verified": ["-c", PROGRAM, HINGE, "--wrt", "w"],
    "the same derivative by SymPy": ["-c", SYMPY],
    "Python alone": ["-c", "pass"],
}


def measure(turns: int, say: Callable[[str], None]) -> dict[str, float]:
    """Seconds of every command."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(turns + 1):
        say(f"turn {turn} of {turns}: processes")
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], env=env, capture_output=True, check=True)
            if turn:
                found[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in found.items()}
