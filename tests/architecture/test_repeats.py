"""No block of code stands twice: `python -m tests.architecture.test_repeats [FOLDER …]` lists those that do.

A block is six lines of code in a row, without comments, blank lines and indentation. Imports, lists of names and short lines do not count.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

LINES, CHARACTERS = 6, 110
Line = tuple[int, str]

ROOT = Path(__file__).parents[2]
# How many blocks may stand twice, and which these are.
MOST = {
    "symdiff": 6,  # signatures of a method and its function, texts of helpers for two libraries, methods that two arithmetics have to have
    "tests": 3,  # tests of two files of cases, records of two runs
}


def code_of(text: str) -> list[Line]:
    return [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1) if line.strip() and not line.strip().startswith("#")]


def counts(lines: Sequence[str]) -> bool:
    """Whether a block is one that could be a function."""
    plain = sum(
        line.startswith(("from ", "import ")) or line in "()" or (line.endswith(",") and line[:-1].isidentifier()) for line in lines
    )
    return plain < 3 and sum(map(len, lines)) >= CHARACTERS


def repeats(folder: Path) -> list[str]:
    """Where blocks begin that stand twice or more; of longer ones the first six lines count alone."""
    files = {path: code_of(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}
    places: dict[tuple[str, ...], list[tuple[Path, int]]] = {}
    for path, lines in files.items():
        for k in range(len(lines) - LINES + 1):
            block = tuple([line for _, line in lines[k : k + LINES]])
            if counts(block):
                places.setdefault(block, []).append((path, k))
    twice = {place for found in places.values() if len(found) > 1 for place in found}
    return [
        " = ".join([f"{path.relative_to(folder)}:{files[path][k][0]}" for path, k in found])
        for found in places.values()
        if len(found) > 1 and not all((path, k - 1) in twice for path, k in found)
    ]


def test_no_block_of_code_stands_twice() -> None:
    for folder, most in MOST.items():
        found = repeats(ROOT / folder)
        assert len(found) <= most, f"make one function of them: {found}"


def test_a_block_that_stands_twice_is_found(tmp_path: Path) -> None:
    block = "\n".join(f"    first_of_many_{k} = second_of_many_{k} + {k}" for k in range(8))
    (tmp_path / "a.py").write_text(f"def f():\n{block}\n", encoding="utf-8")
    (tmp_path / "b.py").write_text(f"import os\n\n\ndef g():\n{block}\n    # a remark\n", encoding="utf-8")
    assert repeats(tmp_path) == ["a.py:2 = b.py:5"]


if __name__ == "__main__":
    for folder in sys.argv[1:] or [str(ROOT / name) for name in MOST]:
        print("\n".join(repeats(Path(folder))))
