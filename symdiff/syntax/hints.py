"""What the likely mistake was: every message about bad text, in one place.

In: where and what. Out: a SymdiffError that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from symdiff.errors import LimitError, ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.syntax.lalr import Unexpected
from symdiff.syntax.tree import Binding, Declaration, Definition, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE, Row, known
from symdiff.table.operators import COMPARISONS, CONNECTIVES, OPERATORS

if TYPE_CHECKING:
    from symdiff.syntax.types import Typing

PROPERTIES = frozenset(["positive", "nonnegative", "symmetric", "psd", "diagonal", "orthogonal", "onehot", "simplex"])

LARGEST_SIZE = 2**63 - 1
RESERVED = {name: meaning for name, (_, meaning) in BUILT_IN.items()} | {"pi": "the number 3.14…"}

# Letters that look like Latin ones: Cyrillic, Armenian, and what they look like.
_LOOKALIKES = dict(zip("аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅՏոս", "aeopcyxijsdhqwABEKMHOPCTXIJSSnu", strict=True))


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
    "\\": ("`\\` is not an operator", "the solution of A*x = b is `inv(A)*b`"),
    "$": ("`$` is not an operator", "write the formula without `$`"),
    "{": ("curly brackets are not used", "group with ( )"),
    "}": ("curly brackets are not used", "group with ( )"),
    '"': ("quotation marks are not used", ""),
    "?": ("`?` is not an operator", "write `if(c, a, b)`"),
    "∑": ("the sign `∑` is not read", "write `sum(i=1..m, …)`"),
    "∏": ("the sign `∏` is not read", "write `prod(i=1..m, …)`"),
    "∈": ("the sign `∈` is not read", "declare with a colon: `x: R^n`"),
    "∞": ("infinity is not a number here", ""),
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
    depth = sum(c in "([" for c in text[:start]) - sum(c in ")]" for c in text[:start])
    if rest.startswith("..") or (rest.startswith(".") and before.endswith(".")):
        return "a range stands only in sums and products over an index", "sum(i=1..m, x[i])", (start, start + 2)
    if re.search(r"\b(?:axis|dim|keepdims?|ord|dtype|reduction)\s*=\s*[-\w'\"]*$", text[:start]):
        return "arguments have no names", "the sums of rows and columns are `rowsum(A)` and `colsum(A)`, the norms `norm1(x)`, `norm2(x)`, `norminf(x)`", span
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
                return message, f"the argument of a function stands in brackets: `{known.SAME.get(before, before)}({other if words else '…'})`", place
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
                return "a bar is never closed", "", span
            if re.search(r"[^\W\d]\w*\([^()|]*$", text[:start]):
                return "a bar is open at " + here, _DENSITY, span
            return f"a bar is open at {here}", "directly nested bars need brackets: `|(|x| - 1)|`", span
        if rest[:1] == "|" and re.search(r"[^\W\d]\w*\([^()|]*$", text[:start]):
            return f"{here} cannot stand here: what is given in a probability is no argument", _DENSITY, span
        return f"{here} cannot stand here", _DENSITY if rest[:1] == ";" and re.search(r"(?<!\w)[A-Zpqf]\w*\([^()]*$", text[:start]) else "", span
    if at_end:
        return f"the formula ends after `{before}`, where a value is expected", "", span
    if rest[0] in ")]":
        return f"a value is missing between `{before}` and `{rest[0]}`", "", span
    line = text[:start].rstrip(" \t")
    if line.endswith("\n"):
        return f"a value is missing before {here}", NEXT_LINE, span
    return f"a value is missing before {here}", "", span


_FORMULA = "type the formula alone, for example `norm2(w)^2`"
_DENSITY = "write the density out: `exp(-(x - mu)^2/(2*s^2))/(s*sqrt(2*pi))`, `sigma(w.x)`; or with a comma: `P(y, x)`"
_WORDS_OF_PROSE = (
    "the of is with respect squared by let find compute over a an to for from all if else in where then derivative gradient function plus minus times cubed "
    "divided what power half one otherwise"
)
_PROSE_WORDS = frozenset(_WORDS_OF_PROSE.split())


def _no_factor(word: str) -> bool:
    """Is a word that of a sentence or a program, or a subscript, so that nobody multiplies by it?"""
    return word.startswith("_") or (len(word) > 1 and word in _PROSE_WORDS)


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
                return f"`{opened}` is closed by `{c}`", "", (where, at + 1)
    if open_ones:
        c, at = open_ones[-1]
        return f"`{c}` is never closed", "", (at, at + 1)
    return None


_TYPES = ("scalar", "vector", "matrix", "tensor", "R", "label", *sorted(PROPERTIES))


def _type_slip(word: str, span: tuple[int, int]) -> tuple[str, str, tuple[int, int]]:
    other = near(word, _TYPES) if word else ""
    hint = f"did you mean `{other}`?" if other else "types are scalar, vector(n), matrix(m, n), R^n, R^(m x n), perhaps after a property, and label(k)"
    return (f"there is no type `{word}`" if word else "a type is expected here"), hint, span


def no_expression(parsed: Program) -> ParseError:
    end = len(parsed.text)
    last = parsed.statements[-1] if parsed.statements else None
    name = last.name if isinstance(last, Binding) else last.names[0] if last else "x"
    if not last and parsed.definitions:
        called = next(reversed(parsed.definitions.values()))
        name = f"{called.name}({', '.join(called.parameters)})"
    return ParseError("the formula has no expression", span=(end, end), hint=f"end with one, for example `{name}`")


def two_meanings(name: str, span: tuple[int, int], text: str) -> ParseError:
    return ParseError(f"`{name}` cannot be both a dimension and a variable", span=span, text=text, hint="rename one of them")


def used_before(name: str, span: tuple[int, int] | None) -> ParseError:
    return ParseError(f"`{name}` is used before it is bound", span=span, hint="move the binding in front of its use")


def check_size(value: int, span: tuple[int, int]) -> int:
    """A size or an index that an array can have."""
    if value > LARGEST_SIZE:
        raise exceeded_size(span)
    return value


def exceeded_size(span: tuple[int, int]) -> ParseError:
    return ParseError("no array has so many entries", span=span, hint="a size without a number is a name: `x: vector(n)`")


NOT_LAST = "an expression stands before the end"
NEXT_LINE = "a line break ends a statement; put the operator at the end of the line before"


def not_last(tree: Tree) -> ParseError:
    return ParseError(
        NOT_LAST, span=(tree.start, tree.end), hint="give it a name: `loss = …`; the last line is the formula"
    )


def chain(a: Tree, b: Tree) -> ParseError:
    return ParseError("comparisons cannot be chained", span=(a.start, b.end), hint="write `a < b and b < c`")


def has_name(tree: Tree) -> bool:
    """Whether a letter stands in it: `k + 1`, but not `1/2`."""
    stack = [tree]
    while stack:
        t = stack.pop()
        if t.kind == "name":
            return True
        stack += t.kids
    return False


def check_exponent(base: Tree, exponent: Tree) -> None:
    """`A^2'` transposes the 2, which nobody means."""
    inner, signs = exponent, 0
    while inner.kind == "neg":
        inner, signs = inner.kids[0], signs + 1
    while inner.kind == "transpose" and inner.kids[0].kind == "transpose":
        inner = inner.kids[0]
    if inner.kind == "transpose":
        (inner,) = inner.kids
        while inner.kind == "neg":
            inner, signs = inner.kids[0], signs + 1
        if inner.kind == "number":
            name = base.value if base.kind == "name" else "A"
            raise ParseError(
                "a prime after an exponent transposes the exponent",
                span=(base.start, exponent.end),
                hint=f"write `({name}^{'-' * signs}{inner.value if inner.value < 1000 else 'k'})'`",
            )


def check_letters(name: str, span: tuple[int, int] | None) -> None:
    """ParseError if a name could be read as a Latin one but is not."""
    odd = [c for c in name if c in _LOOKALIKES]
    if odd and all(c in _LOOKALIKES or c.isascii() for c in name):
        latin = "".join(_LOOKALIKES.get(c, c) for c in name)
        raise ParseError(
            f"`{brief(name)}` is written with letters of another script that look Latin", span=span, hint=f"type `{brief(latin)}` in Latin letters"
        )


def no_name(text: str, span: tuple[int, int] | None) -> ParseError:
    hint = f"`{text}` joins conditions" if text in CONNECTIVES else "a name is a letter, then letters, digits and `_`"
    return ParseError(f"`{brief(text)}` cannot be a name", span=span, hint=hint)


def reserved(name: str, span: tuple[int, int] | None) -> ParseError:
    return ParseError(f"`{name}` has a meaning of its own: {RESERVED.get(name, 'it stands for something else')}", span=span, hint="choose another name")


def brief(text: str, most: int = 60) -> str:
    """A name as a message quotes it: none is longer than a line."""
    return text if len(text) <= most else text[: most - 1] + "…"


def check_spec(spec: TypeSpec, span: tuple[int, int]) -> None:
    """ParseError if a declared type has too many or too few sizes."""
    if spec.kind == "tensor":
        if spec.dims is None or len(spec.dims) < 3:
            raise ParseError("a tensor has three sizes or more", span=span, hint="A: tensor(b, n, m)")
        if set(spec.properties) - {"positive", "nonnegative"}:
            raise ShapeError(f"a tensor cannot be {min(set(spec.properties) - {'positive', 'nonnegative'})}", span=span)
        return
    wanted = {"scalar": 0, "vector": 1, "matrix": 2}[spec.kind]
    if spec.dims is not None and len(spec.dims) != wanted:
        raise ParseError(f"a {spec.kind} has {wanted} size{'s' * (wanted != 1)}, not {len(spec.dims)}", span=span)
    if spec.kind == "scalar" and set(spec.properties) - {"positive", "nonnegative"}:
        raise ShapeError(f"a scalar cannot be {spec.properties[0]}", span=span)


def near(name: str, names: Iterable[str]) -> str:
    """The known name that this one is probably a slip for, or ""."""
    limit = 2 if len(name) >= 6 else 1 if len(name) >= 4 else 0
    best, folded = "", known.fold(name)
    for other in names:
        if folded == known.fold(other):
            return other
        if limit and abs(len(other) - len(name)) <= limit and len(other) > 2:
            d = _distance(name, other)
            if d <= limit:
                best, limit = other, d - 1
                if limit < 0:
                    break
    return best


def _distance(a: str, b: str) -> int:
    """How many letters were missed, added, changed or swapped with their neighbour."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            d = min(row[-1] + 1, last[j] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                d = min(d, before[j - 2] + 1)
            row.append(d)
        before, last = last, row
    return last[-1]


# ------------------------------------------------------------------------------------------------------ names, calls


def check_arity(row: Row, tree: Tree) -> None:
    """ParseError if a function of the table has too many or too few arguments."""
    least, most, n = len(row.args) - len(row.defaults), len(row.args), len(tree.kids)
    if least <= n <= most or (row.name in ("max", "min") and n > most):
        return
    count = str(least) if least == most else f"{least} or {most}"
    raise ParseError(
        f"`{tree.value}` takes {count} argument{'s' * (most > 1)}, not {n}",
        span=(tree.start, tree.end),
        hint=f"{tree.value}({', '.join(row.args)})",
    )


def check_function(name: str, span: tuple[int, int], call: str) -> None:
    """UnknownNameError if people know an unknown function by this name, or if it is close to a known one. call: its text."""
    declare = f". To use `{name}` as an opaque function, declare it: `{name}: vector(n) -> scalar`"
    if name in _GREEK_WORDS and f"{name}(" in call and call.count(",") == 0:
        return  # beta(x) is a function on a slide, beta(a, b) that of Euler
    there = name if name in known.NAMES else known.FOLDED.get(known.fold(name), "")
    word, _, index = name.partition("_")
    if not there and index and len(index) <= 2 and (word in known.REFUSED or word in known.WRITTEN or known.SAME.get(word) in _OVER):
        there = word  # argmax_i(x)
    if there in known.REFUSED:
        reason, hint = known.REFUSED[there]
        raise UnknownNameError(f"`{name}` is not a function here: {reason}", span=span, hint=hint)
    if there in known.WRITTEN:
        arguments, formula = known.WRITTEN[there]
        raise UnknownNameError(f"there is no function `{name}`", span=span, hint=f"`{name}({', '.join(arguments)})` is `{formula}`{declare}")
    if word in _OVER and index and len(index) <= 2:
        raise UnknownNameError(
            f"there is no function `{name}`: an index stands in the brackets", span=span, hint=f"write `{word}({index}, x[{index}])` or `{word}({index}=1..n, x[{index}])`"
        )
    if word == "log" and index:
        raise UnknownNameError(f"there is no function `{name}`", span=span, hint=f"the logarithm to base b is `log(x)/log({index})`{declare}")
    other = known.SAME.get(there) or near(name, [*BUILT_IN, *TABLE.names])
    if other:
        raise UnknownNameError(f"there is no function `{name}`", span=span, hint=f"did you mean `{other}`?{declare[1:]}")


_OVER = ("sum", "mean", "prod", "max", "min")


_GREEK_WORDS = frozenset(("beta", "gamma", "sigma", "zeta"))


_NO_NUMBERS = frozenset(("inf", "infty", "infinity", "Inf", "nan", "NaN", "None", "True", "False"))


RESERVED_NAMES = (frozenset((*TABLE.names, *BUILT_IN, *PROPERTIES, "scalar")) | _NO_NUMBERS) - _GREEK_WORDS


def check_definition(definition: Definition, program: Program) -> None:
    """ParseError for a function that has a meaning already."""
    name, span = definition.name, (definition.start, definition.start + len(definition.name))
    if name in TABLE or name in BUILT_IN:
        raise ParseError(f"`{name}` is a function already", span=span, hint=f"choose another name: `{name}2`")
    if name in program.definitions:
        raise ParseError(f"`{name}` is defined twice", span=span, hint="keep one of the definitions")
    for s in program.statements:
        if name in (s.names if isinstance(s, Declaration) else (s.name,)):
            raise ParseError(f"`{name}` has a meaning already", span=span, hint="choose another name for the function")


def check_call(definition: Definition, tree: Tree, defined: bool) -> None:
    """ParseError for a call of a function before its definition is complete, or with another number of arguments."""
    name, span, n = definition.name, (tree.start, tree.end), len(definition.parameters)
    if not defined:
        raise ParseError(f"`{name}` is called before it is defined", span=span, hint="a function calls those that are defined in front of it")
    if len(tree.kids) != n:
        head = f"{name}({', '.join(definition.parameters)})"
        raise ParseError(f"`{name}` takes {n} argument{'s' * (n > 1)}, not {len(tree.kids)}", span=span, hint=f"it is defined as `{head}`")


def reserved_name(tree: Tree) -> UnknownNameError:
    """A name without a declaration that is that of a function, or a word of the language."""
    name = tree.value
    span = (tree.start, tree.end)
    if name in TABLE.names or name in BUILT_IN:
        row = TABLE.names.get(name)
        arguments = ", ".join(row.args if row is not None else BUILT_IN[name][0])
        return UnknownNameError(
            f"`{name}` is a function, and its argument is missing", span=span, hint=f"write `{name}({arguments})`" + (f"; a variable of this name is declared: `{name}: scalar`" if name != "if" else "")
        )
    if name in _NO_NUMBERS:
        return UnknownNameError(f"`{name}` is not a number here", span=span, hint=f"conditions are `[x > 0]`; to use the name for a variable, declare it: `{name}: scalar`")
    return UnknownNameError(f"`{name}` is a word of declarations", span=span, hint=f"`x: {name}{'' if name == 'scalar' else ' vector(n)'}`, or choose another name")


def check_subscript(tree: Tree, scope: Mapping[str, int]) -> None:
    """ParseError if a name in a sum carries the sum's index: `x_i` is one name, the same for all i."""
    base, _, index = tree.value.rpartition("_")
    letters = [index] if index in scope else list(index)
    if base and all(scope.get(letter, -1) >= 0 for letter in letters):
        entry = f"[{letters[0]} == {letters[1]}]" if base == "delta" and len(letters) == 2 else f"{base}[{','.join(letters)}]"
        raise ParseError(f"`{tree.value}` is one name, the same for every {' and '.join(dict.fromkeys(letters))}", span=(tree.start, tree.end), hint=f"write `{entry}`")


_FACTORS = frozenset([*"abcdemnwxyzABCW", "alpha", "eta", "lambda", "theta"])


def note_opaque(name: str, tree: Tree, text: str, notes: list[str]) -> None:
    """`y(w.x)`: who reads it as a function may mean a product; `A(1, 2)` is an entry in MATLAB."""
    if all(kid.kind == "number" and isinstance(kid.value, int) and kid.value > 0 for kid in tree.kids) and len(notes) < _MANY:
        numbers = ",".join(str(kid.value) for kid in tree.kids)
        note = f"`{name}({numbers})` is an opaque function; an entry is `{name}[{numbers}]`"
        if note not in notes:
            notes.append(note)
    if name in _FACTORS and len(tree.kids) == 1 and tree.kids[0].kind != "name":
        note = f"`{name}(…)` is an opaque function; the product is `{name}*{text[tree.start : tree.end][len(name) :].strip()}`"
        if len(notes) < _MANY and note not in notes:
            notes.append(note)


_GLUED = re.compile(r"[A-Z][a-z]|[A-Z]{2,3}|[a-z][A-Z][a-z]|([a-z])\1|([a-z])T([a-z])|(sin|cos|tan|ln|sqrt)([a-z])")
_MANY = 20


def note_glued(name: str, notes: list[str]) -> None:
    """`Ax`, `AB`, `xx`, `wTx`: one name here."""
    m = _GLUED.fullmatch(name)
    if m and len(notes) < _MANY:
        meant = f"{m[2]}^T*{m[3]}" if m[2] else f"{m[4]}({m[5]})" if m[4] else "*".join(name)
        notes.append(f"`{name}` is one name; the {'function' if m[4] else 'product'} is `{meant}`")


def check_transpose(tree: Tree, names: Collection[str], text: str, notes: list[str]) -> None:
    """ParseError for `w^Tx`, which is a power; a note for `w^t`. names: what is declared or bound."""
    base, exponent = tree.kids
    left = text[base.start : base.end]
    if exponent.kind == "pow":
        if exponent.kids[0].kind == "name" and exponent.kids[0].value == "T" and "T" not in names:
            raise ParseError("this is a power of T", span=(tree.start, tree.end), hint=f"write `({left}^T)^{text[exponent.kids[1].start : exponent.kids[1].end]}`, or declare `T: scalar`")
        return
    if exponent.kind == "call":
        if "T" not in names:
            argument = text[exponent.start + 1 : exponent.end].strip()
            raise ParseError("`T` is called as a function here", span=(tree.start, tree.end), hint=f"write `{left}^T*{argument}`")
        return
    name = exponent.value
    if name in names:
        return
    if re.fullmatch(r"T[A-Za-z]\w*", name) and len(re.findall(rf"(?:\^|\*\*)\s*{name}(?!\w)", text)) == len(re.findall(rf"(?<!\w){name}(?!\w)", text)):
        raise ParseError(
            f"`{name}` is one name, and this a power",
            span=(tree.start, tree.end),
            hint=f"a transpose is `{left}^T*{name[1:]}` or `{left}'*{name[1:]}`; if a power is meant, declare `{name}: scalar`",
        )
    if name == "t" and re.search(r"\^\s*t\s*[*@·.]", text):
        note = f"`{left}^t` is a power; the transpose is `{left}^T` or `{left}'`"
        if note not in notes:
            notes.append(note)


def check_quotient(tree: Tree, variables: Collection[str], bound: Collection[str]) -> None:
    """ParseError for `d/dx (x^2)`, which would be a quotient of d and an opaque dx, and for `d(x^2)/dx` and `dL/dw`."""
    below = tree.kids[1]
    name = below.value if below.kind in ("name", "call") else ""
    above = tree.kids[0].value
    if re.fullmatch(r"d[^\W\d]", name) and re.fullmatch(r"d[^\W\d]?", above) and not {above, name} & {*variables, *bound}:
        raise ParseError(
            "a derivative is asked for and not typed",
            span=(tree.start, tree.end),
            hint=f"type the formula alone and say by what: `--wrt {name[1:]}`; for a quotient declare `{above}, {name}: scalar`",
        )


def note_imaginary(tree: Tree, text: str, notes: list[str]) -> None:
    note = "`i` is a variable here: all numbers are real"
    if re.match(r"exp\s*\(\s*-?\s*(?:\d+\s*\*\s*)?(?:pi\s*\*\s*)?i\s*\*", text[tree.start : tree.end]) and note not in notes:
        notes.append(note)


def note_margin(tree: Tree, text: str, notes: list[str]) -> None:
    """`hinge(1 - m)`: the 1 is in the definition already."""
    inner = tree.kids[0]
    if tree.value == "hinge" and inner.kind == "sub" and inner.kids[0].kind == "number" and inner.kids[0].value == 1:
        margin = text[inner.kids[1].start : inner.kids[1].end]
        note = f"`hinge(m)` is max(1 - m, 0): of the margin `{margin}` it is `hinge({margin})`"
        if len(notes) < _MANY and note not in notes:
            notes.append(note)


def layer(tree: Tree, text: str) -> ParseError:
    """`W^(1)` is the name of a layer's weights in papers, and the first power here."""
    base, exponent = tree.kids
    return ParseError(
        f"`{text[tree.start : tree.end]}` is a power, and layers have names", span=(tree.start, tree.end), hint=f"write `{base.value}{exponent.value}`"
    )


def check_dot(tree: Tree, variables: Collection[str], bound: Collection[str]) -> None:
    """ParseError for `np.exp(x)` and `x.sum()`; for `A.T^2`, where T is no variable either."""
    left, right = tree.kids
    while right.kind in ("pow", "epow", "transpose", "index"):
        right = right.kids[0]
    while left.kind == "dot":
        left = left.kids[0]
    span = (tree.start, tree.end)
    if right.kind == "name" and right.value == "T" and right is not tree.kids[1] and "T" not in variables and "T" not in bound:
        raise ParseError("`.T` binds less than a power", span=span, hint="write `(A.T)^2`, or declare `T: vector(n)`")
    if left.kind == "name" and left.value in known.MODULES and left.value not in variables and left.value not in bound:
        module = left.value
        is_function = right.kind == "call" and (right.value in TABLE.names or right.value in BUILT_IN or right.value in known.NAMES)
        if is_function or (len(module) > 1 and (right.kind == "call" or right.value in ("pi", "e", "inf", "linalg"))):
            name = right.value if right.kind in ("call", "name") else "f"
            hint = known.REFUSED[name][1] if name in known.REFUSED else f"write `{known.SAME.get(name, name)}{'(…)' if right.kind == 'call' else ''}`, or declare `{module}: vector(n)`"
            raise ParseError(f"functions are called by their names alone, without `{module}.`", span=span, hint=hint)
    if right.kind == "call" and right.value in known.METHODS and (not right.kids or (len(right.kids) == 1 and right.value in ("dot", "matmul", "mm", "mv", "outer", "pow"))):
        more = ", y" if right.kids else ""
        raise ParseError(f"a function stands in front of its argument: `{right.value}(x{more})`", span=span, hint=f"write `{right.value}(x{more})` for `x.{right.value}({more[2:]})`")


def prime_of_known(name: str, tree: Tree) -> ParseError:
    return ParseError(
        f"`{name}'` is not written with a prime: only opaque functions are", span=(tree.start, tree.end), hint="write its derivative out"
    )


def no_index(tree: Tree, whole: Tree, scope: Mapping[str, int], text: str) -> ParseError:
    """What stands between the brackets of an entry is no index. whole: the entry; scope: the indices there."""
    written, span = text[tree.start : tree.end], (tree.start, tree.end)
    if tree.kind == "name":
        return ParseError(
            f"`{written}` is not the index of a sum here", span=span, hint=f"sum({written}=1..n, x[{written}]), a number: x[1], or a label: declare `{written}: label(n)`"
        )
    if tree.kind in COMPARISONS:
        return ParseError(f"`{written}` cannot be an index", span=span, hint="an Iverson bracket is multiplied: `y*[x > 0]`")
    hint = "an index is a whole number, `:` or the index of a sum"
    if _counts(tree, scope):
        fresh = next((name for name in "klpqrs" if not re.search(rf"\b{name}\b", text)), "k_")
        base, *entries = [fresh if t is tree else text[t.start : t.end] for t in whole.kids]
        hint = f"pick it by a bracket: `sum({fresh}, {base}[{','.join(entries)}]*[{fresh} == {written}])`"
    return ParseError(f"the index `{written}` is not supported yet", span=span, hint=hint)


def ragged(name: str, bounds: list[Tree], tree: Tree, text: str) -> ParseError:
    """The range of an axis of a tensor that does not begin at 1, or does not end at a size of its own."""
    lo, hi = (text[b.start : b.end] for b in bounds)
    hint = f"0 outside of it: `[{name} >= {lo} and {name} <= {hi}]*…`" if lo != "1" else f"0 outside of it: `[{name} <= {hi}]*…`"
    return ParseError("the range of an axis of a tensor is 1 to its size", span=(tree.start, tree.end), hint=hint)


def mean_of_none(index: str, span: tuple[int, int]) -> ParseError:
    return ParseError(
        f"this is the mean of no numbers where the range of `{index}` is empty", span=span, hint="a sum over an empty range is 0: divide the sum instead"
    )


def written_out(index: str, span: tuple[int, int]) -> ParseError:
    return ParseError(f"too much is written out for the numbers of `{index}` that are no places", span=span, hint="let the range begin at 1")


def _counts(tree: Tree, scope: Mapping[str, int]) -> bool:
    """Whether a tree is made of indices and whole numbers."""
    stack = [tree]
    while stack:
        tree = stack.pop()
        if tree.kind in ("add", "sub", "mul"):
            stack += tree.kids
        elif not (scope.get(tree.value, -1) >= 0 if tree.kind == "name" else tree.kind == "number" and isinstance(tree.value, int)):
            return False
    return True


def product_meant(name: str, tree: Tree, text: str) -> UnknownNameError:
    argument = text[tree.start : tree.end].partition("(")
    return UnknownNameError(
        f"`{name}` is a {'number' if name == 'pi' else 'variable here'}, not a function", span=(tree.start, tree.end), hint=f"write `{argument[0].strip()}*({argument[2]}`"
    )


def place(text: str, start: int) -> str:
    """Where a place is, for people: the line, or the character where there is only one line."""
    if "\n" in text:
        return f"in line {text.count(chr(10), 0, start) + 1}"
    return f"at character {start + 1}"


# ------------------------------------------------------------------------------------------------------- conditions


def no_condition(tree: Tree, text: str) -> ParseError:
    return ParseError("here a condition is expected, such as `x > 0`", span=(tree.start, tree.end), text=text)


def bare_condition(tree: Tree, text: str) -> ParseError:
    return ParseError(
        "a condition stands only in `[ ]` and in `if(c, a, b)`",
        span=(tree.start, tree.end),
        text=text,
        hint=f"`[{text[tree.start : tree.end]}]` is 1 where it holds and 0 elsewhere",
    )


# ------------------------------------------------------------------------------------------------------------ shapes


def whole(tree: Tree) -> bool:
    """Is an exponent a whole number, written as such?"""
    if tree.kind == "neg":
        tree = tree.kids[0]
    return tree.kind == "number" and isinstance(tree.value, int)


_HEADS = {
    "transpose": "cannot transpose",
    "pow": "cannot invert",
    "norm": "the norm is not that of",
    "index": "these are not entries of",
    "bind": "the declared type is not that of",
    "const": "the entries cannot be",
    "tensor": "the entries cannot be",
}


_OTIMES = "of two vectors `⊗` is the outer product, of two matrices the Kronecker product"


def clash(tree: Tree, operands: list[str], reason: str, hint: str, text: str) -> ShapeError:
    """Two operands that do not go together. operands: what they are, in words."""
    if len(operands) == 2:
        verb, word = OPERATORS[tree.kind].verb if tree.kind in OPERATORS else ("combine entry by entry", "and")
        message = f"cannot {verb} {operands[0]} {word} {operands[1]}"
    else:
        head = _HEADS.get(tree.kind, f"`{tree.value}` does not take")
        message = f"{head} {' and '.join(operands)}"
    return ShapeError(f"{message}{': ' + reason if reason else ''}", span=(tree.start, tree.end), hint=hint, text=text)


def kind_hint(tree: Tree, kinds: list[str], texts: list[str]) -> str:
    """What was probably meant, where operands of these kinds do not go together."""
    kind = tree.kind
    if len(kinds) == 1:
        if kind == "norm" and kinds == ["scalar"]:
            return f"`|{texts[0]}|` is the absolute value"
        return f"`1 ./ {texts[0]}` goes entry by entry" if kind == "pow" else ""
    (a, b), (x, y) = kinds[:2], texts[:2]
    if kind in ("mul", "matmul"):
        if (a, b) == ("vector", "vector"):
            return f"`{x}.{y}` is the dot product, `{x} .* {y}` goes entry by entry, `{x}*{y}'` is the outer product"
        if (a, b) == ("vector", "matrix"):
            return f"`{x}'*{y}` is the row, `{y}'*{x}` the vector"
        if b == "row":
            return f"transpose it: `{x}*{y}'`" if a == "matrix" else f"`{x}*{y}'` is the dot product"
        if "scalar" in (a, b):
            return f"`{x}*{y}` is scaling" if kind == "mul" else f"write `{x}*{y}` for scaling"
    if kind == "dot":
        if (a, b) == ("matrix", "matrix"):
            return f"`{x}*{y}` is the matrix product, `sum({x} .* {y})` the sum of the products of the entries"
        if (a, b) == ("vector", "matrix"):
            return f"`{x}'*{y}` is the row, `{y}'*{x}` the vector"
        return f"`{x}*{y}` is the product"
    if kind == "otimes":
        return f"`{x}*{y}` is scaling" if "scalar" in (a, b) else _OTIMES
    if kind == "div":
        return f"`{x} ./ {y}` goes entry by entry" + (f", `{x}*{y}^-1` uses the inverse" if b == "matrix" and a != "scalar" else "")
    if kind == "pow":
        if a == "vector" and tree.kids[1].value == 2:
            return f"`{x}.^2` goes entry by entry, `{x}.{x}` is the dot product"
        return f"`{x} .^ {y}` goes entry by entry"
    if kind in ("add", "sub") and {a, b} == {"matrix", "vector"}:
        m, v, sign = (x, y, tree.kind) if a == "matrix" else (y, x, tree.kind)
        o = "+" if sign == "add" else "-"
        return f"`{m} {o} {v}*vector(1)'` takes it to every column, `{m} {o} vector(1)*{v}'` to every row"
    if {a, b} == {"row", "vector"}:
        return f"transpose one of them: `{y}'`" if x.endswith("'") else f"transpose one of them: `{x}'`"
    return ""


# ---------------------------------------------------------------------------------------------------------- meanings


def check_meanings(typing: Typing) -> None:
    """A SymdiffError where a formula is consistent, but hardly what was meant; or a note. typing: with all kinds known."""
    identity = typing.symbols.get("I")
    if identity is not None and identity.source != "declared" and typing.masks[identity.var] & (V | M):
        imaginary = re.search(r"(?:exp\s*\(|e\s*\^\s*\(?)\s*-?\s*I\s*\*", typing.text)
        meant = re.sub(r"(?<!\w)I(?!\w)", "eye", typing.text.strip())
        hint = "all numbers are real; the identity is `eye`" if imaginary else f"the identity is `eye`: write `{brief(meant, 200)}`"
        raise UnknownNameError("`I` would be any vector or matrix", span=identity.span, hint=f"{hint}; or declare `I: matrix(m, n)`")
    product = _QUADRATIC.search(typing.text) if len(typing.text) < 1000 else None
    if product and typing.masks[typing.root] & M and (symbol := typing.symbols.get(product[1])) is not None and symbol.source != "declared":
        typing.notes.append(f"{product[1]} is one number in `{product[0]}`; of a vector write `{product[1]}'*{product[2]}*{product[1]}`")
    residual = _SQUARE_OF_PRODUCT.search(typing.text) if len(typing.text) < 1000 else None
    if residual and all((s := typing.symbols.get(n)) is not None and s.source == "convention: everything else is a scalar" for n in residual.groups()):
        typing.notes.append(f"{residual[1]} and {residual[2]} are numbers; of a matrix and a vector the square is `norm2{residual[0]}`")
    if not typing.suspects:
        return
    kinds = {id(tree): typing.masks[var] for tree, var in zip(typing.steps, typing.vars, strict=True)}
    for tree in typing.suspects:
        if tree.kind == "mul" and tree.kids[0].kind == "emul":
            _note_rows(typing, tree)
        elif tree.kind == "mul":
            _note_batch(typing, tree, kinds)
        elif tree.kind == "otimes":
            _check_otimes(typing, tree, kinds)
        elif tree.kind == "bars" and kinds.get(id(tree.kids[0])) == M:
            written = _inside(typing.text, tree.kids[0])
            raise ParseError(
                f"`|{written}|` of a matrix may mean its determinant or the absolute values of its entries",
                span=(tree.start, tree.end),
                hint=f"write `det({written})` or `abs({written})`",
            )
        elif tree.kind == "call" and len(tree.kids) == 1:
            if tree.value in _OF_ENTRIES:
                _note_product(typing, tree, kinds)
                _check_powers(typing, tree, kinds)
            else:
                _check_function_of_matrix(typing, tree, kinds)


_QUADRATIC = re.compile(r"(?<![\w'])([a-z]\w*)\*([A-Z]\w*)\*\1(?![\w'.\[(])")
_SQUARE_OF_PRODUCT = re.compile(r"(?<!\w)\((?:[^()]*\W)?([A-Z]\w*)\s*[*@]\s*([a-z]\w*)(?:\W[^()]*)?\)\s*(?:\^|\*\*)\s*2(?![\w.])")
V, M = 2, 4  # vectors and matrices in masks; relations.py, which defines them, needs these messages
_OF_ENTRIES = ("sum", "mean")
_OF_MATRICES = ("tr", "trace", "det", "logdet")
LOOKED_AT = frozenset((*_OF_ENTRIES, *_OF_MATRICES))
_PASSING = frozenset(("add", "sub", "mul", "div", "neg", "emul", "ediv"))


def _check_otimes(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`A ⊗ x` of undeclared names would be consistent with a vector A alone, against the convention that the letters show."""
    names = [kid.value for kid in tree.kids if kid.kind == "name" and kid.value in typing.symbols]
    capital = [name for name in names if typing.symbols[name].capital and typing.symbols[name].source != "declared"]
    if capital and len(capital) < len(tree.kids) and kinds.get(id(tree.kids[0])) == V:
        message = f"`{_inside(typing.text, tree)}` looks like the product of a matrix and a vector"
        raise ShapeError(message, span=(tree.start, tree.end), hint=f"{_OTIMES}; if it is one, declare `{capital[0]}: vector(n)`")


def _inside(text: str, tree: Tree) -> str:
    """The text of an operand, without brackets around it."""
    written = text[tree.start : tree.end]
    return written[1:-1].strip() if written.startswith("(") and written.endswith(")") else written


def _check_function_of_matrix(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`tr(sqrt(X'*X))`: the root goes entry by entry, and the root of a matrix is meant. `tr(exp(A))` gets a note."""
    (inner,) = tree.kids
    if inner.kind != "call" or inner.value not in ("sqrt", "exp", "log", "ln") or len(inner.kids) != 1 or kinds.get(id(inner)) != M:
        return
    of, span = _inside(typing.text, inner.kids[0]), (inner.start, inner.end)
    message = f"`{inner.value}` goes entry by entry, also of a matrix"
    by_entries = f"`sum({inner.value}(diag({of})))`" if tree.value in ("tr", "trace") else f"`M = {inner.value}({of}); {tree.value}(M)`"
    if inner.value != "sqrt":
        note = f"{message}: `{tree.value}({inner.value}({of}))` is {by_entries}"
        if note not in typing.notes:
            typing.notes.append(note)
    else:
        there = f"the root of the matrix is `sqrtm({of})`" if "sqrtm" in TABLE.names else "the root of a matrix is not in the table"
        raise ParseError(message, span=span, hint=f"{there}; for the entries write {by_entries}")


def _check_powers(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`sum((A*x - b)^2)`: only as a matrix power, with scalars x and b, it would be consistent, and nobody means that."""
    stack = list(tree.kids)
    while stack:
        inner = stack.pop()
        if inner.kind in _PASSING:
            stack += inner.kids
        elif inner.kind == "pow" and kinds.get(id(inner)) == M and whole(inner.kids[1]) and inner.kids[1].kind == "number":
            names = _names_in(inner.kids[0])
            if names and all((s := typing.symbols.get(name)) is not None and s.source != "declared" for name in names):
                base, exponent = (typing.text[kid.start : kid.end] for kid in inner.kids)
                matrix = next((name for name in names if typing.symbols[name].capital), *names[:1])
                square = f". To take the power of the matrix, declare it: `{matrix}: matrix(n, n)`"
                raise ShapeError(
                    f"`{typing.text[inner.start : inner.end]}` would be a power of a square matrix",
                    span=(inner.start, inner.end),
                    hint=f"write `{base} .^ {exponent}`{square}",
                )


def _names_in(tree: Tree) -> list[str]:
    names: dict[str, None] = {}
    stack = [tree]
    while stack:
        tree = stack.pop()
        if tree.kind == "name":
            names[tree.value] = None
        stack += reversed(tree.kids)
    return list(names)


def _note_product(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`sum(x*y)`, `mean(y*log(p) + …)`: y is one number by convention, where a product entry by entry is as likely."""
    terms = [tree.kids[0]]
    while terms:
        term = terms.pop()
        if term.kind in ("add", "sub", "neg"):
            terms += term.kids
            continue
        if term.kind != "mul":
            continue
        left, right = term.kids
        if left.kind != "name" or right.kind not in ("name", "call"):
            continue
        symbol = typing.symbols.get(left.value)
        if symbol is not None and symbol.source.startswith("convention") and kinds.get(id(left)) == 1 and kinds.get(id(right)) == V:
            product = f"{left.value} .* {typing.text[right.start : right.end]}"
            note = f"{left.value} is one number; entry by entry: `{f'{tree.value}({product})' if term is tree.kids[0] else product}`"
            if note not in typing.notes:
                typing.notes.append(note)


def _note_batch(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`y*(X*w)`: y is one number by convention, where one per row is likely."""
    left, right = tree.kids
    while left.kind == "neg":
        left = left.kids[0]
    symbol = typing.symbols.get(left.value) if left.kind == "name" else None
    if symbol is None or symbol.capital or symbol.source == "declared" or typing.masks[symbol.var] & (V | M):
        return
    if kinds.get(id(right)) == V and kinds.get(id(right.kids[0])) == M and typing.text[right.start] == "(":
        note = f"{left.value} is one number; one per row: `{left.value} .* {typing.text[right.start : right.end]}`"
        if note not in typing.notes:
            typing.notes.append(note)


def _note_rows(typing: Typing, tree: Tree) -> None:
    """`y .* X*w`: a vector entry by entry times a matrix does not fit, so that both are numbers, where `y .* (X*w)` is likely."""
    left, right = tree.kids[0].kids
    sign = "-" if left.kind == "neg" else ""
    left = left.kids[0] if sign else left
    if left.kind != "name" or right.kind != "name":
        return
    number, matrix = typing.symbols.get(left.value), typing.symbols.get(right.value)
    if number is None or matrix is None or not matrix.capital or "declared" in (number.source, matrix.source):
        return
    if (typing.masks[number.var] | typing.masks[matrix.var]) & (V | M):
        return
    after = typing.text[tree.kids[1].start : tree.kids[1].end]
    note = f"{left.value} and {right.value} are numbers; one per row: `{sign}{left.value} .* ({right.value}*{after})`"
    if note not in typing.notes:
        typing.notes.append(note)


_NO_FUNCTIONS = tuple(name for name in known.REFUSED if name not in TABLE.names)


@cache
def _prose() -> re.Pattern[str]:
    """Some four hundred words. It takes 5 ms to compile, for which only a text that is refused has to wait."""
    words = "|".join(sorted(w for w in _PROSE_WORDS if len(w) > 1))
    return re.compile(rf"(?<![\w.])(?:(?:{words})(?![\w(])|(?:{'|'.join(_NO_FUNCTIONS)})(?:_\w+)?(?:\*(?=[A-Za-z])|\())")


def is_prose(text: str) -> bool:
    """Is this a sentence rather than a formula, or does it call what there is not?"""
    return _prose().search(text) is not None


def offer(formula: str, hint: str) -> str:
    """The hint that offers a whole formula; the other one if there is none, or if it is too long for a line or two."""
    if not 0 < len(formula) <= 200:
        return hint
    more = re.search(r"[.?] (To .*)", hint)  # for those who mean it as it stands
    return f"write `{formula}`{f'. {more[1]}' if more else ''}"


def may_offer(error: SymdiffError) -> bool:
    """Is a whole formula a better hint than the one there is?"""
    return not isinstance(error, LimitError) and (not isinstance(error, ShapeError) or not error.hint or error.hint.startswith("write `"))
