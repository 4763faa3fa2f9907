"""To and from other libraries: differentiable functions of PyTorch and JAX, SymPy's expressions both ways."""

from symdiff.bridges.explicit import SymPy, explicit, target
from symdiff.bridges.from_python import formula_of
from symdiff.bridges.from_sympy import from_sympy
from symdiff.bridges.libraries import jax_function, torch_function

__all__ = ["SymPy", "explicit", "formula_of", "from_sympy", "jax_function", "target", "torch_function"]
