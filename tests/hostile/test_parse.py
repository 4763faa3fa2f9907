"""A short run of run.py, and free text by Hypothesis: only a SymdiffError comes out of the reader, soon, with a short message."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdiff as sd
from symdiff.errors import printable
from symdiff.syntax.lalr import tables

from .run import examine, run
from .texts import NAMES, TOKENS

COUNT = 3_000


def test_hostile_texts() -> None:
    report = run(COUNT, seed=0)
    assert not report.failures, report.failures[0]
    read = sum(times for (_, outcome), times in report.outcomes.items() if outcome in ("formula", "derivative"))
    assert read > COUNT / 10  # else the texts are too wild to test anything behind the parser


def test_every_terminal_of_the_grammar_is_in_the_soup() -> None:
    wanted = {name for name, _ in tables()["terminals"]}
    assert wanted <= set(TOKENS)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text(source: str) -> None:
    examine(source, deep=True)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*(t for texts in TOKENS.values() for t in texts), *NAMES]), max_size=25))
def test_any_tokens(tokens: list[str]) -> None:
    examine(" ".join(tokens), deep=True)


# Found by the long run; each came out as something else than a SymdiffError, or was read as something else than it says.
FOUND = [
    ("½*x", "cannot be a name"),
    ("₂ + x", "cannot be a name"),
    ("x^₁2", "cannot be a name"),
    ("-not(x)", "cannot be a name"),
    ("x = x; x: vector(n); diag(x)*A*x", "used before it is bound"),
    ("X: matrix(ones, n); size(X)*X", "has a meaning of its own"),
    ("sum(i=1..eye, x[i])", "has a meaning of its own"),
    ("x: vector(n); exp(x[1e9991])", "no array"),
    ("x: vector(" + "9" * 5_000 + "); x", "no array"),
    ("A: matrix(n, n); A^1e9993", "limit `power`"),
    ("x^1e9999'", "transposes the exponent"),
    ("tr(X: " + "9" * 5_000, "never closed"),
]


@pytest.mark.parametrize(("source", "message"), FOUND, ids=[source[:30] for source, _ in FOUND])
def test_refused(source: str, message: str) -> None:
    with pytest.raises(sd.SymdiffError) as caught:
        sd.parse(source)
    assert message in caught.value.message
    assert len(caught.value.render()) < 1_000


@pytest.mark.parametrize(
    "source", [".5./1e9999", "T = x + relu(k*x); g.T", "x: vector(n); w: vector(n); sum(i=1..n, (w)'[i]*x[i])", "X: matrix(n, n); tr(X^30)"]
)
def test_read_back(source: str) -> None:
    assert examine(source, deep=True) == "derivative"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("pi: scalar; pi*erf(x)", "pi"),
        ("exp: scalar -> scalar; exp(x)*erf(x)", "exp"),
        ("phi: vector(n) -> vector(n); Dphi: vector(n) -> matrix(n, n); x: vector(n); Dphi(x)*phi(x)", "Dphi"),
    ],
)
def test_an_answer_in_which_a_name_would_have_two_meanings_is_refused(source: str, name: str) -> None:
    with pytest.raises(sd.DomainError, match=name):
        sd.jacobian(sd.parse(source), "x")


@pytest.mark.parametrize(
    "pattern", ["({}", "{}+", "{}\\frac", "f({}", "sigm{}", "x'{}", "[{}", "{}=", "|{}", "{}'", "2{}", "{}: vectr(n)", "A^{}", "1e{}"]
)
def test_the_time_for_a_message_grows_with_the_text_only(pattern: str) -> None:
    """A text of 4*10^4 characters takes at most about eight times as long as one a quarter as long."""
    for piece in ("(", "x", "9", "x,", "a;"):

        def seconds(size: int, piece: str = piece) -> float:
            begun = time.process_time()
            try:
                sd.parse(pattern.format(piece * (size // len(piece))))
            except sd.SymdiffError as error:
                assert len(error.render()) < 2_000
            return time.process_time() - begun

        few = seconds(10_000)
        assert seconds(40_000) < 10 * few + 1, (pattern, piece)


def test_messages_show_no_control_characters() -> None:
    for source in ("x\x1b[2J", "x\u202ey", "x\x00", "\x9b31mx"):
        with pytest.raises(sd.ParseError) as caught:
            sd.parse(source)
        assert all(c.isprintable() or c == "\n" for c in caught.value.render())
    assert len(printable("x" * 10**6)) < 1_000
