"""What a node is, in a word: the questions that every room asks of nodes.

A room's own questions stand with it (`simplify/shapes.py` of normal forms, `notation/written.py` of written ones). The walks that meet every node
of a large graph (`calculus/sweep.py`, `simplify/normal.py`) look at the fields themselves, since a call costs as much as what it asks.
"""

from __future__ import annotations

from collections.abc import Container

from symdiff.expr.node import CALL, CONST, DIM, NAME, NUM, OPAQUE, POW, PROD, SUM, VAR, Expr
from symdiff.table import TABLE

# ---------------------------------------------------------------------------------------------- leaves


def is_plain_number(e: Expr) -> bool:
    """A number, a size or a constant such as pi: what no variable changes."""
    return e.op in (NUM, DIM, CONST)


def is_zero(e: Expr) -> bool:
    """The number 0, perhaps spread."""
    e = unspread(e)
    return e.op == NUM and e.data == 0


def is_negative(e: Expr) -> bool:
    """A number below 0."""
    return e.op == NUM and bool(e.data < 0)


def is_whole_number(e: Expr) -> bool:
    """A number that is no quotient: `Fraction` stands for quotients alone."""
    return e.op == NUM and type(e.data) is int


def is_letter(e: Expr) -> bool:
    """What a reader sees as one letter: a variable, or the name of a binding."""
    return e.op in (VAR, NAME)


def is_declared(e: Expr, what: str) -> bool:
    """A variable with this property: `psd`, `onehot`, `orthogonal`."""
    return e.op == VAR and what in e.data[1]


def is_given_name(e: Expr) -> bool:
    """A name that the formula gave to a value, and none that was found for a repeated part."""
    return e.op == NAME and bool(e.data[1])


def is_found_name(e: Expr) -> bool:
    """A name that was found for a repeated part of an answer."""
    return e.op == NAME and not e.data[1]


# ---------------------------------------------------------------------------------------------- calls


def is_call(e: Expr, *names: str) -> bool:
    """One of these functions of something."""
    return e.op == CALL and e.data in names


def is_call_of(e: Expr, names: Container[str]) -> bool:
    """A function of this group of something."""
    return e.op == CALL and e.data in names


def is_elementwise(e: Expr) -> bool:
    """A function of every entry by itself: exp, max of two."""
    return e.op == CALL and TABLE.names[e.data].elementwise


def is_condition(e: Expr) -> bool:
    """A bracket: a comparison or a connective, 1 where it holds and 0 elsewhere."""
    return e.op == CALL and bool(TABLE.names[e.data].relation)


def is_opaque_derivative(e: Expr) -> bool:
    """A derivative of a function that nobody defined: `Dphi(x)`."""
    return e.op == OPAQUE and bool(e.data[1])


# ---------------------------------------------------------------------------------------------- sums


def is_multiple(e: Expr) -> bool:
    """A number times a value: a sum of one term."""
    return e.op == SUM and len(e.args) == 1


def is_negation(e: Expr) -> bool:
    """-x."""
    return e.op == SUM and bool(e.data == (-1,))


def is_difference(e: Expr) -> bool:
    """x - y."""
    return e.op == SUM and bool(e.data == (1, -1))


def has_terms(e: Expr) -> bool:
    """A sum of two terms or more, and no multiple."""
    return e.op == SUM and len(e.args) > 1


# ---------------------------------------------------------------------------------------------- products


def has_no_factor(e: Expr) -> bool:
    """Ones: the product of nothing, spread."""
    return e.op == PROD and not e.args


def has_one_factor(e: Expr) -> bool:
    """One value laid out otherwise: transposed, spread, summed over axes, its diagonal."""
    return e.op == PROD and len(e.args) == 1


def has_two_factors(e: Expr) -> bool:
    return e.op == PROD and len(e.args) == 2


def has_factors(e: Expr) -> bool:
    """A product of two factors or more."""
    return e.op == PROD and len(e.args) > 1


def is_spread_number(e: Expr) -> bool:
    """A value without axes that is spread along some."""
    return e.op == PROD and bool(e.data[0] == ((),))


def has_scalar_factors(e: Expr) -> bool:
    """A product of values without axes, perhaps spread."""
    return e.op == PROD and not any(e.data[0])


def unspread(e: Expr) -> Expr:
    """What stands under products of one factor: the value whose entries are laid out."""
    while e.op == PROD and len(e.args) == 1:
        (e,) = e.args
    return e


# ---------------------------------------------------------------------------------------------- powers


def is_squared(e: Expr) -> bool:
    """x^2."""
    return e.op == POW and e.args[1].op == NUM and bool(e.args[1].data == 2)


def is_reciprocal(e: Expr) -> bool:
    """1/x, which is x^-1 here."""
    return e.op == POW and e.args[1].op == NUM and bool(e.args[1].data == -1)


def has_number_exponent(e: Expr) -> bool:
    """A power whose exponent is a number and no expression."""
    return e.op == POW and e.args[1].op == NUM


def has_whole_exponent(e: Expr) -> bool:
    """A power whose exponent is a whole number."""
    return e.op == POW and e.args[1].op == NUM and type(e.args[1].data) is int


def is_divisor(e: Expr) -> bool:
    """A power with a negative number as its exponent: what others are divided by."""
    return e.op == POW and e.args[1].op == NUM and bool(e.args[1].data < 0)


def are_opposite(a: Expr, b: Expr) -> bool:
    """Whether these are x - y and y - x."""
    return a.op == b.op == SUM and dict(zip(a.args, a.data, strict=True)) == {t: -c for t, c in zip(b.args, b.data, strict=True)}
