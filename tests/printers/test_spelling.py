"""One construct at a time: precedence, numbers, constants and their sizes, names, sharing, depth."""

from fractions import Fraction

import pytest

import symdiff as sd
from symdiff.bounds import limits
from symdiff.errors import LimitError
from symdiff.expr import build as b
from symdiff.expr.node import Expr
from symdiff.notation.numerals import decimal
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, text, unicode
from symdiff.syntax.tree import Tree

s, t, r = b.var("s"), b.var("t"), b.var("r")
x, y = b.var("x", ("n",)), b.var("y", ("n",))
A, B, S = b.var("A", ("m", "n")), b.var("B", ("m", "n")), b.var("S", ("n", "n"))
ONE, TWO = b.ONE, b.TWO


def plain(e: Expr) -> str:
    return text(unparse(e))


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (b.scale(b.neg(s), t), "-s*t"),
        (b.neg(b.scale(s, t)), "-(s*t)"),
        (b.scale(s, b.neg(t)), "s*(-t)"),
        (b.add(s, b.scale(b.neg(t), r)), "s + (-t*r)"),
        (b.neg(b.neg(s)), "-(-s)"),
        (b.neg(b.power(s, TWO)), "-s^2"),
        (b.power(b.neg(s), TWO), "(-s)^2"),
        (b.sub(s, b.sub(t, r)), "s - (t - r)"),
        (b.sub(b.sub(s, t), r), "s - t - r"),
        (b.divide(b.divide(s, t), r), "s/t/r"),
        (b.divide(s, b.scale(t, r)), "s/(t*r)"),
        (b.scale(s, b.divide(t, r)), "s*(t/r)"),
        (b.power(s, b.power(t, r)), "s^(t^r)"),
        (b.power(b.power(s, t), r), "(s^t)^r"),
        (b.power(s, b.neg(t)), "s^-t"),
        (b.power(s, b.scale(TWO, t)), "s^(2*t)"),
        (b.scale(s, b.dot(x, y)), "s*x.y"),
        (b.dot(b.power(x, TWO), y), "(x.^2).y"),
        (b.dot(b.add(x, y), b.elementwise(x, y)), "(x + y).(x .* y)"),
        (b.elementwise(b.scale(s, x), y), "(s*x) .* y"),
        (b.scale(s, b.elementwise(x, y)), "s*(x .* y)"),
        (b.divide(b.elementwise(x, y), b.elementwise(x, x)), "x .* y ./ (x .* x)"),
        (b.transpose(b.matmul(S, S)), "(S^2)'"),
        (b.matmul(b.matmul(S, S), S), "S^3"),
        (b.matmul(b.transpose(A), b.call("exp", A)), "A'*exp(A)"),
        (b.row_vec(b.row(b.add(x, y)), x), "(x + y)'*x"),
        (b.entry(b.add(x, y), 2), "(x + y)[2]"),
        (b.entry(A, 1, None), "A[1,:]"),
        (b.divide(ONE, s), "1/s"),
        (b.divide(ONE, x), "1 ./ x"),
        (b.power(s, b.num(-2)), "s^-2"),
        (b.scale(TWO, b.power(s, b.num(-2))), "2*s^-2"),
        (b.scale(ONE, b.power(s, b.MINUS_ONE)), "1*(1/s)"),
        (b.linear((2, -3, 1, Fraction(1, 2)), (x, y, x, y)), "2*x - 3*y + x + 0.5*y"),
        (b.linear((-1, -1), (x, y)), "-x - y"),
        (b.call("lt", b.call("lt", s, t), r), "[[s < t] < r]"),
        (b.call("or", b.call("and", b.call("lt", s, t), b.call("ne", s, r)), b.call("not", b.call("eq", t, r))),
         "[s < t and s != r or not t == r]"),
        (b.call("and", b.call("gt", x, b.ZERO), b.call("lt", s, t)), "[x > 0 and s < t]"),
        (b.call("if", b.call("gt", x, b.ZERO), ONE, TWO), "if(x > 0, 1, 2)"),
        (b.call("leaky_relu", s), "leaky_relu(s)"),
        (b.call("leaky_relu", s, t), "leaky_relu(s, t)"),
        (b.call("max_entries", x), "max(x)"),
        (b.vec(A), "vec(A)"),
        (b.kron(A, S), "kron(A, S)"),
        (b.diag_matrix(x), "diag(x)"),
        (b.opaque("phi", (x,), ("n",), (0,)), "Dphi(x)"),
        (b.opaque("f", (s,), (), (0, 0)), "f''(s)"),
        (b.opaque("f", (s, t), (), (1,)), "D2f(s, t)"),
    ],
)  # fmt: skip
def test_brackets_and_forms(e: Expr, expected: str) -> None:
    assert plain(e) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 2), "0.5"),
        (Fraction(3, 4), "0.75"),
        (Fraction(1, 100), "0.01"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-2, 3), "-2/3"),
        (Fraction(1, 32), "1/32"),
        (Fraction(44715, 10**6), "0.044715"),
        (Fraction(3, 2 * 10**8), "1.5e-8"),
        (10**400, "1e400"),
        (123 * 10**20, "1.23e22"),
        (1_000_000, "1000000"),
        (-7, "-7"),
        (0, "0"),
    ],
)
def test_numbers(value: int | Fraction, expected: str) -> None:
    assert plain(b.num(value)) == expected


def test_numbers_of_many_digits_are_printed_in_full() -> None:
    n = 10**9000 + 1
    assert plain(b.num(n)) == "1" + "0" * 8999 + "1"
    assert decimal(Fraction(1, 3)) == ""


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (b.spread(ONE, ("n",)), "ones(n)"),
        (b.spread(b.ZERO, ("m", "n")), "zeros(m, n)"),
        (b.spread(s, ("n",)), "vector(s, n)"),
        (b.spread(b.num(3), ("m", "n")), "matrix(3, m, n)"),
        (b.add(x, ONE), "x + 1"),
        (b.add(b.spread(ONE, ("n",)), s), "ones(n) + s"),
        (b.elementwise(b.spread(s, ("n",)), x), "vector(s, n) .* x"),
        (b.power(b.spread(TWO, ("n",)), x), "2.^x"),
        (b.power(x, b.spread(TWO, ("n",))), "x.^vector(2, n)"),
        (b.call("exp", b.spread(s, ("n",))), "exp(vector(s, n))"),
        (b.eye("n"), "eye(n)"),
        (b.eye(3), "eye(3)"),
        (b.eye("size(x)"), "eye(size(x))"),
        (b.neg(b.divide(b.eye("n"), s)), "-(eye(n)/s)"),
        (b.sub(b.scale(s, b.eye("n")), S), "s*eye - S"),
        (b.add(b.eye("n"), b.scale(s, b.eye("n"))), "eye(n) + s*eye"),
        (b.matmul(A, b.eye("n")), "A*eye"),
        (b.matmul(b.eye("n"), b.eye("n")), "eye(n)^2"),
        (b.call("inv", b.add(b.eye("n"), S)), "inv(eye + S)"),
        (b.trace(b.eye("n")), "tr(eye(n))"),
        (b.scale(b.dim(("m", "size(x)")), s), "m*size(x)*s"),
    ],
)
def test_constants_carry_their_size_where_nothing_else_fixes_it(e: Expr, expected: str) -> None:
    assert plain(e) == expected


@pytest.mark.parametrize(
    ("name", "pretty", "tex"),
    [
        ("w", "w", "w"),
        ("phi", "φ", r"\phi"),
        ("Sigma", "Σ", r"\Sigma"),
        ("Beta", "Β", "B"),
        ("x12", "x₁₂", "x_{12}"),
        ("lambda_2", "λ_2", r"\lambda_{2}"),
        ("x_hat", "x_hat", r"\hat{x}"),
        ("mu_tilde_1", "μ_tilde_1", r"\tilde{\mu}_{1}"),
        ("x_bar_old", "x_bar_old", r"\bar{x}_{\mathrm{old}}"),
        ("x_hat_bar", "x_hat_bar", r"\overline{\hat{x}}"),
        ("theta_t_plus_1", "θ_t_plus_1", r"\theta_{t+1}"),
        ("h_i_t_minus_1", "h_i_t_minus_1", r"h_{i,t-1}"),
        ("a_plus", "a_plus", r"a_{\mathrm{plus}}"),
        ("margin_hat", "margin_hat", r"\mathrm{margin}_{\mathrm{hat}}"),
        ("x_1_hat", "x_1_hat", r"x_{1,\mathrm{hat}}"),
        ("margin", "margin", r"\mathrm{margin}"),
        ("a_b_1", "a_b_1", "a_{b,1}"),
        ("_x", "_x", r"\mathrm{\_x}"),
        ("a%b$c", "a%b$c", r"\mathrm{a\%b\$c}"),
    ],
)
def test_names(name: str, pretty: str, tex: str) -> None:
    program = unparse(b.var(name))
    assert unicode(program) == pretty
    assert latex(program) == tex


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (b.scale(TWO, b.scale(TWO, s)), r"2 \cdot 2 \, s"),
        (b.divide(b.neg(s), t), r"-\frac{s}{t}"),
        (b.sub(r, b.divide(b.neg(s), t)), r"r - \left(-\frac{s}{t}\right)"),
        (b.power(b.divide(s, t), TWO), r"\left(\frac{s}{t}\right)^{2}"),
        (b.power(s, b.divide(ONE, t)), r"s^{\frac{1}{t}}"),
        (b.call("norm2", b.divide(x, s)), r"\left\lVert \frac{x}{s} \right\rVert"),
        (b.call("sqrt", b.add(s, t)), r"\sqrt{s + t}"),
        (b.power(b.transpose(S), TWO), r"(S^{\top})^{\odot 2}"),
        (b.transpose(b.call("inv", b.add(S, S))), r"(S + S)^{-\top}"),
        (b.power(b.num(Fraction(1, 10**8)), s), r"(10^{-8})^{s}"),
        (b.entry(b.var("x1", ("n",)), 2), r"(x_{1})_{2}"),
        (b.eye("n"), "I_{n}"),
        (b.call("leaky_relu", s), r"\operatorname{LeakyReLU}(s)"),
        (b.scale(b.call("if", b.call("gt", s, t), s, t), r),
         r"\left(\begin{cases} s & \text{if } s > t \\ t & \text{otherwise} \end{cases}\right) \, r"),
    ],
)  # fmt: skip
def test_latex(e: Expr, expected: str) -> None:
    assert latex(unparse(e)) == expected


def test_latex_brackets_a_sum_over_an_index_when_something_follows_it() -> None:
    over = Tree("over", (Tree("number", value=1), Tree("name", value="m"), Tree("name", value="s")), ("sum", "i"))
    two, y = Tree("number", value=2), Tree("name", value="y")
    assert latex(Tree("mul", (two, over))) == r"2 \, \sum_{i=1}^{m} s"
    assert latex(Tree("mul", (Tree("mul", (two, over)), y))) == r"\left(2 \, \sum_{i=1}^{m} s\right) \, y"


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (b.call("abs", b.call("abs", s)), "abs(|s|)"),
        (b.entry(b.call("abs", x), 1), "(|x|)[1]"),
        (b.power(s, b.num(-12)), "s⁻¹²"),
        (b.power(TWO, s), "2^s"),
        (b.power(TWO, TWO), "2^2"),
        (b.call("le", s, t), "[s ≤ t]"),
    ],
)
def test_unicode(e: Expr, expected: str) -> None:
    assert unicode(unparse(e)) == expected


# ------------------------------------------------------------------------------------------------- size


def test_names_of_an_answer_stand_in_front_in_the_order_of_their_use() -> None:
    p = b.name("p", b.call("softmax", x), given=False)
    q = b.name("q", b.elementwise(p, p), given=False)
    assert plain(b.add(q, p)) == "p = softmax(x); q = p .* p; q + p"


def test_a_swollen_answer_names_what_repeats() -> None:
    e: Expr = b.var("t1")
    for _ in range(60):
        e = b.scale(b.call("sigma", e), b.sub(ONE, b.call("sigma", e)))
    lines = plain(e).split("; ")
    assert len(plain(e)) < 4_000
    assert lines[0] == "t2 = sigma(sigma(t1)*(1 - sigma(t1)))"  # t1 is taken
    assert lines[1] == "t3 = sigma(t2*(1 - t2))"


def test_more_than_anybody_reads_is_refused() -> None:
    e: Expr = s
    for k in range(1_600):
        e = b.add(e, b.var(f"x{k}"))
    with limits(tokens=3_000), pytest.raises(LimitError, match="the limit `tokens` is 3000"):
        unparse(e)


def test_depth_is_no_limit() -> None:
    deep: Expr = s
    for k in range(20_000):
        deep = b.sub(b.var(f"y{k}"), b.call("sigma", deep))
    written = plain(deep)
    assert written.startswith("y19999 - sigma(y19998 - sigma(")
    assert written.endswith("y0 - sigma(s)" + ")" * 19_999)
    program = unparse(deep)
    assert latex(program).count(r"\sigma(") == unicode(program).count("σ(") == 20_000


@pytest.mark.parametrize("formula", ["x*(1 + 1e-5000)", "x*2^20000*3^7000", f"{'123456789' * 600}/7*x"])
def test_numbers_beyond_what_python_prints_at_once(formula: str) -> None:
    f = sd.parse(formula)
    assert sd.parse(str(f), given=f) == f
    assert f.latex() and f.unicode() and sd.grad(f, "x").latex()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1.0507009873554805*x^2", "2.101401974710961*x"),
        ("0.044715*x^3", "0.134145*x^2"),
        ("exp(-0.000012*x)", "-0.000012*exp(-0.000012*x)"),
        ("0.7978845608*tanh(x) + 0.1070322244*x", "0.9049167852 - 0.7978845608*tanh(x)^2"),
        ("x^2/16", "x/8"),
        ("x^2/12345", "2*x/12345"),
        ("2*x^2/3", "4*x/3"),
    ],
)
def test_decimals_of_a_formula_stay_decimals(text: str, answer: str) -> None:
    f = sd.parse(text)
    g = sd.grad(f, "x")
    assert str(g) == answer
    assert sd.parse(answer, given=f) == g
