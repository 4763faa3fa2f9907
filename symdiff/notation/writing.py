"""What one writing knows, and the doors of its parts: reading order, signs, and the writer itself, which has sums, terms and powers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from symdiff.expr.node import Expr, Number
from symdiff.expr.walk import topological
from symdiff.notation.price import price_of
from symdiff.simplify.normal import Normalizer

Labels = tuple[int, ...]


class Writing(ABC):
    """home: knows symmetries. written, prices: of what is written already. rank, order, turn, …: how the formula has it."""

    def __init__(self, home: Normalizer) -> None:
        self.home = home
        self.rank: dict[Expr, int] = {}
        self.order: dict[Expr, dict[Expr, int]] = {}
        self.written: dict[Expr, Expr] = {}
        self.prices: dict[Expr, int] = {}
        self.knots: dict[Expr, bool] = {}  # whether matrix notation cannot write a value, or what it is made of
        self.knot: set[Expr] = set()
        self.compared = 0  # symbols of products that were written both ways
        self.turns: dict[Expr, Expr] = {}  # written matrices with their transposes
        self.first: dict[Expr, int] = {}
        self.turn: dict[Expr, int] = {}  # like rank, but a letter comes after those that the formula writes in front of it
        self.first_turn: dict[Expr, int] = {}
        self.typed: dict[Expr, tuple[str, tuple[Expr, ...]]] = {}  # comparisons as the formula has them
        self.opposite: dict[Expr, Expr] = {}  # what they are the opposite of
        self.dots = False

    def price(self, w: Expr) -> int:
        """The number of symbols a reader sees, brackets and commas not counted; of a written node."""
        known = self.prices.get(w)
        if known is not None:
            return known
        prices = self.prices
        for node in topological([w], prices.keys()):
            if node not in prices:
                prices[node] = price_of(node, [prices[a] for a in node.args])
        return prices[w]

    # ------------------------------------------------------------------------------------------ the doors

    @abstractmethod
    def get(self, x: Expr) -> Expr:
        """The written form of a normal form."""

    @abstractmethod
    def term(self, c: Number, t: Expr) -> Expr:
        """c times a term, written."""

    @abstractmethod
    def position(self, x: Expr) -> int:
        """Where in the formula the first letter of a value stands."""

    @abstractmethod
    def factor_key(self, x: Expr) -> tuple[bool, bool, int, bool, int, int]:
        """The order of factors entry by entry."""
