"""Normal forms, named rules, cancellation and factoring."""

from collections.abc import Sequence

from symdiff.expr.node import Expr
from symdiff.simplify.improve import Improver
from symdiff.simplify.normal import Normalizer


def simplify(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions in normal form, the shorter of equal forms chosen; names are atoms."""
    home = Normalizer()
    return Improver(home).run(home.run(exprs))


__all__ = ["Improver", "Normalizer", "simplify"]
