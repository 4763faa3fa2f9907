"""A false bracket and a branch not taken cut off everything: values, first and second derivatives, in every target, without a warning."""

from __future__ import annotations

import itertools
import math
import shutil
import subprocess

import numpy as np
import pytest

import symdiff as sd

# formula, name, point, value, derivative, second derivative
SCALARS = [
    ("if(x > 0, sqrt(x), 0)", "x", {"x": -3.0}, 0, 0, 0),
    ("if(x > 0, sqrt(x), 0)", "x", {"x": 4.0}, 2, 0.25, -1 / 32),
    ("if(x > 0, sqrt(x), 7)", "x", {"x": 0.0}, 7, 0, 0),
    ("if(x > 0, log(x), 0)", "x", {"x": -2.0}, 0, 0, 0),
    ("if(x > 0, x*log(x), 0)", "x", {"x": -3.0}, 0, 0, 0),
    ("if(x > 0, x*log(x), 0)", "x", {"x": 0.0}, 0, 0, 0),
    ("[x > 0]*log(x)", "x", {"x": 0.0}, 0, 0, 0),
    ("log(x)*[x > 0]*y", "x", {"x": -1.0, "y": 2.0}, 0, 0, 0),
    ("[x != 0]/x", "x", {"x": 0.0}, 0, 0, 0),
    ("[x != 0]*3/x^2", "x", {"x": 2.0}, 0.75, -0.75, 1.125),
    ("if(x != 1, (x^2 - 1)/(x - 1), 2)", "x", {"x": 1.0}, 2, 0, 0),
    ("if(x == 0, 0, x^2*sin(1/x))", "x", {"x": 0.0}, 0, 0, 0),
    ("if(x > 0, if(log(x) > 1, log(log(x)), 0), 0)", "x", {"x": -1.0}, 0, 0, 0),
    ("if(x > 0, if(log(x) > 1, log(log(x)), 0), 0)", "x", {"x": 1.5}, 0, 0, 0),
    ("if(x > 0 and log(x) > 1, log(log(x)), 5)", "x", {"x": -1.0}, 5, 0, 0),
    ("if(x <= 0 or log(x) < 1, 5, 1/(log(x) - 1))", "x", {"x": -1.0}, 5, 0, 0),
    ("s = sqrt(x); [s > 1]*[x > 0]*log(s)", "x", {"x": -1.0}, 0, 0, 0),
    ("t = log(x); if(x > 2, t, 0) + if(x > 3, t^2, 0)", "x", {"x": -1.0}, 0, 0, 0),
    ("t = log(x); if(x > 2, t, 0) + if(x > 3, t^2, 0)", "x", {"x": math.e}, 1, 1 / math.e, -math.exp(-2)),
    ("if(abs(x) < 1, arcsin(x), 0)", "x", {"x": 3.0}, 0, 0, 0),
    ("if(abs(x) < 1, arctanh(x), 1)", "x", {"x": 1.0}, 1, 0, 0),
    ("if(x > 1, arccosh(x), 0)", "x", {"x": 0.0}, 0, 0, 0),
    ("if(x > 0, lgamma(x), 0)", "x", {"x": -2.0}, 0, 0, 0),
    ("if(x > 0, x^y, 0)", "x", {"x": -2.0, "y": 0.5}, 0, 0, 0),
    ("if(x > 0, x^x, 1)", "x", {"x": -0.5}, 1, 0, 0),
    ("if(x < 100, exp(x), 0)", "x", {"x": 1000.0}, 0, 0, 0),
    ("if(x > 0, x, exp(x) - 1)", "x", {"x": 1000.0}, 1000, 1, 0),
    ("if(x < 100, exp2(x), 0)", "x", {"x": 2000.0}, 0, 0, 0),
    ("x: positive scalar; [x < 100]*gamma(x)", "x", {"x": 1000.0}, 0, 0, 0),
    ("if(x > 0, exp(-1/x), 0)", "x", {"x": 0.0}, 0, 0, 0),
    ("[x > 0]*[y > 0]*log(x)*log(y)", "x", {"x": 2.0, "y": -1.0}, 0, 0, 0),
    ("if(y > 0, x/y, x)", "x", {"x": 2.0, "y": 0.0}, 2, 1, 0),
    ("if(x > 0, 1/x, if(x < 0, log(-x), 0))", "x", {"x": 0.0}, 0, 0, 0),
    ("if(x > 0, 1/x, if(x < 0, log(-x), 0))", "x", {"x": -1.0}, 0, -1, -1),
    ("(1 - [x <= 0])*log(x)", "x", {"x": -1.0}, 0, 0, 0),
    ("([x > 1] + [x < -1])*log(x^2 - 1)", "x", {"x": 0.5}, 0, 0, 0),
    ("([x > 1] + [x < -1])*log(x^2 - 1)", "x", {"x": 2.0}, math.log(3), 4 / 3, -10 / 9),
    ("([x > 0]*y + [x > 1])*sqrt(x)", "x", {"x": -4.0, "y": 2.0}, 0, 0, 0),
    ("(2*[x > 0] - [x > 1])/x", "x", {"x": 0.0}, 0, 0, 0),
    ("if(y > 0, if(x > 1, x*log(x), 0), if(x > 0, x*log(x), 0))", "x", {"x": -0.5, "y": 1.4}, 0, 0, 0),
    ("if(x > 0, log(x)*relu(x), 0)", "x", {"x": -3.0}, 0, 0, 0),
    ("[x > 0]*x^relu(x)*x^(relu(x) - relu(-x))", "x", {"x": -1.5}, 0, 0, 0),
    ("if(not if(x > 0, x^-1.5, 0) <= 0, if(x > 0, x^-1.5, 0)^-1.5, 2)", "x", {"x": -1.0}, 2, 0, 0),
    ("if(if(x > 0, x^-1.5, 2) > 0, if(x > 0, x^-1.5, 2)^-1.5, 0)", "x", {"x": -1.0}, 2**-1.5, 0, 0),
    ("([x > 0.1]*x^-1.5 + y)*[[x > 0.1]*x^-1.5 + y > 0.1]", "x", {"x": -1.0, "y": 2.0}, 2, 0, 0),
    ("clip(x, [x > 0.1]*sqrt(x), if(x > 0, 2/sqrt(x), 0))", "x", {"x": -1.0}, 0, 0, 0),
    ("clip(x, [x > 0.1]*sqrt(x), if(x > 0, 2/sqrt(x), 0))", "x", {"x": 0.25}, 0.5, 1, -2),
]

ARRAYS = [
    ("p: vector(n); -sum(i=1..n, if(p[i] > 0, p[i]*log(p[i]), 0))", "p", {"p": [0, 0.5, 0.5]}, [0, math.log(2) - 1, math.log(2) - 1]),
    ("p: vector(n); -sum([p > 0] .* p .* log(p))", "p", {"p": [-1.0, 0.0, 1.0]}, [0, 0, -1]),
    ("p: vector(n); sum(i=1..n, if(p[i] > 0, log(p[i]), 0)*c[i])", "p", {"p": [0.0, 0.5], "c": [3.0, 4.0]}, [0, 8]),
    ("t = w.w; if(t < 1e-12, 1, sin(t)/t)", "w", {"w": [0.0, 0.0]}, [0, 0]),
    ("t = w.w; if(t < 1e-12, 1, sin(t)/t)", "w", {"w": [1.0, 0.0]}, [2 * (math.cos(1) - math.sin(1)), 0]),
    ("x: vector(n); sum(i=1..n, j=1..n, [i != j]/(x[i] - x[j])^2)", "x", {"x": [0.0, 1.0]}, [4, -4]),
    ("x: vector(n); sum(i=1..n, j=1..n, if(i == j, 0, log(abs(x[i] - x[j]))))", "x", {"x": [0.0, 2.0]}, [-1, 1]),
    ("x: vector(n); sum(i=1..n, [i > 1]*x[i]^2/(i - 1))", "x", {"x": [5.0, 1.0, 1.0]}, [0, 2, 1]),
    ("X: matrix(n,d); sum(i=1..n, j=1..n, [i != j]*norm2(X[i] - X[j]))", "X", {"X": [[0.0, 0], [3.0, 4]]}, [[-1.2, -1.6], [1.2, 1.6]]),
    ("A: matrix(n,n); if(det(A) != 0, tr(inv(A)), 0)", "A", {"A": [[1.0, 2.0], [2.0, 4.0]]}, [[0, 0], [0, 0]]),
    ("x: vector(n); sum(i=1..n, j=1..n, ([x[i] < x[j]] + [x[i] > x[j]])/(x[i] - x[j])^2)", "x", {"x": [0.0, 1.0]}, [4, -4]),
    ("x: vector(n); sum(i=1..n, j=1..n, [i != j]*log(abs(x[i] - x[j]))*x[j])", "x", {"x": [0.0, 1.0]}, [-1, 1]),
    ("x: vector(n); sum(i=1..n, j=1..n, if(i == j, 0, x[i]/abs(x[i] - x[j])))", "x", {"x": [1.0, 2.0]}, [4, -2]),
    ("a: vector(n); v: vector(m); sum(i=1..n, j=1..m, if(a[i] > 0, v[j]*sqrt(a[i]), 0))", "a", {"a": [-1.0, 4.0], "v": [1.0, 3.0]}, [0, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "at", "value", "first", "second"), SCALARS)
def test_scalars(text, wrt, at, value, first, second, target, quietly):
    f = sd.parse(text)
    for e, wanted in ((f, value), (sd.grad(f, wrt), first), (sd.hessian(f, wrt), second)):
        used = {name: v for name, v in at.items() if name in e.variables}
        np.testing.assert_allclose(quietly(e.compile(target), used), wanted, rtol=1e-12, atol=1e-15, err_msg=str(e))


@pytest.mark.parametrize(("text", "wrt", "at", "value", "first", "second"), SCALARS)
def test_plain_floats_raise_nothing(text, wrt, at, value, first, second):
    f = sd.parse(text)
    for e, wanted in ((f, value), (sd.grad(f, wrt), first), (sd.hessian(f, wrt), second)):
        if "gamma(" not in str(e):
            assert e.compile("math")(at) == pytest.approx(wanted, rel=1e-12, abs=1e-15), str(e)


@pytest.mark.parametrize(("text", "wrt", "at", "wanted"), ARRAYS)
def test_arrays(text, wrt, at, wanted, target, quietly):
    np.testing.assert_allclose(quietly(sd.grad(sd.parse(text), wrt).compile(target), at), wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "wrt", "at", "wanted"),
    [(t, w, at, first) for t, w, at, _, first, _ in SCALARS if "y^" not in t] + ARRAYS,
)
@pytest.mark.parametrize("library", ["jax", "torch"])
def test_automatic_differentiation_of_the_code_is_not_nan(text, wrt, at, wanted, library):
    """The derivative that the library takes of the value's code: what is cut off passes no nan back."""
    module = pytest.importorskip(library)
    fn = sd.parse(text).compile(library)
    if library == "jax":
        module.config.update("jax_enable_x64", True)
        arrays = {name: module.numpy.asarray(v, float) for name, v in at.items()}
        found = module.grad(lambda x: fn({**arrays, wrt: x}))(arrays[wrt])
    else:
        arrays = {name: module.tensor(v, dtype=module.float64) for name, v in at.items()}
        arrays[wrt].requires_grad_()
        value = fn(arrays)
        if value.requires_grad:
            value.backward()
        found = module.zeros_like(arrays[wrt]) if arrays[wrt].grad is None else arrays[wrt].grad
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-9, atol=1e-12)


def test_in_c(tmp_path):
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    rows = [row for row in SCALARS if set(row[2]) == {"x"} and "gamma(" not in row[0]]
    texts, calls = [], []
    for k, (text, wrt, at, *wanted) in enumerate(rows):
        f = sd.parse(text)
        for j, (e, w) in enumerate(zip((f, sd.grad(f, wrt), sd.hessian(f, wrt)), wanted, strict=True)):
            argument = repr(at["x"]) if e.variables else ""
            texts.append(e.code("c").replace("double f(", f"static double f{k}_{j}("))
            calls.append(f"    if (!(fabs(f{k}_{j}({argument}) - ({float(w)!r})) < 1e-12)) return {k} + 1;")
    source = tmp_path / "guards.c"
    source.write_text("\n".join([*texts, "int main(void) {", *calls, "    return 0;", "}"]))
    subprocess.run(["cc", "-o", tmp_path / "guards", source, "-lm"], check=True)
    done = subprocess.run([tmp_path / "guards"], check=False)
    assert done.returncode == 0, rows[done.returncode - 1]


def test_a_guard_changes_nothing_where_it_holds(target):
    """Values and gradients at points where every branch is defined, beside plain Python."""
    rng = np.random.default_rng(2)
    f = sd.parse("x, y: vector(n); s = sqrt(x); sum(if(x > y, s .* log(y), s ./ y)) + sum([s > y] .* y .^ x)")
    grad = sd.grad(f, "x")
    for _ in range(5):
        x, y = rng.uniform(0.5, 2, (2, 4))
        s = np.sqrt(x)
        value = np.where(x > y, s * np.log(y), s / y).sum() + ((s > y) * y**x).sum()
        slope = np.where(x > y, np.log(y), 1 / y) / (2 * s) + (s > y) * np.log(y) * y**x
        np.testing.assert_allclose(np.asarray(f.compile(target)(x=x, y=y)), value, rtol=1e-12)
        np.testing.assert_allclose(np.asarray(grad.compile(target)(x=x, y=y)), slope, rtol=1e-12)


def test_what_needs_no_guard_gets_none():
    source = sd.grad(sd.parse("max(1 - y*w.phi, 0)"), "w").code()
    assert "where" not in source
    assert "where" not in sd.grad(sd.parse("sum(relu(A*x))"), "x").code()


OPERATIONS = ["log({})", "sqrt({})", "1/{}", "{}^-2", "{}^1.5", "arctanh({}/3)", "exp({})", "{}*{}", "sin({})"]
TESTS = ["{} > 0", "{} < 1", "{} != 0", "0 < {} and {} < 2", "{} > 1 or {} < -1", "{} == 0"]


def scalar(text, x):
    """The value of the formulas below at x, by Python itself: what is not needed is not computed."""
    return eval(
        text.replace("^", "**"), {"log": math.log, "sqrt": math.sqrt, "arctanh": math.atanh, "exp": math.exp, "sin": math.sin, "x": x}
    )


def test_random_guards_against_plain_python(quietly):
    """if(c, g(h(x)), k(x)) for all pairs of operations: 0 wherever Python does not get to."""
    rng = np.random.default_rng(5)
    pairs = list(itertools.product(OPERATIONS, OPERATIONS))
    tried = 0
    for outer, inner_ in pairs:
        body = outer.replace("{}", f"({inner_.replace('{}', 'x')})")
        test = TESTS[rng.integers(len(TESTS))].replace("{}", "x")
        f = sd.parse(f"if({test}, {body}, x)*[x < 5]")
        compiled = [f.compile(t) for t in ("numpy", "math")]
        for x in (-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 6.0):
            try:
                wanted = (scalar(body, x) if eval(test, {"x": x}) else x) if x < 5 else 0.0
            except (ValueError, TypeError, ZeroDivisionError):
                continue
            if isinstance(wanted, complex):
                continue
            tried += 1
            for fn in compiled:
                assert quietly(fn, {"x": x}) == pytest.approx(wanted, rel=1e-12), (str(f), x)
    assert tried > 300


@pytest.mark.parametrize(("first", "wanted"), [(1, [3, 1, 0.25]), (2, [0, 1, 0.25]), (3, [0, 0, 0.25])])
def test_brackets_that_are_summed_count_themselves(first, wanted, target):
    """In sum(j, [i >= 2 and i <= j])*s^(i - 1) the second part of the bracket is counted; only the first guards the power."""
    f = sd.parse(f"x: vector(n); s: scalar; sum(i=1..n, sum(j={first}..i, s^(j-1)*x[j]))")
    found = sd.grad(f, "x").compile(target)({"x": [1.0, 2.0, 3.0], "s": 0.5})
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        ("if(i == j, 0, y[i]/abs(x[i] - x[j]))", [4 / 3, 3 / 2, 5 / 6]),
        ("if(i != j, y[i]/abs(x[i] - x[j]), 0)", [4 / 3, 3 / 2, 5 / 6]),
        ("if(i < j, y[i]/(x[j] - x[i]), 0)", [4 / 3, 1 / 2, 0]),
        ("if(i == j, 0, y[i]*log(abs(x[i] - x[j])))", [np.log(3), np.log(2), np.log(6)]),
    ],
)
def test_a_condition_on_indices_is_not_multiplied_out(term, wanted, target):
    """1/|x[i] - x[j]| - [i == j]/|x[i] - x[j]| would be inf - inf on the diagonal."""
    f = sd.parse(f"x, y: vector(n); sum(i=1..n, j=1..n, {term})")
    found = sd.grad(f, "y").compile(target)({"x": [0.0, 1.0, 3.0]})
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "text", ["[log(x) != 1]", "if(sqrt(x) != 1, 1, 0)", "sum([log(x*ones(3)) != 1])", "2*[1 != log(x)] + [log(x) != x]"]
)
@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
def test_what_has_no_value_differs_from_nothing(text: str, target: str) -> None:
    """A comparison with a side that has no value is false, `!=` too; libraries say that nan differs from everything."""
    pytest.importorskip(target)
    function = sd.parse(text).compile(target)
    with np.errstate(invalid="ignore"):
        assert float(function(x=-1.0)) == 0
    assert float(function(x=3.0)) > 0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("norm2(if(x > 0, 1 ./ x, 0))^2", 0.25),
        ("u = if(x > 0 and t > 0, x.^-1.5, 0); u.u", 0.125),
        ("u = if(x > 0, 1 ./ x, 0); v = if(x > 0, x.^-2, 0); u.v", 0.125),
        ("u = if(x > 0, sqrt(x), 0); sum(i=1..n, j=1..n, u[i]*u[j])", 2.0),
        ("u = [x > 0] .* (1 ./ x); sum(u*u')", 0.25),
        ("u = [x > 0] ./ x; v = [x > 0] .* log(x); sum(i=1..n, u[i]*v[i]*u[i])", 0.25 * math.log(2)),
    ],
)
@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
def test_two_factors_are_not_each_other_s_condition(text: str, wanted: float, target: str) -> None:
    """In u.u with u = if(x > 0, 1 ./ x, 0) each factor is 0 where the other is: neither may be left without its own condition."""
    pytest.importorskip(target)
    f = sd.parse(f"t: scalar; x: vector(n); {text}")
    at = {"x": np.array([2.0, -1.0, -3.0])} | ({"t": 1.0} if "t > 0" in text else {})
    np.testing.assert_allclose(np.asarray(f.compile(target)(at)), wanted, rtol=1e-6)  # JAX may be in float32
