"""Sums over an index are drawn as plates: what is in the frame, the numbers, where there is none; pictures from left to right, without a legend."""

import re
from fractions import Fraction

import numpy as np
import pytest

import symdiff as sd
from symdiff.teach.plates import Plates

SQUARES = "1/m*sum(i=1..m, (w.phi[i] - y[i])^2) + lambda*w.w"
VALUES = {"w": [3, 1], "phi": [[1, 2], [0, 1], [1, 1]], "y": [1, -1, 1], "lambda": 2}


def graph(text, wrt="w", values=None, **options):
    return sd.graph(sd.parse(text), wrt, values, **options)


def test_one_term_stands_in_the_frame():
    drawing = graph(SQUARES).drawing
    ((members, name),) = drawing.plates
    inside = {drawing.boxes[k].label.unicode for k in members}
    assert inside == {"φ_i", "y_i", "·", "−", "(·)²"} or inside == {"φ_i", "y_i", "·", "−", "·²"}
    assert name.unicode == "i = 1..m"
    outside = [b.label.unicode for k, b in enumerate(drawing.boxes) if k not in members]
    assert "Σ i" in outside and "w" in outside and outside.count("w") == 1 and "λ" in outside


@pytest.mark.parametrize("text", [SQUARES, "mean(i=1..m, (w.phi[i] - y[i])^2)", "sum(i=1..m, max(1 - y[i]*w.phi[i], 0))"])
def test_the_numbers_are_those_of_the_gradient(text):
    values = {k: v for k, v in VALUES.items() if k != "lambda" or "lambda" in text}
    f = sd.parse(text)
    made = sd.graph(f, "w", values)
    assert isinstance(made, Plates)
    drawing = made.drawing
    box = next(b for b in drawing.boxes if b.label.unicode == "w")
    shown = next(r.label.unicode for r in box.remarks if r.kind == "backward")
    want = np.asarray(sd.grad(f, "w")(values), dtype=float)
    numbers = [eval(x.replace("−", "-"), {}) for x in shown.strip("[]").split(", ")]
    np.testing.assert_allclose(numbers, want, rtol=1e-3)


def test_names_of_term_and_surroundings_differ():
    drawing = graph("a = w.w; sum(i=1..m, sigma(w.phi[i])*sin(w.phi[i])) + sigma(w.w)*sin(w.w) + a", "w").drawing
    names = [r.label.unicode for b in drawing.boxes for r in b.remarks if r.kind == "name"]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "text",
    [
        "sum(i=1..m, sum(j=1..m, x[i]*x[j]))",
        "sum(i=1..n, x[i]*x[n+1-i])",
        "sum(i=1..n, x[i]^2) + x.x",
        "x.x",
        "prod(i=1..m, x[i])",
    ],
)
def test_where_there_is_none(text):
    assert not isinstance(graph(text, "x"), Plates)


SHIFTED = [
    ("sum(i=2..n, (x[i] - x[i-1])^2)", "x", "i = 2..n", {"x_i", "x[i - 1]"}),
    ("mean(i=2..n-1, (x[i+1] - 2*x[i] + x[i-1])^2)", "x", "i = 2..n - 1", {"x_i", "x[i + 1]", "x[i - 1]"}),
    ("sum(i=1..n, i*x[i]^3)", "x", "i = 1..n", {"i", "x_i"}),
    ("sum(i=2..4, x[i]^2)/2", "x", "i = 2..4", {"x_i"}),
    ("a*sum(t=1..n-1, (x[t+1] - a*x[t])^2) + a^2", "a", "t = 1..n - 1", {"x[t + 1]", "x_t"}),
    ("A: matrix(n, 2); w: vector(2); sum(i=2..n, sigma(w.A[i] - A[i-1,1]*x[i]))", "x", "i = 2..n", {"x_i", "A_i", "A[i - 1]"}),
]


@pytest.mark.parametrize(("text", "name", "range_", "letters"), SHIFTED)
def test_neighbours_and_the_index_are_letters_of_the_term(text, name, range_, letters):
    f = sd.parse(text)
    values = {"x": [1, 3, 2, 5], "a": 2, "A": [[1, 2], [0, 1], [1, 1], [2, -1]], "w": [1, -1]}
    values = {k: v for k, v in values.items() if k in f.variables}
    drawing = graph(text, name, values).drawing
    ((members, named),) = drawing.plates
    assert named.unicode == range_
    assert {drawing.boxes[k].label.unicode for k in members if drawing.boxes[k].leaf} == letters
    assert not any(re.search(r"_[mp]\d", part) for b in drawing.boxes for part in (b.label.unicode, b.label.latex, b.label.typst))
    want = np.asarray(sd.grad(f, name)(values), dtype=float)
    found = np.zeros_like(want)
    first = int(range_.split()[2].split("..")[0])
    for b in drawing.boxes:
        if b.goal:
            shown = np.array(backward_numbers(b), dtype=float)
            shift = int((re.search(r"[+-] \d+", b.label.unicode) or ["0"])[0].replace(" ", ""))
            if want.ndim:
                np.add.at(found, np.arange(len(shown)) + first - 1 + shift, shown)
            else:
                found = found + shown
    np.testing.assert_allclose(found, want, rtol=2e-3, atol=1e-12)
    assert any("every frame" in note for note in drawing.notes) == (name == "x")
    assert any("δ" in note for note in drawing.notes) == any("δ" in a.local.unicode for a in drawing.arcs if a.local is not None)


def backward_numbers(box):
    """The backward value beside a box, as numbers."""
    shown = next(r.label.unicode for r in box.remarks if r.kind == "backward").replace("−", "-")
    numbers = [float(Fraction(x)) if "/" in x else float(x) for x in shown.strip("[]").split(", ")]
    return numbers if shown.startswith("[") else numbers[0]


def test_on_request_there_is_none():
    assert not isinstance(graph(SQUARES, plates=False), Plates)


def test_every_form_has_the_frame():
    made = graph(SQUARES)
    assert "cluster0" in made.dot() and "subgraph p0" in made.mermaid() and "dotted" in made.tikz() and 'class="plate"' in made.svg()


def test_from_left_to_right_without_a_legend():
    f = "residual = w.phi - y; residual^2"
    up, across = graph(f).drawing, graph(f, across=True, legend=False).drawing
    tall, wide = up.placed(), across.placed()
    top = len(up.boxes) - 1
    assert tall.boxes[top][1] < min(y for k, (_, y) in enumerate(tall.boxes) if k != top)
    assert wide.boxes[top][0] > max(x for k, (x, _) in enumerate(wide.boxes) if k != top)
    assert "legend" in graph(f).svg().split("</style>")[1] and "legend" not in graph(f, legend=False).svg().split("</style>")[1]
    assert "rankdir=LR" in graph(f, across=True).dot()


def test_straight_chains_are_straight():
    placed = graph("exp(sin(cos(tanh(x))))", "x").drawing.placed()
    assert len({round(x, 3) for x, _ in placed.boxes}) == 1
    assert all(len({round(x, 3) for x, _ in edge}) == 1 for edge in placed.edges)


def test_the_main_way_of_a_network_is_straight():
    made = graph("h1 = sigma(V1*phi); h2 = sigma(V2*h1); r = w.h2 - y; r^2", ["w", "V1", "V2"])
    places = {n.text: x for n, (x, _) in zip(made.lesson.nodes, made.drawing.placed().boxes, strict=True)}
    assert max(places[n] for n in ("L", "r", "h2", "h1")) - min(places[n] for n in ("L", "r", "h2", "h1")) < 8


def test_a_sum_of_six_terms_is_one_box():
    drawing = graph("a*b + c*d + x + y + z + u", "x").drawing
    assert [b.label.unicode for b in drawing.boxes if not b.leaf].count("+") == 1
    assert sum(arc.user == len(drawing.boxes) - 1 for arc in drawing.arcs) == 6
    assert [b.label.unicode for b in graph("x*y*z*u", "x").drawing.boxes if not b.leaf] == ["×"]
