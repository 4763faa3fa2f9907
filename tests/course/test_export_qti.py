"""The QTI package read back: its manifest names what is there, and the right answers of its items score what the sheet says."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from symdiff.course.export import export
from symdiff.course.sheetfile import read_sheet

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


# What QTI 2.1 allows of what is used here, read from its information model (Assessment Test, Section and Item, 2012): the attributes of an element, those that it must
# have with a star, and the elements that it may hold. "text": also text. The schemas themselves are not for distribution with this project.
INLINE = "text em strong small code span img math textEntryInteraction"
BLOCK = "p div table choiceInteraction math"
FLOW = f"{INLINE} {BLOCK}"
EXPRESSION = "variable correct baseValue sum"
MODEL = {
    "assessmentItem": ("identifier* title* adaptive* timeDependent* schemaLocation", "responseDeclaration outcomeDeclaration itemBody responseProcessing modalFeedback"),
    "responseDeclaration": ("identifier* cardinality* baseType", "correctResponse"),
    "correctResponse": ("", "value"),
    "outcomeDeclaration": ("identifier* cardinality* baseType normalMaximum", "defaultValue"),
    "defaultValue": ("", "value"),
    "value": ("", "text"),
    "itemBody": ("", BLOCK),
    "p": ("class", INLINE), "small": ("class", INLINE), "em": ("class", INLINE), "strong": ("class", INLINE), "code": ("class", INLINE), "span": ("class", INLINE), "div": ("class", FLOW),
    "img": ("src* alt*", ""),
    "table": ("class", "tbody"), "tbody": ("", "tr"), "tr": ("", "td"), "td": ("rowspan colspan", FLOW),
    "textEntryInteraction": ("responseIdentifier* expectedLength", ""),
    "choiceInteraction": ("responseIdentifier* shuffle* maxChoices*", "prompt simpleChoice"),
    "prompt": ("", INLINE.replace(" textEntryInteraction", "")),
    "simpleChoice": ("identifier* fixed", FLOW),
    "responseProcessing": ("", "responseCondition setOutcomeValue"),
    "responseCondition": ("", "responseIf"),
    "responseIf": ("", "match equal setOutcomeValue"),
    "match": ("", EXPRESSION), "equal": ("toleranceMode* tolerance", EXPRESSION), "sum": ("", EXPRESSION),
    "variable": ("identifier*", ""), "correct": ("identifier*", ""), "baseValue": ("baseType*", "text"),
    "setOutcomeValue": ("identifier*", EXPRESSION),
    "modalFeedback": ("outcomeIdentifier* identifier* showHide*", FLOW),
}  # fmt: skip
VALUES = {
    "cardinality": {"single"}, "baseType": {"float", "identifier"}, "adaptive": {"false"}, "timeDependent": {"false"}, "shuffle": {"true", "false"},
    "toleranceMode": {"absolute", "relative"}, "showHide": {"show", "hide"},
}  # fmt: skip
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def against_the_model(item: ET.Element) -> list[str]:
    """What an item has that QTI 2.1 does not allow there."""
    found, ids, stack = [], set[str](), [item]
    while stack:
        e = stack.pop()
        tag = e.tag.removeprefix(f"{{{N['q']}}}")
        if tag not in MODEL:
            found.append(f"no element {e.tag}")
            continue
        attributes, children = [text.split() for text in MODEL[tag]]
        names = {name.rpartition("}")[2] for name in e.attrib}
        found += [f"{tag} has no attribute {name}" for name in names - {a.rstrip("*") for a in attributes}]
        found += [f"{tag} without {a.rstrip('*')}" for a in attributes if a.endswith("*") and a.rstrip("*") not in names]
        found += [f"{tag}: {name} = {value}" for name, value in e.attrib.items() if name in VALUES and value not in VALUES[name]]
        if tag in ("responseDeclaration", "outcomeDeclaration"):
            if e.get("identifier") in ids:
                found.append(f"{e.get('identifier')} is declared twice")
            ids.add(e.get("identifier") or "")
        if "text" not in children and any((t or "").strip() for t in (e.text, *[c.tail for c in e])):
            found.append(f"text in {tag}")
        for c in e:
            inside = "math" if c.tag == f"{MATHML}math" else c.tag.removeprefix(f"{{{N['q']}}}")
            if inside not in children:
                found.append(f"{c.tag} in {tag}")
            elif inside == "math":
                found += [f"{d.tag} in math" for d in c.iter() if not d.tag.startswith(MATHML)]
            else:
                stack.append(c)
    return found


def test_items_are_what_the_model_allows() -> None:
    archive = package()
    items = [ET.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml") and name != "imsmanifest.xml"]
    assert len(items) == 9
    for item in items:
        assert against_the_model(item) == []


def test_the_model_finds_faults() -> None:
    archive = package()
    content = archive.read("square-numbers.xml").decode()
    for old, new in (
        (' adaptive="false"', ""), (' adaptive="false"', ' adaptive="no"'), ("<itemBody>", "<itemBody>text"), ("<itemBody>", "<itemBody><font/>"), ('cardinality="single" ', ""),
        ("<correctResponse>", "<correctResponse><p/>"), ("expectedLength", "style"), ('identifier="R2" cardinality', 'identifier="R1" cardinality'),
    ):  # fmt: skip
        assert old in content
        assert against_the_model(ET.fromstring(content.replace(old, new, 1)))


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
