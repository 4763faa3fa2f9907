"""Lark on the grammar, with our builder: the plain twin of the loop in `symdiff/syntax/lalr.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token

from symdiff.syntax import lalr
from symdiff.syntax.parse import Builder

GRAMMAR = (Path(__file__).parents[2] / "grammar" / "formula.lark").read_text(encoding="utf-8")


@cache
def lark_parser() -> Lark:
    """It calls a method of the builder with a list, and has tokens of its own."""
    places = set(lalr.tables()["places"])

    def kept(token: Token) -> Any:
        start, end = token.start_pos, token.end_pos
        assert start is not None and end is not None
        return start if token.type in places else Builder.token(token.type, str(token), start, end)

    def taking_list(method: Callable[..., Any]) -> Callable[[list[Any]], Any]:
        return lambda kids: method(*[kept(k) if isinstance(k, Token) else k for k in kids])

    methods = {name: staticmethod(taking_list(getattr(Builder, name))) for name in dir(Builder) if not name.startswith("__")}
    return Lark(
        GRAMMAR, parser="lalr", lexer="contextual", start="program", transformer=type("Lists", (), methods)(), maybe_placeholders=False
    )
