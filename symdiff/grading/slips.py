"""The usual slips of differentiating by hand, tried on a wrong answer until one explains it.

In: a formula, the right derivative, the wrong answer. Out: the kind of the slip and a sentence about it. Each slip is made
in the formula, in the right derivative, or mended in the answer, cheapest first, and is named only where the two then agree
at all points of at least two choices of sizes, and at the point that showed the answer to be wrong: what a sentence says is what
was computed. The search ends because every slip is tried at most once at every place, in graphs of at most MAX_NODES nodes,
within a number of operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations, islice, product
from random import Random
from typing import Any

from symdiff.calculus import Record, derivative
from symdiff.calculus.sweep import within_space
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, VAR, Expr, Number, make
from symdiff.expr.patterns import is_call
from symdiff.expr.walk import bindings, topological, variables
from symdiff.grading import conditions
from symdiff.grading.changes import (
    INDICATORS,
    LOCAL,
    MADE,
    MENDED,
    RELATIONS,
    Change,
    changes,
    substitutes,
    transposed,
    variants,
)
from symdiff.grading.conditions import Condition
from symdiff.grading.factors import Factor, FactorSearch, parts
from symdiff.grading.pieces import (
    MAX_NODES,
    MAX_TERMS,
    MAX_TRIED,
    attempted,
    edge_of,
    expanded,
    indicators_of,
    kinks_of,
    of_edge,
    of_places,
    one_of_sign,
    repeated,
    replaced,
    terms_of,
    unchanged,
    unless_error,
    with_number,
)
from symdiff.grading.points import DIGITS, DOMAINS, FLOOR, Budget, Components, Sample, Setting, Undecided, samples, size_powers
from symdiff.grading.reading import read
from symdiff.grading.repairs import MAX_REPAIRS, insertions, repairs
from symdiff.grading.words import Finding, apart, constant, mentions, number, shown, text_of, tidy
from symdiff.table import TABLE

# A larger number was not mistaken for one of the derivative's.
LARGEST_NUMBER = 10**6

# Further points, and what the entries of their variables are multiplied by.
FAR_POINTS, FURTHER = 8, (3, -3, 10, -10, Fraction(1, 10), Fraction(1, 10**5))

# They keep this away from kinks.
CLOSE = 1e-12

# An answer that is a multiple of the derivative by less than this was meant to be it.
ROUNDED = 0.01

# From so many digits on they are counted.
WHOLE = 6

# What comparisons are that hold at single points only, or fail there.
THIN = {"eq": build.ZERO, "ne": build.ONE}

# What may be another function somewhere else.
TURNING = ("eq", "ne", "if", "sign", "abs", "max", "min", "clip", "floor", "ceil", "round", "huber", "relu", "step")

# Said where no sample shows the difference.
IN_PLACES = "this differs from the derivative, but only in places"

# Numbers shown to a reader differ by this much of the larger one, or of 1; the least is taken where no such point is found.
VISIBLE = (1e-3, 1e-9)


class Question:
    """What a diagnosis needs of the formula and its derivative, whatever the answer. `expected` is written, as an answer is."""

    def __init__(self, f: Expr, wrt: Sequence[Expr], expected: Expr) -> None:
        self.f, self.wrt, self.expected = f, tuple(wrt), expected
        self.x = wrt[-1]
        self.simple = len(wrt) == 1 and not f.shape  # a gradient
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
        for domain in [*DOMAINS] * 3:
            drawn = sample.setting.draw(rng, domain)
            drawn = {x: [v * rng.choice(FURTHER) for v in flat] if not x.data[1] else flat for x, flat in drawn.items()}
            sample.admit(sample.setting.at(drawn, near=CLOSE), drawn, FAR_POINTS)
            if len(sample.points) == FAR_POINTS:
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
        if f.op != PROD or len(f.args) != 2 or x.shape:
            return []
        u, v = f.args
        quotient = v.op == POW and v.args[1] is build.MINUS_ONE
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
            if node.op == CALL and TABLE[node.data].elementwise:
                for k in range(len(node.args)):
                    with unless_error():
                        locals_.append(tidy(edge_of(node.data, k, node.args, node), self.f))
        sums = [build.total(build.call("exp", n.args[0])) for n in self.record.nodes if is_call(n, "softmax", "logsumexp", "log_softmax")]
        return parts([self.expected, self.f, *locals_[:20], *sums], [self.f, self.expected])

    def shown_points(self) -> Iterator[tuple[dict[Expr, list[Fraction]], Components]]:
        """Points with small numbers, whole ones first, then halves, then quarters: drawn when they are first needed, and kept."""
        setting = self.samples[0].setting
        yield from self.small
        while self.grids:
            grid, domain = self.grids.pop(0)
            drawn = setting.draw(self.rng, domain, grid)
            known = setting.at(drawn)
            if known is not None:
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

    def renew(self, seconds: float) -> None:
        """Another answer begins, which may take so long."""
        self.budget.renew(seconds)
        for sample in [*self.samples, *self.__dict__.get("far", [])]:
            sample.renewed()


class Search:
    """The slips, tried one after the other on one answer. Undecided when the time is up or components grow too large.

    answer: None where it has no expression. extra: more points, at which it is wrong. refuted: whether the verdict is that two expressions, the
    derivative or the answer the second of them, are not the same.
    """

    def __init__(
        self,
        question: Question,
        answer: Expr | None,
        extra: Sequence[Sample] = (),
        refuted: Callable[[Expr, Expr], bool] = lambda candidate, goal: False,
    ) -> None:
        self.q, self.extra, self.refuted = question, list(extra), refuted
        self.f, self.x, self.expected = question.f, question.x, question.expected
        self.answer = question.expected if answer is None else answer
        self.samples = question.samples
        if answer is not None and not all(sample.setting.takes(answer) for sample in self.samples):
            self.samples = []
        if self.samples:
            self.extra += question.far
        self.tried: list[tuple[Finding, Expr]] = []

    def run(self, text: str) -> Finding:
        """The first slip that explains the answer, which is known to be wrong."""
        fallback: Finding = ("wrong", "this is not the derivative")
        looks: list[Callable[[], Finding | None]]
        if self.answer.shape != self.expected.shape:
            fallback = ("shape", self.misfit())
            looks = [self.turned, self.other_shape, self.elsewhere, self.chained, lambda: self.repaired(text), self.sides, self.as_entries]
        else:
            looks = [self.scaled, self.turned, self.held, self.in_terms, self.elsewhere, self.in_space, self.thresholds, self.mended]
            looks += [
                self.normalised,
                self.made,
                self.multiplied_out,
                self.powers,
                self.antiderivative,
                self.misremembered,
                self.of_sign,
                self.diagonal,
            ]
            looks += [self.chained, self.one_sided, self.whole_factor, self.conditional, self.term_factor, self.sides]
            looks += [lambda: self.repaired(text), self.numbers, self.product_of_factors, self.nearly, self.rounded]
        if not self.samples:
            return fallback
        if self.answer.shape == self.expected.shape and all(s.same(self.expected, self.answer) for s in self.samples):
            fallback = ("wrong", IN_PLACES)
            met = any(not s.same(self.expected, self.answer) for s in self.extra)
            looks = [self.thresholds, self.numbers, self.mended, self.made, self.one_sided] if met else []
        for look in looks:
            finding = attempted(look)
            if finding:
                return finding
        return fallback

    # ------------------------------------------------------------------------------------------ comparing

    def everywhere(self) -> Iterator[Sample]:
        yield from self.samples
        yield from self.extra

    def same(self, a: Expr, b: Expr) -> bool:
        return all(sample.same(a, b) for sample in self.everywhere())

    def ratio(self, a: Expr, b: Expr) -> Fraction | None:
        """The rational number a/b, one and the same at all points and sizes."""
        c = self.samples[0].ratio(a, b)
        return c if c is not None and all(sample.same(a, b, c) for sample in self.everywhere()) else None

    def size_ratio(self, a: Expr, b: Expr) -> tuple[str, Fraction, int] | None:
        """a/b as (d, c, power): a number c times a power of a dimension d, or of a product of two."""
        ratios = [sample.ratio(a, b) for sample in self.samples]
        if None in ratios or not all(ratios):
            return None
        for name, sizes in size_powers([sample.setting.sizes for sample in self.samples]):
            for power in (1, -1):
                c = {r / n**power for r, n in zip(ratios, sizes, strict=True) if r is not None}
                if len(c) == 1:
                    return name, c.pop(), power
        return None

    def is_answer(self, candidate: Expr) -> bool:
        return self.same(candidate, self.answer)

    def right(self, candidate: Expr) -> bool:
        """Whether a repaired answer is the derivative, also where no sample is."""
        return self.same(candidate, self.expected) and self.stands(candidate, self.expected)

    def stands(self, candidate: Expr, goal: Expr) -> bool:
        """Whether what agrees at the samples is the same: what has functions of its own goes to the verdict."""
        known = set(topological([self.f, self.expected] if goal is self.expected else [goal]))
        own = [n for n in topological([candidate]) if n.op == CALL and n not in known]
        if not own or (goal is not self.expected and not any(n.data in (*INDICATORS, *TURNING) for n in own)):
            return True
        return not self.swallows(candidate) and not self.refuted(candidate, goal)

    def swallows(self, candidate: Expr) -> bool:
        """Whether something of it is lost beside something else, as exp(-1e7) is beside 1, but not so in the derivative."""
        sample = self.samples[0]
        return any(
            sample.setting.absorbs(known, candidate) and not sample.setting.absorbs(known, self.expected) for known in sample.points[:2]
        )

    def first(self, offers: Sequence[tuple[Finding, Expr]]) -> Finding | None:
        """The first candidate that is the answer; the others are kept for `nearly`."""
        for finding, candidate in offers:
            if self.is_answer(candidate):
                return finding
        self.tried += offers
        return None

    # ------------------------------------------------------------------------------------------ the whole

    def misfit(self) -> str:
        what = "gradient" if self.q.simple else "derivative"
        return f"the {what} is a {build.describe(self.expected.shape)}, not a {build.describe(self.answer.shape)}"

    def scaled(self) -> Finding | None:
        """A constant or a dimension times the right answer."""
        if self.is_answer(self.q.zero):
            return ("zero", "the derivative is not zero") if self.vanishes() else None
        if self.expected is self.q.zero or (not self.q.kinked and self.same(self.expected, self.q.zero)):
            return "zero", "the derivative is zero"
        c = self.ratio(self.answer, self.expected)
        if c == -1:
            return "sign", "the sign is wrong: this is the negative of the derivative"
        if c is not None:
            return "factor", constant(c)
        found = self.size_ratio(self.answer, self.expected)
        return ("factor", self.of_size(*found)) if found else None

    def vanishes(self) -> bool:
        """Whether the answer is zero also at points that are no samples since the derivative is zero there: brackets may turn it on."""
        setting, rng = self.samples[0].setting, Random(13)
        for domain in [*DOMAINS] * 4:
            drawn = setting.draw(rng, domain)
            known = setting.at(
                {x: [v * rng.choice((1, 1, 10, Fraction(1, 10))) for v in flat] if not x.data[1] else flat for x, flat in drawn.items()}
            )
            if known is not None and any(setting.finite([v]) and abs(v) > FLOOR for v in known(self.answer)):
                return False
        return True

    def of_size(self, name: str, c: Fraction, power: int) -> str:
        """What is wrong with an answer that is c*size^power times the derivative."""
        mine = any(
            name.strip("()").split("*")[0].split("^")[0] == n.data
            for n in topological([self.answer])
            if n.op != NUM and isinstance(n.data, str)
        )
        wrong = f", and {constant(c)}" if c != 1 else ""
        if "/" in name:
            upper, lower = name.strip("()").split("/") if power == -1 else reversed(name.strip("()").split("/"))
            return f"the factor {upper}/{lower} is missing{wrong}"
        if power == -1:
            return f"a factor of {name} is missing{wrong}"
        return f"a factor of {name} is too much{wrong}" if mine else f"the factor 1/{name} is missing{wrong}"

    def turned(self) -> Finding | None:
        """The transpose of the right answer."""
        turned = transposed(self.expected)
        if turned is None or not self.is_answer(turned):
            return None
        shape = build.describe(self.expected.shape)
        return "transposed", f"this is the transpose: the {'gradient' if self.q.simple else 'derivative'} is a {shape}"

    def other_shape(self) -> Finding | None:
        """The right numbers in another shape: one for all, only the diagonal, still to be summed."""
        answer, expected = self.answer, self.expected
        if not answer.shape and self.same(build.spread(answer, expected.shape), expected):
            return "shape", f"{self.misfit()}: all its entries are this number"
        if not expected.shape and self.same(build.total(answer), expected):
            return "shape", f"{self.misfit()}: the sum of these entries is still to be taken"
        if len(expected.shape) == 2 and expected.shape[0] == expected.shape[1] and self.is_answer(build.diag_part(expected)):
            return "shape", f"{self.misfit()}: this is only its diagonal"
        return None

    def elsewhere(self) -> Finding | None:
        return self.first(self.q.elsewhere) if self.q.simple else None

    def in_space(self) -> Finding | None:
        """The derivative by all entries where the variable is symmetric or diagonal."""
        if self.x.op != VAR or not self.q.simple or not {"symmetric", "psd", "diagonal"} & set(self.x.data[1]):
            return None
        (g,) = derivative(self.f, [self.x], unconstrained=True)
        diagonal = "diagonal" in self.x.data[1]
        if self.is_answer(g):
            word, form = ("diagonal", "its diagonal") if diagonal else ("symmetric", "(G + G')/2")
            return "unconstrained", f"this is the gradient G by unconstrained entries; {self.x.name} is {word}, so it is {form}"
        twice = build.sub(build.linear([2], [self.expected]), build.diag_matrix(build.diag_part(self.expected)))
        if not diagonal and self.is_answer(twice):
            return (
                "convention",
                f"here every entry below the diagonal counts as the one above it: with the gradient G this is 2*G - diag(diag(G)), and {self.x.name} is moved by G",
            )
        return None

    def diagonal(self) -> Finding | None:
        """Only the diagonal of a Jacobian, of the derivative or of a softmax on the way."""
        square = len(self.expected.shape) == 2 and self.expected.shape[0] == self.expected.shape[1]
        if square and self.is_answer(build.diag_matrix(build.diag_part(self.expected))):
            return "diagonal", "this is only the diagonal of the derivative: the entries off it are missing"
        return None

    def antiderivative(self) -> Finding | None:
        if not self.q.simple or self.x.shape or self.answer.shape:
            return None
        try:
            (g,) = derivative(self.answer, [self.x])
        except SymdiffError:
            return None
        return ("antiderivative", "this is an antiderivative of the formula, not its derivative") if self.same(g, self.f) else None

    # ------------------------------------------------------------------------------------------ terms

    def in_terms(self) -> Finding | None:
        """A term of the right sum, or a path from the value to the variable, that is missing, turned round or miscounted."""
        missing = build.sub(self.answer, self.expected)
        finding = self.among_terms(terms_of(self.expected)) or self.among_terms(self.q.paths if self.q.simple else [])
        if finding:
            return finding
        terms = terms_of(self.answer)
        for term in terms if len(terms) > 1 else ():
            finding = self.in_term(missing, term, mine=True)
            if finding:
                return finding
        return None

    def multiplied_out(self) -> Finding | None:
        return self.among_terms(self.q.terms) or self.several(terms_of(self.expected)) or self.several(self.q.terms)

    def among_terms(self, terms: Sequence[Expr]) -> Finding | None:
        missing = build.sub(self.answer, self.expected)
        found = (self.in_term(missing, term, mine=False) for term in terms if len(terms) > 1)
        return next((finding for finding in found if finding), None)

    def several(self, terms: Sequence[Expr]) -> Finding | None:
        """Two or more terms that are missing."""
        missing = build.sub(self.answer, self.expected)
        for k in range(2, len(terms)) if len(terms) <= MAX_TERMS else ():
            for chosen in combinations(terms, k):
                if self.same(missing, build.linear([-1] * k, chosen)):
                    return "missing term", "the terms " + ", ".join(f"`{self.written(t)}`" for t in chosen) + " are missing"
        return None

    def in_term(self, missing: Expr, term: Expr, mine: bool) -> Finding | None:
        """The answer less the right one as a multiple of a term: of the right one, or of the answer's own (mine)."""
        c = self.ratio(missing, term)
        if c is None:
            return self.sized_term(missing, term) if not mine else None
        if not c:
            return None
        name = self.written(term)
        if c == (1 if mine else -1):
            return ("extra term", f"the term `{name}` does not belong there") if mine else ("missing term", f"the term `{name}` is missing")
        if c == (2 if mine else -2):
            return "sign", f"the sign of the term `{name}` is wrong"
        times = 1 / (1 - c) if mine else 1 + c  # what stands is so many times what belongs there
        other = self.written(build.linear([1 - c if mine else 1 + c], [term]))
        return "factor", f"in the term `{name}` {constant(times)}: `{other}` {'belongs' if mine else 'stands'} there"

    def sized_term(self, missing: Expr, term: Expr) -> Finding | None:
        """A term of the right answer that was taken n times, or divided by n."""
        found = self.size_ratio(build.add(missing, term), term)
        if not found:
            return None
        return "factor", f"in the term `{self.written(term)}` {self.of_size(*found)}"

    def term_factor(self) -> Finding | None:
        """A factor that is missing in one term of the right sum, or does not belong there."""
        terms = terms_of(self.expected)
        search = self.factors
        for term in terms if 1 < len(terms) <= MAX_TERMS else ():
            mine = build.add(build.sub(self.answer, self.expected), term)
            factor = search.between(mine, term)
            if factor:
                return (
                    "missing factor",
                    f"in the term `{self.written(term)}` the factor `{shown(tidy(factor.value, self.f))}` is missing{factor.where}",
                )
        return None

    def written(self, term: Expr) -> str:
        return shown(tidy(term, self.f))

    # ------------------------------------------------------------------------------------------ factors

    @cached_property
    def factors(self) -> FactorSearch:
        own = [p for p in parts([self.answer], []) if p is not self.answer]
        return FactorSearch(self.samples, list(dict.fromkeys([*self.q.among, *own])), self.same)

    def whole_factor(self) -> Finding | None:
        """A factor, by name, that repairs the answer when it is multiplied in."""
        return self.by_factor(self.factors.entrywise(self.answer, self.expected))

    def product_of_factors(self) -> Finding | None:
        return self.by_factor(self.factors.pairs(self.answer, self.expected))

    def by_factor(self, factors: Iterator[Factor]) -> Finding | None:
        for factor in factors:
            if factor.part in (self.expected, self.answer) or self.ratio(factor.value, self.expected) is not None:
                continue
            if self.right(factor.times(self.answer)):
                if factor.power == -1 and mentions(self.answer, factor.part):
                    return factor.sentence(self.answer)
                return "missing factor", f"the factor `{self.written(factor.value)}` is missing"
        return None

    def sides(self) -> Finding | None:
        """A matrix or a diagonal as a factor that is missing on one side, or does not belong there."""
        for mine, right, kind, words in (
            (self.answer, self.expected, "missing factor", "the factor `{}` is missing{}"),
            (self.expected, self.answer, "extra factor", "the factor `{}`{} does not belong there"),
        ):
            for factor in islice(self.factors.sided(mine, right), MAX_TRIED):
                if not variables([factor.value]):
                    continue
                c = self.ratio(right, factor.times(mine))
                if c in (1, -1):
                    return kind, words.format(shown(factor.value), factor.where) + (", and the sign is wrong" if c == -1 else "")
        return None

    # ------------------------------------------------------------------------------------------ the chain rule

    def held(self) -> Finding | None:
        """A name taken for a constant."""
        for node, (rest, _) in self.q.around.items() if self.q.simple else ():
            if node.op == NAME and node is not self.f and self.is_answer(rest):
                return "chain", f"{node.name} is held constant, but it depends on {self.x.name}"
        return None

    def chained(self) -> Finding | None:
        """A function whose own derivative was left out, or taken for another."""
        if not self.q.simple:
            return None
        return self.first(self.q.local) or self.first(self.q.misread)

    def misremembered(self) -> Finding | None:
        return self.first(self.q.products) if self.q.simple else None

    def nearly(self) -> Finding | None:
        """A slip that was tried before, together with a wrong sign or a wrong constant."""
        for (kind, sentence), candidate in self.tried:
            if kind != "value" and candidate.shape == self.answer.shape:
                c = self.ratio(self.answer, candidate)
                if c:
                    return kind, f"{sentence.rstrip('.')}; besides, {constant(c)}"
        return None

    def rounded(self) -> Finding | None:
        """The derivative but for a number: a rounded constant, as 0.4343 for 1/log(10), or one that has no name."""
        number = self.samples[0].setting.numeric
        mine, right = next(
            ((a, b) for a, b in self.samples[0].pairs(self.answer, self.expected) if abs(b) > FLOOR), (number.zero, number.one)
        )
        c = mine / right
        if not c or not all(s.setting.close(a, c * b) for s in self.everywhere() for a, b in s.pairs(self.answer, self.expected)):
            return None
        digits = -int(number.ctx.floor(number.ctx.log10(abs(c - 1)))) - 1 if c != 1 else DIGITS
        if digits >= WHOLE:
            return "factor", f"a constant is rounded: this agrees with the derivative in {digits} digits"
        words = f"this is about {apart(float(c), 1.0)[0]} times the derivative"
        return "factor", words + (": a constant is rounded" if abs(c - 1) < ROUNDED else "")

    # ------------------------------------------------------------------------------------------ places

    def mended(self) -> Finding | None:
        return self.mutated(self.answer, self.expected, mine=True)

    def made(self) -> Finding | None:
        return self.mutated(self.expected, self.answer, mine=False)

    def mutated(self, root: Expr, goal: Expr, mine: bool) -> Finding | None:
        """One change at one place of `root` that makes it `goal`."""
        order = topological([root])
        tried = [(node, change) for node in order for change in self.changes(node, mine)] if len(order) <= MAX_NODES else []
        # A bracket that chooses a branch, or is a part of a condition, is no factor that may be left out.
        inner = {a for node in order if node.op == CALL for a in node.args}
        tried = [(node, change) for node, change in tried if change.what != "condition" or node not in inner]
        if mine:
            thin = self.thin(order, goal)
            tried = [(node, change) for node, change in tried if node not in thin]

        # Without the factor 1 - h, or without the h in it: the former is likelier. Other names last.
        # A term of the whole that is too much is said to be that.
        def turn(item: tuple[Expr, Change]) -> tuple[bool, int]:
            node, change = item
            return not (mine and node is root and change.what == "term"), (change.what != "factor") + (change.what == "name")

        for node, change in sorted(tried, key=turn):
            candidate = replaced(root, node, change.new)
            if self.same(candidate, goal) and self.stands(candidate, goal):
                kind, sentence = (MENDED if mine else MADE)[change.what]
                said = sentence.format(shown(change.part))
                if change.what == "factor" and (whole := self.as_whole(change.part, mine)):
                    return whole
                if not mine and change.new.op == DELTA and node.shape == change.new.shape:
                    # An identity stands in no answer.
                    return "missing factor", f"the factor `{shown(node)}` is missing"
                if change.what == "condition" and of_places(change.part):
                    return "range", f"the range of an index is too {'small' if mine else 'large'}"
                if change.what in ("condition", "relation") or (node is root and change.what in ("term", "sign")):
                    return kind, said
                old, new = (node, change.new) if mine else (change.new, node)
                if said.endswith(f"`{shown(new)}` belongs there"):
                    return kind, f"{said[:-5]}where `{shown(old)}` stands"
                right = text_of(new) if node is root and new.shape else shown(new)
                return (
                    kind,
                    f"`{right}` belongs where `{shown(old)}` stands: {'there ' * (change.what in LOCAL and not said.endswith('there'))}{said}",
                )
        return None

    def thin(self, order: Sequence[Expr], goal: Expr) -> set[Expr]:
        """The equalities of the answer that hold at single points only and are too much, with what they compare: no change in them mends it."""
        root, found = order[-1], set[Expr]()
        for node in order:
            if node.op == CALL and node.data in THIN and any(a.op != NUM for a in node.args):
                constant = build.spread(THIN[node.data], node.shape)
                if self.same(replaced(root, node, constant), goal):
                    found |= set(topological([node]))
        return found

    def as_whole(self, part: Expr, mine: bool) -> Finding | None:
        """A factor that was found at one place, as one of the whole answer, if it is that."""
        if part.shape not in ((), self.answer.shape):
            return None
        for factor in (part, build.power(part, build.MINUS_ONE)):
            if self.right(build.elementwise(self.answer, factor)):
                if mine and factor is not part:
                    return "extra factor", f"the factor `{shown(part)}` does not belong there"
                return "missing factor", f"the factor `{shown(factor)}` is missing"
        return None

    def changes(self, node: Expr, mine: bool) -> Iterator[Change]:
        yield from changes(node)
        if mine:
            yield from substitutes(node, self.q.letters)

    def powers(self) -> Finding | None:
        """The square, the root or the reciprocal of the derivative, entry by entry."""
        answer, expected = self.answer, self.expected
        for mine, right, words in (
            (build.power(answer, build.TWO), expected, "the square of this is the derivative"),
            (answer, build.power(expected, build.TWO), "this is the square of the derivative"),
            (build.power(answer, build.MINUS_ONE), expected, "this is the reciprocal of the derivative"),
        ):
            if self.same(mine, right):
                return "exponent", words
        return None

    def numbers(self) -> Finding | None:
        """One number of the answer where another one belongs, at all its places."""
        mine = {abs(n.data) for n in topological([self.answer]) if n.op == NUM and abs(n.data) < LARGEST_NUMBER}
        right = {abs(n.data) for n in topological([self.expected]) if n.op == NUM} | {2, 3}
        for old, new in islice(product(sorted(mine), sorted(right)), MAX_TRIED):
            if old != new and old and self.right(with_number(self.answer, old, new)):
                return "number", f"`{number(Fraction(new))}` belongs where `{number(Fraction(old))}` stands"
        return None

    def as_entries(self) -> Finding | None:
        """A number where a vector belongs, with a slip besides; or entries that are still to be summed, with one."""
        answer = build.spread(self.answer, self.expected.shape) if not self.answer.shape else self.answer
        if not self.expected.shape and self.answer.shape:
            answer = build.total(self.answer)
        if answer.shape != self.expected.shape or answer is self.answer:
            return None
        inner = Search(self.q, answer, self.extra)
        for look in (inner.scaled, inner.in_terms, inner.mended, inner.whole_factor, inner.conditional):
            finding = look()
            if finding and finding[0] == "zero":
                return finding
            if finding:
                how = "with this number in every entry" if self.expected.shape else "with these entries summed"
                return finding[0], f"{self.misfit()}; {how}: {finding[1]}"
        return None

    def thresholds(self) -> Finding | None:
        """An indicator of the answer where another one belongs."""
        pairs = product(indicators_of(self.answer), indicators_of(self.expected))
        for mine, right in sorted(pairs, key=lambda pair: pair[0].data != pair[1].data):  # a relation for another one first
            if mine is not right and mine.shape == right.shape and self.right(replaced(self.answer, mine, right)):
                turned = make(CALL, mine.args, RELATIONS[mine.data], mine.shape) if mine.data in RELATIONS else None
                if turned is not None and self.same(turned, right):
                    return "indicator", f"the indicator `{shown(mine)}` is the wrong way round"
                return "indicator", f"the indicator should be `{shown(right)}`, not `{shown(mine)}`"
        return None

    def repaired(self, text: str) -> Finding | None:
        """A transpose, a product or an order of factors that makes the text right."""
        matrices = [x.name for x in self.q.letters if len(x.shape) == 2]
        for repair in islice(chain(repairs(text), insertions(text, matrices)), MAX_REPAIRS) if self.samples else ():
            try:
                candidate = read(repair.text, self.f, self.expected)
            except SymdiffError:
                continue
            if candidate.shape == self.expected.shape and self.right(candidate):
                return repair.kind, str(repair)
        return None

    # ------------------------------------------------------------------------------------------ conditions

    def free(self) -> Iterator[Expr]:
        return (x for x in variables([self.f]).values() if not x.data[1])

    def normalised(self) -> Finding | None:
        """Right only for data of a special kind."""
        return self.only_if((x, c) for x in self.free() if len(x.shape) == 1 and x not in self.q.wrt for c in conditions.VECTOR)

    def of_sign(self) -> Finding | None:
        return self.only_if((x, c) for x in self.free() for c in (conditions.POSITIVE, conditions.NEGATIVE))

    def conditional(self) -> Finding | None:
        """Right only for matrices of a special kind, or for some numbers."""
        square = [x for x in self.free() if len(x.shape) == 2 and x.shape[0] == x.shape[1]]
        finding = self.only_if((x, c) for x in square for c in conditions.SQUARE)
        for x in self.free() if finding is None else ():
            words = self.for_values(x) if x not in self.q.wrt else ""
            if words:
                return "condition", f"this is right only if {Condition(words, unchanged).said(x)}"
        return finding

    def only_if(self, offers: Iterator[tuple[Expr, Condition]]) -> Finding | None:
        return next((("condition", f"this is right only if {c.said(x)}") for x, c in offers if self.holds_only(x, c)), None)

    def under(self, x: Expr, condition: Condition, setting: Setting) -> Sample:
        return Sample(setting, conditions.POINTS, {x: condition.draw}, seed=5)

    def right_under(self, x: Expr, condition: Condition) -> bool:
        """Whether the answer is right at every point at which the condition holds, as far out as where it was seen to fail."""
        for sample in self.samples:
            held = self.under(x, condition, sample.setting)
            if held.alive < conditions.POINTS / 4 or not held.same(self.answer, self.expected):
                return False
        return all(self.still(sample, x, condition) for sample in self.extra)

    def still(self, sample: Sample, x: Expr, condition: Condition) -> bool:
        """Whether the answer is right where it failed, once the condition is imposed on x."""
        setting, rng = sample.setting, Random(9)
        for known in sample.points:
            values: dict[Expr, Any] = {y: known(y) for y in setting.leaves}
            drawn = [Fraction(float(v)).limit_denominator(10**6) for v in values[x]]
            moved = setting.at(values | {x: condition.draw(setting.shape(x), rng, drawn)})
            if moved is not None and not all(map(setting.close, moved(self.answer), moved(self.expected))):
                return False
        return True

    def fails(self, sample: Sample, x: Expr, condition: Condition | None = None) -> bool:
        """Whether the answer is wrong at every point at which the derivative is not zero and the condition does not happen to hold."""
        setting, seen = sample.setting, False
        for known, draws in zip(sample.points, sample.draws, strict=True):
            right, drawn = known(self.expected), draws[x]
            if not any(abs(v) > FLOOR for v in right) or (condition and condition.draw(setting.shape(x), Random(0), drawn) == drawn):
                continue
            seen = True
            if all(map(setting.close, known(self.answer), right)):
                return False
        return seen

    def holds_only(self, x: Expr, condition: Condition) -> bool:
        """Right with the condition, wrong without it, and not under a weaker condition that has no name."""
        sign = {conditions.POSITIVE: 1, conditions.NEGATIVE: -1}.get(condition, 0)
        if not sign and not all(self.fails(sample, x, condition) for sample in self.samples):
            return False
        if not self.right_under(x, condition):
            return False
        if sign:
            # Wrong wherever an entry has the other sign.
            other = Condition("", lambda shape, rng, drawn: one_of_sign(drawn, rng, -sign))
            return all(self.fails(self.under(x, other, sample.setting), x) for sample in self.samples)
        if condition.words == "{1} is a one-hot vector":
            return not any(self.right_under(x, weaker) for weaker in conditions.WEAKER_THAN_ONEHOT)
        return True

    def for_values(self, x: Expr) -> str:
        """The words for the values of x, or of its entries, for which the answer is right, where these have a name."""
        if not all(self.fails(sample, x) for sample in self.samples):
            return ""
        held = frozenset(v for v in conditions.VALUES if self.right_under(x, conditions.one_value(v)))
        if not held or held not in conditions.NAMED:
            return ""
        mixed = Condition("", conditions.among(*sorted(held)))
        return conditions.NAMED[held] if self.right_under(x, mixed) else ""

    def one_sided(self) -> Finding | None:
        """Right only where an indicator of the right answer is 1, or only where it is 0."""
        sample = self.samples[0]
        shape = sample.setting.shape(self.expected)
        for node in [*indicators_of(self.expected), *kinks_of(self.expected), *kinks_of(self.f)]:
            if node.shape and sample.setting.shape(node) != shape:
                continue
            seen: dict[bool, set[bool]] = {True: set(), False: set()}
            for part in self.everywhere():
                for known in part.points:
                    right, mine, on = known(self.expected), known(self.answer), known(node)
                    for a, b, side in zip(right, mine, on if node.shape else on * len(right), strict=True):
                        seen[bool(side)].add(part.setting.close(a, b))
            for side in (True, False):
                if seen[side] == {True} and seen[not side] == {False}:
                    return "one side", f"this is right only where `{shown(node)}` is {int(side)}"
        return None

    # ------------------------------------------------------------------------------------------ numbers

    def counterexample(self) -> dict[str, Any] | None:
        """Small numbers at which the answer is wrong: whole ones if possible, else halves, else quarters."""
        if not self.samples or self.answer.shape != self.expected.shape:
            return None
        setting = self.samples[0].setting
        indices = list(product(*(range(1, n + 1) for n in setting.shape(self.expected))))
        for visible in VISIBLE:
            for drawn, known in self.q.shown_points():
                if not setting.finite(known(self.answer)):
                    continue
                for right, mine, entry in zip(known(self.expected), known(self.answer), indices, strict=True):
                    if abs(right - mine) > visible * max(abs(right), abs(mine), 1):
                        named = variables([self.answer, self.expected]).values()
                        values = {x.data[0]: setting.named(x, drawn[x]) for x in named}
                        return {"values": values, "entry": entry, "expected": float(right), "found": float(mine)}
        return None


def extra_point(question: Question, verdict_sizes: dict[str, int], values: dict[str, Any]) -> list[Sample]:
    """The point at which a verdict found the answer wrong, as a sample; [] where it does not give all the numbers."""
    leaves = variables([question.f])
    if any(n.op == OPAQUE for n in topological([question.f])) or not set(leaves) <= set(values):
        return []
    setting = Setting(question.f, question.wrt, question.expected, verdict_sizes, question.budget)
    if any(isinstance(v, str) for name in leaves for v in _flat(values[name])):
        return []
    try:
        known = setting.at({x: _flat(values[name]) for name, x in leaves.items()}, near=0)
    except (KeyError, Undecided):
        return []
    sample = Sample(setting, 0)
    sample.points = [known] if known is not None else []
    return [sample] if sample.points else []


def corner_points(question: Question, sizes: dict[str, int], points: Sequence[Mapping[Expr, Sequence[Any]]]) -> list[Sample]:
    """Points on the sides of kinks, as a sample: what is said has to hold there, too."""
    if not points or any(n.op == OPAQUE for n in topological([question.f])):
        return []
    setting = Setting(question.f, question.wrt, question.expected, sizes, question.budget)
    sample = Sample(setting, 0)
    with suppress(KeyError, Undecided):
        for values in points:
            known = setting.at({x: values[x] for x in setting.leaves}, near=CLOSE)
            if known is not None:
                sample.points.append(known)
                sample.draws.append({x: [Fraction(v) for v in values[x]] for x in setting.leaves})
    return [sample] if sample.points else []


def _flat(value: Any) -> list[Any]:
    return [v for part in value for v in _flat(part)] if isinstance(value, list) else [value]


__all__ = ["Question", "Search", "Undecided", "corner_points", "extra_point", "number"]
