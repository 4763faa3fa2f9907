"""The Einstein product of normal forms, in normal form.

In: factors with labels, the output labels, and the sizes of labels that no factor has. The steps of `close`:
flatten factors that are products; substitute identities away; cancel A*inv(A), use orthogonal and one-hot facts;
set apart the parts that are numbers and the chains that meet the rest elementwise; merge equal factors into powers;
apply the rules for pairs of factors; number the labels canonically.
"""

from __future__ import annotations

from itertools import combinations

from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, POW, PROD, SUM, Dim, Expr, Number, make
from symdiff.expr.patterns import is_multiple
from symdiff.simplify.canonical import canonical_order
from symdiff.simplify.graph import Factor, Labels, scalars
from symdiff.simplify.parting import Parting
from symdiff.simplify.rules import RULES


class Network(Parting):
    """A product whose steps are run until none applies."""

    __slots__ = ()

    def close(self) -> Expr:
        if self.coef == 0:
            return build.spread(build.ZERO, tuple([self.sizes[i] for i in self.out]))
        if self.sizes:
            self.identities()
            while (
                self.inverses()
                or self.spectral()
                or self.one_hot()
                or self.counted()
                or self.diagonals_of_sums()
                or self.divided_contractions()
            ):
                self.identities()
            self.dimensions()
            if len(self.entries) > 1:
                self.idle_brackets()
                self.idle_diagonals()
                self.set_apart()
        self.exponentials()
        if RULES.apply_pairs(self) and self.sizes and len(self.entries) > 1:
            self.set_apart()  # exp(z)/softmax(z) is a number
        if self.coef == 0:
            return build.spread(build.ZERO, tuple([self.sizes[i] for i in self.out]))
        return self.finish()

    def finish(self) -> Expr:
        self.diagonals()
        if self.summed:
            self.dimensions()  # factors that have cancelled since leave labels behind
        home = self.home
        factors: list[Factor] = []
        coef: Number = 1
        for key, exponent in self.entries.items():
            base, labels = key
            front, sign = build.ONE, 1
            if base.op == NUM and not isinstance(exponent, Expr):
                front, base = home.numeral(base.data, exponent), build.ONE
            elif base.op == SUM and isinstance(exponent, int) and len(base.args) > 1:
                content, base = home.primitive(base)
                if content != 1:
                    front = home.numeral(content, exponent)
            entrywise = isinstance(exponent, Expr) and bool(exponent.shape)  # the axes of 2 .^ Q are those of Q
            if len(labels) > 1 and base.op in (SUM, CALL) and not entrywise:
                odd, even = (exponent % 2 == 1, exponent % 2 == 0) if isinstance(exponent, int) else (False, False)
                sign, labels = self.upright(base, labels, turns=odd or even)
                sign = sign if odd else 1
            if base is not build.ONE and exponent != 1:
                power = exponent if isinstance(exponent, Expr) else build.num(exponent)
                base = home.power(base, power) if base.op != POW else make(POW, (base, power), None, base.shape)
                if base.op in (NUM, PROD) or is_multiple(base):
                    # the power fell apart: its parts may merge with the other factors
                    del self.entries[key]
                    self.load([(build.num(sign), ()), (front, ()), (base, labels)])
                    return self.finish()
            coef *= sign
            if front.op == NUM:
                coef *= front.data
            else:
                factors.append((front, ()))
            if base is not build.ONE:
                factors.append((base, labels))
        self.coef *= coef
        shape = tuple([self.sizes[i] for i in self.out])
        result = self.numbered(factors, shape)
        return home.scaled(self.coef, result)

    def upright(self, base: Expr, labels: Labels, *, turns: bool) -> tuple[int, Labels]:
        """What changes no more than its sign when two axes trade places has them in the order of the output: x[j] - x[i] is -(x[i] - x[j]).

        turns: whether a change of sign is allowed.
        """
        sign = 1
        for a, b in combinations(range(len(labels)), 2):
            first, second = labels[a], labels[b]
            if base.shape[a] != base.shape[b] or second not in self.out:
                continue
            if first in self.out and self.out.index(first) <= self.out.index(second):
                continue
            parity = self.home.parity(base, a, b)
            if parity > 0 or (parity and turns):
                sign *= parity
                traded = list(labels)
                traded[a], traded[b] = second, first
                labels = tuple(traded)
        return sign, labels

    def numbered(self, factors: list[Factor], shape: tuple[Dim, ...]) -> Expr:
        """The PROD of these factors with canonical labels."""
        if not factors and not shape:
            return build.ONE
        if len(factors) == 1 and factors[0][1] == self.out:
            return factors[0][0]
        if not shape and not any(labels for _, labels in factors):
            return scalars([f for f, _ in factors])
        symmetric = [len(labels) == 2 and self.home.symmetric(f) for f, labels in factors]
        if len(factors) == 1 and symmetric[0] and factors[0][1] == self.out[::-1]:
            return factors[0][0]
        order, colours = canonical_order(factors, self.out, symmetric)
        number = {label: k for k, label in enumerate(self.out)}
        args, labels = [], []
        for n in order:
            f, ls = factors[n]
            if symmetric[n]:
                ls = tuple(sorted(ls, key=lambda i: (number.get(i, len(number)), colours[i])))
            for i in ls:
                number.setdefault(i, len(number))
            args.append(f)
            labels.append(tuple([number[i] for i in ls]))
        return make(PROD, tuple(args), (tuple(labels), tuple(range(len(self.out)))), shape)
