"""Symbols: what the names of a formula are, as far as declarations and what was known before say it.

In: declarations, and `Given`. Out: a `Symbol` for every variable and opaque function, with its kind variable; names that bindings, sizes and
functions have in common are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from symdiff.errors import ParseError, ShapeError, UnknownNameError
from symdiff.expr.build import label_size
from symdiff.expr.node import Dim, Shape
from symdiff.syntax import hints
from symdiff.syntax.explain import Explained
from symdiff.syntax.relations import ALIKE, M, R, S, T, V, both, kind_of
from symdiff.syntax.scope import is_capital
from symdiff.syntax.tree import Declaration, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE, OwnName

SCALAR = 0  # the variable of everything that is certainly a scalar
EVEN_MATRIX, NO_MATRIX = (
    both(S | V | M),
    both(S | V | M, S | V),
)  # of names that nothing is said about  # of names that nothing is said about
NAMED = {"scalar": S, "vector": V, "matrix": M, "tensor": T}
SQUARE = frozenset(("symmetric", "psd", "diagonal", "orthogonal"))


class Symbol:
    """A variable, or an opaque function as one quantity.

    var: its kind variable. spec: declared dimensions, None for each that is not given; None if nothing is declared.
    arguments: the declared types of a function's arguments, None where they are not declared.
    label: how many entries a label tells apart: a size, "" where it is not given, None for what is no label.
    source: "declared", "inferred" or "convention: …". span: its first place; None if it was known before.
    matrix: an operator that demands a matrix stands directly at it. read: where it is used first after its declaration.
    """

    __slots__ = ("arguments", "capital", "function", "label", "matrix", "name", "properties", "read", "source", "span", "spec", "var")

    def __init__(
        self,
        name: str,
        var: int,
        function: bool = False,
        source: str = "",
        spec: tuple[Dim | None, ...] | None = None,
        properties: tuple[str, ...] = (),
        span: tuple[int, int] | None = None,
    ) -> None:
        self.name = name
        self.var = var
        self.function = function
        self.source = source
        self.spec = spec
        self.properties = properties
        self.span = span
        self.arguments: tuple[TypeSpec, ...] | None = None
        self.label: Dim | None = None
        self.matrix = False
        self.read: tuple[int, int] | None = None
        self.capital = is_capital(name)

    @property
    def occurs(self) -> bool:
        """Does the text use it? Of functions, which may be called as derivatives only, this says nothing."""
        return self.read is not None or self.source != "declared"


@dataclass(slots=True)
class Given:
    """What is known before the text is read.

    shapes: of variables, with their properties. functions: shapes of the values of opaque functions.
    bindings: shapes of bound values. dims: names of dimensions. own: functions of one's own.
    """

    shapes: dict[str, tuple[Shape, tuple[str, ...]]] = field(default_factory=dict)
    functions: dict[str, Shape] = field(default_factory=dict)
    bindings: dict[str, Shape] = field(default_factory=dict)
    dims: set[str] = field(default_factory=set)
    own: dict[str, OwnName] = field(default_factory=dict)


class Symbols(Explained):
    """symbols, functions: by name, in order. bound: the variables of bound names. dims: names of dimensions."""

    steps: list[Tree]  # of the formula, once it is flattened
    perhaps_matrices: set[str]
    notes: list[str]

    def __init__(self, parsed: Program, declared: Iterable[tuple[Declaration, str]], given: Given, template: bool) -> None:
        super().__init__(parsed.text)
        self.template = template
        self.given = given
        self.symbols: dict[str, Symbol] = {}
        self.functions: dict[str, Symbol] = {}
        self.bound: dict[str, int] = {}
        self.bound_at: dict[str, int] = {}
        self.dims: set[str] = set(given.dims)
        self._declare(parsed, declared)

    def _declare(self, parsed: Program, extra: Iterable[tuple[Declaration, str]]) -> None:
        for name, (shape, properties) in self.given.shapes.items():
            symbol = Symbol(
                name, self._new(kind_of(len(shape))), False, "declared", shape, tuple([p for p in properties if not p.startswith("label")])
            )
            symbol.label = label_size(properties)
            self._enter(symbol)
        for name, shape in self.given.functions.items():
            self._enter(Symbol(name, self._new(kind_of(len(shape))), True, "declared", shape))
        for name, shape in self.given.bindings.items():
            self.bound[name] = self._new(R if len(shape) == 2 and shape[0] == 1 else kind_of(len(shape)))
        self.bound_before = dict(self.bound)
        seen: dict[str, tuple[Declaration, str]] = {}
        for d, text in (*extra, *((s, self.text) for s in parsed.statements if isinstance(s, Declaration))):
            for name in d.names:
                span = (d.start, d.end)
                if name in seen:
                    raise ParseError(f"`{name}` is declared twice", span=span, text=text, hint="keep one of the declarations")
                seen[name] = d, text
                spec = self._spec(d.type, name, span, text)
                kind = self._new(NAMED[d.type.kind])
                symbol = Symbol(name, kind, d.arguments is not None, "declared", spec, d.type.properties, span)
                symbol.arguments = d.arguments
                symbol.label = d.type.label
                if isinstance(symbol.label, str) and symbol.label:
                    self.dims.add(symbol.label)
                self._enter(symbol)
                for argument in d.arguments or ():
                    self._spec(argument, name, span, text)
        for name, (d, text) in seen.items():
            if name in self.dims:
                raise hints.two_meanings(name, (d.start, d.end), text)

    def _spec(self, spec: TypeSpec, name: str, span: tuple[int, int], text: str) -> tuple[Dim | None, ...]:
        dims: tuple[Dim | None, ...] = spec.dims or (None,) * {"scalar": 0, "vector": 1, "matrix": 2, "tensor": 3}[spec.kind]
        self.dims.update(d for d in dims if isinstance(d, str))
        square = SQUARE & set(spec.properties)
        if square and len(dims) == 2 and dims[0] != dims[1]:
            raise ShapeError(f"`{name}` is {min(square)} and so has to be square, not {dims[0]} by {dims[1]}", span=span, text=text)
        return dims

    def _enter(self, symbol: Symbol) -> None:
        (self.functions if symbol.function else self.symbols)[symbol.name] = symbol
        self.symbol_of[symbol.var] = symbol

    def _unknown(self, name: str, function: bool, span: tuple[int, int]) -> Symbol:
        """Enter a name that nothing is said about."""
        symbol = Symbol(name, len(self.masks), function, span=span)
        self._enter(symbol)
        self.masks.append(EVEN_MATRIX if symbol.capital or name in self.perhaps_matrices else NO_MATRIX)
        return symbol

    def _name(self, tree: Tree) -> int:
        name = tree.value
        if name in self.bound:
            return self.bound[name]
        symbol = self.symbols.get(name)
        if name in self.dims:
            if symbol is not None:
                raise hints.two_meanings(name, (tree.start, tree.end), self.text)
            return SCALAR
        if symbol is None:
            if name == "pi":
                return SCALAR
            if self.template:
                raise UnknownNameError(f"`{name}` has no type here", span=(tree.start, tree.end))
            if name in hints.RESERVED_NAMES:
                raise hints.reserved_name(tree)
            if 2 <= len(name) <= 5 and name.isalpha():
                hints.note_glued(name, self.notes)
            symbol = self._unknown(name, False, (tree.start, tree.end))
        elif symbol.read is None:
            symbol.read = (tree.start, tree.end)
        return symbol.var

    def _bind(self, tree: Tree, var: int) -> None:
        name, span = tree.value, (tree.start, tree.start + 1)
        if name in self.bound_at:
            raise ParseError(
                f"`{name}` is bound already, {hints.place(self.text, self.bound_at[name])}",
                span=span,
                hint="a name keeps its value; choose another name for the new one",
            )
        if name in self.dims:
            raise hints.two_meanings(name, span, self.text)
        symbol = self.symbols.get(name)
        if symbol is not None and symbol.spec is not None and symbol.span is not None:  # a declared type holds for the value
            if symbol.read:
                raise hints.used_before(name, symbol.read)
            del self.symbols[name], self.symbol_of[symbol.var]
            self._relation(ALIKE, (var, symbol.var), tree)
        elif symbol is not None and symbol.spec is None:
            raise hints.used_before(name, symbol.span)
        self.bound[name] = var
        self.bound_at[name] = tree.start

    @cached_property
    def used(self) -> set[str]:
        """The names that stand for values."""
        return {t.value for t in self.steps if t.kind == "name" and t.value not in self.dims}

    @cached_property
    def called(self) -> set[str]:
        return {t.value for t in self.steps if t.kind == "call"} | {t.value[0] for t in self.steps if t.kind == "prime"}

    def derivative_of(self, name: str) -> tuple[str, tuple[int, ...]] | None:
        """`Dphi` is the derivative of an opaque phi by its first argument, `D12f` by the first and the second."""
        m = re.fullmatch(r"D([1-9]*)(\w+)", name)
        if m is None or not (m[2] in self.functions or m[2] in self.called) or m[2] in TABLE or m[2] in BUILT_IN:
            return None
        return m[2], tuple([int(d) - 1 for d in m[1]]) or (0,)

    def all_symbols(self) -> list[Symbol]:
        return [*self.symbols.values(), *self.functions.values()]
