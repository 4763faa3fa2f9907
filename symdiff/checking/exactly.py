"""An answer at single points in many digits, and the proof that it is an identity.

`BySymPy` has SymPy's derivative of the explicit components; `ByDifferences` central differences along random directions, for what is
too long for SymPy and for what the first look refutes: it needs nothing but values of the formula. Both say of a point whether the answer
is right there; none looks for points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import prod
from random import Random
from typing import Any

from symdiff.checking.components import Components, Flat, Undecided
from symdiff.checking.constants import worded
from symdiff.checking.fields import SWALLOWED, Numeric, Symbolic
from symdiff.checking.problem import Problem, Values
from symdiff.checking.sampling import entries, nested
from symdiff.checking.tangents import Rate, Tangents
from symdiff.checking.zero import Prover, TooLong
from symdiff.expr.node import VAR, Expr
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import topological
from symdiff.table import TABLE

# Points are kept this far from kinks, relative to the operands and 1: further than ties (`fields.TIE`) and than a difference's step.
NEAR = 1e-18

# Relative to the larger of the two numbers; below FLOOR (of 1 and of the largest entry) rounding errors are compared.
# The arithmetic has some 15 digits more than are asked to agree, for what cancels on the way.
DIGITS, AGREE, FLOOR = 45, 1e-28, 1e-12

# What twice the digits cost, measured: of that in the first ones DEARER, and a quarter for each time as many; more for functions of numbers alone.
DEARER = 0.7

# Central differences: the step, the digits that the first order needs, and what is left of them in the result.
STEP = Fraction(1, 10**25)
STEP_DIGITS, STEP_AGREE = 65, 1e-22

# Where the values on both sides are further from twice the one between than by this much of the step, and of their difference, there is a kink.
BENT, BENT_RATES = 1e-12, 1e-6

# Products of entries, whose derivatives divide by these; how near to a point their limit is looked for, by a hundredth, and how well it agrees.
PRODUCTS = ("prod", "rowprod", "cumprod")
BESIDE, BESIDE_AGREE = 1e-22, 1e-15

# What is left to SymPy: formulas of so many nodes, and so much work (nodes * levels * entries of the components) for each second
# that the verification may take, some half of what is measured. It is counted, so that the load of the machine decides nothing.
LONGEST, WORK_PER_SECOND = 3_000, 50_000

# A difference found in so many digits and in twice as many is the same if it has changed by no more than this part of it.
ALIKE = 1e-3

# Entries of a vector, or rows of a matrix, that are written in words; the counterexample itself has them all.
MOST_SHOWN = 12

# Scalar operations for the search of the first wrong entry.
LOCATING = 40_000

# The exact comparison: assignments of unit vectors to onehot variables, nodes of the components, products of monomials.
MAX_ASSIGNMENTS, PROOF_NODES, PROOF_PRODUCTS = 8, 4_000, 40_000


@dataclass
class Finding:
    """What is found at a point.

    outcome: "right", "wrong", "gone" (the right derivative has a value, the answer has none), "blank" (nothing can be compared: no value
    of the formula, or a kink), "faint" (all there is to compare is rounding). zero: the right derivative is 0, without rounding.
    """

    outcome: str
    error: float = 0.0
    zero: bool = False
    counterexample: dict[str, Any] | None = None
    reason: str = ""


# The right number, the derivative's, and the entry, counted from 1 (None: along a random direction).
Pair = tuple[Any, Any, tuple[int, ...] | None]


class Exactly:
    """An answer at single points. Subclasses say what the right numbers are."""

    method: str
    agree: Any  # the relative error that is forgiven
    blur: Any = 0  # what rounding leaves of the right numbers
    smooth = False  # whether a point at a kink is left out
    own = slice(0)  # which of the comparisons met at a point are the answer's

    def __init__(self, problem: Problem, digits: int, finer: int = 0) -> None:
        """finer: how many digits more constants need that lie beyond doubles."""
        self.problem, self.finer = problem, finer
        self.numeric = Numeric(digits, finer)
        self.most_digits = 4 * digits
        self.part = self.numeric.ctx.mpf(10) ** -finer
        self.agree = type(self).agree * self.part
        # Single points of a border are left to the look, which tells them from what is on a border for all values.
        self.conditional = [node for node in problem.conditional if not TABLE[node.data].closed]

    def pairs(self, known: Components, found: Flat) -> Iterator[Pair]:
        """The right number, the derivative's, and the entry, for all there is to compare at a point."""
        raise NotImplementedError

    def at(self, values: Values, again: Callable[[float], None] = lambda times: None, *, smooth: bool = False) -> Finding:
        """The answer at this point; with more digits if digits cancel. again: told how many times the work of the first look that will be.

        smooth: blank where the formula's rates to the left and to the right are not the same.
        """
        self.smooth = smooth
        first = self.numeric
        before: Finding | None = None
        ties: list[tuple[Any, int]] = []
        try:
            while True:
                finding = self._at(values)
                if finding.outcome not in ("wrong", "faint"):
                    return finding
                if finding.outcome == "wrong" and before is not None and alike(before, finding) and not self.swallowed():
                    return (
                        Finding("faint") if untied(ties, self.numeric.apart, self.numeric.tie) else finding
                    )  # the same with twice the digits
                # What is wrong in one number of digits alone is rounding: log(1 - sigma(360)) needs 200 of them.
                if self.numeric.digits >= self.most_digits * (2 if finding.outcome == "wrong" else 1):
                    return Finding("faint")
                before, ties = finding if finding.outcome == "wrong" else None, self.numeric.apart
                again(DEARER + self.numeric.digits / first.digits / 2)
                self.numeric = Numeric(2 * self.numeric.digits, self.finer)
        finally:
            self.numeric = first

    def _at(self, values: Values) -> Finding:
        problem, numeric = self.problem, self.numeric
        numbers = {x: [numeric.number(v) for v in flat] for x, flat in values.items()}
        known = problem.components(numeric, numbers.__getitem__)
        numeric.watch()
        if not self._finite(known(problem.f)):
            return Finding("faint" if numeric.cancelled else "blank")  # log(1 - tanh(x)) has a value where tanh(x) is 1 in all digits
        if numeric.gap < NEAR * self.part or not all(known.holds(node) for node in self.conditional):
            return Finding("blank")
        first = len(numeric.apart)
        found = known(problem.derivative)
        self.own = slice(first, len(numeric.apart))
        pairs = list(self.pairs(known, found))
        if numeric.gap < NEAR * self.part or not self._finite([right for right, _, _ in pairs]):
            return Finding("blank")
        if not self._finite(found):
            if numeric.beyond:
                return Finding("blank")
            k = next(k for k, v in enumerate(found) if not numeric.ctx.isfinite(v))
            pair = self.entry(k, known, found)
            return self._shown("gone", values, pair) if self._finite([pair[0]]) else Finding("blank")
        if not any(right or answer for right, answer, _ in pairs):
            rounded = numeric.cancelled or numeric.absorbed or not self.flat(values)
            return Finding("faint" if rounded else "right", zero=not rounded)
        if not any(max(abs(right), abs(answer)) > self.agree * FLOOR * self.part for right, answer, _ in pairs):
            return Finding("faint")
        scale = max((abs(right) for right, _, _ in pairs), default=numeric.one)
        errors = [self.error(pair, scale) for pair in pairs]
        worst = max(errors, default=numeric.zero)
        if worst > self.agree:
            if numeric.beyond:
                return Finding("blank")  # a number that was left out may have decided a comparison
            apart = next((p for p, e in zip(pairs, errors, strict=True) if e > self.agree and abs(p[0] - p[1]) > self.blur), None)
            return Finding("faint") if apart is None else self._shown("wrong", values, apart)
        return Finding("right", float(worst))

    def divided_out(self, values: Values, rng: Random) -> bool:
        """Whether the answer is the right derivative at a point where it divides a product by a factor that is 0.

        prod(x) ./ x is the product of the other entries, in code, too: the value is looked for next to the point.
        """
        problem, numeric = self.problem, self.numeric
        if not any(is_call(n, *PRODUCTS) for n in topological([problem.derivative])):
            return False
        numbers = {x: [numeric.number(v) for v in flat] for x, flat in values.items()}
        beside = {x: [v + BESIDE * numeric.number(rng.randint(50, 150)) for v in flat] for x, flat in numbers.items()}
        numeric.watch()
        known, near = (problem.components(numeric, at.__getitem__) for at in (numbers, beside))
        found = near(problem.derivative)
        pairs = list(self.pairs(known, found))
        if not self._finite(found) or not self._finite([right for right, _, _ in pairs]):
            return False
        scale = max(1, *[abs(right) for right, _, _ in pairs])
        return all(abs(right - answer) <= BESIDE_AGREE * scale for right, answer, _ in pairs)

    def swallowed(self) -> bool:
        """Whether a comparison of the answer was a tie after a term had left no trace: log(1 + exp(-343)) > 0 needs 150 digits.

        Or one of what rounding has left nothing of, as is the answer itself: cosh(343)^2 - sinh(343)^2 needs 300.
        """
        blurred = self.problem.derivative in self.numeric.noise_only
        return blurred or any(doubt == SWALLOWED for _, doubt in self.numeric.apart[self.own])

    def flat(self, values: Values) -> bool:
        """Whether the right numbers are zero at this point, not up to rounding, where they seem to be."""
        return True

    def entry(self, k: int, known: Components, found: Flat) -> Pair:
        """What is to be compared at the k-th entry."""
        return next(islice(self.pairs(known, found), k, None))

    def _finite(self, flat: Flat) -> bool:
        return all(map(self.numeric.ctx.isfinite, flat))

    def error(self, pair: Pair, scale: Any) -> Any:
        right, answer, _ = pair
        return abs(right - answer) / max(abs(right), abs(answer), FLOOR * self.part * max(1, scale))

    def _shown(self, outcome: str, values: Values, pair: Pair) -> Finding:
        right, answer, entry = pair
        place = ", ".join(map(str, entry or ()))
        where = "along a random direction the derivative" if entry is None else f"entry {place}" if entry else "the derivative"
        shown = {x.data[0]: _floats(nested(values[x], self.problem.shape(x))) for x in values if not x.data[0].endswith("()")}
        mine, truth = unlike(answer, right, self.numeric)
        both = (float(right), float(answer))
        counterexample = {"values": shown, "entry": entry} | dict(
            zip(("expected", "found"), both if both[0] != both[1] else (truth, mine), strict=True)
        )
        at = ", ".join(f"{name} = {show(value)}" for name, value in shown.items())
        if outcome == "gone":
            reason = f"the answer has no value{' for entry ' + place if entry else ''}, where the derivative is {truth}"
            return Finding(outcome, 1.0, False, counterexample, reason + (f": at {at}" if at else ""))
        return Finding(outcome, 1.0, False, counterexample, f"{where} is {truth}, not {mine}" + (f", at {at}" if at else ""))


class Derived:
    """SymPy's derivative of the explicit components; it does not depend on the answer. work: what SymPy may spend."""

    def __init__(self, problem: Problem, work: float) -> None:
        if problem.length > LONGEST:
            raise Undecided("the formula is too long for SymPy")
        self.symbolic = Symbolic()
        self.symbols: dict[Expr, list[Any]] = {}
        try:
            for x in (*problem.leaves, *problem.cut):
                facts = {word: True for word in ("positive", "nonnegative") if x.op == VAR and word in x.data[1]}
                label = x.data[0] if x.op == VAR else f"={x.data[0]}"
                self.symbols[x] = [self.symbolic.sympy.Symbol(f"{label}[{k}]", **facts) for k in range(prod(problem.shape(x)))]
            values = problem.components(self.symbolic, self.symbols.__getitem__, problem.cut)(problem.f)
            for x in problem.wrt:
                nodes, levels = self.symbolic.extent(values)
                work -= nodes * levels * len(self.symbols[x])
                if work < 0:
                    raise Undecided("SymPy's derivative would take too long")
                values = [value.diff(s) for value in values for s in self.symbols[x]]
        except (ArithmeticError, AttributeError, NotImplementedError, RecursionError, TypeError, ValueError) as error:
            raise Undecided(f"SymPy does not differentiate it: {error}") from error
        self.right = values


class BySymPy(Exactly):
    """SymPy's derivative of the explicit components, as numbers at points and, where it stays short, exactly."""

    method, agree = "30 digits", AGREE

    def __init__(self, problem: Problem, derived: Derived | None = None, work: float = 5.0 * WORK_PER_SECOND, finer: int = 0) -> None:
        super().__init__(problem, DIGITS + 2 * finer, finer)
        self.derived = derived or Derived(problem, work)
        self.symbolic, self.symbols, self.right = self.derived.symbolic, self.derived.symbols, self.derived.right

    def pairs(self, known: Components, found: Flat) -> Iterator[Pair]:
        numbers = {s: v for x, symbols in self.symbols.items() for s, v in zip(symbols, known(x), strict=True)}
        right = self.problem.project([self.numeric.value(e, numbers) for e in self.right])
        indices = product(*(range(1, n + 1) for n in self.problem.shape(self.problem.derivative)))
        return zip(right, found, indices, strict=True)

    def proven(self) -> bool:
        """The normal form of the difference is zero, whatever the values; away from kinks and poles."""
        problem = self.problem
        try:
            answer = problem.components(self.symbolic, self.symbols.__getitem__)
            found, right = answer(problem.derivative), problem.project(list(self.right))
            named = {s: e for x in problem.cut for s, e in zip(self.symbols[x], answer(x), strict=True)}
            if self.symbolic.extent(right + found)[0] > PROOF_NODES:
                return False
            for facts in self._facts():
                prover = Prover(facts | named, PROOF_PRODUCTS)
                if not all(prover.equal(a, b) for a, b in zip(right, found, strict=True)):
                    return False
        except (Undecided, TooLong, ArithmeticError, AttributeError, NotImplementedError, RecursionError, TypeError, ValueError):
            return False
        return True

    def _facts(self) -> list[dict[Any, Any]]:
        """What the properties of the variables say about their entries: one substitution, or one for each case."""
        cases: list[dict[Any, Any]] = [{}]
        for x in self.problem.leaves:
            if x not in self.symbols:
                continue
            properties, s, shape = set(x.data[1]), self.symbols[x], self.problem.shape(x)
            n = shape[-1] if shape else 1
            if "orthogonal" in properties:
                raise Undecided("the entries of an orthogonal matrix are not independent")
            if "onehot" in properties:
                units = [[int(k == hot) for k in range(n)] for hot in range(n)]
                if len(cases) * n ** (len(s) // n) > MAX_ASSIGNMENTS:
                    raise Undecided("too many assignments of unit vectors")
                assigned = [[v for row in rows for v in row] for rows in product(units, repeat=len(s) // n)]
                cases = [case | dict(zip(s, map(self.symbolic.number, rows), strict=True)) for case in cases for rows in assigned]
            fixed: dict[Any, Any] = {}
            if "simplex" in properties:
                fixed = {s[k + n - 1]: 1 - self.symbolic.add(s[k : k + n - 1]) for k in range(0, len(s), n)}
            if "diagonal" in properties:
                fixed = {s[i * n + j]: self.symbolic.zero for i in range(n) for j in range(n) if i != j}
            elif {"symmetric", "psd"} & properties:
                fixed = {s[i * n + j]: s[j * n + i] for i in range(n) for j in range(i)}
            cases = [case | fixed for case in cases]
        return cases


class ByDifferences(Exactly):
    """Central differences along random directions: two evaluations of the formula for each, however many entries."""

    method, agree = "differences", STEP_AGREE

    def __init__(self, problem: Problem, finer: int = 0) -> None:
        self.first_digits = STEP_DIGITS + 2 * finer + (25 + finer) * (len(problem.wrt) - 1)
        super().__init__(problem, self.first_digits, finer)
        self.step = STEP / 10**finer

    def flat(self, values: Values) -> bool:
        """Whether the formula's rates are all zero at this point, not up to rounding but by its brackets and constants.

        What a difference shows as zero may be a tail, as that of tanh, or of log(1 + exp(x)) at -100.
        """
        problem, numeric = self.problem, self.numeric
        numbers = {x: [numeric.number(v) for v in flat] for x, flat in values.items()}
        plain = problem.components(numeric, numbers.__getitem__)
        levels: list[Tangents] = []
        arithmetic: Any = numeric
        for _ in problem.wrt:
            arithmetic = Tangents(arithmetic)
            levels.append(arithmetic)

        def moved(x: Expr) -> Flat:
            flat = list(plain(x))
            for tangents, y in zip(levels, problem.wrt, strict=True):
                if x is y:
                    flat = [tangents.carrying(v, numeric.ctx.mpf(k + 2)) for k, v in enumerate(flat)]
            return flat

        numeric.watch()
        rates = problem.components(arithmetic, moved, problem.cut)(problem.f)
        for tangents in reversed(levels):
            rates = [v.rate if isinstance(v, Rate) and v.owner is tangents else numeric.zero for v in rates]
        return not any(rates) and not numeric.cancelled

    def pairs(self, known: Components, found: Flat) -> Iterator[Pair]:
        problem, rng = self.problem, Random(problem_seed(self.problem))
        self.blur = self.numeric.zero
        if any(problem.spaces):
            indices = product(*(range(1, n + 1) for n in problem.shape(problem.derivative)))
            yield from zip(problem.project(list(found)), found, indices, strict=True)
        for _ in range(2):
            pairs = self._along(
                [entries(axes, space, rng, "real") for space, axes in zip(problem.spaces, problem.axes, strict=True)], known, found
            )
            if any(self._finite([right, answer]) and self.error((right, answer, None), 1) > self.agree for right, answer in pairs):
                yield from self._located(known, found)
            yield from ((right, answer, None) for right, answer in pairs)

    def _along(self, directions: Sequence[Sequence[Fraction]], known: Components, found: Flat) -> list[tuple[Any, Any]]:
        """The mixed difference of the formula along one direction for each order, and the derivative times these."""
        problem, numeric = self.problem, self.numeric
        # With more digits a shorter one, near a pole the step is seen; but most of them are for what cancels.
        short = self.step / 10 ** ((numeric.digits - self.first_digits) // 8)
        steps = [[numeric.number(short * d) for d in direction] for direction in directions]
        total = [numeric.zero] * prod(problem.shape(problem.f))
        flags = numeric.gap, numeric.cancelled
        largest = numeric.zero
        ends: list[Flat] = []
        for signs in product((1, -1), repeat=len(steps)):
            moved = {x: list(known(x)) for x in (*problem.leaves, *problem.cut)}
            for x, sign, step in zip(problem.wrt, signs, steps, strict=True):
                moved[x] = [v + sign * h for v, h in zip(moved[x], step, strict=True)]
            value = problem.components(numeric, moved.__getitem__, problem.cut)(problem.f)
            total = [t + prod(signs) * v for t, v in zip(total, value, strict=True)]
            largest = max([largest, *[abs(v) for v in value if numeric.ctx.isfinite(v)]])
            ends.append(value)
        if self.smooth and len(steps) == 1:
            least = BENT * numeric.number(short)
            bends = [
                abs(a + b - 2 * v) > max(BENT_RATES * abs(a - b), least * max(1, abs(v)))
                for a, b, v in zip(*ends, known(problem.f), strict=True)
            ]
            total = [numeric.nan if bent else t for bent, t in zip(bends, total, strict=True)]
        numeric.gap, numeric.cancelled = flags
        width = (2 * numeric.number(short)) ** len(steps)
        # log(1 - sigma(z)) hangs on the last digits of 1 - sigma(z): what they lack is in the value as if it were the value's own rounding.
        self.blur = max(self.blur, max(largest, 1) * numeric.loss * numeric.noise / width)
        for direction in reversed(directions):
            n, weights = len(direction), [numeric.number(d) for d in direction]
            found = [numeric.add([a * w for a, w in zip(found[k : k + n], weights, strict=True)]) for k in range(0, len(found), n)]
        return [(t / width, a) for t, a in zip(total, found, strict=True)]

    def entry(self, k: int, known: Components, found: Flat) -> Pair:
        places = [list(product(*(range(1, n + 1) for n in axes))) for axes in (self.problem.shape(self.problem.f), *self.problem.axes)]
        chosen = list(product(*(range(len(p)) for p in places)))[k]
        (right, _) = self._along(self._units(chosen[1:]), known, [self.numeric.zero] * len(found))[chosen[0]]
        return right, found[k], tuple(i for c, p in zip(chosen, places, strict=True) for i in p[c])

    def _units(self, chosen: Sequence[int]) -> list[list[Fraction]]:
        """The direction that moves one entry of each variable, within its space."""
        problem = self.problem
        units = [[Fraction(k == c) for k in range(prod(axes))] for c, axes in zip(chosen, problem.axes, strict=True)]
        for space, axes, unit in zip(problem.spaces, problem.axes, units, strict=True):
            if space:
                n = axes[0]
                unit[:] = [(unit[i * n + j] + unit[j * n + i]) / 2 for i in range(n) for j in range(n)]
        return units

    def _located(self, known: Components, found: Flat) -> Iterator[Pair]:
        """Entry by entry until the first wrong one, of as many as LOCATING allows."""
        problem = self.problem
        places = [list(product(*(range(1, n + 1) for n in axes))) for axes in (problem.shape(problem.f), *problem.axes)]
        most = LOCATING // (2 ** len(problem.wrt) * max(1, problem.work[0]))
        for chosen in islice(product(*(range(len(p)) for p in places[1:])), most):
            units = self._units(chosen)
            for value, (right, answer) in zip(places[0], self._along(units, known, found), strict=True):
                if self.error((right, answer, None), 1) > self.agree:
                    yield right, answer, value + tuple(i for c, p in zip(chosen, places[1:], strict=True) for i in p[c])
                    return


def alike(a: Finding, b: Finding) -> bool:
    """Whether two findings show the same difference."""
    if a.reason == b.reason:
        return True
    c, d = (f.counterexample or {} for f in (a, b))
    if any(isinstance(e["expected"], str) for e in (c, d)):
        return False
    first, second = c["expected"] - c["found"], d["expected"] - d["found"]
    rounding = 1e-15 * max(abs(c["expected"]), abs(c["found"]))
    return bool(c["entry"] == d["entry"] and abs(first - second) <= ALIKE * abs(first) + rounding)


def untied(before: Sequence[tuple[Any, int]], after: Sequence[tuple[Any, int]], noise: Any) -> bool:
    """Whether what was taken for a tie is none.

    It is the same small difference in twice as many digits, as that of exp(-924) and exp(-1560), or larger than rounding makes it in these:
    sigma(199) > sigma(156).
    """
    return any(
        (tie or still) and difference and (abs(difference - first) <= ALIKE * abs(difference) or abs(difference) > noise)
        for (first, tie), (difference, still) in zip(before, after, strict=False)
    )


def problem_seed(problem: Problem) -> int:
    return problem.seed + 1


def unlike(mine: Any, truth: Any, numeric: Numeric) -> tuple[str, str]:
    """Two different numbers in as many digits as show the difference, or with it beside them."""

    def plain(x: Any) -> str:
        return f"{float(x):.6g}" if float(x) or not x else str(numeric.ctx.nstr(x, 6))

    a, b = float(mine), float(truth)
    if not a or not b:  # what is too small for doubles is no 0 all the same
        return plain(mine), plain(truth)
    for digits in (6, 9, 12, 15, 17):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g}", f"{b:.{digits}g}"
    rest = numeric.ctx.nstr(abs(mine - truth), 4)
    return f"{b:.6g} {'-' if mine < truth else '+'} {rest}", f"{b:.6g}"


def _floats(value: Any) -> Any:
    """Values as floats; as text where a double does not show what they are."""
    if isinstance(value, list):
        return [_floats(v) for v in value]
    return (worded(value) if isinstance(value, Fraction) else None) or float(value)


def show(value: Any) -> str:
    if isinstance(value, list) and len(value) > MOST_SHOWN:
        return "[" + ", ".join(map(show, value[: MOST_SHOWN - 2])) + f", …, {show(value[-1])}]"
    return "[" + ", ".join(map(show, value)) + "]" if isinstance(value, list) else value if isinstance(value, str) else f"{value:.4g}"
