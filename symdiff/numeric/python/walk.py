"""The walk: every node once, arguments first; what repeats or grows long becomes a local."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

from symdiff.errors import SymdiffError
from symdiff.expr.build import MINUS_ONE, listed_entries
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Expr, Number, Shape, make
from symdiff.expr.patterns import is_call_of
from symdiff.expr.walk import substitute, topological, unnamed
from symdiff.numeric.inner import row_of
from symdiff.numeric.places import between, follows, is_index
from symdiff.numeric.product import dissolve, met_by_vectors, scale_last
from symdiff.numeric.python.calls import CallWriter
from symdiff.numeric.python.entries import PLACED
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.pieces import ADD, ATOM, MATMUL, MAX_LENGTH, MUL, NEG, POWER, Piece, is_plain
from symdiff.numeric.python.products import is_divisor, is_reciprocal

# Powers that are no more than a multiplication, a division or a root.
CHEAP_POWERS = (1, 2, -1, Fraction(1, 2))
TEMPORARY = re.compile(r"t\d+_*")
MAKES_ARRAYS = re.compile(r"where|polygamma")  # calls that give an array of no axes where they are given a number


class NodeWriter(CallWriter):
    """The lines that compute the expressions."""

    def __init__(self, exprs: Sequence[Expr], target: Library, name: str, given: Sequence[Expr], order: Sequence[str] = ()) -> None:
        super().__init__(by_name(exprs), target, name, given, order)
        self.first: dict[tuple[str, tuple[int, ...], Shape], Expr] = {}  # the first node with a text
        self.twins: dict[Expr, Expr] = {}  # nodes whose text another has had before
        self.bearing: set[Expr] = set()  # products that are written with the coefficient that a sum has for them
        self.coefs: dict[Expr, tuple[Number, ...]] = {}

    def write(self) -> list[Piece]:
        """All nodes, arguments first; the pieces of the expressions.

        Long: it meets every node: a call for each kind would be paid for each of them.
        """
        users = Counter(self.exprs)
        for node in self.nodes:
            users.update(node.args)
        shared = {node for node, count in users.items() if count > 1} - met_by_vectors(self.nodes, self.exprs)
        for node in self.nodes:
            if node.op == PROD:
                self.products[node] = dissolve(node, self.products, shared)
        for p in list(self.products.values()):
            scale_last(p, self.products, shared)
        below: dict[Expr, tuple[Expr, ...]] = {n: n.args for n in self.nodes}
        below |= {n: tuple([f for f, _ in p.factors]) for n, p in self.products.items()}
        if self.target.arrays:
            below |= {n: tuple(entries) for n in self.nodes if n.op == SUM and (entries := listed_entries(n)) is not None}
        below |= {n: n.args[: -2 if n.data.startswith("_dots") else -1] for n in self.nodes if is_call_of(n, PLACED) and follows(n)}
        order = _reached(self.exprs, below)
        self.uses = Counter(self.exprs)
        for node in order:
            self.uses.update(below[node])
        self.coefs = {node: self.inside(node) for node in order if node.op == SUM}
        rules: dict[int, Callable[[Expr], Piece]] = {
            NUM: lambda n: self.number(n.data),
            DIM: lambda n: Piece(self.dim(n.data), ATOM, (), "number"),
            CONST: lambda n: Piece(f"{self.lib(n.data)}", ATOM, (), "number"),
            VAR: lambda n: Piece(self.params[n.data[0]], ATOM, tuple(range(len(n.shape)))),
            DELTA: self.identity,
            UNIT: lambda n: self.unit(n.data, n.shape[0]),
            SUM: self.sum,
            PROD: self.product,
            POW: self.power,
            CALL: self.call,
            OPAQUE: self.opaque,
            NAME: self.named,
            RESHAPE: self.reshape,
        }
        self.find_solved(order)
        self.met = self.pairs_met(order)
        for node in order:
            if node.op == CALL and node.data in self.target.exponentials:
                self.softened.setdefault(node.args[0], set()).add(node.data)
        if self.target.cuts:
            beside = {a for node in order if node.op != PROD for a in below[node]}.union(self.exprs)
            self.ranges = {node: found for node in order if node not in beside and (found := between(node)) is not None}
        wide = self.of_indices()
        named = {node.args[0] for node in order if node.op == NAME}  # these get a local of that name
        for node in order:
            self.wide = node in wide
            if node.shape and not self.target.arrays:
                raise SymdiffError(f"the target {self.target.name} is for scalars only", hint='use "numpy", "jax" or "torch"')
            made = rules[node.op](node)
            if self.wide and made.kind == "array":
                made = made._replace(kind="wide")
            if node.args and not is_plain(made.text) and node not in self.bearing:
                first = self.first.setdefault((made.text, made.axes, node.shape), node)
                if first is not node:
                    self.twins[node] = first
            again = (
                self.uses[node] > 1
                and not is_plain(made.text)
                and not is_reciprocal(node)
                and node not in self.solved
                and node not in self.ranges
            )
            if (len(made.text) > MAX_LENGTH and node not in named) or again or (node in self.matrices and not is_plain(made.text)):
                made = self.assign(made)
                self.assigned.add(node)
            self.pieces[node] = made
        self.wide = False
        answers = [self.answer(e) for e in self.exprs]
        if self.ranges:
            self.lines = without_unused(self.lines, [p.text for p in answers])
        return answers

    def inside(self, node: Expr) -> tuple[Number, ...]:
        """The coefficients of a sum that stay in front of its terms: a product takes one along, for the smallest of its factors to bear."""
        left = list(node.data)
        for k, (c, a) in enumerate(zip(node.data, node.args, strict=True)):
            if (
                c not in (1, -1)
                and self.uses[a] == 1
                and a.op == PROD
                and (p := self.products[a]).coef
                and (
                    len({ls for _, ls in p.factors}) > 1
                    or not any(ls for _, ls in p.factors)
                    or any(f.op == POW and f.args[1] is MINUS_ONE for f, _ in p.factors)
                )
            ):
                p.coef *= c
                left[k] = 1
                self.bearing.add(a)
        return tuple(left)

    def of_indices(self) -> set[Expr]:
        """Values that depend on indices and sizes alone, and may be too large for the arguments' type to hold exactly."""
        alone, counted, found = set[Expr](), set[Expr](), set[Expr]()
        for node in self.nodes if any(map(is_index, self.nodes)) else ():
            if node.op in (VAR, OPAQUE) or not alone.issuperset(node.args):
                continue
            alone.add(node)
            if is_index(node) or not counted.isdisjoint(node.args):
                counted.add(node)
                summed = node.op == PROD and any(label not in node.data[1] for ls in node.data[0] for label in ls)
                if is_index(node) or summed or (not found.isdisjoint(node.args) and not (node.op == CALL and row_of(node.data).relation)):
                    found.add(node)
        return found

    def identity(self, node: Expr) -> Piece:
        self.work.add("entry", node.shape)
        return Piece(f"{self.lib('eye')}({self.dim(node.shape[0])}, {self.kind()})", ATOM, (0, 1))

    def named(self, node: Expr) -> Piece:
        piece = self.pieces[node.args[0]]
        if node in self.solved:
            return piece
        return piece if TEMPORARY.fullmatch(piece.text) else self.assign(piece, self.bound(node))

    def answer(self, expr: Expr) -> Piece:
        """The piece as the function returns it: floats of the library, all axes there."""
        piece = self.pieces[expr]
        if not expr.shape and piece.kind == "number":
            if expr.op == NUM and self.target.numbers:
                return Piece(self.number(expr.data).text + (".0" if type(expr.data) is int and abs(expr.data) < 1 << 53 else ""))
            return self.lift(piece)
        expr = unnamed(expr)
        if self.target.unpacked and not expr.shape and expr.op == CALL and MAKES_ARRAYS.search(self.target.spelling(row_of(expr.data))):
            return self.piece(piece.at(ATOM) + self.target.unpacked, ATOM, (), (piece,))
        return self.whole(self.floats(piece), expr.shape, own=True)

    def sum(self, node: Expr) -> Piece:
        if (entries := listed_entries(node)) is not None and self.target.arrays:
            listed = [self.lift(self.floats(self.pieces[a])) for a in entries]
            return self.piece(f"{self.lib('stack')}([{', '.join([p.text for p in listed])}])", ATOM, (0,), listed)
        parts = [self.pieces[a] for a in node.args]
        whole = all(self.is_whole(a) for a in node.args) and all(type(c) is int for c in node.data)
        pieces, axes = self.together(parts if whole else [self.floats(p) for p in parts])
        kind = "number" if all(p.kind == "number" for p in pieces) else "index" if whole else "array"
        made: Piece | None = None
        terms = list(zip(self.coefs[node], pieces, strict=True))
        first = next((k for k, term in enumerate(terms) if not is_negative(*term)), 0)
        for coef, piece in [terms[first], *terms[:first], *terms[first + 1 :]]:
            term = self.scaled(coef, piece) if made is None or coef != -1 else piece
            if made is None:
                made = term._replace(axes=axes)
                continue
            negative = is_negative(1, term)
            text = term.text[1:] if negative else term.at(MATMUL)
            minus = negative != (term is piece and coef == -1)
            self.work.add("entry", [node.shape[a] for a in axes])
            made = self.piece(f"{made.at(ADD)} {'-' if minus else '+'} {text}", ADD, axes, (made, term), kind)
        assert made is not None
        return made

    def power(self, node: Expr) -> Piece:
        base, exponent = (self.floats(self.pieces[a]) for a in node.args)
        constant = base.kind == exponent.kind == "number"
        k = node.args[1].data if node.args[1].op == NUM else None
        (b, e), axes = self.together([base, exponent])
        self.work.add("entry" if k in CHEAP_POWERS else "call", [node.shape[a] for a in axes])
        both = (base, exponent)
        if not self.target.arrays and (base.kind == "number" or type(k) is not int):
            return self.piece(f"{self.lib('pow')}({b.text}, {e.text})", ATOM, (), both)
        if not self.target.arrays and k in (2, 3) and not constant and is_plain(b.text):  # x**2 of floats is an error where x*x is inf
            return self.piece("*".join([b.text] * k), MUL, axes, (base,))
        if constant:
            if k == -1 and is_divisor(node.args[0]):
                return self.piece(f"1/{b.at(NEG)}", MUL, (), both, "number")
            item = b.level == ATOM and b.text.endswith(".item()")
            value = b.text.removesuffix(".item()") if item else f"{self.module('np')}.float64({b.text})"
            return self.piece(f"({f'1/{value}' if k == -1 else f'{value}**{e.at(NEG)}'}).item()", ATOM, (), both, "number")
        if k == 1:
            return base
        if k == -1:
            return self.piece(f"1/{b.at(NEG)}", MUL, axes, both)
        if k in (Fraction(1, 2), Fraction(-1, 2)):
            root = self.piece(f"{self.lib('sqrt')}({b.text})", ATOM, axes, both)
            return root if k > 0 else self.piece(f"1/{root.text}", MUL, axes, (root,))
        return self.piece(f"{b.at(ATOM)}**{e.at(NEG)}", POWER, axes, both)

    def reshape(self, node: Expr) -> Piece:
        inner = node.args[0]
        if inner.op == PROD and self.uses[inner] == 1:
            p = self.products[inner]
            blocks = [(2, p.out[0::2]), (2, p.out[1::2])]
            if p.coef == 1 and not (p.units or p.deltas) and [(len(f.shape), ls) for f, ls in p.factors] == blocks:
                a, b = [self.whole(self.floats(self.pieces[f]), f.shape) for f, _ in p.factors]
                return self.piece(f"{self.lib('kron')}({a.text}, {b.text})", ATOM, (0, 1), (a, b))
        piece = self.pieces[inner]
        whole = self.whole(piece if piece.kind == "index" else self.floats(piece), inner.shape)
        if len(inner.shape) == len(node.shape) == 1:
            return whole
        sizes = "-1" if len(node.shape) == 1 else ", ".join(map(self.dim, node.shape))
        if not inner.shape:
            whole = self.lift(whole)
        return self.piece(f"{whole.at(ATOM)}.reshape({sizes})", ATOM, tuple(range(len(node.shape))), (whole,), whole.kind)


def is_negative(coef: Number, term: Piece) -> bool:
    """Whether a term begins with a minus."""
    return (coef < 0) != (term.level in (NEG, MUL) and term.text.startswith("-"))


def without_unused(lines: Sequence[str], answers: Sequence[str]) -> list[str]:
    """The lines without locals of the writer's own that nothing behind them uses: indices of which slices have been taken."""
    used = {word for text in answers for word in re.findall(r"\w+", text)}
    kept = []
    for line in reversed(lines):
        made = re.match(r"(t\d+) = ", line)
        if made is None or made[1] in used:
            used.update(re.findall(r"\w+", line))
            kept.append(line)
    return kept[::-1]


def without_twins(exprs: Sequence[Expr], twins: dict[Expr, Expr]) -> Sequence[Expr]:
    """The expressions with every node that has a twin in front of it replaced by that."""
    if not twins:
        return exprs
    nodes = {node: k for k, node in enumerate(topological(exprs))}
    pairs = [(node, first) for node, first in twins.items() if node in nodes and first in nodes]  # others are parts of products
    twins = dict([pair if nodes[pair[1]] < nodes[pair[0]] else pair[::-1] for pair in pairs])  # so that none is put for a part of itself
    below = {n: (twins[n],) if n in twins else n.args for n in nodes}
    new: dict[Expr, Expr] = {}
    for node in _reached(exprs, below):
        new[node] = new[twins[node]] if node in twins else make(node.op, tuple([new[a] for a in node.args]), node.data, node.shape)
    return [new[e] for e in exprs]


def by_name(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with the name of a binding wherever its value stands, so that it is computed once."""
    names = {node.args[0]: node.data for node in reversed(topological(exprs)) if node.op == NAME and node.args[0].args}

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME and kids[0].op == NAME and kids[0].data == node.data:
            return kids[0]
        made = make(node.op, kids, node.data, node.shape)
        return make(NAME, (made,), names[node], node.shape) if node in names else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def _reached(roots: Sequence[Expr], below: dict[Expr, tuple[Expr, ...]]) -> list[Expr]:
    """The nodes that the pieces refer to, arguments first."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack: list[tuple[Expr, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend([(a, False) for a in reversed(below[node])])
    return order
