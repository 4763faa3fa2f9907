"""Two functions composed, multiplied, divided, squared and added: the normal form has the formula's values.

python -m tests.simplify.compositions does all of them; the tests, one of many.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

import numpy as np

from symdiff.errors import DomainError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.expr.walk import variables
from symdiff.numeric import evaluate
from symdiff.simplify import simplify
from symdiff.table import TABLE

POINTS = np.array([-3, -2.5, -2, -1.7, -1, -0.5, -0.25, 0, 0.25, 0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 10])
LARGEST = 1e12  # beyond it rounding is compared
FUNCTIONS = [row.name for row in TABLE if row.elementwise and len(row.args) == 1 and not row.relation and not row.macro]

# Where these jump, rounding of what is inside decides: they are put around functions that do not round.
JUMPS = {"floor", "ceil", "round", "step", "sign"}
EXACT = JUMPS | {"abs", "relu", "hardtanh"}

x = build.var("x", ("n",))


def formulas() -> Iterator[Expr]:
    for f, g in itertools.product(FUNCTIONS, repeat=2):
        if f not in JUMPS or g in EXACT:
            yield build.call(f, build.call(g, x))
    for f, g in itertools.combinations_with_replacement(FUNCTIONS, 2):
        F, G = build.call(f, x), build.call(g, x)
        yield build.elementwise(F, G)
        yield build.divide(F, G)
        yield build.divide(G, F)
        yield build.add(build.power(F, build.TWO), build.power(G, build.TWO))
        yield build.sub(build.power(F, build.TWO), build.power(G, build.TWO))


def altered(f: Expr) -> list[float]:
    """The points at which f has a value and what simplify makes of it has another."""
    try:
        (g,) = simplify([f])
    except DomainError:  # a division by what is always 0
        return []
    with np.errstate(all="ignore"):
        before, after = [
            np.broadcast_to(evaluate(e, {"x": POINTS} if variables([e]) else {"n": len(POINTS)}), POINTS.shape) for e in (f, g)
        ]
        judged = np.isfinite(before) & (np.abs(before) < LARGEST)
        return [float(p) for p in POINTS[judged & ~(np.abs(before - after) <= 1e-8 * (1 + np.abs(before)))]]


def main() -> int:
    count = wrong = 0
    for f in formulas():
        count += 1
        if points := altered(f):
            wrong += 1
            print(f"{f} is another value than {simplify([f])[0]} at {points}", flush=True)
    print(f"{count} formulas, {wrong} altered")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
