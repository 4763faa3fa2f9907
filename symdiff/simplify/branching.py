"""Terms with brackets joined to one `if`."""

from __future__ import annotations

from symdiff.expr.node import CALL, PROD, SUM, Expr
from symdiff.expr.patterns import is_call, is_call_of
from symdiff.simplify.distribution import Distribution
from symdiff.simplify.offering import is_constant
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import is_zero, split, zero
from symdiff.table.operators import FORWARD

COMPLEMENTED = frozenset(("sigma",))

BRANCHING = FORWARD | {"if"}  # factors of terms that `branches` joins


class Branching(Distribution):
    """Terms with brackets joined to one `if`, and pairs of terms that rules join."""

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
            if (
                not no
                or len(yes.keys() | no.keys()) < 2
                or condition.data == "ne"
                or (condition.data != "eq" and is_constant(condition.args[0]))
            ):
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
        if is_call(t, "if") and t.args[0].op == CALL:
            return [(t.args[0], t.args[1]), (home.call("not", t.args[:1], t.shape), t.args[2])]
        args, labels = (t.args, t.data[0]) if t.op == PROD else ((t,), (out,))
        found = []
        for n, (a, ls) in enumerate(zip(args, labels, strict=True)):
            if is_call_of(a, FORWARD) and ls == out:
                rest = [item for k, item in enumerate(zip(args, labels, strict=True)) if k != n]
                found.append((a, home.product(rest, out, dict(enumerate(t.shape)))))
        return found

    def complements(self, x: Expr) -> Expr:
        """1 - sigma(-a) is sigma(a)."""
        home = self.home
        for c, t in zip(x.data, x.args, strict=True):
            if is_call(t, "sigma") and split(t.args[0])[0] < 0:
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
