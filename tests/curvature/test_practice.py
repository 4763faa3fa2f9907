"""Losses, penalties and likelihoods as practice writes them, in spellings of this file's own: what is certified, and what is never."""

from __future__ import annotations

import pytest

import symdiff as sd

CURVED = r"""
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); mean(log(1 + exp(-y .* (X*w))))
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(softplus(-y .* (X*w)))/m
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); -sum(log_sigmoid(y .* (X*w)))
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); lambda: positive scalar; sum(relu(1 - y .* (X*w)))/m + lambda/2*w.w
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(relu(1 - y .* (X*w)).^2)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); (X*w - y)'*(X*w - y)/(2*m)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); 1/m*sum(i=1..m, (w.X[i] - y[i])^2)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(huber(X*w - y, 1))
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(abs(X*w - y)) + norm1(w)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); norm1(X*w - y)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(exp(X*w)) - y.(X*w)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(max(0.9*(y - X*w), -0.1*(y - X*w)))
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(max(abs(X*w - y) - 0.1, 0))
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sqrt(norm2(X*w - y)^2 + 1)
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(log(cosh(X*w - y)))
convex | w | X: matrix(m,n); y: vector(m); w: vector(n); sum(exp(-y .* (X*w)))
convex | w | X: matrix(m,n); w: vector(n); sum(logaddexp(0, X*w))
convex | z | z: vector(n); y: onehot vector(n); -log(y.softmax(z))
convex | z | z: vector(n); y: onehot vector(n); log(sum(exp(z))) - y.z
convex | z | z: vector(n); y: simplex vector(n); -y.log_softmax(z)
convex | w | w: vector(n); lambda: positive scalar; a: positive scalar; lambda*(a*norm1(w) + (1-a)*norm2(w)^2)
convex | p | p: positive vector(n); q: positive vector(n); sum(p .* log(p ./ q) - p + q)
convex | q | p: positive vector(n); q: positive vector(n); kl(p, q)
convex | p | p: positive vector(n); q: positive vector(n); kl(p, q)
concave | p | p: positive vector(n); entropy(p)
convex | p | y: simplex vector(2); p: positive scalar; -(y[1]*log(p) + y[2]*log(1 - p))
convex | S | S: psd matrix(n,n); C: psd matrix(n,n); tr(C*S) - logdet(S)
concave | S | S: psd matrix(n,n); logdet(S) - tr(S)
convex | W | W: matrix(k,n); x: vector(n); y: vector(k); logsumexp(W*x) - y.(W*x)
convex | W | W: matrix(n,k); X: matrix(m,n); Y: matrix(m,k); 0.5*norm2(X*W - Y)^2 + normnuc(W)
convex | x | x: vector(n); A: matrix(m,n); b: vector(m); -sum(log(b - A*x))
convex | x | x: positive vector(n); sum(1 ./ x)
concave | x | x: positive vector(n); prod(x)^(1/n)
concave | x | x: positive vector(n); sum(log(x))
convex | x | x: vector(n); norm2(x)^3
convex | x | x: vector(n); P: psd matrix(n,n); sqrt(x'*P*x)
convex | x | x: vector(n); P: psd matrix(n,n); exp(x'*P*x)
convex | theta | theta: positive scalar; n, s: positive scalar; -n*log(theta) + s*theta
convex | mu | x: matrix(m,n); mu: vector(n); sum(i=1..m, norm2(x[i] - mu)^2)/m
convex | mu | x: matrix(m,n); mu: vector(n); S: psd matrix(n,n); sum(i=1..m, (x[i] - mu)'*inv(S)*(x[i] - mu))
convex | x | x: vector(n); sum(i=1..n-1, (x[i+1] - x[i])^2)
convex | x | x: vector(n); sum(i=1..n-2, abs(x[i] - 2*x[i+1] + x[i+2]))
convex | b | X: matrix(m,n); y: vector(m); w: vector(n); b: scalar; sum(log(1 + exp(-y .* (X*w + b))))
convex | w,b | X: matrix(m,n); y: vector(m); w: vector(n); b: scalar; sum(log(1 + exp(-y .* (X*w + b))))
convex | w,b | X: matrix(m,n); y: vector(m); w: vector(n); b: scalar; sum(max(1 - y .* (X*w + b), 0)) + w.w
convex | a | K: psd matrix(n,n); a, y: vector(n); lambda: positive scalar; norm2(y - K*a)^2 + lambda*a'*K*a
concave | a | K: psd matrix(n,n); a: vector(n); y: vector(n); sum(a) - 1/2*(a .* y)'*K*(a .* y)
affine | w | w: vector(n); a: vector(n); tr(w*a') + 2
convex | t | t: scalar; A: matrix(m,n); x, d: vector(n); b: vector(m); norm2(A*(x + t*d) - b)
convex | x | x: scalar; log(exp(x) + exp(-x))
convex | x | x: scalar; log(1 + exp(x)) - x/2
convex | x | x: scalar; x*tanh(0) + x^4/4
convex | u,v | u, v: vector(n); norm2(u - v)^2 + norm1(u)
convex | w | w: vector(n); X: matrix(m,n); y: vector(m); norm2(X*w - y) + norminf(w)
convex | s | s: scalar; y: scalar; 0.5*exp(-s)*y^2 + 0.5*s
convex | z | z: vector(n); y: label(n); -log(softmax(z)[y])
convex | z | z: vector(n); y: label(n); logsumexp(z) - z[y]
"""

NEITHER = r"""
W | W: matrix(k,n); v: vector(k); x: vector(n); y: scalar; (v.tanh(W*x) - y)^2
W,v | W: matrix(k,n); v: vector(k); x: vector(n); y: scalar; (v.(W*x) - y)^2
v,W | W: matrix(k,n); v: vector(k); X: matrix(m,n); y: vector(m); norm2(tanh(X*W')*v - y)^2
w | w: vector(n); X: matrix(m,n); y: vector(m); mean((tanh(X*w) - y).^2)
w | w: vector(n); x: vector(n); y: scalar; (1/(1 + exp(-w.x)) - y)^2
w | w: vector(n); sum(log(1 + w.^2))
w | w: vector(n); X: matrix(m,n); y: vector(m); sum(log(1 + (X*w - y).^2))
w | w: vector(n); X: matrix(m,n); y: vector(m); sum(1 - exp(-(X*w - y).^2))
w | w: vector(n); X: matrix(m,n); y: vector(m); sum(min((X*w - y).^2, 1))
w | w: vector(n); sum(w.^4) - w.w
w | w: vector(n); a: vector(n); w.a/norm2(w)
a,b | a, b: vector(n); norm2(a)^2*norm2(b)^2
U | U: matrix(n,k); A: symmetric matrix(n,n); norm2(U*U' - A)^2
x | x: vector(n); (1 - x[1])^2 + 100*(x[2] - x[1]^2)^2
x | x: vector(n); sum(x.^2 - 10*cos(2*pi*x))
z | z: vector(n); y: onehot vector(n); norm2(softmax(z) - y)^2
z | z: vector(n); entropy(softmax(z))
p | p: positive scalar; p*log(p) - p^2
p | p: positive vector(n); q: positive vector(n); kl(p, q) - norm2(p)^2
W | W: matrix(k,n); X: matrix(m,n); norm2(X - relu(X*W')*W)^2
x | x: scalar; gelu(x)
x | x: scalar; silu(x)
x | x: scalar; sigma(x)*(1 - sigma(x))
x | x: scalar; relu(x) - relu(x - 1)
x | x: scalar; abs(x)^0.5
x | x: vector(n); A: symmetric matrix(n,n); x'*A*x
S | S: psd matrix(n,n); C: psd matrix(n,n); logdet(S) + tr(C*inv(S))
mu,v | x: vector(m); mu: scalar; v: positive scalar; m/2*log(v) + norm2(x - mu)^2/(2*v)
x | x: scalar; sin(x)
x | x: scalar; x*exp(x)
x | x: scalar; max(x,0)*max(-x,0) + x^3
x | x: vector(n); norm1(x)/norm2(x)
w | w: vector(n); u,v: vector(n); max(0, 1 - norm2(w - u) + norm2(w - v))
"""


def rows(text: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|", 1)] for line in text.strip().splitlines()]


@pytest.mark.parametrize(("kind", "asked"), rows(CURVED), ids=lambda v: v[:70])
def test_certified(kind: str, asked: str) -> None:
    by, text = [part.strip() for part in asked.split("|", 1)]
    verdict = sd.curvature(sd.parse(text), by.split(","))
    assert verdict.kind == kind, verdict
    assert not verdict.condition.startswith("if ") or verdict.condition == "if 1 - a >= 0"


@pytest.mark.parametrize(("by", "text"), rows(NEITHER), ids=lambda v: v[:70])
def test_never_certified(by: str, text: str) -> None:
    """Not convex, not concave, with a counterexample for each."""
    verdict = sd.curvature(sd.parse(text), by.split(","))
    assert verdict.kind == "neither"
    assert [w.against for w in verdict.counterexamples] == ["convex", "concave"]


def test_there_are_enough() -> None:
    assert len(rows(CURVED)) >= 50 and len(rows(NEITHER)) >= 30
