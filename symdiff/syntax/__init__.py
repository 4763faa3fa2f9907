"""Reading formulas: `parse` for what users type, `template` for the texts of tables and rule files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symdiff.errors import ParseError, ShapeError, SymdiffError
from symdiff.expr import build
from symdiff.expr.collector import quiet_collector
from symdiff.expr.dims import names as names_in
from symdiff.expr.node import CALL, DIM, NAME, OPAQUE, VAR, Expr, Shape
from symdiff.expr.walk import variables
from symdiff.syntax.elaborate import Elaboration
from symdiff.syntax.hints import offer
from symdiff.syntax.kinds import Given, Symbol
from symdiff.syntax.parse import canonical, corrected, program
from symdiff.syntax.reading import Reading, described
from symdiff.syntax.tree import Binding, Declaration, Program, Tree
from symdiff.syntax.types import TypeInfo, Typing
from symdiff.table import OwnName

__all__ = ["Parsed", "Reading", "TypeInfo", "canonical", "parse", "read", "template"]

_RANGE = re.compile(r"\w\.\.\w|\[[ijk]\b")

may_be_latex = re.compile(r"[\\{∑∏⟨∥\U0001d400-\U0001d7ffᵢⱼ]").search  # whoever writes none of these pays nothing for LaTeX


@dataclass
class Parsed:
    """A formula that has been read.

    expr: the formula as written. types: of every variable, functions: of every opaque function, in order of appearance.
    bindings: NAME nodes by name, in order. notes: remarks for the user. reading: all of it as plain data.
    question: the names that a ∇ in front of a formula in LaTeX asks for.
    """

    expr: Expr
    text: str
    program: Program
    functions: dict[str, TypeInfo]
    bindings: dict[str, Expr]
    notes: list[str]
    question: tuple[str, ...]
    _symbols: dict[str, Symbol] = field(repr=False)
    _sizes: set[str] = field(repr=False)
    _variables: dict[str, Expr] = field(repr=False)
    _steps: list[Tree] = field(repr=False)
    _values: list[Expr | None] = field(repr=False)

    @cached_property
    def types(self) -> dict[str, TypeInfo]:
        return {name: TypeInfo(self._variables[name].shape, s.source) for name, s in self._symbols.items() if s.occurs}

    @cached_property
    def described(self) -> dict[str, str]:
        """The types of variables and functions as they are declared: `psd matrix(n, n)`; functions as `phi(…)`."""
        return described(self.types, self.functions, {name: x.data[1] for name, x in variables([self.expr]).items()})

    @cached_property
    def reading(self) -> Reading:
        names = frozenset({*self._symbols, *self._sizes})
        unused = tuple([x for name, x in self._variables.items() if name in self._symbols and not self._symbols[name].occurs])
        return Reading(self.types, self.functions, self.described, tuple(self.notes), self.text, self.program, names, unused, self.question)

    @cached_property
    def spans(self) -> dict[Expr, list[tuple[int, int]]]:
        """The places (start, end) in the text at which each node is written."""
        places: dict[Expr, list[tuple[int, int]]] = {}
        for tree, value in zip(self._steps, self._values, strict=True):
            if value is not None:
                places.setdefault(value, []).append((tree.start, tree.end))
        return places


def parse(
    text: str,
    *,
    given: Expr | Sequence[Expr] = (),
    declarations: Mapping[str, str] | Sequence[str] = (),
    latex: bool | None = None,
    asked: bool = False,
    own: Iterable[OwnName] = (),
) -> Parsed:
    """Read a formula.

    given: formulas whose types and bindings hold in this text too, so that an answer about them can be read.
    declarations: further declarations, {"X": "matrix(m, n)"} or ["X: matrix(m, n)"].
    latex: whether the text is LaTeX; None: if it has a command of LaTeX. asked: a derivative in front of it is the question, not an error.
    own: functions beside those of the table; those of the given formulas are known, too.
    Raises a SymdiffError (ParseError, ShapeError, UnknownNameError, LimitError) with place and hint.
    """
    if isinstance(given, Expr):
        given = [given]
    functions = {str(name): name for name in own}
    with quiet_collector():
        if latex is not None or not may_be_latex(text):
            return _parse(text, given, declarations, bool(latex), asked, functions)
        from symdiff.syntax.latexin import is_latex, is_set

        if is_latex(text):
            try:
                return _parse(text, given, declarations, True, asked, functions)
            except ParseError as error:
                # ∑(i=1..n) x[i], sum_{i,j} A_ij x_i: a sign of mathematics, or a bracket, in a formula of the language
                if "\\" not in text and (_RANGE.search(text) or not error.hint.startswith("write `")):
                    error.hint = offer(corrected(text), error.hint)
                raise
        try:
            return _parse(text, given, declarations, False, asked, functions)
        except ParseError as error:
            if not is_set(text):
                raise
            try:  # as a PDF gives it: letters of mathematics, without signs between them
                return _parse(text, given, declarations, True, asked, functions)
            except SymdiffError:
                raise error from None


def _parse(
    text: str, given: Sequence[Expr], declarations: Mapping[str, str] | Sequence[str], latex: bool, asked: bool, own: Mapping[str, OwnName]
) -> Parsed:
    if isinstance(declarations, Mapping):
        declarations = [f"{name}: {kind}" for name, kind in declarations.items()]
    declared = [(d, source) for source in declarations for d in _declarations(source)]
    known, names = _given(given) if given else (Given(), {})
    own = {**known.own, **own}
    if latex:
        return _parse_latex(text, declared, known, names, bool(given), asked, own)
    parsed = program(text)
    if own:
        name_own(parsed, own)
    return _parsed(parsed, _typed(parsed, declared, known), names, bool(given))


def name_own(written: Program, own: Mapping[str, OwnName]) -> None:
    """Calls of functions of one's own get the names that bring their rows. ParseError for a declaration or a binding of such a name."""
    stack = [s.value for s in written.statements if isinstance(s, Binding)]
    for s in written.statements:
        for name in s.names if isinstance(s, Declaration) else (s.name,):
            if name in own:
                raise ParseError(
                    f"{name} is a function of your own", span=(s.start, s.end), text=written.text, hint="another name for this one"
                )
    if written.body is not None:
        stack.append(written.body)
    while stack:
        tree = stack.pop()
        if tree.kind == "call" and tree.value in own:
            tree.value = own[tree.value]
        elif tree.kind == "prime" and tree.value[0] in own:
            tree.value = (own[tree.value[0]], tree.value[1])
        stack += tree.kids


def _typed(parsed: Program, declared: Sequence[tuple[Declaration, str]], known: Given) -> Typing:
    """The types of a program: by conventions, or with scalars where these clash."""
    first: SymdiffError | None = None
    for reading in ("conventions", "scalar", "scalars"):
        try:
            return Typing(parsed, declared, known, reading=reading)
        except ShapeError as error:  # conventions never cause an error: where they clash, scalars are tried
            first = first or error
    assert first is not None
    raise first


def _parsed(parsed: Program, typing: Typing, names: dict[str, Expr], given: bool, question: tuple[str, ...] = ()) -> Parsed:
    done = Elaboration(typing, names, not given)
    functions = {name: typing.info(s) for name, s in typing.functions.items() if name in done.functions}
    bindings = {**names, **done.bindings} if given else done.bindings
    return Parsed(
        done.result,
        parsed.text,
        parsed,
        functions,
        bindings,
        typing.notes,
        question,
        typing.symbols,
        typing.dims,
        done.variables,
        typing.steps,
        done.values,
    )


def _parse_latex(
    text: str,
    declared: list[tuple[Declaration, str]],
    known: Given,
    names: dict[str, Expr],
    given: bool,
    asked: bool,
    own_names: Mapping[str, OwnName],
) -> Parsed:
    from symdiff.syntax import latexin

    front = latexin.declarations(text)
    blanked = " " * front + latexin.entrywise(text[front:])
    try:
        own = [d for d in program(text[:front] + "0").statements if isinstance(d, Declaration)] if front else []
        read = latexin.read_latex(blanked, latexin.kinds_of([*[d for d, _ in declared], *own], known), given)
        if read.question and (not asked or read.order > 1):
            raise latexin.asks(read)
        read.program.text = text
        read.program.statements[:0] = own
        if own_names:
            name_own(read.program, own_names)

        def typed() -> Parsed:
            typing = _typed(read.program, declared, known)
            if latexin.settle(read, {id(t): typing.masks[v] for t, v in zip(typing.steps, typing.vars, strict=True)}):
                typing = _typed(read.program, declared, known)
            typing.notes += read.notes
            return _parsed(read.program, typing, names, given, read.question)

        try:
            return typed()
        except ShapeError:
            found = [result for shape in latexin.sized(read, known) if (result := _tried(typed)) and result.expr.shape == shape]
            if len(found) != 1:
                raise
            return found[0]
    except SymdiffError as error:
        error.text = text if error.text in ("", blanked) else error.text
        error.hint = latexin.in_latex(error.hint) if error.text == text else error.hint
        raise


def _tried(typed: Callable[[], Parsed]) -> Parsed | None:
    try:
        return typed()
    except ShapeError:
        return None


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
            known.dims.update(p for p in names_in(d) if "(" not in p)
        if e.op == DIM and "(" not in e.data:
            known.dims.add(e.data)
        elif e.op == VAR:
            known.shapes[e.data[0]] = (e.shape, e.data[1])
        elif e.op == CALL:
            if type(e.data) is OwnName:
                known.own[str(e.data)] = e.data
        elif e.op == OPAQUE:
            known.functions[e.data[0]] = build.opaque_shape(e)
        elif e.op == NAME and e.data[1]:
            known.bindings[e.data[0]] = e.shape
            names[e.data[0]] = e
        for a in e.args:
            if a not in seen:
                seen.add(a)
                stack.append(a)
    return known, names
