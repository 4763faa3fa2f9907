"""Expressions as SymPy's own: `g.to_sympy(n=3)`."""

import pytest
import sympy

import symdiff as sd
from symdiff.expr import build

a, b = sd.scalars("a b")
x, u = sd.vectors("x", "n"), sd.vectors("u")
A = sd.matrices("A", "m", "n")
S = sd.parse("S", S="symmetric matrix(n, n)")
D = sd.parse("D", D="diagonal matrix(n, n)")
p, q = sympy.symbols("a b")


def test_scalars():
    assert ((a + b) ** 2 / 3).to_sympy() == (p + q) ** 2 / 3
    assert sd.exp(a * b).to_sympy() == sympy.exp(p * q)


def test_conditions_are_piecewise():
    assert (a < b).to_sympy() == sympy.Piecewise((1, p < q), (0, True))
    assert sd.eq(a, b).to_sympy() == sympy.Piecewise((1, sympy.Eq(p, q)), (0, True))
    assert sd.if_(a < 0, a, b).to_sympy().subs({p: -1, q: 7}) == -1
    assert sd.floor(a).to_sympy() == sympy.floor(p)
    assert sd.abs(a).to_sympy() == sympy.Abs(p)


def test_shapes():
    A11, A12, A21, A22, x1, x2 = sympy.symbols("A_1_1 A_1_2 A_2_1 A_2_2 x_1 x_2")
    assert (A @ x).to_sympy(m=1, n=2) == sympy.Matrix([A11 * x1 + A12 * x2])
    assert A.T.to_sympy(m=2, n=2) == sympy.Matrix([[A11, A21], [A12, A22]])
    assert (x @ x).to_sympy(n=2) == x1**2 + x2**2
    tensor = sd.Formula(build.contract((A.expr, x.expr), ((0, 1), (2,)), (0, 1, 2)))
    assert tensor.to_sympy(m=1, n=2).shape == (1, 2, 2)


def test_properties():
    assert S.to_sympy(n=2) == S.to_sympy(n=2).T
    assert D.to_sympy(n=2).is_diagonal()


def test_opaque_functions_are_symbols():
    phi = sd.Formula(build.opaque("phi", (a.expr,), ("n",)))
    assert phi.to_sympy(n=2) == sympy.Matrix([sympy.Symbol("phi(a)_1"), sympy.Symbol("phi(a)_2")])


def test_the_size_of_an_inferred_dimension_may_have_any_name():
    assert (u @ u).to_sympy(n=3) == (u @ u).to_sympy(**{"size(u)": 3})


@pytest.mark.parametrize("sizes", [{}, {"m": 2}, {"m": 2, "n": 2, "k": 3}, {"m": 2, "n": 0}, {"m": 2, "n": 2.0}])
def test_sizes_that_do_not_fit(sizes):
    with pytest.raises(sd.SymdiffError):
        A.to_sympy(**sizes)


def test_limits():
    with pytest.raises(sd.LimitError):
        A.to_sympy(m=1000, n=1000)
    with pytest.raises(sd.SymdiffError, match="to even"):
        sd.round(a).to_sympy()
