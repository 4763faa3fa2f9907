"""In large graphs, expressions that differ in their letters only are improved once; small ones show that the forms are the same."""

import itertools
import re

import pytest

import symdiff as sd
from symdiff.calculus import derivative
from symdiff.expr.walk import variables
from symdiff.numeric import evaluate
from symdiff.simplify import Improver, Normalizer, alike

FORMULAS = [
    "100*(y - x^2)^2 + (1 - x)^2",
    "(x^2 - y^2)/(x - y)",
    "(x - y)/(x^3 - y^3)",
    "x*[x > y]*y + x*[x <= y]*(y + 1)",
    "sigma(x)*(1 - sigma(x))*exp(-x*y)",
    "log(1 + exp(x*y))^2*x^-2",
    "x*sin(x*y)^2 + y*cos(x*y)^2 + sqrt(x^2)",
    "x^y/(1 + x^y)",
    "(1 - tanh(x)^2)*(x + y)*(x - y) - x^2 + y^2",
]
PAIRS = [("x", "y"), ("p", "q"), ("u", "w"), ("b", "a")]


def gradients(text):
    """The gradients of the formula written in the letters of every pair, as they come out of the sweep."""
    found = []
    for x, y in PAIRS:
        letters = {"x": x, "y": y}
        written = re.sub(r"\b[xy]\b", lambda m, letters=letters: letters[m[0]], text)
        f = sd.parse(f"{x}, {y}: scalar; {written}").expr
        found += derivative(f, [variables([f])[x], variables([f])[y]])
    return found


@pytest.mark.parametrize("text", FORMULAS)
def test_the_forms_of_all_pairs_are_those_of_the_first(text):
    raw = gradients(text)
    home = Normalizer()
    improver = Improver(home, large=0)
    normal = home.run(raw)
    results = improver.run(normal)
    assert improver.models
    for k, (before, after) in enumerate(zip(raw, results, strict=True)):
        values = dict(zip(PAIRS[k // 2], (1.7, 0.6), strict=True))
        needed = {name: values[name] for name in variables([before])}
        assert evaluate(after, {n: v for n, v in needed.items() if n in variables([after])}) == pytest.approx(
            evaluate(before, needed), rel=1e-9, abs=1e-12
        )
        assert improver.cost(after) <= improver.cost(normal[k])


def test_what_is_assumed_is_assumed_of_every_pair():
    home = Normalizer()
    Improver(home, large=0).run(home.run(gradients("(x^2 - y^2)/(x - y)")))
    small = Normalizer()
    Improver(small).run(small.run(gradients("(x^2 - y^2)/(x - y)")[-2:]))
    assert len(small.log.nonzero) > 0
    for x, y in PAIRS:
        assumed = [c for c in home.log.nonzero if set(variables([c])) == {x, y}]
        assert len(assumed) >= len([c for c in small.log.nonzero if len(variables([c])) == 2])


ALL = ["x*y + x", "x*y + y", "x*x + y", "2*y + x", "x*y + 2", "x^y + x", "y*2 + 0*x", "sin(x) + y"]


@pytest.mark.parametrize("one, other", list(itertools.combinations(ALL, 2)))
def test_different_expressions_have_different_patterns(one, other):
    home = Normalizer()
    patterns = [alike.pattern(home.normal(sd.parse(f"x, y: scalar; {text}").expr)) for text in (one, other)]
    nodes = [home.normal(sd.parse(f"x, y: scalar; {text}").expr) for text in (one, other)]
    if patterns[0][0] == patterns[1][0]:  # then one is the other in other letters
        renamed = dict(zip(patterns[0][1], patterns[1][1], strict=True))
        assert Improver(home).in_letters(nodes[0], renamed) is nodes[1]


def test_properties_and_shapes_belong_to_the_pattern():
    home = Normalizer()
    texts = ["x: scalar; x^2 + x", "x: positive scalar; x^2 + x", "x: vector(n); x.^2 + x", "x: vector(3); x.^2 + x"]
    patterns = {alike.pattern(home.normal(sd.parse(text).expr))[0] for text in texts}
    assert len(patterns) == len(texts)


def test_long_expressions_and_names_have_none():
    home = Normalizer()
    assert alike.pattern(home.normal(sd.parse(" + ".join(f"x{k}^2" for k in range(40))).expr)) is None
    assert alike.pattern(home.normal(sd.parse("s = x*y; s^2 + s").expr)) is None
