"""Products with a selector as views: x[2:4] is a slice, and a part among zeros is padded; no matrix of ones and zeros is made.

In and out: expressions of the same values. A selector whose one side meets a single factor takes from it, or puts it at its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import CALL, DELTA, PROD, UNIT, Dim, Expr, make
from symdiff.expr.walk import substitute, topological

Factor = tuple[Expr, Labels]


def windows(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with slices and padding in the place of products with selectors."""
    if not any(n.op == CALL and n.data == "eq" and len(n.shape) == 2 and build.selected(n) is not None for n in topological(exprs)):
        return list(exprs)

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = make(node.op, args, node.data, node.shape)
        return taken(made) if node.op == PROD and len(args) > 1 else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def taken(node: Expr) -> Expr:
    """A product without the selectors that meet one factor only."""
    labels, out = node.data
    factors: list[Factor] = list(zip(node.args, labels, strict=True))
    sizes = dict(zip(out, node.shape, strict=True))
    k = 0
    while k < len(factors):
        made = _without(factors, k, out)
        if made is None:
            k += 1
        else:
            factors, k = made, 0
    if len(factors) == len(node.args):
        return node
    if len(factors) == 1 and factors[0][1] == out:
        return factors[0][0]
    return build.contract([f for f, _ in factors], [ls for _, ls in factors], out, sizes)


def _without(factors: list[Factor], k: int, out: Labels) -> list[Factor] | None:
    selector, own = factors[k]
    found = build.selected(selector) if len(own) == 2 and own[0] != own[1] else None
    if found is None:
        return None
    size, whole, before, turned = found
    part, full = own[::-1] if turned else own
    for gone, kept, name in ((full, part, "_window"), (part, full, "_padded")):
        others = [j for j, (f, ls) in enumerate(factors) if j != k and gone in ls]
        if gone in out or len(others) != 1:
            continue
        g, ls = factors[others[0]]
        if ls.count(gone) != 1 or len(ls) > 2 or kept in ls or g.op in (DELTA, UNIT) or build.selected(g) is not None:
            continue
        axis = ls.index(gone)
        new = _made(name, g, axis, size, whole, before)
        rest = [item for j, item in enumerate(factors) if j not in (k, others[0])]
        return [*rest[: others[0] - (k < others[0])], (new, tuple([kept if label == gone else label for label in ls])), *rest[others[0] - (k < others[0]) :]]
    return None


def _made(name: str, g: Expr, axis: int, size: Dim, whole: Dim, before: Dim) -> Expr:
    last = size if name == "_window" else build.dim_sum([(whole, 1), (size, -1), (before, -1)])
    shape = (*g.shape[:axis], size if name == "_window" else whole, *g.shape[axis + 1 :])
    place = "" if len(g.shape) == 1 else str(axis)
    return make(CALL, (g, build.dim(before), build.dim(last)), name + place, shape)
