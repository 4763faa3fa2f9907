"""A notebook for nbgrader: an answer cell for every derivative, and a cell of tests that is graded, which fails with the diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.course.export import common
from symdiff.course.export.otter import PREPARED, asked, called, code, heading, literal, markdown, marked, notebook, setting, task, tested
from symdiff.course.sheet import Sheet


def export(sheets: Sequence[Sheet]) -> bytes:
    """The notebook with solutions, of which `nbgrader generate_assignment` makes that of the students."""
    cells = [markdown(f"# {marked(common.line(sheets[0].title))}"), code(PREPARED)]
    names = common.Names("_")
    for folders, item in common.items(sheets):
        formula = names(called("f", item.problem.id, folders))
        cells += [markdown(heading(folders, item)), code(setting(item, formula))]
        for b in asked(item):
            answer = names(called(b.id, "", folders))
            cells.append(markdown(task(b, answer)))
            solution = f"### BEGIN SOLUTION\n{answer} = {literal(b.text)}\n### END SOLUTION"
            cells.append(code(solution, nbgrader=_told(answer, solution=True)))
            told = _told(names(f"{answer}_test"), grade=True, points=float(b.points), locked=True)
            cells.append(code(tested(b, formula, answer), nbgrader=told))
    return notebook(cells)


def _told(id: str, *, grade: bool = False, solution: bool = False, locked: bool = False, points: float = 0.0) -> dict[str, Any]:
    """What nbgrader knows of a cell (schema 3)."""
    told: dict[str, Any] = {"grade": grade, "grade_id": id, "locked": locked, "schema_version": 3, "solution": solution, "task": False}
    return told | ({"points": points} if grade else {})
