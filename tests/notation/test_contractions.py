"""Names in place of the products with sums that they stand for, and nowhere else."""

import re

import pytest

import symdiff as sd

SIZES = "P: matrix(m,n); V: matrix(n,k); G: matrix(m,k); t: scalar; O = P*V; "


@pytest.mark.parametrize(
    ("formula", "wrt", "answer"),
    [
        (SIZES + "sum(O) + t*sum(G .* (P*V))", "t", "sum(O .* G)"),
        ("X: matrix(m,n); w: vector(n); y: vector(m); z = X*w; sum(z) + t*(X*w).y", "t", "z.y"),
        ("K, B: symmetric matrix(n,n); y: vector(n); a = inv(K)*y; sum(a) + t*y'*inv(K)*B*inv(K)*y", "t", "a'*B*a"),
        ("W: matrix(k,h); U: matrix(h,n); x: vector(n); M = 2*(W*U); norm2(M*x)^2 + t*sum(W*U*x)", "t", "colsum(M).x/2"),
    ],
)
def test_a_name_stands_for_its_product(formula, wrt, answer):
    f = sd.parse(formula)
    g = sd.grad(f, wrt)
    assert str(g) == answer
    assert sd.parse(str(g), given=f) == g
    assert sd.verify(f, wrt, g).ok is True


@pytest.mark.parametrize(
    ("formula", "wrt"),
    [
        (SIZES + "u: vector(n); sum(O) + t*sum(P*diag(u)*V)", "t"),  # the summed axis meets another factor
        (SIZES + "H: matrix(n,k); sum(O) + t*sum(P*(V .* H))", "t"),
        (SIZES + "sum(O) + t*sum(P.^2*V)", "t"),  # another power
        ("A: matrix(n,n); x: vector(n); z = A*x; sum(z) + t*sum(A'*x)", "t"),  # the other axis
    ],
)
def test_it_does_not_stand_for_another(formula, wrt):
    f = sd.parse(formula)
    g = sd.grad(f, wrt)
    assert not {"O", "z"} & set(re.findall(r"\w+", str(g)))
    assert sd.verify(f, wrt, g).ok is True
