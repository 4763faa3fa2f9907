"""The quick way for plain tokens reads what the expressions of the states read, in linear time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdiff.errors import SymdiffError
from symdiff.syntax import lalr
from symdiff.syntax.parse import Builder
from tests.deadline import at_most

QUICK = lalr.Parser(lalr.tables(), Builder())
SLOW = lalr.Parser(lalr.tables(), Builder())
for state in SLOW.states:
    state[1 : lalr.OTHER] = [[lalr.ERROR]] * (lalr.OTHER - 1)

PIECES = [
    "x",
    "y1",
    "not",
    "and",
    "or",
    "R",
    "vector",
    "é",
    "aé",
    "x²",
    "1",
    "2.5",
    ".5",
    "1.",
    "..",
    ".",
    ".*",
    "./",
    "*",
    "**",
    "^",
    "-",
    "->",
    "+",
    "/",
    "'",
    "''",
]
PIECES += [
    "′",
    "(",
    ")",
    "[",
    "]",
    ",",
    "<",
    "<=",
    "=",
    "==",
    "|",
    "||",
    " ",
    "  ",
    "\t",
    ";",
    ":",
    "\u0301",
    "ⁿ",
    "sum(i=1..m, ",
    "A: matrix(m, n); ",
    "f'(",
    "e",
    "1e5",
    "2x",
]


def read(parser: lalr.Parser, text: str) -> object:
    try:
        found = parser(text)
    except lalr.Unexpected as error:
        return error.position, error.wanted, error.at_end
    except SymdiffError as error:  # what the builder refuses
        return type(error).__name__, str(error)
    flat, stack = [], [*[s.value for s in found.statements if hasattr(s, "value")], found.body]
    while stack:
        tree = stack.pop()
        if tree is not None:
            flat.append((tree.kind, tree.value, tree.start, tree.end, len(tree.kids)))
            stack += tree.kids
    return flat


@settings(max_examples=1500)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_both_ways_read_the_same(text: str) -> None:
    assert read(QUICK, text) == read(SLOW, text)


@pytest.mark.parametrize("text", ["a{}é", "a{}²", "1{}x", "1{}.*x", "1{}.5", "0.1{}x", "a{}'(", "({}"])
def test_what_is_no_plain_piece_is_not_looked_for_again_and_again(text: str) -> None:
    """In the square of the length this would take minutes."""
    with at_most(20, own=True):
        read(QUICK, text.format(text[0] * 200_000))
