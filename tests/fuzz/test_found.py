"""Formulas that once went wrong: their derivative against central differences, and the way back from its text."""

import numpy as np
import pytest

import symdiff as sd

SIZES = {"n": 3, "m": 2, "k": 4}
FOUND = [
    # the formula, and what it is differentiated by, one after the other
    ("s: scalar; u = step(s)*s; u", "s"),  # a condition was asked whether it is true
    ("s: scalar; gelu(s)*gelu(s)", "s"),  # constants such as 1/(sqrt(2)*sqrt(pi)) in generated code
    ("x: vector(n); (-matrix(3, n, n).^3)[1,:].^2.x", "x"),
    ("y: vector(m); b: vector(m); erf(y')*erfc(b)", "b"),  # a row under a function
    ("y: vector(m); b: vector(m); exp(y') .* exp(b')*log(1 + exp(b))", "y"),
    ("a, b, c, d, s, t, u, v, w: scalar; a^2*b*c*d*s*t*u*v*w*exp(a)", "a", "a"),  # many scalar factors
    ("p: vector(n); sigma(exp(p'/2))", "p"),  # the entries of a row have one index
    ("y: vector(m); x: vector(n); huber(vector(0.5, n)', norm2(y))", "y"),  # a row of equal entries
    ("p: vector(n); c, u: scalar; exp(p')*c .* (exp(p')*u + exp(vector(1/3, n)'))", "c"),
    ("c: scalar; z, p: vector(n); exp(p' - z') .* exp(p').^c", "p"),
    ("A: matrix(m, n); cumsum(exp(A))", "A"),  # sums of a tensor along an axis
    ("v: vector(k); x: vector(n); exp((v' + 1)*tanh(matrix(0.25, k, n)))", "v"),  # the sum of a row
    ("b: vector(m); c: scalar; (c*exp(b') .* (c + exp(b')) + exp(b'))'", "b"),
    ("c: scalar; p: vector(n); sech(sum(i=1..n, p[i]*c))", "c"),  # a sum of scalars under a contraction
    ("s, t: scalar; B: matrix(n, k); B .* if(t >= s, matrix(2*s, n, k), matrix(s, n, k))", "s"),  # a condition of no size
    ("v: vector(k); x: vector(n); mish(exp(v')*matrix(0.25, k, n))", "v"),  # the sum of a row is a number
    ("z: vector(n); y: vector(m); exp(z')*m", "z"),  # a size of nothing else in the text
    ("z: vector(n); A: matrix(n, k); (z'*A).^3", "z"),
    ("z: vector(n); W: matrix(n, n); sum(i=1..n, exp(z'*W[i,:]))", "z"),  # a row in a dot product under an index sum
    ("c: scalar; Q: matrix(n, n); sum(log(c*exp(Q)))", "c"),  # what cancels late is still summed over
    ("x: vector(n); norm2(diag(x)*matrix(7/2, n, m).^(-1/2))", "x"),
    ("z: vector(n); b, q: vector(m); h1 = exp(z); score = log(matrix(1/3, n, m))*(b .* q); sin(exp(score.h1))", "b", "z"),  # a spread name
    ("y: vector(m); v: vector(k); (v*exp(y'))[2,2]", "v"),  # an entry of a row of an axis of length 1
    ("s, c: scalar; s*[s < c and 2 > 0] + c*if(s < c or 1 > 2, s^2, c) + [not 2 < 1]*c", "s"),  # conditions that always hold
    ("S: matrix(n, n); u = S; norm2(1 - sigma(u))^2", "S"),  # a factor and its square beside each other
    ("c: scalar; u = norm2(matrix(2, 4, 3)/c)*sigma(3); 1/u", "c", "c"),  # two factors with one exponent, of which one falls apart
    ("s: scalar; p: vector(n); W: matrix(m, n); sin(p*sum(vec(W - s)))", "s"),  # a sum along an axis of m*n was called a mean
    ("c: scalar; z: vector(n); P: matrix(n, n); u = softmax(z) + c; h1 = -P*u; sigma((c*10) .^ (exp(h1')/2))", "c"),  # rows stay rows
    ("c: scalar; v: vector(k); p: vector(n); b: vector(m); h1 = p ./ p; vec(matrix(1, n, k)/sum(b)).kron((exp(v') - c*v')', h1)", "b"),
]


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found[0])
def test_a_formula_that_once_went_wrong(found):
    text, *names, wrt = found
    f = sd.parse(text)
    for name in names:
        f = sd.jacobian(f, name)
    rng = np.random.default_rng(7)
    values = {name: rng.uniform(0.3, 1.2, [SIZES.get(d, d) for d in x.shape]) for name, x in f.variables.items()}
    sizes = {d: k for d, k in SIZES.items() if d not in values}

    def value(x):
        return np.asarray(f.compile("numpy")({**sizes, **values, wrt: x}))

    x = np.asarray(values[wrt])
    steps = np.eye(x.size).reshape(x.size, *x.shape) * 1e-5
    columns = [(value(x + h) - value(x - h)) / 2e-5 for h in steps]
    differences = np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)
    g = sd.jacobian(f, wrt)
    for answer in (g, sd.parse(str(g), given=f), sd.parse(g.program())):
        np.testing.assert_allclose(answer.compile("numpy")({**sizes, **values}), differences, rtol=1e-6, atol=1e-8)


def test_what_is_divided_by_nothing_is_not_left_out():
    f = sd.parse("Q: matrix(n, n); sum(exp(-Q.^2 ./ eye(n)))")
    q = np.array([[1.0, 2.0], [3.0, 4.0]])
    with np.errstate(divide="ignore"):
        assert f.expand()(Q=q) == f(Q=q) == np.exp(-1.0) + np.exp(-16.0)


def test_an_entry_of_a_function_whose_size_only_its_value_shows():
    f = sd.parse("x: vector(n); phi: vector(n) -> vector(m); phi(x)[2]")
    assert f(x=[1.0, 2.0, 3.0], phi=lambda x: 2 * x[:2]) == 4.0
    with pytest.raises(sd.SymdiffError, match="no entry 2"):
        f(x=[1.0], phi=lambda x: x)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_no_argument_but_that_of_a_function(target):
    pytest.importorskip(target)
    g = sd.jacobian(sd.parse("x: vector(n); y: vector(m); phi: vector(m) -> scalar; phi(y)*x"), "x")
    got = g.compile(target)(n=2, y=np.ones(3), phi=lambda y: y.sum())
    np.testing.assert_array_equal(np.asarray(got), 3 * np.eye(2))


def test_a_size_that_is_a_product_of_sizes_which_nothing_else_has():
    f = sd.parse("c: scalar; A: matrix(m, n); c*sum(vec(1 - sigma(matrix(2, m, n))))")
    g = sd.jacobian(f, "c")
    assert sd.parse(g.program())(m=2, n=3) == g(m=2, n=3) == pytest.approx(6 / (1 + np.exp(2.0)))


def test_a_factor_that_stands_beside_its_like_is_taken_out_once():
    f = sd.parse("c: positive scalar; P: psd matrix(n, n); score = matrix(0.25, n, n) + P*c; prod(max(score, 0))")
    g, h = sd.jacobian(f, "P"), sd.hessian(f, "P", "c")
    p = np.array([[2.0, 0.5], [0.5, 1.0]])
    np.testing.assert_allclose(h(P=p, c=0.7), (g(P=p, c=0.7 + 1e-5) - g(P=p, c=0.7 - 1e-5)) / 2e-5, rtol=1e-6)
