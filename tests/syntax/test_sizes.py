"""Kronecker sizes that agree factor by factor, signatures of declared functions, chains of operators."""

import time

import numpy as np
import pytest

import symdiff as sd
from symdiff.syntax import parse

rng = np.random.default_rng(29)
A, B = rng.standard_normal((2, 2)) + 3 * np.eye(2), rng.standard_normal((3, 3)) + 3 * np.eye(3)
y = rng.standard_normal(6)
POINT = {"A": A, "B": B, "y": y, "s": 0.4}

KRON = [
    ("logdet(kron(A, B))", lambda A: np.linalg.slogdet(np.kron(A, B))[1]),
    ("tr(kron(A, B))", lambda A: np.trace(np.kron(A, B))),
    ("det(kron(B, A))", lambda A: np.linalg.det(np.kron(B, A))),
    ("y'*kron(A, B)*y", lambda A: y @ np.kron(A, B) @ y),
    ("y.(kron(A, B)*y)", lambda A: y @ np.kron(A, B) @ y),
    ("y'*inv(kron(A, B))*y", lambda A: y @ np.linalg.solve(np.kron(A, B), y)),
    ("y'*inv(kron(A, B) + s*eye)*y", lambda A: y @ np.linalg.solve(np.kron(A, B) + 0.4 * np.eye(6), y)),
    (
        "y'*inv(kron(A, B) + s*eye)*y + logdet(kron(A, B) + s*eye)",
        lambda A: y @ np.linalg.solve(np.kron(A, B) + 0.4 * np.eye(6), y) + np.linalg.slogdet(np.kron(A, B) + 0.4 * np.eye(6))[1],
    ),
    ("tr(kron(A, B)^2)", lambda A: np.trace(np.kron(A, B) @ np.kron(A, B))),
    ("tr(kron(A, kron(A, B)))", lambda A: np.trace(np.kron(A, np.kron(A, B)))),
    ("tr(kron(kron(A, A), B))", lambda A: np.trace(np.kron(np.kron(A, A), B))),
]


@pytest.mark.parametrize(("text", "value"), [pytest.param(*case, id=case[0]) for case in KRON])
def test_kronecker_products_are_square_where_that_is_due(text, value) -> None:
    f = sd.parse(text)
    assert f.shape == ()
    np.testing.assert_allclose(f.compile()(POINT), value(A), rtol=1e-10)
    steps = [(place, np.eye(4)[k].reshape(2, 2) * 1e-6) for k, place in enumerate(np.ndindex(2, 2))]
    slope = np.zeros((2, 2))
    for place, e in steps:
        slope[place] = (value(A + e) - value(A - e)) / 2e-6
    np.testing.assert_allclose(sd.grad(f, "A").compile()(POINT), slope, rtol=1e-4, atol=1e-6)


def test_factors_agree_with_vec() -> None:
    f = parse("vec(X)'*kron(B, A)*vec(X)")
    assert f.types["A"].shape == ("rows(X)", "rows(X)")
    assert f.types["B"].shape == ("cols(X)", "cols(X)")


def test_sizes_that_are_declared_are_not_bent() -> None:
    assert parse("A: matrix(m,n); B: matrix(n,m); logdet(kron(A, B))").expr.shape == ()
    for text in ("A: matrix(m,n); det(kron(A, B))", "A: matrix(n,n); B: matrix(m,m); y: vector(k); y'*kron(A, B)*y"):
        with pytest.raises(sd.SymdiffError, match="do not fit"):
            parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "phi: vector(2) -> scalar; x: vector(3); phi(x)",
        "phi: vector(2) -> scalar; x: scalar; phi(x)",
        "phi: vector(n) -> scalar; x: vector(n); y: vector(m); phi(x) + phi(y)",
        "phi: matrix(m,n) -> scalar; A: matrix(n,m); phi(A'*A)",
        "f: scalar -> scalar; x: vector(n); f(x)",
        "f: scalar, vector(n) -> scalar; f(x)",
        "f: scalar -> scalar; f(x, y)",
        "f: scalar -> scalar; x: vector(n); f'(x)",
    ],
)
def test_arguments_are_those_that_are_declared(text) -> None:
    with pytest.raises(sd.SymdiffError, match=r"does not take|takes . argument"):
        parse(text)


def test_declared_arguments_are_types() -> None:
    f = parse("phi: vector(3) -> scalar; f: scalar, matrix(m,n) -> scalar; phi(x) + f(t, A)")
    assert {name: info.shape for name, info in f.types.items()} == {"x": (3,), "t": (), "A": ("m", "n")}
    assert parse("phi: vector(d) -> vector(n); w.phi(A*x)").types["A"].shape == ("d", "cols(A)")


@pytest.mark.parametrize(
    ("chain", "short"),
    [
        ("-" * 100_001 + "x", "-x"),
        ("-" * 100_000 + "x", "--x"),
        ("x^" + "-" * 100_001 + "2", "x^-2"),
        ("[" + "not " * 50_001 + "x > 0]*x", "[not x > 0]*x"),
        ("x: vector(n); x" + "'" * 100_001 + "*x", "x: vector(n); x'*x"),
        ("A: matrix(n,n); tr(A" + "'" * 100_000 + "*A)", "A: matrix(n,n); tr(A''*A)"),
    ],
)
def test_signs_that_undo_themselves(chain, short) -> None:
    assert parse(chain).expr == parse(short).expr


@pytest.mark.parametrize("chain", ["-" * 1_500_000 + "x", "x" + "'" * 1_500_000, "x" + "^2" * 1_500_000, "√" * 1_500_000 + "x"])
def test_towers_end(chain) -> None:
    start = time.process_time()
    with pytest.raises(sd.LimitError, match="chain"):
        parse(chain)
    assert time.process_time() - start < 20


NUMBERS = [
    ("A: matrix(m,k); B: matrix(p,n); y: vector(12); w: vector(4); norm2(y - kron(A, B)*w)^2", "w", ("m*p is 12", "k*n is 4")),
    ("A: matrix(m,k); B: matrix(4,n); y: vector(12); norm2(y - kron(A, B)*w)^2", "A", ("4*m is 12",)),
    ("A: matrix(m,k); B: matrix(p,n); C: matrix(q,r); y: vector(24); y'*kron(kron(A, B), C)*w", "y", ("m*p*q is 24",)),
    ("X: matrix(m,n); M: matrix(6,6); vec(X)'*M*vec(X)", "X", ("m*n is 6",)),
    ("x: vector(n); y: vector(5); norm2(concat(x, 1) - y)^2", "x", ("n+1 is 5",)),
]


@pytest.mark.parametrize(("text", "name", "notes"), NUMBERS)
def test_a_number_beside_a_computed_size(text, name, notes) -> None:
    g = sd.grad(text, name)
    assert [note for note in g.notes if note.endswith("as declared")] == [f"{note}, as declared" for note in notes]
    assert g.verify().ok
    assert sd.parse(str(g), given=sd.parse(text)).expr is g.expr


@pytest.mark.parametrize(
    "text",
    [
        "A: matrix(m,k); B: matrix(4,n); y: vector(13); norm2(y - kron(A, B)*w)^2",
        "x: vector(n); y: vector(1); norm2(concat(x, 1) - y)^2",
        "A: matrix(m,k); B: matrix(p,n); C: matrix(q,k); D: matrix(r,n); y: vector(12); y'*kron(A, B)*w + y'*kron(C, D)*w",
    ],
)
def test_a_number_that_no_sizes_make(text) -> None:
    with pytest.raises(sd.ShapeError, match="do not fit"):
        sd.parse(text)


def test_products_of_products_of_numbers():
    """A kron of krons is compared by what it is, not by its first factor."""
    declared = "S, T: matrix(2,2); a: scalar; "
    assert parse(declared + "kron(kron(S,T),S) - a*kron(T,kron(S,T))").expr.shape == (8, 8)
    assert parse("S: matrix(2,2); T: matrix(3,3); kron(kron(S,T),S) - kron(T,kron(S,S))").expr.shape == (12, 12)
