"""Linear algebra of small matrices, in stacks: elimination, rotations, reflections. As exact as doubles allow; slow beyond some dozens of rows."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from math import prod
from typing import Any

from symdiff.page.arrays.array import array, broadcast_shapes, ndarray, unwrapped
from symdiff.page.arrays.functions import broadcast_to, eye, matmul

Rows = list[list[Any]]
EPS = 2.0**-52


class LinAlgError(ValueError):
    """A matrix has no inverse, or an iteration does not end."""


def _stacked(x: Any, *, square: bool = True) -> tuple[ndarray, tuple[int, ...], list[Rows]]:
    """The array, its front axes, and its matrices as rows."""
    x = array(x)
    if x.kind in "biu":
        x = x.astype(float)
    if x.ndim < 2:
        raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be at least two-dimensional")
    m, n = x.shape[-2:]
    if square and m != n:
        raise LinAlgError("Last 2 dimensions of the array must be square")
    front = x.shape[:-2]
    return (
        x,
        front,
        [[x.entries[p + i * n : p + (i + 1) * n] for i in range(m)] for p in range(0, prod(front) * m * n, m * n)]
        if m * n
        else [[[] for _ in range(m)] for _ in range(prod(front))],
    )


def _joined(front: tuple[int, ...], matrices: list[Rows], shape: tuple[int, int]) -> ndarray:
    entries = [v for rows in matrices for row in rows for v in row]
    return ndarray(entries, (*front, *shape), "c" if any(isinstance(v, complex) for v in entries) else "f")


def _eliminated(rows: Rows, right: Rows) -> tuple[float, Rows]:
    """The determinant, and the solution of rows*x = right ([] if there is none); by elimination with the largest pivot."""
    a, b = [list(r) for r in rows], [list(r) for r in right]
    n, det = len(a), 1.0
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(a[i][k]) if a[i][k] == a[i][k] else math.inf)
        if a[pivot][k] == 0:
            return 0.0, []
        if pivot != k:
            a[k], a[pivot], b[k], b[pivot] = a[pivot], a[k], b[pivot], b[k]
            det = -det
        det *= a[k][k]
        for i in range(k + 1, n):
            factor = a[i][k] / a[k][k]
            if factor:
                a[i] = [x - factor * y for x, y in zip(a[i], a[k], strict=True)]
                b[i] = [x - factor * y for x, y in zip(b[i], b[k], strict=True)]
    for k in reversed(range(n)):
        total = b[k]
        for j in range(k + 1, n):
            factor = a[k][j]
            if factor:
                total = [x - factor * y for x, y in zip(total, b[j], strict=True)]
        b[k] = [x / a[k][k] for x in total]
    return det, b


def _identity(n: int) -> Rows:
    return [[float(i == j) for j in range(n)] for i in range(n)]


def det(x: Any) -> Any:
    _, front, matrices = _stacked(x)
    return unwrapped(ndarray([_eliminated(m, [[] for _ in m])[0] for m in matrices], front, "f"))


def slogdet(x: Any) -> tuple[Any, Any]:
    """The sign of the determinant, and the logarithm of its size, which does not overflow."""
    _, front, matrices = _stacked(x)
    signs, logs = [], []
    for m in matrices:
        largest = [max(map(abs, row), default=1.0) or 1.0 for row in m]
        value = _eliminated([[v / s for v in row] for row, s in zip(m, largest, strict=True)], [[] for _ in m])[0]
        signs.append(float((value > 0) - (value < 0)) if value == value else value)
        logs.append(math.log(abs(value)) + sum(map(math.log, largest)) if value else -math.inf)
    return unwrapped(ndarray(signs, front, "f")), unwrapped(ndarray(logs, front, "f"))


def inv(x: Any) -> ndarray:
    x, front, matrices = _stacked(x)
    found = []
    for m in matrices:
        _, inverse = _eliminated(m, _identity(len(m)))
        if len(inverse) != len(m):
            raise LinAlgError("Singular matrix")
        found.append(inverse)
    return _joined(front, found, x.shape[-2:])


def solve(a: Any, b: Any) -> ndarray:
    a, b = array(a), array(b)
    vector = b.ndim == 1
    b = b.reshape((*b.shape, 1)) if vector else b
    front = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    _, _, left = _stacked(broadcast_to(a, (*front, *a.shape[-2:])))
    _, _, right = _stacked(broadcast_to(b, (*front, *b.shape[-2:])), square=False)
    found = []
    for m, r in zip(left, right, strict=True):
        _, solution = _eliminated(m, r)
        if len(solution) != len(m):
            raise LinAlgError("Singular matrix")
        found.append(solution)
    done = _joined(front, found, (a.shape[-1], b.shape[-1]))
    return done.reshape(done.shape[:-1]) if vector else done


def matrix_power(x: Any, k: int) -> Any:
    x = array(x)
    if k < 0:
        return matrix_power(inv(x), -k)
    found: Any = broadcast_to(eye(x.shape[-1]), x.shape)
    while k:
        if k & 1:
            found = matmul(found, x)
        x = matmul(x, x)
        k >>= 1
    return found


def cholesky(x: Any) -> ndarray:
    x, front, matrices = _stacked(x)
    found = []
    for m in matrices:
        n = len(m)
        low = [[0.0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                rest = m[i][j] - sum([low[i][k] * low[j][k] for k in range(j)])
                if i == j:
                    if not rest > 0:
                        raise LinAlgError("Matrix is not positive definite")
                    low[i][i] = math.sqrt(rest)
                else:
                    low[i][j] = rest / low[j][j]
        found.append(low)
    return _joined(front, found, x.shape[-2:])


# ---------------------------------------------------------------------------------------------- eigenvalues


def _jacobi(m: Rows) -> tuple[list[float], Rows]:
    """Eigenvalues in ascending order and eigenvectors (columns) of a symmetric matrix, by rotations: Golub, Van Loan (2013), 8.5."""
    n = len(m)
    if not all(math.isfinite(v) for row in m for v in row):
        return [math.nan] * n, [[math.nan] * n for _ in range(n)]
    a = [[(m[i][j] if j <= i else m[j][i]) for j in range(n)] for i in range(n)]  # the lower half counts
    v = _identity(n)
    scale = max((abs(x) for row in a for x in row), default=0.0)
    for _ in range(100):
        off = max((abs(a[i][j]) for i in range(n) for j in range(i)), default=0.0)
        if off <= EPS * scale * 1e-3:
            break
        for p in range(n):
            for q in range(p + 1, n):
                if not a[p][q]:
                    continue
                theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                t = math.copysign(1.0, theta) / (abs(theta) + math.hypot(1.0, theta))
                c = 1 / math.hypot(1.0, t)
                s = t * c
                for k in range(n):
                    a[k][p], a[k][q] = c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]
                for k in range(n):
                    a[p][k], a[q][k] = c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]
                    v[k][p], v[k][q] = c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]
                a[p][q] = a[q][p] = 0.0
    order = sorted(range(n), key=lambda k: a[k][k])
    return [a[k][k] for k in order], [[row[k] for k in order] for row in v]


def eigh(x: Any) -> tuple[ndarray, ndarray]:
    x, front, matrices = _stacked(x)
    found = [_jacobi(m) for m in matrices]
    return ndarray([v for values, _ in found for v in values], (*front, x.shape[-1]), "f"), _joined(
        front, [v for _, v in found], x.shape[-2:]
    )


def eigvalsh(x: Any) -> ndarray:
    return eigh(x)[0]


def eig(x: Any) -> tuple[ndarray, ndarray]:
    """Eigenvalues and eigenvectors of any matrix: mpmath's."""
    from mpmath.ctx_mp import MPContext

    mp = MPContext()
    x, front, matrices = _stacked(x)
    values: list[Any] = []
    vectors = []
    for m in matrices:
        if not all(math.isfinite(abs(v)) for row in m for v in row):
            raise LinAlgError("Array must not contain infs or NaNs")
        found, columns = mp.eig(mp.matrix(m))
        values += [complex(v) for v in found]
        vectors.append([[complex(columns[i, j]) for j in range(len(m))] for i in range(len(m))])
    if all(abs(v.imag) <= 1e-13 * abs(v) for v in values):
        vectors = [_realified(rows) for rows in vectors]
        real = [float(v.real) for v in values]
        return ndarray(real, (*front, x.shape[-1]), "f"), ndarray(
            [complex(v).real for rows in vectors for row in rows for v in row], x.shape, "f"
        )
    return ndarray(values, (*front, x.shape[-1]), "c"), _joined(front, vectors, x.shape[-2:])


def _realified(rows: Rows) -> Rows:
    """Columns turned so that their largest entry is real, with the length 1."""
    n = len(rows)
    for j in range(n):
        largest = max((rows[i][j] for i in range(n)), key=abs)
        turn = cmath.exp(-1j * cmath.phase(largest)) if largest else 1.0
        length = math.sqrt(sum(abs(rows[i][j]) ** 2 for i in range(n))) or 1.0
        for i in range(n):
            rows[i][j] = rows[i][j] * turn / length
    return rows


def eigvals(x: Any) -> ndarray:
    return eig(x)[0]


# ---------------------------------------------------------------------------------------------- singular values


def _one_sided(m: Rows) -> tuple[Rows, list[float], Rows]:
    """u, s, v with m = u*diag(s)*v', of at least as many rows as columns; by rotations of columns: Golub, Van Loan (2013), 8.6.3."""
    rows, n = len(m), len(m[0]) if m else 0
    a = [[m[i][j] for i in range(rows)] for j in range(n)]  # columns
    v = _identity(n)  # columns, too
    for _ in range(60):
        turned = False
        for p in range(n):
            for q in range(p + 1, n):
                alpha, beta = sum([x * x for x in a[p]]), sum([x * x for x in a[q]])
                gamma = sum([x * y for x, y in zip(a[p], a[q], strict=True)])
                if not abs(gamma) > 1e-15 * math.sqrt(alpha * beta):
                    continue
                turned = True
                zeta = (beta - alpha) / (2 * gamma)
                t = math.copysign(1.0, zeta) / (abs(zeta) + math.hypot(1.0, zeta))
                c = 1 / math.hypot(1.0, t)
                s = c * t
                for w in (a, v):
                    w[p], w[q] = (
                        [c * x - s * y for x, y in zip(w[p], w[q], strict=True)],
                        [s * x + c * y for x, y in zip(w[p], w[q], strict=True)],
                    )
        if not turned:
            break
    lengths = [math.sqrt(sum([x * x for x in col])) for col in a]
    order = sorted(range(n), key=lambda k: -lengths[k])
    largest = max(lengths, default=0.0)
    u: Rows = []
    for k in order:
        known = lengths[k] > EPS * largest * 1e-3 and lengths[k] > 0
        u.append([x / lengths[k] for x in a[k]] if known else _apart(u, rows))
    return u, [lengths[k] for k in order], [v[k] for k in order]


def _apart(columns: Rows, n: int) -> list[float]:
    """A column of length 1 that is orthogonal to the others."""
    best: list[float] = []
    for k in range(n):
        new = [float(i == k) for i in range(n)]
        for _ in range(2):
            for c in columns:
                part = sum([x * y for x, y in zip(new, c, strict=True)])
                new = [x - part * y for x, y in zip(new, c, strict=True)]
        length = math.sqrt(sum([x * x for x in new]))
        if length > 0.5 / max(1, n):
            return [x / length for x in new]
        best = new
    return best


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    x, front, matrices = _stacked(x, square=False)
    m, n = x.shape[-2:]
    k = min(m, n)
    left, values, right = [], [], []
    for rows in matrices:
        if not all(math.isfinite(v) for row in rows for v in row):
            raise LinAlgError("SVD did not converge")
        if m >= n:
            u, s, v = _one_sided(rows)
        else:
            v, s, u = _one_sided([[rows[i][j] for i in range(m)] for j in range(n)])
        if full_matrices:
            while len(u) < m:
                u.append(_apart(u, m))
            while len(v) < n:
                v.append(_apart(v, n))
        left.append([[c[i] for c in u] for i in range(m)])
        values += s
        right.append(v)
    singular = ndarray(values, (*front, k), "f")
    if not compute_uv:
        return singular
    return _joined(front, left, (m, m if full_matrices else k)), singular, _joined(front, right, (n if full_matrices else k, n))


def pinv(x: Any, rcond: float = 1e-15) -> ndarray:
    u, s, v = svd(x, full_matrices=False)
    largest = s.max(-1, keepdims=True) if s.size else s
    small = ndarray(
        [1 / t if t > rcond * top else 0.0 for t, top in zip(s.entries, broadcast_to(largest, s.shape).entries, strict=True)], s.shape, "f"
    )
    return matmul(v.swapaxes(-1, -2), small.reshape((*small.shape, 1)) * u.swapaxes(-1, -2))


def cond(x: Any, p: Any = None) -> Any:
    x, front, matrices = _stacked(array(x).astype(float), square=False)
    entries = [[v for row in m for v in row] for m in matrices]
    if not all(math.isfinite(v) for some in entries for v in some):
        each = [math.nan if any(map(math.isnan, some)) else math.inf for some in entries]
        return unwrapped(ndarray(each, front, "f"))
    s = svd(x, compute_uv=False)
    return s[..., 0] / s[..., -1]


def matrix_rank(x: Any) -> int:
    s = svd(x, compute_uv=False)
    return sum(1 for v in s.entries if v > s.entries[0] * max(array(x).shape) * EPS)


def qr(x: Any, mode: str = "reduced") -> tuple[ndarray, ndarray]:
    """By Gram and Schmidt, twice."""
    x, front, matrices = _stacked(x, square=False)
    m, n = x.shape[-2:]
    k = min(m, n)
    left, right = [], []
    for rows in matrices:
        columns = [[rows[i][j] for i in range(m)] for j in range(n)]
        q: Rows = []
        for c in columns[:k]:
            new = list(c)
            for _ in range(2):
                for b in q:
                    part = sum([v * w for v, w in zip(new, b, strict=True)])
                    new = [v - part * w for v, w in zip(new, b, strict=True)]
            length = math.sqrt(sum([v * v for v in new]))
            size = math.sqrt(sum([v * v for v in c]))
            q.append([v / length for v in new] if length > EPS * size else _apart(q, m))
        left.append([[c[i] for c in q] for i in range(m)])
        right.append(
            [[sum([v * w for v, w in zip(b, c, strict=True)]) if j >= i else 0.0 for j, c in enumerate(columns)] for i, b in enumerate(q)]
        )
    return _joined(front, left, (m, k)), _joined(front, right, (k, n))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = array(x)
    x = x.astype(float) if x.kind in "biu" else x
    if ord is None or (ord == 2 and (x.ndim == 1 or isinstance(axis, int))) or ord == "fro":
        return x.over(axis, keepdims, lambda v: math.sqrt(_squares(v)), "f")
    if axis is None and x.ndim == 2:
        s = svd(x, compute_uv=False)
        if ord == "nuc":
            return s.sum()
        if ord in (2, -2):
            return s.max() if ord == 2 else s.min()
        sums = abs(x).sum(0 if abs(ord) == 1 else 1)
        return sums.max() if ord > 0 else sums.min()
    functions: dict[Any, Callable[[list[Any]], float]] = {
        1: lambda v: float(sum(map(abs, v))), math.inf: lambda v: float(max(map(abs, v))), -math.inf: lambda v: float(min(map(abs, v))),
        0: lambda v: float(sum(1 for t in v if t)),
    }  # fmt: skip
    return x.over(axis, keepdims, functions.get(ord, lambda v: float(sum([abs(t) ** ord for t in v]) ** (1 / ord))), "f")


def _squares(v: list[Any]) -> float:
    return sum([abs(t) * abs(t) for t in v], 0.0)


def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, ...]:
    found = matmul(pinv(a), b)
    return found, None, matrix_rank(a), svd(a, compute_uv=False)
