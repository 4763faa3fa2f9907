"""PrairieLearn: a folder of questions, one for each problem, whose `server.py` marks with symdiff.

A question is a folder with `info.json`, `question.html`, `server.py` and `problem.toml`, the problem itself, which the marking reads. Every blank has a field,
which may stay empty; behind it stands the diagnosis, for pl-string-input shows no feedback of its own. What cannot be read is an error of format, with the
reader's hint, that costs no attempt. Where the questions run, the package symdiff-graph must be installed.
"""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Sequence

from symdiff.course.blocks import Numbered
from symdiff.course.export import common, toml
from symdiff.course.record import Blank
from symdiff.course.sheet import Sheet

# A question keeps its uuid as long as its folder and its formula stay what they are.
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "symdiff/prairielearn")

SERVER = '''"""Marks the answers to this question with symdiff (the package symdiff-graph)."""

import functools
import os

from symdiff.course.marking import Marker
from symdiff.course.sheet import read_sheet

HERE = os.path.dirname(os.path.abspath(__file__))


@functools.cache
def problem():
    (only,) = read_sheet(os.path.join(HERE, "problem.toml")).problems
    return only


@functools.cache
def marker():
    return Marker(problem())


def field(blank):
    front, rest = blank.id.split(".", 1)
    return front.replace("-", "_") + "_" + rest.replace("_", "__").replace(".", "_")


def generate(data):
    for blank in problem().record.blanks:
        data["correct_answers"][field(blank)] = blank.text


def parse(data):
    for blank in problem().record.blanks:
        answer = data["submitted_answers"].get(field(blank))
        if not answer or field(blank) in data["format_errors"]:
            continue
        mark = marker()(blank.id, str(answer))
        if mark.mark == "unreadable":
            data["format_errors"][field(blank)] = mark.diagnosis + (f" ({mark.hint})" if mark.hint else "")


def grade(data):
    total = sum(float(blank.points) for blank in problem().record.blanks) or 1.0
    score = 0.0
    for blank in problem().record.blanks:
        mark = marker()(blank.id, str(data["submitted_answers"].get(field(blank)) or ""))
        worth = float(blank.points)
        score += worth * mark.right
        data["partial_scores"][field(blank)] = {"score": float(mark.right), "weight": worth}
        data["feedback"][field(blank)] = "; ".join(filter(None, (mark.diagnosis, mark.shown)))
    data["score"] = score / total
'''


def export(sheets: Sequence[Sheet]) -> dict[str, bytes]:
    """The files of the folder by their paths in it."""
    files: dict[str, bytes] = {}
    for k, sheet in enumerate(sheets, 1):
        above = "" if len(sheets) == 1 else f"variant-{k:0{len(str(len(sheets)))}d}/"
        for _, item in common.items([sheet]):
            folder = f"{above}{item.problem.id}"
            files[f"{folder}/info.json"] = (json.dumps(_info(sheet, item, folder), ensure_ascii=False, indent=2) + "\n").encode()
            files[f"{folder}/question.html"] = _question(item).encode()
            files[f"{folder}/server.py"] = SERVER.encode()
            files[f"{folder}/problem.toml"] = toml.written(item.problem, sheet.title).encode()
            svg = common.figure(item)
            if svg:
                files[f"{folder}/clientFilesQuestion/graph.svg"] = svg.encode()
    return files


def _info(sheet: Sheet, item: Numbered, folder: str) -> dict[str, object]:
    p = item.problem
    name = f"{sheet.title}\0{folder}\0{p.formula}\0{','.join(p.wrt)}"
    return {
        "uuid": str(uuid.uuid5(SPACE, name)),
        "title": common.title(item),
        "topic": common.line(sheet.course or sheet.title),
        "tags": ["symdiff", *p.asks],
        "type": "v3",
        "partialCredit": True,
    }


def field(b: Blank) -> str:
    """The name of a blank's field, as server.py has it: a stroke of a name is two, so that the edges from a_b to c and from a to b_c have names of their own."""
    front, rest = b.id.split(".", 1)
    return front.replace("-", "_") + "_" + rest.replace("_", "__").replace(".", "_")


def _question(item: Numbered) -> str:
    p = item.problem
    lines = ["<pl-question-panel>", _dollars(common.statement(item))]
    if common.figure(item):
        lines.append('<pl-figure file-name="graph.svg" alt="The computation graph"></pl-figure>')
    if "check" in p.asks:
        lines.append(f"<p>A derivation that may be wrong: <code>{html.escape(p.wrong)}</code></p>")
    lines.append("</pl-question-panel>")
    for b in item.record.blanks:
        asked = {"check": "right or wrong", "convex": "convex, concave, affine or neither"}.get(b.ask) or _dollars(common.label(b))
        lines += [
            f"<p>{asked}</p>",
            f'<pl-string-input answers-name="{field(b)}" aria-label="{b.id.split(".", 1)[1].replace(".", " ")}" allow-blank="true" size="40"></pl-string-input>',
            f"<pl-submission-panel>{{{{#feedback.{field(b)}}}}}<p>{{{{feedback.{field(b)}}}}}</p>{{{{/feedback.{field(b)}}}}}</pl-submission-panel>",
        ]
    return "\n".join(lines) + "\n"


def _dollars(text: str) -> str:
    """Formulas between dollar signs, as PrairieLearn has them; two braces side by side would be a tag of its templates."""
    return re.sub(r"([{}])(?=\1)", r"\1 ", text.replace(r"\(", "$").replace(r"\)", "$"))
