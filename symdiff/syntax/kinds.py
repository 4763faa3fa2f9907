"""Kinds: is every name and every step of a formula a scalar, a vector, a matrix or a row?

In: a Program and what is declared. Out: `Kinds`: a variable for every step and every symbol, and for every variable its
kind. Each variable starts with the set of kinds that is possible; each operator is a relation (relations.py); a
worklist narrows the sets until nothing changes, at first in two worlds at once: small names are matrices only where an
operator says so. What is then still open is for conventions.py to decide.
It ends, in linear time, because sets only shrink: a relation is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from symdiff.errors import ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr.build import describe, label_size
from symdiff.expr.node import Dim, Shape
from symdiff.syntax import conventions, hints
from symdiff.syntax.places import Picked
from symdiff.syntax.relations import (
    ALIKE,
    ANY,
    BUILT_IN_RELATIONS,
    DERIVATIVE,
    DIV,
    DOT,
    DOT_OR_SCALE,
    ENTRIES,
    INVERTED,
    JOINED,
    KINDS,
    KNOWN,
    MATMUL,
    MUL,
    OPEN,
    POW,
    POW_OF_SCALARS,
    SPREAD,
    TRANSPOSE,
    TRANSPOSE_OR_SCALAR,
    M,
    R,
    Relation,
    S,
    T,
    V,
    both,
    joined,
    kind_of,
    narrow_world,
    related,
    row_relation,
    words,
)
from symdiff.syntax.steps import DEMANDS_MATRIX, Steps, check_conditions, is_capital
from symdiff.syntax.tree import ATOM, PRECEDENCE, Declaration, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE

SCALAR = 0  # the variable of everything that is certainly a scalar
_EVEN_MATRIX, _NO_MATRIX = both(S | V | M), both(S | V | M, S | V)  # of names that nothing is said about
_NAMED = {"scalar": S, "vector": V, "matrix": M, "tensor": T}
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
    bindings: shapes of bound values. dims: names of dimensions.
    """

    shapes: dict[str, tuple[Shape, tuple[str, ...]]] = field(default_factory=dict)
    functions: dict[str, Shape] = field(default_factory=dict)
    bindings: dict[str, Shape] = field(default_factory=dict)
    dims: set[str] = field(default_factory=set)


class Kinds:
    """masks: the kinds of every variable. vars: the variable of every step. symbols, functions: by name, in order."""

    def __init__(self, parsed: Program, declared: Iterable[tuple[Declaration, str]], given: Given, template: bool, reading: str) -> None:
        """declared: declarations from elsewhere, each with its text. reading: see `conventions`."""
        self.text = parsed.text
        self.template = template
        self.reading = reading
        self.given = given
        self.symbols: dict[str, Symbol] = {}
        self.functions: dict[str, Symbol] = {}
        self.bound: dict[str, int] = {}
        self.bound_at: dict[str, int] = {}
        self.dims: set[str] = set(given.dims)
        self.masks: list[int] = [both(S)]
        self.watch: defaultdict[int, list[int]] = defaultdict(list)  # the open relations of every variable that is not known
        self.relations: list[tuple[Relation, tuple[int, ...], Tree]] = []
        self.open: list[int] = []  # the relations that did not hold for certain when they were entered
        self.sums_and_products: list[tuple[bool, int, int, int]] = []  # of these: is it a sum, the operands, the value
        self.scalings: list[int] = []  # of these, `.` and `'`, which are scaling and nothing where a scalar is certain
        self.results: list[int] = []  # the values of those that were not narrowed before
        self.holds = True  # until a relation cannot
        self.twice: set[int] = set()  # relations in which a variable stands twice
        self.trail: list[tuple[int, int]] = []
        self.why: dict[int, int] = {}  # the relation that narrowed a variable last
        self.failed = -1  # the relation that could not hold
        self.symbol_of: dict[int, Symbol] = {}
        self.pairs: list[list[Any]] = []  # neighbours in products, numbers apart: left, right, right is a lower-case name, last
        self.entries: set[int] = set()  # variables of x[i]
        self.sums: dict[int, tuple[int, int]] = {}  # operands of sums and elementwise operations, by the value's variable
        self.constants: list[tuple[int, Tree]] = []
        self.beside_numbers: list[tuple[int, Tree]] = []  # what a scalar is added to or multiplied with, and that scalar
        self.by_entries: list[tuple[int, int]] = []  # operands of `.*` and `./`
        self.picks: list[tuple[Symbol, int, int, Tree]] = []  # labels: what they pick from, the axis of it, where
        self.arguments: list[tuple[int, TypeSpec, Tree]] = []  # of declared functions, with their declared types
        self._declare(parsed, declared)
        plain = all(self.masks[s.var] == both(S) and s.span is None for s in self.symbols.values()) and not self.functions and not self.bound
        known = given.shapes.keys() | given.bindings.keys()
        labels = {s.name for s in self.symbols.values() if s.label is not None}
        flat = Steps(parsed, self.symbols.keys(), self.functions.keys(), self.bound, self.dims, known, labels)
        self.steps, self.indices, self.notes, self.suspects = flat.steps, flat.indices, flat.notes, flat.suspects
        if flat.conditional and not template:
            check_conditions(self.steps, self.text)
        self.perhaps_matrices = flat.perhaps_matrices
        self.all_scalars = plain and flat.plain
        if self.all_scalars:
            self.vars = self._all_scalars()
            self.masks = [S] * len(self.masks)
        else:
            self.vars = self._relate()
            self._solve()

    # ---------------------------------------------------------------------------------------------- declarations

    def _declare(self, parsed: Program, extra: Iterable[tuple[Declaration, str]]) -> None:
        for name, (shape, properties) in self.given.shapes.items():
            symbol = Symbol(name, self._new(kind_of(len(shape))), False, "declared", shape, tuple([p for p in properties if not p.startswith("label")]))
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
                kind = self._new(_NAMED[d.type.kind])
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

    # ------------------------------------------------------------------------------------------------- relations

    def _new(self, mask: int) -> int:
        self.masks.append(both(mask))
        return len(self.masks) - 1

    def _unknown(self, name: str, function: bool, span: tuple[int, int]) -> Symbol:
        """Enter a name that nothing is said about."""
        symbol = Symbol(name, len(self.masks), function, span=span)
        self._enter(symbol)
        self.masks.append(_EVEN_MATRIX if symbol.capital or name in self.perhaps_matrices else _NO_MATRIX)
        return symbol

    def _all_scalars(self) -> list[int]:
        """The short way where only operations on scalars occur: names alone have to be entered."""
        for tree in self.steps:
            if tree.kind == "name":
                self._name(tree)
            elif tree.kind == "bind":
                self._bind(tree, SCALAR)
            elif tree.kind == "call":
                hints.check_arity(TABLE[tree.value], tree)
        for symbol in self.symbols.values():
            symbol.source = symbol.source or conventions.RULES[5]
        return [SCALAR] * len(self.steps)

    def _relate(self) -> list[int]:
        """Enter names, relations and neighbours in products; the variable of every step."""
        # of every value: its variable, that of its last factor, is that a lower-case name, the number of its pair or -1
        stack: list[tuple[int, int, bool, int]] = []
        result: list[int] = []
        names: dict[str, tuple[int, int, bool, int]] = {}
        slots: dict[int, tuple[int, int, bool, int]] = {}
        self.powers = {id(t.kids[0]) for t in self.steps if t.kind == "call" and t.value in _OF_POWERS and t.kids and t.kids[0].kind == "pow"}
        for tree in self.steps:
            kind = tree.kind
            if kind == "number":
                value = _NUMBER
            elif kind == "name":
                found = names.get(tree.value)
                if found is None:
                    var = self._name(tree)
                    symbol = self.symbols.get(tree.value)
                    lower = symbol is not None and not symbol.capital
                    if tree.value in self.bound:
                        lower = not is_capital(tree.value)
                    found = names[tree.value] = (var, var, lower, -1)
                value = found
            elif kind == "mul":
                b, right, lower, _ = stack.pop()
                a, left, _, before = stack.pop()
                var, pair = self._binary(MUL, a, b, tree), -1
                if before >= 0:
                    self.pairs[before][3] = False
                if left and right:
                    pair = len(self.pairs)
                    self.pairs.append([left, right, lower, True])
                value = (var, right, lower, pair)
            elif kind in _SPREADING:
                b, a = stack.pop()[0], stack.pop()[0]
                var = self._binary(SPREAD, a, b, tree)
                # Not in the definition of a function, whose parts all stand at its call: `bce(a, y)` speaks of numbers.
                if a and b and (kind == "emul" or kind == "ediv") and tree.kids[0].start != tree.kids[1].start:
                    self.by_entries.append((a, b))
                value = (var, var, False, -1)
            else:
                n = len(tree.kids)
                ends = stack[-n:] if n else []
                if n:
                    del stack[-n:]
                args = [end[0] for end in ends]
                lower = False
                if kind == "neg" or kind == "epow":
                    var = self._spread(args, tree)
                    lower = (kind == "neg" or args[1] == 0) and ends[0][2]
                elif kind in _ELEMENTWISE:
                    var = self._spread(args, tree)
                elif kind == "call":
                    var = self._call(tree, args)
                    symbol = self.functions.get(tree.value)
                    of_name = len(args) == 1 and ends[0][2] and var == args[0] == ends[0][1]  # exp(x), but not exp(-k*t)
                    lower = not symbol.capital if symbol is not None else of_name
                elif kind == "bind":
                    self._bind(tree, args[0])
                    names.pop(tree.value, None)
                    result.append(args[0])
                    continue
                elif kind == "slots":
                    slots.update((tree.value + k, (var, var, lower, -1)) for k, (var, _, lower, _) in enumerate(ends))
                    result.append(0)
                    continue
                elif kind == "slot":
                    var, _, lower, _ = slots[tree.value]
                else:
                    var = _HANDLERS[kind](self, tree, args)
                value = (var, var, lower, -1)
            stack.append(value)
            result.append(value[0])
        self.root = stack[-1][0]
        self._check_labels()
        return result

    def _check_labels(self) -> None:
        """A name is a label by its place alone only where it stands in brackets alone: `i*x[i]` lacks its sum."""
        by_place = {s.name: tree for s, _, _, tree in self.picks if s.source != "declared" and not s.label}
        if not by_place:
            return
        inside = {id(kid.kids[0] if kid.kind == "index" else kid) for *_, tree in self.picks for kid in tree.kids[1:]}
        for tree in self.steps:
            if tree.kind == "name" and tree.value in by_place and id(tree) not in inside:
                place = next(kid for kid in by_place[tree.value].kids[1:] if (kid.kids[0] if kid.kind == "index" else kid).value == tree.value)
                raise hints.no_index(place.kids[0] if place.kind == "index" else place, place, {}, self.text)

    @cached_property
    def used(self) -> set[str]:
        """The names that stand for values."""
        return {t.value for t in self.steps if t.kind == "name" and t.value not in self.dims}

    @cached_property
    def called(self) -> set[str]:
        return {t.value for t in self.steps if t.kind == "call"} | {t.value[0] for t in self.steps if t.kind == "prime"}

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

    def _enter(self, symbol: Symbol) -> None:
        (self.functions if symbol.function else self.symbols)[symbol.name] = symbol
        self.symbol_of[symbol.var] = symbol

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

    def _relation(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        self._watch(relation, variables, tree)
        if self.holds:
            self.holds = self._propagate([len(self.relations) - 1])

    def _watch(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        k = len(self.relations)
        self.relations.append((relation, variables, tree))
        self.open.append(k)
        if relation is SPREAD or relation is MUL:
            self.sums_and_products.append((relation is SPREAD, *variables))  # type: ignore[arg-type]  # they have three
        elif relation in _STRICT:
            self.scalings.append(k)
        watch, masks = self.watch, self.masks
        for v in variables:
            if masks[v] not in KNOWN:
                watch[v].append(k)
        if (len(variables) > 1 and variables[0] == variables[1]) or (len(variables) > 3 and len(set(variables)) < len(variables)):
            self.twice.add(k)

    def _value(self, relation: Relation, operands: tuple[int, ...], tree: Tree) -> int:
        """A variable for the value. Where the operands are known, it is, too: then nothing is left to narrow or to watch."""
        masks = self.masks
        kinds = tuple([masks[v] for v in operands])
        kind, left = relation.entered.get(kinds) or relation.enter(kinds)
        k, var = len(self.relations), len(masks)
        variables = (*operands, var)
        if kind:
            masks.append(kind)
            self.why[var] = k
            self.relations.append((relation if both(S) in kinds else _STRICT.get(relation, relation), variables, tree))
            return var
        mask = left[-1]
        masks.append(mask or OPEN)
        self.results.append(var)
        self._watch(relation, variables, tree)
        if not mask or not self.holds:
            self.holds = False
            return var
        if mask != OPEN:
            self.why[var] = k
        affected: list[int] = []
        if left[:-1] != kinds:
            for v, before, after in zip(operands, kinds, left, strict=False):
                if before != after:
                    affected += [j for j in self.watch[v] if j != k]
                    self.trail.append((v, before))
                    self.why[v] = k
                    masks[v] = after
        if k in self.twice:
            affected.append(k)
        if affected:
            self.holds = self._propagate(affected)
        return var

    def _binary(self, relation: Relation, a: int, b: int, tree: Tree) -> int:
        if relation is MUL or relation is SPREAD:
            if a == 0:
                if b and tree.kids[0].kind != "number":
                    self.beside_numbers.append((b, tree.kids[0]))
                return b
            if b == 0:
                if tree.kids[1].kind != "number":
                    self.beside_numbers.append((a, tree.kids[1]))
                return a
            if a == b and relation is SPREAD:
                return a
        elif relation is DIV and b == 0:
            return a
        elif relation is POW_OF_SCALARS and a == b == 0:
            return 0
        var = self._value(relation, (a, b), tree)
        if relation is SPREAD:
            self.sums[var] = (a, b)
        return var

    def _unary(self, relation: Relation, arg: int, tree: Tree) -> int:
        values = 0
        for row in relation.rows:
            values |= row[1]
        var = 0 if values == S else self._new(values)
        self._relation(relation, (arg, var), tree)
        return var

    def _spread(self, args: list[int], tree: Tree) -> int:
        if len(args) == 2:
            return self._binary(SPREAD, args[0], args[1], tree)
        var, last = args[0], 0  # the argument that the value so far has its kind of
        for k in range(1, len(args)):
            pair = Tree(tree.kind, (tree.kids[last], tree.kids[k]), tree.value, tree.start, tree.end)  # for the messages
            before, var = var, self._binary(SPREAD, var, args[k], pair)
            last = last if var == before else k
        return var

    def _pow(self, tree: Tree, args: list[int]) -> int:
        exponent = tree.kids[1].kids[0] if tree.kids[1].kind == "neg" else tree.kids[1]
        if args[0] and exponent.kind != "number" and (id(tree) in self.powers or self.masks[args[0]] == both(M)):
            return self._binary(POW, args[0], args[1], tree)
        if args[0] == 0 or not hints.whole(tree.kids[1]):
            return self._binary(POW_OF_SCALARS, args[0], args[1], tree)
        if tree.kids[1].kind == "neg":  # an inverse stands for its matrix in products: `A^-1*b`
            self._relation(INVERTED, (args[0],), tree)
            return args[0]
        return self._binary(POW, args[0], args[1], tree)

    def _div(self, tree: Tree, args: list[int]) -> int:
        return self._binary(DIV, args[0], args[1], tree)

    def _dot(self, tree: Tree, args: list[int]) -> int:
        return self._binary(DOT_OR_SCALE, args[0], args[1], tree)

    def _matmul(self, tree: Tree, args: list[int]) -> int:
        return self._binary(MATMUL, args[0], args[1], tree)

    def _transpose(self, tree: Tree, args: list[int]) -> int:
        return self._value(TRANSPOSE_OR_SCALAR, (args[0],), tree)

    def _norm(self, tree: Tree, args: list[int]) -> int:
        return self._unary(ENTRIES, args[0], tree)

    def _index_value(self, tree: Tree, args: list[int]) -> int:
        return 0

    def _over(self, tree: Tree, args: list[int]) -> int:
        return args[0]

    def _tensor(self, tree: Tree, args: list[int]) -> int:
        n = len(tree.value)
        return self._value(related((S, kind_of(n)), (V, kind_of(n + 1)), (M, kind_of(n + 2))), (args[0],), tree)

    def _indexed(self, tree: Tree, args: list[int]) -> int:
        self._allow_matrix(args[0])
        entries = tree.value
        free = sum(e is None for e in entries)
        if len(args) > 1:
            return self._picked(tree, args, free)
        symbol = self.symbol_of.get(args[0])
        if symbol is not None and symbol.spec is not None and len(symbol.spec) > 2:
            if len(entries) > len(symbol.spec):
                raise ParseError(f"`{symbol.name}` has {len(symbol.spec)} axes", span=(tree.start, tree.end))
            relation = related((T, kind_of(len(symbol.spec) - len(entries) + free)))
        elif len(entries) == 1:
            relation = related((V, V), (R, R), (M, M)) if free else related((V, S), (M, V), (R, S))
        elif len(entries) == 2:
            relation = related((M, kind_of(free)))
        else:
            relation = related((T, kind_of(free)))
        var = self._value(relation, (args[0],), tree)
        self.entries.add(var)
        return var

    def _picked(self, tree: Tree, args: list[int], free: int) -> int:
        """`z[y]`, `Z[i,y[i]]`, `C[ids]`: an entry for a label, as many for a vector of labels."""
        entries, labels = tree.value, args[1:]
        for axis, entry in enumerate(entries):
            if isinstance(entry, Picked):
                kid = tree.kids[entry.kid]
                name = kid.kids[0] if kid.kind == "index" else kid
                symbol = self.symbols.get(name.value)
                assert symbol is not None
                if symbol.label is None:
                    symbol.label = ""
                self.picks.append((symbol, args[0], axis, tree))
        alone = (S,) * len(labels)
        vectors = [alone] if len(labels) > 1 else [alone, (V,)]  # of two vectors of labels it is not said how they go together
        rows: list[tuple[int, ...]] = []
        for kinds in vectors:
            own = free + kinds.count(V)
            if len(entries) == 1:
                rows += [(V, *kinds, kind_of(own)), (M, *kinds, kind_of(own + 1))]
            elif len(entries) == 2:
                rows.append((M, *kinds, kind_of(own)))
            else:
                rows.append((T, *kinds, kind_of(own)))
        var = self._value(related(*rows), tuple(args), tree)
        self.entries.add(var)
        return var

    def _allow_matrix(self, var: int) -> None:
        symbol = self.symbol_of.get(var)
        if symbol is not None:
            symbol.matrix = True

    def _constant(self, tree: Tree, args: list[int]) -> int:
        name, sizes = tree.value
        if name == "unit" and args:
            var = self._value(related((S, V), (V, M)), (args[0],), tree)
            self.constants.append((var, tree))
            return var
        for arg in args:
            self._relation(related((S,)), (arg,), tree)
        if name in ("vector", "unit"):
            mask = V
        elif name in ("matrix", "eye"):
            mask = M
        else:
            mask = (V | M, V, M)[len(sizes)]
        var = self._new(mask)
        self.constants.append((var, tree))
        return var

    def _listed(self, tree: Tree, args: list[int]) -> int:
        for arg, kid in zip(args, tree.kids, strict=True):
            if arg:
                self._relation(related((S,)), (arg,), Tree("entry", (kid,), None, kid.start, kid.end))
        var = self._new(V)
        self.constants.append((var, tree))
        return var

    def _sliced(self, tree: Tree, args: list[int]) -> int:
        self._allow_matrix(args[0])
        relation = related((V, V), (R, R)) if len(tree.value) == 1 else related((M, M)) if len(tree.value) == 2 else related((T, T))
        symbol = self.symbol_of.get(args[0])
        if len(tree.value) == 1 and (symbol is None or symbol.capital):  # rows of a matrix
            relation = related((V, V), (R, R), (M, M))
        return self._value(relation, (args[0],), tree)

    def _prime(self, tree: Tree, args: list[int]) -> int:
        name, count = tree.value
        if not args:
            raise ParseError(f"`{name}` has no argument", span=(tree.start, tree.end))
        return self._derivative(self._opaque(name, tree, args), [0] * count, tree, args)

    def _derivative(self, symbol: Symbol, by: Iterable[int], tree: Tree, args: list[int]) -> int:
        var = symbol.var
        for k in by:
            if k >= len(args):
                raise ParseError(f"`{symbol.name}` has no argument {k + 1} here", span=(tree.start, tree.end))
            var = self._value(DERIVATIVE, (var, args[k]), tree)
        return var

    def _call(self, tree: Tree, args: list[int]) -> int:
        name = tree.value
        if not args:
            raise ParseError(f"`{name}` has no argument", span=(tree.start, tree.end))
        if name in self.functions:
            return self._opaque(name, tree, args).var
        row = TABLE.names.get(name)
        if row is not None and (name not in ("max", "min") or len(args) > 1):
            if name in ("max", "min"):
                return self._spread(args, tree)
            hints.check_arity(row, tree)
            if row.elementwise:
                return self._spread(args, tree)
            return self._row(row.name, tree, args)
        if name in BUILT_IN or row is not None:
            return self._built_in(name, tree, args)
        by = self.derivative_of(name)
        if by is not None:
            return self._derivative(self._opaque(by[0], tree, args), by[1], tree, args)
        return self._opaque(name, tree, args).var

    def derivative_of(self, name: str) -> tuple[str, tuple[int, ...]] | None:
        """`Dphi` is the derivative of an opaque phi by its first argument, `D12f` by the first and the second."""
        m = re.fullmatch(r"D([1-9]*)(\w+)", name)
        if m is None or not (m[2] in self.functions or m[2] in self.called) or m[2] in TABLE or m[2] in BUILT_IN:
            return None
        return m[2], tuple([int(d) - 1 for d in m[1]]) or (0,)

    def _opaque(self, name: str, tree: Tree, args: list[int]) -> Symbol:
        symbol = self.functions.get(name)
        if symbol is not None and symbol.arguments is not None:
            self._check_arguments(symbol.arguments, name, tree, args)
        if symbol is None:
            span = (tree.start, tree.start + len(name))
            if self.template:
                raise UnknownNameError(f"there is no function `{name}`", span=span)
            if tree.kind == "prime" and name in TABLE:
                raise hints.prime_of_known(name, tree)
            if name in self.used or name in self.symbols or name in self.bound or name in self.dims or name == "pi":
                raise hints.product_meant(name, tree, self.text)
            hints.check_function(name, span, self.text[tree.start : tree.end])
            if tree.kind == "call":
                hints.note_opaque(name, tree, self.text, self.notes)
            symbol = self._unknown(name, True, span)
        return symbol

    def _check_arguments(self, declared: tuple[TypeSpec, ...], name: str, tree: Tree, args: list[int]) -> None:
        """The arguments of a declared function are of the declared kinds; their sizes are looked at with the others."""
        if len(args) != len(declared):
            count = f"{len(declared)} argument{'s' * (len(declared) > 1)}"
            types = ", ".join([spec.kind + (f"({', '.join(map(str, spec.dims))})" if spec.dims else "") for spec in declared])
            raise ParseError(
                f"`{name}` takes {count}, not {len(args)}", span=(tree.start, tree.end), hint=f"it is declared for {types}"
            )
        for spec, kid, var in zip(declared, tree.kids, args, strict=True):
            part = Tree("argument", (kid,), name, kid.start, kid.end)
            self._relation(related((_NAMED[spec.kind],)), (var,), part)
            self.arguments.append((var, spec, part))

    def _row(self, name: str, tree: Tree, args: list[int]) -> int:
        row = TABLE[name]
        ins, out = row.core()
        tensors = [k for k, core in enumerate(ins) if core]
        if len(tensors) == 1:
            for k, arg in enumerate(args):
                if k != tensors[0]:
                    self._relation(related((S,)), (arg,), tree)
            if name in DEMANDS_MATRIX:
                self._allow_matrix(args[tensors[0]])
            return self._unary(row_relation(name), args[tensors[0]], tree)
        var = self._new(kind_of(len(out)))
        self._relation(related((*(kind_of(len(c)) for c in ins), kind_of(len(out)))), (*args, var), tree)
        return var

    def _built_in(self, name: str, tree: Tree, args: list[int]) -> int:
        relation = BUILT_IN_RELATIONS.get(name)
        if name in JOINED:
            if len(args) < 2:
                raise ParseError(f"`{name}` takes two arguments or more", span=(tree.start, tree.end), hint=f"{name}({'x, y' if name == 'concat' else 'A, B'})")
            return self._value(joined(name, tuple([self.masks[a] == both(S) for a in args])), tuple(args), tree)
        if relation is None:
            raise ParseError(f"`{name}` cannot be called like this", span=(tree.start, tree.end), hint=BUILT_IN[name][1])
        if len(args) != len(relation.rows[0]) - 1:
            raise ParseError(
                f"`{name}` takes {len(relation.rows[0]) - 1} argument{'s' * (len(relation.rows[0]) > 2)}, not {len(args)}",
                span=(tree.start, tree.end),
            )
        if name in DEMANDS_MATRIX:
            self._allow_matrix(args[0])
        if len(args) == 2:
            return self._binary(relation, args[0], args[1], tree)
        return self._unary(relation, args[0], tree)

    # --------------------------------------------------------------------------------------- kinds: propagation

    def _propagate(self, queue: list[int]) -> bool:
        """Narrow until nothing changes, in the worlds that the masks have; False if a relation cannot hold.

        A relation may be looked at once too often: that costs less than to remember which ones wait.
        """
        masks, relations, watch, trail, why = self.masks, self.relations, self.watch, self.trail, self.why
        while queue:
            k = queue.pop()
            relation, variables, _ = relations[k]
            if len(variables) == 3:
                a, b, c = variables
                old: tuple[int, ...] = (masks[a], masks[b], masks[c])
            else:
                old = tuple([masks[v] for v in variables])
            try:
                changes = relation.changes[old]
            except KeyError:
                changes = relation.changed(old)
            if changes is None:
                self.failed = k
                return False
            for place, left in changes:
                v = variables[place]
                trail.append((v, masks[v]))
                masks[v] &= left
                why[v] = k
                for j in watch[v]:
                    if j != k:
                        queue.append(j)
            if changes and k in self.twice:  # in the others nothing more can change, or have become impossible
                queue.append(k)
        return True

    def narrow(self, var: int, mask: int) -> bool:
        """Narrow one variable; taken back, and False, if that clashes."""
        old = self.masks[var]
        if old & mask == old:
            return True
        if not old & mask:
            return False
        mark = len(self.trail)
        self.trail.append((var, old))
        self.masks[var] = old & mask
        if self._propagate([*self.watch.get(var, ())]):
            return True
        while len(self.trail) > mark:
            v, before = self.trail.pop()
            self.masks[v] = before
        return False

    def _solve(self) -> None:
        """Propagate, and note what the operators alone demand.

        A small name is a matrix only where an operator says so at the name itself: `w.phi + w*phi` is a slip, not a
        reason to make w a matrix.
        """
        symbols = self.all_symbols()
        small = [s for s in symbols if not s.source and not s.capital and not s.matrix]
        unsaid = self.perhaps_matrices
        if any(s.name in unsaid for s in small) or any(s.matrix and s.name not in unsaid and not s.source and not s.capital for s in symbols):
            self._start_again()
            for s in symbols:
                if not s.source and not s.capital:
                    self.masks[s.var] = _EVEN_MATRIX if s.matrix else _NO_MATRIX
            self.holds = self._enter_again()
        if not self.holds:  # once more with both worlds in one, for the message that names what a reader meets first
            self._start_again()
            self.masks = [mask & ANY for mask in self.masks]
            for s in small:
                self.masks[s.var] &= ~M
            self._enter_again()
            raise self.kind_error()
        wide, narrow = [mask & ANY for mask in self.masks], list(map(narrow_world, self.masks))
        self.masks, self.trail = narrow, []
        strict = self._settle_scalings()
        self.masks = wide
        candidates = [s for s in symbols if not s.source and not narrow[s.var] & (narrow[s.var] - 1)]
        self._demand(strict, candidates)
        for s in candidates:
            if self.known(s.var):
                s.source = "inferred"
        self.masks = narrow
        for s in small:
            if not s.source and self.known(s.var):
                s.source = conventions.RULES[5 if narrow[s.var] == S else 1]
        if self.reading == "scalar":
            self.narrow(self.root, S)
        if not self.template:
            conventions.settle(self)
        for var, mask in enumerate(self.masks):
            if mask & (mask - 1):
                self.narrow(var, mask & -mask)

    def _start_again(self) -> None:
        """The masks as they were before anything was narrowed."""
        while self.trail:
            v, before = self.trail.pop()
            self.masks[v] = before
        for v in self.results:
            self.masks[v] = OPEN
        self.watch.clear()
        closed = set(range(len(self.relations))).difference(self.open)
        self.why = {self.relations[k][1][-1]: k for k in sorted(closed)}

    def _enter_again(self) -> bool:
        for k in self.open:
            for v in self.relations[k][1]:
                self.watch[v].append(k)
            if not self._propagate([k]):
                return False
        return True

    def _settle_scalings(self) -> list[int]:
        """`2·x` and `c'` are scaling and nothing only where a scalar is certain; elsewhere `.` and `'` demand vectors.

        The numbers of the relations that changed.
        """
        changed = []
        for k in self.scalings:
            relation, variables, tree = self.relations[k]
            if self.masks[variables[0]] == S or self.masks[variables[-2]] == S:
                continue
            self.relations[k] = (_STRICT[relation], variables, tree)
            changed.append(k)
            if not self._propagate([k]):
                raise self.kind_error()
        return changed

    def _demand(self, strict: list[int], wanted: list[Symbol]) -> None:
        """Narrow by these relations until nothing changes, or until the symbols that are wanted are known.

        They hold: narrower masks passed them.
        """
        masks = self.masks
        affected: list[int] = []
        for k in strict:
            relation, variables, _ = self.relations[k]
            for v, mask in zip(variables, relation.narrowed(tuple([masks[v] for v in variables])), strict=True):
                if masks[v] & mask != masks[v]:
                    masks[v] &= mask
                    self.why[v] = k
                    affected += self.watch.get(v, ())
        if any(masks[s.var] & (masks[s.var] - 1) for s in wanted):
            self._propagate([*strict, *affected])

    def known(self, var: int) -> bool:
        return not self.masks[var] & (self.masks[var] - 1)

    def all_symbols(self) -> list[Symbol]:
        return [*self.symbols.values(), *self.functions.values()]

    def kind_error(self) -> SymdiffError:
        relation, variables, tree = self.relations[self.failed]
        n = min(len(tree.kids), len(relation.rows[0]))
        operands = [self._operand(kid, v, tree) for kid, v in zip(tree.kids, variables, strict=False)]
        kinds = [KINDS.get(self.masks[v], "") for v in variables[:n]]
        fit = any(all(k & self.masks[v] for k, v in zip(row[:n], variables, strict=False)) for row in relation.rows)
        reason = ""
        if fit and len(variables) > n:
            demand = self.why.get(variables[-1])
            other = self.relations[demand][2] if demand is not None else tree
            reason = f"`{self._quote(other)}` needs a {words(self.masks[variables[-1]])}"
        elif relation is POW_OF_SCALARS and self.masks[variables[0]] == M:
            reason = "the power of a matrix is a whole number"
        hint = "" if fit else hints.kind_hint(tree, kinds, [self._factor(kid) for kid in tree.kids[:n]])
        return hints.clash(tree, operands[:n], reason, hint, self.text)

    def _quote(self, tree: Tree) -> str:
        text = " ".join(self.text[tree.start : tree.end].split())
        return text if len(text) <= 40 else text[:39] + "…"

    def _factor(self, tree: Tree) -> str:
        """The text of an operand, in brackets where it needs them beside another operator."""
        text = self._quote(tree)
        return f"({text})" if PRECEDENCE.get(tree.kind, ATOM) < PRECEDENCE["pow"] and not text.startswith("(") else text

    def _operand(self, tree: Tree, var: int, clash: Tree) -> str:
        """`X`, a matrix(m, n) (declared): an operand of what clashes, what it is, and where that comes from."""
        shape = self.shape(var)
        what = describe(shape) if shape and "?" not in shape and self.masks[var] in (V, M, T) else words(self.masks[var])
        symbol = self.symbol_of.get(var)
        source = ""
        if tree.kind in ("name", "call") and symbol is not None and symbol.name == tree.value:
            source = symbol.source.removeprefix("inferred")
        if not source and var in self.why and self.why[var] != getattr(self, "failed", -1):
            demand = self.relations[self.why[var]][2]
            circular = demand is clash and clash.kind in _ELEMENTWISE
            if not circular and (demand.start != tree.start or demand.end != tree.end):
                source = f"because of `{self._quote(demand)}`"
        return f"`{self._quote(tree)}` (a {what}{f', {source}' if source else ''})"

    def shape(self, var: int) -> Shape:
        """The declared shape of a variable, with "?" where it is not known."""
        symbol = self.symbol_of.get(var)
        return tuple([d or "?" for d in symbol.spec]) if symbol is not None and symbol.spec else ()


_ELEMENTWISE = frozenset(
    ("add", "sub", "emul", "ediv", "epow", "neg", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "iverson", "bars")
)
_OF_POWERS = frozenset(("tr", "trace", "det", "logdet"))  # `tr(X^k)`: there the base is a matrix, whatever the exponent
_SPREADING = frozenset(("add", "sub", "emul", "ediv"))
_NUMBER = (SCALAR, SCALAR, False, -1)
_STRICT = {DOT_OR_SCALE: DOT, TRANSPOSE_OR_SCALAR: TRANSPOSE}
_HANDLERS: dict[str, Callable[..., int]] = {
    "pow": Kinds._pow,
    "div": Kinds._div,
    "dot": Kinds._dot,
    "matmul": Kinds._matmul,
    "transpose": Kinds._transpose,
    "norm": Kinds._norm,
    "index_value": Kinds._index_value,
    "over": Kinds._over,
    "tensor": Kinds._tensor,
    "index": Kinds._indexed,
    "const": Kinds._constant,
    "listed": Kinds._listed,
    "sliced": Kinds._sliced,
    "prime": Kinds._prime,
}
