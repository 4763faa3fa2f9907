"""Zeros of polynomials of one number: of the second degree with any coefficients, of a higher one with rational ones whose factors have degree 2 at most."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import NUM, PROD, SUM, Expr
from symdiff.expr.patterns import has_whole_exponent
from symdiff.expr.walk import topological, variables
from symdiff.simplify import simplify
from symdiff.stationary.algebra import is_zero, number_of, plain, square_part
from symdiff.stationary.numbers import Condition, vanish

DEGREE = 16


def of_polynomial(g: Expr, x: Expr) -> tuple[list[Expr], tuple[Condition, ...]]:
    """All real zeros of g, in order of size where they are numbers, and what must hold of letters; none where they are not known.

    Each is checked by substitution.
    """
    coefficients = _coefficients(g, x)
    if coefficients is None or len(coefficients) < 3:
        return [], ()
    conditions: tuple[Condition, ...] = ()
    if all(c.op == NUM for c in coefficients):
        found = _numbers([Fraction(c.data) for c in coefficients])
    elif len(coefficients) == 3:
        c, b, a = coefficients
        inside = simplify([build.sub(build.power(b, build.TWO), build.scale(build.num(4), build.scale(a, c)))])[0]
        outside, _ = square_part(abs(number_of(inside)))
        (inside,) = simplify([build.divide(inside, build.num(outside**2))])
        found, conditions = _quadratic(b, a, build.scale(build.num(outside), build.call("sqrt", inside))), ((a, "!= 0"), (inside, ">= 0"))
    else:
        found, conditions = _binomial(coefficients, x)
    if not all(vanish([g], replaced([g], {x: value}), ()) for value in found):
        return [], ()
    return found, conditions


def _coefficients(g: Expr, x: Expr) -> list[Expr] | None:
    """Of a polynomial in x, from that of 1 on: its derivatives at 0. None for anything else."""
    if not is_polynomial(g, x):
        return None
    found, factorial = list[Expr](), 1
    for k in count():
        if k > DEGREE:
            return None
        try:
            (there,) = simplify(replaced([g], {x: build.ZERO}))
        except SymdiffError:
            return None
        found.append(simplify([build.divide(there, build.num(factorial))])[0])
        if x not in variables([g]).values():
            return found
        (g,) = simplify([plain(derivatives(g, [x], Form())[0].expr)])
        if is_zero(g):
            return found
        factorial *= k + 1
    return None


def is_polynomial(g: Expr, x: Expr) -> bool:
    """Whether x stands in sums, products and whole powers alone."""
    inside: set[Expr] = {x}
    for node in topological([g]):
        if node is x or not any(a in inside for a in node.args):
            continue
        inside.add(node)
        whole = has_whole_exponent(node) and 0 < node.args[1].data <= DEGREE
        if node.op not in (SUM, PROD) and not whole:
            return False
    return True


def _binomial(coefficients: list[Expr], x: Expr) -> tuple[list[Expr], tuple[Condition, ...]]:
    """The zero of a*x^j + b*x^i for a positive x."""
    there = [k for k, c in enumerate(coefficients) if not is_zero(c)]
    if len(there) != 2 or "positive" not in x.data[1]:
        return [], ()
    low, high = there
    (ratio,) = simplify([build.neg(build.divide(coefficients[low], coefficients[high]))])
    (value,) = simplify([build.power(ratio, build.num(Fraction(1, high - low)))])
    return [value], ((coefficients[high], "!= 0"), (ratio, "> 0"))


def _quadratic(b: Expr, a: Expr, root: Expr) -> list[Expr]:
    """Both zeros of a*x^2 + b*x + c, with the root of b^2 - 4*a*c."""
    below = build.scale(build.TWO, a)
    return [simplify([build.divide(build.add(build.neg(b), build.scale(build.num(sign), root)), below)])[0] for sign in (-1, 1)]


def _numbers(coefficients: list[Fraction]) -> list[Expr]:
    """The real zeros of a polynomial with rational coefficients; [] if one of its factors has a degree beyond 2 and a real zero."""
    from flint import fmpq, fmpq_poly

    polynomial = fmpq_poly([fmpq(c.numerator, c.denominator) for c in coefficients])
    found: list[tuple[float, Expr]] = []
    for factor, _ in (polynomial * polynomial.denom()).numer().factor()[1]:
        own = [Fraction(int(c)) for c in factor.coeffs()]
        if len(own) == 2:
            value = -own[0] / own[1]
            found.append((float(value), build.num(value)))
        elif len(own) == 3:
            c, b, a = own
            inside = b * b - 4 * a * c
            if inside < 0:
                continue
            for sign in (-1, 1):
                at = (-float(b) + sign * float(inside) ** 0.5) / (2 * float(a))
                outside, whole = square_part(inside)
                root = build.scale(build.num(sign * outside / (2 * a)), build.call("sqrt", build.num(whole)))
                found.append((at, simplify([build.add(build.num(-b / (2 * a)), root)])[0]))
        else:
            return []
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]
