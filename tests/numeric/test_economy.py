"""Sums of thin terms multiplied out in code: what is spread along an axis that a product sums over counts as often as that axis is long."""

import re

import numpy as np
import pytest

import symdiff as sd
from benchmarks.practice import PRACTICE
from symdiff.expr import build
from symdiff.numeric import economy, evaluate

SIZES = {"m": 4, "n": 3, "k": 2}


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("x: vector(m); v: positive scalar; m/2*log(2*pi*v) + sum((x - mu).^2)/(2*v)", "v"),
        ("x: vector(m); c: scalar; (x - c).(x + c)", "c"),
        ("x: vector(m); A: matrix(k,m); c: scalar; norm2(A*(x - c))^2", "c"),
        ("x: vector(m); a: scalar; b: scalar; sum((a*b - x).^2)^2", "a"),
        ("X: matrix(m,n); c: scalar; sum((X - c).^2)*sum(X + 2*c)", "c"),
        ("x: vector(m); y: vector(m); c: scalar; (x - c).y*(x.(y - c))", "c"),
        ("x: vector(m); y: vector(m); 1/norm2(y - mean(y))^2*(x.y)", "y"),
    ],
)
def test_code_of_a_gradient_is_its_difference(text: str, wrt: str) -> None:
    f = sd.parse(text)
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=[SIZES[d] for d in info.shape]) if info.shape else 0.7 for name, info in f.types.items()}
    direction = rng.normal(size=np.shape(values[wrt]))
    value, gradient = f.compile("numpy"), sd.grad(f, wrt).compile("numpy")
    step = 1e-6
    ahead, behind = (value(values | {wrt: values[wrt] + s * step * direction}) for s in (1, -1))
    assert (ahead - behind) / (2 * step) == pytest.approx(np.sum(gradient(values) * direction), rel=1e-6)


def test_a_spread_number_that_is_added_up_counts() -> None:
    a, b, c = build.var("a", ("m",)), build.var("b", ("m",)), build.var("c")
    spread = build.contract([a, b], [(5,), (5,)], (0,), {0: "n"})  # a.b along n
    made = economy._spliced(spread, (0,), [(c, ())], 0, (), {})
    assert evaluate(made, {"a": [1.0, 2.0], "b": [3.0, 4.0], "c": 2.0, "n": 5}) == 2 * 11 * 5


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("name", ["rms norm", "label smoothing", "t-sne", "lstm"])
def test_every_line_is_used_behind_it(name: str, target: str) -> None:
    """What the last line computes is returned by it, and not computed once more."""
    case = PRACTICE[name]
    for wrt in case.wrt.split():
        source = sd.grad(case.text, wrt).code(target)
        lines = source[source.rindex("\ndef ") :].split("\n")
        made = [(k, found[1]) for k, line in enumerate(lines) if (found := re.match(r"    (\w+) = ", line))]
        assert [name for k, name in made if not re.search(rf"\b{name}\b", "\n".join(lines[k + 1 :]))] == [], source
