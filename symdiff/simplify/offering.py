"""What every step that looks for shorter forms knows: costs, the budget of offers, which form is better."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, PROD, SUM, UNIT, Expr
from symdiff.simplify import alike
from symdiff.simplify.cost import Costs
from symdiff.simplify.normal import Log, Normalizer
from symdiff.simplify.shapes import constant_along

Labels = tuple[int, ...]

Factor = tuple[Expr, Labels]

MAX_DEPTH = 4  # how often the result of a step is offered again

OFFERED = frozenset((SUM, PROD))  # what the steps below look at


MAX_TERMS = 24  # sums longer than this are neither multiplied into nor factored


class Offering(ABC):
    """The budget of offers, and what is remembered of them. home builds normal forms and keeps the record."""

    def __init__(self, home: Normalizer, large: float = alike.FROM) -> None:
        self.home = home
        self.large = large
        self.cost = Costs()
        self.memo: dict[Expr, Expr] = {}
        self.budget = 0
        self.divided = False  # whether anything so far divides by a sum
        self.fractions: set[Expr] = set()
        self.divides: dict[Expr, tuple[bool, int]] = {}
        self.models: dict[tuple[Any, ...], tuple[list[Expr], Expr | None, Log]] = {}
        self.offered: dict[Expr, tuple[int, Expr]] = {}
        self.again = False

    def better(self, rule: str, old: Expr, new: Expr, tie: bool = False) -> bool:
        if self.cost(new) < self.cost(old) + tie:
            self.home.fire(rule, old, new)
            return True
        return False

    @abstractmethod
    def offer(self, x: Expr, depth: int) -> Expr:
        """What the steps make of a node; they ask for parts of their results by `local`."""

    def affords(self) -> bool:
        """Whether one more offer is within the budget, which it then takes."""
        if self.budget <= 0:
            self.home.log.exhausted = True
            return False
        self.budget -= 1
        return True

    def local(self, x: Expr, depth: int) -> Expr:
        """The best form of this node that one of the steps gives, its arguments being as good as they get."""
        if depth == 0 or x.op not in OFFERED:
            return x
        best = self.memo.get(x)
        if best is not None:
            return best
        known = self.offered.get(x)
        if known is not None and known[0] >= depth:
            return known[1]
        if not self.affords():
            return x
        result = self.offer(x, depth)
        self.offered[x] = (depth, result)
        return result


def is_constant(x: Expr) -> bool:
    """A number, perhaps spread: people write it on the right of a comparison."""
    return x.op == NUM or constant_along(x)


def selects(f: Expr) -> bool:
    """Whether a term of the sum f is a basis vector times something: beside it only one entry of the other factors counts."""
    parts = [p for t in f.args for p in (t.args if t.op == PROD else (t,)) if t.shape]
    return any(p.op == UNIT or (p.op == CALL and build.one_hot_of(p) is not None) for p in parts)
