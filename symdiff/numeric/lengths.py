"""Roots of sums of squares as lengths, whose squares may overflow where the root does not: norm2, the norms of rows, hypot."""

from __future__ import annotations

import math
from functools import reduce

from symdiff.expr import build
from symdiff.expr.build import TWO
from symdiff.expr.node import CALL, NUM, POW, PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import has_scalar_factors, is_call, is_multiple, is_spread_number, is_squared, is_zero, unspread
from symdiff.expr.walk import unnamed
from symdiff.simplify.facts import Facts

# Roots of longer sums of squares are left as they are.
MAX_SQUARES = 4


def length(e: Expr) -> Expr | None:
    """sqrt(x.x), sqrt(sum(x .^ 2)) and sqrt(a^2 + b^2), whose squares may overflow where the root does not."""
    if e.op == SUM and 1 < len(e.args) <= MAX_SQUARES and (not e.shape or all(map(is_plain_square, e.args))):
        roots = [root_of(c, unnamed(t)) for c, t in zip(e.data, e.args, strict=True)]
        known = [root for root in roots if root is not None]
        if len(known) == len(roots) and not all(number_of(root) is not None for root in known):
            return reduce(lambda a, b: build.call("hypot", a, b), known)
    if e.op == PROD and e.data[1]:
        return lengths(e)
    if has_scalar_factors(e) and not e.shape and e.args:  # x.x*(y.y)
        return of_factors(e)
    if e.op != PROD or not all(e.data[0]) or any(len(set(ls)) < len(ls) for ls in e.data[0]):
        return None
    x = unnamed(e.args[0])
    if len(e.args) == 1:
        return build.call("norm2", x.args[0]) if is_squared(x) else None
    return build.call("norm2", e.args[0]) if len(e.args) == 2 and e.args[0] is e.args[1] and e.data[0][0] == e.data[0][1] else None


def is_plain_square(e: Expr) -> bool:
    """x .^ 2. Of arrays nothing else is taken: hypot costs several times sqrt(x*x + 1)."""
    e = unnamed(e)
    return e.op == POW and e.args[1] is TWO


def root_of(c: Number, e: Expr) -> Expr | None:
    """The root of a term of such a sum: of c*x^2, of c*x.x, of a number."""
    while is_multiple(e) and e.data[0] > 0:
        c, e = c * e.data[0], unnamed(e.args[0])
    number = number_of(e)
    if number is not None:
        c, e = c * number.data, number
    if c <= 0:
        return None
    root = math.isqrt(int(c))
    front = build.num(root) if root * root == c else build.call("sqrt", build.num(c))
    if number is not None:
        return build.spread(front, e.shape) if e.shape else front
    if e.op == POW and e.args[1] is TWO:
        found: Expr | None = e.args[0]
    elif e.op == SUM:  # 1 + x^2 of 1 + x^2 + y^2
        found = length(e)
    elif e.op != PROD:
        return None
    else:
        found = length(e)
    return found if found is None or c == 1 else build.scale(front, found)


def of_factors(e: Expr) -> Expr | None:
    """The root of a product of numbers that has squares among its factors, the others positive: of x.x/n, of x.x*(y.y)."""
    facts = Facts()
    roots = [build.call("sqrt", f) if facts.positive(f) else length(unnamed(f)) for f in e.args]
    known = [root for root in roots if root is not None]
    if len(known) < len(roots) or all(map(facts.positive, e.args)):
        return None
    return build.contract(known, [()] * len(known), ())


def lengths(e: Expr) -> Expr | None:
    """The roots of sums of squares along some axes: sqrt(rowsum(X.^2)), sqrt(sum(k=1..d, (X[i,k] - X[j,k])^2))."""
    labels, out = e.data
    if not e.args:
        return None
    x = unnamed(e.args[0])
    if len(e.args) == 1 and is_squared(x) and x.args[0].shape:
        x = unnamed(x.args[0])
    elif len(e.args) != 2 or e.args[0] is not e.args[1] or labels[0] != labels[1] or not x.shape:
        return None
    ls = labels[0]
    summed = [label for label in ls if label not in out]
    if len(set(ls)) < len(ls) or any(label not in ls for label in out) or not summed:
        return None
    own = (*out, *summed)
    found = x if own == ls else build.contract([x], [ls], own)
    for _ in summed:
        found = make(CALL, (found,), "_rownorm2", found.shape[:-1])
    return found


def number_of(e: Expr) -> Expr | None:
    """The number that e is, or that all its entries are."""
    if is_spread_number(e):
        e = e.args[0]
    return e if e.op == NUM else None


def is_number_but_zero(e: Expr) -> bool:
    """Whether it is a number other than 0, perhaps spread."""
    number = number_of(e)
    return number is not None and bool(number.data)


def is_kept_from_zero(e: Expr) -> bool:
    """Whether this is if(x == 0, 1, x), with another number than 1 perhaps, which has no zeros."""
    return kept_from_zero(e) is not None and is_number_but_zero(unnamed(e).args[1])


def kept_from_zero(e: Expr) -> Expr | None:
    """x of if(x == 0, 1, x)."""
    e = unnamed(e)
    if not is_call(e, "if") or not is_call(test := unspread(e.args[0]), "eq"):
        return None
    return e.args[2] if test.args[0] is e.args[2] and is_zero(test.args[1]) and number_of(e.args[1]) is not None else None
