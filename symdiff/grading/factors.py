"""The factor that separates an answer from the derivative: what is to be multiplied in, or does not belong there.

In: two values of which the second should be the first times something, and samples. Out: the factor with its place. A
factor is looked for among the parts of the formula, its derivative and the answer; it is named only where multiplying it in
repairs the answer at every point of every choice of sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any

from symdiff.expr import build
from symdiff.expr.node import NUM, SUM, Expr
from symdiff.expr.walk import dimensions, topological
from symdiff.grading.changes import transposed
from symdiff.grading.points import FLOOR, MAX_DENOMINATOR, Sample
from symdiff.grading.words import mentions, shown

# Parts that may be the factor, parts of which pairs are tried, nodes of a part.
MAX_PARTS, MAX_PAIRED, MAX_PART = 60, 12, 25

POWERS = (1, -1, 2, -2)


@dataclass(frozen=True)
class Factor:
    """times(mine) is right. part: what the factor is made of; power; where: "", " on the left", " on the right"."""

    part: Expr
    power: int
    value: Expr
    times: Callable[[Expr], Expr]
    where: str = ""

    def sentence(self, mine: Expr) -> tuple[str, str]:
        if self.power == -1 and self.value.op != SUM and mentions(mine, self.part):
            return "extra factor", f"the factor `{shown(self.part)}` does not belong there"
        return "missing factor", f"the factor `{shown(self.value)}` is missing{self.where}"


def parts(roots: Iterable[Expr], dims: Iterable[Expr]) -> list[Expr]:
    """What may be a factor: sizes, and the parts of expressions, short ones first."""
    found: dict[Expr, int] = {}
    names = {name: build.dim(name) for e in dims for name in dimensions([e])}
    for name in sorted(names):
        found[names[name]] = 0
    for root in roots:
        for node in topological([root]):
            if node.op != NUM and len(node.shape) <= 2 and node not in found and len(found) < 4 * MAX_PARTS:
                found[node] = len(topological([node]))
    short = [node for node, size in sorted(found.items(), key=lambda item: item[1]) if size <= MAX_PART]
    return short[:MAX_PARTS]


class FactorSearch:
    """Factors between values, among the same parts."""

    def __init__(self, samples: Sequence[Sample], among: Sequence[Expr], same: Callable[[Expr, Expr], bool]) -> None:
        self.samples, self.among, self.same = samples, among, same

    def between(self, mine: Expr, right: Expr) -> Factor | None:
        """The factor with which `mine` is `right`: a number or entries first, then vectors at the sides, then matrices."""
        for factor in self.candidates(mine, right):
            if self.same(factor.times(mine), right):
                return factor
        return None

    def candidates(self, mine: Expr, right: Expr) -> Iterator[Factor]:
        if mine.shape == right.shape:
            yield from self.entrywise(mine, right)
        yield from self.sided(mine, right)

    # ------------------------------------------------------------------------------------------ entry by entry

    def entrywise(self, mine: Expr, right: Expr) -> Iterator[Factor]:
        """A part to a power, times a small number."""
        found: list[tuple[tuple[Any, ...], Factor]] = []
        ratios, columns = self.columns(mine, right)
        for k, (u, flat) in enumerate(columns):
            for p in POWERS:
                c = self.quotient(ratios, flat, p)
                if c is not None:
                    found.append(((c != 1, c != -1, abs(p), k), _scaling(u, p, c)))
        for _, factor in sorted(found, key=lambda item: item[0]):
            yield factor

    def pairs(self, mine: Expr, right: Expr) -> Iterator[Factor]:
        """The product or quotient of two parts, or its negative."""
        ratios, columns = self.columns(mine, right)
        short = [(u, flat) for u, flat in columns if u.op != SUM][:MAX_PAIRED]
        for (u, left), (v, other) in combinations(short, 2):
            for p, q in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                rest = [None if r is None else r / x**p for r, x in zip(ratios, left, strict=True)]
                c = self.quotient(rest, other, q)
                if c in (1, -1):
                    yield _scaling(build.elementwise(_power(u, p), _power(v, q)), 1, Fraction(c or 1))

    def columns(self, mine: Expr, right: Expr) -> tuple[list[Any], list[tuple[Expr, list[Any]]]]:
        """The quotients of the entries at one point, and the parts there that may explain them."""
        sample = next((s for s in self.samples if s.alive), None)
        known = next((p for p in sample.points if any(abs(v) > FLOOR for v in p(right))), None) if sample else None
        if sample is None or known is None:
            return [], []
        finite = sample.setting.finite
        a, b = known(mine), known(right)
        if not finite(a) or not finite(b) or any((abs(x) > FLOOR) != (abs(y) > FLOOR) for x, y in zip(a, b, strict=True)):
            return [], []
        ratios = [y / x if abs(x) > FLOOR else None for x, y in zip(a, b, strict=True)]
        columns: list[tuple[Expr, list[Any]]] = []
        for u in self.among:
            if u.shape in ((), mine.shape) and u is not right and sample.setting.takes(u):
                flat = known(u)
                if finite(flat) and all(abs(v) > FLOOR for v in flat) and not self.trivial(flat):
                    columns.append((u, flat if u.shape else flat * len(ratios)))
        return ratios, columns

    @staticmethod
    def trivial(flat: Sequence[Any]) -> bool:
        """A plain number is no factor by name: constants are found as such."""
        c = Fraction(float(flat[0])).limit_denominator(12) if abs(flat[0]) < 1e6 else Fraction(0)
        return all(abs(v - flat[0]) <= FLOOR for v in flat) and abs(flat[0] * c.denominator - c.numerator) <= FLOOR

    @staticmethod
    def quotient(ratios: Sequence[Any], flat: Sequence[Any], p: int) -> Fraction | None:
        """The one small rational number c with ratio = c*u^p at all entries."""
        c: Fraction | None = None
        for r, u in zip(ratios, flat, strict=True):
            if r is None:
                continue
            x = r / u**p
            if c is None:
                if not 1e-3 < abs(x) < 1e3:
                    return None
                c = Fraction(float(x)).limit_denominator(12)
            if not c or abs(x * c.denominator - c.numerator) > 1e-20 * abs(c.numerator):
                return None
        return c

    # ------------------------------------------------------------------------------------------ at the sides

    def sided(self, mine: Expr, right: Expr) -> Iterator[Factor]:
        """Vectors as diagonal factors or outer factors, matrices as factors, transposed or not."""
        for u in self.among:
            if u in (mine, right):
                continue
            for value, where, times in _sides(u, mine, right):
                yield Factor(u, 1, value, times, where)

    def ratio(self, a: Expr, b: Expr) -> Fraction | None:
        ratios = {sample.ratio(a, b) for sample in self.samples}
        return ratios.pop() if len(ratios) == 1 else None


def _power(u: Expr, p: int) -> Expr:
    return u if p == 1 else build.power(u, build.num(p))


def _scaling(u: Expr, p: int, c: Fraction) -> Factor:
    assert c.denominator <= MAX_DENOMINATOR
    q = _power(u, p)
    value = q if c == 1 else build.neg(q) if c == -1 else build.scale(build.num(c), q)
    return Factor(u, p if c == 1 else 1, value, lambda e: build.elementwise(value, e))


def _sides(u: Expr, mine: Expr, right: Expr) -> Iterator[tuple[Expr, str, Callable[[Expr], Expr]]]:
    """(the factor as it is written, where, what multiplies it in) for every way that gives the shape of `right`."""
    shape, goal = mine.shape, right.shape
    if not shape:
        if goal == u.shape and goal:
            yield u, "", partial(build.scale, u)
    elif len(u.shape) == 1:
        n = u.shape[0]
        if len(shape) == 2 and shape == goal:
            if shape[0] == n:
                yield build.diag_matrix(u), " on the left", partial(_product, u, ((0,), (0, 1)), False)
            if shape[1] == n:
                yield build.diag_matrix(u), " on the right", partial(_product, u, ((0, 1), (1,)), True)
        elif len(shape) == 1 and (*shape, n) == goal:
            yield build.row(u), " on the right", partial(_product, u, ((0,), (1,)), True)
        elif len(shape) == 1 and (n, *shape) == goal:
            yield u, " on the left", partial(_product, u, ((0,), (1,)), False)
    elif len(u.shape) == 2 and u.shape[0] != 1:
        turned = transposed(u)
        for m in (u,) if turned is None else (u, turned):
            if len(shape) == 1 and m.shape[1] == shape[0] and goal == m.shape[:1]:
                yield m, " on the left", partial(build.matvec, m)
            elif len(shape) == 2 and shape[0] != 1:
                if m.shape[1] == shape[0] and goal == (m.shape[0], shape[1]):
                    yield m, " on the left", partial(build.matmul, m)
                if shape[1] == m.shape[0] and goal == (shape[0], m.shape[1]):
                    yield m, " on the right", partial(_behind, m)


def _product(u: Expr, labels: tuple[tuple[int, ...], tuple[int, ...]], behind: bool, e: Expr) -> Expr:
    return build.contract([e, u] if behind else [u, e], labels, (0, 1))


def _behind(m: Expr, e: Expr) -> Expr:
    return build.matmul(e, m)
