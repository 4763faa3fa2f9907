"""Notebooks for Otter and nbgrader: they run with their solutions, fail with the diagnosis without, and have the marks that the programs read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from symdiff.course.export import export
from symdiff.course.sheet import read_sheet

HERE = Path(__file__).parent
SHEET = read_sheet(HERE / "small.toml")


def cells(form: str) -> list[dict[str, Any]]:
    content = export(form, [SHEET])
    assert isinstance(content, bytes)
    told = json.loads(content)
    assert (told["nbformat"], told["nbformat_minor"]) == (4, 5) and len({c["id"] for c in told["cells"]}) == len(told["cells"])
    return list(told["cells"])


# What a notebook may have, and must have with a star (nbformat 4.5, nbformat.v4.5.schema.json), and what nbgrader knows of a cell (nbgrader 0.9, v3.json and v3.py).
CELL = {"id*": str, "cell_type*": str, "metadata*": dict, "source*": list}
CELLS = {"markdown": CELL, "raw": CELL, "code": CELL | {"execution_count*": (int, type(None)), "outputs*": list}}
NBGRADER = {
    "schema_version*": int,
    "grade*": bool,
    "locked*": bool,
    "solution*": bool,
    "task": bool,
    "grade_id": str,
    "points": (int, float),
    "checksum": str,
    "cell_type": str,
}
# The keys that `otter assign` knows of a question (otter/assign/question_config.py) and of the assignment, of those that are written here.
OTTER = {"# ASSIGNMENT CONFIG": {"requirements", "export_cell"}, "# BEGIN QUESTION": {"name", "points"}}


def keys(what: str, given: dict[str, Any], table: dict[str, Any]) -> list[str]:
    known = {k.rstrip("*"): kind for k, kind in table.items()}
    found = [f"{what} has no {k}" for k in given if k not in known] + [
        f"{what} without {k}" for k in table if k.endswith("*") and k.rstrip("*") not in given
    ]
    return found + [f"{what}: {k} = {given[k]!r}" for k, kind in known.items() if k in given and not isinstance(given[k], kind)]


def invalid(told: dict[str, Any]) -> list[str]:
    """What the schemas do not allow of a notebook."""
    found = keys("a notebook", told, {"cells*": list, "metadata*": dict, "nbformat*": int, "nbformat_minor*": int})
    ids, grades = [c.get("id", "") for c in told["cells"]], []
    for c in told["cells"]:
        found += keys("a cell", c, CELLS.get(c.get("cell_type", ""), {}))
        found += [f"an id: {c.get('id')!r}"] * (not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", c.get("id", "")))
        found += [f"a line: {line!r}" for line in c["source"][:-1] if not line.endswith("\n")] + [
            f"a line: {line!r}" for line in c["source"] if "\n" in line[:-1]
        ]
        if "nbgrader" in c["metadata"]:
            meta = c["metadata"]["nbgrader"]
            found += keys("nbgrader", meta, NBGRADER)
            if meta.get("grade") or meta.get("solution") or meta.get("locked"):
                grades.append(meta.get("grade_id", ""))
                found += [f"a grade_id: {meta.get('grade_id')!r}"] * (not re.fullmatch(r"[a-zA-Z0-9_\-]+", meta.get("grade_id", "")))
            found += ["no points"] * (bool(meta.get("grade")) and not meta.get("points", -1) >= 0) + ["another schema"] * (
                meta.get("schema_version") != 3
            )
    found += [f"the id {i} is there twice" for i in set(ids) if ids.count(i) > 1] + [
        f"the grade_id {i} is there twice" for i in set(grades) if grades.count(i) > 1
    ]
    names = []
    for c in told["cells"]:
        first, *rest = "".join(c["source"]).splitlines() or [""]
        if c["cell_type"] == "raw" and first in OTTER:
            found += [f"otter: {line}" for line in rest if not line.startswith(" ") and line.partition(":")[0] not in OTTER[first]]
            names += [line.partition(": ")[2] for line in rest if line.startswith("name: ")]
    return (
        found
        + [f"the question {n} is there twice" for n in set(names) if names.count(n) > 1]
        + [f"a name: {n!r}" for n in names if not re.fullmatch(r"[A-Za-z]\w*", n, re.ASCII)]
    )


SHEETS = {"small": lambda: [SHEET], "kinds": lambda: [read_sheet(HERE / "kinds.toml")], "variants": lambda: SHEET.variants(3, 1)}


@pytest.mark.parametrize("form", ["otter", "nbgrader"])
@pytest.mark.parametrize("which", SHEETS)
def test_a_notebook_is_what_the_schemas_allow_and_its_tests_pass_when_all_cells_have_run(form: str, which: str) -> None:
    content = export(form, SHEETS[which]())
    assert isinstance(content, bytes)
    told = json.loads(content)
    assert invalid(told) == []
    names: dict[str, Any] = {}
    sources = code(told["cells"])
    for source in sources:
        if not source.startswith("assert"):
            before = set(names)
            exec(source, names)
            assert source.startswith("import") or len(set(names) - before - {"__builtins__"}) == 1, source
    for source in sources:
        if source.startswith("assert"):
            exec(source, names)


def test_what_the_schemas_do_not_allow_is_found() -> None:
    content = {form: export(form, [SHEET]) for form in ("otter", "nbgrader")}
    for form, old, new in (
        ("nbgrader", '"id": "cell-3"', '"id": "cell-4"'), ("nbgrader", '"id": "cell-3"', '"id": "cell 3"'), ("nbgrader", '"execution_count": null,', ""), ("nbgrader", '"locked": true,', ""),
        ("nbgrader", '"grade_id": "square_gradient"', '"grade_id": "square.gradient"'), ("nbgrader", '"grade_id": "square_gradient_test"', '"grade_id": "square_gradient"'),
        ("nbgrader", '"schema_version": 3', '"schema_version": 2'), ("nbgrader", '"points": 2.0', '"points": -1'), ("nbgrader", '"task": false', '"tusk": false'),
        ("otter", "points: 2", "point: 2"), ("otter", "name: square_gradient", "name: square-gradient"), ("otter", "name: net_1_gradient_V", "name: net_1_gradient_w"),
    ):  # fmt: skip
        told = content[form]
        assert isinstance(told, bytes) and old in told.decode(), old
        assert invalid(json.loads(told.decode().replace(old, new, 1))), new


def code(found: list[dict[str, Any]]) -> list[str]:
    return ["".join(c["source"]) for c in found if c["cell_type"] == "code"]


@pytest.mark.parametrize("form", ["otter", "nbgrader"])
def test_the_notebook_runs(form: str) -> None:
    names: dict[str, Any] = {}
    sources = code(cells(form))
    for source in sources:
        exec(source, names)
    assert sum(").correct" in source for source in sources) == 5
    assert names["grade"].correct is True


@pytest.mark.parametrize("form", ["otter", "nbgrader"])
def test_a_wrong_answer_fails_with_its_diagnosis(form: str) -> None:
    names: dict[str, Any] = {}
    for source in code(cells(form)):
        if source.startswith("assert"):
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
