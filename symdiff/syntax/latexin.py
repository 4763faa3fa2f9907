r"""LaTeX to syntax trees: formulas as papers write them, in the trees of the formula language.

In: a text and what is known about its names. Out: a Program whose trees have their places in the LaTeX, so that types, the
graph and errors are those of every other formula. The tokens are those of latexwords.py, the grammar is `grammar/latex.lark`,
whose tables stand in latex_tables.json (`write_tables()` makes them anew; nothing of it is loaded before LaTeX is read).

What a run of factors means is said in latextree.py. Names are compared by their letters and digits: `W^{(1)}`, `W_1` and the declared `W1` are one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import ParseError, SymdiffError
from symdiff.expr.dims import is_sum
from symdiff.expr.node import Shape
from symdiff.syntax.kinds import Given
from symdiff.syntax.latexsurface import D, F, M, Names, R, Run, S, Surface, Typed, V, closed, mentions
from symdiff.syntax.latextree import Builder, spectral
from symdiff.syntax.latexwords import Lexer, Token, marked, refuse
from symdiff.syntax.parse import canonical
from symdiff.syntax.relations import M as MATRIX
from symdiff.syntax.tree import Binding, Declaration, Program, Tree, TypeSpec

_HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(_HERE, "latex_tables.json")
GRAMMARS = tuple(os.path.join(os.path.abspath(os.path.join(_HERE, up)), "grammar", "latex.lark") for up in ("..", "../.."))

_COMMAND = re.compile(r"\\[A-Za-z]{2}|\\[|{]|[_^]\{|[∑∏⟨∥]")
_DECLARED = re.compile(
    r"\s*[A-Za-z]\w*(?:\s*,\s*[A-Za-z]\w*)*\s*:\s*(?:(?:positive|nonnegative|symmetric|psd|diagonal|orthogonal|onehot|simplex)\s+)*(?:scalar|vector|matrix|R\b|ℝ)[^;\n\\]*[;\n]"
)


def is_latex(text: str) -> bool:
    """Whether a text is LaTeX or Unicode mathematics rather than a formula of the language: it has a command, or `_{`, or a sign such as ∑."""
    return _COMMAND.search(text) is not None


def is_set(text: str) -> bool:
    """Whether a text has letters of mathematics, as a PDF gives them: `𝐰⊤𝐱ᵢ`."""
    return re.search(r"[\U0001d400-\U0001d7ffᵢⱼ]", text) is not None


# ------------------------------------------------------------------------------------------------------------ parsing


class _Parser:
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
def _parser() -> _Parser:
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
            announce_stale(TABLES, "symdiff.syntax.latexin")
            kept = make_tables(grammar)
    return _Parser(kept)


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


# ------------------------------------------------------------------------------------------------------------ programs


@dataclass
class Latex:
    """A text in LaTeX that has been read.

    program: the formula, its places those of the text. notes: remarks for the user. question, order: the names that a derivative in
    front asks for. unsettled: trees to look at once the types are known. units: basis vectors without sizes. given: see `read_latex`.
    joint: the second indices of pairs.
    """

    text: str
    program: Program
    notes: list[str]
    question: tuple[str, ...]
    order: int
    unsettled: list[tuple[Typed, str]]
    units: list[tuple[Typed, bool]]
    given: bool
    joint: frozenset[str] = frozenset()


def read_latex(text: str, kinds: Mapping[str, str], given: bool = False) -> Latex:
    r"""The statements and the expression of a text in LaTeX. ParseError with its place and a hint.

    kinds: of the known names. given: they are those of another formula, and the text may be an answer about it as it is printed: e_1 is
    a basis vector, bars are absolute values, and `\psi` is the digamma function.
    """
    try:
        read = _read(text, kinds, given)
        outside = _outside(read.program, read.joint) if read.joint else frozenset()
        return _read(text, kinds, given, outside) if outside else read
    except SymdiffError as error:
        error.text = error.text or text
        raise


def _outside(program: Program, joint: frozenset[str]) -> frozenset[str]:
    """Of second indices, as the j of `\\sum_{i < j}`, those that stand outside of every sum over them, so that they do not run."""
    found: set[str] = set()
    stack: list[tuple[Tree, frozenset[str]]] = [(s.value, frozenset()) for s in program.statements if isinstance(s, Binding)]
    if program.body is not None:
        stack.append((program.body, frozenset()))
    while stack:
        tree, inside = stack.pop()
        if tree.kind == "over":
            inside = inside | {tree.value[1]}
        elif tree.kind == "name" and tree.value in joint and tree.value not in inside:
            found.add(tree.value)
        stack += [(kid, inside) for kid in tree.kids]
    return frozenset(found)


def _read(text: str, kinds: Mapping[str, str], given: bool, fixed: frozenset[str] = frozenset()) -> Latex:
    if text.count("(") + text.count("{") + text.count("[") > LIMITS.nesting:
        raise exceeded("nesting", "a formula with so many brackets", text=text)
    names = Names(kinds)
    tokens = marked(Lexer(text, frozenset(kinds)).read())
    program = Program(text, latex=True)
    statements = _statements(tokens)
    if not statements:
        raise ParseError("the formula is empty", span=(0, max(1, len(text))), hint="\\frac{1}{2} \\lVert A x - b \\rVert^2")
    declared, statements = _declared(statements)
    if declared:
        dims = {d: D for declaration in declared for d in declaration.type.dims or () if isinstance(d, str)}
        names = Names({**dims, **kinds, **{n: (S, V, M)[len(d.type.dims or ())] for d in declared for n in d.names}})
        program.statements += declared
        if not statements:
            at = declared[-1].end
            raise ParseError("the formula has no expression", span=(max(0, at - 1), at), hint="the formula stands beside its declarations")
    builder = Builder(text, names, tokens, given, fixed)
    question: tuple[str, ...] = ()
    order = 1
    for k, statement in enumerate(statements):
        last = k == len(statements) - 1
        left, right = _sides(statement)
        if last:
            question, order, right = _question(right, builder, text)
        if not right:
            at = statement[-1].end
            raise ParseError("the formula ends where a value is expected", span=(max(0, at - 1), at))
        end = right[-1].end
        name = _left_side(left, builder, last) if left else ""
        tree = builder.tree(_parser()(right, builder, end))
        if last:
            if any(isinstance(s, Binding) and mentions(s.value, name) for s in program.statements):  # L = (y - a)^2, \\quad a = w^\\top x
                refuse(
                    f"`{text[left[0].start : left[-1].end]}` is used before it is bound",
                    left[0].start,
                    left[-1].end,
                    "move the binding in front of its use; the last line is the formula",
                )
            program.body = tree
        elif not name:
            refuse("an expression stands before the end", tree.start, tree.end, r"give it a name: z = Wx + b; the last line is the formula")
        else:
            program.statements.append(Binding(name, tree, left[0].start, tree.end))
            builder.names = Names({**builder.names.kinds, name: tree.guess})
    return Latex(text, program, builder.notes, question, order, builder.unsettled, builder.units, given, builder.joint)


def _statements(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens of every statement: they end with `;`, a new line, or a comma before another definition."""
    depth = 0
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        kind = token.kind
        if kind in ("SUB", "SUP", "ARG", "OPTION", "OPEN", "BAR", "NORM", "CASES"):
            depth += 1
        elif kind in ("END", "CLOSE", "BAR_END", "NORM_END", "END_CASES"):
            depth -= 1
        if depth == 0 and (kind == "NL" or (kind == "SEPARATOR" and token.value in ",;")):
            pieces[-1].append(token)
            pieces.append([])
        elif depth == 0 and kind == "AMP":
            continue
        else:
            pieces[-1].append(token)
    out: list[list[Token]] = []
    lines = False
    for piece in pieces:
        ended = piece[-1] if piece and piece[-1].kind in ("NL", "SEPARATOR") else None
        if ended is not None:
            piece = piece[:-1]
        if not piece:
            lines = lines or (ended is not None and ended.kind == "NL")
            continue
        if (
            out
            and lines
            and piece[0].kind in ("SIGN", "OPERATOR")
            and not any(t.kind == "COMPARE" and t.value in ("eq", "define") for t in _flat(piece))
        ):
            out[-1] += piece  # a line that goes on
        else:
            out.append(piece)
        lines = ended is not None and ended.kind == "NL"
    return out


def _declared(statements: list[list[Token]]) -> tuple[list[Declaration], list[list[Token]]]:
    r"""Statements such as `w \in \mathbb{R}^n` and `X, Y \in \mathbb{R}^{m \times n}` are declarations."""
    declared: list[Declaration] = []
    kept: list[list[Token]] = []
    for statement in statements:
        signs = [k for k, t in enumerate(statement) if t.kind == "COMPARE"]
        if (
            len(signs) != 1
            or statement[signs[0]].value != "in"
            or signs[0] + 1 >= len(statement)
            or statement[signs[0] + 1].sort != "reals"
        ):
            kept.append(statement)
            continue
        names = [_plain_name(statement[: signs[0]])]
        while (
            kept
            and len(kept[-1]) <= 8
            and all(t.kind in ("ATOM", "SUB", "SUP", "END", "OPEN", "CLOSE") and t.sort in ("", "name", "number", "word") for t in kept[-1])
        ):
            names.insert(0, _plain_name(kept.pop()))
        sizes = [t for t in statement[signs[0] + 2 :] if t.kind == "ATOM"]
        other = [
            t
            for t in statement[signs[0] + 2 :]
            if t.kind not in ("ATOM", "SUP", "SUB", "END") and not (t.kind == "OPERATOR" and t.value in ("times", "mul"))
        ]
        if other or len(sizes) > 2:
            at = (other or sizes)[0]
            refuse(
                "this is no size that a vector or matrix can have here",
                at.start,
                max(at.end, at.start + 1),
                r"x \in \mathbb{R}^n, A \in \mathbb{R}^{m \times n}",
            )
        dims = tuple([int(t.value) if t.value.isdigit() else t.value for t in sizes])
        kind = ("scalar", "vector", "matrix")[len(dims)]
        declared.append(Declaration(tuple(names), TypeSpec(kind, dims or None), None, statement[0].start, statement[-1].end))
    return declared, kept


def _plain_name(tokens: Sequence[Token]) -> str:
    """The name that the tokens in front of `\\in` are."""
    texts = [t.value for t in tokens if t.kind == "ATOM"]
    if not texts or any(t.kind not in ("ATOM", "SUB", "SUP", "END", "OPEN", "CLOSE", "ACCENT", "ARG") for t in tokens):
        refuse(
            "a declaration has a name on its left", tokens[0].start if tokens else 0, tokens[-1].end if tokens else 1, r"w \in \mathbb{R}^n"
        )
    return canonical(texts[0] + texts[1] if len(texts) == 2 and texts[1].isdigit() else "_".join(texts))


def name_of(text: str) -> str:
    r"""The name of the language that one in LaTeX is read as: theta of `\theta`, W1 of `W^{(1)}`; "" if it is none."""
    try:
        (name,) = read_latex(rf"\nabla_{{{text}}} 1", {}).question
    except (SymdiffError, ValueError):
        return ""
    return name


def _flat(tokens: Sequence[Token]) -> list[Token]:
    """The tokens outside all brackets."""
    depth, out = 0, []
    for token in tokens:
        if token.kind in ("SUB", "SUP", "ARG", "OPTION", "OPEN", "BAR", "NORM", "CASES"):
            depth += 1
        if depth == 0:
            out.append(token)
        if token.kind in ("END", "CLOSE", "BAR_END", "NORM_END", "END_CASES"):
            depth -= 1
    return out


def _sides(statement: list[Token]) -> tuple[list[Token], list[Token]]:
    """What stands left and right of the equals sign of a statement."""
    signs = [t for t in _flat(statement) if t.kind == "COMPARE" and t.value in ("eq", "define")]
    if not signs:
        return [], statement
    if len(signs) > 1:
        refuse("there are two equals signs", signs[1].start, signs[1].end, "give one of the sides alone")
    at = statement.index(signs[0])
    if not at:
        refuse(
            "there is nothing left of the equals sign, or the line before has one, too",
            signs[0].start,
            signs[0].end,
            "give one right-hand side alone",
        )
    return statement[:at], statement[at + 1 :]


def _left_side(left: list[Token], builder: Builder, last: bool) -> str:
    """The name that a definition gives; of the last one it says nothing."""
    plain = [t for t in left if t.kind == "ATOM"]
    if (plain and plain[0].sort in ("nabla", "partial")) or (
        left[0].kind == "FRAC" and any(t.sort == "partial" or t.value == "d" for t in plain[:2])
    ):
        refuse(
            "the left side is a derivative already, so the right side is an answer",
            left[0].start,
            left[-1].end,
            "give the formula that is to be differentiated, or its derivative without the left side",
        )
    surface = _parser()(left, builder, left[-1].end)
    if isinstance(surface, Run) and len(surface.items) <= 2:
        first, *rest = surface.items
        if first.sort in ("name", "word") and (not rest or rest[0].sort == "group"):
            parts = [p for s in first.scripts if isinstance(s[1], list) and s[0] == "sub" for p in builder.parts(s[1])]
            labels = [p for s in first.scripts if s[0] == "sup" and builder.is_label(s[1]) for p in builder.parts(s[1][0].items[0].lists)]
            if not last and rest:
                refuse("a function cannot be defined here", first.start, rest[0].end, "write its value out where it is used")
            if any(p.index for p in (*parts, *labels)) and not last:
                refuse("a definition for every index is not supported", first.start, first.end, "write its value out where it is used")
            texts = [p.text for p in (*labels, *parts)]
            if last and (rest or any(p.index or "?" in p.text for p in (*labels, *parts))):
                return str(first.value)
            found = builder.names.find(first.value, *texts)
            return found or builder.fresh(first.value, [*labels, *parts])
        if last and first.sort == "function" and (not rest or rest[0].sort == "group"):  # \mathrm{MSE} = …
            return str(first.value)
    refuse(
        "an equation has no value; a definition has one name on its left",
        left[0].start,
        left[-1].end,
        r"\mathcal{L}(w) = \ldots, or the right side alone",
    )


def _question(tokens: list[Token], builder: Builder, text: str) -> tuple[tuple[str, ...], int, list[Token]]:
    r"""`\nabla_w`, `\frac{\partial}{\partial w}`, `\frac{d}{dx}` in front: the names, the order, and the formula behind."""
    if not tokens:
        return (), 1, tokens
    first = tokens[0]
    if first.kind == "ATOM" and first.sort == "nabla":
        k, order = 1, 1
        names: tuple[str, ...] = ()
        while k < len(tokens) and tokens[k].kind in ("SUB", "SUP"):
            stop = closed(tokens, k)
            inside = tokens[k + 1 : stop]
            if tokens[k].kind == "SUB":
                content = _parser()(
                    [
                        Token("OPEN", "(", tokens[k].start, tokens[k].start),
                        *inside,
                        Token("CLOSE", ")", tokens[stop].start, tokens[stop].start),
                    ],
                    builder,
                    tokens[stop].end,
                )
                names = tuple(
                    [builder.name(x.items[0]).value if len(x.items) == 1 else "" for x in content.items[0].lists if isinstance(x, Run)]
                )
            elif len(inside) == 1 and inside[0].value.isdigit():
                order = int(inside[0].value)
            k = stop + 1
        return names or ("",), order, tokens[k:]
    if first.kind != "FRAC":
        return (), 1, tokens
    stop = closed(tokens, 1)
    above, below_start = tokens[2:stop], stop + 1
    end = closed(tokens, below_start)
    below = tokens[below_start + 1 : end]

    def is_d(t: Token) -> bool:
        return t.kind == "ATOM" and (t.sort == "partial" or (t.sort in ("name", "word") and t.value == "d"))

    if not above or not below or not is_d(above[0]) or not is_d(below[0]) or len(below) < 2:
        return (), 1, tokens
    if above[0].sort != "partial" and (below[0].sort == "partial" or builder.names.find("d")):
        return (), 1, tokens
    order = int(above[2].value) if len(above) > 3 and above[1].kind == "SUP" and above[2].value.isdigit() else 1
    rest = above[1:] if order == 1 else above[4:]
    inner = [t for t in below[1:] if not is_d(t)]
    if order > 1 and len(inner) > 2 and inner[-1].kind == "END":  # \partial w^2
        k = next(k for k in range(len(inner) - 1, -1, -1) if inner[k].kind == "SUP")
        inner = inner[:k]
    surface = _parser()(inner, builder, inner[-1].end)
    names = tuple([builder.name(i).value for i in surface.items]) if isinstance(surface, Run) else ("",)
    if rest:
        behind = tokens[end + 1 :]
        if behind:
            return (), 1, tokens
        return names, order, rest
    return names, order, tokens[end + 1 :]


def declarations(text: str) -> int:
    """Where the declarations in the formula language end that stand in front: `X: matrix(m, n); \\|X w\\|^2`."""
    at = 0
    while found := _DECLARED.match(text, at):
        at = found.end()
    return at


def kinds_of(declared: Iterable[Declaration], given: Given) -> dict[str, str]:
    """What declarations and another formula say about names."""
    kinds: dict[str, str] = dict.fromkeys(given.dims, D)
    kinds |= {name: (S, V, M)[len(shape)] for name, (shape, _) in given.shapes.items() if len(shape) < 3}
    kinds |= {name: F for name in given.functions}
    kinds |= {
        name: R if len(shape) == 2 and shape[0] == 1 else (S, V, M)[len(shape)] for name, shape in given.bindings.items() if len(shape) < 3
    }
    for d in declared:
        for spec in (d.type, *(d.arguments or ())):
            for dim in spec.dims or ():
                if isinstance(dim, str):
                    kinds.setdefault(dim, D)
    for d in declared:
        kind = F if d.arguments is not None else {"scalar": S, "vector": V, "matrix": M}[d.type.kind]
        kinds |= dict.fromkeys(d.names, kind)
    return kinds


def asks(latex: Latex) -> ParseError:
    """A derivative stands in front of the formula: which function of the library gives it."""
    names = [name for name in latex.question if name]
    wrt = f'"{names[0]}"' if len(names) == 1 else "[" + ", ".join([f'"{name}"' for name in names]) + "]" if names else '"w"'
    function = "grad" if latex.order == 1 else "hessian" if latex.order == 2 else "derivative"
    body = latex.program.body
    assert body is not None
    return ParseError(
        "a derivative in front of a formula is the question, not the formula",
        span=(len(latex.text) - len(latex.text.lstrip()), max(body.start, 1)),
        hint=f"sd.{function}(f, {wrt}), where f is what stands behind it; on the command line --wrt {','.join(names) or 'w'}"
        + (f" --order {latex.order}" if latex.order > 1 else ""),
    )


_ENTRYWISE = re.compile(r"\^(?:\{\\odot\s*\}|\\odot(?![A-Za-z]))")
_OF_ENTRIES = re.compile(r"\\lvert(?![A-Za-z])|\\rvert(?![A-Za-z])(\s*_(?:\{\\odot\s*\}|\\odot(?![A-Za-z])))?")


def entrywise(text: str) -> str:
    """`\\exp^{\\odot}(X)` and `\\lvert X \\rvert_\\odot`, as answers are printed, in the words that are read: every function is one of the entries here."""
    text = _ENTRYWISE.sub(lambda m: " " * len(m[0]), text)
    while any(m[1] for m in _OF_ENTRIES.finditer(text)):
        opened: list[re.Match[str]] = []
        for m in _OF_ENTRIES.finditer(text):
            if m[0].startswith("\\lvert"):
                opened.append(m)
            elif opened:
                first = opened.pop()
                if m[1]:
                    text = text[: first.start()] + r"\operatorname{abs}(" + text[first.end() : m.start()] + ")" + text[m.end() :]
                    break
        else:
            return text
    return text


def settle(latex: Latex, masks: Mapping[int, int]) -> bool:
    """What the types, now known, say about bars, norms, exp and log of matrices. Whether trees were changed, so that types are to be found anew.

    masks: the kinds of the steps, by their ids. ParseError where papers mean something else of a matrix than the language has.
    """
    changed = False
    for tree, why in latex.unsettled:
        operand = tree.kids[0]
        matrix = masks.get(id(operand)) == MATRIX
        if why == "bars" and tree.kind == "bars" and matrix:
            tree.kind, tree.value, tree.guess = "call", "det", S
            changed = True
        elif why == "log of bars" and tree.value == "log" and operand.kind == "call" and operand.value == "det":
            tree.value, tree.kids = "logdet", operand.kids
        elif why == "spectral" and matrix:
            raise spectral(tree)
        elif why == "matrix function" and matrix and tree.kind == "call" and tree.value in ("exp", "sqrt") and not latex.given:
            name = {"exp": "exponential", "sqrt": "square root"}[tree.value]
            raise ParseError(
                f"the {name} of a matrix is not that of its entries",
                span=(tree.start, tree.end),
                hint="write by entries what is meant: A_{ij}",
            )
        elif why == "matrix function" and matrix and tree.value == "log" and not latex.given and _stands_in_a_product(latex.program, tree):
            note = f"`{latex.text[tree.start : tree.end]}` is that of the entries, not the logarithm of the matrix"
            if note not in latex.notes:
                latex.notes.append(note)
    return changed


def _stands_in_a_product(program: Program, inner: Tree) -> bool:
    """Whether a function of a matrix is a factor of a product of matrices, or under a trace: there papers have functions of matrices."""
    stack = [program.body, *[s.value for s in program.statements if isinstance(s, Binding)]]
    while stack:
        tree = stack.pop()
        if tree is None:
            continue
        if any(kid is inner for kid in tree.kids) and (tree.kind in ("mul", "matmul") or tree.value in ("tr", "trace")):
            return True
        stack += tree.kids
    return False


def sized(latex: Latex, given: Given) -> Iterator[Shape]:
    """Put sizes to basis vectors, which are printed without: those of every variable of the formula in turn, whose shapes are given back."""
    if not latex.units:
        return
    for shape in dict.fromkeys(shape for shape, _ in given.shapes.values() if len(shape) in (1, 2)):
        for tree, row in latex.units:
            size = shape[-1] if row else shape[0]
            place = (tree.start, tree.end)
            if isinstance(size, tuple) or (isinstance(size, str) and is_sum(size)):
                return
            if isinstance(size, int):
                written = Tree("number", (), size, *place)
            elif "(" in size:
                written = Tree("call", (Tree("name", (), size[size.index("(") + 1 : -1], *place),), size[: size.index("(")], *place)
            else:
                written = Tree("name", (), size, *place)
            tree.kids = (tree.kids[0], written)
        yield shape


def in_latex(hint: str) -> str:
    """A hint of the language with what it offers as LaTeX."""

    def spell(m: re.Match[str]) -> str:
        code = m[1]
        for plain, tex in _SPELLINGS:
            code = re.sub(plain, tex, code)
        return f"`{code}`"

    hint = re.sub(r"\bsum\((\w+)=1\.\.n, (\w+)\[\1\]\)", r"\\sum_{\1=1}^{n} \2_{\1}", hint)
    hint = re.sub(r"\b(\w)\[(\w)\]", r"\1_\2", hint)
    return re.sub(r"`([^`]+)`", spell, hint)


_SPELLINGS = (
    (r"\bvector\(1\)", r"\\mathbf{1}"),
    (r"\s*\.\*\s*", r" \\odot "),
    (r"\s*\./\s*", r" \\oslash "),
    (r"\s*\.\^\s*\(([^()]*)\)", r"^{\\odot \1}"),
    (r"\s*\.\^\s*(\w+)", r"^{\\odot \1}"),
    (r"'", r"^\\top"),
    (r"\s*\*\s*", " "),
    (r"(?<=[\w})])\.(?=[\w\\({])", r" \\cdot "),
)
