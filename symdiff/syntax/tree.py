"""Syntax trees: what the parser reads and what the printers write. One vocabulary, so that the two cannot drift apart.

    kind                                      kids                value
    number                                    -                   int or Fraction
    name                                      -                   canonical name ("phi"; `pi`, `eye`, `ones` too)
    neg, transpose, not, iverson, norm, bars  one                 norm: ||x||, bars: |x|
    add sub mul div matmul emul ediv dot      two                 matmul: @, emul: .*, ediv: ./
    otimes                                    two                 ⊗
    pow epow                                  two                 epow: .^
    lt le gt ge eq ne and or                  two                 all operators: symdiff/table/operators.py
    call                                      arguments           function name
    prime                                     arguments           (function name, number of primes): f''(x)
    index                                     base, then indices  an index is a tree (also that of a label) or a `slice`
    slice                                     -, one or two       `:`, or where it begins and ends: `2:5`, `2:`
    listed                                    entries             the vector of these numbers: `[sin(x), cos(x)]`
    over                                      [lo, hi,] body      (function name, index name): sum(i=1..m, …); the range may be missing
    pairs                                     condition, body     function name: sum(i<j, …)
    tensor                                    lo, hi, …, body     index names: tensor(i=1..m, j=1..n, …)
    entrywise, frobenius, bracket             like call, one, one only in Program.typeset: a function of each entry, the norm of a matrix

A tree never repeats work by sharing and may be 10^5 deep: walk it with a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from symdiff.table.operators import ATOM, OPERATORS

# Binding strength, loosest first; equal strength associates to the left except for powers. An index binds as a transpose does.
PRECEDENCE: dict[str, int] = {operator.kind: operator.strength for operator in OPERATORS.values()} | {
    "index": OPERATORS["transpose"].strength
}

__all__ = ["ATOM", "NUMBER", "PRECEDENCE", "Binding", "Declaration", "Program", "Tree", "TypeSpec"]

NUMBER = "number"  # value of a chain of products that is written here and is a number: a form such as x'*A*x


class Tree:
    """One node of syntax; start, end: offsets in the text it was read from (-1 where it was not read)."""

    __slots__ = ("end", "kids", "kind", "start", "value")

    def __init__(self, kind: str, kids: tuple[Tree, ...] = (), value: Any = None, start: int = -1, end: int = -1) -> None:
        self.kind = kind
        self.kids = kids
        self.value = value
        self.start = start
        self.end = end


@dataclass(slots=True)
class TypeSpec:
    """A declared type: kind "scalar" | "vector" | "matrix", dims (names or ints; None where not given), properties.

    label: how many entries a label, or each label of a vector, tells apart: a size, "" where it is not given, None for other types.
    """

    kind: str
    dims: tuple[str | int, ...] | None = None
    properties: tuple[str, ...] = ()
    label: str | int | None = None


@dataclass(slots=True)
class Declaration:
    """`names: type`, or `name: type -> type` of a function (then `arguments` holds the left types)."""

    names: tuple[str, ...]
    type: TypeSpec
    arguments: tuple[TypeSpec, ...] | None = None
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Binding:
    name: str
    value: Tree
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Definition:
    """`f(z) = z^2 + 1`: what a call of the function means in the statements after it."""

    name: str
    parameters: tuple[str, ...]
    value: Tree
    start: int = -1
    end: int = -1


@dataclass(slots=True)
class Program:
    """Statements in their order and the final expression. latex: the text is LaTeX. definitions: by name, in their order.

    typeset: makes the same for printers that typeset, who say what text leaves to the types: ones beside a matrix, functions entry by entry.
    """

    text: str
    statements: list[Declaration | Binding] = field(default_factory=list)
    body: Tree | None = None
    typeset: Callable[[], Program] | None = field(default=None, repr=False, compare=False)
    latex: bool = False
    definitions: dict[str, Definition] = field(default_factory=dict)


def mentions(tree: Tree, names: Collection[str]) -> bool:
    """Does one of these names stand in a tree?"""
    stack = [tree]
    while stack:
        tree = stack.pop()
        if tree.kind == "name" and tree.value in names:
            return True
        stack += tree.kids
    return False
