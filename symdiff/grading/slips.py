"""The usual slips of differentiating by hand, tried on a wrong answer until one explains it.

In: a formula, the right derivative, the wrong answer. Out: the kind of the slip and a sentence about it. Each slip is
made in the right derivative, or mended in the answer, cheapest first, and is named only where the two then agree at
all points of two choices of sizes, so that a factor of 2 is told from a factor of n. The search ends because every slip
is tried at most once at every place, in graphs of at most MAX_NODES nodes, before a deadline.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations, islice, product
from math import prod
from random import Random
from time import monotonic
from typing import Any

from symdiff.calculus import Record, derivative
from symdiff.calculus.sweep import within_space
from symdiff.checking.components import Components, Undecided
from symdiff.checking.fields import Numeric
from symdiff.checking.sampling import DOMAINS, entries, nested
from symdiff.checking.verdict import NEAR, Problem, Values
from symdiff.errors import ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, POW, PROD, SUM, VAR, Expr, make
from symdiff.expr.walk import bindings, functions, substitute, topological, variables
from symdiff.notation import write
from symdiff.printers import written
from symdiff.syntax import parse
from symdiff.table import TABLE

# Points compared at the first and at the second choice of sizes, and under a condition; draws until there are so many.
POINTS, OTHER_POINTS, CONDITION_POINTS, DRAWS = 8, 5, 10, 72

# Numbers of DIGITS digits that agree to this are equal; what rounding leaves of a zero is below FLOOR.
DIGITS, AGREE, FLOOR = 45, 1e-25, 1e-30

# Slips are tried at every place of graphs up to this size, at so many places of a text, in so many texts, for sums of so many terms.
MAX_NODES, MAX_PLACES, MAX_REPAIRS, MAX_TERMS = 150, 100, 400, 6

# Numbers shown to a reader differ by this much of the larger one, or of 1.
VISIBLE = 1e-3

# A ratio with a larger denominator is not a slip in a constant.
MAX_DENOMINATOR = 100

RELATIONS = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}

# What a slip in the right derivative is called, and what its mending in the answer is called.
MADE = {
    "term": ("missing term", "the term `{}` is missing"),
    "sign": ("sign", "the sign of the term `{}` is wrong"),
    "factor": ("missing factor", "the factor `{}` is missing"),
    "exponent": ("exponent", "the exponent is wrong: `{}` belongs there"),
    "condition": ("indicator", "the indicator `{}` is missing"),
    "relation": ("indicator", "the indicator is the wrong way round: `{}` belongs there"),
    "order": ("order", "the factors of `{}` are in the wrong order"),
    "matrix": ("product", "`{}` is a matrix product, not an elementwise one"),
    "elementwise": ("product", "`{}` is an elementwise product, not a matrix product"),
    "transpose": ("transposed", "a transpose is misplaced: `{}` belongs there"),
}
MENDED = {
    "term": ("extra term", "the term `{}` does not belong there"),
    "sign": ("sign", "the sign of the term `{}` is wrong"),
    "factor": ("extra factor", "the factor `{}` does not belong there"),
    "exponent": ("exponent", "the exponent in `{}` is wrong"),
    "condition": ("extra factor", "the indicator `{}` does not belong there"),
    "relation": ("indicator", "the indicator `{}` is the wrong way round"),
    "order": ("order", "the factors of `{}` are in the wrong order"),
    "matrix": ("product", "`{}` should be an elementwise product"),
    "elementwise": ("product", "`{}` should be a matrix product"),
    "transpose": ("transposed", "`{}` should be transposed"),
}

# Where a text may be changed: a comment (never), a name, a bracket or a product, each with the transpose behind it.
PRODUCTS = ("*", ".*", "@")
PLACES = re.compile(r"#[^\n]*|[^\W\d]\w*(?!\w*\()['ᵀ]?|\)['ᵀ]?|\.\*|\*(?!\*)|@")

Finding = tuple[str, str]  # the kind of a slip, and the sentence about it
Repair = tuple[str, str, str, str]  # the kind of a slip, what stands in the text, what belongs there, the text with it


def read(answer: str, f: Expr, expected: Expr) -> Expr:
    """The answer with f's types and bindings; where nothing else fixes a size, that of the derivative does."""
    try:
        parsed = parse(answer, given=f)
        found = parsed.expr
    except ShapeError as error:
        if "nothing fixes" not in error.message:
            raise
        like = build.total(build.var("derivative", expected.shape))
        try:
            parsed = parse(f"{answer.rstrip().rstrip(';')} + derivative", given=build.scale(build.total(f), like))
        except SymdiffError:
            raise error from None
        found = parsed.expr.args[0]
    known, used = ({**variables([e]), **functions([e])} for e in (f, found))
    for name in used.keys() - known.keys():
        (span, *_) = parsed.spans.get(used[name], [None])
        hint = f"its names are {', '.join([*known, *bindings([f])])}"
        raise UnknownNameError(f"{name!r} does not occur in the formula", span=span, text=answer, hint=hint)
    return found


# ---------------------------------------------------------------------------------------------- points


class Sample:
    """Points of the domain of f at one choice of sizes, and the entries of any expression there.

    under: further values of the variables, by a function of a variable and its drawn entries.
    """

    def __init__(self, problem: Problem, expected: Expr, count: int, under: dict[Expr, Callable[[Random], list[Fraction]]]) -> None:
        self.problem, self.numeric = problem, Numeric(DIGITS)
        self.points: list[Components] = []
        rng, alive, domains = Random(problem.seed), 0, list(DOMAINS)
        for k in range(DRAWS):
            domain = domains[k % len(domains)]
            values = {x: entries(problem.shape(x), x.data[1], rng, domain) for x in problem.leaves}
            known = self.at(values | {x: draw(rng) for x, draw in under.items()}, expected)
            if known is None:
                continue
            here = any(abs(v) > FLOOR for v in known(expected))
            # Where the derivative is zero most wrong answers are zero too: half of the points must tell more.
            if here or len(self.points) - alive < count / 2:
                self.points.append(known)
                alive += here
            if len(self.points) >= count:
                break
        self.alive = alive

    def at(self, values: Values, expected: Expr) -> Components | None:
        """The point, or None where f or its derivative has no value, or too near to a kink."""
        numeric, problem = self.numeric, self.problem
        numbers = {x: [numeric.number(v) for v in flat] for x, flat in values.items()}
        known = problem.components(numeric, numbers.__getitem__)
        numeric.watch()
        known(problem.f)
        if numeric.gap < NEAR or not all(known.holds(node) for node in problem.conditional):
            return None
        return known if self.finite(known(problem.f)) and self.finite(known(expected)) else None

    def finite(self, flat: Sequence[Any]) -> bool:
        return all(map(self.numeric.ctx.isfinite, flat))

    def close(self, a: Any, b: Any) -> bool:
        if not (self.numeric.ctx.isfinite(a) and self.numeric.ctx.isfinite(b)):
            return not (self.numeric.ctx.isfinite(a) or self.numeric.ctx.isfinite(b))
        return bool(abs(a - b) <= max(AGREE * max(abs(a), abs(b)), FLOOR))

    def same(self, a: Expr, b: Expr, factor: Fraction = Fraction(1)) -> bool:
        """Whether a is factor*b at all points. Undecided when the time is up."""
        if monotonic() > self.problem.deadline:
            raise Undecided("the time is up")
        if self.problem.shape(a) != self.problem.shape(b):
            return False
        c = self.numeric.number(factor)
        return all(self.close(x, c * y) for known in self.points for x, y in zip(known(a), known(b), strict=True))

    def ratio(self, a: Expr, b: Expr) -> Fraction | None:
        """The rational number a/b, if it is one and the same everywhere; None too where b is zero."""
        if self.problem.shape(a) != self.problem.shape(b):
            return None
        pairs = ((x, y) for known in self.points for x, y in zip(known(a), known(b), strict=True) if abs(y) > FLOOR)
        x, y = next(pairs, (None, None))
        if y is None or not self.numeric.ctx.isfinite(x):
            return None
        c = Fraction(float(x / y)).limit_denominator(MAX_DENOMINATOR)
        return c if self.same(a, b, c) else None


class Search:
    """The slips, tried one after the other on one answer. Undecided when the time is up or components grow too large."""

    def __init__(self, f: Expr, wrt: Sequence[Expr], expected: Expr, answer: Expr | None, deadline: float) -> None:
        self.f, self.wrt, self.expected, self.deadline = f, tuple(wrt), expected, deadline
        self.answer = expected if answer is None else answer
        self.x = wrt[-1]
        self.simple = len(wrt) == 1 and not f.shape  # a gradient
        first = self.problem(False)
        self.samples = [Sample(first, expected, POINTS, {})]
        if first.sizes:
            self.samples.append(Sample(self.problem(True), expected, OTHER_POINTS, {}))
        if not all(sample.points for sample in self.samples):
            self.samples = []
        # At some sizes a derivative vanishes that does not at others: with two entries everything of zero mean is parallel.
        self.zero = build.spread(build.ZERO, expected.shape)
        self.samples = [sample for sample in self.samples if sample.alive or expected is self.zero]

    def problem(self, other: bool, seed: int = 3) -> Problem:
        return Problem(self.f, self.wrt, self.answer, seed, self.deadline, other=other)

    def run(self, text: str) -> Finding:
        """The first slip that explains the answer, which is known to be wrong."""
        problem = self.problem(False)
        fallback = ("wrong", "this is not the derivative")
        looks: list[Callable[[], Finding | None]]
        if problem.shape(self.answer) != problem.shape(self.expected):
            looks = [self.turned, self.other_shape, self.elsewhere, lambda: self.repaired(text)]
            fallback = ("shape", self.misfit())
        else:
            looks = [self.scaled, self.turned, self.held, self.in_terms, self.elsewhere, self.in_space, self.mended, self.normalised]
            looks += [self.made, self.in_chain, self.thresholds, self.conditional, self.one_sided]
        if self.samples and self.is_answer(self.expected):
            return "wrong", "this differs from the derivative, but only in places"
        for look in looks if self.samples else []:
            finding = look()
            if finding:
                return finding
        return fallback

    def same(self, a: Expr, b: Expr) -> bool:
        return all(sample.same(a, b) for sample in self.samples)

    def is_answer(self, candidate: Expr) -> bool:
        return self.same(candidate, self.answer)

    def is_expected(self, candidate: Expr) -> bool:
        return self.same(candidate, self.expected)

    # ------------------------------------------------------------------------------------------ the whole

    def misfit(self) -> str:
        what = "gradient" if self.simple else "derivative"
        return f"the {what} is a {build.describe(self.expected.shape)}, not a {build.describe(self.answer.shape)}"

    def scaled(self) -> Finding | None:
        """A constant or a dimension times the right answer."""
        if self.is_answer(self.zero):
            return "zero", "the derivative is not zero"
        if self.expected is self.zero:
            return "zero", "the derivative is zero"
        ratios = [sample.ratio(self.answer, self.expected) for sample in self.samples]
        c = ratios[0]
        if c is None:
            return None
        if c == -1 == ratios[-1]:
            return "sign", "the sign is wrong: this is the negative of the derivative"
        if c == ratios[-1]:
            return _factor(c)
        for d in self.samples[0].problem.sizes:
            sizes = [Fraction(sample.problem.sizes[d]) for sample in self.samples]
            for sign in (1, -1):
                if ratios in ([sign * n for n in sizes], [sign / n for n in sizes]):
                    many = abs(c) == sizes[0]
                    wrong = " and the sign is wrong" if sign < 0 else ""
                    return "factor", f"a factor of {d} is {'too much' if many else 'missing'}{wrong}"
        return None

    def turned(self) -> Finding | None:
        """The transpose of the right answer."""
        turned = _transpose(self.expected)
        if turned is None or not self.is_answer(turned):
            return None
        shape = build.describe(self.expected.shape)
        return "transposed", f"this is the transpose: the {'gradient' if self.simple else 'derivative'} is a {shape}"

    def other_shape(self) -> Finding | None:
        """The right numbers in another shape: one for all, only the diagonal, still to be summed."""
        answer, expected = self.answer, self.expected
        if not answer.shape and self.is_expected(build.spread(answer, expected.shape)):
            return "shape", f"{self.misfit()}: all its entries are this number"
        if not expected.shape and self.is_expected(build.total(answer)):
            return "shape", f"{self.misfit()}: the sum of these entries is still to be taken"
        if len(expected.shape) == 2 and expected.shape[0] == expected.shape[1] and self.is_answer(build.diag_part(expected)):
            return "shape", f"{self.misfit()}: this is only its diagonal"
        return None

    def elsewhere(self) -> Finding | None:
        """Another derivative of the formula, or a stop half way."""
        if not self.simple:
            return None
        if self.is_answer(self.f):
            return "value", "this is the value of the formula, not its derivative"
        others = [y for y in [*variables([self.f]).values(), *bindings([self.f]).values()] if y is not self.x]
        for y in others:
            try:
                (candidate,) = derivative(self.f, [y])
            except SymdiffError:
                continue
            if self.is_answer(candidate):
                if y.op == VAR:
                    return "variable", f"this is the derivative by {y.name}, not by {self.x.name}"
                return "chain", f"the chain rule stops at {y.name}: this is the derivative by {y.name}, not by {self.x.name}"
        for node in self.inner():
            if self.is_answer(self.record.adjoints[node]):
                part = shown(node)
                return "chain", f"the chain rule stops at `{part}`: this is the derivative by it, not by {self.x.name}"
        return None

    # ------------------------------------------------------------------------------------------ terms

    def in_terms(self) -> Finding | None:
        """A term of the right sum, or a path from the value to the variable, that is missing, turned round or miscounted."""
        missing = build.sub(self.answer, self.expected)
        for parts in (_terms(self.expected), self.paths() if self.simple else []):
            if len(parts) < 2:
                continue
            for part in parts:
                finding = self.in_term(missing, part, mine=False)
                if finding:
                    return finding
            for k in range(2, len(parts)) if len(parts) <= MAX_TERMS else ():
                for chosen in combinations(parts, k):
                    if self.same(missing, build.linear([-1] * k, chosen)):
                        return "missing term", "the terms " + ", ".join(f"`{self.written(t)}`" for t in chosen) + " are missing"
        parts = _terms(self.answer)
        for part in parts if len(parts) > 1 else ():
            finding = self.in_term(missing, part, mine=True)
            if finding:
                return finding
        return None

    def in_term(self, missing: Expr, part: Expr, mine: bool) -> Finding | None:
        """The answer less the right one as a multiple of a term: of the right one, or of the answer's own (mine)."""
        ratios = {sample.ratio(missing, part) for sample in self.samples}
        c = ratios.pop()
        if ratios or not c:
            return None
        name = self.written(part)
        if c == (1 if mine else -1):
            return ("extra term", f"the term `{name}` does not belong there") if mine else ("missing term", f"the term `{name}` is missing")
        if c == (2 if mine else -2):
            return "sign", f"the sign of the term `{name}` is wrong"
        return _factor(1 / (1 - c) if mine else 1 + c, name)

    def paths(self) -> list[Expr]:
        """What each edge into the variable adds to the derivative."""
        return [within_space(e.contribution, self.x) for e in self.record.edges if e.node.args[e.k] is self.x]

    def written(self, term: Expr) -> str:
        return shown(write([term], self.f)[0])

    # ------------------------------------------------------------------------------------------ the chain rule

    @cached_property
    def record(self) -> Record:
        """The sweep from the value to the variable."""
        record = Record()
        derivative(self.f, [self.x], record=record)
        return record

    def inner(self) -> list[Expr]:
        """The nodes between the value and the variable, value first."""
        return [n for n in self.record.nodes if n is not self.f and n is not self.x][:MAX_NODES]

    def held(self) -> Finding | None:
        """A name taken for a constant."""
        for node in self.inner() if self.simple else ():
            if node.op == NAME and self.is_answer(self.around(node)[0]):
                return "chain", f"{node.name} is held constant, but it depends on {self.x.name}"
        return None

    def in_chain(self) -> Finding | None:
        """A function whose own derivative was left out."""
        for node in [self.f, *self.inner()] if self.simple else ():
            if node.op == POW or (node.op == CALL and TABLE[node.data].elementwise):
                rest, adjoint = self.around(node)
                for arg in node.args:
                    if arg.shape == node.shape and arg in self.record.adjoints:
                        v = build.var(" v", node.shape)
                        (inner,) = derivative(build.total(build.elementwise(v, arg)), [self.x])
                        if self.is_answer(build.add(rest, replaced(inner, v, adjoint))):
                            return "chain", f"the derivative of `{shown(node)}` by `{shown(arg)}` is missing"
        return None

    def around(self, node: Expr) -> tuple[Expr, Expr]:
        """The derivative with a node held constant, and the derivative by the node."""
        v = build.var(" v", node.shape)
        rest, adjoint = (replaced(g, v, node) for g in derivative(replaced(self.f, node, v), [self.x, v]))
        return rest, adjoint

    def in_space(self) -> Finding | None:
        """The derivative by all entries where the variable is symmetric or diagonal."""
        if self.x.op != VAR or not self.simple or not {"symmetric", "psd", "diagonal"} & set(self.x.data[1]):
            return None
        if not self.is_answer(derivative(self.f, [self.x], unconstrained=True)[0]):
            return None
        word, form = ("diagonal", "its diagonal") if "diagonal" in self.x.data[1] else ("symmetric", "(G + G')/2")
        return "unconstrained", f"this is the gradient G by unconstrained entries; {self.x.name} is {word}, so it is {form}"

    # ------------------------------------------------------------------------------------------ places

    def mended(self) -> Finding | None:
        return self.mutated(self.answer, self.expected, MENDED)

    def made(self) -> Finding | None:
        return self.mutated(self.expected, self.answer, MADE)

    def mutated(self, root: Expr, goal: Expr, words: dict[str, Finding]) -> Finding | None:
        """One change at one place of `root` that makes it `goal`."""
        order = topological([root])
        changes = [(node, *change) for node in order for change in _changes(node)] if len(order) <= MAX_NODES else []
        # Without the factor 1 - h, or without the h in it: the former is likelier.
        for node, what, part, new in sorted(changes, key=lambda change: change[1] != "factor"):
            if self.same(replaced(root, node, new), goal):
                kind, sentence = words[what]
                return kind, sentence.format(shown(part))
        return None

    def thresholds(self) -> Finding | None:
        """An indicator of the answer where another one belongs."""
        for mine in _indicators(self.answer):
            for right in _indicators(self.expected):
                if mine is not right and mine.shape == right.shape and self.same(replaced(self.answer, mine, right), self.expected):
                    return "indicator", f"the indicator should be `{shown(right)}`, not `{shown(mine)}`"
        return None

    def repaired(self, text: str) -> Finding | None:
        """A transpose or a product that makes the text right."""
        for kind, old, new, changed in islice(_repairs(text), MAX_REPAIRS):
            try:
                candidate = read(changed, self.f, self.expected)
            except SymdiffError:
                continue
            if self.samples and self.is_expected(candidate):
                return kind, f"`{new}` belongs where `{old}` stands: right is `{changed.strip()}`"
        return None

    # ------------------------------------------------------------------------------------------ conditions

    def normalised(self) -> Finding | None:
        """Right only for vectors of a special kind."""
        return self.under(lambda x, shape: VECTOR if len(shape) == 1 else [])

    def conditional(self) -> Finding | None:
        """Right only for matrices of a special kind, or for some numbers."""
        return self.under(lambda x, shape: (SQUARE if len(shape) == 2 and shape[0] == shape[1] else []) + NUMBERS)

    def under(self, conditions: Callable[[Expr, list[int]], list[Condition]]) -> Finding | None:
        for x in variables([self.f]).values():
            shape = self.samples[0].problem.shape(x)
            for words, draw in [] if x.data[1] else conditions(x, shape):
                sample = Sample(self.problem(False, seed=5), self.expected, CONDITION_POINTS, {x: partial(draw, shape)})
                if sample.alive >= CONDITION_POINTS / 2 and sample.same(self.answer, self.expected):
                    return "condition", f"this is right only if {words.format(('every entry of ' if shape else '') + x.name, x.name)}"
        return None

    def one_sided(self) -> Finding | None:
        """Right only where an indicator of the right answer is 1, or only where it is 0."""
        sample = self.samples[0]
        shape = sample.problem.shape(self.expected)
        for node in _indicators(self.expected):
            if node.shape and sample.problem.shape(node) != shape:
                continue
            seen: dict[bool, set[bool]] = {True: set(), False: set()}
            for known in sample.points:
                right, mine, on = known(self.expected), known(self.answer), known(node)
                for a, b, side in zip(right, mine, on if node.shape else on * len(right), strict=True):
                    seen[bool(side)].add(sample.close(a, b))
            for side in (True, False):
                if seen[side] == {True} and False in seen[not side]:
                    return "one side", f"this is right only where `{shown(node)}` is {int(side)}"
        return None

    # ------------------------------------------------------------------------------------------ numbers

    def counterexample(self) -> dict[str, Any] | None:
        """Small numbers at which the answer is wrong: whole ones if possible, else halves, else quarters."""
        if not self.samples:
            return None
        sample, rng = self.samples[0], Random(7)
        problem = sample.problem
        if problem.shape(self.answer) != problem.shape(self.expected):
            return None
        indices = list(product(*(range(1, n + 1) for n in problem.shape(self.expected))))
        for grid, domain in product((1, 2, 4, 20), ("real", "positive", "unit", "definite", "large") * 3):
            drawn = {x: entries(problem.shape(x), x.data[1], rng, domain, grid) for x in problem.leaves}
            known = sample.at(drawn, self.expected)
            if known is None or not sample.finite(known(self.answer)):
                continue
            for right, mine, entry in zip(known(self.expected), known(self.answer), indices, strict=True):
                if abs(right - mine) > VISIBLE * max(abs(right), abs(mine), 1):
                    named = variables([self.answer, self.expected]).values()
                    values = {x.data[0]: nested([float(v) for v in drawn[x]], problem.shape(x)) for x in named}
                    return {"values": values, "entry": entry, "expected": float(right), "found": float(mine)}
        return None


# ---------------------------------------------------------------------------------------------- single changes


def _terms(e: Expr) -> list[Expr]:
    """The terms of a sum, each with its coefficient, from the left."""
    found: list[Expr] = []
    stack: list[tuple[int | Fraction, Expr]] = [(1, e)]
    while stack:
        c, node = stack.pop()
        if node.op == SUM:
            stack += [(c * d, a) for d, a in reversed(list(zip(node.data, node.args, strict=True)))]
        else:
            found.append(node if c == 1 else build.linear([c], [node]))
    return found


def _changes(node: Expr) -> Iterator[tuple[str, Expr, Expr]]:
    """What may slip at this node: the name of the change, the part to be shown, the node after it."""
    if node.op == SUM:
        for k, term in enumerate(node.args):
            rest = [(c, t) for j, (c, t) in enumerate(zip(node.data, node.args, strict=True)) if j != k]
            if rest:
                yield "term", term, build.linear(*zip(*rest, strict=True))
            yield "sign", term, build.linear([-c if j == k else c for j, c in enumerate(node.data)], node.args)
    elif node.op == POW and node.args[1].op == NUM:
        base, exponent = node.args
        for n in (exponent.data + 1, exponent.data - 1):
            if n != 0:
                yield "exponent", node, base if n == 1 else build.power(base, build.num(n))
    elif node.op == CALL and node.data in RELATIONS:
        yield "condition", node, build.spread(build.ONE, node.shape)
        yield "relation", node, make(CALL, node.args, RELATIONS[node.data], node.shape)
    elif node.op == PROD:
        yield from _of_product(node)
    # A + A instead of A + A' is what a symmetric A leads to, and is found as such.
    if node.op != SUM and (node.op != PROD or node.data not in (build.FORMS["transpose"], build.FORMS["trace"])):
        for k, a in enumerate(node.args):
            turned = _transpose(a) if len(a.shape) == 2 and a.shape[0] == a.shape[1] else None
            if turned is not None:
                yield "transpose", a, make(node.op, (*node.args[:k], turned, *node.args[k + 1 :]), node.data, node.shape)


def _of_product(node: Expr) -> Iterator[tuple[str, Expr, Expr]]:
    if len(node.args) != 2:
        return
    a, b = node.args
    for kept, dropped in ((a, b), (b, a)):
        if kept.shape == node.shape:
            yield "factor", dropped, kept
    if node.data == build.FORMS["matmul"]:
        if b.shape[1] == a.shape[0] and (b.shape[0], a.shape[1]) == node.shape:
            yield "order", node, build.matmul(b, a)
        if a.shape == b.shape:
            yield "matrix", node, build.elementwise(a, b)
    elif a.shape == b.shape == node.shape and len(a.shape) == 2 and a.shape[0] == a.shape[1]:
        yield "elementwise", node, build.matmul(a, b)


def _repairs(text: str) -> Iterator[Repair]:
    """The text with a transpose more or less, a product of the other kind, or both."""
    places = [m for m in islice(PLACES.finditer(text), MAX_PLACES) if not m[0].startswith("#")]
    turned = [(m, m[0][:-1] if m[0][-1] in "'ᵀ" else m[0] + "'") for m in places if m[0] not in PRODUCTS]
    others = [(m, "*" if m[0] == ".*" else ".*") for m in places if m[0] in PRODUCTS]
    for kind, changes in (("transposed", turned), ("product", others)):
        for m, new in changes:
            yield kind, m[0], new, text[: m.start()] + new + text[m.end() :]
    for m, new in others:
        for n, last in reversed(turned):
            if m.end() <= n.start():
                yield "product", m[0], new, text[: m.start()] + new + text[m.end() : n.start()] + last + text[n.end() :]


def _having(word: str) -> Draw:
    return lambda shape, rng: entries(shape, [word], rng, "real")


def _among(*values: int) -> Draw:
    return lambda shape, rng: [Fraction(rng.choice(values)) for _ in range(prod(shape))]


# Conditions on one variable under which a wrong answer may be right: {0} is the number or every entry of it, {1} its name.
Draw = Callable[[Sequence[int], Random], list[Fraction]]
Condition = tuple[str, Draw]
SQUARE: list[Condition] = [(f"{{1}} is {word}", _having(word)) for word in ("symmetric", "diagonal", "orthogonal")]
VECTOR: list[Condition] = [("the entries of {1} sum to 1", _having("simplex")), ("{1} is a one-hot vector", _having("onehot"))]
NUMBERS: list[Condition] = [
    ("{0} is positive", _having("positive")),
    ("{0} is negative", lambda shape, rng: [-v for v in entries(shape, (), rng, "positive")]),
    ("{0} is 1 or -1", _among(1, -1)),
    ("{0} is 0 or 1", _among(0, 1)),
]


def _transpose(e: Expr) -> Expr | None:
    """e with its axes turned round: of a matrix, a row or a vector; None of anything else."""
    if len(e.shape) == 1:
        return build.row(e)
    if len(e.shape) != 2:
        return None
    return e.args[0] if e.op == PROD and e.data == build.FORMS["transpose"] else build.transpose(e)


def _indicators(root: Expr) -> list[Expr]:
    return [n for n in topological([root]) if n.op == CALL and n.data in RELATIONS][:MAX_TERMS]


def replaced(root: Expr, old: Expr, new: Expr) -> Expr:
    """root with one node in place of another."""

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        return new if node is old else make(node.op, kids, node.data, node.shape) if kids != node.args else node

    return substitute([root], rebuild)[root]


# ---------------------------------------------------------------------------------------------- words


def shown(e: Expr) -> str:
    """The text of an expression in one line: names that an answer introduced written out, a spread scalar as the scalar."""

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        return kids[0] if node.op == NAME and not node.data[1] else make(node.op, kids, node.data, node.shape) if kids else node

    e = substitute([e], rebuild)[e]
    return written(e.args[0] if e.op == PROD and len(e.args) == 1 and not e.args[0].shape else e)


def _factor(c: Fraction, term: str = "") -> Finding:
    """That something was taken c times."""
    where = f"in the term `{term}` " if term else ""
    if c > 1 and c.denominator == 1:
        return "factor", f"{where}a factor of {c} is too much"
    if c > 0 and c.numerator == 1:
        return "factor", f"{where}a factor of {c.denominator} is missing"
    return "factor", f"the term `{term}` is taken {c} times" if term else f"this is {c} times the derivative"
