"""Inequalities that have a name: between two functions of one argument, an entry and a norm, a sum and its largest entry.

In: two nodes of one shape. Out: whether one of the lists says that the entries of the first are at least those of the second. What is made of several
such nodes is `inequalities`' to say.
"""

from __future__ import annotations

from symdiff.checking.inequalities import LARGEST, NORMS
from symdiff.checking.nonnegative import inside, is_root
from symdiff.expr.node import CALL, DIM, PROD, Expr
from symdiff.expr.patterns import is_call_of, is_negation
from symdiff.expr.walk import unnamed

# f(x) >= g(x) for all x: of the same argument.
ALWAYS = {
    ("norm1", "norm2"), ("norm1", "norminf"), ("norm2", "norminf"), ("norm1", "max_entries"), ("norm2", "max_entries"), ("norminf", "max_entries"),
    ("logsumexp", "max_entries"), ("max_entries", "mean"), ("max_entries", "min_entries"), ("mean", "min_entries"), ("logsumexp", "mean"),
    ("logsumexp", "min_entries"), ("rowlogsumexp", "rowmax"), ("softplus", "relu"), ("cosh", "sinh"), ("cosh", "abs"), ("exp", "sinh"),
    ("relu", "softsign"), ("abs", "relu"), ("abs", "sin"), ("abs", "tanh"), ("abs", "arctan"), ("ceil", "floor"), ("normnuc", "norm2"),
}  # fmt: skip
ALWAYS_THE_ARGUMENT = {"softplus", "relu", "abs", "exp", "expm1", "ceil", "cosh", "norm1", "norm2"}  # f(x) >= x
# n*f(x) >= g(x), or <= (False), for vectors of n entries; "": their sum. And sqrt(n)*f(x) >= g(x).
TIMES_N = {
    ("max_entries", "", True), ("norminf", "", True), ("norminf", "norm1", True), ("min_entries", "", False), ("norm2", "norm1", True),
    ("norm2", "", True), ("norminf", "norm2", True),
}  # fmt: skip
TIMES_ROOT = {("norminf", "norm2", True), ("norm2", "norm1", True), ("norm2", "", True)}
SMALLEST = frozenset(("min_entries",))
NEVER_MORE_THAN_THE_ARGUMENT = {"floor", "log1p"}


def entry_of(a: Expr, b: Expr) -> bool:
    """Whether a >= b as an entry is no more than the largest, nor than a norm."""
    whole, entry = inside(a), unnamed(b)
    if is_call_of(whole, (*NORMS, *LARGEST)) and len(whole.args) == 1:
        turned = unnamed(entry.args[0]) if is_negation(entry) and whole.data in NORMS else entry
        if turned is unnamed(whole.args[0]):
            return True
    whole, entry = inside(b), unnamed(a)
    return is_call_of(whole, SMALLEST) and unnamed(whole.args[0]) is entry


def times_the_largest(a: Expr, b: Expr) -> bool:
    """Whether a >= b since a sum has no more than n times its largest, and no less than n times its smallest entry: n*max(x) >= sum(x)."""
    for e, other, upwards in ((a, b, True), (b, a, False)):
        if e.op != PROD or e.shape or len(e.args) != 2 or any(x.shape for x in e.args):
            continue
        size, extreme = sorted(map(unnamed, e.args), key=lambda x: x.op == CALL and not is_root(x))
        rooted = is_root(size)
        size = unnamed(size.args[0]) if rooted else size
        if size.op != DIM or extreme.op != CALL or extreme.args[0].shape != (size.data,):
            continue
        total = other.op == PROD and not other.shape
        name = "" if total else other.data if other.op == CALL else None
        same = name is not None and len(other.args) == 1 and unnamed(other.args[0]) is unnamed(extreme.args[0])
        if same and (extreme.data, name, upwards) in (TIMES_ROOT if rooted else TIMES_N):
            return True
    return False


def same(a: tuple[Expr, ...], b: tuple[Expr, ...]) -> bool:
    return len(a) == len(b) and all(unnamed(x) is unnamed(y) for x, y in zip(a, b, strict=True))


def listed(a: Expr, b: Expr) -> bool:
    """Whether a >= b by one of the lists."""
    if a.op == b.op == CALL and (a.data, b.data) in ALWAYS and same(a.args, b.args):
        return True
    if is_call_of(a, ALWAYS_THE_ARGUMENT) and len(a.args) == 1 and a.shape == a.args[0].shape and unnamed(a.args[0]) is b:
        return True
    if is_call_of(b, NEVER_MORE_THAN_THE_ARGUMENT) and unnamed(b.args[0]) is a:
        return True
    return times_the_largest(a, b) or entry_of(a, b)


__all__ = ["listed"]
