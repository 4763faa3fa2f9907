r"""LaTeX in: papers.txt has formulas as papers write them (LaTeX | types | the same in the language); what is refused stands in messages.txt."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdiff as sd
from symdiff.errors import LimitError, ParseError, SymdiffError
from symdiff.numeric import compile
from symdiff.syntax import latexin, parse

HERE = Path(__file__).parent
ROWS = [tuple(part.strip() for part in line.rsplit(" | ", 2)) for line in (HERE / "papers.txt").read_text(encoding="utf-8").splitlines()]
GRAMMAR = (HERE.parents[1] / "grammar" / "latex.lark").read_text(encoding="utf-8")
HOW = "after a change of the grammar: python -c 'from symdiff.syntax.latexin import write_tables; write_tables()'"


def letters(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", name)


def value(shape, sizes, rng):
    axes = [d if isinstance(d, int) else sizes.setdefault(d, 2 + len(sizes)) for d in shape]
    array = rng.uniform(0.1, 0.9, axes)
    if len(axes) == 2 and axes[0] == axes[1]:
        array = array @ array.T + np.eye(axes[0])
    return array if axes else float(array)


def opaque(*args):
    return np.sin(np.asarray(args[0])) * 0.3 + 0.5


def numbers(f, g):
    """The values of two formulas at the same random point; names are one if their letters are."""
    rng, sizes = np.random.default_rng(1), {}
    symbols = [{letters(name): (name, info.shape) for name, info in h.types.items()} for h in (f, g)]
    assert symbols[0].keys() == symbols[1].keys()
    at = [dict.fromkeys(h.functions, opaque) for h in (f, g)]
    for key, (name, shape) in symbols[1].items():
        array = value(shape, sizes, rng)
        at[0][symbols[0][key][0]] = array
        at[1][name] = array
    return [np.asarray(compile([h.expr])({**sizes, **point}), float) for h, point in zip((f, g), at, strict=True)]


@pytest.mark.parametrize(("latex", "types", "plain"), ROWS, ids=[row[0] for row in ROWS])
def test_a_paper_means_what_its_plain_text_means(latex: str, types: str, plain: str) -> None:
    declared = [t for t in types.split(";") if t.strip()]
    alone = not types or re.search(r": *(?:positive )?(?:matrix|vector|scalar)", plain)
    f, g = parse(latex, declarations=declared, latex=True), parse(plain, declarations=() if alone else declared)
    if f.expr == g.expr:
        return
    a, b = numbers(f, g)
    assert a.shape == b.shape and np.all(np.isfinite(b)) and np.allclose(a, b, rtol=1e-9)


def unsized(tex: str) -> str:
    """Without the sizes of ones: a number that spreads is typeset with ones without a size, as which it is read with one."""
    return re.sub(r"(\\mathbf\{1\})_\{[^{}]*\}", r"\1", tex)


def test_there_are_many() -> None:
    assert len(ROWS) > 300


@pytest.mark.parametrize("text", [row[0] for row in ROWS if re.search(r"\\[A-Za-z]", row[0])][::20])
def test_a_command_is_enough_to_be_read_as_latex(text: str) -> None:
    assert latexin.is_latex(text)
    types = next(row[1] for row in ROWS if row[0] == text)
    assert (
        parse(f"{types}; {text}" if types else text).expr == parse(text, declarations=[t for t in types.split(";") if t], latex=True).expr
    )


@pytest.mark.parametrize("text", ["max(1 - y*w.phi, 0)", "x'*A*x # a \\ b", "2*x_1^2", "[x > 0]*x"])
def test_formulas_are_no_latex(text: str) -> None:
    assert not latexin.is_latex(text)


# ------------------------------------------------------------------------------------------------------------ answers

FORMULAS = [
    ("max(1 - y*w.phi(x), 0)", "w"),
    ("X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))", "w"),
    ("norm2(A*x - y)^2", "x"),
    ("log(det(X'*X))", "X"),
    ("logdet(X'*X)", "X"),
    ("a'*inv(X)*b", "X"),
    ("p = softmax(W*x + b); -y.log(p)", "W"),
    ("score = w.phi(x); margin = y*score; max(1 - margin, 0)", "w"),
    ("w: vector(n); sum(i=1..m, log(1 + exp(-y[i]*w.x[i])))", "w"),
    ("x: vector(n); x[1]*x[2]^2", "x"),
    ("A: matrix(m,n); A[1,2]*A[2,1]", "A"),
    ("x: vector(n); s: scalar; sum(((x - mu)/s).^2)", "s"),
    ("x: vector(n); exp(-norm2(x))", "x"),
    ("X: matrix(m,n); sum(abs(X))", "X"),
    ("polygamma(1, 2*x) + lgamma(x) + gamma(x)", "x"),
    ("x: vector(n); prod(x)", "x"),
    ("if(abs(r) <= d, r^2/2, d*(abs(r) - d/2))", "r"),
    ("y*sigma(w_1*x + b_1)", "w_1"),
    ("C: symmetric matrix(m,m); tr(inv(X'*C*X)*A)", "X"),
    ("x: vector(n); log(sum(i=1..n, exp(x[i]))) + max(x) + norm1(x) + norminf(x)", "x"),
    ("theta_old*exp(-lambda*t)/1e-8", "t"),
]


@pytest.mark.parametrize(("text", "wrt"), FORMULAS)
def test_answers_are_fixed_points(text: str, wrt: str) -> None:
    f = sd.parse(text)
    for expr in (f, sd.jacobian(f, wrt)):
        again = sd.parse_latex(expr.latex(), given=f)
        assert unsized(again.latex()) == unsized(expr.latex())


def test_scalar_answers_as_another_reader_reads_them() -> None:
    reader = pytest.importorskip("latex2sympy2_extended")
    import sympy

    texts = [
        "x^2*exp(-x)",
        "log(1 + x^2)/(1 + y)",
        "sin(x)*cos(y)^2",
        "sqrt(1 + x^2)*y",
        "x^3/(y - x)^2",
        "exp(-x^2/2)*(y + 1)",
        "tanh(x*y)",
    ]
    for text in texts:
        f = sd.parse(text)
        g = sd.grad(f, "x")
        point = {"x": 0.7, "y": 1.9}
        theirs = reader.latex2sympy(re.sub(r"\\, ", "", g.latex()))
        theirs = complex(theirs.subs({sympy.Symbol(n, **s.assumptions0): point[n] for s in theirs.free_symbols for n in [s.name]}).evalf())
        ours = sd.parse_latex(g.latex(), given=f).compile("math")({n: v for n, v in point.items()})
        assert abs(theirs - ours) < 1e-9, text


# ------------------------------------------------------------------------------------------------------------ names, notes


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("W^{(1)} x", "matrix(m,n)", "W1"),
        ("W_1 x", "matrix(m,n)", "W1"),
        (r"\hat{\mathbf{y}}^\top x", "vector(n)", "y_hat"),
        (r"\theta_{\text{old}} x", "scalar", "theta_old"),
        (r"\lambda_{\max} x", "scalar", "lambda_max"),
        (r"\mathrm{margin}^2 x", "scalar", "margin"),
        (r"x^{*} x", "scalar", "x_star"),
        (r"\theta^{\text{old}} x", "scalar", "theta_old"),
        (r"\theta^\mathrm{old} x", "scalar", "theta_old"),
        (r"w^{new} x", "vector(n)", "w_new"),
        (r"\hat{x}^{\text{train}} x", "scalar", "x_hat_train"),
    ],
)
def test_names_are_compared_by_letters_and_digits(text: str, kind: str, name: str) -> None:
    assert name in parse(text, declarations=[f"{name}: {kind}"], latex=True).types


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        (r"\operatorname{tr}(A \log A)", True),
        (r"\operatorname{tr}(\log(A))", True),
        (r"M = A \log(B); \operatorname{tr}(M)", True),
        (r"-\sum_{ij} Y_{ij} \log(P_{ij})", False),
        (r"\mathbf{1}^\top (Y \odot \log P) \mathbf{1}", False),
        (r"\operatorname{tr}(\log(x^\top x) A)", False),
    ],
)
def test_the_logarithm_of_a_matrix_in_a_product_is_noted(text: str, noted: bool) -> None:
    assert any("that of the entries, not the logarithm of the matrix" in note for note in sd.parse_latex(text).notes) is noted


def test_a_word_as_exponent_says_which_one_it_is() -> None:
    f = sd.parse_latex(r"\|w^{\text{new}} - w^{\text{old}}\|^2")
    assert str(f) == "norm2(w_new - w_old)^2"
    assert r"`w^{\text{old}}` is a name of its own, not a power" in f.notes
    assert str(sd.parse_latex(r"\sum_i (x_i^{\text{train}})^2")) == "sum(x_train.^2)"
    for power in (r"x^{\mathrm{margin}}", r"x^{abc}", r"(a + b)^{\text{old}}", r"2^{\text{bits}}", r"x^{\text{a}}"):
        assert "^" in str(sd.parse_latex(power))
    given = sd.parse("x^old")  # a variable of the formula
    assert str(sd.parse_latex(given.latex(), given=given)) == "x^old"


def test_entries_and_names() -> None:
    assert str(sd.parse_latex("z_2", z="vector(n)")) == "z[2]"
    assert str(sd.parse_latex("z_2^2")) == "z2^2"
    assert str(sd.parse_latex("A_{12} + A_{2,1}", A="matrix(n,n)")) == "A[1,2] + A[2,1]"
    assert str(sd.parse_latex("x^{(1)}_2", x="matrix(n,d)")) == "x[1,2]"


def test_bars_are_what_their_operand_says() -> None:
    assert str(sd.parse_latex(r"\log|X^\top X|", X="matrix(m,n)")) == "logdet(X'*X)"
    assert str(sd.parse_latex(r"|X^\top X|")) == "det(X'*X)"  # only the types say that it is a matrix
    assert str(sd.parse_latex("|x|^2", x="scalar")) == "abs(x)^2"


def test_what_is_taken_for_granted_is_noted() -> None:
    assert parse(r"\sin 2\pi f t", latex=True).notes == [r"`\sin 2\pi f t` is read as `\sin(2\pi f t)`"]
    assert any("Frobenius" in note for note in parse(r"\|A\|", declarations=["A: matrix(n,n)"], latex=True).notes)


# ------------------------------------------------------------------------------------------------------------ questions


def test_a_derivative_in_front_is_the_question_of_the_command() -> None:
    assert parse(r"\nabla_w \|w\|^2", asked=True).question == ("w",)
    assert parse(r"\frac{\partial}{\partial \theta} \theta^2", asked=True).question == ("theta",)
    assert parse(r"\frac{d}{dx} x^2", asked=True).question == ("x",)
    assert parse(r"\frac{d}{c} x^2", asked=True).question == ()
    with pytest.raises(ParseError, match="is the question"):
        sd.parse(r"\nabla_w \|w\|^2")


def test_the_command_reads_latex() -> None:
    command = [sys.executable, "-m", "symdiff", r"\nabla_w \max(0, 1 - y w^\top x)", "-d", "w, x: vector(n)", "-d", "y: scalar"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "-[y*w.x < 1]*y*x"


# ------------------------------------------------------------------------------------------------------------ the machine


def test_the_kept_tables_are_those_of_the_grammar() -> None:
    assert json.loads(Path(latexin.TABLES).read_text(encoding="utf-8")) == json.loads(json.dumps(latexin.make_tables(GRAMMAR))), HOW


def test_nothing_of_latex_is_loaded_for_a_formula() -> None:
    code = "import sys; from symdiff.syntax import parse; parse('max(1 - y*w.phi, 0)'); print([m for m in sys.modules if 'latex' in m or m == 'lark'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    code = r"import sys; from symdiff.syntax import parse; parse(r'\frac{x}{2}'); print('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_long_and_deep_formulas() -> None:
    assert parse(" + ".join([rf"\frac{{x}}{{{k + 1}}} y" for k in range(3_000)]), latex=True).expr.shape == ()
    assert parse(r"\left(" * 5_000 + "x" + r"\right)" * 5_000, latex=True).expr.shape == ()
    assert parse(r"\sqrt{" * 5_000 + "x" + "}" * 5_000, latex=True).expr.shape == ()
    with pytest.raises(LimitError):
        parse("x" + "^{x" * 1_000 + "}" * 1_000, latex=True)
    for text in ("{" * 10_000, r"\frac" * 10_000, "_" * 1000, "|" * 1000, r"\left(" * 10_000, "^" * 100):
        with pytest.raises(SymdiffError):
            parse(text, latex=True)


PIECES = [
    "x", "w", "A", "1", "2", "0.5", "+", "-", "=", "<", "(", ")", "[", "]", "{", "}", "|", "_", "^", "&", ",", ";", "'", "/", "!", " ", r"\\", r"\frac", r"\sqrt",
    r"\sum", r"\prod", r"\log", r"\exp", r"\max", r"\top", r"\|", r"\left(", r"\right)", r"\mathbf{1}", r"\mathrm{softmax}", r"\hat", r"\text{if}", r"\cdot",
    r"\odot", r"\begin{cases}", r"\end{cases}", r"\nabla", r"\partial", r"\int", r"\in", r"\infty", r"\le", r"\{", r"\}", r"\langle", r"\rangle", "∑", "‖", "ᵢ", "²",
    "e", "I", "T", r"\phi", r"\sigma", "i", "{i=1}", "^{n}", "^{-1}", "^T", "_{ij}", "_2", r"\operatorname", r"\mathbb{R}", r"\quad", "$",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_anything_is_read_or_refused_with_a_place(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        parse(text, latex=True)
    except SymdiffError as error:
        assert error.message
        if error.span is not None:
            assert 0 <= error.span[0] <= error.span[1] <= len(error.text) + 1
        error.render()


# ---------------------------------------------------------------------------------------- entries that no sum runs over


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\frac{e^{x_i}}{\sum_j e^{x_j}}", "exp(x[i])/sum(exp(x))"),
        (r"-z_y + \log\sum_j e^{z_j}", "-z[y] + log(sum(exp(z)))"),
        (r"x_1 + \sum_{i=1}^n x_i^2", "x[1] + sum(x.^2)"),
        (r"w_0 + \sum_{j=1}^d w_j x_j", "w0 + w.x"),
        (r"\lambda_w \sum_i w_i^2", "lambda_w*sum(w.^2)"),
        (r"\langle A, B \rangle_F", "sum(A .* B)"),
        (r"\langle A, B \rangle", "sum(A .* B)"),
        (r"\langle u, v \rangle", "u.v"),
        (r"\mathbf{1}^\top x", "ones(size(x))'*x"),
    ],
)
def test_what_is_meant_without_declarations(text: str, plain: str) -> None:
    assert sd.parse(text).notes[-1] == f"read as LaTeX: {plain}"


@pytest.mark.parametrize(
    ("text", "gradient"),
    [
        (r"\sum_{i=1}^{m} \log(1 + e^{-y_i w^\top x_i})", "-x'*(y .* sigma(-y .* (x*w)))"),
        (r"\frac{1}{m}\sum_{i=1}^m \max(0, 1 - y_i w^\top x_i)", "-x'*(y .* [y .* (x*w) < 1])/m"),
        (r"\sum_i \max(0, 1 - y_i(w^\top x_i + b))", "-x'*(y .* [y .* (x*w + b) < 1])"),
        ("sum(i=1..m, max(0, 1 - y[i]*w'*x[i]))", "-x'*(y .* [y .* (x*w) < 1])"),
    ],
)
def test_a_row_times_an_example_is_its_score(text: str, gradient: str) -> None:
    """Undeclared, `x_i` beside `w'` is the i-th row of a matrix, as papers mean it, and no number that scales the row."""
    assert str(sd.grad(sd.parse(text), "w")) == gradient


@pytest.mark.parametrize(
    ("text", "gradient"),
    [
        (r"\sum_{i=1}^{N} \| y_i - W x_i \|_2^2", "2*(x*W' - y)'*x"),
        (r"\sum_i \| W x_i - y_i \|^2 + \lambda \|W\|_F^2", "2*(lambda*W + (x*W' - y)'*x)"),
        ("sum(i, norm2(y[i] - W*x[i])^2) + norm2(W)^2", "2*(W - (y - x*W')'*x)"),
        ("sum(i, norm2(W*x[i] + t - y[i])^2)", "2*(W*x' + t*ones(rows(x))' - y')*x"),
        ("sum(i, (y[i] - W*x[i])^2)", "2*(W*x - y).x"),
        ("sum(i, W*x[i])", "sum(x)"),
    ],
)
def test_a_matrix_times_an_example_is_a_vector(text: str, gradient: str) -> None:
    """Under a norm, or where W is a matrix anyway, `W*x[i]` is what `W*x` is; a sum of numbers needs no matrix."""
    assert str(sd.grad(sd.parse(text), "W")) == gradient


def test_a_mean_under_a_bar_is_a_name_of_its_own() -> None:
    text = r"\frac{1}{n}\sum_{i=1}^n (x_i - \bar{x})^2"
    assert any("`x_bar` is a name of its own" in note for note in sd.parse(text).notes)
    assert not any("of its own" in note for note in sd.parse(r"\bar{x} = \frac{1}{n}\sum_i x_i; " + text).notes)
