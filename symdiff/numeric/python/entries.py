"""Entries taken and put by their places: slices and windows where the places follow each other, else one by one."""

from __future__ import annotations

from dataclasses import replace

from symdiff.expr.node import PROD, Expr
from symdiff.numeric.inner import ARGUMENTS
from symdiff.numeric.places import follows, kept_inside, windows
from symdiff.numeric.python.pieces import ATOM, Piece
from symdiff.numeric.python.products import ProductWriter
from symdiff.numeric.work import size_of

PLACED = frozenset(f"{kind}{k}" for kind in ARGUMENTS for k in range(4))


class EntryWriter(ProductWriter):
    """The functions of `inner` that take, put and add up entries."""

    def placed(self, node: Expr) -> Piece:
        """Entries taken or put: by a slice or by windows where the places follow each other, else one by one."""
        kind, shared = node.data[:-1], int(node.data[-1])
        e, x = node.args[-1], node.args[0]
        every = tuple(range(len(node.shape)))
        if kind in ("_dot", "_dots"):
            return self.convolved(node, (shared,) if kind == "_dot" else (shared // 2, shared % 2))
        self.work.add("entry", max(x.shape, node.shape, e.shape, key=size_of), node.shape)
        if kind == "_take" and not shared and len(e.shape) == 1 and (turned := self.turned(x)) is not None and follows(node):
            order, base = turned  # the axes of the base, in the order in which x has them
            axis = order[0]
            made = self.sliced(base, e, axis)
            return self.permute(made._replace(axes=()), order)._replace(axes=every)
        parts = [self.whole(self.floats(self.pieces[a]), a.shape) for a in node.args[:-1]]
        if not follows(node):
            index = self.pieces[e]
            size = f", {self.dim(node.shape[shared])}" if kind == "_put" else ""
            common = f", {shared}" if shared else ""
            text = f"{self.helper(kind)}({parts[0].text}, {self.whole(index, e.shape).text}{size}{common})"
            return self.piece(text, ATOM, every, (*parts, index))
        if kind in ("_upto", "_from"):
            return self.piece(f"{self.helper('_sums' if kind == '_upto' else '_sums_back')}({parts[0].text})", ATOM, every, parts)
        inside = windows(e)
        sizes = [self.dim(d) for d in e.shape]
        if inside is None:  # kept inside a range
            if kind == "_take":
                return self.sliced(parts[0], e, 0)._replace(axes=every)
            low, high, start = self.bounds(e)
            text = f"{self.helper('_put_inside')}({parts[0].text}, {start}, {self.dim(node.shape[0])}, {low}, {high})"
            return self.piece(text, ATOM, every, parts)
        if kind == "_take" and len(sizes) == 1:
            return self.sliced(parts[0], e, 0)._replace(axes=every)
        signs, rest = inside
        start = self.offset(replace(rest, const=rest.const - 1))
        text = f"{self.helper('_windows')}({parts[0].text}, {start}, ({signs[0]}, {signs[1]}), ({sizes[0]}, {sizes[1]}))"
        return self.piece(text, ATOM, every, parts)

    def convolved(self, node: Expr, axes: tuple[int, ...]) -> Piece:
        """Windows along one axis or two, times weights; axes: those of the places that are summed over."""
        x, w = [self.whole(self.floats(self.pieces[a]), a.shape) for a in node.args[:2]]
        self.work.add("vector", [*node.shape, *node.args[1].shape], node.shape)
        places = []
        for e, axis in zip(node.args[2:], axes, strict=True):
            inside = windows(e)
            assert inside is not None
            signs, rest = inside
            places.append(f"({self.offset(replace(rest, const=rest.const - 1))}, {signs[1 - axis]}, {signs[axis]})")
        ends = "," * (len(places) == 1)
        text = f"{self.helper('_convolved')}({x.text}, {w.text}, ({', '.join(places)}{ends}), {self.shape(node.shape)})"
        return self.piece(text, ATOM, tuple(range(len(node.shape))), (x, w))

    def turned(self, x: Expr) -> tuple[list[int], Piece] | None:
        """What is a transpose: the order of its axes, and what of."""
        if x.op != PROD or x in self.assigned or len(x.shape) < 2:
            return None
        p = self.products[x]
        if len(p.factors) != 1 or p.coef != 1 or p.units or p.deltas or sorted(p.factors[0][1]) != sorted(p.out):
            return None
        f, labels = p.factors[0]
        return [labels.index(label) for label in p.out], self.whole(self.floats(self.pieces[f]), f.shape)

    def sliced(self, x: Piece, e: Expr, axis: int) -> Piece:
        """The entries of x along an axis at places that follow each other."""
        inside = windows(e)
        if inside is None:
            low, high, start = self.bounds(e)
            text = f"{self.helper('_take_inside')}({x.text}, {start}, {self.dim(e.shape[0])}, {low}, {high}{f', {axis}' if axis else ''})"
        else:
            (sign,), rest = inside[0].values(), inside[1]
            back = f", {axis}, -1" if sign < 0 else f", {axis}" if axis else ""
            text = f"{self.helper('_slice')}({x.text}, {self.offset(replace(rest, const=rest.const - 1 + sign))}, {self.dim(e.shape[0])}{back})"
        return self.piece(text, ATOM, (), (x,))

    def bounds(self, e: Expr) -> tuple[str, str, str]:
        """Between which numbers an index is kept, and where the first place would be."""
        found = kept_inside(e)
        assert found is not None
        low, high, rest = found
        return (
            str(low if low is not None else 1),
            self.offset(high) if high is not None else self.dim(e.shape[0]),
            self.offset(replace(rest, const=rest.const - 1)),
        )
