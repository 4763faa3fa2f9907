"""Second derivatives of products of entries where entries are 0: against differences of the products themselves, in sixty digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import symdiff as sd

POINTS = [[0, 2, 3, -1], [1, 0, 3, 2], [0, 0, 2, 3], [1, 2, 0, 0], [1, -1, 2, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 2, 3, 4]]


def running(x: list[Any]) -> list[Any]:
    return [mp.fprod(x[: k + 1]) for k in range(len(x))]


def sums(x: list[Any]) -> list[Any]:
    return [mp.fsum(x[: k + 1]) for k in range(len(x))]


def dot(x: list[Any], y: list[Any]) -> Any:
    return mp.fsum([a * b for a, b in zip(x, y, strict=True)])


FORMULAS: dict[str, Callable[[list[Any]], Any]] = {
    "prod(x)": mp.fprod,
    "prod(x)^3": lambda x: mp.fprod(x) ** 3,
    "exp(prod(x)) + prod(x + 1)": lambda x: mp.exp(mp.fprod(x)) + mp.fprod([v + 1 for v in x]),
    "sqrt(1 + prod(x)^2)": lambda x: mp.sqrt(1 + mp.fprod(x) ** 2),
    "prod(x)*sum(x)": lambda x: mp.fprod(x) * mp.fsum(x),
    "prod(x .* x + x)": lambda x: mp.fprod([v * v + v for v in x]),
    "prod(sin(x))": lambda x: mp.fprod(map(mp.sin, x)),
    "prod(cumsum(x))": lambda x: mp.fprod(sums(x)),
    "sum(cumprod(x))": lambda x: mp.fsum(running(x)),
    "sum(cumprod(exp(x) - 1))": lambda x: mp.fsum(running([mp.expm1(v) for v in x])),
    "cumprod(x).cumprod(x)": lambda x: dot(running(x), running(x)),
    "prod(x)*cumprod(x).x": lambda x: mp.fprod(x) * dot(running(x), x),
    "log(9 + sum(cumprod(x)))": lambda x: mp.log(9 + mp.fsum(running(x))),
    "sum(i=1..4, prod(j=1..i, x[j]))": lambda x: mp.fsum(running(x)),
    "sum(rowprod(x'))": mp.fprod,
    "sum(rowprod(x*x'))": lambda x: mp.fsum([mp.fprod([a * b for b in x]) for a in x]),
    "sum(colprod(x*ones(4)' + ones(4)*x'))": lambda x: mp.fsum([mp.fprod([a + b for b in x]) for a in x]),
    "prod(x*ones(4)' + ones(4)*x')": lambda x: mp.fprod([a + b for a in x for b in x]),
    "prod(x*ones(3)' - ones(4)*[1, 2, 0]')": lambda x: mp.fprod([a - b for a in x for b in (1, 2, 0)]),
    "prod((x*ones(3)' - ones(4)*[1, 2, 0]') .* sin(x*ones(3)'))": lambda x: mp.fprod([(a - b) * mp.sin(a) for a in x for b in (1, 2, 0)]),
    "prod(x*ones(4)' - ones(4)*x' + eye(4))": lambda x: mp.fprod([a - b + (j == k) for j, a in enumerate(x) for k, b in enumerate(x)]),
    "prod(i=1..4, j=i+1..4, x[i] - x[j])": lambda x: mp.fprod([a - b for j, a in enumerate(x) for b in x[j + 1 :]]),
    "prod(x*ones(4)' - ones(4)*x')": lambda x: mpf(0),
    "sum(i=1..4, x[i]*prod(j=1..4, x[j] - x[2]))": lambda x: mpf(0),
}


def hessian(f: Callable[[list[Any]], Any], at: list[int]) -> np.ndarray:
    h, n = mpf(10) ** -15, len(at)

    def moved(*steps: tuple[int, int]) -> Any:
        x = [mpf(v) for v in at]
        for i, s in steps:
            x[i] += s * h
        return f(x)

    found = [
        [
            (moved((i, 1), (j, 1)) - moved((i, 1), (j, -1)) - moved((i, -1), (j, 1)) + moved((i, -1), (j, -1))) / (4 * h * h)
            for j in range(n)
        ]
        for i in range(n)
    ]
    return np.array(found, dtype=float)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_hessians_of_products_at_zeros(formula: str, target: str) -> None:
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    make = {
        "numpy": np.asarray,
        "jax": lambda x: pytest.importorskip("jax").numpy.asarray(x),
        "torch": lambda x: pytest.importorskip("torch").as_tensor(x),
    }[target]
    run = sd.hessian(sd.parse(f"x: vector(4); {formula}"), "x").compile(target)
    with mp.workdps(60):
        for at in POINTS if target == "numpy" else POINTS[2:5]:
            found = np.broadcast_to(np.asarray(run(x=make(np.array(at, dtype=float)))), (4, 4))
            np.testing.assert_allclose(found, hessian(FORMULAS[formula], at), rtol=1e-9, atol=1e-9, err_msg=str(at))


def test_the_gradient_of_cumprod_at_zeros() -> None:
    g = sd.grad(sd.parse("x, w: vector(n); sum(w .* cumprod(x))"), "x")
    np.testing.assert_allclose(g(x=[0, 2, 3], w=[1, 2, 3]), [23, 0, 0])
    np.testing.assert_allclose(g(x=[1, 0, 3], w=[1, 2, 3]), [1, 11, 0])
    np.testing.assert_allclose(g(x=[0, 2, 0], w=[1, 2, 3]), [5, 0, 0])


def test_value_gradient_and_hessian_together() -> None:
    f = sd.parse("A: matrix(m, n); w: vector(n); sum(w .* colprod(A))")
    values = {"A": [[0.0, 1, 2], [3, 4, 5]], "w": [1.0, 2, 3]}
    _, g, _ = sd.Expressions([f, sd.grad(f, "A"), sd.hessian(f, "A")]).compile()(values)
    np.testing.assert_allclose(g, [[3, 8, 15], [0, 2, 6]])


@pytest.mark.parametrize("text", ["prod(x*x')", "prod(x*x') + prod(x*x')*norm2(x)", "abs(prod(x*ones(n)' + ones(n)*x'))^3"])
def test_a_product_of_a_matrix_has_its_numbers_in_a_trace(text):
    """The sweep divides by the matrix and by its name."""
    for x in ([0.0, 0.0, 0.0], [1.0, 0.0, 0.5], [1.0, -1.0, 2.0]):
        found = sd.trace(f"x: vector(n); {text}", {"x": np.asarray(x)}).answers["x"]
        np.testing.assert_allclose(found, sd.grad(f"x: vector(n); {text}", "x")(x=x), atol=1e-12)
