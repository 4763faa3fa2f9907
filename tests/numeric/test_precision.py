"""float32 in, float32 out, and the same for float64: of values and gradients, scalars and vectors, in every library."""

import itertools

import numpy as np
import pytest

import symdiff as sd

FORMULAS = [
    "max(x, 0)",
    "max(1 - y*x, 0)",
    "leaky_relu(x)",
    "elu(x)",
    "huber(x, 2)",
    "hypot(x, 2)",
    "if(x > 1, x, 3)",
    "logaddexp(x, 1)",
    "clip(x, 0, 1)",
    "x^2/3 + 1",
    "x: vector(n); sum(leaky_relu(x))",
    "x: vector(n); sum(i=1..n, i*x[i])",
    "x: vector(n); mean(i=1..n, log(i + x[i]^2))",
    "x: vector(n); sum(i=2..n, (x[i] - x[i-1])^2)",
    "x: vector(n); t: scalar; norm2(t*x)^2 + t",
    "x: vector(n); K: psd matrix(n,n); t: scalar; x'*inv(K + t*eye(n))*x",
    "x: vector(n); logsumexp(x) + max(x)",
]


def arrays(target):
    library = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
        return lambda a, kind: library.numpy.asarray(a, dtype=kind)
    return lambda a, kind: library.asarray(np.asarray(a, dtype=kind))[()]


@pytest.mark.parametrize(("text", "target"), list(itertools.product(FORMULAS, ["numpy", "torch", "jax"])))
def test_results_have_the_precision_of_the_arguments(text, target):
    make = arrays(target)
    f = sd.parse(text)
    rng = np.random.default_rng(3)
    values = {}
    for name, v in f.variables.items():
        a = rng.uniform(0.3, 1.3, [3] * len(v.shape))
        values[name] = a @ a.T + np.eye(3) if len(v.shape) == 2 else a
    for e in (f, sd.grad(f, "x")):
        used = {name: a for name, a in values.items() if name in e.variables}
        sizes = {} if used else {"n": 3}
        exact = e(**used, **sizes)
        for kind, plain in itertools.product(("float32", "float64"), (False, True)):
            arguments = {name: float(a) if plain and not a.shape and name != "x" else make(a, kind) for name, a in used.items()}
            got = e.compile(target)(**arguments, **sizes)
            assert "x" not in used or str(getattr(got, "dtype", type(got))).endswith(kind), (e, plain)
            np.testing.assert_allclose(np.asarray(got), exact, rtol=1e-4 if kind == "float32" else 1e-12)


def test_plain_numbers_alone_are_float64():
    assert type(sd.parse("x*y")(x=0.1, y=3)) is np.float64


def test_a_keyword_counts_before_the_dictionary():
    f = sd.parse("w: vector(n); w.w").compile()
    assert f({"w": [1.0, 1.0]}) == 2
    assert f({"w": [1.0, 1.0]}, w=[0.0, 3.0]) == 9
    with pytest.raises(sd.SymdiffError, match="by name, or in a dictionary"):
        f(np.ones(2))


def test_several_answers_are_a_tuple_even_if_there_is_one():
    f = sd.parse("x: vector(n); x.x")
    (value,) = sd.Expressions([f]).compile()(x=[3, 4])
    assert value == 25
    assert "return w @ w," in sd.Expressions([sd.parse("w: vector(n); w.w")]).code()


@pytest.mark.parametrize("target", ["torch", "jax"])
@pytest.mark.parametrize(
    "text",
    ["A: matrix(2,2); B: matrix(2,2); norm2(A - B)^2", "A: matrix(m,n); B: matrix(m,n); sum(i=1..m, norm2(A[i] - B[i])^2)"],
)
def test_automatic_differentiation_of_a_squared_length_is_defined_at_zero(text, target):
    library = pytest.importorskip(target)
    f = sd.parse(text).compile(target)
    if target == "jax":
        slope = library.grad(lambda a: f(A=a, B=np.ones((2, 2))))(np.ones((2, 2)))
    else:
        a = library.ones(2, 2, dtype=library.float64, requires_grad=True)
        f(A=a, B=library.ones(2, 2, dtype=library.float64)).backward()
        slope = a.grad
    assert not np.asarray(slope).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["sum(p .* (log(p) - log(q)))", "p.(log(p) - log(q))", "sum(p .* (2*log(p) - log(q) - log(p)))"])
def test_divergence_at_a_one_hot(text):
    f = sd.parse("p: vector(n); q: vector(n); " + text)
    if "2*" in text:
        assert f(p=[0.5, 0.5], q=[0.25, 0.75]) == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3))
    else:
        assert f(p=[0, 1, 0], q=[0.25, 0.5, 0.25]) == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("text", "wrt", "part"),
    [
        (
            "Q: matrix(m,k); K: matrix(n,k); V: matrix(n,d); sum(i=1..m, sum(l=1..d, sum(j=1..n, softmax(K*Q[i])[j]*V[j,l])^2))",
            "V",
            "_softmax(Q @ K.T)",
        ),
        ("X: matrix(m,n); mu: vector(n); sum(i=1..m, norm2(X[i] - mu)^4)", "mu", "_rownorm2(t1)"),
    ],
)
def test_what_comes_out_alike_is_computed_once(text, wrt, part):
    """The value as typed and the gradient in normal form have different nodes for one part."""
    both = sd.value_and_grad(sd.parse(text), wrt)
    source = both.code()
    assert source[source.index("def f(") :].count(part) == 1
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal([3] * len(v.shape)) for name, v in both[0].variables.items()}
    value, slope = both.compile()(values)
    np.testing.assert_allclose(value, both[0](**values), rtol=1e-12)
    np.testing.assert_allclose(slope, both[1](**values), rtol=1e-12)
