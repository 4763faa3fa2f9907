r"""No word of a program in typeset mathematics: every function of the table has the field's notation, and it reads back with its value.

`FIELD` are the words that papers and textbooks set upright themselves; a function whose notation has another word fails here, so that it is
decided on and not forgotten.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

import symdiff as sd
from symdiff import printers
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, mathml, typst
from symdiff.table import BUILT_IN, TABLE
from tests.printers.reader import Unknown
from tests.printers.test_read_back import NOTATIONS, fault, node

FIELD = frozenset(
    [
        "sign",
        "sinc",
        "logit",
        "round",
        "sum",
        "mean",
        "var",
        "std",
        "softmax",
        "logsumexp",
        "erf",
        "erfc",
        "arccot",
        "arcsec",
        "arccsc",
        "sech",
        "csch",
        "coth",
        "arcsinh",
        "arccosh",
        "arctanh",
        "arccoth",
        "arcsech",
        "arccsch",
        "atan2",
        "softplus",
        "softsign",
        "hardtanh",
        "step",
        "clip",
        "huber",
        "ReLU",
        "LeakyReLU",
        "ELU",
        "SELU",
        "SiLU",
        "Mish",
        "GELU",
        "stopgrad",
        "tr",
        "diag",
        "vec",
        "vech",
        "tril",
        "triu",
        "chol",
        "eigvec",
        "polar",
        "solve",
        "D",
        "dim",
    ]
)
P = np.array([[2.0, 0.5, 0.25], [0.5, 1.5, -0.5], [0.25, -0.5, 3.0]])
SIZED = {
    "m n": "A: matrix(2,3)",
    "n n": "P: psd matrix(3,3)",
    "m m": "P: psd matrix(3,3)",
    "n p": "Q: matrix(3,3)",
    "n": "x: vector(3)",
    "*": "A: matrix(2,3)",
}
VALUES = {
    "a": 0.4, "b": 0.7, "c": 0.9, "k": 2, "x": np.array([0.3, 0.6, 0.9]), "y": np.array([0.2, 0.5, 0.8]), "v": np.arange(1.0, 7), "A": np.arange(1.0, 7).reshape(2, 3) / 4,
    "B": np.arange(2.0, 8).reshape(2, 3) ** 0.5, "P": P, "Q": P @ np.diag([1.0, 2, 0.5]), "u": np.array([1.0, -1.0]),
}  # fmt: skip
# How the arguments of a function of tensors are written: by its name, where its shape does not say it.
TEXTS = {
    "unvech": "v: vector(6); unvech(v)", "duplication_of": "duplication(3)", "matrix_power": "P: psd matrix(3,3); P^3", "solve_sylvester": "P, Q: matrix(3,3); solve_sylvester(P, Q, Q)",
    "expm_frechet": "P, Q: matrix(3,3); expm_frechet(P, Q)", "logm_frechet": "P, Q: matrix(3,3); logm_frechet(P, Q)", "polar_adjoint": "P, Q: matrix(3,3); polar_adjoint(P, Q)",
    "cross": "x, y: vector(3); cross(x, y)", "solve": "P: psd matrix(3,3); x: vector(3); solve(P, x)", "cross_entropy": "x, y: vector(3); cross_entropy(x, y)",
    "kl": "x, y: vector(3); kl(x, y)", "mse": "x, y: vector(3); mse(x, y)", "normp": "x: vector(3); norm(x, 3)", "spherical_jn": "spherical_jn(1, a)",
    "polygamma": "polygamma(2, a)", "var": "x: vector(3); var(x, 1)", "std": "x: vector(3); std(x, 1)", "if": "if(a > b, a, b)", "arcsec": "arcsec(1/a)", "arccsc": "arccsc(1/a)",
    "arccosh": "arccosh(1/a)", "arccoth": "arccoth(1/a)",
}  # fmt: skip
BUILT = [
    "x: vector(3); u: vector(2); concat(x, u)", "x: vector(3); u: vector(2); softmax(concat(x, 2*u))", "P: matrix(3,3); x: vector(3); hcat(P, x)*concat(x, 2)", "P: matrix(3,3); x: vector(3); vcat(P, x')*x",
    "A, B: matrix(2,3); hcat(A, B)", "x: vector(3); x[2:3]", "A: matrix(2,3); A[1:2,:]'", "x: vector(3); vector(3, 3) .* x", "A: matrix(2,3); rowmax(A*a)*ones(3)' + A",
    "A: matrix(2,3); A - rowmean(A)*ones(3)'", "A: matrix(2,3); sum(cumsum(A) .* A)", "P: matrix(3,3); x: vector(3); prod(P*x)*x", "P: matrix(3,3); expm(exp(P)) - exp(expm(P))",
    "P, Q: matrix(3,3); inv(sqrtm(P))*expm(Q)' + logm(P)^2", "mod(a + b, b)*a + mod(a, b) - mod(a, -b)", "x: vector(3); mod(x, a) .* x", "[mod(a, b) > 0.1]*a", "exp2(a)^2*3*exp2(b)",
    "A: matrix(2,3); u: vector(2); rowlogsumexp(A).u", "A: matrix(2,3); sum(colmax(A) .^ 2)", "x: vector(3); var(x, 1)*a + std(x)",
]  # fmt: skip
CONSTANT = frozenset(("size", "rows", "cols", "tensor", "transpose"))  # built in, and not set as a function


def texts():
    """A formula for every function of the table that can be written, and more of those that are built in."""
    for row in TABLE:
        if row.name in TEXTS:
            yield TEXTS[row.name]
        elif row.relation or row.name.startswith("_"):
            continue
        elif row.elementwise or (row.macro and not row.shape and all(a in "amrybd" for a in row.args)):
            yield f"{row.name}({', '.join('abc'[: len(row.args) - len(row.defaults)])})"
        else:
            declared = SIZED["m n" if row.name.startswith("row") else " ".join(row.core()[0][0])]
            yield f"{declared}; {row.spelled or row.name}({declared[0]})"
    yield from BUILT


TEXT = sorted(set(texts()))
UNREAD = 6  # texts that the reader cannot put a value to: the adjoint of the polar factor, the matrix of vech


@pytest.mark.parametrize("text", TEXT)
def test_words_are_those_of_the_field(text):
    f = sd.parse(text)
    for e in (f, *[sd.jacobian(f, name) for name in f.variables if has_derivative(f, name)]):
        program = unparse(node(e))
        found = set(re.findall(r"\\operatorname\*?\{([^}]*)\}|\\mathrm\{(\w{2,})\}", latex(program)))
        words = {w for pair in found for w in pair if w} - {"B"}
        words |= set(re.findall(r'op\("([^"]*)"', typst(program))) | set(re.findall(r"<mi>([^<]*_[^<]*)</mi>", mathml(program)))
        assert words <= FIELD, (text, latex(program))


def has_derivative(f, name):
    try:
        sd.jacobian(f, name)
    except sd.SymdiffError:
        return False
    return True


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_function_reads_back(notation):
    unread = []
    for text in TEXT:
        f = sd.parse(text)
        try:
            assert fault(f, f, {name: VALUES[name] for name in f.variables}, notation) == "", text
        except Unknown as what:
            unread.append((text, str(what)))
    assert len(unread) <= UNREAD, unread


def test_every_function_is_among_the_texts():
    named = {name for text in TEXT for name in re.findall(r"\w+(?=\()", text)}
    assert {row.spelled or row.name for row in TABLE if not row.relation and row.name[0] != "_"} <= named | set(TEXTS)
    assert {"concat", "hcat", "vcat", "cumsum"} <= named & (set(BUILT_IN) | {row.name for row in TABLE})


@pytest.mark.parametrize(
    "text", ["sum(i<j, log(abs(x[i] - x[j])))", "2*sum(i<j, x[i]*x[j]) + 1", "sum(i=1..n, j != i, x[i]*x[j])", "prod(i<j, x[i] - x[j])^2"]
)
def test_pairs_are_written_in_every_notation(text: str) -> None:
    """The formula as it was typed stands in handouts: it is no answer, and has sums over pairs."""
    f = sd.parse(text)
    page = sd.handout(f, "x")
    for notation in ("html", "markdown", "latex", "typst"):
        assert page.show(notation)
    assert sd.parse(printers.text(f.reading.program)) == f
