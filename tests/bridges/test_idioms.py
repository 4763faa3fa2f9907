"""Functions as people write them in NumPy and PyTorch: read, and equal to what they compute, with the gradient of their differences.

Methods, keywords, `@`, `.T`, keepdims, axis=-1, slices, `x[:, None]`, arrays of three axes that are summed up, einsum, nested functions, augmented
assignments and conditional expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symdiff as sd

torch: Any = pytest.importorskip("torch")
F = torch.nn.functional
SIZES = {"m": 3, "n": 4, "k": 2, "d": 4, "h": 5}
IDIOMS: list[tuple[Callable[..., Any], dict[str, str], Any]] = []


def case(types: dict[str, str], library: Any = np) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        IDIOMS.append((function, types, library))
        return function

    return add


@case({"X": "matrix(m,n)", "w": "vector(n)", "y": "vector(m)"})
def ridge(X, w, y, lam=0.1):
    r = X @ w - y
    return 0.5 * (r**2).mean() + lam * np.sum(w**2)


@case({"X": "matrix(m,n)", "w": "vector(n)", "y": "vector(m)"})
def logistic(X, w, y):
    z = X.dot(w)
    return np.mean(np.logaddexp(0, -y * z))


@case({"Z": "matrix(m,k)", "Y": "matrix(m,k)"})
def ce(Z, Y):
    Z = Z - Z.max(axis=1, keepdims=True)
    logp = Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))
    return -(Y * logp).sum() / Z.shape[0]


@case({"Q": "matrix(n,d)", "K": "matrix(n,d)", "V": "matrix(n,d)"})
def attention(Q, K, V):
    s = Q @ K.T / np.sqrt(Q.shape[1])
    p = np.exp(s) / np.exp(s).sum(-1, keepdims=True)
    return (p @ V).sum()


@case({"x": "matrix(m,n)", "g": "vector(n)", "b": "vector(n)"})
def layernorm(x, g, b, eps=1e-5):
    mu = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    return np.sum(((x - mu) / np.sqrt(var + eps) * g + b) ** 2)


@case({"X": "matrix(n,d)", "Y": "matrix(m,d)"})
def rbf(X, Y):
    d = ((X[:, None, :] - Y[None, :, :]) ** 2).sum(axis=-1)
    return np.exp(-d / 2).sum()


@case({"X": "matrix(n,d)"})
def pair(X):
    sq = np.sum(X * X, axis=1)
    D = sq[:, None] + sq[None, :] - 2 * X @ X.T
    return np.sum(D**2)


@case({"x": "vector(n)"})
def tv(x):
    return np.sum(np.abs(x[1:] - x[:-1]))


@case({"x": "vector(n)"})
def rosen(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


@case({"x": "vector(n)", "t": "scalar"})
def nested(x, t):
    def act(z):
        return np.where(z > 0, z, 0.1 * z)

    s = act(x - t)
    return s.dot(s) if True else 0


@case({"A": "matrix(n,n)", "x": "vector(n)"})
def einsum(A, x):
    return np.einsum("i,ij,j->", x, A, x)


@case({"A": "matrix(m,n)", "B": "matrix(m,n)"})
def einsum2(A, B):
    return np.einsum("ij,ij->i", A, B).sum()


@case({"x": "vector(n)"})
def augmented(x):
    s = x.sum()
    s *= 2
    s -= 1
    s /= 3
    s **= 2
    return s


@case({"x": "scalar"})
def ternary(x):
    return x**2 if x > 0 else -x


@case({"x": "vector(n)", "y": "vector(n)"})
def cosine(x, y):
    return 1 - np.dot(x, y) / (np.linalg.norm(x) * np.linalg.norm(y))


@case({"x": "vector(n)", "y": "vector(n)"}, torch)
def tcos(x, y):
    return 1 - (x * y).sum(dim=-1) / (x.norm() * y.norm(p=2))


@case({"x": "matrix(m,n)", "y": "matrix(m,n)"}, torch)
def triplet(x, y):
    d = (x - y).pow(2).sum(dim=1).sqrt()
    return F.relu(d - 1.0).mean()


@case({"x": "matrix(m,n)", "y": "matrix(m,n)"}, torch)
def infonce(x, y):
    x = F.normalize(x, dim=-1)
    y = F.normalize(y, dim=-1)
    l = x @ y.t() / 0.1
    return -torch.log_softmax(l, dim=-1).diagonal().mean()


@case({"x": "vector(n)"}, torch)
def huberish(x):
    a = x.abs()
    return torch.where(a < 1, 0.5 * a * a, a - 0.5).sum()


@case({"mu": "vector(n)", "s": "vector(n)"}, torch)
def klg(mu, s):
    return -0.5 * torch.sum(1 + s - mu.pow(2) - s.exp())


@case({"A": "matrix(n,n)"})
def gauss(A):
    S = A @ A.T + np.eye(A.shape[0])
    return np.linalg.slogdet(S)[1] + np.trace(np.linalg.inv(S))


@case({"x": "vector(n)", "W1": "matrix(h,n)", "b1": "vector(h)", "w2": "vector(h)"})
def mlp(x, W1, b1, w2):
    h = np.tanh(W1 @ x + b1)
    return w2 @ h


@case({"x": "vector(n)"})
def softm(x):
    e = np.exp(x - np.max(x))
    return (e / e.sum())[0]


@case({"X": "matrix(n,d)", "C": "matrix(k,d)"})
def kmeans(X, C):
    return np.min(((X[:, np.newaxis] - C) ** 2).sum(-1), axis=1).sum()


@case({"x": "vector(n)", "y": "vector(n)"})
def unpack(x, y):
    a, b = x.mean(), y.mean()
    return ((x - a) * (y - b)).mean() / (x.std() * y.std())


@case({"A": "matrix(n,n)", "b": "vector(n)"})
def solve(A, b):
    return b @ np.linalg.solve(A, b)


@case({"x": "vector(n)"}, torch)
def tstat(x):
    return x.var(unbiased=False) + x.std(unbiased=True) + x.max() + x.clamp(min=0).sum() + torch.logsumexp(x, dim=0)


@case({"X": "matrix(m,n)", "w": "vector(n)"}, torch)
def einsum3(X, w):
    return torch.einsum("bi,i->b", X, w).sigmoid().log().mean().neg()


@case({"x": "vector(n)"})
def second_differences(x):
    return np.sum((x[2:] - 2 * x[1:-1] + x[:-2]) ** 2)


@case({"X": "matrix(n,d)", "Y": "matrix(m,d)"})
def laplace(X, Y):
    return np.exp(-np.abs(X[:, None] - Y[None]).sum(axis=2)).mean()


@case({"X": "matrix(n,d)", "C": "matrix(k,d)"}, torch)
def soft_assignments(X, C):
    dist = (X.unsqueeze(1) - C).pow(2).sum(-1) if False else ((X[:, None, :] - C[None, :, :]) ** 2).sum(dim=2)
    return torch.logsumexp(-dist, dim=1).sum()


@case({"A": "matrix(m,n)", "B": "matrix(n,k)"})
def implicit(A, B):
    return (np.einsum("ij,jk", A, B) ** 2).sum()


@case({"A": "matrix(n,n)"})
def log_volume(A):
    return np.linalg.slogdet(A)[1]


def values(types: dict[str, str]) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    return {name: np.asarray(rng.normal(size=[SIZES[d] for d in re.findall(r"\w+", t.partition("(")[2])])) for name, t in types.items()}


@pytest.mark.parametrize(("function", "types", "library"), IDIOMS, ids=[f.__name__ for f, *_ in IDIOMS])
def test_an_idiom_is_read(function: Callable[..., Any], types: dict[str, str], library: Any) -> None:
    f = sd.from_python(function, **types)
    at = values(types)

    def value(x: dict[str, Any]) -> float:
        return float(function(**({k: torch.as_tensor(v) for k, v in x.items()} if library is torch else x)))

    assert value(at) == pytest.approx(float(f(at)), rel=1e-9)
    for name in types:
        g = np.broadcast_to(np.asarray(sd.grad(f, name)(at)), at[name].shape)
        for place in list(np.ndindex(g.shape))[:5]:
            moved = [
                {
                    **at,
                    name: at[name]
                    + h * (np.arange(at[name].size).reshape(at[name].shape) == np.ravel_multi_index(place, g.shape) if place else 1),
                }
                for h in (1e-5, -1e-5)
            ]
            assert (value(moved[0]) - value(moved[1])) / 2e-5 == pytest.approx(float(g[place]), rel=1e-5, abs=1e-6)


def unread_transpose(X, Y):
    return (X[:, None, :] - Y[None, :, :]).T.sum()


def unread_function(X, Y):
    return np.cumsum(X[:, None, :] - Y[None, :, :], axis=0).sum()


@pytest.mark.parametrize("function", [unread_transpose, unread_function])
def test_what_is_not_read_of_three_axes_is_refused_with_its_line(function: Callable[..., Any]) -> None:
    with pytest.raises(sd.SymdiffError, match="line 2"):
        sd.from_python(function, X="matrix(n, d)", Y="matrix(m, d)")
