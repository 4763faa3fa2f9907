"""Sizes for named dimensions, and random values for variables.

Sizes are small and all different, so that a lost transpose changes a shape or a number. Values are exact rationals
with few digits; they honour the variable's declared properties, and a domain says where the free entries lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

from symdiff.expr import dims
from symdiff.expr.build import label_size
from symdiff.expr.node import DIM, RESHAPE, UNIT, Dim, Expr
from symdiff.expr.patterns import has_scalar_factors, is_call, is_call_of, is_whole_number

# Where free entries are drawn: low, high, random sign. Zero is kept away from: there abs has a kink and 1/x a pole.
# "definite" makes every square matrix positive definite as well.
DOMAINS: dict[str, tuple[float, float, bool]] = {
    "real": (0.1, 2.0, True),
    "positive": (0.2, 2.2, False),
    "unit": (0.05, 0.95, False),
    "definite": (0.1, 2.0, True),
    "large": (1.2, 4.0, False),
    "small": (0.02, 0.3, True),
}

# Sizes in the order in which they are given out: products of earlier ones come last. The second list lacks 2, at which
# n, n^2/2 and 2*(n - 1) agree.
_SMALL = (2, 3, 5, 4, 7, 9, 8, 11, 13, 6, 10)
_OTHER = (3, 5, 4, 7, 9, 8, 11, 13, 6, 10, 12)

# The explicit form of these rows grows fastest with the size: their dimensions get the smallest sizes.
_COSTLY = frozenset({"inv", "det", "logdet"})
_BOUNDS = frozenset({"ge", "le", "max", "min"})

MOST_TAKEN = 5  # of a size that is taken off another
LEAST = 2  # of a size that is computed: windows at more than one place
TRIES = 20  # a coarse grid may have fewer values than a tensor has entries
MANY, FINER = 300, 16  # from so many entries on the grid is finer, so many times their number
RANK = 12  # a definite matrix is 1 and a product of this rank: all products of its rows would take the cube of its size

Nested = Any  # a number, or a list of Nested


def choose_sizes(nodes: Iterable[Expr], *, other: bool = False) -> dict[str, int]:
    """A size for every dimension with a name: all different, and different from the dimensions that are numbers.

    other: a second choice, without the size 2.
    """
    weight: dict[str, int] = {}
    taken: set[int] = set()
    nodes = list(nodes)
    least = least_sizes(nodes)
    for node in nodes:
        found = [part for d in node.shape for part in _parts(d)]
        if node.op == DIM:
            found += _parts(node.data)
        costly = is_call_of(node, _COSTLY)
        if costly:
            found += [part for d in node.args[0].shape for part in _parts(d)]
        for d in found:
            if isinstance(d, int):
                taken.add(d)
            else:
                weight[d] = weight.get(d, 0) + (1000 if costly else 1)
    sizes: dict[str, int] = {}
    for d in sorted(weight, key=lambda d: (-weight[d], d)):
        enough = least.get(d, 0)
        free = (s for s in (_OTHER if other else _SMALL) if s >= enough and s not in taken)
        sizes[d] = next(free, max(enough, 13, *taken) + 1)
        taken.add(sizes[d])
    return grown(sizes, nodes)


def grown(sizes: dict[str, int], nodes: Iterable[Expr]) -> dict[str, int]:
    """The sizes, larger where a size that is computed from them, as the n - k + 1 places of a window, would be too small; then all different.

    What is taken off is small: a window of 13 would need an axis of 14, and its entries would be counted in hundreds.
    """
    sizes = dict(sizes)
    sums = {d: None for node in nodes for d in node.shape if isinstance(d, str) and dims.is_sum(d)}
    for name in dict.fromkeys(
        [name for d in sums for name, c in dims.terms(d).items() if c < 0 and name in sizes and sizes[name] > MOST_TAKEN]
    ):
        sizes[name] = next(n for n in range(3, 3 + len(sizes) + 1) if n not in [m for other, m in sizes.items() if other != name])
    for d in sums:
        for name in [name for name, c in dims.terms(d).items() if c > 0 and name in sizes][:1]:
            while dims.value(d, sizes.__getitem__) < LEAST:
                sizes[name] = (
                    max(sizes[name], *[n for other, n in sizes.items() if other != name]) + 1 if len(sizes) > 1 else sizes[name] + 1
                )
    return sizes


def least_sizes(nodes: Iterable[Expr], *, empty: bool = False) -> dict[str, int]:
    """The sizes that dimensions have to have, at least, for what is picked from them to be there, and for ranges to have several terms.

    empty: ranges may be empty.
    """
    least: dict[str, int] = {}
    for node in nodes:
        if node.op == UNIT and isinstance(node.shape[0], str):
            least[node.shape[0]] = max(least.get(node.shape[0], 0), node.data)
        if not empty and is_call(node, "eq") and len(node.shape) == 2 and isinstance(node.shape[0], int) and isinstance(node.shape[1], str):
            offsets = [n.data for a in node.args for t in (a, *a.args) for n in (t, *t.args) if is_whole_number(n)]
            least[node.shape[1]] = max([least.get(node.shape[1], 0), *[node.shape[0] + abs(k) for k in offsets or [0]]])
        if not empty and is_call_of(node, _BOUNDS) and len(node.shape) == 1 and isinstance(node.shape[0], str):
            least[node.shape[0]] = max([least.get(node.shape[0], 0), *_beyond(node)])
    return least


def _beyond(node: Expr) -> list[int]:
    """Sizes at which the range i=3..n or i=1..n-3, here a bound on the numbers 1, 2, … along an axis, has several terms."""
    if not any(is_call(b, "cumsum") for a in node.args for b in ((a, *a.args) if a.op == RESHAPE else (a,))):
        return []
    bounds = [b for a in node.args if has_scalar_factors(a) for c in a.args for b in (c, *c.args)]
    return [b.data + 2 for b in bounds if is_whole_number(b)]


def _parts(d: Dim) -> list[Any]:
    return [*dims.names(d), *[part for part in (d if isinstance(d, tuple) else (d,)) if isinstance(part, int)]]


def size_of(d: Dim, sizes: Mapping[str, int]) -> int:
    """The size of a dimension; KeyError if a name in it has none."""
    return max(0, dims.value(d, sizes.__getitem__))


def draw(var: Expr, sizes: Mapping[str, int], rng: Random, domain: str = "real") -> Nested:
    """Random values for a variable: exact rationals, as nested lists of its shape (a number for a scalar).

    domain: a key of DOMAINS; properties of the variable (positive, symmetric, onehot, …) go before it.
    """
    shape = [size_of(d, sizes) for d in var.shape]
    return nested(entries(shape, sized(var.data[1], sizes), rng, domain), shape)


def sized(properties: Sequence[str], sizes: Mapping[str, int]) -> list[str]:
    """The properties with numbers for the sizes in them: `label(k)` is `label(3)` where k is 3."""
    label = label_size(properties)
    if label is None:
        return list(properties)
    known = (
        label
        if isinstance(label, int)
        else size_of(label, sizes)
        if label and all(part in sizes for part in _parts(label) if isinstance(part, str))
        else 1
    )
    return [*[word for word in properties if not word.startswith("label")], f"label({known})"]


def nested(flat: Sequence[Any], shape: Sequence[int]) -> Nested:
    """The entries, in row-major order, as nested lists of this shape."""
    level = list(flat)
    for n in reversed(shape):
        level = [level[k : k + n] for k in range(0, len(level), n)]
    return level[0]


def entries(shape: Sequence[int], properties: Sequence[str], rng: Random, domain: str, grid: int = 997) -> list[Fraction]:
    """Row-major random entries of a tensor of this shape with these properties; free ones are multiples of 1/grid."""
    low, high, signed = DOMAINS["positive" if "positive" in properties or "nonnegative" in properties else domain]
    if prod(shape) > MANY:
        grid = max(grid, FINER * prod(shape))  # or chance ties could not be avoided

    drawn: set[Fraction] = set()

    def free() -> Fraction:
        for _ in range(TRIES):  # a chance tie of two entries would sit on a kink of max(x) and norminf(x)
            value = Fraction(max(1, round(rng.uniform(low, high) * grid)), grid)
            if value not in drawn:
                break
        drawn.add(value)
        return -value if signed and rng.random() < 0.5 else value

    label = label_size(properties)
    if isinstance(label, int):
        return [Fraction(rng.randrange(label) + 1) for _ in range(prod(shape))]
    n = shape[-1] if shape else 1
    lines = prod(shape) // n
    square = len(shape) == 2 and shape[0] == n
    if "onehot" in properties:
        return [Fraction(k == hot) for _ in range(lines) for hot in [rng.randrange(n)] for k in range(n)]
    if "simplex" in properties:
        rows = [[abs(free()) for _ in range(n)] for _ in range(lines)]
        return [x / sum(row, Fraction()) for row in rows for x in row]
    if "diagonal" in properties:
        return [free() if i == j else Fraction(0) for i in range(n) for j in range(n)]
    if "orthogonal" in properties:
        return _orthogonal(n, rng)
    values = [free() for _ in range(lines * n)]
    if "psd" in properties or (square and domain == "definite"):
        rows = [values[i * n : i * n + min(n, RANK)] for i in range(n)]
        return [Fraction(i == j) + _dot(r, s) for i, r in enumerate(rows) for j, s in enumerate(rows)]
    if "symmetric" in properties:
        return [values[min(i, j) * n + max(i, j)] for i in range(n) for j in range(n)]
    return values


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction())


def _orthogonal(n: int, rng: Random) -> list[Fraction]:
    """A product of random reflections I - 2*v*v'/(v'*v), of either determinant."""
    q = [[Fraction(i == j) for j in range(n)] for i in range(n)]
    for _ in range(n + rng.randrange(2)):
        v = [Fraction(rng.choice((-3, -2, -1, 1, 2, 3))) for _ in range(n)]
        square = _dot(v, v)
        for row in q:
            c = 2 * _dot(row, v) / square
            row[:] = [a - c * b for a, b in zip(row, v, strict=True)]
    return [x for row in q for x in row]
