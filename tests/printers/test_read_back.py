r"""The typeset LaTeX, read back by an independent reader (`reader.py`), has the value of the formula: over all cases, formula and answer.

So a bracket that is lost, ones that are left out, or two names with one sign cannot hide. The reader itself is tested with planted faults.
"""

from __future__ import annotations

import os
import re
import warnings

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr.walk import bindings
from symdiff.notation.unparse import unparse
from symdiff.numeric import evaluate
from symdiff.printers import latex, mathml, typst
from tests.cases import test_cases as cases
from tests.printers.notations import from_mathml, from_typst
from tests.printers.reader import Reader, Unknown, Unreadable

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
    ]
)
# Functions, and names of two kinds, that the reader does not know; how many texts there may be, so that it cannot grow unseen.
UNREAD = 200


def look(name):
    """How LaTeX shows a name."""
    found = re.fullmatch(r"([A-Za-z]+)(\d*)(?:_(\w+))?", name)
    if found is None:
        return rf"\mathrm{{{name}}}"
    stem, digits, rest = found.groups(default="")
    below = [*([digits] if digits else []), *[p if p.isdigit() else letter(p) for p in rest.split("_") if p]]
    return letter(stem) + (f"_{{{','.join(below)}}}" if below else "")


def letter(stem):
    return "\\" + stem if stem in GREEK else stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


def node(f):
    """The node of a formula, or itself."""
    return getattr(f, "expr", f)


def read(text, values, shape=None):
    Reader.opaque = frozenset(sign for sign, value in values.items() if callable(value))
    return Reader(values).read(text, shape)


NOTATIONS = {"latex": latex, "mathml": lambda p: from_mathml(mathml(p)), "typst": lambda p: from_typst(typst(p))}


def fault(e, f, values, notation="latex"):
    """What is wrong with a notation of e, an expression over the letters and names of f; "" if nothing. Unknown where it cannot be read."""
    want = np.asarray(e.compile()(values), dtype=float)
    signs = {look(name): value for name, value in values.items()}
    known = {name: b for name, b in bindings([node(f)]).items() if name not in values}
    signs |= {look(name): np.asarray(evaluate(b.args[0], values), dtype=float) for name, b in known.items()}
    text = ""
    try:
        text = NOTATIONS[notation](unparse(node(e)))
        got = read(text, signs, want.shape)
    except Unreadable as reason:
        return f"{text}: {reason}"
    same = got.size == want.size and np.allclose(got.reshape(want.shape), want, rtol=1e-7, atol=1e-9, equal_nan=True)
    return "" if same else f"{text} has the value {got}, not {want}"


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_case_reads_back(notation):
    faults, unread, count = [], [], 0
    first, step = (
        (0, 1) if os.environ.get("SYMDIFF_LONG") else (list(NOTATIONS).index(notation), len(NOTATIONS))
    )  # a case in one notation; .ci/long: in all
    for ident, case in list(cases.CASES.items())[first::step]:
        if ident in cases.OPEN:
            continue
        f, g = cases.solved(ident)
        values = cases.draw(case, 0)
        for e in (f, g):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found = fault(e, f, values, notation)
                except Unknown as what:
                    unread.append((ident, str(what)))
                    continue
            count += 1
            if found:
                faults.append(f"{ident}: {found}")
    assert not faults, "\n".join(faults)
    assert count > 1600 // step
    assert len(unread) <= UNREAD // step, unread


A, X, S = np.arange(1.0, 7).reshape(2, 3) / 3, np.arange(1.0, 7).reshape(2, 3) ** 0.5, np.array([[2.0, 0.5], [0.3, 1.0]])
VALUES = {
    "A": A,
    "X": X,
    "S": S,
    "x": [1.0, -2.0, 0.5],
    "y": [0.3, 0.7, 2.0],
    "z": [2.0, -1.0, 0.25],
    "u": [1.5, 2.5],
    "a": 1.3,
    "b": 0.4,
    "c": 2.2,
    "x1": 7.0,
    "T": np.array([[1.0, -0.5], [0.2, 3.0]]),
}


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    "text",
    [
        "2*(-a*b)", "a*(-a*b)*b", "-(-a*b)", "a - (-b*c)", "a/(-b*c)", "-(a - b)*c", "a^(-b)", "(-a)^2", "a*(b/(-c))", "(a^b)^c", "a^(b^c)",
        "x: vector(3); y: vector(3); z: vector(3); A: matrix(2,3); A*(x'*y*z)", "x, y, z: vector(3); (x'*y)*z", "x, y, z: vector(3); x'*y*z.x",
        "A: matrix(2,3); A + 1", "A: matrix(2,3); 2*A - a", "A: matrix(2,3); u: vector(2); A' * (u + b)", "A: matrix(2,3); A .* (1 - A)",
        "A, X: matrix(2,3); norm2(A - X)^2", "A: matrix(2,3); sum(exp(A) + abs(A))", "A: matrix(2,3); sqrt(A .* A)", "S: matrix(2,2); sum(exp(S*S))",
        "x: vector(3); x1*x[1] + x[2]", "x: vector(3); x - mean(x)", "x: vector(3); x .* [x > 0] + 1", "x: vector(3); cumsum(x)",
        "x: vector(3); sum(i=2..3, (x[i] - x[i-1])^2)", "A: matrix(2,3); rowsum(A)", "A: matrix(2,3); colsum(A)*b", "x: vector(3); vector(a, 3) .* x",
        "x: vector(3); if(x > 0, x, -x)*a", "S: matrix(2,2); inv(S)'*S^3 - b*eye", "u: vector(2); S: matrix(2,2); u'*S*u*S", "a/b/c*a", "(a + b)/(a/b)",
        "S, T: matrix(2,2); b*kron(S + T, -S)", "A: matrix(2,3); X: matrix(2,3); kron(A, X)'", "S, T: matrix(2,2); u: vector(4); kron(S*T, T)*u",
        "S, T: matrix(2,2); a*kron(kron(S, T), S)", "x, y, z: vector(3); cross(x, y - z).z", "x, y, z: vector(3); a*cross(x, cross(y, z)) - cross(z, -x)",
        "x, y: vector(3); cross(x, y) .* x", "A: matrix(2,3); u: vector(2); pinv(A)*u", "A: matrix(2,3); pinv(A - b*A)'", "A: matrix(2,3); pinv(A)*pinv(A)'",
        "x: vector(3); y: vector(3); (x .* y)*(x.y)", "x, y: vector(3); -x.y*a", "x,y: vector(3); (-x).y", "A: matrix(2,3); x: vector(3); -(A*x)/a", "max(-a*b, c)*(-a)",
    ],
)  # fmt: skip
def test_brackets_and_ones_read_back(text, notation):
    f = sd.parse(text)
    values = {name: np.arange(4.0) if text.endswith("*u") and "vector(4)" in text and name == "u" else VALUES[name] for name in f.variables}
    assert fault(f, f, values, notation) == ""


# What was printed once, or might be, and is not what was meant: the formula, and a LaTeX text of it that says something else, or nothing.
PLANTED = [
    ("2*(-a*b)", r"2 \, -a \, b"),
    ("a - (b - c)", r"a - b - c"),
    ("(a + b)*c", r"a + b \, c"),
    ("A: matrix(2,3); A + 1", r"A + 1"),
    ("A: matrix(2,3); A - a", r"A - a \, I"),
    ("S: matrix(2,2); S + a", r"S + a \, I"),
    ("A: matrix(2,3); x, y, z: vector(3); A*(x'*y*z)", r"A \, x^{\top} \, y \, z"),
    ("x, y: vector(3); x*y'", r"x \, y"),
    ("x, y: vector(3); x*y'", r"x^{\top} \, y"),
    ("A: matrix(2,3); sum(exp(A))", r"\operatorname{sum}(\exp(A))"),
    ("A: matrix(2,3); sum(abs(A))", r"\operatorname{sum}(\lvert A \rvert)"),
    ("A: matrix(2,3); norm2(A)", r"\lVert A \rVert"),
    ("x: vector(3); x1*x[1]", r"x_{1} \, x_{1}"),
    ("x, y: vector(3); x .* y", r"x \, y"),
    ("S: matrix(2,2); S .* S", r"S^{2}"),
    ("S: matrix(2,2); S'*S", r"S \, S"),
    ("S: matrix(2,2); inv(S)", r"\frac{1}{S}"),
    ("a/(b*c)", r"\frac{a}{b} \, c"),
    ("(-a)^2", r"-a^{2}"),
    ("x: vector(3); max(x, 0)", r"\max(x)"),
    ("[a > b]*c", r"\mathbf{1}[b > a] \, c"),
    ("x: vector(3); x[2]", r"x_{3}"),
    ("S, T: matrix(2,2); kron(S, T)", r"T \otimes S"),
    ("S, T: matrix(2,2); kron(S, T)", r"S \, T"),
    ("x, y: vector(3); cross(x, y)", r"y \times x"),
    ("A: matrix(2,3); pinv(A)", r"A^{\top}"),
    ("S: matrix(2,2); expm(S)", r"\exp^{\odot }(S)"),
    ("S: matrix(2,2); exp(S)", r"\exp(S)"),
    ("S: matrix(2,2); logm(S)", r"\log^{\odot }(S)"),
    ("S: matrix(2,2); sqrtm(S)", r"S^{\odot \frac{1}{2}}"),
    ("S, T: matrix(2,2); expm_frechet(S, T)", r"\mathrm{D}\exp(T)[S]"),
    ("S, T: matrix(2,2); solve_sylvester(S, T, T)", r"\operatorname{solve}_{Z}(T \, Z + Z \, S = T)"),
    ("mod(c, a)", r"a \bmod c"),
    ("c - mod(a, b)", r"c - a \bmod b"),
    ("x: vector(3); u: vector(2); concat(x, u)", r"\begin{bmatrix} u \\ x \end{bmatrix}"),
    ("x, y: vector(3); hcat(x, y)", r"\begin{bmatrix} x \\ y \end{bmatrix}"),
    ("A: matrix(2,3); rowmax(A)", r"[\max(A_{:,i})]_{i=1 \ldots 2}"),
    ("A: matrix(2,3); rowmax(A)", r"\max(A)"),
    ("A: matrix(2,3); rowmean(A)", r"\frac{1}{2} \, A \, \mathbf{1}"),
    ("A: matrix(2,3); cumsum(A)", r"\left[\sum_{k=1}^{i} A_{k,j}\right]_{i=1 \ldots 2,\, j=1 \ldots 3}"),
    ("x: vector(3); var(x, 1)", r"\operatorname{var}(x)"),
    ("S: matrix(2,2); tril(S)", r"\operatorname{triu}(S)"),
]


@pytest.mark.parametrize(("text", "wrong"), PLANTED)
def test_the_reader_sees_planted_faults(text, wrong):
    f = sd.parse(text)
    values = {name: VALUES[name] for name in f.variables}
    want = np.asarray(f.compile()(values), dtype=float)
    try:
        got = read(wrong, {look(name): value for name, value in values.items()}, want.shape)
    except Unreadable:
        return
    assert got.size != want.size or not np.allclose(got.reshape(want.shape), want)


# The same in the other notations.
PLANTED_ELSEWHERE = [
    ("2*(-a*b)", from_mathml, "<math><mn>2</mn><mo>\u2062</mo><mo>−</mo><mi>a</mi><mo>\u2062</mo><mi>b</mi></math>"),
    ("(a + b)*c", from_mathml, "<math><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>\u2062</mo><mi>c</mi></math>"),
    ("(a + b)^2", from_mathml, "<math><msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup></math>"),
    ("a/(b*c)", from_mathml, "<math><mfrac><mi>a</mi><mi>b</mi></mfrac><mo>\u2062</mo><mi>c</mi></math>"),
    ("A: matrix(2,3); norm2(A)", from_mathml, "<math><mrow><mo>‖</mo><mi>A</mi><mo>‖</mo></mrow></math>"),
    ("S: matrix(2,2); S'*S", from_mathml, "<math><mi>S</mi><mo>\u2062</mo><mi>S</mi></math>"),
    ("2*(-a*b)", from_typst, "2 -a b"),
    ("(a + b)*c", from_typst, "a + b c"),
    ("(a + b)^2", from_typst, "a + b^(2)"),
    ("a/(b*c)", from_typst, "frac(a, b) c"),
    ("A: matrix(2,3); A + 1", from_typst, "A + 1"),
    ("A: matrix(2,3); sum(exp(A))", from_typst, 'op("sum")(exp(A))'),
    ("x, y: vector(3); x .* y", from_typst, "x y"),
]


@pytest.mark.parametrize(("text", "of", "wrong"), PLANTED_ELSEWHERE)
def test_planted_faults_are_seen_in_the_other_notations(text, of, wrong):
    test_the_reader_sees_planted_faults(text, of(wrong))


def test_names_that_look_alike_are_told_apart():
    for text, shown in (
        ("x1*x[1]", r"x_{1} \, [x]_{1}"),
        ("x1*x_1", r"x_{1} \, \mathrm{x\_1}"),
        ("Alpha*A", r"\mathrm{Alpha} \, A"),
        ("I: scalar; A: matrix(n,n); A + I*eye", r"A + I \, \mathrm{Id}"),
        ("x: vector(2); e2*x[2]", r"e_{2} \, x_{2}"),
        ("sigma*sigma(a)", r"\sigma \, \operatorname{sigmoid}(a)"),
        ("gamma*gamma(a)", r"\gamma \, \Gamma(a)"),
        ("psi + digamma(a)", r"\psi + \operatorname{digamma}(a)"),
        ("P: psd matrix(n,n); lambda*eigvalsh(P)", r"\lambda \, \operatorname{eigvalsh}(P)"),
        ("Z: matrix(n,n); solve_sylvester(Z, Z, Z)", r"\operatorname{solve}_{Y}(Z \, Y + Y \, Z = Z)"),
    ):
        assert latex(unparse(node(sd.parse(text)))) == shown
    g = sd.grad(sd.parse("x: vector(2); e2*x[2]"), "x")
    assert latex(unparse(node(g))) == r"e_{2} \, \mathbf{e}_{2}"
