"""The comparison itself: derivatives at points of the domain, and what is taken at kinks and at the ends of domains."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

import symdiff as sd
from tests.audit.peers import TITLES, NoDerivative, Peer, installed, listed, peer
from tests.audit.questions import Array, Question, adjoint_of, draws, edges, questions, slope_at, value_at, written

POINTS = 24  # at which derivatives are compared
MOST = 6  # points of one function that are shown, of those at which something is taken
SYMMETRIC = "at symmetric matrices, within them"


@dataclass
class Entry:
    """One derivative as a library defines it, beside ours."""

    function: str
    by: str
    library: str
    call: str
    points: int
    difference: float | None  # the largest, relative to the larger of the two; None where the library has no derivative there
    where: str = ""  # the point of the largest difference
    note: str = ""
    off: dict[str, float] = field(default_factory=dict)  # how far ours and theirs are from many digits there, where that was asked


@dataclass
class Convention:
    """What everybody takes at one point."""

    function: str
    by: str
    at: str
    taken: dict[str, str]
    says: str  # the table


@dataclass
class Audit:
    entries: list[Entry] = field(default_factory=list)
    conventions: list[Convention] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)  # functions of libraries with other values under the same name
    refused: list[str] = field(default_factory=list)  # by what there is no derivative here

    def data(self) -> dict[str, Any]:
        return asdict(self)


LARGE = 1e-12  # differences from here on are looked at in many digits


def many_digits(q: Question, a: str, at: dict[str, Array]) -> Array | None:
    """The derivative by central differences of mpmath's function of the same name, in 50 digits; None where it has none."""
    import mpmath

    function = getattr(mpmath, q.name, None)
    if function is None or q.row is None or len(q.shapes) > 1:
        return None
    with mpmath.workdps(50):
        h = mpmath.mpf(10) ** -16
        point = at[a]
        if point.ndim == 0:
            args = [q.whole.get(b, mpmath.mpf(float(point))) for b in q.row.args]
            place = q.row.args.index(a)

            def value(x: Any) -> Any:
                return function(*[x if k == place else arg for k, arg in enumerate(args)])

            return np.asarray(float((value(args[place] + h) - value(args[place] - h)) / (2 * h)))
        if point.ndim != 2 or q.value.shape == ():
            return None
        weights, slope = adjoint_of(q), np.zeros(point.shape)
        for k in np.ndindex(*point.shape):
            up, down = mpmath.matrix(point.tolist()), mpmath.matrix(point.tolist())
            up[k] += h
            down[k] -= h
            rate = (function(up) - function(down)) / (2 * h)
            slope[k] = float(sum(rate[i, j] * weights[i, j] for i in range(point.shape[0]) for j in range(point.shape[1])))
        return slope


def relative(ours: Array, theirs: Array) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    size = max(float(np.max(np.abs(ours), initial=0)), float(np.max(np.abs(theirs), initial=0)))
    gap = float(np.max(np.abs(ours - theirs), initial=0))
    return 0.0 if gap == 0 else gap / size


def halves(slope: Array) -> Array:
    """The part of a derivative that a symmetric matrix sees."""
    return (slope + slope.T) / 2 if slope.ndim == 2 and slope.shape[0] == slope.shape[1] else slope


def entry(q: Question, a: str, found: Peer, points: Iterable[dict[str, Array]], symmetric: bool) -> Entry:
    made = Entry(q.formula, a, found.library, found.name, 0, None, note=SYMMETRIC if symmetric else "")
    worst: dict[str, Array] = {}
    for at in points:
        try:
            ours, theirs = slope_at(q, a, at), found.slope(a, at)
        except NoDerivative:
            made.note = "none: what the library gives is a constant, or unevaluated"
            return made
        except Exception as error:  # noqa: BLE001  whatever a library raises
            made.note = f"none: {type(error).__name__}"
            return made
        gap = relative(halves(ours), halves(theirs)) if symmetric else relative(ours, theirs)
        made.points += 1
        if made.difference is None or gap > made.difference:
            made.difference, made.where = gap, written(at) if gap else ""
            worst = at
    if made.difference is not None and made.difference > LARGE:
        truth = many_digits(q, a, worst)
        if truth is not None:
            made.off = {"ours": relative(slope_at(q, a, worst), truth), "theirs": relative(found.slope(a, worst), truth)}
    return made


def taken(q: Question, a: str, at: dict[str, Array]) -> str:
    """What ours is at a point."""
    try:
        return listed(slope_at(q, a, at, plain=True))
    except (sd.SymdiffError, ArithmeticError, ValueError, np.linalg.LinAlgError):
        return "error"


SILENT = ("error", "none", "no value")


def is_number(answer: str) -> bool:
    """Whether somebody takes a value there, and none that is only rounding."""
    numbers = [float(part) for part in answer.replace("[", "").replace("]", "").replace("±", "").split(", ") if part not in SILENT]
    return bool(numbers) and not np.any(np.isnan(numbers)) and (len(numbers) == 1 or max(map(abs, numbers)) < 1e6)


def conventions(q: Question, found: dict[str, Peer], most: int = MOST) -> list[Convention]:
    """At the simple points that are kinks or ends, what everybody takes; of points at which the answers are the same the first."""
    made: dict[tuple[str, ...], Convention] = {}
    counts: dict[str, int] = {}
    for a, at in edges(q):
        if counts.get(a, 0) >= most:
            continue
        if not found:
            return []
        answers = {"ours": taken(q, a, at), **{TITLES[library]: p.shown(a, at) for library, p in found.items()}}
        if not any(is_number(answer) for answer in answers.values()) or sum(answer not in SILENT for answer in answers.values()) < 2:
            continue  # nobody takes anything there, or one does and there is nothing to put beside it
        key = (a, *answers.values())
        if key not in made:
            made[key] = Convention(q.formula, a, written(at), answers, q.row.kink if q.row else "")
            counts[a] = counts.get(a, 0) + 1
    return list(made.values())


def audit(asked: Iterable[Question] | None = None, libraries: Iterable[str] | None = None, count: int = POINTS, say: Callable[[str], None] = lambda text: None) -> Audit:
    """Compare these questions, all of them without any, with these libraries, all that are installed without any."""
    made = Audit()
    libraries = list(installed() if libraries is None else libraries)
    if "jax" in libraries:
        import jax

        jax.config.update("jax_enable_x64", True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for q in questions() if asked is None else asked:
            say(q.formula)
            made.refused += [f"{q.formula} by {a}" for a in q.shapes if a not in q.slopes]
            points = list(draws(q, count))
            square = any(len(shape) == 2 and shape[0] == shape[1] for shape in q.shapes.values())
            found: dict[str, Peer] = {}
            for library in libraries:
                if not points:
                    continue
                theirs, others = peer(library, q, points)
                used, symmetric = points, False
                if theirs is None and others and square:
                    used = list(draws(q, count, symmetric=True))
                    theirs, others = peer(library, q, used)
                    symmetric = theirs is not None
                if others:
                    made.others.setdefault(q.formula, []).extend(others)
                if theirs is not None:
                    found[library] = theirs
                    made.entries += [entry(q, a, theirs, used[: 8 if library == "sympy" else None], symmetric) for a in q.slopes]
            made.conventions += conventions(q, found)
    return made


__all__ = ["Audit", "Convention", "Entry", "audit", "value_at"]
