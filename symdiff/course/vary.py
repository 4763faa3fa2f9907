"""Variants of a sheet: other numbers, letters and formulas, as easy as those of the file.

In: a sheet, how many, a seed. Out: sheets. Numbers are chosen so that everything a student writes down is friendly: where the graph is made of
sums, products, whole powers, maxima and their like, all values of both passes are whole numbers or halves, else none needs more than three digits to be
told from 0. No number lies on a kink or near it (unless the file says `kink = true`), no value on the way is 0 by chance, no two variants are equal, and all of
them have as many local derivatives and backward values that are not 0 as the numbers of the file. The same seed chooses the same.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

from symdiff.checking.components import Components, Undecided
from symdiff.checking.fields import Numeric
from symdiff.course.values import SMALL, api_read, entries, mapped
from symdiff.errors import SymdiffError
from symdiff.expr.node import CALL, NUM, OPAQUE, POW, VAR, Expr
from symdiff.expr.walk import topological, variables
from symdiff.formula import Formula
from symdiff.numeric import compile
from symdiff.table import TABLE
from symdiff.teach.record import Lesson

if TYPE_CHECKING:
    from symdiff.course.sheet import Exercise, Sheet

# Values on the way are at most as large as this, the smaller the better; numbers that are not exact are at least so large, and that many times smaller.
SIZES = (12, 40, 150, 1000, 10**5)
LEAST = 2e-3

# Choices that are tried one by one; of larger sets as many are drawn, at each size, and so many more for each variant.
MOST, TRIES, MORE = 20_000, 2_000, 300

# How far from a kink, relative to what is compared.
APART = 0.05

# Forms among which the numbers alternate before others are taken: what hangs on a form alone (derivative, verification, choices) is worked out once for each.
FEW = 6

# Variants whose zeros are counted where the file has no numbers of its own.
TRIED = 40

MAX_VARIANTS = 2_000

_EXACT = frozenset(
    (
        "max",
        "min",
        "relu",
        "abs",
        "sign",
        "if",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "and",
        "or",
        "not",
        "max_entries",
        "min_entries",
        "norm1",
        "step",
    )
)


def variants(sheet: Sheet, n: int, seed: int = 0) -> tuple[Sheet, ...]:
    """n sheets. SymdiffError, with the problem's place, where there are not so many."""
    if not 1 <= n <= MAX_VARIANTS:
        raise SymdiffError(f"{n} variants", hint=f"from 1 to {MAX_VARIANTS:,}")
    columns = [varied(p, n, seed) for p in sheet.problems]
    return tuple([replace(sheet, problems=tuple([column[k] for column in columns])) for k in range(n)])


def chosen(sheet: Sheet, seed: int = 0) -> Sheet:
    """The sheet with the numbers that it leaves open; all others stay."""
    if not any(p.open for p in sheet.problems):
        return sheet
    return replace(sheet, problems=tuple([_Varied(p, seed, only_open=True).found(1)[0] if p.open else p for p in sheet.problems]))


def varied(p: Exercise, n: int, seed: int = 0) -> list[Exercise]:
    """n variants of one problem; one without numbers differs in its letters and formulas only, and where it has no others, not at all."""
    try:
        return _Varied(p, seed).found(n)
    except SymdiffError as error:
        error.message = f"{p.place}{error.message}"
        raise


# ---------------------------------------------------------------------------------------------- what is good


class _Probe:
    """What is written down of a formula, as one function of its numbers."""

    def __init__(self, f: Formula, wrt: tuple[str, ...]) -> None:
        self.f = f
        self.lesson: Lesson = f.lesson(list(wrt))
        lesson = self.lesson
        self.gains = [e for e in lesson.edges if e.active and e.local is not None and e.form != "map"]
        self.inner = [n for n in lesson.nodes if not n.leaf]
        self.below = [lesson.raw_adjoints[n.id] for n in lesson.backward]
        every = [*[n.expr for n in self.inner], *self.below, *[e.local for e in self.gains if e.local is not None]]
        self.function = compile(every, several=True)
        # What may be 0: the value of a function that has a flat piece.
        self.flat = [n.expr.op == CALL and bool(TABLE[n.expr.data].kink) for n in self.inner]
        self.exact = all(_stays_exact(n) for n in topological([f.expr]))
        self.graph = (len(lesson.nodes), len(lesson.edges), sum(e.active for e in lesson.edges))

    def numbers(self, at: Mapping[str, Any]) -> tuple[list[Any], list[Any], list[Any]] | None:
        """Forward values, backward values and local derivatives; None where one of them is not finite."""
        import numpy as np

        given = {name: np.asarray(_floats(value)) for name, value in at.items()}
        try:
            with np.errstate(all="ignore"):
                found = [np.asarray(v, dtype=float) for v in self.function(**given)]
        except (SymdiffError, ArithmeticError, np.linalg.LinAlgError):
            return None
        if not all(np.all(np.isfinite(v)) for v in found):
            return None
        i, j = len(self.inner), len(self.inner) + len(self.below)
        return found[:i], found[i:j], found[j:]

    def difficulty(self, at: Mapping[str, Any]) -> tuple[int, int] | None:
        """How many local derivatives, and how many backward values, are not 0."""
        import numpy as np

        found = self.numbers(at)
        return None if found is None else (sum(int(np.count_nonzero(v)) for v in found[2]), sum(int(np.count_nonzero(v)) for v in found[1]))

    def friendly(self, at: Mapping[str, Any], most: float, kink: bool = False) -> bool:
        """Whether a student can work with these numbers. kink: what is compared may be equal, and a difference 0."""
        import numpy as np

        found = self.numbers(at)
        if found is None:
            return False
        up, down, gains = found
        if not kink and any(not flat and np.any(v == 0) for flat, v in zip(self.flat, up, strict=True)):
            return False
        every = np.concatenate([v.reshape(-1) for v in (*up, *down, *gains)])
        size = np.abs(every[every != 0])
        if size.size and size.max() > most:
            return False
        return bool(np.all(every * 2 == np.round(every * 2))) if self.exact else bool(not size.size or size.min() >= LEAST)

    def near_kink(self, at: Mapping[str, Any]) -> bool:
        """Whether the formula has a kink or a jump here, or close by."""
        import numpy as np

        leaves = {**variables([self.f.expr]), **{str(n.data[0]): n for n in topological([self.f.expr]) if n.op == OPAQUE}}
        field = Numeric(15)
        flat: dict[Expr, list[Any]] = {}
        sizes: dict[str, int] = {}
        for name, x in leaves.items():
            value = np.asarray(_floats(at[name]))
            sizes.update({d: k for d, k in zip(x.shape, value.shape, strict=True) if isinstance(d, str)})
            flat[x] = [field.number(Fraction(v)) for v in value.reshape(-1).tolist()]
        cut = frozenset([x for x in flat if x.op != VAR])
        field.watch()
        try:
            Components(field, sizes, flat.__getitem__, cut)(self.f.expr)
        except (Undecided, KeyError):
            return False
        return field.gap < APART or 0 in field.branches


@lru_cache(maxsize=256)
def _probe(formula: str, wrt: tuple[str, ...]) -> _Probe:
    return _Probe(api_read(formula), wrt)


def _stays_exact(n: Expr) -> bool:
    """Whether an operation leads from whole numbers to whole numbers, or nearly so."""
    if n.op == CALL:
        return n.data in _EXACT
    return n.op != POW or (n.args[1].op == NUM and n.args[1].data >= 0 and Fraction(n.args[1].data).denominator == 1)


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, list | tuple) else float(value)


# ---------------------------------------------------------------------------------------------- choosing


@dataclass
class _Varied:
    """The variants of one problem. only_open: none but the numbers that are open change, and no letters."""

    problem: Exercise
    seed: int
    only_open: bool = False

    @cached_property
    def rng(self) -> Random:
        return Random(f"{self.seed} {self.problem.id} {self.problem.formula}")

    @cached_property
    def places(self) -> list[tuple[str, int, tuple[Fraction, ...]]]:
        """The entries that change: name, place in its value, and what it is chosen of."""
        found = []
        known = variables([self.problem.parsed.expr])
        for name, value in self.problem.at.items():
            properties = known[name].data[1] if name in known else ()
            options = self.problem.choose.get(name) or tuple(
                [v for v in SMALL if v > 0 or not set(properties) & {"positive", "nonnegative"}]
            )
            fixed = (
                name in self.problem.keep
                or (name not in self.problem.choose and not set(properties) <= {"positive", "nonnegative"})
                or not self._is_value(name)
            )
            for k, v in enumerate(entries(value)):
                if v is None or not (fixed or self.only_open):
                    found.append((name, k, options))
        return found

    def _is_value(self, name: str) -> bool:
        """Not a size."""
        return name in variables([self.problem.parsed.expr]) or any(
            n.op == OPAQUE and n.data[0] == name for n in topological([self.problem.parsed.expr])
        )

    def at(self, numbers: tuple[Fraction, ...]) -> dict[str, Any]:
        """The values with these numbers in their places."""
        new: dict[tuple[str, int], Any] = {(name, k): _plain(v) for (name, k, _), v in zip(self.places, numbers, strict=True)}
        return {
            name: mapped(value, iter([new.get((name, k), v) for k, v in enumerate(entries(value))]))
            for name, value in self.problem.at.items()
        }

    def draws(self, n: int) -> Iterator[tuple[Fraction, ...]]:
        """Choices of the numbers, none twice where they can be counted."""
        options = [o for _, _, o in self.places]
        total = math.prod([len(o) for o in options])
        if total <= MOST:
            order = list(range(total))
            Random(f"{self.seed} {self.problem.id} order").shuffle(order)
            for k in order:
                numbers = []
                for o in options:
                    k, r = divmod(k, len(o))
                    numbers.append(o[r])
                yield tuple(numbers)
            return
        for _ in range(TRIES + MORE * n):
            yield tuple([o[self.rng.randrange(len(o))] for o in options])

    @cached_property
    def formulas(self) -> list[str]:
        p = self.problem
        found = [p.formula] if self.only_open else list(dict.fromkeys([p.formula, *p.vary.get("formula", ())]))
        graph = _probe(p.formula, p.wrt).graph
        for text in found[1:]:
            if _probe(text, p.wrt).graph != graph:
                raise SymdiffError(
                    f"vary: {text} has another graph than {p.formula}"[:300],
                    hint="as many operations and as many lines, so that all variants are equally hard",
                )
        return found

    @cached_property
    def letters(self) -> list[dict[str, str]]:
        """Other letters that fit together, the file's own first."""
        p = self.problem
        given = {name: tuple(dict.fromkeys((name, *others))) for name, others in p.vary.items() if name != "formula"}
        taken = set(re.findall(r"[^\W\d]\w*", " ".join((p.formula, *self.formulas)))) - set(given)
        found = []
        for choice in product(*given.values()):
            if len(set(choice)) == len(choice) and not set(choice) & taken:
                found.append(dict(zip(given, choice, strict=True)))
        return found[:1] if self.only_open else found

    def found(self, n: int) -> list[Exercise]:
        forms = list(product(self.letters, self.formulas))
        first, rest = forms[0], forms[1:]
        self.rng.shuffle(rest)
        forms = [first, *rest]
        if not self.places:
            return [self.made(forms[k % len(forms)], ()) for k in range(n)]
        found: list[Exercise] = []
        seen: set[tuple[Any, ...]] = set()
        for turn in range(len(forms)):  # numbers are used again, with other letters, only where there are no others
            for most in SIZES:
                for k, numbers in enumerate(self.draws(n)):
                    form = forms[(k % FEW + turn) % len(forms)]
                    name = (numbers, form[1], *form[0].values())
                    if (numbers if not turn else name) in seen or name in seen or not self.good(form[1], numbers, most):
                        continue
                    seen |= {numbers, name}
                    found.append(self.made(form, numbers))
                    if len(found) == n:
                        return found
        few = f"only {len(found)} such choices of numbers make" if found else "no choice of numbers makes"
        raise SymdiffError(
            f"{few} the values of both passes friendly, {n} are wanted",
            hint='more to choose from: choose = {w = "-6..6"}, or other letters: vary = {w = ["w", "v"]}; kink = true allows kinks',
        )

    def good(self, formula: str, numbers: tuple[Fraction, ...], most: float) -> bool:
        probe, at = _probe(formula, self.problem.wrt), self.at(numbers)
        return (
            probe.friendly(at, most, self.problem.kink)
            and probe.difficulty(at) == self.wanted
            and (self.problem.kink or not probe.near_kink(at))
        )

    @cached_property
    def wanted(self) -> tuple[int, int] | None:
        """How difficult a variant is: as the file's own numbers, else as most are, of two equally frequent ones the more difficult."""
        p = self.problem
        probe = _probe(p.formula, p.wrt)
        if not p.open:
            return probe.difficulty(p.at)
        counted: Counter[tuple[int, int]] = Counter()
        for most in SIZES:
            for numbers in self.draws(1):
                at = self.at(numbers)
                if probe.friendly(at, most, p.kink) and (p.kink or not probe.near_kink(at)):
                    found = probe.difficulty(at)
                    assert found is not None
                    counted[found] += 1
                    if counted.total() == TRIED:
                        break
            if counted:
                break
        return max(counted, key=lambda d: (counted[d], d), default=None)

    def made(self, form: tuple[Mapping[str, str], str], numbers: tuple[Fraction, ...]) -> Exercise:
        """The problem in other letters."""
        p, (letters, formula) = self.problem, form
        letters = {old: new for old, new in letters.items() if old != new}
        at = self.at(numbers)
        if not letters:
            return replace(p, formula=formula, at=at, kink=p.kink)

        def turned(text: str) -> str:
            return _LETTER.sub(lambda m: _spelled(m, letters), text)

        return replace(
            p, formula=turned(formula), wrt=tuple([turned(x) for x in p.wrt]), at={turned(name): value for name, value in at.items()}, wrong=turned(p.wrong),
            text=_FORMULA.sub(lambda m: turned(m[0]), p.text), hints=tuple([_FORMULA.sub(lambda m: turned(m[0]), h) for h in p.hints]),
            choose={turned(name): o for name, o in p.choose.items()}, keep=tuple([turned(x) for x in p.keep]), vary={},
        )  # fmt: skip


_LETTER = re.compile(r"(\\?)([^\W\d]\w*)")
_FORMULA = re.compile(r"\$[^$]+\$")


def _spelled(m: re.Match[str], letters: Mapping[str, str]) -> str:
    from symdiff.syntax.parse import canonical

    new = letters.get(canonical(m[2]))
    return m[0] if new is None else new


def _plain(v: Fraction) -> Any:
    return int(v) if v.denominator == 1 else v if v.denominator > 2 else float(v)
