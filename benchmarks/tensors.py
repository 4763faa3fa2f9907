"""Time to derive gradients and Hessians of tensor formulas, beside the peers that are installed: `python benchmarks/tensors.py`.

symdiff: from the parsed formula to the simplified answer in matrix notation. JAX: tracing of the same derivative
(`jax.make_jaxpr(jax.grad(f))`, `jax.hessian`), no compilation. tensorgrad: derivative with full simplification. SymPy:
`MatrixSymbol.diff` with `doit`, for those formulas that it can write; it is checked for a silent zero. Warm medians over
alternating runs, in milliseconds; a peer that is not installed has no column.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

import symdiff as sd

RUNS = 7
FORMULAS = {
    "logistic": ("X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))", "w"),
    "softmax regression": ("X: matrix(m,n); Y: matrix(m,k); W: matrix(n,k); sum(logsumexp(X*W)) - sum(Y .* (X*W))", "W"),
    "factorisation": ("T: matrix(m,n); U: matrix(m,k); V: matrix(n,k); norm2(T - U*V')^2", "U"),
    "two layers": ("V: matrix(k,n); phi: vector(n); w: vector(k); y: scalar; h = sigma(V*phi); (w.h - y)^2", "V"),
    "quadratic": ("A: matrix(n,n); x: vector(n); x'*A*x", "x"),
    "log det": ("X: matrix(n,n); log(det(X))", "X"),
    "trace": ("A: matrix(n,m); B: matrix(n,n); C: matrix(m,n); X: matrix(n,m); tr(A*X'*B*X*C)", "X"),
}

Work = Callable[[], Any]


def of_symdiff() -> dict[str, tuple[Work, Work]]:
    found = {}
    for name, (text, x) in FORMULAS.items():
        f = sd.parse(text)
        found[name] = (lambda f=f, x=x: sd.grad(f, x), lambda f=f, x=x: sd.hessian(f, x))
    return found


def of_jax() -> dict[str, tuple[Work, Work]]:
    import jax
    import jax.numpy as jnp

    m, n, k = 5, 3, 2
    X, y, w, Y, W = jnp.ones((m, n)), jnp.ones(m), jnp.ones(n), jnp.ones((m, k)), jnp.ones((n, k))
    T, U, V, A, S = jnp.ones((m, n)), jnp.ones((m, k)), jnp.ones((n, k)), jnp.ones((n, n)), jnp.eye(n)
    V2, phi, w2 = jnp.ones((k, n)), jnp.ones(n), jnp.ones(k)
    B, C, D, Z = jnp.ones((n, n)), jnp.ones((m, n)), jnp.ones((n, m)), jnp.ones((n, m))
    functions: dict[str, tuple[Any, Any]] = {
        "logistic": (lambda w: jnp.sum(jnp.log(1 + jnp.exp(-y * (X @ w)))), w),
        "softmax regression": (lambda W: jnp.sum(jax.nn.logsumexp(X @ W, axis=1)) - jnp.sum(Y * (X @ W)), W),
        "factorisation": (lambda U: jnp.sum((T - U @ V.T) ** 2), U),
        "two layers": (lambda V: (w2 @ jax.nn.sigmoid(V @ phi) - 1.0) ** 2, V2),
        "quadratic": (lambda x: x @ A @ x, w),
        "log det": (lambda S: jnp.log(jnp.linalg.det(S)), S),
        "trace": (lambda Z: jnp.trace(D @ Z.T @ B @ Z @ C), Z),
    }
    # a new function object every time: JAX keeps traces by identity
    return {
        name: (
            lambda f=f, x=x: jax.make_jaxpr(jax.grad(lambda v: f(v)))(x),
            lambda f=f, x=x: jax.make_jaxpr(jax.hessian(lambda v: f(v)))(x),
        )
        for name, (f, x) in functions.items()
    }


def of_tensorgrad() -> dict[str, tuple[Work, Work]]:
    import tensorgrad as tg
    import tensorgrad.functions as F

    def both(make: Callable[[], tuple[Any, Any]]) -> tuple[Work, Work]:
        def gradient() -> Any:
            f, x = make()
            return tg.Derivative(f, x).full_simplify()

        def hessian() -> Any:
            f, x = make()
            return tg.Derivative(tg.Derivative(f, x), x).full_simplify()

        return gradient, hessian

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

    makers = {"logistic": logistic, "softmax regression": softmax, "factorisation": factorisation, "two layers": layers, "quadratic": quadratic}
    return {name: both(make) for name, make in makers.items()}


def of_sympy() -> dict[str, tuple[Work, Work]]:
    import sympy

    m, n = sympy.symbols("m n", positive=True, integer=True)
    A, B, C, X = sympy.MatrixSymbol("A", n, m), sympy.MatrixSymbol("B", n, n), sympy.MatrixSymbol("C", m, n), sympy.MatrixSymbol("X", n, m)
    S, x, Q = sympy.MatrixSymbol("S", n, n), sympy.MatrixSymbol("x", n, 1), sympy.MatrixSymbol("Q", n, n)
    functions = {
        "quadratic": ((x.T * S * x), x),
        "log det": (sympy.log(sympy.Determinant(Q)), Q),
        "trace": (sympy.Trace(A * X.T * B * X * C), X),
    }

    def refuse(*_: Any) -> Any:
        raise NotImplementedError

    return {name: (lambda f=f, v=v: sympy.diff(f, v).doit(), refuse) for name, (f, v) in functions.items()}


def median(work: Work) -> str:
    try:
        result = work()
    except Exception as error:  # noqa: BLE001  a peer that cannot is a result, too
        return type(error).__name__[:12] if not isinstance(error, NotImplementedError) else "-"
    if str(result) in ("0", "ZeroMatrix(n, n)"):
        return "silent 0"
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return f"{1e3 * statistics.median(times):.2f}"


def main() -> None:
    peers: dict[str, dict[str, tuple[Work, Work]]] = {"symdiff": of_symdiff()}
    for name, make in (("jax", of_jax), ("tensorgrad", of_tensorgrad), ("sympy", of_sympy)):
        if importlib.util.find_spec(name) is not None:
            peers[name] = make()
    print("| formula | derivative | " + " | ".join(f"{name} (ms)" for name in peers) + " |")
    print("|---|---|" + "---:|" * len(peers))
    for formula in FORMULAS:
        for k, kind in enumerate(("gradient", "Hessian")):
            row = [median(works[formula][k]) if formula in works else "-" for works in peers.values()]
            print(f"| {formula} | {kind} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
