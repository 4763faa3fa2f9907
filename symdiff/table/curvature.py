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
    "exp2":         "convex rising",
    "log":          "concave rising",
    "log2":         "concave rising",
    "log10":        "concave rising",
    "log1p":        "concave rising",
    "logit":        "rising; convex on 0.5..1; concave on 0..0.5",
    "xlogy":        "affine",
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
    "sinc":         "concave on -0.66..0.66; falling on 0..1.43; rising on -1.43..0",
    "cot":          "convex falling on 0..1.57; concave falling on -1.57..0",
    "sec":          "convex on -1.57..1.57; rising on 0..1.57; falling on -1.57..0",
    "csc":          "convex on 0..3.14; concave on -3.14..0; falling on 0..1.57; falling on -1.57..0",
    "arcsec":       "concave rising on 1..inf; convex rising on -inf..-1",
    "arccsc":       "convex falling on 1..inf; concave falling on -inf..-1",
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
    "sech":         "falling on 0..inf; rising on -inf..0; concave on -0.88..0.88; convex on 0.89..inf; convex on -inf..-0.89",
    "csch":         "convex falling on 0..inf; concave falling on -inf..0",
    "coth":         "convex falling on 0..inf; concave falling on -inf..0",
    "arccoth":      "convex falling on 1..inf; concave falling on -inf..-1",
    "arcsech":      "falling; convex on 0..0.7; concave on 0.71..1",
    "arccsch":      "convex falling on 0..inf; concave falling on -inf..0",
    # error and gamma functions
    "erf":          "rising; concave on 0..inf; convex on -inf..0",
    "erfc":         "falling; convex on 0..inf; concave on -inf..0",
    "erfinv":       "rising; convex on 0..1; concave on -1..0",
    "gamma":        "convex; rising on 1.5..inf",
    "lgamma":       "convex; rising on 1.5..inf",
    "digamma":      "concave rising",
    "betaln":       "joint convex falling on 0..inf",
    "log_ndtr":     "concave rising",
    # activations
    "sigma":        "rising; concave on 0..inf; convex on -inf..0",
    "softplus":     "convex rising",
    "log_sigmoid":  "concave rising",
    "silu":         "convex on -2.39..2.39; rising on -1.27..inf; concave on 2.4..inf; concave on -inf..-2.4",
    "mish":         "convex on -2.2..1.4; rising on -1.19..inf",
    "gelu":         "convex on -1.41..1.41; rising on -0.75..inf; concave on 1.42..inf; concave on -inf..-1.42",
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
    "lt":           "falling",
    "le":           "falling",
    "gt":           "rising",
    "ge":           "rising",
    # whole vectors
    "mean":         "affine rising",
    "norm1":        "convex; rising on 0..inf; falling on -inf..0",
    "norm2":        "convex; rising on 0..inf; falling on -inf..0",
    "norminf":      "convex; rising on 0..inf; falling on -inf..0",
    "max_entries":  "convex rising",
    "min_entries":  "concave rising",
    "rowmax":       "convex rising",
    "rowmin":       "concave rising",
    "rowmean":      "affine rising",
    "rownorm2":     "convex; rising on 0..inf; falling on -inf..0",
    "rowvar":       "convex",
    "rowstd":       "convex",
    "normp":        "convex where p >= 1; rising on 0..inf where p >= 1; falling on -inf..0 where p >= 1",
    "normnuc":      "convex",
    "tril":         "affine rising",
    "vech":         "affine rising",
    "unvech":       "affine rising",
    "triu":         "affine rising",
    "trilhalf":     "affine rising",
    "logsumexp":    "convex rising",
    "log_softmax":  "concave",
    "var":          "convex",
    "std":          "convex",
    "cumsum":       "affine rising",
}

# The other rows, and why there is nothing to say of them entry by entry. Rows that are written out before anything is asked (macros) need none.
WITHOUT: dict[str, str] = {
    "spherical_jn":   "waves in x, and n is a whole number",
    "polygamma":      "its first argument is a whole number, whose parity decides",
    "atan2":          "jumps by 2*pi on half a line",
    "mod":            "jumps, and falls and rises between",
    "stop_gradient":  "its value and its derivative say different things",
    "eq":             "0 everywhere but at one place",
    "ne":             "1 everywhere but at one place",
    "and":            "of truth values",
    "or":             "of truth values",
    "not":            "of truth values",
    "if":             "a rule of its own looks at the condition",
    "prod":           "neither beyond one entry; a rule of its own has the geometric mean",
    "rowprod":        "neither beyond one entry",
    "cumprod":        "neither beyond one entry",
    "softmax":        "neither; its logarithm is concave",
    "cross":          "bilinear: affine in each argument alone, by the product that it stands for",
    "det":            "neither; its logarithm is concave on psd matrices, by a rule of its own",
    "logdet":         "concave on psd matrices alone, by a rule of its own",
    "inv":            "convex on psd matrices in the order of matrices, by a rule of its own",
    "solve":          "as the inverse",
    "adjugate":       "a polynomial of the entries",
    "pinv":           "jumps with the rank",
    "cholesky":       "entries of both kinds",
    "eigvalsh":       "sums of the largest are convex, its entries are not",
    "eigvecsh":       "turns, and jumps where eigenvalues meet",
    "polar":          "turns",
    "polar_adjoint":  "a derivative",
    "duplication_of": "the same whatever its entries are",
    "matrix_power":   "entries of both kinds",
    "sqrtm":          "concave in the order of matrices, not entry by entry",
    "logm":           "concave in the order of matrices, not entry by entry",
    "expm":           "entries of both kinds",
    "expm_frechet":   "a derivative",
    "logm_frechet":   "a derivative",
    "solve_sylvester": "as the inverse",
}

# Of log(y) in the first argument, where y > 0: what products, quotients and sums of exponentials keep.
OF_LOGARITHM: dict[str, str] = {
    "exp":          "affine",
    "exp2":         "affine",
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
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "sqrt", "sin", "cos", "arcsin", "arccos", "arctan", "arccot",
    "sinh", "cosh", "tanh", "sech", "arcsinh", "arccosh", "arctanh", "erf", "erfc", "erfinv", "gamma", "lgamma", "digamma",
    "sigma", "softplus", "log_sigmoid", "log_ndtr", "logit", "silu", "mish", "gelu", "mean", "rowmean", "rowvar", "softmax", "log_softmax", "logsumexp", "var", "cumsum",
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
