"""Random arrays from Python's generator: the same in every process and with every release of NumPy, whose own costs 20 ms to load."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from random import Random
from typing import Any

import numpy as np

Array = Any
Shape = int | Sequence[int]


class Draws:
    """A stream of random numbers; seed: whole numbers."""

    def __init__(self, seed: Sequence[int]) -> None:
        self.source = Random(" ".join(map(str, seed)))

    def random(self, shape: Shape) -> Array:
        """From 0 to 1, without the 1."""
        axes = (shape,) if isinstance(shape, int) else tuple(shape)
        bits = np.frombuffer(self.source.randbytes(8 * prod(axes)), "<u8")
        return ((bits >> np.uint64(11)) * 2.0**-53).reshape(axes)

    def uniform(self, low: float, high: float, shape: Shape) -> Array:
        return low + (high - low) * self.random(shape)

    def integers(self, low: int, high: int, shape: Shape) -> Array:
        """From low to high - 1."""
        return (low + np.floor((high - low) * self.random(shape))).astype(int)

    def choice(self, values: Sequence[Any], shape: Shape) -> Array:
        return np.asarray(values)[self.integers(0, len(values), shape)]

    def order(self, count: int) -> Array:
        """The numbers from 0 to count - 1, in a random order."""
        return np.argsort(self.random(count), kind="stable")

    def some(self, values: Array, count: int) -> Array:
        """So many of the values, none twice."""
        return np.asarray(values)[self.order(len(values))[:count]]
