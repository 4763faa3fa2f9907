"""Lark itself is the plain twin of the loop in lalr.py: on the grammar it makes the same trees, and stops at the same places.

`python -m benchmarks --only parsing` shows what the loop is for: its tokens a second, and what a start costs without Lark.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lark.exceptions import UnexpectedInput

from symdiff.errors import SymdiffError
from symdiff.syntax import lalr
from symdiff.syntax.parse import Builder, unfold
from symdiff.syntax.tree import Binding, Tree
from tests.hostile import texts
from tests.syntax.larkparser import lark_parser
from tests.syntax.test_pieces import PIECES

TESTS = Path(__file__).parents[1]
RANDOM = 10_000


@cache
def ours() -> lalr.Parser:
    return lalr.Parser(lalr.tables(), Builder())


def flat(program: Any) -> list[Any]:
    """Statements and trees in their order, each with its place."""
    found: list[Any] = [s if not isinstance(s, Binding) else (s.name, s.start, s.end) for s in program.statements]
    stack: list[Tree | None] = [*[s.value for s in program.statements if isinstance(s, Binding)], program.body]
    while stack:
        tree = stack.pop()
        if tree is not None:
            found.append((tree.kind, tree.value if tree.kind != "token" else None, tree.start, tree.end, len(tree.kids)))
            stack += tree.kids
    return found


def read_by_lark(text: str) -> Any:
    try:
        return flat(lark_parser().parse(text))
    except UnexpectedInput as error:
        at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
        return "stops", "at the end" if at_end else error.pos_in_stream
    except SymdiffError as error:  # what the builder refuses
        return type(error).__name__, str(error), error.span


def read_by_us(text: str) -> Any:
    try:
        return flat(ours()(text))
    except lalr.Unexpected as error:
        return "stops", "at the end" if error.at_end else error.position
    except SymdiffError as error:
        return type(error).__name__, str(error), error.span


def of_cases() -> Iterator[str]:
    for path in sorted(TESTS.glob("cases/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line).get("formula", "")
    for block in (TESTS / "syntax" / "messages.txt").read_text(encoding="utf-8").split("\n\n"):
        yield block.split("\n")[0].replace("⏎", "\n")


def hostile() -> Iterator[str]:
    yield from texts.FORMULAS
    yield from map(texts.text, range(2_000))


def at_random() -> Iterator[str]:
    rng = Random(19)
    for _ in range(RANDOM):
        yield "".join(rng.choices(PIECES, k=rng.randint(1, 12)))


@pytest.mark.parametrize(("source", "least"), [(of_cases, 250), (hostile, 2_000), (at_random, RANDOM)], ids=["cases", "hostile", "random"])
def test_the_same_trees_and_the_same_places_of_errors(source: Callable[[], Iterator[str]], least: int) -> None:
    outcomes: Counter[str] = Counter()
    for text in source():
        plain = unfold(text)
        if len(plain) > 5_000:
            continue
        found, expected = read_by_us(plain), read_by_lark(plain)
        if found != expected and isinstance(found, tuple) and found[0] != "stops":
            # We look at a number or name when it is read, Lark when the rule around it ends: it may refuse something else, but nothing before.
            place = expected[1] if expected[0] == "stops" else expected[2][1]
            assert place == "at the end" or place >= found[2][0], text
            outcomes["refused before Lark does"] += 1
            continue
        assert found == expected, text
        outcomes["read" if isinstance(found, list) else found[0]] += 1
    assert sum(outcomes.values()) >= least
    assert outcomes["refused before Lark does"] < 0.05 * least
    assert outcomes["read"] > 50 and outcomes["stops"] > 50, outcomes  # both ends of the question were asked
