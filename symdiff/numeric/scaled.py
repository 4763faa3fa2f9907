"""Products of a value and inverse norms that stay in range: x.y/(norm2(x)*norm2(y)) is (x/norm2(x)).y/norm2(y), whose parts are no larger than y.

In and out: expressions of the same values. One walk, arguments first; every rule looks at one product: a norm divides the vector that it is of, in the
dot product where that stands, and norms that divide a sum come in an order in which what is left is of the size of the rest. One vector is divided
in the place of a number, and no dot product is computed for a square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, ZERO, Labels
from symdiff.expr.node import PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import has_number_exponent, has_two_factors, is_call, is_multiple, is_reciprocal
from symdiff.expr.walk import substitute, topological, unnamed

Factor = tuple[Expr, Labels]

DEEP = 6


def scaled(exprs: Sequence[Expr], factors_of: Callable[[Expr], list[Factor]]) -> list[Expr]:
    """The expressions with such products. factors_of: the factors of a product that adds nothing up, with their labels; none of long ones."""
    if not any(is_call(n, "norm2") for n in topological(exprs)):
        return list(exprs)

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        made = make(node.op, kids, node.data, node.shape)
        return _product(made, factors_of(made)) if node.op == PROD else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _product(e: Expr, factors: list[Factor]) -> Expr:
    """e with its norms where they keep it in range; e itself where they are."""
    norms = [f for f, _ in factors if norm_of(f) is not None]
    squares = [f for f, _ in factors if is_reciprocal(f) and square_of(f.args[0]) is not None]
    made = factors
    for divisor in (*norms, *squares):
        made = _spread_over(made, divisor)
    last = _last(made) if len(norms) > 1 else []
    if made is factors and not last:
        return e
    sizes = dict(zip(e.data[1], e.shape, strict=True))
    first = [factor for factor in made if factor not in last]
    inner = build.contract([f for f, _ in first], [ls for _, ls in first], e.data[1], sizes)
    return (
        build.contract([whole(inner, "rest"), *[f for f, _ in last]], [e.data[1], *[ls for _, ls in last]], e.data[1], sizes)
        if last
        else inner
    )


def whole(e: Expr, label: str) -> Expr:
    """A product that is computed as it is, before what it is multiplied with."""
    return build.name(label, e, given=False)


def multiple(e: Expr) -> tuple[Number, Expr]:
    """The number in front of a value, and the value."""
    c: Number = 1
    e = unnamed(e)
    while is_multiple(e):
        c, e = c * e.data[0], unnamed(e.args[0])
    return c, e


def times(c: Number, e: Expr) -> Expr:
    return e if c == 1 else build.linear([c], [e])


def norm_of(divisor: Expr) -> Expr | None:
    """u, of one over norm2(u), also where that is kept from being 0."""
    if not is_reciprocal(divisor):
        return None
    norm = unnamed(divisor.args[0])
    if is_call(norm, "if") and norm.args[1] is ONE and is_call(norm.args[0], "eq") and norm.args[0].args[1] is ZERO:
        norm = unnamed(norm.args[2])
    return unnamed(norm.args[0]) if is_call(norm, "norm2") and len(norm.args[0].shape) == 1 else None


def square_of(e: Expr) -> Expr | None:
    """u, of u.u."""
    e = unnamed(e)
    same = has_two_factors(e) and e.data == (((0,), (0,)), ()) and unnamed(e.args[0]) is unnamed(e.args[1])
    return unnamed(e.args[0]) if same else None


def _spread_over(factors: list[Factor], divisor: Expr) -> list[Factor]:
    """The factors with u/norm2(u) in u.v and beside it: once of a norm, twice of u.u."""
    u = norm_of(divisor)
    need, unit = 1, divisor
    if u is None:
        u = square_of(divisor.args[0])
        assert u is not None
        need, unit = 2, build.power(build.call("norm2", u), MINUS_ONE)
    direction = whole(build.elementwise(unit, u), "unit")
    new, left = list(factors), need
    for k, (f, ls) in enumerate(factors):
        c, inner = multiple(f)
        if not left or inner.op != PROD or inner.data != (((0,), (0,)), ()) or square_of(inner) is not None:
            continue
        places = [n for n, a in enumerate(inner.args) if unnamed(a) is u]
        if places:
            args = [direction if n == places[0] else a for n, a in enumerate(inner.args)]
            new[k], left = (times(c, build.dot(*args)), ls), left - 1
    for k, (f, ls) in enumerate(factors):
        c, inner = multiple(f)
        if left and need == 2 and inner is u:
            new[k], left = (times(c, direction), ls), left - 1
    if left:
        return factors
    return [f for f, (old, _) in zip(new, factors, strict=True) if old is not divisor]


def _last(factors: list[Factor]) -> list[Factor]:
    """The norms of what the rest does not grow with, unless that is all of them: y - u*(u.y) is of the size of y."""
    rest = [f for f, _ in factors if norm_of(f) is None]
    of = [(factor, u) for factor in factors if (u := norm_of(factor[0])) is not None]
    last = [factor for factor, u in of if not any(degree(r, u, DEEP) > 0 for r in rest)]
    return last if len(last) < len(of) else []


def degree(e: Expr, u: Expr, depth: int) -> float:
    """The least power of the size of u in the terms of e."""
    e = unnamed(e)
    if e is u:
        return 1
    if not depth:
        return 0
    if e.op == SUM:
        return min(degree(a, u, depth - 1) for a in e.args)
    if e.op == PROD:
        return sum(degree(a, u, depth - 1) for a in e.args)
    if has_number_exponent(e):
        return float(e.args[1].data) * degree(e.args[0], u, depth - 1)
    return degree(e.args[0], u, depth - 1) if is_call(e, "norm2") else 0
