"""Products distributed over sums, and terms multiplied out, where that is shorter."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr.node import DELTA, DIM, POW, PROD, SUM, Dim, Expr, Number
from symdiff.expr.patterns import has_number_exponent, is_call, is_divisor
from symdiff.simplify.cost import linked
from symdiff.simplify.offering import MAX_TERMS, Factor, Labels, Offering, selects
from symdiff.simplify.picking import sums_to_one
from symdiff.simplify.shapes import constant_along, split

FEW_TERMS = 4

HOPELESS = 2  # a sum multiplied out to more than this many times its cost is not looked at further


class Distribution(Offering):
    """Products distributed over sums, and terms multiplied out."""

    def distribute(self, x: Expr, depth: int) -> Expr:
        sums = [n for n, f in enumerate(x.args) if f.op == SUM and 1 < len(f.args) <= MAX_TERMS]
        if not sums or len(x.args) > MAX_TERMS:
            return x
        labels, out = x.data
        if not any(labels) and not any(map(has_power, x.args)):
            return x  # numbers of which none can cancel another
        items: list[Factor] = list(zip(x.args, labels, strict=True))
        sizes: dict[int, Dim] = {}
        for n in sums:
            f, ls = items[n]
            traced = len(set(ls)) < len(ls)
            if traced and not (len(ls) == 2 and any(falls_apart(t) for t in f.args)):
                continue
            # only factors that can meet a term of the sum take part, so that nothing else is written twice
            alike = [k for k, (_, others) in enumerate(items) if k != n and others == ls]
            choices = [alike] if traced or (alike and (selects(f) or cancels(f, [items[k][0] for k in alike]))) else []
            if ls and not traced and self.collapses(f, ls, labels, out):
                choices.append([k for k, (_, others) in enumerate(items) if k != n and others and set(others) <= set(ls)])
                choices.append([k for k, (_, others) in enumerate(items) if k != n and others])
            if choices and not sizes:
                sizes = {i: d for g, ls in items for i, d in zip(ls, g.shape, strict=True)} | dict(zip(out, x.shape, strict=True))
            for part in choices:
                rest = [item for k, item in enumerate(items) if k != n and k not in part]
                kept = {i for _, others in rest for i in others} | set(out)
                seen = dict.fromkeys(i for k in (n, *part) for i in items[k][1])
                inner = tuple([i for i in seen if i in kept]) if rest else out
                old = self.home.product([items[k] for k in (n, *part)], inner, sizes)
                mark = self.home.log.mark()
                new = self.multiplied(f, ls, [items[k] for k in part], inner, sizes, depth)
                if not self.better("distribute", old, new, tie=traced or weighs(f, ls, [items[k] for k in part], inner)):
                    self.home.log.back_to(mark)
                else:
                    return self.local(self.home.product([(new, inner), *rest], out, sizes), depth - 1)
        return x

    def unnested(self, x: Expr) -> Expr:
        """u/(d*(1 + v/d)) is u/(d + v): what the terms of a denominator divide by, and the product does too, is multiplied into it."""
        out = x.data[1]
        items: list[Factor] = []
        divided = {(f.args[0], ls) for f, ls in zip(x.args, x.data[0], strict=True) if divides(f)}
        first = 1 + max([-1, *out, *(i for ls in x.data[0] for i in ls)])
        for f, ls in zip(x.args, x.data[0], strict=True):
            if divided and not ls and f.op == PROD and any(f.data[0]) and any(map(divides, f.args)):  # a number that is a contraction
                items += [(g, tuple([first + i for i in inner])) for g, inner in zip(f.args, f.data[0], strict=True)]
                first += 1 + max(i for inner in f.data[0] for i in inner)
            else:
                items.append((f, ls))
        for n, (f, ls) in enumerate(items):
            if not divides(f) or f.args[0].op != SUM or len(set(ls)) < len(ls):
                continue
            base, k = f.args[0], -f.args[1].data
            own = tuple(range(len(base.shape)))
            below: dict[Factor, Number] = {}
            for t in base.args:
                for g, inner in zip(t.args, t.data[0], strict=True) if t.op == PROD else ((t, own),):
                    if divides(g) and inner in ((), own) and g.args[0].op != DIM:  # mean(x) stays one
                        below[g.args[0], inner] = max(-g.args[1].data, below.get((g.args[0], inner), 0))
            if not any((b, ls if inner else ()) in divided for b, inner in below):
                continue
            home = self.home
            sizes = dict(zip(own, base.shape, strict=True))
            d = home.product([(home.number_power(b, e), inner) for (b, inner), e in below.items()], own, sizes)
            cleared = home.sum([(c, home.times(t, d)) for c, t in zip(base.data, base.args, strict=True)], base.shape)
            rest = [item for m, item in enumerate(items) if m != n]
            every = dict(zip(out, x.shape, strict=True))
            new = home.product([*rest, (home.number_power(cleared, -k), ls), (home.number_power(d, k), ls)], out, every)
            if self.better("nested-fraction", x, new):
                return new
        return x

    def multiplied(self, f: Expr, ls: Labels, rest: list[Factor], out: Labels, sizes: dict[int, Dim], depth: int) -> Expr:
        """The product with the sum f multiplied out."""
        home = self.home
        terms = []
        for c, t in zip(f.data, f.args, strict=True):
            part = home.product([(t, ls), *rest], out, sizes)
            terms.append((c, self.local(self.with_totals(part, depth - 1), depth - 1)))
        return self.local(home.sum(terms, tuple([sizes[i] for i in out])), depth - 1)

    def with_totals(self, x: Expr, depth: int) -> Expr:
        """x, where totals among its factors are as good as they get: taken out of a sum, that of x - mean(x) was not offered yet."""
        if x.op != PROD or not any(map(is_total_of_sum, x.args)):
            return x
        labels, out = x.data
        args = [self.local(a, depth) if is_total_of_sum(a) else a for a in x.args]
        return self.home.product(list(zip(args, labels, strict=True)), out, dict(zip(out, x.shape, strict=True)))

    @staticmethod
    def collapses(f: Expr, ls: Labels, labels: Sequence[Labels], out: Labels) -> bool:
        """Whether a term of f gets simpler in the product: an identity, constant along an axis, or summing to 1."""
        if any(t.op == DELTA or (t.op == PROD and any(p.op == DELTA for p in t.args)) for t in f.args):
            return True
        if len(ls) > 1 and any(spread_along(t, list(range(len(ls)))) and not constant_along(t) for t in f.args):
            return True
        summed = [axis for axis, i in enumerate(ls) if i not in out]
        others = {axis: sum(at.count(ls[axis]) for at in labels) - 1 for axis in summed}
        lonely = [axis for axis in summed if not others[axis]]
        if len(f.args) <= FEW_TERMS and (lonely or (1 in others.values() and any(constant_along(t) for t in f.args))):
            return True  # a total may vanish: that of x - mean(x), or of w .* (x - w.x/sum(w))
        return bool(lonely) and any(constant_along(t) or sums_to_one(t) or spread_along(t, lonely) for t in f.args)

    def expand(self, x: Expr, depth: int) -> Expr:
        """Multiply out the terms that are products with sums, if the whole gets shorter."""
        home = self.home
        terms: list[tuple[Number, Expr]] = []
        changed = False
        for c, t in zip(x.data, x.args, strict=True):
            for d, u in self.multiplied_out(t):
                terms.append((c * d, u))
                changed = changed or u is not t
            if len(terms) > MAX_TERMS:
                return x
        if not changed:
            return x
        raw = home.sum(terms, x.shape)
        if self.cost(raw) > HOPELESS * self.cost(x):
            return x
        mark = home.log.mark()
        new = self.local(raw, depth - 1)
        if self.better("expand", x, new):
            return new
        home.log.back_to(mark)
        return x

    def multiplied_out(self, t: Expr) -> list[tuple[Number, Expr]]:
        if t.op != PROD:
            return [(1, t)]
        home = self.home
        labels, out = t.data
        sums = [n for n, a in enumerate(t.args) if a.op == SUM and len(a.args) > 1]
        size = 1
        for n in sums:
            size *= len(t.args[n].args)
        if not sums or size > MAX_TERMS:
            return [(1, t)]
        sizes = dict(zip(out, t.shape, strict=True))
        partial: list[tuple[Number, list[Factor]]] = [
            (1, [(a, ls) for n, (a, ls) in enumerate(zip(t.args, labels, strict=True)) if n not in sums])
        ]
        for n in sums:
            f, ls = t.args[n], labels[n]
            partial = [(c * d, [*items, (u, ls)]) for c, items in partial for d, u in zip(f.data, f.args, strict=True)]
        found = []
        for c, items in partial:
            value = home.product(items, out, sizes)
            found += [(c * d, u) for d, u in (zip(value.data, value.args, strict=True) if value.op == SUM else [split(value)])]
        return found


def weighs(f: Expr, ls: Labels, others: Sequence[Factor], out: Labels) -> bool:
    """Whether the product is a mean of f by weights that add up to 1, and f has a constant term: p.(u + 1) is p.u + 1, whose 1 may cancel another."""
    if not ls or len(others) != 1 or others[0][1] != ls or ls[-1] in out or not sums_to_one(others[0][0]):
        return False
    return any(constant_along(t) or spread_along(t, [len(ls) - 1]) for t in f.args)


def cancels(f: Expr, others: Sequence[Expr]) -> bool:
    """Whether a term of the sum f has a factor whose inverse is among the others."""
    below = {g.args[0] for g in others if is_divisor(g)}
    for t in f.args if others else ():
        for p in t.args if t.op == PROD else (t,):
            if has_number_exponent(p):
                if p.args[0] in (below if p.args[1].data > 0 else numerators(others, below)):
                    return True
            elif p in below or (is_call(p, "inv") and p.args[0] in numerators(others, below)):
                return True
    return False


def has_power(f: Expr) -> bool:
    """Whether a factor is a power, or a sum with a power among its terms and their factors."""
    if f.op != SUM:
        return f.op == POW
    for t in f.args:
        for p in t.args if t.op == PROD else (t,):
            if p.op == POW:
                return True
    return False


def numerators(factors: Sequence[Expr], below: set[Expr]) -> set[Expr]:
    """The bases of the factors that are not divided by."""
    return {g.args[0] if has_number_exponent(g) else g for g in factors}.difference(below)


def divides(f: Expr) -> bool:
    """Whether a factor is a whole negative power."""
    return has_number_exponent(f) and f.args[1].data.__class__ is int and f.args[1].data < 0


def falls_apart(t: Expr) -> bool:
    """Whether a matrix is an outer product: its trace is a product of vectors, and less work."""
    return t.op == PROD and len(t.shape) == 2 and not linked(t.data[0], *t.data[1])


def is_total_of_sum(x: Expr) -> bool:
    return x.op == PROD and not x.shape and len(x.args) == 1 and x.args[0].op == SUM


def spread_along(t: Expr, axes: list[int]) -> bool:
    """Whether a term does not depend on one of these axes."""
    if t.op != PROD:
        return False
    used = {i for ls in t.data[0] for i in ls}
    return any(t.data[1][axis] not in used for axis in axes)
