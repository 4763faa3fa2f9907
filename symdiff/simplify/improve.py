"""Choosing the shorter of equal forms.

In: normal forms. Out: equal normal forms that cost no more. Arguments first, every node is offered
- distribute: a product over a sum, where something cancels: p*(1 - y/p), a contraction with an identity in the sum;
- expand: the products among the terms of a sum multiplied out, where terms then cancel or merge;
- factor: a factor common to several terms taken out in front: A*x + A'*x, and common denominators.
A candidate replaces the form only if it costs less (a common denominator or identity also where it costs the same). Every offer is
bounded in terms and depth, so the pass is linear in the size of the graph, and costs fall, so it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from symdiff.bounds import LIMITS
from symdiff.expr.node import CALL, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, Expr, make
from symdiff.expr.patterns import is_multiple
from symdiff.expr.walk import topological
from symdiff.simplify import alike
from symdiff.simplify.branching import BRANCHING, COMPLEMENTED
from symdiff.simplify.distribution import is_total_of_sum
from symdiff.simplify.factoring import Factoring, has_open_power
from symdiff.simplify.offering import MAX_DEPTH, MAX_TERMS, OFFERED
from symdiff.simplify.rational import cancelled, divides_by_sum
from symdiff.simplify.rules import RULES

OFFERS = 500  # how many offers one pass may make besides those for each node: beyond that a form stays as it is


class Improver(Factoring):
    """One pass; home builds normal forms and keeps the record. large: from how many nodes on forms are taken over from like ones."""

    def run(self, roots: Sequence[Expr]) -> list[Expr]:
        """Forms of the roots that cost no more."""
        memo = self.memo
        order = topological(roots, into_names=False)
        self.budget += OFFERS + LIMITS.offers * len(order)
        looked_up = alike.worthwhile(order) if len(order) > self.large else set()
        for node in order:
            if node in memo:
                continue
            if not node.args:
                memo[node] = node
                continue
            new = self.rebuild(node)
            if new.op in OFFERED:
                if node in looked_up:
                    new = self.as_before(new)
                elif new is not node:
                    new = self.local(new, MAX_DEPTH)
                elif self.affords():  # the memo holds what is found: no need to remember the offer
                    new = self.offer(new, MAX_DEPTH)
            elif new.op == POW and new.args[0].op == SUM and new.args[1].op == NUM and new.args[1].data < 0:
                self.divided = True
            memo[node] = new
        found = [memo[r] for r in roots]
        if not self.again and any(map(is_total_of_sum, topological(found, into_names=False))):
            again = Improver(self.home, self.large)  # totals of sums that steps have put together were not offered themselves
            again.again = True
            found = again.run(found)
        return found

    def as_before(self, x: Expr) -> Expr:
        """The best form of x, if x is an expression met before but for its letters, that of then with x's letters in place."""
        pattern = alike.pattern(x)
        if pattern is None:
            return self.local(x, MAX_DEPTH)
        tokens, letters = pattern
        model = self.models.get(tokens)
        if model is None:
            other = Improver(type(self.home)(), large=inf)  # its record holds what this form needs, and nothing else
            (form,) = other.run([x])
            self.models[tokens] = model = (letters, form if form is not x else None, other.home.log)
        theirs, better, log = model
        self.home.log.exhausted |= log.exhausted
        place = dict(zip(theirs, letters, strict=True))
        for condition in log.nonzero:
            self.home.assume_nonzero(self.in_letters(condition, place))
        if better is None:
            return x
        new = self.in_letters(better, place)
        for rule, _, _ in log.fired[-1:]:
            self.home.fire(rule, x, new)
        return new

    def in_letters(self, form: Expr, place: dict[Expr, Expr]) -> Expr:
        """A normal form with other letters, in normal form."""
        new: dict[Expr, Expr] = {}
        for node in topological([form]):
            new[node] = place[node] if node in place else self.over(node, [new[a] for a in node.args])
        return new[form]

    def rebuild(self, node: Expr) -> Expr:
        """The node over the improved arguments."""
        memo = self.memo
        if node.op != NAME:
            for a in node.args:
                if memo[a] is not a:
                    return self.over(node, [memo[a] for a in node.args])
        return node

    def over(self, node: Expr, args: Sequence[Expr]) -> Expr:
        """The node over other arguments in normal form, in normal form."""
        if node.op == NAME or not node.args:
            return node
        home = self.home
        if node.op == SUM:
            return home.sum(list(zip(node.data, args, strict=True)), node.shape)
        if node.op == PROD:
            labels, out = node.data
            return home.product(list(zip(args, labels, strict=True)), out, dict(zip(out, node.shape, strict=True)))
        if node.op == POW:
            return home.power(args[0], args[1])
        if node.op == CALL:
            return home.call(node.data, tuple(args), node.shape)
        if node.op == RESHAPE:
            return home.reshape(args[0], node.shape)
        assert node.op == OPAQUE
        return make(OPAQUE, tuple(args), node.data, node.shape)

    def offer(self, x: Expr, depth: int) -> Expr:
        if is_multiple(x):
            return self.home.scaled(x.data[0], self.local(x.args[0], depth))
        if x.op == PROD:
            plain = self.unnested(x) if self.divided else x
            if plain.op != PROD:
                return self.local(plain, depth - 1)
            if has_open_power(plain) and (whole := self.absorbed(plain)) is not plain:
                return self.local(whole, depth - 1)
            return self.fraction(self.distribute(plain, depth))
        if x.op == SUM and len(x.args) <= MAX_TERMS and len(x.shape) <= 2:
            heads, nested, shared = glance(x)
            old = x
            for step, wanted in ((self.branches, BRANCHING), (self.complements, COMPLEMENTED), (self.pairs_of_terms, RULES.terms.keys())):
                if heads.isdisjoint(wanted):
                    continue
                x = step(x)
                if x.op != SUM:
                    return self.local(x, depth - 1)
            mark = self.home.log.mark()
            expanded = wide = self.expand(x, depth) if nested or x is not old else x
            if wide.op == SUM and (shared or wide is not old):
                wide = self.factor(wide, depth)
            if shared and nested and expanded is not x and x is old:  # what was multiplied out may have been better taken out
                fired = self.home.log.fired[mark:]
                self.home.log.back_to(mark)
                close = self.factor(x, depth)
                if self.cost(close) >= self.cost(wide):
                    self.home.log.back_to(mark)
                    self.home.log.fired += fired
                    close = wide
                wide = close
            x = self.fraction(wide)
        return x

    def fraction(self, x: Expr) -> Expr:
        """A rational expression with common factors of numerator and denominator cancelled."""
        if self.divided and x.op in OFFERED and x not in self.fractions and divides_by_sum(x, self.divides):
            for new, margin in cancelled(self.home, x):
                self.fractions.add(new)
                if self.cost(new) + margin < self.cost(x) and self.better("cancel", x, new):
                    x = new
            self.fractions.add(x)
        return x


def glance(x: Expr) -> tuple[set[str], bool, bool]:
    """The functions in the terms of a sum; whether sums are among their factors; whether two terms have a base in common."""
    heads: set[str] = set()
    nested = shared = False
    seen: set[Expr] = set()
    for t in x.args:
        bases = []
        for f in t.args if t.op == PROD else (t,):
            op = f.op
            if op == POW:
                f = f.args[0]
                op = f.op
            elif op == SUM:
                nested = True
            if op == CALL:
                heads.add(f.data)
            bases.append(f)
        shared = shared or not seen.isdisjoint(bases)
        seen.update(bases)
    return heads, nested, shared
