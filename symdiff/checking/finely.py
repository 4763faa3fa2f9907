"""Points for constants that doubles do not see: next to them, and next to the kinks that they move.

In: points with plain numbers, the constants, what computes formula and answer in many digits. Out: points, as fractions, at which one variable, or one of
its entries, is next to a constant (`relu(x) | [x > 1e-40]` at 5e-41), or close to the place where a comparison changes, on either side of it
(`[y*w.phi < 1 + 1e-40]`). It ends because BASES, WAYS, COMPARED, STEPS and the caller bound what is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from symdiff.checking.constants import Constants, beside, rational
from symdiff.checking.exactly import Exactly
from symdiff.checking.points import TIED
from symdiff.checking.problem import Values
from symdiff.expr.node import Expr

# Points that are moved, variables, comparisons whose places are looked for, steps of the secant rule, and how near to the place the points are.
BASES, WAYS, COMPARED, STEPS, CLOSER = 2, 6, 8, 14, 3


def fine_points(exact: Exactly, bases: Sequence[Values], constants: Constants) -> Iterator[Values]:
    """Points next to the constants, then those next to the kinks, moved from some at which the derivative is not zero."""
    ways = list(islice(_ways(bases[0]), WAYS)) if bases else []
    values = list(dict.fromkeys(v for c in constants.values for v in beside(c)))
    # The other signs, too: x > y holds for none of y > 0 where x is negative.
    tried = [*bases[:BASES], *[mirrored(base) for base in bases[:1]]]
    for k, base in enumerate(tried):
        yield from (moved(base, x, entry, value) for value in values for x, entry in ways if fits(x, value))
        for other in [*tried, *bases[BASES:]] if not k else ():  # of logdet(A*X*B) half have no value any more
            yield from _beside_kinks(exact, other, constants, ways, foreign=True)
    for base in tried:
        yield from _beside_kinks(exact, base, constants, ways, foreign=False)


def _beside_kinks(
    exact: Exactly, base: Values, constants: Constants, ways: Sequence[tuple[Expr, int | None]], *, foreign: bool
) -> Iterator[Values]:
    """Points on both sides of the kinks that the answer alone has (foreign), or of the others."""
    differences, own = _differences(exact, base)
    turns = [k for k, d in enumerate(differences) if (k < own and d not in differences[own:]) is foreign]
    for k in turns[:COMPARED]:
        for x, entry in ways:
            place = _place(exact, base, x, entry, k)
            if place is None:
                continue
            step = max(Fraction(1), abs(place)) / 10 ** (constants.digits + CLOSER)
            yield from (moved(base, x, entry, v) for v in (place - step, place + step) if fits(x, v))


def _ways(values: Values) -> Iterator[tuple[Expr, int | None]]:
    """A variable and an entry of it; None: all of them."""
    for x, flat in values.items():
        if not words(x) & TIED:
            yield x, 0
            if len(flat) > 1:
                yield x, None


def words(x: Expr) -> set[str]:
    return {word.partition("(")[0] for word in x.data[1]}


def fits(x: Expr, value: Fraction) -> bool:
    """Whether an entry of the variable may have this value."""
    return value > 0 if "positive" in words(x) else value >= 0 if "nonnegative" in words(x) else True


def moved(values: Values, x: Expr, entry: int | None, value: Fraction) -> Values:
    flat = [value if entry in (None, k) else v for k, v in enumerate(values[x])]
    return {**values, x: flat}


def mirrored(values: Values) -> Values:
    """The point with the other sign, in the variables that may have it."""
    return {x: flat if words(x) & TIED or not all(fits(x, -v) for v in flat) else [-v for v in flat] for x, flat in values.items()}


def _differences(exact: Exactly, values: Values) -> tuple[list[Any], int]:
    """The two sides' differences of every comparison at a point, those of the answer first, and how many these are."""
    problem, numeric = exact.problem, exact.numeric
    numbers = {x: [numeric.number(v) for v in flat] for x, flat in values.items()}
    known = problem.components(numeric, numbers.__getitem__)
    numeric.watch()
    known(problem.f)
    first = len(numeric.apart)
    known(problem.derivative)
    differences = [difference for difference, _ in numeric.apart]
    return differences[first:] + differences[:first], len(differences) - first


def _place(exact: Exactly, base: Values, x: Expr, entry: int | None, k: int) -> Fraction | None:
    """Where the k-th comparison changes as an entry moves: by the secant rule, in many digits."""
    numeric = exact.numeric

    def at(value: Fraction) -> Any:
        found, _ = _differences(exact, moved(base, x, entry, value))
        return found[k] if k < len(found) else numeric.nan

    before = base[x][entry or 0]
    now = before + 1
    far, near = at(before), at(now)
    for _ in range(STEPS):
        if not near:
            break
        if not numeric.ctx.isfinite(near) or not numeric.ctx.isfinite(far) or near == far:
            return None
        step = near * numeric.number(now - before) / (near - far)
        before, now = now, now - rational(step, numeric)
        far, near = near, at(now)
        if abs(step) < numeric.noise * max(1, abs(numeric.number(now))):
            break
    settled = not near or abs(near) < abs(numeric.tie)
    return now if settled else None


__all__ = ["fine_points"]
