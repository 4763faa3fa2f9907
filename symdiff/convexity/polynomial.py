"""Polynomials of one number with exact coefficients: whether they keep their sign on an interval, by Sturm's sequence.

Source: Basu, Pollack, Roy, Algorithms in Real Algebraic Geometry (2006), 2.2.2.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from symdiff.convexity.facts import INFINITY, Range
from symdiff.expr.node import NUM, POW, SUM, Expr
from symdiff.expr.patterns import is_whole_number
from symdiff.simplify.shapes import terms_of

MAX_DEGREE = 24

Polynomial = list[Fraction]  # the coefficient of 1 first


def coefficients(x: Expr, t: Expr) -> Polynomial | None:
    """Of a sum of powers of t in normal form; None for anything else."""
    found: dict[int, Fraction] = {}
    for c, term in terms_of(x) if x.op == SUM else [(1, x)]:
        if term is t:
            degree = 1
        elif term.op == NUM:
            degree, c = 0, Fraction(c) * term.data
        elif term.op == POW and term.args[0] is t and is_whole_number(term.args[1]) and 0 < term.args[1].data <= MAX_DEGREE:
            degree = term.args[1].data
        else:
            return None
        found[degree] = found.get(degree, Fraction(0)) + Fraction(c)
    return [found.get(k, Fraction(0)) for k in range(max(found, default=0) + 1)]


def _trimmed(p: Polynomial) -> Polynomial:
    while p and p[-1] == 0:
        p = p[:-1]
    return p


def _remainder(a: Polynomial, b: Polynomial) -> Polynomial:
    a = list(a)
    while len(a) >= len(b):
        q = a[-1] / b[-1]
        for k in range(len(b)):
            a[len(a) - len(b) + k] -= q * b[k]
        a = _trimmed(a[:-1])
        if not a:
            break
    return a


def _value(p: Polynomial, x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in reversed(p):
        total = total * x + c
    return total


def _roots_within(p: Polynomial, low: Fraction, high: Fraction) -> int:
    """How many different roots lie in (low, high]."""
    chain = [p, _trimmed([k * c for k, c in enumerate(p)][1:])]
    while chain[-1]:
        chain.append([-c for c in _remainder(chain[-2], chain[-1])])

    def changes(x: Fraction) -> int:
        signs = [v > 0 for q in chain if q for v in [_value(q, x)] if v != 0]
        return sum(a != b for a, b in pairwise(signs))

    return changes(low) - changes(high)


def sign_of_polynomial(x: Expr, t: Expr, r: Range) -> tuple[bool, bool]:
    """(>= 0, <= 0) on the range, where that is proven: no root inside, or all of its roots of even multiplicity."""
    p = coefficients(x, t)
    p = _trimmed(p) if p is not None else None
    if not p:
        return (True, True) if p is not None else (False, False)
    bound = 1 + max(abs(c / p[-1]) for c in p)  # Cauchy's: no root beyond
    low = Fraction(r.low) if r.low != -INFINITY else -bound
    high = Fraction(r.high) if r.high != INFINITY else bound
    low, high = max(low, -bound), min(high, bound)
    if low >= high:
        at = _value(p, low if r.low != -INFINITY else high)
        return at > 0, at < 0
    odd = _odd_part(p)
    inside = _roots_within(odd, low, high) - (_value(odd, high) == 0) if len(odd) > 1 else 0
    if inside:
        return False, False
    middle = (low + high) / 2
    for k in range(1, len(p) + 2):
        at = _value(p, middle)
        if at != 0:
            return at > 0, at < 0
        middle = low + (high - low) * Fraction(k, len(p) + 3)
    return False, False


def _odd_part(p: Polynomial) -> Polynomial:
    """A polynomial whose roots are those of odd multiplicity of p, by Yun's square-free parts."""

    def gcd(a: Polynomial, b: Polynomial) -> Polynomial:
        while b:
            a, b = b, _remainder(a, b)
        return [c / a[-1] for c in a]

    def quotient(a: Polynomial, b: Polynomial) -> Polynomial:
        a, result = list(a), [Fraction(0)] * (len(a) - len(b) + 1)
        for k in range(len(a) - len(b), -1, -1):
            q = a[k + len(b) - 1] / b[-1]
            result[k] = q
            for j in range(len(b)):
                a[k + j] -= q * b[j]
        return result

    result: Polynomial = [Fraction(1)]
    rest, odd = p, True
    derived = _trimmed([k * c for k, c in enumerate(rest)][1:])
    if not derived:
        return result
    common = gcd(rest, derived)
    radical = quotient(rest, common)
    while len(radical) > 1:
        following = gcd(radical, common)
        single = quotient(radical, following)  # the roots of just this multiplicity
        if odd:
            result = [
                sum((result[i] * single[k - i] for i in range(len(result)) if 0 <= k - i < len(single)), Fraction(0))
                for k in range(len(result) + len(single) - 1)
            ]
        radical, common, odd = following, quotient(common, following), not odd
    return result
