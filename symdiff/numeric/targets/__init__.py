"""What code is written for: a file and a class for each, with its helpers."""

from symdiff.errors import SymdiffError
from symdiff.numeric.targets.c import C
from symdiff.numeric.targets.floats import PlainFloats
from symdiff.numeric.targets.jax import JAX
from symdiff.numeric.targets.numpy import NumPy
from symdiff.numeric.targets.python import PythonTarget
from symdiff.numeric.targets.target import Target
from symdiff.numeric.targets.torch import Torch

LIBRARIES: dict[str, PythonTarget] = {t.name: t for t in (NumPy(), JAX(), Torch(), PlainFloats())}
TARGETS: dict[str, Target] = {**LIBRARIES, "c": C()}


def find(name: str) -> Target:
    """The target of this name; SymdiffError if there is none."""
    if not isinstance(name, str) or name not in TARGETS:
        raise SymdiffError(f"there is no target {name!r}", hint="targets: " + ", ".join(TARGETS))
    return TARGETS[name]


__all__ = ["LIBRARIES", "TARGETS", "PythonTarget", "Target", "find"]
