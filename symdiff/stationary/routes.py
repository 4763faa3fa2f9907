"""Ways in which "gradient = 0" is solved for one unknown. A candidate is no more than that: whoever takes it puts it into the gradient.

In: a gradient in normal form and the unknown. Out: candidates: a point, the value that has to be invertible for it to be the only one (None if
it always is), and what else must not be zero or must be positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, POW, Dim, Expr, make
from symdiff.expr.operators import transpose
from symdiff.expr.patterns import has_scalar_factors, is_call, is_call_of, is_divisor, is_multiple, is_negative
from symdiff.expr.walk import substitute, topological, variables
from symdiff.grading import equal
from symdiff.simplify import simplify
from symdiff.stationary.algebra import content, expanded, is_zero, multiplied_out, plain, sum_of, traced, unless_constant, without_left
from symdiff.stationary.numbers import Condition, regular
from symdiff.stationary.roots import is_polynomial, of_polynomial

# functions with an inverse, and what the value has to be for it
INVERSES = {"exp": ("log", "> 0"), "log": ("exp", ""), "sinh": ("arcsinh", "")}


class Candidate(NamedTuple):
    """several: one of the zeros of a polynomial; the others come after it."""

    point: Expr
    unique: Expr | None
    conditions: tuple[Condition, ...]
    several: bool = False
    others: tuple[Expr, ...] = ()  # what else has to be invertible for it to be the only one


def linear(g: Expr, x: Expr) -> Iterator[Candidate]:
    """The solution of g = 0 where g is A*x + c with A and c free of x: x a number, a vector or a matrix (then A*x or x*B)."""
    (slope,) = simplify([plain(derivatives(g, [x], Form(unconstrained=True))[0].expr)])
    if x in topological([slope]):
        return
    (rest,) = simplify(replaced([g], {x: build.spread(build.ZERO, x.shape)}))
    if is_zero(slope):
        return
    common = content(slope)
    slope, rest = simplify([build.scale(build.num(1 / common), e) for e in (slope, rest)])
    minus = build.neg(rest)
    if not x.shape:
        yield Candidate(simplify([build.divide(minus, slope)])[0], unless_constant(slope), ())
    elif len(x.shape) == 1:
        yield from _stripped(slope, minus, build.matvec)
        yield from _solved(slope, lambda inverse: build.matvec(inverse, minus), lambda number: build.divide(minus, number), x.shape[0])
    elif len(x.shape) == 2:
        m, n = x.shape
        left = traced(slope, (0, 1, 2, 1), (0, 2), n)  # A of A*X: the tensor is A[i,k]*[j == l]
        yield from _stripped(left, minus, build.matmul)
        yield from _solved(left, lambda inverse: build.matmul(inverse, minus), lambda number: build.divide(minus, number), m)
        right = traced(slope, (0, 1, 0, 2), (2, 1), m)  # B of X*B: the tensor is [i == k]*B[l,j]
        yield from _solved(right, lambda inverse: build.matmul(minus, inverse), lambda number: build.divide(minus, number), n)


def multiplied(g: Expr, x: Expr) -> Iterator[Candidate]:
    """The gradient of a number or a vector times x, x^2, x^3 or x*(1 - x), entry by entry, may be linear."""
    if len(x.shape) > 1:
        return
    away = build.sub(_like(build.ONE, x), x)
    kept = ((x, "!= 0"),)
    factors = (
        (x, kept),
        (build.power(x, build.TWO), kept),
        (build.power(x, build.num(3)), kept),
        (build.elementwise(x, away), (*kept, (away, "!= 0"))),
    )
    for factor, conditions in factors:
        (product,) = simplify([build.elementwise(factor, g)])
        for found in linear(product, x):
            yield found._replace(conditions=conditions)


def inverted(g: Expr, x: Expr) -> Iterator[Candidate]:
    """x may stand in one function that has an inverse, the gradient linear in its value: exp, log, a root."""
    if not x.shape:
        g = parted(g, x)
    inside = [
        node for node in topological([g]) if node is not x and node.shape == x.shape and node.op in (CALL, POW) and x in topological([node])
    ]
    for node in inside[:4]:
        found = _inverse(node)
        if found is None:
            continue
        value = build.var(_fresh(g), x.shape)
        (outer,) = replaced_nodes([g], {node: value})
        if x in topological([outer]):
            continue
        argument, back, condition = found
        for outside in linear(outer, value):
            if value in topological([outside.point]):
                continue
            (rest,) = simplify([build.sub(argument, back(outside.point))])
            needed = ((simplify([outside.point])[0], condition),) if condition else ()
            for inner in linear(rest, x):
                yield Candidate(inner.point, outside.unique, (*inner.conditions, *needed))


def candidates(g: Expr, x: Expr) -> Iterator[Candidate]:
    """What the routes offer, the plain ones first."""
    for route in (linear, multiplied, between, inverted, polynomial, factored):
        try:
            yield from route(g, x)
        except SymdiffError:  # a form that has no value, such as 1/0: this way leads nowhere
            continue


def factored(g: Expr, x: Expr) -> Iterator[Candidate]:
    """Of a number: the zeros of the factors of a product; exp and reciprocals have none."""
    if x.shape:
        return
    todo, inside = simplify([g]), list[Expr]()
    while todo:
        e = todo.pop()
        if has_scalar_factors(e) or is_multiple(e):
            todo += e.args
        elif x in topological([e]):
            inside.append(e)
    factors = [a for a in inside if not is_call(a, "exp") and not is_divisor(a)]
    below = tuple([(base_of(a), "!= 0") for a in inside if a.op == POW and a not in factors])
    if len(inside) < 2:
        return
    zeros = [[found for route in (linear, multiplied, inverted, polynomial) for found in route(factor, x)] for factor in factors]
    if all(zeros):  # else there may be more points than these
        for found in [found for some in zeros for found in some]:
            yield found._replace(conditions=(*found.conditions, *below), several=len(factors) > 1 or found.several)


def polynomial(g: Expr, x: Expr) -> Iterator[Candidate]:
    """Of a number: the zeros of a polynomial, or of one that a power of x makes of the gradient."""
    if x.shape:
        return
    for power in powers_of(g, x):
        (product,) = simplify([build.scale(build.power(x, build.num(power)), g)]) if power else (g,)
        zeros, conditions = of_polynomial(product, x)
        for value in zeros:
            if not power or value is not build.ZERO:
                yield Candidate(value, None, ((x, "!= 0"), *conditions) if power else conditions, True)
        if is_polynomial(product, x):
            return  # a higher power would only add zeros at 0


def powers_of(g: Expr, x: Expr) -> list[int]:
    """The powers of a number that may make a polynomial of a gradient: none of one that is a polynomial, or zeros would come from nowhere."""
    if is_polynomial(g, x):
        return [0]
    below = [-int(n.args[1].data) for n in topological([g]) if n.op == POW and n.args[0] is x and is_negative(n.args[1])]
    return sorted({1, 2, 3, 4, *below})


def _inverse(node: Expr) -> tuple[Expr, Callable[[Expr], Expr], str] | None:
    """The argument of a function, its inverse, and what the value must be."""
    if is_call_of(node, INVERSES):
        name, condition = INVERSES[node.data]
        return node.args[0], exponential if name == "exp" else lambda value: elementwise(name, value), condition
    return None


def base_of(e: Expr) -> Expr:
    """What a power is 0 with."""
    while e.op == POW:
        e = e.args[0]
    return e


def elementwise(name: str, value: Expr) -> Expr:
    """The function of a value; of entries that are all alike, once."""
    one = alike(value)
    return build.call(name, value) if one is None else build.spread(build.call(name, one), value.shape)


def exponential(value: Expr) -> Expr:
    """exp(value), what all entries have in common as a factor in front: exp(c + nu) is exp(nu)*exp(c)."""
    if not value.shape:
        return build.call("exp", value)
    common, rest = list[Expr](), list[Expr]()
    for term in multiplied_out(value):
        one = alike(term)
        (common if one is not None else rest).append(one if one is not None else term)
    found = build.call("exp", sum_of(rest)) if rest else build.spread(build.ONE, value.shape)
    return build.scale(build.call("exp", sum_of(common)), found) if common else found


def parted(g: Expr, x: Expr) -> Expr:
    """The expression with exp(c + x) of vectors as exp(x)*exp(c) for a number x, so that sum(exp(c + x)) is linear in exp(x)."""

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if is_call(node, "exp") and node.shape and x in topological([node]):
            return exponential(args[0])
        return make(node.op, args, node.data, node.shape) if args else node

    return substitute([g], put)[g]


def alike(value: Expr) -> Expr | None:
    """The number that every entry of a vector is; None of others."""
    if len(value.shape) != 1:
        return None
    (one,) = simplify([build.divide(build.total(value), build.dim(value.shape[0]))])
    return one if simplify([build.spread(one, value.shape)])[0] is simplify([value])[0] else None


def replaced_nodes(roots: list[Expr], values: dict[Expr, Expr]) -> list[Expr]:
    """The expressions with values in the place of nodes of the same shape."""

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return values[node] if node in values else make(node.op, args, node.data, node.shape) if args else node

    new = substitute(roots, put)
    return [new[root] for root in roots]


def _fresh(g: Expr) -> str:
    names = variables([g])
    return next(name for name in ("u", "v", "t", "u_", "v_", "t_") if name not in names)


def _like(number: Expr, x: Expr) -> Expr:
    return build.spread(number, x.shape) if x.shape else number


def between(g: Expr, x: Expr) -> Iterator[Candidate]:
    """For a square matrix S in inverses: S*g*S, or S times g, may be linear."""
    if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
        return
    flipped = transpose(x)
    terms = expanded(simplify([g])[0])
    around: tuple[Callable[[Expr], Expr], ...] = (
        lambda e: build.matmul(build.matmul(flipped, e), flipped),
        lambda e: build.matmul(x, e),
        lambda e: build.matmul(flipped, e),
    )
    for put in around:
        (tidy,) = simplify([sum_of(simplify([put(term) for term in terms]))])
        for found in linear(tidy, x):
            yield found._replace(conditions=((build.call("det", x), "!= 0"),))


def _stripped(slope: Expr, right: Expr, product: Callable[[Expr, Expr], Expr]) -> Iterator[Candidate]:
    """The solution of K*A*x = K*c that is one of A*x = c, for a symmetric K in front of all terms: it needs no inverse of K, and is the only one where K has one."""
    for k in variables([slope]).values():
        if k.shape != slope.shape or not {"symmetric", "psd"} & set(k.data[1]):
            continue
        inner, rest = (without_left(e, k) for e in (slope, right))
        if inner is not None and rest is not None and regular(inner):
            yield Candidate(product(build.call("inv", inner), rest), inner, (), others=(k,))


def _solved(slope: Expr, by_matrix: Callable[[Expr], Expr], by_number: Callable[[Expr], Expr], n: Dim) -> Iterator[Candidate]:
    """The candidates of slope*x = right side; a multiple of the identity is a number."""
    number = traced(slope, (0, 0), (), n)
    if equal(slope, build.scale(number, build.eye(n))):
        yield Candidate(by_number(number), unless_constant(number), ())
    elif regular(slope):
        yield Candidate(by_matrix(build.call("inv", slope)), slope, ())
