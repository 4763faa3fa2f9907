"""A notebook for `otter assign`: a question for every derivative, its solution, and tests that show the diagnosis.

What Otter reads stands in raw cells (`# BEGIN QUESTION`, `# BEGIN SOLUTION`, `# BEGIN TESTS`), as version 4 and later have it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from symdiff.course.blocks import Numbered
from symdiff.course.export import common
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet

Cell = dict[str, Any]


def export(sheets: Sequence[Sheet]) -> bytes:
    """The notebook."""
    cells = [raw("# ASSIGNMENT CONFIG\nrequirements:\n  - symdiff-graph\nexport_cell: true\n"), *_beginning(sheets)]
    for folder, item in common.items(sheets):
        cells.append(markdown(heading(folder, item, sheets)))
        cells.append(code(setting(item)))
        for b in asked(item):
            cells += _question(item, b, name(folder, b, sheets))
    return notebook(cells)


def _beginning(sheets: Sequence[Sheet]) -> Iterator[Cell]:
    yield markdown(f"# {sheets[0].title}")
    yield code(PREPARED)


PREPARED = "import symdiff as sd"


def _question(item: Numbered, b: Blank, called: str) -> Iterator[Cell]:
    yield raw(f"# BEGIN QUESTION\nname: {called}\npoints: {common.decimal(float(b.points))}\n")
    yield markdown(task(b))
    yield raw("# BEGIN SOLUTION\n")
    yield code(f"{variable(b)} = {literal(b.text)}  # SOLUTION")
    yield raw("# END SOLUTION\n")
    yield raw("# BEGIN TESTS\n")
    yield code(tested(b))
    yield raw("# END TESTS\n")
    yield raw("# END QUESTION\n")


# ---------------------------------------------------------------------------------------------- what nbgrader shares


def asked(item: Numbered) -> list[Blank]:
    """What is typed as a formula in a notebook."""
    return [b for b in item.record.blanks if b.ask in ("gradient", "hessian")]


def heading(folder: str, item: Numbered, sheets: Sequence[Sheet]) -> str:
    variant = f"{folder.rpartition('/')[2]}: " if len(sheets) > 1 else ""
    words = common.statement(item).replace("<p>", "").replace("</p>", "\n").replace(r"\(", "$").replace(r"\)", "$")
    return f"## {variant}{common.title(item)}\n\n{words}"


def setting(item: Numbered) -> str:
    return f"f = sd.parse({literal(item.problem.formula)})"


def task(b: Blank) -> str:
    wanted = common.label(b).replace(r"\(", "$").replace(r"\)", "$")
    return f'Give {wanted} as a text, in matrix notation: `{variable(b)} = "…"`'


def variable(b: Blank) -> str:
    return b.id.replace(".", "_").replace("-", "_")


def name(folder: str, b: Blank, sheets: Sequence[Sheet]) -> str:
    variant = folder.rpartition("variant ")[2]
    return variable(b) + (f"_{variant}" if len(sheets) > 1 else "")


def check(b: Blank) -> str:
    wrt = repr([b.name, b.name]) if b.ask == "hessian" else repr(b.name)
    return f"sd.check(f, {wrt}, {variable(b)})"


def tested(b: Blank) -> str:
    """What fails with the diagnosis where an answer is wrong."""
    return f"grade = {check(b)}\nassert grade.correct, str(grade)"


def literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def notebook(cells: Sequence[Cell]) -> bytes:
    """The file, of nbformat 4.5."""
    made = [cell | {"id": f"cell-{k}"} for k, cell in enumerate(cells)]
    language = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    told = {"cells": made, "metadata": language, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _lines(source: str) -> list[str]:
    return source.rstrip("\n").splitlines(keepends=True)


def raw(source: str) -> Cell:
    return {"cell_type": "raw", "metadata": {}, "source": _lines(source)}


def markdown(source: str, **metadata: Any) -> Cell:
    return {"cell_type": "markdown", "metadata": metadata, "source": _lines(source)}


def code(source: str, outputs: Sequence[Any] = (), **metadata: Any) -> Cell:
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": list(outputs), "source": _lines(source)}
