"""The numbers that stand in a Python function: where it may be another function, as `30 < x < 31` is.

In: a function. Out: the numbers in its code, that of the functions inside it, its defaults, and the variables around it that are numbers. Nothing
is run: code objects are read. It ends because each code object is looked at once, and NUMBERS bounds what is found.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from types import CodeType, FunctionType
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
    inner = inspect.unwrap(function)
    inner = inner.func if isinstance(inner, partial) else inner
    if not isinstance(inner, FunctionType):
        return
    left = [inner.__code__]
    for _ in range(CODES):
        if not left:
            break
        for constant in left.pop().co_consts:
            if isinstance(constant, CodeType):
                left.append(constant)
            elif isinstance(constant, tuple | frozenset):
                yield from constant
            else:
                yield constant
    yield from inner.__defaults__ or ()
    yield from (inner.__kwdefaults__ or {}).values()
    around = inspect.getclosurevars(inner)
    yield from (*around.nonlocals.values(), *around.globals.values())


__all__ = ["numbers_in"]
