"""Values that are one number all along a diagonal, as norm2(X[i] - X[j]) is 0 where i = j.

A slice has its diagonal elsewhere: of x[i + 1] - x[j], with i from 1 to n - 1, where j = i + 1.

There the value does not change, so its derivative is 0, also where the rule of the function has none: sqrt has no slope at 0. The sweep then
multiplies that rule by `[i != j]`, and by `[i != 1]` for norm2(X[i] - X[1]).

A value is asked for its entries on a diagonal without being rebuilt: every node, with labels for its axes among which some are equal,
gets a number, and what has the same number is the same function. Sums are collected, so that X[i] - X[i] is found to be 0; products are
compared factor by factor. What is not recognised is a function of its own: then there is no bracket, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, count

from symdiff.expr import build
from symdiff.expr.build import Labels, selected
from symdiff.expr.node import CALL, DELTA, NUM, POW, PROD, SUM, UNIT, Dim, Expr, Number, rational
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import unnamed
from symdiff.table import TABLE
from symdiff.table.groups import LARGEST_OR_SMALLEST
from symdiff.table.operators import EITHER_OR_BOTH

# The nodes, each with labels, that one derivative looks at, and how deep; beyond this no diagonal is found. Diagonals of so many axes, and so many entries.
MAX_VISITS, MAX_DEPTH, MAX_AXES, MAX_ENTRIES = 20_000, 60, 6, 4

# A label this much further stands for the next index; so far apart are diagonals of slices at most, and there are so many kinds of these.
NEXT, MAX_SHIFT, MAX_SHIFTS = 1024, 8, 6

# Functions without a slope at these arguments, where they have a value.
STEEP: dict[str, tuple[tuple[Number | None, ...], ...]] = {
    "sqrt": ((0,),),
    "cbrt": ((0,),),
    "hypot": ((0, 0),),
    "xlogy": ((0, None),),
    "arccosh": ((1,),),
    "arccos": ((1,), (-1,)),
    "arcsin": ((1,), (-1,)),
    "arcsec": ((1,), (-1,)),
    "arccsc": ((1,), (-1,)),
    "arcsech": ((1,),),
}

# Values of functions at whole numbers; the odd ones are 0 at 0.
EXACT: dict[tuple[str, Number], Number] = {
    ("abs", 0): 0, ("sqrt", 0): 0, ("sqrt", 1): 1, ("relu", 0): 0, ("exp", 0): 1, ("cos", 0): 1, ("cosh", 0): 1, ("expm1", 0): 0, ("log1p", 0): 0,
    ("log", 1): 0, ("arccosh", 1): 0, ("arccos", 1): 0, ("arcsec", 1): 0, ("arcsech", 1): 0, ("silu", 0): 0, ("gelu", 0): 0, ("mish", 0): 0,
}  # fmt: skip

# Functions of one argument without a value at 0.
POLES = frozenset(("log", "log2", "log10", "cot", "csc", "coth", "csch", "arccsch", "lgamma", "digamma", "gamma"))


class Diagonals:
    """The diagonals of the values of one graph."""

    def __init__(self, order: Iterable[Expr]) -> None:
        """order: the nodes of the graph; they tell which entries and slices a value may refer to."""
        order = list(order)
        self._single = sorted({x.data for x in order if x.op == UNIT})[:MAX_ENTRIES]
        self._shifts = shifts(order)
        self._numbers: dict[Hashable, int] = {}
        self._memo: dict[tuple[Expr, Labels], int] = {}
        self._sums: dict[int, dict[int, Number]] = {}  # the terms of what is a sum or a number, by its number
        self.one = self._number("one")
        self.undefined = self._number("undefined")
        self.zero = self._sum({})
        self._visits = 0

    def bracket(self, node: Expr) -> tuple[Expr, Labels] | None:
        """[i != j]*… for the places where a power or an elementwise call is constant but has no slope, with the axes it varies along."""
        if not 0 < len(node.shape) <= MAX_AXES:
            return None
        factors: list[tuple[Expr, Labels]] = []
        for place in self._places(node):
            if self._steep(node, place):
                factors.append(outside(node, place))
        if not factors:
            return None
        axes = tuple(sorted({k for _, labels in factors for k in labels}))
        if len(factors) == 1:
            return factors[0]
        number = {k: n for n, k in enumerate(axes)}
        labels = [tuple([number[k] for k in ls]) for _, ls in factors]
        return build.contract([f for f, _ in factors], labels, tuple(range(len(axes)))), axes

    def vanishes(self, node: Expr, labels: Labels) -> bool | None:
        """Whether the entries with these labels, some of them equal, are 0; None where they have no value, or that is not known."""
        found = self._of(node, labels, MAX_DEPTH)
        return None if found == self.undefined else found == self.zero

    def zeros(self, node: Expr) -> list[tuple[int, ...]]:
        """The places, as `outside` takes them, where a value is 0 identically."""
        if not 0 < len(node.shape) <= MAX_AXES:
            return []
        return [place for place in self._places(node) if self._of(node, met(node, place), MAX_DEPTH) == self.zero]

    def _places(self, node: Expr) -> Iterator[tuple[int, ...]]:
        """Pairs of axes that may meet, perhaps with how far; an axis and, as a negative number, an entry of it that the value refers to."""
        for a, b in combinations(range(len(node.shape)), 2):
            if node.shape[a] == node.shape[b] != 1:
                yield a, b
            for first, second in ((a, b), (b, a)) if self._shifts else ():
                for shift in self._shifts.get((node.shape[first], node.shape[second]), ()):
                    yield first, second, shift
        for a in range(len(node.shape)):
            for k in self._single:
                yield a, -k

    def _steep(self, node: Expr, place: tuple[int, ...]) -> bool:
        labels = met(node, place)
        if node.op == POW:
            base, exponent = node.args
            if exponent.op == NUM and not 0 <= exponent.data < 1:
                return False
            return self._of(base, labels, MAX_DEPTH) == self.zero
        values = [self._value(self._of(x, labels if x.shape else (), MAX_DEPTH)) for x in node.args]
        return any(all(want is None or want == value for want, value in zip(point, values, strict=True)) for point in STEEP[node.data])

    # ------------------------------------------------------------------------------------------ numbers of functions

    def _number(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _sum(self, terms: dict[int, Number]) -> int:
        terms = {t: c for t, c in terms.items() if c}
        if len(terms) == 1:
            ((t, c),) = terms.items()
            if c == 1 and t != self.one:
                return t
        found = self._number(("sum", frozenset(terms.items())))
        self._sums[found] = terms
        return found

    def _value(self, found: int) -> Number | None:
        """The number that this is."""
        terms = self._sums.get(found)
        if terms is None:
            return 1 if found == self.one else None
        return None if terms.keys() - {self.one} else terms.get(self.one, 0)

    def _of(self, node: Expr, labels: Labels, depth: int) -> int:
        """The number of the entries of a node with these labels; a negative label is the entry of that number."""
        node = unnamed(node)
        if node.op == NUM:
            return self._sum({self.one: node.data})
        known = self._memo.get((node, labels))
        if known is None:
            self._visits += 1
            if depth == 0 or self._visits > MAX_VISITS:
                return self._number((node, labels))
            known = self._memo[node, labels] = self._made(node, labels, depth - 1)
        return known

    def _made(self, node: Expr, labels: Labels, depth: int) -> int:
        op = node.op
        if op == SUM:
            terms: dict[int, Number] = {}
            for c, a in zip(node.data, node.args, strict=True):
                found = self._of(a, labels, depth)
                if found == self.undefined:
                    return found
                for t, d in self._sums.get(found, {found: 1}).items():
                    terms[t] = rational(terms.get(t, 0) + c * d)
            return self._sum(terms)
        if op == PROD:
            return self._product(node, labels, depth)
        if op == POW:
            return self._power(*[self._of(a, labels if a.shape else (), depth) for a in node.args])
        if op == CALL:
            return self._call(node, labels, depth)
        if op == UNIT and labels[0] < 0:
            return self._sum({self.one: int(node.data == -labels[0])})
        if op == DELTA and (labels[0] == labels[1] or max(labels) < 0):
            return self._sum({self.one: int(labels[0] == labels[1])})
        return self._number((node, labels))

    def _product(self, node: Expr, labels: Labels, depth: int) -> int:
        inner, out = node.data
        become = dict(zip(out, labels, strict=True))
        if len(become) < len(out):
            return self._number((node, labels))
        fresh = count(max([label % NEXT for label in labels if label > 0] + [0]) + 1)
        factors = list(zip(node.args, inner, strict=True))
        for f, ls in factors:  # an entry, or an identity with a label that is summed over, says what that label is
            if f.op == UNIT and ls[0] not in become:
                become[ls[0]] = -f.data
        if self._shifts:
            factors = [factor for factor in factors if not slices(*factor, become)]
        for f, ls in factors:
            if f.op == DELTA and sum(label in become for label in ls) == 1:
                a, b = ls if ls[0] in become else ls[::-1]
                become[b] = become[a]
        lost: list[int] = []
        coef: Number = 1
        powers: dict[int, Number] = {}
        for f, ls in factors:
            for label in ls:
                if label not in become:
                    become[label] = next(fresh)
                    lost.append(become[label])
            found = self._of(f, tuple([become[label] for label in ls]), depth)
            if found == self.undefined:
                return found
            terms = self._sums.get(found)
            if terms is not None and len(terms) == 1 and self.one not in terms:
                ((found, c),) = terms.items()
                coef *= c
            elif (value := self._value(found)) is not None:
                coef *= value
                continue
            powers[found] = powers.get(found, 0) + 1
        if coef == 0:
            return self.zero
        if not powers and not lost:
            return self._sum({self.one: coef})
        if len(powers) == 1 and not lost:
            ((base, n),) = powers.items()
            whole = base if n == 1 else self._number(("product", frozenset(powers.items()), ()))
        else:
            whole = self._number(("product", frozenset(powers.items()), tuple(lost)))
        return self._sum({whole: coef})

    def _power(self, base: int, exponent: int) -> int:
        b, n = [None if c is None else Fraction(c) for c in (self._value(base), self._value(exponent))]
        if b is not None and n is not None:
            if b == 0:
                return self.undefined if n < 0 else self._sum({self.one: int(n == 0)})
            if n == int(n) and abs(n) <= 8:
                return self._sum({self.one: rational(b ** int(n))})
            if b == 1:
                return self._sum({self.one: 1})
        if n == 1:
            return base
        if self.undefined in (base, exponent) or (b == 0 and n is None):
            return self.undefined
        return self._number(("power", base, exponent))

    def _call(self, node: Expr, labels: Labels, depth: int) -> int:
        row = TABLE.names[node.data]
        if row.shape:
            return self._number((node, labels))
        found = [self._of(a, labels if a.shape else (), depth) for a in node.args]
        if self.undefined in found:
            return self.undefined
        if node.data in LARGEST_OR_SMALLEST and found[0] == found[1]:
            return found[0]
        values = [self._value(x) for x in found]
        if len(found) == 1 and values[0] is not None:
            x = values[0]
            if (node.data, x) in EXACT:
                return self._sum({self.one: EXACT[node.data, x]})
            if x == 0 and node.data in POLES:
                return self.undefined
            if x == 0 and row.odd:
                return self.zero
        if node.data == "hypot" and values == [0, 0]:
            return self.zero
        if row.relation and len(found) == 2 and found[0] == found[1]:
            return (
                self._sum({self.one: int(row.relation in ("<=", ">=", "==", "and", "or"))})
                if row.relation not in EITHER_OR_BOTH
                else found[0]
            )
        return self._number(("call", node.data, tuple(found)))


def shifts(order: Sequence[Expr]) -> dict[tuple[Dim, Dim], tuple[int, ...]]:
    """How far apart indices along axes of two sizes may stand for one entry, in the slices of a graph."""
    parts = [found for node in order if is_call(node, "eq") and (found := selected(node, written=True)) is not None]
    known = {(k, n, before) for k, n, before, _ in parts if isinstance(before, int) and before <= MAX_SHIFT}
    far: dict[tuple[Dim, Dim], set[int]] = {}
    for k, n, before in sorted(known, key=str)[:MAX_SHIFTS]:
        far.setdefault((k, n), set()).add(before)
        for other, m, start in known:
            if (other, m) == (k, n) and before > start:
                far.setdefault((k, k), set()).add(before - start)
    return {sizes: tuple(sorted(apart)) for sizes, apart in far.items()}


def slices(f: Expr, labels: Labels, become: dict[int, int]) -> bool:
    """Whether a factor takes a slice of another, with an index that is known; then the slice's is noted."""
    found = selected(f, written=True) if is_call(f, "eq") or f.op == PROD else None
    if found is None or not isinstance(found[2], int):
        return False
    part, whole = labels[::-1] if found[3] else labels
    if part not in become or whole in become:
        return False
    become[whole] = become[part] + (found[2] * NEXT if become[part] >= 0 else -found[2])
    return True


def met(node: Expr, place: tuple[int, ...]) -> Labels:
    """Labels of a node's axes, those of the place equal, or apart as it says."""
    a, b, *shift = place
    return tuple([b if k == a and b < 0 else a + NEXT * sum(shift) if k == b else k for k in range(len(node.shape))])


def outside(node: Expr, place: tuple[int, ...], relation: str = "ne") -> tuple[Expr, Labels]:
    """[i != j] for two axes of a node, or [i != k] for an axis and an entry of it, with these axes; with a shift [i + 1 != j]."""
    a, b, *shift = place
    n = node.shape[a]
    if b < 0:
        return build.call(relation, numbers(n), build.num(-b)), (a,)
    m = node.shape[b]
    first, second = ((0, 1), (a, b)) if a < b else ((1, 0), (b, a))
    rows = build.contract([numbers(n)], [(first[0],)], (0, 1), {first[1]: m})
    columns = build.contract([numbers(m)], [(first[1],)], (0, 1), {first[0]: n})
    if shift:
        rows = build.add(rows, build.spread(build.num(sum(shift)), rows.shape))
    return build.call(relation, *((rows, columns) if a < b else (columns, rows))), second


def numbers(n: Dim) -> Expr:
    """1, 2, … n."""
    return build.call("cumsum", build.spread(build.ONE, (n,)))
