"""Compiled derivatives beside what an expert writes: `python benchmarks/code.py [--quick] [--only WORD]`.

One thread, float64, medians of alternating runs in one process, after the results have been compared. Columns: milliseconds
of the first of the pair, then how many times longer the second takes; above 1, the first is faster.

gradients   ours in NumPy to the closed form by hand; to torch.autograd; ours in PyTorch to torch.autograd; ours in JAX (jitted)
            to jax.jit(jax.grad(f)); value and gradient to the value alone; peak memory to the closed form's (tracemalloc).
Hessians    ours in NumPy and in PyTorch to torch.func.hessian.

Measured on a shared machine the numbers shake: quote ratios. Libraries that are not installed have no column.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse
import importlib.util
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import symdiff as sd

Arrays = dict[str, Any]
SIZES = ((1000, 100), (1000, 1000), (100_000, 50))
CLASSES, RANK, HIDDEN = 10, 5, 50


class Work(NamedTuple):
    """A loss: its formula, the variable, data for n and d, the closed form in NumPy, and the value for torch and jax.numpy."""

    text: str
    wrt: str
    data: Callable[[Any, int, int], Arrays]
    hand: Callable[..., Any]
    value: Callable[..., Any]


def logistic_by_hand(X: Any, y: Any, w: Any, lam: Any) -> Any:
    return lam * w - X.T @ (y / (1 + np.exp(y * (X @ w)))) / len(y)


def softmax_by_hand(X: Any, Y: Any, W: Any) -> Any:
    Z = X @ W
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    return X.T @ (P - Y) / len(X)


def layers_by_hand(X: Any, y: Any, V: Any, w: Any) -> Any:
    H = np.tanh(X @ V)
    return X.T @ (np.outer(H @ w - y, w) * (1 - H**2)) * (2 / len(y))


def signs(r: Any, n: int) -> Any:
    return np.where(r.random(n) < 0.5, -1.0, 1.0)


WORKS = {
    "logistic regression": Work(
        "X: matrix(m,n); y: vector(m); w: vector(n); lam: scalar; mean(i=1..m, log(1 + exp(-y[i]*X[i].w))) + lam/2*norm2(w)^2",
        "w",
        lambda r, n, d: {"X": r.standard_normal((n, d)), "y": signs(r, n), "w": r.standard_normal(d), "lam": np.float64(0.1)},
        logistic_by_hand,
        lambda xp, X, y, w, lam: xp.softplus(-y * (X @ w)).mean() + lam / 2 * (w @ w),
    ),
    "softmax regression": Work(
        "X: matrix(m,n); Y: onehot matrix(m,k); W: matrix(n,k); -1/m*sum(Y .* log_softmax(X*W))",
        "W",
        lambda r, n, d: {
            "X": r.standard_normal((n, d)),
            "Y": np.eye(CLASSES)[r.integers(0, CLASSES, n)],
            "W": r.standard_normal((d, CLASSES)),
        },
        softmax_by_hand,
        lambda xp, X, Y, W: -(Y * xp.log_softmax(X @ W)).sum() / len(X),
    ),
    "ridge": Work(
        "X: matrix(m,n); y: vector(m); w: vector(n); lam: scalar; norm2(X*w - y)^2 + lam*norm2(w)^2",
        "w",
        lambda r, n, d: {"X": r.standard_normal((n, d)), "y": r.standard_normal(n), "w": r.standard_normal(d), "lam": np.float64(0.1)},
        lambda X, y, w, lam: 2 * (X.T @ (X @ w - y) + lam * w),
        lambda xp, X, y, w, lam: ((X @ w - y) ** 2).sum() + lam * (w @ w),
    ),
    "factorisation": Work(
        "T: matrix(m,n); U: matrix(m,k); V: matrix(n,k); norm2(T - U*V')^2",
        "U",
        lambda r, n, d: {
            "T": r.standard_normal((n, d)),
            "U": r.standard_normal((n, RANK)),
            "V": r.standard_normal((d, RANK)),
        },
        lambda T, U, V: 2 * ((U @ V.T - T) @ V),
        lambda xp, T, U, V: ((T - U @ V.T) ** 2).sum(),
    ),
    "two layers": Work(
        "X: matrix(m,n); y: vector(m); V: matrix(n,k); w: vector(k); 1/m*norm2(tanh(X*V)*w - y)^2",
        "V",
        lambda r, n, d: {
            "X": r.standard_normal((n, d)),
            "y": r.standard_normal(n),
            "V": r.standard_normal((d, HIDDEN)) / d**0.5,
            "w": r.standard_normal(HIDDEN),
        },
        layers_by_hand,
        lambda xp, X, y, V, w: ((xp.tanh(X @ V) @ w - y) ** 2).mean(),
    ),
}


class Torch:
    """The functions that a value needs, as PyTorch users write them."""

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.softplus = torch.nn.functional.softplus
        self.log_softmax = lambda z: torch.log_softmax(z, dim=1)
        self.tanh = torch.tanh


class Jax:
    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.softplus = jax.nn.softplus
        self.log_softmax = jax.nn.log_softmax
        self.tanh = jax.numpy.tanh


def pair(first: Callable[[], Any], second: Callable[[], Any], seconds: float) -> tuple[float, float]:
    """Median seconds of both, run in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    both = (first, second)
    for work in both:
        work()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        for work, found in zip(both, times, strict=True):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-7, atol=1e-9)


def cell(name: str, first: Callable[[], Any], second: Callable[[], Any], seconds: float) -> str:
    a, b = pair(first, second, seconds)
    return f"{name} {a * 1e3:.3f} ms, {b / a:.2f}x"


def peak(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    work()
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top


def gradients(work: Work, n: int, d: int, seconds: float) -> list[str]:
    data = work.data(np.random.default_rng(0), n, d)
    f = sd.parse(work.text)
    g = sd.grad(f, work.wrt)
    ours, both, value = g.compile(), sd.value_and_grad(f, work.wrt).compile(), f.compile()
    same(ours(data), work.hand(**data))
    together, alone = pair(lambda: both(**data), lambda: value(**data), seconds)
    cells = [
        cell("by hand", lambda: ours(**data), lambda: work.hand(**data), seconds),
        f"value and gradient {together / alone:.2f} values",
        f"memory {peak(lambda: ours(**data)) / peak(lambda: work.hand(**data)):.2f}",
    ]
    if importlib.util.find_spec("torch"):
        import torch

        xp = Torch()
        tensors = {k: torch.as_tensor(v) for k, v in data.items()}
        x = tensors[work.wrt].clone().requires_grad_(True)
        free = {**tensors, work.wrt: x}

        def theirs() -> Any:
            return torch.autograd.grad(work.value(xp, **free), x)[0]

        in_torch = g.compile("torch")
        same(in_torch(**tensors), theirs())
        cells.append(cell("torch.autograd", lambda: ours(**data), theirs, seconds))
        cells.append(cell("in torch", lambda: in_torch(**tensors), theirs, seconds))
    if importlib.util.find_spec("jax"):
        import jax

        jp = Jax()
        arrays = {k: jax.numpy.asarray(v) for k, v in data.items()}
        fixed = {k: v for k, v in arrays.items() if k != work.wrt}
        in_jax = jax.jit(g.compile("jax"))
        jitted = jax.jit(jax.grad(lambda x, fixed: work.value(jp, **{**fixed, work.wrt: x})))
        same(in_jax(**arrays), jitted(arrays[work.wrt], fixed))
        cells.append(
            cell(
                "in jax",
                lambda: in_jax(**arrays).block_until_ready(),
                lambda: jitted(arrays[work.wrt], fixed).block_until_ready(),
                seconds,
            )
        )
    return cells


def hessians(work: Work, n: int, d: int, seconds: float) -> list[str]:
    import torch

    data = work.data(np.random.default_rng(0), n, d)
    h = sd.hessian(sd.parse(work.text), work.wrt)
    xp = Torch()
    tensors = {k: torch.as_tensor(v) for k, v in data.items()}
    fixed = {k: v for k, v in tensors.items() if k != work.wrt}
    theirs = torch.func.hessian(lambda x: work.value(xp, **{**fixed, work.wrt: x}))
    ours, in_torch = h.compile(), h.compile("torch")
    # m is passed by name where no argument that the answer needs has it
    if work.wrt == "U":
        data["m"] = tensors["m"] = n
    same(ours(data), theirs(tensors[work.wrt]))
    return [
        cell("torch.func.hessian", lambda: ours(**data), lambda: theirs(tensors[work.wrt]), seconds),
        cell("in torch", lambda: in_torch(**tensors), lambda: theirs(tensors[work.wrt]), seconds),
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a tenth of the runs")
    options.add_argument("--only", default="", help="works whose name has this word")
    chosen = options.parse_args()
    seconds = 0.1 if chosen.quick else 1.0
    works = {name: work for name, work in WORKS.items() if chosen.only in name}
    for name, work in works.items():
        for n, d in SIZES:
            print(f"{name}, n = {n}, d = {d}: " + "; ".join(gradients(work, n, d, seconds)), flush=True)
    if importlib.util.find_spec("torch"):
        for name, work in works.items():
            if name != "two layers":
                n, d = (50, 40) if name == "factorisation" else (1000, 100)
                print(f"Hessian of {name}, n = {n}, d = {d}: " + "; ".join(hessians(work, n, d, seconds)), flush=True)


if __name__ == "__main__":
    main()
