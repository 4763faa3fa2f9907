"""Products of Jacobians and Hessians with vectors, derivatives of any order, layouts: single answers, and laws on random formulas."""

import math
import re
from random import Random

import numpy as np
import pytest

import symdiff as sd
from symdiff import differentiate
from symdiff.calculus import derivative
from symdiff.expr.walk import bindings
from symdiff.names import places
from symdiff.printers import written

MATRICES = "A: matrix(m, n); B: matrix(n, k); S: symmetric matrix(n, n); D: diagonal matrix(n, n); x: vector(n); y: vector(m); "


def types(text):
    return sd.parse(MATRICES + text)


# ---------------------------------------------------------------------------------------------- single answers


# fmt: off
PRODUCTS = [
    ("x[1]^3",        "x",  "3*x[1]^2*v[1]",                          "3*x[1]^2*v*unit(1, n)"),
    ("A[1,2]^2",      "A",  "2*A[1,2]*v[1,2]",                        "2*A[1,2]*v*unit(1, m)*unit(2, n)'"),
    ("sum(x .^ 3)",   "x",  "3*(x.^2).v",                             "3*v*x.^2"),
    ("A*x",           "x",  "A*v",                                    "A'*v"),
    ("A*x",           "A",  "v*x",                                    "v*x'"),
    ("A*B",           "B",  "A*v",                                    "A'*v"),
    ("softmax(x)",    "x",  "softmax(x) .* (v - softmax(x).v)",       "softmax(x) .* (v - softmax(x).v)"),
    ("norm2(A*x - y)^2", "x", "2*((A*x - y)'*A*v)",                   "2*v*A'*(A*x - y)"),
    ("inv(S)",        "S",  "-inv(S)*(v + v')*inv(S)/2",              "-inv(S)*(v + v')*inv(S)/2"),
    ("D*x",           "D",  "x .* diag(v)",                           "diag(x .* v)"),
    ("exp(x)",        "x",  "exp(x) .* v",                            "exp(x) .* v"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "jvp", "vjp"), PRODUCTS)
def test_jvp_and_vjp(text, wrt, jvp, vjp):
    f = types(text)
    forward, backward = sd.jvp(f, wrt, "v"), sd.vjp(f, wrt, "v")
    assert (str(forward), str(backward)) == (jvp, vjp)
    assert forward.shape == f.shape
    assert backward.shape == f.variables[wrt].shape


# fmt: off
HVP = [
    ("x.x",                        "x", "2*v"),
    ("norm2(A*x - y)^2",           "x", "2*A'*(A*v)"),
    ("norm2(A*x - y)^2",           "A", "2*v*x*x'"),
    ("logdet(S)",                  "S", "-inv(S)*(v + v')*inv(S)/2"),
    ("sum(log(1 + exp(A*x)))",     "x", "s = sigma(A*x); A'*((A*v) .* s .* (1 - s))"),
    ("A[1,1]",                     "A", "zeros(m, n)"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "hvp"), HVP)
def test_hvp(text, wrt, hvp):
    assert str(sd.hvp(types(text), wrt, "v")) == hvp


def test_a_direction_is_constant():
    """The variable itself as direction: nothing is differentiated in it."""
    f = sd.parse("x: vector(n); sum(x .^ 3)")
    assert str(sd.jvp(f, "x", "x")) == "3*sum(x.^3)"
    assert str(sd.hvp(f, "x", "x")) == "6*x.^2"
    g = sd.grad(f, "x")
    assert str(sd.hvp(f, "x", g)) == "18*x.^3"
    assert str(sd.vjp(sd.parse("x^3"), "x", sd.parse("x"))) == "3*x^3"
    assert str(sd.jvp(sd.parse("x^3"), "x", 0.5)) == "1.5*x^2"


def test_a_direction_may_be_a_variable_or_a_name_of_the_formula():
    f = types("h = A*x; h.h")
    assert sd.jvp(f, "h", "h") == sd.jvp(f, "h", sd.parse("h", given=f))
    assert str(sd.jvp(f, "h", "y2")) == "2*h.y2"
    assert str(sd.jvp(types("A*x"), "x", "x")) == "A*x"


@pytest.mark.parametrize(
    ("v", "kind", "message"),
    [
        ("A", sd.ShapeError, "the direction is a matrix(m, n), but x is a vector(n)"),
        (2, sd.ShapeError, "the direction is a scalar, but x is a vector(n)"),
        ("n", sd.UnknownNameError, "'n' cannot be the name of a direction"),
        ("phi", sd.UnknownNameError, "'phi' cannot be the name of a direction"),
        ("pi", sd.UnknownNameError, "'pi' cannot be the name of a direction"),
        ("2*x", sd.UnknownNameError, "'2*x' cannot be the name of a direction"),
    ],
)
def test_what_is_no_direction(v, kind, message):
    f = types("phi(y)*(A*x)")
    with pytest.raises(kind) as caught:
        sd.jvp(f, "x", v)
    assert str(caught.value) == message


def test_hvp_of_what_is_no_scalar():
    with pytest.raises(sd.ShapeError, match="only a scalar has a gradient"):
        sd.hvp(types("A*x"), "x", "v")


def test_a_bound_name():
    f = types("h = A*x; sum(h .^ 3)")
    assert str(sd.jvp(f, "h", "v")) == "3*(h.^2).v"
    assert str(sd.hvp(f, "h", "v")) == "6*(h .* v)"
    assert str(sd.hvp(f, "x", "v")) == "6*A'*(h .* (A*v))"


# ---------------------------------------------------------------------------------------------- any order


@pytest.mark.parametrize(("order", "answer"), [(1, "7*x^6"), (3, "210*x^4"), (7, "5040"), (8, "0")])
def test_any_order(order, answer):
    f = sd.parse("x^7")
    assert str(sd.derivative(f, "x", order)) == answer
    assert sd.derivative(f, ["x"] * order) == sd.derivative(f, "x", order=order)


def test_third_order_by_vectors():
    f = sd.parse("x: vector(n); y: vector(m); A: matrix(m, n); sum(y .* (A*x) .^ 2)")
    g = sd.derivative(f, ["x", "y", "x"])
    assert g.shape == ("n", "m", "n")
    rng = np.random.default_rng(1)
    a, x, y = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=2)
    np.testing.assert_allclose(g(A=a, x=x, y=y), 2 * np.einsum("ji,jk->ijk", a, a))
    assert sd.verify(f, ["x", "y", "x"], g).ok
    assert sd.verify(f, ["x", "y", "x"], 2 * g).ok is False


@pytest.mark.parametrize(("order", "kind"), [(0, sd.DomainError), (31, sd.LimitError), (10**9, sd.LimitError)])
def test_orders_that_are_refused(order, kind):
    with pytest.raises(kind):
        sd.derivative(sd.parse("exp(x)"), "x", order=order)


def test_a_mixed_derivative_by_a_name_and_what_it_is_computed_from():
    f = sd.parse("h = a*b; h^2*c")
    with pytest.raises(sd.DomainError, match="h is computed from a"):
        sd.hessian(f, "a", "h")
    assert str(sd.hessian(f, "h", "c")) == "2*h"
    assert str(sd.hessian(f, "h")) == "2*c"


@pytest.mark.parametrize(("text", "by_h"), [("h = c; c*h*x", "x*c"), ("h = c^2; c^2*h + 3*h", "3 + c^2"), ("h = 2^3; 2^3*x + 3*h", "3")])
def test_the_sweep_stops_at_a_name_whatever_stands_behind_it(text, by_h):
    f = sd.parse(text).expr
    (h,) = bindings([f]).values()
    (g,) = derivative(f, [h])
    assert written(g) == by_h


# ---------------------------------------------------------------------------------------------- layouts


# fmt: off
NUMERATOR = [
    ("norm2(A*x - y)^2", "x", "2*(A*x - y)'*A"),
    ("tr(A*B*C)",        "B", "C*A"),
    ("x.x",              "x", "2*x'"),
    ("s^2",              "s", "2*s"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "answer"), NUMERATOR)
def test_numerator_layout(text, wrt, answer):
    f = types("C: matrix(k, m); " + text)
    g = sd.grad(f, wrt, layout="numerator")
    assert str(g) == answer
    usual = sd.grad(f, wrt)
    assert usual.equals(sd.Formula(differentiate.Form(numerator=True).tensor(g.expr, f.expr, [f.variables[wrt].expr])))


def test_an_unknown_layout():
    with pytest.raises(sd.SymdiffError, match='layout is "denominator" or "numerator", not \'rows\''):
        sd.grad(sd.parse("x^2"), "x", layout="rows")


# fmt: off
FREE = [
    ("tr(F*S)",    "S", "(F + F')/2",    "F'"),
    ("x'*S*z",     "S", "(x*z' + z*x')/2",    "x*z'"),
    ("tr(F*D)",    "D", "diag(diag(F))", "F'"),
    ("logdet(S)",  "S", "inv(S)",        "inv(S)"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "within", "free"), FREE)
def test_free_entries(text, wrt, within, free):
    f = types("F: matrix(n, n); z: vector(n); " + text)
    inside, outside = sd.grad(f, wrt), sd.grad(f, wrt, unconstrained=True)
    assert (str(inside), str(outside)) == (within, free)
    assert sd.verify(f, wrt, inside).ok
    assert sd.verify(f, wrt, outside, unconstrained=True).ok
    if within != free:
        assert sd.verify(f, wrt, inside, unconstrained=True).ok is False
        assert sd.verify(f, wrt, outside).ok is False


def test_free_entries_at_second_order():
    f = types("tr(S*S) + sum(S .* S .* S)")
    for unconstrained in (False, True):
        h = sd.hessian(f, "S", unconstrained=unconstrained)
        assert sd.verify(f, ["S", "S"], h, unconstrained=unconstrained).ok
        assert sd.verify(f, ["S", "S"], h, unconstrained=not unconstrained).ok is False


@pytest.mark.parametrize(
    ("text", "wrt", "answer"),
    [
        ("o: onehot vector(n); sum(o .^ 3 .* x)", "o", "6*diag(o .* x)"),
        ("o: onehot vector(n); sum(o .^ 3 .* x .^ 2)", "ox", None),
        ("q: simplex vector(n); sum(q)^2", "q", "matrix(2, n, n)"),
        ("Q: orthogonal matrix(n, n); norm2(Q)^4", "Q", None),
    ],
)
def test_facts_about_constants_are_not_used_between_two_derivatives(text, wrt, answer):
    f = types(text)
    by = [wrt[0], wrt[-1]]
    h = sd.hessian(f, *by)
    assert sd.verify(f, by, h).ok
    assert answer is None or str(h) == answer
    v = sd.vectors("v", "n")
    if len(f.variables[wrt[0]].shape) == 1 and wrt[0] == wrt[-1]:
        assert sd.hvp(f, wrt, v).equals(h @ v)


# ---------------------------------------------------------------------------------------------- laws on random formulas

COUNT = 40


def contracted(a, b):
    """The sum over the axes of b, which are the last ones of a."""
    return np.tensordot(a, b, axes=(range(np.ndim(a) - np.ndim(b), np.ndim(a)), range(np.ndim(b)))) if np.ndim(b) else a * b


def agree(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    assert a.shape == b.shape
    if np.isfinite(a).all() and np.isfinite(b).all():
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-8 * (1 + abs(b).max(initial=0)))
        return True
    return False


@pytest.fixture(scope="module")
def samples():
    """Formulas with two of their variables, values, directions of the shapes of the value and of the variables."""
    pytest.importorskip("torch")
    from tests.fuzz.run import usable_formula

    found = []
    for seed in range(1000, 1000 + COUNT):
        rng = Random(seed)
        formula, (env, *_) = usable_formula(seed)
        f = sd.parse(str(formula))
        values = {
            name: np.asarray(v, dtype=float) if hasattr(v, "shape") else v
            for name, v in env.items()
            if re.sub(r"^(?:D\d*)+(?=.)", "", name) in places([f.expr])
        }
        known = f.variables
        names = [v.name for v in formula.free() if v.name in known]
        if not names or math.prod(np.shape(f(**values))) > 12:
            continue
        x, y = rng.choice(names), rng.choice(names)
        noise = np.random.default_rng(seed)
        found.append((f, x, y, values, noise.normal(size=np.shape(f(**values))), noise.normal(size=np.shape(values[x]))))
    assert len(found) > COUNT / 2
    return found


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_jvp_and_vjp_are_adjoint_and_those_of_the_jacobian(samples):
    compared = 0
    for f, x, _, values, u, v in samples:
        j = sd.jacobian(f, x)(**values)
        forward = sd.jvp(f, x, "dir_x")(dir_x=v, **values)
        backward = sd.vjp(f, x, "dir_f")(dir_f=u, **values)
        compared += agree(forward, contracted(j, v))
        agree(backward, np.tensordot(u, j, axes=np.ndim(u)))
        agree(np.sum(u * forward), np.sum(backward * v))
    assert compared > len(samples) / 2


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_hessians(samples):
    """Symmetric; transposed when the order changes; hvp is the Hessian times the vector; so it is for free entries."""
    compared = 0
    for f, x, y, values, _, v in samples:
        if f.shape:
            continue
        first = len(np.shape(values[x]))
        for unconstrained in (False, True):
            h = sd.hessian(f, x, unconstrained=unconstrained)(**values)
            compared += agree(h, np.moveaxis(h, range(first), range(-first, 0)))
            agree(sd.hvp(f, x, "dir_x", unconstrained=unconstrained)(dir_x=v, **values), contracted(h, v))
        mixed, turned = sd.hessian(f, x, y)(**values), sd.hessian(f, y, x)(**values)
        agree(mixed, np.moveaxis(turned, range(len(np.shape(values[y]))), range(-len(np.shape(values[y])), 0)))
    assert compared > len(samples) / 4
