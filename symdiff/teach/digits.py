"""Numbers that doubles lose on the way, in many digits: softmax([0, 1000]) is 0 in doubles where log(p) needs it.

In: expressions with their values in doubles. Out: the values, with the entries that were no numbers put right where the same expression, computed
with exponents without bounds, has a value. What has none there either (0/0, log(0)) stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdiff.checking.components import Components, Undecided, Work
from symdiff.errors import SymdiffError
from symdiff.expr.node import OPAQUE, VAR, Expr
from symdiff.expr.walk import topological

# Digits: 1 - sigma(1000) has 434 zeros. Scalar operations, and nodes of the expressions.
DIGITS, MAX_WORK, MAX_NODES = (60, 600), 200_000, 2_000

# A double that is this near, relative to the value in many digits, stays as it is.
KEPT = 1e-9


def mended(parts: Mapping[Any, tuple[Expr, Any]], values: Mapping[str, Any], every: bool = False) -> dict[Any, Any]:
    """By key, of those of parts (an expression and its value) that are no numbers, the values in many digits.

    every: of all of them, where doubles have lost digits: 1 - sigma(40) is 0 in doubles.
    """
    import numpy as np

    doubles = {key: (e, np.asarray(v, dtype=float)) for key, (e, v) in parts.items()}
    lost = {key: (e, v) for key, (e, v) in doubles.items() if every or not np.all(np.isfinite(v))}
    roots = [e for e, _ in lost.values()]
    order = topological(roots)
    if not lost or len(order) > MAX_NODES or any(x.op == OPAQUE for x in order):
        return {}
    sizes = {name: int(v) for name, v in values.items() if isinstance(v, int)}
    for x in order:
        if x.op == VAR and x.name in values:
            sizes |= {d: n for d, n in zip(x.shape, np.shape(values[x.name]), strict=True) if isinstance(d, str)}
    from symdiff.checking.fields import Numeric

    found: dict[Any, Any] = {}
    for digits in DIGITS:
        numeric = Numeric(digits)
        leaves = {name: [numeric.ctx.mpf(v) for v in np.asarray(v, dtype=float).reshape(-1).tolist()] for name, v in values.items()}
        known = Components(numeric, sizes, lambda x, leaves=leaves: leaves[x.name], work=Work(MAX_WORK))  # type: ignore[misc]
        for key, (e, value) in lost.items():
            now = found.get(key, value)
            if not every and not np.any(np.isnan(now)):
                continue
            try:
                exact = np.asarray([_float(v) for v in known(e)], dtype=float)
            except (SymdiffError, Undecided, ArithmeticError, ValueError, KeyError, TypeError):
                continue
            if exact.size == now.size:
                exact = exact.reshape(now.shape)
                with np.errstate(invalid="ignore"):
                    keep = np.isfinite(now) & (~np.isfinite(exact) | (abs(exact - now) <= KEPT * abs(exact))) if every else ~np.isnan(now)
                found[key] = np.where(keep, now, exact)
    return found


def _float(v: Any) -> float:
    try:
        return float(v)
    except OverflowError:
        return float("inf") if v > 0 else float("-inf")
