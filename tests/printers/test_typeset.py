"""Typst and MathML: formula, what Typst reads, what a browser reads (without the `<math>` around it)."""

import xml.etree.ElementTree as ET

import pytest

import symdiff as sd
from symdiff.expr import build as b
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, mathml, typst
from symdiff.syntax import parse
from symdiff.syntax.parse import program

TYPES = "x, x_hat, y: vector(n); A: matrix(n,n); V_2: matrix(m,n); u: vector(m); lambda, k1, a, b: scalar; "
X = '<mo rspace="0.167em">\u2062</mo>'  # times
F = "<mo>\u2061</mo>"  # function application
# fmt: off
CASES = [
    ("-[a > b]*b/2",
     "frac(-bold(1)[a > b] b, 2)",
     f"<mfrac><mrow><mo>−</mo><mn>𝟏</mn><mrow><mo>[</mo><mi>a</mi><mo>&gt;</mo><mi>b</mi><mo>]</mo></mrow>{X}<mi>b</mi></mrow><mn>2</mn></mfrac>"),
    ("V_2'*u",
     "V_(2)^(top) u",
     f"<msup><mrow><msub><mi>V</mi><mn>2</mn></msub></mrow><mo>⊤</mo></msup>{X}<mi>u</mi>"),
    ("inv(A)'*x",
     "A^(-top) x",
     f"<msup><mi>A</mi><mrow><mo>−</mo><mo>⊤</mo></mrow></msup>{X}<mi>x</mi>"),
    ("-(a + b)/(3*a)",
     "-frac(a + b, 3 a)",
     f"<mo>−</mo><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mrow><mn>3</mn>{X}<mi>a</mi></mrow></mfrac>"),
    ("sqrt(lambda^k1)*3",
     "sqrt(lambda^(k_(1))) dot 3",
     "<msqrt><msup><mi>λ</mi><mrow><msub><mi>k</mi><mn>1</mn></msub></mrow></msup></msqrt><mo>⋅</mo><mn>3</mn>"),
    ("if(not a >= 1, 1e-20, -b)",
     'cases(10^(-20) & "if " not a >= 1, -b & "otherwise")',
     ("<mrow><mo>{</mo><mtable><mtr><mtd><msup><mn>10</mn><mrow><mo>−</mo><mn>20</mn></mrow></msup></mtd>"
     "<mtd><mtext>if\xa0</mtext><mo>¬</mo><mi>a</mi><mo>≥</mo><mn>1</mn></mtd></mtr>"
     "<mtr><mtd><mo>−</mo><mi>b</mi></mtd><mtd><mtext>otherwise</mtext></mtd></mtr></mtable></mrow>")),
    ("sum(i=1..n, y[i]*(x.A[i])^3)",
     "sum_(i=1)^(n) y_(i) (x dot A_(i))^(3)",
     (f"<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msub><mi>y</mi><mi>i</mi></msub>{X}"
     "<msup><mrow><mrow><mo>(</mo><mi>x</mi><mo>⋅</mo><msub><mi>A</mi><mi>i</mi></msub><mo>)</mo></mrow></mrow><mn>3</mn></msup>")),
    ("sum(i=1..n, (x.A[i] - y[i])^3*i)",
     "sum_(i=1)^(n) (x dot A_(i) - y_(i))^(3) i",
     ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"
     "<msup><mrow><mrow><mo>(</mo><mi>x</mi><mo>⋅</mo><msub><mi>A</mi><mi>i</mi></msub><mo>−</mo><msub><mi>y</mi><mi>i</mi></msub><mo>)</mo></mrow></mrow><mn>3</mn></msup>"
     f"{X}<mi>i</mi>")),
    ("tensor(i=1..n, j=1..n, k=1..n, x[i]*A[j,k])",
     "[x_(i) A]_(i=1 dots n)",
     (f"<msub><mrow><mrow><mo>[</mo><msub><mi>x</mi><mi>i</mi></msub>{X}<mi>A</mi><mo>]</mo></mrow></mrow>"
     "<mrow><mi>i</mi><mo>=</mo><mn>1</mn><mo>…</mo><mi>n</mi></mrow></msub>")),
    ("x .^ 2 ./ x_hat",
     'x^(⊙ 2) ⊘ hat(x)',
     "<msup><mi>x</mi><mrow><mo>⊙</mo><mn>2</mn></mrow></msup><mo>⊘</mo><mover accent=\"true\"><mi>x</mi><mo>^</mo></mover>"),
    ("relu(a)*f''(a)",
     "op(\"ReLU\")(a) f''(a)",
     f"<mi>ReLU</mi>{F}<mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow>{X}<mi>f</mi><mo>′</mo><mo>′</mo>{F}<mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow>"),
    ("norm1(x)*log2(a)",
     "norm(x)_1 log_2(a)",
     (f"<msub><mrow><mo>‖</mo><mi>x</mi><mo>‖</mo></mrow><mn>1</mn></msub>{X}"
     f"<msub><mi>log</mi><mn>2</mn></msub>{F}<mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow>")),
    ("A[1,:]'*ones(n)",
     "A_(1,:)^(top) bold(1)_(n)",
     f"<msup><mrow><msub><mi>A</mi><mrow><mn>1</mn><mo>,</mo><mo>:</mo></mrow></msub></mrow><mo>⊤</mo></msup>{X}<msub><mn>𝟏</mn><mi>n</mi></msub>"),
]
# fmt: on
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3, "mroot": 2}


@pytest.mark.parametrize(("formula", "for_typst", "for_browsers"), CASES, ids=[c[0] for c in CASES])
def test_typeset(formula: str, for_typst: str, for_browsers: str) -> None:
    program = unparse(parse(TYPES + formula).expr)
    assert typst(program) == for_typst
    found = mathml(program)
    assert (
        found.replace(' stretchy="false"', "") == f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{for_browsers}</math>'
    )
    for element in ET.fromstring(found).iter():
        wanted = CHILDREN.get(element.tag.rpartition("}")[2])
        assert wanted is None or len(element) == wanted


def test_the_size_of_a_vector_is_an_element_that_browsers_know() -> None:
    found = mathml(unparse(sd.parse("sum(s)*size(s)").expr))
    assert "<mi>dim</mi>" in found
    assert not [x.tag for x in ET.fromstring(found).iter() if x.tag.endswith("}m")]


def test_bindings_that_an_answer_introduces_stand_in_front() -> None:
    program = unparse(b.add(b.name("h_1", b.call("sigma", b.var("a")), given=False), b.ONE))
    assert typst(program) == "h_(1) = sigma(a); quad h_(1) + 1"
    assert "<mo>=</mo><mi>σ</mi>" in mathml(program)
    assert latex(program) == r"h_{1} = \sigma(a); \quad h_{1} + 1"


def test_names_mean_nothing_to_the_notation() -> None:
    program = unparse(b.add(b.var("sqrt"), b.var('a"<&')))
    assert typst(program) == '"sqrt" + "a\\"<&"'
    assert ET.fromstring(mathml(program))[2].text == 'a"<&'
    assert typst(unparse(b.opaque("Dphi", [b.var("a")]))) == "D phi(a)"


def test_expressions_have_both() -> None:
    e = sd.scalars("w")
    assert (e.typst(), e.mathml()) == ("w", '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mi>w</mi></math>')


def test_vectors_of_ones_and_zeros_as_they_are_typed():
    for typed, shown in (
        ("vector(1)", r"\mathbf{1}"),
        ("vector(1, n)", r"\mathbf{1}_{n}"),
        ("matrix(0, m, n)", r"\mathbf{0}_{m \times n}"),
    ):
        assert latex(program(typed)) == shown
    assert latex(program("vector(2, n)")) == r"2 \, \mathbf{1}_{n}"


def test_what_only_programs_have_words_for_is_typeset_in_signs():
    """Running sums, the numbers of an index, functions that spare digits."""
    shown = {
        "log1p(x)": r"\log(1 + x)",
        "A: matrix(m,n); 2*expm1(A)": r"2 \, (\exp^{\odot }(A) - \mathbf{1} \, \mathbf{1}^{\top})",
        "x, y: vector(n); logaddexp(x, y)": r"\log(\exp(x) + \exp(y))",
        "xlogy(x, y)": r"x \, \log(y)",
        "x: vector(n); cumprod(x) .* 2": r"\left[\left(\prod_{j=1}^{i} x_{j}\right) \cdot 2\right]_{i=1 \ldots n}",
        "a + sum(i=1..n, x[i]^i) + b": r"a + \left(\sum_{i=1}^{n} x_{i}^{i}\right) + b",
        "A, S: matrix(n,n); A*3.5.^S": r"A \, 3.5^{\odot S}",
        "A: matrix(m,n); x: vector(n); -colsum(A) .* x": r"(-A^{\top} \, \mathbf{1}) \odot x",
        "x, y, z: vector(n); x.y ./ z": r"(x \cdot y) \oslash z",
    }
    assert {text: sd.parse(text).latex() for text in shown} == shown
    assert sd.grad(sd.parse("sum(t=1..T, gamma^t*r[t])"), "gamma").latex() == r"\sum_{i=1}^{T} i \, r_{i} \, \gamma^{i - 1}"
