"""Far points, singular matrices, low precision, mixed types, constants: the right number in every library, without a warning."""

from __future__ import annotations

import math
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import variables
from symdiff.numeric import code, compile, evaluate

HALF, FAINT = math.sqrt(0.5), math.exp(-600)

# formula, name, point, derivative
FAR: list[tuple[Any, ...]] = [
    ("x: vector(n); norm2(x)", "x", {"x": [1e200, 1e200]}, [HALF, HALF]),
    ("x: vector(n); norm2(x)", "x", {"x": [1e-200, 1e-200]}, [HALF, HALF]),
    ("x: vector(n); sqrt(x.x)", "x", {"x": [1e200, 1e200]}, [HALF, HALF]),
    ("x: vector(n); sqrt(sum(x .^ 2))", "x", {"x": [1e-200, 1e-200]}, [HALF, HALF]),
    ("X: matrix(m,n); norm2(X)", "X", {"X": [[1e200, -1e200]]}, [[HALF, -HALF]]),
    ("u, v: vector(n); norm2(u - v)", "u", {"u": [3e180, 1.0], "v": [0.0, 1.0]}, [1, 0]),
    ("sqrt(x^2 + y^2)", "x", {"x": 1e200, "y": 1e200}, HALF),
    ("-log(exp(q.p/t)/(exp(q.p/t) + sum(exp(N*q/t))))", "q", {"q": [1.0, 0], "p": [0.0, 1], "N": [[1.0, 0], [0, 1]], "t": 0.005}, [200, -200]),
    ("-log(exp(q.p/t)/(exp(q.p/t) + sum(exp(N*q/t))))", "q", {"q": [4.0, 1], "p": [-1.0, 0], "N": [[1.0, 0], [0, 1]], "t": 0.005}, [400, 200 * FAINT]),
    ("-log(exp(q.p/t)/(exp(q.p/t) + sum(exp(N*q/t))))", "q", {"q": [4.0, 1], "p": [1.0, 0], "N": [[-1.0, 0], [0, 1]], "t": 0.005}, [-200 * FAINT, 200 * FAINT]),
    ("-log(exp(q.p/t)/(exp(q.p/t) + sum(exp(N*q/t))))", "N", {"q": [4.0, 1], "p": [-1.0, 0], "N": [[1.0, 0], [0, 1]], "t": 0.005}, [[800, 200], [800 * FAINT, 200 * FAINT]]),
    ("-log(exp(q.p/t)/(exp(q.p/t) + sum(exp(N*q/t))))", "p", {"q": [4.0, 1], "p": [-1.0, 0], "N": [[1.0, 0], [0, 1]], "t": 0.005}, [-800, -200]),
    ("-log(exp(q.p/t)/(exp(q.p/t) + sum(exp(N*q/t))))/3", "q", {"q": [1.0, 0], "p": [0.0, 1], "N": [[1.0, 0], [0, 1]], "t": 0.005}, [200 / 3, -200 / 3]),
    ("X: matrix(m,n); sum(i=1..m, norm2(X[i]))", "X", {"X": [[3e200, 4e200], [3e-200, 4e-200]]}, [[0.6, 0.8], [0.6, 0.8]]),
    ("X: matrix(m,n); sum(sqrt(colsum(X.^2)))", "X", {"X": [[3e-200, 1.0], [4e-200, 0.0]]}, [[0.6, 1], [0.8, 0]]),
    ("X: matrix(m,n); sum(i=1..m, j=1..m, norm2(X[i] - X[j]))", "X", {"X": [[3e200, 4e200], [0.0, 0.0]]}, [[1.2, 1.6], [-1.2, -1.6]]),
    ("-log(exp(s/t)/(exp(s/t) + sum(exp(z/t))))", "s", {"s": 1.0, "z": [1.0, -1.0], "t": 0.001}, -500),
    ("log(exp(x'*A*x/2) + exp(x'*B*x/2))", "x", {"x": [40.0], "A": [[1.0]], "B": [[1.0]]}, [40]),
    ("log(exp(x'*A*x/2) + exp(x'*B*x/2))", "x", {"x": [40.0], "A": [[-1.0]], "B": [[-2.0]]}, [-40]),
    ("log(sum(w .* exp(x)))", "x", {"x": [1000.0, 1000.0], "w": [1.0, 3.0]}, [0.25, 0.75]),
    ("log(sum(w .* exp(x)))", "x", {"x": [1000.0, 0.0, 0.0], "w": [0.0, 1.0, 3.0]}, [0, 0.25, 0.75]),
    ("log(w.exp(-x .^ 2))", "x", {"x": [40.0, 40.0], "w": [1.0, 1.0]}, [-40, -40]),
    ("log(sum(w .* exp(x)))", "w", {"x": [1000.0, 1000.0], "w": [1.0, 3.0]}, [0.25, 0.25]),
    ("log(a*exp(x) + b*exp(y))", "x", {"a": 1.0, "b": 3.0, "x": 900.0, "y": 900.0}, 0.25),
    ("log(0.25*exp(x) + 0.75*exp(y))", "y", {"x": -900.0, "y": -900.0}, 0.75),
    ("log(1 + exp(x) + exp(y))", "x", {"x": 900.0, "y": 900.0}, 0.5),
    ("exp(x)/(exp(x) + exp(y) + exp(z))", "x", {"x": 900.0, "y": 900.0, "z": -900.0}, 0.25),
    ("exp(x)/(1 + exp(x))", "x", {"x": 0.0}, 0.25),
    ("log(sum(i=1..n, p[i]*exp(-(x - mu[i])^2/2)))", "x", {"p": [0.5, 0.5], "mu": [-1.0, 1.0], "x": 60.0}, -59),
    ("sum(i=1..n, -log(exp(S[i,i])/sum(j=1..n, exp(S[i,j]))))", "S", {"S": [[900.0, 900], [-900, -900]]}, [[-0.5, 0.5], [0.5, -0.5]]),
    ("sum(i=1..n, -log(exp(S[i,i]/t)/sum(j=1..n, [i != j]*exp(S[i,j]/t))))", "S", {"S": [[1.0, -1], [-1, 1]], "t": 0.001},
     [[-1000, 1000], [1000, -1000]]),
    ("log(mean(exp(x)))", "x", {"x": [1000.0, 1000.0]}, [0.5, 0.5]),
    ("log(mean(exp(x)))", "x", {"x": [-1000.0, -1000.0]}, [0.5, 0.5]),
    ("log(mean(w .* exp(x)))", "x", {"x": [1000.0, 1000.0], "w": [1.0, 3.0]}, [0.25, 0.75]),
    ("log(1 + mean(exp(x)))", "x", {"x": [1000.0, 1000.0]}, [0.5, 0.5]),
    ("log1p(sum(exp(x)))", "x", {"x": [1000.0, 1000.0]}, [0.5, 0.5]),
    ("log10(mean(exp(x)))", "x", {"x": [1000.0, 1000.0]}, [0.5 / math.log(10)] * 2),
    ("log(sqrt(sum(exp(2*x))))", "x", {"x": [1000.0, 1000.0]}, [0.5, 0.5]),
    ("log(norm2(exp(x)))", "x", {"x": [-1000.0, -1000.0]}, [0.5, 0.5]),
    ("log(std(exp(x)))", "x", {"x": [1000.0, 0.0]}, [1, 0]),
    ("log(sum(cosh(x)))", "x", {"x": [1000.0, -1000.0]}, [0.5, -0.5]),
    ("log(mean(2 .^ x))", "x", {"x": [4000.0, 4000.0]}, [0.5 * math.log(2)] * 2),
    ("Z: matrix(m,n); sum(log(rowmean(exp(Z))))", "Z", {"Z": [[1000.0, 1000.0], [-1000.0, -1000.0]]}, [[0.5, 0.5], [0.5, 0.5]]),
    ("Z: matrix(m,n); sum(log(colmean(exp(Z))))", "Z", {"Z": [[1000.0, -1000.0], [1000.0, -1000.0]]}, [[0.5, 0.5], [0.5, 0.5]]),
    ("Z: matrix(m,n); w: vector(n); sum(log(exp(Z)*w))", "Z", {"Z": [[1000.0, 1000.0]], "w": [1.0, 3.0]}, [[0.25, 0.75]]),
    ("-sum(w .* log(exp(x)/sum(exp(x))))", "x", {"x": [1000.0, -1000.0], "w": [1.0, 1.0]}, [1, -1]),
    ("log(exp(x)/(exp(x) + exp(y)))", "x", {"x": 800.0, "y": 800.0}, 0.5),
    ("log(exp(x)/(1 + exp(x)))", "x", {"x": 800.0}, 0),
    ("exp(2*x)/(1 + exp(x))^2", "x", {"x": 800.0}, 0),
    ("log(sigma(x)*sigma(y))", "x", {"x": -800.0, "y": 3.0}, 1),
    ("exp(x^2)*erfc(x)", "x", {"x": 30.0}, 2 * 30 * 0.018795888861416751 - 2 / math.sqrt(math.pi)),
    ("log(0.5*erfc(-x/sqrt(2)))", "x", {"x": -40.0}, 40.024968847202717),
    ("log(0.5*erfc(-x/sqrt(2)))", "x", {"x": -5.0}, 5.1865039671258421),
    ("log(0.5*erfc(-x/sqrt(2)))", "x", {"x": 40.0}, 0),
    ("log(0.5*(1 + erf(x/sqrt(2))))", "x", {"x": -40.0}, 40.024968847202717),
    ("log(0.5 - 0.5*erf(x/sqrt(2)))", "x", {"x": 40.0}, -40.024968847202717),
    ("-(y*log(sigma(z)) + (1 - y)*log(1 - sigma(z)))", "z", {"z": 40.0, "y": 0.0}, 1),
    ("a = sigma(z); -(y*log(a) + (1 - y)*log(1 - a))", "z", {"z": 800.0, "y": 0.25}, 0.75),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "at", "wanted"), FAR)
def test_far_points(text, wrt, at, wanted, target, quietly):
    f = sd.parse(text)
    g = sd.grad(f, wrt)
    used = {name: v for name, v in at.items() if name in g.variables}
    np.testing.assert_allclose(quietly(g.compile(target), used), wanted, rtol=1e-11, atol=1e-300)
    assert np.isfinite(quietly(f.compile(target), at))
    if not any(v.shape for v in f.variables.values()):
        assert g.compile("math")(used) == pytest.approx(wanted, rel=1e-11)
        assert math.isfinite(f.compile("math")(at))


@pytest.mark.parametrize(
    ("text", "at", "value", "slope"),
    [
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", 800.0, 1, 0),
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", -800.0, -1, 0),
        ("x/(exp(x) - 1)", 800.0, 0, 0),
        ("x/(exp(x) - 1)", -800.0, 800, -1),
        ("1/(2 + exp(x))^2", 800.0, 0, 0),
        ("log(exp(x)/(1 + exp(x)))", -800.0, -800, 1),
    ],
)
def test_plain_python_computes_no_exponential_only_to_divide_by_it(text, at, value, slope):
    f = sd.parse(text)
    assert f.compile("math")(x=at) == pytest.approx(value, abs=1e-300)
    assert sd.grad(f, "x").compile("math")(x=at) == pytest.approx(slope, abs=1e-300)


def test_the_logarithm_of_a_product_of_exponentials(target, quietly):
    assert quietly(sd.parse("log(prod(exp(x)))").compile(target), {"x": [1000.0, -1000.0, 3.0]}) == pytest.approx(3)


# Second derivatives of logarithms of sums of exponentials at [1000, 1000], or at a matrix of such rows.
CURVED = [
    ("log(w.exp(x))", {"w": [1.0, 1.0]}),
    ("log(sum(exp(x)) + 1)", {}),
    ("log(mean(exp(x) + 1))", {}),
    ("log(mean(exp(x)))", {}),
    ("log(sum(cosh(x)))", {}),
    ("log1p(mean(exp(x)))", {}),
]


@pytest.mark.parametrize(("text", "more"), CURVED)
def test_far_second_derivatives(text, more, target, quietly):
    h = sd.hessian(text, "x")
    used = {name: v for name, v in {"x": [1000.0, 1000.0], **more}.items() if name in h.variables}
    np.testing.assert_allclose(quietly(h.compile(target), used), [[0.25, -0.25], [-0.25, 0.25]], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("text", "wrt", "at", "wanted"), [row for row in FAR if "y[i]" not in row[0] and row[2].get("x") not in ([1e200] * 2, [1e-200] * 2)]
)
def test_the_same_where_nothing_is_far(text, wrt, at, wanted):
    """Near points: the stable spelling has the value of the plain one, which SymPy's numbers are taken of."""
    f = sd.parse(text)
    rng = np.random.default_rng(4)
    values = {name: rng.uniform(0.2, 1.0, np.shape(v)) for name, v in at.items()}
    g = sd.grad(f, wrt)
    found = np.asarray(g(**values))
    for index in np.ndindex(found.shape):
        up, down = ({n: np.array(v) for n, v in values.items()} for _ in range(2))
        up[wrt][index] += 1e-6
        down[wrt][index] -= 1e-6
        assert (f(**up) - f(**down)) / 2e-6 == pytest.approx(found[index], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("z", [40, -40, 36.8])
@pytest.mark.parametrize("y", [0, 1, 0.5])
@pytest.mark.parametrize(
    "text", ["-(y*log(sigma(z)) + (1 - y)*log(1 - sigma(z)))", "a = sigma(z); -(y*log(a) + (1 - y)*log(1 - a))", "bce(sigma(z), y)"]
)
def test_the_logistic_loss_in_trace(text, y, z):
    data = sd.trace(sd.parse(text), {"z": z, "y": y}).data()
    nodes = {n["label"]: n for n in data["nodes"]}
    assert nodes["z"]["backward"] == pytest.approx(1 / (1 + math.exp(-z)) - y, rel=1e-9, abs=1e-15)
    numbers = [n[key] for n in data["nodes"] for key in ("forward", "backward")] + [e["gain"] for e in data["edges"]]
    assert all(isinstance(v, float) and math.isfinite(v) for v in numbers if v is not None)


@pytest.mark.parametrize("text", ["x: vector(2); norm2(x)", "log(0.5*erfc(-a/sqrt(2)))"])
def test_far_points_in_c(text, tmp_path):
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    vector = "norm2" in text
    g = sd.grad(sd.parse(text), "x" if vector else "a")
    call = "double x[2] = {1e200, 1e200}, y[2]; f(x, y); return !(fabs(y[0] - sqrt(0.5)) < 1e-15);"
    call = call if vector else "return !(fabs(f(-40.0) - 40.024968847202717) < 1e-11 && fabs(f(-5.0) - 5.1865039671258421) < 1e-11);"
    (tmp_path / "far.c").write_text(g.code("c") + "\nint main(void) { " + call + " }\n")
    subprocess.run(["cc", "-o", tmp_path / "far", tmp_path / "far.c", "-lm"], check=True)
    assert subprocess.run([tmp_path / "far"], check=False).returncode == 0


# ---------------------------------------------------------------------------------------------- singular matrices

SINGULAR = [[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]], [[0.0, 0.0], [0.0, 0.0]], [[0.0]], np.diag([1.0, 0, 0, 2])]


def cofactors(a):
    a = np.asarray(a)
    n = len(a)
    minors = [[np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) if n > 1 else 1.0 for j in range(n)] for i in range(n)]
    return np.array(minors) * [[(-1) ** (i + j) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("matrix", [*SINGULAR, [[2.0, 1.0], [1.0, 3.0]]], ids=str)
@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("det(A)", lambda a: 1),
        ("det(2*A)/4", lambda a: 2.0 ** len(a) / 4),
        ("d = det(A); d + d^2 + d^3", lambda a: 1 + 2 * np.linalg.det(a) + 3 * np.linalg.det(a) ** 2),
        ("exp(det(A))", lambda a: np.exp(np.linalg.det(a))),
        ("det(A')", lambda a: 1),
    ],
)
def test_gradients_of_determinants(text, factor, matrix, target, quietly):
    g = sd.grad(sd.parse("A: matrix(n,n); " + text), "A")
    np.testing.assert_allclose(
        quietly(g.compile(target), {"A": np.array(matrix)}), factor(matrix) * cofactors(matrix), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("matrix", [SINGULAR[0], SINGULAR[1]], ids=str)
def test_a_determinant_beside_other_factors(matrix, target):
    g = sd.grad(sd.parse("A: matrix(n,n); det(A)*tr(A)"), "A").compile(target)
    np.testing.assert_allclose(np.asarray(g(A=np.array(matrix))), np.trace(matrix) * cofactors(matrix), rtol=1e-9, atol=1e-9)


def test_an_inverse_of_a_matrix_of_row_norms_has_a_value():
    """The matrix is looked at as code has it, with the functions that only code knows."""
    f = sd.parse(
        "X: matrix(n,d); y: vector(n); l: positive vector(d); "
        "K = tensor(i=1..n, j=1..n, exp(-norm2((X[i] - X[j]) ./ l)^2/2)) + s*eye(n); y'*inv(K)*y + logdet(K)"
    )
    r = np.random.default_rng(0)
    X, y, l = r.random((4, 2)), r.random(4), np.array([0.7, 1.3])
    K = np.exp(-((((X[:, None] - X) / l) ** 2).sum(-1)) / 2) + 0.1 * np.eye(4)
    assert np.isclose(f(X=X, y=y, l=l, s=0.1), y @ np.linalg.solve(K, y) + np.linalg.slogdet(K)[1])


@pytest.mark.parametrize("matrix", SINGULAR, ids=str)
@pytest.mark.parametrize(
    ("text", "name"), [("tr(inv(A))", "the matrix A"), ("M = A*B; sum(inv(M))", "the matrix M"), ("sum(inv(A*B)*x)", "made of A, B")]
)
def test_a_singular_matrix_is_named(text, name, matrix):
    f = sd.parse("A, B: matrix(n,n); x: vector(n); " + text)
    n = len(matrix)
    values = {"A": matrix, "B": np.eye(n), "x": np.ones(n)}
    for e in (f.expr, sd.grad(f, "A").expr):
        with pytest.raises(sd.DomainError, match="is singular: it has no inverse") as raised:
            evaluate(e, values)
        assert name in str(raised.value) or e is not f  # the derivative of inv(A*B) may have inv(A)
    with pytest.raises(sd.DomainError, match="the matrix <A>"):
        evaluate(sd.parse("A: matrix(n,n); tr(inv(2*A))").expr, {"A": matrix}, show=lambda m: "<A>")


def test_a_guarded_inverse_is_none():
    f = sd.parse("A: matrix(n,n); if(det(A) != 0, tr(inv(A)), 0)")
    assert f(A=SINGULAR[0]) == 0
    assert f(A=[[2.0, 0], [0, 4]]) == pytest.approx(0.75)


# ---------------------------------------------------------------------------------------------- indices, types, constants


def low(target, kind):
    library = pytest.importorskip(target)
    if target == "torch":
        return lambda a: library.tensor(a).to(getattr(library, kind)), lambda a: a.double().numpy()
    if target == "jax":
        return lambda a: library.numpy.asarray(a, dtype=kind), lambda a: np.asarray(a, dtype=float)
    return lambda a: np.asarray(a, dtype=kind), lambda a: np.asarray(a, dtype=float)


@pytest.mark.parametrize(
    ("target", "kind"), [("numpy", "float16"), ("torch", "float16"), ("torch", "bfloat16"), ("jax", "bfloat16"), ("jax", "float16")]
)
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sum(i=2..n, (x[i] - x[i-1])^2)", {1233: -2, 1234: 4, 1235: -2}),
        ("sum(i=1..n-2, x[i]*x[i+2])", {1232: 1, 1236: 1}),
        ("sum(i=1..n, [i >= 1235]*x[i]^2)", {1234: 2}),
        ("sum(i=1..n, [i == 1235]*x[i])", {1234: 1}),
        ("sum(i=1..n, [i > k]*x[i]^2)", {1234: 2}),
    ],
)
def test_indices_in_low_precision(text, wanted, target, kind):
    make, back = low(target, kind)
    x = np.zeros(1400)
    x[1234] = 1
    expected = np.zeros(1400)
    for place, v in wanted.items():
        expected[place] = v
    g = sd.grad(sd.parse("x: vector(n); " + text), "x")
    values = {"x": make(x), "k": make(1024.0), "n": 1400}
    found = back(g.compile(target)({name: v for name, v in values.items() if name in g.variables or name == "n"}))
    np.testing.assert_array_equal(found, expected)


def test_indices_beyond_float32():
    n = (1 << 24) + 6
    f = sd.parse("x: vector(n); sum(i=1..n, [i >= 16777218]*x[i])").compile("numpy")
    assert f(x=np.ones(n, np.float32)) == 5


LABELS = [
    np.array([1, -1, 1, 1]),
    np.array([1, -1, 1, 1], np.int8),
    np.array([True, False, True, True]),
    [1, 0, 1, 1],
    [True, False, True, True],
]


@pytest.mark.parametrize("labels", LABELS, ids=str)
@pytest.mark.parametrize(
    "text", ["1/m*sum(log(1 + exp(-y .* (X*w))))", "sum(max(1 - y .* (X*w), 0))", "y'*X*w", "sum(if(y > 0, (X*w) .^ 2, 0))"]
)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_labels_take_the_precision_of_the_data(text, labels, kind, target):
    make, _ = low(target, kind)
    f = sd.parse("X: matrix(m,n); y: vector(m); w: vector(n); " + text)
    rng = np.random.default_rng(1)
    X, w = rng.standard_normal((4, 3)), rng.standard_normal(3)
    y = pytest.importorskip("torch").as_tensor(labels) if target == "torch" and isinstance(labels, np.ndarray) else labels
    for e in (f, sd.grad(f, "w")):
        found = e.compile(target)(X=make(X), y=y, w=make(w))
        assert str(found.dtype).endswith(kind)
        np.testing.assert_allclose(np.asarray(found), e(X=X, y=np.asarray(labels, float), w=w), rtol=1e-4 if kind == "float32" else 1e-12)


def test_torch_takes_float32_beside_float64(request):
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)  # others in this process may have changed it
    request.addfinalizer(lambda: torch.set_default_dtype(before))
    f = sd.grad(sd.parse("X: matrix(m,n); y: vector(m); w: vector(n); norm2(X*w - y)^2"), "w").compile("torch")
    found = f(X=torch.ones(4, 3), y=torch.ones(4, dtype=torch.float64), w=torch.ones(3))
    assert found.dtype == torch.float64
    assert f(X=torch.ones(4, 3), y=torch.ones(4, dtype=torch.float16), w=torch.ones(3)).dtype == torch.float32


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("clip(12, 0, 100)^20*x", 12.0**20),
        ("max(2, 3)^64*x", 3.0**64),
        ("abs(-10)^20*x", 1e20),
        ("min(10, 20)^30*x", 1e30),
        ("max(2, 3)^-2*x", 1 / 9),
        ("floor(7/2)^50*x", 3.0**50),
        ("relu(12)^20*x", 12.0**20),
        ("if(2 > 1, 10, 3)^25*x", 1e25),
        ("10^25*x", 1e25),
        ("size(v)^2*x + 0*v.v", 9.0),
        ("size(v)^60*x + 0*v.v", 3.0**60),
    ],
)
def test_constants_do_not_overflow(text, wanted, target):
    f = sd.parse("x: scalar; v: vector(n); " + text)
    values = {"x": 2.0, "v": [1.0, 1.0, 1.0], "n": 3}
    for e, w in ((f, 2 * wanted), (sd.grad(f, "x"), wanted)):
        used = {name: v for name, v in values.items() if name in e.variables or name == "n"}
        assert float(e.compile(target)(used)) == pytest.approx(w, rel=1e-14)
    if "v" not in text:
        assert sd.trace(f, {"x": 2.0}).value == pytest.approx(2 * wanted, rel=1e-14)
        assert f.compile("math")(x=2.0) == pytest.approx(2 * wanted, rel=1e-14)


# ---------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("text", "wrt", "at", "wanted"),
    [
        ("A: matrix(n,n); tr(A)", "A", {"A": np.ones((2, 2))}, np.eye(2)),
        ("x: vector(n); sum(x)", "x", {"x": [1.0, 2.0]}, [1, 1]),
        ("sum(x)", "x", {"x": [1.0, 2.0]}, [1, 1]),
        ("X: matrix(m,n); w: vector(n); b: vector(m); sum(X*w + b)", "b", {"X": np.ones((4, 2))}, np.ones(4)),
        ("b: vector(n); x: vector(n); sum(b) + x.x", "b", {"x": [1.0, 2.0, 3.0]}, [1, 1, 1]),
        ("b: vector(n); x: vector(n); sum(b) + x.x", "b", {"n": 3}, [1, 1, 1]),
    ],
)
def test_sizes_of_variables_that_the_derivative_lost(text, wrt, at, wanted, target):
    f = sd.parse(text).expr
    g = sd.grad(f, wrt).expr
    fn = compile([g], target, given=list(variables([f]).values()))
    np.testing.assert_array_equal(np.asarray(fn(at)), wanted)
    with pytest.raises(sd.UnknownNameError, match="is missing: nothing else fixes a size"):
        fn()


def test_sizes_that_differ_are_refused_and_precision_is_kept():
    f = sd.parse("b: vector(n); x: vector(n); sum(b) + x.x").expr
    given = list(variables([f]).values())
    fn = compile([sd.grad(f, "b").expr], given=given)
    with pytest.raises(sd.ShapeError, match="2 of b, 3 of x"):
        fn(b=[1.0, 2.0], x=[1.0, 2.0, 3.0])
    assert fn(b=np.ones(2, np.float32)).dtype == np.float32
    assert "def f(values=None, /, *, b=None, x=None, n=None, **others):" in code([sd.grad(f, "b").expr], given=given)
    assert evaluate(sd.grad(f, "b").expr, {"x": [1.0]}, given=given).tolist() == [1]


def test_the_last_line_of_code_is_computed_once():
    """It stands behind `return` where nothing else needs it."""
    h = sd.hessian("x: vector(n); prod(x*ones(n)' - ones(n)*x' + eye(n))", "x")
    for source in (h.code("numpy"), h.code("numpy", bare=True)):
        last = source.rstrip().splitlines()[-1].strip().removeprefix("return ")
        assert "np.diag" in last
        assert source.count(last) == 1
