"""Names for products with sums that stand in larger ones: G .* (P*V) as G .* O, where the formula has O = P*V.

In: normal forms in which the formula's names are letters, and the names. Out: the same values, their products with the names in place of the
factors that make up what they stand for. A factor is replaced only together with all that its summed axes meet, so the value is the same;
every replacement leaves fewer factors, so it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from symdiff.expr import build
from symdiff.expr.node import NAME, PROD, Expr, Number
from symdiff.expr.walk import topological
from symdiff.simplify import Improver, Normalizer
from symdiff.simplify.product import Network
from symdiff.simplify.shapes import split

MAX_NODES = 1_000  # of larger answers nobody reads the text
MAX_PARTS = 4  # factors of what a name stands for

Contraction = tuple[Expr, Number, Expr]  # the product, by what the name is multiplied to be it, the name


def with_contractions(improver: Improver, forms: Sequence[Expr], known: Mapping[str, Expr]) -> list[Expr]:
    """Forms in which names stand for the contractions that they are."""
    home = improver.home
    found = [c for name in known.values() if (c := contraction(home, name)) is not None]
    order = topological(forms, into_names=False) if found else []
    if not found or len(order) > MAX_NODES:
        return list(forms)
    new: dict[Expr, Expr] = {}
    for node in order:
        value = node if node.op == NAME else improver.over(node, [new[a] for a in node.args])
        new[node] = named(home, value, found) if value.op == PROD else value
    changed = [new[x] for x in forms]
    return improver.run(changed) if any(a is not b for a, b in zip(forms, changed, strict=True)) else list(forms)


def contraction(home: Normalizer, name: Expr) -> Contraction | None:
    """What a name stands for, where that is a short product with sums."""
    c, value = split(home.run([name.args[0]])[0])
    if value.op != PROD or not 1 < len(value.args) <= MAX_PARTS or not all(value.data[0]):
        return None
    labels, out = value.data
    used = {i for ls in labels for i in ls}
    return (value, 1 / Fraction(c), name) if set(out) < used else None


def named(home: Normalizer, x: Expr, found: Sequence[Contraction]) -> Expr:
    """A product with names in place of the factors that make them up."""
    for value, c, name in found:
        while x.op == PROD and len(x.args) >= len(value.args) and (new := replaced(home, x, value, c, name)) is not None:
            x = new
    return x


def replaced(home: Normalizer, x: Expr, value: Expr, c: Number, name: Expr) -> Expr | None:
    """x with the name once in place of the factors of its value; None where they are not among its factors."""
    if not set(value.args) <= set(x.args):
        return None
    labels, out = x.data
    items = list(zip(x.args, labels, strict=True))
    net = Network(home, items, out, dict(zip(out, x.shape, strict=True)))
    own, ends = value.data
    inside = Counter(i for ls in own for i in ls if i not in ends)
    degree = net.degree()
    for place, used in net.embeddings(list(zip(value.args, own, strict=True)), {}, (build.ONE, ())):
        if all(place[i] in net.summed and degree[place[i]] == n for i, n in inside.items()):
            rest = [item for item in items if item not in used]
            if len(rest) != len(items) - len(used):
                return None  # a power, or one of several that are alike
            product = home.product([*rest, (name, tuple([place[i] for i in ends]))], out, dict(zip(out, x.shape, strict=True)))
            return home.scaled(c, product)
    return None
