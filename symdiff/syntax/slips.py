"""What a text that the parser refuses was meant to be."""

from __future__ import annotations

import re
import unicodedata

from symdiff.errors import ParseError
from symdiff.syntax.hints import NEXT_LINE, PROPERTIES, PROSE_WORDS, near
from symdiff.syntax.lalr import Unexpected
from symdiff.syntax.writtenout import around
from symdiff.table import BUILT_IN, TABLE, known


def syntax_error(error: Unexpected, text: str) -> ParseError:
    """The error for text that does not follow the grammar."""
    if not re.sub(r"#[^\n]*", "", text).strip("; \t\r\n"):
        return ParseError("the formula is empty", span=(0, len(text)), text=text, hint="for example `max(1 - y*w.phi, 0)`")
    start = len(text.rstrip()) if error.at_end else error.position
    message, hint, span = _slip(text, start, error.wanted, error.at_end)
    return ParseError(message, span=span, hint=hint, text=text)


_WORD = re.compile(r"(?:[0-9.]+(?:[eE][+-]?[0-9]+)?|[^\W\d]\w*)")

_LAST = re.compile(r"([0-9.]*[0-9.]|[^\W\d]\w*|.)\s*\Z", re.DOTALL)

_SIGNS = {
    "=": ("`=` gives a value a name; equality is `==`", "for example `[a == b]`"),
    "!": ("`!` is not an operator", "`not` negates a condition, `gamma(n + 1)` is the factorial"),
    "&": ("`&` is not an operator", "write `and`"),
    "%": ("`%` is not an operator", "0.01*x is one percent of x"),
    "\\": ("`\\` is not an operator", "the solution of A*x = b is `inv(A)*b`; signs need no `\\` in front"),
    "$": ("`$` is not an operator", "write the formula without `$`"),
    "{": ("curly brackets are not used", "group with ( )"),
    "}": ("curly brackets are not used", "group with ( )"),
    '"': ("quotation marks are not used", ""),
    "?": ("`?` is not an operator", "write `if(c, a, b)`"),
    "∑": ("the sign `∑` is not read", "write `sum(i=1..m, …)`"),
    "∏": ("the sign `∏` is not read", "write `prod(i=1..m, …)`"),
    "∈": ("the sign `∈` is not read", "declare with a colon: `x: R^n`"),
    "∞": ("infinity is not a number here", "a limit has no formula; the largest entry is `norminf(x)`, `max(x)`"),
    "°": ("angles are in radians", "write `x*pi/180` for x degrees"),
    "`": ("backticks are not read", "write the formula without them"),
    "∂": ("a derivative is asked for and not typed", "type the formula alone and say by what: `--wrt x`"),
    "∇": ("a derivative is asked for and not typed", "type the formula alone and say by what: `--wrt x`"),
    "∫": ("integrals are not read", "a function that an integral defines may stay opaque: `F(x)`"),
    "≈": ("`≈` is not an operator", "`[a == b]` compares, `a = b` gives a name"),
    "≡": ("`≡` is not an operator", "`[a == b]` compares, `a = b` gives a name"),
    "←": ("`←` is not read", "a name gets its value by `=`: `score = w.x; score^2`"),
    "†": ("`†` is not an operator", "all numbers are real, the transpose is `A'`, the inverse `inv(A)`"),
    "±": ("`±` has two values", "write one of them with `+` or `-`"),
    "~": ("`~` is not an operator", "`not` negates a condition, `[a != b]` compares; a distribution has no formula here"),
    "…": ("dots are not read", "a sum has a range: `sum(i=1..n, x[i])`"),
    ",": ("a comma stands only inside brackets and between declared names", ""),
    ":": ("only a name can be declared", "X: matrix(m, n)"),
}


def _slip(text: str, start: int, wanted: set[str], at_end: bool) -> tuple[str, str, tuple[int, int]]:
    """Message, hint and span for what stands at `start`, where one of the tokens `wanted` should stand."""
    unbalanced = _brackets(text)
    if unbalanced is not None:
        return unbalanced
    limit = re.search(r"(?<!\w)lim(?:it)?(?=[_\s(])", text)
    if limit:
        reason, hint = known.REFUSED["lim"]
        return reason, hint, limit.span()
    rest = text[start : start + 200]
    here = "the end" if at_end else f"`{(_WORD.match(rest) or [rest[:1]])[0]}`"
    last = _LAST.search(text[max(0, start - 200) : start])
    before = last[1] if last else ""
    span = (start, start + max(1, len(here) - 2 if not at_end else 1))
    if "KIND" in wanted or "REALS" in wanted:
        word = _WORD.match(rest)
        return _type_slip(word[0] if word else "", span)
    if rest[:1] in ("*", "+", "-", "/", "^") and re.search(r":[^;\n]*\b(?:vector|matrix|tensor|R\s*\^)\s*\([^()]*$", text[:start]):
        return "a size is a name or a number", _size_hint(text, start), span
    matrix = around(text, start)
    if matrix is not None:
        return "a matrix is not written with `;`", matrix[0], matrix[1]
    depth = sum(c in "([" for c in text[:start]) - sum(c in ")]" for c in text[:start])
    if rest.startswith("..") or (rest.startswith(".") and before.endswith(".")):
        return "a range stands only in sums and products over an index", "sum(i=1..m, x[i])", (start, start + 2)
    if re.search(r"\b(?:axis|dim|keepdims?|ord|dtype|reduction)\s*=\s*[-\w'\"]*$", text[:start]):
        return (
            "arguments have no names",
            "the sums of rows and columns are `rowsum(A)` and `colsum(A)`, the norms `norm1(x)`, `norm2(x)`, `norminf(x)`",
            span,
        )
    if rest[:1] == "=" and depth == 0:
        return "only a name can be given a value", "for example `score = w.x`; of an equation, type the difference of its sides", span
    if rest[:1] in "<>≤≥≠" and not at_end and "NUMBER" not in wanted and "COMPARE" not in wanted:
        return "a comparison cannot be an index", "an Iverson bracket is multiplied: `2*[x > 0]`", span
    if here[1] in _SIGNS and not (here[1] == ":" and "COLON" in wanted):
        message, hint = _SIGNS[here[1]]
        return message, hint, span
    plain = unicodedata.normalize("NFKC", rest[:1])
    if not at_end and plain != rest[:1] and plain.isascii():
        return f"`{rest[0]}` is not the sign `{plain}`", f"type `{plain}`", span
    if "NUMBER" not in wanted:  # a value stands in front
        if rest.startswith("["):
            bracket = rest[: rest.find("]") + 1]
            return f"an operator is missing between `{before}` and `[`", f"write `{before}*{bracket}`", span
        if not at_end and (_WORD.match(rest) or rest[:1] in "(√¬"):
            other = here.strip("`")
            left = start - len(last[0]) if last else start
            message = f"an operator is missing between `{before}` and `{other}`"
            words = bool(_WORD.fullmatch(before) and _WORD.match(rest))
            place = (left, span[1]) if words else span
            if before == "if":
                return message, "write `if(c, a, b)`", place
            if _no_factor(other) and not other.startswith("_") and before not in known.REFUSED:
                return message, _FORMULA, place
            stem, _, index = before.partition("_")
            over = stem in ("argmin", "argmax") and index and index not in ("i", "j", "k")  # over a variable
            asked = "minimize" if over else before if before in known.REFUSED else stem
            if asked in known.REFUSED:
                reason, hint = known.REFUSED[asked]
                return f"`{before}` is not a function here: {reason}", hint, (left, start)
            if before in TABLE.names or before in BUILT_IN or before in known.NAMES:
                return (
                    message,
                    f"the argument of a function stands in brackets: `{known.SAME.get(before, before)}({other if words else '…'})`",
                    place,
                )
            if before in ("|", "‖") and other.startswith("_"):
                return message, "the norms are `norm1(x)`, `norm2(x)`, `norminf(x)`, of a matrix `norm2(A)`", place
            if other.startswith("_"):
                return message, "an entry is `x[i]`, a name with a subscript `x_i`", place
            if _no_factor(before) or _no_factor(other):
                return message, _FORMULA, place
            return message, f"write `{before}*{other}`" if words else f"a product is written with `*`: `{before}*{other}`", place
        if at_end and "COLON" in wanted:
            return *_SIGNS[","], span
        if "BAR_END" in wanted or "NORM_END" in wanted:
            if at_end:
                return "a bar is never closed", "`abs(x)` and `norm2(x)` need no bars", span
            if re.search(r"[^\W\d]\w*\([^()|]*$", text[:start]):
                return "a bar is open at " + here, _DENSITY, span
            return f"a bar is open at {here}", "directly nested bars need brackets: `|(|x| - 1)|`", span
        if rest[:1] == "|" and re.search(r"[^\W\d]\w*\([^()|]*$", text[:start]):
            return f"{here} cannot stand here: what is given in a probability is no argument", _DENSITY, span
        return (
            f"{here} cannot stand here",
            _DENSITY if rest[:1] == ";" and re.search(r"(?<!\w)[A-Zpqf]\w*\([^()]*$", text[:start]) else "",
            span,
        )
    if rest[:1] == "'" and (quoted := re.match(r"'[^']*'", rest)):
        return (
            "text in quotation marks is not read",
            "write a sum over indices: `tensor(i=1..m, sum(j, A[i,j]*x[j]))`",
            (start, start + quoted.end()),
        )
    if at_end:
        return f"the formula ends after `{before}`, where a value is expected", f"write what follows, or leave `{before}` out", span
    if rest[0] in ")]":
        return f"a value is missing between `{before}` and `{rest[0]}`", "a value, or nothing at all, stands there", span
    line = text[:start].rstrip(" \t")
    if line.endswith("\n"):
        return f"a value is missing before {here}", NEXT_LINE, span
    return f"a value is missing before {here}", f"write what stands in front, or leave {here} out", span


_FORMULA = "type the formula alone, for example `norm2(w)^2`"

_DENSITY = "write the density out: `exp(-(x - mu)^2/(2*s^2))/(s*sqrt(2*pi))`, `sigma(w.x)`; or with a comma: `P(y, x)`"


def _no_factor(word: str) -> bool:
    """Is a word that of a sentence or a program, or a subscript, so that nobody multiplies by it?"""
    return word.startswith("_") or (len(word) > 1 and word in PROSE_WORDS)


def _brackets(text: str) -> tuple[str, str, tuple[int, int]] | None:
    """The first bracket without its partner."""
    closing = {")": "(", "]": "["}
    open_ones: list[tuple[str, int]] = []
    for m in re.finditer(r"#[^\n]*|[()\[\]]", text):
        c, at = m[0][0], m.start()
        if c in "([":
            open_ones.append((c, at))
        elif c in closing:
            if not open_ones:
                return f"`{c}` closes nothing", f"a `{closing[c]}` is missing, or this is one too many", (at, at + 1)
            opened, where = open_ones.pop()
            if opened != closing[c]:
                return f"`{opened}` is closed by `{c}`", "both have to be of one kind", (where, at + 1)
    if open_ones:
        c, at = open_ones[-1]
        ends = "".join(")" if c == "(" else "]" for c, _ in reversed(open_ones))
        whole = text.strip()
        short = "\n" not in whole and "#" not in whole and len(whole) < 60 and whole[-1] not in "+-*/^.,;=("
        return f"`{c}` is never closed", f"write `{whole}{ends}`" if short else f"a `{ends[0]}` is missing", (at, at + 1)
    return None


_TYPES = ("scalar", "vector", "matrix", "tensor", "R", "label", *sorted(PROPERTIES))


def _size_hint(text: str, start: int) -> str:
    """What to declare instead of `x: vector(2*n)`."""
    found = re.search(r"([^\W\d]\w*)\s*:\s*((?:\w+\s+)*)(vector|matrix|tensor|R\s*\^)\s*\([^()]*$", text[:start])
    if found is None or found[3] not in ("vector", "matrix"):
        return "leave it out, `y: vector`, or give it a name: `y: vector(k)`"
    name, words, kind = found[1], found[2], found[3]
    sizes = "k" if kind == "vector" else "k, l"
    return f"leave it out, `{name}: {words}{kind}`: what it meets fixes it; or give it a name of its own, `{name}: {words}{kind}({sizes})`"


def _type_slip(word: str, span: tuple[int, int]) -> tuple[str, str, tuple[int, int]]:
    other = near(word, _TYPES) if word else ""
    hint = (
        f"did you mean `{other}`?"
        if other
        else "types are scalar, vector(n), matrix(m, n), R^n, R^(m x n), perhaps after a property, and label(k)"
    )
    return (f"there is no type `{word}`" if word else "a type is expected here"), hint, span
