"""What a node of the graph is to a lecture: the rule of its box, whether it is drawn, where its entries come from."""

from __future__ import annotations

from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, VAR, Expr
from symdiff.expr.patterns import (
    has_two_factors,
    is_call,
    is_divisor,
    is_elementwise,
    is_reciprocal,
)
from symdiff.expr.places import bracket_of
from symdiff.expr.walk import topological
from symdiff.notation.factors import hot
from symdiff.notation.forms import form_of, looked_up
from symdiff.notation.pieces import placed_part, selector_among

# Names that no formula can have: the places of the arguments, the output, the adjoint that comes down.
SLOT, OUTPUT, ADJOINT, APART = "\ue000", "\ue001", "\ue002", "\ue003"


def blocks(n: Expr) -> bool:
    """Whether a sum puts parts together among zeros: concat, hcat, vcat."""
    while n.op == SUM and all(c == 1 for c in n.data) and all(placed_by(t) is not None for t in n.args[1:]):
        if placed_by(n.args[0]) is not None:
            return len(n.shape) in (1, 2)
        n = n.args[0]
    return False


def placed_by(t: Expr) -> int | None:
    """Which operand of a product is a part that it puts among zeros."""
    if not has_two_factors(t):
        return None
    if form_of(t) in ("matvec", "matmul") and (cut := selector_among(t.args)) is not None:
        *_, turned = cut[1]
        along = form_of(t) == "matmul" and cut[0] == 1
        return None if turned == along else 1 - cut[0]
    if t.data == (((), (0,)), (0,)) and build.place_of(t.args[1]) is not None:
        return 0
    place = placed_part(t)
    return None if place is None else int(place[0] == 0)


def carried_by(p: Expr) -> int:
    """The operand of a folded operation that its user has as an argument."""
    if p.op != PROD:
        return next(k for k, a in enumerate(p.args) if not is_constant_part(a)) if p.op == CALL else 0
    return next(k for k, a in enumerate(p.args) if bracket_of(a) is None) if len(p.args) > 1 and is_laid_out(p) else (placed_by(p) or 0)


def is_constant_part(e: Expr) -> bool:
    """Whether nothing of the formula stands in e."""
    return all(n.op not in (VAR, NAME, OPAQUE) and not str(n.name or "").startswith(SLOT) for n in topological([e]))


def is_laid_out(n: Expr) -> bool:
    """Whether a product only says at which places entries stand: `x[j]` for every i and j, `x[i + 1]`."""
    values = [(a, ls) for a, ls in zip(n.args, n.data[0], strict=True) if bracket_of(a) is None]
    if len(values) != 1 or form_of(n) or not n.shape or not values[0][0].shape:
        return False
    ((_, labels),) = values
    return len(set(labels)) == len(labels)


def joins_parts(n: Expr) -> bool:
    """Whether an operation may be one with others of its kind: a sum of two terms, a product of numbers without a quotient."""
    if n.op == SUM:
        return len(n.args) == 2
    return not n.shape and all(not a.shape and not (is_divisor(a)) for a in n.args)


def is_entry_by_entry(u: Expr) -> bool:
    if u.op == PROD:
        labels, out = u.data
        return all(ls in (out, ()) for ls in labels)
    return u.op in (SUM, POW) or is_elementwise(u)


def rule_of(n: Expr) -> str:
    """The operation or row of a node, as the cheat sheet names it."""
    op = n.op
    if op == CALL:
        return "onehot" if hot(n) is not None else str(n.data)
    if op == PROD:
        form = form_of(n)
        if looked_up(n, form) is not None:
            return "entry"
        if form in ("scale", "elementwise"):
            quotient = len(n.args) == 2 and is_reciprocal(n.args[1])
            return "quotient" if quotient else "product"
        return {"": "contraction", "matrix_total": "total"}.get(form, form)
    if op == SUM:
        if len(n.args) == 1:
            return "negative"
        if blocks(n):
            return "concat"
        return "difference" if n.data[1] == -1 and n.args[0].op != SUM else "sum"
    if op == POW:
        exponent = n.args[1]
        if exponent is build.TWO and is_call(n.args[0], "norm2"):
            return "squared_norm"
        if exponent is build.TWO and is_call(n.args[0], "sqrt"):
            return "squared_root"
        if exponent.op == NUM:
            return {2: "square", -1: "reciprocal"}.get(exponent.data, "power")
        return "power"
    return {VAR: "variable", NAME: "binding", OPAQUE: "function", RESHAPE: "reshape"}.get(op, "constant")
