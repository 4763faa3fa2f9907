"""Normal forms, named rules, cancellation and factoring."""

from collections.abc import Sequence

from symdiff.expr.collector import quiet_collector
from symdiff.expr.node import Expr
from symdiff.simplify.improve import Improver
from symdiff.simplify.normal import Log, Normalizer


def simplify(exprs: Sequence[Expr], log: Log | None = None) -> list[Expr]:
    """The expressions in normal form, the shorter of equal forms chosen; names are atoms. log: takes what fired."""
    home = Normalizer(log=log)
    with quiet_collector():
        return Improver(home).run(home.run(exprs))


__all__ = ["Improver", "Log", "Normalizer", "simplify"]
