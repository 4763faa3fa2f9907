"""Sums of exponentials, of which only logarithms and quotients are in range.

In: factors of a product, or what stands under a logarithm. Out: the same value by differences of exponents. Every value e that grows as an exponential
has a size L, an expression of its shape such that e*exp(-L) is in range: u of exp(u), the largest exponent of a sum, twice the size of a square. A product
adds up the sizes of its factors before one exponential is taken of them, and log(e) is L + log(e*exp(-L)). Where all weights are positive, L is the logarithm
of the sum itself. erfc(z) counts as exp(-z^2) times a function of slow decay, cosh(u) as exp(abs(u)).

Long: sizes, shifts and what is put in their place are one recursion over the same nodes, and each asks the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import count

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, TWO, ZERO, Labels
from symdiff.expr.node import CALL, CONST, NUM, POW, PROD, SUM, Dim, Expr, Number, Shape, make
from symdiff.expr.patterns import has_number_exponent, has_one_factor, is_call, is_call_of, is_multiple, is_plain_number, is_zero
from symdiff.expr.walk import outermost, topological, unnamed
from symdiff.numeric.economy import lifted
from symdiff.numeric.inner import inner, row_of
from symdiff.numeric.lengths import kept_from_zero, number_of
from symdiff.numeric.scaled import multiple
from symdiff.simplify.facts import Facts
from symdiff.table import TABLE
from symdiff.table.groups import EVEN_AND_ODD_EXPONENTIALS, PRODUCTS

Factor = tuple[Expr, Labels]

# Longer sums and products, and deeper nests of them, are left as they are.
MAX_PARTS, MAX_DEPTH = 16, 8

# f(c*x) = c*f(x) for c > 0: of all entries, of rows, entry by entry.
SCALING = [row for row in TABLE if row.scales]
WHOLE = frozenset(row.name for row in SCALING if row.shape.startswith("*"))
ROWS = frozenset(("_rownorm2", *(row.name for row in SCALING if row.of)))  # one is known to code alone (`inner.py`)
ENTRIES = frozenset(row.name for row in SCALING if row.elementwise)

# f(c*x) = c^2*f(x), and what is the largest of the exponents there.
SQUARES = {"var": "max_entries", "rowvar": "rowmax"}

HALF = Fraction(1, 2)


@dataclass
class Group:
    """Factors of a product whose exponents are added up before an exponential is taken: their labels are those of one of them, or some of these."""

    labels: Labels
    members: list[Factor]
    less: list[Factor] = field(default_factory=list)  # the logarithms of divisors that are taken off
    weighted: bool = False  # a divisor among them has weights that may be 0


class Exponentials:
    """The rules, and the values that they have shifted already: those stay in range."""

    def __init__(self) -> None:
        self.shifted: set[Expr] = set()
        self.known: dict[Expr, Expr | None] = {}
        # By depth, until something is shifted: a chain of squares, b = a*a; c = b*b; …, comes to the same factors again and again.
        self.below: dict[tuple[str, Expr, Expr | None, int], Expr | None] = {}
        self.owing: set[Expr] = set()  # what was divided more often than it holds exponentials: another one is still to come

    # ------------------------------------------------------------------------------------------ logarithms

    def log(self, e: Expr) -> Expr | None:
        """log(e), if exponentials are in it."""
        parts = flat(e) if e.op == PROD and len(e.args) <= MAX_PARTS else None
        bounded = any(map(is_bounded, parts.args if parts is not None else (e,)))
        if not bounded and self.size(e) is None:
            return None
        exact = self.logarithm(e)
        if exact is not None:
            return exact
        if parts is not None and all(ls in ((), e.data[1]) for ls in parts.data[0]):
            sizes = dict(enumerate_sizes(parts))
            pairs = zip(parts.args, parts.data[0], strict=True)
            found = [(f, ls, self.logarithm(f) if not is_number(f) else None) for f, ls in pairs]
            rest = [(f, ls) for f, ls, made in found if made is None]
            logs = [build.contract([made], [ls], e.data[1], sizes) for _, ls, made in found if made is not None]
            if logs and rest:
                left = build.contract([f for f, _ in rest], [ls for _, ls in rest], e.data[1], sizes)
                return reduce(build.add, logs, self.log(left) or build.call("log", left))
        top = self.size(e)
        less = None if top is None else self.shift(e, top)
        return None if top is None or less is None else build.add(top, build.call("log", self.done(less)))

    def done(self, e: Expr) -> Expr:
        self.shifted.add(unnamed(e))
        self.below.clear()
        return e

    def logarithm(self, e: Expr, depth: int = MAX_DEPTH) -> Expr | None:
        """The logarithm of a sum of exponentials with positive weights that are numbers; None of anything else."""
        e = unnamed(e)
        key = ("logarithm", e, None, depth)
        if key not in self.below:
            self.below[key] = self.found_logarithm(e, depth)
        return self.below[key]

    def found_logarithm(self, e: Expr, depth: int) -> Expr | None:
        if number_of(e) is ONE:
            return build.spread(ZERO, e.shape) if e.shape else ZERO
        if is_plain_number(e):
            return build.call("log", e) if e.op != NUM or e.data > 0 else None
        if depth == 0 or len(e.args) > MAX_PARTS:
            return None
        if e.op == CALL and (e.data == "exp" or e.data in SATURATING):
            return SATURATING[e.data](e.args[0]) if e.data != "exp" else e.args[0]
        if has_number_exponent(e):
            below = self.logarithm(e.args[0], depth - 1)
            return None if below is None else build.linear([e.args[1].data], [below])
        if self.size(e) is None and not is_bounded(e) and not (e.op == PROD and any(map(is_bounded, flat(e).args))):
            return build.call("log", e) if Facts().positive(e) else None
        if e.op == POW:
            return self.size(e)
        if e.op == CALL:
            return self.logarithm_of_call(e, depth)
        if e.op == SUM and all(c > 0 for c in e.data):
            parts = []
            for c, term in zip(e.data, e.args, strict=True):
                part = self.logarithm(term, depth - 1)
                if part is None:
                    return None
                parts.append(part if c == 1 else build.add(part, build.call("log", build.num(c))))
            return reduce(logarithm_of_two, parts)
        return self.logarithm_of_product(flat(e), depth) if e.op == PROD and e.args else None

    def logarithm_of_call(self, e: Expr, depth: int) -> Expr | None:
        x = e.args[0]
        if e.data == "erfc":
            return build.add(decay(x), build.call("log", inner("_erfc_scaled", x)))
        if e.data == "cosh":
            return build.sub(build.call("logaddexp", x, build.neg(x)), build.call("log", TWO))
        if e.data not in LOGARITHMS or (below := self.logarithm(x, depth - 1)) is None:
            return None
        return LOGARITHMS[e.data](below)

    def logarithm_of_product(self, e: Expr, depth: int) -> Expr | None:
        labels, out = e.data
        logs = [self.logarithm(f, depth - 1) for f in e.args]
        if any(x is None for x in logs):
            return None
        known = [x for x in logs if x is not None]
        sizes = dict(enumerate_sizes(e))
        if all(ls in ((), out) for ls in labels):
            return reduce(build.add, [build.contract([x], [ls], out, sizes) for x, ls in zip(known, labels, strict=True)])
        whole = max(labels, key=len)
        if any(not set(ls) <= set(whole) or len(set(ls)) < len(ls) for ls in labels) or any(label not in whole for label in out):
            return None
        summed = tuple([label for label in whole if label not in out])
        own = (*out, *summed)
        x = reduce(
            build.add,
            [build.contract([x], [ls], own, sizes) if ls != own else x for x, ls in zip(known, labels, strict=True)],
        )
        for _ in summed:
            x = build.call("logsumexp", x)
        return x

    # ------------------------------------------------------------------------------------------ quotients

    def quotient(self, factors: list[Factor]) -> list[Factor] | None:
        """The factors with exponentials over sums of exponentials as exponentials of differences; None if there are none."""
        groups, divisors, rest = self.sorted_out(factors)
        if not groups:
            return None
        left: list[Factor] = []
        changed = any(len(g.members) > 1 and any(map(self.far_below, g.members)) for g in groups)
        for base, degree, labels in divisors:
            fitting = [g for g in groups if set(labels) <= set(g.labels) or set(g.labels) <= set(labels)]
            if not fitting:
                left.append((build.power(base, build.num(degree)), labels))
                continue
            changed = True
            size, beside = self.logarithm(base), None
            if size is None:
                size = self.size(base)
                beside = None if size is None else self.shift(base, size)
                if size is None or beside is None:
                    return None
                left.append((build.power(self.done(beside), build.num(degree)), labels))
            while degree < 0:
                n = max(degree, -1)
                g = min(fitting, key=lambda g: (not set(labels) <= set(g.labels), len(g.less) + uses(g, size)))
                g.labels = labels if len(labels) > len(g.labels) else g.labels
                g.less.append((size if n == -1 else build.linear([-n], [size]), labels))
                g.weighted = g.weighted or beside is not None
                degree -= n
        if not changed:
            return None
        made = [factor for g in groups for factor in self.joined(g, rest)]
        return [*rest, *left, *made]

    def reciprocal(self, e: Expr) -> Expr | None:
        """One over a number that grows, by a negative exponent: where an overflow is an error and not infinite."""
        base, degree = power_of(e)
        if degree >= 0 or base.shape or (top := self.size(base)) is None:
            return None
        exact = self.logarithm(base)
        if exact is not None:
            return build.call("exp", build.linear([degree], [exact]))
        left = self.shift(base, top)
        return None if left is None else build.scale(build.power(left, build.num(degree)), build.call("exp", build.linear([degree], [top])))

    def sorted_out(self, factors: list[Factor]) -> tuple[list[Group], list[tuple[Expr, Number, Labels]], list[Factor]]:
        """Factors that grow, in groups; the divisors that do; the others."""
        grow: list[Factor] = []
        divisors: list[tuple[Expr, Number, Labels]] = []
        rest: list[Factor] = []
        opened = logistic_opened(factors)
        for (plain, _), (f, labels) in zip(factors, opened, strict=True):
            core, below = bare(f, labels)
            base, degree = power_of(core)
            base, own = bare(base, below)
            if degree < 0 and len(set(own)) == len(own) and self.size(base) is not None:
                divisors.append((base, degree, own))
            elif len(set(labels)) == len(labels) and self.size(f) is not None:
                grow.append((f, labels))
            else:
                rest.append((plain, labels))
        if not divisors and len(grow) < 2:
            return [], [], opened
        if len(grow) > 1 and any(n in self.owing for f, _ in grow for n in near(f)):
            return [Group(tuple(dict.fromkeys([label for _, labels in grow for label in labels])), grow)], divisors, rest
        return nested(grow), divisors, rest

    def far_below(self, factor: Factor) -> bool:
        """Whether a factor may be too small for a double where its neighbours are too large."""
        f = unnamed(factor[0])
        return (
            any(n in self.owing for n in near(f))
            or is_call(f, "erfc")
            or has_divisor(f)
            or (f.op == CALL and self.size(f) is f.args[0] and is_negative(f.args[0]))
        )

    def joined(self, g: Group, rest: Sequence[Factor]) -> list[Factor]:
        """The factors of a group, with one exponential for all of them."""
        sizes = {label: d for f, ls in (*g.members, *g.less) for label, d in zip(ls, f.shape, strict=True)}

        def laid(x: Expr, ls: Labels) -> Expr:
            return x if ls == g.labels else build.contract([x], [ls], g.labels, sizes)

        (first, ls), *more = g.members
        if not more and not g.less:
            return list(g.members)
        less = reduce(build.add, [laid(x, ls) for x, ls in g.less]) if g.less else None
        if not more and ls == g.labels and less is not None and (made := self.shift(first, less)) is not None:
            factors = [(made, g.labels)]
        else:
            found = [(f, ls, self.size(f)) for f, ls in g.members]
            exponent = reduce(build.add, [laid(size, ls) for _, ls, size in found if size is not None])
            factors = [(build.call("exp", exponent if less is None else build.sub(exponent, less)), g.labels)]
            for f, ls, size in found:
                if size is not None and not is_call(unnamed(f), "exp"):
                    left = self.shift(f, size)
                    factors.append((f if left is None else self.done(left), ls))
        if len(g.less) > len(g.members):
            self.owing.update([n for n in near(factors[0][0]) if is_call(n, "exp")])
        if g.weighted:
            factors[0] = (masked(factors[0][0], g.labels, rest), g.labels)
        return factors

    # ------------------------------------------------------------------------------------------ sizes

    def size(self, e: Expr, depth: int = MAX_DEPTH) -> Expr | None:
        """The exponent of a value that grows as an exponential, entry by entry; None if it does not."""
        e = unnamed(e)
        if e in self.shifted:
            return None
        if depth == MAX_DEPTH:
            if e not in self.known:
                self.known[e] = self.found_size(e, depth) if len(e.args) <= MAX_PARTS else None
            return self.known[e]
        if not depth or len(e.args) > MAX_PARTS:
            return None
        key = ("size", e, None, depth)
        if key not in self.below:
            self.below[key] = self.found_size(e, depth)
        return self.below[key]

    def found_size(self, e: Expr, depth: int) -> Expr | None:
        if e.op == CALL:
            return self.size_of_call(e, depth)
        if has_number_exponent(e):
            below = self.size(e.args[0], depth - 1) if e.args[1].data else None
            return None if below is None else build.linear([e.args[1].data], [below])
        if e.op == POW:
            base = bare(e.args[0], tuple(range(len(e.args[0].shape))))[0]
            if base.op not in (NUM, CONST) or (base.op == NUM and base.data <= 0):
                return None
            made = build.scale(build.call("log", base), e.args[1])
            return made if made.shape == e.shape else build.spread(made, e.shape)  # vector(3, n).^t of a number t
        if e.op == SUM:
            return largest_of([self.size(t, depth - 1) for t in e.args], e.shape)
        if e.op != PROD:
            return None
        e = flat(e)
        groups = self.grouped(e, depth)
        sizes = dict(enumerate_sizes(e))
        tops = [build.contract([self.top(e, g, depth)], [self.kept(e, g)], e.data[1], sizes) for g in groups or ()]
        return reduce(build.add, tops) if tops else None

    def size_of_call(self, e: Expr, depth: int) -> Expr | None:
        if not e.args:
            return None
        x = e.args[0]
        if e.data == "exp":
            return x
        if e.data == "erfc":
            return decay(x)
        if e.data in EVEN_AND_ODD_EXPONENTIALS:
            return build.call("abs", x)
        if e.data == "expm1":
            if Facts().nonnegative(build.neg(x)):
                return None
            return largest_of([x, None], x.shape)
        if e.data in ENTRIES:
            return largest_of([self.size(a, depth - 1) for a in e.args], e.shape)
        if (kept := kept_from_zero(e)) is not None:
            return self.size(kept, depth - 1)
        if e.data != "sqrt" and e.data not in WHOLE | ROWS | PRODUCTS and e.data not in SQUARES:
            return None
        below = self.size(x, depth - 1)
        if below is None:
            return None
        if e.data in PRODUCTS:
            return build.total(below) if e.data == "prod" else build.rowsum(below)
        if e.data == "sqrt":
            return build.linear([HALF], [below])
        if e.data in SQUARES:
            return build.linear([2], [build.call(SQUARES[e.data], below)])
        return build.call("max_entries" if e.data in WHOLE else "rowmax", below)

    def grouped(self, e: Expr, depth: int) -> list[Group] | None:
        """The factors of a product that grow; None where one of them has an axis twice."""
        pairs = [(f, ls) for f, ls in zip(e.args, e.data[0], strict=True) if self.size(f, depth - 1) is not None]
        if any(len(set(ls)) < len(ls) for _, ls in pairs):
            return None
        return nested(pairs)

    def exponent(self, e: Expr, g: Group, depth: int) -> Expr:
        """What the exponents of a group add up to, along its labels."""
        sizes = dict(enumerate_sizes(e))
        found = [(self.size(f, depth - 1), ls) for f, ls in g.members]
        return reduce(build.add, [x if ls == g.labels else build.contract([x], [ls], g.labels, sizes) for x, ls in found if x is not None])

    @staticmethod
    def kept(e: Expr, g: Group) -> Labels:
        return tuple([label for label in e.data[1] if label in g.labels])

    def top(self, e: Expr, g: Group, depth: int) -> Expr:
        """The largest of a group's exponents over the labels that are summed over, of those whose weight is not 0 for sure, along the others."""
        x, kept = self.exponent(e, g, depth), self.kept(e, g)
        summed = tuple([label for label in g.labels if label not in kept])
        own = (*kept, *summed)
        x = build.contract([lifted(x)], [g.labels], own) if g.labels != own else x

        def largest(x: Expr) -> Expr:
            for _ in summed:
                core, ls = bare(lifted(unnamed(x)), tuple(range(len(x.shape))))
                if len(x.shape) - 1 not in ls and len(set(ls)) == len(ls):  # the same all along
                    x = build.contract([core], [ls], tuple(range(len(x.shape) - 1)), dict(enumerate(x.shape)))
                else:
                    x = build.call("rowmax", x) if len(x.shape) > 1 else build.call("max_entries", x)
            return x

        if not summed:
            return x
        test = present(x, own, [(w, ws) for w, ws in others(e, g) if set(ws) & set(summed)])
        if test is not None:
            low = build.contract([build.neg(largest(build.neg(x)))], [kept], own, dict(zip(own, x.shape, strict=True)))
            x = build.call("if", test, x, low)
        return largest(x)

    # ------------------------------------------------------------------------------------------ what is left of a value

    def shift(self, e: Expr, less: Expr, depth: int = MAX_DEPTH) -> Expr | None:
        """e*exp(-less), of one shape; None if that cannot be taken into the exponents."""
        e = unnamed(e)
        if depth == 0:
            return None
        key = ("shift", e, less, depth)
        if key not in self.below:
            self.below[key] = self.found_shift(e, less, depth)
        return self.below[key]

    def found_shift(self, e: Expr, less: Expr, depth: int) -> Expr | None:
        if self.size(e, depth) is None:
            away = build.call("exp", build.neg(less))
            return build.elementwise(e, away) if e.shape else build.scale(e, away)
        if e.op == CALL:
            return self.shifted_call(e, less, depth)
        if e.op == POW:
            if e.args[1].op != NUM:
                size = self.size(e, depth)
                return None if size is None else build.call("exp", build.sub(size, less))
            below = self.shift(e.args[0], build.linear([inverse(e.args[1].data)], [less]), depth - 1)
            return None if below is None else build.power(below, e.args[1])
        if e.op == SUM:
            parts = [self.shift(t, less, depth - 1) for t in e.args]
            known = [p for p in parts if p is not None]
            return make(SUM, tuple(known), e.data, e.shape) if len(known) == len(parts) else None
        return self.shifted_product(flat(e), less, depth)

    def shifted_call(self, e: Expr, less: Expr, depth: int) -> Expr | None:
        x, times = e.args[0], build.elementwise if e.shape else build.scale
        if e.data == "exp":
            return raised(x, less)
        if e.data == "erfc":
            slow = inner("_erfc_scaled", x)
            return slow if decay(x) is less else times(slow, raised(decay(x), less))
        if e.data in EVEN_AND_ODD_EXPONENTIALS:
            far = build.call("exp", build.sub(build.call("abs", x), less))
            double = build.linear([-2], [build.call("abs", x)])
            if e.data == "cosh":
                return build.linear([HALF, HALF], [far, times(far, build.call("exp", double))])
            return build.linear([-HALF], [times(times(far, build.call("sign", x)), build.call("expm1", double))])
        if e.data == "expm1":
            if Facts().nonnegative(x):
                return build.neg(times(raised(x, less), build.call("expm1", build.neg(x))))
            above = build.call("gt", x, build.spread(ZERO, x.shape) if x.shape else ZERO)
            ends = build.call("exp", build.sub(x, less)), build.call("exp", build.neg(less))
            return times(build.call("if", above, build.neg(ends[0]), ends[1]), build.call("expm1", build.neg(build.call("abs", x))))
        if e.data == "sqrt":
            below = self.shift(x, build.linear([2], [less]), depth - 1)
            return None if below is None else build.call("sqrt", below)
        if (kept := kept_from_zero(e)) is not None:
            made = self.shift(kept, less, depth - 1)
            return None if made is None else build.call("if", build.call("eq", made, ZERO), ONE, made)
        if e.data in SQUARES:
            less = build.linear([HALF], [less])
        if e.data in ENTRIES:
            parts = [self.shift(a, less, depth - 1) for a in e.args]
            known = [p for p in parts if p is not None]
            return build.call(e.data, *known) if len(known) == len(parts) else None
        if e.data in PRODUCTS:
            size, own = self.size(e, depth), self.size(x, depth - 1)
            left = None if size is None or own is None else self.shift(x, own, depth - 1)
            if size is None or left is None:
                return None
            return build.call(e.data, left) if size is less else times(build.call(e.data, left), raised(size, less))
        axes = tuple(range(len(e.shape)))
        inside = build.contract([less], [axes], tuple(range(len(x.shape))), dict(enumerate(x.shape)))
        below = self.shift(x, inside, depth - 1)
        return None if below is None else make(CALL, (below, *e.args[1:]), e.data, e.shape)

    def shifted_product(self, e: Expr, less: Expr, depth: int) -> Expr | None:
        labels, out = e.data
        sizes = dict(enumerate_sizes(e))
        groups = self.grouped(e, depth)
        if not groups:
            return None
        core, below = bare(less, out)
        direct = next((g for g in groups if set(below) <= set(g.labels)), None) if len(groups) == 1 else None
        grown = {id(f) for g in groups for f, _ in g.members}
        made = [(f, ls) for f, ls in zip(e.args, labels, strict=True) if id(f) not in grown]
        tops: list[Factor] = []
        for g in groups:
            top = (core, below) if g is direct else (self.top(e, g, depth), self.kept(e, g))
            tops.append(top)
            off = build.contract([top[0]], [top[1]], g.labels, sizes)
            summed = any(label not in out for label in g.labels)
            these: list[Factor] = []
            if len(g.members) == 1 and g.members[0][1] == g.labels and (summed or g is direct):
                first = self.shift(g.members[0][0], off, depth - 1)
                if first is None:
                    return None
                these = [(first, g.labels)]
            else:
                if summed or g is direct:
                    these = [(build.call("exp", build.sub(self.exponent(e, g, depth), off)), g.labels)]
                for f, ls in g.members:
                    size = self.size(f, depth - 1)
                    if not is_call(unnamed(f), "exp"):
                        left = None if size is None else self.shift(f, size, depth - 1)
                        if left is None:
                            return None
                        these.append((left, ls))
            if summed:
                these[0] = (masked(these[0][0], g.labels, others(e, g)), g.labels)
            made += these
        if direct is None:
            whole = reduce(build.add, [build.contract([x], [ls], out, sizes) for x, ls in tops])
            made.append((build.call("exp", build.sub(whole, less)), out))
        return build.contract([f for f, _ in made], [ls for _, ls in made], out, sizes)


def raised(x: Expr, less: Expr) -> Expr:
    """exp(x - less)."""
    if x is less:
        return build.spread(ONE, x.shape) if x.shape else ONE
    return build.call("exp", build.sub(x, less))


def logarithm_of_two(a: Expr, b: Expr) -> Expr:
    """log(exp(a) + exp(b))."""
    for one, other in ((a, b), (b, a)):
        if is_zero(one):
            return build.call("softplus", other)
    return build.call("logaddexp", a, b)


def largest_of(sizes: Sequence[Expr | None], shape: Shape) -> Expr | None:
    """The exponent of a sum by those of its terms; None where it does not grow.

    Multiples of one value with a known sign are compared at once: of 1 - exp(-2*max(t, 0)) the exponent is 0, and nothing is shifted.
    """
    known = [s for s in dict.fromkeys(sizes) if s is not None]
    facts = Facts()

    def below(x: Expr, y: Expr | None) -> bool:
        """Whether the exponent x is at most y; None is 0."""
        (c, base), (d, other) = multiple(x), (0, None) if y is None else multiple(y)
        return c <= d and (other is None or other is base) and facts.nonnegative(base)

    if None in sizes:
        known = [x for x in known if not below(x, None)]
    left = [x for x in known if not any(y is not x and below(x, y) for y in known)]
    if not left:
        return None
    if None in sizes and not any(facts.nonnegative(x) for x in left):
        left.append(build.spread(ZERO, shape) if shape else ZERO)
    return reduce(lambda a, b: build.call("max", a, b), left)


def nested(factors: list[Factor]) -> list[Group]:
    """Groups of factors, each with the labels of one of them or some of these."""
    groups: list[Group] = []
    for f, labels in sorted(factors, key=lambda factor: -len(factor[1])):
        home = next((g for g in groups if set(labels) <= set(g.labels)), None)
        if home is None:
            groups.append(Group(labels, [(f, labels)]))
        else:
            home.members.append((f, labels))
    return groups


def others(e: Expr, g: Group) -> list[Factor]:
    """The factors of a product beside those of a group."""
    mine = {id(f) for f, _ in g.members}
    return [(f, ls) for f, ls in zip(e.args, e.data[0], strict=True) if id(f) not in mine]


def is_bounded(e: Expr) -> bool:
    """Whether this is a function whose logarithm is known, and may be too small for a double."""
    e = unnamed(e)
    if is_call_of(e, PRODUCTS):
        e = unnamed(e.args[0])
    return e.op == CALL and (e.data == "exp" or e.data in SATURATING)


def is_negative(x: Expr) -> bool:
    """Whether an exponent has a minus sign in front."""
    x = unnamed(x)
    return x.op == SUM and all(c < 0 for c in x.data)


def has_divisor(e: Expr) -> bool:
    """Whether this is a sum one of whose terms divides: its exponents may be negative."""
    e = unnamed(e)
    terms = [unnamed(t) for t in e.args] if e.op == SUM else []
    return any(power_of(f)[1] < 0 for t in terms for f in (flat(t).args if t.op == PROD else (t,)))


def uses(g: Group, size: Expr) -> int:
    """How many factors of a group have been divided by what has this logarithm."""
    return sum(size in topological([f]) for f, _ in g.members)


def logistic_opened(factors: list[Factor]) -> list[Factor]:
    """The factors with 1/(1 + exp(-t)) for sigma(t), where exponentials of multiples of t are among them."""
    inside = [n for f, _ in factors for n in near(f)]
    exponents = {unscaled(n.args[0]) for n in inside if is_call(n, "exp", "expm1", *EVEN_AND_ODD_EXPONENTIALS)}
    found = {n for n in inside if is_call(n, "sigma") and unscaled(n.args[0]) in exponents}
    if not found:
        return factors

    def put(node: Expr) -> Expr | None:
        if node not in found:
            return None
        one = build.spread(ONE, node.shape) if node.shape else ONE
        return build.power(build.add(one, build.call("exp", build.neg(node.args[0]))), MINUS_ONE)

    return list(zip(outermost([f for f, _ in factors], put), [labels for _, labels in factors], strict=True))


def near(e: Expr) -> list[Expr]:
    """A value, and what it is a sum, a product, a power and a mean of."""
    found: list[Expr] = []
    stack = [(unnamed(e), MAX_DEPTH)]
    while stack and len(found) <= MAX_PARTS * MAX_PARTS:
        x, depth = stack.pop()
        found.append(x)
        if depth and (x.op in (SUM, PROD, POW) or is_call_of(x, WHOLE)) and len(x.args) <= MAX_PARTS:
            stack += [(unnamed(a), depth - 1) for a in x.args]
    return found


def inverse(n: Number) -> Number:
    return Fraction(1) / Fraction(n)


def unscaled(x: Expr) -> Expr:
    """What this is a multiple of."""
    x = unnamed(x)
    while (is_multiple(x) and not is_number(x.args[0])) or (
        x.op == PROD and sum(not is_number(a) for a in x.args) == 1 and all(ls in ((), x.data[1]) for ls in x.data[0])
    ):
        x = unnamed(next(a for a in x.args if not is_number(a)))
    return x


def bare(f: Expr, labels: Labels) -> Factor:
    """A factor without what only lays it out along further axes, and its labels."""
    e = unnamed(f)
    while has_one_factor(e) and len(set(e.data[0][0])) == len(e.data[0][0]) and set(e.data[0][0]) <= set(e.data[1]):
        labels = tuple([labels[e.data[1].index(label)] for label in e.data[0][0]])
        e = unnamed(e.args[0])
    return e, labels


def summed_up(x: Expr) -> Expr:
    """log(sum(exp(x)))."""
    for _ in x.shape:
        x = build.call("logsumexp", x)
    return x


def count_of(x: Expr) -> Expr:
    """The logarithm of the number of entries."""
    return reduce(build.add, [build.call("log", build.dim(d)) for d in x.shape])


def mean_of_rows(x: Expr) -> Expr:
    """log(rowmean(exp(x)))."""
    count = build.call("log", build.dim(x.shape[-1]))
    return build.sub(build.call("logsumexp", x), build.spread(count, x.shape[:-1]) if x.shape[1:] else count)


# log(f(x)) by log(x), where x is positive.
LOGARITHMS: dict[str, Callable[[Expr], Expr]] = {
    "sqrt": lambda x: build.linear([HALF], [x]),
    "mean": lambda x: build.sub(summed_up(x), count_of(x)),
    "norm1": summed_up,
    "norm2": lambda x: build.linear([HALF], [summed_up(build.linear([2], [x]))]),
    "norminf": lambda x: build.call("max_entries", x),
    "max_entries": lambda x: build.call("max_entries", x),
    "min_entries": lambda x: build.call("min_entries", x),
    "prod": build.total,
    "rowmax": lambda x: build.call("rowmax", x),
    "rowmin": lambda x: build.call("rowmin", x),
    "rowprod": build.rowsum,
    "rowmean": mean_of_rows,
}
SATURATING: dict[str, Callable[[Expr], Expr]] = {
    "softmax": lambda x: build.call("log_softmax", x),
    "sigma": lambda x: build.neg(build.call("softplus", build.neg(x))),
}


def present(x: Expr, labels: Labels, weights: Sequence[Factor]) -> Expr | None:
    """Where the weights beside x, a factor with these labels, are not 0; None if that is nowhere or cannot be said there."""
    own = set(labels)
    found = [
        (w, ws) for w, ws in weights if ws and set(ws) <= own and len(set(ws)) == len(ws) and not is_number(w) and not Facts().positive(w)
    ]
    if not found or len(own) < len(labels):
        return None
    (first, ws) = found[0]
    if len(found) == 1 and ws == labels and first.op == CALL and row_of(first.data).relation:
        return first
    sizes = dict(zip(labels, x.shape, strict=True))
    return build.call("ne", build.contract([w for w, _ in found], [ws for _, ws in found], tuple(labels), sizes), ZERO)


def masked(x: Expr, labels: Labels, weights: Sequence[Factor]) -> Expr:
    """x, and 0 where its weights are: an exponential there is not among those that the largest was taken of."""
    test = present(x, labels, weights)
    return x if test is None else build.call("if", test, x, ZERO)


def power_of(e: Expr) -> tuple[Expr, Number]:
    """The base of a power of powers, and the product of the exponents; 1 for anything else."""
    degree: Number = 1
    e = unnamed(e)
    while has_number_exponent(e) and (degree == 1 or type(e.args[1].data) is int):  # (S^2)^(1/2) may be -S, not for these S
        degree *= e.args[1].data
        e = unnamed(e.args[0])
    return e, degree


def decay(z: Expr) -> Expr:
    """The exponent of erfc(z): -z^2 where z is positive."""
    return build.neg(build.power(build.call("max", z, ZERO), TWO))


def flat(e: Expr) -> Expr:
    """A product with the factors of those of its factors that add nothing up."""
    labels, out = e.data
    fresh = count(1 + max([label for label, _ in enumerate_sizes(e)], default=0))
    factors: list[Factor] = []
    todo = list(zip(e.args, labels, strict=True))[::-1]
    while todo and len(factors) + len(todo) <= MAX_PARTS:
        f, ls = todo.pop()
        inside = unnamed(f)
        if inside.op == PROD and inside.args and adds_nothing(inside):
            place = dict(zip(inside.data[1], ls, strict=True))
            place |= {label: next(fresh) for label, _ in enumerate_sizes(inside) if label not in place}
            todo += [(part, tuple([place[label] for label in own])) for part, own in zip(inside.args, inside.data[0], strict=True)][::-1]
        else:
            factors.append((f, ls))
    factors += todo[::-1]
    if len(factors) == len(e.args) and all(f is g for (f, _), g in zip(factors, e.args, strict=True)):
        return e
    seen = {label for _, ls in factors for label in ls}
    if any(label not in seen and label not in out and d != 1 for label, d in enumerate_sizes(e)):
        return e  # a sum over what nobody depends on counts
    return build.contract([f for f, _ in factors], [ls for _, ls in factors], out, dict(enumerate_sizes(e)))


def adds_nothing(e: Expr) -> bool:
    """Whether a product adds nothing up."""
    return all(label in e.data[1] or d == 1 for label, d in enumerate_sizes(e))


def enumerate_sizes(e: Expr) -> list[tuple[int, Dim]]:
    """The dimensions of a product's labels."""
    sizes = [(label, d) for f, ls in zip(e.args, e.data[0], strict=True) for label, d in zip(ls, f.shape, strict=True)]
    return sizes + list(zip(e.data[1], e.shape, strict=True))


def is_number(e: Expr) -> bool:
    return is_plain_number(unnamed(e))
