"""Answers as students type them: what stands around a formula is taken off, numbers and words are read.

In: a text. Out: the texts that may be meant, the one as it was typed first; or numbers, or a word. A text is data: the language's own reader is all that
ever looks at it, and a text longer than MAX_ANSWER is read by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdiff.errors import LimitError, SymdiffError

MAX_ANSWER = 4000  # characters; a derivative of a sheet has some dozens

# A number that was rounded to three digits differs by so much of itself.
ROUNDED = 0.0051

_AROUND = (("```", "```"), ("$$", "$$"), ("`", "`"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), (r"\begin{equation}", r"\end{equation}"))
_LEAD = re.compile(r"(?:my\s+)?(?:answer|solution|result|gradient|derivative|grad)\s*(?:is\b|:(?!=))\s*", re.IGNORECASE)
_EQUALS = re.compile(r"(?<![<>=!:~])(?::=|=)(?![=])")
_LANGUAGE = re.compile(r"(?:python|latex|tex|text|math|matlab|julia)[ \t]*\n", re.IGNORECASE)


def require_short(text: str) -> None:
    """LimitError for an answer that no student wrote."""
    if len(text) > MAX_ANSWER:
        raise LimitError(f"the answer has {len(text):,} characters", hint=f"at most {MAX_ANSWER:,}")


def bare(text: str) -> str:
    """The text without what frames a formula: dollar signs, code marks, `answer:`, a full stop behind it."""
    before = None
    while text != before:
        before = text
        text = text.strip().rstrip(",;").rstrip()
        if text.endswith(".") and not text[:-1].endswith("."):
            text = text[:-1]
        for left, right in _AROUND:
            if len(text) > len(left) + len(right) and text.startswith(left) and text.endswith(right) and left not in text[len(left) : -len(right)]:
                text = text[len(left) : -len(right)]
                if left == "```":
                    text = _LANGUAGE.sub("", text, count=1)
        text = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    return text


def meant(text: str) -> Iterator[str]:
    """The text, then without what frames it, then what stands behind the last equals sign of `dL/dw = 2*r*phi = …`."""
    seen = [text]
    yield text
    short = bare(text)
    for other in (short, bare(_EQUALS.split(short)[-1])):
        if other and other not in seen:
            seen.append(other)
            yield other


# ---------------------------------------------------------------------------------------------- numbers


@dataclass(frozen=True)
class Numbers:
    """Numbers as they were typed. value: a number or nested lists of floats. whole: none of them is a decimal, so that nothing was rounded."""

    value: Any
    whole: bool


def numbers(text: str) -> Numbers:
    """The numbers of an answer: `2/3`, `[1, 2]`, `(1, 2)`, `1, 2`, `[1 2; 3 4]`, `sqrt(2)/2`. SymdiffError where it has others than numbers."""
    from symdiff import api

    require_short(text)
    short = bare(text)
    short = bare(_EQUALS.split(short)[-1])
    if not short:
        raise SymdiffError("there is no number", hint="2/3, 0.67, [1, 2]")
    listed = _as_list(short)
    found = api.read(listed)
    for name in found.variables:
        raise SymdiffError(f"a number is asked for, and {name} is none", hint="2/3, 0.67, [1, 2], [[1, 2], [3, 4]]")
    value = found()
    import numpy as np

    array = np.asarray(value, dtype=float)
    return Numbers(array.tolist(), not re.search(r"\d\.|\.\d|\d[eE][-+]?\d|[a-zA-Z√]", listed))


def _as_list(text: str) -> str:
    """Lists in the language's brackets: rows behind semicolons, numbers between blanks, round brackets around several, none at all."""
    text = text.replace("−", "-").replace("–", "-")
    text = re.sub(r"^\\(?:begin\{[bp]?matrix\})(.*)\\end\{[bp]?matrix\}$", lambda m: "[" + m[1].replace("\\\\", ";").replace("&", ",") + "]", text, flags=re.DOTALL)
    text = re.sub(r"(?:\^T|\^\{?\\top\}?|\^\{T\}|'|ᵀ)$", "", text).strip()
    text = re.sub(r"(\d),(\d+)$", r"\1.\2", text) if re.fullmatch(r"-?\d+,\d+", text) and _decimal_comma(text) else text
    inner = re.fullmatch(r"[\[(]([^\[\]()]*)[\])]", text)
    body = inner[1] if inner else text if not re.search(r"[\[\](){}]", text) else None
    if body is None:
        return re.sub(r"\)\s*,\s*\(", "], [", re.sub(r"\)\s*$", "]", re.sub(r"^\(", "[", text))) if re.fullmatch(r"\(\s*\(.*\)\s*\)", text) else text
    if ";" in body and inner:
        rows = [_cells(row) for row in body.split(";") if row.strip()]
        return "[" + ", ".join([row[0] if len(row) == 1 else "[" + ", ".join(row) + "]" for row in rows]) + "]"
    if inner and (text.startswith("[") or len(_cells(body)) > 1):
        return "[" + ", ".join(_cells(body)) + "]"
    cells = [c.strip() for c in re.split(r"[,;]", body)] if re.search("[,;]", body) else _cells(body)
    return "[" + ", ".join(cells) + "]" if len(cells) > 1 else body.strip()


def _cells(row: str) -> list[str]:
    """The numbers of a row: between commas, or between blanks where it has no commas."""
    if "," in row:
        return [c.strip() for c in row.split(",") if c.strip()]
    return re.split(r"\s+(?=-?[\d.])", row.strip()) if re.fullmatch(r"[-\d./eE\s]+", row) else [row.strip()]


def _decimal_comma(text: str) -> bool:
    return text.lstrip("-").startswith("0,") and len(text.split(",")[1]) > 1


def same_number(typed: float, right: Any, whole: bool, scale: float = 0.0) -> bool:
    """Whether a typed number is the right one: what was typed without decimals is exact, anything else right to three digits."""
    wanted = float(right)
    if abs(typed - wanted) <= 1e-9 * max(1.0, abs(wanted)) * (1.0 if wanted else 1e-3):
        return True
    exact = isinstance(right, int | Fraction)
    return not (exact and whole) and abs(typed - wanted) <= ROUNDED * max(abs(wanted), scale)


def flat(value: Any) -> list[Any]:
    """The numbers of nested lists."""
    out: list[Any] = []
    stack = [value]
    while stack:
        v = stack.pop()
        if isinstance(v, list | tuple):
            stack += reversed(v)
        else:
            out.append(v)
    return out


def form(value: Any) -> tuple[int, ...]:
    """The lengths of nested lists, which are in equal rows."""
    found = []
    while isinstance(value, list | tuple):
        found.append(len(value))
        value = value[0] if value else 0
    return tuple(found)


def same(typed: Numbers, right: Any) -> bool:
    """Whether numbers are the right ones, entry by entry. A vector may be typed as a row or a column, a number as a list of one."""
    mine, wanted = flat(typed.value), flat(right)
    shapes = [tuple([n for n in form(v) if n != 1]) for v in (typed.value, right)]
    if len(mine) != len(wanted) or shapes[0] != shapes[1]:
        return False
    # Beside an entry a hundred times as large, the third digit is that of the large one.
    scale = max([abs(float(v)) for v in wanted], default=0.0) / 100
    return all(same_number(a, b, typed.whole, scale if b else 0.0) for a, b in zip(mine, wanted, strict=True))


# ---------------------------------------------------------------------------------------------- words

_YES = frozenset(["yes", "y", "true", "right", "correct", "ok", "ja", "richtig", "wahr", "oui", "vrai"])
_NO = frozenset(["no", "n", "false", "wrong", "incorrect", "not-right", "not-correct", "nein", "falsch", "non", "faux"])
_CURVED = ("convex", "concave", "affine", "neither")
_OTHER = {"linear": "affine", "both": "affine", "none": "neither", "neither-nor": "neither", "nonconvex": "not-convex", "non-convex": "not-convex", "nonconcave": "not-concave",
          "non-concave": "not-concave", "konvex": "convex", "konkav": "concave"}  # fmt: skip


def word(text: str) -> str:
    """An answer in words as one of yes, no, convex, concave, affine, neither, not-convex, not-concave; "" for another."""
    words = re.findall(r"[a-zäöü-]+", bare(text).lower())
    words = [w for w in words if w not in ("it", "is", "this", "the", "a", "function", "strictly", "strongly", "derivation", "derivative", "in", "w", "x", "es", "ist", "answer")]
    if words[:1] == ["not"] and len(words) == 2:
        words = [f"not-{words[1]}"]
    if len(words) == 3 and words[0] in _CURVED and words[1] == "and" and {words[0], words[2]} == {"convex", "concave"}:
        return "affine"
    if len(words) == 4 and words[0] == "neither" and words[2] == "nor":
        return "neither"
    if len(words) != 1:
        return ""
    (only,) = words
    only = _OTHER.get(only, only)
    return "yes" if only in _YES else "no" if only in _NO else only if only in (*_CURVED, "not-convex", "not-concave") else ""


def listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
