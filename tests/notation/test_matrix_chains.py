"""Second derivatives of powers of matrices: long products by entries are those of powers, and take seconds."""

import numpy as np
import pytest

import symdiff as sd
from symdiff.notation import writer
from symdiff.notation.writer import Writer

A = np.array([[0.5, -0.4], [0.3, 0.7]])


def right(k):
    """The Hessian of tr(A^k): d(A^(k-1))[j,i] by A[k,l]."""
    powers = [np.linalg.matrix_power(A, p) for p in range(k)]
    return k * sum(np.einsum("jk,li->ijkl", powers[p], powers[k - 2 - p]) for p in range(k - 1))


@pytest.mark.parametrize(("power", "most"), [(8, 500), (24, 4_000), (36, 20_000), (52, 60_000)])
def test_the_hessian_of_a_long_power(power, most):
    f = sd.parse(f"A: matrix(n,n); tr(A^{power})")
    h = sd.hessian(f, "A")
    assert len(str(h)) < most
    assert np.allclose(h(A=A), right(power), rtol=1e-9)
    if power <= 24:
        assert sd.parse(str(h), given=f)(A=A) == pytest.approx(h(A=A))


def test_products_written_both_ways_are_counted(monkeypatch):
    counted = []
    plain = Writer.product

    def product(self, *args):
        found = plain(self, *args)
        counted.append(self.compared)
        return found

    monkeypatch.setattr(Writer, "product", product)
    monkeypatch.setattr(writer, "MOST_COMPARED", 100)
    sd.hessian(sd.parse("A: matrix(n,n); tr(A^10)"), "A")
    assert 100 < max(counted) < 1_000


@pytest.mark.parametrize(
    "formula",
    [
        "A, B: matrix(n,n); x, y: vector(n); x'*A*B'*A*B'*A*A*B*y",
        "A: matrix(n,n); B: matrix(n,m); tr(B'*A*A'*A*A*A'*A*B)",
        "A, B: matrix(n,n); tr(A*B*A*B*A*B*A*B*A*B)",
    ],
)
def test_chains_of_several_matrices_have_the_values_of_their_products(formula):
    rng = np.random.default_rng(0)
    values = {
        "A": rng.normal(size=(3, 3)),
        "B": rng.normal(size=(3, 2 if "matrix(n,m)" in formula else 3)),
        "x": [1, 2, -1],
        "y": [2, 0, 1],
    }
    f = sd.parse(formula)
    h, g = sd.hessian(f, "A"), sd.grad(f, "A")
    given = {name: np.array(values[name], dtype=float) for name in f.variables}

    def at(e):
        return g(**given | {"A": given["A"] + e})

    step = np.zeros((3, 3))
    for i, j in np.ndindex(3, 3):
        step[:] = 0
        step[i, j] = 1e-5
        assert np.allclose(h(**given)[:, :, i, j], (at(step) - at(-step)) / 2e-5, rtol=1e-4, atol=1e-4)
