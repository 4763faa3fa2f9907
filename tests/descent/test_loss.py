"""A loss over examples as one formula: its value and gradient are the averages, whatever the loss is made of."""

from __future__ import annotations

import numpy as np
import pytest
from problems import LOSSES, ONEHOT, X, Y

import symdiff as sd
from symdiff.descent.loss import CHUNK, Loss

VECTOR = {"x": "vector(3)", "v": "vector(3)"}
BOTH = {"X": "matrix(m, n)", "y": "vector(m)", "w": "vector(n)"}

# text: (declarations, weights, data, whether a batch is one call)
CASES = {
    "max(1 - y*w.phi(x), 0) + c*norm2(w)^2": ({}, ["w"], {"phi": X, "y": Y, "c": 0.1}, True),
    "norm2(A*x - y)^2 + norm2(A)": ({}, ["A"], {"x": X, "y": ONEHOT}, True),
    "norm1(A*x - y)": ({}, ["A"], {"x": X, "y": ONEHOT}, True),
    "norm2(A*x - y)": ({}, ["A"], {"x": X, "y": ONEHOT}, False),
    "max(A*x) + det(A'*A + x*x') + sum(softmax(A*x) .^ 3) + prod(A*x)": ({"A": "matrix(2, 3)"}, ["A"], {"x": X}, False),
    "sum(abs(x) .^ k) + k^2": (VECTOR, ["k"], {"x": X}, True),
    "sum(abs(v) .^ t)*w^2": (VECTOR, ["w"], {"v": X, "t": np.abs(Y)}, None),
    "abs(p)^t*w^2": ({}, ["w"], {"p": X[:, 0], "t": X[:, 1]}, True),
    "if(w.x > 0, exp(w.x), y)": ({}, ["w"], {"x": X, "y": Y}, True),
    "sum(i=1..n, abs(x[i])*w[i]^2) + var(w .* x)": ({}, ["w"], {"x": X}, None),
    "x'*inv(S + x*x' + 9*eye(3))*x + logsumexp(S*x)": ({"S": "symmetric matrix(3, 3)"}, ["S"], {"x": X}, None),
    "(a*b - 2)^2": ({}, ["a"], {"b": X[:, 0]}, True),
    "w.w": ({}, ["w"], {"w": [1.0, 2.0]}, False),
    "sum(log(1 + exp(-y .* (X*w))))": (BOTH, ["w"], {"X": X, "y": Y}, False),
    "mean(i=1..m, (w.x[i] - y[i])^2)": ({}, ["w"], {"x": X, "y": Y}, False),
} | {text: (types, wrt, data, True) for text, types, wrt, data, _ in LOSSES.values()}  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_value_and_gradient_are_the_averages(text):
    types, wrt, data, lifted = CASES[text]
    f = sd.parse(text, **types)
    loss = Loss(f.expr, f.nodes(wrt), data)
    assert lifted in (None, loss.lifted)
    point = np.random.default_rng(1).normal(size=loss.slices[-1].stop)
    parts = loss.parts(point)
    if "S" in parts:
        parts["S"][:] = parts["S"] + parts["S"].T
    value, slope = loss(point)
    fixed = {k: v for k, v in data.items() if k not in loss.by_row and k not in wrt}
    rows = range(len(X)) if loss.by_row else [0]
    each = [f({**parts, **fixed, **{k: data[k][row] for k in loss.by_row}}) for row in rows]
    assert value == pytest.approx(np.mean(each), rel=1e-12)
    for k, name in enumerate(wrt):
        g = sd.grad(f, name)
        slopes = [
            g({k: v for k, v in {**parts, **fixed, **{k: data[k][row] for k in loss.by_row}}.items() if k in g.variables}) for row in rows
        ]
        assert slope[loss.slices[k]] == pytest.approx(np.mean(slopes, axis=0).reshape(-1), rel=1e-10, abs=1e-12)


def test_deep_networks_share_their_work_and_stay_in_range():
    """The adjoints of the sweep are the program of deep networks; where they leave the range of floats, the written gradient is."""
    depth = 12
    layers = "; ".join(["h1 = tanh(W1*x)", *(f"h{k} = tanh(W{k}*h{k - 1})" for k in range(2, depth + 1)), f"bce(sigma(w.h{depth}), y)"])
    f = sd.parse(layers, W1="matrix(4, 3)", **{f"W{k}": "matrix(4, 4)" for k in range(2, depth + 1)})
    names = [*[f"W{k}" for k in range(1, depth + 1)], "w"]
    loss = Loss(f.expr, f.nodes(names), {"x": X, "y": (Y + 1) / 2})
    rng = np.random.default_rng(0)
    for scale in (0.5, 1e4):  # at the second one sigma(w.h) is 0 or 1 in floats
        point = scale * rng.normal(size=loss.slices[-1].stop)
        value, slope = loss(point)
        parts = loss.parts(point)
        each = [f({**parts, "x": x, "y": float(y > 0)}) for x, y in zip(X, Y, strict=True)]
        g = sd.grad(f, "w")
        slopes = [g({k: v for k, v in {**parts, "x": x, "y": float(y > 0)}.items() if k in g.variables}) for x, y in zip(X, Y, strict=True)]
        assert value == pytest.approx(np.mean(each), rel=1e-10) and np.isfinite(value)
        assert slope[loss.slices[-1]] == pytest.approx(np.mean(slopes, axis=0), rel=1e-10)


def test_a_norm_at_zero():
    f = sd.parse("(w.x - y)^2 + norm2(w)^2 + norm2(w)")
    run = sd.descend(f, "w", {"x": X, "y": Y}, init="zeros", epochs=3)
    assert not run.stopped and np.isfinite(run.weights["w"]).all() and run.epoch == 3


def test_rows_of_a_batch():
    f = sd.parse("max(1 - y*w.phi, 0)")
    loss = Loss(f.expr, f.nodes("w"), {"phi": X, "y": Y})
    rows = np.array([4, 0, 9])
    w = np.array([0.3, -0.1, 0.2])
    some = Loss(f.expr, f.nodes("w"), {"phi": X[rows], "y": Y[rows]})
    assert loss(w, rows)[0] == some(w)[0] and (loss(w, rows)[1] == some(w)[1]).all()


def test_more_examples_than_one_call_takes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2 * CHUNK + 7, 2))
    f = sd.parse("sigma(w.x)^2")
    value, slope = Loss(f.expr, f.nodes("w"), {"x": x})(np.array([0.5, -1.0]))
    s = 1 / (1 + np.exp(-(x @ [0.5, -1.0])))
    assert value == pytest.approx((s**2).mean(), rel=1e-12)
    assert slope == pytest.approx((2 * s * s * (1 - s)) @ x / len(x), rel=1e-10)


def test_a_batch_of_a_whole_loss_takes_rows_of_all_its_arrays():
    f = sd.parse("sum(log(1 + exp(-y .* (X*w))))/m", **BOTH)
    loss = Loss(f.expr, f.nodes("w"), {"X": X, "y": Y, "m": len(X)})
    w, rows = np.array([0.3, -0.1, 0.2]), np.array([1, 5, 6, 7])
    assert loss.examples == len(X)
    assert loss(w, rows)[0] == pytest.approx(np.log1p(np.exp(-Y[rows] * (X[rows] @ w))).mean())


def test_sizes_by_name():
    f = sd.parse("h = sigma(V*x); (w.h - y)^2", V="matrix(k, n)", x="vector(n)")
    run = sd.descend(f, ["V", "w"], {"x": X, "y": Y, "k": 5}, epochs=1)
    assert run.weights["V"].shape == (5, 3) and run.weights["w"].shape == (5,)
    with pytest.raises(sd.ShapeError, match="n is 4, from its value"):
        sd.descend(f, ["V", "w"], {"x": X, "y": Y, "k": 5, "n": 4})
    with pytest.raises(sd.ShapeError, match="k is a size"):
        sd.descend(f, ["V", "w"], {"x": X, "y": Y, "k": 2.5})


@pytest.mark.parametrize(
    ("text", "wrt", "data", "message"),
    [
        ("(w.x - y)^2", "w", {"x": X}, "no data for y"),
        ("(w.x - y)^2", "w", {"x": X, "y": Y, "z": Y}, "'z', which does not occur"),
        ("(w.x - y)^2", "w", {"x": X, "y": Y[:-1]}, "different numbers of examples: x 23, y 22"),
        ("(w.x - y)^2", "w", {"x": X[:, :, None], "y": Y}, "x has size 3 in the data|its data have 3 axes"),
        ("(w.x - y)^2", "w", {"x": [[1, 2], [3]], "y": [1, 2]}, "the values of x are not numbers"),
        ("(w.x - y)^2", "w", {"x": X, "y": np.where(Y > 0, np.nan, Y)}, "the values of y are not all finite"),
        ("(w.x - y)^2", "w", {"x": X[:0], "y": Y[:0]}, "hold no example"),
        ("(w.x - y)^2", "w", {"x": X, "y": Y, "w": [1.0, 2.0]}, "w has size 2 in the data, but size\\(w\\) is 3"),
        ("s = w.x; (s - y)^2", "s", {"x": X, "y": Y, "w": [1.0]}, "s is a value of the formula"),
        ("h = sigma(V*x); (w.h - y)^2", "V,w", {"x": X, "y": Y}, "rows\\(V\\) of V is fixed by nothing"),
        ("w: simplex vector(3); (w.x - y)^2", "w", {"x": X, "y": Y}, "w is simplex"),
    ],
)
def test_data_that_do_not_fit(text, wrt, data, message):
    with pytest.raises(sd.SymdiffError, match=message):
        sd.descend(text, wrt.split(","), data)


def test_a_vector_has_no_descent():
    with pytest.raises(sd.ShapeError, match="only a scalar"):
        sd.descend("A*x", "x", {"A": [[1.0]]})
