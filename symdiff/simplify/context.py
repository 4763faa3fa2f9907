"""What one simplification knows, and the doors of its operations.

A simplification is one `Normalizer` (normal.py): this context and the operations on it, one file each: sums, powers, products (over the
network of product.py), calls, conditions, symmetry, reshaping. They call each other through the doors named here, and each door maps
normal forms to a normal form. Memory makes an answer faster, never another one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from symdiff.calculus.diagonals import Diagonals
from symdiff.expr.node import Dim, Expr, Number, Shape
from symdiff.simplify.facts import Facts
from symdiff.simplify.graph import SHARED_FACTORS
from symdiff.simplify.shapes import Term

Labels = tuple[int, ...]
Factor = tuple[Expr, Labels]


@dataclass(slots=True)
class Log:
    """What a simplification did: (rule, before, after) for every rule that fired, and the values assumed not to be 0.

    exhausted: its budget was spent, so that a shorter form may exist.
    """

    fired: list[tuple[str, Expr, Expr]] = field(default_factory=list)
    nonzero: dict[Expr, None] = field(default_factory=dict)
    exhausted: bool = False

    def mark(self) -> int:
        """Where the record stands, before something is tried."""
        return len(self.fired)

    def back_to(self, mark: int) -> None:
        """Forget what fired since: the attempt was not taken."""
        del self.fired[mark:]


class Context(ABC):
    """One simplification: its memory, its log, what is known of signs.

    keep_names: NAMEs are atoms; otherwise they are replaced by their values. rules: whether the named rules fire.
    """

    def __init__(self, keep_names: bool = True, rules: bool = True, log: Log | None = None) -> None:
        self.drops = False  # whether brackets such as [i != j] go where they say nothing
        self.guards: bool | None = None  # whether [i < j] + [j < i] has to stay a bracket, [i != j]; None while that is not known
        self.both = False  # whether such a sum was met while it was not known
        self.keep_names = keep_names
        self.rules = rules
        self.log = Log() if log is None else log
        self.facts = Facts()
        self.memo: dict[Expr, Expr] = {}
        self.shared_factors = SHARED_FACTORS
        self._primitives: dict[Expr, tuple[Number, Expr]] = {}
        self._powers: dict[tuple[Expr, Number], Expr] = {}
        self._symmetric: dict[Expr, bool] = {}
        self._parity: dict[tuple[Expr, int, int], int] = {}
        self._totals: dict[Expr, Expr] = {}
        self._transposed: dict[Expr, Expr] = {}
        self.diagonals = Diagonals(())

    def fire(self, rule: str, before: Expr, after: Expr) -> Expr:
        self.log.fired.append((rule, before, after))
        return after

    def assume_nonzero(self, x: Expr) -> None:
        """x != 0 is needed for the answer to equal the formula; stated with it unless it is known."""
        if not self.facts.nonzero(x):
            self.log.nonzero[x] = None

    # ------------------------------------------------------------------------------------------ the doors

    @abstractmethod
    def run(self, roots: Sequence[Expr]) -> list[Expr]:
        """The normal forms of the roots."""

    @abstractmethod
    def normal(self, x: Expr) -> Expr:
        """The normal form of a small expression built here (a rule's right side)."""

    @abstractmethod
    def reshape(self, x: Expr, shape: Shape) -> Expr: ...

    @abstractmethod
    def sum(self, terms: Iterable[Term], shape: Shape) -> Expr:
        """The sum of coefficient times term, terms in normal form and of this shape."""

    @abstractmethod
    def linear(self, collected: dict[Expr, Number], shape: Shape) -> Expr: ...

    @abstractmethod
    def full(self, c: Number, shape: Shape) -> Expr:
        """The tensor whose entries are all c."""

    @abstractmethod
    def scaled(self, c: Number, x: Expr) -> Expr:
        """c times a normal form."""

    @abstractmethod
    def add(self, *parts: Expr) -> Expr: ...

    @abstractmethod
    def sub(self, a: Expr, b: Expr) -> Expr: ...

    @abstractmethod
    def primitive(self, x: Expr, sign: bool = True) -> tuple[Number, Expr]:
        """Content and primitive part of a sum of several terms: 2*a + 4*b is 2 times a + 2*b; other values as they are.

        The content is taken out only where it shortens the coefficients. sign: the constant, or else the first term by key, gets a
        positive coefficient; otherwise the content is positive.
        """

    @abstractmethod
    def power(self, base: Expr, exponent: Expr) -> Expr:
        """base^exponent, entry by entry; the exponent has the base's shape or is a scalar."""

    @abstractmethod
    def number_power(self, base: Expr, n: Number) -> Expr:
        """base^n. Remembered where no rule fires on the way: products of many powers are built again and again."""

    @abstractmethod
    def numeral(self, value: Number, n: Number) -> Expr:
        """value^n for numbers: exact where it is rational and of reasonable size, else a power."""

    @abstractmethod
    def times(self, a: Expr, b: Expr) -> Expr:
        """Entry by entry; a scalar scales."""

    @abstractmethod
    def scalar_product(self, factors: Sequence[Expr]) -> Expr:
        """The product of numbers. Where no rule joins two of the factors, the common case of scalar graphs, it needs no network."""

    @abstractmethod
    def product(self, items: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> Expr:
        """The Einstein product of normal forms. sizes: dimensions of output labels that no factor has."""

    @abstractmethod
    def without_axes(self, x: Expr) -> Expr:
        """The scalar that is spread."""

    @abstractmethod
    def size(self, shape: Shape) -> Expr: ...

    @abstractmethod
    def call(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
        """A row applied to normal forms."""

    @abstractmethod
    def ruled(self, x: Expr) -> Expr:
        """What the first rule that fits makes of x; else x."""

    @abstractmethod
    def comparison(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
        """a > b with positive terms on both sides, so that 1 - m > 0 and 1 > m are one condition.

        v == max(v) stays as it is: moved terms would round differently, and no entry would be found equal to the largest.
        """

    @abstractmethod
    def symmetric(self, x: Expr) -> bool:
        """Whether a matrix in normal form is known to equal its transpose."""

    @abstractmethod
    def parity(self, x: Expr, a: int, b: int) -> int:
        """1 or -1: what a sum in normal form is multiplied by when its axes a and b are exchanged; 0 where it is another tensor then."""

    @abstractmethod
    def transposed(self, x: Expr) -> Expr:
        """The transpose of a matrix in normal form, a sum term by term."""

    @abstractmethod
    def total_of_named(self, x: Expr) -> Expr:
        """The sum of the entries of a vector that holds names: names written out, its terms summed one by one."""

    @abstractmethod
    def spread_terms(self, t: Expr) -> list[Term]:
        """The terms of a sum of scalars that is spread, each spread; a single term for anything else."""

    @abstractmethod
    def common_factors(self, a: Expr, b: Expr) -> list[Factor]: ...

    @abstractmethod
    def without(self, x: Expr, outside: list[Factor]) -> Expr:
        """A term with these factors taken out."""
