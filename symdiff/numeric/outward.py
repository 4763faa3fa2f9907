"""Numbers and signs moved outward: -x in a product, in a sum of entries or in an argument that is taken or put is minus the whole.

In and out: expressions of the same values. A product of multiples is a multiple of a product, and so are entries taken from, put from or added
up of a multiple; a sum that is another with all its signs turned is minus that one. Then what differs by a number only is computed once, and
the numbers meet in front. Numbers that would leave the range where they stand far apart, and what is made of indices alone, stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from symdiff.expr import build
from symdiff.expr.build import ONE
from symdiff.expr.node import CALL, NUM, OPAQUE, PROD, RESHAPE, SUM, VAR, Expr, Number, make
from symdiff.expr.walk import substitute, topological
from symdiff.numeric.inner import ARGUMENTS

# Numbers that may be moved, and their products: a double holds what is multiplied with them.
MOST = 10**6

# Calls that only code knows, and in which of their arguments they are linear.
LINEAR = {"_take": (0,), "_put": (0,), "_upto": (0,), "_from": (0,), "_dot": (0, 1), "_dots": (0, 1)}
PLACED = {f"{kind}{k}": where for kind, where in LINEAR.items() if kind in ARGUMENTS for k in range(4)}


def outward(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with numbers in front of products and of entries that are taken, put or added up."""
    uses = Counter([a for node in topological(exprs) for a in node.args])
    varies: set[Expr] = set()  # what depends on an argument
    turned: dict[frozenset[tuple[Expr, Number]], Expr] = {}  # sums by what they are with all signs turned

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = make(node.op, args, node.data, node.shape) if args else node
        if made.op not in (VAR, OPAQUE) and varies.isdisjoint(args):
            return made
        if made.op == SUM and len(made.args) > 1:
            parts = [(c * k, a) for c, (k, a) in zip(made.data, map(unscaled, made.args), strict=True)]
            made = build.linear([c for c, _ in parts], [a for _, a in parts])
            terms = list(zip(made.args, made.data, strict=True))
            other = turned.get(frozenset(terms))
            if other is not None:
                made = build.linear([-1], [other])
            elif all(c < 0 for c in made.data):
                positive = make(SUM, made.args, tuple([-c for c in made.data]), made.shape)
                varies.add(positive)
                made = build.linear([-1], [positive])
            else:
                turned[frozenset([(a, -c) for a, c in terms])] = made
        elif where := linear_in(made):
            made = freed(made, where, varies, once=uses[node] < 2 or not made.shape)
        varies.add(made)
        return made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def freed(node: Expr, where: Sequence[int], varies: set[Expr], once: bool) -> Expr:
    """A node with the numbers in front of these arguments in front of the whole; of what is used more than `once`, an array, signs alone."""
    total: Number = 1
    inner = list(node.args)
    for k in where:
        c, a = (inner[k].data, ONE) if inner[k].op == NUM else unscaled(inner[k])
        if (
            c not in (0, 1)
            and (once or c == -1)
            and (a in varies or a is ONE)
            and Fraction(1, MOST) <= abs(Fraction(total) * Fraction(c)) <= MOST
        ):
            total, inner[k] = total * c, a
    if total == 1 and tuple(inner) == node.args:
        return node
    plain = without_ones(make(node.op, tuple(inner), node.data, node.shape))
    varies.add(plain)
    return plain if total == 1 else build.linear([total], [plain])


def without_ones(node: Expr) -> Expr:
    """A product without factors that are the number 1."""
    kept = [k for k, a in enumerate(node.args) if a is not ONE]
    if node.op != PROD or not kept or len(kept) == len(node.args):
        return node
    labels, out = node.data
    return make(PROD, tuple([node.args[k] for k in kept]), (tuple([labels[k] for k in kept]), out), node.shape)


def linear_in(node: Expr) -> Sequence[int]:
    """The arguments in which a node is linear."""
    if node.op == PROD:
        return range(len(node.args))
    if node.op == RESHAPE:
        return (0,)
    return PLACED.get(node.data, ()) if node.op == CALL else ()


def unscaled(node: Expr) -> tuple[Number, Expr]:
    """A multiple as the number and what it is a multiple of."""
    total: Number = 1
    while node.op == SUM and len(node.args) == 1 and node.data[0] != 0:
        total, node = total * node.data[0], node.args[0]
    return total, node
