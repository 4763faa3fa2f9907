"""Building formulas in Python: variables, constants, and the functions of the language.

    w, phi = sd.vectors("w phi")
    sd.max(1 - y*(w @ phi), 0)

Operands are formulas, texts of formulas, numbers, and lists or arrays of numbers. A function that is called like a word of Python takes an
underscore: `sd.if_`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any

from symdiff.arguments import named, public
from symdiff.errors import OperandError, ShapeError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import CALL, CALLS, VAR, Dim, Expr, make
from symdiff.expr.operators import transpose as transposed
from symdiff.formula import Formula, Operand, built, node_of
from symdiff.syntax.parse import MATRICES, NUMBERS, checked
from symdiff.table import BUILT_IN, TABLE, Row
from symdiff.table.groups import LARGEST_OR_SMALLEST

# ---------------------------------------------------------------------------------------------- variables


def _variables(names: str, shape: Callable[[str], tuple[Dim, ...]]) -> Formula:
    """One variable, or the tuple of several: to a type checker a Formula, since that, too, can be taken apart (`w, phi = …`)."""
    if not isinstance(names, str):
        raise OperandError(f"names are a text, not {type(names).__name__}", hint='sd.vectors("w phi")')
    words = names.replace(",", " ").split()
    if len(words) == 1:  # a graph of many scalars is built name by name
        word = checked(words[0], None, MATRICES)
        return built(build.var(word, shape(word)))
    words = [checked(word, None, MATRICES) for word in words]
    if not words:
        raise UnknownNameError("no name given", hint='sd.vectors("w phi")')
    nodes = tuple([built(build.var(word, shape(words[0]))) for word in words])
    return nodes  # type: ignore[return-value]


@public
def scalars(names: str) -> Formula:
    """Numbers: `a, b = sd.scalars("a b")`; one name gives one variable, several give a tuple.

    UnknownNameError without a name, ParseError for what is none.
    """
    return _variables(names, lambda first: ())


symbols = scalars


@public
def vectors(names: str, size: str | int | None = None) -> Formula:
    """Vectors of one size: `w, phi = sd.vectors("w phi", "n")`; without a size it is that of the first."""
    return _variables(names, lambda first: (f"size({first})" if size is None else _size(size),))


@public
def matrices(names: str, rows: str | int | None = None, cols: str | int | None = None) -> Formula:
    """Matrices of one shape: `A, B = sd.matrices("A B", "m", "n")`; without sizes they are those of the first."""
    return _variables(
        names, lambda first: (f"rows({first})" if rows is None else _size(rows), f"cols({first})" if cols is None else _size(cols))
    )


def _size(size: Any) -> Dim:
    if isinstance(size, str):
        return size if _INFERRED.fullmatch(size) else checked(size, None, NUMBERS)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ShapeError(f"a size is a name or a positive whole number, not {size!r}", hint='sd.vectors("w", "n") or sd.vectors("w", 3)')
    return size


_INFERRED = re.compile(r"(size|rows|cols)\(\w+\)")


# ---------------------------------------------------------------------------------------------- what needs no row of the table


def sum(x: Operand) -> Formula:
    """The sum of all entries of a vector or matrix, a number. Derivative by x: 1 at every entry. ShapeError for a number."""
    return built(build.total(_tensor(x, "sum")))


def rowsum(A: Operand) -> Formula:
    """The vector of the sums of the rows, of size m for an (m, n) matrix. Adjoint of A: `g*ones(n)'`. ShapeError for what is no matrix."""
    return built(build.rowsum(_matrix(A, "rowsum")))


def colsum(A: Operand) -> Formula:
    """The vector of the sums of the columns, of size n for an (m, n) matrix. Adjoint of A: `ones(m)*g'`.

    ShapeError for what is no matrix.
    """
    return built(build.colsum(_matrix(A, "colsum")))


def tr(A: Operand) -> Formula:
    """The trace of a square matrix, a number. Derivative by A: `eye(n)`. ShapeError for a matrix that is not square."""
    return built(build.trace(_matrix(A, "tr")))


def diag(x: Operand) -> Formula:
    """The diagonal matrix (n, n) of a vector; the diagonal, a vector, of a square matrix. Each is the adjoint of the other.

    ShapeError for a number, and for a matrix that is not square.
    """
    node = _tensor(x, "diag")
    return built(build.diag_matrix(node) if len(node.shape) == 1 else build.diag_part(_matrix(x, "diag")))


def dot(x: Operand, y: Operand) -> Formula:
    """The dot product x.y of two vectors of one size, a number. Derivatives: y by x, x by y. ShapeError for two sizes, and for matrices."""
    return built(build.dot(_vector(x, "dot"), _vector(y, "dot")))


def outer(x: Operand, y: Operand) -> Formula:
    """The outer product x*y' of two vectors, an (m, n) matrix. Adjoints: `g*y` of x, `g'*x` of y. ShapeError for what is no vector."""
    return built(build.outer(_vector(x, "outer"), _vector(y, "outer")))


def transpose(A: Operand) -> Formula:
    """The transpose: of an (m, n) matrix, of a vector (a row), of a row (the vector), of a number (itself). Adjoint: `g'`.

    ShapeError for tensors of three axes or more.
    """
    return built(transposed(node_of(A)))


def vec(A: Operand) -> Formula:
    """The columns of an (m, n) matrix, stacked: a vector of size m*n. ShapeError for what is no matrix."""
    return built(build.vec(_matrix(A, "vec")))


def kron(A: Operand, B: Operand) -> Formula:
    """The Kronecker product of two matrices: (m, n) and (p, q) give (m*p, n*q). ShapeError for what is no matrix."""
    return built(build.kron(_matrix(A, "kron"), _matrix(B, "kron")))


def multiply(a: Operand, b: Operand) -> Formula:
    """Entry by entry, `a .* b`; both of one shape, or one of them a number. Derivatives: the other factor. ShapeError for two shapes."""
    return built(build.elementwise(node_of(a), node_of(b)))


def divide(a: Operand, b: Operand) -> Formula:
    """Entry by entry, `a ./ b`; both of one shape, or one of them a number. Derivatives: `1/b` and `-a/b^2`, where b != 0.

    ShapeError for two shapes.
    """
    return built(build.divide(node_of(a), node_of(b)))


def vector(value: Operand, size: str | int) -> Formula:
    """The vector of this size whose entries are all `value`, a number: `sd.vector(1, "n")`.

    ShapeError for a value with axes, and for a size below 1.
    """
    return built(build.spread(_number(value, "vector"), (_size(size),)))


def matrix(value: Operand, rows: str | int, cols: str | int) -> Formula:
    """The matrix of this shape whose entries are all `value`, a number: `sd.matrix(0, "m", "n")`. ShapeError as for `vector`."""
    return built(build.spread(_number(value, "matrix"), (_size(rows), _size(cols))))


def ones(*sizes: str | int) -> Formula:
    """The vector or matrix of ones: `sd.ones("n")`, `sd.ones("m", "n")`; 1 without a size, a tensor with more.

    ShapeError for a size below 1.
    """
    return built(build.spread(build.ONE, [_size(d) for d in sizes]))


def zeros(*sizes: str | int) -> Formula:
    """The vector or matrix of zeros: `sd.zeros("n")`, `sd.zeros("m", "n")`; 0 without a size, a tensor with more.

    ShapeError for a size below 1.
    """
    return built(build.spread(build.ZERO, [_size(d) for d in sizes]))


def eye(size: str | int) -> Formula:
    """The identity matrix (n, n): `sd.eye("n")`. ShapeError for a size below 1, ParseError for what is no name."""
    return built(build.eye(_size(size)))


def unit(i: int, size: str | int) -> Formula:
    """The i-th basis vector (n,), i from 1: `sd.unit(2, "n")`. ShapeError where the vector has no such entry."""
    if not isinstance(i, int) or isinstance(i, bool):
        raise OperandError(f"an entry is named by a whole number from 1, not by {named(i)}", hint='sd.unit(2, "n")')
    return built(build.unit(i, _size(size)))


def size(x: Operand) -> Formula:
    """The number of entries of a vector or matrix, as a number of the formula; it has no derivative. ShapeError for a number."""
    return built(build.dim(build.dim_product(_tensor(x, "size").shape)))


def rows(A: Operand) -> Formula:
    """The number of rows of a matrix, m of (m, n), as a number of the formula. ShapeError for what is no matrix."""
    return built(build.dim(_matrix(A, "rows").shape[0]))


def cols(A: Operand) -> Formula:
    """The number of columns of a matrix, n of (m, n), as a number of the formula. ShapeError for what is no matrix."""
    return built(build.dim(_matrix(A, "cols").shape[1]))


def _tensor(value: Any, of: str) -> Expr:
    node = node_of(value)
    if not node.shape:
        raise ShapeError(f"{of} takes a vector or a matrix, not a scalar", hint='sd.vectors("x"), sd.matrices("A")')
    return node


def _vector(value: Any, of: str) -> Expr:
    node = node_of(value)
    if len(node.shape) != 1:
        raise ShapeError(f"{of} takes vectors, not a {build.describe(node.shape)}", hint='sd.vectors("x y")')
    return node


def _matrix(value: Any, of: str) -> Expr:
    node = node_of(value)
    if len(node.shape) != 2:
        raise ShapeError(f"{of} takes a matrix, not a {build.describe(node.shape)}", hint='sd.matrices("A")')
    return node


def _number(value: Any, of: str) -> Expr:
    node = node_of(value)
    if node.shape:
        raise ShapeError(f"the entries of a {of} are one number, not a {build.describe(node.shape)}", hint=f"sd.{of}(1, …)")
    return node


# ---------------------------------------------------------------------------------------------- the rows of the table

BUILDERS: dict[str, Callable[..., Formula]] = {
    f.__name__: public(f) for f in (
        sum, rowsum, colsum, tr, diag, dot, outer, transpose, vec, kron, multiply, divide, vector, matrix, ones, zeros, eye, unit, size, rows, cols,
    )
}  # fmt: skip

# What people call things that have another name here.
OTHER_NAMES = {
    "gradient": "grad", "diff": "grad", "derive_by": "grad", "jac": "jacobian", "hess": "hessian", "substitute": "Formula.subs", "simplify": "Formula.expand", "symbol": "symbols",
    "variable": "vectors", "var": "vectors", "scalar": "scalars", "Function": "define", "register": "define", "plot": "graph", "draw": "graph", "minimize": "descend", "solve": "stationary_points",
}  # fmt: skip


def function(name: str) -> Any:
    """The function of the language with this name, for formulas and numbers (or the number `pi`). AttributeError if there is none."""
    plain = name.rstrip("_")
    if plain == "pi":
        return built(build.const("pi"))
    if plain in BUILDERS:
        return BUILDERS[plain]
    if plain not in TABLE and plain in BUILT_IN and plain != "tensor":
        return _of_text(plain)
    if plain not in TABLE:
        near = OTHER_NAMES.get(name) or next(iter(get_close_matches(name, [*TABLE.names, *BUILDERS], 1, 0.8)), "")
        raise AttributeError(f"module 'symdiff' has no attribute {name!r}" + (f"; did you mean sd.{near}?" if near else ""))
    row = TABLE[plain]
    of_one = row.elementwise and len(row.args) == 1 and not row.macro
    of_number = CALLS[row.name]

    def apply(*args: Any, **given: Any) -> Formula:
        if given:
            raise OperandError(f"the arguments of {name} have no names", hint=f"sd.{name}({', '.join(row.args)}), in this order")
        if of_one and len(args) == 1 and type(args[0]) is Formula:  # a third of the time of what follows
            x = args[0].expr
            return built(make(CALL, (x,), row.name, x.shape) if x.shape else of_number[x,])
        return built(call(plain, [node_of(a) for a in args]))

    apply.__name__ = apply.__qualname__ = name
    apply.__module__ = "symdiff"
    apply.__doc__ = doc(row)
    apply.__dict__["__signature__"] = _signature(row)
    return apply


def _of_text(name: str) -> Callable[..., Formula]:
    """A function of the language that has neither a row nor a builder, by what it means in a formula."""

    def apply(*args: Any, **given: Any) -> Formula:
        from symdiff.syntax import template

        if given:
            raise OperandError(f"the arguments of {name} have no names", hint=f"sd.{name}({', '.join(BUILT_IN[name][0])}), in this order")

        nodes = {f"a{k}": node_of(a) for k, a in enumerate(args, 1)}
        written = template(f"{name}({', '.join(nodes)})", {letter: node.shape for letter, node in nodes.items()})
        done = walk.substitute(
            [written], lambda node, kids: nodes[node.name] if node.op == VAR else make(node.op, kids, node.data, node.shape)
        )
        return built(done[written])

    apply.__name__ = apply.__qualname__ = name
    apply.__module__ = "symdiff"
    apply.__doc__ = f"{name}({', '.join(BUILT_IN[name][0])}): {BUILT_IN[name][1]}."
    return apply


def _signature(row: Row) -> Any:
    """The arguments of a row, for `help`."""
    from inspect import Parameter, Signature

    if row.name in LARGEST_OR_SMALLEST:
        return Signature([Parameter("args", Parameter.VAR_POSITIONAL)])
    first_default = len(row.args) - len(row.defaults)
    return Signature(
        [
            Parameter(x, Parameter.POSITIONAL_ONLY, default=Parameter.empty if k < first_default else row.defaults[k - first_default])
            for k, x in enumerate(row.args)
        ]
    )


def doc(row: Row) -> str:
    """What a row says of a function: value, derivatives, where they hold, source. Shapes: entry by entry, or those of the row."""
    lines = [
        f"{row.name}({', '.join(row.args)})" + (f" = {row.define}" if row.define else "") + ", of numbers, formulas, lists and arrays",
        "",
    ]
    if row.elementwise and not row.macro:
        lines.append("Entry by entry: arguments and value have one shape; a number goes with every entry.")
    elif row.shape:
        lines.append(f"Shapes: {row.shape} (a name for each axis; * is any shape, and without a name the value is a number).")
    for x, edge in zip(row.args, row.edge, strict=False):
        if edge:
            lines.append(
                f"Derivative by {x}: {edge}" + (", with y for the value" if "y" in edge.replace("sym", "") and "y" not in row.args else "")
            )
    for x, pull in zip(row.args, row.pull, strict=False):
        if pull:
            lines.append(f"Adjoint of {x}: {pull}, with g for that of the value y")
    lines += [
        f"{word}: {text}"
        for word, text in (("Where", row.where), ("At a kink", row.kink), ("Range", row.range), ("Source", row.source))
        if text
    ]
    return "\n".join(lines)


def function_names() -> list[str]:
    """What `function` finds, spelled as attributes of the module: `max`, `if_`."""
    return [
        name + "_" * iskeyword(name)
        for name in dict.fromkeys((*TABLE.names, *BUILDERS, *BUILT_IN, "pi"))
        if name != "tensor" and not name.startswith("_")
    ]


def call(name: str, args: list[Expr]) -> Expr:
    """A row of the table applied as a formula applies it: max of one argument and of many, definitions."""
    row = TABLE[name]
    if len(args) == 1 and name in LARGEST_OR_SMALLEST:
        return build.call(name + "_entries", *args)
    while len(args) > 2 and name in LARGEST_OR_SMALLEST:
        args[:2] = [build.call(name, *args[:2])]
    if not len(row.args) - len(row.defaults) <= len(args) <= len(row.args):
        raise ShapeError(
            f"{name} takes {len(row.args)} argument{'s' * (len(row.args) > 1)}, not {len(args)}", hint=f"sd.{name}({', '.join(row.args)})"
        )
    if not row.macro:
        return build.call(name, *args)
    from symdiff.syntax import template

    letters = dict(zip(row.args, args, strict=True))
    definition = template(row.define, {letter: a.shape for letter, a in letters.items()})

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        return letters[node.name] if node.op == VAR else make(node.op, kids, node.data, node.shape)

    return walk.substitute([definition], put)[definition]
