"""Normal form: flattened, like terms collected, powers merged, indices canonical.

In: any expression graph. Out: an equal one in which
- coefficients stand in SUM only, a SUM has no equal terms, no SUM below it, and its terms are sorted by key;
- a PROD has no number, no PROD and no one-term SUM among its factors, equal factors are one power, identities are
  gone, labels are numbered canonically: equal products up to renaming and reordering are one node;
- within a PROD, a part that is a number of its own, or a chain of contractions that meets the rest in an elementwise product, is a
  node of its own, so that its powers merge;
- NAMEs are atoms; comparisons are `gt`, `ge`, `eq`, `ne` with positive terms on both sides.
Sums inside products are not multiplied out. Long sums and products are gathered in one go; shared ones are flattened
only while short, or the n partial derivatives of x1*…*xn would cost n^2. Every constructor below maps normal forms to
a normal form, so one walk over the graph, arguments first, is enough, and it ends.

Here is the walk; the operations are a file each, around the context (context.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr.node import CALL, NAME, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, Expr, Shape, make
from symdiff.expr.walk import topological
from symdiff.simplify import reshaping
from symdiff.simplify.calls import Calls
from symdiff.simplify.conditions import Conditions
from symdiff.simplify.context import Log
from symdiff.simplify.graph import LARGE, SHARED_FACTORS_IF_LARGE
from symdiff.simplify.powers import Powers
from symdiff.simplify.products import Products
from symdiff.simplify.sums import Sums
from symdiff.simplify.symmetry import Symmetry

__all__ = ["Log", "Normalizer"]


class Normalizer(Sums, Products, Powers, Calls, Conditions, Symmetry):
    """One simplification: see `Context` for what it knows."""

    def settled(self, drops: bool) -> None:
        """From now on brackets such as [i != j] go where they say nothing, or stay; what was found without knowing that is forgotten."""
        self.drops = drops
        self.memo.clear()
        self._powers.clear()

    def run(self, roots: Sequence[Expr]) -> list[Expr]:
        """The normal forms of the roots."""
        order = topological(roots, into_names=not self.keep_names)
        if len(order) > LARGE:
            self.shared_factors = SHARED_FACTORS_IF_LARGE
        once, several = set(roots), set(roots)  # sums and products with at least one user, with more than one
        gathered: set[Expr] = set()
        for node in order:
            op = node.op
            if op <= UNIT or (op == NAME and self.keep_names):
                continue
            gathers = not node.shape and (op == SUM or (op == PROD and not any(node.data[0])))
            for a in node.args:
                if a.op == SUM or a.op == PROD:
                    if a in once:
                        several.add(a)
                    else:
                        once.add(a)
                    if gathers and a.op == op and (op == SUM or not any(a.data[0])):
                        gathered.add(a)
        memo = self.memo
        gathered -= several  # what has one user is gathered by it
        for node in order:
            if node.op <= UNIT:  # leaves
                memo[node] = node
            elif node not in gathered and node not in memo:
                memo[node] = self.rebuild(node)
        return [memo[r] for r in roots]

    def rebuild(self, node: Expr) -> Expr:
        """The normal form of a node whose arguments have theirs."""
        op, memo = node.op, self.memo
        if op == SUM:
            return self.sum(self.gather_sum(node), node.shape)
        if op == PROD:
            labels, out = node.data
            if not node.shape and not any(labels):
                return self.scalar_product(self.gather_product(node))
            sizes = dict(zip(out, node.shape, strict=True))
            return self.product([(memo[a], ls) for a, ls in zip(node.args, labels, strict=True)], out, sizes)
        if op == POW:
            return self.power(memo[node.args[0]], memo[node.args[1]])
        if op == CALL:
            return self.call(node.data, tuple([memo[a] for a in node.args]), node.shape)
        if op == NAME:
            return node if self.keep_names else memo[node.args[0]]
        if op == RESHAPE:
            return self.reshape(memo[node.args[0]], node.shape)
        if op == OPAQUE:
            return make(OPAQUE, tuple([memo[a] for a in node.args]), node.data, node.shape)
        return node

    def normal(self, x: Expr) -> Expr:
        """The normal form of a small expression built here (a rule's right side)."""
        return self.run([x])[0]

    def reshape(self, x: Expr, shape: Shape) -> Expr:
        return reshaping.reshape(self, x, shape)
