"""Products entry by entry: sums over an index, their ranges, and what stands at an index as a number, a row or a vector.

In: a product that matrix notation cannot write, and the entry wanted of it. Out: its tree. Brackets of places (`expr/places.py`)
become places and ranges: `sum(l, x[l]*[l == i + j - 1])` is `x[i + j - 1]`, and `sum(j=1..n, [j <= i]*x[j])` is `sum(j=1..i, x[j])`.
An entry that keeps axes is written as a vector or matrix where that is possible: `sum(i=1..m, r[i]*phi(X[i]))` is the vector
`tensor(k=1..n, sum(i=1..m, r[i]*phi(X[i])[k]))`, and a sum of products of entries a dot product, `w.phi(X[i])`.
What never changes: values. It ends because every request is for a part of the node, or for an axis less of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

from symdiff.expr import dims
from symdiff.expr.build import ONE, TWO, Labels, one_hot_of
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Dim, Expr
from symdiff.expr.operators import kind
from symdiff.expr.places import RELATIONS, Bracket, bracket_of, is_selection
from symdiff.notation.trees import (
    CONDITION,
    FAILED,
    KEPT,
    SIZED,
    Ask,
    Building,
    Index,
    alike,
    call,
    dim,
    length,
    name,
    number,
    renumbered,
    sum_tree,
)
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE

SLICE = Tree("slice")
MOST_NODES = 600  # of an expression whose rows are looked for: nobody reads longer ones
MOST_TAKEN = 2  # brackets of a sum that takes entries: with more, a sum over them is shorter
MOST_TRIES = 40  # of writing a product entry by entry, for one text: tries stand inside tries

# The same function of one row, where that has another name.
OF_A_ROW = {"rowmax": "max", "rowmin": "min", "rowprod": "prod"}

Kept = tuple[Tree | None, ...]
Ends = tuple[Mapping[Any, int], Mapping[Any, int]]  # the first and the last number of a range, as sums of sizes


class Factor(NamedTuple):
    """A factor with the labels of its axes; ready: the tree of what it is at these labels already."""

    node: Expr
    labels: Labels
    ready: Tree | None = None


class Condition(NamedTuple):
    """A bracket of places as a factor: `sum of coefs[label]*place + sum of rest[d]*d  relation  0`. ready: its tree, where it stands in no factor."""

    factor: Factor
    relation: str
    coefs: Mapping[int, int]
    rest: Mapping[Dim, int]
    ready: Tree | None = None


class Network:
    """A product on its way to a text.

    at: what stands for a label: the tree of an index. kept: labels of the output that stay axes. sums: labels that are summed over,
    in the order of their sums. ends: first and last number of each, where it is not its whole axis. size: dimension of every label.
    """

    def __init__(self, e: Expr, index: Kept, named: Callable[[Expr], str], around: Mapping[int, Ends]) -> None:
        """named: the name of a value that has one, which stays a factor. around: ends of the ranges of letters outside, by the ids of their trees."""
        labels, out = e.data
        self.around = around
        self.size: dict[int, Dim] = dict(zip(out, e.shape, strict=True))
        self.at: dict[int, Tree] = {k: t for k, t in zip(out, index, strict=True) if t is not None}
        self.kept = tuple([k for k, t in zip(out, index, strict=True) if t is None])
        self.factors: list[Factor] = []
        self.conditions: list[Condition] = []
        self.sums: list[int] = []
        self.ends: dict[int, tuple[Tree | None, Tree | None]] = {}
        self.bounds: dict[int, tuple[Mapping[Any, int], Mapping[Any, int]]] = {}
        waiting = list(zip(e.args, labels, strict=True))[::-1]
        while waiting:
            f, ls = waiting.pop()
            self.size.update(zip(ls, f.shape, strict=True))
            if f.op == PROD and len(f.args) > 1 and not named(f) and all(own in ((), f.data[1]) for own in f.data[0]):  # entry by entry
                waiting += [(a, ls if own else ()) for a, own in zip(f.args, f.data[0], strict=True)][::-1]
                continue
            if f.op == PROD and len(f.args) > 1 and not named(f) and is_selection(f):  # a multiple of one that stands transposed
                label = dict(zip(f.data[1], ls, strict=True))
                waiting += [(a, tuple([label[k] for k in own])) for a, own in zip(f.args, f.data[0], strict=True)][::-1]
                continue
            if f.op == UNIT and ls[0] not in self.at and ls[0] not in self.kept:
                self.at[ls[0]] = number(f.data)
                continue
            if named(f):
                self.factors.append(Factor(f, ls))
                continue
            if f.op == CALL and f.data == "if" and is_zero(f.args[2]) and bracket_of(f.args[0]) is not None:  # a guarded body
                self.conditions.append(self.condition(Factor(f.args[0], ls), bracket_of(f.args[0]), ls))  # type: ignore[arg-type]
                f = f.args[1]
            for part in f.args if f.op == CALL and f.data == "and" and all(map(bracket_of, f.args)) else (f,):
                bracket = bracket_of(part)
                if bracket is None:
                    self.factors.append(Factor(part, ls))
                else:
                    self.conditions.append(self.condition(Factor(part, ls), bracket, ls))
        self.factors.sort(key=lambda f: f.node.op != NUM)

    @staticmethod
    def condition(factor: Factor, bracket: Bracket, ls: Labels) -> Condition:
        coefs: dict[int, int] = {}
        for axis, c in bracket.value.axes.items():
            coefs[ls[axis]] = coefs.get(ls[axis], 0) + c
        return Condition(factor, bracket.relation, {k: c for k, c in coefs.items() if c}, bracket.value.rest)

    def extreme(self, coefs: Mapping[int, int], rest: Mapping[Dim, int], sign: int) -> dict[Dim, int] | None:
        """The largest (sign 1) or smallest (-1) value of a sum of places and sizes, every place at the end of its range."""
        total = dict(rest)
        left = dict(coefs)
        while left:
            label = next((k for k in reversed(self.sums) if k in left), next(iter(left)))  # inner ones first: their ends may depend on outer ones
            c = left.pop(label)
            if not c:
                continue
            tree = self.at.get(label)
            if tree is not None and tree.kind == "number":
                total[1] = total.get(1, 0) + c * tree.value
                continue
            top = (c > 0) == (sign > 0)
            ends = self.bounds.get(label) or self.around.get(id(tree))
            if ends is None and tree is not None and tree.kind != "name":
                return None
            bound = (ends or ({1: 1}, {self.size[label]: 1}))[top]
            for atom, times in bound.items():
                if isinstance(atom, tuple) and atom and atom[0] == "label":
                    left[atom[1]] = left.get(atom[1], 0) + c * times
                else:
                    total[atom] = total.get(atom, 0) + c * times
        return {d: c for d, c in dims.terms(dims.total(list(total.items()))).items()} if total else {}

    def holds(self, c: Condition) -> bool:
        """Whether a bracket is 1 at all places in the ranges."""
        low, high = self.extreme(c.coefs, c.rest, -1), self.extreme(c.coefs, c.rest, 1)
        above = low is not None and dims.never_negative(dims.terms(dims.total([*low.items(), (1, -int(c.relation in ("gt", "ne")))])))
        below = high is not None and dims.never_negative(dims.terms(dims.total([*[(d, -v) for d, v in high.items()], (1, -int(c.relation in ("lt", "ne")))])))
        return bool({"ne": above or below, "ge": above, "gt": above, "le": below, "lt": below}.get(c.relation, False))

    def guards(self, coefs: Mapping[int, int], rest: Mapping[Dim, int], label: int) -> list[Condition] | None:
        """The conditions under which a place is in the range of a label, beyond those that always hold; None where one is not of one index alone."""
        found: list[Condition] = []
        if not set(rest) <= {1}:
            return None  # by a size: not read beside a bracket
        low, high = self.bounds.get(label, ({1: 1}, {self.size[label]: 1}))
        for sign, bound in ((1, low), (-1, high)):
            if any(isinstance(atom, tuple) and atom and atom[0] == "label" for atom in bound):
                return None
            places = {k: sign * c for k, c in coefs.items()}
            left = dict(dims.terms(dims.total([*[(d, sign * c) for d, c in rest.items()], *[(d, -sign * c) for d, c in bound.items()]])))
            c = Condition(Factor(ONE, tuple(places)), "ge", places, left)
            if self.holds(c):
                continue
            if len(places) != 1 or abs(next(iter(places.values()))) != 1:
                return None
            ((k, times),) = places.items()
            if self.at[k].kind != "name":
                return None
            end = sum_tree([(-times * v, dim(d) if d != 1 else number(1)) for d, v in left.items() if v])
            found.append(c._replace(ready=Tree("ge" if times > 0 else "le", (self.at[k], end))))
        return found

    @staticmethod
    def implies(c: Condition, guard: Condition) -> bool:
        """Whether a bracket of one index says at least what a guard, `… >= 0`, says of it."""
        sign = {"ge": 1, "gt": 1, "le": -1, "lt": -1}.get(c.relation)
        if sign is None or {k: sign * v for k, v in c.coefs.items()} != dict(guard.coefs):
            return False
        slack = [*guard.rest.items(), *[(d, -sign * v) for d, v in c.rest.items()], (1, int(c.relation in ("gt", "lt")))]
        return dims.never_negative(dims.terms(dims.total(slack))) is True

    def is_inside(self, coefs: Mapping[int, int], rest: Mapping[Dim, int], n: Dim) -> tuple[bool | None, bool | None]:
        """Is a place 1 or more, and is it n or less? None where that depends on sizes, or is not known."""
        low, high = self.extreme(coefs, rest, -1), self.extreme(coefs, rest, 1)
        return (
            None if low is None else dims.never_negative(dims.terms(dims.total([*low.items(), (1, -1)]))),
            None if high is None else dims.never_negative(dims.terms(dims.total([(n, 1), *[(d, -c) for d, c in high.items()]]))),
        )


class Rows:
    """What the builder of `unparse` knows about products by entries."""

    entangled: set[Expr]
    knotted: set[Expr]
    order: list[Expr]
    label: Callable[[Expr], str]
    letter: Callable[[int], str]
    at_places: Callable[..., Generator[Ask, Tree, list[Tree]]]
    around: dict[int, Ends]  # of letters whose range is not their whole axis, by the ids of their trees
    alive: list[Tree]  # these trees

    # -------------------------------------------------------------------------------------- a number

    def contraction(self, e: Expr, how: int, index: Kept, depth: int) -> Building:
        """An entry of a product: labels that are summed get a letter and a sum, or the number at which a unit vector stands."""
        network = Network(e, index, self.label, self.around)
        if how == CONDITION and len(network.conditions) == 1 and all(is_ones(f.node) for f in network.factors) and not network.sums:
            (c,) = network.conditions
            for k in c.factor.labels:
                if network.size[k] == 1:
                    network.at.setdefault(k, number(1))
            if c.factor.node is not e and all(k in network.at for k in c.factor.labels):
                return (yield (c.factor.node, CONDITION, self.places(network, c.factor.labels), depth))
        depth = yield from self.summed(network, depth)
        depth = yield from self.joined(network, depth)
        outside = dict(network.at)
        self.narrowed(network)
        factors = network.factors
        if len(factors) + len(network.conditions) > 1:
            factors = [f for f in factors if f.ready is not None or not is_ones(f.node)]
        alone = how if len(factors) == 1 and not network.conditions else SIZED
        body: Tree | None = None
        for f in factors:
            below = inverse_of(f.node) if f.ready is None else None
            divide = below is not None and body is not None
            t = f.ready or (yield (below if divide and below is not None else f.node, alone, self.places(network, f.labels) or None, depth))
            body = t if body is None else Tree("div" if divide else "mul", (body, t))
        network.at = outside
        for t in (yield from self.brackets(network, depth)):
            body = t if body is None else Tree("mul", (body, t))
        return self.with_sums(network, body or number(1))

    @staticmethod
    def places(network: Network, labels: Labels) -> tuple[Tree, ...]:
        return tuple([network.at[k] for k in labels])

    def brackets(self, network: Network, depth: int) -> Generator[Ask, Tree, list[Tree]]:
        """The conditions that are not in ranges."""
        found: list[Tree] = []
        for c in network.conditions:
            t = c.ready or (yield (c.factor.node, CONDITION, self.places(network, c.factor.labels), depth))
            found.append(Tree("iverson", (t,)))
        return found

    def narrower(self, e: Expr, index: Kept | None) -> tuple[Tree, ...] | None:
        """The index of an elementwise product for factors beside its brackets; None where these say nothing of it."""
        if not index or None in index or not any(bracket_of(a) is not None for a in e.args):
            return None
        network = Network(e, index, self.label, self.around)
        before = dict(network.at)
        self.narrowed(network)
        return None if network.at == before else tuple([network.at[k] for k in e.data[1]])

    def narrowed(self, network: Network) -> None:
        """Letters of which the brackets of the product say more than their ranges: among the other factors they run through that."""
        for c in network.conditions:
            if len(c.coefs) != 1 or c.relation not in ("ge", "gt", "le", "lt"):
                continue
            ((label, times),) = c.coefs.items()
            tree = network.at.get(label)
            if abs(times) != 1 or tree is None or tree.kind != "name":
                continue
            upper = (times > 0) == (c.relation in ("le", "lt"))
            step = {"gt": 1, "lt": -1}.get(c.relation, 0) * times
            end = dict(dims.terms(dims.total([*[(d, -times * v) for d, v in c.rest.items()], (1, step)])))
            low, high = network.bounds.get(label) or self.around.get(id(tree)) or ({1: 1}, {network.size[label]: 1})
            if any(isinstance(atom, tuple) and atom and atom[0] == "label" for atom in (*low, *high)):
                continue
            more = [*high.items(), *[(d, -v) for d, v in end.items()]] if upper else [*end.items(), *[(d, -v) for d, v in low.items()]]
            if dims.never_negative(dims.terms(dims.total(more))) is True:
                network.at[label] = inner = name(tree.value)
                self.around[id(inner)] = (low, end) if upper else (end, high)
                self.alive.append(inner)
                network.bounds.pop(label, None)

    @staticmethod
    def with_sums(network: Network, body: Tree) -> Tree:
        for label in reversed(network.sums):
            low, high = network.ends.get(label, (None, None))
            letter, size = network.at[label].value, network.size[label]
            if low is None and high is None:
                low, high, body = renumbered(letter, size, body)
            body = Tree("over", (low or number(1), high or dim(size), body), ("sum", letter))
        return body

    # -------------------------------------------------------------------------------------- the sums

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
                if busy or not (others or all(weights for _, weights, _ in parts)) or any(g.ready is not None for g in others) or not all(map(_pushes, others)):
                    continue
                if not set(network.kept).isdisjoint([k for g in (f, *others) for k in g.labels]):
                    continue
                pieces: list[tuple[Any, Tree]] = []
                for c, weights, selector in parts:
                    solution = self.solution(network, selector.node, selector.labels, label)
                    if solution is None or not all(map(_pushes, weights)):
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

    @staticmethod
    def solution(network: Network, t: Expr, ls: Labels, label: int) -> tuple[Tree, list[Condition]] | None:
        """What stands for a label where a bracket of places, or an identity, is 1, and where that is in its range; None if no bracket says that."""
        if t.op == DELTA or (t.op == PROD and len(t.args) == 1 and t.args[0].op == DELTA and len(t.shape) == 2):
            other = ls[1] if ls[0] == label else ls[0]
            guards = network.guards({other: 1}, {}, label) if other != label and other in network.at else None
            return (network.at[other], guards) if guards is not None else None
        bracket = bracket_of(t)
        if bracket is None or bracket.relation != "eq":
            return None
        c = network.condition(Factor(t, ls), bracket, ls)
        if abs(c.coefs.get(label, 0)) != 1 or not set(network.kept).isdisjoint(c.coefs):
            return None
        sign = -c.coefs[label]
        place = {k: sign * times for k, times in c.coefs.items() if k != label}
        rest = {d: sign * times for d, times in c.rest.items() if times}
        guards = network.guards(place, rest, label) if all(k in network.at for k in place) else None
        if guards is None or not _is_place(network, place, rest, network.size[label]):
            return None
        tree = sum_tree([*[(times, network.at[k]) for k, times in place.items()], *[(times, dim(d) if d != 1 else number(1)) for d, times in rest.items()]])
        return tree, guards

    def picked(self, network: Network) -> dict[int, tuple[Expr, Labels]]:
        """Summed labels along which a label of the language picks the only entry."""
        picks: dict[int, tuple[Expr, Labels]] = {}
        for f in list(network.factors):
            found = one_hot_of(f.node)
            if found is None:
                continue
            label, batch = f.labels[found[1]], tuple([f.labels[k] for k in found[2]])
            if not set(batch).isdisjoint(network.kept):
                continue
            if label in network.at or label in network.kept or label in picks or not picks.keys().isdisjoint(f.labels):
                continue
            others = [g for g in network.factors if label in g.labels and g is not f]
            plain = not any(label in c.factor.labels for c in network.conditions)
            if plain and others and all(is_whole(g.node) for g in others) and not any(label in inner for _, inner in picks.values()):
                picks[label] = found[0], batch
                network.factors.remove(f)
        return picks

    @staticmethod
    def solved(network: Network) -> dict[int, list[tuple[int | Tree, int]]]:
        """Summed labels that an equality of places fixes: labels, or trees of sizes and 1, each with its coefficient."""
        found: dict[int, list[tuple[int | Tree, int]]] = {}
        used: set[int] = set()
        for c in list(network.conditions):
            if c.relation != "eq" or not found.keys().isdisjoint(c.coefs) or not set(network.kept).isdisjoint(c.coefs):
                continue
            for label in [k for k in network.sums if abs(c.coefs.get(k, 0)) == 1 and k not in used]:
                sign = -c.coefs[label]
                place = {k: sign * times for k, times in c.coefs.items() if k != label}
                rest = {d: sign * times for d, times in c.rest.items()}
                others = [f for f in network.factors if label in f.labels]
                elsewhere = any(label in d.coefs for d in network.conditions if d is not c)
                above, below = network.is_inside(place, rest, network.size[label])
                whole = len(others) == 1 and is_whole(others[0].node)  # outside of these is 0, as the language has it
                if elsewhere or not others or not all(map(_pushes, others)) or not _is_place(network, place, rest, network.size[label]):
                    continue
                if label in network.ends or not above or below is False or (below is None and not whole):
                    guards = network.guards(place, rest, label) if all(k in network.at for k in place) else None
                    if guards is None:
                        continue
                    network.conditions += [guard for guard in guards if not any(network.implies(d, guard) for d in network.conditions)]
                found[label] = [*place.items(), *[(dim(d) if d != 1 else number(1), times) for d, times in rest.items()]]
                used |= set(place)
                network.conditions.remove(c)
                network.sums.remove(label)
                network.ends.pop(label, None)
                network.bounds.pop(label, None)
                break
        return found

    @staticmethod
    def bounded(network: Network) -> None:
        """Conditions on one index alone that are an end of its range. Not where the body may lack a value elsewhere: its axis is read as longer then."""
        if all(is_total(f.node) for f in network.factors):
            for label in network.sums:
                Rows.ended(network, label, set())

    @staticmethod
    def ranged(network: Network) -> None:
        """Conditions that are the bounds of a sum, as the language reads them: kept inside by the ranges of the sums around it."""
        outer = [k for k, t in network.at.items() if k not in network.sums and t.kind in ("name", "number")]
        for position, label in enumerate(network.sums):
            Rows.ended(network, label, {*outer, *network.sums[:position]})

    @staticmethod
    def ended(network: Network, label: int, known: set[int]) -> None:
        """The conditions that end the range of a label at the known ones."""
        order = list(network.at)

        def first(c: Condition) -> list[int]:
            return sorted([order.index(k) if k in network.at else len(order) for k in c.coefs if k != label])

        for c in sorted(network.conditions, key=first):
            times = c.coefs.get(label, 0)
            others = set(c.coefs) - {label}
            if abs(times) != 1 or c.relation in ("eq", "ne") or not others <= known or bool(others) != bool(known):
                continue
            upper = (times > 0) == (c.relation in ("lt", "le"))
            strict = c.relation in ("lt", "gt")
            coefs = {k: -times * v for k, v in c.coefs.items() if k != label}
            rest = {d: -times * v for d, v in c.rest.items()}
            if strict:
                rest[1] = rest.get(1, 0) + (-1 if upper else 1)
            low, high = network.ends.get(label, (None, None))
            if (high if upper else low) is not None or not _is_bound(network, coefs, rest, network.size[label], upper):
                continue
            tree = sum_tree([*[(v, network.at[k]) for k, v in coefs.items()], *[(v, dim(d) if d != 1 else number(1)) for d, v in rest.items() if v]])
            network.ends[label] = (low, tree) if upper else (tree, high)
            before = network.bounds.get(label, ({1: 1}, {network.size[label]: 1}))
            bound: dict[Any, int] = {**{("label", k): v for k, v in coefs.items()}, **{d: v for d, v in rest.items() if v}}
            network.bounds[label] = (before[0], bound) if upper else (bound, before[1])
            network.conditions.remove(c)

    # -------------------------------------------------------------------------------------- sums as dot products and norms

    def joined(self, network: Network, depth: int) -> Generator[Ask, Tree, int]:
        """A sum over a whole axis of a product of two rows is their dot product, of the squares of one its norm."""
        if len(self.order) > MOST_NODES:
            return depth
        for label in list(network.sums):
            mine = [f for f in network.factors if label in f.labels]
            free = label not in network.ends and not any(label in c.factor.labels for c in network.conditions) and label not in self._ending(network)
            if not free or any(f.labels.count(label) > 1 or f.ready is not None for f in mine) or not set(network.kept).isdisjoint([k for f in mine for k in f.labels]):
                continue
            if any(contains(network.at[k], network.at[label].value) for f in mine for k in f.labels if k != label):
                continue
            made: Tree | None = None
            if len(mine) == 2 and all(inverse_of(f.node) is None for f in mine):
                rows: list[Tree] = []
                for f in mine:
                    rows.append((yield (f.node, KEPT, tuple([None if k == label else network.at[k] for k in f.labels]), depth)))
                if FAILED not in rows:
                    made = Tree("dot", tuple(rows if rows[1].kind != "name" or rows[0].kind in ("name", "index") else rows[::-1]))  # w.phi(X[i])
                    if any(f.node in self.knotted for f in mine):  # sum(i, y[i]*(x.A[i])^3) reads better than a vector of sums
                        entries = []
                        for f in mine:
                            entries.append((yield (f.node, SIZED, self.places(network, f.labels), depth)))
                        term = Tree("over", (number(1), dim(network.size[label]), Tree("mul", tuple(entries))), ("sum", network.at[label].value))
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

    @staticmethod
    def _ending(network: Network) -> set[int]:
        """Labels on which the ranges of other sums depend."""
        return {atom[1] for pair in network.bounds.values() for bound in pair for atom in bound if isinstance(atom, tuple) and atom and atom[0] == "label"}

    # -------------------------------------------------------------------------------------- rows, columns and matrices

    def whole(self, e: Expr, depth: int) -> Generator[Ask, Tree, Tree | None]:
        """A value that matrix notation cannot write, as a sum of vectors or matrices; None where that is impossible."""
        if not 0 < len(e.shape) < 3 or len(self.order) > MOST_NODES:
            return None
        found = yield (e, KEPT, (None,) * len(e.shape), depth)
        return None if found is FAILED else found

    def rows(self, e: Expr, index: Kept, depth: int) -> Building:
        """What stands at the places that are given, with the other axes, at most two, kept; FAILED where no short text has it."""
        left = [k for k, t in enumerate(index) if t is None]
        if not left:
            return (yield (e, SIZED, index or None, depth))
        if len(left) > 2:
            return FAILED
        if len(left) == len(index) and e not in self.entangled and e.op not in (SUM, PROD):
            return (yield (e, SIZED, None, depth))
        if self.label(e) or e.op == VAR:
            t = yield (e, SIZED, None, depth)
            return t if len(left) == len(index) else self.sliced(t, index, kind(e))
        if len(left) == len(index) and e not in self.entangled:
            return (yield (e, SIZED, None, depth))
        if e.op == NAME:
            return (yield (e.args[0], KEPT, index, depth))
        if e.op == SUM:
            return (yield from self.row_of_sum(e, index, depth))
        if e.op == POW and not e.args[1].shape:
            base = yield from self.row_or_number(e.args[0], index, depth)
            exponent = yield (e.args[1], SIZED, None, depth)
            if base is FAILED or spread_number(e.args[0]) is not None:
                return FAILED
            return Tree("ediv", (number(1), base)) if inverse_of(e) is not None else Tree("epow", (base, exponent))
        if e.op == CALL:
            return (yield from self.row_of_call(e, index, depth))
        if e.op == OPAQUE and e.data[2] and None not in index[: e.data[2]]:
            t = yield (e, SIZED, index[: e.data[2]], depth)
            rest = index[e.data[2] :]
            return t if all(k is None for k in rest) else self.sliced(t, rest, "")
        if e.op == PROD and (e in self.knotted or _sums_nothing(e)):
            return (yield from self.row_of_product(e, index, depth))
        if e.op == PROD and not is_spread(e):
            t = yield (e, SIZED, None, depth)
            return self.sliced(t, index, kind(e))
        return FAILED

    @staticmethod
    def sliced(t: Tree, index: Kept, what: str) -> Tree:
        """`X[i]`, `X[:,j]`; of a row its vector."""
        if what == "row":
            return FAILED
        places = [SLICE if k is None else k for k in index]
        while places and places[-1] is SLICE:
            places.pop()
        return Tree("index", (t, *places)) if places else t

    def row_or_number(self, e: Expr, index: Kept, depth: int) -> Building:
        """A row, or the number of which it consists."""
        c = spread_number(e)
        return (yield (c, SIZED, None, depth)) if c is not None else (yield (e, KEPT, index, depth))

    def row_of_sum(self, e: Expr, index: Kept, depth: int) -> Building:
        result: Tree | None = None
        if all(spread_number(t) is not None for t in e.args):
            return FAILED
        for c, t in zip(e.data, e.args, strict=True):
            row = yield from self.row_or_number(t, index, depth)
            if row is FAILED:
                return FAILED
            if abs(c) != 1:
                row = Tree("mul", (number(abs(c)), row))
            result = (Tree("neg", (row,)) if c < 0 else row) if result is None else Tree("sub" if c < 0 else "add", (result, row))
        assert result is not None
        return result

    def row_of_call(self, e: Expr, index: Kept, depth: int) -> Building:
        row = TABLE[e.data]
        labels = hot_labels(e)
        if labels is not None and index[-1] is None and None not in index[:-1]:
            t = yield (labels, SIZED, index[:-1] or None, depth)
            return call("unit", t, dim(e.shape[-1]))
        if row.elementwise:
            if e.data in RELATIONS or e.data in ("and", "or", "not", "if") or bracket_of(e) is not None:
                return FAILED
            kids = []
            if all(spread_number(a) is not None for a in e.args):
                return FAILED
            for a in e.args:
                kids.append((yield from self.row_or_number(a, index, depth)))
            return FAILED if FAILED in kids else call(row.spelled or e.data, *kids)
        ins, out = row.core()
        batch = len(e.shape) - len(out)
        if ins[0] == ("*",) or None in index[:batch] or len(e.args) != 1 or not all(k is None for k in index[batch:]) or e.data == "cumsum":
            return FAILED
        if e not in self.entangled and e.args[0] not in self.entangled:
            t = yield (e, SIZED, None, depth)
            return self.sliced(t, index, kind(e))
        inner = yield (e.args[0], KEPT, (*index[:batch], *[None] * len(ins[0])), depth)
        return FAILED if inner is FAILED else call(OF_A_ROW.get(e.data, row.spelled or e.data), inner)

    def row_of_product(self, e: Expr, index: Kept, depth: int) -> Building:
        """A product that keeps one axis or two: a sum of numbers times vectors, or times outer products."""
        network = Network(e, index, self.label, self.around)
        if any(set(network.kept) & set(c.coefs) for c in network.conditions):
            return FAILED
        depth = yield from self.summed(network, depth)
        depth = yield from self.joined(network, depth)
        kept = set(network.kept)
        front: list[Factor] = []
        carriers: dict[tuple[int, ...], list[Factor]] = {}
        for f in network.factors:
            mine = tuple([k for k in f.labels if k in kept])
            if len(set(mine)) < len(mine):
                return FAILED
            if mine:
                carriers.setdefault(mine, []).append(f)
            else:
                front.append(f)
        if {k for mine in carriers for k in mine} != kept:
            return FAILED
        body: Tree | None = None
        for f in front:
            if f.ready is None and is_ones(f.node):
                continue
            below = inverse_of(f.node) if f.ready is None else None
            divide = below is not None and body is not None
            t = f.ready or (yield (below if divide and below is not None else f.node, SIZED, self.places(network, f.labels) or None, depth))
            body = t if body is None else Tree("div" if divide else "mul", (body, t))
        for t in (yield from self.brackets(network, depth)):
            body = t if body is None else Tree("mul", (body, t))
        vectors: dict[tuple[int, ...], Tree] = {}
        for mine, found in carriers.items():
            for f in found:
                below = inverse_of(f.node)
                t = yield (below or f.node, KEPT, tuple([None if k in kept else network.at[k] for k in f.labels]), depth)
                if t is FAILED:
                    return FAILED
                before = vectors.get(mine)
                if below is not None:
                    vectors[mine] = Tree("ediv", (before or number(1), t))
                else:
                    vectors[mine] = t if before is None else Tree("emul", (before, t))
        together = self.together(network.kept, vectors)
        if together is None:
            return FAILED
        return self.with_sums(network, together if body is None else Tree("mul", (body, together)))

    @staticmethod
    def together(kept: Labels, vectors: dict[tuple[int, ...], Tree]) -> Tree | None:
        """A vector, a matrix, a transposed one, or an outer product."""
        if len(vectors) == 1:
            ((mine, t),) = vectors.items()
            return t if mine == kept else Tree("transpose", (t,))
        if len(vectors) == 2 and all(len(mine) == 1 for mine in vectors):
            return Tree("mul", (vectors[kept[0],], Tree("transpose", (vectors[kept[1],],))))
        return None


# ------------------------------------------------------------------------------------------------- small helpers


def _sums_nothing(e: Expr) -> bool:
    """Whether a product multiplies entries and sums over nothing but axes of length 1, as that of a row."""
    labels, out = e.data
    return not is_spread(e) and all(k in out or d == 1 for f, ls in zip(e.args, labels, strict=True) for k, d in zip(ls, f.shape, strict=True))


def filled(index: Kept | None) -> Index | None:
    """An index all of whose places are given."""
    return None if index is None else tuple([t for t in index if t is not None])


def _is_bound(network: Network, coefs: Mapping[int, int], rest: Mapping[Dim, int], n: Dim, upper: bool) -> bool:
    """Whether the language reads this as an end of a range on an axis of n: it stays on the axis, and is a sum of at most one size."""
    if any(abs(c) > 1 for c in coefs.values()) or any(isinstance(d, tuple) or (d != 1 and abs(c) > 1) for d, c in rest.items()):
        return False
    if not coefs and upper and not (set(rest) <= {1} or (dict(rest).get(n) == 1 and set(rest) <= {n, 1})):
        return False  # another size: the range would be an axis of its own
    if not coefs and upper and set(rest) <= {1} and not isinstance(n, int):
        return False  # a range that ends at a number fixes the size of its axis
    if not coefs and not upper and not set(rest) <= {1}:
        return False
    end = network.extreme(coefs, rest, 1 if upper else -1)
    if end is None:
        return False
    slack = dims.total([(n, 1), *[(d, -c) for d, c in end.items()]]) if upper else dims.total([*end.items(), (1, -1)])
    return dims.never_negative(dims.terms(slack)) is True


def _is_place(network: Network, coefs: Mapping[int, int], rest: Mapping[Dim, int], n: Dim) -> bool:
    """Whether the language reads this in the brackets of an axis of n: an index alone counts the axis, unless its range is its own."""
    if not coefs:
        return any(d != 1 for d in rest)  # a number is a unit vector's
    alone = len(coefs) == 1 and set(rest) <= {1} and set(coefs.values()) == {1}
    (first, *_) = coefs
    own = network.size[first]
    if alone and not rest and (first in network.bounds or id(network.at.get(first)) in network.around):
        return True
    return not alone or own == n or isinstance(own, tuple) or dims.is_sum(own)


def is_total(e: Expr) -> bool:
    """Whether a value and its derivative are finite whatever its entries are, as the text of it says."""
    stack = [e]
    while stack:
        e = stack.pop()
        if e.op == NAME:
            continue
        if e.op == OPAQUE or (e.op == POW and not (e.args[1].op == NUM and isinstance(e.args[1].data, int) and e.args[1].data > 0)):
            return False
        if e.op == CALL and (TABLE[e.data].where or TABLE[e.data].macro):
            return False
        stack.extend(e.args)
    return True


def _pushes(f: Factor) -> bool:
    """Whether any place may stand in the brackets of all parts of a factor: of those whose entries fall into parts only whole ones."""
    stack = [f.node]
    while stack:
        e = stack.pop()
        if e.op == CALL and not TABLE[e.data].elementwise and batch_of(e):
            return False
        if e.op in (OPAQUE, UNIT) or (e.op == RESHAPE and e.shape != e.args[0].shape):
            return False
        if e.op != NAME:
            stack.extend(e.args)
    return True


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


def spread_number(e: Expr) -> Expr | None:
    """The number that stands at all entries."""
    return e.args[0] if e.op == PROD and e.data[0] == ((),) and bool(e.shape) else e if not e.shape else None


def is_spread(e: Expr) -> bool:
    return e.op == PROD and e.data[0] == ((),) and 0 < len(e.shape) < 3


def inverse_of(e: Expr) -> Expr | None:
    """The x of x^-1."""
    return e.args[0] if e.op == POW and e.args[1].op == NUM and e.args[1].data == -1 else None


def is_zero(e: Expr) -> bool:
    c = spread_number(e)
    return c is not None and c.op == NUM and c.data == 0


def is_ones(e: Expr) -> bool:
    """Ones in a vector, matrix or row."""
    if e.op != PROD:
        return False
    return e.args[0] is ONE if is_spread(e) else len(e.args) == 1 and len(e.shape) == 2 and e.shape[0] == 1 and is_ones(e.args[0])


def is_whole(e: Expr) -> bool:
    """Whether an entry is written behind a value: of others it is that of each part, and of these a label may not be asked."""
    if e.op == CALL:
        return not TABLE[e.data].elementwise and not batch_of(e)
    return e.op in (VAR, NAME)


def batch_of(e: Expr) -> int:
    """How many axes a function of several vectors has in front of theirs: such a call is written row by row."""
    row = TABLE[e.data]
    if row.elementwise or (len(e.args) == 1 and row.name != "unvech"):
        return 0
    ins, out = row.core()
    if row.name == "unvech":  # of a matrix there is no text: each of its rows is the triangle of a matrix
        return len(e.shape) - len(out)
    if ins[0] == ("*",) or (sum(map(bool, ins)) == 1 and not any(a.shape for core, a in zip(ins, e.args, strict=True) if not core)):
        return 0
    return len(e.shape) - len(out)


def hot(e: Expr) -> Expr | None:
    """The label of which this is `unit(y, k)`: a vector, or a matrix with a row for each label. Not of labels that are shifted: these are written one by one."""
    label = hot_labels(e)
    return label if label is not None and (label.op == VAR or all(a.op in (VAR, UNIT) for a in label.args)) else None


def hot_labels(e: Expr) -> Expr | None:
    """The same, also where the labels have no text but each its own, `y[t - 1]`."""
    found = one_hot_of(e)
    return found[0] if found is not None and found[1] == len(e.shape) - 1 else None
