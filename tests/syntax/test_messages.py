"""What is said about bad input, as a whole text: class, message, line with caret, hint (messages.txt, one block each).

`SYMDIFF_UPDATE=1 pytest tests/syntax/test_messages.py` writes what is said now; a new formula is put in as a block of its line and `Error`.
"""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff.bounds import LIMITS
from symdiff.errors import LimitError, SymdiffError
from symdiff.syntax import parse

PAGE = Path(__file__).parent / "messages.txt"
BLOCKS = PAGE.read_text(encoding="utf-8").split("\n\n")


@pytest.mark.parametrize("block", [pytest.param(b.strip("\n"), id=b.strip("\n").split("\n")[0]) for b in BLOCKS])
def test_message(block: str) -> None:
    lines = block.split("\n")
    empty = lines[0].startswith("ParseError: the formula is empty")
    formula, expected = ("", lines) if empty else (lines[0].replace("⏎", "\n"), lines[1:])
    with pytest.raises(SymdiffError) as caught:
        parse(formula)
    said = f"{type(caught.value).__name__}: {caught.value.render()}".split("\n")
    if os.environ.get("SYMDIFF_UPDATE") and said != expected:  # one process: each block is put in the place of the old one
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(text.replace(block, "\n".join([*lines[: len(lines) - len(expected)], *said]), 1), encoding="utf-8")
        expected = said
    assert said == expected


@pytest.mark.parametrize("block", [pytest.param(b.strip("\n"), id=b.strip("\n").split("\n")[0]) for b in BLOCKS])
def test_at_sixty_columns(block: str) -> None:
    """Words wrap, the shown part of the formula fits, and the caret stands under the same letters as on a wide terminal."""
    formula = block.split("\n")[0].replace("⏎", "\n")
    with pytest.raises(SymdiffError) as caught:
        parse("" if formula.startswith("ParseError: the formula is empty") else formula)
    wide, narrow = caught.value.render().split("\n"), caught.value.render(60, "symdiff: ").split("\n")
    longest = max(map(len, " ".join(wide).split()))
    assert all(len(line) <= max(60, longest + 2) for line in narrow), narrow

    def marked(lines: list[str]) -> tuple[str, list[str]]:
        for above, line in pairwise(lines):
            if line.startswith("  ") and set(line.strip()) == {"^"}:
                at = line.index("^")
                return above[at : len(line)], [line for line in lines if line not in (above, line)]
        return "", []

    shown, full = marked(narrow)[0], marked(wide)[0]
    assert shown == full or (len(full) > 56 and len(shown) > 40 and full.startswith(shown)), (narrow, wide)
    words = " ".join(narrow).split()
    assert [w for w in " ".join(caught.value.message.split()).split() if w not in words] == []


def test_there_are_many() -> None:
    assert len(BLOCKS) > 100


@pytest.mark.parametrize(
    "text",
    ["1e99999999999", "9" * 10_001, "A: matrix(n,n); A^1000", "x" * (LIMITS.characters + 1)],
    ids=["exponent", "digits", "matrix power", "length"],
)
def test_limits(text: str) -> None:
    with pytest.raises(LimitError):
        parse(text)


@pytest.mark.parametrize("text", ["10^10^10", "2^2^2^2^2^2", "1e400", "x^1e400", "0^0", "1/0", "2^-1e9", "1e400/3*x", "9" * 9_999])
def test_large_numbers_are_read(text: str) -> None:
    assert parse(text).expr.shape == ()


def test_unclosed_brackets_in_numbers() -> None:
    for text in ("(" * 100_000 + "x", "x" + ")" * 100_000, "[" * 50_000, "x'" + "'" * 1000 + "("):
        with pytest.raises(SymdiffError):
            parse(text)


def test_an_error_in_a_declaration_from_outside_shows_that_text() -> None:
    with pytest.raises(SymdiffError) as caught:
        parse("X*w", declarations=["X: matrx(m, n)"])
    assert caught.value.render() == "there is no type `matrx`\n  X: matrx(m, n)\n     ^^^^^\nhint: did you mean `matrix`?"
    with pytest.raises(SymdiffError) as caught:
        parse("X*w", declarations=["X"])
    assert "declaration is expected" in caught.value.message or "no expression" not in caught.value.message


PIECES = [
    *[
        "x",
        "y",
        "A",
        "W",
        "phi",
        "i",
        "m",
        "n",
        "e",
        "T",
        "1",
        "2",
        "0.5",
        ".5",
        "pi",
        "eye",
        "ones",
        "vector",
        "matrix",
        "scalar",
        "R",
        "norm2",
        "sum",
        "tr",
        "exp",
        "softmax",
        "max",
        "if",
        "sigma",
        "hinge",
        "f",
        "diag",
        "inv",
        "size",
    ],
    *[
        "+",
        "-",
        "*",
        "/",
        ".*",
        "./",
        ".^",
        "^",
        ".",
        "@",
        "'",
        "(",
        ")",
        "[",
        "]",
        "|",
        "||",
        ",",
        ";",
        ":",
        "=",
        "==",
        "<",
        ">=",
        "..",
        "->",
        "#",
        "and",
        "or",
        "not",
        "×",
        "²",
        "ᵀ",
        "√",
        "−",
        "·",
        "x[1]",
        "A[1,:]",
        "sum(i=1..m,",
        "f(",
        "f'(",
        "x:",
        "=1..m",
    ],
    "\n",
    " ",
    "x: vector(n); ",
    "A: matrix(m,n); ",
    "sum(i=1..m, x[i])",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        parsed = parse(text)
    except SymdiffError as error:
        assert error.message
        error.render()
        assert error.span is not None and 0 <= error.span[0] <= len(text), text
        assert error.text == text
    else:
        assert all(0 <= i < j <= len(text) for places in parsed.spans.values() for i, j in places)


WHOLE = st.sampled_from(["x", "y", "A", "W", "phi", "c", "1", "0.5", "B", "h(x)", "eye", "ones", "vector(1)"])


def _combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", ".*", "./", "/", ".", " @ ", ".^", "^"]), inner).map(
        "({0[0]}{0[1]}{0[2]})".format
    )
    unary = st.tuples(
        st.sampled_from(
            [
                "-{}",
                "{}'",
                "exp({})",
                "sum({})",
                "norm2({})",
                "softmax({})",
                "tr({})",
                "inv({})",
                "diag({})",
                "max({},0)",
                "{}^2",
                "{}[1]",
                "{}[1,:]",
                "[{}>0]",
                "rowsum({})",
                "vec({})",
                "mean({})",
                "sum(i=1..m,{}[i])",
                "sum(i=1..m,i*{})",
                "tensor(i=1..m,{}[i])",
                "h'({})",
                "kron({},x)",
                "logsumexp({})",
                "cumsum({})",
            ]
        ),
        inner,
    ).map(lambda t: t[0].format(t[1]))
    return binary | unary


@given(
    st.recursive(WHOLE, _combine, max_leaves=9),
    st.sampled_from(["", "x: vector(n); ", "A: matrix(m,n); y: vector(m); ", "W: symmetric matrix; c: scalar; "]),
)
@settings(max_examples=600, deadline=None)
def test_any_formula_is_read_or_refused(formula: str, declarations: str) -> None:
    try:
        parsed = parse(declarations + formula)
    except SymdiffError as error:
        assert error.span is not None, formula
        return
    assert all(d != "?" for t in parsed.types.values() for d in t.shape)
    again = parse(formula, given=parsed.expr) if "=" not in formula else parsed
    assert again.expr.shape == parsed.expr.shape
