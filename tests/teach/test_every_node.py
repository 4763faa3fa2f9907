"""Backward values on random formulas: at every node equal to PyTorch's and to central differences; edges add up."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import symdiff as sd
from symdiff.expr import build
from symdiff.expr.walk import substitute, variables
from symdiff.names import places
from symdiff.numeric import compile, evaluate
from symdiff.printers import written
from symdiff.teach.numbers import trace
from symdiff.teach.record import lesson, letter, put

torch = pytest.importorskip("torch")

STEP = 1e-6


def replaced(f, node, letter):
    """f with a letter in the place of a node."""
    from symdiff.expr.node import make

    def rebuild(n, args):
        return letter if n is node else make(n.op, args, n.data, n.shape) if args else n

    return substitute([f], rebuild)[f]


def close(found, expected, tolerance):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    size = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    return float(np.max(np.abs(found - expected), initial=0.0)) <= tolerance * size


def examine(f, values, wrt):
    """Every node and edge of the trace of f; how many numbers were compared."""
    t = trace(lesson(f, wrt), values)
    tensors = {k: v if isinstance(v, int) else torch.as_tensor(v, dtype=torch.float64) for k, v in values.items()}
    compared = 0
    for node in t.lesson.backward:
        v = build.var("v_", node.shape)
        g = replaced(f, node.expr, v)
        here = torch.as_tensor(np.array(t.forward[node.id]), dtype=torch.float64).requires_grad_()
        value = compile([g], "torch")(**tensors, v_=here)
        (expected,) = torch.autograd.grad(value, here, allow_unused=True) if value.requires_grad else (None,)
        backward = np.asarray(t.backward[node.id])
        assert close(backward, 0 * backward if expected is None else expected.numpy(), 1e-9), f"{written(f)}: adjoint of {node.text}"
        compared += backward.size
        run = compile([g])
        start = np.array(t.forward[node.id], dtype=float)
        for index in list(np.ndindex(start.shape))[:3]:
            h = STEP * max(1.0, abs(float(start[index])))
            up, down = start.copy(), start.copy()
            up[index] += h
            down[index] -= h
            slope = (run(**values, v_=up) - run(**values, v_=down)) / (2 * h)
            scale = max(1.0, abs(t.value), float(np.abs(backward).max()))
            assert abs(slope - backward[index]) <= 1e-6 * scale, f"{written(f)}: difference at {node.text}"
        arriving = [np.asarray(t.passed[e]) for e in t.lesson.incoming[node.id]]
        assert node is t.lesson.top or close(sum(arriving, 0 * backward), backward, 1e-9), f"{written(f)}: paths to {node.text}"
    for e in t.lesson.edges:
        if e.active and e.local is not None:
            assert close(through(t, e), t.passed[e], 1e-9), f"{f}: edge {e.text}"
            compared += 1
    return compared


def through(t, e):
    """The adjoint of the user times the local derivative, as the form of the edge says."""
    user = t.lesson.nodes[e.user]
    above = np.asarray(t.backward[e.user])
    if e.form == "map":
        symbol = letter(t.lesson.adjoint_name, user.expr)
        return evaluate(put(e.local, {symbol: build.var("g_", user.shape)}), {**t.values, "g_": above})
    local = np.asarray(t.gains[e])
    return above * local if e.form == "times" else np.tensordot(above, local, axes=above.ndim)


def random_formulas(seed, count):
    from tests.fuzz.check import points
    from tests.fuzz.formulas import formula

    rng = Random(seed)
    while count:
        made = formula(rng)
        found = None if made.functions else points(made, seed)
        if found:
            count -= 1
            yield made, found[0]


@pytest.mark.parametrize("seed", range(4))
def test_every_node_of_random_formulas(seed):
    compared = 0
    for made, env in random_formulas(seed, 12):
        f = sd.parse(str(made)).expr
        if f.shape:
            f = build.total(f)
        known = places([f])
        values = {k: v if isinstance(v, int) else v.detach().numpy() for k, v in env.items() if k in known}
        wrt = [variables([f])[v.name] for v in made.free()]
        compared += examine(f, values, wrt)
    assert compared > 100
