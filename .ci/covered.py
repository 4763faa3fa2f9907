"""How much of the package runs in its tests: python .ci/covered.py FOLDER LINES BRANCHES; exit status 1 if less, both in per cent.

The tests of each room run in a process of their own, two at a time, under SlipCover, which takes its probes out of what has run: about 1.3 times the
tests' own time, where a tracer takes so long that limits of seconds in the tests strike. A line or a branch counts if any room ran it. What was counted
lies in FOLDER, a file for each room; what no test ran is in FOLDER/missing.txt.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__")


class Seen(NamedTuple):
    """Of one file: the lines and the branches (from line, to line), those that ran and those that did not."""

    lines: set[int]
    missing_lines: set[int]
    branches: set[tuple[int, int]]
    missing_branches: set[tuple[int, int]]


def run(room: str, folder: Path) -> str:
    """The last line of pytest on one room's tests, whose counts it leaves in the folder."""
    command = [
        sys.executable,
        "-m",
        "slipcover",
        "--branch",
        "--source",
        "symdiff",
        "--json",
        "--out",
        str(folder / f"{room}.json"),
        "-m",
        "pytest",
        "-q",
    ]
    # SlipCover is imported before pytest could rewrite its asserts, of which it has none.
    command += ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", f"tests/{room}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    (folder / f"{room}.txt").write_text(done.stdout + done.stderr)
    return f"{room}: {(done.stdout.strip().splitlines() or ['no output'])[-1]}"


def only_for_types(path: Path) -> set[int]:
    """The lines under `if TYPE_CHECKING:`, which no run reaches."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found.update(range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1))
    return found


def together(folder: Path) -> dict[str, Seen]:
    """What all rooms ran, by file."""
    found: dict[str, Seen] = {}
    for path in sorted(folder.glob("*.json")):
        for name, counts in json.loads(path.read_text())["files"].items():
            ran = found.setdefault(name, Seen(set(), set(), set(), set()))
            ran.lines.update(counts["executed_lines"])
            ran.missing_lines.update(counts["missing_lines"])
            ran.branches.update(map(tuple, counts["executed_branches"]))
            ran.missing_branches.update(map(tuple, counts["missing_branches"]))
    for name, ran in found.items():
        unreachable = only_for_types(ROOT / name)
        ran.missing_lines.difference_update(ran.lines, unreachable)
        ran.missing_branches.difference_update(ran.branches, {branch for branch in ran.missing_branches if branch[1] in unreachable})
    return found


def share(counts: Iterable[tuple[Collection[object], Collection[object]]]) -> float:
    """What ran of all, in per cent."""
    sums = [sum(map(len, some)) for some in zip(*counts, strict=True)]
    return 100 * sums[0] / sum(sums)


def main(folder: Path, least_lines: float, least_branches: float) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(lambda room: run(room, folder), ROOMS):
            print(line, flush=True)
    files = together(folder)
    with (folder / "missing.txt").open("w") as out:
        for name, ran in sorted(files.items(), key=lambda item: -len(item[1].missing_branches)):
            if ran.missing_lines or ran.missing_branches:
                branches = " ".join(f"{start}-{end}" for start, end in sorted(ran.missing_branches))
                print(f"{name}: lines {' '.join(map(str, sorted(ran.missing_lines)))}; branches {branches}", file=out)
    lines = share((ran.lines, ran.missing_lines) for ran in files.values())
    forks = share((ran.branches, ran.missing_branches) for ran in files.values())
    print(f"{lines:.1f} % of the lines and {forks:.1f} % of the branches ran in the tests")
    return int(lines < least_lines or forks < least_branches)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
