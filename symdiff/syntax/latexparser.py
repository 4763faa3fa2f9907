"""The grammar of LaTeX, `grammar/latex.lark`, run over tokens: Lark makes the tables, a loop of our own runs them (docs/decisions/parser.md).

In: tokens of one statement. Out: what stands at them, as `latexsurface` has it; ParseError at the token that does not fit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from symdiff.errors import ParseError
from symdiff.syntax.latexsurface import Surface
from symdiff.syntax.latextree import Builder
from symdiff.syntax.latexwords import Token

_HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(_HERE, "latex_tables.json")
GRAMMARS = tuple(os.path.join(os.path.abspath(os.path.join(_HERE, up)), "grammar", "latex.lark") for up in ("..", "../.."))

# ------------------------------------------------------------------------------------------------------------ parsing


class LatexParser:
    """The tables of the grammar, run over tokens."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.states: list[dict[str, int]] = tables["states"]
        self.rules: list[tuple[str, int, str]] = [tuple(r) for r in tables["rules"]]
        self.start: int = tables["start"]
        self.accept: int = tables["end"]

    def __call__(self, tokens: Sequence[Token], builder: Builder, end: int) -> Surface:
        states = [self.start]
        values: list[Any] = []
        for token in (*tokens, Token("$END", "", end, end)):
            while True:
                action = self.states[states[-1]].get(token.kind)
                if action is None:
                    if states[-1] == self.accept and token.kind == "$END":
                        return values[-1]
                    raise _unexpected(token, tokens, self.states[states[-1]], builder.text)
                if action >= 0:
                    states.append(action)
                    values.append(token)
                    break
                method, size, origin = self.rules[~action]
                if not method:  # one name for another: most of the reductions
                    states[-1] = self.states[states[-2]][origin]
                    if states[-1] == self.accept and token.kind == "$END":
                        return values[-1]
                    continue
                found = values[-size:]
                del values[-size:], states[-size:]
                values.append(getattr(builder, method)(*found))
                states.append(self.states[states[-1]][origin])
                if states[-1] == self.accept and token.kind == "$END":
                    return values[-1]
        raise AssertionError("the end of the formula is always met")


def _unexpected(token: Token, tokens: Sequence[Token], row: Mapping[str, int], text: str) -> ParseError:
    """What is wrong where a token cannot stand."""
    at_end = token.kind == "$END"
    value_wanted = ("ATOM" in row and "SIGN" not in row) or ("ATOM" in row and "OPERATOR" not in row)
    before = next((t for t in reversed(tokens) if t.start < token.start), None) if not at_end else (tokens[-1] if tokens else None)
    said = text[before.start : before.end] if before is not None else ""
    here = text[token.start : token.end] or {"END": "}", "CLOSE": "}"}.get(token.kind, "")
    span = (token.start, max(token.end, token.start + 1))
    if at_end:
        span = (max(0, token.start - 1), token.start)
    if token.kind == "AMP":
        return ParseError(
            "`&` stands here outside of cases", span=span, hint=r"\begin{cases} a & \text{if } b \\ c & \text{otherwise} \end{cases}"
        )
    if token.kind == "COMPARE" and not value_wanted:
        return ParseError(f"the relation `{here}` cannot stand here", span=span, hint=r"an indicator is \mathbf{1}[x > 0]")
    if value_wanted:
        if at_end:
            return ParseError(f"the formula ends after `{said}`, where a value is expected" if said else "the formula is empty", span=span)
        script = token.kind == "COMPARE" and said.rstrip("{ ").endswith(("_", "^"))
        hint = r"what is compared in a script cannot be part of a name: call it otherwise, \tilde{x}" if script else ""
        return ParseError(
            f"a value is missing between `{said}` and `{here}`" if said else f"a value is missing before `{here}`", span=span, hint=hint
        )
    if token.kind == "SEPARATOR":
        return ParseError(
            f"`{here}` cannot stand here", span=span, hint="a formula is one expression; definitions before it end with `;` or `,`"
        )
    return ParseError(f"the formula ends too early, after `{said}`" if at_end else f"`{here}` cannot stand here", span=span)


@cache
def latex_parser() -> LatexParser:
    kept: dict[str, Any] = {}
    if os.path.exists(TABLES):
        with open(TABLES, encoding="utf-8") as file:
            kept = json.load(file)
    path = next((p for p in GRAMMARS if os.path.exists(p)), "")
    if path:
        from symdiff.syntax.lalr import announce_stale, fingerprint

        with open(path, encoding="utf-8") as file:
            grammar = file.read()
        if kept.get("fingerprint") != fingerprint(grammar):
            announce_stale(TABLES, "symdiff.syntax.latexparser")
            kept = make_tables(grammar)
    return LatexParser(kept)


def make_tables(grammar: str) -> dict[str, Any]:
    """Let Lark read the grammar, and write down what the loop needs."""
    from lark import Lark
    from lark.lexer import Lexer as LarkLexer
    from lark.parsers.lalr_analysis import Shift

    from symdiff.syntax.lalr import fingerprint

    class None_(LarkLexer):
        def __init__(self, conf: Any) -> None: ...

        def lex(self, lexer_state: Any, parser_state: Any) -> Any:
            return iter(lexer_state)

    lark = Lark(grammar, parser="lalr", lexer=None_, start="formula", maybe_placeholders=False, keep_all_tokens=True)
    table: Any = lark.parser.parser.parser.parse_table
    rules = sorted({arg for row in table.states.values() for action, arg in row.values() if action is not Shift}, key=repr)
    numbers = {rule: k for k, rule in enumerate(rules)}
    number, order = {table.start_states["formula"]: 0}, [table.start_states["formula"]]
    for state in order:  # in an order that is the same in every run
        for _, (action, arg) in sorted(table.states[state].items(), key=lambda entry: str(entry[0])):
            if action is Shift and arg not in number:
                number[arg] = len(order)
                order.append(arg)
    states = [
        {
            str(name): number[arg] if action is Shift else ~numbers[arg]
            for name, (action, arg) in sorted(table.states[k].items(), key=lambda e: str(e[0]))
        }
        for k in order
    ]
    written = []
    for rule in rules:
        transparent = rule.options.expand1 and not rule.alias and len(rule.expansion) == 1
        written.append(["" if transparent else str(rule.alias or rule.origin.name), len(rule.expansion), str(rule.origin.name)])
    return {
        "fingerprint": fingerprint(grammar),
        "states": states,
        "rules": written,
        "start": 0,
        "end": number[table.end_states["formula"]],
    }


def write_tables() -> None:
    """Make the tables of the grammar and keep them; for whoever changes the grammar."""
    path = next(p for p in GRAMMARS if os.path.exists(p))
    with open(path, encoding="utf-8") as file:
        made = make_tables(file.read())
    with open(TABLES, "w", encoding="utf-8") as file:
        file.write(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n")
