"""The reverse sweep: one pass from the value to all variables, along every edge of the graph.

In: a value f of any shape, and the nodes to differentiate by. Out: for each of them df/dx, value axes first, not
simplified; on request the record of every edge. The adjoint of a node is df/dnode; it is the sum over the node's users of the
user's adjoint contracted with the local derivative on the edge. The graph is walked once, users before arguments, so
time and memory are linear in its size whatever the number of variables. Seeding with an identity whose axes are
those of f makes the same pass give Jacobians, and applied twice Hessians.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from symdiff.calculus import template, ties
from symdiff.calculus.diagonals import STEEP, Diagonals
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.build import ONE, TWO, ZERO
from symdiff.expr.collector import quiet_collector
from symdiff.expr.dims import is_sum, side
from symdiff.expr.node import (
    CALL,
    DELTA,
    NAME,
    NUM,
    OPAQUE,
    POW,
    PROD,
    RESHAPE,
    SUM,
    SUMS,
    TIMES,
    TWO_NUMBERS,
    VAR,
    Dim,
    Expr,
    Number,
    Shape,
    make,
)
from symdiff.expr.walk import topological, variables
from symdiff.table import TABLE


@dataclass(slots=True)
class Edge:
    """One edge of the graph: from `node` to its argument number `k`; what it adds to the argument's adjoint."""

    node: Expr
    k: int
    contribution: Expr


@dataclass(slots=True)
class Record:
    """What the sweep did: the nodes it met, value first, their adjoints, and the edges in the order taken."""

    nodes: list[Expr] = field(default_factory=list)
    adjoints: dict[Expr, Expr] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)


def derivative(f: Expr, wrt: Sequence[Expr], record: Record | None = None, *, unconstrained: bool = False) -> list[Expr]:
    """df/dx for every x of `wrt` (VARs, or NAMEs: then the name is the independent quantity).

    Each result has the axes of f followed by those of x. By a symmetric, psd or diagonal variable it is the derivative
    within that space; `unconstrained` takes the entries as independent. SymdiffError where a function on the way has no
    derivative.
    """
    with quiet_collector():
        for x in wrt:
            if x.op == PROD:
                raise DomainError(
                    "this is by variables and names, not by an entry", hint="the derivative by the whole variable has that entry, too"
                )
            if x.op == VAR and build.label_size(x.data[1]) is not None:
                raise DomainError(
                    f"`{x.name}` is a label, a whole number: there is no derivative by it",
                    hint="by the values it picks from: --wrt z for `z[y]`",
                )
        results = _Sweep(f, wrt, record).run()
        return results if unconstrained else [within_space(g, x) if x.shape else g for g, x in zip(results, wrt, strict=True)]


def within_space(g: Expr, x: Expr) -> Expr:
    """The derivative g by x projected on the space that x lies in: (G + G')/2 of a symmetric matrix, a diagonal's diagonal."""
    if len(x.shape) != 2 or x.op != VAR or {"symmetric", "psd", "diagonal"}.isdisjoint(x.data[1]):
        return g
    properties = x.data[1]
    k = len(g.shape) - 2
    front = tuple(range(k))
    if "diagonal" in properties:
        own = (*front, k, k + 1)
        return build.contract([g, build.eye(x.shape[0])], [own, (k, k + 1)], own)
    turned = build.contract([g], [(*front, k, k + 1)], (*front, k + 1, k))
    return build.linear([Fraction(1, 2), Fraction(1, 2)], [g, turned])


class _Sweep:
    """One pass over the graph of f."""

    def __init__(self, f: Expr, wrt: Sequence[Expr], record: Record | None) -> None:
        self.f = f
        self.wrt = list(wrt)
        self.record = record
        self.front = tuple(range(len(f.shape)))  # labels of the value's axes, in every adjoint
        self.independent = {x for x in wrt if x.args}  # bound names: the walk stops there, as it does at variables
        self.order = topological([f], self.independent)

    def run(self) -> list[Expr]:
        constant = self.constant()
        # What has reached a node: one term, or a list in which coefficients and terms take turns. A list for every node would cost
        # a tenth of the sweep (`python -m benchmarks --only rosenbrock`). A node is dropped when its turn comes, so that few
        # wait at a time, and they are found fast.
        reached: dict[Expr, Expr | list[Any]] = {} if self.f in constant else {self.f: self.seed()}
        independent, record, edges, of_numbers = self.independent, self.record, self.edges(), not self.front
        adjoints: dict[Expr, Expr] = {}
        so_far, take = reached.get, reached.pop
        for node in reversed(self.order):
            terms = take(node, None)
            if terms is None:  # no path leads here from the value
                continue
            g = terms if type(terms) is Expr else self.gather(terms)
            if record is not None:
                record.nodes.append(node)
                record.adjoints[node] = g
            args = node.args
            if not args or (independent and node in independent):
                adjoints[node] = g
                continue
            # Sums, squares, and products of two numbers are what large graphs are made of; without calls they take half the time
            # (`python -m benchmarks --only rosenbrock`; the plain twin is in tests/calculus/test_plain_sweep.py).
            op, data = node.op, node.data
            product = data is TWO_NUMBERS and of_numbers
            square = op == POW and args[1] is TWO and of_numbers and not node.shape
            c: Number
            for k, arg in enumerate(args):
                if arg in constant:
                    continue
                if product:
                    c, x = 1, args[0] if k else args[1]
                    x = x if g is ONE else g if x is ONE else TIMES[g, x]
                elif op == SUM:
                    c, x = data[k], g
                elif square:
                    c, x = 2, arg if g is ONE else TIMES[g, arg]
                else:
                    step = edges[op](node, k, g)
                    if step is None:
                        continue
                    c, x = step
                if record is not None:
                    record.edges.append(Edge(node, k, x if c == 1 else self.gather([c, x])))
                before = so_far(arg)
                if before is None:
                    reached[arg] = x if c == 1 else [c, x]
                elif type(before) is Expr:
                    reached[arg] = [1, before, c, x]
                else:
                    before += (c, x)
        found = map(adjoints.get, self.wrt)
        return [g if g is not None else build.spread(ZERO, self.f.shape + x.shape) for g, x in zip(found, self.wrt, strict=True)]

    def constant(self) -> set[Expr]:
        """What depends on none of the variables: in large graphs a few numbers, so that asking is cheap."""
        wrt, found = set(self.wrt), set[Expr]()
        for node in self.order:
            args = node.args
            if (not args or (args[0] in found and found.issuperset(args))) and node not in wrt:
                found.add(node)
        return found

    def seed(self) -> Expr:
        """The identity from the value's axes to themselves."""
        k = len(self.front)
        if k == 0:
            return ONE
        shape = self.f.shape
        return build.contract([build.eye(d) for d in shape], [(i, k + i) for i in range(k)], tuple(range(2 * k)))

    @staticmethod
    def gather(terms: list[Any]) -> Expr:
        """The sum of the terms, each behind its coefficient."""
        if len(terms) == 2:  # a multiple, the commonest case
            c, x = terms
            coefficients, parts = (c,), (x,)
        else:
            coefficients, parts = tuple(terms[::2]), tuple(terms[1::2])
        shape = parts[0].shape
        table = None if shape else SUMS.get(coefficients)
        return make(SUM, parts, coefficients, shape) if table is None else table[parts]

    # ------------------------------------------------------------------------ the edges, an operation each

    def edges(self) -> dict[int, Callable[[Expr, int, Expr], tuple[Number, Expr] | None]]:
        """For every op but SUM: what an edge from a node to its k-th argument adds to that argument's adjoint; None where it is zero."""
        return {
            POW: self.power_edge,
            CALL: self.call_edge,
            PROD: lambda node, k, g: (1, self.product_edge(node, k, g)),
            NAME: lambda node, k, g: (1, g),
            RESHAPE: lambda node, k, g: (1, build.reshape(g, self.f.shape + node.args[0].shape)),
            OPAQUE: self.opaque_edge,
        }

    def power_edge(self, node: Expr, k: int, g: Expr) -> tuple[Number, Expr]:
        base, exponent = node.args
        if node.shape and not (exponent.op == NUM and (exponent.data >= 1 or exponent.data < 0)):
            g = self.steep(g, node)
        if k == 0:
            if exponent.op == NUM:
                n = exponent.data
                local = base if n == 2 else build.power(base, build.num(n - 1))
                return n, self.pointwise(g, local, node.shape)
            local = build.elementwise(exponent, build.power(base, build.add(exponent, build.MINUS_ONE)))
            if exponent.shape and not variables([exponent]):  # x^(k-1): where the exponent is 0 the power is constant, also at x = 0
                local = build.elementwise(local, build.call("ne", exponent, ZERO))
            return 1, self.pointwise(g, local, node.shape)
        local = build.elementwise(self.output(node), build.call("log", base))
        if exponent.shape == node.shape:
            return 1, self.pointwise(g, local, node.shape)
        own = tuple(range(len(node.shape)))
        return 1, self.times(g, [local], [own], own, (), {})

    def product_edge(self, node: Expr, k: int, g: Expr) -> Expr:
        """The gradient on a product's edge is the product of the other factors."""
        labels, out = node.data
        if not self.front and not any(labels) and not out:
            args = node.args
            return self.numbers([g, *args[:k], *args[k + 1 :]])
        mine = labels[k]
        factors = [a for j, a in enumerate(node.args) if j != k]
        others = [ls for j, ls in enumerate(labels) if j != k]
        sizes = dict(zip(mine, node.args[k].shape, strict=True))
        if len(set(mine)) < len(mine):  # a diagonal: the adjoint is zero off it
            fresh = 1 + max(max(ls, default=0) for ls in (*labels, out))
            seen: set[int] = set()
            renamed = []
            for label in mine:
                if label in seen:
                    factors.append(build.eye(sizes[label]))
                    others.append((label, fresh))
                    sizes[fresh] = sizes[label]
                    label, fresh = fresh, fresh + 1
                seen.add(label)
                renamed.append(label)
            mine = tuple(renamed)
        return self.times(g, factors, others, out, mine, sizes)

    def call_edge(self, node: Expr, k: int, g: Expr) -> tuple[int, Expr] | None:
        row = TABLE.names[node.data]
        if row.shape:
            return 1, self.whole_edge(node, k, g)
        equal = self.tied.get(node, ()) if row.ties else ()
        if not node.shape:
            local = template.put(row.name, k, node.args, self.named.get(node, node), equal)
            return None if local is ZERO else (1, self.pointwise(g, local, ()))
        if row.name in STEEP:
            g = self.steep(g, node)
        nodes = template.edge(row.name, k, equal)
        if nodes[-1] is ZERO:
            return None
        letters = dict(zip(row.args, node.args, strict=False))
        letters["y"] = self.output(node)
        own = tuple(range(len(node.shape)))
        local, _ = template.lift(nodes, {n: (x, own) for n, x in letters.items()}, dict(enumerate(node.shape)), {})
        return 1, self.pointwise(g, local, node.shape)

    def whole_edge(self, node: Expr, k: int, g: Expr) -> Expr:
        """A row over whole tensors: its text gives the adjoint of the argument from that of the output."""
        row = TABLE[node.data]
        ins, out = row.core()
        arg = node.args[k]
        dims: dict[str, Dim] = {}
        if ins[0] == ("*",):
            ins = (tuple(f"n{axis}" for axis in range(len(node.args[0].shape))), *ins[1:])
        batch = len(node.shape) - len(out)
        for core, a in zip(ins, node.args, strict=False):
            dims.update(zip(core, a.shape[len(a.shape) - len(core) :], strict=True))
        triangle = next((axis for axis in dims if is_sum(axis)), "")
        if triangle:
            dims["n"] = side(dims[triangle]) or 0
        front = len(self.front)
        here = tuple(range(front, front + batch))
        values = {letter: (a, here[: len(a.shape) - len(core)]) for letter, core, a in zip(row.args, ins, node.args, strict=False)}
        values["y"] = (self.output(node), here)
        values["g"] = (g, self.front + here) if g is not ONE else (g, ())
        sizes = dict(enumerate(self.f.shape)) | {i: node.shape[i - front] for i in here}
        if row.name == "matrix_power" and k == 0:
            return self.matrix_power_edge(node, g)
        if k < len(row.pull) and not row.pull[k]:
            raise DomainError(f"the derivative of {row.name} by {row.args[k]} is not known")
        if k >= len(row.pull):
            raise DomainError(f"{row.name} has no derivative by its argument {k + 1}")
        shared = ties.shares(node)
        result, labels = template.lift(template.pull(row.name, k, len(node.args[0].shape), shared), values, sizes, dims)
        whole = self.front + here
        core_axes = len(result.shape) - len(labels)
        want = len(arg.shape) - batch
        if labels == whole and core_axes == want:
            return result
        if core_axes not in (0, want):
            raise SymdiffError(f"the pull of {row.name} has the wrong shape")
        rest = tuple(range(len(sizes), len(sizes) + want))
        known = sizes | dict(zip(rest, arg.shape[batch:], strict=True))
        return build.contract([result], [labels + rest[:core_axes]], whole + rest, known)

    def matrix_power_edge(self, node: Expr, g: Expr) -> Expr:
        """A^k under a trace: k*g*A'^(k - 1), where the adjoint is g times the identity."""
        base, exponent = node.args
        out = g.data[1] if g.op == PROD else ()
        parts = list(zip(g.args, g.data[0], strict=True)) if g.op == PROD else [(g, ())]
        rest = [(x, ls) for x, ls in parts if x.op != DELTA]
        deltas = [set(ls) for x, ls in parts if x.op == DELTA]
        if self.front or len(node.shape) != 2 or deltas != [set(out)] or any(ls for _, ls in rest):
            raise DomainError(
                "the derivative of A^k by A is known under tr, det and logdet only", hint="write a whole number for the exponent: A^3"
            )
        lower = build.call("matrix_power", build.transpose(base), build.sub(exponent, ONE))
        return build.scale(self.numbers([*[x for x, _ in rest], exponent]), lower)

    def opaque_edge(self, node: Expr, k: int, g: Expr) -> tuple[int, Expr]:
        name, by, batch = node.data
        local = build.opaque(name, node.args, build.opaque_shape(node), (*by, k), batch)
        n = len(node.shape)
        own, inner = tuple(range(n)), tuple(range(n, n + len(node.args[k].shape) - batch))
        return 1, self.times(g, [local], [own + inner], own, own[:batch] + inner, {})

    # -------------------------------------------------------------------- adjoints times local derivatives

    def times(
        self,
        g: Expr,
        factors: Sequence[Expr],
        labels: Sequence[tuple[int, ...]],
        g_labels: tuple[int, ...],
        out: tuple[int, ...],
        sizes: dict[int, Dim],
    ) -> Expr:
        """g contracted with factors; labels are those of the graph's node, moved behind the value's axes."""
        k = len(self.front)
        if g is ONE and len(factors) == 1 and labels[0] == out:
            return factors[0]
        keep = [(x, ls) for x, ls in zip(factors, labels, strict=True) if x is not ONE]
        if g is not ONE:
            keep.insert(0, (g, g_labels))
        elif not keep:
            return build.spread(ONE, [sizes[i] for i in out]) if out else ONE

        def move(ls: tuple[int, ...]) -> tuple[int, ...]:
            return tuple([i + k for i in ls]) if k else ls

        full = [(self.front if x is g and i == 0 and g is not ONE else ()) + move(ls) for i, (x, ls) in enumerate(keep)]
        return build.contract([x for x, _ in keep], full, self.front + move(out), {i + k: d for i, d in sizes.items()})

    def pointwise(self, g: Expr, local: Expr, shape: Shape) -> Expr:
        """g times a local derivative of the argument's shape (or a scalar), entry by entry."""
        if not shape and not self.front:
            return local if g is ONE else g if local is ONE else TIMES[g, local]
        own = tuple(range(len(shape)))
        return self.times(g, [local], [own if local.shape else ()], own, own, dict(enumerate(shape)))

    @staticmethod
    def numbers(factors: list[Expr]) -> Expr:
        """The product of numbers, the common case of scalar graphs."""
        if ONE in factors:
            factors = [x for x in factors if x is not ONE]
        if len(factors) < 2:
            return factors[0] if factors else ONE
        return make(PROD, tuple(factors), build.of_numbers(len(factors)))

    # -------------------------------------------------------------------------- what is known of the graph

    def output(self, node: Expr) -> Expr:
        """The node as the formula calls it: local derivatives written in terms of y show the name, if it has one."""
        return self.named.get(node, node)

    @cached_property
    def named(self) -> dict[Expr, Expr]:
        """The NAMEs by what they name."""
        return {node.args[0]: node for node in self.order if node.op == NAME}

    @cached_property
    def tied(self) -> dict[Expr, tuple[str, ...]]:
        return ties.tied(topological([self.f]) if self.independent else self.order)

    @cached_property
    def diagonals(self) -> Diagonals:
        return Diagonals(self.order)

    def steep(self, g: Expr, node: Expr) -> Expr:
        """The adjoint of a node without the places where it is constant but has no slope."""
        found = self.diagonals.bracket(node)
        if found is None:
            return g
        own = tuple(range(len(node.shape)))
        return self.times(g, [found[0]], [found[1]], own, own, dict(enumerate(node.shape)))
