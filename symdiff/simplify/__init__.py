"""Normal forms, named rules, cancellation and factoring."""

from collections.abc import Sequence

from symdiff.expr.collector import quiet_collector
from symdiff.expr.node import CALL, NUM, POW, Expr
from symdiff.expr.walk import topological
from symdiff.simplify.improve import Improver
from symdiff.simplify.normal import Log, Normalizer
from symdiff.simplify.shapes import is_index
from symdiff.table import TABLE


def simplify(exprs: Sequence[Expr], log: Log | None = None) -> list[Expr]:
    """The expressions in normal form, the shorter of equal forms chosen; names are atoms. log: takes what fired."""
    home = Normalizer(log=log)
    with quiet_collector():
        return Improver(home).run(normal_forms(home, exprs))


def normal_forms(home: Normalizer, exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions in normal form, without brackets such as [i != j] that say nothing."""
    found = home.run(exprs)
    if has_idle_brackets(home, found):
        home.drop_brackets()
        found = home.run(found)
    return found


def has_idle_brackets(home: Normalizer, exprs: Sequence[Expr]) -> bool:
    """Whether [i != j] occurs and nothing is without a value on a diagonal."""
    nodes = topological(exprs)
    if not any(x.op == CALL and x.data == "ne" and len(x.shape) > 0 and any(map(is_index, x.args)) for x in nodes):
        return False
    return not any(home.diagonals.zeros(x) for node in nodes for x in divided(node))


def divided(node: Expr) -> tuple[Expr, ...]:
    """What must not be 0 for a node to have a value."""
    if node.op == POW:
        return () if node.args[1].op == NUM and node.args[1].data >= 0 else node.args[:1]
    return node.args if node.op == CALL and TABLE.names[node.data].where and not TABLE.names[node.data].shape else ()


__all__ = ["Improver", "Log", "Normalizer", "normal_forms", "simplify"]
