"""Products as small graphs: factors are vertices, labels of axes the edges between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import NAME, NUM, POW, PROD, SUM, VAR, Dim, Expr, Number, make, rational
from symdiff.expr.patterns import is_call

if TYPE_CHECKING:
    from symdiff.simplify.context import Context


Labels = tuple[int, ...]

Factor = tuple[Expr, Labels]

LARGE = 10_000


# A product with several users is flattened into each while it has at most so many factors; without a bound the
# n partial derivatives of x1*…*xn, which share prefixes and suffixes, would cost n^2. Nobody reads a graph of more than LARGE nodes
# whole, and shorter products make its simplification a third faster.
SHARED_FACTORS, SHARED_FACTORS_IF_LARGE = 16, 4
SHARED_TENSORS = 24  # the same for products of vectors and matrices, such as the adjoints of a deep network


class ProductGraph:
    """A product under construction: factors with exponents, axes with labels. entries: (base, labels) -> exponent, a number or an expression."""

    __slots__ = ("coef", "entries", "home", "next", "out", "sizes", "summed")

    def __init__(self, home: Context, items: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> None:
        self.home = home
        self.out = out
        self.sizes: dict[int, Dim] = dict(sizes)
        self.coef: Number = 1
        self.entries: dict[Factor, Number | Expr] = {}
        self.summed: set[int] = set()
        self.next = 0
        if out or any(labels for _, labels in items):
            for node, labels in items:
                self.sizes.update(zip(labels, node.shape, strict=True))
                self.summed.update(labels)
            self.summed.difference_update(out)
            self.next = 1 + max(max(self.sizes, default=-1), max(out, default=-1))
        self.load(items)

    def load(self, items: Sequence[Factor]) -> None:
        stack = list(reversed(items))
        while stack:
            node, labels = stack.pop()
            op = node.op
            if op == NUM:
                self.coef *= node.data
            elif op == PROD and flattens(node, self.home.shared_factors):
                inner, inner_out = node.data
                place = dict(zip(inner_out, labels, strict=True))
                for a, ls in zip(node.args, inner, strict=True):
                    for label, d in zip(ls, a.shape, strict=True):
                        if label not in place:
                            place[label] = self.fresh(d)
                    stack.append((a, tuple([place[i] for i in ls])))
            elif op == SUM and len(node.args) == 1:
                self.coef *= node.data[0]
                stack.append((node.args[0], labels))
            elif 1 in node.shape and op == SUM and (axes := idle_axes(node)):
                # x' has an axis of length 1; a sum of numbers spread along it is the sum of the numbers
                kept = tuple([axis for axis in range(len(labels)) if axis not in axes])
                own = tuple(range(len(labels)))
                terms = [(c, self.home.product([(t, own)], kept, {})) for c, t in zip(node.data, node.args, strict=True)]
                stack.append((self.home.sum(terms, tuple([node.shape[axis] for axis in kept])), tuple([labels[axis] for axis in kept])))
            else:
                if op == SUM:  # as it stands under a power, so that P - W meets (W - P)^-1
                    content, node = self.home.primitive(node)
                    self.coef *= content
                self.multiply(node, labels)

    def fresh(self, d: Dim) -> int:
        label = self.next
        self.next += 1
        self.sizes[label] = d
        self.summed.add(label)
        return label

    def multiply(self, node: Expr, labels: Labels) -> None:
        """Multiply by a factor that is no product: add to the exponent of its base."""
        exponent: Number | Expr = 1
        if node.op == POW:
            node, power = node.args
            exponent = power.data if power.op == NUM else power
        entrywise = isinstance(exponent, Expr) and bool(exponent.shape)
        key = (node, labels if entrywise else self.oriented(node, labels))
        before = self.entries.get(key)
        if before is None:
            self.entries[key] = exponent
            return
        after = self.joined(node, before, exponent)
        if after == 0:
            del self.entries[key]
            if not (isinstance(before, int) and before > 0 and isinstance(exponent, int) and exponent > 0):
                self.home.assume_nonzero(node)
        else:
            self.entries[key] = after

    def joined(self, base: Expr, a: Number | Expr, b: Number | Expr) -> Number | Expr:
        """The exponent of a base that two factors have; what is 0 or 1 everywhere to a positive power is itself.

        A false bracket is 0 beside whatever has no value: [c]/[c] is [c], where the exponents alone would say 1.
        """
        total = self.plus(a, b)
        if not self.home.facts.idempotent(base):
            return total
        strong = base.op != VAR and any(isinstance(n, int) and n > 0 for n in (a, b))
        return 1 if strong or (isinstance(total, int) and total > 0) else total

    def oriented(self, node: Expr, labels: Labels) -> Labels:
        """[i != j] and [j != i] are one factor."""
        if is_call(node, "eq", "ne") and len(labels) == 2 and labels[0] > labels[1] and self.home.symmetric(node):
            return labels[::-1]
        return labels

    def plus(self, a: Number | Expr, b: Number | Expr) -> Number | Expr:
        if not isinstance(a, Expr) and not isinstance(b, Expr):
            return rational(a + b)
        x = a if isinstance(a, Expr) else build.num(a)
        y = b if isinstance(b, Expr) else build.num(b)
        shape = x.shape or y.shape
        out = tuple(range(len(shape)))
        x, y = [v if v.shape == shape else self.home.product([(v, ())], out, dict(enumerate(shape))) for v in (x, y)]
        total = self.home.add(x, y)
        return total.data if total.op == NUM else total

    def rename(self, old: int, new: int, keep: Factor | None = None) -> None:
        entries, self.entries = self.entries, {}
        for (base, labels), exponent in entries.items():
            if (base, labels) != keep and old in labels:
                labels = tuple([new if i == old else i for i in labels])
                labels = labels if isinstance(exponent, Expr) and exponent.shape else self.oriented(base, labels)
            key = (base, labels)
            if key in self.entries:
                total = self.joined(base, self.entries[key], exponent)
                if total == 0:
                    del self.entries[key]
                else:
                    self.entries[key] = total
            else:
                self.entries[key] = exponent

    def degree(self) -> Counter[int]:
        return Counter(label for _, labels in self.entries for label in labels)


def flattens(x: Expr, shared: int) -> bool:
    """Whether a product takes this factor apart: long products stay shared, and a number that is one contraction is a part of its own."""
    return len(x.args) <= (SHARED_TENSORS if x.shape else shared) and (bool(x.shape) or not any(x.data[0]))


def scalars(factors: list[Expr]) -> Expr:
    """The product of distinct numbers in normal form."""
    if len(factors) < 2:
        return factors[0] if factors else build.ONE
    factors.sort(key=attrgetter("key"))
    return make(PROD, tuple(factors), build.of_numbers(len(factors)))


def idle_axes(x: Expr) -> list[int]:
    """The axes of length 1 of a sum along which all its terms are spread."""
    axes = [axis for axis, d in enumerate(x.shape) if d == 1]
    for t in x.args:
        if t.op != PROD:
            return []
        used = {i for ls in t.data[0] for i in ls}
        axes = [axis for axis in axes if t.data[1][axis] not in used]
    return axes


def holds_name(x: Expr) -> bool:
    """A NAME, or a sum of one with other values, such as x - mu."""
    return x.op == NAME or (x.op == SUM and len(x.args) <= 3 and any(a.op == NAME for t in x.args for a in (t, *t.args)))
