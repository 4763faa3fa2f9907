"""Nothing that is refuted is shown: pictures, backward programs and traces look before they are made.

In: a lesson, or a trace at given values. Out: nothing, or a RefutedError. The derivatives of a lesson are looked at in numbers as the
verification does, without the proof; the backward values of a trace are compared with differences of the formula's own value at the very point
that is shown. A difference that does not settle (a kink, a cliff, rounding) refutes nothing, and is not counted as agreement.
"""

from __future__ import annotations

import itertools
from random import Random
from typing import TYPE_CHECKING, Any

from symdiff.checking import Judge
from symdiff.errors import RefutedError, SymdiffError
from symdiff.expr.node import VAR, Expr
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import topological
from symdiff.numeric import compile

if TYPE_CHECKING:
    from symdiff.teach.numbers import Trace
    from symdiff.teach.record import Lesson

# Steps of differences, relative to the values; what two of them may differ by where they have settled, and by what a derivative may differ
# from these; what rounding leaves of the formula's value, and of its slope in a minimum.
STEPS, SETTLED, AGREE, ROUNDING, TINY = (1e-3, 1e-4, 1e-5, 1e-6), 1e-3, 1e-2, 1e-13, 1e-8

# A smaller change may be lost in a double that was near 1 on the way.
UNSEEN = 1e-15

# Nodes of lessons that are looked at.
MOST_NODES = 3_000


def looked_at(lesson: Lesson) -> None:
    """RefutedError where numbers refute a derivative of the lesson."""
    if len(lesson.nodes) > MOST_NODES:
        return
    for x, raw in zip(lesson.wrt, lesson.raw_answers, strict=True):
        verdict = Judge(lesson.formula, [x])(raw, prove=False)
        if verdict.ok is False:
            raise refuted(x.name, verdict.reason)


def refuted(name: str, reason: str) -> RefutedError:
    return RefutedError(
        f"the derivative by {name} is withheld, since the verification refutes it: {reason}", hint="please report the formula"
    )


def compared(trace: Trace) -> tuple[str, ...]:
    """The variables by which the trace's derivative agrees with differences of the value. RefutedError where it contradicts one."""
    import numpy as np

    lesson, agreed = trace.lesson, []
    if lesson.formula.shape or any(is_call(n, "stop_gradient") for n in topological([lesson.formula])):
        return ()  # differences are of one number; where a gradient is stopped, the derivative is another one than that of the value
    value = compile([lesson.formula])

    def at(x: Expr, moved: Any) -> float:
        try:
            with np.errstate(all="ignore"):
                return float(value({**trace.values, x.name: moved}))
        except (SymdiffError, ArithmeticError, ValueError, np.linalg.LinAlgError):
            return float("nan")

    rng = Random(1)
    for x in lesson.wrt:
        if x.op != VAR or x.name not in trace.values or not set(x.data[1]) <= {"positive", "nonnegative"}:
            continue  # where the entries of a variable are tied to each other, a step in some direction leaves its space
        start = np.asarray(trace.values[x.name], dtype=float)
        direction = np.array([rng.uniform(0.5, 1.5) * rng.choice((-1, 1)) for _ in range(start.size)]).reshape(start.shape)
        answer = np.asarray(trace.answers[x.name], dtype=float)
        answer = answer.T if lesson.numerator and start.ndim == 2 else answer
        predicted = float(np.sum(answer.reshape(start.shape) * direction))
        scale = max(float(np.max(np.abs(start), initial=0.0)), 1e-3)
        slopes = [_slope(at, x, start, direction, scale * step) for step in STEPS]
        found = _settled(slopes)
        if found is None or not np.isfinite(predicted):
            continue
        slope, noise = found
        if not slope and abs(predicted) * scale * STEPS[0] < UNSEEN:
            continue  # a value that is the logarithm of 1, say, moves by less than a double beside 1 can
        if abs(slope - predicted) <= AGREE * max(abs(slope), abs(predicted)) + noise:
            agreed.append(x.name)
        else:
            raise refuted(x.name, f"along a direction at this point it is {predicted:.6g}, while a central difference is {slope:.6g}")
    return tuple(agreed)


def _slope(at: Any, x: Expr, start: Any, direction: Any, step: float) -> tuple[float, float, float, float]:
    """The central difference, those to the right and to the left, and what rounding makes of them."""
    right, here, left = (at(x, start + k * step * direction) for k in (1, 0, -1))
    return (right - left) / (2 * step), (right - here) / step, (here - left) / step, ROUNDING * max(abs(right), abs(here), abs(left)) / step


def _settled(slopes: list[tuple[float, float, float, float]]) -> tuple[float, float] | None:
    """The slope that differences tend to, and its uncertainty: two steps agree, and so do both sides up to what the larger step explains."""
    # In a minimum what is left of the slope is rounding of what the value is made of.
    steep = max((abs(s) for _, right, left, _ in slopes for s in (right, left) if abs(s) < 1e300), default=0.0)
    for (wide, r1, l1, _), (narrow, r2, l2, noise) in itertools.pairwise(slopes):
        largest = max(abs(narrow), abs(wide))
        if not largest < 1e300:
            continue
        same = abs(wide - narrow) <= SETTLED * largest + 10 * noise
        # On a smooth piece the two sides come together as the step shrinks; at a kink they stay apart.
        smooth = abs(r2 - l2) <= 0.3 * abs(r1 - l1) + 0.01 * largest + 10 * noise
        if same and smooth:
            return narrow, 20 * noise + SETTLED * largest + TINY * steep
    return None


def agreement(names: tuple[str, ...]) -> str:
    """What is said of a trace whose derivatives by these agree with differences."""
    return f"the derivative by {', '.join(names)} agrees with a central difference of the value" if names else ""
