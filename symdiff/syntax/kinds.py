"""Kinds: is every name and every step of a formula a scalar, a vector, a matrix or a row?

In: a Program and what is declared. Out: `Kinds`: a variable for every step and every symbol, and for every variable its
kind. Each variable starts with the set of kinds that is possible; each operator is a relation (relations.py); the solver
(solver.py) narrows the sets until nothing changes, at first of two candidate readings at once: small names are matrices only where an
operator says so. What is then still open is for conventions.py to decide. Names are in symbols.py, messages in explain.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from symdiff.errors import ParseError, UnknownNameError
from symdiff.expr.node import Shape
from symdiff.syntax import conventions, hints
from symdiff.syntax.explain import ELEMENTWISE
from symdiff.syntax.places import Picked
from symdiff.syntax.relations import (
    ANY,
    BUILT_IN_RELATIONS,
    DERIVATIVE,
    ENTRIES,
    INVERTED,
    JOINED,
    MUL,
    POW,
    POW_OF_SCALARS,
    RELATIONS,
    SPREAD,
    TRANSPOSE_OR_SCALAR,
    M,
    R,
    S,
    T,
    V,
    both,
    joined,
    kind_of,
    narrow_candidates,
    related,
    row_relation,
)
from symdiff.syntax.scope import is_capital
from symdiff.syntax.solver import STRICT
from symdiff.syntax.steps import DEMANDS_MATRIX, Steps, check_conditions
from symdiff.syntax.symbols import EVEN_MATRIX, NAMED, NO_MATRIX, SCALAR, SQUARE, Given, Symbol, Symbols
from symdiff.syntax.tree import Declaration, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE

__all__ = ["SQUARE", "Given", "Kinds", "Symbol"]


# What the walk over the steps knows of a value: its variable, that of its last factor, whether that is a lower-case name, and its number in `pairs`
# if it is a product of two neighbours, else -1. Bare tuples, since every name and sign of a text makes one (`python -m benchmarks --only texts`).
Operand = tuple[int, int, bool, int]


class Kinds(Symbols):
    """masks: the kinds of every variable. vars: the variable of every step. symbols, functions: by name, in order."""

    def __init__(self, parsed: Program, declared: Iterable[tuple[Declaration, str]], given: Given, template: bool, reading: str) -> None:
        """declared: declarations from elsewhere, each with its text. reading: see `conventions`."""
        super().__init__(parsed, declared, given, template)
        self.reading = reading
        self.pairs: list[list[Any]] = []  # neighbours in products, numbers apart: left, right, right is a lower-case name, last
        self.entries: set[int] = set()  # variables of x[i]
        self.tensors: dict[
            int, tuple[int, int]
        ] = {}  # of tensor(i=1..m, …): how many indices it has, and the variable of what stands at them
        self.constants: list[tuple[int, Tree]] = []
        self.by_entries: list[tuple[int, int]] = []  # operands of `.*` and `./`
        self.picks: list[tuple[Symbol, int, int, Tree]] = []  # labels: what they pick from, the axis of it, where
        self.arguments: list[tuple[int, TypeSpec, Tree]] = []  # of declared functions, with their declared types
        plain = (
            all(self.masks[s.var] == both(S) and s.span is None for s in self.symbols.values()) and not self.functions and not self.bound
        )
        known = given.shapes.keys() | given.bindings.keys()
        labels = {s.name for s in self.symbols.values() if s.label is not None}
        flat = Steps(parsed, self.symbols.keys(), self.functions.keys(), self.bound, self.dims, known, labels)
        self.steps, self.indices, self.guards, self.notes, self.suspects = flat.steps, flat.indices, flat.guards, flat.notes, flat.suspects
        if flat.conditional and not template:
            check_conditions(self.steps, self.text)
        self.perhaps_matrices, self.beside = flat.perhaps_matrices, flat.beside
        self.all_scalars = plain and flat.plain
        if self.all_scalars:
            self.vars = self._all_scalars()
            self.masks = [S] * len(self.masks)
        else:
            self.vars = self._relate()
            self._solve()

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
            symbol.source = symbol.source or conventions.REST
        return [SCALAR] * len(self.steps)

    def _relate(self) -> list[int]:
        """Enter names, relations and neighbours in products; the variable of every step."""
        stack: list[Operand] = []
        result: list[int] = []
        names: dict[str, Operand] = {}
        slots: dict[int, Operand] = {}
        self.powers = {
            id(t.kids[0]) for t in self.steps if t.kind == "call" and t.value in _OF_POWERS and t.kids and t.kids[0].kind == "pow"
        }
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
                elif kind in ELEMENTWISE:
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
        """A name is a label by its place alone only where it stands in brackets, or beside an index as in `[j != y]`: `i*x[i]` lacks its sum."""
        by_place = {s.name: tree for s, _, _, tree in self.picks if s.source != "declared" and not s.label}
        if not by_place:
            return
        inside = {id(kid.kids[0] if kid.kind == "index" else kid) for *_, tree in self.picks for kid in tree.kids[1:]}
        for tree in self.steps:
            if tree.kind == "name" and tree.value in by_place and id(tree) not in inside and id(tree) not in self.beside:
                place = next(
                    kid for kid in by_place[tree.value].kids[1:] if (kid.kids[0] if kid.kind == "index" else kid).value == tree.value
                )
                raise hints.no_index(place.kids[0] if place.kind == "index" else place, place, {}, self.text)

    def _pow(self, tree: Tree, args: list[int]) -> int:
        if args[0] and hints.has_name(tree.kids[1]) and (id(tree) in self.powers or self.masks[args[0]] == both(M)):
            return self._binary(POW, args[0], args[1], tree)
        if args[0] == 0 or not hints.whole(tree.kids[1]):
            return self._binary(POW_OF_SCALARS, args[0], args[1], tree)
        if tree.kids[1].kind == "neg":  # an inverse stands for its matrix in products: `A^-1*b`
            self._relation(INVERTED, (args[0],), tree)
            return args[0]
        return self._binary(POW, args[0], args[1], tree)

    def _operator(self, tree: Tree, args: list[int]) -> int:
        return self._binary(RELATIONS[tree.kind], args[0], args[1], tree)

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
        var = self._value(related((S, kind_of(n)), (V, kind_of(n + 1)), (M, kind_of(n + 2))), (args[0],), tree)
        self.tensors[var] = n, args[0]
        return var

    def _indexed(self, tree: Tree, args: list[int]) -> int:
        self._allow_matrix(args[0])
        entries = tree.value
        free = sum(e is None for e in entries)
        if len(args) > 1:
            return self._picked(tree, args, free)
        symbol = self.symbol_of.get(args[0])
        spec: Sequence[Any] = symbol.spec or () if symbol is not None else self._shape_before(tree.kids[0])
        if len(spec) > 2:
            if len(entries) > len(spec):
                raise ParseError(f"`{tree.kids[0].value}` has {len(spec)} axes", span=(tree.start, tree.end))
            relation = related((T, kind_of(len(spec) - len(entries) + free)))
        elif args[0] in self.tensors and self.tensors[args[0]][0] + 2 >= len(entries):
            n, body = self.tensors[args[0]]
            rows = [
                (kind_of(n + order), k, kind_of(n + order + free - len(entries)))
                for order, k in enumerate((S, V, M))
                if n + order >= len(entries)
            ]
            var = self._value(related(*rows), (args[0], body), tree)
            self.entries.add(var)
            return var
        elif len(entries) == 1:
            relation = related((V, V), (R, R), (M, M)) if free else related((V, S), (M, V), (R, S))
        elif len(entries) == 2:
            relation = related((M, kind_of(free)))
        else:
            relation = related((T, kind_of(free)))
        var = self._value(relation, (args[0],), tree)
        self.entries.add(var)
        return var

    def _shape_before(self, base: Tree) -> Shape:
        """The shape of a name that was bound before this text."""
        bound = base.kind == "name" and base.value in self.bound_before and self.bound.get(base.value) == self.bound_before[base.value]
        return self.given.bindings[base.value] if bound else ()

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
        picked = [tree.kids[e.kid] for e in entries if isinstance(e, Picked)]
        single = all(
            kid.kind == "index" and all(entry.kind != "slice" for entry in kid.kids[1:]) for kid in picked
        )  # c[i] of labels is one of them
        vectors = [alone] if len(labels) > 1 or single else [alone, (V,)]  # of two vectors of labels it is not said how they go together
        rows: list[tuple[int, ...]] = []
        for kinds in vectors:
            own = free + kinds.count(V)
            if len(entries) == 1:
                rows += [(V, *kinds, kind_of(own)), (M, *kinds, kind_of(own + 1)), (R, *kinds, kind_of(own))]
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
        elif name in ("matrix", "eye", "commutation", "duplication"):
            mask = M
        else:
            mask = (V | M, V, M)[len(sizes)]
        var = self._new(mask)
        self.constants.append((var, tree))
        return var

    def _listed(self, tree: Tree, args: list[int]) -> int:
        for arg, kid in zip(args, tree.kids, strict=True):
            if arg:
                self._relation(related((S,)), (arg,), Tree("entry", (kid,), tree, kid.start, kid.end))
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
            raise ParseError(f"`{name}` has no argument", span=(tree.start, tree.end), hint="what it is applied to stands in brackets")
        return self._derivative(self._opaque(name, tree, args), [0] * count, tree, args)

    def _derivative(self, symbol: Symbol, by: Iterable[int], tree: Tree, args: list[int]) -> int:
        var = symbol.var
        for k in by:
            if k >= len(args):
                raise ParseError(
                    f"`{symbol.name}` has no argument {k + 1} here",
                    span=(tree.start, tree.end),
                    hint="what it is applied to stands in brackets",
                )
            var = self._value(DERIVATIVE, (var, args[k]), tree)
        return var

    def _call(self, tree: Tree, args: list[int]) -> int:
        name = tree.value
        if not args:
            raise ParseError(f"`{name}` has no argument", span=(tree.start, tree.end), hint="what it is applied to stands in brackets")
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

    def _opaque(self, name: str, tree: Tree, args: list[int]) -> Symbol:
        symbol = self.functions.get(name)
        if symbol is not None and symbol.arguments is not None:
            self._check_arguments(symbol.arguments, name, tree, args)
        if symbol is None:
            span = (tree.start, tree.start + len(name))
            if self.template:
                raise UnknownNameError(f"there is no function `{name}`", span=span, hint="symdiff rules lists them")
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
            raise ParseError(f"`{name}` takes {count}, not {len(args)}", span=(tree.start, tree.end), hint=f"it is declared for {types}")
        for spec, kid, var in zip(declared, tree.kids, args, strict=True):
            part = Tree("argument", (kid,), name, kid.start, kid.end)
            self._relation(related((NAMED[spec.kind],)), (var,), part)
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
                raise ParseError(
                    f"`{name}` takes two arguments or more",
                    span=(tree.start, tree.end),
                    hint=f"{name}({'x, y' if name == 'concat' else 'A, B'})",
                )
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

    def _solve(self) -> None:
        """Propagate, and note what the operators alone demand.

        A small name is a matrix only where an operator says so at the name itself: `w.phi + w*phi` is a slip, not a
        reason to make w a matrix.
        """
        symbols = self.all_symbols()
        small = [s for s in symbols if not s.source and not s.capital and not s.matrix]
        unsaid = self.perhaps_matrices
        if any(s.name in unsaid for s in small) or any(
            s.matrix and s.name not in unsaid and not s.source and not s.capital for s in symbols
        ):
            self._start_again()
            for s in symbols:
                if not s.source and not s.capital:
                    self.masks[s.var] = EVEN_MATRIX if s.matrix else NO_MATRIX
            self.holds = self._enter_again()
        if not self.holds:  # once more with both candidates in one, for the message that names what a reader meets first
            self._start_again()
            self.masks = [mask & ANY for mask in self.masks]
            for s in small:
                self.masks[s.var] &= ~M
            self._enter_again()
            raise self.kind_error()
        wide, narrow = [mask & ANY for mask in self.masks], list(map(narrow_candidates, self.masks))
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
                s.source = conventions.REST if narrow[s.var] == S else conventions.DEMANDED
        if self.reading == "scalar":
            self.narrow(self.root, S)
        if not self.template:
            conventions.settle(self)
        for var, mask in enumerate(self.masks):
            if mask & (mask - 1):
                self.narrow(var, mask & -mask)

    def _settle_scalings(self) -> list[int]:
        """`2·x` and `c'` are scaling and nothing only where a scalar is certain; elsewhere `.` and `'` demand vectors.

        The numbers of the relations that changed.
        """
        changed = []
        for k in self.scalings:
            relation, variables, tree = self.relations[k]
            if self.masks[variables[0]] == S or self.masks[variables[-2]] == S:
                continue
            self.relations[k] = (STRICT[relation], variables, tree)
            changed.append(k)
            if not self._propagate([k]):
                raise self.kind_error()
        return changed


_OF_POWERS = frozenset(("tr", "trace", "det", "logdet"))  # `tr(X^k)`: there the base is a matrix, whatever the exponent
_SPREADING = frozenset(("add", "sub", "emul", "ediv"))  # the commonest of these, for the short way
_NUMBER = (SCALAR, SCALAR, False, -1)
_HANDLERS: dict[str, Callable[..., int]] = {
    **{kind: Kinds._operator for kind, relation in RELATIONS.items() if relation is not SPREAD},
    "pow": Kinds._pow,
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
