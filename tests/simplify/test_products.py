"""Steps of products and of what is inverted: totals, diagonals, what stands beside its own inverse. Right at random points, and refused where unproven."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import variables
from symdiff.numeric import evaluate
from symdiff.simplify import Log, simplify
from tests.simplify.soundness import cost, plain

SIZES = {"n": 4, "k": 2, "v": 3}
EQUAL = [
    ("x: vector(n); sum(unit(2, n))*sum(x)", "x: vector(n); sum(x)"),
    ("A: matrix(k,n); A'*ones(k) - rowsum(A')", "A: matrix(k,n); 0*colsum(A)"),
    ("x, y: vector(n); A = diag(x) + x*y'; diag(A)", "x, y: vector(n); x + x .* y"),
    ("x, y: vector(n); diag((2*diag(x) - y*y') .* (x*y' + 1))", "x, y: vector(n); (2*x - y.^2) .* (x .* y + 1)"),
    ("X: matrix(n,k); B: matrix(k,k); inv(X'*X)*X'*X*B", "B: matrix(k,k); B"),
    ("X: matrix(n,k); B: matrix(k,k); B*X'*X*inv(X'*X)", "B: matrix(k,k); B"),
    ("X: matrix(n,k); y: vector(n); X*inv(X'*X)*X'*X*inv(X'*X)*X'*y", "X: matrix(n,k); y: vector(n); X*inv(X'*X)*X'*y"),
    ("X: matrix(n,k); w: vector(n); B: matrix(k,k); inv(X'*diag(w)*X)*X'*diag(w)*X*B", "B: matrix(k,k); B"),
    ("X, Z: matrix(n,k); B: matrix(k,k); B*inv(Z'*X)*Z'*X", "B: matrix(k,k); B"),
    ("X: matrix(n,v); w: vector(n); rowsum(X) .* w ./ rowsum(X)", "w: vector(n); w"),
    ("X: matrix(n,v); w: vector(n); (X*ones(v)) .* w ./ rowsum(X).^2", "X: matrix(n,v); w: vector(n); w ./ rowsum(X)"),
    ("A: matrix(n,n); x: vector(n); (A*x).^3 ./ (A*x)", "A: matrix(n,n); x: vector(n); (A*x).^2"),
    ("x, y: vector(n); A: matrix(n,n); (x*diag(A)' + y*diag(A)')*A", "x, y: vector(n); A: matrix(n,n); (x + y)*(A'*diag(A))'"),
    (
        "x, y: vector(n); A, B: matrix(n,n); rowsum((x*diag(A)' + y*diag(A)') .* B)",
        "x, y: vector(n); A, B: matrix(n,n); (x + y) .* (B*diag(A))",
    ),
    ("X: matrix(n,v); X ./ (rowsum(X)*ones(v)')", "X: matrix(n,v); diag(1 ./ rowsum(X))*X"),
    ("z, u, s: vector(n); s .* (softmax(z).(u + 2) - u - 2)", "z, u, s: vector(n); s .* (softmax(z).u - u)"),
    ("E: matrix(n,v); rowsum(exp(E) ./ (rowsum(exp(E))*ones(v)'))", "ones(n)"),
]
UNEQUAL = [  # what looks alike, and is not
    "X, Z: matrix(n,k); B: matrix(k,k); inv(X'*Z)*Z'*X*B",
    "X: matrix(n,k); w: vector(n); B: matrix(k,k); inv(X'*diag(w)*X)*X'*X*B",
    "X: matrix(n,k); S: matrix(n,n); B: matrix(k,k); inv(X'*S*X)*X'*S'*X*B",
    "X: matrix(n,k); B: matrix(k,k); inv(X'*X)*B*X'*X",
    "X: matrix(n,k); x: vector(k); inv(X'*X)*((X'*X) .* (x*x'))",
    "X: matrix(n,v); w: vector(v); rowsum(X) .* (X*w) ./ (X*w).^2",
    "X: matrix(n,v); w: vector(v); (X*w.^2) ./ (X*w)",
    "x, y: vector(n); A: matrix(n,n); diag(A + x*y')",
    "s: vector(n); A: matrix(n,n); inv(diag(s) + A)",
    "s: vector(n); logdet(diag(s).^2 + s*s' + eye(n))",
]


def values(exprs, seed):
    rng = np.random.default_rng(seed)
    letters = variables(exprs)
    shapes = {name: [SIZES[d] for d in letters[name].shape] for name in sorted(letters)}
    return {name: rng.uniform(0.4, 1.6, shape) * rng.choice([-1, 1], shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("left, right", EQUAL)
def test_it_becomes_the_shorter_form_and_keeps_its_value(left, right):
    f, wanted = sd.parse(left).expr, sd.parse(right).expr
    found, short = simplify([f]), simplify([wanted])
    assert found == short or cost(found[0]) <= cost(short[0])
    for seed in range(6):
        point = values([f, wanted], seed)
        before = evaluate(f, point | SIZES)
        np.testing.assert_allclose(np.broadcast_to(evaluate(found[0], point | SIZES), np.shape(before)), before, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("formula", UNEQUAL)
def test_what_only_looks_alike_keeps_its_value(formula):
    f = sd.parse(formula).expr
    (found,) = simplify([f])
    for seed in range(6):
        point = values([f], seed)
        np.testing.assert_allclose(evaluate(found, point | SIZES), evaluate(f, point | SIZES), rtol=1e-8, atol=1e-9)


def test_a_diagonal_of_zeros_does_not_hide_a_division_by_zero():
    """(x[i] - x[j])/(exp(x[i]) - exp(x[j])) has no value where i = j: neither 0 nor an error of the simplifier."""
    for text in (
        "X = x*ones(n)' - ones(n)*x'; diag(X ./ (exp(x)*ones(n)' - ones(n)*exp(x)'))",
        "X = x*ones(n)' - ones(n)*x'; diag(1 ./ X)",
    ):
        f = sd.parse(f"x: vector(n); {text}").expr
        (found,) = simplify([f])
        with np.errstate(all="ignore"):
            assert not np.isfinite(evaluate(found, values([f], 0) | SIZES)).any()


def test_what_was_divided_by_is_told():
    log = Log()
    simplify([sd.parse("X: matrix(n,v); w: vector(n); rowsum(X) .* w ./ rowsum(X)").expr], log)
    assert list(log.nonzero) == [plain(sd.parse("X: matrix(n,v); rowsum(X)").expr)]


@pytest.mark.parametrize("formula", ["s: vector(n); logdet(diag(s))", "s: vector(n); logdet(diag(s)^2)"])
def test_a_determinant_is_taken_apart_only_where_the_entries_are_known_to_be_positive(formula):
    """logdet(diag(s)) has a value for s = (-1, -2), sum(log(s)) has none."""
    f = sd.parse(formula).expr
    (found,) = simplify([f])
    point = {x: np.array([-1.0, -2.0, -3.0, -0.5]) for x in variables([f])}
    np.testing.assert_allclose(evaluate(found, point | SIZES), evaluate(f, point | SIZES))


CLAMPS = [
    "[max(x, {a}) {r} {b}]",
    "[min(x, {a}) {r} {b}]",
    "[{b} {r} max(2*x, {a})]",
    "[1 - min({a}, x) {r} {b}]",
    "[max(min(x, 1), {a}) {r} {b}]",
]


@pytest.mark.parametrize("relation", ["<", "<=", ">", ">=", "==", "!="])
@pytest.mark.parametrize("text", CLAMPS)
def test_comparisons_of_clamped_values(text, relation):
    """Also where the number is the clamp's own limit."""
    for a in (-1, 0, 1, 2):
        for b in (-1, 0, 1):
            f = sd.parse(text.format(a=a, b=b, r=relation)).expr
            (found,) = simplify([f])
            for x in (-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3):
                point = {letter: x for letter in variables([f])}
                assert evaluate(found, point) == evaluate(f, point), (text, a, b, relation, x)


def test_many_clamps():
    """One inside the other, without recursion."""
    text = "x"
    for _ in range(60):
        text = f"min(max({text}, 0), 6)"
    (found,) = simplify([sd.parse(f"[{text} > 1]").expr])
    assert [evaluate(found, {"x": at}) for at in (0, 1, 2)] == [0, 0, 1]
    assert cost(found) == cost(simplify([sd.parse("[x > 1]").expr])[0])


@pytest.mark.parametrize(
    ("text", "wrt", "answer"),
    [
        ("p: vector(n); sum(i=1..n, [i != 2]*p[i]*log(s/[i != 2]))", "s", "sum(i=1..n, p[i]*[i != 2])/s"),
        ("x: vector(n); sum([x > 0] .* (a ./ [x > 0]))", "a", "sum([x > 0])"),
        ("[x > 0]*(a/[x > 0])^3", "a", "3*[x > 0]*a^2"),
        ("A: matrix(n,n); sum(i=1..n, sum(j=1..n, A[i,j]*s*[i < j]/[i < j]))", "s", "sum(i=1..n, sum(j=i + 1..n, A[i,j]))"),
    ],
)
def test_a_false_bracket_that_divides_is_still_zero(text, wrt, answer):
    """[c]/[c] is [c]: where c is false, the product is 0 and not what the other factors are."""
    f = sd.parse(text)
    g = sd.grad(f, wrt)
    assert str(g) == answer
    assert sd.verify(f, wrt, g).ok


def test_a_named_matrix_of_brackets_in_a_divided_logarithm():
    """The divergence of neighbourhoods: the diagonal of P is in no term, and in no derivative."""
    f = sd.parse(
        "P: matrix(n,n); Y: matrix(n,d); Q = tensor(i=1..n, j=1..n, [i != j]/(1 + norm2(Y[i] - Y[j])^2)); "
        "sum(i=1..n, sum(j=1..n, [i != j]*P[i,j]*log(P[i,j]*sum(Q)/Q[i,j])))"
    )
    r = np.random.default_rng(0)
    P, Y = r.random((4, 4)), r.random((4, 2))
    g = sd.grad(f, "Y").compile("numpy")
    found = g(P=P, Y=Y)
    assert np.allclose(found, g(P=P + 5 * np.eye(4), Y=Y))
    D = r.random((4, 2))
    ahead, behind = (f(P=P, Y=Y + h * D) for h in (1e-6, -1e-6))
    assert np.isclose((found * D).sum(), (ahead - behind) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "X: matrix(m,n); D = X - rowmean(X)*ones(n)'; rowmean(D)",
        "X: matrix(m,n); D = X - (rowsum(X)/n)*vector(1,n)'; rowsum(D)",
        "X: matrix(m,n); D = X - ones(m)*colmean(X)'; colmean(D)",
        "X: matrix(m,n); x: vector(m); D = X - rowmean(X)*ones(n)'; x'*D*ones(n)",
    ],
)
def test_named_rows_without_their_mean_add_up_to_zero(text):
    f = sd.parse(text)
    (found,) = simplify([f.expr])
    assert evaluate(found, {"m": 3, "n": 2, "X": [[1, 2], [3, 5], [4, 4]], "x": [1, 2, 3]}) == pytest.approx(0)
    assert not variables([found])


def test_layer_norm_with_squared_loss_has_no_mean_of_what_has_none():
    f = sd.parse(
        "X: matrix(m,n); Y: matrix(m,n); D = X - rowmean(X)*ones(n)'; s = sqrt(rowmean(D.^2) + 1e-5); H = D ./ (s*ones(n)'); norm2(H - Y)^2"
    )
    g = sd.grad(f, "X")
    assert "rowmean(D)" not in str(g) and len(str(g)) < 110
    r = np.random.default_rng(0)
    X, Y, along = r.random((3, 4)) + 1e3, r.random((3, 4)), r.random((3, 4))
    ahead, behind = (f(X=X + h * along, Y=Y) for h in (1e-5, -1e-5))
    assert np.isclose((g(X=X, Y=Y) * along).sum(), (ahead - behind) / 2e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "Q: matrix(n,n); (2 .^ Q)'",
        "Q: matrix(n,n); (c*2 .^ Q)'*Q",
        "Q, A: matrix(n,n); sum((3 .^ Q)' .* A)",
        "Q: matrix(n,n); S: symmetric matrix(n,n); ((1 + S .* S) .^ Q)'*S",
        "Q: matrix(n,n); tensor(i=1..n, j=1..n, 2^Q[j,i]*Q[i,j])",
    ],
)
def test_the_axes_of_a_power_are_those_of_its_exponent(text):
    """The same base everywhere, or a symmetric one, does not make the power symmetric."""
    f = sd.parse(text)
    r = np.random.default_rng(1)
    values = {name: r.standard_normal([SIZES[d] for d in v.shape]) for name, v in variables([f.expr]).items()}
    if "S" in values:
        values["S"] = values["S"] + values["S"].T
    (found,) = simplify([f.expr])
    assert np.allclose(evaluate(found, values), evaluate(f.expr, values))
    if "S" not in values and not f.expr.shape:
        assert sd.verify(f, "A", sd.grad(f, "A")).ok


def test_an_inverse_of_equal_entries_stays():
    """Singular, but for size 1: nothing is to be said of it, and nothing fails."""
    assert str(sd.grad("c: scalar; logdet(c*ones(n, n))", "c")) == "sum(inv(ones(n, n)))/c"
