"""Parsing: from a text to an expression. Sizes are numbers of tokens.

Bare Lark reads with the same grammar and a transformer that builds tuples and nothing else; SymPy and SymEngine read texts that
are the same formula in their language, where they can. The typed formulas are read by nobody else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from benchmarks.measure import Peer, Run, Unable

_TOKEN = re.compile(r"\s*(?:\d+(?:\.\d+)?|\w+|[^\s\w])")


def tokens(text: str) -> int:
    return len(_TOKEN.findall(text))


def _repeated(term: Callable[[int], str], before: str = "") -> Callable[[int], str]:
    """As many terms as make a text of `size` tokens, about."""

    def text(size: int) -> str:
        each = tokens(term(0)) + 1
        return before + " + ".join([term(k) for k in range(max(1, (size - tokens(before)) // each))])

    return text


FORMULAS: dict[str, Callable[[int], str]] = {
    "names": _repeated(lambda k: f"x{k}"),
    "scalars": _repeated(lambda k: f"exp(a{k}*x - b{k % 13})^2/{k + 1}"),
    "vectors": _repeated(lambda k: f"{k + 2}*max(1 - y{k}*w.x{k}, 0)", "w: vector(m); "),
    "matrices": _repeated(lambda k: f"y'*A*(x - {k + 2}*y)", "A: matrix(m, m); x: vector(m); y: vector(m); "),
    "brackets": lambda size: "(" * (size // 2) + "x" + ")" * (size // 2),
}
UNTYPED = ("names", "scalars", "brackets")


def symdiff(work: str, size: int) -> Run:
    import symdiff as sd

    sd.parse(FORMULAS[work](60))  # the lexers are made when they are needed
    text = FORMULAS[work](size)
    return lambda: _found(text, sd.parse(text))


def lark(work: str, size: int) -> Run:
    from lark import Lark

    from symdiff.syntax.lalr import GRAMMARS

    path = next(path for path in GRAMMARS if os.path.exists(path))
    with open(path, encoding="utf-8") as file:
        grammar = file.read()
    rules = {str(rule.alias or rule.origin.name) for rule in Lark(grammar, parser="lalr", start="program").rules}
    builder = type("Tuples", (), {name: staticmethod(_tuple(name)) for name in rules if not name.startswith("_")})()
    parser = Lark(grammar, parser="lalr", start="program", maybe_placeholders=False, transformer=builder)
    text = FORMULAS[work](size)
    parser.parse(FORMULAS[work](60))
    return lambda: _found(text, parser.parse(text))


def _tuple(name: str) -> Callable[[list[Any]], Any]:
    return lambda kids: (name, *kids)


def sympy(work: str, size: int) -> Run:
    from sympy.parsing.sympy_parser import parse_expr

    return _untyped(work, size, parse_expr)


def symengine(work: str, size: int) -> Run:
    import symengine

    return _untyped(work, size, symengine.sympify)


def _untyped(work: str, size: int, parse: Callable[[str], Any]) -> Run:
    if work not in UNTYPED:
        raise Unable
    text = FORMULAS[work](size).replace("^", "**")
    parse("x + 1")
    return lambda: _found(text, parse(text))


def _found(text: str, result: Any) -> Callable[[], dict[str, float]]:
    """The result is kept until the clock has stopped."""
    return lambda: {"tokens": tokens(text), "kept": float(result is not None)}


PEERS: dict[str, Peer] = {"symdiff": symdiff, "lark": lark, "symengine": symengine, "sympy": sympy}
