"""A text in the notation of papers, NumPy, MATLAB or PyTorch, rewritten into this language: what a message offers to type.

In: any text of moderate length. Out: another text, or the same one where nothing is known. Each step mends one habit wherever it occurs and leaves the rest
alone, so that what comes out is the whole formula. Nothing is read by this: whether the result is a formula is for the parser to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symdiff.syntax.elsewhere import STEPS as FIRST
from symdiff.syntax.fromlibraries import SCALAR_VALUED, choices, keywords, methods, modules
from symdiff.syntax.frompapers import braces, double_sums, indicators, inner_products, layers, norms, square_brackets, sums
from symdiff.syntax.textfactors import NAME, end_of, factor_end, factor_start, split_at, without_brackets
from symdiff.syntax.unbracketed import applied, calls, function_named
from symdiff.syntax.writtenout import unrolled
from symdiff.table import TABLE

LONGEST = 400  # characters: longer texts are not typed by hand, and every step reads the text once more or a few times

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
    return without_brackets(result) if not text.lstrip().startswith("(") or "," in text else result


# ------------------------------------------------------------------------------------------------------------- heads


def _characters(text: str) -> str:
    text = re.sub(r"(norm\([^'\"]*?),\s*['\"](?:fro|F|f)['\"]\)", r"\1)", text)
    text = re.sub(r"\^\s*½", "^(1/2)", text)
    text = re.sub(r"∛\s*", "cbrt ", text)
    text = re.sub(rf"({NAME})(?:⁺|\^\+)(?=\s*[\w(])", r"pinv(\1)*" if "pinv" in TABLE.names else r"inv(\1'*\1)*\1'*", text)
    text = re.sub(r"(?<!\w)(?:D_?)?KL\(\s*([^|()]+?)\s*\|\|\s*([^|()]+?)\s*\)", r"KL(\1, \2)", text)
    text = re.sub(r"∑(?!\s*[_({ᵢⱼ])", "sum ", text)
    text = text.translate(_SPELL)
    text = re.sub(r"Σ(?=\s*[_({])|Σ(?=[₀-₉ᵢⱼₖₙ])", "sum", text)
    text = re.sub(r"\^\s*ᵀ", "ᵀ", text)
    text = text.replace("ᵢ", "_i").replace("ⱼ", "_j").replace("ₖ", "_k").replace("_∞", "_inf")
    text = re.sub(r"(?<=π)(?=[A-Za-z])", "*", text)
    text = text.replace("=<", "<=").replace("<>", "!=").replace("~=", "!=")
    text = re.sub(r"(?<=\[)([^\[\]=]*)=>", r"\1>=", text)
    text = re.sub(r"\[\s*([^\[\]<>=]+?)\s*(<=?|>=?)\s*([^\[\]<>=]+?)\s*(<=?|>=?)\s*([^\[\]<>=]+?)\s*\]", r"[\1 \2 \3 and \3 \4 \5]", text)
    text = re.sub(r"&&", " and ", text)
    text = re.sub(r"(?<=[\w)\]])\.'", "'", text)
    return re.sub(r"1/(\d)\*\s*(?=[*·/]|$)", r"1/\1", text)


_QUESTION = re.compile(
    r"^\s*(?:(?:the\s+)?(?:derivative|gradient)\s+of\s+|d\s*/\s*d\w+\s*(?=[(\w])|∂\s*/\s*∂\s*\w+\s*|∇_?\{?\w*\}?\s*(?=[(|‖\s])|return\s+|\w+\s*=\s*(?=lambda\s|@\()"
    r"|(?:arg\s*)?(?:min|max)(?:imi[sz]e)?_(?:\{[^{}]*\}|(?![ijk](?!\w))[^\W\d_]\d?)(?!\w)\s*(?![\w(]*\s*,)|minimi[sz]e\s+|lambda\s+[\w,\s]+:\s*|@\([\w,\s]*\)\s*|\w+\s*(?:↦|=>|->)\s*(?!\s*(?:scalar|vector|matrix)))"
)


def _heads(text: str) -> str:
    """What says that a derivative is asked, or names the function: `∇f = …`, `L(w) = …`, `lambda x: …`."""
    text = text.replace(":=", "=")
    parts = split_at(text)
    if len(parts) > 1 and ";" not in text:  # s = w.x, s^2
        named = [p for p in parts if re.fullmatch(rf"{NAME}\s*=[^=].*", p)]
        others = [p for p in parts if p not in named]
        if named and len(others) == 1:
            return "; ".join([*named, *others])
    m = re.fullmatch(r"\s*(?:where|let|with|given)\s+(.+?=.+?)\s*(?::|\bin\b)\s*(.+)", text)
    if m:
        return f"{m[1]}; {m[2]}"
    m = re.fullmatch(rf"(.+?),?\s+(?:where|with)\s+({NAME}\s*=[^=].*)", text)
    if m:
        return f"{m[2]}; {m[1]}"
    text = re.sub(r"^\s*def\s+\w+\s*\([^()]*\)\s*(?:->[^:]*)?:\s*return\s+", "", text)
    text = re.sub(r"^\s*∇_?\{?\w*\}?\s*(?=\w+\s*\()", "", text)
    text = re.sub(rf"(.*\S)\s*->\s*{NAME}\s*", r"\1", text) if ":" not in text else text
    if re.fullmatch(rf"\s*{NAME}\s*=[^=;\n]*", text) and re.search(
        r"\W", text.partition("=")[2].strip()
    ):  # E = 1/2 m v^2: the value is what is meant
        text = text.partition("=")[2].strip()
    last = max(text.rfind(";"), text.rfind("\n")) + 1
    left, equals, right = text[last:].partition("=")
    asked = re.fullmatch(rf"\s*(?:{NAME}'*\s*\([^=]*\)\s*|.*[∇∂].*|\s*|d\w*\s*(?:\([^=]*\))?\s*/\s*d\w+\s*)", left)
    given = not asked or left[-1:] in tuple("<>!:≤≥") or right[:1] in ("=", "")
    if equals and not given and right.strip() and split_at(text[last:], "=")[0] == left.strip() and "=" not in right:
        text = text[:last] + right.lstrip() if not last else f"{text[:last]} {right.strip()}"
    before = None
    while before != text:
        before, text = text, _QUESTION.sub("", text, count=1)
    return text


def _declarations(text: str) -> str:
    text = re.sub(
        rf"({NAME}(?:\s*,\s*{NAME})*)\s*(?:∈|\bin\b)\s*[Rℝ]\s*(\^\s*(?:\([^()]*\)|\{{[^{{}}]*\}}|\w+))?\s*[,;:]?\s*",
        lambda m: f"{m[1]}: R{(m[2] or '').translate(str.maketrans('{}', '()'))}; ",
        text,
    )
    return text


# -------------------------------------------------------------------------------------------------------- products

_TOKEN = re.compile(rf"\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|[²³¹⁰⁴-⁹ⁿ⁻]+|{NAME}|\*\*|\.\.|\.[*/^]|->|[<>=!]=|\|\||.)", re.DOTALL)


_RAISED = "²³¹⁰⁴⁵⁶⁷⁸⁹ⁿ⁻"
_WORDS = ("and", "or", "not")


def _glued(text: str) -> str:
    """`w^Tx` and `Ax`: two names without a sign between them; `lambda*I`: the identity."""
    text = re.sub(r"(?<=[+\-*])(\s*)I(?=\s*[)+\-])", r"\1eye", text) if not re.search(r"(?<!\w)I\s*[:=]", text) else text
    text = re.sub(r"/(\d+)([mnN])(?![\w(])", r"/(\1*\2)", text)
    text = re.sub(r"(?<=[A-Za-z)\]])\s*/\s*(\d+)([A-Za-z])(?![\w(])", r"/(\1*\2)", text)
    text = re.sub(r"(?<=[ᵀ'])\s*([A-Z]{2,3}[a-z]?)(?![\w(])", lambda m: "*".join(m[1]), text)
    text = re.sub(r"(?<![\w.])(\d+)([a-zπ])([a-z])(?![\w(])", _numbered, text)
    text = re.sub(r"(\^)\s*T([A-Za-z]\w*)(?![\w(])", lambda m: f"^T*{_apart(m[2])}", text)
    text = re.sub(r"(?<=[\w)\]])\s*(\^)\s*t(?=\s*(?:[*·]\s*)?[A-Za-z(])", "^T", text)
    declared = set(re.findall(rf"({NAME})\s*(?:[:=](?!=)|,)", text)) if ":" in text or "=" in text else set()
    return re.sub(r"(?<![A-Za-z0-9_.])[A-Z][a-zα-ω](?![\w(])", lambda m: m[0] if m[0] in declared else "*".join(m[0]), text)


def _numbered(m: re.Match[str]) -> str:
    """`2xy`: letters behind a number are factors, two of them at most; `2ln` is none."""
    return m[0] if function_named(m[2] + m[3]) or m[2] + m[3] in ("pi", "mu", "nu", "xi") else f"{m[1]}*{m[2]}*{m[3]}"


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
                or not (re.fullmatch(NAME, last) and (token == "(" or not gap))
                or (token == "(" and bool(gap) and not function_named(last))
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
        if (token == "'" and not after_operand) or (token == "(" and last == "'" and function_named(before)):
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
        end = factor_end(text, start + (minus.end() if minus else 0))
        if end > start:
            text = f"{text[: m.start()]}exp({without_brackets(text[start:end])}){text[end:]}"
    return text


def _by_entries(text: str) -> str:
    """Under sum and mean a power is that of the entries, and so is a product with a function of the same name."""
    for name in ("sum", "mean"):
        while (
            (m := re.search(rf"(?<![\w.]){name}\({name}\(", text)) and (end := end_of(text, m.end() - 1)) > 0 and text[end : end + 1] == ")"
        ):
            text = f"{text[: m.start()]}{text[m.start() + len(name) + 1 : end]}{text[end + 1 :]}"
    text = re.sub(r"(?<![\w.'])([a-z]\w*)\s*@\s*([A-Z]\w*)(?!\w)", r"\1' @ \2", text)
    for m in reversed(list(re.finditer(r"(?<![\w.])(?:sum|mean|rowsum|colsum)\(", text))):
        closed = end_of(text, m.end() - 1)
        if closed < 0 or len(split_at(text[m.end() : closed - 1])) > 1:
            continue
        inside = text[m.end() : closed - 1]
        inside = re.sub(r"(?<![\w.])(?!lambda|alpha|beta|gamma|eta|mu\b|c\b)([a-z]\w*)\s*\*\s*(\w+)\(([a-z]\w*)\)", r"\1 .* \2(\3)", inside)
        for power in reversed(list(re.finditer(r"\s*(?:(?<!\.)\^|\*\*)\s*(?=\d|\()|²", inside))):
            base = inside[factor_start(inside, power.start()) : power.start()]
            if not re.match(rf"(?:{SCALAR_VALUED})\(|\d", base) and base[-1:] not in ("|", "‖"):
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
    modules,
    methods,
    keywords,
    choices,
    layers,
    indicators,
    braces,
    norms,
    square_brackets,
    inner_products,
    double_sums,
    sums,
    _glued,
    applied,
    calls,
    _exponentials,
    _products,
    _by_entries,
)
