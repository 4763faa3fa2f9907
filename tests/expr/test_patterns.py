"""What a node is, in a word."""

from symdiff.expr import build
from symdiff.expr.patterns import has_number_exponent, is_call, is_divisor, is_multiple

X, Y = build.var("x"), build.var("y")


def test_a_call_is_one_of_the_functions_that_are_named():
    e = build.call("exp", X)
    assert is_call(e, "exp")
    assert is_call(e, "log", "exp")
    assert not is_call(e, "log")
    assert not is_call(e)
    assert not is_call(X, "x")


def test_a_multiple_has_one_term():
    assert is_multiple(build.linear([3], [X]))
    assert is_multiple(build.neg(X))
    assert not is_multiple(build.add(X, Y))
    assert not is_multiple(X)


def test_divisors_are_powers_of_negative_numbers():
    for exponent, number, divisor in ((build.num(2), True, False), (build.num(-2), True, True), (Y, False, False)):
        e = build.power(X, exponent)
        assert has_number_exponent(e) is number
        assert is_divisor(e) is divisor
    assert not has_number_exponent(X)
    assert not is_divisor(X)
