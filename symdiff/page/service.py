"""What the page asks, and what it is told: JSON in, JSON out.

A question names a formula as it stands in the box, and the types that were set by clicking; `views.py` and `marks.py` have the answers. Errors
that a user can cause are answers, too, with their place in the formula, counted as JavaScript counts letters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from symdiff.errors import SymdiffError, printable
from symdiff.page import marks, views

Given = Mapping[str, Any]

QUESTIONS: dict[str, Callable[[Given], dict[str, Any]]] = {
    "look": views.look,
    "answer": views.answer,
    "code": views.code,
    "graph": views.graph,
    "steps": views.steps,
    "numbers": views.numbers,
    "backward": views.backward,
    "verify": marks.verify,
    "check": marks.check,
    "curvature": marks.curvature,
    "practice": marks.practice,
    "enter": marks.enter,
    "warm": lambda given: warm(str(given.get("package", ""))),
}


def warm(package: str) -> dict[str, Any]:
    """Import what will be needed soon: FLINT, where it is there."""
    if package == "flint":
        with suppress(ImportError):
            import flint  # noqa: F401
    return {"package": package}


def ask(question: str, given: str) -> str:
    """The answer to a question, as JSON; {"error": …} for what a user can mend. KeyError for a question that there is not."""
    asked: dict[str, Any] = whole(json.loads(given))
    try:
        found = QUESTIONS[question](asked)
    except SymdiffError as error:
        found = {"error": described(error, str(asked.get("formula", "")))}
    except (RecursionError, MemoryError) as error:
        found = {
            "error": {
                "message": f"this is too large for a browser ({type(error).__name__})",
                "hint": "the command has more room: symdiff FORMULA",
                "span": None,
                "where": "",
            }
        }
    return json.dumps(found, ensure_ascii=False)


def described(error: SymdiffError, formula: str) -> dict[str, Any]:
    """An error as data. span: its place in the formula; where: the text that it stands in, if that is another one (a declaration, an answer)."""
    own = not error.text or error.text == formula
    text = formula if own else error.text
    span = None
    if error.span is not None and 0 <= error.span[0] <= len(text):
        start = error.span[0]
        span = [units(text[:start]), units(text[: max(start, min(error.span[1], len(text)))])]
    return {"message": printable(error.message), "hint": printable(error.hint), "span": span, "where": "" if own else printable(error.text)}


def whole(given: Any) -> Any:
    """What came, without halves of letters, which no file and no message can hold."""
    if isinstance(given, str):
        return given.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(given, dict):
        return {whole(key): whole(value) for key, value in given.items()}
    return [whole(value) for value in given] if isinstance(given, list) else given


def units(text: str) -> int:
    """The length of a text in JavaScript."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
