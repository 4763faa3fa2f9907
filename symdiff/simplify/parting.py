"""Parts of a product that are nodes of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.node import DELTA, NUM, POW, PROD, SUM, Expr, make
from symdiff.expr.patterns import has_scalar_factors, is_call, is_multiple
from symdiff.simplify.cancelling import MAX_CHAIN
from symdiff.simplify.canonical import connected
from symdiff.simplify.graph import Factor, Labels
from symdiff.simplify.picking import Picking
from symdiff.simplify.shapes import is_diagonal, is_outer, is_zero, terms_of


class Parting(Picking):
    """Parts that become nodes of their own, exponentials that become one."""

    __slots__ = ()

    def set_apart(self) -> None:
        """Numbers that are contractions of their own, and chains that meet other factors elementwise, become nodes."""
        keys = [k for k in self.entries if k[1]]
        if not self.summed or not keys:
            return
        at: dict[int, list[int]] = {}
        for n, (_, labels) in enumerate(keys):
            for label in labels:
                at.setdefault(label, []).append(n)
        groups = connected(len(keys), [who for label, who in at.items() if label in self.summed])
        if len(groups) + len(self.entries) - len(keys) > 1:
            for group in groups:  # connected through sums only, and nothing of it left over: a number
                met = {label for n in group for label in keys[n][1]}
                if met <= self.summed:
                    self.extract([keys[n] for n in group], ())
            keys = [k for k in self.entries if k[1]]
            at = {}
            for n, (_, labels) in enumerate(keys):
                for label in labels:
                    at.setdefault(label, []).append(n)
        chains = connected(len(keys), [who for label, who in at.items() if label in self.summed and len(who) == 2])
        owner = {n: g for g, group in enumerate(chains) for n in group}
        for g, group in enumerate(chains):
            if len(group) == 1 or len(chains) == 1:
                continue
            met = {label for n in group for label in keys[n][1]}
            ends = sorted(i for i in met if i not in self.summed or any(owner[n] != g for n in at[i]))
            if any(owner[n] != g for i in ends for n in at[i]):
                self.extract([keys[n] for n in group], tuple(ends))

    def extract(self, keys: Sequence[Factor], ends: Labels) -> None:
        """The product of these entries becomes one factor with the labels `ends`."""
        items = []
        for key in keys:
            base, labels = key
            exponent = self.entries.pop(key)
            power = exponent if isinstance(exponent, Expr) else build.num(exponent)
            items.append((base if exponent == 1 else make(POW, (base, power), None, base.shape), labels))
            self.summed.difference_update(set(labels) - set(ends))
        value = self.home.product(items, ends, {})
        if value.op == NUM:
            self.coef *= value.data
            return
        if is_multiple(value):
            self.coef *= value.data[0]
            value = value.args[0]
        if has_scalar_factors(value):
            self.load([(value, ends)])
        else:
            self.multiply(value, ends)

    def exponentials(self) -> None:
        """exp(a)*exp(b) is exp(a + b)."""
        found: dict[Labels, list[Factor]] = {}
        for key, exponent in self.entries.items():
            if is_call(key[0], "exp") and not isinstance(exponent, Expr):
                found.setdefault(key[1], []).append(key)
        for labels, keys in found.items():
            if len(keys) == 1 and self.entries[keys[0]] == 1:
                continue
            terms = [(exponent, key[0].args[0]) for key in keys if not isinstance(exponent := self.entries.pop(key), Expr)]
            shape = keys[0][0].shape
            value = self.home.call("exp", (self.home.sum(terms, shape),), shape)
            self.load([(value, labels)])

    def diagonals(self) -> None:
        """Of a diagonal matrix D, its diagonal on the diagonal is D: D[i,i]*eye[i,j] is D[i,j], but 1/D[i,j] is infinite off the diagonal."""
        for key in [key for key in self.entries if key[0].op == DELTA]:
            for (node, labels), n in list(self.entries.items()):
                if len(labels) == 2 and labels[0] == labels[1] in key[1] and isinstance(n, int) and n > 0 and is_diagonal(node):
                    del self.entries[key], self.entries[node, labels]
                    self.entries[node, key[1]] = self.plus(n, self.entries.get((node, key[1]), 0))
                    break

    def diagonals_of_sums(self) -> bool:
        """The diagonal of u*v' + w*z' is u .* v + w .* z."""
        for key in [k for k in self.entries if k[0].op == SUM and len(k[1]) == 2 and k[1][0] == k[1][1]]:
            base, labels = key
            exponent = self.entries[key]
            if isinstance(exponent, Expr) or exponent < 0 or not all(map(is_outer, base.args)):
                continue  # 1/(x[i] - x[j]) on its diagonal is left to those who know what hides it
            value = self.home.sum([(c, self.home.product([(t, (0, 0))], (0,), {})) for c, t in terms_of(base)], base.shape[:1])
            if is_zero(value):
                continue  # what it is multiplied by need not have a value
            del self.entries[key]
            self.load([(self.home.number_power(value, exponent), labels[:1])])
            return True
        return False

    def divided_contractions(self) -> bool:
        """rowsum(X) .* v ./ rowsum(X) is v: what is divided by stands in this product, its factors joined in the same way."""
        for key in [k for k in self.entries if k[0].op == PROD and k[1] and len(k[0].args) <= MAX_CHAIN]:
            (base, labels), exponent = key, self.entries[key]
            own, out = base.data
            inside = Counter(i for ls in own for i in ls if i not in out)
            if exponent.__class__ is not int or exponent >= 0 or not inside or not all(own) or len(set(labels)) < len(labels):
                continue
            degree = self.degree()
            for place, used in self.embeddings(list(zip(base.args, own, strict=True)), dict(zip(out, labels, strict=True)), key):
                if all(place[i] in self.summed and degree[place[i]] == n for i, n in inside.items()):
                    for other in used:
                        del self.entries[other]
                    self.summed -= {place[i] for i in inside}
                    self.entries[key] = exponent + 1
                    if exponent == -1:
                        del self.entries[key]
                    self.home.assume_nonzero(base)
                    return True
        return False
