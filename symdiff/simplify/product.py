"""The Einstein product of normal forms, in normal form.

In: factors with labels, the output labels, and the sizes of labels that no factor has. The steps of `close`:
flatten factors that are products; substitute identities away; cancel A*inv(A), use orthogonal and one-hot facts;
set apart the parts that are numbers and the chains that meet the rest elementwise; merge equal factors into powers;
apply the rules for pairs of factors; number the labels canonically.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, SUM, UNIT, VAR, Dim, Expr, Number, make, rational
from symdiff.expr.places import count_along
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import is_count, is_diagonal, is_index, is_ones, is_outer, is_zero, split, terms_of
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.simplify.context import Context

Labels = tuple[int, ...]
Factor = tuple[Expr, Labels]

# A product with several users is flattened into each while it has at most so many factors; without a bound the
# n partial derivatives of x1*…*xn, which share prefixes and suffixes, would cost n^2. Nobody reads a graph of more than LARGE nodes
# whole, and shorter products make its simplification a third faster.
SHARED_FACTORS, SHARED_FACTORS_IF_LARGE = 16, 4
SHARED_TENSORS = 24  # the same for products of vectors and matrices, such as the adjoints of a deep network
LARGE = 10_000

# Functions of eigenvalues and the functions of the matrix that they make.
SPECTRAL = {"exp": "expm", "log": "logm"}

MAX_CHAIN = 5  # factors of an inverted product up to which they are looked for beside it
MAX_LOOKED_AT = 200  # nodes of a factor, to be asked whether it exists everywhere


class Network:
    """A product under construction. entries: (base, labels) -> exponent, a number or an expression."""

    __slots__ = ("coef", "entries", "home", "next", "out", "sizes", "summed")

    def __init__(self, home: Context, items: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> None:
        self.home = home
        self.out = out
        self.sizes: dict[int, Dim] = dict(sizes)
        self.coef: Number = 1
        self.entries: dict[Factor, Number | Expr] = {}
        self.summed: set[int] = set()
        self.next = 0
        if out or any(labels for _, labels in items):
            for node, labels in items:
                self.sizes.update(zip(labels, node.shape, strict=True))
                self.summed.update(labels)
            self.summed.difference_update(out)
            self.next = 1 + max(max(self.sizes, default=-1), max(out, default=-1))
        self.load(items)

    # ------------------------------------------------------------------------------------------ factors in

    def load(self, items: Sequence[Factor]) -> None:
        stack = list(reversed(items))
        while stack:
            node, labels = stack.pop()
            op = node.op
            if op == NUM:
                self.coef *= node.data
            elif op == PROD and flattens(node, self.home.shared_factors):
                inner, inner_out = node.data
                place = dict(zip(inner_out, labels, strict=True))
                for a, ls in zip(node.args, inner, strict=True):
                    for label, d in zip(ls, a.shape, strict=True):
                        if label not in place:
                            place[label] = self.fresh(d)
                    stack.append((a, tuple([place[i] for i in ls])))
            elif op == SUM and len(node.args) == 1:
                self.coef *= node.data[0]
                stack.append((node.args[0], labels))
            elif 1 in node.shape and op == SUM and (axes := idle_axes(node)):
                # x' has an axis of length 1; a sum of numbers spread along it is the sum of the numbers
                kept = tuple([axis for axis in range(len(labels)) if axis not in axes])
                own = tuple(range(len(labels)))
                terms = [(c, self.home.product([(t, own)], kept, {})) for c, t in zip(node.data, node.args, strict=True)]
                stack.append((self.home.sum(terms, tuple([node.shape[axis] for axis in kept])), tuple([labels[axis] for axis in kept])))
            else:
                if op == SUM:  # as it stands under a power, so that P - W meets (W - P)^-1
                    content, node = self.home.primitive(node)
                    self.coef *= content
                self.multiply(node, labels)

    def fresh(self, d: Dim) -> int:
        label = self.next
        self.next += 1
        self.sizes[label] = d
        self.summed.add(label)
        return label

    def multiply(self, node: Expr, labels: Labels) -> None:
        """Multiply by a factor that is no product: add to the exponent of its base."""
        exponent: Number | Expr = 1
        if node.op == POW:
            node, power = node.args
            exponent = power.data if power.op == NUM else power
        key = (node, self.oriented(node, labels))
        before = self.entries.get(key)
        if before is None:
            self.entries[key] = exponent
            return
        after = self.plus(before, exponent)
        if self.home.facts.idempotent(node) and isinstance(after, int) and after > 0:
            after = 1
        if after == 0:
            del self.entries[key]
            if not (isinstance(before, int) and before > 0 and isinstance(exponent, int) and exponent > 0):
                self.home.assume_nonzero(node)
        else:
            self.entries[key] = after

    def oriented(self, node: Expr, labels: Labels) -> Labels:
        """[i != j] and [j != i] are one factor."""
        if node.op == CALL and node.data in ("eq", "ne") and len(labels) == 2 and labels[0] > labels[1] and self.home.symmetric(node):
            return labels[::-1]
        return labels

    def plus(self, a: Number | Expr, b: Number | Expr) -> Number | Expr:
        if not isinstance(a, Expr) and not isinstance(b, Expr):
            return rational(a + b)
        x = a if isinstance(a, Expr) else build.num(a)
        y = b if isinstance(b, Expr) else build.num(b)
        shape = x.shape or y.shape
        out = tuple(range(len(shape)))
        x, y = [v if v.shape == shape else self.home.product([(v, ())], out, dict(enumerate(shape))) for v in (x, y)]
        total = self.home.add(x, y)
        return total.data if total.op == NUM else total

    # ------------------------------------------------------------------------------------------ the steps

    def close(self) -> Expr:
        if self.coef == 0:
            return build.spread(build.ZERO, tuple([self.sizes[i] for i in self.out]))
        if self.sizes:
            self.identities()
            while self.inverses() or self.spectral() or self.one_hot() or self.counted() or self.diagonals_of_sums() or self.divided_contractions():
                self.identities()
            self.dimensions()
            if len(self.entries) > 1:
                self.idle_brackets()
                self.set_apart()
        self.exponentials()
        RULES.apply_pairs(self)
        if self.coef == 0:
            return build.spread(build.ZERO, tuple([self.sizes[i] for i in self.out]))
        return self.finish()

    def rename(self, old: int, new: int, keep: Factor | None = None) -> None:
        entries, self.entries = self.entries, {}
        for (base, labels), exponent in entries.items():
            if (base, labels) != keep and old in labels:
                labels = self.oriented(base, tuple([new if i == old else i for i in labels]))
            key = (base, labels)
            if key in self.entries:
                total = self.plus(self.entries[key], exponent)
                if total == 0:
                    del self.entries[key]
                else:
                    self.entries[key] = total
            else:
                self.entries[key] = exponent

    def identities(self) -> None:
        """δ[i,j] renames one of its labels to the other; δ[i,i] is 1; unit vectors meet as 0 or 1."""
        done = False
        while not done:
            done = True
            for key in [k for k in self.entries if k[0].op == DELTA and self.selects(k)]:
                a, b = key[1]
                if a == b:
                    del self.entries[key]
                elif a in self.summed or b in self.summed:
                    if a not in self.summed:
                        a, b = b, a
                    del self.entries[key]
                    self.summed.discard(a)
                    self.rename(a, b)
                else:
                    self.entries[key] = 1
                    a, b = sorted((a, b), key=self.out.index)
                    if not any(b in labels for k, labels in self.entries if (k, labels) != key):
                        continue
                    self.rename(b, a, keep=key)
                done = False
                break
        units: dict[int, Expr] = {}
        for base, labels in [k for k in self.entries if k[0].op == UNIT and self.selects(k)]:
            self.entries[base, labels] = 1
            other = units.setdefault(labels[0], base)
            if other is not base:
                self.coef = 0
        if self.coef:
            self.entries_at(units)
            self.entries_at_labels()

    def entries_at(self, units: dict[int, Expr]) -> None:
        """Beside a basis vector only one entry of the other factors counts: p .* unit(1) is p[1]*unit(1)."""
        for label, unit in units.items():
            others = []
            for (base, labels), exponent in self.entries.items():
                rest = tuple([i for i in labels if i != label])
                if label in labels and base.op not in (UNIT, DELTA) and not isinstance(exponent, Expr) and len(set(rest)) == len(rest):
                    others.append((base, labels, exponent, rest))
            if label in self.summed and len(others) < 2:
                continue
            for base, labels, exponent, rest in others:
                del self.entries[base, labels]
                entry = self.home.product([(base, labels), (unit, (label,))], rest, {})
                self.load([(self.home.number_power(entry, exponent), rest)])
            if label in self.summed and self.degree()[label] == 1:
                del self.entries[unit, (label,)]
                self.summed.discard(label)

    def entries_at_labels(self) -> None:
        """Beside the basis vector of a label, too: p .* unit(y) is p[y]*unit(y)."""
        for pick in [k for k in self.entries if k[0].op == CALL and k[0].data == "eq" and self.selects(k)]:
            found = build.one_hot_of(pick[0])
            if found is None or pick not in self.entries:
                continue
            label = pick[1][found[1]]
            if pick[1].count(label) > 1:
                continue
            batch = tuple([i for i in pick[1] if i != label])
            others = []
            for (base, labels), exponent in self.entries.items():
                rest = tuple([i for i in labels if i != label])
                plain = base.op not in (UNIT, DELTA) and not (base.op == CALL and TABLE[base.data].relation)
                if label in labels and (base, labels) != pick and plain and not isinstance(exponent, Expr) and len(set(rest)) == len(rest):
                    others.append((base, labels, exponent, rest))
            if label in self.summed and len(others) < 2:
                if self.degree()[label] == 1:  # the sum of a basis vector
                    del self.entries[pick]
                    self.summed.discard(label)
                continue
            for base, labels, exponent, rest in others:
                del self.entries[base, labels]
                out = (*rest, *[i for i in dict.fromkeys(batch) if i not in rest])
                entry = self.home.product([(base, labels), pick], out, {})
                self.load([(self.home.number_power(entry, exponent), out)])

    def selects(self, key: Factor) -> bool:
        """Whether the entries 0 and 1 of this factor stay so under its power: 1/0 selects nothing."""
        exponent = self.entries[key]
        return not isinstance(exponent, Expr) and exponent > 0

    def degree(self) -> Counter[int]:
        return Counter(label for _, labels in self.entries for label in labels)

    def inverses(self) -> bool:
        """inv(M)*M and Q'*Q are identities."""
        candidates = [k for k in self.entries if len(k[1]) == 2 and self.entries[k] == 1 and self.invertible(k[0])]
        if not candidates:
            return False
        degree = self.degree()
        for key in candidates:
            base, labels = key
            for axis in (0, 1):
                label = labels[axis]
                if label not in self.summed or degree[label] != 2:
                    continue
                for other, others in list(self.entries):
                    if (other, others) == key or label not in others or len(others) != 2 or self.entries[other, others] != 1:
                        continue
                    at = others.index(label)
                    if self.cancels(base, other, axis, at):
                        del self.entries[key], self.entries[other, others]
                        self.summed.discard(label)
                        self.entries[build.eye(base.shape[0]), (labels[1 - axis], others[1 - at])] = 1
                        return True
                if base.op == CALL and base.data == "inv" and base.args[0].op == PROD and self.cancels_chain(base, labels, axis):
                    return True
        return False

    def spectral(self) -> bool:
        """Q*diag(s)*Q' of the eigenvectors and eigenvalues of A is its symmetric part, so that it has derivatives where eigenvalues meet."""
        for (base, (k,)), exponent in [(key, e) for key, e in self.entries.items() if len(key[1]) == 1 and key[1][0] in self.summed]:
            of = base.args[0] if base.op == CALL and base.data in SPECTRAL else base
            if of.op != CALL or of.data != "eigvalsh" or not (isinstance(exponent, int) and 0 < abs(exponent) <= (MAX_CHAIN if of is base else 1)) or (of is not base and exponent != 1):
                continue
            vectors = [key for key in self.entries if k in key[1] and key != (base, (k,))]
            if len(vectors) != 2 or any(f.op != CALL or f.data != "eigvecsh" or f.args != of.args or ls[1] != k or ls[0] == k or self.entries[f, ls] != 1 for f, ls in vectors):
                continue
            (a,) = of.args
            half = Fraction(1, 2)
            part = a if self.home.symmetric(a) else self.home.sum([(half, a), (half, self.home.transposed(a))], a.shape)
            i, j = (ls[0] for _, ls in vectors)
            for key in ((base, (k,)), *vectors):
                del self.entries[key]
            name = SPECTRAL[base.data] if of is not base else "inv" if exponent < 0 else ""
            factor = self.home.call(name, (part,), part.shape) if name else part
            self.summed.discard(k)
            ends = [i, *[self.fresh(a.shape[0]) for _ in range(abs(exponent) - 1)], j]
            self.load([(factor, (low, high)) for low, high in pairwise(ends)])
            return True
        return False

    def cancels_chain(self, base: Expr, labels: Labels, axis: int) -> bool:
        """inv(X'*X)*X'*X is an identity: the factors of what is inverted stand in this product, joined in the same way."""
        inner = base.args[0]
        own, out = inner.data
        if not 1 < len(own) <= MAX_CHAIN or not all(own):
            return False
        inside = Counter(i for ls in own for i in ls)
        degree = self.degree()
        for start in (0, 1) if self.home.symmetric(inner) else (1 - axis,):
            joint, end = labels[axis], out[1 - start]
            if degree[joint] != 1 + inside[out[start]]:
                continue
            for place, used in self.embeddings(list(zip(inner.args, own, strict=True)), {out[start]: joint}, (base, labels)):
                if all(place[i] in self.summed and degree[place[i]] == n for i, n in inside.items() if i not in out):
                    for key in ((base, labels), *used):
                        del self.entries[key]
                    self.summed -= {place[i] for i in inside if i != end}
                    self.entries[build.eye(base.shape[0]), (labels[1 - axis], place[end])] = 1
                    return True
        return False

    def embeddings(self, parts: list[Factor], place: dict[int, int], without: Factor) -> Iterator[tuple[dict[int, int], list[Factor]]]:
        """The ways to find these factors among the entries: where their labels go (each to another label), and the entries."""
        todo: list[tuple[list[Factor], dict[int, int], list[Factor]]] = [(parts, place, [])]
        while todo:
            rest, place, used = todo.pop()
            if not rest:
                yield place, used
                continue
            n = next((n for n, (_, ls) in enumerate(rest) if any(i in place for i in ls)), 0)
            f, ls = rest[n]
            wanted, exponent = (f.args[0], f.args[1]) if f.op == POW else (f, build.ONE)
            for key, power in self.entries.items():
                if key[0] is not wanted or key in used or key == without or (power if isinstance(power, Expr) else build.num(power)) is not exponent:
                    continue
                for at in (key[1], key[1][::-1]) if len(ls) == 2 and self.home.symmetric(wanted) else (key[1],):
                    more = dict(place)
                    if all(more.setdefault(i, j) == j for i, j in zip(ls, at, strict=True)) and len(set(more.values())) == len(more):
                        todo.append(([*rest[:n], *rest[n + 1 :]], more, [*used, key]))

    @staticmethod
    def invertible(base: Expr) -> bool:
        return (base.op == CALL and base.data in ("inv", "eigvecsh")) or (base.op == VAR and "orthogonal" in base.data[1])

    def cancels(self, base: Expr, other: Expr, axis: int, at: int) -> bool:
        if base.op == VAR or base.data == "eigvecsh":
            return other is base and axis == at
        inner = base.args[0]
        return other is inner and (axis != at or self.home.symmetric(inner))

    def one_hot(self) -> bool:
        """The entries of a one-hot or simplex vector (or row), and of a softmax, add up to 1; of x - mean(x) to 0."""
        for key in [k for k in self.entries if len(k[1]) == 1 and self.entries[k] == 1 and holds_name(k[0])]:
            if key[1][0] in self.summed and self.degree()[key[1][0]] == 1:
                total = self.home.total_of_named(key[0])
                if total.op == NUM:
                    del self.entries[key]
                    self.summed.discard(key[1][0])
                    self.coef *= total.data
                    return True
        for key in [k for k in self.entries if k[1] and sums_to_one(k[0])]:
            labels = key[1]
            if self.entries[key] == 1 and labels[-1] in self.summed and self.degree()[labels[-1]] == 1:
                del self.entries[key]
                self.summed.discard(labels[-1])
                return True
        return False

    def counted(self) -> bool:
        """At how many places a bracket holds: sum(k, [k < i]) is i - 1."""
        for key in [k for k in self.entries if k[0].op == CALL and k[1] and self.entries[k] == 1 and not self.summed.isdisjoint(k[1])]:
            base, labels = key
            degree = self.degree()
            for axis, label in enumerate(labels):
                count = count_along(base, axis) if label in self.summed and degree[label] == 1 and labels.count(label) == 1 else None
                if count is not None:
                    del self.entries[key]
                    self.summed.discard(label)
                    self.load([(self.home.run([count])[0], labels[:axis] + labels[axis + 1 :])])
                    return True
        return False

    def diagonals_of_sums(self) -> bool:
        """The diagonal of u*v' + w*z' is u .* v + w .* z."""
        for key in [k for k in self.entries if k[0].op == SUM and len(k[1]) == 2 and k[1][0] == k[1][1]]:
            base, labels = key
            exponent = self.entries[key]
            if isinstance(exponent, Expr) or exponent < 0 or not all(map(is_outer, base.args)):
                continue  # 1/(x[i] - x[j]) on its diagonal is left to those who know what hides it
            value = self.home.sum([(c, self.home.product([(t, (0, 0))], (0,), {})) for c, t in terms_of(base)], base.shape[:1])
            if is_zero(value):
                continue  # what it is multiplied by need not have a value
            del self.entries[key]
            self.load([(self.home.number_power(value, exponent), labels[:1])])
            return True
        return False

    def divided_contractions(self) -> bool:
        """rowsum(X) .* v ./ rowsum(X) is v: what is divided by stands in this product, its factors joined in the same way."""
        for key in [k for k in self.entries if k[0].op == PROD and k[1] and len(k[0].args) <= MAX_CHAIN]:
            (base, labels), exponent = key, self.entries[key]
            own, out = base.data
            inside = Counter(i for ls in own for i in ls if i not in out)
            if exponent.__class__ is not int or exponent >= 0 or not inside or not all(own) or len(set(labels)) < len(labels):
                continue
            degree = self.degree()
            for place, used in self.embeddings(list(zip(base.args, own, strict=True)), dict(zip(out, labels, strict=True)), key):
                if all(place[i] in self.summed and degree[place[i]] == n for i, n in inside.items()):
                    for other in used:
                        del self.entries[other]
                    self.summed -= {place[i] for i in inside}
                    self.entries[key] = exponent + 1
                    if exponent == -1:
                        del self.entries[key]
                    self.home.assume_nonzero(base)
                    return True
        return False

    def idle_brackets(self) -> None:
        """[i != j] beside x[i] - x[j] says nothing where the other factors have a value at i = j, whatever the variables.

        Taken only where nothing in the whole expression lacks a value there (`drops`): the product may still be divided by such a thing.
        """
        passed: dict[Labels, dict[int, Factor]] = {}
        for key in [k for k in self.entries if k[0].op == CALL and k[0].data == "ne"]:
            place = index_place(*key)
            if place is None:
                continue
            old, new = place
            if new < 0:
                passed.setdefault(key[1], {})[-new] = key
            vanishing = False
            for other, labels in self.entries:
                if (other, labels) == key or (old not in labels and new not in labels):
                    continue
                exponent = self.entries[other, labels]
                if isinstance(exponent, Expr) or exponent < 0 or not defined_everywhere(other):
                    break
                merged = tuple([new if i == old else i for i in labels])
                if max(labels) >= 0 and not vanishing:
                    vanishing = bool(self.home.diagonals.vanishes(other, merged))
            else:
                if vanishing and self.home.drops:
                    del self.entries[key]
        for labels, keys in passed.items():  # [k != 1]*[k != 2] is [k >= 3]
            count = next(side for key in keys.values() for side in key[0].args if is_index(side))
            least, used = 1, []
            for key in [k for k in self.entries if k[1] == labels and k[0].op == CALL and k[0].data == "ge" and k[0].args[0] is count]:
                c, rest = split(key[0].args[1])
                if is_ones(rest) and c.__class__ is int:
                    least = max(least, c)
                    used.append(key)
            first = least
            while keys.get(least) in self.entries:
                used.append(keys[least])
                least += 1
            if len(used) > 1 and least > first:
                for key in used:
                    del self.entries[key]
                self.load([(self.home.comparison("ge", (count, self.home.full(least, count.shape)), count.shape), labels)])

    def dimensions(self) -> None:
        """A label summed over that no factor has counts its dimension."""
        used = {label for _, labels in self.entries for label in labels}
        for label in sorted(self.summed - used):
            self.summed.discard(label)
            d = self.sizes[label]
            for part in d if isinstance(d, tuple) else (d,):
                self.load([(self.home.run([build.dim(part)])[0], ())])

    def set_apart(self) -> None:
        """Numbers that are contractions of their own, and chains that meet other factors elementwise, become nodes."""
        keys = [k for k in self.entries if k[1]]
        if not self.summed or not keys:
            return
        at: dict[int, list[int]] = {}
        for n, (_, labels) in enumerate(keys):
            for label in labels:
                at.setdefault(label, []).append(n)
        groups = _groups(len(keys), [who for label, who in at.items() if label in self.summed])
        if len(groups) + len(self.entries) - len(keys) > 1:
            for group in groups:  # connected through sums only, and nothing of it left over: a number
                met = {label for n in group for label in keys[n][1]}
                if met <= self.summed:
                    self.extract([keys[n] for n in group], ())
            keys = [k for k in self.entries if k[1]]
            at = {}
            for n, (_, labels) in enumerate(keys):
                for label in labels:
                    at.setdefault(label, []).append(n)
        chains = _groups(len(keys), [who for label, who in at.items() if label in self.summed and len(who) == 2])
        owner = {n: g for g, group in enumerate(chains) for n in group}
        for g, group in enumerate(chains):
            if len(group) == 1 or len(chains) == 1:
                continue
            met = {label for n in group for label in keys[n][1]}
            ends = sorted(i for i in met if i not in self.summed or any(owner[n] != g for n in at[i]))
            if any(owner[n] != g for i in ends for n in at[i]):
                self.extract([keys[n] for n in group], tuple(ends))

    def extract(self, keys: Sequence[Factor], ends: Labels) -> None:
        """The product of these entries becomes one factor with the labels `ends`."""
        items = []
        for key in keys:
            base, labels = key
            exponent = self.entries.pop(key)
            power = exponent if isinstance(exponent, Expr) else build.num(exponent)
            items.append((base if exponent == 1 else make(POW, (base, power), None, base.shape), labels))
            self.summed.difference_update(set(labels) - set(ends))
        value = self.home.product(items, ends, {})
        if value.op == NUM:
            self.coef *= value.data
            return
        if value.op == SUM and len(value.args) == 1:
            self.coef *= value.data[0]
            value = value.args[0]
        if value.op == PROD and not any(value.data[0]):
            self.load([(value, ends)])
        else:
            self.multiply(value, ends)

    def exponentials(self) -> None:
        """exp(a)*exp(b) is exp(a + b)."""
        found: dict[Labels, list[Factor]] = {}
        for key, exponent in self.entries.items():
            if key[0].op == CALL and key[0].data == "exp" and not isinstance(exponent, Expr):
                found.setdefault(key[1], []).append(key)
        for labels, keys in found.items():
            if len(keys) == 1 and self.entries[keys[0]] == 1:
                continue
            terms = [(exponent, key[0].args[0]) for key in keys if not isinstance(exponent := self.entries.pop(key), Expr)]
            shape = keys[0][0].shape
            value = self.home.call("exp", (self.home.sum(terms, shape),), shape)
            self.load([(value, labels)])

    # ------------------------------------------------------------------------------------------ out

    def diagonals(self) -> None:
        """Of a diagonal matrix D, its diagonal on the diagonal is D: D[i,i]*eye[i,j] is D[i,j], but 1/D[i,j] is infinite off the diagonal."""
        for key in [key for key in self.entries if key[0].op == DELTA]:
            for (node, labels), n in list(self.entries.items()):
                if len(labels) == 2 and labels[0] == labels[1] in key[1] and isinstance(n, int) and n > 0 and is_diagonal(node):
                    del self.entries[key], self.entries[node, labels]
                    self.entries[node, key[1]] = self.plus(n, self.entries.get((node, key[1]), 0))
                    break

    def finish(self) -> Expr:
        self.diagonals()
        if self.summed:
            self.dimensions()  # factors that have cancelled since leave labels behind
        home = self.home
        factors: list[Factor] = []
        coef: Number = 1
        for key, exponent in self.entries.items():
            base, labels = key
            front = build.ONE
            if base.op == NUM and not isinstance(exponent, Expr):
                front, base = home.numeral(base.data, exponent), build.ONE
            elif base.op == SUM and isinstance(exponent, int) and len(base.args) > 1:
                content, base = home.primitive(base)
                if content != 1:
                    front = home.numeral(content, exponent)
            if base is not build.ONE and exponent != 1:
                power = exponent if isinstance(exponent, Expr) else build.num(exponent)
                base = home.power(base, power) if base.op != POW else make(POW, (base, power), None, base.shape)
                if base.op in (NUM, PROD) or (base.op == SUM and len(base.args) == 1):
                    # the power fell apart: its parts may merge with the other factors
                    del self.entries[key]
                    self.load([(front, ()), (base, labels)])
                    return self.finish()
            if front.op == NUM:
                coef *= front.data
            else:
                factors.append((front, ()))
            if base is not build.ONE:
                factors.append((base, labels))
        self.coef *= coef
        shape = tuple([self.sizes[i] for i in self.out])
        result = self.numbered(factors, shape)
        return home.scaled(self.coef, result)

    def numbered(self, factors: list[Factor], shape: tuple[Dim, ...]) -> Expr:
        """The PROD of these factors with canonical labels."""
        if not factors and not shape:
            return build.ONE
        if len(factors) == 1 and factors[0][1] == self.out:
            return factors[0][0]
        if not shape and not any(labels for _, labels in factors):
            return scalars([f for f, _ in factors])
        symmetric = [len(labels) == 2 and self.home.symmetric(f) for f, labels in factors]
        if len(factors) == 1 and symmetric[0] and factors[0][1] == self.out[::-1]:
            return factors[0][0]
        order, colours = canonical_order(factors, self.out, symmetric)
        number = {label: k for k, label in enumerate(self.out)}
        args, labels = [], []
        for n in order:
            f, ls = factors[n]
            if symmetric[n]:
                ls = tuple(sorted(ls, key=lambda i: (number.get(i, len(number)), colours[i])))
            for i in ls:
                number.setdefault(i, len(number))
            args.append(f)
            labels.append(tuple([number[i] for i in ls]))
        return make(PROD, tuple(args), (tuple(labels), tuple(range(len(self.out)))), shape)


def index_place(bracket: Expr, labels: Labels) -> tuple[int, int] | None:
    """Two labels that [i != j] compares; a label and, as a negative number, the entry that [i != 2] compares it with."""
    found: list[int] = []
    for side in bracket.args:
        if is_count(side):
            found.append(labels[0])
        elif is_index(side):
            found.append(labels[side.data[1].index(side.data[0][0][0])])
        else:
            c, rest = split(side)
            if c.__class__ is not int or c < 1 or not is_ones(rest):
                return None
            found.append(-c)
    a, b = found
    return (a, b) if a >= 0 else (b, a) if b >= 0 else None


def defined_everywhere(x: Expr) -> bool:
    """Whether the entries of a value exist at all points; a number that all of them contain may be undefined, as 1/s in exp(-x/s)."""
    stack, seen = [x], set[Expr]()
    while stack:
        e = stack.pop()
        if e in seen or not e.shape:
            continue
        seen.add(e)
        if len(seen) > MAX_LOOKED_AT or e.op == OPAQUE:
            return False
        if e.op == POW and (e.args[1].op != NUM or e.args[1].data != int(e.args[1].data) or e.args[1].data < 0):
            return False
        if e.op == CALL and TABLE.names[e.data].where:
            return False
        stack.extend(e.args)
    return True


def flattens(x: Expr, shared: int) -> bool:
    """Whether a product takes this factor apart: long products stay shared, and a number that is one contraction is a part of its own."""
    return len(x.args) <= (SHARED_TENSORS if x.shape else shared) and (bool(x.shape) or not any(x.data[0]))


def scalars(factors: list[Expr]) -> Expr:
    """The product of distinct numbers in normal form."""
    if len(factors) < 2:
        return factors[0] if factors else build.ONE
    factors.sort(key=attrgetter("key"))
    return make(PROD, tuple(factors), build.of_numbers(len(factors)))


def idle_axes(x: Expr) -> list[int]:
    """The axes of length 1 of a sum along which all its terms are spread."""
    axes = [axis for axis, d in enumerate(x.shape) if d == 1]
    for t in x.args:
        if t.op != PROD:
            return []
        used = {i for ls in t.data[0] for i in ls}
        axes = [axis for axis in axes if t.data[1][axis] not in used]
    return axes


def holds_name(x: Expr) -> bool:
    """A NAME, or a sum of one with other values, such as x - mu."""
    return x.op == NAME or (x.op == SUM and len(x.args) <= 3 and any(a.op == NAME for t in x.args for a in (t, *t.args)))


def sums_to_one(x: Expr) -> bool:
    """Whether the entries along the last axis are known to add up to 1."""
    if x.op == CALL:
        return bool(x.data == "softmax")
    return x.op == UNIT or (x.op == VAR and not {"onehot", "simplex"}.isdisjoint(x.data[1]))


def canonical_order(factors: list[Factor], out: Labels, symmetric: list[bool]) -> tuple[list[int], dict[int, int]]:
    """An order of the factors that does not depend on the order or the labels they came with.

    Colour refinement: a factor's colour comes from its key and the colours of its labels, a label's from the factors it
    meets. Factors that stay alike are told apart by choosing one (they are nearly always symmetric to each other).
    """
    keys = [f.key for f, _ in factors]
    if len(set(keys)) == len(keys) and not any(symmetric):
        return sorted(range(len(factors)), key=keys.__getitem__), {}
    colour = {label: -1 for _, labels in factors for label in labels}
    colour.update({label: k for k, label in enumerate(out)})
    marks = [f.key for f, _ in factors]

    def refine() -> list[int]:
        classes = 0
        while True:
            tints = []
            for n, (_, labels) in enumerate(factors):
                seen = [colour[i] for i in labels]
                tints.append(hash((marks[n], tuple(sorted(seen) if symmetric[n] else seen))))
            count = len(set(tints))
            if count <= classes:
                return tints
            classes = count
            meets: dict[int, list[tuple[int, int]]] = {}
            for n, (_, labels) in enumerate(factors):
                for axis, i in enumerate(labels):
                    meets.setdefault(i, []).append((tints[n], -1 if symmetric[n] else axis))
            for i, who in meets.items():
                colour[i] = hash((colour[i], tuple(sorted(who))))

    tints = refine()
    while True:
        count = Counter(tints)
        tied = [t for n, t in enumerate(tints) if count[t] > 1 and len(factors[n][1]) > 0]
        if not tied:
            break
        chosen = tints.index(min(tied))
        if all(factors[n][1] == factors[chosen][1] for n, t in enumerate(tints) if t == tints[chosen]):
            break
        marks[chosen] = hash((marks[chosen], len(tied)))
        tints = refine()
    return sorted(range(len(factors)), key=lambda n: (factors[n][0].key, tints[n])), colour


def _groups(n: int, edges: Sequence[Sequence[int]]) -> list[list[int]]:
    """Connected components of 0..n-1."""
    parent = list(range(n))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for who in edges:
        first = root(who[0])
        for other in who[1:]:
            parent[root(other)] = first
    groups: dict[int, list[int]] = {}
    for i in range(n):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())
