"""From normal form back to the notation that people write.

In: values in normal form, and the formula, which gives reading order and the orientation of differences. Out: the same
values as written, every product in one of the forms of matrix notation.

A product in index notation is a small graph: labels are vertices, matrices are edges, vectors weigh a vertex. It is
reduced with the operations that have names: vectors of one label multiply entry by entry, a label summed over with
one matrix is a matrix-vector product, with two a matrix product (with a diag between them if it has a weight), a
closed chain is a trace, two open ends in different parts an outer product. Each step removes a label or a factor. What does not reduce
so stays a general product, which is printed in index notation.

Long: one walk, a method for each kind of node; what is decided on the way stands in files of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdiff.expr import build
from symdiff.expr.node import CALL, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, Expr, Number, Shape, make
from symdiff.expr.patterns import has_one_factor, has_terms, is_call_of, is_divisor, is_letter
from symdiff.expr.walk import topological, variables
from symdiff.notation import merged
from symdiff.notation.chains import Layout
from symdiff.notation.entangled import is_entangled
from symdiff.notation.numerals import terminates
from symdiff.notation.order import ReadingOrder, counts
from symdiff.notation.price import FAR
from symdiff.notation.signs import Signs, negated
from symdiff.notation.trees import length
from symdiff.notation.unparse import unparse
from symdiff.notation.written import constant, is_row, is_transpose, looked_up, power_base, roots, rows_squared, transposed
from symdiff.simplify.cost import squares
from symdiff.simplify.improve import Improver
from symdiff.simplify.normal import Normalizer
from symdiff.simplify.shapes import Term, constant_along, is_ones, is_zero
from symdiff.table.groups import LATTICE
from symdiff.table.operators import FORWARD, INEQUALITIES, MIRROR, NEGATION

Labels = tuple[int, ...]

FLIPPED = {name: MIRROR[name] for name in FORWARD & INEQUALITIES}
ENTRY_BY_ENTRY = (((0, 1), (0, 1)), (0, 1))  # the labels of A .* B
MOST_KNOTS = 2_000  # nodes whose products are also tried as sums over an index: of longer answers nobody reads the text
MOST_COMPARED = 60_000  # symbols of what is compared for that: an answer nested in itself is read again at every level
NAMED_FROM, NAMING = 10, 6  # symbols from which on what stands twice gets a name; of `M = …; M + M'` besides M itself


class Writer(ReadingOrder, Signs):
    """Writes normal forms; `home` knows symmetries, `f` the reading order."""

    def __init__(self, home: Normalizer, f: Expr | None = None) -> None:
        super().__init__(home)
        if f is not None:
            self.read(f)

    # ------------------------------------------------------------------------------------------ the walk

    def write(self, roots: Sequence[Expr]) -> list[Expr]:
        for node in topological(roots, self.written.keys(), into_names=False):
            if node not in self.written:
                self.written[node] = self.value(node)
        return [self.written[r] for r in roots]

    def get(self, x: Expr) -> Expr:
        """The written form of a normal form, made on demand for parts that are put together here."""
        known = self.written.get(x)
        return known if known is not None else self.write([x])[0]

    def value(self, x: Expr) -> Expr:
        op = x.op
        if op == SUM:
            return self.sum(x)
        if op == PROD:
            return self.term(1, x)
        if op == POW:
            return self.term(1, x)
        if op == CALL:
            return self.call(x)
        if op == OPAQUE:
            return make(OPAQUE, tuple([self.get(a) for a in x.args]), x.data, x.shape)
        if op == RESHAPE:
            if len(merged.factors(self.home, x)) > 1:
                return self.term(1, x)
            words = merged.written(self, x.args[0], x.shape)
            return words if words is not None and words.shape == x.shape else build.reshape(self.get(x.args[0]), x.shape)
        return x

    def call(self, x: Expr) -> Expr:
        name, args = x.data, x.args
        if x in self.typed:
            name, args = self.typed[x]
        elif name in FLIPPED:
            args = self.sides(*args)
        elif name == "if" and self.opposite.get(args[0], args[0]) is not args[0]:
            args = (self.opposite[args[0]], args[2], args[1])
        picked = build.one_hot_of(x)
        if picked is not None and picked[1] == 0 and len(x.shape) == 2:  # unit(y, k)'
            return build.transpose(build.one_hot(picked[0], x.shape[0]))
        if name in NEGATION and x not in self.typed and constant(args[0]) and not constant(args[1]):
            name, args = FLIPPED.get(name, name), args[::-1]
        if name in LATTICE:
            args = tuple(self.in_reading_order(args))
        written = make(CALL, tuple([self.get(a) for a in args]), name, x.shape)
        within = self.within(x) if name == "and" else None
        return within if within is not None and self.price(within) < self.price(written) else written

    def within(self, x: Expr) -> Expr | None:
        """u < d and -d < u as abs(u) < d."""
        if any(a.op != CALL or a.data != x.args[0].data or a.data not in FLIPPED for a in x.args):
            return None
        first, second = [self.home.sub(*a.args) for a in x.args]
        d, u = [self.home.scaled(Fraction(1, 2), self.home.add(first, other)) for other in (second, self.home.scaled(-1, second))]
        ways = (u, self.home.scaled(-1, u))
        if u.op == SUM and self.order.keys().isdisjoint(ways) and any(is_ones(t) for t in u.args):
            return None  # abs(x - 1/2) < 1/2 is not how people say x > 0 and x < 1
        if not set(variables([u])).isdisjoint(variables([d])):
            return None  # where u is at an end of its range, rounding would decide
        content = self.home.primitive(u)[0]
        found = []
        for c in {Fraction(1): None, 1 / Fraction(content if content > 0 else -content): None}:  # abs(x/6) < 1/2 is abs(x) < 3
            inside = min([self.get(self.facing(self.home.scaled(c, way))) for way in ways], key=self.price)
            found.append(make(CALL, (build.call("abs", inside), self.get(self.home.scaled(c, d))), FLIPPED[x.args[0].data], x.shape))
        return min(found, key=self.price)

    # ------------------------------------------------------------------------------------------ sums

    def sum(self, x: Expr) -> Expr:
        if len(x.args) == 1:
            return self.term(x.data[0], x.args[0])
        if x.shape and all(constant_along(t) for t in x.args):
            scalars = [(c, self.home.scalar_product(t.args)) for c, t in zip(x.data, x.args, strict=True)]
            return build.spread(self.get(self.home.sum(scalars, ())), x.shape)
        if (entries := self.entries(x)) is not None:
            return build.listed(entries)
        terms: list[Term] = list(zip(x.data, x.args, strict=True))
        seen = self.order.get(x)
        pieces = [(c, t, *self.signed(c, t)) for c, t in terms]

        def key(piece: tuple[Number, Expr, int, Expr]) -> tuple[bool, int, bool, int, int]:
            _, t, sign, w = piece
            place = seen.get(t, FAR) if seen is not None else 0
            return (sign < 0, place, is_ones(t) and sign > 0, self.position(t), self.price(w))

        keys = [key(piece) for piece in pieces]
        alone = {k for k, count in Counter(keys).items() if count == 1}  # letters are looked for only where they decide
        ranked = [
            (k, [] if k in alone else self.letters(w), t.key, n) for n, (k, (_, t, _, w)) in enumerate(zip(keys, pieces, strict=True))
        ]
        pieces = [pieces[n] for *_, n in sorted(ranked)]
        parts = [w for _, _, _, w in pieces]
        transpose = all(is_transpose(w) for w in parts) and any(w.args[0].args for w in parts)
        if transpose:  # (A*B)' + (B*A)' is (A*B + B*A)'
            parts = [w.args[0] for w in parts]
        c, t, sign, _ = pieces[0]
        total = parts[0] if sign > 0 else negated(parts[0]) if transpose else self.term(c, t)
        for w, (_, _, sign, _) in zip(parts[1:], pieces[1:], strict=True):
            total = build.add(total, w, sign)
        if transpose:
            total = build.transpose(total)
        content, rest = self.home.primitive(x, sign=False)
        if content != 1:
            out = tuple(range(len(x.shape)))
            front, turned = self.orient(content, [(rest, out)])
            product = self.product(front, turned, out, x.shape)
            broken = any(is_ones(t) and Fraction(c).denominator != 1 for c, t in terms)  # (1 + tanh(x))/2 rather than tanh(x)/2 + 0.5
            if self.price(product) < self.price(total) + broken:
                return product
        totals = self.totals_joined(terms, x.shape) if seen is None else None
        if totals is not None:
            written = self.get(totals) if totals.op != SUM else self.sum(totals)
            if self.price(written) < self.price(total):
                return written
        if len(terms) > 2:
            alike = self.together(terms, x.shape)
            if alike is not None:
                written = self.sum(alike)
                if self.price(written) < self.price(total):
                    return written
            both = self.with_transpose(x, self.price(total))
            if both is not None:
                return both
        return total

    def entries(self, x: Expr) -> list[Expr] | None:
        """The entries of a vector, written, where its terms are numbers times basis vectors; None for other vectors."""
        if len(x.shape) != 1 or not isinstance(x.shape[0], int) or x.shape[0] > 2 * len(x.args):
            return None
        found: dict[int, list[Term]] = {}
        for c, t in zip(x.data, x.args, strict=True):
            factors = list(zip(t.args, t.data[0], strict=True)) if t.op == PROD else [(t, (0,))]
            units = [f for f, ls in factors if ls]
            if len(units) != 1 or units[0].op != UNIT or any(f.shape for f, ls in factors if not ls):
                return None
            rest = [(f, ls) for f, ls in factors if not ls]
            found.setdefault(units[0].data, []).append((c, self.home.product(rest, (), {})))
        if len(found) < 2:
            return None
        return [self.get(self.home.sum(found[i], ())) if i in found else build.ZERO for i in range(1, x.shape[0] + 1)]

    def with_transpose(self, x: Expr, limit: int) -> Expr | None:
        """A symmetric sum as M + M', where that is shorter with a name for M."""
        half = self.half(x) if self.home.symmetric(x) else None
        if half is None:
            return None
        (half,) = Improver(self.home).run([half])
        w = self.get(half)
        price = self.price(w)
        return build.add(w, build.transpose(w)) if price >= NAMED_FROM and price + NAMING < limit else None

    def half(self, x: Expr, depth: int = 3) -> Expr | None:
        """M, where a symmetric sum is M + M' term by term; a symmetric term is halved inside a sum among its factors."""
        terms = dict(zip(x.args, x.data, strict=True))
        found: list[Term] = []
        done: set[Expr] = set()
        for t, c in terms.items():
            if t in done:
                continue
            turned = self.home.transposed(t)
            if turned is not t:
                if terms.get(turned) != c:
                    return None
                done.add(turned)
                found.append((c, min(t, turned, key=lambda u: self.price(self.get(u)))))
                continue
            items = list(zip(t.args, t.data[0], strict=True)) if t.op == PROD and depth else []
            if any(ls and (len(ls) != 2 or set(ls) != set(t.data[1]) or not self.home.symmetric(f)) for f, ls in items):
                return None
            for n, (f, ls) in enumerate(items):
                inner = self.half(f, depth - 1) if ls and has_terms(f) else None
                if inner is not None:
                    found.append((c, self.home.product([*items[:n], (inner, ls), *items[n + 1 :]], t.data[1], {})))
                    break
            else:
                return None
        return self.home.sum(found, x.shape)

    def together(self, terms: list[Term], shape: Shape) -> Expr | None:
        """A sum some of whose terms have one coefficient, these as one term: x/2 + y/2 - z is (x + y)/2 - z."""
        sizes: list[Number] = [c if c > 0 else -c for c, _ in terms]
        shared = [(n, c) for c, n in Counter(sizes).items() if c != 1 and 1 < n < len(terms)]
        if not shared:
            return None
        _, c = max(shared)
        inner = self.home.sum([(1 if d > 0 else -1, t) for d, t in terms if abs(d) == c], shape)
        if inner.op != SUM:
            return None
        rest = [(d, t) for d, t in terms if abs(d) != c]
        return make(SUM, (*[t for _, t in rest], inner), (*[d for d, _ in rest], c), shape)

    def totals_joined(self, terms: list[Term], shape: Shape) -> Expr | None:
        """A sum whose totals over the same axes are one: sum(mu) - sum(y) is sum(mu - y), and so with rowsum and colsum."""
        groups: dict[tuple[Any, ...], dict[int, tuple[Number, Expr]]] = {}  # by the number of the term
        for n, (c, t) in enumerate(terms):
            if t.op == PROD and any(t.data[0]):
                labels, out = t.data
                (tensor, ls), *others = [(f, ls) for f, ls in zip(t.args, labels, strict=True) if ls]
                if not others and len(set(ls)) == len(ls) and set(ls) > set(out):
                    front = tuple([f for f in t.args if not f.shape])
                    groups.setdefault((front, ls, out, tensor.shape), {})[n] = (c, tensor)
        groups = {key: group for key, group in groups.items() if len(group) > 1}
        if not groups or any(t in known for known in self.order.values() for _, t in terms if t.op == PROD and t.data[0] != ((),)):
            return None  # as the formula has them
        kept = [term for n, term in enumerate(terms) if not any(n in group for group in groups.values())]
        found: list[tuple[Number, Expr]] = []
        for (front, ls, out, inner), group in groups.items():
            content, total = self.home.primitive(self.home.sum([*group.values()], inner))
            labels = (*[() for _ in front], ls)
            found.append((content, make(PROD, (*front, total), (labels, out), shape)))
        if not kept and len(found) == 1 and found[0][0] == 1:
            return found[0][1]
        terms = [*kept, *found]
        return make(SUM, tuple([t for _, t in terms]), tuple([c for c, _ in terms]), shape)

    # ------------------------------------------------------------------------------------------ terms

    def term(self, c: Number, t: Expr) -> Expr:
        """c*t as written, for a term of a sum or a product on its own."""
        if is_ones(t):
            return build.spread(build.num(c), t.shape)
        if is_zero(t):
            return t
        if t.op == PROD:
            labels, out = t.data
            factors = list(zip(t.args, labels, strict=True))
        else:
            out = tuple(range(len(t.shape)))
            factors = merged.factors(self.home, t) if t.op == RESHAPE else [(t, out)]
        c, factors = self.orient(c, factors)
        return self.product(c, factors, out, t.shape)

    def product(self, c: Number, factors: list[tuple[Expr, Labels]], out: Labels, shape: Shape) -> Expr:
        """c times a network of factors, written; as a sum over an index where a factor has no other notation and that is shorter."""
        result = self.matrix_product(c, factors, out, shape)
        if (
            not any(len(ls) > 1 for _, ls in factors)
            or len(self.knots) > MOST_KNOTS
            or not any(self.knotted(self.get(power_base(f))) for f, ls in factors if ls)
        ):
            return result
        other = self.matrix_product(c, factors, out, shape, general=True)
        if self.compared > MOST_COMPARED:
            return other
        lengths = length(unparse(other)), length(unparse(result))
        self.compared += sum(lengths)
        return other if lengths[0] < lengths[1] else result

    def knotted(self, w: Expr) -> bool:
        """Whether matrix notation cannot write a value, or what it is made of."""
        for node in topological([w], self.knots.keys()):
            if node not in self.knots:
                self.knots[node] = node.op != NAME and (is_entangled(node, self.knot) or any(self.knots[a] for a in node.args))
                if is_entangled(node, self.knot):
                    self.knot.add(node)
        return self.knots[w]

    def matrix_product(self, c: Number, factors: list[tuple[Expr, Labels]], out: Labels, shape: Shape, *, general: bool = False) -> Expr:
        """c times a network of factors; general: as it is."""
        above: list[Expr] = []
        below: list[Expr] = []
        tensors: list[tuple[Expr, Labels]] = []
        for f, ls in self.brackets_joined(factors):
            if ls:
                tensors.append((f, ls))
            elif is_divisor(f):
                below.append(self.home.number_power(f.args[0], -f.args[1].data))
            else:
                above.append(f)
        above.sort(key=self.factor_key)
        below.sort(key=self.factor_key)
        self.means(above, below)
        self.means_of_rows(tensors, below, out)
        over = [self.entry_power(x) for x in above]
        under = [self.entry_power(x) for x in below]
        sign, c = (-1, -c) if c < 0 else (1, c)
        c = roots(c, over, under)
        numerator: Number = Fraction(c).numerator
        denominator = Fraction(c).denominator
        if denominator != 1 and numerator != 1 and not under and terminates(c):
            numerator, denominator = c, 1
        if denominator != 1:
            under.insert(0, build.num(denominator))
        if tensors:
            sizes = dict(zip(out, shape, strict=True)) | {i: d for f, ls in tensors for i, d in zip(ls, f.shape, strict=True)}
            layout = Layout(self, out, sizes, tensors)
            chain = [layout.general()] if general else layout.chain()
        else:
            chain = []
        if out and len(chain) > 1 and chain[-1] is build.spread(build.ONE, shape):
            chain.pop()
        spread_at_end = bool(out) and not any(part.shape for part in chain)
        parts = over + chain
        if numerator != 1 or (not parts and (not under or sign < 0)):
            parts.insert(0, build.num(sign * numerator))
            sign = 1
        result = self.fold(parts, sign)
        if under:
            bottom = under[0]
            for d in under[1:]:
                bottom = build.scale(bottom, d)
            result = build.divide(result if result is not None else build.ONE, bottom)
        assert result is not None
        return build.spread(result, shape) if spread_at_end else result

    def means(self, above: list[Expr], below: list[Expr]) -> None:
        """sum(x)/size(x) is mean(x)."""
        for n, x in enumerate(above):
            if has_one_factor(x) and not x.shape and x.data[0][0] == tuple(range(len(x.args[0].shape))):
                inner = x.args[0]
                sizes = [build.dim(part) for d in inner.shape for part in (d if isinstance(d, tuple) else (d,))]
                holders = [next((k for k, b in enumerate(below) if power_base(b) is s), -1) for s in sizes]
                if inner.op != POW and -1 not in holders and len(set(holders)) == len(sizes):
                    for k in holders:
                        below[k] = self.home.scalar_product([below[k], self.home.number_power(power_base(below[k]), -1)])
                    below[:] = [b for b in below if b is not build.ONE]
                    above[n] = make(CALL, (inner,), "mean", ())

    def means_of_rows(self, tensors: list[tuple[Expr, Labels]], below: list[Expr], out: Labels) -> None:
        """rowsum(X)/n is rowmean(X), where n is the length of a row and X a letter: of rowsum(A - Y)/m lectures keep the sum."""
        if not any(power_base(b).op == DIM for b in below):
            return
        count = Counter(i for _, ls in tensors for i in ls)
        for n, (f, ls) in enumerate(tensors):
            alone = [axis for axis, i in enumerate(ls) if i not in out and count[i] == 1]
            if len(ls) != 2 or len(alone) != 1 or not is_letter(f) or 1 in f.shape:
                continue
            (axis,) = alone
            size = build.dim(f.shape[axis])
            k = next((k for k, b in enumerate(below) if power_base(b) is size), -1)
            if size.op == DIM and k >= 0:
                below[k] = self.home.scalar_product([below[k], self.home.number_power(size, -1)])
                below[:] = [b for b in below if b is not build.ONE]
                rows = f if axis == 1 else self.home.transposed(f)
                tensors[n] = (make(CALL, (rows,), "rowmean", rows.shape[:1]), (ls[1 - axis],))

    def brackets_joined(self, factors: list[tuple[Expr, Labels]]) -> list[tuple[Expr, Labels]]:
        """[x > 0]*[x < 6] as [x > 0 and x < 6], unless the formula has both brackets and puts them together itself."""
        found: dict[Labels, list[Expr]] = {}
        for f, ls in factors:
            if is_call_of(f, FLIPPED):
                found.setdefault(ls, []).append(f)
        both = {ls: fs for ls, fs in found.items() if len(fs) == 2 and not all(f in self.typed for f in fs) and not any(map(counts, fs))}
        if not both:
            return factors
        rest = [(f, ls) for f, ls in factors if ls not in both or f not in both[ls]]
        return rest + [(self.home.call("and", tuple(fs), fs[0].shape), ls) for ls, fs in both.items()]

    def fold(self, parts: Sequence[Expr], sign: int) -> Expr | None:
        """The parts multiplied from the left, each step with the product that their kinds ask for."""
        if not parts:
            return None
        cut = next((k for k, part in enumerate(parts) if len(parts) > 1 and build.selected(part) is not None), None)
        behind = parts[cut + 1 :] if cut is not None else ()
        if behind and cut and len(parts[cut - 1].shape) == 2 and all(build.selected(part) is not None for part in behind):
            cut, behind = len(parts) - 1, ()  # A*S'*S: from the left
        if cut is not None and behind:  # x[2:4] is taken from what stands behind, or puts that at its place
            rest = self.fold(parts[cut + 1 :], 1)
            assert rest is not None
            if rest.shape and not is_row(rest):
                taken = (build.matvec if len(rest.shape) == 1 else build.matmul)(parts[cut], rest)
                return self.fold([*parts[:cut], taken], sign)
        elif cut is not None and len(parts[cut - 1].shape) == 2 and not is_row(parts[cut - 1]):
            front = [part for part in parts[:cut] if not part.shape]
            inner = self.fold([part for part in parts[:cut] if part.shape], 1)
            assert inner is not None
            return self.fold([*front, build.matmul(inner, parts[cut])], sign)
        result = parts[0]
        if sign < 0:
            result = negated(result)
        row = is_row(parts[0])
        for part in parts[1:]:
            next_row = is_row(part)
            if not result.shape or not part.shape:
                row = row if result.shape else next_row
                result = build.scale(result, part)
            elif len(result.shape) == 1:
                result = build.vec_row(result, part)
                row = False
            elif len(part.shape) == 1:
                result = build.row_vec(result, part) if row else build.matvec(result, part)
                row = False
            else:
                result = build.matmul(result, part)
        return result

    # ------------------------------------------------------------------------------------------ powers

    def entry_power(self, f: Expr) -> Expr:
        """A factor that may be a power, written; negative powers as they are."""
        if f.op != POW:
            return self.get(f)
        base, exponent = f.args
        if exponent.op == NUM:
            return self.number_power(base, exponent.data)
        length = self.norm_of(base)
        if length is not None:
            return build.power(build.call("norm2", self.get(self.facing(length))), self.get(self.home.scaled(2, exponent)))
        return build.power(self.get(base), self.get(exponent))

    def number_power(self, base: Expr, n: Number) -> Expr:
        length = self.norm_of(base)
        if length is not None:
            length = self.facing(length)
        if length is not None and Fraction(n).denominator <= 2:
            k = int(2 * n)
            norm = build.call("norm2", self.get(length))
            if k % 2 or k > 2 or self.price(norm) + 2 < self.price(self.get(base)):
                return norm if k == 1 else build.power(norm, build.num(k))
        w = self.get(base)
        if n == 1:
            return w
        if Fraction(n).denominator == 2:
            rows = rows_squared(w)
            root = build.call("sqrt", w) if rows is None else build.call("rownorm2", rows)
            return root if n == Fraction(1, 2) else build.power(root, build.num(2 * n))
        return build.power(w, build.num(n))

    def norm_of(self, x: Expr) -> Expr | None:
        """r, where x in normal form is the sum of the squares of the entries of r."""
        parts = squares(x)
        if parts is None:
            return None
        if len(parts) == 1:
            return parts[0][0]
        labels = max([ls for _, ls in parts], key=len)
        return self.home.product(parts, labels, {})

    def squared(self, w: Expr) -> Expr:
        """M*(M*x) as M^2*x, where M is more than a letter; unit(ids, k)*(C*x) as C[ids]*x."""
        if build.is_form(w, "matvec") and self.price(w.args[0]) > 1:
            m, v = w.args
            if v.op == PROD and v.data == w.data and is_letter(v.args[0]) and m.op == CALL and build.one_hot_of(m) is not None:
                return build.matvec(build.matmul(m, v.args[0]), v.args[1])
            if (
                is_transpose(m)
                and v.op == PROD
                and v.data == w.data
                and is_transpose(v.args[0])
                and (rows := looked_up(v.args[0].args[0], m.args[0])) is not None
            ):
                return build.matvec(build.transpose(rows), v.args[1])
            if v.op == PROD and v.data == w.data and v.args[0] is m:
                return build.matvec(build.matmul(m, m), v.args[1])
        return w

    # ------------------------------------------------------------------------------------------ transposes

    def turned(self, w: Expr) -> Expr:
        """The transpose of a written matrix, inside where that has fewer symbols: ((W*S') .* H')' is (S*W') .* H."""
        known = self.turns
        for node in topological([w], known.keys(), into_names=False):
            if node in known or len(node.shape) != 2:
                continue
            best = node if self.home.symmetric(node) else transposed(node)
            if build.is_form(node, "matmul"):
                other = build.matmul(known[node.args[1]], known[node.args[0]])
            elif node.op == SUM or (node.op == PROD and node.data == ENTRY_BY_ENTRY):
                args = tuple([known[a] for a in node.args])
                other = make(node.op, args, node.data, node.shape[::-1])
            else:
                other = best
            inside = self.price(other) - (build.is_form(node, "matmul"))  # X'*A rather than (A*X)', of a symmetric A
            known[node] = other if inside < self.price(best) else best
        return known[w]

    # ------------------------------------------------------------------------------------------ price
