# ruff: noqa: PLC3002 - an expert names the parts of an expression
"""Formulas of practice: each as it is typed here, as people type it for JAX and PyTorch, and the gradient that an expert writes in NumPy.

`xp` stands for JAX or PyTorch, with the functions that differ in name (`Library` in code.py). Sizes are such that one thread needs about a millisecond or more
for most gradients, and the largest formulas a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

Arrays = dict[str, Any]


class Practice(NamedTuple):
    """text: the formula. wrt: what it is differentiated by. data: its values. value: of any library. hand: gradients in NumPy, by variable."""

    text: str
    wrt: str
    data: Callable[[Any], Arrays]
    value: Callable[..., Any]
    hand: Mapping[str, Callable[..., Any]] = {}


def normal(r: Any, **shapes: tuple[int, ...]) -> Arrays:
    """Normal numbers; matrices are scaled so that products keep the size of their arguments."""
    return {name: r.standard_normal(shape) / (shape[-1] ** 0.5 if len(shape) == 2 else 1) for name, shape in shapes.items()}


def sigma(t: Any) -> Any:
    return 1 / (1 + np.exp(-t))


def softmax(Z: Any) -> Any:
    e = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------------------------------------- networks


def rnn(xp: Any, W: Any, U: Any, x1: Any, x2: Any, x3: Any, b: Any, c: Any) -> Any:
    h1 = xp.tanh(U @ x1 + b)
    h2 = xp.tanh(W @ h1 + U @ x2 + b)
    return c @ xp.tanh(W @ h2 + U @ x3 + b)


def rnn_by_b(W: Any, U: Any, x1: Any, x2: Any, x3: Any, b: Any, c: Any) -> Any:
    h1 = np.tanh(U @ x1 + b)
    h2 = np.tanh(W @ h1 + U @ x2 + b)
    h3 = np.tanh(W @ h2 + U @ x3 + b)
    d3 = c * (1 - h3**2)
    d2 = (W.T @ d3) * (1 - h2**2)
    return d3 + d2 + (W.T @ d2) * (1 - h1**2)


def gru(xp: Any, R: Any, Z: Any, W: Any, x1: Any, x2: Any, h0: Any, c: Any) -> Any:
    h = h0
    for x in (x1, x2):
        z = xp.sigmoid(Z @ h + x)
        r = xp.sigmoid(R @ h + x)
        h = (1 - z) * h + z * xp.tanh(W @ (r * h) + x)
    return c @ h


def lstm(xp: Any, P: Any, Q: Any, F: Any, O: Any, x1: Any, x2: Any, w: Any) -> Any:
    h = xp.tanh(P @ x1)
    s = xp.sigmoid(Q @ x1) * h
    g = xp.sigmoid(O @ x1) * xp.tanh(s)
    s = xp.sigmoid(F @ x2 + g) * s + xp.sigmoid(Q @ x2 + g) * xp.tanh(P @ x2 + g)
    return w @ (xp.sigmoid(O @ x2 + g) * xp.tanh(s))


def swiglu_by_x(W: Any, V: Any, U: Any, x: Any, y: Any) -> Any:
    a, b = W @ x, V @ x
    s = sigma(a)
    d = 2 * (U.T @ (U @ (a * s * b) - y))
    return W.T @ (d * b * (s + a * s * (1 - s))) + V.T @ (d * a * s)


def attention(xp: Any, Q: Any, K: Any, V: Any, G: Any) -> Any:
    return (G * (xp.softmax(Q @ K.T / Q.shape[1] ** 0.5) @ V)).sum()


def attention_by_Q(Q: Any, K: Any, V: Any, G: Any) -> Any:
    P = softmax(Q @ K.T / Q.shape[1] ** 0.5)
    D = G @ V.T
    D *= P
    D -= P * D.sum(axis=1, keepdims=True)
    return D @ K / Q.shape[1] ** 0.5


def batch_norm(xp: Any, X: Any, G: Any, c: Any, b: Any) -> Any:
    mu = X.mean(0)
    v = ((X - mu) ** 2).mean(0)
    return (G * ((X - mu) / (v + 1e-5) ** 0.5 * c + b)).sum()


def batch_norm_by_X(X: Any, G: Any, c: Any, b: Any) -> Any:
    D = X - X.mean(axis=0)
    s = np.sqrt((D**2).mean(axis=0) + 1e-5)
    D /= s
    return (c / s) * (G - G.mean(axis=0) - D * (G * D).mean(axis=0))


def layer_norm_rows(xp: Any, X: Any, G: Any, c: Any, b: Any) -> Any:
    D = X - X.mean(1)[:, None]
    v = (D**2).mean(1)
    return (G * (D / ((v + 1e-5) ** 0.5)[:, None] * c + b)).sum()


def layer_norm_by_X(X: Any, G: Any, c: Any, b: Any) -> Any:
    D = X - X.mean(axis=1, keepdims=True)
    s = np.sqrt((D**2).mean(axis=1, keepdims=True) + 1e-5)
    D /= s
    G = G * c
    return (G - G.mean(axis=1, keepdims=True) - D * (G * D).mean(axis=1, keepdims=True)) / s


def layers(xp: Any, X: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, w: Any) -> Any:
    H = xp.relu(X @ W1 + b1)
    H = xp.relu(H @ W2 + b2)
    return ((H @ w - y) ** 2).mean()


def layers_by_W1(X: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, w: Any) -> Any:
    A = np.maximum(X @ W1 + b1, 0)
    B = np.maximum(A @ W2 + b2, 0)
    D = np.outer(2 / len(y) * (B @ w - y), w) * (B > 0)
    return X.T @ ((D @ W2.T) * (A > 0))


NETWORKS = {
    "three layers": Practice(
        "X: matrix(m,n); y: vector(m); W1: matrix(n,h); b1: vector(h); W2: matrix(h,k); b2: vector(k); w: vector(k); "
        "H1 = relu(X*W1 + vector(1,m)*b1'); H2 = relu(H1*W2 + vector(1,m)*b2'); sum((H2*w - y) .^ 2)/m",
        "W1 b1 W2 w",
        lambda r: normal(r, X=(512, 256), y=(512,), W1=(256, 128), b1=(128,), W2=(128, 64), b2=(64,), w=(64,)),
        layers,
        {"W1": layers_by_W1},
    ),
    "recurrent": Practice(
        "W: matrix(k,k); U: matrix(k,d); x1: vector(d); x2: vector(d); x3: vector(d); b: vector(k); c: vector(k); "
        "h1 = tanh(U*x1 + b); h2 = tanh(W*h1 + U*x2 + b); h3 = tanh(W*h2 + U*x3 + b); c.h3",
        "b W U x1",
        lambda r: normal(r, W=(1024, 1024), U=(1024, 256), x1=(256,), x2=(256,), x3=(256,), b=(1024,), c=(1024,)),
        rnn,
        {"b": rnn_by_b},
    ),
    "gru": Practice(
        "R: matrix(k,k); Z: matrix(k,k); W: matrix(k,k); x1: vector(k); x2: vector(k); h0: vector(k); c: vector(k); "
        "z1 = sigma(Z*h0 + x1); r1 = sigma(R*h0 + x1); h1 = (1 - z1) .* h0 + z1 .* tanh(W*(r1 .* h0) + x1); "
        "z2 = sigma(Z*h1 + x2); r2 = sigma(R*h1 + x2); h2 = (1 - z2) .* h1 + z2 .* tanh(W*(r2 .* h1) + x2); c.h2",
        "R W h0",
        lambda r: normal(r, R=(768, 768), Z=(768, 768), W=(768, 768), x1=(768,), x2=(768,), h0=(768,), c=(768,)),
        gru,
    ),
    "lstm": Practice(
        "P: matrix(k,k); Q: matrix(k,k); F: matrix(k,k); O: matrix(k,k); x1: vector(k); x2: vector(k); w: vector(k); "
        "s1 = sigma(Q*x1) .* tanh(P*x1); g = sigma(O*x1) .* tanh(s1); "
        "s2 = sigma(F*x2 + g) .* s1 + sigma(Q*x2 + g) .* tanh(P*x2 + g); w.(sigma(O*x2 + g) .* tanh(s2))",
        "P O x1",
        lambda r: normal(r, P=(768, 768), Q=(768, 768), F=(768, 768), O=(768, 768), x1=(768,), x2=(768,), w=(768,)),
        lstm,
    ),
    "swiglu": Practice(
        "W: matrix(h,d); V: matrix(h,d); U: matrix(d,h); x: vector(d); y: vector(d); norm2(U*(silu(W*x) .* (V*x)) - y)^2",
        "x W U",
        lambda r: normal(r, W=(1024, 512), V=(1024, 512), U=(512, 1024), x=(512,), y=(512,)),
        lambda xp, W, V, U, x, y: ((U @ (xp.silu(W @ x) * (V @ x)) - y) ** 2).sum(),
        {"x": swiglu_by_x},
    ),
    "attention": Practice(
        "Q: matrix(m,d); K: matrix(n,d); V: matrix(n,d); G: matrix(m,d); sum(G .* (softmax(Q*K'/sqrt(d))*V))",
        "Q K V",
        lambda r: normal(r, Q=(384, 64), K=(384, 64), V=(384, 64), G=(384, 64)),
        attention,
        {"Q": attention_by_Q},
    ),
    "layer norm": Practice(
        "X: matrix(m,n); G: matrix(m,n); c: vector(n); b: vector(n); D = X - (rowsum(X)/n)*vector(1,n)'; s = sqrt(rowsum(D .^ 2)/n + 1e-5); "
        "sum(G .* ((D ./ (s*vector(1,n)')) .* (vector(1,m)*c') + vector(1,m)*b'))",
        "X c",
        lambda r: normal(r, X=(1000, 256), G=(1000, 256), c=(256,), b=(256,)),
        layer_norm_rows,
        {"X": layer_norm_by_X},
    ),
    "batch norm": Practice(
        "X: matrix(m,n); G: matrix(m,n); c: vector(n); b: vector(n); mu = colsum(X)/m; D = X - vector(1,m)*mu'; v = colsum(D .^ 2)/m; "
        "sum(G .* ((D ./ (vector(1,m)*sqrt(v + 1e-5)')) .* (vector(1,m)*c') + vector(1,m)*b'))",
        "X c b",
        lambda r: normal(r, X=(2000, 64), G=(2000, 64), c=(64,), b=(64,)),
        batch_norm,
        {"X": batch_norm_by_X},
    ),
    "rms norm": Practice(
        "x: vector(n); g: vector(n); c: vector(n); g.(c .* x/sqrt(x.x/n + 1e-5))",
        "x c",
        lambda r: normal(r, x=(500_000,), g=(500_000,), c=(500_000,)),
        lambda xp, x, g, c: (g * (c * x / ((x**2).mean() + 1e-5) ** 0.5)).sum(),
        {
            "x": lambda x, g, c: (lambda u, q: u / np.sqrt(q) - x * ((u @ x) / (len(x) * q**1.5)))(g * c, x @ x / len(x) + 1e-5),
            "c": lambda x, g, c: g * x / np.sqrt(x @ x / len(x) + 1e-5),
        },
    ),
    "low-rank adaptation": Practice(
        "X: matrix(m,n); Y: matrix(m,k); W: matrix(n,k); A: matrix(n,r); B: matrix(r,k); norm2(X*(W + A*B) - Y)^2/m",
        "A B",
        lambda r: normal(r, X=(256, 512), Y=(256, 256), W=(512, 256), A=(512, 8), B=(8, 256)),
        lambda xp, X, Y, W, A, B: ((X @ (W + A @ B) - Y) ** 2).sum() / len(X),
        {"A": lambda X, Y, W, A, B: X.T @ ((X @ W + (X @ A) @ B - Y) @ B.T) * (2 / len(X))},
    ),
    "graph convolution": Practice(
        "A: matrix(n,n); X: matrix(n,d); W: matrix(d,h); V: matrix(h,k); Y: matrix(n,k); -sum(Y .* log_softmax(A*relu(A*X*W)*V))/n",
        "W V",
        lambda r: normal(r, A=(500, 500), X=(500, 64), W=(64, 32), V=(32, 10)) | {"Y": np.eye(10)[r.integers(0, 10, 500)]},
        lambda xp, A, X, W, V, Y: -(Y * xp.log_softmax(A @ xp.relu(A @ X @ W) @ V)).sum() / len(X),
        {
            "W": lambda A, X, W, V, Y: (lambda Z, H: (A @ X).T @ ((A.T @ ((softmax(A @ H @ V) - Y) @ V.T)) * (Z > 0)) / len(X))(
                *(lambda Z: (Z, np.maximum(Z, 0)))(A @ X @ W)
            )
        },
    ),
    "autoencoder": Practice(
        "X: matrix(m,n); W: matrix(n,k); norm2(X - sigma(X*W)*W')^2/m",
        "W",
        lambda r: normal(r, X=(500, 200), W=(200, 30)),
        lambda xp, X, W: ((X - xp.sigmoid(X @ W) @ W.T) ** 2).sum() / len(X),
        {
            "W": lambda X, W: (lambda H: (lambda R: (R.T @ H + X.T @ ((R @ W) * H * (1 - H))) * (2 / len(X)))(H @ W.T - X))(sigma(X @ W)),
        },
    ),
    "gelu layer": Practice(
        "X: matrix(m,n); W: matrix(n,k); v: vector(k); sum(gelu(X*W)*v)",
        "W X",
        lambda r: normal(r, X=(256, 256), W=(256, 256), v=(256,)),
        lambda xp, X, W, v: (xp.gelu(X @ W) @ v).sum(),
    ),
    "character model": Practice(
        "W1: matrix(h,d); W2: matrix(h,h); W3: matrix(k,h); x: vector(d); y: vector(k); -y.log_softmax(W3*tanh(W2*tanh(W1*x)))",
        "W1 W2 W3",
        lambda r: normal(r, W1=(1024, 512), W2=(1024, 1024), W3=(256, 1024), x=(512,)) | {"y": np.eye(256)[3]},
        lambda xp, W1, W2, W3, x, y: -(y @ xp.log_softmax(W3 @ xp.tanh(W2 @ xp.tanh(W1 @ x)))),
    ),
    "elbo": Practice(
        "mu: vector(n); s: vector(n); e: vector(n); W: matrix(m,n); x: vector(m); "
        "0.5*norm2(x - W*(mu + exp(s) .* e))^2 + 0.5*sum(mu .^ 2 + exp(2*s) - 1 - 2*s)",
        "mu s",
        lambda r: normal(r, mu=(500,), s=(500,), e=(500,), W=(2000, 500), x=(2000,)),
        lambda xp, mu, s, e, W, x: 0.5 * ((x - W @ (mu + xp.exp(s) * e)) ** 2).sum() + 0.5 * (mu**2 + xp.exp(2 * s) - 1 - 2 * s).sum(),
        {
            "mu": lambda mu, s, e, W, x: W.T @ (W @ (mu + np.exp(s) * e) - x) + mu,
            "s": lambda mu, s, e, W, x: (lambda t: (W.T @ (W @ (mu + t * e) - x)) * t * e + t**2 - 1)(np.exp(s)),
        },
    ),
}

# ---------------------------------------------------------------------------------------------- statistics and learning


def logistic_by_w(X: Any, y: Any, w: Any) -> Any:
    return -X.T @ (y / (1 + np.exp(y * (X @ w)))) / len(y)


def machine(xp: Any, x: Any, w: Any, V: Any, y: Any) -> Any:
    return (w @ x + 0.5 * (((V.T @ x) ** 2).sum() - ((V**2).T @ x**2).sum()) - y) ** 2


def machine_by_V(x: Any, w: Any, V: Any, y: Any) -> Any:
    a = V.T @ x
    q = (V**2).sum(axis=1)
    r = w @ x + 0.5 * (a @ a - q @ x**2) - y
    return np.outer(2 * r * x, a) - (2 * r * x**2)[:, None] * V


def machine_by_x(x: Any, w: Any, V: Any, y: Any) -> Any:
    a = V.T @ x
    q = (V**2).sum(axis=1)
    r = w @ x + 0.5 * (a @ a - q @ x**2) - y
    return 2 * r * (w + V @ a - q * x)


def process(xp: Any, x: Any, y: Any, ell: Any, s: Any) -> Any:
    K = xp.exp(-((x[:, None] - x[None, :]) ** 2) / (2 * ell**2)) + s * xp.eye(len(x))
    return 0.5 * (y @ xp.solve(K, y)) + 0.5 * xp.logdet(K)


def process_by_ell(x: Any, y: Any, ell: Any, s: Any) -> Any:
    D = (x[:, None] - x) ** 2
    E = np.exp(-D / (2 * ell**2))
    inverse = np.linalg.inv(E + s * np.eye(len(x)))
    a = inverse @ y
    E *= D
    return 0.5 * (np.vdot(inverse, E) - a @ E @ a) / ell**3


def mixture(xp: Any, X: Any, M: Any, a: Any) -> Any:
    D = ((X**2).sum(1))[:, None] - 2 * X @ M.T + (M**2).sum(1)
    return -xp.logsumexp(a - 0.5 * D).sum()


def mixture_by_M(X: Any, M: Any, a: Any) -> Any:
    R = softmax(a - 0.5 * ((X**2).sum(axis=1)[:, None] - 2 * X @ M.T + (M**2).sum(axis=1)))
    return M * R.sum(axis=0)[:, None] - R.T @ X


def neighbours(xp: Any, Y: Any, P: Any) -> Any:
    n = (Y**2).sum(1)
    T = 1 / (1 + n[:, None] - 2 * Y @ Y.T + n)
    return -(P * xp.log(T)).sum() + xp.log(T.sum())


def neighbours_by_Y(Y: Any, P: Any) -> Any:
    n = (Y**2).sum(axis=1)
    T = 1 / (1 + n[:, None] - 2 * Y @ Y.T + n)
    D = (P / T - 1 / T.sum()) * T**2
    D = D + D.T
    return 2 * (D.sum(axis=1)[:, None] * Y - D @ Y)


def contrast(xp: Any, A: Any, B: Any) -> Any:
    S = A @ B.T
    return -(xp.diagonal(xp.log_softmax(S))).sum() / len(A)


def chain(xp: Any, U: Any, T: Any) -> Any:
    a = U[0]
    for k in (1, 2, 3):
        a = xp.logsumexp((T + a[:, None]).T) + U[k]
    return xp.logsumexp(a)


def kalman(xp: Any, m: Any, P: Any, F: Any, H: Any, R: Any, y: Any) -> Any:
    mp = F @ m
    Pp = F @ P @ F.T
    S = H @ Pp @ H.T + R
    r = y - H @ mp
    return 0.5 * (r @ xp.solve(S, r)) + 0.5 * xp.logdet(S)


LEARNING = {
    "logistic regression": Practice(
        "X: matrix(m,n); y: vector(m); w: vector(n); mean(i=1..m, log(1 + exp(-y[i]*X[i].w)))",
        "w",
        lambda r: {"X": r.standard_normal((2000, 500)), "y": np.sign(r.standard_normal(2000)), "w": 0.1 * r.standard_normal(500)},
        lambda xp, X, y, w: xp.softplus(-y * (X @ w)).mean(),
        {"w": logistic_by_w},
    ),
    "softmax regression": Practice(
        "X: matrix(m,n); Y: onehot matrix(m,k); W: matrix(n,k); -1/m*sum(Y .* log_softmax(X*W))",
        "W",
        lambda r: normal(r, X=(2000, 200), W=(200, 10)) | {"Y": np.eye(10)[r.integers(0, 10, 2000)]},
        lambda xp, X, Y, W: -(Y * xp.log_softmax(X @ W)).sum() / len(X),
        {"W": lambda X, Y, W: X.T @ (softmax(X @ W) - Y) / len(X)},
    ),
    "label smoothing": Practice(
        "X: matrix(m,n); Y: matrix(m,k); W: matrix(n,k); b: vector(k); -sum(Y .* log_softmax(X*W + vector(1,m)*b'))/m",
        "W b",
        lambda r: normal(r, X=(2000, 200), W=(200, 10), b=(10,)) | {"Y": 0.9 * np.eye(10)[r.integers(0, 10, 2000)] + 0.01},
        lambda xp, X, Y, W, b: -(Y * xp.log_softmax(X @ W + b)).sum() / len(X),
    ),
    "poisson regression": Practice(
        "X: matrix(m,n); y: vector(m); w: vector(n); sum(exp(X*w) - y .* (X*w))/m",
        "w",
        lambda r: normal(r, X=(2000, 500), w=(500,)) | {"y": np.floor(4 * r.random(2000))},
        lambda xp, X, y, w: (xp.exp(X @ w) - y * (X @ w)).sum() / len(X),
        {"w": lambda X, y, w: X.T @ (np.exp(X @ w) - y) / len(X)},
    ),
    "hinge": Practice(
        "w: vector(n); phi: vector(n); y: scalar; max(1 - y*w.phi, 0)",
        "w",
        lambda r: normal(r, w=(1_000_000,), phi=(1_000_000,)) | {"y": np.float64(-1e-5)},
        lambda xp, w, phi, y: xp.relu(1 - y * (w @ phi)),
        {"w": lambda w, phi, y: -y * phi * (1 - y * (w @ phi) > 0)},
    ),
    "huber": Practice(
        "X: matrix(m,n); y: vector(m); w: vector(n); sum(huber(X*w - y, 1))",
        "w",
        lambda r: normal(r, X=(2000, 500), w=(500,), y=(2000,)),
        lambda xp, X, y, w: xp.huber(X @ w - y),
        {"w": lambda X, y, w: X.T @ np.clip(X @ w - y, -1, 1)},
    ),
    "factorisation machine": Practice(
        "x: vector(n); w: vector(n); V: matrix(n,k); y: scalar; (w.x + 0.5*(norm2(V'*x)^2 - sum((V .^ 2)'*(x .^ 2))) - y)^2",
        "V x w",
        lambda r: normal(r, x=(20_000,), w=(20_000,), V=(20_000, 16)) | {"y": np.float64(1)},
        machine,
        {"V": machine_by_V, "x": machine_by_x},
    ),
    "matrix factorisation": Practice(
        "R: matrix(m,n); U: matrix(m,k); V: matrix(n,k); M: matrix(m,n); sum(M .* (U*V' - R) .^ 2) + 0.1*norm2(U)^2",
        "U V",
        lambda r: normal(r, R=(600, 400), U=(600, 10), V=(400, 10)) | {"M": (r.random((600, 400)) < 0.2) * 1.0},
        lambda xp, R, U, V, M: (M * (U @ V.T - R) ** 2).sum() + 0.1 * (U**2).sum(),
        {"U": lambda R, U, V, M: 2 * (M * (U @ V.T - R)) @ V + 0.2 * U},
    ),
    "gaussian process": Practice(
        "x: vector(n); y: vector(n); ell: positive scalar; s: positive scalar; "
        "K = tensor(i=1..n, j=1..n, exp(-(x[i] - x[j])^2/(2*ell^2))) + s*eye(n); 0.5*y'*inv(K)*y + 0.5*logdet(K)",
        "ell s",
        lambda r: {"x": 10 * r.random(400), "y": r.standard_normal(400), "ell": np.float64(1), "s": np.float64(0.1)},
        process,
        {"ell": process_by_ell},
    ),
    "gaussian likelihood": Practice(
        "S: psd matrix(n,n); X: matrix(m,n); mu: vector(n); 0.5*m*logdet(S) + 0.5*sum(i=1..m, (X[i] - mu)'*inv(S)*(X[i] - mu))",
        "mu S",
        lambda r: (lambda A: {"S": A @ A.T / 200 + np.eye(200), "X": r.standard_normal((500, 200)), "mu": r.standard_normal(200)})(
            r.standard_normal((200, 200))
        ),
        lambda xp, S, X, mu: 0.5 * len(X) * xp.logdet(S) + 0.5 * ((X - mu).T * xp.solve(S, (X - mu).T)).sum(),
        {
            "mu": lambda S, X, mu: -np.linalg.solve(S, (X - mu).sum(axis=0)),
            "S": lambda S, X, mu: (lambda I, D: 0.5 * (len(X) * I - I @ (D.T @ D) @ I))(np.linalg.inv(S), X - mu),
        },
    ),
    "mahalanobis": Practice(
        "x: vector(n); mu: vector(n); S: psd matrix(n,n); sqrt((x - mu)'*inv(S)*(x - mu))",
        "x S",
        lambda r: (lambda A: {"S": A @ A.T / 300 + np.eye(300), "x": r.standard_normal(300), "mu": r.standard_normal(300)})(
            r.standard_normal((300, 300))
        ),
        lambda xp, x, mu, S: ((x - mu) @ xp.solve(S, x - mu)) ** 0.5,
        {"x": lambda x, mu, S: (lambda a: a / np.sqrt((x - mu) @ a))(np.linalg.solve(S, x - mu))},
    ),
    "kernel ridge": Practice(
        "K: psd matrix(n,n); a: vector(n); y: vector(n); lam: scalar; norm2(K*a - y)^2 + lam*a'*K*a",
        "a",
        lambda r: (lambda A: {"K": A @ A.T / 1000, "a": r.standard_normal(1000), "y": r.standard_normal(1000), "lam": np.float64(0.1)})(
            r.standard_normal((1000, 1000))
        ),
        lambda xp, K, a, y, lam: ((K @ a - y) ** 2).sum() + lam * (a @ K @ a),
        {"a": lambda K, a, y, lam: (lambda b: 2 * (K @ (b - y) + lam * b))(K @ a)},
    ),
    "mixture": Practice(
        "X: matrix(m,d); M: matrix(k,d); a: vector(k); "
        "-sum(logsumexp(vector(1,m)*a' - 0.5*(rowsum(X .^ 2)*vector(1,k)' - 2*X*M' + vector(1,m)*rowsum(M .^ 2)')))",
        "M a",
        lambda r: normal(r, X=(4000, 16), M=(20, 16), a=(20,)),
        mixture,
        {"M": mixture_by_M},
    ),
    "k-means": Practice(
        "X: matrix(m,d); M: matrix(k,d); -sum(rowmax(2*X*M' - vector(1,m)*rowsum(M .^ 2)'))",
        "M",
        lambda r: normal(r, X=(4000, 16), M=(20, 16)),
        lambda xp, X, M: -xp.rowmax(2 * X @ M.T - (M**2).sum(1)).sum(),
    ),
    "t-sne": Practice(
        "Y: matrix(n,d); P: matrix(n,n); r = rowsum(Y .^ 2); T = 1 ./ (1 + r*vector(1,n)' - 2*Y*Y' + vector(1,n)*r'); -sum(P .* log(T)) + log(sum(T))",
        "Y",
        lambda r: normal(r, Y=(400, 2)) | {"P": (lambda P: (P + P.T) / (2 * P.sum()))(r.random((400, 400)))},
        neighbours,
        {"Y": neighbours_by_Y},
    ),
    "contrastive": Practice(
        "A: matrix(n,d); B: matrix(n,d); -tr(log_softmax(A*B'))/n",
        "A B",
        lambda r: normal(r, A=(400, 64), B=(400, 64)),
        contrast,
        {"A": lambda A, B: (softmax(A @ B.T) @ B - B) / len(A)},
    ),
    "word2vec": Practice(
        "u: vector(d); v: vector(d); N: matrix(k,d); -log_sigmoid(u.v) - sum(log_sigmoid(-(N*u)))".replace(
            "-log_sigmoid(u.v)", "log(1 + exp(-u.v))"
        ).replace("- sum(log_sigmoid(-(N*u)))", "+ sum(log(1 + exp(N*u)))"),
        "u N",
        lambda r: normal(r, u=(300,), v=(300,), N=(5000, 300)),
        lambda xp, u, v, N: xp.softplus(-(u @ v)) + xp.softplus(N @ u).sum(),
        {"u": lambda u, v, N: N.T @ sigma(N @ u) - sigma(-(u @ v)) * v, "N": lambda u, v, N: np.outer(sigma(N @ u), u)},
    ),
    "random field": Practice(
        "u1: vector(k); u2: vector(k); u3: vector(k); u4: vector(k); T: matrix(k,k); a2 = logsumexp((T + u1*vector(1,k)')') + u2; "
        "a3 = logsumexp((T + a2*vector(1,k)')') + u3; logsumexp(logsumexp((T + a3*vector(1,k)')') + u4)",
        "T u1",
        lambda r: normal(r, u1=(300,), u2=(300,), u3=(300,), u4=(300,), T=(300, 300)),
        lambda xp, u1, u2, u3, u4, T: chain(xp, (u1, u2, u3, u4), T),
    ),
    "kalman step": Practice(
        "m: vector(n); P: psd matrix(n,n); F: matrix(n,n); H: matrix(k,n); R: psd matrix(k,k); y: vector(k); "
        "S = H*F*P*F'*H' + R; r = y - H*F*m; 0.5*r'*inv(S)*r + 0.5*logdet(S)",
        "F m",
        lambda r: normal(r, m=(200,), F=(200, 200), H=(100, 200), y=(100,)) | {"P": np.eye(200), "R": np.eye(100)},
        kalman,
    ),
    "ridge path": Practice(
        "X: matrix(m,n); y: vector(m); lam: positive scalar; w = inv(X'*X + lam*eye(n))*X'*y; norm2(X*w - y)^2",
        "lam",
        lambda r: normal(r, X=(1000, 200), y=(1000,)) | {"lam": np.float64(0.5)},
        lambda xp, X, y, lam: ((X @ xp.solve(X.T @ X + lam * xp.eye(X.shape[1]), X.T @ y) - y) ** 2).sum(),
    ),
    "portfolio": Practice(
        "w: vector(n); S: symmetric matrix(n,n); mu: vector(n); (w.mu)/sqrt(w'*S*w)",
        "w",
        lambda r: (lambda A: {"S": A @ A.T / 1500, "w": r.random(1500), "mu": r.random(1500)})(r.standard_normal((1500, 1500))),
        lambda xp, w, S, mu: (w @ mu) / (w @ S @ w) ** 0.5,
        {"w": lambda w, S, mu: (lambda a: (lambda q: mu / np.sqrt(q) - (w @ mu) * a / q**1.5)(w @ a))(S @ w)},
    ),
    "two measurements": Practice(
        "A: matrix(m,n); B: matrix(m,n); c: vector(m); x: vector(n); c.((A*x) .* (B*x))",
        "x A",
        lambda r: normal(r, A=(1500, 1000), B=(1500, 1000), c=(1500,), x=(1000,)),
        lambda xp, A, B, c, x: c @ ((A @ x) * (B @ x)),
        {"x": lambda A, B, c, x: A.T @ (c * (B @ x)) + B.T @ (c * (A @ x))},
    ),
    "low-rank precision": Practice(
        "d: vector(n); U: matrix(n,k); x: vector(n); x'*(diag(d) + U*U')*x",
        "x U",
        lambda r: normal(r, d=(20_000,), U=(20_000, 20), x=(20_000,)),
        lambda xp, d, U, x: (d * x**2).sum() + ((U.T @ x) ** 2).sum(),
        {"x": lambda d, U, x: 2 * (d * x + U @ (U.T @ x)), "U": lambda d, U, x: np.outer(2 * x, U.T @ x)},
    ),
    "kronecker": Practice(
        "A: matrix(m,m); B: matrix(n,n); norm2(kron(A, B)*x)^2",
        "x",
        lambda r: normal(r, A=(150, 150), B=(160, 160), x=(150 * 160,)),
        lambda xp, A, B, x: ((A @ x.reshape(len(A), len(B)) @ B.T) ** 2).sum(),
        {"x": lambda A, B, x: 2 * (A.T @ (A @ x.reshape(len(A), len(B)) @ B.T) @ B).reshape(-1)},
    ),
}

# ---------------------------------------------------------------------------------------------- indices


def windows_by_w(w: Any, x: Any, y: Any) -> Any:
    r = np.correlate(x, w, "valid") - y
    return 2 * np.correlate(x, r, "valid")


def windows_by_x(w: Any, x: Any, y: Any) -> Any:
    return 2 * np.convolve(np.correlate(x, w, "valid") - y, w)


def valley_by_x(x: Any) -> Any:
    g = np.zeros_like(x)
    d = x[1:] - x[:-1] ** 2
    g[:-1] = -400 * d * x[:-1] - 2 * (1 - x[:-1])
    g[1:] += 200 * d
    return g


def variation_by_x(x: Any) -> Any:
    d = np.diff(x)
    d /= np.sqrt(d**2 + 0.01)
    g = np.zeros_like(x)
    g[1:] = d
    g[:-1] -= d
    return g


def picture_by_x(X: Any) -> Any:
    g = np.zeros_like(X)
    d = np.diff(X, axis=0)
    g[1:] = 2 * d
    g[:-1] -= 2 * d
    d = np.diff(X, axis=1)
    g[:, 1:] += 2 * d
    g[:, :-1] -= 2 * d
    return g


def regressive_by_x(x: Any, a: Any, b: Any) -> Any:
    r = x[2:] - a * x[1:-1] - b * x[:-2]
    g = np.zeros_like(x)
    g[2:] = 2 * r
    g[1:-1] -= 2 * a * r
    g[:-2] -= 2 * b * r
    return g


def sums_by_x(x: Any, y: Any) -> Any:
    r = np.cumsum(x) - y
    return 2 * np.cumsum(r[::-1])[::-1]


INDICES = {
    "convolution": Practice(
        "w: vector(k); x: vector(n); y: vector(p); sum(i=1..p, (sum(j=1..k, w[j]*sum(l, x[l]*[l == i+j-1])) - y[i])^2)",
        "w x",
        lambda r: normal(r, w=(9,), x=(100_000,), y=(100_000 - 8,)),
        lambda xp, w, x, y: ((xp.windows(x, w) - y) ** 2).sum(),
        {"w": windows_by_w, "x": windows_by_x},
    ),
    "convolution in two directions": Practice(
        "W: matrix(k,k); X: matrix(n,n); Y: matrix(p,p); "
        "sum(i=1..p, j=1..p, (sum(a=1..k, b=1..k, W[a,b]*sum(l, sum(q, X[l,q]*[l == i+a-1]*[q == j+b-1]))) - Y[i,j])^2)",
        "W X",
        lambda r: {"W": r.standard_normal((3, 3)), "X": r.standard_normal((200, 200)), "Y": r.standard_normal((198, 198))},
        lambda xp, W, X, Y: ((xp.windows2(X, W) - Y) ** 2).sum(),
    ),
    "rosenbrock": Practice(
        "x: vector(n); sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)",
        "x",
        lambda r: normal(r, x=(1_000_000,)),
        lambda xp, x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
        {"x": valley_by_x},
    ),
    "total variation": Practice(
        "x: vector(n); sum(i=2..n, sqrt((x[i] - x[i-1])^2 + 0.01))",
        "x",
        lambda r: normal(r, x=(500_000,)),
        lambda xp, x: (((x[1:] - x[:-1]) ** 2 + 0.01) ** 0.5).sum(),
        {"x": variation_by_x},
    ),
    "smooth picture": Practice(
        "X: matrix(m,n); sum(i=2..m, sum(j=1..n, (X[i,j] - X[i-1,j])^2)) + sum(i=1..m, sum(j=2..n, (X[i,j] - X[i,j-1])^2))",
        "X",
        lambda r: {"X": r.standard_normal((600, 600))},
        lambda xp, X: ((X[1:] - X[:-1]) ** 2).sum() + ((X[:, 1:] - X[:, :-1]) ** 2).sum(),
        {"X": picture_by_x},
    ),
    "autoregressive": Practice(
        "x: vector(n); a: scalar; b: scalar; sum(i=3..n, (x[i] - a*x[i-1] - b*x[i-2])^2)",
        "x a",
        lambda r: normal(r, x=(500_000,)) | {"a": np.float64(0.5), "b": np.float64(0.2)},
        lambda xp, x, a, b: ((x[2:] - a * x[1:-1] - b * x[:-2]) ** 2).sum(),
        {"x": regressive_by_x, "a": lambda x, a, b: -2 * ((x[2:] - a * x[1:-1] - b * x[:-2]) @ x[1:-1])},
    ),
    "running sums": Practice(
        "x: vector(n); y: vector(n); sum(i=1..n, (sum(j=1..i, x[j]) - y[i])^2)",
        "x",
        lambda r: normal(r, x=(500_000,), y=(500_000,)),
        lambda xp, x, y: ((xp.cumsum(x) - y) ** 2).sum(),
        {"x": sums_by_x},
    ),
    "picked entries": Practice(
        "X: matrix(m,n); W: matrix(n,k); y: vector(m) of label(k); -sum(i=1..m, log_softmax(X*W)[i,y[i]])/m",
        "W",
        lambda r: normal(r, X=(2000, 100), W=(100, 200)) | {"y": r.integers(1, 201, 2000)},
        lambda xp, X, W, y: -xp.picked(xp.log_softmax(X @ W), y - 1).sum() / len(X),
    ),
    "table of words": Practice(
        "E: matrix(v,d); y: vector(m) of label(v); w: vector(d); sum(i=1..m, (E[y[i]].w - 1)^2)",
        "E w",
        lambda r: normal(r, E=(20_000, 32), w=(32,)) | {"y": r.integers(1, 20_001, 2000)},
        lambda xp, E, y, w: ((E[y - 1] @ w - 1) ** 2).sum(),
    ),
    "survival": Practice(
        "X: matrix(n,d); w: vector(d); e: vector(n); s = X*w; -sum(i=1..n, e[i]*(s[i] - log(sum(j=1..i, exp(s[j])))))",
        "w",
        lambda r: normal(r, X=(5000, 20), w=(20,)) | {"e": (r.random(5000) < 0.5) * 1.0},
        lambda xp, X, w, e: -(e * (X @ w - xp.log(xp.cumsum(xp.exp(X @ w))))).sum(),
    ),
    "pairs": Practice(
        "s: vector(n); sum(i=1..n, sum(j=i+1..n, log(1 + exp(s[j] - s[i]))))",
        "s",
        lambda r: normal(r, s=(700,)),
        lambda xp, s: xp.upper(xp.softplus(s[None, :] - s[:, None])).sum(),
    ),
}

# ---------------------------------------------------------------------------------------------- losses and layers, and a step of an iteration

LOSSES = {
    "expert gate": Practice(
        "G: matrix(k,d); E: matrix(k,d); x: vector(d); y: scalar; (softmax(G*x).(E*x) - y)^2",
        "G E",
        lambda r: normal(r, G=(1000, 800), E=(1000, 800), x=(800,), y=()),
        lambda xp, G, E, x, y: (xp.softmax(G @ x) @ (E @ x) - y) ** 2,
        {"E": lambda G, E, x, y: (lambda p: np.outer(2 * (p @ (E @ x) - y) * p, x))(softmax(G @ x))},
    ),
    "transport step": Practice(
        "K: matrix(m,n); u: vector(m); a: vector(m); b: vector(n); C: matrix(m,n); v = b ./ (K'*u); w = a ./ (K*v); w'*(K .* C)*v",
        "K u",
        lambda r: {
            "K": r.random((600, 500)) + 0.1,
            "u": r.random(600) + 0.5,
            "a": r.random(600),
            "b": r.random(500),
            "C": r.random((600, 500)),
        },
        lambda xp, K, u, a, b, C: (lambda v: (a / (K @ v)) @ ((K * C) @ v))(b / (K.T @ u)),
    ),
    "group norm": Practice(
        "X: matrix(g,d); c: vector(g); Y: matrix(g,d); sum(i=1..g, j=1..d, Y[i,j]*c[i]*(X[i,j] - mean(X[i]))/sqrt(var(X[i]) + 1e-5))",
        "X c",
        lambda r: normal(r, X=(400, 256), c=(400,), Y=(400, 256)),
        lambda xp, X, c, Y: (lambda Z: (Y * c[:, None] * Z / ((Z**2).mean(1)[:, None] + 1e-5) ** 0.5).sum())(X - X.mean(1)[:, None]),
    ),
    "rotated products": Practice(
        "Q: matrix(n,d); K: matrix(n,d); C: matrix(n,d); S: matrix(n,d); P: matrix(d,d); "
        "A = (Q .* C + (Q*P) .* S)*(K .* C + (K*P) .* S)'; sum(A .* A)",
        "Q",
        lambda r: normal(r, Q=(300, 64), K=(300, 64), C=(300, 64), S=(300, 64), P=(64, 64)),
        lambda xp, Q, K, C, S, P: (((Q * C + (Q @ P) * S) @ (K * C + (K @ P) * S).T) ** 2).sum(),
        {
            "Q": lambda Q, K, C, S, P: (lambda a, b: (lambda G: G * C + (G * S) @ P.T)(2 * (a @ b.T) @ b))(
                Q * C + (Q @ P) * S, K * C + (K @ P) * S
            )
        },
    ),
    "partial likelihood": Practice(
        "X: matrix(n,d); w: vector(d); e: vector(n); -sum(i=1..n, e[i]*(X[i].w - log(sum(j=1..i, exp(X[j].w)))))",
        "w",
        lambda r: normal(r, X=(20_000, 50), w=(50,)) | {"e": (r.random(20_000) < 0.5) * 1.0},
        lambda xp, X, w, e: -(e * (X @ w - xp.log(xp.cumsum(xp.exp(X @ w))))).sum(),
        {"w": lambda X, w, e: (lambda s: X.T @ (s * np.cumsum((e / np.cumsum(s))[::-1])[::-1] - e))(np.exp(X @ w))},
    ),
    "triplet": Practice(
        "A: matrix(n,d); P: matrix(n,d); N: matrix(n,d); sum(i=1..n, max(norm2(A[i] - P[i]) - norm2(A[i] - N[i]) + 1, 0))",
        "A P",
        lambda r: normal(r, A=(5000, 64), P=(5000, 64), N=(5000, 64)),
        lambda xp, A, P, N: xp.relu(((A - P) ** 2).sum(1) ** 0.5 - ((A - N) ** 2).sum(1) ** 0.5 + 1).sum(),
        {
            "P": lambda A, P, N: (
                lambda p, n: (lambda a: -((a - np.sqrt((n * n).sum(1)) + 1 > 0) / a)[:, None] * p)(np.sqrt((p * p).sum(1)))
            )(A - P, A - N)
        },
    ),
    "decorrelation": Practice(
        "Z: matrix(n,d); C = (Z - ones(n)*colmean(Z)')'*(Z - ones(n)*colmean(Z)')/(n - 1); "
        "sum(i=1..d, sum(j=1..d, C[i,j]^2*[i != j])) + sum(j=1..d, max(1 - sqrt(C[j,j] + 1e-4), 0))",
        "Z",
        lambda r: {"Z": r.standard_normal((1000, 100))},
        lambda xp, Z: (lambda C: (C**2).sum() - (xp.diagonal(C) ** 2).sum() + xp.relu(1 - (xp.diagonal(C) + 1e-4) ** 0.5).sum())(
            (Z - Z.mean(0)).T @ (Z - Z.mean(0)) / (len(Z) - 1)
        ),
    ),
    "forward step": Practice(
        "a: vector(k); T: matrix(k,k); b: vector(k); c: vector(k); d = rowlogsumexp(T' + ones(k)*a') + b; logsumexp(rowlogsumexp(T' + ones(k)*d') + c)",
        "T a",
        lambda r: normal(r, a=(300,), T=(300, 300), b=(300,), c=(300,)),
        lambda xp, a, T, b, c: xp.logsumexp(xp.logsumexp(T.T + xp.logsumexp(T.T + a) + b) + c),
    ),
    "distillation": Practice(
        "X: matrix(n,d); W: matrix(d,k); S: matrix(n,k); t: positive scalar; "
        "t^2*sum(softmax(S/t) .* (log_softmax(S/t) - log_softmax(X*W/t)))/n",
        "W",
        lambda r: normal(r, X=(1000, 100), W=(100, 50), S=(1000, 50)) | {"t": np.float64(2)},
        lambda xp, X, W, S, t: t**2 * (xp.softmax(S / t) * (xp.log_softmax(S / t) - xp.log_softmax(X @ W / t))).sum() / len(X),
        {"W": lambda X, W, S, t: t / len(X) * X.T @ (softmax(X @ W / t) - softmax(S / t))},
    ),
}

PRACTICE = {**NETWORKS, **LEARNING, **INDICES, **LOSSES}
