"""Factors that pick entries of the others, or mean nothing."""

from __future__ import annotations

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NUM, SUM, UNIT, VAR, Expr
from symdiff.expr.patterns import is_call, is_condition
from symdiff.expr.places import count_along
from symdiff.simplify.cancelling import Cancelling, defined_everywhere
from symdiff.simplify.graph import Factor, Labels, holds_name
from symdiff.simplify.shapes import is_count, is_index, is_ones, is_zero, split, terms_of


class Picking(Cancelling):
    """Identities, basis vectors, labels and brackets, beside which one entry of the others stays."""

    __slots__ = ()

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
        for pick in [k for k in self.entries if is_call(k[0], "eq") and self.selects(k)]:
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
                plain = base.op not in (UNIT, DELTA) and not is_condition(base)
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
        for base, labels in [k for k in self.entries if len(set(k[1])) == 2 and self.entries[k] == 1 and holds_name(k[0])]:
            alone = [axis for axis in (0, 1) if labels[axis] in self.summed and self.degree()[labels[axis]] == 1]
            if len(alone) == 1 and is_zero(self.home.total_of_named(base, *alone)):  # the rows of X - rowmean(X)*ones(n)'
                self.coef = 0
                return False
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

    def idle_diagonals(self) -> None:
        """1 - eye beside x[i] - x[j], or what else is the negative of its transpose, says nothing: that is 0 where i = j."""
        for key in [k for k, e in self.entries.items() if k[0].op == SUM and len(k[1]) == 2 and e == 1]:
            base, labels = key
            (c, one), (d, eye) = terms_of(base) if len(base.args) == 2 else ((1, base), (1, base))
            if is_ones(eye):
                (c, one), (d, eye) = (d, eye), (c, one)
            if not is_ones(one) or eye.op != DELTA or c != -d:
                continue
            for (other, ls), e in self.entries.items():
                if other is base or not {*labels} <= {*ls} or not isinstance(e, int) or e < 0 or not e % 2:
                    continue
                if self.home.parity(other, *sorted(map(ls.index, labels))) < 0:
                    del self.entries[key]
                    self.coef *= c
                    break

    def idle_brackets(self) -> None:
        """[i != j] beside x[i] - x[j] says nothing where the other factors have a value at i = j, whatever the variables.

        Taken only where nothing in the whole expression lacks a value there (`drops`): the product may still be divided by such a thing.
        """
        passed: dict[Labels, dict[int, Factor]] = {}
        for key in [k for k in self.entries if is_call(k[0], "ne")]:
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
            for key in [k for k in self.entries if k[1] == labels and is_call(k[0], "ge") and k[0].args[0] is count]:
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


def sums_to_one(x: Expr) -> bool:
    """Whether the entries along the last axis are known to add up to 1."""
    if x.op == CALL:
        return bool(x.data == "softmax")
    return x.op == UNIT or (x.op == VAR and not {"onehot", "simplex"}.isdisjoint(x.data[1]))
