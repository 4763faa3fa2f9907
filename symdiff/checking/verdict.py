"""The verdict on a derivative: right, wrong with a counterexample, or undecided with a reason.

In: a value, the variables it was differentiated by, the derivative. Numbers first: the formula as written and the derivative are laid out
in explicit components at two or more choices of sizes and compared in doubles at some hundred points, on both sides of every kink of
either (`look`); what seems wrong there is looked at again in many digits, and decides. Then the proof: SymPy differentiates the components,
and the normal form of the difference is zero; or else its derivative agrees in 30 digits at points on every side. What is too long for
SymPy is compared with central differences in 60 digits. Nothing here uses the sweep, the simplifier or the notation stage.

The work is bounded by counts; the clock is looked at between steps only.

Long: one decision with all its cases, in the order in which they are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from math import prod
from random import Random
from time import thread_time
from typing import TYPE_CHECKING, Any

from symdiff.bounds import LIMITS
from symdiff.checking.adjugates import adjugated
from symdiff.checking.components import Undecided
from symdiff.checking.constants import beyond
from symdiff.checking.directions import directed
from symdiff.checking.exactly import NEAR, STEP_DIGITS, WORK_PER_SECOND, ByDifferences, BySymPy, Derived, Exactly, Finding, problem_seed
from symdiff.checking.problem import Problem, Values, space_of
from symdiff.errors import ShapeError
from symdiff.expr.node import NAME, OPAQUE, VAR, Expr
from symdiff.expr.patterns import has_one_factor, is_letter
from symdiff.expr.walk import topological

if TYPE_CHECKING:
    from symdiff.checking.look import Answer, Key, Look
    from symdiff.checking.sizes import Sizes

__all__ = ["NEAR", "Judge", "Problem", "Values", "Verdict", "space_of", "verify"]

# Points at which formula and answer have values, at least; on each side of a kink, for the word exact.
MIN_POINTS, ON_EACH_SIDE = 3, 3

# Points that are looked at in many digits: where the answer seems wrong, has no value, is out of the range of doubles; and of those that
# agree, at least, and for the sides of kinks.
SUSPECTS, ON_KINKS, MISSING, LOST, CONFIRMED, OF_SIDES = 6, 4, 3, 4, 3, 6
OF_EACH, DEARLY = 3, 8  # suspects of each batch of points, if there is time; what one costs at most, as it may need more digits
TRIED = 3  # times as many on kinks of the answer, as long as the formula has no value there
FAINTEST = 1e-30

# Points for constants that doubles do not see; and by how many digits differences are finer where they overrule SymPy.
MOST_FINE, FINER = 80, 8

# Variables that are written out where the answer has no value (of more, those that the derivative is taken by), and sides that were not reached.
MOST_NAMED = 3

# Points for those who ask where the last answer was looked at.
MOST_CORNERS = 16

# Nodes of formula and answer for each second that the verification may take.
NODES_PER_SECOND = 20_000

# Work is counted before it begins, in seconds of a slow machine: what a scalar operation costs when formula and answer are looked at in
# doubles, and in many digits; and the part of the time that may be spent on these. The rest is SymPy's (WORK_PER_SECOND). The clock, which
# is the thread's time on the processor, is there for what the count does not see.
LOOKING, ANSWERING, EXACTLY, OF_NUMBERS, GUARD = 12e-6, 8e-6, 12e-6, 0.6, 1.2


@dataclass(frozen=True)
class Verdict:
    """Is the derivative right? `ok` is True, False, or None if nothing could be said (`reason` says why).

    method: "exact", "30 digits" (both with SymPy's derivative), "differences" (60 digits) or "9 digits"; "opaque" of an answer that is
    nothing but the derivative of an opaque function; "" if nothing was compared.
    sizes: what named dimensions were set to first; looked: all sizes that were tried. points: at how many points both agree.
    kinks: how many kinks and jumps of formula and answer have been seen from both sides; unreached: the sides that were not, as
    conditions. regions: how many combinations of sides there were. gaps: single points at which the right derivative has a value and
    the answer has none.
    max_error: the largest relative error met in many digits. counterexample: {"values", "entry" (from 1), "expected", "found"}.
    """

    ok: bool | None
    method: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    points: int = 0
    max_error: float = 0.0
    counterexample: dict[str, Any] | None = None
    reason: str = ""
    kinks: int = 0
    unreached: tuple[str, ...] = ()
    regions: int = 0
    gaps: tuple[str, ...] = ()
    looked: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.ok is True

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        if self.ok is None:
            return f"not verified: {self.reason}"
        if not self.ok:
            return f"wrong: {self.reason}"
        kinks = f", both sides of {self.kinks} kink{'s' * (self.kinks != 1)}" if self.kinks else ""
        sizes = ", sizes " + ", ".join(map(str, self.looked)) if self.looked else ""
        rest = f"{self.points} points{kinks}{sizes}"
        if self.unreached:
            more = len(self.unreached) - MOST_NAMED
            rest += "; not reached: " + ", ".join(self.unreached[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        if self.gaps:
            rest += "; the answer has no value at " + "; ".join(self.gaps)
        if self.method == "exact":
            return f"verified by SymPy: exact; {rest}"
        if self.method == "opaque":
            return "verified as far as it goes: the answer is the derivative of an opaque function, of which nothing is known"
        if self.method == "30 digits":
            return f"verified by SymPy: 30 digits; {rest}"
        return f"verified by {'differences in 60 digits' if self.method == 'differences' else 'tangents in 9 digits'}; {rest}"


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
    return Judge(f, wrt, unconstrained=unconstrained, seed=seed)(derivative, seconds=seconds)


class Judge:
    """One question, prepared for many answers: what does not depend on the answer is done once.

    judge = Judge(f, [w]); judge(derivative) is a Verdict. ShapeError if `wrt` holds anything but VAR and NAME nodes.
    """

    def __init__(self, f: Expr, wrt: Sequence[Expr], *, unconstrained: bool = False, seed: int = 0) -> None:
        if not wrt or any(not is_letter(x) for x in wrt):
            raise ShapeError("a derivative is taken by variables or by names of intermediate quantities", hint="--wrt w")
        self.f, self.wrt, self.unconstrained = f, tuple(wrt), unconstrained
        self.seed = seed
        self.looks: dict[tuple[tuple[str, int], ...], Look] = {}
        self.derived: dict[tuple[tuple[str, int], ...], Derived | Undecided] = {}
        self.seen: tuple[Problem, list[Answer]] | None = None  # where the last answer was looked at, at the first choice of sizes

    def corners(self, most: int = MOST_CORNERS) -> tuple[dict[str, int], list[Values]]:
        """Sizes, and points on as many combinations of the sides of the kinks of formula and last answer as there may be."""
        if self.seen is None:
            return {}, []
        problem, answers = self.seen
        return problem.sizes, _corners(answers, most)

    def __call__(self, derivative: Expr, *, seconds: float | None = None, prove: bool = True) -> Verdict:
        """The verdict on an answer. prove: not if nothing but numbers is wanted; the method is then "9 digits"."""
        seconds = seconds or LIMITS.seconds
        if len(topological([self.f, derivative, *self.wrt])) > NODES_PER_SECOND * seconds:
            return Verdict(None, reason=f"it is too long to be verified in {seconds:g} seconds")
        verdict = _Trial(self, directed(adjugated(derivative)), seconds, prove).verdict()
        return replace(verdict, method="opaque") if verdict.method == "exact" and is_opaque_alone(derivative) else verdict


def is_opaque_alone(derivative: Expr) -> bool:
    """Whether an answer is nothing but the derivative of an opaque function: `f'(x)` says of f what was asked, and no more."""
    while derivative.op == NAME or has_one_factor(derivative):
        (derivative,) = derivative.args
    return derivative.op == OPAQUE and bool(derivative.data[1])


class _Trial:
    """One answer on its way to a verdict."""

    def __init__(self, judge: Judge, derivative: Expr, seconds: float, prove: bool) -> None:
        self.judge, self.derivative, self.seconds, self.prove = judge, derivative, seconds, prove
        self.deadline = thread_time() + GUARD * seconds
        self.left = OF_NUMBERS * seconds
        self.gaps: list[str] = []
        self.near: dict[tuple[Key, int], bool] = {}
        self.problem = self.at_sizes(None)
        self.constants = beyond([judge.f, derivative])
        self.fine = 0  # points at which the answer is right in as many digits as its constants need

    def at_sizes(self, sizes: dict[str, int] | None, other: bool = False) -> Problem:
        c = self.judge
        return Problem(c.f, c.wrt, self.derivative, c.seed, self.deadline, unconstrained=c.unconstrained, other=other, sizes=sizes)

    def verdict(self) -> Verdict:
        problem = self.problem
        if problem.misfit:
            return Verdict(False, sizes=problem.sizes, reason=problem.misfit)
        if problem.entangled:
            return self.undecided("one of the quantities that the derivative is taken by is computed from another")
        too_large = sum(prod(problem.shape(x)) for x in problem.leaves) > LIMITS.components
        if too_large or prod(problem.shape(self.derivative)) > LIMITS.components:
            return self.undecided("it is too large to be written out in components")
        try:
            return self.looked_at()
        except Undecided as reason:
            return self.undecided(str(reason))

    def undecided(self, reason: str, **found: Any) -> Verdict:
        return Verdict(None, sizes=self.problem.sizes, reason=reason, **found)

    # ------------------------------------------------------------------------------------------ numbers

    def looked_at(self) -> Verdict:
        started = thread_time()
        from symdiff.checking.look import FEWER_POINTS, MOST_POINTS, Look
        from symdiff.checking.sizes import choose

        self.deadline += thread_time() - started  # the time of an import is nobody's
        problem = self.problem
        self.sizes: Sizes = choose(problem.f, self.derivative, problem.sizes)
        trials: list[tuple[Problem, Look, list[Answer]]] = []
        for sizes in self.sizes.choices:
            here = self.at_sizes(sizes)
            key = tuple(sorted(sizes.items()))
            look = self.judge.looks.get(key)
            fresh = [x for x in here.leaves if look is not None and x not in look.problem.leaves]
            try:
                self.spend(ANSWERING * here.work[1] + (LOOKING * here.work[0] * (1 + len(here.wrt)) if look is None or fresh else 0))
            except Undecided:
                if not trials:
                    raise
                self.unlooked(sizes)
                continue
            if look is None or fresh:
                most = FEWER_POINTS if trials else MOST_POINTS
                look = self.judge.looks[key] = Look(here, _seed(self.judge.f, self.judge.seed, len(trials)), most)
            look.problem.deadline = here.deadline
            try:
                answers = look.first(self.derivative)
                if not trials:
                    self.judge.seen = here, answers
            except Undecided:
                if not trials:
                    raise
                self.unlooked(sizes)
                continue
            wrong = self.refuted(here, answers)
            if wrong is None:
                look.near = {}
                more = look.more(self.derivative, answers)
                wrong = self.refuted(here, more)
                answers += more
            if wrong is not None:
                return wrong
            self.near |= {key: self.near.get(key, False) or here for key, here in look.near.items()}
            trials.append((here, look, answers))
            if len(trials) == 2 and not any(a.usable.any() for a in answers):
                # logdet(X'*X) has no value where X has more columns than rows.
                self.sizes.choices.append(dict(zip(sizes, reversed(list(sizes.values())), strict=True)))
            self.in_time()
        wrong = self.finely(trials)
        return self.judged(trials) if wrong is None else wrong

    def finely(self, trials: Sequence[tuple[Problem, Look, list[Answer]]]) -> Verdict | None:
        """Where formula or answer have constants that doubles do not see, the answer in as many digits as these need: wrong, if it is."""
        if not self.constants.digits:
            return None
        problem, _, answers = _living_first(trials)[0]
        from symdiff.checking.finely import fine_points

        exact = ByDifferences(problem, self.constants.digits)
        bases: list[Values] = []
        plain = _plain(answers)
        for values in chain(plain, islice(fine_points(exact, bases, self.constants), MOST_FINE)):
            if self.left < self.price(problem):
                break
            finding = self.exactly(problem, exact, values, smooth=True)
            if finding.outcome == "wrong":
                return self.wrong(problem, answers, finding)
            if finding.outcome == "right":
                self.fine += 1
                bases += [values] if len(bases) < len(plain) else []
        return None

    def unlooked(self, sizes: dict[str, int]) -> None:
        """At these sizes it would have taken too long."""
        words = ", ".join(f"{d} = {n}" for d, n in sizes.items())
        self.sizes.unreached.append((f"sizes {words}", self.sizes.answers))

    def spend(self, seconds: float) -> None:
        """Before work begins: Undecided if it would take too long."""
        self.left -= seconds
        if self.left < 0:
            raise Undecided(f"it would take longer than {self.seconds:g} seconds")

    def price(self, problem: Problem) -> float:
        """Of a point in many digits: two directions, each with differences of every order."""
        formula, answer = problem.work
        directions: int = 2 * 2 ** len(problem.wrt)
        return EXACTLY * ((1 + directions) * formula + answer) * (1 + self.constants.digits / STEP_DIGITS)

    def exactly(self, problem: Problem, exact: ByDifferences, values: Values, *, smooth: bool = False) -> Finding:
        """The answer at a point in many digits."""
        self.spend(self.price(problem))
        self.in_time()
        return exact.at(values, lambda times: self.spend(times * self.price(problem)), smooth=smooth)

    def in_time(self) -> None:
        if thread_time() > self.deadline:
            raise Undecided("the time is up")

    def refuted(self, problem: Problem, answers: Sequence[Answer]) -> Verdict | None:
        """A point at which the answer is wrong, or has no value on a region, if there is one."""
        exact: ByDifferences | None = None
        for what, most in (("suspect", SUSPECTS), ("gone", MISSING), ("close", ON_KINKS), ("lost", LOST)):
            left = most
            for answer in answers:
                mask = {"suspect": answer.suspect, "gone": answer.gone, "close": answer.close, "lost": answer.lost}[what]
                # Where digits cancel all over, what is found in a small region has its turn all the same.
                few = OF_EACH if what != "gone" and self.left > DEARLY * OF_EACH * self.price(problem) else 0
                if not mask.any() or not max(left, few):
                    continue
                asked = max(left, few)
                for tried, k in enumerate(_spread(answer, mask, asked * (TRIED if what == "close" else 1))):
                    if tried >= asked and not left:
                        break
                    if what == "gone" and self.gaps and not answer.batch.points.generic[k] and answer.beside[k]:
                        continue  # another single point
                    exact = exact or ByDifferences(problem, self.constants.digits)
                    values = answer.batch.points.at(k)
                    if what in ("close", "lost") and self.left < self.price(problem):
                        return None  # nothing speaks against the answer there
                    finding = self.exactly(problem, exact, values, smooth=what == "close")
                    if finding.outcome == "wrong":
                        return self.wrong(problem, answers, finding)
                    if what == "close":
                        pass
                    elif finding.outcome == "gone":
                        near = values if answer.batch.points.generic[k] else answer.batch.neighbour.points.at(k)
                        beside = finding if near is values else self.exactly(problem, exact, near)
                        if beside.outcome in ("gone", "wrong"):
                            return self.wrong(problem, answers, beside)
                        if exact.divided_out(values, Random(problem_seed(problem))):
                            answer.agree[k] = True
                        else:
                            self.note_gap(problem, values)
                    elif finding.outcome == "right" and what != "lost":
                        answer.agree[k] = True
                    elif finding.outcome == "right" and finding.error:
                        answer.agree[k] = answer.alive[k] = True
                    nothing = ("blank", "faint") if what == "close" else ("blank",)
                    left = max(0, left - (finding.outcome not in nothing))  # where nothing could be compared nothing was seen
        return None

    def wrong(self, problem: Problem, answers: Sequence[Answer], finding: Finding) -> Verdict:
        points = int(sum(a.agree.sum() for a in answers))
        return Verdict(False, "differences", problem.sizes, points + 1, 0.0, finding.counterexample, finding.reason)

    def note_gap(self, problem: Problem, values: Values) -> None:
        from symdiff.checking.exactly import _floats, show
        from symdiff.checking.sampling import nested

        named = [x for x in values if x.op == VAR and not x.data[0].endswith("()")]
        if len(named) > MOST_NAMED:
            named = [x for x in named if x in problem.wrt]
        at = ", ".join(f"{x.data[0]} = {show(_floats(nested(values[x], problem.shape(x))))}" for x in named)
        if at and at not in self.gaps and len(self.gaps) < 2:
            self.gaps.append(at)

    # ------------------------------------------------------------------------------------------ sides

    def judged(self, trials: Sequence[tuple[Problem, Look, list[Answer]]]) -> Verdict:
        """Long: one decision with all its cases, in the order in which they are tried."""
        from symdiff.checking.intervals import Bounds
        from symdiff.checking.sides import compared, empty, named

        trials = _living_first(trials)
        self.problem = trials[0][0]
        points = int(sum(a.agree.sum() for _, _, answers in trials for a in answers))
        main = int(sum(a.agree.sum() for a in trials[0][2]))
        if not any(a.alive[a.agree].any() for a in trials[0][2]) and any(a.alive[a.suspect].any() for a in trials[0][2]):
            return self.undecided("the derivative is too small to be told from rounding errors")
        if not any((a.alive & a.agree).any() for _, _, answers in trials for a in answers):
            # Zero everywhere, in doubles: really, or as a bump that no point meets?
            exact = ByDifferences(self.problem, self.constants.digits)
            places = [(a, int(k)) for a in trials[0][2] for k in a.agree.nonzero()[0][:2]][:CONFIRMED]
            if places and not any(exact.flat(a.batch.points.at(k)) for a, k in places) and not self.identical(trials[0][0]):
                return self.undecided("the derivative is too small to be told from rounding errors")
        if main < MIN_POINTS:
            lost = sum(a.lost.sum() + a.suspect.sum() for a in trials[0][2])
            return self.undecided(
                "too few points were found at which the formula and its derivative have real values"
                if not any(a.suspect.any() for a in trials[0][2]) or not lost
                else "the derivative is too small to be told from rounding errors"
            )
        sides = _Sides(trials)
        bounds = Bounds()
        unreached = [words for words, _ in self.sizes.unreached]
        mine = next((words for words, alone in self.sizes.unreached if alone), "")
        if mine:
            return self.undecided(f"the answer has a condition on sizes, and {mine} were not reached", points=points, unreached=(mine,))
        for key in sides.keys:
            tied = sides.tied(key)
            if sides.shared(key):
                continue  # the formula's own kink, which has its turn
            for side in (-1, 1):
                if sides.seen(key, side) or empty(bounds, key, side):
                    continue
                if tied or (sides.seen(key, 0) and sides.seen(key, -side)):
                    # The same under two names, or are both small? exp(x) and 1e-30 differ by less than rounding where they differ.
                    refuted = self.wrong_at(*sides.faint(key, side)) if sides.alone(key) else None
                    if refuted is not None:
                        return refuted
                    continue
                problem, points_there = sides.beyond(key, side)
                if points_there:
                    # Doubles have no value there. Has the formula?
                    exactly = ByDifferences(problem, self.constants.digits)
                    outcomes = [self.exactly(problem, exactly, values) for values in points_there]
                    wrong = next((o for o in outcomes if o.outcome in ("wrong", "gone")), None)
                    if wrong is not None:
                        return self.wrong(problem, [], wrong)
                    if all(o.outcome == "blank" for o in outcomes) or any(o.outcome == "right" for o in outcomes):
                        continue
                name = named(key, side)
                if sides.alone(key):
                    missed = f"the side {name} of a kink of the answer" if compared(key) is not None else f"{name}, of the answer,"
                    return self.undecided(f"{missed} was not reached", points=points, unreached=(name,))
                if name not in unreached:
                    unreached.append(name)
        for key in sides.keys:
            if not sides.alone(key):
                continue
            for side in (-1, 1):
                if not sides.seen(key, side) or self.near.get((key, side), sides.alive(key, side)):
                    continue
                # Both are zero in doubles on this side of a kink that the formula does not have: really?
                problem, points_there = sides.dead(key, side)
                exactly = ByDifferences(problem, self.constants.digits)
                outcomes = [self.exactly(problem, exactly, values) for values in points_there]
                wrong = next((o for o in outcomes if o.outcome in ("wrong", "gone")), None)
                if wrong is not None:
                    return self.wrong(problem, [], wrong)
                if all(o.outcome == "blank" for o in outcomes) and sides.alive(key, side):
                    continue  # the kink lies where the formula has no value
                if not any(o.outcome == "right" for o in outcomes) and not any(exactly.flat(values) for values in points_there):
                    name = named(key, side)
                    return self.undecided(f"where {name}, the derivative is too small to be told from rounding errors", points=points)
        thin = any(0 < sides.count(key, side) < ON_EACH_SIDE for key in sides.keys for side in (-1, 1))
        method, error = self.confirmed(trials, sides, exact=not unreached and not thin and main >= MIN_POINTS)
        if isinstance(method, Verdict):
            return method
        looked = tuple(sorted({n for p, _, answers in trials if any(a.agree.any() for a in answers) for n in p.sizes.values()}))
        return Verdict(
            True,
            method,
            self.problem.sizes,
            points,
            error,
            None,
            "",
            sides.kinks(),
            tuple(unreached),
            sides.regions(),
            tuple(self.gaps),
            looked,
        )

    def wrong_at(self, problem: Problem, points: Sequence[Values]) -> Verdict | None:
        """The verdict, if the answer is wrong at one of these points, in many digits."""
        exactly = ByDifferences(problem, self.constants.digits)
        for values in points:
            finding = self.exactly(problem, exactly, values)
            if finding.outcome == "wrong":
                return self.wrong(problem, [], finding)
        return None

    # ------------------------------------------------------------------------------------------ many digits, and proof

    def identical(self, problem: Problem) -> bool:
        """Whether the derivative is proven to be the answer, where no number tells it from rounding: that of `x - x` is 0."""
        if not self.prove:
            return False
        try:
            judge = BySymPy(problem, self.by_sympy(problem))
            self.in_time()
            return judge.proven()
        except Undecided:
            return False

    def confirmed(self, trials: Sequence[tuple[Problem, Look, list[Answer]]], sides: _Sides, *, exact: bool) -> tuple[str | Verdict, float]:
        """How far the agreement goes, and the largest error; a Verdict in place of the method if it is none."""
        problem, _, answers = trials[0]
        if not self.prove:
            return self.coarse(), 0.0
        judge: Exactly
        try:
            judge = BySymPy(problem, self.by_sympy(problem), finer=self.constants.digits)
            self.in_time()
            if exact and judge.proven():
                return "exact", 0.0
        except Undecided:
            judge = ByDifferences(problem, self.constants.digits)
        cost = self.price(problem)
        worst, compared = 0.0, 0
        chosen = sides.examples(CONFIRMED, OF_SIDES)
        for values in chosen:
            if compared >= 1 and self.left < cost:
                break
            self.left -= cost
            try:
                self.in_time()
                finding = judge.at(values)
            except Undecided:
                break
            if finding.outcome in ("wrong", "gone"):
                if isinstance(judge, BySymPy) and ByDifferences(problem, self.constants.digits + FINER).at(values).outcome == "right":
                    continue  # SymPy itself is at fault, or a tie that it does not know of
                return self.wrong(problem, answers, finding), 0.0
            if finding.outcome == "right":
                compared += 1
                worst = max(worst, finding.error)
        if compared < min(2, len(chosen)):
            return self.coarse(), worst
        return judge.method, worst

    def coarse(self) -> str | Verdict:
        """The method of nine digits; they say nothing of an answer whose constants differ from the formula's where doubles do not see it."""
        own, theirs = (set(beyond([e]).values) for e in (self.derivative, self.judge.f))
        if self.fine >= MIN_POINTS or own == theirs:
            return "9 digits"
        smallest = min(own ^ theirs, key=lambda value: abs(value))
        return self.undecided(f"what hangs on the constant {float(smallest):.4g} could not be computed in as many digits")

    def by_sympy(self, problem: Problem) -> Derived:
        """SymPy's derivative, made once for a question."""
        key = tuple(sorted(problem.sizes.items()))
        derived = self.judge.derived.get(key)
        if derived is None or (isinstance(derived, Derived) and any(x not in derived.symbols for x in problem.leaves)):
            started = thread_time()
            import sympy  # noqa: F401

            self.deadline += thread_time() - started
            problem.deadline = self.deadline
            try:
                derived = Derived(problem, WORK_PER_SECOND * self.seconds)
            except Undecided as error:
                derived = error
            self.judge.derived[key] = derived
        if isinstance(derived, Undecided):
            raise derived
        return derived


class _Sides:
    """Which sides of which comparisons the points that agree are on; of all choices of sizes together."""

    def __init__(self, trials: Sequence[tuple[Problem, Look, list[Answer]]]) -> None:
        import numpy as np

        self.np = np
        self.trials = trials
        self.rows: dict[Key, list[tuple[int, int, Any, Any, bool]]] = {}  # trial, answer, sides, mask of agreement, of the formula
        self.mine: dict[Key, bool] = {}
        for t, (_, _, answers) in enumerate(trials):
            for k, answer in enumerate(answers):
                for own, sites, sides in ((True, answer.batch.sites, answer.batch.sides), (False, answer.sites, answer.sides)):
                    for site, row in zip(sites, sides, strict=True):
                        self.rows.setdefault(site.key, []).append((t, k, row, site.difference, own))
                        self.mine[site.key] = self.mine.get(site.key, False) or own
        self.keys = list(self.rows)
        self.counts: dict[tuple[Key, int], int] = {}
        self.living: dict[tuple[Key, int], bool] = {}
        for key, rows in self.rows.items():
            for t, k, row, _, _ in rows:
                answer = trials[t][2][k]
                for side in (-1, 0, 1):
                    mask = answer.agree & (row == side)
                    self.counts[key, side] = self.counts.get((key, side), 0) + int(mask.sum())
                    self.living[key, side] = self.living.get((key, side), False) or bool((mask & answer.alive).any())
        self.partners: dict[Key, Key | None] = {}

    def count(self, key: Key, side: int) -> int:
        return self.counts.get((key, side), 0)

    def seen(self, key: Key, side: int) -> bool:
        return self.count(key, side) > 0

    def tied(self, key: Key) -> bool:
        return self.count(key, 0) >= MIN_POINTS and not self.seen(key, -1) and not self.seen(key, 1) and not self.beyond(key, 0)[1]

    def alive(self, key: Key, side: int) -> bool:
        return self.living.get((key, side), False)

    def shared(self, key: Key) -> bool:
        return not self.mine[key] and self.partner(key) is not None

    def alone(self, key: Key) -> bool:
        """Whether the kink is the answer's and not the formula's."""
        return not self.mine[key] and self.partner(key) is None

    def partner(self, key: Key) -> Key | None:
        """A comparison of the formula that changes where this one does: their differences have one ratio everywhere."""
        if key not in self.partners:
            self.partners[key] = next((other for other in self.keys if self.mine[other] and self._same(key, other)), None)
        return self.partners[key]

    def _same(self, key: Key, other: Key) -> bool:
        from symdiff.checking.look import proportional

        mine = {(t, k): [d for a, b, _, d, _ in self.rows[key] if (a, b) == (t, k)] for t, k, *_ in self.rows[key]}
        theirs = {(t, k): [d for a, b, _, d, _ in self.rows[other] if (a, b) == (t, k)] for t, k, *_ in self.rows[other]}
        if mine.keys() != theirs.keys():
            return False
        for place, ds in mine.items():
            for d in ds:
                if not any(proportional(d, e, self.trials[place[0]][2][place[1]].usable) for e in theirs[place]):
                    return False
        return True

    def kinks(self) -> int:
        """How many kinks were seen from both sides; one that formula and answer share counts once."""
        both = [key for key in self.keys if sum(self.seen(key, s) for s in (-1, 0, 1)) >= 2]
        return len([key for key in both if self.mine[key] or self.partner(key) is None])

    def regions(self) -> int:
        np = self.np
        patterns: set[bytes] = set()
        for _, _, answers in self.trials[:1]:
            for answer in answers:
                stacked = np.concatenate([answer.batch.sides, answer.sides])[:, answer.agree]
                patterns |= {column.tobytes() for column in stacked.T}
        return len(patterns)

    def beyond(self, key: Key, side: int) -> tuple[Problem, list[Values]]:
        """Points on this side (0: on either) at which doubles have no value."""
        found: list[Values] = []
        for t, k, row, difference, _ in self.rows[key]:
            problem, _, answers = self.trials[t]
            answer = answers[k]
            sign = self.np.sign(self.np.broadcast_to(difference, row.shape))
            there = sign == side if side else self.np.abs(row) == 1
            for i in self.np.flatnonzero(there & ~answer.agree)[: 2 - len(found)]:
                found.append(answer.batch.points.at(int(i)))
            if len(found) >= 2:
                return problem, found
        return self.trials[self.rows[key][0][0]][0], found

    def faint(self, key: Key, side: int) -> tuple[Problem, list[Values]]:
        """Points of the first choice of sizes at which doubles see a tie, and their difference is on this side all the same: the largest, and one between."""
        np = self.np
        found: list[tuple[float, int, int]] = []
        for t, k, row, difference, _ in self.rows[key]:
            if t == 0:
                signed = np.broadcast_to(difference, row.shape) * side
                rows = np.flatnonzero((signed > 0) & (row == 0) & self.trials[0][2][k].agree)
                found += [(-float(signed[i]), k, int(i)) for i in rows]
        found.sort()
        chosen = [found[0], found[len(found) // 2]] if found else []
        problem, _, answers = self.trials[0]
        return problem, [answers[k].batch.points.at(i) for _, k, i in dict.fromkeys(chosen)]

    def dead(self, key: Key, side: int) -> tuple[Problem, list[Values]]:
        """Points on this side, close to the kink first, whether doubles have a value there or not."""
        np = self.np
        found: list[tuple[float, int, int, int]] = []
        for t, k, row, difference, _ in self.rows[key]:
            if t == self.rows[key][0][0]:
                signed = np.broadcast_to(difference, row.shape) * side
                rows = np.flatnonzero((signed > 0) & np.isfinite(signed) & (np.abs(row) == 1))
                found += [(float(signed[i]), t, k, int(i)) for i in rows[np.argsort(signed[rows])[:8]]]
        found.sort()
        chosen = found[:2] + found[len(found) // 2 : len(found) // 2 + 1]
        problem = self.trials[self.rows[key][0][0]][0]
        return problem, [self.trials[t][2][k].batch.points.at(i) for _, t, k, i in dict.fromkeys(chosen)]

    def examples(self, plain: int, of_sides: int) -> list[Values]:
        """Points of the first choice of sizes that agree: ordinary ones, and one on each side of the kinks."""
        np = self.np
        _, _, answers = self.trials[0]
        chosen: dict[tuple[int, int], None] = {}
        for plainly in (True, False):
            for k, answer in enumerate(answers):
                good = answer.agree & answer.alive & answer.batch.points.generic if plainly else answer.agree
                for i in np.flatnonzero(good)[: max(0, plain - len(chosen))]:
                    chosen[k, int(i)] = None
        for key in self.keys:
            for side in (-1, 1):
                if len(chosen) >= plain + of_sides:
                    break
                for t, k, row, _, _ in self.rows[key]:
                    places = np.flatnonzero(answers[k].agree & (row == side)) if t == 0 else []
                    if len(places) and not any((k, int(i)) in chosen for i in places):
                        alive = [i for i in places if answers[k].alive[i]]
                        chosen[k, int((alive or list(places))[0])] = None
                        break
                    if len(places):
                        break
        return [answers[k].batch.points.at(i) for k, i in chosen]


def _living_first(trials: Sequence[tuple[Problem, Look, list[Answer]]]) -> list[tuple[Problem, Look, list[Answer]]]:
    """At some sizes a derivative vanishes that does not at others: two entries without their mean are parallel to (1, -1)."""
    return sorted(trials, key=lambda trial: not any((a.alive & a.agree).any() for a in trial[2]))


def _spread(answer: Answer, mask: Any, most: int) -> list[int]:
    """Rows of the mask: the first, those with the largest difference, with the largest relative one, and in the middle.

    Where digits cancel, differences are the largest and say nothing.
    """
    import numpy as np

    rows = np.flatnonzero(mask)
    told = rows[~(answer.gap[rows] < FAINTEST)]
    rows = told if len(told) else rows  # smaller differences are lost in many digits, too
    if len(rows) <= most:
        return [int(k) for k in rows]
    third = max(1, most // 4) if most > 1 else 0
    order = np.argsort(-np.nan_to_num(answer.error[rows]))
    worst, middle = rows[order[:third]], rows[order[[len(rows) // 2, len(rows) // 3][: max(0, min(2, most - 2))]]]
    widest = rows[np.argsort(-np.nan_to_num(answer.gap[rows]))[:third]]
    picked = [*rows[: max(0, most - 2 * third - len(middle))], *widest, *middle, *worst]  # the first of a design are plain
    return [int(k) for k in dict.fromkeys(picked)]


def _corners(answers: Sequence[Answer], most: int) -> list[Values]:
    """Points at which formula and answer have values, each on other sides of their kinks than those before."""
    import numpy as np

    found: dict[bytes, Values] = {}
    for answer in answers:
        sides = np.concatenate([answer.batch.sides, answer.sides])
        if not len(sides):
            continue
        plain = answer.usable & answer.finite & answer.batch.points.generic & (np.abs(sides) <= 1).all(0)
        for k in np.flatnonzero(plain):
            if len(found) == most:
                break
            pattern = sides[:, k].tobytes()
            if pattern not in found:
                found[pattern] = answer.batch.points.at(int(k))
    return list(found.values())


def _plain(answers: Sequence[Answer]) -> list[Values]:
    """Points for a look in many digits: some with whole numbers first, whose counterexamples are read most easily."""
    import numpy as np

    chosen: list[Values] = []
    for answer in answers[:1]:
        points, right = answer.batch.points, answer.batch.right
        alive = answer.batch.usable & (np.max([np.abs(v) for v in right], axis=0) > 0)
        whole = [k for k in np.flatnonzero(alive & ~points.generic) if all(v[k].all() for v in points.values.values())]
        positive = alive & points.generic & np.all([(v > 0).all(1) for v in points.values.values()], axis=0)
        chosen += [points.at(int(k)) for k in dict.fromkeys([*whole[:2], *np.flatnonzero(alive)[:1], *np.flatnonzero(positive)[:2]])]
    return chosen


def _seed(f: Expr, seed: int, turn: int) -> list[int]:
    """Another one for every formula, the same in every process."""
    return [f.key & 0xFFFFFFFFFFFFFFFF, seed, turn]
