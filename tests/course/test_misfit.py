"""A derivation whose shapes do not fit stands on a sheet as any other: finding that is the task."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.course.export import export
from symdiff.course.marking import Marker
from symdiff.course.sheet import Sheet
from symdiff.errors import SymdiffError

HEAD = 'title = "T"\n[[problem]]\nid = "p"\nformula = "A: matrix(m, n); norm2(A*x - b)^2"\nwrt = "x"\nasks = ["check"]\n'
SAID = "the shapes do not fit: cannot multiply"


def read(wrong: str, folder: Path, head: str = HEAD) -> Sheet:
    path = folder / "s.toml"
    path.write_text(head + f"wrong = {json.dumps(wrong)}\n", encoding="utf-8")
    return sd.sheet(path)


@pytest.mark.parametrize("wrong", ["2*A*(A*x - b)", "2*A*A*(A*x - b)", "A + b", "x + b", "2*A*b + A*x"])
def test_it_is_shown_and_its_key_says_why(wrong: str, tmp_path: Path) -> None:
    sheet = read(wrong, tmp_path)
    record = sheet.problem("p").record
    assert record.grade is not None and record.grade.correct is False and record.slip.startswith("the shapes do not fit: cannot ")
    assert record.blank("p.check").word == "wrong"
    latex = sheet.latex()
    assert r"Somebody finds" in latex and (r"2 \, A \, (A \, x - b)" in latex) is (wrong == "2*A*(A*x - b)") and "do not fit" not in latex
    assert "the shapes do not fit" in sheet.markdown("key") and "the shapes do not fit" not in sheet.markdown()


@pytest.mark.parametrize("form", ["html", "pdf", "latex", "exam", "markdown", "notebook", "typst"])
@pytest.mark.parametrize("kind", ["sheet", "key", "solutions"])
def test_every_form_has_it(form: str, kind: str, tmp_path: Path) -> None:
    assert len(read("2*A*(A*x - b)", tmp_path).rendered(form, kind)) > 500


@pytest.mark.parametrize("form", ["moodle", "stack", "qti", "prairielearn", "otter", "nbgrader"])
def test_every_export_has_it(form: str, tmp_path: Path) -> None:
    made = export(form, [read("2*A*(A*x - b)", tmp_path)])
    assert made
    if form == "moodle":
        assert isinstance(made, bytes) and b"2*A*(A*x - b)" in made and b"the shapes do not fit" in made


@pytest.mark.parametrize(
    ("answer", "mark"),
    [("wrong", "correct"), ("no, the shapes do not fit", "correct"), ("the shapes don't match", "correct"), ("Wrong: A' is missing", "correct"), ("shape mismatch", "correct"),
     ("2*A'*(A*x - b)", "correct"), ("right", "wrong"), ("the shapes fit", "unreadable"), ("dimensions of the hint", "unreadable"), ("2*A*(A*x - b)", "wrong")],
)  # fmt: skip
def test_how_it_is_marked(answer: str, mark: str, tmp_path: Path) -> None:
    assert Marker(read("2*A*(A*x - b)", tmp_path).problem("p"))("p.check", answer).mark == mark


def test_what_is_no_derivation_is_refused(tmp_path: Path) -> None:
    for wrong, said in (("2*A*(A*x - b", "is never closed"), ("q*A", "'q' does not occur"), ("", "there is no derivation to check")):
        with pytest.raises(SymdiffError, match=said) as caught:
            read(wrong, tmp_path).problem("p").record  # noqa: B018
        assert ", line " in str(caught.value)
    with pytest.raises(SymdiffError, match="right but for its notation"):
        sheet = read("2*x*y", tmp_path, HEAD.replace("A: matrix(m, n); norm2(A*x - b)^2", "x: vector(n); y: vector(n); sum(x .* x .* y)"))
        sheet.problem("p").record  # noqa: B018
