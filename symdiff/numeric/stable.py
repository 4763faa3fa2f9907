"""Functions whose plain spelling overflows, replaced by the table's stable ones: log(1 + exp(t)) by softplus(t) and the like.

In and out: expressions of the same values. One walk, arguments first; every replacement stands where a logarithm was.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.build import ONE
from symdiff.expr.node import CALL, NAME, PROD, SUM, Expr, make
from symdiff.expr.walk import substitute


def stable(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with log(1 + exp(t)), log(sum(exp(x))), log(sigma(t)) and log(softmax(x)) as functions of their own."""

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        found = _logarithm(_named(kids[0])) if node.op == CALL and node.data == "log" else None
        return make(node.op, kids, node.data, node.shape) if found is None else found

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _logarithm(inner: Expr) -> Expr | None:
    """log(inner) without overflow, if it is one of these."""
    if inner.op == CALL and inner.data == "softmax":
        return build.call("log_softmax", *inner.args)
    if inner.op == CALL and inner.data == "sigma":
        return build.neg(build.call("softplus", build.neg(inner.args[0])))
    if inner.op == SUM and inner.data == (1, 1):
        a, b = (_named(part) for part in inner.args)
        if _is_one(b):
            a, b = b, a
        if _is_one(a) and _is_exp(b):
            return build.call("softplus", b.args[0])
    if inner.op == PROD and not inner.shape and len(inner.args) == 1:
        x = _named(inner.args[0])
        if _is_exp(x) and len(x.shape) == 1:
            return build.call("logsumexp", x.args[0])
    return None


def _named(e: Expr) -> Expr:
    while e.op == NAME:
        e = e.args[0]
    return e


def _is_exp(e: Expr) -> bool:
    return e.op == CALL and e.data == "exp"


def _is_one(e: Expr) -> bool:
    """1, or a tensor of ones."""
    return e is ONE or (e.op == PROD and e.args == (ONE,) and e.data[0] == ((),))
