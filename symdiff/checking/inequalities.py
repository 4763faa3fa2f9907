"""Which of two nodes is never the larger one, where their bounds do not say: triangle inequalities, and polynomials.

In: two nodes of one shape. Out: whether the entries of the first are proven to be at least those of the second, wherever both have values. Their
difference is read as sizes with factors, `2*norm2(x - y) - norm1(x) + z`, and is proven by one combination of what the sizes are of; or as a polynomial
(`nonnegative`); or term by term. It ends because SIZES and TERMS bound what is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import inf

from symdiff.checking.nonnegative import ABSOLUTE, Interval, NeverNegative, factors_of, inside, of_one_shape
from symdiff.expr.build import ONE, ZERO
from symdiff.expr.node import DIM, NUM, PROD, SUM, Expr
from symdiff.expr.patterns import is_call_of
from symdiff.table.groups import LARGEST_OR_SMALLEST

# Sizes in a difference, and other terms.
SIZES, TERMS = 4, 60

# Norms, none larger than one before it, of the same argument.
NORMS = ("norm1", "normnuc", "norm2", "norminf")
POSITIVE_PART, LOGARITHM = frozenset(("relu",)), frozenset(("log",))
LARGEST, SOFT_LARGEST = frozenset(("max_entries",)), frozenset(("logsumexp",))
SIGN = {"max": 1, "min": -1}

Combination = dict[Expr, Fraction]


# ---------------------------------------------------------------------------------------------- sizes


class Magnitudes:
    """A sum of c*N(u), for norms and absolute values N, and of a rest that is linear in what is none of these."""

    def __init__(self) -> None:
        self.sizes: list[tuple[Fraction, str, Combination]] = []
        self.rest: Combination = {}

    def add(self, e: Expr, c: Fraction) -> bool:
        """Whether c*e could be added."""
        stack, half = [(e, c)], Fraction(1, 2)
        while stack:
            e, c = stack.pop()
            e = inside(e)
            if e.op == SUM:
                stack += [(a, c * d) for d, a in zip(e.data, e.args, strict=True)]
            elif is_call_of(e, LARGEST_OR_SMALLEST) and len(e.args) == 2:
                u, v = e.args
                stack += [(u, c * half), (v, c * half)]
                self.put(c * half * SIGN[e.data], ABSOLUTE, {inside(u): Fraction(1)}, {inside(v): Fraction(-1)})
            elif is_call_of(e, POSITIVE_PART):
                stack.append((e.args[0], c * half))
                self.put(c * half, ABSOLUTE, {inside(e.args[0]): Fraction(1)})
            elif is_call_of(e, (*NORMS, ABSOLUTE)) and len(e.args) == 1:
                self.put(c, e.data, {inside(e.args[0]): Fraction(1)})
            elif e.op == PROD and of_one_shape(e) and len(factors_of(e)[1]) < 2:
                d, others = factors_of(e)
                stack.append((others[0] if others else ONE, c * d))
            else:
                linear(self.rest, e, c)
            if len(self.sizes) > SIZES + 2 or len(self.rest) > TERMS:
                return False
        return len(self.sizes) <= SIZES

    def put(self, c: Fraction, name: str, *parts: Combination) -> None:
        found: Combination = {}
        for part in parts:
            for e, d in part.items():
                linear(found, e, d)
        found = {e: d for e, d in found.items() if d}
        for k, (b, other, u) in enumerate(self.sizes):
            if other == name and (u == found or u == {e: -d for e, d in found.items()}):
                self.sizes[k] = (b + c, name, u)
                return
        self.sizes.append((c, name, found))

    def never_negative(self) -> bool:
        rest = {e: c for e, c in self.rest.items() if c}
        more = [s for s in self.sizes if s[0] > 0]
        less = [s for s in self.sizes if s[0] < 0]
        if any(name != ABSOLUTE for _, name, _ in less):
            if len(less) > 1 or not least(rest) >= 0:
                return False
            c, name, v = less[0]
            fitting = [(b, u) for b, other, u in more if other == name or (other in NORMS and NORMS.index(other) <= NORMS.index(name))]
            return combined({e: -c * d for e, d in v.items()}, fitting, exactly=True)
        fitting = [(b, u) for b, name, u in more if name == ABSOLUTE]
        for signs in product((1, -1), repeat=len(less)):
            wanted = {e: -d for e, d in rest.items()}
            for sign, (c, _, v) in zip(signs, less, strict=True):
                for e, d in v.items():
                    wanted[e] = wanted.get(e, Fraction(0)) - sign * c * d
            if not combined(wanted, fitting, exactly=False):
                return False
        return bool(self.sizes)


def linear(into: Combination, e: Expr, c: Fraction) -> None:
    """Add c*e, taken apart into a sum of multiples."""
    stack = [(e, c)]
    while stack:
        e, c = stack.pop()
        e = inside(e)
        if e.op == SUM:
            stack += [(a, c * d) for d, a in zip(e.data, e.args, strict=True)]
            continue
        if e.op == NUM:
            e, c = ONE, c * e.data
        elif e.op == PROD and of_one_shape(e) and len(factors_of(e)[1]) == 1:
            d, (only,) = factors_of(e)
            stack.append((only, c * d))
            continue
        into[e] = into.get(e, Fraction(0)) + c


def least(rest: Combination) -> Fraction | float:
    """The number, where it is nothing else."""
    return rest.get(ONE, Fraction(0)) if not set(rest) - {ONE} else -inf


def combined(wanted: Combination, parts: list[tuple[Fraction, Combination]], *, exactly: bool) -> bool:
    """Whether wanted is a sum of l*u, each |l| no larger than its factor; or, if not exactly, is smaller than one by a number."""
    atoms = [e for e in dict.fromkeys([*wanted, *[e for _, u in parts for e in u]]) if exactly or e is not ONE]

    def fits(chosen: list[Fraction]) -> bool:
        total = dict(wanted)
        for b, (_, u) in zip(chosen, parts, strict=True):
            for e, d in u.items():
                total[e] = total.get(e, Fraction(0)) - b * d
        return all(not total.get(e) for e in atoms) and (exactly or total.get(ONE, Fraction(0)) <= 0)

    if any(fits(list(chosen)) for chosen in product(*[(c, -c, Fraction(0)) for c, _ in parts])):
        return True
    solved = solution([[u.get(e, Fraction(0)) for _, u in parts] + [wanted.get(e, Fraction(0))] for e in atoms], len(parts))
    return solved is not None and all(abs(b) <= c for b, (c, _) in zip(solved, parts, strict=True)) and fits(solved)


def solution(rows: list[list[Fraction]], count: int) -> list[Fraction] | None:
    """One of a linear system, by elimination; what is free is 0."""
    pivots: list[int] = []
    for column in range(count):
        k = next((k for k in range(len(pivots), len(rows)) if rows[k][column]), None)
        if k is None:
            continue
        top = len(pivots)
        rows[top], rows[k] = rows[k], rows[top]
        rows[top] = [v / rows[top][column] for v in rows[top]]
        for j, row in enumerate(rows):
            if j != top and row[column]:
                rows[j] = [a - row[column] * b for a, b in zip(row, rows[top], strict=True)]
        pivots.append(column)
    if any(row[count] for row in rows[len(pivots) :]):
        return None
    found = [Fraction(0)] * count
    for row, column in zip(rows, pivots, strict=False):
        found[column] = row[count]
    return found


def by_others(larger: Expr, smaller: Expr, ordered: Callable[[Expr, Expr], bool]) -> bool:
    """Whether what is taken off is no larger, term by term, than what is added: max(x) + 1 >= mean(x)."""
    terms: Combination = {}
    linear(terms, larger, Fraction(1))
    linear(terms, smaller, Fraction(-1))
    terms = {e: c for e, c in terms.items() if c}
    if len(terms) > 2 * SIZES or len(terms) < 3:  # of two alone it was asked already
        return False
    number = terms.pop(ONE, Fraction(0))
    left = {e: c for e, c in terms.items() if c > 0}
    for e, c in [(e, -c) for e, c in terms.items() if c < 0]:
        for other, there in list(left.items()):
            share = min(c, there)
            if share > 0 and ordered(other, e):
                left[other] -= share
                c -= share
        # The sum of n exponentials is no more than n times the largest.
        logs = next((k for k in left if is_call_of(k, LOGARITHM) and inside(k.args[0]).op == DIM), None)
        tops = next((k for k in left if is_call_of(k, LARGEST) and k.args == e.args), None) if is_call_of(e, SOFT_LARGEST) else None
        if logs is not None and tops is not None and e.args[0].shape == (inside(logs.args[0]).data,):
            share = min(c, left[logs], left[tops])
            left[logs], left[tops], c = left[logs] - share, left[tops] - share, c - share
        if c > 0:
            return False
    return number >= 0 and all(not c or ordered(e, ZERO) for e, c in left.items())


def never_less(
    larger: Expr,
    smaller: Expr,
    bounds: Callable[[Expr], Interval],
    in_pi: Callable[[Expr], Interval | None],
    ordered: Callable[[Expr, Expr], bool] | None = None,
) -> bool:
    """Whether the entries of the first are proven to be at least those of the second. ordered: asked of the parts of sums."""
    sizes = Magnitudes()
    if sizes.add(larger, Fraction(1)) and sizes.add(smaller, Fraction(-1)) and sizes.never_negative():
        return True
    return NeverNegative(bounds, in_pi)(larger, smaller) or (ordered is not None and by_others(larger, smaller, ordered))


__all__ = ["never_less"]
