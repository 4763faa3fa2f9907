"""The QTI package read back: its manifest names what is there, and the right answers of its items score what the sheet says."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from symdiff.course.export import export
from symdiff.course.sheet import read_sheet

SHEET = read_sheet(Path(__file__).parent / "small.toml")
N = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1", "p": "http://www.imsglobal.org/xsd/imscp_v1p1"}
# In which order an item has its parts (imsqti_v2p1.xsd, assessmentItem).
ORDER = ("responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback")


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
            wanted = float(right[name])
            tolerance = float((test.get("tolerance") or "0").split()[0])
            room = tolerance if test.get("toleranceMode") == "absolute" else abs(wanted) * tolerance / 100
            holds = given != "" and abs(float(given) - wanted) <= room
        if holds:
            points += float(condition.findtext(".//q:baseValue", "nan", N))
    return points, responses.get("RESPONSE")


def test_right_answers_score_what_the_sheet_says_and_wrong_ones_nothing() -> None:
    archive = package()
    total = 0.0
    for name in archive.namelist():
        if not name.endswith(".xml") or name == "imsmanifest.xml":
            continue
        item = ET.fromstring(archive.read(name))
        tags = [child.tag.rpartition("}")[2] for child in item]
        assert tags == sorted(tags, key=ORDER.index)
        declared = {d.get("identifier"): d.findtext("q:correctResponse/q:value", "", N) for d in item.iterfind("q:responseDeclaration", N)}
        asked = {i.get("responseIdentifier") for i in item.iter() if i.tag.endswith("Interaction")}
        assert asked == set(declared)
        points, _ = score(item, declared)  # type: ignore[arg-type]
        outcome = item.find("q:outcomeDeclaration", N)
        assert outcome is not None and abs(points - float(outcome.get("normalMaximum") or "nan")) < 1e-9
        total += points
        assert score(item, {k: "C9" if v.startswith("C") else str(float(v) * 1.2 + 1) for k, v in declared.items()})[0] == 0  # type: ignore[misc]
        for choice in item.iterfind(".//q:simpleChoice", N):
            assert [f.get("identifier") for f in item.iterfind("q:modalFeedback", N)].count(choice.get("identifier")) == 1
    assert abs(total - float(SHEET.total)) < 1e-6
