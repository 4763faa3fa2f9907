"""vech and back, the matrices that take vec and vech to each other, and sizes n*(n + 1)/2; ranges that the entries fix."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import dims


@pytest.mark.parametrize("n", [1, 3, 4, "n", "n+1", "n-1", (2, "n")])
def test_a_triangular_number_says_its_side(n: object) -> None:
    assert dims.side(dims.triangle(n)) == n  # type: ignore[arg-type]


@pytest.mark.parametrize("d", [2, 5, 11, "n", "n+1", ("m", "n")])
def test_other_sizes_have_no_side(d: object) -> None:
    assert dims.side(d) is None  # type: ignore[arg-type]


def test_a_size_is_shown_as_people_write_it() -> None:
    whole = dims.triangle("n")
    assert dims.show(whole) == "n*(n+1)/2"
    assert dims.value(whole, {"n": 7}.__getitem__) == 28
    assert dims.names(whole) == ["n"]
    assert dims.put(whole, {"n": 4}) == 10
    assert dims.may_be(whole, 10)


DERIVATIVES = [
    ("A: matrix(n,n); c: vector; vech(A).c", "A", "unvech(c)"),
    ("A: matrix(n,n); norm2(vech(A))^2", "A", "2*tril(A)"),
    ("A: symmetric matrix(n,n); norm2(vech(A))^2", "A", "tril(A) + tril(A)'"),
    ("x: vector(n); vech(x*x').c", "x", "(unvech(c) + unvech(c)')*x"),
    ("v: vector(6); tr(unvech(v)*unvech(v))", "v", "2*vech(unvech(v)')"),
    ("A: matrix(n,n); u: vector; u.(duplication(n)*vech(A))", "A", "unvech(duplication(n)'*u)"),
    ("A: matrix(n,n); size(vech(A))*tr(A)", "A", "n*(n + 1)*eye(n)/2"),
    ("A, B: matrix(n,n); sum(vech(A) .* vech(B))", "A", "tril(B)"),
]


@pytest.mark.parametrize(("formula", "wrt", "answer"), DERIVATIVES)
def test_derivatives(formula: str, wrt: str, answer: str) -> None:
    f = sd.parse(formula)
    g = sd.grad(f, wrt)
    assert str(g) == answer
    assert sd.parse(str(g), given=f) == g
    assert g.verify().ok


KRONECKER = [
    ("X: matrix(m,n); X'", "commutation(m, n)"),
    ("X: matrix(m,n); X*X'", "kron(X, eye(m)) + commutation(m, m)*kron(X, eye(m))"),
    ("X: matrix(m,n); A: matrix(p,n); B: matrix(m,q); A*X'*B", "commutation(q, p)*kron(A, B')"),
    ("X: matrix(n,n); X*inv(X')", "kron(inv(X), eye(n)) - commutation(n, n)*kron(X*inv(X)', inv(X))"),
]


@pytest.mark.parametrize(("formula", "answer"), KRONECKER)
def test_kron_says_commutation(formula: str, answer: str) -> None:
    f = sd.parse(formula)
    g = sd.jacobian(f, "X", kron=True)
    assert str(g) == answer
    assert sd.parse(str(g), given=f) == g
    assert g.verify().ok


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_the_matrices_do_what_they_say(target: str) -> None:
    make = np.asarray
    if target != "numpy":
        library = pytest.importorskip(target)
        make = library.as_tensor if target == "torch" else library.numpy.asarray
    S = make(np.array([[1.0, 2, 4], [2, 3, 5], [4, 5, 6]]))
    X = make(np.arange(6.0).reshape(2, 3))
    zero = sd.parse(
        "S: symmetric matrix(n,n); X: matrix(m,k); norm2(duplication(n)*vech(S) - vec(S)) + norm2(commutation(m,k)*vec(X) - vec(X'))"
    )
    assert float(zero.compile(target)(S=S, X=X)) == 0
    assert np.asarray(sd.parse("S: matrix(n,n); vech(S)").compile(target)(S=S)).tolist() == [1, 2, 4, 3, 5, 6]


def test_notations_of_the_matrices() -> None:
    f = sd.parse("A: matrix(n,n); K, u: vector; u.(duplication(n)*K) + tr(A)")
    assert f.latex() == r"u \cdot (D_{n} \, K) + \operatorname{tr}(A)"
    assert sd.jacobian(sd.parse("X: matrix(m,n); X'"), "X", kron=True).latex() == "K_{m,n}"


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("v: vector(5); unvech(v)", "5 is not n\\*\\(n \\+ 1\\)/2"),
        ("A: matrix(m,n); vech(A)", "vech"),
        ("vech(3)", "vech"),
        ("commutation(n)", "takes 2 arguments"),
        ("duplication()", "duplication"),
        ("A: matrix(n,n); x: vector(n); vech(A) + x", "do not fit|n"),
    ],
)
def test_what_does_not_fit_is_refused(formula: str, message: str) -> None:
    with pytest.raises(sd.SymdiffError, match=message):
        sd.parse(formula)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("tensor(i, j, A[i,j]*x[i])", "tensor(i=1..m, j=1..n, A[i,j]*x[i])"),
        ("sum(i, min(tensor(j, norm2(A[i] - B[j])^2)))", "sum(i=1..m, min(tensor(j=1..k, norm2(A[i] - B[j])^2)))"),
        (r"\min_j \lVert b - B_j \rVert^2", "min(tensor(j=1..k, norm2(b - B[j])^2))"),
    ],
)
def test_entries_fix_the_range_of_a_tensor(text: str, whole: str) -> None:
    types = {"A": "matrix(m, n)", "B": "matrix(k, n)", "x": "vector(m)", "b": "vector(n)"}
    found = (sd.parse_latex if "\\" in text else sd.parse)(text, **types)
    assert found.expr is sd.parse(whole, **types).expr


def test_a_range_that_nothing_fixes_is_refused() -> None:
    with pytest.raises(sd.SymdiffError, match="nothing fixes the range"):
        sd.parse("tensor(i, 3)")


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("sum(eigvalsh(A))", "eye(n)"),
        ("sum(eigvalsh(A) .^ 2)", "A + A'"),
        ("sum(log(eigvalsh(A)))", "inv((A + A')/2)"),
        ("sum(exp(eigvalsh(A)))", "expm((A + A')/2)"),
        ("sum(1 ./ eigvalsh(A))", "-inv((A + A')/2)^2"),
    ],
)
def test_sums_over_eigenvalues_have_derivatives_where_these_meet(formula: str, answer: str) -> None:
    f = sd.parse(f"A: matrix(n,n); {formula}")
    g = sd.grad(f, "A")
    assert str(g) == answer
    assert g.verify().ok
    assert np.isfinite(np.asarray(sd.hessian(f, "A")(A=2 * np.eye(3)))).all()
