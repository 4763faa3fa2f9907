"""Compiled functions and values: the only place where text is executed, and it is text that `source` wrote."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial, update_wrapper
from inspect import signature
from typing import Any

from symdiff.errors import DomainError, OperandError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr.build import describe
from symdiff.expr.node import Expr
from symdiff.expr.patterns import is_call, is_letter
from symdiff.expr.walk import functions, topological, variables
from symdiff.numeric.guards import guarded
from symdiff.numeric.labels import checked
from symdiff.numeric.source import code
from symdiff.numeric.stable import stable
from symdiff.numeric.targets import find

# The optional installs of the package are called like the libraries.
EXTRAS = ("jax", "torch")


def compile(
    exprs: Sequence[Expr], target: str = "numpy", *, several: bool = False, given: Sequence[Expr] = (), names: Iterable[str] | None = None
) -> Compiled:
    """The function of `code(exprs, target)`: it returns one value, or a tuple of several; with `several` of one, too.

    given: more variables, of the formula that the expressions answer a question about: their sizes count where they are passed.
    names: of the whole question: arguments of these names are taken, and passed over where the expressions do not have them; for others there is an
    error. A dictionary may hold more, since one serves many functions.

    Errors in its arguments are SymdiffErrors. SymdiffError, too, where a library is missing that the source imports.
    """
    return Compiled(tuple(exprs), target, several, tuple(given), None if names is None else frozenset(names))


class Compiled:
    """A compiled function. It pickles as what it is made of, and is compiled again where it is loaded."""

    def __init__(
        self, exprs: tuple[Expr, ...], target: str, several: bool, given: tuple[Expr, ...], names: frozenset[str] | None = None
    ) -> None:
        self.made_of = exprs, target, several, given, names
        function = _compiled(exprs, target, several, given)
        update_wrapper(self, function)
        self.function = function
        self.names = names
        self.known = frozenset(signature(function).parameters) | (names or frozenset())

    def __call__(self, values: Any = None, /, *more: Any, **named: Any) -> Any:
        if more:
            raise OperandError("arguments are given by name, or in one dictionary", hint=_arguments(self.made_of[0]))
        if self.names is not None:
            for name in named:
                if name not in self.known:
                    self.refuse(name)
        return self.function(values, **named)

    def refuse(self, name: Any) -> None:
        """UnknownNameError for a name that is neither an argument nor one of the question's, spelled as either may be."""
        if isinstance(name, str) and names_of(name).isdisjoint(self.known):
            raise UnknownNameError(f"a value for {name!r}, which does not occur in the formula", hint=_arguments(self.made_of[0]))

    def __reduce__(self) -> tuple[Any, ...]:
        return Compiled, self.made_of

    def __repr__(self) -> str:
        return f"<compiled function of {', '.join(variables(self.made_of[0]))}>"


@lru_cache(maxsize=64)
def _compiled(exprs: tuple[Expr, ...], target: str, several: bool, given: tuple[Expr, ...]) -> Callable[..., Any]:
    find(target).refuse_to_run()
    namespace: dict[str, Any] = {
        "TypeError": partial(_unfit, exprs),
        "ValueError": partial(_misshapen, exprs),
    }  # under these names a library's user meets the errors of symdiff
    try:
        exec(builtins.compile(code(exprs, target, several=several, given=given), "<symdiff>", "exec"), namespace)  # noqa: S102 - text of our own making
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        hint = f"pip install symdiff-graph[{library}]" if library in EXTRAS else f"pip install {library}"
        raise SymdiffError(f"this function needs the library {library}", hint=hint) from error
    function: Callable[..., Any] = namespace["f"]
    return checked(exprs, function)


def names_of(name: str) -> set[str]:
    """What a name that a value is given to may stand for: the variable `lambda` is given as `lambda_`, the derivative of an opaque function as `Dphi`, `D2phi`."""
    return {name, name.removesuffix("_"), re.sub(r"^(?:D\d*)+(?=.)", "", name)}


def _unfit(exprs: Sequence[Expr], message: str) -> SymdiffError:
    """The error for an argument that is missing, or is no number."""
    if "does not hold real numbers" in message:
        return OperandError(message, hint="real numbers, in lists or arrays whose rows have one length")
    return UnknownNameError(message, hint=_arguments(exprs))


def _misshapen(exprs: Sequence[Expr], message: str) -> ShapeError:
    return ShapeError(message, hint=_arguments(exprs))


def _arguments(exprs: Sequence[Expr]) -> str:
    """The arguments of a function with their shapes, for messages."""
    words = [f"{name}: {describe(x.shape)}" for name, x in variables(exprs).items()] + [
        f"{name}: a function or its value" for name in functions(exprs)
    ]
    return "the arguments are " + ", ".join(words[:20]) + (", …" if len(words) > 20 else "") if words else "the formula has no variables"


def evaluate(expr: Expr, values: Mapping[str, Any], show: Callable[[Expr], str] | None = None, given: Sequence[Expr] = ()) -> Any:
    """The value at these arguments: a float, or a NumPy array of the expression's shape.

    values: numbers, lists or arrays by name; functions or values for opaque functions; sizes that no argument has.
    show: how a matrix that has no inverse is written in the error; given: see `compile`.
    ShapeError where shapes do not fit, UnknownNameError where an argument is missing, OperandError where it is not numeric, DomainError
    where a matrix is inverted that is singular, or cannot be told from one in floats.
    """
    inverses = any(is_call(node, "inv") for node in topological([expr]))
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
        if not is_call(node, "inv"):
            continue
        matrix = node.args[0]
        value = np.asarray(compile([matrix], given=given)(**values))
        if value.size and np.isfinite(value).all() and np.any(np.linalg.cond(value) * np.finfo(float).eps > 1):
            while is_call(matrix, "if"):  # put there for entries that a condition cuts off
                matrix = matrix.args[1]
            raise DomainError(f"{_words(matrix, show)} is singular: it has no inverse", hint="add a multiple of eye, or take another point")


def _words(matrix: Expr, show: Callable[[Expr], str] | None) -> str:
    if is_letter(matrix):
        return f"the matrix {matrix.data[0]}"
    if show is not None:
        return f"the matrix {show(matrix)}"
    letters = variables([matrix])
    return "a matrix made of " + ", ".join(letters) if letters else "a constant matrix"
