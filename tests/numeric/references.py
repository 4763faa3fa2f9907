"""What every function of the table is, in mpmath: values of their own for its tests, which know nothing of the rows.

ENTRIES: of numbers. WHOLE: of vectors (lists) and matrices (mpmath's), with the kinds of arguments it is asked at: "v" a vector, "m" a matrix,
"s" a square one, "d" a positive definite one, "p" one with eigenvalues off the negative axis, "c" a number, "k3" and "0" whole ones; + for positive entries, 3 for a vector of three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import mpmath
from mpmath import mp, mpf

Numbers = list[Any]


def relu(x: Any) -> Any:
    return x if x > 0 else mpf(0)


def softplus(x: Any) -> Any:
    return relu(x) + mp.log1p(mp.exp(-abs(x)))


def sigma(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def spherical(n: int, x: Any) -> Any:
    if not x:
        return mpf(n == 0)
    return mp.sqrt(mp.pi / (2 * abs(x))) * mp.besselj(n + mpf(1) / 2, abs(x)) * (-1 if x < 0 and n % 2 else 1)


def even_rounded(x: Any) -> Any:
    low = mp.floor(x)
    return low + (x - low > 0.5 or (x - low == 0.5 and int(low) % 2))


SELU = mpf("1.0507009873554805"), mpf("1.7580993408473769")

ENTRIES: dict[str, Callable[..., Any]] = {
    "exp": mp.exp, "log": mp.log, "log2": lambda x: mp.log(x, 2), "log10": lambda x: mp.log(x, 10), "log1p": mp.log1p, "expm1": mp.expm1,
    "logaddexp": lambda a, b: mp.log(mp.exp(a) + mp.exp(b)), "exp2": lambda x: mpf(2) ** x, "logit": lambda x: mp.log(x / (1 - x)),
    "xlogy": lambda a, b: a * mp.log(b) if a else mpf(0), "sqrt": mp.sqrt, "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)), "pow": lambda a, b: a**b,
    "hypot": mp.hypot, "abs": abs, "sign": mp.sign, "sin": mp.sin, "cos": mp.cos, "sinc": mp.sincpi, "spherical_jn": spherical, "tan": mp.tan, "cot": mp.cot,
    "sec": mp.sec, "csc": mp.csc, "arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan, "arccot": lambda x: mp.pi / 2 - mp.atan(x),
    "arcsec": lambda x: mp.acos(1 / x), "arccsc": lambda x: mp.asin(1 / x), "atan2": mp.atan2, "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh,
    "coth": mp.coth, "sech": mp.sech, "csch": mp.csch, "arcsinh": mp.asinh, "arccosh": mp.acosh, "arctanh": mp.atanh,
    "arccoth": lambda x: mp.log((x + 1) / (x - 1)) / 2, "arcsech": lambda x: mp.acosh(1 / x), "arccsch": lambda x: mp.asinh(1 / x),
    "erf": mp.erf, "erfc": mp.erfc, "erfinv": mp.erfinv, "log_ndtr": lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2), "gamma": mp.gamma,
    "lgamma": mp.loggamma, "betaln": lambda a, b: mp.log(mp.beta(a, b)), "digamma": mp.digamma, "polygamma": mp.polygamma, "sigma": sigma,
    "softplus": softplus, "log_sigmoid": lambda x: -softplus(-x), "softsign": lambda x: x / (1 + abs(x)), "relu": relu,
    "hardtanh": lambda x: max(min(x, mpf(1)), mpf(-1)), "step": lambda x: mpf(x > 0), "leaky_relu": lambda x, a: x if x > 0 else a * x,
    "elu": lambda x, a: x if x > 0 else a * mp.expm1(x), "selu": lambda x: SELU[0] * x if x > 0 else SELU[1] * mp.expm1(x), "silu": lambda x: x * sigma(x),
    "mish": lambda x: x * mp.tanh(softplus(x)), "gelu": lambda x: x * (1 + mp.erf(x / mp.sqrt(2))) / 2, "max": max, "min": min,
    "clip": lambda x, lo, hi: min(max(x, lo), hi), "huber": lambda r, d: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2), "floor": mp.floor, "ceil": mp.ceil,
    "round": even_rounded, "mod": lambda a, b: a - b * mp.floor(a / b), "stop_gradient": lambda x: x, "hinge": lambda m: relu(1 - m),
    "squared": lambda r: r * r, "logloss": lambda m: mp.log(1 + mp.exp(-m)), "zero_one": lambda m: mpf(m <= 0),
    "bce": lambda a, y: -y * mp.log(a) - (1 - y) * mp.log(1 - a),
}  # fmt: skip


def matrix(rows: Iterable[Iterable[Any]]) -> Any:
    return mp.matrix([list(row) for row in rows])


def rows_of(a: Any) -> list[Numbers]:
    return [[a[i, j] for j in range(a.cols)] for i in range(a.rows)]


def entries(x: Any) -> Numbers:
    return list(x) if isinstance(x, list) else [v for row in rows_of(x) for v in row]


def mean(x: Numbers) -> Any:
    return mp.fsum(x) / len(x)


def var(x: Numbers, less: int) -> Any:
    return mp.fsum([(v - mean(x)) ** 2 for v in x]) / (len(x) - less)


def norm(x: Numbers, p: Any = 2) -> Any:
    return mp.fsum([abs(v) ** p for v in x]) ** (1 / mpf(p))


def logsumexp(x: Numbers) -> Any:
    return mp.log(mp.fsum(map(mp.exp, x)))


def softmax(x: Numbers) -> Numbers:
    return [mp.exp(v - logsumexp(x)) for v in x]


def running(x: Numbers, f: Callable[[Any, Any], Any]) -> Numbers:
    found = x[:1]
    for v in x[1:]:
        found.append(f(found[-1], v))
    return found


def by_rows(f: Callable[..., Any]) -> Callable[..., Numbers]:
    return lambda a, *rest: [f(row, *rest) for row in rows_of(a)]


def by_columns(f: Callable[..., Any]) -> Callable[..., Numbers]:
    return lambda a, *rest: by_rows(f)(a.T, *rest)


def triangle(a: Any, keep: Callable[[int, int], Any]) -> Any:
    return matrix([[a[i, j] * keep(i, j) for j in range(a.cols)] for i in range(a.rows)])


def symmetric(a: Any) -> Any:
    return (a + a.T) / 2


def adjugate(a: Any) -> Any:
    n = a.rows

    def minor(i: int, j: int) -> Any:
        return mp.det(matrix([[a[r, c] for c in range(n) if c != i] for r in range(n) if r != j]))

    return matrix([[(-1) ** (i + j) * minor(i, j) for j in range(n)] for i in range(n)])


def eigenvalues(a: Any) -> Numbers:
    return sorted(mp.eigsy(symmetric(a), eigvals_only=True))


def eigenvectors(a: Any) -> Any:
    values, q = mp.eigsy(symmetric(a))
    order = sorted(range(len(values)), key=lambda k: values[k])
    signs = [1 if q[0, k] >= 0 else -1 for k in order]  # the sign of a column is open: that of its first entry is taken
    return matrix([[q[i, k] * s for k, s in zip(order, signs, strict=True)] for i in range(a.rows)])


def function_of(a: Any, f: Callable[[Any], Any]) -> Any:
    """Of a matrix of two rows, with different eigenvalues: the straight line through the function at both."""
    middle = (a[0, 0] + a[1, 1]) / 2
    root = mp.sqrt(mp.mpc(middle**2 - mp.det(a)))
    slope = (f(middle + root) - f(middle - root)) / (2 * root)
    return slope * a + (f(middle + root) - slope * (middle + root)) * mp.eye(2)


def real(a: Any) -> Any:
    return matrix([[mp.re(v) for v in row] for row in rows_of(a)])


def pinv(a: Any) -> Any:
    return (a.T * a) ** -1 * a.T if a.rows >= a.cols else a.T * (a * a.T) ** -1


def polar(a: Any) -> Any:
    u, _, v = mp.svd_r(a)
    return u * v


def sylvester(a: Any, b: Any, q: Any) -> Any:
    m, n = q.rows, q.cols
    system = mp.zeros(m * n)
    for i in range(m):
        for j in range(n):
            for k in range(m):
                system[i * n + j, k * n + j] += a[i, k]
            for k in range(n):
                system[i * n + j, i * n + k] += b[k, j]
    x = mp.lu_solve(system, mp.matrix(entries(q)))
    return matrix([[x[i * n + j] for j in range(n)] for i in range(m)])


def above(f: Callable[[Any], Any], a: Any, e: Any) -> Any:
    """The rate of a function of matrices at a in the direction e, by differences."""
    h = mpf(10) ** -18
    return (f(a + h * e) - f(a - h * e)) / (2 * h)


def expm(a: Any) -> Any:
    return real(function_of(a, mp.exp))


def sqrtm(a: Any) -> Any:
    return real(function_of(a, mp.sqrt))


def logm(a: Any) -> Any:
    return real(function_of(a, mp.log))


def vech(a: Any) -> Numbers:
    return [a[i, j] for j in range(a.rows) for i in range(j, a.rows)]


def unvech(v: Numbers) -> Any:
    n = next(k for k in range(len(v) + 1) if k * (k + 1) == 2 * len(v))
    left = iter(v)
    place = {(i, j): next(left) for j in range(n) for i in range(j, n)}
    return matrix([[place.get((i, j), mpf(0)) for j in range(n)] for i in range(n)])


def cross(a: Numbers, b: Numbers) -> Numbers:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


WHOLE: dict[str, tuple[str, Callable[..., Any]]] = {
    "mean": ("m", lambda x: mean(entries(x))), "prod": ("v", mp.fprod), "norm1": ("m", lambda x: norm(entries(x), 1)),
    "norm2": ("m", lambda x: norm(entries(x))), "norminf": ("v", lambda x: max(map(abs, x))), "max_entries": ("m", lambda x: max(entries(x))),
    "min_entries": ("m", lambda x: min(entries(x))), "normp": ("v c", norm), "var": ("m 0", lambda x, d: var(entries(x), d)),
    "std": ("v 1", lambda x, d: mp.sqrt(var(x, d))), "softmax": ("v", softmax), "log_softmax": ("v", lambda x: [v - logsumexp(x) for v in x]),
    "logsumexp": ("v", logsumexp), "rowmax": ("m", by_rows(max)), "rowmin": ("m", by_rows(min)), "rowprod": ("m", by_rows(mp.fprod)),
    "rowmean": ("m", by_rows(mean)), "rownorm2": ("m", by_rows(norm)), "cumprod": ("v", lambda x: running(x, lambda a, b: a * b)),
    "cumsum": ("v", lambda x: running(x, lambda a, b: a + b)), "rowvar": ("m 1", by_rows(var)),
    "rowstd": ("m 0", by_rows(lambda x, d: mp.sqrt(var(x, d)))), "cross": ("3 3", cross), "inv": ("p", lambda a: a**-1), "det": ("s", mp.det),
    "logdet": ("d", lambda a: mp.log(mp.det(a))), "tril": ("m", lambda a: triangle(a, lambda i, j: i >= j)),
    "triu": ("m", lambda a: triangle(a, lambda i, j: i <= j)), "trilhalf": ("m", lambda a: triangle(a, lambda i, j: (i > j) + mpf(i == j) / 2)),
    "vech": ("s", vech), "unvech": ("3", unvech), "cholesky": ("d", lambda a: mp.cholesky(symmetric(a))), "eigvalsh": ("s", eigenvalues),
    "eigvecsh": ("s", eigenvectors), "pinv": ("m", pinv), "normnuc": ("m", lambda a: mp.fsum(mp.svd_r(a, compute_uv=False))), "polar": ("m", polar),
    "polar_adjoint": ("s s", lambda a, g: transposed_rate(a, g)), "matrix_power": ("s k3", lambda a, k: a**k), "sqrtm": ("p", sqrtm),
    "solve_sylvester": ("p p s", sylvester), "expm": ("s", expm), "expm_frechet": ("s s", lambda a, e: above(expm, a, e)), "logm": ("p", logm),
    "logm_frechet": ("p s", lambda a, e: above(logm, a, e)), "colmean": ("m", by_columns(mean)), "colmax": ("m", by_columns(max)),
    "colmin": ("m", by_columns(min)), "colprod": ("m", by_columns(mp.fprod)), "colnorm2": ("m", by_columns(norm)),
    "collogsumexp": ("m", by_columns(logsumexp)), "colvar": ("m 0", by_columns(var)), "colstd": ("m 1", by_columns(lambda x, d: mp.sqrt(var(x, d)))),
    "softmin": ("v", lambda x: softmax([-v for v in x])), "entropy": ("v+", lambda p: -mp.fsum([v * mp.log(v) for v in p])),
    "kl": ("v+ v+", lambda p, q: mp.fsum([a * mp.log(a / b) for a, b in zip(p, q, strict=True)])),
    "mse": ("v v", lambda a, b: mean([(x - y) ** 2 for x, y in zip(a, b, strict=True)])), "adjugate": ("s", adjugate),
    "solve": ("p 2", lambda a, b: list(mp.lu_solve(a, mp.matrix(b)))),
    "cross_entropy": ("v+ v", lambda p, y: -mp.fsum([b * mp.log(a) for a, b in zip(p, y, strict=True)])),
}  # fmt: skip


def transposed_rate(a: Any, g: Any) -> Any:
    """The adjoint of the rate of the polar factor at g: entry by entry, by differences."""
    found = mp.zeros(a.rows, a.cols)
    for i in range(a.rows):
        for j in range(a.cols):
            e = mp.zeros(a.rows, a.cols)
            e[i, j] = 1
            rate = above(polar, a, e)
            found[i, j] = mp.fsum([rate[k, m] * g[k, m] for k in range(a.rows) for m in range(a.cols)])
    return found


assert mpmath.__version__
