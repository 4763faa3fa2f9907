"""Random formulas in which arguments coincide, indices meet on a diagonal, and entries are 0, against an interpreter of their own.

python -m tests.fuzz.coincidences COUNT SEED: prints what is wrong, and the counts. A formula is made together with a Python function of its
value, which knows nothing of symdiff; its derivative is the central difference, taken where two step sizes agree. At points drawn from the
reals, arguments coincide by structure only; at points with zeros the formulas are smooth, so that what a difference finds is a derivative.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import symdiff as sd

N = 3
Env = dict[str, Any]
Made = tuple[str, Callable[[Env], Any]]  # the text, and the value

SIZES = {"s": (), "t": (), "x": (N,), "y": (N,), "X": (N, 2)}
HEADER = "s, t: scalar; x, y: vector(n); X: matrix(n, d); "


class Maker:
    """One formula. smooth: without kinks, for points with zeros."""

    def __init__(self, seed: int, smooth: bool) -> None:
        self.rng = random.Random(seed)
        self.smooth = smooth
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
        times = " .* " if kind in ("vector", "matrix") else "*"
        kinked = [(f"max(({text}), ({text}))", value), (f"min(({text}), 2*({text}) - ({text}))", value), (f"(relu({text}) - relu(-({text})))", value)]
        plain = [(text, value), (f"(2*({text}) - ({text}))", value), (f"(1*({text}))", value), (f"(({text}){times}1)" if times == "*" else f"({text})", value)]
        return self.rng.choice(plain if self.smooth else plain + kinked)

    # ------------------------------------------------------------------------------------------ kinds

    def scalar(self, depth: int) -> Made:
        if depth == 0:
            name = self.pick("s", "t")
            return self.pick((name, lambda e: e[name]), (name, lambda e: e[name]), ("2", lambda e: 2.0))
        ways = [self.arithmetic, self.arithmetic, self.function, self.of_vector, self.of_vector, self.of_matrix, self.index_sum]
        if not self.smooth:
            ways += [self.larger, self.larger]
        return self.rng.choice(ways)("scalar", depth - 1)

    def vector(self, depth: int) -> Made:
        if depth == 0:
            name = self.pick("x", "y")
            return name, lambda e: e[name]
        ways = [self.arithmetic, self.arithmetic, self.function]
        if not self.smooth:
            ways += [self.larger, self.larger]
        return self.rng.choice(ways)("vector", depth - 1)

    def matrix(self, depth: int) -> Made:
        (a, f), (b, g) = self.made("vector", max(depth - 1, 0)), self.made("vector", max(depth - 1, 0))
        outer = (f"({a})*({b})'", lambda e: np.outer(f(e), g(e)))
        apart = (f"(({a})*ones(n)' - ones(n)*({b})')", lambda e: f(e)[:, None] - g(e)[None, :])
        p, h = self.pick(outer, apart)
        both = (f"({p} + ({p})')", lambda e: h(e) + h(e).T)
        if self.smooth:
            return self.pick((p, h), both)
        return self.pick((p, h), both, (f"max({p}, ({p})')", lambda e: np.maximum(h(e), h(e).T)), (f"abs({p})", lambda e: abs(h(e))))

    def entry(self, depth: int) -> Made:
        """A number that depends on the indices i and j."""
        if depth == 0:
            name, index = self.pick("x", "y"), self.pick("i", "j")
            return f"{name}[{index}]", lambda e: e[name][e[index]]
        if not self.smooth and self.rng.random() < 0.35:
            distance = ("norm2(X[i] - X[j])", lambda e: np.sqrt(((e["X"][e["i"]] - e["X"][e["j"]]) ** 2).sum()))
            root = ("sqrt(abs(x[i] - x[j]))", lambda e: abs(e["x"][e["i"]] - e["x"][e["j"]]) ** 0.5)
            return self.pick(distance, root)
        ways = [self.arithmetic, self.arithmetic, self.function] + ([] if self.smooth else [self.larger, self.larger, self.guarded])
        return self.rng.choice(ways)("entry", depth - 1)

    # ------------------------------------------------------------------------------------------ operations

    def arithmetic(self, kind: str, depth: int) -> Made:
        (a, f), (b, g) = self.made(kind, depth), self.made(kind, depth)
        times = "*" if kind in ("scalar", "entry") else " .* "
        return self.pick(
            (f"({a} + {b})", lambda e: f(e) + g(e)),
            (f"({a} - ({b}))", lambda e: f(e) - g(e)),
            (f"({a}){times}({b})", lambda e: f(e) * g(e)),
        )

    def function(self, kind: str, depth: int) -> Made:
        a, f = self.made(kind, depth)
        power = "^" if kind in ("scalar", "entry") else ".^"
        smooth = [
            (f"sin({a})", lambda e: np.sin(f(e))),
            (f"exp(-({a}){power}2)", lambda e: np.exp(-f(e) ** 2)),
            (f"({a}){power}2", lambda e: f(e) ** 2),
            (f"({a}){power}3", lambda e: f(e) ** 3),
            (f"softplus({a})", lambda e: np.logaddexp(f(e), 0)),
            (f"log(1 + exp({a}))", lambda e: np.logaddexp(f(e), 0)),
            (f"sqrt(({a}){power}4)", lambda e: f(e) ** 2),
        ]
        kinked = [
            (f"abs({a})", lambda e: abs(f(e))),
            (f"sqrt(({a}){power}2)", lambda e: abs(f(e))),
            (f"relu({a})", lambda e: np.maximum(f(e), 0)),
            (f"max({a}, 0)", lambda e: np.maximum(f(e), 0)),
            (f"clip({a}, -1, 1)", lambda e: np.clip(f(e), -1, 1)),
            (f"huber({a}, 1)", lambda e: np.where(abs(f(e)) <= 1, f(e) ** 2 / 2, abs(f(e)) - 0.5)),
        ]
        return self.rng.choice(smooth if self.smooth else smooth + kinked)

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

    def guarded(self, kind: str, depth: int) -> Made:
        a, f = self.made("entry", depth)

        def off(value: Callable[[Env], float]) -> Callable[[Env], float]:
            return lambda e: value(e) if e["i"] != e["j"] else 0.0

        return self.pick(
            (f"[i != j]*({a})", off(f)),
            (f"[i != j]/(1 + ({a})^2)", off(lambda e: 1 / (1 + f(e) ** 2))),
            (f"[i != j]*log(abs(x[i] - x[j]))*({a})", off(lambda e: np.log(abs(e["x"][e["i"]] - e["x"][e["j"]])) * f(e))),
            (f"[i != j]*({a})/norm2(X[i] - X[j])", off(lambda e: f(e) / np.sqrt(((e["X"][e["i"]] - e["X"][e["j"]]) ** 2).sum()))),
            (f"if(i == j, 0, ({a})/abs(x[i] - x[j]))", off(lambda e: f(e) / abs(e["x"][e["i"]] - e["x"][e["j"]]))),
        )

    def of_vector(self, kind: str, depth: int) -> Made:
        a, f = self.made("vector", depth)
        b, g = self.made("vector", depth)
        smooth = [
            (f"sum({a})", lambda e: f(e).sum()),
            (f"prod({a})", lambda e: f(e).prod()),
            (f"prod({a})", lambda e: f(e).prod()),
            (f"dot({a}, {b})", lambda e: f(e) @ g(e)),
            (f"norm2({a})^2", lambda e: (f(e) ** 2).sum()),
            (f"mean({a})", lambda e: f(e).mean()),
            (f"sum(k=1..n, x[k]*({self.pick('s', 't')})^(k-1))", None),
        ]
        kinked = [
            (f"max({a})", lambda e: f(e).max()),
            (f"min({a} - mean({a}))", lambda e: (f(e) - f(e).mean()).min()),
            (f"norminf({a})", lambda e: abs(f(e)).max()),
            (f"norm1({a})", lambda e: abs(f(e)).sum()),
            (f"max(vector({self.pick('s', 't')}, n))", None),
            (f"sum(max({a}, x[1]))", lambda e: np.maximum(f(e), e["x"][0]).sum()),
        ]
        text, value = self.rng.choice(smooth if self.smooth else smooth + kinked)
        if value is None and text.startswith("sum(k"):
            name = text[text.index("*(") + 2]
            value = lambda e: sum(e["x"][k] * e[name] ** k for k in range(N))
        elif value is None:
            name = text[len("max(vector(")]
            value = lambda e: e[name]
        return text, value

    def of_matrix(self, kind: str, depth: int) -> Made:
        a, f = self.made("matrix", depth)
        smooth = [(f"sum(({a}).^2)", lambda e: (f(e) ** 2).sum()), (f"sum({a})", lambda e: f(e).sum())]
        kinked = [
            (f"max({a})", lambda e: f(e).max()),
            (f"norminf({a})", lambda e: abs(f(e)).max()),
            (f"sum(rowmax({a}))", lambda e: f(e).max(axis=1).sum()),
            (f"sum(abs({a}))", lambda e: abs(f(e)).sum()),
        ]
        return self.rng.choice(smooth if self.smooth else smooth + kinked)

    def index_sum(self, kind: str, depth: int) -> Made:
        a, f = self.made("entry", depth)

        def value(e: Env) -> float:
            return sum(f({**e, "i": i, "j": j}) for i in range(N) for j in range(N))

        return f"sum(i=1..n, j=1..n, {a})", value


def slope(value: Callable[[Env], float], at: Env, name: str) -> np.ndarray:
    """Central differences by the entries of a variable; nan where two step sizes disagree."""
    result = np.empty(SIZES[name])
    for place in np.ndindex(*SIZES[name]):
        found = []
        for h in (1e-4, 3e-5):
            ends = []
            for sign in (1, -1):
                moved = {k: np.array(v, dtype=float) for k, v in at.items()}
                moved[name][place] += sign * h
                ends.append(float(value(moved)))
            found.append((ends[0] - ends[1]) / (2 * h))
        result[place] = found[1] if abs(found[0] - found[1]) <= 1e-5 * (1 + abs(found[1])) else np.nan
    return result


def one_sided(value: Callable[[Env], float], at: Env, name: str, slopes: np.ndarray) -> bool:
    """Whether the differences to either side agree with the slopes: the function has no kink at the point."""
    start = float(value(at))
    for place in np.ndindex(*SIZES[name]):
        for h in (1e-6, -1e-6):
            moved = {k: np.array(v, dtype=float) for k, v in at.items()}
            moved[name][place] += h
            if abs((float(value(moved)) - start) / h - slopes[place]) > 1e-3 * (1 + abs(slopes[place])):
                return False
    return True


def point(rng: random.Random, zeros: bool) -> Env:
    def draw() -> float:
        return rng.choice([0.0, 0.0, 1.0, -1.0, 0.5]) if zeros else rng.uniform(-1.5, 1.5)

    return {name: np.array([draw() for _ in range(int(np.prod(size)))]).reshape(size) for name, size in SIZES.items()}


def run(count: int, seed: int) -> Counter[str]:
    """The outcomes of so many formulas; prints those that are wrong."""
    counts: Counter[str] = Counter()
    warnings.simplefilter("ignore")
    for k in range(count):
        smooth = k % 3 == 0
        maker = Maker(seed * 1_000_003 + k, smooth)
        text, value = maker.scalar(maker.pick(2, 3, 3, 4))
        used = [name for name in SIZES if any(c == name for c in _names(text))]
        if not used or len(text) > 300:
            counts["skipped"] += 1
            continue
        name = maker.rng.choice(used)
        outcome, why = judged(HEADER + text, value, name, point(maker.rng, smooth), smooth)
        counts[outcome] += 1
        if outcome not in ("right", "skipped"):
            print(f"{outcome} [{seed}:{k}] {text} by {name}: {why}", flush=True)
    return counts


def judged(text: str, value: Callable[[Env], float], name: str, at: Env, smooth: bool) -> tuple[str, str]:
    with np.errstate(all="ignore"):
        want = slope(value, at, name)
        if not np.isfinite(want).all() or abs(want).max() > 1e3 or (smooth and not one_sided(value, at, name, want)):
            return "skipped", ""
        try:
            f = sd.parse(text)
            g = sd.grad(f, name)
            found = np.asarray(g.compile("numpy")({**at, "n": N, "d": 2}), dtype=float)
        except sd.SymdiffError as e:
            return "refused", str(e).splitlines()[0]
    if found.shape != want.shape or not np.allclose(found, want, rtol=1e-4, atol=1e-4):
        return ("nan" if not np.isfinite(found).all() else "wrong"), f"{str(g)[:200]} -> {found.tolist()}, right {want.round(5).tolist()} at {at}"
    return "right", ""


def _names(text: str) -> list[str]:
    words, word = [], ""
    for c in text + " ":
        if c.isalnum() or c == "_":
            word += c
        else:
            words.append(word)
            word = ""
    return words


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
