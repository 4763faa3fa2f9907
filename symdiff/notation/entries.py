"""Index notation in the one form in which it is read: many nodes have one text, and the answer is the one that the text means.

In: written answers. Out: the same values. A product without a form of matrix notation takes in the factors of a product
that stands first in it, or behind scalars only, so that `2*(x[i]*y[j])` is `2*x[i]*y[j]`; sums stay where they are.
Then an answer in index notation is replaced by what its own syntax tree elaborates to.
"""

from __future__ import annotations

from collections.abc import Sequence

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.build import ONE, Labels
from symdiff.expr.node import PROD, RESHAPE, SUM, Expr, make
from symdiff.expr.patterns import has_factors, is_call, is_given_name, is_negation
from symdiff.expr.walk import substitute, topological
from symdiff.notation.entangled import is_count, is_entangled
from symdiff.notation.factors import is_spread
from symdiff.notation.forms import form_of
from symdiff.notation.trees import length
from symdiff.notation.unparse import unparse
from symdiff.syntax import read

MAX_TOKENS = 5_000  # beyond this nobody reads an answer back, and reading takes its time
ROUNDS = 4  # the text of what is read is nearly always the text that was read, else that of the next
MAX_BY_INDEX = 2.0  # `i` is what people write: text by entries may be so much longer than text with `cumsum(ones(n))`
MAX_GROWTH = 1.25  # an answer may get so much longer, if it then reads back as itself


def as_read(answers: Sequence[Expr], f: Expr) -> list[Expr]:
    """The answers, those in index notation as they are read with the types and bindings of f."""
    answers, found = flattened([counted(x, f) for x in answers])
    return [x if found.isdisjoint(topological([x])) else reread(x, f) for x in answers] if found else answers


def counted(x: Expr, f: Expr) -> Expr:
    """x with the numbers of an index as f has them, entry by entry: `sum(i=1..n, i*x[i])`, not `x.cumsum(ones(n))`."""
    if not any(map(is_count, topological([f]))):
        return x
    other = substitute([x], _by_index)[x]
    if other is x:
        return x
    other = reread(flattened([other])[0][0], f)
    return other if length(unparse(other)) <= MAX_BY_INDEX * length(unparse(x)) else x


def _by_index(e: Expr, args: tuple[Expr, ...]) -> Expr:
    """A count as the number of an index, first among the factors of its product; `[cumsum(ones(n)) == n]` picks an entry."""
    if is_call(e, "eq"):
        args = tuple([a.args[0] if _is_index(a) and a.op == RESHAPE else a for a in args])
    e = e if args == e.args else make(e.op, args, e.data, e.shape)
    if is_count(e):
        return make(RESHAPE, (e,), None, e.shape)
    if is_call(e, "ne") and _is_index(e.args[0]) and is_spread(e.args[1]) and e.args[1].args[0] is ONE:
        return build.call("ge", e.args[0], build.spread(build.TWO, e.shape))  # a range: i=2..n
    if has_factors(e):
        factors: list[tuple[Expr, Labels]] = []
        for x, labels in zip(e.args, e.data[0], strict=True):
            inner = x.data[1] if x.op == PROD else ()
            if len(inner) == 1 and all(ls in ((), inner) for ls in x.data[0]) and any(map(_is_index, x.args)):
                factors += [(y, labels if ls else ()) for y, ls in zip(x.args, x.data[0], strict=True)]
            else:
                factors.append((x, labels))
        if any(_is_index(x) for x, _ in factors):
            negative = [is_negation(x) for x, _ in factors]
            factors = [(x.args[0] if minus else x, ls) for (x, ls), minus in zip(factors, negative, strict=True)]
            factors.sort(key=lambda factor: not _is_index(factor[0]))
            out, minus = e.data[1], sum(negative) % 2
            if minus and out:  # `-i*x`, but `-sum(i=1..n, …)`
                factors[0] = (build.neg(factors[0][0]), factors[0][1])
            product = build.contract([x for x, _ in factors], [ls for _, ls in factors], out, dict(zip(out, e.shape, strict=True)))
            return build.neg(product) if minus and not out else product
    return e


def _is_index(e: Expr) -> bool:
    """The number of an index, or a sum with it: `i`, `i - 1`."""
    if e.op == SUM:
        return any(map(_is_index, e.args))
    return e.op == RESHAPE and is_count(e.args[0])


def reread(x: Expr, f: Expr) -> Expr:
    """What the text of x means, read again until its own text means just that; x itself where its text cannot be read or grows."""
    program = unparse(x)
    tokens = length(program)
    if tokens > MAX_TOKENS:
        return x
    best = x
    for _ in range(ROUNDS):
        try:
            y = read(program, [x, f])
        except SymdiffError:
            break
        if y is best or y.shape != x.shape:
            break
        program = unparse(y)
        if length(program) > MAX_GROWTH * tokens:
            break
        best = y
    return best


def flattened(answers: Sequence[Expr]) -> tuple[list[Expr], set[Expr]]:
    """The answers with flat products in index notation, and everything in them that matrix notation cannot write."""
    found: set[Expr] = set()
    loose: set[Expr] = set()  # flat products in which nothing is summed

    def rebuild(e: Expr, args: tuple[Expr, ...]) -> Expr:
        if is_given_name(e):  # the formula's own
            return e
        e = e if args == e.args else make(e.op, args, e.data, e.shape)
        if is_entangled(e, found) or (e.op == PROD and not form_of(e)):
            if e.op == PROD and any(e.data[0]):
                e = flat(e, loose)
            found.add(e)
        return e

    new = substitute(answers, rebuild)
    return [new[x] for x in answers], found


def flat(e: Expr, loose: set[Expr]) -> Expr:
    """A product with the factors of one that leads it among its own, labels numbered as they appear."""
    factors: list[Expr] = []
    labels: list[Labels] = []
    for f, ls in zip(e.args, e.data[0], strict=True):
        if f in loose and not any(labels):
            name = dict(zip(f.data[1], ls, strict=True))
            factors += f.args
            labels += [tuple([name[k] for k in inner]) for inner in f.data[0]]
        else:
            factors.append(f)
            labels.append(ls)
    number: dict[int, int] = {}
    labels = [tuple([number.setdefault(k, len(number)) for k in ls]) for ls in labels]
    inside = len(number)
    out = tuple([number.setdefault(k, len(number)) for k in e.data[1]])
    e = build.contract(factors, labels, out, dict(zip(out, e.shape, strict=True)))
    if inside == len(out) == len(number):
        loose.add(e)
    return e
