"""Compiled gradients beside what people run today: `python benchmarks/code.py [--quick] [--only WORD]`.

Each formula of `practice.py` by each of its variables, in one process and one thread, float64, after the results have been compared: our JAX beside
`jax.jit(jax.grad(f))`, our PyTorch beside `torch.autograd.grad`, our NumPy beside the closed form that an expert writes, and the most memory that
these two take (tracemalloc). What is quoted are medians over turns of the ratio within a turn, of CPU seconds, since a machine that is shared
drifts; above 1, ours takes longer. Libraries that are not installed have no column.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import argparse
import importlib.util
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import symdiff as sd

if __package__:
    from benchmarks.practice import PRACTICE, Practice
else:
    from practice import PRACTICE, Practice

Arrays = dict[str, Any]
Run = Callable[[], Any]

# Turns of a pair, and the seconds that each side of it works in one turn.
TURNS, QUICK_TURNS, SECONDS = 9, 3, 0.04

COLUMNS = ("jax", "torch", "numpy", "memory")


class Library:
    """Functions that differ in name between JAX and PyTorch, as their users write them."""

    def __init__(self, name: str) -> None:
        if name == "jax":
            import jax

            jax.config.update("jax_enable_x64", True)
            jnp = jax.numpy
            self.exp, self.log, self.tanh, self.cumsum, self.eye = jnp.exp, jnp.log, jnp.tanh, jnp.cumsum, jnp.eye
            self.sigmoid, self.relu, self.silu, self.softplus = jax.nn.sigmoid, jax.nn.relu, jax.nn.silu, jax.nn.softplus
            self.softmax, self.log_softmax, self.logsumexp = jax.nn.softmax, jax.nn.log_softmax, lambda z: jax.nn.logsumexp(z, axis=-1)
            self.gelu = lambda z: jax.nn.gelu(z, approximate=False)
            self.huber = lambda r: jnp.where(jnp.abs(r) <= 1, r**2 / 2, jnp.abs(r) - 0.5).sum()
            self.solve, self.logdet = jnp.linalg.solve, lambda a: jnp.linalg.slogdet(a)[1]
            self.rowmax, self.diagonal = lambda a: a.max(axis=1), jnp.diagonal
            self.windows = lambda x, w: jnp.correlate(x, w, mode="valid")
            self.windows2 = lambda X, W: jax.lax.conv(X[None, None], W[None, None], (1, 1), "VALID")[0, 0]
            self.picked = lambda Z, k: Z[jnp.arange(len(Z)), k]
            self.upper = lambda a: jnp.triu(a, 1)
        else:
            import torch

            torch.set_num_threads(1)
            one = torch.nn.functional
            self.exp, self.log, self.tanh, self.cumsum = torch.exp, torch.log, torch.tanh, lambda x: torch.cumsum(x, 0)
            self.eye = lambda n: torch.eye(n, dtype=torch.float64)
            self.sigmoid, self.relu, self.silu, self.softplus = torch.sigmoid, torch.relu, one.silu, one.softplus
            self.softmax, self.log_softmax = lambda z: torch.softmax(z, -1), lambda z: torch.log_softmax(z, -1)
            self.logsumexp, self.gelu = lambda z: torch.logsumexp(z, -1), one.gelu
            self.huber = lambda r: one.huber_loss(r, torch.zeros_like(r), reduction="sum")
            self.solve, self.logdet = torch.linalg.solve, torch.logdet
            self.rowmax, self.diagonal = lambda a: a.max(1).values, torch.diagonal
            self.windows = lambda x, w: one.conv1d(x[None, None], w[None, None])[0, 0]
            self.windows2 = lambda X, W: one.conv2d(X[None, None], W[None, None])[0, 0]
            self.picked = lambda Z, k: Z[torch.arange(len(Z)), k]
            self.upper = lambda a: torch.triu(a, 1)


def seconds_of(run: Run, times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - start) / times


def ratio(ours: Run, theirs: Run, turns: int) -> tuple[float, float]:
    """How many times longer ours takes, and the seconds of theirs."""
    ours(), theirs()
    first = max(seconds_of(theirs, 1), 1e-6), max(seconds_of(ours, 1), 1e-6)
    times = [max(1, min(1000, round(SECONDS / one))) for one in first]
    found, base = [], []
    for _ in range(turns):
        b, a = seconds_of(theirs, times[0]), seconds_of(ours, times[1])
        found.append(a / b)
        base.append(b)
    return statistics.median(found), statistics.median(base)


def peak(run: Run) -> int:
    run()
    tracemalloc.start()
    run()
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top


def same(ours: Any, theirs: Any, name: str) -> None:
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-6, atol=1e-7 * max(1.0, float(np.abs(theirs).max())), err_msg=name)


def cells(name: str, case: Practice, wrt: str, turns: int) -> dict[str, tuple[float, float]]:
    """The ratios of one gradient by column, with the seconds (of memory, bytes) of the other side."""
    data = case.data(np.random.default_rng(0))
    f = sd.parse(case.text)
    g = sd.grad(f, wrt)
    found: dict[str, tuple[float, float]] = {}
    if wrt in case.hand:
        ours, hand = g.compile(), case.hand[wrt]
        same(ours(data), hand(**data), f"{name} by {wrt} in NumPy")
        found["numpy"] = ratio(lambda: ours(data), lambda: hand(**data), turns)
        top = peak(lambda: hand(**data))
        found["memory"] = peak(lambda: ours(data)) / top, top
    if importlib.util.find_spec("jax"):
        import jax

        library = Library("jax")
        arrays = {k: jax.numpy.asarray(v) for k, v in data.items()}
        fixed = {k: v for k, v in arrays.items() if k != wrt}
        in_jax = jax.jit(g.compile("jax"))
        jitted = jax.jit(jax.grad(lambda x, fixed: case.value(library, **{**fixed, wrt: x})))
        same(in_jax(**arrays), jitted(arrays[wrt], fixed), f"{name} by {wrt} in JAX")
        found["jax"] = ratio(lambda: in_jax(**arrays).block_until_ready(), lambda: jitted(arrays[wrt], fixed).block_until_ready(), turns)
    if importlib.util.find_spec("torch"):
        import torch

        library = Library("torch")
        tensors = {k: torch.as_tensor(v) for k, v in data.items()}
        free = {**tensors, wrt: tensors[wrt].clone().requires_grad_(True)}
        in_torch = g.compile("torch")

        def autograd() -> Any:
            return torch.autograd.grad(case.value(library, **free), free[wrt])[0]

        same(in_torch(**tensors), autograd(), f"{name} by {wrt} in PyTorch")
        found["torch"] = ratio(lambda: in_torch(**tensors), autograd, turns)
    return found


def geometric(numbers: list[float]) -> float:
    return math.exp(sum(map(math.log, numbers)) / len(numbers)) if numbers else math.nan


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="fewer turns")
    options.add_argument("--only", default="", help="formulas whose name has this word")
    options.add_argument(
        "--least", type=float, default=1e-3, help="cells whose other side takes at least these seconds count (default: 0.001)"
    )
    chosen = options.parse_args()
    turns = QUICK_TURNS if chosen.quick else TURNS
    counted: dict[str, list[tuple[float, str]]] = {column: [] for column in COLUMNS}
    for name, case in PRACTICE.items():
        for wrt in case.wrt.split() if chosen.only in name else ():
            found = cells(name, case, wrt, turns)
            shown = [f"{column} {found[column][0]:.2f} of {found[column][1] * 1e3:.2f} ms" for column in COLUMNS[:3] if column in found]
            shown += [f"memory {found['memory'][0]:.2f}"] if "memory" in found else []
            print(f"{name} by {wrt}: " + "; ".join(shown), flush=True)
            for column, (times, base) in found.items():
                if column == "memory" or base >= chosen.least:
                    counted[column].append((times, f"{name} by {wrt}"))
    for column, rows in counted.items():
        if rows:
            above = [f"{name} {times:.2f}" for times, name in sorted(rows, reverse=True) if times > 1.5]
            mean = geometric([times for times, _ in rows])
            print(
                f"{column}: {len(rows)} cells, geometric mean {mean:.2f}, {len(above)} above 1.5"
                + (": " if above else "")
                + ", ".join(above)
            )


if __name__ == "__main__":
    main()
