"""Where gradients are zero: the problems that lectures solve by hand, their conditions, and what has no closed form."""

from __future__ import annotations

import time

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main

DATA = {"X": "matrix(m, n)", "y": "vector(m)"}
LAYERS = {"X": "matrix(m, n)", "Y": "matrix(m, k)", "W": "matrix(n, k)"}

# name: (formula, variable, types, point, conditions, kind)
SOLVED = {
    "least squares": ("norm2(X*w - y)^2", "w", {}, "inv(X'*X)*(X'*y)", ["X'*X has an inverse"], "minimum"),
    "ridge": ("norm2(X*w - y)^2 + lambda*w.w", "w", {}, "inv(X'*X + lambda*eye)*(X'*y)", ["X'*X + lambda*eye has an inverse"], "minimum where lambda >= 0"),
    "mean squared error": ("norm2(X*w - y)^2/m", "w", DATA, "inv(X'*X)*(X'*y)", ["X'*X/m has an inverse"], "minimum"),
    "weighted": ("(X*w - y)'*D*(X*w - y)", "w", {"D": "psd matrix(m, m)", **DATA}, "inv(X'*D*X)*(X'*D*y)", ["X'*D*X has an inverse"], "minimum"),
    "weights by row": ("sum(i=1..m, c[i]*(w.x[i] - y[i])^2)", "w", {}, "inv(x'*diag(c)*x)*(x'*(c .* y))", ["x'*diag(c)*x has an inverse"], "minimum where c >= 0"),
    "several outputs": ("norm2(X*W - Y)^2", "W", LAYERS, "inv(X'*X)*X'*Y", ["X'*X has an inverse"], "minimum"),
    "ridge of several outputs": ("norm2(X*W - Y)^2 + lambda*norm2(W)^2", "W", LAYERS, "inv(X'*X + lambda*eye(n))*X'*Y", ["X'*X + lambda*eye has an inverse"], "minimum where lambda >= 0"),
    "Wiener filter": ("norm2(W*X - Y)^2", "W", {"W": "matrix(k, n)", "X": "matrix(n, m)", "Y": "matrix(k, m)"}, "Y*X'*inv(X*X')", ["X*X' has an inverse"], "minimum"),
    "mean": ("sum(i=1..m, norm2(x[i] - mu)^2)", "mu", {}, "colsum(x)/m", [], "minimum"),
    "Gaussian mean": ("sum(i=1..m, (x[i] - mu)'*inv(S)*(x[i] - mu))", "mu", {"S": "psd matrix(n, n)"}, "colsum(x)/m", None, "minimum"),
    "Gaussian variance": ("m/2*log(v) + sum(i=1..m, (x[i] - mu)^2)/(2*v)", "v", {}, "norm2(x - mu)^2/m", ["v != 0"], "minimum"),
    "Gaussian covariance": ("m/2*logdet(S) + sum(i=1..m, (x[i] - mu)'*inv(S)*(x[i] - mu))/2", "S", {"S": "psd matrix(n, n)"}, "(x - ones(m)*mu')'*(x - ones(m)*mu')/m", ["det(S) != 0"], "minimum"),
    "Bernoulli": ("-k*log(p) - (n - k)*log(1 - p)", "p", {}, "k/n", ["p != 0", "1 - p != 0", "n != 0"], "minimum where n - k >= 0"),
    "Poisson": ("n*r - k*log(r)", "r", {}, "k/n", ["r != 0", "n != 0"], "minimum where k >= 0"),
    "exponential": ("n*log(theta) + s/theta", "theta", {}, "s/n", ["theta != 0", "n != 0"], "minimum where n >= 0"),
    "kernel ridge": ("norm2(K*a - y)^2 + lambda*a'*K*a", "a", {"K": "psd matrix(n, n)", "a": "vector(n)", "y": "vector(n)"}, "inv(K + lambda*eye(n))*y", ["K + lambda*eye has an inverse", "K has an inverse"], "minimum where lambda >= 0"),
    "MAP": ("norm2(X*w - y)^2/(2*s) + w.w/(2*t)", "w", {**DATA, "s": "positive scalar", "t": "positive scalar"}, "inv(X'*X/s + eye(n)/t)*(X'*y)/s", ["X'*X/s + eye/t has an inverse"], "minimum"),
    "smoothing": ("norm2(x - y)^2 + lambda*norm2(D*x)^2", "x", {"lambda": "nonnegative scalar"}, "inv(eye + lambda*D'*D)*y", ["lambda*D'*D + eye has an inverse"], "minimum"),
    "step along a line": ("norm2(A*(x + t*d) - b)^2", "t", {"d": "vector(n)", "x": "vector(n)"}, "(A*d).(b - A*x)/norm2(A*d)^2", ["norm2(A*d)^2 != 0"], "minimum"),
    "Newton's step": ("g.x + 0.5*x'*H*x", "x", {"H": "symmetric matrix(n, n)", "x": "vector(n)"}, "-inv(H)*g", ["H has an inverse"], "minimum where H is psd"),
    "not symmetric": ("0.5*x'*A*x - b.x", "x", {}, "2*inv(A + A')*b", ["A + A' has an inverse"], "minimum where A is psd"),
    "parabola": ("3*x^2 - 5*x + 1", "x", {}, "5/6", [], "minimum"),
    "upside down": ("b*x - 2*x^2", "x", {}, "b/4", [], "maximum"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOLVED)
def test_solved_by_hand(name):
    text, wrt, types, point, conditions, kind = SOLVED[name]
    f = sd.parse(text, **types)
    begin = time.perf_counter()
    found = sd.stationary_points(f, wrt)
    assert time.perf_counter() - begin < 5  # a second on a machine of one's own
    assert len(found.points) == 1 and found.iteration is None
    assert found.points[0].equals(sd.parse(point, given=f)) is True, str(found)
    assert conditions is None or list(found.conditions) == conditions
    assert found.kind == kind


@pytest.mark.parametrize(
    "name", ["ridge", "several outputs", "weights by row", "Gaussian covariance", "kernel ridge", "step along a line", "Bernoulli"]
)
def test_the_gradient_is_zero_there_in_numbers(name):
    text, wrt, types, *_ = SOLVED[name]
    f = sd.parse(text, **types)
    found = sd.stationary_points(f, wrt)
    rng = np.random.default_rng(0)
    sizes = {"m": 9, "n": 3, "k": 2, "rows(X)": 9, "cols(X)": 3, "size(w)": 3, "size(mu)": 3, "rows(A)": 9, "cols(A)": 3}

    def draw(v):
        value = rng.uniform(0.5, 2, size=tuple([sizes[d] for d in v.shape]))
        return value @ value.T + np.eye(len(value)) if {"psd", "symmetric"} & set(v.properties) else value

    values = {letter: draw(v) for letter, v in f.variables.items() if letter != wrt}
    point = found.points[0]
    there = {**values, wrt: point({k: v for k, v in values.items() if k in point.variables})}
    g = sd.grad(f, wrt)
    assert np.abs(g({k: v for k, v in there.items() if k in g.variables})).max() < 1e-9


@pytest.mark.parametrize(
    ("text", "wrt", "types"),
    [
        ("sum(log(1 + exp(-y .* (X*w))))", "w", {**DATA, "w": "vector(n)"}),
        ("x^6 - 3*x^2 - x", "x", {}),
        ("exp(x) - a*x^2", "x", {}),
        ("max(1 - y*w.x, 0)", "w", {}),
        ("norm1(X*w - y)", "w", {}),
        ("(w.x - y)^2", "w", {}),  # one example: X'*X is x*x', which has no inverse
        ("w.x", "w", {}),  # the gradient is nowhere zero
        ("norm2(sigma(V*x) - y)^2", "V", {"V": "matrix(k, n)"}),
        ("log(x)", "x", {}),
    ],
)
def test_no_closed_form(text, wrt, types):
    found = sd.stationary_points(sd.parse(text, **types), wrt)
    assert found.points == () and found.iteration is not None and not found.kind
    assert str(found).startswith(f"no closed form: iterate {wrt} <- ")


def test_the_iteration_is_newtons_step():
    found = sd.stationary_points("exp(x) + x^2 - a*x", "x")
    assert found.iteration(x=0.3, a=2.0) == pytest.approx(0.3 - (np.exp(0.3) + 0.6 - 2) / (np.exp(0.3) + 2))
    f = sd.parse("sum(log(1 + exp(-y .* (X*w))))", X="matrix(m, n)", y="vector(m)", w="vector(n)")
    step = sd.stationary_points(f, "w").iteration
    rng = np.random.default_rng(0)
    values = {"X": rng.normal(size=(20, 3)), "y": np.sign(rng.normal(size=20)), "w": np.zeros(3)}
    for _ in range(12):
        values["w"] = step(values)
    assert np.abs(sd.grad(f, "w")(values)).max() < 1e-10


@pytest.mark.parametrize(
    ("text", "wrt", "types", "message"),
    [
        ("A*x", "x", {}, "only a scalar"),
        ("w.x", "v", {}, "'v' does not occur"),
        ("s = w.x; s^2", "s", {}, "s is a value of the formula"),
        ("f(x)^2", "x", {}, "function that is not known"),
        ("norm2(p - q)^2", "p", {"p": "simplex vector(n)"}, "p is simplex"),
    ],
)
def test_refused(text, wrt, types, message):
    with pytest.raises(sd.SymdiffError, match=message):
        sd.stationary_points(sd.parse(text, **types), wrt)


def test_a_psd_weight_is_known_and_another_is_not():
    for types, kind in (({"D": "psd matrix(m, m)"}, "minimum"), ({"D": "symmetric matrix(m, m)"}, "minimum where D is psd")):
        assert sd.stationary_points(sd.parse("(X*w - y)'*D*(X*w - y)", **types), "w").kind == kind
    assert sd.stationary_points("a*x^2 - x", "x").kind in ("", "minimum where a >= 0")
    assert sd.stationary_points("norm2(X*w - y)^2 - lambda*w.w", "w").kind == "minimum where lambda <= 0"


def test_command(capsys):
    assert main(["stationary", "norm2(X*w - y)^2", "--wrt", "w"]) == 0
    out, err = capsys.readouterr()
    assert (
        out == "inv(X'*X)*(X'*y)\n" and "the only point, where X'*X has an inverse\nminimum\nverified: the gradient is zero there\n" in err
    )
    assert main(["stationary", "exp(x) - a*x^2", "--wrt", "x"]) == 3
    out, err = capsys.readouterr()
    assert "no closed form: iterate" in err and out.strip() == str(sd.stationary_points("exp(x) - a*x^2", "x").iteration)
    assert main(["stationary", "x^2", "--wrt", "x", "--format", "json"]) == 0
    assert '"point": "0"' in capsys.readouterr().out
    for arguments in (
        ["x^2"],
        ["x^2", "--wrt", "x,y"],
        ["x^2", "--wrt", "x", "--subject-to", "x"],
        ["x^2", "--wrt", "x", "--order", "2"],
        [],
    ):
        assert main(["stationary", *arguments]) == 2
        assert capsys.readouterr().out == ""
