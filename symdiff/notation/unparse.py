"""Written nodes back to syntax: the inverse of `syntax.elaborate`.

In: an expression as written. Out: a Program whose text parses to the same expression, with the bindings that must stand
in front of it. What never changes: values, operand order, names. It ends because every (node, context) is built once.

A product that is none of matrix notation's forms, and every operation of order three or more, is written entry by
entry: `tensor(i=1..m, j=1..n, …)`, sums as `sum(k=1..p, …)`. Entries are pushed inwards through elementwise operations;
matrix products, names and calls are indexed as they stand, `(A*x)[i]`.
"""

from __future__ import annotations

from collections.abc import Callable

from symdiff.bounds import LIMITS, exceeded
from symdiff.expr import dims as computed
from symdiff.expr.build import (
    ONE,
    TWO,
    ZERO,
    add,
    call,
    dim,
    dim_product,
    divide,
    elementwise,
    label_size,
    opaque_shape,
    power,
    scale,
    spread,
    sub,
)
from symdiff.expr.node import CALL, DIM, NAME, Expr, Shape, make
from symdiff.expr.walk import functions, substitute, topological, variables
from symdiff.notation.builder import Builder
from symdiff.notation.repeated import fresh_names, names_taken, parts_of_sizes, token_count
from symdiff.notation.trees import (
    length,
)
from symdiff.notation.typesetter import Typesetter
from symdiff.syntax.tree import Binding, Declaration, Program, TypeSpec

# Beyond this many tokens, parts that occur more than once get names of their own; beyond the second, nobody reads on.
SHARE_TOKENS = 2_000


def unparse(expr: Expr, *, expand: bool = False) -> Program:
    """The expression as a Program without declarations.

    The formula's own bindings (NAME with given=True) appear by name only; names that an answer introduced come as
    bindings in front, in dependency order. expand: every name is written out.
    LimitError if the text would have more tokens than the limit.
    """
    return _program(expr, expand=expand, given=False)


def unparse_program(expr: Expr) -> Program:
    """The expression with the declarations of all its variables and functions and all its bindings: it parses alone."""
    program = _program(expr, expand=False, given=True)
    program.statements[:0] = _declarations(expr)
    return program


def _program(expr: Expr, *, expand: bool, given: bool, typeset: bool = False) -> Program:
    expr = in_signs(expr) if typeset else expr
    order = topological([expr], set() if expand or given else closed(expr))
    builder = Typesetter(order, expand, given) if typeset else Builder(order, expand, given)
    if token_count(order, expand) > min(SHARE_TOKENS, LIMITS.tokens):
        builder.share()
        program = builder.program()
        if length(program) > LIMITS.tokens:
            raise exceeded("tokens", f"an answer of {length(program)} tokens", length(program), hint="compile it instead of printing it")
    else:
        program = builder.program()
    if not typeset:
        program.typeset = lambda: _program(expr, expand=expand, given=given, typeset=True)
    return program


def in_signs(expr: Expr) -> Expr:
    """For readers: functions that only programs need, for their digits, as the operations that they are."""
    if not any(n.op == CALL and n.data in _IN_SIGNS for n in topological([expr])):
        return expr

    def rebuild(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if n.op == CALL and n.data in _IN_SIGNS:
            return _IN_SIGNS[n.data](*args)
        return n if args == n.args else make(n.op, args, n.data, n.shape)

    return substitute([expr], rebuild)[expr]


def _of_entries(name: str, x: Expr, less: Expr) -> Expr:
    """The variance that divides by `less` entries fewer, by the one that divides by all of them."""
    plain = call(name, x, ZERO)
    if less is ZERO:
        return plain
    entries = dim(dim_product(x.shape))
    return divide(scale(entries, plain), sub(entries, less))


_IN_SIGNS: dict[str, Callable[..., Expr]] = {
    "log1p": lambda x: call("log", add(spread(ONE, x.shape), x)),
    "expm1": lambda x: sub(call("exp", x), spread(ONE, x.shape)),
    "logaddexp": lambda x, y: call("log", add(call("exp", x), call("exp", y))),
    "xlogy": lambda x, y: elementwise(x, call("log", y)),
    "var": lambda x, less=ZERO: _of_entries("var", x, less),
    "std": lambda x, less=ZERO: call("sqrt", _of_entries("var", x, less)) if less is not ZERO else call("std", x, less),
    "hypot": lambda x, y: call("sqrt", add(power(x, TWO), power(y, TWO))),
}


def closed(expr: Expr) -> set[Expr]:
    """The formula's own names that are met from above; what stands below them is not walked."""
    seen, stack = {expr}, [expr]
    closed: set[Expr] = set()
    while stack:
        e = stack.pop()
        if e.op == NAME and e.data[1]:
            closed.add(e)
            continue
        fresh = [a for a in e.args if a not in seen]
        seen.update(fresh)
        stack += fresh
    return closed


def _declarations(expr: Expr) -> list[Declaration | Binding]:
    """Every variable with its type, those of one type together; then the functions."""
    order = topological([expr])
    fresh = fresh_names(("n", "m", "k", "d", "p", "q"), names_taken(order), "n")
    inferred: dict[str, str] = {}

    def spec(shape: Shape, properties: tuple[str, ...] = ()) -> TypeSpec:
        label = label_size(properties)
        if label is not None:
            size: str | int = inferred.get(label, label) if isinstance(label, str) else label if isinstance(label, int) else ""
            size = "" if isinstance(size, str) and "(" in size else size
            length = next(iter(shape), None)
            length = inferred.get(length, length) if isinstance(length, str) else length
            dims_of = (length,) if isinstance(length, int) or (isinstance(length, str) and "(" not in length) else None
            return TypeSpec(("scalar", "vector")[len(shape)], dims_of, (), size)
        dims: list[str | int] = []
        for d in shape:
            if isinstance(d, tuple) or (isinstance(d, str) and computed.is_sum(d)):
                return TypeSpec(("vector", "matrix")[len(shape) - 1], None, properties)
            if isinstance(d, str) and d.endswith(")"):
                d = inferred.get(d) or inferred.setdefault(d, next(fresh))
            dims.append(d)
        return TypeSpec(("scalar", "vector", "matrix", "tensor")[min(len(shape), 3)], tuple(dims) or None, properties)

    groups: dict[tuple[Shape, tuple[str, ...]], list[str]] = {}
    sizes = set(parts_of_sizes(d for e in order for d in e.shape))
    for name in dict.fromkeys(parts_of_sizes(e.data for e in order if e.op == DIM)):
        if name not in sizes and "(" not in name:  # a size of no value in the text is a number like others
            groups.setdefault(((), ()), []).append(name)
    for name, v in variables([expr]).items():
        groups.setdefault((v.shape, v.data[1]), []).append(name)
    for size in sorted(sizes | set(parts_of_sizes(e.data for e in order if e.op == DIM))):
        word, _, name = size.rstrip(")").partition("(")
        if name and name not in variables([expr]) and name not in functions([expr]):  # a size of a variable that the text does not have
            shape: Shape = (size,) if word == "size" else (f"rows({name})", f"cols({name})")
            groups.setdefault((shape, ()), []).append(name)
    found = [Declaration(tuple(dict.fromkeys(names)), spec(*group)) for group, names in groups.items()]
    for name, e in functions([expr]).items():
        shapes = [opaque_shape(e), *[a.shape[e.data[2] :] for a in e.args]]
        if max(map(len, shapes)) < 3:
            value, *arguments = map(spec, shapes)
            found.append(Declaration((name,), value, tuple(arguments)))
    return list(found)
