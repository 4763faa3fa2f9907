"""A text in the notation of papers, NumPy, MATLAB or PyTorch, rewritten into this language: what a message offers to type.

In: any text of moderate length. Out: another text, or the same one where nothing is known. Each step mends one habit wherever it occurs and leaves the rest
alone, so that what comes out is the whole formula. Nothing is read by this: whether the result is a formula is for the parser to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from symdiff.syntax.elsewhere import STEPS as FIRST
from symdiff.syntax.writtenout import unrolled
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.known import FOLDED, METHODS, MODULES, NAMES, SAME, WRITTEN, fold

LONGEST = 400  # characters: longer texts are not typed by hand, and every step reads the text once more or a few times

_LETTER = r"[^\W²³¹⁰-ⁿᵀ]"
_NAME = rf"(?!\d){_LETTER}(?:{_LETTER})*"
_CHARACTERS = {
    **dict.fromkeys("∥‖", "‖"),
    **dict.fromkeys("∗⋆", "*"),
    **dict.fromkeys("∣❘", "|"),
    **dict.fromkeys("⟨〈⟪", "⟨"),
    **dict.fromkeys("⟩〉⟫", "⟩"),
    **dict.fromkeys("𝟙𝟏𝕀", "1"),
    **dict.fromkeys("∙•", "·"),
    **dict.fromkeys("‘´`", "'"),
    "÷": "/",
    "⊤": "ᵀ",
    "∑": "sum",
    "∏": "prod",
    "½": "1/2*",
    "⅓": "1/3*",
    "¼": "1/4*",
    "¾": "3/4*",
    "ℓ": "l",
    "\u00a0": " ",
    "“": "",
    "”": "",
    "$": "",
    '"': "",
}
_SPELL = str.maketrans(_CHARACTERS)
_RAISED_INDEX = dict(zip("ⁱʲᵏⁿᵐ", "ijknm", strict=True))
_LOW = dict(zip("ᵢⱼₖ", "ijk", strict=True))
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def respell(text: str) -> str:
    """The text as it is typed here, as far as that can be told."""
    if len(text) > LONGEST or text.count("∑") > 20:
        return text
    result = re.sub(r"[^\S\n]+", " ", text).strip().rstrip(".;,")  # single spaces: a pattern may not try many ways to part them
    if ";" in result and "[" in result:
        result = unrolled(result)
    for step in _STEPS:
        result = step(result)
    result = re.sub(r"\s+", " ", result).strip() if "\n" not in result else result.strip()
    return _bare(result) if not text.lstrip().startswith("(") or "," in text else result


# ---------------------------------------------------------------------------------------------------------- brackets

_CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩"}


def _end(text: str, start: int) -> int:
    """Where the bracket that opens at `start` has closed; -1 where it does not."""
    stack: list[str] = []
    for k in range(start, len(text)):
        c = text[k]
        if c in _CLOSING:
            stack.append(_CLOSING[c])
        elif stack and c == stack[-1]:
            stack.pop()
            if not stack:
                return k + 1
        elif c in ")]}⟩":
            return -1
    return -1


def _split(text: str, sign: str = ",") -> list[str]:
    """The parts between signs that stand outside of brackets."""
    parts, depth, last = [], 0, 0
    for k, c in enumerate(text):
        if c in "([{⟨":
            depth += 1
        elif c in ")]}⟩":
            depth -= 1
        elif c == sign and depth == 0:
            parts.append(text[last:k])
            last = k + 1
    return [p.strip() for p in (*parts, text[last:])]


def _whole(text: str) -> bool:
    """Does this stand as an operand of anything without brackets around it?"""
    text = text.strip()
    return _factor(text, 0) == len(text)


def _in_brackets(text: str) -> str:
    text = text.strip()
    return text if _whole(text) else f"({text})"


def _bare(text: str) -> str:
    """Without brackets around the whole."""
    text = text.strip()
    while text.startswith("(") and _end(text, 0) == len(text):
        text = text[1:-1].strip()
    return text


_POSTFIX = re.compile(r"\s*(?:['ᵀ]|\.?(?:\^|\*\*)\s*(?:-?\d+(?:\.\d+)?|\(-?\d+\)|T(?!\w)|[a-z]\w*|ᵀ)|[²³¹⁰⁴-⁹ⁿ]+|(?<=\))\[[^\[\]]*\])")
_OPERAND = re.compile(rf"\s*(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|{_NAME})")


def _factor(text: str, start: int) -> int:
    """Where an operand that starts there ends, with its powers and primes; `start` if there is none."""
    m = _OPERAND.match(text, start)
    if m:
        end = m.end()
        if (end < len(text) and text[end] in "([" and text[end - 1] not in "0123456789") or (
            m[0].strip()[0].isalpha() and text[end : end + 1] in ("(", "[")
        ):
            closed = _end(text, end)
            end = closed if closed > 0 else end
    else:
        end = start + len(text[start:]) - len(text[start:].lstrip())
        if end < len(text) and text[end] in "([":
            closed = _end(text, end)
            if closed < 0:
                return start
            end = closed
        elif text[end : end + 1] in ("|", "‖"):
            bar = "||" if text.startswith("||", end) else text[end]
            closed = text.find(bar, end + len(bar))
            if closed < 0:
                return start
            end = closed + len(bar)
        else:
            return start
    while m := _POSTFIX.match(text, end):
        end = m.end()
    return end


def _before(text: str, end: int) -> int:
    """Where the operand that ends there starts: a name, a number, a bracket, perhaps with the function in front of it."""
    k = end
    while k and text[k - 1] in "'ᵀ²³":
        k -= 1
    if k and text[k - 1] in ")]":
        depth = 0
        while k:
            k -= 1
            depth += (text[k] in ")]") - (text[k] in "([")
            if not depth:
                break
    while k and (text[k - 1].isalnum() or text[k - 1] == "_"):
        k -= 1
    return k


# ------------------------------------------------------------------------------------------------------------- heads


def _characters(text: str) -> str:
    text = re.sub(r"(norm\([^'\"]*?),\s*['\"](?:fro|F|f)['\"]\)", r"\1)", text)
    text = re.sub(r"\^\s*½", "^(1/2)", text)
    text = re.sub(r"∛\s*", "cbrt ", text)
    text = re.sub(rf"({_NAME})(?:⁺|\^\+)(?=\s*[\w(])", r"pinv(\1)*" if "pinv" in TABLE.names else r"inv(\1'*\1)*\1'*", text)
    text = re.sub(r"(?<!\w)(?:D_?)?KL\(\s*([^|()]+?)\s*\|\|\s*([^|()]+?)\s*\)", r"KL(\1, \2)", text)
    text = re.sub(r"∑(?!\s*[_({ᵢⱼ])", "sum ", text)
    text = text.translate(_SPELL)
    text = re.sub(r"⁽([ⁱʲᵏ])⁾", lambda m: f"_{_RAISED_INDEX[m[1]]}", text)
    text = re.sub(
        r"(?<=sum)([ᵢⱼₖ])₌₁([ⁿᵐᵏ]|\^\w)",
        lambda m: f"_{_LOW[m[1]]}=1^{_RAISED_INDEX.get(m[2], m[2][-1])}",
        re.sub(r"Σ(?=[ᵢⱼₖ]₌)", "sum", text),
    )
    text = re.sub(r"Σ(?=\s*(?:\{|_\{[^{}]*[=<]|(?:_[ijk]|[ᵢⱼₖ])\s*(?!\s*[\^⁻ᵀ|‖*+/,)=-]|\s*$))|\(\s*\w+\s*=)", "sum", text)
    text = re.sub(r"\^\s*ᵀ", "ᵀ", text)
    text = text.replace("ᵢ", "_i").replace("ⱼ", "_j").replace("ₖ", "_k").replace("_∞", "_inf")
    text = re.sub(r"(?<=π)(?=[^\W\d_])", "*", text)
    text = re.sub(r"(?<![^\W_])([α-ωΑ-Ω][₀-₉]*)(?=[A-Za-z](?![\w(]))", r"\1*", text)  # β₁x
    text = text.replace("=<", "<=").replace("<>", "!=").replace("~=", "!=")
    text = re.sub(r"(?<=\[)([^\[\]=]*)=>", r"\1>=", text)
    text = re.sub(r"\[\s*([^\[\]<>=]+?)\s*(<=?|>=?)\s*([^\[\]<>=]+?)\s*(<=?|>=?)\s*([^\[\]<>=]+?)\s*\]", r"[\1 \2 \3 and \3 \4 \5]", text)
    text = re.sub(r"&&", " and ", text)
    text = re.sub(r"(?<=[\w)\]])\.'", "'", text)
    text = re.sub(r"([13]/\d)\*\s+(?=\S)", r"\1*", text)
    return re.sub(r"1/(\d)\*\s*(?=[*·/]|$)", r"1/\1", text)


_QUESTION = re.compile(
    r"^\s*(?:(?:the\s+)?(?:derivative|gradient)\s+of\s+|d\s*/\s*d\w+\s*(?=[(\w])|∂\s*/\s*∂\s*\w+\s*|∇_?\{?\w*\}?\s*(?=[(|‖\s])|return\s+|\w+\s*=\s*(?=lambda\s|@\()"
    r"|(?:arg\s*)?(?:min|max)(?:imi[sz]e)?_(?:\{[^{}]*\}|(?![ijk](?!\w))[^\W\d_]\d?)(?!\w)\s*(?![\w(]*\s*,)|minimi[sz]e\s+|lambda\s+[\w,\s]+:\s*|@\([\w,\s]*\)\s*|\w+\s*(?:↦|=>|->)\s*(?!\s*(?:scalar|vector|matrix)))"
)


def _heads(text: str) -> str:
    """What says that a derivative is asked, or names the function: `∇f = …`, `L(w) = …`, `lambda x: …`."""
    text = text.replace(":=", "=")
    parts = _split(text)
    if len(parts) > 1 and ";" not in text:  # s = w.x, s^2
        named = [p for p in parts if re.fullmatch(rf"{_NAME}\s*=[^=].*", p)]
        others = [p for p in parts if p not in named]
        if named and len(others) == 1:
            return "; ".join([*named, *others])
    m = re.fullmatch(r"\s*(?:where|let|with|given)\s+(.+?=.+?)\s*(?::|\bin\b)\s*(.+)", text)
    if m:
        return f"{m[1]}; {m[2]}"
    m = re.fullmatch(rf"(.+?),?\s+(?:where|with)\s+({_NAME}\s*=[^=].*)", text)
    if m:
        return f"{m[2]}; {m[1]}"
    text = re.sub(r"^\s*def\s+\w+\s*\([^()]*\)\s*(?:->[^:]*)?:\s*return\s+", "", text)
    text = re.sub(r"^\s*∇_?\{?\w*\}?\s*(?=\w+\s*\()", "", text)
    text = re.sub(rf"(.*\S)\s*->\s*{_NAME}\s*", r"\1", text) if ":" not in text else text
    if re.fullmatch(rf"\s*{_NAME}\s*=[^=;\n]*", text) and re.search(
        r"\W", text.partition("=")[2].strip()
    ):  # E = 1/2 m v^2: the value is what is meant
        text = text.partition("=")[2].strip()
    last = max(text.rfind(";"), text.rfind("\n")) + 1
    left, equals, right = text[last:].partition("=")
    asked = re.fullmatch(rf"\s*(?:{_NAME}'*\s*\([^=]*\)\s*|.*[∇∂].*|\s*|d\w*\s*(?:\([^=]*\))?\s*/\s*d\w+\s*)", left)
    given = not asked or left[-1:] in tuple("<>!:≤≥") or right[:1] in ("=", "")
    if equals and not given and right.strip() and _split(text[last:], "=")[0] == left.strip() and "=" not in right:
        text = text[:last] + right.lstrip() if not last else f"{text[:last]} {right.strip()}"
    before = None
    while before != text:
        before, text = text, _QUESTION.sub("", text, count=1)
    return text


def _declarations(text: str) -> str:
    text = re.sub(
        rf"({_NAME}(?:\s*,\s*{_NAME})*)\s*(?:∈|\bin\b)\s*[Rℝ]\s*(\^\s*(?:\([^()]*\)|\{{[^{{}}]*\}}|\w+))?\s*[,;:]?\s*",
        lambda m: f"{m[1]}: R{(m[2] or '').translate(str.maketrans('{}', '()'))}; ",
        text,
    )
    return text


# ------------------------------------------------------------------------------------------------------- programs


_MODULE = re.compile(
    rf"(?<![\w.])(?:{'|'.join(sorted(MODULES, key=len, reverse=True))})(?:\.(?:nn|functional|linalg|special|numpy|scipy|fft|random|math|keras|activations|losses))*\.(?={_NAME}\s*\()"
)


def _modules(text: str) -> str:
    """`np.exp(x)`. What NumPy's `*` and `**` do goes entry by entry."""
    text = re.sub(r"(?<![\w.])(?:np|numpy|jnp|math|Math|torch)\.(?:pi|PI)(?!\w)", "pi", text)
    if not _MODULE.search(text):
        return text
    text = re.sub(
        r"(?<![\w.])(?:F|nn\.functional|torch\.nn\.functional)\.cross_entropy\(", "softmax_cross_entropy(", text
    )  # takes scores, ours probabilities
    text = _MODULE.sub("", text)
    text = re.sub(rf"({_NAME})\(\)\(", r"\1(", text)
    text = re.sub(r"(?<![\w.])linalg\.", "", text)
    text = _methods(text)
    text = _keywords(text)
    out, last = "", 0
    for m in re.finditer(r"\*\*|(?<!\.)\*", text):
        left, end = text[_before(text, len(text[: m.start()].rstrip())) : m.start()].strip(), m.end()
        right = text[end : _factor(text, end)].strip()
        scalar = (
            re.match(rf"(?:{_SCALAR_VALUED})\(", left)
            or (re.match(rf"[\d.]+$|(?:{_SCALAR_VALUED})\(", right) and m[0] == "*")
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


def _keywords(text: str) -> str:
    """`sum(A, axis=0)`, `norm(x, ord=1)`: an argument with a name chooses another function."""
    text = re.sub(
        r"\b(?:clamp|clip)\(([^(),]*(?:\([^()]*\)[^(),]*)*),\s*(min|max)\s*=\s*([-\w.]+)\)",
        lambda m: f"{'max' if m[2] == 'min' else 'min'}({m[1]}, {m[3]})",
        text,
    )
    text = re.sub(r"\btranspose\(([^(),]*),\s*\d\s*,\s*\d\)", r"transpose(\1)", text)
    for m in reversed(list(re.finditer(rf"(?<![\w.])({_NAME})\(", text))):
        closed = _end(text, m.end() - 1)
        parts = _split(text[m.end() : closed - 1]) if closed > 0 else []
        named = {m[1]: m[2].strip() for m in map(_NAMED.match, parts) if m}
        plain = [p for p in parts if not _NAMED.match(p)]
        axis, order = named.get("axis", named.get("dim", "")), named.get("ord", named.get("p", ""))
        if m[1] in ("logsumexp", "softmax", "log_softmax") and len(plain) == 2 and re.fullmatch(r"-?[01]", plain[1]):
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


_SCALAR_VALUED = "dot|inner|vdot|norm|norm1|norm2|sum|mean|prod|trace|tr|det|logdet|logsumexp|var|std|max|min"


def _methods(text: str) -> str:
    """`x.sum()`, `X.T`, `A.dot(x)`."""
    text = re.sub(r"\.(?:T|t\(\)|transpose\(\)|mT)(?!\w)", "'", text)
    start = 0
    while m := re.compile(rf"\.({'|'.join(sorted(METHODS, key=len, reverse=True))})\(").search(text, start):
        left, closed = _before(text, m.start()), _end(text, m.end() - 1)
        inside = text[m.end() : closed - 1].strip() if closed > 0 else ""
        takes_more = m[1] in ("dot", "outer", "pow", "clip", "clamp", "matmul", "mm", "mv", "norm", "cross")
        if m[1] == "norm" and re.fullmatch(r"(?:p|ord)?\s*=?\s*(1|2|inf)", inside):
            inside = f"ord={inside[-1]}" if inside[-1].isdigit() else "ord=inf"
        if closed < 0 or left == m.start() or (inside and not takes_more and not inside.isdigit()):
            start = m.end()
            continue
        base = _bare(text[left : m.start()])
        inside = "" if not takes_more else inside
        if m[1] == "dot" and re.fullmatch(r"[A-Z]\w*", inside) and re.fullmatch(r"[a-z]\w*", base):
            base = f"{base}'"
        product = m[1] in ("dot", "matmul", "mm", "mv") and (m[1] != "dot" or base.endswith("'") or re.match(r"[A-Z]", base))
        value = f"{_in_brackets(base)}*{_in_brackets(inside)}" if product else f"{m[1]}({base}{', ' + inside if inside else ''})"
        text = text[:left] + value + text[closed:]
        start = left + 1
    return text


def _choices(text: str) -> str:
    """`a if c else b`, `c ? a : b`, `n!`."""
    m = re.fullmatch(r"\s*if\s+(.+?)\s+then\s+(.+?)\s+else\s+(.+)", text)
    if m:
        text = f"if({m[1]}, {m[2]}, {m[3]})"
    text = re.sub(rf"({_NAME}|\d+)\s*%\s*({_NAME}|\d+)", r"mod(\1, \2)", text)
    m = re.fullmatch(r"\s*\{\s*(.+?)\s+if\s+([^,;]+)[,;]\s*(?:and\s+)?(.+?)\s+(?:otherwise|else|if\s.+)\s*\}\s*", text)
    if m:
        text = f"if({m[2]}, {m[1]}, {m[3]})"
    m = re.fullmatch(r"\s*\{\s*([^,;]+),\s*([^,;]+);\s*([^,;]+),[^,;]+\}\s*", text)
    if m and _COMPARED.search(m[2]):
        text = f"if({m[2]}, {m[1]}, {m[3]})"
    m = re.fullmatch(r"\s*if\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*([^,]+?)\s+else:?\s+(.+)|\s*if\s+([^:]+):\s*(.+?)\s+else:?\s+(.+)", text)
    if m:
        text = f"if({m[1] or m[4]}, {m[2] or m[5]}, {m[3] or m[6]})"
    m = re.fullmatch(r"([^?]+)\?([^?:]+):([^?]+)", text)
    if m:
        text = f"if({_bare(m[1])}, {m[2].strip()}, {m[3].strip()})"
    m = re.fullmatch(r"(.+?)\s+if\s+(.+?)\s+else\s+(.+)", text)
    if m:
        text = f"if({m[2]}, {m[1].strip()}, {m[3]})"
    text = re.sub(rf"({_NAME}|\d+)!(?!=)", lambda m: f"gamma({m[1]} + 1)", text)
    while (m := re.search(r"\s*\\\s*(?=[\w(])", text)) and (left := _before(text, m.start())) < m.start():
        text = f"{text[:left]}inv({_bare(text[left : m.start()])})*{text[m.end() :]}"
    m = re.fullmatch(rf"\s*({_NAME}|\d+)\s+choose\s+({_NAME}|\d+)\s*", text)
    if m:
        text = f"gamma({m[1]} + 1)/(gamma({m[2]} + 1)*gamma({m[1]} - {m[2]} + 1))"
    if "mod" in TABLE.names:
        text = re.sub(rf"({_NAME}|\d+)\s+mod\s+({_NAME}|\d+)", r"mod(\1, \2)", text)
    return text


# -------------------------------------------------------------------------------------------------- papers' notation


def _layers(text: str) -> str:
    """`W^{(1)}`, `W^[1]`: the number of a layer belongs to the name; `W^2*relu(W^1*x)` too."""
    for name in set(re.findall(r"(?<!\w)([A-Z])\s*\^\s*1(?![\w.])", text)):
        powers = re.findall(rf"(?<!\w){name}\s*\^\s*(\d+)(?![\w.])", text)
        if len(set(powers)) > 1:
            text = re.sub(rf"(?<!\w){name}\s*\^\s*(\d+)(?![\w.])", rf"{name}\1", text)
    return re.sub(rf"({_NAME})\s*\^\s*(?:\{{\s*[(\[]\s*(\d+)\s*[)\]]\s*\}}|[(\[]\s*(\d+)\s*[)\]])", lambda m: f"{m[1]}{m[2] or m[3]}", text)


_COMPARED = re.compile(r"[<>≤≥≠]|==|!=")


def _indicators(text: str) -> str:
    """`1_{x > 0}`, `1{x > 0}`, `I[x > 0]`."""
    for opening in re.findall(r"(?<![\w.])(?:1|I|\[\[)\s*_?\s*[{\[(]", text):
        start = text.find(opening)
        at = start + len(opening) - 1
        closed = _end(text, at)
        if closed > 0 and (_COMPARED.search(text[at + 1 : closed - 1]) or re.search(r"[^=]=[^=]", text[at + 1 : closed - 1])):
            inside = re.sub(r"(?<![=<>!])=(?!=)", "==", text[at + 1 : closed - 1])
            text = f"{text[:start]}[{inside.strip()}]{text[closed:]}"
    start = 0
    while (k := text.find("(", start)) >= 0:  # (x > 0)*x
        closed = _end(text, k)
        around = text[:k].rstrip()
        if (
            closed > 0
            and _COMPARED.search(_flat(text[k + 1 : closed - 1]))
            and not re.search(r"[\w\[]$", around)
            and "[" not in around
            and "if" not in around
        ):
            text = f"{text[:k]}[{text[k + 1 : closed - 1].strip()}]{text[closed:]}"
        start = k + 1
    return text


def _braces(text: str) -> str:
    text = re.sub(r"_\{(\w+)\}", r"_\1", text)
    text = re.sub(r"_\{(\w)\s*([-+])\s*(\w)\}", lambda m: f"_{m[1]}_{'plus' if m[2] == '+' else 'minus'}_{m[3]}", text)
    text = re.sub(r"(?<=\w)\{(\d+|[ijk])\}", r"[\1]", text)
    text = re.sub(r"(?<=[)\]])_(\w)(?!\w)", r"[\1]", text)
    text = re.sub(r"\^\{\s*(T|⊤|\\top)\s*\}", "^T", text)
    text = re.sub(r"\^\{\s*(-?\w+)\s*\}", r"^\1", text)
    return text.replace("{", "(").replace("}", ")")


_PLUS = re.compile(r"[)\]](_?\+|₊)(?=\s*(?:$|[-+*/^²),;\]]))")
_NORMS = {"1": "norm1", "2": "norm2", "F": "norm2", "Fro": "norm2", "fro": "norm2", "inf": "norminf", "max": "norminf", "*": "normnuc"}


def _norms(text: str) -> str:
    """`||w||_1`, `|w|_1`, `||w||2`, `‖w‖₁`: a norm with its number."""
    text = re.sub(r"(?<=[|‖])([₀-₉])", lambda m: "_" + m[1].translate(_SUBSCRIPT), text)
    while m := re.search(r"(\|\||‖|\|)((?:(?!\1).)+)\1(?:_\(?(1|2|Fro|fro|F|inf|max|\*)\)?(?![A-Za-z0-9_])|([12])(?![A-Za-z0-9_.]))", text):
        sign = "*" if re.search(r"[\w)\]]$", text[: m.start()]) else ""
        text = f"{text[: m.start()]}{sign}{_NORMS[m[3] or m[4]]}({m[2].strip()}){text[m.end() :]}"
    return _positive_parts(text)


def _positive_parts(text: str) -> str:
    """`(1 - y*w.phi(x))_+`, `[1 - m]₊`, and `(x)+` at the end of a value: max(…, 0)."""
    at = 0
    while m := _PLUS.search(text, at):
        start = next((k for k in range(m.start(), -1, -1) if text[k] in "([" and _end(text, k) == m.start() + 1), -1)
        call = start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")
        if start < 0 or call or (m[1] == "+" and re.match(r"\s*[\w(]", text[m.end() :])):
            at = m.end()
            continue
        text = f"{text[:start]}max({text[start + 1 : m.start()].strip()}, 0){text[m.end() :]}"
        at = start + 4
    return text


def _square_brackets(text: str) -> str:
    """`exp[x]` and `[x + 1]^2`: brackets that only group; `[a = b]`."""
    text = re.sub(r"(?<![\w)\]'])\[([^\[\]=<>!]+)=([^\[\]=]+)\]", r"[\1==\2]", text)
    text = re.sub(r"\[([^\[\]]*?)\s*==\s*([^\[\]]*)\]", r"[\1 == \2]", text)
    k = text.find("[")
    while k >= 0:
        closed = _end(text, k)
        inside = text[k + 1 : closed - 1] if closed > 0 else ""
        name = re.search(rf"{_NAME}$", text[:k])
        if closed > 0 and not _COMPARED.search(inside) and not re.search(r"\b(?:and|or|not)\b", inside):
            if name and (_function(name[0]) or name[0] in ("E", "Var")):
                word = "mean" if name[0] == "E" else name[0]
                text = f"{text[: name.start()]}{word}({inside}){text[closed:]}"
            elif not name and not re.search(r"[\w)\]'.]$", text[:k]) and "," not in inside and inside.strip():
                text = f"{text[:k]}({inside}){text[closed:]}"
        k = text.find("[", k + 1)
    return text


def _inner_products(text: str) -> str:
    """`<w, x>`, `⟨w, x⟩`, `(w, x)`."""
    for pattern in (r"⟨([^⟨⟩,|]+)[,|]([^⟨⟩,]+)⟩", r"<\s*([^<>,=]+?)\s*,\s*([^<>,=]+?)\s*>"):
        text = re.sub(rf"(?<=[\w)\]])\s*(?={pattern})", "*", text)
        text = re.sub(pattern, lambda m: f"({_in_brackets(m[1])}.{_in_brackets(m[2])})", text)
    start = 0
    while (k := text.find("(", start)) >= 0:
        closed = _end(text, k)
        parts = _split(text[k + 1 : closed - 1]) if closed > 0 else []
        if len(parts) == 2 and not re.search(r"[\w'’]\s*$", text[:k]) and all(parts) and not any(_COMPARED.search(p) for p in parts):
            text = f"{text[:k]}({_in_brackets(parts[0])}.{_in_brackets(parts[1])}){text[closed:]}"
        start = k + 1
    return text


def _sums(text: str) -> str:
    """`sum_i x_i`, `sum_{i=1}^n x[i]`, `sum(x[i] for i in range(n))`, `sum(i=1:n, x[i])`."""
    text = re.sub(r"\b(sum|prod|mean)\(\s*([a-z])\s*,\s*(\d+)\s*,\s*(\w+)\s*,", r"\1(\2=\3..\4,", text)
    text = re.sub(
        r"\b(sum|prod|mean)\(\s*([a-z])\s*(?:=|:|in|∈|from)\s*[\[({]?\s*(\d+|\w+)\s*(?:\.\.\.?|…|to|:|,\s*(?:\.\.\.|…)\s*,)\s*(\w+)\s*[\])}]?\s*[,:]\s*",
        r"\1(\2=\3..\4, ",
        text,
    )
    text = re.sub(r"\b(sum|prod|mean)\(([^(),=]+(?:\([^()]*\)[^(),=]*)*),\s*([a-z])\s*=\s*(\w+)\.\.(\w+)\)", r"\1(\3=\4..\5, \2)", text)
    while (m := re.search(r"\b(sum|prod|mean)\(([a-z]=\w+\.\.\w+)\)\s*\*?\s*", text)) and (end := _term(text, m.end())) > m.end():
        text = f"{text[: m.start()]}{m[1]}({m[2]}, {_bare(text[m.end() : end])}){text[end:]}"
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
        body = _entries(_bare(text[m.end() : end]), index)
        text = f"{text[: m.start()]}{word}({index}{f'={low}..{high}' if high else ''}, {body}){text[end:]}"
    return _indexed_names(text)


def _indexed_names(text: str) -> str:
    """`x_i` in a sum over i."""
    for m in list(re.finditer(r"\b(?:sum|prod|mean)\(\s*([a-z])\s*(?:=[^,()]*)?,(?:\s*([a-z])\s*=[^,()]*,)?", text))[::-1]:
        closed = _end(text, text.index("(", m.start()))
        if closed > 0:
            body = _entries(text[m.end() : closed], m[1], m[2] or "")
            text = text[: m.end()] + (_entries(body, m[2], m[1]) if m[2] else body) + text[closed:]
    return text


def _double_sums(text: str) -> str:
    """`sum_{i,j} A_ij x_i`, `sum(i, j, A[i,j])`, `sum_{i<j} …`, `max_i x_i`."""
    text = re.sub(r"\b(max|min)_([ijk])\s*\(?\s*([A-Za-z]+)_\2(?!\w)\s*\)?", r"\1(\3)", text)
    text = re.sub(r"\b(sum|prod|mean)\(\s*([a-z])\s*,\s*([a-z])\s*,(?=.*\[)", r"\1(\2, \1(\3,", text) + (
        ")" if re.search(r"\b(sum|prod|mean)\(\s*[a-z]\s*,\s*[a-z]\s*,(?=.*\[)", text) else ""
    )
    m = re.search(r"\b(sum|prod)_\(?\{?\s*([a-z])(?:\s*(,|<|!=|≠)\s*)?([a-z])\s*\}?\)?(?!\w)\s*", text)
    if m and (end := _term(text, m.end())) > m.end():
        i, sign, j = m[2], m[3], m[4]
        body = _entries(_entries(_bare(text[m.end() : end]), i, j), j, i)
        if sign == "<":
            value = f"{m[1]}({i}=1..n, {j}={i}+1..n, {body})"
        elif sign in ("!=", "≠"):
            value = f"{m[1]}({i}=1..n, {j}=1..n, [{i} != {j}]*{_in_brackets(body)})"
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
        further = _factor(text, after)
        if further == after:
            return len(text[:end].rstrip()) if end > start else start
        end = further


# ------------------------------------------------------------------------------------- functions without their brackets


def _function(name: str) -> str:
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


def _applied(text: str) -> str:
    """`ln x`, `sin 2x`, `sin^2(x)`, `sin*x`, `log det S`: the argument gets its brackets, innermost first."""
    for m in reversed(list(re.finditer(rf"(?<![\w.])({_NAME})", text))):
        name = m[1]
        word, _, base = name.partition("_")
        if ((word == "log" and re.fullmatch(r"\d+|e", base)) or (word == "norm" and base)) and _function(word + base):
            name = word + base
        if name in _NO_FUNCTIONS or (name not in _UNBRACKETED and not (name in TABLE.names and len(name) > 2) and name != "Var"):
            continue
        if re.match(r"\s*[:=](?!=)|\s*'", text[m.end() :]) or re.search(rf"(?<!\w){name}\s*(?::|=(?!=))", text):
            continue
        name, end = _function(name) or name, m.end()
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
        stop = _factor(text, first)
        if stop == first:
            continue
        while True:  # 2x, A x: what stands directly beside it, up to another function
            gap = len(text[stop:]) - len(text[stop:].lstrip(" "))
            word_after = re.match(_NAME, text[stop + gap :])
            if text[stop + gap : stop + gap + 1] in ("(", "|", "[", "‖") or (
                word_after and (_function(word_after[0]) or word_after[0] in ("and", "or", "if", "for", "where"))
            ):
                break
            if gap > 1 or not word_after or text[first:stop].lstrip().startswith("("):
                break
            further = _factor(text, stop + gap)
            if further == stop + gap:
                break
            stop = further
        argument = _bare(text[start:stop])
        if name in ("log", "ln") and re.fullmatch(r"det\(.*\)", argument) and _end(argument, 3) == len(argument):
            name, argument = "logdet", _bare(argument[3:])
        elif name in ("log", "ln") and re.fullmatch(r"\|[A-ZΓΔΘΛΞΠΣΦΨΩ]\w*\|", argument):
            name, argument = "logdet", argument[1:-1]
        value = f"{name}({argument})"
        if power:
            exponent = power[1] or power[2] or (power[3] or "").translate(_DIGITS) or "-1"
            value = f"{_INVERSE[name]}({argument})" if exponent == "-1" and name in _INVERSE else f"{value}^{exponent}"
        text = text[: m.start()] + value + text[stop:]
    return text


_BY_ARITY = frozenset(("hinge", "huber", "logloss", "zero_one", "log", "ln"))


def _calls(text: str) -> str:
    """Functions by the names that they have elsewhere, and by formulas."""
    for m in reversed(list(re.finditer(rf"(?<![\w.])({_NAME})\(", text))):
        name, at = m[1], m.end() - 1
        closed = _end(text, at)
        if (
            (name in TABLE.names and name not in _BY_ARITY)
            or (name in BUILT_IN and name != "dot")
            or closed < 0
            or re.search(rf"(?<!\w){name}\s*:", text)
        ):
            continue
        there = name if name in NAMES else "" if _function(name) else FOLDED.get(fold(name), "")
        if there in WRITTEN:
            names, formula = WRITTEN[there]
            arguments = _split(text[at + 1 : closed - 1])
            if len(arguments) == len(names):
                value = _put(formula, dict(zip(names, arguments, strict=True)))
                around = text[: m.start()].rstrip()[-1:], text[closed:].lstrip()[:1]
                alone = around[0] in ("", "(", ",", ";", "=") and around[1] in ("", ")", ",", ";")
                text = text[: m.start()] + (value if alone else _in_brackets(value)) + text[closed:]
        elif name == "huber" and len(_split(text[at + 1 : closed - 1])) == 1:
            text = f"{text[: closed - 1]}, 1{text[closed - 1 :]}"
        elif name in ("log", "ln") and len(arguments := _split(text[at + 1 : closed - 1])) == 2 and re.fullmatch(r"\d+", arguments[1]):
            text = f"{text[: m.start()]}log({arguments[0]})/log({arguments[1]}){text[closed:]}"
        elif name in ("hinge", "logloss", "zero_one") and len(arguments := _split(text[at + 1 : closed - 1])) == 2:
            text = f"{text[:at]}({_in_brackets(arguments[0])}*{_in_brackets(arguments[1])}){text[closed:]}"
        elif name == "dot" and len(arguments := _split(text[at + 1 : closed - 1])) == 2 and re.match(r"[A-Z]|.*'$", arguments[0]):
            text = f"{text[: m.start()]}{_in_brackets(arguments[0])}*{_in_brackets(arguments[1])}{text[closed:]}"
        elif other := SAME.get(there, "") or _function(name):
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
        if not alone and all(c in "(),[]|+-" for c in before + after) and not _SUM.search(_flat(text)):
            alone = True
        return _bare(text) if alone else _in_brackets(text)

    return re.sub(rf"(?<![\w.])(?!\d){_NAME}(?!\()|(?<=[\w)]\.){_NAME}(?!\()", value, formula)


_SUM = re.compile(r"[-+−–<>=≤≥≠]|\b(?:and|or|not)\b")


def _flat(text: str) -> str:
    """What stands outside of all brackets."""
    depth, out = 0, ""
    for c in text:
        depth += (c in "([") - (c in ")]")
        out += c if depth == 0 else ""
    return out


# -------------------------------------------------------------------------------------------------------- products

_TOKEN = re.compile(rf"\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|[²³¹⁰⁴-⁹ⁿ⁻]+|{_NAME}|\*\*|\.\.|\.[*/^]|->|[<>=!]=|\|\||.)", re.DOTALL)


_RAISED = "²³¹⁰⁴⁵⁶⁷⁸⁹ⁿ⁻"
_WORDS = ("and", "or", "not")
_KINDS = frozenset(["positive", "nonnegative", "symmetric", "psd", "diagonal", "orthogonal", "onehot", "simplex", "of"])


def _glued(text: str) -> str:
    """`w^Tx` and `Ax`: two names without a sign between them; `lambda*I`: the identity."""
    text = re.sub(r"(?<=[+\-*])(\s*)I(?=\s*[)+\-])", r"\1eye", text) if not re.search(r"(?<!\w)I\s*[:=]", text) else text
    text = re.sub(r"/(\d+)([mnN])(?![\w(^²³])", r"/(\1*\2)", text)
    text = re.sub(r"(?<=[^\W\d_]|[)\]²³'|‖])\s*/\s*(\d+)([^\W\d_](?:[²³]|\^\d+)?)(?![\w(^])", r"/(\1*\2)", text)
    text = re.sub(r"(?<=[ᵀ'])\s*([A-Z]{2,3}[a-z]?)(?![\w(])", lambda m: "*".join(m[1]), text)
    text = re.sub(r"(?<![\w.])(\d+)([a-zπ])([a-z])(?![\w(])", _numbered, text)
    text = re.sub(r"(\^)\s*T([A-Za-z]\w*)(?![\w(])", lambda m: f"^T*{_apart(m[2])}", text)
    text = re.sub(r"(?<=[\w)\]])\s*(\^)\s*t(?=\s*(?:[*·]\s*)?[A-Za-z(])", "^T", text)
    declared = set(re.findall(rf"({_NAME})\s*(?:[:=](?!=)|,)", text)) if ":" in text or "=" in text else set()
    return re.sub(r"(?<![A-Za-z0-9_.])[A-Z][a-zα-ω](?![\w(])", lambda m: m[0] if m[0] in declared else "*".join(m[0]), text)


def _numbered(m: re.Match[str]) -> str:
    """`2xy`: letters behind a number are factors, two of them at most; `2ln` is none."""
    return m[0] if _function(m[2] + m[3]) or m[2] + m[3] in ("pi", "mu", "nu", "xi") else f"{m[1]}*{m[2]}*{m[3]}"


def _apart(word: str) -> str:
    return "*".join(word) if re.fullmatch(r"[A-Z]+[a-z]?", word) else word


def _products(text: str) -> str:
    """Signs where operands stand side by side."""
    out, after_operand = "", False
    bars: list[str] = []
    last = before = ""  # the token before, and the one in front of the last prime
    for m in _TOKEN.finditer(text):
        token, gap = m[1], m[0][: len(m[0]) - len(m[1])]
        if token.startswith("_"):
            return text
        raised = token[0] in _RAISED
        starts = bool(re.match(r"[\w√]", token)) and not raised and token not in _WORDS and token != "ᵀ"
        if token in ("(", "["):
            starts = (
                (last == "T" and out.rstrip().endswith("^T"))
                or not (re.fullmatch(_NAME, last) and (token == "(" or not gap))
                or (token == "(" and bool(gap) and not _function(last))
            )
            if token == "[" and not gap and last in (")", "]", "'"):
                starts = False
        if token == "||" and after_operand and "||" not in bars and "|" in bars:  # |x||y|
            out, last = out + gap + "|*|", "|"
            after_operand = False
            continue
        if token in ("|", "||", "‖"):
            if after_operand and token in bars:
                bars.remove(token)
                out, last = out + gap + token, token
                continue
            starts = True
            bars.append(token)
        sized = token == "x" or last == "x"
        if last in _KINDS or token == "of" or "\n" in gap or (sized and re.search(r"(?<!\w)[Rℝ]\s*\^\s*\(\s*\w+\s*(?:x\s*)?$", out)):
            starts = False  # symmetric matrix(n, n), vector(m) of label(k), R^(m x n)
        if (token == "'" and not after_operand) or (token == "(" and last == "'" and _function(before)):
            return text
        if starts and after_operand:
            out, gap = out.rstrip() + "*", ""
        elif token == "+" and not after_operand and last in ("", "(", ",", ";", "="):
            continue
        out += gap + token
        before = last if token == "'" else before
        after_operand = raised or (bool(re.match(r"\w", token)) and token not in _WORDS) or token in (")", "]", "'", "ᵀ")
        last = token
    return out


def _semicolons(text: str) -> str:
    """`max(0; x)`: inside brackets arguments are separated by commas."""
    depth, out = 0, ""
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        out += "," if c == ";" and depth > 0 and not re.search(r"(?<!\w)[A-Zpqf]\([^()]*$", text[:k]) else c
    return out


def _decimal_commas(text: str) -> str:
    depth, out = 0, ""
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        out += "." if c == "," and depth == 0 and re.search(r"(?<![\w.])\d+$", text[:k]) and re.match(r"\d", text[k + 1 :]) else c
    return out


def _exponentials(text: str) -> str:
    """`e^x`, where the rest is to be mended anyway."""
    start = 0
    while m := re.compile(r"(?<![\w.])(?:e|exp)\s*(?:\^|\*\*)\s*").search(text, start):
        start = m.end()
        minus = re.match(r"-\s*", text[start:])
        end = _factor(text, start + (minus.end() if minus else 0))
        if end > start:
            text = f"{text[: m.start()]}exp({_bare(text[start:end])}){text[end:]}"
    return text


def _by_entries(text: str) -> str:
    """Under sum and mean a power is that of the entries, and so is a product with a function of the same name."""
    for name in ("sum", "mean"):
        while (
            (m := re.search(rf"(?<![\w.]){name}\({name}\(", text)) and (end := _end(text, m.end() - 1)) > 0 and text[end : end + 1] == ")"
        ):
            text = f"{text[: m.start()]}{text[m.start() + len(name) + 1 : end]}{text[end + 1 :]}"
    text = re.sub(r"(?<![\w.'])([a-z]\w*)\s*@\s*([A-Z]\w*)(?!\w)", r"\1' @ \2", text)
    for m in reversed(list(re.finditer(r"(?<![\w.])(?:sum|mean|rowsum|colsum)\(", text))):
        closed = _end(text, m.end() - 1)
        if closed < 0 or len(_split(text[m.end() : closed - 1])) > 1:
            continue
        inside = text[m.end() : closed - 1]
        inside = re.sub(r"(?<![\w.])(?!lambda|alpha|beta|gamma|eta|mu\b|c\b)([a-z]\w*)\s*\*\s*(\w+)\(([a-z]\w*)\)", r"\1 .* \2(\3)", inside)
        for power in reversed(list(re.finditer(r"\s*(?:(?<!\.)\^|\*\*)\s*(?=\d|\()|²", inside))):
            base = inside[_before(inside, power.start()) : power.start()]
            if not re.match(rf"(?:{_SCALAR_VALUED})\(|\d", base) and base[-1:] not in ("|", "‖"):
                sign = " .^ 2" if power[0] == "²" else " .^ "
                inside = inside[: power.start()] + sign + inside[power.end() :]
        text = text[: m.end()] + inside + text[closed - 1 :]
    return text


_STEPS: tuple[Callable[[str], str], ...] = (
    *FIRST,
    _characters,
    _declarations,
    _heads,
    _decimal_commas,
    _semicolons,
    _modules,
    _methods,
    _keywords,
    _choices,
    _layers,
    _indicators,
    _braces,
    _norms,
    _square_brackets,
    _inner_products,
    _double_sums,
    _sums,
    _glued,
    _applied,
    _calls,
    _exponentials,
    _products,
    _by_entries,
)
