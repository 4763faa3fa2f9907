"""What the likely mistake was: every message about bad text, in one place.

In: where and what. Out: a SymdiffError that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from symdiff.errors import ParseError, ShapeError
from symdiff.syntax.tree import Tree, TypeSpec

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


_ = re
