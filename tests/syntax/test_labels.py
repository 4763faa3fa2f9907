"""Entries picked by labels: values and derivatives against loops in Python, answers as people write them, and what is refused."""

from math import exp, log
from typing import Any

import numpy as np
import pytest

import symdiff as sd

K, M, D = 4, 3, 2
rng = np.random.default_rng(23)
z, Z, C = rng.standard_normal(K), rng.standard_normal((M, K)), rng.standard_normal((K, D))
w, x = rng.standard_normal(D), rng.standard_normal((M, D))
y, u, ids, other = 3, 2, np.array([2, 4, 2]), np.array([1, 2, 4])
POINT: dict[str, Any] = {"z": z, "Z": Z, "C": C, "w": w, "x": x, "y": y, "u": u, "ids": ids, "other": other, "k": K, "m": M, "d": D}
TYPES = "z: vector(k); Z: matrix(m,k); C: matrix(k,d); w: vector(d); x: matrix(m,d); y, u: label(k); ids, other: vector(m) of label(k); "


def lse(v):
    return log(sum(map(exp, v)))


# formula, variable, value (entries are counted from 0 here), the derivative as text or None
CASES = [
    ("z[y]^2", "z", lambda z: z[y - 1] ** 2, "2*z[y]*unit(y, k)"),
    ("-log(softmax(z)[y])", "z", lambda z: lse(z) - z[y - 1], "softmax(z) - unit(y, k)"),
    ("-log_softmax(z)[y]", "z", lambda z: lse(z) - z[y - 1], "softmax(z) - unit(y, k)"),
    ("logsumexp(z) - z[y]", "z", lambda z: lse(z) - z[y - 1], "softmax(z) - unit(y, k)"),
    ("z[y]*z[u]", "z", lambda z: z[y - 1] * z[u - 1], None),
    (
        "sum(i=1..m, -log(softmax(Z[i])[ids[i]]))",
        "Z",
        lambda Z: sum(lse(r) - r[k - 1] for r, k in zip(Z, ids, strict=True)),
        "softmax(Z) - unit(ids, k)",
    ),
    (
        "sum(i=1..m, logsumexp(Z[i]) - Z[i,ids[i]])",
        "Z",
        lambda Z: sum(lse(r) - r[k - 1] for r, k in zip(Z, ids, strict=True)),
        "softmax(Z) - unit(ids, k)",
    ),
    ("mean(i=1..m, Z[i,ids[i]]^2)", "Z", lambda Z: np.mean([Z[i, ids[i] - 1] ** 2 for i in range(M)]), None),
    ("sum(j=1..m, max(0, 1 - z[ids[j]])^2)", "z", lambda z: sum(max(0, 1 - z[k - 1]) ** 2 for k in ids), None),
    ("w.C[y]", "C", lambda C: w @ C[y - 1], "unit(y, k)*w'"),
    ("log(sigma(C[y].C[u]))", "C", lambda C: -log(1 + exp(-C[y - 1] @ C[u - 1])), None),
    ("norm2(C[ids] - x)^2", "C", lambda C: np.sum((C[ids - 1] - x) ** 2), None),
    ("sum(i=1..m, norm2(x[i] - C[ids[i]])^2)", "C", lambda C: sum(np.sum((x[i] - C[ids[i] - 1]) ** 2) for i in range(M)), None),
    (
        "sum(i=1..m, log(sigma(C[ids[i]].C[other[i]])))",
        "C",
        lambda C: sum(-log(1 + exp(-C[a - 1] @ C[b - 1])) for a, b in zip(ids, other, strict=True)),
        None,
    ),
    ("sum(z[ids] .^ 2)", "z", lambda z: np.sum(z[ids - 1] ** 2), None),
    ("C[ids[2],1]^2 + C[y,2]", "C", lambda C: C[ids[1] - 1, 0] ** 2 + C[y - 1, 1], None),
    ("norm2(Z[:,y])^2", "Z", lambda Z: np.sum(Z[:, y - 1] ** 2), None),
    (
        "sum(i=2..m, Z[i,ids[i-1]]*Z[i-1,ids[i]])",
        "Z",
        lambda Z: sum(Z[i, ids[i - 1] - 1] * Z[i - 1, ids[i] - 1] for i in range(1, M)),
        None,
    ),
    ("unit(y, k).z + sum(unit(ids, k)*z)", "z", lambda z: z[y - 1] + sum(z[ids - 1]), None),
    (
        "sum(i=1..m, hinge(Z[i,ids[i]] - Z[i,other[i]]))",
        "Z",
        lambda Z: sum(max(0, 1 - Z[i, ids[i] - 1] + Z[i, other[i] - 1]) for i in range(M)),
        None,
    ),
]


@pytest.mark.parametrize(("text", "wrt", "body", "answer"), [pytest.param(*case, id=case[0]) for case in CASES])
def test_loop(text, wrt, body, answer) -> None:
    f = sd.parse(TYPES + text)
    g = sd.grad(f, wrt)
    assert answer is None or str(g) == answer
    base = POINT[wrt]
    np.testing.assert_allclose(f.compile()(POINT), body(base), rtol=1e-12)
    slope = np.zeros_like(base)
    for place in np.ndindex(base.shape):
        e = np.zeros_like(base)
        e[place] = 1e-6
        slope[place] = (body(base + e) - body(base - e)) / 2e-6
    for target in ("numpy", "torch", "jax"):
        pytest.importorskip(target)
        np.testing.assert_allclose(np.asarray(g.compile(target)(**POINT)), slope, rtol=1e-5, atol=1e-6)
    assert sd.verify(f, wrt, g).ok is not False
    assert sd.parse(str(g), given=f) == g


def test_labels_follow_from_their_place() -> None:
    f = sd.parse("Z: matrix(m,k); sum(i=1..m, logsumexp(Z[i]) - Z[i,y[i]])")
    np.testing.assert_allclose(f(Z=Z, y=ids), sum(lse(r) - r[k - 1] for r, k in zip(Z, ids, strict=True)))
    assert str(sd.grad(sd.parse("logsumexp(z) - z[y]"), "z")) == "softmax(z) - unit(y, size(z))"


def test_a_program_says_that_they_are_labels() -> None:
    f = sd.parse("Z: matrix(m,k); y: vector(m) of label(k); sum(i=1..m, Z[i,y[i]])")
    assert "y: vector(m) of label(k)" in f.program()
    assert sd.parse(f.program()) == f


@pytest.mark.parametrize("label", [0, K + 1, 1.5, -1])
def test_what_names_no_entry_is_an_error(label) -> None:
    f = sd.parse(TYPES + "logsumexp(z) - z[y]")
    for function in (f, sd.grad(f, "z"), f.compile("torch")):
        with pytest.raises(sd.SymdiffError, match="a whole number from 1 to 4"):
            function(z=z, y=label)
    with pytest.raises(sd.SymdiffError, match="a whole number from 1 to 4"):
        sd.parse(TYPES + "sum(z[ids])")(z=z, ids=[1, label, 2])


def test_there_is_no_derivative_by_a_label() -> None:
    with pytest.raises(sd.SymdiffError, match="is a label"):
        sd.grad(sd.parse(TYPES + "z[y]"), "y")


def _hinges(z, y):
    return sum(max(0.0, z[j] - z[y - 1] + 1) for j in range(K) if j != y - 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum(j != y, max(0, z[j] - z[y] + 1))", _hinges),
        ("sum(j=1..k, j != y, max(0, z[j] - z[y] + 1))", _hinges),
        ("sum(y != j, max(0, z[j] - z[y] + 1))", _hinges),
        ("prod(j != y, z[j] - z[y])", lambda z, y: np.prod([z[j] - z[y - 1] for j in range(K) if j != y - 1])),
        ("sum(j < y, z[j]*z[y])", lambda z, y: sum(z[j] * z[y - 1] for j in range(y - 1))),
        ("log(exp(z[y])/sum(j != y, exp(z[j])))", lambda z, y: z[y - 1] - log(sum(exp(z[j]) for j in range(K) if j != y - 1))),
    ],
)
def test_a_sum_leaves_a_label_out(text, value) -> None:
    """The SVM loss: y is one number and no second index of pairs."""
    f = sd.parse("z: vector(k); y: label(k); " + text)
    assert np.isclose(f(z=z, y=y), value(z, y))
    g, step = sd.grad(f, "z")(z=z, y=y), 1e-6
    differences = [(value(z + step * e, y) - value(z - step * e, y)) / (2 * step) for e in np.eye(K)]
    assert np.allclose(g, differences, atol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "sum(j=1..k, [j != y]*max(0, z[j] - z[y] + 1))",
        r"\sum_{j \neq y} \max(0, z_j - z_y + 1)",
        r"\sum_{j \ne y_i} \max(0, z_j - z_{y_i} + 1)",
    ],
)
def test_a_label_may_stand_beside_an_index(text) -> None:
    """`[j != y]` says no other of y than `z[y]` does; `z_{y_i}` is an entry of z, not a name of its own."""
    f = sd.parse(text)
    label = "y_i" if "y_i" in text else "y"
    assert np.isclose(f({"z": z, label: y}), _hinges(z, y))
    assert np.isclose(sum(sd.grad(f, "z")({"z": z, label: y})), 0)


@pytest.mark.parametrize("text", ["sum(j != y, z[j])", "sum(j=1..k, j != y, max(0, z[j] - z[y] + 1))", "sum(i != label, z[i])"])
def test_no_pairs_with_the_name_of_a_class(text) -> None:
    with pytest.raises(sd.ParseError, match="is not the index of a sum here") as caught:
        sd.parse(text)
    assert ": label(n)" in caught.value.hint


@pytest.mark.parametrize("text", ["log(exp(z[i])/sum(k != i, exp(z[k])))", "sum(k < i, z[k])*z[i]", "z[j]*sum(i < j, z[i])"])
def test_a_second_index_does_not_stand_outside_too(text) -> None:
    with pytest.raises(sd.ParseError, match="stands outside of it, too") as caught:
        sd.parse(text)
    assert ": label(n)" in caught.value.hint


def test_an_entry_of_a_row() -> None:
    """`x'[y]` is `x[y]`, as `x'[i]` is `x[i]`."""
    f = sd.parse("z: vector(k); y: label(k); z'[y]")
    assert f(z=z, y=y) == z[y - 1] and str(sd.grad(f, "z")) == "unit(y, k)"
    assert np.isclose(sd.parse("C: matrix(k,d); z: vector(k); u: label(d); (z'*C)[u]")(C=C, z=z, u=u), (z @ C)[u - 1])


def test_an_entry_of_labels_is_one_label() -> None:
    """k-means without declarations: `c[i]` picks one row of the centres."""
    f = sd.parse("sum(i=1..m, norm2(x[i] - C[c[i]])^2)")
    assert np.isclose(f(x=x, C=C, c=ids), sum(np.sum((x[i] - C[ids[i] - 1]) ** 2) for i in range(M)))
    assert f.types["c"].shape == ("m",)
