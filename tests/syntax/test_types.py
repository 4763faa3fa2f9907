"""Types: declarations, demands, the five conventions, dimensions."""

import pytest

from symdiff.errors import ParseError, ShapeError
from symdiff.syntax import parse

# formula | expected variables, as declarations; dimensions up to renaming
FORMULAS = """
log(det(X'*X))                                              | X: m n
a'*inv(X)*b                                                 | a: n; X: n n; b: n
A: R^(k x n); X: R^(n x n); B: R^(n x k); tr(A*X^-1*B)      | A: k n; X: n n; B: n k
a'*X*b                                                      | a: m; X: m n; b: n
b'*X'*X*c                                                   | b: n; X: m n; c: n
(B*x + b)'*C*(D*x + d)                                      | B: m n; x: n; b: m; C: m k; D: k n; d: k
tr(X'*B*X)                                                  | X: m n; B: m m
x, a: vector(n); norm2(x - a)                               | x: n; a: n
tr(A*X'*B*X*C)                                              | A: k n; X: m n; B: m m; C: n k
log(det(inv(X)))                                            | X: n n
0.5*x'*A*x                                                  | x: n; A: n n
norm1(A*x-y)                                                | A: m n; x: n; y: m
max(1 - y*w.phi, 0)                                         | y: ; w: n; phi: n
score = w.phi; margin = y*score; max(1 - margin, 0)         | y: ; w: n; phi: n
y: onehot vector(k); p = softmax(W*x + b); -y.log(p)        | y: k; W: k n; x: n; b: k
X: matrix(m,n); Y: matrix(m,k); S = X*W; sum(logsumexp(S)) - sum(Y.*S) | X: m n; Y: m k; W: n k
b: scalar; z = w.x + b; a = sigma(z); -(y*log(a) + (1 - y)*log(1 - a)) | b: ; w: n; x: n; y:
sum(log(exp(-y.*(X*w))+vector(1)))                          | y: m; X: m n; w: n
X: matrix(m,n); sum(log(1 + exp(-y .* (X*w))))              | X: m n; y: m; w: n
p = sigma(X*w); -sum(y.*log(p) + (1 - y).*log(1 - p))       | X: m n; w: n; y: m
norm2(X*W - Y)^2                                            | X: m n; W: n k; Y: m k
norm2(R - U*V')^2                                           | R: m n; U: m k; V: n k
-log(sigma(u.v)) - sum(log(sigma(-N*v)))                    | u: n; v: n; N: k n
-sum(log(b - A*x))                                          | b: m; A: m n; x: n
X: matrix(m,n); 1/m*norm2(X*w - y)^2 + lambda/2*norm2(w)^2  | X: m n; w: n; y: m; lambda:
h = sigma(V*phi); residual = w.h - y; residual^2            | V: k n; phi: n; w: k; y:
h = tanh(W*x + b); v.h                                      | W: k n; x: n; b: k; v: k
x1, x2: vector(n); h0: vector(d); h1 = tanh(W*x1 + U*h0); h2 = tanh(W*x2 + U*h1); v.h2 | x1: n; x2: n; h0: d; W: d n; U: d d; v: d
h = x + V*relu(W*x); norm2(h - y)^2                         | x: n; V: n d; W: d n; y: n
a = softmax(K*q); s = V*g; a.s                              | K: m n; q: n; V: m d; g: d
c: positive scalar; P = softmax(Q*K'/sqrt(c)); E = P*V - Y; norm2(E)^2 | c: ; Q: m n; K: p n; V: p d; Y: m d
H = relu(X*W); norm2(H*v - y)^2                             | X: m n; W: n k; v: k; y: m
delta = w.phi - (r + c*v); delta^2/2                        | w: n; phi: n; r: ; c: ; v:
A*exp(x)                                                    | A: m n; x: n
w, v: vector(n); w*w'*v-(w'*w)*v                            | w: n; v: n
max(A*x, B*x)                                               | A: m n; x: n; B: m n
d: scalar; K*(R-(1/d)*N)                                    | d: ; K: m n; R: n k; N: n k
x: positive vector(n); a: scalar; x.^a                      | x: n; a:
x: vector(m); mu, v: scalar; sum((x - mu).^2)/(2*v)         | x: m; mu: ; v:
x: vector(m); v: positive scalar; m/2*log(2*pi*v) + sum((x - mu).^2)/(2*v) | x: m; v: ; mu:
S: symmetric matrix(m,m); T: symmetric matrix(n,n); r = sqrt(a'*S*a); s = sqrt(b'*T*b); (a'*C*b)/(r*s) | S: m m; T: n n; a: m; b: n; C: m n
k*log(p) + (n - k)*log(1 - p)                               | k: ; p: ; n:
(1 - x)^2 + 100*(y - x^2)^2                                 | x: ; y:
n*kb*T/V                                                    | n: ; kb: ; T: ; V:
G*m1*m2/r^2                                                 | G: ; m1: ; m2: ; r:
0.5*C*V^2                                                   | C: ; V:
A*exp(-E/(k*T))                                             | A: ; E: ; k: ; T:
W2*relu(W1*x)                                               | W2: k d; W1: d n; x: n
A^-1*b                                                      | A: n n; b: n
W3*W2*W1*x                                                  | W3: k d; W2: d m; W1: m n; x: n
norm2(A*B*x)^2                                              | A: k m; B: m n; x: n
lambda*A*B*x                                                | lambda: ; A: k m; B: m n; x: n
A*B*exp(-k*t)                                               | A: ; B: ; k: ; t:
lambda*A*x                                                  | lambda: ; A: m n; x: n
A: matrix(m,n); A*(x - y)                                   | A: m n; x: n; y: n
A: matrix(m,n); B: matrix(m,n); t*A + (1 - t)*B             | A: m n; B: m n; t:
(x - x0)'*D*(x - x0)                                        | x: n; x0: n; D: n n
norm2(x - 2*y)                                              | x: n; y: n
x'*a                                                        | x: n; a: n
norm2(A - x*y')^2                                           | A: m n; x: m; y: n
sum(a*b)                                                    | a: ; b: n
tr(A*B)                                                     | A: m n; B: n m
X: matrix(m,n); y: vector(m); w: vector(n); sum((X*w - y - b).^2) | X: m n; y: m; w: n; b:
A: matrix(n,n); x: vector(n); A*x + b                       | A: n n; x: n; b:
sum(i=1..m, max(1 - y[i]*w.phi[i], 0))                      | y: m; w: n; phi: m n
sum(i=1..m, sum(j=1..n, x[i]*A[i,j]*y[j]))                  | x: m; A: m n; y: n
sum(i=1..m, (X[i,:].w - y[i])^2)                            | X: m n; w: n; y: m
x: matrix(m,n); mu: vector(n); sum(i=1..m, norm2(x[i] - mu)^2) | x: m n; mu: n
sum(i, x[i]^2)                                              | x: n
tensor(i=1..m, j=1..n, k=1..n, A[i,j]*x[k])                 | A: m n; x: n
eye(3)*x                                                    | x: 3
x*y' + eye                                                  | x: n; y: n
A: matrix(m,n); vec(A).b                                    | A: m n; b: nm
vector(1)'*x                                                | x: n
gamma(x) + gamma                                            | x: ; gamma:
x₁²·x₂                                                      | x1: ; x2:
lambda*w'*w                                                 | lambda: ; w: n
S: psd matrix(n,n); w'*mu - gamma/2*w'*S*w                  | S: n n; w: n; mu: n; gamma:
2*x*y'                                                      | x: m; y: n
V: matrix(k,n); w.tanh(V*x + b)                             | V: k n; w: k; x: n; b: k
X: matrix(m,n); y: vector(m); C: scalar; w.w/2 + C*sum(max(1 - y .* (X*w + b), 0)) | X: m n; y: m; C: ; w: n; b:
det(2*a)*tr(a*a)                                           | a: n n
inv(-a)*b                                                  | a: n n; b: n
A: matrix(m,n); s = a/b; A*s                               | A: m n; a: n; b:
norm2(w)^2/2 + C*sum(max(1 - y .* (X*w), 0))               | w: n; C: ; y: m; X: m n
W: matrix(k,d); s: vector(d); a: onehot vector(k); -R*a.log_softmax(W*s) | W: k d; s: d; a: k; R:
R*a.log(p)                                                 | R: ; a: n; p: n
norm2(w)^2 + R*T*sum(log(p))                               | w: n; R: ; T: ; p: k
norm2(A*x + C*norm2(x))                                    | A: m n; x: n; C:
C/(2*n)*norm2(w)^2 + w.w/(2*T) + B^2*sum(w)                | C: ; n: ; w: k; T: ; B:
sigma(w.x + B)                                             | w: n; x: n; B:
A: matrix(n,n); A + t*B                                    | A: n n; t: ; B: n n
eye(n) + s*K                                               | s: ; K: n n
logdet(eye(n) + A)                                         | A: n n
tr(eye(3) - A)^2                                           | A: 3 3
H = eye - ones(n)*ones(n)'/n; tr(K*H*L*H)                  | K: n n; L: n n
A*(x .* x)                                                 | A: m n; x: n
A*(x.^2)                                                   | A: m n; x: n
A*(x ./ y)                                                 | A: m n; x: n; y: n
x .* y                                                     | x: n; y: n
A .* B                                                     | A: m n; B: m n
(x - y) .* sigma(z)                                        | x: n; y: n; z: n
s: scalar; s .* x                                          | s: ; x:
A*exp(-k*t)                                                | A: ; k: ; t:
""".strip().splitlines()


@pytest.mark.parametrize(
    ("formula", "expected"), [pytest.param(*map(str.strip, f.split(" | ")), id=f.split(" | ")[0].strip()) for f in FORMULAS]
)
def test_types_of_formulas(formula: str, expected: str) -> None:
    types = parse(formula).types
    wanted = {name.strip(): dims.split() for name, dims in (part.split(":") for part in expected.split(";"))}
    assert types.keys() == wanted.keys()
    there: dict[str, object] = {}
    back: dict[object, str] = {}
    for name, dims in wanted.items():
        shape = types[name].shape
        assert len(shape) == len(dims), (name, shape)
        for d, got in zip(dims, shape, strict=True):
            assert there.setdefault(d, got) == got and back.setdefault(got, d) == d, (name, shape)


def sources(formula: str) -> dict[str, str]:
    p = parse(formula)
    return {name: t.source for name, t in (p.types | p.functions).items()}


def test_sources() -> None:
    assert sources("X: matrix(m,n); w: vector(n); norm2(X*w - y)") == {
        "X": "declared",
        "w": "declared",
        "y": "convention: everything else is a scalar",
    }
    assert sources("X: matrix(m,n); y: vector(m); (X*w).y + c*det(B)")["w"] == "convention: beside a matrix or row in a product"
    assert sources("w: vector(n); w.x")["x"] == "inferred"
    assert sources("w.x") == {"w": "convention: an operator demands a vector or matrix", "x": "inferred"}
    assert sources("norm2(A*x - y)") == {
        "A": "convention: a capital name among vectors and matrices",
        "x": "convention: beside a matrix or row in a product",
        "y": "convention: an operator demands a vector or matrix",
    }
    assert sources("tanh(W*x + b)")["b"] == "convention: beside a vector"
    assert sources("w.phi(x)")["phi"] == "inferred"
    assert sources("w.w + C*sum(w)")["C"] == "convention: a capital name that multiplies nothing but scalars"
    assert sources("x .* y")["y"] == "convention: beside a sign for vectors and matrices, `.*` or `./`"


def test_dimension_names() -> None:
    types = parse("norm2(A*x - y)").types
    assert types["A"].shape == ("rows(A)", "cols(A)")
    assert types["x"].shape == ("cols(A)",) and types["y"].shape == ("rows(A)",)
    assert parse("w.x").types["x"].shape == ("size(w)",)
    assert parse("A: matrix(m, n); norm2(A*x)").types["x"].shape == ("n",)
    assert parse("A: matrix(m, n); vec(A).b").types["b"].shape == (("m", "n"),)


def test_opaque_functions() -> None:
    p = parse("score = w.phi(x); y*score")
    assert p.functions["phi"].shape == p.types["w"].shape == ("size(w)",)
    assert p.types["x"].shape == ()
    p = parse("phi: vector(d) -> vector(n); w.phi(x) + norm2(x)")
    assert p.functions["phi"].shape == ("n",) and p.functions["phi"].source == "declared"
    p = parse("V*phi(x) + W*psi(x)")
    assert p.functions["phi"].shape == ("cols(V)",)


def test_conventions_never_cause_an_error() -> None:
    assert parse("x: vector(n); s: scalar; s*C + norm2(x)*D*s").expr is not None
    assert parse("A*b*C*b").expr is not None
    assert parse("T*x + x*T").expr is not None
    assert parse("A: matrix(m,n); norm2(A*x) + norm2(x)*B + A*B*2").expr is not None


def test_declarations_from_outside() -> None:
    assert parse("X*w", declarations={"X": "matrix(m, n)", "w": "vector(n)"}).expr.shape == ("m",)
    assert parse("X*w", declarations=["X: matrix(m, n); w: vector(n)"]).expr.shape == ("m",)


def test_declared_sizes_may_be_left_out() -> None:
    p = parse("A: symmetric matrix; x: vector; x'*A*x")
    assert p.types["x"].shape == ("rows(A)",) and p.types["A"].shape == ("rows(A)", "rows(A)")
    assert p.types["A"].source == "declared"


def test_names_of_constants_can_be_declared() -> None:
    assert parse("pi: simplex vector(k); pi.x").types["x"].shape == ("k",)
    assert parse("ones: vector(3); ones.x").types["x"].shape == (3,)


def test_notes() -> None:
    assert parse("e^x").notes == ["`e` is a variable here; the exponential function is `exp(x)`"]
    assert parse("e: scalar; e^x").notes == []


def test_a_sum_of_many_open_terms_is_linear() -> None:
    text = "a0 = x + y\n" + "".join(f"a{k + 1} = a{k} + a{max(k - 1, 0)}\n" for k in range(300)) + "A: matrix(m,n); A*a300"
    assert parse(text).types["x"].shape == ("n",)


@pytest.mark.parametrize("bad", ["X: matrix(m,n); w: vector(k); X*w", "w.phi + w*phi", "x: vector(n); y: vector(m); norm2(A*x - b) + x.y"])
def test_what_conventions_do_not_mend(bad: str) -> None:
    with pytest.raises(ShapeError):
        parse(bad)


@pytest.mark.parametrize(
    "formula", ["tensor(i=1..m, j=1..m, A) + tensor(i=1..m, j=1..m, x)", "max(tensor(i=1..m, A), tensor(i=1..m, j=1..m, A))"]
)
def test_tensors_of_different_orders_do_not_fit(formula: str) -> None:
    with pytest.raises(ShapeError, match=r"[34] axes are not [34]"):
        parse("A: matrix(m, m); x: vector(m); " + formula)


def test_opaque_functions_are_announced() -> None:
    assert parse("score = w.phi(x); y*score").described["phi"] == "opaque vector(size(w))"
    assert parse("f: vector(n) -> scalar; f(x)").described["f"] == "opaque scalar"


@pytest.mark.parametrize("text", ["norm(x, 0)", "p = 0; norm(x, p)", "sum(i, norm(X[i], 0))", "||x||_0"])
def test_a_norm_of_order_zero_is_refused_at_reading(text):
    with pytest.raises(ParseError, match="counts entries that are not zero") as caught:
        parse(text)
    assert "[x != 0]" in caught.value.hint
