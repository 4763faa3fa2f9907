"""Dimensions of values: their classes, and what a size says."""

from __future__ import annotations

from symdiff.errors import ParseError, ShapeError
from symdiff.expr import dims
from symdiff.expr.build import dim_product
from symdiff.expr.node import Dim, Shape
from symdiff.syntax import hints
from symdiff.syntax.kinds import Kinds
from symdiff.syntax.places import ONE, Atom, Place, Sum
from symdiff.syntax.ranges import as_dims, sum_of, triangular
from symdiff.syntax.relations import (
    M,
    R,
    S,
    V,
)
from symdiff.syntax.tree import Tree


class Dimensions(Kinds):
    """Dimensions and the classes that they are put into: union-find, with declared names and whole numbers as fixed points."""

    sizes: list[Dim | None]  # of every dimension, where its class is `_find` of it
    parent: list[int]
    origin: list[str]  # the name with which a dimension was declared first
    named: dict[Dim, int]
    axes: dict[int, tuple[int, ...]]  # dimensions of every kind variable
    sum_places: list[tuple[int, Place]]  # axes with the sums of indices that stand on them
    triangles: list[tuple[int, int, Tree]]  # the entries of vech(A), the rows of A
    sums_of_sizes: list[tuple[int, list[tuple[int, int]], Tree]]  # dimensions that are sums of others, with coefficients
    own_places: list[tuple[int, int]]  # axes, and the ranges with an axis of their own that run along them
    products: list[tuple[int, tuple[int, ...], Tree]]  # dimensions that are products of others, and where
    ranges: list[int]  # the dimension of every range
    label_dims: dict[str, int]  # how many entries a label tells apart, as a dimension

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
            count = AXES_OF.get(self.masks[var])
            if count is None:
                raise ShapeError("the order of this tensor is not known")
            axes = self.axes[var] = tuple([self._dim(None, "") for _ in range(count)])
        return axes

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
                        raise ShapeError(
                            "this is no size: it is less than 1", span=(tree.start, tree.end), hint="sizes are whole numbers from 1"
                        )
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

    def _is_part(self, k: int, axis: int) -> bool:
        """Does `i=1..n-1` run along an axis of n - 1?"""
        index = self.indices[k]
        own, size = self.sizes[self._find(self.ranges[k])], self.sizes[self._find(axis)]
        if not index.drop or own is None or size is None or own == size:
            return False
        return dims.never_negative(dims.terms(dims.total([(size, 1), (own, -1), (index.drop, 1)]))) is True

    def _clash(self, tree: Tree, variables: tuple[int, ...], reason: str) -> ShapeError:
        operands = [self._operand(kid, v, tree) for kid, v in zip(tree.kids, variables, strict=False)]
        computed = any(dims.is_sum(d) for v in variables for d in self.shape(v))
        named = next((kid.value for kid in tree.kids if kid.kind == "name" and kid.value in self.symbols), "")
        hint = f"leave the size out, it is computed: `{named}: vector`" if computed and named else ""
        return hints.clash(tree, operands, reason, hint, self.text)

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

    def range_of(self, k: int) -> Dim | None:
        """The dimension that index number k counts; None if nothing fixes it."""
        return self.sizes[self._find(self.ranges[k])]

    def shape(self, var: int) -> Shape:
        """The shape of a variable, with "?" for what is not known; a row's is (1, n)."""
        if self.masks[var] == S:
            return ()
        if var not in self.axes:
            return super().shape(var)
        shape = tuple([self.sizes[self._find(k)] or "?" for k in self.axes[var]])
        return (1, *shape) if self.masks[var] == R else shape


AXES_OF = {S: 0, V: 1, M: 2, R: 1}
