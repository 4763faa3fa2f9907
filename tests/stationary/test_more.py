"""Further problems of textbooks, each worked out by hand here: point, kind; and points that are none of the formula's."""

from __future__ import annotations

import pytest

import symdiff as sd

VECTORS = "x, a, b, c: vector(n)"

# declarations | formula | by | equations | point, "name = text" each | kind
PROBLEMS = """
A: matrix(m,n); X: matrix(n,k); B: matrix(m,k); lambda: positive scalar | norm2(A*X - B)^2 + lambda*norm2(X)^2 | X | | X = inv(A'*A + lambda*eye(n))*A'*B | minimum
x: vector(n); b: positive scalar | b*sum(x) - n*log(b) | b | | b = n/sum(x) | minimum
x: vector(n); s: positive scalar; mu: scalar | n*log(s) + norm2(x - mu)^2/(2*s^2) | s | | s = norm2(x - mu)/sqrt(n) |
x: vector(n); s: positive scalar; mu: scalar | n*log(s) + norm2(x - mu)^2/(2*s^2) | mu,s | | mu = mean(x); s = norm2(x - mean(x))/sqrt(n) | minimum
x, y: scalar | x^2 + y^2 | x,y | x + y = 1 | x = 1/2; y = 1/2 | minimum
A: psd matrix(n,n); b: vector(n) | x'*A*x - 2*b.x | x | | x = inv(A)*b | minimum
x, y: vector(n); w: scalar | norm2(y - w*x)^2 | w | | w = y.x/(x.x) | minimum
x: scalar; a: positive scalar | exp(x) - a*x | x | | x = log(a) | minimum
x, y: scalar | x^2 + x*y + y^2 - 3*x | x,y | | x = 2; y = -1 | minimum
a, b, x: positive scalar | a/x + b*x | x | | x = sqrt(a/b) | minimum
x, a, b: vector(n) | norm2(x - a)^2 + norm2(x - b)^2 | x | | x = (a + b)/2 | minimum
S, L: psd matrix(n,n) | tr(S*L) - logdet(L) | L | | L = inv(S) | minimum
S: psd matrix(n,n); mu, w: vector(n); gamma: positive scalar | gamma/2*w'*S*w - mu.w | w | | w = inv(S)*mu/gamma | minimum
x, a: vector(n); A: matrix(m,n); b: vector(m) | 1/2*norm2(x - a)^2 | x | A*x = b | x = a - A'*(inv(A*A')*(A*a - b)) | minimum
x: vector(n); A: matrix(m,n); b: vector(m) | norm2(x)^2 | x | A*x = b | x = A'*(inv(A*A')*b) | minimum
p, q: positive vector(n) | sum(p .* log(p ./ q)) | p | sum(p) = 1 | p = q/sum(q) | minimum
p: positive vector(n); c: vector(n); T: positive scalar | p.c + T*sum(p .* log(p)) | p | sum(p) = 1 | p = softmax(-c/T) | minimum
x: vector(n); w: positive vector(n); mu: scalar | sum(w .* (x - mu).^2) | mu | | mu = w.x/sum(w) | minimum
Y: matrix(m,n); u: vector(m); v: vector(n) | norm2(Y - u*v')^2 | u | | u = Y*v/(v.v) | minimum
Y: matrix(m,n); U: matrix(m,k); V: matrix(n,k); lambda: positive scalar | norm2(Y - U*V')^2 + lambda*norm2(U)^2 | U | | U = Y*V*inv(V'*V + lambda*eye(k)) | minimum
t, u, v: positive scalar; p: scalar | -2*t*log(p) - u*log(2*p*(1 - p)) - 2*v*log(1 - p) | p | | p = (2*t + u)/(2*(t + u + v)) | minimum
x1, x2, x3: scalar | x1^2 + 2*x2^2 + 3*x3^2 | x1,x2,x3 | x1 + x2 + x3 = 1 | x1 = 6/11; x2 = 3/11; x3 = 2/11 | minimum
x, y: scalar | x^2 - y^2 | x,y | | x = 0; y = 0 | saddle
x, y: scalar | 2*x^2 + 3*y^2 + 4*x*y - 2*x | x,y | | x = 3/2; y = -1 | minimum
x, y, a: scalar; b: positive scalar | (a - x)^2 + b*(y - x^2)^2 | x,y | | x = a; y = a^2 | minimum
d, s, r: positive scalar | 4*d*((s/r)^12 - (s/r)^6) | r | | r = 2^(1/6)*s | minimum
x, y, z: positive scalar | x*y*z | x,y,z | x + y + z = c | x = c/3; y = c/3; z = c/3 | maximum
x, y, a, b: positive scalar | x^a*y^b | x,y | p*x + q*y = m | x = a*m/((a + b)*p); y = b*m/((a + b)*q) | maximum
x: positive scalar | x^3 - 3*x | x | | x = 1 | minimum
x: positive scalar | x + 4/x | x | | x = 2 | minimum
"""


def rows() -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in PROBLEMS.strip().splitlines()]


def test_there_are_enough() -> None:
    assert len(rows()) >= 25


@pytest.mark.parametrize(("declared", "formula", "by", "equations", "point", "kind"), rows(), ids=lambda v: v[:50])
def test_worked_by_hand(declared: str, formula: str, by: str, equations: str, point: str, kind: str) -> None:
    names = by.split(",")
    found = sd.stationary_points(f"{declared}; {formula}", names, subject_to=equations.split(",") if equations else ())
    assert len(found.points) == 1, str(found)
    (known,) = found.points
    values = known if isinstance(known, dict) else {names[0]: known}
    for text in point.split("; "):
        name, _, value = text.partition(" = ")
        assert values[name].equals(sd.parse(value, given=values[name])) is True, str(found)
    assert found.kind == kind


def test_a_point_outside_is_none() -> None:
    """x is declared positive, or a logarithm asks for it: the zero of the gradient is said, and is no point."""
    for text in ("x: positive scalar; x^2 + 2*x", "x^2/2 + 2*x + 0*log(x)"):
        found = sd.stationary_points(text, "x")
        assert not found.points and found.iteration is None
        assert str(found).startswith("no point of the formula was found: the gradient is zero at x = -")


def test_no_second_point_from_multiplying() -> None:
    """mu = (sum(x) + abs(sum(x)))/(2*n) is the mean for some data only."""
    found = sd.stationary_points("x: vector(n); s: positive scalar; mu: scalar; n*log(s) + norm2(x - mu)^2/(2*s^2)", ["mu", "s"])
    assert len(found.points) == 1


def test_the_multiplier_of_a_product() -> None:
    """Found by the logarithm, whose own multiplier is 1/f of it: y*z + nu = 0."""
    found = sd.stationary_points("x, y, z: positive scalar; x*y*z", ["x", "y", "z"], subject_to="x + y + z = 6")
    assert float(found.multipliers["nu"]()) == -4
