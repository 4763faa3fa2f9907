"""Values with merged axes in the words that people have for them: vec(A), kron(A, B), vec(A)*vec(B)'.

In: what a RESHAPE in normal form reads, and the merged shape. Out: the written value, None where it is none of these. The
factors of the product fall into groups that share labels; each group must stay on one side of the word's pattern.
`vectorised` is the question: a derivative as the matrix d vec(f)/d vec(X), columns stacked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, POW, PROD, RESHAPE, SUM, Expr, Number, Shape, make
from symdiff.expr.patterns import is_elementwise

if TYPE_CHECKING:
    from symdiff.notation.writer import Writer
    from symdiff.simplify.normal import Normalizer

MAX_PARTS = 200  # of a matrix that are looked at for a vector read as one


def vectorised(g: Expr, axes: int) -> Expr:
    """The derivative g of a value with so many axes as the matrix d vec(f)/d vec(X); as a vector where f or X is a scalar."""
    order = tuple(range(len(g.shape)))
    sides = [[k for k in side[::-1] if g.shape[k] != 1] for side in (order[:axes], order[axes:])]
    turned = build.contract((g,), (order,), tuple([k for side in sides for k in side]))  # a sum over one entry is the entry
    return build.reshape(turned, [build.dim_product([g.shape[k] for k in side]) for side in sides if side])


def unvectorised(matrix: Expr, value: Shape, variable: Shape) -> Expr:
    """The derivative, value axes first, that `vectorised` made this matrix of."""
    turned = build.reshape(matrix, value[::-1] + variable[::-1])
    k, order = len(value), tuple(range(len(value) + len(variable)))
    return build.contract((turned,), (order[:k][::-1] + order[k:][::-1],), order)


def written(home: Writer, inner: Expr, shape: Shape) -> Expr | None:
    """The words for `inner` (in normal form) reshaped to `shape`."""
    if len(shape) == 1 and len(inner.shape) == 2:
        applied = _applied(home, inner) or _pointwise(home, inner)
        return _vec(home, inner) if applied is None else applied
    runs = build.blocks(inner.shape, shape)
    if len(shape) != 2 or len(runs) != 2 or any(len(axes) > 2 or len(parts) != 1 for axes, parts in runs) or inner.op != PROD:
        return None
    rows, columns = (tuple(axes) for axes, _ in runs)
    if len(rows) == len(columns) == 2:
        sides = _sides(home, inner, rows, columns)
        if sides is not None:
            return build.vec_row(_vec(home, sides[0]), build.row(_vec(home, sides[1])))
        diagonal = _diagonal(home, inner)
        if diagonal is not None:
            return build.diag_matrix(_vec(home, diagonal))
    for first, second in _patterns(rows, columns):
        sides = _sides(home, inner, first, second)
        if sides is not None:
            return _kron(home, *sides, column=len(columns) == 1)
    return _commuted(home, inner) if len(rows) == len(columns) == 2 else None


def _commuted(home: Writer, inner: Expr) -> Expr | None:
    """commutation(m, n)*kron(A, B): the rows of kron(A, B) in the order of the transpose."""
    m, n = inner.shape[:2]
    turned = home.home.product([(inner, (0, 1, 2, 3))], (1, 0, 2, 3), {})
    if turned.op != PROD:
        return None
    matrix = build.commutation(m, n)
    if (
        turned.shape == (n, m, n, m)
        and all(f.op == DELTA for f in turned.args)
        and {frozenset(ls) for ls in turned.data[0]} == {frozenset(turned.data[1][k::2]) for k in (0, 1)}
    ):
        return matrix
    ((first, second),) = _patterns((0, 1), (2, 3))
    sides = _sides(home, turned, first, second)
    return None if sides is None else build.matmul(matrix, _kron(home, *sides, column=False))


def factors(home: Normalizer, x: Expr) -> list[tuple[Expr, tuple[int, ...]]]:
    """A RESHAPE as a product: the numbers in it, and the rest."""
    axes = tuple(range(len(x.shape)))
    inner = x.args[0]
    if inner.op != PROD or all(inner.data[0]):
        return [(x, axes)]
    labels, out = inner.data
    items = list(zip(inner.args, labels, strict=True))
    rest = home.product([(f, ls) for f, ls in items if ls], out, dict(zip(out, inner.shape, strict=True)))
    return [*[(f, ls) for f, ls in items if not ls], (home.reshape(rest, x.shape), axes)]


def joined(home: Writer, terms: Sequence[tuple[Number, Expr]]) -> list[tuple[Number, Expr]]:
    """Terms of a sum with vec(A) + 2*vec(B) as the one term vec(A + 2*B)."""
    found = [(c, t) for c, t in terms if t.op == RESHAPE and len(t.shape) == 1]
    if len(found) < 2 or len({t.args[0].shape for _, t in found}) > 1:
        return list(terms)
    inner = home.home.sum([(c, t.args[0]) for c, t in found], found[0][1].args[0].shape)
    return [pair for pair in terms if pair not in found] + [(1, make(RESHAPE, (inner,), None, found[0][1].shape))]


def _vec(home: Writer, x: Expr) -> Expr:
    """The entries of a matrix in normal form, row by row."""
    return build.vec(home.get(home.home.transposed(x)))


def _applied(home: Writer, x: Expr) -> Expr | None:
    """kron(A, B)*w, of which A*W*B' are the entries where W is w read as a matrix; None if no factor is a vector read so."""
    if x.op != PROD:
        return None
    labels, out = x.data
    sizes = {i: d for f, ls in zip(x.args, labels, strict=True) for i, d in zip(ls, f.shape, strict=True)}
    for n, (f, ls) in enumerate(zip(x.args, labels, strict=True)):
        if len(set(ls)) != 2 or len(ls) != 2 or not set(ls).isdisjoint(out) or not _unfolds(f):
            continue
        ends = (*out, *ls)
        rest = home.home.product(
            [item for k, item in enumerate(zip(x.args, labels, strict=True)) if k != n], ends, {i: sizes[i] for i in ends}
        )
        sides = _sides(home, rest, (0, 2), (1, 3)) if rest.op == PROD else None
        if sides is not None:
            ways = build.kron(*map(home.get, sides)), build.transpose(build.kron(*[home.get(home.home.transposed(side)) for side in sides]))
            matrix = min(ways, key=home.price)
            vector = home.get(home.home.reshape(f, (build.dim_product(f.shape),)))
            return build.matvec(matrix, vector)
    return None


def _pointwise(home: Writer, x: Expr) -> Expr | None:
    """f(w) for f(W), where W is a vector read as a matrix."""
    if not is_elementwise(x) or not _unfolds(x):
        return None
    args = [home.home.reshape(a, (build.dim_product(a.shape),)) if a.shape else a for a in x.args]
    return make(CALL, tuple([home.get(a) for a in args]), x.data, args[0].shape or args[-1].shape)


def _unfolds(x: Expr) -> bool:
    """Whether a matrix in normal form holds a vector that is read as a matrix: it is shorter as a vector again."""
    stack = [x]
    for _ in range(MAX_PARTS):
        if not stack:
            return False
        e = stack.pop()
        if e.op == RESHAPE:
            return len(e.args[0].shape) == 1 and len(e.shape) == 2
        if e.op in (SUM, PROD, POW) or is_elementwise(e):
            stack += [a for a in e.args if len(a.shape) == 2]
    return False


def _patterns(rows: tuple[int, ...], columns: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The axes that the first and the second factor of a Kronecker product may have."""
    if len(rows) == len(columns):
        return [((rows[0], columns[0]), (rows[1], columns[1]))] if len(rows) == 2 else []
    if len(rows) == 1:
        return [((columns[0],), (rows[0], columns[1])), ((rows[0], columns[0]), (columns[1],))]
    return [((rows[0],), (rows[1], columns[0])), ((rows[0], columns[0]), (rows[1],))]


def _kron(home: Writer, a: Expr, b: Expr, *, column: bool) -> Expr:
    """kron(a, b); a vector among them is a row, or with `column` a column: then the product of the transposes is transposed."""
    factors = [build.row(home.get(x)) if len(x.shape) == 1 else home.get(home.home.transposed(x) if column else x) for x in (a, b)]
    return build.transpose(build.kron(*factors)) if column else build.kron(*factors)


def _diagonal(home: Writer, x: Expr) -> Expr | None:
    """The E of E[i,j]*eye[i,k]*eye[j,l]."""
    labels, out = x.data
    i, j, k, m = out
    identities = {(i, k), (k, i)}, {(j, m), (m, j)}
    rest = []
    found = [False, False]
    for f, ls in zip(x.args, labels, strict=True):
        which = next((n for n, pairs in enumerate(identities) if f.op == DELTA and ls in pairs), None)
        if which is None:
            rest.append((f, ls))
        else:
            found[which] = True
    if not all(found) or any(label in (k, m) for _, ls in rest for label in ls):
        return None
    return home.home.product(rest, (i, j), {i: x.shape[0], j: x.shape[1]})


def _sides(home: Writer, x: Expr, *sides: tuple[int, ...]) -> tuple[Expr, Expr] | None:
    """A product as two factors with these axes each; None if a factor would have axes of both."""
    labels, out = x.data
    sizes = dict(zip(out, x.shape, strict=True))
    owner: dict[int, int] = {out[axis]: k for k, side in enumerate(sides) for axis in side}
    waiting = list(zip(x.args, labels, strict=True))
    groups: tuple[list[tuple[Expr, tuple[int, ...]]], ...] = ([], [])
    while waiting:
        left = []
        for f, ls in waiting:
            owners = {owner[i] for i in ls if i in owner}
            if len(owners) > 1:
                return None
            if not owners:
                left.append((f, ls))
                continue
            side = owners.pop()
            owner.update(dict.fromkeys(ls, side))
            groups[side].append((f, ls))
        if len(left) == len(waiting):
            return None
        waiting = left
    first, second = [
        home.home.product(group, tuple([out[axis] for axis in side]), {out[axis]: sizes[out[axis]] for axis in side})
        for group, side in zip(groups, sides, strict=True)
    ]
    return first, second
