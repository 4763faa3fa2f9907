"""What the page asks, and what it is told: JSON in, JSON out.

Every question names a formula as it stands in the box, and the types that were set by clicking. An answer is plain data; errors that a
user can cause are answers, too, with their place in the formula.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from symdiff import api
from symdiff.errors import SymdiffError
from symdiff.formula import Formula

Given = Mapping[str, Any]


def read(given: Given) -> Formula:
    return api.read(str(given.get("formula", "")), declarations=dict(given.get("types") or {}), asked=True)


def answer(given: Given) -> dict[str, Any]:
    f = read(given)
    names = list(given.get("wrt") or list(f.variables)[:1])
    found = api.derivatives(f, f.nodes(names))
    return {"answers": [{"name": name, "text": str(g), "latex": g.latex(), "mathml": g.mathml()} for name, g in zip(found.names, found, strict=True)]}


QUESTIONS: dict[str, Callable[[Given], dict[str, Any]]] = {"answer": answer}


def ask(question: str, given: str) -> str:
    """The answer to a question, as JSON; {"error": …} for what a user can mend."""
    try:
        found = QUESTIONS[question](json.loads(given))
    except SymdiffError as error:
        found = {"error": {"message": error.message, "hint": error.hint, "span": error.span}}
    return json.dumps(found, ensure_ascii=False)
