"""Proofs that two SymPy expressions are equal: a rational normal form over atoms, bounded in size.

In: SymPy expressions. Out: True if their difference is proven to be zero, else False, which means nothing. Every root,
exponential, logarithm, step and other function value is an atom, known by its normal arguments; a quotient of
polynomials in the atoms is brought over a common denominator and multiplied out. The relations used are

    root:     (u^(1/q))^q = u        cosine:  cos(u)^2 = 1 - sin(u)^2        exponential:  exp(a + b) = exp(a)*exp(b)
    step H:   H^2 = H, H(u)*H(-u) = 0, and H(-u) = 1 - H(u) if u is zero on no region;
              by steps  sign(u) = H(u) - H(-u), |u| = u*sign(u), max(a, b) = b + (a - b)*H(a - b)

so that equality holds away from kinks and poles. It ends because every expression is visited once and `limit` bounds
the number of products of monomials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

Exponent = int | Fraction
Monomial = tuple[tuple[int, Exponent], ...]  # (atom, exponent), by atom
Poly = dict[Monomial, Exponent]
Ratio = tuple[Poly, dict[frozenset[Any], int]]  # numerator; powers of denominators, each a poly as the set of its items

_ONE: Poly = {(): 1}

# Functions that are analytic on the whole line, so that they are zero on no interval or everywhere.
ENTIRE = frozenset({"exp", "sin", "cos", "erf", "erfc", "atan", "asinh"})

# Values of roots and steps that are gone through to see whether a difference may be zero on a region.
MOST_CASES = 32


class TooLong(Exception):
    """There is no normal form: it would exceed the limit, or something is divided by zero."""


class Prover:
    """Proves equalities under one substitution of the symbols (facts such as A[2,1] = A[1,2])."""

    def __init__(self, facts: Mapping[Any, Any] | None = None, limit: int = 20_000) -> None:
        self.facts = facts or {}
        self.left = limit
        self.atoms: dict[Any, int] = {}
        self.kinds: list[str] = []  # free, positive, step, root, log
        self.data: list[Any] = []  # root: (q, its q-th power); log: its argument
        self.normal: dict[Any, Ratio] = {}
        self.apart: dict[int, int] = {}  # steps of which at most one is 1
        self.analytic: list[bool] = []

    def equal(self, a: Any, b: Any) -> bool:
        """True if a = b is proven; TooLong, or any limit of SymPy's, is the caller's to catch."""
        difference = self._add([self.ratio(a), self._times(self.ratio(b), ({(): -1}, {}))])
        return not self._reduced(difference)[0]

    def ratio(self, root: Any) -> Ratio:
        """The normal form of an expression, arguments first."""
        known = self.normal
        stack = [root]
        while stack:
            e = stack[-1]
            needed = [self.facts[e]] if e in self.facts else e.args
            missing = [a for a in needed if a not in known]
            if e not in known and missing:
                stack += missing
                continue
            stack.pop()
            if e not in known:
                known[e] = known[self.facts[e]] if e in self.facts else self._ratio(e, [known[a] for a in e.args])
        return known[root]

    # ------------------------------------------------------------------------------------------ one operation

    def _ratio(self, e: Any, args: list[Ratio]) -> Ratio:
        if e.is_Rational:
            value = int(e.p) if e.is_Integer else Fraction(int(e.p), int(e.q))
            return ({(): value} if value else {}), {}
        if e.is_Symbol:
            return self._atom(e, "positive" if e.is_positive else "free")
        if e.is_Add:
            return self._add(args)
        if e.is_Mul:
            return reduce(self._times, args)
        if e.is_Pow:
            base, exponent = args
            if e.exp.is_Rational:
                return self._power(base, Fraction(int(e.exp.p), int(e.exp.q)))
            return self._exp(self._times(exponent, self._log(base)))
        if not e.args and not e.is_finite:
            raise TooLong
        name = type(e).__name__
        if name in _RULES:
            result: Ratio = _RULES[name](self, *args)
            return result
        return self._atom((name, *map(self._key, args)), "free")

    def _atom(self, key: Any, kind: str, data: Any = None, exponent: Exponent = 1) -> Ratio:
        k = self.atoms.get(key)
        if k is None:
            k = self.atoms[key] = len(self.kinds)
            self.kinds.append(kind)
            self.data.append(data)
            self.analytic.append(self._is_analytic(key, kind))
        return {((k, _whole(exponent)),): 1}, {}

    def _is_analytic(self, key: Any, kind: str) -> bool:
        """A symbol, or a function without kinks and gaps of such."""
        if not isinstance(key, tuple):
            return True
        name, *args = key
        if name == "exp" and isinstance(args[0], tuple) and all(isinstance(m, tuple) and len(m) == 2 for m in args[0]):
            return all(self.analytic[a] for a, _ in args[0])
        if name not in ENTIRE:
            return False
        return all(self.analytic[a] for num, den in args for m, _ in num for a, _ in m if not den) and not any(den for _, den in args)

    def _key(self, r: Ratio) -> Any:
        num, den = self._reduced(r)
        return frozenset(num.items()), frozenset(den.items())

    def _exp(self, u: Ratio) -> Ratio:
        num, den = self._reduced(u)
        if den:
            return self._atom(("exp", self._key(u)), "positive")
        result: Ratio = _ONE, {}
        for monomial, c in num.items():
            single = monomial[0] if len(monomial) == 1 else (0, 0)
            if single[1] == 1 and self.kinds[single[0]] == "log":
                factor = self._power(self.data[single[0]], Fraction(c))
            else:
                factor = self._atom(("exp", monomial), "positive", exponent=c)
            result = self._times(result, factor)
        return result

    def _log(self, u: Ratio) -> Ratio:
        return self._atom(("log", self._key(u)), "log", u)

    def _step(self, u: Ratio) -> Ratio:
        """[u > 0]. [-u > 0] is 1 - [u > 0] only where u is not zero on a whole region."""
        num, den = self._reduced(u)
        if not den and list(num) in ([], [()]):
            return (_ONE if num.get((), 0) > 0 else {}), {}
        lead = num[min(num)]
        scaled: Poly = {m: _whole(c / abs(Fraction(lead))) for m, c in num.items()}
        if lead > 0:
            return self._signed(scaled, den)[0]
        mirror: Poly = {m: -c for m, c in scaled.items()}
        if self._crosses(num):
            return self._add([(_ONE, {}), self._times(self._signed(mirror, den)[0], ({(): -1}, {}))])
        return self._signed(mirror, den)[1]

    def _signed(self, num: Poly, den: dict[frozenset[Any], int]) -> tuple[Ratio, Ratio]:
        """[u > 0] and [u < 0], which are never both 1."""
        key = self._key((num, den))
        pair = self._atom(("above", key), "step"), self._atom(("below", key), "step")
        (a, b) = (next(iter(p))[0][0] for p, _ in pair)
        self.apart[a], self.apart[b] = b, a
        return pair

    def _least(self, u: Ratio) -> Ratio:
        return self._add([(_ONE, {}), self._times(self._step(self._times(u, ({(): -1}, {}))), ({(): -1}, {}))])

    def _heaviside(self, u: Ratio) -> Ratio:
        """With 1/2 at 0, as in the derivative of max."""
        return self._times(self._add([(_ONE, {}), self._sign(u)]), ({(): Fraction(1, 2)}, {}))

    def _crosses(self, num: Poly) -> bool:
        """Whether what is not the zero polynomial is zero on no region: without roots and steps, or by its product over their values.

        The other functions must be analytic wherever they have a value, on an interval.
        """
        work = [num]
        for _ in range(MOST_CASES):
            if not work:
                return True
            num = work.pop()
            if not num:
                return False
            atoms = sorted({a for m in num for a, _ in m}, reverse=True)
            if not all(self.analytic[a] or self.kinds[a] in ("step", "root") for a in atoms):
                return False
            atom = next((a for a in atoms if not self.analytic[a]), None)
            if atom is None:
                continue
            parts: dict[Exponent, Poly] = {}
            for m, c in num.items():
                rest = tuple((a, k) for a, k in m if a != atom)
                parts.setdefault(dict(m).get(atom, 0), {})[rest] = c
            if self.kinds[atom] == "step":
                if not set(parts) <= {0, 1}:
                    return False
                work += [parts.get(0, {}), self._add([(p, {}) for p in parts.values()])[0]]
                continue
            q, (below, den) = self.data[atom]
            if q != 2 or den or not set(parts) <= {0, 1}:
                return False
            # a + b*r is zero only where a^2 - b^2*r^2 is.
            a, b = parts.get(0, {}), parts.get(1, {})
            squares = self._multiply(self._multiply(b, b), below)
            work.append(self._reduced(self._add([(self._multiply(a, a), {}), self._times((squares, {}), ({(): -1}, {}))]))[0])
        return False

    def _sign(self, u: Ratio) -> Ratio:
        minus: Ratio = {(): -1}, {}
        return self._add([self._step(u), self._times(self._step(self._times(u, minus)), minus)])

    def _max(self, *values: Ratio) -> Ratio:
        def larger(a: Ratio, b: Ratio) -> Ratio:
            difference = self._add([a, self._times(b, ({(): -1}, {}))])
            return self._add([b, self._times(difference, self._step(difference))])

        return reduce(larger, values)

    def _min(self, *values: Ratio) -> Ratio:
        minus: Ratio = {(): -1}, {}
        return self._times(minus, self._max(*[self._times(minus, v) for v in values]))

    def _choose(self, condition: Ratio, a: Ratio, b: Ratio) -> Ratio:
        other = self._add([(_ONE, {}), self._times(({(): -1}, {}), condition)])
        return self._add([self._times(condition, a), self._times(other, b)])

    def _sin(self, u: Ratio) -> Ratio:
        return self._atom(("sin", self._key(u)), "free")

    def _cos(self, u: Ratio) -> Ratio:
        square = self._add([(_ONE, {}), self._times(({(): -1}, {}), self._power(self._sin(u), Fraction(2)))])
        return self._atom(("cos", self._key(u)), "root", (2, square))  # analytic all the same

    def _inverse(self, u: Ratio) -> Ratio:
        return self._power(u, Fraction(-1))

    def _hyperbolic(self, u: Ratio, sign: int) -> Ratio:
        """exp(u) + sign*exp(-u)."""
        e = self._exp(u)
        return self._add([e, self._times(({(): sign}, {}), self._inverse(e))])

    # ------------------------------------------------------------------------------------------ arithmetic

    def _spend(self, products: int) -> None:
        self.left -= products
        if self.left < 0:
            raise TooLong

    def _add(self, terms: Iterable[Ratio]) -> Ratio:
        group = list(terms)
        common: dict[frozenset[Any], int] = {}
        for _, den in group:
            for d, k in den.items():
                common[d] = max(common.get(d, 0), k)
        total: Poly = {}
        for num, den in group:
            for d, k in common.items():
                for _ in range(k - den.get(d, 0)):
                    num = self._multiply(num, dict(d))
            for m, c in num.items():
                value = _whole(total.get(m, 0) + c)
                if value:
                    total[m] = value
                else:
                    total.pop(m, None)
        return total, common if total else {}

    def _times(self, a: Ratio, b: Ratio) -> Ratio:
        den = dict(a[1])
        for d, k in b[1].items():
            den[d] = den.get(d, 0) + k
        num = self._multiply(a[0], b[0])
        return num, den if num else {}

    def _multiply(self, a: Poly, b: Poly) -> Poly:
        self._spend(len(a) * len(b))
        result: Poly = {}
        for m, c in a.items():
            for n, d in b.items():
                product = self._monomial(m, n)
                if self.apart and any(self.apart.get(atom) in {k for k, _ in product} for atom, _ in product):
                    continue
                value = _whole(result.get(product, 0) + c * d)
                if value:
                    result[product] = value
                else:
                    result.pop(product, None)
        return result

    def _monomial(self, m: Monomial, n: Monomial) -> Monomial:
        if not m or not n:
            return m or n
        powers = dict(m)
        for atom, k in n:
            powers[atom] = 1 if self.kinds[atom] == "step" else _whole(powers.get(atom, 0) + k)
        return tuple(sorted((atom, k) for atom, k in powers.items() if k))

    def _power(self, base: Ratio, k: Fraction) -> Ratio:
        num, den = base
        if k.denominator == 1:
            return self._whole_power(base, int(k))
        if not den and len(num) == 1:
            ((m, c),) = num.items()
            if c == 1 and all(self.kinds[atom] == "positive" for atom, _ in m):
                return {tuple((atom, _whole(e * k)) for atom, e in m): 1}, {}
        q = k.denominator
        root = self._atom(("root", q, self._key(base)), "root", (q, base))
        whole, part = divmod(k.numerator, q)
        return self._times(self._whole_power(base, whole), self._whole_power(root, part))

    def _whole_power(self, base: Ratio, k: int) -> Ratio:
        num, den = base
        if k < 0:
            k = -k
            inverse: Ratio
            if len(num) == 1 and not any(self.kinds[atom] == "step" for atom, _ in next(iter(num))):
                ((m, c),) = num.items()
                inverse = {tuple((atom, -e) for atom, e in m): _whole(Fraction(1) / c)}, {}
            elif num:
                lead = num[min(num)]
                monic = frozenset((n, _whole(Fraction(v) / lead)) for n, v in num.items())
                inverse = {(): _whole(Fraction(1) / lead)}, {monic: 1}
            else:
                raise TooLong
            for d, power in den.items():
                inverse = self._times(inverse, self._whole_power((dict(d), {}), power))
            num, den = inverse
        result: Ratio = _ONE, {}
        for _ in range(k):
            result = self._times(result, (num, den))
        return result

    def _reduced(self, r: Ratio) -> Ratio:
        """No root to a power outside 0 … q - 1 in the numerator; later roots may hold earlier ones, so the last go first."""
        for atom in sorted({a for m in r[0] for a, _ in m if self.kinds[a] == "root"}, reverse=True):
            q, value = self.data[atom]
            parts: dict[int, Poly] = {}
            for m, c in r[0].items():
                whole, rest = divmod(dict(m).get(atom, 0), q)
                kept = [(a, k) for a, k in m if a != atom] + ([(atom, rest)] if rest else [])
                parts.setdefault(int(whole), {})[tuple(sorted(kept))] = c
            if set(parts) != {0}:
                r = self._add([self._times((part, r[1]), self._whole_power(value, whole)) for whole, part in parts.items()])
        return r


def _whole(value: Exponent) -> Exponent:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


_RULES: dict[str, Any] = {
    "exp": Prover._exp,
    "log": Prover._log,
    "half": Prover._heaviside,
    "Heaviside": lambda p, u, half: p._heaviside(u),
    "above": Prover._step,
    "least": Prover._least,
    "DiracDelta": lambda p, *u: ({}, {}),
    "sign": Prover._sign,
    "Abs": lambda p, u: p._times(u, p._sign(u)),
    "larger": Prover._max,
    "Max": Prover._max,
    "Min": Prover._min,
    "choose": Prover._choose,
    "sin": Prover._sin,
    "cos": Prover._cos,
    "tan": lambda p, u: p._times(p._sin(u), p._inverse(p._cos(u))),
    "cot": lambda p, u: p._times(p._cos(u), p._inverse(p._sin(u))),
    "sec": lambda p, u: p._inverse(p._cos(u)),
    "csc": lambda p, u: p._inverse(p._sin(u)),
    "sinh": lambda p, u: p._times(({(): Fraction(1, 2)}, {}), p._hyperbolic(u, -1)),
    "cosh": lambda p, u: p._times(({(): Fraction(1, 2)}, {}), p._hyperbolic(u, 1)),
    "tanh": lambda p, u: p._times(p._hyperbolic(u, -1), p._inverse(p._hyperbolic(u, 1))),
    "coth": lambda p, u: p._times(p._hyperbolic(u, 1), p._inverse(p._hyperbolic(u, -1))),
}
