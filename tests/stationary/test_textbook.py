"""Twenty problems that lectures solve by hand: point, condition, kind, each put into gradient and equations at data of this file's own."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import dimensions

PSD = {"S": "psd matrix(n,n)"}
DATA = {"X": "matrix(m,n)", "y": "vector(m)", "w": "vector(n)"}


class Problem(NamedTuple):
    """values: the point by variable; for eigenvectors ("left", "right") of the equation."""

    formula: str
    wrt: list[str]
    types: dict[str, str]
    values: dict[str, str]
    conditions: list[str]
    kind: str
    equations: tuple[str, ...] = ()


TEXTBOOK = {
    "least squares": Problem("norm2(X*w - y)^2", ["w"], DATA, {"w": "inv(X'*X)*(X'*y)"}, ["X'*X has an inverse"], "minimum"),
    "weighted least squares": Problem("sum(c .* (X*w - y).^2)", ["w"], {**DATA, "c": "positive vector(m)"}, {"w": "inv(X'*diag(c)*X)*(X'*(c .* y))"}, ["X'*diag(c)*X has an inverse"], "minimum"),
    "ridge": Problem("norm2(X*w - y)^2 + lambda*w.w", ["w"], DATA, {"w": "inv(X'*X + lambda*eye(n))*(X'*y)"}, ["X'*X + lambda*eye has an inverse"], "minimum where lambda >= 0"),
    "several outputs": Problem("norm2(X*W - Y)^2", ["W"], {"X": "matrix(m,n)", "W": "matrix(n,k)", "Y": "matrix(m,k)"}, {"W": "inv(X'*X)*X'*Y"}, ["X'*X has an inverse"], "minimum"),
    "with an intercept": Problem("norm2(X*w + b - y)^2", ["w", "b"], {**DATA, "b": "scalar"}, {"b": "mean(y - X*(inv(X'*(eye(m) - 1/m)*X)*(X'*(y - mean(y)))))"}, ["X'*X - colsum(X)*colmean(X)' has an inverse"], "minimum"),
    "Gaussian mean and covariance": Problem("m/2*logdet(S) + 1/2*sum(i=1..m, (x[i] - mu)'*inv(S)*(x[i] - mu))", ["mu", "S"], PSD,
                                            {"mu": "colsum(x)/m", "S": "x'*(eye(m) - 1/m)*x/m"}, ["det(S) != 0"], "minimum"),
    "normal mean and variance": Problem("m/2*log(v) + sum(i=1..m, (x[i] - mu)^2)/(2*v)", ["mu", "v"], {}, {"mu": "mean(x)", "v": "norm2(x - mean(x))^2/m"}, ["v != 0"], "minimum"),
    "Bernoulli": Problem("-k*log(p) - (n - k)*log(1 - p)", ["p"], {}, {"p": "k/n"}, ["p != 0", "1 - p != 0", "n != 0"], "minimum where n - k >= 0"),
    "Poisson": Problem("sum(i=1..m, r - k[i]*log(r))", ["r"], {}, {"r": "sum(k)/m"}, ["r != 0"], "minimum"),
    "categorical": Problem("-sum(c .* log(p))", ["p"], {"p": "positive vector(k)", "c": "vector(k)"}, {"p": "c/sum(c)"}, ["p != 0", "sum(c) != 0"], "minimum where c >= 0", ("sum(p) = 1",)),
    "kernel ridge": Problem("norm2(K*a - y)^2 + lambda*a'*K*a", ["a"], {"K": "psd matrix(n,n)", "lambda": "positive scalar"}, {"a": "inv(K + lambda*eye(n))*y"}, ["K + lambda*eye has an inverse", "K has an inverse"], "minimum"),
    "dual of kernel ridge": Problem("1/2*a'*(K + lambda*eye(n))*a - y.a", ["a"], {"K": "psd matrix(n,n)", "lambda": "positive scalar"}, {"a": "inv(K + lambda*eye(n))*y"}, ["K + lambda*eye has an inverse"], "minimum"),
    "MAP": Problem("norm2(X*w - y)^2/(2*s) + (w - v).(w - v)/(2*t)", ["w"], {**DATA, "s": "positive scalar", "t": "positive scalar"},
                   {"w": "inv(X'*X/s + eye(n)/t)*(X'*y/s + v/t)"}, ["X'*X/s + eye/t has an inverse"], "minimum"),
    "k-means centre": Problem("sum(i=1..m, z[i]*norm2(x[i] - mu)^2)", ["mu"], {"z": "nonnegative vector(m)"}, {"mu": "x'*z/sum(z)"}, ["sum(z) != 0"], "minimum"),
    "Wiener filter": Problem("tr(C) - 2*h.r + h'*R*h", ["h"], {"R": "psd matrix(n,n)", "C": "matrix(k,k)"}, {"h": "inv(R)*r"}, ["R has an inverse"], "minimum"),
    "Procrustes": Problem("norm2(X*R - Y)^2", ["R"], {"R": "matrix(n,n)", "X": "matrix(m,n)", "Y": "matrix(m,n)"}, {"R": "polar(X'*Y)"}, ["X'*Y has full rank"], "minimum", ("R'*R = eye(n)",)),
    "PCA": Problem("norm2(X - X*w*w')^2", ["w"], {"X": "matrix(m,n)", "w": "vector(n)"}, {"left": "X'*(X*w)", "right": "norm2(X*w)^2*w"}, [], "", ("w.w = 1",)),
    "step along a line": Problem("norm2(A*(x + t*d) - b)^2", ["t"], {"A": "matrix(m,n)", "d": "vector(n)", "x": "vector(n)"}, {"t": "(A*d).(b - A*x)/norm2(A*d)^2"}, ["norm2(A*d)^2 != 0"], "minimum"),
    "Newton's step": Problem("g.s + 1/2*s'*H*s", ["s"], {"H": "psd matrix(n,n)"}, {"s": "-inv(H)*g"}, ["H has an inverse"], "minimum"),
    "minimum variance": Problem("w'*S*w", ["w"], PSD, {"w": "rowsum(inv(S))/sum(inv(S))"}, ["S has an inverse", "sum(inv(S)) != 0"], "minimum", ("sum(w) = 1",)),
}  # fmt: skip
MORE = {
    "given return": Problem("1/2*w'*S*w", ["w"], PSD, {}, [], "minimum", ("sum(w) = 1", "mu.w = r")),
    "projection on a plane": Problem("norm2(x - a)^2", ["x"], {}, {"x": "a + (d - a.c)*c/(c.c)"}, ["c.c != 0"], "minimum", ("c.x = d",)),
    "least squares with equations": Problem("norm2(X*w - y)^2", ["w"], DATA, {}, ["X'*X has an inverse", "A*inv(X'*X)*A' has an inverse"], "minimum", ("A*w = b",)),
    "most entropy": Problem("-sum(p .* log(p))", ["p"], {"p": "positive vector(k)"}, {"p": "vector(1/k, k)"}, [], "maximum", ("sum(p) = 1",)),
    "largest rectangle": Problem("x*y", ["x", "y"], {}, {"x": "5", "y": "5"}, [], "maximum", ("x + y = 10",)),
    "exponential rate": Problem("n*log(theta) + s/theta", ["theta"], {}, {"theta": "s/n"}, ["theta != 0", "n != 0"], "minimum where n >= 0"),
    "logarithm": Problem("exp(x) - a*x", ["x"], {}, {"x": "log(a)"}, ["a > 0"], "minimum"),
    "saddle": Problem("x^2 - y^2", ["x", "y"], {}, {"x": "0", "y": "0"}, [], "saddle"),
    "another saddle": Problem("x*y", ["x", "y"], {}, {"x": "0", "y": "0"}, [], "saddle"),
    "Rayleigh's quotient": Problem("w'*S*w/(w.w)", ["w"], PSD, {"left": "S*w", "right": "w'*S*w/(w.w)*w"}, [], ""),
    "general eigenvectors": Problem("w'*A*w", ["w"], {"A": "symmetric matrix(n,n)"}, {"left": "A*w", "right": "w'*A*w*(B*w)"}, ["B has an inverse"], "", ("B: psd matrix(n,n); w'*B*w = 1",)),
    "several components": Problem("tr(W'*S*W)", ["W"], {**PSD, "W": "matrix(n,k)"}, {"left": "S*W", "right": "W*(W'*S*W)"}, [], "", ("W'*W = eye(k)",)),
}  # fmt: skip
ALL = {**TEXTBOOK, **MORE}
SIZES = {"m": 11, "n": 4, "k": 3, "rows(A)": 2, "size(b)": 2, "size(c)": 4, "size(x)": 4, "size(mu)": 4, "size(r)": 4, "cols(x)": 4}


def solve(name: str) -> tuple[sd.Formula, Any]:
    p = ALL[name]
    f = sd.parse(p.formula, **p.types)
    return f, sd.stationary_points(f, p.wrt, subject_to=p.equations)


def data(f: sd.Formula, others: list[Any], rng: np.random.Generator) -> dict[str, Any]:
    values: dict[str, Any] = {}
    sizes = dict(SIZES)
    for g in (f, *others):
        for name, v in g.variables.items():
            value = rng.uniform(0.5, 2, size=tuple([sizes.setdefault(d, 4) if isinstance(d, str) else d for d in v.shape]))
            if {"psd", "symmetric"} & set(v.properties):
                value = value @ value.T + np.eye(len(value))
            values.setdefault(name, value)
    return values | {d: n for d, n in sizes.items() if d.isidentifier() and d not in values}


def at(g: sd.Formula, values: dict[str, Any]) -> Any:
    wanted = {*g.variables, *dimensions([g.expr])}
    return np.asarray(g({k: v for k, v in values.items() if k in wanted}))


def test_there_are_twenty() -> None:
    assert len(TEXTBOOK) == 20


@pytest.mark.parametrize("name", ALL)
def test_point_condition_and_kind(name: str) -> None:
    p = ALL[name]
    sd.stationary_points("x^2", "x")  # what is loaded once
    f = sd.parse(p.formula, **p.types)
    begin = time.process_time()
    found = sd.stationary_points(f, p.wrt, subject_to=p.equations)
    assert time.process_time() - begin < 3  # a second on a machine of one's own
    assert found.kind == p.kind
    assert list(found.conditions) == p.conditions or not p.conditions
    if "left" in p.values:
        sides = dict(zip(("left", "right"), found.equation, strict=True))
        assert any("minimum" in line for line in found.words)
    else:
        (point,) = found.points
        sides = point if isinstance(point, dict) else {p.wrt[0]: point}
    for letter, text in p.values.items():
        own = [part for e in p.equations for part in e.split(";")[:-1]]
        assert sides[letter].equals(sd.parse("; ".join([*own, text]), given=sides[letter])) is True, str(found)


@pytest.mark.parametrize("name", [name for name, p in ALL.items() if "left" not in p.values and name != "Procrustes"])
def test_put_into_gradient_and_equations(name: str) -> None:
    """grad f + nu*grad h is 0 at the point, h is 0, and the verdict holds against neighbours that obey the equations."""
    p = ALL[name]
    f, found = solve(name)
    (point,) = found.points
    point = point if isinstance(point, dict) else {p.wrt[0]: point}
    gaps = [sd.parse("({}) - ({})".format(*e.split(" = ")), given=f) for e in p.equations]
    rng = np.random.default_rng(3)
    values = data(f, gaps, rng)
    if name == "Bernoulli":
        values |= {"k": 3.0, "n": 8.0}
    there = {**values, **{x: at(e, values) for x, e in point.items()}}
    rest = np.concatenate([np.atleast_1d(at(sd.grad(f, x), there)).ravel() for x in p.wrt])
    normals = []
    for gap in gaps:
        assert np.abs(at(gap, there)).max() < 1e-9
        rows = [np.asarray(at(sd.jacobian(gap, x), there)) for x in p.wrt]
        normals.append(np.concatenate([r.reshape(-1, np.size(there[x])) for r, x in zip(rows, p.wrt, strict=True)], axis=1))
    basis = np.zeros((0, len(rest)))
    if normals:
        basis = np.linalg.qr(np.concatenate(normals).T)[0].T
        rest = rest - basis.T @ (basis @ rest)
    assert np.abs(rest).max() < 1e-8
    word = p.kind.split(" ")[0]
    higher = set()
    for _ in range(30):
        step = rng.normal(size=len(rest)) * 1e-3
        step -= basis.T @ (basis @ step)
        moved, k = dict(there), 0
        for x in p.wrt:
            n = np.size(there[x])
            change = step[k : k + n].reshape(np.shape(there[x]))
            moved[x] = there[x] + (change + change.T if x == "S" else change)
            k += n
        higher.add(bool(at(f, moved) > at(f, there)))
    assert higher == {"minimum": {True}, "maximum": {False}, "saddle": {True, False}}[word]


@pytest.mark.parametrize("name", ["PCA", "Rayleigh's quotient", "general eigenvectors"])
def test_eigenvectors_obey_the_equation(name: str) -> None:
    p = ALL[name]
    f, found = solve(name)
    rng = np.random.default_rng(1)
    x, s, b = rng.normal(size=(9, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    values = {"X": x, "S": s @ s.T, "A": s + s.T, "B": b @ b.T + np.eye(4)}
    matrix = {"PCA": x.T @ x, "Rayleigh's quotient": values["S"], "general eigenvectors": np.linalg.solve(values["B"], values["A"])}[name]
    numbers, vectors = np.linalg.eig(matrix)
    taken = []
    for k in np.argsort(numbers):
        w = vectors[:, k] * 1.0
        values["w"] = w / np.sqrt(w @ values["B"] @ w) if name == "general eigenvectors" else w
        left, right = [at(side, values) for side in found.equation]
        assert np.abs(left - right).max() < 1e-9
        taken.append(float(at(f, values)))
        if not p.equations:
            assert np.abs(at(sd.grad(f, "w"), values)).max() < 1e-9
    rising = any(line.startswith("minimum at the smallest") for line in found.words)
    assert (np.diff(taken) > 0).all() if rising else (np.diff(taken) < 0).all()
    values["w"] = rng.normal(size=4)
    left, right = [at(side, values) for side in found.equation]
    assert np.abs(left - right).max() > 1e-3  # no eigenvector


@pytest.mark.parametrize(
    ("text", "rising"),
    [
        ("w'*A*w/(w.w)", True),
        ("3*w'*A*w/(w.w)", True),
        ("-w'*A*w/norm2(w)^2", False),
        ("A: symmetric matrix(n,n); 5*w'*A*w/(2*w.w)", True),
        ("A: symmetric matrix(n,n); B: psd matrix(n,n); 4*w'*A*w/(w'*B*w)", True),
    ],
)
def test_a_quotient_with_a_number_or_any_matrix_has_its_own_eigenvalue(text: str, rising: bool) -> None:
    """The eigenvalue is a multiple of the quotient where the matrix is A + A', or a number stands in front."""
    f = sd.parse(text)
    found = sd.stationary_points(f, "w")
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    values = {"A": a + a.T if "symmetric" in text else a, "B": b @ b.T + np.eye(4)}
    matrix = np.linalg.solve(values["B"] if "B" in text else np.eye(4), values["A"] + values["A"].T)
    for w in np.linalg.eig(matrix)[1].T:
        values["w"] = 1.5 * w
        left, right = [at(side, values) for side in found.equation]
        assert np.abs(left - right).max() < 1e-9
    assert any(line.startswith("minimum at the smallest") for line in found.words) is rising
    assert not any("(A)" in line for line in found.words)


def test_the_polar_factor_is_nearest() -> None:
    f, found = solve("Procrustes")
    rng = np.random.default_rng(2)
    values = {"X": rng.normal(size=(9, 4)), "Y": rng.normal(size=(9, 4))}
    r = at(found.points[0], values)
    assert np.abs(r.T @ r - np.eye(4)).max() < 1e-9
    best = at(f, {**values, "R": r})
    for _ in range(20):
        turned = r @ np.linalg.qr(np.eye(4) + 0.1 * rng.normal(size=(4, 4)))[0]
        turned = turned * np.sign(np.diag(r.T @ turned))
        assert at(f, {**values, "R": turned}) > best
    declared = sd.stationary_points(sd.parse("norm2(X*R - Y)^2", R="orthogonal matrix(n,n)"), "R")
    assert str(declared.points[0]) == str(found.points[0])


@pytest.mark.parametrize(
    ("text", "points", "kinds"),
    [
        ("x^3 - 3*x", ["-1", "1"], ("maximum", "minimum")),
        ("(x^2 - 1)^2", ["-1", "0", "1"], ("minimum", "maximum", "minimum")),
        ("x^3 - 2*x^2 + x", ["1/3", "1"], ("maximum", "minimum")),
        ("x^3/3 - x^2 - x", ["1 - sqrt(2)", "1 + sqrt(2)"], ("maximum", "minimum")),
        ("x + 4/x", ["-2", "2"], ("maximum", "minimum")),
        ("x^3", ["0"], ("",)),
    ],
)
def test_several_points(text: str, points: list[str], kinds: tuple[str, ...]) -> None:
    found = sd.stationary_points(text, "x")
    assert found.kinds == kinds and found.kind == (kinds[0] if len(set(kinds)) == 1 else "")
    assert len(found.points) == len(points)
    assert all(a.equals(sd.parse(b)) is True for a, b in zip(found.points, points, strict=True))


def test_both_points_on_a_circle() -> None:
    found = sd.stationary_points("2*x + 3*y", ["x", "y"], subject_to="x^2 + y^2 = 1")
    assert sorted(found.kinds) == ["maximum", "minimum"]
    for point in found.points:
        assert float(point["x"]()) ** 2 + float(point["y"]()) ** 2 == pytest.approx(1)
        assert float(point["x"]()) / float(point["y"]()) == pytest.approx(2 / 3)


@pytest.mark.parametrize("equation", ["sum(w)", "sum(w) >= 1", "sum(w) < 1", "= 1", "sum(w) = ", "a = b = c", "sum(w) != 1"])
def test_what_is_no_equation(equation: str) -> None:
    with pytest.raises(sd.ParseError, match="no equation"):
        sd.stationary_points(sd.parse("w'*S*w", S="psd matrix(n,n)"), "w", subject_to=equation)


def test_a_letter_of_the_formula_is_no_multiplier() -> None:
    found = sd.stationary_points(sd.parse("nu*w.w", w="vector(n)", nu="positive scalar"), "w", subject_to="sum(w) = 1")
    assert list(found.multipliers) == ["nu_"]
    assert found.points[0].equals(sd.parse("vector(1/n, n)", given=found.points[0])) is True


def test_no_kind_is_told_that_may_be_untrue() -> None:
    assert sd.stationary_points("a*x^3 - b*x", "x").kind == ""  # one point of each kind
    assert sd.stationary_points(sd.parse("x'*A*x - b.x", A="symmetric matrix(n,n)"), "x").kind in ("", "minimum where A is psd")
    assert sd.stationary_points("x^2 + 3*x*y + y^2", ["x", "y"]).kind == "saddle"
    assert sd.stationary_points("x^2 + x*y + y^2", ["x", "y"]).kind == "minimum"


@pytest.mark.parametrize(
    ("text", "points", "kinds"),
    [
        ("x*exp(-x)", ["1"], ("maximum",)),
        ("x^2*exp(-x)", ["0", "2"], ("minimum", "maximum")),
        ("log(x)/x", ["exp(1)"], ("maximum",)),
        ("x*log(x)", ["exp(-1)"], ("minimum",)),
    ],
)
def test_products_by_their_factors(text: str, points: list[str], kinds: tuple[str, ...]) -> None:
    found = sd.stationary_points(text, "x")
    assert found.kinds == kinds
    assert all(a.equals(sd.parse(b)) is True for a, b in zip(found.points, points, strict=True))


def test_a_factor_that_is_not_solved_leaves_everything_open() -> None:
    """Zero is a point of x*(x - cos(x)) for sure, but not the only one, so that none is told."""
    assert sd.stationary_points("x^3/3 - x*sin(x) - cos(x)", "x").points == ()


def test_what_was_divided_by_is_not_zero_at_the_point() -> None:
    found = sd.stationary_points("x*y*z", ["x", "y", "z"], subject_to="x + y + z = 3")
    for point in found.points:
        assert all(float(point[name]()) != 0 for name in "xyz")
    assert str(sd.stationary_points("x^2 + y^2", ["x", "y"], subject_to="x*y = 1"))  # 1/0 on the way is no answer


def test_a_norm_that_is_given() -> None:
    """The same points and multipliers as worked out by hand: w = +-2*a/norm2(a), nu = -+norm2(a)."""
    found = sd.stationary_points("a.w", "w", subject_to="norm2(w) = 2")
    assert sorted(found.kinds) == ["maximum", "minimum"]
    a = np.array([3.0, 4.0])
    least = found.points[found.kinds.index("minimum")]
    assert np.allclose(least(a=a), -2 * a / 5)
    assert abs(float(found.multipliers["nu"](a=a))) == pytest.approx(5)
