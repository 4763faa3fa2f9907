"""The parser: the tables that Lark makes of the grammar, and the loop that runs them.

In: a text and a builder with one method per rule. Out: what the builder makes of the whole text. A method is called with
what the symbols of its rule stand for, in their order: a token that is kept is a Tree with its letters, as the builder's
`token` makes it, or its place alone if it is always one sign. Importing Lark and letting it read the grammar costs 80 ms,
most of a short run of the program (`python -m benchmarks --only starts`; docs/decisions/parser.md); so its tables stand in
tables.json, and Lark is imported only where the grammar is not the one they were made of. `write_tables()` makes them anew.

The loop does what Lark's does, a contextual lexer included (in every state only the tokens that fit are looked for), with
two differences. Reductions by rules such as `sum: product`, which change nothing, are followed when the tables are made.
And most tokens are the same whatever follows them: names, whole numbers, brackets, signs that begin no longer one. One
expression finds these plain pieces in the whole text, and their number leads to the next action, which is a third of the
time of asking the expression of a state.
"""

from __future__ import annotations

import json
import os
import re
import string
from collections.abc import Callable, Iterable
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


# (method, size, count, origin, picks, transparent): the method of the builder, "" if there is none; how many symbols the rule
# has and how many of them leave a value; its nonterminal; which of the values are kept, and whether each is a list to be
# merged in (None: all as they are). A transparent rule is its one value; any other without a method is the list of its values.
# A plain tuple: a NamedTuple or dataclass would cost every start 3 ms (the same benchmark).
Rule = tuple[str, int, int, str, list[tuple[int, bool]] | None, bool]

SIGNS = {
    "+": "",
    "/": "",
    "(": "",
    ")": "",
    ",": "",
    "^": "",
    "]": "",
    "*": r"(?!\*)",
    "-": r"(?!>)",
    ".": "(?=[A-Za-z_])",
    "'": r"(?![\s('′’])",
}
PIECES = ("a name", "a number", *SIGNS)  # their numbers count from 1; those of the grammar's symbols follow
NAME, NUMBER, OTHER = 1, 2, len(PIECES) + 1


def _pieces(words: Iterable[str], ignored: str) -> str:
    """The expression for plain pieces: its groups are their numbers. What is none is taken by the last group, a character or the end.

    The groups of signs are empty and stand behind them: so the signs are compared without entering the groups.
    """
    return "|".join(
        [
            rf"(?:((?!(?:{'|'.join(words)})(?![A-Za-z_0-9]))[A-Za-z_][A-Za-z_0-9]*+(?![\w\u0300-\u036f]))",
            r"([0-9]{1,9}+(?![\w.]))",
            *[f"{re.escape(sign)}{after}()" for sign, after in SIGNS.items()],
            rf"([\s\S]|\Z))(?:{ignored})?",
        ]
    )


# What an action does, its first entry. A state is an action, too: to shift a token and go there, with what is kept of the
# token; its other entries are the actions for every symbol, by numbers, and last its own number. The others reduce:
# (form, count, drop, origin, pick, make), where `drop` is how many states are left behind beside the last. Lists
# throughout: the interpreter is quicker where it sees one type.
ERROR, SKIP, PLACE, TEXT, ONE, INFIX, ANY = range(-1, 6)
Action = list[Any]


class Parser:
    """Tables ready to run."""

    def __init__(self, tables: dict[str, Any], builder: Any) -> None:
        self.terminals: list[tuple[str, str]] = tables["terminals"]
        self.ignored: str = next(pattern for name, pattern in self.terminals if name == tables["ignored"])
        self.blank = re.compile(f"(?:{self.ignored})?").match
        self.pieces = re.compile(_pieces(tables["words"], self.ignored)).finditer
        self.token: Callable[[str, str, int, int], Any] = builder.token
        self.symbols: list[str] = tables["symbols"]
        self.number = {symbol: k for k, symbol in enumerate(self.symbols)}
        self.rules: list[Rule] = tables["rules"]
        self.entries: list[list[int]] = tables["states"]
        self.states = self._states([_reduction(rule, self.number, builder) for rule in self.rules])
        self.lexers: list[Callable[[str, int], re.Match[str] | None] | None] = [None] * len(self.states)
        self.start, self.end = self.states[tables["start"]], self.states[tables["end"]]

    def _states(self, reductions: list[Action]) -> list[Action]:
        nowhere: Action = [ERROR]
        none = [nowhere] * (len(self.symbols) - 1)
        states: list[Action] = [[entries[0], *none, k] for k, entries in enumerate(self.entries)]
        for state, entries in zip(states, self.entries, strict=True):
            for symbol, to in zip(entries[1::2], entries[2::2], strict=True):
                state[symbol] = states[to] if to >= 0 else reductions[~to]
        return states

    def row(self, state: int) -> dict[str, int]:
        """For every terminal that fits in a state the next state, or -1 - the number of a rule; for nonterminals the next state."""
        entries = self.entries[state]
        return {self.symbols[symbol]: to for symbol, to in zip(entries[1::2], entries[2::2], strict=True) if symbol > OTHER}

    def __call__(self, text: str) -> Any:
        """What the builder makes of the text; raises Unexpected."""
        state, states = self.start, list[Action]()
        values: list[Any] = []
        blank = self.blank(text)
        position = blank.end() if blank else 0
        while True:
            for match in self.pieces(text, position):
                key = match.lastindex or 0
                action = state[key]
                form = action[0]
                if form == ERROR:  # no plain piece, or not here
                    match, key = self._token(state, states, text, match)
                    action = state[key]
                    form = action[0]
                while form > TEXT:
                    form, count, drop, origin, pick, make = action
                    if form == ONE:
                        values[-1] = make(values[-1])
                    elif form == INFIX:
                        right = values.pop()
                        values[-1] = make(values[-1], right)
                        del states[-2:]
                    else:
                        found = values[-count:]
                        del values[-count:]
                        if drop:
                            del states[-drop:]
                        if pick is not None:
                            found = pick(found)
                        values.append(found if make is None else make(*found))
                    state = states[-1][origin]
                    action = state[key]
                    form = action[0]
                if form:
                    if form == PLACE:
                        values.append(match.start())
                    elif form == ERROR:
                        if state is self.end:
                            return values[-1]
                        raise self._unexpected([*states, state], match.start(), key == self.number["$END"])
                    elif key == NAME:
                        start, end = match.span(NAME)
                        values.append(Tree("name", (), match[NAME], start, end))
                    elif key == NUMBER:
                        start, end = match.span(NUMBER)
                        values.append(Tree("number", (), int(match[NUMBER]), start, end))
                    else:
                        kind = match.lastgroup or ""
                        values.append(self.token(kind, match[kind], match.start(), match.end(kind)))
                states.append(state)
                state = action
                if key > OTHER:
                    position = match.end()
                    break

    def _token(self, state: Action, states: list[Action], text: str, piece: re.Match[str]) -> tuple[re.Match[str], int]:
        """The token that the expression of a state finds, and the number of its terminal."""
        position = piece.start()
        if position == len(text):
            return piece, self.number["$END"]
        match = (self.lexers[state[-1]] or self._lexer(state[-1]))(text, position)
        if match:
            return match, self.number[match.lastgroup or ""]
        raise self._unexpected([*states, state], position, False)

    def _lexer(self, state: int) -> Callable[[str, int], re.Match[str] | None]:
        """The one expression for all terminals that fit in a state, with what is ignored after them."""
        row = self.row(state)
        parts = [f"(?P<{name}>{pattern})" for name, pattern in self.terminals if name in row]
        self.lexers[state] = match = re.compile(f"(?:{'|'.join(parts) or '(?!)'})(?:{self.ignored})?").match
        return match

    def _unexpected(self, path: list[Action], position: int, at_end: bool) -> Unexpected:
        states = [state[-1] for state in path]
        terminals = {"$END", *[name for name, _ in self.terminals]} & self.row(states[-1]).keys()
        return Unexpected(position, {name for name in terminals if self._fits(states, name)}, at_end)

    def _fits(self, states: list[int], terminal: str) -> bool:
        """Can this terminal come next? A row alone may promise too much."""
        states = states.copy()
        while (action := self.row(states[-1]).get(terminal, 0)) < 0:
            _, size, _, origin, _, _ = self.rules[~action]
            del states[len(states) - size :]
            states.append(self.row(states[-1])[origin])
            if self.states[states[-1]] is self.end:
                return True
        return terminal in self.row(states[-1])


def _reduction(rule: Rule, numbers: dict[str, int], builder: Any) -> Action:
    method, size, count, origin, picks, transparent = rule
    make = getattr(builder, method) if method else None
    pick = itemgetter(picks[0][0] if picks else 0) if transparent else None if picks is None else _picker(picks)
    form = ANY
    if make is not None and picks is None:
        form = ONE if size == count == 1 else INFIX if (size, count) == (3, 2) else ANY
    return [form, count, size - 1, numbers[origin], pick, make]


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
    announce_stale(TABLES, "symdiff.syntax.lalr")
    return make_tables(grammar)


def announce_stale(path: str, module: str) -> None:
    """A RuntimeWarning: the kept tables are of another grammar, and to make them anew costs every start many times what reading them does."""
    import warnings

    how = f"python -c 'from {module} import write_tables; write_tables()'"
    message = (
        f"{os.path.basename(path)} is not made of the grammar as it stands, so every start makes the tables anew; keep them with: {how}"
    )
    warnings.warn(message, RuntimeWarning, stacklevel=3)


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
    kept = {s.name for rule in rules for s in rule.expansion if s.is_term and not s.filter_out}
    written = [_rule(rule, kept) for rule in rules]
    empty = [str(rule) for rule, (_, _, count, *_) in zip(rules, written, strict=True) if not count]
    if empty:
        raise ValueError(f"rules that leave no value are not provided for: {empty}")
    _follow_units(rows, gotos, written)
    rows, gotos, start, end = _renumbered(rows, gotos, table.start_states["program"], table.end_states["program"])
    order = sorted(lark.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    (ignored,) = lark.ignore_tokens
    words = _words(order)
    plain = [_plain([t for t in order if t.name in row], words) for row in rows]
    _same_after_reductions(plain, rows, gotos, written)
    symbols = ["", *PIECES, "anything else", *sorted(terminals | {name for row in gotos for name in row})]
    numbers = {symbol: k for k, symbol in enumerate(symbols)}
    signs = {t.name for t in order if t.pattern.max_width == 1 and not re.match(t.pattern.to_regexp(), "R")}
    kept_at = [SKIP] * len(rows)
    states: list[list[int]] = []
    for row, goto, pieces in zip(rows, gotos, plain, strict=True):
        for name in kept & row.keys():
            if row[name] >= 0:
                kept_at[row[name]] = PLACE if name in signs else TEXT
        states.append([])
        for table in ({piece: row[name] for piece, name in pieces.items()}, row, goto):
            states[-1] += [entry for name, to in table.items() for entry in (numbers[name], to)]
    return {
        "fingerprint": fingerprint(grammar),
        "terminals": [(t.name, t.pattern.to_regexp()) for t in order],
        "ignored": ignored,
        "places": sorted(kept & signs),
        "symbols": symbols,
        "rules": written,
        "states": [[first, *entries] for first, entries in zip(kept_at, states, strict=True)],
        "words": sorted({word for found in words.values() for word in found or ()}),
        "start": start,
        "end": end,
    }


def _words(terminals: list[Any]) -> dict[str, set[str] | None]:
    """For every terminal but NAME the words that it is; None if it may be the beginning of a name."""
    known = {word for t in terminals for word in re.findall("[A-Za-z]+", t.pattern.to_regexp())} | {*string.ascii_letters, "_"}
    found: dict[str, set[str] | None] = {}
    for t in terminals:
        if t.name != "NAME":
            match = re.compile(t.pattern.to_regexp()).match
            mine = {word for word in known if match(word)}
            found[t.name] = None if any(match(word + "q") for word in mine) else mine
    return found


def _plain(terminals: list[Any], words: dict[str, set[str] | None]) -> dict[str, str]:
    """The terminals of a state that plain pieces are.

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
        found["a name"] = "NAME"
    if "NUMBER" in names and "SIZE" not in names:
        found["a number"] = "NUMBER"
    return found


def _same_after_reductions(plain: list[dict[str, str]], rows: list[dict[str, int]], gotos: list[dict[str, int]], rules: list[Rule]) -> None:
    """Leave out the pieces that would be another terminal after a reduction: a token is what it is where it is met."""
    after: dict[str, set[int]] = {}
    for goto in gotos:
        for name, to in goto.items():
            after.setdefault(name, set()).add(to)
    changed = True
    while changed:
        changed = False
        for state, pieces in enumerate(plain):
            for piece, name in [*pieces.items()]:
                to = rows[state][name]
                if to < 0 and any(plain[k].get(piece) != (name if name in rows[k] else None) for k in after[rules[~to][3]]):
                    del pieces[piece]
                    changed = True


def _rule(rule: Any, kept: set[str]) -> Rule:
    values = [s for s in rule.expansion if not s.is_term or s.name in kept]
    picks = [(k, not s.is_term and s.name.startswith("_")) for k, s in enumerate(values) if not (s.is_term and s.filter_out)]
    plain = picks == [(k, False) for k in range(len(values))]
    name = str(rule.alias or rule.origin.name)
    transparent = bool(rule.options.expand1) and not rule.alias and len(picks) == 1
    method = "" if transparent or name.startswith("_") else name
    return method, len(rule.expansion), len(values), str(rule.origin.name), None if plain else picks, transparent


def _follow_units(rows: list[dict[str, int]], gotos: list[dict[str, int]], rules: list[Rule]) -> None:
    """Where a state would only rename `product` to `sum`, go where the new name leads.

    After a symbol, the state that is entered depends on the state below it; so each pair gets a state of its own.
    """
    unit = [transparent and size == count == 1 for _, size, count, _, _, transparent in rules]
    before_rows, before_gotos = list(rows), list(gotos)
    made: dict[tuple[Any, ...], int] = {}
    below = 0
    while below < len(rows):  # states that are made on the way have their turn too
        for table, before, terminal in ((gotos, before_gotos, False), (rows, before_rows, True)):
            new = dict(table[below])
            for name, state in before[below].items():
                if state < 0:
                    continue
                row, onward = {}, dict(before_gotos[state])
                for kind, first in before_rows[state].items():
                    action: int | None = first
                    while action is not None and action < 0 and unit[~action]:
                        at = before_gotos[below][rules[~action][3]]
                        action = before_rows[at].get(kind)  # None: LALR promises this terminal, but not after this state
                        onward |= before_gotos[at]
                    if action is not None:
                        row[kind] = action
                    elif terminal:  # what follows a token is looked for among all that Lark looks for: `2..3` is not `2*.3`
                        row[kind] = first
                if row == before_rows[state]:
                    continue
                key = (
                    terminal and name,
                    tuple(sorted(row.items())),
                    tuple(sorted(onward.items())),
                )  # what is kept of a token depends on it
                if key not in made:
                    made[key] = len(rows)
                    rows.append(row)
                    gotos.append(onward)
                    before_rows.append(row)
                    before_gotos.append(onward)
                new[name] = made[key]
            table[below] = new
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
