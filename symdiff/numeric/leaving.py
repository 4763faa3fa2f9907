"""Products of all entries times a polynomial in their inverses, of any shape: prod(U)*(rowsum(1 ./ U)*rowsum(1 ./ U)' - diag(rowsum(1 ./ U.^2))).

In and out: expressions of the same values, and of the limits where entries of U are 0. Were these eps in the place of 0, the product would be
eps^m*prod(T), with m zeros and 1 for each of them in T, and the polynomial F(Q + Z/eps), with Q the inverses of the others and Z the zeros' places. What
is left as eps tends to 0 is the coefficient of eps^-m of F, which of a polynomial of the second degree comes from its values at Q, Q + Z and Q - Z.
Lower powers of eps have to cancel: where only one entry is 0, the squares of its inverse. That is proven, term by term, or nothing is done.
The products of several factors, as of x .* sin(x), are one with the zeros of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import ONE, ZERO, Labels
from symdiff.expr.node import NAME, NUM, PROD, SUM, Dim, Expr, Number, make
from symdiff.expr.patterns import (
    has_one_factor,
    has_whole_exponent,
    is_call,
    is_call_of,
    is_condition,
    is_divisor,
    is_multiple,
    is_spread_number,
)
from symdiff.expr.walk import substitute, topological, unnamed
from symdiff.numeric.summands import Factor, MultipliedOut, Summand
from symdiff.simplify import Normalizer
from symdiff.simplify.shapes import terms_of
from symdiff.table.groups import PRODUCTS

# Products with more parts, polynomials with more nodes, and deeper products are left as they are.
MAX_PARTS, MAX_NODES, MAX_DEEP = 6, 400, 12


class Repeats(NamedTuple):
    """A factor of a product of all entries: how often it is met, and along which sizes it is repeated."""

    times: int
    repeated: tuple[Dim, ...]


def left_out(factors: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> Expr | None:
    """A product, given by its factors, with a value where factors of prod(U) are 0 and inverses of them are among its other factors.

    None where there is no such product, where nothing divides by its factors, or where the limit is not known.
    """
    whole = [f for f, labels in factors if not labels and product_of(f) is not None]
    rest = [(f, labels) for f, labels in factors if f not in whole]
    if not whole or not rest:
        return None
    parts: dict[Expr, Repeats] = {}
    for f in whole:
        u, power = product_of(f) or (ONE, 0)
        for part, its in parts_of(u, power).items():
            if part in parts or len(parts) == MAX_PARTS:
                return None
            parts[part] = its
    polynomial = build.contract([f for f, _ in rest], [labels for _, labels in rest], out, sizes)
    way = _InInverses(polynomial, parts)
    if way.degree not in (1, 2) or not way.lower_powers_cancel():
        return None
    return way.limit(whole)


def is_prod(e: Expr) -> bool:
    return is_call(e, "prod")


def product_of(f: Expr) -> tuple[Expr, int] | None:
    """U and n, where this is prod(U)^n; the product of the products of rows is that of all entries."""
    f, n = unnamed(f), 1
    if has_whole_exponent(f) and f.args[1].data > 0:
        f, n = unnamed(f.args[0]), f.args[1].data
    if not is_prod(f):
        return None
    u = unnamed(f.args[0])
    while is_call_of(u, PRODUCTS):
        u = unnamed(u.args[0])
    return u, n


class Share(NamedTuple):
    """A factor of a value, the axes of the value that it has, and how often it is met."""

    part: Expr
    labels: Labels
    times: int


def placed_parts(u: Expr, labels: Labels, n: int) -> tuple[Number, list[Share]] | None:
    """The factors of u^n entry by entry, and the number in front; None where there are too many."""
    front: Number = 1
    found: list[Share] = []
    stack = [Share(u, labels, n)]
    for _ in range(MAX_DEEP):
        if not stack:
            return front, found
        f, own, times = stack.pop()
        f = unnamed(f)
        if f.op == NUM:
            front *= Fraction(f.data) ** times
        elif is_multiple(f):
            front *= Fraction(f.data[0]) ** times
            stack.append(Share(f.args[0], own, times))
        elif has_whole_exponent(f) and f.args[1].data > 0:
            stack.append(Share(f.args[0], own, times * f.args[1].data))
        elif f.op == PROD and f.args and all(len(set(ls)) == len(ls) and set(ls) <= set(f.data[1]) for ls in f.data[0]):
            at = dict(zip(f.data[1], own, strict=True))
            stack += [Share(g, tuple([at[label] for label in ls]), times) for g, ls in zip(f.args, f.data[0], strict=True)]
        else:
            found.append(Share(f, own, times))
    return None


def parts_of(u: Expr, n: int) -> dict[Expr, Repeats]:
    """The factors of U^n, of which an entry counts as often as it is met; none where one comes with different axes."""
    axes = tuple(range(len(u.shape)))
    laid = placed_parts(u, axes, n)
    found: dict[Expr, Repeats] = {}
    for part, labels, times in laid[1] if laid is not None else ():
        repeated = tuple([d for axis, d in enumerate(u.shape) if axis not in labels])
        before = found.get(part)
        if before is not None and before.repeated != repeated:
            return {}
        found[part] = Repeats(times + (before.times if before else 0), repeated)
    return found


class _InInverses:
    """A value as a polynomial in the inverses of parts."""

    def __init__(self, value: Expr, parts: dict[Expr, Repeats]) -> None:
        self.value, self.parts = value, parts
        self.atoms: dict[Expr, dict[Expr, int]] = {}  # quotients by parts, and how often by each
        self.nodes = topological([value])
        self.degree = self.counted() if len(self.nodes) <= MAX_NODES else 0

    def counted(self) -> int:
        """The degree; -1 where an inverse is anywhere else than in sums and products."""
        degrees: dict[Expr, int] = {}
        for node in self.nodes:
            below = [degrees[a] for a in node.args]
            if is_divisor(node) and has_whole_exponent(node) and (atom := self.divided_by(node)) is not None:
                self.atoms[node] = atom
                degrees[node] = sum(atom.values())
            elif not any(below):
                degrees[node] = 0
            elif -1 in below:
                degrees[node] = -1
            elif node.op == PROD:
                degrees[node] = sum(below)
            elif node.op in (SUM, NAME):
                degrees[node] = max(below)
            else:
                degrees[node] = below[0] * node.args[1].data if has_whole_exponent(node) and node.args[1].data > 0 else -1
        return degrees[self.value]

    def divided_by(self, quotient: Expr) -> dict[Expr, int] | None:
        """Which parts a quotient divides by."""
        found = parts_of(quotient.args[0], -quotient.args[1].data)
        return {part: its.times for part, its in found.items()} if found and found.keys() <= self.parts.keys() else None

    def lower_powers_cancel(self) -> bool:
        """Whether the square of the inverse of an entry does not come where this entry is met once."""
        once = [part for part, its in self.parts.items() if its.times == 1 and not its.repeated]
        if self.degree == 1 or not once:
            return True
        way = _TermsOfInverses(self.value, self.atoms)
        terms = way.multiplied_out()
        return terms is not None and all(self.has_no_square(part, terms, way) for part in once)

    def has_no_square(self, part: Expr, terms: Sequence[Summand], way: _TermsOfInverses) -> bool:
        """Whether the terms with the square of an entry's inverse add up to nothing."""
        mine = tuple([-1 - k for k in range(len(part.shape))])
        sizes = way.sizes | dict(zip(mine, part.shape, strict=True))
        squares = []
        for term in terms:
            coef, rest, places = term.coef, [], list[Labels]()
            for f, labels in term.factors:
                laid = placed_parts(f.args[0], labels, -f.args[1].data) if (f := unnamed(f)) in self.atoms else None
                own = [its for its in (laid[1] if laid else ()) if its.part is part]
                if laid is None or not own:
                    rest.append((f, labels))
                    continue
                coef = coef / Fraction(laid[0])
                places += [labels for its in own for labels in [its.labels] * its.times]
                rest += [(build.power(its.part, build.num(-its.times)), its.labels) for its in laid[1] if its.part is not part]
            if len(places) == 2:
                rest += [(build.eye(d), (a, b)) for place in places for a, b, d in zip(place, mine, part.shape, strict=True)]
                squares.append((coef, build.contract([f for f, _ in rest], [ls for _, ls in rest], (*way.out, *mine), sizes)))
        if not squares:
            return True
        (total,) = Normalizer(keep_names=False).run([build.linear([c for c, _ in squares], [e for _, e in squares])])
        return cancels(total)

    # ------------------------------------------------------------------------------------------ values at zeros

    def limit(self, whole: Sequence[Expr]) -> Expr:
        """prod(T) times the polynomial's coefficient of as many zeros as there are."""
        product = reduce(build.scale, [self.with_zeros_as(1, f) for f in whole])
        order = reduce(build.add, [zeros_of(part, its) for part, its in self.parts.items()])
        at = [build.call("relu", build.sub(ONE, build.call("abs", build.sub(order, build.num(k))))) for k in range(self.degree + 1)]
        plain, up = self.put(without_zeros), self.put(lambda atom: self.with_zeros_as(1, atom))
        if self.degree == 1:
            weighted = [(build.sub(at[0], at[1]), plain), (at[1], up)]
        else:
            down, half = self.put(lambda atom: self.with_zeros_as(-1, atom)), build.num(Fraction(1, 2))
            weighted = [
                (build.sub(at[0], at[2]), plain),
                (build.scale(half, build.add(at[1], at[2])), up),
                (build.scale(half, build.sub(at[2], at[1])), down),
            ]
        return build.linear([1] * len(weighted), [build.scale(build.scale(product, w), value) for w, value in weighted])

    def with_zeros_as(self, number: Number, e: Expr) -> Expr:
        """A product or quotient of parts with a number in the place of their zeros."""
        new = {part: build.call("if", build.call("eq", part, ZERO), build.num(number), part) for part in self.parts}
        return substitute(
            [e], lambda node, args: new[node] if node in new else make(node.op, args, node.data, node.shape) if args else node
        )[e]

    def put(self, become: Callable[[Expr], Expr]) -> Expr:
        """The polynomial with other values of its quotients."""
        new = {atom: become(atom) for atom in self.atoms}
        return substitute(
            [self.value], lambda node, args: new[node] if node in new else make(node.op, args, node.data, node.shape) if args else node
        )[self.value]


def cancels(total: Expr) -> bool:
    """Whether a normal form is 0, if a comparison of indices is the same whichever of them comes first."""
    left: dict[frozenset[tuple[Factor, int]], Fraction] = {}
    for c, t in terms_of(total):
        met = Counter([upright(f, labels) for f, labels in zip(t.args, t.data[0], strict=True)] if t.op == PROD else [(t, ())])
        key = frozenset([(factor, 1 if is_condition(factor[0]) else n) for factor, n in met.items()])
        left[key] = left.get(key, Fraction(0)) + Fraction(c)
    return total is ZERO or (is_spread_number(total) and total.args[0] is ZERO) or not any(left.values())


def upright(f: Expr, labels: Labels) -> Factor:
    """A comparison of two indices, as [j > i], with the left one along its first axis; anything else as it is."""
    if is_condition(f) and [a.data for a in f.args if has_one_factor(a)] == [(((1,),), (0, 1)), (((0,),), (0, 1))]:
        args = [make(PROD, a.args, (((k,),), (0, 1)), f.shape[::-1]) for k, a in enumerate(f.args)]
        return make(f.op, tuple(args), f.data, f.shape[::-1]), labels[::-1]
    return f, labels


def zeros_of(part: Expr, its: Repeats) -> Expr:
    """How many zeros a part brings."""
    zero = build.call("eq", part, ZERO)
    number = build.total(zero) if part.shape else build.linear([1], [zero])
    return reduce(build.scale, [*map(build.dim, its.repeated), number], build.num(its.times))


def without_zeros(quotient: Expr) -> Expr:
    """1/u, and 0 where u is 0."""
    u, exponent = quotient.args
    zero = build.call("eq", u, ZERO)
    return build.call("if", zero, ZERO, build.power(build.call("if", zero, ONE, u), exponent))


class _TermsOfInverses(MultipliedOut):
    """The terms of a polynomial in these quotients."""

    def __init__(self, node: Expr, atoms: Container[Expr]) -> None:
        super().__init__(node)
        self.atoms = atoms
        self.holds: set[Expr] = set()
        for n in topological([node]):
            if n in atoms or any(a in self.holds for a in n.args):
                self.holds.add(n)

    def opens(self, f: Expr) -> bool:
        return f in self.holds and f not in self.atoms

    def opened(self, f: Expr, labels: Labels) -> list[Factor]:
        """A whole power, as so many factors."""
        return [(f.args[0], labels)] * int(f.args[1].data)
