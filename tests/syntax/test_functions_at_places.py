"""Functions that nobody defines, inside an index: `phi(X[i])` is taken at every place; values, derivatives, texts, verdicts."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

W = np.array([[1.0, 2.0, -1.0], [0.5, -0.3, 0.8]])
FUNCTIONS = {
    "phi": lambda t: np.sin(W @ np.asarray(t)),
    "Dphi": lambda t: np.cos(W @ np.asarray(t))[:, None] * W,
    "act": np.sin,
    "Dact": np.cos,
    "k": lambda s, t: np.exp(s * t),
    "D1k": lambda s, t: t * np.exp(s * t),
    "D2k": lambda s, t: s * np.exp(s * t),
}
FORMULAS = {
    "x: vector(n); sum(i, act(x[i]))": lambda v: np.sin(v["x"]).sum(),
    "x: vector(n); prod(i=1..n, 2 + act(x[i]))": lambda v: np.prod(2 + np.sin(v["x"])),
    "x: vector(n); sum(i=2..n, act(x[i] - x[i-1]))": lambda v: np.sin(np.diff(v["x"])).sum(),
    "x: vector(n); sum(i<j, act(x[i]*x[j]))": lambda v: sum(np.sin(v["x"][i] * v["x"][j]) for i in range(4) for j in range(i + 1, 4)),
    "x: vector(n); sum(i=1..n, j=1..n, k(x[i], x[j]))": lambda v: np.exp(np.outer(v["x"], v["x"])).sum(),
    "phi: vector(d) -> vector(p); X: matrix(n,d); w: vector(p); sum(i=1..n, (w.phi(X[i]))^2)": lambda v: (
        (np.sin(v["X"] @ W.T) @ v["w"]) ** 2
    ).sum(),
    "phi: vector(d) -> vector(p); X: matrix(n,d); w: vector(p); norm2(tensor(i=1..n, w.phi(X[i])))": lambda v: np.linalg.norm(
        np.sin(v["X"] @ W.T) @ v["w"]
    ),
}


def draw(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=4), "X": rng.normal(size=(4, 3)), "w": rng.normal(size=2)}


def differences(value, values, name):
    found = np.zeros_like(values[name])
    for place in np.ndindex(found.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = values[name].copy()
            moved[place] += step
            ends.append(value({**values, name: moved}))
        found[place] = (ends[0] - ends[1]) / 2e-6
    return found


@pytest.mark.parametrize("text", FORMULAS)
def test_value_and_gradients(text: str) -> None:
    f, values = sd.parse(text), draw(0)
    given = {name: v for name, v in values.items() if name in f.variables} | FUNCTIONS
    assert np.isclose(f.compile()(given), FORMULAS[text](values))
    for name in [name for name in ("x", "X", "w") if name in f.variables]:
        g = sd.grad(f, name)
        np.testing.assert_allclose(g.compile()(given), differences(FORMULAS[text], values, name), atol=1e-6, err_msg=str(g))
        assert sd.parse(str(g), given=f) == g
        assert sd.parse(g.program()).compile()(given) is not None
        assert sd.verify(f, name, g).ok is True


def test_a_wrong_answer_is_found() -> None:
    f = sd.parse("phi: vector(d) -> scalar; X: matrix(m,d); sum(i=1..m, phi(X[i])^2)")
    assert sd.verify(f, "X", sd.parse("tensor(i=1..m, j=1..d, phi(X[i])*Dphi(X[i])[j])", given=f)).ok is False


def test_the_values_may_be_given_at_once() -> None:
    f = sd.parse("phi: vector(d) -> vector(p); X: matrix(n,d); w: vector(p); sum(i=1..n, w.phi(X[i]))")
    values = draw(1)
    assert np.isclose(f.compile()(w=values["w"], phi=np.sin(values["X"] @ W.T)), (np.sin(values["X"] @ W.T) @ values["w"]).sum())


@pytest.mark.parametrize(("name", "library"), [("torch", "torch"), ("jax", "jax.numpy")])
def test_other_libraries(name: str, library: str) -> None:
    module = pytest.importorskip(library)
    f = sd.parse("x: vector(n); sum(i, act(x[i])*x[i])")
    x = draw(2)["x"]
    assert np.isclose(float(f.compile(name)(x=x, act=module.sin)), (np.sin(x) * x).sum())


@pytest.mark.parametrize(
    ("text", "wrt", "answer"),
    [
        ("x: vector(n); sum(i, act(x[i]))", "x", "tensor(i=1..n, act'(x[i]))"),
        (
            "phi: vector(d) -> vector(n); X: matrix(m,d); sum(i=1..m, (w.phi(X[i]) - y[i])^2)",
            "w",
            "sum(i=1..m, 2*(w.phi(X[i]) - y[i])*phi(X[i]))",
        ),
        ("f: vector(d) -> scalar; sum(i=1..m, f(A*X[i]))", "A", "sum(i=1..m, Df((X*A')[i])*X[i]')"),
    ],
)
def test_answers(text: str, wrt: str, answer: str) -> None:
    assert str(sd.grad(text, wrt)) == answer


def test_components_have_names_at_every_place() -> None:
    f = sd.parse("f: vector(2) -> scalar; X: matrix(2,2); sum(i=1..2, f(X[i]))")
    assert sorted(map(str, f.to_sympy().free_symbols)) == ["f(X[1])", "f(X[2])"]
