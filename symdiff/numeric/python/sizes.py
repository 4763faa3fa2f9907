"""Sizes in a source: read off the arguments that have them, or passed where none has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdiff.expr.build import show_dim
from symdiff.expr.dims import is_sum
from symdiff.expr.dims import names as names_in
from symdiff.expr.dims import terms as terms_of_size
from symdiff.expr.node import VAR, Dim, Expr, Shape
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.names import NameWriter
from symdiff.numeric.python.pieces import identifier, quoted

INFERRED = re.compile(r"(size|rows|cols)\((\w+)\)")


class SizeWriter(NameWriter):
    """Python for dimensions and shapes; a size gets a local where it is needed first."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(exprs, target, name, given, order)
        self.lines: list[str] = []
        self.sizes: dict[str, str] = {}  # dimension: the Python text of it
        self.size_lines: list[str] = []
        self.places: dict[Dim, tuple[str, int]] = {}  # the variable that has it, and its axis there
        for label, v in sorted(self.variables.items(), key=lambda item: item[0] in self.optional):
            for axis, d in enumerate(v.shape):
                self.places.setdefault(d, (label, axis))
        self.sources: dict[Dim, list[tuple[str, int]]] = {}  # sizes of variables that do not occur
        for v in self.more:
            for axis, d in enumerate(v.shape if v.op == VAR and v.data[0] not in self.params else ()):
                self.sources.setdefault(d, []).append((v.data[0], axis))

    def dim(self, d: Dim) -> str:
        """Python for a dimension."""
        if isinstance(d, int):
            return str(d)
        if isinstance(d, tuple):
            return "*".join(self.dim(part) for part in d)
        if d not in self.sizes and is_sum(d):
            total = ""
            for atom, c in terms_of_size(d).items():
                part = str(abs(c)) if atom == 1 else self.dim(atom) if abs(c) == 1 else f"{abs(c)}*{self.dim(atom)}"
                total += f" {'-' if c < 0 else '+'} {part}" if total else f"-{part}" if c < 0 else part
            word = re.sub(r"\W+", "_", d).strip("_")
            self.sizes[d] = self.fresh(f"size_{word}" if word[0].isdigit() else word)
            self.size_lines.append(f"{self.sizes[d]} = {self.spelled('max(')}{total}, 0)")
        if d not in self.sizes:
            size = INFERRED.fullmatch(d)
            owner, axis = (size[2], int(size[1] == "cols")) if size else (d, None)
            local = self.fresh(f"{size[1]}_{identifier(size[2])}" if size else identifier(d))
            if d in self.places:
                label, axis = self.places[d]
                self.optional.discard(label)
                self.size_lines.append(f"{local} = {self.params[label]}.shape[{axis}]")
            elif d in self.sources:
                label = "" if size else d
                for key in [*[label for label, _ in self.sources[d]], *[label] * bool(label)]:
                    if key not in self.params:
                        self.params[key] = local if key == label else self.fresh(identifier(key))
                places = "".join([f"({quoted(key)}, {axis}), " for key, axis in self.sources[d]]).rstrip(
                    ", " if len(self.sources[d]) > 1 else " "
                )
                self.size_lines.append(f"{local} = {self.helper('_size_of')}({self.given}, {quoted(label)}, ({places}))")
            else:
                if owner not in self.params:
                    self.params[owner] = local if axis is None else self.fresh(identifier(owner))
                where = f", {axis}" if axis is not None else ""
                self.size_lines.append(f"{local} = {self.helper('_size')}({self.given}, {quoted(owner)}{where})")
            self.sizes[d] = local
        return self.sizes[d]

    def shape(self, shape: Shape) -> str:
        return "(" + ", ".join(map(self.dim, shape)) + ("," if len(shape) == 1 else "") + ")"

    def known(self, d: Dim) -> str:
        """The dimension if the arguments fix it, else None: any size will do."""
        parts = names_in(d) if is_sum(d) else d if isinstance(d, tuple) else (d,)
        owners = [self.places.get(p, ("", 0)) for p in parts if not isinstance(p, int) and p not in self.sizes]
        if len(parts) == len(owners) == 1 and owners[0][0] in self.optional:
            array = self.params[owners[0][0]]
            return f"None if {array} is None else {array}.shape[{owners[0][1]}]"
        return self.dim(d) if all(label and label not in self.optional for label, _ in owners) else "None"

    def need(self, k: int, d: Dim) -> None:
        """The function checks that the dimension reaches the k-th entry: JAX would take the last one instead."""
        if not isinstance(d, int):
            size = self.dim(d)
            check = f'if {size} < {k}:\n        raise ValueError("there is no entry {k}: {show_dim(d)} is smaller")'
            lines = self.lines if ".shape[" in size else self.size_lines  # the size of a function's value is known behind it
            if check not in lines:
                lines.append(check)
