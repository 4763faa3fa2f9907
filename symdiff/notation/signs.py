"""Signs: differences point the way that the formula has them, and as few minus signs are seen as can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, POW, PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import has_number_exponent, has_terms, has_two_factors, is_call, is_multiple
from symdiff.notation.writing import Labels, Writing
from symdiff.notation.written import LEFT_SPINE, is_power, pointwise
from symdiff.simplify.shapes import is_ones, is_zero


class Signs(Writing):
    """Which way round a difference is written, and where its sign goes."""

    def sides(self, a: Expr, b: Expr) -> tuple[Expr, Expr]:
        """x + 1 > 0 is x > -1: the constant of a sum goes to the side that is 0."""
        for x, y in ((a, b), (b, a)):
            if is_zero(y) and has_terms(x):
                for c, t in zip(x.data, x.args, strict=True):
                    if is_ones(t):
                        moved = self.home.full(-c, x.shape)
                        x = self.home.add(x, moved)
                        return (x, moved) if y is b else (moved, x)
        return a, b

    def signed(self, c: Number, t: Expr) -> tuple[int, Expr]:
        """c*t as a sign and what follows it in a sum: a + -b*c is a - b*c."""
        sign, size = (-1, -c) if c < 0 else (1, c)
        w = self.term(size, t)
        leads = leads_with_minus(w)
        if leads or self.against(size, t):
            turned = self.term(-size, t)
            if self.price(turned) < self.price(w) + (not leads):
                return -sign, turned
        return sign, w

    def against(self, c: Number, t: Expr) -> bool:
        """Whether c*t will be written with a difference in the direction opposite to the formula's."""
        if t.op != PROD or all(f.op != SUM for f in t.args):
            return False
        _, factors = self.orient(c, list(zip(t.args, t.data[0], strict=True)))
        return any(f.op == SUM and self.facing(f) is not f for f, _ in factors)

    def orient(self, c: Number, factors: list[tuple[Expr, Labels]]) -> tuple[Number, list[tuple[Expr, Labels]]]:
        """Give differences the direction that the formula has, or one that saves a leading minus."""
        turned = []
        for f, ls in factors:
            base, parity = (f.args[0], f.args[1].data % 2 if f.args[1].op == NUM else 2) if f.op == POW else (f, 1)
            if f.op == PROD:
                inside = self.turned_inside(f, lambda g: self.facing(g) is not g)
                c, f = (c, f) if inside is None else (-c, inside)
            facing = self.facing(base) if parity in (0, 1) else base
            if facing is not base:
                c = -c if parity else c
                f = make(POW, (facing, f.args[1]), None, base.shape) if f.op == POW else facing
            turned.append((f, ls))
        if c < 0:
            count = Counter(f for f, _ in turned)
            for wanted in (self.neutral, self.turns_well):
                for n, (f, ls) in enumerate(turned):
                    if count[f] > 1:
                        continue
                    if has_terms(f) and wanted(f):
                        turned[n] = (self.home.scaled(-1, f), ls)
                        return -c, turned
                    if is_call(f, "cross"):
                        turned[n] = (make(CALL, f.args[::-1], f.data, f.shape), ls)
                        return -c, turned
                    if has_number_exponent(f) and f.args[1].data % 2 == 1 and f.args[0].op == SUM and self.known_turned(f.args[0]):
                        turned[n] = (make(POW, (self.home.scaled(-1, f.args[0]), f.args[1]), None, f.shape), ls)
                        return -c, turned
                    beside = wanted == self.neutral or (ls != () and any(k != n and others == ls for k, (_, others) in enumerate(turned)))
                    inside = (
                        self.turned_inside(f, wanted) if f.op == PROD and beside else None
                    )  # of (-A'*(b - c)) .* d nobody writes the minus
                    if inside is not None:
                        turned[n] = (inside, ls)
                        return -c, turned
        return c, turned

    def neutral(self, x: Expr) -> bool:
        """A difference that the formula does not have, without a constant to lead it."""
        return x not in self.order and self.turns_well(x) and not any(is_ones(t) for t in x.args)

    def known_turned(self, x: Expr) -> bool:
        """Whether the formula has this difference the other way round, too."""
        return len(x.args) > 1 and self.home.scaled(-1, x) in self.order

    def turned_inside(self, x: Expr, wanted: Callable[[Expr], bool]) -> Expr | None:
        """-x, for a product with a difference among its factors that is wanted the other way round."""
        for n, a in enumerate(x.args):
            odd = has_number_exponent(a) and a.args[1].data % 2 == 1
            base = a.args[0] if odd else a
            if has_terms(base) and x.args.count(a) == 1 and wanted(base):
                turned = self.home.scaled(-1, base)
                args = (*x.args[:n], make(POW, (turned, a.args[1]), None, a.shape) if odd else turned, *x.args[n + 1 :])
                return make(PROD, args, x.data, x.shape)
        return None

    def turns_well(self, x: Expr) -> bool:
        """A difference of two terms reads as well the other way round; so does a + A'*(b - c), which is a - A'*(c - b)."""
        return any(c < 0 for c in x.data) or any(self.signed(c, t)[0] < 0 for c, t in zip(x.data, x.args, strict=True))

    def facing(self, x: Expr) -> Expr:
        """x or -x: a difference in the direction that the formula has."""
        if x.op != SUM or len(x.args) == 1:
            return x
        flipped = self.home.scaled(-1, x)
        return flipped if flipped in self.order and x not in self.order else x


def negated(w: Expr) -> Expr:
    """-w, the minus at the first factor of a product, where it is read: -a .* b is (-a) .* b."""
    spine: list[Expr] = []
    while has_two_factors(w) and (w.data in LEFT_SPINE or pointwise(w)) and not is_power(w):
        spine.append(w)
        w = w.args[0]
    result = build.neg(w)
    for node in reversed(spine):
        result = make(PROD, (result, node.args[1]), node.data, node.shape)
    return result


def leads_with_minus(w: Expr) -> bool:
    """Whether the first thing written may be a minus."""
    while w.op == PROD:
        w = w.args[0]
    return bool(w.data < 0) if w.op == NUM else is_multiple(w) and bool(w.data[0] < 0)
