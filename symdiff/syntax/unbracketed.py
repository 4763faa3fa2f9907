"""Functions without brackets, and by other names: `log det A`, `sin^2 x`, `sigmoid z`.

In and out: a text; each step mends one habit and leaves the rest alone (`respell.py`).
"""

from __future__ import annotations

import re
from functools import cache

from symdiff.syntax.textfactors import NAME, end_of, factor_end, in_brackets, split_at, without_brackets
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.groups import LOGARITHM
from symdiff.table.known import FOLDED, NAMES, SAME, WRITTEN, fold


def function_named(name: str) -> str:
    """The name of a function of the language that is meant, also with other capitals; "" if it is none."""
    if name in SAME:
        return SAME[name]
    if len(name) > 2 and name.lower() in SAME:
        return SAME[name.lower()]
    if name in TABLE.names or name in BUILT_IN:
        return name
    return _folded().get(fold(name), "") if name not in NAMES else ""


@cache
def _folded() -> dict[str, str]:
    return {fold(name): name for name in (*BUILT_IN, *TABLE.names) if len(name) > 1}


_UNBRACKETED = frozenset(
    [
        "exp",
        "log",
        "ln",
        "log2",
        "log10",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "abs",
        "sign",
        "sigma",
        "sigmoid",
        "relu",
        "softmax",
        "softplus",
        "tr",
        "trace",
        "det",
        "logdet",
        "inv",
        "sum",
        "mean",
        "max",
        "min",
        "prod",
        "diag",
        "norm",
        "norm1",
        "norm2",
        "erf",
        "softsign",
        "log1p",
        "expm1",
        "cbrt",
        "lg",
        "tg",
        "ctg",
        "arctg",
        "sgn",
        "Tr",
        "Sin",
        "Cos",
        "Tan",
        "Exp",
        "Log",
    ]
)
_NO_FUNCTIONS = frozenset(("and", "or", "not", "if"))
_INVERSE = {
    "sin": "arcsin",
    "cos": "arccos",
    "tan": "arctan",
    "cot": "arccot",
    "sinh": "arcsinh",
    "cosh": "arccosh",
    "tanh": "arctanh",
    "sec": "arcsec",
    "csc": "arccsc",
}
_POWER = re.compile(r"\s*(?:(?:\^|\*\*)\s*(?:\(\s*(-?\d+)\s*\)|(-?\d+))|([²³⁴-⁹])|(⁻¹))")
_DIGITS = str.maketrans("²³⁴⁵⁶⁷⁸⁹", "23456789")


def applied(text: str) -> str:
    """`ln x`, `sin 2x`, `sin^2(x)`, `sin*x`, `log det S`: the argument gets its brackets, innermost first."""
    for m in reversed(list(re.finditer(rf"(?<![\w.])({NAME})", text))):
        name = m[1]
        word, _, base = name.partition("_")
        if ((word == "log" and re.fullmatch(r"\d+|e", base)) or (word == "norm" and base)) and function_named(word + base):
            name = word + base
        if name in _NO_FUNCTIONS or (name not in _UNBRACKETED and not (name in TABLE.names and len(name) > 2) and name != "Var"):
            continue
        if re.match(r"\s*[:=](?!=)|\s*'", text[m.end() :]) or re.search(rf"(?<!\w){name}\s*(?::|=(?!=))", text):
            continue
        name, end = function_named(name) or name, m.end()
        power = _POWER.match(text, end)
        start = power.end() if power else end
        if not power:
            if text[end : end + 1] == "(":
                text = text[: m.start()] + name + text[end:]
                continue
            if name == "sigma" or name == "gamma":
                continue
            star = re.match(r"\s*\*\s*", text[end:])
            start = end + star.end() if star else end
        sign = re.match(r"\s*-\s*", text[start:]) if not text[start:].lstrip().startswith("(") else None
        first = start + (sign.end() if sign else 0)
        stop = factor_end(text, first)
        if stop == first:
            continue
        while True:  # 2x, A x: what stands directly beside it, up to another function
            gap = len(text[stop:]) - len(text[stop:].lstrip(" "))
            word_after = re.match(NAME, text[stop + gap :])
            if text[stop + gap : stop + gap + 1] in ("(", "|", "[", "‖") or (
                word_after and (function_named(word_after[0]) or word_after[0] in ("and", "or", "if", "for", "where"))
            ):
                break
            if gap > 1 or not word_after or text[first:stop].lstrip().startswith("("):
                break
            further = factor_end(text, stop + gap)
            if further == stop + gap:
                break
            stop = further
        argument = without_brackets(text[start:stop])
        if name in LOGARITHM and re.fullmatch(r"det\(.*\)", argument) and end_of(argument, 3) == len(argument):
            name, argument = "logdet", without_brackets(argument[3:])
        elif name in LOGARITHM and re.fullmatch(r"\|[A-Z]\w*\|", argument):
            name, argument = "logdet", argument[1:-1]
        value = f"{name}({argument})"
        if power:
            exponent = power[1] or power[2] or (power[3] or "").translate(_DIGITS) or "-1"
            value = f"{_INVERSE[name]}({argument})" if exponent == "-1" and name in _INVERSE else f"{value}^{exponent}"
        text = text[: m.start()] + value + text[stop:]
    return text


_BY_ARITY = frozenset(("hinge", "huber", "logloss", "zero_one", "log", "ln"))


def calls(text: str) -> str:
    """Functions by the names that they have elsewhere, and by formulas."""
    for m in reversed(list(re.finditer(rf"(?<![\w.])({NAME})\(", text))):
        name, at = m[1], m.end() - 1
        closed = end_of(text, at)
        if (
            (name in TABLE.names and name not in _BY_ARITY)
            or (name in BUILT_IN and name != "dot")
            or closed < 0
            or re.search(rf"(?<!\w){name}\s*:", text)
        ):
            continue
        there = name if name in NAMES else "" if function_named(name) else FOLDED.get(fold(name), "")
        if there in WRITTEN:
            names, formula = WRITTEN[there]
            arguments = split_at(text[at + 1 : closed - 1])
            if len(arguments) == len(names):
                value = _put(formula, dict(zip(names, arguments, strict=True)))
                around = text[: m.start()].rstrip()[-1:], text[closed:].lstrip()[:1]
                alone = around[0] in ("", "(", ",", ";", "=") and around[1] in ("", ")", ",", ";")
                text = text[: m.start()] + (value if alone else in_brackets(value)) + text[closed:]
        elif name == "huber" and len(split_at(text[at + 1 : closed - 1])) == 1:
            text = f"{text[: closed - 1]}, 1{text[closed - 1 :]}"
        elif name in LOGARITHM and len(arguments := split_at(text[at + 1 : closed - 1])) == 2 and re.fullmatch(r"\d+", arguments[1]):
            text = f"{text[: m.start()]}log({arguments[0]})/log({arguments[1]}){text[closed:]}"
        elif name in ("hinge", "logloss", "zero_one") and len(arguments := split_at(text[at + 1 : closed - 1])) == 2:
            text = f"{text[:at]}({in_brackets(arguments[0])}*{in_brackets(arguments[1])}){text[closed:]}"
        elif name == "dot" and len(arguments := split_at(text[at + 1 : closed - 1])) == 2 and re.match(r"[A-Z]", arguments[0]):
            text = f"{text[: m.start()]}{in_brackets(arguments[0])}*{in_brackets(arguments[1])}{text[closed:]}"
        elif other := SAME.get(there, "") or function_named(name):
            text = text[: m.start()] + other + text[at:]
    return text


def _put(formula: str, values: dict[str, str]) -> str:
    """The formula with these arguments."""

    def value(m: re.Match[str]) -> str:
        text = values.get(m[0])
        if text is None:
            return m[0]
        before, after = formula[: m.start()].rstrip()[-1:], formula[m.end() :].lstrip()[:1]
        alone = all(c in "(),[]|" for c in before + after)
        if not alone and all(c in "(),[]|+-" for c in before + after) and not _SUM.search(flattened(text)):
            alone = True
        return without_brackets(text) if alone else in_brackets(text)

    return re.sub(rf"(?<![\w.])(?!\d){NAME}(?!\()|(?<=[\w)]\.){NAME}(?!\()", value, formula)


_SUM = re.compile(r"[-+−–<>=≤≥≠]|\b(?:and|or|not)\b")


def flattened(text: str) -> str:
    """What stands outside of all brackets."""
    depth, out = 0, ""
    for c in text:
        depth += (c in "([") - (c in ")]")
        out += c if depth == 0 else ""
    return out
