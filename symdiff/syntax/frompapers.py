"""The notation of papers in a text, as this language has it: layers, indicators, braces, norms, inner products, sums with their ranges.

In and out: a text; each step mends one habit and leaves the rest alone (`respell.py`).
"""

from __future__ import annotations

import re

from symdiff.syntax.textfactors import COMPARED, NAME, SUBSCRIPT, end_of, factor_end, in_brackets, split_at, without_brackets
from symdiff.syntax.unbracketed import flattened, function_named


def layers(text: str) -> str:
    """`W^{(1)}`, `W^[1]`: the number of a layer belongs to the name; `W^2*relu(W^1*x)` too."""
    for name in set(re.findall(r"(?<!\w)([A-Z])\s*\^\s*1(?![\w.])", text)):
        powers = re.findall(rf"(?<!\w){name}\s*\^\s*(\d+)(?![\w.])", text)
        if len(set(powers)) > 1:
            text = re.sub(rf"(?<!\w){name}\s*\^\s*(\d+)(?![\w.])", rf"{name}\1", text)
    return re.sub(rf"({NAME})\s*\^\s*(?:\{{\s*[(\[]\s*(\d+)\s*[)\]]\s*\}}|[(\[]\s*(\d+)\s*[)\]])", lambda m: f"{m[1]}{m[2] or m[3]}", text)


def indicators(text: str) -> str:
    """`1_{x > 0}`, `1{x > 0}`, `I[x > 0]`."""
    for opening in re.findall(r"(?<![\w.])(?:1|I|\[\[)\s*_?\s*[{\[(]", text):
        start = text.find(opening)
        at = start + len(opening) - 1
        closed = end_of(text, at)
        if closed > 0 and (COMPARED.search(text[at + 1 : closed - 1]) or re.search(r"[^=]=[^=]", text[at + 1 : closed - 1])):
            inside = re.sub(r"(?<![=<>!])=(?!=)", "==", text[at + 1 : closed - 1])
            text = f"{text[:start]}[{inside.strip()}]{text[closed:]}"
    start = 0
    while (k := text.find("(", start)) >= 0:  # (x > 0)*x
        closed = end_of(text, k)
        around = text[:k].rstrip()
        if (
            closed > 0
            and COMPARED.search(flattened(text[k + 1 : closed - 1]))
            and not re.search(r"[\w\[]$", around)
            and "[" not in around
            and "if" not in around
        ):
            text = f"{text[:k]}[{text[k + 1 : closed - 1].strip()}]{text[closed:]}"
        start = k + 1
    return text


def braces(text: str) -> str:
    text = re.sub(r"_\{(\w+)\}", r"_\1", text)
    text = re.sub(r"(?<=\w)\{(\d+|[ijk])\}", r"[\1]", text)
    text = re.sub(r"(?<=[)\]])_(\w)(?!\w)", r"[\1]", text)
    text = re.sub(r"\^\{\s*(T|⊤|\\top)\s*\}", "^T", text)
    text = re.sub(r"\^\{\s*(-?\w+)\s*\}", r"^\1", text)
    return text.replace("{", "(").replace("}", ")")


_PLUS = re.compile(r"[)\]](_?\+|₊)(?=\s*(?:$|[-+*/^²),;\]]))")
_NORMS = {"1": "norm1", "2": "norm2", "F": "norm2", "Fro": "norm2", "fro": "norm2", "inf": "norminf", "max": "norminf", "*": "normnuc"}


def norms(text: str) -> str:
    """`||w||_1`, `|w|_1`, `||w||2`, `‖w‖₁`: a norm with its number."""
    text = re.sub(r"(?<=[|‖])([₀-₉])", lambda m: "_" + m[1].translate(SUBSCRIPT), text)
    while m := re.search(r"(\|\||‖|\|)((?:(?!\1).)+)\1(?:_\(?(1|2|Fro|fro|F|inf|max|\*)\)?(?![A-Za-z0-9_])|([12])(?![A-Za-z0-9_.]))", text):
        sign = "*" if re.search(r"[\w)\]]$", text[: m.start()]) else ""
        text = f"{text[: m.start()]}{sign}{_NORMS[m[3] or m[4]]}({m[2].strip()}){text[m.end() :]}"
    return _positive_parts(text)


def _positive_parts(text: str) -> str:
    """`(1 - y*w.phi(x))_+`, `[1 - m]₊`, and `(x)+` at the end of a value: max(…, 0)."""
    at = 0
    while m := _PLUS.search(text, at):
        start = next((k for k in range(m.start(), -1, -1) if text[k] in "([" and end_of(text, k) == m.start() + 1), -1)
        call = start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")
        if start < 0 or call or (m[1] == "+" and re.match(r"\s*[\w(]", text[m.end() :])):
            at = m.end()
            continue
        text = f"{text[:start]}max({text[start + 1 : m.start()].strip()}, 0){text[m.end() :]}"
        at = start + 4
    return text


def square_brackets(text: str) -> str:
    """`exp[x]` and `[x + 1]^2`: brackets that only group; `[a = b]`."""
    text = re.sub(r"(?<![\w)\]'])\[([^\[\]=<>!]+)=([^\[\]=]+)\]", r"[\1==\2]", text)
    text = re.sub(r"\[([^\[\]]*?)\s*==\s*([^\[\]]*)\]", r"[\1 == \2]", text)
    k = text.find("[")
    while k >= 0:
        closed = end_of(text, k)
        inside = text[k + 1 : closed - 1] if closed > 0 else ""
        name = re.search(rf"{NAME}$", text[:k])
        if closed > 0 and not COMPARED.search(inside) and not re.search(r"\b(?:and|or|not)\b", inside):
            if name and (function_named(name[0]) or name[0] in ("E", "Var")):
                word = "mean" if name[0] == "E" else name[0]
                text = f"{text[: name.start()]}{word}({inside}){text[closed:]}"
            elif not name and not re.search(r"[\w)\]'.]$", text[:k]) and "," not in inside and inside.strip():
                text = f"{text[:k]}({inside}){text[closed:]}"
        k = text.find("[", k + 1)
    return text


def inner_products(text: str) -> str:
    """`<w, x>`, `⟨w, x⟩`, `(w, x)`."""
    for pattern in (r"⟨([^⟨⟩,|]+)[,|]([^⟨⟩,]+)⟩", r"<\s*([^<>,=]+?)\s*,\s*([^<>,=]+?)\s*>"):
        text = re.sub(rf"(?<=[\w)\]])\s*(?={pattern})", "*", text)
        text = re.sub(pattern, lambda m: f"({in_brackets(m[1])}.{in_brackets(m[2])})", text)
    start = 0
    while (k := text.find("(", start)) >= 0:
        closed = end_of(text, k)
        parts = split_at(text[k + 1 : closed - 1]) if closed > 0 else []
        if len(parts) == 2 and not re.search(r"[\w'’]\s*$", text[:k]) and all(parts) and not any(COMPARED.search(p) for p in parts):
            text = f"{text[:k]}({in_brackets(parts[0])}.{in_brackets(parts[1])}){text[closed:]}"
        start = k + 1
    return text


def sums(text: str) -> str:
    """`sum_i x_i`, `sum_{i=1}^n x[i]`, `sum(x[i] for i in range(n))`, `sum(i=1:n, x[i])`."""
    text = re.sub(r"\b(sum|prod|mean)\(\s*([a-z])\s*,\s*(\d+)\s*,\s*(\w+)\s*,", r"\1(\2=\3..\4,", text)
    text = re.sub(
        r"\b(sum|prod|mean)\(\s*([a-z])\s*(?:=|:|in|∈|from)\s*[\[({]?\s*(\d+|\w+)\s*(?:\.\.\.?|…|to|:|,\s*(?:\.\.\.|…)\s*,)\s*(\w+)\s*[\])}]?\s*[,:]\s*",
        r"\1(\2=\3..\4, ",
        text,
    )
    text = re.sub(r"\b(sum|prod|mean)\(([^(),=]+(?:\([^()]*\)[^(),=]*)*),\s*([a-z])\s*=\s*(\w+)\.\.(\w+)\)", r"\1(\3=\4..\5, \2)", text)
    while (m := re.search(r"\b(sum|prod|mean)\(([a-z]=\w+\.\.\w+)\)\s*\*?\s*", text)) and (end := _term(text, m.end())) > m.end():
        text = f"{text[: m.start()]}{m[1]}({m[2]}, {without_brackets(text[m.end() : end])}){text[end:]}"
    m = re.search(r"\b(sum|prod|mean)\((.+?)\s+for\s+(\w+)\s+in\s+range\((?:1,\s*(\w+)\s*\+\s*1|(\w+))\)\s*[\])]?\s*\)", text)
    if m:
        text = f"{text[: m.start()]}{m[1]}({m[3]}=1..{m[4] or m[5]}, {m[2].lstrip('[(')}){text[m.end() :]}"
    text = re.sub(r"\b(sum|prod|mean)\(\[?\s*(\w+)(\W[^()]*?)?\s+for\s+\2\s+in\s+(\w+)\s*\]?\)", r"\1(\4\3)", text)
    text = re.sub(r"\b(sum|prod|mean|tensor)\(\s*(\w+)\s*=\s*(\w+)\s*:\s*(\w+)\s*,", r"\1(\2=\3..\4,", text)
    text = re.sub(r"\b(sum|prod|mean|tensor)\(\s*(\w+)\s*(?:in|∈)\s*(\w+)\s*\.\.\s*(\w+)\s*,", r"\1(\2=\3..\4,", text)
    head = re.compile(
        r"\b(sum|prod|mean)(?:_\(?\s*(\w+?)\s*(?:=\s*(\w+)\s*)?\)?\s*\^\s*\(?(\w+)\)?|_([a-z])(?![\w]))\s*|\b(sum)\s+(?:over\s+)?([a-z])\s*=\s*(\w+)\s*(?:to|\.\.)\s*(\w+)[:,]?\s+"
    )
    while m := head.search(text):
        word, index = m[1] or m[6], m[2] or m[5] or m[7]
        if not index:
            break
        low, high = m[3] or m[8] or "1", m[4] or m[9]
        end = _term(text, m.end())
        if end == m.end():
            break
        body = _entries(without_brackets(text[m.end() : end]), index)
        text = f"{text[: m.start()]}{word}({index}{f'={low}..{high}' if high else ''}, {body}){text[end:]}"
    return _indexed_names(text)


def _indexed_names(text: str) -> str:
    """`x_i` in a sum over i."""
    for m in list(re.finditer(r"\b(?:sum|prod|mean)\(\s*([a-z])\s*(?:=[^,()]*)?,(?:\s*([a-z])\s*=[^,()]*,)?", text))[::-1]:
        closed = end_of(text, text.index("(", m.start()))
        if closed > 0:
            body = _entries(text[m.end() : closed], m[1], m[2] or "")
            text = text[: m.end()] + (_entries(body, m[2], m[1]) if m[2] else body) + text[closed:]
    return text


def double_sums(text: str) -> str:
    """`sum_{i,j} A_ij x_i`, `sum(i, j, A[i,j])`, `sum_{i<j} …`, `max_i x_i`."""
    text = re.sub(r"\b(max|min)_([ijk])\s*\(?\s*([A-Za-z]+)_\2(?!\w)\s*\)?", r"\1(\3)", text)
    text = re.sub(r"\b(sum|prod|mean)\(\s*([a-z])\s*,\s*([a-z])\s*,(?=.*\[)", r"\1(\2, \1(\3,", text) + (
        ")" if re.search(r"\b(sum|prod|mean)\(\s*[a-z]\s*,\s*[a-z]\s*,(?=.*\[)", text) else ""
    )
    m = re.search(r"\b(sum|prod)_\(?\{?\s*([a-z])(?:\s*(,|<|!=|≠)\s*)?([a-z])\s*\}?\)?(?!\w)\s*", text)
    if m and (end := _term(text, m.end())) > m.end():
        i, sign, j = m[2], m[3], m[4]
        body = _entries(_entries(without_brackets(text[m.end() : end]), i, j), j, i)
        if sign == "<":
            value = f"{m[1]}({i}=1..n, {j}={i}+1..n, {body})"
        elif sign in ("!=", "≠"):
            value = f"{m[1]}({i}=1..n, {j}=1..n, [{i} != {j}]*{in_brackets(body)})"
        else:
            value = f"{m[1]}({i}, {m[1]}({j}, {body}))"
        text = text[: m.start()] + value + text[end:]
    return text


def _entries(text: str, index: str, other: str = "") -> str:
    text = re.sub(
        rf"(?<!\w)(?!delta|δ)([^\W\d_]+)_({index}{other or index}|{other or index}{index}|{index}{index})(?!\w)",
        lambda m: f"{m[1]}[{m[2][0]},{m[2][1]}]",
        text,
    )
    text = re.sub(r"(?<!\w)(?:delta|δ)_(\w)(\w)(?!\w)", r"[\1 == \2]", text)
    return re.sub(rf"(?<!\w)([^\W\d_]+)_{index}(?!\w)", rf"\1[{index}]", text)


def _term(text: str, start: int) -> int:
    """Where the product that starts there ends: what a sum sign in front of it covers."""
    end = start
    while True:
        while text[end : end + 1] == " ":
            end += 1
        sign = re.match(r"\s*-" if end == start else r"\s*(?:\.?[*/·]|\.(?!\d))?\s*", text[end:])
        after = end + sign.end() if sign else end
        further = factor_end(text, after)
        if further == after:
            return len(text[:end].rstrip()) if end > start else start
        end = further
