"""How a line of a derivation was simplified: from what its edges multiply together to what it says, one rule after the other.

In: both sides of a line. Out: steps on the whole of it, each of which changes what one rule changes. The rules are those that fired in a
simplification of this line; they are put back from its end: where the result of one stands in the expression, what it was made of is put in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from symdiff.expr.node import Expr, make
from symdiff.expr.walk import topological
from symdiff.notation import write
from symdiff.notation.trees import length
from symdiff.notation.unparse import unparse
from symdiff.notation.writer import Writer
from symdiff.printers import text
from symdiff.simplify import Normalizer
from symdiff.simplify.context import Log

# Steps that are shown of one line, and symbols of an expression in them; a longer way is told by its two ends.
MAX_STEPS, MAX_SYMBOLS = 6, 60


class Rewriting(NamedTuple):
    """before becomes after, both the whole of a line. rule: the name of the rule, "" where terms and factors are put in order; others: what fired on
    the way there, on parts that are seen no more."""

    before: Expr
    after: Expr
    rule: str
    others: tuple[str, ...] = ()


def changes(before: Expr, after: Expr, formula: Expr) -> list[Rewriting]:
    """The steps from one to the other; none where both are written alike."""
    log = Log()
    write([before], formula, log=log)
    home = Normalizer(rules=False)
    writer = Writer(Normalizer(), formula)
    found: list[Rewriting] = []
    now = after
    unseen: list[str] = []
    for rule, old, new in reversed(log.fired):
        earlier = _put_back(now, old, new, home, writer)
        if earlier is not None and not alike(earlier, now):
            found.append(Rewriting(earlier, now, rule))
            now = earlier
        else:
            unseen.append(rule)
        if alike(before, now):
            break
    others = tuple(dict.fromkeys(reversed(unseen)))
    if not alike(before, now):
        found.append(Rewriting(before, now, "", others))
    elif found:
        found[-1] = found[-1]._replace(before=before)  # as it stands in the line
    too_long = len(found) > MAX_STEPS or any(length(unparse(c.before)) > MAX_SYMBOLS for c in found)
    return [Rewriting(before, after, "", tuple(dict.fromkeys([rule for rule, _, _ in log.fired])))] if too_long else found[::-1]


def _put_back(now: Expr, old: Expr, new: Expr, home: Normalizer, writer: Writer) -> Expr | None:
    """What stood there before new took the place of old; None if new is not seen."""
    order = topological([now])
    *forms, was, became = home.run([*order, old, new])
    if was is became or not became.args:
        return None
    places = {x for x, form in zip(order, forms, strict=True) if form is became and x.shape == old.shape}
    if not places:
        return None
    (written,) = writer.write([old])
    made: dict[Expr, Expr] = {}
    for x in order:
        if x in places:
            made[x] = written
        else:
            args = tuple([made[a] for a in x.args])
            made[x] = x if args == x.args else make(x.op, args, x.data, x.shape)
    return made[now]


def alike(a: Expr, b: Expr) -> bool:
    """Whether both are written in the same signs, but for order and brackets."""
    return _signs(a) == _signs(b)


def _signs(x: Expr) -> Sequence[str]:
    return sorted(text(unparse(x)).translate(str.maketrans("", "", "() ")))
