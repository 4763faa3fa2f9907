"""Sums over an index, entry by entry."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from symdiff.expr.build import TWO
from symdiff.expr.node import DELTA, NUM, POW, PROD, SUM, Expr
from symdiff.expr.places import bracket_of
from symdiff.notation.factors import inverse_of, is_ones, is_spread
from symdiff.notation.network import Factor, Kept, Network, pushes
from symdiff.notation.ranges import RangeTrees
from symdiff.notation.trees import (
    CONDITION,
    FAILED,
    KEPT,
    SIZED,
    Ask,
    Building,
    alike,
    call,
    dim,
    length,
    name,
    number,
    renumbered,
    sum_tree,
)
from symdiff.notation.unparsing import MOST_NODES
from symdiff.syntax.tree import Tree

MOST_TAKEN = 2  # brackets of a sum that takes entries: with more, a sum over them is shorter


class EntryTrees(RangeTrees):
    """Products by entries: labels that are summed over get a letter and a sum."""

    def contraction(self, e: Expr, how: int, index: Kept, depth: int) -> Building:
        """An entry of a product: labels that are summed get a letter and a sum, or the number at which a unit vector stands."""
        network = Network(e, index, self.label, self.around, self.declared)
        if how == CONDITION and len(network.conditions) == 1 and all(is_ones(f.node) for f in network.factors) and not network.sums:
            (c,) = network.conditions
            for k in c.factor.labels:
                if network.size[k] == 1:
                    network.at.setdefault(k, number(1))
            if c.factor.node is not e and all(k in network.at for k in c.factor.labels):
                return (yield (c.factor.node, CONDITION, self.places(network, c.factor.labels), depth))
        depth = yield from self.summed(network, depth)
        depth = yield from self.joined(network, depth)
        conditions = yield from self.brackets(network, depth)
        self.narrowed(network)
        factors = network.factors
        if len(factors) + len(conditions) > 1:
            factors = [f for f in factors if f.ready is not None or not is_ones(f.node)]
        alone = how if len(factors) == 1 and not conditions else SIZED
        body: Tree | None = None
        if factors and all(f.ready is None and divides(f.node) for f in factors):
            body, conditions = (conditions[0], conditions[1:]) if conditions else (None, conditions)  # [i != j]/x, not 1/x*[i != j]
        for f in factors:
            below = inverse_of(f.node) if f.ready is None and body is not None else None
            t = f.ready or (yield (f.node if below is None else below, alone, self.places(network, f.labels) or None, depth))
            turned = t if below is not None else None if body is None else upside_down(t)
            body = t if body is None else Tree("mul", (body, t)) if turned is None else Tree("div", (body, turned))
        for t in conditions:
            body = t if body is None else Tree("mul", (body, t))
        return self.with_sums(network, body or number(1))

    def brackets(self, network: Network, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        """The conditions that are not in ranges."""
        found: list[Tree] = []
        for c in network.conditions:
            t = c.ready or (yield (c.factor.node, CONDITION, self.places(network, c.factor.labels), depth))
            found.append(Tree("iverson", (t,)))
        return found

    @staticmethod
    def with_sums(network: Network, body: Tree) -> Tree:
        for label in reversed(network.sums):
            low, high = network.ends.get(label, (None, None))
            letter, size = network.at[label].value, network.size[label]
            if low is None and high is None:
                low, high, body = renumbered(letter, size, body)
            body = Tree("over", (low or number(1), high or dim(size), body), ("sum", letter))
        return body

    def summed(self, network: Network, depth: int) -> Generator[Ask, Tree, int]:
        """Letters for the labels that are summed over; those that a label of the language or an equality fixes need none."""
        picks = self.picked(network)
        for f in (*network.factors, *[c.factor for c in network.conditions]):
            for label in f.labels:
                if label in network.at or label in network.kept or label in picks or label in network.sums:
                    continue
                if network.size[label] == 1:
                    network.at[label] = number(1)
                else:
                    network.sums.append(label)
        for label in picks:
            variable, batch = picks[label]
            network.sums += [k for k in batch if k not in network.at and k not in network.sums and k not in network.kept]
        self.bounded(network)
        fixed = self.solved(network)
        for label in network.sums:
            network.at[label] = name(self.letter(depth))
            depth += 1
        for label, total in fixed.items():
            network.at[label] = sum_tree([(c, network.at[k] if isinstance(k, int) else k) for k, c in total])
        for label in picks:
            network.at[label] = FAILED  # not yet written; no index
        self.ranged(network)
        network.conditions = [c for c in network.conditions if not network.holds(c)]
        for label in network.bounds:
            low, high = network.extreme({label: 1}, {}, -1), network.extreme({label: 1}, {}, 1)
            if low is not None and high is not None:
                self.around[id(network.at[label])] = low, high
                self.alive.append(network.at[label])
        for label, (variable, batch) in picks.items():
            network.at[label] = yield (variable, SIZED, self.places(network, batch) or None, depth)
        return (yield from self.distributed(network, depth))

    def distributed(self, network: Network, depth: int) -> Generator[Ask, Tree, int]:
        """`sum(l, ([l == i + 1] - [l == i])*x[l])` is `x[i + 1] - x[i]`: a sum of brackets takes each of its entries."""
        for f in list(network.factors):
            if f.ready is not None or f.node.op != SUM or self.label(f.node):
                continue
            parts = selections(f)
            if parts is None:
                continue
            for label in [k for k in network.sums if k in f.labels]:
                others = [g for g in network.factors if g is not f and label in g.labels]
                busy = any(label in c.factor.labels for c in network.conditions) or label in self._ending(network)
                if (
                    busy
                    or not (others or all(weights for _, weights, _ in parts))
                    or any(g.ready is not None for g in others)
                    or not all(map(pushes, others))
                ):
                    continue
                if not set(network.kept).isdisjoint([k for g in (f, *others) for k in g.labels]):
                    continue
                pieces: list[tuple[Any, Tree]] = []
                for c, weights, selector in parts:
                    solution = self.solution(network, selector.node, selector.labels, label)
                    if solution is None or not all(map(pushes, weights)):
                        break
                    place, guards = solution
                    if guards and len(parts) > MOST_TAKEN:
                        break
                    place = Tree(place.kind, place.kids, place.value)
                    self.around[id(place)] = network.bounds.get(label, ({1: 1}, {network.size[label]: 1}))
                    self.alive.append(place)
                    body: Tree | None = None
                    trees: list[Tree] = []
                    for g in (*weights, *others):
                        trees.append((yield (g.node, SIZED, tuple([place if k == label else network.at[k] for k in g.labels]), depth)))
                    for n, t in enumerate(trees):
                        if any(alike(t, other) for other in trees[:n]):
                            continue
                        times = sum([alike(t, other) for other in trees])
                        t = t if times == 1 else Tree("pow", (t, number(times)))
                        body = t if body is None else Tree("mul", (body, t))
                    for guard in guards:
                        assert guard.ready is not None
                        body = Tree("mul", (body or number(1), Tree("iverson", (guard.ready,))))
                    assert body is not None
                    pieces.append((c, body))
                if len(pieces) < len(parts):
                    continue
                made = _sum_of(pieces)
                labels = tuple(dict.fromkeys([k for g in (f, *others) for k in g.labels if k != label]))
                first = network.factors.index(f)
                network.factors[first] = Factor(f.node, labels, made)
                network.factors = [g for g in network.factors if g not in others]
                network.sums.remove(label)
                network.ends.pop(label, None)
                network.bounds.pop(label, None)
                break
        return depth

    def joined(self, network: Network, depth: int) -> Generator[Ask, Tree, int]:
        """A sum over a whole axis of a product of two rows is their dot product, of the squares of one its norm."""
        if len(self.order) > MOST_NODES:
            return depth
        for label in list(network.sums):
            mine = [f for f in network.factors if label in f.labels]
            free = (
                label not in network.ends
                and not any(label in c.factor.labels for c in network.conditions)
                and label not in self._ending(network)
            )
            if (
                not free
                or any(f.labels.count(label) > 1 or f.ready is not None for f in mine)
                or not set(network.kept).isdisjoint([k for f in mine for k in f.labels])
            ):
                continue
            if any(contains(network.at[k], network.at[label].value) for f in mine for k in f.labels if k != label):
                continue
            made: Tree | None = None
            if len(mine) == 2 and all(inverse_of(f.node) is None for f in mine):
                rows: list[Tree] = []
                for f in mine:
                    rows.append((yield (f.node, KEPT, tuple([None if k == label else network.at[k] for k in f.labels]), depth)))
                if FAILED not in rows:
                    made = Tree(
                        "dot", tuple(rows if rows[1].kind != "name" or rows[0].kind in ("name", "index") else rows[::-1])
                    )  # w.phi(X[i])
                    if any(f.node in self.knotted for f in mine):  # sum(i, y[i]*(x.A[i])^3) reads better than a vector of sums
                        entries = []
                        for f in mine:
                            entries.append((yield (f.node, SIZED, self.places(network, f.labels), depth)))
                        term = Tree(
                            "over", (number(1), dim(network.size[label]), Tree("mul", tuple(entries))), ("sum", network.at[label].value)
                        )
                        if length(term) < length(made):
                            continue
            elif len(mine) == 1 and mine[0].node.op == POW and mine[0].node.args[1] is TWO and len(mine[0].labels) > 1:
                base, place = mine[0].node.args[0], tuple([None if k == label else network.at[k] for k in mine[0].labels])
                row = yield (base, KEPT, place, depth)
                if row is not FAILED:
                    made = Tree("pow", (call("norm2", row), number(2)))
            if made is None:
                continue
            network.sums.remove(label)
            labels = tuple(dict.fromkeys([k for f in mine for k in f.labels if k != label]))
            first = network.factors.index(mine[0])
            network.factors = [f for f in network.factors if f not in mine]
            network.factors.insert(first, Factor(mine[0].node, labels, made))
        return depth


def sums_nothing(e: Expr) -> bool:
    """Whether a product multiplies entries and sums over nothing but axes of length 1, as that of a row."""
    labels, out = e.data
    return not is_spread(e) and all(
        k in out or d == 1 for f, ls in zip(e.args, labels, strict=True) for k, d in zip(ls, f.shape, strict=True)
    )


def divides(e: Expr) -> bool:
    """Whether this is a negative power."""
    return e.op == POW and e.args[1].op == NUM and e.args[1].data < 0


def upside_down(t: Tree) -> Tree | None:
    """The `x^3` of `x^-3`, which stands below a bar where something stands above it."""
    if t.kind != "pow" or t.kids[1].kind != "neg":
        return None
    return Tree("pow", (t.kids[0], t.kids[1].kids[0]))


def norm_squared(t: Tree) -> Tree | None:
    """The `norm2(u)` of `norm2(u)^2`."""
    base = t.kids[0] if t.kind == "pow" else t
    squared = t.kind == "pow" and t.kids[1].kind == "number" and t.kids[1].value == 2
    return base if squared and base.kind == "call" and base.value == "norm2" else None


def selections(f: Factor) -> list[tuple[Any, tuple[Factor, ...], Factor]] | None:
    """A sum of brackets of places and identities, each with its coefficient and the factors that it is multiplied by; None of other values."""
    found: list[tuple[Any, tuple[Factor, ...], Factor]] = []
    stack: list[tuple[Any, tuple[Factor, ...], Factor]] = [(1, (), f)]
    while stack:
        c, weights, (e, labels, _) = stack.pop()
        if e.op == SUM:
            stack += [(c * d, weights, Factor(t, labels)) for d, t in zip(e.data[::-1], e.args[::-1], strict=True)]
            continue
        bracket = bracket_of(e)
        if e.op == DELTA or (bracket is not None and bracket.relation == "eq"):
            found.append((c, weights, Factor(e, labels)))
            continue
        out = e.data[1] if e.op == PROD else ()
        if not out or len(set(out)) != len(out) or any(not set(own) <= set(out) for own in e.data[0]):
            return None
        label = dict(zip(out, labels, strict=True))
        parts = [Factor(a, tuple([label[k] for k in own])) for a, own in zip(e.args, e.data[0], strict=True)]
        chosen = [p for p in parts if len(p.labels) == 2]
        if len(chosen) != 1:
            return None
        for p in parts:
            if p.node.op == NUM:
                c *= p.node.data
        stack.append((c, (*weights, *[p for p in parts if p is not chosen[0] and p.node.op != NUM]), chosen[0]))
    return found


def _sum_of(pieces: Sequence[tuple[Any, Tree]]) -> Tree:
    """Trees with their coefficients, what is added first in front."""
    result: Tree | None = None
    for c, t in sorted(pieces, key=lambda p: p[0] < 0):
        t = t if abs(c) == 1 else Tree("mul", (number(abs(c)), t))
        result = Tree("sub" if c < 0 else "add", (result, t)) if result is not None else Tree("neg", (t,)) if c < 0 else t
    return result or number(0)


def contains(t: Tree, letter: str) -> bool:
    stack = [t]
    while stack:
        t = stack.pop()
        if t.kind == "name" and t.value == letter:
            return True
        stack += t.kids
    return False
