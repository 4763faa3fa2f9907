"""The relations between kinds, over axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symdiff.expr.build import show_dim
from symdiff.syntax.axes import AXES, KRONECKER, NAMED_AXES, SCALES, split
from symdiff.syntax.dimensions import AXES_OF, Dimensions
from symdiff.syntax.places import Picked, Place
from symdiff.syntax.relations import (
    DIV,
    POW,
    SPREAD,
    R,
    Relation,
    S,
    V,
)
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE


class Fitted(Dimensions):
    """Axes of operands and values unified along the relations of kinds."""

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
        if relation is SPREAD or relation is DIV or relation is POW or (S in kinds[:-1] and relation in SCALES):
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
        table = AXES.get(relation)
        rule = table.get(kinds) if table is not None else None
        if rule is None:
            rule = NAMED_AXES.get(tree.value) if tree.kind == "call" else None
        if rule is not None:
            value = variables[-1]
            checks, source = split(rule, len(variables) - 1)
            if value not in shapes and len(source) == AXES_OF.get(masks[value]):
                rule = checks
            else:
                source = ()
            axes = [shapes.get(v) or self._axes(v) for v in (variables[:-1] if source else variables)]
            if source:  # a value takes the axes of its operands
                shapes[value] = tuple([axes[i][j] for i, j in source])
            for (i, j), (k, m) in rule:
                if axes[i][j] != axes[k][m]:
                    self._join(tree, variables, axes[i][j], axes[k][m])
        elif tree.kind in SPECIAL_AXES:
            SPECIAL_AXES[tree.kind](self, tree, variables, kinds)

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
            factors = []
            for operand, s in ((a, shape_a), (b, shape_b)):
                before = 0 if self.masks[operand] == V else len(shape) - len(s)  # a column; with one axis else, a row
                factors += [s[k - before]] if 0 <= k - before < len(s) else []
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

    def _fit_tensor(self, tree: Tree, variables: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        body, value = variables
        full = tuple([self.ranges[k] for k in tree.value]) + (self._axes(body) if self.masks[body] != S else ())
        if value not in self.axes:
            self.axes[value] = full
        else:
            self._same_axes(tree, variables, self.axes[value], full)


SPECIAL_AXES: dict[str, Callable[..., None]] = {
    **dict.fromkeys(KRONECKER, Fitted._fit_kron),
    "call": Fitted._fit_call,
    "prime": Fitted._fit_derivative,
    "bind": Fitted._fit_bind,
    "index": Fitted._fit_index,
    "tensor": Fitted._fit_tensor,
    "sliced": Fitted._fit_sliced,
}
