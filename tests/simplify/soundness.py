"""What a rule of the rulebook has to fulfil, as functions: they judge the rules, and the mutants of the rules.

Everything is generated from the rule's text. Values are those of the formulas as written, computed without the simplifier.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

from symdiff.calculus.template import lift
from symdiff.expr import build
from symdiff.expr.node import VAR, Expr, make
from symdiff.expr.walk import substitute, topological, variables
from symdiff.numeric import evaluate
from symdiff.simplify import Log, simplify
from symdiff.simplify.cost import Costs
from symdiff.simplify.normal import Normalizer
from symdiff.simplify.rules import RULES, Rule, Rules
from symdiff.syntax import template

TYPES = {"a": (), "b": (), "A": ("n", "n")}
WHOLE = [-3, -2, -1, 0, 1, 2, 3]
HALVES = [-2.5, -0.5, 0.5, 1.5]
POINTS = [*WHOLE, *HALVES, -0.25, 0.25, 0.3, -1.7]
MATRICES = [np.array(m, dtype=float) for m in ([[2, 1], [0, 3]], [[1, 2], [-1, 1]], [[-2, 1], [1, -3]], [[2, 1, 0], [0, 1, -1], [1, 0, 3]])]
HOLDS = {">": lambda v: v > 0, ">=": lambda v: v >= 0, "!=": lambda v: v != 0}


def sides(rule: Rule) -> tuple[Expr, Expr]:
    return template(rule.left_text, TYPES), template(rule.right_text, TYPES)


def value(expr: Expr, point: dict[str, object]) -> float | None:
    """A finite number, of a matrix a weighted sum of its entries; or None where the expression has none."""
    dims = {"n": len(point["A"])} if "A" in point else {}
    with np.errstate(all="ignore"):
        entries = np.asarray(evaluate(expr, {name: point[name] for name in variables([expr])}, dims), float)
        result = float(np.sum(entries * np.arange(1.0, entries.size + 1).reshape(entries.shape)))
    return result if math.isfinite(result) else None


@cache
def values_of(left: Expr, names: tuple[str, ...], condition: tuple[tuple[str, str], ...]) -> list[tuple[dict[str, object], float]]:
    """The points at which the condition holds and the left side has a value, with that value."""
    truth = {a.name for node in topological([left]) for a in node.args[:1] if node.data == "if"}  # a condition: 0 or 1
    choices = [MATRICES if name == "A" else [0, 1] if name in truth else POINTS for name in names]
    found = []
    for values in itertools.product(*choices):
        point = dict(zip(names, values, strict=True))
        if all(HOLDS[relation](point[letter]) for letter, relation in condition):
            before = value(left, point)
            if before is not None:  # outside the domain of the formula, which no rule has to keep
                found.append((point, before))
    return found


def unsound(left: Expr, right: Expr, condition: tuple[tuple[str, str], ...] = ()) -> str:
    """The first point at which the two sides differ though the condition holds; "" if there is none."""
    names = tuple(sorted(variables([left, right])))
    points = values_of(left, names, condition)
    kinds = [POINTS if name != "A" else MATRICES for name in names]
    if len(points) < min(2, math.prod(map(len, kinds))):
        return "too few points have a value"
    for point, before in points:
        after = value(right, point)
        if after is None or not math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12):
            return f"{before} and {after} at {point}"
    return ""


def as_positive(rule: Rule, *exprs: Expr) -> list[Expr]:
    """The expressions with the letters of the rule's condition declared positive."""
    wanted = {letter for letter, _ in rule.condition}

    def declared(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op == VAR:
            return build.var(node.name, node.shape, ["positive"] if node.name in wanted else [])
        return make(node.op, args, node.data, node.shape)

    new = substitute(exprs, declared)
    return [new[x] for x in exprs]


def contexts(rule: Rule) -> Iterator[tuple[Expr, Expr]]:
    """Both sides as they are, times a factor, plus a term, with other letters, and entry by entry for a matrix."""
    left, right = as_positive(rule, *sides(rule))
    yield left, right
    if left.shape:
        return
    c = build.var("c")
    yield build.scale(c, left), build.scale(c, right)
    yield build.add(c, left), build.add(c, right)
    if "A" in variables([left]):
        return
    shape = ("m", "n")
    own = (0, 1)
    letters = {name: (build.var(name, shape, x.data[1]), own) for name, x in variables([left, right]).items()}
    if letters:
        left, right = [lift(topological([x]), letters, dict(enumerate(shape)), {})[0] for x in (left, right)]
        yield left, right if right.shape else build.spread(right, shape)


@contextmanager
def only(rules: list[Rule]) -> Iterator[None]:
    """The simplifier with these rules in the place of the rulebook."""
    kept = dict(RULES.__dict__)
    RULES.__dict__.update(Rules(rules).__dict__)
    try:
        yield
    finally:
        RULES.__dict__.update(kept)


def cost(x: Expr) -> int:
    return Costs()(x)


def fired(left: Expr) -> tuple[Expr, list[str]]:
    """What becomes of the left side, and the rules that had a part in it."""
    log = Log()
    (after,) = simplify([left], log)
    return after, [name for name, *_ in log.fired]


def needed(rule: Rule) -> bool:
    """Whether without the rule its left side, or the difference of its sides, stays longer."""
    rest = [r for r in RULES.all if r.name != rule.name]
    left, right = as_positive(rule, *sides(rule))
    for x in (left, build.sub(left, right)):
        (after,) = simplify([x])
        with only(rest):
            (without,) = simplify([x])
        if cost(without) > cost(after):
            return True
    return False


def plain(x: Expr) -> Expr:
    """The normal form without named rules."""
    return Normalizer(rules=False).run([x])[0]
