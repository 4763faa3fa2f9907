"""A Python function as an answer: marked by numbers, with the counterexample.

In: a function of the formula's variables, as NumPy arrays, by name or in their order. Out: a Grade. The right numbers are those
of the verified derivative in 45 digits, at points of the domain of every size that double precision can follow, on both sides of
the formula's kinks as far as they are met, and where a variable is nothing, a unit vector or of equal entries. At every point the function is believed to
TOLERANCE of the largest entry: what it computes on its way is not known. Where numbers are of ordinary size it is believed to FINE of each entry, and to what rounding
leaves of the derivative as it is written, with a margin; one that misses this at a part of these points has another value, or a few digits only.
At the points of the verdict and at further sizes (`widely`) doubles are compared first; one that misses a few digits there, close to such a point in the same
way, has another value, too: what rounding makes changes from point to point.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from keyword import iskeyword
from math import isfinite, log10
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from symdiff.arguments import named
from symdiff.checking.components import Components, Undecided
from symdiff.errors import DomainError, OperandError
from symdiff.expr.dims import names as names_in
from symdiff.expr.node import NUM, OPAQUE, Expr
from symdiff.expr.walk import topological, variables
from symdiff.grading.constants import numbers_in
from symdiff.grading.mark import Grade
from symdiff.grading.points import MOVABLE, Budget, Setting, grown, settings
from symdiff.grading.widely import Call, Values, suspicious

if TYPE_CHECKING:
    from symdiff.grading.grade import Checker

# Points at each of so many choices of sizes; the numbers by which drawn values are multiplied, in turn.
POINTS, SIZES, DRAWS = 16, 3, 120
SCALES = tuple([Fraction(n) for n in (1, 1, 1, 10, 1, Fraction(1, 10), 100, 1, 1000, Fraction(1, 1000), 10_000)])
DOMAINS = ("real", "positive", "unit", "definite", "large", "small")

# Of the largest entry of the right derivative: what double precision leaves of a well-posed computation; and single precision.
TOLERANCE, SINGLE = 1e-6, 1e-4
ROUNDING = 1e-13  # of the largest number of a point, where the derivative is 0

# Of an entry, of the largest one, and how many times what rounding makes of it, at points whose numbers are no larger than ORDINARY and where the
# derivative is no smaller than LEAST; at how many of these, and at which part of them, a function has to be off.
FINE, BESIDE_LARGEST, MARGIN, ORDINARY, LEAST, OFF, PART_OFF = 1e-9, 1e-12, 1e4, 10.0, 1e-3, 3, 0.25

# How many times what rounding makes of the derivative a difference has to be; how many of those at which a few digits differ are
# looked at, where the largest entry is no smaller than LEAST; the points next to each, how near they are, and how alike the differences have to be.
ILL, LOOKED, NEIGHBOURS, NEXT, ALIKE = 1e6, 24, 3, 1000, 4.0

# Where the verdict looked: the largest numbers, and how near to a kink a point may be.
HUGE, CLOSE = 1e150, 1e-11

# Beyond this functions overflow in double precision that do not in many digits.
LARGEST = 1e15

# Where all entries are smaller, nothing overflows.
OVERFLOWS = 50

# Sizes besides those of the samples: of the first dimension, the others are larger by one each.
FURTHER = (1, 7, 11, 12)

# A derivative all of whose entries are smaller, or smaller by this than at ordinary points, is what cancellation leaves, in double precision.
SMALLEST = 1e-9

# Ways of taking sides at kinks between which kinks are approached, by so many halvings.
SIDES, HALVINGS = 6, 8


def mark_function(checker: Checker, function: Callable[..., Any]) -> Grade:
    """The mark of a function of the formula's arguments. DomainError if it cannot be called with them."""
    if not callable(function):
        raise OperandError(
            f"an answer is a text, a formula or a function, not {named(function)}",
            hint='"2*x", sd.parse("2*x"), or a function of the formula\'s variables',
        )
    if any(n.op == OPAQUE for n in topological([checker.f, checker.expected])):
        raise DomainError("a function is not marked where the formula has opaque functions", hint="an answer as text is")
    if not checker.verdict.ok:
        return Grade(None, diagnosis=f"the derivative itself is not verified: {checker.verdict.reason}", expected=checker.right)
    call = caller(function, variables([checker.f]))
    compared, finely = 0, 0
    off: list[tuple[float, dict[str, Any]]] = []
    for setting, values, known in chain(_points(checker), _special(checker)):
        found = _Compared(checker, call, setting, values, known)
        if found.grade is not None:
            return found.grade
        compared += found.compared
        finely += found.finely
        off += [found.off] if found.off else []
    if compared < POINTS // 2:
        return Grade(
            None, diagnosis="too few points were found at which the formula and its derivative have real values", expected=checker.right
        )
    if len(off) >= max(OFF, PART_OFF * finely):
        error, example = off[0]
        return Grade(
            False, "digits", f"this agrees with the derivative in about {round(-log10(error))} digits only", checker.right, example
        )
    further = _widely(checker, call, numbers_in(function))
    if further is not None:
        return further
    return Grade(True, "numbers", f"by numbers at {compared} points", checker.right)


def _widely(checker: Checker, call: Call, numbers: Sequence[float]) -> Grade | None:
    """The mark, if it is wrong at one of the verdict's points or at other sizes, or off by a few digits at OFF of them."""
    rng = Random(43)
    off: list[tuple[float, dict[str, Any]]] = []
    leaves = set(variables([checker.f]).values())
    looked = 0
    for setting, values, coarse in suspicious(checker, call, _numbers_of, numbers):
        if not coarse and (looked == LOOKED or len(off) == OFF):
            continue
        looked += not coarse
        known = _at(setting, values, far=True)
        if known is None:
            continue
        found = _Compared(checker, call, setting, {x: v for x, v in values.items() if x in leaves}, known, everywhere=values)
        if found.grade is not None:
            return found.grade
        if not coarse and found.off is not None and _lasting(checker, call, setting, values, found.off, rng):
            off.append(found.off)
    if len(off) < OFF:
        return None
    error, example = off[0]
    digits = round(-log10(error))
    return Grade(False, "digits", f"in places this agrees with the derivative in about {digits} digits only", checker.right, example)


def _numbers_of(found: Any) -> list[float] | None:
    shape, flat = _entries(found)
    return flat if shape is not None else None


def _lasting(checker: Checker, call: Call, setting: Setting, values: Values, off: tuple[float, dict[str, Any]], rng: Random) -> bool:
    """Whether the function is as far off close to the point, in the same entry: what rounding makes would be another number."""
    place = off[1]["entry"]
    errors = [(off[1]["found"] - off[1]["expected"]) / (off[1]["expected"] or 1.0)]
    leaves = set(variables([checker.f]).values())
    for _ in range(NEIGHBOURS):
        near = {
            x: [v * (1 + Fraction(rng.randint(-99, 99), 100 * NEXT)) for v in flat] if not x.data[1] else list(flat)
            for x, flat in values.items()
        }
        known = _at(setting, near, far=True)
        if known is None:
            return False
        found = _Compared(checker, call, setting, {x: v for x, v in near.items() if x in leaves}, known, everywhere=near, place=place)
        if found.off is None:
            return False
        errors.append((found.off[1]["found"] - found.off[1]["expected"]) / (found.off[1]["expected"] or 1.0))
    return bool((min(errors) > 0 or max(errors) < 0) and max(map(abs, errors)) < ALIKE * min(map(abs, errors)))


class _Compared:
    """The function at a point: the mark that this makes certain, or whether it was compared, also finely, and how far off it is then.

    everywhere: all values of a point that was not chosen with care: what rounding may make is no fault there, and digits are compared at all magnitudes.
    place: the one entry whose digits are compared.
    """

    def __init__(
        self,
        checker: Checker,
        call: Call,
        setting: Setting,
        values: Values,
        known: Components,
        everywhere: Values | None = None,
        place: tuple[int, ...] | None = None,
    ) -> None:
        self.grade: Grade | None = None
        self.compared = self.finely = False
        self.off: tuple[float, dict[str, Any]] | None = None
        self.everywhere, self.place = everywhere, place
        self.run(checker, call, setting, values, known)

    def run(self, checker: Checker, call: Call, setting: Setting, values: dict[Expr, list[Fraction]], known: Components) -> None:
        import numpy as np

        numbers = {x.data[0]: setting.named(x, flat) for x, flat in values.items()}
        right = [float(v) for v in known(checker.expected)]
        shape = setting.shape(checker.expected)
        try:
            with np.errstate(all="ignore"):
                found = call(numbers, setting.sizes)
        except OverflowError:
            return
        except Exception as error:  # noqa: BLE001 - whatever the function raises is the answer's fault
            at = {"values": numbers, "entry": (), "expected": _nested(right, shape), "found": float("nan")}
            words = f"the function raises {type(error).__name__}: {error}" if str(error) else f"the function raises {type(error).__name__}"
            self.grade = Grade(False, "raises", f"{words}, at {_plain(numbers)}", checker.right, None if shape else at)
            return
        got, entries = _entries(found)
        if got is None:
            self.grade = Grade(False, "shape", f"the function returns {_called(found)}, not numbers", checker.right)
            return
        if tuple(got) != tuple(shape):
            what = f"the derivative has the shape {tuple(shape)} where that of the function's value is {tuple(got)}"
            where = ", ".join(f"{d} = {n}" for d, n in setting.sizes.items()) or "every point"
            self.grade = Grade(False, "shape", f"{what}, at {where}", checker.right)
            return
        scale = max(map(abs, right), default=0.0)
        largest = max((abs(v) for flat in values.values() for v in flat), default=0)
        tolerance = SINGLE if _single(found) else TOLERANCE
        # Where all entries are 0 rounding makes something of them.
        least = 1e-300 if scale else ROUNDING * max(1.0, float(largest)) / tolerance
        rounding: list[float] | None = None
        if self.everywhere is not None:
            rounding = setting.rounding(self.everywhere, known, checker.expected, Random(7))
            if not all(map(isfinite, rounding)):
                return
        for k, (a, b) in enumerate(zip(right, entries, strict=True)):
            if not abs(a - b) <= tolerance * max(scale, abs(a), least):
                if not isfinite(b) and _lost(call, setting, values):
                    return
                if rounding is not None and _lost(call, setting, values, under="ignore"):
                    return
                ill = rounding or setting.rounding(values, known, checker.expected, Random(7))
                if all(map(isfinite, ill)) and abs(a - b) <= ILL * max(ill):
                    return
                example = {"values": numbers, "entry": _place(k, shape), "expected": a, "found": b}
                self.grade = Grade(False, "wrong", "this is not the derivative", checker.right, example)
                return
        self.compared = True
        if scale < LEAST or (largest > ORDINARY and rounding is None) or tolerance == SINGLE:
            return
        rounding = rounding or setting.rounding(values, known, checker.expected, Random(7))
        self.finely = all(map(isfinite, rounding))
        for k, (a, b, r) in enumerate(zip(right, entries, rounding, strict=True)):
            if self.place not in (None, _place(k, shape)):
                continue
            if self.finely and self.off is None and abs(a - b) > max(FINE * abs(a), MARGIN * r, BESIDE_LARGEST * scale):
                self.off = abs(a - b) / (abs(a) or scale), {"values": numbers, "entry": _place(k, shape), "expected": a, "found": b}


def _numbers(value: Any) -> Any:
    """What a function returned as an array of doubles; ValueError where it is texts, or complex."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind in "US" or (array.dtype.kind == "O" and any(isinstance(v, str | bytes) for v in array.reshape(-1))):
        raise ValueError("texts")
    if array.dtype.kind == "c":
        if array.imag.any():
            raise ValueError("complex numbers")
        array = array.real
    return np.asarray(array, dtype=float)


def _called(found: Any) -> str:
    """What a function returned that is no numbers."""
    kind = str(found.dtype) if hasattr(found, "dtype") else type(found).__name__
    return f"complex numbers ({kind})" if "complex" in kind else kind


def _single(found: Any) -> bool:
    """Whether numbers are of single precision or less, as those of JAX are unless it is told otherwise."""
    return str(found.dtype if hasattr(found, "dtype") else "").rpartition(".")[2] in ("float32", "float16", "bfloat16")


def _lost(call: Call, setting: Setting, values: Values, under: Literal["raise", "ignore"] = "raise") -> bool:
    """Whether the function exceeds double precision on its way at this point, as exp(20000) does; what it returns then is no fault."""
    import numpy as np

    if max((abs(v) for flat in values.values() for v in flat), default=0) < OVERFLOWS:
        return False
    try:
        with np.errstate(all="ignore", over="raise", under=under):
            call({x.data[0]: setting.named(x, flat) for x, flat in values.items()}, setting.sizes)
    except (FloatingPointError, OverflowError):
        return True
    except Exception:  # noqa: BLE001 - said where the function is compared
        return False
    return False


def caller(function: Callable[..., Any], names: Mapping[str, Expr]) -> Call:
    """How the function is called: by name, as compiled functions are, or with all variables in their order."""
    import numpy as np

    def array(name: str, value: Any) -> Any:
        return np.array(value, dtype=float) if names[name].shape else value

    spelled = {f"{name}_" if iskeyword(name) else name: name for name in names}
    try:
        parameters = list(inspect.signature(function).parameters.values())
        known = True
    except (TypeError, ValueError):
        parameters, known = [], False
    free = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    wanted = [p.name for p in free if p.default is p.empty]
    if any(p.kind == p.VAR_KEYWORD for p in parameters) and set(wanted) <= set(spelled):
        return lambda values, sizes: function(**{s: array(name, values[name]) for s, name in spelled.items()})
    given = {p.name for p in free if p.kind != p.POSITIONAL_ONLY} & set(spelled)
    dims = {d for x in names.values() for part in x.shape for d in names_in(part)}
    if free and set(wanted) <= given | dims:
        counted = [p.name for p in free if p.name in dims and p.name not in spelled]
        return lambda values, sizes: function(
            **{s: array(spelled[s], values[spelled[s]]) for s in given}, **{d: sizes[d] for d in counted if d in sizes}
        )
    if known and len(free) != len(names) and not any(p.kind == p.VAR_POSITIONAL for p in parameters):
        raise DomainError(
            f"the function takes {', '.join(p.name for p in free) or 'no arguments'}",
            hint=f"the formula's variables are {', '.join(names)}",
        )
    return lambda values, sizes: function(*[array(name, values[name]) for name in names])


def _points(checker: Checker) -> Iterator[tuple[Setting, dict[Expr, list[Fraction]], Components]]:
    """Points of the formula's domain whose numbers double precision holds, of several magnitudes."""
    leaves = set(variables([checker.f]).values())
    # Where the formula's kinks lie is said by its numbers.
    numbers = {abs(Fraction(n.data)) for n in topological([checker.f]) if n.op == NUM}
    scales = [*SCALES, *sorted(n for n in numbers if n > 3 and n not in SCALES)[:6]]
    for k, setting in enumerate(settings(checker.f, checker.wrt, checker.expected, Budget(float("inf")))):
        if k == SIZES:
            return
        rng, found = Random(11 + k), 0
        seen: dict[tuple[int, ...], dict[Expr, list[Fraction]]] = {}
        for draw in range(DRAWS):
            scale = scales[draw % len(scales)]
            drawn = setting.draw(rng, DOMAINS[draw % len(DOMAINS)])
            values = {x: [scale * v for v in flat] if scale != 1 and _free(x) and rng.random() < 0.7 else flat for x, flat in drawn.items()}
            known = _at(setting, values)
            if known is None or (found >= POINTS and setting.sides in seen):
                continue
            found += 1
            others = [] if setting.sides in seen or len(seen) > SIDES else list(seen.values())
            sides = setting.sides
            seen.setdefault(sides, values)
            yield setting, {x: v for x, v in values.items() if x in leaves}, known
            for other in others:
                for near in _approached(setting, values, sides, other):
                    known = _at(setting, near)
                    if known is not None:
                        yield setting, {x: v for x, v in near.items() if x in leaves}, known


def _special(checker: Checker) -> Iterator[tuple[Setting, dict[Expr, list[Fraction]], Components]]:
    """Points at which one variable is nothing, a unit vector, of equal entries or far out; and further sizes."""
    leaves = set(variables([checker.f]).values())
    budget = Budget(float("inf"))
    first = next(iter(settings(checker.f, checker.wrt, checker.expected, budget)), None)
    if first is None:
        return
    rng = Random(31)
    nodes = topological([checker.f, checker.expected, *checker.wrt])
    others = [grown({d: n + k for k, d in enumerate(first.sizes)}, nodes) for n in FURTHER] if first.sizes else []
    for sizes in (first.sizes, *others):
        setting = Setting(checker.f, checker.wrt, checker.expected, sizes, budget)
        drawn = [setting.draw(rng, domain) for domain in DOMAINS[:3]]
        made = drawn if sizes is not first.sizes else [base | {x: flat} for base in drawn[:2] for x in leaves for flat in _odd(x, base[x])]
        for values in made:
            values = dict(values)
            known = _at(setting, values)
            if known is not None and setting.apart(values, rng):
                yield setting, {x: v for x, v in values.items() if x in leaves}, known


def _odd(x: Expr, flat: list[Fraction]) -> Iterator[list[Fraction]]:
    """Special values of a variable."""
    if x.data[1]:
        return
    n = len(flat)
    yield [Fraction(0)] * n
    yield [Fraction(1)] * n
    for k in {0, n - 1}:
        yield [Fraction(j == k) for j in range(n)]
    for factor in (300, -300, 1000, -1000):
        yield [factor * abs(v) for v in flat]


def _at(setting: Setting, values: Values, *, far: bool = False) -> Components | None:
    """The point, if double precision can follow there; far: also beyond LARGEST, and close to kinks."""
    for x, flat in values.items():
        # What the function is given are doubles: the right numbers are those at these, not near them.
        values[x] = [Fraction(float(v)) for v in flat]
    try:
        known = setting.at(values, near=CLOSE) if far else setting.at(values)
        largest = max([abs(v) for v in (*known(setting.f), *known(setting.expected))], default=0) if known is not None else 0
        most = HUGE if far else LARGEST
        if known is None or (largest > most and largest > most * setting.typical):
            return None
    except Undecided:
        return None
    right = max((abs(v) for v in known(setting.expected)), default=0)
    return known if right == 0 or right > SMALLEST or right > SMALLEST * setting.typical else None


def _approached(
    setting: Setting, a: dict[Expr, list[Fraction]], sides: tuple[int, ...], b: dict[Expr, list[Fraction]]
) -> Iterator[dict[Expr, list[Fraction]]]:
    """Points on either side of a kink between two points, close to it."""
    if any(not _free(x) for x in a):
        return
    for _ in range(HALVINGS):
        middle = {x: [(u + v) / 2 for u, v in zip(a[x], b[x], strict=True)] for x in a}
        if _at(setting, middle) is None:
            break
        if setting.sides == sides:
            a = middle
        else:
            b = middle
    yield from (a, b)


def _free(x: Expr) -> bool:
    return set(x.data[1]) <= MOVABLE


def _entries(value: Any) -> tuple[tuple[int, ...] | None, list[float]]:
    """The shape of what a function returned, and its entries; None if they are no numbers."""
    try:
        array = _numbers(value)
    except (TypeError, ValueError):
        return None, []
    return array.shape, [float(v) for v in array.reshape(-1)]


def _nested(flat: list[float], shape: list[int]) -> Any:
    return flat if shape else flat[0]


def _place(k: int, shape: list[int]) -> tuple[int, ...]:
    """The k-th entry in row-major order, counted from 1 along every axis."""
    place: list[int] = []
    for n in reversed(shape):
        k, i = divmod(k, n)
        place.insert(0, i + 1)
    return tuple(place)


def _plain(values: Mapping[str, Any]) -> str:
    def text(value: Any) -> str:
        return "[" + ", ".join(map(text, value)) + "]" if isinstance(value, list) else f"{value:.6g}"

    return ", ".join(f"{name} = {text(value)}" for name, value in values.items())


__all__ = ["caller", "mark_function"]
