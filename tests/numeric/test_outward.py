"""Code as a careful author writes it: numbers in front, nothing computed twice, no line that only names or returns, rows of matrices by their shapes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.numeric.work import is_settled

ADAPTED = "X: matrix(m,n); Y: matrix(m,k); W: matrix(n,k); A: matrix(n,r); B: matrix(r,k); norm2(X*(W + A*B) - Y)^2/m"
SWIGLU = "W: matrix(h,d); V: matrix(h,d); U: matrix(d,h); x: vector(d); y: vector(d); norm2(U*(silu(W*x) .* (V*x)) - y)^2"
SURVIVAL = "X: matrix(n,d); w: vector(d); e: vector(n); s = X*w; -sum(i=1..n, e[i]*(s[i] - log(sum(j=1..i, exp(s[j])))))"
PAIRS = "s: vector(n); sum(i=1..n, sum(j=i+1..n, log(1 + exp(s[j] - s[i]))))"
DISTANCE = "x: vector(n); mu: vector(n); S: psd matrix(n,n); sqrt((x - mu)'*inv(S)*(x - mu))"
ROSENBROCK = "x: vector(n); sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)"
VARIATION = "x: vector(n); sum(i=2..n, sqrt((x[i] - x[i-1])^2 + 0.01))"
PICTURE = "X: matrix(m,n); sum(i=1..m, sum(j=2..n, (X[i,j] - X[i,j-1])^2))"
RIDGE = "X: matrix(m,n); y: vector(m); lam: positive scalar; w = inv(X'*X + lam*eye(n))*X'*y; norm2(X*w - y)^2"
ATTENTION = "Q: matrix(m,d); K: matrix(n,d); V: matrix(n,d); G: matrix(m,d); sum(G .* (softmax(Q*K'/sqrt(d))*V))"
CONTRAST = "A: matrix(n,d); B: matrix(n,d); -tr(log_softmax(A*B'))/n"
NEIGHBOURS = "Y: matrix(n,d); P: matrix(n,n); r = rowsum(Y .^ 2); T = 1 ./ (1 + r*vector(1,n)' - 2*Y*Y' + vector(1,n)*r'); -sum(P .* log(T)) + log(sum(T))"
LAYERS = "X: matrix(m,n); W: matrix(n,h); v: vector(h); y: vector(m); norm2(relu(X*W)*v - y)^2"
FACTORS = "x: vector(n); w: vector(n); V: matrix(n,k); y: scalar; (w.x + 0.5*(norm2(V'*x)^2 - sum((V .^ 2)'*(x .^ 2))) - y)^2"
MIXTURE = "X: matrix(m,d); M: matrix(k,d); a: vector(k); sum(logsumexp(vector(1,m)*a' - 0.5*(rowsum(X .^ 2)*vector(1,k)' - 2*X*M' + vector(1,m)*rowsum(M .^ 2)')))"


def body(text: str, wrt: str, target: str = "numpy") -> str:
    """The function itself, without imports and helpers."""
    code = sd.grad(sd.parse(text), wrt).code(target, bare=True)
    return code[code.index("def f(") :]


@pytest.mark.parametrize(
    ("text", "wrt", "there", "absent"),
    [
        (ADAPTED, "A", "multi_dot([X.T, X @ (W + A @ B) - Y, B.T])", " @ B.T"),
        (SWIGLU, "x", "t2 - y", "y - t2"),  # one is the other with its sign turned
        (SURVIVAL, "w", "X.T @ (_sums_back(e/_sums(t1))*t1 - e)", "(-e"),
        (PAIRS, "s", "t2.sum(axis=0) - t2.sum(axis=1)", "-t2"),
        (DISTANCE, "x", "return t2/", "2*"),
        (DISTANCE, "S", "np.outer(t2/", "np.outer(t2, t2)"),
        (ROSENBROCK, "x", "- 400*(t1*x)", ".copy()"),
        (PICTURE, "X", "", ".T.T"),
        (RIDGE, "lam", "", "w = t"),
        (ATTENTION, "Q", "/d**0.5", ".item()"),
        (CONTRAST, "A", "@ B - B)/n", "eye"),
        (NEIGHBOURS, "Y", "t1.sum(axis=1)[:, None]*", "np.diag"),
        (LAYERS, "W", "> 0)", "astype"),
        (FACTORS, "V", "2*t3*x", "4*"),
        (MIXTURE, "M", "X @ M.T - (", "(-"),
    ],
)
def test_code_is_written_as_people_write_it(text: str, wrt: str, there: str, absent: str) -> None:
    found = body(text, wrt)
    assert there in found
    assert absent not in found
    assert not re.search(r"(t\d+_*) = .*\n    return \1$", found)


@pytest.mark.parametrize("text", ["x: vector(n); sum(silu(x) .* sigma(x))", SWIGLU])
def test_silu_and_sigma_share_their_exponentials(text: str) -> None:
    found = sd.parse(text).code("numpy", bare=True) if text is not SWIGLU else body(text, "x")
    assert found[found.index("def f(") :].count("_sigmoid(") == 1


def test_whole_brackets_are_not_written() -> None:
    assert "np.exp((" not in body("u: vector(d); v: vector(d); N: matrix(k,d); log(1 + exp(-u.v)) + sum(log(1 + exp(N*u)))", "u")


def test_a_bare_function_has_the_sizes_that_are_sums() -> None:
    """Sizes as n - 1 are made of those of arguments, and stand in front."""
    names: dict[str, object] = {}
    exec(sd.grad(sd.parse(VARIATION), "x").code("numpy", bare=True), names)
    x = np.random.default_rng(0).normal(size=7)
    np.testing.assert_allclose(names["f"](x), sd.grad(sd.parse(VARIATION), "x").compile()(x=x))  # type: ignore[operator]


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("sizes", [{"m": 5, "n": 7, "k": 6, "r": 2}, {"m": 2, "n": 3, "k": 4, "r": 9}])
def test_rows_of_matrices_in_any_order_are_the_same(target: str, sizes: dict[str, int]) -> None:
    pytest.importorskip("numpy" if target == "numpy" else target)
    shapes = {"X": "mn", "Y": "mk", "W": "nk", "A": "nr", "B": "rk"}
    r = np.random.default_rng(0)
    values = {name: r.normal(size=[sizes[d] for d in shape]).astype("float32") for name, shape in shapes.items()}
    X, Y, W, A, B = values.values()
    residual = X @ (W + A @ B) - Y
    for wrt, expected in (("A", X.T @ residual @ B.T), ("B", A.T @ X.T @ residual)):
        found = np.asarray(sd.grad(sd.parse(ADAPTED), wrt).compile(target)(**values))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, 2 * expected / sizes["m"], rtol=2e-4, atol=1e-4)


def test_an_order_is_settled_where_no_sizes_can_change_it() -> None:
    assert is_settled(("n", "n", "n", "n"))
    assert is_settled(("m", "n", "n", "m"))
    assert is_settled((3, 3, 3, 3))
    assert not is_settled(("m", "n", "k", "r"))
    assert not is_settled(("n", "m", "n", "n"))
    assert not is_settled(("m", "m", "m", "n", "n", "n"))


def test_products_that_come_twice_in_a_row_are_computed_once() -> None:
    found = body(
        "m: vector(n); P: psd matrix(n,n); F: matrix(n,n); H: matrix(k,n); R: psd matrix(k,k); y: vector(k); "
        "S = H*F*P*F'*H' + R; r = y - H*F*m; 0.5*r'*inv(S)*r + 0.5*logdet(S)",
        "m",
    )
    assert "t1 = H @ F\n" in found and "t1 @ P @ t1.T" in found


@pytest.mark.parametrize(
    "text", ["Q: matrix(m,d); sum(Q)/sqrt(d)", "Q: matrix(m,d); sum(exp(Q/sqrt(2*pi)))", "Q: matrix(m,d); sum(Q .^ 2)/sqrt(m*d)"]
)
def test_roots_of_numbers_keep_the_precision(text: str) -> None:
    Q = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    found = sd.grad(sd.parse(text), "Q").compile()(Q=Q)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, sd.grad(sd.parse(text), "Q").compile()(Q=Q.astype(float)), rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        (SURVIVAL, "w"),
        (PAIRS, "s"),
        (ROSENBROCK, "x"),
        (PICTURE, "X"),
        (FACTORS, "V"),
        (NEIGHBOURS, "Y"),
        (CONTRAST, "A"),
        (MIXTURE, "M"),
        (SWIGLU, "x"),
    ],
)
def test_what_is_moved_outward_has_the_values_of_differences(text: str, wrt: str) -> None:
    f = sd.parse(text)
    sizes = {d: 3 + k for k, d in enumerate("dhkmn")}
    r = np.random.default_rng(1)
    values = {name: abs(r.normal(size=[sizes[d] for d in info.shape])) for name, info in f.types.items()}
    value, gradient = f.compile(), sd.grad(f, wrt).compile()(values)
    direction = r.normal(size=values[wrt].shape)
    step = 1e-6
    ahead, behind = (value(values | {wrt: values[wrt] + s * step * direction}) for s in (1, -1))
    assert (ahead - behind) / (2 * step) == pytest.approx(np.sum(gradient * direction), rel=1e-5)


REGRESSIVE = "x: vector(n); a: scalar; b: scalar; sum(i=3..n, (x[i] - a*x[i-1] - b*x[i-2])^2)"


def test_sums_over_a_part_of_an_axis_compute_that_part() -> None:
    found = body(REGRESSIVE, "a")
    assert "n_2 = max(n - 2, 0)" in found
    assert "_slice(x, 2, n_2)" in found
    assert "[2:]" not in found


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("n", [1, 2, 3, 8])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (REGRESSIVE, lambda x, y: sum((x[i] - 0.5 * x[i - 1] - 0.25 * x[i - 2]) ** 2 for i in range(2, len(x)))),
        ("sum(i=2..n-1, x[i]*exp(y[i])*i)", lambda x, y: sum(x[i] * np.exp(y[i]) * (i + 1) for i in range(1, len(x) - 1))),
        (
            "sum(i=2..n-1, x[i+1]*y[n-i]^2/(x[i]^2 + 1))",
            lambda x, y: sum(x[i + 1] * y[-2 - i] ** 2 / (x[i] ** 2 + 1) for i in range(1, len(x) - 1)),
        ),
        ("z = x .* exp(y); sum(i=2..n, z[i]*x[i-1]) + sum(z)", lambda x, y: (x * np.exp(y))[1:] @ x[:-1] + (x * np.exp(y)).sum()),
        ("sum(i=4..n, log(1 + x[i]^2 + y[i-3]^2))", lambda x, y: np.log(1 + x[3:] ** 2 + y[: max(len(x) - 3, 0)] ** 2).sum()),
    ],
)
def test_sums_over_a_part_have_their_values(target: str, n: int, text: str, value: Any) -> None:
    pytest.importorskip("numpy" if target == "numpy" else target)
    f = sd.parse(text if text.startswith("x:") else f"x: vector(n); y: vector(n); {text}")
    r = np.random.default_rng(n)
    values = {"x": r.normal(size=n), "y": r.normal(size=n), "a": 0.5, "b": 0.25}
    np.testing.assert_allclose(
        np.asarray(f.compile(target)(values)), value(values["x"], values["y"]), rtol=2e-5 if target == "jax" else 1e-9, atol=1e-12
    )


def test_a_condition_is_not_asked_twice_and_nothing_is_multiplied_by_1() -> None:
    assert "logical_and" not in body("X: matrix(n,d); sum(i=1..n, sum(j=1..n, [i != j]*(norm2(X[i] - X[j]) - 1)^2))", "X")
    assert "1*" not in body("z: vector(n); sum(elu(z))", "z")


@pytest.mark.parametrize("target", ["math", "numpy", "c"])
@pytest.mark.parametrize("names", ["ab", "ba", "bb"])
def test_parameters_stand_in_the_order_in_which_the_answer_is_read(target: str, names: str) -> None:
    """Not in the order in which the program that code is made of meets them: positional arguments would be exchanged in silence."""
    g = sd.derivative(sd.parse("a, b: scalar; pow(a, b)*sin(a + b)"), list(names))
    text = g.code(target) if target == "c" else g.code(target, bare=True)
    head = next(line for line in text.splitlines() if "f(" in line and ("def " in line or "double f" in line))
    inside = head.partition("(")[2].partition(")")[0]
    assert [p.split()[-1] for p in inside.split(",")] == list(g.variables)
