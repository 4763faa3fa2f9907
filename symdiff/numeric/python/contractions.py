"""Contractions, two factors at a time: matrix products, sums over labels, systems of equations in the place of inverses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from symdiff.expr.node import NAME, PROD, VAR, Expr
from symdiff.expr.patterns import is_call, is_declared
from symdiff.numeric.product import Product
from symdiff.numeric.python.entrywise import EntrywiseWriter
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ATOM, MATMUL, POWER, Factor, Piece, spec
from symdiff.numeric.work import MAX_FACTORS, Order, is_settled, size_of

# In longer products it is not looked whether two factors meet elsewhere.
MAX_PAIRED = 8


class ContractionWriter(EntrywiseWriter):
    """The factors of a product become one, in the order that is the least work."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(exprs, target, name, given, order)
        self.products: dict[Expr, Product] = {}
        self.uses: Counter[Expr] = Counter()
        self.met: set[tuple[Expr, Expr, int]] = set()
        self.solved: set[Expr] = set()  # inverses, and names of them, that are solved with wherever they stand
        self.matrices: set[Expr] = set()  # what is inverted there more than once
        self.definite: set[str] = set()  # arguments that are positive definite and symmetric ones
        self.symmetric: set[str] = set()
        self.beside: list[tuple[int, ...]] = []  # the labels of the factors that wait while two others are joined

    def pairs_met(self, order: Sequence[Expr]) -> set[tuple[Expr, Expr, int]]:
        """Matrices with the vectors that they meet, along the same axis, in more than one product: A*x of x'*A*x and of A*x."""
        met: Counter[tuple[Expr, Expr, int]] = Counter()
        for node in order:
            p = self.products.get(node)
            if p is None or len(p.factors) > MAX_PAIRED:
                continue
            often = Counter([label for _, labels in p.factors for label in labels])
            pairs = {
                (a, v, self.axis_of(a, labels.index(label)))
                for a, labels in p.factors
                for v, (label,) in [(v, ls) for v, ls in p.factors if len(ls) == 1]
                if len(set(labels)) == 2 and label in labels and often[label] == 2 and label not in p.out and label not in p.units
            }
            met.update(pairs)
        return {pair for pair, count in met.items() if count > 1}

    @staticmethod
    def axis_of(matrix: Expr, axis: int) -> int:
        """The axis of a matrix; of a symmetric one it is the same."""
        return 1 if matrix.op == VAR and {"symmetric", "psd"} & set(matrix.data[1]) else axis

    def paired(self, a: Factor, b: Factor) -> bool:
        """Whether a matrix and a vector are joined that meet elsewhere, too."""
        a, b = (a, b) if len(a.labels) == 2 else (b, a)
        if not self.met or a.node is None or b.node is None or len(a.labels) != 2 or len(b.labels) != 1 or b.labels[0] not in a.labels:
            return False
        return (a.node, b.node, self.axis_of(a.node, a.labels.index(b.labels[0]))) in self.met

    def find_solved(self, order: Sequence[Expr]) -> None:
        """Inverses that only meet vectors, so seldom that solving is no more work than inverting; their matrices are locals."""
        met: Counter[Expr] = Counter()
        for node in order:
            if node.op == PROD:
                factors = self.products[node].factors
                if self.products[node].is_chain and any(len(labels) == 1 for _, labels in factors):
                    met.update(f for f, _ in factors)
        names = [node for node in order if node.op == NAME]
        for inverse in order:
            if is_call(inverse, "inv") and len(inverse.shape) == 2:
                known = [inverse, *[node for node in names if node.args[0] is inverse]]
                count = sum(met[node] for node in known)
                if count == sum(self.uses[node] for node in known) - len(known) + 1 and (count <= 3 or self.has_factor(inverse.args[0])):
                    self.solved.update(known)
                    self.matrices.update(inverse.args[: count - 1])
        self.definite = {self.params[v.data[0]] for v in self.variables.values() if self.has_factor(v)}
        self.symmetric = {self.params[v.data[0]] for v in self.variables.values() if {"symmetric", "psd"} & set(v.data[1])}

    def has_factor(self, matrix: Expr) -> bool:
        """Whether the library has something for a positive definite matrix, and this is one."""
        return bool(self.target.cholesky) and is_declared(matrix, "psd") and len(matrix.shape) == 2

    def by_factor(self, function: str, matrix: Piece) -> str:
        """The spelling of a function of a positive definite matrix, by its Cholesky factor, which is computed once."""
        text = f"{self.lib('linalg')}.cholesky({matrix.text})"
        if text not in self.once:
            self.once[text] = self.assign(Piece(text), self.fresh("L"))
        return self.spelled(self.target.cholesky[function]).replace("#L", self.once[text].text)

    def contract(self, factors: list[Factor], out: Sequence[int]) -> list[Factor]:
        """The factors, two at a time, until no label has to be summed over."""
        factors = [f if f.piece.kind == "truth" else self.numeric(f) for f in self.sliced_by_brackets(factors, out)]
        met = Counter(label for f in factors for label in set(f.labels))
        factors = [self.reduce(f, {*out, *[label for label in f.labels if met[label] > 1]}) for f in factors]
        closed = [f for f in factors if all(label in out for label in f.labels)]
        open_ = [f for f in factors if not all(label in out for label in f.labels)]
        if (chain := self.chain(open_, out, met)) is not None:
            return [*closed, self.in_any_order(chain, out)]
        known: list[set[str]] = []  # pairs that were joined and will be met again
        order = Order(out, {label: size_of([d]) for label, d in self.span.items()})
        while len(open_) > 1:
            # The pair with the smallest result among those that the least work begins with, or of many factors the first few. Of equals,
            # one that has been computed, or whose axes stand side by side in the answer: that saves moving them there.
            best: tuple[int, int, bool, bool, bool, int, int] | None = None
            wanted = order.pairs([f.labels for f in open_])
            for j, b in enumerate(open_[:8]):
                for i, a in enumerate(open_[:j]):
                    if wanted is not None and (i, j) not in wanted:
                        continue
                    shared = [label for label in a.labels if label in b.labels and label not in out]
                    gone = {label for label in shared if met[label] == 2}
                    places = sorted([out.index(label) for label in {*a.labels, *b.labels} if label in out])
                    apart = not gone and len(places) > 1 and places[-1] - places[0] >= len(places)
                    cost = (
                        0 if gone else 1 if shared else 2,
                        len({*a.labels, *b.labels}) - len(gone),
                        {a.piece.text, b.piece.text} not in known and not self.paired(a, b),
                        not gone
                        and any(
                            len(f.labels) > 1 and f.node is not None and f.node.op == VAR for f in (a, b)
                        ),  # what is computed is scaled
                        apart,
                        i,
                        j,
                    )
                    best = cost if best is None or cost < best else best
            assert best is not None
            b, a = open_.pop(best[-1]), open_.pop(best[-2])
            self.beside = [f.labels for f in (*open_, *closed)]
            joined = self.join(a, b, {label for label in a.labels if label in b.labels and label not in out and met[label] == 2}, out)
            texts = [f.piece.text for f in open_]
            if joined.piece.text in self.once or self.paired(a, b) or (a.piece.text in texts and b.piece.text in texts):
                joined = joined._replace(piece=self.shared(joined.piece))
                known.append({a.piece.text, b.piece.text})
            met.update(joined.labels)
            met.subtract(a.labels + b.labels)
            if all(label in out for label in joined.labels):
                closed.append(joined)
            else:
                open_.insert(best[-2], joined)
        return closed + [self.reduce(f, set(out)) for f in open_]

    def chain(self, factors: Sequence[Factor], out: Sequence[int], met: Mapping[int, int]) -> list[Factor] | None:
        """Three matrices or more in a row whose cheapest order depends on sizes that are not known yet; None of others."""
        if not 3 <= len(factors) <= MAX_FACTORS or any(
            len(set(f.labels)) != 2 or len(f.labels) != 2 or f.inverse is not None for f in factors
        ):
            return None
        ends = [label for f in factors for label in f.labels if label in out]
        if len(ends) != 2 or ends[0] == ends[1] or any(met[label] != 2 for f in factors for label in f.labels if label not in out):
            return None
        label, left, row = min(ends, key=out.index), list(factors), list[Factor]()
        steps = [label]
        while (f := next((f for f in left if label in f.labels), None)) is not None:
            left.remove(f)
            row.append(f)
            label = f.labels[1 - f.labels.index(label)]
            steps.append(label)
        texts = [f.piece.text for f in row]
        pairs = [frozenset(pair) for pair in pairwise(texts)]
        again = len(set(pairs)) < len(pairs)  # A*B*C*B'*A': what comes twice, turned or not, is computed once
        return None if left or again or is_settled(tuple([self.span[label] for label in steps])) else row

    def in_any_order(self, row: Sequence[Factor], out: Sequence[int]) -> Factor:
        """A row of matrices as the library's own product of several, which looks at their shapes."""
        order = Order(out, {label: size_of([d]) for label, d in self.span.items()})
        left = [f.labels for f in row]
        while len(left) > 1:
            pairs = order.pairs(left) or {(0, 1)}
            i, j = min(pair for pair in pairs if set(left[pair[0]]) & set(left[pair[1]]))
            both = set(left[i]) | set(left[j])
            kept = tuple(sorted(both - (set(left[i]) & set(left[j]))))
            self.work.add("matrix", [self.span[label] for label in both], [self.span[label] for label in kept])
            left = [labels for k, labels in enumerate(left) if k not in (i, j)] + [kept]
        ends = [label for f in row for label in f.labels if label in out]
        label, pieces = ends[0], list[Piece]()
        for f in row:
            pieces.append(f.piece if f.labels[0] == label else self.permute(f.piece, (1, 0)))
            label = f.labels[1 - f.labels.index(label)]
        text = f"{self.lib('linalg')}.multi_dot([{', '.join(p.text for p in pieces)}])"
        return Factor(self.piece(text, ATOM, (), pieces), tuple(ends))

    def sliced_by_brackets(self, factors: list[Factor], out: Sequence[int]) -> list[Factor]:
        """Slices of what brackets cut along a label that is summed over, in the place of products with these."""
        for label in dict.fromkeys(f.labels[0] for f in factors if f.node in self.ranges and f.labels[0] not in out):
            brackets = [f for f in factors if f.node in self.ranges and f.labels == (label,)]
            others = [f for f in factors if label in f.labels and f not in brackets]
            if not others or any(f.inverse is not None or f.labels.count(label) > 1 for f in others):
                continue
            kept = ":".join(self.range_of(label, brackets))
            cut = {f: f"{f.piece.at(ATOM)}[{':, ' * f.labels.index(label)}{kept}]" for f in others}
            factors = [f for f in factors if f not in brackets]
            factors = [
                Factor(self.piece(cut[f], ATOM, f.piece.axes, (f.piece,), f.piece.kind), f.labels) if f in cut else f for f in factors
            ]
        return factors

    def numeric(self, f: Factor) -> Factor:
        """A factor with numbers in the place of truth values and indices: what is added up."""
        return f._replace(piece=self.floats(f.piece))

    def reduce(self, f: Factor, kept: set[int]) -> Factor:
        """Diagonals taken, and labels summed over that nobody else has."""
        piece, labels = f.piece, f.labels
        once = tuple(dict.fromkeys(labels))
        left = tuple([label for label in once if label in kept])
        if left == labels:
            return f
        f = self.numeric(f)
        piece = f.piece
        self.work.add("entry", [self.span[label] for label in once], [self.span[label] for label in left])
        if len(once) == len(labels):
            axes = [k for k, label in enumerate(labels) if label not in kept]
            axis = "" if not left else f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
            text = f"{piece.at(ATOM)}.sum({axis})"
        elif len(labels) == 2:
            text = f"{self.lib('diagonal' if left else 'trace')}({piece.text})"
        else:
            text = f'{self.lib("einsum")}("{spec([labels], left)}", {piece.text})'
        return Factor(self.piece(text, ATOM, (), (piece,)), left)

    def join(self, a: Factor, b: Factor, gone: set[int], out: Sequence[int]) -> Factor:
        """Two factors contracted over the labels in `gone`."""
        both = tuple(dict.fromkeys(a.labels + b.labels))
        left = tuple(sorted([label for label in both if label not in gone], key=lambda s: out.index(s) if s in out else len(out)))
        whole = next((f.labels for f in (a, b) if len(f.labels) == 2 and set(f.labels) == set(left)), None)
        if not gone and whole is not None:
            left = whole
        elif len(left) == 2 and not set(left) <= set(out):
            ways = Counter(tuple([label for label in labels if label in left]) for labels in self.beside if set(left) <= set(labels))
            left = left[::-1] if ways[left[::-1]] > ways[left] else left  # as in what it will be multiplied with, entry by entry
        if gone:
            a, b = self.numeric(a), self.numeric(b)
        parts = (a.piece, b.piece)
        if len(gone) == len(both) - len(left) and left and set(a.labels) == set(b.labels) and not self.target.einsum_sums:
            return self.reduce(Factor(self.times([a, b], a.labels), a.labels), set(left))
        if gone:
            over = [self.span[label] for label in both]
            often = all(len(f.labels) < len(both) for f in (a, b))
            self.work.add("matrix" if often else "vector", over, [self.span[label] for label in left])
        if not gone:
            if len(left) > 2:
                left = tuple(sorted(left, key=lambda s: s in out))  # axes to sum over in front: a matrix product takes them as they are
            return Factor(self.times([a, b], left), left)
        if len(gone) == 1 and len(left) == len(a.labels) + len(b.labels) - 2 and len(a.labels) <= 2 and len(b.labels) <= 2:
            return Factor(self.matmul(a, b, next(iter(gone)), left), left)
        if not left:
            product = self.times([a, b], a.labels)
            return Factor(self.piece(f"{product.at(ATOM)}.sum()", ATOM, (), (product,)), ())
        if not any(label in b.labels for label in a.labels if label not in gone):
            if left[0] in b.labels:
                a, b = b, a
            sums = [[f.labels.index(label) for label in sorted(gone)] for f in (a, b)]
            left = tuple([label for label in (*a.labels, *b.labels) if label not in gone])
            text = f"{self.lib('tensordot')}({a.piece.text}, {b.piece.text}, {self.target.contracted(sums)})"
            return Factor(self.piece(text, ATOM, (), parts), left)
        batch = [label for label in left if label in a.labels and label in b.labels]
        if len(gone) == 1 and len(a.labels) == len(b.labels) == len(batch) + 2:
            # Matrices stacked along the labels in common: @ takes a tenth of einsum's time in NumPy.
            i, j = [label for label in left if label not in batch]
            a, b = (a, b) if i in a.labels else (b, a)
            x = self.permute(a.piece, [a.labels.index(label) for label in (*batch, i, *gone)])
            y = self.permute(b.piece, [b.labels.index(label) for label in (*batch, *gone, j)])
            return Factor(self.piece(f"{x.at(POWER)} @ {y.at(POWER)}", MATMUL, (), (x, y)), (*batch, i, j))
        return Factor(
            self.piece(f'{self.lib("einsum")}("{spec([a.labels, b.labels], left)}", {a.piece.text}, {b.piece.text})', ATOM, (), parts),
            left,
        )

    def matmul(self, a: Factor, b: Factor, k: int, left: Sequence[int]) -> Piece:
        """A matrix or vector times another, over the label k; an inverse is solved with instead."""
        if (left and left[0] in b.labels) if len(left) == 2 else (len(a.labels) == 1 and b.labels[-1] == k and len(b.labels) == 2):
            a, b = b, a
        if a.inverse is not None:
            return self.solve(a.inverse, a.labels[1] == k, b, b.labels[0] == k)
        if b.inverse is not None:
            found = self.solve(b.inverse, b.labels[0] != k, a, a.labels[0] == k)
            return self.permute(found, (1, 0)) if len(a.labels) == 2 else found
        if len(a.labels) == 1 and a.labels[0] == k and len(b.labels) == 2 and b.piece.text in self.symmetric and b.labels[0] == k:
            a, b = b._replace(labels=b.labels[::-1]), a
        if len(b.labels) == 1 and a.labels[0] == k and len(a.labels) == 2 and self.target.copies_transposed:
            a, b = b, a
        x = a.piece if a.labels[-1] == k else self.permute(a.piece, (1, 0))
        y = b.piece if b.labels[0] == k else self.permute(b.piece, (1, 0))
        first = x.text if x.level == MATMUL else x.at(POWER)
        return self.piece(f"{first} @ {y.at(POWER)}", MATMUL, (), (x, y))

    def solve(self, matrix: Piece, upright: bool, right: Factor, ready: bool) -> Piece:
        """The inverse of a matrix, or of its transpose, times the right side; of a transposed matrix if that is not `ready`."""
        vector = len(right.labels) == 1
        n = self.span[right.labels[0]]
        self.work.add("solve", (n, n, n), (n, n))
        side = right.piece if vector or ready else self.permute(right.piece, (1, 0))
        if matrix.text in self.definite:
            b = f"{side.at(ATOM)}[:, None]" if vector and not self.target.solves_vectors else side.text
            text = self.by_factor("solve", matrix).replace("#b", b) + ("[:, 0]" if b != side.text else "")
        else:
            matrix = matrix if upright or matrix.text in self.symmetric else self.permute(matrix, (1, 0))
            text = f"{self.lib('linalg')}.solve({matrix.text}, {side.text})"
        made = self.piece(text, ATOM, (), (matrix, side))
        return self.shared(made) if self.matrices else made
