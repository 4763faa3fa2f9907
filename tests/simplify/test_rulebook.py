"""Every rule of the rulebook: both sides have one value at negative, zero, half-integer and whole points, wherever its condition holds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from symdiff.expr import build
from symdiff.expr.node import NUM, VAR
from symdiff.expr.walk import topological, variables
from symdiff.numeric import evaluate
from symdiff.simplify.normal import Normalizer
from symdiff.simplify.rules import RULES
from symdiff.syntax import template

TYPES = {"a": (), "b": (), "A": ("n", "n")}
POINTS = [-3, -2.5, -2, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5, 2, 3]
MATRICES = [np.array(m, dtype=float) for m in ([[2, 1], [0, 3]], [[1, 2], [-1, 1]], [[-2, 1], [1, -3]])]
HOLDS = {">": lambda v: v > 0, ">=": lambda v: v >= 0, "!=": lambda v: v != 0}


def value(expr, point):
    """A finite number, or None where the expression has none."""
    with np.errstate(all="ignore"):
        result = float(evaluate(expr, {name: point[name] for name in variables([expr])}))
    return result if math.isfinite(result) else None


@pytest.mark.parametrize("rule", RULES.all, ids=lambda rule: rule.name)
def test_both_sides_have_one_value(rule):
    left, right = template(rule.left_text, TYPES), template(rule.right_text, TYPES)
    condition = rule.left_text.startswith("if(")  # the letter a stands for a condition there: 0 or 1
    names = sorted(variables([left]).keys() | variables([right]).keys())
    choices = [MATRICES if name == "A" else [0, 1] if condition and name == "a" else POINTS for name in names]
    compared = 0
    for values in itertools.product(*choices):
        point = dict(zip(names, values, strict=True))
        if not all(HOLDS[relation](point[letter]) for letter, relation in rule.condition):
            continue
        before, after = value(left, point), value(right, point)
        if before is None:
            continue  # outside the domain of the formula, which no rule has to keep
        assert after == pytest.approx(before, rel=1e-9, abs=1e-12), f"{rule.text} at {point}"
        compared += 1
    assert compared >= (1 if not names else 2)


@pytest.mark.parametrize("rule", RULES.all, ids=lambda rule: rule.name)
def test_the_rule_fires_and_ends(rule):
    """The left side becomes the right side's normal form, which differs from the left side without rules."""
    left, right = template(rule.left_text, TYPES), template(rule.right_text, TYPES)
    positive = {letter: ["positive"] for letter, _ in rule.condition}
    changed = {}
    for node in topological([left, right]):
        if node.op == VAR:
            changed[node] = build.var(node.name, node.shape, positive.get(node.name, []))
    left, right = substituted(left, changed), substituted(right, changed)
    home = Normalizer()
    before = Normalizer(rules=False).run([left])[0]
    assert before.op not in (NUM, VAR)
    after, wanted = home.run([left, right])
    assert after is wanted is not before


def substituted(expr, changed):
    new = dict(changed)
    for node in topological([expr]):
        if node not in new:
            new[node] = build.make(node.op, tuple(new[a] for a in node.args), node.data, node.shape)
    return new[expr]
