"""Random sums, products and means over ranges that depend on each other, against an interpreter that knows loops and nothing else."""

import random

import numpy as np
import pytest

import symdiff as sd

X = np.array([0.7, -1.3, 0.4, 1.9, -0.6])


class Outside(Exception):
    """A loop met an entry that does not exist, or the mean of nothing."""


def bound(rng, indices, low):
    """The text of a bound and its value by the indices and the size."""
    i = rng.choice(indices) if indices else None
    some = (
        [("1", lambda e, n: 1), ("2", lambda e, n: 2), ("0", lambda e, n: 0)]
        if low
        else [("n", lambda e, n: n), ("n-1", lambda e, n: n - 1)]
    )
    if i is not None:
        some += [(i, lambda e, n: e[i]), (f"{i}+1", lambda e, n: e[i] + 1), (f"{i}-1", lambda e, n: e[i] - 1)]
        if not low:
            some += [(f"n-{i}", lambda e, n: n - e[i]), (f"n+1-{i}", lambda e, n: n + 1 - e[i]), (f"2*{i}", lambda e, n: 2 * e[i])]
    return rng.choice(some)


def place(rng, indices):
    i, j = rng.choice(indices), rng.choice(indices)
    return rng.choice(
        [
            (i, lambda e, n: e[i]),
            (f"{i}+1", lambda e, n: e[i] + 1),
            (f"n+1-{i}", lambda e, n: n + 1 - e[i]),
            (f"{i}+{j}-1", lambda e, n: e[i] + e[j] - 1),
            (f"{i}-{j}+1", lambda e, n: e[i] - e[j] + 1),
            ("n", lambda e, n: n),
        ]
    )


def entry(rng, indices):
    i = rng.choice(indices)
    text, where = place(rng, indices) if rng.random() < 0.5 else (i, lambda e, n: e[i])

    def value(e, n):
        k = where(e, n)
        if not 1 <= k <= n:
            raise Outside
        return X[k - 1]

    return f"x[{text}]", value


def body(rng, indices):
    a, f = entry(rng, indices)
    b, g = entry(rng, indices)
    i = rng.choice(indices)
    return rng.choice(
        [
            (a, f),
            (f"{a}*{b}", lambda e, n: f(e, n) * g(e, n)),
            (f"exp({a}) + {b}", lambda e, n: np.exp(f(e, n)) + g(e, n)),
            (f"{i}*{a}", lambda e, n: e[i] * f(e, n)),
            (f"{a}/(2 + {b}^2)", lambda e, n: f(e, n) / (2 + g(e, n) ** 2)),
            (f"{a}^2 + {i}", lambda e, n: f(e, n) ** 2 + e[i]),
        ]
    )


def formula(rng, indices=()):
    name = "ijk"[len(indices)]
    (lo, low), (hi, high) = bound(rng, indices, True), bound(rng, indices, False)
    inner = (*indices, name)
    deeper = len(inner) < 2 or (len(inner) < 3 and rng.random() < 0.4)
    text, value = formula(rng, inner) if deeper else body(rng, inner)
    if deeper and rng.random() < 0.4:
        a, f = entry(rng, inner)
        inside = value
        text, value = f"{a}*{text}", lambda e, n: f(e, n) * inside(e, n)
    kind = rng.choice(["sum", "sum", "sum", "mean", "prod"])

    def run(e, n):
        values = [value({**e, name: k}, n) for k in range(low(e, n), high(e, n) + 1)]
        if kind == "mean" and not values:
            raise Outside
        return np.sum(values) if kind == "sum" else np.prod(values) if kind == "prod" else np.mean(values)

    return f"{kind}({name}={lo}..{hi}, {text})", run


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")  # NumPy computes the branches that are not taken, too
@pytest.mark.parametrize("seed", range(40))
def test_random_ranges(seed) -> None:
    rng = random.Random(seed)
    read = 0
    for _ in range(25):
        text, run = formula(rng)
        try:
            f = sd.parse("x: vector(n); " + text)
        except (sd.SymdiffError, ZeroDivisionError) as error:
            assert isinstance(error, sd.SymdiffError), text
            continue
        read += 1
        for n in (4, 5):
            try:
                want = run({}, n)
            except Outside:
                pytest.fail(f"read, but it leaves its axis: {text}")
            np.testing.assert_allclose(f(x=X[:n]), want, rtol=1e-10, atol=1e-12, err_msg=text)
    assert read >= 3
