"""A question of a derivative: the formula, what it is differentiated by, the right answer, and what is needed of these to look for a slip.

Everything is made when it is asked for first, and is the same for all answers to the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product
from random import Random

from symdiff.calculus import Record, derivative
from symdiff.calculus.sweep import within_space
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, POW, VAR, Expr, Number
from symdiff.expr.patterns import has_two_factors, is_call_of, is_elementwise, is_reciprocal
from symdiff.expr.walk import bindings, topological, variables
from symdiff.grading.changes import (
    INDICATORS,
    variants,
)
from symdiff.grading.factors import parts
from symdiff.grading.pieces import (
    MAX_NODES,
    MAX_TRIED,
    edge_of,
    expanded,
    of_edge,
    repeated,
    replaced,
    unless_error,
)
from symdiff.grading.points import DOMAINS, Budget, Components, Sample, samples
from symdiff.grading.words import Finding, shown, tidy
from symdiff.table.groups import SOFTENED

# Further points, and what the entries of their variables are multiplied by.
FAR_POINTS, FURTHER = 8, (3, -3, 10, -10, Fraction(1, 10), Fraction(1, 10**5))

# They keep this away from kinks.
CLOSE = 1e-12

# Numbers shown to a reader differ by this much of the larger one, or of 1; the least is taken where no such point is found.
VISIBLE = (1e-3, 1e-9)


class Question:
    """What a diagnosis needs of the formula and its derivative, whatever the answer. `expected` is written, as an answer is."""

    def __init__(self, f: Expr, wrt: Sequence[Expr], expected: Expr) -> None:
        self.f, self.wrt, self.expected = f, tuple(wrt), expected
        self.x = wrt[-1]
        self.simple = len(wrt) == 1 and not f.shape  # the question is a gradient: one variable, a number derived
        self.zero = build.spread(build.ZERO, expected.shape)
        self.budget = Budget(float("inf"))
        self.rng = Random(7)
        self.grids = list(product((1, 2, 4, 20), ("real", "positive", "unit", "definite", "large") * 3))
        self.small: list[tuple[dict[Expr, list[Fraction]], Components]] = []

    @cached_property
    def samples(self) -> list[Sample]:
        return samples(self.f, self.wrt, self.expected, self.budget)

    @cached_property
    def far(self) -> list[Sample]:
        """Points further out and closer to 0 than those of the samples: brackets, `sign` and roots of squares may turn there."""
        sample, rng = Sample(self.samples[0].setting, 0), Random(17)
        most = sample.setting.points(FAR_POINTS)
        for domain in [*DOMAINS] * 3:
            drawn = sample.setting.draw(rng, domain)
            drawn = {x: [v * rng.choice(FURTHER) for v in flat] if not x.data[1] else flat for x, flat in drawn.items()}
            sample.admit(sample.setting.at(drawn, near=CLOSE), drawn, most)
            if len(sample.points) == most:
                break
        return [sample] if sample.points else []

    @cached_property
    def record(self) -> Record:
        """The sweep from the value to the variable."""
        record = Record()
        derivative(self.f, [self.x], record=record)
        return record

    @cached_property
    def inner(self) -> list[Expr]:
        """The nodes between the value and the variable, value first."""
        return [n for n in self.record.nodes if n is not self.f and n is not self.x][:MAX_NODES]

    @cached_property
    def around(self) -> dict[Expr, tuple[Expr, Expr]]:
        """For every node on the way: the derivative with it held constant, and the derivative by it."""
        found = {}
        for node in [self.f, *self.inner]:
            v = build.var(" v", node.shape)
            try:
                found[node] = tuple(replaced(g, v, node) for g in derivative(replaced(self.f, node, v), [self.x, v]))
            except SymdiffError:
                continue
        return found  # type: ignore[return-value]

    def pulled(self, adjoint: Expr, arg: Expr) -> Expr:
        """What an adjoint of a node adds to the derivative by x."""
        if arg is self.x:
            return within_space(adjoint, self.x)
        v = build.var(" v", arg.shape)
        (inner,) = derivative(build.total(build.elementwise(v, arg)), [self.x])
        return replaced(inner, v, adjoint)

    @cached_property
    def paths(self) -> list[Expr]:
        """What each edge into the variable adds to the derivative, by the paths that meet above it; what is added twice is added up."""
        edges = self.record.edges
        users: dict[Expr, int] = {}
        for e in edges:
            users[e.node.args[e.k]] = users.get(e.node.args[e.k], 0) + 1
        met = {self.record.adjoints[node] for node, count in users.items() if count > 1 and node in self.record.adjoints}
        found: list[tuple[Number, Expr]] = []
        for e in edges:
            if e.node.args[e.k] is self.x:
                found += expanded(within_space(e.contribution, self.x), met)
        return self.added_up(found)

    @cached_property
    def terms(self) -> list[Expr]:
        """The terms of the derivative, multiplied out."""
        return self.added_up(expanded(self.expected))

    def added_up(self, terms: Sequence[tuple[Number, Expr]]) -> list[Expr]:
        """Terms that are multiples of each other as one."""
        groups: list[tuple[Expr, Number]] = []
        for c, term in terms:
            for k, (known, total) in enumerate(groups):
                ratio = self.multiple(term, known)
                if ratio is not None:
                    groups[k] = known, total + c * ratio
                    break
            else:
                groups.append((term, c))
        return [term if c == 1 else build.linear([c], [term]) for term, c in groups if c]

    def multiple(self, a: Expr, b: Expr) -> Fraction | None:
        """The number a/b at all sizes."""
        ratios = {sample.ratio(a, b) for sample in self.samples}
        return ratios.pop() if len(ratios) == 1 else None

    @cached_property
    def elsewhere(self) -> list[tuple[Finding, Expr]]:
        """Derivatives of the formula that are not the one asked for."""
        f, x = self.f, self.x
        found: list[tuple[Finding, Expr]] = [(("value", "this is the value of the formula, not its derivative"), f)]

        for y in self.letters:
            if y is not x:
                word = f"this is the derivative by {y.name}, not by {x.name}"
                with unless_error():
                    kind, words = ("variable", word) if y.op == VAR else ("chain", f"the chain rule stops at {y.name}: {word}")
                    found.append(((kind, words), repeated(f, y, 1)))
        for node in self.inner:
            words = f"the chain rule stops at `{shown(node)}`: this is the derivative by it, not by {x.name}"
            found.append((("chain", words), self.record.adjoints[node]))
        for times, word in ((2, "second"), (3, "third")):
            with unless_error():
                found.append((("order", f"this is the {word} derivative"), repeated(f, x, times)))
        return found

    @cached_property
    def local(self) -> list[tuple[Finding, Expr]]:
        """Slips at one node of the formula: its own derivative left out, another function's taken, its value in the place of it."""
        found: list[tuple[Finding, Expr]] = []
        for node, (rest, adjoint) in self.around.items():
            for k, arg in enumerate(node.args):
                if arg not in self.record.adjoints or not (node.op == POW or node.op == CALL):
                    continue
                for finding, changed in of_edge(node, k, arg, adjoint):
                    try:
                        found.append((finding, build.add(rest, self.pulled(changed, arg))))
                    except SymdiffError:
                        continue
                    if len(found) >= MAX_TRIED:
                        return found
        return found

    @cached_property
    def misread(self) -> list[tuple[Finding, Expr]]:
        """Derivatives of formulas that are nearly this one."""
        found: list[tuple[Finding, Expr]] = []
        for node in [self.f, *self.inner]:
            for part, other in variants(node):
                try:
                    (g,) = derivative(replaced(self.f, part, other), [self.x])
                except SymdiffError:
                    continue
                found.append((("other function", f"this would be right for `{shown(other)}` in the place of `{shown(part)}`"), g))
                if len(found) >= MAX_TRIED:
                    return found
        return found

    @cached_property
    def products(self) -> list[tuple[Finding, Expr]]:
        """The rules of products and quotients, as they are often misremembered."""
        f, x, found = self.f, self.x, []
        if not has_two_factors(f) or x.shape:
            return []
        u, v = f.args
        quotient = is_reciprocal(v)
        (du, dv) = (derivative(e, [x])[0] for e in (u, v.args[0] if quotient else v))
        if build.ZERO in (du, dv):
            return []
        if quotient:
            w = v.args[0]
            found.append(
                (("quotient rule", "this is the quotient of the derivatives: the quotient rule has two terms"), build.divide(du, dv))
            )
            square = build.power(w, build.TWO)
            first, second = build.scale(du, w), build.scale(u, dv)
            found.append(
                (
                    ("quotient rule", "in the quotient rule the terms are subtracted, not added"),
                    build.divide(build.add(first, second), square),
                )
            )
            found.append(
                (
                    ("quotient rule", "in the quotient rule the order of the terms is the other one"),
                    build.divide(build.sub(second, first), square),
                )
            )
        else:
            found.append((("product rule", "this is the product of the derivatives: the product rule has two terms"), build.scale(du, dv)))
            found.append(
                (
                    ("product rule", "this is the sum of the derivatives: the product rule multiplies each by the other factor"),
                    build.add(du, dv),
                )
            )
        return found

    @cached_property
    def among(self) -> list[Expr]:
        """Parts of the formula and of its derivative, and the local derivatives on the way: what a factor may be."""
        locals_ = []
        for node in self.record.nodes if len(self.wrt) == 1 else ():
            if is_elementwise(node):
                for k in range(len(node.args)):
                    with unless_error():
                        locals_.append(tidy(edge_of(node.data, k, node.args, node), self.f))
        sums = [build.total(build.call("exp", n.args[0])) for n in self.record.nodes if is_call_of(n, SOFTENED)]
        return parts([self.expected, self.f, *locals_[:20], *sums], [self.f, self.expected])

    def shown_points(self) -> Iterator[tuple[dict[Expr, list[Fraction]], Components]]:
        """Points with small numbers, whole ones first, then halves, then quarters: drawn when they are first needed, and kept."""
        setting = self.samples[0].setting
        yield from self.small
        while self.grids:
            grid, domain = self.grids.pop(0)
            drawn = setting.draw(self.rng, domain, grid)
            known = setting.at(drawn)
            if known is not None and setting.apart(drawn, Random(23)):
                self.small.append((drawn, known))
                yield drawn, known

    @cached_property
    def kinked(self) -> bool:
        """Whether the derivative may be another function somewhere else."""
        return any(
            n.op == CALL and n.data in (*INDICATORS, "eq", "ne", "if", "sign", "abs", "max", "min", "clip")
            for n in topological([self.expected])
        )

    @cached_property
    def letters(self) -> list[Expr]:
        """The variables and bound names of the formula."""
        return [*variables([self.f]).values(), *bindings([self.f]).values()]

    def renew(self, seconds: float, until: float = float("inf")) -> None:
        """Another answer begins, which may take so long."""
        self.budget.renew(seconds, until)
        for sample in [*self.samples, *self.__dict__.get("far", [])]:
            sample.renewed()
