"""Python's operators make the nodes that the language's operators make."""

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import build

a, b = sd.scalars("a b")
x, y = sd.vectors("x y", "n")
A, B, S = sd.matrices("A", "m", "n"), sd.matrices("B", "n", "k"), sd.matrices("S", "n", "n")

SAME = {
    "a + b": (a + b, build.add(a.expr, b.expr)),
    "a - 1": (a - 1, build.sub(a.expr, build.ONE)),
    "1 - a": (1 - a, build.sub(build.ONE, a.expr)),
    "2*a": (2 * a, build.scale(build.TWO, a.expr)),
    "a*2": (a * 2, build.scale(a.expr, build.TWO)),
    "a/b": (a / b, build.divide(a.expr, b.expr)),
    "1/a": (1 / a, build.reciprocal(a.expr)),
    "a^b": (a**b, build.power(a.expr, b.expr)),
    "2^a": (2**a, build.power(build.TWO, a.expr)),
    "-a": (-a, build.neg(a.expr)),
    "x + 1": (x + 1, build.add(x.expr, build.ONE)),
    "a*x": (a * x, build.scale(a.expr, x.expr)),
    "x.y": (x @ y, build.dot(x.expr, y.expr)),
    "A*x": (A * x, build.matvec(A.expr, x.expr)),
    "A@x": (A @ x, build.matvec(A.expr, x.expr)),
    "A*B": (A * B, build.matmul(A.expr, B.expr)),
    "x'*y": (x.T * y, build.row_vec(build.row(x.expr), y.expr)),
    "x*y'": (x * y.T, build.vec_row(x.expr, build.row(y.expr))),
    "x'*S": (x.T * S, build.matmul(build.row(x.expr), S.expr)),
    "x''": (x.T.T, build.unrow(build.row(x.expr))),
    "a'": (a.T, a.expr),
    "S^2": (S**2, build.matmul(S.expr, S.expr)),
    "S^-1": (S**-1, build.call("inv", S.expr)),
    "a < b": (a < b, build.call("lt", a.expr, b.expr)),
    "a >= 1": (a >= 1, build.call("ge", a.expr, build.ONE)),
    "a <= b": (a <= b, build.call("le", a.expr, b.expr)),
    "max(a, b, 1)": (sd.max(a, b, 1), build.call("max", build.call("max", a.expr, b.expr), build.ONE)),
    "max(x)": (sd.max(x), build.call("max_entries", x.expr)),
    "if": (sd.if_(a < b, a, 0), build.call("if", build.call("lt", a.expr, b.expr), a.expr, build.ZERO)),
    "sum(x)": (sd.sum(x), build.total(x.expr)),
    "x .* y": (sd.multiply(x, y), build.elementwise(x.expr, y.expr)),
    "1 ./ x": (sd.divide(1, x), build.divide(build.ONE, x.expr)),
    "diag(S)": (sd.diag(S), build.diag_part(S.expr)),
    "diag(x)": (sd.diag(x), build.diag_matrix(x.expr)),
    "elu(a)": (sd.elu(a), build.call("elu", a.expr, build.ONE)),
    "vector(2, n)": (sd.vector(2, "n"), build.spread(build.TWO, ("n",))),
    "pi": (sd.pi, build.const("pi")),
}


@pytest.mark.parametrize(("made", "meant"), SAME.values(), ids=SAME)
def test_the_same_node(made, meant):
    assert made.expr is meant


@pytest.mark.parametrize(
    ("number", "exact"),
    [
        (0.1, Fraction(1, 10)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Fraction(1, 3), Fraction(1, 3)),
        (np.float64(2.5), Fraction(5, 2)),
        (True, 1),
        (np.int64(3), 3),
        (1e-8, Fraction(1, 10**8)),
    ],
)
def test_numbers_are_exact(number, exact):
    assert (number * a).expr.args[0] is build.num(exact)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("inf")])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(sd.DomainError):
        a + number


@pytest.mark.parametrize("other", [None, {}, {1, 2}, b"x", 1j])
def test_what_is_no_operand_is_an_error_with_a_hint(other):
    for operation in (
        lambda: a + other,
        lambda: other * a,
        lambda: a < other,
        lambda: x @ other,
        lambda: sd.exp(other),
        lambda: sd.dot(x, other),
    ):
        with pytest.raises(sd.OperandError) as caught:
            operation()
        assert isinstance(caught.value, TypeError) and caught.value.hint


class Mine:
    def __radd__(self, other):
        return "mine"


def test_objects_that_know_better_are_asked():
    assert a + Mine() == "mine"
    with pytest.raises(TypeError):
        a - Mine()


def test_texts_beside_formulas_are_read_with_their_types():
    assert (x + "x").expr is (x + x).expr
    assert ("x.x" * a).expr is (x @ x * a).expr or str("x.x" * a) == "x.x*a"
    assert sd.exp("a*b").expr is sd.exp(a * sd.scalars("b")).expr


@pytest.mark.parametrize("array", [[[1, 2], [3, 4]], ((1, 2), (3, 4)), np.array([[1.0, 2.0], [3.0, 4.0]])])
def test_arrays_are_operands(array):
    w = sd.vectors("w", 2)
    f = (array @ w - [1, 0.5]) @ (array @ w - np.array([1, 0.5]))
    A, b, at = np.array([[1.0, 2], [3, 4]]), np.array([1, 0.5]), np.array([0.3, -0.7])
    assert f(w=at) == pytest.approx(((A @ at - b) ** 2).sum())
    g = sd.grad(f, "w")
    assert g(w=at) == pytest.approx(2 * A.T @ (A @ at - b)) and g.verify().ok
    assert sd.grad(sd.norm2(w - np.zeros(2)), "w")(w=[3, 4]) == pytest.approx([0.6, 0.8])
    assert (2 * np.eye(2) @ w).subs(w=[1, 2])() == pytest.approx([2, 4])
    assert ((w + 1) * np.float64(2)).shape == (2,)


@pytest.mark.parametrize("array", [[], [[1, 2], [3]], ["a", 1], [None], np.ones((2, 2, 2)), np.ones((30, 30)), [sd.scalars("a")]])
def test_what_is_no_array_of_a_formula(array):
    with pytest.raises(sd.SymdiffError) as caught:
        sd.vectors("w", 2) + array
    assert caught.value.hint


def test_entries_are_counted_from_1():
    v, M = sd.vectors("v", 3), sd.matrices("M", 2, 3)
    assert str(v[1]) == "v[1]" and str(M[1, 2]) == "M[1,2]" and M[2].shape == (3,) and M[:, 3].shape == (2,) and M[1, :].expr is M[1].expr
    assert str(sd.grad(v[2] ** 2, "v")) == str(sd.grad(sd.parse("v: vector(3); v[2]^2"), "v"))
    assert (v + v)[2](v=[1, 5, 7]) == 10
    p, _, r = v
    assert (p.expr, r.expr) == (v[1].expr, v[3].expr) and [row.shape for row in M] == [(3,), (3,)]
    for k in (0, -1, 4, 1.5, "1", True, None, (1, 2, 3), slice(1, 3, 2)):
        with pytest.raises(sd.SymdiffError):
            v[k]
    with pytest.raises(sd.OperandError, match="no known number of entries"):
        iter(x)


def test_substitution():
    f = sd.parse("margin = y*w.phi; max(1 - margin, 0)")
    assert str(f.subs(y=2)) == "max(1 - 2*w.phi, 0)"
    assert f.subs(w="phi", y="z^2")(phi=[1, 2], z=0.1) == f(w=[1, 2], phi=[1, 2], y=0.01)
    assert f.subs({"phi": sd.vectors("u", 3)}).types["w"].shape == (3,)  # sizes follow
    assert f.subs(w="phi", phi="w").expr is not f.expr  # at once
    n = sd.parse("x: vector(n); n*x.x").subs(x=[1, 2, 3])
    assert n() == 3 * 14
    assert sd.grad(sd.parse("a*x^2").subs(a="x"), "x").equals("3*x^2")
    for values in ({"q": 1}, {"w": 3}, {"y": [1, 2]}, {"w": [1, 2], "phi": [1, 2, 3]}, {"w": None}):
        with pytest.raises(sd.SymdiffError) as caught:
            f.subs(values)
        assert caught.value.hint


def test_numbers_are_floats_and_lengths_absolute():
    assert float(sd.parse("3/4")) == 0.75 and str(abs(x)) == "abs(x)"
    for f in (a, x, sd.parse("eye(2)")):
        with pytest.raises(sd.OperandError):
            float(f)


@pytest.mark.parametrize(
    ("operation", "hint"),
    [
        (lambda: x * y, "x @ y"),
        (lambda: x * S, "x.T*A"),
        (lambda: a @ x, "c*x"),
        (lambda: 1 / x, "sd.divide"),
        (lambda: x**2, "sd.pow"),
        (lambda: S**0, "sd.eye"),
        (lambda: A**2, ""),
        (lambda: A + x, ""),
    ],
)
def test_shapes_that_do_not_fit(operation, hint):
    with pytest.raises(sd.ShapeError) as caught:
        operation()
    assert hint in caught.value.hint


def test_a_condition_is_no_truth_value():
    with pytest.raises(TypeError):
        _ = a < b < 1
    assert a


def test_identity():
    assert (a + b).expr is (sd.scalars("a") + b).expr
    assert a + b == sd.scalars("a") + b
    assert a + b != b + a
    assert len({a + b, a + b, b + a}) == 2
    assert copy.deepcopy(a + b) == pickle.loads(pickle.dumps(a + b)) == a + b
    assert pickle.loads(pickle.dumps((a + b).expr)) is copy.deepcopy((a + b).expr) is (a + b).expr


def test_names():
    assert (a.name, build.name("h", a.expr).name, (a + b).name) == ("a", "h", "")


def test_every_function_of_the_language_is_there():
    from symdiff.table import BUILT_IN, TABLE

    public = {"trace"}  # sd.trace and sd.tr are one function
    for name in (set(TABLE.names) | set(BUILT_IN)) - {"tensor"}:
        if name.startswith("_"):  # rows that only code is made of
            continue
        assert callable(getattr(sd, name)), name
    assert public <= set(BUILT_IN)
    with pytest.raises(AttributeError):
        _ = sd.sigmiod  # type: ignore[attr-defined]


def test_names_that_differ_a_little_have_keys_of_their_own():
    """Nodes are ordered by their keys: if two names shared one, answers would depend on which was built first."""
    roots = ["lambda_", "Lambda_", "weights", "Weights", "a1234567", "b1234567", "x", "α", "ß"]
    names = [f"{root}{k}" for root in roots for k in ("", *range(2000), *"abcdefghij")]
    assert len({build.var(name).key for name in names}) == len(names)
    assert build.var("x", ("n",)).key != build.var("x").key != build.var("x", (), ("positive",)).key
