"""The sides of kinks: which are proven empty, and what they are called.

In: the key of a comparison (a node of formula or answer) and a side of it. `Bounds` knows between which numbers the entries of a node lie,
by intervals; `named` writes a side as a condition, by a writer of its own, since this room knows nothing of the notation.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor, inf, isfinite, isnan

from symdiff.checking.adjugates import ADJUGATE
from symdiff.checking.directions import LENGTH
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, SUM, UNIT, VAR, Expr
from symdiff.expr.walk import topological
from symdiff.table import TABLE

Interval = tuple[float, float]
RELATIONS = ("lt", "le", "gt", "ge", "eq", "ne")
BETWEEN = ("clip", "hardtanh")
DEEPEST = 8  # levels of a node that are written; below stands an ellipsis


class Bounds:
    """The least and the greatest value that the entries of nodes may have; (-inf, inf) where nothing is known."""

    def __init__(self) -> None:
        self.known: dict[Expr, Interval] = {}

    def __call__(self, root: Expr) -> Interval:
        for node in topological([root], self.known):
            if node not in self.known:
                low, high = self._of(node)
                self.known[node] = (-inf if isnan(low) else low), (inf if isnan(high) else high)
        return self.known[root]

    def _of(self, node: Expr) -> Interval:
        op, args = node.op, [self.known[a] for a in node.args]
        if op == NUM:
            return float(node.data), float(node.data)
        if op == CONST:
            return 3.0, 4.0
        if op == DIM:
            return 1.0, inf
        if op in (DELTA, UNIT):
            return 0.0, 1.0
        if op == NAME:
            return args[0]
        if op == VAR:
            words = set(node.data[1])
            return (0.0, 1.0) if words & {"onehot", "simplex"} else (0.0, inf) if words & {"positive", "nonnegative"} else (-inf, inf)
        if op == SUM:
            parts = [_times(i, (float(c), float(c))) for c, i in zip(node.data, args, strict=True)]
            return sum(low for low, _ in parts), sum(high for _, high in parts)
        if op == PROD:
            return self._product(node, args)
        if op == POW:
            k = node.args[1]
            if k.op == NUM and node.args[0].op == NUM and node.args[0].data > 0 and abs(k.data) < 100:
                value = float(node.args[0].data) ** float(k.data)
                return value, value
            even = k.op == NUM and isinstance(k.data, int) and k.data % 2 == 0
            if even or args[0][0] >= 0 or (k.op == NUM and isinstance(k.data, Fraction) and k.data.denominator % 2 == 0):
                return 0.0, inf
        if op == CALL:
            return self._call(node, args)
        return -inf, inf

    def _product(self, node: Expr, args: list[Interval]) -> Interval:
        labels, out = node.data
        found = 1.0, 1.0
        left = list(range(len(args)))
        while left:
            k = left.pop()
            twin = next((j for j in left if node.args[j] is node.args[k] and labels[j] == labels[k]), None)
            part = args[k]
            if twin is not None:
                left.remove(twin)
                part = 0.0, max(part[0] ** 2, part[1] ** 2)
            found = _times(found, part)
        if set().union(*labels) - set(out):
            return (0.0 if found[0] >= 0 else -inf), (0.0 if found[1] <= 0 else inf)
        return found

    def _call(self, node: Expr, args: list[Interval]) -> Interval:
        if node.data == LENGTH:
            return 0.0, inf
        if node.data not in TABLE:  # an adjugate
            return -inf, inf
        row = TABLE[node.data]
        if node.data == "max":
            return max(args[0][0], args[1][0]), max(args[0][1], args[1][1])
        if node.data == "min":
            return min(args[0][0], args[1][0]), min(args[0][1], args[1][1])
        if node.data in ("max_entries", "min_entries", "rowmax", "mean"):
            return args[0]
        if node.data == "abs":
            low, high = args[0]
            return (low if low > 0 else -high if high < 0 else 0.0), max(abs(low), abs(high))
        if node.data == "relu":
            return max(args[0][0], 0.0), max(args[0][1], 0.0)
        if node.data in ("exp", "sqrt"):
            return 0.0, inf
        low, high = -inf, inf
        match = re.fullmatch(r"(?:(-?[\d.]+) <=? )?y(?: (<=?|>=?) (-?[\d.]+))?", row.range)
        if match:
            low = float(match[1]) if match[1] else low
            if match[2]:
                low, high = (low, float(match[3])) if match[2][0] == "<" else (float(match[3]), high)
        return low, high

    def empty(self, key: tuple[Expr | None, int], side: int) -> bool:
        """Whether no point can be on this side of the comparison."""
        pair = compared(key)
        node = key[0]
        if pair is None and node is not None and node.op == CALL and node.data in ("floor", "ceil", "round"):
            low, high = (v - 0.5 * (node.data == "round") for v in self(node.args[0]))
            return isfinite(low) and not floor(low) + 1 < high  # no jump lies between
        if pair is None:
            return False
        a, b = self(pair[0]), self(pair[1])
        low, high = a[0] - b[1], a[1] - b[0]
        return low >= 0 if side < 0 else high <= 0


def compared(key: tuple[Expr | None, int]) -> tuple[Expr, Expr] | None:
    """What the comparison is between: the side is 1 where the first is larger. None if these are no nodes."""
    node, ordinal = key
    if node is None or node.op != CALL:
        return None
    if node.data in ("lt", "le", "eq", "ne"):
        return node.args[0], node.args[1]
    if node.data in ("gt", "ge", "max"):
        return node.args[1], node.args[0]
    if node.data == "min":
        return node.args[0], node.args[1]
    if node.data in BETWEEN:  # min(max(x, low), high), in this order or in the other
        x, low, high = (
            node.args if len(node.args) == 3 else (*node.args, *[build.spread(n, node.shape) for n in (build.MINUS_ONE, build.ONE)])
        )
        first = node.data == "clip"
        if ordinal > 1:
            return None
        if ordinal == 0:
            return (low, x) if first else (x, high)
        return (x if _below(low, high) else build.call("max", x, low), high) if first else (low, x)
    zero = build.spread(build.ZERO, node.args[0].shape)
    if node.data == "huber" and ordinal < 2:  # by its definition if(abs(r) <= d, …)
        return (build.call("abs", node.args[0]), node.args[1]) if ordinal else (node.args[0], zero)
    if node.data in ("abs", "sign", "softsign") and ordinal == 0:
        return node.args[0], zero
    if node.data in ("relu", "step", "leaky_relu", "elu", "selu") and ordinal == 0:
        return zero, node.args[0]  # by their definitions max(x, 0), if(x > 0, …)
    return None


def _below(low: Expr, high: Expr) -> bool:
    """Whether these are numbers, and the first the smaller one."""
    a, b = (x.args[0] if x.op == PROD and len(x.args) == 1 else x for x in (low, high))
    return a.op == b.op == NUM and bool(a.data < b.data)


def _times(a: Interval, b: Interval) -> Interval:
    ends = [x * y if x and y else 0.0 for x in a for y in b]
    return min(ends), max(ends)


# ---------------------------------------------------------------------------------------------- words


def named(key: tuple[Expr | None, int], side: int) -> str:
    """The side as a condition: `income > 9000`; of what has no two operands "one side of floor(x)"."""
    pair = compared(key)
    if pair is not None:
        sign = ">" if side > 0 else "<"
        a, b = pair
        if a.op in (NUM, DIM) or (a.op == PROD and not a.shape and not any(n.op == VAR for n in topological([a]))):
            a, b, sign = b, a, "<" if sign == ">" else ">"
        return f"{written(a)} {sign} {written(b)}"
    return f"one side of {written(key[0])}" if key[0] is not None else "one side of a kink"


def written(node: Expr, depth: int = DEEPEST) -> str:
    """A node as text for a message, complete down to `depth` levels."""
    if node.op == NUM:
        return _number(node.data)
    if node.op in (VAR, NAME):
        return str(node.data[0])
    if node.op == DIM:
        return str(node.data) if isinstance(node.data, str) else "*".join(map(str, node.data))
    if node.op == CONST:
        return "pi"
    if depth == 0:
        return "…"
    inner = [written(a, depth - 1) for a in node.args]
    if node.op == SUM:
        text = ""
        for c, a, t in zip(node.data, node.args, inner, strict=True):
            t = f"({t})" if a.op == SUM else t
            size = t if abs(c) == 1 else f"{_number(abs(c))}*{t}"
            text += (f" - {size}" if c < 0 else f" + {size}") if text else (f"-{size}" if c < 0 else size)
        return text
    if node.op == PROD:
        units = [a for a in node.args if a.op == UNIT]
        if units and len(units) < len(inner):
            rest = [t for a, t in zip(node.args, inner, strict=True) if a.op != UNIT]
            return f"{'*'.join(rest)}[{','.join(str(a.data) for a in units)}]"
        if len(inner) == 1:
            return f"sum({inner[0]})" if node.args[0].shape and not node.shape else inner[0]
        return "*".join(f"({t})" if a.op == SUM else t for a, t in zip(node.args, inner, strict=True))
    if node.op == POW:
        base = f"({inner[0]})" if node.args[0].op not in (VAR, NAME, NUM, CALL) else inner[0]
        return (
            f"{base}^{inner[1]}"
            if node.args[1].op == NUM and node.args[1].data >= 0 and isinstance(node.args[1].data, int)
            else f"{base}^({inner[1]})"
        )
    if node.op == CALL and node.data in RELATIONS:
        return f"[{inner[0]} {TABLE[node.data].relation} {inner[1]}]"
    if node.op == CALL and node.data == LENGTH:
        return inner[0]
    if node.op == CALL:
        return f"{'adjugate' if node.data == ADJUGATE else TABLE[node.data].spelled or node.data}({', '.join(inner)})"
    if node.op == OPAQUE:
        return f"{node.data[0]}({', '.join(inner)})"
    return f"({', '.join(inner)})" if inner else "…"


def _number(value: int | Fraction) -> str:
    return f"{float(value):.6g}" if isfinite(float(value)) else str(value)
