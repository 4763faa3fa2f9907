"""Symmetry: whether a matrix in normal form equals its transpose, what its transpose is, and which sums only change their sign when two axes trade places."""

from __future__ import annotations

from symdiff.expr.node import CALL, DELTA, NAME, POW, PROD, SUM, VAR, Expr
from symdiff.expr.patterns import is_call, is_call_of
from symdiff.simplify.context import Context
from symdiff.simplify.shapes import terms_of
from symdiff.table import TABLE
from symdiff.table.operators import EQUALITIES


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
        if is_call_of(x, EQUALITIES) and self.transposed(x.args[0]) is x.args[1]:
            return True
        if x.op in (CALL, POW) and (x.op == POW or TABLE[x.data].elementwise):
            return all(not a.shape or self.symmetric(a) for a in x.args)
        return False

    def parity(self, x: Expr, a: int, b: int) -> int:
        """1 if a value in normal form is the same with its axes a and b exchanged, -1 if it is then its negative (`x[i] - x[j]`, its sine), else 0.

        0 also where that is not looked for: it is for sums, and for functions of them entry by entry.
        """
        key = (x, a, b)
        known = self._parity.get(key)
        if known is None:
            self._parity[key] = known = self._parity_of(x, a, b)
        return known

    def _parity_of(self, x: Expr, a: int, b: int) -> int:
        if x.op == SUM:
            axes = tuple(range(len(x.shape)))
            traded = tuple([b if axis == a else a if axis == b else axis for axis in axes])
            same = self.sum([(c, self.product([(t, axes)], traded, {})) for c, t in terms_of(x)], x.shape)
            return 1 if same is x else -1 if same is self.scaled(-1, x) else 0
        if x.op == CALL and len(x.args) == 1 and x.args[0].shape == x.shape:
            row = TABLE[x.data]
            inner = self.parity(x.args[0], a, b) if row.elementwise else 0
            return inner if row.odd or inner >= 0 else int(row.even)
        return 0

    def transposed(self, x: Expr) -> Expr:
        """The transpose of a matrix in normal form, a sum term by term."""
        known = self._transposed.get(x)
        if known is None:
            terms = [(c, self.product([(t, (0, 1))], (1, 0), {})) for c, t in terms_of(x)]
            self._transposed[x] = known = self.sum(terms, x.shape[::-1])
        return known
