"""Cases: a formula whose domain hangs on the sign of a letter, as x*log(x/c), where x > 0 or x < 0 as c is.

In: a formula without names and its variables. Out: the formula for every case, the letter replaced by one that is positive or by the
negative of such a one, with the condition that says so. Only letters without properties that stand in a function of limited domain together
with a variable are asked about: one at a time first, then all of them positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symdiff.convexity.facts import INFINITY, NONNEGATIVE, POSITIVE, Condition, Range
from symdiff.convexity.ranges import domain
from symdiff.convexity.regular import replaced
from symdiff.expr import build
from symdiff.expr.node import CALL, VAR, Expr
from symdiff.expr.patterns import has_number_exponent
from symdiff.expr.walk import topological

LETTERS = 3


def cases(f: Expr, wrt: Sequence[Expr]) -> Iterator[tuple[Expr, Condition]]:
    """The formula in each case, with its condition."""
    letters = deciding(f, wrt)
    if not 0 < len(letters) <= LETTERS:
        return
    for v in letters:
        for sign, relation in ((1, "> 0"), (-1, "< 0")):
            yield given(f, [v], sign), frozenset([(v, relation)])
    if len(letters) > 1:
        yield given(f, letters, 1), frozenset([(v, "> 0") for v in letters])


def given(f: Expr, letters: Sequence[Expr], sign: int) -> Expr:
    positive = {v: build.var(v.name, v.shape, ["positive"]) for v in letters}
    return replaced([f], {v: p if sign > 0 else build.neg(p) for v, p in positive.items()})[0]


def deciding(f: Expr, wrt: Sequence[Expr]) -> list[Expr]:
    """The letters that a domain hangs on: their signs are not known, and they stand in its function beside a variable."""
    found: dict[Expr, None] = {}
    for node in topological([f]):
        limits = limited(node)
        if limits is None or limits.high != INFINITY or limits.low != 0:
            continue
        below = topological([node.args[0]])
        if any(x in below for x in wrt):
            found |= dict.fromkeys(n for n in below if n.op == VAR and n not in wrt and not n.data[1])
    return list(found)


def limited(node: Expr) -> Range | None:
    """The domain of a function in its first argument."""
    if node.op == CALL:
        return domain(node.data)
    if has_number_exponent(node) and not isinstance(node.args[1].data, int):
        return NONNEGATIVE if node.args[1].data > 0 else POSITIVE
    return None
