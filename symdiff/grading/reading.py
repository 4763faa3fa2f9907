"""Reading an answer: as it is written, and, where that does not fit, as loose notation may mean it.

In: a text, the formula, its right derivative. Out: readings, the strict one first. Loose notation is `*`, `/`, `^` read entry
by entry, `*` as the dot product, `A[i,:]` as a row, as it is in MATLAB, `A^T(` as a transpose, a left-out `*`. Nothing else is forgiven: no
factor changes its place, nothing is transposed, a row is no vector. The search ends because every reading changes one more place, of at most MAX_CHANGES, and MAX_TRIES texts are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symdiff.errors import DomainError, ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.expr.walk import bindings, dimensions, functions, variables
from symdiff.syntax import canonical, parse
from symdiff.syntax.hints import near
from symdiff.syntax.parse import program
from symdiff.syntax.tree import Binding, Program, Tree
from symdiff.table import BUILT_IN, TABLE

MAX_CHANGES, MAX_TRIES = 4, 150

# What people write for things that have another name here.
OTHER_NAMES = {"e": "the exponential function is `exp(x)`", "I": "the identity matrix is `eye(n)`", "Id": "the identity matrix is `eye(n)`"}

ENTRY_BY_ENTRY = {"mul": " .* ", "div": " ./ ", "pow": ".^"}


@dataclass(frozen=True)
class Reading:
    """What an answer may mean. text: with the notation made strict; loose: whether that changed it."""

    expr: Expr
    text: str
    loose: bool = False


def readings(answer: str, f: Expr, expected: Expr) -> Iterator[Reading]:
    """The readings of an answer, the strict one first, those with fewer changes before others.

    SymdiffError, that of the strict reading, where there is none at all.
    """
    names = Names(f)
    error: SymdiffError | None = None
    found = False
    try:
        strict = read(answer, f, expected)
        found = True
        yield Reading(strict, answer)
        if strict.shape == expected.shape:
            return
    except (ShapeError, ParseError, UnknownNameError, DomainError) as caught:
        error = names.first_unknown(answer) or caught if isinstance(caught, ShapeError) else caught
        if isinstance(caught, ShapeError) and error is not caught and supplied(answer, names) == answer:
            raise error from None
    for reading in _loose(answer, f, expected, names):
        found = True
        yield reading
    if not found and error is not None:
        raise error


def read(answer: str, f: Expr, expected: Expr) -> Expr:
    """The answer with f's types and bindings; where nothing else fixes a size, that of the derivative does."""
    try:
        parsed = parse(answer, given=f)
        found = parsed.expr
    except ShapeError as error:
        if "nothing fixes" not in error.message:
            raise
        like = build.total(build.var("derivative", expected.shape))
        try:
            parsed = parse(f"{answer.rstrip().rstrip(';')} + derivative", given=build.scale(build.total(f), like))
        except SymdiffError:
            raise error from None
        found = parsed.expr.args[0]
    known, used = ({**variables([e]), **functions([e])} for e in (f, found))
    for name in used.keys() - known.keys():
        (span, *_) = parsed.spans.get(used[name], [None])
        raise Names(f).unknown(name, span, answer)
    return found


class Names:
    """What an answer may speak of: the formula's variables, functions, bound names and dimensions."""

    def __init__(self, f: Expr) -> None:
        self.functions = list(functions([f]))
        self.values = [*variables([f]), *bindings([f])]
        self.dimensions = dimensions([f])

    def unknown(self, name: str, span: tuple[int, int] | None, text: str) -> UnknownNameError:
        known = [*self.values, *self.functions]
        other = near(name, known)
        meant = OTHER_NAMES.get(name) or (f"did you mean `{other}`?" if other else "")
        names = f"its names are {', '.join(known)}"
        return UnknownNameError(f"{name!r} does not occur in the formula", span=span, text=text, hint=f"{meant} {names}".strip())

    def first_unknown(self, text: str) -> UnknownNameError | None:
        """The error for the first name of a text that neither the formula nor the text itself gives a meaning."""
        try:
            parsed = program(text)
        except SymdiffError:
            return None
        own = {name for s in parsed.statements for name in ([s.name] if isinstance(s, Binding) else s.names)}
        trees = list(_trees(parsed))
        own.update(index for t in trees if t.kind in ("over", "tensor") for index in ([t.value[1]] if t.kind == "over" else t.value))
        known = own.union(self.values, self.functions, self.dimensions, BUILT_IN, TABLE.names, ("pi", "T"))
        for tree in sorted(trees, key=lambda t: t.start):
            if tree.kind == "name" and tree.value not in known:
                return self.unknown(tree.value, (tree.start, tree.end), text)
        return None


# ---------------------------------------------------------------------------------------------- loose notation


def _loose(answer: str, f: Expr, expected: Expr, names: Names) -> Iterator[Reading]:
    """Readings of the derivative's shape. Breadth first: a text that still does not fit is changed at one more place of what clashes."""
    start = supplied(answer, names)
    queue: list[tuple[str, int]] = [(start, 0)]
    turned = _ROW.sub(lambda m: m[1] if m[2] else f"{m[1]}'", start)
    if turned != start:
        queue.append((turned, 1))
    seen = {text for text, _ in queue}
    for text, changes in queue:  # readings that are found are put behind, and read in their turn
        within = (0, len(text))
        try:
            found = read(text, f, expected)
            if found.shape == expected.shape and text != answer:
                yield Reading(found, text.strip(), loose=True)
                continue
        except ShapeError as error:
            within = error.span or within
        except SymdiffError:
            continue
        if changes == MAX_CHANGES:
            continue
        for changed in entry_by_entry(text, within):
            if changed not in seen and len(seen) < MAX_TRIES:
                seen.add(changed)
                queue.append((changed, changes + 1))


# A row of a matrix, and whether it is transposed.
_ROW = re.compile(r"(\w\[[^\[\]:,]*,\s*:\s*\])('|ᵀ|\^T)?")

# What stands beside a dot without brackets.
_ATOM = re.compile(r"\w+(\[[^\[\]]*\])?'?|\([^()]*\)")


def entry_by_entry(text: str, within: tuple[int, int]) -> Iterator[str]:
    """The text with one of its `*`, `/`, `^` read entry by entry, or a `*` as the dot product, for those in a part of it."""
    try:
        parsed = program(text)
    except SymdiffError:
        return
    for tree in _trees(parsed):
        if tree.kind not in ENTRY_BY_ENTRY or not within[0] <= tree.start <= tree.end <= within[1]:
            continue
        (a, b), sign = tree.kids, ENTRY_BY_ENTRY[tree.kind]
        if a.kind == b.kind == "number":
            continue
        gap = text[a.end : b.start].strip()
        if tree.kind == "pow" and not gap:  # a superscript
            exponent = b.kids[0] if b.kind == "neg" else b
            yield f"{text[: a.end]}.^{'-' * (b.kind == 'neg')}{exponent.value}{text[tree.end :]}"
        elif gap in ("*", "/", "^", "**", "×"):
            yield text[: a.end] + sign + text[b.start :]
            if tree.kind == "mul":
                left, right = (side if _ATOM.fullmatch(side) else f"({side})" for side in (text[a.start : a.end], text[b.start : b.end]))
                yield f"{text[: a.start]}{left}.{right}{text[b.end :]}"


# Tokens for left-out signs: a comment, a number, a name, another sign.
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ"  # which regular expressions take for letters
_TOKENS = re.compile(rf"#[^\n]*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^\W\d{_RAISED}][^\W{_RAISED}]*|\.\.|\S", re.DOTALL)
_TRANSPOSED = re.compile(r"\^\s*T(?:\s*(?=\()|(?=([^\W\d_]\w*)))")
_WORDS = ("and", "or", "not")


def supplied(text: str, names: Names) -> str:
    """The text with `A^T(` and `A^TB` as transposes and the signs of products that were left out: `2x`, `A(x - b)`, `Ax`."""
    if "T" not in names.values:
        text = _TRANSPOSED.sub(lambda m: m[0] if m[1] and f"T{canonical(m[1])}" in names.values else "'*", text)
    head = re.match(r"(?s).*;|.*\n(?=\s*\S)", text)
    if head and ":" in head[0]:  # declarations have another grammar
        return head[0] + supplied(text[head.end() :], names)
    out: list[str] = []
    end, before, depth = 0, "", 0
    indexed: set[str] = set(re.findall(r"\b([^\W\d]\w*)\s*=", text)) | set(re.findall(r"\b(?:sum|mean|prod)\s*\(\s*(\w+)\s*,", text))
    for m in _TOKENS.finditer(text):
        token = m[0]
        gap = text[end : m.start()]
        written = token
        if token == "'" and before and before[0].isalpha() and _is_function(before, names, indexed):  # f'(x): still a function
            out += (gap, token)
            end = m.end()
            continue
        if token[0].isalpha() and not _known(token, names, indexed):
            written = _split(token, names) or token
        if before and _ends_value(before, names, indexed) and _begins_value(token, names, indexed, gap, before):
            gap = "*"
        out += (gap, written)
        before, end = token, m.end()
        depth += token in ("(", "[")
    return "".join(out) + text[end:]


def _known(token: str, names: Names, indexed: Iterable[str]) -> bool:
    name = canonical(token)
    return name in {*names.values, *names.functions, *names.dimensions, *BUILT_IN, *TABLE.names, *_WORDS, *indexed, "pi", "T"}


def _is_function(token: str, names: Names, indexed: Iterable[str]) -> bool:
    name = canonical(token)
    return name not in names.values and name not in indexed and (name in names.functions or name in TABLE.names or name in BUILT_IN)


def _ends_value(token: str, names: Names, indexed: Iterable[str]) -> bool:
    if token[0].isdigit() or token in (")", "]", "'") or token[0] in _RAISED:
        return True
    return (token[0].isalpha() or token[0] == "_") and token not in _WORDS and not _is_function(token, names, indexed)


def _begins_value(token: str, names: Names, indexed: Iterable[str], gap: str, before: str) -> bool:
    if token[0] in _RAISED:
        return False
    if token[0] == "[":
        return bool(gap) or before[0].isdigit()
    if token[0].isdigit():
        return bool(gap) and not before[0].isdigit()
    if token[0] == "(":
        # An unknown name in front of a bracket is a function, whose error says what it is.
        return not before[0].isalpha() or before[0] in _RAISED or canonical(before) in names.values
    return (token[0].isalpha() or token[0] in "_√") and token not in _WORDS


def _split(token: str, names: Names) -> str:
    """`Ax` as `A*x`: a name that the formula lacks as a product of names that it has, where there is one way only."""
    name = canonical(token)
    ways: list[list[list[str]]] = [[] for _ in range(len(name) + 1)]
    ways[0] = [[]]
    for end in range(1, len(name) + 1):
        for value in names.values:
            if name.endswith(value, 0, end):
                ways[end] += [[*way, value] for way in ways[end - len(value)][:2]]
    return "*".join(ways[-1][0]) if len(ways[-1]) == 1 else ""


def _trees(parsed: Program) -> Iterator[Tree]:
    stack = [t for s in parsed.statements if isinstance(s, Binding) for t in [s.value]]
    stack += [parsed.body] if parsed.body is not None else []
    while stack:
        tree = stack.pop()
        yield tree
        stack += tree.kids
