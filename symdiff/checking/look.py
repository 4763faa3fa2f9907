"""The first look: an answer in doubles at some hundred points, on both sides of every kink.

In: a problem (a formula, what it is differentiated by, sizes). Once: points by design, the formula's value and its rate along a random
direction at each of them, and further points on both sides of every kink and jump of the formula, close to it. Then for each answer: its
own kinks are searched in the same way, and it is compared with the rates wherever both have a value and no kink of either is near.
Out: the points at which they agree, those where they seem to differ, and which sides were seen. The work is bounded by counts.

Long: points by design, kind by kind, each of which hangs on what the ones before left open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from symdiff.checking.bumps import bumps, sharp, sums_of, zeros_together
from symdiff.checking.components import Components, Flat
from symdiff.checking.draws import Draws
from symdiff.checking.floats import CLOSE, NOTHING, Floats, Site
from symdiff.checking.intervals import Bounds
from symdiff.checking.jointly import BEYOND, STARTS, movable, on_several, solved
from symdiff.checking.points import FIXED, Array, Points, design, joined, words_of
from symdiff.checking.problem import Problem
from symdiff.checking.sides import empty
from symdiff.checking.singles import on_kinks
from symdiff.checking.tangents import Rate, Tangents
from symdiff.expr.node import NUM, SUM, Expr
from symdiff.expr.patterns import is_call_of
from symdiff.expr.walk import topological
from symdiff.table import TABLE

# Doubles kept at a time; points at most, and at further choices of sizes; comparisons that are looked at one by one.
MOST_DOUBLES, MOST_POINTS, FEWER_POINTS, MOST_SITES = 6_000_000, 400, 150, 300

# What agrees, relative to the larger of the two numbers; and what rounding leaves of the terms of a sum.
AGREE, ROUNDING = 1e-9, 1e-13

# The search for the other side of a kink: points that lines start from, comparisons at a time, factors along a line.
BASES, SOUGHT = 6, 24

# Points that are moved onto an answer's own kinks: with whole numbers, and others; how often more are moved until so many have a value there.
WHOLE, BETWEEN, TURNS, ENOUGH = 3, 2, 4, 8
FACTORS = 1.0937 * np.concatenate(
    [10.0 ** np.arange(-4, 4.01, 0.5), -(10.0 ** np.arange(-4, 4.01, 0.5))]
)  # thresholds are round numbers: not on them
AROUND = np.array([0.3, 0.9, 0.999, 1.001, 1.1, 3.0])

# Thin sides: comparisons and variables at most, how often the way to the top is looked at more closely, and how often another way
# is taken there.
CLIMBED, CLIMBS, CYCLES = 8, 8, 3

# Constants of formula and answer from which on (or up to whose inverse) points are put next to them; how many, and how near.
FAR, MOST_MAGNITUDES, MOST_CLOSE = 4, 5, 24
BESIDE = np.array([-0.02, -1e-4, 0.0, 3e-3])

EQUATIONS = frozenset(("eq", "ne"))

# Comparisons of which all combinations of sides are tried.
TOGETHER = 5

# Where the derivative is 0: points that are changed until it is not, variables that are scaled for it, how often the way to its largest
# value is looked at more closely, and along how many ways; what is smaller is not compared in many digits. For how many sides of kinks.
REVIVED, REVIVED_LEAVES, REFINED, ROUTES, FAINTEST = 2, 6, 3, 4, 1e-20
REVIVALS = 4

# Halvings of the way between two points until the gap between two kinks is met.
HALVINGS = 40

# A narrow domain: points with values, at least; constants of the formula, and parts of them, that points are put next to.
FEW, MOST_CONSTANTS = 12, 8
NEAR_CONSTANTS = (0.1, 0.5, 0.9, 0.99, 1.003, 1.01, 1.1, 1.5, 3.0, 20.0)

# The approach to a kink: kinks at most, ways to each of an answer's own, and the parts of the way that are looked at, three times over.
APPROACHED, CROSSINGS, PARTS, ROUNDS = 16, 4, 49, 3

Key = tuple[Expr | None, int]


class Batch:
    """The formula at some points: values, rates, comparisons."""

    def __init__(self, look: Look, points: Points, rates: bool = True) -> None:
        self.look, self.points = look, points
        problem = look.problem
        self.field = Floats(points.count, look.jumps)
        columns: dict[Expr, Flat] = {}

        def leaf(x: Expr) -> Flat:
            if x not in columns:
                columns[x] = points.columns(x)
            return columns[x]

        self.leaf = leaf
        with np.errstate(all="ignore"):
            known = problem.components(self.field, leaf)
            value = known(problem.f)
            self.known = known.known
            self.sites = self.field.sites[:MOST_SITES]
            self.field.listening = False
            usable = self.finite(value)
            borders = []
            for node in problem.conditional:
                for entry in known.missing(node):
                    holds = np.broadcast_to(np.asarray(entry) != 0, usable.shape)
                    if TABLE[node.data].closed:
                        borders.append(holds)
                    else:
                        usable &= holds
            self.usable = usable
            self.borders = np.array(borders, bool).reshape(len(borders), points.count)
            if rates:
                if not self.borders.all():
                    # On the border of its domain a function has a value but no derivative; unless it is there for all values, as norm2(x - x).
                    self.usable &= (self.borders | ~self.neighbour.borders).all(0)
                self._rates(known)

    def _rates(self, known: Components) -> None:
        """The formula's rate along a random direction at each point, in `right`."""
        problem, rng = self.look.problem, Draws([*self.look.seed, 7])
        self.directions = [
            _direction(rng, self.points.count, axes, space) for axes, space in zip(problem.axes, problem.spaces, strict=True)
        ]
        arithmetic: Any = self.field
        levels = []
        for _ in problem.wrt:
            arithmetic = Tangents(arithmetic)
            levels.append(arithmetic)

        def moved(x: Expr) -> Flat:
            flat = list(known(x))
            for tangents, y, direction in zip(levels, problem.wrt, self.directions, strict=True):
                if x is y:
                    flat = [tangents.carrying(v, d) for v, d in zip(flat, direction, strict=True)]
            return flat

        flat = problem.components(arithmetic, moved, problem.cut)(problem.f)
        for tangents in reversed(levels):
            flat = [v.rate if isinstance(v, Rate) and v.owner is tangents else 0.0 for v in flat]
        self.right = [np.broadcast_to(np.asarray(v, float), (self.points.count,)) for v in flat]
        self.usable = self.usable & self.finite(self.right)

    def finite(self, flat: Sequence[Any]) -> Array:
        good = np.ones(self.points.count, bool)
        for v in flat:
            good &= np.isfinite(v)
        return good

    @cached_property
    def neighbour(self) -> Batch:
        """The formula close to each point: a tie that is there too is no chance."""
        return Batch(self.look, self.points.neighbours(Draws([*self.look.seed, 5])), rates=False)

    @cached_property
    def sides(self) -> Array:
        """The side of every comparison at every point; CLOSE also where a tie is a chance."""
        sides = _stacked(self.sites, self.points.count)
        sides[self._chance] = CLOSE
        return sides

    @cached_property
    def _chance(self) -> Array:
        """Which comparisons are ties at a point that are none close to it."""
        ties = _stacked(self.sites, self.points.count) == 0
        return ties & (_stacked(self.neighbour.sites, self.points.count) != 0) if ties.any() else ties

    @cached_property
    def touching(self) -> Array:
        """The points on a kink."""
        found: Array = self._chance.any(0)
        return found


class Answer:
    """An answer at the points of a batch."""

    def __init__(self, batch: Batch, derivative: Expr, *, compare: bool = True, ties: bool = True) -> None:
        self.batch, self.derivative = batch, derivative
        look = batch.look
        field = batch.field
        field.watch()
        field.listening = True
        with np.errstate(all="ignore"):
            components = look.problem.components(field, batch.leaf)
            components.known = dict(batch.known)
            found = components(derivative)
            self.sites = field.sites[:MOST_SITES]
            field.listening = False
            self.finite = batch.finite(found)
            self.sides = _stacked(self.sites, batch.points.count)
            if ties and (self.sides == 0).any():
                neighbour = Answer(batch.neighbour, derivative, compare=False, ties=False)
                self.sides[(self.sides == 0) & (neighbour.sides != 0)] = CLOSE
                self.nearby = neighbour.finite
            if compare:
                self._compare(found)

    @cached_property
    def beside(self) -> Array:
        """Whether the answer has a value close to each point."""
        return Answer(self.batch.neighbour, self.derivative, compare=False, ties=False).finite

    def met(self, k: int) -> int:
        """At how many points with a value its k-th comparison is a tie."""
        ties = (self.sides[k] == 0) | (self.sides[k] == CLOSE)
        return int((ties & self.batch.usable & self.finite).sum())

    def _compare(self, found: Flat) -> None:
        batch, problem = self.batch, self.batch.look.problem
        count = batch.points.count
        pairs: list[tuple[Any, Any, Any]] = []
        if any(problem.spaces):
            arrays = [np.broadcast_to(np.asarray(v, float), (count,)) for v in found]
            pairs += [(p, v, np.abs(v)) for p, v in zip(problem.project(list(arrays)), arrays, strict=True) if p is not v]
        flat, sizes = list(found), [np.abs(v) for v in found]
        for direction in reversed(batch.directions):
            n = len(direction)
            weights = [np.abs(d) for d in direction]
            flat = [_sum([a * d for a, d in zip(flat[k : k + n], direction, strict=True)]) for k in range(0, len(flat), n)]
            sizes = [_sum([a * w for a, w in zip(sizes[k : k + n], weights, strict=True)]) for k in range(0, len(sizes), n)]
        pairs += list(zip(batch.right, flat, sizes, strict=True))
        error, alive, widest = np.zeros(count), np.zeros(count, bool), np.zeros(count)
        for right, mine, size in pairs:
            gap = np.abs(right - mine)
            larger = np.maximum(np.abs(right), np.abs(mine))
            error = np.fmax(error, gap / np.maximum(larger * AGREE + size * ROUNDING, 1e-300))
            alive |= larger > 1e-250
            widest = np.fmax(widest, gap)
        self.error, self.alive, self.gap = error, alive, widest
        away = (batch.sides != CLOSE).all(0) & (self.sides != CLOSE).all(0)
        self.usable = batch.usable & away
        self.gone = self.usable & ~self.finite
        self.agree = self.usable & self.finite & (error <= 1)
        self.suspect = self.usable & self.finite & ~(error <= 1)
        # On a kink of the answer alone (`if(x == 3, 7, 2*x)`), or too near to one of either for doubles (`relu(x^2 - 1e-9)`).
        self.close = batch.usable & ~away & ~batch.touching & self.finite & ~(error <= 1)
        self.close |= ~batch.usable & (self.sides == CLOSE).any(0) & (batch.sides != CLOSE).all(0) & ~batch.points.generic
        # Where doubles do not reach: the formula or its rate overflows.
        self.lost = ~batch.usable & away & batch.points.generic


class Look:
    """A formula at one choice of sizes, prepared for answers."""

    def __init__(self, problem: Problem, seed: list[int], most: int = MOST_POINTS) -> None:
        self.problem, self.seed = problem, seed
        self.jumps: dict[Key, float] = {}
        nodes = topological([problem.f])
        entries = sum(prod(problem.shape(n)) for n in nodes) * (1 + len(problem.wrt)) + sum(prod(problem.shape(x)) for x in problem.leaves)
        self.room = max(8, MOST_DOUBLES // max(entries, 1))
        points = design(problem, Draws([*seed, 1]), min(most, self.room))
        self.magnitudes = magnitudes(problem.f)
        if self.magnitudes:
            points = joined([points, _close_to(self.magnitudes, points, self._ways(), Draws([*seed, 8]))])
        self.batches = [Batch(self, points)]
        for k in range(3):
            if self.batches[0].usable.sum() >= FEW:
                break
            # A narrow domain: more points, from which the good ones are kept.
            more = Batch(self, _mixed(problem, Draws([*seed, 2, k]), min(MOST_POINTS, self.room)))
            kept = np.flatnonzero(more.usable)
            if len(kept):
                self.batches.append(Batch(self, more.points[kept]))
                if self.batches[-1].usable.sum() >= FEW:
                    break
        # Few points, or none at which the derivative is told from 0: a narrow domain, a narrow bump.
        if sum(int(b.usable.sum()) for b in self.batches) < FEW or not any(
            (np.abs(v) > 1e-250)[b.usable].any() for b in self.batches for v in b.right
        ):
            more = Batch(self, _at_constants(problem, Draws([*seed, 6]), min(2 * MOST_POINTS, self.room)))
            kept = np.flatnonzero(more.usable)[:MOST_POINTS]
            if len(kept):
                self.batches.append(Batch(self, more.points[kept]))
        self.near: dict[tuple[Key, int], bool] = {}  # of an answer's own kink: whether there are living points close to it, on this side
        if any(b.sites for b in self.batches):
            extra = self.around(None)
            if extra is not None:
                self.batches.append(Batch(self, extra))

    def first(self, derivative: Expr) -> list[Answer]:
        """The answer at the points of the formula."""
        return [Answer(b, derivative) for b in self.batches]

    def more(self, derivative: Expr, found: Sequence[Answer]) -> list[Answer]:
        """The answer around the kinks that the formula does not have."""
        alone = foreign(found)
        added = self._gaps(derivative, found)
        own = [m for m in magnitudes(derivative, odd=True) if m not in self.magnitudes]
        if own:
            beside = _close_to(own, self.batches[0].points, self._ways(), Draws([*self.seed, 9]))
            added.append(Answer(Batch(self, beside), derivative))
        added += self._bumps(derivative, found)
        if not alone:
            return added
        extra = self.around(derivative, found)
        if extra is not None:
            added.append(Answer(Batch(self, extra), derivative))
        added += self._touching(found, alone, derivative)
        added += self._together([*found, *added], alone, derivative)
        added += self._jointly([*found, *added], alone, derivative)
        return added + self._living(derivative, [*found, *added], alone)

    def _bumps(self, derivative: Expr, answers: Sequence[Answer]) -> list[Answer]:
        """The answer in small regions in which something that it alone has may be large."""
        f = self.problem.f
        nodes = sums_of(derivative, f) if sharp(set(numbers_of([derivative])).difference(numbers_of([f]))) else []
        if not nodes:
            return []
        points = joined([a.batch.points for a in answers])
        living = np.concatenate([a.agree & a.alive for a in answers])
        made = bumps(self.problem, nodes, points, living, self._ways(), Draws([*self.seed, 11]), self.room, self._revived)
        several = zeros_together(self.problem, nodes, points, living, self.room)
        made = several if made is None else joined([made, *([several] if several else [])])
        step = max(8, self.room)
        return [] if made is None else [Answer(Batch(self, made[k : k + step]), derivative) for k in range(0, made.count, step)]

    def _revived(self, points: Points, fixed: set[Expr]) -> tuple[Points, Array] | None:
        """Points at which the derivative is not 0, from some at which it is 0, and from which rows: what is not fixed is scaled.

        Where a weight is 500, a unit is saturated unless what it is multiplied by is small.
        """
        free = [x for x in self.problem.leaves if x not in fixed and not words_of(x) & FIXED][:REVIVED_LEAVES]
        dead = np.flatnonzero(self._strength(points) <= FAINTEST)[:REVIVED] if free else np.zeros(0, int)
        if not len(dead):
            return None
        ways = [[x] for x in free] + ([free] if len(free) > 1 else [])
        factors = np.sort(FACTORS)
        routes = [(int(row), way, factors) for row in dead for way in ways]
        tops: list[tuple[float, int, Points, tuple[int, list[Expr], Array]]] = []
        for _ in range(REFINED):
            tops = []
            for row, way, steps in routes:
                made = points[np.full(len(steps), row)].scaled(way, steps)
                strength = self._strength(made)
                top = int(strength.argmax())
                if strength[top] > 0:
                    near = np.linspace(steps[max(top - 1, 0)], steps[min(top + 1, len(steps) - 1)], len(factors))
                    tops.append((float(strength[top]), row, made[[top]], (row, way, near)))
            tops.sort(key=lambda t: -t[0])
            routes = [route for *_, route in tops[:ROUTES]]
        chosen = [(row, made) for strength, row, made, _ in tops if strength > FAINTEST]
        return (joined([made for _, made in chosen]), np.array([row for row, _ in chosen])) if chosen else None

    def _strength(self, points: Points) -> Array:
        """How large the derivative is, 0 where doubles do not tell it from 0."""
        batch = Batch(self, points)
        largest = np.max([np.abs(v) for v in batch.right], axis=0) if batch.right else np.zeros(points.count)
        return np.where(batch.usable & (largest > 1e-200), largest, 0.0)

    def _touching(self, answers: Sequence[Answer], alone: Sequence[int], derivative: Expr) -> list[Answer]:
        """The answer on kinks of its own."""
        points = answers[0].batch.points
        known = answers[0].batch.usable & answers[0].finite
        calm = np.flatnonzero(~points.generic & known)
        # Where all is whole the derivative may be 0 whichever entry moves: sum(clip(x, 0, 1).^2) hangs on entries between.
        lively = np.flatnonzero(points.generic & known & answers[0].alive)
        self.current = derivative
        below = self._below([answers[0].sites[k].key for k in alone])
        added: list[Answer] = []
        left = list(alone)
        for turn in range(TURNS):  # of logdet(A*X*B) half of the points that are moved have no value any more
            bases = np.concatenate([calm[WHOLE * turn : WHOLE * (turn + 1)], lively[BETWEEN * turn : BETWEEN * (turn + 1)]])
            made = on_kinks(points, bases.tolist(), left, lambda there: self._sites_at(there)[0])
            if turn == 0:
                several = self._on_several(points, bases, answers[0], alone)
                made = several if made is None else joined([made, *([several] if several else [])])
            if made is None:
                break
            alive = self._revived(made, below)
            found = [Answer(Batch(self, p), derivative) for p in (made, *([] if alive is None else [special(alive[0])]))]
            added += found
            left = [k for k in left if sum(a.met(k) for a in added) < ENOUGH]
            if not left:
                break
        return added

    def _on_several(self, points: Points, bases: Array, answer: Answer, alone: Sequence[int]) -> Points | None:
        """Points on several kinks of the answer at once."""
        nodes = {k: answer.sites[k].key[0] for k in alone}
        equations = [k for k, node in nodes.items() if node is not None and is_call_of(node, EQUATIONS)]
        entries = Counter(nodes[k] for k in equations)  # what holds entry by entry comes last: [x == max(x)]
        equations = sorted(equations, key=lambda k: entries[nodes[k]])[:TOGETHER]
        if len(equations) < 2 or self.room < FEWER_POINTS:
            return None
        of = self._below([answer.sites[k].key for k in equations])
        return on_several(points, bases.tolist(), equations, lambda there: self._differences(there, equations), of)

    def _below(self, keys: Sequence[Key]) -> set[Expr]:
        """The variables that comparisons hang on."""
        return {x for x in topological([key[0] for key in keys if key[0] is not None]) if x in self.problem.leaves}

    def _together(self, answers: Sequence[Answer], alone: Sequence[int], derivative: Expr) -> list[Answer]:
        """The answer where several comparisons are on sides that they are on at no point yet: `[x > 100 and y < -100]`.

        Of points that are on one of the sides each, the variables of the comparison are taken.
        """
        sites = [(a.sites[k].key, np.concatenate([b.sides[k] for b in answers])) for a in answers[:1] for k in alone]
        sites += [(s.key, np.concatenate([b.batch.sides[k] for b in answers])) for k, s in enumerate(answers[0].batch.sites)]
        sites = [(key, row) for key, row in sites if key[0] is not None][:TOGETHER]
        if len(sites) < 2:
            return []
        points = joined([a.batch.points for a in answers])
        usable = np.concatenate([a.batch.usable & a.finite for a in answers])
        stacked = np.array([row for _, row in sites])[:, usable]
        seen = {tuple(column) for column in stacked.T.tolist()}
        depends = [{x for x in topological([key[0]]) if x in points.values} for key, _ in sites if key[0] is not None]
        rng = Draws([*self.seed, 10])
        rows, leaves = np.flatnonzero(usable), list(points.values)
        taken: list[list[Array]] = []  # for each new point and leaf: from which point each of its entries is
        for pattern in product((-1, 1), repeat=len(sites)):
            donors = [rows[np.flatnonzero(stacked[k] == side)] for k, side in enumerate(pattern)]
            if pattern in seen or not all(len(d) for d in donors):
                continue
            for turn in range(2):
                chosen = [int(rng.some(d, 1)[0]) for d in donors]
                point = [np.full(points.values[x].shape[1], chosen[0]) for x in leaves]
                for k in range(1, len(sites)):
                    for entries, x in zip(point, leaves, strict=True):
                        if x in depends[k]:
                            shared = any(x in d for d in depends[:k]) and not FIXED & words_of(x)
                            entries[(k + turn) % 2 :: 2 if shared and len(entries) > 1 else 1] = chosen[k]
                taken.append(point)
        if not taken:
            return []
        taken = taken[: max(1, self.room)]
        made = points[[int(point[0][0]) for point in taken]]
        for k, x in enumerate(leaves):
            mixed = np.array([point[k] for point in taken])
            if words_of(x) and (mixed != mixed[:, :1]).any():
                mixed = np.broadcast_to(mixed[:, :1], mixed.shape)  # entries of a simplex, a symmetric matrix belong together
            made.values[x] = points.values[x][mixed, np.arange(mixed.shape[1])]
        return [Answer(Batch(self, Points(self.problem, made.values, np.ones(len(taken), bool), made.exact)), derivative)]

    def _differences(self, points: Points, which: Sequence[int]) -> Array:
        """Of these comparisons of the answer, or of the formula, at all points; nan where there is none."""
        sites = self._sites_at(points)[0]
        nothing = np.full(points.count, np.nan)
        return np.array([np.broadcast_to(sites[k].difference, points.count) if k < len(sites) else nothing for k in which])

    def _jointly(self, answers: Sequence[Answer], alone: Sequence[int], derivative: Expr) -> list[Answer]:
        """The answer where comparisons of its own are on sides on which no mixture of known points is: bounds of two entries of one vector."""
        which = list(alone[:TOGETHER])
        keys = [answers[0].sites[k].key for k in which]
        if len(which) < 2 or self.room < FEWER_POINTS:
            return []
        points = joined([a.batch.points for a in answers])
        usable = np.flatnonzero(np.concatenate([a.batch.usable & a.finite for a in answers]))
        sides = np.array([np.concatenate([a.sides[k] for a in answers]) for k in which])[:, usable]
        alive = np.concatenate([a.alive & a.agree for a in answers])[usable]
        seen = {tuple(column) for column in sides.T.tolist()}
        entries = movable(points, self._below(keys))
        bounds = Bounds()
        ends = [[side for side in (-1, 1) if not empty(bounds, key, side)] for key in keys]
        missing = [pattern for pattern in product(*ends) if pattern not in seen]
        if not missing or not entries or not len(usable):
            return []
        starts, targets = [], []
        for pattern in missing:
            fitting = (sides == np.array(pattern)[:, None]).sum(0) + 0.5 * alive
            starts += usable[np.argsort(-fitting, kind="stable")[:STARTS]].tolist()
            targets += [pattern] * STARTS if len(usable) >= STARTS else [pattern] * len(usable)
        self.current = derivative
        most = max(1, self.room // (len(entries) + 1))
        found: list[Points] = []
        for first in range(0, min(len(starts), 4 * most), most):
            rows, goals = starts[first : first + most], np.array(targets[first : first + most])
            for beyond in BEYOND:
                for made in solved(lambda p: self._differences(p, which), points[rows], entries, goals, beyond)[:2]:
                    there = self._sites_at(made)[1]
                    kept = np.flatnonzero((goals == there[which].T).all(1)) if len(there) > max(which) else np.zeros(0, int)
                    found += [made[kept]] if len(kept) else []
        return [Answer(Batch(self, joined(found)), derivative)] if found else []

    def _gaps(self, derivative: Expr, answers: Sequence[Answer]) -> list[Answer]:
        """The answer between a kink of the formula and one of its own that lies beside it: [m < 0.999999] in the place of [m < 1]."""
        points = joined([a.batch.points for a in answers])
        usable = np.flatnonzero(np.concatenate([a.batch.usable & a.finite for a in answers]))
        ends: list[tuple[int, float, int, int]] = []
        for k in range(min(len(answers[0].sites), APPROACHED)):
            for j in range(min(len(answers[0].batch.sites), APPROACHED)):
                mine = np.concatenate([np.broadcast_to(a.sites[k].difference, a.batch.points.count) for a in answers])[usable]
                theirs = np.concatenate([np.broadcast_to(a.batch.sites[j].difference, a.batch.points.count) for a in answers])[usable]
                target = _between(mine, theirs)
                below, above = (np.flatnonzero(side) for side in (theirs < target, theirs > target))
                if np.isfinite(target) and len(below) and len(above) and len(ends) < CROSSINGS * 4:
                    low, high = below[np.argsort(-theirs[below])[:CROSSINGS]], above[np.argsort(theirs[above])[:CROSSINGS]]
                    ends += [(j, target, int(usable[p]), int(usable[q])) for p, q in zip(low, high, strict=False)]
        if not ends:
            return []
        a, b = points[[p for _, _, p, _ in ends]], points[[q for _, _, _, q in ends]]
        left, right = np.zeros(len(ends)), np.ones(len(ends))
        for _ in range(HALVINGS):
            middle = (left + right) / 2
            sites = Batch(self, a.towards(b, middle), rates=False).sites
            low = np.array([np.broadcast_to(sites[j].difference, len(ends))[i] < target for i, (j, target, _, _) in enumerate(ends)])
            left, right = np.where(low, middle, left), np.where(low, right, middle)
        return [Answer(Batch(self, a.towards(b, (left + right) / 2)), derivative)]

    def _living(self, derivative: Expr, answers: Sequence[Answer], alone: Sequence[int]) -> list[Answer]:
        """The answer close to its own kinks at points where the derivative is not zero: elsewhere most wrong answers are right.

        From such points, also those where all variables are small, lines along which one variable grows cross the kinks.

        Long: the elements of the answer are gone through in one order, and each step uses what was seen of the one before.
        """
        rng = Draws([*self.seed, 4])
        for k in alone:
            for side in (-1, 1):
                self.near[answers[0].sites[k].key, side] = False
        points = joined([answer.batch.points for answer in answers])
        good = np.flatnonzero(np.concatenate([answer.agree & answer.alive for answer in answers]))
        if not len(good):
            return []
        with np.errstate(all="ignore"):
            size = sum(np.log(np.abs(v) + 1e-6).mean(1) for v in points.values.values())
        smallest = good[np.argsort(np.asarray(size)[good])[:BASES]]
        bases = np.array(list(dict.fromkeys([*rng.some(good, BASES), *smallest])))
        factors = np.sort(FACTORS)
        lines: list[Points] = []
        for way in self._ways():
            part = points[np.repeat(bases, len(factors))]
            width = np.mean([np.abs(part.values[x]).max(1) for x in way], axis=0)
            lines.append(part.scaled(way, np.tile(factors, len(bases)) / np.where(width > 0, width, 1)))
        below = self._below([answers[0].sites[k].key for k in alone])
        for x, j in points.single_entries(x for x in points.values if x in below):
            part = points[np.repeat(bases, len(factors))]
            lines.append(part.with_entry(x, j, np.tile(factors, len(bases))))
        step = max(1, self.room // len(factors)) * len(factors)
        crossings: dict[int, list[tuple[int, Points, Points]]] = {k: [] for k in alone[:APPROACHED]}
        for line in lines:
            for start in range(0, line.count, step):
                part = line[start : start + step]
                answer = Answer(Batch(self, part), derivative, ties=False)
                living = answer.agree & answer.alive
                for k, known in crossings.items():
                    side = answer.sides[k]
                    ahead = np.arange(part.count - 1)
                    ahead = ahead[
                        (side[:-1] != side[1:])
                        & (np.abs(side[:-1]) <= 1)
                        & (np.abs(side[1:]) <= 1)
                        & (ahead % len(factors) != len(factors) - 1)
                    ]
                    worth = 2 * living.astype(int) + (answer.batch.usable & answer.finite)
                    worth = worth[ahead] + worth[ahead + 1]
                    order = np.argsort(-worth, kind="stable")[:CROSSINGS]
                    known += [(-int(w), part[[i]], part[[i + 1]]) for i, w in zip(ahead[order], worth[order], strict=True)]
        ends = []
        for k, known in crossings.items():
            known.sort(key=lambda crossing: crossing[0])
            ends += [(k, a, b) for _, a, b in known[:CROSSINGS]]
        if not ends:
            return []
        a, b = joined([p for _, p, _ in ends]), joined([q for _, _, q in ends])
        which = np.array([k for k, _, _ in ends])
        self.current = derivative
        near = self._narrow(a, b, which, self._sites_at)
        answer = Answer(Batch(self, near), derivative)
        found = [answer]
        for e, k in enumerate(which):
            self._note(answer, int(k), np.arange(e, near.count, len(which)))
        revived = 0
        for k in dict.fromkeys(which.tolist()):
            # Far out the derivative may be 0 on both sides, as where all units are saturated, unless something else is small.
            key = answer.sites[k].key
            rows = np.flatnonzero(which[np.arange(near.count) % len(which)] == k)
            for side in (-1, 1):
                there = rows[answer.sides[k][rows] == side]
                if self.near.get((key, side)) or not len(there) or revived == REVIVALS:
                    continue
                revived += 1
                alive = self._revived(near[there], self._below([key]))
                if alive is not None:
                    found.append(Answer(Batch(self, alive[0]), derivative))
                    self._note(found[-1], k, np.arange(alive[0].count))
        return found

    def _note(self, answer: Answer, k: int, rows: Array) -> None:
        """Whether an answer that agrees is alive next to its own kink, at these points."""
        for side in (-1, 1):
            key = (answer.sites[k].key, side)
            here = bool((answer.agree & answer.alive & (answer.sides[k] == side))[rows].any())
            self.near[key] = self.near.get(key, False) or here

    def _ways(self) -> list[list[Expr]]:
        leaves = [x for x in self.problem.leaves if not x.data[0].endswith("()")][:8]
        return [[x] for x in leaves] + ([leaves] if len(leaves) > 1 else [])

    # ------------------------------------------------------------------------------------------ kinks

    def around(self, derivative: Expr | None, answers: Sequence[Answer] = ()) -> Points | None:
        """Points on both sides of every kink of the formula (or of the answer), and close to it.

        Long: points of one kind after the other, each of which counts towards the same limits.
        """
        rng = Draws([*self.seed, 3])
        self.current = derivative
        sites_at = self._sites_at
        if derivative is None:
            parts = [(b.points, b.sites, _stacked(b.sites, b.points.count), b.usable) for b in self.batches]
        else:
            parts = [(a.batch.points, a.sites, _stacked(a.sites, a.batch.points.count), a.batch.usable & a.finite) for a in answers]
        points = joined([p[0] for p in parts])
        keys = [site.key for site in parts[0][1]]
        sides = np.concatenate([p[2] for p in parts], axis=1)
        differences = np.concatenate([[np.broadcast_to(s.difference, p[0].count) for s in p[1]] for p in parts], axis=1)
        usable = np.concatenate([p[3] for p in parts])
        if not usable.any() or not keys:
            return None
        found: list[Points] = []
        bounds = Bounds()
        sought = _sought(keys, sides, usable)
        for turn in range(2):
            if not sought:
                break
            made = list(self._lines(points, differences, usable, sought, rng, turn))
            if not made:
                break
            candidates = joined(made)
            step = max(8, self.room)
            gathered = []
            for start in range(0, candidates.count, step):
                part = candidates[start : start + step]
                sites, there, good = sites_at(part)
                gathered.append((part, there, good, np.array([np.broadcast_to(s.difference, part.count) for s in sites])))
            kept, kept_sides, kept_good, kept_differences = [], [], [], []
            for part, there, good, difference in gathered:
                chosen: set[int] = set()
                for k, side in sought:
                    rows = np.flatnonzero((there[k] == side) & good)
                    chosen |= set(rows[:3].tolist()) | set(rows[-2:].tolist())
                    if not len(rows):
                        chosen |= set(np.flatnonzero(there[k] == side)[:2].tolist())
                rows = np.array(sorted(chosen), int)
                if len(rows):
                    kept.append(part[rows])
                    kept_sides.append(there[:, rows])
                    kept_good.append(good[rows])
                    kept_differences.append(difference[:, rows])
            if kept:
                points = joined([points, *kept])
                found += kept
                sides = np.concatenate([sides, *kept_sides], axis=1)
                usable = np.concatenate([usable, *kept_good])
                differences = np.concatenate([differences, *kept_differences], axis=1)
            sought = _sought(keys, sides, usable)
        left = [(k, side) for k, side in sought if not empty(bounds, keys[k], side)]
        climbed = self._climbed(points, differences, usable, left, sites_at)
        if climbed is not None:
            sites, there, good = sites_at(climbed)
            points, found = joined([points, climbed]), [*found, climbed]
            sides, usable = np.concatenate([sides, there], axis=1), np.concatenate([usable, good])
            there = np.array([np.broadcast_to(s.difference, climbed.count) for s in sites])
            differences = np.concatenate([differences, there], axis=1)
        near = self._approach(points, sides, differences, usable, sites_at, rng)
        if near is not None:
            found.append(near)
        return joined(found) if found else None

    def _lines(
        self, points: Points, differences: Array, usable: Array, sought: list[tuple[int, int]], rng: Any, turn: int
    ) -> Iterator[Points]:
        """Points along lines: each variable alone, and all together, at many sizes; then where the kink should be, were it linear."""
        good = np.flatnonzero(usable)
        ways = self._ways()
        bases = rng.some(good, BASES)
        if turn == 0:
            for way in ways:
                rows = np.repeat(bases, len(FACTORS))
                part = points[rows]
                size = np.mean([np.abs(part.values[x]).max(1) for x in way], axis=0)
                yield part.scaled(way, np.tile(FACTORS, len(bases)) / np.where(size > 0, size, 1))
            return
        starts = {k: list({*good[np.argsort(np.abs(differences[k, good]))[:2]].tolist(), int(bases[0])}) for k, _ in sought[:SOUGHT]}
        pairs = [(k, base) for k, _ in sought[:SOUGHT] for base in starts[k]]
        slopes = [self._two_differences(points, pairs, way) for way in ways]
        for place, (_, base) in enumerate(pairs):
            for way, found in zip(ways, slopes, strict=True):
                d = found[place]
                if d[1] == d[0] or not np.isfinite(d).all():
                    continue
                root = 1 - 2 * d[0] / (d[1] - d[0])
                if np.isfinite(root) and 0 < abs(root) < 1e12:
                    yield points[np.full(len(AROUND), base)].scaled(way, root * AROUND)

    def _two_differences(self, points: Points, pairs: Sequence[tuple[int, int]], way: list[Expr]) -> Array:
        """For each comparison and row its difference there and where the variables of the way are three times as large; nan where there is none."""
        found = np.full((len(pairs), 2), np.nan)
        step = max(1, self.room // 2)
        for start in range(0, len(pairs), step):
            part = pairs[start : start + step]
            trial = points[np.repeat([base for _, base in part], 2)].scaled(way, np.tile([1.0, 3.0], len(part)))
            sites, _, _ = self._sites_at(trial)
            for i, (k, _) in enumerate(part):
                if k < len(sites):
                    found[start + i] = np.broadcast_to(sites[k].difference, trial.count)[2 * i : 2 * i + 2]
        return found

    def _climbed(self, points: Points, differences: Array, usable: Array, sought: list[tuple[int, int]], sites_at: Any) -> Points | None:
        """Points on sides that no line met, where the difference is largest on its way there: thin bumps, `[sin(x) > 0.99999]`.

        Along each line the place of the largest of some values is looked at more closely, a few times over.
        """
        good = np.flatnonzero(usable)
        starts: dict[tuple[int, int], Points] = {}
        for k, side in sought[:CLIMBED]:
            height = side * differences[k, good]
            height = np.where(np.isfinite(height), height, -np.inf)
            if height.max() > -np.inf:
                starts[k, side] = points[[good[int(height.argmax())]]]
        found: list[Points] = []
        for _ in range(CYCLES):
            starts, reached = self._climb(starts, sites_at)
            found += reached
            if not starts:
                break
        return joined(found) if found else None

    def _climb(self, starts: dict[tuple[int, int], Points], sites_at: Any) -> tuple[dict[tuple[int, int], Points], list[Points]]:
        """Along each way from these points to the top: the tops, and the points that are on the side."""
        routes = [(target, start, way) for target, start in starts.items() for way in self._ways()[:CLIMBED]]
        routes = routes[: max(1, self.room // PARTS)]
        if not routes:
            return {}, []
        widths = [max(float(np.mean([np.abs(start.values[x]).max() for x in way])), 1e-300) for _, start, way in routes]
        grid = [np.sort(FACTORS) / w for w in widths]
        tops: dict[tuple[int, int], tuple[float, Points]] = {}
        reached: dict[tuple[int, int], Points] = {}
        left = list(range(len(routes)))
        for _ in range(CLIMBS):
            made = joined([routes[r][1][np.zeros(len(grid[r]), int)].scaled(routes[r][2], grid[r]) for r in left])
            sites, there, usable = sites_at(made)
            still, first = [], 0
            for r in left:
                (k, side), steps = routes[r][0], grid[r]
                rows = np.arange(first, first + len(steps))
                first += len(steps)
                height = side * np.broadcast_to(sites[k].difference, made.count)[rows]
                height = np.where(np.isfinite(height) & usable[rows], height, -np.inf)
                top = int(height.argmax())
                if height[top] > 0 and there[k][rows[top]] == side:
                    reached[k, side] = made[[rows[top]]]
                elif height[top] > height.min():
                    if (k, side) not in tops or height[top] > tops[k, side][0]:
                        tops[k, side] = float(height[top]), made[[rows[top]]]
                    grid[r] = np.linspace(steps[max(top - 1, 0)], steps[min(top + 1, len(steps) - 1)], PARTS)
                    still.append(r)
            left = [r for r in still if routes[r][0] not in reached]
            if not left:
                break
        return {target: top for target, (_, top) in tops.items() if target not in reached}, list(reached.values())

    current: Expr | None = None  # the answer whose kinks are looked for; None: the formula's

    def _sites_at(self, points: Points) -> tuple[list[Site], Array, Array]:
        """The comparisons there, their sides (also where these are CLOSE), and where all that is looked for has a value."""
        batch = Batch(self, points, rates=False)
        if self.current is None:
            return batch.sites, _signed(batch.sites, points.count), batch.usable
        answer = Answer(batch, self.current, compare=False, ties=False)
        return answer.sites, _signed(answer.sites, points.count), batch.usable & answer.finite

    def _approach(self, points: Points, sides: Array, differences: Array, usable: Array, sites_at: Any, rng: Any) -> Points | None:
        """Points close to the kinks, three on each side: on the way between two points, the place where the side changes."""
        patterns: dict[bytes, int] = {}
        for k, row in enumerate(sides):
            seen = np.where(usable, row, CLOSE)
            first = next((s for s in seen if abs(s) == 1), 1)
            patterns.setdefault((seen * first if abs(first) == 1 else seen).tobytes(), k)
        ends: list[tuple[int, int, int]] = []
        for k in patterns.values():
            below, above = (np.flatnonzero(usable & (sides[k] == s)) for s in (-1, 1))
            if not len(below) or not len(above):
                tied = np.flatnonzero(usable & (sides[k] == 0))
                below, above = (below if len(below) else tied), (above if len(above) else tied)
            if len(below) and len(above):
                ends.append((k, int(rng.some(below, 1)[0]), int(rng.some(above, 1)[0])))
                # A thin side, as that of relu(x^2 - 1e-12), is met on a short way only.
                low, high = (int(side[np.abs(differences[k, side]).argmin()]) for side in (below, above))
                ends.append((k, low, high))
        ends = ends[: 2 * APPROACHED]
        if not ends:
            return None
        which = np.array([k for k, _, _ in ends])
        return self._narrow(points[[i for _, i, _ in ends]], points[[j for _, _, j in ends]], which, sites_at)

    def _narrow(self, a: Points, b: Points, which: Array, sites_at: Any) -> Points:
        """On the way from each of a to its b, three points on either side of the place where its comparison changes."""
        count = a.count
        low, high = np.zeros(count), np.ones(count)
        grid = np.linspace(0, 1, PARTS)
        for turn in range(ROUNDS):
            part = (low[:, None] + (high - low)[:, None] * grid).ravel()
            rows = np.repeat(np.arange(count), PARTS)
            step = max(PARTS, self.room // PARTS * PARTS)
            there = np.empty((count, PARTS))
            for start in range(0, len(rows), step):
                chosen = rows[start : start + step]
                _, found, _ = sites_at(a[chosen].towards(b[chosen], part[start : start + step]))
                there.ravel()[start : start + step] = found[which[chosen], np.arange(len(chosen))]
            if turn == 0:
                begin = there[:, 0]
            for k in range(count):
                other = np.flatnonzero(there[k] != begin[k])
                j = int(other[0]) if len(other) and other[0] > 0 else PARTS - 1
                low[k], high[k] = low[k] + (high[k] - low[k]) * grid[j - 1], low[k] + (high[k] - low[k]) * grid[j]
        width = high - low
        parts = (low, low - 4 * width, low - 64 * width, high, high + 4 * width, high + 64 * width)
        return joined([a.towards(b, np.clip(p, 0, 1)) for p in parts])


def special(points: Points) -> Points:
    """The same points, at which something is as it is at single points only."""
    return Points(points.problem, points.values, np.zeros(points.count, bool), points.exact)


def _between(mine: Array, theirs: Array) -> float:
    """Where a difference is 0 at the middle of the gap to another one, which is a multiple of it but for a constant; else nan."""
    near = np.argsort(np.abs(theirs))[:40]
    d, e = mine[near], theirs[near]
    if len(near) < 5 or not (np.isfinite(d).all() and np.isfinite(e).all()) or np.ptp(e) == 0:
        return float("nan")
    slope = (d[e.argmax()] - d[e.argmin()]) / np.ptp(e)
    rest = d - slope * e
    gap = float(np.sort(rest)[len(rest) // 2])  # np.median takes as long as the whole look: it imports numpy.ma
    largest = float(np.abs(d).max())
    linear = slope != 0 and np.abs(rest - gap).max() <= 1e-10 * largest and abs(gap) > 1e-8 * largest
    return -gap / slope / 2 if linear else float("nan")


def foreign(answers: Sequence[Answer]) -> list[int]:
    """Which comparisons of the answer change where none of the formula does."""
    alone = []
    for k in range(len(answers[0].sites)):
        shared = False
        for j in range(len(answers[0].batch.sites)):
            shared = all(proportional(a.sites[k].difference, a.batch.sites[j].difference, a.batch.usable) for a in answers)
            if shared:
                break
        if not shared:
            alone.append(k)
    return alone


def proportional(d: Array, e: Array, where: Array) -> bool:
    """Whether two differences change their sign together: at points that lie close to both kinks on either side, if there are any."""
    d, e = np.broadcast_to(d, where.shape)[where], np.broadcast_to(e, where.shape)[where]
    if not len(d):
        return True
    with np.errstate(all="ignore"):
        s, t = np.sign(d), np.sign(e)
        if (s == t).all() or (s == -t).all():
            if (s != s[0]).any():
                return True
            ratio = d / e
            return bool(np.isfinite(ratio).all() and np.ptp(ratio) <= 1e-6 * np.abs(ratio).max())
    return False


def _sought(keys: Sequence[Key], sides: Array, usable: Array) -> list[tuple[int, int]]:
    """Comparisons, and the sides of them on which there is no point; first those of which no comparison of the kind has one."""
    by_key: dict[Key, set[int]] = {}
    own = []
    for k, key in enumerate(keys):
        seen = set(sides[k][usable].tolist()) - {CLOSE, NOTHING}
        own.append(seen)
        by_key.setdefault(key, set()).update(seen)
    wanted = [(k, side) for k in range(len(keys)) for side in (-1, 1) if side not in own[k]]
    wanted.sort(key=lambda item: item[1] in by_key[keys[item[0]]])
    return wanted[: 2 * SOUGHT]


def _stacked(sites: Sequence[Site], count: int) -> Array:
    if not sites:
        return np.zeros((0, count), np.int8)
    return np.array([np.broadcast_to(s.sides, count) for s in sites])


def _signed(sites: Sequence[Site], count: int) -> Array:
    """The sides of comparisons, also of those that are too near to tell."""
    sides = _stacked(sites, count)
    for row, site in zip(sides, sites, strict=True):
        row[row == CLOSE] = np.sign(np.broadcast_to(site.difference, count)[row == CLOSE])
    return sides


def _sum(terms: list[Any]) -> Any:
    total = terms[0]
    for t in terms[1:]:
        total = total + t
    return total


def _mixed(problem: Problem, rng: Any, count: int) -> Points:
    """Points of which each variable has a domain of its own."""
    made = design(problem, rng, count)
    order = {x: rng.order(made.count) for x in problem.leaves}
    return Points(problem, {x: v[order[x]] for x, v in made.values.items()}, np.ones(made.count, bool), made.exact)


def numbers_of(roots: Sequence[Expr]) -> list[Any]:
    """The numbers that stand in expressions, and the coefficients of their sums."""
    found: list[Any] = []
    for node in topological(roots):
        found += [node.data] if node.op == NUM else node.data if node.op == SUM else ()
    return found


def magnitudes(root: Expr, odd: bool = False) -> list[float]:
    """Where the constants of an expression may place something: the larger ones, their roots and quotients; 1/c for factors c near 0.

    odd: also 2.5 and 0.37, but not 2 or 1/2.
    """
    found: dict[float, None] = {}
    for c in numbers_of([root]):
        size = abs(c)
        near = FAR > size > 1 / FAR
        if c and not near and 1e-9 < size < 1e9:
            found[float(size if size > 1 else 1 / size)] = None
        elif odd and near and size.denominator > 1 and size.numerator > 1:
            found[float(size)] = None
    base = list(found)[:MOST_MAGNITUDES]
    more = [a / b for a in base for b in base if a / b >= FAR] + [a**0.5 for a in base if a >= FAR * FAR]
    return list(dict.fromkeys([*base, *more]))[: 2 * MOST_MAGNITUDES]


def _close_to(sizes: Sequence[float], points: Points, ways: Sequence[Sequence[Expr]], rng: Draws) -> Points:
    """Points at which one variable, or all, have entries next to one of these sizes, of either sign."""
    settings = [(size, sign, way) for size in sizes for sign in (1, -1) for way in ways]
    settings = [settings[k] for k in rng.order(len(settings))[:MOST_CLOSE]]
    rows = np.repeat(rng.integers(0, points.count, len(settings)), len(BESIDE))
    made = points[rows]
    values = dict(made.values)
    for x in points.values:
        chosen = np.array([k for k, (_, _, way) in enumerate(settings) if x in way], int)
        if not len(chosen) or words_of(x):
            continue
        values[x] = values[x].copy()
        for k in chosen:
            size, sign, _ = settings[k]
            here = slice(k * len(BESIDE), (k + 1) * len(BESIDE))
            noise = 1 + 0.2 * rng.random((len(BESIDE), values[x].shape[1]))
            values[x][here] = sign * size * (1 + BESIDE[:, None] * noise)
    return Points(points.problem, values, np.resize(BESIDE != 0, made.count), made.exact)


def _at_constants(problem: Problem, rng: Draws, most: int) -> Points:
    """Points near to the constants of the formula: the domain of log(x - 5000), of arcsin(x - 7) lies there."""
    found: dict[float, None] = {}
    for c in [float(abs(c)) for c in numbers_of([problem.f]) if 0 < abs(c) < 10**12]:
        if c and c != 1:
            found |= dict.fromkeys([c, c * c, c**0.5])
    constants = [*sorted(found)[-MOST_CONSTANTS:], 1.0]
    ways = [[x] for x in problem.leaves[:8]] + [problem.leaves]
    settings = [(way, c * a * s) for c in constants for a in NEAR_CONSTANTS for s in (1, -1) for way in ways]
    chosen = [settings[k] for k in rng.order(len(settings))[:most]]
    base = design(problem, rng, max(len(chosen), 8))
    base = base[np.arange(len(chosen)) % base.count]
    values = dict(base.values)
    for x in problem.leaves:
        rows = np.array([k for k, (way, _) in enumerate(chosen) if x in way], int)
        if len(rows) and not words_of(x):
            middle = np.array([chosen[k][1] for k in rows])[:, None]
            values[x] = values[x].copy()
            values[x][rows] = middle * (1 + 0.004 * rng.random((len(rows), values[x].shape[1])))
    return Points(problem, values, np.ones(len(chosen), bool), base.exact)


def _direction(rng: Any, count: int, axes: list[int], space: tuple[str, ...]) -> list[Array]:
    size = prod(axes)
    values = rng.uniform(0.5, 1.5, (count, size)) * rng.choice((-1, 1), (count, size))
    if space:
        n = axes[0]
        square = values.reshape(count, n, n)
        square = square * np.eye(n) if "diagonal" in space else np.where(np.tri(n, dtype=bool), square, square.transpose(0, 2, 1))
        values = square.reshape(count, size)
    return [np.ascontiguousarray(c) for c in values.T]
