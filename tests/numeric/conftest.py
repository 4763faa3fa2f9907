"""A second evaluator for the tests: plain loops over the labels of every product, nothing shared with the code under test."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest

from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR
from symdiff.expr.walk import topological

CALLS = {
    "exp": np.exp,
    "tanh": np.tanh,
    "max": np.maximum,
    "lt": lambda a, b: (a < b) * 1.0,
    "gt": lambda a, b: (a > b) * 1.0,
    "and": lambda a, b: ((a != 0) & (b != 0)) * 1.0,
    "not": lambda a: (a == 0) * 1.0,
    "if": lambda c, a, b: np.where(c != 0, a, b),
    "inv": np.linalg.inv,
    "norm2": lambda x: np.sqrt(np.sum(x * x)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
}


def size(d, sizes):
    return d if isinstance(d, int) else math.prod(size(p, sizes) for p in d) if isinstance(d, tuple) else sizes[d]


def loops(factors, labels, out, length):
    """The Einstein product, entry by entry."""
    inner = sorted({s for ls in labels for s in ls} - set(out))
    result = np.zeros([length[s] for s in out])
    for place in np.ndindex(*result.shape):
        at = dict(zip(out, place, strict=True))
        terms = []
        for rest in itertools.product(*[range(length[s]) for s in inner]):
            at.update(zip(inner, rest, strict=True))
            terms.append(math.prod(float(f[tuple(at[s] for s in ls)]) for f, ls in zip(factors, labels, strict=True)))
        result[place] = math.fsum(terms)
    return result


def reference(root, values, sizes):
    """The value of an expression, by the table of symdiff.expr.node alone."""
    done = {}
    value: Any
    for node in topological([root]):
        args = [done[a] for a in node.args]
        shape = tuple(size(d, sizes) for d in node.shape)
        if node.op == NUM:
            value = float(node.data)
        elif node.op == DIM:
            value = float(sizes[node.data])
        elif node.op == CONST:
            value = math.pi
        elif node.op == VAR:
            value = values[node.data[0]]
        elif node.op == DELTA:
            value = np.eye(shape[0])
        elif node.op == UNIT:
            value = np.eye(shape[0])[node.data - 1]
        elif node.op == SUM:
            value = sum(float(c) * a for c, a in zip(node.data, args, strict=True))
        elif node.op == PROD:
            labels, out = node.data
            length = {s: size(d, sizes) for ls, a in zip(labels, node.args, strict=True) for s, d in zip(ls, a.shape, strict=True)}
            length.update(zip(out, shape, strict=True))
            value = loops(args, labels, out, length)
        elif node.op == POW:
            value = args[0] ** args[1]
        elif node.op == CALL:
            value = CALLS[node.data](*args)
        elif node.op == OPAQUE:
            value = values[node.data[0]](*args)
        elif node.op == NAME:
            value = args[0]
        else:
            assert node.op == RESHAPE
            value = args[0].reshape(shape)
        done[node] = np.asarray(value, dtype=float)
        assert done[node].shape == shape
    return done[root]


@pytest.fixture(name="reference")
def _reference():
    return reference


def quietly(function, values):
    """What the function returns; a warning is an error."""
    with warnings.catch_warnings(), np.errstate(over="raise", divide="raise", invalid="raise"):
        warnings.simplefilter("error")
        return np.asarray(function(values))


@pytest.fixture(name="quietly")
def _quietly():
    return quietly


@pytest.fixture(params=["numpy", "jax", "torch"])
def target(request):
    if request.param == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    elif request.param == "torch":
        pytest.importorskip("torch")
    return request.param
