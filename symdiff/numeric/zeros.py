"""Products in which a factor 0 is divided out again: prod(x)/x[i], x^p*log(x).

In and out: expressions of the same values, and of the limits where the plain spelling gives 0/0 or 0 times infinity. With t for u where its
zeros are 1 and Z for the number of these zeros, prod(u)/u[i] is prod(t)/t[i] where the zeros are u[i] alone and 0 where there are others; so
is prod(u)/(u[i]*u[j]) for i != j.

Long: one pass for each form of a product that is divided by its own factor; they share their small questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations, count
from typing import NamedTuple

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, ZERO, Labels
from symdiff.expr.node import CALL, DELTA, DIM, NAME, NUM, POW, PROD, SUM, Dim, Expr, Number, make
from symdiff.expr.patterns import (
    has_number_exponent,
    has_one_factor,
    has_two_factors,
    has_whole_exponent,
    is_call,
    is_call_of,
    is_condition,
    is_divisor,
    is_multiple,
    is_reciprocal,
    is_squared,
    is_whole_number,
)
from symdiff.expr.walk import substitute, topological, unnamed
from symdiff.numeric.leaving import is_prod, left_out, product_of
from symdiff.numeric.limits import limits
from symdiff.numeric.summands import ratio, split_up, to_the
from symdiff.numeric.vanishing import is_number, lowered, vanishing
from symdiff.simplify import Normalizer
from symdiff.simplify.facts import Facts
from symdiff.simplify.shapes import terms_of
from symdiff.table import TABLE
from symdiff.table.groups import PRODUCTS, ROOTS

Factor = tuple[Expr, Labels]

# Longer products are left as they are, and sums of more terms are not multiplied out.
MAX_FACTORS, MAX_TERMS, MAX_DEPTH = 16, 8, 3

# v'/v of functions v: the quotients that have names of their own.
QUOTIENTS = {"cot": ("cos", "sin", 1), "tan": ("sin", "cos", 1), "coth": ("cosh", "sinh", 1)}


class Unit(NamedTuple):
    """A factor that divides prod(u) by an entry of u: what else it multiplies by, with its labels."""

    rest: list[Expr]
    labels: Labels
    base: Expr
    power: int


def zeros(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with such products in a form that has a value at zeros."""
    exprs = vanishing(limits(quotients(exprs)))
    nodes = topological(exprs)
    if not any(
        n.op == CALL
        and (
            n.data in ("prod", "rowprod", "cumprod", "log", "norm2", "rownorm2", "sqrt")
            or (n.data in TABLE and TABLE.names[n.data].relation)
        )
        for n in nodes
    ):
        return list(exprs)

    new: dict[Expr, Expr] = {}
    whole: dict[Expr, Expr] = {}  # products with the products among their factors as they are: x/a/b is looked at together

    for node in nodes:
        kids = tuple([new[a] for a in node.args])
        new[node] = made = make(node.op, kids, node.data, node.shape)
        if node.op != PROD:
            continue
        whole[node] = new[node] = made = at_places(made)
        kids = made.args
        if len(kids) == 1:
            new[node] = diagonal(made)
            continue
        whole[node] = make(
            PROD, tuple([whole.get(a, new[a]) if b is new[a] else b for a, b in zip(node.args, kids, strict=True)]), node.data, node.shape
        )
        sizes = dict(zip(node.data[1], node.shape, strict=True))
        way = _Product(list(zip(whole[node].args, node.data[0], strict=True)), node.data[1], sizes)
        found = left_out(way.factors, way.out, way.sizes) if way.goes_together() else None
        found = way.run(0) if found is None else found if way.coef == 1 else build.linear([way.coef], [found])
        if found is not None:
            new[node] = found
    return [new[e] for e in exprs]


def quotients(exprs: Sequence[Expr]) -> list[Expr]:
    """prod(u) ./ u as the products of all other entries, where u divides nothing else, before other factors decide what it divides."""
    nodes = topological(exprs)
    above: dict[Expr, list[Expr]] = {}  # what u^-1 is a factor of
    powers: dict[Expr, list[Expr]] = {}  # with which powers u divides
    for node in nodes:
        if is_divisor(node):
            powers.setdefault(unnamed(node.args[0]), []).append(node)
        for a in node.args:
            if is_divisor(unnamed(a)):
                above.setdefault(unnamed(a), []).append(node)
    found: dict[Expr, Expr] = {}
    for u, divisors in powers.items():  # several where u stands there with its name and without it
        parents = [node for power in divisors for node in above.get(power, [])]
        if not all(map(is_reciprocal, divisors)) or not parents or not all(quotient_of(node, divisors, u) for node in parents):
            continue
        for node in parents:
            sizes = dict(zip(node.data[1], node.shape, strict=True))
            whole = _Product(list(zip(node.args, node.data[0], strict=True)), node.data[1], sizes)
            made = whole.next_left_out(0, set())
            if made is not None:
                found[node] = whole.contracted(made) if isinstance(made, list) else made
    if not found:
        return list(exprs)
    new = substitute(exprs, lambda node, args: found.get(node) or make(node.op, args, node.data, node.shape) if args else node)
    return [new[e] for e in exprs]


def quotient_of(node: Expr, powers: Sequence[Expr], u: Expr) -> bool:
    """Whether this is prod(u) ./ u, where the powers are u^-1, perhaps times others that divide nothing."""
    if node.op != PROD or not 1 < len(node.args) <= MAX_FACTORS:
        return False
    factors = _Product(list(zip(node.args, node.data[0], strict=True)), node.data[1], {}).factors
    divisors = [labels for f, labels in factors if unnamed(f) in powers]
    whole = [f for f, _ in factors if is_prod(unnamed(f)) and unnamed(unnamed(f).args[0]) is u]
    others = [labels for f, labels in factors if not is_divisor(unnamed(f))]
    within = all(set(labels) <= set(node.data[1]) for labels in others)
    return divisors == [node.data[1]] and len(whole) == 1 and len(others) == len(factors) - 1 and within


def at_places(product: Expr) -> Expr:
    """A product of entries of sign(u) and of 1/sqrt(abs(u)) at the same places, as x[n+1-i] - x[j] has them: 0 where u is."""
    labels, out = product.data
    args = list(product.args)
    for k, f in enumerate(map(unnamed, product.args)):
        for j, part in enumerate(f.args if f.op == PROD else ()):
            power = unnamed(part)
            if not is_divisor(power) or (size := cusp(power)) is None:
                continue
            for i, twin in enumerate(map(unnamed, product.args)):
                if labels[i] != labels[k] or twin is f or twin.op != PROD or twin.data != f.data:
                    continue
                x = unnamed(twin.args[j])
                others = all(a is b for m, (a, b) in enumerate(zip(f.args, twin.args, strict=True)) if m != j)
                if others and is_call(x, "sign") and same_up_to_sign(unnamed(x.args[0]), size):
                    base = power.args[0]
                    harmless = build.power(build.call("if", build.call("eq", base, ZERO), ONE, base), power.args[1])
                    args[k] = make(PROD, (*f.args[:j], harmless, *f.args[j + 1 :]), f.data, f.shape)
    return make(PROD, tuple(args), (labels, out), product.shape)


def diagonal(e: Expr) -> Expr:
    """diag(B*S) of a matrix B of brackets as one product, in which the entries of S meet the brackets that cut them off."""
    inner = unnamed(e.args[0])
    if inner.op != PROD or len(set(e.data[0][0])) == len(e.data[0][0]) or not any(is_bracket(f) for f in inner.args):
        return e
    fresh = count(1 + max(e.data[0][0] + e.data[1]))
    place = dict(zip(inner.data[1], e.data[0][0], strict=True))
    labels = []
    for ls in inner.data[0]:
        for label in ls:
            if label not in place:
                place[label] = next(fresh)
        labels.append(tuple([place[label] for label in ls]))
    sizes = {label: d for label, d in zip(e.data[1], e.shape, strict=True)}
    carried = {label for ls in labels for label in ls}
    if not set(e.data[0][0]) <= carried.union(e.data[1]):
        return e
    return build.contract(inner.args, labels, e.data[1], sizes)


def is_bracket(f: Expr) -> bool:
    f = unnamed(f)
    while has_one_factor(f):
        f = unnamed(f.args[0])
    return is_condition(f)


class _Product:
    def __init__(self, factors: list[Factor], out: Labels, sizes: dict[int, Dim]) -> None:
        self.out = out
        self.sizes = sizes | {label: d for f, ls in factors for label, d in zip(ls, f.shape, strict=True)}
        self.coef: Number = 1
        self.factors: list[Factor] = []
        self.flatten(factors)

    def flatten(self, factors: Sequence[Factor]) -> None:
        beside_norm = any((x := unnamed(f)).op == POW and is_negative(x.args[1]) and normed(x.args[0]) is not None for f, _ in factors)
        fresh = count(1 + max([label for _, ls in factors for label in ls] + list(self.out), default=0))
        stack = list(factors)[::-1]
        while stack:
            f, labels = stack.pop()
            inner = unnamed(f)
            if inner.op == NUM:
                self.coef *= inner.data
            elif is_multiple(inner):
                self.coef *= inner.data[0]
                stack.append((inner.args[0], labels))
            elif (
                inner.op == PROD
                and len(self.factors) + len(stack) + len(inner.args) <= MAX_FACTORS
                and (opens(inner) or (beside_norm and adds_nothing(inner)))
            ):
                place = dict(zip(inner.data[1], labels, strict=True))
                for a, ls in zip(inner.args, inner.data[0], strict=True):
                    for label, d in zip(ls, a.shape, strict=True):
                        if label not in place:
                            place[label] = next(fresh)
                            self.sizes[place[label]] = d
                    stack.append((a, tuple([place[label] for label in ls])))
            else:
                self.factors.append((f, labels))
        carried = {label for _, ls in self.factors for label in ls}.union(self.out)
        for label in dict.fromkeys([label for _, ls in factors for label in ls]):
            if label not in carried and self.sizes[label] != 1:  # of what was spread along it, so many are summed
                self.factors.append((build.spread(ONE, (self.sizes[label],)), (label,)))

    def contracted(self, factors: list[Factor]) -> Expr:
        made = build.contract([f for f, _ in factors], [ls for _, ls in factors], self.out, self.sizes)
        return made if self.coef == 1 else build.linear([self.coef], [made])

    def run(self, depth: int) -> Expr | None:
        if len(self.factors) > MAX_FACTORS:
            return None
        return self.left_out(depth) or self.cumulative() or self.logarithms() or self.directions(depth)

    def goes_together(self) -> bool:
        """Whether two entries at a time are left out of a product of a matrix: `taken` knows those of vectors and of rows."""
        return any((found := product_of(f)) is not None and len(found[0].shape) > 1 for f, _ in self.factors)

    # ------------------------------------------------------------------------------------------ cumprod(x)[j]/x[i] for j >= i

    def cumulative(self) -> Expr | None:
        """L/x where L is linear in cumprod(x) and 0 where x[i] is: where it is, the sum of the products that have no other zero in them."""
        for k, (f, labels) in enumerate(self.factors):
            power = unnamed(f)
            if not is_reciprocal(power) or not labels or len(set(labels)) < len(labels):
                continue
            x = unnamed(power.args[0])
            whole = build.call("cumprod", power.args[0])
            found = [
                j for j, (g, ls) in enumerate(self.factors) if set(labels) <= set(ls) and len(set(ls)) == len(ls) and is_linear(g, whole)
            ]
            if len(found) != 1 or len(x.shape) > 2:
                continue
            (j,) = found
            g, ls = self.factors[j]
            zero = build.call("eq", x, ZERO)
            t = build.call("if", zero, ONE, x)
            alone = build.elementwise(
                build.call("cumprod", t), build.call("eq", build.call("cumsum", as_number(zero)), build.spread(ONE, x.shape))
            )
            without = replaced(g, whole, alone)
            here = [build.contract([part], [labels], ls, dict(zip(ls, g.shape, strict=True))) for part in (zero, build.power(t, MINUS_ONE))]
            quotient = build.call("if", here[0], without, build.elementwise(g, here[1]))
            rest = [factor for i, factor in enumerate(self.factors) if i not in (j, k)]
            return self.contracted([(quotient, ls), *rest])
        return None

    # ------------------------------------------------------------------------------------------ u/norm2(u)

    def directions(self, depth: int) -> Expr | None:
        """u/norm2(u) and u*u'/norm2(u): 0 at u = 0."""
        factors = list(self.factors)
        one: dict[int, int] = {}  # labels that an identity makes one, as in diag(1 ./ r)*A
        for f, ls in self.factors:
            if f.op == DELTA:
                a, b = sorted(one.get(label, label) for label in ls)
                one.update({label: a for label in (*[k for k, v in one.items() if v == b], a, b)})
        for k, (f, labels) in enumerate(self.factors):
            power = unnamed(f)
            if not is_divisor(power):
                continue
            if (size := cusp(power)) is not None and any(
                ls == labels and (x := unnamed(g)).op == CALL and x.data == "sign" and same_up_to_sign(unnamed(x.args[0]), size)
                for g, ls in self.factors
            ):  # the slope of sqrt(abs(u)) is taken to be 0 at u = 0, as that of abs(u) is
                base = power.args[0]
                factors[k] = (build.power(build.call("if", build.call("eq", base, ZERO), ONE, base), power.args[1]), labels)
                continue
            if (of := normed(power.args[0])) is None:
                continue
            u, axes = of
            if Facts().positive(u):
                continue
            beside = (
                sum(times_met(u, g) for j, (g, _) in enumerate(self.factors) if j != k)
                if not axes
                else sum(
                    same_up_to_sign(unnamed(g), u)
                    and all(one.get(ls[axis], ls[axis]) == one.get(label, label) for axis, label in zip(axes, labels, strict=True))
                    for j, (g, ls) in enumerate(self.factors)
                    if j != k and len(ls) == len(u.shape)
                )
            )
            below = [(unnamed(g), ls) for g, ls in self.factors]  # 1/r*(1/r) counts twice
            if beside >= -sum(
                x.args[1].data for x, ls in below if x.op == POW and x.args[0] is power.args[0] and ls == labels and is_negative(x.args[1])
            ):
                norm = power.args[0]
                harmless = build.call("if", build.call("eq", norm, ZERO), ONE, norm)
                factors[k] = (build.power(harmless, power.args[1]), labels)
        if factors != self.factors:
            return self.contracted(factors)
        if depth < MAX_DEPTH and any(self.has_norm(unnamed(f)) for f, _ in self.factors if unnamed(f).op == SUM):
            return self.distributed(depth)
        return None

    @staticmethod
    def has_norm(total: Expr) -> bool:
        parts = [unnamed(a) for t in total.args[:MAX_TERMS] for a in ((t, *t.args) if unnamed(t).op == PROD else (t,))]
        return any(a.op == POW and is_negative(a.args[1]) and normed(a.args[0]) is not None for a in parts)

    # ------------------------------------------------------------------------------------------ x^p*log(x)

    def logarithms(self) -> Expr | None:
        for k, (f, labels) in enumerate(self.factors):
            n = 1
            log = unnamed(f)
            if log.op == SUM and (met := self.logarithm_in_sum(k)) is not None:
                return met
            if has_number_exponent(log) and log.args[1].data in (2, 3):
                log, n = unnamed(log.args[0]), log.args[1].data
            if not is_log(log):
                continue
            for j, (g, beside) in enumerate(self.factors):
                power = unnamed(g)
                if (
                    j == k
                    or beside != labels
                    or power.op != POW
                    or unnamed(power.args[0]) is not unnamed(log.args[0])
                    or is_negative(power.args[1])
                ):
                    continue
                made = g
                for _ in range(n):
                    made = build.call("xlogy", made, log.args[0])
                return self.contracted([(made if i == j else h, ls) for i, (h, ls) in enumerate(self.factors) if i != k])
        return None

    def logarithm_in_sum(self, k: int) -> Expr | None:
        """x^p*(p*log(x) + 1), the power with every term of the sum."""
        total, labels = self.factors[k]
        total = unnamed(total)
        logs = {unnamed(f).args[0] for t in total.args for f in split_up(t)[1] if is_log(f)}
        powers = [
            j
            for j, (g, beside) in enumerate(self.factors)
            if j != k
            and beside == labels
            and (power := unnamed(g)).op == POW
            and not is_negative(power.args[1])
            and any(unnamed(x) is unnamed(power.args[0]) for x in logs)
        ]
        if not powers or len(total.args) > MAX_TERMS:
            return None
        places = tuple(range(len(labels)))
        sizes = dict(zip(places, total.shape, strict=True))
        made = []
        for t in total.args:
            part = _Product([(t, places), *[(self.factors[j][0], places) for j in powers]], places, sizes)
            found = part.logarithms()
            made.append(part.contracted(part.factors) if found is None else found)
        rest = [factor for i, factor in enumerate(self.factors) if i != k and i not in powers]
        return self.contracted([(build.linear(total.data, made), labels), *rest])

    # ------------------------------------------------------------------------------------------ prod(x)/x[i]

    def left_out(self, depth: int) -> Expr | None:
        changed = self.spread_out()
        self.parted()
        done: set[Expr] = set()
        while True:
            found = self.next_left_out(depth, done)
            if not isinstance(found, list):
                return found if found is not None or not (done or changed) else self.contracted(self.factors)
            self.factors = found

    def next_left_out(self, depth: int, done: set[Expr]) -> list[Factor] | Expr | None:
        """The factors with the entries of one more product left out, or all of it multiplied out; None if there is none."""
        for k, (f, labels) in enumerate(self.factors):
            whole, n = counted(f)
            if whole in done or not is_call_of(whole, PRODUCTS) or (whole.data == "rowprod" and len(whole.args[0].shape) != 2):
                continue
            u = whole.args[0]
            others = [factor for j, factor in enumerate(self.factors) if j != k]
            units = {
                j: these
                for j, (g, ls) in enumerate(others)
                if (these := units_of(u, *turned(u, g, ls), n)) and these[0].labels[: len(labels)] == labels
            }
            if not units:
                if depth < MAX_DEPTH and (found := self.distributed(depth)) is not None:
                    return found
                continue
            rest = [factor for j, factor in enumerate(others) if j not in units]
            if depth < MAX_DEPTH and any(divides_by_part(g, u) for g, _ in rest) and (found := self.distributed(depth)) is not None:
                return found
            left_out = [unit for found in units.values() for unit in found]
            made = self.taken(u, n, left_out, rest, f) if whole.data == "prod" else self.taken_by_rows(u, n, left_out, rest)
            if made is None:
                return self.distributed(depth, lambda x: divides(x) or any(map(has_prod, x.args))) if depth < MAX_DEPTH else None
            done.add(whole)
            return made
        if depth < MAX_DEPTH and any(divisor(f) for f, _ in self.factors) and any(is_sum_of_products(f) for f, _ in self.factors):
            return self.distributed(depth, is_sum_of_products)  # (prod(x)^2 + prod(x)) ./ x
        return None

    def parted(self) -> None:
        """prod(u.*v) as prod(u)*prod(v) where something divides by u and something by v, or by a factor that only shows once u is factored."""
        for k, (f, _) in enumerate(self.factors):
            whole, n = to_the(f)
            if not is_prod(whole):
                continue
            u = unnamed(whole.args[0])
            found = [(j, ls, q) for j, (g, ls) in enumerate(self.factors) if len(ls) == len(u.shape) and (q := divisor(g)) is not None]
            if not found or (len({base for _, _, (_, base, _) in found}) == 1 and quotient(u, found[0][2][1], 1) is not None):
                continue
            c, own = split_up(u)
            apart = {j: (ls, q, parts) for j, ls, q in found if own.keys() >= (parts := split_up(q[1])[1]).keys()}
            used = {part for _, _, parts in apart.values() for part in parts}
            if not used or len(own) < 2:
                continue
            made = [factor for j, factor in enumerate(self.factors) if j != k and j not in apart]
            made += [(build.power(build.call("prod", part), build.num(m * n)), ()) for part, m in own.items() if part in used]
            rest = [build.power(part, build.num(m)) for part, m in own.items() if part not in used]
            if rest or c != 1:
                left = reduce(build.elementwise, rest, build.spread(build.num(c), u.shape))
                made.append((build.power(build.call("prod", left), build.num(n)), ()))
            for ls, (top, base, m), parts in apart.values():
                self.coef *= Fraction(split_up(base)[0]) ** -m
                made += [(part, ls) for part in top] + [(build.power(part, build.num(-m * often)), ls) for part, often in parts.items()]
            self.factors = made
            return

    def spread_out(self) -> bool:
        """prod(x*y') as prod(x)^n*prod(y)^m, where something divides: for every factor how often it is met."""
        found = False
        for k, (f, _) in enumerate(self.factors):
            whole, n = to_the(f)
            if not is_prod(whole) or not any(divides(g) for j, (g, _) in enumerate(self.factors) if j != k):
                continue
            c, u = multiple(whole.args[0])
            if u.op != PROD or not u.args or not adds_nothing(u) or any(len(set(ls)) < len(ls) for ls in u.data[0]):
                continue
            sizes = dict(zip(u.data[1], u.shape, strict=True))
            if all(set(ls) == set(sizes) for ls in u.data[0]):
                continue
            parts = [(g, [d for label, d in sizes.items() if label not in ls]) for g, ls in zip(u.args, u.data[0], strict=True)]
            powers: dict[Expr, list[Expr]] = {}
            todo = [(build.num(c), list(u.shape)), *parts]
            while todo:
                g, dims = todo.pop(0)
                c, inner = multiple(g)
                if not g.shape and (c != 1 or (inner.op == PROD and inner.args and not any(inner.data[0]))):  # 2*s
                    todo += [(a, dims) for a in (build.num(c), *(inner.args if inner.op == PROD and not any(inner.data[0]) else (inner,)))]
                elif g is not ONE:
                    often = reduce(build.scale, [build.dim(d) for d in dims], build.num(n))
                    powers.setdefault(build.call("prod", g) if g.shape else unnamed(g), []).append(often)
            rest = self.factors[:k] + self.factors[k + 1 :]
            for j, (g, ls) in enumerate(rest):  # s^n/s
                g = unnamed(g)
                if has_number_exponent(g) and not ls and unnamed(g.args[0]) in powers:
                    powers[unnamed(g.args[0])].append(g.args[1])
                    rest[j] = (ONE, ())
            self.factors = rest + [(build.power(base, reduce(build.add, often)), ()) for base, often in powers.items()]
            found = True
            break
        return found

    def taken_by_rows(self, u: Expr, n: int, units: list[Unit], rest: list[Factor]) -> list[Factor] | None:
        """rowprod(u) with one entry of each row left out, or two different ones."""
        if n != 1 or len(units) > 2:
            return None
        rows, size = u.shape
        zero = build.call("eq", u, ZERO)
        t = build.call("if", zero, ONE, u)
        number = build.rowsum(zero)
        beside = [(g, unit.labels) for unit in units for g in unit.rest]
        if len(units) == 1:

            def along(x: Expr) -> Expr:
                return build.contract([x], [(0,)], (0, 1), {1: size})

            alone = build.elementwise(build.call("rowprod", t), build.call("eq", number, ONE))
            one = build.call("if", zero, along(alone), build.elementwise(along(build.call("rowprod", u)), build.power(t, MINUS_ONE)))
            return [(one, units[0].labels), *beside, *rest]
        (row, a), (_, b) = units[0].labels, units[1].labels
        if a == b or frozenset((a, b)) not in {frozenset((ls[i], ls[j])) for f, ls in rest for i, j in unequal(unnamed(f))}:
            return None
        sizes = {0: rows, 1: size, 2: size}
        mine = [build.contract([zero], [(0, k)], (0, 1, 2), sizes) for k in (1, 2)]
        here = build.call("eq", build.contract([number], [(0,)], (0, 1, 2), sizes), build.linear([1, 1], mine))
        inverse = build.power(t, MINUS_ONE)
        off = build.contract([build.call("rowprod", t), here, inverse, inverse], [(0,), (0, 1, 2), (0, 1), (0, 2)], (0, 1, 2), {})
        return [(off, (row, a, b)), *beside, *rest]

    def distributed(self, depth: int, opened: Callable[[Expr], bool] | None = None) -> Expr | None:
        """Sums some of whose terms divide, multiplied out; in normal form, in which T[i,j] less its diagonal is one term."""
        opened = opened or divides
        terms = [(self.coef, self.factors)]
        for _ in range(MAX_FACTORS):  # a sum of every term in a pass
            after: list[tuple[Number, list[Factor]]] = []
            for c, factors in terms:
                k = next(
                    (k for k, (f, _) in enumerate(factors) if (x := unnamed(f)).op == SUM and len(x.args) <= MAX_TERMS and opened(x)), None
                )
                if k is None:
                    after.append((c, factors))
                    continue
                f, labels = factors[k]
                for d, t in zip(unnamed(f).data, unnamed(f).args, strict=True):
                    inner = _Product([*factors[:k], (t, labels), *factors[k + 1 :]], self.out, self.sizes)
                    after.append((c * d * inner.coef, inner.factors))
            if len(after) > 2 * MAX_TERMS:
                return None
            if len(after) == len(terms):
                break
            terms = after
        if len(terms) < 2:
            return None
        shape = tuple([self.sizes[label] for label in self.out])
        parts = [build.contract([f for f, _ in factors], [ls for _, ls in factors], self.out, self.sizes) for _, factors in terms]
        (total,) = Normalizer(keep_names=False).run([make(SUM, tuple(parts), tuple([c for c, _ in terms]), shape)])
        changed, made = False, []
        for c, t in terms_of(total):
            found = None
            if t.op == PROD:
                found = _Product(list(zip(t.args, t.data[0], strict=True)), t.data[1], dict(zip(t.data[1], t.shape, strict=True))).run(
                    depth + 1
                )
            changed = changed or found is not None
            made.append(build.linear([c], [t if found is None else found]))
        return build.linear([1] * len(made), made) if changed else None

    def taken(self, u: Expr, n: int, units: list[Unit], rest: list[Factor], power: Expr) -> list[Factor] | None:
        """prod(u)^n, which is the power, with these entries left out."""
        zero = build.call("eq", u, ZERO)
        t = build.call("if", zero, ONE, u)
        number = build.total(zero)
        beside = [(g, unit.labels) for unit in units for g in unit.rest]
        inverse = build.power(t, MINUS_ONE)
        if len(units) <= n:
            alone = build.scale(build.call("prod", t), build.call("eq", number, ONE))
            one = build.call("if", zero, alone, build.divide(build.call("prod", u), t))
            left = []
            if n > len(units):
                exponent = build.num(n - len(units)) if to_the(power)[1] == n else build.sub(unnamed(power).args[1], build.num(len(units)))
                left = [(build.power(build.call("prod", u), exponent), ())]
            return [*left, *[(one, unit.labels) for unit in units], *beside, *rest]
        if len(u.shape) != 1:
            return None
        labels = [unit.labels[0] for unit in units]
        apart = {frozenset((ls[a], ls[b])) for f, ls in rest for a, b in unequal(unnamed(f))}
        together = [pair for pair in combinations(labels, 2) if frozenset(pair) not in apart]
        if len(set(labels)) < len(labels) or (together and len(units) > 2):
            return None
        pair = tuple(range(len(labels)))
        size = u.shape[0]
        # the zeros are all among the entries that are left out, each once
        mine = [build.contract([zero], [(k,)], pair, dict.fromkeys(pair, size)) for k in pair]
        here = build.call("eq", number, build.linear([1] * len(mine), mine) if n == 1 else ZERO)
        top = build.power(build.call("prod", t), build.num(n))
        off = build.contract([top, here, *[inverse] * len(pair)], [(), pair, *[(k,) for k in pair]], pair, {})
        if not together:
            return [(off, tuple(labels)), *beside, *rest]
        a, b = units
        if a.base is not b.base or n != 1:
            return None
        found = units_of(u, build.power(a.base, build.num(-a.power - b.power)), a.labels, 1)
        if not found:
            return None
        (same,) = found
        alone = build.scale(build.call("prod", t), build.call("eq", number, ONE))
        one = build.call("if", zero, alone, build.divide(build.call("prod", u), t))
        diagonal = build.contract([one, *same.rest], [(0,)] * (1 + len(same.rest)), pair, dict.fromkeys(pair, size))
        off = build.contract([off, *a.rest, *b.rest], [pair, *[(0,)] * len(a.rest), *[(1,)] * len(b.rest)], pair, {})
        index = build.call("cumsum", build.spread(ONE, (size,)))
        equal = build.call("eq", *[build.contract([index], [(k,)], pair, dict.fromkeys(pair, size)) for k in pair])
        return [(build.call("if", equal, diagonal, off), tuple(labels)), *rest]


# ---------------------------------------------------------------------------------------------- what a factor is


def counted(f: Expr) -> tuple[Expr, int]:
    """The base of a power and its exponent; of prod(u)^n with a dimension n as many as are looked for."""
    f = unnamed(f)
    if f.op == POW and is_prod(unnamed(f.args[0])) and f.args[1].op != NUM and is_count(f.args[1]):
        return unnamed(f.args[0]), MAX_TERMS
    return to_the(f)


def is_count(e: Expr) -> bool:
    """Whether this is made of dimensions and whole numbers."""
    return all(x.op in (DIM, SUM, PROD) or is_whole_number(x) for x in topological([e]))


def multiple(e: Expr) -> tuple[Number, Expr]:
    """The number in front of a value, and the value."""
    c: Number = 1
    e = unnamed(e)
    while is_multiple(e):
        c, e = c * e.data[0], unnamed(e.args[0])
    return c, e


def is_linear(e: Expr, part: Expr) -> bool:
    """Whether a value is linear in a part of it."""
    linear: dict[Expr, bool] = {}  # of values that have the part
    for node in topological([e]):
        kids = [a for a in node.args if a in linear]
        if node is part:
            linear[node] = True
        elif kids:
            every = (
                len(kids) == len(node.args) if node.op == SUM else len(kids) == 1 and (node.op in (PROD, NAME) or is_call(node, "cumsum"))
            )
            linear[node] = every and all(linear[a] for a in kids) and sum(node.args.count(a) for a in kids) == len(kids)
    return linear.get(e, False)


def replaced(e: Expr, part: Expr, other: Expr) -> Expr:
    new: dict[Expr, Expr] = {}
    for node in topological([e]):
        new[node] = (
            other if node is part else make(node.op, tuple([new[a] for a in node.args]), node.data, node.shape) if node.args else node
        )
    return new[e]


def as_number(condition: Expr) -> Expr:
    """A condition as 0 or 1, to be summed."""
    return build.linear([1], [condition])


def is_negative(exponent: Expr) -> bool:
    return exponent.op == NUM and exponent.data <= 0


def opens(e: Expr) -> bool:
    """Whether a product is taken apart: it divides, has the product of all entries as a factor, or is another view of one value."""
    if len(e.args) == 1 and adds_nothing(e):
        return True
    return divides(e) or has_prod(e) or has_log(e)


def is_log(e: Expr) -> bool:
    return is_call(unnamed(e), "log")


def has_log(e: Expr) -> bool:
    """Whether a logarithm, or a sum with one, is a factor of a product that adds nothing up."""
    stack = [(unnamed(e), MAX_DEPTH)]
    while stack:
        x, depth = stack.pop()
        if has_whole_exponent(x):
            x = unnamed(x.args[0])
        if is_log(x):
            return True
        if depth and ((x.op == SUM and len(x.args) <= MAX_TERMS) or (x.op == PROD and adds_nothing(x))):
            stack.extend((unnamed(a), depth - 1) for a in x.args)
    return False


def has_prod(e: Expr) -> bool:
    """Whether prod(u) or rowprod(u), or a power of it, is a factor."""
    stack = [(unnamed(e), 2 * MAX_DEPTH)]  # a product as it is read back is one of two factors
    while stack:
        x, depth = stack.pop()
        if x.op == POW:
            x = unnamed(x.args[0])
        if is_call_of(x, PRODUCTS):
            return True
        if depth and (x.op == PROD or is_multiple(x)):
            stack.extend((unnamed(a), depth - 1) for a in x.args)
    return False


def is_sum_of_products(e: Expr) -> bool:
    """Whether every term of a sum has the product of all entries as a factor."""
    e = unnamed(e)
    return e.op == SUM and len(e.args) > 1 and all(map(has_prod, e.args))


def adds_nothing(e: Expr) -> bool:
    return all(label in e.data[1] or d == 1 for f, ls in zip(e.args, e.data[0], strict=True) for label, d in zip(ls, f.shape, strict=True))


def divides(e: Expr) -> bool:
    """Whether the value is a quotient, or a product or a sum with one in it."""
    stack = [(unnamed(e), MAX_DEPTH)]
    while stack:
        x, depth = stack.pop()
        x = to_the(x)[0]
        if (x.op == POW and is_negative(x.args[1])) or is_call_of(x, QUOTIENTS):
            return True
        if x.op in (SUM, PROD) and depth:
            stack.extend((unnamed(a), depth - 1) for a in x.args)
    return False


def divisor(f: Expr) -> tuple[list[Expr], Expr, int] | None:
    """What stands above, the base and m, where a factor divides by base^m entry by entry."""
    f = unnamed(f)
    if is_call_of(f, QUOTIENTS):
        top, bottom, m = QUOTIENTS[f.data]
        return [build.call(top, *f.args)], unnamed(build.call(bottom, *f.args)), m
    if not has_whole_exponent(f) or f.args[1].data >= 0 or unnamed(f.args[0]).data in QUOTIENTS:
        return None
    return [], unnamed(f.args[0]), -f.args[1].data


def divides_by_part(f: Expr, u: Expr) -> bool:
    """Whether a sum divides by a factor of u."""
    f = unnamed(f)
    if f.op != SUM or len(f.args) > MAX_TERMS:
        return False
    own = split_up(u)[1].keys()
    stack = [(f, MAX_DEPTH)]
    while stack:
        x, depth = stack.pop()
        x = unnamed(x)
        if (found := divisor(x)) is not None and (quotient(unnamed(u), found[1], 1) is not None or own >= split_up(found[1])[1].keys()):
            return True
        if depth and x.op in (SUM, PROD):
            stack += [(a, depth - 1) for a in x.args]
    return False


def units_of(u: Expr, f: Expr, labels: Labels, most: int) -> list[Unit]:
    """A factor as quotients of something and u, entry by entry, as few as possible."""
    f = unnamed(f)
    if len(labels) != len(u.shape) or len(set(labels)) < len(labels) or not labels:
        return []
    if is_call_of(f, QUOTIENTS):
        top, bottom, m = QUOTIENTS[f.data]
        base, rest = build.call(bottom, *f.args), [build.call(top, *f.args)]
    elif has_whole_exponent(f) and f.args[1].data < 0:
        inner = unnamed(f.args[0])
        if is_call_of(inner, QUOTIENTS):
            return []
        base, m, rest = f.args[0], -f.args[1].data, []
    elif has_number_exponent(f) and is_call_of(unnamed(f.args[0]), QUOTIENTS) and f.args[1].data in (2, 3):
        return units_of(u, f.args[0], labels, most) * int(f.args[1].data)
    else:
        return []
    while True:
        base = unnamed(base)
        for many in range(1, max(most, 1) + 1):
            left = quotient(unnamed(u), base, m // many) if m % many == 0 else None
            if left is not None:
                return [Unit(rest + left, labels, base, m // many)] * many
        if not has_whole_exponent(base) or base.args[1].data < 1:
            return []
        base, m = base.args[0], m * base.args[1].data


def turned(u: Expr, f: Expr, labels: Labels) -> Factor:
    """A quotient by X where u is X', as one by u."""
    x, f = unnamed(u), unnamed(f)
    if (
        not has_one_factor(x)
        or len(x.shape) != 2
        or x.data[0][0] != x.data[1][::-1]
        or f.op != POW
        or len(labels) != 2
        or unnamed(f.args[0]) is not unnamed(x.args[0])
        or f.args[1].op != NUM
    ):
        return f, labels
    return build.power(u, f.args[1]), labels[::-1]


def cusp(quotient: Expr) -> Expr | None:
    """u, where this is one over a root of abs(u), or abs(u)^-0.7."""
    e = unnamed(quotient.args[0])
    if is_call(e, "abs") and -1 < quotient.args[1].data < 0:
        return unnamed(e.args[0])
    if is_call_of(e, ROOTS) or (has_number_exponent(e) and 0 < e.args[1].data < 1):
        e = unnamed(e.args[0])
        return unnamed(e.args[0]) if is_call(e, "abs") else None
    return None


def normed(e: Expr) -> tuple[Expr, Labels] | None:
    """u, where this is norm2(u) or the root of the sum of its squares, and the axes of u that the norm has."""
    e = unnamed(e)
    if is_call(e, "norm2"):
        return unnamed(e.args[0]), ()
    if is_call(e, "rownorm2"):
        e, axes = unnamed(e.args[0]), tuple(range(len(e.shape)))
        if has_one_factor(e) and sorted(e.data[0][0]) == sorted(e.data[1]):  # the columns of A as rows of A'
            axes = tuple([e.data[0][0].index(e.data[1][axis]) for axis in axes])
            e = unnamed(e.args[0])
        return e, axes
    root = has_number_exponent(e) and e.args[1].data * 2 == 1
    if not root and not is_call(e, "sqrt"):
        return None
    e, axes = unnamed(e.args[0]), tuple(range(len(e.shape)))
    while has_one_factor(e):
        (ls,), out = e.data
        if len(set(ls)) < len(ls):
            return None
        e, axes = unnamed(e.args[0]), tuple([ls.index(out[axis]) if out[axis] in ls else -1 for axis in axes])
    if -1 in axes:
        return None
    if has_two_factors(e) and unnamed(e.args[0]) is unnamed(e.args[1]) and e.data[0][0] == e.data[0][1]:
        ls, out = e.data[0][0], e.data[1]
        if len(set(ls)) < len(ls) or any(out[axis] not in ls for axis in axes):
            return None
        return unnamed(e.args[0]), tuple([ls.index(out[axis]) for axis in axes])
    return (unnamed(e.args[0]), axes) if is_squared(e) else None


def times_met(u: Expr, f: Expr) -> int:
    """How often u is a factor of a value, in products of products too; all of u is 0 at once."""
    stack, found = [(unnamed(f), MAX_DEPTH)], 0
    while stack:
        x, depth = stack.pop()
        if same_up_to_sign(x, u):
            found += 1
        elif depth and (x.op == PROD or is_multiple(x)):
            stack.extend((unnamed(a), depth - 1) for a in x.args)
    return found


def same_up_to_sign(a: Expr, b: Expr) -> bool:
    """Whether a is b, or a multiple of it, or the same terms with all signs changed."""
    if a is b:
        return True
    if a.op != SUM or b.op != SUM:
        return bool(is_multiple(a) and unnamed(a.args[0]) is b)
    return ratio(a, b) in (1, -1)


def quotient(u: Expr, base: Expr, m: int) -> list[Expr] | None:
    """u/base^m as factors of u's shape, where base^m is a factor of u."""
    if u is base:
        return [] if m == 1 else None
    if m == 1 and u.op == base.op == SUM and len(u.args) > 1 and same_up_to_sign(u, base):  # in another order, or y - x for x - y
        return [] if ratio(u, base) == 1 else [build.spread(MINUS_ONE, u.shape)]
    if is_multiple(u) and (left := quotient(unnamed(u.args[0]), base, m)) is not None:
        return [*left, build.spread(build.num(u.data[0]), u.shape)]
    if u.op == SUM and 1 < len(u.args) <= MAX_TERMS:  # x.*y - x
        parts = [quotient(unnamed(t), base, m) for t in u.args]
        if any(part is None for part in parts):
            return None
        terms = [reduce(build.elementwise, part) if part else build.spread(ONE, u.shape) for part in parts if part is not None]
        return [build.linear(u.data, terms)]
    if u.op == POW and unnamed(u.args[0]) is base and is_whole_number(u.args[1]) and u.args[1].data >= m:
        return [] if u.args[1].data == m else [build.power(base, build.num(u.args[1].data - m))]
    if u.op == POW and unnamed(u.args[0]) is base and m == 1 and not is_number(u.args[1]):
        return [lowered(u)]
    if is_call(u, "abs") and unnamed(u.args[0]) is base and m == 1:
        return [build.call("sign", base)]
    if u.op != PROD or len(u.args) > MAX_FACTORS or any(ls not in ((), u.data[1]) for ls in u.data[0]):
        return None
    for k, (f, ls) in enumerate(zip(u.args, u.data[0], strict=True)):
        left = quotient(unnamed(f), base, m) if ls and f is not u else None
        if left is not None:
            return left + [g if g.shape else build.spread(g, u.shape) for j, g in enumerate(u.args) if j != k]
    return None


def unequal(f: Expr) -> list[tuple[int, int]]:
    """The axes that [i != j] tells apart."""
    if not is_call(f, "ne") or len(f.shape) != 2:
        return []
    sides = [unnamed(a) for a in f.args]
    return [(0, 1)] if all(has_one_factor(a) and len(a.data[0][0]) == 1 for a in sides) and sides[0].data != sides[1].data else []
