"""What the likely mistake was: every message about bad text, in one place.

In: where and what. Out: a SymdiffError that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from symdiff.errors import ParseError, ShapeError, UnknownNameError
from symdiff.syntax.lalr import Unexpected
from symdiff.syntax.tree import Binding, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE, Row

PROPERTIES = frozenset(["positive", "nonnegative", "symmetric", "psd", "diagonal", "orthogonal", "onehot", "simplex"])
COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))

LARGEST_SIZE = 2**63 - 1
CONNECTIVES = frozenset(("and", "or", "not"))
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
    "\\": ("LaTeX is not read", "write `a/b`, `x^2`, `phi`"),
    "$": ("LaTeX is not read", "write the formula without `$`"),
    "{": ("curly brackets are not used", "group with ( )"),
    "}": ("curly brackets are not used", "group with ( )"),
    '"': ("quotation marks are not used", ""),
    "?": ("`?` is not an operator", "write `if(c, a, b)`"),
    "∑": ("the sign `∑` is not read", "write `sum(i=1..m, …)`"),
    "∏": ("the sign `∏` is not read", "write `prod(i=1..m, …)`"),
    "∈": ("the sign `∈` is not read", "declare with a colon: `x: R^n`"),
    "∞": ("infinity is not a number here", ""),
    ",": ("a comma stands only inside brackets and between declared names", ""),
    ":": ("only a name can be declared", "X: matrix(m, n)"),
}


def _slip(text: str, start: int, wanted: set[str], at_end: bool) -> tuple[str, str, tuple[int, int]]:
    """Message, hint and span for what stands at `start`, where one of the tokens `wanted` should stand."""
    unbalanced = _brackets(text)
    if unbalanced is not None:
        return unbalanced
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
    if rest[:1] == "=" and depth == 0:
        return "only a name can be given a value", "for example `score = w.x`", span
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
            if _WORD.fullmatch(before) and _WORD.match(rest):
                return f"an operator is missing between `{before}` and `{other}`", f"write `{before}*{other}`", (left, span[1])
            return f"an operator is missing between `{before}` and `{other}`", f"a product is written with `*`: `{before}*{other}`", span
        if at_end and "COLON" in wanted:
            return *_SIGNS[","], span
        if "BAR_END" in wanted or "NORM_END" in wanted:
            if at_end:
                return "a bar is never closed", "", span
            return f"a bar is open at {here}", "directly nested bars need brackets: `|(|x| - 1)|`", span
        return f"{here} cannot stand here", "", span
    if at_end:
        return f"the formula ends after `{before}`, where a value is expected", "", span
    if rest[0] in ")]":
        return f"a value is missing between `{before}` and `{rest[0]}`", "", span
    line = text[:start].rstrip(" \t")
    if line.endswith("\n"):
        return f"a value is missing before {here}", "a line break ends a statement; put the operator at the end of the line before", span
    return f"a value is missing before {here}", "", span


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


_TYPES = ("scalar", "vector", "matrix", "R", "label", *sorted(PROPERTIES))


def _type_slip(word: str, span: tuple[int, int]) -> tuple[str, str, tuple[int, int]]:
    other = near(word, _TYPES) if word else ""
    hint = f"did you mean `{other}`?" if other else "types are scalar, vector(n), matrix(m, n), R^n, R^(m x n), perhaps after a property, and label(k)"
    return (f"there is no type `{word}`" if word else "a type is expected here"), hint, span


def no_expression(parsed: Program) -> ParseError:
    end = len(parsed.text)
    last = parsed.statements[-1] if parsed.statements else None
    name = last.name if isinstance(last, Binding) else last.names[0] if last else "x"
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


def not_last(tree: Tree) -> ParseError:
    return ParseError(
        "an expression stands before the end", span=(tree.start, tree.end), hint="give it a name: `loss = …`; the last line is the formula"
    )


def chain(a: Tree, b: Tree) -> ParseError:
    return ParseError("comparisons cannot be chained", span=(a.start, b.end), hint="write `a < b and b < c`")


def check_exponent(base: Tree, exponent: Tree) -> None:
    """`A^2'` transposes the 2, which nobody means."""
    inner, signs = exponent, 0
    while inner.kind == "neg":
        inner, signs = inner.kids[0], signs + 1
    while inner.kind == "transpose" and inner.kids[0].kind == "transpose":
        inner = inner.kids[0]
    if inner.kind == "transpose" and inner.kids[0].kind == "number":
        name = base.value if base.kind == "name" else "A"
        raise ParseError(
            "a prime after an exponent transposes the exponent",
            span=(base.start, exponent.end),
            hint=f"write `({name}^{'-' * signs}{inner.kids[0].value if inner.kids[0].value < 1000 else 'k'})'`",
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


def brief(text: str) -> str:
    """A name as a message quotes it: none is longer than a line."""
    return text if len(text) <= 60 else text[:59] + "…"


def check_spec(spec: TypeSpec, span: tuple[int, int]) -> None:
    """ParseError if a declared type has too many or too few sizes."""
    wanted = {"scalar": 0, "vector": 1, "matrix": 2}[spec.kind]
    if spec.dims is not None and len(spec.dims) != wanted:
        raise ParseError(f"a {spec.kind} has {wanted} size{'s' * (wanted != 1)}, not {len(spec.dims)}", span=span)
    if spec.kind == "scalar" and set(spec.properties) - {"positive", "nonnegative"}:
        raise ShapeError(f"a scalar cannot be {spec.properties[0]}", span=span)


def near(name: str, known: Iterable[str]) -> str:
    """The known name that this one is probably a slip for, or ""."""
    limit = 2 if len(name) >= 6 else 1 if len(name) >= 4 else 0
    best = ""
    for other in known:
        if name.lower() == other.lower():
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


def check_function(name: str, span: tuple[int, int]) -> None:
    """UnknownNameError if an unknown function is close to a known one."""
    known = [*BUILT_IN, *TABLE.names]
    other = _FOREIGN.get(name) or near(name, known)
    if other:
        raise UnknownNameError(
            f"there is no function `{name}`",
            span=span,
            hint=f"did you mean `{other}`? To use `{name}` as an opaque function, declare it: `{name}: vector(n) -> scalar`",
        )


def prime_of_known(name: str, tree: Tree) -> ParseError:
    return ParseError(
        f"`{name}'` is not written with a prime: only opaque functions are", span=(tree.start, tree.end), hint="write its derivative out"
    )


def dotted_transpose(tree: Tree, text: str) -> ParseError:
    base = text[tree.kids[0].start : tree.kids[0].end]
    return ParseError("`.T` is not the transpose here", span=(tree.start, tree.end), hint=f"write `{base}'`", text=text)


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


_VERBS = {
    "add": ("add", "and"),
    "sub": ("subtract", "and"),
    "mul": ("multiply", "by"),
    "matmul": ("multiply", "by"),
    "dot": ("take the dot product of", "and"),
    "div": ("divide", "by"),
    "pow": ("raise", "to the power of"),
}


_HEADS = {
    "transpose": "cannot transpose",
    "pow": "cannot invert",
    "norm": "the norm is not that of",
    "index": "these are not entries of",
    "bind": "the declared type is not that of",
    "const": "the entries cannot be",
    "tensor": "the entries cannot be",
}


def clash(tree: Tree, operands: list[str], reason: str, hint: str, text: str) -> ShapeError:
    """Two operands that do not go together. operands: what they are, in words."""
    if len(operands) == 2:
        verb, word = _VERBS.get(tree.kind, ("combine entry by entry", "and"))
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
            return f"`{x}*{y}` is scaling"
    if kind == "dot":
        if (a, b) == ("matrix", "matrix"):
            return f"`{x}*{y}` is the matrix product, `sum({x} .* {y})` the sum of the products of the entries"
        if (a, b) == ("vector", "matrix"):
            return f"`{x}'*{y}` is the row, `{y}'*{x}` the vector"
        return f"`{x}*{y}` is the product"
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


_FOREIGN = {"sgn": "sign", "lg": "log10", "tg": "tan", "ctg": "cot", "arctg": "arctan", "average": "mean", "inverse": "inv", "fabs": "abs"}
