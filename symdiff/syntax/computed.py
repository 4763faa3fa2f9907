"""Dimensions computed from others: of products, sums, ranges and triangles."""

from __future__ import annotations

from symdiff.errors import ShapeError
from symdiff.expr import dims
from symdiff.expr.build import dim_product, show_dim
from symdiff.expr.node import Dim
from symdiff.syntax.axes import KRONECKER, MULTIPLYING
from symdiff.syntax.fitting import Fitted
from symdiff.syntax.places import ONE
from symdiff.syntax.ranges import extreme
from symdiff.syntax.relations import (
    S,
    V,
)
from symdiff.syntax.tree import Tree


class Computed(Fitted):
    """Dimensions that are products, sums and triangles of others."""

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
                    raise ShapeError(
                        f"`{label.name}` is a label of another size",
                        span=(tree.start, tree.end),
                        hint="a label picks from as many entries as it is declared to have: y: label(k) beside z: vector(k)",
                    )
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
                    raise ShapeError(
                        "this is not the size that the indices count",
                        span=(tree.start, tree.end),
                        hint="the index runs over all entries, or the slice says which: x[1:k]",
                    )
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
                raise ShapeError(
                    f"the range of `{index.name}` ends at {end}, but {what}", span=index.span, hint=f"{index.name}=1..{show_dim(size)}"
                )

    def _fit_labels(self) -> None:
        """A label counts the entries of the axes that it picks from."""
        for symbol, base, axis, tree in self.picks:
            if self.masks[base] == S:
                continue
            own, other = self.label_dims[symbol.name], self._axes(base)[axis]
            if not self._unify(own, other):
                sizes = [show_dim(self.sizes[self._find(k)] or "?") for k in (own, other)]
                raise ShapeError(
                    f"`{symbol.name}` is a label of {sizes[0]}, but there are {sizes[1]} entries to pick from",
                    span=(tree.start, tree.end),
                    hint="y: label(k) beside z: vector(k)",
                )

    def _fit_factors(self) -> None:
        """Where products of dimensions by kron and vec are one axis, their factors agree one by one, unless sizes say otherwise.

        So `logdet(kron(A, B))` is that of square matrices. Products are looked at again as long as that makes axes one: outer ones
        first, which is all it takes for products of products.
        """
        products = [(k, parts) for k, parts, tree in reversed(self.products) if tree.kind in MULTIPLYING]
        changed = len(products) > 1
        while changed:
            changed = False
            first: dict[int, tuple[int, ...]] = {}
            for k, parts in products:
                others = first.setdefault(self._find(k), parts)
                if others is parts or len(others) != len(parts):
                    continue
                pairs = [(a, b) for a, b in zip(map(self._find, others), map(self._find, parts), strict=True) if a != b]
                known = self._known_sizes()
                if pairs and all(known.get(a) is None or known.get(b) is None for a, b in pairs):
                    for a, b in pairs:
                        changed = self._unify(a, b) or changed

    def _known_sizes(self) -> dict[int, Dim]:
        """The sizes of axes that have one, and of products of such axes; inner products stand first."""
        known = {k: d for k, d in enumerate(self.sizes) if d is not None and self._find(k) == k}
        for k, parts, _ in self.products:
            factors = [known.get(self._find(p)) for p in parts]
            if None not in factors:
                known.setdefault(self._find(k), dim_product([f for f in factors if f is not None]))
        return known

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
                    raise ShapeError(
                        f"{show_dim(whole)} is not n*(n + 1)/2 of the rows n of a matrix", span=(tree.start, tree.end), hint=hint
                    )
                self._is_size(n, found, tree)

    def _name_triangles(self) -> None:
        """The rows of an unvech(v) that nothing else says have a name of their own, which the data have to fix."""
        for k, n, tree in self.triangles:
            if self.sizes[self._find(k)] is None and self.sizes[self._find(n)] is None:
                taken = {*self.dims, *self.symbols, *[d for d in self.sizes if isinstance(d, str)]}
                self.sizes[self._find(n)] = name = next(
                    word for word in ("n", *[f"n{i}" for i in range(1, len(taken) + 2)]) if word not in taken
                )
                self.dims.add(name)
                self._is_size(k, dims.triangle(name), tree)

    def _add_dimensions(self) -> None:
        """The dimensions that are sums of others, once these have names."""
        for k, parts, tree in self.sums_of_sizes:
            known = [(self.sizes[self._find(p)], c) for p, c in parts]
            if any(d is None for d, _ in known):
                raise ShapeError(
                    "nothing fixes the size of this", span=(tree.start, tree.end), hint="declare it: `x: vector(n)` makes n a dimension"
                )
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
            raise ShapeError("this is no size: it is less than 1", span=span, hint="sizes are whole numbers from 1")
        if self.sizes[k] is None:
            self.sizes[k] = size
        elif self.sizes[k] != size:
            raise ShapeError(
                f"the dimensions {show_dim(self.sizes[k] or '?')} and {show_dim(size)} do not fit",
                span=span,
                hint="leave the size out: `y: vector`",
            )

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
                if isinstance(self.sizes[k], str) and tree.kind in MULTIPLYING:
                    hint = "leave the size out: `y: vector`"
                elif tree.value == "kron" or tree.kind in KRONECKER:
                    hint = f"declare what is square: `{name}: matrix(n, n)`; or declare the sizes as numbers"
                raise ShapeError(f"the dimensions {show_dim(self.sizes[k] or '?')} and {show_dim(size)} do not fit", span=span, hint=hint)
