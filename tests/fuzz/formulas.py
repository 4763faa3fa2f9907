"""Random well-typed formulas, each built together with a PyTorch program that computes the same value.

A `Term` carries its text and its PyTorch function side by side, both taken from one rule of the list below; nothing is
translated from symdiff's own nodes. `formula(rng)` makes one; `smaller(formula)` yields simpler ones for shrinking.

Shapes are tuples of dimension names: () scalar, ("n",) vector, ("m", "n") matrix, ("1", "n") row. A kind restricts the
entries: "" any real, "+" positive, "u" in (-1, 1), "p" in (0, 1), "!" a well-conditioned matrix of positive determinant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import accumulate
from random import Random
from typing import Any

import numpy as np
import torch

Shape = tuple[str, ...]
Value = Any
Env = dict[str, Any]

# Levels of text, as the language binds: 0 nothing, 1 sum, 2 product, 3 sign, 4 dot, 5 power, 6 postfix, 7 atom.
ATOM = 7


@dataclass(frozen=True, eq=False)
class Term:
    """A piece of a formula: its text and its value in PyTorch.

    pattern: format string over the arguments (`{0:2}` puts brackets around a first argument that binds looser than 2).
    run: tensors to tensor; a leaf's takes the environment. safe: how far the arguments are from a kink or a pole.
    index: (letter, dimension) of an index sum, whose `run` takes the list of the body's values.
    """

    pattern: str
    level: int
    shape: Shape
    kind: str
    run: Callable[..., Value]
    args: tuple[Term, ...] = ()
    safe: Callable[..., Value] | None = None
    index: tuple[str, str] | None = None

    def __format__(self, level: str) -> str:
        text = self.pattern.format(*self.args)
        return f"({text})" if self.level < int(level or 0) else text

    def value(self, env: Env, margins: list[Value] | None = None) -> Value:
        """The value, of shape `shape` at the sizes in env; margins collects the distances from kinks and poles."""
        if self.index:
            letter, dim = self.index
            return self.run(torch.stack([self.args[0].value({**env, letter: i}, margins) for i in range(env[dim])]))
        if not self.args:
            return self.run(env)
        xs = [a.value(env, margins) for a in self.args]
        if margins is not None and self.safe is not None:
            margins.append(self.safe(*xs).min())
        return self.run(*xs)

    def walk(self) -> Iterator[Term]:
        yield self
        for a in self.args:
            yield from a.walk()


@dataclass(frozen=True)
class Variable:
    name: str
    shape: Shape
    kind: str = ""
    words: str = ""  # its properties, as declared

    def declaration(self, dims: Mapping[str, str]) -> str:
        word = ("scalar", "vector", "matrix")[len(self.shape)]
        size = "(" + ", ".join(dims[d] for d in self.shape) + ")" if self.shape else ""
        return f"{self.name}: {self.words} {word}{size}".replace(":  ", ": ")

    def project(self, g: Value, first: int) -> Value:
        """The derivative within the variable's space: g's axes first, first + 1 are those of the variable."""
        if self.words in ("symmetric", "psd"):
            return (g + g.transpose(first, first + 1)) / 2
        if self.words == "diagonal":
            mask = torch.eye(g.shape[first])
            return g * mask.reshape((1,) * first + mask.shape + (1,) * (g.dim() - first - 2))
        return g


VARIABLES = [
    Variable("s", ()), Variable("t", ()), Variable("c", (), "+", "positive"),
    Variable("x", ("n",)), Variable("z", ("n",)), Variable("y", ("m",)), Variable("v", ("k",)),
    Variable("p", ("n",), "+", "positive"), Variable("b", ("m",), "+", "nonnegative"),
    Variable("A", ("m", "n")), Variable("B", ("n", "k")), Variable("C", ("m", "n")), Variable("R", ("m", "k"), "+", "positive"),
    Variable("S", ("n", "n")), Variable("Q", ("m", "m")),
    Variable("P", ("n", "n"), "!", "psd"), Variable("W", ("n", "n"), "", "symmetric"), Variable("D", ("n", "n"), "!", "diagonal"),
    Variable("O", ("n", "n"), "", "orthogonal"), Variable("h", ("n",), "", "onehot"), Variable("q", ("m",), "p", "simplex"),
]  # fmt: skip
SIZES = {"n": 3, "m": 2, "k": 4}  # all different, so that a missing transpose cannot hide
NAMES = ("u", "h1", "score")
CONSTANT = {"orthogonal", "onehot", "simplex"}  # facts about data; nobody differentiates by such a variable here


def draw(variable: Variable, env: Env, rng: Random) -> Value:
    """A random value that keeps the variable's promises."""
    shape = [env[d] for d in variable.shape]
    noise = torch.tensor([rng.uniform(-1.5, 1.5) for _ in range(math.prod(shape))]).reshape(shape)
    match variable.words:
        case "positive" | "nonnegative":
            return noise.abs() + 0.3
        case "symmetric":
            return (noise + noise.T) / 2
        case "psd":
            return noise @ noise.T + torch.eye(shape[0])
        case "diagonal":
            return torch.diag(torch.diagonal(noise).abs() + 0.5)
        case "orthogonal":
            return torch.linalg.qr(noise + 2 * torch.eye(shape[0])).Q
        case "onehot":
            return torch.eye(shape[0])[rng.randrange(shape[0])]
        case "simplex":
            return torch.softmax(noise, 0)
    return noise


@dataclass(frozen=True, eq=False)
class Function:
    """An opaque function of declared shapes, and a smooth program in its place: c + M*u + sin(E*u), u the arguments' entries.

    The derivatives that symdiff's code asks for are written out here; PyTorch takes its own of `value`.
    """

    name: str
    args: tuple[Shape, ...]
    shape: Shape

    def declaration(self, dims: Mapping[str, str]) -> str:
        args = ", ".join(Variable("", a).declaration(dims)[2:] for a in self.args)
        return f"{self.name}: {args} -> {Variable('', self.shape).declaration(dims)[2:]}"

    @cached_property
    def numbers(self) -> tuple[Value, Value, Value]:
        """c, M and E."""
        rows, columns = (sum(math.prod(SIZES[d] for d in s) for s in shapes) for shapes in ([self.shape], self.args))
        phase = torch.arange(1.0, rows * columns + 1, dtype=torch.float64).reshape(rows, columns) + len(self.name)
        return torch.cos(phase[:, 0]), torch.sin(3 * phase) / 2, torch.cos(5 * phase)

    def value(self, *xs: Value) -> Value:
        c, m, e = self.numbers
        u = torch.cat([x.reshape(-1) for x in xs])
        return (c + m @ u + torch.sin(e @ u)).reshape([SIZES[d] for d in self.shape])

    def derivative(self, by: tuple[int, ...], *xs: Any) -> Any:
        """The derivative by the arguments of these places, an array; the value's axes first."""
        c, m, e = (x.numpy() for x in self.numbers)
        u = np.concatenate([np.reshape(x, -1) for x in xs])
        found = (c + m @ u + np.sin(e @ u), m + np.cos(e @ u)[:, None] * e, -np.einsum("o,oi,oj->oij", np.sin(e @ u), e, e))[len(by)]
        begins = np.cumsum([0, *[np.size(x) for x in xs]])
        part = found[(slice(None), *[slice(begins[k], begins[k + 1]) for k in by])]
        return part.reshape([SIZES[d] for d in self.shape] + [d for k in by for d in np.shape(xs[k])])

    def given(self) -> dict[str, Callable[..., Any]]:
        """What compiled code takes: phi, Dphi, DDphi, or D1phi, D2phi, … of several arguments."""
        places = range(len(self.args))
        asked = [(), *[(k,) for k in places], *[(k, j) for k in places for j in places]]
        word = "D" if len(self.args) == 1 else "D{}"
        return {"".join(word.format(k + 1) for k in by) + self.name: partial(self.derivative, by) for by in asked}


FUNCTIONS = [
    Function("phi", ((),), ()), Function("psi", (("n",),), ("n",)), Function("rho", (("m",),), ()), Function("omega", ((), ()), ()),
    Function("chi", (("m", "n"),), ()), Function("eta", (("n",), ()), ("m",)), Function("xi", ((),), ("m",)),
]  # fmt: skip


# ---------------------------------------------------------------------------------------------- rules


@dataclass(frozen=True)
class Rule:
    """How a term of some shape is made of others. Shapes are written in letters, "*" is any one shape, "1a" a row."""

    result: str
    args: tuple[str, ...]
    pattern: str
    level: int
    run: Callable[..., Value]
    weight: float = 1.0
    safe: Callable[..., Value] | None = None


RULES: list[Rule] = []


def rule(result: str, args: str, pattern: str, level: int, run: Callable[..., Value], weight: float = 1.0,
         safe: Callable[..., Value] | None = None) -> None:  # fmt: skip
    """args: shapes separated by commas; "-" is a scalar. A kind stands behind a colon: "*:+" any shape, positive."""
    RULES.append(Rule(result, tuple(args.split()), pattern, level, run, weight, safe))


def call(name: str, run: Callable[..., Value], args: str = "*", result: str = "*", weight: float = 0.25,
         safe: Callable[..., Value] | None = None) -> None:  # fmt: skip
    holes = ", ".join(f"{{{i}}}" for i in range(len(args.split())))
    rule(result, args, f"{name}({holes})", ATOM, run, weight, safe)


def away(*points: float) -> Callable[..., Value]:
    return lambda x: torch.stack([(x - p).abs().min() for p in points])


def apart(x: Value, *rest: Value) -> Value:
    return torch.stack([(x - r).abs().min() for r in rest])


def top_two(x: Value) -> Value:
    """How far the largest entry is ahead of the second, and the smallest behind."""
    a = x.flatten().sort().values
    return torch.minimum(a[-1] - a[-2], a[1] - a[0])


def rows_top_two(x: Value) -> Value:
    a = x.sort(dim=-1).values
    return (a[..., -1] - a[..., -2]).min()


def softplus(x: Value) -> Value:
    """Without the threshold of PyTorch's own, which has the second derivative 0 from 20 on."""
    return torch.logaddexp(x, torch.zeros_like(x))


def det_safe(a: Value) -> Value:
    return torch.linalg.det(a).abs()


def size_safe(x: Value) -> Value:
    return 4 - x.abs().max()


# sums and signs
for kind in ("", ":+"):
    star = "*" + kind
    rule(star, f"{star} {star}", "{0:1} + {1:2}", 1, torch.add, 3)
    rule(star, f"{star} -{kind}", "{0:1} + {1:2}", 1, torch.add, 0.5)
    rule(star, f"-{kind} {star}", "{0:1} + {1:2}", 1, torch.add, 0.5)
    rule(star, f"-{kind} {star}", "{0:2}*{1:3}", 2, torch.mul, 1.5)
    rule(star, f"{star} -{kind}", "{0:2}*{1:3}", 2, torch.mul, 1)
    rule(star, f"{star} -:+", "{0:2}/{1:4}", 2, torch.div, 1)
    rule(star, f"{star} {star}", "{0:2} .* {1:3}", 2, torch.mul, 1.5)
    rule(star, f"{star} *:+", "{0:2} ./ {1:4}", 2, torch.div, 1)
    rule(f"-{kind}", f"-{kind} -{kind}", "{0:2}*{1:3}", 2, torch.mul, 3)
rule("*", "* *", "{0:1} - {1:2}", 1, torch.sub, 3)
rule("*", "- *", "{0:1} - {1:2}", 1, torch.sub, 0.7)
rule("*", "* -", "{0:1} - {1:2}", 1, torch.sub, 0.7)
rule("*", "*", "-{0:4}", 3, torch.neg, 1)
rule("*:p", "*:p", "1 - {0:2}", 1, lambda x: 1 - x, 1, lambda x: 1 - x)
rule("*", "* *", "{0:2} ./ {1:4}", 2, torch.div, 0.5, lambda a, b: b.abs())
rule("*", "* -", "{0:2}/{1:4}", 2, torch.div, 0.5, lambda a, b: b.abs())
rule("*:+", "*:+", "1 ./ {0:4}", 2, torch.reciprocal, 0.4)
rule("-:+", "-:+", "1/{0:4}", 2, torch.reciprocal, 0.6)

# powers
rule("*:+", "*", "1 + {0:6}.^2", 1, lambda x: 1 + x**2, 0.7)
for k in (2, 3):
    rule("*", "*", f"{{0:6}}.^{k}", 5, lambda x, k=k: x**k, 0.6)
    rule("-", "-", f"{{0:6}}^{k}", 5, lambda x, k=k: x**k, 1)
rule("*", "*", "{0:6}.^-1", 5, torch.reciprocal, 0.2, torch.abs)
rule("-", "-", "{0:6}^-2", 5, lambda x: x**-2, 0.3, torch.abs)
for power, number in (("(1/2)", 0.5), ("(-1/2)", -0.5), ("1.5", 1.5), ("(-2)", -2.0), ("(2/3)", 2 / 3)):
    rule("*:+", "*:+", f"{{0:6}}.^{power}", 5, lambda x, r=number: x**r, 0.25)
    rule("-:+", "-:+", f"{{0:6}}^{power}", 5, lambda x, r=number: x**r, 0.3)
rule("*:+", "*:+ -", "{0:6}.^{1:6}", 5, torch.pow, 0.2, lambda a, b: size_safe(b))
rule("*:+", "*:+ *", "{0:6}.^{1:6}", 5, torch.pow, 0.2, lambda a, b: size_safe(b))
rule("-:+", "-:+ -", "{0:6}^{1:6}", 5, torch.pow, 0.3, lambda a, b: size_safe(b))
rule("*:+", "*", "2 .^ {0:6}", 5, lambda x: 2.0**x, 0.2, size_safe)

rule("*", "*", "{0:6}.^0", 5, torch.ones_like, 0.05)
rule("*", "*", "{0:6}.^-3", 5, lambda x: x**-3, 0.1, lambda x: x.abs() - 0.2)
rule("-", "-", "{0:6}^0", 5, torch.ones_like, 0.05)
rule("*:+", "-:+ *", "{0:6} .^ {1:6}", 5, torch.pow, 0.2, lambda a, b: size_safe(b))

# products
rule("-", "a a", "{0:6}.{1:6}", 4, torch.dot, 3)
rule("-", "a a", "dot({0}, {1})", ATOM, torch.dot, 0.3)
rule("-", "a a", "{0:6}'*{1:3}", 2, torch.dot, 1)
rule("-", "a ab b", "{0:6}'*{1:3}*{2:3}", 2, lambda x, a, y: x @ a @ y, 1.5)
rule("-", "a aa a", "{0:6}'*{1:3}*{2:3}", 2, lambda x, a, y: x @ a @ y, 2)
rule("a", "aa a", "{0:2}*{1:3}", 2, torch.mv, 1.5)
rule("a", "ab b", "{0:2}*{1:3}", 2, torch.mv, 4)
rule("a", "ab b", "{0:6}.{1:6}", 4, torch.mv, 0.3)
rule("a", "ba b", "{0:6}'*{1:3}", 2, lambda a, x: a.T @ x, 2)
rule("a", "ba b", "({1:6}'*{0:3})'", 6, lambda a, x: a.T @ x, 0.3)
rule("ab", "ac cb", "{0:2}*{1:3}", 2, torch.mm, 1.5)
rule("ab", "ac cb", "{0:5} @ {1:5}", 2, torch.mm, 0.3)
rule("ab", "ac bc", "{0:2}*{1:6}'", 2, lambda a, b: a @ b.T, 1)
rule("ab", "ca cb", "{0:6}'*{1:3}", 2, lambda a, b: a.T @ b, 1)
rule("ab", "ba", "{0:6}'", 6, torch.t, 1)
rule("ab", "a b", "{0:2}*{1:6}'", 2, torch.outer, 1.5)
rule("ab", "a b", "outer({0}, {1})", ATOM, torch.outer, 0.5)
rule("aa", "a", "diag({0})", ATOM, torch.diag, 1)
rule("ab", "a ab", "diag({0})*{1:3}", 2, lambda x, a: x[:, None] * a, 0.7)
rule("ab", "ab b", "{0:2}*diag({1})", 2, lambda a, x: a * x, 0.7)
rule("a", "aa", "diag({0})", ATOM, torch.diagonal, 0.5)
rule("aa", "aa", "{0:6}^2", 5, lambda a: a @ a, 0.5)
rule("aa", "aa", "{0:6}^3", 5, lambda a: a @ a @ a, 0.15)
rule("1a", "a", "{0:6}'", 6, lambda x: x[None, :], 4)
rule("1a", "1b ba", "{0:2}*{1:3}", 2, torch.mm, 3)
rule("-", "1a a", "{0:2}*{1:3}", 2, lambda r, x: (r @ x)[0], 0.5)
rule("a", "1a", "{0:6}'", 6, lambda r: r[0], 0.3)
rule("ab", "a 1b", "{0:2}*{1:3}", 2, lambda x, r: x[:, None] @ r, 0.3)

# whole vectors and matrices
for s in ("a", "ab"):
    rule("-", s, "sum({0})", ATOM, torch.sum, 1.5)
    rule("-", s, "mean({0})", ATOM, torch.mean, 0.7)
    rule("-:+", s, "norm2({0})", ATOM, lambda x: torch.sqrt((x * x).sum()), 1, lambda x: (x * x).sum())
    rule("-", s, "norm2({0})^2", 5, lambda x: (x * x).sum(), 1)
    rule("-", s, "norm1({0})", ATOM, lambda x: x.abs().sum(), 0.3, torch.abs)
    rule("-", s, "norminf({0})", ATOM, lambda x: x.abs().max(), 0.2, lambda x: torch.minimum(top_two(x.abs()), x.abs().min()))
    rule("-", s, "max({0})", ATOM, torch.amax, 0.3, top_two)
    rule("-", s, "min({0})", ATOM, torch.amin, 0.2, top_two)
    rule("-", s, "var({0})", ATOM, lambda x: ((x - x.mean()) ** 2).mean(), 0.3)
    rule("-", s, "var({0}, 1)", ATOM, lambda x: ((x - x.mean()) ** 2).sum() / (x.numel() - 1), 0.15)
    rule("-", s, "std({0})", ATOM, lambda x: torch.sqrt(((x - x.mean()) ** 2).mean()), 0.2, lambda x: ((x - x.mean()) ** 2).mean())
    rule("-", s, "prod({0})", ATOM, torch.prod, 0.2, torch.abs)
rule("-:+", "a:+", "sum({0})", ATOM, torch.sum, 1)
rule("-", "ab ab", "sum({0:2} .* {1:3})", ATOM, lambda a, b: (a * b).sum(), 0.5)
rule("-", "ab ab", "tr({0:6}'*{1:3})", ATOM, lambda a, b: (a * b).sum(), 0.7)
rule("-", "aa", "tr({0})", ATOM, torch.trace, 2)
rule("-", "aa aa", "tr({0:2}*{1:3})", ATOM, lambda a, b: torch.trace(a @ b), 0.7)
rule("-", "aa:! a", "{1:6}'*{0:3}*{1:3}", 2, lambda a, x: x @ a @ x, 0.5)
rule("-", "aa", "det({0})", ATOM, torch.linalg.det, 0.5, det_safe)
rule("-", "aa:!", "logdet({0})", ATOM, torch.logdet, 1.2)
rule("-", "aa:!", "log(det({0}))", ATOM, torch.logdet, 0.3)
rule("aa", "aa:!", "inv({0})", ATOM, torch.linalg.inv, 0.7)
rule("aa", "aa:!", "{0:6}^-1", 5, torch.linalg.inv, 0.3)
rule("aa", "aa", "inv({0})", ATOM, torch.linalg.inv, 0.2, det_safe)
rule("a", "aa:! a", "inv({0})*{1:3}", 2, torch.linalg.solve, 1)
rule("aa:!", "ba", "{0:6}'*{0:3} + eye", 1, lambda a: a.T @ a + torch.eye(a.shape[1]), 1)
rule("aa:!", "-:+ ba", "{1:6}'*{1:3} + {0:2}*eye", 1, lambda c, a: a.T @ a + c * torch.eye(a.shape[1]), 0.5, lambda c, a: c)
rule("aa:!", "aa:!", "{0:6}'", 6, torch.t, 0.4)
rule("aa:!", "aa:! aa:!", "{0:2}*{1:3}", 2, torch.mm, 0.3)
rule("aa:!", "a:+", "diag({0})", ATOM, torch.diag, 0.7)
for s in ("a", "ab"):
    rule(s + ":p", s, "softmax({0})", ATOM, lambda x: torch.softmax(x, -1), 0.8)
    rule(s, s, "log_softmax({0})", ATOM, lambda x: torch.log_softmax(x, -1), 0.4)
    rule(s, s, "cumsum({0})", ATOM, lambda x: torch.cumsum(x, -1), 0.15)
rule("-", "a", "logsumexp({0})", ATOM, lambda x: torch.logsumexp(x, -1), 0.7)
rule("a", "ab", "logsumexp({0})", ATOM, lambda x: torch.logsumexp(x, -1), 0.3)
rule("a", "ab", "rowsum({0})", ATOM, lambda a: a.sum(1), 0.5)
rule("b", "ab", "colsum({0})", ATOM, lambda a: a.sum(0), 0.5)
rule("a", "ab", "rowmax({0})", ATOM, lambda a: a.amax(1), 0.15, rows_top_two)
rule("-", "ab", "sum(vec({0}))", ATOM, torch.sum, 0.1)
rule("-", "ab cd", "norm2(kron({0}, {1}))^2", 5, lambda a, b: (a * a).sum() * (b * b).sum(), 0.1)
rule("-", "ab ab", "vec({0}).vec({1})", 4, lambda a, b: (a * b).sum(), 0.1)
rule("-", "a b a b", "kron({0}, {1}).kron({2}, {3})", 4, lambda x, y, z, w: torch.dot(x, z) * torch.dot(y, w), 0.1)
rule("-", "ab b a", "vec({0}).kron({1}, {2})", 4, lambda a, x, y: y @ a @ x, 0.1)
rule("-", "ab cd b d", "sum(kron({0}, {1})*kron({2}, {3}))", ATOM, lambda a, b, x, y: (a @ x).sum() * (b @ y).sum(), 0.1)
rule("-", "aa bb", "tr(kron({0}, {1}))", ATOM, lambda a, b: torch.trace(a) * torch.trace(b), 0.1)
rule("-", "aa:! bb:!", "logdet(kron({0}, {1}))", ATOM, lambda a, b: b.shape[0] * torch.logdet(a) + a.shape[0] * torch.logdet(b), 0.1)
rule("*", "* *", "{0:2} ⊙ {1:4}", 2, torch.mul, 0.3)
rule("aa:!", "aa:!", "{0:6}^-2", 5, lambda a: torch.linalg.inv(a @ a), 0.1)
rule("-", "aa:! a", "{1:6}'*inv({0})*{1:3}", 2, lambda a, x: x @ torch.linalg.solve(a, x), 0.3)
rule("-", "aa:! aa", "tr(inv({0})*{1:3})", ATOM, lambda a, b: torch.trace(torch.linalg.solve(a, b)), 0.3)
rule("-", "a a:p", "cross_entropy({1}, {0})", ATOM, lambda x, p: -(x * torch.log(p)).sum(), 0.15)
rule("*", "*:p *", "bce({0}, {1})", ATOM, lambda a, y: -(y * torch.log(a) + (1 - y) * torch.log(1 - a)), 0.1)
rule("*", "*", "hinge({0})", ATOM, lambda x: torch.relu(1 - x), 0.1, away(1))
rule("*", "*", "logloss({0})", ATOM, lambda x: softplus(-x), 0.1)
rule("*", "*", "zero_one({0})", ATOM, lambda x: (x <= 0).to(x.dtype), 0.05, torch.abs)
rule("*", "*", "ceil({0})", ATOM, torch.ceil, 0.05, lambda x: (x - torch.round(x)).abs())

# entries
for k in (1, 2):
    rule("-", "a", f"{{0:7}}[{k}]", 6, lambda x, k=k: x[k - 1], 0.2)
    rule("b", "ab", f"{{0:7}}[{k},:]", 6, lambda a, k=k: a[k - 1], 0.15)
    rule("a", "ab", f"{{0:7}}[:,{k}]", 6, lambda a, k=k: a[:, k - 1], 0.15)
    rule("-", "ab", f"{{0:7}}[{k},2]", 6, lambda a, k=k: a[k - 1, 1], 0.15)

# elementwise functions
SQRT2 = math.sqrt(2.0)
rule("*:+", "*", "exp({0})", ATOM, torch.exp, 1.5, size_safe)
rule("*:+", "*", "exp(-{0:4})", ATOM, lambda x: torch.exp(-x), 0.5, size_safe)
call("log", torch.log, "*:+", weight=1.5)
call("sqrt", torch.sqrt, "*:+", "*:+", 0.5)
call("sigma", torch.sigmoid, "*", "*:p", 1.5)
call("tanh", torch.tanh, "*", "*:u", 0.8)
call("sin", torch.sin, "*", "*:u", 0.6)
call("cos", torch.cos, "*", "*:u", 0.5)
call("relu", torch.relu, weight=0.6, safe=torch.abs)
call("abs", torch.abs, weight=0.5, safe=torch.abs)
rule("*", "*", "|{0:7}|", 6, torch.abs, 0.2, torch.abs)
call("sign", torch.sign, weight=0.15, safe=torch.abs)
call("softplus", softplus, "*", "*:+", 0.4)
call("log1p", torch.log1p, "*:+", "*:+")
call("log2", torch.log2, "*:+", weight=0.1)
call("log10", torch.log10, "*:+", weight=0.1)
call("expm1", torch.expm1, safe=size_safe)
call("cbrt", lambda x: torch.sign(x) * x.abs() ** (1 / 3), safe=torch.abs, weight=0.1)
call("tan", torch.tan, "*:u", weight=0.1)
call("cot", lambda x: 1 / torch.tan(x), "*:p", weight=0.1)
call("sec", lambda x: 1 / torch.cos(x), "*:u", "*:+", weight=0.1)
call("csc", lambda x: 1 / torch.sin(x), "*:p", "*:+", weight=0.1)
call("arcsin", torch.asin, "*:u", weight=0.15, safe=lambda x: 0.97 - x.abs())
call("arccos", torch.acos, "*:u", weight=0.1, safe=lambda x: 0.97 - x.abs())
call("arctan", torch.atan, weight=0.2)
call("arccot", lambda x: math.pi / 2 - torch.atan(x), weight=0.05)
call("sinh", torch.sinh, weight=0.15, safe=size_safe)
call("cosh", torch.cosh, "*", "*:+", 0.15, size_safe)
call("coth", lambda x: 1 / torch.tanh(x), weight=0.05, safe=torch.abs)
call("sech", lambda x: 1 / torch.cosh(x), "*", "*:p", 0.1, size_safe)
call("csch", lambda x: 1 / torch.sinh(x), weight=0.05, safe=torch.abs)
call("arcsinh", torch.asinh, weight=0.15)
call("arctanh", torch.atanh, "*:u", weight=0.1, safe=lambda x: 0.97 - x.abs())
rule("*:+", "*:+", "arccosh(1 + {0:2})", ATOM, lambda x: torch.acosh(1 + x), 0.1)
call("arcsech", lambda x: torch.acosh(1 / x), "*:p", weight=0.05, safe=lambda x: 0.97 - x)
call("leaky_relu", lambda x: torch.where(x > 0, x, 0.01 * x), weight=0.15, safe=torch.abs)
call("elu", torch.nn.functional.elu, weight=0.15, safe=torch.abs)
call("selu", torch.nn.functional.selu, weight=0.1, safe=torch.abs)
call("softsign", lambda x: x / (1 + x.abs()), "*", "*:u", 0.1, torch.abs)
call("silu", lambda x: x * torch.sigmoid(x), weight=0.2)
call("mish", lambda x: x * torch.tanh(torch.log1p(torch.exp(x))), weight=0.1)
call("gelu", lambda x: x * (1 + torch.erf(x / SQRT2)) / 2, weight=0.2)
call("hardtanh", lambda x: torch.clamp(x, -1, 1), weight=0.15, safe=away(-1, 1))
call("step", lambda x: torch.where(x > 0, torch.ones_like(x), torch.zeros_like(x)), weight=0.1, safe=torch.abs)
call("erf", torch.erf, "*", "*:u", 0.2)
call("erfc", torch.erfc, weight=0.1)
call("erfinv", torch.erfinv, "*:u", weight=0.05, safe=lambda x: 0.97 - x.abs())
call("gamma", lambda x: torch.exp(torch.lgamma(x)), "*:+", "*:+", 0.1, size_safe)
call("lgamma", torch.lgamma, "*:+", weight=0.1)
call("digamma", torch.digamma, "*:+", weight=0.1)
call("floor", torch.floor, weight=0.05, safe=lambda x: (x - torch.round(x)).abs())
call("round", torch.round, weight=0.05, safe=lambda x: (x - torch.floor(x) - 0.5).abs())
call("max", torch.maximum, "* *", weight=0.6, safe=apart)
call("min", torch.minimum, "* *", weight=0.4, safe=apart)
rule("*", "*", "max({0}, 0)", ATOM, torch.relu, 0.4, torch.abs)
rule("*", "*", "max(1 - {0:2}, 0)", ATOM, lambda x: torch.relu(1 - x), 0.4, away(1))
rule("*", "*", "clip({0}, -1, 1/2)", ATOM, lambda x: torch.clamp(x, -1, 0.5), 0.15, away(-1, 0.5))
rule("*", "* -:+", "huber({0}, {1})", ATOM, lambda x, d: torch.where(x.abs() <= d, x**2 / 2, d * (x.abs() - d / 2)), 0.2,
     lambda x, d: (x.abs() - d).abs())  # fmt: skip
call("atan2", torch.atan2, "*:+ *", weight=0.1)
call("hypot", lambda a, b: torch.sqrt(a * a + b * b), "* *:+", "*:+", 0.15)
call("logaddexp", torch.logaddexp, "* *", weight=0.15)
call("xlogy", torch.xlogy, "* *:+", weight=0.15)
rule("*", "* * * *", "if({0:1} < {1:1}, {2}, {3})", ATOM, lambda a, b, c, d: torch.where(a < b, c, d), 0.3,
     lambda a, b, c, d: (a - b).abs())  # fmt: skip
rule("*", "- - * *", "if({0:1} >= {1:1}, {2}, {3})", ATOM, lambda a, b, c, d: torch.where(a >= b, c, d), 0.15,
     lambda a, b, c, d: (a - b).abs())  # fmt: skip
rule("*", "* *", "[{0:1} > {1:1}]", ATOM, lambda a, b: (a > b).to(a.dtype), 0.25, apart)
rule("*", "* * *", "[{0:1} < {1:1} and {2:1} > 0]", ATOM, lambda a, b, c: ((a < b) & (c > 0)).to(a.dtype), 0.1,
     lambda a, b, c: torch.minimum((a - b).abs().min(), c.abs().min()))  # fmt: skip
rule("*", "* *", "[not {0:1} <= {1:1}]*2", 2, lambda a, b: 2 * (a > b).to(a.dtype), 0.05, apart)

INDEX_SUMS = [("sum", lambda v: v.sum(0)), ("mean", lambda v: v.mean(0)), ("prod", lambda v: v.prod(0))]

NUMBERS = ["1", "2", "3", "0.5", "1/3", "0.25", "10", "7/2"]


# ---------------------------------------------------------------------------------------------- making formulas


@dataclass(frozen=True, eq=False)
class Formula:
    """Bindings, then a value: `str` is the text; `value(env)` the PyTorch program."""

    bindings: tuple[tuple[str, Term], ...]
    term: Term
    variables: tuple[Variable, ...]
    dims: Mapping[str, str]  # how each dimension is written: its name, or its size
    functions: tuple[Function, ...] = ()

    def __str__(self) -> str:
        declared: tuple[Variable | Function, ...] = (*self.variables, *self.functions)
        lines = [v.declaration(self.dims) for v in declared]
        return "; ".join([*lines, *[f"{name} = {value}" for name, value in self.bindings], f"{self.term}"])

    def value(self, env: Env, margins: list[Value] | None = None) -> Value:
        env = dict(env)
        for name, term in self.bindings:
            if name not in env:  # one that is differentiated by comes from outside
                env[name] = term.value(env, margins)
        return self.term.value(env, margins)

    def bound(self, name: str, env: Env) -> Value:
        """The value of a bound name."""
        env = dict(env)
        for other, term in self.bindings:
            env[other] = term.value(env)
        value: Value = env[name]
        return value

    def free(self) -> list[Variable]:
        """The variables that occur and that someone would differentiate by."""
        used = set().union(*[words(t, "size(") for t in (self.term, *[value for _, value in self.bindings])])
        return [v for v in self.variables if v.words not in CONSTANT and v.name in used]

    def trimmed(self) -> Formula:
        """Without the bindings and declarations that the value does not use."""
        used = words(self.term)
        kept: list[tuple[str, Term]] = []
        for name, term in self.bindings[::-1]:
            if name in used:
                used |= words(term)
                kept.append((name, term))
        variables = [v for v in VARIABLES if v.name in used]
        for dim, text in self.dims.items():  # a size that is written by its name needs a declaration that has it
            if text in used and not any(dim in v.shape for v in variables):
                variables.append(next(v for v in VARIABLES if v.shape == (dim,)))
        functions = tuple(f for f in FUNCTIONS if f.name in used)
        return replace(self, bindings=tuple(kept[::-1]), variables=tuple(variables), functions=functions)


def words(term: Term, without: str = "") -> set[str]:
    """The names in the text; without: leave out those that stand directly behind this."""
    return set(re.findall(rf"(?<![A-Za-z0-9_]){'(?<!' + re.escape(without) + ')' if without else ''}[A-Za-z]\w*", f"{term}"))


@cache
def makers(shape: Shape, kind: str) -> tuple[tuple[tuple[Rule, dict[str, str]], ...], tuple[float, ...]]:
    """The rules that make a term of the shape and kind, each with its letters, and their weights."""
    found = [(r, matched(r.result.partition(":")[0], shape)) for r in RULES if r.result.partition(":")[2] in FITS[kind]]
    fitting = tuple((r, letters) for r, letters in found if letters is not None)
    return fitting, tuple(accumulate(r.weight for r, _ in fitting))


def matched(pattern: str, shape: Shape) -> dict[str, str] | None:
    """The letters of a rule's shape bound to dimensions, or None."""
    if pattern == "*":
        return {}
    letters = () if pattern == "-" else tuple(pattern)
    if len(letters) != len(shape):
        return None
    found: dict[str, str] = {"1": "1"}
    for letter, d in zip(letters, shape, strict=True):
        if (d == "1") != (letter == "1") or found.setdefault(letter, d) != d:
            return None
    return found


FITS = {"": {"", "+", "u", "p", "!"}, "+": {"+", "p"}, "u": {"u", "p"}, "p": {"p"}, "!": {"!"}}


@dataclass
class Maker:
    rng: Random
    dims: Mapping[str, str]
    opaque: float  # how often a part is an opaque function's value
    bindings: list[tuple[str, Term]] = field(default_factory=list)
    locals: list[tuple[str, str]] = field(default_factory=list)  # index letters in scope with their dimensions
    made: list[Term] = field(default_factory=list)

    def term(self, shape: Shape, kind: str, depth: int) -> Term:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.08:
            return self.leaf(shape, kind, depth)
        shared = [t for t in self.made if t.shape == shape and t.kind in FITS[kind]]
        if shared and not self.locals and rng.random() < 0.06:
            return rng.choice(shared)
        if shape == () and kind == "" and not self.locals and rng.random() < 0.07:
            return self.index_sum(depth)
        if kind == "" and not self.locals and rng.random() < self.opaque:
            functions = [f for f in FUNCTIONS if f.shape == shape]
            if functions:
                return self.application(rng.choice(functions), depth)
        options, weights = makers(shape, kind)
        if not options:
            return self.leaf(shape, kind, depth)
        chosen, letters = rng.choices(options, cum_weights=weights)[0]
        found = dict(letters)
        args = []
        for text in chosen.args:
            pattern, _, arg_kind = text.partition(":")
            wanted = shape if pattern == "*" else () if pattern == "-" else tuple(found.setdefault(d, rng.choice("nnmmk")) for d in pattern)
            args.append(self.term(wanted, arg_kind, depth - 1))
        made = Term(chosen.pattern, chosen.level, shape, chosen.result.partition(":")[2], chosen.run, tuple(args), chosen.safe)
        if not self.locals:
            self.made.append(made)
        return made

    def application(self, function: Function, depth: int) -> Term:
        args = tuple(self.term(shape, "", depth - 1) for shape in function.args)
        pattern = f"{function.name}({', '.join(f'{{{k}}}' for k in range(len(args)))})"
        return Term(pattern, ATOM, function.shape, "", function.value, args)

    def index_sum(self, depth: int) -> Term:
        name, run = self.rng.choices(INDEX_SUMS, [5, 1, 0.5])[0]
        dim = self.rng.choice("nm")
        size = self.dims[dim]
        self.locals.append(("i", dim))
        body = self.term((), "", depth - 1)
        self.locals.pop()
        return Term(f"{name}(i=1..{size}, {{0}})", ATOM, (), "", run, (body,), index=("i", dim))

    def leaf(self, shape: Shape, kind: str, depth: int) -> Term:
        rng = self.rng
        names = [v for v in VARIABLES if v.shape == shape and v.kind in FITS[kind]]
        names = [v for v in names if v.words not in CONSTANT or rng.random() < 0.3]
        found = [Term(v.name, ATOM, shape, v.kind, lambda env, n=v.name: env[n]) for v in names]
        for name, value in self.bindings:
            if value.shape == shape and value.kind in FITS[kind]:
                found += 4 * [Term(name, ATOM, shape, value.kind, lambda env, n=name: env[n])]
        for letter, dim in self.locals:
            found += self.entries(letter, dim, shape, kind)
        if kind in ("", "+") and rng.random() < (0.25 if found and shape == () else 0.06 if found else 1):
            constant = self.constant(shape, kind)
            if constant is not None:
                return constant
        if found:
            return rng.choice(found)
        if kind == "!":
            inner = self.term((rng.choice("nm"), shape[0]), "", min(depth, 1) - 1)
            return Term("{0:6}'*{0:3} + eye", 1, shape, "!", lambda a: a.T @ a + torch.eye(a.shape[1]), (inner,))
        if kind:
            inner = self.leaf(shape, "", depth)
            pattern, run = {"+": ("exp({0})", torch.exp), "u": ("tanh({0})", torch.tanh), "p": ("sigma({0})", torch.sigmoid)}[kind]
            return Term(pattern, ATOM, shape, kind, run, (inner,))
        if shape[0] == "1":
            return Term("{0:6}'", 6, shape, "", lambda x: x[None, :], (self.leaf(shape[1:], "", depth),))
        if len(shape) == 1:  # every vector has variables
            raise AssertionError(shape)
        transposed = [v for v in VARIABLES if v.shape == shape[::-1]]
        if transposed:
            v = rng.choice(transposed)
            inner = Term(v.name, ATOM, v.shape, v.kind, lambda env, n=v.name: env[n])
            return Term("{0:6}'", 6, shape, "", torch.t, (inner,))
        return Term("{0:2}*{1:6}'", 2, shape, "", torch.outer, tuple(self.leaf((d,), "", depth) for d in shape))

    @staticmethod
    def entries(letter: str, dim: str, shape: Shape, kind: str) -> list[Term]:
        """x[i] and A[i,:] for the index i."""
        found = []
        for v in VARIABLES:
            if v.kind not in FITS[kind] or v.words in CONSTANT:
                continue
            if v.shape == (dim, *shape):
                text = f"{v.name}[{letter}]" if not shape else f"{v.name}[{letter},:]"
                found += 3 * [Term(text, 6, shape, v.kind.strip("!"), lambda env, n=v.name: env[n][env[letter]])]
        return found

    def constant(self, shape: Shape, kind: str) -> Term | None:
        rng = self.rng
        text = rng.choice(NUMBERS)
        number = float(text.split("/")[0]) / float(text.split("/")[1]) if "/" in text else float(text)
        if shape == ():
            if rng.random() < 0.1:
                d = rng.choice("nm")
                return Term(
                    rng.choice([f"size({'x' if d == 'n' else 'y'})", self.dims[d]]), ATOM, (), "+", lambda env: torch.tensor(float(env[d]))
                )
            if rng.random() < 0.05:
                return Term("pi", ATOM, (), "+", lambda env: torch.tensor(math.pi))
            return Term(text, 2 if "/" in text else ATOM, (), "+", lambda env: torch.tensor(number))
        if "1" in shape:
            return None
        if len(shape) == 2 and shape[0] == shape[1] and not kind and rng.random() < 0.5:
            return Term(f"eye({self.dims[shape[0]]})", ATOM, shape, "", lambda env: torch.eye(env[shape[0]]))
        word = "vector" if len(shape) == 1 else "matrix"
        sizes = ", ".join(self.dims[d] for d in shape)
        return Term(f"{word}({text}, {sizes})", ATOM, shape, "+", lambda env: torch.full([env[d] for d in shape], number))


DEPTHS = (2, 8, 5, 1, 0.2)  # how often a formula is nested 1, 2, … deep: most time goes into the deep ones


def formula(rng: Random) -> Formula:
    """A random formula with up to three bindings; its value is mostly a scalar."""
    dims = {d: d for d in "nmk"} if rng.random() < 0.85 else {d: str(SIZES[d]) for d in "nmk"}
    maker = Maker(rng, dims, rng.choice([0, 0, 0, 0.15]))
    for name in NAMES[: rng.choice([0, 0, 1, 1, 2, 3])]:
        shape = rng.choice([(), ("n",), ("m",), ("m", "n"), ("n", "n")])
        maker.bindings.append((name, maker.term(shape, "", rng.choice([0, 1, 1, 2, 2, 3]))))
        maker.made.clear()
    shape = rng.choice([()] * 8 + [("n",), ("m",), ("m", "n"), ("1", "n")])
    for _ in range(6):  # until a binding is used
        term = maker.term(shape, "", rng.choices([1, 2, 3, 4, 5], DEPTHS)[0])
        made = Formula(tuple(maker.bindings), term, (), dims).trimmed()
        if made.bindings or not maker.bindings:
            break
    return made


def smaller(f: Formula) -> Iterator[Formula]:
    """Simpler formulas: a part replaced by one of its own parts, by a variable or by the number 2, bindings written out."""
    roots = [*f.bindings, ("", f.term)]
    for k in reversed(range(len(roots))):
        name, root = roots[k]
        for part in root.walk():
            for other in candidates(part):
                new = replaced(root, part, other)
                changed = [*roots[:k], (name, new), *roots[k + 1 :]]
                yield replace(f, bindings=tuple(changed[:-1]), term=changed[-1][1]).trimmed()


def candidates(part: Term) -> Iterator[Term]:
    if not part.args and (part.pattern == "2" or any(part.pattern == v.name for v in VARIABLES[:8])):
        return
    for inner in part.walk():
        if inner is not part and inner.shape == part.shape and inner.kind in FITS[part.kind]:
            yield inner
    if part.args:
        for v in VARIABLES:
            if v.shape == part.shape and v.kind in FITS[part.kind] and v.words not in CONSTANT:
                yield Term(v.name, ATOM, v.shape, v.kind, lambda env, n=v.name: env[n])
                break
    if part.shape == () and part.kind in ("", "+"):
        yield Term("2", ATOM, (), "+", lambda env: torch.tensor(2.0))


def replaced(root: Term, part: Term, other: Term) -> Term:
    if root is part:
        return other
    return replace(root, args=tuple(replaced(a, part, other) for a in root.args)) if root.args else root
