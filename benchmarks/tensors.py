"""Gradients and Hessians of tensor formulas, warm, from the parsed formula to the simplified answer in matrix notation.

JAX: tracing of the same derivative (`jax.make_jaxpr(jax.grad(f))`, `jax.hessian`), no compilation. tensorgrad: derivative with
full simplification. PyTensor: the graph of the derivative, not rewritten. SymPy: `MatrixSymbol.diff` with `doit`, for the
formulas that it can write, checked for a silent zero. Sizes of JAX's arrays are small: tracing does not see them.
The network has `size` layers, and the gradient is that by every layer's matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.measure import Facts, Peer, Run, Unable

FORMULAS = {
    "logistic regression": ("X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))", "w"),
    "softmax regression": ("X: matrix(m,n); Y: matrix(m,k); W: matrix(n,k); sum(logsumexp(X*W)) - sum(Y .* (X*W))", "W"),
    "factorisation": ("T: matrix(m,n); U: matrix(m,k); V: matrix(n,k); norm2(T - U*V')^2", "U"),
    "two layers": ("V: matrix(k,n); phi: vector(n); w: vector(k); y: scalar; h = sigma(V*phi); (w.h - y)^2", "V"),
    "quadratic form": ("A: matrix(n,n); x: vector(n); x'*A*x", "x"),
    "log det": ("X: matrix(n,n); log(det(X))", "X"),
    "trace": ("A: matrix(n,m); B: matrix(n,n); C: matrix(m,n); X: matrix(n,m); tr(A*X'*B*X*C)", "X"),
}
GRADIENT, HESSIAN = "gradient of ", "Hessian of "
NETWORK = "network"
TASKS = [(kind + formula, 1) for formula in FORMULAS for kind in (GRADIENT, HESSIAN)]
DEPTHS = (2, 8, 32, 64)


def _asked(work: str) -> tuple[str, bool]:
    """The formula, and whether its Hessian is meant."""
    return work.removeprefix(GRADIENT).removeprefix(HESSIAN), work.startswith(HESSIAN)


def symdiff(work: str, size: int) -> Run:
    import symdiff as sd

    if work == NETWORK:
        layers = "; ".join(f"h{k} = tanh(W{k}*{f'h{k - 1}' if k else 'x'})" for k in range(size))
        declared = ", ".join(f"W{k}" for k in range(size)) + ": matrix(n, n); x: vector(n); y: vector(n)"
        f, names = sd.parse(f"{declared}; {layers}; norm2(h{size - 1} - y)^2"), [f"W{k}" for k in range(size)]
        return lambda: _characters(sd.grad(f, names))
    formula, second = _asked(work)
    text, x = FORMULAS[formula]
    f = sd.parse(text)
    return lambda: _characters(sd.hessian(f, x) if second else sd.grad(f, x))


def _characters(answer: Any) -> Callable[[], Facts]:
    return lambda: {"characters": len(str(answer))}


def jax(work: str, size: int) -> Run:
    import jax
    import jax.numpy as jnp

    m, n, k = 5, 3, 2
    X, y, w, Y, W = jnp.ones((m, n)), jnp.ones(m), jnp.ones(n), jnp.ones((m, k)), jnp.ones((n, k))
    T, U, V, A, S = jnp.ones((m, n)), jnp.ones((m, k)), jnp.ones((n, k)), jnp.ones((n, n)), jnp.eye(n)
    V2, phi, w2 = jnp.ones((k, n)), jnp.ones(n), jnp.ones(k)
    B, C, D, Z = jnp.ones((n, n)), jnp.ones((m, n)), jnp.ones((n, m)), jnp.ones((n, m))

    def network(matrices: list[Any]) -> Any:
        h = phi
        for matrix in matrices:
            h = jnp.tanh(matrix @ h)
        return jnp.sum((h - w) ** 2)

    functions: dict[str, tuple[Callable[[Any], Any], Any]] = {
        "logistic regression": (lambda w: jnp.sum(jnp.log(1 + jnp.exp(-y * (X @ w)))), w),
        "softmax regression": (lambda W: jnp.sum(jax.nn.logsumexp(X @ W, axis=1)) - jnp.sum(Y * (X @ W)), W),
        "factorisation": (lambda U: jnp.sum((T - U @ V.T) ** 2), U),
        "two layers": (lambda V: (w2 @ jax.nn.sigmoid(V @ phi) - 1.0) ** 2, V2),
        "quadratic form": (lambda x: x @ A @ x, w),
        "log det": (lambda S: jnp.log(jnp.linalg.det(S)), S),
        "trace": (lambda Z: jnp.trace(D @ Z.T @ B @ Z @ C), Z),
        NETWORK: (network, [A] * size),
    }
    formula, second = _asked(work)
    f, x = functions[formula]
    derivative: Any = jax.hessian if second else jax.grad

    def run() -> None:
        jax.make_jaxpr(derivative(lambda v: f(v)))(x)  # a new function object every time: JAX keeps traces by identity

    return run


def pytensor(work: str, size: int) -> Run:
    import pytensor
    import pytensor.tensor as pt

    def matrix(name: str) -> Any:
        return pt.dmatrix(name)

    def network() -> tuple[Any, Any]:
        matrices, h = [matrix(f"W{k}") for k in range(size)], pt.dvector("x")
        for W in matrices:
            h = pt.tanh(pt.dot(W, h))
        return pt.sum((h - pt.dvector("y")) ** 2), matrices

    def softmax() -> tuple[Any, Any]:
        X, Y, W = matrix("X"), matrix("Y"), matrix("W")
        return pt.sum(pt.logsumexp(X @ W, axis=1)) - pt.sum(Y * (X @ W)), W

    def of_one(name: str, make: Callable[[Any], Any], kind: Callable[[str], Any] = matrix) -> Callable[[], tuple[Any, Any]]:
        def both() -> tuple[Any, Any]:
            x = kind(name)
            return make(x), x

        return both

    makers: dict[str, Callable[[], tuple[Any, Any]]] = {
        "logistic regression": of_one("w", lambda w: pt.sum(pt.log(1 + pt.exp(-pt.dvector("y") * (matrix("X") @ w)))), pt.dvector),
        "softmax regression": softmax,
        "factorisation": of_one("U", lambda U: pt.sum((matrix("T") - U @ matrix("V").T) ** 2)),
        "two layers": of_one("V", lambda V: (pt.dot(pt.dvector("w"), pt.sigmoid(pt.dot(V, pt.dvector("phi")))) - pt.dscalar("y")) ** 2),
        "quadratic form": of_one("x", lambda x: pt.dot(x, pt.dot(matrix("A"), x)), pt.dvector),
        "log det": of_one("X", lambda X: pt.log(pt.linalg.det(X))),
        "trace": of_one("X", lambda X: pt.linalg.trace(matrix("A") @ X.T @ matrix("B") @ X @ matrix("C"))),
        NETWORK: network,
    }
    formula, second = _asked(work)
    make = makers[formula]

    def run() -> None:
        f, x = make()
        g = pytensor.grad(f, x)
        if second:
            pytensor.gradient.jacobian(g.flatten(), x)

    return run


def tensorgrad(work: str, size: int) -> Run:
    import tensorgrad as tg
    import tensorgrad.functions as F

    def logistic() -> tuple[Any, Any]:
        m, n = tg.symbols("m n")
        X, w, y = tg.Variable("X", m, n), tg.Variable("w", n), tg.Variable("y", m)
        return F.sum(F.log(1 + F.exp(-1 * y * (X @ w)))), w

    def softmax() -> tuple[Any, Any]:
        m, n, k = tg.symbols("m n k")
        X, W, Y = tg.Variable("X", m, n), tg.Variable("W", n, k), tg.Variable("Y", m, k)
        S = X @ W
        return F.sum(F.log(F.sum(F.exp(S), dim="k"))) - F.sum(Y * S), W

    def factorisation() -> tuple[Any, Any]:
        m, n, k = tg.symbols("m n k")
        T, U, V = tg.Variable("T", m, n), tg.Variable("U", m, k), tg.Variable("V", n, k)
        return F.frobenius2(T - U @ V), U

    def layers() -> tuple[Any, Any]:
        k, n = tg.symbols("k n")
        V, phi, w = tg.Variable("V", k, n), tg.Variable("phi", n), tg.Variable("w", k)
        return (w @ F.sigmoid(V @ phi) - tg.Variable("y")) ** 2, V

    def quadratic() -> tuple[Any, Any]:
        n = tg.symbols("n")
        x, A = tg.Variable("x", n), tg.Variable("A", n=n, p=n)
        return x @ A @ x.rename(n="p"), x

    def network() -> tuple[Any, list[Any]]:
        sizes = tg.symbols(" ".join(f"n{k}" for k in range(size + 1)))
        matrices = [tg.Variable(f"W{k}", sizes[k], sizes[k + 1]) for k in range(size)]
        h: Any = tg.Variable("x", sizes[0])
        for W in matrices:
            h = F.tanh(h @ W)
        return F.frobenius2(h - tg.Variable("y", sizes[size])), matrices

    makers: dict[str, Callable[[], tuple[Any, Any]]] = {
        "logistic regression": logistic,
        "softmax regression": softmax,
        "factorisation": factorisation,
        "two layers": layers,
        "quadratic form": quadratic,
        NETWORK: network,
    }
    formula, second = _asked(work)
    if formula not in makers:
        raise Unable

    def run() -> None:
        f, x = makers[formula]()
        for each in x if formula == NETWORK else [x]:
            g = tg.Derivative(f, each)
            (tg.Derivative(g, each) if second else g).full_simplify()

    return run


def sympy(work: str, size: int) -> Run:
    import sympy

    m, n = sympy.symbols("m n", positive=True, integer=True)
    A, B, C, X = sympy.MatrixSymbol("A", n, m), sympy.MatrixSymbol("B", n, n), sympy.MatrixSymbol("C", m, n), sympy.MatrixSymbol("X", n, m)
    S, x, Q = sympy.MatrixSymbol("S", n, n), sympy.MatrixSymbol("x", n, 1), sympy.MatrixSymbol("Q", n, n)
    functions = {
        "quadratic form": ((x.T * S * x), x),
        "log det": (sympy.log(sympy.Determinant(Q)), Q),
        "trace": (sympy.Trace(A * X.T * B * X * C), X),
    }
    formula, second = _asked(work)
    if formula not in functions or second:
        raise Unable
    f, variable = functions[formula]
    found = sympy.diff(f, variable).doit()
    if found == 0 or found.is_ZeroMatrix:
        raise Unable("silent 0")

    def run() -> None:
        sympy.core.cache.clear_cache()  # otherwise it would look its answer up
        sympy.diff(f, variable).doit()

    return run


PEERS: dict[str, Peer] = {"symdiff": symdiff, "jax": jax, "pytensor": pytensor, "tensorgrad": tensorgrad, "sympy": sympy}
