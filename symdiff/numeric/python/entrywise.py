"""Products entry by entry: factors of the same axes first, divisors last."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr.node import Dim, Expr, Number
from symdiff.numeric.python.arrays import ArrayWriter
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ATOM, MUL, NEG, Factor, Piece


class EntrywiseWriter(ArrayWriter):
    """Factors multiplied where no label is summed over."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr]) -> None:
        super().__init__(exprs, target, name, given)
        self.span: dict[int, Dim] = {}  # the sizes of the labels of the product that is being written

    def times(self, factors: Sequence[Factor], order: Sequence[int], coef: Number = 1) -> Piece:
        """The product entry by entry; its axes are labelled `order`.

        Divisors come last. Truth values come behind an array, since with a plain number they would make float64.
        """
        factors = self.grouped(factors, order)
        vectors = [f for f in factors if f.labels]
        if len(order) == len(vectors) == 2 and all(len(f.labels) == 1 and not f.under for f in vectors):
            x, y = sorted(vectors, key=lambda f: order.index(f.labels[0]))
            inside = 1 if coef == -1 else coef
            scaled = self.times([f for f in factors if not f.labels] + [x], x.labels, inside)
            a, b = self.floats(scaled), self.floats(y.piece)
            factors = [Factor(self.piece(f"{self.lib('outer')}({a.text}, {b.text})", ATOM, (), (a, b)), tuple(order))]
            coef = coef if inside == 1 else 1
        so_far = set(factors[0].labels) if factors else set()
        for f in factors[1:]:
            so_far.update(f.labels)
            self.work.add("entry", [self.span[label] for label in so_far])
        slope = next((f for f in factors if f.tanh is not None), None)
        if slope is not None and slope.tanh is not None and len([f for f in factors if f.labels]) > 1:
            rest = self.floats(self.times([f for f in factors if f is not slope], order, coef))
            return self.piece(
                f"{self.target.slope}({rest.text}, {self.arrange(slope.tanh, slope.labels, order).text})", ATOM, (), (rest, slope.tanh)
            )
        if len(factors) > 1 or coef != 1:
            factors = [f if f.piece.kind not in ("index", "wide") else f._replace(piece=self.floats(f.piece)) for f in factors]
        over = [self.arrange(f.piece, f.labels, order) for f in factors if f.under is None]
        under = [self.arrange(self.floats(f.under), f.labels, order) for f in factors if f.under is not None]
        if any(p.kind == "truth" for p in over) and (len(over) + len(under) > 1 or coef != 1):
            first = next((k for k, p in enumerate(over) if p.kind == "array"), None)
            if first is None or not self.target.arrays:
                over = [self.floats(p) for p in over]
            else:
                over[: first + 1] = sorted(over[: first + 1], key=lambda p: p.kind == "truth")
        kind = "number" if all(p.kind == "number" for p in over + under) else "array"
        if len(over) == 1 and not under and (coef == 1 or over[0].kind != "index"):
            kind = over[0].kind
        made = self.number(coef) if not over or coef not in (1, -1) else None
        for piece in over:
            made = piece if made is None else self.piece(f"{made.at(MUL)}*{piece.at(NEG)}", MUL, (), (made, piece), kind)
        assert made is not None
        for piece in under:
            made = self.piece(f"{made.at(MUL)}/{piece.at(NEG)}", MUL, (), (made, piece), kind)
        return self.scaled(-1, made) if coef == -1 and over else made

    def grouped(self, factors: Sequence[Factor], order: Sequence[int]) -> Sequence[Factor]:
        """Factors that have the same axes are multiplied before they are spread along others."""
        if len({f.labels for f in factors if f.labels}) < 2 or any(len(set(f.labels)) < len(f.labels) for f in factors):
            return factors
        made: list[Factor] = []
        groups: dict[tuple[int, ...], list[Factor]] = {}
        for f in factors:
            groups.setdefault(f.labels, []).append(f)
        for labels, group in groups.items():
            if len(group) == 1 or len(labels) in (0, len(order)):
                made += group
            else:
                made.append(Factor(self.times(group, labels), labels))
        return made
