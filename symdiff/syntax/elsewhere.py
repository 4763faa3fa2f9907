"""Signs of Markdown, spreadsheets and programs that stand for something else here: the first steps of `respell`.

In and out: a text. Each pattern mends one habit and needs no other; what comes out is a text for the further steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_NAME = r"[^\W\d_]\w*"
_PLAIN = rf"(?:{_NAME}|\d+(?:\.\d+)?)(?:\^\w+|\*\*\w+|[²³])?"  # a name or a number, with its power


def markdown(text: str) -> str:
    r"""`x^2` between backticks, **x**, x\^2, x \* y."""
    text = re.sub(r"^\s*(`+)([^`]+)\1\s*$", r"\2", text)
    text = re.sub(rf"(^|[-+*/(,=]\s*)\*\*({_NAME})\*\*", r"\1\2", text)
    return re.sub(r"\\(?=[*_^|+\-.#~])", "", text)


def numbers(text: str) -> str:
    """1 000*x, 1_000*x, 1.000,5; 30°."""
    text = re.sub(r"(?<![\w.])(\d{1,3}(?:\.\d{3})+),(\d+)(?![\w.])", lambda m: f"{m[1].replace('.', '')}.{m[2]}", text)
    text = re.sub(r"(?<![\w.])(\d{1,3}(?:[ _]\d{3})+)(?!\w)", lambda m: re.sub(r"[ _]", "", m[1]), text)
    return re.sub(r"\(\(([^()]*)\)\)", r"(\1)", re.sub(rf"({_PLAIN})\s*°", r"(\1*pi/180)", text)) if "°" in text else text


def rounded(text: str) -> str:
    """⌊x⌋, ⌈x⌉, x // 2, x^2 % 3."""
    text = text.replace("⌊", "floor(").replace("⌈", "ceil(").translate({ord(c): ")" for c in "⌋⌉"})
    if "://" not in text:
        text = re.sub(rf"({_PLAIN}|\([^()]*\))\s*//\s*({_PLAIN}|\([^()]*\))", r"floor(\1/\2)", text)
    return re.sub(rf"({_PLAIN})\s*%\s*({_PLAIN})", r"mod(\1, \2)", text)


def words(text: str) -> str:
    """`max x 0`, `arc sin(x)`, `sin2x`, `math.e**x`, `log(x, base=2)`, `root(x, 3)`, `softmax_i(z)`."""
    text = re.sub(rf"(?<!\w)(max|min)\s+({_PLAIN})\s+({_PLAIN})\s*$", r"\1(\2, \3)", text)
    text = re.sub(r"(?<!\w)arc[\s-]+(?=(?:sin|cos|tan|cot)h?\b)", "arc", text)
    text = re.sub(r"(?<![\w.])(sin|cos|tan|ln|sinh|cosh|tanh)(\d)([a-z])(?!\w)", r"\1(\2*\3)", text)
    text = re.sub(r"(?<![\w.])(?:np|numpy|jnp|math|Math|torch)\.[eE](?!\w)", "e", text)
    text = re.sub(r"(?<!\w)log\(([^(),]+(?:\([^()]*\))?),\s*(?:base\s*=\s*)?(\w+)\)", r"log(\1)/log(\2)", text) if "base" in text else text
    text = re.sub(r"(?<!\w)(?:nth_?)?root\(([^(),]+(?:\([^()]*\))?),\s*(\w+)\)", lambda m: f"{_grouped(m[1])}^(1/{m[2]})", text)
    text = re.sub(r"(?<!\w)(softmax|log_softmax|softmin)_([a-z\d])\(([^()]*(?:\([^()]*\)[^()]*)*)\)", r"\1(\3)[\2]", text)
    return re.sub(r"(?<=[|‖])\s*_?∞", "_inf", text)


def parts(text: str) -> str:
    """x^+ and x₊ at the end of a factor."""
    return re.sub(rf"(?<![\w.])({_NAME})\s*(?:\^\s*\+|₊)(?=\s*(?:$|[-+*/),;\]]))", r"max(\1, 0)", text)


def ranges(text: str) -> str:
    """Σ x_i² and ∑(i=1..n) x[i]^2; `<w|x>`."""
    text = re.sub(r"(?<=_[ijk])²", "^2", text)
    text = re.sub(r"[∑Σ]\s+(?=[^;\n]*?[^\W_]_([ijk])(?!\w))", lambda m: f"sum_{_first_index(text, m.end())} ", text)
    text = re.sub(r"[∑Σ]\s*(?=\(\s*[a-z]\s*=)", "sum", text)
    return re.sub(rf"<\s*({_NAME})\s*\|\s*({_NAME})\s*>", r"(\1.\2)", text)


def _first_index(text: str, start: int) -> str:
    m = re.search(r"[^\W_]_([ijk])(?!\w)", text[start:])
    return m[1] if m else "i"


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w+", text) else f"({text})"


STEPS: tuple[Callable[[str], str], ...] = (markdown, numbers, rounded, words, parts, ranges)
