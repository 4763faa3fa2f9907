"""NumPy, with SciPy's functions; its helpers are those that other libraries adapt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from symdiff.expr import build
from symdiff.expr.node import CALL, Expr, make
from symdiff.expr.patterns import is_call_of
from symdiff.expr.walk import substitute
from symdiff.numeric.targets import helpers
from symdiff.numeric.targets.python import PythonTarget

HELPERS = {
    "_exponentials": helpers.exponentials(
        top="np.max(x, axis=-1, keepdims=True)",
        finite="np.where(np.isfinite(top), top, 0)",
        exp="_exp(x - top)",
        total="np.sum(e, axis=-1, keepdims=True)",
    ),
    "_slice": helpers.sliced(
        flip="np.flip(x, axis)",
        pad="np.concatenate([np.zeros(x.shape[:axis] + (k,) + x.shape[axis + 1:], x.dtype) if k >= 0 else x for k in (before, -1, behind)], axis)",
    ),
    "_windows": helpers.windows(
        made="""    x = np.moveaxis(np.lib.stride_tricks.sliding_window_view(x, other, axis=0), -1, 1) if x.size else x.reshape(first, other, *x.shape[1:])
    return x[::signs[0], ::signs[1]]""",
    ),
    "_convolved": helpers.convolved(
        size="x.size",
        zeros="np.zeros(counts, np.result_type(x, w))",
        flip_w="np.flip(w, turned)",
        made="""    if w.ndim == 1:
        found = np.correlate(x, w, "valid")
    elif np.prod(counts) < w.size:
        found = np.zeros(counts, np.result_type(x, w))
        for place in np.ndindex(*counts):
            found[place] = np.vdot(w, x[tuple([slice(k, k + n) for k, n in zip(place, w.shape)])])
    else:
        found = np.zeros(counts, np.result_type(x, w))
        for place in np.ndindex(*w.shape):
            found += w[place]*x[tuple([slice(k, k + n) for k, n in zip(place, counts)])]""",
        flip="np.flip(found, turned)",
    ),
    "_only": '''\
def _only(x, start, stop, axis=0):
    """x, which nobody else has, with zeros outside its entries from start to stop along an axis."""
    front = (slice(None),)*axis
    x[front + (slice(start),)] = 0
    if stop is not None:
        x[front + (slice(stop, None),)] = 0
    return x
''',
    "_take": '''\
def _take(x, index, shared=0):
    """x at the places of the index, counted from 1; 0 where there is none. They have the first axes in common, `shared` of them."""
    index = np.asarray(index).astype(np.intp) - 1
    size = x.shape[shared]
    inside = (index >= 0) & (index < size)
    safe = index if inside.all() else np.where(inside, index, 0)
    if not size:
        return np.zeros(index.shape + x.shape[shared + 1:], x.dtype)
    front = tuple([np.arange(x.shape[k]).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)])
    found = x[(*front, safe)]
    return found if safe is index else np.where(inside.reshape(inside.shape + (1,)*(found.ndim - index.ndim)), found, 0)
''',
    "_put": '''\
def _put(g, index, size, shared=0):
    """The sums of the g whose index, counted from 1, is the place, along an axis of this size; the first axes, `shared` of them, stay."""
    index = np.asarray(index).astype(np.intp) - 1
    inside = (index >= 0) & (index < size)
    rest = g.shape[index.ndim:]
    front, safe = g.shape[:shared], np.where(inside, index, size)
    rows = int(np.prod(front, dtype=int))
    safe = safe.reshape(rows, -1) + (size + 1)*np.arange(rows)[:, None]
    g = g.reshape(safe.size, -1)
    width = g.shape[1]
    if width == 1:
        found = np.bincount(safe.ravel(), g.ravel(), rows*(size + 1)).astype(g.dtype)
    else:
        found = np.zeros((rows*(size + 1), width), g.dtype)
        np.add.at(found, safe.ravel(), g)
    return found.reshape(rows, size + 1, width)[:, :size].reshape(front + (size,) + rest)
''',
    "_take_inside": helpers.take_inside(
        clip="np.clip(np.arange(1, count + 1), low, high)",
        moved="np.moveaxis(_take(np.moveaxis(x, axis, 0), places + 1), 0, axis)",
        joined="np.concatenate([np.repeat(first, low - 1, axis), x, np.repeat(last, count - high, axis)], axis)",
    ),
    "_put_inside": helpers.put_inside(clip="np.clip(np.arange(1, count + 1), low, high)", cat="np.concatenate"),
    "_upto": '''\
def _upto(x, index):
    """The sums of x along its first axis up to the index, which counts from 1."""
    sums = np.concatenate([np.zeros((1, *x.shape[1:]), x.dtype), np.cumsum(x, axis=0)])
    return sums[np.clip(np.asarray(index).astype(np.intp), 0, x.shape[0])]
''',
    "_from": '''\
def _from(x, index):
    """The sums of x along its first axis from the index on, which counts from 1."""
    sums = np.concatenate([np.cumsum(x[::-1], axis=0)[::-1], np.zeros((1, *x.shape[1:]), x.dtype)])
    return sums[np.clip(np.asarray(index).astype(np.intp) - 1, 0, x.shape[0])]
''',
    "_sums": '''\
def _sums(x):
    """The sums of x along its first axis up to each place."""
    return np.cumsum(x, axis=0)
''',
    "_sums_back": '''\
def _sums_back(x):
    """The sums of x along its first axis from each place on."""
    return np.cumsum(x[::-1], axis=0)[::-1]
''',
    "_kind_of": '''\
def _kind_of(given, names):
    """The common type of those of the arguments that are passed."""
    arrays = [_floats(name, given[name]) for name in names if given.get(name) is not None]
    return np.result_type(*arrays) if arrays else np.float64
''',
    "_norm2": helpers.QUIET
    + '''\
def _norm2(x):
    """The length of x; scaled where squares would overflow or underflow."""
    length = _quiet.copy().run(np.linalg.norm, x)
    small = np.finfo(length.dtype).tiny**0.25
    if small < length < 1/small or not x.size:
        return length
    top = np.max(np.abs(x))
    return top*np.linalg.norm(x/top) if 0 < top < np.inf else top
''',
    "_normp": '''\
def _normp(x, p):
    """sum(abs(x)**p)**(1/p), scaled so that no power overflows or underflows."""
    x = np.abs(x)
    top = np.max(x, initial=0)
    return top*np.sum((x/top)**p)**(1/p) if 0 < top < np.inf else top
''',
    "_rownorm2": helpers.QUIET
    + '''\
def _rownorm2(x):
    """The lengths along the last axis of x; scaled where squares would overflow or underflow."""
    length = _quiet.copy().run(np.linalg.norm, x, axis=-1)
    small = np.finfo(length.dtype).tiny**0.25
    far = ~((small < length) & (length < 1/small))
    if not np.any(x[far]):  # but for rows of zeros
        return length
    top = np.max(np.abs(x), axis=-1, keepdims=True, initial=0)
    top = np.where((top > 0) & (top < np.inf), top, 1)
    return top[..., 0]*np.linalg.norm(x/top, axis=-1)
''',
    "_spherical_jn": "",  # SciPy has it
    "_symmetric": '''\
def _symmetric(A):
    """The symmetric part of a matrix."""
    return (A + np.swapaxes(A, -1, -2))/2
''',
    "_others": '''\
def _others(x):
    """For every entry of a row the product of the others."""
    one = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    behind = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
    return before*behind[..., ::-1]
''',
    "_pairs": '''\
def _pairs(x):
    """For every two different entries of a row the product of the others, 0 on the diagonal."""
    same = np.eye(x.shape[-1], dtype=bool)
    return np.where(same, 0, _others(np.where(same, 1, x[..., None, :])))
''',
    "_running_others": '''\
def _running_others(x):
    """Row i, column j: the product of the entries up to j but for i, 0 left of the diagonal."""
    same = np.eye(x.shape[-1], dtype=bool)
    return np.triu(np.cumprod(np.where(same, 1, x[..., None, :]), axis=-1))
''',
    "_cumprod_pull": '''\
def _cumprod_pull(x, w):
    """The gradient of the sum of w*cumprod(x)."""
    return (_running_others(x) @ w[..., None])[..., 0]
''',
    "_cumprod_push": '''\
def _cumprod_push(x, v):
    """The rate of cumprod(x) in the direction v."""
    return (v[..., None, :] @ _running_others(x))[..., 0, :]
''',
    "_cumprod_second": '''\
def _cumprod_second(x, w, v):
    """The rate, in the direction v, of the gradient of the sum of w*cumprod(x)."""
    n = x.shape[-1]
    before, rate = [np.ones_like(x[..., 0])], [np.zeros_like(x[..., 0])]
    for i in range(n - 1):
        rate.append(rate[i]*x[..., i] + before[i]*v[..., i])
        before.append(before[i]*x[..., i])
    behind, slope, found = w[..., n - 1], np.zeros_like(x[..., 0]), []
    for i in reversed(range(n)):
        if i < n - 1:
            behind, slope = w[..., i] + x[..., i + 1]*behind, v[..., i + 1]*behind + x[..., i + 1]*slope
        found.append(rate[i]*behind + before[i]*slope)
    return np.stack(found[::-1], axis=-1)
''',
    "_vech": '''\
def _vech(A):
    """The lower triangle of a matrix, column by column."""
    j, i = np.triu_indices(A.shape[-1])
    return A[..., i, j]
''',
    "_unvech": '''\
def _unvech(v):
    """The matrix with these entries in its lower triangle, column by column."""
    n = int((2*v.shape[-1])**0.5)
    j, i = np.triu_indices(n)
    A = np.zeros((*v.shape[:-1], n, n), v.dtype)
    A[..., i, j] = v
    return A
''',
    "_duplication": '''\
def _duplication(E):
    """The matrix that takes the lower triangle of a symmetric matrix, of the size of E, to all of its entries, columns stacked."""
    n = E.shape[-1]
    j, i = np.triu_indices(n)
    D = np.zeros((n*n, len(i)), E.dtype)
    D[i + n*j, np.arange(len(i))] = 1
    D[j + n*i, np.arange(len(i))] = 1
    return D
''',
    "_polar": '''\
def _polar(A):
    """The orthogonal factor U*V' of A = U*diag(s)*V'."""
    u, _, v = np.linalg.svd(A, full_matrices=False)
    return u @ v
''',
    "_polar_adjoint": '''\
def _polar_adjoint(A, G):
    """The adjoint of the derivative of U*V' by A = U*diag(s)*V', at G."""
    u, s, v = np.linalg.svd(A, full_matrices=False)
    ut, vt = np.swapaxes(u, -1, -2), np.swapaxes(v, -1, -2)
    M = ut @ G @ vt
    K = (M - np.swapaxes(M, -1, -2))/(s[..., :, None] + s[..., None, :])
    right = (G @ vt/s[..., None, :]) @ v
    left = u/s[..., None, :] @ (ut @ G)
    return u @ K @ v + right - u @ (ut @ right) + left - left @ vt @ v
''',
    "_sylvester": '''\
def _sylvester(A, B, Q):
    """X with A*X + X*B = Q, as one system of equations for its entries."""
    m, n = Q.shape[-2:]
    system = A[..., :, None, :, None]*np.eye(n, dtype=A.dtype)[:, None, :] + np.eye(m, dtype=A.dtype)[:, None, :, None]*np.swapaxes(B, -1, -2)[..., None, :, None, :]
    flat = np.linalg.solve(system.reshape(*system.shape[:-4], m*n, m*n), Q.reshape(*Q.shape[:-2], m*n, 1))
    return flat.reshape(Q.shape)
''',
    "_sqrtm": '''\
def _sqrtm(A):
    """The principal square root of a matrix; nan where it is not real."""
    def one(a):
        root = scipy.linalg.sqrtm(a)
        return root.real if np.all(np.abs(root.imag) <= 1e-9*(1 + np.abs(root.real))) else np.full(a.shape, np.nan)
    return np.vectorize(one, signature="(n,n)->(n,n)")(A)
''',
    "_logm": '''\
def _logm(A):
    """The principal logarithm of a matrix; nan where it is not real."""
    def one(a):
        log = scipy.linalg.logm(a)
        return log.real if np.all(np.abs(log.imag) <= 1e-9*(1 + np.abs(log.real))) else np.full(a.shape, np.nan)
    return np.vectorize(one, signature="(n,n)->(n,n)")(A)
''',
    "_expm": '''\
def _expm(A):
    """The exponential of a matrix."""
    return np.vectorize(scipy.linalg.expm, signature="(n,n)->(n,n)")(A)
''',
    "_matrix_power": '''\
def _matrix_power(A, k):
    """A to the power of a whole number."""
    if int(k) != k:
        raise ValueError(f"the exponent of a matrix should be a whole number, not {k}")
    return np.linalg.matrix_power(A, int(k))
''',
    "_frechet": '''\
def _frechet(function, A, E):
    """The rate of a function of matrices at A in the direction E: the block above the diagonal of the function of [A, E; 0, A]."""
    n = A.shape[-1]
    above = np.concatenate([A, E], axis=-1)
    below = np.concatenate([np.zeros_like(A), A], axis=-1)
    return function(np.concatenate([above, below], axis=-2))[..., :n, n:]
''',
    "_left": '''\
def _left(A):
    """U of A = U diag(s) V'."""
    return np.linalg.svd(A)[0]
''',
    "_right": '''\
def _right(A):
    """V of A = U diag(s) V'."""
    v = np.linalg.svd(A)[2]
    return np.swapaxes(v, -1, -2)
''',
    "_cofactors2": '''\
def _cofactors2(A):
    """det(U)*det(V) times the products of the singular values but two, in A = U diag(s) V'."""
    n = A.shape[-1]
    u, s, v = np.linalg.svd(A)
    same = np.eye(n, dtype=bool)
    out = same[:, None, :] | same[None, :, :]
    kept = np.where(out, np.ones_like(s[0]) if n else s[:0], s)
    kept = np.linalg.det(u)*np.linalg.det(v)*np.prod(kept, axis=-1)
    return np.where(same, np.zeros_like(kept), kept)
''',
    "_cofactors3": '''\
def _cofactors3(A):
    """det(U)*det(V) times the products of the singular values but three, in A = U diag(s) V'."""
    n = A.shape[-1]
    u, s, v = np.linalg.svd(A)
    same = np.eye(n, dtype=bool)
    out = same[:, None, None, :] | same[None, :, None, :] | same[None, None, :, :]
    kept = np.where(out, np.ones_like(s[0]) if n else s[:0], s)
    kept = np.linalg.det(u)*np.linalg.det(v)*np.prod(kept, axis=-1)
    equal = same[:, :, None] | same[:, None, :] | same[None, :, :]
    return np.where(equal, np.zeros_like(kept), kept)
''',
    "_adjugate": '''\
def _adjugate(A):
    """det(A)*inv(A), which singular matrices have as well."""
    try:
        inverse = np.linalg.inv(A)
        if np.all(np.linalg.norm(A, axis=(-2, -1))*np.linalg.norm(inverse, axis=(-2, -1)) < 1e6):
            return np.linalg.det(A)[..., None, None]*inverse
    except np.linalg.LinAlgError:
        pass
    u, s, v = np.linalg.svd(A)
    one = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([one, s[..., :-1]], axis=-1), axis=-1)
    behind = np.cumprod(np.concatenate([one, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    others = before*behind*(np.linalg.det(u)*np.linalg.det(v))[..., None]
    return np.swapaxes(v, -1, -2) @ (others[..., None]*np.swapaxes(u, -1, -2))
''',
}


# Functions that are their argument times another function, whose derivatives ask for that one.
GATED = {"silu": "sigma"}


class NumPy(PythonTarget):
    # NumPy has no triangular solve: Cholesky and two solves by LU take three times as long as one of these alone (n = 100 to 1000).
    name = "numpy"
    module = "np"
    lift = "np.float64(#)"
    kind = ("dtype", "np.result_type(#)", "dtype=#", "dtype=np.float64")
    cast = "#.astype(#k)"
    ready = 'type(value) is np.ndarray and value.ndim and value.dtype.kind == "f" or isinstance(value, np.floating)'
    floats = """
        value = np.asarray(value)
        if value.dtype.kind != "f":
            value = value.astype(float, casting="unsafe" if value.dtype.kind == "O" else "same_kind")
        return value[()]
"""
    cache = "@functools.lru_cache\n"
    counted = 'np.asarray(given[name]).dtype.kind in "biu"'
    alike = "value.astype(np.result_type(*others))"
    stack = "np.stack(values).reshape(places + values[0].shape)"
    numbers = True
    own = ".copy()"
    unpacked = "[()]"
    mixes = True
    exponential_under = True
    einsum_sums = True
    cuts = True
    helpers_of_its_own: ClassVar[dict[str, str]] = HELPERS

    def prepared(self, exprs: Sequence[Expr]) -> Sequence[Expr]:
        """Besides: silu(x) where sigma(x) is needed, too, is x times that; libraries with a function for it compute the two as fast."""
        exprs = super().prepared(exprs)
        found = substitute(exprs, with_sigma)
        return [found[e] for e in exprs]


def with_sigma(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """A node of these arguments; silu is written with sigma."""
    if is_call_of(node, GATED):
        return build.elementwise(args[0], make(CALL, args, GATED[node.data], node.shape))
    return make(node.op, args, node.data, node.shape) if args else node
