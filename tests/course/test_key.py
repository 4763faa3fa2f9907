"""Marks of a key that a person made: right answers in odd forms, slips, nonsense, hostile texts. No mark may be another."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from symdiff.course.marking import Mark, Marker
from symdiff.course.sheetfile import read_sheet

HERE = Path(__file__)
SHEET = read_sheet(HERE.parents[2] / "examples" / "course" / "sheet.toml")


def key() -> list[tuple[str, str, str]]:
    lines = (HERE.parent / "key.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ", 2) for line in lines if line.strip() and not line.startswith("#")]
    return [(problem, told, answer.replace("\\n", "\n") if "```" in answer else answer) for problem, told, answer in rows]


@cache
def marker(problem: str) -> Marker:
    return Marker(SHEET.problem(problem))


def agrees(mark: Mark, told: str) -> bool:
    verdict, _, kind = told.partition(" ")
    if verdict == "right":
        return mark.right
    return mark.mark == verdict and (not kind or mark.kind == kind)


@pytest.mark.parametrize("problem", [p.id for p in SHEET.problems])
def test_the_key(problem: str) -> None:
    rows = [row for row in key() if row[0].partition(".")[0] == problem]
    assert len(rows) >= 15
    marks = [marker(problem)(name, answer) for name, _, answer in rows]
    other = [
        f"{name} {answer!r}: {mark} [{mark.kind}], not {told}"
        for (name, told, answer), mark in zip(rows, marks, strict=True)
        if not agrees(mark, told)
    ]
    assert not other, "\n".join(other)
    assert all((mark.points > 0) == mark.right for mark in marks)


def test_the_key_is_large_and_can_fail() -> None:
    rows = key()
    counts = Counter(told.partition(" ")[0] for _, told, _ in rows)
    assert len(rows) >= 300 and set(counts) == {"right", "wrong", "unreadable"} and min(counts.values()) >= 30
    assert not agrees(marker("square")("square.gradient", "4*a^2"), "right")
    assert not agrees(marker("square")("square.gradient", "4*a^3"), "wrong")
    assert not agrees(marker("square")("square.gradient", "-4*a^3"), "wrong factor")
    assert not Path("/tmp/symdiff-was-here").exists()
