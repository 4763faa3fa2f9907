"""The two states of an expression as predicates: *as written* and *normal form*. Tests run them after every step.

Each returns the faults that it finds below a node, as sentences; none means that the node is in that state. Only `simplify` leads from the
first to the second, only `notation` back.
"""

from __future__ import annotations

from collections.abc import Iterator

from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, Expr
from symdiff.expr.patterns import is_call, is_multiple, is_whole_number
from symdiff.expr.walk import topological
from symdiff.simplify.graph import SHARED_FACTORS
from symdiff.simplify.shapes import is_zero
from symdiff.simplify.sums import SHARED_LENGTH
from symdiff.table import TABLE
from symdiff.table.operators import COMPARISONS, FORWARD

_FORMS = frozenset(build.FORMS.values())


def faults_as_written(root: Expr) -> list[str]:
    """Operations as a formula has them: sums of two terms or a negated one, products of two factors or index notation."""
    return [f"{fault}: {node!r}" for node in topological([root]) for fault in _as_written(node)]


def _as_written(x: Expr) -> Iterator[str]:
    if x.op == SUM:
        if x.data not in ((1, 1), (1, -1), (-1,)):
            yield "a sum that is no +, - or sign"
        if any(a.shape != x.shape for a in x.args):
            yield "a term of another shape"
        if x.data == (-1,) and x.args[0].op == NUM:
            yield "the negative of a number is a number"
    elif x.op == PROD:
        labels, out = x.data
        if len(labels) != len(x.args) or not x.args:
            yield "factors without labels"
        if len(x.args) > 2 and x.data not in _FORMS and not any(len(ls) for ls in labels):
            yield "a product of numbers that is not left-nested"
        if any(len(ls) != len(a.shape) for a, ls in zip(x.args, labels, strict=False)):
            yield "labels that are not those of the axes"
        sizes = {k: d for a, ls in zip(x.args, labels, strict=False) for k, d in zip(ls, a.shape, strict=False)}
        if any(sizes.get(k, d) != d for k, d in zip(out, x.shape, strict=False)):
            yield "a label with two sizes"
    elif x.op == CALL:
        if x.data not in TABLE:
            yield "a call of no row"
        elif TABLE[x.data].macro:
            yield "a macro that was not put in place"
        elif len(x.args) != len(TABLE[x.data].args):
            yield "a call with too many or too few arguments"


def faults_of_normal_form(root: Expr) -> list[str]:
    """Flattened, like terms collected, powers merged, indices canonical: the promises of normal.py, one by one."""
    return [f"{fault}: {node!r}" for node in topological([root], into_names=False) for fault in _of_normal_form(node)]


def _of_normal_form(x: Expr) -> Iterator[str]:
    if x.op == SUM:
        yield from _of_sum(x)
    elif x.op == PROD:
        yield from _of_product(x)
    elif x.op == POW:
        base, exponent = x.args
        if exponent.op == NUM and exponent.data in (0, 1):
            yield "a power 0 or 1"
        if base.op == POW and is_whole_number(exponent):
            yield "a whole power of a power"
        if is_call(base, "exp"):
            yield "a power of an exponential"
    elif x.op == CALL:
        row = TABLE[x.data]
        if x.data in COMPARISONS and x.data not in FORWARD:
            yield "a comparison that points back"
        if x.data in ("sqrt", "norm1", "norm2", "rownorm2", "mean"):
            yield "a function that is an expression"
        if row.elementwise and x.shape and any(a.shape not in ((), x.shape) for a in x.args):
            yield "arguments of different shapes"
    elif x.op == RESHAPE:
        if x.args[0].op in (RESHAPE, SUM):
            yield "axes merged or split outside of what could be so inside"
    elif x.op not in (NAME, OPAQUE) and x.args:
        yield "an operation that no normal form has"


def _of_sum(x: Expr) -> Iterator[str]:
    if any(c == 0 for c in x.data):
        yield "a term with the coefficient 0"
    if len(set(x.args)) < len(x.args):
        yield "equal terms"
    if any(t.op == SUM and len(t.args) <= SHARED_LENGTH for t in x.args):
        yield "a sum in a sum"
    if [t.key for t in x.args] != sorted(t.key for t in x.args):
        yield "terms out of order"
    if any(is_zero(t) for t in x.args):
        yield "a term that is 0"
    if len(x.args) == 1 and (x.data[0] == 1 or x.args[0].op == NUM):
        yield "one term that needs no sum"


def _of_product(x: Expr) -> Iterator[str]:
    labels, out = x.data
    if len(x.args) == 1 and x.args[0] is build.ZERO:
        return  # the 0 of a shape, the one product with a number as its factor
    if any(f.op == NUM for f in x.args):
        yield "a number among factors"
    if any(is_multiple(f) for f in x.args):
        yield "a coefficient among factors"
    if any(f.op == PROD and not f.shape and not any(f.data[0]) and len(f.args) <= min(SHARED_FACTORS, 4) for f in x.args):
        yield "a product of numbers among factors"
    factors = list(zip(x.args, labels, strict=True))
    if len(set(factors)) < len(factors):
        yield "equal factors"
    summed = {k for ls in labels for k in ls} - set(out)
    if any(f.op == DELTA and len(set(ls)) == 2 and summed & set(ls) for f, ls in factors) and len(factors) > 1:
        yield "an identity that renames a label"
    numbered = sorted({k for ls in (*labels, out) for k in ls})
    if numbered != list(range(len(numbered))):
        yield "labels that are not numbered from 0"
