"""A value multiplied out: the sum of products of which `limits` and `compounds` look at every term.

It ends because what a factor is opened to is below it, and stops at MAX_TERMS terms or MAX_FACTORS factors of one.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import count
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import ONE, Labels
from symdiff.expr.node import NUM, PROD, SUM, Dim, Expr, Number, make
from symdiff.expr.patterns import has_whole_exponent, is_multiple
from symdiff.expr.walk import unnamed

Factor = tuple[Expr, Labels]

# Longer sums are left as they are; so are longer products.
MAX_TERMS, MAX_FACTORS = 24, 24


# Of longer sums, nested ones together, nobody asks whether they are the same but for the order.
MAX_NESTED = 16

# Of sums of more terms, and of sums deeper inside, no common factor is taken out.
MAX_COMMON, MAX_SPLIT = 8, 3


def terms_of_all(e: Expr) -> dict[Expr, Number]:
    """The terms of a sum and of the sums in it, with their coefficients; the value itself where it is no sum."""
    found: dict[Expr, Number] = {}
    stack: list[tuple[Number, Expr]] = [(1, e)]
    while stack:
        c, t = stack.pop()
        t = unnamed(t)
        if t.op == SUM and len(stack) + len(found) + len(t.args) <= MAX_NESTED:
            stack += [(c * d, a) for d, a in zip(t.data, t.args, strict=True)]
        else:
            found[t] = found.get(t, 0) + c
    return {t: c for t, c in found.items() if c}


def ratio(a: Expr, b: Expr) -> Fraction | None:
    """a/b of sums that have the same terms but for a factor."""
    mine, its = terms_of_all(a), terms_of_all(b)
    if not mine or mine.keys() != its.keys():
        return None
    first = next(iter(mine))
    found = Fraction(mine[first]) / Fraction(its[first])
    return found if all(Fraction(c) == found * Fraction(its[t]) for t, c in mine.items()) else None


def to_the(f: Expr) -> tuple[Expr, int]:
    """The base of a power with a whole exponent, and this."""
    f = unnamed(f)
    if has_whole_exponent(f) and f.args[1].data > 0:
        return unnamed(f.args[0]), f.args[1].data
    return f, 1


def split_up(u: Expr, depth: int = MAX_SPLIT) -> tuple[Number, dict[Expr, int]]:
    """A value as a number times powers of values, entry by entry; what all terms of a sum have in common is taken out of it."""
    c: Number = 1
    found: dict[Expr, int] = {}
    stack = [(u, 1)]
    while stack:
        f, n = stack.pop()
        f = unnamed(f)
        if f.op == PROD and len(f.args) == 1 and f.args[0].op == NUM and f.data[0] == ((),):  # spread
            f = f.args[0]
        whole, m = to_the(f)
        if f.op == NUM:
            c *= Fraction(f.data) ** n
        elif m > 1:
            stack.append((whole, n * m))
        elif is_multiple(f):
            c *= Fraction(f.data[0]) ** n
            stack.append((f.args[0], n))
        elif f.op == PROD and len(f.args) + len(stack) + len(found) <= MAX_NESTED and all(ls == f.data[1] for ls in f.data[0]):
            stack += [(g, n) for g in f.args]
        elif f.op == SUM and depth and 1 < len(f.args) <= MAX_COMMON:
            terms = [(d, *split_up(t, depth - 1)) for d, t in zip(f.data, f.args, strict=True)]
            common = {part: min(parts.get(part, 0) for _, _, parts in terms) for part in terms[0][2]}
            common = {part: often for part, often in common.items() if often}
            kept: list[tuple[Number, Expr]] = []
            for d, k, parts in terms:
                left = [(part, often - common.get(part, 0)) for part, often in parts.items()]
                powers = [part if e == 1 else build.power(part, build.num(e)) for part, e in left if e]
                kept.append((d * k, reduce(build.elementwise, powers) if powers else build.spread(ONE, u.shape)))
            kept = sorted([term for term in kept if term[0]], key=lambda term: term[1].key)
            if not kept:
                return 0, {}
            lead = Fraction(kept[0][0])
            rest = make(SUM, tuple([t for _, t in kept]), tuple([build.num(Fraction(d) / lead).data for d, _ in kept]), u.shape)
            c *= lead**n
            for part, often in (*common.items(), (rest, 1)):
                found[part] = found.get(part, 0) + n * often
        else:
            found[f] = found.get(f, 0) + n
    return build.num(c).data, found


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
