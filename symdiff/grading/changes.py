"""The slips that change one place of an expression.

In: a node. Out: for each slip that can be made there, its kind, the sentence about it in both directions, and the node after
it. Made in the right derivative a slip gives the wrong answer; the same change of the answer mends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, PROD, SUM, Expr, make
from symdiff.expr.patterns import has_number_exponent, has_one_factor, has_terms, has_two_factors, is_call, is_letter, is_negation
from symdiff.expr.walk import variables
from symdiff.grading.words import spread_to
from symdiff.table import TABLE
from symdiff.table.operators import EITHER_OR_BOTH, INEQUALITIES, MIRROR

RELATIONS = {name: MIRROR[name] for name in INEQUALITIES}
INDICATORS = frozenset((*RELATIONS, "and", "or", "not"))

# What a slip in the right derivative is called, and what its mending in the answer is called; {} is the part concerned.
MADE = {
    "term": ("missing term", "the term `{}` is missing"),
    "sign": ("sign", "the sign of the term `{}` is wrong"),
    "coefficient": ("factor", "the term `{}` has a wrong factor"),
    "factor": ("missing factor", "the factor `{}` is missing"),
    "exponent": ("exponent", "the exponent is wrong: `{}` belongs there"),
    "condition": ("indicator", "the indicator `{}` is missing"),
    "part": ("indicator", "a part of the condition is missing"),
    "relation": ("indicator", "the indicator is the wrong way round: `{}` belongs there"),
    "order": ("order", "the factors of `{}` are in the wrong order"),
    "matrix": ("product", "`{}` is a matrix product, not an elementwise one"),
    "elementwise": ("product", "`{}` is an elementwise product, not a matrix product"),
    "transpose": ("transposed", "a transpose is misplaced: `{}` belongs there"),
    "inverse": ("inverse", "an inverse is missing"),
    "function": ("function", "this is another function"),
    "argument sign": ("sign", "the sign of an argument is wrong"),
    "branches": ("indicator", "the branches are interchanged"),
    "name": ("name", "`{}` does not belong there"),
}
MENDED = MADE | {
    "term": ("extra term", "the term `{}` does not belong there"),
    "factor": ("extra factor", "the factor `{}` does not belong there"),
    "condition": ("extra factor", "the indicator `{}` does not belong there"),
    "exponent": ("exponent", "the exponent in `{}` is wrong"),
    "relation": ("indicator", "the indicator `{}` is the wrong way round"),
    "part": ("indicator", "a part of the condition does not belong there"),
    "order": ("order", "the factors of `{}` are in the wrong order"),
    "matrix": ("product", "`{}` should be an elementwise product"),
    "elementwise": ("product", "`{}` should be a matrix product"),
    "transpose": ("transposed", "`{}` should be transposed"),
    "inverse": ("inverse", "an inverse is missing or too much"),
}

# What is said of a place in the answer, not of the whole.
LOCAL = frozenset(("term", "sign", "coefficient", "factor"))

# Functions that are taken for each other, or for each other's derivative.
NEIGHBOURS = {
    "sin": ("cos", "tan", "sinh"),
    "cos": ("sin", "cosh"),
    "tan": ("cot", "sin", "tanh", "sec"),
    "sec": ("csc", "tan", "cos"),
    "csc": ("sec", "cot", "sin"),
    "cot": ("tan", "csc"),
    "sinh": ("cosh", "sin", "tanh"),
    "cosh": ("sinh", "cos"),
    "tanh": ("sigma", "sinh", "tan", "arctan", "sech"),
    "sigma": ("tanh", "softplus", "relu", "exp"),
    "softplus": ("sigma", "relu", "exp"),
    "relu": ("softplus", "sigma", "abs", "sign"),
    "abs": ("relu", "sign"),
    "exp": ("log", "exp2", "expm1"),
    "log": ("log2", "log10", "exp", "log1p"),
    "log2": ("log", "log10"),
    "log10": ("log", "log2"),
    "log1p": ("log",),
    "expm1": ("exp",),
    "sqrt": ("cbrt",),
    "cbrt": ("sqrt",),
    "arcsin": ("arccos", "arctan", "arcsinh"),
    "arccos": ("arcsin", "arctan"),
    "arctan": ("arcsin", "arccos", "tanh", "artanh", "arctanh", "arccot"),
    "det": ("logdet",),
    "logdet": ("det",),
    "std": ("var",),
    "var": ("std",),
    "norm1": ("norm2",),
    "norm2": ("norm1",),
    "max_entries": ("logsumexp",),
    "logsumexp": ("max_entries",),
    "max": ("min",),
    "min": ("max",),
    "softmax": ("log_softmax",),
    "log_softmax": ("softmax",),
}


@dataclass(frozen=True)
class Change:
    """One slip at one node. what: a key of MADE and MENDED; part: what the sentence names; new: the node after it."""

    what: str
    part: Expr
    new: Expr


def changes(node: Expr) -> Iterator[Change]:
    """What may slip at this node."""
    if node.op == SUM:
        yield from _of_sum(node)
    elif has_number_exponent(node):
        base, exponent = node.args
        for n in (exponent.data + 1, exponent.data - 1, -exponent.data, 2 * exponent.data, Fraction(exponent.data) / 2):
            if n not in (0, exponent.data):
                yield Change("exponent", node, base if n == 1 else build.power(base, build.num(n)))
    elif node.op == CALL:
        yield from _of_call(node)
    elif node.op == PROD:
        yield from _of_product(node)
    # A + A instead of A + A' is what a symmetric A leads to, and is found as such.
    if node.op != SUM and not build.is_form(node, "transpose", "trace"):
        for k, a in enumerate(node.args):
            turned = transposed(a) if len(a.shape) == 2 and a.shape[0] == a.shape[1] else None
            if turned is not None:
                yield Change("transpose", a, make(node.op, (*node.args[:k], turned, *node.args[k + 1 :]), node.data, node.shape))


def _of_sum(node: Expr) -> Iterator[Change]:
    for k, term in enumerate(node.args):
        rest = [(c, t) for j, (c, t) in enumerate(zip(node.data, node.args, strict=True)) if j != k]
        if rest:
            yield Change("term", term, build.linear(*zip(*rest, strict=True)))
            yield Change("sign", term, build.linear([-c if j == k else c for j, c in enumerate(node.data)], node.args))
            for factor in (Fraction(2), Fraction(1, 2)):
                yield Change("coefficient", term, build.linear([factor * c if j == k else c for j, c in enumerate(node.data)], node.args))


def _of_call(node: Expr) -> Iterator[Change]:
    name, args = node.data, node.args
    if name in INDICATORS:
        yield Change("condition", node, build.spread(build.ONE, node.shape))
    if name in RELATIONS:
        yield Change("relation", node, make(CALL, args, RELATIONS[name], node.shape))
    elif name in EITHER_OR_BOTH:
        for a in args:
            yield Change("part", node, a)
    elif name == "if":
        yield Change("branches", node, make(CALL, (args[0], args[2], args[1]), name, node.shape))
    elif name == "inv":
        yield Change("inverse", node, args[0])
    elif name == "mean":
        yield Change("function", node, build.total(args[0]))
    elif len(args) == 1 and not node.shape == () != args[0].shape and variables([node]):
        for other in NEIGHBOURS.get(name, ()):
            if other in TABLE and TABLE[other].elementwise == TABLE[name].elementwise:
                yield Change("function", node, make(CALL, args, TABLE[other].name, node.shape))
        if TABLE[name].elementwise and not TABLE[name].odd and not TABLE[name].even:
            yield Change("argument sign", node, make(CALL, (negated(args[0]),), name, node.shape))


def substitutes(node: Expr, letters: Sequence[Expr]) -> Iterator[Change]:
    """Another variable of the same shape in the place of one, or of a number; an inverse in the place of a matrix."""
    for k, a in enumerate(node.args):
        if is_letter(a) or a.op == NUM or (has_one_factor(a) and a.args[0].op == NUM):
            for letter in letters:
                if letter is not a and letter.shape == a.shape:
                    yield Change("name", a, make(node.op, (*node.args[:k], letter, *node.args[k + 1 :]), node.data, node.shape))
        if len(a.shape) == 2 and a.shape[0] == a.shape[1] and not is_call(node, "inv"):
            yield Change("inverse", a, make(node.op, (*node.args[:k], build.call("inv", a), *node.args[k + 1 :]), node.data, node.shape))


def _of_product(node: Expr) -> Iterator[Change]:
    if len(node.args) == 1 and not node.shape and node.args[0].shape and node.data[0][0] == tuple(range(len(node.args[0].shape))):
        yield Change("function", node, build.call("mean", node.args[0]))
    if len(node.args) != 2:
        return
    a, b = node.args
    for kept, dropped in ((a, b), (b, a)):
        if kept.shape == node.shape or not kept.shape:
            yield Change("factor", dropped, spread_to(kept, node))
    if node.data == build.FORMS["matmul"]:
        if b.shape[1] == a.shape[0] and (b.shape[0], a.shape[1]) == node.shape:
            yield Change("order", node, build.matmul(b, a))
        if a.shape == b.shape:
            yield Change("matrix", node, build.elementwise(a, b))
    elif a.shape == b.shape == node.shape and len(a.shape) == 2 and a.shape[0] == a.shape[1]:
        yield Change("elementwise", node, build.matmul(a, b))


def negated(e: Expr) -> Expr:
    """-e as one would write it: x for -x, and -x .* y with the sign at its first factor."""
    if is_negation(e):
        return e.args[0]
    if has_two_factors(e) and e.data[0] == (e.data[1], e.data[1]):
        return make(PROD, (negated(e.args[0]), e.args[1]), e.data, e.shape)
    return build.neg(e)


def transposed(e: Expr) -> Expr | None:
    """e with its axes turned round: of a matrix, a row or a vector; None of anything else."""
    if len(e.shape) == 1:
        return build.row(e)
    if len(e.shape) != 2:
        return None
    if build.is_form(e, "transpose"):
        return e.args[0]
    return build.unrow(e) if e.shape[0] == 1 and build.is_form(e, "row") else build.transpose(e)


def variants(node: Expr) -> Iterator[tuple[Expr, Expr]]:
    """What may be taken for a node of the formula, by itself or as part of a form: (the part, what it is taken for)."""
    if node.op == CALL and len(node.args) == 1:
        (x,) = node.args
        for other in NEIGHBOURS.get(node.data, ()):
            if other in TABLE:
                try:
                    yield node, build.call(other, x)
                except SymdiffError:
                    continue
        if node.data in ("norm2", "std", "sqrt", "abs"):
            yield node, build.power(node, build.TWO)
            yield node, build.linear([Fraction(1, 2)], [build.power(node, build.TWO)])
        elif node.data == "norm1":
            yield node, build.power(build.call("norm2", x), build.TWO)
            yield node, build.linear([Fraction(1, 2)], [build.power(build.call("norm2", x), build.TWO)])
        elif node.data == "mean":
            yield node, build.total(x)
        elif node.data == "inv":
            yield node, x
    elif has_number_exponent(node) and node.args[1].data != -1:
        base, exponent = node.args
        yield node, base
        yield node, build.power(base, build.num(exponent.data + 1))
        if exponent.data - 1 not in (0, 1):
            yield node, build.power(base, build.num(exponent.data - 1))
    elif has_terms(node):
        for k in range(len(node.args)):
            yield node, build.linear([-c if j == k else c for j, c in enumerate(node.data)], node.args)
    elif has_one_factor(node) and not node.shape and node.args[0].shape:
        (x,) = node.args
        if node.data[0][0] == tuple(range(len(x.shape))):
            yield node, build.call("mean", x)
