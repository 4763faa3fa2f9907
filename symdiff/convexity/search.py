"""Counterexamples: two points and their midpoint, found in floats and confirmed in exact rationals.

In: a scalar node and the variables. Out: for values of everything else, a `Witness` against convexity, one against
concavity. What is drawn honours the declared properties; a fixed seed makes the answer the same every time.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
import numpy as np

from symdiff import numeric
from symdiff.checking.sampling import choose_sizes, entries, grown, size_of, sized
from symdiff.convexity.doubles import Pair, Point, clear_gaps, together
from symdiff.convexity.exact import DIGITS, NoValue, alike, values
from symdiff.errors import SymdiffError
from symdiff.expr.node import OPAQUE, Expr
from symdiff.expr.walk import topological, variables

SECONDS = 1.5
PLACES = 60  # values of what is fixed
PAIRS = 40  # of points for each
SCALABLE = frozenset(("positive", "nonnegative", "psd", "symmetric", "diagonal"))  # properties that a positive multiple has, too


@dataclass(frozen=True)
class Witness:
    """Points whose midpoint refutes: f(middle) > (f(a) + f(b))/2 is against convexity, < against concavity.

    against: "convex" or "concave". fixed: the other names' values. a, b, middle: values of the variables. f: the three
    values. exact: whether they are rationals; otherwise decimals of 50 digits.
    """

    against: str
    fixed: Mapping[str, Any]
    a: Mapping[str, Any]
    b: Mapping[str, Any]
    middle: Mapping[str, Any]
    f: tuple[Any, Any, Any] = field(default=(0, 0, 0))
    exact: bool = True

    def __str__(self) -> str:
        def at(v: Mapping[str, Any]) -> str:
            return ", ".join(f"{name} = {listed(value)}" for name, value in v.items())

        fa, fb, fm = [str(v) if self.exact else mpmath.nstr(v, 12) for v in self.f]
        half = (self.f[0] + self.f[1]) / 2
        mean = str(half) if self.exact else mpmath.nstr(half, 12)
        sign = ">" if self.against == "convex" else "<"
        others = f" ({at(self.fixed)})" if self.fixed else ""
        return (
            f"not {self.against}: f = {fa} at {at(self.a)}, f = {fb} at {at(self.b)}, "
            f"but at the midpoint {at(self.middle)} f = {fm} {sign} {mean}, their mean{others}"
        )


def listed(value: Any) -> str:
    """An array of fractions as the language writes it: [1, -1/2], rows divided by ;."""
    value = np.asarray(value, dtype=object)
    if value.ndim == 0:
        return str(value.item())
    if value.ndim == 1:
        return "[" + ", ".join(str(v) for v in value) + "]"
    if value.ndim == 2:
        return "[" + "; ".join(", ".join(str(v) for v in row) for row in value) + "]"
    return "[" + ", ".join(listed(v) for v in value) + "]"


def find(
    f: Expr,
    wrt: Sequence[Expr],
    *,
    seconds: float = SECONDS,
    both: bool = True,
    only: Collection[str] = ("convex", "concave"),
    places: int = PLACES,
) -> dict[str, Witness]:
    """Witnesses by what they are against.

    both: preferably against convexity and concavity with the same values of the rest. only: what they may be against. places: how many
    values of the rest are tried at most.
    """
    nodes = topological([f])
    if any(n.op == OPAQUE for n in nodes):
        return {}
    end = time.process_time() + seconds
    names = variables([f])
    moving = [v for v in wrt if v.op == names.get(v.name, v).op]
    best: dict[str, Witness] = {}
    for sizes in sizes_of(nodes):
        rng = Random(1)
        for place in range(places):
            if place and time.process_time() > end:
                return best
            fixed = {n: drawn(v, sizes, rng, place) for n, v in names.items() if v not in wrt}
            pairs = [pair_of(names, moving, sizes, rng, place, k) for k in range(PAIRS)]
            gaps = _gaps(f, nodes, sizes, fixed, pairs)
            if gaps is None:
                break
            if best and not (min(gaps) < 0 < max(gaps)):
                continue  # no more than what is known
            found: dict[str, Witness] = {}
            for (a, b), gap in zip(pairs, gaps, strict=True):
                against = "convex" if gap > 0 else "concave"
                if gap and against not in found and against in only:
                    witness = confirm(f, against, fixed, a, b, between(a, b), sizes)
                    if witness is not None:
                        found[against] = witness
                        if len(found) == len(only):
                            return found
            best = best or found
            if found and not both:
                return found
    return best


def sizes_of(nodes: Sequence[Expr]) -> list[dict[str, int]]:
    chosen = choose_sizes(nodes)
    small = grown(dict.fromkeys(chosen, 2), nodes)
    return [small, chosen] if chosen and chosen != small else [chosen]


def drawn(v: Expr, sizes: Mapping[str, int], rng: Random, place: int) -> Any:
    """An exact value of a variable; the number of the place decides how large it is, and how round."""
    shape = [size_of(d, sizes) for d in v.shape]
    domain = ("real", "large", "real", "small", "real", "positive")[place % 6]
    grid = (2, 2, 4, 4, 10)[place % 5] if domain != "small" else 20
    values = entries(shape, sized(v.data[1], sizes), rng, domain, grid)
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result.reshape(shape)


def pair_of(names: Mapping[str, Expr], wrt: Sequence[Expr], sizes: Mapping[str, int], rng: Random, place: int, pair: int) -> Pair:
    """Two points: a second one that is far, opposite, near, on the same line through 0; where that keeps the properties, of any size."""
    a = {v.name: drawn(v, sizes, rng, place + pair) for v in wrt}
    how = pair % 4
    free = not any(v.data[1] for v in wrt)
    scalable = all(SCALABLE.issuperset(v.data[1]) for v in wrt)
    if how == 1 and free:
        return a, {n: -x for n, x in a.items()}
    if how == 2 and free:
        return a, {n: x + drawn(names[n], sizes, rng, pair) / 8 for n, x in a.items()}
    if how == 3 and free:
        return a, {n: x * Fraction(rng.choice((0, 2, 3, -2))) for n, x in a.items()}
    b = {v.name: drawn(v, sizes, rng, place + pair + 1) for v in wrt}
    if scalable and rng.random() < 0.5:
        scale = rng.choice((1, 2, 4, 16, Fraction(1, 8)))
        a, b = {n: scale * x for n, x in a.items()}, {n: scale * x for n, x in b.items()}
    return a, b


def between(a: Point, b: Point) -> Point:
    return {n: (a[n] + b[n]) / 2 for n in a}


def _gaps(f: Expr, nodes: Sequence[Expr], sizes: Mapping[str, int], fixed: Point, pairs: Sequence[Pair]) -> Sequence[float] | None:
    """By how much f at each midpoint is above the mean, 0 where that is not clear; None where f cannot be computed at these sizes."""
    known = together(nodes, sizes, fixed, pairs)
    if known is not None:
        with np.errstate(all="ignore"):
            return list(clear_gaps(np.broadcast_to(known[f][0], (3 * len(pairs),))))
    try:
        function = numeric.compile([f])
    except SymdiffError:
        return None
    floats = {n: _float(v) for n, v in fixed.items()}
    dims = {n: s for n, s in sizes.items() if n.isidentifier()} if not (fixed or any(a for a, _ in pairs)) else {}
    values = np.full(3 * len(pairs), np.nan)
    for k, (a, b) in enumerate(pairs):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                points = (a, b, between(a, b))
                values[3 * k : 3 * k + 3] = [float(function(**floats, **dims, **{n: _float(x) for n, x in p.items()})) for p in points]
        except ArithmeticError:
            continue
        except (SymdiffError, ValueError, TypeError):
            if k == 0:
                return None
    return list(clear_gaps(values))


def _float(x: Any) -> Any:
    return np.asarray(x, dtype=object).astype(float) if np.ndim(x) else float(x.item() if hasattr(x, "item") else x)


def confirm(
    f: Expr,
    against: str,
    fixed: Mapping[str, Any],
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    middle: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> Witness | None:
    """The witness, if exact values say so."""
    points = [{**fixed, **p} for p in (a, b, middle)]

    def found(digits: int) -> list[Any]:
        return alike([values(f, p, sizes, digits).item() for p in points])

    try:
        fa, fb, fm = once = found(DIGITS)
        exact = all(isinstance(v, Fraction) for v in once)
        again = once if exact else found(4 * DIGITS)
    except (NoValue, ArithmeticError, ValueError, TypeError, KeyError):
        return None
    with mpmath.workdps(DIGITS):
        if not exact and not all(abs(v - w) <= mpmath.mpf(10) ** -25 * (1 + abs(w)) for v, w in zip(once, again, strict=True)):
            return None  # two precisions disagree: what is left of the digits is rounding, and shows nothing
        gap = fm - (fa + fb) / 2
        least = 0 if exact else mpmath.mpf(10) ** -20 * (1 + abs(fa) + abs(fb))
        if not (gap > least if against == "convex" else gap < -least):
            return None
    return Witness(against, fixed, a, b, middle, (fa, fb, fm), exact)
