"""Python's operators on nodes and numbers: what `a*b` means when a formula is built in Python.

In: two operands, nodes or numbers. Out: the node that the same operator makes in a formula. Where Python lacks an
operator (`.*`, `./`, `.^`) the refusal names the function to use.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import isfinite
from numbers import Rational, Real
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import DomainError, ShapeError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.expr.patterns import is_whole_number
from symdiff.table.operators import INEQUALITIES


def expression(value: Any) -> Expr:
    """A node as it is, a number as an exact one: 0.1 is 1/10, as it is written. TypeError for anything else."""
    if isinstance(value, Expr):
        return value
    if type(value) is int:
        return build.num(value)
    if isinstance(value, Rational):
        return build.num(Fraction(int(value.numerator), int(value.denominator)))
    if isinstance(value, Real | Decimal):
        if not isfinite(value):
            raise DomainError(
                f"{value} is not a number of a formula",
                hint="finite numbers; a value that is not one may be given when the formula is called",
            )
        return build.num(Fraction(str(value)))
    raise TypeError(f"{type(value).__name__} is neither an expression nor a number")


def operate(operator: str, left: Any, right: Any) -> Any:
    """The node of `left operator right`; NotImplemented (Python's own word for it) unless both are nodes or numbers.

    ShapeError, with the form that was probably meant, where the shapes do not fit.
    """
    try:
        a = left if type(left) is Expr else expression(left)
        b = right if type(right) is Expr else expression(right)
    except TypeError:
        return NotImplemented
    return OPERATORS[operator](a, b)


def negative(x: Expr) -> Expr:
    return build.neg(x)


def kind(x: Expr) -> str:
    """`scalar`, `vector`, `row`, `matrix` or `tensor`. Shape (1, n) is a row where an operation made it, else a matrix."""
    if len(x.shape) == 2 and x.shape[0] == 1 and x.args:
        return "row"
    return ("scalar", "vector", "matrix")[len(x.shape)] if len(x.shape) < 3 else "tensor"


def transpose(x: Expr) -> Expr:
    made: dict[str, Callable[[Expr], Expr]] = {"vector": build.row, "row": build.unrow, "matrix": build.transpose}
    what = kind(x)
    if what == "scalar":
        return x
    if what == "tensor":
        raise ShapeError(f"a {build.describe(x.shape)} has no transpose", hint="only matrices and vectors have one")
    return made[what](x)


def multiply(a: Expr, b: Expr) -> Expr:
    """`a*b`: scaling, or the matrix product."""
    if not a.shape or not b.shape:
        return build.scale(a, b)
    made = _PRODUCTS.get((kind(a), kind(b)))
    if made is None:
        raise _no_product(a, b, "*")
    return made(a, b)


def matrix_multiply(a: Expr, b: Expr) -> Expr:
    """`a @ b`: the matrix product; of two vectors the dot product."""
    made = build.dot if kind(a) == kind(b) == "vector" else _PRODUCTS.get((kind(a), kind(b)))
    if made is None:
        raise _no_product(a, b, "@")
    return made(a, b)


def divide(a: Expr, b: Expr) -> Expr:
    if b.shape:
        raise ShapeError(f"division by a {build.describe(b.shape)}", hint="entry by entry it is sd.divide(a, b)")
    return build.divide(a, b)


def power(base: Expr, exponent: Expr) -> Expr:
    """`a**k`: of a scalar; of a square matrix with a whole k, the matrix power."""
    if not base.shape:
        return build.power(base, exponent)
    if len(base.shape) != 2 or not is_whole_number(exponent):
        raise ShapeError(
            f"a {build.describe(base.shape)} to the power of a {build.describe(exponent.shape)}",
            hint="entry by entry it is sd.pow(x, k); the square of a vector's length is x @ x",
        )
    k = exponent.data
    if abs(k) > LIMITS.power:
        raise exceeded("power", f"a matrix to the power of {k}", abs(k))
    if not k:
        raise ShapeError("a matrix to the power of 0", hint="sd.eye(n)")
    factor = build.call("inv", base) if k < 0 else base
    result = factor
    for _ in range(abs(k) - 1):
        result = build.matmul(result, factor)
    return result


_PRODUCTS: dict[tuple[str, str], Callable[[Expr, Expr], Expr]] = {
    ("matrix", "vector"): build.matvec,
    ("matrix", "matrix"): build.matmul,
    ("row", "matrix"): build.matmul,
    ("row", "vector"): build.row_vec,
    ("vector", "row"): build.vec_row,
}

OPERATORS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "add": build.add,
    "sub": build.sub,
    "mul": multiply,
    "div": divide,
    "pow": power,
    "matmul": matrix_multiply,
    **{name: partial(build.call, name) for name in INEQUALITIES},  # Python's == compares formulas themselves
}


def _no_product(a: Expr, b: Expr, operator: str) -> ShapeError:
    kinds = kind(a), kind(b)
    if kinds == ("vector", "vector"):
        hint = "the dot product is x @ y, entry by entry it is sd.multiply(x, y), the outer product is x*y.T"
    elif kinds == ("vector", "matrix"):
        hint = "a row times a matrix is x.T*A"
    elif "scalar" in kinds:
        hint = "scaling is c*x"
    else:
        hint = "entry by entry it is sd.multiply(a, b)"
    return ShapeError(f"a {build.describe(a.shape)} {operator} a {build.describe(b.shape)}", hint=hint)
