"""What the page judges: the answer itself, answers worked out by hand, curvature, and the entries of a sheet.

In and out as in `views.py`. These may take seconds: the page asks them in a worker of their own, which it ends when nobody waits any more.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from symdiff import api
from symdiff.bounds import limits
from symdiff.errors import SymdiffError
from symdiff.page import views
from symdiff.printers import written

Given = Mapping[str, Any]

SECONDS = 30.0  # for one verification: a browser is slower than a command, and nothing waits for it


def verify(given: Given) -> dict[str, Any]:
    """The verdict on every answer, as it stands on the page. answers: their texts, in the order of wrt; proof: whether SymPy is asked, too. ok: True, False, None.

    In the row layout the texts are transposed, and the answers are derived anew.
    """
    from symdiff.checking.verdict import Judge

    f = views.read(given)
    nodes = f.nodes(views.names(f, given))
    order = int(given.get("order") or 1)
    texts = list(given.get("answers") or ())
    if given.get("layout") == "numerator" or len(texts) != len(nodes):
        found = [g.expr for g in views.solved(f, {**given, "layout": ""})]
    else:
        found = [api.read(str(text), f).expr for text in texts]
    with limits(seconds=SECONDS):
        verdicts = [Judge(f.expr, [x] * order)(g, prove=bool(given.get("proof", True))) for x, g in zip(nodes, found, strict=True)]
    oks = [v.ok for v in verdicts]
    return {
        "ok": False if False in oks else None if None in oks else True,
        "verdicts": [{"name": x.name, "ok": v.ok, "text": str(v)} for x, v in zip(nodes, verdicts, strict=True)],
    }


def check(given: Given) -> dict[str, Any]:
    """The mark of an answer worked out by hand, for the first name. answer: as it was typed."""
    f = views.read(given)
    text = str(given.get("answer", ""))
    if not text.strip():
        raise SymdiffError("which derivative is to be marked?", hint="type your own answer: -y*phi*[y*w.phi < 1]")
    name = str(given.get("of") or views.names(f, given)[0])
    order = int(given.get("order") or 1)
    with limits(seconds=SECONDS):
        grade = f.check([name] * order if order > 1 else name, text)
    return {"name": name, "correct": grade.correct, "text": str(grade), "grade": json.loads(json.dumps(asdict(grade), default=str))}


def curvature(given: Given) -> dict[str, Any]:
    """Convex, concave, affine or neither in the names together, with reasons."""
    f = views.read(given)
    found = f.curvature(views.names(f, given))
    return {
        "kind": found.kind,
        "condition": found.condition,
        "text": str(found),
        "about": json.loads(json.dumps(found.as_dict(), default=str)),
    }


# ---------------------------------------------------------------------------------------------- practice


@dataclass
class Session:
    """The walk through a sheet that is under way; one at a time."""

    walk: Any
    seed: int | None


_session: list[Session] = []


def practice(given: Given) -> dict[str, Any]:
    """Begin a walk through a sheet. sheet: its TOML; problem: the name of one; seed: for other numbers; entries: what was entered before, to go on."""
    from symdiff.course import practice as room
    from symdiff.course.sheetfile import read_sheet

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sheet.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(str(given.get("sheet", "")))
        try:
            sheet = read_sheet(path)
        except SymdiffError as error:
            raise type(error)(error.message.replace(path, "sheet.toml"), hint=error.hint) from None
    seed = given.get("seed")
    if isinstance(seed, int):
        (sheet,) = sheet.variants(1, seed)
    walk = room.practice(sheet, str(given.get("problem") or ""))
    _session[:] = [Session(walk, seed)]
    for entry in given.get("entries") or ():
        walk.enter(str(entry))
    problems = [{"id": p.id, "title": p.title or p.id} for p in sheet.problems]
    return {"title": sheet.title, "problems": problems, **_state()}


def enter(given: Given) -> dict[str, Any]:
    """One entry; what is said of it, and what is asked next. SymdiffError where no walk is under way."""
    if not _session:
        raise SymdiffError("no sheet is open", hint="open the lecture's sheet, or one of your own")
    walk = _session[0].walk
    if walk.over:
        return {"reply": "", "mark": "", **_state()}
    reply = walk.enter(str(given.get("text", "")))
    return {"reply": reply.text, "mark": reply.mark, **_state()}


def _state() -> dict[str, Any]:
    walk = _session[0].walk
    found: dict[str, Any] = {"over": walk.over, "score": walk.score, "done": walk.done, "count": len(walk.blanks)}
    if not walk.over:
        problem = walk.item.problem
        lines = walk.heading.split("\n")
        formula = walk.item.record.formula
        found |= {
            "heading": lines[0], "lines": lines[1:], "prompt": walk.prompt, "problem": problem.id, "first": walk.first, "formula": problem.formula, "wrt": list(problem.wrt),
            "mathml": written(formula.expr, "mathml"),
        }  # fmt: skip
    return found
