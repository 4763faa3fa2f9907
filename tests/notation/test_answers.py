"""The answers that a lecturer writes, letter by letter."""

import subprocess
import sys

import pytest

import symdiff as sd

NETWORK = "h = sigma(V*phi(x)); score = w.h; residual = score - y; residual^2"
DEEP = "h1 = sigma(V1*phi(x)); h2 = sigma(V2*h1); h3 = sigma(V3*h2); residual = w.h3 - y; residual^2"
LOGISTIC = "a = sigma(w.x + b); -(y*log(a) + (1 - y)*log(1 - a))"
BATCH = """X: matrix(n,m); Y: matrix(q,m); W1: matrix(p,n); W2: matrix(q,p); b1: vector(p); b2: vector(q)
Z1 = W1*X + b1*vector(1)'; A1 = tanh(Z1); Z2 = W2*A1 + b2*vector(1)'; A2 = sigma(Z2)
-1/m*sum(Y.*log(A2) + (1 - Y).*log(1 - A2))"""

GRADIENTS = [
    ("a + b", "a", "1"),
    ("a - b", "b", "-1"),
    ("a*b", "a", "b"),
    ("a^2", "a", "2*a"),
    ("max(a, b)", "a", "[a > b]"),
    ("max(a, b)", "b", "[b > a]"),
    ("sigma(a)", "a", "sigma(a)*(1 - sigma(a))"),
    ("b = a^2; b^2", "a", "4*a^3"),
    ("max(1 - y*w.phi, 0)", "w", "-[y*w.phi < 1]*y*phi"),
    ("score = w.phi(x); margin = y*score; max(1 - margin, 0)", "w", "-[margin < 1]*y*phi(x)"),
    ("(w.phi(x) - y)^2", "w", "2*(w.phi(x) - y)*phi(x)"),
    (NETWORK, "w", "2*residual*h"),
    (NETWORK, "V", "2*residual*(w .* h .* (1 - h))*phi(x)'"),
    (DEEP, "w", "2*residual*h3"),
    (DEEP, "V3", "2*residual*(w .* h3 .* (1 - h3))*h2'"),
    (DEEP, "V2", "2*residual*((V3'*(w .* h3 .* (1 - h3))) .* h2 .* (1 - h2))*h1'"),
    (DEEP, "V1", "2*residual*((V2'*((V3'*(w .* h3 .* (1 - h3))) .* h2 .* (1 - h2))) .* h1 .* (1 - h1))*phi(x)'"),
    (LOGISTIC, "w", "(a - y)*x"),
    (LOGISTIC, "b", "a - y"),
    ("X: matrix(m,n); y: vector(m); w: vector(n); sum(log(1 + exp(-y .* (X*w))))", "w", "-X'*(y .* sigma(-y .* (X*w)))"),
    ("0.5*x'*A*x", "x", "(A + A')*x/2"),
    ("A: symmetric matrix(n,n); 0.5*x'*A*x", "x", "A*x"),
    ("norm2(A*x - y)^2", "x", "2*A'*(A*x - y)"),
    ("norm2(A*x - y)", "x", "A'*(A*x - y)/norm2(A*x - y)"),
    ("norm1(A*x - y)", "x", "A'*sign(A*x - y)"),
    ("tr(A*X'*B*X*C)", "X", "B*X*C*A + B'*X*A'*C'"),
    ("log(det(inv(X)))", "X", "-inv(X)'"),
    ("y: onehot vector(k); -y.log(softmax(z))", "z", "softmax(z) - y"),
    ("relu(s)^3", "s", "3*relu(s)^2"),
    ("D: symmetric matrix(n,n); -exp(-(x - x0)'*D*(x - x0))", "x", "2*exp(-(x - x0)'*D*(x - x0))*D*(x - x0)"),
    (BATCH, "Z2", "(A2 - Y)/m"),
    (BATCH, "W2", "(A2 - Y)*A1'/m"),
    (BATCH, "b2", "rowsum(A2 - Y)/m"),
    (BATCH, "Z1", "((W2'*(A2 - Y)) .* (1 - A1.^2))/m"),
    (BATCH, "W1", "((W2'*(A2 - Y)) .* (1 - A1.^2))*X'/m"),
    ("b'*X'*X*c", "X", "X*(b*c' + c*b')"),
    # no matrix that the sweep does not have
    ("K: symmetric matrix(n,n); s: scalar; M = inv(K + s*eye); y'*M*y + logdet(K + s*eye)", "s", "tr(M) - norm2(M*y)^2"),
    ("A: symmetric matrix(n,n); t: scalar; t*x'*A^2*x", "t", "norm2(A*x)^2"),
    ("M: symmetric matrix(d,d); X: matrix(n,d); v: vector(n); v.diag(X*M*M*X')", "v", "rowsum((X*M).^2)"),
    ("X: matrix(n,d); y: vector(n); w, v: vector(d); y.((X*w) .* (X*v))", "X", "(y .* (X*w))*v' + (y .* (X*v))*w'"),
    ("V: matrix(n,k); x: vector(n); sum((V'*x).^2 - (V.^2)'*x.^2)/2", "V", "x*x'*V - diag(x.^2)*V"),
    ("V: matrix(n,k); x: vector(n); sum((V'*x).^2 - (V.^2)'*x.^2)/2", "x", "V*(V'*x) - rowsum(V.^2) .* x"),
    ("X: matrix(m,n); sum(i=1..m, var(X[i]))", "X", "2*(X - rowmean(X)*ones(n)')/n"),
    (
        "S: psd matrix(n,n); R: matrix(n,p); V: psd matrix(p,p); tr(inv(V)*R'*inv(S)*R) + p*logdet(S)",
        "S",
        "p*inv(S) - inv(S)*R*inv(V)*R'*inv(S)",
    ),
    # totals are one total, where the formula has none of them
    ("X: matrix(n,d); y: vector(n); w: vector(d); b: scalar; mu = exp(X*w + b); sum(mu - y .* log(mu))", "b", "sum(mu - y)"),
    ("x, y: vector(n); t: scalar; t*(sum(x) - sum(y))", "t", "sum(x) - sum(y)"),
    # fractions, signs, transposes and spread numbers
    (
        "x: vector(n); nu, s: positive scalar; mu: scalar; sum(log(1 + (x - mu).^2/(nu*s^2)))",
        "mu",
        "2*sum((mu - x) ./ ((x - mu).^2 + s^2*nu))",
    ),
    ("X: matrix(n,d); y: vector(n); r = y - X*w; sum(max(tau*r, (tau - 1)*r))", "w", "X'*([r < 0] - tau)"),
    ("W: matrix(n,k); s, e: vector(k); z = exp(s) .* e; norm2(x - W*z)^2/2", "s", "(W'*(W*z - x)) .* z"),
    ("A: symmetric matrix(n,n); X, Y: matrix(n,d); W: matrix(d,d); H = relu(A*X*W); sum(H .* Y)", "W", "X'*A*(Y .* [H > 0])"),
    ("x: vector(n); q: positive scalar; sum(sqrt(x .* q))", "x", "(sqrt(q) ./ sqrt(x))/2"),
    ("X: matrix(n,d); w: vector(d); sum(erf(X*w/sqrt(2)))", "w", "sqrt(2)*X'*exp(-(X*w).^2/2)/sqrt(pi)"),
    ("p, y: vector(n); e: scalar; 1 - (2*p.y + e)/(sum(p) + e)", "p", "((2*p.y + e)/(sum(p) + e) - 2*y)/(sum(p) + e)"),
    (
        "X, Y: matrix(m,k); W: matrix(n,k); b: vector(n); A = tanh(X*W' + ones(m)*b'); norm2(A*W - Y)^2",
        "b",
        "2*colsum((1 - A.^2) .* ((A*W - Y)*W'))",
    ),
    ("(x^2 - 1)/(x - 1)", "x", "1"),
    ("x/(1 + x^2)", "x", "(1 - x^2)/(1 + x^2)^2"),
    ("log(x + sqrt(x^2 + 1))", "x", "1/sqrt(x^2 + 1)"),
    ("x, y: vector(n); p = exp(x)/sum(exp(x)); -y.log(p)", "x", "sum(y)*p - y"),
    ("S: symmetric matrix(n,n); tr(A*S)", "S", "(A + A')/2"),
    ("D: diagonal matrix(n,n); x'*D*x", "D", "diag(x.^2)"),
    ("A, X: matrix(n,n); tr(A*X^2)", "X", "(A*X + X*A)'"),
    ("A, B, X: matrix(n,n); tr(A*X) - tr(X*B)", "X", "A' - B'"),
    ("c: vector(k); prod(x - c)", "x", "prod(x - c)*sum(1 ./ (x - c))"),
    ("log((x - 1)/(x + 1))", "x", "1/(x - 1) - 1/(x + 1)"),
    ("x: positive vector(n); log(prod(i=1..n, x[i]^a[i]))", "a", "log(x)"),
    ("1/2*(1 + erf((x - mu)/(s*sqrt(2))))", "x", "exp(-(x - mu)^2/(2*s^2))/(sqrt(2*pi)*s)"),
    ("6*x/sqrt(2)", "x", "3*sqrt(2)"),
    ("tr(inv(X + A))", "X", "-(inv(X + A)^2)'"),
    ("S: symmetric matrix(n,n); tr(S^4)", "S", "4*S^3"),
    ("E: matrix(k,n); p, v: vector(k); x: vector(n); exp(p.(E*x)) + v.(E*x)", "x", "E'*(exp(p.(E*x))*p + v)"),
    ("log(p*exp(-a^2) + (1 - p)*exp(-b^2))", "p", "E = exp(-a^2); E2 = exp(-b^2); (E - E2)/(p*E + (1 - p)*E2)"),
    ("x: vector(n); sum([x <= a - 1] .* x)", "x", "[x <= a - 1]"),
    ("x: vector(n); sum(max(x, a - 1))", "x", "[x + 1 > a]"),
    ("if(0 < x, x^2, 3)", "x", "2*[0 < x]*x"),
    ("if(not x > y, x^2, 3)", "x", "2*[x <= y]*x"),
    ("if(x == 1, x^2, 3*x)", "x", "if(x == 1, 2*x, 3)"),
    ("x: vector(n); sum(i=1..n-1, x[i]^2)", "x", "tensor(i=1..n, 2*x[i]*[i <= n - 1])"),
    ("x, y: vector(n); norm2(cumsum(x) - y)^2", "x", "2*(cumsum(x) + sum(cumsum(x) - y) - cumsum(cumsum(x) - y) - y)"),
    ("a, b, c: vector(3); cross(2*a, -3*b).c", "b", "6*cross(a, c)"),
    ("clip(x - y, -1, 1)^2", "x", "2*[abs(x - y) < 1]*clip(x - y, -1, 1)"),
    ("clip(x, 0, 1)*y", "x", "[x > 0 and x < 1]*y"),
    (
        "x: vector(n); sum(i=1..n-1, (x[i+1] - x[i])^2)/2",
        "x",
        "tensor(i=1..n, (x[i] - x[i - 1])*[i >= 2] - (x[i + 1] - x[i])*[i <= n - 1])",
    ),
    ("x: vector(n); a: scalar; sum(i=2..n, (x[i] - a*x[i-1])^2)/2", "a", "sum(i=2..n, x[i - 1]*(a*x[i - 1] - x[i]))"),
    ("nu.(A*x - b) + rho*norm2(A*x - b)^2", "x", "A'*(nu + 2*rho*(A*x - b))"),
    ("x, v: vector(n); norm1(x) + norm2(x - v)^2/(2*t)", "x", "sign(x) + (x - v)/t"),
    ("A: symmetric matrix(n,n); x'*A*x/(x'*x)", "x", "2*(A*x - (x'*A*x)*x/x.x)/x.x"),
    ("y, z: vector(k); norm2(softmax(z) - y)^2/2", "z", "softmax(z) .* (softmax(z) - softmax(z).(softmax(z) - y) - y)"),
]

JACOBIANS = [
    ("x: vector(n); softmax(x)", "x", "diag(softmax(x)) - softmax(x)*softmax(x)'"),
    ("softmax(W*x + b)", "x", "p = softmax(W*x + b); (diag(p) - p*p')*W"),
    ("x: vector(n); x/norm2(x)", "x", "(eye - x*x'/x.x)/norm2(x)"),
    ("A: psd matrix(n,n); t: scalar; inv(A + t*eye)*b", "t", "-inv(A + t*eye)^2*b"),
    ("max(A*x, B*x)", "x", "diag([A*x >= B*x])*A + diag([B*x > A*x])*B"),
    ("x: vector(n); x ./ (1 + x.^2)", "x", "diag((1 - x.^2) ./ (1 + x.^2).^2)"),
]

HESSIANS = [
    ("X: matrix(m,n); y: vector(m); p = sigma(X*w); -sum(y.*log(p) + (1 - y).*log(1 - p))", "w", "X'*diag(p .* (1 - p))*X"),
    ("x: vector(n); logsumexp(A*x)", "x", "p = softmax(A*x); A'*(diag(p) - p*p')*A"),
    ("norm2(A*x - y)^2", "x", "2*A'*A"),
    ("X: matrix(m,n); y: vector(m); sum(huber(X*w - y, 1))", "w", "X'*diag([abs(X*w - y) < 1])*X"),
    ("huber(r, d)", "r", "[abs(r) < d]"),
    ("f = a.x; log(1 + f^2)", "x", "2*(1 - f^2)*a*a'/(1 + f^2)^2"),
]


@pytest.mark.parametrize(("formula", "wrt", "answer"), GRADIENTS)
def test_gradient(formula: str, wrt: str, answer: str) -> None:
    f = sd.parse(formula)
    g = sd.grad(f, wrt)
    assert str(g) == answer
    assert sd.parse(str(g), given=f) == g


@pytest.mark.parametrize(("formula", "wrt", "answer"), JACOBIANS)
def test_jacobian(formula: str, wrt: str, answer: str) -> None:
    f = sd.parse(formula)
    g = sd.jacobian(f, wrt)
    assert str(g) == answer
    assert sd.parse(str(g), given=f) == g


@pytest.mark.parametrize(("formula", "wrt", "answer"), HESSIANS)
def test_hessian(formula: str, wrt: str, answer: str) -> None:
    f = sd.parse(formula)
    g = sd.hessian(f, wrt)
    assert str(g) == answer
    assert sd.parse(str(g), given=f) == g


def test_names_of_the_formula_are_no_letters_of_the_answer() -> None:
    """A shared part gets a name that the formula does not use."""
    f = sd.parse("p: vector(n); softmax(A*x) + p")
    assert str(sd.jacobian(f, "x")) == "p2 = softmax(A*x); (diag(p2) - p2*p2')*A"


SALTED = """
import sys
from symdiff.expr import node
plain = node._text_key
node._text_key = lambda data: hash((plain(data), int(sys.argv[1])))
import symdiff as sd
for line in sys.stdin.read().splitlines():
    formula, wrt = line.split("|")
    print(sd.jacobian(sd.parse(formula), wrt))
"""


@pytest.mark.parametrize("salt", range(3))
def test_answers_do_not_hang_on_the_order_of_keys(salt: int) -> None:
    """Structural keys order sums and products; with other keys, in a process of their own, the answers read the same."""
    cases = [c for c in JACOBIANS + GRADIENTS if "\n" not in c[0]]
    lines = "\n".join(f"{formula}|{wrt}" for formula, wrt, _ in cases)
    run = subprocess.run([sys.executable, "-c", SALTED, str(salt)], input=lines, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [answer for _, _, answer in cases]


@pytest.mark.parametrize(
    ("text", "by", "answer"),
    [
        ("sin(a*x) + cos(b*x)", "x", "a*cos(a*x) - b*sin(b*x)"),
        ("(a*x - b)^2 + (c*x - d)^2", "x", "2*(a*(a*x - b) + c*(c*x - d))"),
        ("x*log(y) + b*x*y", "y", "x/y + b*x"),
        ("x^2 + a*sin(x)*b*x", "x", "2*x + a*b*(sin(x) + x*cos(x))"),
        ("a*b + b*a*c", "c", "a*b"),
        ("x^2 + b*x", "x", "2*x + b"),
    ],
)
def test_factors_stand_as_the_formula_has_them(text, by, answer):
    assert str(sd.grad(sd.parse(text), by)) == answer


@pytest.mark.parametrize("difference", ["P - W", "W - P"])
def test_a_difference_over_itself_turned_round_counts_its_entries(difference):
    f = sd.parse(f"P, W: symmetric matrix(n, n); c: scalar; s = prod(({difference})*c); s")
    assert str(sd.grad(f, "c")) == "s*n^2/c"
    assert str(sd.grad(sd.parse("p, q: vector(n); c: scalar; sum((p - q)*c ./ (q - p))"), "c")) == "-n"
