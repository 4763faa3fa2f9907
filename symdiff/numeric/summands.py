"""A value multiplied out: the sum of products of which `limits` and `compounds` look at every term.

It ends because what a factor is opened to is below it, and stops at MAX_TERMS terms or MAX_FACTORS factors of one.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import PROD, SUM, Dim, Expr, Number
from symdiff.expr.walk import unnamed

Factor = tuple[Expr, Labels]

# Longer sums are left as they are; so are longer products.
MAX_TERMS, MAX_FACTORS = 24, 24


class Summand(NamedTuple):
    coef: Number
    factors: list[Factor]


class MultipliedOut:
    """One node as a sum of products. A subclass says which factors are taken apart, and how those that are no product and no sum."""

    def __init__(self, node: Expr) -> None:
        self.node = node
        self.out = tuple(range(len(node.shape)))
        self.sizes: dict[int, Dim] = dict(enumerate(node.shape))
        self.fresh = count(len(node.shape))

    def opens(self, f: Expr) -> bool:
        """Whether a factor, without its name, is taken apart."""
        raise NotImplementedError

    def opened(self, f: Expr, labels: Labels) -> list[Factor]:
        """The factors of a power or of a function that is taken apart."""
        raise NotImplementedError

    def multiplied_out(self) -> list[Summand] | None:
        """The terms; None if there are too many."""
        todo, done = [Summand(1, [(self.node, self.out)])], []
        while todo:
            term = todo.pop()
            k = next((k for k, (f, _) in enumerate(term.factors) if self.opens(unnamed(f))), None)
            if k is None:
                done.append(term)
                continue
            if len(todo) + len(done) > MAX_TERMS or len(term.factors) > MAX_FACTORS:
                return None
            f, labels = unnamed(term.factors[k][0]), term.factors[k][1]
            rest = [*term.factors[:k], *term.factors[k + 1 :]]
            if f.op == SUM:
                todo += [Summand(term.coef * c, [*rest, (t, labels)]) for c, t in zip(f.data, f.args, strict=True)][::-1]
            else:
                todo.append(Summand(term.coef, rest + (self.placed(f, labels) if f.op == PROD else self.opened(f, labels))))
        return done

    def placed(self, f: Expr, labels: Labels) -> list[Factor]:
        """The factors of a product that stands at these labels."""
        place = dict(zip(f.data[1], labels, strict=True))
        found = []
        for part, ls in zip(f.args, f.data[0], strict=True):
            for label, d in zip(ls, part.shape, strict=True):
                if label not in place:
                    place[label] = next(self.fresh)
                    self.sizes[place[label]] = d
            found.append((part, tuple([place[label] for label in ls])))
        return found

    def contracted(self, factors: list[Factor]) -> Expr:
        """A product in the place of the node."""
        return build.contract([f for f, _ in factors], [ls for _, ls in factors], self.out, self.sizes)
