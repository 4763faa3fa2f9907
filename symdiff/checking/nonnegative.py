"""Differences that are never negative, read as polynomials.

In: two nodes of one shape. Out: whether the entries of the first are proven to be at least those of the second: their difference is a polynomial of what is no sum,
product or power, which `polynomials` looks at: of arctan and its like in parts of pi, of roots, absolute values, cos and cosh by what their squares are. It ends
because TERMS, ATOMS and POWER bound what is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import inf
from typing import Any

from symdiff.checking.polynomials import Terms, nonnegative, nonnegative_on
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, NUM, POW, PROD, SUM, Expr
from symdiff.expr.patterns import is_call_of, is_multiple
from symdiff.expr.walk import unnamed

# Terms, atoms and the highest power of a polynomial.
TERMS, ATOMS, POWER = 60, 5, 8

# cos^2 is 1 - sin^2, and so on.
PARTNERS = {"cos": ("sin", -1), "cosh": ("sinh", 1), "sech": ("tanh", -1)}

# Functions that are never below (1) or above (-1) a polynomial of their argument.
TANGENTS = {
    "exp": (1, (Fraction(1), Fraction(1))),
    "expm1": (1, (Fraction(0), Fraction(1))),
    "cosh": (1, (Fraction(1), Fraction(0), Fraction(1, 2))),
    "cos": (1, (Fraction(1), Fraction(0), Fraction(-1, 2))),
    "log": (-1, (Fraction(-1), Fraction(1))),
    "log1p": (-1, (Fraction(0), Fraction(1))),
}

ABSOLUTE = "abs"
MAGNITUDE, ROOT, CIRCLE = frozenset((ABSOLUTE,)), frozenset(("sqrt",)), ("sin", "cos")

Interval = tuple[Any, Any]


def is_root(e: Expr) -> bool:
    """A square root, as a function or as a power."""
    return is_call_of(e, ROOT) or (e.op == POW and unnamed(e.args[1]).op == NUM and unnamed(e.args[1]).data == Fraction(1, 2))


def inside(e: Expr) -> Expr:
    """What a spread number is of, and a name."""
    e = unnamed(e)
    while e.op == PROD and len(e.args) == 1 and e.shape and not e.args[0].shape:
        e = unnamed(e.args[0])
    return e


def of_one_shape(e: Expr) -> bool:
    """A product of numbers, or entry by entry."""
    labels, out = e.data
    return all(not a.shape or tuple(ls) == tuple(out) for a, ls in zip(e.args, labels, strict=True))


def factors_of(e: Expr) -> tuple[Fraction, list[Expr]]:
    """Of a product entry by entry, the number and the other factors."""
    c, found = Fraction(1), []
    for a in map(inside, e.args):
        if a.op == NUM:
            c *= a.data
        elif a.op == POW and inside(a.args[0]).op == NUM and inside(a.args[1]).op == NUM and inside(a.args[1]).data == -1:
            c /= inside(a.args[0]).data
        else:
            found.append(a)
    return c, found


class Polynomial:
    """A sum of products of powers of atoms, numbers or of one shape, with fractions as coefficients."""

    def __init__(self) -> None:
        self.atoms: list[Expr] = []
        self.inverse: set[int] = set()  # atoms that stand for 1 by their node

    def of(self, e: Expr, depth: int = 12) -> Terms | None:
        """None of what has too many terms or atoms."""
        e = inside(e)
        if e.op == NUM:
            return {(): Fraction(e.data)} if e.data else {}
        if depth and e.op == SUM:
            total: Terms = {}
            for d, a in zip(e.data, e.args, strict=True):
                part = self.of(a, depth - 1)
                if part is None:
                    return None
                total = plus(total, part, Fraction(d))
            return total if len(total) <= TERMS else None
        if depth and is_multiple(e):
            part = self.of(e.args[0], depth - 1)
            return None if part is None else plus({}, part, Fraction(e.data[0]))
        if depth and e.op == PROD and of_one_shape(e):
            found: Terms = {(): Fraction(1)}
            for a in e.args:
                part = self.of(a, depth - 1)
                if part is None or len(part) * len(found) > TERMS * TERMS:
                    return None
                found = times(found, part)
            return found if len(found) <= TERMS else None
        if depth and e.op == POW and inside(e.args[1]).op == NUM and inside(e.args[1]).data != Fraction(1, 2):
            return self._power(inside(e.args[0]), Fraction(inside(e.args[1]).data), depth)
        return self.atom(e, 1)

    def _power(self, base: Expr, k: Fraction, depth: int) -> Terms | None:
        if k.denominator != 1 or abs(k) > POWER:
            return None
        if k < 0 and base.op == NUM:
            return {(): Fraction(base.data) ** int(k)}
        if k < 0:
            return self.atom(base, int(-k), inverse=True)
        part = self.of(base, depth - 1)
        found: Terms | None = {(): Fraction(1)}
        for _ in range(int(k)):
            if part is None or found is None or len(part) * len(found) > TERMS * TERMS:
                return None
            found = times(found, part)
        return found

    def atom(self, e: Expr, k: int, inverse: bool = False) -> Terms | None:
        place = next((j for j, a in enumerate(self.atoms) if a is e and (j in self.inverse) == inverse), None)
        if place is None:
            if len(self.atoms) == ATOMS:
                return None
            place = len(self.atoms)
            self.atoms.append(e)
            if inverse:
                self.inverse.add(place)
        return {(0,) * place + (k,): Fraction(1)}


def short(m: tuple[int, ...]) -> tuple[int, ...]:
    """Exponents without the zeros at their end."""
    while m and not m[-1]:
        m = m[:-1]
    return m


def plus(p: Terms, q: Terms, c: Fraction) -> Terms:
    found = {short(m): d for m, d in p.items()}
    for m, d in q.items():
        found[short(m)] = found.get(short(m), Fraction(0)) + c * d
    return {m: d for m, d in found.items() if d}


def times(p: Terms, q: Terms) -> Terms:
    found: Terms = {}
    for m, c in p.items():
        for n, d in q.items():
            wide = max(len(m), len(n))
            key = tuple(a + b for a, b in zip(m + (0,) * (wide - len(m)), n + (0,) * (wide - len(n)), strict=True))
            found[key] = found.get(key, Fraction(0)) + c * d
    return {m: d for m, d in found.items() if d}


class NeverNegative:
    """Whether a difference is never negative, by its polynomial. bounds: the interval of a node. in_pi: that of arctan and its like, in parts of pi."""

    def __init__(self, bounds: Callable[[Expr], Interval], in_pi: Callable[[Expr], Interval | None]) -> None:
        self.bounds, self.in_pi = bounds, in_pi

    def __call__(self, larger: Expr, smaller: Expr) -> bool:
        self.made = Polynomial()
        a, b = self.made.of(larger), self.made.of(smaller)
        if a is None or b is None or len(a) * len(b) > TERMS:
            return False
        if self.proven(plus(a, b, Fraction(-1))):
            return True
        if self.proven(self.weaker(plus(a, b, Fraction(-1)))):
            return True
        # a >= |b| where a is not negative and a^2 >= b^2.
        turned = any(self.square_of(e) is not None for e in self.made.atoms)
        return turned and self.bounds(larger)[0] >= 0 and self.proven(plus(times(a, a), times(b, b), Fraction(-1)))

    def proven(self, p: Terms) -> bool:
        cleared = self.cleared(p)
        reduced = None if cleared is None else self.on_circles(cleared)
        if reduced is None:
            return False
        count = len(self.made.atoms)
        p = {m + (0,) * (count - len(m)): c for m, c in reduced.items()}
        p, ends = self.without_pi(p, [self.ends(k) for k in range(count)])
        used = [k for k in range(count) if any(m[k] for m in p)]
        if not used:
            return all(c >= 0 for c in p.values())
        if len(used) == 1:
            (k,) = used
            line = [Fraction(0)] * (1 + max(m[k] for m in p))
            for m, c in p.items():
                line[m[k]] += c
            return nonnegative_on(line, *ends[k])
        return nonnegative(dict(self.squared(p, ends)))

    def weaker(self, p: Terms) -> Terms:
        """With what is never larger in the place of exp(u), 1 + u, and its like, where they are added; of log(u), u - 1, where they are taken off."""
        for k, e in enumerate(list(self.made.atoms)):
            alone = (0,) * k + (1,)
            if not is_call_of(e, TANGENTS) or [m for m in p if len(m) > k and m[k]] != [alone]:
                continue
            sign, line = TANGENTS[e.data]
            inner = self.made.of(e.args[0]) if sign * p[alone] > 0 else None
            if inner is None:
                continue
            found: Terms = {}
            power: Terms = {(): Fraction(1)}
            for d in line:
                found = plus(found, power, d)
                power = times(power, inner)
            p = plus({m: c for m, c in p.items() if m != alone}, found, p[alone])
        return p

    def square_of(self, e: Expr) -> Terms | None:
        """The square of an atom by others: of a root, an absolute value, cos, cosh, sech."""
        made = self.made
        if is_root(e):
            return made.of(e.args[0])
        if is_call_of(e, MAGNITUDE):
            inner = made.of(e.args[0])
            return None if inner is None or len(inner) > ATOMS else times(inner, inner)
        if is_call_of(e, PARTNERS):
            partner, sign = PARTNERS[e.data]
            own = made.atom(build.call(partner, *e.args), 2)
            return None if own is None else plus({(): Fraction(1)}, own, Fraction(sign))
        return None

    def on_circles(self, p: Terms) -> Terms | None:
        """Without squares of atoms that others are the squares of; in sin and cos of one number alone, of one degree."""
        pairs = {
            (j, k)
            for j, a in enumerate(self.made.atoms)
            for k, b in enumerate(self.made.atoms)
            if a.op == b.op == CALL and (a.data, b.data) == CIRCLE and a.args == b.args
        }
        used = {k for m in p for k, e in enumerate(m) if e}
        degrees = [sum(m) for m in p]
        for j, k in pairs:
            if used == {j, k} and len({d % 2 for d in degrees}) == 1:
                one = plus({(0,) * j + (2,): Fraction(1)}, {(0,) * k + (2,): Fraction(1)}, Fraction(1))
                return self.raised(p, one, max(degrees))
        for k in range(len(self.made.atoms)):
            square = self.square_of(self.made.atoms[k])
            if square is None:
                continue
            total: Terms = {}
            for m, c in p.items():
                own = m[k] if len(m) > k else 0
                part: Terms = {tuple(e % 2 if j == k else e for j, e in enumerate(m)): c}
                for _ in range(own // 2):
                    part = times(part, square)
                total = plus(total, part, Fraction(1))
            p = total
            if len(p) > TERMS:
                return None
        return p

    @staticmethod
    def raised(p: Terms, one: Terms, degree: int) -> Terms:
        """Every term times so many of what is 1 that all have this degree."""
        total: Terms = {}
        for m, c in p.items():
            part: Terms = {m: c}
            for _ in range((degree - sum(m)) // 2):
                part = times(part, one)
            total = plus(total, part, Fraction(1))
        return total

    def ends(self, k: int) -> Interval:
        low, high = self.bounds(self.made.atoms[k])
        return (-inf if low == -inf else Fraction(low)), (inf if high == inf else Fraction(high))

    def cleared(self, p: Terms) -> Terms | None:
        """Times the powers of what it is divided by, if these are never negative, or even."""
        for k in sorted(self.made.inverse):
            most = max((m[k] for m in p if len(m) > k), default=0)
            base = self.made.atoms[k]
            if self.bounds(base)[0] < 0:
                most += most % 2
            of_base = Polynomial.of(self.made, base)
            if of_base is None:
                return None
            total: Terms = {}
            for m, c in p.items():
                own = m[k] if len(m) > k else 0
                part: Terms = {tuple(0 if j == k else e for j, e in enumerate(m)): c}
                for _ in range(most - own):
                    part = times(part, of_base)
                    if len(part) > TERMS * TERMS:
                        return None
                total = plus(total, part, Fraction(1))
            p = total
        return p

    def without_pi(self, p: Terms, ends: list[Interval]) -> tuple[Terms, list[Interval]]:
        """With arctan and its like as parts of pi, if all terms have the same power of pi then."""
        atoms = self.made.atoms
        place = next((k for k, e in enumerate(atoms) if e.op == CONST), None)
        parts = {k: found for k, e in enumerate(atoms) for found in [self.in_pi(e) if e.op != CONST else None] if found is not None}
        if place is None or not parts or len({m[place] + sum(m[k] for k in parts) for m in p}) != 1:
            return p, ends
        found: Terms = {}
        for m, c in p.items():
            key = tuple(0 if k == place else e for k, e in enumerate(m))
            found[key] = found.get(key, Fraction(0)) + c
        return found, [parts.get(k, end) for k, end in enumerate(ends)]

    def squared(self, p: Terms, ends: list[Interval]) -> Iterator[tuple[tuple[int, ...], Fraction]]:
        """Of atoms that are never negative, what they are squares of."""
        positive = [low >= 0 for low, _ in ends]
        for m, c in p.items():
            yield tuple(2 * e if s else e for e, s in zip(m, positive, strict=True)), c


__all__ = ["ABSOLUTE", "Interval", "NeverNegative", "factors_of", "inside", "is_root", "of_one_shape"]
