"""The rules of disciplined convexity on the graph as written: a fact for every node from those of its arguments.

In: a scalar node without names, and the variables (VARs). Out: `Analysis.facts`. One walk, arguments first; it ends.
Where the rules leave a node open, `further` is asked (the second derivative), innermost nodes first.

Sources: Grant, Boyd, Ye, Disciplined Convex Programming (2006); Boyd, Vandenberghe, Convex Optimization (2004), 3.2 for
compositions, 3.5 for logarithms of sums, products and quotients.

Long: one rule for each kind of node; the long ones are `powers.py`, `compositions.py` and `definite.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symdiff.convexity.atoms import atom, core_of
from symdiff.convexity.compositions import COMPOSED, completed, same_exponent
from symdiff.convexity.definite import psd, psd_form, square
from symdiff.convexity.facts import ALWAYS, ANY, INFINITY, NONNEGATIVE, POSITIVE, Condition, Fact, Known, Range, both, either, point
from symdiff.convexity.powers import letter_power, number_power
from symdiff.convexity.ranges import call_range, domain, range_of
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, Expr
from symdiff.expr.patterns import (
    has_number_exponent,
    has_one_factor,
    has_two_factors,
    is_call,
    is_declared,
    is_multiple,
    is_negation,
    is_reciprocal,
)
from symdiff.expr.walk import topological
from symdiff.simplify import simplify
from symdiff.table import TABLE
from symdiff.table.curvature import OF_LOGARITHM, pieces
from symdiff.table.groups import DETERMINANTS

EXTREME = {
    "max_entries": ("convex", "largest"),
    "min_entries": ("concave", "smallest"),
}  # of the eigenvalues of a symmetric matrix: Boyd, Vandenberghe, 3.2.3


class Analysis:
    """Facts about the nodes below `root` as functions of `wrt`, everything else fixed.

    further: asked for nodes that the rules leave open, with the analysis and the node; None if it does not know either.
    """

    def __init__(
        self,
        root: Expr,
        wrt: Iterable[Expr],
        further: Callable[[Analysis, Expr], Fact | None] | None = None,
        given: dict[Expr, Range] | None = None,
    ) -> None:
        self.root = root
        self.wrt = frozenset(wrt)
        self.facts: dict[Expr, Fact] = {}
        self.inside: dict[Expr, Range] = dict(given or {})  # where the formula has a value at all
        self.domain: list[tuple[Expr, Range]] = []  # what of that was used
        self.further = further
        self.asked, self.begun = 0, time.process_time()  # what `further` has been asked for
        self.order = topological([root])
        self.varying: set[Expr] = set()
        for node in self.order:
            if node in self.wrt or any(a in self.varying for a in node.args):
                self.varying.add(node)
        self._collect_domain()
        for node in self.order:
            self.learn(node)

    @property
    def verdict(self) -> Fact:
        return self.facts[self.root]

    def learn(self, node: Expr) -> Fact:
        fact = self.facts.get(node)
        if fact is None:
            fact = self._fact(node)
            inside = self.inside.get(node)
            if inside is not None and not fact.range.within(inside.low, inside.high) and (not fact.varies or fact.concave is not None):
                fact = replace(fact, range=fact.range.meet(inside))
                if fact.varies:
                    self.domain.append((node, inside))
            if fact.varies and fact.convex is None and fact.concave is None and self.further is not None:
                more = self.further(self, node)
                if more is not None:
                    fact = replace(more, range=more.range.meet(fact.range), log_convex=fact.log_convex, log_concave=fact.log_concave)
            self.facts[node] = fact
        return fact

    # ------------------------------------------------------------------------------------------ the domain

    def _collect_domain(self) -> None:
        """Where logarithms and roots have values; not inside of branches, which may not be taken."""
        seen: set[Expr] = set()
        stack = [self.root]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if is_call(node, "if"):
                stack.append(node.args[0])
                continue
            stack += node.args
            if node.op == CALL and (limits := domain(node.data)) is not None:
                self._confine(node.args[0], limits)
            elif has_number_exponent(node) and not isinstance(node.args[1].data, int):
                self._confine(node.args[0], NONNEGATIVE if node.args[1].data > 0 else POSITIVE)
            elif is_call(node, "xlogy"):
                self._confine(node.args[1], POSITIVE)

    def _confine(self, node: Expr, limits: Range) -> None:
        while True:
            old = self.inside.get(node, ANY)
            self.inside[node] = old.meet(limits)
            if limits.low != 0 or limits.high != INFINITY:
                return
            if is_multiple(node) and node.data[0] > 0:
                node = node.args[0]
            elif node.op == PROD:
                labels, out = node.data
                rest = [(a, ls) for a, ls in zip(node.args, labels, strict=True) if a in self.varying]
                fixed = [a for a in node.args if a not in self.varying]
                if len(rest) != 1 or set(rest[0][1]) - set(out) or len(set(rest[0][1])) != len(rest[0][1]):
                    return
                if not all(set(ls) <= set(out) for ls in labels) or not all(range_of(a).positive for a in fixed):
                    return
                node = rest[0][0]
            elif is_reciprocal(node):
                node, limits = node.args[0], POSITIVE
            else:
                return

    # ------------------------------------------------------------------------------------------ one node

    def _fact(self, node: Expr) -> Fact:
        if node not in self.varying:
            return self.constant(node)
        if node in self.wrt:
            r = range_of(node)
            positive = ALWAYS if r.positive else None
            return Fact(True, ALWAYS, ALWAYS, r, log_concave=positive, rule="a variable")
        if node.op == NAME:
            return self.learn(node.args[0])
        if node.op == RESHAPE:
            return replace(self.learn(node.args[0]), rule="entries in another order")
        if node.op == SUM:
            return self._sum(node)
        if node.op == PROD:
            return self._product(node)
        if node.op == POW:
            return self._power(node)
        if node.op == CALL:
            return self._call(node)
        return Fact(True, rule="no rule for an unknown function" if node.op == OPAQUE else "")

    def constant(self, node: Expr) -> Fact:
        r = range_of(node)
        inside = self.inside.get(node)
        if inside is not None:
            r = r.meet(inside)
        positive = ALWAYS if r.positive else None
        return Fact(False, ALWAYS, ALWAYS, r, positive, positive, rule="constant")

    # ------------------------------------------------------------------------------------------ signs of what is constant

    def at_least_zero(self, node: Expr) -> Known:
        """The condition under which every entry of a constant is >= 0."""
        r = self.learn(node).range
        return ALWAYS if r.nonnegative else None if r.negative else frozenset([atom(node, ">= 0")])

    def at_most_zero(self, node: Expr) -> Known:
        r = self.learn(node).range
        return ALWAYS if r.nonpositive else None if r.positive else frozenset([atom(node, "<= 0")])

    def sign_of(self, fixed: list[tuple[Expr, tuple[int, ...]]]) -> tuple[Known, Known]:
        """Conditions under which a product of constants is >= 0 and <= 0."""
        sign = 1
        open_: list[tuple[Expr, tuple[int, ...]]] = []
        for a, ls in fixed:
            r = self.learn(a).range
            if r.low == r.high == 0:
                return ALWAYS, ALWAYS
            if r.nonnegative:
                continue
            if r.nonpositive:
                sign = -sign
            elif (a, ls) in open_:
                open_.remove((a, ls))  # met twice: a square, whose sign is known
            else:
                open_.append((a, ls))
        if not open_:
            return (ALWAYS, None) if sign > 0 else (None, ALWAYS)
        nodes = [a for a, _ in open_]
        if len(nodes) == 1:
            up: Known = frozenset([atom(nodes[0], ">= 0")])
            down: Known = frozenset([atom(nodes[0], "<= 0")])
        elif all(not a.shape for a in nodes):
            joined = nodes[0]
            for a in nodes[1:]:
                joined = build.scale(joined, a)
            up, down = frozenset([(joined, ">= 0")]), frozenset([(joined, "<= 0")])
        else:
            up, down = frozenset([atom(a, ">= 0") for a in nodes]), None
        return (up, down) if sign > 0 else (down, up)

    # ------------------------------------------------------------------------------------------ sums

    def _sum(self, node: Expr) -> Fact:
        facts = [self.learn(a) for a in node.args]
        terms = list(zip(node.data, facts, strict=True))
        r = point(0)
        for c, f in terms:
            r = r + f.range.scaled(c)
        convex = both(*[f.convex if c > 0 else f.concave for c, f in terms])
        concave = both(*[f.concave if c > 0 else f.convex for c, f in terms])
        log_convex = log_concave = None
        root = power = geometric = None
        if all(c > 0 for c, _ in terms):
            if r.positive:
                log_convex = both(
                    *[f.log_convex if f.varies or f.range.positive else ALWAYS if f.range.nonnegative else None for _, f in terms]
                )
            if len(terms) == 1:
                log_concave = facts[0].log_concave
            elif concave is not None and r.positive:
                log_concave = concave
            root = same_exponent([f.root for f in facts if f.varies], all(f.varies or f.range.nonnegative for f in facts))
            power = same_exponent([f.power for f in facts if f.varies], all(f.varies or f.range.positive for f in facts))
            if power is not None and power[0] > 1 and len(terms) > 1:
                power = None
            moving = [(c, f.geometric) for c, f in terms if f.varies]
            if all(g is not None for _, g in moving):
                weight = sum(c * g[0] for c, g in moving if g is not None)
                condition = both(*[g[1] for _, g in moving if g is not None])
                if weight <= 1 and condition is not None:
                    geometric = (weight, condition)
        word = "a sum with these signs" if len(terms) > 1 or terms[0][0] > 0 else "the negative"
        return Fact(True, convex, concave, r, log_convex, log_concave, root, power, geometric, word)

    # ------------------------------------------------------------------------------------------ products

    def _product(self, node: Expr) -> Fact:
        """Long: the cases of a product in the order in which they are tried."""
        labels, out = node.data
        items = list(zip(node.args, labels, strict=True))
        moving = [(a, ls) for a, ls in items if a in self.varying]
        fixed = [(a, ls) for a, ls in items if a not in self.varying]
        entrywise = all(set(ls) <= set(out) and len(set(ls)) == len(ls) for _, ls in items)
        ranges = [self.learn(a).range for a, _ in items if not (a.op == UNIT and not entrywise)]
        r = point(1)
        for other in ranges:
            r = r * other
        if not entrywise:
            picks = all(
                a.op == UNIT
                or set(ls) <= set(out)
                or len(set(ls)) < len(ls)
                or any(b.op == UNIT and set(ls) <= {*out, *ms} for b, ms in items)
                for a, ls in items
            )
            if not (len(moving) == 1 and picks and all(a.op == UNIT for a, _ in fixed)):
                r = r.sign
        up, down = self.sign_of(fixed)
        if len(moving) == 1:
            f = self.learn(moving[0][0])
            affine = f.affine
            if affine is not None:
                convex: Known = affine
                concave: Known = affine
            else:
                convex = either(both(up, f.convex), both(down, f.concave))
                concave = either(both(up, f.concave), both(down, f.convex))
            log_convex = both(up, f.log_convex) if up == ALWAYS else None
            picked = entrywise or (
                bool(fixed)
                and all(picks_one(a) and ls[0] not in out for a, ls in fixed)
                and len({ls for _, ls in fixed}) == len(fixed)
                and set(moving[0][1]) <= {*out, *[label for _, ls in fixed for label in ls]}
            )
            log_concave = (
                f.log_concave
                if picked and up == ALWAYS
                else both(concave)
                if r.positive and up == ALWAYS and f.concave is not None
                else None
            )
            root = f.root if up == ALWAYS else None
            power = f.power if f.power is not None and up == ALWAYS and (entrywise or f.power[0] <= 1) else None
            if convex is None:
                convex = psd_form(self, node)
            return Fact(
                True, convex, concave, r, log_convex, log_concave, root, power, None, "a constant weight" if fixed else "the same entries"
            )
        facts = [self.learn(a) for a, _ in moving]
        log_convex = both(*[f.log_convex for f in facts]) if up == ALWAYS and all(f.range.nonnegative for f in facts) else None
        log_concave = both(*[f.log_concave for f in facts]) if up == ALWAYS and entrywise and all(f.range.positive for f in facts) else None
        convex, concave, root, power = log_convex, None, None, None
        rule = "a product of log-convex factors" if convex is not None else "a product of two varying factors"
        if entrywise and up == ALWAYS:
            exponents = [least_degree(f) for f in facts]
            if all(p > 0 and k is not None for p, k in exponents):
                degree = sum(p for p, _ in exponents)
                geometric_mean = both(*[k for _, k in exponents])
                if geometric_mean is not None and r.nonnegative:
                    power = (degree, geometric_mean)
                    if degree <= 1:
                        concave, rule = geometric_mean, "a geometric mean"
        if convex is None and entrywise_out(items) and len(moving) == 2 and up == ALWAYS:
            convex = either(self._relative_entropy(*moving), self._relative_entropy(*moving[::-1]))
            rule = "a relative entropy" if convex is not None else rule
        form = square(self, node)
        if form is not None:
            kind, condition, is_root = form
            if kind > 0 and convex is None:
                convex, rule = condition, "a psd quadratic form"
                root = (Fraction(2), condition) if is_root else None
            elif kind < 0 and concave is None:
                concave, rule = condition, "a negative psd quadratic form"
        if root is not None and not root[1]:
            r = r.meet(NONNEGATIVE)
        return Fact(True, convex, concave, r, log_convex, log_concave, root, power, None, rule)

    def _relative_entropy(self, first: tuple[Expr, tuple[int, ...]], second: tuple[Expr, tuple[int, ...]]) -> Known:
        """u*log(u/v) or u*(log(u) - log(v)) of affine u and v > 0, together."""
        (u, own), (log, theirs) = first, second
        if own == theirs and (v := less_logarithm(u, log)) is not None:
            f, g = self.learn(u), self.learn(v)
            return both(f.affine, g.affine) if f.range.nonnegative and g.range.positive else None
        if not is_call(log, "log") or own != theirs:
            return None
        ratio = log.args[0]
        if not has_two_factors(ratio) or any(ls != ratio.data[1] for ls in ratio.data[0]) or u not in ratio.args:
            return None
        other = ratio.args[1 - ratio.args.index(u)]
        if other.op != POW or core_of(other.args[1]) is not build.MINUS_ONE:
            return None
        f, g = self.learn(u), self.learn(other.args[0])
        return both(f.affine, g.affine) if f.range.nonnegative and g.range.positive else None

    # ------------------------------------------------------------------------------------------ powers

    def _power(self, node: Expr) -> Fact:
        base, exponent = node.args
        f, e = self.learn(base), self.learn(exponent)
        if not e.varies:
            if has_one_factor(exponent) and not exponent.data[0][0]:
                exponent = exponent.args[0]  # spread
            number = exponent.data if exponent.op == NUM else None
            if is_negation(exponent) and exponent.args[0].op == NUM:
                number = -exponent.args[0].data
            mean = self._geometric_mean(base, exponent)
            if mean is not None:
                return mean
            if number is not None:
                return number_power(f, number)
            return letter_power(f, exponent)
        if not f.varies and f.range.positive:
            rising = f.range.low >= 1
            affine = e.affine
            convex = affine if affine is not None else e.convex if rising else None
            return Fact(True, convex, None, POSITIVE, affine if affine is not None else convex, affine, rule="an exponential")
        return Fact(True, rule="base and exponent vary")

    def _geometric_mean(self, base: Expr, exponent: Expr) -> Fact | None:
        """prod(x)^(1/n) of n concave values >= 0, or det(S)^(1/n) of an n by n psd matrix."""
        if not is_call(base, "prod", "det"):
            return None
        x = base.args[0]
        condition: Known
        if base.data == "prod":
            f = self.learn(x)
            condition = f.concave if f.range.nonnegative else None
            size = build.dim(build.dim_product(x.shape))
        else:
            condition = both(self.learn(x).affine, psd(self, x)) if len(x.shape) == 2 else None
            size = build.dim(x.shape[-1])
        if condition is None:
            return None
        (degree,) = simplify([build.scale(exponent, size)])
        if degree.op != NUM or not 0 < degree.data <= 1:
            return None
        return Fact(True, None, condition, NONNEGATIVE, rule="a geometric mean")

    # ------------------------------------------------------------------------------------------ functions

    def _call(self, node: Expr) -> Fact:
        """Long: the cases of a call in the order in which they are tried."""
        name = node.data
        row = TABLE[name]
        facts = [self.learn(a) for a in node.args]
        r = call_range(name, [f.range for f in facts])
        if name in DETERMINANTS:
            condition = both(facts[0].affine, psd(self, node.args[0]))
            if name == "logdet":
                return Fact(True, None, condition, ANY, rule="logdet of a psd matrix")
            return Fact(
                True,
                None,
                None,
                POSITIVE if condition == ALWAYS else ANY,
                None,
                condition if condition == ALWAYS else None,
                rule="a determinant",
            )
        if name == "if" and not facts[0].varies:  # at every entry the same branch, whatever the variables: `sum(i<j, …)`
            _, a, b = facts
            return Fact(True, both(a.convex, b.convex), both(a.concave, b.concave), r, rule="a branch that is fixed")
        if name in EXTREME and (inner := core_of(node.args[0])).op == CALL and inner.data == "eigvalsh":
            affine, (word, which) = self.learn(inner.args[0]).affine, EXTREME[name]
            rule = f"the {which} eigenvalue of a symmetric matrix"
            return Fact(True, affine if word == "convex" else None, affine if word == "concave" else None, r, rule=rule)
        first = facts[0]
        parameters = node.args[1:]
        convex = concave = None
        limits = domain(name)
        for piece in pieces(name):
            joint = "joint" in piece.words
            if not joint and any(f.varies for f in facts[1:]):
                continue
            used = facts if joint else [first]
            if not all(f.range.within(piece.low, piece.high) for f in used):
                continue
            where = self._where(row, piece.where, parameters)
            if where is None:
                continue
            up, down = self._direction(name, used, parameters)
            for word in ("convex", "concave"):
                if word not in piece.words and "affine" not in piece.words:
                    continue
                ways: list[Known] = []
                for f in used:
                    same, other = (f.convex, f.concave) if word == "convex" else (f.concave, f.convex)
                    if limits is not None and not f.range.within(limits.low, limits.high):
                        # the domain has to be convex: {f >= 0} is, of a concave f
                        same = same if word == "concave" else None
                        other = other if limits.high == INFINITY and word == "convex" else None
                    ways.append(either(f.affine, both(same, up), both(other, down)))
                ahead = both(where, *ways)
                if word == "convex":
                    convex = either(convex, ahead)
                else:
                    concave = either(concave, ahead)
        of_log = OF_LOGARITHM.get(name, "")
        found = Fact(
            True, convex, concave, r,
            log_convex=first.affine if of_log in ("affine", "convex") else None,
            log_concave=first.affine if of_log in ("affine", "concave") else None, rule=rule_of(name),
        )  # fmt: skip
        composed = COMPOSED.get(name)
        return completed(composed(found, facts) if composed is not None else found)

    def _where(self, row: Any, bounds: tuple[tuple[str, Fraction], ...], parameters: tuple[Expr, ...]) -> Known:
        known: Condition = ALWAYS
        for relation, bound in bounds:
            r = self.learn(parameters[0]).range
            if r.low >= bound if relation == ">=" else r.high <= bound:
                continue
            if r.high < bound if relation == ">=" else r.low > bound:
                return None
            known |= {(core_of(parameters[0]), f"{relation} {bound}")}
        return known

    def _direction(self, name: str, used: list[Fact], parameters: tuple[Expr, ...]) -> tuple[Known, Known]:
        """Conditions under which a row rises and falls over what its arguments take."""
        up: Known = None
        down: Known = None
        for piece in pieces(name):
            if all(f.range.within(piece.low, piece.high) for f in used):
                where = self._where(TABLE[name], piece.where, parameters)
                if "rising" in piece.words:
                    up = either(up, where)
                if "falling" in piece.words:
                    down = either(down, where)
        return up, down


def least_degree(f: Fact) -> tuple[Fraction, Known]:
    """The lowest power of a concave positive value that a fact is; negative where none is known."""
    known: list[tuple[Fraction, Known]] = [(Fraction(1), f.concave)] if f.concave is not None and f.range.nonnegative else []
    if f.power is not None and f.power[0] > 0:
        known.append(f.power)
    return min(known, key=lambda k: k[0], default=(Fraction(-1), None))


def less_logarithm(u: Expr, log: Expr) -> Expr | None:
    """The v of log(u) - log(v)."""
    if log.op != SUM or len(log.args) != 2 or sorted(log.data) != [-1, 1] or any(not is_call(a, "log") for a in log.args):
        return None
    first, other = log.args if log.data[0] > 0 else log.args[::-1]
    return other.args[0] if first.args[0] is u else None


def picks_one(a: Expr) -> bool:
    """Whether a factor is 1 at one entry and 0 at the others: a product with it is that entry."""
    return a.op == UNIT or (is_declared(a, "onehot") and len(a.shape) == 1) or (len(a.shape) == 1 and build.one_hot_of(a) is not None)


def entrywise_out(items: list[tuple[Expr, tuple[int, ...]]]) -> bool:
    """Whether the varying factors have the same entries: what is summed afterwards does not matter to convexity."""
    return len({ls for _, ls in items if ls}) <= 1


def rule_of(name: str) -> str:
    from symdiff.table.curvature import CURVATURE

    text = CURVATURE.get(name, "")
    return f"{name}: {text.removeprefix('joint ')}" if text else f"{name} has no curvature of its own"
