"""Reading formulas: `parse` for what users type, `template` for the texts of tables and rule files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symdiff.errors import ParseError, ShapeError, SymdiffError
from symdiff.expr.build import describe, describe_type
from symdiff.expr.collector import quiet_collector
from symdiff.expr.node import DIM, NAME, OPAQUE, VAR, Expr, Shape
from symdiff.expr.walk import variables
from symdiff.syntax.elaborate import Elaboration
from symdiff.syntax.kinds import Given, Symbol
from symdiff.syntax.parse import canonical, program
from symdiff.syntax.tree import Declaration, Program, Tree
from symdiff.syntax.types import TypeInfo, Typing

__all__ = ["Parsed", "TypeInfo", "canonical", "parse", "read", "template"]


@dataclass
class Parsed:
    """A formula that has been read.

    expr: the formula as written. types: of every variable, functions: of every opaque function, in order of appearance.
    bindings: NAME nodes by name, in order. conventional: some type rests on a convention. notes: remarks for the user.
    """

    expr: Expr
    text: str
    program: Program
    functions: dict[str, TypeInfo]
    bindings: dict[str, Expr]
    notes: list[str]
    _symbols: dict[str, Symbol] = field(repr=False)
    _variables: dict[str, Expr] = field(repr=False)
    _steps: list[Tree] = field(repr=False)
    _values: list[Expr | None] = field(repr=False)

    @cached_property
    def types(self) -> dict[str, TypeInfo]:
        return {name: TypeInfo(self._variables[name].shape, s.source) for name, s in self._symbols.items() if s.occurs}

    @cached_property
    def conventional(self) -> bool:
        return any(t.source.startswith("convention") for t in (*self.types.values(), *self.functions.values()))

    @cached_property
    def described(self) -> dict[str, str]:
        """The types of variables and functions as they are declared: `psd matrix(n, n)`; functions as `phi(…)`."""
        words = {name: x.data[1] for name, x in variables([self.expr]).items()}
        kinds = {name: describe_type(info.shape, words.get(name, ())) for name, info in self.types.items()}
        return kinds | {f"{name}(…)": describe(info.shape) for name, info in self.functions.items()}

    @cached_property
    def spans(self) -> dict[Expr, list[tuple[int, int]]]:
        """The places (start, end) in the text at which each node is written."""
        places: dict[Expr, list[tuple[int, int]]] = {}
        for tree, value in zip(self._steps, self._values, strict=True):
            if value is not None:
                places.setdefault(value, []).append((tree.start, tree.end))
        return places


def parse(text: str, *, given: Expr | None = None, declarations: Mapping[str, str] | Sequence[str] = (), scalars: bool = False) -> Parsed:
    """Read a formula.

    given: a formula whose types and bindings hold in this text too, so that an answer about it can be read.
    declarations: further declarations, {"X": "matrix(m, n)"} or ["X: matrix(m, n)"].
    scalars: where conventions leave a choice, the value is a scalar.
    Raises a SymdiffError (ParseError, ShapeError, UnknownNameError, LimitError) with place and hint.
    """
    with quiet_collector():
        return _parse(text, given, declarations, scalars)


def _parse(text: str, given: Expr | None, declarations: Mapping[str, str] | Sequence[str], scalars: bool) -> Parsed:
    if isinstance(declarations, Mapping):
        declarations = [f"{name}: {kind}" for name, kind in declarations.items()]
    declared = [(d, source) for source in declarations for d in _declarations(source)]
    known, names = _given([given]) if given is not None else (Given(), {})
    parsed = program(text)
    first: SymdiffError | None = None
    for reading in ("scalar", "scalars") if scalars else ("conventions", "scalar", "scalars"):
        try:
            typing = Typing(parsed, declared, known, reading=reading)
            break
        except ShapeError as error:  # conventions never cause an error: where they clash, scalars are tried
            first = first or error
    else:
        assert first is not None
        raise first
    done = Elaboration(typing, names, given is None)
    functions = {name: typing.info(s) for name, s in typing.functions.items() if name in done.functions}
    bindings = done.bindings if given is None else {**names, **done.bindings}
    return Parsed(done.result, text, parsed, functions, bindings, typing.notes, typing.symbols, done.variables, typing.steps, done.values)


def template(text: str, types: Mapping[str, Shape], properties: Mapping[str, tuple[str, ...]] | None = None) -> Expr:
    """The expression of a text of the table or of a rule, whose variables have exactly these shapes."""
    shapes = {name: (tuple(shape), (properties or {}).get(name, ())) for name, shape in types.items()}
    dims = {d for shape in types.values() for d in shape if isinstance(d, str) and "(" not in d} - set(types)
    return Elaboration(Typing(program(text), (), Given(shapes, dims=dims), template=True), {}, True).result


def read(written: Program, known: Sequence[Expr]) -> Expr:
    """The expression of a program that was written, not typed: types and bindings are those of the known expressions."""
    given, names = _given(known)
    return Elaboration(Typing(written, (), given), names, False).result


def _declarations(text: str) -> list[Declaration]:
    statements = program(text).statements
    if not all(isinstance(s, Declaration) for s in statements) or not statements:
        raise ParseError("a declaration is expected here", span=(0, len(text)), text=text, hint="X: matrix(m, n)")
    return [s for s in statements if isinstance(s, Declaration)]


def _given(roots: Sequence[Expr]) -> tuple[Given, dict[str, Expr]]:
    """What expressions tell about their variables, functions, dimensions and bindings."""
    known, names = Given(), {}
    seen, stack = set(roots), list(roots)
    while stack:
        e = stack.pop()
        for d in e.shape:
            known.dims.update(p for p in (d if isinstance(d, tuple) else (d,)) if isinstance(p, str) and "(" not in p)
        if e.op == DIM and "(" not in e.data:
            known.dims.add(e.data)
        elif e.op == VAR:
            known.shapes[e.data[0]] = (e.shape, e.data[1])
        elif e.op == OPAQUE:
            name, by = e.data
            extra = sum(len(e.args[k].shape) for k in by)
            known.functions[name] = e.shape[: len(e.shape) - extra]
        elif e.op == NAME and e.data[1]:
            known.bindings[e.data[0]] = e.shape
            names[e.data[0]] = e
        for a in e.args:
            if a not in seen:
                seen.add(a)
                stack.append(a)
    return known, names
