"""Strong zeros in code: what a false bracket or a branch not taken cuts off is computed at a harmless argument.

In and out: expressions of the same values; where a condition is false, what it multiplies counts as 0 even where it is
infinite or undefined there. A walk from the expressions down collects for every node under which conditions its value is
used at all; an operation that is not defined everywhere, and only used under a condition, gets 1 (or another point of its
domain) for its argument where the condition does not hold: log(p)*[p > 0] is computed as if(p > 0, log(if(p > 0, p, 1)), 0).
So no library warns, plain floats raise nothing, and derivatives taken of the code by JAX or PyTorch are not nan either.
A part that is shared is computed once, under any of the conditions of its users.

Long: where something is cut off is found in one walk and used in another over the same atoms.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, reduce
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, TWO, ZERO, Labels
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, VAR, Expr, Shape, make
from symdiff.expr.patterns import (
    has_no_factor,
    has_number_exponent,
    has_one_factor,
    has_whole_exponent,
    is_call,
    is_call_of,
    is_multiple,
    is_plain_number,
    is_zero,
    unspread,
)
from symdiff.expr.walk import topological, unnamed
from symdiff.numeric.comparisons import defined, kept_where
from symdiff.numeric.inner import row_of
from symdiff.numeric.lengths import is_kept_from_zero, is_number_but_zero, kept_from_zero
from symdiff.simplify.facts import Facts
from symdiff.table import TABLE
from symdiff.table.groups import EXTREME_ENTRIES
from symdiff.table.operators import EITHER_OR_BOTH, MIRROR

# How many alternatives of conditions are kept for a node, and how many conditions in one; with more it counts as used everywhere.
MAX_ALTERNATIVES, MAX_CONDITIONS = 6, 12

# Of longer sums of brackets nobody asks whether all are false.
MAX_TERMS = 4

# A value may be infinite or undefined; it may be too large; neither.
UNDEFINED, LARGE, FINITE = 2, 1, 0

INVERTING = ("inv", "logdet")

# The largest and the smallest entry of every row.
EXTREMES_OF_ROWS = frozenset(row.name for row in TABLE if row.of in EXTREME_ENTRIES)


class Atom(NamedTuple):
    """A condition in terms of the axes of another node: the axis of that node for each of the condition's, -1 where any entry will do."""

    condition: Expr
    negated: bool
    place: tuple[int, ...]


Guard = frozenset[Atom]  # all of these hold
Domain = frozenset[Guard] | None  # one of these holds; None: everywhere


def guarded(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with everything under a condition cut off where that is false."""
    nodes = topological(exprs)
    if not any(n.op == CALL and (row_of(n.data).relation or n.data == "if") for n in nodes):
        return list(exprs)
    walk = _Walk(nodes)
    if not walk.delicate:
        return list(exprs)
    said = defined(exprs, lambda node: walk.hazard(node) == UNDEFINED)
    return (_Walk(topological(said)) if said != list(exprs) else walk).run(said)


class _Walk:
    def __init__(self, nodes: list[Expr]) -> None:
        self.facts = Facts()
        self.risk: dict[Expr, int] = {}
        self.delicate: set[Expr] = set()  # nodes with an operation below that a condition may have to protect
        for node in nodes:
            own = self.hazard(node)
            below = max([self.risk[a] for a in node.args], default=FINITE)
            self.risk[node] = FINITE if is_truth(node) else max(own, below)
            if own or any(a in self.delicate for a in node.args):
                self.delicate.add(node)
        self.zeros: dict[Expr, tuple[Atom, ...]] = {}
        self.made: list[Expr] = []  # conditions that stand for several
        for node in nodes:
            self.zeros[node] = self.zero_unless(node)
        conditions = [*[n for n in nodes if is_truth(n)], *self.made]
        self.conditions = sorted(conditions, key=lambda n: n in self.delicate)  # stable: those that need no protection first
        self.new: dict[Expr, Expr] = {}
        self.domains: dict[Expr, Domain] = {}
        self.same: dict[Expr, dict[int, set[int]]] = {}

    # ------------------------------------------------------------------------------------------ what may go wrong

    def hazard(self, node: Expr) -> int:
        """What the operation itself may do to finite arguments."""
        if node.op == OPAQUE:
            return UNDEFINED
        if node.op == POW:
            base, exponent = node.args
            if exponent.op == NUM:
                if (exponent.data >= 0 and type(exponent.data) is int) or (is_constant(base) and not is_at_most_zero(base)):
                    return FINITE
                if self.facts.positive(base) or counts_ties(base) or (type(exponent.data) is int and self.facts.nonzero(base)):
                    return FINITE
                return LARGE if type(exponent.data) is int and is_kept_from_zero(base) else UNDEFINED
            return LARGE if is_constant(base) and self.facts.positive(base) else UNDEFINED
        if node.op != CALL:
            return FINITE
        if node.data in INVERTING:
            return UNDEFINED
        row = row_of(node.data)
        inside = LARGE if row.overflows and not all(map(is_constant, node.args)) else FINITE
        if not row.elementwise or not (undefined := outside(row.name)):
            return inside
        picked = [a for letter, a in zip(row.args, node.args, strict=True) if letter in undefined]
        if (all(map(is_constant, picked)) and not any(map(is_at_most_zero, picked))) or (
            row.where.replace(" ", "") == f"{row.args[0]}>0" and self.facts.positive(picked[0])
        ):
            return inside
        return UNDEFINED

    def zero_unless(self, node: Expr) -> tuple[Atom, ...]:
        """Conditions without which the node is 0."""
        if is_truth(node):
            return self.atoms(node, False)
        if is_call(node, "if"):
            test, a, b = node.args
            if is_zero(b):
                return (*self.atoms(test, False), *self.zeros[a])
            if is_zero(a):
                return (*self.atoms(test, True), *self.zeros[b])
            # A choice between brackets; what the test is computed from cannot be protected by it.
            own = [self.atoms(test, negated) if test not in self.delicate else () for negated in (False, True)]
            if not (self.zeros[a] and self.zeros[b]):
                return ()
            return self.one_of([(*self.zeros[x], *atoms) for x, atoms in zip((a, b), own, strict=True)], node)
        if node.op == NAME or is_multiple(node) or is_call(node, "xlogy"):
            return self.zeros[node.args[0]]
        if has_number_exponent(node) and node.args[1].data > 0:
            return self.zeros[node.args[0]]
        if node.op == SUM:
            if len(node.args) == 2 and node.data[0] == -node.data[1]:  # 1 - [c], [c] - 1
                for one, test in (node.args, node.args[::-1]):
                    if is_one(one) and (atoms := self.atoms(test, True)):
                        return atoms
            common = self.zeros[node.args[0]]
            kept = tuple([a for a in common if all(a in self.zeros[t] for t in node.args[1:])])
            return kept or self.one_of([self.zeros[t] for t in node.args], node)
        if node.op == PROD:
            labels, out = node.data
            found = []
            for f, ls in zip(node.args, labels, strict=True):
                for atom in self.zeros[f]:
                    place = tuple([ls[axis] for axis in atom.place])
                    if all(label in out for label in place):
                        found.append(atom._replace(place=tuple([out.index(label) for label in place])))
            return tuple(dict.fromkeys(found))[:MAX_CONDITIONS]
        return ()

    def one_of(self, parts: Sequence[tuple[Atom, ...]], total: Expr) -> tuple[Atom, ...]:
        """Of a sum of terms that are all cut off (or of a choice between them), the condition that one of them is not."""
        if not 1 < len(parts) <= MAX_TERMS or not all(parts) or any(-1 in a.place for part in parts for a in part):
            return ()
        every = tuple(range(len(total.shape)))

        def entries(atom: Atom) -> Expr:
            test = negation(atom.condition) if atom.negated else atom.condition
            return test if atom.place == every else build.contract([test], [atom.place], every, dict(enumerate(total.shape)))

        one = reduce(_or, [reduce(_and, [entries(a) for a in part]) for part in parts])
        for node in topological([one], self.risk) if is_truth(one) else []:
            if node not in self.risk:
                self.risk[node] = FINITE
                if any(a in self.delicate for a in node.args):
                    self.delicate.add(node)
                self.zeros[node] = ()
                self.made += [node] * is_truth(node)
        return (Atom(one, False, every),) if is_truth(one) else ()

    def atoms(self, test: Expr, negated: bool) -> tuple[Atom, ...]:
        """The conditions that a condition says hold, or do not, each taken out of what spreads it."""
        found: list[Atom] = []
        todo = [(test, negated, tuple(range(len(test.shape))))]
        while todo and len(todo) + len(found) <= MAX_CONDITIONS:
            test, negated, place = todo.pop()
            test, place = bared(test, place)
            if is_opposite(test):
                todo.append((test.args[0], not negated, place))
            elif is_one_of(test) is negated and all(is_truth(bared(a, place)[0]) for a in test.args):
                todo += [(a, negated, place) for a in reversed(test.args)]
            elif is_truth(test):
                found.append(Atom(test, negated, place))
                for a in () if negated else not_zero(test):  # so nothing cuts it off
                    if a.shape == test.shape:
                        found += [
                            atom._replace(place=tuple([place[x] if x >= 0 else -1 for x in atom.place])) for atom in self.zeros.get(a, ())
                        ]
        return tuple(dict.fromkeys([*found, *[Atom(t, n, p) for t, n, p in todo if is_truth(t)]]))

    # ------------------------------------------------------------------------------------------ where a value is used

    def run(self, exprs: Sequence[Expr]) -> list[Expr]:
        order = topological([*self.conditions, *exprs])
        index = {node: k for k, node in enumerate(order)}
        self.domains = dict.fromkeys(exprs)
        for node in reversed(order):
            if node not in self.delicate or node not in self.domains:
                continue
            domain = self.domains[node]
            if domain is not None:
                domain = self.domains[node] = computed_before(domain, index, index[node])
            for k, arg in enumerate(node.args):
                if arg in self.delicate:
                    self.use(arg, self.passed(node, k, domain))
        for node in order:
            self.new[node] = self.rebuilt(node)
        return [self.new[e] for e in exprs]

    def use(self, node: Expr, domain: Domain) -> None:
        """The node is used there as well."""
        before = self.domains.get(node, frozenset())
        if before is None or domain is None or frozenset() in domain:
            self.domains[node] = None
            return
        both = shortest(before | domain)
        self.domains[node] = both if len(both) <= MAX_ALTERNATIVES else None

    def passed(self, node: Expr, k: int, domain: Domain) -> Domain:
        """Where the k-th argument of a node is used that is itself used in the domain."""
        local: tuple[Atom, ...] = ()
        arg = node.args[k]
        if node.op == PROD:
            labels, out = node.data
            mine = labels[k]
            if node not in self.same:
                self.same[node] = identified(node)
            same = self.same[node]

            def at(label: int) -> int:
                return next((mine.index(x) for x in (label, *same.get(label, ())) if x in mine), -1)

            moved = (
                None
                if domain is None
                else [frozenset([a._replace(place=tuple([at(out[x]) if x >= 0 else -1 for x in a.place])) for a in g]) for g in domain]
            )
            found = []
            for j, (f, ls) in enumerate(zip(node.args, labels, strict=True)):
                if j != k:
                    found += [
                        a._replace(place=tuple([at(ls[x]) for x in a.place]))
                        for a in self.zeros[f]
                        if not (arg in self.delicate and self.is_bracket(arg) and (f in self.delicate and j > k))
                    ]
            local = tuple(found)
        else:
            moved = None if domain is None else [frozenset([a._replace(place=self.inwards(node, k, a.place)) for a in g]) for g in domain]
            if is_call(node, "if") and k:
                local = self.atoms(node.args[0], k == 2)
            elif is_call_of(node, EITHER_OR_BOTH):  # the other side, if it is computed first
                other = node.args[1 - k]
                if other not in self.delicate or k == 1:
                    local = self.atoms(other, bool(is_one_of(node)))
        joined = {g | frozenset(local) for g in moved or [Guard()]}
        if Guard() in joined:
            return None
        return frozenset(
            [g if len(g) <= MAX_CONDITIONS else frozenset(sorted(g, key=lambda a: a.condition.key)[:MAX_CONDITIONS]) for g in joined]
        )

    def is_bracket(self, node: Expr) -> bool:
        return bool(self.zeros[node]) and self.risk[node] == FINITE

    @staticmethod
    def inwards(node: Expr, k: int, place: tuple[int, ...]) -> tuple[int, ...]:
        """Axes of a node as axes of its k-th argument."""
        arg = node.args[k]
        if node.op in (RESHAPE, OPAQUE):
            return (-1,) * len(place)
        if node.op == POW and not arg.shape:
            return (-1,) * len(place)
        if node.op == CALL and row_of(node.data).shape:
            ins, _ = row_of(node.data).core()
            batch = 0 if ins[0] == ("*",) else len(arg.shape) - len(ins[min(k, len(ins) - 1)])
            return tuple([x if x < batch else -1 for x in place])
        return place

    # ------------------------------------------------------------------------------------------ the new graph

    def rebuilt(self, node: Expr) -> Expr:
        if node not in self.delicate:
            return node if not node.args else self.remade(node, [self.new[a] for a in node.args])
        args = [self.new[a] for a in node.args]
        domain = self.domains.get(node)
        if domain and self.hazard(node) and node.op != OPAQUE and not self.is_kept_inside(node):
            args = self.protected(node, args, domain)
        if node.op == PROD and (made := self.cut(node, args)) is not None:
            return made
        if is_call(node, "ne") and max(self.risk[a] for a in node.args) == UNDEFINED:  # libraries say that nan differs from everything
            return _or(make(CALL, tuple(args), "lt", node.shape), make(CALL, tuple(args), "gt", node.shape))
        return self.remade(node, args)

    def is_kept_inside(self, node: Expr) -> bool:
        """A power of if(r == 0, 1, r), which has a value; of a number below 0 roots have none."""
        if node.op != POW or (r := kept_from_zero(node.args[0])) is None or not is_kept_from_zero(node.args[0]):
            return False
        return has_whole_exponent(node) or self.facts.nonnegative(r)

    @staticmethod
    def remade(node: Expr, args: Sequence[Expr]) -> Expr:
        if all(a is b for a, b in zip(node.args, args, strict=True)):
            return node
        return make(node.op, tuple(args), node.data, node.shape)

    def protected(self, node: Expr, args: list[Expr], domain: frozenset[Guard]) -> list[Expr]:
        """The arguments of an operation, harmless where nobody needs its value."""
        own = len(node.shape)
        if self.hazard(node) == LARGE:  # rare enough that a look at all entries is too much
            domain = seen(domain)
            if not domain:
                return args
        if is_call_of(node, INVERTING):
            a = args[0]
            batch = len(a.shape) - 2
            domain = frozenset([frozenset([t._replace(place=tuple([x if x < batch else -1 for x in t.place])) for t in g]) for g in domain])
            test = self.condition(domain, a.shape[:batch])
            eye = build.contract([build.eye(a.shape[-1])], [(batch, batch + 1)], tuple(range(batch + 2)), dict(enumerate(a.shape)))
            return [self.chosen(build.contract([test], [tuple(range(batch))], tuple(range(batch + 2)), dict(enumerate(a.shape))), a, eye)]
        test = self.condition(domain, node.shape)
        if node.op == POW:
            base, exponent = args
            if exponent.op != NUM and is_constant(base):
                return [base, self.chosen(test, exponent, ZERO) if len(exponent.shape) == own else exponent]
            return [self.chosen(test, base, ONE), exponent]
        row = row_of(node.data)
        points = outside(row.name) or dict.fromkeys(row.args if row.overflows else (), ZERO)
        return [
            self.chosen(test, a, points[letter]) if letter in points and (not is_constant(a) or is_at_most_zero(a)) else a
            for letter, a in zip(row.args, args, strict=True)
        ]

    @staticmethod
    def chosen(test: Expr, a: Expr, harmless: Expr) -> Expr:
        """if(test, a, harmless), unless that has been done."""
        if is_call(a, "if"):
            one, other = a.args[1:]
            if (a.args[0] is test and is_number_but_zero(other)) or (build.call("not", a.args[0]) is test and is_number_but_zero(one)):
                return a
            if is_opposite(test) and test.args[0] is a.args[0] and is_number_but_zero(one):
                return a
        return build.call("if", test, a, harmless)

    def condition(self, domain: Iterable[Iterable[Atom]], shape: Shape) -> Expr:
        """The condition of the domain, entry by entry of the shape."""
        tests = [reduce(_and, [self.entries(a, shape) for a in in_order(guard)]) for guard in domain]
        return reduce(_or, sorted(tests, key=lambda t: t.key))

    def entries(self, atom: Atom, shape: Shape) -> Expr:
        """The condition of an atom, entry by entry of the shape."""
        test = self.new[atom.condition]
        if atom.negated:
            test = negation(test)
        if atom.place == tuple(range(len(shape))):
            return test
        every = tuple(range(len(shape)))
        labels = tuple([x if x >= 0 else len(shape) + axis for axis, x in enumerate(atom.place)])
        if -1 in atom.place:
            kept = tuple(dict.fromkeys([x for x in atom.place if x >= 0]))
            test = build.call("gt", build.contract([test], [labels], kept), ZERO)
            labels = kept
        return test if labels == every else build.contract([test], [labels], every, dict(enumerate(shape)))

    def cut(self, node: Expr, args: list[Expr]) -> Expr | None:
        """[c]*a/b as if(c, a/b, 0), as far as what stands beside a bracket may not be finite."""
        labels, out = node.data
        sizes = {label: d for f, ls in zip(node.args, labels, strict=True) for label, d in zip(ls, f.shape, strict=True)}
        sizes.update(zip(out, node.shape, strict=True))
        tests: list[tuple[int, Atom]] = []  # the factor and the condition, in labels of the product
        pure: dict[int, Expr] = {}  # factors that are only brackets: what is left of them
        for k, (f, ls) in enumerate(zip(node.args, labels, strict=True)):
            if not (zeros := self.zeros[f]) or all(self.risk[a] == FINITE for j, a in enumerate(node.args) if j != k):
                continue
            tests += [(k, atom._replace(place=tuple([ls[x] for x in atom.place]))) for atom in zeros]
            rest = without_test(f)
            if rest is not None:
                pure[k] = self.new[rest] if rest is not ONE else ONE
        if not tests:
            return None
        risky = [k for k, f in enumerate(node.args) if self.risk[f] and any(j != k for j, _ in tests)]
        atoms = list(dict.fromkeys([atom for _, atom in tests]))
        if all(set(ls) <= set(out) for ls in labels) and all(len(ls) in (0, len(out)) for ls in labels):
            parts = [(pure.get(k, args[k]), ls) for k, ls in enumerate(labels)]
            parts = [(f, ls if f.shape else ()) for f, ls in parts if f is not ONE]
            test = self.condition([[a._replace(place=tuple([out.index(x) for x in a.place])) for a in atoms]], node.shape)
            inner = [f for f, ls in parts]
            made = inner[0] if len(parts) == 1 and parts[0][1] == out else build.contract(inner, [ls for _, ls in parts], out, sizes)
            return build.call("if", test, made, ZERO)
        # What stands beside the bracket with all of its axes is cut where it stands, the rest where the value is.
        parts = [(args[k], ls) for k, ls in enumerate(labels)]
        changed, left = False, list[Atom]()
        for k in risky:
            ls = labels[k]
            beside = [a for j, a in tests if j != k]
            undefined = self.risk[node.args[k]] == UNDEFINED
            usable = list(dict.fromkeys([a for a in beside if undefined or set(a.place) <= set(ls)])) if len(set(ls)) == len(ls) else []
            if undefined:
                left += [a for a in beside if not set(a.place) <= set(ls) and set(a.place) <= set(out)]
            if usable:
                guard = [a._replace(place=tuple([ls.index(x) if x in ls else -1 for x in a.place])) for a in usable]
                parts[k] = (cut_off(self.condition([guard], node.args[k].shape), args[k]), ls)
                changed = True
        # Not two that are a condition of each other: in u.u with u = if(x > 0, 1 ./ x, 0) both would be gone.
        covered = [k for k in pure if changed and k not in risky and self.covers(k, tests, risky, labels)]
        parts = [(pure[k] if k in covered else f, ls) for k, (f, ls) in enumerate(parts)]
        parts = [(f, ls if f.shape else ()) for f, ls in parts if f is not ONE]
        if not changed and not left:
            return None
        made = build.contract([f for f, _ in parts], [ls for _, ls in parts], out, sizes)
        if not left:
            return made
        guard = [a._replace(place=tuple([out.index(x) for x in a.place])) for a in dict.fromkeys(left)]
        return build.call("if", self.condition([guard], node.shape), made, ZERO)

    @staticmethod
    def covers(k: int, tests: list[tuple[int, Atom]], risky: list[int], labels: tuple[Labels, ...]) -> bool:
        """Whether the bracket k is a condition of another factor now, and need not be multiplied in again."""
        own = {label for j, a in tests if j == k for label in a.place}
        return any(j != k and own <= set(labels[j]) and len(set(labels[j])) == len(labels[j]) for j in risky)


# ---------------------------------------------------------------------------------------------- small questions


def computed_before(domain: frozenset[Guard], index: Mapping[Expr, int], end: int) -> Domain:
    """The domain, or more than it, by conditions before the end: one that is computed from a node cannot protect it, but a part of it may."""
    found: set[Guard] = set()
    for guard in domain:
        parts = {frozenset([a for a in guard if index[a.condition] < end])}
        for atom in guard:
            if index[atom.condition] >= end:
                parts = {a | b for a in parts for b in implied(atom, index, end)}
        if Guard() in parts:
            return None
        found |= parts
    both = shortest(found)
    return both if len(both) <= MAX_ALTERNATIVES else None


def implied(atom: Atom, index: Mapping[Expr, int], end: int, depth: int = 4) -> set[Guard]:
    """Alternatives of conditions before the end, one of which holds where this one does: p or q for (p and r) or (q and s)."""
    test, place = bared(atom.condition, atom.place)
    if is_opposite(test) and depth:
        return implied(Atom(test.args[0], not atom.negated, place), index, end, depth - 1)
    if is_truth(test) and index[test] < end:
        return {frozenset([Atom(test, atom.negated, place)])}
    if depth == 0 or (either := is_one_of(test)) is None:
        return {Guard()}
    one, other = [implied(Atom(a, atom.negated, place), index, end, depth - 1) for a in test.args]
    if either is not atom.negated:
        return one | other
    return {a | b for a in one for b in other}


def identified(node: Expr) -> dict[int, set[int]]:
    """For labels of a product, others that have the same number wherever it is not 0: those that an identity or a diagonal matrix joins."""
    pairs = []
    for f, ls in zip(node.args, node.data[0], strict=True):
        inner = f
        while inner.op == NAME or is_multiple(inner):
            inner = inner.args[0]
        if inner.op == DELTA:
            pairs.append(ls)
        elif inner.op == PROD and len(ls) > 1:
            place = dict(zip(inner.data[1], ls, strict=True))
            pairs += [
                (place[a], place[b])
                for g, (a, b) in [(g, gs) for g, gs in zip(inner.args, inner.data[0], strict=True) if g.op == DELTA]
                if a in place and b in place
            ]
    found: dict[int, set[int]] = {}
    for a, b in pairs:
        both = found.get(a, {a}) | found.get(b, {b})
        for label in both:
            found[label] = both
    return found


def seen(domain: frozenset[Guard]) -> frozenset[Guard]:
    """The domain by those conditions alone that can be told from the entry at hand; empty if that is everywhere."""
    kept = frozenset([frozenset([a for a in guard if -1 not in a.place]) for guard in domain])
    return frozenset() if Guard() in kept else kept


def shortest(guards: Iterable[Guard]) -> frozenset[Guard]:
    """The alternatives without those that say more than another."""
    every = set(guards)
    return frozenset([g for g in every if not any(other < g for other in every)])


def in_order(guard: Iterable[Atom]) -> list[Atom]:
    return guard if isinstance(guard, list) else sorted(guard, key=lambda a: (a.condition.key, a.negated, a.place))


def _and(a: Expr, b: Expr) -> Expr:
    return a if a is b else build.call("and", a, b)


def _or(a: Expr, b: Expr) -> Expr:
    return a if a is b else build.call("or", a, b)


def negation(test: Expr) -> Expr:
    """The opposite of a condition. A comparison with nan is false both ways, but nothing is cut off at nan."""
    if is_opposite(test):
        return test.args[0]
    return build.call("not", test)


def is_opposite(test: Expr) -> bool:
    return is_call(test, "not")


def is_one_of(test: Expr) -> bool | None:
    """Whether one of the two conditions is enough (`or`), or both are needed (`and`); None where there are no two."""
    return test.data == "or" if is_call_of(test, EITHER_OR_BOTH) else None


def is_truth(node: Expr) -> bool:
    """A condition, whose values are 0 and 1."""
    return node.op == CALL and bool(row_of(node.data).relation)


def is_constant(node: Expr) -> bool:
    while node.op == NAME or has_one_factor(node) or is_multiple(node):
        node = node.args[0]
    return is_plain_number(node)


def is_at_most_zero(node: Expr) -> bool:
    """Whether it is 0 or a negative number, perhaps spread: 1/0, log(0) and sqrt(-1) are asked for by a formula that cuts them off."""
    sign = 1
    while node.op == NAME or has_one_factor(node) or is_multiple(node):
        sign = -sign if is_multiple(node) and node.data[0] < 0 else sign
        node = node.args[0]
    return bool(node.data * sign <= 0) if node.op == NUM else sign < 0


def cut_off(test: Expr, e: Expr) -> Expr:
    """e where the test holds, else 0: e itself where it is that already."""
    if (found := kept_where(e)) is not None and found[0] is test:
        return e
    return build.call("if", test, e, ZERO)


def not_zero(test: Expr) -> list[Expr]:
    """Which sides of a comparison are not 0 where it holds: a of `a > 0.1`, `a >= 2`, `a != 0`."""
    found: list[Expr] = []
    left, right = test.args[:2]
    for a, other, relation in (left, right, str(test.data)), (right, left, MIRROR.get(str(test.data), "")):
        other = unspread(other)
        if other.op == NUM:
            c = other.data
            if {"gt": c >= 0, "ge": c > 0, "lt": c <= 0, "le": c < 0, "eq": c != 0, "ne": c == 0}.get(relation):
                found.append(a)
    return found


def counts_ties(node: Expr) -> bool:
    """Whether it is how many entries are equal to the largest or the smallest of all, or of their row: one is."""
    node = unnamed(node)
    if not has_one_factor(node) or not is_call(test := unnamed(node.args[0]), "eq"):
        return False
    (labels,), out = node.data
    for value, extreme in (test.args, test.args[::-1]):
        top, place = bared(extreme, labels)
        if is_call_of(top, EXTREME_ENTRIES | EXTREMES_OF_ROWS) and unnamed(top.args[0]) is unnamed(value):
            return bool(place == out == (() if top.data in EXTREME_ENTRIES else labels[:-1]))
    return False


def is_one(node: Expr) -> bool:
    node = unspread(node)
    return node is ONE or has_no_factor(node)


def bared(node: Expr, place: tuple[int, ...]) -> tuple[Expr, tuple[int, ...]]:
    """A value without names and without what spreads it, and where its axes are: axes of length 1 that are lost count as any."""
    while True:
        if node.op == NAME:
            node = node.args[0]
            continue
        kept = [k for k, f in enumerate(node.args) if not is_one(f)] if node.op == PROD else []
        if len(kept) != 1:
            return node, place
        (k,), (labels, out) = kept, node.data
        ls, f = labels[k], node.args[k]
        if len(set(ls)) < len(ls) or any(label not in out and d != 1 for label, d in zip(ls, f.shape, strict=True)):
            return node, place
        if any(label not in out and d != 1 for j, g in enumerate(node.args) if j != k for label, d in zip(labels[j], g.shape, strict=True)):
            return node, place  # an axis of ones is summed over: the value is a multiple of the other factor
        node, place = f, tuple([place[out.index(label)] if label in out else -1 for label in ls])


def without_test(f: Expr) -> Expr | None:
    """What is left of a factor when its condition is taken out: 1 of a bracket, a of if(c, a, 0); None if it is neither."""
    f = unnamed(f)
    if is_truth(bared(f, tuple(range(len(f.shape))))[0]):
        return ONE
    found = kept_where(f)
    return found[1] if found is not None and is_truth(found[0]) else None


# What stands in the conditions of the rows beside letters and numbers.
_IN_CONDITIONS: dict[str, Callable[..., float]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "and": lambda a, b: bool(a and b), "or": lambda a, b: bool(a or b), "abs": abs, "cos": math.cos, "sin": math.sin,
}  # fmt: skip


@cache
def outside(name: str) -> dict[str, Expr]:
    """For the arguments of an elementwise row that is not defined everywhere, numbers at which it is; none if it is defined.

    Found by trying: points where only the derivative does not exist (abs(x) at 0, hypot at 0, 0) leave the value defined.
    """
    row = row_of(name)
    letters = [a for a in row.args if a not in row.integer and re.search(rf"(?<!\w){a}(?!\w)", row.where)]
    if not letters:
        return {}
    from symdiff.syntax import template

    condition = topological([template(row.where, dict.fromkeys(row.args, ()))])

    def fits(value: float) -> bool:
        known: dict[Expr, float] = {}
        for node in condition:
            args = [known[a] for a in node.args]
            known[node] = value if node.op == VAR else _IN_CONDITIONS[node.data](*args) if node.op == CALL else float(node.data)
        return bool(known[condition[-1]])

    grid = [k / 7 + 0.01 for k in range(-40, 40)]
    if row.closed and all(map(fits, grid)):
        return {}
    point = next((p for p in (ONE, ZERO, TWO, build.divide(ONE, TWO), MINUS_ONE, build.num(-2)) if fits(float(p.data))), None)
    return {} if point is None else dict.fromkeys(letters, point)
