"""Two arithmetics of components: SymPy expressions, and real numbers of many digits.

Both read a function by the name that SymPy has for it. `Numeric` also evaluates SymPy expressions, so that a derivative
that SymPy found and an answer that the formula language wrote are compared as numbers of one kind. Where a function has
no real value the number is nan. While it computes, `Numeric` notes how near the nearest kink is and which side of each
was taken, so that the caller can avoid the kinks and still see every piece of a piecewise formula.

Long: two arithmetics side by side, function by function, so that one can be read against the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, cmp_to_key
from typing import Any

from symdiff.checking.adjugates import by_elimination, by_minors
from symdiff.checking.components import Flat, Scalar, Undecided
from symdiff.expr.node import Expr, Number

# Written out by cofactors, the inverse of a larger matrix is too long to differentiate.
_LARGEST_MATRIX = 4

# Exponents beyond this only arise by accident; what they make does not fit into memory.
_LARGEST_POWER = 10**9

# What is smaller than this power of e, by accident again, is no number; numbers as small as that are as short as others. And functions of numbers of more
# bits than this before the point take too long.
_SMALLEST_EXPONENT, _LARGEST_ARGUMENT = -(10**30), 10**6

# SymPy writes powers of numbers out, digit by digit.
_LARGEST_EXPONENT = 100_000
_LARGEST_ORDER = 1_000

# Numbers nearer to each other than this part of the larger (or of 1, or than what is left of 1 by all digits but so many) are equal:
# rounding separates them, not the formula.
TIE, LOST_DIGITS = 1e-20, 12
BLUR = 1e-20  # what rounding leaves of a sum that cancels, if it is more, may be any ordinary number


# How doubtful a tie is: after something was dimmed even one of equal numbers; else, 1, one of numbers that are not equal.
SWALLOWED = 2

# Functions that are 1 nowhere, but for rounding.
SATURATING = frozenset({"tanh", "coth", "erf"})

# Functions of which SymPy asks whether they are real by way of their real and imaginary parts.
HYPERBOLIC = ("sinh", "cosh", "tanh", "coth")

# Components are left to SymPy up to this many nodes and levels: it recurses, and each level takes several frames.
_LARGEST, _DEEPEST = 20_000, 110


class Symbolic:
    """SymPy expressions. Only ever built from nodes: no text of a user reaches SymPy."""

    def __init__(self) -> None:
        import sympy

        self.sympy: Any = sympy
        self.own = _own_functions()
        self.zero, self.one, self.pi = sympy.S.Zero, sympy.S.One, sympy.pi
        self.extents: dict[Any, tuple[int, int]] = {}

    def extent(self, roots: Sequence[Scalar]) -> tuple[int, int]:
        """How many nodes these are as trees, shared parts counted each time, and on how many levels."""
        known = self.extents
        stack = list(roots)
        while stack:
            e = stack[-1]
            missing = [a for a in e.args if a not in known]
            if e not in known and missing:
                stack += missing
                continue
            stack.pop()
            below = [known[a] for a in e.args]
            known[e] = 1 + sum(n for n, _ in below), 1 + max((d for _, d in below), default=0)
        return sum(known[e][0] for e in roots), max((known[e][1] for e in roots), default=0)

    def admit(self, node: Expr | None, flat: Flat) -> None:
        nodes, levels = self.extent(flat)
        if nodes > _LARGEST or levels > _DEEPEST:
            raise Undecided("written out in components it is too long for SymPy")

    def number(self, value: Number) -> Scalar:
        return self.sympy.Integer(value) if isinstance(value, int) else self.sympy.Rational(value.numerator, value.denominator)

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        return self.sympy.Add(*terms)

    def mul(self, a: Scalar, b: Scalar) -> Scalar:
        return self.sympy.Mul(a, b)

    def power(self, base: Scalar, exponent: Scalar) -> Scalar:
        if base.is_Rational and exponent.is_Rational and abs(exponent) > _LARGEST_EXPONENT and abs(base) != 1:
            raise Undecided("it has a power of numbers that is too long to be written out")
        return self.sympy.Pow(base, exponent)

    def exp(self, x: Scalar) -> Scalar:
        return self.sympy.exp(x)

    def log(self, x: Scalar) -> Scalar:
        return self.sympy.log(x)

    # Without Abs and sign the symbols need not be declared real, which would make SymPy ask itself everywhere whether
    # something is zero, and costs ten times the time. So does Max, whose Heaviside looks for imaginary parts.
    def abs(self, x: Scalar) -> Scalar:
        return self.maximum([x, -x])

    def sign(self, x: Scalar) -> Scalar:
        return self.add([self.less(self.zero, x, False), -self.less(x, self.zero, False)])

    def mark(self, node: Expr | None, counting: bool) -> None:
        """Expressions do not say where they come from."""

    def truth(self, x: Scalar) -> Scalar:
        return x

    def negated(self, x: Scalar) -> Scalar:
        return 1 - x

    def plain(self, x: Scalar) -> Scalar:
        return x

    def flat(self, name: str, x: Scalar) -> Scalar:
        return self.own[name](x)

    def still(self, x: Scalar) -> Scalar:
        return x if x.is_number else self.own["still"](x)

    def maximum(self, values: Sequence[Scalar]) -> Scalar:
        return self.own["larger"](*values)

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        difference = b - a
        if difference.is_Rational:
            return self.one if difference > 0 or (equal and not difference) else self.zero
        return self.own["least" if equal else "above"](difference)

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        difference = a - b
        return (self.zero if difference else self.one) if difference.is_Rational else self.own["same"](a, b)

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        return self.one - self.same(a, b)

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        if condition.is_Rational:
            return a if condition else b
        return self.own["choose"](condition, a, b)

    def apply(self, name: str, args: Sequence[Scalar]) -> Scalar:
        if any(x.is_Rational and abs(x) > _LARGEST_EXPONENT for x in args):  # gamma(10^9) is a product of as many factors to SymPy
            raise Undecided("it has a function of a number that is too large to be written out")
        return (self.own[name] if name in HYPERBOLIC else getattr(self.sympy, name))(*args)

    def defined(self, x: Scalar) -> bool:
        return True

    @contextmanager
    def strictly(self) -> Iterator[None]:
        yield

    def det(self, rows: list[Flat]) -> Scalar:
        if len(rows) > _LARGEST_MATRIX:
            raise Undecided(f"the determinant of a {len(rows)} x {len(rows)} matrix is too long to be written out")
        if not rows:
            return self.one
        return self.add([(-1) ** j * rows[0][j] * self.det([r[:j] + r[j + 1 :] for r in rows[1:]]) for j in range(len(rows))])

    def inv(self, rows: list[Flat]) -> list[Flat]:
        det, n = self.det(rows), range(len(rows))

        def cofactor(i: int, j: int) -> Scalar:
            return (-1) ** (i + j) * self.det([[rows[k][m] for m in n if m != j] for k in n if k != i])

        return [[cofactor(j, i) / det for j in n] for i in n]

    def adjugate(self, rows: list[Flat]) -> list[Flat]:
        return by_minors(rows, self.det, self.mul, self.number(-1))

    def eigh(self, rows: list[Flat]) -> tuple[Flat, list[Flat]]:
        raise Undecided("eigenvalues are not written out")

    def of_matrix(self, name: str, rows: list[Flat]) -> list[Flat]:
        raise Undecided(f"the {name} of a matrix is not written out")


@cache
def _own_functions() -> dict[str, Any]:
    """Functions that SymPy lacks or differentiates to something unevaluated."""
    import sympy

    class Flat(sympy.Function):  # type: ignore[misc]
        def _eval_derivative(self, s: Any) -> Any:
            return sympy.S.Zero

    class choose(sympy.Function):  # type: ignore[misc]
        """choose(c, a, b): a where c is 1, b where c is 0; Piecewise would try to solve the condition."""

        def _eval_derivative(self, s: Any) -> Any:
            condition, a, b = self.args
            return choose(condition, a.diff(s), b.diff(s))

    # above(d) is [d > 0] and least(d) is [d >= 0]: SymPy's Heaviside has no place for the difference. half is Heaviside.
    made: dict[str, Any] = {name: type(name, (Flat,), {}) for name in ("floor", "ceil", "round", "same", "above", "least", "still", "half")}

    def half(d: Any) -> Any:
        return made["half"](d) if not d.is_Rational else sympy.S.One if d > 0 else sympy.S.Half if not d else sympy.S.Zero

    class larger(sympy.Function):  # type: ignore[misc]
        """The largest argument; its derivative is that of the argument which is larger than the others, half of each at a tie."""

        @classmethod
        def eval(cls, *args: Any) -> Any:
            flat = {b for a in args for b in (a.args if isinstance(a, larger) else (a,))}
            numbers = [a for a in flat if a.is_Rational]
            flat -= set(numbers) - ({max(numbers)} if numbers else set())
            if len(flat) == 1:
                return flat.pop()
            ordered = tuple(sorted(flat, key=cmp_to_key(sympy.Basic.compare)))
            return None if ordered == args else cls(*ordered)

        def _eval_derivative(self, s: Any) -> Any:
            terms = []
            for k, a in enumerate(self.args):
                slope = a.diff(s)
                if slope != 0:
                    terms.append(half(a - larger(*self.args[:k], *self.args[k + 1 :])) * slope)
            return sympy.Add(*terms)

    return made | {"choose": choose, "larger": larger} | _hyperbolic()


def _hyperbolic() -> dict[str, Any]:
    """SymPy's functions, which do not look for a real and an imaginary part where the argument is not known to be real.

    SymPy asks for these whenever 0 is multiplied by something, and writes them out: seconds for tanh of what is itself made of tanh.
    """
    import sympy

    theirs = {"sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "coth": sympy.coth}

    def real(self: Any) -> bool | None:
        return True if self.args[0].is_real else None

    def fdiff(self: Any, argindex: int = 1) -> Any:
        slope = theirs[type(self).__name__].fdiff(self, argindex)
        return slope.xreplace({theirs[name](*self.args): function(*self.args) for name, function in mine.items()})

    facts = {"_eval_is_real": real, "_eval_is_finite": real, "fdiff": fdiff}
    mine = {name: type(name, (function,), facts) for name, function in theirs.items()}
    return mine


class Trees:
    """Numbers of SymPy expressions, in the arithmetic of the class."""

    pi: Scalar
    one: Scalar
    zero: Scalar

    def value(self, root: Any, known: dict[Any, Scalar]) -> Scalar:
        """The number of a SymPy expression; `known` holds those of its symbols, and keeps all that is computed."""
        stack = [root]
        while stack:
            e = stack[-1]
            if e in known:
                stack.pop()
                continue
            missing = [a for a in e.args if a not in known]
            if missing:
                stack += missing
                continue
            stack.pop()
            known[e] = self._value(e, [known[a] for a in e.args])
        return known[root]

    def _value(self, e: Any, args: list[Scalar]) -> Scalar:
        if e.is_Rational:
            return self.number(Fraction(int(e.p), int(e.q)))  # type: ignore[attr-defined]
        name = type(e).__name__
        if name in _CONSTANTS:
            return _CONSTANTS[name](self)
        if name in _TREE:
            return _TREE[name](self, *args)
        return self.apply(name, args)  # type: ignore[attr-defined]


class Numeric(Trees):
    """Real numbers of `digits` digits, in an arithmetic context of their own (no global precision is touched).

    gap: the distance to the nearest kink or jump met so far. branches: the side taken at each, in order, 0 at a tie.
    cancelled: whether a sum was 0, or less than its terms by all digits: what is 0 then is so up to rounding only. absorbed: whether a
    term was so much smaller than another that it left no trace, as that of log(1 + exp(-200)). dimmed: or one that no comparison sees,
    since the last node was done; dim: the nodes that are made of such.
    loss: by how much the largest term of a sum exceeded the sum, at most: what rounding made of the terms is as much larger beside the sum.
    beyond: whether a number was left out because it would not fit into memory. A bracket that is false is `zero` itself, which
    stays zero whatever it is multiplied by; another 0 is another object. apart: the difference of the two sides of every comparison, in
    order, and how doubtful a tie it is.
    """

    dimmed: bool
    blurred: bool

    def __init__(self, digits: int, finer: int = 0) -> None:
        """finer: by how many digits nearer two numbers have to be to be taken as equal, where constants lie beyond doubles."""
        from mpmath.ctx_mp import MPContext

        self.ctx: Any = MPContext()
        self.ctx.dps = self.digits = digits
        self.zero, self.one, self.nan = self.ctx.mpf(0), self.ctx.mpf(1), self.ctx.nan
        self.pi = +self.ctx.pi
        self.noise = self.ctx.mpf(10) ** (3 - digits)
        self.equal = self.ctx.mpf(TIE) / self.ctx.mpf(10) ** finer
        self.tie = min(self.equal, self.ctx.mpf(10) ** (LOST_DIGITS - digits))
        self.strict = False
        self.watch()

    def admit(self, node: Expr | None, flat: Flat) -> None:
        """Numbers do not grow; what left no trace in an argument has left none in what is made of it."""
        if node is not None and (self.dimmed or not self.dim.isdisjoint(node.args)):
            self.dim.add(node)
            self.dimmed = False
        if node is not None and (self.blurred or not self.noise_only.isdisjoint(node.args)):
            self.noise_only.add(node)
            self.blurred = False

    def watch(self) -> None:
        """Forget the kinks met so far."""
        self.gap = self.one
        self.branches: list[int] = []
        self.apart: list[tuple[Scalar, int]] = []
        self.cancelled = self.absorbed = self.dimmed = self.blurred = self.beyond = False
        self.dim: set[Expr] = set()
        self.noise_only: set[Expr] = set()  # nodes of which rounding has left nothing, beside ordinary numbers: cosh(300)^2 - sinh(300)^2
        self.node: Expr | None = None
        self.loss = self.one

    def mark(self, node: Expr | None, counting: bool) -> None:
        """Comparisons are told apart by their order; which node they stand in says what they are made of."""
        self.node = node

    def number(self, value: Number) -> Scalar:
        if isinstance(value, int):
            return self.one if value == 1 else self.zero if value == 0 else self.ctx.mpf(value)
        return self.ctx.mpf(value.numerator) / value.denominator

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        if len(terms) == 1:
            return terms[0]
        total = self.ctx.fsum(terms)
        sizes = [abs(t) for t in terms if t]
        if sizes:
            largest = max(sizes)
            edge = largest * self.noise
            smallest = min(sizes)
            self.absorbed = self.absorbed or smallest < edge
            self.dimmed = self.dimmed or smallest < largest * self.tie
            if abs(total) < edge:
                self.cancelled = True
                self.blurred = self.blurred or edge > BLUR
            elif largest > self.loss * abs(total):
                self.loss = largest / abs(total)
        return total

    def mul(self, a: Scalar, b: Scalar) -> Scalar:
        return self.zero if a is self.zero or b is self.zero else a * b

    def product(self, factors: Sequence[Scalar]) -> Scalar:
        return self.zero if any(x is self.zero for x in factors) else self.ctx.fprod(factors)

    def is_half(self, k: Scalar) -> bool:
        return bool(k == 0.5)

    def truth(self, x: Scalar) -> Scalar:
        return x if x else self.zero

    def negated(self, x: Scalar) -> Scalar:
        return self.zero if x == 1 else 1 - x

    def plain(self, x: Scalar) -> Scalar:
        return self.ctx.mpf(0) if x is self.zero else x

    def power(self, base: Scalar, exponent: Scalar) -> Scalar:
        if self.ctx.isnan(base) or not self.ctx.isfinite(exponent) or (not base and exponent < 0):
            return self.nan
        if self.ctx.isint(exponent):
            if abs(exponent) > _LARGEST_POWER:
                self.beyond = True
                return self.nan
            return base ** int(exponent)
        if exponent == 0.5:
            return self.ctx.sqrt(base) if base >= 0 else self.nan
        return base**exponent if base >= 0 else self.nan

    def exp(self, x: Scalar) -> Scalar:
        if _SMALLEST_EXPONENT < x < _LARGEST_POWER:
            return self.ctx.exp(x)
        self.beyond = self.beyond or not self.ctx.isnan(x)
        return self.nan

    def log(self, x: Scalar) -> Scalar:
        return self.ctx.log(x) if x > 0 else self.nan

    def abs(self, x: Scalar) -> Scalar:
        self._compare(x, self.zero)
        return abs(x)

    def sign(self, x: Scalar) -> Scalar:
        return self.nan if self.ctx.isnan(x) else self.plain(self.number(self._compare(x, self.zero)))

    def still(self, x: Scalar) -> Scalar:
        return x

    def flat(self, name: str, x: Scalar) -> Scalar:
        if not self.ctx.isfinite(x):
            return self.nan
        if abs(x) * self.noise > 1:  # all digits stand before the point: nothing is known of the jumps
            self.beyond = True
            return self.nan
        # round jumps at the halves, floor and ceil at whole numbers; a value on a jump by rounding belongs to it.
        jump = self.ctx.nint(x) if name != "round" else self.ctx.floor(x) + self.ctx.mpf(0.5)
        if not self._compare(x, jump):
            x = jump
        return {"floor": self.ctx.floor, "ceil": self.ctx.ceil, "round": self.ctx.nint}[name](x)

    def maximum(self, values: Sequence[Scalar]) -> Scalar:
        if any(self.ctx.isnan(v) for v in values):
            return self.nan
        best, largest = values[0], max(values)
        for v in values[1:]:
            larger = max(best, v)
            if larger == largest:  # a tie of two entries below the largest is no kink
                self._compare(v, best)
            best = larger
        return best

    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        if self.ctx.isnan(a) or self.ctx.isnan(b):
            return self.zero
        side = self._compare(a, b)
        return self.one if side < 0 or (equal and not side) else self.zero

    def same(self, a: Scalar, b: Scalar) -> Scalar:
        if self.ctx.isnan(a) or self.ctx.isnan(b):
            return self.zero
        return self.zero if self._compare(a, b) else self.one

    def differ(self, a: Scalar, b: Scalar) -> Scalar:
        if self.ctx.isnan(a) or self.ctx.isnan(b):
            return self.zero
        return self.one if self._compare(a, b) else self.zero

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        return self.nan if self.ctx.isnan(condition) else a if condition else b

    def _compare(self, a: Scalar, b: Scalar) -> int:
        """-1, 0 or 1; a tie is a feature of the formula (max(x, x)), a near miss is a kink to keep away from."""
        distance = abs(a - b)
        if self.strict:
            return 0 if not distance else 1 if a > b else -1
        scale = max(1, abs(a), abs(b))
        if not distance > max(self.equal * max(abs(a), abs(b)), self.tie):
            self.branches.append(0)
            doubtful = self.dimmed or self.blurred
            doubtful = doubtful or (self.node is not None and not (self.dim | self.noise_only).isdisjoint(self.node.args))
            self.apart.append((a - b, SWALLOWED if doubtful else bool(distance)))
            return 0
        blurred = self.blurred or (self.node is not None and not self.noise_only.isdisjoint(self.node.args))
        self.apart.append((a - b, SWALLOWED if blurred else False))
        self.gap = min(self.gap, distance / scale)
        self.branches.append(1 if a > b else -1)
        return self.branches[-1]

    def apply(self, name: str, args: Sequence[Scalar]) -> Scalar:
        own = _NUMERIC.get(name)
        function = own or getattr(self.ctx, name, None)
        if function is None:
            raise Undecided(f"there is no number for SymPy's {name}")
        if not all(self.ctx.isfinite(x) for x in args):
            return self.nan
        if any(x and self.ctx.mag(x) > _LARGEST_ARGUMENT for x in args):
            self.beyond = True
            return self.nan
        try:
            value = own(self, *args) if own else function(*args)
        except (ValueError, ZeroDivisionError, OverflowError, self.ctx.NoConvergence):
            return self.nan
        if isinstance(value, self.ctx.mpc):
            return value.real if not value.imag else self.nan
        self.dimmed = self.dimmed or (name in SATURATING and abs(abs(value) - 1) <= self.tie)
        return value

    def defined(self, x: Scalar) -> bool:
        return bool(self.ctx.isfinite(x))

    @contextmanager
    def strictly(self) -> Iterator[None]:
        self.strict = True
        try:
            yield
        finally:
            self.strict = False

    def det(self, rows: list[Flat]) -> Scalar:
        """0 where rounding cannot tell it from 0: X'*X has no determinant but 0 where X has more columns than rows."""
        if not rows:
            return self.one
        finite = all(self.ctx.isfinite(x) for row in rows for x in row)
        try:
            value = self.ctx.det(self.ctx.matrix(rows)) if finite else self.nan
        except TypeError:  # mpmath finds no pivot
            return self.ctx.mpf(0)
        if len(rows) > 1 and abs(value) < self.ctx.fprod([self.ctx.norm(row) for row in rows]) * self.noise * 10**5:
            self.cancelled = True
            return self.ctx.mpf(0)
        return value

    def inv(self, rows: list[Flat]) -> list[Flat]:
        try:
            if not self.det(rows):  # nan, where an entry has no value, makes the inverse nan
                raise ZeroDivisionError
            return list(self.ctx.inverse(self.ctx.matrix(rows)).tolist())
        except (ZeroDivisionError, TypeError):  # the latter where mpmath finds no pivot
            return [[self.nan] * len(rows) for _ in rows]

    def adjugate(self, rows: list[Flat]) -> list[Flat]:
        """0 where rounding cannot tell it from 0: of X'*X where X has two columns more than rows."""
        if not all(self.ctx.isfinite(x) for row in rows for x in row):
            return [[self.nan] * len(rows) for _ in rows]
        found = by_elimination(rows, self.noise * 10**5) if rows else []
        if found is None:
            self.cancelled = True
            return [[self.ctx.mpf(0)] * len(rows) for _ in rows]
        return [[self.ctx.mpf(x) for x in row] for row in found]

    def eigh(self, rows: list[Flat]) -> tuple[Flat, list[Flat]]:
        n = range(len(rows))
        if not all(self.ctx.isfinite(x) for row in rows for x in row):
            return [self.nan] * len(rows), [[self.nan] * len(rows) for _ in rows]
        try:
            values, vectors = self.ctx.eigsy(self.ctx.matrix(rows))
        except (RuntimeError, self.ctx.NoConvergence):
            return [self.nan] * len(rows), [[self.nan] * len(rows) for _ in rows]
        order = sorted(n, key=lambda k: values[k])
        return [values[k] for k in order], [[vectors[i, k] for k in order] for i in n]

    def singular(self, rows: list[Flat]) -> Flat:
        missing: Flat = [self.nan] * min(len(rows), len(rows[0]))
        if not all(self.ctx.isfinite(x) for row in rows for x in row):
            return missing
        try:
            values = self.ctx.svd_r(self.ctx.matrix(rows), compute_uv=False)
        except (RuntimeError, self.ctx.NoConvergence):
            return missing
        return sorted(values, reverse=True)

    def of_matrix(self, name: str, rows: list[Flat]) -> list[Flat]:
        n = range(len(rows))
        missing = [[self.nan] * len(rows) for _ in rows]
        if len(rows) < 2:
            half = self.ctx.mpf(0.5)
            return [[self.exp(x) if name == "exp" else self.log(x) if name == "log" else self.power(x, half) for x in row] for row in rows]
        if not all(self.ctx.isfinite(x) for row in rows for x in row):
            return missing
        function = {"exp": self.ctx.expm, "log": self.ctx.logm, "sqrt": self.ctx.sqrtm}[name]
        try:
            matrix = self.ctx.matrix(rows)
            value = self._by_eigenvectors(name, matrix) or function(matrix)
        except (ZeroDivisionError, ValueError, TypeError, RuntimeError, self.ctx.NoConvergence):
            return missing
        found = [[value[i, j] for j in n] for i in n]
        tiny = self.noise * (1 + max((abs(x) for row in found for x in row), default=0))
        if any(abs(self.ctx.im(x)) > tiny for row in found for x in row):
            return missing
        return [[self.ctx.re(x) for x in row] for row in found]

    def _by_eigenvectors(self, name: str, matrix: Any) -> Any:
        """V*diag(f(l))*inv(V); None where eigenvalues are too close for that. A root by iteration takes a hundred times as long."""
        values, vectors = self.ctx.eig(matrix)
        largest = max(abs(v) for v in values)
        gaps = [abs(a - b) for k, a in enumerate(values) for b in values[:k]]
        if not largest or min(gaps) < largest * self.ctx.mpf(10) ** (-self.digits // 6):
            return None
        function = {"exp": self.ctx.exp, "log": self.ctx.log, "sqrt": self.ctx.sqrt}[name]
        if name == "log" and min(map(abs, values)) < largest * self.noise:
            raise ZeroDivisionError
        return vectors * self.ctx.diag([function(v) for v in values]) * self.ctx.inverse(vectors)

    def frechet(self, name: str, a: list[Flat], e: list[Flat]) -> list[Flat]:
        """By divided differences; by the block matrix where eigenvalues are too close."""
        n = range(len(a))
        if len(a) > 1 and all(self.ctx.isfinite(x) for row in (*a, *e) for x in row):
            try:
                values, vectors = self.ctx.eig(self.ctx.matrix(a))
                gap = min([abs(x - y) for k, x in enumerate(values) for y in values[:k]])
                function = {"exp": self.ctx.exp, "log": self.ctx.log, "sqrt": self.ctx.sqrt}[name]
                slope = {"exp": self.ctx.exp, "log": lambda x: 1 / x, "sqrt": lambda x: 1 / (2 * self.ctx.sqrt(x))}[name]
                if gap > max(map(abs, values)) * self.ctx.mpf(10) ** (-self.digits // 6):
                    back = self.ctx.inverse(vectors)
                    inside, f = back * self.ctx.matrix(e) * vectors, [function(v) for v in values]
                    for i in n:
                        for j in n:
                            inside[i, j] *= slope(values[i]) if i == j else (f[i] - f[j]) / (values[i] - values[j])
                    found = vectors * inside * back
                    tiny = self.noise * 1000 * (1 + max(abs(found[i, j]) for i in n for j in n))
                    if any(abs(self.ctx.im(found[i, j])) > tiny for i in n for j in n):
                        return [[self.nan] * len(a) for _ in a]
                    return [[self.ctx.re(found[i, j]) for j in n] for i in n]
            except (ZeroDivisionError, ValueError, TypeError, RuntimeError, self.ctx.NoConvergence):
                pass
        block = [[*r, *s] for r, s in zip(a, e, strict=True)] + [[self.zero] * len(a) + list(r) for r in a]
        return [row[len(a) :] for row in self.of_matrix(name, block)[: len(a)]]


def _lgamma(f: Numeric, x: Scalar) -> Scalar:
    return f.ctx.loggamma(x) if x > 0 else f.nan


def _polygamma(f: Numeric, k: Scalar, x: Scalar) -> Scalar:
    if abs(k) > _LARGEST_ORDER:
        raise Undecided(f"polygamma of an order beyond {_LARGEST_ORDER} takes too long")
    return f.ctx.psi(int(k), x)


def _spherical(f: Numeric, n: Scalar, x: Scalar) -> Scalar:
    """j_n(x): a Bessel function of order n + 1/2, which has a pole of its own at 0."""
    n = int(n)
    if x == 0 or n < 0:
        return f.number(int(n == 0)) if n >= 0 else f.nan
    value = f.ctx.sqrt(f.pi / (2 * abs(x))) * f.ctx.besselj(n + f.ctx.mpf(0.5), abs(x))
    return -value if x < 0 and n % 2 else value


# SymPy's names for functions and constants where mpmath has another, or another idea of where the value is real.
_NUMERIC: dict[str, Callable[..., Scalar]] = {
    "loggamma": _lgamma,
    "polygamma": _polygamma,
    "jn": _spherical,
    "erfinv": lambda f, x: f.ctx.erfinv(x) if abs(x) < 1 else f.nan,
    "ceiling": lambda f, x: f.flat("ceil", x),
    "acot": lambda f, x: f.ctx.atan(1 / x),
}

_CONSTANTS: dict[str, Callable[..., Scalar]] = {
    "Pi": lambda f: f.pi,
    "Exp1": lambda f: f.exp(f.one),
    "EulerGamma": lambda f: f.mul(f.number(-1), f.apply("digamma", [f.one])),
    "NaN": lambda f: f.nan,
    "ComplexInfinity": lambda f: f.nan,
    "Infinity": lambda f: f.nan,
    "NegativeInfinity": lambda f: f.nan,
    "ImaginaryUnit": lambda f: f.nan,
}

# SymPy's own operations and the functions that have a rule in `Numeric`.
_TREE: dict[str, Callable[..., Scalar]] = {
    "Add": lambda f, *xs: f.add(xs),
    "Mul": lambda f, *xs: f.product(xs),
    "Pow": lambda f, b, e: f.power(b, e),
    "exp": lambda f, x: f.exp(x),
    "log": lambda f, x: f.log(x),
    "Abs": lambda f, x: f.abs(x),
    "sign": lambda f, x: f.sign(x),
    "larger": lambda f, *xs: f.maximum(xs),
    # Only ever from the derivative of larger: at a tie both sides have the same derivative, or the formula has none; half of each is right.
    "half": lambda f, x: f.choose(f.less(f.zero, x, False), f.one, f.choose(f.less(x, f.zero, False), f.zero, f.number(Fraction(1, 2)))),
    "DiracDelta": lambda f, *xs: f.zero,
    "above": lambda f, x: f.less(f.zero, x, False),
    "least": lambda f, x: f.less(f.zero, x, True),
    "floor": lambda f, x: f.flat("floor", x),
    "ceil": lambda f, x: f.flat("ceil", x),
    "round": lambda f, x: f.flat("round", x),
    "still": lambda f, x: f.still(x),
    "same": lambda f, a, b: f.same(a, b),
    "choose": lambda f, c, a, b: f.choose(c, a, b),
}
