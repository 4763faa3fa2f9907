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

RUNS = 32
UNIT = 2.0**-52  # distance from 1 to the next number of float64: half of it would be lost where 1 is added to it


class Jitter(TorchDispatchMode):
    """Moves every new number of an operation up or down to the next, or not, in backward passes too."""

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
        return result * (1 + UNIT * torch.randint(-1, 2, result.shape, generator=self.random).to(result.dtype))


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
