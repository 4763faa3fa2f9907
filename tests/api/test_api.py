"""The public functions, end to end."""

import numpy as np
import pytest

import symdiff as sd
from symdiff import api

HINGE = "max(1 - y*w.phi, 0)"
LECTURE = "score = w.phi(x); margin = y*score; max(1 - margin, 0)"


# ---------------------------------------------------------------------------------------------- parse


def test_parse_takes_declarations():
    f = sd.parse("x'*A*x", A="symmetric matrix(n, n)", x="vector(n)")
    assert f.variables["A"].shape == ("n", "n")
    assert list(f.variables) == ["x", "A"]


def test_parse_with_given_reads_answers():
    f = sd.parse(LECTURE)
    g = sd.grad(f, "w")
    assert sd.parse(str(g), given=f) is g


def test_a_declared_variable_may_be_called_text_or_given():
    assert sd.parse("text + 1", text="vector(n)").shape == ("n",)


def test_the_latest_parses_are_remembered_and_no_more():
    first = sd.parse("a1*b1")
    assert api.parse_of(first).types["a1"].shape == ()
    kept = [sd.parse(f"c{k}") for k in range(api.MAX_REMEMBERED)]
    assert api.parse_of(first) is None
    assert api.parse_of(kept[0]) is not None


# ---------------------------------------------------------------------------------------------- derivatives


@pytest.mark.parametrize("wrt", ["w", " w ", sd.__name__])
def test_grad_by_name(wrt):
    f = sd.parse(HINGE)
    if wrt == "symdiff":
        wrt = f.variables["w"]
    g = sd.grad(f, wrt)
    assert str(g) == "-[y*w.phi < 1]*y*phi"
    assert g.shape == f.variables["w"].shape


def test_grad_by_several_names():
    both = sd.grad(sd.parse("a^2*b"), ["b", "a"])
    assert isinstance(both, sd.Expressions)
    assert both.names == ("b", "a")
    assert [str(g) for g in both] == ["a^2", "2*a*b"]
    assert str(both) == "b: a^2\na: 2*a*b"
    assert both.compile("numpy")(a=3, b=5) == (9, 30)
    assert "def " in both.code("numpy")
    assert "b &: a^{2} \\\\\n" in both.latex()
    assert both.unicode() == "b: a²\na: 2*a*b"


def test_a_bound_name_beside_a_variable_it_depends_on():
    """Differentiating by h must not cut the way from the value to V."""
    h, v = sd.grad(sd.parse("h = V^2; h^2"), ["h", "V"])
    assert h(V=3) == 18
    assert v(V=3) == 4 * 27


def test_grad_of_what_is_no_scalar_offers_the_jacobian():
    f = sd.parse("A: matrix(m, n); x: vector(n); A*x")
    with pytest.raises(sd.ShapeError, match=r"vector\(m\)") as caught:
        sd.grad(f, "x")
    assert "sd.jacobian" in caught.value.hint
    assert str(sd.jacobian(f, "x")) == "A"


def test_grad_takes_the_reading_with_scalars_where_only_conventions_forbid_it():
    assert str(sd.grad(sd.parse("A*x"), "x")) == "A"
    assert sd.grad(sd.parse("A*x"), "x").shape == ()


def test_value_and_grad_share_their_work():
    pair = sd.value_and_grad(sd.parse("w.w"), "w")
    assert pair.names == ("value", "w")
    value, slope = pair.compile("numpy")(w=[1.0, 2.0])
    assert value == 5
    np.testing.assert_array_equal(slope, [2, 4])


def test_hessian():
    assert str(sd.hessian(sd.parse("x^3"), "x")) == "6*x"
    f = sd.parse("X: matrix(m, n); w: vector(n); y: vector(m); sum((X*w - y) .^ 2)/2")
    value = sd.hessian(f, "w")(X=[[1, 2], [3, 4], [5, 6]], w=[0, 0], y=[0, 0, 0])
    np.testing.assert_allclose(value, [[35, 44], [44, 56]])
    mixed = sd.hessian(sd.parse("x^2*y^3"), "x", "y")
    assert mixed(x=2, y=3) == 2 * 2 * 3 * 9


@pytest.mark.parametrize(
    ("formula", "wrt", "kind", "hint"),
    [
        ("a*b", "c", sd.UnknownNameError, "its variables are a, b"),
        ("m = a*b; m^2", "k", sd.UnknownNameError, "its variables are a, b and the names m"),
        ("phi(x)", "phi", sd.DomainError, "its variables are x"),
        ("2", "x", sd.UnknownNameError, "the formula has no variables"),
    ],
)
def test_names_that_cannot_be_differentiated_by(formula, wrt, kind, hint):
    with pytest.raises(kind) as caught:
        sd.grad(sd.parse(formula), wrt)
    assert caught.value.hint == hint


def test_two_variables_of_one_name():
    f = sd.scalars("x") * sd.sum(sd.vectors("x", "n"))
    with pytest.raises(sd.UnknownNameError, match="different variables"):
        sd.grad(f, "x")


def test_a_variable_of_another_formula():
    with pytest.raises(sd.UnknownNameError):
        sd.grad(sd.parse("a*b"), sd.scalars("c"))


# ---------------------------------------------------------------------------------------------- expressions


def test_expand():
    g = sd.grad(sd.parse(LECTURE), "w")
    assert str(g) == "-[margin < 1]*y*phi(x)"
    assert str(g.expand()) == "-[y*w.phi(x) < 1]*y*phi(x)"
    assert g.expand().equals(g)


def test_program_parses_alone():
    g = sd.grad(sd.parse(LECTURE), "w")
    values = {"w": [3.0, 1.0], "phi": np.array([1.0, 2.0]), "x": 0.0, "y": 0.1}
    np.testing.assert_allclose(sd.parse(g.program())(**values), g(**values))


def test_it_prints_as_mathematics():
    f = sd.parse("a^2")
    assert f._repr_latex_() == "$\\displaystyle a^{2}$"
    assert repr(f) == str(f) == "a^2"


def test_repr_never_fails(monkeypatch):
    monkeypatch.setattr(api, "printed", lambda f: 1 // 0)
    assert repr(sd.parse("a^2")) == "<pow scalar: ZeroDivisionError>"


def test_evaluation():
    g = sd.grad(sd.parse(HINGE), "w")
    np.testing.assert_allclose(g(w=[3, 1], phi=[1, 2], y=0.1), [-0.1, -0.2])


def test_equals():
    a, b = sd.scalars("a b")
    assert (a + b).equals(b + a)
    assert not (a + b).equals(a - b)
    assert (a * 0).equals(0)
    assert not a.equals(sd.vectors("x"))
    assert sd.parse("tanh(a)^2 + 1/cosh(a)^2").equals(1)


def test_verify():
    f = sd.parse(HINGE)
    assert sd.verify(f, "w", sd.grad(f, "w")).ok is True
    assert sd.verify(f, "w", sd.parse("y*phi", given=f)).ok is False


def test_rules():
    table = {row.name: row for row in sd.rules()}
    assert table["sigma"].edge == ("y*(1 - y)",)


# ---------------------------------------------------------------------------------------------- built in Python


def test_the_formula_of_the_lecture_built_in_python():
    y = sd.scalars("y")
    w, phi = sd.vectors("w phi")
    g = sd.grad(sd.max(1 - y * (w @ phi), 0), "w")
    assert str(g) == "-[y*w.phi < 1]*y*phi"


def test_variables_of_given_sizes():
    x = sd.vectors("x", 3)
    A, B = sd.matrices("A, B", "m", "n")
    C = sd.matrices("C")
    assert (x.shape, A.shape, B.shape, C.shape) == ((3,), ("m", "n"), ("m", "n"), ("rows(C)", "cols(C)"))
    assert sd.symbols("φ").name == "phi"


def test_a_loss_by_name():
    m = sd.scalars("m")
    assert str(sd.grad(sd.hinge(m), "m")) == "-[m < 1]"
    with pytest.raises(sd.ShapeError):
        sd.hinge(m, m)


def test_a_deep_chain():
    f = sd.scalars("x")
    for _ in range(500):
        f = sd.sigma(2 * f + 1)
    assert sd.grad(f, "x").shape == ()


def test_the_module_lists_what_it_has():
    names = dir(sd)
    assert {"grad", "Expressions", "torch_function", "softmax", "if_", "sum"} <= set(names)
    assert not {"Any", "sys", "annotations", "TYPE_CHECKING"} & set(names)
    for name in names:
        getattr(sd, name)


def test_expressions_are_put_together_by_hand():
    f = sd.parse("x: vector(n); norm2(x)^2")
    both = sd.Expressions([f, sd.grad(f, "x")])
    assert str(both) == "1: norm2(x)^2\n2: 2*x"
    function = both.compile()
    assert function.__doc__ == "1: norm2(x)^2\n2: 2*x\n\nx: vector(n) -> scalar, vector(n)"
    value, slope = function(x=[3.0, 4.0])
    assert value == 25
    assert slope.tolist() == [6, 8]
    with pytest.raises(ValueError, match="2 expressions and 1 names"):
        sd.Expressions(both, ["f"])
