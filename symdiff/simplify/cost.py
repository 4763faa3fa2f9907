"""Readability as a number: about how many symbols the written form of a normal form shows.

In: a normal form. Out: a count, brackets and commas left out. It guides the choice between equal forms; the exact
count of a written form is `Writer.price`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, POW, PROD, SUM, UNIT, Expr, Number, make
from symdiff.expr.patterns import is_divisor
from symdiff.expr.walk import topological
from symdiff.simplify.shapes import is_ones
from symdiff.table.operators import FORWARD

# A function value that repeats gets a name, so its length counts only up to here.
NAMED = 3


class Costs:
    """Costs with a memo, shared by one simplification."""

    def __init__(self) -> None:
        self.memo: dict[Expr, int] = {}

    def __call__(self, x: Expr) -> int:
        known = self.memo.get(x)
        if known is not None:
            return known
        memo = self.memo
        for node in [x] if all(a in memo for a in x.args) else topological([x], memo, into_names=False):
            if node not in memo:
                memo[node] = 1 if node.op == NAME else self.of(node)
        return memo[x]

    def of(self, x: Expr) -> int:
        memo, op = self.memo, x.op
        if op == NUM:
            return 1 + int(x.data < 0)
        if op == UNIT:
            return 3
        if op == SUM:
            total = len(x.args) - 1 + (all(c < 0 for c in x.data) and not (len(x.args) == 1 and turns(x.args[0])))
            if len(x.shape) == 2 and any(t.op in (CALL, PROD) and build.selected(t) is not None for t in x.args):
                total += 200  # what takes entries, or puts them at their places, is written where it does that, not added up
            size = abs(x.data[0])
            if size != 1 and len(x.data) > 1 and all(c in (size, -size) for c in x.data):  # written once, in front
                return int(total) + 2 + sum([self.term(1, t) for t in x.args])
            for c, t in zip(x.data, x.args, strict=True):
                total += self.term(abs(c), t)
            return int(total)
        if op == POW:
            base, exponent = x.args
            if exponent.op == NUM and exponent.data == -1:
                return memo[base] + 2
            extra = 1 if exponent.op == NUM and exponent.data.__class__ is not int else 0
            if norm_like(base) and exponent.op == NUM:
                k: Number = 2 * exponent.data
                return self.norm(base) + (0 if abs(k) == 1 else 2) + 2 * int(k < 0)
            if extra and abs(exponent.data) * 2 == 1:
                return memo[base] + 1 + 2 * int(exponent.data < 0)
            return memo[base] + 1 + memo[exponent] + extra
        if op == CALL:
            return min(1 + sum([memo[a] for a in x.args]) + (2 if x.data in FORWARD else 0), NAMED)
        if op == PROD:
            return self.product(x)
        return 1 + sum([memo[a] for a in x.args])

    def norm(self, base: Expr) -> int:
        parts = squares(base) or []
        return sum([self(f) for f, _ in parts]) + len(parts)

    def term(self, c: object, t: Expr) -> int:
        """A term of a sum, its coefficient's size included, its sign left out."""
        if is_ones(t):
            return 1
        return self.memo[t] + (0 if c == 1 else 2)

    def product(self, x: Expr) -> int:
        memo = self.memo
        labels = x.data[0]
        if not x.args:
            return 1
        above = below = total = 0
        for a in x.args:
            if is_divisor(a):
                below += 1
                total += memo[a] - (2 if a.args[1].data == -1 or norm_like(a.args[0]) else 1)
            else:
                above += 1
                total += memo[a]
        total += above + below - 1 + (2 if not above else 0)
        if not any(labels):
            return total
        return total + self.turns(x)

    def turns(self, x: Expr) -> int:
        """Transposes, sums and diags that the written form of a tensor product needs."""
        labels, out = x.data
        meets: dict[int, list[tuple[int, int]]] = {}
        for n, ls in enumerate(labels):
            for axis, i in enumerate(ls):
                meets.setdefault(i, []).append((n, axis))
        shapes = sorted(len(ls) for ls in labels)
        extra = -2 if shapes == [1, 2] and len(out) == 2 and any(a.op == DELTA for a in x.args) else 0  # diag(x)
        place = {i: k for k, i in enumerate(out)}
        matrix = [len(ls) == 2 and a.op != DELTA for a, ls in zip(x.args, labels, strict=True)]
        turned: dict[int, bool] = {}
        joined: dict[int, list[tuple[int, bool]]] = {}
        for i, who in meets.items():
            matrices = [(n, axis) for n, axis in who if matrix[n]]
            vectors = sum(len(labels[n]) == 1 for n, _ in who)
            if i in place:
                for n, axis in matrices:
                    turned.setdefault(n, axis != (place[i] if len(out) == 2 else 0))
                if len(out) == 2 and vectors and matrices:
                    extra += 1
            elif len(who) == 1:
                extra += 1
            elif len(matrices) == 2:
                (n, a), (m, b) = matrices
                joined.setdefault(n, []).append((m, a == b))
                joined.setdefault(m, []).append((n, a == b))
                extra += vectors > 0
        waiting = list(turned) + [n for n, is_matrix in enumerate(matrix) if is_matrix and n not in turned]
        while waiting:
            n = waiting.pop(0)
            turned.setdefault(n, False)
            for m, flips in joined.pop(n, ()):
                if m not in turned:
                    turned[m] = turned[n] != flips
                    waiting.insert(0, m)
        extra += sum(turned.values())
        if len(out) == 2 and not linked(labels, *out):
            extra += 1  # an outer product: the second part is a row
        extra += sum(4 for i in out if i not in meets) if len(out) > 1 else 0
        size = Counter(len(ls) for ls in labels)
        extra += 8 * sum(count for order, count in size.items() if order > 2)
        if len(out) > 2:
            extra += 6 * len(out)
        return extra


def turns(x: Expr) -> bool:
    """Whether a minus in front goes away when a difference among the factors is written the other way round."""
    return x.op == PROD and any(a.op == SUM and min(a.data) < 0 < max(a.data) for a in x.args)


def linked(labels: Sequence[tuple[int, ...]], start: int, end: int) -> bool:
    """Whether a chain of factors leads from one label to another."""
    reached, grown = {start}, True
    while grown:
        grown = False
        for ls in labels:
            if not reached.isdisjoint(ls) and not reached.issuperset(ls):
                reached.update(ls)
                grown = True
    return end in reached


def norm_like(x: Expr) -> bool:
    """The sum of the squares of something."""
    return squares(x) is not None


def squares(x: Expr) -> list[tuple[Expr, tuple[int, ...]]] | None:
    """The factors of r, where a number in normal form is the sum of the squares of the entries of r: x, w of the sum of (x .* w).^2."""
    if x.op != PROD or x.shape or not x.args:
        return None
    labels = max(x.data[0], key=len)
    if not 1 <= len(labels) <= 2 or len(set(labels)) < len(labels):
        return None
    parts = []
    for f, ls in zip(x.args, x.data[0], strict=True):
        if f.op != POW or f.args[1].op != NUM or f.args[1].data not in (2, -2) or not ls or ls != labels:
            return None
        inner = f.args[0] if f.args[1].data == 2 else make(POW, (f.args[0], build.MINUS_ONE), None, f.shape)
        parts.append((inner, ls))
    return parts if any(f.op != POW or f.args[1].op != NUM or f.args[1].data > 0 for f, _ in parts) else None
