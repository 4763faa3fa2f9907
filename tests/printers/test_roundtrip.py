"""What is printed parses back to the very same node: random written expressions over scalars, vectors and matrices."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdiff as sd
from symdiff.expr import build as b
from symdiff.expr.node import NUM, Expr
from symdiff.notation.trees import length
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, text, unicode
from symdiff.syntax import parse

SHAPES = [(), ("n",), ("m",), ("m", "n"), ("n", "n"), (1, "n")]
LEAVES = {
    (): [b.var("s"), b.var("t1"), b.var("lambda"), b.const("pi"), b.dim("n"), b.name("margin", b.var("s"))],
    ("n",): [b.var("x", ("n",)), b.var("phi", ("n",)), b.opaque("g", (b.var("s"),), ("n",)), b.unit(2, "n")],
    ("m",): [b.var("u", ("m",)), b.name("h1", b.call("exp", b.var("u", ("m",))))],
    ("m", "n"): [b.var("A", ("m", "n")), b.var("W_2", ("m", "n"))],
    ("n", "n"): [b.var("S", ("n", "n")), b.eye("n")],
    (1, "n"): [b.row(b.var("x", ("n",)))],
}
NUMBERS = [0, 1, 2, -3, Fraction(1, 2), Fraction(-1, 3), Fraction(2, 7), Fraction(1, 10**8), 10**20]
ELEMENTWISE = ["exp", "sigma", "abs", "sqrt", "max", "min", "atan2", "leaky_relu", "if"]
CONDITIONS = ["lt", "le", "gt", "ge", "eq", "ne"]


@st.composite
def expressions(draw: st.DrawFn, shape: tuple = (), depth: int = 4) -> Expr:
    """A written expression of this shape, made by the constructors that the parser uses."""

    def sub(wanted: tuple = shape) -> Expr:
        return draw(expressions(wanted, depth - 1))

    def condition() -> Expr:
        kind = draw(st.sampled_from([*CONDITIONS, "and", "not"]))
        if kind == "and":
            return b.call("and", b.call("lt", sub(), sub()), b.call("ge", sub(), sub()))
        return b.call("not", b.call("lt", sub(), sub())) if kind == "not" else b.call(kind, sub(), sub())

    def elementwise() -> Expr:
        name = draw(st.sampled_from(ELEMENTWISE))
        if name == "if":
            return b.call("if", condition(), sub(), sub())
        return b.call(name, *[sub() for _ in range(2 if name in ("max", "min", "atan2") else 1)])

    def mixed(operation: str) -> Expr:
        other = draw(st.sampled_from([shape, ()]))
        pair = [sub(), draw(expressions(other, depth - 1))]
        if draw(st.booleans()):
            pair.reverse()
        return getattr(b, operation)(*pair)

    general = {
        "leaf": lambda: draw(st.sampled_from(LEAVES[shape])),
        "sum": lambda: mixed(draw(st.sampled_from(["add", "sub"]))),
        "neg": lambda: b.neg(sub()),
        "product": lambda: mixed("elementwise"),
        "quotient": lambda: b.divide(sub(), draw(expressions(draw(st.sampled_from([shape, ()])), depth - 1))),
        "call": elementwise,
        "iverson": condition,
        "power": lambda: b.power(sub(), b.num(draw(st.sampled_from([-2, -1, 2, 3, Fraction(1, 3), Fraction(1, 2)])))),
        "exponential": lambda: b.power(sub(), sub()),
        "of a number": lambda: b.power(b.spread(b.num(2), shape), sub()),
        "constant": lambda: b.spread(b.num(draw(st.sampled_from(NUMBERS))), shape),
    }
    special = {
        (): {
            "dot": lambda: b.dot(sub(("n",)), sub(("n",))),
            "row": lambda: b.row_vec(sub((1, "n")), sub(("n",))),
            "trace": lambda: b.trace(sub(("n", "n"))),
            "total": lambda: b.total(sub(draw(st.sampled_from([("n",), ("m", "n")])))),
            "norm": lambda: b.call("norm2", sub(draw(st.sampled_from([("n",), ("m", "n")])))),
            "largest": lambda: b.call("max_entries", sub(("n",))),
            "entry": lambda: b.entry(sub(("m", "n")), 2, 1),
            "prime": lambda: b.opaque("f", (sub(),), (), (0,)),
        },
        ("n",): {
            "matvec": lambda: b.matvec(sub(("n", "n")), sub(("n",))),
            "unrow": lambda: b.unrow(b.row(sub(("n",)))),
            "diag": lambda: b.diag_part(sub(("n", "n"))),
            "colsum": lambda: b.colsum(sub(("m", "n"))),
            "softmax": lambda: b.call("softmax", sub()),
            "row of": lambda: b.entry(sub(("m", "n")), 1, None),
        },
        ("m",): {
            "matvec": lambda: b.matvec(sub(("m", "n")), sub(("n",))),
            "rowsum": lambda: b.rowsum(sub(("m", "n"))),
            "column": lambda: b.entry(sub(("m", "n")), None, 2),
        },
        ("m", "n"): {
            "matmul": lambda: b.matmul(sub(("m", "n")), sub(("n", "n"))),
            "outer": lambda: b.outer(sub(("m",)), sub(("n",))),
            "vec_row": lambda: b.vec_row(sub(("m",)), sub((1, "n"))),
        },
        ("n", "n"): {
            "transpose": lambda: b.transpose(sub(("n", "n"))),
            "matmul": lambda: b.matmul(b.transpose(sub(("m", "n"))), sub(("m", "n"))),
            "square": lambda: b.matmul(*[sub()] * 2),
            "inverse": lambda: b.call("inv", sub()),
            "diag": lambda: b.diag_matrix(sub(("n",))),
        },
        (1, "n"): {"row": lambda: b.row(sub(("n",))), "times": lambda: b.matmul(sub(), sub(("n", "n")))},
    }
    if depth == 0:
        return draw(st.sampled_from(LEAVES[shape]))
    # a spread row reads as a matrix, so rows are made of vectors
    makers = special[shape] if shape == (1, "n") else general | special[shape]
    return makers[draw(st.sampled_from(sorted(makers)))]()


def around(e: Expr) -> Expr:
    """A formula that has every variable, so that `given` knows their types."""
    everything = b.var("s")
    for leaves in LEAVES.values():
        for leaf in leaves:
            everything = b.add(everything, b.total(leaf) if leaf.shape else leaf)
    everything = b.add(everything, b.opaque("f", (b.var("s"),)))
    return b.add(everything, b.total(e) if e.shape else e)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SHAPES[:-1]).flatmap(expressions))
def test_text_and_unicode_parse_back(e: Expr) -> None:
    program = unparse(e)
    f = around(e)
    if e.op == NUM:
        return
    assert parse(text(program), given=f).expr is e, text(program)
    assert parse(unicode(program), given=f).expr is e, unicode(program)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SHAPES[:-1]).flatmap(expressions))
def test_brackets_of_latex_balance(e: Expr) -> None:
    tex = latex(unparse(e))
    assert tex.count("{") == tex.count("}")
    assert tex.count(r"\left") == tex.count(r"\right")
    assert tex.count("(") == tex.count(")")
    assert length(unparse(e)) >= 1


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("p: positive vector(n); b: vector(m); A: matrix(m, n); h1 = prod(i=1..m, (p*b[i]).(p .* A[i,:])); h1^2", "b"),
        ("Q: matrix(m, m); score: vector(n); (matrix(0.25, n, m)*Q')' - cumsum(outer(vector(3, m), score))", "score"),
        ("x: vector(3); D: diagonal matrix(3, 3); elu(exp(-x')*gelu(D)).^2", "x, x"),
        ("c: positive scalar; x: vector(n); eta: vector(n), scalar -> vector(m); u = prod(eta(x, c)); relu(x'/u)", "c, x"),
    ],
)
def test_answers_in_index_notation_read_back_as_themselves(text: str, by: str) -> None:
    f = sd.parse(text)
    names = by.split(", ")
    g = sd.derivative(f, names, order=len(names))
    assert sd.parse(str(g), given=f) == g
