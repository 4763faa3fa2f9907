"""QTI 2.1: a package of items, one for the numbers of a problem and one for each derivative and each word that is asked for.

Numbers are text entries that pass when they are right to three digits; formulas and words are choices, and each wrong one has its diagnosis as feedback. The
package has its manifest (IMS content packaging 1.1 for QTI 2.1) and the pictures of graphs beside the items. The bytes are the same for the same sheet.
What the schemas allow is in tests/course/qti_facts.py, and every export of the tests is held against it.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from symdiff.course.answers import form
from symdiff.course.blocks import Numbered
from symdiff.course.export import common
from symdiff.course.export.moodle import asked
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet
from symdiff.teach.tables import Cell, cell_writer

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
SCHEMA = f'xmlns="{QTI}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"'
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"


def export(sheets: Sequence[Sheet]) -> bytes:
    """The package, a zip file."""
    files: dict[str, bytes] = {}
    resources = []
    for k, sheet in enumerate(sheets, 1):
        folder = "" if len(sheets) == 1 else f"variant-{k:0{len(str(len(sheets)))}d}/"
        names = common.Names("-", files=True)
        for _, item in common.items([sheet]):
            for name, content, pictures in _items(item, folder, names):
                path = f"{folder}{name}.xml"
                files[path] = content
                for picture, svg in pictures.items():
                    files[folder + picture] = svg.encode()
                entries = "".join([f'<file href="{p}"/>' for p in (path, *[folder + q for q in pictures])])
                resources.append(
                    f'<resource identifier="{_identifier(folder + name)}" type="imsqti_item_xmlv2p1" href="{path}">{entries}</resource>'
                )
    files["imsmanifest.xml"] = common.document([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<manifest xmlns="{PACKAGE}" identifier="symdiff-sheet">',
        "<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>",
        "<organizations/>",
        "<resources>",
        *resources,
        "</resources>",
        "</manifest>",
    ])  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), files[path], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _identifier(path: str) -> str:
    return "r-" + path.replace("/", "-")


def _items(item: Numbered, folder: str, names: common.Names) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """The items of a problem: the name of the file, its content, and the pictures beside it."""
    blanks = item.record.blanks
    told = [b for b in blanks if common.numeric(b)]
    if told:
        name = names(f"{item.problem.id}.numbers")
        svg = common.figure(item)
        yield name, _numbers(item, told, _identifier(folder + name), f"{name}.svg" if svg else ""), {f"{name}.svg": svg} if svg else {}
    for b in blanks:
        if b.word or b.ask in ("gradient", "hessian"):
            name = names(b.id)
            yield name, _choice(item, b, _identifier(folder + name)), {}


# ---------------------------------------------------------------------------------------------- words


def cell(x: Cell) -> str:
    """A cell as XHTML of QTI, formulas as MathML."""
    return _xhtml(str(cell_writer("html")(x)))


def _xhtml(shown: str) -> str:
    """HTML as XML: named characters as themselves, MathML in its own namespace, without attributes that it lacks."""
    shown = re.sub(r"&(?!(?:amp|lt|gt|quot|apos|#)\b)(\w+);", lambda m: html.unescape(m[0]), shown)
    shown = re.sub(r"<math(?![^>]*xmlns)", '<math xmlns="http://www.w3.org/1998/Math/MathML"', shown)
    return re.sub(r"<(/?)(?!math|m[a-z]+|span|code|strong|em|p|div|table|tr|td|img)[a-z0-9]+[^>]*>", "", shown)


def _label(b: Blank) -> str:
    kind = b.id.split(".")[1]
    return (
        "the local derivative on the edge " if kind == "edge" else {"value": "forward value ", "backward": "backward value "}.get(kind, "")
    ) + cell(b.label)


def _item(
    identifier: str, title: str, declarations: Sequence[str], body: Sequence[str], processing: Sequence[str], feedback: Sequence[str] = ()
) -> bytes:
    return common.document([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<assessmentItem {SCHEMA} identifier="{identifier}" title={quoteattr(title)} adaptive="false" timeDependent="false">',
        *declarations,
        "<itemBody>",
        *body,
        "</itemBody>",
        "<responseProcessing>",
        *processing,
        "</responseProcessing>",
        *feedback,
        "</assessmentItem>",
    ])  # fmt: skip


# ---------------------------------------------------------------------------------------------- numbers


def _numbers(item: Numbered, blanks: Sequence[Blank], identifier: str, picture: str) -> bytes:
    """All numbers of a problem, a field for each; the score is the points of the fields that are right."""
    responses: list[str] = []
    processing: list[str] = []
    body = [common.statement(item, cell)]
    if picture:
        body.append(f'<p><img src="{picture}" alt="The computation graph"/></p>')
    for b in blanks:
        entries = common.entries(item.problem, b)
        fields = []
        for e in entries:
            k = len(responses) + 1
            responses.append(
                f'<responseDeclaration identifier="R{k}" cardinality="single" baseType="float"><correctResponse><value>{common.decimal(e.value)}</value></correctResponse></responseDeclaration>'
            )
            fields.append(f'<textEntryInteraction responseIdentifier="R{k}" expectedLength="8"/>')
            worth = common.decimal(float(b.points) / len(entries))
            processing.append(_if_equal(k, e, worth))
        shape = form(b.value)
        if len(shape) == 2:
            rows = [fields[k : k + shape[1]] for k in range(0, len(fields), shape[1])]
            table = (
                "<table><tbody>"
                + "".join(["<tr>" + "".join([f"<td>{f}</td>" for f in row]) + "</tr>" for row in rows])
                + "</tbody></table>"
            )
            body += [f"<p>{_label(b)} =</p>", table]
        else:
            body.append(f"<p>{_label(b)} = {fields[0] if not shape else '(' + ', '.join(fields) + ')'}</p>")
    whole = common.decimal(float(sum(b.points for b in blanks)))
    score = f'<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="{whole}"><defaultValue><value>0</value></defaultValue></outcomeDeclaration>'
    return _item(identifier, f"{common.title(item)}: numbers", [*responses, score], body, processing)


def _if_equal(k: int, e: common.Entry, worth: str) -> str:
    """Points for one number that is right to three digits.

    The tolerance is absolute: a relative one is from x*(1 - t/100) to x*(1 + t/100) by the information model, and of a negative x nothing is between them.
    """
    room = common.decimal(common.tolerance(e.value, exact=e.exact))
    mode = f'toleranceMode="absolute" tolerance="{room} {room}"'
    more = f'<setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/><baseValue baseType="float">{worth}</baseValue></sum></setOutcomeValue>'
    return f'<responseCondition><responseIf><equal {mode}><variable identifier="R{k}"/><correct identifier="R{k}"/></equal>{more}</responseIf></responseCondition>'


# ---------------------------------------------------------------------------------------------- choices


def _choice(item: Numbered, b: Blank, identifier: str) -> bytes:
    """One of several formulas, or of several words, with the diagnosis of the one that was chosen."""
    p = item.problem
    found = common.choices(p, b)
    body = [common.statement(item, cell)]
    if b.ask == "check":
        body.append(f"<p><code>{escape(p.wrong)}</code></p>")
    body += [
        '<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">',
        f"<prompt>{escape(asked(b)) or 'Which is ' + cell(b.label) + '?'}</prompt>",
    ]
    for k, c in enumerate(found, 1):
        body.append(f'<simpleChoice identifier="C{k}">{escape(c.text) if b.word else _set(c, b)}</simpleChoice>')
    body.append("</choiceInteraction>")
    right = next(k for k, c in enumerate(found, 1) if c.right)
    points = common.decimal(float(b.points))
    declarations = [
        f'<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier"><correctResponse><value>C{right}</value></correctResponse></responseDeclaration>',
        f'<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="{points}"><defaultValue><value>0</value></defaultValue></outcomeDeclaration>',
        '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>',
    ]
    processing = [
        '<responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'  # noqa: ISC004
        f'<setOutcomeValue identifier="SCORE"><baseValue baseType="float">{points}</baseValue></setOutcomeValue></responseIf></responseCondition>',
        '<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue>',
    ]
    feedback = [
        f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="C{k}" showHide="show"><p>{common.sentence(c.why) or "Correct."}</p></modalFeedback>'
        for k, c in enumerate(found, 1)
    ]
    return _item(identifier, f"{common.title(item)}: {b.id.split('.', 1)[1]}", declarations, body, processing, feedback)


def _set(c: common.Choice, b: Blank) -> str:
    """A formula of a choice as MathML."""
    from symdiff import api

    assert b.formula is not None
    made = api.read(c.text, b.formula).mathml()
    return _xhtml(made.replace(' display="block"', ""))
