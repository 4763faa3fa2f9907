"""Variables with names that mean something to Python, to the libraries, to C or to markup: value and gradient stay right.

Every name of the list is legal or refused with a message; every legal one is a variable of formulas whose code needs the
libraries' own names, helper functions included.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symdiff as sd
from symdiff.syntax import canonical

from .texts import NAMES

SCALARS = "{0}*exp(-{1}*{2}) + sigma({0})*{1}^2 + log({2}) + max({0}, {1}) + abs({1}) + hypot({0}, {1}) + softplus({2})"
TENSORS = "norm2({0}*{1} - {2})^2 + logsumexp({1}) + sum(softmax({1}) .* {1}) + sum(sigma({1})) + det({0}'*{0})"
NUMBERS = [0.7, 1.3, 2.1]
ARRAYS = [np.arange(6).reshape(3, 2) / 4 + np.eye(3, 2), np.array([0.3, -0.8]), np.array([1.0, 0.5, -0.2])]


def legal(name: str) -> bool:
    try:
        sd.parse(f"{name}: scalar; 2*{name}")
    except sd.SymdiffError:
        return False
    return True


LEGAL = list(dict.fromkeys(canonical(name) for name in NAMES if legal(name)))


def triples(step: int) -> list[list[str]]:
    """Names three by three, so that each is once in every place."""
    n = len(LEGAL)
    return [[LEGAL[k], LEGAL[(k + 7 * step) % n], LEGAL[(k + 31 * step) % n]] for k in range(n)]


def questions(words: Sequence[str], text: str, kinds: Sequence[str]) -> Any:
    declared = "; ".join(f"{word}: {kind}" for word, kind in zip(words, kinds, strict=True))
    return sd.value_and_grad(sd.parse(f"{declared}; {text.format(*words)}"), list(words))


def check(target: str, every: int) -> None:
    """Values and gradients of all triples, or of every so many, are those under plain names."""
    of_library: Any = {"torch": lambda v: __import__("torch").tensor(v, dtype=__import__("torch").float64)}.get(target, lambda v: v)
    cases = [(SCALARS, ["scalar"] * 3, NUMBERS)]
    if target != "math":
        cases.append((TENSORS, ["matrix(3, 2)", "vector(2)", "vector(3)"], ARRAYS))
    for text, kinds, values in cases:
        right = questions("ABC", text, kinds).compile("numpy")(dict(zip("ABC", values, strict=True)))
        for words in triples(1)[::every]:
            function = questions(words, text, kinds).compile(target)
            found = function({word: of_library(value) for word, value in zip(words, values, strict=True)})
            for a, b in zip(found, right, strict=True):
                np.testing.assert_allclose(np.asarray(a, dtype=float), b, rtol=1e-9, err_msg=f"{target}: {words}")


def test_which_names_are_legal() -> None:
    refused = {name for name in NAMES if not legal(name)}
    assert refused == {"eye", "∂x"}
    assert len(LEGAL) > 100


def test_numpy() -> None:
    check("numpy", 2)


def test_math() -> None:
    check("math", 1)


def test_torch() -> None:
    pytest.importorskip("torch")
    check("torch", 5)


def test_jax() -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64(), jax.disable_jit():
        check("jax", 15)


def test_sympy() -> None:
    for words in triples(1)[::3]:
        _, *gradients = questions(words, SCALARS.replace("max({0}, {1})", "{0}*{1}").replace("abs({1})", "{1}"), ["scalar"] * 3)
        right = gradients[0](**dict(zip(words, NUMBERS, strict=True))) if not {"self"} & set(words) else None
        value = gradients[0].to_sympy()
        assert {s.name for s in value.free_symbols} <= set(words)
        found = float(value.subs({s: NUMBERS[words.index(s.name)] for s in value.free_symbols}))
        scope: dict[str, Any] = {}
        exec(gradients[0].code("sympy"), scope)  # the stand-alone source
        assert scope["f"].free_symbols, words
        if right is not None:
            assert found == pytest.approx(float(right), rel=1e-9), words


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c(tmp_path: Path) -> None:
    from tests.numeric.test_c import run

    right = [float(e(A=NUMBERS[0], B=NUMBERS[1], C=NUMBERS[2])) for e in questions("ABC", SCALARS, ["scalar"] * 3)]
    for k, words in enumerate(triples(1)[::15]):
        for j, (e, value) in enumerate(zip(questions(words, SCALARS, ["scalar"] * 3), right, strict=True)):
            folder = tmp_path / f"{k}-{j}"
            folder.mkdir()
            assert float(run(e.expr, dict(zip(words, NUMBERS, strict=True)), folder)) == pytest.approx(value, rel=1e-12), words


def test_opaque_functions_and_dimensions() -> None:
    right = None
    for words in [["A", "B", "C"], *triples(1)]:
        function, dimension, x = words
        if function == "pi" or dimension in ("eye", "ones", "pi") or legal_function(function) is False:
            continue
        f = sd.parse(f"{function}: vector({dimension}) -> scalar; {x}: vector({dimension}); {function}({x})*{dimension} + {x}.{x}")
        values = {function: lambda v: float(np.sum(v**2)), f"D{function}": lambda v: 2 * v, x: ARRAYS[1]}
        g = sd.grad(f, x).compile("numpy")(values)
        right = g if right is None else right
        np.testing.assert_allclose(g, right, err_msg=str(words))


def legal_function(name: str) -> bool:
    try:
        sd.parse(f"{name}: vector(n) -> scalar; y: vector(n); {name}(y)")
    except sd.SymdiffError:
        return False
    return True


# ---------------------------------------------------------------------------------------------- names given from Python


HOSTILE = [
    "__import__('os')",
    "x); import os; (",
    "x y;z",
    "lambda:0",
    "1x",
    "",
    "x'",
    "a.b",
    "½",
    "and",
    "eye",
    "x-y",
    "{x}",
    "<b>",
    "\\input",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_name_makes_no_variable(name: str) -> None:
    with pytest.raises(sd.SymdiffError):
        sd.vectors("x", name) if name else sd.vectors(name)
    if not any(c in name for c in " \n"):  # blanks separate names
        with pytest.raises(sd.SymdiffError):
            sd.vectors(name)
    with pytest.raises(sd.SymdiffError):
        sd.parse("x^2", **{name or "'": "scalar"})
    f = sd.parse("x.x")
    with pytest.raises(sd.SymdiffError):
        sd.grad(f, name)
    if name.strip() == name:
        with pytest.raises(sd.SymdiffError):
            sd.jvp(f, "x", name)
    sympy = pytest.importorskip("sympy")
    with pytest.raises(sd.SymdiffError):
        sd.from_sympy(sympy.Symbol(name or "'") * 2)


# ---------------------------------------------------------------------------------------------- markup


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


TITLES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    r"\input{/etc/passwd} \write18{ls}",
    '#import "x": *  $x$ *b* _i_',
    "a & b % c # d ~ e ^ f {g}",
]


def test_titles_and_formulas_in_handouts_are_text() -> None:
    f = sd.parse("_a*x^2 + [x < 3]*x + __class__*script")
    plain = sd.handout(f, "x", title="plain", verify=False)
    before = Tags()
    before.feed(plain.show("html"))
    for title in TITLES:
        page = sd.handout(f, "x", title=title, verify=False)
        tags = Tags()
        tags.feed(page.show("html"))
        assert [t for t, _ in tags.found] == [t for t, _ in before.found], title  # the same elements: nothing was added
        assert not any(key.startswith("on") and "alert" in str(value) for _, attributes in tags.found for key, value in attributes.items())
        tex = page.show("tex")
        assert not re.search(r"\\(?:input|write18)\b", tex)
        assert title not in page.show("md") or not re.search(r"[<$]", title)


@pytest.mark.parametrize("form", ["latex", "typst", "mathml", "unicode"])
def test_names_in_markup_are_names(form: str) -> None:
    from xml.etree import ElementTree

    for name in LEGAL:
        written = getattr(sd.parse(f"{name}: scalar; {name}^2 + {name}"), form)()
        if form == "mathml":
            ElementTree.fromstring(written)
        elif form == "latex":
            assert written.count("{") == written.count("}")
            assert not re.search(r"(?<!\\)[#$%&~]", written), name
            assert not re.search(r"(?<!\\)_(?![{\w\\])", written), name
        elif form == "typst":
            assert not re.search(r'(?<!\\)[#$](?![^"]*"[^"]*$)', re.sub(r'"[^"]*"', "", written)), name


def test_typst_reads_every_name() -> None:
    typst = pytest.importorskip("typst")
    body = "\n".join(f"$ {sd.parse(f'{name}: scalar; {name}^2').typst()} $" for name in LEGAL)
    assert typst.compile(body.encode(), format="svg")
