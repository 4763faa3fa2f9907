"""Functions that the field knows: divergences, perspectives, likelihoods, penalties, matrix functions, duals; and what looks like them and is not.

Every formula is spelled as people type it. What is certified is certified whole, with the condition that it hangs on; what is not convex
and not concave has its two counterexamples, computed anew here in exact numbers.
"""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.convexity.exact import alike, values

CURVED = r"""
convex | x | x*log(x/c)
convex | x,c | x, c: positive scalar; x*log(x/c)
convex | p | p, q: positive vector(n); sum(p .* log(p ./ q))
convex | q | p, q: positive vector(n); sum(p .* log(p ./ q))
convex | p,q | p, q: positive vector(n); sum(p .* log(p ./ q))
convex | p,q | p, q: positive vector(n); sum(i=1..n, p[i]*log(p[i]/q[i]))
convex | p,q | p, q: positive vector(n); sum(p .* (log(p) - log(q)))
convex | p,q | p, q: positive vector(n); p.log(p ./ q) - sum(p) + sum(q)
convex | p,q | p, q: positive vector(n); kl(p, q)
convex | P,Q | P, Q: positive matrix(m,n); sum(P .* log(P ./ Q))
convex | P,Q | P, Q: positive matrix(m,n); sum(P .* log(P ./ Q) - P + Q)
convex | x,y | x: scalar; y: positive scalar; x^2/y
convex | x,y | x: vector(n); y: positive scalar; x.x/y
convex | x,y | x: vector(n); y: positive scalar; norm2(x)^2/y
convex | x,t | x: vector(n); t: positive scalar; A: matrix(m,n); b: vector(m); norm2(A*x + b)^2/t
convex | x,t | x, t: positive scalar; -t*log(x/t)
convex | x,t | x: scalar; t: positive scalar; t*exp(x/t)
convex | x | x: vector(n); a: positive vector(n); log(sum(a .* exp(x)))
convex | x | x: vector(n); A: matrix(m,n); b: vector(m); log(sum(exp(A*x + b)))
convex | x | x: vector(n); A: matrix(m,n); t: positive scalar; t*logsumexp(A*x/t)
concave | x | x: positive vector(n); prod(x)^(1/n)
concave | x,y | x, y: positive scalar; sqrt(x*y)
concave | x,y | x, y: positive scalar; x^0.3*y^0.7
concave | x,y,z | x, y, z: positive scalar; x^0.2*y^0.3*z^0.4
concave | p | p: positive vector(n); -sum(p .* log(p))
convex | p | p: positive vector(n); sum(p .* log(p))
concave | p | p: scalar; -p*log(p) - (1-p)*log(1-p)
convex | w | sum(i=1..n, log(1 + exp(-y[i]*w.x[i])))
convex | w | X: matrix(m,n); w: vector(n); y: vector(m); sum(log(1 + exp(X*w)) - y .* (X*w))
convex | w | X: matrix(m,n); w: vector(n); y: vector(m); -sum(y .* log(sigma(X*w)) + (1 - y) .* log(1 - sigma(X*w)))
convex | w | X: matrix(m,n); w: vector(n); sum(i=1..m, logloss(y[i]*w.X[i]))
convex | z | y: scalar; z: scalar; log(1 + exp(-z)) + (1 - y)*z
convex | w | x: vector(n); w: vector(n); y: scalar; -log(sigma(y*w.x))
convex | w,b | X: matrix(m,n); w: vector(n); b: scalar; y: vector(m); mean(log(1 + exp(-y .* (X*w + b)))) + 0.01*norm2(w)^2
convex | r | r: scalar; huber(r, 1)
convex | w | X: matrix(m,n); w: vector(n); y: vector(m); delta: positive scalar; sum(huber(X*w - y, delta))
convex | w | X: matrix(m,n); w: vector(n); y: vector(m); sum(max(0, 1 - y .* (X*w)).^2)
convex | w | X: matrix(m,n); w: vector(n); y: vector(m); lambda, rho: positive scalar; norm2(y - X*w)^2/(2*m) + lambda*norm1(w) + rho/2*norm2(w)^2
convex | w | w: vector(6); norm2(w[1:2]) + norm2(w[3:6])
convex | W | W: matrix(m,n); sum(i=1..m, norm2(W[i]))
convex | W | W: matrix(m,n); sum(rownorm2(W))
convex | w | w: vector(n); lambda: positive vector(n); sum(lambda .* abs(w))
convex | X | X: matrix(m,n); normnuc(X)
convex | X | X, M, Y: matrix(m,n); lambda: positive scalar; norm2(M .* (X - Y))^2 + lambda*normnuc(X)
convex | S | S: symmetric matrix(n,n); max(eigvalsh(S))
convex | x | A0, A1, A2: symmetric matrix(n,n); x: vector(2); max(eigvalsh(A0 + x[1]*A1 + x[2]*A2))
convex | S | S: psd matrix(n,n); -logdet(S)
convex | S | S: psd matrix(n,n); -log(det(S))
convex | S | S: psd matrix(n,n); tr(inv(S))
convex | x | x: vector(n); A: psd matrix(n,n); B: psd matrix(n,n); t: positive scalar; x'*inv(A)*x
convex | y,S | y: vector(n); S: psd matrix(n,n); y'*inv(S)*y
convex | S | S: psd matrix(n,n); A: matrix(n,k); tr(A'*inv(S)*A)
convex | Y,S | Y: matrix(n,k); S: psd matrix(n,n); tr(Y'*inv(S)*Y)
concave | alpha | X: matrix(m,n); alpha, y: vector(m); sum(alpha) - 1/2*norm2(X'*(alpha .* y))^2
concave | alpha | K: psd matrix(m,m); alpha, y: vector(m); sum(alpha) - 1/2*sum(i=1..m, j=1..m, alpha[i]*alpha[j]*y[i]*y[j]*K[i,j])
convex | w | S: psd matrix(n,n); w, mu: vector(n); gamma: positive scalar; gamma*w'*S*w - mu.w
convex | w | S: psd matrix(n,n); w, mu: vector(n); w'*S*w - gamma*mu.w
convex | mu | x: matrix(m,n); S: psd matrix(n,n); mu: vector(n); sum(i=1..m, 1/2*(x[i] - mu)'*inv(S)*(x[i] - mu))
convex | L | x, mu: vector(n); L: psd matrix(n,n); 1/2*(x - mu)'*L*(x - mu) - 1/2*logdet(L)
convex | L | C: psd matrix(n,n); L: psd matrix(n,n); tr(C*L) - logdet(L) + 0.1*norm1(L)
convex | tau | x: vector(m); tau: positive scalar; mu: scalar; tau/2*norm2(x - mu)^2 - m/2*log(tau)
convex | mu | x: vector(m); mu, s: scalar; norm2(x - mu)^2/(2*s^2)
convex | w | X: matrix(m,n); w: vector(n); y: vector(m); sum(exp(X*w) - y .* (X*w))
convex | lambda | k: positive scalar; lambda: positive scalar; lambda - k*log(lambda)
convex | W | X: matrix(m,d); W: matrix(d,k); Y: onehot matrix(m,k); -sum(Y .* log_softmax(X*W))
convex | W | X: matrix(m,d); W: matrix(d,k); y: vector(m) of label(k); sum(i=1..m, logsumexp(W'*X[i]) - (W'*X[i])[y[i]])
convex | W | x: vector(d); W: matrix(k,d); y: onehot vector(k); -log(y.softmax(W*x))
convex | W,b | x: vector(d); W: matrix(k,d); b: vector(k); y: onehot vector(k); -y.log(softmax(W*x + b))
convex | beta | X: matrix(n,d); beta: vector(d); sum(i=1..n, log(sum(j=i..n, exp(X[j].beta))) - X[i].beta)
convex | beta | X: matrix(n,d); beta: vector(d); D: positive matrix(n,n); sum(log(D*exp(X*beta))) - sum(X*beta)
convex | w | Phi: matrix(k,d); phi: vector(d); w: vector(d); logsumexp(Phi*w) - w.phi
convex | theta | theta: vector(n); T: matrix(k,n); t: vector(n); log(sum(exp(T*theta))) - theta.t
convex | a | a: positive scalar; b: positive scalar; lgamma(a)
convex | a | a: positive vector(n); sum(lgamma(a)) - 2*sum(a)
convex | x | x: vector(n); max(abs(x)) + norm2(x)
convex | x | x: vector(n); A: matrix(m,n); b: vector(m); norminf(A*x - b)
convex | x | x: vector(n); A: matrix(m,n); b: vector(m); -sum(log(b - A*x)) + c.x
convex | x | x: vector(n); norm2(x)^2 + sum(max(x, 0))
convex | x | x: vector(n); sum(i=1..n-1, abs(x[i+1] - x[i]))
convex | X | X: matrix(m,n); y: vector(m); v: vector(n); norm2(X*v - y)^2
convex | q | q: vector(n); K: positive vector(n); sum(exp(q) .* K) - q.K
convex | u | u: vector(n); K: positive matrix(m,n); a: vector(m); sum(exp(u)) + log(sum(K*exp(u)))
convex | f,g | f: vector(m); g: vector(n); C: matrix(m,n); eps: positive scalar; a: vector(m); b: vector(n); eps*sum(i=1..m, j=1..n, exp((f[i] + g[j] - C[i,j])/eps)) - a.f - b.g
convex | x | x: positive scalar; 1/x + x^2 - sqrt(x)
convex | x | x: scalar; log(1 + exp(x)) + log(1 + exp(-x))
convex | x | x: scalar; exp(x) + exp(-2*x) + x^2
convex | x | x: scalar; max(x^2, abs(x), 1)
convex | x | x: scalar; sqrt(1 + x^2)
convex | m | m: scalar; if(m <= 0, 1/2 - m, if(m <= 1, (1 - m)^2/2, 0))
convex | m | m: scalar; if(m >= 1, 0, 1 - m)
convex | r | r, tau: scalar; 0.3*max(r, 0) + 0.7*max(-r, 0)
convex | p,q | p, q: positive vector(n); p.log(p) - p.log(q)
convex | p,q | p, q: positive vector(n); sum(p .* log(p)) - sum(p .* log(q))
convex | p,q | p, q: positive vector(n); -sum(p .* log(q ./ p))
convex | p,q | p, q: positive vector(n); sum(p .* log(p ./ q)) + sum(q .* log(q ./ p))
concave | x,y,z | x, y, z: positive scalar; (x*y*z)^(1/3)
concave | x,y,z | x, y, z: positive scalar; 2*x^0.2*y^0.3*z^0.5
convex | x | x: scalar; T: scalar; T*log(1 + exp(x/T))
concave | x | sqrt(x/c)
concave | x | sqrt(a*x + b)
convex | x | -log(a*x)
convex | x | c*x*log(c*x)
convex | x,y | x, y: positive scalar; x*log(x) - x*log(y)
convex | x,y | x, y: positive scalar; x*log(x/y) - x + y
convex | p,q | p, q: positive vector(n); w: positive vector(n); sum(w .* p .* log(p ./ q))/2
convex | P,Q | P, Q: positive matrix(m,n); sum(P .* log(P)) - sum(P .* log(Q)) + sum(Q)
convex | p,q | p, q: positive vector(n); m = (p + q)/2; sum(p .* log(p ./ m)) + sum(q .* log(q ./ m))
convex | p,q | p, q: positive vector(n); sum((p - q).^2 ./ q)
convex | p,q | p, q: positive vector(n); sum(p.^2 ./ q)
convex | p,q | p, q: positive vector(n); sum((sqrt(p) - sqrt(q)).^2)
concave | p,q | p, q: positive vector(n); sum(sqrt(p .* q))
convex | w | norm2(X*w - y)^2 + lambda*norm2(w)^2
convex | w | sum(max(0, 1 - y .* (X*w))) + lambda/2*norm2(w)^2
convex | w | max(0, 1 - y*(w.x + b))
convex | w,b | max(0, 1 - y*(w.x + b)) + C*norm2(w)^2
convex | x | log(exp(a*x) + exp(b*x))
convex | x | norm1(x) + mu/2*norm2(x - v)^2
convex | theta | -sum(i=1..n, y[i]*theta.x[i] - exp(theta.x[i]))
convex | theta | sum(i=1..n, log(1 + exp(theta.x[i])) - y[i]*theta.x[i])
convex | mu | (x - mu)^2/(2*sigma2) + log(sigma2)/2
convex | lambda | -k*log(lambda) + lambda
convex | p | -(k*log(p) + (n - k)*log(1 - p))
convex | p | p: simplex vector(n); N: positive vector(n); -N.log(p)
convex | beta | norm2(y - X*beta)^2/(2*n) + lambda*(alpha*norm1(beta) + (1 - alpha)/2*norm2(beta)^2)
convex | a | sum(i=1..n, abs(y[i] - a))
convex | a | max(q*(y - a), (q - 1)*(y - a))
convex | x | sqrt(x^2 + eps^2)
convex | x | x: scalar; eps: positive scalar; sqrt(x^2 + eps)
convex | r | r: scalar; c: positive scalar; c^2*(sqrt(1 + (r/c)^2) - 1)
convex | r | r: scalar; log(cosh(r))
convex | z | logsumexp(z) - z.y
convex | x | exp(norm2(x)^2)
convex | x | norm2(x)*norm2(x)
convex | x | (norm1(x))^2
convex | x | x: positive vector(n); sum(x)^2/2 - sum(log(x))
convex | S | S: psd matrix(n,n); norm2(S - C)^2 - logdet(S)
convex | S | S: psd matrix(n,n); m*tr(S) - logdet(S) + 2*max(eigvalsh(S))
concave | S | S: psd matrix(n,n); det(S)^(1/n)
convex | t | f = norm2(A*(x + t*d) - b)^2; f
convex | alpha | K: psd matrix(n,n); alpha, y: vector(n); 1/2*alpha'*K*alpha - y.alpha
convex | w | w: positive vector(n); mu: positive vector(n); -sum(log(w)) + mu.w
convex | w | w: vector(n); mu: vector(n); S: psd matrix(n,n); sqrt(w'*S*w) - mu.w
convex | w | w: vector(n); mu: vector(n); S: psd matrix(n,n); w'*S*w/2 - mu.w + 0.1*norm1(w)
"""

NEITHER = r"""
x | x: vector(n); c: vector(n); d: scalar; norm2(x)^2/(c.x + d)
x | x: positive vector(n); max(x)/min(x)
V,W | X: positive matrix(m,n); V: positive matrix(m,k); W: positive matrix(k,n); norm2(X - V*W)^2
V,W | X: positive matrix(m,n); V: positive matrix(m,k); W: positive matrix(k,n); sum(X .* log(X ./ (V*W)) - X + V*W)
U,V | U: matrix(m,k); V: matrix(n,k); R: matrix(m,n); norm2(R - U*V')^2 + 0.1*(norm2(U)^2 + norm2(V)^2)
u,v | u, v: vector(n); Y: matrix(n,n); norm2(u*v' - Y)^2
W1 | W1: matrix(k,n); w2: vector(k); x: vector(n); y: scalar; (w2.relu(W1*x) - y)^2
W1,w2 | W1: matrix(k,n); w2: vector(k); x: vector(n); y: scalar; log(1 + exp(-y*w2.relu(W1*x)))
W,V | W: matrix(k,n); V: matrix(c,k); x: vector(n); y: onehot vector(c); -y.log_softmax(V*tanh(W*x))
w | w, x: vector(n); y: scalar; (sigma(w.x) - y)^2
x | x: scalar; sigma(x)
x | x: scalar; tanh(x)
mu,s | x: vector(m); mu: scalar; s: positive scalar; norm2(x - mu)^2/(2*s^2) + m*log(s)
S | S: psd matrix(n,n); C: psd matrix(n,n); tr(C*inv(S)) + logdet(S)
x,y | x, y: scalar; x*y
x,y | x: scalar; y: positive scalar; x/y
x | x: vector(n); norm2(x)^2 - norm1(x)
mu | mu: matrix(k,d); x: vector(d); min(tensor(j=1..k, norm2(x - mu[j])^2))
p | p: scalar; p*(1 - p)*(1 - 2*p)
a,b | a, b: vector(n); a.b
x | x: vector(n); norm1(x) - norm2(x)^2
x | x: vector(n); min(norm2(x)^2, 1)
m | m: scalar; max(0, min(1, 1 - m))
w | w: vector(n); c: positive scalar; sum(w.^2 ./ (c + w.^2))
z | z: vector(n); sum(softmax(z).^2)
A | A: matrix(n,n); det(A)
X | X: matrix(n,n); tr(X*X)
x,y | x, y: positive scalar; x*log(y/x) + x*y
x | x: vector(n); a: vector(n); norm2(x - a)^2 - 2*norm2(x)^2 + norm2(x)^4
p | sum(p .* log(p ./ q))
p | p, q: vector(n); sum(p .* log(p ./ q))
w | X: matrix(m,n); w: vector(n); y: vector(m); -sum(y .* log(sigma(X*w)) + (1 - y) .* log(tanh(X*w)))
x,y | x, y: positive scalar; x*log(x/y) - x*y
x,y | x, y: positive scalar; x^0.7*y^0.7
x,y | x, y: positive scalar; x*(log(y) - log(x)) + x^2
p,q | p, q: positive vector(n); sum(p .* log(p)) - 2*sum(p .* log(q)) - sum(q)
p,q | p, q: positive vector(n); w: vector(n); sum(w .* p .* log(p ./ q))
p,q | p, q: positive vector(n); p.q
p,q | p, q: positive vector(n); sum(p)*log(sum(q)) + p.p
x | 1/2*x'*Q*x + c'*x
mu | 1/2*(x - mu)'*inv(Sigma)*(x - mu)
x | x: vector(n); logsumexp(x)^2
x | x: vector(n); -logsumexp(x) + norm2(x)^2/8
alpha | 1/2*alpha'*K*alpha - y.alpha
w | w: vector(n); mu: vector(n); S: psd matrix(n,n); mu.w/sqrt(w'*S*w)
x | x: scalar; x^3 - 3*x
x | x: vector(n); prod(x)
x | x: positive scalar; x*log(x) - x^2
x | x: scalar; exp(-x^2/2)
x,y | x, y: scalar; (1 - x)^2 + 100*(y - x^2)^2
w | w: vector(n); x: vector(n); y: scalar; max(0, y - relu(w.x))^2
w | w: vector(n); x: vector(n); abs(relu(w.x) - 1)
W | W: matrix(n,n); norm2(W'*W - eye(n))^2
q,k | q, k: vector(n); y: scalar; log(1 + exp(-y*q.k))
a,mu | a, mu: scalar; x: scalar; log(exp(-(x - a)^2) + exp(-(x - mu)^2))
"""

# What is certified under a condition on the other letters; the rest is certified whatever these are.
CONDITIONS = {
    "x*log(x/c)": "if c > 0, on x > 0",
    "X: matrix(m,n); w: vector(n); y: vector(m); -sum(y .* log(sigma(X*w)) + (1 - y) .* log(1 - sigma(X*w)))": "if 1 - y >= 0 and y >= 0",
    "x: scalar; T: scalar; T*log(1 + exp(x/T))": "if T >= 0",
    "norm2(X*w - y)^2 + lambda*norm2(w)^2": "if lambda >= 0",
    "sum(max(0, 1 - y .* (X*w))) + lambda/2*norm2(w)^2": "if lambda >= 0",
    "max(0, 1 - y*(w.x + b)) + C*norm2(w)^2": "if C >= 0",
    "norm1(x) + mu/2*norm2(x - v)^2": "if mu >= 0",
    "(x - mu)^2/(2*sigma2) + log(sigma2)/2": "if sigma2 >= 0",
    "-k*log(lambda) + lambda": "if k >= 0, on lambda > 0",
    "-(k*log(p) + (n - k)*log(1 - p))": "if k >= 0 and n - k >= 0, on p > 0, 1 - p > 0",
    "norm2(y - X*beta)^2/(2*n) + lambda*(alpha*norm1(beta) + (1 - alpha)/2*norm2(beta)^2)": "if 1 - alpha >= 0 and alpha >= 0 and lambda >= 0 and n >= 0",
}

ALSO = {
    "sum(p .* log(p ./ q))": ("convex if q > 0, on p > 0",),
    "1/2*x'*Q*x + c'*x": ("convex if Q is psd",),
    "1/2*(x - mu)'*inv(Sigma)*(x - mu)": ("convex if Sigma is psd",),
}


def rows(text: str, parts: int) -> list[list[str]]:
    return [[part.strip() for part in line.split("|", parts - 1)] for line in text.strip().splitlines()]


@pytest.mark.parametrize(("kind", "by", "text"), rows(CURVED, 3), ids=lambda v: v[:70])
def test_certified(kind: str, by: str, text: str) -> None:
    verdict = sd.curvature(sd.parse(text), by.split(","))
    assert verdict.kind == kind, verdict
    condition = verdict.condition if verdict.condition.startswith("if ") else ""
    assert condition == CONDITIONS.get(text, "")
    assert not verdict.counterexamples


@pytest.mark.parametrize(("by", "text"), rows(NEITHER, 2), ids=lambda v: v[:70])
def test_refuted(by: str, text: str) -> None:
    f = sd.parse(text)
    verdict = sd.curvature(f, by.split(","))
    assert verdict.kind == "neither", verdict
    assert [w.against for w in verdict.counterexamples] == ["convex", "concave"]
    assert verdict.also == ALSO.get(text, verdict.also)
    for w in verdict.counterexamples:
        sizes = {}
        for name, node in f.variables.items():
            value = {**w.fixed, **w.a}[name]
            sizes.update({d: n for d, n in zip(node.shape, getattr(value, "shape", ()), strict=True) if isinstance(d, str)})
        fa, fb, fm = alike([values(f.expr, {**w.fixed, **p}, sizes).item() for p in (w.a, w.b, w.middle)])
        assert fm > (fa + fb) / 2 if w.against == "convex" else fm < (fa + fb) / 2


def test_there_are_enough() -> None:
    assert len(rows(CURVED, 3)) >= 120 and len(rows(NEITHER, 2)) >= 45


def test_no_condition_that_cannot_hold() -> None:
    """Concave where y <= 0 and 1 - y <= 0: nowhere."""
    text = "X: matrix(m,n); w: vector(n); y: vector(m); -sum(y .* log(sigma(X*w)) + (1 - y) .* log(1 - sigma(X*w)))"
    assert sd.curvature(text, "w").also == ()
