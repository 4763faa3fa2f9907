"""det(A)*inv(A) is the adjugate of A, which singular matrices have, too: X'*X is singular wherever X has more columns than rows.

In: an answer. Out: the same with cofactors in the place of a determinant and an inverse that are factors of one product. It ends because every
product is looked into once, DEEP levels down, at no more than WIDE factors of each. And what cofactors are: by minors for any arithmetic, by
elimination for numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, PROD, SUM, Expr, make
from symdiff.expr.patterns import has_whole_exponent, is_call, is_multiple
from symdiff.expr.walk import substitute, topological, unnamed

# What `components` computes by cofactors; no function of the language.
ADJUGATE = "cofactors, transposed"

DEEP, WIDE = 8, 6

Path = tuple[int, ...]


def adjugated(answer: Expr) -> Expr:
    """The answer without determinants beside inverses of the same matrix."""
    nodes = topological([answer])
    if not any(is_call(n, "det") for n in nodes) or not any(is_call(n, "inv") for n in nodes):
        return answer

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        new = make(node.op, kids, node.data, node.shape) if kids != node.args else node
        return _joined(new) if new.op == PROD and 1 < len(new.args) <= WIDE else new

    return substitute([answer], rebuild)[answer]


def _joined(product: Expr) -> Expr:
    """A product whose factors hold det(A) and inv(A), with the adjugate."""
    for k, factor in enumerate(product.args):
        for path, det, left in _determinants(factor):
            for j, other in enumerate(product.args):
                into = _times(other, det, DEEP) if j != k else None
                if into is not None:
                    args = list(product.args)
                    args[k], args[j] = _replaced(factor, path, left), into
                    return make(PROD, tuple(args), product.data, product.shape)
    return product


def _determinants(root: Expr) -> Iterator[tuple[Path, Expr, Expr]]:
    """Factors det(A) or det(A)^k of a product: where they are, the determinant, and what is left of them without it."""
    stack: list[tuple[Expr, Path]] = [(root, ())]
    while stack:
        e, path = stack.pop()
        if is_call(e, "det") and not e.shape:
            yield path, e, build.ONE
        elif has_whole_exponent(e) and e.args[1].data > 1:
            base = unnamed(e.args[0])
            if is_call(base, "det") and not e.shape:
                yield path, base, build.power(base, build.num(e.args[1].data - 1))
        elif (e.op in (PROD, NAME) or is_multiple(e)) and len(path) < DEEP:
            stack += [(a, (*path, k)) for k, a in enumerate(e.args[:WIDE])]


def _replaced(root: Expr, path: Path, new: Expr) -> Expr:
    """root with another node at the end of a path; a name on the way is written out."""
    along = [root]
    for k in path:
        along.append(along[-1].args[k])
    for node, k in zip(reversed(along[:-1]), reversed(path), strict=True):
        new = new if node.op == NAME else make(node.op, (*node.args[:k], new, *node.args[k + 1 :]), node.data, node.shape)
    return new


def _times(e: Expr, det: Expr, depth: int) -> Expr | None:
    """det(A)*e, where inv(A) is a factor of e, or of some of its terms; None elsewhere."""
    a = unnamed(det.args[0])
    if is_call(e, "inv"):
        mine = unnamed(e.args[0])
        same = mine is a or _turned(mine) is a or _turned(a) is mine
        return make(CALL, e.args, ADJUGATE, e.shape) if same else None
    if not depth or len(e.args) > WIDE or e.op not in (NAME, SUM, PROD):
        return None
    found = [_times(part, det, depth - 1) for part in e.args]
    if not any(found):
        return None
    if e.op == NAME:
        return found[0]
    if e.op == SUM:
        return build.linear(e.data, [new or build.scale(det, part) for new, part in zip(found, e.args, strict=True)])
    first = next(k for k, new in enumerate(found) if new is not None)
    return make(
        PROD, tuple([new if k == first and new else part for k, (new, part) in enumerate(zip(found, e.args, strict=True))]), e.data, e.shape
    )


def _turned(e: Expr) -> Expr | None:
    return unnamed(e.args[0]) if build.is_form(e, "transpose") else None


# ---------------------------------------------------------------------------------------------- cofactors

Matrix = list[list[Any]]


def by_minors(rows: Matrix, det: Callable[[Matrix], Any], mul: Callable[[Any, Any], Any], minus: Any) -> Matrix:
    """The transpose of the matrix of cofactors, n^2 determinants."""

    def cofactor(i: int, j: int) -> Any:
        value = det([row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i])
        return mul(minus, value) if (i + j) % 2 else value

    return [[cofactor(j, i) for j in range(len(rows))] for i in range(len(rows))]


def by_elimination(rows: Matrix, nothing: Any) -> Matrix | None:
    """The same of real numbers, in the time of one inverse. nothing: smaller pivots are rounding, beside entries of size 1.

    With rows and columns in another order the matrix is L*U. Its inverse would divide by the last pivot, its adjugate does not: it is there for singular
    matrices, too. None where two pivots or more are nothing, and the adjugate is 0.
    """
    n = len(rows)
    if n == 1:
        return [[rows[0][0] ** 0]]
    heights = [max(map(abs, row)) or 1 for row in rows]
    a = [[x / h for x in row] for row, h in zip(rows, heights, strict=True)]
    widths = [max(abs(row[j]) for row in a) or 1 for j in range(n)]
    a = [[x / w for x, w in zip(row, widths, strict=True)] for row in a]
    down, across, sign = list(range(n)), list(range(n)), 1
    for k in range(n):
        i, j = max(((i, j) for i in range(k, n) for j in range(k, n)), key=lambda place: abs(a[place[0]][place[1]]))
        if k < n - 1 and abs(a[i][j]) <= nothing:
            return None
        if i != k:
            a[i], a[k], down[i], down[k], sign = a[k], a[i], down[k], down[i], -sign
        if j != k:
            across[j], across[k], sign = across[k], across[j], -sign
            for row in a:
                row[j], row[k] = row[k], row[j]
        for row in a[k + 1 :]:
            row[k] = row[k] / a[k][k]
            for c in range(k + 1, n):
                row[c] -= row[k] * a[k][c]
    factor, last = prod([a[k][k] for k in range(n - 1)]), a[-1][-1]
    upper = _adjugate_of_upper(a, factor, last)
    lower = _inverse_of_lower(a)
    whole = sign * prod(heights) * prod(widths)
    found: Matrix = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            value = sum(upper[i][k] * lower[k][j] for k in range(max(i, j), n))
            found[across[i]][down[j]] = whole * value / (widths[across[i]] * heights[down[j]])
    return found


def _adjugate_of_upper(u: Matrix, factor: Any, last: Any) -> Matrix:
    """Of an upper triangular matrix: `last` is its last entry, `factor` the product of the others on its diagonal."""
    n = len(u)
    found: Matrix = [[0] * n for _ in range(n)]
    for j in range(n):
        # What U takes to the unit vector, times its determinant; for the last column without the last pivot, by which nothing is divided.
        column: list[Any] = [0] * n
        column[j] = factor if j == n - 1 else factor * last / u[j][j]
        for i in range(j - 1, -1, -1):
            column[i] = -sum(u[i][k] * column[k] for k in range(i + 1, j + 1)) / u[i][i]
        for i in range(n):
            found[i][j] = column[i]
    return found


def _inverse_of_lower(lower: Matrix) -> Matrix:
    """Of a lower triangular matrix with ones on its diagonal, which do not stand there."""
    n = len(lower)
    found: Matrix = [[0] * n for _ in range(n)]
    for j in range(n):
        found[j][j] = 1
        for i in range(j + 1, n):
            found[i][j] = -sum(lower[i][k] * found[k][j] for k in range(j, i))
    return found
