"""Names and values of commands: each once, each a number; sizes of every argument count."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x^2", "--wrt", "x", "--at", "x=3", "--at", "x=4"), "--at gives x two values"),
        (("x^2", "--wrt", "x,x"), "'x' stands twice in --wrt"),
        (("x^2", "--wrt", "x", "--wrt", "x"), "'x' stands twice in --wrt"),
        (("x^2", "--wrt", "x", "--order", "1", "--order=2"), "--order is given twice"),
        (("check", "x^2", "--wrt", "x", "--answer", "2*x", "--answer", "3"), "--answer is given twice"),
        (("curvature", "x.x", "--wrt", "x[1]"), "not in an entry"),
        (("stationary", "x.x", "--wrt", "x[1]"), "not for an entry"),
        (("phi^2", "--wrt", "phi,φ"), "'φ' stands twice in --wrt"),
        (("x^2*y", "--hessian", "x,y,x"), "a second derivative is by one or two names, not 3"),
        (("x^2", "--wrt", "x", "--at", "x=NaN"), "is not a number"),
        (("x^2", "--wrt", "x", "--at", "x=Infinity"), "is not a number"),
        (("x^2", "--wrt", "x", "--at", "x=-Infinity"), "is not a number"),
        (("x^2", "--wrt", "x", "--at", "x=1e999"), "is not a number"),
        (("x.x", "--wrt", "x", "--at", "x=[1,NaN]"), "is not a number"),
        (("1.2.3*x", "--wrt", "x"), "one decimal point"),
        (("w.x", "--wrt", "w", "-d", "q: vector(n)"), "'q' does not occur in the formula"),
        (("w.x", "--wrt", "w", "-d", "w, q: vector(n)"), "'q' does not occur in the formula"),
        (("w.phi(x)", "--wrt", "w", "-d", "psi: vector(d) -> vector(n)"), "its functions are phi"),
        (("curvature", "w.w", "--wrt", "w", "-d", "W: vector(n)"), "'W' does not occur in the formula"),
        (("stationary", "w.w - w.b", "--wrt", "w", "-d", "B: vector(n)"), "'B' does not occur in the formula"),
    ],
)
def test_refused(symdiff, arguments, message):
    status, out, err = symdiff(*arguments)
    assert status == 2
    assert not out
    assert message in err
    assert "hint" in err


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("A: matrix(n,n); tr(A)", "--wrt", "A", "--at", "A=[[1,0],[0,1]]"), "[[1.0, 0.0], [0.0, 1.0]]"),
        (("b: vector(n); x: vector(n); sum(b) + x.x", "--wrt", "b", "--at", "b=[5,7]"), "[1.0, 1.0]"),
        (("b: vector(n); x: vector(n); sum(b) + x.x", "--wrt", "b", "--at", "x=[5,7,9]"), "[1.0, 1.0, 1.0]"),
        (("tr(A)", "--wrt", "A", "--at", "A=[[1,0],[0,1]]"), "[[1.0, 0.0], [0.0, 1.0]]"),
        (("x^2*y", "--hessian", "x,x", "--at", "y=3"), "6.0"),
        (("sum(i=1..n, sum(j=1..i, x[j]))", "--wrt", "x", "--at", "x=[1,2,3]"), "[3.0, 2.0, 1.0]"),
    ],
)
def test_values(symdiff, arguments, value):
    status, out, _ = symdiff(*arguments)
    assert (status, out.strip()) == (0, value)


def test_names_may_be_given_one_by_one(symdiff):
    """--wrt w --wrt b is --wrt w,b; another option given twice with one value is that value."""
    assert symdiff("w*b^2", "--wrt", "w", "--wrt=b", "--no-verify")[:2] == (0, "w: b^2\nb: 2*w*b\n")
    assert symdiff("-x^2", "--wrt", "x", "--format", "text", "--format", "text", "--no-verify")[:2] == (0, "-2*x\n")


def test_declared_names_may_be_bound_cancel_or_stand_in_an_equation(symdiff):
    for arguments in (
        ("h = w.x; h^2", "--wrt", "h", "-d", "w: vector(3)"),
        ("w.x + y - y", "--wrt", "w", "-d", "y: positive scalar"),
        ("w.φ(x)", "--wrt", "w", "-d", "phi: vector(d) -> vector(n)"),
        (r"\frac{1}{2} w^\top x", "--wrt", "w", "-d", "x: vector(n)"),
        ("stationary", "w.w", "--wrt", "w", "--subject-to", "a.w = 1", "-d", "a: vector"),
    ):
        status, _, err = symdiff(*arguments)
        assert status == 0, err
