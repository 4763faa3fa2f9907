"""Expressions that differ in their letters only: the same work is done once for all of them.

A large graph has few kinds of nodes: the n partial derivatives of Rosenbrock's function are one formula in other letters.
In: a normal form. Out: its pattern, with the letters in the order met. What never changes: equal patterns are equal expressions
once the letters of one are put in place of the other's, shapes and properties of the letters included, so what holds of one, as
a function of its letters, holds of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.expr.node import NAME, VAR, Expr

FROM = 1_000  # nodes: from here on a graph is likely to have many like expressions
MAX_TOKENS = 60  # longer patterns seldom come twice, and reading them would cost more than it saves
MIN_TOKENS = 8  # simplifying less than this takes no longer than reading it


def worthwhile(order: Sequence[Expr]) -> set[Expr]:
    """Which of these nodes, arguments first, are looked up: those that as trees have MIN_TOKENS to MAX_TOKENS nodes."""
    sizes: dict[Expr, int] = {}  # of those with at most MAX_TOKENS
    found: set[Expr] = set()
    for node in order:
        size = 1
        if node.op != NAME:
            for a in node.args:
                size += sizes.get(a, MAX_TOKENS)
        if size <= MAX_TOKENS:
            sizes[node] = size
            if size >= MIN_TOKENS:
                found.add(node)
    return found


def pattern(x: Expr) -> tuple[tuple[Any, ...], list[Expr]] | None:
    """The expression with its letters numbered, and the letters; None where it is long, or a bound name hides a part of it."""
    tokens: list[Any] = []
    letters: dict[Expr, int] = {}
    stack = [x]
    while stack:
        node = stack.pop()
        op = node.op
        if op == VAR:
            known = letters.get(node)
            if known is None:
                letters[node] = len(letters)
                tokens.append((node.shape, node.data[1]))
            else:
                tokens.append(~known)  # below 0, where no operation is
        elif op == NAME or len(tokens) > MAX_TOKENS:
            return None
        else:
            tokens += (op, node.data, node.shape) if node.shape else (op, node.data)
            stack += node.args
    return tuple(tokens), list(letters)
