"""The verdict on a derivative: right, wrong with a counterexample, or undecided with a reason.

In: a value, the variables it was differentiated by, the derivative. The formula as written is laid out in explicit
components at small sizes and SymPy differentiates these; the derivative is laid out by itself; and the two are compared
at random points in 30 digits, every entry, until every side of every kink has been seen, and then exactly, if the
normal form of their difference stays small. What is too long for SymPy is compared with central differences in 60
digits along random directions instead. With named dimensions, differences at other sizes follow: what is right at
n = 2 only is not right. Nothing here uses the sweep, the simplifier or the notation stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import product
from math import prod
from random import Random
from time import monotonic
from typing import Any

from symdiff.bounds import LIMITS
from symdiff.checking.components import Components, Flat, Undecided, offset_of
from symdiff.checking.fields import Numeric, Symbolic
from symdiff.checking.sampling import DOMAINS, choose_sizes, entries, nested, size_of, sized
from symdiff.checking.zero import Prover, TooLong
from symdiff.errors import ShapeError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, OPAQUE, VAR, Expr
from symdiff.expr.walk import topological
from symdiff.table import TABLE

Values = dict[Expr, list[Fraction]]  # the entries of every leaf at a point

# Points that are compared at least, and added at most while a kink has been seen from one side only; draws until the
# search for points of the domain is given up; halvings of the way to a kink.
MIN_POINTS, MORE_POINTS, MAX_DRAWS, HALVINGS = 3, 16, 60, 16

# Points that are added while too few of them have a derivative that is not zero.
MORE_DRAWS = 6

# Points are kept this far from kinks, relative to the operands.
NEAR = 1e-6

# Relative to the larger of the two numbers; below FLOOR (of 1 and of the largest entry) rounding errors are compared.
# The arithmetic has some 15 digits more than are asked to agree, for what cancels on the way.
DIGITS, AGREE, FLOOR = 45, 1e-28, 1e-12

# Central differences: the step, the digits that the first order needs, and what is left of them in the result.
STEP = Fraction(1, 10**25)
STEP_DIGITS, STEP_AGREE = 65, 1e-22

# What is left to SymPy: formulas of so many nodes, and so much work (nodes * levels * entries of the components) per second,
# a little less than what is measured.
LONGEST, WORK_PER_SECOND = 3_000, 100_000

# The exact comparison: assignments of unit vectors to onehot variables, nodes of the components, products of monomials.
MAX_ASSIGNMENTS, PROOF_NODES, PROOF_PRODUCTS = 8, 4_000, 40_000


@dataclass(frozen=True)
class Verdict:
    """Is the derivative right? `ok` is True, False, or None if nothing could be said (`reason` says why).

    method: "exact", "30 digits" (both with SymPy's derivative) or "differences"; "" if nothing was compared.
    sizes: what named dimensions were set to. points: how many random points were compared.
    max_error: the largest relative error met. counterexample: {"values", "entry" (from 1), "expected", "found"}.
    """

    ok: bool | None
    method: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    points: int = 0
    max_error: float = 0.0
    counterexample: dict[str, Any] | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok is True

    def __str__(self) -> str:
        if self.ok is None:
            return f"not verified: {self.reason}"
        if not self.ok:
            return f"wrong: {self.reason}"
        at = ", on components at " + ", ".join(f"{d} = {n}" for d, n in self.sizes.items()) if self.sizes else ""
        points = f" at {self.points} point{'s' * (self.points != 1)}"
        if self.method == "exact":
            return f"verified by SymPy: exact{at}"
        if self.method == "30 digits":
            return f"verified by SymPy: 30 digits{points}{at}"
        return f"verified by differences in 60 digits{points}{at}"


def verify(
    f: Expr, wrt: Sequence[Expr], derivative: Expr, *, unconstrained: bool = False, seconds: float | None = None, seed: int = 0
) -> Verdict:
    """Compare `derivative` with SymPy's derivative of the formula `f` as written.

    wrt: VAR or NAME nodes, one per order. derivative: its axes are those of f, then those of each of `wrt`; by a symmetric,
    psd or diagonal variable it is the derivative within that space, or, if unconstrained, by independent entries. A NAME
    stands for an independent variable.
    seconds: after about this time (`sd.limits`) the answer is what has been found by then, or ok=None.
    ShapeError if `wrt` holds anything else.
    """
    if not wrt or any(x.op not in (VAR, NAME) for x in wrt):
        raise ShapeError("a derivative is taken by variables or by names of intermediate quantities")
    deadline = monotonic() + (seconds or LIMITS.seconds)
    problem = Problem(f, wrt, derivative, seed, deadline, unconstrained=unconstrained)
    if problem.misfit:
        return Verdict(False, sizes=problem.sizes, reason=problem.misfit)
    if problem.entangled:
        return Verdict(None, sizes=problem.sizes, reason="one of the quantities that the derivative is taken by is computed from another")
    if sum(_effort(problem.shape(x)) for x in problem.leaves) > LIMITS.components:
        return Verdict(None, sizes=problem.sizes, reason="it is too large to be written out in components")
    try:
        try:
            verdict = BySymPy(problem).verdict(MIN_POINTS)
        except Undecided:
            verdict = ByDifferences(problem).verdict(MIN_POINTS)
    except Undecided as reason:
        return Verdict(None, sizes=problem.sizes, reason=str(reason))
    if verdict.ok and problem.sizes:
        try:
            second = Problem(f, wrt, derivative, seed + 1, deadline, unconstrained=unconstrained, other=True)
            other = ByDifferences(second).verdict(2, cover=verdict.method != "exact")
        except Undecided:
            return verdict
        if other.ok is False:
            return other
    return verdict


def _effort(shape: Sequence[int]) -> int:
    """How many entries a leaf has; a large square matrix may have to be drawn as a product."""
    return prod(shape) * (1 + shape[0] // 10 if len(shape) == 2 and shape[0] == shape[1] else 1)


class Problem:
    """One derivative to be checked, at one choice of sizes."""

    def __init__(
        self,
        f: Expr,
        wrt: Sequence[Expr],
        derivative: Expr,
        seed: int,
        deadline: float,
        *,
        unconstrained: bool = False,
        other: bool = False,
    ) -> None:
        self.f, self.wrt, self.derivative = f, tuple(wrt), derivative
        self.spaces = [() if unconstrained else space_of(x) for x in wrt]
        self.seed, self.deadline = seed, deadline
        nodes = topological([f, derivative, *wrt])
        self.length = len(nodes)
        self.sizes = choose_sizes(nodes, other=other)
        # What gets random values: the variables, and for each opaque function the offset that `Components` asks for.
        self.leaves = [n for n in nodes if n.op == VAR] + list(dict.fromkeys(offset_of(n) for n in nodes if n.op == OPAQUE))
        self.conditional = [n for n in topological([f]) if n.op == CALL and TABLE[n.data].elementwise and TABLE[n.data].where]
        self.cut = frozenset(x for x in wrt if x.op == NAME)
        self.entangled = any(x in below for y in self.cut for below in [set(topological([y])) - {y}] for x in wrt)
        self.axes = [self.shape(x) for x in wrt]
        self.misfit = ""
        if self.shape(derivative) != self.shape(f) + [n for axes in self.axes for n in axes]:
            expected = f.shape + tuple(d for x in wrt for d in x.shape)
            self.misfit = f"the derivative is a {build.describe(expected)}, not a {build.describe(derivative.shape)}"

    def shape(self, node: Expr) -> list[int]:
        return [size_of(d, self.sizes) for d in node.shape]

    def components(self, arithmetic: Any, leaf: Callable[[Expr], Flat], cut: frozenset[Expr] = frozenset()) -> Components:
        return Components(arithmetic, self.sizes, leaf, cut, seed=self.seed, deadline=self.deadline)

    def draw(self, rng: Random, domains: Callable[[], str]) -> Values:
        return {x: entries(self.shape(x), sized(x.data[1], self.sizes), rng, domains()) for x in self.leaves}

    def project(self, values: Flat) -> Flat:
        """A derivative by all entries, row-major, within the spaces of the symmetric and diagonal variables of `wrt`."""
        outer, inner = prod(self.shape(self.f)), prod(n for axes in self.axes for n in axes)
        for space, axes in zip(self.spaces, self.axes, strict=True):
            inner //= prod(axes)
            for block in range(outer if space else 0):
                n = axes[0]
                for i, j, k in product(range(n), range(n), range(inner)):
                    here, there = ((block * n + a) * n + b for a, b in ((i, j), (j, i)))
                    p, q = here * inner + k, there * inner + k
                    if "diagonal" in space:
                        values[p] = values[p] if i == j else 0 * values[p]
                    elif i < j:
                        values[p] = values[q] = (values[p] + values[q]) / 2
            outer *= prod(axes)
        return values


# The right number, the derivative's, and the entry, counted from 1 (None: along a random direction).
Pair = tuple[Any, Any, tuple[int, ...] | None]


@dataclass
class Point:
    """A point, and the side taken at every kink: of the formula, then of the derivative."""

    values: Values
    sides: list[int]


class Comparison:
    """Looks for a point at which the derivative is wrong. Subclasses say what the right numbers are."""

    method: str
    agree: float  # the relative error that is forgiven
    strict: bool  # whether the derivative must have a value wherever the right one has

    def __init__(self, problem: Problem, digits: int) -> None:
        self.problem = problem
        self.numeric = Numeric(digits)
        self.domain = ""  # the one that gave points, once there is one
        self.points: list[Point] = []
        self.alive = 0  # points at which the derivative is not zero
        self.most_digits = 4 * digits
        self.max_error = 0.0
        self.wrong: Verdict | None = None
        self.unanswered: Verdict | None = None
        self.reason = "too few points were found at which the formula and its derivative have real values"

    def pairs(self, known: Components, found: Flat) -> Iterator[Pair]:
        """The right number, the derivative's, and the entry, for all there is to compare at a point."""
        raise NotImplementedError

    def proven(self) -> bool:
        return False

    def verdict(self, points: int, *, cover: bool = True) -> Verdict:
        """Compare at this many points, prove, or else go on to both sides of every kink (unless cover is False).

        Undecided if no point of the domain is found, or the time is up before there are enough of them.
        """
        proven = False
        try:
            self._draw(points)
            proven = self.wrong is None and self.proven()
            if cover and not proven:
                self._cover()
        except Undecided:
            if self.wrong is None and len(self.points) < points:
                raise
        if self.wrong is not None:
            return self.wrong
        if not proven and self.unanswered is not None and (self.strict or not self.points):
            return self.unanswered
        if not proven and len(self.points) < points:
            raise Undecided(self.reason)
        return Verdict(True, "exact" if proven else self.method, self.problem.sizes, len(self.points), self.max_error)

    # ------------------------------------------------------------------------------------------ points

    def _draw(self, enough: int) -> None:
        """Points of the domain: plain ones first, then those of the other domains, then each variable from its own.

        Where the derivative is zero, as on the flat side of a kink, most wrong answers are zero too: such points are extra.
        """
        rng = Random(self.problem.seed)
        names = list(DOMAINS)
        for k in range(MAX_DRAWS):
            mixed = not self.domain and k >= 3 * len(names)
            domain = self.domain or names[max(0, k - 3) % len(names)]
            if self._compare(self.problem.draw(rng, partial(rng.choice, names if mixed else [domain]))):
                self.domain = self.domain or domain
            if self.wrong is not None or len(self.points) >= enough + (0 if self.alive >= enough else MORE_DRAWS):
                return
            self._in_time()

    def _cover(self) -> None:
        """More points, until both sides of every kink have been seen, and points close to the kinks on either side.

        An indicator with a wrong threshold is wrong only between its own kink and the formula's, so both are approached.
        """
        rng = Random(self.problem.seed + 1)
        domains = ("real", "large", "small", self.domain, self.domain)
        for _ in range(MORE_POINTS if self.points else 0):
            if all(len(set(side) - {0}) != 1 for side in zip(*(p.sides for p in self.points), strict=True)):
                break
            self._compare(self.problem.draw(rng, partial(rng.choice, domains)))
            if self.wrong is not None or monotonic() > self.problem.deadline:
                return
        for site in self._distinct():
            a = next((p for p in self.points if p.sides[site] < 0), None)
            b = next((p for p in self.points if p.sides[site] > 0), None)
            if a and b and self.wrong is None and monotonic() < self.problem.deadline:
                self._approach(site, a, b)

    def _distinct(self) -> list[int]:
        """The kinks whose sides differ at some point: of those that always change together, the first."""
        patterns: dict[tuple[int, ...], int] = {}
        for site, sides in enumerate(zip(*(p.sides for p in self.points), strict=True)):
            first = next((side for side in sides if side), 1)
            patterns.setdefault(tuple(side * first for side in sides), site)
        return list(patterns.values())

    def _approach(self, site: int, a: Point, b: Point) -> None:
        """Halve the way between two points on different sides of a kink, and compare at the two that are left."""
        for _ in range(HALVINGS):
            middle = {x: [(u + v) / 2 for u, v in zip(a.values[x], b.values[x], strict=True)] for x in a.values}
            middle |= {x: a.values[x] for x in a.values if {"onehot", "orthogonal"} & set(x.data[1]) or build.label_size(x.data[1]) is not None}
            laid_out = self._laid_out(middle)
            if laid_out is None:
                break
            point = laid_out[0]
            if any(not there and (here or beyond) for there, here, beyond in zip(point.sides, a.sides, b.sides, strict=True)):
                break  # half way lies a tie, which is on no side
            if point.sides[site] == a.sides[site]:
                a = point
            else:
                b = point
        for point in (a, b):
            self._compare(point.values)

    def _in_time(self) -> None:
        if monotonic() > self.problem.deadline:
            raise Undecided("the time is up")

    def _laid_out(self, values: Values) -> tuple[Point, Components, Flat] | None:
        """The point, all nodes there, and the derivative; None outside the domain or too near to a kink."""
        problem, numeric = self.problem, self.numeric
        numbers = {x: [numeric.number(v) for v in flat] for x, flat in values.items()}
        known = problem.components(numeric, numbers.__getitem__)
        numeric.watch()
        if not self._finite(known(problem.f)) or numeric.gap < NEAR:
            return None
        sides = list(numeric.branches)
        if not all(known.holds(node) for node in problem.conditional):
            return None
        numeric.watch()
        found = known(problem.derivative)
        return Point(values, sides + numeric.branches), known, found

    def _compare(self, values: Values) -> bool:
        """Compare at these values; False if that is not possible there."""
        laid_out = self._laid_out(values)
        if laid_out is None:
            return False
        numeric = self.numeric
        point, known, found = laid_out
        pairs = list(self.pairs(known, found))
        if not self._finite([right for right, _, _ in pairs]):
            return False
        if not self._finite(found):
            self.unanswered = self._refuted(values, next(pair for pair in pairs if not self._finite([pair[1]])))
            return False
        if any(found) and not any(max(abs(right), abs(answer)) > self.agree * FLOOR for right, answer, _ in pairs):
            self.reason = "the derivative is too small to be told from rounding errors"
            return False
        scale = max((abs(right) for right, _, _ in pairs), default=numeric.one)
        errors = [self.error(pair, scale) for pair in pairs]
        if max(errors, default=0.0) > self.agree and 2 * numeric.digits <= self.most_digits:
            # Perhaps only digits that cancelled: a wrong derivative stays wrong with more of them.
            self.numeric = Numeric(2 * numeric.digits)
            return self._compare(values)
        self.max_error = max(self.max_error, *errors)
        for pair, error in zip(pairs, errors, strict=True):
            if error > self.agree:
                self.wrong = self._refuted(values, pair)
                return True
        self.points.append(point)
        self.alive += any(right for right, _, _ in pairs)
        return True

    def _finite(self, flat: Flat) -> bool:
        return all(map(self.numeric.ctx.isfinite, flat))

    def error(self, pair: Pair, scale: Any) -> float:
        right, answer, _ = pair
        return float(abs(right - answer) / max(abs(right), abs(answer), FLOOR * max(1, scale)))

    def _refuted(self, values: Values, pair: Pair) -> Verdict:
        right, answer, entry = pair
        where = "along a random direction the derivative" if entry is None else f"entry {entry}" if entry else "the derivative"
        shown = {x.data[0]: _floats(nested(values[x], self.problem.shape(x))) for x in values if not x.data[0].endswith("()")}
        counterexample = {"values": shown, "entry": entry, "expected": float(right), "found": float(answer)}
        at = ", ".join(f"{name} = {_show(value)}" for name, value in shown.items())
        reason = f"{where} is {float(answer):.6g}, not {float(right):.6g}" + (f", at {at}" if at else "")
        return Verdict(False, self.method, self.problem.sizes, len(self.points) + 1, self.max_error, counterexample, reason)


class BySymPy(Comparison):
    """SymPy's derivative of the explicit components, as numbers at points and, where it stays short, exactly."""

    method, agree, strict = "30 digits", AGREE, True

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, DIGITS)
        if problem.length > LONGEST:
            raise Undecided("the formula is too long for SymPy")
        self.symbols: dict[Expr, list[Any]] = {}
        try:
            self.right = self._differentiate()
        except (ArithmeticError, AttributeError, NotImplementedError, RecursionError, TypeError, ValueError) as error:
            raise Undecided(f"SymPy does not differentiate it: {error}") from error

    def _differentiate(self) -> Flat:
        problem = self.problem
        self.symbolic = Symbolic()
        for x in (*problem.leaves, *problem.cut):
            facts = {word: True for word in ("positive", "nonnegative") if x.op == VAR and word in x.data[1]}
            label = x.data[0] if x.op == VAR else f"={x.data[0]}"
            self.symbols[x] = [self.symbolic.sympy.Symbol(f"{label}[{k}]", **facts) for k in range(prod(problem.shape(x)))]
        values = problem.components(self.symbolic, self.symbols.__getitem__, problem.cut)(problem.f)
        for x in problem.wrt:
            nodes, levels = self.symbolic.extent(values)
            work = nodes * levels * len(self.symbols[x])
            if work > WORK_PER_SECOND * (problem.deadline - monotonic()):
                raise Undecided("SymPy's derivative would take too long")
            values = [value.diff(s) for value in values for s in self.symbols[x]]
        return values

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


class ByDifferences(Comparison):
    """Central differences along random directions: two evaluations of the formula for each, however many entries."""

    # Differences are finite also where the derivative is not, as that of sqrt(relu(x)) at x < 0.
    method, agree, strict = "differences", STEP_AGREE, False

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, STEP_DIGITS + 25 * (len(problem.wrt) - 1))

    def pairs(self, known: Components, found: Flat) -> Iterator[Pair]:
        problem, rng = self.problem, Random(len(self.points))
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
        steps = [[numeric.number(STEP * d) for d in direction] for direction in directions]
        total = [numeric.zero] * prod(problem.shape(problem.f))
        for signs in product((1, -1), repeat=len(steps)):
            moved = {x: list(known(x)) for x in (*problem.leaves, *problem.cut)}
            for x, sign, step in zip(problem.wrt, signs, steps, strict=True):
                moved[x] = [v + sign * h for v, h in zip(moved[x], step, strict=True)]
            value = problem.components(numeric, moved.__getitem__, problem.cut)(problem.f)
            total = [t + prod(signs) * v for t, v in zip(total, value, strict=True)]
        width = (2 * numeric.number(STEP)) ** len(steps)
        for direction in reversed(directions):
            n, weights = len(direction), [numeric.number(d) for d in direction]
            found = [numeric.add([a * w for a, w in zip(found[k : k + n], weights, strict=True)]) for k in range(0, len(found), n)]
        return [(t / width, a) for t, a in zip(total, found, strict=True)]

    def _located(self, known: Components, found: Flat) -> Iterator[Pair]:
        """Entry by entry until the first wrong one, while there is time."""
        problem = self.problem
        places = [list(product(*(range(1, n + 1) for n in axes))) for axes in (problem.shape(problem.f), *problem.axes)]
        for chosen in product(*(range(len(p)) for p in places[1:])):
            if monotonic() > problem.deadline:
                return
            units = [[Fraction(k == c) for k in range(len(p))] for c, p in zip(chosen, places[1:], strict=True)]
            for space, axes, unit in zip(problem.spaces, problem.axes, units, strict=True):
                if space:
                    n = axes[0]
                    unit[:] = [(unit[i * n + j] + unit[j * n + i]) / 2 for i in range(n) for j in range(n)]
            for value, (right, answer) in zip(places[0], self._along(units, known, found), strict=True):
                if self.error((right, answer, None), 1) > self.agree:
                    yield right, answer, value + tuple(i for c, p in zip(chosen, places[1:], strict=True) for i in p[c])
                    return


def space_of(x: Expr) -> tuple[str, ...]:
    """The property by which the derivative by x is taken within a space of matrices, if there is one."""
    properties = x.data[1] if x.op == VAR else ()
    return ("diagonal",) if "diagonal" in properties else ("symmetric",) if {"symmetric", "psd"} & set(properties) else ()


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, list) else float(value)


def _show(value: Any) -> str:
    return "[" + ", ".join(map(_show, value)) + "]" if isinstance(value, list) else f"{value:.4g}"
