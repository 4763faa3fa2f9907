"""SymPy's expressions as formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

from symdiff.errors import DomainError
from symdiff.expr import build
from symdiff.expr.node import Dim, Expr
from symdiff.expr.operators import kind as kind_of
from symdiff.expr.operators import matrix_multiply, transpose
from symdiff.expr.patterns import is_negation, is_negative, is_reciprocal
from symdiff.table import TABLE
from symdiff.table.groups import LATTICE


def from_sympy(expression: Any) -> Expr:
    """A SymPy expression as a formula: scalars, and `MatrixSymbol`s with their sums, products, powers, transposes, inverses, entries,
    traces, determinants and identities.

    Symbols are real variables by their names, or sizes where a matrix has them. A `MatrixSymbol` of one column is a vector, of one row the transpose
    of a vector, and what has one row and one column is a number: `x.T*A*x`. DomainError for what the language lacks.
    """
    from sympy import Basic, MatrixSymbol

    if not isinstance(expression, Basic):
        raise DomainError(f"a SymPy expression is wanted, not a {type(expression).__name__}", hint="entries of a Matrix one by one")
    sizes = {s for matrix in expression.atoms(MatrixSymbol) for d in matrix.shape for s in d.free_symbols}
    done: dict[Any, Expr] = {s: build.dim(_name(s.name)) for s in sizes}
    stack = [(expression, False)]
    while stack:
        e, ready = stack.pop()
        if e in done:
            continue
        args = _parts(e)
        if ready or not args:
            done[e] = _converted(e, [done[a] for a in args])
        else:
            stack.append((e, True))
            stack.extend((a, False) for a in args)
    return done[expression]


# SymPy's names of functions that a row spells otherwise, and of its relations.
_ROWS = {row.sympy: row.name for row in TABLE if row.sympy} | {
    "StrictLessThan": "lt",
    "LessThan": "le",
    "StrictGreaterThan": "gt",
    "GreaterThan": "ge",
    "Equality": "eq",
    "Unequality": "ne",
    "Max": "max",
    "Min": "min",
    "Determinant": "det",
    "Inverse": "inv",
}

_LEAVES = ("MatrixSymbol", "Identity", "ZeroMatrix", "OneMatrix")
_OF_FIRST = ("Inverse", "MatPow", "MatrixElement", "HadamardPower", "Heaviside")  # what follows the first argument is a number

# What is written with other operations. Variables are real: conjugates and real parts are the numbers themselves.
_PLAIN: dict[str, Callable[..., Expr]] = {
    "Exp1": lambda: build.call("exp", build.ONE),
    "Transpose": lambda x: _turned(x),
    "Trace": lambda x: build.trace(x) if x.shape else x,
    "DotProduct": build.dot,
    "KroneckerProduct": lambda *args: reduce(build.kron, args),
    "HadamardProduct": lambda *args: reduce(build.elementwise, args),
    "MatMul": lambda *args: reduce(_times, args),
    "factorial": lambda x: build.call("gamma", build.add(x, build.ONE)),
    "Mod": lambda x, y: build.sub(x, build.scale(y, build.call("floor", build.divide(x, y)))),
    "conjugate": lambda x: x,
    "re": lambda x: x,
}


def _parts(e: Any) -> Sequence[Any]:
    """What has to be converted before e."""
    kind = e.func.__name__
    if e.is_Atom or kind in _LEAVES:
        return ()
    if kind == "Piecewise":
        return [part for pair in e.args for part in pair.args]
    if any(a.func.__name__ == "Tuple" for a in e.args):  # sums, integrals: the error names them, not a part of them
        raise _lacking(e)
    parts: Sequence[Any] = e.as_ordered_terms() if kind == "Add" else e.args
    return parts[:1] if kind in _OF_FIRST else parts


def _converted(e: Any, args: list[Expr]) -> Expr:
    kind = e.func.__name__
    if e.is_Symbol:
        return build.var(_name(e.name))
    if kind in _LEAVES:
        return _leaf(e, kind, tuple([_size(d) for d in e.shape]))
    if e.is_Rational:
        return build.num(Fraction(int(e.p), int(e.q)))
    if e.is_Float:
        return build.num(Fraction(str(e)))
    if kind in ("BooleanTrue", "BooleanFalse"):
        return build.ONE if kind == "BooleanTrue" else build.ZERO
    if kind == "Pi":
        return build.const("pi")
    if kind in ("Add", "MatAdd"):
        return reduce(_plus, args)
    if kind == "Mul":
        return _product(args)
    if kind in ("Pow", "HadamardPower"):
        return _power(args[0], args[1] if kind == "Pow" else build.num(_whole(e, e.args[1])))
    if kind == "MatPow":
        k = _whole(e, e.args[1])
        if not args[0].shape:
            return _power(args[0], build.num(k))
        power = reduce(build.matmul, args * abs(k))
        return power if k > 0 else build.call("inv", power)
    if kind == "MatrixElement":
        places = [_whole(e, k) + 1 for k in e.args[1:]]
        row = kind_of(args[0]) == "row"
        base = _turned(args[0]) if row else args[0]
        return build.entry(base, *(places if len(base.shape) == 2 else places[row:][:1])) if base.shape else base
    if kind == "Heaviside" and str(e.args[1]) == "1/2":
        return build.divide(build.add(build.ONE, build.call("sign", *args)), build.TWO)
    if kind == "Piecewise" and args[-1] is build.ONE:
        branches = list(zip(args[0::2], args[1::2], strict=True))
        return reduce(lambda other, branch: build.call("if", branch[1], branch[0], other), reversed(branches[:-1]), branches[-1][0])
    if kind == "polygamma" and args[0] is build.ZERO:
        return build.call("digamma", args[1])
    if kind in _PLAIN:
        return _PLAIN[kind](*args)
    if kind in ("Determinant", "Inverse") and not args[0].shape:
        return args[0] if kind == "Determinant" else build.power(args[0], build.MINUS_ONE)
    if kind in _ROWS:
        name = _ROWS[kind]
        if len(args) == len(TABLE[name].args):
            return build.call(name, *args)
        if len(args) > 2 and name in LATTICE:
            return reduce(lambda a, b: build.call(name, a, b), args)
    raise _lacking(e)


def _leaf(e: Any, kind: str, shape: tuple[Dim, ...]) -> Expr:
    if kind == "Identity":
        return build.eye(shape[0]) if shape[0] != 1 else build.ONE
    rows, cols = shape
    kept = () if rows == cols == 1 else (rows,) if cols == 1 else (cols,) if rows == 1 else shape
    made = (
        build.var(_name(e.name), kept) if kind == "MatrixSymbol" else build.spread(build.ONE if kind == "OneMatrix" else build.ZERO, kept)
    )
    return build.row(made) if rows == 1 != cols else made


def _lacking(e: Any) -> DomainError:
    kind = e.func.__name__
    hint = "end with a branch (…, True)" if kind == "Piecewise" else ""
    return DomainError(f"SymPy's {kind} has no counterpart in the language: {str(e)[:80]}", hint=hint)


def _size(d: Any) -> Dim:
    """A dimension: a number, a symbol, or a product of such."""
    if d.func.__name__ == "Mul":
        return build.dim_product(_size(part) for part in d.args)
    if not (d.is_Integer or d.is_Symbol):
        raise DomainError(f"{d} cannot be the size of a matrix", hint="a number, a symbol or a product of these")
    return int(d) if d.is_Integer else _name(d.name)


def _whole(e: Any, k: Any) -> int:
    """A number of the expression e; powers of matrices are written out."""
    if not k.is_Integer or (k == 0 and e.func.__name__ == "MatPow") or abs(int(k)) > 1000:
        raise _lacking(e)
    return int(k)


def _plus(a: Expr, b: Expr) -> Expr:
    """a + b, or a - c where b is -c."""
    if is_negation(b):
        return build.sub(a, b.args[0])
    return build.sub(a, build.num(-b.data)) if is_negative(b) else build.add(a, b)


def _product(args: list[Expr]) -> Expr:
    """A product of numbers, what divides behind what multiplies, a sign in front."""
    over = [a for a in args if not is_reciprocal(a)]
    under = [a.args[0] for a in args if is_reciprocal(a)]
    negative = len(over) > 1 and over[0] is build.MINUS_ONE
    made = reduce(build.divide, under, reduce(build.scale, over[negative:] or [build.ONE]))
    return build.neg(made) if negative else made


def _times(a: Expr, b: Expr) -> Expr:
    if a is build.MINUS_ONE:
        return build.neg(b)
    return matrix_multiply(a, b) if a.shape and b.shape else build.scale(a, b)


def _turned(x: Expr) -> Expr:
    """The transpose; that of a vector's transpose is the vector."""
    inner = x.args[0] if len(x.args) == 1 else x
    return inner if len(inner.shape) == 1 and build.row(inner) is x else transpose(x)


def _power(base: Expr, exponent: Expr) -> Expr:
    if is_negative(exponent):
        return build.power(_power(base, build.num(-exponent.data)), build.MINUS_ONE)
    if exponent is build.ONE:
        return base
    return build.call("sqrt", base) if exponent is build.num(Fraction(1, 2)) else build.power(base, exponent)


def _name(name: str) -> str:
    from symdiff.syntax.parse import MATRICES, checked

    return checked(name, None, MATRICES)
