"""Values inside index sums: a chain of products is one contraction."""

import pytest

from symdiff.expr import build as b
from symdiff.syntax import parse

TYPES = "A: matrix(m, n); B: matrix(n, k); x: vector(n); y: vector(m); c: scalar; "
A, B, x, y, c = b.var("A", ("m", "n")), b.var("B", ("n", "k")), b.var("x", ("n",)), b.var("y", ("m",)), b.var("c")


@pytest.mark.parametrize(
    ("formula", "node"),
    [
        ("sum(i=1..n, x[i]*x[i])", b.dot(x, x)),
        ("sum(i=1..n, c*x[i])", b.contract((c, x), ((), (0,)), ())),
        ("sum(i=1..m, sum(j=1..n, y[i]*A[i,j]*x[j]))", b.contract((y, A, x), ((0,), (0, 1), (1,)), ())),
        ("tensor(i=1..m, j=1..n, y[i]*x[j])", b.outer(y, x)),
        ("tensor(i=1..m, j=1..k, sum(l=1..n, A[i,l]*B[l,j]))", b.matmul(A, B)),
        ("tensor(i=1..n, j=1..m, A[j,i])", b.transpose(A)),
        ("tensor(i=1..n, j=1..m, exp(A[j,i]))", b.transpose(b.call("exp", A))),
        ("tensor(i=1..m, A[i].x)", b.matvec(A, x)),
        ("tensor(i=1..m, j=1..n, A[i,j]/y[i])", b.contract((A, b.reciprocal(y)), ((0, 1), (0,)), (0, 1))),
        ("tensor(i=1..m, 1/y[i])", b.reciprocal(y)),
        ("tensor(i=1..m, j=1..n, 2)", b.spread(b.TWO, ("m", "n"))),
    ],
)
def test_one_contraction(formula: str, node: object) -> None:
    assert parse(TYPES + formula).expr is node


def test_brackets_and_sums_stay() -> None:
    """What stands behind a factor in brackets, and a sum, are factors of their own."""
    inner = b.outer(y, x)
    assert parse(TYPES + "tensor(i=1..m, j=1..n, c*(y[i]*x[j]))").expr is b.scale(c, inner)
    product = parse(TYPES + "tensor(i=1..m, sum(j=1..n, A[i,j]*x[j])*y[i])").expr
    assert product is b.elementwise(b.matvec(A, x), y)


def test_diagonal_entries_alone_are_called() -> None:
    """log(A[i,i]) does not ask for the logarithm of the other entries."""
    S = b.var("S", ("n", "n"))
    assert parse("S: matrix(n, n); sum(i=1..n, log(S[i,i]))").expr is b.total(b.call("log", b.diag_part(S)))
