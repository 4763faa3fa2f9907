"""Calls: a row of the table applied to normal forms, a list of named steps, tried in their order.

In: a row's name and its arguments in normal form. Out: the first form that a step has, in normal form, else the CALL after the rules of the
rulebook. It ends: every step leaves calls of smaller arguments, or of the same arguments in a fixed order or with a fixed sign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import prod

from symdiff.calculus.diagonals import Diagonals
from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NUM, PROD, RESHAPE, SUM, UNIT, Expr, Shape, make
from symdiff.expr.patterns import has_one_factor, is_call, is_call_of, is_declared, is_divisor, is_multiple
from symdiff.simplify import reshaping
from symdiff.simplify.conditions import COMPARISONS, INDICATORS, NEGATION
from symdiff.simplify.context import Context
from symdiff.simplify.graph import holds_name
from symdiff.simplify.rules import RULES
from symdiff.simplify.shapes import constant_along, diagonal_of, is_number, is_ones, is_zero, split, terms_of, zero
from symdiff.table import TABLE
from symdiff.table.groups import LATTICE
from symdiff.table.operators import EITHER_OR_BOTH

Args = tuple[Expr, ...]

# Nodes of a product's factors among which entries are looked for.
MOST_LOOKED_AT = 24


class Calls(Context):
    """The operation CALL."""

    def call(self, name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
        """A row applied to normal forms."""
        row = TABLE[name]
        if shape and row.elementwise and args and all(constant_along(a) for a in args):
            return self.of_spread(name, args, shape)
        if name in COMPARISONS:
            return self.comparison(name, args, shape)
        if name in CONDITIONAL and (known := CONDITIONAL[name](self, args, shape)) is not None:
            return known
        if name in LATTICE:
            if args[0] is args[1]:
                return args[0]
            args = tuple(sorted(args, key=lambda a: a.key))
        if len(args) == 1 and row.elementwise and is_multiple(args[0]) and args[0].data[0] < 0:
            if row.odd:
                return self.scaled(-1, self.call(name, (self.scaled(-1, args[0]),), shape))
            if row.even:
                args = (self.scaled(-1, args[0]),)
        if row.linear:
            contents = [split(a) if a.op != SUM or len(a.args) == 1 else self.primitive(a, sign=False) for a in args]
            if any(c != 1 for c, _ in contents):
                return self.scaled(prod([c for c, _ in contents]), self.call(name, tuple([a for _, a in contents]), shape))
        known = DEFINITIONS[name](self, args, shape) if name in DEFINITIONS else None
        if known is None and shape and row.elementwise and any(a.op == RESHAPE for a in args):
            known = reshaping.pulled_out(self, name, args, shape)
        if known is not None:
            return known
        return self.ruled(make(CALL, args, name, shape))

    def of_spread(self, name: str, args: Args, shape: Shape) -> Expr:
        """A function of spread scalars is its value, spread."""
        scalars = tuple([self.without_axes(a) for a in args])
        return self.product([(self.call(name, scalars, ()), ())], tuple(range(len(shape))), dict(enumerate(shape)))

    def ruled(self, x: Expr) -> Expr:
        """What the first rule that fits makes of x; else x."""
        known = RULES.apply(self, x)
        return x if known is None else known


# ------------------------------------------------------------------------------------- conditions, and what they choose


def decided(name: str, args: Args) -> Expr | None:
    """The value where a condition always or never holds: `x > 0 and 2 > 1` is `x > 0`."""
    for k, condition in enumerate(args if name in EITHER_OR_BOTH else args[:1]):
        if (holds := is_ones(condition)) or is_zero(condition):
            if name == "not":
                return build.num(int(not holds))
            return args[1 if holds else 2] if name == "if" else args[1 - k] if holds == (name == "and") else condition
    return None


def connective(name: str) -> Callable[[Context, Args, Shape], Expr | None]:
    return lambda home, args, shape: decided(name, args)


def negated(home: Context, args: Args, shape: Shape) -> Expr | None:
    """`not a > b` is `b >= a`."""
    known = decided("not", args)
    if known is None and is_call_of(args[0], NEGATION):
        other, swap = NEGATION[args[0].data]
        a, b = args[0].args
        return home.call(other, (b, a) if swap else (a, b), shape)
    return known


def chosen(home: Context, args: Args, shape: Shape) -> Expr | None:
    """`if` of a decided condition, of equal branches, of branches that differ by a number or have a factor in common."""
    known = decided("if", args)
    if known is not None:
        return known
    if args[1] is args[2]:
        return args[1]
    shifted = shifted_branches(home, *args)
    if shifted is not None:
        return home.fire("if-of-shifted", make(CALL, args, "if", shape), shifted)
    outside = home.common_factors(args[1], args[2])
    if not outside:
        return None
    inner = home.call("if", (args[0], *[home.without(a, outside) for a in args[1:]]), shape)
    return home.product([(inner, tuple(range(len(shape)))), *outside], tuple(range(len(shape))), dict(enumerate(shape)))


def shifted_branches(home: Context, condition: Expr, a: Expr, b: Expr) -> Expr | None:
    """if(c, a, a - 1) as a - [not c]: branches that differ by a number, of which neither is one."""
    if not home.rules or not is_call_of(condition, INDICATORS) or is_number(a) or is_number(b):
        return None
    a, b = [opened(home, side) for side in (a, b)]
    k = home.sub(a, b)
    if not is_number(k):
        return None
    c, _ = split(k)
    if len(terms_of(a)) < len(terms_of(b)):
        return home.sum([(1, a), (-c, home.call("not", (condition,), condition.shape))], a.shape)
    return home.sum([(1, b), (c, condition)], a.shape)


def opened(home: Context, x: Expr) -> Expr:
    """A value with its terms in sight: a sum of numbers that is spread as the sum of these, spread."""
    c, t = split(x)
    if not has_one_factor(t) or t.args[0].op != SUM or t.data[0] != ((),):
        return x
    sizes = dict(zip(t.data[1], t.shape, strict=True))
    return home.sum([(c * d, home.product([(u, ())], t.data[1], sizes)) for d, u in terms_of(t.args[0])], x.shape)


CONDITIONAL: dict[str, Callable[[Context, Args, Shape], Expr | None]] = {
    "and": connective("and"),
    "or": connective("or"),
    "not": negated,
    "if": chosen,
}


# ------------------------------------------------------------------ functions that are an expression of this form


def of_zeros(home: Context, args: Args, shape: Shape) -> Expr | None:
    """The product of zeros, along axes that are never empty."""
    (x,) = args
    return zero(shape) if is_zero(x) and all(d.isidentifier() if isinstance(d, str) else d for d in x.shape) else None


def of_a_zero(by_rows: bool) -> Callable[[Context, Args, Shape], Expr | None]:
    """The product of entries, or of those of each row, of which one is always 0: of zeros, of x*ones(n)' - ones(n)*x', of x - x[1]."""

    def known(home: Context, args: Args, shape: Shape) -> Expr | None:
        (x,) = args
        last = len(x.shape) - 1
        units = [node for node in nearest(x) if node.op == UNIT]  # x - x[1] is 0 at an entry
        places = (Diagonals(units) if units else home.diagonals).zeros(x)
        if any(not by_rows or last in place[:2] for place in places):
            return zero(shape)
        return of_zeros(home, args, shape)

    return known


def nearest(x: Expr) -> list[Expr]:
    """The first nodes of a value, from the value down."""
    found = [x]
    for node in found:
        if len(found) < MOST_LOOKED_AT:
            found += node.args
    return found


def root(home: Context, args: Args, shape: Shape) -> Expr:
    return home.number_power(args[0], Fraction(1, 2))


def norm2(home: Context, args: Args, shape: Shape) -> Expr:
    """The root of the sum of squares."""
    (x,) = args
    return home.number_power(home.product([(home.number_power(x, 2), tuple(range(len(x.shape))))], (), {}), Fraction(1, 2))


def rownorm2(home: Context, args: Args, shape: Shape) -> Expr:
    """The roots of the sums of squares of each row."""
    (x,) = args
    own = tuple(range(len(x.shape)))
    return home.number_power(home.product([(home.number_power(x, 2), own)], own[:-1], {}), Fraction(1, 2))


def norm1(home: Context, args: Args, shape: Shape) -> Expr:
    (x,) = args
    return home.product([(home.call("abs", (x,), x.shape), tuple(range(len(x.shape))))], (), {})


def mean(home: Context, args: Args, shape: Shape) -> Expr:
    (x,) = args
    return home.product([(x, tuple(range(len(x.shape)))), (home.number_power(home.size(x.shape), -1), ())], (), {})


def row_mean(home: Context, args: Args, shape: Shape) -> Expr | None:
    """The rows of X - rowmean(X)*ones(n)', where that has a name, have the mean 0."""
    (x,) = args
    inner = x.args[0] if is_transpose(x) else x
    return zero(shape) if len(x.shape) == 2 and holds_name(inner) and is_zero(home.total_of_named(inner, int(inner is x))) else None


def determinant(home: Context, args: Args, shape: Shape) -> Expr | None:
    """det(inv(A)) is 1/det(A), det(A') is det(A), of a diagonal the product, det(t*A) is t^n*det(A)."""
    (x,) = args
    if is_call(x, "inv"):
        return home.number_power(home.call("det", x.args, ()), -1)
    if home.rules and (entries := diagonal_of(home, x)) is not None:
        return home.fire("det-of-diagonal", make(CALL, args, "det", shape), home.call("prod", (entries,), ()))
    if home.rules and is_multiple(x):
        found = home.times(home.power(build.num(x.data[0]), build.dim(x.shape[0])), home.call("det", x.args, ()))
        return home.fire("det-of-multiple", make(CALL, args, "det", shape), found)
    if home.rules and x.op == PROD and not all(x.data[0]) and not any(is_divisor(f) for f in x.args):
        factors = list(zip(x.args, x.data[0], strict=True))
        front = home.product([(f, ()) for f, ls in factors if not ls], (), {})
        rest = home.product([(f, ls) for f, ls in factors if ls], x.data[1], dict(zip(x.data[1], x.shape, strict=True)))
        found = home.times(home.power(front, build.dim(x.shape[0])), home.call("det", (rest,), ()))
        return home.fire("det-of-multiple", make(CALL, args, "det", shape), found)
    return home.call("det", x.args, ()) if is_transpose(x) else None


def log_determinant(home: Context, args: Args, shape: Shape) -> Expr | None:
    """logdet(inv(A)) is -logdet(A), of a positive diagonal the sum of the logarithms, logdet(A') is logdet(A)."""
    (x,) = args
    if is_call(x, "inv"):
        return home.scaled(-1, home.call("logdet", x.args, ()))
    if home.rules and (entries := diagonal_of(home, x)) is not None and home.facts.positive(entries):
        found = home.product([(home.call("log", (entries,), entries.shape), (0,))], (), {})
        return home.fire("logdet-of-diagonal", make(CALL, args, "logdet", shape), found)
    return home.call("logdet", x.args, ()) if is_transpose(x) else None


def is_transpose(x: Expr) -> bool:
    return x.op == PROD and bool(x.data in ((((0, 1),), (1, 0)), (((1, 0),), (0, 1))))  # as written, and with the labels of a normal form


def absolute(home: Context, args: Args, shape: Shape) -> Expr | None:
    (x,) = args
    if x.op == NUM:
        return build.num(abs(x.data))
    return home.fire("abs-of-nonnegative", x, x) if home.facts.nonnegative(x) else None


def sign(home: Context, args: Args, shape: Shape) -> Expr | None:
    (x,) = args
    return build.num((x.data > 0) - (x.data < 0)) if x.op == NUM else None


def extreme(of: Callable[..., int]) -> Callable[[Context, Args, Shape], Expr | None]:
    return lambda home, args, shape: build.num(of([a.data for a in args])) if all(a.op == NUM for a in args) else None


def branch(home: Context, args: Args, shape: Shape) -> Expr | None:
    condition, a, b = args
    return (a if condition.data else b) if condition.op == NUM else None


def inverse(home: Context, args: Args, shape: Shape) -> Expr | None:
    """The inverse of an inverse, of an identity, of multiples, diagonals, transposes, chains of square matrices, orthogonal variables."""
    (x,) = args
    if is_call(x, "inv"):
        return x.args[0]
    if x.op == DELTA:
        return x
    c, rest = split(x)
    if c != 1:
        return home.scaled(Fraction(1) / c, home.call("inv", (rest,), x.shape))
    diagonal = diagonal_of(home, x) if home.rules else None
    if diagonal is not None:  # both have a value where no entry of the diagonal is 0
        found = home.product([(home.number_power(diagonal, -1), (0,)), (build.eye(x.shape[0]), (0, 1))], (0, 1), {})
        return home.fire("inverse-of-diagonal", make(CALL, (x,), "inv", x.shape), found)
    if x.op == PROD:
        return inverse_of_product(home, x)
    if x.op == RESHAPE and home.rules and (sides := kronecker_sides(home, x)) is not None:
        of_both = [home.call("inv", (side,), side.shape) for side in sides]
        blocks = home.product([(of_both[0], (0, 1)), (of_both[1], (2, 3))], (0, 2, 1, 3), {})
        return home.fire("inverse-of-kronecker", make(CALL, (x,), "inv", x.shape), home.reshape(blocks, x.shape))
    if is_declared(x, "orthogonal"):
        return home.product([(x, (0, 1))], (1, 0), {})
    return None


def inverse_of_product(home: Context, x: Expr) -> Expr | None:
    labels, out = x.data
    if is_transpose(x):
        return home.product([(home.call("inv", x.args, x.shape), (0, 1))], (1, 0), {})
    scalars = [a for a, ls in zip(x.args, labels, strict=True) if not ls]
    if scalars:
        matrix = home.product([(a, ls) for a, ls in zip(x.args, labels, strict=True) if ls], out, dict(zip(out, x.shape, strict=True)))
        front = [(home.number_power(s, -1), ()) for s in scalars]
        return home.product([*front, (home.call("inv", (matrix,), x.shape), (0, 1))], (0, 1), {})
    if x.args and square_chain(x):  # an inverse of the whole means that every factor has one
        inverses = [(home.call("inv", (a,), a.shape), ls[::-1]) for a, ls in zip(x.args, labels, strict=True)]
        return home.product(inverses, out[::-1], {})
    return None


def kronecker_sides(home: Context, x: Expr) -> tuple[Expr, Expr] | None:
    """A and B, where a matrix is kron(A, B) of square matrices: it has an inverse where both have one."""
    (value,) = x.args
    if (
        value.op != PROD
        or (len(value.shape), len(x.shape)) != (4, 2)
        or build.blocks(value.shape, x.shape) != [(range(2), range(1)), (range(2, 4), range(1, 2))]
    ):
        return None
    labels, (i, p, j, q) = value.data
    factors = list(zip(value.args, labels, strict=True))
    ends = dict(zip((i, p, j, q), value.shape, strict=True))
    first = [(f, ls) for f, ls in factors if not {i, j}.isdisjoint(ls)]
    second = [(f, ls) for f, ls in factors if {i, j}.isdisjoint(ls)]
    between = {k for _, ls in first for k in ls} & {k for _, ls in second for k in ls}
    if between or ends[i] != ends[j] or ends[p] != ends[q] or not {p, j, i, q} <= {k for _, ls in factors for k in ls}:
        return None
    return home.product(first, (i, j), ends), home.product(second, (p, q), ends)


def square_chain(x: Expr) -> bool:
    """Whether a matrix is a chain of square matrices."""
    labels, out = x.data
    counts = Counter(i for ls in labels for i in ls)
    return all(a.shape == x.shape and len(set(ls)) == 2 for a, ls in zip(x.args, labels, strict=True)) and all(
        n == (1 if i in out else 2) for i, n in counts.items()
    )


def triangle(idle: dict[str, str]) -> Callable[[Context, Args, Shape], Expr | None]:
    """A triangle of what is one already. idle: functions of which it is another function, or the argument of these (""), or itself."""

    def known(home: Context, args: Args, shape: Shape) -> Expr | None:
        (x,) = args
        if x.op != CALL or x.data not in idle:
            return None
        return home.call(idle[x.data], x.args, shape) if idle[x.data] else x.args[0]

    return known


DEFINITIONS: dict[str, Callable[[Context, Args, Shape], Expr | None]] = {
    "sqrt": root,
    "norm2": norm2,
    "rownorm2": rownorm2,
    "norm1": norm1,
    "prod": of_a_zero(by_rows=False),
    "rowprod": of_a_zero(by_rows=True),
    "cumprod": of_zeros,
    "mean": mean,
    "rowmean": row_mean,
    "inv": inverse,
    "det": determinant,
    "logdet": log_determinant,
    "abs": absolute,
    "sign": sign,
    "max": extreme(max),
    "min": extreme(min),
    "if": branch,
    "tril": triangle({"tril": "tril"}),
    "triu": triangle({"triu": "triu"}),
    "vech": triangle({"unvech": "", "tril": "vech"}),
    "unvech": triangle({"vech": "tril"}),
}
