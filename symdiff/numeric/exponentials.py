"""Sums of exponentials, of which only logarithms and quotients are in range.

In: factors of a product, or what stands under a logarithm. Out: the same value by differences of exponents. S = exp(u) + exp(v) + …
has the logarithm L = logaddexp(u, v), …, and exp(u)/S is exp(u - L). Where terms have weights whose sign is not known, L is the
largest exponent, and what is left of the sum stays a divisor. erfc(z) counts as exp(-z^2) times a function of slow decay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, TWO, ZERO, Labels
from symdiff.expr.node import CALL, CONST, DIM, NAME, NUM, POW, PROD, SUM, Dim, Expr, Number, make
from symdiff.expr.patterns import has_number_exponent
from symdiff.expr.walk import unnamed
from symdiff.numeric.inner import inner, row_of
from symdiff.simplify.facts import Facts

Factor = tuple[Expr, Labels]

# Longer sums and products, and deeper nests of them, are left as they are.
MAX_PARTS, MAX_DEPTH = 8, 6


class Exponentials:
    """The rules, and the sums that they have shifted."""

    def __init__(self) -> None:
        self.shifted: set[Expr] = set()
        self.known: dict[Expr, Expr | None] = {}

    # ------------------------------------------------------------------------------------------ logarithms

    def log(self, e: Expr) -> Expr | None:
        """log(e), if exponentials are in it."""
        if self.exponent(e) is None:
            return None
        exact = self.logarithm(e)
        if exact is not None:
            return exact
        if e.op == PROD and len(e.args) <= MAX_PARTS and all(ls in ((), e.data[1]) for ls in e.data[0]):
            found = [(f, ls, self.logarithm(f) if self.exponent(f) is not None else None) for f, ls in zip(e.args, e.data[0], strict=True)]
            rest = [(f, ls) for f, ls, made in found if made is None]
            logs = [build.contract([made], [ls], e.data[1], dict(enumerate_sizes(e))) for _, ls, made in found if made is not None]
            if logs and rest:
                left = build.contract([f for f, _ in rest], [ls for _, ls in rest], e.data[1], dict(enumerate_sizes(e)))
                return reduce(build.add, logs, self.log(left) or build.call("log", left))
        if e in self.shifted:
            return None
        top = self.exponent(e)
        if top is None:
            return None
        less = self.shift(e, top, tuple(range(len(e.shape))))
        return None if less is None else build.add(top, build.call("log", self.done(less)))

    def done(self, e: Expr) -> Expr:
        self.shifted.add(e)
        return e

    def logarithm(self, e: Expr, depth: int = MAX_DEPTH) -> Expr | None:
        """The logarithm of a sum of exponentials with positive weights that are numbers; None of anything else."""
        e = unnamed(e)
        if e.op in (NUM, DIM, CONST):
            return (ZERO if e is ONE else build.call("log", e)) if e.op != NUM or e.data > 0 else None
        if depth == 0 or len(e.args) > MAX_PARTS:
            return None
        if self.exponent(e) is None:
            return build.call("log", e) if Facts().positive(e) else None
        if is_call(e, "exp"):
            return e.args[0]
        if is_call(e, "erfc"):
            return build.add(decay(e.args[0]), build.call("log", inner("_erfc_scaled", e.args[0])))
        if has_number_exponent(e):
            below = self.logarithm(e.args[0], depth - 1)
            return None if below is None else build.linear([e.args[1].data], [below])
        if e.op == SUM and all(c > 0 for c in e.data):
            parts = []
            for c, term in zip(e.data, e.args, strict=True):
                part = self.logarithm(term, depth - 1)
                if part is None:
                    return None
                parts.append(part if c == 1 else build.add(part, build.call("log", build.num(c))))
            return reduce(lambda a, b: build.call("logaddexp", a, b), parts)
        if e.op != PROD or not e.args:
            return None
        e = flat(e)
        labels, out = e.data
        logs = [self.logarithm(f, depth - 1) for f in e.args]
        if any(x is None for x in logs):
            return None
        known = [x for x in logs if x is not None]
        sizes = dict(enumerate_sizes(e))
        if all(ls in ((), out) for ls in labels):
            return reduce(build.add, [build.contract([x], [ls], out, sizes) for x, ls in zip(known, labels, strict=True)])
        (ls, x) = (labels[0], known[0])
        if len(e.args) > 1 or len(set(ls)) < len(ls) or any(label not in ls for label in out):
            return None
        summed = tuple([label for label in ls if label not in out])
        x = build.contract([x], [ls], (*out, *summed)) if ls != (*out, *summed) else x
        for _ in summed:
            x = build.call("logsumexp", x)
        return x

    # ------------------------------------------------------------------------------------------ quotients

    def quotient(self, factors: list[Factor]) -> list[Factor] | None:
        """The factors with exponentials over a sum of exponentials as exponentials of differences; None if there are none."""
        for k, (f, below) in enumerate(factors):
            if f.op not in (POW, NAME):
                continue
            base, degree = power_of(f)
            whole = below
            while (
                degree < 0
                and base.op == PROD
                and len(base.args) == 1
                and len(set(base.data[0][0])) == len(base.data[0][0])
                and set(base.data[0][0]) <= set(base.data[1])
            ):
                below = tuple([below[base.data[1].index(label)] for label in base.data[0][0]])  # a spread sum is one sum
                base = unnamed(base.args[0])
            if (
                degree >= 0
                or base in self.shifted
                or (base.op not in (SUM, PROD) and not is_call(base, "erfc"))
                or self.exponent(base) is None
            ):
                continue
            for j, (g, labels) in enumerate(factors):
                if j == k or power_of(g)[1] < 0 or self.exponent(g) is None or not set(whole) <= set(labels):
                    continue
                size, left = self.logarithm(base), ONE
                if size is None:
                    size = self.exponent(base)
                    less = None if size is None else self.shift(base, size, tuple(range(len(base.shape))))
                    if size is None or less is None:
                        continue
                    left = build.power(self.done(less), MINUS_ONE)
                made = self.shift(g, size, tuple([labels.index(label) for label in below]))
                if made is None:
                    continue
                rest = [factor for i, factor in enumerate(factors) if i not in (j, k)]
                if left is not ONE:
                    made = masked(made, labels, rest)
                    rest.append((left, below))
                if degree < -1:
                    rest.append((build.power(base, build.num(degree + 1)), below))
                elif degree > -1:  # 1/sqrt(S)
                    rest.append((build.call("exp", build.linear([degree + 1], [size])), below))
                return [*rest, (made, labels)]
        return self.distributed(factors)

    def distributed(self, factors: list[Factor]) -> list[Factor] | None:
        """exp(u)*(1/S + …) with the exponential in every term, where S is a sum of exponentials; None if there is no such pair."""
        growing = [j for j, (g, _) in enumerate(factors) if is_call(unnamed(g), "exp")]
        for k, (h, labels) in enumerate(factors if growing else ()):
            if unnamed(h).op != SUM or len(unnamed(h).args) > MAX_PARTS or len(set(labels)) < len(labels):
                continue
            e = unnamed(h)
            parts = [flat(t) if t.op == PROD else t for t in map(unnamed, e.args)]
            terms = [list(zip(t.args, t.data[0], strict=True)) if t.op == PROD else [(t, tuple(range(len(t.shape))))] for t in parts]
            if not any(power_of(f)[1] < 0 and self.exponent(power_of(f)[0]) is not None for term in terms for f, _ in term):
                continue
            for j in growing:
                g, own = factors[j]
                if not set(own) <= set(labels) or len(set(own)) < len(own):
                    continue
                made = []
                for t, term in zip(parts, terms, strict=True):
                    out = t.data[1] if t.op == PROD else tuple(range(len(t.shape)))
                    place = tuple([out[labels.index(label)] for label in own])
                    found = [*term, (unnamed(g), place)]
                    while (shifted := self.quotient(found)) is not None:
                        found = shifted
                    found = joined(found)
                    sizes = dict(enumerate_sizes(t)) if t.op == PROD else dict(enumerate(t.shape))
                    made.append(build.contract([f for f, _ in found], [ls for _, ls in found], out, sizes))
                rest = [factor for i, factor in enumerate(factors) if i not in (j, k)]
                return [*rest, (make(SUM, tuple(made), e.data, e.shape), labels)]
        return None

    def exponent(self, e: Expr, depth: int = MAX_DEPTH) -> Expr | None:
        """The largest exponent in a sum of exponentials, entry by entry of e; None if it is no such sum."""
        e = unnamed(e)
        if depth == MAX_DEPTH and e in self.known:
            return self.known[e]
        found = self._exponent(e, depth) if depth and len(e.args) <= MAX_PARTS else None
        if depth == MAX_DEPTH:
            self.known[e] = found
        return found

    def _exponent(self, e: Expr, depth: int) -> Expr | None:
        if is_call(e, "exp"):
            return e.args[0]
        if is_call(e, "erfc"):
            return decay(e.args[0])
        if e.op == SUM:
            parts = [self.exponent(t, depth - 1) for t in e.args]
            known = [p for p in parts if p is not None]
            if not known:
                return None
            if len(known) < len(parts):
                known.append(build.spread(ZERO, e.shape) if e.shape else ZERO)
            return reduce(lambda a, b: build.call("max", a, b), dict.fromkeys(known))
        if e.op != PROD:
            return None
        e = flat(e)
        labels, out = e.data
        for k, (f, ls) in enumerate(zip(e.args, labels, strict=True)):
            x = self.exponent(f, depth - 1)
            if x is None:
                continue
            if len(set(ls)) < len(ls):
                return None
            weights = [(w, ws) for j, (w, ws) in enumerate(zip(e.args, labels, strict=True)) if j != k]
            return self.largest(x, ls, weights, out, dict(enumerate_sizes(e)))
        return None

    @staticmethod
    def largest(x: Expr, ls: Labels, weights: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> Expr:
        """The largest of the exponents over the labels that are summed over, of those whose weight is not 0 for sure."""
        kept = tuple([label for label in out if label in ls])
        summed = tuple([label for label in ls if label not in out])
        own = (*kept, *summed)
        x = build.contract([x], [ls], own) if ls != own else x

        def top(x: Expr) -> Expr:
            for _ in summed:
                x = build.call("rowmax", x) if len(x.shape) > 1 else build.call("max_entries", x)
            return x

        if summed:
            test = present(x, own, [(w, ws) for w, ws in weights if set(ws) & set(summed)])
            if test is not None:
                low = build.contract([build.neg(top(build.neg(x)))], [kept], own, dict(zip(own, x.shape, strict=True)))
                x = build.call("if", test, x, low)
            x = top(x)
        return x if kept == out else build.contract([x], [kept], out, sizes)

    def shift(self, e: Expr, size: Expr, place: Labels, depth: int = MAX_DEPTH) -> Expr | None:
        """e/exp(size), the axes of size being those of e at `place`; None if that cannot be taken into the exponents."""
        e = unnamed(e)

        def there(shape: Sequence[Dim]) -> Expr:
            every = tuple(range(len(shape)))
            return size if place == every else build.contract([size], [place], every, dict(enumerate(shape)))

        if depth == 0:
            return None
        if self.exponent(e) is None:
            return (
                build.elementwise(e, build.call("exp", build.neg(there(e.shape))))
                if e.shape
                else build.scale(e, build.call("exp", build.neg(size)))
            )
        if is_call(e, "exp"):
            return build.call("exp", build.sub(e.args[0], there(e.shape)))
        if is_call(e, "erfc"):
            return build.elementwise(inner("_erfc_scaled", e.args[0]), build.call("exp", build.sub(decay(e.args[0]), there(e.shape))))
        if e.op == SUM:
            parts = [self.shift(t, size, place, depth - 1) for t in e.args]
            known = [p for p in parts if p is not None]
            return make(SUM, tuple(known), e.data, e.shape) if len(known) == len(parts) else None
        if e.op != PROD:
            return None
        e = flat(e)
        labels, out = e.data
        for k, (f, ls) in enumerate(zip(e.args, labels, strict=True)):
            if self.exponent(f) is not None:
                if any(out[x] not in ls for x in place):
                    return None
                made = self.shift(f, size, tuple([ls.index(out[x]) for x in place]), depth - 1)
                if made is not None and any(label not in out for label in ls):
                    made = masked(made, ls, [(w, ws) for j, (w, ws) in enumerate(zip(e.args, labels, strict=True)) if j != k])
                return None if made is None else make(PROD, (*e.args[:k], made, *e.args[k + 1 :]), e.data, e.shape)
        return None


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


def joined(factors: list[Factor]) -> list[Factor]:
    """The exponentials of the same axes among the factors as one."""
    exponents: dict[Labels, Expr] = {}
    rest = []
    for f, ls in factors:
        if is_call(unnamed(f), "exp"):
            u = unnamed(f).args[0]
            exponents[ls] = build.add(exponents[ls], u) if ls in exponents else u
        else:
            rest.append((f, ls))
    return [*rest, *[(build.call("exp", u), ls) for ls, u in exponents.items()]]


def decay(z: Expr) -> Expr:
    """The exponent of erfc(z): -z^2 where z is positive."""
    return build.neg(build.power(build.call("max", z, ZERO), TWO))


def flat(e: Expr) -> Expr:
    """A product with the factors of those of its factors that add nothing up."""
    labels, out = e.data
    factors: list[Factor] = []
    todo = list(zip(e.args, labels, strict=True))[::-1]
    while todo and len(factors) + len(todo) <= MAX_PARTS:
        f, ls = todo.pop()
        inside = unnamed(f)
        if inside.op == PROD and inside.args and all(set(own) <= set(inside.data[1]) for own in inside.data[0]):
            place = dict(zip(inside.data[1], ls, strict=True))
            todo += [(part, tuple([place[label] for label in own])) for part, own in zip(inside.args, inside.data[0], strict=True)][::-1]
        else:
            factors.append((f, ls))
    factors += todo[::-1]
    if len(factors) == len(e.args) and all(f is g for (f, _), g in zip(factors, e.args, strict=True)):
        return e
    seen = {label for _, ls in factors for label in ls}
    if any(label not in seen and label not in out for ls in labels for label in ls):
        return e  # a sum over what nobody depends on counts
    return build.contract([f for f, _ in factors], [ls for _, ls in factors], out, dict(enumerate_sizes(e)))


def enumerate_sizes(e: Expr) -> list[tuple[int, Dim]]:
    """The dimensions of a product's labels."""
    sizes = [(label, d) for f, ls in zip(e.args, e.data[0], strict=True) for label, d in zip(ls, f.shape, strict=True)]
    return sizes + list(zip(e.data[1], e.shape, strict=True))


def is_call(e: Expr, name: str) -> bool:
    return e.op == CALL and bool(e.data == name)


def is_number(e: Expr) -> bool:
    return unnamed(e).op in (NUM, DIM, CONST)
