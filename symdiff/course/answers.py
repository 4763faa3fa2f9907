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
MAX_CELLS = 400  # entries of a vector or matrix that is typed as an answer

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
            if (
                len(text) > len(left) + len(right)
                and text.startswith(left)
                and text.endswith(right)
                and left not in text[len(left) : -len(right)]
            ):
                text = text[len(left) : -len(right)]
                if left == "```":
                    text = _LANGUAGE.sub("", text, count=1)
        text = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    return text


def meant(text: str) -> Iterator[str]:
    """The text, then without what frames it, then with `, r = w.phi - y` put in its place, then what stands behind the last equals sign of `dL/dw = …`."""
    seen = [text]
    yield text
    short = bare(text)
    defined = _defined(short)
    for other in (short, defined) if defined else (short, bare(_EQUALS.split(short)[-1])):
        if other and other not in seen:
            seen.append(other)
            yield other


_WHERE = re.compile(
    r"^(.*\S)\s*(?:,|;|\bwhere\b|\bwith\b|\bwobei\b|\bmit\b)(?:\s*(?:where|with)\b)?\s*([^\W\d]\w*)\s*=(?!=)\s*([^=;]+)$",
    re.DOTALL | re.IGNORECASE,
)


def _defined(text: str) -> str:
    """A formula whose names are said behind it, `2*r*phi where r = w.phi - y`, with their values in their places; "" where nothing is said."""
    found = ""
    for _ in range(8):
        m = _WHERE.match(text)
        if m is None or (_EQUALS.search(m[1]) and not _WHERE.match(m[1])):
            break
        name, value = m[2], m[3].strip()
        found = text = re.sub(rf"(?<![\w\\]){re.escape(name)}(?!\w)", lambda _, value=value: f"({value})", m[1])
        if len(found) > MAX_ANSWER:
            return ""
    return found


# ---------------------------------------------------------------------------------------------- numbers


@dataclass(frozen=True)
class Numbers:
    """Numbers as they were typed. value: a number or nested lists of floats. whole: none of them is a decimal, so that nothing was rounded."""

    value: Any
    whole: bool


def numbers(text: str) -> Numbers:
    """The numbers of an answer: `2/3`, `[1, 2]`, `(1, 2)`, `1, 2`, `[1 2; 3 4]`, `sqrt(2)/2`. SymdiffError where it has others than numbers."""
    from symdiff.course.values import mapped

    require_short(text)
    short = bare(text)
    short = bare(_EQUALS.split(short)[-1])
    if not short:
        raise SymdiffError("there is no number", hint="2/3, 0.67, [1, 2]")
    cells: list[str] = []
    nested = _listed(short, cells)
    if len(cells) > MAX_CELLS:
        raise LimitError(f"the answer has {len(cells)} numbers", hint=f"at most {MAX_CELLS}")
    values = iter([_number(c) for c in cells])
    return Numbers(mapped(nested, values), not any(re.search(r"\d\.|\.\d|\d[eE][-+]?\d|[a-zA-Z√]", c) for c in cells))


def _number(text: str) -> float:
    """A number that is typed as a formula without letters. SymdiffError for anything else, and for what has no value."""
    if re.fullmatch(r"-?\d{1,15}(?:\.\d{0,20})?", text):
        return float(text)
    import numpy as np

    from symdiff import api

    found = api.read(text)
    for name in found.variables:
        raise SymdiffError(f"a number is asked for, and {name} is none", hint="2/3, 0.67, [1, 2], [[1, 2], [3, 4]]")
    if found.shape:
        raise SymdiffError("this is no number", hint="2/3, 0.67, [1, 2], [[1, 2], [3, 4]]")
    with np.errstate(all="ignore"):
        try:
            value = float(found())
        except (ArithmeticError, ValueError):
            value = float("nan")
    if np.isnan(value):
        raise SymdiffError("this has no value", hint="2/3, 0.67, [1, 2]")
    return value


def _listed(text: str, cells: list[str]) -> Any:
    """The lists of an answer, nested, with None in the place of the entries, whose texts go to `cells`.

    Rows stand in brackets, behind semicolons or behind line breaks of LaTeX; entries behind commas or, where they are plain numbers, blanks.
    """
    text = text.replace("−", "-").replace("–", "-")
    matrix = re.fullmatch(r"\\begin\{([bpvB]?matrix)\}(.*)\\end\{\1\}(.*)", text, re.DOTALL)
    if matrix:
        text = "[" + matrix[2].replace("\\\\", ";").replace("&", ",") + "]" + matrix[3]
    text = re.sub(r"(?:\^T|\^\{?\\top\}?|\^\{T\}|'|ᵀ)$", "", text).strip() if re.search(r"[\])]\S*$", text) else text
    if re.fullmatch(r"-?\d+,\d+", text) and _decimal_comma(text):
        text = text.replace(",", ".")
    framed = re.fullmatch(r"\[(.*)\]|\((.*)\)", text, re.DOTALL)
    inner = next((g for g in framed.groups() if g is not None), "") if framed else ""
    rows = parted(inner, ";") if framed else parted(text, ";")
    if framed and _closed(inner) and (text[0] == "[" or len(rows) > 1 or len(_cells(rows[0])) > 1):
        if len(rows) > 1:
            return [_row(_cells(row), cells) for row in rows if row.strip()]
        return [_listed(c, cells) if c[:1] in ("[", "(") and _closed(c[1:-1]) else _entry(c, cells) for c in _cells(rows[0])]
    several = [c for row in rows for c in _cells(row)]
    return [_entry(c, cells) for c in several] if len(several) > 1 else _entry(text, cells)


def _row(row: list[str], cells: list[str]) -> Any:
    return _entry(row[0], cells) if len(row) == 1 else [_entry(c, cells) for c in row]


def _entry(text: str, cells: list[str]) -> Any:
    cells.append(text.strip())
    return None


def parted(text: str, sign: str) -> list[str]:
    """The parts of a text between signs that stand in no bracket."""
    found, depth, start = [], 0, 0
    for k, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == sign and depth == 0:
            found.append(text[start:k])
            start = k + 1
    return [*found, text[start:]]


def _closed(text: str) -> bool:
    """Whether brackets close in a text what they open there."""
    depth = 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if depth < 0:
            return False
    return depth == 0


_PLAIN = r"-?(?:\d+\.?\d*|\.\d+)(?:/\d+|[eE][-+]?\d+)?"


def _cells(row: str) -> list[str]:
    """The entries of a row: between commas, or between blanks where they are plain numbers."""
    if "," in row:
        return [c.strip() for c in parted(row, ",") if c.strip()]
    return row.split() if re.fullmatch(rf"\s*{_PLAIN}(?:\s+{_PLAIN})+\s*", row) else [row.strip()]


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
    words = [
        w
        for w in words
        if w
        not in (
            "it",
            "is",
            "this",
            "the",
            "a",
            "function",
            "strictly",
            "strongly",
            "derivation",
            "derivative",
            "in",
            "w",
            "x",
            "es",
            "ist",
            "answer",
        )
    ]
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


def verdict(text: str) -> str:
    """Whether a derivation is called right or wrong: yes, no, or "". "Wrong, the shapes do not fit" is a no; "right: 2*x" gives the right one, and is no yes."""
    said = word(text)
    if said:
        return said
    front, *rest = re.split(r"[,;:.!]|\bbecause\b|\bsince\b|\bas\b|\bthe\b", text, maxsplit=1)
    if rest and word(front) == "no":
        return "no"
    fits = r"\b(?:shapes?|sizes?|dimensions?)\b.*(?:\bnot\b|\bcannot\b|\b(?:do|does|is|are|ca)n'?t\b|\bmis-?match|\bwrong\b|\bdisagree)"
    return "no" if re.search(fits, text.lower().replace("’", "'")) else ""


def listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
