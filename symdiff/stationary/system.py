"""Several equations and as many unknowns, solved one after the other: what one gives is put into the rest.

In: equations in normal form, each beside the unknown that it came from. Out: solutions that make all the equations zero. It ends: every step takes
an unknown away, and TRIALS bounds the steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symdiff.differentiate import replaced
from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.expr.walk import topological
from symdiff.grading import equal
from symdiff.simplify import simplify
from symdiff.stationary.algebra import folded, is_zero
from symdiff.stationary.numbers import Condition, vanish
from symdiff.stationary.routes import candidates

TRIALS = 40  # candidates that are looked at
SECONDS = 3.0


@dataclass(frozen=True)
class Solution:
    """values: of the unknowns, free of each other. order: the unknowns as they were solved for, each with its value in terms of the later ones."""

    values: Mapping[Expr, Expr]
    inverses: tuple[Expr, ...] = ()  # what must be invertible
    others: tuple[Condition, ...] = ()
    order: tuple[tuple[Expr, Expr], ...] = ()
    own: bool = True
    several: bool = False


@dataclass
class _Work:
    left: int = TRIALS
    until: float = field(default_factory=lambda: time.process_time() + SECONDS)


def solutions(equations: Sequence[Expr], unknowns: Sequence[Expr], multipliers: Sequence[Expr] = ()) -> list[Solution]:
    """The solution that is found first, verified by substitution; of zeros of a polynomial all that there are."""
    found = list[Solution]()
    for solution in _verified(equations, unknowns, multipliers):
        if not any(all(equal(solution.values[x], other.values[x]) for x in unknowns) for other in found):
            found.append(solution)
        if not solution.several:
            break
    return found


def _verified(equations: Sequence[Expr], unknowns: Sequence[Expr], multipliers: Sequence[Expr]) -> Iterator[Solution]:
    dims = [d for x in unknowns for d in x.shape]
    few = [d for x in multipliers for d in x.shape]
    for found in _solved(tuple(equations), tuple(unknowns), _Work()):
        if any(x in topological(list(found.values.values())) for x in unknowns):
            continue
        try:
            there = replaced(list(equations), found.values)
            apart = simplify(replaced([node for node, relation in found.others if relation == "!= 0"], found.values))
        except SymdiffError:
            continue
        if any(is_zero(node) for node in apart):  # what was divided by is 0 there
            continue
        if vanish(equations, there, dims, few):
            yield found


def _solved(equations: tuple[Expr, ...], unknowns: tuple[Expr, ...], work: _Work) -> Iterator[Solution]:
    if not unknowns:
        yield Solution({})
        return
    pairs = [(k, x) for k, x in enumerate(unknowns) if equations[k].shape == x.shape]
    pairs += [(k, x) for k in range(len(equations)) for x in unknowns if equations[k].shape == x.shape and (k, x) not in pairs]
    for k, x in pairs:
        others = tuple([u for u in unknowns if u is not x])
        for point, unique, conditions, several, more in candidates(equations[k], x):
            work.left -= 1
            if work.left < 0 or time.process_time() > work.until:
                return
            if x in topological([point]):
                continue
            try:
                rest = tuple(simplify(replaced([e for n, e in enumerate(equations) if n != k], {x: point})))
            except SymdiffError:
                continue
            for further in _solved(rest, others, work):
                try:
                    value = folded(replaced([point], further.values)[0]) if further.values else point
                    inverses = tuple(simplify(replaced([*([unique] if unique is not None else []), *more], further.values)))
                except SymdiffError:  # what is put in has no value there
                    continue
                yield Solution(
                    {x: value, **further.values},
                    (*inverses, *further.inverses),
                    (*[(replaced([node], further.values)[0], relation) for node, relation in conditions], *further.others),
                    ((x, point), *further.order),
                    further.own and unknowns[k] is x,
                    further.several or several,
                )
