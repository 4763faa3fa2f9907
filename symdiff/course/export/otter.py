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
from symdiff.teach.tables import cell_writer

Cell = dict[str, Any]


def export(sheets: Sequence[Sheet]) -> bytes:
    """The notebook."""
    cells = [raw("# ASSIGNMENT CONFIG\nrequirements:\n  - symdiff-graph\nexport_cell: true\n"), *_beginning(sheets)]
    names = common.Names("_")
    for folders, item in common.items(sheets):
        formula = names(called("f", item.problem.id, folders))
        cells.append(markdown(heading(folders, item)))
        cells.append(code(setting(item, formula)))
        for b in asked(item):
            cells += _question(b, formula, names(called(b.id, "", folders)))
    return notebook(cells)


def _beginning(sheets: Sequence[Sheet]) -> Iterator[Cell]:
    yield markdown(f"# {marked(common.line(sheets[0].title))}")
    yield code(PREPARED)


PREPARED = "import symdiff as sd"


def _question(b: Blank, formula: str, answer: str) -> Iterator[Cell]:
    yield raw(f"# BEGIN QUESTION\nname: {answer}\npoints: {common.decimal(float(b.points))}\n")
    yield markdown(task(b, answer))
    yield raw("# BEGIN SOLUTION\n")
    yield code(f"{answer} = {literal(b.text)}  # SOLUTION")
    yield raw("# END SOLUTION\n")
    yield raw("# BEGIN TESTS\n")
    yield code(tested(b, formula, answer))
    yield raw("# END TESTS\n")
    yield raw("# END QUESTION\n")


# ---------------------------------------------------------------------------------------------- what nbgrader shares


def asked(item: Numbered) -> list[Blank]:
    """What is typed as a formula in a notebook."""
    return [b for b in item.record.blanks if b.ask in ("gradient", "hessian")]


def called(front: str, back: str, folders: Sequence[str]) -> str:
    """The variable of a formula or an answer. Tests may run when all cells have run, so that no other problem or variant may have it."""
    variant = [f.rpartition(" ")[2] for f in folders[1:]]
    return "_".join([part for part in (front, back, *variant) if part]).replace("-", "_")


def heading(folders: Sequence[str], item: Numbered) -> str:
    variant = "".join([f"{f}: " for f in folders[1:]])
    words = common.statement(item).replace("<p>", "").replace("</p>", "\n").replace(r"\(", "$").replace(r"\)", "$")
    return f"## {variant}{marked(common.title(item))}\n\n{words}"


def marked(title: str) -> str:
    """A title in a cell of Markdown, in which `a<b` would begin a tag and `*` a stress."""
    return str(cell_writer("markdown")(title))


def setting(item: Numbered, formula: str) -> str:
    return f"{formula} = sd.parse({literal(item.problem.formula)})"


def task(b: Blank, answer: str) -> str:
    wanted = common.label(b).replace(r"\(", "$").replace(r"\)", "$")
    return f'Give {wanted} as a text, in matrix notation: `{answer} = "…"`'


def tested(b: Blank, formula: str, answer: str) -> str:
    """What fails with the diagnosis where an answer is wrong: one statement, so that of no answer there is one error and not another that follows from it."""
    wrt = repr([b.name, b.name]) if b.ask == "hessian" else repr(b.name)
    return f"assert (grade := sd.check({formula}, {wrt}, {answer})).correct, str(grade)"


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
