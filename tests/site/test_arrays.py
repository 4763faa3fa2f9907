"""The page's arrays beside NumPy: the same calls on the same numbers, drawn at random; and the check of answers on them."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as real
import pytest
import scipy.special

from symdiff.page import arrays
from symdiff.page.arrays import special

ours = arrays.module()
ROOT = Path(__file__).parents[2]

SHAPES = [(), (3,), (1,), (0,), (2, 3), (3, 1), (1, 3), (2, 1, 3), (4, 2, 3)]


def drawn(shape: tuple[int, ...], seed: int, wild: bool = False) -> Any:
    rng = random.Random(seed)
    values = [
        rng.choice((0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, -1e-300))
        if wild and rng.random() < 0.3
        else rng.uniform(-3, 3)
        for _ in range(math.prod(shape))
    ]
    return real.array(values, dtype=float).reshape(shape)


def both(value: Any) -> tuple[Any, Any]:
    """A NumPy array, and ours of the same entries."""
    return value, ours.array(value.tolist(), dtype={"f": float, "i": int, "b": bool}[value.dtype.kind]).reshape(value.shape)


def same(wanted: Any, found: Any, digits: float = 1e-9) -> None:
    if isinstance(wanted, tuple):
        assert len(wanted) == len(found)
        for a, b in zip(wanted, found, strict=True):
            same(a, b, digits)
        return
    wanted = real.asarray(wanted)
    assert wanted.shape == ours.shape(found), (wanted.shape, found)
    assert wanted.dtype.kind == ours.asarray(found).dtype.kind or wanted.dtype.kind + ours.asarray(found).dtype.kind in ("iu", "ui"), (
        wanted.dtype,
        found,
    )
    got = real.array(ours.asarray(found).tolist(), dtype=wanted.dtype).reshape(wanted.shape)
    real.testing.assert_allclose(got, wanted, rtol=digits, atol=digits)


def compared(call: Callable[..., Any], *values: Any, digits: float = 1e-9) -> None:
    """`call(np, …)` with either library: one result, or an error in both."""
    pairs = [both(v) for v in values]
    with real.errstate(all="ignore"):
        try:
            wanted = call(real, *[a for a, _ in pairs])
        except (ValueError, IndexError, TypeError) as error:
            with pytest.raises((type(error), ValueError, IndexError, TypeError)):
                call(ours, *[b for _, b in pairs])
            return
        found = call(ours, *[b for _, b in pairs])
    same(wanted, found, digits)


ONE = "exp log log2 log10 log1p expm1 exp2 sqrt cbrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh sinc floor ceil round sign negative isnan isfinite isinf logical_not square abs"
TWO = "maximum minimum fmax fmin arctan2 hypot logaddexp copysign heaviside add subtract multiply divide power less greater equal not_equal less_equal logical_and logical_or mod"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ONE.split())
def test_functions_of_one_number(name: str) -> None:
    for k, shape in enumerate(SHAPES):
        for wild in (False, True):
            compared(lambda np, x: getattr(np, name)(x), drawn(shape, k, wild))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TWO.split())
def test_functions_of_two_numbers_spread(name: str) -> None:
    for k, a in enumerate(SHAPES):
        for j, b in enumerate(SHAPES):
            for wild in (False, True):
                if name == "mod" and wild:
                    continue  # of infinite numbers NumPy's depends on the machine
                compared(lambda np, x, y: getattr(np, name)(x, y), drawn(a, k, wild), drawn(b, 100 + j, wild))


REDUCTIONS: list[Callable[[Any, Any, Any], Any]] = [
    lambda np, x, axis: np.sum(x, axis=axis), lambda np, x, axis: np.prod(x, axis=axis), lambda np, x, axis: np.max(x, axis=axis), lambda np, x, axis: np.min(x, axis=axis),
    lambda np, x, axis: np.mean(x, axis=axis), lambda np, x, axis: np.var(x, axis=axis), lambda np, x, axis: np.std(x, axis=axis), lambda np, x, axis: np.any(x > 0, axis=axis),
    lambda np, x, axis: np.all(x > 0, axis=axis), lambda np, x, axis: x.argmax(axis), lambda np, x, axis: x.max(axis=axis, keepdims=True), lambda np, x, axis: np.linalg.norm(x, axis=axis),
    lambda np, x, axis: np.median(x, axis=axis), lambda np, x, axis: np.cumsum(x, axis=axis),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("k", range(len(REDUCTIONS)))
def test_one_number_of_many(k: int) -> None:
    for s, shape in enumerate(SHAPES):
        for axis in (None, 0, -1, 1, (0, 1)):
            if not shape and axis is not None:
                continue  # NumPy's own functions differ in what they say of a number's axis
            if (isinstance(axis, tuple) and k in (9, 13)) or (k in (9, 12) and 0 in shape):
                continue
            compared(lambda np, x, axis=axis: REDUCTIONS[k](np, x, axis), drawn(shape, s))


KEYS: list[Callable[[Any, Any], Any]] = [
    lambda np, x: x[0], lambda np, x: x[-1], lambda np, x: x[...], lambda np, x: x[None], lambda np, x: x[..., None], lambda np, x: x[1:], lambda np, x: x[::-1],
    lambda np, x: x[:, 0], lambda np, x: x[:, ::2], lambda np, x: x[0, 1], lambda np, x: x[..., 0], lambda np, x: x[x > 0], lambda np, x: x[np.array([0, 1, 0])],
    lambda np, x: x[np.array([[0, 1], [1, 0]])], lambda np, x: x[:, np.array([0, 1])], lambda np, x: x[np.array([0, 1]), np.array([1, 0])], lambda np, x: x[np.array([0, 1]), :, np.array([1, 0])],
    lambda np, x: x[0, :, np.array([1, 0])], lambda np, x: x[:, None, 0], lambda np, x: x[[True, False]], lambda np, x: x[5], lambda np, x: x[0, 0, 0, 0], lambda np, x: x[np.array([True, False]), 0],
    lambda np, x: x.T, lambda np, x: x.reshape(-1), lambda np, x: x.reshape(3, -1), lambda np, x: x.swapaxes(0, -1), lambda np, x: np.moveaxis(x, 0, -1), lambda np, x: np.flip(x, 0),
    lambda np, x: np.repeat(x, 2, 0), lambda np, x: np.tile(x, 2), lambda np, x: np.concatenate([x, x], -1), lambda np, x: np.stack([x, x], 1), lambda np, x: np.pad(x, 1),
    lambda np, x: np.argsort(x), lambda np, x: np.sort(x), lambda np, x: np.flatnonzero(x > 0), lambda np, x: np.where(x > 0, x, 0), lambda np, x: np.diff(x), lambda np, x: np.tril(x),
    lambda np, x: np.triu(x, 1), lambda np, x: np.broadcast_to(x, (5, *x.shape)), lambda np, x: x.astype(int), lambda np, x: np.clip(x, -1, 1), lambda np, x: np.outer(x, x), lambda np, x: np.kron(x, x),
    lambda np, x: np.roll(x, 1), lambda np, x: np.resize(x, (2, 2)), lambda np, x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=0), lambda np, x: np.nan_to_num(x), lambda np, x: np.ptp(x),
    lambda np, x: (x > 0) & ~(x > 1), lambda np, x: -x, lambda np, x: x**2, lambda np, x: 2.0**x, lambda np, x: 1 - x, lambda np, x: x // 1, lambda np, x: (x > 0).sum(), lambda np, x: np.diagonal(x),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("k", range(len(KEYS)))
def test_parts_and_shapes(k: int) -> None:
    for s, shape in enumerate(SHAPES):
        if (0 in shape and k == 47) or (shape == () and 24 <= k < 50):
            continue  # of a number's axes NumPy's own functions say different things
        compared(lambda np, x: KEYS[k](np, x), drawn(shape, s))


def test_parts_are_replaced() -> None:
    def replaced(np: Any, x: Any) -> Any:
        x = x.copy()
        x[0] = 7
        x[:, 1] = np.array([1.0, 2.0])
        x[x < 0] = 0
        x[np.array([1]), np.array([2])] += 5
        x.reshape(-1)[1] = -1
        x *= 2
        return x

    compared(replaced, drawn((2, 3), 5))


@pytest.mark.parametrize(
    "subscripts",
    [
        "ij,j->i",
        "ij,jk->ik",
        "ij,ij->",
        "ii->",
        "ii->i",
        "i,j->ij",
        "ij->ji",
        "kia,kja->kij",
        "ij,jk,kl->il",
        "i,i,i->",
        "ij,j",
        "...i,...i->...",
        "ijk->k",
        "i,ij,j->",
        "ij,kj->ikj",
    ],
)
def test_sums_of_products(subscripts: str) -> None:
    sizes = dict(zip("ijklam", (2, 3, 4, 2, 3, 2), strict=True))
    given = subscripts.partition("->")[0].split(",")
    if subscripts in ("ii->", "ii->i"):
        shapes = [(3, 3)]
    else:
        shapes = [(2, *[sizes[c] for c in part[3:]]) if part.startswith("...") else tuple(sizes[c] for c in part) for part in given]
    compared(lambda np, *x: np.einsum(subscripts, *x), *[drawn(s, k) for k, s in enumerate(shapes)])


@pytest.mark.parametrize("a", [(3,), (2, 3), (4, 2, 3)])
@pytest.mark.parametrize("b", [(3,), (3, 2), (4, 3, 2), (3, 3), (2, 2)])
def test_products(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    compared(lambda np, x, y: x @ y, drawn(a, 1), drawn(b, 2))


ALGEBRA: list[tuple[Callable[[Any, Any], Any], tuple[int, ...]]] = [
    (lambda np, a: np.linalg.det(a), (3, 3)), (lambda np, a: np.linalg.det(a), (4, 2, 2)), (lambda np, a: np.linalg.inv(a), (3, 3)), (lambda np, a: np.linalg.inv(a), (4, 3, 3)),
    (lambda np, a: np.linalg.solve(a, a[0]), (3, 3)), (lambda np, a: np.linalg.slogdet(a), (3, 3)), (lambda np, a: np.linalg.eigvalsh(a + a.T), (4, 4)), (lambda np, a: np.linalg.cholesky(a @ a.T + np.eye(3)), (3, 3)),
    (lambda np, a: np.linalg.svd(a, compute_uv=False), (3, 5)), (lambda np, a: np.linalg.svd(a, compute_uv=False), (5, 2)), (lambda np, a: np.linalg.pinv(a), (4, 2)), (lambda np, a: np.linalg.cond(a), (3, 3)),
    (lambda np, a: np.linalg.matrix_power(a, 5), (3, 3)), (lambda np, a: np.linalg.matrix_power(a, -2), (3, 3)), (lambda np, a: np.linalg.norm(a), (3, 3)), (lambda np, a: np.linalg.norm(a, 1), (3, 4)),
    (lambda np, a: np.linalg.norm(a, "nuc"), (3, 4)), (lambda np, a: abs(np.linalg.qr(a)[1]), (4, 3)), (lambda np, a: np.cross(a, a[::-1]), (2, 3)), (lambda np, a: np.trace(a), (3, 3)),
    (lambda np, a: np.sort(abs(np.linalg.eigvals(a))), (4, 4)),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(ALGEBRA)))
def test_linear_algebra(k: int) -> None:
    call, shape = ALGEBRA[k]
    for seed in range(5):
        compared(call, drawn(shape, seed), digits=1e-7)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (3, 1)])
def test_singular_values_put_a_matrix_together(shape: tuple[int, int]) -> None:
    for matrix in (drawn(shape, 3), real.outer(drawn(shape[:1], 1), drawn(shape[1:], 2)), real.zeros(shape)):
        u, s, v = ours.linalg.svd(ours.array(matrix.tolist()), full_matrices=False)
        same(matrix, u @ ours.diag(s) @ v)
        same(real.eye(min(shape)), u.T @ u)
        u, s, v = ours.linalg.svd(ours.array(matrix.tolist()))
        same(real.eye(shape[0]), u.T @ u)
        same(real.eye(shape[1]), v @ v.T)


def test_singular_matrices_are_refused() -> None:
    for call in (ours.linalg.inv, lambda a: ours.linalg.solve(a, ours.ones(2))):
        with pytest.raises(ours.linalg.LinAlgError):
            call(ours.array([[1.0, 2.0], [2.0, 4.0]]))
    with pytest.raises(ours.linalg.LinAlgError):
        ours.linalg.cholesky(ours.array([[1.0, 2.0], [2.0, 1.0]]))


@pytest.mark.parametrize("name", ["expit", "erf", "erfc", "erfcx", "erfinv", "gamma", "gammaln", "digamma", "logit", "log_ndtr"])
def test_special_functions(name: str) -> None:
    points = [-30.0, -3.7, -1.0, -0.5, 0.0, 0.3, 0.5, 0.99, 1.0, 2.5, 10.0, 30.0]
    wanted = getattr(scipy.special, name)(real.array(points))
    found = real.array(getattr(special, name)(ours.array(points)).tolist())
    usable = real.isfinite(wanted) & ~((name == "digamma") & (real.array(points) == 0))
    real.testing.assert_allclose(found[usable], wanted[usable], rtol=1e-9, atol=1e-12)
    assert not real.isfinite(found[~usable]).any()


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(AttributeError):
        _ = ours.fft
    with pytest.raises(ValueError, match="inhomogeneous"):
        ours.array([[1], [1, 2]])


ALONE = """
import sys
BLOCKED = ("numpy", "scipy", "flint", "typst", "click", "lark")
class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Refused())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in BLOCKED else find(name, package)
from symdiff.page import arrays
assert arrays.installed()
import symdiff as sd
for text, wrt in [("max(1 - y*w.phi, 0)", "w"), ("norm2(A*x - y)^2", "x"), ("softmax(x)", "x"), ("logdet(X)", "X"), ("gelu(x)", "x"), ("A: symmetric matrix(n,n); x'*A*x", "A")]:
    f = sd.parse(text)
    g = sd.jacobian(f, wrt)
    verdict = sd.verify(f, wrt, g)
    assert verdict.ok, (text, verdict)
    assert sd.verify(f, wrt, g + g).ok is False, text
f = sd.parse("score = w.phi; margin = y*score; max(1 - margin, 0)")
assert sd.grad(f, "w")(w=[3, 1], phi=[1, 2], y=0.1).tolist() == [-0.1, -0.2]
assert sd.check(f, "w", "-y*phi").correct is False
for text, wrt, kind in [("norm2(X*w - y)^2 + lambda*norm1(w)", "w", "convex"), ("norm2(X*w - y)^2 + lambda*norm2(w)^2", "w", "convex"), ("(w.sigma(V*phi) - y)^2", "V", "neither")]:
    assert sd.curvature(text, wrt).kind == kind, text
assert "0.5" in f.trace(dict(w=[3, 1], phi=[1, 2], y=0.1)).show("text")
print("fine")
"""


def test_the_engine_needs_no_other_library() -> None:
    """Answers, checks of right and of wrong ones, numbers, marks and curvature without NumPy, SciPy, FLINT, Typst, Click and Lark."""
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == "fine\n", done.stderr[-3000:]
