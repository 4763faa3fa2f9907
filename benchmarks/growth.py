"""How time and memory grow with the size of the formula: `python benchmarks/growth.py [--large]`.

For each workload and size: seconds to build the formula through the library, to take the gradient by all variables, to bring it
to normal form and to improve it; nodes; and the growth exponent log(t2/t1)/log(n2/n1) between sizes. The floor is a bare loop that
interns as many tuples in a dict and sweeps them in a list: what the language itself costs on this machine in the same run.
CPU seconds of this process, so that other processes disturb less; still, quote ratios. --large adds the chain of depth 10^5.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import time
import tracemalloc
from collections.abc import Callable

import symdiff as sd
from symdiff.calculus import derivative
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.expr.walk import topological
from symdiff.simplify import Improver, Normalizer


def chain(n: int) -> tuple[Expr, list[Expr]]:
    """f_{k+1} = sigma(a_k*f_k + b_k)."""
    f, variables = build.var("x"), []
    for k in range(n):
        a, b = build.var(f"a{k}"), build.var(f"b{k}")
        variables += [a, b]
        f = build.call("sigma", build.add(build.scale(a, f), b))
    return f, variables


def product(n: int) -> tuple[Expr, list[Expr]]:
    """x1*x2*…*xn."""
    variables = [build.var(f"x{k}") for k in range(n)]
    f = variables[0]
    for x in variables[1:]:
        f = build.scale(f, x)
    return f, variables


def rosenbrock(n: int) -> tuple[Expr, list[Expr]]:
    variables = [build.var(f"x{k}") for k in range(n)]
    f = build.ZERO
    for x, y in itertools.pairwise(variables):
        valley = build.scale(build.num(100), build.power(build.sub(y, build.power(x, build.TWO)), build.TWO))
        f = build.add(f, build.add(valley, build.power(build.sub(build.ONE, x), build.TWO)))
    return f, variables


def floor(n: int) -> float:
    """Seconds to intern n tuples in a dict and to sweep them once in a list."""
    start = time.process_time()
    table: dict[tuple[int, int, int], int] = {}
    nodes: list[tuple[int, int, int]] = []
    for k in range(n):
        key = (k & 7, k - 1, k >> 1)
        if key not in table:
            table[key] = len(nodes)
            nodes.append(key)
    adjoints = [0] * len(nodes)
    for k in range(len(nodes) - 1, 0, -1):
        _, a, b = nodes[k]
        adjoints[a] += 1
        adjoints[b] += adjoints[k] & 1
    return time.process_time() - start


def measure(make: Callable[[int], tuple[Expr, list[Expr]]], n: int) -> dict[str, float]:
    gc.collect()
    clock = [time.process_time()]
    f, variables = make(n)
    clock.append(time.process_time())
    raw = derivative(f, variables)
    clock.append(time.process_time())
    gc.disable()
    home = Normalizer()
    normal = home.run(raw)
    clock.append(time.process_time())
    improved = Improver(home).run(normal)
    clock.append(time.process_time())
    gc.enable()
    nodes = len(topological([f])), len(topological(raw)), len(topological(improved))
    seconds = [b - a for a, b in itertools.pairwise(clock)]
    return dict(zip(("f", "df", "simplified", "build", "sweep", "normal", "improve"), [*nodes, *seconds], strict=True))


def memory(make: Callable[[int], tuple[Expr, list[Expr]]], n: int) -> float:
    """Bytes per node of the formula and its gradient before simplification."""
    gc.collect()
    tracemalloc.start()
    f, variables = make(n)
    raw = derivative(f, variables)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / len(topological([f, *raw]))


def exponent(t1: float, t2: float, n1: int, n2: int) -> float:
    return math.log(max(t2, 1e-9) / max(t1, 1e-9)) / math.log(n2 / n1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also the chain of depth 10^5 (a minute or two)")
    large = parser.parse_args().large
    derivative(*chain(3))  # the table's texts are read once
    sizes = [1_000, 10_000]
    print(f"{'workload':12}{'n':>8}{'nodes f':>9}{'df':>9}{'simple':>9}{'build':>8}{'sweep':>8}{'normal':>8}{'improve':>8}"
          f"{'us/node':>9}{'exponent':>10}{'floor':>7}")
    for make in (chain, product, rosenbrock):
        before: tuple[int, float, float] | None = None
        for n in [*sizes, 100_000] if large and make is chain else sizes:
            row = measure(make, n)
            total = row["build"] + row["sweep"] + row["normal"] + row["improve"]
            bare = min(floor(int(row["df"])) for _ in range(3))
            growth = ""
            if before is not None:
                growth = f"{exponent(before[1], total, before[0], n):10.2f}{exponent(before[2], bare, before[0], n):7.2f}"
            before = (n, total, bare)
            print(f"{make.__name__:12}{n:8}{row['f']:9.0f}{row['df']:9.0f}{row['simplified']:9.0f}{row['build']:8.2f}{row['sweep']:8.2f}"
                  f"{row['normal']:8.2f}{row['improve']:8.2f}{1e6 * total / (row['f'] + row['df']):9.1f}{growth}")
    print(f"memory: {memory(chain, 10_000):.0f} bytes per node (chain of depth 10^4, formula and gradient)")
    for n in (10_000, 100_000):
        text = " + ".join(f"x{k}" for k in range(n))
        start = time.process_time()
        sd.parse(text)
        print(f"parse a sum of {n} terms: {time.process_time() - start:.2f} s")


if __name__ == "__main__":
    main()
