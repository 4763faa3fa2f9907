"""Sums: like terms collected, content taken out, what cancels against a diagonal.

In: terms in normal form. Out: a SUM whose terms are different, sorted by key and no sums, a term, a number or zeros.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd

from symdiff.calculus.diagonals import outside
from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NUM, POW, PROD, SUM, Expr, Number, Shape, make, rational
from symdiff.expr.patterns import has_one_factor, is_call_of
from symdiff.expr.places import bracket_of
from symdiff.simplify.conditions import NEGATION
from symdiff.simplify.context import Context
from symdiff.simplify.shapes import Term, constant_along, is_ones, is_zero, ones, terms_of, zero
from symdiff.table import TABLE
from symdiff.table.operators import STRICT

SHARED_LENGTH = 64  # a sum with several users is flattened into each while it has at most so many terms
MAX_DIAGONAL = 12  # terms of a sum in which one is looked for that is the diagonal of another
MAX_DENOMINATOR = 1000  # beyond it a fraction is a decimal, whose digits have no factors that mean anything


def whole_power(f: Expr) -> int:
    """The exponent of a factor; 0 where it is not a whole number."""
    if f.op != POW:
        return 1
    n = f.args[1].data if f.args[1].op == NUM else 0
    return n if n.__class__ is int else 0


def has_pole(f: Expr) -> bool:
    """Whether a factor may have no value: a quotient, or a function that is not defined everywhere."""
    return whole_power(f) < 0 or (f.op == CALL and bool(TABLE[f.data].where))


def _key_of_term(pair: tuple[Expr, Number]) -> int:
    return pair[0].key


class Sums(Context):
    """The operation SUM."""

    def sum(self, terms: Iterable[Term], shape: Shape) -> Expr:
        """The sum of coefficient times term, terms in normal form and of this shape."""
        collected: dict[Expr, Number] = {}
        for c, t in terms:
            op = t.op
            if op == SUM and len(t.args) <= SHARED_LENGTH:
                for d, u in zip(t.data, t.args, strict=True):
                    collected[u] = collected.get(u, 0) + c * d
            elif op == NUM:
                collected[build.ONE] = collected.get(build.ONE, 0) + c * t.data
            elif op != PROD or not is_zero(t):
                collected[t] = collected.get(t, 0) + c
        return self.linear(collected, shape)

    def linear(self, collected: dict[Expr, Number], shape: Shape) -> Expr:
        pairs = [(t, c if c.__class__ is int else rational(c)) for t, c in collected.items() if c]
        if len(pairs) < 2:
            if not pairs:
                return zero(shape)
            t, c = pairs[0]
            if t is build.ONE:
                return build.num(c)
            return t if c == 1 else make(SUM, (t,), (c,), shape)
        if len(pairs) == 2 and (pairs[0][0].op == CALL or pairs[1][0].op == CALL):
            complement = self.complement(pairs)
            if complement is not None:
                return complement
        if len(shape) > 1 and len(pairs) <= MAX_DIAGONAL and (both := self.both_sides(pairs)) is not None:
            return self.sum(both, shape)
        if len(shape) > 1 and len(pairs) <= MAX_DIAGONAL and (off := self.off_diagonal(pairs)) is not None:
            return self.sum(off, shape)
        if len(pairs) == 2:
            (t, c), (u, d) = pairs
            return make(SUM, (t, u), (c, d), shape) if t.key < u.key else make(SUM, (u, t), (d, c), shape)
        pairs.sort(key=_key_of_term)
        terms, coefs = zip(*pairs, strict=True)
        return make(SUM, terms, coefs, shape)

    def both_sides(self, pairs: list[tuple[Expr, Number]]) -> list[Term] | None:
        """[i < j] + [j < i] of two indices is 1 but on the diagonal: [i != j] where what it multiplies may have no value there, else 1 - eye."""
        strict = [(t, c) for t, c in pairs for x in [t.args[0] if has_one_factor(t) else t] if is_call_of(x, STRICT)]
        for k, (t, c) in enumerate(strict):
            for u, d in strict[k + 1 :]:
                one, other = (bracket_of(t), bracket_of(u)) if c == d else (None, None)
                if one is None or other is None or len(one.value.axes) != 2 or one.value.rest or sum(one.value.axes.values()):
                    continue
                turned = 1 if one.relation == other.relation else -1
                if other.value.rest or {a: -turned * v for a, v in one.value.axes.items()} != other.value.axes:
                    continue
                a, b = one.value.axes
                if t.shape[a] != t.shape[b]:
                    continue
                if self.guards is None:
                    self.both = True
                    return None
                rest = [(e, x) for x, e in pairs if x is not t and x is not u]
                own, sizes = tuple(range(len(t.shape))), dict(enumerate(t.shape))
                if self.guards:
                    bracket, labels = outside(t, (a, b))
                    return [(c, self.product([(self.normal(bracket), labels)], own, sizes)), *rest]
                diagonal = self.product([(build.eye(t.shape[a]), (a, b))], own, sizes)
                return [(c, ones(t.shape)), (-c, diagonal), *rest]
        return None

    def off_diagonal(self, pairs: list[tuple[Expr, Number]]) -> list[Term] | None:
        """T[i,j] less its diagonal is [i != j]*T[i,j]. Taken where T divides: at 1/0 the two would leave nothing that has a value.

        It ends: the sum has a term less each time.
        """
        for part, c in pairs:
            if part.op != PROD or not any(f.op == DELTA for f in part.args):
                continue
            out = part.data[1]
            places = [tuple(sorted(ls)) for f, ls in zip(part.args, part.data[0], strict=True) if f.op == DELTA and set(ls) <= set(out)]
            for whole, d in pairs:
                if c != -d or whole.op != PROD or not any(map(has_pole, whole.args)):
                    continue
                own = tuple(range(len(whole.shape)))
                for a, b in places:
                    eye = build.eye(whole.shape[a])
                    if self.product([(whole, own), (eye, (a, b))], own, {}) is part:
                        bracket, labels = outside(whole, (a, b))
                        off = self.product([(whole, own), (self.normal(bracket), labels)], own, {})
                        return [(d, off), *[(e, t) for t, e in pairs if t is not part and t is not whole]]
        return None

    def complement(self, pairs: list[tuple[Expr, Number]]) -> Expr | None:
        """1 - [a > b] is [b >= a]."""
        for (t, c), (u, d) in (pairs, pairs[::-1]):
            if is_ones(t) and c == 1 and d == -1 and is_call_of(u, NEGATION):
                return self.call("not", (u,), u.shape)
        return None

    def full(self, c: Number, shape: Shape) -> Expr:
        """The tensor whose entries are all c."""
        return self.scaled(c, ones(shape))

    def scaled(self, c: Number, x: Expr) -> Expr:
        """c times a normal form."""
        if c == 1:
            return x
        if c == 0:
            return zero(x.shape)
        if x.op == NUM:
            return build.num(c * x.data)
        if x.op == SUM:
            return self.linear({t: c * d for d, t in zip(x.data, x.args, strict=True)}, x.shape)
        return x if is_zero(x) else make(SUM, (x,), (rational(c),), x.shape)

    def add(self, *parts: Expr) -> Expr:
        return self.sum([(1, p) for p in parts], parts[0].shape)

    def sub(self, a: Expr, b: Expr) -> Expr:
        return self.sum([(1, a), (-1, b)], a.shape)

    def primitive(self, x: Expr, sign: bool = True) -> tuple[Number, Expr]:
        """Content and primitive part of a sum of several terms: 2*a + 4*b is 2 times a + 2*b; other values as they are.

        The content is taken out only where it shortens the coefficients. sign: the constant, or else the first term by key, gets a
        positive coefficient; otherwise the content is positive.
        """
        if x.op != SUM:
            return 1, x
        if len(x.args) == 1:
            return (x.data[0], x.args[0]) if sign or x.data[0] > 0 else (-x.data[0], self.scaled(-1, x.args[0]))
        if all(c in (1, -1) for c in x.data):
            return (-1, self.scaled(-1, x)) if sign and self.leads(x) < 0 else (1, x)
        whole = all(c.__class__ is int for c in x.data)
        if whole:
            content: Number = gcd(*x.data)
        else:
            coefs = [Fraction(c) for c in x.data]
            denominators = {c.denominator for c in coefs}
            common = 1 if max(denominators) > MAX_DENOMINATOR else gcd(*[c.numerator for c in coefs])
            content = Fraction(common, denominators.pop() if len(denominators) == 1 else 1)
        if sign and self.leads(x) < 0:
            content = -content
        if content == 1:
            return 1, x
        divided = [c // content for c in x.data] if whole else [rational(c / content) for c in coefs]
        return rational(content), make(SUM, x.args, tuple(divided), x.shape)

    @staticmethod
    def leads(x: Expr) -> Number:
        """The coefficient that fixes the sign of a sum's primitive part: that of the constant, else of the first term."""
        for c, t in zip(x.data, x.args, strict=True):
            if is_ones(t):
                return rational(c)
        return rational(x.data[0])

    def spread_terms(self, t: Expr) -> list[Term]:
        """The terms of a sum of scalars that is spread, each spread; a single term for anything else."""
        if not constant_along(t) or len(t.args) != 1 or t.args[0].op != SUM:
            return [(1, t)]
        own = tuple(range(len(t.shape)))
        return [(c, self.product([(u, ())], own, dict(enumerate(t.shape)))) for c, u in terms_of(t.args[0])]

    def gather_sum(self, node: Expr) -> Iterable[Term]:
        memo = self.memo
        parts = [memo.get(a) for a in node.args]
        if None not in parts:
            return zip(node.data, parts, strict=True)  # type: ignore[arg-type]
        found: list[Term] = []
        stack: list[Term] = list(zip(node.data, node.args, strict=True))[::-1]
        while stack:
            c, a = stack.pop()
            known = memo.get(a)
            if known is None:
                stack.extend([(c * d, b) for d, b in zip(a.data, a.args, strict=True)][::-1])
            else:
                found.append((c, known))
        return found
