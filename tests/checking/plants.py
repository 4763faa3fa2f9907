"""Wrong answers of known kinds, and right ones in odd forms: python -m tests.checking.plants [--step N] [--right]

To the derivative of every case of tests/cases one fault is added at a time: beyond a threshold, between two, on one side (smoothly, or by
a bracket), at small or at large sizes of a quantity, at some sizes of the variables, in one entry, by a millionth, in the antisymmetric
part, and every slip of tests/mutants.py. A fault counts only where NumPy shows it: at a point made for it the values of the two differ. None
may be called correct. Right answers are written in other forms, none of which may be called wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from random import Random
from typing import Any
from zlib import crc32

import numpy as np

from symdiff.api import parse
from symdiff.checking import Judge
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, VAR, Expr
from symdiff.expr.walk import bindings, topological, variables
from symdiff.numeric import evaluate
from symdiff.table import TABLE
from tests.cases import test_cases as cases
from tests.mutants import KINDS as SLIPS
from tests.mutants import mutants

SECONDS = 20.0
SHOWS = 1e-7  # relative to the largest entry
STEP, BENT = 1e-5, 1e-2  # to either side of a point; what of the difference there is none without a kink
THRESHOLDS = ("0.5", "1", "2", "3", "5", "10", "20", "50", "100", "200", "500", "1000")
SMALL = ("0.3", "0.05", "0.01", "0.002")

KINDS = (
    "above", "below", "between", "magnitude", "tiny", "one side", "one side, smooth", "one side, square", "size above", "size polynomial",
    "size equal", "entry", "millionth", "offset", "antisymmetric", "two thresholds", "thin", "narrow bump", "whole numbers", "rounded", "steps",
    "at one point", "equal entries", "unit vector", "beyond doubles", "tiny offset", "tiny gap", *SLIPS,
)  # fmt: skip


# Faults that no double shows: they are faults wherever the derivative is not zero.
CERTAIN = ("beyond doubles", "tiny offset")


def number(text: str | float) -> Expr:
    return build.num(Fraction(str(text)))


def above(a: Expr, b: Expr) -> Expr:
    return build.call("gt", a, b)


class Case:
    """The answer to a case, and quantities of its variables."""

    def __init__(self, name: str) -> None:
        self.name, case = name, cases.CASES[name]
        self.case = case
        self.f, self.g = (getattr(e, "expr", e) for e in cases.solved(name))
        self.x = {**variables([self.f]), **bindings([self.f])}[case["wrt"]]
        self.rng = Random(crc32(name.encode()))

    def quantities(self) -> Iterator[tuple[Expr, Expr]]:
        """(variable, a number made of it)."""
        for v in variables([self.f]).values():
            if v.data[1]:
                continue
            if not v.shape:
                yield v, v
            else:
                yield v, build.total(v)
                yield v, build.entry(v, *([1] * len(v.shape)))

    def points(self, v: Expr, q: Expr, value: float) -> Iterator[Mapping[str, Any]]:
        """Points of the case at which the quantity is about this value."""
        for k in range(3):
            at = dict(cases.draw(self.case, k))
            if v.data[0] not in at:
                return
            now = float(np.asarray(evaluate(q, at)))
            if now:
                yield at | {v.data[0]: np.asarray(at[v.data[0]], float) * (value / now)}
            shifted = np.array(at[v.data[0]], float)
            if not v.shape:
                continue
            if q.op == build.total(v).op and q is build.total(v):
                shifted = shifted + (value - now) / shifted.size
            else:
                shifted.flat[0] = value
            yield at | {v.data[0]: shifted}

    def shows(self, wrong: Expr, points: Iterator[Mapping[str, Any]], known: bool = False) -> bool:
        """Whether NumPy has other values for the two; known: that they differ is certain wherever the derivative has a value other than 0."""
        for at in points:
            try:
                with np.errstate(all="ignore"):
                    f, a, b = (np.asarray(evaluate(e, at)) for e in (self.f, self.g, wrong))
            except (SymdiffError, ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
                continue
            if self.in_domain(at) and np.isrealobj(a) and all(np.isfinite(e).all() for e in (f, a, b)):
                size = np.abs(a).max(initial=0)
                if known and size > 1e-12:
                    return True
                if 1e-12 < size < 1e12 and np.abs(a - b).max(initial=0) > SHOWS * size:
                    return True
        return False

    def in_domain(self, at: Mapping[str, Any]) -> bool:
        """Whether the table says that the formula has a value there; NumPy has one of lgamma(-1.5), which is declared for x > 0."""
        for node in topological([self.f]):
            row = TABLE.names.get(node.data) if node.op == CALL else None
            if row is None or not row.elementwise or not row.where:
                continue
            condition = parse(f"[{row.where}]").expr
            with np.errstate(all="ignore"):
                entries = [np.asarray(evaluate(a, at), float) for a in node.args] + [np.asarray(evaluate(node, at), float)]
            for values in zip(*[e.ravel().tolist() for e in np.broadcast_arrays(*entries)], strict=True):
                if not evaluate(condition, dict(zip((*row.args, "y"), values, strict=True))):
                    return False
        return True

    def times(self, factor: Expr) -> Expr:
        return build.scale(build.add(build.ONE, factor), self.g)

    def faults(self, every: int = 1) -> Iterator[tuple[str, Expr]]:
        """(kind, a wrong answer); one in `every`."""
        turn = self.rng.randrange(every)
        for kind, wrong, points in self._faults():
            turn += 1
            if turn % every == 0 and wrong.shape == self.g.shape and self.shows(wrong, points, kind in CERTAIN):
                yield kind, wrong

    def _faults(self) -> Iterator[tuple[str, Expr, Iterator[Mapping[str, Any]]]]:
        yield from self._of_quantities()
        yield from self._narrow_ones()
        yield from self._of_the_whole()

    def _narrow_ones(self) -> Iterator[tuple[str, Expr, Iterator[Mapping[str, Any]]]]:
        """Faults in a thin region, at single points, at all but whole numbers."""
        pick, two = self.rng.choice, build.TWO
        for v, q in self.quantities():
            t = pick(THRESHOLDS)
            away = build.sub(q, number(t))
            yield "thin", self.times(above(number("0.0001"), build.call("abs", away))), self.points(v, q, float(t))
            bump = build.call("exp", build.scale(number("-1e6"), build.power(away, two)))
            yield "narrow bump", self.times(bump), self.points(v, q, float(t))
            yield "at one point", self.times(build.call("eq", q, number(t))), self.points(v, q, float(t))
            wave = build.power(build.call("sin", build.scale(build.const("pi"), q)), two)
            yield "whole numbers", self.times(wave), self.points(v, q, 1.5)
            yield "rounded", self.times(build.sub(q, build.call("round", q))), self.points(v, q, 1.3)
            yield "steps", self.times(build.call("floor", build.divide(build.call("abs", q), number(t)))), self.points(v, q, 1.5 * float(t))
            if v.shape and not v.data[1]:
                equal = build.call("eq", build.power(build.total(v), two), build.scale(self.count(v), build.total(build.power(v, two))))
                yield "equal entries", self.times(equal), self.filled(v, lambda a: np.ones_like(a))
            if len(v.shape) == 1 and not v.data[1]:
                one = build.call(
                    "and", build.call("eq", build.total(v), build.ONE), build.call("eq", build.total(build.power(v, two)), build.ONE)
                )
                yield "unit vector", self.times(one), self.filled(v, lambda a: np.eye(1, a.size).reshape(a.shape))

    def count(self, v: Expr) -> Expr:
        """How many entries a variable has."""
        return build.total(build.spread(build.ONE, v.shape))

    def filled(self, v: Expr, fill: Callable[[Any], Any]) -> Iterator[Mapping[str, Any]]:
        """Points of the case with this in the place of a variable."""
        for k in range(3):
            at = dict(cases.draw(self.case, k))
            if v.data[0] in at:
                filled = at | {v.data[0]: fill(np.asarray(at[v.data[0]], float))}
                if self.is_smooth(filled, v) and not self.on_kink(filled):
                    yield filled

    def on_kink(self, at: Mapping[str, Any]) -> bool:
        """Whether abs or its like meets a 0 in the formula: points on its kinks are not compared, also where it is smooth, as norminf at a unit vector."""
        kinked = [n for n in topological([self.f]) if n.op == CALL and n.data in ("abs", "relu", "norm1", "norminf", "softsign")]
        return any((np.asarray(evaluate(n.args[0], at)) == 0).any() for n in kinked)

    def is_smooth(self, at: Mapping[str, Any], v: Expr) -> bool:
        """Whether the formula has no kink there, as max(v) has where all entries are equal: what an answer says on it is no fault."""
        x = np.asarray(at[v.data[0]], float)
        step = STEP * np.random.default_rng(1).uniform(0.5, 1.5, x.shape) * np.resize((1, -1), x.size).reshape(x.shape)
        try:
            with np.errstate(all="ignore"):
                low, here, high = (np.asarray(evaluate(self.f, at | {v.data[0]: x + k * step}), float) for k in (-1, 0, 1))
        except (SymdiffError, ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
            return True
        return not np.abs(low + high - 2 * here).max(initial=0) > BENT * max(np.abs(high - low).max(initial=0), STEP)

    def _of_quantities(self) -> Iterator[tuple[str, Expr, Iterator[Mapping[str, Any]]]]:
        pick = self.rng.choice
        for v, q in self.quantities():
            for t in self.rng.sample(THRESHOLDS, 5):
                value = float(t)
                yield "above", self.times(above(q, number(t))), self.points(v, q, 1.5 * value)
                yield "below", self.times(above(number(f"-{t}"), q)), self.points(v, q, -1.5 * value)
                yield "magnitude", self.times(above(build.call("abs", q), number(t))), self.points(v, q, pick((-2, 2)) * value)
                both = build.call("and", above(q, number(t)), above(build.scale(number("1.3"), number(t)), q))
                yield "between", self.times(both), self.points(v, q, 1.15 * value)
            t = pick(SMALL)
            yield "tiny", self.times(above(number(t), build.call("abs", q))), self.points(v, q, pick((-0.5, 0.5)) * float(t))
            side = pick((1, -1))
            yield "one side", self.times(above(build.scale(number(side), q), build.ZERO)), self.points(v, q, side * 1.0)
            smooth = build.add(q, build.call("sqrt", build.power(q, build.num(2))))
            yield "one side, smooth", self.times(smooth), self.points(v, q, 1.0)
            square = build.power(build.sub(q, build.call("hypot", q, build.ZERO)), build.num(2))
            yield "one side, square", self.times(square), self.points(v, q, -1.0)
            two = build.call("or", above(q, number("7.5")), above(number("-12.5"), q))
            yield "two thresholds", self.times(two), self.points(v, q, pick((9, -15)))
            if v.shape == self.g.shape and len(v.shape) == 2 and v.shape[0] == v.shape[1]:
                skew = build.sub(v, build.transpose(v))
                yield "antisymmetric", build.add(self.g, skew), self.drawn()

    def _of_the_whole(self) -> Iterator[tuple[str, Expr, Iterator[Mapping[str, Any]]]]:
        """Faults of sizes and of the whole answer."""
        pick = self.rng.choice
        names = sorted({d for n in topological([self.f]) for d in n.shape if isinstance(d, str)})
        sizes = {d for n in topological([self.f]) for d in n.shape if isinstance(d, str)}
        for d in names if sizes else ():
            m = build.dim(d)
            k = pick((3, 4, 5, 6))
            yield "size above", self.times(above(m, build.num(k))), self.large(d, k + 1)
            yield "size equal", self.times(build.call("eq", m, build.num(k))), self.large(d, k)
            polynomial = build.scale(build.sub(m, build.num(2)), build.sub(m, build.num(3)))
            yield "size polynomial", self.times(polynomial), self.large(d, 5)
        yield "millionth", build.scale(number("1.000001"), self.g), self.drawn()
        tiny = pick(("1e-20", "1e-25", "1e-40", "1e-60"))
        yield "beyond doubles", self.times(number(tiny)), self.drawn()
        yield "tiny offset", build.add(self.g, build.spread(number(tiny), self.g.shape)), self.drawn()
        for v, q in list(self.quantities())[:3]:
            gap = build.sub(above(q, build.ZERO), above(q, number(tiny)))
            yield "tiny gap", self.times(gap), self.points(v, q, 0.5 * float(tiny))
        yield "offset", build.add(self.g, build.spread(number(pick(("0.001", "-1", "1e-4"))), self.g.shape)), self.drawn()
        if len(self.g.shape) == 1:
            yield "entry", build.add(self.g, build.scale(number("0.01"), build.unit(pick((1, 2)), self.g.shape[0]))), self.drawn()
        letters = tuple(n for n in topological([self.f, self.g]) if n.op == VAR)
        for kind, new in mutants(self.g, letters):
            yield kind, new, self.drawn()

    def drawn(self) -> Iterator[Mapping[str, Any]]:
        for k in range(3):
            yield cases.draw(self.case, k)

    def large(self, d: str, n: int) -> Iterator[Mapping[str, Any]]:
        """Points with this size of a dimension, drawn like the case's own."""
        case = {**self.case, "dims": {**self.case.get("dims", {}), d: n}}
        if d in self.case.get("dims", {}):
            for k in range(2):
                yield cases.draw(case, k)

    def forms(self) -> Iterator[tuple[str, Expr]]:
        """(name, a right answer in another form)."""
        g = self.g
        for _, q in list(self.quantities())[:3]:
            half = build.num(Fraction(1, 2))
            yield "tie >=", build.scale(build.call("ge", q, q), g)
            yield "tie of max", build.scale(build.call("ge", build.call("max", q, build.num(1)), q), g)
            yield "no tie", build.add(g, build.spread(build.call("gt", q, build.call("max", q, build.num(2))), g.shape))
            yield "both sides", build.scale(build.add(above(q, build.num(3)), build.call("le", q, build.num(3))), g)
            yield "if", build.call("if", build.spread(above(q, build.num(1)), g.shape), g, g)
            yield "relu", build.add(g, build.spread(build.sub(build.call("relu", q), build.call("max", q, build.ZERO)), g.shape))
            circle = build.add(build.power(build.call("sin", q), build.num(2)), build.power(build.call("cos", q), build.num(2)))
            yield "circle", build.scale(circle, g)
            yield (
                "abs and sign",
                build.add(g, build.spread(build.sub(build.scale(build.call("abs", q), build.call("sign", q)), q), g.shape)),
            )
            yield "quotient", build.divide(build.scale(q, g), q)
            sigma = build.add(build.call("sigma", q), build.call("sigma", build.neg(q)))
            yield "sigma", build.scale(sigma, g)
            yield "halves", build.add(build.scale(half, g), build.scale(half, g))
            plus, minus = build.power(build.add(q, build.ONE), build.num(2)), build.power(build.sub(q, build.ONE), build.num(2))
            yield "squares", build.add(g, build.spread(build.sub(build.sub(plus, minus), build.scale(build.num(4), q)), g.shape))
            twice = build.sub(build.scale(build.num(2), build.call("sigma", build.scale(build.num(2), q))), build.ONE)
            yield "tanh", build.add(g, build.spread(build.sub(build.call("tanh", q), twice), g.shape))
        if len(g.shape) == 2:
            yield "transposed twice", build.transpose(build.transpose(g))
        if g.shape:
            yield "elementwise one", build.elementwise(g, build.spread(build.ONE, g.shape))


def names() -> list[str]:
    return [ident for ident, case in cases.CASES.items() if case["op"] != "hessian" and ident not in cases.OPEN]


def examined(name: str, right: bool, every: int) -> Iterator[tuple[str, bool | None, Callable[[], str], str, float]]:
    """(kind, verdict, the answer as text, what is said, seconds); writing all answers would take longer than judging them."""
    try:
        case = Case(name)
        made = list(case.forms() if right else case.faults(every))
    except (SymdiffError, KeyError, IndexError) as error:
        print(f"left out: {name}: {error}", file=sys.stderr)
        return
    judge = Judge(case.f, [case.x])
    for kind, answer in made:
        start = time.perf_counter()
        verdict = judge(answer, seconds=SECONDS)
        yield kind, verdict.ok, lambda answer=answer: f"{name}: {answer}", str(verdict), time.perf_counter() - start


def run(step: int = 1, first: int = 0, *, right: bool = False, every: int = 1, show: bool = True) -> Counter[tuple[str, bool | None]]:
    """Counts of (kind, verdict) for one of `step` cases."""
    counts: Counter[tuple[str, bool | None]] = Counter()
    slowest: tuple[float, Callable[[], str]] = (0.0, str)
    chosen = names()[first::step]
    for turn, name in enumerate(chosen):
        if show:
            print(f"{turn} of {len(chosen)} cases, {sum(counts.values())} answers", file=sys.stderr, flush=True)
        for kind, ok, text, why, seconds in examined(name, right, every):
            counts[kind, ok] += 1
            if seconds > slowest[0]:
                slowest = seconds, text
            if show and ok is not right:
                print(f"{ok}: {kind}: {text()[:300]}: {why[:200]}", flush=True)
    if show:
        print(f"slowest: {slowest[0]:.1f} s {slowest[1]()[:200]}")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1, help="one of so many cases")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="one of so many faults")
    parser.add_argument("--right", action="store_true", help="right answers in odd forms")
    options = parser.parse_args()
    start = time.monotonic()
    counts = run(options.step, options.first, right=options.right, every=options.every)
    for kind in sorted({k for k, _ in counts}):
        print(
            f"{kind:20}"
            + "".join(f"{counts[kind, ok]:7} {word}" for ok, word in ((True, "correct"), (False, "wrong"), (None, "undecided")))
        )
    total = {ok: sum(n for (_, o), n in counts.items() if o is ok) for ok in (True, False, None)}
    print(
        f"{sum(total.values())} answers: {total[True]} correct, {total[False]} wrong, {total[None]} undecided; {time.monotonic() - start:.0f} s"
    )
    return int(total[not options.right] > 0)


if __name__ == "__main__":
    sys.exit(main())
