"""Constants for descent against the eigenvalues of the Hessian, in numbers: m is a lower bound, L an upper one."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symdiff as sd

# formula | variable | strongly convex with m | L; "" where nothing is said
FORMULAS = """
x: vector(n); var(x) | x | | 2/n
x: vector(n); sum(x)^2 | x | | 2*n
x: vector(n); x.x + sum(x)^2 | x | 2 | 2*n + 2
x: vector(n); norm2(x - mean(x))^2 | x | | 2
x: vector(n); norm2(x)^2 - x[1]^2/2 | x | | 2
x: vector(n); P: psd matrix(n,n); x.x + x'*P*x | x | 2 | 2*lambda_max(P) + 2
x, a: vector(n); (a.x - 1)^2 + 3*x.x | x | 6 | 2*a.a + 6
x: vector(n); mu, lambda: positive scalar; A: matrix(m,n); mu*norm2(A*x)^2 + lambda*x.x | x | 2*lambda | 2*lambda_max(mu*A'*A) + 2*lambda
X: matrix(m,n); v: vector(n); norm2(X*v)^2 | X | | 2*v.v
X: matrix(m,n); A: matrix(k,m); B: matrix(n,l); norm2(A*X)^2 + norm2(X*B)^2 | X | | 2*lambda_max(A'*A) + 2*lambda_max(B*B')
w: vector(n); X: matrix(m,n); y: vector(m); norm2(X*w - y)^2/(2*m) + 0.1/2*norm2(w)^2 | w | 0.1 | lambda_max(X'*X/m) + 0.1
x: vector(n); d: positive vector(n); sum(d .* x.^2) | x | | 2*max(d)
X: matrix(n,n); norm2(X)^2 + tr(X)^2 | X | | | which joins two axes
x: vector(n); norm2(cumsum(x))^2 | x | | | whose text would be too long
"""


def rows() -> list[list[str]]:
    return [[part.strip() for part in line.split("|")][:4] for line in FORMULAS.strip().splitlines()]


def of(e: sd.Formula, numbers: dict[str, object]) -> object:
    return e(**{name: numbers[name] for name in e.variables})


def value(text: str, f: sd.Formula, numbers: dict[str, object], sizes: dict[str, int]) -> float:
    """A constant's text as a number: lambda_max is the last of the eigenvalues."""
    text = re.sub(r"\b[mn]\b", lambda m: str(sizes[m.group()]), text)
    while "lambda_max(" in text:
        start = text.index("lambda_max(")
        end = depth = start + len("lambda_max(")
        open_ = 1
        while open_:
            open_ += (text[end] == "(") - (text[end] == ")")
            end += 1
        matrix = sd.parse(text[depth : end - 1], given=f)
        text = text[:start] + repr(float(np.linalg.eigvalsh(of(matrix, numbers))[-1])) + text[end:]
    return float(of(sd.parse(text, given=f), numbers))


def second_differences(f: sd.Formula, by: str, numbers: dict[str, object]) -> np.ndarray:
    """The Hessian of a quadratic function, from its values alone."""
    shape = np.shape(numbers[by])
    steps = np.eye(int(np.prod(shape))).reshape(-1, *shape)

    def at(x: np.ndarray) -> float:
        return float(f(**{**numbers, by: x}))

    zero = at(np.zeros(shape))
    return np.array([[at(a + b) - at(a) - at(b) + zero for b in steps] for a in steps])


@pytest.mark.parametrize(("formula", "by", "strongly", "lipschitz"), rows(), ids=lambda v: v[:60])
def test_against_the_eigenvalues(formula: str, by: str, strongly: str, lipschitz: str) -> None:
    f = sd.parse(formula)
    verdict = sd.curvature(f, by)
    assert verdict.kind == "convex"
    assert (verdict.strongly, verdict.lipschitz) == (strongly, lipschitz)
    if not lipschitz:
        assert not verdict.step
        return
    rng = np.random.default_rng(0)
    sizes = {"n": 3, "m": 4, "k": 2, "l": 5}
    numbers: dict[str, object] = {}
    for name, node in f.variables.items():
        array = rng.normal(size=[sizes[d] for d in node.shape])
        numbers[name] = array @ array.T if "psd" in node.expr.data[1] else abs(array) if "positive" in node.expr.data[1] else array
    eigenvalues = np.linalg.eigvalsh(second_differences(f, by, numbers))
    assert eigenvalues[-1] <= value(lipschitz, f, numbers, sizes) * (1 + 1e-12)
    assert eigenvalues[-1] == pytest.approx(value(lipschitz, f, numbers, sizes), rel=0.2)  # and not a loose one
    assert value(verdict.step, f, numbers, sizes) == pytest.approx(1 / value(lipschitz, f, numbers, sizes))
    if strongly:
        assert eigenvalues[0] >= value(strongly, f, numbers, sizes) * (1 - 1e-9)
