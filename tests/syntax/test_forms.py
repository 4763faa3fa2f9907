"""Trees to nodes: every written form is the node that the table in docs/architecture.md says."""

from fractions import Fraction

import pytest

from symdiff.errors import SymdiffError
from symdiff.expr import build as b
from symdiff.expr.node import Expr
from symdiff.syntax import parse, template

n, m = "n", "m"
c, d = b.var("c"), b.var("d")
x, y = b.var("x", (n,)), b.var("y", (n,))
z = b.var("z", (m,))
A, B = b.var("A", (m, n)), b.var("B", (n, n))
TYPES = "c, d: scalar; x, y: vector(n); z: vector(m); A: matrix(m,n); B: matrix(n,n); "
f = b.opaque("f", [x], (m,))

FORMS: list[tuple[str, Expr]] = [
    ("3/4", b.num(Fraction(3, 4))),
    ("-2", b.num(-2)),
    ("2^3", b.power(b.num(2), b.num(3))),
    ("c + d", b.add(c, d)),
    ("c - x", b.sub(b.spread(c, (n,)), x)),
    ("x + 1", b.add(x, b.spread(b.ONE, (n,)))),
    ("-x", b.neg(x)),
    ("c*x", b.scale(c, x)),
    ("x*c", b.scale(x, c)),
    ("c .* x", b.scale(c, x)),
    ("2·x", b.scale(b.TWO, x)),
    ("x .* y", b.elementwise(x, y)),
    ("x/c", b.divide(x, c)),
    ("x ./ y", b.divide(x, y)),
    ("1/c", b.power(c, b.MINUS_ONE)),
    ("c^-1", b.power(c, b.MINUS_ONE)),
    ("1 ./ x", b.power(x, b.MINUS_ONE)),
    ("c^d", b.power(c, d)),
    ("x .^ 2", b.power(x, b.TWO)),
    ("2 .^ x", b.power(b.spread(b.TWO, (n,)), x)),
    ("pow(x, 2)", b.power(x, b.TWO)),
    ("x.y", b.dot(x, y)),
    ("dot(x, y)", b.dot(x, y)),
    ("x @ y", b.dot(x, y)),
    ("A*x", b.matvec(A, x)),
    ("A.x", b.matvec(A, x)),
    ("A @ x", b.matvec(A, x)),
    ("A*B", b.matmul(A, B)),
    ("B^2", b.matmul(B, B)),
    ("B^3", b.matmul(b.matmul(B, B), B)),
    ("B^1", B),
    ("B^-1", b.call("inv", B)),
    ("B^-2", b.matmul(b.call("inv", B), b.call("inv", B))),
    ("A'", b.transpose(A)),
    ("A^T", b.transpose(A)),
    ("x'", b.row(x)),
    ("x''", b.unrow(b.row(x))),
    ("x'*y", b.row_vec(b.row(x), y)),
    ("x*z'", b.vec_row(x, b.row(z))),
    ("z'*A", b.matmul(b.row(z), A)),
    ("(x.y)'", b.dot(x, y)),
    ("tr(B)", b.trace(B)),
    ("diag(B)", b.diag_part(B)),
    ("diag(x)", b.diag_matrix(x)),
    ("sum(x)", b.total(x)),
    ("rowsum(A)", b.rowsum(A)),
    ("colsum(A)", b.colsum(A)),
    ("outer(x, z)", b.outer(x, z)),
    ("vec(A)", b.vec(A)),
    ("kron(A, B)", b.kron(A, B)),
    ("kron(x', B)", b.kron(b.row(x), B)),
    ("kron(x, z')", b.vec_row(x, b.row(z))),
    ("kron(z', x)", b.vec_row(x, b.row(z))),
    ("transpose(A)", b.transpose(A)),
    ("vector(c, n)", b.spread(c, (n,))),
    ("ones(3)", b.spread(b.ONE, (3,))),
    ("zeros(m, n)", b.spread(b.ZERO, (m, n))),
    ("matrix(2, m, n)", b.spread(b.TWO, (m, n))),
    ("vector(c, size(x))", b.spread(c, (n,))),
    ("x + vector(1)", b.add(x, b.spread(b.ONE, (n,)))),
    ("x + ones", b.add(x, b.spread(b.ONE, (n,)))),
    ("B + eye", b.add(B, b.eye(n))),
    ("eye(n)", b.eye(n)),
    ("A*eye", b.matmul(A, b.eye(n))),
    ("unit(2, n)", b.unit(2, n)),
    ("x[2]", b.entry(x, 2)),
    ("A[1,2]", b.entry(A, 1, 2)),
    ("A[1,:]", b.entry(A, 1, None)),
    ("A[:,2]", b.entry(A, None, 2)),
    ("A[1]", b.entry(A, 1, None)),
    ("x'[2]", b.entry(x, 2)),
    ("[c < d]", b.call("lt", c, d)),
    ("[x >= 0]", b.call("ge", x, b.ZERO)),
    ("[not c == d or c < 1]", b.call("or", b.call("not", b.call("eq", c, d)), b.call("lt", c, b.ONE))),
    ("if(c > 0, x, y)", b.call("if", b.call("gt", c, b.ZERO), x, y)),
    ("exp(x)", b.call("exp", x)),
    ("ln(c)", b.call("log", c)),
    ("σ(c)", b.call("sigma", c)),
    ("max(c, x)", b.call("max", c, x)),
    ("max(c, d, 0)", b.call("max", b.call("max", c, d), b.ZERO)),
    ("max(x)", b.call("max_entries", x)),
    ("min(A)", b.call("min_entries", A)),
    ("|x|", b.call("abs", x)),
    ("||A||", b.call("norm2", A)),
    ("leaky_relu(c)", b.call("leaky_relu", c, b.num(Fraction(1, 100)))),
    ("var(x, 1)", b.call("var", x, b.ONE)),
    ("softmax(A)", b.call("softmax", A)),
    ("hinge(c)", b.call("max", b.sub(b.ONE, c), b.ZERO)),
    ("squared(c - d)", b.power(b.sub(c, d), b.TWO)),
    ("cross_entropy(x, y)", b.dot(b.neg(y), b.call("log", x))),
    ("n", b.dim(n)),
    ("size(x)", b.dim(n)),
    ("size(A)", b.dim((m, n))),
    ("rows(A)*cols(A)", b.scale(b.dim(m), b.dim(n))),
    ("pi", b.const("pi")),
    ("f(x)", f),
    ("f'(x)", b.opaque("f", [x], (m,), (0,))),
    ("Df(x)", b.opaque("f", [x], (m,), (0,))),
    ("g(c, x)", b.opaque("g", [c, x])),
    ("D2g(c, x).x", b.dot(b.opaque("g", [c, x], (), (1,)), x)),
    ("D12g(c, x).x", b.dot(b.opaque("g", [c, x], (), (0, 1)), x)),
    ("g''(c)", b.opaque("g", [c], (), (0, 0))),
]


@pytest.mark.parametrize(("text", "node"), [pytest.param(t, e, id=t) for t, e in FORMS])
def test_written_form(text: str, node: Expr) -> None:
    if text.startswith("cross"):
        node = b.neg(b.dot(y, b.call("log", x)))
    types = TYPES + ("f: vector(n) -> vector(m); " if "f" in text else "") + ("g: scalar, vector(n) -> scalar; " if "g(" in text else "")
    assert parse(types + text).expr is node


def test_a_macro_uses_its_argument_once() -> None:
    text = "c"
    for _ in range(200):  # written out, the argument would double every time
        text = f"bce({text}, d)"
    assert parse("c, d: scalar; " + text).expr.shape == ()


def test_bindings() -> None:
    p = parse("c: scalar; s = c*d; t = s + 1; s*t")
    s = b.name("s", b.scale(c, d))
    t = b.name("t", b.add(s, b.ONE))
    assert p.expr is b.scale(s, t)
    assert p.bindings == {"s": s, "t": t}


def test_declared_binding() -> None:
    assert parse("h: vector(n); A: matrix(n, n); h = A*u; u.h").types["u"].shape == ("n",)
    with pytest.raises(SymdiffError):
        parse("h: scalar; A: matrix(n, n); u: vector(n); h = A*u; h")


def test_answers_are_read_with_the_formula() -> None:
    f = parse("A: symmetric matrix(n,n); s = x'*A*x; s^2 + g(x)").expr
    s = parse("A: symmetric matrix(n,n); s = x'*A*x; s^2 + g(x)").bindings["s"]
    xx, aa = b.var("x", (n,)), b.var("A", (n, n), ("symmetric",))
    p = parse("4*s*A*x", given=f)
    assert p.expr is b.matvec(b.scale(b.scale(b.num(4), s), aa), xx)
    q = parse("q = A*x; q.q + g'(x).x + n", given=f)
    new = b.name("q", b.matvec(aa, xx), given=False)
    assert q.bindings["q"] is new
    gradient = b.opaque("g", [xx], (), (0,))
    assert q.expr is b.add(b.add(b.dot(new, new), b.dot(gradient, xx)), b.dim(n))


def test_inferred_dimensions_are_read_back() -> None:
    f = parse("norm2(A*x - y)").expr
    p = parse("vector(0, size(y)) + A*vector(1, cols(A))", given=f)
    assert p.expr.shape == ("size(y)",) or p.expr.shape == ("rows(A)",)
    assert p.expr.shape == parse("A*x", given=f).expr.shape


def test_template() -> None:
    assert template("y*(1 - y)", {"y": ()}) is b.scale(b.var("y"), b.sub(b.ONE, b.var("y")))
    assert template("-y'*g*y'", {"y": (n, n), "g": (n, n)}).shape == (n, n)
    assert template("g*x/y", {"x": (2, 3, 5), "g": (), "y": ()}).shape == (2, 3, 5)
    assert template("A*x", {"A": (m, n), "x": (n,)}) is b.matvec(A, x)
    assert template("c < d", {"c": (), "d": ()}) is b.call("lt", c, d)
    assert template("if(c, d, 0)", {"c": (), "d": ()}) is b.call("if", c, d, b.ZERO)
    s = b.var("A", (n, n), ("symmetric",))
    assert template("A'", {"A": (n, n)}, {"A": ("symmetric",)}) is b.transpose(s)
    for bad in ("y + q", "nosuch(y)", "y +"):
        with pytest.raises(SymdiffError):
            template(bad, {"y": ()})


def test_spans() -> None:
    text = "x: vector(n); sum(x) + 2*sum(x)"
    p = parse(text)
    places = p.spans[b.total(x)]
    assert [text[i:j] for i, j in places] == ["sum(x)", "sum(x)"] and places[0] < places[1]
    assert [text[i:j] for i, j in p.spans[p.expr]] == ["sum(x) + 2*sum(x)"]


def test_depth() -> None:
    k = 100_000
    assert parse("sigma(" * k + "x" + ")" * k).expr.shape == ()
    assert parse("x: vector(n); sum(" + "-(" * k + "x" + ")" * k + ")").expr.shape == ()
    assert parse("+".join(f"x{i}" for i in range(20_000))).expr.shape == ()
    assert parse(" + ".join(f"w{i}.x" for i in range(10_000))).expr.shape == ()
