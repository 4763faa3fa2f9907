"""Products: the short way for numbers, the network of factors and labels (product.py) for everything else.

In: factors in normal form, with a label for every axis. Out: a PROD in which no rule joins two factors, a coefficient times one, or one factor.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, POW, PROD, RESHAPE, SUM, VAR, Dim, Expr, Number, Shape, make
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import substitute
from symdiff.simplify import reshaping
from symdiff.simplify.context import Context, Factor, Labels
from symdiff.simplify.graph import flattens, scalars
from symdiff.simplify.product import Network
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import split, terms_of
from symdiff.simplify.sums import whole_power

LETTERS = frozenset((VAR, SUM, NAME))  # a product of powers of these is a power of them and nothing else


class Products(Context):
    """The operation PROD."""

    def times(self, a: Expr, b: Expr) -> Expr:
        """Entry by entry; a scalar scales."""
        if not a.shape and not b.shape:
            return self.scalar_product([a, b])
        shape = a.shape or b.shape
        out = tuple(range(len(shape)))
        return self.product([(a, out if a.shape else ()), (b, out if b.shape else ())], out, dict(enumerate(shape)))

    def scalar_product(self, factors: Sequence[Expr]) -> Expr:
        """The product of numbers. Where no rule joins two of the factors, the common case of scalar graphs, it needs no network."""
        coef: Number = 1
        bases: dict[Expr, Expr] = {}  # the factor of every base
        merged: dict[Expr, int] = {}  # the exponent of the bases that several factors have
        heads: list[str] = []
        stack = list(factors)
        while stack:
            f = stack.pop()
            op = f.op
            if op == NUM:
                coef *= f.data
                continue
            base = f
            if op == CALL:
                heads.append(f.data)
            elif op == SUM:
                known = self._primitives.get(f)
                if known is None:
                    known = self._primitives[f] = self.primitive(f)
                c, f = known
                base = f
                coef *= c
                if f.op != SUM:
                    stack.append(f)
                    continue
            elif op == PROD and flattens(f, self.shared_factors):
                stack.extend(f.args)
                continue
            elif op == POW:
                base = f.args[0]
                if base.op == CALL:
                    heads.append(base.data)
            if base.op == NUM or op == RESHAPE:
                return self.product([(f, ()) for f in factors], (), {})
            other = bases.get(base)
            if other is not None:
                n, m = whole_power(f), merged.get(base) or whole_power(other)
                if base.op not in LETTERS or n * m <= 0 or n + m == 0:
                    return self.product([(f, ()) for f in factors], (), {})
                merged[base] = n + m
            bases[base] = f
        if coef == 0:
            return build.ZERO
        if len(bases) > 1 and ((heads and RULES.may_join(self, bases, heads)) or (self.rules and sum(map(sums_exponentials, bases)) > 1)):
            return self.product([(f, ()) for f in factors], (), {})
        for base, n in merged.items():
            bases[base] = self.number_power(base, n)
        product = scalars(list(bases.values()))
        return product if coef == 1 else self.scaled(coef, product)

    def product(self, items: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> Expr:
        """The Einstein product of normal forms. sizes: dimensions of output labels that no factor has."""
        if any(f.op == RESHAPE or (f.op == SUM and f.args[0].op == RESHAPE) for f, _ in items):
            merged = reshaping.product(self, items, out, sizes)
            if merged is not None:
                return merged
        return Network(self, items, out, sizes).close()

    def size(self, shape: Shape) -> Expr:
        return self.scalar_product([self.normal(build.dim(d)) if not isinstance(d, tuple) else self.size(d) for d in shape])

    @staticmethod
    def factors(x: Expr) -> list[Factor]:
        """The factors of a term that stand entry by entry, or are scalars."""
        _, rest = split(x)
        if rest.op == PROD:
            return [(a, ls) for a, ls in zip(rest.args, rest.data[0], strict=True) if ls in ((), rest.data[1])]
        return [] if rest.op == NUM else [(rest, tuple(range(len(rest.shape))))]

    def common_factors(self, a: Expr, b: Expr) -> list[Factor]:
        mine = self.factors(b)
        return [f for f in self.factors(a) if f in mine]

    def without(self, x: Expr, outside: list[Factor]) -> Expr:
        """A term with these factors taken out."""
        c, rest = split(x)
        if rest.op != PROD:
            return self.full(c, x.shape)
        labels, out = rest.data
        items = [item for item in zip(rest.args, labels, strict=True) if item not in outside]
        return self.scaled(c, self.product(items, out, dict(zip(out, x.shape, strict=True))))

    def without_axes(self, x: Expr) -> Expr:
        """The scalar that is spread."""
        c, rest = split(x)
        return self.scaled(c, self.product([(a, ()) for a in rest.args], (), {}))

    def gather_product(self, node: Expr) -> list[Expr]:
        memo = self.memo
        parts = [memo.get(a) for a in node.args]
        if None not in parts:
            return parts  # type: ignore[return-value]
        found: list[Expr] = []
        stack = list(node.args[::-1])
        while stack:
            a = stack.pop()
            known = memo.get(a)
            if known is None:
                stack.extend(a.args[::-1])
            else:
                found.append(known)
        return found

    def total_of_named(self, x: Expr, axis: int = 0) -> Expr:
        """The sum along an axis of a vector or matrix that holds names: names written out, its terms summed one by one."""
        known = self._totals.get((x, axis))
        if known is None:
            plain = type(self)(keep_names=False)
            (value,) = plain.run([substitute([x], means_as_sums)[x]])
            own = tuple(range(len(x.shape)))
            left, shape = own[:axis] + own[axis + 1 :], x.shape[:axis] + x.shape[axis + 1 :]
            known = plain.sum([(c, plain.product([(t, own)], left, {})) for c, t in terms_of(value)], shape)
            self._totals[x, axis] = known
        return known


def sums_exponentials(e: Expr) -> bool:
    """exp(x).y, or the total of exp(x): two of these may make a softmax."""
    return e.op == PROD and any(is_call(a, "exp") and bool(a.shape) for a in e.args)


def means_as_sums(e: Expr, args: tuple[Expr, ...]) -> Expr:
    """rowmean(X) as the sums that it is made of, beside which others cancel."""
    if is_call(e, "rowmean"):
        (a,) = args
        out = tuple(range(len(e.shape)))
        return build.contract([a, build.reciprocal(build.dim(a.shape[-1]))], [(*out, len(out)), ()], out)
    return e if args == e.args else make(e.op, args, e.data, e.shape)
