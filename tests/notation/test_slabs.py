"""Values of three axes, written in matrix notation at the places of all but two: per head, per class, per example."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

SIZES = {"b": 2, "H": 3, "n": 4, "m": 5, "d": 2, "e": 3, "k": 3}
HEADS = "Q: tensor(H,n,d); K: tensor(H,m,d); V: tensor(H,m,e); G: tensor(H,n,e); "
LAYER = "X: matrix(n,d); A: tensor(H,d,k); B: tensor(H,d,k); V: tensor(H,d,e); O: tensor(H,e,d); G: matrix(n,d); "

ANSWERS = [
    (
        HEADS + "P = tensor(h=1..H, softmax(Q[h]*K[h]'/sqrt(d))); sum(h=1..H, sum(G[h] .* (P[h]*V[h])))",
        "V",
        "tensor(i=1..H, P[i]'*G[i])",
    ),
    (
        HEADS + "sum(h=1..H, sum(G[h] .* (softmax(Q[h]*K[h]'/sqrt(d))*V[h])))",
        "Q",
        (
            "p = tensor(i=1..H, softmax(Q[i]*K[i]'/sqrt(d))); "
            "tensor(i=1..H, ((G[i]*V[i]' - rowsum(G[i] .* (p[i]*V[i]))*ones(m)') .* p[i])*K[i]/sqrt(d))"
        ),
    ),
    (
        "Q: tensor(b,H,n,d); sum(s=1..b, sum(h=1..H, norm2(Q[s,h]'*Q[s,h])^2))",
        "Q",
        "tensor(i=1..b, j=1..H, 4*(Q[i,j]*Q[i,j]'*Q[i,j]))",
    ),
    ("Q: tensor(H,n,d); W: matrix(d,d); sum(h=1..H, norm2(Q[h]*W)^2) + norm2(W)^2", "W", "2*(sum(i=1..H, Q[i]'*Q[i]*W) + W)"),
    ("W: tensor(k,d,d); sum(j=1..k, logdet(W[j]))", "W", "tensor(i=1..k, inv(W[i])')"),
    ("X: matrix(n,d); W: tensor(k,d,d); sum(j=1..k, sum(i=1..n, X[i]'*W[j]*X[i]))", "W", "tensor(i=1..k, X'*X)"),
    (
        "W: tensor(k,d,d); x: vector(d); logsumexp(tensor(j=1..k, x'*W[j]*x))",
        "W",
        "tensor(i=1..k, softmax(tensor(j=1..k, W[j]'*x)*x)[i]*(x*x'))",
    ),
]

MORE = [
    (LAYER + "sum(h=1..H, sum(G .* (softmax((X*A[h])*(X*B[h])'/sqrt(k))*(X*V[h])*O[h])))", ("A", "O", "X")),
    ("B: tensor(b,H,n,d); G: tensor(b,H,n,n); sum(s=1..b, sum(h=1..H, sum(G[s,h] .* softmax(B[s,h]*B[s,h]'))))", ("B",)),
    (
        "G: matrix(k,n); W: tensor(k,m,n); x: vector(n); y: vector(m); p = softmax(G*x); norm2(sum(i=1..k, p[i]*(W[i]*x)) - y)^2",
        ("W", "G", "x"),
    ),
    ("W: tensor(n,H,d); U: matrix(H,d); sum(i=1..n, i*sum(W[i] .* U)^2)", ("W", "U")),
    ("W: tensor(n,m,d); sum(i=1..m, norm2(W[:,i])^2) + sum(i=1..n, tr(W[i]'*W[i]))", ("W",)),
    ("W: tensor(k,d,d); x: vector(d); sum(j=1..k, x'*inv(W[j] + 3*eye(d))*x)", ("W", "x")),
]


def data_of(f):
    r = np.random.default_rng(1)
    return {name: r.random([SIZES[d] for d in info.shape]) + (0.5 if len(info.shape) < 3 else 0.1) for name, info in f.types.items()}


@pytest.mark.parametrize(("text", "wrt", "answer"), ANSWERS)
def test_answers_read_per_place(text, wrt, answer):
    f = sd.parse(text)
    g = sd.grad(f, wrt)
    assert str(g) == answer
    assert sd.parse(answer, given=f).expr is g.expr


@pytest.mark.parametrize(("text", "wrt"), [*MORE, *[(text, (wrt,)) for text, wrt, _ in ANSWERS]])
def test_texts_mean_the_values_that_they_are_written_for(text, wrt):
    f = sd.parse(text)
    data = data_of(f)
    if "logdet" in text:
        data["W"] += 2 * np.eye(2)
    assert np.allclose(sd.parse(str(f), given=f)(data), f(data))
    for x in wrt:
        g = sd.grad(f, x)
        assert sd.parse(str(g), given=f).expr is g.expr
        along = np.random.default_rng(2).random(data[x].shape)
        ahead, behind = (f({**data, x: data[x] + h * along}) for h in (1e-6, -1e-6))
        assert np.isclose((g(data) * along).sum(), (ahead - behind) / 2e-6, rtol=1e-5)
        assert "\\" in g.latex() and g.unicode()


def test_a_bound_tensor_has_matrices_at_its_places():
    f = sd.parse("A: matrix(m,n); B = tensor(i=1..m, A[i]*A[i]'); sum(i=1..m, A[i]'*B[i]*A[i]) + B[1,2,1] + tr(B[2])")
    A = np.random.default_rng(0).random((3, 2))
    B = np.einsum("ij,ik->ijk", A, A)
    assert np.isclose(f(A=A), np.einsum("ij,ijk,ik->", A, B, A) + B[0, 1, 0] + np.trace(B[1]))
    with pytest.raises(sd.ShapeError, match="these are not entries of `B`"):
        sd.parse("A: matrix(m,n); B = tensor(i=1..m, A[i]*2); sum(i=1..m, B[i,1,1])")


def test_a_place_of_what_is_spread_along_an_axis_keeps_that_axis():
    """A sum over both axes of a matrix, written once for each of n entries: at a place of the other axis there are still n."""
    told = sd.steps("c: positive scalar; b: vector(m); x: vector(n); b*c .* (sqrt(vector(7/2, n)/c)'*matrix(2, n, m))'", "c")
    assert "7*n*b/(2*c*sqrt(7/(2*c)))" in str(told)


@pytest.mark.parametrize(
    "text", ["sum(rownorm2(C))", "sum(i=1..m, norm2(C[i,:]))", "sum(rowstd(C).^2 .* v)", "sum(i=1..m, v[i]*norm2(C[i]))"]
)
def test_second_derivatives_say_the_norms_of_rows(text):
    """`norm2(C)[i]` stood for `norm2(C[i])`: a norm of all entries has none."""
    f = sd.parse(f"C: matrix(m, n); v: vector(m); {text}")
    h = sd.hessian(f, "C")
    again = sd.parse(str(h), given=f)
    values = {"C": np.array([[1.0, -2.0, 0.5], [0.3, 1.0, 2.0]]), "v": np.array([1.5, -0.5])}
    values = {name: v for name, v in values.items() if name != "v" or "v" in text}
    np.testing.assert_allclose(again.compile("numpy")(values), h.compile("numpy")(values), rtol=1e-10)


def test_conditions_within_conditions_have_no_brackets_of_their_own():
    f = sd.parse("c: positive scalar; A: matrix(m, n); u = c; huber(A, u)")
    mixed = sd.jacobian(sd.jacobian(f, "A"), "c")
    assert "[u" not in str(mixed).replace("[u >= 0 and", "") and " or u < 0]" in str(mixed)
    sd.parse(str(mixed), given=f)


def test_no_stand_in_of_a_place_is_left_in_an_answer():
    f = sd.parse("S: matrix(n, n); W: symmetric matrix(n, n); sum(softmax(W) .* logloss(S))")
    h = sd.hessian(f, "W")
    assert "\0" not in str(h)
    r = np.random.default_rng(2)
    W, S = r.standard_normal((3, 3)), r.standard_normal((3, 3))
    values = {"W": W + W.T, "S": S}
    np.testing.assert_allclose(sd.parse(str(h), given=f).compile("numpy")(values), h.compile("numpy")(values), rtol=1e-9, atol=1e-12)


def test_a_way_of_writing_places_that_leads_back_to_itself_ends():
    """The entries of a quotient of tensors asked for its slabs, and these for the entries, until memory ran out."""
    f = sd.parse("x: vector(n); prod(i=1..n, prod(j=2..i, sqrt(abs(x[i] - x[j]))))")
    h = sd.hessian(f, "x")
    again = sd.parse(str(h), given=f)
    assert again.shape == h.shape


def test_a_name_is_not_its_own_definition():
    """What led back to the name had defined it already, and the shorter text of the two was the name itself: `t3 = t3`."""
    f = sd.parse("x: vector(n); sum(i=2..n, x[i]*prod(j=2..i, [i != j]*log(abs(x[i] - x[j]))*x[i]))")
    h = sd.hessian(f, "x")
    bound = [part.split(" = ") for part in str(h).split("; ")[:-1]]
    assert bound and all(name != value for name, value in bound)
    sd.parse(str(h), given=f)


def test_ones_along_an_axis_leave_no_factor_at_a_place():
    """What stands at a place of `vector(1)*colsum(S)'` is `colsum(S)`, not a product of 1 and a row that has no form."""
    f = sd.parse("S: symmetric matrix(n, n); softmax(matrix(1/3, n, m)'*S)")
    jacobian = sd.jacobian(f, "S")
    again = sd.parse(str(jacobian), given=f)
    assert again.shape == jacobian.shape
    S = np.array([[0.3, -1.0], [-1.0, 0.8]])
    got = jacobian.compile("numpy")(S=S, m=3)
    p = np.exp(S.sum(0) / 3) / np.exp(S.sum(0) / 3).sum()
    free = np.einsum("j,jl,k->jkl", p, np.eye(2), np.ones(2)) - np.einsum("j,l,k->jkl", p, p, np.ones(2))
    np.testing.assert_allclose(got, np.stack([(free + free.swapaxes(1, 2)) / 6] * 3), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(again.compile("numpy")(S=S, m=3), got, rtol=1e-12, atol=1e-14)
