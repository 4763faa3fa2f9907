"""The parser: the tables that Lark makes of the grammar, and the loop that runs them.

In: a text and a builder with one method per rule. Out: what the builder makes of the whole text. A method is called with
what the symbols of its rule stand for, in their order: a token that is kept is a Tree of its terminal, with its letters as
the value. Importing Lark and letting it read the grammar costs 80 ms, most of a short run of the program; so its tables
stand in tables.json, and Lark is imported only where the grammar is not the one they were made of. `write_tables()` makes them anew.

The loop does what Lark's does, a contextual lexer included (in every state only the tokens that fit are looked for), with
two differences. Reductions by rules such as `sum: product`, which change nothing, are followed when the tables are made.
And most tokens are the same whatever follows them: names, whole numbers, brackets, signs that begin no longer one. These
`PLAIN` pieces are found by one expression for the whole text, and their terminals in a dictionary by their first
character, which is a third of the time of asking the expression of a state.
"""

from __future__ import annotations

import json
import os
import re
import string
from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Any
from zlib import crc32

from symdiff.syntax.tree import Tree

_HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(_HERE, "tables.json")
# in an installed package the grammar is package data, in a checkout it stands beside the package
GRAMMARS = tuple(os.path.join(os.path.abspath(os.path.join(_HERE, up)), "grammar", "formula.lark") for up in ("..", "../.."))


class Unexpected(Exception):
    """The text does not follow the grammar: at `position` one of the terminals `wanted` should stand."""

    def __init__(self, position: int, wanted: set[str], at_end: bool) -> None:
        super().__init__(position)
        self.position = position
        self.wanted = wanted
        self.at_end = at_end


# (method, size, origin, picks, transparent): the method of the builder, "" if there is none; the size of the expansion; its
# nonterminal; which of the children are kept, and whether each is a list to be merged in (None: all as they are). A
# transparent rule is its one child; any other without a method is the list of its children.
# A plain tuple: a NamedTuple or dataclass would cost every start 3 ms.
Rule = tuple[str, int, str, list[tuple[int, bool]] | None, bool]

LETTERS, DIGITS = string.ascii_letters + "_", string.digits
SIGNS = {"+": "", "/": "", "(": "", ")": "", ",": "", "^": "", "]": "", "*": r"(?!\*)", "-": r"(?!>)", ".": "(?=[A-Za-z_])", "'": r"(?![\s('′’])"}
# a piece does not begin inside a word: what cannot be one would be tried again from each of its characters
PLAIN = "|".join(
    [
        r"(?<![\w\u0300-\u036f])[A-Za-z_][A-Za-z_0-9]*+(?![\w\u0300-\u036f])",
        r"(?<![\w.])[0-9]++(?![\w.])",
        *[re.escape(sign) + after for sign, after in SIGNS.items()],
    ]
)

# (form, size, origin, pick, make): what a reduction by a rule does. Most have one symbol, or are an operator between two;
# these need no list of the children: a quarter of the time of the loop.
Reduction = tuple[int, int, str, Callable[[list[Any]], Any] | None, Callable[..., Any] | None]
ANY, ONE, INFIX = range(3)


class Parser:
    """Tables ready to run. A state's row gives for every terminal the next state, or -1 - the number of a rule."""

    def __init__(self, tables: dict[str, Any], builder: object) -> None:
        self.terminals: list[tuple[str, str]] = tables["terminals"]
        self.ignored: str = next(pattern for name, pattern in self.terminals if name == tables["ignored"])
        self.blank = re.compile(f"(?:{self.ignored})?").match
        self.rows: list[dict[str, int]] = [tables["rows"][k] for k in tables["states"]]
        self.gotos: list[dict[str, int]] = tables["gotos"]
        self.kept = frozenset(tables["kept"])
        self.start, self.end = tables["start"], tables["end"]
        self.rules: list[Rule] = tables["rules"]
        self.reductions = [_reduction(rule, builder) for rule in self.rules]
        self.lexers: list[Callable[[str, int], re.Match[str] | None] | None] = [None] * len(self.rows)
        self.pieces = re.compile(f"({PLAIN})(?:{self.ignored})?").finditer
        self.words = frozenset(tables["words"])
        plain = [{c: kind for classes, kind in row.items() for c in classes} for row in tables["plain"]]
        self.plain: list[dict[str, str]] = [plain[tables["plains"][k]] for k in tables["states"]]

    def __call__(self, text: str) -> Any:
        """What the builder makes of the text; raises Unexpected."""
        rows, gotos, reductions, lexers, kept = self.rows, self.gotos, self.reductions, self.lexers, self.kept
        state, states = self.start, [self.start]
        values: list[Any] = []
        plain, words, pieces = self.plain, self.words, self.pieces
        blank = self.blank(text)
        position = blank.end() if blank else 0
        coming = pieces(text, position)
        piece = next(coming, None)
        start = piece.start() if piece else -1
        while True:
            if start < position and piece:  # it is a part of a token that is no plain piece
                coming = pieces(text, position)
                piece = next(coming, None)
                start = piece.start() if piece else -1
            match = piece if start == position else None
            kind = plain[state].get(text[start], "") if match else ""
            if not match or not kind or (kind == "NAME" and match[1] in words):
                match = (lexers[state] or self._lexer(state))(text, position)
                if match:
                    kind = match.lastgroup or ""
                elif position == len(text):
                    kind = "$END"
                else:
                    raise self._unexpected(states, position, False)
            while True:
                action = rows[state].get(kind)
                if action is None:
                    raise self._unexpected(states, position, kind == "$END")
                if action >= 0:
                    break
                form, size, origin, pick, make = reductions[~action]
                if make is not None and form == ONE:
                    values[-1] = make(values[-1])
                    del states[-1]
                elif make is not None and form == INFIX:
                    right = values.pop()
                    del values[-1], states[-3:]
                    values[-1] = make(values[-1], right)
                else:
                    found = values[-size:] if size else []
                    if size:
                        del values[-size:], states[-size:]
                    if pick is not None:
                        found = pick(found)
                    values.append(found if make is None else make(*found))
                state = gotos[states[-1]][origin]
                states.append(state)
                if state == self.end:
                    return values[-1]
            assert match  # the end is accepted or refused
            if kind in kept:
                group = match.lastindex or 0
                values.append(Tree(kind, (), match[group], position, match.end(group)))
            else:
                values.append(None)
            states.append(action)
            state, position = action, match.end()
            if match is piece:
                piece = next(coming, None)
                start = piece.start() if piece else -1

    def _lexer(self, state: int) -> Callable[[str, int], re.Match[str] | None]:
        """The one expression for all terminals that fit in a state, with what is ignored after them."""
        row = self.rows[state]
        parts = [f"(?P<{name}>{pattern})" for name, pattern in self.terminals if name in row]
        self.lexers[state] = match = re.compile(f"(?:{'|'.join(parts) or '(?!)'})(?:{self.ignored})?").match
        return match

    def _unexpected(self, states: list[int], position: int, at_end: bool) -> Unexpected:
        return Unexpected(position, {kind for kind in self.rows[states[-1]] if self._fits(states, kind)}, at_end)

    def _fits(self, states: list[int], kind: str) -> bool:
        """Can this terminal come next? A row alone may promise too much."""
        states = states.copy()
        while (action := self.rows[states[-1]].get(kind, 0)) < 0:
            _, size, origin, _, _ = self.rules[~action]
            del states[len(states) - size :]
            states.append(self.gotos[states[-1]][origin])
            if states[-1] == self.end:
                return True
        return kind in self.rows[states[-1]]


def _reduction(rule: Rule, builder: object) -> Reduction:
    method, size, origin, picks, transparent = rule
    make = getattr(builder, method) if method else None
    places = [(k, False) for k in range(size)] if picks is None else [(k, merge) for k, merge in picks]  # tables.json has lists
    if make is not None and places == [(0, False)] and size == 1:
        return ONE, size, origin, None, make
    if make is not None and places == [(0, False), (2, False)] and size == 3:
        return INFIX, size, origin, None, make
    if transparent:
        return ANY, size, origin, itemgetter(places[0][0]), None
    return ANY, size, origin, None if picks is None else _picker(picks), make


def _picker(picks: list[tuple[int, bool]]) -> Callable[[list[Any]], Any]:
    """The children that are kept, those that are lists merged in."""
    if len(picks) > 1 and not any(merge for _, merge in picks):
        return itemgetter(*[k for k, _ in picks])
    (first, merged), *rest = picks

    def pick(kids: list[Any]) -> list[Any]:
        result: list[Any] = kids[first] if merged else [kids[first]]  # nobody else holds the list: copied, long ones would cost a square
        for k, merge in rest:
            if merge:
                result += kids[k]
            else:
                result.append(kids[k])
        return result

    return pick


# ------------------------------------------------------------------------------------------------------------ tables


@cache
def tables() -> dict[str, Any]:
    """The tables of the grammar: those that are kept, if they are of this grammar."""
    kept: dict[str, Any] = json.loads(_read(TABLES)) if os.path.exists(TABLES) else {}
    path = _grammar()
    grammar = _read(path) if path else ""
    if not path or kept.get("fingerprint") == fingerprint(grammar):
        return kept
    return make_tables(grammar)


def _grammar() -> str:
    return next((path for path in GRAMMARS if os.path.exists(path)), "")


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def fingerprint(grammar: str) -> int:
    return crc32(grammar.replace("\r\n", "\n").encode())


def make_tables(grammar: str) -> dict[str, Any]:
    """Let Lark read the grammar, and write down what `Parser` needs."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    lark = Lark(grammar, parser="lalr", lexer="contextual", start="program", maybe_placeholders=False)
    table: Any = lark.parser.parser.parser.parse_table
    rules = sorted({arg for row in table.states.values() for action, arg in row.values() if action is not Shift}, key=repr)
    number = {rule: k for k, rule in enumerate(rules)}
    terminals = {t.name for t in lark.terminals} | {"$END"}
    rows: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in range(len(table.states)):
        entries = {name: arg if action is Shift else ~number[arg] for name, (action, arg) in table.states[state].items()}
        rows.append({name: to for name, to in entries.items() if name in terminals})
        gotos.append({name: to for name, to in entries.items() if name not in terminals})
    written = [_rule(rule) for rule in rules]
    _follow_units(rows, gotos, written)
    rows, gotos, start, end = _renumbered(rows, gotos, table.start_states["program"], table.end_states["program"])
    order = sorted(lark.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    (ignored,) = lark.ignore_tokens
    distinct = list({tuple(sorted(row.items())): None for row in rows})
    place = {row: k for k, row in enumerate(distinct)}
    words = _words(order)
    plain = [_plain([t for t in order if t.name in dict(row)], words) for row in distinct]
    different = list({json.dumps(row): row for row in plain}.values())
    return {
        "fingerprint": fingerprint(grammar),
        "terminals": [(t.name, t.pattern.to_regexp()) for t in order],
        "ignored": ignored,
        "kept": sorted({s.name for rule in rules for s in rule.expansion if s.is_term and not s.filter_out}),
        "rules": written,
        "states": [place[tuple(sorted(row.items()))] for row in rows],
        "rows": [dict(row) for row in distinct],
        "gotos": gotos,
        "words": sorted({word for found in words.values() for word in found or ()}),
        "plain": different,
        "plains": [different.index(row) for row in plain],
        "start": start,
        "end": end,
    }


def _words(terminals: list[Any]) -> dict[str, set[str] | None]:
    """For every terminal but NAME the words that it is; None if it may be the beginning of a name."""
    known = {word for t in terminals for word in re.findall("[A-Za-z]+", t.pattern.to_regexp())} | set(LETTERS)
    found: dict[str, set[str] | None] = {}
    for t in terminals:
        if t.name != "NAME":
            match = re.compile(t.pattern.to_regexp()).match
            mine = {word for word in known if match(word)}
            found[t.name] = None if any(match(word + "q") for word in mine) else mine
    return found


def _plain(terminals: list[Any], words: dict[str, set[str] | None]) -> dict[str, str]:
    """The terminals of a state that plain pieces are, by the characters that these begin with.

    A sign has to be the same terminal whatever may follow it; names and whole numbers, where nothing else begins like them.
    """
    fit = re.compile("|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals) or "(?!)").match
    names = {t.name for t in terminals}
    found: dict[str, str] = {}
    for sign, after in SIGNS.items():
        texts = [sign + c for c in ("", *map(chr, range(128)), "′", "é") if re.match(re.escape(sign) + after, sign + c)]
        kinds = {m.lastgroup if (m := fit(text)) and m.end() == 1 else "" for text in texts}
        if len(kinds) == 1 and "" not in kinds:
            found[sign] = str(kinds.pop())
    if "NAME" in names and None not in [words[name] for name in names - {"NAME"}]:
        found[LETTERS] = "NAME"
    if len(names & {"NUMBER", "SIZE"}) == 1:
        found[DIGITS] = (names & {"NUMBER", "SIZE"}).pop()
    return found


def _rule(rule: Any) -> Rule:
    picks = []
    for k, symbol in enumerate(rule.expansion):
        if not (symbol.is_term and symbol.filter_out):
            picks.append((k, not symbol.is_term and symbol.name.startswith("_")))
    plain = picks == [(k, False) for k in range(len(rule.expansion))]
    name = str(rule.alias or rule.origin.name)
    transparent = bool(rule.options.expand1) and not rule.alias and len(picks) == 1
    method = "" if transparent or name.startswith("_") else name
    return method, len(rule.expansion), str(rule.origin.name), None if plain else picks, transparent


def _follow_units(rows: list[dict[str, int]], gotos: list[dict[str, int]], rules: list[Rule]) -> None:
    """Where a state would only rename `product` to `sum`, go where the new name leads.

    After a nonterminal, the state that is entered depends on the state below it; so each pair gets a state of its own.
    """
    unit = [transparent and picks is None for _, _, _, picks, transparent in rules]
    before_rows, before_gotos = list(rows), list(gotos)
    made: dict[tuple[Any, ...], int] = {}
    below = 0
    while below < len(rows):  # states that are made on the way have their turn too
        new: dict[str, int] = {}
        for name, state in gotos[below].items():
            row, onward = {}, dict(before_gotos[state])
            for kind, first in before_rows[state].items():
                action: int | None = first
                while action is not None and action < 0 and unit[~action]:
                    at = before_gotos[below][rules[~action][2]]
                    action = before_rows[at].get(kind)  # None: LALR promises this terminal, but not after this state
                    onward |= before_gotos[at]
                if action is not None:
                    row[kind] = action
            if row == before_rows[state]:
                new[name] = state
                continue
            key = (tuple(sorted(row.items())), tuple(sorted(onward.items())))
            if key not in made:
                made[key] = len(rows)
                rows.append(row)
                gotos.append(onward)
                before_rows.append(row)
                before_gotos.append(onward)
            new[name] = made[key]
        gotos[below] = new
        below += 1


def _renumbered(
    rows: list[dict[str, int]], gotos: list[dict[str, int]], start: int, end: int
) -> tuple[list[dict[str, int]], list[dict[str, int]], int, int]:
    """The states that can be reached, in an order that is the same in every run."""
    number, order = {start: 0}, [start]
    for state in order:
        for table in (rows[state], gotos[state]):
            for name in sorted(table):
                to = table[name]
                if to >= 0 and to not in number:
                    number[to] = len(order)
                    order.append(to)
    new_rows = [{name: to if to < 0 else number[to] for name, to in sorted(rows[s].items())} for s in order]
    new_gotos = [{name: number[to] for name, to in sorted(gotos[s].items())} for s in order]
    return new_rows, new_gotos, number[start], number[end]


def write_tables() -> None:
    """Make the tables of the grammar and keep them; for whoever changes the grammar."""
    with open(TABLES, "w", encoding="utf-8") as file:
        file.write(json.dumps(make_tables(_read(_grammar())), ensure_ascii=False, separators=(",", ":")) + "\n")
