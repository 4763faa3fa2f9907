"""Functions of one number with kinks: the verdict beside chords of the function itself, on a fine grid."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd

FORMULAS = """
clip(t, -1, 2)
hardtanh(t)
huber(t, 1)
huber(2*t - 1, 1/2)
huber(t, 2) - t^2/4
huber(t, 2) - t^2/2
sign(t)*t
sign(t)*t^2
sign(t)
t*step(t)
step(t)
[t > 0 and t < 1]
t^2*[t > 0 or t < 0]
t^2*[not t > 0]
if(not t > 0, -t, t^2)
if(t > 0 and t > 1, t^2 - 1, 0)
if(t < 0 or t > 1, abs(t - 1/2) - 1/2, 0)
if(t > 0, t^2, -t)
if(t > 0, t, 2*t)
if(t > 1, t^2, 2*t - 1)
if(t >= 0, 1, 0)
max(t, t^2)
min(t, t^2)
max(t, 1 - t, 2*t - 3)
min(t, 1 - t)
abs(t) - abs(t - 1)
abs(t) + abs(t - 1)
abs(abs(t) - 1)
relu(t) + relu(-t)
relu(t) - relu(t - 1)
leaky_relu(t, 0.1)
leaky_relu(t, 2)
elu(t, 1)
elu(t, 2)
selu(t)
elu(t, 1) - t
max(exp(t), 1)
abs(t)^3
abs(t - 1)*(t - 1)
clip(t, 0, 1)^2
max(0, 1 - t)^2
max(0, 1 - t)^2 + max(0, t - 2)^2
-huber(t, 1)
-max(t, 0)
huber(t, 1) + clip(t, -1, 1)
t*clip(t, -1, 1)
t*clip(t, 0, 1)
clip(t, 0, 1) - t*step(t - 1)
if(t > 1 and t > 2, (t - 2)^2, 0)
[t > 1]*(t - 1)
[not t > 1]*(1 - t)
[t < 1]*(t - 1)^2 + [t >= 1]*(t - 1)
max(hardtanh(t), t)
min(hardtanh(t), t)
t^2*sign(t) + 2*t^2
sign(t)*huber(t, 1)
step(t)*t^2 + step(-t)*t^2
hardtanh(t) + huber(t, 1)
"""
GRID = np.linspace(-4, 4, 161)  # breaks of the formulas lie on it


def by_chords(f: sd.Formula) -> str:
    """What the values say: middles of intervals under their chords, over them, or both."""
    values = np.array([float(f(t=t)) for t in GRID])
    rises = [values[2 * k :] + values[: len(values) - 2 * k] - 2 * values[k : len(values) - k] for k in (1, 3, 10)]
    over, under = (any((sign * r > 1e-9).any() for r in rises) for sign in (1, -1))
    return {(True, False): "convex", (False, True): "concave", (True, True): "neither", (False, False): "affine"}[over, under]


@pytest.mark.parametrize("text", FORMULAS.strip().splitlines())
def test_a_verdict_is_what_the_chords_say(text: str) -> None:
    f = sd.parse(text, t="scalar")
    assert str(sd.curvature(f, "t")).splitlines()[0] == f"{by_chords(f)} in t"


def test_the_chords_can_contradict() -> None:
    assert [by_chords(sd.parse(text, t="scalar")) for text in ("abs(t)", "-abs(t)", "sin(t)", "3*t")] == [
        "convex",
        "concave",
        "neither",
        "affine",
    ]


@pytest.mark.parametrize("text", ["clip(t, 2, -1)", "max(t^3, 0)"])
def test_nothing_is_said_where_an_order_is_not_known(text: str) -> None:
    assert str(sd.curvature(sd.parse(text, t="scalar"), "t")).splitlines()[0] == "unknown in t"


LETTERS = {
    "huber(t, d)": ("convex", "positive scalar"),
    "clip(t, -d, d)": ("neither", "positive scalar"),
    "max(t - d, 0) + max(-t - d, 0)": ("convex", "positive scalar"),
    "max(0, abs(t) - d)^2": ("convex", "positive scalar"),
}


@pytest.mark.parametrize("text", LETTERS)
def test_breaks_at_letters(text: str) -> None:
    kind, letter = LETTERS[text]
    said = str(sd.curvature(sd.parse(text, t="scalar", d=letter), "t")).splitlines()[0]
    for d in (0.5, 1.5):
        seen = by_chords(sd.parse(f"d = {d}; {text}", t="scalar"))
        assert said == f"{kind} in t" == f"{seen} in t"
