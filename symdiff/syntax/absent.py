"""The formula that was meant by somebody who asks for a derivative by a name that the formula does not have.

In: the text and the name that was asked for. Out: a formula that has this name, or "". `Ax` is one name here and `x(1)` a call of an opaque
function x, but who asks for the derivative by x means products and entries. Loaded for messages only.
"""

from __future__ import annotations

import re

from symdiff.errors import SymdiffError
from symdiff.expr import walk
from symdiff.syntax import Parsed, parse
from symdiff.syntax.parse import GREEK
from symdiff.syntax.respell import respell
from symdiff.table import TABLE

_NAME = r"[^\W\d]\w*"
_WORD = re.compile(r"(?<![\w.])([^\W\d]\w*?)(?:(?=[²³¹⁰⁴-⁹⁻ᵀ])|(?!\w))(\s*\()?")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED = {"x": "ˣ", "y": "ʸ", "n": "ⁿ", "t": "ᵗ", "a": "ᵃ", "b": "ᵇ", "k": "ᵏ"}
_FUNCTIONS = frozenset("fghFGHpq")
MOST = 3  # factors: longer names are words
LONGEST = 1000  # characters: longer formulas are not typed by hand


def meant(text: str, name: str) -> str:
    """A formula like `text` that has the variable `name`, "" if none is near."""
    if not text or len(text) > LONGEST or not re.fullmatch(_NAME, name):
        return ""
    text = text.translate(_LOWERED)
    stem = name.rstrip("0123456789")
    letter = next((c for c, word in GREEK.items() if word == stem and c in text), "")
    for spelled in (name, letter + name[len(stem) :]) if letter else (name,):  # β1x
        for change in (_apart, _entries, _factors):
            changed = change(text, spelled)
            if changed and changed != text and (formula := _consistent(changed, name)):
                return formula
    return _consistent(text, name)


def _consistent(text: str, name: str) -> str:
    """The text, or what the parser offers in its place, if it is a formula that has the name."""
    for formula in (text, respell(text)):
        try:
            parsed: Parsed = parse(formula)
        except SymdiffError:
            continue
        if name in walk.variables([parsed.expr]):
            return formula
    return ""


def _apart(text: str, name: str) -> str:
    """`Ax` as `A*x`, `xy` as `x*y`, `sinx` as `sin(x)`: the names that hold the wanted one among single letters."""

    def parts(match: re.Match[str]) -> str:
        word, call = match[1], match[2]
        quadratic = re.fullmatch(r"([a-z])T([A-Z]?)([a-z])", word)
        if quadratic and not call and name in quadratic.groups():  # xTAx, wTx
            return "*".join([f"{quadratic[1]}'", *[part for part in quadratic.groups()[1:] if part]])
        if not call and re.fullmatch(r"(?:[^\W\d_]\d+){2,3}", word) and numbered:
            return "*".join(re.findall(r"[^\W\d_]\d+", word))
        if word in (f"e{name}", f"e{_RAISED.get(name, name)}"):  # a power in small letters
            return f"exp({name})"
        if call or word == name or name not in word or word in TABLE.names:
            return match[0]
        for function in TABLE.names:
            if word == function + name:
                return f"{function}({name})"
        before, _, after = word.partition(name)
        letters = r"(?:[^\W\d_](?:_?\d+)?)*"
        if not (re.fullmatch(letters, before) and re.fullmatch(letters, after)):
            return match[0]
        pieces = [*re.findall(r"[^\W\d_](?:_?\d+)?", before), name, *re.findall(r"[^\W\d_](?:_?\d+)?", after)]
        return "*".join(pieces) if len(pieces) <= MOST else match[0]

    numbered = re.fullmatch(r"[^\W\d_]\d+", name)  # w1x1 + w2x2
    return _WORD.sub(parts, text)


def _entries(text: str, name: str) -> str:
    """`y_i*log(p_i)` as `y[i]*log(p[i])`, under a sum that names no index as `sum(i, …)`; `x(1)` as `x[1]`."""
    called = re.sub(rf"(?<!\w){re.escape(name)}\((\d+(?:\s*,\s*\d+)?)\)", rf"{name}[\1]", text)
    called = re.sub(rf"(?<!\w){re.escape(name)}\(end\)", f"{name}[size({name})]", called)
    if called != text:
        return called
    index = re.search(rf"(?<!\w){re.escape(name)}_([ijk])(?!\w)", text)
    if index is None:
        return ""
    changed = re.sub(rf"(?<!\w)([^\W\d_]+)_{index[1]}(?!\w)", rf"\1[{index[1]}]", text)
    return re.sub(r"(?<![\w.])(sum|mean|prod)\((?!\s*\w\s*[,=])", rf"\1({index[1]}, ", changed)


def _factors(text: str, name: str) -> str:
    """`w(x + b)` as `w*(x + b)`: a call of a letter that no function is called by is a product."""
    if not re.fullmatch(r"[A-Za-z]\d*", name) or name in _FUNCTIONS:
        return ""
    return re.sub(rf"(?<![\w.]){re.escape(name)}\s*\(", f"{name}*(", text)
