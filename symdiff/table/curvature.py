# fmt: off
"""Curvature and direction of the rows: what the rules of disciplined convexity ask of a function.

name: pieces, divided by ";". A piece names what holds on an interval of the first argument, the other arguments fixed:
convex | concave | affine, rising | falling (not strictly), "on LOW..HIGH" (both ends belong to it; inf without a sign of its own; without "on": the whole
domain). "joint" holds in all arguments together. "where TEXT": only for these values of the second argument, "a <= 1".
A row that is missing has neither: nothing is known of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

INFINITY = float("inf")

CURVATURE: dict[str, str] = {
    # exponentials, logarithms, roots
    "exp":          "convex rising",
    "expm1":        "convex rising",
    "log":          "concave rising",
    "log2":         "concave rising",
    "log10":        "concave rising",
    "log1p":        "concave rising",
    "logaddexp":    "joint convex rising",
    "sqrt":         "concave rising",
    "cbrt":         "rising; concave on 0..inf; convex on -inf..0",
    "hypot":        "joint convex; joint rising on 0..inf",
    "abs":          "convex; rising on 0..inf; falling on -inf..0",
    "sign":         "rising",
    # trigonometric and hyperbolic functions
    "tan":          "convex rising on 0..1.57; concave rising on -1.57..0",
    "sin":          "concave on 0..3.14; convex on -3.14..0; rising on -1.57..1.57",
    "cos":          "concave on -1.57..1.57",
    "arcsin":       "rising; convex on 0..1; concave on -1..0",
    "arccos":       "falling; concave on 0..1; convex on -1..0",
    "arctan":       "rising; concave on 0..inf; convex on -inf..0",
    "arccot":       "falling; convex on 0..inf; concave on -inf..0",
    "sinh":         "rising; convex on 0..inf; concave on -inf..0",
    "cosh":         "convex; rising on 0..inf; falling on -inf..0",
    "tanh":         "rising; concave on 0..inf; convex on -inf..0",
    "arcsinh":      "rising; concave on 0..inf; convex on -inf..0",
    "arccosh":      "concave rising",
    "arctanh":      "rising; convex on 0..1; concave on -1..0",
    # error and gamma functions
    "erf":          "rising; concave on 0..inf; convex on -inf..0",
    "erfc":         "falling; convex on 0..inf; concave on -inf..0",
    "erfinv":       "rising; convex on 0..1; concave on -1..0",
    "gamma":        "convex; rising on 1.5..inf",
    "lgamma":       "convex; rising on 1.5..inf",
    "digamma":      "concave rising",
    # activations
    "sigma":        "rising; concave on 0..inf; convex on -inf..0",
    "softplus":     "convex rising",
    "softsign":     "rising; concave on 0..inf; convex on -inf..0",
    "relu":         "convex rising",
    "hardtanh":     "rising; concave on -1..inf; convex on -inf..1",
    "step":         "rising",
    "leaky_relu":   "convex where a <= 1; concave where a >= 1; rising where a >= 0",
    "elu":          "convex where 0 <= a <= 1; rising where a >= 0",
    "selu":         "rising",
    "max":          "joint convex rising",
    "min":          "joint concave rising",
    "clip":         "rising",
    "huber":        "convex; rising on 0..inf; falling on -inf..0",
    "floor":        "rising",
    "ceil":         "rising",
    "round":        "rising",
    # whole vectors
    "mean":         "affine rising",
    "norm1":        "convex; rising on 0..inf; falling on -inf..0",
    "norm2":        "convex; rising on 0..inf; falling on -inf..0",
    "norminf":      "convex; rising on 0..inf; falling on -inf..0",
    "max_entries":  "convex rising",
    "min_entries":  "concave rising",
    "rowmax":       "convex rising",
    "logsumexp":    "convex rising",
    "log_softmax":  "concave",
    "var":          "convex",
    "std":          "convex",
    "cumsum":       "affine rising",
}

# Of log(y) in the first argument, where y > 0: what products, quotients and sums of exponentials keep.
OF_LOGARITHM: dict[str, str] = {
    "exp":          "affine",
    "sigma":        "concave",
    "softmax":      "concave",
    "cosh":         "convex",
    "sech":         "concave",
    "gamma":        "convex",
    "erfc":         "concave",
    "softplus":     "concave",
}

# Rows with a jump or a kink that their "kink" does not say, and rows whose domain has holes: no second derivative decides about them.
SMOOTH = frozenset((
    "exp", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "sqrt", "sin", "cos", "arcsin", "arccos", "arctan", "arccot",
    "sinh", "cosh", "tanh", "sech", "arcsinh", "arccosh", "arctanh", "erf", "erfc", "erfinv", "gamma", "lgamma", "digamma",
    "sigma", "softplus", "silu", "mish", "gelu", "mean", "softmax", "log_softmax", "logsumexp", "var", "cumsum",
))


@dataclass(frozen=True)
class Claim:
    """What holds of a row on an interval of its first argument."""

    words: frozenset[str]
    low: Fraction | float
    high: Fraction | float
    where: tuple[tuple[str, Fraction], ...]


def _end(text: str) -> Fraction | float:
    return float(text) if "inf" in text else Fraction(text)


@cache
def pieces(name: str) -> tuple[Claim, ...]:
    """The pieces of a row; () where nothing is known."""
    found = []
    for text in CURVATURE.get(name, "").split(";"):
        text, _, condition = text.partition(" where ")
        text, _, interval = text.partition(" on ")
        low, _, high = interval.partition("..")
        bounds: list[tuple[str, Fraction]] = []
        parts = condition.split()
        if len(parts) == 5:
            bounds += [(">=", Fraction(parts[0])), ("<=", Fraction(parts[4]))]
        elif parts:
            bounds.append((parts[1], Fraction(parts[2])))
        if text.strip():
            found.append(Claim(frozenset(text.split()), _end(low) if low else -INFINITY, _end(high) if high else INFINITY, tuple(bounds)))
    return tuple(found)
