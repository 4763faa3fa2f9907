"""Matrices that are psd though terms of theirs are subtracted: sums of outer products, diag(w) less an outer product.

In: the terms of a sum, with their numbers. Out: whether it is psd; where that is not seen, False.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdiff.convexity.mirror import flatten
from symdiff.convexity.ranges import range_of
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import DELTA, NUM, POW, PROD, SUM, Expr, make
from symdiff.simplify import simplify
from symdiff.simplify.shapes import terms_of


def gram(g: list[list[Fraction]]) -> tuple[bool, bool]:
    """Whether a symmetric matrix of numbers is psd, and its negative is: by elimination."""

    def psd(m: list[list[Fraction]]) -> bool:
        m = [list(row) for row in m]
        for k in range(len(m)):
            if m[k][k] < 0 or (m[k][k] == 0 and any(m[k][j] != 0 for j in range(k, len(m)))):
                return False
            for i in range(k + 1, len(m)):
                if m[i][k]:
                    c = m[i][k] / m[k][k]
                    m[i] = [a - c * b for a, b in zip(m[i], m[k], strict=True)]
        return True

    return psd(g), psd([[-a for a in row] for row in g])


def of_vectors(terms: Sequence[tuple[Any, Expr]]) -> tuple[bool, bool]:
    """A sum of c*u*v' over vectors u, v: psd where the matrix of the numbers c is, vector by vector."""
    number: dict[Expr, int] = {}
    entries: list[tuple[int, int, Fraction]] = []
    for c, term in terms:
        flat = flatten(term) if term.op == PROD else None
        if flat is None:
            return False, False
        factors, (i, j) = flat
        left, right = [a for a, ls in factors if ls == (i,)], [a for a, ls in factors if ls == (j,)]
        if len(left) != 1 or len(right) != 1 or len(factors) != 2:
            return False, False
        parts = [terms_of(a) if a.op == SUM else [(1, a)] for a in (left[0], right[0])]
        entries += [
            (number.setdefault(a, len(number)), number.setdefault(b, len(number)), Fraction(c) * d * e)
            for d, a in parts[0]
            for e, b in parts[1]
        ]
    g = [[Fraction(0)] * len(number) for _ in number]
    for a, b, c in entries:
        g[a][b] += c / 2
        g[b][a] += c / 2
    return gram(g) if 0 < len(number) <= 12 else (False, False)


def is_variance(matrix: Expr) -> bool:
    """Whether a constant matrix is psd as a difference of diag(w) and an outer product."""
    try:
        (short,) = simplify([matrix])
        terms = sorted(terms_of(short), key=lambda t: -t[0])
        return len(terms) == 2 and terms[0][0] > 0 > terms[1][0] and spread_out(*terms[0], *terms[1], 1)
    except SymdiffError:
        return False


def spread_out(c1: Any, a: Expr, c2: Any, b: Expr, k: int) -> bool:
    """Whether c1*diag(w) - |c2|*s*q*q' is psd: by Cauchy and Schwarz it is, where the sum of |c2|*s*q^2/(c1*w) is at most 1, w >= 0.

    That is diag(p) - p*p' of a distribution, eye - u*u'/(u'*u), centring, and the Hessian of log(sum(exp(x))).
    """
    one = flatten(a) if a.op == PROD else ([(a, (0, 1))], (0, 1))
    two = flatten(b) if b.op == PROD else None
    if k != 1 or one is None or two is None:
        return False
    factors, (i, j) = one
    deltas = [(f, ls) for f, ls in factors if f.op == DELTA and set(ls) == {i, j}]
    if len(deltas) != 1:
        return False
    weights = [(f, tuple([i if label == j else label for label in ls])) for f, ls in factors if (f, ls) is not deltas[0] and f.op != DELTA]
    if len(weights) != len(factors) - 1:
        return False
    if not all(range_of(f).nonnegative for f, _ in weights):
        return False
    outer, (p, q) = two
    left = [(f, ls) for f, ls in outer if p in ls]
    right = [(f, ls) for f, ls in outer if q in ls]
    scalars = [(f, ls) for f, ls in outer if p not in ls and q not in ls]
    if (
        any(q in ls for _, ls in left)
        or sorted(f.key for f, _ in left) != sorted(f.key for f, _ in right)
        or any(len(ls) != 1 for _, ls in left + right)
    ):
        return False
    if any(label in (p, q) for _, ls in scalars for label in ls) or not all(range_of(f).nonnegative for f, _ in scalars):
        return False
    base = 2 + max([label for _, ls in [*outer, *factors] for label in ls], default=0)
    summed = base
    parts: list[Expr] = []
    labels: list[tuple[int, ...]] = []
    for f, _ in [*left, *right]:
        parts.append(f)
        labels.append((summed,))
    for f, ls in scalars:
        parts.append(f)
        labels.append(ls)
    for f, ls in weights:
        if any(label != i for label in ls):
            return False
        parts.append(build.power(f, build.MINUS_ONE) if not f.shape else make(POW, (f, build.MINUS_ONE), None, f.shape))
        labels.append(tuple([summed for _ in ls]))
    if not any(summed in ls for ls in labels):  # nothing carries the label that is summed over: the size takes its place
        parts.append(build.dim(a.shape[0]))
        labels.append(())
    (total,) = simplify([build.contract(parts, labels, ())])
    return total.op == NUM and total.data * -c2 <= c1
