"""At which sizes an answer is looked at.

In: a formula, an answer, the sizes that SymPy gets. Out: choices of sizes: others, odd where those are even; with other distances where
sizes stand as numbers; beyond every number that a size or an index is compared or subtracted with; and, for every comparison of sizes and indices
alone, choices on each of its sides (`[m == n]`, `[i > m + 3]`, `n - 2*floor(n/2)`). A comparison of variables is `look`'s. It ends because
CANDIDATES and WORK bound what is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, product
from math import prod
from typing import Any

from symdiff.checking.components import Components, Scalar, Undecided, Work
from symdiff.checking.floats import Floats
from symdiff.checking.problem import effort
from symdiff.checking.sampling import least_sizes
from symdiff.expr.node import CALL, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, VAR, Expr
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import dimensions, topological
from symdiff.table import TABLE
from symdiff.table.operators import EITHER_OR_BOTH

# Scalar operations of formula and answer at the largest sizes that are tried; numbers that are read.
WORK, MOST_NUMBERS = 30_000, 100

# As many at sizes that are the other way round, which are one more choice.
CHEAP = 2_000

WHOLE = -1  # in the place of the number of a comparison within a node: whether the node itself is 0

# Choices that are tried for the sides of comparisons, operations for all of them, and how many are added.
CANDIDATES, OPERATIONS, MOST_ADDED = 400, 100_000, 8

# Sizes that are tried for each of so many dimensions, besides those next to the numbers that occur.
SMALL, FEW, MOST_DIMENSIONS = (1, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), 3

# Larger ones, for what grows slowly with a size: [log(n) > 3], [n/7 > 2].
LADDER = (12, 19, 30, 47, 75, 120, 190, 300, 480)

# Where sizes stand as numbers in the answer: no two of these have the distance or the quotient that others have.
SPACED = (6, 9, 8, 13, 17, 22, 29)


@dataclass
class Sizes:
    """choices: the first is what SymPy gets. unreached: what was not, in words, each with whether only the answer has it.

    answers: whether the answer compares or counts with sizes where the formula does not.
    """

    choices: list[dict[str, int]]
    unreached: list[tuple[str, bool]] = field(default_factory=list)
    answers: bool = False


def choose(f: Expr, derivative: Expr, first: dict[str, int]) -> Sizes:
    """The sizes at which the derivative of f is looked at."""
    if not first:
        return Sizes([{}])
    taken: set[int] = set()
    second = {}
    for d, n in first.items():  # not 2 and 3, at which so much agrees
        second[d] = next(m for m in range(4, 999) if (m + n) % 2 and m not in taken)
        taken.add(second[d])
    sizes = Sizes([first, second])
    nodes = topological([f, derivative])
    counting = _counting(nodes)
    if not counting:
        return sizes
    if any(n.op == DIM for n in topological([derivative])) or any(n.op in (SUM, CALL) and n.data != "cumsum" for n in counting):
        sizes.choices.append({d: SPACED[k % len(SPACED)] + 30 * (k // len(SPACED)) for k, d in enumerate(reversed(first))})
    own = set(topological([f]))
    sizes.answers = any(n not in own for n in counting if n.op in (SUM, CALL))
    turned = dict(zip(first, reversed(second.values()), strict=True))
    if sizes.answers and len(first) > 1 and effort(nodes, turned) <= CHEAP:  # det(X'*X) is 0 where X has more columns than rows
        sizes.choices.append(turned)
    numbers = sorted(_numbers(counting))
    reached = [n for n in numbers if effort(nodes, {d: n + 2 + k for k, d in enumerate(first)}) <= WORK]
    if reached and reached[-1] >= min(second.values()):
        sizes.choices.append({d: reached[-1] + 2 + k for k, d in enumerate(first)})
    compared = [n for n in counting if (n.op == CALL and n.data != "cumsum") or _together(n)]
    if compared:
        _sides(sizes, nodes, own, compared, reached)
        known, far = set(counting), set(numbers).difference(reached)
        for node in compared[:MOST_NUMBERS] if far else ():
            beyond = far.intersection(_numbers([m for m in topological([node]) if m in known]))
            if beyond:
                sizes.unreached.append((f"sizes beyond {min(beyond)}", node not in own))
    unlike = [c for k, c in enumerate(sizes.choices) if c not in sizes.choices[:k]]
    return Sizes(unlike, list(dict.fromkeys(sizes.unreached)), sizes.answers)


def _counting(nodes: Sequence[Expr]) -> list[Expr]:
    """The nodes that depend on no variable, but on a size or an index."""
    constant: set[Expr] = set()
    found: dict[Expr, None] = {}
    for node in nodes:
        if node.op not in (VAR, OPAQUE) and constant.issuperset(node.args):
            constant.add(node)
            if node.op == DIM or is_call(node, "cumsum") or any(a in found for a in node.args):
                found[node] = None
    return list(found)


def _numbers(counting: Sequence[Expr]) -> set[int]:
    """The whole numbers beside sizes and indices, in comparisons, sums and quotients."""
    own = set(counting)
    found: set[int] = set()
    for node in counting:
        parts = [a.data for a in node.args if a.op == NUM] + (list(node.data) if node.op == SUM else [])
        for a in node.args:  # a number that is spread over an axis, or a multiple of one
            if a not in own and a.op in (PROD, RESHAPE, SUM, NAME, POW):
                parts += [n.data for n in islice(topological([a]), MOST_NUMBERS) if n.op == NUM]
        if node.op in (CALL, SUM, PROD) and len(found) < MOST_NUMBERS:
            for n in map(Fraction, parts):
                found |= {k for k in (abs(int(n)), n.denominator) if k > 1}
    return found


def _together(node: Expr) -> bool:
    """Whether several comparisons meet in a node: `[m == 1 and n == 1]`, `[m == 1]*[n == 1]`."""
    if node.op == CALL:
        return node.data in EITHER_OR_BOTH
    return node.op == PROD and sum(a.op == CALL and a.data in TABLE and bool(TABLE[a.data].relation) for a in node.args) > 1


class _Watching(Floats):
    """Numbers that note which sides of comparisons were taken."""

    def __init__(self) -> None:
        super().__init__(1)
        self.seen: set[tuple[int, int, int]] = set()
        self.turn = 0  # which of the comparisons it is

    def compare(self, a: Scalar, b: Scalar) -> Any:
        side = super().compare(a, b)
        self.seen.add((self.turn, self.ordinal, int(side)))
        self.ordinal += self.step
        return side


def _seen(compared: Sequence[Expr], sizes: dict[str, int]) -> tuple[set[tuple[int, int, int]], int]:
    """The sides that comparisons take at these sizes, and the operations that it took to see."""
    field_ = _Watching()

    def no_leaf(x: Expr) -> Any:
        raise Undecided(f"{x.name} is a variable")

    work = Work(OPERATIONS)
    components = Components(field_, sizes, no_leaf, work=work)
    try:
        for field_.turn, node in enumerate(compared):
            values = components(node)
            if _together(node):
                field_.seen |= {(field_.turn, WHOLE, int(bool(v))) for v in values}
    except (Undecided, ArithmeticError, LookupError, ValueError):
        pass
    return field_.seen, OPERATIONS - work.left + len(compared)


def _candidates(compared: Sequence[Expr], numbers: Sequence[int], sizes: Sizes, least: dict[str, int]) -> Iterator[list[dict[str, int]]]:
    """Sizes for the dimensions of comparisons, each with several choices for the others: from 2 on, larger, and from 1 on.

    The derivative may vanish at one of them: det(X'*X) is 0 where X has more columns than rows.
    """
    first = sizes.choices[0]
    dims = [d for d in first if d in dimensions(compared)][:MOST_DIMENSIONS]
    near = {m for n in numbers[-6:] for m in (n - 1, n, n + 1, n + 2)} | {m for n in numbers[:6] for m in (n - 1, n, n + 1)}
    for small in ((*SMALL, *LADDER), (*SMALL, *LADDER[::3]), SMALL, FEW):
        values = sorted({n for n in (*small, *near) if n > 0})
        if len(values) ** len(dims) <= CANDIDATES or small is FEW:
            break
    columns = [[n for n in values if n >= least.get(d, 1)] or [least.get(d, 1)] for d in dims]
    # Ones last: where one size is 1, sums over pairs are empty, and a wrong answer is right.
    made = sorted(islice(product(*columns), 4 * CANDIDATES), key=lambda sizes: (sizes.count(1), prod(sizes), sizes))
    for chosen in made[:CANDIDATES]:
        new = dict(zip(dims, chosen, strict=True))
        free = [d for d in first if d not in new]
        starts = (2, max(chosen, default=1) + 1, 1) if free else (2,)
        ranges = ((n for n in range(start, 999) if n not in chosen) for start in starts)
        made_of = [new | {d: max(next(others), least.get(d, 1)) for d in free} for others in ranges]
        yield [c for k, c in enumerate(made_of) if c not in made_of[:k]]


def _sides(sizes: Sizes, nodes: Sequence[Expr], own: set[Expr], compared: Sequence[Expr], numbers: Sequence[int]) -> None:
    """Add choices at which a comparison of sizes and indices takes a side that it takes at none so far.

    Of one that is not the formula's own (`own`: its nodes), both where the other sizes are all larger and where they are all smaller: at one of these the
    derivative may be 0.
    """
    dims = [set(dimensions([node])) if node not in own else set() for node in compared]

    def taken(choice: dict[str, int]) -> tuple[set[tuple[int, int, int, int]], int]:
        here, spent = _seen(compared, choice)
        return {(*side, order) for side in here for order in (0, *_orders(dims[side[0]], choice))}, spent

    seen: set[tuple[int, int, int, int]] = set()
    left = OPERATIONS
    for known in sizes.choices:
        seen |= taken(known)[0]
    added = 0
    for group in _candidates(compared, numbers, sizes, least_sizes(nodes, empty=True)):
        found = False
        for candidate in group:
            here, spent = taken(candidate)
            left -= spent
            if not here <= seen and effort(nodes, candidate) <= WORK:
                seen |= here
                sizes.choices.append(candidate)
                found = True
        added += found
        if added == MOST_ADDED or left < 0:
            return


def _orders(dims: set[str], choice: dict[str, int]) -> list[int]:
    """-1 where these dimensions are smaller than all others, 1 where they are larger."""
    inside, outside = ([n for d, n in choice.items() if (d in dims) is mine] for mine in (True, False))
    if not inside or not outside:
        return []
    return [-1] * (max(inside) < min(outside)) + [1] * (min(inside) > max(outside))
