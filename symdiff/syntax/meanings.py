"""Formulas that are read without doubt, but mean something else to many: errors and remarks about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from symdiff.errors import ParseError, ShapeError, UnknownNameError
from symdiff.syntax.parse import canonical
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.syntax.types import Typing

from symdiff.syntax.hints import MANY, OTIMES, M, V, brief, whole


def check_meanings(typing: Typing) -> None:
    """A SymdiffError where a formula is consistent, but hardly what was meant; or a note. typing: with all kinds known."""
    identity = typing.symbols.get("I")
    if identity is not None and identity.source != "declared" and typing.masks[identity.var] & (V | M):
        imaginary = re.search(r"(?:exp\s*\(|e\s*\^\s*\(?)\s*-?\s*I\s*\*", typing.text)
        meant = re.sub(r"(?<!\w)I(?!\w)", "eye", typing.text.strip())
        hint = "all numbers are real; the identity is `eye`" if imaginary else f"the identity is `eye`: write `{brief(meant, 200)}`"
        raise UnknownNameError("`I` would be any vector or matrix", span=identity.span, hint=f"{hint}; or declare `I: matrix(m, n)`")
    product = _QUADRATIC.search(typing.text) if len(typing.text) < 1000 else None
    if product and typing.masks[typing.root] & M and (symbol := typing.symbols.get(product[1])) is not None and symbol.source != "declared":
        typing.notes.append(f"{product[1]} is one number in `{product[0]}`; of a vector write `{product[1]}'*{product[2]}*{product[1]}`")
    residual = _SQUARE_OF_PRODUCT.search(typing.text) if len(typing.text) < 1000 else None
    if residual and all(
        (s := typing.symbols.get(n)) is not None and s.source == "convention: everything else is a scalar" for n in residual.groups()
    ):
        typing.notes.append(f"{residual[1]} and {residual[2]} are numbers; of a matrix and a vector the square is `norm2{residual[0]}`")
    if not typing.suspects:
        return
    kinds = {id(tree): typing.masks[var] for tree, var in zip(typing.steps, typing.vars, strict=True)}
    for tree in typing.suspects:
        if tree.kind == "mul" and tree.kids[0].kind == "emul":
            _note_rows(typing, tree)
        elif tree.kind == "mul":
            _note_batch(typing, tree, kinds)
        elif tree.kind == "otimes":
            _check_otimes(typing, tree, kinds)
        elif tree.kind == "bars" and kinds.get(id(tree.kids[0])) == M:
            written = _inside(typing.text, tree.kids[0])
            raise ParseError(
                f"`|{written}|` of a matrix may mean its determinant or the absolute values of its entries",
                span=(tree.start, tree.end),
                hint=f"write `det({written})` or `abs({written})`",
            )
        elif tree.kind == "call" and len(tree.kids) == 1:
            if tree.value in _OF_ENTRIES:
                _note_product(typing, tree, kinds)
                _check_powers(typing, tree, kinds)
            else:
                _check_function_of_matrix(typing, tree, kinds)


_QUADRATIC = re.compile(r"(?<![\w'])([a-z]\w*)\*([A-Z]\w*)\*\1(?![\w'.\[(])")

_SQUARE_OF_PRODUCT = re.compile(r"(?<!\w)\((?:[^()]*\W)?([A-Z]\w*)\s*[*@]\s*([a-z]\w*)(?:\W[^()]*)?\)\s*(?:\^|\*\*)\s*2(?![\w.])")

_OF_ENTRIES = ("sum", "mean")

_OF_MATRICES = ("tr", "trace", "det", "logdet")

LOOKED_AT = frozenset((*_OF_ENTRIES, *_OF_MATRICES))

_PASSING = frozenset(("add", "sub", "mul", "div", "neg", "emul", "ediv"))


def _check_otimes(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`A ⊗ x` of undeclared names would be consistent with a vector A alone, against the convention that the letters show."""
    names = [kid.value for kid in tree.kids if kid.kind == "name" and kid.value in typing.symbols]
    capital = [name for name in names if typing.symbols[name].capital and typing.symbols[name].source != "declared"]
    if capital and len(capital) < len(tree.kids) and kinds.get(id(tree.kids[0])) == V:
        message = f"`{_inside(typing.text, tree)}` looks like the product of a matrix and a vector"
        raise ShapeError(message, span=(tree.start, tree.end), hint=f"{OTIMES}; if it is one, declare `{capital[0]}: vector(n)`")


def _inside(text: str, tree: Tree) -> str:
    """The text of an operand, without brackets around it."""
    written = text[tree.start : tree.end]
    return written[1:-1].strip() if written.startswith("(") and written.endswith(")") else written


def _check_function_of_matrix(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`tr(sqrt(X'*X))`: the root goes entry by entry, and the root of a matrix is meant. `tr(exp(A))` gets a note."""
    (inner,) = tree.kids
    if inner.kind != "call" or inner.value not in ("sqrt", "exp", "log", "ln") or len(inner.kids) != 1 or kinds.get(id(inner)) != M:
        return
    of, span = _inside(typing.text, inner.kids[0]), (inner.start, inner.end)
    message = f"`{inner.value}` goes entry by entry, also of a matrix"
    by_entries = f"`sum({inner.value}(diag({of})))`" if tree.value in ("tr", "trace") else f"`M = {inner.value}({of}); {tree.value}(M)`"
    if inner.value != "sqrt":
        note = f"{message}: `{tree.value}({inner.value}({of}))` is {by_entries}"
        if note not in typing.notes:
            typing.notes.append(note)
    else:
        there = f"the root of the matrix is `sqrtm({of})`" if "sqrtm" in TABLE.names else "the root of a matrix is not in the table"
        raise ParseError(message, span=span, hint=f"{there}; for the entries write {by_entries}")


def _check_powers(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`sum((A*x - b)^2)`: only as a matrix power, with scalars x and b, it would be consistent, and nobody means that."""
    stack = list(tree.kids)
    while stack:
        inner = stack.pop()
        if inner.kind in _PASSING:
            stack += inner.kids
        elif inner.kind == "pow" and kinds.get(id(inner)) == M and whole(inner.kids[1]) and inner.kids[1].kind == "number":
            names = _names_in(inner.kids[0])
            if names and all((s := typing.symbols.get(name)) is not None and s.source != "declared" for name in names):
                base, exponent = (typing.text[kid.start : kid.end] for kid in inner.kids)
                matrix = next((name for name in names if typing.symbols[name].capital), *names[:1])
                square = f". To take the power of the matrix, declare it: `{matrix}: matrix(n, n)`"
                raise ShapeError(
                    f"`{typing.text[inner.start : inner.end]}` would be a power of a square matrix",
                    span=(inner.start, inner.end),
                    hint=f"write `{base} .^ {exponent}`{square}",
                )


def _names_in(tree: Tree) -> list[str]:
    names: dict[str, None] = {}
    stack = [tree]
    while stack:
        tree = stack.pop()
        if tree.kind == "name":
            names[tree.value] = None
        stack += reversed(tree.kids)
    return list(names)


def _note_product(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`sum(x*y)`, `mean(y*log(p) + …)`: y is one number by convention, where a product entry by entry is as likely."""
    terms = [tree.kids[0]]
    while terms:
        term = terms.pop()
        if term.kind in ("add", "sub", "neg"):
            terms += term.kids
            continue
        if term.kind != "mul":
            continue
        left, right = term.kids
        if left.kind != "name" or right.kind not in ("name", "call"):
            continue
        symbol = typing.symbols.get(left.value)
        if symbol is not None and symbol.source.startswith("convention") and kinds.get(id(left)) == 1 and kinds.get(id(right)) == V:
            product = f"{left.value} .* {typing.text[right.start : right.end]}"
            note = f"{left.value} is one number; entry by entry: `{f'{tree.value}({product})' if term is tree.kids[0] else product}`"
            if note not in typing.notes:
                typing.notes.append(note)


def _note_batch(typing: Typing, tree: Tree, kinds: Mapping[int, int]) -> None:
    """`y*(X*w)`: y is one number by convention, where one per row is likely."""
    left, right = tree.kids
    while left.kind == "neg":
        left = left.kids[0]
    symbol = typing.symbols.get(left.value) if left.kind == "name" else None
    if symbol is None or symbol.capital or symbol.source == "declared" or typing.masks[symbol.var] & (V | M):
        return
    if kinds.get(id(right)) == V and kinds.get(id(right.kids[0])) == M and typing.text[right.start] == "(":
        note = f"{left.value} is one number; one per row: `{left.value} .* {typing.text[right.start : right.end]}`"
        if note not in typing.notes:
            typing.notes.append(note)


def _note_rows(typing: Typing, tree: Tree) -> None:
    """`y .* X*w`: a vector entry by entry times a matrix does not fit, so that both are numbers, where `y .* (X*w)` is likely."""
    left, right = tree.kids[0].kids
    sign = "-" if left.kind == "neg" else ""
    left = left.kids[0] if sign else left
    if left.kind != "name" or right.kind != "name":
        return
    number, matrix = typing.symbols.get(left.value), typing.symbols.get(right.value)
    if number is None or matrix is None or not matrix.capital or "declared" in (number.source, matrix.source):
        return
    if (typing.masks[number.var] | typing.masks[matrix.var]) & (V | M):
        return
    after = typing.text[tree.kids[1].start : tree.kids[1].end]
    note = f"{left.value} and {right.value} are numbers; one per row: `{sign}{left.value} .* ({right.value}*{after})`"
    if note not in typing.notes:
        typing.notes.append(note)


_GREEK_GLUED = re.compile(r"(?<![\w.])([α-ωΑ-Ω][₀-₉0-9]*)([A-Za-zα-ωΑ-Ω][₀-₉0-9]*)(?![^\W²³¹⁰-ⁿᵀ]|\()")


def note_letters(typing: Typing) -> None:
    """`β₁x`, `πσ²`: one name here."""
    for m in _GREEK_GLUED.finditer(typing.text):
        symbol = typing.symbols.get(canonical(m[0]))
        note = f"`{m[0]}` is one name; the product is `{m[1]}*{m[2]}`"
        if symbol is not None and symbol.source != "declared" and note not in typing.notes and len(typing.notes) < MANY:
            typing.notes.append(note)
