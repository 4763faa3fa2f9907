"""Conditions on one variable under which a wrong answer is right: "right only if A is symmetric".

In: a wrong answer, points. Out: a condition, or nothing. It is named only where the answer is wrong at every point without the
condition, right at every point with it (other entries as generic as the condition lets them be, and as far out as where the
answer was seen to fail), and where no weaker condition of the list does as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from random import Random

from symdiff.checking.sampling import entries
from symdiff.expr.node import Expr

# Points under a condition.
POINTS = 16

Draw = Callable[[Sequence[int], Random, Sequence[Fraction]], list[Fraction]]


@dataclass(frozen=True)
class Condition:
    """words: with {0} for the number, or every entry of it, and {1} for the variable's name. draw: entries that satisfy it, from drawn ones."""

    words: str
    draw: Draw

    def said(self, x: Expr) -> str:
        return self.words.format(("every entry of " if x.shape else "") + x.name, x.name)


def _having(word: str) -> Draw:
    return lambda shape, rng, drawn: entries(shape, [word], rng, "real")


def _symmetric(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    n = shape[0]
    return [drawn[min(i, j) * n + max(i, j)] for i in range(n) for j in range(n)]


def _antisymmetric(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    n = shape[0]
    return [Fraction(0) if i == j else drawn[i * n + j] if i < j else -drawn[j * n + i] for i in range(n) for j in range(n)]


def _diagonal(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    n = shape[0]
    return [drawn[i * n + i] if i == j else Fraction(0) for i in range(n) for j in range(n)]


def _sum_one(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    total = sum(drawn, Fraction(0))
    return [v / total for v in drawn] if abs(total) > Fraction(1, 20) else [*drawn[:-1], 1 - sum(drawn[:-1], Fraction(0))]


def _sum_zero(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    mean = sum(drawn, Fraction(0)) / len(drawn)
    return [v - mean for v in drawn]


def _unit(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    """On the unit sphere, with rational entries: the stereographic image of the drawn ones."""
    *u, _ = drawn
    square = sum((v * v for v in u), Fraction(0))
    return [*(2 * v / (1 + square) for v in u), (square - 1) / (1 + square)] if len(drawn) > 1 else [Fraction(1)]


def _single(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    hot = rng.randrange(len(drawn))
    return [v if k == hot else Fraction(0) for k, v in enumerate(drawn)]


def _onehot(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    hot = rng.randrange(len(drawn))
    return [Fraction(k == hot) for k in range(len(drawn))]


def among(*values: int | Fraction) -> Draw:
    return lambda shape, rng, drawn: [Fraction(rng.choice(values)) for _ in range(prod(shape))]


def _equal(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    return [drawn[0]] * len(drawn)


POSITIVE = Condition("{0} is positive", lambda shape, rng, drawn: [abs(v) for v in drawn])
NEGATIVE = Condition("{0} is negative", lambda shape, rng, drawn: [-abs(v) for v in drawn])
SYMMETRIC = Condition("{1} is symmetric", _symmetric)

# Weaker conditions before those that imply them.
SQUARE = [
    SYMMETRIC,
    Condition("{1} is antisymmetric", _antisymmetric),
    Condition("{1} is orthogonal", _having("orthogonal")),
    Condition("{1} is diagonal", _diagonal),
]
VECTOR = [
    Condition("the entries of {1} sum to 1", _sum_one),
    Condition("the entries of {1} sum to 0", _sum_zero),
    Condition("the norm of {1} is 1", _unit),
    Condition("the entries of {1} are equal", _equal),
    Condition("{1} is a one-hot vector", _onehot),
]
# What a one-hot vector is besides: where one of these does as well, one-hot is not the condition, and there is no name for it.
WEAKER_THAN_ONEHOT = [Condition("", _single), Condition("", among(0, 1)), Condition("", among(0, 0, 0, 1))]

# Values at which a condition on numbers is tried, and the sets of those where the answer is right that have a name.
VALUES = tuple([Fraction(n) for n in (0, 1, -1, 2, -2, 3, -3, Fraction(1, 2), Fraction(-1, 2))])
NAMED: dict[frozenset[Fraction], str] = {
    frozenset([Fraction(1)]): "{0} is 1",
    frozenset([Fraction(-1)]): "{0} is -1",
    frozenset(map(Fraction, (1, -1))): "{0} is 1 or -1",
    frozenset(map(Fraction, (0, 1))): "{0} is 0 or 1",
    frozenset(map(Fraction, (0, 1, -1))): "{0} is 0, 1 or -1",
}


def one_value(value: Fraction) -> Condition:
    return Condition("", among(value))
