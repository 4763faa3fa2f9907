"""The QTI package read back: its manifest names what is there, and the right answers of its items score what the sheet says."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from functools import cache
from pathlib import Path

import pytest

from symdiff.course.export import export
from symdiff.course.export.common import Names
from symdiff.course.sheet import read_sheet
from tests.course.qti_facts import FACTS, invalid, short, undeclared

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHEET = read_sheet(HERE / "small.toml")
N = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1", "p": "http://www.imsglobal.org/xsd/imscp_v1p1"}


def package() -> zipfile.ZipFile:
    content = export("qti", [SHEET])
    assert isinstance(content, bytes) and content == export("qti", [SHEET])
    return zipfile.ZipFile(io.BytesIO(content))


def test_the_manifest_names_what_is_there() -> None:
    archive = package()
    manifest = ET.fromstring(archive.read("imsmanifest.xml"))
    named = [f.get("href") for f in manifest.iterfind(".//p:file", N)]
    assert sorted([*named, "imsmanifest.xml"]) == sorted(archive.namelist())  # type: ignore[operator]
    identifiers = [r.get("identifier") for r in manifest.iterfind(".//p:resource", N)]
    assert len(set(identifiers)) == len(identifiers) == 9


@cache
def documents(which: str) -> dict[str, ET.Element]:
    """The XML files of the package of a sheet of the tests, or of variants of one."""
    sheets = {
        "small": lambda: [SHEET], "kinds": lambda: [read_sheet(HERE / "kinds.toml")], "lecture": lambda: [read_sheet(ROOT / "examples/course/sheet.toml")],
        "variants": lambda: SHEET.variants(2, 1),
    }[which]()  # fmt: skip
    content = export("qti", sheets)
    assert isinstance(content, bytes)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert len(set(map(str.lower, archive.namelist()))) == len(archive.namelist())
    return {name: ET.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")}


@pytest.mark.parametrize(("which", "items"), [("small", 9), ("kinds", 21), ("variants", 18), ("lecture", 23)])
def test_every_document_is_what_the_schemas_allow(which: str, items: int) -> None:
    found = documents(which)
    assert len(found) == items + 1
    identifiers = []
    for name, root in found.items():
        assert invalid(root) == [], name
        if name != "imsmanifest.xml":
            assert undeclared(root) == [], name
            identifiers.append(root.get("identifier"))
    assert len(set(identifiers)) == items


def test_what_the_facts_speak_of_is_what_the_packages_have() -> None:
    """A row that no package needs says nothing about them; an element without a row is an error of the test above."""
    seen = {short(e.tag) for which in ("small", "kinds", "lecture") for root in documents(which).values() for e in root.iter()}
    assert seen <= set(FACTS) and len(seen) >= 50


FAULTS = {
    "a required attribute is missing": (' timeDependent="false"', ""),
    "an attribute has another value": (' cardinality="single"', ' cardinality="one"'),
    "an attribute is unknown": ("expectedLength", "style"),
    "an attribute is no number": ('expectedLength="8"', 'expectedLength="eight"'),
    "an element is unknown": ("<itemBody>", "<itemBody><font/>"),
    "text stands where none may": ("<itemBody>", "<itemBody>text"),
    "the order is another": ("<responseDeclaration", '<outcomeDeclaration identifier="S" cardinality="single"/><responseDeclaration'),
    "an element stands where it may not": ("<itemBody>", '<itemBody><textEntryInteraction responseIdentifier="R1"/>'),
    "an identifier is there twice": ('identifier="R2" cardinality', 'identifier="R1" cardinality'),
    "what is referred to is not there": ('<textEntryInteraction responseIdentifier="R2"', '<textEntryInteraction responseIdentifier="R77"'),
    "an expression has one operand too few": ('<correct identifier="R1"/>', ""),
    "a fraction has three parts": ("<mfrac>", "<mfrac><mi>x</mi>"),
    "an attribute that MathML 2 lacks": ("<mi>", '<mi intent="x">'),
    "a list is empty": ("<correctResponse><value>1</value></correctResponse>", "<correctResponse/>"),
}
MEANT = {
    "a variable is not declared": ('<correct identifier="R1"/>', '<correct identifier="R77"/>'),
    "a value is not of its type": ("<correctResponse><value>1</value>", "<correctResponse><value>one</value>"),
    "a field has a response of another type": ('cardinality="single" baseType="float"', 'cardinality="single" baseType="file"'),
    "a tolerance is relative": ('toleranceMode="absolute"', 'toleranceMode="relative"'),
}


@cache
def numbers() -> str:
    content = export("qti", [read_sheet(HERE / "kinds.toml")])
    assert isinstance(content, bytes)
    return zipfile.ZipFile(io.BytesIO(content)).read("kinks-numbers.xml").decode()


@pytest.mark.parametrize("fault", [*FAULTS, *MEANT])
def test_faults_are_found(fault: str) -> None:
    content = numbers()
    old, new = {**FAULTS, **MEANT}[fault]
    assert old in content
    root = ET.fromstring(content.replace(old, new, 1))
    assert bool(invalid(root)) == (fault in FAULTS) and (fault in FAULTS or undeclared(root))


def score(item: ET.Element, responses: dict[str, str]) -> tuple[float, str | None]:
    """What an item's response processing gives for responses: the conditions that these exports use, as the specification has them."""
    right = {d.get("identifier"): d.findtext("q:correctResponse/q:value", "", N) for d in item.iterfind("q:responseDeclaration", N)}
    points = 0.0
    for condition in item.iterfind(".//q:responseIf", N):
        test = condition[0]
        name = test.find("q:variable", N).get("identifier")  # type: ignore[union-attr]
        given = responses.get(name or "", "")
        if test.tag.endswith("}match"):
            holds = given == right[name]
        else:
            assert test.tag.endswith("}equal")
            # As the information model has it: of two expressions x and y, in this order, y is in a range about x.
            below, above = [float(t) for t in (test.get("tolerance") or "0 0").split()]
            relative = test.get("toleranceMode") == "relative"
            if given == "":
                continue
            x, y = float(given), float(right[name])
            holds = (x * (1 - below / 100) <= y <= x * (1 + above / 100)) if relative else x - below <= y <= x + above
        if holds:
            points += float(condition.findtext(".//q:baseValue", "nan", N))
    return points, responses.get("RESPONSE")


@pytest.mark.parametrize("which", ["small", "kinds"])
def test_right_answers_score_what_the_sheet_says_and_wrong_ones_nothing(which: str) -> None:
    total, rounded, below_zero = 0.0, 0.0, 0
    for name, item in documents(which).items():
        if name == "imsmanifest.xml":
            continue
        declared = {d.get("identifier"): d.findtext("q:correctResponse/q:value", "", N) for d in item.iterfind("q:responseDeclaration", N)}
        asked = {i.get("responseIdentifier") for i in item.iter() if i.tag.endswith("Interaction")}
        assert asked == set(declared)
        points, _ = score(item, declared)  # type: ignore[arg-type]
        outcome = item.find("q:outcomeDeclaration", N)
        assert outcome is not None and abs(points - float(outcome.get("normalMaximum") or "nan")) < 1e-9
        total += points
        # Three digits are enough, of numbers below zero, too.
        rounded += score(item, {k: v if v.startswith("C") else f"{float(v):.3g}" for k, v in declared.items()})[0]  # type: ignore[misc]
        below_zero += sum([v.startswith("-") and "." in v for v in declared.values()])
        assert score(item, {k: "C9" if v.startswith("C") else str(float(v) * 1.2 + 1) for k, v in declared.items()})[0] == 0  # type: ignore[misc]
        for choice in item.iterfind(".//q:simpleChoice", N):
            assert [f.get("identifier") for f in item.iterfind("q:modalFeedback", N)].count(choice.get("identifier")) == 1
    sheet = SHEET if which == "small" else read_sheet(HERE / "kinds.toml")
    assert abs(total - float(sheet.total)) < 1e-6 and abs(rounded - total) < 1e-9
    assert below_zero >= (3 if which == "kinds" else 0)


def test_names_are_ascii_and_each_is_there_once() -> None:
    names = Names("-", files=True)
    assert [names(n) for n in ("a_b.gradient.ä", "a_b.gradient.a", "a.b", "a-b", "x.W", "x.w", "x²/ß")] == [
        "a_b-gradient-a", "a_b-gradient-a-2", "a-b", "a-b-2", "x-W", "x-w-2", "x2--",
    ]  # fmt: skip
