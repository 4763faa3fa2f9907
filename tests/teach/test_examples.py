"""The lecture's graphs, edge labels, steps, answers and numbers: every example beside the handout made of it.

`SYMDIFF_UPDATE=1 pytest tests/teach/test_examples.py` writes the handouts anew; look at the difference before it is kept.
"""

import json
import os
import re
from pathlib import Path

import pytest

import symdiff as sd

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "lecture").glob("*.sd"))


def read(path):
    """Title, names to differentiate by, values and formula of an example."""
    title, wrt, at, *_ = text = path.read_text(encoding="utf-8").splitlines()
    return title.removeprefix("# "), wrt.removeprefix("# wrt: ").split(","), json.loads(at.removeprefix("# at: ")), "\n".join(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_handout(path):
    title, wrt, values, text = read(path)
    page = sd.handout(sd.parse(text), wrt, values, title=title, verify=False).show("markdown")
    stored = path.with_suffix(".md")
    if os.environ.get("SYMDIFF_UPDATE"):
        stored.write_text(page, encoding="utf-8")
    assert page == stored.read_text(encoding="utf-8")


# From the lecture notes that the examples follow, by name of what stands there.
NUMBERS = {
    "squared-loss": (9, {"w": [6, 12]}),
    "sum-times-z": (-12, {"x": -4, "y": -4, "z": 3}),
    "sigmoid-neuron": (0.73, {"w0": -0.20, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.20}),
    "many-paths": (24.7041, {"a": 138.8338, "b": 645.5773}),
    "square-of-a-square": (16, {"a": 32}),
    "hinge": (0.5, {"w": [-0.1, -0.2]}),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_numbers(name):
    _, wrt, values, text = read(next(p for p in EXAMPLES if p.stem == name))
    value, gradients = NUMBERS[name]
    trace = sd.trace(sd.parse(text), values, wrt=wrt)
    digits = 0.006 if name == "sigmoid-neuron" else 1e-4
    assert trace.value == pytest.approx(value, abs=digits)
    assert list(gradients) == wrt
    for x in wrt:
        assert trace.answers[x] == pytest.approx(gradients[x], abs=digits)


def test_there_is_one_of_each():
    assert len(EXAMPLES) == 16 and set(NUMBERS) < {p.stem for p in EXAMPLES}


def test_the_picture_of_the_docs():
    stored = EXAMPLES[0].parents[2] / "docs" / "hinge.svg"
    picture = sd.graph(sd.parse("score = w.phi(x); margin = y*score; max(1 - margin, 0)"), "w").svg("light")
    if os.environ.get("SYMDIFF_UPDATE"):
        stored.write_text(picture, encoding="utf-8")
    titles = [re.findall("<title>(.*?)</title>", svg) for svg in (picture, stored.read_text(encoding="utf-8"))]
    assert titles[0] == titles[1] and len(titles[0]) == 14
