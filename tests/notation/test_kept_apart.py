"""Terms and indices that look alike stay apart: sums over rows and over columns of one tensor, identities between other indices; notes on adjugates."""

from __future__ import annotations

import pytest

import symdiff as sd


@pytest.mark.parametrize(
    "formula",
    [
        "sum(i=1..n, j=1..n, max(2*x[i], x[i] + x[j]))",
        "sum(i=1..n, j=1..n, if(x[i] > x[j], x[i] + x[j], 2*x[i]))",
        "sum(max(2*x*ones(n)', x*ones(n)' + ones(n)*x'))",
    ],
)
def test_totals_of_one_tensor_over_two_axes_are_two_terms(formula):
    g = sd.grad(f"x: vector(n); {formula}", "x")
    assert g.verify().ok
    assert str(g).count("colsum(") == 1


def test_totals_over_the_same_axis_are_joined():
    assert str(sd.grad("x: vector(n); sum(i=1..n, j=1..n, max(2*x[i], x[i] + x[j]))", "x")) == (
        "colsum([ones(n)*x' > x*ones(n)']) + rowsum([ones(n)*x' > x*ones(n)'] + 2*[x*ones(n)' >= ones(n)*x'])"
    )


@pytest.mark.parametrize("energy", ["norm2(X[i] - X[j])", "1/norm2(X[i] - X[j])", "1/norm2(X[i] - X[j])^2"])
def test_second_derivatives_of_pairs_of_points_are_what_they_say(energy):
    h = sd.hessian(f"X: matrix(n,d); sum(i<j, {energy})", "X")
    assert h.verify(seconds=30).ok


@pytest.mark.parametrize(
    ("formula", "notes"),
    [
        ("det(eye - A)", ()),
        ("det(2*A)", ()),
        ("det(A*B)", ()),
        ("det(A'*A)", ()),
        ("det(A*B*A)", ()),
        ("det(A*B)/det(B)^2 + logdet(A*A')", ("valid where det(A) != 0",)),
    ],
)
def test_the_adjugate_needs_no_condition(formula, notes):
    g = sd.grad(f"A, B: matrix(n,n); {formula}", "A")
    assert g.notes == notes
