"""Chains: a product in index notation as a small graph, reduced with the operations that have names.

Labels are vertices, matrices are edges, vectors weigh a vertex. Each step removes a label or a factor, so it ends; what does not reduce so stays a
general product, which is printed in index notation.

Long: one loop that reduces a graph of factors, a method for each reduction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import DELTA, NUM, POW, PROD, SUM, UNIT, Dim, Expr
from symdiff.expr.patterns import is_call, is_divisor, is_elementwise, is_squared
from symdiff.expr.places import is_selection
from symdiff.notation.written import entry_of, is_inverse, is_transpose, looked_up, quotient, transposed, unfold

if TYPE_CHECKING:
    from symdiff.notation.writer import Writer

Labels = tuple[int, ...]


@dataclass(slots=True)
class Element:
    """A written matrix in a chain, and whether it stands there transposed."""

    node: Expr
    turned: bool
    symmetric: bool = False

    def turn(self) -> Element:
        return Element(self.node, not self.turned and not self.symmetric, self.symmetric)


@dataclass(slots=True, eq=False)
class Strand:
    """A chain of matrices from label a to label b."""

    chain: list[Element]
    a: int
    b: int

    def reverse(self) -> Strand:
        return Strand([e.turn() for e in reversed(self.chain)], self.b, self.a)


# A product of so many factors by entries is read one by one; of a longer one the matrices that meet are multiplied.
MOST_SINGLE = 6


class Layout:
    """The tensor part of one product, being reduced to a chain of written factors."""

    def __init__(self, home: Writer, out: Labels, sizes: dict[int, Dim], tensors: list[tuple[Expr, Labels]]) -> None:
        self.home = home
        self.out = out
        self.sizes = sizes
        self.tensors = tensors
        self.weights: dict[int, list[Expr]] = {}  # label -> written vectors to be multiplied entry by entry
        self.inverse: dict[int, list[Expr]] = {}  # label -> written vectors to divide by
        self.edges: list[Strand] = []
        self.scalars: list[Expr] = []

    def chain(self) -> list[Expr]:
        """The factors of the product from the left, scalars that arose on the way first."""
        home = self.home
        if len(self.out) > 2 or any(len(ls) > 2 for _, ls in self.tensors):
            return [self.general()]
        matrices: dict[tuple[int, int], list[tuple[Expr, bool]]] = {}
        for f, ls in sorted(self.tensors, key=lambda t: home.factor_key(t[0])):
            negative = is_divisor(f)
            if len(ls) == 1 and self.sizes[ls[0]] == 1:
                self.scalars.append(build.total(home.entry_power(f)))
            elif len(ls) == 1:
                if negative:
                    self.inverse.setdefault(ls[0], []).append(home.number_power(f.args[0], -f.args[1].data))
                else:
                    self.weights.setdefault(ls[0], []).append(home.entry_power(f))
            elif ls[0] == ls[1] and negative:
                self.inverse.setdefault(ls[0], []).append(build.diag_part(home.number_power(f.args[0], -f.args[1].data)))
            elif ls[0] == ls[1]:
                self.weights.setdefault(ls[0], []).append(build.diag_part(home.entry_power(f)))
            else:
                pair = (min(ls), max(ls))
                matrices.setdefault(pair, []).append((f, ls != pair))
        for pair, found in matrices.items():
            self.edges.append(self.merge(pair, found))
        self.fold_in_half()
        if not self.reduce():
            return [self.general()]
        self.outer_weights()
        return self.scalars + self.assemble()

    def merge(self, pair: tuple[int, int], found: list[tuple[Expr, bool]]) -> Strand:
        """Matrices with the same two labels, multiplied entry by entry."""
        home = self.home
        closed = not set(pair) & set(self.out) and not any(i in self.weights or i in self.inverse for i in pair)
        alone = all(not set(ls) & set(pair) or set(ls) == set(pair) for _, ls in self.tensors)
        if len(found) == 2 and closed and alone and found[0][1] != found[1][1] and not any(f.op == POW for f, _ in found):
            first, second = sorted(found, key=lambda m: home.factor_key(m[0]))
            self.scalars.append(build.trace(build.matmul(home.get(first[0]), home.get(second[0]))))
            return Strand([], *pair)
        if len(found) == 2 and found[0][1] != found[1][1] and not any(f.op == POW for f, _ in found):
            edges = [Strand([Element(home.get(f), turned)], *pair) for f, turned in found]
            around = self.diagonal(frozenset(pair), edges) if alone else None
            if around is not None:
                self.weights.setdefault(around[0], []).append(around[1])
                return Strand([], *pair)
        if len(found) == 1:
            f, turned = found[0]
            symmetric = home.home.symmetric(f)
            return Strand([Element(home.entry_power(f), turned and not symmetric, symmetric)], *pair)
        turned = sum(t for _, t in found) * 2 > len(found)
        over: list[Expr] = []
        under: list[Expr] = []
        for f, t in found:
            negative = is_divisor(f)
            w = home.number_power(f.args[0], -f.args[1].data) if negative else home.entry_power(f)
            (under if negative else over).append(home.turned(w) if t != turned and not home.home.symmetric(f) else w)
        return Strand([Element(quotient(over, under), turned)], *pair)

    def outer_weights(self) -> bool:
        """diag(u)*M*diag(v) is shorter as (u*v') .* M; True if there was one."""
        found = False
        degree = Counter(i for e in self.edges for i in {e.a, e.b})
        for edge in self.edges:
            if len(edge.chain) != 1 or any(i not in self.out and degree[i] < 2 for i in (edge.a, edge.b)):
                continue
            element = edge.chain[0]
            if element.node.op == DELTA:
                continue
            a, b = (edge.b, edge.a) if element.turned else (edge.a, edge.b)
            if all(i in self.weights or i in self.inverse for i in (a, b)):
                u, v = self.weight(a), self.weight(b)
                assert u is not None and v is not None
                frame = build.vec_row(u, build.row(v))
                element.node = build.elementwise(frame, element.node)
                element.symmetric = False
                for i in (a, b):
                    self.weights.pop(i, None)
                    self.inverse.pop(i, None)
                found = True
        return found

    def weight(self, label: int) -> Expr | None:
        over, under = self.weights.get(label, []), self.inverse.get(label, [])
        return quotient(over, under) if over or under else None

    def pop_weight(self, label: int) -> Expr | None:
        w = self.weight(label)
        self.weights.pop(label, None)
        self.inverse.pop(label, None)
        return w

    def reduce(self) -> bool:
        """Sum over labels one after the other; False where a label meets three matrices."""
        self.edges = [e for e in self.edges if e.chain]
        labels = {i for e in self.edges for i in (e.a, e.b)} | set(self.weights) | set(self.inverse)
        waiting = sorted(labels - set(self.out))
        while waiting:
            degree = {i: [e for e in self.edges if i in (e.a, e.b)] for i in waiting}
            label = min(waiting, key=lambda i: (len(degree[i]), sum(map(is_made, degree[i])), i))
            met = degree[label]
            if len(met) > 1 and self.outer_weights():
                continue
            if len(met) > 2:
                return False
            waiting.remove(label)
            if not met:
                if label in self.weights or label in self.inverse:
                    self.scalars.append(self.total(label))
            elif len(met) == 1:
                self.edges.remove(met[0])
                ends = frozenset((met[0].a, met[0].b))
                if len(ends) == 1:
                    self.scalars.append(self.closed(met[0], label))
                elif self.lonely(ends, []):
                    self.scalars.append(self.both_summed(met[0]))
                else:
                    self.hang(met[0], label)
            else:
                first, second = met
                self.edges = [e for e in self.edges if e is not first and e is not second]
                if first.b != label:
                    first = first.reverse()
                if second.a != label:
                    second = second.reverse()
                middle = self.pop_weight(label)
                between = [Element(build.diag_matrix(middle), False, True)] if middle is not None else []
                joined = Strand(first.chain + between + second.chain, first.a, second.b)
                self.edges.append(joined)
                self.join_parallel()
        self.join_parallel()
        return len(self.edges) <= 1

    def fold_in_half(self) -> None:
        """y'*M'*M*y is norm2(M*y)^2, and so with longer chains that read the same from both ends; from a label and back to it, rowsum((X*M).^2)."""
        home = self.home
        if len(self.out) > 1 or self.inverse or len(self.edges) < 2 or len(self.edges) % 2:
            return
        ends = sorted(self.weights)
        if self.out:
            start = end = self.out[0]
            fits = not ends
        else:
            start, end = ends if len(ends) == 2 else (-1, -1)
            fits = len(ends) == 2 and [len(self.weights[i]) for i in ends] == [1, 1] and self.weights[start][0] is self.weights[end][0]
        path: list[Element] = []
        left, at = list(self.edges), start
        while fits and left and (met := [e for e in left if at in (e.a, e.b)]) and len(met) == 1 + (bool(self.out) and not path):
            strand = met[0] if met[0].a == at else met[0].reverse()
            left.remove(met[0])
            path += strand.chain
            at = strand.b
        if not fits or left or at != end:
            return
        if any(e.node is not o.node or not (e.symmetric or e.turned != o.turned) for e, o in zip(path, reversed(path), strict=True)):
            return
        half = self.matrices(path[: len(path) // 2] if self.out else path[len(path) // 2 :])
        folded = home.fold([*half, *([] if self.out else self.weights[start])], 1)
        assert folded is not None
        self.edges, self.weights = [], {}
        if self.out:
            self.weights[start] = [build.rowsum(build.power(folded, build.TWO))]
        else:
            self.scalars.append(self.square(folded))

    def join_parallel(self) -> None:
        """Chains between the same two labels, multiplied entry by entry."""
        found: dict[frozenset[int], list[Strand]] = {}
        for edge in self.edges:
            found.setdefault(frozenset((edge.a, edge.b)), []).append(edge)
        for ends, group in found.items():
            if len(group) == 2 and len(ends) == 2 and self.lonely(ends, group):
                self.edges = [e for e in self.edges if e not in group]
                self.scalars.append(self.loop(*group))
            elif len(group) == 2 and (around := self.diagonal(ends, group)) is not None:
                self.edges = [e for e in self.edges if e not in group]
                self.weights.setdefault(around[0], []).insert(0, around[1])
            elif len(group) > 1:
                a, b = group[0].a, group[0].b
                if a in self.out and b in self.out:
                    a, b = sorted((a, b), key=self.out.index)
                folded = [self.home.fold(self.matrices((e if e.a == a else e.reverse()).chain), 1) for e in group]
                if not (a in self.out and b in self.out):
                    other = [self.home.fold(self.matrices((e if e.a == b else e.reverse()).chain), 1) for e in group]
                    both = [sum([self.home.price(w) for w in way if w is not None]) for way in (folded, other)]
                    if both[1] < both[0]:
                        folded, a, b = other, b, a
                self.edges = [e for e in self.edges if e not in group]
                self.edges.append(Strand([Element(quotient([w for w in folded if w is not None], []), False)], a, b))

    def diagonal(self, ends: frozenset[int], group: list[Strand]) -> tuple[int, Expr] | None:
        """Two chains from a label to one that is summed over, where that is shorter as the diagonal of a chain: diag(A*B)."""
        home = self.home
        summed = [i for i in ends if self.lonely(frozenset((i,)), group)]
        if len(ends) != 2 or len(summed) != 1 or 1 in (self.sizes[i] for i in ends):
            return None
        (label,) = ends - {*summed}
        there, back = [e if e.a == label else e.reverse() for e in group]
        circle = Strand(there.chain + back.reverse().chain, label, label)
        found = [home.fold(self.matrices(chain), 1) for chain in (circle.chain, circle.reverse().chain)]
        flat = [home.fold(self.matrices(e.chain), 1) for e in (there, back)]
        if None in found or not any(w is not None and is_transpose(w) for w in flat):
            return None  # of rowsum(M .* (W'*R)) people keep the product entry by entry
        diagonal = build.diag_part(min([w for w in found if w is not None], key=home.price))
        rows = build.rowsum(quotient([w for w in flat if w is not None], []))
        made = any(pointwise_values(e.node) for e in circle.chain)  # nobody multiplies matrices by one of brackets
        return (label, diagonal) if home.price(diagonal) <= home.price(rows) and not made else None

    def lonely(self, ends: frozenset[int], group: list[Strand]) -> bool:
        """Whether these labels are summed over and meet nothing but the chains of the group."""
        if any(i in self.out or i in self.weights or i in self.inverse for i in ends):
            return False
        return not any(e.a in ends or e.b in ends for e in self.edges if e not in group)

    def loop(self, first: Strand, second: Strand) -> Expr:
        """Two chains between two labels that meet nothing else: a trace, or the sum of an elementwise product."""
        home = self.home
        back = second if second.a == first.b else second.reverse()
        circle = Strand(first.chain + back.chain, first.a, first.a)
        found = [home.fold(self.matrices(chain), 1) for chain in (circle.chain, circle.reverse().chain)]
        flat = [home.fold(self.matrices(chain), 1) for chain in (first.chain, back.reverse().chain)]
        ways = [build.trace(w) for w in found if w is not None]
        ways.append(self.summed(quotient([w for w in flat if w is not None], [])))
        return min(ways, key=home.price)

    @staticmethod
    def summed(w: Expr) -> Expr:
        """The sum of the entries of a written tensor: of a diagonal the trace, of absolute values the norm."""
        if build.is_form(w, "diag_part"):
            return build.trace(w.args[0])
        return build.call("norm1", *w.args) if is_call(w, "abs") else build.total(w)

    def hang(self, edge: Strand, label: int) -> None:
        """Sum over a label at the end of a chain: a matrix-vector product, or row sums."""
        if edge.b != label:
            edge = edge.reverse()
        vector = self.pop_weight(label)
        element = edge.chain[0]
        if vector is None and len(edge.chain) == 1:
            sums = build.total if self.sizes[edge.a] == 1 else build.colsum if element.turned else build.rowsum
            node = sums(element.node)
        elif vector is not None and vector.op == UNIT and len(edge.chain) == 1:
            only = 1 if self.sizes[edge.a] == 1 else None
            node = build.entry(element.node, *((vector.data, only) if element.turned else (only, vector.data)))
        else:
            if vector is None:
                vector = build.spread(build.ONE, (self.sizes[label],))
            folded = self.home.fold([*self.matrices(edge.chain), vector], 1)
            assert folded is not None
            node = self.home.squared(folded)
        if self.sizes[edge.a] == 1:  # the only entry of its axis
            self.scalars.append(build.total(node) if node.shape else node)
        else:
            self.weights.setdefault(edge.a, []).insert(0, node)

    def total(self, label: int) -> Expr:
        """A sum over one label of vectors only: a dot product, a squared norm, or a sum."""
        home = self.home
        over, under = self.weights.pop(label, []), self.inverse.pop(label, [])
        if under or len(over) == 1:
            w = quotient(over, under)
            if is_squared(w):
                return self.square(w.args[0])
            return self.summed(w)
        if len(over) == 2 and over[0] is over[1]:
            return self.square(over[0])
        if len(over) == 2 and (over[0].op == UNIT) != (over[1].op == UNIT):
            return entry_of(*(over if over[1].op == UNIT else over[::-1]))
        if len(over) == 2:
            row = as_row_chain(home, over[0], over[1])
            return row if row is not None else build.dot(*over)
        return build.dot(over[0], quotient(over[1:], []))

    def square(self, w: Expr) -> Expr:
        home = self.home
        if len(w.shape) == 1 and 2 * home.price(w) + 1 <= home.price(w) + 3:
            return build.dot(w, w)
        return build.power(build.call("norm2", w), build.TWO)

    def closed(self, edge: Strand, label: int) -> Expr:
        """A chain from a label to itself: a trace."""
        weight = self.pop_weight(label)
        chain = edge.chain
        if weight is not None:
            chain = [Element(build.diag_matrix(weight), False, True), *chain]
        folded = self.home.fold(self.matrices(chain), 1)
        assert folded is not None
        return build.trace(folded)

    def matrices(self, chain: list[Element]) -> list[Expr]:
        """The written factors of a chain; inv(A)*inv(B) is inv(B*A)."""
        found: list[Expr] = []
        joined: list[Element] = []
        for e in chain:
            last = joined[-1] if joined else None
            differ = last is not None and e.node is not last.node
            if (
                last is not None
                and differ
                and is_inverse(e.node)
                and is_inverse(last.node)
                and e.turned == last.turned
                and not (e.symmetric or last.symmetric)
            ):
                first, second = (last, e) if e.turned else (e, last)
                joined[-1] = Element(build.call("inv", build.matmul(first.node.args[0], second.node.args[0])), e.turned)
            else:
                joined.append(e)
        for (node, turned), run in groupby(joined, key=lambda e: (e.node, e.turned and not e.symmetric)):
            k = len(list(run))
            if k > (1 if turned or self.home.price(node) > 1 else 2):
                power = reduce(build.matmul, [node] * k)
                found.append(build.transpose(power) if turned else power)
            else:
                found += [self.home.turned(node) if turned else node] * k
        for n in range(len(found) - 1, 0, -1):  # unit(ids, k)*C is C[ids]
            one, other = found[n - 1 : n + 1]
            rows = looked_up(one, other)
            if rows is None and is_transpose(one) and is_transpose(other):
                rows = looked_up(other.args[0], one.args[0])
                rows = build.transpose(rows) if rows is not None else None
            if rows is not None:
                found[n - 1 : n + 1] = [rows]
        return found

    def assemble(self) -> list[Expr]:
        """What is left stands on the output labels only."""
        home = self.home
        if not self.out:
            return []
        if len(self.out) == 1:
            w = self.weight(self.out[0])
            if w is None:
                return [build.spread(build.ONE, (self.sizes[self.out[0]],))]
            return unfold(w)
        i, j = self.out
        if self.edges:
            edge = self.edges[0] if self.edges[0].a == i else self.edges[0].reverse()
            left, right = self.weight(i), self.weight(j)
            chain = self.matrices(edge.chain)
            if len(chain) == 1 and chain[0].op == DELTA and (left is not None or right is not None):
                both = [w for w in (left, right) if w is not None]
                return [build.diag_matrix(quotient(both, []))]
            back = edge.reverse().chain
            if len(chain) > 1 and left is None and right is None and not any(e.turned for e in back) and any(e.turned for e in edge.chain):
                folded, pushed = home.fold(self.matrices(back), 1), home.fold(chain, 1)
                assert folded is not None and pushed is not None
                if home.price(pushed) > home.price(folded) + 1:
                    return [build.transpose(folded)]
            front = [build.diag_matrix(left)] if left is not None else []
            end = [build.diag_matrix(right)] if right is not None else []
            return front + chain + end
        left, right = self.weight(i), self.weight(j)
        if left is None and right is None:
            return [build.spread(build.ONE, (self.sizes[i], self.sizes[j]))]
        if left is None and self.sizes[i] == 1 and right is not None:
            return self.row_chain(right)
        left = left if left is not None else build.spread(build.ONE, (self.sizes[i],))
        right = right if right is not None else build.spread(build.ONE, (self.sizes[j],))
        return unfold(left) + self.row_chain(right)

    def row_chain(self, v: Expr) -> list[Expr]:
        """v' as factors: (M*w)' as w'*M' where that is no longer."""
        parts = unfold(v)
        if len(parts) > 1 and parts[-1].shape and len(parts[-1].shape) == 1 and all(len(p.shape) == 2 for p in parts[:-1]):
            turned = [transposed(p) for p in reversed(parts[:-1])]
            if sum(self.home.price(p) for p in turned) <= sum(self.home.price(p) for p in parts[:-1]):
                return [build.row(parts[-1]), *turned]
        return [build.row(v)]

    def both_summed(self, edge: Strand) -> Expr:
        """A chain between two labels that are both summed over."""
        if len(edge.chain) == 1:
            node = edge.chain[0].node
            if is_squared(node):
                return self.square(node.args[0])
            return self.summed(node)
        folded = self.home.fold(self.matrices(edge.chain), 1)
        assert folded is not None
        return build.total(folded)

    def general(self) -> Expr:
        """No form of matrix notation: the product as it is."""
        factors = sorted(self.tensors, key=lambda t: (*self.home.factor_key(t[0])[:-1], t[1], t[0].key))
        written = [(self.home.entry_power(f), ls) for f, ls in factors]
        if len(written) > MOST_SINGLE:
            written = self.in_chains(written)
        return build.contract([w for w, _ in written], [ls for _, ls in written], self.out, self.sizes)

    def in_chains(self, factors: list[tuple[Expr, Labels]]) -> list[tuple[Expr, Labels]]:
        """Matrices that meet at a label which nothing else has, multiplied: A[i,k]*A[k,l]*A[l,j] as (A^3)[i,j]. Closed chains stay open at one label."""
        count = Counter(i for _, ls in factors for i in ls)
        inner = {i for i, n in count.items() if n == 2 and i not in self.out}
        ends: dict[int, list[int]] = {}  # which matrices have a label
        for n, (w, ls) in enumerate(factors):
            if len(ls) == 2 and ls[0] != ls[1] and 1 not in w.shape:
                for i in ls:
                    ends.setdefault(i, []).append(n)
        inner = {i for i in inner if len(ends.get(i, ())) == 2}
        found, used = [], set()
        for n in sorted(range(len(factors)), key=lambda n: inner.issuperset(factors[n][1])):  # the ends of chains first
            if n in used:
                continue
            used.add(n)
            w, ls = factors[n]
            if n in {m for i in ls for m in ends.get(i, ())}:
                parts, (first, last) = [w], ls if ls[1] in inner or ls[0] not in inner else ls[::-1]
                parts = parts if (first, last) == ls else [transposed(w)]
                while last in inner and (other := next((m for m in ends[last] if m not in used), None)) is not None:
                    used.add(other)
                    w, ls = factors[other]
                    parts.append(w if ls[0] == last else transposed(w))
                    last = ls[1] if ls[0] == last else ls[0]
                if sum(is_transpose(p) for p in parts) * 2 > len(parts):
                    parts, first, last = [transposed(p) for p in reversed(parts)], last, first
                w, ls = reduce(build.matmul, parts), (first, last)
            found.append((w, ls))
        return found


def is_made(edge: Strand) -> bool:
    """A single matrix of a function's values, as 1 - H.^2 or [H > 0]: where there is a choice, it meets others entry by entry and not in a matrix product."""
    return len(edge.chain) == 1 and pointwise_values(edge.chain[0].node)


def pointwise_values(w: Expr) -> bool:
    """Values of a function entry by entry, or numbers plus such."""
    if w.op == SUM:
        rest = [t for t in w.args if not (t.op == NUM or (t.op == PROD and all(a.op == NUM for a in t.args)))]
        return bool(rest) and all(map(pointwise_values, rest))
    return w.op == POW or (is_elementwise(w) and not is_selection(w) and build.one_hot_of(w) is None)


def as_row_chain(home: Writer, a: Expr, b: Expr) -> Expr | None:
    """a'*M*x, where b is M*x (or a is), or x'*M'*a, if that is shorter; as dot products where the formula has these only."""
    if len(unfold(b)) == 1:
        a, b = b, a
    parts = unfold(b)
    if len(parts) == 1 or len(unfold(a)) > 1:
        return None
    back = [transposed(p) for p in reversed(parts[:-1])]
    x = parts[-1]
    if home.dots and len(x.shape) == 1:
        other = home.fold([*back, a], 1)
        assert other is not None
        return min((build.dot(a, b), build.dot(x, other)), key=home.price)
    chains = ([build.row(a), *parts], [build.row(x), *back, a])
    forms = [home.fold(chain, 1) for chain in chains if len(chain[0].args[0].shape) == 1]
    return min((w for w in forms if w is not None), key=home.price, default=None)
