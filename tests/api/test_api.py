"""The public functions, end to end."""

import pickle

import numpy as np
import pytest

import symdiff as sd
from symdiff import printers

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
    assert sd.parse(str(g), given=f) == g


def test_a_declared_variable_may_be_called_text_or_given():
    assert sd.parse("text + 1", text="vector(n)").shape == ("n",)


def test_what_was_read_stays_with_the_formula():
    """Two texts of one node that are read differently, and hundreds of others between the reading and the question."""
    declared = sd.parse("A: matrix; x: vector; A*x")
    guessed = sd.parse("A*x")
    assert declared.expr is guessed.expr
    for k in range(300):
        sd.parse(f"c{k}")
    assert declared.types["A"].source == "declared"
    assert guessed.types["A"].source.startswith("convention")
    assert declared != guessed
    assert declared == sd.parse("A: matrix; x: vector; A*x")
    assert hash(declared) == hash(guessed)
    for f in (declared, guessed):
        with pytest.raises(sd.ShapeError):
            sd.grad(f, "x")
        with pytest.raises(sd.ShapeError):
            sd.hessian(f, "x")


def test_types_and_their_sources():
    f = sd.parse(LECTURE)
    assert f.text == LECTURE
    assert f.types["y"].source.startswith("convention")
    g = sd.grad(f, "w")
    assert dict(g.types) == {name: f.types[name] for name in g.types}
    again = sd.parse(str(g), given=f)
    assert again == g and again.types == g.types
    assert sd.vectors("x", "n").types["x"].source == "declared"


def test_a_text_may_stand_for_a_formula():
    assert str(sd.grad("w.x", "w")) == "x"
    assert sd.check("x^2", "x", "2*x")
    assert sd.verify("x^2", "x", "2*x").ok is True
    assert str(sd.parse("2*x", given="x: vector(n); x.x")) == "2*x"
    for wrong in (3j, None, ["x"]):
        with pytest.raises(sd.SymdiffError, match="wanted"):
            sd.grad(wrong, "x")
    with pytest.raises(sd.SymdiffError, match="a text"):
        sd.parse(3)


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


def test_grad_of_what_only_conventions_make_a_vector_says_which():
    with pytest.raises(sd.ShapeError) as caught:
        sd.grad(sd.parse("A*x"), "x")
    assert "By convention `A` a matrix and `x` a vector" in caught.value.hint
    assert "`A: scalar`" in caught.value.hint


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
    monkeypatch.setattr(printers, "written", lambda node, form: 1 // 0)
    assert repr(sd.parse("a^2")) == "<<pow None (var ('a', ()), num 2) ()>: ZeroDivisionError>"


def test_an_answer_verifies_itself():
    f = sd.parse("A: symmetric matrix(n, n); x: vector(n); x'*A*x")
    for g in (
        sd.grad(f, "x"),
        sd.grad(f, "A", unconstrained=True),
        sd.grad(f, "x", layout="numerator"),
        sd.hessian(f, "x"),
        sd.jacobian(f, "A", kron=True),
    ):
        assert g.verify().ok is True, g
    for g in (f, sd.jvp(f, "x", "v")):
        with pytest.raises(sd.SymdiffError):
            g.verify()


def test_a_value_for_a_name_that_is_not_there():
    f = sd.parse("x: vector(n); y: vector(n); sum(x) + y.y")
    g = sd.grad(f, "y")
    np.testing.assert_allclose(g(x=[1, 2], y=[3, 4]), [6, 8])  # one dict serves value and gradient
    for call in (lambda: g(x=[1, 2], y=[3, 4], z=3), lambda: f(x=[1, 2], y=[3, 4], yy=3)):
        with pytest.raises(sd.UnknownNameError) as caught:
            call()
        assert caught.value.hint == "its variables are x, y"


def test_formulas_and_answers_are_pickled():
    f = sd.parse(LECTURE)
    g = sd.grad(f, "w")
    for one in (f, g, sd.Expressions([f, g], ["value", "w"])):
        again = pickle.loads(pickle.dumps(one))
        assert again == one
    again = pickle.loads(pickle.dumps(g))
    assert again.notes == g.notes and again.reading.text == LECTURE and again.verify().ok


def test_evaluation():
    g = sd.grad(sd.parse(HINGE), "w")
    np.testing.assert_allclose(g(w=[3, 1], phi=[1, 2], y=0.1), [-0.1, -0.2])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("w.x", "x.w", True),
        ("norm2(A*x - b)^2", "norm2(b - A*x)^2", True),
        ("x: vector(n); x.x", "x.x", True),
        ("x: vector(n); n*sum(x)", "size(x)*sum(x)", True),
        ("x: vector(n); p = softmax(x); sum(p)", "x: vector(m); sum(x)/sum(x)", True),
        ("w.x", "x.w + 1", False),
        ("x: vector(n); n*sum(x)", "x: vector(m); m*sum(x)", True),
        ("x: vector(3); sum(x)", "x: vector(4); sum(x)", False),
        ("A: matrix(m, n); sum(A)", "A: matrix(n, m); sum(A')", True),
        ("x: vector(n); n*sum(x)", "x: vector(m); m^2*sum(x)", False),
    ],
)
def test_the_names_of_sizes_make_no_other_function(one, other, same):
    a, b = sd.parse(one), sd.parse(other)
    assert a.equals(b) is same and b.equals(a) is same


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
        sd.hinge(m, m)  # type: ignore[call-arg]


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
    with pytest.raises(sd.OperandError, match="2 expressions and 1 names"):
        sd.Expressions(both, ["f"])
