"""Random formulas of rare kinds, each with a Python function of its value that knows nothing of symdiff.

Kinds: "ties" (arguments and entries that coincide by structure, indices that meet on a diagonal), "guards" (conditions before branches that
have no value), "ranges" (of an index that depend on another one), "zeros" (entries that are 0 or coincide at the point; without kinks, but
for norms and absolute values). `extremes.py` makes a fifth. A value is computed for many points at once: variables have the points as
their first axis, entries of index sums the two indices behind it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

N, D = 3, 2
Env = dict[str, Any]  # variables with the points in front
Value = Callable[[Env], Any]
Made = tuple[str, Value]  # the text, and the value

SIZES = {"s": (), "t": (), "x": (N,), "y": (N,), "X": (N, D)}
HEADER = "s, t: scalar; x, y: vector(n); X: matrix(n, d); "
KINDS = ("ties", "guards", "ranges", "zeros")

# The axes of a value beside the points: an entry has the two indices.
AXES = {"scalar": 0, "vector": 1, "matrix": 2, "entry": 2}
I, J = np.arange(1, N + 1)[:, None], np.arange(1, N + 1)[None, :]


def over(value: Any, kind: str) -> Any:
    """A value of one kind beside values of another: numbers spread."""
    return value.reshape(value.shape + (1,) * AXES[kind]) if np.ndim(value) == 1 else value


def huber(r: Any) -> Any:
    return np.where(abs(r) <= 1, r**2 / 2, abs(r) - 0.5)


def distance(e: Env) -> Any:
    return np.sqrt(((e["X"][:, :, None] - e["X"][:, None, :]) ** 2).sum(-1))


def apart(e: Env) -> Any:
    return e["x"][:, :, None] - e["x"][:, None, :]


class Maker:
    """One formula."""

    def __init__(self, seed: int, kind: str) -> None:
        self.rng = random.Random(seed)
        self.kind = kind
        self.smooth = kind == "zeros"
        self.pool: dict[str, list[Made]] = {"scalar": [], "vector": [], "matrix": [], "entry": []}

    def pick(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def made(self, kind: str, depth: int) -> Made:
        """A value of this kind; again and again one that was there before, perhaps in other words."""
        old = self.pool[kind]
        if old and self.rng.random() < 0.3:
            return self.reworded(kind, self.rng.choice(old))
        new = getattr(self, kind)(depth)
        self.pool[kind].append(new)
        return new

    def reworded(self, kind: str, e: Made) -> Made:
        text, value = e
        kinked = [
            (f"max(({text}), ({text}))", value),
            (f"min(({text}), 2*({text}) - ({text}))", value),
            (f"(relu({text}) - relu(-({text})))", value),
        ]
        plain = [(text, value), (f"(2*({text}) - ({text}))", value), (f"(1*({text}))", value), (f"(({text})/2 + 0.5*({text}))", value)]
        return self.rng.choice(plain if self.smooth else plain + kinked)

    # ------------------------------------------------------------------------------------------ kinds of values

    def scalar(self, depth: int) -> Made:
        if depth == 0:
            name = self.pick("s", "t")
            return self.pick((name, lambda e: e[name]), (name, lambda e: e[name]), ("2", lambda e: np.full_like(e["s"], 2.0)))
        ways = [self.arithmetic, self.arithmetic, self.function, self.of_vector, self.of_vector, self.of_matrix, self.index_sum]
        if not self.smooth:
            ways += [self.larger, self.larger]
        if self.kind == "guards":
            ways += [self.guarded] * 4
        if self.kind == "ranges":
            ways += [self.in_range] * 6
        return self.rng.choice(ways)("scalar", depth - 1)

    def vector(self, depth: int) -> Made:
        if depth == 0:
            name = self.pick("x", "y")
            return name, lambda e: e[name]
        ways = [self.arithmetic, self.arithmetic, self.function]
        if not self.smooth:
            ways += [self.larger, self.larger]
        if self.kind == "guards":
            ways += [self.guarded] * 2
        if self.kind == "ranges":
            ways += [self.vector_in_range]
        if self.smooth:
            ways += [self.direction]
        return self.rng.choice(ways)("vector", depth - 1)

    def matrix(self, depth: int) -> Made:
        (a, f), (b, g) = self.made("vector", max(depth - 1, 0)), self.made("vector", max(depth - 1, 0))
        outer = (f"({a})*({b})'", lambda e: f(e)[:, :, None] * g(e)[:, None, :])
        differences = (f"(({a})*ones(n)' - ones(n)*({b})')", lambda e: f(e)[:, :, None] - g(e)[:, None, :])
        p, h = self.pick(outer, differences)
        return self.pick((p, h), (p, h), (f"(({p}) + ({p})')", lambda e: h(e) + h(e).transpose(0, 2, 1)))

    def entry(self, depth: int) -> Made:
        """A number that depends on the indices i and j."""
        if depth == 0:
            name = self.pick("x", "y")
            return self.pick((f"{name}[i]", lambda e: e[name][:, :, None]), (f"{name}[j]", lambda e: e[name][:, None, :]))
        if self.rng.random() < 0.35:
            if not self.smooth:
                return self.pick(("norm2(X[i] - X[j])", distance), ("sqrt(abs(x[i] - x[j]))", lambda e: abs(apart(e)) ** 0.5))
            return self.pick(
                ("norm2(X[i] - X[j])^2", lambda e: distance(e) ** 2), ("norm2(X[i])", lambda e: np.sqrt((e["X"] ** 2).sum(-1))[:, :, None])
            )
        ways = [self.arithmetic, self.arithmetic, self.function] + ([] if self.smooth else [self.larger, self.larger, self.off_diagonal])
        return self.rng.choice(ways)("entry", depth - 1)

    # ------------------------------------------------------------------------------------------ operations

    def times(self, kind: str) -> str:
        return "*" if kind in ("scalar", "entry") else " .* "

    def arithmetic(self, kind: str, depth: int) -> Made:
        (a, f), (b, g) = self.made(kind, depth), self.made(kind, depth)
        return self.pick(
            (f"({a} + {b})", lambda e: f(e) + g(e)),
            (f"({a} - ({b}))", lambda e: f(e) - g(e)),
            (f"({a}){self.times(kind)}({b})", lambda e: f(e) * g(e)),
        )

    def function(self, kind: str, depth: int) -> Made:
        a, f = self.made(kind, depth)
        power = "^" if kind in ("scalar", "entry") else ".^"
        smooth = [
            (f"sin({a})", lambda e: np.sin(f(e))),
            (f"exp(-({a}){power}2)", lambda e: np.exp(-(f(e) ** 2))),
            (f"({a}){power}2", lambda e: f(e) ** 2),
            (f"({a}){power}3", lambda e: f(e) ** 3),
            (f"softplus({a})", lambda e: np.logaddexp(f(e), 0)),
            (f"log(1 + exp({a}))", lambda e: np.logaddexp(f(e), 0)),
            (f"sqrt(({a}){power}4)", lambda e: f(e) ** 2),
            (f"tanh({a})", lambda e: np.tanh(f(e))),
        ]
        kinked = [
            (f"abs({a})", lambda e: abs(f(e))),
            (f"sqrt(({a}){power}2)", lambda e: abs(f(e))),
            (f"relu({a})", lambda e: np.maximum(f(e), 0)),
            (f"max({a}, 0)", lambda e: np.maximum(f(e), 0)),
            (f"clip({a}, -1, 1)", lambda e: np.clip(f(e), -1, 1)),
            (f"huber({a}, 1)", lambda e: huber(f(e))),
        ]
        symmetric = [(f"abs({a}){power}3", lambda e: abs(f(e)) ** 3), (f"({a}){self.times(kind)}abs({a})", lambda e: abs(f(e)) * f(e))]
        return self.rng.choice(smooth + symmetric if self.smooth else smooth + kinked)

    def larger(self, kind: str, depth: int) -> Made:
        (a, f), (b, g) = self.made(kind, depth), self.made(kind, depth)
        c, h = self.made(kind, 0)
        return self.pick(
            (f"max({a}, {b})", lambda e: np.maximum(f(e), g(e))),
            (f"min({a}, {b})", lambda e: np.minimum(f(e), g(e))),
            (f"max({a}, {b}, {c})", lambda e: np.maximum(np.maximum(f(e), g(e)), h(e))),
            (f"clip({c}, {a}, {b})", lambda e: np.minimum(np.maximum(h(e), f(e)), g(e))),
            (f"if({a} > {b}, {a}, {b})", lambda e: np.where(f(e) > g(e), f(e), g(e))),
        )

    def condition(self, kind: str, a: str, f: Value) -> tuple[str, Value]:
        """A condition under which a > 0, or nearly that."""
        name = self.pick("s", "t")
        return self.pick(
            (f"{a} > 0", lambda e: f(e) > 0),
            (f"({a}) > 0.1", lambda e: f(e) > 0.1),
            (f"not ({a}) <= 0", lambda e: ~(f(e) <= 0)),
            (f"{a} > 0 and {name} > 0", lambda e: (f(e) > 0) & over(e[name] > 0, kind)),
            (f"0 < ({a})", lambda e: f(e) > 0),
        )

    def guarded(self, kind: str, depth: int) -> Made:
        """A branch that has no value where its condition is false."""
        (a, f), (b, g) = self.made(kind, depth), self.made(kind, 0)
        c, holds = self.condition(kind, a, f)
        power = "^" if kind == "scalar" else ".^"
        times, by = self.times(kind), "/" if kind == "scalar" else " ./ "
        u, h = self.pick(
            (f"log({a})", lambda e: np.log(f(e))),
            (f"sqrt({a})", lambda e: np.sqrt(f(e))),
            (f"({a}){power}-1.5", lambda e: f(e) ** -1.5),
            (f"({b}){by}sqrt({a})", lambda e: g(e) / np.sqrt(f(e))),
            (f"({a}){times}log({a})", lambda e: f(e) * np.log(f(e))),
            (f"({a}){power}({b})", lambda e: f(e) ** g(e)),
            (f"log({a}){power}2{times}({b})", lambda e: np.log(f(e)) ** 2 * g(e)),
        )
        zero = "0" if kind == "scalar" else "0*x"
        bracket = f"[{c}]{times}"
        return self.pick(
            (f"if({c}, {u}, {b})", lambda e: np.where(holds(e), h(e), g(e))),
            (f"if({c}, {u}, {zero})", lambda e: np.where(holds(e), h(e), 0)),
            (f"if(not ({c}), {b}, {u})", lambda e: np.where(holds(e), h(e), g(e))),
            (f"{bracket}{u}", lambda e: np.where(holds(e), h(e), 0)),
            (f"{bracket}(({u}) + ({b}))", lambda e: np.where(holds(e), h(e) + g(e), 0)),
            (f"({bracket}({u}) + ({b}))", lambda e: np.where(holds(e), h(e), 0) + g(e)),
            (f"exp(-({bracket}({u})){power}2)", lambda e: np.exp(-(np.where(holds(e), h(e), 0) ** 2))),
        )

    def off_diagonal(self, kind: str, depth: int) -> Made:
        a, f = self.made("entry", depth)

        def off(value: Value) -> Value:
            return lambda e: np.where(I != J, value(e), 0.0)

        return self.pick(
            (f"[i != j]*({a})", off(f)),
            (f"[i != j]/(1 + ({a})^2)", off(lambda e: 1 / (1 + f(e) ** 2))),
            (f"[i != j]*log(abs(x[i] - x[j]))*({a})", off(lambda e: np.log(abs(apart(e))) * f(e))),
            (f"[i != j]*({a})/norm2(X[i] - X[j])", off(lambda e: f(e) / distance(e))),
            (f"if(i == j, 0, ({a})/abs(x[i] - x[j]))", off(lambda e: f(e) / abs(apart(e)))),
            (f"[i < j]*({a})/(x[i] - x[j])", lambda e: np.where(I < J, f(e) / apart(e), 0.0)),
        )

    def of_vector(self, kind: str, depth: int) -> Made:
        a, f = self.made("vector", depth)
        b, g = self.made("vector", depth)
        name = self.pick("s", "t")
        smooth = [
            (f"sum({a})", lambda e: f(e).sum(-1)),
            (f"prod({a})", lambda e: f(e).prod(-1)),
            (f"prod({a})", lambda e: f(e).prod(-1)),
            (f"dot({a}, {b})", lambda e: (f(e) * g(e)).sum(-1)),
            (f"norm2({a})^2", lambda e: (f(e) ** 2).sum(-1)),
            (f"mean({a})", lambda e: f(e).mean(-1)),
            (f"sum(k=1..n, x[k]*{name}^(k-1))", lambda e: sum(e["x"][:, k] * e[name] ** k for k in range(N))),
        ]
        kinked = [
            (f"max({a})", lambda e: f(e).max(-1)),
            (f"min({a} - mean({a}))", lambda e: (f(e) - f(e).mean(-1, keepdims=True)).min(-1)),
            (f"norminf({a})", lambda e: abs(f(e)).max(-1)),
            (f"norm1({a})", lambda e: abs(f(e)).sum(-1)),
            (f"max(vector({name}, n))", lambda e: e[name]),
            (f"sum(max({a}, x[1]))", lambda e: np.maximum(f(e), e["x"][:, :1]).sum(-1)),
            (f"norm2({a})", lambda e: np.sqrt((f(e) ** 2).sum(-1))),
        ]
        norms = [
            (f"norm2({a})", lambda e: np.sqrt((f(e) ** 2).sum(-1))),
            (f"norm2({a})^3", lambda e: np.sqrt((f(e) ** 2).sum(-1)) ** 3),
            (f"(norm2({a})^2 + norm2({a}))", lambda e: (f(e) ** 2).sum(-1) + np.sqrt((f(e) ** 2).sum(-1))),
            (f"norm2({a})*{name}", lambda e: np.sqrt((f(e) ** 2).sum(-1)) * e[name]),
            (f"exp(-norm2({a}))", lambda e: np.exp(-np.sqrt((f(e) ** 2).sum(-1)))),
        ]
        return self.rng.choice(smooth + norms if self.smooth else smooth + kinked)

    def direction(self, kind: str, depth: int) -> Made:
        """A vector times its norm."""
        a, f = self.made("vector", 0)
        return f"(norm2({a})*({a}))", lambda e: np.sqrt((f(e) ** 2).sum(-1))[:, None] * f(e)

    def of_matrix(self, kind: str, depth: int) -> Made:
        a, f = self.made("matrix", depth)
        smooth = [
            (f"sum(({a}).^2)", lambda e: (f(e) ** 2).sum((1, 2))),
            (f"sum({a})", lambda e: f(e).sum((1, 2))),
            (f"prod(rowsum({a}))", lambda e: f(e).sum(2).prod(-1)),
            (f"prod({a})", lambda e: f(e).prod((1, 2))),
        ]
        kinked = [
            (f"max({a})", lambda e: f(e).max((1, 2))),
            (f"norminf({a})", lambda e: abs(f(e)).max((1, 2))),
            (f"sum(rowmax({a}))", lambda e: f(e).max(2).sum(-1)),
            (f"sum(abs({a}))", lambda e: abs(f(e)).sum((1, 2))),
            ("norm2(X)", lambda e: np.sqrt((e["X"] ** 2).sum((1, 2)))),
        ]
        return self.rng.choice(smooth if self.smooth else smooth + kinked)

    def index_sum(self, kind: str, depth: int) -> Made:
        a, f = self.made("entry", depth)
        return f"sum(i=1..n, j=1..n, {a})", lambda e: np.broadcast_to(f(e), (len(e["s"]), N, N)).sum((1, 2))

    # ------------------------------------------------------------------------------------------ ranges

    def range(self) -> tuple[str, Any]:
        """A range of j, and where in the table of i and j it is."""
        return self.pick(
            ("j=1..i", J <= I), ("j=i..n", J >= I), ("j=i+1..n", J > I), ("j=1..i-1", J < I), ("j=2..i", (J <= I) & (J >= 2)),
            ("j=1..n+1-i", J <= N + 1 - I), ("j=i..i", J == I),
        )  # fmt: skip

    def of_range(self, depth: int) -> tuple[str, Value]:
        """A value by i: a sum, a product or a mean over a range of j that depends on i."""
        text, within = self.range()
        a, f = self.made("entry", depth)
        power, base = self.pick(("j", J), ("(j-1)", J - 1), ("(i-j+1)^2", (I - J + 1) ** 2))
        name = self.pick("s", "t")
        a, f = self.pick((a, f), (a, f), (f"{name}^{power}*x[j]", lambda e: e[name][:, None, None] ** base * e["x"][:, None, :]))
        full = lambda e: np.broadcast_to(f(e), (len(e["s"]), N, N))
        empty = bool((~within.any(1)).any())
        ways = [
            (f"sum({text}, {a})", lambda e: np.where(within, full(e), 0).sum(2)),
            (f"sum({text}, {a})", lambda e: np.where(within, full(e), 0).sum(2)),
            (f"prod({text}, {a})", lambda e: np.where(within, full(e), 1).prod(2)),
        ]
        if not empty:
            ways.append((f"mean({text}, {a})", lambda e: np.where(within, full(e), 0).sum(2) / within.sum(1)))
        return self.rng.choice(ways)

    def in_range(self, kind: str, depth: int) -> Made:
        a, f = self.of_range(depth)
        name, index = self.pick("x", "y"), self.rng.random()
        if index < 0.3:
            return f"sum(i=1..n, {name}[i]*{a})", lambda e: (e[name] * f(e)).sum(-1)
        if index < 0.5:
            return f"prod(i=1..n, {a})", lambda e: f(e).prod(-1)
        if index < 0.6:
            return f"mean(i=1..n, {a})", lambda e: f(e).mean(-1)
        if index < 0.7:
            number = self.pick("s", "t")
            return f"sum(k=0..n-1, {name}[k+1]*{number}^k)", lambda e: sum(e[name][:, k] * e[number] ** k for k in range(N))
        if index < 0.8:
            return f"sum(i=2..n, ({name}[i] - {name}[i-1])*{a})", lambda e: ((e[name][:, 1:] - e[name][:, :-1]) * f(e)[:, 1:]).sum(-1)
        if index < 0.9:
            return f"sum(i<j, {name}[i]*{name}[j])", lambda e: sum(e[name][:, i] * e[name][:, j] for i in range(N) for j in range(i + 1, N))
        return f"sum(i=1..n, {a})", lambda e: f(e).sum(-1)

    def vector_in_range(self, kind: str, depth: int) -> Made:
        a, f = self.of_range(min(depth, 1))
        return f"tensor(i=1..n, {a})", f


def formula(seed: int, kind: str) -> tuple[str, Value, str]:
    """A formula of this kind, its value, and one of its variables."""
    maker = Maker(seed, kind)
    while True:
        text, value = maker.scalar(maker.pick(1, 2, 2, 3, 3))
        used = [name for name in SIZES if name in names(text)]
        if used and len(text) <= 220:
            return HEADER + text, value, maker.rng.choice(used)
        maker.pool = {kind: [] for kind in maker.pool}


def points(seed: int, kind: str, count: int) -> Env:
    """Values of all variables at so many points: reals, or few numbers among which are many zeros."""
    rng = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        if kind == "zeros":
            return rng.choice([0.0, 0.0, 0.0, 1.0, -1.0, 0.5, 2.0], shape)
        return rng.uniform(-1.5, 1.5, shape) * rng.choice([1, 1, 1, 3], (count,) + (1,) * (len(shape) - 1))

    env = {name: draw((count, *size)) for name, size in SIZES.items()}
    if kind == "zeros":  # whole arguments are 0, or meet
        for name in ("x", "X"):
            env[name][rng.random(count) < 0.25] = 0.0
        same = rng.random(count) < 0.2
        env["y"][same] = env["x"][same]
    return env


def names(text: str) -> set[str]:
    words, word = set(), ""
    for c in text + " ":
        if c.isalnum() or c == "_":
            word += c
        else:
            words.add(word)
            word = ""
    return words
