"""symdiff: typed formulas to readable, verified derivatives.

    import symdiff as sd
    f = sd.parse("max(1 - y*w.phi, 0)")
    g = sd.grad(f, "w")                     # -[y*w.phi < 1]*y*phi

The functions of the language are here too, for building formulas in Python: `sd.max(1 - y*(w @ phi), 0)`; a name
that is a Python keyword takes an underscore (`sd.if_`). Every name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symdiff.api import backward as backward
    from symdiff.api import check as check
    from symdiff.api import checker as checker
    from symdiff.api import curvature as curvature
    from symdiff.api import define as define
    from symdiff.api import derivative as derivative
    from symdiff.api import derive as derive
    from symdiff.api import descend as descend
    from symdiff.api import from_python as from_python
    from symdiff.api import from_sympy as from_sympy
    from symdiff.api import grad as grad
    from symdiff.api import graph as graph
    from symdiff.api import handout as handout
    from symdiff.api import hessian as hessian
    from symdiff.api import hvp as hvp
    from symdiff.api import jacobian as jacobian
    from symdiff.api import jax_function as jax_function
    from symdiff.api import jvp as jvp
    from symdiff.api import matrices as matrices
    from symdiff.api import notes as notes
    from symdiff.api import parse as parse
    from symdiff.api import parse_latex as parse_latex
    from symdiff.api import rules as rules
    from symdiff.api import scalars as scalars
    from symdiff.api import stationary_points as stationary_points
    from symdiff.api import steps as steps
    from symdiff.api import symbols as symbols
    from symdiff.api import torch_function as torch_function
    from symdiff.api import trace as trace
    from symdiff.api import value_and_grad as value_and_grad
    from symdiff.api import vectors as vectors
    from symdiff.api import verify as verify
    from symdiff.api import vjp as vjp
    from symdiff.bounds import limits as limits
    from symdiff.errors import DomainError as DomainError
    from symdiff.errors import LimitError as LimitError
    from symdiff.errors import ParseError as ParseError
    from symdiff.errors import RefutedError as RefutedError
    from symdiff.errors import ShapeError as ShapeError
    from symdiff.errors import SymdiffError as SymdiffError
    from symdiff.errors import UnknownNameError as UnknownNameError
    from symdiff.expr.node import Expr as Expr
    from symdiff.formula import Expressions as Expressions
    from symdiff.formula import Formula as Formula

__version__ = "0.1.0"

# Where each public name lives.
_HOMES = {
    name: home
    for home, names in {
        "symdiff.api": "backward check checker curvature define derivative derive descend from_python from_sympy grad graph handout hessian hvp jacobian jax_function jvp "
        "matrices notes parse parse_latex rules scalars stationary_points steps "
        "symbols torch_function trace value_and_grad vectors verify vjp",
        "symdiff.bounds": "limits",
        "symdiff.errors": "DomainError LimitError ParseError RefutedError ShapeError SymdiffError UnknownNameError",
        "symdiff.expr.node": "Expr",
        "symdiff.formula": "Expressions Formula",
    }.items()
    for name in names.split()
}
# `from symdiff import table` asks here before it imports the subpackage; no function of the language has such a name.
_ROOMS = {
    "api", "asking", "bounds", "bridges", "calculus", "checking", "cli", "convexity", "descent", "differentiate", "errors", "expr", "formula", "grading", "names",
    "notation", "numeric", "own", "printers", "simplify", "stationary", "syntax", "table", "teach", "whole",
}  # fmt: skip
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name.startswith("_") or name in _ROOMS:
        raise AttributeError(f"module 'symdiff' has no attribute {name!r}")
    else:
        value = import_module("symdiff.api").function(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names and every function of the language."""
    return sorted({*__all__, *import_module("symdiff.api").function_names()})
