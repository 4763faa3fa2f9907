"""Small algebra on normal forms: terms, common numbers, traces of slopes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd

from symdiff.expr import build
from symdiff.expr.build import TWO
from symdiff.expr.node import NAME, NUM, POW, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.patterns import has_one_factor, is_call, unspread
from symdiff.expr.walk import substitute, topological
from symdiff.simplify import simplify
from symdiff.simplify.shapes import split

TERMS = 64  # of a gradient that is multiplied out


def plain(f: Expr) -> Expr:
    """The formula without names."""

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NAME:
            return kids[0]
        return make(node.op, kids, node.data, node.shape) if node.args else node

    return substitute([f], put)[f]


def expanded(e: Expr) -> list[Expr]:
    """The terms of a sum, products of sums multiplied out; the expression itself beyond TERMS of them."""
    done, todo = list[Expr](), [(Fraction(1), e)]
    while todo and len(done) + len(todo) <= TERMS:
        number, x = todo.pop()
        if x.op == SUM:
            todo += [(number * Fraction(c), term) for c, term in zip(x.data, x.args, strict=True)]
            continue
        square = (
            next((k for k, a in enumerate(x.args) if a.op == POW and a.args[0].op == SUM and core(a.args[1]) is TWO), None)
            if x.op == PROD
            else None
        )
        if square is not None:
            base, (labels, out) = x.args[square].args[0], x.data
            both = (*x.args[:square], base, base, *x.args[square + 1 :])
            x = build.contract(both, (*labels[:square], labels[square], *labels[square:]), out, dict(zip(out, x.shape, strict=True)))
        k = next((k for k, a in enumerate(x.args) if a.op == SUM), None) if x.op == PROD else None
        if k is None:
            done.append(x if number == 1 else build.scale(build.num(number), x))
            continue
        labels, out = x.data
        sizes = dict(zip(out, x.shape, strict=True))
        for c, term in zip(x.args[k].data, x.args[k].args, strict=True):
            todo.append((number * Fraction(c), build.contract([*x.args[:k], term, *x.args[k + 1 :]], labels, out, sizes)))
    return [e] if todo else done


def core(e: Expr) -> Expr:
    """The number that an exponent is, spread or not."""
    while has_one_factor(e) and not e.data[0][0]:
        (e,) = e.args
    return e


def multiplied_out(e: Expr) -> list[Expr]:
    """The terms in normal form, until none has a sum as a factor; TERMS bounds them."""
    done, todo = list[Expr](), [e]
    while todo and len(done) + len(todo) <= TERMS:
        (x,) = simplify([todo.pop()])
        parts = expanded(x)
        if len(parts) == 1 and (parts[0] is x or simplify(parts)[0] is x):
            done.append(x)
        else:
            todo += parts
    return [e] if todo else done


def without_squares(e: Expr, x: Expr, size: Expr) -> Expr:
    """The terms of a sum with `size` in the place of x.x."""
    done = list[Expr]()
    (form,) = simplify([build.dot(x, x)])

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return size if node is form else make(node.op, args, node.data, node.shape) if args else node

    for term in multiplied_out(e):
        term = substitute([term], put)[term]
        while term.op == PROD:
            labels, out = term.data
            places = [
                k
                for k, (a, ls) in enumerate(zip(term.args, labels, strict=True))
                if a is x and ls[0] not in out and sum(m.count(ls[0]) for m in labels) == 2
            ]
            pair = next(((i, k) for i in places for k in places if i < k and labels[i] == labels[k]), None)
            if pair is None:
                break
            rest = [n for n in range(len(labels)) if n not in pair]
            sizes = dict(zip(out, term.shape, strict=True))
            term = build.contract([*[term.args[n] for n in rest], size], [*[labels[n] for n in rest], ()], out, sizes)
        done.append(term)
    return simplify([sum_of(done)])[0]


def square_part(number: Fraction) -> tuple[Fraction, Fraction]:
    """(s, m) with number = s^2*m for a positive number, m whole and small where that is easily seen."""
    outside, inside = Fraction(1, number.denominator), number.numerator * number.denominator
    for k in range(2, 1000):
        while inside % (k * k) == 0:
            outside, inside = outside * k, inside // (k * k)
    return outside, Fraction(inside)


def folded(e: Expr) -> Expr:
    """The expression with exp(u + c*log(a)) as a^c*exp(u); a is positive where log(a) has a value."""

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if not args:
            return node
        if is_call(node, "exp") and not node.shape:
            powers, rest = build.ONE, list[Expr]()
            for term in multiplied_out(args[0]):
                number = number_of(term)
                (inner,) = simplify([build.scale(build.num(1 / number), term)])
                if is_call(inner, "log"):
                    powers = build.scale(powers, build.power(inner.args[0], build.num(number)))
                else:
                    rest.append(term)
            if powers is not build.ONE:
                return build.scale(powers, build.call("exp", sum_of(rest))) if rest else powers
        return make(node.op, args, node.data, node.shape)

    return simplify([substitute([e], put)[e]])[0]


def sum_of(terms: Sequence[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else make(SUM, tuple(terms), (1,) * len(terms), terms[0].shape)


def traced(slope: Expr, labels: tuple[int, ...], out: tuple[int, ...], n: Dim) -> Expr:
    """The slope with two axes joined, divided by their size."""
    parts = slope.args if slope.op == SUM else (slope,)
    traced = [build.divide(build.contract([part], [labels], out), build.dim(n)) for part in parts]
    return simplify([make(SUM, tuple(traced), slope.data, traced[0].shape) if slope.op == SUM else traced[0]])[0]


def content(e: Expr) -> Fraction:
    """The greatest number that divides all coefficients of a sum; 1 of anything else."""
    if e.op != SUM:
        return Fraction(1)
    over = gcd(*[Fraction(c).numerator for c in e.data])
    under = 1
    for c in e.data:
        under = under * Fraction(c).denominator // gcd(under, Fraction(c).denominator)
    return Fraction(over or 1, under) * (-1 if all(c < 0 for c in e.data) else 1)


def number_of(e: Expr) -> Fraction:
    """The number in front: of a product its factor, of a sum what divides all its coefficients."""
    if e.op != PROD:
        return content(e)
    found = Fraction(1)
    for a in e.args:
        if a.op == NUM:
            found *= Fraction(a.data)
    return found


def unless_constant(e: Expr) -> Expr | None:
    return e if any(node.op == VAR for node in topological([e])) else None


def is_zero(e: Expr) -> bool:
    e = unspread(e)
    return e is build.ZERO or (e.op == SUM and not e.args)


def without_left(e: Expr, k: Expr) -> Expr | None:
    """What a symmetric matrix is multiplied by on its right, in every term of a vector or matrix; None where a term is no such product."""
    found = list[Expr]()
    for term in expanded(simplify([e])[0]):
        c, form = split(simplify([term])[0])
        if form is k:
            found.append(build.scale(build.num(c), build.eye(k.shape[0])))
            continue
        if form.op != PROD or not form.shape or form.shape[0] != k.shape[0]:
            return None
        labels, out = form.data
        for n, (a, own) in enumerate(zip(form.args, labels, strict=True)):
            if a is k and out[0] in own and own[0] != own[1]:
                (end,) = [i for i in own if i != out[0]]
                rest = [(b, ls) for j, (b, ls) in enumerate(zip(form.args, labels, strict=True)) if j != n]
                if end in out and not any(ls for _, ls in rest):  # a multiple of it
                    rest, new = [*rest, (build.eye(k.shape[0]), out)], out
                    break
                if end not in out and not any(out[0] in ls for _, ls in rest) and sum(end in ls for _, ls in rest) == 1:
                    new = (end, *out[1:])
                    break
        else:
            return None
        found.append(build.scale(build.num(c), build.contract([b for b, _ in rest], [ls for _, ls in rest], new)))
    return simplify([sum_of(found)])[0]
