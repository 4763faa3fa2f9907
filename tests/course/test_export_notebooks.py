"""Notebooks for Otter and nbgrader: they run with their solutions, fail with the diagnosis without, and have the marks that the programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from symdiff.course.export import export
from symdiff.course.sheetfile import read_sheet

SHEET = read_sheet(Path(__file__).parent / "small.toml")


def cells(form: str) -> list[dict[str, Any]]:
    content = export(form, [SHEET])
    assert isinstance(content, bytes)
    told = json.loads(content)
    assert (told["nbformat"], told["nbformat_minor"]) == (4, 5) and len({c["id"] for c in told["cells"]}) == len(told["cells"])
    return list(told["cells"])


def code(found: list[dict[str, Any]]) -> list[str]:
    return ["".join(c["source"]) for c in found if c["cell_type"] == "code"]


@pytest.mark.parametrize("form", ["otter", "nbgrader"])
def test_the_notebook_runs(form: str) -> None:
    names: dict[str, Any] = {}
    sources = code(cells(form))
    for source in sources:
        exec(source, names)
    assert sum("grade.correct" in source for source in sources) == 5
    assert names["grade"].correct is True


@pytest.mark.parametrize("form", ["otter", "nbgrader"])
def test_a_wrong_answer_fails_with_its_diagnosis(form: str) -> None:
    names: dict[str, Any] = {}
    for source in code(cells(form)):
        if source.startswith("grade"):
            names["square_gradient"] = "-4*a^3"
            with pytest.raises(AssertionError, match="the sign is wrong"):
                exec(source, names)
            return
        exec(source, names)
    raise AssertionError("no tests")


def test_what_otter_reads() -> None:
    marks = ["".join(c["source"]).splitlines()[0] for c in cells("otter") if c["cell_type"] == "raw"]
    assert marks[0] == "# ASSIGNMENT CONFIG"
    question = ["# BEGIN QUESTION", "# BEGIN SOLUTION", "# END SOLUTION", "# BEGIN TESTS", "# END TESTS", "# END QUESTION"]
    assert marks[1:] == question * 5
    assert sum(source.endswith("# SOLUTION") for source in code(cells("otter"))) == 5


def test_what_nbgrader_reads() -> None:
    told = [c["metadata"]["nbgrader"] for c in cells("nbgrader") if "nbgrader" in c["metadata"]]
    assert len({t["grade_id"] for t in told}) == len(told) == 10
    assert sum(t.get("points", 0) for t in told if t["grade"]) == 2 + 2 + 1 + 1
    assert all(t["solution"] != t["grade"] and t["schema_version"] == 3 for t in told)
