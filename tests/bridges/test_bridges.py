"""Formulas as functions of PyTorch and JAX with their symbolic gradients, and SymPy's expressions as formulas."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

FORMULAS = [
    "X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))",
    "A: matrix(m,n); x: vector(n); tanh(A*x)",
    "A: matrix(n,n); B: matrix(n,n); A*B*A",
    "A: symmetric matrix(n,n); x: vector(n); x'*A*x",
]
SIZES = {"m": 3, "n": 2}


def values_of(f, r):
    made = {name: r.standard_normal([SIZES[d] for d in v.shape]) for name, v in f.variables.items()}
    return {name: (v + v.T if name == "A" and "symmetric" in str(f.program()) else v) for name, v in made.items()}


@pytest.mark.parametrize("text", FORMULAS)
def test_torch_agrees_to_the_second_order(text):
    torch = pytest.importorskip("torch")
    f = sd.parse(text)
    function = sd.torch_function(f)
    values = {k: torch.tensor(v, requires_grad=True) for k, v in values_of(f, np.random.default_rng(2)).items()}
    names = list(values)
    free = lambda *tensors: function(**dict(zip(names, tensors, strict=True)))
    np.testing.assert_allclose(free(*values.values()).detach(), f(**{k: v.detach().numpy() for k, v in values.items()}), rtol=1e-12)
    if "symmetric" not in text:  # gradcheck moves single entries
        assert torch.autograd.gradcheck(free, tuple(values.values()))
        assert torch.autograd.gradgradcheck(free, tuple(values.values()))


def test_torch_computes_only_what_is_needed_and_trains():
    torch = pytest.importorskip("torch")
    f = sd.parse("X: matrix(m,n); y: vector(m); w: vector(n); norm2(X*w - y)^2")
    loss = sd.torch_function(f)
    X, y = torch.randn(5, 2, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    loss(X=X, y=y, w=w).backward()
    torch.testing.assert_close(w.grad, -2 * X.T @ y)
    assert X.grad is None
    batch = torch.randn(4, 2, dtype=torch.float64)
    rows = torch.func.vmap(torch.func.grad(lambda w: loss(X=X, y=y, w=w)))(batch)
    torch.testing.assert_close(rows, torch.stack([2 * X.T @ (X @ v - y) for v in batch]))


@pytest.mark.parametrize("text", FORMULAS)
def test_jax_agrees(text):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        f = sd.parse(text)
        function, plain = sd.jax_function(f), f.compile("jax")
        values = {k: jax.numpy.asarray(v) for k, v in values_of(f, np.random.default_rng(2)).items()}
        ours = jax.jit(jax.jacrev(lambda v: function(**v)))(values)
        theirs = jax.jacrev(lambda v: plain(v))(values)
        if "symmetric" in text:
            ours.pop("A"), theirs.pop("A")
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-12)
        stacked = {k: jax.numpy.stack([v, 2 * v]) for k, v in values.items()}
        both = jax.vmap(lambda v: function(**v))(stacked)
        np.testing.assert_allclose(both[1], function(**{k: 2 * v for k, v in values.items()}), rtol=1e-12)


def test_the_symbolic_gradient_is_the_one_that_is_used():
    torch = pytest.importorskip("torch")
    x = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    sd.torch_function(sd.parse("max(x, 0) + abs(x)"))(x=x).backward()
    assert x.grad == 0  # [x > 0] + sign(x); torch.maximum alone gives 0.5


UNKNOWN = "V: matrix(n,d); W: matrix(k,n); x: vector(d); phi: vector(n) -> vector(n); y: vector(k); "


@pytest.mark.parametrize("body", ["norm2(W*phi(V*x) - y)^2", "norm2(W*phi(phi(V*x)) - y)^2", "sum(sigma(W*(phi(V*x) + V*x)))"])
def test_functions_of_the_callers_own_are_differentiated_by_the_library(body):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    f, known = sd.parse(UNKNOWN + body), sd.parse(UNKNOWN + body.replace("phi(", "tanh("))
    r = np.random.default_rng(0)
    data = {"V": r.random((3, 2)), "W": r.random((2, 3)), "x": r.random(2), "y": r.random(2)}
    data = {name: value for name, value in data.items() if name in f.types and name in known.variables}
    want = {name: sd.grad(known, name)({n: v for n, v in data.items()}) for name in ("V", "W", "x")}
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in data.items()}
    sd.torch_function(f)(phi=torch.tanh, **tensors).backward()
    ours = sd.jax_function(f)
    for name, expected in want.items():
        assert np.allclose(tensors[name].grad.numpy(), expected, rtol=1e-9)
        found = jax.jit(jax.grad(lambda value, name=name: ours(**{**data, name: value}, phi=jax.numpy.tanh)))(data[name])
        assert np.allclose(found, expected, rtol=1e-4)


def test_the_value_of_an_unknown_function_will_do_where_there_is_one():
    torch = pytest.importorskip("torch")
    x, w = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in ([0.3, 0.5], [1.0, 2.0]))
    sd.torch_function("w.phi(x)")(w=w, phi=torch.sin(x), x=x).backward()
    assert np.allclose(x.grad.numpy(), [1.0, 2.0] * np.cos([0.3, 0.5])) and np.allclose(w.grad.numpy(), np.sin([0.3, 0.5]))
    with pytest.raises(sd.OperandError, match="phi has several values"):
        sd.torch_function("w.(phi(x) + phi(2*x))")(w=w, phi=torch.sin(x), x=x)
    with pytest.raises(sd.UnknownNameError, match="argument phi is missing"):
        sd.torch_function("w.phi(x)")(w=w, x=x)
    with pytest.raises(sd.UnknownNameError, match="does not occur"):
        sd.torch_function("w.phi(x)")(w=w, x=x, phi=torch.sin, z=1)


def test_unknown_functions_by_row_and_missing_arguments_are_refused():
    pytest.importorskip("torch")
    with pytest.raises(sd.DomainError, match="of an unknown function"):
        sd.torch_function(sd.parse("X: matrix(m,n); sum(i=1..m, w.phi(X[i]))"))
    with pytest.raises(sd.UnknownNameError, match="argument x is missing"):
        sd.torch_function(sd.parse("x^2"))()


SCALARS = [
    "x**2*y - x/y + 3*x/7",
    "exp(-x**2)*sin(y) + log(1 + x**2)",
    "Piecewise((x, x < y), (y**2, x < 2*y), (0, True))",
    "Max(x, y, 1) - Abs(x - y)*sqrt(y)",
    "atan2(x, y) + asinh(x) + E*pi + 0.1*erf(x)",
    "loggamma(y) + polygamma(0, y) + sign(x)",
    "cosh(x)/sinh(x) - y/x**2/3 - 2/sqrt(y)",
    "Heaviside(x - y) + Mod(x, y) + factorial(y) - Min(x, y, 2)",
    "Piecewise((x, (x > 0) & (y > 1)), (y, (x < -1) | (y < 1/2)), (0, True))",
    "re(x) + conjugate(y)*log(y, 2) + x**-3",
]


@pytest.mark.parametrize("text", SCALARS)
def test_sympys_scalars(text):
    import sympy

    expression = sympy.sympify(text)  # text of this test
    f = sd.from_sympy(expression)
    for x, y in [(0.3, 1.7), (2.5, 0.4), (-1.2, 0.8)]:
        assert f(x=x, y=y) == pytest.approx(float(expression.subs({"x": x, "y": y})), rel=1e-12)
    back = sd.parse("x^2*y - x/y").to_sympy()
    assert sympy.simplify(sd.from_sympy(back).to_sympy() - back) == 0


def test_sympys_matrices():
    import sympy

    n = sympy.Symbol("n")
    A, B = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("B", n, n)
    f = sd.from_sympy(sympy.Trace(A.T * B) + 2 * sympy.Determinant(A * B - A))
    a, b = np.array([[1.0, 2], [3, 5]]), np.array([[0.5, 1], [-1, 2]])
    assert f(A=a, B=b) == pytest.approx(np.trace(a.T @ b) + 2 * np.linalg.det(a @ b - a))
    assert str(sd.grad(sd.from_sympy(sympy.Trace(A.T * B)), "A")) == "B"


def test_sympys_formulas_read_as_they_were_written():
    import sympy

    x, y, n = sympy.symbols("x y n")
    A, B = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("B", n, n)
    X, w, b = sympy.MatrixSymbol("X", 2 * n, n), sympy.MatrixSymbol("w", n, 1), sympy.MatrixSymbol("b", 2 * n, 1)
    written = {
        sympy.log(x, 2) - sympy.sqrt(y) / x: "log(x)/log(2) - sqrt(y)/x",
        -x + 1: "1 - x",
        (X * w - b).T * (X * w - b): "(-b' + w'*X')*(-b + X*w)",
        sympy.Trace(A * B.I): "tr(A*inv(B))",
        A**2 + sympy.Identity(n) * n: "n*eye + A^2",
        sympy.MatPow(A, -2) * w: "inv(A^2)*w",
        sympy.HadamardProduct(A, B) + sympy.ZeroMatrix(n, n): "A .* B",
        sympy.OneMatrix(n, n) * A: "ones(n, n)*A",
        A[0, 1] * n: "n*A[1,2]",
        sympy.KroneckerProduct(A, B): "kron(A, B)",
    }
    for expression, text in written.items():
        assert str(sd.from_sympy(expression)) == text
    assert sd.from_sympy(A[0, 1] * n)(A=[[1.0, 2], [3, 4]]) == 4


def test_sympys_columns_are_vectors_and_products_of_them_numbers():
    import sympy

    m, n, a = sympy.symbols("m n a")
    A, X = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("X", m, n)
    w, x, y, r, s = (sympy.MatrixSymbol(*given) for given in (("w", n, 1), ("x", n, 1), ("y", m, 1), ("r", 1, n), ("s", 1, 1)))
    written = {
        w.T * A * w: ("w'*A*w", ()),
        2 * w.T * x: ("2*w'*x", ()),
        a * w.T * A.I * w: ("a*w'*inv(A)*w", ()),
        w * x.T: ("w*x'", ("n", "n")),
        A * w + x: ("A*w + x", ("n",)),
        X * w - y: ("-y + X*w", ("m",)),
        r * A: ("r'*A", (1, "n")),
        r.T: ("r", ("n",)),
        r * w: ("r'*w", ()),
        w[1, 0] + r[0, 2]: ("r[3] + w[2]", ()),
        sympy.Determinant(w.T * w): ("w'*w", ()),
        (w.T * w).inverse(): ("1/(w'*w)", ()),
        sympy.Trace(w * w.T): ("tr(w*w')", ()),
        sympy.HadamardProduct(w, x): ("w .* x", ("n",)),
        s: ("s", ()),
    }
    for expression, (text, shape) in written.items():
        f = sd.from_sympy(expression)
        assert (str(f), f.shape) == (text, shape)
    loss = sd.from_sympy((X * w - y).T * (X * w - y))
    assert str(sd.grad(loss, "w")) == "2*X'*(X*w - y)"
    assert sd.grad(sd.from_sympy(w.T * A * w), "w").verify().ok


def test_what_sympy_has_and_the_language_lacks_is_refused():
    import sympy

    with pytest.raises(sd.DomainError, match="besselj"):
        sd.from_sympy(sympy.besselj(0, sympy.Symbol("x")))
    with pytest.raises(sd.DomainError, match="ImaginaryUnit"):
        sd.from_sympy(sympy.I * sympy.Symbol("x"))
    x = sympy.Symbol("x")
    for expression, name in [(sympy.Integral(sympy.exp(x**2), x), "Integral"), (sympy.Sum(x, (x, 1, 3)), "Sum"), (sympy.oo, "Infinity")]:
        with pytest.raises(sd.DomainError, match=f"SymPy's {name} has"):
            sd.from_sympy(expression)
    with pytest.raises(sd.DomainError, match="Piecewise") as caught:
        sd.from_sympy(sympy.Piecewise((x, x > 0)))
    assert "end with a branch" in str(caught.value.hint)
    with pytest.raises(sd.DomainError, match="not a MutableDenseMatrix"):
        sd.from_sympy(sympy.Matrix([x, 1]))
    with pytest.raises(sd.DomainError, match="MatPow"):
        sd.from_sympy(sympy.MatPow(sympy.MatrixSymbol("A", 2, 2), x))
    with pytest.raises(sd.DomainError, match="cannot be the size"):
        sd.from_sympy(sympy.MatrixSymbol("A", x + 1, 2))


def test_code_for_sympy_runs_and_is_the_same():
    f = sd.parse("w: vector(2); lambda: scalar; S: scalar; S*lambda*norm2(w)^2 + sigma(w[1])")
    space: dict = {}
    exec(sd.value_and_grad(f, "w").code("sympy"), space)
    value, gradient = space["f"]
    assert value == f.to_sympy() and gradient == sd.grad(f, "w").to_sympy()
    with pytest.raises(sd.SymdiffError, match="dimensions"):
        sd.parse("norm2(w)").code("sympy")


@pytest.mark.parametrize("labels", [[1, -1], "int64", "int32", "bool"])
@pytest.mark.parametrize("library", ["torch", "jax"])
def test_labels_take_the_precision_of_the_data(labels, library):
    """Whole numbers, truth values and plain numbers beside float32 leave it float32."""
    module = pytest.importorskip(library)
    f = sd.parse("X: matrix(m,n); y: vector(m); c: scalar; sum(log(1 + exp(-y .* (X*w)))) + c*norm2(w)^2")
    X, w = [[1.0, 2.0], [3.0, 4.0]], [0.1, 0.2]
    y = labels if isinstance(labels, list) else np.array([1, 0], dtype=labels)
    if library == "torch":
        w = module.tensor(w, requires_grad=True)
        value = sd.torch_function(f)(X=module.tensor(X), y=y if isinstance(y, list) else module.as_tensor(y), w=w, c=2)
        value.backward()
        assert value.dtype == w.grad.dtype == module.float32
    else:
        module.config.update("jax_enable_x64", True)
        single = [module.numpy.asarray(v, dtype="float32") for v in (X, w)]
        value, g = module.value_and_grad(lambda w: sd.jax_function(f)(X=single[0], y=y, w=w, c=2))(single[1])
        assert value.dtype == g.dtype == "float32"


def test_a_derivative_may_need_the_size_of_its_variable_alone():
    """What is differentiated by w does not have w, whose size k fixes the shape of the derivative."""
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    f = sd.parse("x: vector(n); w: vector(k); sum(i=1..n, sum(j=1..k, w[j]*[i > j])*x[i])")
    x, w = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 3.0])
    slopes = np.array([14.0, 12.0])
    given = torch.tensor(w, requires_grad=True)
    sd.torch_function(f)(x=torch.tensor(x), w=given).backward()
    np.testing.assert_allclose(given.grad, slopes)
    np.testing.assert_allclose(jax.grad(lambda w: sd.jax_function(f)(x=x, w=w))(jax.numpy.asarray(w)), slopes, rtol=1e-6)
    each = sd.parse("x: vector(n); w: vector(k); tensor(i=1..n, sum(j=1..k, w[j]*[i > j])*x[i])")
    given.grad = None
    sd.torch_function(each)(x=torch.tensor(x), w=given).sum().backward()
    np.testing.assert_allclose(given.grad, slopes)
    _, rate = jax.jvp(lambda w: sd.jax_function(each)(x=x, w=w), (jax.numpy.asarray(w),), (jax.numpy.ones(2),))
    np.testing.assert_allclose(rate, [0.0, 2.0, 8.0, 8.0 * 2], rtol=1e-6)
