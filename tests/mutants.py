"""Expressions with one slip: what a hand, or a wrong key, makes of a derivative.

`mutants(x)` yields (kind, expression): every slip at every place of the tree, of the shape of x. Recursion over small trees.
Some mutants have the value of x, as -0 has; who uses them has to tell these apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, DIM, NAME, NUM, POW, PROD, SUM, UNIT, VAR, Expr, make
from symdiff.table import TABLE

KINDS = (
    "sign",  # a minus too many
    "factor",  # twice as much, or a factor lost
    "term",  # a term lost, or one added
    "exponent",  # one more, one less, or none
    "number",  # one more, one less
    "function",  # another function, or none
    "variable",  # another letter of the same shape
    "order",  # arguments swapped
    "transpose",  # a matrix as it stands, or its transpose
    "condition",  # another relation, or no condition
    "total",  # a mean where a sum should be, or the other way round
    "index",  # the next entry
    "diagonal",  # off-diagonal entries lost
)

TWINS = [
    {"sin": "cos", "tan": "cot", "sec": "csc", "arcsin": "arccos", "arctan": "arccot", "arcsec": "arccsc"},
    {"sinh": "cosh", "tanh": "coth", "sech": "csch", "arcsinh": "arccosh", "arctanh": "arccoth", "arcsech": "arccsch"},
    {"exp": "expm1", "log": "log1p", "abs": "sign", "relu": "step", "max": "min", "sigma": "tanh", "softplus": "relu", "sqrt": "cbrt"},
    {"erf": "erfc", "floor": "ceil", "gamma": "lgamma", "digamma": "lgamma", "det": "logdet", "max_entries": "min_entries"},
    {"softmax": "log_softmax", "norm1": "norm2", "norminf": "norm1", "and": "or", "rowmax": "logsumexp", "gelu": "silu"},
]
OTHER = {a: b for pairs in TWINS for a, b in pairs.items()}
OTHER = {b: a for a, b in OTHER.items()} | OTHER
RELATIONS = {"lt": ("gt", "le"), "le": ("ge", "lt"), "gt": ("lt", "ge"), "ge": ("le", "gt"), "eq": ("ne",), "ne": ("eq",)}

# What an argument may be multiplied by, and the function does not see it: conditions are truth values.
_UNSEEN = {(name, k): ("sign", "factor") for name, k in (("and", 0), ("and", 1), ("or", 0), ("or", 1), ("not", 0), ("if", 0))}
_UNSEEN |= {("sign", 0): ("factor",)}

TURNED = (((0, 1),), (1, 0))


def mutants(x: Expr, letters: tuple[Expr, ...] = ()) -> Iterator[tuple[str, Expr]]:
    """x with one slip. letters: the variables that may be confused with each other."""
    seen = {x}
    for kind, new in _slips(x, letters):
        if new.shape == x.shape and new not in seen:
            seen.add(new)
            yield kind, new


def _slips(x: Expr, letters: tuple[Expr, ...]) -> Iterator[tuple[str, Expr]]:
    for kind, new in _own(x, letters):
        if new.shape == x.shape:
            yield kind, new
    for k, a in enumerate(x.args if x.op != NAME else ()):
        for kind, new in _slips(a, letters):
            if kind in _UNSEEN.get((x.data, k), ()) and new.args and a in new.args:
                continue
            try:
                yield ("exponent" if x.op == POW and k else kind), make(x.op, (*x.args[:k], new, *x.args[k + 1 :]), x.data, x.shape)
            except SymdiffError:
                continue


def _own(x: Expr, letters: tuple[Expr, ...]) -> Iterator[tuple[str, Expr]]:
    op = x.op
    if op == NUM:
        yield "number", build.num(x.data + 1)
        yield "number", build.num(x.data - 1)
        return
    yield "sign", build.neg(x)
    yield "factor", build.scale(build.TWO, x)
    if op in (VAR, CALL, POW, PROD):
        yield "term", build.add(x, build.ONE)
    if op == VAR:
        yield from (("variable", y) for y in letters if y is not x)
    elif op == SUM:
        for k in range(len(x.args)):
            if len(x.args) > 1:
                yield "term", build.linear([c for j, c in enumerate(x.data) if j != k], [a for j, a in enumerate(x.args) if j != k])
                yield "sign", build.linear([-c if j == k else c for j, c in enumerate(x.data)], x.args)
        if len(x.args) == 1:
            yield "sign", x.args[0]
    elif op == POW:
        base, exponent = x.args
        yield "exponent", base
        for step in (1, -1):
            yield (
                "exponent",
                build.power(base, build.num(exponent.data + step) if exponent.op == NUM else build.add(exponent, build.num(step))),
            )
    elif op == CALL:
        if x.data in OTHER and len(TABLE[OTHER[x.data]].args) == len(x.args):
            yield "function", make(CALL, x.args, OTHER[x.data], x.shape)
        for name in RELATIONS.get(x.data, ()):
            yield "condition", make(CALL, x.args, name, x.shape)
        if x.data in RELATIONS or x.data in ("and", "or", "not"):
            yield "condition", build.spread(build.ONE, x.shape)
        if x.data in ("mean", "max_entries", "min_entries", "norminf"):
            yield "total", build.total(x.args[0])
        for k, a in enumerate(x.args):
            if a.shape == x.shape:
                yield "function" if len(x.args) == 1 else "condition" if x.data == "if" else "term", a
            for j in range(k):
                if x.args[j].shape == a.shape:
                    args = list(x.args)
                    args[j], args[k] = a, args[j]
                    yield "order", make(CALL, tuple(args), x.data, x.shape)
    elif op == PROD:
        yield from _of_products(x)
    elif op == UNIT:
        size = x.shape[0]
        if not isinstance(size, int) or x.data < size:
            yield "index", build.unit(x.data + 1, size)
    if len(x.shape) == 2 and x.shape[0] == x.shape[1] and (op, x.data) != (PROD, TURNED):
        yield "transpose", build.transpose(x)
        yield "diagonal", build.elementwise(x, build.eye(x.shape[0]))


def _of_products(x: Expr) -> Iterator[tuple[str, Expr]]:
    labels, out = x.data
    sizes = dict(zip(out, x.shape, strict=True))
    if (labels, out) == TURNED:
        yield "transpose", x.args[0]
    for k in range(len(x.args)):
        rest = [a for j, a in enumerate(x.args) if j != k]
        others = [ls for j, ls in enumerate(labels) if j != k]
        inverse = x.args[k].op == POW and x.args[k].args[1] is build.MINUS_ONE
        if len(rest) == 1 and others[0] == out:
            yield "factor", rest[0]
        elif rest:
            yield "factor", build.contract(rest, others, out, sizes)
        if inverse:
            yield "exponent", build.contract([*rest, x.args[k].args[0]], [*others, labels[k]], out, sizes)
    summed = {i: d for a, ls in zip(x.args, labels, strict=True) for i, d in zip(ls, a.shape, strict=True) if i not in out}
    for d in summed.values():
        yield "total", build.elementwise(x, build.power(build.dim(d), build.MINUS_ONE))
    for a in x.args:
        if a.op == DIM:
            yield "total", build.elementwise(x, build.power(a, build.MINUS_ONE))
