"""Quotients whose numerator vanishes with the denominator: w/norm2(w) at 0, and every form it is rewritten to, as (1/norm2(w) + 2)*w.

In and out: expressions of the same values, and 0 where a denominator is 0 and what it divides is 0 of the same order or of a higher one.
By definition u/norm2(u) is 0 at u = 0, so for a norm the same order is enough; of other denominators (x^5/x^3) the order has to be higher,
for then 0 is the limit. The order of a value in u is that of its smallest term: of a product the sum, of a sum the least.
Only the denominator is touched: 1/r becomes 1/if(r == 0, 1, r), beside which a factor is 0. So nothing is hidden: what divides by something
else that is 0, or has a pole (the order of u/norm2(u)^2 is -1), stays as it is.

Long: one class for a term and its quotients, a method for each form that a numerator is rewritten from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations, count, permutations
from math import inf
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, ZERO
from symdiff.expr.node import CALL, DELTA, NAME, NUM, POW, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.patterns import (
    has_factors,
    has_number_exponent,
    has_one_factor,
    has_terms,
    has_whole_exponent,
    is_call,
    is_call_of,
    is_multiple,
    is_whole_number,
)
from symdiff.expr.walk import topological, unnamed, variables
from symdiff.numeric.summands import ratio, split_up, terms_of_all
from symdiff.simplify.facts import Facts
from symdiff.table import TABLE
from symdiff.table.groups import PRODUCTS, ROOTS

# Products with more factors, counted through their sums, or deeper ones, are left as they are.
MAX_FACTORS, MAX_DEPTH = 60, 8

# Of longer sums no factor is taken out, and longer chains of matrices are not looked for in others.
MAX_TERMS, MAX_SIDES = 8, 3

# Of denominators with more variables it is not asked which of these are 0.
MAX_LETTERS = 4

# A p that stands for all p of norm(x, p).
ORDER = Fraction(5, 2)

# Functions of one argument that are 0 at 0 and have a slope there, or a one-sided one, beside the odd rows.
ZERO_AT_ZERO = frozenset(row.name for row in TABLE if row.rises_from_zero)

# Of all entries: 0 where all of them are.
NORMS = frozenset(("norm2", "norm1", "norminf", "max_entries", "min_entries"))

# The order of deviations in x - mean(x).
DEVIATIONS = {"std": 1, "rowstd": 1, "var": 2, "rowvar": 2}

Size = tuple[Expr, tuple[int, ...]]  # u, and the axes of u along which the denominator has a value for each

Place = frozenset[object]  # the labels that stand for one index
Places = tuple[Place, ...]


class Atom(NamedTuple):
    """A denominator at a place. parts: the factors of u, with where their axes have to be (None: anywhere), and how often each is needed.

    each: the denominator is 0 where all parts are, as hypot(a, b) is, and any of them is of its order.
    """

    base: Expr
    places: tuple[Place | None, ...]
    parts: dict[tuple[Expr, tuple[Place | None, ...]], int]
    power: Fraction  # the order of the denominator in u
    norm: bool
    each: bool = False


def vanishing(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with those denominators kept from being 0."""
    nodes = topological(exprs)
    divided: set[Expr] = set()  # quotients, and products and sums with one in them
    for node in nodes:
        if divides(node) or (node.op in (PROD, SUM, NAME) and any(a in divided for a in node.args)):
            divided.add(node)
    if not any(n.op == PROD for n in divided):
        return list(exprs)
    new: dict[Expr, Expr] = {}
    inner = {a for n in nodes if n.op in (PROD, SUM, NAME) for a in n.args}
    outer = {a for n in nodes if n.op not in (PROD, SUM, NAME) for a in n.args}.union(exprs)
    starts = {n for n in divided if n in outer or n not in inner}
    for node in nodes:
        made = node if all(new[a] is a for a in node.args) else make(node.op, tuple([new[a] for a in node.args]), node.data, node.shape)
        new[node] = _terms(made, MAX_DEPTH) if node in starts else made
    return [new[e] for e in exprs]


def divides(node: Expr) -> bool:
    if node.op != POW or unnamed(node.args[0]).op == NUM:
        return False
    exponent = node.args[1]
    if exponent.op == NUM:
        return bool(exponent.data < 0)
    inner = unnamed(node.args[0])
    return is_call(inner, "normp") and exponent_of(exponent) < 0  # norm(x, p)^(1 - p)


def exponent_of(e: Expr) -> Fraction:
    """An exponent; of one with letters, as p - 1 in the derivatives of norm(x, p), what it is at p = ORDER."""
    if e.op == SUM:
        return sum((Fraction(c) * exponent_of(unnamed(t)) for c, t in zip(e.data, e.args, strict=True)), Fraction(0))
    return Fraction(e.data) if e.op == NUM else ORDER if e.op == VAR and not e.shape else Fraction(0)


def _terms(e: Expr, depth: int) -> Expr:
    """A value term by term."""
    if e.op == SUM and depth:
        args = tuple([_terms(a, depth - 1) for a in e.args])
        return e if all(a is b for a, b in zip(args, e.args, strict=True)) else make(SUM, args, e.data, e.shape)
    inner = unnamed(e)
    if inner.op == SUM and inner is not e and depth:
        found = _terms(inner, depth - 1)
        return e if found is inner else found
    if inner.op != PROD or not depth:
        return e
    made = _Term(inner).run(e)
    return _inside(made, depth - 1)


def _inside(e: Expr, depth: int) -> Expr:
    """A product, the terms of whose sums are looked at one by one, as b/r + 1 in a*(b/r + 1) is; not in (b/r + 1)/r, which has no value."""
    inner = unnamed(e)
    if inner.op != PROD:
        return e
    below = {unnamed(f.args[0]) for f in map(unnamed, inner.args) if has_number_exponent(f) and f.args[1].data < 0}
    args = tuple(
        [_terms(a, depth) if has_terms(unnamed(a)) and below.isdisjoint(map(unnamed, topological([a]))) else a for a in inner.args]
    )
    return e if all(a is b for a, b in zip(args, inner.args, strict=True)) else make(PROD, args, inner.data, inner.shape)


class _Term:
    """One product."""

    def __init__(self, term: Expr) -> None:
        self.term = term
        self.out: Places = tuple([frozenset([("out", k)]) for k in range(len(term.shape))])
        self.fresh = count()
        self.signs = Facts()
        self.inside: dict[tuple[Expr, Places], list[tuple[Expr, Places]]] = {}
        self.memo: dict[tuple[Expr, Places], float] = {}
        self.factor: tuple[Expr, Places] | None = None  # prod(u), where it is a factor of the whole; in a sum among the factors it stays
        self.size = 0

    def run(self, e: Expr) -> Expr:
        """The product with its harmless denominators; e itself if there are none."""
        atoms: dict[tuple[Expr, Places], Atom] = {}
        if not self.collect(self.term, self.out, atoms, MAX_DEPTH):
            return e
        become: dict[tuple[Expr, Places], Expr] = {}
        left = []
        for key, atom in atoms.items():
            order = min(self.order_in(atom), self.order_in(anywhere(atom)))  # places of two labels may be one
            base, exponent = key[0].args
            if self.signs.positive(base):  # the root of a sum of exponentials, which others take apart
                continue
            if order > 0 or (order == 0 and atom.norm and not self.even(atom)):
                become[key] = build.power(build.call("if", build.call("eq", base, ZERO), ONE, base), exponent)
            elif order == 0 and exponent is MINUS_ONE and self.whole_product() is not None:
                left.append(key)
            elif (whole := self.whole_product()) is not None and unnamed(whole[0].args[0]) is unnamed(base):
                pass  # prod(u)/u[i]/u[j], which `zeros` knows
            elif (where := self.where_letters_vanish(atom)) is not None:
                become[key] = build.power(build.call("if", where, ONE, base), exponent)
        if left and (whole := self.whole_product()) is not None:
            return self.left_out(whole, left, become, atoms) or self.rebuilt(self.term, self.out, become)
        return self.rebuilt(self.term, self.out, become) if become else e

    def where_letters_vanish(self, atom: Atom) -> Expr | None:
        """Where variables are 0, with them the denominator, and the term to a higher order: of norm2(norm2(y)*y - y) where y is.

        Orders are then those in these variables: in each alone, and in all of them together where the denominator is of one order in them, as
        norm2(norm2(x)*x - y.^2) is, and 0 where none of them alone is enough. So of x/sqrt(mean(x.^2) + epsilon) it is not asked where all are 0. None where there are no such variables.
        """
        letters = [v for v in variables([atom.base]).values() if self.at_letter(v, atom) is not None]
        conditions: list[Expr] = []
        alone = [[v] for v in letters] if len(letters) <= MAX_LETTERS else []
        together = [letters] if 1 < len(letters) == len(variables([atom.base])) else []
        for chosen in [*alone, *together]:
            zeros: dict[tuple[Expr, tuple[Place | None, ...]], int] = {(v, self.at_letter(v, atom) or ()): 1 for v in chosen}
            here: Places = tuple([frozenset() if p is None else p for p in atom.places])
            its = Atom(ZERO, (), zeros, Fraction(1), False, True)
            self.memo = {}
            power = self.order(atom.base, here, its, MAX_DEPTH)
            if not 0 < power < inf:
                continue
            if len(chosen) == 1:
                together = []  # where one of them is 0 it is 0 already
            elif not (together and atom.norm and all(self.has_one_order(u, its) for u, _ in atom.parts)):
                continue
            its = atom._replace(parts=zeros, power=Fraction(power), each=True)
            order = min(self.order_in(its), self.order_in(anywhere(its)))
            if order > 0 or (order == 0 and atom.norm and not self.even(its)):
                conditions.append(reduce(lambda a, b: build.call("and", a, b), [is_zero(v, atom.base.shape) for v in chosen]))
        return reduce(lambda a, b: build.call("or", a, b), conditions) if conditions else None

    def has_one_order(self, u: Expr, atom: Atom) -> bool:
        """Whether all terms of a sum are of the same order."""
        anyhow = anywhere(atom)
        return len({self.order(t, (frozenset(),) * len(t.shape), anyhow, MAX_DEPTH) for t in (u.args if u.op == SUM else (u,))}) == 1

    @staticmethod
    def at_letter(v: Expr, atom: Atom) -> tuple[Place | None, ...] | None:
        """Where a variable's axes are that is 0 at a place of a denominator: all of it, its entry, or its row; None if it has no such place."""
        shape = atom.base.shape
        if not shape:
            return (None,) * len(v.shape)
        if v.shape == shape:
            return atom.places
        return (*atom.places, None) if len(shape) == 1 and v.shape[:1] == shape and len(v.shape) == 2 else None

    def even(self, atom: Atom) -> bool:
        """Whether the term stays when u changes its sign, as sin(norm2(w))/norm2(w) does: then 0 is no value between two sides.

        u itself counts as odd whatever it is made of: u/norm2(u) is 0 at u = 0 by definition. Changed are all variables of the norm, or u alone:
        X'*(X*w - y)/norm2(X*w - y) stays with X and y and w, and is odd in the residual.
        """
        letters = set(variables([atom.base]).values())
        alone = {part for (part, _), n in atom.parts.items() if n == 1 and (len(atom.parts) == 1 or atom.each)}
        return self.stays(letters | alone) and self.stays(alone)

    def stays(self, changed: set[Expr]) -> bool:
        odd: dict[Expr, bool | None] = {}
        for node in topological([self.term]):
            inner = [odd[a] for a in node.args]
            row = TABLE.names.get(node.data) if node.op == CALL else None
            if node in changed:
                odd[node] = True
            elif None in inner:
                odd[node] = None
            elif node.op == PROD:
                odd[node] = sum(map(bool, inner)) % 2 == 1
            elif has_whole_exponent(node):
                odd[node] = bool(inner[0]) and node.args[1].data % 2 == 1
            elif not any(inner):
                odd[node] = False
            elif node.op in (SUM, NAME) or (row is not None and (row.odd or row.linear)):
                odd[node] = True if all(inner) else None
            elif row is not None and (row.even or node.data in NORMS - {"max_entries", "min_entries"} or node.data == "rownorm2"):
                odd[node] = False
            else:
                odd[node] = None
        return odd[self.term] is False

    # ------------------------------------------------------------------------------------------ prod(u)*(a + b ./ u)

    def whole_product(self) -> tuple[Expr, Places] | None:
        """The factor prod(u) or rowprod(U), where there is one."""
        found: list[tuple[Expr, Places]] = []
        stack = self.factors(self.term, self.out)[:]
        while stack and len(found) < 2:
            f, places = stack.pop()
            f = unnamed(f)
            if f.op == PROD or is_multiple(f):
                stack += self.factors(f, places) if f.op == PROD else [(f.args[0], places)]
            elif is_call_of(f, PRODUCTS):
                found.append((f, places))
        return found[0] if len(found) == 1 else None

    def left_out(
        self,
        whole: tuple[Expr, Places],
        left: list[tuple[Expr, Places]],
        become: dict[tuple[Expr, Places], Expr],
        atoms: Iterable[tuple[Expr, Places]],
    ) -> Expr | None:
        """prod(u)*F(q), q = 1 ./ u, as prod(u)*F(0) + F(o) - F(0), where o is the product of the other entries; F has to be linear in q."""
        product, places = self.factor = whole
        u = unnamed(product.args[0])
        while product.data == "prod" and is_call_of(u, PRODUCTS):  # of rows, and then of these: of all
            u = unnamed(u.args[0])
        one = without_one(product.data, u)
        others: dict[tuple[Expr, Places], Expr] = {}
        for key in left:
            found = quotient(u, unnamed(key[0].args[0]))
            if found is None or (product.data == "rowprod" and (found[1] != tuple(range(len(u.shape))) or not fits(key[1][:-1], places))):
                continue
            rest, axes = found
            made = reduce(build.elementwise, rest, one)
            if len(axes) < len(u.shape):  # a factor of many entries: that of the first one is divided
                every = tuple(range(len(u.shape)))
                off = [k for k in every if k not in axes]
                made = build.contract([made, *[build.unit(1, u.shape[k]) for k in off]], [every, *[(k,) for k in off]], axes)
            others[key] = made
        if not others:
            return None
        own = split_up(u)[1].keys()
        if any(len(k[0].shape) == len(u.shape) and k not in others and split_up(k[0].args[0])[1].keys() <= own for k in atoms):
            return None  # prod(x - x.^2)/x/(1 - x): each of the factors has a product of its own
        least, most = self.degree(self.term, self.out, others, MAX_DEPTH)
        if most != 1:
            return None
        unity = build.spread(ONE, product.shape)
        changed = self.rebuilt(self.term, self.out, {**become, **others, whole: unity})
        if least == 1:
            return changed
        none = {key: build.spread(ZERO, key[0].shape) for key in others}
        constant = self.rebuilt(self.term, self.out, {**become, **none})
        once = self.rebuilt(self.term, self.out, {**become, **none, whole: unity})
        return build.linear([1, 1, -1], [constant, changed, once])

    def degree(self, node: Expr, places: Places, others: dict[tuple[Expr, Places], Expr], depth: int) -> tuple[int, int]:
        """In how many of these a product is, at least and at most."""
        node = unnamed(node)
        if (node, places) in others:
            return 1, 1
        if depth and divides(node) and (apart := self.divided(node, places)) is not None:
            found = [self.degree(f, ls, others, depth - 1) for f, ls in apart]
            return sum(low for low, _ in found), sum(high for _, high in found)
        if depth == 0 or node.op not in (PROD, SUM):
            return 0, 0
        if node.op == SUM:
            found = [self.degree(a, places, others, depth - 1) for a in node.args]
            return min(low for low, _ in found), max(high for _, high in found)
        found = [self.degree(f, ls, others, depth - 1) for f, ls in self.factors(node, places)]
        return sum(low for low, _ in found), sum(high for _, high in found)

    # ------------------------------------------------------------------------------------------ the tree of factors

    def factors(self, node: Expr, places: Places) -> list[tuple[Expr, Places]]:
        """The factors of a product whose axes stand at these places, with theirs. An identity joins two places."""
        found = self.inside.get((node, places))
        if found is not None:
            return found
        labels, out = node.data
        at: dict[int, Place] = dict(zip(out, places, strict=True))
        for f, ls in zip(node.args, labels, strict=True):
            for label in ls:
                at.setdefault(label, frozenset([next(self.fresh)]))
            if f.op == DELTA:
                a, b = ls
                both = at[a] | at[b]
                for label, place in list(at.items()):
                    if place in (at[a], at[b]):
                        at[label] = both
        found = [(f, tuple([at[label] for label in ls])) for f, ls in zip(node.args, labels, strict=True)]
        self.inside[node, places] = found
        return found

    def collect(self, node: Expr, places: Places, atoms: dict[tuple[Expr, Places], Atom], depth: int) -> bool:
        """The denominators; False where there are too many factors to look at."""
        node = unnamed(node)
        self.size += 1
        if self.size > MAX_FACTORS:
            return False
        if divides(node):
            key = (node, places)
            if (apart := self.divided(node, places)) is not None:
                return all(self.collect(f, ls, atoms, depth - 1) for f, ls in apart)
            if key not in atoms and (atom := atom_of(node, places)) is not None:
                kept = {part: n for part, n in atom.parts.items() if not self.signs.positive(part[0])}
                if kept and (len(kept) == len(atom.parts) or not atom.each):  # of n*x.x the x alone; hypot(x, n) is never 0
                    atoms[key] = atom._replace(parts=kept)
            return True
        if depth == 0 or node.op not in (PROD, SUM):
            return True
        inner = self.factors(node, places) if node.op == PROD else [(a, places) for a in node.args]
        return all(self.collect(a, ls, atoms, depth - 1) for a, ls in inner)

    def divided(self, node: Expr, places: Places) -> list[tuple[Expr, Places]] | None:
        """1/(a*b) as 1/a and 1/b; None of what is no quotient by a product of such factors."""
        base, exponent = unnamed(node.args[0]), node.args[1]
        while is_multiple(base):
            base = unnamed(base.args[0])
        if not has_factors(base) or any(ls not in ((), base.data[1]) for ls in base.data[0]):
            return None
        if (node, places) not in self.inside:
            self.inside[node, places] = [
                (build.power(f, exponent), places if f.shape else ()) for f in map(unnamed, base.args) if f.op != NUM
            ]
        return self.inside[node, places]

    def quotient_rebuilt(self, node: Expr, places: Places, become: dict[tuple[Expr, Places], Expr]) -> Expr:
        """1/(a*b) with other values of 1/a or 1/b."""
        parts = self.inside[node, places]
        made = [self.rebuilt(f, ls, become) for f, ls in parts]
        if all(new is f for new, (f, _) in zip(made, parts, strict=True)):
            return node
        base, c, exponent = unnamed(node.args[0]), Fraction(1), node.args[1]
        while base.op == SUM:
            c, base = c * Fraction(base.data[0]), unnamed(base.args[0])
        for f in map(unnamed, base.args):
            c *= Fraction(f.data) if f.op == NUM else 1
        own = tuple(range(len(node.shape)))
        front = [] if c == 1 else [build.power(build.num(c), exponent)]
        factors = [*front, *made]
        return build.contract(factors, [own if f.shape else () for f in factors], own, dict(enumerate(node.shape)))

    def rebuilt(self, node: Expr, places: Places, become: dict[tuple[Expr, Places], Expr], top: bool = True) -> Expr:
        """The tree with other values in the place of some. top: no sum stands above the node."""
        inner = unnamed(node)
        if (inner, places) in become and (top or (inner, places) != self.factor):
            return become[inner, places]
        if inner.op == POW and (inner, places) in self.inside:
            found = self.quotient_rebuilt(inner, places, become)
            return node if found is inner else found
        if inner.op not in (PROD, SUM) or (inner.op == PROD and (inner, places) not in self.inside):
            return node
        parts = self.inside[inner, places] if inner.op == PROD else [(a, places) for a in inner.args]
        below = top and (inner.op == PROD or len(inner.args) == 1)
        args = tuple([self.rebuilt(a, ls, become, below) for a, ls in parts])
        if all(a is b for a, b in zip(args, inner.args, strict=True)):
            return node
        return make(inner.op, args, inner.data, inner.shape)

    # ------------------------------------------------------------------------------------------ orders

    def order_in(self, atom: Atom) -> float:
        self.memo = {}
        return self.order(self.term, self.out, atom, MAX_DEPTH)

    def order(self, node: Expr, places: Places, atom: Atom, depth: int) -> float:
        """The least order of the node in u; -inf where that is not known."""
        node = unnamed(node)
        key = (node, places)
        if key not in self.memo:
            self.memo[key] = self.found_order(node, places, atom, depth) if depth else 0
        return self.memo[key]

    def found_order(self, node: Expr, places: Places, atom: Atom, depth: int) -> float:
        if node.op == PROD:
            return self.of_product(node, places, atom, depth)
        if self.is_u(node, places, atom):
            return 1
        if node.op == SUM:
            if len(node.args) == 2 and node.data[0] == -node.data[1]:  # exp(t) - 1
                t, one = node.args if is_call(unnamed(node.args[0]), "exp") else node.args[::-1]
                if is_call(unnamed(t), "exp") and is_ones(one):
                    return order if (order := self.order(unnamed(t).args[0], places, atom, depth - 1)) >= 0 else -inf
            return min(self.order(a, places, atom, depth - 1) for a in node.args)
        if is_call(node, "log") and (total := unnamed(node.args[0])).op == SUM:  # log(1 + t)
            rest = [a for c, a in zip(total.data, total.args, strict=True) if not (c == 1 and is_ones(a))]
            if len(rest) == len(total.args) - 1 > 0:
                return order if (order := min(self.order(a, places, atom, depth - 1) for a in rest)) >= 0 else -inf
        if node.op == POW:
            return self.of_power(node, places, atom, depth)
        if node.op != CALL:
            return 0
        row = TABLE.names.get(node.data)
        if row is None:
            return 0
        if row.relation:
            return 0
        if row.shape:
            return self.of_whole(node, places, atom, depth)
        orders = [self.order(a, places if a.shape else (), atom, depth - 1) for a in node.args]
        if node.data == "if":
            return min(orders[1:])
        if min(orders) < 0:
            return -inf
        if node.data in ("max", "min", "hypot", "clip"):
            return min(orders)
        if node.data in ROOTS:
            return orders[0] / (2 if node.data == "sqrt" else 3)
        return orders[0] if len(orders) == 1 and (row.odd or node.data in ZERO_AT_ZERO) and node.data != "sign" else 0

    def is_u(self, node: Expr, places: Places, atom: Atom) -> bool:
        """Whether the node is u itself, where u is one factor."""
        if atom.each:
            return any(same_at(node, places, part, where) for part, where in atom.parts)
        if len(atom.parts) != 1:
            return False
        (((part, where), n),) = atom.parts.items()
        return n == 1 and same_at(node, places, part, where)

    def of_product(self, node: Expr, places: Places, atom: Atom, depth: int) -> float:
        flat: list[tuple[Expr, Places, Fraction]] = []
        stack = [(f, ls, Fraction(1)) for f, ls in self.factors(node, places)]
        parts = list(atom.parts)
        while stack and len(flat) <= MAX_FACTORS:
            f, ls, n = stack.pop()
            f = unnamed(f)
            if any(f is part and fits(ls, where) for part, where in parts):
                flat.append((f, ls, n))
            elif is_multiple(f):
                stack.append((f.args[0], ls, n))
            elif f.op == PROD:
                stack += [(g, gs, n) for g, gs in self.factors(f, ls)]
            elif has_number_exponent(f) and f.args[1].data > 0 and (not ls or f.args[0].shape):
                stack.append((f.args[0], ls, n * Fraction(f.args[1].data)))
            else:
                flat.append((f, ls, n))
        have: Counter[int] = Counter()
        total: float = 0
        for f, ls, n in flat:
            mine = next((k for k, (part, where) in enumerate(parts) if same_at(f, ls, part, where)), None)
            if mine is None:
                order = self.order(f, ls, atom, depth - 1)
                total += float(n) * order if order else 0
            else:
                have[mine] += n  # type: ignore[assignment]
        if atom.each:
            return total + float(sum(have.values()))
        times = min(Fraction(have[k]) / atom.parts[part] for k, part in enumerate(parts))
        return total + (1.0 if not times and meets(flat, atom) else float(times))

    def of_power(self, node: Expr, places: Places, atom: Atom, depth: int) -> float:
        base, exponent = unnamed(node.args[0]), node.args[1]
        within = places if base.shape else ()
        if divides(node) and (apart := self.divided(node, places)) is not None:
            return sum(self.order(f, ls, atom, depth - 1) for f, ls in apart)
        if exponent.op != NUM and not ((base is atom.base and atom.norm) or self.is_size(base, within, atom)):
            return 0 if min(self.order(a, places if a.shape else (), atom, depth - 1) for a in node.args) >= 0 else -inf
        if base is atom.base and fits(within, atom.places):
            return float(exponent_of(exponent) * atom.power)
        order = self.order(base, within, atom, depth - 1)
        return order if order in (0, -inf) else float(exponent_of(exponent)) * order

    def is_size(self, base: Expr, places: Places, atom: Atom) -> bool:
        """Whether this is abs(u)."""
        return is_call(base, "abs") and self.is_u(unnamed(base.args[0]), places, atom)

    def of_whole(self, node: Expr, places: Places, atom: Atom, depth: int) -> float:
        """A function of all entries."""
        arg = node.args[0]
        if node is atom.base:
            return float(atom.power)
        if node.data in PRODUCTS:  # 0 where one entry is: that at the place of the atom
            rows = places if node.data == "rowprod" else ()
            found = [
                self.order(arg, within, atom, depth - 1)
                for within in entries(atom.places, len(arg.shape))
                if None in atom.places or fits(within[: len(rows)], rows)
            ]
            if len(atom.places) == 1 and not rows and len(found) == 2 and min(found) > 0:  # of x*x' a row and a column, which meet
                found.append(
                    min(sum(found), self.order(arg, tuple([frozenset() if p is None else p for p in atom.places * 2]), atom, depth - 1))
                )
            return max(found, default=0)
        if node.data == "rownorm2":
            return self.order(arg, (*places, frozenset()), atom, depth - 1)
        orders = [self.order(a, (frozenset(),) * len(a.shape), atom, depth - 1) for a in node.args]
        if min(orders) < 0:
            return -inf
        return orders[0] if node.data in NORMS and len(orders) == 1 else 0


def is_zero(v: Expr, shape: tuple[Dim, ...]) -> Expr:
    """Whether a variable is 0: entry by entry, row by row, or all of it, as the shape says."""
    size = v if v.shape == shape else build.call("rownorm2" if shape else "norm2", v)
    return build.call("eq", size, ZERO)


def entries(wanted: Sequence[Place | None], axes: int) -> list[Places]:
    """Places of so many axes, some of them those of an atom, in their order."""
    places: Places = tuple([frozenset() if p is None else p for p in wanted])
    if len(places) > axes:
        return [places[:axes]]
    found = []
    for chosen in combinations(range(axes), len(places)):
        at = dict(zip(chosen, places, strict=True))
        found.append(tuple([at.get(k, frozenset()) for k in range(axes)]))
    return found


def without_one(name: str, u: Expr) -> Expr:
    """For every entry the product of the others, where entries are 0, too: of prod(u), or row by row of rowprod(u)."""
    every = tuple(range(len(u.shape)))
    outer = every[:-1] if name == "rowprod" else ()

    def along(x: Expr) -> Expr:
        return build.contract([x], [outer], every, dict(enumerate(u.shape)))

    zero = build.call("eq", u, ZERO)
    t = build.call("if", zero, ONE, u)
    number = build.contract([zero], [every], outer)
    alone = build.elementwise(build.call(name, t), build.call("eq", number, ONE))
    return build.call("if", zero, along(alone), build.elementwise(along(build.call(name, u)), build.power(t, MINUS_ONE)))


def quotient(u: Expr, base: Expr) -> tuple[list[Expr], tuple[int, ...]] | None:
    """u/base as factors of u's shape, and the axes of u that the base has, where the base is a factor of u."""
    every = tuple(range(len(u.shape)))
    if u is base:
        return [], every
    if same_up_to_sign(u, base):
        return [build.spread(build.num(ratio(u, base) or 1), u.shape)], every
    if is_multiple(u):
        left = quotient(unnamed(u.args[0]), base)
        return None if left is None else ([*left[0], build.spread(build.num(u.data[0]), u.shape)], left[1])
    if u.op == SUM and len(u.args) <= MAX_TERMS:
        parts = [quotient(unnamed(t), base) for t in u.args]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts) or len({axes for _, axes in found}) > 1:
            return None
        return [
            build.linear(u.data, [reduce(build.elementwise, rest) if rest else build.spread(ONE, u.shape) for rest, _ in found])
        ], found[0][1]
    if u.op == POW and unnamed(u.args[0]) is base and is_whole_number(u.args[1]) and u.args[1].data > 1:
        return [base if u.args[1].data == 2 else build.power(base, build.num(u.args[1].data - 1))], every
    if u.op == POW and unnamed(u.args[0]) is base and not is_number(u.args[1]):
        return [lowered(u)], every
    if is_call(u, "abs") and unnamed(u.args[0]) is base:
        return [build.call("sign", base)], every
    if u.op != PROD or len(u.args) > MAX_FACTORS or any(len(set(ls)) < len(ls) for ls in u.data[0]):
        return None
    labels, out = u.data
    if any(label not in out and d != 1 for f, ls in zip(u.args, labels, strict=True) for label, d in zip(ls, f.shape, strict=True)):
        return None
    sizes = dict(zip(out, u.shape, strict=True))
    for k, (f, ls) in enumerate(zip(u.args, labels, strict=True)):
        f, ls = viewed(f, ls)
        if (
            len(f.shape) == len(base.shape)
            and set(ls) <= set(out)
            and (left := quotient(unnamed(f), base)) is not None
            and left[1] == tuple(range(len(ls)))
        ):
            rest = [(g, ls) for g in left[0]] + [pair for j, pair in enumerate(zip(u.args, labels, strict=True)) if j != k]
            return [build.contract([g for g, _ in rest], [gs for _, gs in rest], out, sizes)] if rest else [], tuple(
                [out.index(label) for label in ls]
            )
    return None


def is_number(exponent: Expr) -> bool:
    """Whether this is a plain number, as the i of x[i]^i and the p of x.^p are not."""
    e = unnamed(exponent)
    return e.op == NUM or (has_one_factor(e) and unnamed(e.args[0]).op == NUM)


def lowered(u: Expr) -> Expr:
    """x^(p - 1) of x^p: where x is 0, and p is 1, it is 1."""
    base, p = u.args
    one = build.spread(ONE, p.shape) if p.shape else ONE
    return build.power(base, build.sub(p, one))


def viewed(f: Expr, ls: tuple[int, ...]) -> tuple[Expr, tuple[int, ...]]:
    """A factor without what only turns its axes or makes a row of it."""
    while (inner := unnamed(f)).op == PROD and len(inner.args) == 1:
        (own,), out = inner.data
        if (
            len(set(own)) < len(own)
            or not set(own) <= set(out)
            or any(d != 1 for label, d in zip(out, inner.shape, strict=True) if label not in own)
        ):
            break
        f, ls = inner.args[0], tuple([ls[out.index(label)] for label in own])
    return f, ls


def meets(flat: Sequence[tuple[Expr, Places, Fraction]], atom: Atom) -> bool:
    """Whether u, a product of few factors with sums in it such as X*A', is a part of a product of factors: of X*A'*A."""
    if len(atom.parts) != 1:
        return False
    (((u, where), n),) = atom.parts.items()
    if n != 1 or u.op != PROD or not 1 < len(u.args) <= MAX_SIDES or len(flat) > MAX_FACTORS // 4:
        return False
    sides: list[tuple[Expr, tuple[int, ...]]] = []
    place = dict(zip(u.data[1], where, strict=True))
    for f, ls in zip(u.args, u.data[0], strict=True):
        f = unnamed(f)
        while has_one_factor(f) and len(set(f.data[0][0])) == len(f.data[0][0]) and set(f.data[0][0]) == set(f.data[1]):  # a transpose
            (inner,), out = f.data
            ls, f = tuple([ls[out.index(label)] for label in inner]), unnamed(f.args[0])
        sides.append((f, ls))
    for chosen in permutations(range(len(flat)), len(sides)):
        at: dict[int, Place] = {label: p for label, p in place.items() if p is not None}
        good = True
        for k, (f, ls) in zip(chosen, sides, strict=True):
            g, places, power = flat[k]
            if g is not f or power < 1:
                good = False
                break
            for label, p in zip(ls, places, strict=True):
                if label in at and at[label] is not p and at[label].isdisjoint(p):
                    good = False
                at.setdefault(label, p)
        if good:
            return True
    return False


def fits(places: Places, where: Sequence[Place | None]) -> bool:
    return len(places) == len(where) and all(w is None or p is w or not w.isdisjoint(p) for p, w in zip(places, where, strict=True))


def atom_of(quotient: Expr, places: Places) -> Atom | None:
    """The denominator of a power as something that vanishes with u."""
    base = unnamed(quotient.args[0])
    if not base.shape:
        places = ()
    sizes, power, norm = vanishes(base)
    norm |= power == 2 and quotient.args[1].op == NUM and quotient.args[1].data * 2 % 2 == 1  # (u.u)^(-1/2)
    parts: dict[tuple[Expr, tuple[Place | None, ...]], int] = {}
    for u, axes in sizes:
        where: list[Place | None] = [None] * len(u.shape)
        for axis, place in zip(axes, places, strict=True):
            where[axis] = place
        if len(sizes) > 1:
            parts[unnamed(u), tuple(where)] = 1
            continue
        for factor, there, n in split(u, tuple(where)):
            parts[factor, there] = parts.get((factor, there), 0) + n
    return Atom(base, places, parts, power, norm, len(sizes) > 1) if parts else None


def anywhere(atom: Atom) -> Atom:
    """The denominator wherever it stands."""
    parts: dict[tuple[Expr, tuple[Place | None, ...]], int] = {}
    for (part, where), n in atom.parts.items():
        key = part, (None,) * len(where)
        parts[key] = parts.get(key, 0) + n
    return atom._replace(places=(None,) * len(atom.places), parts=parts)


def split(u: Expr, where: tuple[Place | None, ...]) -> list[tuple[Expr, tuple[Place | None, ...], int]]:
    """The factors of a product without sums, each as often as it counts, and where its axes are."""
    found: list[tuple[Expr, tuple[Place | None, ...], int]] = []
    stack = [(u, where, 1)]
    while stack:
        f, here, n = stack.pop()
        f = unnamed(f)
        if is_multiple(f):
            stack.append((f.args[0], here, n))
        elif f.op == PROD and all(set(ls) <= set(f.data[1]) for ls in f.data[0]) and len(found) + len(f.args) <= MAX_FACTORS:
            at = dict(zip(f.data[1], here, strict=True))
            stack += [(g, tuple([at[label] for label in ls]), n) for g, ls in zip(f.args, f.data[0], strict=True)]
        elif has_whole_exponent(f) and 0 < f.args[1].data < 9:
            stack.append((f.args[0], here, n * f.args[1].data))
        elif f.op != NUM:
            found.append((f, here, n))
    return found


def vanishes(base: Expr) -> tuple[list[Size], Fraction, bool]:
    """What is 0 where the base is (all of these at once), the order of the base in it, and whether the base is a norm of it."""
    every = tuple(range(len(base.shape)))
    e, root = base, Fraction(1)
    found: tuple[list[Size], Fraction, bool] = [(base, every)], Fraction(1), False
    while True:
        degree = Fraction(2)
        sizes: list[Size] | None = None
        if is_call(e, "norm2", "rownorm2", "abs", "normp"):
            sizes, degree = [(unnamed(e.args[0]), every)], Fraction(1)
        elif is_call(e, "hypot"):
            sizes, degree = [(unnamed(a), every[: len(a.shape)]) for a in e.args], Fraction(1)
        elif is_call_of(e, DEVIATIONS):
            sizes, degree = [deviation(e)], Fraction(DEVIATIONS[e.data])
        elif (one := squared(e) or quadratic(e)) is not None:
            sizes = [one]
        elif (higher := powers(e)) is not None:
            sizes, degree = [higher[:2]], higher[2]
        elif e.op == SUM and 1 < len(e.args) <= MAX_TERMS and min(e.data) > 0:
            parts = [squared(unnamed(t)) for t in e.args]
            sizes = [part for part in parts if part is not None] if None not in parts else None
        if sizes is not None:
            found = sizes, degree * root, degree * root == 1 or (e.op == CALL and e.data != "abs") or degree != 2
        if has_number_exponent(e) and e.args[1].data > 0:
            root *= Fraction(e.args[1].data)
        elif is_call(e, "sqrt"):
            root /= 2
        elif not (is_multiple(e) and e.data[0] > 0):
            return found
        e = unnamed(e.args[0])


def deviation(e: Expr) -> Size:
    """x - mean(x) of std(x), and by rows."""
    x = unnamed(e.args[0])
    rows = e.data.startswith("row")
    mean = build.call("rowmean" if rows else "mean", x)
    away = build.linear(
        [1, -1], [x, build.contract([mean], [(0,)] if rows else [()], tuple(range(len(x.shape))), dict(enumerate(x.shape)))]
    )
    return away, (0,) if rows else ()


def quadratic(e: Expr) -> Size | None:
    """x, where this is x'*S*x."""
    if e.op != PROD or e.shape:
        return None
    vectors: list[Expr] = []
    stack, steps = [e], 0
    while stack and steps < MAX_FACTORS:
        f, steps = unnamed(stack.pop()), steps + 1
        if f.op == PROD and (len(f.shape) < 2 or 1 in f.shape):
            stack += f.args
        elif len(f.shape) != 2:
            vectors.append(f)
    return (vectors[0], ()) if not stack and len(vectors) == 2 and vectors[0] is vectors[1] and len(vectors[0].shape) == 1 else None


def powers(e: Expr) -> tuple[Expr, tuple[int, ...], Fraction] | None:
    """u and q, where this is a sum of abs(u)^q."""
    if not has_one_factor(e) or not e.data[0][0]:
        return None
    (ls,), out = e.data
    x = unnamed(e.args[0])
    if x.op != POW or len(set(ls)) < len(ls) or not set(out) <= set(ls):
        return None
    size = unnamed(x.args[0])
    q = exponent_of(x.args[1])
    if not is_call(size, "abs") or q <= 0:
        return None
    return unnamed(size.args[0]), tuple([ls.index(label) for label in out]), q


def squared(e: Expr) -> tuple[Expr, tuple[int, ...]] | None:
    """u, where this is a sum of squares of u's entries, and the axes of u that are not summed over."""
    axes = tuple(range(len(e.shape)))
    while e.op in (PROD, SUM) and len(e.args) == 1:
        if e.op == SUM:
            if e.data[0] < 0:
                return None
        else:
            (ls,), out = e.data
            if len(set(ls)) < len(ls) or any(out[axis] not in ls for axis in axes):
                return None
            axes = tuple([ls.index(out[axis]) for axis in axes])
        e = unnamed(e.args[0])
    if has_whole_exponent(e) and e.args[1].data % 2 == 0 and e.args[1].data > 0:
        half = e.args[1].data // 2
        return (unnamed(e.args[0]) if half == 1 else build.power(e.args[0], build.num(half))), axes
    if e.op != PROD or not e.args:
        return None
    labels, out = e.data
    halves: Counter[tuple[Expr, tuple[int, ...]]] = Counter()
    for f, ls in zip(e.args, labels, strict=True):
        f = unnamed(f)
        n = 1
        if has_whole_exponent(f) and f.args[1].data > 0:
            f, n = unnamed(f.args[0]), f.args[1].data
        halves[f, ls] += n
    if any(n % 2 for n in halves.values()):
        return None
    known = {label: d for (f, ls) in halves for label, d in zip(ls, f.shape, strict=True)}
    if any(label not in known for label in out):
        return None
    inner = (*out, *[label for label in known if label not in out])
    if any(len(set(ls)) < len(ls) for _, ls in halves):
        return None
    pairs = [(f if n == 2 else build.power(f, build.num(n // 2)), ls) for (f, ls), n in halves.items()]
    if len(pairs) == 1 and set(pairs[0][1]) == set(inner):
        f, ls = pairs[0]
        return f, tuple([ls.index(out[axis]) for axis in axes])
    return build.contract([f for f, _ in pairs], [ls for _, ls in pairs], inner, known), tuple([inner.index(out[axis]) for axis in axes])


def same_at(a: Expr, places: Places, b: Expr, where: Sequence[Place | None]) -> bool:
    """Whether a at its places is a multiple of b at those; X[i,k] - Y[j,k] may have its axes in another order."""
    if same_up_to_sign(a, b):
        return fits(places, where)
    if a.op != SUM or b.op != SUM:
        return False
    mine, other = terms_of_all(a), terms_of_all(b)
    if not 1 < len(mine) == len(other) <= MAX_TERMS:
        return False
    its = [(laid(t, where), Fraction(c)) for t, c in other.items()]
    ratios = set()
    for t, c in mine.items():
        core, here = laid(t, places)
        k = next((k for k, ((its_core, there), _) in enumerate(its) if its_core is core and fits(here, there)), None)  # type: ignore[arg-type]
        if k is None:
            return False
        ratios.add(Fraction(c) / its.pop(k)[1])
    return len(ratios) == 1


def laid(e: Expr, places: Sequence[Place | None]) -> tuple[Expr, tuple[Place | None, ...]]:
    """What a value only lays out along axes, turned or repeated, and the places of its own axes."""
    places = tuple(places)
    while (inner := unnamed(e)).op == PROD:
        out = inner.data[1]
        pairs = list(zip(inner.args, inner.data[0], strict=True))
        own = [(f, ls) for f, ls in pairs if not is_ones(f)]
        summed = any(label not in out and d != 1 for f, ls in pairs for label, d in zip(ls, f.shape, strict=True))
        if len(own) != 1 or summed:
            break
        e, places = own[0][0], tuple([places[out.index(label)] if label in out else None for label in own[0][1]])
    return inner, places


def is_ones(e: Expr) -> bool:
    e = unnamed(e)
    return e is ONE or (e.op == PROD and (not e.args or (len(e.args) == 1 and unnamed(e.args[0]) is ONE)))


def same_up_to_sign(a: Expr, b: Expr) -> bool:
    """Whether a is b, or the same terms in another order, or with all signs changed."""
    return a is b or (a.op == b.op == SUM and len(terms_of_all(a)) > 1 and ratio(a, b) is not None)
