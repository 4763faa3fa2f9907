"""Calls of NumPy, PyTorch, MATLAB and pandas in a text, as this language has them: modules, methods, keywords, choices by `where`.

In and out: a text; each step mends one habit and leaves the rest alone (`respell.py`).
"""

from __future__ import annotations

import re

from symdiff.syntax.textfactors import COMPARED, NAME, end_of, factor_end, factor_start, in_brackets, split_at, without_brackets
from symdiff.table import TABLE
from symdiff.table.groups import SOFTENED
from symdiff.table.known import METHODS, MODULES

_MODULE = re.compile(
    rf"(?<![\w.])(?:{'|'.join(sorted(MODULES, key=len, reverse=True))})(?:\.(?:nn|functional|linalg|special|numpy|scipy|fft|random|math|keras|activations|losses))*\.(?={NAME}\s*\()"
)


def modules(text: str) -> str:
    """`np.exp(x)`. What NumPy's `*` and `**` do goes entry by entry."""
    text = re.sub(r"(?<![\w.])(?:np|numpy|jnp|math|Math|torch)\.(?:pi|PI)(?!\w)", "pi", text)
    if not _MODULE.search(text):
        return text
    text = re.sub(
        r"(?<![\w.])(?:F|nn\.functional|torch\.nn\.functional)\.cross_entropy\(", "softmax_cross_entropy(", text
    )  # PyTorch's cross_entropy takes scores; the one of this language takes probabilities
    text = _MODULE.sub("", text)
    text = re.sub(rf"({NAME})\(\)\(", r"\1(", text)
    text = re.sub(r"(?<![\w.])linalg\.", "", text)
    text = methods(text)
    text = keywords(text)
    out, last = "", 0
    for m in re.finditer(r"\*\*|(?<!\.)\*", text):
        left, end = text[factor_start(text, len(text[: m.start()].rstrip())) : m.start()].strip(), m.end()
        right = text[end : factor_end(text, end)].strip()
        scalar = (
            re.match(rf"(?:{SCALAR_VALUED})\(", left)
            or (re.match(rf"[\d.]+$|(?:{SCALAR_VALUED})\(", right) and m[0] == "*")
            or re.match(r"[\d.]+$", left)
        )
        scalar = scalar or (re.fullmatch(r"[A-Z]\w*", left) and re.match(r"[a-z]", right))
        out += text[last : m.start()] + (
            m[0] if scalar or (m[0] == "**" and not left.startswith("(")) else " .^ " if m[0] == "**" else " .* "
        )
        last = end
    text = out + text[last:]
    return text.replace("**", "^")


_ALONG = {  # function and axis, counted from 0
    ("sum", "0"): "colsum({0})",
    ("sum", "1"): "rowsum({0})",
    ("mean", "0"): "colsum({0})/rows({0})",
    ("mean", "1"): "rowsum({0})/cols({0})",
    ("max", "1"): "rowmax({0})",
    **{(name, "1"): name + "({0})" for name in ("softmax", "log_softmax", "logsumexp")},
}
_NAMED = re.compile(r"(axis|dim|keepdims?|ord|p|dtype|reduction|out)\s*=(?!=)(.*)")
_OF_ORDER = {"1": "norm1", "2": "norm2", "inf": "norminf", "fro": "norm2"}


def keywords(text: str) -> str:
    """`sum(A, axis=0)`, `norm(x, ord=1)`: an argument with a name chooses another function."""
    text = re.sub(
        r"\b(?:clamp|clip)\(([^(),]*(?:\([^()]*\)[^(),]*)*),\s*(min|max)\s*=\s*([-\w.]+)\)",
        lambda m: f"{'max' if m[2] == 'min' else 'min'}({m[1]}, {m[3]})",
        text,
    )
    text = re.sub(r"\btranspose\(([^(),]*),\s*\d\s*,\s*\d\)", r"transpose(\1)", text)
    for m in reversed(list(re.finditer(rf"(?<![\w.])({NAME})\(", text))):
        closed = end_of(text, m.end() - 1)
        parts = split_at(text[m.end() : closed - 1]) if closed > 0 else []
        named = {m[1]: m[2].strip() for m in map(_NAMED.match, parts) if m}
        plain = [p for p in parts if not _NAMED.match(p)]
        axis, order = named.get("axis", named.get("dim", "")), named.get("ord", named.get("p", ""))
        if m[1] in SOFTENED and len(plain) == 2 and re.fullmatch(r"-?[01]", plain[1]):
            axis, plain = plain[1] if plain[1] != "0" else "", plain[:1]
            if not axis:  # of a vector
                text = f"{text[: m.end()]}{plain[0]}{text[closed - 1 :]}"
                continue
        if m[1] == "norm" and len(plain) == 2:
            order, plain = plain[1], plain[:1]
        value = ""
        if axis and (m[1], axis.replace("-1", "1")) in _ALONG and plain:
            value = _ALONG[m[1], axis.replace("-1", "1")].format(plain[0])
        elif m[1] == "norm" and not axis and plain and (not order or order in _OF_ORDER):
            value = f"{_OF_ORDER.get(order, 'norm2')}({plain[0]})"
        elif named and not axis and not order and plain:
            value = f"{m[1]}({', '.join(plain)})"
        if value:
            text = text[: m.start()] + value + text[closed:]
    return text


SCALAR_VALUED = "dot|inner|vdot|norm|norm1|norm2|sum|mean|prod|trace|tr|det|logdet|logsumexp|var|std|max|min"


def methods(text: str) -> str:
    """`x.sum()`, `X.T`, `A.dot(x)`."""
    text = re.sub(r"\.(?:T|t\(\)|transpose\(\)|mT)(?!\w)", "'", text)
    start = 0
    while m := re.compile(rf"\.({'|'.join(sorted(METHODS, key=len, reverse=True))})\(").search(text, start):
        left, closed = factor_start(text, m.start()), end_of(text, m.end() - 1)
        inside = text[m.end() : closed - 1].strip() if closed > 0 else ""
        takes_more = m[1] in ("dot", "outer", "pow", "clip", "clamp", "matmul", "mm", "mv", "norm", "cross")
        if m[1] == "norm" and re.fullmatch(r"(?:p|ord)?\s*=?\s*(1|2|inf)", inside):
            inside = f"ord={inside[-1]}" if inside[-1].isdigit() else "ord=inf"
        if closed < 0 or left == m.start() or (inside and not takes_more and not inside.isdigit()):
            start = m.end()
            continue
        base = without_brackets(text[left : m.start()])
        inside = "" if not takes_more else inside
        if m[1] == "dot" and re.fullmatch(r"[A-Z]\w*", inside) and re.fullmatch(r"[a-z]\w*", base):
            base = f"{base}'"
        product = m[1] in ("dot", "matmul", "mm", "mv") and (m[1] != "dot" or base.endswith("'") or re.match(r"[A-Z]", base))
        value = f"{in_brackets(base)}*{in_brackets(inside)}" if product else f"{m[1]}({base}{', ' + inside if inside else ''})"
        text = text[:left] + value + text[closed:]
        start = left + 1
    return text


def choices(text: str) -> str:
    """`a if c else b`, `c ? a : b`, `n!`."""
    m = re.fullmatch(r"\s*if\s+(.+?)\s+then\s+(.+?)\s+else\s+(.+)", text)
    if m:
        text = f"if({m[1]}, {m[2]}, {m[3]})"
    text = re.sub(rf"({NAME}|\d+)\s*%\s*({NAME}|\d+)", r"mod(\1, \2)", text)
    m = re.fullmatch(r"\s*\{\s*(.+?)\s+if\s+([^,;]+)[,;]\s*(?:and\s+)?(.+?)\s+(?:otherwise|else|if\s.+)\s*\}\s*", text)
    if m:
        text = f"if({m[2]}, {m[1]}, {m[3]})"
    m = re.fullmatch(r"\s*\{\s*([^,;]+),\s*([^,;]+);\s*([^,;]+),[^,;]+\}\s*", text)
    if m and COMPARED.search(m[2]):
        text = f"if({m[2]}, {m[1]}, {m[3]})"
    m = re.fullmatch(r"\s*if\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*([^,]+?)\s+else:?\s+(.+)|\s*if\s+([^:]+):\s*(.+?)\s+else:?\s+(.+)", text)
    if m:
        text = f"if({m[1] or m[4]}, {m[2] or m[5]}, {m[3] or m[6]})"
    m = re.fullmatch(r"([^?]+)\?([^?:]+):([^?]+)", text)
    if m:
        text = f"if({without_brackets(m[1])}, {m[2].strip()}, {m[3].strip()})"
    m = re.fullmatch(r"(.+?)\s+if\s+(.+?)\s+else\s+(.+)", text)
    if m:
        text = f"if({m[2]}, {m[1].strip()}, {m[3]})"
    text = re.sub(rf"({NAME}|\d+)!(?!=)", lambda m: f"gamma({m[1]} + 1)", text)
    while (m := re.search(r"\s*\\\s*(?=[\w(])", text)) and (left := factor_start(text, m.start())) < m.start():
        text = f"{text[:left]}inv({without_brackets(text[left : m.start()])})*{text[m.end() :]}"
    m = re.fullmatch(rf"\s*({NAME}|\d+)\s+choose\s+({NAME}|\d+)\s*", text)
    if m:
        text = f"gamma({m[1]} + 1)/(gamma({m[2]} + 1)*gamma({m[1]} - {m[2]} + 1))"
    if "mod" in TABLE.names:
        text = re.sub(rf"({NAME}|\d+)\s+mod\s+({NAME}|\d+)", r"mod(\1, \2)", text)
    return text
