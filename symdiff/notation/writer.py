"""From normal form back to the notation that people write.

In: values in normal form, and the formula, which gives reading order and the orientation of differences. Out: the same
values as written, every product in one of the forms of matrix notation.

A product in index notation is a small graph: labels are vertices, matrices are edges, vectors weigh a vertex. It is
reduced with the operations that have names: vectors of one label multiply entry by entry, a label summed over with
one matrix is a matrix-vector product, with two a matrix product (with a diag between them if it has a weight), a
closed chain is a trace, two open ends in different parts an outer product. Each step removes a label or a factor. What does not reduce
so stays a general product, which is printed in index notation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import groupby, pairwise

from symdiff.expr import build
from symdiff.expr.node import (
    CALL,
    CONST,
    DELTA,
    NAME,
    NUM,
    OPAQUE,
    POW,
    PROD,
    RESHAPE,
    SUM,
    UNIT,
    VAR,
    Dim,
    Expr,
    Number,
    Shape,
    make,
    rational,
)
from symdiff.expr.walk import preorder, topological
from symdiff.notation import merged
from symdiff.notation.numerals import terminates
from symdiff.notation.trees import length
from symdiff.notation.unparse import is_entangled, unparse
from symdiff.simplify.cost import squares
from symdiff.simplify.improve import Improver
from symdiff.simplify.normal import Normalizer
from symdiff.simplify.shapes import Term, constant_along, is_index, is_ones, is_zero, split, terms_of
from symdiff.table.operators import CONNECTIVES, FORWARD, INEQUALITIES, MIRROR, NEGATION

Labels = tuple[int, ...]

FLIPPED = {name: MIRROR[name] for name in FORWARD & INEQUALITIES}
ENTRY_BY_ENTRY = (((0, 1), (0, 1)), (0, 1))  # the labels of A .* B
NAMED_FROM, NAMING = 10, 6  # symbols from which on what stands twice gets a name; of `M = …; M + M'` besides M itself
FAR = 1 << 30
MANY_LETTERS = 8
MOST_KNOTS = 2_000  # nodes whose products are also tried as sums over an index: of longer answers nobody reads the text


@dataclass(slots=True)
class Element:
    """A written matrix in a chain, and whether it stands there transposed."""

    node: Expr
    turned: bool
    symmetric: bool = False

    def turn(self) -> Element:
        return Element(self.node, not self.turned and not self.symmetric, self.symmetric)


@dataclass(slots=True, eq=False)
class Edge:
    """A chain of matrices from label a to label b."""

    chain: list[Element]
    a: int
    b: int

    def reverse(self) -> Edge:
        return Edge([e.turn() for e in reversed(self.chain)], self.b, self.a)


class Writer:
    """Writes normal forms; `home` knows symmetries, `f` the reading order."""

    def __init__(self, home: Normalizer, f: Expr | None = None) -> None:
        self.home = home
        self.rank: dict[Expr, int] = {}
        self.order: dict[Expr, dict[Expr, int]] = {}
        self.written: dict[Expr, Expr] = {}
        self.prices: dict[Expr, int] = {}
        self.knots: dict[Expr, bool] = {}
        self.knot: set[Expr] = set()
        self.turns: dict[Expr, Expr] = {}  # written matrices with their transposes
        self.first: dict[Expr, int] = {}
        self.turn: dict[Expr, int] = {}  # like rank, but a letter comes after those that the formula writes in front of it
        self.first_turn: dict[Expr, int] = {}
        self.typed: dict[Expr, tuple[str, tuple[Expr, ...]]] = {}  # comparisons as the formula has them
        self.opposite: dict[Expr, Expr] = {}  # what they are the opposite of
        self.dots = False
        if f is not None:
            self.read(f)

    def read(self, f: Expr) -> None:
        """Remember in which order the formula shows its letters, and how it orders the terms of its sums."""
        nodes = preorder(f)
        for node in nodes:
            if not node.args or node.op in (NAME, OPAQUE):
                self.rank.setdefault(node, len(self.rank))
                if node.op == NAME:  # read as a letter
                    self.first[node] = self.rank[node]
        self.turn = turns_of_letters(nodes, [x for x in self.rank if x.op != CONST])
        self.first_turn = {node: self.turn[node] for node in self.first}
        forms = {n.data for n in nodes if n.op == PROD}
        self.dots = build.FORMS["dot"] in forms and build.FORMS["row"] not in forms
        if len(nodes) > 20_000:
            return
        plain = Normalizer(rules=False)
        plain.run([f, *[n.args[0] for n in nodes if n.op == NAME]])
        for node in nodes:
            if node.op == CALL and node.data in NEGATION and plain.memo[node].op == CALL:
                a, b = [plain.memo[a] for a in node.args]
                other = plain.comparison(NEGATION[node.data], (a, b), node.shape)
                self.typed.setdefault(plain.memo[node], (node.data, (a, b)))
                self.typed.setdefault(other, (NEGATION[node.data], (a, b)))
                self.opposite.setdefault(other, plain.memo[node])
            if node.op == SUM and node in plain.memo:
                terms = plain.gather_sum(node)
                self.order.setdefault(plain.memo[node], {split(t)[1]: k for k, (_, t) in enumerate(terms)})

    # ------------------------------------------------------------------------------------------ the walk

    def write(self, roots: Sequence[Expr]) -> list[Expr]:
        for node in topological(roots, self.written.keys(), into_names=False):
            if node not in self.written:
                self.written[node] = self.value(node)
        return [self.written[r] for r in roots]

    def get(self, x: Expr) -> Expr:
        """The written form of a normal form, made on demand for parts that are put together here."""
        known = self.written.get(x)
        return known if known is not None else self.write([x])[0]

    def value(self, x: Expr) -> Expr:
        op = x.op
        if op == SUM:
            return self.sum(x)
        if op == PROD:
            return self.term(1, x)
        if op == POW:
            return self.term(1, x)
        if op == CALL:
            return self.call(x)
        if op == OPAQUE:
            return make(OPAQUE, tuple([self.get(a) for a in x.args]), x.data, x.shape)
        if op == RESHAPE:
            if len(merged.factors(self.home, x)) > 1:
                return self.term(1, x)
            words = merged.written(self, x.args[0], x.shape)
            return words if words is not None and words.shape == x.shape else build.reshape(self.get(x.args[0]), x.shape)
        return x

    def call(self, x: Expr) -> Expr:
        name, args = x.data, x.args
        if x in self.typed:
            name, args = self.typed[x]
        elif name in FLIPPED:
            args = self.sides(*args)
        elif name == "if" and self.opposite.get(args[0], args[0]) is not args[0]:
            args = (self.opposite[args[0]], args[2], args[1])
        picked = build.one_hot_of(x)
        if picked is not None and picked[1] == 0 and len(x.shape) == 2:  # unit(y, k)'
            return build.transpose(build.one_hot(picked[0], x.shape[0]))
        if name in NEGATION and x not in self.typed and constant(args[0]) and not constant(args[1]):
            name, args = FLIPPED.get(name, name), args[::-1]
        if name in ("max", "min", "and", "or"):
            args = tuple(self.in_reading_order(args))
        written = make(CALL, tuple([self.get(a) for a in args]), name, x.shape)
        within = self.within(x) if name == "and" else None
        return within if within is not None and self.price(within) < self.price(written) else written

    def in_reading_order(self, args: Sequence[Expr]) -> list[Expr]:
        """Arguments whose order does not matter: constants last, x > 0 in front of x < 1; their letters are looked at where all else is equal."""

        def key(a: Expr) -> tuple[bool, int, bool, int]:
            w = self.get(a)
            return constant(a), self.position(a), w.op == CALL and w.data in ("lt", "le"), self.price(w)

        keys = {a: key(a) for a in args}
        if len(set(keys.values())) == len(keys):
            return sorted(args, key=keys.__getitem__)
        return sorted(args, key=lambda a: (keys[a], self.letters(self.get(a))))

    def within(self, x: Expr) -> Expr | None:
        """u < d and -d < u as abs(u) < d."""
        if any(a.op != CALL or a.data != x.args[0].data or a.data not in FLIPPED for a in x.args):
            return None
        first, second = [self.home.sub(*a.args) for a in x.args]
        d, u = [self.home.scaled(Fraction(1, 2), self.home.add(first, other)) for other in (second, self.home.scaled(-1, second))]
        ways = (u, self.home.scaled(-1, u))
        if u.op == SUM and self.order.keys().isdisjoint(ways) and any(is_ones(t) for t in u.args):
            return None  # abs(x - 1/2) < 1/2 is not how people say x > 0 and x < 1
        content = self.home.primitive(u)[0]
        found = []
        for c in {Fraction(1): None, 1 / Fraction(content if content > 0 else -content): None}:  # abs(x/6) < 1/2 is abs(x) < 3
            inside = min([self.get(self.facing(self.home.scaled(c, way))) for way in ways], key=self.price)
            found.append(make(CALL, (build.call("abs", inside), self.get(self.home.scaled(c, d))), FLIPPED[x.args[0].data], x.shape))
        return min(found, key=self.price)

    def sides(self, a: Expr, b: Expr) -> tuple[Expr, Expr]:
        """x + 1 > 0 is x > -1: the constant of a sum goes to the side that is 0."""
        for x, y in ((a, b), (b, a)):
            if is_zero(y) and x.op == SUM and len(x.args) > 1:
                for c, t in zip(x.data, x.args, strict=True):
                    if is_ones(t):
                        moved = self.home.full(-c, x.shape)
                        x = self.home.add(x, moved)
                        return (x, moved) if y is b else (moved, x)
        return a, b

    # ------------------------------------------------------------------------------------------ order

    def position(self, x: Expr) -> int:
        """Where the reader meets the first letter of x in the formula."""
        return earliest(x, self.rank, self.first)

    def letters(self, w: Expr) -> list[int]:
        """The first letters of a written term, as places in the formula: what tells terms of one length apart; -1 for a transpose."""
        found: list[int] = []
        stack = [w]
        while stack and len(found) < MANY_LETTERS:
            node = stack.pop()
            if node in self.rank or is_transpose(node):
                found.append(self.rank.get(node, -1))
            if node.op != NAME:
                stack.extend(reversed(node.args))
        return found

    def factor_key(self, x: Expr) -> tuple[bool, bool, int, bool, int, int]:
        """Reading order of factors: brackets first (last among tensors), then pi, then by first letter, letters before compounds, short before long."""
        base = x.args[0] if x.op == POW else x
        bracket = x.op == CALL and x.data in FORWARD | CONNECTIVES
        symbolic = x.op == POW and x.args[1].op != NUM
        compound = bool(base.args) and base.op not in (NAME, OPAQUE)
        place = -1 if base.op == CONST else earliest(x, self.turn, self.first_turn)
        return (bracket if x.shape else not bracket, symbolic, place, compound, self.price(self.get(base)), x.key)

    # ------------------------------------------------------------------------------------------ sums

    def sum(self, x: Expr) -> Expr:
        if len(x.args) == 1:
            return self.term(x.data[0], x.args[0])
        if x.shape and all(constant_along(t) for t in x.args):
            scalars = [(c, self.home.scalar_product(t.args)) for c, t in zip(x.data, x.args, strict=True)]
            return build.spread(self.get(self.home.sum(scalars, ())), x.shape)
        if (entries := self.entries(x)) is not None:
            return build.listed(entries)
        terms: list[Term] = list(zip(x.data, x.args, strict=True))
        seen = self.order.get(x)
        pieces = [(c, t, *self.signed(c, t)) for c, t in terms]

        def key(piece: tuple[Number, Expr, int, Expr]) -> tuple[bool, int, bool, int, int, list[int], int]:
            _, t, sign, w = piece
            place = seen.get(t, FAR) if seen is not None else 0
            return (sign < 0, place, is_ones(t) and sign > 0, self.position(t), self.price(w), self.letters(w), t.key)

        pieces.sort(key=key)
        parts = [w for _, _, _, w in pieces]
        transpose = all(is_transpose(w) for w in parts) and any(w.args[0].args for w in parts)
        if transpose:  # (A*B)' + (B*A)' is (A*B + B*A)'
            parts = [w.args[0] for w in parts]
        c, t, sign, _ = pieces[0]
        total = parts[0] if sign > 0 else negated(parts[0]) if transpose else self.term(c, t)
        for w, (_, _, sign, _) in zip(parts[1:], pieces[1:], strict=True):
            total = build.add(total, w, sign)
        if transpose:
            total = build.transpose(total)
        content, rest = self.home.primitive(x, sign=False)
        if content != 1:
            out = tuple(range(len(x.shape)))
            front, turned = self.orient(content, [(rest, out)])
            product = self.product(front, turned, out, x.shape)
            if self.price(product) < self.price(total):
                return product
        if len(terms) > 2:
            alike = self.together(terms, x.shape)
            if alike is not None:
                written = self.sum(alike)
                if self.price(written) < self.price(total):
                    return written
            both = self.with_transpose(x, self.price(total))
            if both is not None:
                return both
        return total

    def entries(self, x: Expr) -> list[Expr] | None:
        """The entries of a vector, written, where its terms are numbers times basis vectors; None for other vectors."""
        if len(x.shape) != 1 or not isinstance(x.shape[0], int) or x.shape[0] > 2 * len(x.args):
            return None
        found: dict[int, list[Term]] = {}
        for c, t in zip(x.data, x.args, strict=True):
            factors = list(zip(t.args, t.data[0], strict=True)) if t.op == PROD else [(t, (0,))]
            units = [f for f, ls in factors if ls]
            if len(units) != 1 or units[0].op != UNIT or any(f.shape for f, ls in factors if not ls):
                return None
            rest = [(f, ls) for f, ls in factors if not ls]
            found.setdefault(units[0].data, []).append((c, self.home.product(rest, (), {})))
        if len(found) < 2:
            return None
        return [self.get(self.home.sum(found[i], ())) if i in found else build.ZERO for i in range(1, x.shape[0] + 1)]

    def with_transpose(self, x: Expr, limit: int) -> Expr | None:
        """A symmetric sum as M + M', where that is shorter with a name for M."""
        half = self.half(x) if self.home.symmetric(x) else None
        if half is None:
            return None
        (half,) = Improver(self.home).run([half])
        w = self.get(half)
        price = self.price(w)
        return build.add(w, build.transpose(w)) if price >= NAMED_FROM and price + NAMING < limit else None

    def half(self, x: Expr, depth: int = 3) -> Expr | None:
        """M, where a symmetric sum is M + M' term by term; a symmetric term is halved inside a sum among its factors."""
        terms = dict(zip(x.args, x.data, strict=True))
        found: list[Term] = []
        done: set[Expr] = set()
        for t, c in terms.items():
            if t in done:
                continue
            turned = self.home.transposed(t)
            if turned is not t:
                if terms.get(turned) != c:
                    return None
                done.add(turned)
                found.append((c, min(t, turned, key=lambda u: self.price(self.get(u)))))
                continue
            items = list(zip(t.args, t.data[0], strict=True)) if t.op == PROD and depth else []
            if any(ls and (len(ls) != 2 or set(ls) != set(t.data[1]) or not self.home.symmetric(f)) for f, ls in items):
                return None
            for n, (f, ls) in enumerate(items):
                inner = self.half(f, depth - 1) if ls and f.op == SUM and len(f.args) > 1 else None
                if inner is not None:
                    found.append((c, self.home.product([*items[:n], (inner, ls), *items[n + 1 :]], t.data[1], {})))
                    break
            else:
                return None
        return self.home.sum(found, x.shape)

    def signed(self, c: Number, t: Expr) -> tuple[int, Expr]:
        """c*t as a sign and what follows it in a sum: a + -b*c is a - b*c."""
        sign, size = (-1, -c) if c < 0 else (1, c)
        w = self.term(size, t)
        leads = leads_with_minus(w)
        if leads or self.against(size, t):
            turned = self.term(-size, t)
            if self.price(turned) < self.price(w) + (not leads):
                return -sign, turned
        return sign, w

    def against(self, c: Number, t: Expr) -> bool:
        """Whether c*t will be written with a difference in the direction opposite to the formula's."""
        if t.op != PROD or all(f.op != SUM for f in t.args):
            return False
        _, factors = self.orient(c, list(zip(t.args, t.data[0], strict=True)))
        return any(f.op == SUM and self.facing(f) is not f for f, _ in factors)

    def together(self, terms: list[Term], shape: Shape) -> Expr | None:
        """A sum some of whose terms have one coefficient, these as one term: x/2 + y/2 - z is (x + y)/2 - z."""
        sizes: list[Number] = [c if c > 0 else -c for c, _ in terms]
        shared = [(n, c) for c, n in Counter(sizes).items() if c != 1 and 1 < n < len(terms)]
        if not shared:
            return None
        _, c = max(shared)
        inner = self.home.sum([(1 if d > 0 else -1, t) for d, t in terms if abs(d) == c], shape)
        if inner.op != SUM:
            return None
        rest = [(d, t) for d, t in terms if abs(d) != c]
        return make(SUM, (*[t for _, t in rest], inner), (*[d for d, _ in rest], c), shape)

    # ------------------------------------------------------------------------------------------ terms

    def term(self, c: Number, t: Expr) -> Expr:
        """c*t as written, for a term of a sum or a product on its own."""
        if is_ones(t):
            return build.spread(build.num(c), t.shape)
        if is_zero(t):
            return t
        if t.op == PROD:
            labels, out = t.data
            factors = list(zip(t.args, labels, strict=True))
        else:
            out = tuple(range(len(t.shape)))
            factors = merged.factors(self.home, t) if t.op == RESHAPE else [(t, out)]
        c, factors = self.orient(c, factors)
        return self.product(c, factors, out, t.shape)

    def orient(self, c: Number, factors: list[tuple[Expr, Labels]]) -> tuple[Number, list[tuple[Expr, Labels]]]:
        """Give differences the direction that the formula has, or one that saves a leading minus."""
        turned = []
        for f, ls in factors:
            base, parity = (f.args[0], f.args[1].data % 2 if f.args[1].op == NUM else 2) if f.op == POW else (f, 1)
            if f.op == PROD:
                inside = self.turned_inside(f, lambda g: self.facing(g) is not g)
                c, f = (c, f) if inside is None else (-c, inside)
            facing = self.facing(base) if parity in (0, 1) else base
            if facing is not base:
                c = -c if parity else c
                f = make(POW, (facing, f.args[1]), None, base.shape) if f.op == POW else facing
            turned.append((f, ls))
        if c < 0:
            count = Counter(f for f, _ in turned)
            for wanted in (self.neutral, self.turns_well):
                for n, (f, ls) in enumerate(turned):
                    if count[f] > 1:
                        continue
                    if f.op == SUM and len(f.args) > 1 and wanted(f):
                        turned[n] = (self.home.scaled(-1, f), ls)
                        return -c, turned
                    if f.op == CALL and f.data == "cross":
                        turned[n] = (make(CALL, f.args[::-1], f.data, f.shape), ls)
                        return -c, turned
                    inside = self.turned_inside(f, wanted) if f.op == PROD and wanted == self.neutral else None
                    if inside is not None:
                        turned[n] = (inside, ls)
                        return -c, turned
        return c, turned

    def neutral(self, x: Expr) -> bool:
        """A difference that the formula does not have, without a constant to lead it."""
        return x not in self.order and self.turns_well(x) and not any(is_ones(t) for t in x.args)

    def turned_inside(self, x: Expr, wanted: Callable[[Expr], bool]) -> Expr | None:
        """-x, for a product with a difference among its factors that is wanted the other way round."""
        for n, a in enumerate(x.args):
            odd = a.op == POW and a.args[1].op == NUM and a.args[1].data % 2 == 1
            base = a.args[0] if odd else a
            if base.op == SUM and len(base.args) > 1 and x.args.count(a) == 1 and wanted(base):
                turned = self.home.scaled(-1, base)
                args = (*x.args[:n], make(POW, (turned, a.args[1]), None, a.shape) if odd else turned, *x.args[n + 1 :])
                return make(PROD, args, x.data, x.shape)
        return None

    def turns_well(self, x: Expr) -> bool:
        """A difference of two terms reads as well the other way round; so does a + A'*(b - c), which is a - A'*(c - b)."""
        return any(c < 0 for c in x.data) or any(self.signed(c, t)[0] < 0 for c, t in zip(x.data, x.args, strict=True))

    def facing(self, x: Expr) -> Expr:
        """x or -x: a difference in the direction that the formula has."""
        if x.op != SUM or len(x.args) == 1:
            return x
        flipped = self.home.scaled(-1, x)
        return flipped if flipped in self.order and x not in self.order else x

    def product(self, c: Number, factors: list[tuple[Expr, Labels]], out: Labels, shape: Shape) -> Expr:
        """c times a network of factors, written; as a sum over an index where a factor has no other notation and that is shorter."""
        result = self.matrix_product(c, factors, out, shape)
        if not any(len(ls) > 1 for _, ls in factors) or len(self.knots) > MOST_KNOTS or not any(self.knotted(self.get(power_base(f))) for f, ls in factors if ls):
            return result
        other = self.matrix_product(c, factors, out, shape, general=True)
        return other if length(unparse(other)) < length(unparse(result)) else result

    def knotted(self, w: Expr) -> bool:
        """Whether matrix notation cannot write a value, or what it is made of."""
        for node in topological([w], self.knots.keys()):
            if node not in self.knots:
                self.knots[node] = node.op != NAME and (is_entangled(node, self.knot) or any(self.knots[a] for a in node.args))
                if is_entangled(node, self.knot):
                    self.knot.add(node)
        return self.knots[w]

    def matrix_product(self, c: Number, factors: list[tuple[Expr, Labels]], out: Labels, shape: Shape, *, general: bool = False) -> Expr:
        """c times a network of factors; general: as it is."""
        above: list[Expr] = []
        below: list[Expr] = []
        tensors: list[tuple[Expr, Labels]] = []
        for f, ls in self.brackets_joined(factors):
            if ls:
                tensors.append((f, ls))
            elif f.op == POW and f.args[1].op == NUM and f.args[1].data < 0:
                below.append(self.home.number_power(f.args[0], -f.args[1].data))
            else:
                above.append(f)
        above.sort(key=self.factor_key)
        below.sort(key=self.factor_key)
        self.means(above, below)
        over = [self.entry_power(x) for x in above]
        under = [self.entry_power(x) for x in below]
        sign, c = (-1, -c) if c < 0 else (1, c)
        c = roots(c, over, under)
        numerator: Number = Fraction(c).numerator
        denominator = Fraction(c).denominator
        if denominator != 1 and numerator != 1 and not under and terminates(c):
            numerator, denominator = c, 1
        if denominator != 1:
            under.insert(0, build.num(denominator))
        if tensors:
            sizes = dict(zip(out, shape, strict=True)) | {i: d for f, ls in tensors for i, d in zip(ls, f.shape, strict=True)}
            layout = Layout(self, out, sizes, tensors)
            chain = [layout.general()] if general else layout.chain()
        else:
            chain = []
        if out and len(chain) > 1 and chain[-1] is build.spread(build.ONE, shape):
            chain.pop()
        spread_at_end = bool(out) and not any(part.shape for part in chain)
        parts = over + chain
        if numerator != 1 or (not parts and (not under or sign < 0)):
            parts.insert(0, build.num(sign * numerator))
            sign = 1
        result = self.fold(parts, sign)
        if under:
            bottom = under[0]
            for d in under[1:]:
                bottom = build.scale(bottom, d)
            result = build.divide(result if result is not None else build.ONE, bottom)
        assert result is not None
        return build.spread(result, shape) if spread_at_end else result

    def means(self, above: list[Expr], below: list[Expr]) -> None:
        """sum(x)/size(x) is mean(x)."""
        for n, x in enumerate(above):
            if x.op == PROD and len(x.args) == 1 and not x.shape and x.data[0][0] == tuple(range(len(x.args[0].shape))):
                inner = x.args[0]
                sizes = [build.dim(part) for d in inner.shape for part in (d if isinstance(d, tuple) else (d,))]
                holders = [next((k for k, b in enumerate(below) if power_base(b) is s), -1) for s in sizes]
                if inner.op != POW and -1 not in holders and len(set(holders)) == len(sizes):
                    for k in holders:
                        below[k] = self.home.scalar_product([below[k], self.home.number_power(power_base(below[k]), -1)])
                    below[:] = [b for b in below if b is not build.ONE]
                    above[n] = make(CALL, (inner,), "mean", ())

    def brackets_joined(self, factors: list[tuple[Expr, Labels]]) -> list[tuple[Expr, Labels]]:
        """[x > 0]*[x < 6] as [x > 0 and x < 6], unless the formula has both brackets and puts them together itself."""
        found: dict[Labels, list[Expr]] = {}
        for f, ls in factors:
            if f.op == CALL and f.data in FLIPPED:
                found.setdefault(ls, []).append(f)
        both = {ls: fs for ls, fs in found.items() if len(fs) == 2 and not all(f in self.typed for f in fs) and not any(map(counts, fs))}
        if not both:
            return factors
        rest = [(f, ls) for f, ls in factors if ls not in both or f not in both[ls]]
        return rest + [(self.home.call("and", tuple(fs), fs[0].shape), ls) for ls, fs in both.items()]

    def fold(self, parts: Sequence[Expr], sign: int) -> Expr | None:
        """The parts multiplied from the left, each step with the product that their kinds ask for."""
        if not parts:
            return None
        cut = next((k for k, part in enumerate(parts) if len(parts) > 1 and build.selected(part) is not None), None)
        behind = parts[cut + 1 :] if cut is not None else ()
        if behind and cut and len(parts[cut - 1].shape) == 2 and all(build.selected(part) is not None for part in behind):
            cut, behind = len(parts) - 1, ()  # A*S'*S: from the left
        if cut is not None and behind:  # x[2:4] is taken from what stands behind, or puts that at its place
            rest = self.fold(parts[cut + 1 :], 1)
            assert rest is not None
            if rest.shape and not is_row(rest):
                taken = (build.matvec if len(rest.shape) == 1 else build.matmul)(parts[cut], rest)
                return self.fold([*parts[:cut], taken], sign)
        elif cut is not None and len(parts[cut - 1].shape) == 2 and not is_row(parts[cut - 1]):
            front = [part for part in parts[:cut] if not part.shape]
            inner = self.fold([part for part in parts[:cut] if part.shape], 1)
            assert inner is not None
            return self.fold([*front, build.matmul(inner, parts[cut])], sign)
        result = parts[0]
        if sign < 0:
            result = negated(result)
        row = is_row(parts[0])
        for part in parts[1:]:
            next_row = is_row(part)
            if not result.shape or not part.shape:
                row = row if result.shape else next_row
                result = build.scale(result, part)
            elif len(result.shape) == 1:
                result = build.vec_row(result, part)
                row = False
            elif len(part.shape) == 1:
                result = build.row_vec(result, part) if row else build.matvec(result, part)
                row = False
            else:
                result = build.matmul(result, part)
        return result

    # ------------------------------------------------------------------------------------------ powers

    def entry_power(self, f: Expr) -> Expr:
        """A factor that may be a power, written; negative powers as they are."""
        if f.op != POW:
            return self.get(f)
        base, exponent = f.args
        if exponent.op == NUM:
            return self.number_power(base, exponent.data)
        length = self.norm_of(base)
        if length is not None:
            return build.power(build.call("norm2", self.get(self.facing(length))), self.get(self.home.scaled(2, exponent)))
        return build.power(self.get(base), self.get(exponent))

    def number_power(self, base: Expr, n: Number) -> Expr:
        length = self.norm_of(base)
        if length is not None:
            length = self.facing(length)
        if length is not None and Fraction(n).denominator <= 2:
            k = int(2 * n)
            norm = build.call("norm2", self.get(length))
            if k % 2 or k > 2 or self.price(norm) + 2 < self.price(self.get(base)):
                return norm if k == 1 else build.power(norm, build.num(k))
        w = self.get(base)
        if n == 1:
            return w
        if Fraction(n).denominator == 2:
            rows = rows_squared(w)
            root = build.call("sqrt", w) if rows is None else build.call("rownorm2", rows)
            return root if n == Fraction(1, 2) else build.power(root, build.num(2 * n))
        return build.power(w, build.num(n))

    def norm_of(self, x: Expr) -> Expr | None:
        """r, where x in normal form is the sum of the squares of the entries of r."""
        parts = squares(x)
        if parts is None:
            return None
        if len(parts) == 1:
            return parts[0][0]
        labels = max([ls for _, ls in parts], key=len)
        return self.home.product(parts, labels, {})

    def squared(self, w: Expr) -> Expr:
        """M*(M*x) as M^2*x, where M is more than a letter; unit(ids, k)*(C*x) as C[ids]*x."""
        if w.op == PROD and w.data == build.FORMS["matvec"] and self.price(w.args[0]) > 1:
            m, v = w.args
            if v.op == PROD and v.data == w.data and v.args[0].op in (VAR, NAME) and m.op == CALL and build.one_hot_of(m) is not None:
                return build.matvec(build.matmul(m, v.args[0]), v.args[1])
            if is_transpose(m) and v.op == PROD and v.data == w.data and is_transpose(v.args[0]) and (rows := looked_up(v.args[0].args[0], m.args[0])) is not None:
                return build.matvec(build.transpose(rows), v.args[1])
            if v.op == PROD and v.data == w.data and v.args[0] is m:
                return build.matvec(build.matmul(m, m), v.args[1])
        return w

    # ------------------------------------------------------------------------------------------ transposes

    def turned(self, w: Expr) -> Expr:
        """The transpose of a written matrix, inside where that has fewer symbols: ((W*S') .* H')' is (S*W') .* H."""
        known = self.turns
        for node in topological([w], known.keys(), into_names=False):
            if node in known or len(node.shape) != 2:
                continue
            best = transposed(node)
            if node.op == PROD and node.data == build.FORMS["matmul"]:
                other = build.matmul(known[node.args[1]], known[node.args[0]])
            elif node.op == SUM or (node.op == PROD and node.data == ENTRY_BY_ENTRY):
                args = tuple([known[a] for a in node.args])
                other = make(node.op, args, node.data, node.shape[::-1])
            else:
                other = best
            known[node] = other if self.price(other) < self.price(best) else best
        return known[w]

    # ------------------------------------------------------------------------------------------ price

    def price(self, w: Expr) -> int:
        """The number of symbols a reader sees, brackets and commas not counted; of a written node."""
        known = self.prices.get(w)
        if known is not None:
            return known
        prices = self.prices
        for node in topological([w], prices.keys()):
            if node not in prices:
                prices[node] = price_of(node, [prices[a] for a in node.args])
        return prices[w]


def rows_squared(w: Expr) -> Expr | None:
    """A, where w is written as rowsum(A .^ 2) or colsum(A' .^ 2)."""
    if w.op != PROD or w.data not in (build.FORMS["rowsum"], build.FORMS["colsum"]) or w.args[0].op != POW or w.args[0].args[1] is not build.TWO:
        return None
    inner = w.args[0].args[0]
    return inner if w.data == build.FORMS["rowsum"] else transposed(inner)


class Layout:
    """The tensor part of one product, being reduced to a chain of written factors."""

    def __init__(self, home: Writer, out: Labels, sizes: dict[int, Dim], tensors: list[tuple[Expr, Labels]]) -> None:
        self.home = home
        self.out = out
        self.sizes = sizes
        self.tensors = tensors
        self.weights: dict[int, list[Expr]] = {}  # label -> written vectors to be multiplied entry by entry
        self.inverse: dict[int, list[Expr]] = {}  # label -> written vectors to divide by
        self.edges: list[Edge] = []
        self.scalars: list[Expr] = []

    def chain(self) -> list[Expr]:
        """The factors of the product from the left, scalars that arose on the way first."""
        home = self.home
        if len(self.out) > 2 or any(len(ls) > 2 for _, ls in self.tensors):
            return [self.general()]
        matrices: dict[tuple[int, int], list[tuple[Expr, bool]]] = {}
        for f, ls in sorted(self.tensors, key=lambda t: home.factor_key(t[0])):
            negative = f.op == POW and f.args[1].op == NUM and f.args[1].data < 0
            if len(ls) == 1 and self.sizes[ls[0]] == 1:
                self.scalars.append(build.total(home.entry_power(f)))
            elif len(ls) == 1:
                if negative:
                    self.inverse.setdefault(ls[0], []).append(home.number_power(f.args[0], -f.args[1].data))
                else:
                    self.weights.setdefault(ls[0], []).append(home.entry_power(f))
            elif ls[0] == ls[1] and negative:
                self.inverse.setdefault(ls[0], []).append(build.diag_part(home.number_power(f.args[0], -f.args[1].data)))
            elif ls[0] == ls[1]:
                self.weights.setdefault(ls[0], []).append(build.diag_part(home.entry_power(f)))
            else:
                pair = (min(ls), max(ls))
                matrices.setdefault(pair, []).append((f, ls != pair))
        for pair, found in matrices.items():
            self.edges.append(self.merge(pair, found))
        if not self.reduce():
            return [self.general()]
        self.outer_weights()
        return self.scalars + self.assemble()

    def merge(self, pair: tuple[int, int], found: list[tuple[Expr, bool]]) -> Edge:
        """Matrices with the same two labels, multiplied entry by entry."""
        home = self.home
        closed = not set(pair) & set(self.out) and not any(i in self.weights or i in self.inverse for i in pair)
        alone = all(not set(ls) & set(pair) or set(ls) == set(pair) for _, ls in self.tensors)
        if len(found) == 2 and closed and alone and found[0][1] != found[1][1] and not any(f.op == POW for f, _ in found):
            first, second = sorted(found, key=lambda m: home.factor_key(m[0]))
            self.scalars.append(build.trace(build.matmul(home.get(first[0]), home.get(second[0]))))
            return Edge([], *pair)
        if len(found) == 2 and found[0][1] != found[1][1] and not any(f.op == POW for f, _ in found):
            edges = [Edge([Element(home.get(f), turned)], *pair) for f, turned in found]
            around = self.diagonal(frozenset(pair), edges) if alone else None
            if around is not None:
                self.weights.setdefault(around[0], []).append(around[1])
                return Edge([], *pair)
        if len(found) == 1:
            f, turned = found[0]
            symmetric = home.home.symmetric(f)
            return Edge([Element(home.entry_power(f), turned and not symmetric, symmetric)], *pair)
        turned = sum(t for _, t in found) * 2 > len(found)
        over: list[Expr] = []
        under: list[Expr] = []
        for f, t in found:
            negative = f.op == POW and f.args[1].op == NUM and f.args[1].data < 0
            w = home.number_power(f.args[0], -f.args[1].data) if negative else home.entry_power(f)
            (under if negative else over).append(build.transpose(w) if t != turned and not home.home.symmetric(f) else w)
        return Edge([Element(quotient(over, under), turned)], *pair)

    def outer_weights(self) -> bool:
        """diag(u)*M*diag(v) is shorter as (u*v') .* M; True if there was one."""
        found = False
        degree = Counter(i for e in self.edges for i in {e.a, e.b})
        for edge in self.edges:
            if len(edge.chain) != 1 or any(i not in self.out and degree[i] < 2 for i in (edge.a, edge.b)):
                continue
            element = edge.chain[0]
            if element.node.op == DELTA:
                continue
            a, b = (edge.b, edge.a) if element.turned else (edge.a, edge.b)
            if all(i in self.weights or i in self.inverse for i in (a, b)):
                u, v = self.weight(a), self.weight(b)
                assert u is not None and v is not None
                frame = build.vec_row(u, build.row(v))
                element.node = build.elementwise(frame, element.node)
                element.symmetric = False
                for i in (a, b):
                    self.weights.pop(i, None)
                    self.inverse.pop(i, None)
                found = True
        return found

    def weight(self, label: int) -> Expr | None:
        over, under = self.weights.get(label, []), self.inverse.get(label, [])
        return quotient(over, under) if over or under else None

    def pop_weight(self, label: int) -> Expr | None:
        w = self.weight(label)
        self.weights.pop(label, None)
        self.inverse.pop(label, None)
        return w

    def reduce(self) -> bool:
        """Sum over labels one after the other; False where a label meets three matrices."""
        self.edges = [e for e in self.edges if e.chain]
        labels = {i for e in self.edges for i in (e.a, e.b)} | set(self.weights) | set(self.inverse)
        waiting = sorted(labels - set(self.out))
        while waiting:
            degree = {i: [e for e in self.edges if i in (e.a, e.b)] for i in waiting}
            label = min(waiting, key=lambda i: (len(degree[i]), i))
            met = degree[label]
            if len(met) > 1 and self.outer_weights():
                continue
            if len(met) > 2:
                return False
            waiting.remove(label)
            if not met:
                if label in self.weights or label in self.inverse:
                    self.scalars.append(self.total(label))
            elif len(met) == 1:
                self.edges.remove(met[0])
                ends = frozenset((met[0].a, met[0].b))
                if len(ends) == 1:
                    self.scalars.append(self.closed(met[0], label))
                elif self.lonely(ends, []):
                    self.scalars.append(self.both_summed(met[0]))
                else:
                    self.hang(met[0], label)
            else:
                first, second = met
                self.edges = [e for e in self.edges if e is not first and e is not second]
                if first.b != label:
                    first = first.reverse()
                if second.a != label:
                    second = second.reverse()
                middle = self.pop_weight(label)
                between = [Element(build.diag_matrix(middle), False, True)] if middle is not None else []
                joined = Edge(first.chain + between + second.chain, first.a, second.b)
                self.edges.append(joined)
                self.join_parallel()
        self.join_parallel()
        return len(self.edges) <= 1

    def join_parallel(self) -> None:
        """Chains between the same two labels, multiplied entry by entry."""
        found: dict[frozenset[int], list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(frozenset((edge.a, edge.b)), []).append(edge)
        for ends, group in found.items():
            if len(group) == 2 and len(ends) == 2 and self.lonely(ends, group):
                self.edges = [e for e in self.edges if e not in group]
                self.scalars.append(self.loop(*group))
            elif len(group) == 2 and (around := self.diagonal(ends, group)) is not None:
                self.edges = [e for e in self.edges if e not in group]
                self.weights.setdefault(around[0], []).insert(0, around[1])
            elif len(group) > 1:
                a, b = group[0].a, group[0].b
                if a in self.out and b in self.out:
                    a, b = sorted((a, b), key=self.out.index)
                folded = [self.home.fold(self.matrices((e if e.a == a else e.reverse()).chain), 1) for e in group]
                if not (a in self.out and b in self.out):
                    other = [self.home.fold(self.matrices((e if e.a == b else e.reverse()).chain), 1) for e in group]
                    both = [sum([self.home.price(w) for w in way if w is not None]) for way in (folded, other)]
                    if both[1] < both[0]:
                        folded, a, b = other, b, a
                self.edges = [e for e in self.edges if e not in group]
                self.edges.append(Edge([Element(quotient([w for w in folded if w is not None], []), False)], a, b))

    def diagonal(self, ends: frozenset[int], group: list[Edge]) -> tuple[int, Expr] | None:
        """Two chains from a label to one that is summed over, where that is shorter as the diagonal of a chain: diag(A*B)."""
        home = self.home
        summed = [i for i in ends if self.lonely(frozenset((i,)), group)]
        if len(ends) != 2 or len(summed) != 1 or 1 in (self.sizes[i] for i in ends):
            return None
        (label,) = ends - {*summed}
        there, back = [e if e.a == label else e.reverse() for e in group]
        circle = Edge(there.chain + back.reverse().chain, label, label)
        found = [home.fold(self.matrices(chain), 1) for chain in (circle.chain, circle.reverse().chain)]
        flat = [home.fold(self.matrices(e.chain), 1) for e in (there, back)]
        if None in found or not any(w is not None and is_transpose(w) for w in flat):
            return None  # of rowsum(M .* (W'*R)) people keep the product entry by entry
        diagonal = build.diag_part(min([w for w in found if w is not None], key=home.price))
        rows = build.rowsum(quotient([w for w in flat if w is not None], []))
        return (label, diagonal) if home.price(diagonal) <= home.price(rows) else None

    def lonely(self, ends: frozenset[int], group: list[Edge]) -> bool:
        """Whether these labels are summed over and meet nothing but the chains of the group."""
        if any(i in self.out or i in self.weights or i in self.inverse for i in ends):
            return False
        return not any(e.a in ends or e.b in ends for e in self.edges if e not in group)

    def loop(self, first: Edge, second: Edge) -> Expr:
        """Two chains between two labels that meet nothing else: a trace, or the sum of an elementwise product."""
        home = self.home
        back = second if second.a == first.b else second.reverse()
        circle = Edge(first.chain + back.chain, first.a, first.a)
        found = [home.fold(self.matrices(chain), 1) for chain in (circle.chain, circle.reverse().chain)]
        flat = [home.fold(self.matrices(chain), 1) for chain in (first.chain, back.reverse().chain)]
        ways = [build.trace(w) for w in found if w is not None]
        ways.append(self.summed(quotient([w for w in flat if w is not None], [])))
        return min(ways, key=home.price)

    @staticmethod
    def summed(w: Expr) -> Expr:
        """The sum of the entries of a written tensor: of a diagonal the trace, of absolute values the norm."""
        if w.op == PROD and w.data == build.FORMS["diag_part"]:
            return build.trace(w.args[0])
        return build.call("norm1", *w.args) if w.op == CALL and w.data == "abs" else build.total(w)

    def hang(self, edge: Edge, label: int) -> None:
        """Sum over a label at the end of a chain: a matrix-vector product, or row sums."""
        if edge.b != label:
            edge = edge.reverse()
        vector = self.pop_weight(label)
        element = edge.chain[0]
        if vector is None and len(edge.chain) == 1:
            sums = build.total if self.sizes[edge.a] == 1 else build.colsum if element.turned else build.rowsum
            node = sums(element.node)
        elif vector is not None and vector.op == UNIT and len(edge.chain) == 1:
            only = 1 if self.sizes[edge.a] == 1 else None
            node = build.entry(element.node, *((vector.data, only) if element.turned else (only, vector.data)))
        else:
            if vector is None:
                vector = build.spread(build.ONE, (self.sizes[label],))
            folded = self.home.fold([*self.matrices(edge.chain), vector], 1)
            assert folded is not None
            node = self.home.squared(folded)
        if self.sizes[edge.a] == 1:  # the only entry of its axis
            self.scalars.append(build.total(node) if node.shape else node)
        else:
            self.weights.setdefault(edge.a, []).insert(0, node)

    def total(self, label: int) -> Expr:
        """A sum over one label of vectors only: a dot product, a squared norm, or a sum."""
        home = self.home
        over, under = self.weights.pop(label, []), self.inverse.pop(label, [])
        if under or len(over) == 1:
            w = quotient(over, under)
            if w.op == POW and w.args[1] is build.TWO:
                return self.square(w.args[0])
            return self.summed(w)
        if len(over) == 2 and over[0] is over[1]:
            return self.square(over[0])
        if len(over) == 2 and (over[0].op == UNIT) != (over[1].op == UNIT):
            return entry_of(*(over if over[1].op == UNIT else over[::-1]))
        if len(over) == 2:
            row = as_row_chain(home, over[0], over[1])
            return row if row is not None else build.dot(*over)
        return build.dot(over[0], quotient(over[1:], []))

    def square(self, w: Expr) -> Expr:
        home = self.home
        if len(w.shape) == 1 and 2 * home.price(w) + 1 <= home.price(w) + 3:
            return build.dot(w, w)
        return build.power(build.call("norm2", w), build.TWO)

    def closed(self, edge: Edge, label: int) -> Expr:
        """A chain from a label to itself: a trace."""
        weight = self.pop_weight(label)
        chain = edge.chain
        if weight is not None:
            chain = [Element(build.diag_matrix(weight), False, True), *chain]
        folded = self.home.fold(self.matrices(chain), 1)
        assert folded is not None
        return build.trace(folded)

    def matrices(self, chain: list[Element]) -> list[Expr]:
        """The written factors of a chain; inv(A)*inv(B) is inv(B*A)."""
        found: list[Expr] = []
        joined: list[Element] = []
        for e in chain:
            last = joined[-1] if joined else None
            differ = last is not None and e.node is not last.node
            if last is not None and differ and is_inverse(e.node) and is_inverse(last.node) and e.turned == last.turned and not (e.symmetric or last.symmetric):
                first, second = (last, e) if e.turned else (e, last)
                joined[-1] = Element(build.call("inv", build.matmul(first.node.args[0], second.node.args[0])), e.turned)
            else:
                joined.append(e)
        for (node, turned), run in groupby(joined, key=lambda e: (e.node, e.turned and not e.symmetric)):
            k = len(list(run))
            if k > (1 if turned or self.home.price(node) > 1 else 2):
                power = reduce(build.matmul, [node] * k)
                found.append(build.transpose(power) if turned else power)
            else:
                found += [self.home.turned(node) if turned else node] * k
        for n in range(len(found) - 1, 0, -1):  # unit(ids, k)*C is C[ids]
            one, other = found[n - 1 : n + 1]
            rows = looked_up(one, other)
            if rows is None and is_transpose(one) and is_transpose(other):
                rows = looked_up(other.args[0], one.args[0])
                rows = build.transpose(rows) if rows is not None else None
            if rows is not None:
                found[n - 1 : n + 1] = [rows]
        return found

    def assemble(self) -> list[Expr]:
        """What is left stands on the output labels only."""
        home = self.home
        if not self.out:
            return []
        if len(self.out) == 1:
            w = self.weight(self.out[0])
            if w is None:
                return [build.spread(build.ONE, (self.sizes[self.out[0]],))]
            return unfold(w)
        i, j = self.out
        if self.edges:
            edge = self.edges[0] if self.edges[0].a == i else self.edges[0].reverse()
            left, right = self.weight(i), self.weight(j)
            chain = self.matrices(edge.chain)
            if len(chain) == 1 and chain[0].op == DELTA and (left is not None or right is not None):
                both = [w for w in (left, right) if w is not None]
                return [build.diag_matrix(quotient(both, []))]
            back = edge.reverse().chain
            if len(chain) > 1 and left is None and right is None and not any(e.turned for e in back) and any(e.turned for e in edge.chain):
                folded, pushed = home.fold(self.matrices(back), 1), home.fold(chain, 1)
                assert folded is not None and pushed is not None
                if home.price(pushed) > home.price(folded):
                    return [build.transpose(folded)]
            front = [build.diag_matrix(left)] if left is not None else []
            end = [build.diag_matrix(right)] if right is not None else []
            return front + chain + end
        left, right = self.weight(i), self.weight(j)
        if left is None and right is None:
            return [build.spread(build.ONE, (self.sizes[i], self.sizes[j]))]
        if left is None and self.sizes[i] == 1 and right is not None:
            return self.row_chain(right)
        left = left if left is not None else build.spread(build.ONE, (self.sizes[i],))
        right = right if right is not None else build.spread(build.ONE, (self.sizes[j],))
        return unfold(left) + self.row_chain(right)

    def row_chain(self, v: Expr) -> list[Expr]:
        """v' as factors: (M*w)' as w'*M' where that is no longer."""
        parts = unfold(v)
        if len(parts) > 1 and parts[-1].shape and len(parts[-1].shape) == 1 and all(len(p.shape) == 2 for p in parts[:-1]):
            turned = [transposed(p) for p in reversed(parts[:-1])]
            if sum(self.home.price(p) for p in turned) <= sum(self.home.price(p) for p in parts[:-1]):
                return [build.row(parts[-1]), *turned]
        return [build.row(v)]

    def both_summed(self, edge: Edge) -> Expr:
        """A chain between two labels that are both summed over."""
        if len(edge.chain) == 1:
            node = edge.chain[0].node
            if node.op == POW and node.args[1] is build.TWO:
                return self.square(node.args[0])
            return self.summed(node)
        folded = self.home.fold(self.matrices(edge.chain), 1)
        assert folded is not None
        return build.total(folded)

    def general(self) -> Expr:
        """No form of matrix notation: the product as it is."""
        factors = sorted(self.tensors, key=lambda t: (*self.home.factor_key(t[0])[:-1], t[1], t[0].key))
        return build.contract([self.home.entry_power(f) for f, _ in factors], [ls for _, ls in factors], self.out, self.sizes)


# ---------------------------------------------------------------------------------------------- small helpers


def looked_up(a: Expr, b: Expr) -> Expr | None:
    """C[ids], where a is unit(ids, k) and b a letter."""
    return build.matmul(a, b) if b.op in (VAR, NAME) and len(b.shape) == 2 and a.op == CALL and len(a.shape) == 2 and build.one_hot_of(a) is not None else None


def constant(x: Expr) -> bool:
    """A number, perhaps spread."""
    return x.op == NUM or is_ones(split(x)[1]) or is_zero(x)


def roots(c: Number, over: list[Expr], under: list[Expr]) -> Number:
    """Written roots of constants put together: sqrt(2)*sqrt(pi) is sqrt(2*pi), and 2/sqrt(2) is sqrt(2). What is left of c."""
    for w in [w for w in under if is_root(w, NUM)]:
        radicand = w.args[0].data
        if (Fraction(c) / radicand).denominator == Fraction(c).denominator:
            c = rational(Fraction(c) / radicand)
            under.remove(w)
            over.insert(0, w)
    for parts in (over, under):
        found = [w for op in (NUM, CONST) for w in parts if is_root(w, op)]
        if len(found) > 1:
            inside = found[0].args[0]
            for w in found[1:]:
                inside = build.scale(inside, w.args[0])
            parts[parts.index(found[0])] = build.call("sqrt", inside)
            parts[:] = [w for w in parts if w not in found]
    return c


def is_root(w: Expr, op: int) -> bool:
    return w.op == CALL and bool(w.data == "sqrt") and w.args[0].op == op


def earliest(x: Expr, rank: dict[Expr, int], memo: dict[Expr, int]) -> int:
    """The least rank of a letter of x."""
    known = memo.get(x)
    if known is not None:
        return known
    for node in topological([x], memo.keys()):
        if node not in memo:
            own = rank.get(node, FAR)
            if node.op != NAME:
                own = min([own, *[memo[a] for a in node.args]])
            memo[node] = own
    return memo[x]


def turns_of_letters(nodes: Sequence[Expr], letters: Sequence[Expr]) -> dict[Expr, int]:
    """Ranks for the factors of products: reading order, but b before x where the formula writes sin(a*x) + cos(b*x).

    nodes: those of the formula, letters: its letters, both in reading order. Where two letters stand in either order, the first counts.
    """
    known = set(letters)
    before: dict[Expr, list[Expr]] = {}
    inside: set[Expr] = set()  # products that a longer one begins with
    for node in nodes:
        if node.op != PROD or len(node.args) != 2 or node in inside:
            continue
        chain = []
        while node.op == PROD and len(node.args) == 2:
            inside.add(node)
            node, last = node.args
            chain.append(power_base(last))
        chain.append(power_base(node))
        row = [x for x in reversed(chain) if x in known]
        for one, other in pairwise(row):
            if one is not other and other not in before.get(one, ()):
                before.setdefault(other, []).append(one)
    found: dict[Expr, int] = {}
    started: set[Expr] = set()
    stack = list(reversed(letters))
    while stack:
        letter = stack[-1]
        waiting = [] if letter in started else [a for a in before.get(letter, ()) if a not in started]
        started.add(letter)
        if waiting:
            stack.extend(reversed(waiting))
        else:
            stack.pop()
            found.setdefault(letter, len(found))
    return found


def power_base(x: Expr) -> Expr:
    return x.args[0] if x.op == POW else x


def is_inverse(w: Expr) -> bool:
    return w.op == CALL and bool(w.data == "inv")


def is_power(w: Expr) -> bool:
    """A*A, A*A*A, …: printed as a power of the matrix."""
    if w.op != PROD or len(w.args) != 2 or w.data != build.FORMS["matmul"]:
        return False
    a, b = w.args
    return a is b or (a.op == PROD and a.data == w.data and a.args[1] is b and is_power(a))


def is_row(w: Expr) -> bool:
    """Whether a written node is a row vector: a transposed vector, or one times matrices."""
    while w.op == PROD and len(w.args) == 2 and w.data == build.FORMS["matmul"]:
        w = w.args[0]
    while w.op == SUM and len(w.args) == 1:
        w = w.args[0]
    return w.op == PROD and w.data == build.FORMS["row"] and w.shape[0] == 1


LEFT_SPINE = {build.FORMS[form] for form in ("matvec", "matmul", "row_vec", "vec_row")}


def negated(w: Expr) -> Expr:
    """-w, the minus at the first factor of a product, where it is read: -a .* b is (-a) .* b."""
    spine: list[Expr] = []
    while w.op == PROD and len(w.args) == 2 and (w.data in LEFT_SPINE or pointwise(w)) and not is_power(w):
        spine.append(w)
        w = w.args[0]
    result = build.neg(w)
    for node in reversed(spine):
        result = make(PROD, (result, node.args[1]), node.data, node.shape)
    return result


def pointwise(w: Expr) -> bool:
    """Scaling or an elementwise product, not a diag or an entry."""
    labels, out = w.data
    return all(ls in ((), out) for ls in labels)


def leads_with_minus(w: Expr) -> bool:
    """Whether the first thing written may be a minus."""
    while w.op == PROD:
        w = w.args[0]
    return bool(w.data < 0) if w.op == NUM else w.op == SUM and len(w.args) == 1 and bool(w.data[0] < 0)


def counts(x: Expr) -> bool:
    """Whether a comparison is one of positions, as in the range of a sum."""
    return any(is_index(t) for a in x.args for _, t in terms_of(a))


def is_transpose(w: Expr) -> bool:
    return w.op == PROD and bool(w.data == build.FORMS["transpose"])


def transposed(w: Expr) -> Expr:
    """The transpose of a written matrix; a transpose is undone."""
    if is_transpose(w):
        return w.args[0]
    if w.op == DELTA or (w.op == PROD and w.data == build.FORMS["diag_matrix"] and w.args[1].op == DELTA):
        return w
    return build.transpose(w)


def quotient(over: Sequence[Expr], under: Sequence[Expr]) -> Expr:
    """Written tensors multiplied and divided entry by entry."""
    result: Expr | None = None
    for w in over:
        result = w if result is None else build.elementwise(result, w)
    for w in under:
        inverse = build.power(w, build.MINUS_ONE)
        result = inverse if result is None else build.elementwise(result, inverse)
    assert result is not None
    return result


def unfold(w: Expr) -> list[Expr]:
    """The factors of a written matrix-vector product from the left: A*B*x is A, B, x."""
    parts: list[Expr] = []
    while w.op == PROD and w.data == build.FORMS["matvec"]:
        parts.insert(0, w.args[1])
        w = w.args[0]
        if parts and w.op == PROD and w.data == build.FORMS["matmul"]:
            while w.op == PROD and w.data == build.FORMS["matmul"] and not is_power(w):
                parts.insert(0, w.args[1])
                w = w.args[0]
            break
    return [w, *parts]


def entry_of(x: Expr, unit: Expr) -> Expr:
    """x[i]; of a row or column of A it is A[i,j]."""
    if x.op == PROD and len(x.args) == 2 and x.args[1].op == UNIT:
        matrix, other = x.args
        if x.data == build.FORMS["row_entry"]:
            return build.entry(matrix, other.data, unit.data)
        if x.data == build.FORMS["col_entry"]:
            return build.entry(matrix, unit.data, other.data)
    return build.entry(x, unit.data)


def as_row_chain(home: Writer, a: Expr, b: Expr) -> Expr | None:
    """a'*M*x, where b is M*x (or a is), or x'*M'*a, if that is shorter; as dot products where the formula has these only."""
    if len(unfold(b)) == 1:
        a, b = b, a
    parts = unfold(b)
    if len(parts) == 1 or len(unfold(a)) > 1:
        return None
    back = [transposed(p) for p in reversed(parts[:-1])]
    x = parts[-1]
    if home.dots and len(x.shape) == 1:
        other = home.fold([*back, a], 1)
        assert other is not None
        return min((build.dot(a, b), build.dot(x, other)), key=home.price)
    chains = ([build.row(a), *parts], [build.row(x), *back, a])
    forms = [home.fold(chain, 1) for chain in chains if len(chain[0].args[0].shape) == 1]
    return min((w for w in forms if w is not None), key=home.price, default=None)


def price_of(w: Expr, prices: Sequence[int]) -> int:
    """Symbols of a written node, from those of its arguments."""
    op = w.op
    if op == NUM:
        value: Number = w.data
        return (1 if terminates(value) else 3) + (value < 0)
    if op == NAME:
        return 1
    if not w.args:
        return 1
    if op == SUM:
        return sum(prices) + len(prices) - (0 if w.data[0] < 0 else 1)
    if op == POW:
        if w.args[1] is build.MINUS_ONE:
            return prices[0] + 2
        return prices[0] + 1 + prices[1]
    if op == CALL and w.data == "eq" and build.one_hot_of(w) is not None:
        return 3  # unit(y, k)
    if op == CALL:
        return 1 + sum(prices) + (2 if w.data in NEGATION else 0)
    if op == PROD:
        if len(w.args) == 1:
            return prices[0] + (0 if not w.data[0][0] else 1)
        if w.args[1].op == DELTA:
            return prices[0] + 1
        if len(w.args) == 2 and w.shape and w.args[1].op in (VAR, NAME) and w.args[0].op == CALL and build.one_hot_of(w.args[0]) is not None:
            return 2  # C[ids]
        if w.args[1].op == POW and w.args[1].args[1] is build.MINUS_ONE:
            return prices[0] + prices[1] - 1
        if is_power(w):
            return prices[0] + (0 if is_power(w.args[0]) else 2)
        if w.data[1] and max(w.data[1]) > 1 and len(w.shape) > 2:
            return sum(prices) + 6 * len(w.shape)
        return sum(prices) + len(prices) - 1
    return 1 + sum(prices)
