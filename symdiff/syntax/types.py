"""What every part of a formula is: scalar, vector, matrix or row, and of which sizes.

In: a Program and what is declared. Out: `Typing`: the steps of the formula in evaluation order, each with its kind and
dimensions, and the type of every variable with its source. Two linear stages:

1. kinds. Every name and every step has a set of possible kinds, a bit mask; every operator is a small relation between
   the kinds of its operands and of its value. A worklist narrows the sets until nothing changes. Names that are still
   open are then fixed by the conventions of the language, one after the other; each choice is propagated and taken
   back if it clashes.
2. dimensions. Union-find over the axes, with declared names and whole numbers as the fixed points.

It ends because sets only shrink: each relation is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from symdiff.errors import ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr.build import describe, dim_product, show_dim
from symdiff.expr.node import Dim, Shape
from symdiff.syntax import hints
from symdiff.syntax.parse import GREEK, program
from symdiff.syntax.tree import Declaration, Program, Tree, TypeSpec
from symdiff.table import BUILT_IN, TABLE

S, V, M, R, T = 1, 2, 4, 8, 16  # scalar, vector, matrix, row, tensor of order three and up
KINDS = {S: "scalar", V: "vector", M: "matrix", R: "row", T: "tensor"}
ANY = S | V | M | R | T
_BY_ORDER = {0: S, 1: V, 2: M}
_NAMED = {"scalar": S, "vector": V, "matrix": M}


def kind_of(order: int) -> int:
    return _BY_ORDER.get(order, T)


# -------------------------------------------------------------------------------------------------------- relations

Relation = tuple[tuple[int, ...], ...]

_SAME = tuple((k, k, k) for k in (S, V, M, R, T))
_SCALED = tuple((S, k, k) for k in (V, M, R, T)) + tuple((k, S, k) for k in (V, M, R, T))
_MATRIX_PRODUCT = ((M, V, V), (M, M, M), (R, V, S), (V, R, M), (R, M, R))
SPREAD: Relation = _SAME + _SCALED
MUL: Relation = ((S, S, S), *_SCALED, *_MATRIX_PRODUCT)
DIV: Relation = tuple((k, S, k) for k in (S, V, M, R, T))
MATMUL: Relation = ((V, V, S), *_MATRIX_PRODUCT)
DOT: Relation = ((V, V, S), (M, V, V), (R, V, S))
DOT_OR_SCALE: Relation = (*DOT, (S, S, S), *_SCALED)
POW: Relation = ((S, S, S), (M, S, M))
POW_OF_SCALARS: Relation = ((S, S, S),)
INVERTED: Relation = ((S,), (M,))
TRANSPOSE: Relation = ((V, R), (R, V), (M, M))
ENTRIES: Relation = ((V, S), (M, S), (R, S), (T, S))
SQUARE: Relation = ((M, M),)
DETERMINANT: Relation = ((M, S),)
DIAG: Relation = ((V, M), (M, V))
REDUCE: Relation = ((M, V),)
ROWS: Relation = ((M, S), (R, S))
OUTER: Relation = ((V, V, M),)
INNER: Relation = ((V, V, S),)
KRON: Relation = ((V, V, V), (M, M, M), (R, M, M), (M, R, M), (R, R, M))
# value, argument, derivative of an opaque function
DERIVATIVE: Relation = ((S, S, S), (S, V, V), (S, M, M), (V, S, V), (M, S, M), (V, V, M), (V, M, T), (M, V, T), (M, M, T))


@cache
def narrowed(relation: Relation, masks: tuple[int, ...]) -> tuple[int, ...]:
    """The kinds that occur in a row of the relation within these sets; all 0 if there is none."""
    found = [0] * len(masks)
    for row in relation:
        for kind, mask in zip(row, masks, strict=True):
            if not kind & mask:
                break
        else:
            found = [f | kind for f, kind in zip(found, row, strict=True)]
    return tuple(found)


@cache
def row_relation(name: str) -> Relation:
    """Argument and value of a row of the table with one tensor argument; leading axes beyond the core are a batch."""
    (core, *_), out = TABLE[name].core()
    if core == ("*",):
        return ENTRIES
    pairs = [(kind_of(len(core)), kind_of(len(out)))]
    if len(core) == 1:
        pairs.append((M, kind_of(1 + len(out))))
        if len(out) == 1:
            pairs.append((R, R))
    return tuple(pairs)


# ------------------------------------------------------------------------------------------------------------ names


@dataclass(slots=True)
class Index:
    """An index of a sum; lo and hi: trees, or None where the entries fix the range."""

    name: str
    bounds: tuple[Tree, Tree] | None
    span: tuple[int, int]
    dim: int = -1


@dataclass(slots=True, eq=False)
class Symbol:
    """A variable, or an opaque function as one quantity."""

    name: str
    var: int
    function: bool = False
    source: str = ""
    properties: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    shape: tuple[int, ...] = ()  # ids of its dimensions
    matrix: bool = False  # an operator that demands a matrix stands directly at it

    @property
    def capital(self) -> bool:
        return _CAPITAL.fullmatch(self.name) is not None


_CAPITALS = "|".join(name for letter, name in GREEK.items() if letter.isupper())
_CAPITAL = re.compile(rf"(?:[A-Z]|{_CAPITALS}|(?![A-Za-z_])[^\W\d])(?:\d+|_\w+)?")


@dataclass(slots=True)
class TypeInfo:
    """shape: of the variable. source: "declared", "inferred" or "convention: …"."""

    shape: Shape
    source: str


@dataclass(slots=True)
class Given:
    """What is known before the text is read.

    shapes, functions: of variables and of opaque functions (a function's shape is that of its value); exact.
    bindings: values by name, with their kinds taken from their shapes. dims: names of dimensions.
    """

    shapes: dict[str, tuple[Shape, tuple[str, ...]]] = field(default_factory=dict)
    functions: dict[str, Shape] = field(default_factory=dict)
    bindings: dict[str, Shape] = field(default_factory=dict)
    dims: set[str] = field(default_factory=set)


_CONSTANTS = frozenset(("vector", "matrix", "ones", "zeros", "eye", "unit"))
_BARE = frozenset(("ones", "zeros", "eye"))
_PLAIN = frozenset("number name add sub mul div neg pow lt le gt ge eq ne and or not iverson bars emul ediv epow bind".split())
_CONDITIONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"))
_DEMANDS_MATRIX = frozenset(("det", "logdet", "inv", "tr", "trace", "rowsum", "colsum", "vec", "rows", "cols", "index"))


class Typing:
    """The steps of one program and their types. Make it, then read `steps`, `kinds`, `shape_of`, `symbols`."""

    def __init__(
        self,
        parsed: Program,
        declared: Iterable[tuple[Declaration, str]] = (),
        given: Given | None = None,
        *,
        template: bool = False,
        reading: str = "conventions",
    ) -> None:
        """reading: "conventions"; "scalar": the value is a scalar, then conventions; "scalars": every open name is one."""
        self.text = parsed.text
        self.template = template
        self.given = given or Given()
        self.steps: list[Tree] = []
        self.indices: list[Index] = []
        self.symbols: dict[str, Symbol] = {}
        self.functions: dict[str, Symbol] = {}
        self.notes: list[str] = []
        self.slots = 0
        self.masks: list[int] = [S]  # variable 0: everything that is certainly a scalar
        self.watch: list[list[int]] = [[]]
        self.relations: list[tuple[Relation, tuple[int, ...], Tree]] = []
        self.symbol_of: dict[int, Symbol] = {}
        self.pairs: list[list[Any]] = []  # neighbours in products: left, right, right is a lower-case name, last
        self.trail: list[tuple[int, int]] = []
        self.why: dict[int, int] = {}  # the relation that narrowed a variable last
        self.dims: list[Dim | None] = []
        self.parent: list[int] = []
        self.origin: list[str] = []
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.named: dict[Dim, int] = {}
        self.dim_names: set[str] = set(self.given.dims)
        self.constants: list[tuple[int, tuple[Tree, ...], Tree]] = []
        self.entries: set[int] = set()
        self.bound: dict[str, int] = {}
        self.bound_at: dict[str, tuple[int, int]] = {}
        self.reading = reading
        try:
            self._declare(parsed, declared)
            plain = self._flatten(parsed)
            self.vars = self._plain() if plain else self._relate()
            if not plain:
                self._solve()
            self._measure()
        except SymdiffError as error:
            error.text = error.text or self.text
            raise

    # ---------------------------------------------------------------------------------------------- declarations

    def _declare(self, parsed: Program, extra: Iterable[tuple[Declaration, str]]) -> None:
        for name, (shape, properties) in self.given.shapes.items():
            self._declared(name, kind_of(len(shape)), properties, None, [self._dim(d, name) for d in shape])
        for name, shape in self.given.functions.items():
            symbol = Symbol(name, self._new(kind_of(len(shape))), True, "declared")
            symbol.shape = self.shapes[symbol.var] = tuple([self._dim(d, name) for d in shape])
            self.functions[name] = symbol
        for name, shape in self.given.bindings.items():
            self.bound[name] = self._new(R if len(shape) == 2 and shape[0] == 1 else kind_of(len(shape)))
            axes = shape[1:] if self.masks[-1] == R else shape
            self.shapes[self.bound[name]] = tuple([self._dim(d, name) for d in axes])
        own = [(s, self.text) for s in parsed.statements if isinstance(s, Declaration)]
        seen: dict[str, Declaration] = {}
        for d, text in (*extra, *own):
            for name in d.names:
                if name in seen:
                    raise ParseError(f"`{name}` is declared twice", span=(d.start, d.end), text=text, hint="keep one of the declarations")
                seen[name] = d
                if d.arguments is not None:
                    kind, dims = self._spec(d.type, name)
                    symbol = Symbol(name, self._new(kind), True, "declared", span=(d.start, d.end), shape=dims)
                    self.shapes[symbol.var] = dims
                    self.functions[name] = symbol
                    for spec in d.arguments:
                        self.dim_names.update(x for x in spec.dims or () if isinstance(x, str))
                else:
                    kind, dims = self._spec(d.type, name)
                    self._declared(name, kind, d.type.properties, (d.start, d.end), dims)
        for name, d in seen.items():
            if name in self.dim_names:
                raise ParseError(f"`{name}` cannot be both a dimension and a variable", span=(d.start, d.end), text=self.text)

    def _spec(self, spec: TypeSpec, name: str) -> tuple[int, tuple[int, ...]]:
        kind = _NAMED[spec.kind]
        count = {S: 0, V: 1, M: 2}[kind]
        dims = [self._dim(d, name) for d in spec.dims] if spec.dims else [self._dim(None, name) for _ in range(count)]
        self.dim_names.update(d for d in spec.dims or () if isinstance(d, str))
        square = {"symmetric", "psd", "diagonal", "orthogonal"} & set(spec.properties)
        if square and count == 2 and spec.dims and spec.dims[0] != spec.dims[1]:
            raise ShapeError(f"`{name}` is {min(square)} and so has to be square, not {spec.dims[0]} by {spec.dims[1]}")
        if square and count == 2:
            dims = [dims[0], dims[0]]
        return kind, tuple(dims)

    def _declared(self, name: str, kind: int, properties: Iterable[str], span: Any, dims: Iterable[int]) -> None:
        symbol = Symbol(name, self._new(kind), False, "declared", tuple(properties), span, tuple(dims))
        self.symbols[name] = symbol
        self.symbol_of[symbol.var] = symbol
        self.shapes[symbol.var] = symbol.shape

    # ------------------------------------------------------------------------------------------------- the steps

    def _flatten(self, parsed: Program) -> bool:
        """Fill `steps` with the trees in evaluation order; True if only operations on scalars occur among them.

        Names of indices, ranges and macros are resolved here: an `over` step holds its body alone and refers to
        `indices`, a call of a macro becomes its definition.
        """
        if parsed.body is None:
            last = parsed.statements[-1] if parsed.statements else None
            hint = f"end with it, for example `{getattr(last, 'name', 'x')}`" if last else ""
            raise ParseError("the formula has no expression", span=(len(self.text), len(self.text)), hint=hint)
        self.transposing = self._transposing()
        self.names_bound = set(self.given.bindings)
        plain = all(self.masks[s.var] == S and s.span is None for s in self.symbols.values())
        plain = plain and not self.functions and not self.given.bindings
        for statement in parsed.statements:
            if isinstance(statement, Declaration):
                continue
            plain &= self._flatten_tree(statement.value)
            self.names_bound.add(statement.name)
            self.steps.append(Tree("bind", (statement.value,), statement.name, statement.start, statement.end))
        return self._flatten_tree(parsed.body) and plain and not self.dim_names

    def _flatten_tree(self, root: Tree) -> bool:
        out: list[Tree] = []
        plain = True
        stack: list[Tree] = [root]
        scopes: list[dict[str, int] | None] = [None]
        while stack:
            tree, scope = stack.pop(), scopes.pop()
            kind = tree.kind
            if kind == "name":
                if tree.value in _BARE and tree.value not in self.symbols and tree.value not in self.names_bound:
                    tree = Tree("const", (), (tree.value, (), scope), tree.start, tree.end)
                    plain = False
                elif scope and tree.value in scope:
                    k = scope[tree.value]
                    tree = Tree("index_value", (), k, tree.start, tree.end) if k >= 0 else Tree("slot", (), ~k, tree.start, tree.end)
                    plain = False
            elif kind == "call":
                row = TABLE.rows.get(TABLE.names.get(tree.value, ""))
                if tree.value in self.functions or row is None or not row.elementwise or row.macro or tree.value in ("max", "min"):
                    plain = plain and row is not None and row.elementwise and len(tree.kids) > 1 and not row.macro
                    if tree.value in _CONSTANTS:
                        values = tree.kids[:1] if tree.value in ("vector", "matrix") else ()
                        for size in tree.kids[len(values) :]:
                            if size.kind == "name":
                                self._new_dimension(size)
                        tree = Tree("const", values, (tree.value, tree.kids[len(values) :], scope), tree.start, tree.end)
                    elif row is not None and row.macro and tree.value not in self.functions:
                        hints.check_arity(row, tree)
                        args = Tree("slots", tree.kids, self.slots, tree.start, tree.end)
                        body = _instance(_definition(row.name), tree.start, tree.end)
                        inner = {arg: ~(self.slots + k) for k, arg in enumerate(row.args)}
                        self.slots += len(tree.kids)
                        stack += (args, body)
                        scopes += (scope, inner)
                        continue
            elif kind == "mul":
                plain = plain and not _may_be_matrix(tree)
            elif kind == "pow" and self.transposing and tree.kids[1].kind == "name" and tree.kids[1].value == "T":
                tree = Tree("transpose", tree.kids[:1], None, tree.start, tree.end)
                plain = False
            elif kind == "over":
                *bounds, body = tree.kids
                k = self._index(tree.value[1], (bounds[0], bounds[1]) if bounds else None, tree)
                tree = Tree("over", (body,), (tree.value[0], k), tree.start, tree.end)
                scope = {**(scope or {}), self.indices[k].name: k}
                plain = False
            elif kind == "tensor":
                *bounds, body = tree.kids
                scope, ks = dict(scope or {}), []
                for name, lo, hi in zip(tree.value, bounds[::2], bounds[1::2], strict=True):
                    scope[name] = self._index(name, (lo, hi), tree)
                    ks.append(scope[name])
                tree = Tree("tensor", (body,), tuple(ks), tree.start, tree.end)
                plain = False
            elif kind == "index":
                tree = Tree("index", tree.kids[:1], [self._entry(k, scope) for k in tree.kids[1:]], tree.start, tree.end)
                plain = False
            elif kind not in _PLAIN:
                plain = False
            out.append(tree)
            if tree.kids:
                stack += tree.kids
                scopes += [scope] * len(tree.kids)
        out.reverse()
        self.steps += out
        return plain

    def _transposing(self) -> bool:
        """Is `^T` the transpose? Unless `T` stands anywhere else."""
        exponents = len(re.findall(r"(?:\^|\*\*)\s*T(?!\w)", self.text))
        return bool(exponents) and len(re.findall(r"(?<!\w)T(?!\w)", self.text)) == exponents and "T" not in self.symbols

    def _index(self, name: str, bounds: tuple[Tree, Tree] | None, tree: Tree) -> int:
        if bounds:
            lo, hi = bounds
            if lo.kind != "number" or lo.value != 1:
                raise ParseError("a range that does not begin at 1 is not supported yet", span=(lo.start, lo.end))
            if hi.kind == "name":
                self._new_dimension(hi)
        self.indices.append(Index(name, bounds, (tree.start, tree.end)))
        return len(self.indices) - 1

    def _new_dimension(self, tree: Tree) -> None:
        name = tree.value
        if name in self.symbols or name in self.bound:
            raise ParseError(f"`{name}` cannot be both a dimension and a variable", span=(tree.start, tree.end))
        self.dim_names.add(name)

    def _entry(self, tree: Tree, scope: Mapping[str, int] | None) -> Any:
        """An index as None for `:`, an int, or an Index's place in `indices` as a 1-tuple."""
        if tree.kind == "slice":
            return None
        if tree.kind == "number" and isinstance(tree.value, int):
            return tree.value
        if tree.kind == "name" and scope and scope.get(tree.value, -1) >= 0:
            return (scope[tree.value],)
        if tree.kind in ("add", "sub", "number", "neg") or tree.kind == "name":
            raise ParseError(
                "an index is a whole number, `:` or the index of a sum; anything else is not supported yet",
                span=(tree.start, tree.end),
                hint="count entries from 1: `x[1]`",
            )
        raise ParseError("this cannot be an index", span=(tree.start, tree.end), hint="an Iverson bracket is multiplied: `y*[x > 0]`")

    # ------------------------------------------------------------------------------------------ kinds: relations

    def _new(self, mask: int) -> int:
        self.masks.append(mask)
        self.watch.append([])
        return len(self.masks) - 1

    def _plain(self) -> list[int]:
        """Everything is a scalar: only the names have to be entered."""
        self._check_conditions()
        for tree in self.steps:
            if tree.kind == "name":
                self._name(tree)
            elif tree.kind == "bind":
                self._bind(tree, 0)
            elif tree.kind == "call":
                hints.check_arity(TABLE[tree.value], tree)
        for symbol in self.symbols.values():
            if not symbol.source:
                self.masks[symbol.var] = S
                symbol.source = _RULE[5]
        return [0] * len(self.steps)

    def _relate(self) -> list[int]:
        """Enter names, relations and neighbours in products; the variable of every step."""
        self._check_conditions()
        self.variables = {t.value for t in self.steps if t.kind == "name" and t.value not in self.dim_names}
        self.called = {t.value for t in self.steps if t.kind == "call"} | {t.value[0] for t in self.steps if t.kind == "prime"}
        stack: list[int] = []
        tails: list[tuple[int, bool, int]] = []
        result: list[int] = []
        slots: dict[int, tuple[int, tuple[int, bool, int]]] = {}
        for tree in self.steps:
            n, kind = len(tree.kids), tree.kind
            args, ends = (stack[-n:], tails[-n:]) if n else ([], [])
            if n:
                del stack[-n:], tails[-n:]
            lower, pair = False, -1
            if kind == "number":
                var = 0
            elif kind == "name":
                var = self._name(tree)
                lower = tree.value in self.bound or var in self.symbol_of
                lower = lower and not _CAPITAL.fullmatch(tree.value)
            elif kind in _ELEMENTWISE:
                var = self._spread(args, tree)
                lower = (kind == "neg" or (kind == "epow" and args[1] == 0)) and ends[0][1]
            elif kind == "mul":
                var = self._binary(MUL, args, tree)
                (left, _, before), (right, is_lower, _) = ends
                if before >= 0:
                    self.pairs[before][3] = False
                pair = len(self.pairs)
                self.pairs.append([left, right, is_lower, True])
                tails.append((right, is_lower, pair))
                stack.append(var)
                result.append(var)
                continue
            elif kind == "call":
                var = self._call(tree, args)
                symbol = self.functions.get(tree.value)
                if symbol is not None:
                    lower = not symbol.capital
                else:
                    lower = len(args) == 1 and ends[0][1] and var == args[0]
            elif kind == "bind":
                self._bind(tree, args[0])
                result.append(args[0])
                continue
            elif kind == "slots":
                for k, pair_of in enumerate(zip(args, ends, strict=True)):
                    slots[tree.value + k] = pair_of
                result.append(0)
                continue
            elif kind == "slot":
                var, (_, lower, _) = slots[tree.value]
            else:
                var = _HANDLERS[kind](self, tree, args)
            stack.append(var)
            tails.append((var, lower, pair))
            result.append(var)
        self.root = stack[-1]
        return result

    def _check_conditions(self) -> None:
        """Comparisons stand only in `[ ]`, `if` and beside and, or, not; and there stands nothing else."""
        if self.template:
            return
        wanted: set[int] = set()
        conditions = []
        for tree in self.steps:
            kind = tree.kind
            if kind == "iverson" or kind == "and" or kind == "or" or kind == "not":
                for kid in tree.kids:
                    wanted.add(id(kid))
                    if kid.kind not in _CONDITIONS:
                        raise hints.no_condition(kid, self.text)
            elif kind == "call" and tree.value == "if" and tree.kids:
                wanted.add(id(tree.kids[0]))
                if tree.kids[0].kind not in _CONDITIONS:
                    raise hints.no_condition(tree.kids[0], self.text)
            if kind in _CONDITIONS:
                conditions.append(tree)
        for tree in conditions:
            if id(tree) not in wanted:
                raise hints.bare_condition(tree, self.text)

    def _name(self, tree: Tree) -> int:
        name = tree.value
        if name in self.bound:
            return self.bound[name]
        if name in self.dim_names:
            if name in self.symbols and self.symbols[name].span is None:
                raise ParseError(f"`{name}` cannot be both a dimension and a variable", span=(tree.start, tree.end))
            return 0
        symbol = self.symbols.get(name)
        if symbol is None:
            if name == "pi":
                return 0
            if self.template:
                raise UnknownNameError(f"`{name}` has no type here", span=(tree.start, tree.end))
            symbol = Symbol(name, self._new(S | V | M), span=(tree.start, tree.end))
            self.symbols[name] = symbol
            self.symbol_of[symbol.var] = symbol
        return symbol.var

    def _bind(self, tree: Tree, var: int) -> None:
        name, span = tree.value, (tree.start, tree.start + 1)
        if name in self.bound_at:
            first = hints.place(self.text, self.bound_at[name][0])
            raise ParseError(
                f"`{name}` is bound already, {first}", span=span, hint="a name keeps its value; choose another name for the new one"
            )
        if name in self.dim_names:
            raise ParseError(f"`{name}` cannot be both a dimension and a bound name", span=span)
        symbol = self.symbols.get(name)
        if symbol is not None and symbol.source == "declared" and name not in self.given.shapes:
            del self.symbols[name], self.symbol_of[symbol.var]
            self._relation(((S, S), (V, V), (M, M), (R, R), (T, T)), (var, symbol.var), tree)
        elif symbol is not None and name not in self.given.shapes:
            raise ParseError(f"`{name}` is used before it is bound", span=symbol.span, hint="move the binding in front of its use")
        self.bound[name] = var
        self.bound_at[name] = (tree.start, tree.end)

    def _relation(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        k = len(self.relations)
        self.relations.append((relation, variables, tree))
        for v in variables:
            self.watch[v].append(k)

    def _binary(self, relation: Relation, args: list[int], tree: Tree) -> int:
        a, b = args
        if relation is MUL or relation is SPREAD:
            if a == 0:
                return b
            if b == 0 or (a == b and relation is SPREAD):
                return a
        elif relation is DIV and b == 0:
            return a
        elif relation is POW_OF_SCALARS and a == b == 0:
            return 0
        var = self._new(ANY)
        self._relation(relation, (a, b, var), tree)
        return var

    def _unary(self, relation: Relation, arg: int, tree: Tree) -> int:
        values = 0
        for row in relation:
            values |= row[1]
        var = 0 if values == S else self._new(values)
        self._relation(relation, (arg, var), tree)
        return var

    def _spread(self, args: list[int], tree: Tree) -> int:
        var = args[0]
        for arg in args[1:]:
            var = self._binary(SPREAD, [var, arg], tree)
        return var

    def _pow(self, tree: Tree, args: list[int]) -> int:
        if args[0] == 0 or not hints.whole(tree.kids[1]):
            return self._binary(POW_OF_SCALARS, args, tree)
        if tree.kids[1].kind == "neg":  # an inverse stands for its matrix in products: `A^-1*b`
            self._relation(INVERTED, args[:1], tree)
            return args[0]
        return self._binary(POW, args, tree)

    def _div(self, tree: Tree, args: list[int]) -> int:
        return self._binary(DIV, args, tree)

    def _dot(self, tree: Tree, args: list[int]) -> int:
        return self._binary(DOT_OR_SCALE, args, tree)

    def _matmul(self, tree: Tree, args: list[int]) -> int:
        return self._binary(MATMUL, args, tree)

    def _transpose(self, tree: Tree, args: list[int]) -> int:
        var = self._new(ANY)
        self._relation(_TRANSPOSE_OR_SCALAR, (args[0], var), tree)
        return var

    def _norm(self, tree: Tree, args: list[int]) -> int:
        return self._unary(ENTRIES, args[0], tree)

    def _index_value(self, tree: Tree, args: list[int]) -> int:
        return 0

    def _over(self, tree: Tree, args: list[int]) -> int:
        return args[0]

    def _tensor(self, tree: Tree, args: list[int]) -> int:
        var = self._new(ANY)
        n = len(tree.value)
        self._relation(((S, kind_of(n)), (V, kind_of(n + 1)), (M, kind_of(n + 2))), (args[0], var), tree)
        return var

    def _indexed(self, tree: Tree, args: list[int]) -> int:
        self._allow_matrix(args[0])
        entries = tree.value
        free = sum(e is None for e in entries)
        if len(entries) == 1:
            relation: Relation = ((V, V), (R, R), (M, M)) if free else ((V, S), (M, V), (R, S))
        elif len(entries) == 2:
            relation = ((M, kind_of(free)),)
        else:
            relation = ((T, kind_of(free)),)
        var = self._new(ANY)
        self.entries.add(var)
        self._relation(relation, (args[0], var), tree)
        return var

    def _allow_matrix(self, var: int) -> None:
        symbol = self.symbol_of.get(var)
        if symbol is not None:
            symbol.matrix = True

    def _constant(self, tree: Tree, args: list[int]) -> int:
        name, sizes, scope = tree.value
        most = {"vector": 1, "eye": 1, "unit": 2}.get(name, 2)
        if len(sizes) > most or (name == "unit" and not sizes) or (name in ("vector", "matrix") and not args):
            raise ParseError(f"`{name}` takes {', '.join(BUILT_IN[name][0])}", span=(tree.start, tree.end))
        if name == "matrix" and len(sizes) == 1:
            raise ParseError("`matrix` takes both sizes or none", span=(tree.start, tree.end), hint="matrix(c, m, n)")
        for arg in args:
            self._relation(((S,),), (arg,), tree)
        if name in ("vector", "unit"):
            mask = V
        elif name in ("matrix", "eye"):
            mask = M
        else:
            mask = (V | M, V, M)[len(sizes)]
        var = self._new(mask)
        if name == "unit":
            if sizes[0].kind != "number" or not isinstance(sizes[0].value, int):
                raise ParseError("the first argument of `unit` is a whole number", span=(tree.start, tree.end), hint="unit(1, n)")
            sizes = sizes[1:]
        if name == "eye" and sizes:
            sizes = (sizes[0], sizes[0])
        self.constants.append((var, sizes, tree))
        return var

    def _prime(self, tree: Tree, args: list[int]) -> int:
        name, count = tree.value
        return self._derivative(self._opaque(name, tree), [0] * count, tree, args)

    def _derivative(self, symbol: Symbol, by: Iterable[int], tree: Tree, args: list[int]) -> int:
        var = symbol.var
        for k in by:
            if k >= len(args):
                raise ParseError(f"`{symbol.name}` has no argument {k + 1} here", span=(tree.start, tree.end))
            value, var = var, self._new(ANY)
            self._relation(DERIVATIVE, (value, args[k], var), tree)
        return var

    def _call(self, tree: Tree, args: list[int]) -> int:
        name = tree.value
        if name in self.functions:
            return self.functions[name].var
        row = TABLE.rows.get(TABLE.names.get(name, ""))
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
            return self._derivative(self._opaque(by[0], tree), by[1], tree, args)
        return self._opaque(name, tree).var

    def derivative_of(self, name: str) -> tuple[str, tuple[int, ...]] | None:
        """`Dphi` is the derivative of an opaque phi by its first argument, `D12f` by the first and the second."""
        m = re.fullmatch(r"D([1-9]*)(\w+)", name)
        if m is None or not (m[2] in self.functions or m[2] in self.called) or m[2] in TABLE or m[2] in BUILT_IN:
            return None
        return m[2], tuple([int(d) - 1 for d in m[1]]) or (0,)

    def _opaque(self, name: str, tree: Tree) -> Symbol:
        symbol = self.functions.get(name)
        if symbol is None:
            span = (tree.start, tree.start + len(name))
            if self.template:
                raise UnknownNameError(f"there is no function `{name}`", span=span)
            if tree.kind == "prime" and name in TABLE:
                raise hints.prime_of_known(name, tree)
            if name in self.variables or name in self.symbols or name in self.bound or name in self.dim_names:
                raise hints.product_meant(name, tree, self.text)
            hints.check_function(name, span)
            symbol = Symbol(name, self._new(S | V | M), True, span=span)
            self.functions[name] = symbol
            self.symbol_of[symbol.var] = symbol
        return symbol

    def _row(self, name: str, tree: Tree, args: list[int]) -> int:
        row = TABLE[name]
        ins, out = row.core()
        tensors = [k for k, core in enumerate(ins) if core]
        if len(tensors) == 1:
            for k, arg in enumerate(args):
                if k != tensors[0]:
                    self._relation(((S,),), (arg,), tree)
            if name in _DEMANDS_MATRIX:
                self._allow_matrix(args[tensors[0]])
            return self._unary(row_relation(name), args[tensors[0]], tree)
        var = self._new(kind_of(len(out)))
        self._relation((tuple([*(kind_of(len(c)) for c in ins), kind_of(len(out))]),), (*args, var), tree)
        return var

    def _built_in(self, name: str, tree: Tree, args: list[int]) -> int:
        relation = _BUILT_IN_RELATIONS.get(name)
        if relation is None:
            raise ParseError(f"`{name}` cannot be called like this", span=(tree.start, tree.end), hint=BUILT_IN[name][1])
        if len(args) != len(relation[0]) - 1:
            raise ParseError(
                f"`{name}` takes {len(relation[0]) - 1} argument{'s' * (len(relation[0]) > 2)}, not {len(args)}",
                span=(tree.start, tree.end),
            )
        if name in _DEMANDS_MATRIX:
            self._allow_matrix(args[0])
        if len(args) == 2:
            return self._binary(relation, args, tree)
        return self._unary(relation, args[0], tree)

    # --------------------------------------------------------------------------------------- kinds: propagation

    def _propagate(self, queue: list[int]) -> Tree | None:
        """Narrow until nothing changes; the tree of a relation that cannot hold, or None."""
        masks, relations, watch, trail = self.masks, self.relations, self.watch, self.trail
        queued = set(queue)
        while queue:
            k = queue.pop()
            queued.discard(k)
            relation, variables, tree = relations[k]
            old = tuple([masks[v] for v in variables])
            new = narrowed(relation, old)
            if new == old:
                continue
            if not new[0]:
                self.failed = k
                return tree
            for v, before, after in zip(variables, old, new, strict=True):
                if before != after and masks[v] != masks[v] & after:
                    trail.append((v, masks[v]))
                    masks[v] &= after
                    self.why[v] = k
                    if not masks[v]:
                        self.failed = k
                        return tree
                    for j in watch[v]:
                        if j not in queued:
                            queued.add(j)
                            queue.append(j)
        return None

    def _try(self, var: int, mask: int) -> bool:
        """Narrow one variable; taken back, and False, if that clashes."""
        old = self.masks[var]
        if old & mask == old:
            return True
        if not old & mask:
            return False
        mark = len(self.trail)
        self.trail.append((var, old))
        self.masks[var] = old & mask
        if self._propagate(list(self.watch[var])) is None:
            return True
        while len(self.trail) > mark:
            v, before = self.trail.pop()
            self.masks[v] = before
        return False

    def _solve(self) -> None:
        start = self.masks.copy()
        self._propagate_all()
        self._settle_scalings()
        if self.reading == "scalar":
            self._try(self.root, S)
        small = [s for s in self._all() if not s.source and not s.capital and not s.matrix]
        if any(self.masks[s.var] == M for s in small):  # `w.phi + w*phi` is a slip, not a reason to make w a matrix
            self.masks = start
            for s in small:
                self.masks[s.var] &= ~M
            self._propagate_all()
        for symbol in self._all():
            if not symbol.source and self._known(symbol.var):
                symbol.source = "inferred"
        for s in small:
            if not s.source and self._try(s.var, S | V) and self._known(s.var):
                s.source = _RULE[1]
        if not self.template:
            if self.reading != "scalars":
                self._conventions()
            self._rest()
        for var, mask in enumerate(self.masks):
            if mask & (mask - 1):
                self._try(var, mask & -mask)

    def _propagate_all(self) -> None:
        if self._propagate(list(range(len(self.relations) - 1, -1, -1))) is not None:
            raise self._kind_error()

    def _settle_scalings(self) -> None:
        """`2·x` and `c'` are scaling and nothing only where a scalar is certain; elsewhere `.` and `'` demand vectors."""
        for k, (relation, variables, tree) in enumerate(self.relations):
            strict = {DOT_OR_SCALE: DOT, _TRANSPOSE_OR_SCALAR: TRANSPOSE}.get(relation)
            if strict is None or any(self.masks[v] == S for v in variables[:-1]):
                continue
            self.relations[k] = (strict, variables, tree)
            if self._propagate([k]) is not None:
                raise self._kind_error()

    def _known(self, var: int) -> bool:
        return not self.masks[var] & (self.masks[var] - 1)

    def _all(self) -> list[Symbol]:
        return [*self.symbols.values(), *self.functions.values()]

    # --------------------------------------------------------------------------------------- kinds: conventions

    def _fix(self, symbol: Symbol, mask: int, rule: int) -> bool:
        if self._known(symbol.var) or not self._try(symbol.var, mask):
            return False
        symbol.source = _RULE[rule]
        return True

    def _conventions(self) -> None:
        symbols = self._all()
        # 1: names that cannot be scalars, and the names in sums that cannot be
        for s in symbols:
            if not self.masks[s.var] & S and not s.matrix:
                self._fix(s, M if s.capital else V, 1) or self._fix(s, V, 1)
        self._share_demands(1)
        for s in symbols:
            if not self.masks[s.var] & S:
                self._fix(s, M if s.capital else V, 1) or self._fix(s, V, 1)
        # 2 and 3, inner products first, so that the value of one layer is known to the next
        small = [s for s in symbols if not s.capital]
        scaled = bool(small) and all(s.source == "declared" for s in small)  # who declares scalars has matrices in mind
        if scaled or any(s.source and not self.masks[s.var] & S for s in symbols):
            for s in symbols:
                if s.capital:
                    self._fix(s, M, 2)
        for left, right, lower, last in self.pairs:
            a, b = self.symbol_of.get(left), self.symbol_of.get(right)
            if a is not None and a.capital and ((last and lower and self.masks[right] & V) or self.masks[right] == V):
                self._fix(a, M, 2)
            if self.masks[left] in (M, R) and not self._known(right):
                if b is not None and lower:
                    self._fix(b, V, 3)
                elif lower:
                    self._try(right, V)
                else:
                    self._sum_of_names(right)
            if self.masks[right] in (M, R) and a is not None and not a.capital:
                self._fix(a, S if self.masks[right] == M else V, 3)
        self._beside_vectors()
        self._share_demands(4)
        self._share_demands(0)

    def _sum_of_names(self, var: int) -> None:
        """`A*(x - y)`: a sum of nothing but names right of a matrix is a vector, and so is each of them."""
        names, stack = [], [var]
        while stack:
            v = stack.pop()
            if v in self.symbol_of:
                names.append(self.symbol_of[v])
            elif v in self.sums:
                stack += self.sums[v]
            else:
                return
        if any(s.capital or self._known(s.var) for s in names):
            return
        for s in names:
            self._fix(s, V, 3)

    def _share_demands(self, rule: int) -> None:
        """Where a sum cannot be a scalar and no term is known to be the reason, each open name in it takes the demand.

        rule 0: what is left when the conventions are through, products too.
        """
        for relation, variables, _ in reversed(self.relations):
            if len(variables) != 3 or self.masks[variables[2]] & S:
                continue
            a, b, c = variables
            if not (self.masks[a] & S and self.masks[b] & S):
                continue
            if relation is SPREAD:
                for v in (a, b):
                    symbol = self.symbol_of.get(v)
                    if symbol is None and (v in self.sums or v in self.entries or rule == 0):
                        self._try(v, ANY & ~S)
                    elif symbol is not None:
                        self._demanded(symbol, c, rule)
            elif relation is MUL:
                capitals = [s for s in (self.symbol_of.get(a), self.symbol_of.get(b)) if s is not None and s.capital]
                if capitals and rule != 4:
                    for s in capitals:
                        self._fix(s, M, 1)
                elif rule == 0:
                    symbol = self.symbol_of.get(b)
                    if symbol is not None:
                        self._demanded(symbol, c, rule)
                    elif not self._try(b, ANY & ~S):
                        self._try(a, ANY & ~S)

    def _demanded(self, symbol: Symbol, value: int, rule: int) -> None:
        if self.masks[value] == V:
            self._fix(symbol, V, rule or 1)
        else:
            self._fix(symbol, M if symbol.capital else V, rule or 1) or self._fix(symbol, V, rule or 1)

    def _beside_vectors(self) -> None:
        """4: a lower-case name beside a vector whose type rests on conventions takes its shape."""
        resting = {s.var for s in self._all() if s.source.startswith("convention") and not self.masks[s.var] & S}
        for relation, variables, _ in self.relations:
            *operands, value = variables
            if relation is SPREAD:
                a, b = operands
                for vector, other in ((a, b), (b, a)):
                    if self.masks[vector] == V and vector in resting and self.masks[other] & S and self.masks[other] & V:
                        symbol = self.symbol_of.get(other)
                        if symbol is None and other in self.sums:
                            self._try(other, V)
                        elif symbol is not None and not symbol.capital and self._fix(symbol, V, 4):
                            resting.add(other)
            if any(v in resting and not self.masks[v] & S for v in operands):
                resting.add(value)

    def _rest(self) -> None:
        """5: everything else is a scalar."""
        for symbol in self._all():
            if self._known(symbol.var):
                symbol.source = symbol.source or _RULE[0]
            elif self._try(symbol.var, S):
                symbol.source = _RULE[5]
            elif self._fix(symbol, V, 1) or self._fix(symbol, M, 1):
                pass
            else:
                raise self._kind_error()

    @property
    def sums(self) -> dict[int, tuple[int, int]]:
        """The operands of every sum and elementwise operation, by the variable of its value."""
        if not hasattr(self, "_sums"):
            self._sums = {v[2]: (v[0], v[1]) for relation, v, _ in self.relations if relation is SPREAD}
        return self._sums

    def _kind_error(self) -> SymdiffError:
        relation, variables, tree = self.relations[self.failed]
        n = min(len(tree.kids), len(relation[0]))
        operands = [self._operand(kid, v) for kid, v in zip(tree.kids, variables, strict=False)]
        kinds = [KINDS.get(self.masks[v], "") for v in variables[:n]]
        fit = any(all(k & self.masks[v] for k, v in zip(row[:n], variables, strict=False)) for row in relation)
        reason = ""
        if fit and len(variables) > n:
            demand = self.why.get(variables[-1])
            other = self.relations[demand][2] if demand is not None else tree
            reason = f"`{self._quote(other)}` needs a {_words(self.masks[variables[-1]])}"
        elif relation is POW_OF_SCALARS and self.masks[variables[0]] == M:
            reason = "the power of a matrix is a whole number"
        hint = "" if fit else hints.kind_hint(tree, kinds, [self._quote(kid) for kid in tree.kids[:n]])
        return hints.clash(tree, operands[:n], reason, hint, self.text)

    def _quote(self, tree: Tree) -> str:
        text = " ".join(self.text[tree.start : tree.end].split())
        return text if len(text) <= 40 else text[:39] + "…"

    def _operand(self, tree: Tree, var: int) -> str:
        """`X`, a matrix(m, n) (declared): an operand, what it is, and where that comes from."""
        shape = self.shape(var)
        words = describe(shape) if shape and "?" not in shape and self.masks[var] in (V, M, T) else _words(self.masks[var])
        symbol = self.symbol_of.get(var)
        source = ""
        if tree.kind in ("name", "call") and symbol is not None and symbol.name == tree.value:
            source = symbol.source.removeprefix("inferred")
        if not source and var in self.why and self.why[var] != getattr(self, "failed", -1):
            demand = self.relations[self.why[var]][2]
            if demand.start != tree.start or demand.end != tree.end:
                source = f"because of `{self._quote(demand)}`"
        return f"`{self._quote(tree)}`, a {words}{f' ({source})' if source else ''}"

    # ------------------------------------------------------------------------------------------------ dimensions

    def _dim(self, value: Dim | None, origin: str) -> int:
        if value is not None and value in self.named:
            return self.named[value]
        k = len(self.dims)
        self.dims.append(value)
        self.parent.append(k)
        self.origin.append(origin)
        if value is not None:
            self.named[value] = k
        return k

    def _find(self, k: int) -> int:
        parent = self.parent
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    def _unify(self, a: int, b: int) -> bool:
        a, b = self._find(a), self._find(b)
        if a == b:
            return True
        if self.dims[a] is None:
            a, b = b, a
        if self.dims[b] is not None:
            return False
        self.parent[b] = a
        return True

    def _axes(self, var: int) -> tuple[int, ...]:
        """Ids of the dimensions of a variable; a row has one, its length."""
        shape = self.shapes.get(var)
        if shape is None:
            count = {S: 0, V: 1, M: 2, R: 1}.get(self.masks[var])
            if count is None:
                raise ShapeError("the order of this tensor is not known")
            shape = self.shapes[var] = tuple([self._dim(None, "") for _ in range(count)])
        return shape

    def _measure(self) -> None:
        """Unify the axes along all relations, then name the dimensions that nothing fixes."""
        for symbol in self._all():
            if self.masks[symbol.var] != S:
                symbol.shape = self._axes(symbol.var)
        for index in self.indices:
            index.dim = self._size(index.bounds[1]) if index.bounds else self._dim(None, index.name)
        for var, _, tree in self.constants:
            if tree.value[0] == "eye":
                self.shapes[var] = (self._dim(None, ""),) * 2
        self.products: list[tuple[int, tuple[int, ...]]] = []
        for relation, variables, tree in self.relations:
            self._fit(relation, variables, tree)
        for var, sizes, tree in self.constants:
            if sizes:
                for axis, size in zip(self._axes(var), sizes, strict=True):
                    if not self._unify(axis, self._size(size)):
                        raise self._clash(tree, (var,), axis, self._size(size))
        fresh = {k for k, _ in self.products}
        for symbol in self._all():
            words = ("size",) if len(symbol.shape) == 1 else ("rows", "cols")
            for word, k in zip(words, symbol.shape, strict=False):
                k = self._find(k)
                if self.dims[k] is None and k not in {self._find(f) for f in fresh}:
                    self.dims[k] = f"{word}({symbol.name})"
        for k, parts in self.products:
            k, value = self._find(k), dim_product([self._value(p) for p in parts])
            if self.dims[k] is None:
                self.dims[k] = value
            elif self.dims[k] != value:
                raise ShapeError(f"the dimensions {self.dims[k]} and {value} do not fit")

    def _value(self, k: int) -> Dim:
        value = self.dims[self._find(k)]
        if value is None:
            raise ShapeError("a size is not fixed by anything")
        return value

    def _size(self, tree: Tree) -> int:
        """The dimension that a size in a range or constant means: `m`, `3`, `size(x)`, `m*n`."""
        if tree.kind == "number" and isinstance(tree.value, int) and tree.value > 0:
            return self._dim(tree.value, "")
        if tree.kind == "name" and tree.value in self.dim_names:
            return self._dim(tree.value, tree.value)
        if tree.kind == "mul":
            k = self._dim(None, "")
            self.products.append((k, (self._size(tree.kids[0]), self._size(tree.kids[1]))))
            return k
        if tree.kind == "call" and len(tree.kids) == 1 and tree.kids[0].kind == "name":
            name = tree.kids[0].value
            var = self.bound.get(name)
            symbol = self.symbols.get(name) or self.functions.get(name)
            if var is None and symbol is not None:
                var = symbol.var
            which = {("size", V): 0, ("size", R): 0, ("rows", M): 0, ("cols", M): 1}
            if var is not None and (tree.value, self.masks[var]) in which:
                return self._axes(var)[which[tree.value, self.masks[var]]]
        raise ParseError(
            "a size is a whole number, a dimension, or size(x), rows(A), cols(A)",
            span=(tree.start, tree.end),
            hint="declare it: `x: vector(n)` makes n a dimension",
        )

    def _fit(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        kinds = tuple([self.masks[v] for v in variables])
        if all(k == S for k in kinds):
            return
        shapes = self.shapes
        if relation is SPREAD or relation is DIV or relation is POW or (len(kinds) == 3 and S in kinds[:2] and relation in _SCALES):
            same = [v for v, k in zip(variables, kinds, strict=True) if k != S]
            known = next((shapes[v] for v in same if v in shapes), None)
            if known is None:
                known = self._axes(same[0])
            for v in same:
                if v not in shapes:
                    shapes[v] = known
                elif not self._match(shapes[v], known):
                    raise self._clash(tree, variables, *self._mismatch)
            if relation is POW:
                self._join(tree, variables, known[0], known[1])
            return
        rule = _AXES.get(relation, {}).get(kinds)
        if rule is None:
            rule = _NAMED_AXES.get(tree.value) if tree.kind == "call" else None
        if rule is not None:
            axes = [self._axes(v) for v in variables]
            for (i, j), (k, m) in rule:
                self._join(tree, variables, axes[i][j], axes[k][m])
        elif tree.kind in _SPECIAL_AXES:
            _SPECIAL_AXES[tree.kind](self, tree, variables, kinds)

    def _match(self, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
        for x, y in zip(a, b, strict=True):
            if not self._unify(x, y):
                self._mismatch = x, y
                return False
        return True

    def _join(self, tree: Tree, variables: tuple[int, ...], a: int, b: int) -> None:
        if not self._unify(a, b):
            raise self._clash(tree, variables, a, b)

    def _same_axes(self, tree: Tree, variables: tuple[int, ...], pairs: Iterable[tuple[int, int]]) -> None:
        for a, b in pairs:
            self._join(tree, variables, a, b)

    def _fit_call(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        name = tree.value
        if name in TABLE:
            ins, out = TABLE[name].core()
            *args, value = variables
            cores = [c for c in ins if c] if len(args) == 1 else list(ins)
            if cores == [("*",)]:
                return
            axes: dict[str, int] = {}
            batch: tuple[int, ...] = ()
            for core, v in zip(cores, args, strict=True):
                shape = self._axes(v)
                if self.masks[v] == R and len(core) == 1:
                    shape = shape[-1:]
                batch = shape[: len(shape) - len(core)]
                for axis, k in zip(core, shape[len(batch) :], strict=True):
                    self._join(tree, variables, axes.setdefault(axis, self._dim(int(axis), name) if axis.isdigit() else k), k)
            result = batch + tuple([self._dim(int(a), name) if a.isdigit() else axes[a] for a in out])
            if self.masks[value] != S:
                self._same_axes(tree, variables, zip(self._axes(value), result, strict=True))
        elif name == "vec":
            rows, cols = self._axes(variables[0])
            self.products.append((self._axes(variables[1])[0], (cols, rows)))
        elif name == "kron":
            a, b, value = variables
            shape_a, shape_b, shape = self._axes(a), self._axes(b), self._axes(value)
            for k in range(len(shape)):
                factors = [s[k - (len(shape) - len(s))] for s in (shape_a, shape_b) if k >= len(shape) - len(s)]
                self.products.append((shape[k], tuple(factors)))
        elif name not in ("sum", "size", "rows", "cols"):
            self._fit_derivative(tree, variables, kinds)

    def _fit_derivative(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        value, arg, result = variables
        full = (self._axes(value) if self.masks[value] != S else ()) + (self._axes(arg) if self.masks[arg] != S else ())
        if result not in self.shapes:
            self.shapes[result] = full
        else:
            self._same_axes(tree, variables, zip(self.shapes[result], full, strict=True))

    def _fit_bind(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        a, b = variables
        self._same_axes(tree, variables, zip(self._axes(a), self._axes(b), strict=True))

    def _fit_index(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        base, value = variables
        axes, entries = self._axes(base), tree.value
        left = []
        for k, axis in enumerate(axes):
            entry = entries[k] if k < len(entries) else None
            if entry is None:
                left.append(axis)
            elif isinstance(entry, tuple):
                self._join(tree, variables, axis, self.indices[entry[0]].dim)
        if left:
            self._same_axes(tree, variables, zip(self._axes(value), left, strict=True))

    def _fit_tensor(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        body, value = variables
        full = tuple([self.indices[k].dim for k in tree.value]) + (self._axes(body) if self.masks[body] != S else ())
        if value not in self.shapes:
            self.shapes[value] = full
        else:
            self._same_axes(tree, variables, zip(self.shapes[value], full, strict=True))

    def _clash(self, tree: Tree, variables: tuple[int, ...], a: int, b: int) -> ShapeError:
        operands = [self._operand(kid, v) for kid, v in zip(tree.kids, variables, strict=False)]
        sizes = []
        for k in (self._find(a), self._find(b)):
            origin = f" (of `{self.origin[k]}`)" if self.origin[k] and self.dims[k] is not None else ""
            sizes.append(f"{show_dim(self.dims[k] or '?')}{origin}")
        return hints.clash(tree, operands, f"{sizes[0]} is not {sizes[1]}", "", self.text)

    # ------------------------------------------------------------------------------------------------- results

    def shape(self, var: int) -> Shape:
        """The shape of a variable as far as it is known ("?" where not); a row's is (1, n)."""
        kind = self.masks[var]
        if kind == S:
            return ()
        shape = tuple([self.dims[self._find(k)] or "?" for k in self.shapes.get(var, ())])
        return (1, *shape) if kind == R else shape

    def info(self, symbol: Symbol) -> TypeInfo:
        return TypeInfo(self.shape(symbol.var), symbol.source)


_RULE = {
    0: "convention: follows from the types of other names",
    1: "convention: an operator demands a vector or matrix",
    2: "convention: a capital name in a formula with matrices",
    3: "convention: beside a matrix in a product",
    4: "convention: beside a vector",
    5: "convention: everything else is a scalar",
}
_TRANSPOSE_OR_SCALAR: Relation = (*TRANSPOSE, (S, S))
_ELEMENTWISE = frozenset("add sub emul ediv epow neg lt le gt ge eq ne and or not iverson bars".split())
_BUILT_IN_RELATIONS: dict[str, Relation] = {
    "sum": ENTRIES,
    "max": ENTRIES,
    "min": ENTRIES,
    "size": ENTRIES,
    "rows": ROWS,
    "cols": ROWS,
    "rowsum": REDUCE,
    "colsum": REDUCE,
    "tr": DETERMINANT,
    "trace": DETERMINANT,
    "diag": DIAG,
    "dot": INNER,
    "outer": OUTER,
    "transpose": TRANSPOSE,
    "vec": REDUCE,
    "kron": KRON,
}
_HANDLERS: dict[str, Callable[..., int]] = {
    "pow": Typing._pow,
    "div": Typing._div,
    "dot": Typing._dot,
    "matmul": Typing._matmul,
    "transpose": Typing._transpose,
    "norm": Typing._norm,
    "index_value": Typing._index_value,
    "over": Typing._over,
    "tensor": Typing._tensor,
    "index": Typing._indexed,
    "const": Typing._constant,
    "prime": Typing._prime,
}

def _words(mask: int) -> str:
    return " or ".join(word for kind, word in KINDS.items() if kind & mask) or "value"


_Rule = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def _rule(text: str) -> _Rule:
    """`a1=b0 c0=a0`: which axis of operands a, b and value c is which (two variables: a and c are called a, b)."""
    return tuple((("abc".index(p[0]), int(p[1])), ("abc".index(p[3]), int(p[4]))) for p in text.split())


_PRODUCT_AXES = {
    (M, V, V): _rule("a1=b0 c0=a0"),
    (M, M, M): _rule("a1=b0 c0=a0 c1=b1"),
    (R, V, S): _rule("a0=b0"),
    (V, R, M): _rule("c0=a0 c1=b0"),
    (R, M, R): _rule("a0=b0 c0=b1"),
    (V, V, S): _rule("a0=b0"),
}
_TRANSPOSED_AXES = {(V, R): _rule("b0=a0"), (R, V): _rule("b0=a0"), (M, M): _rule("b0=a1 b1=a0")}
_AXES: dict[Relation, dict[tuple[int, ...], _Rule]] = {
    INVERTED: {(M,): _rule("a0=a1")},
    MUL: _PRODUCT_AXES,
    MATMUL: _PRODUCT_AXES,
    DOT: _PRODUCT_AXES,
    DOT_OR_SCALE: _PRODUCT_AXES,
    INNER: _PRODUCT_AXES,
    OUTER: {(V, V, M): _rule("c0=a0 c1=b0")},
    TRANSPOSE: _TRANSPOSED_AXES,
    _TRANSPOSE_OR_SCALAR: _TRANSPOSED_AXES,
    DIAG: {(V, M): _rule("b0=a0 b1=a0"), (M, V): _rule("a0=a1 b0=a0")},
}
_NAMED_AXES = {"rowsum": _rule("b0=a0"), "colsum": _rule("b0=a1"), "tr": _rule("a0=a1"), "trace": _rule("a0=a1")}
_SCALES = (MUL, DOT, DOT_OR_SCALE)
_SPECIAL_AXES: dict[str, Callable[..., None]] = {
    "call": Typing._fit_call,
    "prime": Typing._fit_derivative,
    "bind": Typing._fit_bind,
    "index": Typing._fit_index,
    "tensor": Typing._fit_tensor,
}


def _may_be_matrix(tree: Tree) -> bool:
    """`W*x`: could convention 2 read the left factor as a matrix?"""
    left, right = tree.kids
    while left.kind in ("mul", "neg"):
        left = left.kids[-1]
    while right.kind in ("neg", "epow"):
        right = right.kids[0]
    return left.kind == "name" and right.kind in ("name", "call") and _CAPITAL.fullmatch(left.value) is not None


@cache
def _definition(name: str) -> Tree:
    body = program(TABLE[name].define).body
    assert body is not None
    return body


def _instance(tree: Tree, start: int, end: int) -> Tree:
    """A copy of a definition of the table, placed where its call stands."""
    return Tree(tree.kind, tuple([_instance(k, start, end) for k in tree.kids]), tree.value, start, end)
