"""Common factors taken out of sums."""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.expr import build
from symdiff.expr.node import DELTA, NUM, POW, PROD, SUM, UNIT, Dim, Expr, Number
from symdiff.expr.patterns import has_number_exponent
from symdiff.expr.places import bracket_of
from symdiff.simplify.branching import Branching
from symdiff.simplify.cancelling import defined_everywhere
from symdiff.simplify.cost import linked
from symdiff.simplify.guarding import is_guard, is_partial
from symdiff.simplify.offering import MAX_TERMS, Factor, Labels
from symdiff.simplify.shapes import split

MAX_CANDIDATES = 4  # common factors that are tried, those that promise most

MATRIX_MARGIN = 2  # symbols that a factor taken out must save where a product of matrices comes up that was none


class Factoring(Branching):
    """Common factors taken out of sums."""

    def factor(self, x: Expr, depth: int) -> Expr:
        """Take the best common factor out, again and again."""
        if (
            len(x.shape) == 1
            and isinstance(x.shape[0], int)
            and len({unit.data for t in x.args for unit in (t, *t.args) if unit.op == UNIT}) > 1
        ):
            return x  # a vector that is written out
        for _ in range(MAX_TERMS):
            best, how = x, ""
            for new, rule, margin in self.factored(x, depth):
                if self.cost(new) < self.cost(best) + (margin if best is x else min(margin, 0)):
                    best, how = new, rule
            if best is x:
                return x
            if len(x.shape) == 2 and self.home.symmetric(x):
                best = min(best, self.home.transposed(best), key=self.cost)
            self.home.fire(how, x, best)
            x = best
            if x.op != SUM or len(x.args) == 1:
                return self.local(x, depth - 1)
        return x

    def factored(self, x: Expr, depth: int) -> list[tuple[Expr, str, int]]:
        """Every way to take one factor out of two or more terms."""
        occurrences: dict[Expr, list[tuple[int, int]]] = {}
        parts: list[list[Factor]] = []
        for n, t in enumerate(x.args):
            items = [*map(self.as_vector, t.args, t.data[0])] if t.op == PROD else [(t, tuple(range(len(t.shape))))]
            parts.append(items)
            for k, (f, ls) in enumerate(items):
                if len(set(ls)) == len(ls):
                    occurrences.setdefault(self.without_number(split_power(f)[0]), []).append((n, k))
        groups: list[tuple[int, Expr, Labels, list[tuple[int, int]]]] = []
        for base, places in occurrences.items():
            if len({n for n, _ in places}) < 2 or base.op == NUM:
                continue
            for meets, group in self.alike(places, parts, len(x.shape)):
                if len(group) > 1:
                    groups.append(((1 - len(group)) * (self.cost(base) + 1), base, meets, group))
        groups.sort(key=lambda g: (g[0], g[1].key))
        found = []
        for _, base, meets, group in groups[:MAX_CANDIDATES]:
            exponents = [e for n, k in group if (e := exponent_of(parts[n][k][0])) is not None]
            choices: list[Number | None] = []
            if len(exponents) == len(group):
                low, high = min(exponents), max(exponents)
                # the higher of two positive powers would leave a division that nobody wrote
                only = low == high or low < 0 < high or (low > 0 and not self.home.facts.nonzero(base))
                choices = [low] if only else [low, high] if low > 0 else [high, low]
            elif not exponents:
                choices = [None]  # powers with exponents that are no numbers, and that differ by numbers
            for power in choices:
                new = self.take_out(x, base, power, meets, group, parts, depth)
                if new is not None:
                    below = power is not None and power < 0 and self.cost(base) > 1
                    widened = any(i < 0 <= j < len(x.shape) for n, k in group for i, j in zip(meets, parts[n][k][1], strict=True))
                    if (
                        widened
                        and len(x.shape) == 1
                        and any(len(parts[n]) > 1 and not any(ls for m, (_, ls) in enumerate(parts[n]) if m != k) for n, k in group)
                    ):
                        continue  # A*x + c*x, not (A + c*eye)*x
                    margin = (
                        -len(x.shape) if widened else int(below or base.op == DELTA)
                    )  # an identity that nobody wrote must pay, more so in a matrix
                    if not (power is not None and power < 0) and self.thickens(meets, [(parts[n], k) for n, k in group], len(x.shape)):
                        continue
                    if any(self.makes_matrix(parts[n], k, meets, len(x.shape)) for n, k in group):
                        if any(self.scales_rows(parts[n], k) for n, k in group):
                            continue
                        margin -= MATRIX_MARGIN
                    found.append((new, "common-denominator" if below else "common-factor", margin))
        return found

    def without_number(self, f: Expr) -> Expr:
        """x^g of x^(g + 1), which both have the factor x^g."""
        number = number_in(f)
        return self.home.power(f.args[0], self.home.add(f.args[1], build.num(-number))) if number else f

    def absorbed(self, x: Expr) -> Expr:
        """t*(t/l)^(k - 1)/l as (t/l)^k: the factors of a power's base, where they stand beside the power, go into its exponent."""
        home, out = self.home, x.data[1]
        items: list[Factor] = []
        fresh = 1 + max([-1, *out, *(i for ls in x.data[0] for i in ls)])
        for f, ls in zip(x.args, x.data[0], strict=True):
            if not ls and f.op == PROD and any(map(number_in, f.args)):  # a number that is a contraction
                items += [(g, tuple([fresh + i for i in inner])) for g, inner in zip(f.args, f.data[0], strict=True)]
                fresh += 1 + max([0, *(i for inner in f.data[0] for i in inner)])
            else:
                items.append((f, ls))
        for n, (f, ls) in enumerate(items):
            if number_in(f) >= 0 or f.args[0].op != PROD or len(set(ls)) < len(ls):
                continue
            base = f.args[0]
            place = dict(zip(base.data[1], ls, strict=True))
            if any(label not in place for own in base.data[0] for label in own):
                continue
            left = [item for m, item in enumerate(items) if m != n]
            for a, own in zip(base.args, base.data[0], strict=True):
                wanted, labels = exponent_of(a), tuple([place[label] for label in own])
                root = split_power(a)[0] if wanted is not None else a
                for m, (g, others) in enumerate(left):
                    same = wanted is not None and others == labels and split_power(g)[0] is root
                    power = exponent_of(g) if same else None
                    if wanted is not None and power is not None and power * wanted >= wanted * wanted:
                        left[m : m + 1] = [(home.number_power(root, power - wanted), others)] if power != wanted else []
                        break
                else:
                    break
            else:
                sizes = {i: d for g, own in items for i, d in zip(own, g.shape, strict=True)} | dict(zip(out, x.shape, strict=True))
                new = home.product([*left, (home.power(base, home.add(f.args[1], build.ONE)), ls)], out, sizes)
                if self.better("common-factor", x, new):
                    return new
        return x

    def as_vector(self, f: Expr, ls: Labels) -> Factor:
        """A factor of a product; a matrix that stands there with its diagonal alone as the vector diag(P), which may be common to terms, too."""
        if len(ls) == 2 and ls[0] == ls[1] and f.op != DELTA:
            return self.home.product([(f, (0, 0))], (0,), {0: f.shape[0]}), (ls[0],)
        return f, ls

    @staticmethod
    def thickens(meets: Labels, group: Sequence[tuple[list[Factor], int]], order: int) -> bool:
        """Whether what is left of thin terms is a matrix that none of them has, or one whose rows are scaled.

        tr(M) - y'*M*(M*y) is less work than tr((eye - M*y*y')*M), x*(x'*V) - diag(x.^2)*V than (x*x' - diag(x.^2))*V,
        and (r .* (X*v))*w' + (r .* (X*w))*v' than diag(r)*(X*(v*w' + w*v')).
        """
        if order == 1 or len(meets) not in ((2,) if order == 0 else (1, 2)) or (-1 in meets) != (len(meets) == 2):
            return False
        diagonals: list[set[Expr]] = []
        outer: list[set[Expr]] = []
        scaled = False
        for items, k in group:
            labels = items[k][1]
            rest = [item for n, item in enumerate(items) if n != k]
            used = [ls for _, ls in rest if ls]
            if order == 0:
                ends = labels
            else:
                scaled = scaled or any(m >= 0 and any(m in ls for ls in used) for m in meets)
                ends = (*[i for i, m in zip(labels, meets, strict=True) if m < 0], *[i for i in range(2) if i not in meets])
                if len(meets) == 1:
                    ends = (0, 1)
            if len(ends) != 2:
                return False
            vectors = {f for f, ls in rest if len(ls) == 1}
            if ends[0] == ends[1] or any(f.op == DELTA and set(ls) == set(ends) for f, ls in rest):
                diagonals.append(vectors)
            elif not linked(used, *ends):
                outer.append(vectors)
            else:
                return False
        if any(d and any(d <= o for o in outer) for d in diagonals):
            return False  # diag(p) - p*p' is how people know the derivative of softmax
        return bool(outer) and (bool(diagonals) or scaled)

    @staticmethod
    def scales_rows(items: list[Factor], k: int) -> bool:
        """Whether another vector stands along the axis of this one: without it, it would scale the rows of a matrix, which is more work at any length.

        Brackets are no vectors: they say where a sum begins and ends.
        """
        (label,) = items[k][1]
        others = [(f, ls) for n, (f, ls) in enumerate(items) if n != k and label in ls]
        return any(ls == (label,) for _, ls in others) and all(f.op != DELTA and bracket_of(f) is None for f, _ in others)

    @staticmethod
    def makes_matrix(items: list[Factor], k: int, meets: Labels, order: int) -> bool:
        """Whether taking this vector out of a vector leaves a product of matrices, or one scaled by rows: A'*(c .* (B*x)) as (diag(B*x)*A)'*c."""
        if order != 1 or meets != (-1,):
            return False
        rest = [(f, ls) for n, (f, ls) in enumerate(items) if n != k and ls and f.op != DELTA]
        return (
            len(rest) > 1
            and any(len(ls) == 2 for _, ls in rest)
            and any(0 in ls for _, ls in rest)
            and any(items[k][1][0] in ls for _, ls in rest)
        )

    @staticmethod
    def alike(places: list[tuple[int, int]], parts: list[list[Factor]], order: int) -> list[tuple[Labels, list[tuple[int, int]]]]:
        """Occurrences that can be taken out together: how the factor's axes meet the output (-1: summed over), and where.

        A factor whose axis is in the output can be written with a summed axis and an identity: A + B*A is (eye + B)*A.
        """
        groups: dict[Labels, dict[int, int]] = {}
        for n, k in places:
            labels = parts[n][k][1]
            groups.setdefault(tuple([i if i < order else -1 for i in labels]), {}).setdefault(n, k)
        found = [(meets, list(group.items())) for meets, group in groups.items()]
        for meets, group in groups.items():
            wider = dict(group)
            for other, more in groups.items():
                if other != meets and all(m in (-1, o) for m, o in zip(meets, other, strict=True)):
                    wider = more | wider
            if len(wider) > len(group):
                found.append((meets, sorted(wider.items())))
        return found

    @staticmethod
    def shared(group: list[tuple[int, int]], parts: list[list[Factor]], order: int) -> list[Factor]:
        """Further factors that all terms of the group have, with the same labels, none of them summed over."""
        (n, k), *others = group
        found = [item for m, item in enumerate(parts[n]) if m != k and all(i < order for i in item[1])]
        for n, k in others:
            mine = [item for m, item in enumerate(parts[n]) if m != k]
            both = []
            for item in found:
                if item in mine:
                    mine.remove(item)  # a factor may stand beside its like
                    both.append(item)
            found = both
        return found

    def take_out(
        self, x: Expr, base: Expr, e: Number | None, meets: Labels, group: list[tuple[int, int]], parts: list[list[Factor]], depth: int
    ) -> Expr | None:
        """x with base^e taken out of the terms of the group; the factor's axes meet the output as `meets` says."""
        home, order = self.home, len(x.shape)
        inner = [axis for axis, i in enumerate(meets) if i < 0]  # axes of the factor that are summed over
        beside = [] if inner else self.shared(group, parts, order)
        least = min([number_in(parts[n][k][0]) for n, k in group]) if e is None else 0
        rests: list[tuple[list[Factor], list[int]]] = []
        for n, k in group:
            f, ls = parts[n][k]
            rest = [item for m, item in enumerate(parts[n]) if m != k]
            for item in beside:
                rest.remove(item)
            power = exponent_of(f)
            if e is not None and power is not None and power != e:
                rest.append((home.number_power(base, power - e), ls))
            if e is None and (more := number_in(f) - least):
                rest.append((home.number_power(base.args[0], more), ls))
            axes = []
            fresh = 1 + max([order, *(i for _, others in parts[n] for i in others)])
            for axis in inner:
                if ls[axis] < order:
                    rest.append((build.eye(base.shape[axis]), (fresh, ls[axis])))
                    axes.append(fresh)
                    fresh += 1
                else:
                    axes.append(ls[axis])
            rests.append((rest, axes))
        # [c]*a/x + [d]*b/x is 0 at x = 0 where c and d are false, ([c]*a + [d]*b)/x has no value there; [i != j]/x has, for [i < j]/x + [j < i]/x
        guarded = all(any(is_guard(f) for f, _ in rest) for rest, _ in rests) and (
            is_partial(base, e) or not all(defined_everywhere(f) for f, _ in beside)
        )
        used = {i for rest, _ in rests for _, ls in rest for i in ls if i < order}
        outer = [i for i in range(order) if i in used]
        if len(inner) + len(outer) > max(2, order):
            return None
        terms: list[tuple[Number, Expr]] = []
        for (n, _), (rest, axes) in zip(group, rests, strict=True):
            sizes: dict[int, Dim] = dict(zip(axes, [base.shape[axis] for axis in inner], strict=True)) | {i: x.shape[i] for i in outer}
            terms.append((x.data[n], home.product(rest, tuple(axes + outer), sizes)))
        labels = tuple([i if i >= 0 else order + inner.index(axis) for axis, i in enumerate(meets)])
        axes = [order + j for j in range(len(inner))] + outer
        residual = home.sum(terms, tuple([base.shape[axis] for axis in inner] + [x.shape[i] for i in outer]))
        if guarded and not is_guard(split(residual)[1]):
            return None
        if len(axes) == 2:
            turned = home.transposed(residual)
            if residual.shape[0] != 1 and (residual.shape[1] == 1 or self.cost(turned) < self.cost(residual)):  # rows, not columns
                residual, axes = turned, axes[::-1]
        residual = self.local(residual, depth - 1)
        n, k = min(group, key=lambda place: number_in(parts[place[0]][place[1]][0])) if e is None else group[0]
        front = parts[n][k][0] if e is None else home.number_power(base, e)
        product = home.product([*beside, (front, labels), (residual, tuple(axes))], tuple(range(order)), dict(enumerate(x.shape)))
        taken = {n for n, _ in group}
        kept = [(c, t) for n, (c, t) in enumerate(zip(x.data, x.args, strict=True)) if n not in taken]
        result = home.sum([*kept, (1, product)], x.shape)
        return None if result is x else result


def split_power(f: Expr) -> tuple[Expr, int]:
    """The base of a factor and the sign of its exponent."""
    if has_number_exponent(f):
        return f.args[0], 1 if f.args[1].data > 0 else -1
    return f, 1


def number_in(f: Expr) -> Number:
    """The number that is added in the exponent of a power: 1 in x^(g + 1)."""
    if f.op == POW and f.args[1].op == SUM and not f.args[1].shape:
        for c, t in zip(f.args[1].data, f.args[1].args, strict=True):
            if t.op == NUM:
                number: Number = c * t.data
                return number
    return 0


def has_open_power(x: Expr) -> bool:
    """Whether a product has a power such as a^(g - 1) among its factors, or among those of a number that is a contraction."""
    inside = [g for f in x.args if f.op == PROD and not f.shape for g in f.args]
    return any(number_in(f) for f in (*x.args, *inside) if f.op == POW)


def exponent_of(f: Expr) -> Number | None:
    """The numeric exponent of a factor; None for a power with another exponent."""
    if f.op == POW:
        return f.args[1].data if f.args[1].op == NUM else None
    return 1
