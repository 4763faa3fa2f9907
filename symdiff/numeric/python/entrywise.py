"""Products entry by entry: factors of the same axes first, divisors last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symdiff.expr.node import Dim, Expr, Number
from symdiff.numeric.places import Linear
from symdiff.numeric.python.arrays import ArrayWriter
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ATOM, MUL, NEG, Factor, Piece


class EntrywiseWriter(ArrayWriter):
    """Factors multiplied where no label is summed over."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(exprs, target, name, given, order)
        self.pieces: dict[Expr, Piece] = {}
        self.ranges: dict[Expr | None, tuple[Linear | None, Linear | None]] = {}  # brackets that leave a slice of an axis
        self.span: dict[int, Dim] = {}  # the sizes of the labels of the product that is being written

    def times(self, factors: Sequence[Factor], order: Sequence[int], coef: Number = 1) -> Piece:
        """The product entry by entry; its axes are labelled `order`.

        Divisors come last. Truth values come behind an array, since with a plain number they would make float64.
        """
        short = self.cut_short(factors, order, coef)
        if short is not None:
            return short
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

    def cut_short(self, factors: Sequence[Factor], order: Sequence[int], coef: Number) -> Piece | None:
        """The product with zeros put where brackets of its own indices say so, instead of a product with these; None if there is nothing to put them into."""
        brackets = [f for f in factors if f.node in self.ranges]
        rest = [f for f in factors if f.node not in self.ranges]
        if not brackets or {label for f in rest for label in f.labels} != set(order):
            return None
        made = self.floats(self.times(rest, order, coef))
        if made.level == ATOM:
            made = self.piece(f"{made.text}.copy()", ATOM, (), (made,))
        for label in dict.fromkeys(f.labels[0] for f in brackets):
            start, stop = self.range_of(label, brackets)
            axis = f", {order.index(label)}" if order.index(label) else ""
            made = self.piece(f"{self.helper('_only')}({made.text}, {start or 0}, {stop or None}{axis})", ATOM, (), (made,))
        return made

    def range_of(self, label: int, brackets: Sequence[Factor]) -> tuple[str, str]:
        """The slice of an axis that brackets leave: the texts of its ends, "" where it goes to the end."""
        lows, highs = [], []
        for f in brackets:
            low, high = self.ranges[f.node] if f.labels == (label,) and f.node is not None else (None, None)
            if low is not None:
                lows.append(self.end(replace(low, const=low.const - 1)))
            if high is not None:
                highs.append(self.end(high))
        start = f"max({', '.join(lows)})" if len(lows) > 1 else "".join(lows)
        stop = f"min({', '.join(highs)})" if len(highs) > 1 else "".join(highs)
        return start, stop

    def end(self, place: Linear) -> str:
        """An end of a slice: not below 0, where it would count from behind."""
        text = self.offset(place)
        return f"max({text}, 0)" if place.terms else str(max(place.const, 0))

    def offset(self, found: Linear) -> str:
        """Python for a whole number made of sizes."""
        text = ""
        for (atom, _), c in found.terms.items():
            part = self.pieces[atom].at(NEG) if atom in self.pieces else self.dim(atom.data)
            text += (" - " if c < 0 else " + ") + (part if abs(c) == 1 else f"{abs(c)}*{part}")
        if found.const or not text:
            text += f" - {-found.const}" if found.const < 0 else f" + {found.const}"
        text = text.strip()
        return text[2:] if text.startswith("+") else "-" + text[2:]

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
