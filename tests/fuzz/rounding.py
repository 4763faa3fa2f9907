"""How many digits a PyTorch program has: its run again with every operation's result moved by one rounding, at random.

Where the results of such runs differ as much as an answer differs from the program, rounding alone explains the difference:
`log(1 - sigma(36))`, or the determinant of a matrix of condition 1e20. The method is Monte Carlo arithmetic (Parker 1997,
UCLA CSD-970002).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

RUNS = 8
UNIT = 2.0**-53  # largest relative error of one rounding in float64


class Jitter(TorchDispatchMode):
    """Moves every new number of an operation by up to a rounding, in backward passes too."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        computes = not func.is_view and not any(x.alias_info for x in func._schema.arguments)
        if not computes or not isinstance(result, torch.Tensor) or result.dtype != torch.float64:
            return result
        return result * (1 + UNIT * (2 * torch.rand(result.shape, generator=self.random, dtype=result.dtype) - 1))


def spread(value: Callable[[], torch.Tensor], right: torch.Tensor) -> float:
    """The largest distance of RUNS jittered values from the value without jitter; infinite where one is no number."""
    found = 0.0
    for seed in range(RUNS):
        try:
            with Jitter(seed):
                moved = value()
        except torch.linalg.LinAlgError:
            return float("inf")
        found = max(found, float((moved - right).abs().nan_to_num(float("inf"), float("inf")).max()))
    return found
