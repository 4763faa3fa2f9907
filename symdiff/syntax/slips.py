"""What a text that the parser refuses was meant to be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

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

_LAST = re.compile(r"([0-9.]*[0-9.]|[^\W\d]\w*|.)[\s\u200b\u2060\ufeff\u00ad]*\Z", re.DOTALL)

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


class Here(NamedTuple):
    """Where a text cannot be read. start: the place; wanted: the tokens that could stand there; at_end: whether the text ends instead.

    rest: what stands there; shown: the word or sign, as it is called in messages; span: its place. before: the word or sign in front; left: its place.
    """

    text: str
    start: int
    wanted: set[str]
    at_end: bool
    rest: str
    shown: str
    span: tuple[int, int]
    before: str
    left: int

    @property
    def front(self) -> str:
        return self.text[: self.start]

    @property
    def after_a_value(self) -> bool:
        """No value can stand here, so that one stands in front."""
        return "NUMBER" not in self.wanted


Slip = tuple[str, str, tuple[int, int]]  # message, hint, span


def _slip(text: str, start: int, wanted: set[str], at_end: bool) -> Slip:
    """Message, hint and span for what stands at `start`, where one of the tokens `wanted` should stand."""
    rest = text[start : start + 200]
    shown = "the end" if at_end else f"`{(_WORD.match(rest) or [rest[:1]])[0]}`"
    last = _LAST.search(text[max(0, start - 200) : start])
    span = (start, start + max(1, len(shown) - 2 if not at_end else 1))
    left = start - len(last[0]) if last else start
    here = Here(text, start, wanted, at_end, rest, shown, span, last[1] if last else "", left)
    for slip in SLIPS:
        found = slip(here)
        if found is not None:
            return found
    return _no_value(here)


def _bracket(here: Here) -> Slip | None:
    return _brackets(here.text)


def _limit(here: Here) -> Slip | None:
    limit = re.search(r"(?<!\w)lim(?:it)?(?=[_\s(])", here.text)
    return (*known.REFUSED["lim"], limit.span()) if limit else None


def _type(here: Here) -> Slip | None:
    if here.wanted.isdisjoint(("KIND", "REALS")):
        return None
    word = _WORD.match(here.rest)
    return _type_slip(word[0] if word else "", here.span)


def _computed_size(here: Here) -> Slip | None:
    """`x: vector(2*k)`."""
    if here.rest[:1] in ("*", "+", "-", "/", "^") and re.search(r":[^;\n]*\b(?:vector|matrix|tensor|R\s*\^)\s*\([^()]*$", here.front):
        return "a size is a name or a number", _size_hint(here.front), here.span
    return None


def _matrix(here: Here) -> Slip | None:
    """`[a, b; c, d]`."""
    matrix = around(here.text, here.start)
    return ("a matrix is not written with `;`", *matrix) if matrix is not None else None


def _range(here: Here) -> Slip | None:
    if here.rest.startswith("..") or (here.rest.startswith(".") and here.before.endswith(".")):
        return "a range stands only in sums and products over an index", "sum(i=1..m, x[i])", (here.start, here.start + 2)
    return None


def _named_argument(here: Here) -> Slip | None:
    """`sum(A, axis=0)`."""
    if not re.search(r"\b(?:axis|dim|keepdims?|ord|dtype|reduction)\s*=\s*[-\w'\"]*$", here.front):
        return None
    return (
        "arguments have no names",
        "the sums of rows and columns are `rowsum(A)` and `colsum(A)`, the norms `norm1(x)`, `norm2(x)`, `norminf(x)`",
        here.span,
    )


def _equation(here: Here) -> Slip | None:
    depth = sum(c in "([" for c in here.front) - sum(c in ")]" for c in here.front)
    if here.rest[:1] != "=" or depth != 0:
        return None
    return "only a name can be given a value", "for example `score = w.x`; of an equation, type the difference of its sides", here.span


def _condition_as_index(here: Here) -> Slip | None:
    if here.rest[:1] in "<>≤≥≠" and not here.at_end and here.after_a_value and "COMPARE" not in here.wanted:
        return "a comparison cannot be an index", "an Iverson bracket is multiplied: `2*[x > 0]`", here.span
    return None


def _sign(here: Here) -> Slip | None:
    """Signs of other notations."""
    sign = here.shown[1]
    return (*_SIGNS[sign], here.span) if sign in _SIGNS and not (sign == ":" and "COLON" in here.wanted) else None


def _wide_sign(here: Here) -> Slip | None:
    """Signs that look like one of ASCII: a fullwidth bracket."""
    plain = unicodedata.normalize("NFKC", here.rest[:1])
    if here.at_end or plain == here.rest[:1] or not plain.isascii():
        return None
    return f"`{here.rest[0]}` is not the sign `{plain}`", f"type `{plain}`", here.span


def _missing_operator(here: Here) -> Slip | None:
    """Two values side by side."""
    if not here.after_a_value:
        return None
    rest, before = here.rest, here.before
    if rest.startswith("["):
        bracket = rest[: rest.find("]") + 1]
        return f"an operator is missing between `{before}` and `[`", f"write `{before}*{bracket}`", here.span
    if here.at_end or not (_WORD.match(rest) or rest[:1] in "(√¬"):
        return None
    other = here.shown.strip("`")
    words = bool(_WORD.fullmatch(before) and _WORD.match(rest))
    place = (here.left, here.span[1]) if words else here.span
    asked = _asked(before)
    if before != "if" and asked and not (_no_factor(other) and not other.startswith("_") and before not in known.REFUSED):
        return f"`{before}` is not a function here: {known.REFUSED[asked][0]}", known.REFUSED[asked][1], (here.left, here.start)
    return f"an operator is missing between `{before}` and `{other}`", _between(before, other, words), place


def _asked(before: str) -> str:
    """What a word in front of a value asks for, if that is refused: `argmin_w` a minimum over a variable, `argmax_i` a place."""
    stem, _, index = before.partition("_")
    over = stem in ("argmin", "argmax") and index and index not in ("i", "j", "k")
    asked = "minimize" if over else before if before in known.REFUSED else stem
    return asked if asked in known.REFUSED else ""


def _between(before: str, other: str, words: bool) -> str:
    """What to write where two values stand side by side."""
    if before == "if":
        return "write `if(c, a, b)`"
    if _no_factor(other) and not other.startswith("_") and before not in known.REFUSED:
        return _FORMULA
    if before in TABLE.names or before in BUILT_IN or before in known.NAMES:
        return f"the argument of a function stands in brackets: `{known.SAME.get(before, before)}({other if words else '…'})`"
    if before in ("|", "‖") and other.startswith("_"):
        return "the norms are `norm1(x)`, `norm2(x)`, `norminf(x)`, of a matrix `norm2(A)`"
    if other.startswith("_"):
        return "an entry is `x[i]`, a name with a subscript `x_i`"
    if _no_factor(before) or _no_factor(other):
        return _FORMULA
    if words or not re.search(r"[)\]\w]$", before):
        return f"write `{before}*{other}`" if words else f"a product is written with `*` in front of `{other}`"
    return f"a product is written with `*`: `{before}*{other}`"


def _open(here: Here) -> Slip | None:
    """Behind a value: bars that are open, probabilities, and whatever else does not go on from there."""
    if not here.after_a_value:
        return None
    shown, span = here.shown, here.span
    argument = re.search(r"[^\W\d]\w*\([^()|]*$", here.front)
    if here.at_end and "COLON" in here.wanted:
        return *_SIGNS[","], span
    if not here.wanted.isdisjoint(("BAR_END", "NORM_END")):
        if here.at_end:
            return "a bar is never closed", "`abs(x)` and `norm2(x)` need no bars", span
        return f"a bar is open at {shown}", _DENSITY if argument else "directly nested bars need brackets: `|(|x| - 1)|`", span
    if here.rest[:1] == "|" and argument:
        return f"{shown} cannot stand here: what is given in a probability is no argument", _DENSITY, span
    density = here.rest[:1] == ";" and re.search(r"(?<!\w)[A-Zpqf]\w*\([^()]*$", here.front)
    return f"{shown} cannot stand here", _DENSITY if density else "", span


def _quoted(here: Here) -> Slip | None:
    """An index expression as a text, as einsum takes it."""
    if here.rest[:1] == "'" and (quoted := re.match(r"'[^']*'", here.rest)):
        hint = "write a sum over indices: `tensor(i=1..m, sum(j, A[i,j]*x[j]))`"
        return "text in quotation marks is not read", hint, (here.start, here.start + quoted.end())
    return None


def _no_value(here: Here) -> Slip:
    """Here a value is expected."""
    shown, before, span = here.shown, here.before, here.span
    if here.at_end:
        return f"the formula ends after `{before}`, where a value is expected", f"write what follows, or leave `{before}` out", span
    if here.rest[0] in ")]":
        return f"a value is missing between `{before}` and `{here.rest[0]}`", "a value, or nothing at all, stands there", span
    if here.front.rstrip(" \t").endswith("\n"):
        return f"a value is missing before {shown}", NEXT_LINE, span
    return f"a value is missing before {shown}", f"write what stands in front, or leave {shown} out", span


# Asked in this order: the first that has something to say is right more often than those behind it.
SLIPS: tuple[Callable[[Here], Slip | None], ...] = (
    _bracket, _limit, _type, _computed_size, _matrix, _range, _named_argument, _equation, _condition_as_index, _sign, _wide_sign, _missing_operator, _open, _quoted,
)  # fmt: skip


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


def _size_hint(front: str) -> str:
    """What to declare instead of `x: vector(2*n)`."""
    found = re.search(r"([^\W\d]\w*)\s*:\s*((?:\w+\s+)*)(vector|matrix|tensor|R\s*\^)\s*\([^()]*$", front)
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
