"""Moodle XML read back: every right answer has all points, every slip its explanation, and STACK's trees lead where their tests say."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.course.answers import flat
from symdiff.course.export import EXPORTS, export, form_of
from symdiff.course.export.moodle import category, cloze_text
from symdiff.course.marking import Marker
from symdiff.course.sheet import read_sheet
from tests.course.moodle_facts import faults, fields, folders

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


def test_cloze_fields() -> None:
    (square, net) = questions("moodle", "cloze")
    told = fields(square.findtext("questiontext/text") or "")
    assert len(told) == 6
    for (_, (right, *wrong)), b in zip(told, [b for b in SHEET.problem("square").record.blanks if b.ask != "gradient"], strict=True):
        assert right[:2] == (1.0, b.value)
        assert wrong and all(w[0] == 0 and w[1] != b.value and w[3] for w in wrong)
    assert len(fields(net.findtext("questiontext/text") or "")) == sum([2, 2, 1, 1, 1, 1, 1, 2, 2, 4, 2])
    assert square.find("questiontext/file") is not None


@pytest.mark.parametrize("form", ["moodle", "stack"])
@pytest.mark.parametrize("name", ["small", "kinds"])
def test_the_import_reads_all_and_refuses_nothing(form: str, name: str) -> None:
    content = export(form, [read_sheet(SMALL.parent / f"{name}.toml")])
    assert isinstance(content, bytes)
    found = ET.fromstring(content)
    assert faults(found) == [] and len(found) >= 10


def test_what_the_import_would_not_take_is_found() -> None:
    content = export("stack", [read_sheet(SMALL.parent / "kinds.toml")])
    assert isinstance(content, bytes)
    for old, new in (
        ("<penalty>", "<penatly/><penalty>"), ("a&lt; b", "a&lt;b"), ("&#91;[1", "[[1"), ("[[input:ans1]]", "[[input: ans1]]"), ("&#123;@", "{@"), ('fraction="100"', 'fraction="50"'),
        ("AlgEquiv", "Equal"), ("<type>numerical<", "<type>number<"), ("<truenextnode>-1<", "<truenextnode>99<"), ("</input>", "</input><input><name>x</name></input>"),
    ):  # fmt: skip
        assert old in content.decode(), old
        assert faults(ET.fromstring(content.decode().replace(old, new, 1))), new


def test_fields_count_what_their_points_are() -> None:
    sheet = read_sheet(SMALL.parent / "kinds.toml")
    content = export("moodle", [sheet])
    assert isinstance(content, bytes)
    seen = 0
    for q in ET.fromstring(content):
        if q.get("type") != "cloze":
            continue
        number = int((q.findtext("name/text") or "").partition(".")[0])
        blanks = [b for b in sheet.problems[number - 1].record.blanks if b.ask in ("edges", "values")]
        told = fields(q.findtext("questiontext/text") or "")
        shares = [b.points / len(flat(b.value)) for b in blanks for _ in flat(b.value)]
        assert len(told) == len(shares)
        assert all(weight * shares[0] == told[0][0] * share for (weight, _), share in zip(told, shares, strict=True))
        seen += len({weight for weight, _ in told}) > 1
    assert seen >= 2


def test_a_slip_is_known_when_it_is_rounded_and_no_number_is_two() -> None:
    told = [f for q in questions("moodle", "cloze") for f in fields(q.findtext("questiontext/text") or "")]
    slips = 0
    for _, answers in told:
        ranges = sorted((v - room, v + room) for _, v, room, _ in answers)
        assert all(above < below for (_, above), (below, _) in pairwise(ranges))
        slips += sum([abs(float(f"{v:.3g}") - v) <= room * 1.0001 for share, v, room, _ in answers if not share])
    assert slips == sum([len(answers) - 1 for _, answers in told]) > 50


def test_words_in_a_field_are_shown_as_they_are() -> None:
    for words in ("[y*w < 1] & a > b", "~ } # {1:NUMERICAL:=1} \\ &lt; \\}", '&#35; it\'s "so"'):
        ((weight, answers),) = fields(f"{{2:NUMERICAL:=1:0.1~%0%2:0.1#{cloze_text(words)}}}")
        assert weight == 2 and [a[:3] for a in answers] == [(1.0, 1.0, 0.1), (0.0, 2.0, 0.1)]
        assert html.unescape(answers[1][3]) == words


def test_folders_have_the_names_of_sheets_and_variants() -> None:
    assert folders(ET.fromstring(category(("a/b // <c> /", "variant 1"))).findtext("category/text") or "") == [
        "$course$",
        "top",
        "a/b // < c> /",
        "variant 1",
    ]
    assert folders(quiz("moodle")[0].findtext("category/text") or "") == ["$course$", "top", "Small < sheet> & more"]


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
