"""Polynomials that are never negative: of one number by its roots, of several as sums of squares.

In: polynomials with fractions as coefficients. Out: whether it is proven that they have no negative value, in an interval or everywhere. Of one number
the roots in the interval are counted exactly (Sturm). Of several a matrix Q without negative eigenvalues is looked for in doubles, with p = z'*Q*z for the
monomials z of half the degree; made of fractions, and changed until the identity holds exactly, it has to have no negative eigenvalue still. It ends because
DEGREE, MONOMIALS and TURNS bound what is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise
from math import inf, isfinite
from typing import Any

# The largest degree; monomials of half the degree at most; how often the matrix is put between what fits and what has no negative
# eigenvalue, by how much these are kept above 0, of the largest coefficient, and the digits that its fractions have.
DEGREE, MONOMIALS, TURNS, ABOVE, DIGITS = 12, 20, 400, (1e-2, 1e-4, 0.0), 10**7

Line = list[Fraction]  # coefficients of one variable, that of the power 0 first
Terms = dict[tuple[int, ...], Fraction]  # exponents of every variable: the coefficient


# ---------------------------------------------------------------------------------------------- of one number


def nonnegative_on(p: Line, low: Any, high: Any) -> bool:
    """Whether p has no negative value between two numbers, which may be infinite."""
    p = _short(p)
    if len(p) <= 1:
        return not p or p[0] >= 0
    if len(p) > DEGREE + 1 or not low < high:
        return False
    for end in (low, high):
        while isfinite(end) and len(p) > 1 and not _value(p, Fraction(end)):
            p = _divided(p, [-Fraction(end), Fraction(1)])[0]
            p = [-c for c in p] if end == high else p  # x - high is negative inside
    if len(p) == 1:
        return p[0] >= 0
    sample = next(v for v in (_value(p, x) for x in _inside(low, high, len(p))) if v)  # it has fewer roots than there are points
    return sample > 0 and not _roots(_odd_part(p), low, high)


def _inside(low: Any, high: Any, count: int) -> list[Fraction]:
    """So many points between two numbers."""
    if isfinite(low) and isfinite(high):
        return [Fraction(low) + (Fraction(high) - Fraction(low)) * Fraction(k, count + 1) for k in range(1, count + 1)]
    return [Fraction(low) + k if isfinite(low) else Fraction(high) - k if isfinite(high) else Fraction(k) for k in range(1, count + 1)]


def _short(p: Sequence[Fraction]) -> Line:
    p = list(p)
    while p and not p[-1]:
        p.pop()
    return p


def _value(p: Line, x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in reversed(p):
        total = total * x + c
    return total


def _rate(p: Line) -> Line:
    return [k * c for k, c in enumerate(p)][1:]


def _divided(p: Line, q: Line) -> tuple[Line, Line]:
    rest, found = list(p), [Fraction(0)] * max(0, len(p) - len(q) + 1)
    for k in range(len(found) - 1, -1, -1):
        found[k] = c = rest[k + len(q) - 1] / q[-1]
        for j, d in enumerate(q):
            rest[k + j] -= c * d
    return found, _short(rest[: len(q) - 1])


def _common(p: Line, q: Line) -> Line:
    while q:
        p, q = q, _divided(p, q)[1]
        q = [c / abs(q[-1]) for c in q]
    return [c / p[-1] for c in p]


def _odd_part(p: Line) -> Line:
    """The product of the factors that p has an odd number of times: where it changes its sign (Yun)."""
    shared = _common(p, _rate(p))
    left, odd = _divided(p, shared)[0], [Fraction(1)]
    times = 1
    while len(left) > 1:
        both = _common(left, shared) if len(shared) > 1 else [Fraction(1)]
        own = _divided(left, both)[0]
        if times % 2:
            odd = _product(odd, own)
        left, shared = both, _divided(shared, both)[0]
        times += 1
    return odd


def _product(p: Line, q: Line) -> Line:
    found = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            found[i + j] += a * b
    return found


def _roots(p: Line, low: Any, high: Any) -> int:
    """How many roots p, which has no multiple one and none at the ends, has between two numbers."""
    chain = [p, _rate(p)]
    while len(chain[-1]) > 1:
        rest = [-c for c in _divided(chain[-2], chain[-1])[1]]
        if not rest:
            break
        chain.append([c / abs(rest[-1]) for c in rest])
    return _changes(chain, low) - _changes(chain, high)


def _changes(chain: Sequence[Line], x: Any) -> int:
    values = [_value(p, Fraction(x)) if isfinite(x) else p[-1] * (-1 if x < 0 and len(p) % 2 == 0 else 1) for p in chain if p]
    signs = [v > 0 for v in values if v]
    return sum(a != b for a, b in pairwise(signs))


# ---------------------------------------------------------------------------------------------- of several


def nonnegative(p: Terms) -> bool:
    """Whether p is proven to have no negative value."""
    p = {m: c for m, c in p.items() if c}
    if not p:
        return True
    used = [k for k in range(len(next(iter(p)))) if any(m[k] for m in p)]
    p = {tuple(m[k] for k in used): c for m, c in p.items()}
    degree = max(map(sum, p))
    if len(used) <= 1:
        return nonnegative_on([p.get((k,) if used else (), Fraction(0)) for k in range(degree + 1)], -inf, inf)
    if degree % 2 or degree > DEGREE:
        return False
    if len(used) == 2 and all(sum(m) == degree for m in p):
        # Of one degree in two numbers: one of their quotients says all, and where the other is 0 the leading coefficient does.
        return nonnegative_on([p.get((k, degree - k), Fraction(0)) for k in range(degree + 1)], -inf, inf)
    parts = [{m: c for m, c in p.items() if sum(m) == d} for d in dict.fromkeys(map(sum, p))]
    if len(used) == 2 and len(parts) > 1 and all(map(nonnegative, parts)):
        return True
    return _sum_of_squares(p, len(used), degree)


def _sum_of_squares(p: Terms, count: int, degree: int) -> bool:
    import numpy as np

    least = min(map(sum, p))
    z = [m for m in _monomials(count, degree // 2) if 2 * sum(m) >= least and all(2 * e <= max(t[k] for t in p) for k, e in enumerate(m))]
    if not z or len(z) > MONOMIALS:
        return False
    places: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for i, a in enumerate(z):
        for j, b in enumerate(z):
            places.setdefault(tuple(x + y for x, y in zip(a, b, strict=True)), []).append((i, j))
    if not set(p) <= set(places):
        return False
    group = np.empty((len(z), len(z)), int)
    wanted, sizes = np.zeros(len(places)), np.zeros(len(places))
    largest = float(max(map(abs, p.values())))
    for g, (m, where) in enumerate(places.items()):
        for i, j in where:
            group[i, j] = g
        wanted[g], sizes[g] = float(p.get(m, Fraction(0))) / largest, len(where)
    for above in ABOVE:
        q = np.zeros((len(z), len(z)))
        for _ in range(TURNS):
            q = q + ((wanted - np.bincount(group.ravel(), q.ravel(), len(places))) / sizes)[group]
            values, vectors = np.linalg.eigh(q)
            if values[0] >= above * 0.9:
                break
            q = (vectors * np.maximum(values, above)) @ vectors.T
        if values[0] > -1e-6 and _fits(p, places, [[Fraction(round(v * largest * DIGITS), DIGITS) for v in row] for row in q.tolist()]):
            return True
    return False


def _monomials(count: int, degree: int) -> list[tuple[int, ...]]:
    found = [
        tuple(chosen.count(k) for k in range(count)) for d in range(degree + 1) for chosen in combinations_with_replacement(range(count), d)
    ]
    return found if len(found) <= 8 * MONOMIALS else []


def _fits(p: Terms, places: dict[tuple[int, ...], list[tuple[int, int]]], q: list[list[Fraction]]) -> bool:
    """Whether q, changed as little as makes z'*q*z be p, has no negative eigenvalue."""
    for m, where in places.items():
        missing = (p.get(m, Fraction(0)) - sum((q[i][j] for i, j in where), Fraction(0))) / len(where)
        for i, j in where:
            q[i][j] += missing
    left = list(range(len(q)))
    while left:
        k = max(left, key=lambda i: q[i][i])
        left.remove(k)
        d = q[k][k]
        if d < 0 or (not d and any(q[k][j] for j in left)):
            return False
        for i in left if d else ():
            for j in left:
                q[i][j] -= q[i][k] * q[k][j] / d
    return True


__all__ = ["Line", "Terms", "nonnegative", "nonnegative_on"]
