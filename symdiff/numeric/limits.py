"""Second derivatives of even functions of a norm, as of cos(norm2(w)), where the norm is 0: sin(r)/r is 1 there.

In and out: expressions of the same values, and of the limit where it exists. An expression is multiplied out to sum(a_k(r)*E_k), where r = norm2(u)
and the a_k depend on u by r alone, as -sin(r)/r*eye + (sin(r)/r - cos(r))/r^2*u*u'. With a_k(r) = r^q*(c + …) a term is 0 at u = 0 if E_k
holds u more than -q times, and c*E_k if it does not hold it and q = 0. Anything else has no limit that could be told, and stays as it is. The
coefficients c are those of Taylor's formula, by the rules of the table; a zero has to be proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from math import factorial

from symdiff.calculus import derivative
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.build import ONE, ZERO, Labels
from symdiff.expr.node import CALL, NUM, POW, PROD, SUM, VAR, Expr, Number, make
from symdiff.expr.patterns import has_number_exponent, is_call, is_multiple
from symdiff.expr.walk import outermost, topological, unnamed, variables
from symdiff.numeric.summands import Factor, MultipliedOut, Summand
from symdiff.numeric.vanishing import divides, squared
from symdiff.simplify import Normalizer
from symdiff.simplify.shapes import terms_of
from symdiff.table import TABLE

# Poles of a higher order than those of second derivatives of what is even are left as they are.
MAX_ORDER = 5
MAX_NODES = 400


def limits(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with their limits where a norm that divides is 0."""
    nodes = topological(exprs)
    if len(nodes) > MAX_NODES:
        return list(exprs)
    divided = {n for n in nodes if divides(n) and not n.shape and radius(n.args[0]) is not None}
    if not divided:
        return list(exprs)
    holds: set[Expr] = set()
    for n in nodes:
        if n in divided or any(a in holds for a in n.args):
            holds.add(n)
    return outermost(exprs, lambda n: at_zero(n) if n.op in (PROD, SUM) and n in holds else None)


def radius(e: Expr) -> tuple[Expr, Fraction] | None:
    """u and the exponent, where this is a power of norm2(u)."""
    power = Fraction(1)
    e = unnamed(e)
    while True:
        if is_call(e, "norm2"):
            return unnamed(e.args[0]), power
        if not e.shape and e.op == PROD and (found := squared(e)) is not None and not found[1]:
            return found[0], 2 * power
        if has_number_exponent(e):
            power *= Fraction(e.args[1].data)
        elif is_call(e, "sqrt"):
            power /= 2
        else:
            return None
        e = unnamed(e.args[0])


@lru_cache(maxsize=256)
def at_zero(node: Expr) -> Expr | None:
    """The node, and its limit where the norm is 0; None if nothing is known of that."""
    sizes = {found[0] for n in topological([node]) if divides(n) and not n.shape and (found := radius(n.args[0])) is not None}
    for u in sizes:
        made = _AtZero(node, u).limit()
        if made is not None:
            zero = build.call("eq", build.call("norm2", u) if u.shape else u, ZERO)
            return build.call("if", build.spread(zero, node.shape) if node.shape else zero, made, node)
    return None


class _AtZero(MultipliedOut):
    """One node, multiplied out in divisions by the norm."""

    def __init__(self, node: Expr, u: Expr) -> None:
        super().__init__(node)
        self.u = u
        self.letters = set(variables([u]).values())
        self.home = Normalizer(keep_names=False)
        self.t = make(VAR, (), ("t", ()), ())
        self.memo: dict[Expr, Expr | None] = {}

    def limit(self) -> Expr | None:
        terms = self.multiplied_out()
        if terms is None:
            return None
        groups: dict[Expr, list[tuple[Number, int, Expr]]] = {}  # by the rest: coefficient, power of r, other factors of r
        often: dict[Expr, int] = {}
        for term in terms:
            apart = self.apart(term)
            if apart is None:
                return None
            power, radial, rest, times = apart
            try:
                (normal,) = self.home.run([rest])
            except DomainError:  # the term divides by a zero of another kind, as 1/norm2(x - x)
                return None
            for c, key in terms_of(normal):
                groups.setdefault(key, []).append((c * term.coef, power, radial))
                often[key] = min(times, often.get(key, times))
        if not any(often[key] == 0 and min(power for _, power, _ in parts) < 0 for key, parts in groups.items()):
            return None
        found: list[Expr] = []
        for key, parts in groups.items():
            leading = self.leading(parts, -often[key])
            if leading is None:
                return None
            q, value = leading
            if q + often[key] > 0:
                continue
            if often[key] or q:
                return None
            found.append(build.scale(value, key))
        return build.linear([1] * len(found), found) if found else build.spread(ZERO, self.node.shape)

    # ------------------------------------------------------------------------------------------ terms

    def opened(self, f: Expr, labels: Labels) -> list[Factor]:
        """1/(r*s) as 1/r and 1/s."""
        inner = unnamed(f.args[0])
        parts = inner.args if inner.op == PROD else (inner.args[0], build.num(inner.data[0]))
        return [(build.power(part, f.args[1]), ()) for part in parts]

    def opens(self, f: Expr) -> bool:
        """Whether a factor is taken apart: it has a division by the norm in it, or is a product of what has the norm."""
        if f is self.u or radius(f) is not None or f.op not in (PROD, SUM, POW):
            return False
        if f.op == POW:  # 1/(r*s), 1/(2*r)
            inner = unnamed(f.args[0])
            whole = f.args[1].op == NUM and not f.shape
            return whole and ((inner.op == PROD and all(not a.shape for a in inner.args)) or is_multiple(inner))
        if f.op == PROD:
            return True
        parts = topological([f])
        return bool(f.shape) or any(divides(n) and self.is_radius(n.args[0]) for n in parts)

    def is_radius(self, e: Expr) -> bool:
        found = radius(e)
        return found is not None and found[0] is self.u

    def apart(self, term: Summand) -> tuple[int, Expr, Expr, int] | None:
        """The power of r, the other factors of r, the rest, and how often u is in it."""
        power, radial, rest, times = Fraction(0), [], [], 0
        for f, labels in term.factors:
            inner = unnamed(f)
            found = radius(inner)
            if found is not None and found[0] is self.u and not inner.shape:
                power += found[1]
            elif not inner.shape and (value := self.in_radius(inner)) is not None:
                radial.append(value)
            else:
                times += inner is self.u
                if any(divides(n) and self.is_radius(n.args[0]) for n in topological([inner])):
                    return None
                rest.append((f, labels))
        if power.denominator != 1:
            return None
        return int(power), reduce(build.scale, radial, ONE), self.contracted(rest), times

    def in_radius(self, e: Expr) -> Expr | None:
        """A number that depends on u by its norm alone, with t for the norm."""
        for node in topological([e]):
            if node in self.memo:
                continue
            found = radius(node) if not node.shape else None
            if found is not None and found[0] is self.u:
                self.memo[node] = build.power(self.t, build.num(found[1])) if found[1] != 1 else self.t
            elif node in self.letters:
                self.memo[node] = None
            elif not node.args:
                self.memo[node] = node
            else:
                args = [self.memo[a] for a in node.args]
                self.memo[node] = None if None in args else make(node.op, tuple([a for a in args if a is not None]), node.data, node.shape)
        return self.memo[e]

    # ------------------------------------------------------------------------------------------ Taylor's formula

    def leading(self, parts: Sequence[tuple[Number, int, Expr]], wanted: int) -> tuple[int, Expr] | None:
        """q and c of a sum of c_k*r^p_k*f_k(r) = r^q*(c + …), or any q above `wanted` if it is larger."""
        lowest = min(power for _, power, _ in parts)
        if wanted - lowest > MAX_ORDER:
            return None
        whole = build.linear(
            [c for c, _, _ in parts], [build.scale(build.power(self.t, build.num(p - lowest)), f) if p > lowest else f for _, p, f in parts]
        )
        try:
            for order in range(max(wanted - lowest, -1) + 1):
                (at,) = self.home.run([replaced(whole, self.t)])
                (at,) = self.home.run([replaced(at, ZERO)])
                if any(ZERO in n.args for n in topological([at]) if n.op == POW or (n.op == CALL and not TABLE[n.data].relation)):
                    return None
                if at is not ZERO:
                    return lowest + order, build.scale(build.num(Fraction(1, factorial(order))), at)
                (whole,) = self.home.run(derivative(whole, [self.t]))
        except (SymdiffError, ZeroDivisionError):
            return None
        return wanted + 1, ZERO


def replaced(e: Expr, t: Expr) -> Expr:
    """The expression at t = 0, where odd functions are 0."""
    new: dict[Expr, Expr] = {}
    for node in topological([e]):
        args = tuple([new[a] for a in node.args])
        if node is t or (node.op == CALL and args == (ZERO,) and TABLE[node.data].odd):
            new[node] = ZERO
        elif is_call(node, "spherical_jn") and args[1] is ZERO and args[0].op == NUM:
            new[node] = ZERO if args[0].data else ONE
        elif is_call(node, "clip") and all(a.op == NUM for a in args):
            value, low, high = (a.data for a in args)
            new[node] = build.num(min(max(value, low), high))
        else:
            new[node] = make(node.op, args, node.data, node.shape) if args else node
    return new[e]
