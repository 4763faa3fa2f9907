"""What the tests of the table share: texts and spellings turned into functions, points of a row's own domain."""

import importlib
import re
from collections import namedtuple
from functools import cache
from typing import Any

import numpy as np
import pytest

from symdiff.expr.node import CALL, CONST, DELTA, DIM, NUM, POW, PROD, RESHAPE, SUM, UNIT, VAR
from symdiff.expr.walk import topological
from symdiff.numeric.targets import LIBRARIES
from symdiff.syntax import template
from symdiff.table import TABLE

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MODULES = {
    "numpy": {"contextvars": "contextvars", "np": "numpy", "scipy": "scipy.special"},
    "jax": {"jnp": "jax.numpy", "jax": "jax.scipy.special"},
    "torch": {"torch": "torch"},
    "math": {"math": "math"},
}


@cache
def spelled(name, target):
    """The Python function that a row's code for this target denotes."""
    row = TABLE[name]
    code, args = getattr(row, target), [f"a{i + 1}" for i in range(len(row.args))]
    for i, a in enumerate(args):
        code = code.replace(f"#{i + 1}", a)
    if "#" not in getattr(row, target):
        code += f"({', '.join(args)})"
    names = {}
    for short, module in MODULES[target].items():
        found = importlib.import_module(module)
        names[short] = importlib.import_module(module.split(".")[0]) if module.startswith((short + ".", short)) else found
    text = code
    for helper, source in reversed(
        LIBRARIES[target].helpers.items()
    ):  # the helpers that a generated source carries with it, and what they call
        if re.search(rf"\b{helper}\b", text):
            text += source
            exec(source, names)
    return eval(f"lambda {', '.join(args)}: {code}", names)  # the text is the table's own


def evaluate(expr, values, dims=(), strict=False):
    """The value of a node, every operation done by NumPy and every function by its NumPy spelling.

    strict: nan where any value on the way is none, or infinite, as that of sigma(1/x) at 0.
    """
    dims = dict(dims)

    def size(d):
        if isinstance(d, tuple):
            return int(np.prod([size(part) for part in d]))
        return d if isinstance(d, int) else dims[d]

    def product(node, args):
        labels, out = node.data
        factors = [np.ones([size(d) for d in node.shape]), *args]
        specs = ["..." + "".join(LETTERS[i] for i in ls) for ls in (out, *labels)]  # in front: one axis of points
        return np.einsum(",".join(specs) + "->" + specs[0], *factors)

    done: dict[Any, Any] = {}
    for node in topological([expr]):
        args = [done[a] for a in node.args]
        match node.op:
            case op if op == NUM:
                done[node] = float(node.data)
            case op if op == CONST:
                done[node] = {"pi": np.pi}[node.data]
            case op if op == DIM:
                done[node] = size(node.data)
            case op if op == DELTA:
                done[node] = np.eye(size(node.shape[0]))
            case op if op == UNIT:
                done[node] = np.eye(size(node.shape[0]))[node.data - 1]
            case op if op == RESHAPE:
                done[node] = np.reshape(args[0], [size(d) for d in node.shape])
            case op if op == VAR:
                done[node] = np.asarray(values[node.data[0]], float)
            case op if op == SUM:
                done[node] = sum(float(c) * a for c, a in zip(node.data, args, strict=True))
            case op if op == PROD:
                done[node] = product(node, args)
            case op if op == POW:
                done[node] = np.power(np.asarray(args[0], float), args[1])
            case op if op == CALL:
                done[node] = spelled(node.data, "numpy")(*args) * 1.0
            case _:
                raise AssertionError(f"no value for {node.op}")
        if strict:  # 0 times what is no number is none; of an if only the branch that is taken counts
            done[node] = done[node] + sum(0.0 * v for v in (done[node], *(args[:1] if node.data == "if" else args)))
    return done[expr]


def holds(row, values, y):
    """Whether the conditions of the row hold at a point, entry by entry."""
    if not row.where:
        return True
    return evaluate(template(f"[{row.where}]", dict.fromkeys((*row.args, "y"), ())), dict(zip(row.args, values, strict=True), y=y)) != 0


def points(row, n=80):
    """n random points of the row's domain, as one array per argument."""
    rng = np.random.default_rng(len(row.name))
    draws = []
    for name, (lo, hi) in zip(row.args, row.sample, strict=True):
        whole = name in row.integer or row.relation in ("and", "or", "not") or name == "c"
        draws.append(rng.integers(lo, hi + 1, 8 * n) * 1.0 if whole else rng.uniform(lo, hi, 8 * n))
    with np.errstate(all="ignore"):
        keep = np.broadcast_to(holds(row, draws, spelled(row.name, "numpy")(*draws)), draws[0].shape)
    draws = [d[keep][:n] for d in draws]
    assert len(draws[0]) == n, f"{row.name}: too few of its samples lie in its domain"
    return draws


Tools = namedtuple("Tools", "spelled evaluate holds points")
TOOLS = Tools(spelled, evaluate, holds, points)


@pytest.fixture(scope="session")
def tools():
    return TOOLS
