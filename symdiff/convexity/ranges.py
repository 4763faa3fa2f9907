"""Ranges of values: what every entry of a node lies between, by the properties of its letters and the rows of the table alone.

In: nodes, or the ranges of a function's arguments. Out: a `Range`; `ANY` where nothing is known. Ends that are computed in
floating point are moved outwards by `SLACK`, so that a range is never too narrow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symdiff.convexity.facts import ANY, INFINITY, NONNEGATIVE, POSITIVE, Range, point
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, POW, PROD, RESHAPE, SUM, UNIT, VAR, Expr
from symdiff.expr.walk import topological
from symdiff.table import TABLE

SLACK = Fraction(1, 10**9)  # by which computed ends of ranges are moved outwards

_DOMAIN = {
    "x > 0": Range(0, INFINITY, True), "x > -1": Range(-1, INFINITY, True), "x > 1": Range(1, INFINITY, True),
    "abs(x) < 1": Range(-1, 1, True, True), "x > 0 and x < 1": Range(0, 1, True, True),
}  # fmt: skip

_MONOTONE: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "expm1": math.expm1, "log": math.log, "log2": math.log2, "log10": math.log10, "log1p": math.log1p, "sqrt": math.sqrt,
    "sinh": math.sinh, "tanh": math.tanh, "arctan": math.atan, "arcsinh": math.asinh, "erf": math.erf,
}  # fmt: skip
_EXACT = {
    ("exp", 0): 1,
    ("log", 1): 0,
    ("log2", 1): 0,
    ("log10", 1): 0,
    **{(name, 0): 0 for name in _MONOTONE if name not in ("exp", "log", "log2", "log10")},
}


def domain(name: str) -> Range | None:
    """The values that the first argument of a row may take, as its `where` says; None where that is everything or more than an interval."""
    row = TABLE[name]
    known = _DOMAIN.get(row.where)
    if known is None or row.args[0] != "x":
        return None
    return Range(known.low, known.high) if row.closed else known


def row_range(name: str) -> Range:
    """The bounds that a row gives its output."""
    text = TABLE[name].range.replace(" ", "").replace("pi/2", "1.5707963267948967").replace("pi", "3.1415926535897936")
    low = re.match(r"(-?[\d.]+)(<=?)y", text)
    high = re.search(r"y(<=?)(-?[\d.]+)", text)
    above = re.search(r"y(>=?)(-?[\d.]+)", text)
    r = ANY
    if low:
        r = r.meet(Range(Fraction(low[1]), INFINITY, low[2] == "<"))
    if above:
        r = r.meet(Range(Fraction(above[2]), INFINITY, above[1] == ">"))
    if high:
        r = r.meet(Range(-INFINITY, Fraction(high[2]), False, high[1] == "<"))
    return r


_found: dict[Expr, Range] = {}
MOST_FOUND = 20_000  # nodes whose range is remembered


def range_of(root: Expr) -> Range:
    """What every entry of a node lies between, by the properties of its letters."""
    if len(_found) > MOST_FOUND:
        _found.clear()
    found = _found.get(root)
    if found is None:
        for node in topological([root], _found):
            if node not in _found:
                _found[node] = plain_range(node, [_found.get(a, ANY) for a in node.args])
        found = _found[root]
    return found


def plain_range(node: Expr, args: list[Range]) -> Range:
    """That of one node, from those of its arguments."""
    op = node.op
    if op == NUM:
        return point(Fraction(node.data))
    if op == DIM:
        return Range(1)
    if op == CONST:
        return Range(Fraction(314159, 100000), Fraction(314160, 100000))
    if op == VAR:
        properties = node.data[1]
        if "positive" in properties:
            return POSITIVE
        if "onehot" in properties or "simplex" in properties:
            return Range(0, 1)
        return NONNEGATIVE if "nonnegative" in properties else ANY
    if op in (DELTA, UNIT):
        return Range(0, 1)
    if op in (NAME, RESHAPE):
        return args[0]
    if op == SUM:
        r = point(0)
        for c, a in zip(node.data, args, strict=True):
            r = r + a.scaled(c)
        return r
    if op == PROD:
        labels, out = node.data
        if len(node.args) == 2 and node.args[0] is node.args[1] and labels[0] == labels[1]:
            return POSITIVE if args[0].positive else NONNEGATIVE
        r = point(1)
        for a in args:
            r = r * a
        return r if all(set(ls) <= set(out) for ls in labels) else r.sign
    if op == POW:
        p = node.args[1]
        if p.op == NUM:
            return power_range(args[0], p.data, isinstance(p.data, int))
        return POSITIVE if args[0].positive else ANY
    if op == CALL:
        return call_range(node.data, args)
    return ANY


def power_range(r: Range, p: Any, whole: bool) -> Range:
    """That of x^p, x in r; whole: whether p is a whole number."""
    if p == 0:
        return point(1)
    if whole and int(p) % 2 == 0 and not r.nonnegative:
        if r.nonpositive:
            return power_range(-r, p, whole)
        return NONNEGATIVE if p > 0 else POSITIVE
    if not r.nonnegative:
        if not whole:
            return NONNEGATIVE if p > 0 else POSITIVE
        return -power_range(-r, p, whole) if r.nonpositive else ANY
    if p < 0:
        if r.high == 0:
            return ANY  # 1/0: there is no value
        inverse = Range(
            0 if r.high == INFINITY else 1 / Fraction(r.high),
            INFINITY if r.low == 0 else 1 / Fraction(r.low),
            r.high == INFINITY or r.open_high,
            r.open_low,
        )
        return inverse if p == -1 else power_range(inverse, -p, whole)
    if whole and p <= 8:
        return Range(r.low ** int(p), r.high ** int(p), r.open_low, r.open_high)
    low = 0 if r.low < 1 else 1
    return Range(low, 1 if r.high <= 1 else INFINITY, r.open_low and r.low == low)


def call_range(name: str, args: list[Range]) -> Range:
    """What a function of the table gives, of arguments between these."""
    r = row_range(name)
    made = OF_CALLS.get(name)
    return made(name, r, args) if made is not None else r


Made = Callable[[str, Range, list[Range]], Range]  # of a function's name, the range of its row and those of its arguments


def _maximum(name: str, row: Range, args: list[Range]) -> Range:
    low, is_open = max((a.low, a.open_low) for a in args)
    return Range(low, max(a.high for a in args), is_open)


def _minimum(name: str, row: Range, args: list[Range]) -> Range:
    return -_maximum(name, row, [-a for a in args])


def _either_branch(name: str, row: Range, args: list[Range]) -> Range:
    a, b = args[1], args[2]
    return Range(min(a.low, b.low), max(a.high, b.high), a.open_low and b.open_low, a.open_high and b.open_high)


def _one_of_the_entries(name: str, row: Range, args: list[Range]) -> Range:
    return args[0]


def _relu(name: str, row: Range, args: list[Range]) -> Range:
    x = args[0]
    return Range(max(0, x.low), max(0, x.high), x.positive and x.open_low)


def _abs(name: str, row: Range, args: list[Range]) -> Range:
    x = args[0]
    return x if x.nonnegative else -x if x.nonpositive else Range(0, max(-x.low, x.high))


def _as_positive_as_the_argument(name: str, row: Range, args: list[Range]) -> Range:
    return POSITIVE if args[0].positive else NONNEGATIVE if args[0].nonnegative else ANY


def _norm(name: str, row: Range, args: list[Range]) -> Range:
    return POSITIVE if args[0].positive else row


def _rising_through_its_middle(name: str, row: Range, args: list[Range]) -> Range:
    x, middle = args[0], MIDDLE.get(name, Fraction(0))
    strictly = name != "sign"
    if x.nonnegative:
        return row.meet(Range(middle, INFINITY, x.positive and strictly))
    return row.meet(Range(-INFINITY, middle, False, x.negative and strictly)) if x.nonpositive else row


def _rising(name: str, row: Range, args: list[Range]) -> Range:
    x = args[0]
    return row.meet(Range(_end(name, x.low, -1), _end(name, x.high, 1), x.open_low, x.open_high))


MIDDLE = {"sigma": Fraction(1, 2)}  # the value at 0, where that is not 0

# Functions whose range is narrower than their row's, where those of their arguments are.
OF_CALLS: dict[str, Made] = {
    "max": _maximum, "min": _minimum, "if": _either_branch, "relu": _relu, "abs": _abs,
    **dict.fromkeys(("max_entries", "min_entries", "mean", "rowmax", "rowmin", "rowmean"), _one_of_the_entries),
    **dict.fromkeys(("cumsum", "prod"), _as_positive_as_the_argument),
    "cosh": lambda name, row, args: Range(1),
    "logsumexp": lambda name, row, args: Range(args[0].low, INFINITY),
    **dict.fromkeys(("norm1", "norm2", "norminf"), _norm),
    **dict.fromkeys(("sigma", "tanh", "erf", "softsign", "arctan", "arcsinh", "sinh", "expm1", "log1p", "hardtanh", "cbrt", "sign"), _rising_through_its_middle),
    **dict.fromkeys(("exp", "log", "log2", "log10", "sqrt"), _rising),
}  # fmt: skip


def _end(name: str, value: Any, side: int) -> Any:
    """The function's value at an end of its argument's range, moved outwards."""
    exact = _EXACT.get((name, value)) if value in (0, 1) else None
    if exact is not None:
        return Fraction(exact)
    if value in (INFINITY, -INFINITY) or abs(value) > 500 or (name.startswith("log") and value <= 0) or (name == "sqrt" and value < 0):
        return side * INFINITY
    if name == "exp" and value < -500:
        return 0
    found = Fraction(_MONOTONE[name](float(value)))
    return found + side * SLACK * (1 + abs(found))
