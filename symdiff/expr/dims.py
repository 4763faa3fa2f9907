"""Dimensions: whole numbers, names, and what is computed from them.

A dimension is an int, a declared name ("n"), an inferred one ("size(x)", "rows(A)", "cols(A)"), a product of these (a tuple, the
whole number first, names sorted), or a sum of such products with whole coefficients. A sum is its own text, "n-k+1": what is
added first, then what is taken off, the number last. So a computed dimension equals itself however it came about, and stands
wherever a name does; only who needs its number, or the names in it, has to ask here. A coefficient may be a fraction where the sum is
a whole number all the same: the triangular number "n*n/2+n/2" of entries of `vech(A)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache, reduce
from itertools import product
from math import gcd, isqrt, lcm
from operator import mul

from symdiff.expr.node import Dim, Number

_TERM = re.compile(r"([+-]?)([^+-]+)")


def is_sum(d: Dim) -> bool:
    """Whether a dimension is a sum: names hold no signs."""
    return isinstance(d, str) and ("+" in d or "-" in d or "/" in d)


@cache
def terms(d: Dim) -> Mapping[Dim, Number]:
    """A dimension as a sum of products of names with their coefficients; that of 1 is the number. Products of sums are multiplied out."""
    if isinstance(d, int):
        return {1: d} if d else {}
    if isinstance(d, tuple):
        factors = [terms(part).items() for part in d]
        return _collected([(_times([a for a, _ in pairs]), reduce(mul, [c for _, c in pairs])) for pairs in product(*factors)])
    if not is_sum(d):
        return {d: 1}
    found = []
    for sign, text in _TERM.findall(d):
        text, _, under = text.partition("/")
        parts = text.split("*")
        number = Fraction(reduce(mul, [int(p) for p in parts if p.isdigit()], -1 if sign == "-" else 1), int(under or 1))
        found.append((_times([p for p in parts if not p.isdigit()]), number))
    return _collected(found)


def total(parts: Iterable[tuple[Dim, Number]]) -> Dim:
    """The sum of dimensions, each with its coefficient: `total([("n", 1), ("k", -1), (1, 1)])` is "n-k+1". May be 0 or less."""
    found = _collected([(a, c * times) for d, times in parts for a, c in terms(d).items()])
    if not found:
        return 0
    if set(found) == {1}:
        return int(found[1])
    if len(found) == 1:
        ((atom, c),) = found.items()
        if c == 1:
            return atom
        if c > 1 and isinstance(c, int):
            return (c, *(atom if isinstance(atom, tuple) else (atom,)))
    text = ""
    for atom, c in sorted(found.items(), key=lambda pair: (pair[0] == 1, pair[1] < 0, show(pair[0]))):
        whole, under = abs(c).as_integer_ratio()
        size = str(whole) if atom == 1 else show(atom) if whole == 1 else f"{whole}*{show(atom)}"
        size += f"/{under}" if under > 1 else ""
        text += ("-" if c < 0 else "+" if text else "") + size
    return text


def names(d: Dim) -> list[str]:
    """The names in a dimension, in order."""
    found: dict[str, None] = {}
    for atom in terms(d):
        found |= dict.fromkeys([part for part in (atom if isinstance(atom, tuple) else (atom,)) if isinstance(part, str)])
    return list(found)


def value(d: Dim, size: Callable[[str], int]) -> int:
    """The number that a dimension is, by the sizes of the names in it."""
    if isinstance(d, int):
        return d
    if isinstance(d, tuple):
        return reduce(mul, [value(part, size) for part in d])
    if is_sum(d):
        return int(sum([c * value(atom, size) for atom, c in terms(d).items()]))
    return size(d)


def never_negative(total: Mapping[Dim, Number]) -> bool | None:
    """Is a sum of sizes, all of them 1 or more, 0 or more? None where that depends on them."""
    named = [c for d, c in total.items() if d != 1]
    if all(c > 0 for c in named):
        return True if sum(total.values()) >= 0 else None if named else False
    return None if any(c > 0 for c in named) or sum(total.values()) >= 0 else False


def quotient(d: Dim, by: Dim) -> Dim | None:
    """A product of dimensions without some of its factors; None where it has not all of them."""
    if len(terms(d)) != 1 or len(terms(by)) != 1:
        return None
    ((whole, c),), ((part, e),) = terms(d).items(), terms(by).items()
    left = [p for p in (whole if isinstance(whole, tuple) else (whole,)) if p != 1]
    for p in part if isinstance(part, tuple) else (part,):
        if p in left:
            left.remove(p)
        elif p != 1:
            return None
    return None if c % e else total([(_times(left), c // e)])


def may_be(d: Dim, number: int) -> bool:
    """Whether names of 1 or more can make a dimension this number. True also where that would take more than counting to rule out."""
    under = lcm(*[c.denominator for c in terms(d).values()])
    parts, number = {atom: int(c * under) for atom, c in terms(d).items()}, number * under
    left = number - parts.get(1, 0)
    named = [c for atom, c in parts.items() if atom != 1]
    if left % gcd(*named):
        return False
    return any(c < 0 for c in named) or left >= sum(named)


def triangle(n: Dim) -> Dim:
    """n*(n + 1)/2, how many entries a triangle of n rows has."""
    return total([((n, n), Fraction(1, 2)), (n, Fraction(1, 2))])


def side(d: Dim) -> Dim | None:
    """The n whose triangle has d entries; None where d is no such number."""
    if isinstance(d, int):
        n = (isqrt(8 * d + 1) - 1) // 2
        return n if triangle(n) == d else None
    squares = [(atom[0], c) for atom, c in terms(d).items() if isinstance(atom, tuple) and len(atom) == 2 and atom[0] == atom[1]]
    roots = [(atom, isqrt(int(2 * c))) for atom, c in squares]
    (first, c), *_ = roots or [(1, 0)]
    if not c:
        return None
    left = terms(d).get(first, 0) / Fraction(c) - Fraction(1, 2)  # (c*a + b)*(c*a + b + 1)/2 has c*b + c/2 times a
    n = total([*roots, (1, left)]) if left.denominator == 1 else 0
    return n if n and triangle(n) == d else None


def of_text(text: str) -> Dim:
    """`n`, `n*n`, `n/2+n*n/2`, as the rows of the table write axes."""
    return total([(text, 1)]) if is_sum(text) else _times(text.split("*"))


def put(d: Dim, known: Mapping[str, Dim]) -> Dim:
    """A dimension with others in the place of its names."""
    if isinstance(d, int):
        return d
    if isinstance(d, str) and d in known:
        return known[d]
    if not is_sum(d):
        return reduce(lambda a, b: total([((a, b), 1)]), [put(p, known) for p in d]) if isinstance(d, tuple) else d
    return total([(put(atom, known), c) for atom, c in terms(d).items()])


def show(d: Dim) -> str:
    """`n`, `3`, `m*n`, `n-k+1`, `k*(n-k+1)`, `n*(n+1)/2`."""
    if isinstance(d, str) and "/" in d and (n := side(d)) is not None:
        return f"({n})*({n}+1)/2" if is_sum(n) else f"{show(n)}*({show(n)}+1)/2"
    return "*".join([f"({part})" if is_sum(part) else str(part) for part in d]) if isinstance(d, tuple) else str(d)


def _times(parts: Iterable[Dim]) -> Dim:
    """The product of names and products of names."""
    flat = sorted([p for part in parts if part != 1 for p in (part if isinstance(part, tuple) else (part,))])
    return 1 if not flat else flat[0] if len(flat) == 1 else tuple(flat)


def _collected(pairs: Iterable[tuple[Dim, Number]]) -> dict[Dim, Number]:
    found: dict[Dim, Number] = {}
    for d, c in pairs:
        found[d] = found.get(d, 0) + c
    return {d: int(c) if c.denominator == 1 else c for d, c in found.items() if c}
