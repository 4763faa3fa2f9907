"""Whether a derivative is right, what an answer by hand is worth, and whether a function is convex."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from symdiff.api.formulas import Asked, formula, read
from symdiff.arguments import public
from symdiff.formula import Wrt

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.convexity import Curvature
    from symdiff.grading import Checker, Grade


@public
def verify(f: Asked, wrt: Wrt | Sequence[Wrt], derivative: Asked, *, unconstrained: bool = False, seconds: float | None = None) -> Verdict:
    """Whether `derivative` is the derivative of f, by SymPy on explicit components: independent of how it was made.

    wrt: the variable or bound name; for a derivative of higher order one per order. derivative: a formula, or its text with f's names.
    unconstrained: the derivative is by the free entries of symmetric, psd and diagonal variables.
    The verdict's `ok` is True, False (with a counterexample) or None, undecided (with a reason). seconds: for other limits than `sd.limits`.
    """
    from symdiff.checking import verify as compare

    f = formula(f)
    nodes = f.nodes(wrt)
    g = read(derivative, f) if isinstance(derivative, str) else formula(derivative)
    return compare(f.expr, nodes, g.expr, unconstrained=unconstrained, seconds=seconds)


@public
def check(
    f: Asked, wrt: Wrt | Sequence[Wrt], answer: Asked | Callable[..., Any], *, seconds: float | None = None, unconstrained: bool = False
) -> Grade:
    """The mark of a derivative worked out by hand: `sd.check(f, "w", "-y*phi*[y*w.phi < 1]")`.

    wrt: the variable or bound name; for a derivative of higher order one per order. answer: text with f's names, a
    formula, or a NumPy function of f's variables (by their names, or in their order), which is marked by numbers.
    unconstrained: the derivative is by the free entries of symmetric, psd and diagonal variables. The grade's `correct` is True, False (with a diagnosis and a counterexample) or None, undecided.
    SymdiffError if the answer is no formula or has names that f lacks.
    """
    return formula(f).checker(wrt, seconds=seconds, unconstrained=unconstrained, prepared=False)(answer)


@public
def checker(f: Asked, wrt: Wrt | Sequence[Wrt], *, seconds: float | None = None, unconstrained: bool = False) -> Checker:
    """What marks the answers to one question: `mark = sd.checker(f, "w"); mark("-y*phi")` is a Grade, as that of `check`.

    What does not depend on the answer is done once. `mark(answer, diagnose=False)` leaves out the search for the slip,
    `mark(answer, prove=False)` the proof: numbers decide then.
    """
    return formula(f).checker(wrt, seconds=seconds, unconstrained=unconstrained)


@public
def curvature(f: Asked, wrt: Wrt | Sequence[Wrt]) -> Curvature:
    """Whether a scalar is convex, concave, affine or neither in a variable, or in several together, everything else fixed.

    The result's `kind` is one of these words or "unknown"; `condition`, `reasons`, `counterexample`, `strongly`, `lipschitz`
    and `step` say the rest. ShapeError if f is not a scalar, UnknownNameError if a name does not occur.
    """
    return formula(f).curvature(wrt)
