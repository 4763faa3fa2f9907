"""The public functions of `import symdiff as sd`, a module for each subject; docs/language.md says what they promise.

Wherever a formula is taken, its text may stand: `sd.grad("w.x", "w")`. Nothing heavy is imported before it is used: a
derivative pays for the parser and the engine, not for NumPy or SymPy.
"""

from symdiff.api.calculus import derivative, derivatives, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from symdiff.api.descent import descend
from symdiff.api.formulas import Asked, Layout, Names, define, formula, notes, parse, parse_latex, read, rules
from symdiff.api.libraries import from_python, from_sympy, jax_function, torch_function
from symdiff.api.stationary import Stationary, stationary_points
from symdiff.api.teaching import backward, derive, graph, handout, steps, trace
from symdiff.api.truth import check, checker, curvature, verify

__all__ = [
    "Asked", "Layout", "Names", "Stationary", "backward", "check", "checker", "curvature", "define", "derivative", "derivatives", "derive", "descend", "formula", "from_python",
    "from_sympy", "grad", "graph", "handout", "hessian", "hvp", "jacobian", "jax_function", "jvp", "notes", "parse", "parse_latex", "read", "rules", "stationary_points", "steps",
    "torch_function", "trace", "value_and_grad", "verify", "vjp",
]  # fmt: skip
