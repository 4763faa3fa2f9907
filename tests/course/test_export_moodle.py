"""Moodle XML read back: every right answer has all points, every slip its explanation, and STACK's trees lead where their tests say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.course.export import EXPORTS, export, form_of
from symdiff.course.marking import Marker
from symdiff.course.sheet import read_sheet

SMALL = Path(__file__).parent / "small.toml"
SHEET = read_sheet(SMALL)


@cache
def quiz(form: str) -> ET.Element:
    content = export(form, [SHEET])
    assert isinstance(content, bytes)
    return ET.fromstring(content)


def questions(form: str, kind: str) -> list[ET.Element]:
    return [q for q in quiz(form) if q.get("type") == kind]


def test_nothing_of_the_sheet_is_lost() -> None:
    assert [q.get("type") for q in quiz("moodle")] == [
        "category", "cloze", "multichoice", "numerical", "cloze", "multichoice", "multichoice", "multichoice", "multichoice", "multichoice", "multichoice",
    ]  # fmt: skip
    assert quiz("moodle")[0].findtext("category/text") == "$course$/top/Small < sheet> & more"


def test_choices_are_one_right_one_and_named_slips() -> None:
    found = questions("moodle", "multichoice")
    assert len(found) == 7
    for q in found:
        answers = q.findall("answer")
        assert [a.get("fraction") for a in answers].count("100") == 1 and len(answers) >= 2
        for a in answers:
            assert (a.findtext("feedback/text") == "") == (a.get("fraction") == "100")


def test_every_wrong_choice_is_wrong_and_every_right_one_right() -> None:
    from symdiff.course.export import common

    seen = 0
    for p in SHEET.problems:
        for b in p.record.blanks:
            if b.ask in ("gradient", "hessian"):
                for c in common.choices(p, b):
                    mark = Marker(p)(b.id, c.text)
                    assert mark.right == c.right and mark.diagnosis == c.why
                    seen += 1
    assert seen >= 15


FIELD = re.compile(r"\{(\d+):NUMERICAL:((?:\\.|[^}\\])*)\}")


def test_cloze_fields() -> None:
    (square, net) = questions("moodle", "cloze")
    fields = FIELD.findall(square.findtext("questiontext/text") or "")
    assert len(fields) == 6
    for (_, told), b in zip(fields, [b for b in SHEET.problem("square").record.blanks if b.ask != "gradient"], strict=True):
        right, *wrong = re.split(r"(?<!\\)~", told)
        assert right.startswith("=") and float(right[1:].split(":")[0]) == b.value
        assert wrong and all(re.fullmatch(r"%0%-?[\d.]+(e-\d+)?:[\d.e-]+#.+", w) for w in wrong)
        assert b.value not in [float(w[3:].split(":")[0]) for w in wrong]
    assert len(FIELD.findall(net.findtext("questiontext/text") or "")) == sum([2, 2, 1, 1, 1, 1, 1, 2, 2, 4, 2])
    assert square.find("questiontext/file") is not None


def test_numerical() -> None:
    (only,) = questions("moodle", "numerical")
    right = next(a for a in only.findall("answer") if a.get("fraction") == "100")
    assert float(right.findtext("text") or "") == 32.0
    assert {a.findtext("text"): a.findtext("feedback/text") for a in only.findall("answer")}["-32"] == "the sign is wrong"


def walked(q: ET.Element, k: int, answer: str) -> tuple[float, str]:
    """The score and the note of a STACK tree, by comparing texts with what the variables are."""
    values = dict(line.rstrip(";").split(": ", 1) for line in (q.findtext("questionvariables/text") or "").splitlines())

    def number(text: str) -> object:
        text = text.removeprefix("apply(append,args(").removesuffix("))") if text.startswith("apply") else text
        return values.get(text, text)

    tree = q.findall("prt")[k - 1]
    nodes = {n.findtext("name"): n for n in tree.findall("node")}
    at: str | None = "0"
    while True:
        node = nodes[at]
        branch = "true" if number(answer) == number(node.findtext("tans") or "") else "false"
        at = node.findtext(f"{branch}nextnode")
        if at == "-1":
            return float(node.findtext(f"{branch}score") or 0), node.findtext(f"{branch}answernote") or ""


def test_stack_trees_lead_where_their_tests_say() -> None:
    seen = 0
    for q in questions("stack", "stack"):
        for case in q.findall("qtest"):
            typed = {i.findtext("name"): i.findtext("value") or "" for i in case.findall("testinput")}
            for expected in case.findall("expected"):
                k = int((expected.findtext("name") or "prt0")[3:])
                score, note = walked(q, k, typed[f"ans{k}"])
                assert score == float(expected.findtext("expectedscore") or "nan") and note == expected.findtext("expectedanswernote")
                seen += 1
        for node in q.iter("node"):
            assert (node.findtext("truescore") == "1") == (node.findtext("name") == "0")
            assert bool(node.findtext("truefeedback/text")) == (node.findtext("name") != "0")
    assert seen > 50


def test_stack_inputs_are_what_maxima_types() -> None:
    gradient = next(q for q in questions("stack", "stack") if (q.findtext("name/text") or "").endswith(": gradient"))
    assert gradient.findtext("questionvariables/text") == "ta1: 4*a^3;"
    assert gradient.findtext("input/type") == "algebraic"
    assert next(q.findtext("name/text") for q in quiz("stack") if q.get("type") == "multichoice").startswith("3.")  # type: ignore[union-attr]
    assert "matrix([1],[2])" in (questions("stack", "stack")[2].findtext("questionvariables/text") or "")


def test_variants_are_folders_of_one_file() -> None:
    content = export("moodle", SHEET.variants(2, 1))
    assert isinstance(content, bytes)
    folders = [q.findtext("category/text") or "" for q in ET.fromstring(content) if q.get("type") == "category"]
    assert [f.rpartition("/")[2] for f in folders] == ["variant 1", "variant 2"]


def test_the_command(tmp_path: Path) -> None:
    out = tmp_path / "quiz.moodle.xml"
    assert main(["sheet", str(SMALL), "-o", str(out)]) == 0
    assert ET.parse(out).getroot().tag == "quiz"
    assert main(["sheet", str(SMALL), "-o", str(tmp_path / "quiz.xml")]) == 2
    assert main(["sheet", str(SMALL), "--key", "--format", "stack", "-o", str(out)]) == 2
    assert main(["sheet", str(SMALL), "--format", "qti"]) == 2
    assert (
        form_of("a.stack.xml") == "stack"
        and form_of("a.xml") == form_of("stack.pdf") == ""
        and set(EXPORTS) >= {"moodle", "stack", "qti", "otter"}
    )
    with pytest.raises(sd.SymdiffError, match="is not exported as"):
        export("blackboard", [SHEET])
