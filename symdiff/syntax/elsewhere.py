"""Signs of Markdown, spreadsheets and programs that stand for something else here: the first steps of `respell`.

In and out: a text. Each pattern mends one habit and needs no other; what comes out is a text for the further steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symdiff.table import BUILT_IN, TABLE
from symdiff.table.known import NAMES

_NAME = r"[^\W\d_]\w*"
_WORDS = frozenset((*TABLE.names, *BUILT_IN, *NAMES))
_PROPERTIES = "positive|nonnegative|symmetric|psd|diagonal|orthogonal"
_FRACTIONS = {"½": "1/2", "⅓": "1/3", "¼": "1/4", "¾": "3/4"}
_ARRAYS = "np|numpy|jnp|torch|tf|cp"
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


def signs(text: str) -> str:
    """Signs as wide as two letters, hyphens and primes of typesetting, characters without a width."""
    text = re.sub(r"[\u200b\u2060\ufeff\u00ad]", "", text)
    text = text.translate(
        {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, "’′"), "'") | dict.fromkeys(map(ord, "‐‑﹣"), "-")
    )
    return re.sub(r"(?<![\w.])Pi(?![\w(])", "pi", text) if not re.search(r"(?<!\w)Pi\s*[:=]", text) else text


def numbers_and_fractions(text: str) -> str:
    """3¼*x."""
    return re.sub(r"(?<![\w.])(\d+)([½⅓¼¾])", lambda m: f"({m[1]} + {_FRACTIONS[m[2]]})", text)


def of_r(text: str) -> str:
    """`t(X) %*% b`, `x %o% y`, `b <- 2`, `solve(A) %*% b`, `crossprod(X)`."""
    text = re.sub(rf"(^|[;\n]\s*)({_NAME})\s*<-\s*(?![\w.]*>)", r"\1\2 = ", text)
    text = re.sub(
        rf"(?<![\w.])(crossprod|tcrossprod)\(({_NAME})\)", lambda m: f"{m[2]}'*{m[2]}" if m[1] == "crossprod" else f"{m[2]}*{m[2]}'", text
    )
    if not re.search(r"%[*ox]%", text):
        return text
    text = re.sub(rf"({_NAME})\s*%o%\s*({_NAME})", r"outer(\1, \2)", text)
    text = re.sub(rf"({_NAME})\s*%x%\s*({_NAME})", r"kron(\1, \2)", text)
    text = re.sub(rf"(?<![\w.])t\(({_NAME})\)", r"\1'", text)
    text = re.sub(r"(?<![\w.])t(?=\([^()]*(?:\([^()]*\)[^()]*)*\))", "transpose", text)
    text = re.sub(rf"(?<![\w.])solve\(({_NAME}'?)\)", r"inv(\1)", text)
    return re.sub(r"\s*%\*%\s*", "*", text)


def of_matlab(text: str) -> str:
    """`A(:,1)`, `x(:)`, `f = @(x) x.^2; f(y)`, `sum(X, 2)`, and a comment behind `%`; in Python `f = lambda x: x**2; f(y)`."""
    comment = re.search(rf"\s%\s*({_NAME})(?:\s+{_NAME})*\s*$", text)
    if comment and len(comment[1]) > 3 and len(re.findall(rf"(?<!\w){comment[1]}(?!\w)", text)) == 1:
        text = text[: comment.start()]
    text = re.sub(rf"\b(sum|mean|max|min|prod|norm)\(\s*({_NAME})\(\s*:\s*\)\s*\)", r"\1(\2)", text)
    text = re.sub(rf"({_NAME})\(\s*:\s*\)", lambda m: f"vec({m[1]})" if m[1][0].isupper() else m[1], text)
    text = re.sub(
        rf"(?<![\w.])({_NAME})\(\s*(:|\d+)\s*,\s*(:|\d+)\s*\)", lambda m: m[0] if m[1] in _WORDS else f"{m[1]}[{m[2]},{m[3]}]", text
    )
    text = re.sub(
        r"(?<![\w.])(sum|mean|prod|max|min)\(([^(),]+(?:\([^()]*\)[^(),]*)*),\s*(?:\[\],\s*)?([12])\)",
        lambda m: f"{'col' if m[3] == '1' else 'row'}{m[1]}({m[2].strip()})" if "[]" in m[0] or m[1] not in ("max", "min") else m[0],
        text,
    )
    if ";" in text or "\n" in text:
        text = re.sub(
            rf"(^|[;\n]\s*)({_NAME})\s*=\s*(?:@\(([\w,\s]+)\)|lambda\s+([\w,\s]+):)\s*",
            lambda m: f"{m[1]}{m[2]}({(m[3] or m[4]).strip()}) = ",
            text,
        )
    return text


def of_julia(text: str) -> str:
    """`@. x^2`, `sum(abs2, x)`, `abs2.(x)`, `x |> sum`."""
    text = re.sub(r"(?:^|(?<=[;=(]))\s*@\.\s*", "", text)
    text = re.sub(rf"(?<![\w.])sum\(\s*(abs2|abs|exp|log|sqrt)\s*,\s*({_NAME}|[^(),]+\([^()]*\)[^(),]*)\)", r"sum(\1(\2))", text)
    text = re.sub(rf"(?<![\w.])({_NAME})\.(?=\()", lambda m: m[1] if m[1] in _WORDS else m[0], text)
    piped = re.fullmatch(rf"\s*([^|]+?)\s*\.?\|>\s*({_NAME})\s*", text)
    return f"{piped[2]}({piped[1]})" if piped else text


def arrays(text: str) -> str:
    """`np.sum(X, 1)`, `X.sum(0)`, `np.diff(x)`, `np.linalg.slogdet(A)[1]`; `.sum()` takes the rest."""
    text = re.sub(rf"(?<!\w)(?:{_ARRAYS})\.(sum|mean|max)\(([^(),]+(?:\([^()]*\)[^(),]*)*),\s*(-?[01])\)", r"np.\1(\2, axis=\3)", text)
    text = re.sub(rf"(?<![\w.])({_NAME}|\([^()]*\))\.(sum|mean|max)\((?:axis\s*=\s*|dim\s*=\s*)?([01])\)", r"np.\2(\1, axis=\3)", text)
    text = re.sub(rf"(?<!\w)(?:{_ARRAYS})\.(?:linalg\.)?slogdet\(([^()]+)\)\[1\]", r"logdet(\1)", text)
    text = re.sub(
        rf"(?<!\w)(?:{_ARRAYS})\.sum\(\s*(?:{_ARRAYS})\.diff\(({_NAME})\)\s*\*\*\s*2\s*\)", r"sum(i=1..n-1, (\1[i+1] - \1[i])^2)", text
    )
    return re.sub(rf"(?<!\w)(?:{_ARRAYS})\.diff\(({_NAME})\)", r"tensor(i=1..n-1, \1[i+1] - \1[i])", text)


def chosen(text: str) -> str:
    """`2*(a if c else b)`: a choice between brackets of its own."""
    inner = r"[^()]*(?:\([^()]*\)[^()]*)*"
    return re.sub(
        rf"(\w?)\(\s*({inner}?)\s+if\s+({inner}?)\s+else\s+({inner}?)\s*\)",
        lambda m: f"{m[1]}(if({m[3]}, {m[2]}, {m[4]}))" if m[1] else f"if({m[3]}, {m[2]}, {m[4]})",
        text,
    )


def sentences(text: str) -> str:
    """`let h = x^2; h + 1`, `x: float`, `X: m x n matrix`, and declarations behind the formula: `x'*A*x, A: symmetric`, `… where A is symmetric`."""
    text = re.sub(rf"(^|[;\n]\s*)let\s+(?={_NAME}\s*=)(?!.*\sin\s)", r"\1", text)
    text = re.sub(r":\s*(?:float|real|double|number|int|integer)\b(?!\s*\()", ": scalar", text)
    text = re.sub(r":\s*(\w+)\s*(?:x|×|by)\s*(\w+)(?:\s+matrix)?(?=\s*(?:[;\n]|$))", r": matrix(\1, \2)", text)
    text = re.sub(
        r":\s*(?:matrix\s*\(\s*(\w+)\s*(?:x|×|by)|\(\s*(\w+)\s*,)\s*(\w+)\s*\)", lambda m: f": matrix({m[1] or m[2]}, {m[3]})", text
    )
    text = re.sub(
        rf"(?:^|(?<=[;,\n]))\s*({_NAME})(?:\s+is|:)?\s+(?:an?\s+)?({_PROPERTIES})(?:\s+matrix)?\s*(?=[;,\n]|$)",
        lambda m: f" {m[1]}: {_said(m[2])}",
        text,
    )
    said = re.fullmatch(rf"(.+?),?\s+(?:where|with|for|if)\s+({_NAME})\s+(?:is\s+)?(?:an?\s+)?({_PROPERTIES})(?:\s+matrix)?\s*", text)
    if said:
        return f"{said[2]}: {_said(said[3])}; {said[1]}"
    parts = [p.strip() for p in re.split(r"[;\n]|,(?=\s*[^\W\d]\w*\s*:)", text) if p.strip()]
    declared = [p for p in parts if re.match(rf"{_NAME}(?:\s*,\s*{_NAME})*\s*:(?!=)", p)]
    others = [p for p in parts if p not in declared]
    if declared and others and parts[-1] in declared:
        return "; ".join([*declared, *others])
    return text


def _said(word: str) -> str:
    return f"{word} {'scalar' if word in ('positive', 'nonnegative') else 'matrix'}"


def asked(text: str) -> str:
    """`derivative of x^2 with respect to x`, `diff(x^2, x)`, `D[x^2, x]`."""
    text = re.sub(rf"^(\s*(?:the\s+)?(?:derivative|gradient)\s.*?)\s+(?:with respect to|wrt|w\.r\.t\.|by)\s+{_NAME}\s*$", r"\1", text)
    m = re.fullmatch(rf"\s*(?:diff|D|Derivative|deriv|grad|gradient|differentiate)\s*[(\[](.+),\s*{_NAME}\s*[)\]]\s*", text)
    return m[1].strip() if m and "," not in re.sub(r"\([^()]*\)", "", m[1]) else text


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
    return re.sub(rf"(?<![\w.])({_NAME})\s*(?:\^\s*\+|₊|⁺)(?=\s*(?:$|[-+*/),;\]]))", r"max(\1, 0)", text)


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


STEPS: tuple[Callable[[str], str], ...] = (
    markdown, signs, sentences, asked, of_r, of_matlab, of_julia, arrays, chosen, numbers, numbers_and_fractions, rounded, words, parts, ranges,
)  # fmt: skip
