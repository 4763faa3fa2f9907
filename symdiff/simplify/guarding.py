"""What a bracket guards: factors without a value where it is false. `[t > 0]*log(t)` is 0 at t = -1, `relu(t)*log(t)` has no value there."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from symdiff.expr.node import CALL, POW, VAR, Expr, Number
from symdiff.expr.patterns import has_number_exponent
from symdiff.expr.walk import variables
from symdiff.simplify.cancelling import MAX_LOOKED_AT, defined_everywhere
from symdiff.simplify.shapes import is_zero
from symdiff.table import TABLE
from symdiff.table.operators import CONNECTIVES, FORWARD

if TYPE_CHECKING:
    from symdiff.simplify.facts import Facts
    from symdiff.simplify.graph import Factor


def is_guard(f: Expr) -> bool:
    """A bracket, or an if with a branch 0: where it is 0, what it multiplies need not have a value."""
    return f.op == CALL and (f.data in FORWARD or f.data in CONNECTIVES or (f.data == "if" and any(map(is_zero, f.args[1:]))))


def is_partial(base: Expr, e: Number | None) -> bool:
    """Whether base^e, or something in the base, may have no value."""
    return e is None or e < 0 or e != int(e) or (base.op == CALL and bool(TABLE.names[base.data].where)) or not defined_everywhere(base)


def needs_guard(facts: Facts, bracket: Factor, others: Collection[tuple[Factor, Number | Expr]]) -> bool:
    """Whether one of the powers may have no value where the bracket beside them is false: a logarithm or root of what the bracket
    compares; a quotient, where nothing but the bracket's own letters makes the divisor 0."""
    if not others:
        return False
    letters = variables([bracket[0]]).keys()
    for (base, labels), exponent in others:
        if isinstance(exponent, Expr) or exponent != int(exponent):
            if not facts.positive(base) and not letters.isdisjoint(variables([base])):
                return True
        elif exponent < 0 and labels == bracket[1] and _vanishes_with(facts, base, letters):
            return True
        if not letters.isdisjoint(variables([base])) and _has_partial(facts, base, letters):
            return True
    return False


def _vanishes_with(facts: Facts, base: Expr, letters: AbstractSet[str]) -> bool:
    return variables([base]).keys() <= set(letters) and not facts.nonzero(base)


def _has_partial(facts: Facts, x: Expr, letters: AbstractSet[str]) -> bool:
    """Whether something in x has no value for some values of the letters; also where x is too large to be asked."""
    stack, seen = [x], set[Expr]()
    while stack:
        e = stack.pop()
        if e in seen or e.op == VAR:
            continue
        seen.add(e)
        if len(seen) > MAX_LOOKED_AT:
            return True
        if e.op == POW and not facts.positive(e.args[0]):
            whole = has_number_exponent(e) and e.args[1].data == int(e.args[1].data)
            if not whole or (e.args[1].data < 0 and _vanishes_with(facts, e.args[0], letters)):
                return True
        if e.op == CALL and TABLE.names[e.data].where and not all(map(facts.positive, e.args)) and not letters.isdisjoint(variables([e])):
            return True
        stack.extend(e.args)
    return False
