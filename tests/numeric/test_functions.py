"""Compiled functions as users meet them: names, arguments, sizes, opaque functions, numbers, errors, depth."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from symdiff.errors import OperandError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build as b
from symdiff.expr.node import NUM
from symdiff.numeric import code, compile, evaluate, variables
from symdiff.table import TABLE

w, phi, y = b.var("w", ("n",)), b.var("phi", ("n",)), b.var("y")
margin = b.name("margin", b.scale(y, b.dot(w, phi)))
hinge = b.call("max", b.sub(b.ONE, margin), b.ZERO)
gradient = b.scale(b.scale(b.neg(b.call("lt", margin, b.ONE)), y), phi)
a, c = b.var("a"), b.var("c")
x = b.var("x", ("n",))

# ---------------------------------------------------------------------------------------------- the source


def test_the_source_reads_like_the_formula():
    source = code([hinge, gradient], name="loss", doc="max(1 - margin, 0)")
    assert source.startswith("import functools\nimport numpy as np\n")
    assert source.endswith(
        '''\
def loss(values=None, /, *, y=None, w=None, phi=None, **others):
    """max(1 - margin, 0)"""
    given = {"y": y, "w": w, "phi": phi, **others}
    if values is not None:
        given = _joined(values, given)
    [y, w, phi] = _arguments(given, (("y", ()), ("w", ("n",)), ("phi", ("n",))))
    margin = y*(w @ phi)
    return np.maximum(1 - margin, 0), -y*(margin < 1)*phi
'''
    )


def test_the_source_stands_alone(tmp_path):
    path = tmp_path / "loss.py"
    path.write_text(code([hinge, gradient]) + "print(f(w=[3, 1], phi=[1, 2], y=0.1))\n")
    done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, check=True)
    assert done.stdout == "(np.float64(0.5), array([-0.1, -0.2]))\n"


def test_shared_parts_are_computed_once():
    t = b.call("exp", a)
    assert code([b.add(t, b.call("sin", t))]).count("np.exp") == 1


def test_variables_come_in_reading_order():
    assert list(variables([hinge])) == ["y", "w", "phi"]


@pytest.mark.parametrize("doc", ['"""', "back\\slash", "line\nbreak", "quote\"s '"])
def test_no_docstring_breaks_the_source(doc):
    namespace = {}
    exec(code([a], doc=doc), namespace)
    assert inspect.getdoc(namespace["f"]).rstrip() == doc


# ---------------------------------------------------------------------------------------------- names


NAMES = ["lambda", "np", "t1", "self", "f", "values", "given", "others", "dtype", "float", "callable", "None", "print", "_arguments", "math",
         "scipy", "special", "builtins", "θ", "__debug__", "x y", "1x", "max", "abs", "len"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_a_variable(name):
    p, q = b.var(name), b.var("q", ("n",))
    t = b.call("exp", b.scale(p, q))
    e = b.add(b.elementwise(b.add(t, b.call("lt", t, q)), t), b.call("xlogy", t, p))
    want = evaluate(e, {name: 0.5, "q": [1, 2]})
    grown = np.exp(0.5 * np.array([1, 2]))
    np.testing.assert_allclose(want, (grown + (grown < [1, 2])) * grown + grown * math.log(0.5))
    np.testing.assert_allclose(compile([e])({name: 0.5, "q": [1, 2]}), want)


@pytest.mark.parametrize("name", ["max", "abs", "float", "math"])
def test_any_name_can_be_a_variable_of_plain_floats(name):
    e = b.add(b.call("softplus", b.var(name)), b.call("max", b.var(name), b.ZERO))
    assert evaluate(e, {name: 2}) == pytest.approx(2 + math.log1p(math.exp(2)))
    assert compile([e], "math")(**{name: 2}) == pytest.approx(2 + math.log1p(math.exp(2)))


def test_keywords_get_an_underscore():
    fn = compile([b.scale(b.TWO, b.var("lambda"))])
    assert fn(lambda_=3) == fn({"lambda": 3}) == fn({"lambda_": 3}) == fn(**{"lambda": 3}) == 6


def test_a_binding_and_a_variable_of_odd_names():
    e = b.name("t1", b.call("exp", a))
    f = b.name("if", b.add(e, b.name("a b", b.add(e, b.var("a_b")))))
    t = b.call("sin", f)
    assert evaluate(b.add(b.elementwise(t, t), f), {"a": 0, "a_b": 1}) == pytest.approx(math.sin(3) ** 2 + 3)


def test_two_bindings_of_one_name_are_kept_apart():
    assert evaluate(b.add(b.name("h", a), b.name("h", b.call("exp", a))), {"a": 0}) == 1


def test_two_variables_of_one_name_are_refused():
    with pytest.raises(SymdiffError, match="two variables of different shapes are called x"):
        code([b.add(b.total(x), b.var("x"))])


# ---------------------------------------------------------------------------------------------- arguments


def test_lists_whole_numbers_and_other_variables_are_taken():
    got = evaluate(gradient, {"w": [3, 1], "phi": (1, 2), "y": Fraction(1, 10), "unused": "text"})
    np.testing.assert_allclose(got, [-0.1, -0.2])
    assert got.dtype == np.float64


def test_scalars_come_back_as_floats():
    for e in (
        hinge,
        b.num(2),
        b.divide(b.ONE, b.num(3)),
        b.const("pi"),
        b.call("if", b.call("lt", y, b.ONE), y, b.ONE),
        b.call("lt", y, b.ONE),
    ):
        assert isinstance(evaluate(e, {"w": [1], "phi": [1], "y": 0.25}), float)


def test_a_row_has_two_axes():
    assert evaluate(b.row(x), {"x": [1, 2, 3]}).shape == (1, 3)


@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
def test_float32_is_kept(target):
    library = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
    make = library.numpy.asarray if target == "jax" else library.asarray
    e = b.add(
        b.matmul(b.diag_matrix(gradient), b.add(b.eye("n"), b.scale(b.call("log", b.TWO), b.outer(w, phi)))),
        b.add(
            b.spread(b.num(Fraction(1, 3)), ("n", "n")),
            b.scale(b.power(b.TWO, b.divide(b.ONE, b.TWO)), b.diag_matrix(b.call("lt", w, phi))),
        ),
    )
    v = make(np.array([1, 2], dtype=np.float32))
    got = compile([e], target)(w=v, phi=v, y=make(np.float32(0.1)))
    assert str(got.dtype).endswith("float32")
    np.testing.assert_allclose(np.asarray(got), evaluate(e, {"w": [1, 2], "phi": [1, 2], "y": 0.1}), rtol=1e-5)


WRONG = [
    ({"w": [1, 2], "phi": [1, 2, 3], "y": 1}, ShapeError, "phi has shape (3,), but n is 2"),
    ({"w": [[1, 2]], "phi": [1, 2], "y": 1}, ShapeError, "w should be a vector; its shape is (1, 2)"),
    ({"w": [1, 2], "phi": [1, 2], "y": [1]}, ShapeError, "y should be a scalar; its shape is (1,)"),
    ({"w": [1, 2], "y": 1}, UnknownNameError, "the argument phi is missing"),
    ({"w": [1, 2], "phi": [1, "2"], "y": 1}, OperandError, "phi does not hold real numbers: "),
    ({"w": [1, 2], "phi": [1, 2j], "y": 1}, OperandError, "phi does not hold real numbers: "),
    ({"w": [1, 2], "phi": [[1], [1, 2]], "y": 1}, OperandError, "phi does not hold real numbers: "),
]


@pytest.mark.parametrize(("values", "error", "message"), WRONG)
def test_wrong_arguments_are_named(values, error, message):
    with pytest.raises(error) as caught:
        evaluate(gradient, values)
    assert str(caught.value).startswith(message)


def test_a_fixed_size_is_checked():
    with pytest.raises(ShapeError, match=r"z has shape \(2,\), but axis 0 should have 3"):
        evaluate(b.total(b.var("z", (3,))), {"z": [1, 2]})


def test_there_is_no_other_target():
    with pytest.raises(SymdiffError, match="there is no target 'fortran'"):
        code([a], "fortran")


def test_plain_floats_take_no_arrays():
    with pytest.raises(SymdiffError, match="the target math is for scalars only"):
        code([gradient], "math")


def test_jax_traces_and_torch_differentiates_the_function():
    """What a compiled function is for there: one that cannot be traced, or that cuts the tape, would be useless."""
    jax, torch = pytest.importorskip("jax"), pytest.importorskip("torch")
    jax.config.update("jax_enable_x64", True)
    values = {"w": np.array([3.0, 1.0]), "phi": np.array([1.0, 2.0]), "y": 0.1}
    loss = b.add(b.scale(b.call("log", b.TWO), hinge), b.total(b.spread(b.divide(b.dot(w, w), b.num(2)), ("n",))))
    want = math.log(2) * evaluate(gradient, values) + 2 * values["w"]
    fn = compile([loss], "jax")
    np.testing.assert_allclose(jax.jit(jax.grad(lambda w: fn({**values, "w": w})))(values["w"]), want)
    t = torch.tensor(values["w"], requires_grad=True)
    compile([loss], "torch")({**values, "w": t}).backward()
    np.testing.assert_allclose(t.grad, want)


# ---------------------------------------------------------------------------------------------- sizes


def test_sizes_come_from_arguments_or_by_name():
    assert list(evaluate(b.spread(b.divide(b.ONE, b.dim("n")), ("n",)), {"n": 4})) == [0.25] * 4
    e = b.scale(b.divide(b.ONE, b.dim("n")), b.total(x))
    assert evaluate(e, {"x": [1, 2, 6], "n": 17}) == 3
    with pytest.raises(UnknownNameError, match="the argument n is missing: nothing else fixes a size"):
        evaluate(b.eye("n"), {})
    with pytest.raises(ShapeError, match=r"the size n should be a whole number, not 2\.5"):
        evaluate(b.eye("n"), {"n": 2.5})


def test_an_inferred_size_is_read_off_its_variable():
    ones = b.spread(b.ONE, ("size(x)",))
    assert list(evaluate(ones, {"x": [5, 6, 7]})) == [1, 1, 1]
    assert evaluate(b.dim("cols(A)"), {"A": [[1, 2, 3]]}) == 3
    with pytest.raises(UnknownNameError, match="the argument x is missing"):
        evaluate(ones, {})


def test_products_of_sizes():
    A, z = b.var("A", ("m", "n")), b.var("z", (("m", "n"),))
    e = b.dot(b.reshape(A, (("m", "n"),)), z)
    assert evaluate(e, {"A": [[1, 2, 3]], "z": [1, 1, 2]}) == 9
    with pytest.raises(ShapeError, match=r"z should have m\*n entries along axis 0"):
        evaluate(e, {"A": [[1, 2, 3]], "z": [1, 1]})


@pytest.mark.parametrize("target", ["numpy", "torch", "jax"])
def test_an_entry_beyond_the_end_is_an_error(target):
    pytest.importorskip(target)
    for e in (b.entry(x, 3), b.elementwise(b.unit(3, "n"), x)):
        assert np.asarray(compile([e], target)(x=[1, 2, 5])).sum() == 5
        with pytest.raises(ShapeError, match="there is no entry 3: n is smaller"):
            compile([e], target)(x=[1, 2])


# ---------------------------------------------------------------------------------------------- opaque functions

z = b.var("z")
score = b.dot(w, b.opaque("phi", [z], ("n",)))


def test_an_opaque_function_is_a_function_or_its_value():
    for values in ({"phi": lambda v: np.array([v.sum(), 1.0]), "z": [1, 2]}, {"phi": [3, 1]}, {"phi": [3, 1], "z": 0}):
        assert evaluate(score, {"w": [1, 10], **values}) == 13


def test_opaque_functions_are_checked():
    with pytest.raises(UnknownNameError, match="phi is given as a function, but its argument is missing"):
        evaluate(score, {"w": [1, 10], "phi": np.sin})
    with pytest.raises(ShapeError, match=r"phi has shape \(3,\), but axis 0 should have 2"):
        evaluate(score, {"w": [1, 10], "phi": [1, 2, 3]})
    with pytest.raises(UnknownNameError, match="the argument phi is missing: a function or its value"):
        evaluate(score, {"w": [1, 10]})
    twice = b.sub(b.opaque("u", [a]), b.opaque("u", [c]))
    assert evaluate(twice, {"u": math.exp, "a": 1, "c": 0}) == pytest.approx(math.e - 1)
    with pytest.raises(UnknownNameError, match="u should be a function: it is applied to several values"):
        evaluate(twice, {"u": 2, "a": 1, "c": 0})


def test_derivatives_of_opaque_functions_are_arguments_of_their_own():
    jacobian = b.opaque("phi", [x], ("m",), (0,))
    e = b.matvec(b.transpose(jacobian), b.var("v", ("m",)))
    np.testing.assert_allclose(evaluate(e, {"Dphi": lambda x: np.outer([1, 2], x), "x": [1, 2, 3], "v": [1, 1]}), [3, 6, 9])
    np.testing.assert_allclose(evaluate(e, {"Dphi": [[1, 2, 3], [2, 4, 6]], "v": [1, 1]}), [3, 6, 9])
    mixed = b.opaque("u", [a, c], (), (1, 0))
    assert evaluate(mixed, {"D2D1u": lambda a, c: a - c, "a": 3, "c": 1}) == 2


# ---------------------------------------------------------------------------------------------- numbers


NUMBERS = [
    (Fraction(1, 3), "1/3"),
    (Fraction(1, 2), "0.5"),
    (Fraction(1, 10**8), "1e-08"),
    (Fraction(314159265358979, 10**14), "314159265358979/100000000000000"),
    (10**17, "1e+17"),
    (10**400, "np.inf"),
    (-(10**400), "-np.inf"),
    (Fraction(10**400, 10**399 + 1), "10.0"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS, ids=[text for _, text in NUMBERS])
def test_exact_numbers(value, text):
    e = b.add(a, b.num(value))
    assert text.lstrip("-") in code([e]).splitlines()[-1]
    want = (math.inf if value > 0 else -math.inf) if abs(value) > 1e300 else float(value)
    assert evaluate(e, {"a": 0}) == want


def test_numbers_are_not_computed_as_whole_numbers():
    tower = b.TWO
    for _ in range(6):
        tower = b.power(b.TWO, tower)
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert evaluate(tower, {}) == math.inf
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert evaluate(b.scale(a, b.power(b.ZERO, b.MINUS_ONE)), {"a": 1}) == math.inf
    assert evaluate(b.power(b.num(5), b.num(-2)), {}) == 0.04


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(2, "a**2"), (-2, "a**-2"), (Fraction(1, 2), "np.sqrt(a)"), (Fraction(-1, 2), "1/np.sqrt(a)"), (Fraction(1, 3), "a**(1/3)"), (1, "a")],
)
def test_powers(exponent, text):
    e = b.power(a, b.num(exponent))
    assert code([e]).splitlines()[-1].strip() == f"return {text}"
    assert evaluate(e, {"a": 3}) == pytest.approx(3 ** float(exponent))
    assert compile([e], "math")(a=3) == pytest.approx(3 ** float(exponent))


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (b.sub(a, b.neg(c)), "a + c"),
        (b.sub(b.neg(a), b.scale(b.num(-2), c)), "2*c - a"),
        (b.sub(a, b.sub(c, a)), "a - (c - a)"),
        (b.linear([2, Fraction(-1, 3)], [a, c]), "2*a - 1/3*c"),
        (b.neg(b.neg(a)), "a"),
        (b.neg(b.power(a, b.TWO)), "-a**2"),
        (b.power(b.neg(a), b.TWO), "(-a)**2"),
        (b.divide(a, b.scale(a, c)), "a/(a*c)"),
        (b.divide(b.divide(a, c), a), "a/c/a"),
        (b.scale(a, b.divide(b.ONE, c)), "a/c"),
        (b.neg(b.divide(b.ONE, c)), "-1/c"),
    ],
)
def test_signs_and_brackets(e, text):
    assert code([e]).splitlines()[-1].strip() == f"return {text}"
    assert evaluate(e, {"a": 3, "c": 5}) == pytest.approx(eval(text, {"a": 3, "c": 5}))


def test_truth_values_are_numbers_wherever_they_meet_numbers():
    t, u = b.call("lt", a, c), b.call("gt", a, b.ZERO)
    cases = {
        t: 1,
        b.neg(t): -1,
        b.add(t, u): 2,
        b.sub(b.ONE, t): 0,
        b.scale(t, u): 1,
        b.scale(b.num(3), t): 3,
        b.divide(t, c): 1 / 2,
        b.power(t, b.TWO): 1,
        b.call("exp", t): math.e,
        b.call("and", t, b.sub(a, a)): 0,
        b.call("not", b.scale(t, a)): 0,
        b.call("if", b.scale(t, b.num(2)), a, c): 1,
        b.call("lt", b.ONE, b.TWO): 1,
        b.call("and", a, b.call("lt", b.ONE, b.TWO)): 1,
    }
    for target in ("numpy", "math", "torch", "jax"):
        if target in ("torch", "jax"):
            pytest.importorskip(target)
        for e, want in cases.items():
            assert float(compile([e], target)(a=1, c=2)) == pytest.approx(want), (target, code([e], target))
    ones = b.call("lt", x, b.spread(b.num(2), ("n",)))
    assert evaluate(b.total(ones), {"x": [1, 1, 3]}) == 2
    assert evaluate(b.dot(ones, x), {"x": [1, 1, 3]}) == 2


# ---------------------------------------------------------------------------------------------- the table


TRIANGLES = frozenset(("vech", "unvech", "duplication_of"))  # whose sizes are triangular numbers: tests/syntax/test_triangles.py


@pytest.mark.parametrize("row", [r for r in TABLE if not r.macro and r.name not in TRIANGLES], ids=lambda r: r.name)
def test_every_row_compiles(row):
    """Every spelling runs with names, numbers and truth values for arguments; torch and JAX agree with NumPy."""
    rng = np.random.default_rng(7)
    cores = row.core()[0] if row.shape else ((),) * len(row.args)
    shapes = [tuple(3 if d == "3" else "n" for d in core) for core in cores]
    args = [b.ONE if k in row.integer else b.var(k, s) for k, s in zip(row.args, shapes, strict=True)]
    lo = [max(s[0], -1.0) for s in row.sample]
    values = {
        k: rng.uniform(l + 0.3 * (s[1] - l), l + 0.6 * (s[1] - l), [3 for _ in shape])
        for k, l, s, shape in zip(row.args, lo, row.sample, shapes, strict=True)
        if k not in row.integer
    }
    if row.shape.startswith("n n"):
        values["A"] = values["A"] @ values["A"].T + np.eye(3)
    exprs = [b.call(row.name, *args)]
    exprs.append(b.add(exprs[0], exprs[0]))
    if row.elementwise:
        exprs.append(b.call(row.name, *[a if a.op == NUM else b.spread(b.scale(a, a), ("m", 2)) for a in args]))
    want = compile(exprs)(values, m=2)
    assert np.shape(want[0]) == tuple(3 for _ in exprs[0].shape)
    np.testing.assert_allclose(2 * want[0], want[1])
    for target in ("torch", "jax", "math"):
        if not getattr(row, target) or (target == "math" and not row.elementwise):
            continue
        if target != "math":
            pytest.importorskip(target)
        chosen = exprs[:1] if target == "math" else exprs
        got = compile(chosen, target)(values, m=2)
        for g, u in zip([got] if len(chosen) == 1 else got, want, strict=False):
            np.testing.assert_allclose(np.asarray(g), u, rtol=1e-5, equal_nan=True)


def test_a_missing_spelling_is_refused():
    with pytest.raises(SymdiffError, match="digamma has no spelling for the target math"):
        code([b.call("digamma", a)], "math")


# ---------------------------------------------------------------------------------------------- size


def test_depth_does_not_matter():
    n = 30_000
    e = a
    for _ in range(n):
        e = b.add(e, c)
    for _ in range(n // 10):
        e = b.call("tanh", b.unrow(b.row(b.spread(e, ("n",))))) if not e.shape else b.unrow(b.row(b.neg(e)))
    flat = b.linear([1] * n, [a] * n)
    source = code([e])
    assert max(line.count("(") for line in source.splitlines()) < 50
    got, total = compile([e, flat])(a=1, c=1 / n, n=2)
    np.testing.assert_allclose(got, [-math.tanh(2)] * 2)
    assert total == n


def test_long_products_stay_linear():
    factors = [b.var(f"x{k}", ("n",)) for k in range(300)]
    e = b.contract(factors, [(0,)] * 300, ())
    assert evaluate(e, {f"x{k}": [1, 2] for k in range(300)}) == 1 + 2.0**300
