"""Counterexamples: two points and their midpoint, found in floats and confirmed in exact rationals.

In: a scalar node and the variables. Out: for values of everything else, a `Witness` against convexity, one against
concavity. What is drawn honours the declared properties; a fixed seed makes the answer the same every time.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
import numpy as np

from symdiff import numeric
from symdiff.checking.sampling import choose_sizes, entries, grown, size_of, sized
from symdiff.convexity.exact import DIGITS, NoValue, alike, values
from symdiff.errors import SymdiffError
from symdiff.expr.node import OPAQUE, Expr
from symdiff.expr.walk import topological, variables

SECONDS = 1.5
PLACES = 60  # values of what is fixed
PAIRS = 40  # of points for each
MARGIN = 1e-7
CLOCK = 8  # pairs between two looks at the clock, which cost as much as a pair where the system is a guest


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


def find(f: Expr, wrt: Sequence[Expr], *, seconds: float = SECONDS, both: bool = True) -> dict[str, Witness]:
    """Witnesses by what they are against; both: preferably against convexity and concavity with the same values of the rest."""
    if any(n.op == OPAQUE for n in topological([f])):
        return {}
    end = time.process_time() + seconds
    nodes = topological([f])
    names = variables([f])
    best: dict[str, Witness] = {}
    for sizes in _sizes(nodes):
        try:
            function = numeric.compile([f])
        except SymdiffError:
            return best
        rng = Random(1)
        for place in range(PLACES):
            if time.process_time() > end:
                return best
            fixed = {n: _draw(v, sizes, rng, place) for n, v in names.items() if v not in wrt}
            found = _against(f, function, names, [v for v in wrt if v.op == names.get(v.name, v).op], fixed, sizes, rng, end, place)
            if found is None:
                break
            if len(found) == 2:
                return found
            best = best or found
            if found and not both:
                return found
    return best


def _sizes(nodes: Sequence[Expr]) -> list[dict[str, int]]:
    chosen = choose_sizes(nodes)
    small = grown(dict.fromkeys(chosen, 2), nodes)
    return [small, chosen] if chosen and chosen != small else [chosen]


def _draw(v: Expr, sizes: Mapping[str, int], rng: Random, place: int) -> Any:
    shape = [size_of(d, sizes) for d in v.shape]
    domain = ("real", "large", "real", "small", "real", "positive")[place % 6]
    grid = (2, 2, 4, 4, 10)[place % 5] if domain != "small" else 20
    drawn = entries(shape, sized(v.data[1], sizes), rng, domain, grid)
    result = np.empty(len(drawn), dtype=object)
    result[:] = drawn
    return result.reshape(shape)


def _against(
    f: Expr,
    function: Any,
    names: Mapping[str, Expr],
    wrt: Sequence[Expr],
    fixed: Mapping[str, Any],
    sizes: Mapping[str, int],
    rng: Random,
    end: float,
    place: int,
) -> dict[str, Witness] | None:
    """None where the function cannot be computed at these sizes."""
    found: dict[str, Witness] = {}
    floats = {n: _float(v) for n, v in fixed.items()}
    dims = {n: s for n, s in sizes.items() if n.isidentifier()} if not names else {}
    for pair in range(PAIRS):
        if pair % CLOCK == 0 and time.process_time() > end:
            return found
        a = {v.name: _draw(v, sizes, rng, place + pair) for v in wrt}
        how = pair % 4
        free = not any(v.data[1] for v in wrt)
        scalable = all({"positive", "nonnegative", "psd", "symmetric", "diagonal"}.issuperset(v.data[1]) for v in wrt)
        if how == 1 and free:
            b = {n: -x for n, x in a.items()}
        elif how == 2 and free:
            b = {n: x + _draw(names[n], sizes, rng, pair) / 8 for n, x in a.items()}
        elif how == 3 and free:
            b = {n: x * Fraction(rng.choice((0, 2, 3, -2))) for n, x in a.items()}
        else:
            b = {v.name: _draw(v, sizes, rng, place + pair + 1) for v in wrt}
            if scalable and rng.random() < 0.5:
                scale = rng.choice((1, 2, 4, 16, Fraction(1, 8)))
                a, b = {n: scale * x for n, x in a.items()}, {n: scale * x for n, x in b.items()}
        middle = {n: (a[n] + b[n]) / 2 for n in a}
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                va, vb, vm = [float(function(**floats, **dims, **{n: _float(x) for n, x in p.items()})) for p in (a, b, middle)]
        except (SymdiffError, ValueError, OverflowError, TypeError):
            if pair == 0 and place == 0:
                return None
            continue
        except ArithmeticError:
            continue
        gap = vm - (va + vb) / 2
        if not np.isfinite([va, vb, vm]).all() or abs(gap) < MARGIN * (1 + abs(va) + abs(vb)) or max(abs(va), abs(vb)) > 1e12:
            continue
        against = "convex" if gap > 0 else "concave"
        if against in found:
            continue
        witness = confirm(f, against, fixed, a, b, middle, sizes)
        if witness is not None:
            found[against] = witness
            if len(found) == 2:
                break
    return found


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
            return None  # digits that cancel
        gap = fm - (fa + fb) / 2
        least = 0 if exact else mpmath.mpf(10) ** -20 * (1 + abs(fa) + abs(fb))
        if not (gap > least if against == "convex" else gap < -least):
            return None
    return Witness(against, fixed, a, b, middle, (fa, fb, fm), exact)
