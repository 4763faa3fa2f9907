"""Calls of NumPy, each made on NumPy and on the page's arrays: one value, one shape, one kind of numbers, or an error in both."""

from __future__ import annotations

import copy
import importlib.util
import math
import pickle
import sys
from fractions import Fraction
from typing import Any

import numpy as real
import pytest

from symdiff.page import arrays

ours = arrays.module()


def inputs(np: Any) -> dict[str, Any]:
    """The same arrays of either library: f of one axis, M and Q of two, T of three; k of integers, p of truths, c of complex numbers."""
    numbers = [math.sin(3.0 * i * i + 1) * 2 for i in range(24)]
    return {
        "np": np, "math": math, "copy": copy, "Fraction": Fraction,
        "f": np.array(numbers[:5]), "g": np.array(numbers[5:10]), "w": np.array([0.5, math.inf, -math.inf, math.nan, -0.0]),
        "M": np.array(numbers[:12]).reshape(3, 4), "Q": np.array(numbers[:9]).reshape(3, 3), "T": np.array(numbers).reshape(2, 3, 4),
        "k": np.array([2, 0, 1, 4, 3]), "p": np.array([True, False, True, True, False]), "c": np.array([1 + 2j, -1j, 3.0]), "s": np.array(1.5), "i": np.array(2),
        "e": np.array([]), "o": np.array([Fraction(1, 3), Fraction(2)], dtype=object),
    }  # fmt: skip


def outcome(np: Any, call: str) -> Any:
    with real.errstate(all="ignore"):
        try:
            return eval(call, inputs(np))  # the text of the table
        except (TypeError, ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError) as error:
            return f"refused as {'LinAlgError' if isinstance(error, np.linalg.LinAlgError) else 'what is no such call'}"


def plain(value: Any) -> Any:
    """Nested tuples of Python's values, arrays as their shape, kind and entries."""
    if isinstance(value, (real.ndarray, real.generic)):
        return ("array", value.shape, value.dtype.kind, tuple(real.asarray(value).ravel().tolist()))
    if isinstance(value, (ours.ndarray, ours.generic)):
        made = ours.asarray(value)
        return ("array", made.shape, made.kind, tuple(made.ravel().tolist()))
    if isinstance(value, (tuple, list)):
        return tuple(map(plain, value))
    return plain(real.asarray(value)) if isinstance(value, (int, float, complex)) else value


def alike(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, tuple):
        return isinstance(found, tuple) and len(wanted) == len(found) and all(map(alike, wanted, found))
    if isinstance(wanted, (float, complex)) and not isinstance(found, str):
        return bool(real.isclose(wanted, found, rtol=1e-9, atol=1e-11, equal_nan=True))
    return wanted == found and isinstance(wanted, bool) == isinstance(found, bool)


CALLS = r"""
np.exp(f, out=np.zeros(5))
np.add(f, g, out=np.zeros(5))
np.add.reduce(M)
np.add.reduce(M, axis=1, keepdims=True)
np.add.reduce(f, initial=10.0)
np.multiply.reduce(f)
np.maximum.reduce(M, axis=0)
np.logical_and.reduce(p)
np.logical_or.reduce(M > 0, axis=1)
np.add.accumulate(f)
np.maximum.accumulate(M, axis=1)
np.multiply.outer(f, g)
np.subtract.outer(f, M)
[x := np.zeros(4), np.add.at(x, [0, 1, 1], 2.0)]
[x := np.zeros(4), np.add.at(x, [0, 1, 1], np.array([1.0, 2.0, 3.0]))]
[x := np.array([1.0, 4.0, 9.0]), np.negative.at(x, [0, 2])]
np.exp(1000.0)
np.sinh(-1000.0)
np.cosh(1000.0)
np.expm1(1000.0)
np.sqrt(-1.0)
np.sqrt(w)
np.log(w)
np.log1p(np.array([-1.0, -2.0, 0.5]))
np.exp(c)
np.sqrt(c)
np.sin(c)
np.arctanh(np.array([1.0, -1.0, 0.5, 2.0]))
np.signbit(w)
np.deg2rad(f)
np.rad2deg(f)
np.trunc(f)
np.rint(f)
np.floor(w)
np.reciprocal(f)
np.positive(f)
np.conjugate(c)
np.isfinite(c)
np.logical_xor(p, f > 0)
np.fmod(f, g)
np.fmod(1.0, 0.0)
np.floor_divide(f, g)
np.bitwise_and(k, 3)
np.bitwise_or(k, 1)
np.bitwise_xor(k, 3)
np.right_shift(k, 1)
np.left_shift(k, 2)
np.bitwise_and(p, f > 0)
np.absolute(M)
np.absolute(c)
np.round(f, 1)
np.round(w)
np.round(k)
np.clip(f, -1, 1)
np.clip(f, None, 0.5)
np.clip(f, 0.0, None)
np.where(p)
np.where(M > 0)
np.where(p, f, 0)
np.where(p, k, f)
np.where(s > 0, f, g)
np.select([f > 1, f < -1], [f, -f], 7.0)
np.select([f > 1, f < -1], [f, -f])
np.nan_to_num(w)
np.nan_to_num(w, nan=1.0, posinf=2.0, neginf=3.0)
np.isclose(f, f + 1e-9)
np.isclose(w, w)
np.isclose(w, w, equal_nan=True)
np.allclose(f, f + 1e-12)
np.allclose(f, g)
np.array_equal(f, f)
np.array_equal(f, M)
np.vectorize(lambda x: x + 1)(f)
np.vectorize(lambda x, y: x*y)(f, 2.0)
np.vectorize(lambda x: x > 0, otypes=[bool])(f)
np.vectorize(lambda a: a @ a, signature="(n,n)->(n,n)")(np.stack([Q, Q]))
np.vectorize(lambda a, b: a @ b, signature="(n),(n)->()")(M, M)
np.array(f)
np.array([1, 2.5])
np.array([[1, 2], [3, 4]], dtype=float)
np.array(f, ndmin=2)
np.array([f, g])
np.array([1, True])
np.array([1, 2j])
np.array([])
np.array([[], []])
np.array([[1, 2], [3]])
np.full((2, 3), 7)
np.full((2, 5), f)
np.full(3, True)
np.zeros(3, dtype=int)
np.ones((2, 2), dtype=bool)
np.empty((0, 3))
np.zeros_like(k)
np.zeros_like(k, dtype=float)
np.ones_like(M)
np.full_like(f, 2)
np.full_like(k, 2.7)
np.arange(5)
np.arange(2, 8, 2)
np.arange(0, 1, 0.25)
np.arange(5.0)
np.arange(5, 1, -2)
np.linspace(0, 1, 5)
np.linspace(2, 3, 1)
np.eye(3)
np.eye(3, 4)
np.eye(3, k=1)
np.eye(2, dtype=int)
np.diag(f)
np.diag(Q)
np.diag(f, 1)
np.diag(Q, -1)
np.tri(3)
np.tri(3, 4, 1)
np.tril(Q)
np.tril(M, -1)
np.triu(M, 1)
np.triu(T)
np.indices((2, 3))
list(np.ndindex(2, 2))
list(np.ndindex((2,)))
np.concatenate([f, g])
np.concatenate([M, M], axis=1)
np.concatenate([M, f])
np.concatenate([k, f])
np.stack([f, g])
np.stack([f, g], axis=1)
np.stack([f, g], axis=-1)
np.block([[Q, Q], [Q, Q]])
np.block([f, g])
np.atleast_1d(2.0)
np.atleast_2d(f)
np.atleast_2d(M)
np.tile(f, 2)
np.tile(f, (2, 1))
np.tile(M, (2, 2))
np.tile(f, 0)
np.resize(f, (2, 4))
np.resize(e, 3)
np.moveaxis(T, 0, -1)
np.moveaxis(T, [0, 1], [1, 2])
np.expand_dims(f, 0)
np.expand_dims(M, -1)
np.flip(f)
np.flip(M, 0)
np.flip(M, (0, 1))
np.roll(f, 2)
np.roll(M, 1)
np.roll(M, -1, axis=1)
np.pad(f, 2)
np.pad(M, ((1, 0), (0, 2)))
np.pad(f, (1, 2), constant_values=3.0)
np.lib.stride_tricks.sliding_window_view(f, 3)
np.lib.stride_tricks.sliding_window_view(M, 2, axis=1)
np.lib.stride_tricks.sliding_window_view(f, 9)
np.broadcast_to(f, (2, 5))
np.broadcast_to(f, (2, 4))
np.broadcast_arrays(f, np.ones((2, 1)))
np.flatnonzero(p)
np.count_nonzero(M > 0)
np.diff(f)
np.diff(M, axis=0)
np.diff(f, 2)
np.median(f)
np.median(M, axis=1)
np.median(w)
np.sort(f)
np.sort(M, axis=0)
np.argsort(f)
np.argsort(M, axis=1)
np.unique(np.array([3, 1, 3, 2]))
np.bincount(k)
np.bincount(k, weights=f)
np.bincount(k, minlength=8)
np.vdot(f, g)
np.vdot(c, c)
np.correlate(f, g[:3])
np.correlate(f, g[:3], "full")
np.correlate(f, g[:3], "same")
np.correlate(g[:3], f)
np.convolve(f, g[:2])
np.convolve(f, g[:2], "same")
np.convolve(f, g[:2], "valid")
np.cross(f[:3], g[:3])
np.cross(Q, Q[0])
np.outer(f, g)
np.kron(f, g)
np.kron(Q, M)
np.kron(f, Q)
np.matmul(f, M)
np.matmul(M.T, M)
np.matmul(T, f[:4])
np.matmul(2.0, f)
np.matmul(T, np.swapaxes(T, 1, 2))
np.dot(2.0, f)
np.dot(M, f[:4])
np.dot(T, T[0].T)
np.dot(T, np.swapaxes(T, 1, 2))
np.tensordot(M, M, axes=2)
np.tensordot(M, T, axes=([0, 1], [1, 2]))
np.tensordot(M, M, axes=(1, 1))
np.tensordot(f, g, axes=0)
np.einsum("ij,kj->ik", M, M)
np.einsum("ij->ji", M)
np.einsum("ii", Q)
np.einsum("ii->i", Q)
np.einsum("...j,j->...", T, f[:4])
np.einsum("...ij,...ij", T, T)
np.einsum("i,i,i->", f, g, f)
np.einsum("ij,jk", M, M)
np.einsum("i", M)
np.einsum("i,j->ij", f, g)
np.result_type(k, f).kind
np.result_type(float, int).kind
np.issubdtype(float, np.floating)
np.issubdtype(k.dtype, np.integer)
np.issubdtype(f.dtype, np.integer)
np.issubdtype(bool, np.number)
np.finfo(float).eps
np.finfo(float).max
np.finfo(float).tiny
np.shape(M)
np.size(M)
np.size(M, 1)
np.ndim(T)
np.isscalar(3.0)
np.isscalar(f)
np.iscomplexobj(c)
np.iscomplexobj(f)
np.sum(M, axis=(0, 1))
np.sum(T, axis=(0, 2))
np.sum(f, initial=3.0)
np.prod(M, axis=0)
np.mean(M, axis=1, keepdims=True)
np.var(M, axis=0)
np.var(f, ddof=1)
np.std(f)
np.max(M, axis=1)
np.min(M)
np.max(e)
np.sum(e)
np.mean(k)
np.any(p)
np.all(M > -9, axis=0)
np.argmax(f)
np.argmin(M, axis=1)
np.ptp(f)
np.cumsum(M)
np.cumsum(M, axis=1)
np.cumprod(f)
np.nonzero(M > 0)
np.reshape(f, (5, 1))
np.reshape(M, (4, -1))
np.reshape(M, (5, 2))
np.reshape(M, (4, 3), order="F")
np.ravel(M)
np.ravel(M, order="F")
M.flatten("F")
np.transpose(T)
np.transpose(T, (2, 0, 1))
np.swapaxes(T, 0, 2)
np.squeeze(np.ones((1, 3, 1)))
np.squeeze(np.ones((1, 3, 1)), axis=0)
np.repeat(f, 2)
np.repeat(M, 2, axis=1)
np.repeat(f, k)
np.take(f, [0, 2])
np.take(M, [0, 2], axis=1)
np.take(M, [0, 5])
np.diagonal(Q)
np.diagonal(Q, 1)
np.diagonal(T, 0, 1, 2)
np.trace(Q)
np.copy(f)
np.real(c)
np.imag(c)
np.allclose(np.linalg.inv(Q) @ Q, np.eye(3))
np.linalg.det(Q)
np.linalg.det(np.zeros((2, 2)))
np.linalg.det(T[:, :3, :3])
np.linalg.det(M)
np.linalg.det(f)
np.linalg.slogdet(Q)
np.linalg.inv(Q)
np.linalg.inv(np.ones((2, 2)))
np.linalg.solve(Q, f[:3])
np.linalg.solve(Q, M)
np.linalg.solve(np.zeros((2, 2)), np.ones(2))
np.linalg.matrix_power(Q, 3)
np.linalg.matrix_power(Q, -2)
np.linalg.matrix_power(Q, 0)
np.linalg.cholesky(Q @ Q.T + np.eye(3))
np.linalg.cholesky(-np.eye(2))
np.linalg.eigvalsh(Q + Q.T)
np.linalg.eigh(np.diag([1.0, 2.0, 3.0]))[0]
np.sort(np.linalg.eigvals(np.array([[0.0, 1.0], [-2.0, -3.0]])))
np.sort(np.linalg.eigvals(np.array([[0.0, 1.0], [-1.0, 0.0]])).imag)
np.abs(np.linalg.eig(np.array([[2.0, 1.0], [1.0, 3.0]]))[1]).sum()
np.linalg.eig(np.array([[math.nan, 1.0], [0.0, 1.0]]))
np.linalg.svd(M, compute_uv=False)
np.linalg.svd(M.T, compute_uv=False)
[a.shape for a in np.linalg.svd(M)]
[a.shape for a in np.linalg.svd(M, full_matrices=False)]
[a.shape for a in np.linalg.svd(M.T)]
np.linalg.svd(np.full((2, 2), math.nan))
np.linalg.pinv(M)
np.linalg.pinv(np.ones((2, 3)))
np.linalg.cond(Q)
np.linalg.cond(np.full((2, 2), math.inf))
np.linalg.matrix_rank(M)
np.linalg.matrix_rank(np.ones((3, 3)))
np.linalg.matrix_rank(np.zeros((3, 3)))
np.abs(np.linalg.qr(M.T)[1])
np.abs(np.linalg.qr(M)[0])
np.linalg.norm(f)
np.linalg.norm(f, 1)
np.linalg.norm(f, math.inf)
np.linalg.norm(f, -math.inf)
np.linalg.norm(f, 0)
np.linalg.norm(f, 3)
np.linalg.norm(M)
np.linalg.norm(M, 1)
np.linalg.norm(M, -1)
np.linalg.norm(M, 2)
np.linalg.norm(M, -2)
np.linalg.norm(M, math.inf)
np.linalg.norm(M, -math.inf)
np.linalg.norm(M, "nuc")
np.linalg.norm(M, "fro")
np.linalg.norm(M, axis=1)
np.linalg.norm(M, 1, axis=0)
np.linalg.norm(M, axis=1, keepdims=True)
np.linalg.norm(k)
np.linalg.norm(c)
np.linalg.lstsq(M.T, f[:4], rcond=None)[0]
f[1]
f[-1]
f[9]
M[1]
M[1, 2]
M[1, -1]
M[:, 1]
M[0:2, ::2]
M[::-1]
M[None].shape
M[..., 1]
T[..., None, 0].shape
T[0, ..., 1]
M[M > 0]
M[[0, 2]]
M[[0, 2], [1, 3]]
M[:, [0, 2]]
T[[0, 1], :, [1, 2]]
M[[True, False, True]]
M[[True, False]]
f[True]
f[np.array(True)]
f[f]
M[1, 2, 3]
f[1.0]
f[k]
f[i]
s[()]
s[0]
len(M)
len(s)
list(M)
list(s)
bool(s)
bool(f)
bool(e)
float(s)
float(f)
int(s)
int(i)
complex(s)
[7, 8, 9][i]
[7, 8, 9][s]
2.0 in np.array([1.0, 2.0])
5.0 in np.array([1.0, 2.0])
format(s, ".3f")
format(f, ".3f")
s.item()
M.item(1, 2)
M.item()
M.tolist()
np.zeros((2, 0, 3)).tolist()
s.tolist()
list(f.flat)
f.nbytes
M.T
M.real
c.real
c.imag
f.imag
M.size
T.ndim
f.dtype.kind
k.dtype.itemsize
f.astype(int)
k.astype(float)
p.astype(int)
f.astype(bool)
c.astype(float, casting="safe")
[x := np.zeros(3), x.fill(2)]
[x := f.copy(), x.sort()]
[x := f.copy(), x.__setitem__(0, 9.0)]
[x := M.copy(), x.__setitem__((slice(None), 1), 0.0)]
[x := M.copy(), x.__setitem__(0, np.arange(4))]
[x := M.copy(), x.__setitem__(0, np.arange(3))]
[x := k.copy(), x.__setitem__(0, 2.9)]
[x := M.copy(), x.__setitem__((slice(None), slice(0, 2)), np.ones((1, 3, 2)))]
[x := f.copy(), x.__iadd__(1)]
[x := f.copy(), x.__imul__(g)]
copy.copy(f)
copy.deepcopy(M)
f.copy() is f
f + g
f - 1
1 - f
2 / f
f // 1
7 // k[2:]
f % 1
1 % f
f ** 2
2 ** f
2 ** k
k ** 2
k / 2
k // 2
k % 2
k / 0
k // 0
-f
+f
abs(f)
-p
~p
~k
p & (f > 0)
p | (f > 0)
p ^ (f > 0)
k << 1
k >> 1
1 << k
8 >> k
6 & k
1 | k
5 ^ k
f == g
f != f
f < g
f <= f
f > 0
f >= 0
p + p
p * 1.5
p - p
f + M
f @ g
M @ M.T
[1.0, 2.0, 3.0] @ Q
o + 1
o * o
o.sum()
o > 0.5
-o
c * c
abs(c)
c.conj()
f[0] + 1
f[0] // 2
f[0] % 2
f[0] ** 2
2 ** f[0]
-f[0]
abs(f[0])
f[0] == f[0]
f[0] < 3
k[0] + 1
k[0] + 0.5
k[0] / 2
k[0] % 3
k[0] ** 2
k[0] << 2
k[0] & 3
p[0] & p[1]
p[0] | p[1]
~p[0]
not p[0]
f[0] / 0
-f[0] / 0.0
np.float64(0.0) / 0.0
np.float64(0.0) ** -1
np.float64(-8.0) ** (1/3)
np.float64(2.0) ** 5000
np.float64(3.7) % np.float64(-2.0)
np.float64(3.7) // np.float64(-2.0)
np.float64(3.0) // 0
np.float64(3.0) % 0
np.float64(math.inf) % 2
5.0 % np.float64(math.inf)
-5.0 % np.float64(math.inf)
np.float64(1.5).shape
np.float64(1.5).ndim
np.float64(1.5).size
np.float64(1.5).dtype.kind
np.float64(1.5).item()
np.float64(1.5).astype(int)
np.float64(1.5).reshape(1)
np.float64(1.5).tolist()
np.float64(1.5).sum()
np.float64(1.5).real
np.float64(1.5).copy()
np.float64(1.5).round()
np.float64(1.5).max()
np.float64(1.5).T
np.float64(1.5)[()]
np.float64(1.5).is_integer()
np.int64(3).item()
np.int64(3).astype(float)
int(np.int64(3))
float(np.int64(3))
[7, 8, 9, 10][np.int64(3)]
np.bool_(True)
np.bool_(0)
np.complex128(1 + 2j)
np.isnan(np.float64(math.nan))
math.floor(np.float64(2.5))
round(np.float64(2.567), 1)
hash(np.float64(2.0)) == hash(2.0)
np.dtype(float).kind
np.dtype(int) == int
np.dtype(float) == float
np.dtype(float) == np.dtype("float64")
np.dtype("int64").kind
np.dtype(bool).name
f.dtype == float
f.dtype == np.float64
k.dtype == np.int64
f.mean()
f.var()
M.std(axis=0)
M.sum(axis=-1)
M.sum(axis=3)
M.max(axis=(0, 1))
T.mean(axis=(0, 1))
M.any()
(M > 9).any(axis=0)
(M > 9).all()
f.argmax()
M.argmin(axis=0)
M.ptp() if hasattr(M, "ptp") else np.ptp(M)
M.cumsum(axis=0)
f.cumprod()
f.dot(g)
f.clip(-1, 1)
f.round(2)
M.trace()
M.diagonal(-1)
M.repeat(2)
M.take([0, 3])
M.swapaxes(0, 1)
M.squeeze()
M.argsort()
k.sum()
p.sum()
p.mean()
k.prod()
k.mean()
p.max()
k.max()
np.sum([1, 2, 3])
np.sum([True, True])
np.polynomial.legendre.leggauss(3)
np.polynomial.legendre.leggauss(8)
np.linalg.cond(M)
[x := k.copy(), x.__iadd__(f)]
[x := f.copy(), x.__iadd__(k)]
np.einsum("...i,...i", T, T)
np.einsum("...ij", T)
np.correlate(f, g[:4], "same")
np.correlate(f, g[:2], "same")
np.zeros((2, 3, 0)).tolist()
np.zeros((0, 3)).tolist()
np.log2(w)
np.log10(w)
np.heaviside(f, 0.5)
np.logaddexp(w, w)
np.logaddexp(1.0, -math.inf)
np.logaddexp(1.0, 2.0)
np.ldexp(1.0, 3) if hasattr(np, "ldexp") else 8.0
np.fmax(w, 1.0)
np.fmin(w, 1.0)
np.maximum(w, 1.0)
np.minimum(1.0, w)
np.sign(w)
np.sign(k)
np.square(k)
np.cbrt(-8.0)
np.exp2(5000.0)
np.sinc(0.0)
np.power(k, 2)
np.float_power(k, 2) if hasattr(np, "float_power") else 0
np.copysign(1.0, w)
np.equal(f, f)
np.isinf(w)
np.logical_not(p)
np.exp(k)
np.hypot(f, k)
np.add(k, k)
np.array(o)
np.exp(np.array([[]]))
np.empty(2, dtype=object).shape
np.float_power(2, k)
np.float_power(k, -1.0)
c + f[:3]
np.linalg.svd(Q)[1]
np.linalg.norm(T, axis=2)
np.linalg.norm(T, axis=(1, 2))
np.linalg.norm(f, "nuc")
np.random.default_rng(1).random(3).shape
np.random.default_rng(1).uniform(size=(2, 3)).shape
np.random.default_rng(1).normal(0.0, 1.0, 4).shape
np.random.default_rng(1).standard_normal((2, 2)).shape
np.random.default_rng(1).choice([1.0, 2.0], 5).shape
np.random.default_rng(1).integers(0, 3, 7).dtype.kind
np.random.default_rng(1).integers(5) < 5
np.random.default_rng(1).random() < 1.0
set(np.random.default_rng(2).integers(1, 3, 50).tolist()) == {1, 2}
"""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", CALLS.strip().splitlines())
def test_a_call_has_the_value_that_numpy_gives_it(call: str) -> None:
    wanted, found = plain(outcome(real, call)), plain(outcome(ours, call))
    assert alike(wanted, found), (wanted, found)


def test_a_table_with_a_wrong_line_fails() -> None:
    wanted = plain(outcome(real, "np.cumsum(f)"))
    assert not alike(wanted, plain(outcome(ours, "np.cumprod(f)")))
    assert not alike(wanted, plain(outcome(ours, "np.cumsum(k)")))
    assert not alike(plain(True), plain(1)) and not alike(plain(1), plain(1.0)) and alike(plain(real.float64(1)), plain(1.0))


def test_an_array_comes_back_from_a_pickle() -> None:
    again = pickle.loads(pickle.dumps(ours.array([[1.0, 2.0]])))  # written here
    assert again.tolist() == [[1.0, 2.0]] and again.dtype == float


def test_what_is_equal_has_equal_bytes() -> None:
    a, b = ours.array([1.0, 2.0]), ours.array([1.0, 2.5])
    assert a.tobytes() == ours.array([1.0, 2.0]).tobytes() == real.array([1.0, 2.0]).tobytes() != b.tobytes()
    assert ours.array([1, 2]).tobytes() == real.array([1, 2]).tobytes()


def test_integers_in_place_take_no_fractions() -> None:
    whole = ours.array([1, 2])
    with pytest.raises(TypeError, match=r"Cannot cast the result from .*float.* to .*int.* with casting rule 'same_kind'"):
        whole += 0.5


@pytest.mark.parametrize("n", [1, 2, 7, 20])
def test_gauss_integrates_polynomials_of_twice_the_degree(n: int) -> None:
    nodes, weights = ours.polynomial.legendre.leggauss(n)
    wanted = real.polynomial.legendre.leggauss(n)
    real.testing.assert_allclose(nodes.tolist(), wanted[0], atol=1e-13)
    real.testing.assert_allclose(weights.tolist(), wanted[1], atol=1e-13)


@pytest.mark.parametrize("there", [True, False])
def test_it_stands_where_numpy_is_not(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    """`installed()` changes nothing where NumPy can be had, and puts the arrays in its place where it cannot."""
    known = {name: module for name, module in sys.modules.items() if name.partition(".")[0] not in ("numpy", "scipy")}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if there else None)
    monkeypatch.setattr(sys, "modules", known)
    assert arrays.installed() is not there
    assert ("numpy" in known) is not there
    if not there:
        assert known["numpy"].array([1, 2]).sum() == 3 and known["scipy.special"].expit(0.0) == 0.5
