"""Code costs what an expert's costs: work is counted, in traces at sizes that nobody could store n by n, and in polynomials."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from benchmarks.practice import PRACTICE
from symdiff.numeric.work import LARGE, Order, Work, divides, leading, size_of

pytest.importorskip("jax")
from tests.numeric.counting import BOUND, counted, differentiable, exponent, gradient_ratio, names_of

CASES = [
    row["formula"]
    for name in ("public", "own", "length")
    for row in map(json.loads, (Path(__file__).parents[1] / "cases" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    if "formula" in row
]


@pytest.mark.parametrize("name", PRACTICE)
def test_a_gradient_of_practice_is_at_most_five_values(name):
    case = PRACTICE[name]
    assert gradient_ratio(sd.parse(case.text), case.wrt.split(), 100) <= BOUND


# What a library does for one of these is iteration, and its rate is taken of a block matrix of twice the size.
OF_MATRICES = re.compile(r"\b(?:expm|logm|sqrtm)\(")


@pytest.mark.parametrize("part", range(8))
def test_gradients_of_the_cases_are_at_most_five_values(part):
    """Every eighth case of every file, another eighth in each part that runs alone; `python -m tests.numeric.counting` looks at random formulas."""
    found = {}
    for text in dict.fromkeys(CASES[part :: 8 * 5]):
        try:
            f = sd.parse(text)
        except sd.SymdiffError:  # declarations of the case stand outside of its text
            continue
        names = differentiable(f)
        if not f.shape and names and names_of(f) and not OF_MATRICES.search(text):
            found[text] = gradient_ratio(f, names, 100)
    assert found
    assert {text: ratio for text, ratio in found.items() if ratio > BOUND} == {}


@pytest.mark.parametrize(
    "text",
    [
        "x: vector(n); z: vector(n); norminf(x ./ z)",
        "c: positive scalar; p: positive vector(n); min((c + 1/3) .^ (p + p))",
        "Q: matrix(m, m); tr((1 - sigma(Q))*exp(Q))",
        "Q: matrix(m, m); y: vector(m); x: vector(m); (arcsech(sigma(Q))*y)'*exp(-Q)*x",
        "b: vector(m); sum(exp(b))*sum(csc(sigma(b)))",
        "p: positive vector(n); b: vector(m); prod(i=1..n, b.b - exp(p[i]))",
        "y: vector(m); b: nonnegative vector(m); u = expm1(b); mean(y ./ u)",
        "c: scalar; Q: matrix(m, m); b: vector(m); q: vector(m); u = (Q^3 + ones(m, m))'*(q - b).^3; b'*Q*u .* (c + 3)",
    ],
)
def test_a_tie_and_an_exponential_in_range_cost_little_beside_the_value(text):
    """A count of ties is not 0, nothing is shifted by an exponent that is 0, and no matrices are multiplied for vectors alone."""
    f = sd.parse(text)
    assert gradient_ratio(f, differentiable(f), 1000) <= BOUND


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_running_sums_leave_out_what_has_no_value(target):
    f = sd.parse("x: vector(n); y: vector(n); w: vector(n); w.tensor(i=1..n, sum(j=1..i, y[j]/x[j]))")
    g = sd.grad(f, "w").compile(target)
    with np.errstate(divide="ignore"):
        found = np.asarray(g(x=[1.0, 2.0, 0.0, 4.0], y=[1.0, 1.0, 1.0, 1.0]))
    np.testing.assert_array_equal(found, [1, 1.5, np.inf, np.inf])


@pytest.mark.parametrize(
    ("text", "wrt", "grown", "most"),
    [
        ("x: vector(n); w: vector(n); V: matrix(n,k); y: scalar; (w.x + 0.5*(norm2(V'*x)^2 - sum((V .^ 2)'*(x .^ 2))) - y)^2", "V", "n", 1),
        ("W: matrix(k,n); x: vector(n); norm2(W'*W*x - x)^2", "W", "n", 1),
        ("A: matrix(n,n); a: vector(n); b: vector(n); a'*A^3*b", "A", "n", 2),
        ("d: vector(n); U: matrix(n,k); x: vector(n); x'*(diag(d) + U*U')*x", "x", "n", 1),
        ("X: matrix(m,n); w: vector(n); norm2((eye(m) - ones(m,m)/m)*X*w)^2", "w", "m", 1),
        ("x: vector(n); sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", "x", "n", 1),
        ("x: vector(n); sum(i=2..n, sqrt((x[i] - x[i-1])^2 + 0.01))", "x", "n", 1),
        ("x: vector(n); y: vector(n); sum(i=1..n, (sum(j=1..i, x[j]) - y[i])^2)", "x", "n", 1),
        ("z: vector(k); y: label(k); -log(softmax(z)[y])", "z", "k", 1),
        ("w: vector(k); x: vector(n); y: vector(p); sum(i=1..p, (sum(j=1..k, w[j]*sum(l, x[l]*[l == i+j-1])) - y[i])^2)", "x", "n", 1),
        ("A: matrix(m,n); B: matrix(m,n); c: vector(m); x: vector(n); c.((A*x) .* (B*x))", "x", "n", 1),
        ("A: matrix(m,m); B: matrix(n,n); norm2(kron(A, B)*x)^2", "A", "n", 2),
        ("X: matrix(n,d); w: vector(d); e: vector(n); sum(i=1..n, e[i]*(X[i].w - log(sum(j=1..i, exp(X[j].w)))))", "w", "n", 1),
        ("x: vector(n); y: vector(n); sum(i=1..n, y[i]*log(sum(j=i..n, x[j])))", "x", "n", 1),
    ],
)
def test_work_grows_with_each_size_as_the_formula_does(text, wrt, grown, most):
    f = sd.parse(text)
    names = names_of(f)
    assert exponent(sd.grad(f, wrt), names, grown) <= most + 0.1
    assert exponent(sd.Expressions([f]), names, grown) <= most + 0.1


@pytest.mark.parametrize(
    "text",
    [
        "W: matrix(n,n); sum(W^3)",
        "W: symmetric matrix(n,n); u = W; h = matrix(1, n, n) + matrix(0.25, n, n); sum(u^3 .* softsign(h))",
        "x: vector(n); p: vector(n); D: diagonal matrix(n,n); exp(p'*D*x)",
        "c: positive scalar; v: vector(k); R: matrix(m,k); s: positive scalar; s^((v/s)'*((R/c)'*(R/c) + c*c*eye)*(v/s))",
        "p: positive vector(n); z: vector(n); S: matrix(n,n); P: psd matrix(n,n); (S*(softplus(z) ./ p + softplus(-z) ./ p))'*(P - S)*diag(P)",
        "A: matrix(m,n); C: matrix(m,n); hinge(prod(i=1..m, A[i,:].C[i,:]))",
        "s: scalar; p: positive vector(n); C: matrix(m,n); norm2((diag(p) - cos(s))*C' - 2)",
        "x: vector(n); z: vector(n); P: psd matrix(n,n); (z - x)'*(P'*P + eye)*(z - x)",
        "t: positive scalar; D: diagonal matrix(n,n); sum(sigma(t*(D/3)))",
        "c: positive scalar; p: positive vector(n); u = 1 + (p*p').^2; tr(u/c)",
        "Q: matrix(n,n); tr(hypot(Q, 10))",
        "s: scalar; x: vector(n); z: vector(n); v: vector(k); D: diagonal matrix(n,n); exp(sum(v)/9).^exp(-(z'*(D - s^2)*cos(x))/9)",
        "c: positive scalar; x: vector(n); p: positive vector(n); h = c*p*(p' ./ x'); tr(diag(p)*h)",
        "c: positive scalar; z: vector(n); H = c*matrix(7/2, n, n) + 0.5; (1 - softmax(z))'*(sigma(H)'*sigma(H) + exp(c)*eye)*(1 - softmax(z))",
        "c: positive scalar; B: matrix(n,k); h = logdet(B'*B + 0.5*eye); tr((eye(k) - h)*(eye(k)/c))",
    ],
)
def test_thin_matrices_are_not_formed_to_be_multiplied(text):
    """Sums of transposed outer products, numbers laid out by functions, the diagonal of an outer product, a multiple of X'*X that is used twice;
    terms with the diagonal of a matrix in common, diag(v) that a condition cuts off, the diagonal and the total of one product, diagonals of entries;
    the diagonal of the transpose of what has a name, the largest exponent of what is the same everywhere, products of what
    is the same everywhere, the trace of an identity."""
    f = sd.parse(text)
    assert gradient_ratio(f, differentiable(f), 1000) <= BOUND
    data, r = {}, np.random.default_rng(0)
    for name, info in f.types.items():
        value = r.random([{"n": 3, "m": 4, "k": 2}[d] for d in info.shape]) + 0.5
        data[name] = np.diag(np.diag(value)) if name == "D" else value + value.T if name in ("W", "P") else value
    for name in data:
        got = sd.value_and_grad(f, [name])[1].compile("numpy")(data)
        want = differences(f.compile("numpy"), data, name)
        want = np.diag(np.diag(want)) if name == "D" else (want + want.T) / 2 if name in ("W", "P") else want
        assert np.allclose(got, want, rtol=1e-5, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("x: vector(n); sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", "x"),
        ("x: vector(n); sum(i=3..n, 1/(x[i-2]^2 + x[i]^2))", "x"),
        ("x: vector(n); y: vector(n); sum(i=1..n, (sum(j=i+1..n, x[j]*y[j]) - y[i])^2)", "y"),
        ("x: vector(n); y: vector(n); sum(i=1..n, (x[n+1-i] - y[i])^2)", "x"),
        ("e: vector(n); s: vector(n); -sum(i=1..n, e[i]*(s[i] - log(sum(j=1..i, exp(s[j])))))", "s"),
    ],
)
def test_nothing_is_as_large_as_all_pairs_of_places(text, wrt):
    n = 100_000
    assert counted(sd.grad(text, wrt), {"n": n})[1] <= 2 * n


# ---------------------------------------------------------------------------------------------- values of what is taken from its place

PLACES = [
    (
        "w: vector(k); x: vector(n); y: vector(p); sum(i=1..p, (sum(j=1..k, w[j]*sum(l, x[l]*[l == i+j-1])) - y[i])^2)",
        {"w": 3, "x": 9, "y": 7},
    ),
    (
        "w: vector(k); x: vector(n); y: vector(p); sum(i=1..p, (sum(j=1..k, w[j]*sum(l, x[l]*[l == i+j-1])) - y[i])^2)",
        {"w": 5, "x": 4, "y": 6},
    ),
    ("x: vector(n); w: vector(k); sum(t=1..n, (sum(j=1..k, w[j]*sum(l, x[l]*[l == t-j])) - x[t])^2)", {"x": 7, "w": 3}),
    ("x: vector(n); sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", {"x": 7}),
    ("x: vector(n); sum(i=2..n, sqrt((x[i] - x[i-1])^2 + 0.01))", {"x": 7}),
    ("x: vector(n); sum(i=2..n, sqrt((x[i] - x[i-1])^2 + 0.01))", {"x": 1}),
    ("x: vector(n); sum(i=1..n-1, log(x[i+1]^2 + x[i]^2))", {"x": 6}),
    ("x: vector(n); sum(i=3..n, 1/(x[i-2]^2 + x[i]^2))", {"x": 6}),
    ("x: vector(n); y: vector(n); sum(i=1..n, (sum(j=1..i, x[j]) - y[i])^2)", {"x": 6, "y": 6}),
    ("x: vector(n); y: vector(n); sum(i=1..n, (sum(j=i+1..n, x[j]*y[j]) - y[i])^2)", {"x": 6, "y": 6}),
    ("x: vector(n); y: vector(n); sum(i=1..n, (x[n+1-i] - y[i])^2)", {"x": 6, "y": 6}),
    ("X: matrix(m,n); sum(i=2..m, sum(j=1..n, (X[i,j] - X[i-1,j])^3)) + sum(i=1..m, sum(j=2..n, (X[i,j] - X[i,j-1])^2))", {"X": (4, 5)}),
    ("x: vector(n); A: matrix(n,n); sum(i=2..n, x[i]*A[i,i-1])", {"x": 5, "A": (5, 5)}),
    (
        (
            "W: matrix(k,k); X: matrix(n,n); Y: matrix(p,p); sum(i=1..p, sum(j=1..p, "
            "(sum(a=1..k, sum(b=1..k, W[a,b]*sum(l, sum(q, X[l,q]*[l == i+a-1]*[q == j+b-1])))) - Y[i,j])^2))"
        ),
        {"W": (2, 2), "X": (6, 6), "Y": (5, 5)},
    ),
    (
        "E: matrix(v,d); y: vector(m) of label(v); w: vector(d); sum(i=1..m, (E[y[i]].w - 1)^2)",
        {"E": (5, 3), "w": 3, "y": [1, 5, 2, 5, 3, 5]},
    ),
    (
        "X: matrix(m,n); W: matrix(n,k); y: vector(m) of label(k); -sum(i=1..m, log_softmax(X*W)[i,y[i]])",
        {"X": (3, 2), "W": (2, 4), "y": [4, 1, 4]},
    ),
]


def differences(function, data, name):
    found = np.zeros(np.shape(data[name]))
    for place in np.ndindex(found.shape):
        moved = []
        for step in (1e-6, -1e-6):
            x = np.array(data[name])
            x[place] += step
            moved.append(function({**data, name: x}))
        found[place] = (moved[0] - moved[1]) / 2e-6
    return found


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("text", "shapes"), PLACES)
def test_entries_are_taken_and_put_where_they_belong(text, shapes, target):
    pytest.importorskip(target)
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    r = np.random.default_rng(1)
    data = {name: np.array(s) if isinstance(s, list) else r.standard_normal(s) for name, s in shapes.items()}
    f = sd.parse(text)
    for name in (name for name, s in shapes.items() if not isinstance(s, list)):
        found = np.asarray(sd.grad(f, name).compile(target)(data))
        np.testing.assert_allclose(found, differences(f.compile(), data, name), rtol=1e-4, atol=1e-5)
        together = np.asarray(sd.value_and_grad(f, name).compile(target)(data)[1])
        np.testing.assert_allclose(together, found, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("target", ["jax", "torch"])
def test_functions_of_numbers_are_traced(target):
    """Where a library follows the code, a function of numbers alone is none of its own values."""
    library = pytest.importorskip(target)
    f = sd.parse(
        "z: vector(n); c: positive scalar; u = exp(z) + softmax(vector(10, n)); sum(c ./ u .* erfc(vector(7/2, n))) + (2*c)^erfc(0.25)*sum(z)"
    )
    data = {"z": np.array([0.3, 0.7]), "c": np.array(0.7)}
    both = sd.value_and_grad(f, ["z", "c"])
    made = both.compile(target)
    given = {name: library.tensor(x) for name, x in data.items()} if target == "torch" else data
    for got, want in zip(library.jit(made)(given) if target == "jax" else made(given), both.compile("numpy")(data), strict=True):
        assert np.allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("text", ["z: vector(n); max(1 - prod(z), 0)", "z: vector(n); b: vector(n); prod(i=1..n, max(z[i], b[i]))"])
def test_what_is_divided_by_is_kept_from_zero_once(text):
    f = sd.parse(text)
    assert gradient_ratio(f, differentiable(f), 1000) <= BOUND
    for z in ([0.5, 0.0, 1.5], [0.0, 0.0, 2.0], [1e200, 1e200, 1.0], [-1.0, 0.5, 2.0]):
        data = {"z": np.array(z), "b": np.array([0.25, -1.0, 1.0])}
        for target in ("numpy", "jax"):
            with np.errstate(over="ignore", invalid="ignore"):
                found = sd.value_and_grad(f, differentiable(f)).compile(target)(data)
            assert not any(np.isnan(np.asarray(got)).any() for got in found)


# ---------------------------------------------------------------------------------------------- polynomials


def test_work_is_a_polynomial_in_the_sizes():
    work = Work()
    work.add("matrix", ("m", "n", "k"), ("m", "k"))
    work.add("entry", ("m", "k"))
    work.add("entry", (3, "n"))
    assert work.operations == Counter({("k", "m", "n"): 1, ("k", "m"): 1, ("n",): 3})
    assert work.orders() == [("k", "m", "n")]
    assert leading(Counter({("n", "n"): 1, ("m",): 5})) == [("m",), ("n", "n")]
    assert size_of(("n", 3)) == 3 * LARGE
    assert divides(("n",), ("m", "n"))
    assert not divides(("n", "n"), ("m", "n"))


def test_a_product_with_a_vector_begins_at_the_vector():
    order = Order([0], {0: 1000, 1: 1000, 2: 1000})
    assert order.pairs([(0, 1), (1, 2), (2,)]) == {(1, 2)}


# ---------------------------------------------------------------------------------------------- what is printed


@pytest.mark.parametrize(
    ("text", "wrt", "line"),
    [
        ("d: vector(n); U: matrix(n,k); x: vector(n); x'*(diag(d) + U*U')*x", "x", "return d*t1 + U @ (U.T @ t1)"),
        ("s: vector(n); x: vector(n); x'*inv(diag(s))*x + logdet(diag(s))", "x", "return 2*x/s"),
        ("x: vector(n); y: vector(n); sum(i=1..n, (sum(j=1..i, x[j]) - y[i])^2)", "x", "return 2*_sums_back(_sums(x) - y)"),
    ],
)
def test_thin_terms_are_never_whole_matrices(text, wrt, line):
    assert line in sd.grad(text, wrt).code(doc=False)


def test_bare_code_is_what_a_lecture_writes():
    assert sd.grad("z^2", "z").code(bare=True) == "def f(z):\n    return 2*z\n"
    bare = sd.grad("X: matrix(m,n); y: vector(m); w: vector(n); norm2(X*w - y)^2/m", "w").code(bare=True)
    assert bare == "def f(X, w, y):\n    m = X.shape[0]\n    return 2*(X.T @ (X @ w - y))/m\n"
    with pytest.raises(sd.SymdiffError, match="sizes"):
        sd.parse("n: scalar; sum(eye(k))").code(bare=True)
