"""Pieces made of pieces: locals, the type of what is made, axes in order and spread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symdiff.expr.node import Dim, Expr, Number, Shape
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ADD, ATOM, MAX_DEPTH, MUL, NEG, TEST, Piece, is_plain, literal, stripped
from symdiff.numeric.python.sizes import SizeWriter
from symdiff.numeric.work import Work


class ArrayWriter(SizeWriter):
    """What every operation is written with."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(exprs, target, name, given, order)
        self.kind_used = False
        self.temps = 0
        self.once: dict[str, Piece] = {}  # parts of products by their text
        self.wide = False  # what is being written depends on no argument
        self.work = Work()  # of what has been written

    def kind(self) -> str:
        """The common type of the arguments, as the keyword that makers of arrays take."""
        if self.wide or (not self.sources and all(label in self.anywhere | self.optional for label in self.variables)):
            return self.spelled(self.target.kind[3])
        self.kind_used = True
        return self.target.kind[2].replace("#", self.kind_name)

    def data_kind(self) -> str:
        """The common type of the arguments, whatever is being written; "" if there are none."""
        before, self.wide = self.wide, False
        kind = self.kind()
        self.wide = before
        return kind if kind != self.spelled(self.target.kind[3]) else ""

    def piece(self, text: str, level: int, axes: tuple[int, ...], parts: Iterable[Piece], kind: str = "array") -> Piece:
        """A piece made of others; assigned to a local where it would nest too deeply."""
        made = Piece(text, level, axes, kind, 1 + max([p.depth for p in parts], default=0))
        return self.assign(made) if made.depth >= MAX_DEPTH else made

    def assign(self, piece: Piece, local: str = "") -> Piece:
        if not local:
            self.temps += 1
            local = self.fresh(f"t{self.temps}")
        self.lines.append(f"{local} = {stripped(piece.text)}")
        return piece._replace(text=local, level=ATOM, depth=0)

    def shared(self, piece: Piece) -> Piece:
        """A piece that is met again: the same text is computed once."""
        if is_plain(piece.text):
            return piece
        if piece.text not in self.once:
            self.once[piece.text] = self.assign(piece)
        return self.once[piece.text]

    def number(self, value: Number) -> Piece:
        text, level = literal(value)
        return Piece(text.replace("inf", self.lib("inf")), level, (), "number")

    def lift(self, piece: Piece) -> Piece:
        """A plain number as a value of the library."""
        if piece.kind != "number":
            return piece
        text = self.spelled(self.target.lift).replace("#k", self.kind() if "#k" in self.target.lift else "")
        return Piece(text.replace("#", piece.text), ATOM, (), "array", piece.depth + 1)

    def floats(self, piece: Piece) -> Piece:
        """Truth values and indices as numbers of the arguments' type, or in the longest floats where no argument comes in."""
        if piece.kind in ("array", "number") or (piece.kind == "wide" and self.kind() == self.spelled(self.target.kind[3])):
            return piece
        text = self.target.cast.replace("#k", self.kind() if "#k" in self.target.cast else "").replace("#", piece.at(ATOM))
        return self.piece(text, ATOM, piece.axes, (piece,))

    def truth(self, piece: Piece) -> Piece:
        return piece if piece.kind == "truth" else self.piece(f"{self.lift(piece).at(ADD)} != 0", TEST, piece.axes, (piece,), "truth")

    def scaled(self, coef: Number, piece: Piece) -> Piece:
        """A coefficient in front of a piece that is not a truth value."""
        if coef == 1:
            return piece
        if coef == -1:
            if piece.text.startswith("-") and piece.level in (NEG, MUL):
                return piece._replace(text=piece.text[1:], level=MUL)
            level = MUL if piece.level == MUL else NEG
            return self.piece(f"-{piece.at(MUL)}", level, piece.axes, (piece,), piece.kind)
        return self.piece(f"{self.number(coef).at(MUL)}*{piece.at(NEG)}", MUL, piece.axes, (piece,), piece.kind)

    def unit(self, k: int, d: Dim) -> Piece:
        self.need(k, d)
        return self.piece(f"{self.lib('arange')}({self.dim(d)}) == {k - 1}", TEST, (0,), (), "truth")

    def permute(self, piece: Piece, order: Sequence[int]) -> Piece:
        """The axes of the array in another order."""
        if list(order) == sorted(order):
            return piece
        axes = tuple([piece.axes[k] for k in order]) if piece.axes else ()
        if len(order) == 2 and piece.level == ATOM and piece.text.endswith(".T"):
            return piece._replace(text=piece.text.removesuffix(".T"), axes=axes)
        if len(order) == 2:
            return self.piece(f"{piece.at(ATOM)}.T", ATOM, axes, (piece,), piece.kind)
        return self.piece(f"{self.lib(self.target.permute)}({piece.text}, {tuple(order)})", ATOM, axes, (piece,), piece.kind)

    def arrange(self, piece: Piece, labels: Sequence[int], order: Sequence[int]) -> Piece:
        """The array, its axes labelled `labels`, so that it broadcasts against one with the axes `order`."""
        own = [label for label in order if label in labels]
        piece = self.permute(piece, [labels.index(label) for label in own])
        if not own:
            return piece
        spec = [":" if label in own else "None" for label in order[order.index(own[0]) :]]
        return piece if "None" not in spec else self.piece(f"{piece.at(ATOM)}[{', '.join(spec)}]", ATOM, (), (piece,), piece.kind)

    def together(self, pieces: Sequence[Piece]) -> tuple[list[Piece], tuple[int, ...]]:
        """Pieces of one value's shape, ready to be combined entry by entry, and the axes that the result has."""
        axes = tuple(sorted({a for p in pieces for a in p.axes}))
        return [p if p.axes == axes else self.arrange(p, p.axes, axes) for p in pieces], axes

    def whole(self, piece: Piece, shape: Shape, own: bool = False) -> Piece:
        """The array with all axes of the shape; `own`: memory of its own, for an answer."""
        every = tuple(range(len(shape)))
        if piece.axes == every:
            return piece
        if piece.axes and all(shape[a] == 1 for a in every if a not in piece.axes):
            spec = ", ".join([":" if a in piece.axes else "None" for a in every])
            return self.piece(f"{piece.at(ATOM)}[{spec}]", ATOM, every, (piece,))
        if not piece.axes and (piece.kind == "number" or self.target.fills):
            kind = f", {self.kind()}" if piece.kind == "number" else ""
            return self.piece(f"{self.lib('full')}({self.shape(shape)}, {piece.text}{kind})", ATOM, every, (piece,))
        spread = f"{self.lib('broadcast_to')}({self.arrange(piece, piece.axes, every).text}, {self.shape(shape)})"
        return self.piece(spread + (self.target.own if own else ""), ATOM, every, (piece,))
