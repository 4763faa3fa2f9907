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
from typing import Any

from symdiff.bounds import LIMITS
from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, Dim, Expr, Number, make
from symdiff.expr.walk import topological
from symdiff.simplify import alike
from symdiff.simplify.cost import Costs
from symdiff.simplify.normal import Log, Normalizer
from symdiff.simplify.product import sums_to_one
from symdiff.simplify.rational import cancelled, divides_by_sum
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import constant_along, is_zero, split, zero
from symdiff.table import TABLE
from symdiff.table.operators import CONNECTIVES, FORWARD

Labels = tuple[int, ...]
Factor = tuple[Expr, Labels]

MAX_TERMS = 24  # sums longer than this are neither multiplied into nor factored
FEW_TERMS = 4
MAX_DEPTH = 4  # how often the result of a step is offered again
MAX_CANDIDATES = 4  # common factors that are tried, those that promise most
OFFERS = 500  # how many offers one pass may make besides those for each node: beyond that a form stays as it is
COMPLEMENTED = frozenset(("sigma",))
OFFERED = frozenset((SUM, PROD))  # what the steps below look at
MATRIX_MARGIN = 2  # symbols that a factor taken out must save where a product of matrices comes up that was none
HOPELESS = 2  # a sum multiplied out to more than this many times its cost is not looked at further
BRANCHING = FORWARD | {"if"}  # factors of terms that `branches` joins


class Improver:
    """One pass; home builds normal forms and keeps the record. large: from how many nodes on forms are taken over from like ones."""

    def __init__(self, home: Normalizer, large: float = alike.FROM) -> None:
        self.home = home
        self.large = large
        self.cost = Costs()
        self.memo: dict[Expr, Expr] = {}
        self.budget = 0
        self.divided = False  # whether anything so far divides by a sum
        self.fractions: set[Expr] = set()
        self.divides: dict[Expr, tuple[bool, int]] = {}
        self.models: dict[tuple[Any, ...], tuple[list[Expr], Expr | None, Log]] = {}
        self.offered: dict[Expr, tuple[int, Expr]] = {}
        self.again = False

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

    def local(self, x: Expr, depth: int) -> Expr:
        """The best form of this node that one of the steps gives, its arguments being as good as they get."""
        if depth == 0 or x.op not in OFFERED:
            return x
        best = self.memo.get(x)
        if best is not None:
            return best
        known = self.offered.get(x)
        if known is not None and known[0] >= depth:
            return known[1]
        if not self.affords():
            return x
        result = self.offer(x, depth)
        self.offered[x] = (depth, result)
        return result

    def affords(self) -> bool:
        """Whether one more offer is within the budget, which it then takes."""
        if self.budget <= 0:
            self.home.log.exhausted = True
            return False
        self.budget -= 1
        return True

    def offer(self, x: Expr, depth: int) -> Expr:
        if x.op == SUM and len(x.args) == 1:
            return self.home.scaled(x.data[0], self.local(x.args[0], depth))
        if x.op == PROD:
            return self.fraction(self.distribute(x, depth))
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

    def better(self, rule: str, old: Expr, new: Expr, tie: bool = False) -> bool:
        if self.cost(new) < self.cost(old) + tie:
            self.home.fire(rule, old, new)
            return True
        return False

    # ------------------------------------------------------------------------------------------ distribute

    def distribute(self, x: Expr, depth: int) -> Expr:
        sums = [n for n, f in enumerate(x.args) if f.op == SUM and 1 < len(f.args) <= MAX_TERMS]
        if not sums or len(x.args) > MAX_TERMS:
            return x
        labels, out = x.data
        if not any(labels) and not any(map(has_power, x.args)):
            return x  # numbers of which none can cancel another
        items: list[Factor] = list(zip(x.args, labels, strict=True))
        sizes: dict[int, Dim] = {}
        for n in sums:
            f, ls = items[n]
            if len(set(ls)) < len(ls):
                continue
            # only factors that can meet a term of the sum take part, so that nothing else is written twice
            alike = [k for k, (_, others) in enumerate(items) if k != n and others == ls]
            choices = [alike] if alike and (selects(f) or cancels(f, [items[k][0] for k in alike])) else []
            if ls and self.collapses(f, ls, labels, out):
                choices.append([k for k, (_, others) in enumerate(items) if k != n and others and set(others) <= set(ls)])
                choices.append([k for k, (_, others) in enumerate(items) if k != n and others])
            if choices and not sizes:
                sizes = {i: d for g, ls in items for i, d in zip(ls, g.shape, strict=True)} | dict(zip(out, x.shape, strict=True))
            for part in choices:
                rest = [item for k, item in enumerate(items) if k != n and k not in part]
                kept = {i for _, others in rest for i in others} | set(out)
                seen = dict.fromkeys(i for k in (n, *part) for i in items[k][1])
                inner = tuple([i for i in seen if i in kept]) if rest else out
                old = self.home.product([items[k] for k in (n, *part)], inner, sizes)
                mark = self.home.log.mark()
                new = self.multiplied(f, ls, [items[k] for k in part], inner, sizes, depth)
                if not self.better("distribute", old, new):
                    self.home.log.back_to(mark)
                else:
                    return self.local(self.home.product([(new, inner), *rest], out, sizes), depth - 1)
        return x

    def multiplied(self, f: Expr, ls: Labels, rest: list[Factor], out: Labels, sizes: dict[int, Dim], depth: int) -> Expr:
        """The product with the sum f multiplied out."""
        home = self.home
        terms = []
        for c, t in zip(f.data, f.args, strict=True):
            part = home.product([(t, ls), *rest], out, sizes)
            terms.append((c, self.local(self.with_totals(part, depth - 1), depth - 1)))
        return self.local(home.sum(terms, tuple([sizes[i] for i in out])), depth - 1)

    def with_totals(self, x: Expr, depth: int) -> Expr:
        """x, where totals among its factors are as good as they get: taken out of a sum, that of x - mean(x) was not offered yet."""
        if x.op != PROD or not any(map(is_total_of_sum, x.args)):
            return x
        labels, out = x.data
        args = [self.local(a, depth) if is_total_of_sum(a) else a for a in x.args]
        return self.home.product(list(zip(args, labels, strict=True)), out, dict(zip(out, x.shape, strict=True)))

    @staticmethod
    def collapses(f: Expr, ls: Labels, labels: Sequence[Labels], out: Labels) -> bool:
        """Whether a term of f gets simpler in the product: an identity, constant along an axis, or summing to 1."""
        if any(t.op == DELTA or (t.op == PROD and any(p.op == DELTA for p in t.args)) for t in f.args):
            return True
        if len(ls) > 1 and any(spread_along(t, list(range(len(ls)))) and not constant_along(t) for t in f.args):
            return True
        summed = [axis for axis, i in enumerate(ls) if i not in out]
        others = {axis: sum(at.count(ls[axis]) for at in labels) - 1 for axis in summed}
        lonely = [axis for axis in summed if not others[axis]]
        if len(f.args) <= FEW_TERMS and (lonely or (1 in others.values() and any(constant_along(t) for t in f.args))):
            return True  # a total may vanish: that of x - mean(x), or of w .* (x - w.x/sum(w))
        return bool(lonely) and any(constant_along(t) or sums_to_one(t) or spread_along(t, lonely) for t in f.args)

    # ------------------------------------------------------------------------------------------ branches

    def branches(self, x: Expr, depth: int = 2) -> Expr:
        """The terms with [c], those with [not c] and those with if(c, …) are one if(c, a, b)."""
        home = self.home
        sides: dict[Expr, dict[int, Expr]] = {}  # condition -> number of the term -> what it is where the condition holds
        for n, t in enumerate(x.args):
            for condition, rest in self.conditions(t):
                if condition.shape == rest.shape == x.shape:
                    sides.setdefault(condition, {}).setdefault(n, home.scaled(x.data[n], rest))
        terms = {t: (n, c) for n, (c, t) in enumerate(zip(x.data, x.args, strict=True))} if sides else {}
        for condition, yes in list(sides.items()):
            for n, rest in yes.items():
                c, t = split(home.scaled(-1, rest))
                if t in terms and terms[t][1] == c and terms[t][0] not in yes:  # a - [c]*a is [not c]*a
                    yes[n] = zero(x.shape)
                    opposite = home.call("not", (condition,), condition.shape)
                    sides.setdefault(opposite, {}).setdefault(terms[t][0], home.scaled(c, t))
        best = x
        for condition, yes in reversed(sides.items()):
            opposite = home.call("not", (condition,), condition.shape)
            no = sides.get(opposite, {})
            if not no or len(yes.keys() | no.keys()) < 2 or condition.data == "ne" or (condition.data != "eq" and is_constant(condition.args[0])):
                continue
            a, b = [home.sum([(1, rest) for rest in side.values()], x.shape) for side in (yes, no)]
            if depth:
                a, b = [self.branches(side, depth - 1) if side.op == SUM else side for side in (a, b)]
            if is_zero(a) or is_zero(b):
                continue
            new = home.call("if", (condition, a, b), x.shape)
            kept = [(c, t) for n, (c, t) in enumerate(zip(x.data, x.args, strict=True)) if n not in yes and n not in no]
            result = home.sum([*kept, (1, new)], x.shape)
            if self.cost(result) < self.cost(best):
                best = result
        if not self.better("if-from-brackets", x, best):
            return x
        return self.branches(best) if best.op == SUM else best

    def conditions(self, t: Expr) -> list[tuple[Expr, Expr]]:
        """The conditions of a term, each with what is left of the term where it holds: of [c]*a, and both of if(c, a, b)."""
        home = self.home
        out = tuple(range(len(t.shape)))
        if t.op == CALL and t.data == "if" and t.args[0].op == CALL:
            return [(t.args[0], t.args[1]), (home.call("not", t.args[:1], t.shape), t.args[2])]
        args, labels = (t.args, t.data[0]) if t.op == PROD else ((t,), (out,))
        found = []
        for n, (a, ls) in enumerate(zip(args, labels, strict=True)):
            if a.op == CALL and a.data in FORWARD and ls == out:
                rest = [item for k, item in enumerate(zip(args, labels, strict=True)) if k != n]
                found.append((a, home.product(rest, out, dict(enumerate(t.shape)))))
        return found

    def complements(self, x: Expr) -> Expr:
        """1 - sigma(-a) is sigma(a)."""
        home = self.home
        for c, t in zip(x.data, x.args, strict=True):
            if t.op == CALL and t.data == "sigma" and split(t.args[0])[0] < 0:
                rest = home.sum([*zip(x.data, x.args, strict=True), (-c, t), (c, home.full(1, t.shape))], x.shape)
                new = home.add(rest, home.scaled(-c, home.call("sigma", (home.scaled(-1, t.args[0]),), t.shape)))
                if self.better("sigma-complement", x, new):
                    return new
        return x

    def pairs_of_terms(self, x: Expr) -> Expr:
        """The rulebook's rules for two terms of a sum: sin(a)^2 + cos(a)^2 is 1."""
        for rule, new in RULES.of_terms(self.home, x):
            if self.better(rule, x, new):
                return self.pairs_of_terms(new) if new.op == SUM else new
        return x

    # ------------------------------------------------------------------------------------------ expand

    def expand(self, x: Expr, depth: int) -> Expr:
        """Multiply out the terms that are products with sums, if the whole gets shorter."""
        home = self.home
        terms: list[tuple[Number, Expr]] = []
        changed = False
        for c, t in zip(x.data, x.args, strict=True):
            for d, u in self.multiplied_out(t):
                terms.append((c * d, u))
                changed = changed or u is not t
            if len(terms) > MAX_TERMS:
                return x
        if not changed:
            return x
        raw = home.sum(terms, x.shape)
        if self.cost(raw) > HOPELESS * self.cost(x):
            return x
        mark = home.log.mark()
        new = self.local(raw, depth - 1)
        if self.better("expand", x, new):
            return new
        home.log.back_to(mark)
        return x

    def multiplied_out(self, t: Expr) -> list[tuple[Number, Expr]]:
        if t.op != PROD:
            return [(1, t)]
        home = self.home
        labels, out = t.data
        sums = [n for n, a in enumerate(t.args) if a.op == SUM and len(a.args) > 1]
        size = 1
        for n in sums:
            size *= len(t.args[n].args)
        if not sums or size > MAX_TERMS:
            return [(1, t)]
        sizes = dict(zip(out, t.shape, strict=True))
        partial: list[tuple[Number, list[Factor]]] = [(1, [(a, ls) for n, (a, ls) in enumerate(zip(t.args, labels, strict=True)) if n not in sums])]
        for n in sums:
            f, ls = t.args[n], labels[n]
            partial = [(c * d, [*items, (u, ls)]) for c, items in partial for d, u in zip(f.data, f.args, strict=True)]
        found = []
        for c, items in partial:
            value = home.product(items, out, sizes)
            found += [(c * d, u) for d, u in (zip(value.data, value.args, strict=True) if value.op == SUM else [split(value)])]
        return found

    # ------------------------------------------------------------------------------------------ factor

    def factor(self, x: Expr, depth: int) -> Expr:
        """Take the best common factor out, again and again."""
        if len(x.shape) == 1 and isinstance(x.shape[0], int) and len({unit.data for t in x.args for unit in (t, *t.args) if unit.op == UNIT}) > 1:
            return x  # a vector that is written out
        for _ in range(MAX_TERMS):
            best, how = x, ""
            for new, rule, margin in self.factored(x, depth):
                if self.cost(new) < self.cost(best) + (margin if best is x else min(margin, 0)):
                    best, how = new, rule
            if best is x:
                return x
            self.home.fire(how, x, best)
            x = best
            if x.op != SUM or len(x.args) == 1:
                return self.local(x, depth - 1)
        return x

    def factored(self, x: Expr, depth: int) -> list[tuple[Expr, str, int]]:
        """Every way to take one factor out of two or more terms."""
        occurrences: dict[Expr, list[tuple[int, int]]] = {}
        parts: list[list[Factor]] = []
        for n, t in enumerate(x.args):
            items = list(zip(t.args, t.data[0], strict=True)) if t.op == PROD else [(t, tuple(range(len(t.shape))))]
            parts.append(items)
            for k, (f, ls) in enumerate(items):
                if len(set(ls)) == len(ls):
                    occurrences.setdefault(split_power(f)[0], []).append((n, k))
        groups: list[tuple[int, Expr, Labels, list[tuple[int, int]]]] = []
        for base, places in occurrences.items():
            if len({n for n, _ in places}) < 2 or base.op == NUM:
                continue
            for meets, group in self.alike(places, parts, len(x.shape)):
                if len(group) > 1:
                    groups.append(((1 - len(group)) * (self.cost(base) + 1), base, meets, group))
        groups.sort(key=lambda g: (g[0], g[1].key))
        found = []
        for _, base, meets, group in groups[:MAX_CANDIDATES]:
            exponents = [e for n, k in group if (e := exponent_of(parts[n][k][0])) is not None]
            choices: list[Number | None] = []
            if len(exponents) == len(group):
                low, high = min(exponents), max(exponents)
                # the higher of two positive powers would leave a division that nobody wrote
                only = low == high or low < 0 < high or (low > 0 and not self.home.facts.nonzero(base))
                choices = [low] if only else [low, high] if low > 0 else [high, low]
            elif not exponents and len({parts[n][k][0] for n, k in group}) == 1:
                choices = [None]  # the same power, with an exponent that is no number
            for power in choices:
                new = self.take_out(x, base, power, meets, group, parts, depth)
                if new is not None:
                    below = power is not None and power < 0 and self.cost(base) > 1
                    widened = any(i < 0 <= j < len(x.shape) for n, k in group for i, j in zip(meets, parts[n][k][1], strict=True))
                    margin = -1 if widened else int(below or base.op == DELTA)  # an identity that nobody wrote must pay
                    if any(self.makes_matrix(parts[n], k, meets, len(x.shape)) for n, k in group):
                        margin -= MATRIX_MARGIN
                    found.append((new, "common-denominator" if below else "common-factor", margin))
        return found

    @staticmethod
    def makes_matrix(items: list[Factor], k: int, meets: Labels, order: int) -> bool:
        """Whether taking this vector out of a vector leaves a product of matrices, or one scaled by rows: A'*(c .* (B*x)) as (diag(B*x)*A)'*c."""
        if order != 1 or meets != (-1,):
            return False
        rest = [(f, ls) for n, (f, ls) in enumerate(items) if n != k and ls and f.op != DELTA]
        return len(rest) > 1 and any(len(ls) == 2 for _, ls in rest) and any(0 in ls for _, ls in rest) and any(items[k][1][0] in ls for _, ls in rest)

    @staticmethod
    def alike(places: list[tuple[int, int]], parts: list[list[Factor]], order: int) -> list[tuple[Labels, list[tuple[int, int]]]]:
        """Occurrences that can be taken out together: how the factor's axes meet the output (-1: summed over), and where.

        A factor whose axis is in the output can be written with a summed axis and an identity: A + B*A is (eye + B)*A.
        """
        groups: dict[Labels, dict[int, int]] = {}
        for n, k in places:
            labels = parts[n][k][1]
            groups.setdefault(tuple([i if i < order else -1 for i in labels]), {}).setdefault(n, k)
        found = [(meets, list(group.items())) for meets, group in groups.items()]
        for meets, group in groups.items():
            wider = dict(group)
            for other, more in groups.items():
                if other != meets and all(m in (-1, o) for m, o in zip(meets, other, strict=True)):
                    wider = more | wider
            if len(wider) > len(group):
                found.append((meets, sorted(wider.items())))
        return found

    @staticmethod
    def shared(group: list[tuple[int, int]], parts: list[list[Factor]], order: int) -> list[Factor]:
        """Further factors that all terms of the group have, with the same labels, none of them summed over."""
        (n, k), *others = group
        found = [item for m, item in enumerate(parts[n]) if m != k and all(i < order for i in item[1])]
        for n, k in others:
            mine = [item for m, item in enumerate(parts[n]) if m != k]
            both = []
            for item in found:
                if item in mine:
                    mine.remove(item)  # a factor may stand beside its like
                    both.append(item)
            found = both
        return found

    def take_out(
        self, x: Expr, base: Expr, e: Number | None, meets: Labels, group: list[tuple[int, int]], parts: list[list[Factor]], depth: int
    ) -> Expr | None:
        """x with base^e taken out of the terms of the group; the factor's axes meet the output as `meets` says."""
        home, order = self.home, len(x.shape)
        inner = [axis for axis, i in enumerate(meets) if i < 0]  # axes of the factor that are summed over
        beside = [] if inner else self.shared(group, parts, order)
        rests: list[tuple[list[Factor], list[int]]] = []
        for n, k in group:
            f, ls = parts[n][k]
            rest = [item for m, item in enumerate(parts[n]) if m != k]
            for item in beside:
                rest.remove(item)
            power = exponent_of(f)
            if e is not None and power is not None and power != e:
                rest.append((home.number_power(base, power - e), ls))
            axes = []
            fresh = 1 + max([order, *(i for _, others in parts[n] for i in others)])
            for axis in inner:
                if ls[axis] < order:
                    rest.append((build.eye(base.shape[axis]), (fresh, ls[axis])))
                    axes.append(fresh)
                    fresh += 1
                else:
                    axes.append(ls[axis])
            rests.append((rest, axes))
        if is_partial(base, e) and all(any(is_guard(f) for f, _ in rest) for rest, _ in rests):
            return None  # [c]*a/x + [d]*b/x is 0 at x = 0 where c and d are false, ([c]*a + [d]*b)/x has no value there
        used = {i for rest, _ in rests for _, ls in rest for i in ls if i < order}
        covered = {*meets, *(i for _, ls in beside for i in ls)}
        outer = [i for i in range(order) if i in used or i not in covered]
        if len(inner) + len(outer) > max(2, order):
            return None
        terms: list[tuple[Number, Expr]] = []
        for (n, _), (rest, axes) in zip(group, rests, strict=True):
            sizes: dict[int, Dim] = dict(zip(axes, [base.shape[axis] for axis in inner], strict=True)) | {i: x.shape[i] for i in outer}
            terms.append((x.data[n], home.product(rest, tuple(axes + outer), sizes)))
        labels = tuple([i if i >= 0 else order + inner.index(axis) for axis, i in enumerate(meets)])
        axes = [order + j for j in range(len(inner))] + outer
        residual = home.sum(terms, tuple([base.shape[axis] for axis in inner] + [x.shape[i] for i in outer]))
        if len(axes) == 2:
            turned = home.transposed(residual)
            if residual.shape[0] != 1 and (residual.shape[1] == 1 or self.cost(turned) < self.cost(residual)):  # rows, not columns
                residual, axes = turned, axes[::-1]
        residual = self.local(residual, depth - 1)
        n, k = group[0]
        front = parts[n][k][0] if e is None else home.number_power(base, e)
        product = home.product([*beside, (front, labels), (residual, tuple(axes))], tuple(range(order)), dict(enumerate(x.shape)))
        taken = {n for n, _ in group}
        kept = [(c, t) for n, (c, t) in enumerate(zip(x.data, x.args, strict=True)) if n not in taken]
        result = home.sum([*kept, (1, product)], x.shape)
        return None if result is x else result


def is_partial(base: Expr, e: Number | None) -> bool:
    """Whether base^e, or the base itself, may have no value."""
    return e is None or e < 0 or e != int(e) or (base.op == CALL and bool(TABLE.names[base.data].where))


def is_guard(f: Expr) -> bool:
    """A bracket, or an if with a branch 0: where it is 0, what it multiplies need not have a value."""
    return f.op == CALL and (f.data in FORWARD or f.data in CONNECTIVES or (f.data == "if" and any(map(is_zero, f.args[1:]))))


def split_power(f: Expr) -> tuple[Expr, int]:
    """The base of a factor and the sign of its exponent."""
    if f.op == POW and f.args[1].op == NUM:
        return f.args[0], 1 if f.args[1].data > 0 else -1
    return f, 1


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


def exponent_of(f: Expr) -> Number | None:
    """The numeric exponent of a factor; None for a power with another exponent."""
    if f.op == POW:
        return f.args[1].data if f.args[1].op == NUM else None
    return 1


def cancels(f: Expr, others: Sequence[Expr]) -> bool:
    """Whether a term of the sum f has a factor whose inverse is among the others."""
    below = {g.args[0] for g in others if g.op == POW and g.args[1].op == NUM and g.args[1].data < 0}
    for t in f.args if others else ():
        for p in t.args if t.op == PROD else (t,):
            if p.op == POW and p.args[1].op == NUM:
                if p.args[0] in (below if p.args[1].data > 0 else numerators(others, below)):
                    return True
            elif p in below or (p.op == CALL and p.data == "inv" and p.args[0] in numerators(others, below)):
                return True
    return False


def has_power(f: Expr) -> bool:
    """Whether a factor is a power, or a sum with a power among its terms and their factors."""
    if f.op != SUM:
        return f.op == POW
    for t in f.args:
        for p in t.args if t.op == PROD else (t,):
            if p.op == POW:
                return True
    return False


def selects(f: Expr) -> bool:
    """Whether a term of the sum f is a basis vector times something: beside it only one entry of the other factors counts."""
    parts = [p for t in f.args for p in (t.args if t.op == PROD else (t,)) if t.shape]
    return any(p.op == UNIT or (p.op == CALL and build.one_hot_of(p) is not None) for p in parts)


def numerators(factors: Sequence[Expr], below: set[Expr]) -> set[Expr]:
    """The bases of the factors that are not divided by."""
    return {g.args[0] if g.op == POW and g.args[1].op == NUM else g for g in factors}.difference(below)


def is_constant(x: Expr) -> bool:
    """A number, perhaps spread: people write it on the right of a comparison."""
    return x.op == NUM or constant_along(x)


def is_total_of_sum(x: Expr) -> bool:
    return x.op == PROD and not x.shape and len(x.args) == 1 and x.args[0].op == SUM


def spread_along(t: Expr, axes: list[int]) -> bool:
    """Whether a term does not depend on one of these axes."""
    if t.op != PROD:
        return False
    used = {i for ls in t.data[0] for i in ls}
    return any(t.data[1][axis] not in used for axis in axes)


