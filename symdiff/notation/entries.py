"""Products in index notation in the one form in which they are read: flat, labels numbered as they appear.

In: written answers. Out: the same answers; a product without a form of matrix notation takes in the factors of a product
that stands first in it, or behind scalars only, so that `2*(x[i]*y[j])` is `2*x[i]*y[j]`. Sums stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import PROD, Expr, make
from symdiff.expr.walk import substitute
from symdiff.notation.unparse import form_of, is_entangled


def flattened(answers: Sequence[Expr]) -> list[Expr]:
    """The answers with their products in index notation flat."""
    found: set[Expr] = set()
    loose: set[Expr] = set()  # flat products in which nothing is summed

    def rebuild(e: Expr, args: tuple[Expr, ...]) -> Expr:
        e = e if args == e.args else make(e.op, args, e.data, e.shape)
        if is_entangled(e, found):
            found.add(e)
        elif e.op != PROD or e.shape or form_of(e):
            return e
        if e.op != PROD or not any(e.data[0]):
            return e
        factors: list[Expr] = []
        labels: list[Labels] = []
        for f, ls in zip(e.args, e.data[0], strict=True):
            if f in loose and not any(labels):
                name = dict(zip(f.data[1], ls, strict=True))
                factors += f.args
                labels += [tuple([name[k] for k in inner]) for inner in f.data[0]]
            else:
                factors.append(f)
                labels.append(ls)
        number: dict[int, int] = {}
        labels = [tuple([number.setdefault(k, len(number)) for k in ls]) for ls in labels]
        summed = len(number) > sum([k in number for k in e.data[1]])
        out = tuple([number.setdefault(k, len(number)) for k in e.data[1]])
        e = build.contract(factors, labels, out, dict(zip(out, e.shape, strict=True)))
        if e.shape:
            found.add(e)
        if not summed and len(number) == len({k for ls in labels for k in ls}):
            loose.add(e)
        return e

    new = substitute(answers, rebuild)
    return [new[x] for x in answers]
