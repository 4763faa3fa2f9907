"""A notebook for nbgrader: an answer cell for every derivative, and a cell of tests that is graded, which fails with the diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.course.export import common
from symdiff.course.export.otter import PREPARED, asked, code, heading, literal, markdown, name, notebook, setting, task, tested, variable
from symdiff.course.sheet import Sheet


def export(sheets: Sequence[Sheet]) -> bytes:
    """The notebook with solutions, of which `nbgrader generate_assignment` makes that of the students."""
    cells = [markdown(f"# {sheets[0].title}"), code(PREPARED)]
    for folder, item in common.items(sheets):
        cells += [markdown(heading(folder, item, sheets)), code(setting(item))]
        for b in asked(item):
            called = name(folder, b, sheets)
            cells.append(markdown(task(b)))
            answer = f"### BEGIN SOLUTION\n{variable(b)} = {literal(b.text)}\n### END SOLUTION"
            cells.append(code(answer, nbgrader=_told(called, solution=True)))
            cells.append(code(tested(b), nbgrader=_told(f"{called}_test", grade=True, points=float(b.points), locked=True)))
    return notebook(cells)


def _told(called: str, *, grade: bool = False, solution: bool = False, locked: bool = False, points: float = 0.0) -> dict[str, Any]:
    """What nbgrader knows of a cell (schema 3)."""
    told: dict[str, Any] = {"grade": grade, "grade_id": called, "locked": locked, "schema_version": 3, "solution": solution, "task": False}
    return told | ({"points": points} if grade else {})
