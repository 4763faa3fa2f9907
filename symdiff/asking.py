"""Names and values as they are given to a command: `x,y`, `w=[3, 1]`. Each stands once, and each value is a number.

In: the texts of options. Out: canonical names, values as nested lists. SymdiffError with a hint else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

from symdiff.errors import SymdiffError
from symdiff.syntax.parse import canonical

DEPTH = 8  # of lists in lists


def names(text: str, option: str, *, twice: bool = False) -> list[str]:
    """The names of `x,y`, in their order. twice: may a name stand twice, as in the second derivative by x and x?"""
    found = [name.strip() for name in re.split(r",(?![^\[\]]*\])", text) if name.strip()]
    spelled = [canonical(name) for name in found]
    if not twice and len(set(spelled)) < len(spelled):
        again = next(name for k, name in enumerate(found) if spelled[k] in spelled[:k])
        raise SymdiffError(
            f"{again!r} stands twice in {option}",
            hint=f"once is enough: {option} {','.join(dict.fromkeys(found))}; --order 2 is the second derivative",
        )
    return found


def points(arguments: Sequence[str]) -> dict[str, Any]:
    """The values of `w=[3,1]`, `y=2`, … by name."""
    found: dict[str, Any] = {}
    for argument in arguments:
        name, value = point(argument)
        if name in found:
            raise SymdiffError(f"--at gives {name} two values", hint=f"--at {name}=… once")
        found[name] = value
    return found


def point(argument: str) -> tuple[str, Any]:
    """`w=[3, 1]` as a name and numbers in nested lists."""
    name, equals, value = argument.partition("=")
    if not equals or not name.strip():
        raise SymdiffError(f"--at {argument}: this is not NAME=VALUE", hint="--at w=[3,1] --at y=2")
    try:
        result = fractions(json.loads(_FRACTION.sub(r'"\g<0>"', value)))
    except (ValueError, RecursionError):
        result = None
    if not numeric(result):
        raise SymdiffError(
            f"--at {argument}: the value is not a number or a list of numbers", hint="--at y=2 --at w=[3,1] --at A=[[1,0],[0,1]]"
        )
    return canonical(name.strip()), result


def line(text: str) -> dict[str, Any]:
    """The values of a line of a file: `w=[3,1], y=2`, or one object of JSON, `{"w": [3, 1], "y": 2}`."""
    if not text.startswith("{"):
        return points([part.strip().rstrip(",;") for part in _ASSIGNED.split(text) if part.strip()])
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not all(map(numeric, given.values())):
        raise SymdiffError("the line `# at:` holds no values", hint="# at: w=[3,1], y=2")
    return {canonical(name): value for name, value in given.items()}


_ASSIGNED = re.compile(r"(?<![\w\[(])(?=\w+\s*=)")

_FRACTION = re.compile(r"(?<![\w.\"])-?\d+\s*/\s*\d+(?![\w.\"])")


def fractions(value: Any) -> Any:
    """Texts such as `1/3` as numbers, in nested lists. ValueError for another text and a denominator 0."""
    if isinstance(value, list):
        return [fractions(v) for v in value]
    if isinstance(value, str):
        above, _, below = value.replace(" ", "").partition("/")
        if not below or int(below) == 0:
            raise ValueError(value)
        return Fraction(int(above), int(below))
    return value


def numeric(value: Any, depth: int = 0) -> bool:
    """Whether this is a finite number or a rectangular nest of at most DEPTH lists of such numbers."""
    if isinstance(value, list):
        sizes = {len(v) if isinstance(v, list) else -1 for v in value}
        return bool(value) and depth < DEPTH and len(sizes) == 1 and all(numeric(v, depth + 1) for v in value)
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool) and isfinite(value)
