"""Products made ready for arrays: identities, basis vectors and views dissolve into labels, so that none is ever stored.

In: a PROD node and the products of its factors. Out: the same value as one Einstein product over factors that hold
numbers. Copies (`x'`, `A'`, `diag(x)`, a scalar spread to a shape, an entry, a negation) are taken apart; sums over
entries stay factors of their own, so that the work grows with the graph and not with its unfolded tree. The walk over
the graph is the caller's, factors first, so nothing here recurses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from symdiff.expr.build import ONE, Labels, contract
from symdiff.expr.node import DELTA, PROD, UNIT, Dim, Expr, Number
from symdiff.expr.patterns import is_multiple
from symdiff.numeric.work import PRICES, size_of

# More scalars than these stay behind: a chain of 10^5 scalings must not be copied into every one of its products.
MAX_SCALING = 4

# Chains of matrices and vectors up to this length become one product, whose order of contraction is then free: A*B*x is A*(B*x).
MAX_CHAIN = 8


@dataclass(slots=True)
class Product:
    """coef * Π factors * Π unit_k[label] * Π delta[i, j], summed over the labels that are not in `out`.

    units: label to k, counted from 1. deltas: pairs of output labels; the factors carry the first of a pair only.
    size: the dimension of every label that is left.
    """

    coef: Number
    factors: list[tuple[Expr, Labels]]
    units: dict[int, int]
    deltas: list[tuple[int, int]]
    out: Labels
    size: dict[int, Dim]

    @property
    def is_view(self) -> bool:
        """At most one factor, none of whose entries are added up, and nothing counted."""
        return len(self.factors) <= 1 and self.adds_nothing

    @property
    def is_scaling(self) -> bool:
        """A view times a few scalars, which a product that uses it may move out in front."""
        return len(self.factors) <= MAX_SCALING and sum(1 for _, labels in self.factors if labels) <= 1 and self.adds_nothing

    @property
    def is_chain(self) -> bool:
        """Vectors and matrices only, multiplied: every label that is summed over is in two of them."""
        met = Counter(label for _, labels in self.factors for label in labels)
        summed = [label for label in self.size if label not in self.out]
        return bool(summed) and not self.units and all(len(ls) <= 2 for _, ls in self.factors) and all(met[label] == 2 for label in summed)

    @property
    def spreads(self) -> bool:
        """Larger than what it is made of, entry by entry: an outer product, rows that are scaled."""
        return self.adds_nothing and not (self.units or self.deltas) and all(len(labels) < len(self.out) for _, labels in self.factors)

    @property
    def adds_nothing(self) -> bool:
        return all(label in self.out or label in self.units or d == 1 for label, d in self.size.items())


def dissolve(node: Expr, products: Mapping[Expr, Product], shared: Container[Expr]) -> Product:
    """The product of a PROD node; `products` holds those of the PRODs below it, `shared` what is used more than once."""
    labels_of, out = node.data
    coef: Number = 1
    factors: list[tuple[Expr, Labels]] = []
    units: list[tuple[int, int]] = []
    deltas: list[tuple[int, int]] = []
    size: dict[int, Dim] = dict(zip(out, node.shape, strict=True))
    fresh = count(1 + max((label for labels in (*labels_of, out) for label in labels), default=0))
    for factor, labels in zip(node.args, labels_of, strict=True):
        while is_multiple(factor):
            coef *= factor.data[0]
            factor = factor.args[0]
        size.update(zip(labels, factor.shape, strict=True))
        if factor.op == DELTA:
            deltas.append(labels)
        elif factor.op == UNIT:
            units.append((labels[0], factor.data))
        elif factor.op == PROD and (
            products[factor].is_view
            or joins(products[factor], labels, out, factor in shared, len(factors), len(node.args))
            or (factor not in shared and products[factor].spreads and sum(map(bool, labels_of)) == 1)  # u*v'/c divides u
        ):
            view = products[factor]
            rename = dict(zip(view.out, labels, strict=True))
            for label, d in view.size.items():
                if label not in rename:
                    rename[label] = next(fresh)
                    size[rename[label]] = d
            coef *= view.coef
            factors += [(f, tuple([rename[label] for label in ls])) for f, ls in view.factors]
            units += [(rename[label], k) for label, k in view.units.items()]
            deltas += [(rename[i], rename[j]) for i, j in view.deltas]
        elif factor is not ONE:
            factors.append((factor, labels))

    become, pairs = _merge(deltas, set(out))

    def final(label: int) -> int:
        while label in become:
            label = become[label]
        return label

    at: dict[int, int] = {}
    for label, k in units:
        if at.setdefault(final(label), k) != k:
            coef = 0
    factors = [(f, tuple([final(label) for label in labels])) for f, labels in factors]
    # An axis of length 1 that nothing refers to any more changes nothing; kept, such axes would pile up in chains of views.
    alive = {*out, *at, *[label for _, labels in factors for label in labels]}
    left = {label: d for label, d in size.items() if label in alive or (d != 1 and label not in become)}
    return Product(coef, factors, at, pairs, out, left)


def met_by_vectors(nodes: Sequence[Expr], exprs: Sequence[Expr]) -> set[Expr]:
    """Products of two matrices that are used more than once, by products with vectors alone, and cost more than these do without them.

    (A*B)*x beside (A*B)*y: four products of a matrix and a vector are less than one of matrices. nodes: arguments first.
    """
    users: dict[Expr, list[Expr]] = {}
    for node in nodes:
        for a in set(node.args):
            users.setdefault(a, []).append(node)
    ends: dict[Expr, int] = {}  # how many products with vectors a node goes into; 0 where it is needed as it is
    found = set()
    for node in reversed(nodes):
        if node.op != PROD or len(node.shape) != 2 or node in exprs:
            continue
        total = 0
        for user in users.get(node, ()):
            more = 1 if _meets_a_vector(user, node) else ends.get(user, 0)
            total = total + more if more and (total or user is users[node][0]) else 0
            if not total:
                break
        ends[node] = total
        if total and len(users[node]) > 1 and _is_product_of_matrices(node):
            (a, b), ((i, k), (_, j)) = node.args, _chained(node)
            size = dict(zip((*node.data[0][0], *node.data[0][1]), (*a.shape, *b.shape), strict=True))
            apart = PRICES["vector"] * (size_of((size[i], size[k])) + size_of((size[k], size[j])))
            whole = PRICES["matrix"] * size_of((size[i], size[k], size[j])) + total * PRICES["vector"] * size_of((size[i], size[j]))
            if total * apart < whole:
                found.add(node)
    return found


def _chained(node: Expr) -> tuple[Labels, Labels]:
    """The labels of two factors that are matrices with one label in common, which comes second and first; () where they are others."""
    first, second = node.data[0]
    (shared,) = set(first) & set(second)
    (i,), (j,) = set(first) - {shared}, set(second) - {shared}
    return (i, shared), (shared, j)


def _is_product_of_matrices(node: Expr) -> bool:
    labels, out = node.data
    return (
        len(labels) == 2
        and all(len(ls) == len(set(ls)) == 2 for ls in labels)
        and len(both := set(labels[0]) & set(labels[1])) == 1
        and both.isdisjoint(out)
    )


def _meets_a_vector(user: Expr, matrix: Expr) -> bool:
    """Whether a product sums the matrix over an axis with a vector, or a row of matrices that ends in one."""
    if user.op != PROD or user.args.count(matrix) != 1:
        return False
    labels, out = user.data
    own = labels[user.args.index(matrix)]
    row = len(out) < 2 and all(len(set(ls)) == len(ls) < 3 for ls in labels)
    return any(len(ls) == 1 and ls[0] not in out and (row or ls[0] in own) for ls in labels)


def scale_last(p: Product, products: dict[Expr, Product], shared: Container[Expr]) -> None:
    """X'*((r*w') .* M) as (X'*(r .* M)) .* w': what scales an axis of the value waits for the sum, and no r*w' is stored."""
    for k, (f, labels) in enumerate(p.factors):
        if f.op != PROD or f in shared or all(label in p.out for label in labels):
            continue
        parts = _spread_out(f, labels, products, shared)
        last = [(g, ls) for g, ls in parts if all(label in p.out for label in ls)]
        first = [part for part in parts if part not in last]
        if any(ls for _, ls in last) and {len(ls) for _, ls in first} >= {1, 2}:
            own = tuple([label for label in labels if any(label in ls for _, ls in first)])
            rest = contract([g for g, _ in first], [ls for _, ls in first], own)
            products.setdefault(rest, Product(1, first, {}, [], own, {label: p.size[label] for label in own}))
            p.factors[k : k + 1] = [(rest, own), *last]
            return


def _spread_out(f: Expr, labels: Labels, products: dict[Expr, Product], shared: Container[Expr]) -> list[tuple[Expr, Labels]]:
    """The factors of a product entry by entry, those of products that are its factors among them."""
    parts: list[tuple[Expr, Labels]] = []
    todo = [(f, labels)]
    while todo and len(parts) + len(todo) <= MAX_CHAIN:
        g, ls = todo.pop()
        q = products[g] if g.op == PROD and g not in shared else None
        if q is not None and q.coef == 1 and not (q.units or q.deltas) and set(q.size) == set(q.out):
            rename = dict(zip(q.out, ls, strict=True))
            todo += [(h, tuple([rename[label] for label in hs])) for h, hs in reversed(q.factors)]
        else:
            parts.append((g, ls))
    return parts + todo[::-1]


def joins(inner: Product, labels: Labels, out: Labels, shared: bool, count: int, beside: int) -> bool:
    """Whether a product joins the one that uses it, at these labels, and has `count` factors so far, `beside` in all before any joins.

    One that is spread out, as an outer product is, is not stored to be summed over right away, even if that is done more than once.
    """
    spread = inner.spreads and any(label not in out for label in labels) and len(inner.factors) + count < MAX_CHAIN
    if shared:
        return spread and beside > 1
    alone = beside == 1 and len(inner.factors) <= MAX_CHAIN and not inner.deltas
    return spread or alone or inner.is_scaling or (len(inner.factors) + count < MAX_CHAIN and inner.is_chain)


def _merge(deltas: list[tuple[int, int]], out: set[int]) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """Which label stands for which, and the pairs that remain because both of their labels are axes of the value."""
    become: dict[int, int] = {}
    pairs: list[tuple[int, int]] = []
    for i, j in deltas:
        while i in become:
            i = become[i]
        while j in become:
            j = become[j]
        if i == j:
            continue
        if j in out and i not in out:
            i, j = j, i
        become[j] = i
        if j in out:
            pairs.append((i, j))
    return become, pairs
