"""symdiff: typed formulas to readable, verified derivatives.

    import symdiff as sd
    f = sd.parse("max(1 - y*w.phi, 0)")
    g = sd.grad(f, "w")                     # -[y*w.phi < 1]*y*phi

The functions of the language are here too, for building formulas in Python: `sd.max(1 - y*(w @ phi), 0)`; a name
that is a Python keyword takes an underscore (`sd.if_`). Every name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

# Where each public name lives.
_HOMES = {
    name: home
    for home, names in {
        "symdiff.api": "backward check checker curvature define derivative derive descend from_python from_sympy grad graph handout hessian hvp jacobian jax_function jvp "
        "notes parse parse_latex rules stationary_points steps torch_function trace value_and_grad verify vjp",
        "symdiff.batches": "batch",
        "symdiff.course.sheetfile": "sheet",
        "symdiff.building": "matrices scalars symbols vectors",
        "symdiff.bounds": "limits",
        "symdiff.course.grade": "grade_class",
        "symdiff.errors": "DomainError LimitError OperandError ParseError RefutedError ShapeError SymdiffError UnknownNameError",
        "symdiff.expr.node": "Expr",
        "symdiff.formula": "Expressions Formula",
    }.items()
    for name in names.split()
}
# `from symdiff import table` asks here before it imports the subpackage; no function of the language has such a name.
_ROOMS = {
    "api", "arguments", "asking", "batches", "bounds", "bridges", "building", "calculus", "checking", "cli", "constants", "convexity", "course", "descent", "differentiate", "errors", "expr", "formula", "grading", "names",
    "notation", "notebook", "numeric", "own", "printers", "simplify", "stationary", "syntax", "table", "teach", "whole",
}  # fmt: skip
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name.startswith("_") or name in _ROOMS:
        raise AttributeError(f"module 'symdiff' has no attribute {name!r}")
    else:
        value = import_module("symdiff.building").function(name)
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext symdiff` asks for: the magic `%%symdiff`."""
    import_module("symdiff.notebook").load_ipython_extension(shell)


def __dir__() -> list[str]:
    """The public names and every function of the language."""
    return sorted({*__all__, *import_module("symdiff.building").function_names()})
