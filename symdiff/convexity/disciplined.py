"""The rules of disciplined convexity on the graph as written: a fact for every node from those of its arguments.

In: a scalar node without names, and the variables (VARs). Out: `Analysis.facts`. One walk, arguments first; it ends.
Where the rules leave a node open, `further` is asked (the second derivative), innermost nodes first.

Sources: Grant, Boyd, Ye, Disciplined Convex Programming (2006); Boyd, Vandenberghe, Convex Optimization (2004), 3.2 for
compositions, 3.5 for logarithms of sums, products and quotients.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symdiff.convexity.facts import (
    ALWAYS,
    ANY,
    INFINITY,
    NONNEGATIVE,
    OPPOSITE,
    POSITIVE,
    Condition,
    Fact,
    Known,
    Range,
    both,
    either,
    point,
)
from symdiff.convexity.mirror import flatten, mirrored
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Expr
from symdiff.expr.walk import topological, variables
from symdiff.simplify import simplify
from symdiff.table import TABLE
from symdiff.table.curvature import OF_LOGARITHM, pieces

SLACK = Fraction(1, 10**9)  # by which computed ends of ranges are moved outwards

VARIANCES: list[Callable[[Expr], bool]] = []  # `smooth` enters its test of constant matrices that are differences here

_DOMAIN = {
    "x > 0": Range(0, INFINITY, True), "x > -1": Range(-1, INFINITY, True), "x > 1": Range(1, INFINITY, True),
    "abs(x) < 1": Range(-1, 1, True, True), "x > 0 and x < 1": Range(0, 1, True, True),
}  # fmt: skip

_MONOTONE: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "expm1": math.expm1, "log": math.log, "log2": math.log2, "log10": math.log10, "log1p": math.log1p, "sqrt": math.sqrt,
    "sinh": math.sinh, "tanh": math.tanh, "arctan": math.atan, "arcsinh": math.asinh, "erf": math.erf,
}  # fmt: skip
_EXACT = {
    ("exp", 0): 1,
    ("log", 1): 0,
    ("log2", 1): 0,
    ("log10", 1): 0,
    **{(name, 0): 0 for name in _MONOTONE if name not in ("exp", "log", "log2", "log10")},
}


def domain(name: str) -> Range | None:
    """The values that the first argument of a row may take, as its `where` says; None where that is everything or more than an interval."""
    row = TABLE[name]
    known = _DOMAIN.get(row.where)
    if known is None or row.args[0] != "x":
        return None
    return Range(known.low, known.high) if row.closed else known


def row_range(name: str) -> Range:
    """The bounds that a row gives its output."""
    text = TABLE[name].range.replace(" ", "").replace("pi/2", "1.5707963267948967").replace("pi", "3.1415926535897936")
    low = re.match(r"(-?[\d.]+)(<=?)y", text)
    high = re.search(r"y(<=?)(-?[\d.]+)", text)
    above = re.search(r"y(>=?)(-?[\d.]+)", text)
    r = ANY
    if low:
        r = r.meet(Range(Fraction(low[1]), INFINITY, low[2] == "<"))
    if above:
        r = r.meet(Range(Fraction(above[2]), INFINITY, above[1] == ">"))
    if high:
        r = r.meet(Range(-INFINITY, Fraction(high[2]), False, high[1] == "<"))
    return r


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
            if node.op == CALL and node.data == "if":
                stack.append(node.args[0])
                continue
            stack += node.args
            if node.op == CALL and (limits := domain(node.data)) is not None:
                self._confine(node.args[0], limits)
            elif node.op == POW and node.args[1].op == NUM and not isinstance(node.args[1].data, int):
                self._confine(node.args[0], NONNEGATIVE if node.args[1].data > 0 else POSITIVE)
            elif node.op == CALL and node.data == "xlogy":
                self._confine(node.args[1], POSITIVE)

    def _confine(self, node: Expr, limits: Range) -> None:
        while True:
            old = self.inside.get(node, ANY)
            self.inside[node] = old.meet(limits)
            if limits.low != 0 or limits.high != INFINITY:
                return
            if node.op == SUM and len(node.args) == 1 and node.data[0] > 0:
                node = node.args[0]
            elif node.op == PROD:
                labels, out = node.data
                rest = [(a, ls) for a, ls in zip(node.args, labels, strict=True) if a in self.varying]
                fixed = [a for a in node.args if a not in self.varying]
                if len(rest) != 1 or set(rest[0][1]) - set(out) or len(set(rest[0][1])) != len(rest[0][1]):
                    return
                if not all(set(ls) <= set(out) for ls in labels) or not all(Constants.range(a).positive for a in fixed):
                    return
                node = rest[0][0]
            elif node.op == POW and node.args[1].op == NUM and node.args[1].data == -1:
                node, limits = node.args[0], POSITIVE
            else:
                return

    # ------------------------------------------------------------------------------------------ one node

    def _fact(self, node: Expr) -> Fact:
        if node not in self.varying:
            return self.constant(node)
        if node in self.wrt:
            r = Constants.range(node)
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
        r = Constants.range(node)
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
                open_.remove((a, ls))  # its square
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
                r = (
                    POSITIVE
                    if r.positive
                    else NONNEGATIVE
                    if r.nonnegative
                    else -POSITIVE
                    if r.negative
                    else -NONNEGATIVE
                    if r.nonpositive
                    else ANY
                )
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
                convex = self._matrix_convex(node)
            return Fact(
                True, convex, concave, r, log_convex, log_concave, root, power, None, "a constant weight" if fixed else "the same entries"
            )
        facts = [self.learn(a) for a, _ in moving]
        log_convex = both(*[f.log_convex for f in facts]) if up == ALWAYS and all(f.range.nonnegative for f in facts) else None
        log_concave = both(*[f.log_concave for f in facts]) if up == ALWAYS and entrywise and all(f.range.positive for f in facts) else None
        convex, concave, root, power = log_convex, None, None, None
        rule = "a product of log-convex factors" if convex is not None else "a product of two varying factors"
        if entrywise and up == ALWAYS:
            exponents = [
                (Fraction(1), f.concave) if f.concave is not None and f.range.nonnegative else f.power or (Fraction(-1), None)
                for f in facts
            ]
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
        square = self._square(node)
        if square is not None:
            kind, condition, is_root = square
            if kind > 0 and convex is None:
                convex, rule = condition, "a psd quadratic form"
                root = (Fraction(2), condition) if is_root else None
            elif kind < 0 and concave is None:
                concave, rule = condition, "a negative psd quadratic form"
        if root is not None and not root[1]:
            r = r.meet(NONNEGATIVE)
        return Fact(True, convex, concave, r, log_convex, log_concave, root, power, None, rule)

    def _relative_entropy(self, first: tuple[Expr, tuple[int, ...]], second: tuple[Expr, tuple[int, ...]]) -> Known:
        """u*log(u/v) of affine u and v > 0, together."""
        (u, own), (log, theirs) = first, second
        if log.op != CALL or log.data != "log" or own != theirs:
            return None
        ratio = log.args[0]
        if ratio.op != PROD or len(ratio.args) != 2 or any(ls != ratio.data[1] for ls in ratio.data[0]) or u not in ratio.args:
            return None
        other = ratio.args[1 - ratio.args.index(u)]
        if other.op != POW or core_of(other.args[1]) is not build.MINUS_ONE:
            return None
        f, g = self.learn(u), self.learn(other.args[0])
        return both(f.affine, g.affine) if f.range.nonnegative and g.range.positive else None

    def _network(self, node: Expr) -> tuple[list[tuple[Expr, tuple[int, ...]]], tuple[int, ...], Any] | None:
        flat = flatten(node)
        if flat is None:
            return None
        factors, out = flat
        number: Any = 1
        rest = []
        for a, ls in factors:
            while a.op == SUM and len(a.args) == 1:
                number, a = number * a.data[0], a.args[0]
            if a.op == NUM:
                number *= a.data
            elif a.op == POW and a in self.varying and core_of(a.args[1]) is build.TWO:
                rest += [(a.args[0], ls), (a.args[0], ls)]
            else:
                inner = flatten(a, 8) if a.op == PROD else None
                if inner is None or a.op != PROD:
                    rest.append((a, ls))
                else:
                    names = dict(zip(inner[1], ls, strict=True))
                    base = max([label for _, l2 in [*factors, *rest] for label in l2], default=0) + 1
                    for b, l3 in inner[0]:
                        rest.append((b, tuple([names.setdefault(label, base + label) for label in l3])))
        return rest, out, number

    def _square(self, node: Expr) -> tuple[int, Condition, bool] | None:
        """Of a product of varying factors that a mirror pairs: (sign, condition, whether it is a square of a norm)."""
        network = self._network(node)
        if network is None:
            return None
        factors, out, number = network
        moving = [a for a, _ in factors if a in self.varying]
        kinds = set(moving)
        inverses = {a for a in kinds if self.matrix_convex(a) is not None}
        inner = kinds - inverses
        reciprocal = {a for a in inner if (p := self.learn(a).power) is not None and p[0] == -1 and moving.count(a) == 1}
        inner -= reciprocal
        if (
            len(inner) > 1
            or len(moving) - len(inverses) - len(reciprocal) not in (0, 2)
            or len(inverses) + len(reciprocal) > 1
            or not moving
        ):
            return None
        if any(moving.count(a) > 1 for a in inverses):
            return None
        two: Known = ALWAYS
        plain = True
        for a in inner:
            f = self.learn(a)
            two = f.affine
            if two is None:
                plain = False
                two = either(f.convex if f.range.nonnegative else None, f.concave if f.range.nonpositive else None)
            if two is None or ((inverses or reciprocal) and f.affine is None):
                return None

        def weight(a: Expr) -> Known:
            if a in reciprocal:
                return self.learn(a).power[1] if inner else None  # type: ignore[index]
            return None if a in self.varying else self.at_least_zero(a)

        def middle(a: Expr) -> Known:
            if a in inverses:
                return self.matrix_convex(a)
            # beyond affine values, the weights have to be >= 0 themselves
            return None if a in self.varying else self.psd(a) if plain else None

        def pair(a: Expr) -> Known:
            if a in inner:
                return ALWAYS
            return None if a in self.varying else ALWAYS if plain else self.at_least_zero(a)

        found = both(mirrored(factors, (), out, weight, middle, pair), two)
        if found is None:
            return None
        return (1 if number > 0 else -1), found, not inverses and not reciprocal and number > 0

    def _matrix_convex(self, node: Expr) -> Known:
        square = self._square(node)
        return square[1] if square is not None and square[0] > 0 else None

    def matrix_convex(self, node: Expr) -> Known:
        """The condition under which inv(S) of a varying S is convex as a matrix: S affine and psd."""
        if node.op != CALL or node.data != "inv" or node not in self.varying:
            return None
        return both(self.learn(node.args[0]).affine, self.psd(node.args[0]))

    def psd(self, node: Expr) -> Known:
        """The condition under which a matrix is psd (its symmetric part, that is)."""
        if len(node.shape) != 2 or node.shape[0] != node.shape[1]:
            return None
        if node.op == NAME:
            return self.psd(node.args[0])
        if node.op == DELTA or (node.op == VAR and "psd" in node.data[1]):
            return ALWAYS
        if node.op == VAR and "diagonal" in node.data[1]:
            return (
                ALWAYS
                if "positive" in node.data[1] or "nonnegative" in node.data[1]
                else None
                if node in self.varying
                else frozenset([(node, "psd")])
            )
        if node.op == CALL and node.data == "inv":
            return self.psd(node.args[0])
        if node.op == SUM and len(node.args) <= 20:
            parts = [self.psd(a) if c > 0 else None for c, a in zip(node.data, node.args, strict=True)]
            if all(p is not None for p in parts):
                return both(*parts)
            if node not in self.varying and VARIANCES and VARIANCES[0](node):
                return ALWAYS
        if node.op == PROD:
            network = self._network(node)
            if network is not None and network[2] > 0:
                factors, out, _ = network
                if len(factors) == 1 and factors[0][1] in (out, out[::-1]):
                    return self.psd(factors[0][0])
                varying_pairs: Callable[[Expr], Known] = lambda a: ALWAYS
                found = mirrored(
                    factors,
                    [(out[0], out[1])],
                    (),
                    lambda a: self.nonnegative(a),
                    lambda a: self.psd(a) if a.op != PROD else None,
                    varying_pairs,
                )
                if found is not None:
                    return found
        return None if node in self.varying or not variables([node]) else frozenset([(node, "psd")])

    def nonnegative(self, node: Expr) -> Known:
        if node in self.varying:
            return ALWAYS if self.learn(node).range.nonnegative else None
        return self.at_least_zero(node)

    # ------------------------------------------------------------------------------------------ powers

    def _power(self, node: Expr) -> Fact:
        base, exponent = node.args
        f, e = self.learn(base), self.learn(exponent)
        if not e.varies:
            if exponent.op == PROD and len(exponent.args) == 1 and not exponent.data[0][0]:
                exponent = exponent.args[0]  # spread
            number = exponent.data if exponent.op == NUM else None
            if exponent.op == SUM and exponent.data == (-1,) and exponent.args[0].op == NUM:
                number = -exponent.args[0].data
            mean = self._geometric_mean(base, exponent)
            if mean is not None:
                return mean
            if number is not None:
                return self._number_power(f, number)
            return self._letter_power(f, exponent)
        if not f.varies and f.range.positive:
            rising = f.range.low >= 1
            affine = e.affine
            convex = affine if affine is not None else e.convex if rising else None
            return Fact(True, convex, None, POSITIVE, affine if affine is not None else convex, affine, rule="an exponential")
        return Fact(True, rule="base and exponent vary")

    def _geometric_mean(self, base: Expr, exponent: Expr) -> Fact | None:
        """prod(x)^(1/n) of n concave values >= 0, or det(S)^(1/n) of an n by n psd matrix."""
        if base.op != CALL or base.data not in ("prod", "det"):
            return None
        x = base.args[0]
        condition: Known
        if base.data == "prod":
            f = self.learn(x)
            condition = f.concave if f.range.nonnegative else None
            size = build.dim(build.dim_product(x.shape))
        else:
            condition = both(self.learn(x).affine, self.psd(x)) if len(x.shape) == 2 else None
            size = build.dim(x.shape[-1])
        if condition is None:
            return None
        (degree,) = simplify([build.scale(exponent, size)])
        if degree.op != NUM or not 0 < degree.data <= 1:
            return None
        return Fact(True, None, condition, NONNEGATIVE, rule="a geometric mean")

    def _number_power(self, f: Fact, p: Any) -> Fact:
        whole = isinstance(p, int) or p.denominator == 1
        even = whole and int(p) % 2 == 0
        r = power_range(f.range, p, whole)
        if p in (0, 1):
            return Fact(True, ALWAYS if p == 0 else f.convex, ALWAYS if p == 0 else f.concave, r, rule="a power")
        convex = concave = None
        root = power = None
        if p > 1:
            if f.range.nonnegative or (not whole and f.affine is not None):
                convex = f.convex
            elif even:
                convex = either(f.affine, f.concave if f.range.nonpositive else None)
            elif whole and f.range.nonpositive:
                concave = f.concave
            if even and f.affine is not None:
                convex = either(convex, f.affine)
            if convex is not None and (even or r.nonnegative):
                root = (Fraction(p), convex)
        elif p > 0:
            concave = f.concave
            if concave is not None and f.range.positive:
                power = (Fraction(p), concave)
        elif f.range.nonnegative:  # 0 is no value then
            convex = f.concave
            if convex is not None:
                power = (Fraction(p), convex)
        elif f.range.nonpositive and whole:
            if even:
                convex = f.convex
            else:
                concave = f.convex
        if f.root is not None:
            q = f.root[0] * p
            if q >= 1:
                convex, root = either(convex, f.root[1]), root or (q, f.root[1])
        if f.power is not None:
            q = f.power[0] * p
            if 0 < q <= 1:
                concave = either(concave, f.power[1])
            elif q < 0:
                convex = either(convex, f.power[1])
            power = power or (q, f.power[1])
        log_convex = f.log_convex if p > 0 else f.log_concave
        log_concave = f.log_concave if p > 0 else f.log_convex
        if not r.nonnegative:
            log_convex = log_concave = None
        return Fact(True, either(convex, log_convex), concave, r, log_convex, log_concave, root, power, rule="a power")

    def _letter_power(self, f: Fact, p: Expr) -> Fact:
        """x^p for a letter p: what holds hangs on it."""
        r = Constants.range(p)
        if not f.range.nonnegative and not (f.affine is not None and not r.within(0, 0)):
            return Fact(True, rule="a power whose base may be negative")
        positive = f.range.positive or f.range.nonnegative
        if not positive:
            return Fact(True, rule="a power whose base may be negative")
        convex: Known = None
        concave: Known = None
        if f.convex is not None and f.range.nonnegative and not r.high < 1:
            convex = f.convex | (ALWAYS if r.low >= 1 else frozenset([(p, ">= 1")]))
        if f.concave is not None and r.high <= 0:
            convex = f.concave
        if f.concave is not None and r.low < 1:
            low: Condition = ALWAYS if r.low >= 0 else frozenset([(p, ">= 0")])
            concave = f.concave | low | (ALWAYS if r.high <= 1 else frozenset([(p, "<= 1")]))
        return Fact(True, convex, concave, POSITIVE if f.range.positive else NONNEGATIVE, rule="a power")

    # ------------------------------------------------------------------------------------------ functions

    def _call(self, node: Expr) -> Fact:
        name = node.data
        row = TABLE[name]
        facts = [self.learn(a) for a in node.args]
        r = call_range(name, [f.range for f in facts])
        if name in ("logdet", "det"):
            condition = both(facts[0].affine, self.psd(node.args[0]))
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
        first = facts[0]
        parameters = node.args[1:]
        convex = concave = None
        conditions: Known = ALWAYS
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
                found = both(where, *ways)
                if word == "convex":
                    convex = either(convex, found)
                else:
                    concave = either(concave, found)
        of_log = OF_LOGARITHM.get(name, "")
        log_convex = first.affine if of_log in ("affine", "convex") else None
        log_concave = first.affine if of_log in ("affine", "concave") else None
        root = geometric = power = None
        if name == "exp":
            log_convex, log_concave = first.convex, first.concave
            if first.geometric is not None:
                concave = either(concave, first.geometric[1])
        elif name == "sigma":
            log_concave = first.concave
        elif name == "log":
            convex = either(convex, first.log_convex)
            concave = either(concave, first.log_concave)
            if first.concave is not None and first.range.nonnegative:
                geometric = (Fraction(1), first.concave)
        elif name == "logsumexp":
            convex = first.convex
        elif name == "mean":
            root, power, geometric = first.root, first.power if first.power is not None and first.power[0] <= 1 else None, first.geometric
        elif name == "sqrt":
            if first.root is not None and first.root[0] >= 2:
                convex = either(convex, first.root[1])
                root = (first.root[0] / 2, first.root[1])
            if first.log_concave is not None:
                log_concave = first.log_concave
            if first.log_convex is not None:
                log_convex = first.log_convex
                convex = either(convex, log_convex)
            if first.power is not None:
                power = (first.power[0] / 2, first.power[1])
                if 0 < power[0] <= 1:
                    concave = either(concave, power[1])
                elif power[0] < 0:
                    convex = either(convex, power[1])
        elif name == "var":
            root = (Fraction(2), first.affine) if first.affine is not None else None
        elif name == "abs" and first.root is not None:
            root, convex = first.root, either(convex, first.root[1])
        elif name == "hypot" and all(f.root or f.affine is not None or not f.varies for f in facts):
            convex = either(convex, both(*[f.affine if f.affine is not None else f.root[1] if f.root else None for f in facts]))
        if r.nonnegative and root is None and convex is not None:
            root = (Fraction(1), convex)
        if r.positive and concave is not None:
            log_concave = either(log_concave, concave)
        convex = both(convex, conditions)
        return Fact(True, convex, concave, r, log_convex, log_concave, root, power, geometric, rule_of(name))

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


def picks_one(a: Expr) -> bool:
    """Whether a factor is 1 at one entry and 0 at the others: a product with it is that entry."""
    return (
        a.op == UNIT
        or (a.op == VAR and "onehot" in a.data[1] and len(a.shape) == 1)
        or (len(a.shape) == 1 and build.one_hot_of(a) is not None)
    )


def entrywise_out(items: list[tuple[Expr, tuple[int, ...]]]) -> bool:
    """Whether the varying factors have the same entries: what is summed afterwards does not matter to convexity."""
    return len({ls for _, ls in items if ls}) <= 1


def rule_of(name: str) -> str:
    from symdiff.table.curvature import CURVATURE

    text = CURVATURE.get(name, "")
    return f"{name}: {text.removeprefix('joint ')}" if text else f"{name} has no curvature of its own"


def same_exponent(found: list[Any], allowed: bool) -> tuple[Any, Condition] | None:
    if not found or not allowed or any(f is None or f[0] != found[0][0] for f in found):
        return None
    condition = both(*[f[1] for f in found])
    return None if condition is None else (found[0][0], condition)


def core_of(node: Expr) -> Expr:
    """The node that a spread or a name stands for."""
    while node.op == NAME or (node.op == PROD and len(node.args) == 1 and set(node.data[0][0]) <= set(node.data[1])):
        node = node.args[0]
    return node


def atom(node: Expr, relation: str) -> tuple[Expr, str]:
    """The simplest node whose sign decides."""
    while True:
        node = core_of(node)
        if node.op == SUM and len(node.args) == 1:
            if node.data[0] < 0:
                relation = OPPOSITE[relation]
            node = node.args[0]
        elif node.op == POW and node.args[1].op == NUM and isinstance(node.args[1].data, int) and node.args[1].data % 2:
            node = node.args[0]
        elif node.op == PROD:
            ranges = [Constants.range(a) for a in node.args]
            unknown = [a for a, r in zip(node.args, ranges, strict=True) if not r.positive and not r.negative]
            if len(unknown) != 1:
                return node, relation
            if sum(r.negative for r in ranges) % 2:
                relation = OPPOSITE[relation]
            node = unknown[0]
        else:
            return node, relation


# ---------------------------------------------------------------------------------------------- ranges


class Constants:
    """Ranges of values by the properties of their letters alone."""

    memo: dict[Expr, Range] = {}  # noqa: RUF012

    @classmethod
    def range(cls, root: Expr) -> Range:
        memo = cls.memo
        if len(memo) > 20_000:
            memo.clear()
        found = memo.get(root)
        if found is None:
            for node in topological([root], memo):
                if node not in memo:
                    memo[node] = plain_range(node, [memo.get(a, ANY) for a in node.args])
            found = memo[root]
        return found


def plain_range(node: Expr, args: list[Range]) -> Range:
    op = node.op
    if op == NUM:
        return point(Fraction(node.data))
    if op == DIM:
        return Range(1)
    if op == CONST:
        return Range(Fraction(314159, 100000), Fraction(314160, 100000))
    if op == VAR:
        properties = node.data[1]
        if "positive" in properties:
            return POSITIVE
        if "onehot" in properties or "simplex" in properties:
            return Range(0, 1)
        return NONNEGATIVE if "nonnegative" in properties else ANY
    if op in (DELTA, UNIT):
        return Range(0, 1)
    if op in (NAME, RESHAPE):
        return args[0]
    if op == SUM:
        r = point(0)
        for c, a in zip(node.data, args, strict=True):
            r = r + a.scaled(c)
        return r
    if op == PROD:
        labels, out = node.data
        same = len(node.args) == 2 and node.args[0] is node.args[1] and labels[0] == labels[1]
        if same:
            r = NONNEGATIVE if not args[0].positive else POSITIVE
            return r
        r = point(1)
        for a in args:
            r = r * a
        if all(set(ls) <= set(out) for ls in labels):
            return r
        return (
            POSITIVE
            if r.positive
            else NONNEGATIVE
            if r.nonnegative
            else -POSITIVE
            if r.negative
            else -NONNEGATIVE
            if r.nonpositive
            else ANY
        )
    if op == POW:
        p = node.args[1]
        if p.op == NUM:
            return power_range(args[0], p.data, isinstance(p.data, int))
        return POSITIVE if args[0].positive else ANY
    if op == CALL:
        return call_range(node.data, args)
    return ANY


def power_range(r: Range, p: Any, whole: bool) -> Range:
    if p == 0:
        return point(1)
    if whole and int(p) % 2 == 0 and not r.nonnegative:
        if r.nonpositive:
            return power_range(-r, p, whole)
        return NONNEGATIVE if p > 0 else POSITIVE
    if not r.nonnegative:
        if not whole:
            return NONNEGATIVE if p > 0 else POSITIVE
        return -power_range(-r, p, whole) if r.nonpositive else ANY
    if p < 0:
        if r.high == 0:
            return ANY  # 1/0: there is no value
        inverse = Range(
            0 if r.high == INFINITY else 1 / Fraction(r.high),
            INFINITY if r.low == 0 else 1 / Fraction(r.low),
            r.high == INFINITY or r.open_high,
            r.open_low,
        )
        return inverse if p == -1 else power_range(inverse, -p, whole)
    if whole and p <= 8:
        return Range(r.low ** int(p), r.high ** int(p), r.open_low, r.open_high)
    low = 0 if r.low < 1 else 1
    return Range(low, 1 if r.high <= 1 else INFINITY, r.open_low and r.low == low)


def call_range(name: str, args: list[Range]) -> Range:
    r = row_range(name)
    first = args[0]
    if name == "max":
        a, b = args
        top = max(a.high, b.high)
        low, is_open = max((a.low, a.open_low), (b.low, b.open_low))
        return Range(low, top, is_open)
    if name == "min":
        a, b = (-args[0], -args[1])
        return -call_range("max", [a, b])
    if name == "if":
        a, b = args[1], args[2]
        return Range(min(a.low, b.low), max(a.high, b.high), a.open_low and b.open_low, a.open_high and b.open_high)
    if name in ("max_entries", "min_entries", "mean", "rowmax", "rowmin", "rowmean"):
        return first
    if name == "relu":
        return Range(max(0, first.low), max(0, first.high), first.positive and first.open_low)
    if name == "abs":
        if first.nonnegative:
            return first
        return -first if first.nonpositive else Range(0, max(-first.low, first.high))
    if name in ("cumsum", "prod"):
        return POSITIVE if first.positive else NONNEGATIVE if first.nonnegative else ANY
    if name == "cosh":
        return Range(1)
    if name in ("norm1", "norm2", "norminf") and first.positive:
        return POSITIVE
    if name == "logsumexp":
        return Range(first.low, INFINITY)
    if name in ("sigma", "tanh", "erf", "softsign", "arctan", "arcsinh", "sinh", "expm1", "log1p", "hardtanh", "cbrt", "sign"):
        middle = Fraction(1, 2) if name == "sigma" else Fraction(0)
        if first.nonnegative:
            return r.meet(Range(middle, INFINITY, first.positive and name != "sign"))
        if first.nonpositive:
            return r.meet(Range(-INFINITY, middle, False, first.negative and name != "sign"))
        return r
    if name in ("exp", "log", "log2", "log10", "sqrt"):
        return r.meet(Range(_end(name, first.low, -1), _end(name, first.high, 1), first.open_low, first.open_high))
    return r


def _end(name: str, value: Any, side: int) -> Any:
    """The function's value at an end of its argument's range, moved outwards."""
    exact = _EXACT.get((name, value)) if value in (0, 1) else None
    if exact is not None:
        return Fraction(exact)
    if value in (INFINITY, -INFINITY) or abs(value) > 500 or (name.startswith("log") and value <= 0) or (name == "sqrt" and value < 0):
        return side * INFINITY
    if name == "exp" and value < -500:
        return 0
    found = Fraction(_MONOTONE[name](float(value)))
    return found + side * SLACK * (1 + abs(found))
