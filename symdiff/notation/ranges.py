"""Ranges of the letters of sums: brackets of places solved for the innermost letter."""

from __future__ import annotations

from typing import Any

from symdiff.expr import dims
from symdiff.expr.build import Labels, one_hot_of
from symdiff.expr.node import DELTA, Expr
from symdiff.expr.patterns import has_one_factor
from symdiff.expr.places import bracket_of
from symdiff.notation.factors import is_whole
from symdiff.notation.network import Condition, Factor, Kept, Network, is_bound, is_place, is_total, pushes
from symdiff.notation.trees import (
    dim,
    name,
    number,
    sum_tree,
)
from symdiff.notation.unparsing import Unparsing
from symdiff.syntax.tree import Tree
from symdiff.table.operators import BELOW, EQUALITIES, STRICT


class RangeTrees(Unparsing):
    """Ranges of letters: what brackets of places say of them."""

    @staticmethod
    def places(network: Network, labels: Labels) -> tuple[Tree, ...]:
        return tuple([network.at[k] for k in labels])

    def narrower(self, e: Expr, index: Kept | None) -> tuple[Tree, ...] | None:
        """The index of an elementwise product for factors beside its brackets; None where these say nothing of it."""
        if not index or None in index or not any(bracket_of(a) is not None for a in e.args):
            return None
        network = Network(e, index, self.label, self.around, self.declared)
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
            upper = (times > 0) == (c.relation in BELOW)
            step = {"gt": 1, "lt": -1}.get(c.relation, 0) * times
            end = dict(dims.terms(dims.total([*[(d, -times * v) for d, v in c.rest.items()], (1, step)])))
            low, high = network.bounds.get(label) or self.around.get(id(tree)) or ({1: 1}, {network.size[label]: 1})
            if any(isinstance(atom, tuple) and atom and atom[0] == "label" for atom in (*low, *high)):
                continue
            more = [*high.items(), *[(d, -v) for d, v in end.items()]] if upper else [*end.items(), *[(d, -v) for d, v in low.items()]]
            if dims.never_negative(dims.terms(dims.total(more))) is True:
                network.at[label] = inner = name(tree.value)
                self.around[id(inner)] = (low, end) if upper else (end, high)
                self.declared[id(inner)] = self.declared.get(id(tree), (low, high))
                self.alive.append(inner)
                network.bounds.pop(label, None)

    @staticmethod
    def solution(network: Network, t: Expr, ls: Labels, label: int) -> tuple[Tree, list[Condition]] | None:
        """What stands for a label where a bracket of places, or an identity, is 1, and where that is in its range; None if no bracket says that."""
        if t.op == DELTA or (has_one_factor(t) and t.args[0].op == DELTA and len(t.shape) == 2):
            if ls.count(label) != 1:  # between two other indices
                return None
            other = ls[1] if ls[0] == label else ls[0]
            guards = network.guards({other: 1}, {}, label) if other in network.at else None
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
        if guards is None or not is_place(network, place, rest, network.size[label]):
            return None
        tree = sum_tree(
            [
                *[(times, network.at[k]) for k, times in place.items()],
                *[(times, dim(d) if d != 1 else number(1)) for d, times in rest.items()],
            ]
        )
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
                if elsewhere or not others or not all(map(pushes, others)) or not is_place(network, place, rest, network.size[label]):
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
                RangeTrees.ended(network, label, set())

    @staticmethod
    def ranged(network: Network) -> None:
        """Conditions that are the bounds of a sum, as the language reads them: kept inside by the ranges of the sums around it."""
        outer = [k for k, t in network.at.items() if k not in network.sums and t.kind in ("name", "number")]
        for position, label in enumerate(network.sums):
            RangeTrees.ended(network, label, {*outer, *network.sums[:position]})

    @staticmethod
    def ended(network: Network, label: int, known: set[int]) -> None:
        """The conditions that end the range of a label at the known ones."""
        order = list(network.at)

        def first(c: Condition) -> list[int]:
            return sorted([order.index(k) if k in network.at else len(order) for k in c.coefs if k != label])

        for c in sorted(network.conditions, key=first):
            times = c.coefs.get(label, 0)
            others = set(c.coefs) - {label}
            if abs(times) != 1 or c.relation in EQUALITIES or not others <= known or bool(others) != bool(known):
                continue
            upper = (times > 0) == (c.relation in BELOW)
            strict = c.relation in STRICT
            coefs = {k: -times * v for k, v in c.coefs.items() if k != label}
            rest = {d: -times * v for d, v in c.rest.items()}
            if strict:
                rest[1] = rest.get(1, 0) + (-1 if upper else 1)
            low, high = network.ends.get(label, (None, None))
            if (high if upper else low) is not None or not is_bound(network, coefs, rest, network.size[label], upper):
                continue
            tree = sum_tree(
                [*[(v, network.at[k]) for k, v in coefs.items()], *[(v, dim(d) if d != 1 else number(1)) for d, v in rest.items() if v]]
            )
            network.ends[label] = (low, tree) if upper else (tree, high)
            before = network.bounds.get(label, ({1: 1}, {network.size[label]: 1}))
            bound: dict[Any, int] = {**{("label", k): v for k, v in coefs.items()}, **{d: v for d, v in rest.items() if v}}
            network.bounds[label] = (before[0], bound) if upper else (bound, before[1])
            network.conditions.remove(c)

    @staticmethod
    def _ending(network: Network) -> set[int]:
        """Labels on which the ranges of other sums depend."""
        return {
            atom[1]
            for pair in network.bounds.values()
            for bound in pair
            for atom in bound
            if isinstance(atom, tuple) and atom and atom[0] == "label"
        }
