"""Normal form: flattened, like terms collected, powers merged, indices canonical.

In: any expression graph. Out: an equal one in which
- coefficients stand in SUM only, a SUM has no equal terms, no SUM below it, and its terms are sorted by key;
- a PROD has no number, no PROD and no one-term SUM among its factors, equal factors are one power, identities are
  gone, labels are numbered canonically: equal products up to renaming and reordering are one node;
- within a PROD, a part that is a number of its own, or a chain of contractions that meets the rest in an elementwise product, is a
  node of its own, so that its powers merge;
- NAMEs are atoms; comparisons are `gt`, `ge`, `eq`, `ne` with positive terms on both sides.
Sums inside products are not multiplied out. Long sums and products are gathered in one go; shared ones are flattened
only while short, or the n partial derivatives of x1*…*xn would cost n^2. Every constructor below maps normal forms to
a normal form, so one walk over the graph, arguments first, is enough, and it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, isqrt, prod

from symdiff.calculus.diagonals import Diagonals, outside
from symdiff.errors import DomainError
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
from symdiff.expr.places import bracket_of
from symdiff.expr.walk import topological
from symdiff.simplify import reshaping
from symdiff.simplify.facts import Facts
from symdiff.simplify.product import LARGE, SHARED_FACTORS, SHARED_FACTORS_IF_LARGE, Network, flattens, scalars
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import (
    along,
    constant_along,
    diagonal_of,
    is_index,
    is_number,
    is_ones,
    is_zero,
    ones,
    split,
    spread_axes,
    terms_of,
    zero,
)
from symdiff.table import TABLE

Labels = tuple[int, ...]
Factor = tuple[Expr, Labels]
Term = tuple[Number, Expr]

SHARED_LENGTH = 64  # a sum with several users is flattened into each while it has at most so many terms
MAX_DIAGONAL = 12  # terms of a sum in which one is looked for that is the diagonal of another
MAX_DENOMINATOR = 1000  # beyond it a fraction is a decimal, whose digits have no factors that mean anything
MAX_POWER_BITS = 4_000  # numbers are multiplied out up to this size, beyond it 10^10^10 stays a power

COMPARISONS = {"lt": ("gt", True), "le": ("ge", True), "gt": ("gt", False), "ge": ("ge", False), "eq": ("eq", False), "ne": ("ne", False)}
NEGATION = {"gt": ("ge", True), "ge": ("gt", True), "eq": ("ne", False), "ne": ("eq", False)}
CLAMPS = frozenset(("max", "min", "relu"))  # relu(x) is max(x, 0)
INDICATORS = {"gt", "ge", "eq", "ne", "and", "or", "not"}


LETTERS = frozenset((VAR, SUM, NAME))  # a product of powers of these is a power of them and nothing else


def whole_power(f: Expr) -> int:
    """The exponent of a factor; 0 where it is not a whole number."""
    if f.op != POW:
        return 1
    n = f.args[1].data if f.args[1].op == NUM else 0
    return n if n.__class__ is int else 0


def has_pole(f: Expr) -> bool:
    """Whether a factor may have no value: a quotient, or a function that is not defined everywhere."""
    return whole_power(f) < 0 or (f.op == CALL and bool(TABLE[f.data].where))


@dataclass(slots=True)
class Log:
    """What a simplification did: (rule, before, after) for every rule that fired, and the values assumed not to be 0.

    exhausted: its budget was spent, so that a shorter form may exist.
    """

    fired: list[tuple[str, Expr, Expr]] = field(default_factory=list)
    nonzero: dict[Expr, None] = field(default_factory=dict)
    exhausted: bool = False

    def mark(self) -> int:
        """Where the record stands, before something is tried."""
        return len(self.fired)

    def back_to(self, mark: int) -> None:
        """Forget what fired since: the attempt was not taken."""
        del self.fired[mark:]


EXTREMES = frozenset(("max_entries", "min_entries", "rowmax", "rowmin", "norminf"))


def is_extreme(x: Expr) -> bool:
    """The largest or smallest entry of something, perhaps spread, scaled, or by a name."""
    factors = [f.args[0] if f.op == NAME else f for f in (x.args if x.op == PROD else (x,))]
    return any(f.op == CALL and f.data in EXTREMES for f in factors)


def _key_of_term(pair: tuple[Expr, Number]) -> int:
    return pair[0].key


class Normalizer:
    """One simplification: its memo and its log.

    keep_names: NAMEs are atoms; otherwise they are replaced by their values. rules: whether the named rules fire.
    """

    def __init__(self, keep_names: bool = True, rules: bool = True, log: Log | None = None) -> None:
        self.drops = False  # whether brackets such as [i != j] go where they say nothing
        self.keep_names = keep_names
        self.rules = rules
        self.log = Log() if log is None else log
        self.facts = Facts()
        self.memo: dict[Expr, Expr] = {}
        self.shared_factors = SHARED_FACTORS
        self._primitives: dict[Expr, tuple[Number, Expr]] = {}
        self._powers: dict[tuple[Expr, Number], Expr] = {}
        self._symmetric: dict[Expr, bool] = {}
        self._totals: dict[Expr, Expr] = {}
        self._transposed: dict[Expr, Expr] = {}
        self.diagonals = Diagonals(())

    # ------------------------------------------------------------------------------------------ the walk

    def drop_brackets(self) -> None:
        """From now on brackets such as [i != j] go where they say nothing."""
        self.drops = True
        self.memo.clear()
        self._powers.clear()

    def run(self, roots: Sequence[Expr]) -> list[Expr]:
        """The normal forms of the roots."""
        order = topological(roots, into_names=not self.keep_names)
        if len(order) > LARGE:
            self.shared_factors = SHARED_FACTORS_IF_LARGE
        once, several = set(roots), set(roots)  # sums and products with at least one user, with more than one
        gathered: set[Expr] = set()
        for node in order:
            op = node.op
            if op <= UNIT or (op == NAME and self.keep_names):
                continue
            gathers = not node.shape and (op == SUM or (op == PROD and not any(node.data[0])))
            for a in node.args:
                if a.op == SUM or a.op == PROD:
                    if a in once:
                        several.add(a)
                    else:
                        once.add(a)
                    if gathers and a.op == op and (op == SUM or not any(a.data[0])):
                        gathered.add(a)
        memo = self.memo
        gathered -= several  # what has one user is gathered by it
        for node in order:
            if node.op <= UNIT:  # leaves
                memo[node] = node
            elif node not in gathered and node not in memo:
                memo[node] = self.rebuild(node)
        return [memo[r] for r in roots]

    def rebuild(self, node: Expr) -> Expr:
        """The normal form of a node whose arguments have theirs."""
        op, memo = node.op, self.memo
        if op == SUM:
            return self.sum(self.gather_sum(node), node.shape)
        if op == PROD:
            labels, out = node.data
            if not node.shape and not any(labels):
                return self.scalar_product(self.gather_product(node))
            sizes = dict(zip(out, node.shape, strict=True))
            return self.product([(memo[a], ls) for a, ls in zip(node.args, labels, strict=True)], out, sizes)
        if op == POW:
            return self.power(memo[node.args[0]], memo[node.args[1]])
        if op == CALL:
            return self.call(node.data, tuple([memo[a] for a in node.args]), node.shape)
        if op == NAME:
            return node if self.keep_names else memo[node.args[0]]
        if op == RESHAPE:
            return self.reshape(memo[node.args[0]], node.shape)
        if op == OPAQUE:
            return make(OPAQUE, tuple([memo[a] for a in node.args]), node.data, node.shape)
        return node

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

    def normal(self, x: Expr) -> Expr:
        """The normal form of a small expression built here (a rule's right side)."""
        return self.run([x])[0]

    def fire(self, rule: str, before: Expr, after: Expr) -> Expr:
        self.log.fired.append((rule, before, after))
        return after

    def assume_nonzero(self, x: Expr) -> None:
        """x != 0 is needed for the answer to equal the formula; stated with it unless it is known."""
        if not self.facts.nonzero(x):
            self.log.nonzero[x] = None

    # ------------------------------------------------------------------------------------------ sums

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
        """[i < j] + [j < i] of two indices is 1 but on the diagonal."""
        strict = [(t, c) for t, c in pairs for x in [t.args[0] if t.op == PROD and len(t.args) == 1 else t] if x.op == CALL and x.data in ("lt", "gt")]
        for k, (t, c) in enumerate(strict):
            for u, d in strict[k + 1 :]:
                one, other = (bracket_of(t), bracket_of(u)) if c == d else (None, None)
                if one is None or other is None or len(one.value.axes) != 2 or one.value.rest or sum(one.value.axes.values()):
                    continue
                turned = 1 if one.relation == other.relation else -1
                if other.value.rest or {a: -turned * v for a, v in one.value.axes.items()} != other.value.axes:
                    continue
                a, b = one.value.axes
                if t.shape[a] == t.shape[b]:
                    diagonal = self.product([(build.eye(t.shape[a]), (a, b))], tuple(range(len(t.shape))), dict(enumerate(t.shape)))
                    return [(c, ones(t.shape)), (-c, diagonal), *[(e, x) for x, e in pairs if x is not t and x is not u]]
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
            if is_ones(t) and c == 1 and d == -1 and u.op == CALL and u.data in NEGATION:
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

    # ------------------------------------------------------------------------------------------ powers

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """base^exponent, entry by entry; the exponent has the base's shape or is a scalar."""
        c, rest = split(exponent)
        if is_zero(exponent):
            return ones(base.shape)
        if rest is build.ONE or (rest.op == PROD and not rest.args):  # a number, perhaps spread
            return self.number_power(base, c)
        if exponent.op == PROD and exponent.shape and all(not ls for ls in exponent.data[0]):  # a scalar, spread
            exponent = self.product([(a, ()) for a in exponent.args], (), {})
        if base.op == CALL and base.data == "exp":
            return self.call("exp", (self.times(base.args[0], exponent),), base.shape)
        if base is build.ONE or (base.op == PROD and not base.args and base.shape):
            return base
        if base.op == POW and self.facts.nonnegative(base.args[0]):
            return self.power(base.args[0], self.times(base.args[1], exponent))
        return make(POW, (base, exponent), None, base.shape)

    def number_power(self, base: Expr, n: Number) -> Expr:
        """base^n. Remembered where no rule fires on the way: products of many powers are built again and again."""
        known = self._powers.get((base, n))
        if known is None:
            mark = self.log.mark()
            known = self._number_power(base, n)
            if self.log.mark() == mark:
                self._powers[base, n] = known
        return known

    def _number_power(self, base: Expr, n: Number) -> Expr:
        n = rational(n)
        if n == 1:
            return base
        if n == 0:
            return ones(base.shape)
        if base.op == NUM:
            return self.numeral(base.data, n)
        if reshaping.merges(base) is not None:
            return self.reshape(self.number_power(base.args[0], n), base.shape)
        whole = type(n) is int
        if is_zero(base):
            if n < 0:
                raise DomainError("a division by zero", hint="the formula, or its derivative, divides by something that is always 0")
            return base
        c, rest = split(base)
        if c != 1 and (whole or c > 0):
            front = self.numeral(c, n)
            if whole or front.op == NUM or rest.op == CONST:  # sqrt(2*pi) is sqrt(2)*sqrt(pi), and written as one root again
                return self.times(front, self.number_power(rest, n))
        if base.op == SUM and len(base.args) > 1 and whole:
            c, rest = self.primitive(base)
            if c != 1:
                return self.times(self.numeral(c, n), self.number_power(rest, n))
        if base.op == POW:
            inner, m = base.args
            if whole or self.facts.nonnegative(inner):
                return self.power(inner, self.scaled(n, m))
            if m.op == NUM and m.data.__class__ is int and m.data % 2 == 0:
                return self.number_power(self.call("abs", (inner,), inner.shape), m.data * n)
        if base.op == PROD:
            labels, out = base.data
            if (axes := spread_axes(base)) and len(axes) < len(out):
                kept = tuple([axis for axis in range(len(out)) if axis not in axes])
                return self.product([(self.number_power(along(self, base, kept), n), kept)], tuple(range(len(out))), dict(enumerate(base.shape)))
            outer = set(out)
            if all(outer.issuperset(ls) for ls in labels):  # entry by entry
                inside = [(a, ls) for a, ls in zip(base.args, labels, strict=True) if not whole and not self.facts.nonnegative(a)]
                if inside:  # sqrt([x > 0]*y) has the value 0 where x < 0 and y < 0, [x > 0]*sqrt(y) has none there
                    inside = [(a, ls) for a, ls in zip(base.args, labels, strict=True) if (a, ls) in inside or self.facts.lasting_zero(a)]
                if len(inside) < len(base.args) or not base.args:
                    outside = [(self.number_power(a, n), ls) for a, ls in zip(base.args, labels, strict=True) if (a, ls) not in inside]
                    sizes = dict(zip(out, base.shape, strict=True))
                    if inside:
                        kernel = self.product(inside, out, sizes)
                        outside.append((make(POW, (kernel, build.num(n)), None, base.shape), out))
                    return self.product(outside, out, sizes)
        if base.op == CALL:
            if base.data == "exp":
                return self.call("exp", (self.scaled(n, base.args[0]),), base.shape)
            if base.data in INDICATORS and n > 0:
                return base
            if base.data == "abs" and whole and n % 2 == 0:
                return self.number_power(base.args[0], n)
        if n > 0 and self.facts.idempotent(base):
            return base
        if whole and n < -1:
            known = RULES.apply(self, make(POW, (base, build.MINUS_ONE), None, base.shape))
            if known is not None:
                return self.number_power(known, -n)
        return self.ruled(make(POW, (base, build.num(n)), None, base.shape))

    def numeral(self, value: Number, n: Number) -> Expr:
        """value^n for numbers: exact where it is rational and of reasonable size, else a power."""
        if value == 0 and n < 0:
            raise DomainError("a division by zero", hint="the formula, or its derivative, divides by something that is always 0")
        value = Fraction(value)
        whole = Fraction(n).numerator
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if value not in (0, 1, -1) and abs(whole) * bits > MAX_POWER_BITS:
            return make(POW, (build.num(value), build.num(n)), None)
        if Fraction(n).denominator == 1:
            return build.num(value**whole)
        if Fraction(n).denominator == 2 and value >= 0:
            a, b = isqrt(value.numerator), isqrt(value.denominator)
            if a * a == value.numerator and b * b == value.denominator:
                return build.num(Fraction(a, b) ** whole)
        return make(POW, (build.num(value), build.num(n)), None)

    # ------------------------------------------------------------------------------------------ products

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
        if heads and len(bases) > 1 and RULES.may_join(self, bases, heads):
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

    # ------------------------------------------------------------------------------------------ calls

    def call(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
        """A row applied to normal forms."""
        row = TABLE[name]
        if shape and row.elementwise and args and all(constant_along(a) for a in args):
            scalars = tuple([self.without_axes(a) for a in args])
            return self.product([(self.call(name, scalars, ()), ())], tuple(range(len(shape))), dict(enumerate(shape)))
        if name in COMPARISONS:
            return self.comparison(name, args, shape)
        if name in ("and", "or", "not", "if") and (known := self.decided(name, args)) is not None:
            return known
        if name == "not" and args[0].op == CALL and args[0].data in NEGATION:
            other, swap = NEGATION[args[0].data]
            a, b = args[0].args
            return self.call(other, (b, a) if swap else (a, b), shape)
        if name in ("and", "or", "max", "min"):
            if args[0] is args[1]:
                return args[0]
            args = tuple(sorted(args, key=lambda a: a.key))
        if name == "if":
            if args[1] is args[2]:
                return args[1]
            shifted = self.shifted_branches(*args)
            if shifted is not None:
                return self.fire("if-of-shifted", make(CALL, args, name, shape), shifted)
            outside = self.common_factors(args[1], args[2])
            if outside:
                inner = self.call("if", (args[0], *[self.without(a, outside) for a in args[1:]]), shape)
                own = tuple(range(len(shape)))
                return self.product([(inner, own), *outside], own, dict(enumerate(shape)))
        if len(args) == 1 and row.elementwise and args[0].op == SUM and len(args[0].args) == 1 and args[0].data[0] < 0:
            if row.odd:
                return self.scaled(-1, self.call(name, (self.scaled(-1, args[0]),), shape))
            if row.even:
                args = (self.scaled(-1, args[0]),)
        if row.linear:
            contents = [split(a) if a.op != SUM or len(a.args) == 1 else self.primitive(a, sign=False) for a in args]
            if any(c != 1 for c, _ in contents):
                return self.scaled(prod([c for c, _ in contents]), self.call(name, tuple([a for _, a in contents]), shape))
        known = self.define(name, args, shape)
        if known is None and shape and row.elementwise and any(a.op == RESHAPE for a in args):
            known = reshaping.pulled_out(self, name, args, shape)
        if known is not None:
            return known
        return self.ruled(make(CALL, args, name, shape))

    def shifted_branches(self, condition: Expr, a: Expr, b: Expr) -> Expr | None:
        """if(c, a, a - 1) as a - [not c]: branches that differ by a number, of which neither is one."""
        if not self.rules or condition.op != CALL or condition.data not in INDICATORS or is_number(a) or is_number(b):
            return None
        k = self.sub(a, b)
        if not is_number(k):
            return None
        c, _ = split(k)
        if len(terms_of(a)) < len(terms_of(b)):
            return self.sum([(1, a), (-c, self.call("not", (condition,), condition.shape))], a.shape)
        return self.sum([(1, b), (c, condition)], a.shape)

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

    def ruled(self, x: Expr) -> Expr:
        """What the first rule that fits makes of x; else x."""
        known = RULES.apply(self, x)
        return x if known is None else known

    def without_axes(self, x: Expr) -> Expr:
        """The scalar that is spread."""
        c, rest = split(x)
        return self.scaled(c, self.product([(a, ()) for a in rest.args], (), {}))

    def define(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr | None:
        """Functions that are an expression of this form: norms, means, roots, inverses of products of known shape."""
        x = args[0] if args else build.ONE
        own = tuple(range(len(x.shape)))
        if name == "sqrt":
            return self.number_power(x, Fraction(1, 2))
        if name == "norm2":
            return self.number_power(self.product([(self.number_power(x, 2), own)], (), {}), Fraction(1, 2))
        if name == "norm1":
            return self.product([(self.call("abs", (x,), x.shape), own)], (), {})
        if name == "mean":
            return self.product([(x, own), (self.number_power(self.size(x.shape), -1), ())], (), {})
        if name == "inv":
            return self.inverse(x)
        if name == "det" and x.op == CALL and x.data == "inv":
            return self.number_power(self.call("det", x.args, ()), -1)
        if name == "logdet" and x.op == CALL and x.data == "inv":
            return self.scaled(-1, self.call("logdet", x.args, ()))
        if name == "logdet" and self.rules and (entries := diagonal_of(self, x)) is not None and self.facts.positive(entries):
            found = self.product([(self.call("log", (entries,), entries.shape), (0,))], (), {})
            return self.fire("logdet-of-diagonal", make(CALL, args, name, shape), found)
        if name in ("det", "logdet") and x.op == PROD and x.data == ((((0, 1),)), (1, 0)):
            return self.call(name, x.args, ())
        if name == "abs" and x.op == NUM:
            return build.num(abs(x.data))
        if name == "sign" and x.op == NUM:
            return build.num((x.data > 0) - (x.data < 0))
        if name in ("max", "min") and all(a.op == NUM for a in args):
            return build.num((max if name == "max" else min)(a.data for a in args))
        if name == "if" and x.op == NUM:
            return args[1] if x.data else args[2]
        if name == "abs" and self.facts.nonnegative(x):
            return self.fire("abs-of-nonnegative", x, x)
        return None

    def inverse(self, x: Expr) -> Expr | None:
        if x.op == CALL and x.data == "inv":
            return x.args[0]
        if x.op == DELTA:
            return x
        c, rest = split(x)
        if c != 1:
            return self.scaled(Fraction(1) / c, self.call("inv", (rest,), x.shape))
        diagonal = diagonal_of(self, x) if self.rules else None
        if diagonal is not None:  # both have a value where no entry of the diagonal is 0
            found = self.product([(self.number_power(diagonal, -1), (0,)), (build.eye(x.shape[0]), (0, 1))], (0, 1), {})
            return self.fire("inverse-of-diagonal", make(CALL, (x,), "inv", x.shape), found)
        if x.op == PROD:
            labels, out = x.data
            if labels == ((0, 1),) and out == (1, 0):
                return self.product([(self.call("inv", x.args, x.shape), (0, 1))], (1, 0), {})
            scalars = [a for a, ls in zip(x.args, labels, strict=True) if not ls]
            if scalars:
                matrix = self.product(
                    [(a, ls) for a, ls in zip(x.args, labels, strict=True) if ls], out, dict(zip(out, x.shape, strict=True))
                )
                front = [(self.number_power(s, -1), ()) for s in scalars]
                return self.product([*front, (self.call("inv", (matrix,), x.shape), (0, 1))], (0, 1), {})
        if x.op == PROD and self.square_chain(x):
            # an inverse of the whole means that every factor has one
            inverses = [(self.call("inv", (a,), a.shape), ls[::-1]) for a, ls in zip(x.args, x.data[0], strict=True)]
            return self.product(inverses, x.data[1][::-1], {})
        if x.op == VAR and "orthogonal" in x.data[1]:
            return self.product([(x, (0, 1))], (1, 0), {})
        return None

    @staticmethod
    def square_chain(x: Expr) -> bool:
        """Whether a matrix is a chain of square matrices."""
        labels, out = x.data
        counts = Counter(i for ls in labels for i in ls)
        return all(a.shape == x.shape and len(set(ls)) == 2 for a, ls in zip(x.args, labels, strict=True)) and all(
            n == (1 if i in out else 2) for i, n in counts.items()
        )

    def size(self, shape: Shape) -> Expr:
        return self.scalar_product([self.run([build.dim(d)])[0] if not isinstance(d, tuple) else self.size(d) for d in shape])

    @staticmethod
    def decided(name: str, args: tuple[Expr, ...]) -> Expr | None:
        """The value where a condition always or never holds: `x > 0 and 2 > 1` is `x > 0`."""
        for k, condition in enumerate(args if name in ("and", "or") else args[:1]):
            if (holds := is_ones(condition)) or is_zero(condition):
                if name == "not":
                    return build.num(int(not holds))
                return args[1 if holds else 2] if name == "if" else args[1 - k] if holds == (name == "and") else condition
        return None

    def comparison(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
        """a > b with positive terms on both sides, so that 1 - m > 0 and 1 > m are one condition.

        v == max(v) stays as it is: moved terms would round differently, and no entry would be found equal to the largest.
        """
        name, swap = COMPARISONS[name]
        a, b = args[::-1] if swap else args
        if self.rules and name in ("gt", "ge"):
            a, b = self.unclamped(name, a, b)
        if name in ("eq", "ne") and a is not b and (is_extreme(a) or is_extreme(b)):
            return make(CALL, (b, a) if is_extreme(a) else (a, b), name, shape)
        content, difference = self.primitive(self.sub(a, b), sign=name in ("eq", "ne"))
        if (known := self.of_count(name, content, difference)) is not None:
            return self.full(known, shape)
        if is_zero(difference):
            return self.product([(build.num(int(name in ("ge", "eq"))), ())], tuple(range(len(shape))), dict(enumerate(shape)))
        if difference.op == NUM:
            value = content * difference.data
            return build.num(int({"gt": value > 0, "ge": value >= 0, "eq": value == 0, "ne": value != 0}[name]))
        if difference.op != SUM and content == -1:
            difference = self.scaled(-1, difference)
        terms = [(c * d, u) for c, t in terms_of(difference) for d, u in self.spread_terms(t)]
        left = [(c, t) for c, t in terms if c > 0]
        right = [(-c, t) for c, t in terms if c < 0]
        return make(CALL, (self.sum(left, shape), self.sum(right, shape)), name, shape)

    def unclamped(self, name: str, a: Expr, b: Expr) -> tuple[Expr, Expr]:
        """The sides of a > b or a >= b without the numbers in max and min that decide nothing: 6 > max(x, 0) is 6 > x, as 6 > 0."""
        while True:
            terms = terms_of(self.sub(a, b))
            clamps = [(c, t) for c, t in terms if not is_number(t)]
            if len(clamps) != 1 or clamps[0][1].op != CALL or clamps[0][1].data not in CLAMPS:
                return a, b
            (c, x), limit = clamps[0], self.full(-sum([d for d, t in terms if is_number(t)]) / Fraction(clamps[0][0]), a.shape)
            p, q = x.args if len(x.args) == 2 else (x.args[0], zero(x.shape))
            number, rest = (p, q) if is_number(p) else (q, p)
            if not is_number(number):
                return a, b
            # max(p, q) > b holds where one of p > b and q > b does; a > max(p, q) where both do; min the other way round
            one_is_enough = (c > 0) == (x.data != "min")
            holds = is_ones(self.call(name, (number, limit) if c > 0 else (limit, number), x.shape))
            if holds == one_is_enough:
                return a, b  # the number decides: left as it is
            before = make(CALL, (a, b), name, x.shape)
            a, b = (rest, limit) if c > 0 else (limit, rest)
            self.fire("comparison-of-clamped", before, make(CALL, (a, b), name, x.shape))

    @staticmethod
    def of_count(name: str, content: Number, difference: Expr) -> int | None:
        """Whether an index, which is 1 or more, stands in this relation to a number; None if that depends on the index."""
        terms = dict(zip(difference.args, difference.data, strict=True)) if difference.op == SUM else {difference: 1}
        numbers = [t for t in terms if is_ones(t)]
        counts = [t for t in terms if is_index(t)]
        if len(counts) != 1 or len(numbers) + 1 != len(terms):
            return None
        c = content * terms[counts[0]]
        least = Fraction(c + content * sum(terms[t] for t in numbers)) / c  # of the index itself less what it is compared with
        if least > 0:
            return int(c > 0) if name in ("gt", "ge") else int(name == "ne")
        if least == 0 and (name, c > 0) in (("ge", True), ("gt", False)):
            return int(c > 0)
        return int(name == "ne") if name in ("eq", "ne") and least.denominator != 1 else None

    def spread_terms(self, t: Expr) -> list[Term]:
        """The terms of a sum of scalars that is spread, each spread; a single term for anything else."""
        if not constant_along(t) or len(t.args) != 1 or t.args[0].op != SUM:
            return [(1, t)]
        own = tuple(range(len(t.shape)))
        return [(c, self.product([(u, ())], own, dict(enumerate(t.shape)))) for c, u in terms_of(t.args[0])]

    def reshape(self, x: Expr, shape: Shape) -> Expr:
        return reshaping.reshape(self, x, shape)

    def total_of_named(self, x: Expr) -> Expr:
        """The sum of the entries of a vector that holds names: names written out, its terms summed one by one."""
        known = self._totals.get(x)
        if known is None:
            plain = type(self)(keep_names=False)
            (value,) = plain.run([x])
            known = plain.sum([(c, plain.product([(t, (0,))], (), {})) for c, t in terms_of(value)], ())
            self._totals[x] = known
        return known

    # ------------------------------------------------------------------------------------------ symmetry

    def symmetric(self, x: Expr) -> bool:
        """Whether a matrix in normal form is known to equal its transpose."""
        if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
            return False
        known = self._symmetric.get(x)
        if known is None:
            self._symmetric[x] = False  # for a product that is too long to be taken apart: its transpose asks for it again
            self._symmetric[x] = known = self._is_symmetric(x)
        return known

    def _is_symmetric(self, x: Expr) -> bool:
        if x.op == VAR:
            return not {"symmetric", "psd", "diagonal"}.isdisjoint(x.data[1])
        if x.op == DELTA:
            return True
        if x.op == CALL and x.data == "inv":
            return self.symmetric(x.args[0])
        if x.op == NAME:
            return self.symmetric(Normalizer().normal(x.args[0]))
        if x.op == SUM and all(self.symmetric(t) for t in x.args):
            return True
        if x.op in (SUM, PROD):
            return self.product([(x, (0, 1))], (1, 0), {}) is x if x.op == PROD else self.transposed(x) is x
        if x.op == CALL and x.data in ("eq", "ne") and self.transposed(x.args[0]) is x.args[1]:
            return True
        if x.op in (CALL, POW) and (x.op == POW or TABLE[x.data].elementwise):
            return all(not a.shape or self.symmetric(a) for a in x.args)
        return False

    def transposed(self, x: Expr) -> Expr:
        """The transpose of a matrix in normal form, a sum term by term."""
        known = self._transposed.get(x)
        if known is None:
            terms = [(c, self.product([(t, (0, 1))], (1, 0), {})) for c, t in terms_of(x)]
            self._transposed[x] = known = self.sum(terms, x.shape[::-1])
        return known
