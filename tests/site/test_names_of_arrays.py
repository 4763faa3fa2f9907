"""What the engine takes from NumPy, its stand-in in the browser has: else a tab of the page ends in an error that no other test sees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import symdiff
from symdiff.page import arrays

HOME = Path(symdiff.__file__).parent
ROOMS = ("calculus", "checking", "convexity", "course", "expr", "grading", "notation", "simplify", "stationary", "syntax", "teach")
NOT_THERE = {"load"}  # files of values, which nobody gives to the page


def taken(path: Path) -> Iterator[tuple[str, int]]:
    """The names behind `np.`, with their lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            yield node.attr, node.lineno


@pytest.mark.parametrize("room", ROOMS)
def test_the_stand_in_has_what_a_room_takes(room: str) -> None:
    has = arrays.modules()["numpy"]
    missing = [
        f"{path.name}, line {line}: np.{name}"
        for path in sorted((HOME / room).rglob("*.py"))
        for name, line in taken(path)
        if name not in NOT_THERE and not hasattr(has, name)
    ]
    assert not missing, f"symdiff/page/arrays lacks what symdiff/{room} uses: {missing}"
