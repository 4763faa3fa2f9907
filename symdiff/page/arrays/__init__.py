"""The part of NumPy that this package uses, in plain Python: for the browser, where NumPy's own is not at hand.

The names and what they mean are NumPy's; tests compare the two on the same calls, and run the check of answers on both. What is not here raises
AttributeError, so that nothing is silently another thing. `installed()` puts it where `import numpy` finds it, if there is no NumPy.
"""

from __future__ import annotations

import importlib.util
import random as _random
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from symdiff.page.arrays import functions, linalg, scalars, special
from symdiff.page.arrays.array import array as _array
from symdiff.page.arrays.array import ndarray, ndindex


class Generator:
    """Random numbers from Python's generator."""

    def __init__(self, seed: Any = None) -> None:
        self.source = _random.Random(str(seed))

    def _filled(self, size: Any, draw: Any) -> Any:
        if size is None:
            return scalars.float64(draw())
        shape = (size,) if isinstance(size, int) else tuple(size)
        count = 1
        for n in shape:
            count *= n
        return ndarray([draw() for _ in range(count)], shape, "f")

    def random(self, size: Any = None) -> Any:
        return self._filled(size, self.source.random)

    def uniform(self, low: float = 0.0, high: float = 1.0, size: Any = None) -> Any:
        return self._filled(size, lambda: self.source.uniform(low, high))

    def normal(self, loc: float = 0.0, scale: float = 1.0, size: Any = None) -> Any:
        return self._filled(size, lambda: self.source.gauss(loc, scale))

    def standard_normal(self, size: Any = None) -> Any:
        return self.normal(size=size)

    def choice(self, values: Any, size: Any = None) -> Any:
        drawn = [float(v) for v in values]
        return self._filled(size, lambda: self.source.choice(drawn))

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        low, high = (0, low) if high is None else (low, high)
        found = self._filled(size, lambda: float(self.source.randrange(low, high)))
        return found.astype(int)


def _leggauss(n: int) -> tuple[ndarray, ndarray]:
    """Nodes and weights of Gauss's rule, by Newton's method on Legendre's polynomials."""
    from math import cos, pi

    nodes, weights = [], []
    for k in range(n, 0, -1):
        x = cos(pi * (k - 0.25) / (n + 0.5))
        for _ in range(100):
            before, here = 1.0, x
            for j in range(2, n + 1):
                before, here = here, ((2 * j - 1) * x * here - (j - 1) * before) / j
            slope = n * (x * here - before) / (x * x - 1)
            step = here / slope
            x -= step
            if abs(step) < 1e-16:
                break
        nodes.append(x)
        weights.append(2 / ((1 - x * x) * slope * slope))
    return _array(nodes), _array(weights)


def module() -> ModuleType:
    """A module with NumPy's names.

    Long: one line for each group of names.
    """
    found = ModuleType("numpy", __doc__)
    names: dict[str, Any] = {
        name: value
        for name, value in vars(functions).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", "") == functions.__name__
    }
    names |= functions.METHODS | functions.UFUNCS
    names |= {name: getattr(functions, name) for name in ("inf", "nan", "pi", "e", "newaxis")}
    names |= {
        name: getattr(scalars, name)
        for name in (
            "dtype",
            "generic",
            "number",
            "inexact",
            "floating",
            "integer",
            "signedinteger",
            "unsignedinteger",
            "float64",
            "int64",
            "uint64",
            "bool_",
        )
    }
    names |= {
        "array": functions.copied,
        "abs": functions.absolute,
        "fabs": functions.absolute,
        "round": functions.round_,
        "around": functions.round_,
        "ndarray": ndarray,
        "ndindex": ndindex,
    }
    names |= {
        "ascontiguousarray": functions.asarray,
        "asanyarray": functions.asarray,
        "permute_dims": functions.METHODS["transpose"],
        "concat": functions.concatenate,
        "bool": scalars.bool_,
    }
    names |= {
        "float32": scalars.float64,
        "double": scalars.float64,
        "int8": scalars.int64,
        "int32": scalars.int64,
        "intp": scalars.int64,
        "uint8": scalars.uint64,
        "complex128": complex,
        "object_": object,
    }
    names |= {
        "conj": functions.UFUNCS["conjugate"],
        "linalg": linalg,
        "random": SimpleNamespace(default_rng=Generator, Generator=Generator),
        "__version__": "0",
    }
    names["lib"] = SimpleNamespace(stride_tricks=SimpleNamespace(sliding_window_view=functions.sliding_window_view))
    names["polynomial"] = SimpleNamespace(legendre=SimpleNamespace(leggauss=_leggauss))
    vars(found).update(names)
    return found


def modules() -> dict[str, ModuleType]:
    """NumPy and SciPy as far as they are here, by name."""
    scipy = ModuleType("scipy")
    vars(scipy).update({"special": special, "linalg": special, "__path__": []})
    made = module()
    return {"numpy": made, "numpy.linalg": linalg, "scipy": scipy, "scipy.special": special, "scipy.linalg": special}


def installed() -> bool:
    """Put them where an import looks, if NumPy is not there; whether that was so."""
    if "numpy" in sys.modules or importlib.util.find_spec("numpy") is not None:
        return False
    sys.modules.update(modules())
    return True
