"""The sides of kinks: which are proven empty, and what they are called.

In: the key of a comparison (a node of formula or answer) and a side of it. `empty` asks the bounds of the two sides (`intervals`); `named` writes
a side as a condition, by a writer of its own, since this room knows nothing of the notation.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, isfinite

from symdiff.checking.adjugates import ADJUGATE
from symdiff.checking.constants import LARGEST_DOUBLE, decimal
from symdiff.checking.directions import LENGTH
from symdiff.checking.intervals import Bounds
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, DIM, NAME, NUM, OPAQUE, POW, PROD, SUM, UNIT, VAR, Expr
from symdiff.expr.patterns import has_one_factor, is_call_of, is_letter
from symdiff.expr.walk import topological
from symdiff.table import TABLE
from symdiff.table.groups import ROUNDED

RELATIONS = ("lt", "le", "gt", "ge", "eq", "ne")
BETWEEN = ("clip", "hardtanh")
OF_SINGULAR_VALUES = frozenset(("normnuc",))  # which are never negative
DEEPEST = 8  # levels of a node that are written; below stands an ellipsis


def empty(bounds: Bounds, key: tuple[Expr | None, int], side: int) -> bool:
    """Whether it is proven that no point can be on this side of the comparison."""
    pair = compared(key)
    node = key[0]
    if pair is None and node is not None and is_call_of(node, ROUNDED):
        low, high = (v - Fraction(1, 2) * (node.data == "round") for v in bounds(node.args[0]))
        return isfinite(low) and not floor(low) + 1 < high  # no jump lies between
    if pair is None:
        return side < 0 and node is not None and is_call_of(node, OF_SINGULAR_VALUES)
    return bounds.ordered(*(pair if side < 0 else pair[::-1]))


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
    a, b = (x.args[0] if has_one_factor(x) else x for x in (low, high))
    return a.op == b.op == NUM and bool(a.data < b.data)


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
    if is_letter(node):
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
    if is_call_of(node, RELATIONS):
        return f"[{inner[0]} {TABLE[node.data].relation} {inner[1]}]"
    if node.op == CALL and node.data == LENGTH:
        return inner[0]
    if node.op == CALL:
        return f"{'adjugate' if node.data == ADJUGATE else TABLE[node.data].spelled or node.data}({', '.join(inner)})"
    if node.op == OPAQUE:
        return f"{node.data[0]}({', '.join(inner)})"
    return f"({', '.join(inner)})" if inner else "…"


def _number(value: int | Fraction) -> str:
    return decimal(value) if not -LARGEST_DOUBLE <= value <= LARGEST_DOUBLE else f"{float(value):.6g}"
