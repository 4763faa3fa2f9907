"""What matrix notation cannot write is printed entry by entry; read again, it has the same value."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symdiff.expr import build as b
from symdiff.expr.node import Expr
from symdiff.notation.unparse import unparse
from symdiff.numeric import evaluate
from symdiff.printers import text
from symdiff.syntax import parse

s, x, u = b.var("s"), b.var("x", ("n",)), b.var("u", ("m",))
A, B, S = b.var("A", ("m", "n")), b.var("B", ("m", "n")), b.var("S", ("n", "n"))
p = b.name("p", b.call("softmax", x), given=False)
EVERYTHING = b.add(b.add(b.add(s, b.total(x)), b.add(b.total(u), b.total(A))), b.add(b.total(B), b.total(S)))
rng = np.random.default_rng(7)
VALUES = {"m": 2, "n": 3} | {
    v: rng.uniform(0.5, 1.5, size) for v, size in {"s": (), "x": 3, "u": 2, "A": (2, 3), "B": (2, 3), "S": (3, 3)}.items()
}


def reread(e: Expr) -> Expr:
    return parse(text(unparse(e)), given=EVERYTHING).expr


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (b.contract((x, x, x), ((0,), (1,), (2,)), (0, 1, 2)), "tensor(i=1..n, x[i]*(x*x'))"),
        (b.contract((x, A), ((0,), (1, 0)), (1,)), "tensor(i=1..m, x.A[i])"),
        (b.contract((A, u), ((0, 1), (0,)), (1,)), "tensor(i=1..n, A[:,i].u)"),
        (b.contract((A, x), ((0, 1), (1,)), (0, 1)), "tensor(i=1..m, j=1..n, A[i,j]*x[j])"),
        (b.contract((A, B, B), ((0, 1), (0, 1), (0, 1)), ()), "sum(i=1..m, sum(j=1..n, A[i,j]*B[i,j]*B[i,j]))"),
        (b.total(b.contract((A, x), ((0, 1), (1,)), (0, 1))), "sum(i=1..m, sum(j=1..n, A[i,j]*x[j]))"),
        (b.contract((b.matvec(A, x), b.add(u, s), u), ((0,), (0,), (0,)), ()), "sum(i=1..m, (A*x)[i]*(u[i] + s)*u[i])"),
        (b.contract((x, b.power(x, b.MINUS_ONE), x), ((0,), (1,), (2,)), (0, 1, 2)), "tensor(i=1..n, x[i]*((1 ./ x)*x'))"),
        (b.contract((p, b.eye("n"), x), ((0,), (0, 1), (2,)), (0, 1, 2)),
         "p = softmax(x); tensor(i=1..n, j=1..n, k=1..n, p[i]*eye(n)[i,j]*x[k])"),
        (b.contract((b.spread(s, ("n", "n", "n")), x), ((0, 1, 2), (0,)), (1, 2)), "tensor(i=1..n, matrix(s, n, n)'*x)"),
        (b.contract((b.contract((s, b.eye("n")), ((), (0, 1)), (0,)), x), ((0,), (1,)), (1,)), "sum(i=1..n, sum(j=1..n, s*eye(n)[i,j])*x)"),
    ],
)  # fmt: skip
def test_spelling(e: Expr, expected: str) -> None:
    assert text(unparse(e)) == expected
    assert np.allclose(evaluate(reread(e), VALUES), evaluate(e, VALUES))


def test_index_names_do_not_clash_with_the_names_of_the_formula() -> None:
    i, j = b.var("i", ("k",)), b.var("j", ("k",))
    assert text(unparse(b.contract((i, j, i), ((0,), (0,), (1,)), (1, 0)))) == "i*(i .* j)'"
    assert text(unparse(b.contract((i, j, i), ((0,), (1,), (2,)), (2, 1, 0)))) == "tensor(l=1..k, i[l]*(i*j')')"


def test_an_undone_vec_is_written_with_the_places_of_its_entries() -> None:
    v = b.var("v", (("n", "m"),))
    assert text(unparse(b.reshape(v, ("n", "m")))) == "tensor(i=1..n, j=1..m, v[(i - 1)*m + j])"


@st.composite
def products(draw: st.DrawFn) -> Expr:
    """An Einstein product with labels drawn at random; 0 and 1 run over m, 2 to 4 over n."""
    dims = {0: "m", 1: "m", 2: "n", 3: "n", 4: "n"}
    factors, labels = [], []
    for _ in range(draw(st.integers(1, 3))):
        f = draw(
            st.sampled_from([s, x, u, A, B, S, p, b.eye("n"), b.call("exp", A), b.matvec(A, x), b.sub(b.ONE, S), b.power(x, b.MINUS_ONE)])
        )
        factors.append(f)
        labels.append(tuple(draw(st.sampled_from([k for k in dims if dims[k] == d])) for d in f.shape))
    out = tuple(draw(st.permutations(sorted({k for ls in labels for k in ls} | {2})))[: draw(st.integers(0, 3))])
    return b.contract(factors, labels, out, {2: "n"})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(products(), st.booleans())
def test_any_product_reads_back_with_its_value(e: Expr, plus: bool) -> None:
    if plus:
        e = b.call("sigma", b.add(b.elementwise(e, e), b.spread(b.TWO, e.shape)))
    again = reread(e)
    assert again.shape == e.shape
    assert np.allclose(evaluate(again, VALUES), evaluate(e, VALUES))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("sum(i=1..10, i)", "sum(i=1..10, i)"),
        ("x: vector(n); tensor(i=1..n, j=1..n, [i > j])*x", "tensor(i=1..n, j=1..n, [i > j])*x"),
        ("x: vector(n); sum(i=2..n, x[i-1])", "sum(i=2..n, x[i - 1])"),
        ("x: vector(n); x .* cumsum(ones(n))", "x .* cumsum(ones(n))"),
    ],
)
def test_an_index_as_a_number_is_written_as_the_index(formula: str, expected: str) -> None:
    f = parse(formula).expr
    assert text(unparse(f)) == expected
    assert np.allclose(evaluate(parse(expected, given=f).expr, {"n": 3, "x": VALUES["x"]}), evaluate(f, {"n": 3, "x": VALUES["x"]}))
