"""A sheet for the systems that courses use: Moodle (numerical, cloze, multiple choice; STACK), QTI 2.1, PrairieLearn, Otter and nbgrader.

An export is a line in EXPORTS and a file of its name here with a function `export`, of one sheet or of its variants. Everything in it comes from the
records that worksheet and key are views of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.course.sheet import Sheet

# name: the ending of its file ("" for a folder), what it is
EXPORTS = {
    "moodle": (".xml", "Moodle XML: cloze, numerical and multiple-choice questions"),
    "stack": (".xml", "Moodle XML of STACK questions, with a node for each diagnosis"),
    "qti": (".zip", "a QTI 2.1 package"),
    "prairielearn": ("", "a folder of PrairieLearn questions that are marked by symdiff"),
    "otter": (".ipynb", "a notebook for otter assign"),
    "nbgrader": (".ipynb", "a notebook for nbgrader"),
}


def export(form: str, sheets: Sequence[Sheet]) -> bytes | dict[str, bytes]:
    """A sheet, or its variants, in a form of EXPORTS: the content of a file, or of a folder by the paths in it. SymdiffError for another form."""
    if form not in EXPORTS:
        raise SymdiffError(f"a sheet is not exported as {form!r}"[:200], hint=", ".join(EXPORTS))
    from symdiff.course.export import moodle, nbgrader, otter, prairielearn, qti, stack

    made: dict[str, Callable[[list[Sheet]], bytes | dict[str, bytes]]] = {
        "moodle": moodle.export, "stack": stack.export, "qti": qti.export, "prairielearn": prairielearn.export, "otter": otter.export, "nbgrader": nbgrader.export,
    }  # fmt: skip
    return made[form]([s.chosen() for s in sheets])


def form_of(path: str) -> str:
    """The form that the ending of a file says: `out.moodle.xml`, `out.stack.xml`, `out.qti.zip`, `out.otter.ipynb`; "" for none."""
    parts = path.lower().split(".")
    form = parts[-2] if len(parts) > 2 else ""
    return form if form in EXPORTS and EXPORTS[form][0] == f".{parts[-1]}" else ""


__all__ = ["EXPORTS", "export", "form_of"]
