"""Where a gradient is zero, in closed form: what lectures solve by hand.

In: a scalar formula and one of its variables. Out: the point, the condition under which it is the only one, and a check by substitution;
or the words "no closed form: iterate", with the iteration.

Three routes, each checked by putting the point into the gradient: a gradient that is linear in the variable (least squares, ridge,
means, Newton's step); one that becomes linear when it is multiplied by powers of a number (a variance, a rate, a share); one that
becomes linear between two factors S (a covariance). Nothing else is tried, and nothing unchecked is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.node import NAME, OPAQUE, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.operators import transpose
from symdiff.expr.walk import substitute, topological
from symdiff.grading import equal
from symdiff.notation import write
from symdiff.simplify import simplify
from symdiff.simplify.facts import POSITIVE, DEPTH, Facts

__all__ = ["Found", "stationary"]


@dataclass(frozen=True)
class Found:
    """What was found of one variable.

    point: where the gradient is zero; None if there is no closed form here. unique: the value (a number or a matrix) that must not be zero, or
    must have an inverse, for the point to exist and to be the only one; None if it always does. nonzero: numbers by which the gradient
    was multiplied, which must not be zero either. kind: "minimum" or "maximum" where a sign is known, else "". gradient: of the formula.
    iteration: in the place of a point, Newton's step for a vector or number, else a step along the gradient.
    """

    variable: Expr
    gradient: Expr
    point: Expr | None = None
    unique: Expr | None = None
    nonzero: tuple[Expr, ...] = ()
    kind: str = ""
    iteration: Expr | None = None


def stationary(f: Expr, x: Expr) -> Found:
    """Where the derivative of f by the variable x is zero. DomainError for what is no variable, or has no gradient that is known."""
    if x.op != VAR:
        raise DomainError(f"{x.name} is a value of the formula; points are found for variables", hint="a variable that it is computed from")
    if any(node.op == OPAQUE and x in topological([node]) for node in topological([f])):
        raise DomainError(f"{x.name} stands inside a function that is not known", hint="write the function out")
    fixed = {"orthogonal", "simplex", "onehot", "diagonal", "nonnegative"} & set(x.data[1])
    if fixed:
        raise DomainError(f"{x.name} is {min(fixed)}: where it moves freely is another question", hint="declare it without that")
    (answer,) = derivatives(plain(f), [x], Form(unconstrained=True))
    g = plain(answer.expr)
    for candidate in (*linear(g, x), *multiplied(g, x), *between(g, x)):
        point, unique, nonzero = candidate
        if x in topological([point]) or not _vanishes(g, x, point):
            continue
        (written,) = write([point], f, expand=True)
        if unique is not None:
            (unique,) = write([unique], f, expand=True)
        return Found(x, answer.expr, written, unique, nonzero, kind_of(g, x, point) if not x.shape else "")
    return Found(x, answer.expr, iteration=_iteration(f, g, x))


Candidate = tuple[Expr, Expr | None, tuple[Expr, ...]]


def linear(g: Expr, x: Expr) -> Iterator[Candidate]:
    """The solution of g = 0 where g is A*x + c with A and c free of x: x a number, a vector or a matrix (then A*x or x*B)."""
    (slope,) = simplify([plain(derivatives(g, [x], Form(unconstrained=True))[0].expr)])
    if x in topological([slope]):
        return
    (rest,) = simplify(replaced([g], {x: build.spread(build.ZERO, x.shape)}))
    if _is_zero(slope):
        return
    common = content(slope)
    slope, rest = simplify([build.scale(build.num(1 / common), e) for e in (slope, rest)])
    minus = build.neg(rest)
    if not x.shape:
        yield simplify([build.divide(minus, slope)])[0], _unless_constant(slope), ()
    elif len(x.shape) == 1:
        yield from _solved(slope, lambda inverse: build.matvec(inverse, minus), lambda number: build.divide(minus, number), x.shape[0])
    elif len(x.shape) == 2:
        m, n = x.shape
        left = _traced(slope, (0, 1, 2, 1), (0, 2), n)  # A of A*X: the tensor is A[i,k]*[j == l]
        yield from _solved(left, lambda inverse: build.matmul(inverse, minus), lambda number: build.divide(minus, number), m)
        right = _traced(slope, (0, 1, 0, 2), (2, 1), m)  # B of X*B: the tensor is [i == k]*B[l,j]
        yield from _solved(right, lambda inverse: build.matmul(minus, inverse), lambda number: build.divide(minus, number), n)


def multiplied(g: Expr, x: Expr) -> Iterator[Candidate]:
    """For a number x: the gradient times x, x^2, x^3 or x*(1 - x) may be linear."""
    if x.shape:
        return
    away = build.sub(build.ONE, x)
    for factor, zeros in ((x, (x,)), (build.power(x, build.num(2)), (x,)), (build.power(x, build.num(3)), (x,)), (build.scale(x, away), (x, away))):
        (product,) = simplify([build.scale(factor, g)])
        for point, unique, _ in linear(product, x):
            yield point, unique, zeros


def between(g: Expr, x: Expr) -> Iterator[Candidate]:
    """For a square matrix S in inverses: S*g*S, or S times g, may be linear."""
    if len(x.shape) != 2 or x.shape[0] != x.shape[1]:
        return
    flipped = transpose(x)
    for product in (build.matmul(build.matmul(flipped, g), flipped), build.matmul(x, g), build.matmul(flipped, g)):
        (tidy,) = simplify([product])
        for point, unique, _ in linear(tidy, x):
            yield point, unique, (build.call("det", x),)


def _solved(slope: Expr, by_matrix, by_number, n: Dim) -> Iterator[Candidate]:  # type: ignore[no-untyped-def]
    """The candidates of slope*x = right side; a multiple of the identity is a number."""
    number = _traced(slope, (0, 0), (), n)
    if equal(slope, build.scale(number, build.eye(n))):
        yield by_number(number), _unless_constant(number), ()
    else:
        yield by_matrix(build.call("inv", slope)), slope, ()


def _traced(slope: Expr, labels: tuple[int, ...], out: tuple[int, ...], n: Dim) -> Expr:
    """The slope with two axes joined, divided by their size."""
    return simplify([build.divide(build.contract([slope], [labels], out), build.dim(n))])[0]


def _vanishes(g: Expr, x: Expr, point: Expr) -> bool:
    """Whether the gradient is zero at the point, by normal forms or at random points in 30 digits."""
    there = replaced([g], {x: point})[0]
    try:
        return equal(there, build.spread(build.ZERO, g.shape)) is True
    except SymdiffError:
        return False


def kind_of(g: Expr, x: Expr, point: Expr) -> str:
    """Of a number: minimum or maximum, by the sign of the second derivative at the point."""
    facts = Facts()
    (second,) = derivatives(g, [x], Form())
    (there,) = simplify(replaced([plain(second.expr)], {x: point}))
    if facts.sign(there, DEPTH) == POSITIVE:
        return "minimum"
    return "maximum" if facts.sign(simplify([build.neg(there)])[0], DEPTH) == POSITIVE else ""


def content(e: Expr) -> Fraction:
    """The greatest number that divides all coefficients of a sum; 1 of anything else."""
    if e.op != SUM:
        return Fraction(1)
    over = gcd(*[Fraction(c).numerator for c in e.data])
    under = 1
    for c in e.data:
        under = under * Fraction(c).denominator // gcd(under, Fraction(c).denominator)
    return Fraction(over or 1, under) * (-1 if all(c < 0 for c in e.data) else 1)


def plain(f: Expr) -> Expr:
    """The formula without names."""

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME:
            return kids[0]
        return make(node.op, kids, node.data, node.shape) if node.args else node

    return substitute([f], put)[f]


def _iteration(f: Expr, g: Expr, x: Expr) -> Expr:
    """The next value: Newton's step for a number or vector, a step along the gradient for the rest."""
    eta = build.var("eta")
    if len(x.shape) > 1:
        return build.sub(x, build.scale(eta, write([g], f, expand=True)[0]))
    slope = plain(derivatives(g, [x], Form())[0].expr)
    if _is_zero(simplify([slope])[0]):
        return build.sub(x, build.scale(eta, write([g], f, expand=True)[0]))
    step = build.divide(g, slope) if not x.shape else build.matvec(build.call("inv", slope), g)
    return build.sub(x, write([step], f, expand=True)[0])


def _unless_constant(e: Expr) -> Expr | None:
    return e if any(node.op == VAR for node in topological([e])) else None


def _is_zero(e: Expr) -> bool:
    while e.op == PROD and len(e.args) == 1:
        (e,) = e.args
    return e is build.ZERO or (e.op == SUM and not e.args)


