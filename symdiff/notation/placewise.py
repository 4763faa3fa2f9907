"""Answers with three axes, simplified and written at one place of all but two of them: per head, per class, per example.

In: a written answer, the formula, and a writer. Out: the same value, made of what matrix notation says at a place, with the axes in front again; None where the
axes are met in another way than place by place.
"""

from __future__ import annotations

from symdiff.expr import build
from symdiff.expr.node import NAME, PROD, SUM, Dim, Expr, Number
from symdiff.expr.walk import topological
from symdiff.notation.slices import MOST_PLACES, Slices, deep_nodes, laid
from symdiff.notation.writer import Writer
from symdiff.simplify import Improver, Normalizer

MOST_NODES = 400  # of longer answers nobody reads the text


def place_by_place(x: Expr, f: Expr) -> Expr | None:
    """A written answer, written anew at one place of its axes but two, or of the one axis that it sums over; None if that cannot be."""
    order = topological([x], into_names=False)
    if len(order) > MOST_NODES or all(len(n.shape) < 3 for n in order) or len(x.shape) > MOST_PLACES + 2:
        return None
    home = Normalizer()
    (form,) = home.run([x])
    slices = Slices(written=False)
    large = len(x.shape) > 2
    inner, sizes, rest = (None, [], None) if large else _added_up(form, slices)
    summed = inner is not None
    if inner is None and x.shape:
        inner, sizes, rest = _at_places(form, slices)
    if inner is None or any(len(n.shape) > 2 for n in topological([inner], into_names=False)):
        return None
    at_place = slices.over(f, deep_nodes(topological([f], into_names=False)))
    made = _written(inner, at_place[0] if at_place is not None else f)
    for stand_in, (of, places) in slices.leaves.items():
        if of.args and of.op != NAME:  # softmax(z)[i], the number of an index
            slices.leaves[stand_in] = _written(of, f), places
    for k in range(len(sizes) - 1, -1, -1):
        back = laid(made, slices, k, sizes[k])
        if back is None:
            return None
        made = back
    if any(n in slices.leaves for n in topological([made])):  # one stands where nothing tells its letter
        return None
    if summed:
        own = tuple(range(len(made.shape)))
        made = build.contract([made], [own], own[len(sizes) :])
        made = made if rest is None else build.add(made, _written(rest, f))
    return made if made.shape == x.shape else None


def _written(form: Expr, f: Expr) -> Expr:
    home = Normalizer()
    return Writer(Normalizer(), f).write(Improver(home).run(home.run([form])))[0]


def _at_places(form: Expr, slices: Slices) -> tuple[Expr | None, list[Dim], Expr | None]:
    inner: Expr | None = form
    sizes = list(form.shape[: max(1, len(form.shape) - 2)])
    for k in range(len(sizes)):
        inner = slices.at(inner, 0, k) if inner is not None else None
    return inner, sizes, None


def _added_up(form: Expr, slices: Slices) -> tuple[Expr | None, list[Dim], Expr | None]:
    """The terms under one sum over the axis that they sum over, and the others."""
    found, left, sizes = [], [], set[tuple[Dim, ...]]()
    deep = deep_nodes(topological([form], into_names=False))
    for c, t in _terms(form):
        over = slices.over(t, deep)
        if over is None:
            left.append((c, t))
            continue
        inner, own = over
        sizes.add(tuple(own))
        found.append((c, inner))
    if len(sizes) != 1 or any(len(n.shape) > 2 for n in topological([t for _, t in left], into_names=False)):
        return None, [], None
    rest = build.linear([c for c, _ in left], [t for _, t in left]) if left else None
    return build.linear([c for c, _ in found], [t for _, t in found]), list(*sizes), rest


def _terms(form: Expr) -> list[tuple[Number, Expr]]:
    """The terms of a sum, also of one that numbers are multiplied by."""
    if form.op == SUM:
        return [(c * d, u) for c, t in zip(form.data, form.args, strict=True) for d, u in (_terms(t) if t.op == PROD else [(1, t)])]
    if form.op == PROD:
        sums = [a for a, ls in zip(form.args, form.data[0], strict=True) if a.op == SUM and ls == form.data[1]]
        numbers = [a for a, ls in zip(form.args, form.data[0], strict=True) if not ls]
        if len(sums) == 1 and len(numbers) == len(form.args) - 1:
            return [(c, _times(numbers, t)) for c, t in zip(sums[0].data, sums[0].args, strict=True)]
    return [(1, form)]


def _times(numbers: list[Expr], t: Expr) -> Expr:
    """Numbers among the factors of a term."""
    if t.op == PROD:
        factors, labels, out = [*numbers, *t.args], [*[()] * len(numbers), *t.data[0]], t.data[1]
    else:
        out = tuple(range(len(t.shape)))
        factors, labels = [*numbers, t], [*[()] * len(numbers), out]
    return build.contract(factors, labels, out, dict(zip(out, t.shape, strict=True)))
