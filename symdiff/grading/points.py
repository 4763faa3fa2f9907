"""Points at which a wrong answer is taken apart: numbers of many digits for every expression, at several choices of sizes.

In: a formula, its right derivative, an answer. Out: samples, each a few points of the formula's domain at one choice of
sizes, at which two expressions are compared or their ratio is found. Everything that grading takes from `checking`,
apart from the verdict itself, is taken here: components, their arithmetic, sizes and draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from random import Random
from time import thread_time
from typing import TYPE_CHECKING, Any

from symdiff.checking.components import Components, Undecided, Work, offset_of
from symdiff.checking.fields import Numeric
from symdiff.checking.problem import effort
from symdiff.checking.sampling import DOMAINS, choose_sizes, entries, grown, nested, size_of, sized
from symdiff.expr.node import OPAQUE, UNIT, VAR, Expr
from symdiff.expr.patterns import is_elementwise
from symdiff.expr.walk import topological
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.checking import Judge

__all__ = [
    "DOMAINS",
    "Budget",
    "Change",
    "Components",
    "Sample",
    "Setting",
    "Undecided",
    "effort",
    "grown",
    "looked_at",
    "samples",
    "settings",
]

# Points at the first choice of sizes and at each further one; draws until there are so many.
POINTS, OTHER_POINTS, DRAWS = 6, 4, 72

# Of what is large (a matrix of 100 times 100) there are fewer points: so many, or as many as take so many operations.
LEAST_POINTS, AT_ALL = 2, 120_000

# Choices of sizes that are looked through until so many of them have a derivative that is not zero.
CHOICES, ENOUGH = 5, 3

# Numbers of DIGITS digits that agree to this are equal; what rounding leaves of a zero is below FLOOR; points keep NEAR away from kinks.
DIGITS, AGREE, FLOOR, NEAR = 45, 1e-25, 1e-30, 1e-6

# A ratio with a larger denominator is not a slip in a constant.
MAX_DENOMINATOR = 100

# Scalar operations for each second that one answer may take, about a third of what is measured; how far beyond these seconds its time on the
# processor may go; nodes whose values are kept from answer to answer.
PER_SECOND, GUARD, KEPT = 100_000, 1.2, 4_000

SEED = 3

# Properties that a variable keeps when its entries are moved a little.
MOVABLE = frozenset(("positive", "nonnegative", "symmetric", "diagonal"))

# Points next to each other at which rounding is looked at, and how near.
NEARBY, ULP = 4, 2.0**-52

Values = Mapping[Expr, Sequence[Any]]  # the entries of every leaf at a point: rational, or numbers
Change = Callable[[list[int], Random, list[Fraction]], list[Fraction]]  # shape, drawn entries -> entries that satisfy a condition


class Budget:
    """What one answer may take: operations, which are counted, so that the load of the machine decides nothing; the clock is their guard."""

    def __init__(self, seconds: float) -> None:
        self.work = Work()
        self.renew(seconds)

    def renew(self, seconds: float, until: float = float("inf")) -> None:
        """Another answer begins, or another part of the work on it, which ends at the thread's time `until` at the latest."""
        self.work.renew(int(PER_SECOND * min(seconds, 1e9)), min(until, thread_time() + GUARD * seconds))


class Setting:
    """A formula and its right derivative at one choice of sizes."""

    def __init__(self, f: Expr, wrt: Sequence[Expr], expected: Expr, sizes: dict[str, int], budget: Budget) -> None:
        self.f, self.expected, self.sizes, self.budget = f, expected, sizes, budget
        self.numeric = Numeric(DIGITS)
        self.sides: tuple[int, ...] = ()  # taken at the formula's kinks, at the last point
        nodes = topological([f, expected, *wrt])
        self.leaves = [n for n in nodes if n.op == VAR] + list(dict.fromkeys(offset_of(n) for n in nodes if n.op == OPAQUE))
        self.conditional = [n for n in topological([f]) if is_elementwise(n) and TABLE[n.data].where]

    def shape(self, e: Expr) -> list[int]:
        """KeyError where a dimension has no size here."""
        return [size_of(d, self.sizes) for d in e.shape]

    def points(self, most: int) -> int:
        """How many points there are to be, at most so many."""
        return max(LEAST_POINTS, min(most, AT_ALL // max(1, effort(topological([self.f, self.expected]), self.sizes))))

    def takes(self, answer: Expr) -> bool:
        """Whether every dimension of an answer has a size here, and every entry that it picks is there."""
        try:
            return all(n.op != UNIT or n.data <= self.shape(n)[0] for n in topological([answer]) if self.shape(n) is not None)
        except KeyError:
            return False

    def at(self, values: Values, near: float = NEAR) -> Components | None:
        """The point, or None where the formula or its derivative has no value, or nearer than that to a kink."""
        numeric = self.numeric
        numbers = {
            x: [numeric.number(v) if isinstance(v, int | Fraction) else numeric.ctx.mpf(v) for v in flat] for x, flat in values.items()
        }
        known = Components(numeric, self.sizes, numbers.__getitem__, seed=SEED, work=self.budget.work)
        numeric.watch()
        known(self.f)
        self.sides = tuple(numeric.branches)
        if numeric.gap < near or not all(known.holds(node) for node in self.conditional):
            return None
        return known if self.finite(known(self.f)) and self.finite(known(self.expected)) else None

    def apart(self, values: Mapping[Expr, Sequence[Any]], rng: Random) -> bool:
        """Whether the point is on no kink: what is equal there is so close to it, too. The sides are those of the last point."""
        ties = [side == 0 for side in self.sides]
        if not any(ties):
            return True
        moved = {
            x: [v + Fraction(rng.randint(1, 99), 10**5) * (1 + abs(v)) for v in flat] if set(x.data[1]) <= MOVABLE else flat
            for x, flat in values.items()
        }
        with suppress(Undecided):
            self.at(moved, near=0)
            return ties == [side == 0 for side in self.sides]
        return False

    def absorbs(self, at: Components, e: Expr) -> bool:
        """Whether e has a term at this point that is lost beside another one in all digits: what is equal then may be so by this only."""
        numeric = self.numeric
        numeric.watch()
        Components(numeric, self.sizes, at, seed=SEED, work=self.budget.work)(e)
        return numeric.absorbed

    @cached_property
    def typical(self) -> float:
        """The largest entry of the derivative at a few ordinary points: with constants such as 6e-34 it is small, too."""
        rng = Random(SEED)
        found = [self.at(self.draw(rng, domain)) for domain in [*DOMAINS] * 2]
        return max((float(abs(v)) for known in found if known is not None for v in known(self.expected)), default=0.0)

    def rounding(self, values: Mapping[Expr, Sequence[Fraction]], known: Components, e: Expr, rng: Random) -> list[float]:
        """How far from its value each entry of e is when it is computed in doubles, as it is written, at this point and within a unit in the last place of it."""
        import numpy as np

        from symdiff.checking.floats import Floats

        def leaf(x: Expr) -> list[Any]:
            return [np.array([float(v) * (1 + k * rng.uniform(-ULP, ULP)) for k in range(NEARBY)]) for v in values[x]]

        with np.errstate(all="ignore"):
            found = Components(Floats(NEARBY), self.sizes, leaf, seed=SEED, work=self.budget.work)(e)
            return [float(np.abs(np.asarray(v, float) - float(right)).max()) for v, right in zip(found, known(e), strict=True)]

    def doubles(self, e: Expr, columns: Mapping[Expr, Any]) -> Any:
        """The entries of e in doubles, a row for each row of the columns: those have the entries of a leaf at many points."""
        import numpy as np

        from symdiff.checking.floats import Floats

        count = len(next(iter(columns.values()))) if columns else 1
        with np.errstate(all="ignore"):
            known = Components(Floats(count), self.sizes, lambda x: list(columns[x].T), seed=SEED, work=self.budget.work)
            return np.array([np.broadcast_to(np.asarray(v, float), (count,)) for v in known(e)]).reshape(-1, count).T

    def draw(self, rng: Random, domain: str, grid: int = 997) -> dict[Expr, list[Fraction]]:
        return {x: entries(self.shape(x), sized(x.data[1], self.sizes), rng, domain, grid) for x in self.leaves}

    def finite(self, flat: Sequence[Any]) -> bool:
        return all(map(self.numeric.ctx.isfinite, flat))

    def close(self, a: Any, b: Any) -> bool:
        if not (self.numeric.ctx.isfinite(a) and self.numeric.ctx.isfinite(b)):
            return not (self.numeric.ctx.isfinite(a) or self.numeric.ctx.isfinite(b))
        return bool(abs(a - b) <= max(AGREE * max(abs(a), abs(b)), FLOOR))

    def named(self, x: Expr, flat: Sequence[Any]) -> Any:
        """The entries of a leaf as nested lists of floats, or one float."""
        return nested([float(v) for v in flat], self.shape(x))


class Sample:
    """Points of a setting. under: how the drawn entries of some variables are changed, so that a condition holds."""

    def __init__(self, setting: Setting, count: int, under: Mapping[Expr, Change] | None = None, seed: int = SEED) -> None:
        self.setting = setting
        self.points: list[Components] = []
        self.draws: list[dict[Expr, list[Fraction]]] = []  # the drawn entries at each point
        self.alive = 0
        rng, domains = Random(seed), list(DOMAINS)
        for k in range(DRAWS):
            values = setting.draw(rng, domains[k % len(domains)])
            for x, change in (under or {}).items():
                values[x] = change(setting.shape(x), rng, values[x])
            self.admit(setting.at(values), values, count)
            if len(self.points) >= count:
                break

    def admit(self, known: Components | None, drawn: dict[Expr, list[Fraction]], count: int) -> None:
        """Take the point in. Where the derivative is zero most wrong answers are zero too: half of the points must tell more."""
        if known is None:
            return
        here = any(abs(v) > FLOOR for v in known(self.setting.expected))
        if here or len(self.points) - self.alive < count / 2:
            self.points.append(known)
            self.draws.append(drawn)
            self.alive += here

    def renewed(self) -> None:
        """Another answer begins; of what was computed before only what is short is kept."""
        for known in self.points:
            if len(known.known) > KEPT:
                for node in list(known.known)[KEPT // 2 :]:
                    if node.op != VAR:
                        del known.known[node]

    def pairs(self, a: Expr, b: Expr) -> Iterator[tuple[Any, Any]]:
        """Both values at every entry of every point. Undecided when the time is up."""
        for known in self.points:
            self.setting.budget.work.spend(1)
            yield from zip(known(a), known(b), strict=True)

    def fits(self, a: Expr, b: Expr) -> bool:
        """Whether both have a value of one shape here."""
        try:
            return self.setting.shape(a) == self.setting.shape(b)
        except KeyError:
            return False

    def same(self, a: Expr, b: Expr, factor: Fraction = Fraction(1)) -> bool:
        """Whether a is factor*b at all points."""
        c = self.setting.numeric.number(factor)
        return self.fits(a, b) and all(self.setting.close(x, y if factor == 1 else c * y) for x, y in self.pairs(a, b))

    def ratio(self, a: Expr, b: Expr) -> Fraction | None:
        """The rational number a/b, if it is one and the same everywhere; None too where b is zero, or not finite."""
        if not self.fits(a, b):
            return None
        x, y = next(((x, y) for x, y in self.pairs(a, b) if abs(y) > FLOOR), (None, None))
        if y is None or not self.setting.finite([x, y]):
            return None
        c = Fraction(float(x / y)).limit_denominator(MAX_DENOMINATOR)
        return c if self.same(a, b, c) else None


def settings(f: Expr, wrt: Sequence[Expr], expected: Expr, budget: Budget) -> Iterator[Setting]:
    """Choices of sizes, all of them different in every dimension; one where no dimension has a name."""
    nodes = topological([f, expected, *wrt])
    first = choose_sizes(nodes)
    yield Setting(f, wrt, expected, first, budget)
    other = choose_sizes(nodes, other=True)
    for k in range(CHOICES - 1 if first else 0):
        # Sizes that move up together stay different from each other.
        yield Setting(f, wrt, expected, {d: n + k for d, n in other.items()}, budget)


def looked_at(judge: Judge) -> Iterator[tuple[dict[str, int], dict[Expr, Any]]]:
    """Where a verdict looked at the formula: sizes, and the entries of every leaf at many points that are on no kink, a row for each."""
    import numpy as np

    from symdiff.checking.floats import CLOSE

    for look in judge.looks.values():
        for batch in look.batches:
            rows = np.flatnonzero(batch.usable & (batch.sides != CLOSE).all(0))
            yield look.problem.sizes, {x: v[rows] for x, v in batch.points.values.items()}


def samples(f: Expr, wrt: Sequence[Expr], expected: Expr, budget: Budget) -> list[Sample]:
    """Samples at up to ENOUGH choices of sizes.

    At some sizes a derivative vanishes that does not at others (with two entries everything of zero mean is parallel): those
    are left out, unless it vanishes everywhere. [] where fewer than two choices are left though sizes have names: a factor of
    n could not be told from a number.
    """
    found: list[Sample] = []
    dead: list[Sample] = []
    for setting in settings(f, wrt, expected, budget):
        sample = Sample(setting, setting.points(OTHER_POINTS if found else POINTS))
        (found if sample.alive else dead).append(sample)
        if len(found) >= ENOUGH:
            break
    found = found or [sample for sample in dead if sample.points]
    return found if len(found) > 1 or (found and not found[0].setting.sizes) else []


def size_powers(sizes: Sequence[Mapping[str, int]]) -> Iterator[tuple[str, list[Fraction]]]:
    """Every dimension's size, and its square, at each choice of sizes, with its name as text."""
    for d in sizes[0]:
        column = [Fraction(s[d]) for s in sizes]
        yield d, column
        yield f"{d}^2", [n * n for n in column]
    names = list(sizes[0])
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            yield f"({a}*{b})", [Fraction(s[a] * s[b]) for s in sizes]
            yield f"({a}/{b})", [Fraction(s[a], s[b]) for s in sizes]
