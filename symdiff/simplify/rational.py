"""Rational expressions of commuting elementwise factors, cancelled by polynomial arithmetic.

In: a sum or product in normal form that divides by a sum. Out: equal forms over a common denominator, common factors of
numerator and denominator cancelled, factored and multiplied out; or none where the expression is not of that kind or too large. Every
value that is not itself a sum, product or whole power is a letter of the polynomial ring.
Polynomials are python-flint's, imported only when an expression asks for it.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Any

from symdiff.calculus.diagonals import met
from symdiff.expr.node import DELTA, NUM, POW, PROD, SUM, UNIT, Expr, Number, Shape, rational
from symdiff.expr.patterns import has_number_exponent, has_terms, has_whole_exponent, is_call, is_condition, is_negative
from symdiff.expr.walk import topological
from symdiff.simplify.shapes import is_ones, is_zero

if TYPE_CHECKING:
    from symdiff.simplify.context import Context

MAX_LETTERS = 10
MAX_NODES = 120
MAX_POWER = 8
MAX_POLYNOMIAL = 60  # terms

ARITHMETIC = frozenset((SUM, PROD, POW))
LETTER = (False, 1)  # what `divides_by_sum` remembers of anything else


class _TooLarge(Exception):
    """The expression is not worth, or not open to, polynomial arithmetic."""


def divides_by_sum(x: Expr, memo: dict[Expr, tuple[bool, int]]) -> bool:
    """Whether x is small and has a sum in a denominator that elementwise arithmetic reaches.

    memo: for nodes met before, whether there is one below them, and their size as trees, up to MAX_NODES.
    """
    if x not in memo:
        below = [a for a in x.args if a.op in ARITHMETIC and a not in memo]
        for node in topological([x], memo) if below else (x,):
            if node not in memo and node.op in ARITHMETIC:
                exponent = node.args[1] if node.op == POW else node
                found, size = is_negative(exponent) and node.args[0].op == SUM, 1
                for a in node.args:
                    inside, nodes = memo.get(a, LETTER)
                    found, size = found or inside, size + nodes
                memo[node] = (found, min(size, MAX_NODES + 1))
    known = memo.get(x, LETTER)
    return known[0] and known[1] <= MAX_NODES


def cancelled(home: Context, x: Expr) -> list[tuple[Expr, int]]:
    """Forms of x over one denominator, each with the symbols it must save; [] if x is no rational expression of a reasonable size.

    A denominator multiplied out hides its factors from later cancellation, so it must save more.
    """
    reader = _Reader(home)
    try:
        letters = reader.letters(x)
        if reader.hides_zero(x.shape) or guarded_apart(x):
            return []
        numerator, denominator = reader.ratio(x, _ring(len(letters)))
    except _TooLarge:
        return []
    common = numerator.gcd(denominator)
    if x.op == PROD and common.is_constant():
        return []  # nothing cancels, and a product multiplied out hides what its users might cancel
    numerator, denominator = numerator / common, denominator / common
    if len(numerator.to_dict()) > MAX_POLYNOMIAL:
        return []
    writer = _FromRing(home, letters, x)
    below = writer.factored(denominator, -1)
    above = writer.sum(numerator)
    forms = [(home.times(writer.factored(numerator, 1), below), 0), (home.times(above, below), 0)]
    if len(denominator.to_dict()) <= MAX_POLYNOMIAL:
        forms.append((home.times(home.times(home.full(1, x.shape), above), home.number_power(writer.sum(denominator), -1)), 2))
    return forms


def guarded_apart(x: Expr) -> bool:
    """Whether every term of a sum has a bracket and no bracket is common to all: over one denominator they would guard it no more."""
    if not has_terms(x):
        return False
    brackets = [{f for f in (t.args if t.op == PROD else (t,)) if is_condition(f)} for t in x.args]
    return all(brackets) and not set.intersection(*brackets)


def _ring(n: int) -> Any:
    import flint

    return flint.fmpq_mpoly_ctx.get([f"t{k}" for k in range(max(n, 1))], flint.Ordering.degrevlex)


class _Reader:
    """Reads a normal form as a quotient of polynomials. Recursion is bounded by MAX_NODES."""

    def __init__(self, home: Context) -> None:
        self.home = home
        self.index: dict[Expr, int] = {}
        self.below: list[Expr] = []  # what is divided by
        self.exponentials: dict[
            Expr, tuple[Number, Expr]
        ] = {}  # for every argument, numbers apart, the one that is a letter and its number

    def hides_zero(self, shape: Shape) -> bool:
        """Whether a denominator is 0 all over the entries that a letter selects: x[j] - x[i] beside eye[i,j]*r[i], where 0/0 would count as 0."""
        selects = {p for letter in self.index for p in (letter.args if letter.op == PROD else (letter,)) if p.op in (DELTA, UNIT)}
        if not selects or not self.below:
            return False
        axes = range(len(shape))
        places = [(a, b) for a in axes for b in axes if a < b] + [(a, -p.data) for p in selects if p.op == UNIT for a in axes]
        return any(
            self.home.diagonals.vanishes(base, met(base, place)) is not False for base in self.below if base.shape for place in places
        )

    def elementwise(self, x: Expr) -> bool:
        return x.op == PROD and all(ls in ((), x.data[1]) for ls in x.data[0])

    def letters(self, x: Expr) -> list[Expr]:
        leaves = self.leaves(x, self.below)
        self.choose_exponentials()
        for leaf in leaves:
            self.index.setdefault(self.letter(leaf)[0], len(self.index))
        if len(self.index) > MAX_LETTERS:
            raise _TooLarge
        return list(self.index)

    def leaves(self, x: Expr, below: list[Expr]) -> list[Expr]:
        """What is no sum, product, whole power or number; the bases of negative powers are added to `below`."""
        found, stack, seen = [], [x], 0
        while stack:
            node = stack.pop()
            seen += 1
            if seen > MAX_NODES:
                raise _TooLarge
            if node.op == NUM or is_ones(node) or is_zero(node):
                continue
            if node.op == SUM or self.elementwise(node):
                stack.extend(node.args)
            elif self.whole(node):
                if node.args[1].data < 0:
                    below.append(node.args[0])
                stack.append(node.args[0])
            else:
                found.append(node)
        return found

    def choose_exponentials(self) -> None:
        """The one exponential of a that what is divided by has becomes the letter for all: in exp(a)*(1/(exp(a) + c) - exp(-a)) it is exp(a).

        Where there are several, as in 1/(exp(a) + exp(-a)), each keeps its own.
        """
        found: dict[Expr, set[tuple[Number, Expr]]] = {}
        for base in self.below:
            for leaf in self.leaves(base, []):
                if is_call(leaf, "exp"):
                    times, inner = self.home.primitive(leaf.args[0])
                    found.setdefault(inner, set()).add((times, leaf))
        self.exponentials = {inner: each.pop() for inner, each in found.items() if len(each) == 1}

    def letter(self, x: Expr) -> tuple[Expr, int]:
        """The letter of which x is a power, and the power: all odd powers of sqrt(b) are powers of sqrt(b), exp(-2*a) is one of exp(a)."""
        if has_number_exponent(x) and Fraction(x.args[1].data).denominator == 2:
            return self.home.number_power(x.args[0], Fraction(1, 2)), int(2 * x.args[1].data)
        if is_call(x, "exp") and self.exponentials:
            times, inner = self.home.primitive(x.args[0])
            own, letter = self.exponentials.get(inner, (times, x))
            power = Fraction(times) / Fraction(own)
            if letter.shape == x.shape and power.denominator == 1 and abs(power) <= MAX_POWER:
                return letter, int(power)
        return x, 1

    @staticmethod
    def whole(x: Expr) -> bool:
        return has_whole_exponent(x) and abs(x.args[1].data) <= MAX_POWER

    def ratio(self, x: Expr, ring: Any) -> tuple[Any, Any]:
        one = ring.constant(1)
        if x.op == NUM:
            return ring.constant(_flint(x.data)), one
        if is_ones(x):
            return one, one
        if x.op == SUM:
            above, below = ring.constant(0), one
            for c, t in zip(x.data, x.args, strict=True):
                a, b = self.ratio(t, ring)
                if len(below.to_dict()) * len(b.to_dict()) > 4 * MAX_POLYNOMIAL:
                    raise _TooLarge
                common = below.gcd(b)
                above, below = above * (b / common) + a * (below / common) * _flint(c), below * (b / common)
                if len(above.to_dict()) > 4 * MAX_POLYNOMIAL:
                    raise _TooLarge
            return above, below
        if self.elementwise(x):
            above, below = one, one
            for f in x.args:
                a, b = self.ratio(f, ring)
                if len(above.to_dict()) * len(a.to_dict()) + len(below.to_dict()) * len(b.to_dict()) > 8 * MAX_POLYNOMIAL:
                    raise _TooLarge
                above, below = above * a, below * b
                if len(above.to_dict()) > 4 * MAX_POLYNOMIAL:
                    raise _TooLarge
            return above, below
        if self.whole(x):
            a, b = self.ratio(x.args[0], ring)
            n = x.args[1].data
            if max(comb(len(p.to_dict()) - 1 + abs(n), abs(n)) for p in (a, b)) > MAX_POLYNOMIAL:
                raise _TooLarge
            return (a**n, b**n) if n > 0 else (b**-n, a**-n)
        root, n = self.letter(x)
        letter = ring.gens()[self.index[root]]
        return (letter**n, one) if n > 0 else (one, letter**-n)


class _FromRing:
    """Writes polynomials as normal forms of the shape of x."""

    def __init__(self, home: Context, letters: list[Expr], x: Expr) -> None:
        self.home = home
        self.letters = letters
        self.shape = x.shape

    def monomial(self, exponents: tuple[int, ...], shape: Shape) -> Expr:
        home, out = self.home, tuple(range(len(shape)))
        items = []
        for letter, n in zip(self.letters, exponents, strict=False):
            if n:
                items.append((home.number_power(letter, int(n)), out if letter.shape else ()))
        return home.product(items, out, dict(enumerate(shape)))

    def sum(self, p: Any) -> Expr:
        """The polynomial; a number where all its letters are numbers."""
        powers = [(_number(c), tuple(int(e) for e in exponents)) for exponents, c in p.to_dict().items()]
        shape = (
            self.shape
            if any(letter.shape for _, exponents in powers for letter, n in zip(self.letters, exponents, strict=False) if n)
            else ()
        )
        return self.home.sum([(c, self.monomial(exponents, shape)) for c, exponents in powers], shape)

    def factored(self, p: Any, sign: int) -> Expr:
        """The polynomial, or its inverse, as a product of powers of its irreducible factors."""
        home = self.home
        if not p.to_dict():
            return self.sum(p)
        content, factors = p.factor()
        result = home.full(_number(content) if sign > 0 else rational(1 / Fraction(_number(content))), self.shape)
        for base, n in factors:
            result = home.times(result, home.number_power(self.sum(base), sign * int(n)))
        return result


def _flint(c: Number) -> Any:
    import flint

    return flint.fmpq(c.numerator, c.denominator)


def _number(c: Any) -> Number:
    import flint

    q = flint.fmpq(c)
    return rational(Fraction(int(q.p), int(q.q)))
