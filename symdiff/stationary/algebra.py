"""Small algebra on normal forms: terms, common numbers, traces of slopes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd

from symdiff.expr import build
from symdiff.expr.node import NAME, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.walk import substitute, topological
from symdiff.simplify import simplify

TERMS = 64  # of a gradient that is multiplied out


def plain(f: Expr) -> Expr:
    """The formula without names."""

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME:
            return kids[0]
        return make(node.op, kids, node.data, node.shape) if node.args else node

    return substitute([f], put)[f]


def expanded(e: Expr) -> list[Expr]:
    """The terms of a sum, products of sums multiplied out; the expression itself beyond TERMS of them."""
    done, todo = list[Expr](), [e]
    while todo and len(done) + len(todo) <= TERMS:
        x = todo.pop()
        if x.op == SUM:
            todo += [build.scale(build.num(c), term) if c != 1 else term for c, term in zip(x.data, x.args, strict=True)]
            continue
        k = next((k for k, a in enumerate(x.args) if a.op == SUM), None) if x.op == PROD else None
        if k is None:
            done.append(x)
            continue
        labels, out = x.data
        sizes = dict(zip(out, x.shape, strict=True))
        for c, term in zip(x.args[k].data, x.args[k].args, strict=True):
            part = build.contract([*x.args[:k], term, *x.args[k + 1 :]], labels, out, sizes)
            todo.append(build.scale(build.num(c), part) if c != 1 else part)
    return [e] if todo else done


def sum_of(terms: Sequence[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else make(SUM, tuple(terms), (1,) * len(terms), terms[0].shape)


def traced(slope: Expr, labels: tuple[int, ...], out: tuple[int, ...], n: Dim) -> Expr:
    """The slope with two axes joined, divided by their size."""
    parts = slope.args if slope.op == SUM else (slope,)
    traced = [build.divide(build.contract([part], [labels], out), build.dim(n)) for part in parts]
    return simplify([make(SUM, tuple(traced), slope.data, traced[0].shape) if slope.op == SUM else traced[0]])[0]


def content(e: Expr) -> Fraction:
    """The greatest number that divides all coefficients of a sum; 1 of anything else."""
    if e.op != SUM:
        return Fraction(1)
    over = gcd(*[Fraction(c).numerator for c in e.data])
    under = 1
    for c in e.data:
        under = under * Fraction(c).denominator // gcd(under, Fraction(c).denominator)
    return Fraction(over or 1, under) * (-1 if all(c < 0 for c in e.data) else 1)


def unless_constant(e: Expr) -> Expr | None:
    return e if any(node.op == VAR for node in topological([e])) else None


def is_zero(e: Expr) -> bool:
    while e.op == PROD and len(e.args) == 1:
        (e,) = e.args
    return e is build.ZERO or (e.op == SUM and not e.args)
