"""Types: kinds (kinds.py), and here the dimensions of every vector and matrix.

In: a Program and what is declared. Out: `Typing`. Axes are unified along all relations (union-find); declared names and
whole numbers are the fixed points, and two different ones that meet are a ShapeError. A class of axes that has none is
named after the first variable that has it: `size(x)`, `rows(A)`, `cols(A)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symdiff.errors import SymdiffError
from symdiff.expr.build import show_dim
from symdiff.expr.node import Dim, Shape
from symdiff.syntax import hints
from symdiff.syntax.computed import Computed
from symdiff.syntax.kinds import SQUARE, Given, Symbol
from symdiff.syntax.meanings import check_meanings, note_letters
from symdiff.syntax.parse import corrected
from symdiff.syntax.places import ONE
from symdiff.syntax.relations import (
    R,
    S,
)
from symdiff.syntax.tree import Declaration, Program, Tree


@dataclass(slots=True)
class TypeInfo:
    """shape: of the variable. source: "declared", "inferred" or "convention: …", which says the rule."""

    shape: Shape
    source: str


class Typing(Computed):
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
        self.sizes = []
        self.parent = []
        self.origin = []
        self.named = {}
        self.axes = {}
        self.sum_places = []
        self.triangles = []
        self.sums_of_sizes = []
        self.own_places = []
        self.products = []
        try:
            super().__init__(parsed, declared, given or Given(), template, reading)
            self._measure()
            if not parsed.text.isascii() and not template and not parsed.latex and not self.given.shapes:
                note_letters(self)
            if not template and not parsed.latex and not self.all_scalars and not self.given.shapes:
                check_meanings(self)
        except SymdiffError as error:
            error.text = error.text or parsed.text
            if error.text == parsed.text and not template and hints.may_offer(error):
                error.hint = hints.offer(corrected(error.text), error.hint, error.text)
            raise

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

    def properties(self, symbol: Symbol) -> tuple[str, ...]:
        """The properties of a variable; a label has that of how many entries it tells apart."""
        if symbol.label is None:
            return symbol.properties
        size = self.sizes[self._find(self.label_dims[symbol.name])]
        return (*symbol.properties, f"label({show_dim(size)})" if size is not None else "label")

    def size_of(self, tree: Tree) -> Dim:
        """The dimension that a size in a constant is."""
        return self.sizes[self._find(self._size(tree))] or "?"

    def info(self, symbol: Symbol) -> TypeInfo:
        return TypeInfo(self.shape(symbol.var), symbol.source)
