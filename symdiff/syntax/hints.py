"""What the likely mistake was: every message about bad text, in one place.

In: where and what. Out: a SymdiffError that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symdiff.errors import ParseError, ShapeError, UnknownNameError
from symdiff.syntax.tree import Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE, Row

COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))

# Letters that look like Latin ones: Cyrillic, Armenian, and what they look like.
_LOOKALIKES = dict(zip("аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅՏոս", "aeopcyxijsdhqwABEKMHOPCTXIJSSnu", strict=True))


def syntax_error(error: Any, text: str) -> ParseError:
    """The error for text that does not follow the grammar."""
    start = getattr(error, "pos_in_stream", None)
    if start is None or start < 0 or getattr(getattr(error, "token", None), "type", "") == "$END":
        start = len(text.rstrip())
    return ParseError("the formula cannot be read here", span=(start, start + 1), text=text)


def not_last(tree: Tree) -> ParseError:
    return ParseError(
        "an expression stands before the end", span=(tree.start, tree.end), hint="give it a name: `loss = …`; the last line is the formula"
    )


def chain(a: Tree, sign: str, b: Tree) -> ParseError:
    return ParseError("comparisons cannot be chained", span=(a.start, b.end), hint="write `a < b and b < c`")


def check_exponent(base: Tree, exponent: Tree) -> None:
    """`A^2'` transposes the 2, which nobody means."""
    inner = exponent
    while inner.kind == "neg":
        inner = inner.kids[0]
    if inner.kind == "transpose" and inner.kids[0].kind == "number":
        raise ParseError("a prime after an exponent transposes the exponent", span=(base.start, exponent.end), hint="write `(A^2)'`")


def check_letters(name: str, start: int) -> None:
    """ParseError if a name could be read as a Latin one but is not."""
    odd = [c for c in name if c in _LOOKALIKES]
    if odd and all(c in _LOOKALIKES or c.isascii() for c in name):
        latin = "".join(_LOOKALIKES.get(c, c) for c in name)
        raise ParseError(
            f"`{name}` is written with letters of another script that look Latin",
            span=(start, start + len(name)),
            hint=f"type `{latin}` in Latin letters",
        )


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


def product_meant(name: str, tree: Tree, text: str) -> UnknownNameError:
    argument = text[tree.start : tree.end].partition("(")
    return UnknownNameError(
        f"`{name}` is a variable here, not a function", span=(tree.start, tree.end), hint=f"write `{argument[0].strip()}*({argument[2]}`"
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


def kind_clash(tree: Tree, masks: list[int], text: str) -> ShapeError:
    kinds = [_KINDS.get(m & -m, "?") for m in masks]
    return ShapeError(f"`{text[tree.start : tree.end]}`: {', '.join(kinds)}", span=(tree.start, tree.end), text=text)


def size_clash(tree: Tree, shapes: list[Any], sizes: list[Any], text: str) -> ShapeError:
    return ShapeError(f"`{text[tree.start : tree.end]}`: the sizes do not fit", span=(tree.start, tree.end), text=text)


_KINDS = {1: "scalar", 2: "vector", 4: "matrix", 8: "row", 16: "tensor"}
_FOREIGN = {"sgn": "sign", "lg": "log10", "tg": "tan", "ctg": "cot", "arctg": "arctan", "average": "mean", "inverse": "inv", "fabs": "abs"}
