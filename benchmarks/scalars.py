"""Gradients of formulas with many scalars: wide ones, deep ones, and answers that are large.

Every peer builds the formula with Python's operators, from nothing, and takes the gradient by all its variables. SymPy and
SymEngine have no reverse sweep: one derivative for each variable. JAX, PyTorch and autograd trace scalars, too: with arrays
there would be nothing to measure.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from benchmarks.measure import Facts, Peer, Run, Unable

Made = tuple[Any, list[Any]]
Variable = Callable[[str], Any]


# ---------------------------------------------------------------------------------------------- formulas


def product(n: int, var: Variable, sigma: Callable[[Any], Any]) -> Made:
    """x1*x2*...*xn"""
    variables = [var(f"x{k}") for k in range(n)]
    f = variables[0]
    for x in variables[1:]:
        f = f * x
    return f, variables


def rosenbrock(n: int, var: Variable, sigma: Callable[[Any], Any]) -> Made:
    """sum over i of 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2"""
    variables = [var(f"x{k}") for k in range(n)]
    f: Any = 0
    for x, y in pairwise(variables):
        f = f + (100 * (y - x**2) ** 2 + (1 - x) ** 2)
    return f, variables


def layers(n: int, var: Variable, sigma: Callable[[Any], Any]) -> Made:
    """f <- sigma(a_k*f + b_k), by all a_k and b_k"""
    f, variables = var("x"), []
    for k in range(n):
        a, b = var(f"a{k}"), var(f"b{k}")
        variables += [a, b]
        f = sigma(a * f + b)
    return f, variables


def sigmas(n: int, var: Variable, sigma: Callable[[Any], Any]) -> Made:
    """sigma(sigma(...sigma(x)))"""
    x = f = var("x")
    for _ in range(n):
        f = sigma(f)
    return f, [x]


def logistic_map(n: int, var: Variable, sigma: Callable[[Any], Any]) -> Made:
    """x <- 4*x*(1 - x): written out, the expression doubles with every step"""
    x = f = var("x")
    for _ in range(n):
        f = 4 * f * (1 - f)
    return f, [x]


def residuals(n: int, var: Variable, sigma: Callable[[Any], Any]) -> Made:
    """sum over k of (sigma(a_k*x - k) - y_k)^2, by x: derived, simplified and printed"""
    x, f = var("x"), 0
    for k in range(n):
        f = f + (sigma(var(f"a{k}") * x - k) - var(f"y{k}")) ** 2
    return f, [x]


GRADIENTS: dict[str, Callable[..., Made]] = {
    "product": product,
    "rosenbrock": rosenbrock,
    "layers": layers,
    "sigmas": sigmas,
    "logistic map": logistic_map,
}
PRINTED: dict[str, Callable[..., Made]] = {"residuals": residuals}
WORKS = GRADIENTS | PRINTED


# ---------------------------------------------------------------------------------------------- symdiff, and the floor


def _fresh(n: int) -> Variable:
    """Variables that no other size has: their nodes are not interned yet."""
    import symdiff as sd

    return lambda name: sd.scalars(f"{name}_{n}")


def _nodes(made: Made) -> Made:
    """What Python's operators made, as nodes: the sweep is of the core."""
    f, variables = made
    return f.expr, [x.expr for x in variables]


def swept(work: str, n: int) -> Run:
    import symdiff as sd
    from symdiff.calculus import derivative
    from symdiff.expr.walk import topological

    make = _of(GRADIENTS, work)
    derivative(*_nodes(make(3, _fresh(3), sd.sigma)))  # the texts of the table are read once

    def run() -> Callable[[], Facts]:
        f, variables = _nodes(make(n, _fresh(n), sd.sigma))
        raw = derivative(f, variables)
        return lambda: {"formula": len(topological([f])), "gradient": len(topological(raw))}

    return run


def simplified(work: str, n: int) -> Run:
    import symdiff as sd
    from symdiff.calculus import derivative
    from symdiff.expr.walk import topological
    from symdiff.simplify import simplify

    make = WORKS[work]
    str(sd.grad(make(3, _fresh(3), sd.sigma)[0], make(3, _fresh(3), sd.sigma)[1][0].name))

    def run() -> Callable[[], Facts]:
        f, variables = make(n, _fresh(n), sd.sigma)
        if work in PRINTED:
            return _characters(str(sd.grad(f, variables[0])))
        found = simplify(derivative(*_nodes((f, variables))))
        return lambda: {"simplified": len(topological(found))}

    return run


def memory(work: str, n: int) -> Run:
    """Bytes per node of the formula and its gradient before simplification, as Python counts them."""
    import symdiff as sd
    from symdiff.calculus import derivative
    from symdiff.expr.walk import topological

    make = _of(GRADIENTS, work)
    derivative(*_nodes(make(3, _fresh(3), sd.sigma)))

    def run() -> Callable[[], Facts]:
        tracemalloc.start()
        f, variables = _nodes(make(n, _fresh(n), sd.sigma))
        raw = derivative(f, variables)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return lambda: {"bytes per node": used / len(topological([f, *raw]))}

    return run


def floor(work: str, n: int) -> Run:
    """What the language itself costs: a bare loop interns as many tuples in a dict as there are nodes, and sweeps them in lists."""
    import symdiff as sd
    from symdiff.calculus import derivative
    from symdiff.expr.walk import topological

    f, variables = _nodes(WORKS[work](n, _fresh(n), sd.sigma))
    count = len(topological([f, *derivative(f, variables)]))
    del f, variables

    def run() -> None:
        table: dict[tuple[int, int, int], int] = {}
        nodes: list[tuple[int, int, int]] = []
        for k in range(count):
            key = (k & 7, k - 1, k >> 1)
            if key not in table:
                table[key] = len(nodes)
                nodes.append(key)
        adjoints = [0] * len(nodes)
        for k in range(len(nodes) - 1, 0, -1):
            _, a, b = nodes[k]
            adjoints[a] += 1
            adjoints[b] += adjoints[k] & 1

    return run


# ---------------------------------------------------------------------------------------------- the peers


def sympy(work: str, n: int) -> Run:
    import sympy

    return _one_by_one(work, n, sympy.Symbol, lambda z: 1 / (1 + sympy.exp(-z)))


def symengine(work: str, n: int) -> Run:
    import symengine

    return _one_by_one(work, n, symengine.Symbol, lambda z: 1 / (1 + symengine.exp(-z)))


def _one_by_one(work: str, n: int, symbol: Variable, sigma: Callable[[Any], Any]) -> Run:
    make = WORKS[work]

    def run() -> Callable[[], Facts] | None:
        f, variables = make(n, symbol, sigma)
        gradient = [f.diff(x) for x in variables]
        return _characters(str(gradient[0])) if work in PRINTED else None

    return run


def casadi(work: str, n: int) -> Run:
    import casadi

    make = WORKS[work]

    def run() -> Callable[[], Facts] | None:
        f, variables = make(n, casadi.SX.sym, lambda z: 1 / (1 + casadi.exp(-z)))
        gradient = casadi.gradient(f, casadi.vertcat(*variables))
        return _characters(str(gradient)) if work in PRINTED else None

    return run


def jax(work: str, n: int) -> Run:
    import jax

    make = _of(GRADIENTS, work)
    run, point = _of_a_function(make, n, jax.lax.logistic)
    jax.make_jaxpr(jax.grad(_of_a_function(make, 3, jax.lax.logistic)[0]))([0.5] * 7)
    return lambda: _nothing(jax.make_jaxpr(jax.grad(run))(point))


def autograd(work: str, n: int) -> Run:
    import autograd
    import autograd.numpy as anp

    run, point = _of_a_function(_of(GRADIENTS, work), n, lambda z: 1 / (1 + anp.exp(-z)))
    return lambda: _nothing(autograd.grad(run)(point))


def pytorch(work: str, n: int) -> Run:
    import torch

    make = _of(GRADIENTS, work)
    torch.set_num_threads(1)

    def run() -> None:
        f, variables = make(n, lambda name: torch.tensor(0.5, dtype=torch.float64, requires_grad=True), torch.sigmoid)
        torch.autograd.grad(f, variables)

    return run


def pytensor(work: str, n: int) -> Run:
    import pytensor
    import pytensor.tensor as pt

    make = _of(GRADIENTS, work)

    def run() -> None:
        f, variables = make(n, pt.dscalar, pt.sigmoid)
        pytensor.grad(f, variables)

    return run


def tensorgrad(work: str, n: int) -> Run:
    import tensorgrad
    from tensorgrad import functions

    make = _of(GRADIENTS, work)

    def run() -> None:
        f, variables = make(n, tensorgrad.Variable, functions.sigmoid)
        for x in variables:
            tensorgrad.Derivative(f, x).full_simplify()

    return run


def _of(works: dict[str, Callable[..., Made]], work: str) -> Callable[..., Made]:
    if work not in works:
        raise Unable
    return works[work]


def _of_a_function(make: Callable[..., Made], n: int, sigma: Callable[[Any], Any]) -> tuple[Callable[[list[Any]], Any], list[float]]:
    """The formula as a function of the list of its variables, and a point."""
    names: list[str] = []
    make(n, lambda name: names.append(name) or 0.5, lambda z: z)

    def function(values: list[Any]) -> Any:
        rest = iter(values)
        return make(n, lambda name: next(rest), sigma)[0]

    return function, [0.5] * len(names)


def _characters(text: str) -> Callable[[], Facts]:
    return lambda: {"characters": len(text)}


def _nothing(_: Any) -> None:
    return None


PEERS: dict[str, Peer] = {
    "floor": floor,
    "symdiff": swept,
    "symdiff, simplified": simplified,
    "casadi": casadi,
    "jax": jax,
    "pytensor": pytensor,
    "torch": pytorch,
    "autograd": autograd,
    "symengine": symengine,
    "sympy": sympy,
    "tensorgrad": tensorgrad,
    "memory": memory,
}
