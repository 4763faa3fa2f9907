"""Symmetry: whether a matrix in normal form equals its transpose, and what its transpose is."""

from __future__ import annotations

from symdiff.expr.node import CALL, DELTA, NAME, POW, PROD, SUM, VAR, Expr
from symdiff.expr.patterns import is_call
from symdiff.simplify.context import Context
from symdiff.simplify.shapes import terms_of
from symdiff.table import TABLE


class Symmetry(Context):
    """Transposes of matrices."""

    def symmetric(self, x: Expr) -> bool:
        """Whether a matrix in normal form is known to equal its transpose."""
        if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
            return False
        known = self._symmetric.get(x)
        if known is None:
            self._symmetric[x] = False  # for a product that is too long to be taken apart: its transpose asks for it again
            self._symmetric[x] = known = self._is_symmetric(x)
        return known

    def _is_symmetric(self, x: Expr) -> bool:
        if x.op == VAR:
            return not {"symmetric", "psd", "diagonal"}.isdisjoint(x.data[1])
        if x.op == DELTA:
            return True
        if is_call(x, "inv"):
            return self.symmetric(x.args[0])
        if x.op == NAME:
            return self.symmetric(type(self)().normal(x.args[0]))
        if x.op == SUM and all(self.symmetric(t) for t in x.args):
            return True
        if x.op in (SUM, PROD):
            return self.product([(x, (0, 1))], (1, 0), {}) is x if x.op == PROD else self.transposed(x) is x
        if is_call(x, "eq", "ne") and self.transposed(x.args[0]) is x.args[1]:
            return True
        if x.op in (CALL, POW) and (x.op == POW or TABLE[x.data].elementwise):
            return all(not a.shape or self.symmetric(a) for a in x.args)
        return False

    def transposed(self, x: Expr) -> Expr:
        """The transpose of a matrix in normal form, a sum term by term."""
        known = self._transposed.get(x)
        if known is None:
            terms = [(c, self.product([(t, (0, 1))], (1, 0), {})) for c, t in terms_of(x)]
            self._transposed[x] = known = self.sum(terms, x.shape[::-1])
        return known
