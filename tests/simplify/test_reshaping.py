"""Merged and split axes in normal form: what two ways to write one value have in common."""

import pytest

from symdiff.expr import build as b
from symdiff.expr.node import RESHAPE, Expr
from symdiff.simplify import simplify

X, Y, A = b.var("X", ("m", "n")), b.var("Y", ("m", "n")), b.var("A", ("p", "q"))
S, Q = b.var("S", ("n", "n")), b.var("Q", ("p", "p"))
x, y, v = b.var("x", ("m",)), b.var("y", ("n",)), b.var("v", (("m", "n"),))
unvec = b.transpose(b.reshape(v, ("n", "m")))


@pytest.mark.parametrize(
    ("a", "c"),
    [
        (b.dot(b.vec(X), b.vec(Y)), b.total(b.elementwise(X, Y))),
        (b.dot(b.vec(X), v), b.total(b.elementwise(X, unvec))),
        (b.reshape(b.reshape(X, (("m", "n"),)), ("m", "n")), X),
        (b.vec(unvec), v),
        (b.trace(b.kron(Q, S)), b.scale(b.trace(Q), b.trace(S))),
        (b.kron(b.eye("m"), b.eye("n")), b.eye(("m", "n"))),
        (b.reshape(b.eye(("m", "n")), ("m", "n", "m", "n")), b.contract((b.eye("m"), b.eye("n")), ((0, 2), (1, 3)), (0, 1, 2, 3))),
        (b.dot(b.vec(b.outer(y, x)), b.vec(b.outer(y, x))), b.scale(b.dot(x, x), b.dot(y, y))),
        (b.call("exp", b.reshape(X, (("m", "n"),))), b.reshape(b.call("exp", X), (("m", "n"),))),
        (b.power(b.vec(X), b.num(3)), b.vec(b.power(X, b.num(3)))),
        (b.matmul(b.kron(Q, S), b.kron(Q, S)), b.kron(b.matmul(Q, Q), b.matmul(S, S))),
        (b.transpose(b.kron(A, X)), b.kron(b.transpose(A), b.transpose(X))),
        (b.vec(b.spread(b.TWO, ("m", "n"))), b.spread(b.TWO, (("m", "n"),))),
        (b.sub(b.vec(X), b.vec(X)), b.spread(b.ZERO, (("m", "n"),))),
    ],
)  # fmt: skip
def test_equal(a: Expr, c: Expr) -> None:
    first, second = simplify([a, c])
    assert first is second


def test_a_different_order_of_entries_is_another_value() -> None:
    first, second = simplify([b.vec(S), b.reshape(S, (("n", "n"),))])
    assert first is not second
    assert first.op == second.op == RESHAPE


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (("m", "n", "k"), (("m", "n"), "k"), [((0, 2), (0, 1)), ((2, 3), (1, 2))]),
        (("m", 6), ("m", 2, 3), [((0, 1), (0, 1)), ((1, 2), (1, 3))]),
        (("m", "n"), (("m", "n"), 1), [((0, 2), (0, 2))]),
        ((4, 3), (2, 6), [((0, 2), (0, 2))]),
    ],
)
def test_blocks(inner: tuple[object, ...], outer: tuple[object, ...], expected: object) -> None:
    found = b.blocks(inner, outer)  # type: ignore[arg-type]
    assert [((i.start, i.stop), (o.start, o.stop)) for i, o in found] == expected


def test_a_split_goes_through_a_deep_graph() -> None:
    h = b.var("h", b.vec(X).shape)
    for k in range(2000):
        h = b.call("sigma", b.add(b.scale(b.var(f"a{k}"), h), b.var(f"c{k}")))
    (product,) = simplify([b.dot(h, b.vec(X))])
    assert product.shape == ()
