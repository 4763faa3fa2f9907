"""Products of nodes: the factors with their labels, contracted, then multiplied entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from symdiff.expr.build import MINUS_ONE, dim_product
from symdiff.expr.node import CONST, DIM, NAME, NUM, POW, PROD, SUM, Expr
from symdiff.expr.patterns import is_call, is_difference, is_squared
from symdiff.numeric.product import Product
from symdiff.numeric.python.contractions import ContractionWriter
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ADD, ATOM, MUL, NEG, Factor, Piece, stripped
from symdiff.numeric.stable import is_one, is_square_root


class ProductWriter(ContractionWriter):
    """The pieces of the arguments are there when a product is written."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(exprs, target, name, given, order)
        self.assigned: set[Expr] = set()

    def product(self, node: Expr) -> Piece:
        p = self.products[node]
        self.span = p.size
        if p.coef == 0:
            return Piece("0", ATOM, (), "number")
        coef = prod([f.data for f, _ in p.factors if f.op == NUM], start=p.coef)
        left = [(f, labels) for f, labels in p.factors if f.op != NUM]
        below = prod([f.args[0].data for f, _ in left if divides(f)])
        if below != 1:  # 2*x/2
            whole = Fraction(coef) / below
            left = [(f, labels) for f, labels in left if not divides(f)]
            coef, below = whole.numerator, whole.denominator
        factors = [self.factor(f, labels, p) for f, labels in left]
        if below != 1:
            factors.append(Factor(self.number(Fraction(1, below)), (), self.number(below)))
        factors += [Factor(self.unit(k, p.size[label]), (label,)) for label, k in p.units.items() if label in p.out]
        present = {label for f in factors for label in f.labels}
        free = {*p.out, *present, *p.units}
        count = dim_product(d for label, d in p.size.items() if label not in free)
        if count != 1:
            factors.insert(0, Factor(Piece(self.dim(count), MUL if isinstance(count, tuple) else ATOM, (), "number"), ()))
        if any(label not in p.out for label in present) or any(len(set(f.labels)) < len(f.labels) for f in factors):
            if self.target.scales_inside and coef not in (1, -1):  # into the brackets of a matrix, whose loop takes it along
                k = next((k for k, f in enumerate(factors) if f.piece.level == ADD and len(f.labels) == 2), None)
                if k is not None:
                    factors[k] = factors[k]._replace(piece=self.scaled(coef, factors[k].piece))
                    coef = 1
            tensors = self.contract([f for f in factors if f.labels], p.out)
            factors = [f for f in factors if not f.labels] + tensors
            present = {label for f in factors for label in f.labels}
        diagonal = len(p.deltas) == 1 and present == {p.deltas[0][0]}
        if not diagonal:
            for pair in p.deltas:
                self.work.add("entry", [self.span[label] for label in pair])
                eye = Piece(f"{self.lib('eye')}({self.dim(p.size[pair[0]])}, {self.kind()})")
                factors.append(Factor(eye, pair))
                present.update(pair)
        order = [label for label in p.out if label in present]
        made = self.times(factors, order, coef)
        if diagonal:
            made = self.floats(made)
            order = sorted(p.deltas[0], key=p.out.index)
            self.work.add("entry", [self.span[label] for label in order])
            made = self.piece(f"{self.lib('diag')}({made.text})", ATOM, (), (made,))
        return made._replace(axes=tuple([p.out.index(label) for label in order]))

    def factor(self, node: Expr, labels: Sequence[int], p: Product) -> Factor:
        """A factor with labels for the axes that its array has; entries at basis vectors are taken out."""
        piece = self.pieces[node]
        own = tuple([labels[a] for a in piece.axes])
        under = inverse = tanh = None
        if is_reciprocal(node):
            under = self.pieces[node.args[0]]
        elif node not in self.assigned and (self.uses[node] == 1 or node in self.solved):
            if node.op == POW and node.args[1] is MINUS_ONE and (piece.kind == "array" or is_divisor(node.args[0])):
                under = self.floats(self.pieces[node.args[0]])
            elif is_call(node, "sigma") and self.target.exponential_under:
                under = self.sigmoid_under(self.pieces[node.args[0]])
            elif self.target.slope and node.shape and (h := tanh_below(node)) is not None and self.pieces[h].axes == piece.axes:
                tanh = self.pieces[h]
            if node in self.solved and node.op == NAME:
                node = node.args[0]
            if is_call(node, "inv") and len(node.shape) == 2:
                inverse = self.whole(self.floats(self.pieces[node.args[0]]), node.shape)
        at = {label: k for label, k in p.units.items() if label not in p.out}
        for label in labels:
            if label in at:
                self.need(at[label], p.size[label])
        if any(label in at for label in own):
            spec = [str(at[label] - 1) if label in at else ":" for label in own]
            while spec[-1] == ":":
                spec.pop()
            piece = self.piece(f"{piece.at(ATOM)}[{', '.join(spec)}]", ATOM, (), (piece,), piece.kind)
            own = tuple([label for label in own if label not in at])
            under = inverse = tanh = None
        return Factor(piece, own, under, inverse, tanh, node if own == tuple(labels) else None)

    def sigmoid_under(self, t: Piece) -> Piece | None:
        """1 + exp(-t), where that is shorter than sigma(t)."""
        if not (t.text.startswith("-") and t.level in (NEG, MUL)):
            return None
        return self.piece(f"1 + {self.helper('_exp')}({stripped(self.scaled(-1, t).text)})", ADD, t.axes, (t,))


def tanh_below(node: Expr) -> Expr | None:
    """h, where the node is 1 - h^2 and h the tanh of something."""
    if not is_difference(node) or not is_one(node.args[0]):
        return None
    square = node.args[1]
    if not is_squared(square):
        return None
    h = square.args[0]
    value = h.args[0] if h.op == NAME else h
    return h if is_call(value, "tanh") else None


def is_divisor(node: Expr) -> bool:
    """A plain number that Python may divide by."""
    return node.op == DIM or (node.op == NUM and node.data != 0) or is_root(node)


def is_root(node: Expr) -> bool:
    """The root of a number that is positive: sqrt(d), sqrt(2*pi)."""
    return is_square_root(node) and not node.shape and is_positive(node.args[0])


def is_positive(node: Expr) -> bool:
    """A positive number that depends on no argument, but for sizes."""
    stack = [node]
    while stack:
        node = stack.pop()
        if node.op in (NAME, PROD) or (node.op == SUM and all(c > 0 for c in node.data)):
            stack += node.args
        elif not (node.op in (DIM, CONST) or (node.op == NUM and node.data > 0)):
            return False
    return True


def divides(node: Expr) -> bool:
    """1/n of a number that is known."""
    return is_reciprocal(node) and node.args[0].op == NUM


def is_reciprocal(node: Expr) -> bool:
    """1/n of a plain number, which divides wherever it stands."""
    return node.op == POW and node.args[1] is MINUS_ONE and is_divisor(node.args[0])
