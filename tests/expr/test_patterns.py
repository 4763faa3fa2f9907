"""What a node is, in a word."""

import inspect
from fractions import Fraction

import pytest

from symdiff.expr import build, patterns
from symdiff.expr.build import is_form
from symdiff.expr.node import NUM, PROD, Expr
from symdiff.expr.patterns import has_number_exponent, is_call, is_divisor

X, Y = build.var("x"), build.var("y")
V, A = build.var("v", ("n",)), build.var("A", ("m", "n"))
PSD = build.var("S", ("n", "n"), ("psd", "symmetric"))
ONES = build.contract((), (), (0,), {0: "n"})
HALF = build.num(Fraction(1, 2))
GIVEN, FOUND = build.name("p", build.call("exp", X)), build.name("p", build.call("exp", X), given=False)
PHI = build.opaque("phi", (X,))

# pattern: what is asked besides, nodes that are one, nodes that are none
EXAMPLES: dict[str, tuple[tuple[object, ...], list[Expr], list[Expr]]] = {
    "is_plain_number": ((), [build.num(3), build.dim("n"), build.const("pi")], [X, build.neg(X)]),
    "is_negative": ((), [build.num(-2), build.num(Fraction(-1, 2))], [build.ZERO, build.num(2), build.neg(X)]),
    "is_whole_number": ((), [build.ZERO, build.num(-2)], [HALF, X, build.dim("n")]),
    "is_zero": ((), [build.ZERO, build.spread(build.ZERO, ("n",)), build.row(build.spread(build.ZERO, ("n",)))], [build.ONE, X, ONES]),
    "is_letter": ((), [X, A, GIVEN, FOUND], [build.num(3), PHI, build.neg(X)]),
    "is_declared": (("psd",), [PSD], [X, A, build.transpose(PSD)]),
    "is_given_name": ((), [GIVEN], [FOUND, X]),
    "is_found_name": ((), [FOUND], [GIVEN, X]),
    "is_call": (("log", "exp"), [build.call("exp", X)], [build.call("sin", X), X]),
    "is_call_of": ((frozenset(("log", "exp")),), [build.call("exp", X)], [build.call("sin", X), X]),
    "is_elementwise": ((), [build.call("exp", X), build.call("max", V, V)], [build.call("softmax", V), X, PHI]),
    "is_condition": ((), [build.call("lt", X, Y), build.call("not", build.call("lt", X, Y))], [build.call("exp", X), X]),
    "is_opaque_derivative": ((), [build.opaque("phi", (X,), by=(0,))], [PHI, X]),
    "is_multiple": ((), [build.linear([3], [X]), build.neg(X)], [build.add(X, Y), X]),
    "is_negation": ((), [build.neg(X)], [build.linear([-2], [X]), build.sub(X, Y)]),
    "is_difference": ((), [build.sub(X, Y)], [build.add(X, Y), build.neg(X), X]),
    "has_terms": ((), [build.add(X, Y)], [build.neg(X), X]),
    "has_no_factor": ((), [ONES], [build.transpose(A), build.ONE]),
    "has_one_factor": ((), [build.transpose(A), build.total(V), build.spread(X, ("n",))], [build.matvec(A, V), ONES, X]),
    "has_two_factors": ((), [build.matvec(A, V)], [build.transpose(A), build.contract((V, V, V), ((0,), (0,), (0,)), ()), X]),
    "has_factors": ((), [build.matvec(A, V), build.contract((V, V, V), ((0,), (0,), (0,)), ())], [build.transpose(A), ONES, X]),
    "is_spread_number": ((), [build.spread(X, ("n",))], [build.row(V), ONES, X]),
    "has_scalar_factors": ((), [build.scale(X, Y), build.spread(X, ("n",)), ONES], [build.scale(X, V), build.total(V), X]),
    "is_squared": ((), [build.power(X, build.TWO)], [build.power(X, build.num(-2)), build.power(build.TWO, X), X]),
    "is_reciprocal": ((), [build.power(X, build.MINUS_ONE)], [build.power(X, build.num(-2)), build.call("inv", PSD), X]),
    "has_number_exponent": ((), [build.power(X, build.TWO), build.power(X, HALF)], [build.power(X, Y), X]),
    "has_whole_exponent": ((), [build.power(X, build.num(-2))], [build.power(X, HALF), build.power(X, Y), X]),
    "is_divisor": ((), [build.power(X, build.num(-2))], [build.power(X, build.TWO), build.power(X, Y), X]),
}


def asked(pattern: str, e: Expr) -> object:
    return getattr(patterns, pattern)(e, *EXAMPLES[pattern][0])


@pytest.mark.parametrize("pattern", EXAMPLES)
def test_a_pattern_says_what_is_one_and_what_is_none(pattern):
    _, are, are_not = EXAMPLES[pattern]
    assert [e for e in are if asked(pattern, e) is not True] == []
    assert [e for e in are_not if asked(pattern, e) is not False] == []


def test_every_pattern_has_examples():
    questions = [
        name
        for name, f in inspect.getmembers(patterns, inspect.isfunction)
        if f.__module__ == patterns.__name__ and len([p for p in inspect.signature(f).parameters.values() if p.annotation == "Expr"]) == 1
    ]
    assert set(questions) - {"unspread"} == set(EXAMPLES)


def test_what_is_laid_out_is_found_under_its_layouts():
    assert patterns.unspread(build.row(build.spread(X, ("n",)))) is X
    assert patterns.unspread(build.matvec(A, V)).op == PROD
    assert patterns.unspread(build.spread(build.ONE, ("n",))).op == NUM


def test_a_form_is_known_by_its_labels():
    assert is_form(build.transpose(A), "transpose")
    assert is_form(build.matvec(A, V), "matmul", "matvec")
    assert not is_form(build.matvec(A, V), "transpose")
    assert not is_form(A, "transpose")


def test_a_call_is_one_of_the_functions_that_are_named():
    e = build.call("exp", X)
    assert is_call(e, "exp")
    assert not is_call(e)
    assert not is_call(X, "x")


def test_divisors_are_powers_of_negative_numbers():
    for exponent, number, divisor in ((build.num(2), True, False), (build.num(-2), True, True), (Y, False, False)):
        e = build.power(X, exponent)
        assert has_number_exponent(e) is number
        assert is_divisor(e) is divisor
