"""Random formulas for the tests of certificates: texts of the language, of a scalar or a vector x, with other letters."""

from __future__ import annotations

from random import Random

SCALARS = ["exp", "log", "sqrt", "abs", "relu", "softplus", "sigma", "tanh", "sinh", "cosh", "elu", "huber1", "square", "cube", "inverse", "erf", "arctan",
           "log1p", "expm1", "sin", "cos", "half", "arcsinh", "softsign", "hardtanh", "leaky", "silu", "gelu", "lgamma", "fourth", "power32", "log_sigma",
           "exp2", "logit", "log_sigmoid", "log_ndtr", "mish", "sech", "csch", "coth", "cot", "sec", "sinc", "arcsech"]  # fmt: skip
SPELLED = {"huber1": "huber({}, 1)", "square": "({})^2", "cube": "({})^3", "inverse": "1/({})", "half": "({})^0.5", "leaky": "leaky_relu({}, 0.1)",
           "fourth": "({})^4", "power32": "({})^1.5", "log_sigma": "log(sigma({}))"}  # fmt: skip
REDUCED = ["sum({})", "mean({})", "max({})", "min({})", "norm2({})", "norm1({})", "norminf({})", "norm2({})^2", "logsumexp({})", "var({})", "std({})", "sqrt(sum(({}).^2) + 1)",
           "normp({}, 3)", "c.({})", "p.({})", "q.({})", "({}).({})", "prod({})"]  # fmt: skip
LETTERS = {
    "a": "a: scalar",
    "b": "b: positive scalar",
    "c": "c: vector(n)",
    "p": "p: positive vector(n)",
    "q": "q: simplex vector(n)",
    "A": "A: matrix(n,n)",
    "P": "P: psd matrix(n,n)",
}


def scalar(rng: Random, depth: int) -> str:
    """A text of the number x."""
    if depth == 0:
        return rng.choice(["x", "x", "x", "x", "2*x", "-x", "x + 1", "1 - x", "a*x", "b*x", "x/b", "x - a", "3", "b", "a"])
    kind = rng.random()
    inner = scalar(rng, depth - 1)
    if kind < 0.45:
        f = rng.choice(SCALARS)
        return SPELLED.get(f, f + "({})").format(inner)
    other = scalar(rng, rng.randrange(depth))
    if kind < 0.85:
        return rng.choice(
            [
                "({} + {})",
                "({} - {})",
                "({})*({})",
                "max({}, {})",
                "min({}, {})",
                "({})/({})",
                "({} + 2*{})",
                "if({} > 0, {}, x)",
                "[x > {}]*({})",
            ]
        ).format(inner, other)
    return rng.choice(["-({})", "2*({})", "a*({})", "b*({})", "({}) + a"]).format(inner)


def vector(rng: Random, depth: int) -> str:
    """A text of a vector of x's length."""
    if depth == 0:
        return rng.choice(["x", "x", "x", "-x", "A*x", "A*x - c", "x - c", "p.*x", "c.*x", "2*x", "P*x", "x - mean(x)", "cumsum(x)"])
    inner = vector(rng, depth - 1)
    kind = rng.random()
    if kind < 0.5:
        f = rng.choice(
            [
                "exp",
                "log",
                "sqrt",
                "abs",
                "relu",
                "softplus",
                "sigma",
                "tanh",
                "square",
                "softmax",
                "log_softmax",
                "inverse",
                "half",
                "exp2",
                "log_ndtr",
                "gelu",
                "sech",
            ]
        )
        text = {"square": "({}).^2", "inverse": "1 ./ ({})", "half": "({}).^0.5"}.get(f, f + "({})")
        return text.format(inner)
    other = vector(rng, rng.randrange(depth))
    if kind < 0.9:
        return rng.choice(["({} + {})", "({} - {})", "({}) .* ({})", "max({}, {})", "({}) ./ ({})"]).format(inner, other)
    return rng.choice(["A*({})", "p .* ({})", "c .* ({})", "-({})"]).format(inner)


def reduced(rng: Random, depth: int) -> str:
    """A number made of a vector."""
    if rng.random() < 0.12:
        return rng.choice(
            [
                "x'*P*x",
                "x'*A*x",
                "x'*A'*A*x",
                "norm2(A*x - c)^2 + a*norm1(x)",
                "x'*inv(P)*x",
                "(x - c)'*P*(x - c)",
                "norm2(x)^2 - (c.x)^2",
                "x.x/b",
            ]
        )
    text = rng.choice(REDUCED)
    inner = vector(rng, depth)
    body = text.format(*[inner] * text.count("{}"))
    if rng.random() < 0.4:
        body = SPELLED.get(f := rng.choice(SCALARS), f + "({})").format(body)
    if rng.random() < 0.3:
        body = f"{body} {rng.choice('+-')} {reduced(rng, 0)}"
    return body


def formula(rng: Random) -> str:
    """A whole formula, declarations in front."""
    import re

    if rng.random() < 0.5:
        body = scalar(rng, rng.choice([1, 2, 2, 3]))
        kind = rng.choice(["x: scalar", "x: scalar", "x: positive scalar"])
    else:
        body = reduced(rng, rng.choice([0, 1, 1, 2]))
        kind = rng.choice(["x: vector(n)", "x: vector(n)", "x: positive vector(n)"])
    used = [text for name, text in LETTERS.items() if re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z_(])", body)]
    return "; ".join([kind, *used, body])
