"""JAX: NumPy's helpers under its names, but for those that have to be traced."""

from __future__ import annotations

import re
from typing import ClassVar

from symdiff.numeric.targets import helpers
from symdiff.numeric.targets.numpy import HELPERS as NUMPY
from symdiff.numeric.targets.python import PythonTarget

HELPERS = {
    "_exponentials": helpers.exponentials(
        top="jax.lax.stop_gradient(jnp.max(x, axis=-1, keepdims=True))",
        finite="jnp.where(jnp.isfinite(top), top, 0)",
        exp="jnp.exp(x - top)",
        total="jnp.sum(e, axis=-1, keepdims=True)",
    ),
    "_slice": helpers.sliced(
        flip="jnp.flip(x, axis)",
        pad="jnp.pad(x, [(before, behind) if k == axis else (0, 0) for k in range(x.ndim)])",
    ),
    "_windows": helpers.windows(
        made="""    if other < first:
        x = jnp.stack([x[k:k + first] for k in range(other)], axis=1) if other <= 32 else x[jnp.arange(first)[:, None] + jnp.arange(other)]
    else:
        x = jnp.stack([x[k:k + other] for k in range(first)]) if 0 < first <= 32 else x[jnp.arange(first)[:, None] + jnp.arange(other)]
    return x[::signs[0], ::signs[1]]""",
    ),
    "_convolved": helpers.convolved(
        size="x.size",
        zeros="jnp.zeros(counts, jnp.result_type(x, w))",
        flip_w="jnp.flip(w, turned)",
        made="""    if w.size <= 32:
        found = sum([w[place]*x[tuple([slice(k, k + n) for k, n in zip(place, counts)])] for place in np.ndindex(*w.shape)])
    else:
        found = jax.lax.conv_general_dilated(x[None, None], w[None, None], (1,)*w.ndim, "VALID")[0, 0]""",
        flip="jnp.flip(found, turned)",
    ),
    "_take": '''\
def _take(x, index, shared=0):
    """x at the places of the index, counted from 1; 0 where there is none. They have the first axes in common, `shared` of them."""
    index = jnp.asarray(index).astype(int) - 1
    index = jnp.where(index < 0, x.shape[shared], index)
    front = tuple([jnp.arange(x.shape[k]).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)])
    return x.at[(*front, index)].get(mode="fill", fill_value=0)
''',
    "_put": '''\
def _put(g, index, size, shared=0):
    """The sums of the g whose index, counted from 1, is the place, along an axis of this size; the first axes, `shared` of them, stay."""
    index = jnp.asarray(index).astype(int) - 1
    index = jnp.where(index < 0, size, index)
    front = tuple([jnp.arange(g.shape[k]).reshape([-1 if k == axis else 1 for axis in range(index.ndim)]) for k in range(shared)])
    return jnp.zeros(g.shape[:shared] + (size,) + g.shape[index.ndim:], g.dtype).at[(*front, index)].add(g, mode="drop")
''',
    "_upto": '''\
def _upto(x, index):
    """The sums of x along its first axis up to the index, which counts from 1."""
    sums = jnp.concatenate([jnp.zeros((1, *x.shape[1:]), x.dtype), jnp.cumsum(x, axis=0)])
    return sums[jnp.clip(jnp.asarray(index).astype(int), 0, x.shape[0])]
''',
    "_from": '''\
def _from(x, index):
    """The sums of x along its first axis from the index on, which counts from 1."""
    sums = jnp.concatenate([jnp.cumsum(x[::-1], axis=0)[::-1], jnp.zeros((1, *x.shape[1:]), x.dtype)])
    return sums[jnp.clip(jnp.asarray(index).astype(int) - 1, 0, x.shape[0])]
''',
    "_kind_of": '''\
def _kind_of(given, names):
    """The common type of those of the arguments that are passed."""
    arrays = [_floats(name, given[name]) for name in names if given.get(name) is not None]
    return jnp.result_type(*arrays) if arrays else float
''',
    "_norm2": '''\
def _norm2(x):
    """The length of x, scaled where squares would overflow or underflow; its derivative at 0 is 0."""
    square = jnp.sum(x**2)
    small = jnp.finfo(square.dtype).tiny**0.5
    fits = (square > small) & (square < 1/small)

    def scaled(x):
        top = jax.lax.stop_gradient(jnp.max(jnp.abs(x), initial=0))
        top = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
        square = jnp.sum((x/top)**2)
        return jnp.where(square == 0, 0, top*jnp.sqrt(jnp.where(square == 0, 1, square)))

    return jax.lax.cond(fits, lambda x: jnp.sqrt(jnp.where(fits, square, 1)), scaled, x)
''',
    "_normp": '''\
def _normp(x, p):
    """sum(abs(x)**p)**(1/p), scaled so that no power overflows or underflows."""
    top = jax.lax.stop_gradient(jnp.max(jnp.abs(x), initial=0))
    top = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
    total = jnp.sum((jnp.abs(x)/top)**p)
    return jnp.where(total == 0, 0, top*jnp.where(total == 0, 1, total)**(1/p))
''',
    "_rownorm2": '''\
def _rownorm2(x):
    """The lengths along the last axis of x, scaled where squares would overflow or underflow; their derivative at 0 is 0."""
    square = jnp.sum(x**2, axis=-1)
    small = jnp.finfo(square.dtype).tiny**0.5
    none = jnp.all(x == 0, axis=-1)
    fits = jnp.all((square > small) & (square < 1/small) | none)

    def scaled(x):
        top = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True, initial=0))
        top = jnp.where((top > 0) & jnp.isfinite(top), top, 1)
        square = jnp.sum((x/top)**2, axis=-1)
        return jnp.where(square == 0, 0, top[..., 0]*jnp.sqrt(jnp.where(square == 0, 1, square)))

    return jax.lax.cond(fits, lambda x: jnp.where(none, 0, jnp.sqrt(jnp.where(none | ~fits, 1, square))), scaled, x)
''',
    "_unvech": '''\
def _unvech(v):
    """The matrix with these entries in its lower triangle, column by column."""
    n = int((2*v.shape[-1])**0.5)
    j, i = jnp.triu_indices(n)
    return jnp.zeros((*v.shape[:-1], n, n), v.dtype).at[..., i, j].set(v)
''',
    "_duplication": '''\
def _duplication(E):
    """The matrix that takes the lower triangle of a symmetric matrix, of the size of E, to all of its entries, columns stacked."""
    n = E.shape[-1]
    j, i = jnp.triu_indices(n)
    k = jnp.arange(len(i))
    return jnp.zeros((n*n, len(i)), E.dtype).at[i + n*j, k].set(1).at[j + n*i, k].set(1)
''',
    "_left": '''\
def _left(A):
    """U of A = U diag(s) V'."""
    return jnp.linalg.svd(A)[0]
''',
    "_right": '''\
def _right(A):
    """V of A = U diag(s) V'."""
    v = jnp.linalg.svd(A)[2]
    return jnp.swapaxes(v, -1, -2)
''',
    "_cofactors2": '''\
def _cofactors2(A):
    """det(U)*det(V) times the products of the singular values but two, in A = U diag(s) V'."""
    n = A.shape[-1]
    u, s, v = jnp.linalg.svd(A)
    same = jnp.eye(n, dtype=bool)
    out = same[:, None, :] | same[None, :, :]
    kept = jnp.where(out, jnp.ones_like(s[0]) if n else s[:0], s)
    kept = jnp.linalg.det(u)*jnp.linalg.det(v)*jnp.prod(kept, axis=-1)
    return jnp.where(same, jnp.zeros_like(kept), kept)
''',
    "_cofactors3": '''\
def _cofactors3(A):
    """det(U)*det(V) times the products of the singular values but three, in A = U diag(s) V'."""
    n = A.shape[-1]
    u, s, v = jnp.linalg.svd(A)
    same = jnp.eye(n, dtype=bool)
    out = same[:, None, None, :] | same[None, :, None, :] | same[None, None, :, :]
    kept = jnp.where(out, jnp.ones_like(s[0]) if n else s[:0], s)
    kept = jnp.linalg.det(u)*jnp.linalg.det(v)*jnp.prod(kept, axis=-1)
    equal = same[:, :, None] | same[:, None, :] | same[None, :, :]
    return jnp.where(equal, jnp.zeros_like(kept), kept)
''',
    "_adjugate": '''\
def _adjugate(A):
    """det(A)*inv(A), which singular matrices have as well: the transposed gradient of det."""
    return jnp.swapaxes(jnp.vectorize(jax.grad(jnp.linalg.det), signature="(n,n)->(n,n)")(A), -1, -2)
''',
    "_erfc_traced": '''\
def _erfc_traced(x):
    """erfc(x)*exp(max(x, 0)**2), from 10 (in float32 from 4) on by its asymptotic series."""
    far = x > (10 if jnp.asarray(x).dtype == jnp.float64 else 4)
    near = jnp.where(far, 0, x)
    w = 1/(2*jnp.where(far, x, 1)**2)
    series = 1.0
    for k in range(19, 0, -2):
        series = 1 - k*w*series
    near = jax.scipy.special.erfc(near)*jnp.exp(jnp.maximum(near, 0)**2)
    return jnp.where(far, series/(jnp.where(far, x, 1)*jnp.pi**0.5), near)
''',
}


class JAX(PythonTarget):
    name = "jax"
    module = "jnp"
    modules: ClassVar[dict[str, str]] = {"jnp": "import jax.numpy as jnp", "jax": "import jax"}
    lift = "jnp.asarray(#, float)"
    kind = ("dtype", "jnp.result_type(#)", "dtype=#", "dtype=float")
    cast = "#.astype(#k)"
    ready = "isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating)"
    floats = """
        value = jnp.asarray(value)
        if jnp.iscomplexobj(value):
            raise TypeError("it is complex")
        return value if jnp.issubdtype(value.dtype, jnp.floating) else value.astype(float)
"""
    counted = "not jnp.issubdtype(jnp.asarray(given[name]).dtype, jnp.inexact)"
    alike = "value.astype(jnp.result_type(*others))"
    stack = "jnp.stack(values).reshape(places + values[0].shape)"
    cholesky: ClassVar[dict[str, str]] = {
        "solve": "jax.scipy.linalg.cho_solve((#L, True), #b)",
        "logdet": "2*jnp.log(jnp.diagonal(#L)).sum()",
        "inv": "jax.scipy.linalg.cho_solve((#L, True), jnp.eye(#L.shape[0], dtype=#L.dtype))",
    }
    scales_inside = True  # XLA then leaves the product to its library: 0.85 of the time
    copies_transposed = True  # XLA does, on CPUs
    helpers_of_its_own: ClassVar[dict[str, str]] = {
        name: HELPERS.get(name) or re.sub(r"\bnp\.", "jnp.", text) for name, text in {**NUMPY, **helpers.TRACED, **HELPERS}.items()
    }
