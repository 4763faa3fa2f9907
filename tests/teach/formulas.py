"""Small random formulas: of numbers alone, and of vectors and a matrix, with names for parts."""

from __future__ import annotations

from random import Random

LETTERS = ("x", "y", "a", "b")
UNARY = (
    "sin({})",
    "exp(-({})^2)",
    "sigma({})",
    "tanh({})",
    "({})^2",
    "({})^3",
    "-({})",
    "relu({})",
    "log(1 + ({})^2)",
    "abs({})",
    "sqrt(1 + ({})^2)",
)
BINARY = ("({}) + ({})", "({}) - ({})", "({})*({})", "({})/(2 + ({})^2)", "max({}, {})", "({})*({}) - 1")
VECTORS = (
    "sigma({})",
    "({}) .* ({})",
    "({}) + ({})",
    "({}) - ({})",
    "A*({})",
    "A'*({})",
    "({}) .* (1 - ({}))",
    "softmax({})",
    "tanh({})",
    "c*({})",
)
ENDS = ("sum({})", "norm2({})^2", "u.({})", "({}).({})", "log(1 + sum(({}) .* ({})))", "mean({})")


def random_scalar(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(LETTERS)
    pattern = rng.choice(UNARY if rng.random() < 0.45 else BINARY)
    return pattern.format(*[random_scalar(rng, depth - 1) for _ in range(pattern.count("{}"))])


def random_vector(rng, depth):
    if depth == 0:
        return rng.choice(("u", "v", "w"))
    pattern = rng.choice(VECTORS)
    return pattern.format(*[random_vector(rng, depth - 1) for _ in range(pattern.count("{}"))])


def random_formula(seed):
    rng = Random(seed)
    if seed % 2:
        names = "".join(f"{n} = {random_scalar(rng, 2)}; " for n in ("h", "m")[: rng.randrange(3)])
        return names + (f"h*({random_scalar(rng, 2)}) + " if "h =" in names else "") + random_scalar(rng, 3), {n: () for n in LETTERS}
    end = rng.choice(ENDS)
    text = "u, v, w: vector(3); A: matrix(3,3); c: scalar; " + (f"h = {random_vector(rng, 2)}; " if rng.random() < 0.5 else "")
    body = end.format(*[random_vector(rng, 2) for _ in range(end.count("{}"))])
    return text + ("sum(h .* v) + " if "h =" in text else "") + body, {"u": (3,), "v": (3,), "w": (3,), "A": (3, 3), "c": ()}
