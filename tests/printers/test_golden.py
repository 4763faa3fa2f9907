"""Formula, answer as text, as Unicode, as LaTeX. The text is what is parsed, so that it is also a round trip."""

import pytest

from symdiff.notation.trees import length
from symdiff.notation.unparse import unparse, unparse_program
from symdiff.printers import latex, text, unicode
from symdiff.syntax import parse

# fmt: off
CASES = [
    ('a^2',
     '2*a',
     '2*a',
     r'2 \, a'),
    ('max(a, b)',
     '[a > b]',
     '[a > b]',
     r'\mathbf{1}[a > b]'),
    ('sigma(a)',
     'sigma(a)*(1 - sigma(a))',
     'σ(a)*(1 - σ(a))',
     r'\sigma(a) \, (1 - \sigma(a))'),
    ('b = a^2; b^2',
     '4*a*b',
     '4*a*b',
     r'4 \, a \, b'),
    ('max(1 - y*w.phi, 0)',
     '-[y*w.phi < 1]*y*phi',
     '-[y*w·φ < 1]*y*φ',
     r'-\mathbf{1}[y \, (w \cdot \phi) < 1] \, y \, \phi'),
    ('score = w.phi(x); margin = y*score; max(1 - margin, 0)',
     '-[margin < 1]*y*phi(x)',
     '-[margin < 1]*y*φ(x)',
     r'-\mathbf{1}[\mathrm{margin} < 1] \, y \, \phi(x)'),
    ('(w.phi(x) - y)^2',
     '2*(w.phi(x) - y)*phi(x)',
     '2*(w·φ(x) - y)*φ(x)',
     r'2 \, (w \cdot \phi(x) - y) \, \phi(x)'),
    ('h1 = sigma(V1*phi(x)); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2',
     '2*residual*h3',
     '2*residual*h₃',
     r'2 \, \mathrm{residual} \, h_{3}'),
    ('h1 = sigma(V1*phi(x)); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2',
     "2*residual*((V3'*(w .* h3 .* (1 - h3))) .* h2 .* (1 - h2))*h1'",
     '2*residual*((V₃ᵀ*(w ⊙ h₃ ⊙ (1 - h₃))) ⊙ h₂ ⊙ (1 - h₂))*h₁ᵀ',
     r'2 \, \mathrm{residual} \, ((V_{3}^{\top} \, (w \odot h_{3} \odot (1 - h_{3}))) \odot h_{2} \odot (1 - h_{2})) \, h_{1}^{\top}'),
    ('a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))',
     '(a - y)*x',
     '(a - y)*x',
     r'(a - y) \, x'),
    ('X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))',
     "-X'*(y .* sigma(-y .* (X*w)))",
     '-Xᵀ*(y ⊙ σ(-y ⊙ (X*w)))',
     r'-X^{\top} \, (y \odot \sigma(-y \odot (X \, w)))'),
    ("0.5*x'*A*x",
     "0.5*(A + A')*x",
     '0.5*(A + Aᵀ)*x',
     r'0.5 \, (A + A^{\top}) \, x'),
    ("0.5*x'*A*x",
     "(A + A')*x/2",
     '(A + Aᵀ)*x/2',
     r'\frac{(A + A^{\top}) \, x}{2}'),
    ('norm2(A*x - y)^2',
     "2*A'*(A*x - y)",
     '2*Aᵀ*(A*x - y)',
     r'2 \, A^{\top} \, (A \, x - y)'),
    ('norm2(A*x - y)',
     "A'*(A*x - y)/norm2(A*x - y)",
     'Aᵀ*(A*x - y)/‖A*x - y‖',
     r'\frac{A^{\top} \, (A \, x - y)}{\lVert A \, x - y \rVert}'),
    ("tr(A*X'*B*X*C)",
     "B*X*C*A + B'*X*A'*C'",
     'B*X*C*A + Bᵀ*X*Aᵀ*Cᵀ',
     r'B \, X \, C \, A + B^{\top} \, X \, A^{\top} \, C^{\top}'),
    ('log(det(inv(X)))',
     "-inv(X)'",
     '-inv(X)ᵀ',
     r'-X^{-\top}'),
    ('y: onehot vector(k); -y.log(softmax(z))',
     'softmax(z) - y',
     'softmax(z) - y',
     r'\operatorname{softmax}(z) - y'),
    ('norm1(A*x - y)',
     "A'*sign(A*x - y)",
     'Aᵀ*sign(A*x - y)',
     r'A^{\top} \, \operatorname{sign}(A \, x - y)'),
    ('relu(s)^3',
     '3*relu(s)^2',
     '3*relu(s)²',
     r'3 \, \operatorname{ReLU}(s)^{2}'),
    ("D: symmetric matrix(n,n); -exp(-(x - x0)'*D*(x - x0))",
     "2*exp(-(x - x0)'*D*(x - x0))*D*(x - x0)",
     '2*exp(-(x - x₀)ᵀ*D*(x - x₀))*D*(x - x₀)',
     r'2 \, \exp(-(x - x_{0})^{\top} \, D \, (x - x_{0})) \, D \, (x - x_{0})'),
    ('x: vector(n); x/norm2(x)',
     "(eye - x*x'/norm2(x)^2)/norm2(x)",
     '(eye - x*xᵀ/‖x‖²)/‖x‖',
     r'\frac{I - \frac{x \, x^{\top}}{\lVert x \rVert^{2}}}{\lVert x \rVert}'),
    ('x: vector(n); softmax(x)',
     "p = softmax(x); diag(p) - p*p'",
     'p = softmax(x); diag(p) - p*pᵀ',
     r'p = \operatorname{softmax}(x); \quad \operatorname{diag}(p) - p \, p^{\top}'),
    ('X: matrix(m,n); 1/m*norm2(X*w - y)^2 + lambda/2*norm2(w)^2',
     "2/m*X'*(X*w - y) + lambda*w",
     '2/m*Xᵀ*(X*w - y) + λ*w',
     r'\frac{2}{m} \, X^{\top} \, (X \, w - y) + \lambda \, w'),
    ('q: positive vector(n); p: vector(n); sum(p .* log(p ./ q))',
     '-p ./ q',
     '-p ./ q',
     r'-p \oslash q'),
    ('if(x > 0, x^2, sin(x))',
     'if(x > 0, 2*x, cos(x))',
     'if(x > 0, 2*x, cos(x))',
     r'\begin{cases} 2 \, x & \text{if } x > 0 \\ \cos(x) & \text{otherwise} \end{cases}'),
    ('sum(i=1..m, max(1 - y[i]*w.phi[i], 0))',
     'sum(i=1..m, max(1 - y[i]*w.phi[i], 0))',
     'sum(i=1..m, max(1 - y[i]*w·φ[i], 0))',
     r'\sum_{i=1}^{m} \max(1 - y_{i} \, (w \cdot \phi_{i}), 0)'),
]
# fmt: on


@pytest.mark.parametrize(("formula", "plain", "pretty", "tex"), CASES)
def test_answer(formula: str, plain: str, pretty: str, tex: str) -> None:
    f = parse(formula).expr
    answer = parse(plain, given=f).expr
    program = unparse(answer)
    assert text(program) == plain
    assert unicode(program) == pretty
    assert latex(program) == tex
    assert parse(pretty, given=f).expr is answer


@pytest.mark.parametrize(("formula", "plain", "pretty", "tex"), CASES)
def test_program_parses_alone(formula: str, plain: str, pretty: str, tex: str) -> None:
    answer = parse(plain, given=parse(formula).expr).expr
    complete = text(unparse_program(answer))
    again = parse(complete).expr
    assert len(again.shape) == len(answer.shape)
    assert text(unparse_program(again)) == complete


def test_program_declares_variables_functions_and_bindings() -> None:
    f = parse("A: psd matrix(n,n); score = w.phi(x); y*score + x'*A*x").expr
    assert text(unparse_program(f)) == (
        "y: scalar; w: vector(m); x: vector(n); A: psd matrix(n, n); phi: vector(n) -> vector(m); score = w.phi(x); y*score + x'*A*x"
    )


def test_expanded_names_are_written_out() -> None:
    f = parse("m = y*w.x; h = [m < 1]; h*m").expr
    assert text(unparse(f)) == "h*m"
    assert text(unparse(f, expand=True)) == "[y*w.x < 1]*(y*w.x)"


@pytest.mark.parametrize(
    ("plain", "tokens"),
    [
        ("-[y*w.phi < 1]*y*phi", 14),
        ("p = softmax(x); diag(p) - p*p'", 11),
        ("max(1, 2.5)", 3),
        ("x[1] + f''(s)", 9),
        ("sum(i, x[i])", 6),
    ],
)
def test_length_counts_what_a_reader_sees(plain: str, tokens: int) -> None:
    f = parse("w, phi: vector(n); f(s) + norm2(x) + w.phi*y").expr
    program = parse(plain, given=f).program
    assert length(program) == tokens
