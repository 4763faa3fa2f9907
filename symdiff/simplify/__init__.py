"""Normal forms, named rules, cancellation and factoring."""

from collections.abc import Sequence

from symdiff.expr.collector import quiet_collector
from symdiff.expr.node import CALL, NUM, POW, SUM, Expr
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import topological
from symdiff.simplify.improve import Improver
from symdiff.simplify.normal import Log, Normalizer
from symdiff.simplify.shapes import is_index
from symdiff.table import TABLE


def simplify(exprs: Sequence[Expr], log: Log | None = None, *, keep_names: bool = True) -> list[Expr]:
    """The expressions in normal form, the shorter of equal forms chosen. log: takes what fired. keep_names: names are atoms."""
    home = Normalizer(keep_names=keep_names, log=log)
    with quiet_collector():
        return Improver(home).run(normal_forms(home, exprs))


def normal_forms(home: Normalizer, exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions in normal form, without brackets such as [i != j] that say nothing.

    What such brackets may become depends on all that is divided anywhere, so that it is settled once this is known.
    """
    found = home.run(exprs)
    nodes = topological(found)
    relations = {x.data for x in nodes if is_call(x, "ne", "gt") and x.shape and any(any(map(is_index, terms_in(a))) for a in x.args)}
    if not relations:
        return found
    parts = [x for node in nodes for x in divided(node)]
    home.guards = any(may_vanish_on_diagonal(home, x) for x in parts)
    drops = "ne" in relations and not any(home.diagonals.zeros(x) for x in parts)
    if not drops and not home.both:
        return found
    home.settled(drops)
    return home.run(found)


def terms_in(x: Expr) -> tuple[Expr, ...]:
    return x.args if x.op == SUM else (x,)


def may_vanish_on_diagonal(home: Normalizer, x: Expr) -> bool:
    """Whether a divisor may be 0 on the diagonal of two of its axes, and not elsewhere too for the same reason."""
    axes = [d for d in x.shape if d != 1]
    return len(set(axes)) < len(axes) and not home.facts.positive(x)


def divided(node: Expr) -> tuple[Expr, ...]:
    """What must not be 0 for a node to have a value."""
    if node.op == POW:
        return () if node.args[1].op == NUM and node.args[1].data >= 0 else node.args[:1]
    return node.args if node.op == CALL and TABLE.names[node.data].where and not TABLE.names[node.data].shape else ()


__all__ = ["Improver", "Log", "Normalizer", "normal_forms", "simplify"]
