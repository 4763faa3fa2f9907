"""Compiled functions and values: the only place where text is executed, and it is text that `source` wrote."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from symdiff.errors import ShapeError, SymdiffError, UnknownNameError
from symdiff.expr.node import Expr
from symdiff.numeric.labels import checked
from symdiff.numeric.source import code

# The helpers of a source raise these; under them a library user meets the errors of symdiff.
_ERRORS = {"ValueError": ShapeError, "TypeError": UnknownNameError}

# The optional installs of the package are called like the libraries.
EXTRAS = ("jax", "scipy", "torch")


def compile(exprs: Sequence[Expr], target: str = "numpy", *, several: bool = False) -> Callable[..., Any]:
    """The function of `code(exprs, target)`: it returns one value, or a tuple of several; with `several` of one, too.

    Errors in its arguments are SymdiffErrors. SymdiffError, too, where a library is missing that the source imports.
    """
    return _compiled(tuple(exprs), target, several)


@lru_cache(maxsize=64)
def _compiled(exprs: tuple[Expr, ...], target: str, several: bool) -> Callable[..., Any]:
    if target == "c":
        raise SymdiffError("C is compiled by a C compiler", hint='the text for one is given by .code("c")')
    namespace: dict[str, Any] = dict(_ERRORS)
    try:
        exec(builtins.compile(code(exprs, target, several=several), "<symdiff>", "exec"), namespace)  # noqa: S102 - text of our own making
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        hint = f"pip install symdiff-graph[{library}]" if library in EXTRAS else f"pip install {library}"
        raise SymdiffError(f"this function needs the library {library}", hint=hint) from error
    function: Callable[..., Any] = namespace["f"]
    return checked(exprs, function)


def evaluate(expr: Expr, values: Mapping[str, Any]) -> Any:
    """The value at these arguments: a float, or a NumPy array of the expression's shape.

    values: numbers, lists or arrays by name; functions or values for opaque functions; sizes that no argument has.
    ShapeError where shapes do not fit, UnknownNameError where an argument is missing or is not numeric.
    """
    return compile([expr])(**values)
