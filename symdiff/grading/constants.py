"""The numbers that stand in a Python function: where it may be another function, as `30 < x < 31` is.

In: a function. Out: the numbers in its code, that of the functions inside it, its defaults, and the variables around it that are numbers. Nothing
is run: code objects are read. It ends because each code object is looked at once, and NUMBERS bounds what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from types import CodeType
from typing import Any

# Numbers at most, and the code objects that are looked into; smaller ones and larger ones place nothing that doubles would meet.
NUMBERS, CODES, SMALLEST, LARGEST = 12, 20, 1e-6, 1e9
PLAIN = (0.0, 1.0, 2.0)  # stand in most functions, and place nothing that is not looked at anyway


def numbers_in(function: Callable[..., Any]) -> list[float]:
    """The sizes of these numbers, each once."""
    found = (abs(float(v)) for v in _values(function) if isinstance(v, int | float))
    fitting = (v for v in found if SMALLEST < v < LARGEST and v not in PLAIN)
    return list(dict.fromkeys(islice(fitting, 4 * NUMBERS)))[:NUMBERS]


def _values(function: Callable[..., Any]) -> Iterator[Any]:
    inner = getattr(function, "__wrapped__", None) or getattr(function, "func", None) or function
    code = getattr(inner, "__code__", None)
    if not isinstance(code, CodeType):
        return
    left, names = [code], set[str]()
    for _ in range(CODES):
        if not left:
            break
        here = left.pop()
        names.update(here.co_names)
        for constant in here.co_consts:
            if isinstance(constant, CodeType):
                left.append(constant)
            elif isinstance(constant, tuple | frozenset):
                yield from constant
            else:
                yield constant
    yield from getattr(inner, "__defaults__", None) or ()
    yield from (getattr(inner, "__kwdefaults__", None) or {}).values()
    for cell in getattr(inner, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a cell that is still empty
            continue
    around = getattr(inner, "__globals__", {})
    yield from (around[name] for name in sorted(names) if name in around)


__all__ = ["numbers_in"]
