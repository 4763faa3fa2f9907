"""Right derivatives are confirmed; the usual slips, planted in each of them, are all refuted."""

from fractions import Fraction

import pytest

from symdiff.checking import verify
from symdiff.expr import build
from symdiff.expr.node import CALL, PROD, VAR, Expr, make
from symdiff.expr.walk import bindings, substitute, variables
from symdiff.syntax import parse

# (formula, variable, derivative by hand)
CASES = [
    # scalars
    ("x^3", "x", "3*x^2"),
    ("sigma(a*x + b)", "x", "a*sigma(a*x + b)*(1 - sigma(a*x + b))"),
    ("log(1 + exp(-x))", "x", "-sigma(-x)"),
    ("x^n", "x", "n*x^n/x"),
    ("tan(a*x)", "x", "a/cos(a*x)^2"),
    ("sin(x)*cosh(y)", "y", "sin(x)*sinh(y)"),
    ("gamma(x)", "x", "gamma(x)*digamma(x)"),
    ("atan2(a, b)", "b", "-a/(a^2 + b^2)"),
    ("arccosh(x)", "x", "1/sqrt(x^2 - 1)"),
    ("sqrt(1 - x^2)*log(y)", "x", "-x/sqrt(1 - x^2)*log(y)"),
    # kinks
    ("max(1 - y*w.phi, 0)", "w", "-[y*w.phi < 1]*y*phi"),
    ("relu(s)^3", "s", "3*relu(s)^2"),
    ("huber(r, d)", "r", "clip(r, -d, d)"),
    ("leaky_relu(x, 0.01)", "x", "if(x > 0, 1, 0.01)"),
    ("abs(x)*abs(y)", "x", "sign(x)*abs(y)"),
    ("norm1(A*x - y)", "x", "A'*sign(A*x - y)"),
    ("norminf(A*x)", "x", "A'*(sign(A*x) .* [abs(A*x) == norminf(A*x)])"),
    ("max(A*x)", "x", "A'*[A*x == max(A*x)]"),
    ("X: matrix(m,n); y: vector(m); w: vector(n); sum(max(1 - y .* (X*w), 0))", "w", "-X'*(y .* [y .* (X*w) < 1])"),
    # vectors and matrices
    ("norm2(A*x - y)^2", "x", "2*A'*(A*x - y)"),
    ("norm2(A*x - y)", "x", "A'*(A*x - y)/norm2(A*x - y)"),
    ("X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))", "w", "-X'*(y .* sigma(-y .* (X*w)))"),
    ("0.5*x'*A*x", "x", "0.5*(A + A')*x"),
    ("A: symmetric matrix(n,n); 0.5*x'*A*x", "x", "A*x"),
    ("A: symmetric matrix(n,n); x'*A*z", "A", "0.5*(x*z' + z*x')"),
    ("A: psd matrix(n,n); logdet(A)", "A", "inv(A)"),
    ("D: diagonal matrix(n,n); x'*D*z", "D", "diag(x .* z)"),
    ("Q: orthogonal matrix(n,n); norm2(Q*x)^2", "x", "2*x"),
    ("tr(A*X'*B*X*C)", "X", "B*X*C*A + B'*X*A'*C'"),
    ("log(det(inv(X)))", "X", "-inv(X)'"),
    ("a'*inv(X)*b", "X", "-inv(X)'*a*b'*inv(X)'"),
    ("y: onehot vector(k); -y.log(softmax(z))", "z", "softmax(z) - y"),
    ("q: simplex vector(k); -q.log_softmax(z)", "z", "softmax(z) - q"),
    ("Z: matrix(m,k); sum(logsumexp(Z))", "Z", "softmax(Z)"),
    ("x: vector(n); var(x)", "x", "2*(x - mean(x))/n"),
    ("x: vector(n); x.cumsum(x)", "x", "x + sum(x)"),
    ("a, b, c: vector(3); a.cross(b, c)", "b", "cross(c, a)"),
    ("x: vector(n); prod(x)", "x", "prod(x) ./ x"),
    ("-exp(-(x - z)'*D*(x - z))", "x", "exp(-(x - z)'*D*(x - z))*(D + D')*(x - z)"),
    # named parts and opaque functions
    ("score = w.phi(x); margin = y*score; max(1 - margin, 0)", "w", "-[margin < 1]*y*phi(x)"),
    ("h = sigma(V*phi(x)); residual = w.h - y; residual^2", "V", "2*residual*(w .* h .* (1 - h))*phi(x)'"),
    ("h = sigma(V*p); residual = w.h - y; residual^2", "h", "2*residual*w"),
    ("f: scalar -> scalar; f(x)^2", "x", "2*f(x)*f'(x)"),
    # values with axes of their own
    ("softmax(z)", "z", "diag(softmax(z)) - softmax(z)*softmax(z)'"),
    ("A*x", "x", "A"),
]

# (formula, the variables, derivative): orders above one
HIGHER = [
    ("x^2*y", ("x", "y"), "2*x"),
    ("0.5*x'*A*x", ("x", "x"), "0.5*(A + A')"),
    ("sum(log(1 + exp(A*x)))", ("x", "x"), "A'*diag(sigma(A*x) .* (1 - sigma(A*x)))*A"),
    ("x'*A*z", ("x", "z"), "A"),
    ("f: scalar -> scalar; f(x)", ("x", "x"), "f''(x)"),
]

RELATIONS = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "ne"}
TRANSPOSE = (((0, 1),), (1, 0))


def read(formula: str, wrt: str, derivative: str) -> tuple[Expr, Expr, Expr]:
    f = parse(formula).expr
    x = {**variables([f]), **bindings([f])}[wrt]
    return f, x, parse(derivative, given=f).expr


def replaced(root: Expr, change) -> Expr | None:
    """The expression with `change(node)` in place of the first node for which there is one of its shape."""
    done = []

    def rebuild(node: Expr, args: tuple[Expr, ...]) -> Expr:
        new = None if done else change(node)
        if new is not None and new.shape == node.shape and new is not node:
            done.append(node)
            return new
        return node if args == node.args else make(node.op, args, node.data, node.shape)

    new = substitute([root], rebuild)[root]
    return new if done else None


def sign(f, x, g):
    return f, build.neg(g)


def factor(f, x, g):
    return f, build.scale(build.TWO, g)


def missing_term(f, x, g):
    """The formula has one more term than the derivative knows of."""
    extra = build.total(build.power(x, build.num(2)))
    return build.add(f, extra), g


def lost_transpose(f, x, g):
    """A' becomes A inside the derivative, or the derivative its own transpose; a shape that no longer fits is a slip too."""

    def change(node: Expr) -> Expr | None:
        if node.op == PROD and node.data == TRANSPOSE and node.args[0].op == VAR and "symmetric" not in node.args[0].data[1]:
            return node.args[0]
        return None

    return f, replaced(g, change) or (
        build.transpose(g) if len(g.shape) == 2 else build.row(g) if g.shape else build.row(build.spread(g, (2,)))
    )


def wrong_indicator(f, x, g):
    """The indicator the other way round; where there is none, one that does not belong there."""

    def change(node: Expr) -> Expr | None:
        return make(CALL, node.args, RELATIONS[node.data], node.shape) if node.op == CALL and node.data in RELATIONS else None

    entry = build.entry(x, *(1 for _ in x.shape))
    return f, replaced(g, change) or build.elementwise(build.call("gt", entry, build.num(Fraction(3, 2))), g)


SLIPS = [sign, factor, missing_term, lost_transpose, wrong_indicator]
# Values that are vectors: the term that is left out belongs to a scalar.
VECTORS = CASES[-2:]
# Derivatives that are their own transposes, so that the slip is none.
SYMMETRIC = {"A: symmetric matrix(n,n); x'*A*z", "A: psd matrix(n,n); logdet(A)", "D: diagonal matrix(n,n); x'*D*z", "softmax(z)"}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[0])
def test_right(case):
    f, x, g = read(*case)
    verdict = verify(f, [x], g, seconds=20)
    assert verdict.ok is True, verdict
    assert verdict.method == "exact" or verdict.points >= 3


PLANTED = [
    (case, slip)
    for case in CASES
    for slip in SLIPS
    if not ((slip is missing_term and case in VECTORS) or (slip is lost_transpose and case[0] in SYMMETRIC))
]


@pytest.mark.parametrize(("case", "slip"), PLANTED, ids=lambda part: part[0] if isinstance(part, tuple) else part.__name__)
def test_planted(case, slip):
    f, x, g = read(*case)
    wrong_f, wrong = slip(f, x, g)
    verdict = verify(wrong_f, [x], wrong, seconds=20)
    assert verdict.ok is False, verdict
    if wrong.shape == g.shape:
        assert verdict.counterexample is not None
        assert verdict.counterexample["expected"] != verdict.counterexample["found"]
        assert set(verdict.counterexample["values"]) == set(variables([wrong_f, wrong]))


@pytest.mark.parametrize("case", HIGHER, ids=lambda c: f"{c[0]} by {','.join(c[1])}")
def test_higher_orders(case):
    formula, wrt, derivative = case
    f = parse(formula).expr
    g = parse(derivative, given=f).expr
    xs = [variables([f])[name] for name in wrt]
    assert verify(f, xs, g, seconds=20).ok is True
    assert verify(f, xs, build.neg(g), seconds=20).ok is False


@pytest.mark.parametrize("threshold", ["0.999", "1.001", "0.5", "2", "0"])
def test_a_threshold_next_to_the_right_one(threshold):
    f, x, g = read("X: matrix(m,n); y: vector(m); w: vector(n); sum(max(1 - y .* (X*w), 0))", "w", f"-X'*(y .* [y .* (X*w) < {threshold}])")
    assert verify(f, [x], g).ok is False


def test_a_sample_of_the_long_run():
    """tests/checking/planted.py has the answers to all cases, and slips of more kinds."""
    from tests.checking.planted import answers, run
    from tests.mutants import KINDS

    assert len(list(answers())) >= 500 and len(KINDS) >= 10
    verdicts = list(run(step=31))
    assert {kind for _, kind, _, _ in verdicts if kind} <= set(KINDS)
    assert sum(bool(kind) for _, kind, _, _ in verdicts) >= 12
    assert not [v for v in verdicts if v[3] != ("rejected" if v[1] else "confirmed")]


def test_there_are_enough():
    assert len(CASES) >= 30
    assert len(PLANTED) >= 5 * len(CASES) - 6
