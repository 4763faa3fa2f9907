"""Formulas whose plain spelling overflows, cancels or divides 0 by 0, replaced by the table's stable functions.

In and out: expressions of the same values. One walk, arguments first; every rule looks at one node and the nodes right below
it, and replaces a logarithm, a difference, a root, a quotient or a product. What a rule makes is of the functions softplus,
logsumexp, logaddexp, log_softmax, log1p, expm1, erfc, sigma, softmax, xlogy, norm2, hypot, if and those of `inner`, whose
spellings hold on their whole domain. Quotients of sums of exponentials that no function is made for are those of `exponentials`.

Long: one row for each formula that has a stable form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count

from symdiff.expr import build
from symdiff.expr.build import MINUS_ONE, ONE, TWO, ZERO, Labels
from symdiff.expr.node import CALL, DELTA, NAME, NUM, POW, PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import (
    has_one_factor,
    has_scalar_factors,
    has_two_factors,
    has_whole_exponent,
    is_call,
    is_call_of,
    is_difference,
    is_divisor,
    is_multiple,
    is_negation,
    is_plain_number,
    is_reciprocal,
    is_squared,
    is_whole_number,
)
from symdiff.expr.walk import substitute, topological, unnamed
from symdiff.numeric.compounds import compounds, is_det
from symdiff.numeric.exponentials import Exponentials, adds_nothing
from symdiff.numeric.inner import inner
from symdiff.numeric.lengths import length, number_of
from symdiff.numeric.scaled import scaled
from symdiff.table.groups import LENGTHS

Factor = tuple[Expr, Labels]

# Longer products are left as they are: the rules look at pairs of factors.
MAX_FACTORS = 8

BASES = {"log2": 2, "log10": 10}

# 1 - cos(t) is 2*sin(t/2)^2.
HALVED = {"cos": ("sin", 2), "cosh": ("sinh", -2)}

# How far below a determinant its inverse is looked for.
DEEP = 4


def stable(exprs: Sequence[Expr], raising: bool = False) -> list[Expr]:
    """The expressions with log(1 + exp(t)), log(sum(exp(x))), 1/(1 + exp(-t)), exp(t) - 1, p*log(p), prod(x)/x and the like in stable form.

    raising: an exponential that overflows is an error, so that none is computed only to divide by it.
    """
    exprs = compounds(exprs)
    exponentials = Exponentials()
    rules: dict[int, Callable[[Expr], Expr | None]] = {
        CALL: lambda e: _call(e, exponentials),
        SUM: _sum,
        POW: _power,
        PROD: lambda e: _product(e, exponentials),
    }
    divisors = {unnamed(node.args[0]) for node in topological(exprs) if is_divisor(node)}

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        made = make(node.op, kids, node.data, node.shape)
        if node in divisors and (t := _rest_of_sigma(made)) is not None:
            return build.call("sigma", build.neg(t))  # 1 - sigma(40) is 0 in floats, and its inverse is not
        found = rules[node.op](made) if node.op in rules else None
        return made if found is None else found

    found = substitute(exprs, put)
    made = scaled([found[e] for e in exprs], _factors)
    if not raising:
        return made
    last = substitute(made, lambda node, kids: _reciprocal(make(node.op, kids, node.data, node.shape), exponentials))
    return [last[e] for e in made]


def _reciprocal(e: Expr, exponentials: Exponentials) -> Expr:
    found = exponentials.reciprocal(e) if e.op == POW else None
    return e if found is None else found


# ---------------------------------------------------------------------------------------------- logarithms and differences


def _call(e: Expr, exponentials: Exponentials) -> Expr | None:
    if e.data == "log":
        value = unnamed(e.args[0])
        found = _logarithm(value)
        if found is not None and not is_call(found, "log1p"):
            return found
        return exponentials.log(value) or found or _log_of_squares(value)
    if e.data in BASES:
        found = exponentials.log(unnamed(e.args[0]))
        return None if found is None else build.scale(build.power(build.call("log", build.num(BASES[e.data])), MINUS_ONE), found)
    if e.data == "log1p" and exponentials.size(e.args[0]) is not None:
        one = build.spread(ONE, e.shape) if e.shape else ONE
        return exponentials.log(build.add(one, e.args[0]))
    return length(unnamed(e.args[0])) if e.data == "sqrt" else None


def _log_of_squares(e: Expr) -> Expr | None:
    """log(x.x) by the logarithm of the length, which is in range where the square is not."""
    found = length(e) if e.op == PROD else None
    return None if found is None else build.linear([2], [build.call("log", found)])


def _rest_of_sigma(e: Expr) -> Expr | None:
    """t of 1 - sigma(t)."""
    if not is_difference(e) or not is_one(e.args[0]):
        return None
    f = unnamed(e.args[1])
    return f.args[0] if is_call(f, "sigma") else None


def _logarithm(inner: Expr) -> Expr | None:
    """log(inner), if it is one of these."""
    if is_call(inner, "softmax"):
        return build.call("log_softmax", *inner.args)
    if is_call(inner, "sigma"):
        return build.neg(build.call("softplus", build.neg(inner.args[0])))
    if is_call(inner, "expm1"):  # the inverse of softplus
        t = inner.args[0]
        return build.add(t, build.call("log", build.neg(build.call("expm1", build.neg(t)))))
    if is_call(inner, "cosh"):
        t = inner.args[0]
        return build.sub(build.call("logaddexp", t, build.neg(t)), build.call("log", TWO))
    if inner.op == SUM and inner.data in ((1, 1), (1, -1)):
        a, b = (unnamed(part) for part in inner.args)
        return _logarithm_of_sum(a, b, inner.data[1])
    exponents = _sum_of_exp(inner)
    return None if exponents is None else build.call("logsumexp", exponents)


def _logarithm_of_sum(a: Expr, b: Expr, sign: int) -> Expr | None:
    if is_call(a, "exp") and is_call(b, "exp"):
        return build.call("logaddexp", *a.args, *b.args) if sign == 1 else None
    if sign == 1 and (is_call(a, "exp") or is_one(b)):
        a, b = b, a
    c = number_of(a)
    if c is not None and c is not ONE and c.data > 0 and sign == 1 and is_call(b, "exp"):
        return build.call("logaddexp", build.call("log", c), *b.args)
    if c is not ONE or number_of(b) is not None:
        return None
    if sign == 1:
        return build.call("softplus", *b.args) if is_call(b, "exp") else build.call("log1p", b)
    return build.neg(build.call("softplus", *b.args)) if is_call(b, "sigma") else build.call("log1p", build.neg(b))


def _sum(e: Expr) -> Expr | None:
    """exp(t) - 1, 1 - exp(t), 1 - cos(t), 1 - erf(t) and 1 + erf(t)."""
    if len(e.args) != 2:
        return None
    (c, a), (d, b) = [_multiple(part, coef) for coef, part in zip(e.data, e.args, strict=True)]
    for one, f in ((a, b), (b, a)):
        if is_one(one) and is_call(f, "erf") and abs(c) == abs(d):
            made = build.call("erfc", f.args[0] if c == -d else build.neg(f.args[0]))
            c = c if one is a else d
            return made if c == 1 else build.linear([c], [made])
    if e.data != (1, -1):
        return None
    a, b = (unnamed(part) for part in e.args)
    for one, f, sign in ((a, b, 1), (b, a, -1)):
        if is_one(one) and is_call_of(f, HALVED):
            name, c = HALVED[f.data]
            square = build.power(build.call(name, build.linear([Fraction(1, 2)], f.args)), TWO)
            return build.linear([sign * c], [square])
    if is_call(a, "exp") and is_one(b):
        return build.call("expm1", *a.args)
    return build.neg(build.call("expm1", *b.args)) if is_one(a) and is_call(b, "exp") else None


def _sum_of_exp(e: Expr) -> Expr | None:
    """x, where e is exp(x) summed over its last axis."""
    if not has_one_factor(e) or e.data[0][0] != (*e.data[1], len(e.data[1])):
        return None
    x = unnamed(e.args[0])
    return x.args[0] if is_call(x, "exp") else None


# ---------------------------------------------------------------------------------------------- quotients and products


def _power(e: Expr) -> Expr | None:
    """1/(1 + exp(t)); the square of a length, which needs no root."""
    base, exponent = unnamed(e.args[0]), e.args[1]
    if is_call(base, "norm2") and exponent.op == NUM and exponent.data in (2, 4, 6):
        x = base.args[0]
        own = tuple(range(len(x.shape)))
        square = build.contract([x, x], [own, own], ())
        return square if exponent is TWO else build.power(square, build.num(exponent.data // 2))
    if is_square_root(base) and exponent.op == NUM and exponent.data in (2, 4, 6) and _is_sum_of_squares(unnamed(base.args[0])):
        return base.args[0] if exponent is TWO else build.power(base.args[0], build.num(exponent.data // 2))
    if has_whole_exponent(e) and (powers := _powers_of_lengths(base, exponent)) is not None:
        return powers
    if exponent is MINUS_ONE and base.op == SUM and base.data == (1, 1):
        a, b = (unnamed(part) for part in base.args)
        if is_one(b):
            a, b = b, a
        if is_one(a) and is_call(b, "exp"):
            return build.call("sigma", build.neg(b.args[0]))
    return None


def _powers_of_lengths(base: Expr, exponent: Expr) -> Expr | None:
    """(2*norm2(x)*norm2(y))^-2 factor by factor: the product of lengths may be out of range."""
    factors, todo, front = list[Expr](), [base], Fraction(1)
    while todo and not base.shape and len(factors) + len(todo) <= MAX_FACTORS:
        f = unnamed(todo.pop())
        if is_multiple(f):
            front *= Fraction(f.data[0])
            todo.append(f.args[0])
        elif has_scalar_factors(f):
            todo += f.args[::-1]
        else:
            factors.append(f)
    if todo or len(factors) < 2 or not any(is_call_of(f, LENGTHS) for f in factors):
        return None
    powers = [_power(made := build.power(f, exponent)) or made for f in factors]
    made = build.contract(powers, [()] * len(powers), ())
    return made if front == 1 else build.linear([front**exponent.data], [made])


def _is_sum_of_squares(e: Expr) -> bool:
    if has_one_factor(e):
        return _is_sum_of_squares(unnamed(e.args[0]))
    if e.op == PROD:
        return len(e.args) == 2 and e.args[0] is e.args[1] and e.data[0][0] == e.data[0][1]
    return is_squared(e)


def _product(e: Expr, exponentials: Exponentials) -> Expr | None:
    """exp(x)/sum(exp(x)), exp(t)/(exp(t) + …), p*log(p), det(A)*inv(A)."""
    factors = _factors(e)
    if len(factors) < 2:
        return None
    joined = factors
    while (shorter := _joined(joined)) is not None:
        joined = shorter
    while (shifted := exponentials.quotient(joined)) is not None:
        joined = [(_power(f) or f if f.op == POW else f, labels) for f, labels in shifted]
    return None if joined is factors else _contracted(joined, e)


def _factors(e: Expr) -> list[Factor]:
    """The factors with their labels, those of products that add nothing up among them; none of long products."""
    out = e.data[1]
    fresh = count(1 + max([label for ls in e.data[0] for label in ls] + list(out), default=0))
    found: list[Factor] = []
    gone_labels: set[int] = set()
    todo = list(zip(e.args, e.data[0], strict=True))[::-1]
    while todo and len(found) + len(todo) <= MAX_FACTORS:
        f, labels = todo.pop()
        if f.op == PROD and (adds_nothing(f) or _has_diagonal(f)):
            place = dict(zip(f.data[1], labels, strict=True))
            for label in [label for ls in f.data[0] for label in ls]:
                if label not in place:
                    place[label] = next(fresh)
            todo += [(part, tuple([place[label] for label in ls])) for part, ls in zip(f.args, f.data[0], strict=True)][::-1]
        elif f.op == DELTA and _joins(labels, out, [*found, *todo]):
            kept, gone = labels if labels[0] in out else labels[::-1]
            gone_labels.add(gone)
            found = [(g, tuple([kept if label == gone else label for label in ls])) for g, ls in found]
            todo = [(g, tuple([kept if label == gone else label for label in ls])) for g, ls in todo]
        else:
            found.append((f, labels))
    found += todo[::-1]
    seen = {label for _, ls in found for label in ls}.union(out, gone_labels)
    if len(found) > 2 * MAX_FACTORS or any(
        label not in seen and d != 1 for f, ls in zip(e.args, e.data[0], strict=True) for label, d in zip(ls, f.shape, strict=True)
    ):
        return []  # a sum over what nobody depends on counts
    return found


def _joins(labels: Labels, out: Labels, others: list[Factor]) -> bool:
    """Whether an identity only makes two labels one, one of which is summed over."""
    return labels[0] != labels[1] and not set(labels) <= set(out) and any(set(labels) & set(ls) for _, ls in others)


def _has_diagonal(f: Expr) -> bool:
    """A product of matrices one of which is an identity, or a diagonal matrix."""
    return any(part.op == DELTA or (part.op == PROD and any(inside.op == DELTA for inside in part.args)) for part in f.args)


def _contracted(factors: list[Factor], e: Expr) -> Expr:
    """A product in the place of e."""
    if len(factors) == 1 and factors[0][1] == e.data[1]:
        return factors[0][0]
    return build.contract([f for f, _ in factors], [ls for _, ls in factors], e.data[1], dict(zip(e.data[1], e.shape, strict=True)))


def _joined(factors: list[Factor]) -> list[Factor] | None:
    """The first two factors that are one function, as one."""
    for k, (f, labels) in enumerate(factors):
        for j, (other, beside) in enumerate(factors):
            made = _pair(unnamed(f), labels, unnamed(other), beside) if j != k else None
            if made is not None:
                return [(made, labels) if i == k else factor for i, factor in enumerate(factors) if i != j]
    return None


def _pair(f: Expr, labels: Labels, other: Expr, beside: Labels) -> Expr | None:
    """Two factors of a product as one function."""
    positive = is_call(f, "exp", "sigma")  # never 0, but in floats
    if positive and labels == beside and is_reciprocal(other) and f is unnamed(other.args[0]):
        return build.spread(ONE, f.shape) if f.shape else ONE
    if is_det(other) or (other.op == POW and is_det(other.args[0])):
        return _cofactors(f, labels, other, beside)
    if is_multiple(other) and is_det(other.args[0]):  # -det(A)*inv(A)
        made = _cofactors(f, labels, unnamed(other.args[0]), beside)
        return None if made is None else build.linear(other.data, [made])
    if is_call(f, "exp"):
        return _softmax(f, labels, other, beside) or _sigma(f, labels, other, beside) or _slope(f, labels, other, beside)
    if f.op == PROD and not labels:
        return _weighted(f, other)
    if f.op == POW and not beside:
        return _others(f, labels, other)
    if f.op == SUM and len(f.args) <= MAX_FACTORS:
        return _divergence(f, labels, other, beside)
    return _xlogy(f, labels, other, beside) if is_call(f, "log") else None


def _cofactors(f: Expr, labels: Labels, other: Expr, beside: Labels) -> Expr | None:
    """det(A), or a whole power of it, times an expression with inv(A): by the matrix of cofactors, which singular matrices have, too."""
    det, n = other.args if other.op == POW else (other, ONE)
    det = unnamed(det)
    if not is_whole_number(n) or n.data < 1 or beside != labels[: len(beside)]:
        return None
    made = _times_det(f, det, DEEP) if not beside or is_call(f, "inv") else None
    if made is None or n is ONE:
        return made
    rest = build.power(det, build.num(n.data - 1)) if n is not TWO else det
    own = tuple(range(len(made.shape)))
    return build.contract([rest, made], [own[: len(beside)], own], own)


def _times_det(f: Expr, det: Expr, depth: int) -> Expr | None:
    """det times f, if the inverse of the matrix of det is a factor of f or of some of its terms."""
    if is_call(f, "inv"):
        return _adjugate(unnamed(f.args[0]), det)
    if depth == 0 or len(f.args) > MAX_FACTORS or f.op not in (NAME, SUM, PROD) or det.shape:
        return None
    found = [_times_det(part, det, depth - 1) for part in f.args]
    if not any(found):
        return None
    if f.op == NAME:
        return found[0]
    if f.op == SUM:
        return build.linear(f.data, [made or build.scale(det, part) for made, part in zip(found, f.args, strict=True)])
    first = next(k for k, made in enumerate(found) if made is not None)
    return make(PROD, tuple([found[k] or part if k == first else part for k, part in enumerate(f.args)]), f.data, f.shape)


def _adjugate(a: Expr, det: Expr) -> Expr | None:
    """inv(a) times det(a), or the determinant of a multiple, of the transpose or of a product with a."""
    whole = unnamed(det.args[0])
    if whole is a:
        return inner("_adjugate", det.args[0])
    if (of := _turned(a)) is not None and not det.shape:  # inv(A') is inv(A)'
        made = _adjugate(of, det)
        return None if made is None else build.transpose(made)
    if is_multiple(a) and unnamed(a.args[0]) is whole:
        return build.linear([1 / Fraction(a.data[0])], [inner("_adjugate", whole)])
    if is_multiple(whole) and unnamed(whole.args[0]) is a:
        return build.linear(whole.data, [inner("_adjugate", whole)])
    if whole.op != PROD or len(whole.args) > 2 or det.shape:
        return None
    parts = [unnamed(part) for part in whole.args]
    if parts == [a] and whole.data == build.FORMS["transpose"]:
        return inner("_adjugate", a)
    if len(parts) == 2 and a in parts:
        other = whole.args[1 - parts.index(a)]
        if not other.shape and whole.data[0][parts.index(a)] == whole.data[1]:
            return build.scale(other, inner("_adjugate", whole))
        if whole.data == build.FORMS["matmul"] and other.shape[0] == other.shape[1]:
            return build.scale(build.call("det", other), inner("_adjugate", a))
    return None


def _turned(a: Expr) -> Expr | None:
    """B, where a is B'."""
    return unnamed(a.args[0]) if a.op == PROD and len(a.args) == 1 and a.data == build.FORMS["transpose"] else None


def _divergence(f: Expr, labels: Labels, other: Expr, beside: Labels) -> Expr | None:
    """p times (log(p) - log(q)): the term of log(p) tends to 0 with p."""
    parts = [unnamed(part) for part in f.args]
    found = [_xlogy(part, labels, other, beside) if is_call(part, "log") else None for part in parts]
    if not any(found):
        return None
    return build.linear(f.data, [made or build.elementwise(other, part) for made, part in zip(found, f.args, strict=True)])


def _weighted(f: Expr, other: Expr) -> Expr | None:
    """c.exp(x) or sum(c .* exp(x)), times 1/sum(exp(x))."""
    inner = f.args[0] if len(f.args) == 1 and f.args[0].op == PROD and f.data[0][0] == f.args[0].data[1] else f
    for k, part in enumerate(inner.args[:MAX_FACTORS]):
        factor = unnamed(part)
        found = _softmax(factor, inner.data[0][k], other, ()) if is_call(factor, "exp") else None
        if found is not None:
            weighted = make(PROD, (*inner.args[:k], found, *inner.args[k + 1 :]), inner.data, inner.shape)
            return weighted if inner is f else build.total(weighted)
    return None


def _softmax(f: Expr, labels: Labels, other: Expr, below: Labels) -> Expr | None:
    """exp(x) times 1/sum(exp(x)) along the last axis."""
    if not is_reciprocal(other) or below != labels[:-1] or not labels:
        return None
    return build.call("softmax", f.args[0]) if _sum_of_exp(unnamed(other.args[0])) is f.args[0] else None


def _sigma(f: Expr, labels: Labels, other: Expr, beside: Labels) -> Expr | None:
    """exp(t) times 1/(1 + exp(t)), which is sigma(-t) by now, or times 1/(exp(t) + exp(u)), 1/(exp(t) + 2)."""
    t = f.args[0]
    if beside != labels:
        return None
    if is_call(other, "sigma"):
        return build.call("sigma", t) if other.args[0] is build.neg(t) or build.neg(other.args[0]) is t else None
    if not is_reciprocal(other):
        return None
    total = unnamed(other.args[0])
    if total.op != SUM or total.data != (1, 1):
        return None
    parts = [unnamed(part) for part in total.args]
    if f not in parts:
        return None
    rest = parts[1 - parts.index(f)]
    c = number_of(rest)
    if c is not None and c.data > 0:
        return build.call("sigma", build.sub(t, build.call("log", c)))
    return build.call("sigma", build.sub(t, rest.args[0])) if is_call(rest, "exp") else None


def _slope(f: Expr, labels: Labels, other: Expr, beside: Labels) -> Expr | None:
    """exp(t) times 1/(exp(t) - 1), by powers of e below 1 alone."""
    t = f.args[0]
    if beside != labels or not is_reciprocal(other):
        return None
    below = unnamed(other.args[0])
    negated = is_negation(below)
    below = unnamed(below.args[0]) if negated else below
    if not is_call(below, "expm1") or below.args[0] is not t:
        return None
    small = build.neg(build.call("abs", t))
    above = build.call("if", build.call("gt", t, ZERO), MINUS_ONE, build.call("exp", small))
    made = build.divide(above, build.call("expm1", small))
    return build.neg(made) if negated else made


def _others(f: Expr, labels: Labels, other: Expr) -> Expr | None:
    """1/x times prod(x) or a power of it: for every entry the product of the others, which an entry 0 does not make undefined.

    With t for x where its zeros are 1, that is prod(t) for the only zero that there is, 0 for one of several, and prod(x)/t elsewhere.
    """
    x, exponent = f.args
    coef: Number = 1
    while is_multiple(other):
        coef, other = coef * other.data[0], other.args[0]
    whole, n = other.args if other.op == POW else (other, ONE)
    whole = unnamed(whole)
    if exponent is not MINUS_ONE or not is_call(whole, "prod") or unnamed(whole.args[0]) is not unnamed(x) or len(labels) != len(x.shape):
        return None
    if not is_whole_number(n) or n.data < 1:
        return None
    zero = build.call("eq", x, ZERO)
    t = build.call("if", zero, ONE, x)
    alone = build.scale(build.call("prod", t), build.call("eq", build.total(zero), ONE))
    made = build.call("if", zero, alone, build.divide(whole, t))
    if n is not ONE:
        made = build.elementwise(build.power(whole, build.num(n.data - 1)), made)
    return made if coef == 1 else build.linear([coef], [made])


def _xlogy(f: Expr, labels: Labels, other: Expr, beside: Labels) -> Expr | None:
    """p times log(p) or log(p/q), which tend to 0 with p."""
    inner = unnamed(f.args[0])
    if beside != labels or is_plain_number(other):
        return None
    factors = zip(inner.args, inner.data[0], strict=True) if inner.op == PROD else [(inner, tuple(range(len(inner.shape))))]
    whole = any(unnamed(p) is other and ls == tuple(range(len(inner.shape))) for p, ls in factors)
    return build.call("xlogy", other, f.args[0]) if whole else None


# ---------------------------------------------------------------------------------------------- what a node is


def _multiple(e: Expr, coef: Number) -> tuple[Number, Expr]:
    """coef*e as a number times the rest."""
    e = unnamed(e)
    number = number_of(e)
    if number is not None:
        return coef * number.data, ONE
    if is_multiple(e):
        return coef * e.data[0], unnamed(e.args[0])
    if has_two_factors(e) and e.args[0].op == NUM and e.data[0][1] == e.data[1]:
        return coef * e.args[0].data, unnamed(e.args[1])
    return coef, e


def is_square_root(node: Expr) -> bool:
    """sqrt(x)."""
    return is_call(node, "sqrt")


def is_one(e: Expr) -> bool:
    """1, perhaps spread."""
    return number_of(e) is ONE
