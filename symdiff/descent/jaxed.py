"""What JAX needs here: numbers of 64 bits, and optax's optimisers where optax is installed.

In: a method and its numbers. Out: a function with the face of `rules.compiled`, whose memory is the leaves of optax's state, arrays that a file can keep.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

# How optax spells a method, in our letters. Its adagrad has epsilon inside the root, and starts at 0.1 if it is not told otherwise.
SPELLED = {
    "sgd": "sgd(eta)",
    "momentum": "sgd(eta, momentum=mu)",
    "adagrad": "adagrad(eta, initial_accumulator_value=0, eps=epsilon)",
    "adam": "adam(eta, b1=beta1, b2=beta2, eps=epsilon)",
}


def doubles() -> AbstractContextManager[Any]:
    """JAX's own default is 32 bits, with which a gradient has 7 digits."""
    import jax

    if hasattr(jax, "enable_x64"):
        entered: AbstractContextManager[Any] = jax.enable_x64(True)
    else:
        from jax.experimental import enable_x64  # before JAX 0.8

        entered = enable_x64()
    return entered


def installed() -> bool:
    return importlib.util.find_spec("optax") is not None and importlib.util.find_spec("jax") is not None


class Optax:
    """One of optax's optimisers. start: what it remembers at first, for weights of this size. rule: how it is called."""

    def __init__(self, method: str, numbers: Mapping[str, float], size: int) -> None:
        import jax
        import numpy as np
        import optax

        eta = numbers["eta"]
        make = {
            "sgd": lambda: optax.sgd(eta),
            "momentum": lambda: optax.sgd(eta, momentum=numbers["mu"]),
            "adagrad": lambda: optax.adagrad(eta, initial_accumulator_value=0.0, eps=numbers["epsilon"]),
            "adam": lambda: optax.adam(eta, b1=numbers["beta1"], b2=numbers["beta2"], eps=numbers["epsilon"]),
        }
        self.rule = f"optax.{SPELLED[method]}"
        optimiser = make[method]()

        def step(g: Any, w: Any, leaves: Sequence[Any]) -> Any:
            updates, after = optimiser.update(g, jax.tree_util.tree_unflatten(self.form, leaves), w)
            return [*jax.tree_util.tree_leaves(after), optax.apply_updates(w, updates)]

        with doubles():
            leaves, self.form = jax.tree_util.tree_flatten(optimiser.init(jax.numpy.zeros(size)))
        self.start = tuple([np.asarray(leaf) for leaf in leaves])
        self.step = jax.jit(step)

    def __call__(self, w: Any, g: Any, remembered: Sequence[Any]) -> tuple[Any, ...]:
        """What it remembers after a step, then the weights."""
        import numpy as np

        with doubles():
            kept = [
                np.asarray(value).astype(first.dtype) for value, first in zip(remembered, self.start, strict=True)
            ]  # a file keeps floats only
            return tuple([np.asarray(value) for value in self.step(g, w, kept)])
