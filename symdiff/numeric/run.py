"""Compiled functions and values: the only place where text is executed, and it is text that `source` wrote."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, update_wrapper
from typing import Any

from symdiff.errors import DomainError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr.node import CALL, NAME, VAR, Expr
from symdiff.expr.walk import topological, variables
from symdiff.numeric.guards import guarded
from symdiff.numeric.labels import checked
from symdiff.numeric.source import code
from symdiff.numeric.stable import stable

# The helpers of a source raise these; under them a library user meets the errors of symdiff.
_ERRORS = {"ValueError": ShapeError, "TypeError": UnknownNameError}

# The optional installs of the package are called like the libraries.
EXTRAS = ("jax", "torch")


def compile(exprs: Sequence[Expr], target: str = "numpy", *, several: bool = False, given: Sequence[Expr] = ()) -> Compiled:
    """The function of `code(exprs, target)`: it returns one value, or a tuple of several; with `several` of one, too.

    given: more variables, of the formula that the expressions answer a question about: their sizes count where they are passed.

    Errors in its arguments are SymdiffErrors. SymdiffError, too, where a library is missing that the source imports.
    """
    return Compiled(tuple(exprs), target, several, tuple(given))


class Compiled:
    """A compiled function. It pickles as what it is made of, and is compiled again where it is loaded."""

    def __init__(self, exprs: tuple[Expr, ...], target: str, several: bool, given: tuple[Expr, ...]) -> None:
        self.made_of = exprs, target, several, given
        function = _compiled(*self.made_of)
        update_wrapper(self, function)
        self.function = function

    def __call__(self, values: Any = None, /, **named: Any) -> Any:
        return self.function(values, **named)

    def __reduce__(self) -> tuple[Any, ...]:
        return Compiled, self.made_of

    def __repr__(self) -> str:
        return f"<compiled function of {', '.join(variables(self.made_of[0]))}>"


@lru_cache(maxsize=64)
def _compiled(exprs: tuple[Expr, ...], target: str, several: bool, given: tuple[Expr, ...]) -> Callable[..., Any]:
    if target == "c":
        raise SymdiffError("C is compiled by a C compiler", hint='the text for one is given by .code("c")')
    namespace: dict[str, Any] = dict(_ERRORS)
    try:
        exec(builtins.compile(code(exprs, target, several=several, given=given), "<symdiff>", "exec"), namespace)  # noqa: S102 - text of our own making
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        hint = f"pip install symdiff-graph[{library}]" if library in EXTRAS else f"pip install {library}"
        raise SymdiffError(f"this function needs the library {library}", hint=hint) from error
    function: Callable[..., Any] = namespace["f"]
    return checked(exprs, function)


def evaluate(expr: Expr, values: Mapping[str, Any], show: Callable[[Expr], str] | None = None, given: Sequence[Expr] = ()) -> Any:
    """The value at these arguments: a float, or a NumPy array of the expression's shape.

    values: numbers, lists or arrays by name; functions or values for opaque functions; sizes that no argument has.
    show: how a matrix that has no inverse is written in the error; given: see `compile`.
    ShapeError where shapes do not fit, UnknownNameError where an argument is missing or is not numeric, DomainError where a
    matrix is inverted that is singular, or cannot be told from one in floats.
    """
    inverses = any(node.op == CALL and node.data == "inv" for node in topological([expr]))
    try:
        found = compile([expr], given=given)(**values)
    except ValueError as error:  # numpy.linalg.LinAlgError is one
        if not inverses or isinstance(error, SymdiffError):
            raise
        refuse_singular(expr, values, show, given)
        raise
    if inverses:
        refuse_singular(expr, values, show, given)
    return found


def refuse_singular(expr: Expr, values: Mapping[str, Any], show: Callable[[Expr], str] | None = None, given: Sequence[Expr] = ()) -> None:
    """DomainError for the first matrix that is inverted and has no inverse."""
    import numpy as np

    for node in topological(guarded(stable([expr]))):
        if node.op != CALL or node.data != "inv":
            continue
        matrix = node.args[0]
        value = np.asarray(compile([matrix], given=given)(**values))
        if value.size and np.isfinite(value).all() and np.any(np.linalg.cond(value) * np.finfo(float).eps > 1):
            while matrix.op == CALL and matrix.data == "if":  # put there for entries that a condition cuts off
                matrix = matrix.args[1]
            raise DomainError(f"{_words(matrix, show)} is singular: it has no inverse", hint="add a multiple of eye, or take another point")


def _words(matrix: Expr, show: Callable[[Expr], str] | None) -> str:
    if matrix.op in (VAR, NAME):
        return f"the matrix {matrix.data[0]}"
    if show is not None:
        return f"the matrix {show(matrix)}"
    letters = variables([matrix])
    return "a matrix made of " + ", ".join(letters) if letters else "a constant matrix"
