"""The plain twins of the sweep and of the tables of nodes: the sweep in ten lines, as a lecture says it, and nodes in one dictionary.

What the tricks buy, `python -m benchmarks --only rosenbrock` and `--only chain` show.
"""

from __future__ import annotations

from functools import reduce
from random import Random

import pytest

from symdiff.calculus.sweep import derivative
from symdiff.calculus.template import put
from symdiff.errors import DomainError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, POW, PROD, SUM, Expr, Shape, make
from symdiff.expr.walk import substitute, topological
from symdiff.simplify import simplify
from symdiff.syntax import parse

X = [build.var(name, ()) for name in "xyz"]


def local(node: Expr, k: int) -> Expr:
    """The gradient on the edge from a number to its k-th argument."""
    others = [a for j, a in enumerate(node.args) if j != k]
    if node.op == SUM:
        return build.num(node.data[k])
    if node.op == PROD:
        return reduce(build.scale, others, build.ONE)
    if node.op == NAME:
        return build.ONE
    if node.op == CALL:
        return put(node.data, k, node.args, node)
    base, exponent = node.args
    return build.scale(node, build.call("log", base)) if k else build.scale(exponent, build.power(base, build.sub(exponent, build.ONE)))


def plain(f: Expr, wrt: list[Expr]) -> list[Expr]:
    adjoint = {f: build.ONE}
    for node in reversed(topological([f])):  # users before arguments
        if node in adjoint:
            for k, arg in enumerate(node.args):
                along = build.scale(adjoint[node], local(node, k))  # multiply along the path
                adjoint[arg] = build.add(adjoint[arg], along) if arg in adjoint else along  # add where paths meet
    return [adjoint.get(x, build.ZERO) for x in wrt]


def one_more(rng: Random, a: Expr, b: Expr) -> Expr:
    kind = rng.choice(["add", "sub", "scale", "scale", "power", "call", "name"])
    if kind == "power":
        return build.power(a, build.num(rng.choice([2, 3, -1])))
    if kind == "call":
        return build.call(rng.choice(["exp", "sin", "tanh", "sigma", "arctan", "softplus"]), a)
    if kind == "name":
        return build.name("h", a)
    return {"add": build.add, "sub": build.sub, "scale": build.scale}[kind](a, b)


def graph(rng: Random) -> Expr:
    """A random graph of numbers: parts stand in several places."""
    nodes = [*X, build.num(2), build.num(3)]
    for _ in range(rng.randint(1, 14)):
        nodes.append(one_more(rng, rng.choice(nodes), rng.choice(nodes)))
    return nodes[-1]


def normal(expr: Expr) -> Expr | str:
    try:
        return simplify(unnamed([expr]))[0]
    except DomainError as error:  # 1/(x - x)
        return str(error)


def unnamed(exprs: list[Expr]) -> list[Expr]:
    """Without names: our edges show the name of a value where it has one, the lecture's do not."""
    new = substitute(exprs, lambda node, args: args[0] if node.op == NAME else make(node.op, args, node.data, node.shape))
    return [new[e] for e in exprs]


@pytest.mark.parametrize("seed", range(300))
def test_the_sweep_is_the_plain_one(seed: int) -> None:
    f = graph(Random(seed))
    ours, lecture = derivative(f, X), plain(f, X)
    for mine, theirs, x in zip(ours, lecture, X, strict=True):
        assert normal(mine) == normal(theirs), (seed, x)


def test_of_a_formula_of_the_lecture() -> None:
    f = parse("score = w*x; margin = y*score; log(1 + exp(-margin)) + (score - y)^2").expr
    wrt = [build.var(name, ()) for name in "wxy"]
    assert simplify(unnamed(derivative(f, wrt))) == simplify(unnamed(plain(f, wrt)))


def test_a_wrong_edge_is_seen() -> None:
    x = X[0]
    f = build.call("tanh", build.scale(x, x))
    assert simplify(derivative(f, [x])) != simplify([build.scale(a, build.num(2)) for a in plain(f, [x])])


# ------------------------------------------------------------------------------------------------------------- interning


class Plain:
    """Nodes in one dictionary by all their fields: what the tables of an operation are a quick form of."""

    def __init__(self) -> None:
        self.known: dict[tuple[object, ...], int] = {}

    def make(self, op: int, args: tuple[int, ...], data: object, shape: Shape) -> int:
        # 1 and True and 1.0 are apart; of exact numbers only their values count
        return self.known.setdefault((op, args, type(data), data, shape), len(self.known))


@pytest.mark.parametrize("seed", range(100))
def test_nodes_are_one_where_the_plain_dictionary_says_so(seed: int) -> None:
    rng = Random(seed)
    roots = [graph(rng) for _ in range(5)]
    table, numbers = Plain(), {}
    for node in topological(roots):
        numbers[node] = table.make(node.op, tuple([numbers[a] for a in node.args]), node.data, node.shape)
    assert len(set(numbers.values())) == len(numbers)
    for node in topological(roots):  # made again, each is the node that exists
        assert make(node.op, node.args, node.data, node.shape) is node


def test_powers_and_sums_of_the_twin_are_met() -> None:
    ops = {node.op for seed in range(300) for node in topological([graph(Random(seed))])}
    assert {SUM, PROD, POW, CALL, NAME} <= ops
