"""u/norm2(u) is 0 at u = 0 by definition, wherever the quotient stands in a product: A'*u/norm2(u), (1/norm2(u) + 2)*u.

In: an answer. Out: the same with a norm that counts as 1 where it is 0, wherever u is a factor beside it more often than the norm divides, or as often
and an odd number of times. So the product is 0 there; what divides by something else, or more often (u/norm2(u)^2 has a pole), stays as it is. It ends because
every product is looked into once, DEEP levels down and LONG factors wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, POW, PROD, SUM, Expr, make
from symdiff.expr.patterns import are_opposite, has_whole_exponent, is_call_of, is_divisor, is_multiple
from symdiff.expr.walk import substitute, topological, unnamed
from symdiff.table.groups import LENGTHS

# What `components` computes as its argument, and as 1 where that is 0; no function of the language.
LENGTH = "length, 1 of nothing"

DEEP, LONG = 8, 60

Labels = tuple[int, ...]
Factor = tuple[Expr, Labels]


def directed(answer: Expr) -> Expr:
    """The answer with the directions of its products."""
    if not any(is_call_of(n, LENGTHS) for n in topological([answer])):
        return answer
    divided: set[Expr] = set()  # quotients by norms, and products and sums with one in them

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        new = make(node.op, kids, node.data, node.shape) if kids != node.args else node
        if is_divisor(new) and any(is_call_of(part, LENGTHS) for part, _ in parts(new)):
            divided.add(new)
        elif new.op in (PROD, SUM, NAME) and any(a in divided for a in new.args):
            divided.add(new)
            if new.op == PROD:
                new = _Quotients(divided).run(new)
                divided.add(new)
        return new

    return substitute([answer], rebuild)[answer]


def parts(power: Expr) -> list[tuple[Expr, int | None]]:
    """The factors of what a quotient divides by, and the axis count of each that is no number; a number has none of its own."""
    base = unnamed(power.args[0])
    if base.op == PROD and all(ls in ((), base.data[1]) for ls in base.data[0]):
        return [(unnamed(a), len(a.shape)) for a in base.args]
    return [(base, len(base.shape))]


class _Quotients:
    """One product, its factors at labels of its own."""

    def __init__(self, divided: set[Expr]) -> None:
        self.divided = divided
        self.fresh = count()
        self.inside: dict[Factor, list[Factor]] = {}

    def run(self, product: Expr) -> Expr:
        labels = tuple([next(self.fresh) for _ in product.shape])
        found = self.rebuilt(product, labels, [], DEEP, within=False)
        return product if found is None else found

    def factors(self, node: Expr, labels: Labels) -> list[Factor]:
        """The factors of a product, with where their axes are; an identity makes two places one."""
        if (node, labels) not in self.inside:
            inner, out = node.data
            at = dict(zip(out, labels, strict=True))
            for ls in inner:
                at.update({label: next(self.fresh) for label in ls if label not in at})
            for f, ls in zip(node.args, inner, strict=True):
                if f.op == DELTA:
                    old, new = at[ls[0]], at[ls[1]]
                    at = {label: new if place == old else place for label, place in at.items()}
            self.inside[node, labels] = [(f, tuple([at[label] for label in ls])) for f, ls in zip(node.args, inner, strict=True)]
        return self.inside[node, labels]

    def flat(self, node: Expr, labels: Labels) -> list[Factor]:
        """The factors of a product and of the products among them, as often as they are there; LONG at most."""
        stack = [(node, labels)]
        found: list[Factor] = []
        while stack and len(found) < LONG:
            x, at = stack.pop()
            x = bare(x)
            if x.op == PROD and len(stack) < LONG:
                stack += self.factors(x, at)
            elif has_whole_exponent(x) and 0 < x.args[1].data <= DEEP:
                found += [(bare(x.args[0]), at)] * x.args[1].data
            else:
                found.append((x, at))
        return found

    def rebuilt(self, node: Expr, labels: Labels, beside: Sequence[Factor], depth: int, within: bool) -> Expr | None:
        """A factor with its directions; None if there are none. within: the product that it belongs to has its factors among those beside."""
        if node not in self.divided or not depth:
            return None
        if node.op == POW:
            return self.harmless(node, labels, beside)
        if node.op == PROD:
            if not within:
                beside = [*beside, *self.flat(node, labels)]
            made = [self.rebuilt(f, at, beside, depth - 1, within=True) for f, at in self.factors(node, labels)]
        else:
            within = within and (node.op == NAME or is_multiple(node))
            made = [self.rebuilt(a, labels, beside, depth - 1, within) for a in node.args]
        if not any(made):
            return None
        if node.op == NAME:
            return made[0]
        return make(node.op, tuple([new or a for new, a in zip(made, node.args, strict=True)]), node.data, node.shape)

    def harmless(self, power: Expr, labels: Labels, beside: Sequence[Factor]) -> Expr | None:
        """One over norms, those taken as 1 at 0 that are beside what they are the norm of."""
        exponent = power.args[1].data
        if type(exponent) is not int:
            return None
        of = parts(power)
        found = []
        for part, axes in of:
            need = -exponent * sum(other is part for other, _ in of)
            spared = is_call_of(part, LENGTHS) and direction(part, labels if axes else (), beside, need)
            found.append(make(CALL, (part,), LENGTH, part.shape) if spared else part)
        if all(new is part for new, (part, _) in zip(found, of, strict=True)):
            return None
        base = unnamed(power.args[0])
        new = found[0] if len(of) == 1 and base is of[0][0] else make(PROD, tuple(found), base.data, base.shape)
        return build.power(new, power.args[1])


def direction(norm: Expr, labels: Labels, beside: Sequence[Factor], need: int) -> bool:
    """Whether what a norm is of is beside it, each at the same places, more often than needed, or as often and that is odd."""
    u = bare(norm.args[0])
    have = sum((f is u or are_opposite(f, u)) and at[: len(labels)] == labels for f, at in beside)
    return have > need or (have == need and need % 2 == 1)


def bare(e: Expr) -> Expr:
    """A value without its names and without a number in front."""
    while e.op == NAME or (is_multiple(e) and e.args[0].op != NUM):
        e = e.args[0]
    return e
