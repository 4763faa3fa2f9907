"""Types: kinds (kinds.py), and here the dimensions of every vector and matrix.

In: a Program and what is declared. Out: `Typing`. Axes are unified along all relations (union-find); declared names and
whole numbers are the fixed points, and two different ones that meet are a ShapeError. A class of axes that has none is
named after the first variable that has it: `size(x)`, `rows(A)`, `cols(A)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from symdiff.errors import ParseError, ShapeError, SymdiffError
from symdiff.expr import dims
from symdiff.expr.build import FORMS, dim_product, show_dim
from symdiff.expr.node import Dim, Shape
from symdiff.syntax import hints
from symdiff.syntax.kinds import SQUARE, Given, Kinds, Symbol
from symdiff.syntax.parse import corrected
from symdiff.syntax.places import ONE, Atom, Picked, Place, Sum
from symdiff.syntax.ranges import as_dims, extreme, sum_of, triangular
from symdiff.syntax.relations import (
    DIAG,
    DIV,
    DOT,
    DOT_OR_SCALE,
    INNER,
    INVERTED,
    MUL,
    OUTER,
    POW,
    RELATIONS,
    SPREAD,
    TRANSPOSE,
    M,
    R,
    Relation,
    S,
    V,
    forms,
)
from symdiff.syntax.tree import Declaration, Program, Tree
from symdiff.table import TABLE
from symdiff.table.operators import OPERATORS


@dataclass(slots=True)
class TypeInfo:
    """shape: of the variable. source: "declared", "inferred" or "convention: …", which says the rule."""

    shape: Shape
    source: str


class Typing(Kinds):
    """The steps of a program with their kinds and shapes."""

    def __init__(
        self,
        parsed: Program,
        declared: Iterable[tuple[Declaration, str]] = (),
        given: Given | None = None,
        *,
        template: bool = False,
        reading: str = "conventions",
    ) -> None:
        """declared: declarations from elsewhere, each with its text. reading: see conventions.py. SymdiffErrors with place."""
        self.sizes: list[Dim | None] = []  # of every dimension, where its class is `_find` of it
        self.parent: list[int] = []
        self.origin: list[str] = []  # the name with which a dimension was declared first
        self.named: dict[Dim, int] = {}
        self.axes: dict[int, tuple[int, ...]] = {}  # dimensions of every kind variable
        self.sum_places: list[tuple[int, Place]] = []  # axes with the sums of indices that stand on them
        self.triangles: list[tuple[int, int, Tree]] = []  # the entries of vech(A), the rows of A
        self.sums_of_sizes: list[tuple[int, list[tuple[int, int]], Tree]] = []  # dimensions that are sums of others, with coefficients
        self.own_places: list[tuple[int, int]] = []  # axes, and the ranges with an axis of their own that run along them
        self.products: list[tuple[int, tuple[int, ...], Tree]] = []  # dimensions that are products of others, and where
        try:
            super().__init__(parsed, declared, given or Given(), template, reading)
            self._measure()
            if not template and not parsed.latex and not self.all_scalars and not self.given.shapes:
                hints.check_meanings(self)
        except SymdiffError as error:
            error.text = error.text or parsed.text
            if error.text == parsed.text and not template and hints.may_offer(error):
                error.hint = hints.offer(corrected(error.text), error.hint)
            raise

    # ------------------------------------------------------------------------------------------------ dimensions

    def _dim(self, value: Dim | None, origin: str) -> int:
        if value is not None and value in self.named:
            return self.named[value]
        k = len(self.sizes)
        self.sizes.append(value)
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
        if self.sizes[a] is None:
            a, b = b, a
        if self.sizes[b] is not None:
            return False
        self.parent[b] = a
        return True

    def _axes(self, var: int) -> tuple[int, ...]:
        """Ids of the dimensions of a variable; a row has one, its length."""
        axes = self.axes.get(var)
        if axes is None:
            count = _AXES_OF.get(self.masks[var])
            if count is None:
                raise ShapeError("the order of this tensor is not known")
            axes = self.axes[var] = tuple([self._dim(None, "") for _ in range(count)])
        return axes

    def _measure(self) -> None:
        """Unify the axes along all relations, then name the dimensions that nothing fixes."""
        for symbol in self.all_symbols():
            if symbol.spec is not None and self.masks[symbol.var] != S:
                axes = [self._dim(d, symbol.name) for d in symbol.spec]
                square = SQUARE & set(symbol.properties)
                self.axes[symbol.var] = (axes[0], axes[0]) if square and len(axes) == 2 else tuple(axes)
        for name, shape in self.given.bindings.items():
            var = self.bound_before[name]
            self.axes[var] = tuple([self._dim(d, name) for d in (shape[1:] if self.masks[var] == R else shape)])
        self.label_dims = {s.name: self._dim(s.label or None, s.name) for s in self.symbols.values() if s.label is not None}
        for var, tree in self.constants:
            self._measure_constant(var, tree)
        self._measure_indices()
        masks = self.masks
        for relation, variables, tree in self.relations:
            if len(variables) == 3 and masks[variables[0]] == masks[variables[1]] == masks[variables[2]] == S:
                continue  # most are of scalars
            self._fit(relation, variables, tree)
        self._fit_labels()
        for var, spec, tree in self.arguments:
            if spec.dims:
                for a, d in zip(self._axes(var), spec.dims, strict=True):
                    self._join(tree, (var,), a, self._dim(d, tree.value))
        self._end_ranges()
        self._fit_sums()
        for axis, range_ in self.own_places:
            if self.sizes[self._find(axis)] is not None:
                continue
            index = self.indices[self.ranges.index(range_)]
            sizes = [a for a in index.own or () if a != ONE]
            if len(sizes) == 1 and (index.own or {})[sizes[0]] == 1:  # i=1..n-1 is part of an axis of n
                range_ = self._size(index.sizes[sizes[0]])
            self._unify(range_, axis)
        self._fit_factors()
        self._fit_added()
        self._fit_triangles()
        self._name_dimensions()
        self._fit_triangles()
        self._name_triangles()
        self._compute_numbers()
        self._add_dimensions()
        self._multiply_dimensions()

    def _measure_constant(self, var: int, tree: Tree) -> None:
        if tree.kind == "listed":
            self.axes[var] = (self._dim(len(tree.kids), ""),)
            return
        name, sizes = tree.value
        if name == "unit":
            sizes = sizes[1:]
            if tree.kids:  # of a label, or of each label of a vector
                first = tree.kids[0]
                label = self.symbols[(first.kids[0] if first.kind == "index" else first).value]
                n = self.label_dims[label.name]
                if sizes and not self._unify(n, self._size(sizes[0])):
                    raise ShapeError(f"`{label.name}` is a label of another size", span=(tree.start, tree.end))
                self.axes[var] = (*(() if self.masks[var] == V else self._axes(label.var)), n)
                return
        if name == "commutation":
            whole = self._dim(None, "")
            self.products.append((whole, (self._size(sizes[0]), self._size(sizes[1])), tree))
            self.axes[var] = (whole, whole)
        elif name == "duplication":
            n, whole, column = self._size(sizes[0]), self._dim(None, ""), self._dim(None, "")
            self.products.append((whole, (n, n), tree))
            self.triangles.append((column, n, tree))
            self.axes[var] = (whole, column)
        elif name == "eye":
            self.axes[var] = (self._size(sizes[0]) if sizes else self._dim(None, ""),) * 2
        elif sizes:
            self.axes[var] = tuple([self._size(size) for size in sizes])
        else:
            self._axes(var)

    def _measure_indices(self) -> None:
        self.ranges = [
            self._dim(None, index.name) if index.upper is None or index.upper.kind == "number" else self._size(index.upper)
            for index in self.indices
        ]
        for k, index in enumerate(self.indices):
            if index.same is not None:
                self._unify(self.ranges[k], self.ranges[index.same])
            for tree in index.said:
                if not self._unify(self.ranges[k], self._size(tree)):
                    raise ShapeError("this is not the size that the indices count", span=(tree.start, tree.end))
            if index.parts:
                tree = Tree("index", (), index.name, *index.span)
                self.products.append((self.ranges[k], tuple([self.ranges[part] for part in index.parts]), tree))

    def _end_ranges(self) -> None:
        """A range that ends at a number fixes the size of its axis, if nothing else does; otherwise it ends inside the axis."""
        for k, index in enumerate(self.indices):
            if index.upper is None or index.upper.kind != "number":
                continue
            end = index.upper.value
            root = self._find(self.ranges[k])
            size = self.sizes[root]
            if size is None:
                self._unify(root, self._size(index.upper))
            elif isinstance(size, int) and size >= end:
                index.drop += size - end
            else:
                what = f"there are {show_dim(size)} entries"
                raise ShapeError(f"the range of `{index.name}` ends at {end}, but {what}", span=index.span, hint=f"{index.name}=1..{show_dim(size)}")

    def _fit_labels(self) -> None:
        """A label counts the entries of the axes that it picks from."""
        for symbol, base, axis, tree in self.picks:
            if self.masks[base] == S:
                continue
            own, other = self.label_dims[symbol.name], self._axes(base)[axis]
            if not self._unify(own, other):
                sizes = [show_dim(self.sizes[self._find(k)] or "?") for k in (own, other)]
                raise ShapeError(
                    f"`{symbol.name}` is a label of {sizes[0]}, but there are {sizes[1]} entries to pick from", span=(tree.start, tree.end)
                )

    def properties(self, symbol: Symbol) -> tuple[str, ...]:
        """The properties of a variable; a label has that of how many entries it tells apart."""
        if symbol.label is None:
            return symbol.properties
        size = self.sizes[self._find(self.label_dims[symbol.name])]
        return (*symbol.properties, f"label({show_dim(size)})" if size is not None else "label")

    def _fit_factors(self) -> None:
        """Where products of dimensions by kron and vec are one axis, their factors agree one by one, unless sizes say otherwise.

        So `logdet(kron(A, B))` is that of square matrices. Products are looked at again as long as that makes axes one: outer ones
        first, which is all it takes for products of products.
        """
        products = [(k, parts) for k, parts, tree in reversed(self.products) if tree.kind in _MULTIPLYING]
        changed = len(products) > 1
        while changed:
            changed = False
            first: dict[int, tuple[int, ...]] = {}
            for k, parts in products:
                others = first.setdefault(self._find(k), parts)
                if others is parts or len(others) != len(parts):
                    continue
                pairs = [(a, b) for a, b in zip(map(self._find, others), map(self._find, parts), strict=True) if a != b]
                if pairs and all(self.sizes[a] is None or self.sizes[b] is None for a, b in pairs):
                    for a, b in pairs:
                        changed = self._unify(a, b) or changed

    def _fit_sums(self) -> None:
        """An axis that nothing else fixes is as long as the largest number that a sum of indices takes on it, where that is a size."""
        for axis, entry in self.sum_places:
            assert entry.sum is not None
            if self.sizes[self._find(axis)] is not None:
                continue
            sizes = dict(entry.sizes or {})
            last = extreme(entry.sum, self.indices, 1, sizes)
            ((atom, times), *more) = last.items() or ((ONE, 0),)
            if more:
                continue
            if atom == ONE:
                if times > 0:
                    self._unify(axis, self._dim(times, ""))
            elif isinstance(atom, int):
                if times == 1:
                    self._unify(axis, self.ranges[~atom])
            elif times == 1:
                self._unify(axis, self._size(sizes[atom]))
            elif times > 1:
                tree = sizes[atom]
                self.products.append((axis, (self._dim(times, ""), self._size(tree)), tree))

    def sizes_in(self, total: Sum, sizes: dict[Atom, Tree]) -> dict[Dim, int]:
        """A sum of sizes by the dimensions that they are."""
        found: list[tuple[Dim, int]] = []
        for atom, c in total.items():
            value: Dim | None = 1
            if isinstance(atom, int):
                value = self.range_of(~atom)
            elif atom != ONE:
                value = self.sizes[self._find(self._size(sizes[atom]))]
            found.append((0 if value is None else value, c))
        return as_dims(found)

    def _name_dimensions(self) -> None:
        """A dimension that is not declared is named after the first variable that has it."""
        computed = {self._find(k) for k, _, _ in (*self.products, *self.sums_of_sizes, *self.triangles)}
        for symbol in self.all_symbols():
            if self.masks[symbol.var] != S:
                axes = self._axes(symbol.var)
                for word, k in zip(("size",) if len(axes) == 1 else ("rows", "cols"), axes, strict=False):
                    k = self._find(k)
                    if self.sizes[k] is None and k not in computed:
                        self.sizes[k] = f"{word}({symbol.name})"

    def _fit_added(self) -> None:
        """Sums of dimensions that are one axis and agree but for one part each: `cols(A) + 1` and `size(x) + 1` say that A*x fits."""
        changed = len(self.sums_of_sizes) > 1
        while changed:
            changed = False
            first: dict[int, list[tuple[int, int]]] = {}
            for k, parts, _ in self.sums_of_sizes:
                others = list(first.setdefault(self._find(k), parts))
                left = []
                for p, c in parts:
                    same = next((item for item in others if item[1] == c and self._find(item[0]) == self._find(p)), None)
                    if same is None:
                        left.append((p, c))
                    else:
                        others.remove(same)
                if len(left) == len(others) == 1 and left[0][1] == others[0][1]:
                    a, b = self._find(left[0][0]), self._find(others[0][0])
                    if a != b and (self.sizes[a] is None or self.sizes[b] is None):
                        changed = self._unify(a, b) or changed

    def _fit_triangles(self) -> None:
        """vech(A) of n rows has n*(n + 1)/2 entries: what is known of one of both says the other."""
        for k, n, tree in self.triangles:
            whole, rows = self.sizes[self._find(k)], self.sizes[self._find(n)]
            if rows is not None:
                self._is_size(k, dims.triangle(rows), tree)
            elif whole is not None:
                found = dims.side(whole)
                if found is None:
                    hint = "such numbers are 1, 3, 6, 10, …" if isinstance(whole, int) else "leave the size out: `v: vector`"
                    raise ShapeError(f"{show_dim(whole)} is not n*(n + 1)/2 of the rows n of a matrix", span=(tree.start, tree.end), hint=hint)
                self._is_size(n, found, tree)

    def _name_triangles(self) -> None:
        """The rows of an unvech(v) that nothing else says have a name of their own, which the data have to fix."""
        for k, n, tree in self.triangles:
            if self.sizes[self._find(k)] is None and self.sizes[self._find(n)] is None:
                taken = {*self.dims, *self.symbols, *[d for d in self.sizes if isinstance(d, str)]}
                self.sizes[self._find(n)] = name = next(word for word in ("n", *[f"n{i}" for i in range(1, len(taken) + 2)]) if word not in taken)
                self.dims.add(name)
                self._is_size(k, dims.triangle(name), tree)

    def _add_dimensions(self) -> None:
        """The dimensions that are sums of others, once these have names."""
        for k, parts, tree in self.sums_of_sizes:
            known = [(self.sizes[self._find(p)], c) for p, c in parts]
            if any(d is None for d, _ in known):
                raise ShapeError("nothing fixes the size of this", span=(tree.start, tree.end), hint="declare it: `x: vector(n)` makes n a dimension")
            self._is_size(k, dims.total([(d, c) for d, c in known if d is not None]), tree)

    def _compute_numbers(self) -> None:
        """A dimension declared as a number that is also a product or a sum of names is that product: `y: vector(12)` beside `kron(A, B)*w`.

        What the names are follows from the data. This stands first, so that what is computed of such a dimension finds it as it will be.
        """
        computed: dict[int, Dim] = {}  # products of products; inner ones stand first
        for k, parts, _ in self.products:
            factors = [d for p in parts for j in [self._find(p)] if (d := self.sizes[j] or computed.get(j)) is not None]
            if len(factors) == len(parts):
                k, size = self._find(k), dim_product(factors)
                computed.setdefault(k, size)
                self._fits_number(k, size)
        for k, added, _ in self.sums_of_sizes:
            known = [(d, c) for p, c in added if (d := self.sizes[self._find(p)]) is not None]
            if len(known) == len(added):
                self._fits_number(self._find(k), dims.total(known))

    def _fits_number(self, k: int, size: Dim) -> None:
        number = self.sizes[k]
        if isinstance(number, int) and not isinstance(size, int) and dims.may_be(size, number):
            self.sizes[k] = size
            self.notes.append(f"{show_dim(size)} is {number}, as declared")

    def _is_size(self, k: int, size: Dim, tree: Tree) -> None:
        """A computed dimension has this size."""
        k, span = self._find(k), (tree.start, tree.end)
        if isinstance(size, int) and size < 1:
            raise ShapeError("this is no size: it is less than 1", span=span)
        if self.sizes[k] is None:
            self.sizes[k] = size
        elif self.sizes[k] != size:
            raise ShapeError(f"the dimensions {show_dim(self.sizes[k] or '?')} and {show_dim(size)} do not fit", span=span, hint="leave the size out: `y: vector`")

    def _multiply_dimensions(self) -> None:
        for k, parts, tree in self.products:
            span, k = (tree.start, tree.end), self._find(k)
            factors = [self.sizes[self._find(p)] for p in parts]
            if factors.count(None) == 1 and (size := self.sizes[k]) is not None:  # i=1..2*m*n read as m by 2*n
                left = dims.quotient(size, dim_product([f for f in factors if f is not None]))
                self.sizes[self._find(parts[factors.index(None)])] = left
                factors = [left if f is None else f for f in factors]
            if None in factors:
                raise ShapeError("nothing fixes the size of this", span=span, hint="write sizes into its constants: `eye(n)`, `ones(n)`")
            size = dim_product([f for f in factors if f is not None])
            if self.sizes[k] is None:
                self.sizes[k] = size
            elif self.sizes[k] != size:
                name = next((t.value for t in tree.kids if t.kind == "name" and t.value in self.symbols), "A")
                hint = ""
                if isinstance(self.sizes[k], str) and tree.kind in _MULTIPLYING:
                    hint = "leave the size out: `y: vector`"
                elif tree.value == "kron" or tree.kind in _KRONECKER:
                    hint = f"declare what is square: `{name}: matrix(n, n)`; or declare the sizes as numbers"
                raise ShapeError(f"the dimensions {show_dim(self.sizes[k] or '?')} and {show_dim(size)} do not fit", span=span, hint=hint)

    def _size(self, tree: Tree) -> int:
        """The dimension that a size in a range or constant means: `m`, `3`, `size(x)`, `m*n`."""
        if tree.kind == "number" and isinstance(tree.value, int) and tree.value > 0:
            return self._dim(tree.value, "")
        if tree.kind == "name" and tree.value in self.dims:
            return self._dim(tree.value, tree.value)
        if tree.kind in ("add", "sub", "mul"):
            sizes: dict[Atom, Tree] = {}
            parts = sum_of(tree, {}, sizes)
            if parts is not None and (tree.kind != "mul" or len(parts) > 1):
                known = [(1 if a == ONE else self._size(sizes[a])) for a in parts]  # atoms are products of names
                pairs = [(self._dim(1, "") if a == ONE else k, c) for (a, c), k in zip(parts.items(), known, strict=True)]
                if all(self.sizes[self._find(k)] is not None for k, _ in pairs):
                    size = dims.total([(self.sizes[self._find(k)] or 0, c) for k, c in pairs])
                    if isinstance(size, int) and size < 1:
                        raise ShapeError("this is no size: it is less than 1", span=(tree.start, tree.end))
                    return self._dim(size, "")
                k = self._dim(None, "")
                self.sums_of_sizes.append((k, pairs, tree))
                return k
        side = triangular(tree)
        if side is not None:
            k = self._dim(None, "")
            self.triangles.append((k, self._size(side), tree))
            return k
        if tree.kind == "mul":
            factors = (self._size(tree.kids[0]), self._size(tree.kids[1]))
            sizes_known = [d for d in [self.sizes[self._find(f)] for f in factors] if d is not None]
            if len(sizes_known) == 2:
                return self._dim(dim_product(sizes_known), "")
            k = self._dim(None, "")
            self.products.append((k, factors, tree))
            return k
        if tree.kind in ("add", "sub"):
            k = self._dim(None, "")
            self.sums_of_sizes.append((k, self._terms(tree), tree))
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

    def _terms(self, tree: Tree, sign: int = 1) -> list[tuple[int, int]]:
        """The dimensions of a sum of sizes, with their coefficients."""
        found: list[tuple[int, int]] = []
        stack = [(tree, sign)]
        while stack:
            t, c = stack.pop()
            if t.kind in ("add", "sub"):
                stack += [(t.kids[1], c if t.kind == "add" else -c), (t.kids[0], c)]
            elif t.kind == "mul" and t.kids[0].kind == "number" and isinstance(t.kids[0].value, int):
                found.append((self._size(t.kids[1]), c * t.kids[0].value))
            else:
                found.append((self._size(t), c))
        return found

    def _fit_sliced(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        base, value = variables
        left = []
        bounds = [*tree.value, *[None] * len(self._axes(base))]
        for axis, bound in zip(self._axes(base), bounds, strict=False):
            if bound is None:
                left.append(axis)
                continue
            low, high = bound
            if low.kind == "number" and (low.value == 1 or high.kind != "number"):
                less = Tree("number", (), low.value - 1, low.start, low.end)
                left.append(self._size(high if low.value == 1 else Tree("sub", (high, less), None, high.start, high.end)))
                continue
            k = self._dim(None, "")
            self.sums_of_sizes.append((k, [*self._terms(high), *self._terms(low, -1), (self._dim(1, ""), 1)], tree))
            left.append(k)
        if value not in self.axes:
            self.axes[value] = tuple(left)
        else:
            self._same_axes(tree, variables, self.axes[value], left)

    def _fit_joined(self, tree: Tree, variables: tuple[int, ...]) -> None:
        """concat, hcat, vcat: one axis is the sum of those of the operands; a number, a column or a row counts as 1."""
        *operands, value = variables
        along = 1 if tree.value == "hcat" else 0
        one = self._dim(1, "")
        parts, across = [], []
        for v in operands:
            axes = self._axes(v) if self.masks[v] != S else ()
            if tree.value == "concat":
                parts.append((axes[0] if axes else one, 1))
            elif len(axes) == 2:
                parts.append((axes[along], 1))
                across.append(axes[1 - along])
            else:
                parts.append((one, 1))
                across.append(axes[0])
        whole = self._axes(value)
        self.sums_of_sizes.append((whole[along], parts, tree))
        for k in across:
            self._join(tree, variables, k, whole[1 - along])

    def _fit(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        masks, shapes = self.masks, self.axes
        kinds = tuple([masks[v] for v in variables])
        if kinds.count(S) == len(kinds):
            return
        if relation is SPREAD or relation is DIV or relation is POW or (S in kinds[:-1] and relation in _SCALES):
            same = [v for v, k in zip(variables, kinds, strict=True) if k != S]
            known = shapes.get(same[0]) or shapes.get(same[len(same) // 2]) or self._axes(same[0])
            for v in same:
                own = shapes.get(v)
                if own is None:
                    shapes[v] = known
                elif own is not known and own != known:
                    self._same_axes(tree, variables, own, known)
            if relation is POW:
                self._join(tree, variables, known[0], known[1])
            return
        table = _AXES.get(relation)
        rule = table.get(kinds) if table is not None else None
        if rule is None:
            rule = _NAMED_AXES.get(tree.value) if tree.kind == "call" else None
        if rule is not None:
            value = variables[-1]
            checks, source = _split(rule, len(variables) - 1)
            if value not in shapes and len(source) == _AXES_OF.get(masks[value]):
                rule = checks
            else:
                source = ()
            axes = [shapes.get(v) or self._axes(v) for v in (variables[:-1] if source else variables)]
            if source:  # a value takes the axes of its operands
                shapes[value] = tuple([axes[i][j] for i, j in source])
            for (i, j), (k, m) in rule:
                if axes[i][j] != axes[k][m]:
                    self._join(tree, variables, axes[i][j], axes[k][m])
        elif tree.kind in _SPECIAL_AXES:
            _SPECIAL_AXES[tree.kind](self, tree, variables, kinds)

    def _join(self, tree: Tree, variables: tuple[int, ...], a: int, b: int) -> None:
        if a != b and not self._unify(a, b):
            sizes = []
            for k in (self._find(a), self._find(b)):
                origin = f" (of `{self.origin[k]}`)" if self.origin[k] and self.sizes[k] is not None else ""
                sizes.append(f"{show_dim(self.sizes[k] or '?')}{origin}")
            raise self._clash(tree, variables, f"{sizes[0]} is not {sizes[1]}")

    def _same_axes(self, tree: Tree, variables: tuple[int, ...], a: Sequence[int], b: Sequence[int]) -> None:
        if len(a) != len(b):  # tensors of order three and up are one kind
            raise self._clash(tree, variables, f"{len(a)} axes are not {len(b)}")
        for x, y in zip(a, b, strict=True):
            self._join(tree, variables, x, y)

    def _fit_call(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        name = {"max": "max_entries", "min": "min_entries"}.get(tree.value, tree.value)
        if name in TABLE and name not in ("vech", "unvech", "duplication_of"):
            if TABLE[name].elementwise:  # max, min of one argument: over its entries
                return
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
            if not out and self.masks[value] == V and self.masks[args[0]] == R:
                result = (self._dim(1, name),)
            if self.masks[value] != S:
                self._same_axes(tree, variables, self._axes(value), result)
        elif name in ("concat", "hcat", "vcat"):
            self._fit_joined(tree, variables)
        elif name in ("vech", "unvech"):
            a, b = [self._axes(v) for v in variables]
            square, column = (a, b) if name == "vech" else (b, a)
            self._join(tree, variables, *square)
            self.triangles.append((column[0], square[0], tree))
        elif name == "duplication_of":
            square, (stacked, column_of) = [self._axes(v) for v in variables]
            self._join(tree, variables, *square)
            self.products.append((stacked, (square[0], square[0]), tree))
            self.triangles.append((column_of, square[0], tree))
        elif name == "vec":
            rows, cols = self._axes(variables[0])
            self.products.append((self._axes(variables[1])[0], (cols, rows), tree))
        elif name == "kron":
            self._fit_kron(tree, variables, kinds)
        elif name not in ("sum", "size", "rows", "cols"):
            self._fit_derivative(tree, variables, kinds)

    def _fit_kron(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        a, b, value = variables
        shape_a, shape_b, shape = self._axes(a), self._axes(b), self._axes(value)
        for k in range(len(shape)):
            factors = [s[k - (len(shape) - len(s))] for s in (shape_a, shape_b) if k >= len(shape) - len(s)]
            self.products.append((shape[k], tuple(factors), tree))

    def _fit_derivative(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        value, arg, result = variables
        full = (self._axes(value) if self.masks[value] != S else ()) + (self._axes(arg) if self.masks[arg] != S else ())
        if result not in self.axes:
            self.axes[result] = full
        else:
            self._same_axes(tree, variables, self.axes[result], full)

    def _fit_bind(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        a, b = variables
        self._same_axes(tree, variables, self._axes(a), self._axes(b))

    def _fit_index(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        base, *labels, value = variables
        axes, entries = self._axes(base), tree.value
        left = []
        for k, axis in enumerate(axes):
            entry = entries[k] if k < len(entries) else None
            if entry is None:
                left.append(axis)
            elif isinstance(entry, Picked):
                label = labels[entry.kid - 1]
                if self.masks[label] == V:
                    left.append(self._axes(label)[0])
            elif isinstance(entry, Place) and entry.sum is not None:
                self.sum_places.append((axis, entry))
            elif isinstance(entry, Place):
                if len(entry.indices) == 1 and self.indices[entry.indices[0]].own is not None:
                    self.own_places.append((axis, self.ranges[entry.indices[0]]))
                elif len(entry.indices) == 1 and self._is_part(entry.indices[0], axis):
                    pass
                elif len(entry.indices) == 1:
                    self._join(tree, variables, axis, self.ranges[entry.indices[0]])
                else:
                    self.products.append((axis, tuple([self.ranges[i] for i in entry.indices]), tree))
        if left:
            self._same_axes(tree, variables, self._axes(value), left)

    def _is_part(self, k: int, axis: int) -> bool:
        """Does `i=1..n-1` run along an axis of n - 1?"""
        index = self.indices[k]
        own, size = self.sizes[self._find(self.ranges[k])], self.sizes[self._find(axis)]
        if not index.drop or own is None or size is None or own == size:
            return False
        return dims.never_negative(dims.terms(dims.total([(size, 1), (own, -1), (index.drop, 1)]))) is True

    def _fit_tensor(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        body, value = variables
        full = tuple([self.ranges[k] for k in tree.value]) + (self._axes(body) if self.masks[body] != S else ())
        if value not in self.axes:
            self.axes[value] = full
        else:
            self._same_axes(tree, variables, self.axes[value], full)

    def _clash(self, tree: Tree, variables: tuple[int, ...], reason: str) -> ShapeError:
        operands = [self._operand(kid, v, tree) for kid, v in zip(tree.kids, variables, strict=False)]
        computed = any(dims.is_sum(d) for v in variables for d in self.shape(v))
        named = next((kid.value for kid in tree.kids if kid.kind == "name" and kid.value in self.symbols), "")
        hint = f"leave the size out, it is computed: `{named}: vector`" if computed and named else ""
        return hints.clash(tree, operands, reason, hint, self.text)

    def shape(self, var: int) -> Shape:
        """The shape of a variable, with "?" for what is not known; a row's is (1, n)."""
        if self.masks[var] == S:
            return ()
        if var not in self.axes:
            return super().shape(var)
        shape = tuple([self.sizes[self._find(k)] or "?" for k in self.axes[var]])
        return (1, *shape) if self.masks[var] == R else shape

    def size_of(self, tree: Tree) -> Dim:
        """The dimension that a size in a constant is."""
        return self.sizes[self._find(self._size(tree))] or "?"

    def range_of(self, k: int) -> Dim | None:
        """The dimension that index number k counts; None if nothing fixes it."""
        return self.sizes[self._find(self.ranges[k])]

    def info(self, symbol: Symbol) -> TypeInfo:
        return TypeInfo(self.shape(symbol.var), symbol.source)


_Rule = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def _rule(text: str) -> _Rule:
    """`a1=b0 c0=a0`: which axis of operands a, b and value c is which (two variables: a and c are called a, b)."""
    return tuple((("abc".index(p[0]), int(p[1])), ("abc".index(p[3]), int(p[4]))) for p in text.split())


@cache
def _split(rule: _Rule, value: int) -> tuple[_Rule, tuple[tuple[int, int], ...]]:
    """What a rule asks of the operands alone, and where it takes each axis of the value from; () if it does not say all."""
    found: dict[int, tuple[int, int]] = {}
    checks = []
    for left, right in rule:
        if value not in (left[0], right[0]):
            checks.append((left, right))
        elif left[0] == value != right[0] and left[1] not in found:
            found[left[1]] = right
        else:
            return rule, ()
    return tuple(checks), tuple([found[k] for k in range(len(found)) if k in found])


_AXES_OF = {S: 0, V: 1, M: 2, R: 1}


def _rule_of(form: str, kinds: tuple[int, ...]) -> _Rule:
    """The axes that the index pattern of a constructor makes one; of a row, whose first axis has length 1, the second counts alone."""
    labels, out = FORMS[form]
    axes = [ls[1:] if kind == R else ls for ls, kind in zip((*labels, out), kinds, strict=True)]
    first: dict[int, tuple[int, int]] = {}
    equal = []
    for i, ls in enumerate(axes):
        for j, label in enumerate(ls):
            if first.setdefault(label, (i, j)) != (i, j):
                equal.append(((i, j), first[label]) if i == len(labels) else (first[label], (i, j)))
    return tuple(equal)


def _axes_of(kind: str) -> dict[tuple[int, ...], _Rule]:
    return {kinds: _rule_of(form, kinds) for kinds, form in forms(OPERATORS[kind]).items() if form in FORMS}


_AXES: dict[Relation, dict[tuple[int, ...], _Rule]] = {
    **{relation: axes for kind, relation in RELATIONS.items() if (axes := _axes_of(kind))},
    INVERTED: {(M,): _rule("a0=a1")},
    DOT: _axes_of("dot"),
    INNER: _axes_of("dot"),
    OUTER: {(V, V, M): _rule_of("outer", (V, V, M))},
    TRANSPOSE: _axes_of("transpose"),
    DIAG: {(V, M): _rule("b0=a0 b1=a0"), (M, V): _rule("a0=a1 b0=a0")},
}
_KRONECKER = frozenset(kind for kind, operator in OPERATORS.items() if "kron" in operator.types)
_MULTIPLYING = _KRONECKER | {"call"}  # vec and kron, not sums of indices
_NAMED_AXES = {"rowsum": _rule("b0=a0"), "colsum": _rule("b0=a1"), "tr": _rule("a0=a1"), "trace": _rule("a0=a1")}
_SCALES = (MUL, DOT, DOT_OR_SCALE)
_SPECIAL_AXES: dict[str, Callable[..., None]] = {
    **dict.fromkeys(_KRONECKER, Typing._fit_kron),
    "call": Typing._fit_call,
    "prime": Typing._fit_derivative,
    "bind": Typing._fit_bind,
    "index": Typing._fit_index,
    "tensor": Typing._fit_tensor,
    "sliced": Typing._fit_sliced,
}
