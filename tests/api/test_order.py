"""No answer depends on what else was parsed or asked: the examples of the library in two orders in one process, and each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Each is a program that leaves what it found in `found`: texts, notes, types, errors. They share names and nodes on purpose.
EXAMPLES = {
    "declared": 'f = sd.parse("A: matrix; x: vector; A*x"); found = [said(lambda: sd.grad(f, "x")), said(lambda: sd.hessian(f, "x")), str(sd.jacobian(f, "x"))]',
    "guessed": 'f = sd.parse("A*x"); found = [said(lambda: sd.grad(f, "x")), str(sd.jacobian(f, "x")), sources(f)]',
    "scalars": 'f = sd.parse("A, x: scalar; A*x"); found = [str(sd.grad(f, "x")), str(sd.hessian(f, "x")), sources(f)]',
    "norm": 'g = sd.grad(sd.parse("sqrt(x)"), "x"); found = [str(g), g.notes]',
    "same answer": 'g = sd.grad(sd.parse("x/sqrt(x)"), "x"); found = [str(g), g.notes]',
    "symmetric": 'g = sd.grad(sd.parse("A: symmetric matrix(n, n); x: vector(n); x\'*A*x/2"), "x"); found = [str(g), g.notes]',
    "any matrix": 'g = sd.grad(sd.parse("A: matrix(n, n); x: vector(n); x\'*A*x/2"), "x"); found = [str(g), g.notes]',
    "hinge": 'f = sd.parse("max(1 - y*w.phi, 0)"); g = sd.grad(f, "w"); found = [str(g), g.latex(), g(w=[3, 1], phi=[1, 2], y=0.1).tolist(), '
    'sd.verify(f, "w", g).ok, sd.check(f, "w", "-y*phi*[y*w.phi < 1]").correct, str(sd.parse(str(g), given=f))]',
    "svm": 'f = sd.parse("0.5*norm2(w)^2 + C*sum(max(1 - y .* (X*w), 0))"); g = sd.grad(f, "w"); found = [str(g), sources(f), sd.verify(f, "w", g).ok, '
    'sd.check(f, "w", str(g)).correct, str(sd.parse(str(g), given=f)), f(C=2.0, X=[[1, 2], [3, 4], [5, 6]], y=[1, -1, 1], w=[0.1, 0.2])]',
    "reinforce": 'f = sd.parse("W: matrix(k,d); s: vector(d); a: onehot vector(k); -R*a.log_softmax(W*s)"); g = sd.grad(f, "W"); found = [str(g), sources(f), '
    'sd.verify(f, "W", g).ok, sd.check(f, "W", str(g)).correct, str(sd.parse(str(g), given=f))]',
    "lecture": 'f = sd.parse("h = sigma(V*phi); residual = w.h - y; residual^2"); both = sd.grad(f, ["w", "V"]); found = [str(both), both[0].types["V"].source, f.notes]',
    "numbers": 'f = sd.parse("residual = w.phi - y; residual^2"); t = sd.trace(f, dict(w=[3, 1], phi=[1, 2], y=2), "w"); found = [str(t)]',
    "steps": 'found = [str(sd.steps("w.phi - y", "w", verify=False))]',
    "built": 'w, phi = sd.vectors("w phi", "n"); f = sd.max(1 - (w @ phi), 0); found = [str(sd.grad(f, "w")), sources(f)]',
    "directions": 'f = sd.parse("x: vector(n); norm2(x)"); found = [str(sd.jvp(f, "x", "v")), sd.jvp(f, "x", "v").notes, str(sd.hvp(f, "x", "v"))]',
    "curve": 'f = sd.parse("x^4"); found = [str(sd.derivative(f, "x", order=3)), str(sd.hessian(f, "x")), sd.parse("x").equals(f)]',
    "code": 'found = [sd.grad(sd.parse("x: vector(n); norm2(x)^2"), "x").code("numpy")]',
    "limits": 'f = sd.parse("A: matrix(2, 2); det(A)")\nwith sd.limits(order=1): found = [said(lambda: sd.derivative(f, "A", order=2))]\nfound.append(sd.derivative(f, "A", order=2).shape)',
}

PROGRAM = """
import json, sys
import symdiff as sd

def said(ask):
    try:
        return str(ask())
    except sd.SymdiffError as error:
        return f"{type(error).__name__}: {error.render()}"

def sources(f):
    return {name: [str(info.shape), info.source] for name, info in f.types.items()}

results = {}
limits = sd.limits(seconds=60)  # undecided by the clock would be another answer
limits.__enter__()
for name, text in json.load(sys.stdin).items():
    scope = {"sd": sd, "said": said, "sources": sources}
    exec(text, scope)
    results[name] = scope["found"]
    for k in range(300):  # as many others as version 0.1 remembered
        sd.parse(f"other{k}*x")
print(json.dumps(results))
"""


def run(examples: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(examples), capture_output=True, text=True, check=True, timeout=300
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def together() -> dict[str, object]:
    return run(EXAMPLES)


def test_in_another_order(together: dict[str, object]) -> None:
    backwards = run(dict(reversed(EXAMPLES.items())))
    assert list(backwards) == list(reversed(EXAMPLES))
    assert backwards == together


@pytest.mark.parametrize("name", EXAMPLES)
def test_in_a_process_of_its_own(name: str, together: dict[str, object]) -> None:
    assert run({name: EXAMPLES[name]}) == {name: together[name]}


def test_one_reading_for_all_that_is_asked(together: dict[str, object]) -> None:
    """The answers themselves: a declared matrix is no scalar, notes belong to the question, C and R are numbers."""
    declared, guessed, norm, same, svm, reinforce = (
        together[k] for k in ("declared", "guessed", "norm", "same answer", "svm", "reinforce")
    )
    assert declared[0].startswith("ShapeError") and declared[1].startswith("ShapeError") and declared[2] == "A"
    assert guessed[0].startswith("ShapeError") and "By convention" in guessed[0]
    assert norm[0] == same[0] and norm[1] != same[1] == []
    assert svm[1]["C"][0] == "()" and svm[2:4] == [True, True] and svm[4] == svm[0]
    assert reinforce[1]["R"][0] == "()" and reinforce[2:4] == [True, True] and reinforce[4] == reinforce[0]
