"""What code costs, as polynomials in the sizes: the second measure, beside the length that people see.

In: operations, each with the sizes that it runs over, as the writer of a source emits them. Out: how many multiplications
(and additions, comparisons, calls) there are and how many entries of new arrays, both as sums of products of sizes. Two
programs are compared for sizes that grow: by their value where every size that is no number is LARGE, so that the degree
decides and, among equals, the constants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod

from symdiff.expr.build import dim_product
from symdiff.expr.node import Dim

# A size of which no argument says how large it is.
LARGE = 1000

# Nanoseconds for an entry, or for a multiplication: entry by entry, memory is what takes the time; a matrix product reuses what it has read;
# exp and its like take about six times as long (NumPy and PyTorch on one core, n = 10^5 to 10^6).
PRICES = {"entry": 1.0, "call": 6.0, "vector": 0.5, "matrix": 0.15, "solve": 0.4}

Monomial = tuple[str, ...]


def monomial(dims: Iterable[Dim]) -> tuple[int, Monomial]:
    """A product of sizes: the number in front, and the names in order."""
    product = dim_product(dims)
    parts = product if isinstance(product, tuple) else (product,)
    return next((part for part in parts if isinstance(part, int)), 1), tuple([part for part in parts if not isinstance(part, int)])


def size_of(dims: Iterable[Dim]) -> int:
    """A product of sizes where those that are no numbers are LARGE."""
    number, names = monomial(dims)
    return int(number * LARGE ** len(names))


class Work:
    """The operations of a program by their kind, and the entries of the arrays that it makes.

    entry: one multiplication, addition or comparison of two arrays for every entry. call: a function for every entry. vector and matrix:
    multiplications of a contraction whose factors are read once, or more often. solve: of a factorisation.
    """

    __slots__ = ("done", "made")

    def __init__(self) -> None:
        self.done: dict[str, Counter[Monomial]] = {}
        self.made: Counter[Monomial] = Counter()

    def add(self, kind: str, dims: Iterable[Dim], made: Iterable[Dim] | None = None) -> None:
        """An operation over these sizes; `made`: those of the array that it makes, where they are others."""
        over = tuple(dims)
        number, names = monomial(over)
        self.done.setdefault(kind, Counter())[names] += number
        number, names = monomial(over if made is None else made)
        self.made[names] += number

    @property
    def operations(self) -> Counter[Monomial]:
        """All operations, whatever they are."""
        return sum(self.done.values(), Counter())

    def price(self) -> float:
        """Roughly the nanoseconds, at sizes that grow."""
        return sum(PRICES[kind] * at(poly) for kind, poly in self.done.items())

    def orders(self) -> list[Monomial]:
        """The leading terms: those that divide no other."""
        return leading(self.operations)


def at(poly: Counter[Monomial], size: int = LARGE) -> float:
    """The value where every size that is no number is `size`."""
    return float(sum(number * size ** len(names) for names, number in poly.items()))


def leading(poly: Counter[Monomial]) -> list[Monomial]:
    """The products of sizes that divide no other of the polynomial."""
    names = sorted(name for name, number in poly.items() if number)
    return [a for a in names if not any(a != b and divides(a, b) for b in names)]


def divides(a: Monomial, b: Monomial) -> bool:
    """Whether every size of a is one of b, as often."""
    return not Counter(a) - Counter(b)


# ---------------------------------------------------------------------------------------------- the order of a contraction

# Of more factors not all orders are tried.
MAX_FACTORS = 6

Axes = frozenset[int]


# Sizes that a matrix may have where nothing is known: small ones, and large ones.
FEW = 2


@lru_cache(maxsize=512)
def is_settled(dims: tuple[Dim, ...]) -> bool:
    """Whether one order to multiply a row of matrices in, the k-th from the size k to the next, is a cheapest one whatever the sizes are."""
    names = sorted({name for d in dims for name in monomial([d])[1]})
    best: set[tuple[tuple[int, int], ...]] | None = None
    for sizes in product((FEW, LARGE), repeat=len(names)):
        value = dict(zip(names, sizes, strict=True))
        numbers = [number * prod(value[name] for name in parts) for number, parts in map(monomial, [[d] for d in dims])]
        price = {cuts: cost for cuts, cost in orders(numbers)}
        least = min(price.values())
        found = {cuts for cuts, cost in price.items() if cost == least}
        best = found if best is None else best & found
        if not best:
            return False
    return True


def orders(sizes: Sequence[int]) -> list[tuple[tuple[tuple[int, int], ...], int]]:
    """The orders to multiply a row of matrices in: the parts that are computed, by their ends, and how many multiplications that takes."""
    found: dict[tuple[int, int], list[tuple[tuple[tuple[int, int], ...], int]]] = {(k, k + 1): [((), 0)] for k in range(len(sizes) - 1)}
    for length in range(2, len(sizes)):
        for i in range(len(sizes) - length):
            j = i + length
            found[i, j] = [
                (tuple(sorted({*a, *b, (i, j)})), cost_a + cost_b + sizes[i] * sizes[k] * sizes[j])
                for k in range(i + 1, j)
                for a, cost_a in found[i, k]
                for b, cost_b in found[k, j]
            ]
    return found[0, len(sizes) - 1]


class Order:
    """The cheapest order to multiply factors in, two at a time, until no label has to be summed over.

    out: the labels of the value. size: of every label.
    """

    def __init__(self, out: Iterable[int], size: Mapping[int, int]) -> None:
        self.out, self.size = frozenset(out), size
        self.known: dict[tuple[Axes, ...], float] = {}

    def pairs(self, factors: Sequence[Sequence[int]]) -> set[tuple[int, int]] | None:
        """The pairs of factors that a cheapest order may begin with; None where there are too many factors."""
        if len(factors) > MAX_FACTORS or len(factors) < 3:
            return None
        sets = [frozenset(labels) for labels in factors]
        price = {(i, j): self.first(sets, i, j) for j in range(len(sets)) for i in range(j)}
        least = min(price.values()) * (1 + 1e-9)
        return {pair for pair, found in price.items() if found <= least}

    def first(self, sets: Sequence[Axes], i: int, j: int) -> float:
        """The price if these two are multiplied first."""
        a, b = sets[i], sets[j]
        rest = [s for k, s in enumerate(sets) if k not in (i, j)]
        both = a | b
        kept = self.out.union(*rest)
        left = both & kept
        gone = both - left
        price = self.volume(both)
        if gone:
            price *= PRICES["matrix"] if a != both and b != both else PRICES["vector"]
            price += self.volume(left)
        return price + (self.price([*rest, left]) if rest and not left <= self.out else self.price(rest))

    def price(self, sets: Sequence[Axes]) -> float:
        open_ = [s for s in sets if not s <= self.out]
        if len(open_) < 2:
            return self.volume(open_[0]) if open_ else 0
        key = tuple(sorted(open_, key=sorted))
        if key not in self.known:
            self.known[key] = min(self.first(open_, i, j) for j in range(len(open_)) for i in range(j))
        return self.known[key]

    def volume(self, labels: Iterable[int]) -> float:
        return float(prod([self.size.get(label, 1) for label in labels]))
