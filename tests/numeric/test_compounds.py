"""Second derivatives of determinants and derivatives of adjugates at singular matrices, where they are polynomials of the entries."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import topological
from symdiff.numeric.compounds import compounds

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
THIRD = [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]


def minors(a):
    """Second derivatives of det(A) by its definition: det of what is left without two rows and two columns."""
    n = len(a)
    found = np.zeros((n,) * 4)
    for i, j, k, m in np.ndindex(*found.shape):
        if i != k and j != m:
            rows, columns = [r for r in range(n) if r not in (i, k)], [c for c in range(n) if c not in (j, m)]
            left = np.asarray(a)[np.ix_(rows, columns)]
            order = (-1) ** (i + j + k + m) * (1 if (i < k) == (j < m) else -1)
            found[i, j, k, m] = order * (np.linalg.det(left) if len(rows) else 1)
    return found


@pytest.mark.parametrize("a", [SINGULAR, THIRD, np.zeros((2, 2)), [[2.0, 1], [1, 3]], [[0.0]]])
def test_second_derivatives_of_a_determinant(a, target):
    h = sd.hessian("A: matrix(n,n); det(A)", "A")
    np.testing.assert_allclose(np.asarray(h.compile(target)(A=np.asarray(a))), minors(a), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sum(adjugate(A))", [[1, -1], [-1, 1]]),
        ("tr(adjugate(A)*B)", [[4, -3], [-2, 1]]),
        ("det(A)*x'*inv(A)*x", [[4, -2], [-2, 1]]),
    ],
)
def test_gradients_of_adjugates(text, wanted, target):
    g = sd.grad(sd.parse(f"A: matrix(n,n); {text}"), "A")
    at = {"A": np.asarray(SINGULAR), "B": np.asarray([[1.0, 2], [3, 4]]), "x": np.asarray([1.0, 2])}
    found = np.asarray(g.compile(target)({name: at[name] for name in g.variables}))
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12, err_msg=str(g))


@pytest.mark.parametrize("text", ["det(A)^2", "det(A*A')"])
def test_powers_of_determinants(text):
    """d^2 det(A)^2 is 2*d det*d det where det(A) is 0."""
    h = sd.hessian(f"A: matrix(n,n); {text}", "A").compile("numpy")(A=np.asarray(SINGULAR))
    cofactors = np.asarray([[4.0, -2], [-2, 1]])
    np.testing.assert_allclose(h, 2 * np.einsum("ij,kl->ijkl", cofactors, cofactors), rtol=1e-9, atol=1e-12)


def test_a_term_without_its_partner_stays():
    """det(A)*inv(A)[1,1]*inv(A)[2,2] alone has a pole at singular matrices."""
    f = sd.parse("A: matrix(n,n); det(A)*inv(A)[1,1]*inv(A)[2,2]").expr
    assert compounds([f]) == [f]


def test_only_differences_are_rewritten():
    f = sd.parse("A: matrix(n,n); det(A)*(inv(A)[1,1]*inv(A)[2,2] - inv(A)[1,2]*inv(A)[2,1])")
    (made,) = compounds([f.expr])
    assert not any(node.data == "inv" for node in topological([made]) if isinstance(node.data, str))
    assert f.compile("numpy")(A=np.asarray(SINGULAR)) == pytest.approx(1)
